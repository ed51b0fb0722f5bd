/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stage two: components 0..100 from raw inputs, their weighted sum by structure, and the decay of
 * what was just traded. Pure functions.
 */
#ifndef QTRADE_SCAN_SCORE_H
#define QTRADE_SCAN_SCORE_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/scan/regime.h"
#include "qtrade/scan/symbol.h"

double qt_score_volatility(const struct qt_scan_inputs *in); /* the ATR percentile */
/** 100 N(0.7 velocity + 0.3 acceleration); two_sided: 100 (2 N(|z|) - 1). */
double qt_score_momentum(const struct qt_scan_inputs *in, bool two_sided);
double qt_score_volume(const struct qt_scan_inputs *in); /* 100 (1 - 2^-surge): 1 is 50, 2 is 75 */
/** Direction (alignment x min(1, ADX/50)) and breakout potential in the proportion 1 - w : w. */
double qt_score_trend(const struct qt_scan_inputs *in, double breakout_weight, bool two_sided);
/** 0..100: chance of leaving the range within 24 bars, halved for a range that has just begun. */
double qt_score_breakout(const struct qt_scan_inputs *in, bool two_sided);

/** Weights for a structure (or unknown: "other"), divided by their sum. */
struct qt_scan_weights qt_score_weights(const struct qt_scan_config *config,
                                        const struct qt_regime *regime);
double qt_score_total(const struct qt_scan_weights *weights, const struct qt_scan_row *row);

/** floor + (1 - floor) min(1, t / decay_minutes), t minutes after traded_ns; 1 when never traded.
 */
double qt_score_decay(const struct qt_scan_config *config, int64_t traded_ns, int64_t now_ns);

#endif
