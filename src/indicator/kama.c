/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kaufman's adaptive moving average: an EMA whose factor follows the efficiency ratio |change over
 * n| / sum of |changes|, between the factors of a 2 and a 30 bar EMA, squared. Seeded by the close
 * before the first value.
 */
#include <math.h>

#include "indicator_priv.h"

struct kama {
    struct qt__head head;
    struct qt__ring closes; /* n + 1 */
    double path, value;     /* sum of |change| over n bars */
};

#define SLOWEST (2.0 / (30.0 + 1.0))
#define SPREAD (2.0 / (2.0 + 1.0) - SLOWEST)

static size_t
kama_lookback(const double *params)
{
    return (size_t)params[0];
}

static size_t
kama_state_size(const double *params)
{
    return sizeof(struct kama) + sizeof(double) * ((size_t)params[0] + 1);
}

static void
kama_init(void *state, const double *params)
{
    struct kama *s = state;
    size_t at = 0;
    qt__state_start(state, kama_state_size(params), kama_lookback(params));
    qt__ring_init(&s->closes, (size_t)params[0] + 1, &at);
}

static void
kama_step(void *core, struct qt__tape tape, const struct qt_ohlcv *bar)
{
    struct kama *s = core;
    size_t n = s->closes.n - 1, count = s->closes.count;
    double x = bar->close, previous = count ? qt__ring_ago(&s->closes, tape, 1) : x;
    double first = count >= n ? qt__ring_ago(&s->closes, tape, n) : x; /* n bars ago */
    if (count > n)
        s->path -= fabs(qt__ring_ago(&s->closes, tape, n + 1) - first);
    s->path += fabs(x - previous);
    qt__ring_push(&s->closes, tape, x);
    if (count < n)
        return;
    if (count == n)
        s->value = previous;
    double change = x - first;
    double efficiency = s->path <= change || qt__is_zero(s->path) ? 1.0 : fabs(change / s->path);
    double k = efficiency * SPREAD + SLOWEST;
    s->value = (x - s->value) * (k * k) + s->value;
    s->head.out[0] = s->value;
}

static void
kama_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct kama), kama_step, bar);
}

static bool
kama_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct kama), kama_step, forming, out);
}

const struct qt_indicator qt_ind_kama = {
    .name = "kama",
    .title = "Kaufman Adaptive Moving Average",
    .family = QT_FAMILY_AVERAGE,
    .inputs = QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 10, 2, 100000}},
    .convention = "TA-Lib: fast 2 and slow 30 fixed",
    .source = "Kaufman, Trading Systems and Methods, 1995",
    .lookback = kama_lookback,
    .state_size = kama_state_size,
    .init = kama_init,
    .update = kama_update,
    .value = qt__value,
    .peek = kama_peek,
};
