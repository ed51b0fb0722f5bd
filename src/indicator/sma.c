/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Simple moving average: the mean of the last n closes.
 */
#include "indicator_priv.h"

struct sma {
    struct qt__head head;
    struct qt__sma average;
};

static size_t
sma_lookback(const double *params)
{
    return (size_t)params[0] - 1;
}

static size_t
sma_state_size(const double *params)
{
    return sizeof(struct sma) + sizeof(double) * ((size_t)params[0]);
}

static void
sma_init(void *state, const double *params)
{
    struct sma *s = state;
    size_t at = 0;
    qt__state_start(state, sma_state_size(params), sma_lookback(params));
    qt__sma_init(&s->average, (size_t)params[0], &at);
}

static void
sma_step(void *core, struct qt__tape tape, const struct qt_ohlcv *bar)
{
    struct sma *s = core;
    (void)qt__sma_push(&s->average, tape, bar->close, &s->head.out[0]);
}

static void
sma_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct sma), sma_step, bar);
}

static bool
sma_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct sma), sma_step, forming, out);
}

const struct qt_indicator qt_ind_sma = {
    .name = "sma",
    .title = "Simple Moving Average",
    .family = QT_FAMILY_AVERAGE,
    .inputs = QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 20, 2, 100000}},
    .convention = "TA-Lib",
    .source = "textbook: the mean of the last n closes",
    .lookback = sma_lookback,
    .state_size = sma_state_size,
    .init = sma_init,
    .update = sma_update,
    .value = qt__value,
    .peek = sma_peek,
};
