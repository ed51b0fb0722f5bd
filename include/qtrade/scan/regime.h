/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The market's regime on two axes, from the cross-section of the eligible symbols and a reference
 * symbol. Named evidence -> softmax -> probabilities smoothed in event time -> a state that changes
 * only with a clear lead. qtrade.7 defines every input.
 */
#ifndef QTRADE_SCAN_REGIME_H
#define QTRADE_SCAN_REGIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/scan/symbol.h"

enum qt_structure {
    QT_STRUCTURE_TRENDING,
    QT_STRUCTURE_RANGING,
    QT_STRUCTURE_VOLATILE,
    QT_STRUCTURE_BREAKOUT,
    QT_STRUCTURES
};
enum qt_market_state {
    QT_MARKET_BULL,
    QT_MARKET_BEAR,
    QT_MARKET_SIDEWAYS,
    QT_MARKET_CRISIS,
    QT_MARKET_STATES
};
const char *qt_structure_name(enum qt_structure structure);    /* "TRENDING" ... */
const char *qt_market_state_name(enum qt_market_state market); /* "BULL" ... */

/** The cross-section of one cycle; medians over the eligible rows. */
struct qt_regime_evidence {
    uint32_t symbols;      /* eligible rows counted */
    double adx;            /* median ADX */
    double atr_percentile; /* median, 0..100 */
    double alignment;      /* |mean alignment|, 0..1: how far symbols agree on a direction */
    double in_range;       /* share whose close has stayed in its range for 12 bars or more, 0..1 */
    double breaking;       /* share whose last closes left their range (within 3 bars), 0..1 */
    double surging;        /* share with a volume surge above 2, 0..1 */
    double breadth;        /* share above their EMA50, 0..1 */
    double drift;          /* normalised drift of 24 h and 7 d, reference included */
    double change_24h_pct; /* median, reference included */
};

/** What the regime says; all probabilities sum to 1 per axis. */
struct qt_regime {
    bool is_known; /* false: fewer eligible symbols than regime_min_symbols so far */
    enum qt_structure structure;
    enum qt_market_state market;
    double structure_probability[QT_STRUCTURES], market_probability[QT_MARKET_STATES];
    double
        confidence; /* 0..1: mean over the axes of (p - 1/4) / (3/4), p of the state shown, >= 0 */
    double stability;        /* share of the slots of the last 24 h with both states as now, 0..1 */
    double switches_per_day; /* changes of either axis in the last 24 h */
    struct qt_regime_evidence evidence;
};

#define QT_REGIME_SLOTS 288 /* five minutes each: one day */

/** What is carried from cycle to cycle; plain data. */
struct qt_regime_state {
    struct qt_regime now;
    int64_t last_ns;                 /* QT_TIME_NONE: never fed */
    int64_t slot;                    /* number of the newest slot */
    uint32_t slots;                  /* filled, <= QT_REGIME_SLOTS */
    uint8_t states[QT_REGIME_SLOTS]; /* structure * 4 + market */
    uint8_t switches[QT_REGIME_SLOTS];
};

/** Nothing observed yet: the regime is not known. */
void qt_regime_init(struct qt_regime_state *state);

/**
 * Reads the cross-section off n rows: those that are QT_SCAN_OK. reference: id of the reference
 * symbol, whose row counts with config->reference_weight when it has inputs; QT_NO_INSTRUMENT:
 * none. scratch: n doubles.
 */
void qt_regime_observe(const struct qt_scan_config *config, const struct qt_scan_row *rows,
                       size_t n, uint32_t reference, double *scratch,
                       struct qt_regime_evidence *out);

/** Probabilities of evidence alone, before any memory: each axis sums to 1. */
void qt_regime_probabilities(const struct qt_regime_evidence *evidence,
                             double structure[QT_STRUCTURES], double market[QT_MARKET_STATES]);

/** One cycle at now_ns (not before the last): smooths, keeps or changes the states. state->now is
 * the answer. */
void qt_regime_update(struct qt_regime_state *state, const struct qt_scan_config *config,
                      const struct qt_regime_evidence *evidence, int64_t now_ns);

#endif
