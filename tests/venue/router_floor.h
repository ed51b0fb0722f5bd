/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The router over desks that do what venues do: accept, fill in pieces, refuse, lose an answer, not
 * start at all. What it tells goes to the engine's own table of orders, which calls every
 * contradiction an incident.
 */
#ifndef QTRADE_TESTS_ROUTER_FLOOR_H
#define QTRADE_TESTS_ROUTER_FLOOR_H

#include "qt_check.h"

#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/trade/orders.h"
#include "qtrade/venue/router.h"

enum { DESKS = 3, DESK_ORDERS = 64, POST = 256, WINDOW_S = 60 };

struct desk_order {
    struct qt_order_request request;
    qt_qty cum;
    qt_money quote;
    enum qt_order_state state;
    bool is_here;   /* the request arrived */
    int64_t due_ns; /* when it will; 0: never */
};

struct desk {
    struct floor *floor;
    struct desk_order order[DESK_ORDERS];
    unsigned orders;
    struct qt_event post[POST];
    unsigned posted;
    int64_t base, quote; /* held; scale 8 */
    uint64_t trades;
    bool is_silent;         /* starts nothing */
    unsigned lost, refused; /* of 16 */
    unsigned submitted, reads;
};

struct floor {
    struct qt_rng rng;
    int64_t now_ns;
    struct qt_universe *universe;
    struct desk desk[DESKS];
    struct qt_router *router;
    struct qt_feed_port feed;
    struct qt_venue_port venue;
    struct qt_orders *orders;
    int64_t base, quote; /* as told, scale 8 */
    unsigned syncs, unknown_ids, told_rejected;
    bool has_dead_leg; /* rule V6: an end says nothing of it */
    bool is_margined;
    int64_t income, rounding; /* as told: the sum, the newest */
};

static inline void
post(struct desk *desk, struct qt_event event)
{
    ck_assert_uint_lt(desk->posted, POST);
    event.t_venue_ns = event.t_recv_ns = desk->floor->now_ns;
    desk->post[desk->posted++] = event;
}

static inline struct qt_event
report_of(const struct desk_order *order, enum qt_report_type type)
{
    return (struct qt_event){
        .kind = QT_EVENT_REPORT,
        .report = {.client_id = order->request.client_id,
                   .venue_id = order->request.client_id + 1,
                   .px = type == QT_REPORT_ACCEPTED || type == QT_REPORT_STATUS ? order->request.px
                                                                                : QT_PX_NONE,
                   .qty = type == QT_REPORT_ACCEPTED || type == QT_REPORT_STATUS
                              ? order->request.qty
                              : QT_QTY_ZERO,
                   .cum_qty = order->cum,
                   .cum_quote = order->quote,
                   .type = (uint8_t)type,
                   .state = (uint8_t)order->state,
                   .side = order->request.side}};
}

static inline void
post_balances(struct desk *desk)
{
    struct qt_event event = {.kind = QT_EVENT_BALANCE,
                             .balance = {.asset = "BTC", .free = {desk->base}}};
    post(desk, event);
    qt_copy(event.balance.asset, sizeof event.balance.asset, "USDT");
    event.balance.free.v = desk->quote;
    post(desk, event);
}

static inline struct desk_order *
find(struct desk *desk, uint64_t id)
{
    for (unsigned i = 0; i < desk->orders; i++) {
        if (desk->order[i].request.client_id == id && desk->order[i].is_here)
            return &desk->order[i];
    }
    return NULL;
}

static inline bool
is_open(const struct desk_order *order)
{
    return order->is_here && (order->state == QT_ORDER_OPEN || order->state == QT_ORDER_PARTIAL);
}

