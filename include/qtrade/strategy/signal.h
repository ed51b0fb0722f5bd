/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The signal of one symbol: families of evidence combined, and the plan of the trade it asks for.
 * Pure.
 *
 *     strength = sum over the families present of weight x value / sum of their weights
 */
#ifndef QTRADE_STRATEGY_SIGNAL_H
#define QTRADE_STRATEGY_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/market/event.h"
#include "qtrade/market/instrument.h"
#include "qtrade/scan/regime.h"
#include "qtrade/scan/symbol.h"
#include "qtrade/strategy/config.h"
#include "qtrade/strategy/symbol.h"

enum qt_signal_family {
    QT_SIGNAL_TECHNICAL,
    QT_SIGNAL_FUNDAMENTAL, /* volume, momentum, volatility of the scan */
    QT_SIGNAL_SENTIMENT,
    QT_SIGNAL_MICRO, /* order flow */
    QT_SIGNAL_FAMILIES
};

/** One family's word: present with a value, or absent, when its weight goes to the others. */
struct qt_signal_part {
    bool is_present;
    double value;  /* -1..1 */
    double weight; /* as used: 0 when absent, the present ones sum to 1 */
};

/** What is known at the decision. */
struct qt_signal_input {
    const struct qt_instrument *ins;
    const struct qt_scan_row *row;  /* NULL or without inputs: the fundamental family is absent */
    const struct qt_regime *regime; /* NULL or unknown: neutral weights */
    qt_px bid, ask;                 /* QT_PX_NONE: unknown; an entry then needs last */
    qt_px last;
    bool has_sentiment, has_micro;
    double sentiment, micro; /* -1..1 */
};

/** Why there is no entry, or that there is one. */
enum qt_signal_verdict {
    QT_SIGNAL_ENTER,
    QT_SIGNAL_WARMING,    /* not enough closed bars */
    QT_SIGNAL_WEAK,       /* |strength| below the threshold: value and limit */
    QT_SIGNAL_UNSURE,     /* confidence below the threshold: value and limit */
    QT_SIGNAL_LONG_ONLY,  /* short asked for, not allowed */
    QT_SIGNAL_CRISIS,     /* no new risk in a crisis */
    QT_SIGNAL_STOP_RANGE, /* no stop within min_stop_bps..max_stop_bps: value and limit */
    QT_SIGNAL_NO_PRICE,   /* no usable price */
    QT_SIGNAL_VERDICTS
};
const char *qt_signal_verdict_name(enum qt_signal_verdict verdict); /* "enter", "weak" ... */

/** Opposite-side price levels of the trade: stop, targets, trailing distance; all multiples of the
 * tick. */
struct qt_signal {
    enum qt_signal_verdict verdict;
    double value, limit;         /* of the verdict */
    bool has_strength;           /* false while warming */
    double strength, confidence; /* -1..1, 0..1 */
    enum qt_side direction;      /* of the strength's sign */
    struct qt_signal_part part[QT_SIGNAL_FAMILIES];
    /* only with QT_SIGNAL_ENTER */
    qt_px entry; /* ask (bid for a short), last without quotes */
    qt_px stop;
    qt_px target[QT_TARGETS];
    int32_t target_bps[QT_TARGETS]; /* of the initial quantity, basis points; sum <= 10000 */
    qt_px trail;                    /* distance */
    double stop_bps;                /* distance of the stop */
    char
        reason[160]; /* for people: "long 0.52 (technical 0.61, ...), stop below swing low 61200" */
};

/** Computes the signal after the last closed bar of state. Reads only; any shard. */
void qt_signal_compute(const struct qt_strategy_symbol *state,
                       const struct qt_strategy_config *config, const struct qt_signal_input *input,
                       struct qt_signal *out);

/** Should an open position of that side end: strength of the other sign beyond exit_strength. */
bool qt_signal_is_reversal(const struct qt_strategy_config *config, const struct qt_signal *signal,
                           enum qt_side position);

#endif
