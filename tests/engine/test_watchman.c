/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The watchman against a small venue: one account, answers that come late, get lost or are refused.
 */
#include <stdlib.h>
#include <string.h>

#include "qt_check.h"
#include "qtrade/base/rng.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/watchman.h"

enum { SYMBOLS = 3, ORDERS = 64, QUEUE = 256, OURS = 7 };
#define SILENT_NS (10 * QT_NS_PER_S)
#define GAP_NS (6 * QT_NS_PER_S)
#define STEP_NS (100 * QT_NS_PER_MS)
#define FIRST_ID 1000

struct order {
    uint64_t client_id;
    uint32_t instrument;
    uint8_t side;
    qt_qty qty;
    bool is_open;
};

/* The venue: what is true there, and answers on their way. */
struct venue {
    struct qt_universe *universe;
    struct qt_watchman *watchman;
    int64_t now_ns;
    qt_qty held[SYMBOLS];
    struct order order[ORDERS];
    unsigned orders, cancels, sales, reads, late_orders;
    struct {
        struct qt_event event;
        int64_t at_ns;
    } queue[QUEUE];
    unsigned queued;
    struct qt_rng rng;
    unsigned lost_pct; /* answers to requests that never come (TIMEOUT is told instead) */
    int64_t delay_ns;  /* of every answer */
    bool refuses_reads, is_small; /* sells are refused as too small */
    bool refuses_sales, refuses_cancels;
    uint64_t sold_id;             /* of the last sale */
};

static void
push(struct venue *venue, struct qt_event event, int64_t delay_ns)
{
    ck_assert_uint_lt(venue->queued, QUEUE);
    event.t_recv_ns = venue->now_ns + delay_ns;
    venue->queue[venue->queued].event = event;
    venue->queue[venue->queued++].at_ns = venue->now_ns + delay_ns;
}

static void
report(struct venue *venue, const struct order *order, enum qt_report_type type,
       enum qt_order_state state, int32_t code)
{
    push(venue,
         (struct qt_event){.kind = QT_EVENT_REPORT,
                           .instrument = order->instrument,
                           .report = {.client_id = order->client_id,
                                      .type = (uint8_t)type,
                                      .state = (uint8_t)state,
                                      .side = order->side,
                                      .code = code}},
         venue->delay_ns);
}

static bool
is_lost(struct venue *venue)
{
    return qt_rng_below(&venue->rng, 100) < venue->lost_pct;
}

static bool
submit(void *self, const struct qt_order_request *request)
{
    struct venue *venue = self;
    struct order order = {request->client_id, request->instrument, request->side, request->qty,
                          false};
    ck_assert_int_eq(request->side, QT_SELL);
    ck_assert_int_eq(request->type, QT_TYPE_MARKET);
    venue->sales++;
    venue->sold_id = request->client_id;
    if (venue->is_small) {
        report(venue, &order, QT_REPORT_REJECTED, QT_ORDER_REJECTED, -1013);
        return true;
    }
    if (venue->refuses_sales) {
        report(venue, &order, QT_REPORT_REJECTED, QT_ORDER_REJECTED, -2010);
        return true;
    }
    ck_assert_int_le(qt_qty_cmp(request->qty, venue->held[request->instrument]), 0);
    ck_assert(qt_qty_sub(venue->held[request->instrument], request->qty,
                         &venue->held[request->instrument]));
    venue->order[venue->orders++] = order;
    bool has_answer = !is_lost(venue);
    report(venue, &order, has_answer ? QT_REPORT_FILL : QT_REPORT_TIMEOUT,
           has_answer ? QT_ORDER_FILLED : QT_ORDER_UNKNOWN, 0);
    return true;
}

