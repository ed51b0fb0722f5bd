/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The router over desks that do what venues do: accept, fill in pieces, refuse, lose an answer, not
 * start at all. What it tells goes to the engine's own table of orders, which calls every
 * contradiction an incident.
 */
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
    unsigned submitted;
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
};

static void
post(struct desk *desk, struct qt_event event)
{
    ck_assert_uint_lt(desk->posted, POST);
    event.t_venue_ns = event.t_recv_ns = desk->floor->now_ns;
    desk->post[desk->posted++] = event;
}

static struct qt_event
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

static void
post_balances(struct desk *desk)
{
    struct qt_event event = {.kind = QT_EVENT_BALANCE,
                             .balance = {.asset = "BTC", .free = {desk->base}}};
    post(desk, event);
    qt_copy(event.balance.asset, sizeof event.balance.asset, "USDT");
    event.balance.free.v = desk->quote;
    post(desk, event);
}

static struct desk_order *
find(struct desk *desk, uint64_t id)
{
    for (unsigned i = 0; i < desk->orders; i++) {
        if (desk->order[i].request.client_id == id && desk->order[i].is_here)
            return &desk->order[i];
    }
    return NULL;
}

static bool
is_open(const struct desk_order *order)
{
    return order->is_here && (order->state == QT_ORDER_OPEN || order->state == QT_ORDER_PARTIAL);
}

static bool
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

static bool
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

static bool
desk_cancel_all(void *self, uint32_t instrument)
{
    struct desk *desk = self;
    for (unsigned i = 0; i < desk->orders; i++) {
        if (is_open(&desk->order[i]))
            (void)desk_cancel(desk, instrument, desk->order[i].request.client_id);
    }
    return !desk->is_silent;
}

static bool
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

