/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many in the last while, by event time, exactly: rings of the newest times. A ring that is
 * full of times inside the window says its size, which is above every limit that the config can
 * set.
 */
#ifndef QTRADE_RISK_RATES_H
#define QTRADE_RISK_RATES_H

#include <stdint.h>

#include "qtrade/market/event.h"
#include "qtrade/trade/request.h"

#define QT_RATE_RING 2048   /* a power of two; limits in the config are below it */
#define QT_RECENT_ORDERS 64 /* orders remembered for the duplicate check */

struct qt_rate {
    uint64_t count; /* ever */
    int64_t t_ns[QT_RATE_RING];
};
struct qt_recent_order {
    int64_t t_ns;
    uint32_t instrument;
    uint8_t side, type;
    qt_px px, stop_px;
    qt_qty qty;
};
/** Plain data. */
struct qt_rates {
    struct qt_rate orders, messages; /* a message: an order, a cancel, a query */
    uint64_t recents;
    struct qt_recent_order recent[QT_RECENT_ORDERS];
};

/** Nothing has happened yet. */
void qt_rates_init(struct qt_rates *rates);
/** An order went out (it is a message too). Times never fall; an earlier one counts as the newest.
 */
void qt_rates_order(struct qt_rates *rates, const struct qt_order_request *request, int64_t t_ns);
/** A cancel or query went out. */
void qt_rates_message(struct qt_rates *rates, int64_t t_ns);
/** How many in (t - window, t]; at most QT_RATE_RING. */
int64_t qt_rate_within(const struct qt_rate *rate, int64_t t_ns, int64_t window_ns);
/** Orders like this one in (t - window, t]: same instrument, side, type, prices, quantity. */
int64_t qt_rates_duplicates(const struct qt_rates *rates, const struct qt_order_request *request,
                            int64_t t_ns, int64_t window_ns);

#endif
