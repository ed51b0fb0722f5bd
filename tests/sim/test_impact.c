/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far own trades move the market.
 */
#include "qt_check.h"

#include <math.h>

#include "qtrade/base/time.h"
#include "qtrade/sim/impact.h"

#define HALF_LIFE (600 * QT_NS_PER_S)
static const struct qt_impact_model model = {.coefficient = 2, .half_life_ns = HALF_LIFE};

static double
of(const struct qt_impact *impact, int64_t now_ns)
{
    return qt_impact_of(&model, impact, now_ns, 10000, 0.04);
}

START_TEST(displacement_is_the_root_of_the_part_taken)
{
    struct qt_impact bought = {0}, sold = {0};
    ck_assert_double_eq(of(&bought, 0), 0);
    qt_impact_take(&model, &bought, 0, QT_BUY, 1);
    ck_assert_double_eq_tol(of(&bought, 0), 2 * 0.04 * 0.01, 1e-15);
    qt_impact_take(&model, &bought, 0, QT_BUY, 3);
    ck_assert_double_eq_tol(of(&bought, 0), 2 * 0.04 * 0.02, 1e-15);
    qt_impact_take(&model, &sold, 0, QT_SELL, 4);
    ck_assert_double_eq(of(&sold, 0), -of(&bought, 0));
    qt_impact_take(&model, &bought, 0, QT_SELL, 4); /* back where it was */
    ck_assert_double_eq(of(&bought, 0), 0);
}
END_TEST

START_TEST(an_order_in_parts_moves_as_far_as_in_one)
{
    struct qt_impact parts = {0}, whole = {0};
    for (int i = 0; i < 10; i++)
        qt_impact_take(&model, &parts, 5, QT_BUY, 2.5);
    qt_impact_take(&model, &whole, 5, QT_BUY, 25);
    ck_assert_double_eq_tol(of(&parts, 5), of(&whole, 5), 1e-15);
}
END_TEST

START_TEST(what_was_taken_is_forgotten_by_half)
{
    struct qt_impact impact = {0};
    qt_impact_take(&model, &impact, 0, QT_BUY, 4);
    double at_once = of(&impact, 0);
    ck_assert_double_eq_tol(of(&impact, HALF_LIFE), at_once * sqrt(0.5), 1e-12);
    ck_assert_double_eq_tol(of(&impact, 2 * HALF_LIFE), at_once * 0.5, 1e-12);
    qt_impact_take(&model, &impact, HALF_LIFE, QT_BUY, 2); /* 2 left and 2 more */
    ck_assert_double_eq_tol(of(&impact, HALF_LIFE), at_once, 1e-12);
}
END_TEST

START_TEST(displacement_is_bounded_and_needs_a_market)
{
    struct qt_impact impact = {0};
    qt_impact_take(&model, &impact, 0, QT_SELL, 1e12);
    ck_assert_double_eq(of(&impact, 0), -QT_IMPACT_MOST);
    ck_assert_double_eq(qt_impact_of(&model, &impact, 0, 0, 0.04), 0);
    ck_assert_double_eq(qt_impact_of(&model, &impact, 0, 100, 0), 0);
    ck_assert_double_eq(qt_impact_of(&model, &impact, 0, 100, NAN), 0);
}
END_TEST

START_TEST(a_ladder_moves_as_one_and_stays_one)
{
    const struct qt_instrument ins = {.tick = {5}};
    for (int step = -20; step <= 20; step++) {
        struct qt_ladder ladder = {.n_bids = 3, .n_asks = 3};
        for (int i = 0; i < 3; i++) {
            ladder.bids[i] = (struct qt_depth_level){{50 - 15 * i}, {10 + i}};
            ladder.asks[i] = (struct qt_depth_level){{55 + 10 * i}, {20 + i}};
        }
        qt_impact_ladder(&ins, (qt_px){50}, step * 0.1, &ladder);
        int64_t moved = ladder.bids[0].px.v - 50;
        ck_assert_int_eq(moved % 5, 0);
        ck_assert(moved == step * 5 || (moved > step * 5 && ladder.bids[2].px.v == 5));
        for (int i = 0; i < 3; i++) {
            ck_assert_int_eq(ladder.bids[i].px.v, 50 - 15 * i + moved);
            ck_assert_int_eq(ladder.asks[i].px.v, 55 + 10 * i + moved);
            ck_assert_int_ge(ladder.bids[i].px.v, 5);
        }
    }
    ck_assert_int_eq(qt_impact_px(&ins, (qt_px){1000}, 0.012).v, 1010); /* two ticks and a bit */
    ck_assert_int_eq(qt_impact_px(&ins, (qt_px){10}, -3).v, 5);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("impact");
    TCase *tc = tcase_create("impact");
    suite_add_tcase(suite, tc);
    tcase_add_test(tc, displacement_is_the_root_of_the_part_taken);
    tcase_add_test(tc, an_order_in_parts_moves_as_far_as_in_one);
    tcase_add_test(tc, what_was_taken_is_forgotten_by_half);
    tcase_add_test(tc, displacement_is_bounded_and_needs_a_market);
    tcase_add_test(tc, a_ladder_moves_as_one_and_stays_one);
    return qt_run_suite(suite);
}