static bool
cancel(void *self, uint32_t instrument, uint64_t client_id)
{
    struct venue *venue = self;
    venue->cancels++;
    for (unsigned i = 0; i < venue->orders; i++) {
        struct order *order = &venue->order[i];
        if (order->client_id != client_id || order->instrument != instrument || !order->is_open)
            continue;
        if (venue->refuses_cancels) {
            report(venue, order, QT_REPORT_CANCEL_REJECTED, QT_ORDER_OPEN, -2011);
            return true;
        }
        if (is_lost(venue)) /* the request itself */
            return true;
        order->is_open = false;
        if (!is_lost(venue))
            report(venue, order, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    }
    return true;
}

static bool
query(void *self, uint32_t instrument, uint64_t client_id)
{
    struct venue *venue = self;
    for (unsigned i = 0; i < venue->orders; i++)
        if (venue->order[i].client_id == client_id) {
            report(venue, &venue->order[i], QT_REPORT_STATUS, QT_ORDER_FILLED, 0);
            return true;
        }
    const struct order none = {.client_id = client_id, .instrument = instrument};
    report(venue, &none, QT_REPORT_NOT_FOUND, QT_ORDER_UNKNOWN, 0);
    return true;
}

/* The account as it is now; told later. */
static bool
read_account(void *self)
{
    struct venue *venue = self;
    venue->reads++;
    if (venue->refuses_reads)
        return false;
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        struct qt_event event = {.kind = QT_EVENT_BALANCE};
        qt_qty locked = QT_QTY_ZERO;
        for (unsigned k = 0; k < venue->orders; k++)
            if (venue->order[k].is_open && venue->order[k].instrument == i &&
                venue->order[k].side == QT_SELL)
                ck_assert(qt_qty_add(locked, venue->order[k].qty, &locked));
        memcpy(event.balance.asset, qt_universe_at(venue->universe, i)->base, 4);
        event.balance.free.v = (venue->held[i].v - locked.v) * 1000000; /* scale 2 to 8 */
        event.balance.locked.v = locked.v * 1000000;
        if (venue->held[i].v > 0)
            push(venue, event, venue->delay_ns);
    }
    for (unsigned k = 0; k < venue->orders; k++)
        if (venue->order[k].is_open)
            push(venue,
                 (struct qt_event){.kind = QT_EVENT_REPORT,
                                   .flags = QT_EVENT_SNAPSHOT,
                                   .instrument = venue->order[k].instrument,
                                   .report = {.client_id = venue->order[k].client_id,
                                              .side = venue->order[k].side,
                                              .type = QT_REPORT_STATUS,
                                              .state = QT_ORDER_OPEN}},
                 venue->delay_ns);
    push(venue, (struct qt_event){.kind = QT_EVENT_SYNC}, venue->delay_ns);
    return true;
}

static void
begin(struct venue *venue)
{
    struct qt_error err = {0};
    *venue = (struct venue){.now_ns = QT_NS_PER_S};
    qt_rng_init(&venue->rng, 5);
    venue->universe = qt_universe_create();
    for (int i = 0; i < SYMBOLS; i++) {
        struct qt_instrument ins = {.quote = "USDT",
                                    .px_scale = 2,
                                    .qty_scale = 2,
                                    .tick = {1},
                                    .lot = {10},
                                    .min_qty = {10}};
        snprintf(ins.base, sizeof ins.base, "AS%d", i);
        snprintf(ins.symbol, sizeof ins.symbol, "AS%dUSDT", i);
        ck_assert(qt_universe_add(venue->universe, &ins, &err));
    }
    const struct qt_watchman_options options = {.venue = {.self = venue,
                                                          .submit = submit,
                                                          .cancel = cancel,
                                                          .query = query,
                                                          .sync = read_account},
                                                .universe = venue->universe,
                                                .silent_ns = SILENT_NS,
                                                .gap_ns = GAP_NS,
                                                .first_id = FIRST_ID};
    venue->watchman = qt_watchman_create(&options, venue->now_ns, &err);
    ck_assert_ptr_nonnull(venue->watchman);
}

static void
end(struct venue *venue)
{
    qt_watchman_destroy(venue->watchman);
    qt_universe_destroy(venue->universe);
}

/* The engine speaks; of symbol 0 it knows how much is foreign. */
static bool
hear(struct venue *venue, int64_t foreign, int64_t silent_ns)
{
    struct qt_guard guard = {.is_live = true,
                             .silent_ns = silent_ns,
                             .has_account = true,
                             .foreign = 1,
                             .row = {{.symbol = "AS0USDT", .qty_scale = 2, .is_known = true}}};
    guard.row[0].qty.v = foreign;
    return qt_watchman_heard(venue->watchman, &guard, venue->now_ns);
}

static void
rest(struct venue *venue, uint32_t instrument, enum qt_side side, int64_t qty)
{
    venue->order[venue->orders] = (struct order){.client_id = OURS + venue->orders,
                                                 .instrument = instrument,
                                                 .side = (uint8_t)side,
                                                 .qty = {qty},
                                                 .is_open = true};
    venue->orders++;
}

