/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The simulated exchange inside the engine's own thread: its venue port and its feed, without
 * sockets. For backtests it plays a source; for paper trading it wraps a live feed, whose quotes
 * and trades move the market.
 *
 * I1: an order becomes active at the first tick of its symbol that is at least latency after its
 * placing (paper: at the first quote that makes a book, unless meets_standing), and meets the ladder around that tick's
 * price, never an older one. A cancel works before a tick's trade, but never before its order has
 * arrived; a question about an order on its way is answered when it has. I2: at one tick the events
 * come as: reports of cancels, TRADE, QUOTE, reports of fills by the market, reports of new orders,
 * balances. I3: the feed never shows what the source has not yet played. I4: perpetuals are told as
 * the adapter tells them (B7 of venue/binance.h), shorts too: leverage 1, cross margin, the position as
 * a balance of the base asset, cash as the wallet less what positions cost, funding as INCOME. The
 * price that is played or streamed is the perpetual's own, and the middle of its book is the index
 * too: the premium is nothing, so that funding is the interest, 0.01 % of 8 h, from longs.
 */
#ifndef QTRADE_SIM_INLINE_VENUE_H
#define QTRADE_SIM_INLINE_VENUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/engine/ports.h"
#include "qtrade/engine/record.h"
#include "qtrade/market/sources.h"
#include "qtrade/sim/exchange.h"
#include "qtrade/sim/latency.h"
#include "qtrade/sim/perp.h"
#include "qtrade/sim/source.h"

#define QT_INLINE_OWNER 1 /* of its account, the only one */

struct qt_inline_venue;

enum qt_inline_request { QT_INLINE_ORDER, QT_INLINE_CANCEL, QT_INLINE_REQUESTS };

/** Zeroed fields take the value behind the semicolon. */
struct qt_inline_options {
    struct qt_exchange_options exchange;
    const struct qt_perp_options *perp; /* the exchange inside is of USD-M perpetuals; copied; NULL: spot */
    int64_t latency_ns;                      /* of event time, >= 0 as given */
    struct qt_latency_law law[QT_INLINE_REQUESTS]; /* instead of latency_ns, drawn a request; median 0: that */
    uint64_t seed;                           /* of what is drawn */
    qt_money deposit;                        /* of deposit_asset, scale QT_MONEY_SCALE */
    char deposit_asset[QT_ASSET_SIZE];       /* "USDT" */
    const struct qt_balance_record *kept;    /* what an earlier run left of the account, read while
                                                creating; with cash of deposit_asset among it there
                                                is no deposit; NULL: a new account */
    uint32_t n_kept;
    int ticks_a_work;                        /* a backtest's ticks a call of work; 64 */
    const struct qt_sources_config *sources; /* paper: the feed has two streams of a symbol, and the
                                                chosen one moves the market; borrowed; NULL: one */
    bool meets_standing; /* paper: when its time has come between two events, a request meets the last
                            quote's book at that time (for a feed that is ahead of its events: a
                            recording) */
    bool emits_history; /* BAR events with QT_EVENT_HISTORY at the first work */
};

/** Plays source (borrowed; universe as the source filled it). NULL: err. */
struct qt_inline_venue *qt_inline_backtest_create(struct qt_source *source,
                                                  const struct qt_universe *universe,
                                                  const struct qt_inline_options *options,
                                                  struct qt_error *err);
/** Wraps a live feed (borrowed): passes its events on and moves the market by its QUOTE and TRADE
 * events. NULL: err. */
struct qt_inline_venue *qt_inline_paper_create(const struct qt_feed_port *feed,
                                               const struct qt_universe *universe,
                                               const struct qt_inline_options *options,
                                               struct qt_error *err);
void qt_inline_destroy(struct qt_inline_venue *venue); /* NULL is fine */
/** Valid as long as the venue. The venue's work slot is NULL: the feed's work does it. */
struct qt_feed_port qt_inline_feed(struct qt_inline_venue *venue);
struct qt_venue_port qt_inline_port(struct qt_inline_venue *venue);
/** The exchange behind it, for reading; NULL: it is the other one. */
struct qt_exchange *qt_inline_exchange(struct qt_inline_venue *venue);
struct qt_perp *qt_inline_perp(struct qt_inline_venue *venue);
/** What is there is what went in, to the unit. */
bool qt_inline_is_conserved(const struct qt_inline_venue *venue);

static inline void
qt_inline_venue_auto(struct qt_inline_venue **p)
{
    qt_inline_destroy(*p);
}

#endif
