/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The strategy's state of a symbol: values against naive ones, copies, bad bars. */
#include "qt_check.h"
#include "strategy_help.h"

#define N 300

static struct qt_strategy_symbol *
fed(const struct qt_ohlcv *bars, int n)
{
    struct qt_strategy_config config = help_strategy_config();
    struct qt_strategy_symbol *state = malloc(sizeof *state);
    qt_strategy_symbol_init(state, &config, HELP_QUARTER);
    for (int i = 0; i < n; i++)
        ck_assert(qt_strategy_symbol_bar(state, &bars[i]));
    return state;
}

static void
make_bars(struct qt_ohlcv *bars, uint64_t seed)
{
    struct qt_rng rng;
    double price = 50;
    qt_rng_init(&rng, seed);
    for (int i = 0; i < N; i++)
        bars[i] = help_bar(&rng, HELP_START + i * HELP_QUARTER, &price, 0, 0.005);
}

static double
naive_ema(const struct qt_ohlcv *bars, int n, int period)
{
    double ema = 0;
    for (int i = 0; i < period; i++)
        ema += bars[i].close / period;
    for (int i = period; i < n; i++)
        ema += 2.0 / (period + 1) * (bars[i].close - ema);
    return ema;
}

START_TEST(values_equal_what_the_whole_series_says)
{
    struct qt_ohlcv bars[N];
    make_bars(bars, help_seed(101) + (uint64_t)_i);
    for (int n = 120; n <= N; n += 45) {
        struct qt_strategy_symbol *state = fed(bars, n);
        const struct qt_technical *t = &state->now;
        double low = 1e9, high = 0, swing_low = 1e9, swing_high = 0, volume = 0;
        for (int i = 1; i <= 20; i++) {
            low = fmin(low, bars[n - 1 - i].low);
            high = fmax(high, bars[n - 1 - i].high);
            swing_low = fmin(swing_low, bars[n - i].low);
            swing_high = fmax(swing_high, bars[n - i].high);
            volume += bars[n - i].volume / 20;
        }
        ck_assert(state->is_warm);
        ck_assert_double_eq(t->donchian_low, low);
        ck_assert_double_eq(t->donchian_high, high);
        ck_assert_double_eq(t->swing_low, swing_low);
        ck_assert_double_eq(t->swing_high, swing_high);
        ck_assert_double_eq_tol(t->surge, bars[n - 1].volume / volume, 1e-9);
        ck_assert_double_eq_tol(t->ema_fast, naive_ema(bars, n, 9), 1e-9);
        ck_assert_double_eq_tol(t->ema_mid, naive_ema(bars, n, 21), 1e-9);
        ck_assert_double_eq_tol(t->ema_slow, naive_ema(bars, n, 50), 1e-9);
        ck_assert(t->supertrend_up > 0 ? t->close >= t->supertrend : t->close <= t->supertrend);
        ck_assert(t->rsi >= 0 && t->rsi <= 100 && t->adx >= 0 && t->adx <= 100);
        free(state);
    }
}
END_TEST

START_TEST(a_copied_state_goes_on_with_the_same_bits)
{
    struct qt_ohlcv bars[N];
    make_bars(bars, help_seed(102));
    struct qt_strategy_symbol *straight = fed(bars, N), *half = fed(bars, 150), copy;
    memcpy(&copy, half, sizeof copy);
    memset(half, 0x5a, sizeof *half);
    for (int i = 150; i < N; i++)
        ck_assert(qt_strategy_symbol_bar(&copy, &bars[i]));
    ck_assert_mem_eq(&copy, straight, sizeof copy);
    free(straight);
    free(half);
}
END_TEST

START_TEST(it_is_warm_after_a_hundred_bars_and_not_before)
{
    struct qt_ohlcv bars[N];
    make_bars(bars, 1);
    struct qt_strategy_symbol *state = fed(bars, QT_STRATEGY_WARMUP - 1);
    ck_assert(!state->is_warm);
    ck_assert(qt_strategy_symbol_bar(state, &bars[QT_STRATEGY_WARMUP - 1]));
    ck_assert(state->is_warm);
    free(state);
}
END_TEST

START_TEST(a_bad_bar_changes_nothing)
{
    struct qt_ohlcv bars[N];
    make_bars(bars, 2);
    struct qt_strategy_symbol *state = fed(bars, 120), before;
    const struct qt_ohlcv bad[] = {
        {bars[119].open_ns, 50, 51, 49, 50, 1},        /* the same time */
        {bars[120].open_ns, 50, 51, 0, 50, 1},         /* zero */
        {bars[120].open_ns, 50, 51, 49, 52, 1},        /* close above high */
        {bars[120].open_ns, 48, 51, 49, 50, 1},        /* open below low */
        {bars[120].open_ns, 50, NAN, 49, 50, 1},       /* NaN */
        {bars[120].open_ns, 50, INFINITY, 49, 50, 1},  /* infinite */
        {bars[120].open_ns, 50, 51, 49, 50, -1},       /* negative volume */
        {bars[120].open_ns, 50, 51, 49, 50, INFINITY}, /* infinite volume */
    };
    memcpy(&before, state, sizeof before);
    for (size_t i = 0; i < QT_COUNT_OF(bad); i++)
        ck_assert_msg(!qt_strategy_symbol_bar(state, &bad[i]), "bar %zu", i);
    ck_assert_mem_eq(&before, state, sizeof before);
    free(state);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("technical");
    TCase *tc = tcase_create("technical");
    tcase_add_loop_test(tc, values_equal_what_the_whole_series_says, 0, 4);
    tcase_add_test(tc, a_copied_state_goes_on_with_the_same_bits);
    tcase_add_test(tc, it_is_warm_after_a_hundred_bars_and_not_before);
    tcase_add_test(tc, a_bad_bar_changes_nothing);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
