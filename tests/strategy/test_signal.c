/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The signal: direction, families, thresholds, levels on the tick, and that nothing later reaches
 * back. */
#include "qtrade/strategy/signal.h"

#include "qt_check.h"
#include "strategy_help.h"

/* A symbol in a market, and all that a signal is asked with. */
struct scene {
    struct qt_strategy_config config;
    struct qt_instrument ins;
    struct qt_strategy_symbol state;
    struct qt_scan_row row;
    struct qt_regime regime;
    struct qt_signal_input input;
};

static struct scene *
make_scene(uint64_t seed, double drift, double sigma)
{
    struct scene *s = calloc(1, sizeof *s);
    struct qt_rng rng;
    double price = 100;
    int at = 0;
    qt_rng_init(&rng, seed);
    s->config = help_strategy_config();
    s->ins = help_instrument(0, "ABC");
    qt_strategy_symbol_init(&s->state, &s->config, HELP_QUARTER);
    help_quarters(&s->state, &rng, &at, 200, &price, 0, sigma);
    help_quarters(&s->state, &rng, &at, 60, &price, drift, sigma);
    s->row = (struct qt_scan_row){.has_inputs = true,
                                  .in.velocity = drift > 0 ? 1.5 : -1.5,
                                  .in.surge = 1.5,
                                  .in.atr_percentile = 50};
    s->regime = (struct qt_regime){.is_known = true,
                                   .structure = QT_STRUCTURE_TRENDING,
                                   .market = QT_MARKET_SIDEWAYS,
                                   .confidence = 0.6};
    s->input = (struct qt_signal_input){.ins = &s->ins, .row = &s->row, .regime = &s->regime};
    s->input.bid = s->input.ask = QT_PX_NONE;
    ck_assert(qt_px_of_double(price, 6, &s->input.last));
    return s;
}

static struct qt_signal
signal_of(const struct scene *s)
{
    struct qt_signal signal;
    qt_signal_compute(&s->state, &s->config, &s->input, &signal);
    return signal;
}

START_TEST(a_rise_is_bought_with_its_stop_below_and_targets_above)
{
    struct scene *s = make_scene(help_seed(121), 0.002, 0.002);
    struct qt_signal g = signal_of(s);
    ck_assert_str_eq(qt_signal_verdict_name(g.verdict), "enter");
    ck_assert_int_eq(g.direction, QT_BUY);
    ck_assert(g.strength > s->config.entry_strength && g.confidence > s->config.entry_confidence);
    ck_assert_int_eq(qt_px_cmp(g.entry, s->input.last), 0);
    double entry = qt_px_to_double(g.entry, 6), stop = qt_px_to_double(g.stop, 6);
    double risk = entry - stop, tick = 0.01;
    ck_assert(risk >= entry * s->config.min_stop_bps / 10000 - tick);
    ck_assert(risk <= entry * s->config.max_stop_bps / 10000 + tick);
    ck_assert(risk >= s->config.stop_atr * s->state.now.atr - tick);
    for (int k = 0; k < QT_TARGETS; k++) {
        double target = qt_px_to_double(g.target[k], 6);
        ck_assert_double_eq_tol(target, entry + s->config.target_r[k] * risk, 4 * tick);
        ck_assert_int_eq(qt_px_cmp(qt_px_floor(g.target[k], s->ins.tick), g.target[k]), 0);
    }
    ck_assert_int_eq(qt_px_cmp(qt_px_floor(g.stop, s->ins.tick), g.stop), 0);
    ck_assert_int_eq(g.target_bps[0] + g.target_bps[1] + g.target_bps[2], 10000);
    free(s);
}
END_TEST

START_TEST(a_fall_is_left_alone_unless_shorts_are_allowed)
{
    struct scene *s = make_scene(help_seed(122), -0.002, 0.002);
    struct qt_signal g = signal_of(s);
    ck_assert_str_eq(qt_signal_verdict_name(g.verdict), "long_only");
    ck_assert_int_eq(g.direction, QT_SELL);
    ck_assert(qt_px_is_none(g.stop));
    s->config.allow_short = true;
    g = signal_of(s);
    ck_assert_str_eq(qt_signal_verdict_name(g.verdict), "enter");
    ck_assert_int_gt(qt_px_cmp(g.stop, g.entry), 0);
    for (int k = 0; k < QT_TARGETS; k++)
        ck_assert_int_lt(qt_px_cmp(g.target[k], g.entry), 0);
    free(s);
}
END_TEST

