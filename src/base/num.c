/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Elementary functions from + - * / and sqrt, the same bits everywhere. Range reduction and kernel
 * polynomials are the minimax ones of Sun's fdlibm (1993); the logarithm is a double-double atanh
 * series, which also carries pow.
 */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/error.h"
#include "qtrade/base/num.h"

/* hi + lo with |lo| <= ulp(hi)/2 */
struct pair {
    double hi, lo;
};

static struct pair
two_sum(double a, double b)
{
    double s = a + b, t = s - a;
    return (struct pair){s, (a - (s - t)) + (b - t)};
}

static struct pair
two_product(double a, double b) /* Dekker, 1971; no fma */
{
    const double split = 134217729.0;
    double p = a * b, c = split * a, ah = c - (c - a), al = a - ah;
    double d = split * b, bh = d - (d - b), bl = b - bh;
    return (struct pair){p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

static struct pair
pair_add(struct pair a, struct pair b)
{
    struct pair s = two_sum(a.hi, b.hi);
    return two_sum(s.hi, s.lo + a.lo + b.lo);
}

static struct pair
pair_mul(struct pair a, struct pair b)
{
    struct pair p = two_product(a.hi, b.hi);
    return two_sum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

static struct pair
pair_div(struct pair a, struct pair b)
{
    double q = a.hi / b.hi;
    struct pair p = two_product(q, b.hi);
    double rest = ((a.hi - p.hi) - p.lo) + a.lo - q * b.lo;
    return two_sum(q, rest / b.hi);
}

static double
scale_by(double x, int k)
{
    while (k > 1000) {
        x *= 0x1p1000;
        k -= 1000;
    }
    while (k < -1000) {
        x *= 0x1p-1000;
        k += 1000;
    }
    uint64_t bits = (uint64_t)(1023 + k) << 52;
    double factor;
    memcpy(&factor, &bits, sizeof factor);
    return x * factor;
}

/* x > 0 and finite into m in [sqrt(1/2), sqrt(2)) and *k with x = m 2^k. */
static double
split(double x, int *k)
{
    *k = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        *k = -54;
    }
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    *k += (int)(bits >> 52) - 1023;
    bits = (bits & UINT64_C(0xfffffffffffff)) | UINT64_C(1023) << 52;
    memcpy(&x, &bits, sizeof x);
    if (x >= 1.4142135623730951) {
        x *= 0.5;
        ++*k;
    }
    return x;
}

/* ln(x) as a pair: k ln 2 + 2 atanh(f), f = (m-1)/(m+1); the first three terms in double-double. */
static struct pair
log_pair(double x)
{
    static const struct pair ln2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
    static const struct pair third = {0x1.5555555555555p-2, 0x1.5555555555555p-56};
    static const struct pair fifth = {0x1.999999999999ap-3, -0x1.999999999999ap-57};
    int k;
    double m = split(x, &k);
    struct pair f = pair_div((struct pair){m - 1, 0}, two_sum(m, 1));
    struct pair f2 = pair_mul(f, f);
    double z = f2.hi, tail = 0;
    for (int i = 29; i >= 7; i -= 2)
        tail = tail * z + 1.0 / i;
    struct pair inner = pair_add(fifth, (struct pair){tail * z, 0});
    inner = pair_add(third, pair_mul(f2, inner));
    struct pair sum = pair_add(f, pair_mul(pair_mul(f, f2), inner));
    sum.hi *= 2;
    sum.lo *= 2;
    return k == 0 ? sum : pair_add(pair_mul(ln2, (struct pair){k, 0}), sum);
}

double
qt_log(double x)
{
    if (!(x > 0))
        return x == 0 ? -INFINITY : NAN;
    if (x > DBL_MAX)
        return x;
    struct pair r = log_pair(x);
    return r.hi + r.lo;
}

double
qt_exp(double x)
{
    static const double p1 = 1.66666666666666019037e-01, p2 = -2.77777777770155933842e-03,
                        p3 = 6.61375632143793436117e-05, p4 = -1.65339022054652515390e-06,
                        p5 = 4.13813679705723846039e-08, ln2_high = 6.93147180369123816490e-01,
                        ln2_low = 1.90821492927058770002e-10;
    if (x != x)
        return x;
    if (x > 709.782712893384)
        return INFINITY;
    if (x < -745.1332191019412)
        return 0;
    int k = (int)(x * 1.44269504088896338700 + (x < 0 ? -0.5 : 0.5));
    double hi = x - k * ln2_high, lo = k * ln2_low, r = hi - lo, t = r * r;
    double c = r - t * (p1 + t * (p2 + t * (p3 + t * (p4 + t * p5))));
    return scale_by(1 + (r * c / (2 - c) - lo + hi), k);
}

double
qt_pow(double x, double y)
{
    if (x != x || y != y)
        return NAN;
    if (y == 0 || x == 1)
        return 1;
    if (!(x > 0))
        return x == 0 ? (y > 0 ? 0 : INFINITY) : NAN;
    if (x > DBL_MAX || y > 0x1p70 || y < -0x1p70) /* |ln x| > 2^-54: far beyond every double */
        return (x > 1) == (y > 0) ? INFINITY : 0;
    struct pair p = pair_mul(log_pair(x), (struct pair){y, 0});
    double e = qt_exp(p.hi);
    return e > 0 && e < INFINITY ? e + e * p.lo : e;
}

static double
sin_kernel(double x, double y)
{
    double z = x * x, v = z * x;
    double r = 8.33333333332248946124e-03 +
               z * (-1.98412698298579493134e-04 +
                    z * (2.75573137070700676789e-06 +
                         z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)));
    return x - ((z * (0.5 * y - v * r) - y) - v * -1.66666666666666324348e-01);
}

static double
cos_kernel(double x, double y)
{
    double z = x * x;
    double r =
        z * (4.16666666666666019037e-02 +
             z * (-1.38888888888741095749e-03 +
                  z * (2.48015872894767294178e-05 +
                       z * (-2.75573143513906633035e-07 +
                            z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)))));
    double half = 0.5 * z, w = 1 - half;
    return w + (((1 - w) - half) + (z * r - x * y));
}