static bool
desk_sync(void *self)
{
    struct desk *desk = self;
    if (desk->is_silent)
        return false;
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

static int
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
static void
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

static void
take(void *self, struct qt_event *event)
{
    struct floor *floor = self;
    struct qt_order_change change;
    if (event->kind == QT_EVENT_BALANCE)
        *(strcmp(event->balance.asset, "BTC") == 0 ? &floor->base : &floor->quote) =
            event->balance.free.v;
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

static void
work(struct floor *floor)
{
    struct qt_event_sink sink = {floor, take};
    floor->now_ns += QT_NS_PER_S;
    (void)floor->feed.work(floor->feed.self, &sink, 0);
}

static void
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

static void
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

static void
close_floor(struct floor *floor)
{
    qt_router_close(floor->router);
    qt_orders_destroy(floor->orders);
    qt_universe_destroy(floor->universe);
}

static struct qt_order *
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

static int64_t
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
static void
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

static void
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

START_TEST(whatever_desks_do_the_sum_is_one_order)
{
    static struct floor floor;
    uint64_t last = 0;
    open_floor(&floor, (uint64_t)_i + 1);
    for (unsigned i = 0; i < DESKS; i++) {
        floor.desk[i].lost = (unsigned)qt_rng_below(&floor.rng, 4);
        floor.desk[i].refused = (unsigned)qt_rng_below(&floor.rng, 4);
    }
    for (int step = 0; step < 400; step++) {
        uint64_t dice = qt_rng_below(&floor.rng, 16);
        if (dice < 3 && last < DESK_ORDERS)
            (void)send(&floor, ++last << 8, qt_rng_below(&floor.rng, 2) ? QT_BUY : QT_SELL,
                       5 + (int64_t)qt_rng_below(&floor.rng, 900),
                       qt_rng_below(&floor.rng, 2) ? 10000 : 0, 0);
        else if (dice == 3)
            (void)floor.venue.sync(floor.venue.self);
        else if (dice == 4)
            floor.desk[qt_rng_below(&floor.rng, DESKS)].is_silent ^= true;
        else
            fill_one(&floor.desk[qt_rng_below(&floor.rng, DESKS)]);
        work(&floor);
    }
    for (unsigned i = 0; i < DESKS; i++)
        floor.desk[i].is_silent = false;
    settle(&floor);
    ck_assert(floor.venue.sync(floor.venue.self));
    work(&floor);
    check_floor(&floor, last);
    ck_assert_uint_gt(floor.syncs, 0);
    close_floor(&floor);
}
END_TEST

START_TEST(an_order_goes_first_to_the_best_price_and_to_nobody_who_is_down)
{
    static struct floor floor;
    open_floor(&floor, 1);
    const struct qt_order *order = send(&floor, 1 << 8, QT_BUY, 700, 0, 0);
    ck_assert_int_eq(floor.desk[0].order[0].request.qty.v,
                     300); /* what each book shows, cheapest first */
    ck_assert_int_eq(floor.desk[1].order[0].request.qty.v, 300);
    ck_assert_int_eq(floor.desk[2].order[0].request.qty.v, 100);
    work(&floor);
    ck_assert_int_eq(order->state, QT_ORDER_OPEN);
    for (uint8_t kind = 0; kind < QT_LINK_KINDS; kind++)
        post(&floor.desk[0], (struct qt_event){.kind = QT_EVENT_LINK,
                                               .link = {.kind = kind, .state = QT_LINK_DOWN}});
    work(&floor);
    (void)send(&floor, 2 << 8, QT_BUY, 200, 0, 0);
    ck_assert_uint_eq(floor.desk[0].orders, 1);
    ck_assert_int_eq(floor.desk[1].order[1].request.qty.v, 200);
    close_floor(&floor);
}
END_TEST

START_TEST(a_sale_and_a_stop_go_where_the_holding_is)
{
    static struct floor floor;
    open_floor(&floor, 1);
    floor.desk[0].base = 0;
    floor.desk[1].base = 20000000;  /* 0.2 */
    floor.desk[2].base = 100000000; /* 1 */
    for (unsigned i = 0; i < DESKS; i++)
        post_balances(&floor.desk[i]);
    work(&floor);
    (void)send(&floor, 1 << 8, QT_SELL, 700, 9000, 9100);
    ck_assert_uint_eq(floor.desk[0].orders, 0);
    ck_assert_int_eq(floor.desk[1].order[0].request.qty.v + floor.desk[2].order[0].request.qty.v,
                     700);
    ck_assert_int_eq(floor.desk[1].order[0].request.stop_px.v, 9100);
    work(&floor);
    (void)send(&floor, 2 << 8, QT_SELL, 900, 0, 0); /* 0.5 are promised to the stop's parts */
    int64_t sold = 0;
    for (unsigned i = 1; i < DESKS; i++)
        sold += floor.desk[i].orders > 1 ? floor.desk[i].order[1].request.qty.v : 0;
    ck_assert_int_eq(sold, 500);
    close_floor(&floor);
}
END_TEST

START_TEST(a_stop_finds_the_rest_of_what_it_protects_when_that_is_told)
{
    static struct floor floor;
    open_floor(&floor, 1);
    for (unsigned i = 0; i < DESKS; i++) {
        floor.desk[i].base = i == 0 ? 30000000 : 0; /* 0.3; of 0.4 more only the fill was told yet */
        post_balances(&floor.desk[i]);
    }
    work(&floor);
    struct qt_order *order = send(&floor, 1 << 8, QT_SELL, 700, 9000, 9100);
    ck_assert_uint_eq(floor.desk[0].orders, 1);
    ck_assert_uint_eq(floor.desk[2].orders, 0);
    work(&floor);
    floor.desk[2].base = 40000000;
    post_balances(&floor.desk[2]);
    work(&floor);
    ck_assert_int_eq(floor.desk[0].order[0].request.qty.v, 300);
    ck_assert_uint_eq(floor.desk[2].orders, 1);
    ck_assert_int_eq(floor.desk[2].order[0].request.qty.v, 400);
    ck_assert_int_eq(floor.desk[2].order[0].request.stop_px.v, 9100);
    post_balances(&floor.desk[1]);
    work(&floor);
    ck_assert_uint_eq(floor.desk[0].orders + floor.desk[1].orders + floor.desk[2].orders, 2);
    ck_assert_int_eq(order->state, QT_ORDER_OPEN);
    close_floor(&floor);
}
END_TEST

START_TEST(a_stop_that_is_to_be_cancelled_gets_no_more_parts)
{
    static struct floor floor;
    open_floor(&floor, 1);
    for (unsigned i = 0; i < DESKS; i++) {
        floor.desk[i].base = i == 0 ? 30000000 : 0;
        post_balances(&floor.desk[i]);
    }
    work(&floor);
    (void)send(&floor, 1 << 8, QT_SELL, 700, 9000, 9100);
    (void)floor.venue.cancel(floor.venue.self, 0, 1 << 8);
    floor.desk[2].base = 40000000;
    post_balances(&floor.desk[2]);
    work(&floor);
    ck_assert_uint_eq(floor.desk[2].orders, 0);
    close_floor(&floor);
}
END_TEST

static void
set_links(struct desk *desk, enum qt_link_state state)
{
    for (uint8_t kind = 0; kind < QT_LINK_KINDS; kind++)
        post(desk, (struct qt_event){.kind = QT_EVENT_LINK,
                                     .link = {.kind = kind, .state = (uint8_t)state}});
}

START_TEST(a_cancel_ends_without_the_leg_that_is_dead_and_is_made_good_when_it_is_back)
{
    static struct floor floor;
    open_floor(&floor, 1);
    struct qt_order *order = send(&floor, 1 << 8, QT_SELL, 900, 9000, 0);
    work(&floor);
    ck_assert_int_eq(floor.desk[2].order[0].state, QT_ORDER_OPEN);
    floor.desk[2].is_silent = floor.has_dead_leg = true;
    set_links(&floor.desk[2], QT_LINK_DOWN);
    work(&floor);
    (void)floor.venue.cancel(floor.venue.self, 0, 1 << 8);
    for (int i = 0; i < 3; i++)
        work(&floor);
    ck_assert_int_eq(order->state, QT_ORDER_CANCELLED);
    ck_assert_int_eq(floor.desk[2].order[0].state, QT_ORDER_OPEN); /* it stands there still */
    floor.desk[2].is_silent = false;
    set_links(&floor.desk[2], QT_LINK_UP);
    fill_one(&floor.desk[2]); /* a moment before the cancel */
    for (int i = 0; i < 3; i++)
        work(&floor);
    ck_assert_int_ne(floor.desk[2].order[0].state, QT_ORDER_OPEN);
    ck_assert_int_gt(floor.desk[2].order[0].cum.v, 0);
    check_floor(&floor, 1);
    close_floor(&floor);
}
END_TEST

START_TEST(a_leg_that_cannot_be_read_keeps_the_account_unread)
{
    static struct floor floor;
    open_floor(&floor, 1);
    floor.desk[2].is_silent = true;
    ck_assert(!floor.venue.sync(floor.venue.self));
    work(&floor);
    ck_assert_uint_eq(floor.syncs, 0);
    floor.desk[2].is_silent = false;
    ck_assert(floor.venue.sync(floor.venue.self));
    work(&floor);
    ck_assert_uint_eq(floor.syncs, 1);
    close_floor(&floor);
}
END_TEST

START_TEST(an_order_of_an_earlier_run_is_asked_for_everywhere)
{
    static struct floor floor;
    struct qt_error err;
    open_floor(&floor, 1);
    struct qt_order *order = send(&floor, 1 << 8, QT_BUY, 700, 10000, 0);
    work(&floor);
    qt_router_close(floor.router); /* the desks, and the engine's table, live on */
    struct qt_clock clock;
    qt_clock_init_wall(&clock);
    struct qt_router_options options = {.legs = DESKS, .clock = &clock, .not_found_ns = 1};
    for (unsigned i = 0; i < DESKS; i++)
        options.leg[i] = (struct qt_router_leg){.name = "x",
                                                .feed = {.self = &floor.desk[i], .work = desk_work},
                                                .venue = {.self = &floor.desk[i],
                                                          .submit = desk_submit,
                                                          .cancel = desk_cancel,
                                                          .query = desk_query,
                                                          .sync = desk_sync},
                                                .universe = floor.universe};
    floor.router = qt_router_open(&options, &err);
    floor.feed = qt_router_feed(floor.router);
    floor.venue = qt_router_venue(floor.router);
    for (int i = 0; i < 40; i++) {
        fill_one(&floor.desk[i % DESKS]);
        floor.desk[i % DESKS].posted = 0; /* nobody heard of it */
    }
    ck_assert(floor.venue.query(floor.venue.self, 0, 1 << 8));
    work(&floor);
    ck_assert_int_eq(order->cum_qty.v, filled_at_desks(&floor, 1 << 8));
    ck_assert_int_gt(order->cum_qty.v, 0);
    (void)send(&floor, 2 << 8, QT_BUY, 10, 10000, 0);
    ck_assert(floor.venue.query(floor.venue.self, 0, 3 << 8)); /* never existed */
    work(&floor);
    ck_assert_uint_eq(floor.unknown_ids, 1);
    close_floor(&floor);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("router");
    TCase *tc = tcase_create("router");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, whatever_desks_do_the_sum_is_one_order, 0, 200);
    tcase_add_test(tc, an_order_goes_first_to_the_best_price_and_to_nobody_who_is_down);
    tcase_add_test(tc, a_sale_and_a_stop_go_where_the_holding_is);
    tcase_add_test(tc, a_stop_finds_the_rest_of_what_it_protects_when_that_is_told);
    tcase_add_test(tc, a_stop_that_is_to_be_cancelled_gets_no_more_parts);
    tcase_add_test(tc, a_cancel_ends_without_the_leg_that_is_dead_and_is_made_good_when_it_is_back);
    tcase_add_test(tc, a_leg_that_cannot_be_read_keeps_the_account_unread);
    tcase_add_test(tc, an_order_of_an_earlier_run_is_asked_for_everywhere);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
