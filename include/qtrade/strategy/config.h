/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The strategy's section of the config.
 */
#ifndef QTRADE_STRATEGY_CONFIG_H
#define QTRADE_STRATEGY_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/config.h"

#define QT_TARGETS 3

struct qt_strategy_config {
    char interval[8]; /* bars of the signal: "1m", "5m", "15m", "1h" */
    bool allow_short; /* false: long only (spot, and accounts at a venue) */
    double technical_weight, fundamental_weight, sentiment_weight, micro_weight;
    double entry_strength;   /* |strength| that an entry needs, 0..1 */
    double entry_confidence; /* confidence that an entry needs, 0..1 */
    double bear_extra;       /* added to entry_strength against the market's state */
    double exit_strength;    /* a strength of the other sign this large ends the position */
    int64_t swing_bars;      /* closed bars searched for the swing low and high */
    double stop_atr;         /* stop distance from entry, ATR(14) of the interval */
    double swing_atr;        /* room beyond the swing, ATR */
    double min_stop_bps, max_stop_bps;  /* distance of the stop from entry */
    double target_r[QT_TARGETS];        /* targets in multiples of the initial risk */
    double target_fraction[QT_TARGETS]; /* of the initial position; what is left trails */
    double trail_atr;                   /* distance of the trailing stop, ATR at entry */
    int64_t time_stop_min; /* minutes after which a position that hit no target is closed */
    int64_t cooldown_min;  /* minutes after an exit without a new entry in the symbol */
};

/** Section "strategy" of the config file. */
extern const struct qt_config_section qt_strategy_section;

/** The interval of the signal in ns. */
int64_t qt_strategy_interval_ns(const struct qt_strategy_config *config);

#endif