/* x into r + tail within +-pi/4; the quadrant. |x| <= 1e5: three parts of pi/2 leave no error that
 * counts. */
static int
reduce(double x, double *r, double *tail)
{
    int n = (int)(x * 6.36619772367581382433e-01 + (x < 0 ? -0.5 : 0.5));
    double head = x - n * 1.57079632673412561417e+00;
    struct pair s = two_sum(head, -(n * 6.07710050630396597660e-11));
    s.lo -= n * 2.02226624879595063154e-21;
    *r = s.hi + s.lo;
    *tail = (s.hi - *r) + s.lo;
    return n & 3;
}

double
qt_sin(double x)
{
    double r, tail;
    if (!(x >= -1e5 && x <= 1e5))
        return NAN;
    switch (reduce(x, &r, &tail)) {
    case 0:
        return sin_kernel(r, tail);
    case 1:
        return cos_kernel(r, tail);
    case 2:
        return -sin_kernel(r, tail);
    }
    return -cos_kernel(r, tail);
}

/* exp(t) - 1 for |t| <= 1 by its series. */
static double
expm1_small(double t)
{
    double sum = 0;
    for (int i = 22; i >= 2; i--)
        sum = (sum + 1) * t / i;
    return t + t * sum;
}

double
qt_tanh(double x)
{
    double t = x < 0 ? -x : x;
    if (t != t)
        return x;
    double r;
    if (t > 22)
        r = 1;
    else if (t < 0.5) {
        double e = expm1_small(2 * t);
        r = e / (e + 2);
    } else {
        r = 1 - 2 / (qt_exp(2 * t) + 1);
    }
    return x < 0 ? -r : r;
}

double
qt_sqrt(double x)
{
    return sqrt(x);
}

/* Steps from..1 of the continued fraction below, begun with f. */
static inline double
tail_steps(double x, double f, int from)
{
    for (int i = from; i >= 1; i--)
        f = x + i / f;
    return f;
}

/*
 * 1 - cdf(x) for x >= 2.5: Laplace's continued fraction of 120 steps, evaluated from its end.
 *
 * Far from the end the steps hardly matter. Each is monotone, rounding included, and gives x to
 * x + 120 / x whatever it is given, so a few steps from these two bounds hold the result of all 120
 * between them: where both give the same bits, so would the whole. The two run side by side.
 */
static double
normal_tail(double x)
{
    int few = (int)(500 / (x * x)) + 12; /* 92 at 2.5; with these the bits differ once in thousands */
    double low = x, high = x + 120 / x;
    for (int i = few; i >= 1; i--) {
        double next = x + i / high;
        high = x + i / low;
        low = next;
    }
    double f = low == high ? low : tail_steps(x, x, 120);
    return qt_exp(-x * x / 2) * 0.39894228040143267794 / f;
}

double
qt_normal_cdf(double x)
{
    if (x != x)
        return x;
    if (x > 40 || x < -40)
        return x > 0;
    if (x >= 2.5)
        return 1 - normal_tail(x);
    if (x <= -2.5)
        return normal_tail(-x);
    double term = x, sum = x; /* phi(x) (x + x^3/3 + x^5/15 + ...) */
    for (int i = 3; i < 100 && sum + term != sum; i += 2) {
        term *= x * x / i;
        sum += term;
    }
    return 0.5 + sum * qt_exp(-x * x / 2) * 0.39894228040143267794;
}

double
qt_mean(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return n ? sum / (double)n : 0;
}

static double
squares_about_mean(const double *x, size_t n)
{
    double mean = qt_mean(x, n), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return sum;
}

double
qt_stddev_sample(const double *x, size_t n)
{
    return n < 2 ? 0 : sqrt(squares_about_mean(x, n) / (double)(n - 1));
}

double
qt_quantile_sorted(const double *sorted, size_t n, double q)
{
    qt_assert(n >= 1 && q == q);
    double at = qt_clamp(q, 0, 1) * (double)(n - 1);
    size_t i = (size_t)at;
    if (i + 1 >= n)
        return sorted[n - 1];
    return sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
}

bool
qt_are_tame(const double *x, size_t n, double low)
{
    for (size_t i = 0; i < n; i++)
        if (!(x[i] >= low && x[i] < QT_TAME_MAX))
            return false;
    return true;
}

/* -0 before 0: equal values have one order whatever the C library's sort does. */
static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x != y ? (x > y) - (x < y) : !!signbit(y) - !!signbit(x);
}

void
qt_sort_doubles(double *x, size_t n)
{
    qsort(x, n, sizeof *x, compare);
}