static inline bool
desk_submit(void *self, const struct qt_order_request *request)
{
    struct desk *desk = self;
    uint64_t dice = qt_rng_below(&desk->floor->rng, 16);
    if (desk->is_silent || desk->orders == DESK_ORDERS)
        return false;
    ck_assert_ptr_null(find(desk, request->client_id)); /* one part at most */
    struct desk_order *order = &desk->order[desk->orders++];
    *order = (struct desk_order){.request = *request, .state = QT_ORDER_OPEN, .is_here = true};
    desk->submitted++;
    if (dice < desk->lost) {
        uint64_t fate = qt_rng_below(&desk->floor->rng, 3);
        order->is_here = fate == 0;
        if (fate == 1) /* it is on its way still */
            order->due_ns = desk->floor->now_ns +
                            (int64_t)qt_rng_below(&desk->floor->rng, WINDOW_S / 2) * QT_NS_PER_S;
        post(desk, report_of(order, QT_REPORT_TIMEOUT));
    } else if (dice < desk->lost + desk->refused) {
        order->state = QT_ORDER_REJECTED;
        post(desk, report_of(order, QT_REPORT_REJECTED));
    } else {
        post(desk, report_of(order, QT_REPORT_ACCEPTED));
    }
    return true;
}

static inline bool
desk_cancel(void *self, uint32_t instrument, uint64_t client_id)
{
    struct desk *desk = self;
    struct desk_order *order = find(desk, client_id);
    (void)instrument;
    if (desk->is_silent)
        return false;
    if (order && is_open(order)) {
        order->state = QT_ORDER_CANCELLED;
        post(desk, report_of(order, QT_REPORT_CANCELLED));
    } else {
        struct desk_order none = {.request = {.client_id = client_id}, .state = QT_ORDER_UNKNOWN};
        post(desk, report_of(&none, QT_REPORT_CANCEL_REJECTED));
    }
    return true;
}

static inline bool
desk_cancel_all(void *self, uint32_t instrument)
{
    struct desk *desk = self;
    for (unsigned i = 0; i < desk->orders; i++) {
        if (is_open(&desk->order[i]))
            (void)desk_cancel(desk, instrument, desk->order[i].request.client_id);
    }
    return !desk->is_silent;
}

static inline bool
desk_query(void *self, uint32_t instrument, uint64_t client_id)
{
    struct desk *desk = self;
    const struct desk_order *order = find(desk, client_id);
    struct desk_order none = {.request = {.client_id = client_id}, .state = QT_ORDER_UNKNOWN};
    (void)instrument;
    if (desk->is_silent)
        return false;
    post(desk, order ? report_of(order, QT_REPORT_STATUS) : report_of(&none, QT_REPORT_NOT_FOUND));
    return true;
}

static inline bool
desk_sync(void *self)
{
    struct desk *desk = self;
    if (desk->is_silent)
        return false;
    desk->reads++;
    post_balances(desk);
    for (unsigned i = 0; i < desk->orders; i++) {
        struct qt_event event = report_of(&desk->order[i], QT_REPORT_STATUS);
        event.flags = QT_EVENT_SNAPSHOT;
        if (is_open(&desk->order[i]))
            post(desk, event);
    }
    post(desk, (struct qt_event){.kind = QT_EVENT_SYNC});
    return true;
}

static inline int
desk_work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct desk *desk = self;
    for (unsigned i = 0; i < desk->orders; i++)
        desk->order[i].is_here |=
            desk->order[i].due_ns > 0 && desk->floor->now_ns >= desk->order[i].due_ns;
    unsigned n = desk->posted;
    (void)timeout_ms;
    for (unsigned i = 0; i < n; i++) {
        struct qt_event event = desk->post[i];
        sink->push(sink->self, &event);
    }
    desk->posted -= n;
    return (int)n;
}

/* A piece of one open order, at the price that the book had said. */
static inline void
fill_one(struct desk *desk)
{
    struct qt_rng *rng = &desk->floor->rng;
    struct desk_order *order = desk->orders ? &desk->order[qt_rng_below(rng, desk->orders)] : NULL;
    if (!order || !is_open(order) || order->request.stop_px.v > 0)
        return;
    int64_t left = order->request.qty.v - order->cum.v,
            qty = 1 + (int64_t)qt_rng_below(rng, (uint64_t)left);
    int64_t px = order->request.px.v > 0 ? order->request.px.v : 10000;
    order->cum.v += qty;
    order->quote.v += px * qty * 1000; /* scales 2 and 3 to 8 */
    order->state = qty == left ? QT_ORDER_FILLED : QT_ORDER_PARTIAL;
    struct qt_event event = report_of(order, QT_REPORT_FILL);
    event.report.trade_id = ++desk->trades;
    event.report.px.v = px;
    event.report.qty.v = qty;
    post(desk, event);
    if (qt_rng_below(rng, 2)) /* in the answer and in the stream */
        post(desk, event);
    desk->base += (order->request.side == QT_BUY ? 1 : -1) * qty * 100000;
    desk->quote -= (order->request.side == QT_BUY ? 1 : -1) * px * qty * 1000;
    post_balances(desk);
}

