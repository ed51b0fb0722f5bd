/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every row owes whatever it computes (rules R1-R4 of the header), and the windows against
 * plain loops.
 */
#include "bars.h"

#include "qtrade/base/num.h"

#define BARS 260
#define SEEDS 3

static const uint64_t seeds[SEEDS] = {1, 20240414, UINT64_C(0x9e3779b97f4a7c15)};

/* QT_SEED=... repeats one seed. */
static uint64_t
seed_of(int i)
{
    const char *text = getenv("QT_SEED");
    return text ? strtoull(text, NULL, 0) : seeds[i];
}

/* Small windows, so that they turn over often: presets cut to a fifth (at least 2), reals as they
 * are. */
static void
params_small(const struct qt_indicator *ind, double *params)
{
    qt_indicator_defaults(ind, params);
    for (unsigned i = 0; i < qt_indicator_param_count(ind); i++)
        if (!ind->params[i].is_real)
            params[i] = QT_MAX(floor(params[i] / 5.0) + (double)i, QT_MAX(ind->params[i].min, 2.0));
}

typedef void (*case_fn)(const struct qt_indicator *ind, const double *params,
                        const struct qt_ohlcv *bars, size_t n);

/* Each row with its presets and with small windows, over each seed. */
static void
for_row(int row, case_fn fn)
{
    for (int s = 0; s < (getenv("QT_SEED") ? 1 : SEEDS); s++) {
        struct qt_ohlcv *bars = bars_walk(seed_of(s), BARS);
        double params[QT_INDICATOR_PARAMS];
        qt_indicator_defaults(qt_indicators[row], params);
        fn(qt_indicators[row], params, bars, BARS);
        params_small(qt_indicators[row], params);
        fn(qt_indicators[row], params, bars, BARS);
        free(bars);
    }
}

static void
value_starts_at_lookback(const struct qt_indicator *ind, const double *params,
                         const struct qt_ohlcv *bars, size_t n)
{
    double out[QT_INDICATOR_OUTPUTS] = {7.5, 7.5, 7.5};
    void *state = state_of(ind, params);
    size_t first = ind->lookback(params);
    ck_assert(!ind->value(state, out));
    for (size_t i = 0; i < n; i++) {
        ind->update(state, &bars[i]);
        bool has_value = ind->value(state, out);
        ck_assert_msg(has_value == (i >= first), "%s at bar %zu", ind->name, i);
        if (!has_value)
            ck_assert_double_eq(out[0], 7.5); /* written only when the answer is true */
        for (unsigned o = 0; o < qt_indicator_output_count(ind); o++)
            ck_assert_msg(qt_is_finite(out[o]), "%s at bar %zu is %g", ind->name, i, out[o]);
    }
    free(state);
}

START_TEST(values_start_at_lookback_and_never_stop)
{
    for_row(_i, value_starts_at_lookback);
}
END_TEST

static void
peek_is_update(const struct qt_indicator *ind, const double *params, const struct qt_ohlcv *bars,
               size_t n)
{
    size_t size = ind->state_size(params);
    void *state = state_of(ind, params), *before = malloc(size);
    for (size_t i = 0; i < n; i++) {
        double peeked[QT_INDICATOR_OUTPUTS] = {0}, out[QT_INDICATOR_OUTPUTS] = {0};
        memcpy(before, state, size);
        bool other = ind->peek(state, &bars[n - 1 - i], peeked); /* another bar first */
        bool was_ready = ind->peek(state, &bars[i], peeked);
        ck_assert_mem_eq(state, before, size);
        ind->update(state, &bars[i]);
        bool is_ready = ind->value(state, out);
        ck_assert(was_ready == is_ready && other == is_ready);
        if (is_ready)
            ck_assert_msg(memcmp(peeked, out, sizeof out) == 0, "%s at bar %zu", ind->name, i);
    }
    free(before);
    free(state);
}

START_TEST(peek_answers_as_update_would_and_leaves_no_byte_changed)
{
    for_row(_i, peek_is_update);
}
END_TEST

