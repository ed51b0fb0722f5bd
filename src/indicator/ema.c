/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exponential moving average: seeded by the mean of the first n closes.
 */
#include "indicator_priv.h"

struct ema {
    struct qt__head head;
    struct qt__ema average;
};

static size_t
ema_lookback(const double *params)
{
    return (size_t)params[0] - 1;
}

static size_t
ema_state_size(const double *params QT_UNUSED)
{
    return sizeof(struct ema);
}

static void
ema_init(void *state, const double *params)
{
    struct ema *s = state;
    qt__state_start(state, ema_state_size(params), ema_lookback(params));
    qt__ema_init(&s->average, (size_t)params[0]);
}

static void
ema_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct ema *s = core;
    (void)qt__ema_push(&s->average, bar->close, &s->head.out[0]);
}

static void
ema_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct ema), ema_step, bar);
}

static bool
ema_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct ema), ema_step, forming, out);
}

static bool
ema_is_sound(const void *state, const double *params)
{
    const struct ema *s = state;
    return qt__head_is_sound(state, ema_lookback(params)) &&
           qt__ema_is_sound(&s->average, (size_t)params[0]);
}

const struct qt_indicator qt_ind_ema = {
    .name = "ema",
    .title = "Exponential Moving Average",
    .family = QT_FAMILY_AVERAGE,
    .inputs = QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 20, 2, 100000}},
    .convention = "TA-Lib: seeded by the SMA of the first n",
    .source = "TA-Lib, ta_EMA, classic seed",
    .lookback = ema_lookback,
    .state_size = ema_state_size,
    .init = ema_init,
    .update = ema_update,
    .value = qt__value,
    .peek = ema_peek,
    .is_sound = ema_is_sound,
};
