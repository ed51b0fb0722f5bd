/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Operations at a venue fail one by one: the breaker of each, and the budgets that all callers
 * share. Against the double over real sockets; what is seen is what the engine's snapshot shows.
 */
#include "bench.h"
#include "qtrade/engine/snapshot.h"
#include "qtrade/net/breaker.h"

static struct bench bench;
static uint64_t next_seq;

static void
set_up(void)
{
    bench_start_venue(&bench, 1);
    struct qt_binance_options options = bench_options(&bench);
    bench_open(&bench, &options);
    bench_settle(&bench);
    bench.seen = bench.n;
    next_seq = 100;
}

static void
tear_down(void)
{
    bench_stop(&bench);
}

static struct qt_venue_view
look(void)
{
    struct qt_venue_view view = {.name = ""};
    bench.orders.look(bench.orders.self, &view);
    return view;
}

static enum qt_breaker_state
breaker_of(enum qt_operation operation)
{
    return (enum qt_breaker_state)look().operation[operation].breaker;
}

static void
expect_closed_but(enum qt_operation open)
{
    for (int i = 0; i < QT_OPERATIONS; i++)
        ck_assert_msg((breaker_of((enum qt_operation)i) == QT_BREAKER_CLOSED) == (i != (int)open),
                      "%s", qt_operation_name((enum qt_operation)i));
}

static bool
try_submit(void)
{
    struct qt_order_request order = bench_order(&bench, ++next_seq, QT_BUY, (qt_px){5000}, 1000);
    return bench.orders.submit(bench.orders.self, &order);
}

/* So many new orders in a row are answered 500. */
static void
fail_orders(unsigned n)
{
    while (n-- > 0) {
        qt_double_set(bench.venue, QT_DOUBLE_ORDER_STATUS, 500);
        ck_assert(try_submit());
        (void)bench_report(&bench, (int64_t)REPORT(next_seq, TIMEOUT));
    }
}

START_TEST(orders_that_fail_stop_orders_alone)
{
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    (void)bench_report(&bench, REPORT(1, ACCEPTED));
    fail_orders(4);
    ck_assert_uint_eq(look().operation[QT_OPERATION_PLACE].failures, 4);
    expect_closed_but(QT_OPERATIONS);
    fail_orders(1);
    ck_assert_int_eq(breaker_of(QT_OPERATION_PLACE), QT_BREAKER_OPEN);
    expect_closed_but(QT_OPERATION_PLACE);
    ck_assert(!try_submit());
    ck_assert(bench.orders.query(bench.orders.self, 0, qt_client_id(1, 0)));
    (void)bench_report(&bench, REPORT(1, STATUS));
    ck_assert(bench.orders.sync(bench.orders.self));
    (void)bench_find(&bench, is_kind, QT_EVENT_SYNC, "the account");
    ck_assert(bench.orders.cancel(bench.orders.self, 0, qt_client_id(1, 0)));
    (void)bench_report(&bench, REPORT(1, CANCELLED));
    struct qt_operation_view place = look().operation[QT_OPERATION_PLACE];
    ck_assert_uint_eq(place.trips, 1);
    ck_assert_uint_eq(place.calls, 6);
    ck_assert_uint_eq(place.failed, 5);
}
END_TEST

/* After its time one order goes as a probe: a good one closes, a bad one opens again for longer. */
START_TEST(one_order_probes_and_its_fate_decides)
{
    fail_orders(5);
    BENCH_UNTIL(&bench, try_submit()); /* a second later */
    ck_assert_int_eq(breaker_of(QT_OPERATION_PLACE), QT_BREAKER_HALF_OPEN);
    uint64_t probe = next_seq;
    ck_assert(!try_submit()); /* one at a time */
    (void)bench_report(&bench, (int64_t)REPORT(probe, ACCEPTED));
    ck_assert_int_eq(breaker_of(QT_OPERATION_PLACE), QT_BREAKER_CLOSED);
    ck_assert(try_submit());
    (void)bench_report(&bench, (int64_t)REPORT(next_seq, ACCEPTED));
    fail_orders(5);
    qt_double_set(bench.venue, QT_DOUBLE_ORDER_STATUS, 500);
    BENCH_UNTIL(&bench, try_submit());
    (void)bench_report(&bench, (int64_t)REPORT(next_seq, TIMEOUT));
    ck_assert_int_eq(breaker_of(QT_OPERATION_PLACE), QT_BREAKER_OPEN);
    ck_assert_uint_eq(look().operation[QT_OPERATION_PLACE].trips, 3);
}
END_TEST

