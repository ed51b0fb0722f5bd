/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kline intervals of the simulated exchange, "1s" to "1M". The tape keeps bars of some
 * timeframes; the others are put together from those when they are asked for, seconds from the
 * trades it remembers. An interval is named by its index.
 */
#ifndef QTRADE_VENUE_EXCHANGE_INTERVAL_PRIV_H
#define QTRADE_VENUE_EXCHANGE_INTERVAL_PRIV_H

#include "tape_priv.h"

#define QT__INTERVALS 16
#define QT__INTERVAL_SECOND 0
/* Bars that qt__interval_bars needs room for. */
#define QT__INTERVAL_ROOM (QT__TAPE_BARS + 1)

/** The interval's index; -1: there is none of that name. */
int qt__interval_of_name(const char *name, size_t length);
const char *qt__interval_name(int interval);
/** Opening time of the bar that t_ns falls in, and of the one after it: weeks begin on Mondays. */
int64_t qt__interval_open(int interval, int64_t t_ns);
int64_t qt__interval_end(int interval, int64_t open_ns);
/** Does the bar of timeframe tf that opened at open_ns end a bar of the interval? */
bool qt__interval_ends_with(int interval, enum qt_timeframe tf, int64_t open_ns);
/** Is the interval made of these bars? */
bool qt__interval_is_of(int interval, enum qt_timeframe tf);
/**
 * Bars with from_ns <= open_ns <= to_ns, oldest first, the forming one included: the first limit of
 * them when from_ns is given, else (QT_TIME_NONE) the last limit; to_ns INT64_MAX: no end. now_ns:
 * up to where seconds are known. out has QT__INTERVAL_ROOM places. Returns how many.
 */
size_t qt__interval_bars(const struct qt__tape *tape, int interval, int64_t now_ns, int64_t from_ns,
                         int64_t to_ns, struct qt_bar *out, size_t limit);

#endif
