/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/quant/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/num.h"
#include "qtrade/base/rng.h"

#define Z 1.959963984540054 /* the normal distribution's 97.5 % point */

#define REACH 4 /* robust standard deviations from the middle: farther out is something else */
#define MAD_TO_SIGMA 1.482602218505602 /* a normal distribution's, of its median absolute deviation */

enum { RESAMPLES = 200 };

/* The 97.5 % point of Student's t with f degrees of freedom, f >= 20: Hill's expansion about the
 * normal one, good to five digits there. */
static double
student(double f)
{
    double z3 = Z * Z * Z, z5 = z3 * Z * Z, z7 = z5 * Z * Z;
    return Z + (z3 + Z) / (4 * f) + (5 * z5 + 16 * z3 + 3 * Z) / (96 * f * f) +
           (3 * z7 + 19 * z5 + 17 * z3 - 15 * Z) / (384 * f * f * f);
}

/* A point of chi square with f degrees of freedom, z standard deviations out. */
static double
chi_square(double f, double z)
{
    double a = 2 / (9 * f), root = 1 - a + z * qt_sqrt(a);
    return f * root * root * root;
}

/* Mean and sample variance, in one pass without cancellation. Source: Welford, Note on a Method for
 * Calculating Corrected Sums of Squares and Products, 1962. */
struct moments {
    size_t n;
    double mean, squares;
};

static void
add(struct moments *moments, double x)
{
    double before = x - moments->mean;
    moments->n++;
    moments->mean += before / (double)moments->n;
    moments->squares += before * (x - moments->mean);
}

static double
deviation(const struct moments *moments)
{
    return qt_sqrt(moments->squares / (double)(moments->n - 1));
}

static struct qt_estimate
unknown(size_t n)
{
    return (struct qt_estimate){.n = n};
}

/* How far from the middle of n values (left sorted by their distance) one may be to be of them; all
 * where most of them are one value. */
static double
reach_of(double *values, size_t n, double *out_middle)
{
    qt_sort_doubles(values, n);
    double middle = qt_quantile_sorted(values, n, 0.5);
    for (size_t i = 0; i < n; i++)
        values[i] = fabs(values[i] - middle);
    qt_sort_doubles(values, n);
    double spread = MAD_TO_SIGMA * qt_quantile_sorted(values, n, 0.5);
    *out_middle = middle;
    return spread > 0 ? REACH * spread : (double)INFINITY;
}

/* logs: n logarithms, which are not kept as they are. */
static struct qt_lognormal_fit
fit_logs(const double *x, size_t n_x, double *logs, size_t n)
{
    struct moments moments = {0};
    double middle, reach = reach_of(logs, n, &middle);
    for (size_t i = 0; i < n_x; i++)
        if (x[i] > 0 && qt_is_finite(x[i]) && fabs(qt_log(x[i]) - middle) <= reach)
            add(&moments, qt_log(x[i]));
    double f = (double)(moments.n - 1), sigma = deviation(&moments);
    double away = student(f) * sigma / qt_sqrt((double)moments.n);
    return (struct qt_lognormal_fit){.median = {.is_known = true,
                                                .n = moments.n,
                                                .value = qt_exp(moments.mean),
                                                .low = qt_exp(moments.mean - away),
                                                .high = qt_exp(moments.mean + away)},
                                     .sigma = {.is_known = true,
                                               .n = moments.n,
                                               .value = sigma,
                                               .low = sigma * qt_sqrt(f / chi_square(f, Z)),
                                               .high = sigma * qt_sqrt(f / chi_square(f, -Z))},
                                     .left_out = n - moments.n};
}

bool
qt_fit_lognormal(const double *x, size_t n, struct qt_lognormal_fit *out)
{
    double *logs = malloc((n + 1) * sizeof *logs);
    size_t used = 0;
    if (!logs)
        return false;
    for (size_t i = 0; i < n; i++)
        if (x[i] > 0 && qt_is_finite(x[i]))
            logs[used++] = qt_log(x[i]);
    *out = used < QT_FIT_LEAST ? (struct qt_lognormal_fit){unknown(used), unknown(used), 0}
                               : fit_logs(x, n, logs, used);
    free(logs);
    return true;
}

/* A line through the origin */

static int
by_ratio(const void *a, const void *b)
{
    const struct qt_point *p = a, *q = b;
    double x = p->y / p->x, y = q->y / q->x;
    return (x > y) - (x < y);
}

/* The slope with the least absolute deviations: the median of the ratios, each as much as its x. */
static double
middle_slope(const struct qt_point *sorted, size_t n)
{
    double whole = 0, half = 0;
    size_t i = 0;
    for (size_t k = 0; k < n; k++)
        whole += fabs(sorted[k].x);
    while (i + 1 < n && (half += fabs(sorted[i].x)) < whole / 2)
        i++;
    return sorted[i].y / sorted[i].x;
}

static void
fit_line(const struct qt_point *sorted, size_t n, double *residuals, struct qt_slope_fit *out)
{
    double middle, first = middle_slope(sorted, n), xx = 0, xy = 0, meat = 0;
    for (size_t i = 0; i < n; i++)
        residuals[i] = sorted[i].y - first * sorted[i].x;
    double reach = reach_of(residuals, n, &middle);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        const struct qt_point *p = &sorted[i];
        if (fabs(p->y - first * p->x - middle) > reach)
            continue;
        xx += p->x * p->x;
        xy += p->x * p->y;
        used++;
    }
    double slope = xy / xx;
    for (size_t i = 0; i < n; i++) {
        const struct qt_point *p = &sorted[i];
        double left = p->y - slope * p->x;
        if (fabs(p->y - first * p->x - middle) <= reach)
            meat += p->x * p->x * left * left;
    }
    double f = (double)(used - 1);
    double error = qt_sqrt(meat * (double)used / f) / xx, away = student(f) * error;
    *out = (struct qt_slope_fit){.slope = {.is_known = true,
                                           .n = used,
                                           .value = slope,
                                           .low = slope - away,
                                           .high = slope + away},
                                 .error = error,
                                 .left_out = n - used};
}