START_TEST(a_missing_family_gives_its_weight_back)
{
    struct scene *s = make_scene(help_seed(123), 0.002, 0.002);
    struct qt_signal g = signal_of(s);
    ck_assert_double_eq_tol(g.part[QT_SIGNAL_TECHNICAL].weight, 0.4 / 0.7, 1e-12);
    ck_assert_double_eq_tol(g.part[QT_SIGNAL_FUNDAMENTAL].weight, 0.3 / 0.7, 1e-12);
    ck_assert(!g.part[QT_SIGNAL_SENTIMENT].is_present && !g.part[QT_SIGNAL_MICRO].is_present);
    s->input.has_micro = true;
    s->input.micro = -0.4;
    g = signal_of(s);
    ck_assert_double_eq_tol(g.part[QT_SIGNAL_MICRO].weight, 0.15 / 0.85, 1e-12);
    ck_assert_double_eq_tol(g.part[QT_SIGNAL_MICRO].value, -0.4, 1e-12);
    s->input.micro = NAN;
    ck_assert(!signal_of(s).part[QT_SIGNAL_MICRO].is_present);
    s->input.has_micro = false;
    s->input.row = NULL;
    g = signal_of(s);
    ck_assert_double_eq(g.part[QT_SIGNAL_TECHNICAL].weight, 1);
    ck_assert_double_eq(g.strength, g.part[QT_SIGNAL_TECHNICAL].value);
    free(s);
}
END_TEST

START_TEST(strength_is_the_weighted_sum_of_its_parts_and_bounded)
{
    struct qt_rng rng;
    qt_rng_init(&rng, help_seed(124));
    for (int i = 0; i < 60; i++) {
        struct scene *s = make_scene(qt_rng_next(&rng), 0.01 * (qt_rng_uniform(&rng) - 0.5),
                                     0.02 * qt_rng_uniform(&rng));
        s->regime.structure = (enum qt_structure)(i % QT_STRUCTURES);
        s->row.in.velocity = 20 * qt_rng_uniform(&rng) - 10;
        s->input.has_micro = i & 1;
        s->input.micro = 4 * qt_rng_uniform(&rng) - 2;
        struct qt_signal g = signal_of(s);
        double sum = 0, weights = 0;
        for (int k = 0; k < QT_SIGNAL_FAMILIES; k++) {
            sum += g.part[k].weight * g.part[k].value;
            weights += g.part[k].weight;
            ck_assert(fabs(g.part[k].value) <= 1);
        }
        ck_assert_double_eq_tol(weights, 1, 1e-12);
        ck_assert_double_eq_tol(g.strength, sum, 1e-12);
        ck_assert(g.confidence >= 0 && g.confidence <= 1);
        ck_assert_uint_lt(strlen(g.reason), sizeof g.reason);
        free(s);
    }
}
END_TEST

START_TEST(each_refusal_has_its_name_value_and_limit)
{
    struct scene *s = make_scene(help_seed(125), 0.002, 0.002);
    struct qt_signal g = signal_of(s);
    double strength = g.strength, confidence = g.confidence;
    s->config.entry_strength = strength + 0.001;
    g = signal_of(s);
    ck_assert_int_eq(g.verdict, QT_SIGNAL_WEAK);
    ck_assert_double_eq(g.value, strength);
    ck_assert_double_eq(g.limit, strength + 0.001);
    s->config.entry_strength = strength - 0.001;
    s->regime.market = QT_MARKET_BEAR;
    g = signal_of(s);
    ck_assert_int_eq(g.verdict, QT_SIGNAL_WEAK);
    ck_assert_double_eq_tol(g.limit, strength - 0.001 + s->config.bear_extra, 1e-12);
    s->regime.market = QT_MARKET_CRISIS;
    ck_assert_int_eq(signal_of(s).verdict, QT_SIGNAL_CRISIS);
    s->regime.market = QT_MARKET_SIDEWAYS;
    s->config.entry_confidence = 1;
    g = signal_of(s);
    ck_assert_int_eq(g.verdict, QT_SIGNAL_UNSURE);
    ck_assert_double_eq(g.value, confidence);
    s->config.entry_confidence = 0;
    s->config.min_stop_bps = s->config.max_stop_bps = 1;
    g = signal_of(s);
    ck_assert_int_eq(g.verdict, QT_SIGNAL_STOP_RANGE);
    ck_assert_double_gt(g.value, g.limit);
    s->config = help_strategy_config();
    s->input.last = QT_PX_NONE;
    ck_assert_int_eq(signal_of(s).verdict, QT_SIGNAL_NO_PRICE);
    free(s);
}
END_TEST

