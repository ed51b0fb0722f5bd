/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accounts: what a fill moves to the unit, fees never understated, nothing negative (A1), nothing
 * made or lost (A2) whatever is tried.
 */
#include "qt_check.h"

#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/sim/account.h"

#define UNIT 100000000 /* one whole of an asset */

struct bank {
    struct qt_accounts *accounts;
    uint32_t base, quote;
};

static struct bank
open_bank(enum qt_fee_mode mode)
{
    struct bank bank = {.accounts = qt_accounts_create(8, mode)};
    ck_assert_ptr_nonnull(bank.accounts);
    bank.base = qt_accounts_asset(bank.accounts, "BTC");
    bank.quote = qt_accounts_asset(bank.accounts, "USDT");
    return bank;
}

static void
check_funds(const struct bank *bank, uint32_t owner, uint32_t asset, int64_t free, int64_t locked)
{
    struct qt_funds funds = qt_accounts_funds(bank->accounts, owner, asset);
    ck_assert_int_eq(funds.free.v, free);
    ck_assert_int_eq(funds.locked.v, locked);
    ck_assert(qt_accounts_is_conserved(bank->accounts));
}

static struct qt_account_fill
fill_of(const struct bank *bank, enum qt_side side, int64_t base, int64_t quote, int64_t release,
        int fee_ppm)
{
    return (struct qt_account_fill){.owner = 1,
                                    .base = bank->base,
                                    .quote = bank->quote,
                                    .side = side,
                                    .base_amount = {base},
                                    .quote_amount = {quote},
                                    .release = {release},
                                    .fee_ppm = fee_ppm};
}

START_TEST(asset_is_found_by_its_name_and_room_ends)
{
    struct qt_accounts *accounts = qt_accounts_create(2, QT_FEE_QUOTE);
    ck_assert_uint_eq(qt_accounts_asset(accounts, "BTC"), 0);
    ck_assert_uint_eq(qt_accounts_asset(accounts, "USDT"), 1);
    ck_assert_uint_eq(qt_accounts_asset(accounts, "BTC"), 0);
    ck_assert_uint_eq(qt_accounts_asset(accounts, "ETH"), QT_NO_ASSET);
    ck_assert_uint_eq(qt_accounts_find(accounts, "ETH"), QT_NO_ASSET);
    ck_assert_uint_eq(qt_accounts_asset(accounts, "A_NAME_THAT_IS_TOO_LONG"), QT_NO_ASSET);
    ck_assert_uint_eq(qt_accounts_assets(accounts), 2);
    ck_assert_str_eq(qt_accounts_name(accounts, 1), "USDT");
    qt_accounts_destroy(accounts);
}
END_TEST

START_TEST(lock_takes_from_free_and_never_more_than_there_is)
{
    struct bank bank = open_bank(QT_FEE_QUOTE);
    ck_assert(qt_accounts_deposit(bank.accounts, 1, bank.quote, (qt_money){1000}));
    ck_assert(!qt_accounts_lock(bank.accounts, 1, bank.quote, (qt_money){1001}));
    ck_assert(!qt_accounts_lock(bank.accounts, 1, bank.quote, (qt_money){-1}));
    ck_assert(qt_accounts_lock(bank.accounts, 1, bank.quote, (qt_money){600}));
    check_funds(&bank, 1, bank.quote, 400, 600);
    qt_accounts_unlock(bank.accounts, 1, bank.quote, (qt_money){100});
    check_funds(&bank, 1, bank.quote, 500, 500);
    ck_assert(!qt_accounts_deposit(bank.accounts, 1, bank.quote, (qt_money){-501}));
    ck_assert(qt_accounts_deposit(bank.accounts, 1, bank.quote, (qt_money){-500}));
    check_funds(&bank, 1, bank.quote, 0, 500);
    qt_accounts_destroy(bank.accounts);
}
END_TEST

START_TEST(deposit_that_overflows_is_refused)
{
    struct bank bank = open_bank(QT_FEE_QUOTE);
    ck_assert(qt_accounts_deposit(bank.accounts, 1, bank.quote, (qt_money){INT64_MAX}));
    ck_assert(!qt_accounts_deposit(bank.accounts, 1, bank.quote, (qt_money){1}));
    check_funds(&bank, 1, bank.quote, INT64_MAX, 0);
    qt_accounts_destroy(bank.accounts);
}
END_TEST

