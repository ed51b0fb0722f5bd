/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Percentage price oscillator: 100 (fast - slow) / slow of two averages, each from its own start.
 * Two rows: of EMAs, the usual one, and of SMAs, TA-Lib's default type.
 */
#include "indicator_priv.h"

struct ppo {
    struct qt__head head;
    struct qt__ema fast, slow;
};

struct ppo_sma {
    struct qt__head head;
    struct qt__sma fast, slow;
};

static size_t
ppo_lookback(const double *params)
{
    return (size_t)QT_MAX(params[0], params[1]) - 1;
}

static size_t
ppo_state_size(const double *params QT_UNUSED)
{
    return sizeof(struct ppo);
}

static size_t
ppo_sma_state_size(const double *params)
{
    return sizeof(struct ppo_sma) + sizeof(double) * ((size_t)params[0] + (size_t)params[1]);
}

static void
ppo_init(void *state, const double *params)
{
    struct ppo *s = state;
    qt__state_start(state, ppo_state_size(params), ppo_lookback(params));
    qt__ema_init(&s->fast, (size_t)QT_MIN(params[0], params[1]));
    qt__ema_init(&s->slow, (size_t)QT_MAX(params[0], params[1]));
}

static void
ppo_sma_init(void *state, const double *params)
{
    struct ppo_sma *s = state;
    size_t at = 0;
    qt__state_start(state, ppo_sma_state_size(params), ppo_lookback(params));
    qt__sma_init(&s->fast, (size_t)QT_MIN(params[0], params[1]), &at);
    qt__sma_init(&s->slow, (size_t)QT_MAX(params[0], params[1]), &at);
}

static double
percent_of(double fast, double slow)
{
    return qt__is_zero(slow) ? 0.0 : (fast - slow) / slow * 100.0;
}

static void
ppo_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct ppo *s = core;
    double fast = 0.0, slow;
    (void)qt__ema_push(&s->fast, bar->close, &fast);
    if (qt__ema_push(&s->slow, bar->close, &slow))
        s->head.out[0] = percent_of(fast, slow);
}

static void
ppo_sma_step(void *core, struct qt__tape tape, const struct qt_ohlcv *bar)
{
    struct ppo_sma *s = core;
    double fast, slow;
    (void)qt__sma_push(&s->fast, tape, bar->close, &fast);
    if (qt__sma_push(&s->slow, tape, bar->close, &slow))
        s->head.out[0] = percent_of(fast, slow);
}

static void
ppo_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct ppo), ppo_step, bar);
}

static bool
ppo_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct ppo), ppo_step, forming, out);
}

static void
ppo_sma_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct ppo_sma), ppo_sma_step, bar);
}

static bool
ppo_sma_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct ppo_sma), ppo_sma_step, forming, out);
}

const struct qt_indicator qt_ind_ppo = {
    .name = "ppo",
    .title = "Percentage Price Oscillator",
    .family = QT_FAMILY_MOMENTUM,
    .inputs = QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"fast", 12, 2, 100000}, {"slow", 26, 2, 100000}},
    .convention = "TA-Lib with EMAs (type 1)",
    .source = "Appel, Technical Analysis: Power Tools for Active Investors, 2005",
    .lookback = ppo_lookback,
    .state_size = ppo_state_size,
    .init = ppo_init,
    .update = ppo_update,
    .value = qt__value,
    .peek = ppo_peek,
};

const struct qt_indicator qt_ind_ppo_sma = {
    .name = "ppo_sma",
    .title = "Percentage Price Oscillator of SMAs",
    .family = QT_FAMILY_MOMENTUM,
    .inputs = QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"fast", 12, 2, 100000}, {"slow", 26, 2, 100000}},
    .convention = "TA-Lib with its default type, SMA",
    .source = "TA-Lib, ta_PPO",
    .lookback = ppo_lookback,
    .state_size = ppo_sma_state_size,
    .init = ppo_sma_init,
    .update = ppo_sma_update,
    .value = qt__value,
    .peek = ppo_sma_peek,
};