/* Runs bars from..to on a state and asks for its value. */
static bool
run(const struct qt_indicator *ind, void *state, const struct qt_ohlcv *bars, size_t from,
    size_t to, double *out)
{
    for (size_t i = from; i < to; i++)
        ind->update(state, &bars[i]);
    return ind->value(state, out);
}

static void
cut_anywhere(const struct qt_indicator *ind, const double *params, const struct qt_ohlcv *bars,
             size_t n)
{
    size_t size = ind->state_size(params);
    double whole[QT_INDICATOR_OUTPUTS] = {0}, cut[QT_INDICATOR_OUTPUTS] = {0};
    void *state = state_of(ind, params), *saved = malloc(size);
    run(ind, state, bars, 0, n, whole);
    for (size_t at = 0; at <= n; at += 13) {
        void *first = state_of(ind, params);
        run(ind, first, bars, 0, at, cut);
        memcpy(saved, first, size); /* saved, and the original gone */
        memset(first, 0xff, size);
        free(first);
        ck_assert(run(ind, saved, bars, at, n, cut));
        ck_assert_msg(memcmp(saved, state, size) == 0, "%s cut at %zu", ind->name, at);
        ck_assert_mem_eq(cut, whole, sizeof whole);
    }
    free(saved);
    free(state);
}

START_TEST(a_state_saved_at_any_bar_and_loaded_goes_on_bit_for_bit)
{
    for_row(_i, cut_anywhere);
}
END_TEST

/* Bars without movement or trade, at prices from dust to a house, then alive, then dead again. */
START_TEST(dead_markets_give_finite_values)
{
    static const double prices[] = {1e-8, 0.00001234, 1.0, 61234.56, 1e12};
    const struct qt_indicator *ind = qt_indicators[_i];
    for (size_t p = 0; p < QT_COUNT_OF(prices); p++) {
        double params[QT_INDICATOR_PARAMS], out[QT_INDICATOR_OUTPUTS] = {0}, x = prices[p];
        params_small(ind, params);
        void *state = state_of(ind, params);
        for (size_t i = 0; i < 400; i++) {
            double wild = i >= 100 && i < 150 ? (double)(i % 7) * x / 10.0 : 0.0;
            struct qt_ohlcv bar = {(int64_t)i * HOUR_NS, x,         x + wild, x,
                                   x + wild / 2.0,       wild * 1e6};
            ind->update(state, &bar);
            if (!ind->value(state, out))
                continue;
            for (unsigned o = 0; o < qt_indicator_output_count(ind); o++)
                ck_assert_msg(qt_is_finite(out[o]), "%s at bar %zu, price %g", ind->name, i, x);
        }
        free(state);
    }
}
END_TEST

/* Bounds that hold for every market. */
static const struct {
    const char *spec;
    double low, high;
} bounds[] = {
    {"rsi_14", 0, 100},
    {"stoch_14_3_3", 0, 100},
    {"stochrsi_14_14_3", 0, 100},
    {"stochrsi_14_14_3_3", 0, 100},
    {"mfi_14", 0, 100},
    {"willr_14", -100, 0},
    {"adx_14", 0, 100},
    {"dx_14", 0, 100},
    {"plus_di_14", 0, 100},
    {"minus_di_14", 0, 100},
    {"cmf_20", -1, 1},
    {"atr_14", 0, 1e9},
    {"natr_14", 0, 1e9},
};

START_TEST(oscillators_stay_in_their_range)
{
    struct qt_error err = {0};
    struct qt_indicator_spec spec;
    ck_assert(qt_indicator_spec_parse(bounds[_i].spec, &spec, &err));
    struct qt_ohlcv *bars = bars_walk(3, 5000);
    void *state = state_of(spec.indicator, spec.params);
    double out[QT_INDICATOR_OUTPUTS];
    for (size_t i = 0; i < 5000; i++) {
        spec.indicator->update(state, &bars[i]);
        if (!spec.indicator->value(state, out))
            continue;
        for (unsigned o = 0; o < qt_indicator_output_count(spec.indicator); o++)
            ck_assert_msg(out[o] >= bounds[_i].low - 1e-9 && out[o] <= bounds[_i].high + 1e-9,
                          "%s is %.17g at bar %zu", bounds[_i].spec, out[o], i);
    }
    free(state);
    free(bars);
}
END_TEST

