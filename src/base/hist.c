/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bucket's number is the value's leading six bits and how far they were shifted: log-linear, as
 * in HdrHistogram.
 */
#include <string.h>

#include "qtrade/base/hist.h"

enum { STEP_BITS = 5, STEPS = 1 << STEP_BITS };

/* Values below 32 have a bucket each; above, 32 buckets per power of two. */
static unsigned
bucket_of(uint64_t v)
{
    if (v < STEPS)
        return (unsigned)v;
    unsigned shift = 63u - (unsigned)__builtin_clzll(v) - STEP_BITS;
    return (shift + 1) * STEPS + (unsigned)((v >> shift) - STEPS);
}

/* The middle of a bucket. */
static int64_t
value_of(unsigned bucket)
{
    if (bucket < STEPS)
        return bucket;
    unsigned shift = bucket / STEPS - 1;
    uint64_t low = (uint64_t)(STEPS + bucket % STEPS) << shift;
    return (int64_t)(low + ((UINT64_C(1) << shift) >> 1));
}

void
qt_hist_init(struct qt_hist *hist)
{
    memset(hist, 0, sizeof *hist);
    hist->min = INT64_MAX;
}

void
qt_hist_add(struct qt_hist *hist, int64_t value)
{
    if (value < 0)
        value = 0;
    hist->counts[bucket_of((uint64_t)value)]++;
    hist->n++;
    if (value < hist->min)
        hist->min = value;
    if (value > hist->max)
        hist->max = value;
}

int64_t
qt_hist_quantile(const struct qt_hist *hist, double q)
{
    if (hist->n == 0)
        return 0;
    double share = q >= 0 && q <= 1 ? q : q > 1; /* NaN and below: the least */
    uint64_t rank = (uint64_t)(share * (double)(hist->n - 1)), seen = 0;
    for (unsigned i = 0; i < QT_HIST_BUCKETS; i++) {
        seen += hist->counts[i];
        if (seen > rank) {
            int64_t v = value_of(i);
            return v < hist->min ? hist->min : v > hist->max ? hist->max : v;
        }
    }
    return hist->max;
}
