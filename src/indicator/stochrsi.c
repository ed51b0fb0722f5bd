/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stochastic of the RSI, two forms: TA-Lib's fast one (raw K and its SMA), and the smoothed one of
 * TradingView, whose K is TA-Lib's fast D and whose D is the SMA of that. Both are 0..100.
 */
#include "indicator_priv.h"

struct stochrsi {
    struct qt__head head;
    struct qt__rsi rsi;
    struct qt__fastk fastk;
    struct qt__sma first, second; /* second: of the smoothed form only */
};

static size_t
stochrsi_lookback(const double *params)
{
    return (size_t)params[0] + (size_t)params[1] + (size_t)params[2] - 2;
}

static size_t
smooth_lookback(const double *params)
{
    return stochrsi_lookback(params) + (size_t)params[3] - 1;
}

static size_t
stochrsi_state_size(const double *params)
{
    return sizeof(struct stochrsi) +
           sizeof(double) * (2 * QT__EXTREME_DOUBLES * (size_t)params[1] + (size_t)params[2]);
}

static size_t
smooth_state_size(const double *params)
{
    return stochrsi_state_size(params) + sizeof(double) * (size_t)params[3];
}

static void
stochrsi_init(void *state, const double *params)
{
    struct stochrsi *s = state;
    size_t at = 0;
    qt__state_start(state, stochrsi_state_size(params), stochrsi_lookback(params));
    qt__rsi_init(&s->rsi, (size_t)params[0]);
    qt__fastk_init(&s->fastk, (size_t)params[1], &at);
    qt__sma_init(&s->first, (size_t)params[2], &at);
}

static void
smooth_init(void *state, const double *params)
{
    struct stochrsi *s = state;
    qt__state_start(state, smooth_state_size(params), smooth_lookback(params));
    size_t at = 0;
    qt__rsi_init(&s->rsi, (size_t)params[0]);
    qt__fastk_init(&s->fastk, (size_t)params[1], &at);
    qt__sma_init(&s->first, (size_t)params[2], &at);
    qt__sma_init(&s->second, (size_t)params[3], &at);
}

/* Raw K of the RSI and its SMA; false while either is warming up. */
static bool
fast_push(struct stochrsi *s, struct qt__tape tape, double close, double *raw, double *average)
{
    double rsi;
    return qt__rsi_push(&s->rsi, close, &rsi) &&
           qt__fastk_push(&s->fastk, tape, rsi, rsi, rsi, raw) &&
           qt__sma_push(&s->first, tape, *raw, average);
}

static void
stochrsi_step(void *core, struct qt__tape tape, const struct qt_ohlcv *bar)
{
    struct stochrsi *s = core;
    double raw, average;
    if (!fast_push(s, tape, bar->close, &raw, &average))
        return;
    s->head.out[0] = raw;
    s->head.out[1] = average;
}

static void
smooth_step(void *core, struct qt__tape tape, const struct qt_ohlcv *bar)
{
    struct stochrsi *s = core;
    double raw, k, d;
    if (!fast_push(s, tape, bar->close, &raw, &k) || !qt__sma_push(&s->second, tape, k, &d))
        return;
    s->head.out[0] = k;
    s->head.out[1] = d;
}

static void
stochrsi_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct stochrsi), stochrsi_step, bar);
}

static bool
stochrsi_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct stochrsi), stochrsi_step, forming, out);
}

static void
smooth_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct stochrsi), smooth_step, bar);
}

static bool
smooth_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct stochrsi), smooth_step, forming, out);
}

const struct qt_indicator qt_ind_stochrsi = {
    .name = "stochrsi",
    .title = "Stochastic RSI, fast",
    .family = QT_FAMILY_MOMENTUM,
    .inputs = QT_IN_CLOSE,
    .outputs = {"fastk", "fastd"},
    .params = {{"rsi_period", 14, 2, 100000},
               {"period", 14, 1, 100000},
               {"d_smoothing", 3, 1, 100000}},
    .convention = "TA-Lib: K is raw, D its SMA",
    .source = "Chande and Kroll, The New Technical Trader, 1994",
    .lookback = stochrsi_lookback,
    .state_size = stochrsi_state_size,
    .init = stochrsi_init,
    .update = stochrsi_update,
    .value = qt__value,
    .peek = stochrsi_peek,
};

const struct qt_indicator qt_ind_stochrsi_smooth = {
    .name = "stochrsi",
    .title = "Stochastic RSI, smoothed",
    .family = QT_FAMILY_MOMENTUM,
    .inputs = QT_IN_CLOSE,
    .outputs = {"k", "d"},
    .params = {{"rsi_period", 14, 2, 100000},
               {"period", 14, 1, 100000},
               {"k_smoothing", 3, 1, 100000},
               {"d_smoothing", 3, 1, 100000}},
    .convention = "TradingView: K is TA-Lib's fast D, D its SMA",
    .source = "Chande and Kroll, The New Technical Trader, 1994",
    .lookback = smooth_lookback,
    .state_size = smooth_state_size,
    .init = smooth_init,
    .update = smooth_update,
    .value = qt__value,
    .peek = smooth_peek,
};