/* Values of the last bar of a window by the plain loop of the definition. */
static double
window_mean(const struct qt_ohlcv *last, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += last[-(ptrdiff_t)i].close;
    return sum / (double)n;
}

static double
window_highest(const struct qt_ohlcv *last, size_t n)
{
    double highest = last->high;
    for (size_t i = 0; i < n; i++)
        highest = fmax(highest, last[-(ptrdiff_t)i].high);
    return highest;
}

static double
window_flow(const struct qt_ohlcv *last, size_t n)
{
    double flow = 0.0, volume = 0.0;
    for (size_t i = 0; i < n; i++) {
        const struct qt_ohlcv *b = &last[-(ptrdiff_t)i];
        double range = b->high - b->low;
        flow += range > 0.0 ? (2.0 * b->close - b->low - b->high) / range * b->volume : 0.0;
        volume += b->volume;
    }
    return volume > 0.0 ? flow / volume : 0.0;
}

static double
window_vwap(const struct qt_ohlcv *last, size_t n)
{
    double value = 0.0, volume = 0.0;
    for (size_t i = 0; i < n; i++) {
        const struct qt_ohlcv *b = &last[-(ptrdiff_t)i];
        value += (b->high + b->low + b->close) / 3.0 * b->volume;
        volume += b->volume;
    }
    return volume > 0.0 ? value / volume : (last->high + last->low + last->close) / 3.0;
}

static double
window_deviation(const struct qt_ohlcv *last, size_t n)
{
    double mean = window_mean(last, n), sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += (last[-(ptrdiff_t)i].close - mean) * (last[-(ptrdiff_t)i].close - mean);
    return mean + 2.0 * sqrt(sum / (double)n);
}

static const struct {
    const char *spec;
    size_t n;
    double (*plain)(const struct qt_ohlcv *last, size_t n);
    double tolerance;
} windows[] = {
    {"sma_20", 20, window_mean, 1e-12},         {"sma_700", 700, window_mean, 1e-12},
    {"donchian_20", 20, window_highest, 0.0},   {"donchian_1", 1, window_highest, 0.0},
    {"donchian_333", 333, window_highest, 0.0}, {"cmf_20", 20, window_flow, 1e-12},
    {"cmf_256", 256, window_flow, 1e-12},       {"vwap_20", 20, window_vwap, 1e-13},
    {"vwap_1", 1, window_vwap, 1e-13},          {"bbands_20_2", 20, window_deviation, 1e-9},
};

START_TEST(a_window_equals_the_plain_loop_after_many_bars)
{
    struct qt_error err = {0};
    struct qt_indicator_spec spec;
    ck_assert(qt_indicator_spec_parse(windows[_i].spec, &spec, &err));
    size_t n = 20000;
    struct qt_ohlcv *bars = bars_walk(11, n);
    void *state = state_of(spec.indicator, spec.params);
    double out[QT_INDICATOR_OUTPUTS];
    for (size_t i = 0; i < n; i++) {
        spec.indicator->update(state, &bars[i]);
        if (!spec.indicator->value(state, out) || (i % 17 != 0 && i + 50 < n))
            continue;
        double want = windows[_i].plain(&bars[i], windows[_i].n);
        ck_assert_msg(fabs(out[0] - want) <= windows[_i].tolerance * fmax(1.0, fabs(want)),
                      "%s at bar %zu: %.17g, plain %.17g", windows[_i].spec, i, out[0], want);
    }
    free(state);
    free(bars);
}
END_TEST