/* Time passes; what is due is told, in order. */
static void
pass(struct venue *venue, int64_t ns)
{
    for (int64_t until = venue->now_ns + ns; venue->now_ns < until; venue->now_ns += STEP_NS) {
        for (unsigned i = 0; i < venue->queued;) {
            if (venue->queue[i].at_ns > venue->now_ns) {
                i++;
                continue;
            }
            struct qt_event event = venue->queue[i].event;
            venue->queued--;
            memmove(&venue->queue[i], &venue->queue[i + 1],
                    (venue->queued - i) * sizeof venue->queue[0]);
            qt_watchman_event(venue->watchman, &event, venue->now_ns);
        }
        qt_watchman_tick(venue->watchman, venue->now_ns);
    }
}

static struct qt_watch_view
view(const struct venue *venue)
{
    return qt_watchman_view(venue->watchman, venue->now_ns);
}

static unsigned
open_orders(const struct venue *venue)
{
    unsigned n = 0;
    for (unsigned i = 0; i < venue->orders; i++)
        n += venue->order[i].is_open;
    return n;
}

START_TEST(W1_nothing_is_sent_while_the_engine_is_heard)
{
    struct venue venue;
    begin(&venue);
    venue.held[0].v = 500;
    rest(&venue, 0, QT_BUY, 100);
    pass(&venue, 60 * QT_NS_PER_S); /* nobody was ever heard: there is nothing to guard */
    for (int i = 0; i < 60; i++) {
        hear(&venue, 0, 0);
        pass(&venue, QT_NS_PER_S);
    }
    pass(&venue, 8 * QT_NS_PER_S);
    ck_assert_uint_eq(venue.reads + venue.cancels + venue.sales, 0);
    ck_assert_int_eq(view(&venue).state, QT_WATCH_GUARDING);
    end(&venue);
}
END_TEST

START_TEST(O12_silent_engine_has_its_orders_cancelled_and_its_holdings_sold)
{
    struct venue venue;
    begin(&venue);
    venue.held[0].v = 505, venue.held[1].v = 300;
    rest(&venue, 0, QT_BUY, 100);
    rest(&venue, 0, QT_SELL, 400); /* a protective stop that holds the balance */
    rest(&venue, 2, QT_BUY, 50);
    hear(&venue, 100, 0);
    pass(&venue, SILENT_NS + 5 * QT_NS_PER_S);
    ck_assert_uint_eq(open_orders(&venue), 0);
    ck_assert_int_eq(venue.held[0].v, 105); /* foreign, and less than a lot */
    ck_assert_int_eq(venue.held[1].v, 0);
    ck_assert_int_eq(view(&venue).state, QT_WATCH_ACTING); /* W4: read once is not flat */
    pass(&venue, GAP_NS + 2 * QT_NS_PER_S);
    ck_assert_int_eq(view(&venue).state, QT_WATCH_FLAT);
    ck_assert_uint_eq(view(&venue).dust, 1);
    ck_assert_uint_eq(view(&venue).sales, 2);
    end(&venue);
}
END_TEST

START_TEST(W2_what_the_engine_never_spoke_of_is_left_alone)
{
    struct venue venue;
    struct qt_guard guard = {.is_live = true}; /* no account was read yet */
    begin(&venue);
    venue.held[1].v = 300;
    ck_assert(!qt_watchman_heard(venue.watchman, &guard, venue.now_ns));
    pass(&venue, SILENT_NS + 20 * QT_NS_PER_S);
    ck_assert_int_eq(venue.held[1].v, 300);
    ck_assert_uint_eq(view(&venue).unclaimed, 1);
    end(&venue);
}
END_TEST

START_TEST(W2_of_an_asset_not_known_no_more_than_the_position_is_sold)
{
    struct venue venue;
    struct qt_guard guard = {.is_live = true,
                             .has_account = true,
                             .foreign = 1,
                             .row = {{.symbol = "AS1USDT", .qty_scale = 2, .position = {200}}}};
    begin(&venue);
    venue.held[1].v = 300;
    ck_assert(!qt_watchman_heard(venue.watchman, &guard, venue.now_ns));
    pass(&venue, SILENT_NS + 5 * QT_NS_PER_S);
    ck_assert_int_eq(venue.held[1].v, 100);
    end(&venue);
}
END_TEST

