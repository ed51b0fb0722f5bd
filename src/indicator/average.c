/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Moving averages of a series of values, in TA-Lib's order of operations.
 */
#include <string.h>

#include "indicator_priv.h"

void
qt__sma_init(struct qt__sma *sma, size_t n, size_t *at)
{
    *sma = (struct qt__sma){0};
    qt__ring_init(&sma->ring, n, at);
}

bool
qt__sma_push(struct qt__sma *sma, struct qt__tape tape, double x, double *out)
{
    if (sma->ring.count >= sma->ring.n)
        sma->total -= qt__ring_ago(&sma->ring, tape, sma->ring.n);
    sma->total += x;
    qt__ring_push(&sma->ring, tape, x);
    *out = sma->total / (double)sma->ring.n;
    return sma->ring.count >= sma->ring.n;
}

void
qt__ema_init(struct qt__ema *ema, size_t n)
{
    *ema = (struct qt__ema){.n = n, .k = 2.0 / (double)(n + 1)};
}

/* The seeding of both forms: false while the sum is growing. */
static bool
ema_seed(struct qt__ema *ema, double x, double *out)
{
    ema->value += x;
    if (++ema->count < ema->n)
        return false;
    ema->value /= (double)ema->n;
    *out = ema->value;
    return true;
}

bool
qt__ema_push(struct qt__ema *ema, double x, double *out)
{
    if (ema->count < ema->n)
        return ema_seed(ema, x, out);
    ema->value = (x - ema->value) * ema->k + ema->value;
    *out = ema->value;
    return true;
}

bool
qt__ema_is_sound(const struct qt__ema *ema, size_t n)
{
    struct qt__ema fresh;
    qt__ema_init(&fresh, n);
    return ema->n == fresh.n && memcmp(&ema->k, &fresh.k, sizeof ema->k) == 0 &&
           ema->count <= QT__COUNT_MAX && qt__is_tame(ema->value);
}

bool
qt__ema_push_weighted(struct qt__ema *ema, double x, double *out)
{
    if (ema->count < ema->n)
        return ema_seed(ema, x, out);
    ema->value = ema->k * x + (1.0 - ema->k) * ema->value;
    *out = ema->value;
    return true;
}

void
qt__wilder_init(struct qt__wilder *wilder, size_t n)
{
    *wilder = (struct qt__wilder){.n = n};
}

bool
qt__wilder_push(struct qt__wilder *wilder, double x, double *out)
{
    double n = (double)wilder->n;
    if (wilder->count < wilder->n) {
        wilder->value += x;
        if (++wilder->count < wilder->n)
            return false;
        wilder->value /= n;
    } else {
        wilder->value = (wilder->value * (n - 1.0) + x) / n;
    }
    *out = wilder->value;
    return true;
}