bool
qt_fit_slope(const struct qt_point *points, size_t n, struct qt_slope_fit *out)
{
    struct qt_point *sorted = malloc((n + 1) * sizeof *sorted);
    double *residuals = malloc((n + 1) * sizeof *residuals);
    size_t used = 0;
    bool has_memory = sorted && residuals;
    for (size_t i = 0; i < n && has_memory; i++)
        if (qt_is_finite(points[i].x) && qt_is_finite(points[i].y) && points[i].x != 0)
            sorted[used++] = points[i];
    if (has_memory && used < QT_FIT_LEAST) {
        *out = (struct qt_slope_fit){.slope = unknown(used)};
    } else if (has_memory) {
        qsort(sorted, used, sizeof *sorted, by_ratio);
        fit_line(sorted, used, residuals, out);
    }
    free(sorted);
    free(residuals);
    return has_memory;
}

struct qt_estimate
qt_fit_mean(const double *x, size_t n)
{
    struct moments moments = {0};
    for (size_t i = 0; i < n; i++)
        if (qt_is_finite(x[i]))
            add(&moments, x[i]);
    if (moments.n < QT_FIT_LEAST)
        return unknown(moments.n);
    double away =
        student((double)(moments.n - 1)) * deviation(&moments) / qt_sqrt((double)moments.n);
    return (struct qt_estimate){.is_known = true,
                                .n = moments.n,
                                .value = moments.mean,
                                .low = moments.mean - away,
                                .high = moments.mean + away};
}

struct qt_estimate
qt_fit_proportion(size_t hits, size_t n)
{
    if (n < QT_FIT_LEAST)
        return unknown(n);
    double p = (double)hits / (double)n, m = (double)n, below = 1 + Z * Z / m;
    double middle = (p + Z * Z / (2 * m)) / below;
    double away = Z * qt_sqrt(p * (1 - p) / m + Z * Z / (4 * m * m)) / below;
    return (struct qt_estimate){.is_known = true,
                                .n = n,
                                .value = p,
                                .low = hits == 0 ? 0 : QT_MAX(middle - away, 0.0),
                                .high = hits == n ? 1 : QT_MIN(middle + away, 1.0)};
}

/* Spans: every end, in ascending order; at one place a beginning comes first, since both ends
 * belong to a span. */
struct edge {
    double at;
    size_t span;
    bool is_end;
};

static int
by_place(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (x->is_end > y->is_end) - (x->is_end < y->is_end);
}

/* The first stretch that the greatest number of spans hold, each as often as it counts. The
 * greatest finite place ends one that nothing ends. */
static struct qt_span
best_stretch(const struct edge *edges, size_t n, const unsigned *counts)
{
    struct qt_span best = {0, 0};
    int64_t now = 0, most = 0;
    bool is_open = false;
    for (size_t i = 0; i < n; i++) {
        unsigned count = counts[edges[i].span];
        if (count == 0)
            continue;
        if (edges[i].is_end) {
            if (is_open)
                best.high = edges[i].at;
            is_open = false;
            now -= count;
        } else if ((now += count) > most) {
            most = now;
            best.low = best.high = edges[i].at;
            is_open = true;
        }
    }
    return best;
}

static size_t
lay_out(const struct qt_span *spans, size_t n, struct edge *edges)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        edges[used++] = (struct edge){spans[i].low, i, false};
        if (qt_is_finite(spans[i].high))
            edges[used++] = (struct edge){spans[i].high, i, true};
    }
    qsort(edges, used, sizeof *edges, by_place);
    return used;
}

static void
resample(const struct edge *edges, size_t n_edges, size_t n, uint64_t seed, unsigned *counts,
         struct qt_estimate *out)
{
    double low[RESAMPLES], high[RESAMPLES];
    struct qt_rng rng;
    qt_rng_init(&rng, seed);
    for (size_t k = 0; k < RESAMPLES; k++) {
        memset(counts, 0, n * sizeof *counts);
        for (size_t i = 0; i < n; i++)
            counts[qt_rng_below(&rng, n)]++;
        struct qt_span stretch = best_stretch(edges, n_edges, counts);
        low[k] = stretch.low;
        high[k] = stretch.high;
    }
    qt_sort_doubles(low, RESAMPLES);
    qt_sort_doubles(high, RESAMPLES);
    out->low = QT_MIN(qt_quantile_sorted(low, RESAMPLES, 0.025), out->value);
    out->high = QT_MAX(qt_quantile_sorted(high, RESAMPLES, 0.975), out->value);
}

bool
qt_fit_spans(const struct qt_span *spans, size_t n, uint64_t seed, struct qt_estimate *out)
{
    size_t finite = 0;
    for (size_t i = 0; i < n; i++)
        finite += qt_is_finite(spans[i].high);
    *out = unknown(finite);
    if (finite < QT_FIT_LEAST)
        return true;
    struct edge *edges = malloc(2 * n * sizeof *edges);
    unsigned *counts = malloc(n * sizeof *counts);
    if (edges && counts) {
        size_t n_edges = lay_out(spans, n, edges);
        for (size_t i = 0; i < n; i++)
            counts[i] = 1;
        struct qt_span stretch = best_stretch(edges, n_edges, counts);
        out->is_known = true;
        out->value = stretch.low + (stretch.high - stretch.low) / 2;
        resample(edges, n_edges, n, seed, counts, out);
    }
    free(edges);
    free(counts);
    return out->is_known;
}