static const struct {
    int64_t amount;
    int ppm;
    int64_t fee;
} fees[] = {
    {1000000, 1000, 1000}, {1, 1000, 1},      {0, 1000, 0},    {999, 1000, 1},
    {1001, 1000, 2},       {123456789, 0, 0}, {7, 1000000, 7}, {INT64_MAX, 1, 9223372036855}};

START_TEST(fee_is_rounded_up_to_a_unit)
{
    ck_assert_int_eq(qt_accounts_fee((qt_money){fees[_i].amount}, fees[_i].ppm).v, fees[_i].fee);
}
END_TEST

/* Buys 2 BTC for 100 USDT with 110 locked; fee 0.1 %. */
START_TEST(buy_pays_its_fee_in_quote_and_gets_back_what_it_locked_too_much)
{
    struct bank bank = open_bank(QT_FEE_QUOTE);
    qt_money fee;
    uint32_t asset;
    ck_assert(qt_accounts_deposit(bank.accounts, 1, bank.quote, (qt_money){200LL * UNIT}));
    ck_assert(qt_accounts_lock(bank.accounts, 1, bank.quote, (qt_money){110LL * UNIT}));
    struct qt_account_fill fill =
        fill_of(&bank, QT_BUY, 2LL * UNIT, 100LL * UNIT, 110LL * UNIT, 1000);
    ck_assert(qt_accounts_settle(bank.accounts, &fill, &fee, &asset));
    ck_assert_int_eq(fee.v, UNIT / 10);
    ck_assert_uint_eq(asset, bank.quote);
    check_funds(&bank, 1, bank.base, 2LL * UNIT, 0);
    check_funds(&bank, 1, bank.quote, 100LL * UNIT - UNIT / 10, 0);
    ck_assert_int_eq(qt_accounts_fees(bank.accounts, bank.quote).v, UNIT / 10);
    qt_accounts_destroy(bank.accounts);
}
END_TEST

START_TEST(buy_pays_its_fee_of_what_it_receives)
{
    struct bank bank = open_bank(QT_FEE_RECEIVED);
    qt_money fee;
    uint32_t asset;
    ck_assert(qt_accounts_deposit(bank.accounts, 1, bank.quote, (qt_money){100LL * UNIT}));
    ck_assert(qt_accounts_lock(bank.accounts, 1, bank.quote, (qt_money){100LL * UNIT}));
    struct qt_account_fill fill =
        fill_of(&bank, QT_BUY, 2LL * UNIT, 100LL * UNIT, 100LL * UNIT, 1000);
    ck_assert(qt_accounts_settle(bank.accounts, &fill, &fee, &asset));
    ck_assert_int_eq(fee.v, UNIT / 500);
    ck_assert_uint_eq(asset, bank.base);
    check_funds(&bank, 1, bank.base, 2LL * UNIT - UNIT / 500, 0);
    check_funds(&bank, 1, bank.quote, 0, 0);
    qt_accounts_destroy(bank.accounts);
}
END_TEST

START_TEST(sell_receives_quote_less_the_fee_in_both_modes)
{
    struct bank bank = open_bank(_i == 0 ? QT_FEE_QUOTE : QT_FEE_RECEIVED);
    qt_money fee;
    uint32_t asset;
    ck_assert(qt_accounts_deposit(bank.accounts, 1, bank.base, (qt_money){2LL * UNIT}));
    ck_assert(qt_accounts_lock(bank.accounts, 1, bank.base, (qt_money){2LL * UNIT}));
    struct qt_account_fill fill =
        fill_of(&bank, QT_SELL, 2LL * UNIT, 100LL * UNIT, 2LL * UNIT, 1000);
    ck_assert(qt_accounts_settle(bank.accounts, &fill, &fee, &asset));
    ck_assert_uint_eq(asset, bank.quote);
    check_funds(&bank, 1, bank.base, 0, 0);
    check_funds(&bank, 1, bank.quote, 100LL * UNIT - UNIT / 10, 0);
    qt_accounts_destroy(bank.accounts);
}
END_TEST