static inline void
take(void *self, struct qt_event *event)
{
    struct floor *floor = self;
    struct qt_order_change change;
    if (event->kind == QT_EVENT_BALANCE)
        *(strcmp(event->balance.asset, "BTC") == 0 ? &floor->base : &floor->quote) =
            event->balance.free.v;
    if (event->kind == QT_EVENT_BALANCE)
        floor->rounding = event->balance.rounding.v;
    if (event->kind == QT_EVENT_INCOME)
        floor->income += event->income.amount.v;
    floor->syncs += event->kind == QT_EVENT_SYNC;
    if (event->kind != QT_EVENT_REPORT)
        return;
    floor->told_rejected += event->report.type == QT_REPORT_REJECTED;
    enum qt_orders_verdict verdict =
        qt_orders_report(floor->orders, &event->report, floor->now_ns, &change);
    floor->unknown_ids += verdict == QT_ORDERS_UNKNOWN_ID;
    ck_assert_msg(verdict != QT_ORDERS_INCIDENT, "%s", change.incident);
    bool is_over = !floor->has_dead_leg && change.order &&
                   qt_order_state_is_final((enum qt_order_state)change.order->state);
    for (unsigned i = 0; is_over && i < DESKS; i++) {
        const struct desk_order *order = find(&floor->desk[i], event->report.client_id);
        ck_assert(!order || !is_open(order));
    }
}

static inline void
work(struct floor *floor)
{
    struct qt_event_sink sink = {floor, take};
    floor->now_ns += QT_NS_PER_S;
    (void)floor->feed.work(floor->feed.self, &sink, 0);
}

static inline void
post_market(struct desk *desk, int64_t bid, int64_t ask)
{
    for (uint8_t kind = 0; kind < QT_LINK_KINDS; kind++)
        post(desk,
             (struct qt_event){.kind = QT_EVENT_LINK, .link = {.kind = kind, .state = QT_LINK_UP}});
    post(desk, (struct qt_event){
                   .kind = QT_EVENT_QUOTE,
                   .quote = {.bid = {bid}, .ask = {ask}, .bid_qty = {300}, .ask_qty = {300}}});
    post_balances(desk);
}

static inline void
open_floor(struct floor *floor, uint64_t seed)
{
    struct qt_error err;
    struct qt_instrument ins = {.symbol = "BTCUSDT",
                                .base = "BTC",
                                .quote = "USDT",
                                .px_scale = 2,
                                .qty_scale = 3,
                                .tick = {1},
                                .min_px = {1},
                                .lot = {1},
                                .min_qty = {5}};
    struct qt_clock clock;
    struct qt_router_options options = {
        .legs = DESKS, .clock = &clock, .failures = 1000, .not_found_ns = WINDOW_S * QT_NS_PER_S};
    options.is_margined = floor->is_margined;
    qt_clock_init_wall(&clock);
    *floor = (struct floor){.now_ns = qt_clock_utc_ns(&clock), .universe = qt_universe_create()};
    qt_rng_init(&floor->rng, seed);
    ck_assert(qt_universe_add(floor->universe, &ins, &err));
    for (unsigned i = 0; i < DESKS; i++) {
        struct desk *desk = &floor->desk[i];
        static const char *const names[DESKS] = {"one", "two", "three"};
        *desk = (struct desk){
            .floor = floor, .base = INT64_C(1000000000), .quote = INT64_C(100000000000000)};
        options.leg[i] = (struct qt_router_leg){.name = names[i],
                                                .feed = {.self = desk, .work = desk_work},
                                                .venue = {.self = desk,
                                                          .name = "desk",
                                                          .submit = desk_submit,
                                                          .cancel = desk_cancel,
                                                          .cancel_all = desk_cancel_all,
                                                          .query = desk_query,
                                                          .sync = desk_sync},
                                                .universe = floor->universe,
                                                .taker_fee = 0.001};
        post_market(desk, 9990 - 2 * i, 10010 + 2 * i);
    }
    floor->router = qt_router_open(&options, &err);
    ck_assert_ptr_nonnull(floor->router);
    floor->feed = qt_router_feed(floor->router);
    floor->venue = qt_router_venue(floor->router);
    floor->orders = qt_orders_create(&(struct qt_orders_limits){
        .open = 256, .history = 4096, .instruments = 1, .not_found_ns = 10 * QT_NS_PER_S});
    work(floor);
}

