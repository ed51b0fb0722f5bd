/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The regime: probabilities, synthetic markets of every kind, memory. */
#include "qtrade/scan/regime.h"

#include "qt_check.h"
#include "scan_help.h"

#define CROWD 60
#define BARS 800

START_TEST(probabilities_of_any_evidence_sum_to_one)
{
    struct qt_rng rng;
    qt_rng_init(&rng, help_seed(71));
    for (int i = 0; i < 20000; i++) {
        struct qt_regime_evidence e = {
            .adx = 100 * qt_rng_uniform(&rng),
            .atr_percentile = 100 * qt_rng_uniform(&rng),
            .alignment = qt_rng_uniform(&rng),
            .in_range = qt_rng_uniform(&rng),
            .breaking = qt_rng_uniform(&rng),
            .surging = qt_rng_uniform(&rng),
            .breadth = qt_rng_uniform(&rng),
            .drift = 20 * qt_rng_uniform(&rng) - 10,
            .change_24h_pct = 400 * qt_rng_uniform(&rng) - 99,
        };
        double structure[QT_STRUCTURES], market[QT_MARKET_STATES], s = 0, m = 0;
        qt_regime_probabilities(&e, structure, market);
        for (int k = 0; k < QT_STRUCTURES; k++) {
            ck_assert(structure[k] >= 0 && structure[k] <= 1);
            ck_assert(market[k] >= 0 && market[k] <= 1);
            s += structure[k];
            m += market[k];
        }
        ck_assert_double_eq_tol(s, 1, 1e-12);
        ck_assert_double_eq_tol(m, 1, 1e-12);
    }
}
END_TEST

/* What a crowd of symbols does for most of the time, and in its last hours. */
static const struct market_row {
    const char *what;
    double drift, sigma;         /* per hour, before */
    int last;                    /* hours of the end */
    double end_drift, end_sigma; /* in them */
    int structure, market;       /* expected; -1: any */
} markets[] = {
    {"steady rise", 0.0005, 0.004, 120, 0.003, 0.003, QT_STRUCTURE_TRENDING, QT_MARKET_BULL},
    {"steady fall", 0, 0.004, 120, -0.0025, 0.003, QT_STRUCTURE_TRENDING, QT_MARKET_BEAR},
    {"noise about a level", 0, 0.004, 1, 0, 0.004, QT_STRUCTURE_RANGING, QT_MARKET_SIDEWAYS},
    {"sudden noise", 0, 0.003, 48, 0, 0.02, QT_STRUCTURE_VOLATILE, -1},
    {"a jump out of a quiet range", 0, 0.003, 2, 0.03, 0.002, QT_STRUCTURE_BREAKOUT,
     QT_MARKET_BULL},
    {"a crash", 0, 0.006, 20, -0.012, 0.02, -1, QT_MARKET_CRISIS},
};

/* Pulls a walk back to its start so that the market stays where it is; drift overrides. */
static void
feed_market(struct qt_scan_symbol *state, struct qt_rng *rng, const struct market_row *m)
{
    double price = 100;
    for (int i = 0; i < BARS; i++) {
        bool is_end = i >= BARS - m->last;
        double pull = is_end || m->drift > 0 ? 0 : -0.1 * log(price / 100);
        struct qt_ohlcv bar =
            help_bar(rng, HELP_START + i * HELP_HOUR, &price,
                     pull + (is_end ? m->end_drift : m->drift), is_end ? m->end_sigma : m->sigma);
        if (is_end && m->structure == QT_STRUCTURE_BREAKOUT)
            bar.volume *= 5;
        ck_assert(qt_scan_symbol_bar(state, &bar, 10e6));
    }
}

static struct qt_regime
regime_of(const struct market_row *m, uint64_t seed)
{
    struct qt_scan_config config = help_config();
    struct qt_scan_symbol *state = malloc(sizeof *state);
    struct qt_scan_row rows[CROWD];
    struct qt_rng rng;
    double scratch[CROWD];
    qt_rng_init(&rng, seed);
    for (uint32_t i = 0; i < CROWD; i++) {
        struct qt_instrument ins = help_instrument(i, "ABC");
        qt_scan_symbol_init(state, &config, HELP_HOUR);
        feed_market(state, &rng, m);
        struct qt_scan_live live = help_live(state, &ins);
        qt_scan_symbol_measure(state, &config, &live, &rows[i]);
        ck_assert_int_eq(rows[i].reason, QT_SCAN_OK);
    }
    struct qt_regime_evidence evidence;
    struct qt_regime_state regime;
    qt_regime_init(&regime);
    qt_regime_observe(&config, rows, CROWD, 0, scratch, &evidence);
    qt_regime_update(&regime, &config, &evidence, HELP_START + BARS * HELP_HOUR);
    free(state);
    return regime.now;
}

