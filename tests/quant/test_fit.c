/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits against drawn values whose parameters are known, against closed forms, and their edges. */
#include "qtrade/quant/fit.h"

#include <math.h>

#include "qtrade/base/num.h"
#include "qtrade/base/rng.h"

#include "qt_check.h"

enum { MANY = 4000, ROUNDS = 200 };

static void
draw_lognormal(struct qt_rng *rng, double median, double sigma, double *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = median * qt_exp(sigma * qt_rng_normal(rng));
}

static struct qt_lognormal_fit
lognormal(const double *x, size_t n)
{
    struct qt_lognormal_fit fit;
    ck_assert(qt_fit_lognormal(x, n, &fit));
    return fit;
}

static bool
holds(const struct qt_estimate *estimate, double truth)
{
    return estimate->low <= truth && truth <= estimate->high;
}

/* Of 200 intervals of 95 % some 190 hold the truth; 177 is four standard deviations below. */
START_TEST(intervals_hold_the_truth_as_often_as_they_say)
{
    static double x[60];
    unsigned medians = 0, sigmas = 0, means = 0;
    struct qt_rng rng;
    qt_rng_init(&rng, 11);
    for (int round = 0; round < ROUNDS; round++) {
        draw_lognormal(&rng, 20, 0.33, x, 60);
        struct qt_lognormal_fit fit = lognormal(x, 60);
        medians += holds(&fit.median, 20);
        sigmas += holds(&fit.sigma, 0.33);
        for (int i = 0; i < 60; i++)
            x[i] = 5 + 3 * qt_rng_normal(&rng);
        struct qt_estimate mean = qt_fit_mean(x, 60);
        means += holds(&mean, 5);
    }
    ck_assert_uint_ge(medians, 177);
    ck_assert_uint_ge(sigmas, 177);
    ck_assert_uint_ge(means, 177);
    ck_assert_uint_lt(medians + sigmas + means, 3 * ROUNDS);
}
END_TEST

START_TEST(many_log_normal_values_give_their_parameters_back)
{
    static double x[MANY];
    struct qt_rng rng;
    qt_rng_init(&rng, (uint64_t)_i + 1);
    draw_lognormal(&rng, 37.5, 0.2 + 0.1 * _i, x, MANY);
    struct qt_lognormal_fit fit = lognormal(x, MANY);
    ck_assert(fit.median.is_known && fit.sigma.is_known);
    ck_assert_uint_eq(fit.median.n, MANY);
    ck_assert_double_eq_tol(fit.median.value / 37.5, 1, 0.05);
    ck_assert_double_eq_tol(fit.sigma.value / (0.2 + 0.1 * _i), 1, 0.05);
}
END_TEST

START_TEST(what_is_no_latency_does_not_count)
{
    double x[40];
    for (int i = 0; i < 40; i++)
        x[i] = i < 10 ? (const double[]){0, -1, NAN, INFINITY}[i % 4] : 2;
    struct qt_lognormal_fit fit = lognormal(x, 40);
    ck_assert_uint_eq(fit.median.n, 30);
    ck_assert_double_eq_tol(fit.median.value, 2, 1e-12);
    ck_assert_double_eq(fit.sigma.value, 0);
    ck_assert(!lognormal(x, 39).median.is_known);
}
END_TEST

/* Answers that a stalled machine gave late by a second, one in fifty: they are told apart. */
START_TEST(late_answers_of_a_busy_machine_are_left_out)
{
    static double x[1000];
    struct qt_rng rng;
    qt_rng_init(&rng, (uint64_t)_i + 1);
    draw_lognormal(&rng, 80, 0.2, x, 1000);
    struct qt_lognormal_fit clean = lognormal(x, 1000);
    for (int i = 0; i < 1000; i += 50)
        x[i] += 1000;
    struct qt_lognormal_fit fit = lognormal(x, 1000);
    ck_assert_uint_ge(fit.left_out, 20);
    ck_assert_uint_le(fit.left_out, 22);
    ck_assert_uint_eq(fit.left_out + fit.median.n, 1000);
    ck_assert_double_eq_tol(fit.median.value / clean.median.value, 1, 0.005);
    ck_assert_double_eq_tol(fit.sigma.value / clean.sigma.value, 1, 0.02);
}
END_TEST

