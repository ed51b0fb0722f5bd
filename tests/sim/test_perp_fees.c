/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What trading perpetuals costs: tiers by the volume of 30 days, rebates, the coin with the
 * discount, and that no unit of any of it is lost.
 */
#include "perp_kit.h"

#include "mutate.h"

#define COIN_PX 2 /* USDT, of BETA */

static struct kit kit;

static void
begin(const char *fees, int discount_pct, int64_t coins)
{
    struct qt_error err = {0};
    struct qt_fee_schedule schedule = {0};
    const struct qt_perp_options options = {
        .schedule = &schedule, .insurance = {1000 * UNIT}, .clearance_ppm = 12500};
    ck_assert_msg(qt_fee_schedule_parse(fees, &schedule, &err), "%s", err.text);
    if (discount_pct > 0)
        qt_copy(schedule.discount_asset, sizeof schedule.discount_asset, "BETA");
    schedule.discount_pct = discount_pct;
    kit_start(&kit, &options);
    memset(&schedule, 0xff, sizeof schedule); /* it was copied */
    for (uint32_t owner = 1; coins > 0 && owner <= 3; owner++)
        ck_assert(qt_perp_deposit_coin(kit.perp, owner, (qt_money){coins}));
}

static struct qt_perp_fill
last_fill(uint32_t owner)
{
    struct qt_perp_fill fills[64];
    size_t n = qt_perp_fills(kit.perp, owner, 0, 0, 0, fills, 64);
    ck_assert_uint_gt(n, 0);
    return fills[n - 1];
}

static struct qt_perp_income
last_commission(uint32_t owner)
{
    struct qt_perp_income incomes[64];
    size_t n = qt_perp_incomes(kit.perp, owner, QT_NO_INSTRUMENT, QT_PERP_COMMISSION, 0, INT64_MAX,
                               incomes, 64);
    ck_assert_uint_gt(n, 0);
    return incomes[n - 1];
}

static int64_t
wallet(uint32_t owner)
{
    return qt_margin_wallet(qt_perp_margin(kit.perp), owner).v;
}

START_TEST(who_trades_much_pays_less_until_the_days_are_over)
{
    begin("2/5,1.5/4@1000,1/3@3000", 0, 0);
    (void)kit_market(&kit, 1, QT_BUY, 1000); /* 1000.10 USDT */
    ck_assert_int_eq(last_fill(1).fee.v, 100010 * UNIT / 100 * 5 / 10000);
    ck_assert_int_eq(wallet(1), 10000 * UNIT - last_fill(1).fee.v);
    ck_assert_int_eq(qt_perp_fees(kit.perp, 1)->taker_ppm, 400);
    (void)kit_market(&kit, 1, QT_BUY, 2000);
    ck_assert_int_eq(last_fill(1).fee.v, 200020 * UNIT / 100 * 4 / 10000);
    ck_assert_int_eq(qt_perp_fees(kit.perp, 1)->maker_ppm, 100);
    ck_assert_int_eq(qt_perp_fees(kit.perp, 2)->taker_ppm, 500); /* another owner */
    ck_assert_int_eq(qt_perp_volume(kit.perp, 1).v, 300030 * UNIT / 100);
    kit_pass(&kit, 30 * 86400);
    ck_assert_int_eq(qt_perp_fees(kit.perp, 1)->taker_ppm, 500);
    kit_stop(&kit);
}
END_TEST

START_TEST(a_rebate_is_paid_to_the_maker)
{
    begin("-0.5/5", 0, 0);
    (void)kit_limit(&kit, 1, QT_BUY, 1000, 10000); /* alone at its price */
    qt_perp_tick(kit.perp, 0, QT_SELL, (qt_px){10000}, (qt_qty){5000}, NULL);
    ck_assert(last_fill(1).is_maker);
    ck_assert_int_eq(last_fill(1).fee.v, -1000 * UNIT / 20000);
    ck_assert_int_eq(last_commission(1).amount.v, 1000 * UNIT / 20000);
    ck_assert_int_eq(wallet(1), 10000 * UNIT + 1000 * UNIT / 20000);
    kit_stop(&kit);
}
END_TEST

START_TEST(fees_are_paid_in_the_coin_while_there_is_enough_of_it)
{
    begin("2/5", 10, UNIT / 4);
    (void)kit_market(&kit, 1, QT_BUY, 1000);
    int64_t fee = 100010 * UNIT / 100 * 5 / 10000 * 9 / 10 / COIN_PX;
    ck_assert(last_fill(1).fee_in_coin);
    ck_assert_int_eq(last_fill(1).fee.v, fee);
    ck_assert(last_commission(1).in_coin);
    ck_assert_int_eq(last_commission(1).amount.v, -fee);
    ck_assert_int_eq(wallet(1), 10000 * UNIT);
    ck_assert_int_eq(qt_margin_coin(qt_perp_margin(kit.perp), 1).v, UNIT / 4 - fee);
    ck_assert_int_eq(qt_margin_coin_fees(qt_perp_margin(kit.perp)).v, fee);
    (void)kit_market(&kit, 1, QT_BUY, 1000); /* too little is left */
    ck_assert(!last_fill(1).fee_in_coin);
    ck_assert_int_eq(last_fill(1).fee.v, 100010 * UNIT / 100 * 5 / 10000);
    kit_stop(&kit);
}
END_TEST