static inline void
close_floor(struct floor *floor)
{
    qt_router_close(floor->router);
    qt_orders_destroy(floor->orders);
    qt_universe_destroy(floor->universe);
}

static inline struct qt_order *
send(struct floor *floor, uint64_t id, enum qt_side side, int64_t qty, int64_t px, int64_t stop_px)
{
    struct qt_order_change change;
    struct qt_order_request request = {.client_id = id,
                                       .side = (uint8_t)side,
                                       .type = (uint8_t)(stop_px ? QT_TYPE_STOP_LOSS_LIMIT
                                                         : px    ? QT_TYPE_LIMIT
                                                                 : QT_TYPE_MARKET),
                                       .px = px ? (qt_px){px} : QT_PX_NONE,
                                       .stop_px = stop_px ? (qt_px){stop_px} : QT_PX_NONE,
                                       .qty = {qty}};
    struct qt_order *order = qt_orders_add(floor->orders, qt_universe_at(floor->universe, 0),
                                           &request, QT_PURPOSE_ENTRY, id >> 8, floor->now_ns);
    ck_assert_ptr_nonnull(order);
    if (floor->venue.submit(floor->venue.self, &request))
        (void)qt_orders_sent(floor->orders, order, floor->now_ns, &change);
    else
        (void)qt_orders_not_sent(floor->orders, order, floor->now_ns, "nowhere", &change);
    return order;
}

static inline int64_t
filled_at_desks(struct floor *floor, uint64_t id)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < DESKS; i++) {
        const struct desk_order *order = find(&floor->desk[i], id);
        sum += order ? order->cum.v : 0;
    }
    return sum;
}

/* What an engine does with what it does not know, and with what rests. */
static inline void
settle(struct floor *floor)
{
    for (int turn = 0; turn < 3 * WINDOW_S; turn++) {
        for (struct qt_order *order = qt_orders_first(floor->orders); order;
             order = qt_orders_after(floor->orders, order)) {
            uint64_t id = order->request.client_id;
            if (order->state == QT_ORDER_UNKNOWN)
                (void)floor->venue.query(floor->venue.self, 0, id);
            else if (turn % 4 == 0)
                (void)floor->venue.cancel(floor->venue.self, 0, id);
        }
        work(floor);
    }
}

static inline void
check_floor(struct floor *floor, uint64_t last)
{
    int64_t base = 0, quote = 0;
    for (uint64_t n = 1; n <= last; n++) {
        const struct qt_order *order = qt_orders_find(floor->orders, n << 8);
        ck_assert_ptr_nonnull(order);
        ck_assert_msg(qt_order_state_is_final((enum qt_order_state)order->state), "order %d is %s",
                      (int)n, qt_order_state_name(order->state));
        ck_assert_int_eq(order->cum_qty.v, filled_at_desks(floor, n << 8));
    }
    for (unsigned i = 0; i < DESKS; i++) {
        base += floor->desk[i].base;
        quote += floor->desk[i].quote;
    }
    ck_assert_int_eq(floor->base, base);
    ck_assert_int_eq(floor->quote, quote);
    ck_assert_uint_eq(qt_orders_count(floor->orders).incidents, 0);
}

#endif
