/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One symbol: inputs against a naive computation from the whole series, no look-ahead, copies, bad
 * bars. */
#include "qtrade/scan/symbol.h"

#include "qt_check.h"
#include "scan_help.h"

#define N 900

/* The whole series in arrays, for naive answers. */
struct series {
    struct qt_ohlcv bar[N];
    double quote_volume[N];
};

static void
make_series(struct series *s, uint64_t seed)
{
    struct qt_rng rng;
    double price = 100;
    qt_rng_init(&rng, seed);
    for (int i = 0; i < N; i++) {
        double sigma = 0.004 + 0.02 * ((i / 100) % 3);
        s->bar[i] = help_bar(&rng, HELP_START + i * HELP_HOUR, &price, 0, sigma);
        s->quote_volume[i] = s->bar[i].volume * s->bar[i].close;
    }
}

static struct qt_scan_symbol *
fed(const struct series *s, int n)
{
    struct qt_scan_config config = help_config();
    struct qt_scan_symbol *state = malloc(sizeof *state);
    qt_scan_symbol_init(state, &config, HELP_HOUR);
    for (int i = 0; i < n; i++)
        ck_assert(qt_scan_symbol_bar(state, &s->bar[i], s->quote_volume[i]));
    return state;
}

static struct qt_scan_row
measured(struct qt_scan_symbol *state)
{
    struct qt_scan_config config = help_config();
    struct qt_instrument ins = help_instrument(3, "ABC");
    struct qt_scan_live live = help_live(state, &ins);
    struct qt_scan_row row;
    qt_scan_symbol_measure(state, &config, &live, &row);
    return row;
}

static double
naive_natr(const struct series *s, int at)
{
    double atr = 0;
    for (int i = 1; i <= at; i++) {
        const struct qt_ohlcv *b = &s->bar[i];
        double before = s->bar[i - 1].close;
        double tr = fmax(b->high, before) - fmin(b->low, before);
        atr = i <= 14 ? atr + tr / 14 : (atr * 13 + tr) / 14;
    }
    return 100 * atr / s->bar[at].close;
}

static void
check_against_naive(const struct series *s, int n)
{
    struct qt_scan_symbol *state = fed(s, n);
    struct qt_scan_row row = measured(state);
    int at = n - 1;
    double now = naive_natr(s, at), below = 0, held = 0;
    for (int i = QT_MAX(14, n - 720); i < n; i++, held++) {
        double x = naive_natr(s, i);
        below += (float)x < (float)now ? 1 : (float)x > (float)now ? 0 : 0.5;
    }
    ck_assert_double_eq_tol(row.in.natr_pct, now, 1e-9);
    ck_assert_double_eq_tol(row.in.atr_percentile, 100 * below / held, 100.0 / 720 + 1e-9);
    double volumes = 0, quote = 0, high = 0, low = 1e9;
    for (int i = 0; i < 20; i++)
        volumes += s->bar[at - i].volume;
    for (int i = 0; i < 24; i++)
        quote += s->quote_volume[at - i];
    for (int i = 0; i < 48; i++) {
        high = fmax(high, s->bar[at - i].high);
        low = fmin(low, s->bar[at - i].low);
    }
    ck_assert_double_eq_tol(row.in.surge, s->bar[at].volume / (volumes / 20), 1e-9);
    ck_assert_double_eq_tol(row.in.quote_volume_24h / quote, 1, 1e-12);
    ck_assert_double_eq(row.in.resistance, high);
    ck_assert_double_eq(row.in.support, low);
    ck_assert_double_eq_tol(row.in.change_24h_pct,
                            100 * (s->bar[at].close / s->bar[at - 24].close - 1), 1e-9);
    ck_assert_double_eq_tol(row.in.change_7d_pct,
                            100 * (s->bar[at].close / s->bar[at - 168].close - 1), 1e-9);
    free(state);
}

START_TEST(inputs_equal_what_the_whole_series_says)
{
    struct series s;
    make_series(&s, help_seed(21) + (uint64_t)_i);
    check_against_naive(&s, 300);
    check_against_naive(&s, 720);
    check_against_naive(&s, 721);
    check_against_naive(&s, N);
}
END_TEST