START_TEST(an_entry_takes_the_side_it_must_pay)
{
    struct scene *s = make_scene(help_seed(126), 0.002, 0.002);
    double last = qt_px_to_double(s->input.last, 6);
    ck_assert(qt_px_of_double(last * 0.9999, 6, &s->input.bid));
    ck_assert(qt_px_of_double(last * 1.0001, 6, &s->input.ask));
    ck_assert_int_eq(qt_px_cmp(signal_of(s).entry, s->input.ask), 0);
    free(s);
}
END_TEST

START_TEST(a_swing_close_by_carries_the_stop_and_a_far_one_does_not)
{
    struct scene *s = make_scene(help_seed(127), 0.002, 0.002);
    struct qt_technical *t = &s->state.now;
    double entry = qt_px_to_double(s->input.last, 6);
    t->atr = entry * 0.005;
    t->swing_low = entry * 0.98;
    struct qt_signal g = signal_of(s);
    ck_assert_double_eq_tol(g.stop_bps, 200 + 0.25 * 50, 1e-6);
    t->swing_low = entry * 0.90;
    ck_assert_double_eq_tol(signal_of(s).stop_bps, 100, 1e-6); /* 2 ATR */
    t->swing_low = entry * 0.999;
    ck_assert_double_eq_tol(signal_of(s).stop_bps, 100, 1e-6);
    t->atr = entry * 0.0001;
    ck_assert_double_eq_tol(signal_of(s).stop_bps, 80, 1e-6); /* the least */
    free(s);
}
END_TEST

START_TEST(a_cold_symbol_gives_no_strength)
{
    struct scene *s = make_scene(1, 0.002, 0.002);
    qt_strategy_symbol_init(&s->state, &s->config, HELP_QUARTER);
    struct qt_signal g = signal_of(s);
    ck_assert_int_eq(g.verdict, QT_SIGNAL_WARMING);
    ck_assert(!g.has_strength);
    ck_assert(!qt_signal_is_reversal(&s->config, &g, QT_BUY));
    free(s);
}
END_TEST

START_TEST(a_reversal_is_strength_against_the_position)
{
    struct qt_strategy_config config = help_strategy_config();
    struct qt_signal g = {.has_strength = true, .strength = -0.30};
    ck_assert(qt_signal_is_reversal(&config, &g, QT_BUY));
    ck_assert(!qt_signal_is_reversal(&config, &g, QT_SELL));
    g.strength = -0.29;
    ck_assert(!qt_signal_is_reversal(&config, &g, QT_BUY));
    g.strength = 0.5;
    ck_assert(qt_signal_is_reversal(&config, &g, QT_SELL));
}
END_TEST

START_TEST(bars_fed_later_change_nothing_of_an_earlier_signal)
{
    struct scene *s = make_scene(help_seed(128), 0.001, 0.003), *later = malloc(sizeof *later);
    struct qt_signal before = signal_of(s);
    struct qt_rng rng;
    double price = 100;
    int at = 260;
    qt_rng_init(&rng, 3);
    memcpy(later, s, sizeof *later);
    help_quarters(&later->state, &rng, &at, 50, &price, -0.01, 0.01);
    struct qt_signal after = signal_of(s);
    ck_assert_double_eq(before.strength, after.strength);
    ck_assert_str_eq(before.reason, after.reason);
    ck_assert_int_eq(qt_px_cmp(before.stop, after.stop), 0);
    free(s);
    free(later);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("signal");
    TCase *tc = tcase_create("signal");
    tcase_add_test(tc, a_rise_is_bought_with_its_stop_below_and_targets_above);
    tcase_add_test(tc, a_fall_is_left_alone_unless_shorts_are_allowed);
    tcase_add_test(tc, a_missing_family_gives_its_weight_back);
    tcase_add_test(tc, strength_is_the_weighted_sum_of_its_parts_and_bounded);
    tcase_add_test(tc, each_refusal_has_its_name_value_and_limit);
    tcase_add_test(tc, an_entry_takes_the_side_it_must_pay);
    tcase_add_test(tc, a_swing_close_by_carries_the_stop_and_a_far_one_does_not);
    tcase_add_test(tc, a_cold_symbol_gives_no_strength);
    tcase_add_test(tc, a_reversal_is_strength_against_the_position);
    tcase_add_test(tc, bars_fed_later_change_nothing_of_an_earlier_signal);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