START_TEST(engine_thread_that_hangs_is_silent_though_another_thread_answers)
{
    struct venue venue;
    begin(&venue);
    venue.held[1].v = 300;
    hear(&venue, 0, 0);
    for (int i = 1; i < 20; i++) {
        pass(&venue, QT_NS_PER_S);
        hear(&venue, 0, i * QT_NS_PER_S);
    }
    ck_assert_int_eq(venue.held[1].v, 0);
    ck_assert_uint_eq(venue.sales, 1);
    end(&venue);
}
END_TEST

START_TEST(O3_sale_that_is_not_found_is_believed_only_when_it_can_not_come_any_more)
{
    struct venue venue;
    begin(&venue);
    venue.held[1].v = 300;
    venue.lost_pct = 100;
    hear(&venue, 0, 0);
    pass(&venue, SILENT_NS + QT_NS_PER_S);
    ck_assert_uint_eq(venue.sales, 1);
    venue.orders = 0; /* it never came */
    venue.held[1].v = 300;
    pass(&venue, GAP_NS - 2 * QT_NS_PER_S);
    ck_assert_uint_eq(venue.sales, 1);
    venue.lost_pct = 0;
    pass(&venue, 6 * QT_NS_PER_S);
    ck_assert_uint_eq(venue.sales, 2);
    ck_assert_int_eq(venue.held[1].v, 0);
    end(&venue);
}
END_TEST

START_TEST(O11_too_small_for_the_venue_is_named_and_not_tried_for_ever)
{
    struct venue venue;
    begin(&venue);
    venue.held[1].v = 300;
    venue.is_small = true;
    hear(&venue, 0, 0);
    pass(&venue, SILENT_NS + 60 * QT_NS_PER_S);
    ck_assert_uint_eq(venue.sales, 1);
    ck_assert_uint_eq(view(&venue).dust, 1);
    ck_assert_int_eq(view(&venue).state, QT_WATCH_FLAT);
    end(&venue);
}
END_TEST

/* The venue lets 2,400 of weight through in a minute, of which a read of the account is 85. */
START_TEST(what_is_refused_for_long_is_tried_without_asking_the_venue_to_death)
{
    struct venue venue;
    begin(&venue);
    if (_i == 0) {
        venue.held[0].v = 300;
        venue.refuses_sales = true;
    } else {
        rest(&venue, 1, QT_SELL, 100);
        venue.refuses_cancels = true;
    }
    hear(&venue, 0, 0);
    pass(&venue, SILENT_NS + 60 * QT_NS_PER_S);
    ck_assert_uint_le(venue.reads, 24);
    ck_assert_uint_ge(_i == 0 ? venue.sales : venue.cancels, 7);
    ck_assert_int_eq(view(&venue).state, QT_WATCH_ACTING);
    venue.refuses_sales = venue.refuses_cancels = false;
    pass(&venue, 20 * QT_NS_PER_S);
    ck_assert_int_eq(view(&venue).state, QT_WATCH_FLAT);
    end(&venue);
}
END_TEST

START_TEST(W5_reads_that_fail_are_never_flat)
{
    struct venue venue;
    begin(&venue);
    venue.refuses_reads = true;
    hear(&venue, 0, 0);
    pass(&venue, SILENT_NS + 600 * QT_NS_PER_S);
    ck_assert_int_eq(view(&venue).state, QT_WATCH_ACTING);
    ck_assert_uint_gt(venue.reads, 100);
    end(&venue);
}
END_TEST

START_TEST(W4_fill_that_comes_after_flat_is_sold_too)
{
    struct venue venue;
    begin(&venue);
    hear(&venue, 0, 0);
    pass(&venue, SILENT_NS + 20 * QT_NS_PER_S);
    ck_assert_int_eq(view(&venue).state, QT_WATCH_FLAT);
    venue.held[2].v = 70; /* an order that was on its way */
    pass(&venue, 20 * QT_NS_PER_S);
    ck_assert_int_eq(venue.held[2].v, 0);
    ck_assert_int_eq(view(&venue).state, QT_WATCH_FLAT);
    end(&venue);
}
END_TEST

