/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The block of a state: starting it, stepping it, stepping a copy of it; and what every kernel asks
 * of a bar.
 */
#include <math.h>
#include <string.h>

#include "qtrade/base/error.h"

#include "indicator_priv.h"

void
qt__state_start(void *state, size_t size, size_t lookback)
{
    struct qt__head *head = state;
    memset(state, 0, size);
    head->lookback = lookback;
}

static const double *
tape_of(const void *state, size_t core_size)
{
    return (const double *)((const char *)state + core_size);
}

void
qt__update(void *state, size_t core_size, qt__step_fn step, const struct qt_ohlcv *bar)
{
    struct qt__head *head = state;
    double *tape = (double *)((char *)state + core_size);
    head->bars++;
    step(state, (struct qt__tape){.read = tape, .write = tape}, bar);
}

bool
qt__peek(const void *state, size_t core_size, qt__step_fn step, const struct qt_ohlcv *bar,
         double *out)
{
    union {
        struct qt__head head;
        double align;
        char bytes[QT__CORE_MAX];
    } next;
    qt_assert(core_size <= sizeof next);
    memcpy(&next, state, core_size);
    next.head.bars++;
    step(&next, (struct qt__tape){.read = tape_of(state, core_size), .write = NULL}, bar);
    return qt__value(&next, out);
}

bool
qt__value(const void *state, double *out)
{
    const struct qt__head *head = state;
    if (head->bars <= head->lookback)
        return false;
    memcpy(out, head->out, sizeof head->out);
    return true;
}

bool
qt__is_tame(double x)
{
    return x > -1e30 && x < 1e30; /* false for what is not a number */
}

bool
qt__head_is_sound(const void *state, size_t lookback)
{
    const struct qt__head *head = state;
    for (int i = 0; i < QT_INDICATOR_OUTPUTS; i++)
        if (!qt__is_tame(head->out[i]))
            return false;
    return head->lookback == lookback && head->bars <= QT__COUNT_MAX;
}

bool
qt__is_zero(double x)
{
    return x > -1e-14 && x < 1e-14;
}

double
qt__typical(const struct qt_ohlcv *bar)
{
    return (bar->high + bar->low + bar->close) / 3.0;
}

double
qt__true_range(const struct qt_ohlcv *bar, double previous_close)
{
    double range = bar->high - bar->low;
    double up = fabs(previous_close - bar->high), down = fabs(previous_close - bar->low);
    if (up > range)
        range = up;
    return down > range ? down : range;
}
