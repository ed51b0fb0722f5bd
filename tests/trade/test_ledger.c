/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ledger: what each transaction posts, and conservation to the unit over hundreds of thousands
 * of them.
 */
#include "trade_kit.h"

#include "qtrade/trade/ledger.h"

static int64_t
balance(const struct qt_ledger *ledger, enum qt_account account, uint32_t asset)
{
    return qt_ledger_balance(ledger, account, asset).v;
}

START_TEST(a_buy_moves_base_in_quote_out_and_the_fee_to_fees)
{
    struct qt_instrument ins = kit_instrument();
    struct qt_ledger *ledger = qt_ledger_create(4);
    struct qt_fill fill = {
        .side = QT_BUY, .px = {1000}, .qty = {2000}, .quote = {2000}, .fee = {2}};
    struct qt_transaction t;
    ck_assert(qt_ledger_fill(ledger, &ins, &fill, &t));
    uint32_t btc = qt_ledger_asset(ledger, "BTC", 3), usdt = qt_ledger_asset(ledger, "USDT", 8);
    ck_assert_uint_eq(t.legs, 6);
    ck_assert_uint_eq(t.number, 1);
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_CASH, btc), 2000);
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_MARKET, btc), -2000);
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_CASH, usdt), -2002);
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_MARKET, usdt), 2000);
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_FEES, usdt), 2);
    fill.side = QT_SELL;
    fill.fee_in_base = true;
    ck_assert(qt_ledger_fill(ledger, &ins, &fill, NULL));
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_CASH, btc), -2);
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_FEES, btc), 2);
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_CASH, usdt), -2);
    ck_assert_uint_eq(qt_ledger_transactions(ledger), 2);
    qt_ledger_destroy(ledger);
}
END_TEST

START_TEST(a_correction_moves_cash_alone_by_the_side_of_its_order)
{
    struct qt_instrument ins = kit_instrument();
    struct qt_ledger *ledger = qt_ledger_create(4);
    struct qt_fill late = {.side = QT_BUY, .px = {1000}, .correction = {-30}, .fee = {2}};
    struct qt_error err = {0};
    ck_assert(qt_ledger_fill(ledger, &ins, &late, NULL));
    uint32_t btc = qt_ledger_asset(ledger, "BTC", 3), usdt = qt_ledger_asset(ledger, "USDT", 8);
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_CASH, btc), 0);
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_CASH, usdt), 28);
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_MARKET, usdt), -30);
    late.side = QT_SELL;
    ck_assert(qt_ledger_fill(ledger, &ins, &late, NULL));
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_CASH, usdt), 28 - 32);
    ck_assert(qt_ledger_check(ledger, &err));
    qt_ledger_destroy(ledger);
}
END_TEST

START_TEST(deposits_and_adjustments_have_the_other_side)
{
    struct qt_ledger *ledger = qt_ledger_create(4);
    uint32_t usdt = qt_ledger_asset(ledger, "USDT", 8);
    ck_assert(qt_ledger_deposit(ledger, usdt, (qt_money){1000}, NULL));
    ck_assert(qt_ledger_adjust(ledger, usdt, (qt_money){-7}, NULL));
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_CASH, usdt), 993);
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_CAPITAL, usdt), -1000);
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_ADJUST, usdt), 7);
    ck_assert(!qt_ledger_adjust(ledger, usdt, QT_MONEY_ZERO, NULL)); /* nothing to post */
    ck_assert(qt_ledger_income(ledger, usdt, (qt_money){-3}, NULL));
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_CASH, usdt), 990);
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_INCOME, usdt), 3);
    qt_ledger_destroy(ledger);
}
END_TEST

static const struct {
    const char *what;
    struct qt_transaction t;
} refused[] = {
    {"no legs", {.legs = 0}},
    {"too many legs", {.legs = QT_LEDGER_LEGS + 1}},
    {"one leg", {.legs = 1, .leg = {{.account = QT_ACCOUNT_CASH, .amount = {1}}}}},
    {"off by one", {.legs = 2, .leg = {{QT_ACCOUNT_CASH, 0, {5}}, {QT_ACCOUNT_MARKET, 0, {-4}}}}},
    {"two assets", {.legs = 2, .leg = {{QT_ACCOUNT_CASH, 0, {5}}, {QT_ACCOUNT_MARKET, 1, {-5}}}}},
    {"unknown asset",
     {.legs = 2, .leg = {{QT_ACCOUNT_CASH, 9, {5}}, {QT_ACCOUNT_MARKET, 9, {-5}}}}},
    {"unknown account", {.legs = 2, .leg = {{QT_ACCOUNTS, 0, {5}}, {QT_ACCOUNT_MARKET, 0, {-5}}}}},
    {"overflow of the second leg",
     {.legs = 2, .leg = {{QT_ACCOUNT_MARKET, 0, {-INT64_MAX}}, {QT_ACCOUNT_CASH, 0, {INT64_MAX}}}}},
};

START_TEST(a_transaction_that_is_not_balanced_posts_nothing)
{
    struct qt_ledger *ledger = qt_ledger_create(4);
    uint32_t usdt = qt_ledger_asset(ledger, "USDT", 8);
    (void)qt_ledger_asset(ledger, "BTC", 3);
    ck_assert(qt_ledger_deposit(ledger, usdt, (qt_money){10}, NULL));
    struct qt_transaction t = refused[_i].t;
    struct qt_error err;
    ck_assert_msg(!qt_ledger_post(ledger, &t), "%s", refused[_i].what);
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_CASH, usdt), 10);
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_MARKET, usdt), 0);
    ck_assert_uint_eq(qt_ledger_transactions(ledger), 1);
    ck_assert(qt_ledger_check(ledger, &err));
    qt_ledger_destroy(ledger);
}
END_TEST

