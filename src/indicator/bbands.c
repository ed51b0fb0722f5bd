/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bollinger bands: SMA of n closes and d population standard deviations either side, the variance
 * as E[x2] - E[x]2 in TA-Lib's order; a variance below 1e-14 counts as none.
 */
#include <math.h>
#include <string.h>

#include "indicator_priv.h"

struct bbands {
    struct qt__head head;
    struct qt__ring closes;
    double total, total_squares, deviations;
};

static size_t
bbands_lookback(const double *params)
{
    return (size_t)params[0] - 1;
}

static size_t
bbands_state_size(const double *params)
{
    return sizeof(struct bbands) + sizeof(double) * ((size_t)params[0]);
}

static void
bbands_init(void *state, const double *params)
{
    struct bbands *s = state;
    size_t at = 0;
    qt__state_start(state, bbands_state_size(params), bbands_lookback(params));
    qt__ring_init(&s->closes, (size_t)params[0], &at);
    s->deviations = params[1];
}

static void
bbands_step(void *core, struct qt__tape tape, const struct qt_ohlcv *bar)
{
    struct bbands *s = core;
    double n = (double)s->closes.n, x = bar->close;
    if (s->closes.count >= s->closes.n) {
        double leaving = qt__ring_ago(&s->closes, tape, s->closes.n);
        s->total -= leaving;
        s->total_squares -= leaving * leaving;
    }
    s->total += x;
    s->total_squares += x * x;
    qt__ring_push(&s->closes, tape, x);
    double mean = s->total / n, variance = s->total_squares / n - mean * mean;
    double width = (variance < 1e-14 ? 0.0 : sqrt(variance)) * s->deviations;
    s->head.out[0] = mean + width;
    s->head.out[1] = mean;
    s->head.out[2] = mean - width;
}

static void
bbands_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct bbands), bbands_step, bar);
}

static bool
bbands_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct bbands), bbands_step, forming, out);
}

static bool
bbands_is_sound(const void *state, const double *params)
{
    const struct bbands *s = state;
    const double *tape = (const double *)((const char *)state + sizeof *s);
    size_t at = 0;
    return qt__head_is_sound(state, bbands_lookback(params)) &&
           qt__ring_is_sound(&s->closes, tape, (size_t)params[0], &at) && qt__is_tame(s->total) &&
           qt__is_tame(s->total_squares) &&
           memcmp(&s->deviations, &params[1], sizeof s->deviations) == 0;
}

const struct qt_indicator qt_ind_bbands = {
    .name = "bbands",
    .title = "Bollinger Bands",
    .family = QT_FAMILY_BAND,
    .inputs = QT_IN_CLOSE,
    .outputs = {"upper", "middle", "lower"},
    .params = {{"period", 20, 2, 100000}, {"deviations", 2, 0.01, 100, .is_real = true}},
    .convention = "TA-Lib: population standard deviation",
    .source = "Bollinger, Bollinger on Bollinger Bands, 2001",
    .lookback = bbands_lookback,
    .state_size = bbands_state_size,
    .init = bbands_init,
    .update = bbands_update,
    .value = qt__value,
    .peek = bbands_peek,
    .is_sound = bbands_is_sound,
};
