/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Execution algorithms: how a parent becomes children. Each is a pure state machine in a file of
 * its own: parent, market and time in, one step out. It has no clock, no memory beyond the parent
 * and sends nothing; the engine does what the step says, once a cycle.
 *
 * A1: a step never asks for more than the parent's rest. A2: every child is legal at the venue
 * (tick, lot, notional), and what remains after it is nothing or can be sent too, with room for the
 * price to move by a fifth; what the venue leaves of a partial fill may still be too small, and
 * ends the parent with that said. A3: no child is priced beyond parent->limit; what would have to
 * be, waits. A4: no child is sent from the deadline on.
 *
 * How to add one: a file src/trade/algo_NAME.c with its class, an enum row, a line in
 * src/trade/algo.c, its name in the choices of execution_config.c; tests/trade/test_algo.c drives
 * every row of the table.
 */
#ifndef QTRADE_TRADE_ALGO_H
#define QTRADE_TRADE_ALGO_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/market/event.h"
#include "qtrade/market/instrument.h"
#include "qtrade/trade/execution_config.h"
#include "qtrade/trade/parent.h"
#include "qtrade/trade/request.h"

enum qt_algorithm {
    QT_ALGO_IMMEDIATE, /* the whole at once */
    QT_ALGO_CHASE,     /* rests at the best price and follows it, then takes */
    QT_ALGO_TWAP,      /* equal parts over the time */
    QT_ALGO_VWAP,      /* parts by the usual volume of the time of day */
    QT_ALGO_POV,       /* a share of what the market trades */
    QT_ALGO_ICEBERG,   /* rests, and shows a part */
    QT_ALGORITHMS
};

enum qt_algo_action {
    QT_ALGO_WAIT,
    QT_ALGO_SEND,   /* a child: type, tif, px, qty */
    QT_ALGO_CANCEL, /* the child alive */
    QT_ALGO_END,    /* the parent is done; why says what is left of it */
    QT_ALGO_ACTIONS
};

/** How the child alive stands. */
enum qt_algo_child {
    QT_ALGO_NO_CHILD,
    QT_ALGO_RESTS,  /* known to stand at the venue */
    QT_ALGO_ON_WAY, /* its answer or its cancel's is awaited, or it is UNKNOWN */
};

/** What a step sees. */
struct qt_algo_market {
    const struct qt_instrument *ins;
    int64_t now_ns; /* event time */
    qt_px bid, ask; /* QT_PX_NONE: no quote, and nothing is sent */
    double volume;  /* base quantity that the market traded since the decision */
    qt_qty chunk;   /* largest child by its impact; 0: no bound */
    enum qt_algo_child child;
    qt_px child_px; /* of the one that rests */
};

struct qt_algo_step {
    enum qt_algo_action action;
    uint8_t type, tif; /* enum qt_order_type, qt_time_in_force */
    qt_px px;          /* QT_PX_NONE: at market */
    qt_qty qty;
    const char *why; /* static text */
};

/** A row of the table. */
struct qt_algo_class {
    const char *name;  /* "twap" */
    const char *title; /* "equal parts over the time" */
    bool rests;        /* its children may stand at the venue */
    /** The parent works, its child is none or RESTS, the rest can be traded, the deadline is not
     * reached. */
    void (*step)(const struct qt_execution_config *config, const struct qt_parent *parent,
                 const struct qt_algo_market *market, struct qt_algo_step *out);
};
extern const struct qt_algo_class *const qt_algorithms[QT_ALGORITHMS];

const char *qt_algorithm_name(enum qt_algorithm algorithm);
/** By name; QT_ALGO_IMMEDIATE for one that is not in the table. */
enum qt_algorithm qt_algorithm_find(const char *name);

/** What to do now. out is always filled. Pure; allocates nothing; any thread. */
void qt_algo_step(const struct qt_execution_config *config, const struct qt_parent *parent,
                  const struct qt_algo_market *market, struct qt_algo_step *out);

/**
 * The price beyond which no child goes: arrival (> 0, quote) and the budget, on the tick towards
 * the arrival. QT_PX_NONE: it does not fit a price.
 */
qt_px qt_algo_limit(const struct qt_execution_config *config, const struct qt_instrument *ins,
                    enum qt_side side, double arrival);

/**
 * The largest child whose own impact stays within chunk_impact_bps by the square root law,
 *
 *     bps = 10^4 x coefficient x sigma x sqrt(q / V)
 *
 * day_volume V in base, day_sigma a ratio; 0 (no bound) where one is not above 0 or the result does
 * not fit. Almgren and others measured a power of 0.6 for what a trade costs while it lasts; the
 * square root is the usual law since. Source: Almgren, Thum, Hauptmann, Li, Direct estimation of
 * equity market impact, 2005.
 */
qt_qty qt_algo_chunk(const struct qt_execution_config *config, const struct qt_instrument *ins,
                     double day_volume, double day_sigma);

/**
 * Volume by the time of day: an average over days of each half hour, from closed bars.
 * Zeroed: nothing is known. Plain data.
 */
#define QT_DAY_BUCKETS 48
struct qt_volume_profile {
    float per_s[QT_DAY_BUCKETS]; /* volume a second; 0: not seen */
};
/** A closed bar of at most half an hour; longer ones tell nothing of the half hours. */
void qt_volume_profile_bar(struct qt_volume_profile *profile, int64_t open_ns, int64_t period_ns,
                           double volume);
/** The share of volume between from and to that falls before the end of each 1/16 of that time.
 * False: none of its half hours was seen. */
bool qt_volume_profile_curve(const struct qt_volume_profile *profile, int64_t from_ns,
                             int64_t to_ns, float out[QT_CURVE]);

#endif
