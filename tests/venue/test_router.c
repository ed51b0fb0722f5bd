/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The router: orders in parts, a leg that is down, what it tells of all (router_floor.h). */
#include "router_floor.h"

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
