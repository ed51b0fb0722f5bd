/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A parent order: what the engine decided to buy or sell, worked as child orders at the venue.
 *
 * P1: qty >= filled + what children alive may still fill, an UNKNOWN one at full size; always.
 * Whatever breaks this is a defect of the program, and the engine goes to EMERGENCY. P2: at most
 * one child of a parent is alive; a child whose fate is not known holds the parent up. P3: a parent
 * ends when its child is gone and everything is filled, the rest is too small, its deadline is over
 * or it was stopped; what is left is said.
 *
 * Its cost is measured against the price at which the decision was made (implementation shortfall):
 *
 *     shortfall = delay + trading + fees + opportunity
 *     delay        (mid at the first child - arrival) x filled
 *     trading      paid - mid at the first child x filled: spread and impact
 *     opportunity  (mid at the end - arrival) x what is left
 *
 * each signed so that a cost is positive. Source: Perold, The implementation shortfall: paper
 * versus reality, 1988.
 */
#ifndef QTRADE_TRADE_PARENT_H
#define QTRADE_TRADE_PARENT_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/fixed.h"
#include "qtrade/trade/order.h"

enum qt_parent_state {
    QT_PARENT_NONE,     /* the place is free */
    QT_PARENT_WORKING,  /* children may follow */
    QT_PARENT_STOPPING, /* no further child; the one alive is being withdrawn */
    QT_PARENT_DONE,
    QT_PARENT_STATES
};
const char *qt_parent_state_name(enum qt_parent_state state); /* "working" ... */

#define QT_CURVE 16 /* points of a volume curve */
#define QT_PARENT_WHY 48

/** What an algorithm remembers; zeroed at the start. Plain data. */
struct qt_algo_state {
    bool has_curve;
    float curve[QT_CURVE]; /* share of the life's volume until the end of each 1/16, up to 1 */
};

/** One parent. Plain data; the engine owns it. */
struct qt_parent {
    uint64_t id; /* of the decision: qt_client_id of its event; 0: none */
    uint32_t instrument;
    uint8_t side, purpose, algorithm,
        state; /* enum qt_side, _order_purpose, _algorithm, _parent_state */
    int px_scale, qty_scale;
    qt_qty qty, filled;
    qt_money quote, fees; /* of what is filled; fees: quote, those in base at their fill's price */
    qt_money risk;        /* of an entry: from entry to stop, of the whole; 0 else */
    qt_px limit;          /* no child beyond it; QT_PX_NONE: at market */
    int64_t decided_ns, deadline_ns;    /* deadline: QT_TIME_NONE of an immediate one */
    int64_t first_ns, ended_ns;         /* the first child sent; QT_TIME_NONE: not yet */
    double arrival, first_mid, end_mid; /* mid in quote; 0: not known */
    double tape_qty, tape_quote; /* market's volume: until the decision; then, over its life */
    uint32_t children;           /* sent so far */
    uint64_t child;              /* alive; 0: none */
    int64_t retry_ns;            /* no child before this: the last one was refused */
    struct qt_algo_state algo;
    char why[QT_PARENT_WHY]; /* why it ended, or waits */
};

/** Working or stopping. */
bool qt_parent_is_active(const struct qt_parent *parent);
/** qty - filled; never below zero. */
qt_qty qt_parent_rest(const struct qt_parent *parent);
/** P1 with open, which children alive may still fill, and another child of add (0: none). */
bool qt_parent_holds(const struct qt_parent *parent, qt_qty open, qt_qty add);
/** Books a fill of a child; qty 0 brings a fee only. False: a sum does not fit. */
QT_CHECKED bool qt_parent_fill(struct qt_parent *parent, const struct qt_fill *fill);

/** Zeroed: nothing is known. Amounts in quote, a cost is positive; bps of arrival x qty. */
struct qt_parent_cost {
    bool is_known;    /* the arrival price was known, and the end's where something is left */
    bool has_average; /* something was filled */
    bool has_vwap;    /* the market traded meanwhile */
    double average, vwap;
    double arrival_bps; /* average against arrival, bps of arrival */
    double vwap_bps;    /* average against the market's VWAP over the life */
    double notional;    /* arrival x qty */
    double delay, trading, fees, opportunity, shortfall;
    double shortfall_bps;
};
/** Of what has happened so far; the opportunity of what is left at parent->end_mid. Pure. */
void qt_parent_cost(const struct qt_parent *parent, struct qt_parent_cost *out);

/** Sums over parents that ended; of an algorithm, a symbol, or both. */
struct qt_cost_total {
    uint64_t parents, children, unknown; /* unknown: those whose cost is not known; in no sum */
    double notional, filled;             /* at arrival: of the whole, of what was filled */
    double delay, trading, fees, opportunity, shortfall;
};
/** Adds a parent's cost, or takes it away again (sign -1). */
void qt_cost_total_add(struct qt_cost_total *total, const struct qt_parent *parent, int sign);
void qt_cost_total_merge(struct qt_cost_total *total, const struct qt_cost_total *from);
/** Shortfall over notional; 0 where there is none. */
double qt_cost_total_bps(const struct qt_cost_total *total);

#endif