START_TEST(what_is_log_normal_is_not_left_out)
{
    static double x[MANY];
    size_t left_out = 0;
    struct qt_rng rng;
    qt_rng_init(&rng, 5);
    for (int round = 0; round < 10; round++) {
        draw_lognormal(&rng, 80, 0.1 + 0.1 * round, x, MANY);
        left_out += lognormal(x, MANY).left_out;
    }
    ck_assert_uint_le(left_out, 10); /* of 40000 some 2.5 are as far out */
}
END_TEST

/* y = slope x x and noise that grows with x, or has tails that no normal distribution has. */
static void
draw_line(struct qt_rng *rng, double slope, double noise, struct qt_point *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double x = 2 * qt_rng_uniform(rng) - 1;
        double around = qt_rng_normal(rng) * (qt_rng_uniform(rng) < 0.02 ? 20 : 1);
        out[i] = (struct qt_point){x, slope * x + noise * (0.5 + fabs(x)) * around};
    }
}

START_TEST(points_about_a_line_give_its_slope_back)
{
    static struct qt_point points[1000];
    struct qt_slope_fit fit;
    struct qt_rng rng;
    qt_rng_init(&rng, (uint64_t)_i + 1);
    double slope = 0.5 + _i;
    draw_line(&rng, slope, 0.1 * slope, points, 1000);
    ck_assert(qt_fit_slope(points, 1000, &fit));
    ck_assert(fit.slope.is_known);
    ck_assert_double_eq_tol(fit.slope.value / slope, 1, 0.05);
    ck_assert(fit.error > 0 && fit.error < 0.02 * slope);
    ck_assert_uint_eq(fit.slope.n + fit.left_out, 1000);
}
END_TEST

/* As of the other intervals; those far off would make them three times as wide. */
START_TEST(slopes_hold_the_truth_as_often_as_they_say)
{
    static struct qt_point points[200];
    unsigned held = 0;
    struct qt_slope_fit fit;
    struct qt_rng rng;
    qt_rng_init(&rng, 3);
    for (int round = 0; round < ROUNDS; round++) {
        draw_line(&rng, 1.5, 0.5, points, 200);
        ck_assert(qt_fit_slope(points, 200, &fit));
        held += holds(&fit.slope, 1.5);
        ck_assert_double_lt(fit.slope.high - fit.slope.low, 0.45);
    }
    ck_assert_uint_ge(held, 177);
    ck_assert_uint_lt(held, ROUNDS);
}
END_TEST

START_TEST(slopes_have_their_closed_form_and_edges)
{
    static struct qt_point points[60];
    struct qt_slope_fit fit;
    for (int i = 0; i < 60; i++) /* pairs at x = 1: y is 2 and 4; xx 60, xy 180, each 1 away */
        points[i] = (struct qt_point){1, i % 2 == 0 ? 2 : 4};
    ck_assert(qt_fit_slope(points, 60, &fit));
    ck_assert_double_eq_tol(fit.slope.value, 3, 1e-12);
    ck_assert_double_eq_tol(fit.error, sqrt(60.0 * 60 / 59) / 60, 1e-12);
    for (int i = 0; i < 31; i++)
        points[i] = (struct qt_point){i % 3 == 0 ? 0 : 1, i % 3 == 1 ? (double)NAN : 3};
    ck_assert(qt_fit_slope(points, 60, &fit));
    ck_assert_uint_eq(fit.slope.n + fit.left_out, 39);
    ck_assert(qt_fit_slope(points, 29, &fit));
    ck_assert(!fit.slope.is_known && fit.error == 0);
    ck_assert(qt_fit_slope(NULL, 0, &fit));
    ck_assert_uint_eq(fit.slope.n, 0);
    for (int i = 0; i < 60; i++) /* all on the line */
        points[i] = (struct qt_point){i - 29.5, 0.25 * (i - 29.5)};
    ck_assert(qt_fit_slope(points, 60, &fit));
    ck_assert_double_eq_tol(fit.slope.value, 0.25, 1e-12);
    ck_assert_uint_eq(fit.slope.n, 60);
}
END_TEST

