/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Auto-deleveraging: what a liquidated position would cost beyond the insurance fund is closed
 * against the other side, in rank; the fund is never below 0, and no unit is lost.
 */
#include "perp_kit.h"

#include "mutate.h"

static struct kit kit;

static void
begin(int64_t fund)
{
    const struct qt_perp_options options = {
        .maker_ppm = 200, .taker_ppm = 500, .insurance = {fund}, .clearance_ppm = 12500};
    kit_start(&kit, &options);
}

static int64_t
fund(void)
{
    return qt_margin_insurance(qt_perp_margin(kit.perp)).v;
}

static int64_t
wallet(uint32_t owner)
{
    return qt_margin_wallet(qt_perp_margin(kit.perp), owner).v;
}

/* Everything goes to px, and nobody makes a book there. */
static void
gap(int64_t px)
{
    struct qt_ladder none = {0};
    qt_perp_set_index(kit.perp, 0, (qt_px){px});
    qt_perp_tick(kit.perp, 0, QT_SELL, (qt_px){px}, (qt_qty){1}, &none);
    kit_pass(&kit, 2);
}

static struct qt_perp_fill
last_fill(uint32_t owner)
{
    struct qt_perp_fill fills[64];
    size_t n = qt_perp_fills(kit.perp, owner, 0, 0, 0, fills, 64);
    ck_assert_uint_gt(n, 0);
    return fills[n - 1];
}

START_TEST(the_first_in_rank_is_closed_first_at_the_price_that_leaves_nothing)
{
    begin(0);
    (void)kit_market(&kit, 2, QT_SELL, 60000); /* of the same profit, leverage 6 and 3 */
    (void)kit_market(&kit, 3, QT_SELL, 30000);
    (void)kit_market(&kit, 1, QT_BUY, 80000);
    int64_t cost = kit_position(&kit, 1)->cost.v, behind = wallet(1);
    gap(8500);
    ck_assert_int_eq(kit_position(&kit, 1)->qty.v, 0);
    ck_assert_int_eq(kit_position(&kit, 2)->qty.v, 0);
    ck_assert_int_eq(kit_position(&kit, 3)->qty.v, -10000);
    ck_assert_uint_eq(qt_perp_stats(kit.perp).deleveraged, 2);
    /* of 0.1 a tick: rounded to the one that leaves more */
    int64_t ruin = ((cost - behind) / 80000 + UNIT / 10000 - 1) / (UNIT / 10000);
    ck_assert_int_eq(last_fill(2).px.v, ruin);
    ck_assert_int_eq(last_fill(2).fee.v, 0);
    ck_assert(last_fill(2).is_buyer);
    ck_assert_int_eq(wallet(1), 0); /* the rounding went into the fund */
    ck_assert_int_ge(fund(), 0);
    ck_assert_int_lt(fund(), 10 * UNIT);
    struct qt_perp_order order;
    ck_assert(qt_perp_find(kit.perp, 2, 0, 0, "adl_autoclose", &order));
    ck_assert(order.origin == QT_PERP_BY_DELEVERAGING && order.state == QT_ORDER_FILLED);
    kit_stop(&kit);
}
END_TEST

START_TEST(who_gains_less_stands_behind_and_who_loses_last)
{
    begin(0);
    (void)kit_market(&kit, 1, QT_BUY, 10000);
    kit_move(&kit, 0, 10500);
    kit_pass(&kit, 40);
    (void)kit_market(&kit, 2, QT_BUY, 10000);
    kit_move(&kit, 0, 10800);
    kit_pass(&kit, 40);
    ck_assert_int_eq(qt_perp_adl_quantile(kit.perp, 1, 0), 4); /* both gain */
    ck_assert_int_eq(qt_perp_adl_quantile(kit.perp, 2, 0), 2);
    (void)kit_market(&kit, 3, QT_BUY, 20000);
    kit_move(&kit, 0, 10600);
    kit_pass(&kit, 40);
    ck_assert_int_eq(qt_perp_adl_quantile(kit.perp, 3, 0), 1); /* loses */
    ck_assert_int_eq(qt_perp_adl_quantile(kit.perp, 0, 0), 0); /* flat */
    kit_stop(&kit);
}
END_TEST

START_TEST(what_the_fund_can_bear_deleverages_nobody)
{
    begin(3000 * UNIT);
    (void)kit_market(&kit, 2, QT_SELL, 60000);
    (void)kit_market(&kit, 1, QT_BUY, 80000);
    gap(8500); /* 12008 and fees lost on 10000 */
    ck_assert_int_eq(kit_position(&kit, 1)->qty.v, 0);
    ck_assert_int_eq(kit_position(&kit, 2)->qty.v, -60000);
    ck_assert_uint_eq(qt_perp_stats(kit.perp).deleveraged, 0);
    ck_assert_int_eq(wallet(1), 0);
    ck_assert_int_eq(fund(), 3000 * UNIT - 2048 * UNIT - UNIT * 4 / 1000);
    kit_stop(&kit);
}
END_TEST

/* No order of the exchange is filled so badly that the fund could not pay it. */
START_TEST(the_book_is_used_down_to_what_the_fund_can_bear)
{
    begin(800 * UNIT);
    (void)kit_market(&kit, 2, QT_SELL, 60000);
    (void)kit_market(&kit, 1, QT_BUY, 80000);
    struct qt_ladder ladder = {.n_bids = 3};
    ladder.bids[0] = (struct qt_depth_level){{8700}, {20000}}; /* nothing is lost above 8755.6 */
    ladder.bids[1] = (struct qt_depth_level){{8660}, {20000}};
    ladder.bids[2] = (struct qt_depth_level){{8600}, {90000}}; /* 800 on 80 is 10 each */
    qt_perp_set_index(kit.perp, 0, (qt_px){8500});
    qt_perp_tick(kit.perp, 0, QT_SELL, (qt_px){8500}, (qt_qty){0}, &ladder);
    qt_perp_set_last(kit.perp, 0, (qt_px){8500});
    kit_pass(&kit, 40);
    ck_assert_int_eq(kit_position(&kit, 1)->qty.v, 0);
    ck_assert_int_eq(kit_position(&kit, 2)->qty.v, -20000); /* 40 of 80 went into the book */
    ck_assert_int_eq(wallet(1), 0);
    ck_assert_int_gt(fund(), 0);
    ck_assert_int_lt(fund(), 800 * UNIT);
    kit_stop(&kit);
}
END_TEST

