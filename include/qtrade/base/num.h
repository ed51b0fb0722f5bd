/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Elementary functions with the same bits on every CPU: built from + - * / and sqrt only (design,
 * style 3). What decisions use comes from here, never from libm. Accuracy: within 2 ulp of the true
 * value over the stated range; NaN in, NaN out.
 */
#ifndef QTRADE_BASE_NUM_H
#define QTRADE_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>

double qt_exp(double x);
double qt_log(double x);           /* x > 0; -inf at 0, NaN below */
double qt_pow(double x, double y); /* x > 0: within 2 ulp for |y ln x| <= 700; NaN for x < 0 */
double qt_sin(double x);           /* |x| <= 1e5, else NaN */
double qt_tanh(double x); /* within 3 ulp */
double qt_sqrt(double x); /* the machine's: exact everywhere */

/** Standard normal distribution function, absolute error <= 1e-12. */
double qt_normal_cdf(double x);

/** Mean and sample standard deviation of n values in index order (two passes). */
double qt_mean(const double *x, size_t n);
double qt_stddev_sample(const double *x, size_t n);     /* n >= 2, else 0 */
/** Type-7 quantile (numpy, R) of n sorted values, q clamped to 0..1 and not NaN; NaN never: n >= 1.
 */
double qt_quantile_sorted(const double *sorted, size_t n, double q);
/** Sorts n doubles ascending in place (no NaN). */
void qt_sort_doubles(double *x, size_t n);

static inline double
qt_clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}
/** Far above any price or volume, and its square is finite. */
#define QT_TAME_MAX 1e30
/** Whether n numbers that came from outside are finite, at least low and below QT_TAME_MAX, so that no
 *  sum or product of a few of them overflows. */
bool qt_are_tame(const double *x, size_t n, double low);
static inline bool
qt_is_finite(double x) /* neither NaN nor infinite */
{
    return x - x == 0;
}

#endif