/* A sum that subtracts keeps 1e17 x 1e-16 of a huge volume for ever; these forget it. */
START_TEST(a_huge_volume_leaves_nothing_behind_in_cmf_and_vwap)
{
    static const char *const specs[] = {"cmf_20", "vwap_20"};
    struct qt_error err = {0};
    struct qt_indicator_spec spec;
    double out[QT_INDICATOR_OUTPUTS];
    ck_assert(qt_indicator_spec_parse(specs[_i], &spec, &err));
    void *state = state_of(spec.indicator, spec.params);
    for (size_t i = 0; i < 60; i++) {
        struct qt_ohlcv bar = {0, 10.0, 11.0, 9.0, 10.5, i == 5 ? 1e17 : i < 30 ? 0.1 : 0.0};
        spec.indicator->update(state, &bar);
        if (i == 29 || i == 59)
            ck_assert(spec.indicator->value(state, out));
        if (i == 29)
            ck_assert_double_eq_tol(out[0], _i ? 30.5 / 3.0 : 0.5, 1e-14);
    }
    ck_assert_double_eq(out[0], _i ? 30.5 / 3.0 : 0.0);
    free(state);
}
END_TEST

START_TEST(the_session_average_starts_anew_at_midnight_utc)
{
    const struct qt_indicator *vwap = qt_indicator_find("vwap_session_utc");
    double params[QT_INDICATOR_PARAMS], out[QT_INDICATOR_OUTPUTS];
    qt_indicator_defaults(vwap, params);
    void *state = state_of(vwap, params);
    for (int64_t hour = -30; hour < 30; hour++) {
        double x = hour < -24 ? 1.0 : hour < 0 ? 2.0 : hour < 24 ? 3.0 : 4.0;
        struct qt_ohlcv bar = {hour * HOUR_NS, x, x, x, x, 5.0};
        vwap->update(state, &bar);
        ck_assert(vwap->value(state, out));
        ck_assert_double_eq(out[0], x);
    }
    free(state);
}
END_TEST

/* R4's other half: a value depends on its bars alone, so two states of the same bars are the same
 * bytes. */
START_TEST(two_states_of_the_same_bars_compare_equal)
{
    const struct qt_indicator *ind = qt_indicators[_i];
    double params[QT_INDICATOR_PARAMS], out[QT_INDICATOR_OUTPUTS];
    params_small(ind, params);
    struct qt_ohlcv *bars = bars_walk(5, BARS);
    void *a = state_of(ind, params), *b = state_of(ind, params);
    run(ind, a, bars, 0, BARS, out);
    run(ind, b, bars, 0, BARS, out);
    ck_assert_mem_eq(a, b, ind->state_size(params));
    bars[BARS - 1].close += 0.5; /* and a different last bar shows, unless only its range is read */
    bars[BARS - 1].high += 1.0;
    ind->init(b, params);
    run(ind, b, bars, 0, BARS, out);
    ck_assert_msg(memcmp(a, b, ind->state_size(params)) != 0, "%s", ind->name);
    free(a);
    free(b);
    free(bars);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("indicator");
    TCase *tc = tcase_create("rules");
    int rows = (int)row_count();
    tcase_add_loop_test(tc, values_start_at_lookback_and_never_stop, 0, rows);
    tcase_add_loop_test(tc, peek_answers_as_update_would_and_leaves_no_byte_changed, 0, rows);
    tcase_add_loop_test(tc, a_state_saved_at_any_bar_and_loaded_goes_on_bit_for_bit, 0, rows);
    tcase_add_loop_test(tc, dead_markets_give_finite_values, 0, rows);
    tcase_add_loop_test(tc, two_states_of_the_same_bars_compare_equal, 0, rows);
    tcase_add_loop_test(tc, oscillators_stay_in_their_range, 0, (int)QT_COUNT_OF(bounds));
    suite_add_tcase(suite, tc);
    TCase *plain = tcase_create("windows");
    tcase_add_loop_test(plain, a_window_equals_the_plain_loop_after_many_bars, 0,
                        (int)QT_COUNT_OF(windows));
    tcase_add_loop_test(plain, a_huge_volume_leaves_nothing_behind_in_cmf_and_vwap, 0, 2);
    tcase_add_test(plain, the_session_average_starts_anew_at_midnight_utc);
    suite_add_tcase(suite, plain);
    return qt_run_suite(suite);
}
