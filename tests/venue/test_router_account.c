/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The router's summed account, and legs of perpetuals, which tell fills and balances otherwise. */
#include "router_floor.h"

START_TEST(an_asset_without_a_row_in_a_read_is_gone_at_that_leg)
{
    static struct floor floor;
    open_floor(&floor, 1);
    struct qt_event dollars = {.kind = QT_EVENT_BALANCE, .balance = {.asset = "USDT", .free = {5}}};
    for (unsigned reads = 0; reads < 2; reads++) { /* the first one knows all that was told before */
        for (unsigned i = 0; i < DESKS; i++) {
            if (i == 1)
                post(&floor.desk[i], dollars);
            else
                post_balances(&floor.desk[i]);
            post(&floor.desk[i], (struct qt_event){.kind = QT_EVENT_SYNC});
        }
        work(&floor);
        ck_assert_int_eq(floor.base, floor.desk[0].base * (reads ? 2 : 3));
    }
    ck_assert_int_eq(floor.quote, 2 * floor.desk[0].quote + 5);
    close_floor(&floor);
}
END_TEST

START_TEST(funding_is_told_whichever_leg_pays_it)
{
    static struct floor floor;
    open_floor(&floor, 1);
    for (unsigned i = 0; i < DESKS; i++)
        post(&floor.desk[i], (struct qt_event){.kind = QT_EVENT_INCOME,
                                               .instrument = QT_NO_INSTRUMENT,
                                               .income = {.asset = "USDT", .amount = {10 + i}}});
    work(&floor);
    ck_assert_int_eq(floor.income, 10 + 11 + 12);
    close_floor(&floor);
}
END_TEST

START_TEST(roundings_of_all_legs_are_one)
{
    static struct floor floor;
    open_floor(&floor, 1);
    for (unsigned i = 0; i < DESKS; i++)
        post(&floor.desk[i],
             (struct qt_event){.kind = QT_EVENT_BALANCE,
                               .balance = {.asset = "USDT", .free = {1}, .rounding = {100 + i}}});
    work(&floor);
    ck_assert_int_eq(floor.rounding, 303);
    close_floor(&floor);
}
END_TEST

/* Each part is answered with all that it filled, and the fills come after that, of one leg after the
 * other: the engine's table books every one once, at its price. */
START_TEST(perpetuals_that_answer_before_their_fills_are_told_overlap_nothing)
{
    static struct floor floor;
    floor.is_margined = true;
    open_floor(&floor, 1);
    struct qt_order *order = send(&floor, 1 << 8, QT_BUY, 900, 0, 0);
    work(&floor);
    for (unsigned i = 0; i < DESKS; i++) {
        struct desk_order *part = &floor.desk[i].order[0];
        ck_assert_uint_eq(floor.desk[i].orders, 1);
        part->cum = part->request.qty;
        part->quote.v = part->cum.v * (10000 + i) * 1000;
        part->state = QT_ORDER_FILLED;
        post(&floor.desk[i], report_of(part, QT_REPORT_STATUS));
    }
    work(&floor);
    ck_assert_int_eq(order->cum_qty.v, 0); /* the fills say of what it is the sum */
    for (unsigned n = 0; n < 2 * DESKS; n++) {
        struct desk *desk = &floor.desk[DESKS - 1 - n / 2];
        struct desk_order part = desk->order[0];
        int64_t first = part.cum.v / 3, px = part.quote.v / part.cum.v / 1000;
        int64_t told = n % 2 ? part.cum.v : first;
        part.cum.v = told;
        part.quote.v = told * px * 1000;
        part.state = n % 2 ? QT_ORDER_FILLED : QT_ORDER_PARTIAL;
        struct qt_event event = report_of(&part, QT_REPORT_FILL);
        event.report.trade_id = ++desk->trades;
        event.report.px.v = px;
        event.report.qty.v = told - (n % 2 ? first : 0);
        post(desk, event);
        work(&floor);
    }
    ck_assert_int_eq(order->state, QT_ORDER_FILLED);
    ck_assert_int_eq(order->cum_qty.v, 900);
    int64_t quote = 0;
    for (unsigned i = 0; i < DESKS; i++)
        quote += floor.desk[i].order[0].quote.v;
    ck_assert_int_eq(order->cum_quote.v, quote);
    ck_assert_uint_eq(qt_orders_count(floor.orders).incidents, 0);
    close_floor(&floor);
}
END_TEST

