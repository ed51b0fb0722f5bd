/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SuperTrend: bands of f average true ranges about the middle of the bar that only tighten until
 * the close crosses one. The ATR counts TR[0] = high - low; it starts down unless the first close
 * stands above the upper band. direction is 1 or -1.
 */
#include <string.h>

#include "indicator_priv.h"

struct supertrend {
    struct qt__head head;
    struct qt__atr atr;
    double factor, upper, lower, close; /* bands and close of the bar before */
    uint64_t is_up, has_bands;
};

static size_t
supertrend_lookback(const double *params)
{
    return (size_t)params[0] - 1;
}

static size_t
supertrend_state_size(const double *params QT_UNUSED)
{
    return sizeof(struct supertrend);
}

static void
supertrend_init(void *state, const double *params)
{
    struct supertrend *s = state;
    qt__state_start(state, supertrend_state_size(params), supertrend_lookback(params));
    qt__atr_init(&s->atr, (size_t)params[0], true);
    s->factor = params[1];
}

static void
bands_move(struct supertrend *s, double upper, double lower, double close)
{
    if (!s->has_bands) {
        s->upper = upper;
        s->lower = lower;
        s->is_up = close > upper;
        s->has_bands = true;
        return;
    }
    if (upper < s->upper || s->close > s->upper)
        s->upper = upper;
    if (lower > s->lower || s->close < s->lower)
        s->lower = lower;
    s->is_up = s->is_up ? close >= s->lower : close > s->upper;
}

static void
supertrend_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct supertrend *s = core;
    double range, middle = (bar->high + bar->low) / 2.0;
    if (!qt__atr_push(&s->atr, bar, &range))
        return;
    bands_move(s, middle + s->factor * range, middle - s->factor * range, bar->close);
    s->close = bar->close;
    s->head.out[0] = s->is_up ? s->lower : s->upper;
    s->head.out[1] = s->is_up ? 1.0 : -1.0;
}

static void
supertrend_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct supertrend), supertrend_step, bar);
}

static bool
supertrend_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct supertrend), supertrend_step, forming, out);
}

static bool
supertrend_is_sound(const void *state, const double *params)
{
    const struct supertrend *s = state;
    return qt__head_is_sound(state, supertrend_lookback(params)) &&
           qt__atr_is_sound(&s->atr, (size_t)params[0], true) &&
           memcmp(&s->factor, &params[1], sizeof s->factor) == 0 && qt__is_tame(s->upper) &&
           qt__is_tame(s->lower) && qt__is_tame(s->close) && s->is_up <= 1 && s->has_bands <= 1;
}

const struct qt_indicator qt_ind_supertrend = {
    .name = "supertrend",
    .title = "SuperTrend",
    .family = QT_FAMILY_TREND,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE,
    .outputs = {"value", "direction"},
    .params = {{"period", 10, 1, 100000}, {"factor", 3, 0.01, 100, .is_real = true}},
    .convention = "trading-signals: Wilder ATR with TR[0], starts down",
    .source = "Seban, Tout le monde merite d'etre riche, 2008",
    .lookback = supertrend_lookback,
    .state_size = supertrend_state_size,
    .init = supertrend_init,
    .update = supertrend_update,
    .value = qt__value,
    .peek = supertrend_peek,
    .is_sound = supertrend_is_sound,
};
