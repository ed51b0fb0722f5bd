/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far own trades move the market: by the square root of what was taken over the day's volume,
 *
 *     displacement = coefficient x sigma x sign(q) x sqrt(|q| / V)
 *
 * with q the base quantity taken of late (bought less sold, halving every half life), V the volume
 * and sigma the volatility of a day. What counts is q as a whole: an order in ten parts moves the
 * market as far as in one. Source: Toth and others, Anomalous price impact and the critical nature
 * of liquidity in financial markets, 2011.
 */
#ifndef QTRADE_SIM_IMPACT_H
#define QTRADE_SIM_IMPACT_H

#include <stdint.h>

#include "qtrade/market/instrument.h"
#include "qtrade/sim/match.h"

#define QT_IMPACT_MOST 0.2 /* of the price: no farther, however much was taken */
#define QT_IMPACT_HALF_LIFE_NS INT64_C(600000000000) /* of what was taken, where nothing else is said */

/** Zeroed: no impact. */
struct qt_impact_model {
    double coefficient;   /* >= 0; measured ones are near 1 */
    int64_t half_life_ns; /* > 0 where there is a coefficient */
};

/** One symbol's; zeroed at the start. */
struct qt_impact {
    double taken; /* q at t_ns, signed: bought is positive */
    int64_t t_ns;
};

/** Takes a fill into account; now_ns never goes back. */
void qt_impact_take(const struct qt_impact_model *model, struct qt_impact *impact, int64_t now_ns,
                    enum qt_side side, double quantity);
/**
 * The displacement at now_ns as a part of the price, -QT_IMPACT_MOST..QT_IMPACT_MOST; 0 where
 * volume or sigma (of a day, a ratio) is not above 0.
 */
double qt_impact_of(const struct qt_impact_model *model, const struct qt_impact *impact,
                    int64_t now_ns, double day_volume, double day_sigma);
/** A price moved by so much, in whole ticks; never below one tick. */
qt_px qt_impact_px(const struct qt_instrument *ins, qt_px px, double displacement);
/** Every level moved by as many ticks as ref is. */
void qt_impact_ladder(const struct qt_instrument *ins, qt_px ref, double displacement,
                      struct qt_ladder *ladder);

#endif
