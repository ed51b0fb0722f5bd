/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the order table share: covers (order quantities as intervals), the table's
 * insides, and the one function that moves an order from state to state.
 */
#ifndef QTRADE_TRADE_ORDER_PRIV_H
#define QTRADE_TRADE_ORDER_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/map.h"
#include "qtrade/trade/order.h"
#include "qtrade/trade/orders.h"

#define QT__NO_SLOT UINT32_MAX

/** How much of (from, to] is covered. */
qt_qty qt__cover_overlap(const struct qt_cover *cover, qt_qty from, qt_qty to);
/** Covers (from, to], 0 <= from < to; out_new: what was not covered before. False: no room for an
 * island. */
QT_CHECKED bool qt__cover_add(struct qt_cover *cover, qt_qty from, qt_qty to, qt_qty *out_new);
/** The end of the highest covered part; 0: nothing. */
qt_qty qt__cover_top(const struct qt_cover *cover);

/** A list by slot numbers. */
struct qt__order_list {
    uint32_t head, tail, count;
};

struct qt_orders {
    struct qt_orders_limits limits;
    uint32_t slots;
    struct qt_order *order; /* slots of them */
    uint32_t *free_slot;    /* a stack */
    uint32_t free_count;
    struct qt__order_list alive, past;
    uint32_t *open_of, *unknown_of; /* by instrument */
    struct qt_map *by_id;
    struct qt_orders_counts counts;
};

/** Takes an event: state, lists, counts, reason. False: not in the table (nothing changed). */
QT_CHECKED bool qt__order_move(struct qt_orders *orders, struct qt_order *order,
                               enum qt_order_event event, int64_t t_ns);
/** Sets a state as it is: incidents and restored orders. */
void qt__order_set(struct qt_orders *orders, struct qt_order *order, enum qt_order_state state,
                   const char *why, int64_t t_ns);

#endif
