/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The section "simulation" as the exchange inside the program gets it. */
#include "qtrade/sim/simulation_config.h"

#include "qtrade/base/time.h"

#include "qt_check.h"

START_TEST(defaults_are_a_tenth_of_a_second_ten_points_and_the_end_of_the_queue)
{
    struct qt_simulation_config config;
    const struct qt_config_binding binding = {&qt_simulation_section, &config};
    struct qt_inline_options options = {.seed = 7, .latency_ns = 3};
    qt_config_defaults(&binding, 1);
    qt_simulation_apply(&config, &options);
    for (int i = 0; i < QT_INLINE_REQUESTS; i++) {
        ck_assert_int_eq(options.law[i].median_ns, 100 * QT_NS_PER_MS);
        ck_assert_double_eq(options.law[i].sigma, 0);
    }
    ck_assert_int_eq(options.exchange.maker_ppm, 1000);
    ck_assert_int_eq(options.exchange.taker_ppm, 1000);
    ck_assert_uint_eq(options.exchange.queue_ppm, 1000000);
    ck_assert_uint_eq(options.seed, 7);
    ck_assert_int_eq(options.latency_ns, 3);
    struct qt_perp_options perp = {0};
    qt_simulation_apply_perpetual(&config, &perp);
    ck_assert_int_eq(perp.maker_ppm, qt_perp_usual.maker_ppm);
    ck_assert_int_eq(perp.taker_ppm, qt_perp_usual.taker_ppm);
    ck_assert_uint_eq(perp.queue_ppm, 1000000);
}
END_TEST

START_TEST(each_key_has_its_place)
{
    const struct qt_simulation_config config = {.order_ms = 12.5,
                                                .order_sigma = 0.3,
                                                .cancel_ms = 7,
                                                .cancel_sigma = 0.4,
                                                .queue_ahead = 0.6,
                                                .maker_bps = 1.5,
                                                .taker_bps = 7.5,
                                                .perpetual_maker_bps = -0.5,
                                                .perpetual_taker_bps = 4};
    struct qt_perp_options perp = {0};
    struct qt_inline_options options = {0};
    qt_simulation_apply(&config, &options);
    ck_assert_int_eq(options.law[QT_INLINE_ORDER].median_ns, 12500000);
    ck_assert_double_eq(options.law[QT_INLINE_ORDER].sigma, 0.3);
    ck_assert_int_eq(options.law[QT_INLINE_CANCEL].median_ns, 7 * QT_NS_PER_MS);
    ck_assert_double_eq(options.law[QT_INLINE_CANCEL].sigma, 0.4);
    ck_assert_int_eq(options.exchange.maker_ppm, 150);
    ck_assert_int_eq(options.exchange.taker_ppm, 750);
    ck_assert_uint_eq(options.exchange.queue_ppm, 600000);
    qt_simulation_apply_perpetual(&config, &perp);
    ck_assert_int_eq(perp.maker_ppm, -50); /* a rebate that was calibrated */
    ck_assert_int_eq(perp.taker_ppm, 400);
    ck_assert_uint_eq(perp.queue_ppm, 600000);
}
END_TEST

/* There 0 would be "all of it". */
START_TEST(the_front_of_the_queue_is_not_its_end)
{
    const struct qt_simulation_config config = {.queue_ahead = 0};
    struct qt_inline_options options = {0};
    struct qt_perp_options perp = {0};
    qt_simulation_apply(&config, &options);
    qt_simulation_apply_perpetual(&config, &perp);
    ck_assert_uint_eq(options.exchange.queue_ppm, 1);
    ck_assert_uint_eq(perp.queue_ppm, 1);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("simulation_config");
    TCase *tc = tcase_create("section");
    tcase_add_test(tc, defaults_are_a_tenth_of_a_second_ten_points_and_the_end_of_the_queue);
    tcase_add_test(tc, each_key_has_its_place);
    tcase_add_test(tc, the_front_of_the_queue_is_not_its_end);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