START_TEST(who_does_not_want_the_discount_pays_from_the_wallet)
{
    begin("2/5", 10, 100 * UNIT);
    ck_assert(qt_perp_burns(kit.perp, 1));
    qt_perp_set_burn(kit.perp, 1, false);
    ck_assert(!qt_perp_burns(kit.perp, 1) && qt_perp_burns(kit.perp, 2));
    (void)kit_market(&kit, 1, QT_BUY, 1000);
    ck_assert(!last_fill(1).fee_in_coin);
    qt_perp_set_burn(kit.perp, 1, true);
    (void)kit_market(&kit, 1, QT_BUY, 1000);
    ck_assert(last_fill(1).fee_in_coin);
    kit_stop(&kit);
}
END_TEST

START_TEST(a_discount_in_a_coin_without_a_price_is_refused)
{
    struct qt_error err = {0};
    struct qt_fee_schedule schedule = {.discount_asset = "GAMMA", .discount_pct = 10};
    const struct qt_perp_options options = {.schedule = &schedule};
    const struct qt_perp_listener listener = {0};
    kit_start(&kit, NULL);
    ck_assert_ptr_null(qt_perp_create(kit.universe, &options, &listener, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "GAMMA"));
    kit_stop(&kit);
}
END_TEST

/* Trades, rebates, discounts, changes of tier and of mind, liquidations: what went in is there. */
START_TEST(money_and_coins_are_conserved_whatever_is_tried)
{
    struct qt_rng rng;
    struct qt_perp_order out;
    int64_t px = 10000;
    uint64_t in_coin = 0, rebates = 0, cases = qt_number_from("QT_CASES", 40000);
    begin("-1/5,-2/4@100000,1/3@5000000", 10, 5 * UNIT);
    qt_rng_init(&rng, qt_number_from("QT_SEED", 11));
    for (uint64_t i = 0; i < cases; i++) {
        uint32_t owner = 1 + (uint32_t)qt_rng_below(&rng, 3);
        struct qt_perp_ticket ticket = kit_ticket(
            owner, (enum qt_side)qt_rng_below(&rng, 2), QT_PERP_LIMIT,
            6 + (int64_t)qt_rng_below(&rng, 30000), px + (int64_t)qt_rng_below(&rng, 21) - 10);
        (void)!qt_perp_place(kit.perp, &ticket, &out);
        px += (int64_t)qt_rng_below(&rng, 41) - 20;
        px = QT_MIN(QT_MAX(px, 5000), 20000);
        kit_move(&kit, 0, px);
        if (qt_rng_below(&rng, 8) == 0)
            kit_pass(&kit, 1 + (int64_t)qt_rng_below(&rng, 300));
        if (qt_rng_below(&rng, 50) == 0)
            qt_perp_set_burn(kit.perp, owner, qt_rng_below(&rng, 2) == 0);
        if (qt_rng_below(&rng, 50) == 0)
            KIT_HOLDS(qt_perp_deposit_coin(kit.perp, owner, (qt_money){UNIT / 3}));
        if (wallet(owner) < 100 * UNIT)
            KIT_HOLDS(qt_perp_deposit(kit.perp, owner, (qt_money){10000 * UNIT}));
        KIT_HOLDS(qt_margin_coin(qt_perp_margin(kit.perp), owner).v >= 0);
        if (i % 16 == 0) {
            KIT_HOLDS(qt_margin_is_conserved(qt_perp_margin(kit.perp)));
            const struct kit_event *told = &kit.told[(kit.n_told - 1) % TOLD];
            in_coin += told->fill.fee_in_coin;
            rebates += told->fill.fee.v < 0;
        }
    }
    ck_assert_uint_gt(in_coin, 0);
    ck_assert_uint_gt(rebates, 0);
    ck_assert_uint_gt(qt_perp_stats(kit.perp).liquidations, 0);
    kit_stop(&kit);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("perp_fees");
    TCase *tc = tcase_create("fees");
    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, who_trades_much_pays_less_until_the_days_are_over);
    tcase_add_test(tc, a_rebate_is_paid_to_the_maker);
    tcase_add_test(tc, fees_are_paid_in_the_coin_while_there_is_enough_of_it);
    tcase_add_test(tc, who_does_not_want_the_discount_pays_from_the_wallet);
    tcase_add_test(tc, a_discount_in_a_coin_without_a_price_is_refused);
    tcase_add_test(tc, money_and_coins_are_conserved_whatever_is_tried);
    return qt_run_suite(suite);
}
