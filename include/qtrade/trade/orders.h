/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every order of this run that is alive, and the last ones that are not. Bounded: the maximum is
 * given at birth and nothing is allocated after. Engine thread only.
 */
#ifndef QTRADE_TRADE_ORDERS_H
#define QTRADE_TRADE_ORDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/market/instrument.h"
#include "qtrade/trade/order.h"

struct qt_orders;

struct qt_orders_limits {
    uint32_t open;        /* orders alive at once, 1..65536 */
    uint32_t history;     /* final ones remembered, oldest forgotten first, >= 1 */
    uint32_t instruments; /* ids 0..instruments-1 */
    int64_t not_found_ns; /* after this long since sent, NOT_FOUND proves that it never arrived
                             (receive window x 2) */
};

/** NULL: no memory. */
struct qt_orders *qt_orders_create(const struct qt_orders_limits *limits);
void qt_orders_destroy(struct qt_orders *orders); /* NULL is fine */
static inline void
qt_orders_auto(struct qt_orders **p)
{
    qt_orders_destroy(*p);
}

/**
 * Adds an order in state PENDING, before it is sent. NULL: the table is full, the client id is
 * known already (fault O15) or 0, or the quantity is not positive. The pointer is valid until the
 * order is forgotten. ins gives the scales.
 */
struct qt_order *qt_orders_add(struct qt_orders *orders, const struct qt_instrument *ins,
                               const struct qt_order_request *request,
                               enum qt_order_purpose purpose, uint64_t seq, int64_t t_ns);
/** As qt_orders_add for an order of an earlier run: state UNKNOWN until the venue is asked; cum_qty
 * and cum_quote booked. */
struct qt_order *qt_orders_restore(struct qt_orders *orders, const struct qt_instrument *ins,
                                   const struct qt_order *from);
/** NULL: not known (any more). Final ones of the history too. */
struct qt_order *qt_orders_find(const struct qt_orders *orders, uint64_t client_id);

enum qt_orders_verdict {
    QT_ORDERS_APPLIED,    /* something changed */
    QT_ORDERS_DUPLICATE,  /* said before: nothing changed */
    QT_ORDERS_STALE,      /* older than what is known: nothing changed */
    QT_ORDERS_UNKNOWN_ID, /* not ours, or forgotten; order is NULL */
    QT_ORDERS_INCIDENT,   /* the world contradicts itself: incident says how. A fill in it is booked
                             all the same, and   the order is UNKNOWN until the venue is asked */
    QT_ORDERS_VERDICTS
};
const char *qt_orders_verdict_name(enum qt_orders_verdict verdict);

struct qt_order_change {
    struct qt_order *order; /* NULL: unknown id */
    uint8_t before, after;  /* enum qt_order_state */
    bool has_fill;
    struct qt_fill fill;
    char incident[160]; /* "" when none */
};

/** Takes a report of the venue. out is always filled. */
enum qt_orders_verdict qt_orders_report(struct qt_orders *orders, const struct qt_report *report,
                                        int64_t t_ns, struct qt_order_change *out);
/** Our own: it is handed to the venue / a cancel is sent. Incident: not allowed in its state; state
 * unchanged. */
enum qt_orders_verdict qt_orders_sent(struct qt_orders *orders, struct qt_order *order,
                                      int64_t t_ns, struct qt_order_change *out);
enum qt_orders_verdict qt_orders_cancel_sent(struct qt_orders *orders, struct qt_order *order,
                                             int64_t t_ns, struct qt_order_change *out);
/** No answer by t_ns: UNKNOWN (nothing for a final one). */
enum qt_orders_verdict qt_orders_timeout(struct qt_orders *orders, struct qt_order *order,
                                         int64_t t_ns, struct qt_order_change *out);
/** Refused before it left (port said no): PENDING becomes REJECTED; incident in any other state. */
enum qt_orders_verdict qt_orders_not_sent(struct qt_orders *orders, struct qt_order *order,
                                          int64_t t_ns, const char *reason,
                                          struct qt_order_change *out);

/**
 * Orders alive, oldest first: for (o = qt_orders_first(t); o; o = qt_orders_after(t, o)). Take the
 * next one before the present one is changed: an order that ends leaves the list.
 */
struct qt_order *qt_orders_first(const struct qt_orders *orders);
struct qt_order *qt_orders_after(const struct qt_orders *orders, const struct qt_order *order);
/** Final ones, newest first, n-th 0..history; NULL at the end. */
const struct qt_order *qt_orders_past(const struct qt_orders *orders, uint32_t n);

/** What is open of one instrument and side; UNKNOWN and CANCEL_PENDING count at what may still
 * fill. */
struct qt_open_total {
    uint32_t orders, unknown; /* unknown: how many of them are UNKNOWN */
    qt_qty qty, reducing_qty; /* reducing: of the reduce_only ones */
    qt_money
        notional; /* at the limit or stop price, else at reference; not those without any price */
    uint32_t unpriced; /* orders without any price */
    bool is_overflow;  /* a sum did not fit */
};
/** reference: for orders without a price (QT_PX_NONE: they count as unpriced). O(orders alive of
 * the instrument). */
void qt_orders_open_total(const struct qt_orders *orders, uint32_t instrument, enum qt_side side,
                          qt_px reference, struct qt_open_total *out);

struct qt_orders_counts {
    uint32_t open, unknown, pending; /* alive now */
    uint64_t added, accepted, fills, cancelled, rejected, expired, duplicates, stale, unknown_ids,
        incidents;
};
struct qt_orders_counts qt_orders_count(const struct qt_orders *orders);
/** Alive orders of one instrument / UNKNOWN ones among them. O(1). */
uint32_t qt_orders_open_of(const struct qt_orders *orders, uint32_t instrument);
uint32_t qt_orders_unknown_of(const struct qt_orders *orders, uint32_t instrument);

#endif