START_TEST(what_cannot_be_paid_changes_nothing)
{
    struct bank bank = open_bank(QT_FEE_QUOTE);
    qt_money fee = {-7};
    uint32_t asset = 77;
    ck_assert(qt_accounts_deposit(bank.accounts, 1, bank.quote, (qt_money){100}));
    ck_assert(qt_accounts_lock(bank.accounts, 1, bank.quote, (qt_money){50}));
    struct qt_account_fill more_than_locked = fill_of(&bank, QT_BUY, 1, 51, 51, 0);
    struct qt_account_fill more_than_released = fill_of(&bank, QT_BUY, 1, 50, 49, 0);
    struct qt_account_fill nothing_to_sell = fill_of(&bank, QT_SELL, 1, 50, 1, 0);
    ck_assert(!qt_accounts_settle(bank.accounts, &more_than_locked, &fee, &asset));
    ck_assert(!qt_accounts_settle(bank.accounts, &more_than_released, &fee, &asset));
    ck_assert(!qt_accounts_settle(bank.accounts, &nothing_to_sell, &fee, &asset));
    ck_assert(fee.v == -7 && asset == 77);
    check_funds(&bank, 1, bank.quote, 50, 50);
    check_funds(&bank, 1, bank.base, 0, 0);
    qt_accounts_destroy(bank.accounts);
}
END_TEST

/* Anything is tried; only what is refused may fail, and every unit stays accounted for. */
static void
try_something(struct bank *bank, struct qt_rng *rng)
{
    uint32_t owner = (uint32_t)qt_rng_below(rng, 3);
    uint32_t asset = qt_rng_below(rng, 2) ? bank->base : bank->quote;
    qt_money amount = {(int64_t)qt_rng_below(rng, 1000) - 100}, fee;
    struct qt_funds funds = qt_accounts_funds(bank->accounts, owner, asset);
    struct qt_account_fill fill =
        fill_of(bank, qt_rng_below(rng, 2) ? QT_BUY : QT_SELL, (int64_t)qt_rng_below(rng, 500),
                (int64_t)qt_rng_below(rng, 500), (int64_t)qt_rng_below(rng, 600), 3000);
    fill.owner = owner;
    if (fill.side == QT_SELL && qt_rng_below(rng, 2))
        fill.release = fill.base_amount;
    switch (qt_rng_below(rng, 4)) {
    case 0:
        (void)!qt_accounts_deposit(bank->accounts, owner, asset, amount);
        break;
    case 1:
        (void)!qt_accounts_lock(bank->accounts, owner, asset, amount);
        break;
    case 2:
        if (amount.v >= 0 && amount.v <= funds.locked.v)
            qt_accounts_unlock(bank->accounts, owner, asset, amount);
        break;
    case 3:
        (void)!qt_accounts_settle(bank->accounts, &fill, &fee, &asset);
        break;
    }
}

START_TEST(random_entries_conserve_every_unit_and_leave_nothing_negative)
{
    struct bank bank = open_bank(_i % 2 ? QT_FEE_QUOTE : QT_FEE_RECEIVED);
    struct qt_rng rng;
    qt_rng_init(&rng, (uint64_t)_i + 1);
    for (int step = 0; step < 20000; step++) {
        try_something(&bank, &rng);
        ck_assert_msg(qt_accounts_is_conserved(bank.accounts), "seed %d step %d", _i + 1, step);
    }
    ck_assert_int_gt(qt_accounts_fees(bank.accounts, bank.quote).v, 100); /* fills happened */
    qt_accounts_destroy(bank.accounts);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("account");
    TCase *tc = tcase_create("funds"), *settling = tcase_create("settling");
    tcase_set_timeout(tc, 60);
    tcase_set_timeout(settling, 60);
    tcase_add_test(tc, asset_is_found_by_its_name_and_room_ends);
    tcase_add_test(tc, lock_takes_from_free_and_never_more_than_there_is);
    tcase_add_test(tc, deposit_that_overflows_is_refused);
    tcase_add_loop_test(tc, fee_is_rounded_up_to_a_unit, 0, QT_COUNT_OF(fees));
    tcase_add_test(settling, buy_pays_its_fee_in_quote_and_gets_back_what_it_locked_too_much);
    tcase_add_test(settling, buy_pays_its_fee_of_what_it_receives);
    tcase_add_loop_test(settling, sell_receives_quote_less_the_fee_in_both_modes, 0, 2);
    tcase_add_test(settling, what_cannot_be_paid_changes_nothing);
    tcase_add_loop_test(settling, random_entries_conserve_every_unit_and_leave_nothing_negative, 0,
                        6);
    suite_add_tcase(suite, tc);
    suite_add_tcase(suite, settling);
    return qt_run_suite(suite);
}
