/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much to buy. The start is the quantity that loses risk_per_trade of equity at the stop; then
 * clamps, in a fixed order, each of which can only make it smaller and says what it did. The result
 * is whole lots, toward zero.
 *
 * How to add a clamp: an enum row and a table row in src/risk/size.c. tests/risk/test_size.c judges
 * it.
 */
#ifndef QTRADE_RISK_SIZE_H
#define QTRADE_RISK_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/market/instrument.h"
#include "qtrade/risk/config.h"

enum qt_clamp {
    QT_CLAMP_KELLY, /* risk <= the regime's part of the full Kelly fraction, where the edge is known
                     */
    QT_CLAMP_HEAT,  /* portfolio heat stays within its limit */
    QT_CLAMP_CORRELATION, /* whole up to half the limit, falling to nothing at the limit */
    QT_CLAMP_POSITION,    /* the symbol's exposure within its limit */
    QT_CLAMP_VENUE,
    QT_CLAMP_STRATEGY,
    QT_CLAMP_SECTOR,
    QT_CLAMP_LEVERAGE, /* all exposure within the regime's leverage */
    QT_CLAMP_CRISIS,   /* x crisis_factor */
    QT_CLAMP_NOTIONAL, /* within max_order_notional and the venue's largest quantity */
    QT_CLAMP_MINIMUM,  /* below the venue's minimum: nothing */
    QT_CLAMPS
};

/** Money is quote at QT_MONEY_SCALE; exposures live and open, before this order. */
struct qt_size_input {
    const struct qt_instrument *ins;
    const struct qt_regime *regime; /* NULL or not known: the least of all caps */
    qt_px entry, stop;              /* > 0, apart */
    qt_money equity;                /* > 0 */
    qt_money symbol_exposure, venue_exposure, strategy_exposure, sector_exposure;
    qt_money portfolio_exposure;
    double heat;              /* ratio of equity */
    double worst_correlation; /* absolute; 0: nothing is open */
    double confidence;        /* 0..1: scales the risk; 1: all of it */
    bool has_edge;            /* the two below are measured on enough round trips */
    double win_probability;   /* 0..1 */
    double payoff;            /* average win / average loss, > 0 */
};

struct qt_clamp_step {
    bool is_applied;      /* it made the size smaller */
    double before, after; /* quantity */
};
struct qt_size {
    qt_qty qty;              /* whole lots; 0: do not trade, why says what made it so */
    qt_money notional, risk; /* of qty at entry; from entry to stop */
    double start;            /* quantity before any clamp */
    struct qt_clamp_step step[QT_CLAMPS];
    int binding;  /* enum qt_clamp that cut the most; -1: none */
    char why[96]; /* "" when qty > 0 */
};

/** False: an input is absent or cannot be (equity <= 0, entry = stop, NaN ...): why says which, qty
 * is 0. Pure. */
QT_CHECKED bool qt_size_compute(const struct qt_risk_config *config,
                                const struct qt_size_input *input, struct qt_size *out);

/**
 * Full Kelly fraction p - (1 - p) / b; 0 when there is no edge, or p outside 0..1, b not > 0.
 * Source: Kelly, A New Interpretation of Information Rate, 1956.
 */
double qt_kelly(double win_probability, double payoff);

#endif
