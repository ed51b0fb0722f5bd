/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Components, weights, decay: known values, bounds and monotonicity. */
#include "qtrade/scan/score.h"

#include "qt_check.h"
#include "scan_help.h"

static struct qt_scan_inputs
random_inputs(struct qt_rng *rng)
{
    return (struct qt_scan_inputs){
        .atr_percentile = 100 * qt_rng_uniform(rng),
        .velocity = 20 * qt_rng_uniform(rng) - 10,
        .acceleration = 20 * qt_rng_uniform(rng) - 10,
        .surge = 20 * qt_rng_uniform(rng),
        .bars_in_range = (double)qt_rng_below(rng, 100),
        .breakout_up = qt_rng_uniform(rng),
        .breakout_down = qt_rng_uniform(rng),
        .breakout = 100 * qt_rng_uniform(rng),
        .adx = 100 * qt_rng_uniform(rng),
        .alignment = ((double)qt_rng_below(rng, 7) - 3) / 3,
    };
}

static const struct {
    double surge, score;
} surge_rows[] = {{0, 0}, {1, 50}, {2, 75}, {3, 87.5}, {20, 99.9999}};

START_TEST(volume_score_halves_what_is_missing_with_every_average_volume)
{
    struct qt_scan_inputs in = {.surge = surge_rows[_i].surge};
    ck_assert_double_eq_tol(qt_score_volume(&in), surge_rows[_i].score, 1e-3);
}
END_TEST

START_TEST(momentum_is_neutral_at_rest_and_mirrors)
{
    struct qt_scan_inputs in = {.velocity = 1.5, .acceleration = -0.5}, rest = {0};
    struct qt_scan_inputs mirror = {.velocity = -1.5, .acceleration = 0.5};
    ck_assert_double_eq_tol(qt_score_momentum(&rest, false), 50, 1e-9);
    ck_assert_double_eq_tol(qt_score_momentum(&rest, true), 0, 1e-9);
    /* z = 0.7 x 1.5 - 0.3 x 0.5 = 0.9; N(0.9) = 0.8159399 */
    ck_assert_double_eq_tol(qt_score_momentum(&in, false), 81.59399, 1e-4);
    ck_assert_double_eq_tol(qt_score_momentum(&in, false) + qt_score_momentum(&mirror, false), 100,
                            1e-9);
    ck_assert_double_eq_tol(qt_score_momentum(&in, true), qt_score_momentum(&mirror, true), 1e-9);
}
END_TEST

START_TEST(trend_mixes_direction_and_breakout_by_weight)
{
    struct qt_scan_inputs in = {.alignment = 1, .adx = 25, .breakout = 40};
    ck_assert_double_eq_tol(qt_score_trend(&in, 0.3, false), 0.7 * 75 + 0.3 * 40, 1e-9);
    ck_assert_double_eq_tol(qt_score_trend(&in, 0.3, true), 0.7 * 50 + 0.3 * 40, 1e-9);
    in.alignment = -1;
    ck_assert_double_eq_tol(qt_score_trend(&in, 0.3, false), 0.7 * 25 + 0.3 * 40, 1e-9);
    ck_assert_double_eq_tol(qt_score_trend(&in, 0.3, true), 0.7 * 50 + 0.3 * 40, 1e-9);
}
END_TEST

START_TEST(breakout_grows_with_chance_and_with_the_age_of_the_range)
{
    struct qt_scan_inputs in = {.breakout_up = 0.4, .breakout_down = 0.6, .bars_in_range = 0};
    ck_assert_double_eq_tol(qt_score_breakout(&in, false), 20, 1e-9);
    ck_assert_double_eq_tol(qt_score_breakout(&in, true), 30, 1e-9);
    in.bars_in_range = 48;
    ck_assert_double_eq_tol(qt_score_breakout(&in, false), 40, 1e-9);
    in.bars_in_range = 500;
    ck_assert_double_eq_tol(qt_score_breakout(&in, false), 40, 1e-9);
}
END_TEST

START_TEST(more_of_an_input_never_lowers_its_component)
{
    struct qt_rng rng;
    qt_rng_init(&rng, help_seed(11));
    for (int i = 0; i < 20000; i++) {
        struct qt_scan_inputs in = random_inputs(&rng), more = in;
        double step = 5 * qt_rng_uniform(&rng);
        more.surge += step;
        more.velocity += step;
        more.acceleration += step;
        more.atr_percentile += step;
        more.breakout += step;
        more.breakout_up += step;
        more.breakout_down += step;
        more.bars_in_range += step;
        ck_assert(qt_score_volume(&more) >= qt_score_volume(&in));
        ck_assert(qt_score_momentum(&more, false) >= qt_score_momentum(&in, false));
        ck_assert(qt_score_volatility(&more) >= qt_score_volatility(&in));
        ck_assert(qt_score_breakout(&more, true) >= qt_score_breakout(&in, true));
        ck_assert(qt_score_trend(&more, 0.3, false) >= qt_score_trend(&in, 0.3, false));
        more.alignment = 1;
        ck_assert(qt_score_trend(&more, 0.3, false) >= qt_score_trend(&in, 0.3, false));
    }
}
END_TEST

