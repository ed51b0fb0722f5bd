/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Donchian channel: highest high and lowest low of n bars, the current one included, and their
 * middle.
 */
#include "indicator_priv.h"

struct donchian {
    struct qt__head head;
    struct qt__extreme highest, lowest;
};

static size_t
donchian_lookback(const double *params)
{
    return (size_t)params[0] - 1;
}

static size_t
donchian_state_size(const double *params)
{
    return sizeof(struct donchian) + sizeof(double) * (2 * QT__EXTREME_DOUBLES * (size_t)params[0]);
}

static void
donchian_init(void *state, const double *params)
{
    struct donchian *s = state;
    size_t at = 0;
    qt__state_start(state, donchian_state_size(params), donchian_lookback(params));
    qt__extreme_init(&s->highest, (size_t)params[0], 1.0, &at);
    qt__extreme_init(&s->lowest, (size_t)params[0], -1.0, &at);
}

static void
donchian_step(void *core, struct qt__tape tape, const struct qt_ohlcv *bar)
{
    struct donchian *s = core;
    double upper = qt__extreme_push(&s->highest, tape, bar->high);
    double lower = qt__extreme_push(&s->lowest, tape, bar->low);
    s->head.out[0] = upper;
    s->head.out[1] = (upper + lower) / 2.0;
    s->head.out[2] = lower;
}

static void
donchian_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct donchian), donchian_step, bar);
}

static bool
donchian_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct donchian), donchian_step, forming, out);
}

const struct qt_indicator qt_ind_donchian = {
    .name = "donchian",
    .title = "Donchian Channel",
    .family = QT_FAMILY_BAND,
    .inputs = QT_IN_HIGH | QT_IN_LOW,
    .outputs = {"upper", "middle", "lower"},
    .params = {{"period", 20, 1, 100000}},
    .convention = "all packages: the current bar is included",
    .source = "Donchian, Trend Following Methods in Commodity Price Analysis, 1957",
    .lookback = donchian_lookback,
    .state_size = donchian_state_size,
    .init = donchian_init,
    .update = donchian_update,
    .value = qt__value,
    .peek = donchian_peek,
};