START_TEST(what_nobody_holds_ends_against_the_market_around_and_the_fund_stays)
{
    begin(0);
    (void)kit_market(&kit, 1, QT_SELL, 80000); /* a short, the other way round */
    gap(11500);
    ck_assert_int_eq(kit_position(&kit, 1)->qty.v, 0);
    ck_assert_uint_eq(qt_perp_stats(kit.perp).deleveraged, 0);
    ck_assert_int_eq(wallet(1), 0);
    ck_assert_int_ge(fund(), 0);
    ck_assert_int_lt(fund(), 10 * UNIT);
    kit_stop(&kit);
}
END_TEST

START_TEST(the_exchange_has_room_where_owners_have_none)
{
    const struct qt_perp_options options = {.max_open = 3};
    kit_start(&kit, &options);
    ck_assert_int_eq(qt_perp_set_isolated(kit.perp, 1, 0, true), QT_PERP_SET);
    (void)kit_market(&kit, 2, QT_SELL, 60000);
    (void)kit_market(&kit, 1, QT_BUY, 80000);
    for (int i = 0; i < 3; i++) {
        struct qt_perp_ticket ticket = kit_ticket(1, QT_BUY, QT_PERP_LIMIT, 10, 1900);
        ticket.instrument = 1;
        (void)kit_place(&kit, &ticket);
    }
    struct qt_perp_ticket more = kit_ticket(2, QT_BUY, QT_PERP_LIMIT, 10, 9000);
    ck_assert_int_eq(qt_perp_check(kit.perp, &more), QT_PERP_FULL);
    gap(8500);
    ck_assert_int_eq(kit_position(&kit, 1)->qty.v, 0);
    ck_assert_int_eq(kit_position(&kit, 2)->qty.v, 0);
    ck_assert_uint_eq(qt_perp_stats(kit.perp).open_orders, 3);
    kit_stop(&kit);
}
END_TEST

/* Gaps, thin books, high leverage, an empty fund. */
START_TEST(money_is_conserved_and_the_fund_never_owes)
{
    struct qt_rng rng;
    struct qt_perp_order out;
    int64_t px = 10000;
    uint64_t cases = qt_number_from("QT_CASES", 30000);
    qt_rng_init(&rng, qt_number_from("QT_SEED", (uint64_t)_i + 1));
    begin(_i * 50 * UNIT);
    for (uint64_t i = 0; i < cases; i++) {
        uint32_t owner = 1 + (uint32_t)qt_rng_below(&rng, 3);
        struct qt_perp_ticket ticket =
            kit_ticket(owner, (enum qt_side)qt_rng_below(&rng, 2), QT_PERP_MARKET,
                       6 + (int64_t)qt_rng_below(&rng, 90000), 0);
        (void)!qt_perp_place(kit.perp, &ticket, &out);
        (void)qt_perp_set_isolated(kit.perp, owner, 0, qt_rng_below(&rng, 2) == 0);
        (void)qt_perp_set_leverage(kit.perp, owner, 0, 5 + (int)qt_rng_below(&rng, 46));
        px += (int64_t)qt_rng_below(&rng, qt_rng_below(&rng, 20) ? 41 : 3001) % 1500 - 20;
        px = px < 5000 ? 9000 : px > 20000 ? 11000 : px;
        struct qt_ladder ladder = kit_ladder(px, 1 + (int64_t)qt_rng_below(&rng, 4000));
        qt_perp_set_index(kit.perp, 0, (qt_px){px});
        qt_perp_tick(kit.perp, 0, QT_BUY, (qt_px){px}, (qt_qty){1}, &ladder);
        kit_pass(&kit, 1 + (int64_t)qt_rng_below(&rng, 40));
        if (wallet(owner) < 1000 * UNIT)
            KIT_HOLDS(qt_perp_deposit(kit.perp, owner, (qt_money){20000 * UNIT}));
        KIT_HOLDS(fund() >= 0);
        if (i % 16 == 0)
            KIT_HOLDS(qt_margin_is_conserved(qt_perp_margin(kit.perp)));
    }
    ck_assert_uint_gt(qt_perp_stats(kit.perp).liquidations, 20);
    ck_assert_uint_gt(qt_perp_stats(kit.perp).deleveraged, 5);
    kit_stop(&kit);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("perp_adl");
    TCase *tc = tcase_create("deleveraging");
    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, the_first_in_rank_is_closed_first_at_the_price_that_leaves_nothing);
    tcase_add_test(tc, who_gains_less_stands_behind_and_who_loses_last);
    tcase_add_test(tc, what_the_fund_can_bear_deleverages_nobody);
    tcase_add_test(tc, the_book_is_used_down_to_what_the_fund_can_bear);
    tcase_add_test(tc, what_nobody_holds_ends_against_the_market_around_and_the_fund_stays);
    tcase_add_test(tc, the_exchange_has_room_where_owners_have_none);
    tcase_add_loop_test(tc, money_is_conserved_and_the_fund_never_owes, 0, 3);
    return qt_run_suite(suite);
}