START_TEST(a_market_of_a_kind_is_named_so)
{
    const struct market_row *m = &markets[_i];
    for (uint64_t k = 0; k < 3; k++) {
        struct qt_regime r = regime_of(m, help_seed(81) + 100 * k);
        ck_assert(r.is_known);
        ck_assert_msg(m->structure < 0 || (int)r.structure == m->structure,
                      "%s: %s (%.2f %.2f %.2f %.2f)", m->what, qt_structure_name(r.structure),
                      r.structure_probability[0], r.structure_probability[1],
                      r.structure_probability[2], r.structure_probability[3]);
        ck_assert_msg(m->market < 0 || (int)r.market == m->market, "%s: %s (%.2f %.2f %.2f %.2f)",
                      m->what, qt_market_state_name(r.market), r.market_probability[0],
                      r.market_probability[1], r.market_probability[2], r.market_probability[3]);
        ck_assert(r.confidence > 0 && r.confidence <= 1);
    }
}
END_TEST

static const struct qt_regime_evidence bull = {.symbols = 50,
                                               .adx = 35,
                                               .alignment = .8,
                                               .atr_percentile = 40,
                                               .in_range = .4,
                                               .breadth = .9,
                                               .drift = 1,
                                               .change_24h_pct = 3};
static const struct qt_regime_evidence bear = {.symbols = 50,
                                               .adx = 18,
                                               .alignment = .2,
                                               .atr_percentile = 40,
                                               .in_range = .9,
                                               .breadth = .1,
                                               .drift = -1,
                                               .change_24h_pct = -3};
static const struct qt_regime_evidence crash = {.symbols = 50,
                                                .adx = 45,
                                                .alignment = .9,
                                                .atr_percentile = 99,
                                                .breadth = .02,
                                                .drift = -1.5,
                                                .change_24h_pct = -16};

START_TEST(the_first_cycle_takes_what_it_sees)
{
    struct qt_scan_config config = help_config();
    struct qt_regime_state state;
    qt_regime_init(&state);
    qt_regime_update(&state, &config, &bear, HELP_START);
    ck_assert_int_eq(state.now.market, QT_MARKET_BEAR);
    ck_assert_int_eq(state.now.structure, QT_STRUCTURE_RANGING);
    ck_assert_double_eq(state.now.stability, 1);
    ck_assert_double_eq(state.now.switches_per_day, 0);
}
END_TEST

START_TEST(a_flicker_of_a_minute_does_not_change_the_state_but_hours_do)
{
    struct qt_scan_config config = help_config();
    struct qt_regime_state state;
    int64_t t = HELP_START;
    qt_regime_init(&state);
    for (int i = 0; i < 600; i++, t += QT_NS_PER_S)
        qt_regime_update(&state, &config, &bull, t);
    for (int i = 0; i < 60; i++, t += QT_NS_PER_S)
        qt_regime_update(&state, &config, &bear, t);
    ck_assert_int_eq(state.now.market, QT_MARKET_BULL);
    ck_assert_int_eq(state.now.structure, QT_STRUCTURE_TRENDING);
    for (int i = 0; i < 6 * 60; i++, t += QT_NS_PER_MIN)
        qt_regime_update(&state, &config, &bear, t);
    ck_assert_int_eq(state.now.market, QT_MARKET_BEAR);
    ck_assert_int_eq(state.now.structure, QT_STRUCTURE_RANGING);
    ck_assert_double_eq(state.now.switches_per_day, 2);
}
END_TEST

START_TEST(a_crash_is_believed_sooner_than_a_recovery)
{
    struct qt_scan_config config = help_config();
    struct qt_regime_state state;
    int64_t t = HELP_START;
    int into = 0, out = 0;
    qt_regime_init(&state);
    qt_regime_update(&state, &config, &bull, t);
    for (; state.now.market != QT_MARKET_CRISIS; into++)
        qt_regime_update(&state, &config, &crash, t += QT_NS_PER_MIN);
    for (int i = 0; i < 600; i++)
        qt_regime_update(&state, &config, &crash, t += QT_NS_PER_MIN);
    for (; state.now.market == QT_MARKET_CRISIS; out++)
        qt_regime_update(&state, &config, &bull, t += QT_NS_PER_MIN);
    ck_assert_msg(into <= 45 && out > 2 * into, "into %d min, out %d min", into, out);
}
END_TEST

START_TEST(alternating_evidence_at_the_margin_does_not_flicker)
{
    struct qt_scan_config config = help_config();
    struct qt_regime_state state;
    struct qt_regime_evidence a = bull, b = bull;
    a.drift = 0.05;
    a.breadth = 0.55;
    b.drift = -0.05;
    b.breadth = 0.45;
    qt_regime_init(&state);
    for (int i = 0; i < 24 * 60; i++)
        qt_regime_update(&state, &config, i & 1 ? &a : &b, HELP_START + i * QT_NS_PER_MIN);
    ck_assert_double_eq(state.now.switches_per_day, 0);
    ck_assert_double_eq(state.now.stability, 1);
}
END_TEST