START_TEST(velocity_counts_twelve_bars_in_deviations)
{
    struct series s;
    make_series(&s, 5);
    struct qt_scan_symbol *state = fed(&s, 800);
    struct qt_scan_row row = measured(state);
    double mean = 0, var = 0;
    for (int i = 0; i < 48; i++)
        mean += log(s.bar[799 - i].close / s.bar[798 - i].close) / 48;
    for (int i = 0; i < 48; i++)
        var += pow(log(s.bar[799 - i].close / s.bar[798 - i].close) - mean, 2) / 47;
    double move = log(s.bar[799].close / s.bar[787].close);
    double half = log(s.bar[799].close / s.bar[793].close);
    ck_assert_double_eq_tol(row.in.sigma, sqrt(var), 1e-9);
    ck_assert_double_eq_tol(row.in.velocity, move / sqrt(12 * var), 1e-6);
    ck_assert_double_eq_tol(row.in.acceleration, (half - (move - half)) / sqrt(12 * var), 1e-6);
    free(state);
}
END_TEST

START_TEST(bars_fed_later_change_nothing_of_an_earlier_row)
{
    struct series s;
    make_series(&s, help_seed(31) + (uint64_t)_i);
    for (int n = 700; n < N; n += 37) {
        struct qt_scan_symbol *early = fed(&s, n);
        struct qt_scan_row before = measured(early);
        struct qt_scan_symbol *late = malloc(sizeof *late);
        memcpy(late, early, sizeof *late);
        for (int i = n; i < N; i++)
            ck_assert(qt_scan_symbol_bar(late, &s.bar[i], s.quote_volume[i]));
        struct qt_scan_row after = measured(early);
        ck_assert_mem_eq(&before.in, &after.in, sizeof before.in);
        free(early);
        free(late);
    }
}
END_TEST

START_TEST(a_copied_state_goes_on_with_the_same_bits)
{
    struct series s;
    make_series(&s, help_seed(41));
    struct qt_scan_symbol *straight = fed(&s, N), *half = fed(&s, 433), copy;
    memcpy(&copy, half, sizeof copy);
    memset(half, 0xa5, sizeof *half);
    for (int i = 433; i < N; i++)
        ck_assert(qt_scan_symbol_bar(&copy, &s.bar[i], s.quote_volume[i]));
    ck_assert_mem_eq(&copy, straight, sizeof copy);
    free(straight);
    free(half);
}
END_TEST

START_TEST(a_symbol_is_short_of_history_until_its_last_bar_is_there)
{
    struct series s;
    make_series(&s, 7);
    for (int n = 0; n < 720; n += 60) {
        struct qt_scan_symbol *state = fed(&s, n);
        struct qt_scan_row row = measured(state);
        ck_assert_int_eq(row.reason, QT_SCAN_HISTORY);
        ck_assert_double_eq(row.value, n);
        ck_assert_int_eq(row.has_inputs, n >= QT_SCAN_WARMUP);
        free(state);
    }
    struct qt_scan_symbol *last = fed(&s, 719);
    ck_assert_int_eq(measured(last).reason, QT_SCAN_HISTORY);
    ck_assert(qt_scan_symbol_bar(last, &s.bar[719], 60e6));
    ck_assert_int_eq(measured(last).reason, QT_SCAN_OK);
    free(last);
}
END_TEST

static const struct {
    const char *what;
    double open, high, low, close, volume, quote;
    int64_t shift_ns;
} bad_rows[] = {
    {"the same time", 100, 101, 99, 100, 1, 1, -HELP_HOUR},
    {"an earlier time", 100, 101, 99, 100, 1, 1, -2 * HELP_HOUR},
    {"off the grid", 100, 101, 99, 100, 1, 1, QT_NS_PER_MIN},
    {"a price of zero", 100, 101, 0, 100, 1, 1, 0},
    {"a negative price", 100, 101, -1, 100, 1, 1, 0},
    {"high below low", 100, 98, 99, 98.5, 1, 1, 0},
    {"close above high", 100, 101, 99, 102, 1, 1, 0},
    {"NaN close", 100, 101, 99, NAN, 1, 1, 0},
    {"NaN low", 100, 101, NAN, 100, 1, 1, 0},
    {"infinite high", 100, INFINITY, 99, 100, 1, 1, 0},
    {"negative volume", 100, 101, 99, 100, -1, 1, 0},
    {"NaN volume", 100, 101, 99, 100, NAN, 1, 0},
    {"NaN quote volume", 100, 101, 99, 100, 1, NAN, 0},
    {"infinite quote volume", 100, 101, 99, 100, 1, INFINITY, 0},
};

