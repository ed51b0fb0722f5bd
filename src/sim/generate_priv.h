/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of the generated market: climate.c (what all symbols share), coin.c (one symbol),
 * source_generate.c (history and ticks).
 */
#ifndef QTRADE_SIM_GENERATE_PRIV_H
#define QTRADE_SIM_GENERATE_PRIV_H

#include "qtrade/base/rng.h"
#include "qtrade/base/time.h"

#include "source_priv.h"

/** The market that every symbol follows by its beta. */
struct qt__climate {
    struct qt_rng rng;
    struct qt_climate now;
    int64_t t_ns, next_ns; /* moved up to; next change of state */
    double factor;         /* sum of its log returns */
    double heat;           /* log of the volatility's slow wave, mean 0 */
};

void qt__climate_init(struct qt__climate *climate, uint64_t seed, int64_t t_ns);
/** Moves on to t_ns in steps of step_ns (what is left over waits). */
void qt__climate_advance(struct qt__climate *climate, int64_t t_ns, int64_t step_ns);
/** 0.6..1.5: how busy the hour of the day is, UTC. */
double qt__climate_bustle(int64_t t_ns);

/** One generated symbol. */
struct qt__coin {
    struct qt_rng rng;
    double log_px, beta, sigma; /* sigma: own, per sqrt day */
    double factor_seen;         /* of the climate at t_ns */
    double trend;               /* drift per day, wanders around 0 */
    double activity;            /* log of volume against its mean, wanders around 0 */
    double day_volume;          /* quote */
    double rate;                /* trades per second, mean */
    double half_spread;         /* ratio */
    int64_t t_ns, next_ns;      /* moved up to; next trade */
};

/** Row i of the list of symbols, with its instrument. Rank i has the (i+1)-th largest volume. */
void qt__coin_init(struct qt__coin *coin, const struct qt_generator_options *options, uint32_t i,
                   int64_t t_ns, struct qt_instrument *ins);
/** Moves the price on to t_ns, where the climate has been moved to. */
void qt__coin_move(struct qt__coin *coin, const struct qt__climate *climate, int64_t t_ns);
/** Draws the time of the next trade. */
void qt__coin_schedule(struct qt__coin *coin);
/** Quote value of one trade: log-normal around what the day's volume needs. */
double qt__coin_trade_value(struct qt__coin *coin);
/** A trade at the bid or the ask, on the tick; never below one tick. */
qt_px qt__coin_px(const struct qt__coin *coin, const struct qt_instrument *ins, double shift);
/** A quantity of so much quote: whole lots, at least one. */
qt_qty qt__coin_qty(const struct qt_instrument *ins, qt_px px, double quote);

#endif