START_TEST(stability_is_the_share_of_the_last_day)
{
    struct qt_scan_config config = help_config();
    struct qt_regime_state state;
    config.regime_half_life_min = 0.01;
    qt_regime_init(&state);
    for (int h = 0; h < 24; h++) /* six hours bear after eighteen bull */
        for (int m = 0; m < 60; m += 5)
            qt_regime_update(&state, &config, h < 18 ? &bull : &bear,
                             HELP_START + h * HELP_HOUR + m * QT_NS_PER_MIN);
    ck_assert_double_eq_tol(state.now.stability, 0.25, 1e-9);
    ck_assert_double_eq(state.now.switches_per_day, 2);
    for (int i = 0; i < 300; i++) /* a day later nothing of it is left */
        qt_regime_update(&state, &config, &bear, HELP_START + (24 * 12 + i) * 5 * QT_NS_PER_MIN);
    ck_assert_double_eq(state.now.stability, 1);
    ck_assert_double_eq(state.now.switches_per_day, 0);
}
END_TEST

START_TEST(a_long_silence_empties_the_memory)
{
    struct qt_scan_config config = help_config();
    struct qt_regime_state state;
    qt_regime_init(&state);
    for (int i = 0; i < 100; i++)
        qt_regime_update(&state, &config, &bull, HELP_START + i * 5 * QT_NS_PER_MIN);
    ck_assert_uint_eq(state.slots, 100);
    qt_regime_update(&state, &config, &bull, HELP_START + 30 * QT_NS_PER_DAY);
    ck_assert_uint_eq(state.slots, 1);
}
END_TEST

START_TEST(too_few_symbols_leave_the_regime_unknown)
{
    struct qt_scan_config config = help_config();
    struct qt_regime_state state;
    struct qt_regime_evidence few = bull;
    few.symbols = 4;
    qt_regime_init(&state);
    qt_regime_update(&state, &config, &few, HELP_START);
    ck_assert(!state.now.is_known);
    qt_regime_update(&state, &config, &bull, HELP_START + 1);
    ck_assert(state.now.is_known);
    qt_regime_update(&state, &config, &few, HELP_START + 2);
    ck_assert(!state.now.is_known);
}
END_TEST

START_TEST(the_reference_counts_with_its_weight)
{
    struct qt_scan_config config = help_config();
    struct qt_scan_row rows[3] = {{.instrument = 7, .has_inputs = true, .reason = QT_SCAN_OK},
                                  {.instrument = 8, .has_inputs = true, .reason = QT_SCAN_OK},
                                  {.instrument = 9, .has_inputs = true, .reason = QT_SCAN_VOLUME}};
    double scratch[3];
    struct qt_regime_evidence e;
    for (int i = 0; i < 3; i++)
        rows[i].in.change_24h_pct = i < 2 ? 1 : 11;
    qt_regime_observe(&config, rows, 3, QT_NO_INSTRUMENT, scratch, &e);
    ck_assert_uint_eq(e.symbols, 2);
    ck_assert_double_eq_tol(e.change_24h_pct, 1, 1e-12);
    qt_regime_observe(&config, rows, 3, 9, scratch, &e);
    ck_assert_double_eq_tol(e.change_24h_pct, 0.7 * 1 + 0.3 * 11, 1e-12);
    rows[2].has_inputs = false;
    qt_regime_observe(&config, rows, 3, 9, scratch, &e);
    ck_assert_double_eq_tol(e.change_24h_pct, 1, 1e-12);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("regime");
    TCase *tc = tcase_create("regime");
    tcase_add_test(tc, probabilities_of_any_evidence_sum_to_one);
    tcase_add_loop_test(tc, a_market_of_a_kind_is_named_so, 0, (int)QT_COUNT_OF(markets));
    tcase_add_test(tc, the_first_cycle_takes_what_it_sees);
    tcase_add_test(tc, a_flicker_of_a_minute_does_not_change_the_state_but_hours_do);
    tcase_add_test(tc, a_crash_is_believed_sooner_than_a_recovery);
    tcase_add_test(tc, alternating_evidence_at_the_margin_does_not_flicker);
    tcase_add_test(tc, stability_is_the_share_of_the_last_day);
    tcase_add_test(tc, a_long_silence_empties_the_memory);
    tcase_add_test(tc, too_few_symbols_leave_the_regime_unknown);
    tcase_add_test(tc, the_reference_counts_with_its_weight);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