START_TEST(a_fill_of_perpetuals_has_its_legs_account_read)
{
    static struct floor floor;
    for (int is_margined = 0; is_margined < 2; is_margined++) {
        floor.is_margined = is_margined;
        open_floor(&floor, 1);
        (void)send(&floor, 1 << 8, QT_BUY, 200, 0, 0);
        work(&floor);
        fill_one(&floor.desk[0]);
        work(&floor);
        ck_assert_uint_eq(floor.desk[0].reads, is_margined);
        ck_assert_uint_eq(floor.desk[1].reads, 0);
        for (int i = 0; i < 5; i++)
            work(&floor);
        ck_assert_uint_eq(floor.desk[0].reads, is_margined); /* once */
        close_floor(&floor);
    }
}
END_TEST

/* Desks of perpetuals bought 0.3 each, and no account has been read since. */
START_TEST(a_stop_of_perpetuals_stands_where_the_fills_were_before_an_account_is_read)
{
    static struct floor floor;
    floor.is_margined = true;
    open_floor(&floor, 1);
    for (unsigned i = 0; i < DESKS; i++) {
        floor.desk[i].base = 0;
        post_balances(&floor.desk[i]);
    }
    work(&floor);
    (void)send(&floor, 1 << 8, QT_BUY, 900, 0, 0);
    for (unsigned i = 0; i < DESKS; i++) {
        struct desk_order *part = &floor.desk[i].order[0];
        ck_assert_int_eq(part->request.qty.v, 300);
        part->cum = part->request.qty;
        part->state = QT_ORDER_FILLED;
        struct qt_event event = report_of(part, QT_REPORT_FILL);
        event.report.trade_id = 1;
        event.report.px.v = 10000;
        event.report.qty = part->cum;
        post(&floor.desk[i], event);
    }
    work(&floor);
    struct qt_order *sale = send(&floor, 2 << 8, QT_SELL, 900, 0, 0);
    ck_assert_int_eq(sale->state, QT_ORDER_REJECTED); /* one that is no stop waits for the read */
    struct qt_order *stop = send(&floor, 3 << 8, QT_SELL, 900, 9000, 9100);
    for (unsigned i = 0; i < DESKS; i++) {
        ck_assert_uint_eq(floor.desk[i].orders, 2);
        ck_assert_int_eq(floor.desk[i].order[1].request.qty.v, 300);
        ck_assert_int_eq(floor.desk[i].order[1].request.stop_px.v, 9100);
    }
    for (unsigned i = 0; i < DESKS; i++) { /* the read has the fills in it: they count once */
        floor.desk[i].base = i == 0 ? 40000000 : 30000000;
        post_balances(&floor.desk[i]);
    }
    work(&floor);
    ck_assert_int_eq(stop->state, QT_ORDER_OPEN);
    struct qt_order *more = send(&floor, 4 << 8, QT_SELL, 900, 9000, 9100);
    ck_assert_uint_eq(floor.desk[0].orders, 3);
    ck_assert_int_eq(floor.desk[0].order[2].request.qty.v, 100);
    ck_assert_uint_eq(floor.desk[1].orders + floor.desk[2].orders, 4);
    ck_assert_int_eq(more->state, QT_ORDER_PENDING);
    ck_assert_uint_eq(qt_orders_count(floor.orders).incidents, 0);
    close_floor(&floor);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("router_account");
    TCase *tc = tcase_create("router_account");
    tcase_add_test(tc, an_asset_without_a_row_in_a_read_is_gone_at_that_leg);
    tcase_add_test(tc, funding_is_told_whichever_leg_pays_it);
    tcase_add_test(tc, roundings_of_all_legs_are_one);
    tcase_add_test(tc, perpetuals_that_answer_before_their_fills_are_told_overlap_nothing);
    tcase_add_test(tc, a_fill_of_perpetuals_has_its_legs_account_read);
    tcase_add_test(tc, a_stop_of_perpetuals_stands_where_the_fills_were_before_an_account_is_read);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