START_TEST(one_unit_off_is_found_and_named)
{
    struct qt_ledger *ledger = qt_ledger_create(4);
    uint32_t usdt = qt_ledger_asset(ledger, "USDT", 8);
    struct qt_error err;
    ck_assert(qt_ledger_deposit(ledger, usdt, (qt_money){1000}, NULL));
    ck_assert(qt_ledger_check(ledger, &err));
    ck_assert(qt_ledger_restore(ledger, QT_ACCOUNT_CASH, usdt, (qt_money){1001}));
    ck_assert(!qt_ledger_check(ledger, &err));
    ck_assert_int_eq(err.code, QT_E_VERIFY);
    ck_assert_str_eq(err.text, "ledger: USDT is off by 0.00000001: postings are missing or wrong");
    ck_assert(qt_ledger_restore(ledger, QT_ACCOUNT_FEES, usdt, (qt_money){-1}));
    ck_assert(qt_ledger_check(ledger, &err));
    ck_assert(!qt_ledger_restore(ledger, QT_ACCOUNTS, usdt, (qt_money){1}));
    ck_assert(!qt_ledger_restore(ledger, QT_ACCOUNT_CASH, 3, (qt_money){1}));
    qt_ledger_destroy(ledger);
}
END_TEST

START_TEST(an_asset_is_its_name_and_scale_and_the_table_is_bounded)
{
    struct qt_ledger *ledger = qt_ledger_create(2);
    uint32_t a = qt_ledger_asset(ledger, "BTC", 3), b = qt_ledger_asset(ledger, "BTC", 5);
    ck_assert_uint_ne(a, b);
    ck_assert_uint_eq(qt_ledger_asset(ledger, "BTC", 3), a);
    ck_assert_uint_eq(qt_ledger_asset(ledger, "ETH", 3), QT_NO_ASSET);
    ck_assert_uint_eq(qt_ledger_asset(ledger, "", 3), QT_NO_ASSET);
    ck_assert_uint_eq(qt_ledger_asset(ledger, "A_NAME_OF_SIXTEEN", 3), QT_NO_ASSET);
    ck_assert_uint_eq(qt_ledger_asset(ledger, "BTC", 13), QT_NO_ASSET);
    ck_assert_uint_eq(qt_ledger_assets(ledger), 2);
    ck_assert_str_eq(qt_ledger_asset_name(ledger, b), "BTC");
    ck_assert_int_eq(qt_ledger_asset_scale(ledger, b), 5);
    qt_ledger_number_from(ledger, 41);
    ck_assert(qt_ledger_deposit(ledger, a, (qt_money){1}, NULL));
    ck_assert_uint_eq(qt_ledger_transactions(ledger), 42);
    qt_ledger_destroy(ledger);
}
END_TEST

START_TEST(random_transactions_conserve_every_asset_to_the_unit)
{
    struct qt_rng rng;
    uint64_t seed = kit_seed(_i);
    qt_rng_init(&rng, seed);
    struct qt_instrument ins = kit_instrument();
    struct qt_ledger *ledger = qt_ledger_create(4);
    uint32_t usdt = qt_ledger_asset(ledger, "USDT", 8), btc = qt_ledger_asset(ledger, "BTC", 3);
    int64_t cash = 0, base = 0;
    struct qt_error err;
    for (int k = 0; k < 300000; k++) {
        qt_money amount = {kit_between(&rng, 1, 1000000)};
        struct qt_fill fill = {.side = (uint8_t)qt_rng_below(&rng, 2),
                               .px = {1},
                               .qty = {kit_between(&rng, 1, 9999)},
                               .quote = amount,
                               .fee = {kit_between(&rng, 0, 9)},
                               .fee_in_base = (uint8_t)qt_rng_below(&rng, 2)};
        if (qt_rng_below(&rng, 10) == 0) {
            ck_assert(qt_ledger_deposit(ledger, usdt, amount, NULL));
            cash += amount.v;
            continue;
        }
        ck_assert(qt_ledger_fill(ledger, &ins, &fill, NULL));
        cash += (fill.side == QT_BUY ? -amount.v : amount.v) - (fill.fee_in_base ? 0 : fill.fee.v);
        base +=
            (fill.side == QT_BUY ? fill.qty.v : -fill.qty.v) - (fill.fee_in_base ? fill.fee.v : 0);
        if (k % 1000 == 0)
            ck_assert_msg(qt_ledger_check(ledger, &err), "%s", err.text);
    }
    ck_assert(qt_ledger_check(ledger, &err));
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_CASH, usdt), cash);
    ck_assert_int_eq(balance(ledger, QT_ACCOUNT_CASH, btc), base);
    qt_ledger_destroy(ledger);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("ledger");
    TCase *tc = tcase_create("ledger");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_buy_moves_base_in_quote_out_and_the_fee_to_fees);
    tcase_add_test(tc, a_correction_moves_cash_alone_by_the_side_of_its_order);
    tcase_add_test(tc, deposits_and_adjustments_have_the_other_side);
    tcase_add_loop_test(tc, a_transaction_that_is_not_balanced_posts_nothing, 0,
                        (int)QT_COUNT_OF(refused));
    tcase_add_test(tc, one_unit_off_is_found_and_named);
    tcase_add_test(tc, an_asset_is_its_name_and_scale_and_the_table_is_bounded);
    tcase_add_loop_test(tc, random_transactions_conserve_every_asset_to_the_unit, 0, 2);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
