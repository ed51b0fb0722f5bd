/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Section "execution" of the config: how a decision becomes orders.
 */
#ifndef QTRADE_TRADE_EXECUTION_CONFIG_H
#define QTRADE_TRADE_EXECUTION_CONFIG_H

#include <stdint.h>

#include "qtrade/base/config.h"

struct qt_execution_config {
    char entry[12];            /* algorithm of entries: a name of qt_algorithms (trade/algo.h) */
    char exit[12];             /* of exits that can wait: targets, time, reversals */
    int64_t duration_s;        /* event time from the decision to the deadline */
    int64_t slices;            /* of a TWAP or VWAP */
    int64_t passive_s;         /* a chase rests so long before it takes */
    double reprice_bps;        /* a resting child follows the best price by at least this */
    double participation;      /* of the market's volume, a ratio */
    double display;            /* of the whole, shown by an iceberg, a ratio */
    double take_bps;           /* limit of a child that takes, beyond the best price */
    double budget_bps;         /* no child is priced farther from the arrival price */
    double chunk_impact_bps;   /* no child that would move the market farther; 0: no bound */
    double impact_coefficient; /* of the square root law */
};

extern const struct qt_config_section qt_execution_section;

#endif
