/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Smart order routing: which part of an order that takes goes to which of several venues, and what
 * is known of each venue from the orders before.
 *
 * The cost of a share q at venue v, as a part of its notional above the price at which it is
 * decided (Almgren and Chriss 2001 for the walk and the impact):
 *
 *     walk(q) / px + fee + slip + (1 + refused) x wait + impact x sigma_day x sqrt(q / day_volume)
 *
 * walk is what the visible book asks for q; slip what earlier fills paid above what the book had
 * promised; wait = sigma x sqrt(latency / (2 pi)), the mean of how far the price runs away while
 * the order is under way, max(dp, 0) of a normal dp, paid again by what is refused. Each is rising
 * and convex in q, so the best split is where the last piece costs the same everywhere: pieces of
 * 1/256 of the order go one by one to where the next one is cheapest (exact up to a piece). A share
 * below a venue's minima is taken away and split anew.
 */
#ifndef QTRADE_TRADE_ROUTE_H
#define QTRADE_TRADE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/market/event.h"

#define QT_ROUTE_VENUES 8

struct qt_route_level {
    double px; /* > 0, quote units a base unit */
    qt_qty qty;
};

/** One venue, when an order is to be split. Quantities have the order's scale. */
struct qt_route_venue {
    bool is_open;                       /* false: left out (no connection, its breaker is open) */
    const struct qt_route_level *level; /* of the side that is taken, best first; borrowed */
    size_t levels;
    qt_qty room;         /* at most so much: what is free there */
    qt_qty lot, min_qty; /* lot > 0 */
    double min_notional; /* quote units */
    double fee;          /* taker's, part of the notional: 0.001 */
    double latency_s;    /* expected until it is matched there, >= 0 */
    double refused;      /* expected part of orders refused there, 0..1 */
    double slip;         /* part of the price, < 0: better than promised */
    double day_volume;   /* base units; 0: not known, its impact then counts as none */
};

struct qt_route_order {
    enum qt_side side;
    qt_qty qty; /* > 0 */
    int qty_scale;
    double limit;     /* no level beyond is taken; 0: none */
    double sigma;     /* of the price over a second, part of the price, >= 0 */
    double sigma_day; /* of a day */
    double impact;    /* coefficient, >= 0; measured ones are near 1 */
};

struct qt_route_share {
    qt_qty qty;      /* a multiple of the lot, 0 or at least the minima */
    double px;       /* what the visible book asks for it on average; 0 without a share */
    double cost_bps; /* expected, against the best price of all venues, everything above included */
};

/**
 * Splits order over venue[0..n), n <= QT_ROUTE_VENUES, into out[0..n). Returns how much has a
 * place: less than asked where books, limits, rooms or minima end. Any thread, no allocation.
 */
qt_qty qt_route_split(const struct qt_route_order *order, const struct qt_route_venue *venue,
                      size_t n, struct qt_route_share *out);

/** What a venue did with the orders so far: moving averages, each new one weighs 1/8. Zeroed:
 * nothing known. */
struct qt_route_record {
    uint64_t sent, answered, refused, fills;
    double latency_s; /* from sending to the first answer */
    double refusals;  /* 0..1 */
    double slip; /* of fills against the price expected, part of it, weighed by their share of the
                    order */
};

void qt_route_answered(struct qt_route_record *record, double latency_s, bool is_refused);
/** weight: this fill's part of its order, 0..1. */
void qt_route_filled(struct qt_route_record *record, enum qt_side side, double px, double expected,
                     double weight);

#endif