START_TEST(every_component_and_total_stays_within_0_and_100)
{
    struct qt_scan_config config = help_config();
    struct qt_regime regime = {.is_known = true};
    struct qt_rng rng;
    qt_rng_init(&rng, help_seed(12));
    for (int i = 0; i < 20000; i++) {
        struct qt_scan_row row = {.in = random_inputs(&rng)};
        bool two_sided = i & 1;
        regime.structure = (enum qt_structure)(i % QT_STRUCTURES);
        row.volatility = qt_score_volatility(&row.in);
        row.momentum = qt_score_momentum(&row.in, two_sided);
        row.volume = qt_score_volume(&row.in);
        row.trend = qt_score_trend(&row.in, 0.3, two_sided);
        struct qt_scan_weights weights = qt_score_weights(&config, &regime);
        const double all[] = {row.volatility, row.momentum, row.volume, row.trend,
                              qt_score_total(&weights, &row)};
        for (size_t k = 0; k < QT_COUNT_OF(all); k++)
            ck_assert_msg(all[k] >= 0 && all[k] <= 100, "component %zu is %g", k, all[k]);
    }
}
END_TEST

/* The design's table. */
static const struct {
    bool is_known;
    enum qt_structure structure;
    double volatility, momentum, volume, trend;
} weight_rows[] = {
    {true, QT_STRUCTURE_TRENDING, .20, .40, .15, .25},
    {true, QT_STRUCTURE_RANGING, .35, .20, .25, .20},
    {true, QT_STRUCTURE_VOLATILE, .40, .25, .20, .15},
    {true, QT_STRUCTURE_BREAKOUT, .25, .30, .20, .25},
    {false, QT_STRUCTURE_TRENDING, .25, .30, .20, .25},
};

START_TEST(weights_are_those_of_the_structure)
{
    struct qt_scan_config config = help_config();
    struct qt_regime regime = {.is_known = weight_rows[_i].is_known,
                               .structure = weight_rows[_i].structure};
    struct qt_scan_weights w = qt_score_weights(&config, &regime);
    ck_assert_double_eq_tol(w.volatility, weight_rows[_i].volatility, 1e-12);
    ck_assert_double_eq_tol(w.momentum, weight_rows[_i].momentum, 1e-12);
    ck_assert_double_eq_tol(w.volume, weight_rows[_i].volume, 1e-12);
    ck_assert_double_eq_tol(w.trend, weight_rows[_i].trend, 1e-12);
}
END_TEST

START_TEST(weights_are_divided_by_their_sum_and_none_means_equal)
{
    struct qt_scan_config config = help_config();
    struct qt_regime regime = {0};
    config.other = (struct qt_scan_weights){1, 1, 2, 0};
    ck_assert_double_eq_tol(qt_score_weights(&config, &regime).volume, 0.5, 1e-12);
    config.other = (struct qt_scan_weights){0, 0, 0, 0};
    ck_assert_double_eq_tol(qt_score_weights(&config, &regime).trend, 0.25, 1e-12);
}
END_TEST

static const struct {
    double minutes, decay;
} decay_rows[] = {{0, .5},   {3, .55},    {15, .75}, {29.999, .9999833},
                  {30, 1.0}, {1000, 1.0}, {-5, .5}};

START_TEST(decay_rises_from_one_half_to_one_in_thirty_minutes)
{
    struct qt_scan_config config = help_config();
    int64_t now = HELP_START;
    int64_t traded = now - (int64_t)(decay_rows[_i].minutes * (double)QT_NS_PER_MIN);
    ck_assert_double_eq_tol(qt_score_decay(&config, traded, now), decay_rows[_i].decay, 1e-6);
}
END_TEST

START_TEST(a_symbol_never_traded_does_not_decay)
{
    struct qt_scan_config config = help_config();
    ck_assert_double_eq(qt_score_decay(&config, QT_TIME_NONE, HELP_START), 1);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("score");
    TCase *tc = tcase_create("score");
    tcase_add_loop_test(tc, volume_score_halves_what_is_missing_with_every_average_volume, 0,
                        (int)QT_COUNT_OF(surge_rows));
    tcase_add_test(tc, momentum_is_neutral_at_rest_and_mirrors);
    tcase_add_test(tc, trend_mixes_direction_and_breakout_by_weight);
    tcase_add_test(tc, breakout_grows_with_chance_and_with_the_age_of_the_range);
    tcase_add_test(tc, more_of_an_input_never_lowers_its_component);
    tcase_add_test(tc, every_component_and_total_stays_within_0_and_100);
    tcase_add_loop_test(tc, weights_are_those_of_the_structure, 0, (int)QT_COUNT_OF(weight_rows));
    tcase_add_test(tc, weights_are_divided_by_their_sum_and_none_means_equal);
    tcase_add_loop_test(tc, decay_rises_from_one_half_to_one_in_thirty_minutes, 0,
                        (int)QT_COUNT_OF(decay_rows));
    tcase_add_test(tc, a_symbol_never_traded_does_not_decay);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
