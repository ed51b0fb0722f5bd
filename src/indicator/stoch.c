/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Slow stochastic: %K is the SMA of raw %K, %D the SMA of %K; both start together.
 */
#include "indicator_priv.h"

struct stoch {
    struct qt__head head;
    struct qt__fastk fastk;
    struct qt__sma k, d;
};

void
qt__fastk_init(struct qt__fastk *fastk, size_t n, size_t *at)
{
    qt__extreme_init(&fastk->highest, n, 1.0, at);
    qt__extreme_init(&fastk->lowest, n, -1.0, at);
}

bool
qt__fastk_push(struct qt__fastk *fastk, struct qt__tape tape, double high, double low, double close,
               double *out)
{
    double highest = qt__extreme_push(&fastk->highest, tape, high);
    double lowest = qt__extreme_push(&fastk->lowest, tape, low);
    double percent = (highest - lowest) / 100.0;
    *out = percent != 0.0 ? (close - lowest) / percent : 0.0;
    return fastk->highest.count >= fastk->highest.n;
}

static size_t
stoch_lookback(const double *params)
{
    return (size_t)params[0] + (size_t)params[1] + (size_t)params[2] - 3;
}

static size_t
stoch_state_size(const double *params)
{
    return sizeof(struct stoch) + sizeof(double) * (2 * QT__EXTREME_DOUBLES * (size_t)params[0] +
                                                    (size_t)params[1] + (size_t)params[2]);
}

static void
stoch_init(void *state, const double *params)
{
    struct stoch *s = state;
    size_t at = 0;
    qt__state_start(state, stoch_state_size(params), stoch_lookback(params));
    qt__fastk_init(&s->fastk, (size_t)params[0], &at);
    qt__sma_init(&s->k, (size_t)params[1], &at);
    qt__sma_init(&s->d, (size_t)params[2], &at);
}

static void
stoch_step(void *core, struct qt__tape tape, const struct qt_ohlcv *bar)
{
    struct stoch *s = core;
    double raw, k, d;
    if (!qt__fastk_push(&s->fastk, tape, bar->high, bar->low, bar->close, &raw) ||
        !qt__sma_push(&s->k, tape, raw, &k) || !qt__sma_push(&s->d, tape, k, &d))
        return;
    s->head.out[0] = k;
    s->head.out[1] = d;
}

static void
stoch_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct stoch), stoch_step, bar);
}

static bool
stoch_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct stoch), stoch_step, forming, out);
}

const struct qt_indicator qt_ind_stoch = {
    .name = "stoch",
    .title = "Slow Stochastic",
    .family = QT_FAMILY_MOMENTUM,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE,
    .outputs = {"k", "d"},
    .params = {{"period", 14, 1, 100000},
               {"k_smoothing", 3, 1, 100000},
               {"d_smoothing", 3, 1, 100000}},
    .convention = "TA-Lib: SMA smoothing, K and D start together",
    .source = "Lane, Lane's Stochastics, 1984",
    .lookback = stoch_lookback,
    .state_size = stoch_state_size,
    .init = stoch_init,
    .update = stoch_update,
    .value = qt__value,
    .peek = stoch_peek,
};