START_TEST(engine_that_is_heard_again_is_handed_the_venue_at_once)
{
    struct venue venue;
    begin(&venue);
    venue.held[1].v = 300;
    venue.delay_ns = 3 * QT_NS_PER_S;
    hear(&venue, 0, 0);
    pass(&venue, SILENT_NS + QT_NS_PER_S); /* the first read is on its way */
    ck_assert(hear(&venue, 0, 0));
    ck_assert(!hear(&venue, 0, 0));
    for (int i = 0; i < 20; i++) {
        pass(&venue, QT_NS_PER_S);
        hear(&venue, 0, 0);
    }
    ck_assert_uint_eq(venue.sales + venue.cancels, 0);
    ck_assert_int_eq(venue.held[1].v, 300);
    end(&venue);
}
END_TEST

START_TEST(engine_that_ended_in_order_is_nothing_to_act_on)
{
    struct venue venue;
    begin(&venue);
    venue.held[1].v = 300;
    hear(&venue, 0, 0);
    qt_watchman_ended(venue.watchman);
    pass(&venue, SILENT_NS + 60 * QT_NS_PER_S);
    ck_assert_uint_eq(venue.reads, 0);
    ck_assert_int_eq(view(&venue).state, QT_WATCH_WAITING);
    end(&venue);
}
END_TEST

/* Any account, any delay, answers lost: flat in the end, and what is foreign is whole. */
START_TEST(O13_whatever_gets_lost_it_ends_flat_and_sells_nothing_foreign)
{
    struct venue venue;
    begin(&venue);
    qt_rng_init(&venue.rng, (uint64_t)_i + 1);
    int64_t foreign = (int64_t)qt_rng_below(&venue.rng, 50) * 10;
    for (uint32_t i = 0; i < SYMBOLS; i++)
        venue.held[i].v = (int64_t)qt_rng_below(&venue.rng, 100) * 10;
    venue.held[0].v += foreign;
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        int64_t ours = venue.held[i].v - (i == 0 ? foreign : 0);
        if (ours > 0 && qt_rng_below(&venue.rng, 2))
            rest(&venue, i, QT_SELL, ours);
        for (uint64_t n = qt_rng_below(&venue.rng, 4); n > 0; n--)
            rest(&venue, i, QT_BUY, 10);
    }
    venue.lost_pct = (unsigned)qt_rng_below(&venue.rng, 80);
    venue.delay_ns = (int64_t)qt_rng_below(&venue.rng, 5000) * QT_NS_PER_MS;
    hear(&venue, foreign, 0);
    pass(&venue, SILENT_NS + 900 * QT_NS_PER_S);
    ck_assert_msg(view(&venue).state == QT_WATCH_FLAT, "seed %d: %u orders, %u holdings", _i + 1,
                  view(&venue).orders, view(&venue).holdings);
    ck_assert_uint_eq(open_orders(&venue), 0);
    for (uint32_t i = 0; i < SYMBOLS; i++)
        ck_assert_msg(venue.held[i].v == (i == 0 ? foreign : 0), "seed %d, symbol %u: %lld", _i + 1,
                      i, (long long)venue.held[i].v);
    end(&venue);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("watchman");
    TCase *tc = tcase_create("watchman");
    tcase_add_test(tc, W1_nothing_is_sent_while_the_engine_is_heard);
    tcase_add_test(tc, O12_silent_engine_has_its_orders_cancelled_and_its_holdings_sold);
    tcase_add_test(tc, W2_what_the_engine_never_spoke_of_is_left_alone);
    tcase_add_test(tc, W2_of_an_asset_not_known_no_more_than_the_position_is_sold);
    tcase_add_test(tc, engine_thread_that_hangs_is_silent_though_another_thread_answers);
    tcase_add_test(tc, O3_sale_that_is_not_found_is_believed_only_when_it_can_not_come_any_more);
    tcase_add_test(tc, O11_too_small_for_the_venue_is_named_and_not_tried_for_ever);
    tcase_add_loop_test(tc, what_is_refused_for_long_is_tried_without_asking_the_venue_to_death, 0, 2);
    tcase_add_test(tc, W5_reads_that_fail_are_never_flat);
    tcase_add_test(tc, W4_fill_that_comes_after_flat_is_sold_too);
    tcase_add_test(tc, engine_that_is_heard_again_is_handed_the_venue_at_once);
    tcase_add_test(tc, engine_that_ended_in_order_is_nothing_to_act_on);
    tcase_add_loop_test(tc, O13_whatever_gets_lost_it_ends_flat_and_sells_nothing_foreign, 0, 200);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
