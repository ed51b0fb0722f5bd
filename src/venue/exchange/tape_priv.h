/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the market has done: last trades, bars of every timeframe, statistics of the last 24 hours,
 * per symbol.
 */
#ifndef QTRADE_VENUE_EXCHANGE_TAPE_PRIV_H
#define QTRADE_VENUE_EXCHANGE_TAPE_PRIV_H

#include "qtrade/market/bars.h"
#include "qtrade/market/instrument.h"
#include "qtrade/sim/match.h"

#define QT__TAPE_BARS 1500   /* kept a timeframe; Binance gives at most 1000 at once */
#define QT__TAPE_TRADES 1000 /* kept a symbol */
#define QT__DAY_BARS 1440

/** The last 24 hours. */
struct qt__day {
    qt_px open, high, low, last, previous_close;
    qt_qty last_qty, volume;
    qt_money quote_volume;
    int64_t open_ns, close_ns;
    uint64_t first_id, last_id, count;
};

struct qt__tape;
/** closed: a bar of a live market has closed (not history). */
struct qt__tape *qt__tape_create(const struct qt_instrument *ins, qt_bar_fn closed, void *context);
void qt__tape_destroy(struct qt__tape *tape);
const struct qt_instrument *qt__tape_instrument(const struct qt__tape *tape);
/** A bar from before the start, oldest first, of any timeframe: longer ones are built from it. */
void qt__tape_history(struct qt__tape *tape, const struct qt_bar *bar);
void qt__tape_trade(struct qt__tape *tape, const struct qt_match_print *print);
/** Time passes: closes bars. */
void qt__tape_advance(struct qt__tape *tape, int64_t now_ns);

/** The last limit trades, oldest first. Returns how many. */
size_t qt__tape_prints(const struct qt__tape *tape, struct qt_match_print *out, size_t limit);
/** The forming bar; false: none yet. */
QT_CHECKED bool qt__tape_forming(const struct qt__tape *tape, enum qt_timeframe tf,
                                 struct qt_bar *out);
/**
 * Bars with from_ns <= open_ns <= to_ns, oldest first, the forming one included: the first limit of
 * them when from_ns is given, else (QT_TIME_NONE) the last limit. Returns how many.
 */
size_t qt__tape_bars(const struct qt__tape *tape, enum qt_timeframe tf, int64_t from_ns,
                     int64_t to_ns, struct qt_bar *out, size_t limit);
/** Statistics of the 24 h before now_ns; false: no trade and no history yet. */
QT_CHECKED bool qt__tape_day(struct qt__tape *tape, int64_t now_ns, struct qt__day *out);
/** The same since since_ns, from whole bars of the shortest timeframe that reaches so far back. */
QT_CHECKED bool qt__tape_window(const struct qt__tape *tape, int64_t since_ns, int64_t now_ns,
                                struct qt__day *out);
/** The newest trade's id; 0: none yet. */
uint64_t qt__tape_last_id(const struct qt__tape *tape);

#endif