START_TEST(a_bad_bar_changes_nothing)
{
    struct series s;
    make_series(&s, 8);
    struct qt_scan_symbol *state = fed(&s, 200), before;
    memcpy(&before, state, sizeof before);
    struct qt_ohlcv bar = {
        .open_ns = HELP_START + 200 * HELP_HOUR + bad_rows[_i].shift_ns,
        .open = bad_rows[_i].open,
        .high = bad_rows[_i].high,
        .low = bad_rows[_i].low,
        .close = bad_rows[_i].close,
        .volume = bad_rows[_i].volume,
    };
    ck_assert_msg(!qt_scan_symbol_bar(state, &bar, bad_rows[_i].quote), "%s", bad_rows[_i].what);
    ck_assert_mem_eq(&before, state, sizeof before);
    free(state);
}
END_TEST

START_TEST(a_hole_counts_as_nothing_traded)
{
    struct series s;
    make_series(&s, 9);
    struct qt_scan_symbol *state = fed(&s, 200);
    struct qt_ohlcv bar = s.bar[200];
    bar.open_ns += 10 * HELP_HOUR; /* ten bars are missing */
    ck_assert(qt_scan_symbol_bar(state, &bar, 5));
    double sum = 5;
    for (int i = 0; i < 13; i++)
        sum += s.quote_volume[199 - i];
    ck_assert_double_eq_tol(state->quote_volume_24h / sum, 1, 1e-12);
    bar.open_ns += 1000 * HELP_HOUR;
    ck_assert(qt_scan_symbol_bar(state, &bar, 7));
    ck_assert_double_eq(state->quote_volume_24h, 7);
    free(state);
}
END_TEST

static void
check_finite(const struct qt_scan_row *row)
{
    double values[sizeof row->in / sizeof(double)];
    memcpy(values, &row->in, sizeof row->in);
    for (size_t i = 0; i < QT_COUNT_OF(values); i++)
        ck_assert_msg(isfinite(values[i]), "input %zu", i);
    ck_assert(isfinite(row->volatility + row->momentum + row->volume + row->trend));
}

START_TEST(a_flat_silent_market_gives_finite_neutral_values)
{
    struct qt_scan_config config = help_config();
    struct qt_scan_symbol *state = malloc(sizeof *state);
    qt_scan_symbol_init(state, &config, HELP_HOUR);
    for (int i = 0; i < 800; i++) {
        struct qt_ohlcv bar = {HELP_START + i * HELP_HOUR, 5, 5, 5, 5, 0};
        ck_assert(qt_scan_symbol_bar(state, &bar, 0));
    }
    struct qt_scan_row row = measured(state);
    check_finite(&row);
    ck_assert_double_eq(row.momentum, 50);
    ck_assert_double_eq(row.volume, 0);
    ck_assert_double_eq(row.volatility, 50);
    free(state);
}
END_TEST

START_TEST(the_live_price_moves_momentum_and_distance_but_not_the_bars)
{
    struct series s;
    make_series(&s, 10);
    struct qt_scan_config config = help_config();
    struct qt_scan_symbol *state = fed(&s, 800);
    struct qt_instrument ins = help_instrument(1, "ABC");
    struct qt_scan_live live = help_live(state, &ins);
    struct qt_scan_row at, above;
    live.last = state->last_close;
    qt_scan_symbol_measure(state, &config, &live, &at);
    live.last = state->resistance * 1.01;
    qt_scan_symbol_measure(state, &config, &live, &above);
    ck_assert(above.momentum > at.momentum);
    ck_assert(above.in.resistance_atr < 0);
    ck_assert_double_eq(above.in.breakout_up, 1);
    ck_assert_double_eq(above.volatility, at.volatility);
    live.last = NAN;
    qt_scan_symbol_measure(state, &config, &live, &above);
    ck_assert_double_eq(above.last, state->last_close);
    check_finite(&above);
    free(state);
}
END_TEST

