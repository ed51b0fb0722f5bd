/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parameters fitted to observations, each with its 95 % confidence interval and the number of
 * observations it stands on. Too few of them give no number. Pure but for the memory that a
 * resampling borrows; any thread.
 */
#ifndef QTRADE_QUANT_FIT_H
#define QTRADE_QUANT_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"

#define QT_FIT_LEAST 30 /* observations below which nothing is fitted */

/** A parameter; is_known false: fewer than QT_FIT_LEAST observations, and only n counts. */
struct qt_estimate {
    bool is_known;
    size_t n;
    double value, low, high; /* low <= value <= high */
};

/** Of log-normal values: the median (their unit) and sigma of their logarithms. */
struct qt_lognormal_fit {
    struct qt_estimate median, sigma;
    size_t left_out; /* values that are not of it */
};

/**
 * Maximum likelihood (sigma by the sample's n - 1): values that are not finite and above 0 do not
 * count. Those whose logarithm lies more than four robust standard deviations (1.4826 of the median
 * absolute deviation) from the median are left out: of 100000 that are log-normal that takes six,
 * and one answer that a busy machine held up for a second would widen sigma by a tenth. Intervals:
 * Student's t for the mean of the logarithms, chi square for their variance. False: no memory.
 * Sources: Hampel, The Breakdown Points of the Mean Combined With Some Rejection Rules, 1985; Hill,
 * Algorithm 396, 1970 (t); Wilson and Hilferty, The Distribution of Chi-Square, 1931.
 */
QT_CHECKED bool qt_fit_lognormal(const double *x, size_t n, struct qt_lognormal_fit *out);

/** The mean of finite values with Student's interval. */
struct qt_estimate qt_fit_mean(const double *x, size_t n);

/** A probability, 0..1: hits of n, hits <= n. Source: Wilson, Probable Inference, the Law of
 * Succession, and Statistical Inference, 1927. */
struct qt_estimate qt_fit_proportion(size_t hits, size_t n);

/** What follows from what. */
struct qt_point {
    double x, y;
};

/** Of a line through the origin. */
struct qt_slope_fit {
    struct qt_estimate slope;
    double error;    /* its standard error; 0 where the slope is not known */
    size_t left_out; /* points that are not of it */
};

/**
 * y = slope x x by least squares; points that are not finite or whose x is 0 do not count, and those
 * are left out that lie more than four robust standard deviations from the line of least absolute
 * deviations. The error bears that some scatter more than others (HC1). False: no memory. Sources:
 * Boscovich 1757 and Edgeworth, On Observations Relating to Several Quantities, 1887 (the weighted
 * median of the ratios); White, A Heteroskedasticity-Consistent Covariance Matrix Estimator, 1980;
 * MacKinnon and White, Some Heteroskedasticity-Consistent Covariance Matrix Estimators, 1985.
 */
QT_CHECKED bool qt_fit_slope(const struct qt_point *points, size_t n, struct qt_slope_fit *out);

/** One observation of a value that is only known to lie between two, low <= high. */
struct qt_span {
    double low, high; /* INFINITY: nothing is known above low */
};

/**
 * The value that most spans hold; the middle where a whole stretch does. Spans without an upper end
 * take part and do not count as observations. The interval is what resampling gives (200 times,
 * drawn from seed). False: no memory. Source: Peto, Experimental Survival Curves for
 * Interval-censored Data, 1973 (the maximal intersections that alone can hold the estimate); Efron,
 * Bootstrap Methods, 1979.
 */
QT_CHECKED bool qt_fit_spans(const struct qt_span *spans, size_t n, uint64_t seed,
                             struct qt_estimate *out);

#endif