/* A refusal is an answer: whoever refuses is there. */
START_TEST(refusals_open_nothing)
{
    for (int i = 0; i < 8; i++) {
        bench_submit(&bench, ++next_seq, QT_SELL, QT_PX_NONE, 1000); /* nothing to sell */
        (void)bench_report(&bench, (int64_t)REPORT(next_seq, REJECTED));
    }
    expect_closed_but(QT_OPERATIONS);
    ck_assert_uint_eq(look().operation[QT_OPERATION_PLACE].failed, 0);
}
END_TEST

START_TEST(account_that_cannot_be_read_stops_no_order)
{
    qt_double_set(bench.venue, QT_DOUBLE_FAIL_ACCOUNT, 3);
    ck_assert(bench.orders.sync(bench.orders.self));
    BENCH_UNTIL(&bench, look().operation[QT_OPERATION_ACCOUNT].failures > 0);
    ck_assert(try_submit());
    (void)bench_report(&bench, (int64_t)REPORT(next_seq, ACCEPTED));
    (void)bench_find(&bench, is_kind, QT_EVENT_SYNC, "the read that works");
    ck_assert_uint_eq(look().operation[QT_OPERATION_ACCOUNT].failures, 0);
}
END_TEST

/* The venue takes 100 orders in ten seconds: the last ten are for cancels, whoever asks. */
START_TEST(budget_is_shared_and_its_reserve_is_the_cancels)
{
    unsigned sent = 0;
    while (try_submit() && sent < 200)
        sent++;
    ck_assert_uint_ge(sent, 80); /* windows begin at the venue's tens of seconds */
    ck_assert_uint_le(sent, 180);
    uint64_t waits = qt_binance_stats(bench.session).waits;
    ck_assert_uint_ge(waits, 1);
    ck_assert(!try_submit());
    ck_assert_double_ge(look().orders_pct, 85);
    ck_assert_double_le(look().orders_pct, 90); /* not one of the reserve was taken */
    for (uint64_t seq = 101; seq < 111; seq++)
        ck_assert(bench.orders.cancel(bench.orders.self, 0, qt_client_id(seq, 0)));
    expect_closed_but(QT_OPERATIONS); /* who may not ask has not failed */
}
END_TEST

START_TEST(connections_that_cannot_be_opened_are_left_alone_for_a_while)
{
    qt_double_set(bench.venue, QT_DOUBLE_REFUSE_WS, 1);
    qt_double_set(bench.venue, QT_DOUBLE_CUT, 1);
    BENCH_UNTIL(&bench, look().operation[QT_OPERATION_STREAM].failures >= 3);
    ck_assert(try_submit()); /* requests go */
    (void)bench_report(&bench, (int64_t)REPORT(next_seq, ACCEPTED));
    qt_double_set(bench.venue, QT_DOUBLE_REFUSE_WS, 0);
    (void)bench_find(&bench, is_link, LINK(MARKET, UP), "market link up");
    (void)bench_find(&bench, is_link, LINK(USER, UP), "account stream up");
    ck_assert_uint_eq(look().operation[QT_OPERATION_STREAM].failures, 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("breakers");
    TCase *tc = tcase_create("operations");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, orders_that_fail_stop_orders_alone);
    tcase_add_test(tc, one_order_probes_and_its_fate_decides);
    tcase_add_test(tc, refusals_open_nothing);
    tcase_add_test(tc, account_that_cannot_be_read_stops_no_order);
    tcase_add_test(tc, budget_is_shared_and_its_reserve_is_the_cancels);
    tcase_add_test(tc, connections_that_cannot_be_opened_are_left_alone_for_a_while);
    tcase_set_timeout(tc, 120);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