START_TEST(a_range_that_is_left_starts_anew)
{
    struct qt_scan_config config = help_config();
    struct qt_scan_symbol *state = malloc(sizeof *state);
    struct qt_rng rng;
    double price = 100;
    qt_rng_init(&rng, 3);
    qt_scan_symbol_init(state, &config, HELP_HOUR);
    for (int i = 0; i < 200; i++) {
        price = 100 + (i % 2);
        struct qt_ohlcv bar = {HELP_START + i * HELP_HOUR, 100.5, 101, 100, price, 10};
        ck_assert(qt_scan_symbol_bar(state, &bar, 1));
    }
    ck_assert_uint_eq(state->bars_in_range, 200);
    struct qt_ohlcv out = {HELP_START + 200 * HELP_HOUR, 101, 105, 100, 104, 10};
    ck_assert(qt_scan_symbol_bar(state, &out, 1));
    ck_assert_uint_eq(state->bars_in_range, 0);
    struct qt_ohlcv in = {HELP_START + 201 * HELP_HOUR, 104, 104.5, 103, 104, 10};
    ck_assert(qt_scan_symbol_bar(state, &in, 1));
    ck_assert_uint_eq(state->bars_in_range, 1);
    free(state);
}
END_TEST

START_TEST(shorter_and_longer_intervals_keep_their_windows)
{
    struct qt_scan_config config = help_config();
    ck_assert_uint_eq(qt_scan_history_bars(&config, HELP_HOUR), 720);
    ck_assert_uint_eq(qt_scan_history_bars(&config, 15 * QT_NS_PER_MIN), 2880);
    ck_assert_uint_eq(qt_scan_history_bars(&config, QT_NS_PER_DAY), QT_SCAN_WARMUP);
    struct qt_scan_symbol *state = malloc(sizeof *state);
    struct qt_rng rng;
    double price = 10;
    qt_rng_init(&rng, 1);
    qt_scan_symbol_init(state, &config, 15 * QT_NS_PER_MIN);
    for (int i = 0; i < 3000; i++) {
        struct qt_ohlcv bar = help_bar(&rng, HELP_START + i * 15 * QT_NS_PER_MIN, &price, 0, 0.003);
        ck_assert(qt_scan_symbol_bar(state, &bar, 1));
    }
    ck_assert_double_eq(state->quote_volume_24h, 96);
    struct qt_scan_row row = measured(state);
    ck_assert_int_eq(row.reason, QT_SCAN_VOLUME);
    check_finite(&row);
    free(state);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("symbol");
    TCase *tc = tcase_create("symbol");
    tcase_add_loop_test(tc, inputs_equal_what_the_whole_series_says, 0, 4);
    tcase_add_test(tc, velocity_counts_twelve_bars_in_deviations);
    tcase_add_loop_test(tc, bars_fed_later_change_nothing_of_an_earlier_row, 0, 3);
    tcase_add_test(tc, a_copied_state_goes_on_with_the_same_bits);
    tcase_add_test(tc, a_symbol_is_short_of_history_until_its_last_bar_is_there);
    tcase_add_loop_test(tc, a_bad_bar_changes_nothing, 0, (int)QT_COUNT_OF(bad_rows));
    tcase_add_test(tc, a_hole_counts_as_nothing_traded);
    tcase_add_test(tc, a_flat_silent_market_gives_finite_neutral_values);
    tcase_add_test(tc, the_live_price_moves_momentum_and_distance_but_not_the_bars);
    tcase_add_test(tc, a_range_that_is_left_starts_anew);
    tcase_add_test(tc, shorter_and_longer_intervals_keep_their_windows);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
