/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several venues as one: a feed port and a venue port over those of 2..8 legs. To the engine there
 * is one venue, whose account is the sum of the legs' accounts and whose instruments are those of
 * leg 0; which part of an order goes where is decided here (trade/route.h) and in nobody else's
 * books.
 *
 * V1: an order has one client id at every leg, at most one part there. Its reports are one order's:
 * ACCEPTED with the first part, fills with the sum of all, the end when every part has ended. A
 * part whose fate is not known makes the whole order UNKNOWN. V2: market data come from leg 0; what
 * the others quote is for routing only. V3: an account read is whole when every leg has been read
 * since the last one; a leg that cannot be read is never taken for an empty one. V4: a sale goes
 * where the holding is, a stop beside the holding that it protects, as soon as the venue there has
 * told it. V5: a leg without connections,
 * or whose breaker is open, gets no new part; what is left there stays in the sum. V6: an order that
 * is to be cancelled ends for the engine when its last open part lies at such a leg, so that what
 * the others hold can be sold; that part is cancelled when the leg is back, and a fill of it is told
 * even then.
 *
 * The legs are of one kind: spot, or perpetuals that are told in terms of spot (venue/binance.h, B7).
 * Of perpetuals funding is booked at whichever leg it is paid, and no cost of an order: which leg pays
 * or takes it how often, and for how long a position will be held, is not weighed.
 *
 * Everything on the thread that works the feed.
 */
#ifndef QTRADE_VENUE_ROUTER_H
#define QTRADE_VENUE_ROUTER_H

#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/clock.h"
#include "qtrade/base/error.h"
#include "qtrade/engine/ports.h"
#include "qtrade/market/instrument.h"
#include "qtrade/trade/route.h"

struct qt_router_leg {
    const char *name; /* as shown; < 16 bytes */
    struct qt_feed_port feed;
    struct qt_venue_port venue;
    const struct qt_universe *universe; /* symbols that leg 0 has not are not used */
    double taker_fee, maker_fee;        /* parts of the notional */
    const double *day_volume;           /* by the leg's instruments, quote units; NULL: not known */
};

/** Copied; what it points to is borrowed as long as the router lives. */
struct qt_router_options {
    struct qt_router_leg leg[QT_ROUTE_VENUES];
    size_t legs;                  /* 2..QT_ROUTE_VENUES */
    const struct qt_clock *clock; /* the legs' */
    double impact;                /* coefficient of trade/route.h */
    unsigned failures;            /* in a row that open a leg's breaker; 0: 3 */
    int64_t cool_ns;              /* before it is tried again, doubled up to 16 times; 0: 30 s */
    bool is_margined;             /* the legs trade perpetuals: their depth has another rule, and a fill
                                     tells no balance: the leg's account is read after it */
    int64_t not_found_ns;         /* after sending, a leg's "not found" proves nothing; 0: 60 s */
};

struct qt_router;
/** NULL: no memory, or names and numbers out of range. */
struct qt_router *qt_router_open(const struct qt_router_options *options, struct qt_error *err);
void qt_router_close(struct qt_router *router); /* the legs stay open; NULL is fine */
struct qt_feed_port qt_router_feed(struct qt_router *router);
struct qt_venue_port qt_router_venue(struct qt_router *router);

#endif
