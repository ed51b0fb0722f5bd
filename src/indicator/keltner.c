/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keltner channels, the modern form: EMA of the closes and f average true ranges either side.
 */
#include "indicator_priv.h"

struct keltner {
    struct qt__head head;
    struct qt__ema middle;
    struct qt__atr atr;
    double factor;
};

static size_t
keltner_lookback(const double *params)
{
    return (size_t)QT_MAX(params[0] - 1.0, params[1]);
}

static size_t
keltner_state_size(const double *params QT_UNUSED)
{
    return sizeof(struct keltner);
}

static void
keltner_init(void *state, const double *params)
{
    struct keltner *s = state;
    qt__state_start(state, keltner_state_size(params), keltner_lookback(params));
    qt__ema_init(&s->middle, (size_t)params[0]);
    qt__atr_init(&s->atr, (size_t)params[1], false);
    s->factor = params[2];
}

static void
keltner_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct keltner *s = core;
    double middle = 0.0, range = 0.0;
    bool has_middle = qt__ema_push(&s->middle, bar->close, &middle);
    bool has_range = qt__atr_push(&s->atr, bar, &range);
    if (!has_middle || !has_range)
        return;
    s->head.out[0] = middle + s->factor * range;
    s->head.out[1] = middle;
    s->head.out[2] = middle - s->factor * range;
}

static void
keltner_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct keltner), keltner_step, bar);
}

static bool
keltner_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct keltner), keltner_step, forming, out);
}

const struct qt_indicator qt_ind_keltner = {
    .name = "keltner",
    .title = "Keltner Channels",
    .family = QT_FAMILY_BAND,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE,
    .outputs = {"upper", "middle", "lower"},
    .params = {{"period", 20, 2, 100000},
               {"atr_period", 10, 1, 100000},
               {"factor", 2, 0.01, 100, .is_real = true}},
    .convention = "TradingView on TA-Lib's EMA and ATR",
    .source = "Raschke, as in Kaufman, Trading Systems and Methods, 2013",
    .lookback = keltner_lookback,
    .state_size = keltner_state_size,
    .init = keltner_init,
    .update = keltner_update,
    .value = qt__value,
    .peek = keltner_peek,
};