/* Wilson: (2np + z^2 -+ z sqrt(z^2 + 4np(1 - p))) / 2(n + z^2), worked out for 45 of 100. */
START_TEST(proportion_has_wilsons_interval)
{
    struct qt_estimate p = qt_fit_proportion(45, 100);
    ck_assert_double_eq_tol(p.value, 0.45, 1e-12);
    ck_assert_double_eq_tol(p.low, 0.3561454, 1e-7);
    ck_assert_double_eq_tol(p.high, 0.5475540, 1e-7);
    ck_assert_double_eq(qt_fit_proportion(0, 50).low, 0);
    ck_assert_double_eq(qt_fit_proportion(50, 50).high, 1);
    ck_assert(!qt_fit_proportion(3, 29).is_known);
}
END_TEST

/* Spans about one value, by a rule that the value decides, give it back. */
START_TEST(spans_about_a_value_give_it_back)
{
    static struct qt_span spans[500];
    struct qt_estimate out;
    struct qt_rng rng;
    qt_rng_init(&rng, (uint64_t)_i + 1);
    double truth = 0.3 + 0.2 * _i;
    for (int i = 0; i < 500; i++) {
        double below = truth * qt_rng_uniform(&rng);
        spans[i] =
            (struct qt_span){below, i % 5 == 0 ? INFINITY : truth + 0.4 * qt_rng_uniform(&rng)};
    }
    ck_assert(qt_fit_spans(spans, 500, 1, &out));
    ck_assert(out.is_known);
    ck_assert_uint_eq(out.n, 400);
    ck_assert_double_eq_tol(out.value / truth, 1, 0.02);
    ck_assert(holds(&out, truth));
}
END_TEST

START_TEST(spans_forgive_some_that_contradict)
{
    static struct qt_span spans[200];
    struct qt_estimate out;
    for (int i = 0; i < 200; i++)
        spans[i] = i % 10 == 0 ? (struct qt_span){3, 4} : (struct qt_span){0.9, 1.1};
    ck_assert(qt_fit_spans(spans, 200, 1, &out));
    ck_assert_double_eq_tol(out.value, 1, 1e-12);
}
END_TEST

START_TEST(spans_are_one_answer_for_one_seed_and_none_when_few)
{
    static struct qt_span spans[64];
    struct qt_estimate a, b;
    for (int i = 0; i < 64; i++)
        spans[i] = (struct qt_span){0.01 * i, 0.01 * i + 0.4};
    ck_assert(qt_fit_spans(spans, 64, 7, &a) && qt_fit_spans(spans, 64, 7, &b));
    ck_assert(a.value == b.value && a.low == b.low && a.high == b.high);
    ck_assert(a.low <= a.value && a.value <= a.high);
    ck_assert(qt_fit_spans(spans, 29, 7, &a));
    ck_assert(!a.is_known);
    ck_assert_uint_eq(a.n, 29);
    ck_assert(qt_fit_spans(NULL, 0, 7, &a));
    ck_assert(!a.is_known);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("fit");
    TCase *tc = tcase_create("fit");
    tcase_add_test(tc, intervals_hold_the_truth_as_often_as_they_say);
    tcase_add_loop_test(tc, many_log_normal_values_give_their_parameters_back, 0, 5);
    tcase_add_test(tc, what_is_no_latency_does_not_count);
    tcase_add_loop_test(tc, late_answers_of_a_busy_machine_are_left_out, 0, 10);
    tcase_add_test(tc, what_is_log_normal_is_not_left_out);
    tcase_add_loop_test(tc, points_about_a_line_give_its_slope_back, 0, 10);
    tcase_add_test(tc, slopes_hold_the_truth_as_often_as_they_say);
    tcase_add_test(tc, slopes_have_their_closed_form_and_edges);
    tcase_add_test(tc, proportion_has_wilsons_interval);
    tcase_add_loop_test(tc, spans_about_a_value_give_it_back, 0, 4);
    tcase_add_test(tc, spans_forgive_some_that_contradict);
    tcase_add_test(tc, spans_are_one_answer_for_one_seed_and_none_when_few);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
