/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Correlation against a naive computation over common times, and its edges. */
#include "qtrade/scan/correlation.h"

#include "qt_check.h"
#include "scan_help.h"

#define N 400

/* Two symbols driven by one market with a share of their own noise; each may miss hours. */
struct pair {
    struct qt_scan_symbol a, b;
    bool has_a[N], has_b[N];
    double close_a[N], close_b[N];
};

static void
feed_close(struct qt_scan_symbol *state, int hour, double close)
{
    struct qt_ohlcv bar = {
        HELP_START + hour * HELP_HOUR, close, close * 1.001, close * 0.999, close, 10};
    ck_assert(qt_scan_symbol_bar(state, &bar, 1));
}

static struct pair *
make_pair(uint64_t seed, double beta, double noise, unsigned holes_per_mille)
{
    struct qt_scan_config config = help_config();
    struct pair *pair = calloc(1, sizeof *pair);
    struct qt_rng rng;
    double log_a = 3, log_b = 1;
    qt_rng_init(&rng, seed);
    qt_scan_symbol_init(&pair->a, &config, HELP_HOUR);
    qt_scan_symbol_init(&pair->b, &config, HELP_HOUR);
    for (int i = 0; i < N; i++) {
        double market = 0.01 * qt_rng_normal(&rng);
        log_a += market + noise * qt_rng_normal(&rng);
        log_b += beta * market + noise * qt_rng_normal(&rng);
        pair->close_a[i] = exp(log_a);
        pair->close_b[i] = exp(log_b);
        pair->has_a[i] = qt_rng_below(&rng, 1000) >= holes_per_mille;
        pair->has_b[i] = qt_rng_below(&rng, 1000) >= holes_per_mille;
        if (pair->has_a[i])
            feed_close(&pair->a, i, pair->close_a[i]);
        if (pair->has_b[i])
            feed_close(&pair->b, i, pair->close_b[i]);
    }
    return pair;
}

static double
naive(const struct pair *pair, int window)
{
    double x[N], y[N];
    int n = 0;
    for (int i = N - 1; i >= 0 && n <= window; i--)
        if (pair->has_a[i] && pair->has_b[i]) {
            x[n] = log(pair->close_a[i]);
            y[n++] = log(pair->close_b[i]);
        }
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (int i = 0; i + 1 < n; i++) {
        x[i] -= x[i + 1];
        y[i] -= y[i + 1];
        mx += x[i] / (n - 1);
        my += y[i] / (n - 1);
    }
    for (int i = 0; i + 1 < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    return xy / sqrt(xx * yy);
}

START_TEST(correlation_equals_the_naive_one_on_common_times)
{
    static const unsigned holes[] = {0, 50, 300};
    static const double beta[] = {1, 0.3, -1, 0};
    for (size_t h = 0; h < QT_COUNT_OF(holes); h++) {
        for (size_t k = 0; k < QT_COUNT_OF(beta); k++) {
            struct pair *pair = make_pair(help_seed(51) + (uint64_t)_i, beta[k], 0.005, holes[h]);
            double r = 9;
            ck_assert(qt_scan_correlation(&pair->a, &pair->b, 168, 100, &r));
            ck_assert_double_eq_tol(r, naive(pair, 168), 1e-9);
            double back;
            ck_assert(qt_scan_correlation(&pair->b, &pair->a, 168, 100, &back));
            ck_assert_double_eq_tol(r, back, 1e-15);
            free(pair);
        }
    }
}
END_TEST

START_TEST(a_symbol_correlates_with_itself_and_mirrors)
{
    struct pair *pair = make_pair(1, 1, 0, 0), *mirror = make_pair(1, -2, 0, 0);
    double r;
    ck_assert(qt_scan_correlation(&pair->a, &pair->b, 168, 100, &r));
    ck_assert_double_eq_tol(r, 1, 1e-9);
    ck_assert(qt_scan_correlation(&mirror->a, &mirror->b, 168, 100, &r));
    ck_assert_double_eq_tol(r, -1, 1e-9);
    free(pair);
    free(mirror);
}
END_TEST

START_TEST(too_few_common_times_are_unknown_not_zero)
{
    struct qt_scan_config config = help_config();
    struct pair *pair = make_pair(2, 1, 0.001, 0);
    struct qt_scan_symbol *young = malloc(sizeof *young);
    double r = 9;
    qt_scan_symbol_init(young, &config, HELP_HOUR);
    ck_assert(!qt_scan_correlation(&pair->a, young, 168, 100, &r));
    for (int i = N - 100; i < N; i++)
        feed_close(young, i, pair->close_b[i]);
    ck_assert(!qt_scan_correlation(&pair->a, young, 168, 100, &r)); /* 100 closes, 99 returns */
    ck_assert_double_eq(r, 9);
    ck_assert(qt_scan_correlation(&pair->a, young, 168, 99, &r));
    free(pair);
    free(young);
}
END_TEST

START_TEST(a_side_that_does_not_vary_is_unknown)
{
    struct qt_scan_config config = help_config();
    struct pair *pair = make_pair(3, 1, 0.001, 0);
    struct qt_scan_symbol *flat = malloc(sizeof *flat);
    double r;
    qt_scan_symbol_init(flat, &config, HELP_HOUR);
    for (int i = 0; i < N; i++)
        feed_close(flat, i, 1.0001);
    ck_assert(!qt_scan_correlation(&pair->a, flat, 168, 100, &r));
    ck_assert(!qt_scan_correlation(flat, &pair->a, 168, 100, &r));
    free(pair);
    free(flat);
}
END_TEST

START_TEST(only_the_newest_window_counts)
{
    struct pair *pair = make_pair(4, 1, 0.004, 0);
    double whole, same;
    ck_assert(qt_scan_correlation(&pair->a, &pair->b, 100, 50, &whole));
    struct pair *other = make_pair(4, 1, 0.004, 0);
    for (int i = 0; i < N - 101; i++) /* an older past that differs */
        other->a.log_close[i % QT_SCAN_CLOSES] += i % 7;
    ck_assert(qt_scan_correlation(&other->a, &other->b, 100, 50, &same));
    ck_assert_double_eq(whole, same);
    free(pair);
    free(other);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("correlation");
    TCase *tc = tcase_create("correlation");
    tcase_add_loop_test(tc, correlation_equals_the_naive_one_on_common_times, 0, 5);
    tcase_add_test(tc, a_symbol_correlates_with_itself_and_mirrors);
    tcase_add_test(tc, too_few_common_times_are_unknown_not_zero);
    tcase_add_test(tc, a_side_that_does_not_vary_is_unknown);
    tcase_add_test(tc, only_the_newest_window_counts);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
