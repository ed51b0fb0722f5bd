/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What perpetuals bring along: funding, cash that is known to within a rounding, symbols that take
 * no resting stop, and market orders with limits of their own.
 */
#include "guard_kit.h"

#define CASH (INT64_C(1000) * 100000000)

static void
balance(const char *asset, int64_t amount, int64_t rounding)
{
    struct qt_event event = {.kind = QT_EVENT_BALANCE,
                             .instrument = QT_NO_INSTRUMENT,
                             .balance = {.free = {amount}, .rounding = {rounding}}};
    qt_copy(event.balance.asset, sizeof event.balance.asset, asset);
    pass(&event);
}

/* A read of the account: the position as it is, and so much cash. */
static void
account(int64_t cash, int64_t rounding)
{
    struct qt_event event = {.kind = QT_EVENT_SYNC, .instrument = QT_NO_INSTRUMENT};
    now_ns += QT_NS_PER_S;
    balance("USDT", cash, rounding);
    balance("AAA", INT64_C(2) * 100000000, 0);
    pass(&event);
}

static void
funding(const char *asset, int64_t amount)
{
    struct qt_event event = {.kind = QT_EVENT_INCOME,
                             .instrument = QT_NO_INSTRUMENT,
                             .income = {.amount = {amount}, .kind = QT_INCOME_FUNDING}};
    qt_copy(event.income.asset, sizeof event.income.asset, asset);
    now_ns += QT_NS_PER_S;
    pass(&event);
}

static int64_t
held(enum qt_account account)
{
    return qt_ledger_balance(engine->ledger, account, engine->quote_asset).v;
}

/* Nothing on its way: cash is compared. */
static void
open_quiet(void)
{
    snprintf(engine_config.protective_stops, sizeof engine_config.protective_stops, "engine");
    open_engine();
}

START_TEST(funding_is_booked_as_income_and_the_next_read_agrees)
{
    open_quiet();
    account(CASH, 0);
    ck_assert_int_eq(held(QT_ACCOUNT_CASH), CASH);
    funding("USDT", -12345);
    funding("BNB", 777); /* another wallet's */
    ck_assert_int_eq(held(QT_ACCOUNT_CASH), CASH - 12345);
    ck_assert_int_eq(held(QT_ACCOUNT_INCOME), 12345);
    for (int i = 0; i < 3; i++)
        account(CASH - 12345, 0);
    ck_assert_int_eq(held(QT_ACCOUNT_ADJUST), 0);
    ck_assert(engine->is_conserved);
}
END_TEST

START_TEST(funding_before_the_first_read_is_in_the_capital)
{
    open_quiet();
    funding("USDT", -12345);
    account(CASH, 0);
    ck_assert_int_eq(held(QT_ACCOUNT_CASH), CASH);
    ck_assert_int_eq(held(QT_ACCOUNT_INCOME), 0);
}
END_TEST

static const struct {
    int64_t gap, rounding, booked;
} gaps[] = {
    {100, 100, 0}, {-100, 100, 0}, {101, 100, 101}, {-101, 100, -101}, {1, 0, 1},
};

START_TEST(a_gap_within_the_venues_rounding_is_none)
{
    open_quiet();
    account(CASH, gaps[_i].rounding);
    for (int i = 0; i < 3; i++)
        account(CASH + gaps[_i].gap, gaps[_i].rounding);
    ck_assert_int_eq(held(QT_ACCOUNT_CASH), CASH + gaps[_i].booked);
    ck_assert_int_eq(held(QT_ACCOUNT_ADJUST), -gaps[_i].booked);
}
END_TEST

/* Universe of one instrument, with more rules than the kit's. */
static void
rules(uint32_t order_types, int64_t market_lot, int64_t market_most)
{
    struct qt_error err = {0};
    struct qt_instrument ins = *qt_universe_at(universe, 0);
    qt_universe_destroy(universe);
    universe = qt_universe_create();
    ins.order_types = order_types;
    ins.market_lot.v = market_lot;
    ins.market_max_qty.v = market_most;
    ck_assert(qt_universe_add(universe, &ins, &err));
}

START_TEST(a_symbol_that_takes_no_stop_is_kept_by_the_engine)
{
    rules(1u << QT_TYPE_LIMIT | 1u << QT_TYPE_MARKET, 0, 0);
    open_engine();
    seconds(5, ENTRY);
    ck_assert_uint_eq(sents, 0);
    ck_assert_int_eq(qt__guard_protection(engine, symbol()), QT_PROTECTION_ENGINE);
    quote(STOP - 1);
    check_sale(last(SUBMIT), HELD);
}
END_TEST

START_TEST(a_symbol_that_takes_the_stop_in_use_has_one)
{
    rules(1u << QT_TYPE_LIMIT | 1u << QT_TYPE_MARKET | 1u << QT_TYPE_STOP_LOSS_LIMIT, 0, 0);
    open_engine();
    seconds(2, ENTRY);
    check_stop(last(SUBMIT), HELD, STOP);
}
END_TEST

START_TEST(an_exit_beyond_one_market_order_goes_in_several)
{
    rules(0, 0, 1250);
    open_quiet();
    quote(STOP - 1);
    check_sale(last(SUBMIT), 1250);
    fill(last(SUBMIT)->client_id, STOP - 1, 1250, 1250);
    seconds(3, STOP - 1);
    check_sale(last(SUBMIT), HELD - 1250);
    fill(last(SUBMIT)->client_id, STOP - 1, HELD - 1250, HELD - 1250);
    check_flat(2);
}
END_TEST

START_TEST(an_exit_at_market_keeps_the_step_of_market_orders)
{
    rules(0, 300, 0);
    open_quiet();
    quote(STOP - 1);
    check_sale(last(SUBMIT), 1800);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("perpetual");
    TCase *tc = tcase_create("perpetual");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, funding_is_booked_as_income_and_the_next_read_agrees);
    tcase_add_test(tc, funding_before_the_first_read_is_in_the_capital);
    tcase_add_loop_test(tc, a_gap_within_the_venues_rounding_is_none, 0, QT_COUNT_OF(gaps));
    tcase_add_test(tc, a_symbol_that_takes_no_stop_is_kept_by_the_engine);
    tcase_add_test(tc, a_symbol_that_takes_the_stop_in_use_has_one);
    tcase_add_test(tc, an_exit_beyond_one_market_order_goes_in_several);
    tcase_add_test(tc, an_exit_at_market_keeps_the_step_of_market_orders);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
