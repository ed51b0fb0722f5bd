/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * L2 order book of one instrument: snapshot plus diffs with the venue's sequence rules. R1: bids descend and asks
 * ascend strictly. R2: a book that is not LIVE shows no prices. R3: a gap makes it STALE until the next snapshot.
 */
#ifndef QTRADE_MARKET_BOOK_H
#define QTRADE_MARKET_BOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "qtrade/market/event.h"

enum qt_book_rule {
    QT_BOOK_SPOT,    /* Binance spot: first U <= id+1 <= u, then U == last u + 1 */
    QT_BOOK_FUTURES  /* Binance USD-M and COIN-M: first U <= id <= u, then pu == last u */
};
enum qt_book_state { QT_BOOK_EMPTY, QT_BOOK_LIVE, QT_BOOK_STALE };
enum qt_book_verdict {
    QT_BOOK_APPLIED,
    QT_BOOK_OLD,     /* wholly before the snapshot: dropped, counted */
    QT_BOOK_GAP,     /* a sequence number is missing: now STALE, resync */
    QT_BOOK_CROSSED, /* bid >= ask after the message, or a price <= 0 or quantity < 0 in it: now STALE, resync */
    QT_BOOK_NOT_LIVE, /* no snapshot yet */
    QT_BOOK_VERDICTS
};

struct qt_book;
/** max_levels a side (16..5000); deeper levels are dropped and counted. NULL: no memory. */
struct qt_book *qt_book_create(enum qt_book_rule rule, size_t max_levels);
void qt_book_destroy(struct qt_book *book);
/** Applies one chunk (QT_EVENT_DEPTH): flags as in the event. Allocates nothing. */
QT_CHECKED enum qt_book_verdict qt_book_apply(struct qt_book *book, const struct qt_depth *depth,
                                              unsigned flags) QT_ON(shard);
enum qt_book_state qt_book_state(const struct qt_book *book);
qt_px qt_book_best_bid(const struct qt_book *book); /* QT_PX_NONE: empty side or not LIVE */
qt_px qt_book_best_ask(const struct qt_book *book);
/** Copies the best n levels of a side, best first. Returns how many there were. */
size_t qt_book_levels(const struct qt_book *book, enum qt_side side, struct qt_depth_level *out,
                      size_t n);
uint64_t qt_book_last_id(const struct qt_book *book);
uint64_t qt_book_dropped(const struct qt_book *book); /* levels beyond max_levels */

#endif
