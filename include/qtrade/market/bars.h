/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bars of several timeframes, exact at boundaries: built from trades (or recorded shorter bars). A bar closes when
 * an event at or after its end arrives, or when qt_bars_advance says that time has passed. An event before the
 * forming bar's open is late: it changes nothing and is counted. Minutes without a trade give a bar with the
 * last close and volume 0, so that series have no holes; such a bar adds nothing to longer ones, so that these
 * open with their first trade. The first bar of a series begins with the first event and may be a part.
 */
#ifndef QTRADE_MARKET_BARS_H
#define QTRADE_MARKET_BARS_H

#include <stdbool.h>
#include <stddef.h>

#include "qtrade/market/event.h"
#include "qtrade/market/instrument.h"

enum qt_timeframe { QT_TF_1M, QT_TF_5M, QT_TF_15M, QT_TF_1H, QT_TF_4H, QT_TF_1D, QT_TIMEFRAMES };

int64_t qt_timeframe_ns(enum qt_timeframe tf);
const char *qt_timeframe_name(enum qt_timeframe tf); /* "1m" ... "1d" */
/** The timeframe with that name or period; QT_TIMEFRAMES when there is none. */
enum qt_timeframe qt_timeframe_of_name(const char *name);
enum qt_timeframe qt_timeframe_of_ns(int64_t period_ns);

/** A closed bar of one timeframe, in order of closing; shorter timeframes of one instant first. */
typedef void (*qt_bar_fn)(void *context, enum qt_timeframe tf, const struct qt_bar *bar);

/** Plain data, no pointers: one a symbol, embedded. All on the owner's thread; allocates nothing. */
struct qt_bars {
    struct qt_bar forming[QT_TIMEFRAMES]; /* period_ns 0: nothing yet */
    uint64_t late;                        /* events dropped because their bar had closed */
    int px_scale, qty_scale;
    uint8_t content[QT_TIMEFRAMES]; /* bars.c's own: what the forming bar has in it */
};

void qt_bars_init(struct qt_bars *bars, const struct qt_instrument *ins);
/**
 * A trade. Late, when any timeframe's forming bar opened after it: then it changes nothing. So does a price or
 * quantity <= 0. Sums end at the greatest number of their type instead of wrapping.
 */
void qt_bars_trade(struct qt_bars *bars, int64_t t_ns, qt_px px, qt_qty qty, bool buyer_is_maker,
                   qt_bar_fn closed, void *context);
/**
 * Feeds a closed bar of a base timeframe (history, recorded klines); longer timeframes are aggregated from it and
 * shorter ones left alone. Late and doubled bars change nothing and are counted. A timeframe that history of a longer
 * period has closed already takes no part: 1h bars of a month, then the last day's 1m bars, then trades is fine.
 * A bar whose period is no timeframe, whose open is off its grid or whose prices contradict is late too.
 */
void qt_bars_bar(struct qt_bars *bars, const struct qt_bar *bar, qt_bar_fn closed, void *context);
/**
 * Takes over from, which may come from outside (a file), into bars as just initialised. False: from is not what bars
 * of base_period_ns leave behind (another scale, off the grid, prices that contradict, forming bars that do not hold
 * the instant where the base's begins), and bars stays as it is.
 */
bool qt_bars_adopt(struct qt_bars *bars, const struct qt_bars *from, int64_t base_period_ns);
/** Time has reached t_ns: closes what ended at or before it. */
void qt_bars_advance(struct qt_bars *bars, int64_t t_ns, qt_bar_fn closed, void *context);

#endif
