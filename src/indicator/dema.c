/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mulloy's averages: DEMA = 2 e1 - e2 and TEMA = 3 e1 - 3 e2 + e3, where e2 is the EMA of e1 and e3
 * the EMA of e2.
 */
#include "indicator_priv.h"

struct dema {
    struct qt__head head;
    struct qt__ema ema[3];
};

static size_t
dema_lookback(const double *params)
{
    return 2 * ((size_t)params[0] - 1);
}

static size_t
tema_lookback(const double *params)
{
    return 3 * ((size_t)params[0] - 1);
}

static size_t
dema_state_size(const double *params QT_UNUSED)
{
    return sizeof(struct dema);
}

static void
chain_init(struct dema *s, const double *params, size_t lookback)
{
    qt__state_start(s, dema_state_size(params), lookback);
    for (size_t i = 0; i < QT_COUNT_OF(s->ema); i++)
        qt__ema_init(&s->ema[i], (size_t)params[0]);
}

static void
dema_init(void *state, const double *params)
{
    chain_init(state, params, dema_lookback(params));
}

static void
tema_init(void *state, const double *params)
{
    chain_init(state, params, tema_lookback(params));
}

static void
dema_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct dema *s = core;
    double e1, e2;
    if (qt__ema_push(&s->ema[0], bar->close, &e1) && qt__ema_push(&s->ema[1], e1, &e2))
        s->head.out[0] = 2.0 * e1 - e2;
}

static void
tema_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct dema *s = core;
    double e1, e2, e3;
    if (qt__ema_push(&s->ema[0], bar->close, &e1) && qt__ema_push(&s->ema[1], e1, &e2) &&
        qt__ema_push(&s->ema[2], e2, &e3))
        s->head.out[0] = e3 + (3.0 * e1 - 3.0 * e2);
}

static void
dema_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct dema), dema_step, bar);
}

static bool
dema_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct dema), dema_step, forming, out);
}

static void
tema_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct dema), tema_step, bar);
}

static bool
tema_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct dema), tema_step, forming, out);
}

const struct qt_indicator qt_ind_dema = {
    .name = "dema",
    .title = "Double Exponential Moving Average",
    .family = QT_FAMILY_AVERAGE,
    .inputs = QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 20, 2, 100000}},
    .convention = "TA-Lib: every EMA seeded by an SMA",
    .source = "Mulloy, Smoothing Data with Faster Moving Averages, 1994",
    .lookback = dema_lookback,
    .state_size = dema_state_size,
    .init = dema_init,
    .update = dema_update,
    .value = qt__value,
    .peek = dema_peek,
};

const struct qt_indicator qt_ind_tema = {
    .name = "tema",
    .title = "Triple Exponential Moving Average",
    .family = QT_FAMILY_AVERAGE,
    .inputs = QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 20, 2, 100000}},
    .convention = "TA-Lib: every EMA seeded by an SMA",
    .source = "Mulloy, Smoothing Data with Less Lag, 1994",
    .lookback = tema_lookback,
    .state_size = dema_state_size,
    .init = tema_init,
    .update = tema_update,
    .value = qt__value,
    .peek = tema_peek,
};
