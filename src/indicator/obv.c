/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * On-balance volume: starts at the first bar's volume, then adds or takes the volume by the sign of
 * the close's change.
 */
#include "indicator_priv.h"

struct obv {
    struct qt__head head;
    double previous, line;
};

static size_t
obv_lookback(const double *params QT_UNUSED)
{
    return 0;
}

static size_t
obv_state_size(const double *params QT_UNUSED)
{
    return sizeof(struct obv);
}

static void
obv_init(void *state, const double *params)
{
    qt__state_start(state, obv_state_size(params), obv_lookback(params));
}

static void
obv_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct obv *s = core;
    if (s->head.bars == 1 || bar->close > s->previous)
        s->line += bar->volume;
    else if (bar->close < s->previous)
        s->line -= bar->volume;
    s->previous = bar->close;
    s->head.out[0] = s->line;
}

static void
obv_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct obv), obv_step, bar);
}

static bool
obv_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct obv), obv_step, forming, out);
}

const struct qt_indicator qt_ind_obv = {
    .name = "obv",
    .title = "On-Balance Volume",
    .family = QT_FAMILY_VOLUME,
    .inputs = QT_IN_CLOSE | QT_IN_VOLUME,
    .outputs = {"value"},
    .convention = "TA-Lib: starts at volume[0]",
    .source = "Granville, New Key to Stock Market Profits, 1963",
    .lookback = obv_lookback,
    .state_size = obv_state_size,
    .init = obv_init,
    .update = obv_update,
    .value = qt__value,
    .peek = obv_peek,
};
