/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Moving average convergence/divergence. The fast EMA is seeded where the slow one starts: by the
 * mean of the last fast-period closes of the slow one's first window; all three columns start with
 * the signal.
 */
#include "indicator_priv.h"

struct macd {
    struct qt__head head;
    struct qt__ema fast, slow, signal;
    uint64_t skip; /* closes that the fast EMA does not see */
};

/* Periods in order, as TA-Lib takes them. */
static size_t
fast_of(const double *params)
{
    return (size_t)QT_MIN(params[0], params[1]);
}

static size_t
slow_of(const double *params)
{
    return (size_t)QT_MAX(params[0], params[1]);
}

static size_t
macd_lookback(const double *params)
{
    return slow_of(params) + (size_t)params[2] - 2;
}

static size_t
macd_state_size(const double *params QT_UNUSED)
{
    return sizeof(struct macd);
}

static void
macd_init(void *state, const double *params)
{
    struct macd *s = state;
    qt__state_start(state, macd_state_size(params), macd_lookback(params));
    qt__ema_init(&s->fast, fast_of(params));
    qt__ema_init(&s->slow, slow_of(params));
    qt__ema_init(&s->signal, (size_t)params[2]);
    s->skip = slow_of(params) - fast_of(params);
}

static void
macd_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct macd *s = core;
    double fast = 0.0, slow, signal;
    if (s->skip)
        s->skip--;
    else
        (void)qt__ema_push(&s->fast, bar->close, &fast);
    if (!qt__ema_push(&s->slow, bar->close, &slow))
        return;
    double line = fast - slow;
    if (!qt__ema_push(&s->signal, line, &signal))
        return;
    s->head.out[0] = line;
    s->head.out[1] = signal;
    s->head.out[2] = line - signal;
}

static void
macd_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct macd), macd_step, bar);
}

static bool
macd_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct macd), macd_step, forming, out);
}

static bool
macd_is_sound(const void *state, const double *params)
{
    const struct macd *s = state;
    return qt__head_is_sound(state, macd_lookback(params)) &&
           qt__ema_is_sound(&s->fast, fast_of(params)) &&
           qt__ema_is_sound(&s->slow, slow_of(params)) &&
           qt__ema_is_sound(&s->signal, (size_t)params[2]) &&
           s->skip <= slow_of(params) - fast_of(params);
}

const struct qt_indicator qt_ind_macd = {
    .name = "macd",
    .title = "Moving Average Convergence/Divergence",
    .family = QT_FAMILY_MOMENTUM,
    .inputs = QT_IN_CLOSE,
    .outputs = {"value", "signal", "histogram"},
    .params = {{"fast", 12, 2, 100000}, {"slow", 26, 2, 100000}, {"signal", 9, 1, 100000}},
    .convention = "TA-Lib: the fast EMA is seeded at the start of the slow one",
    .source = "Appel, Technical Analysis: Power Tools for Active Investors, 2005",
    .lookback = macd_lookback,
    .state_size = macd_state_size,
    .init = macd_init,
    .update = macd_update,
    .value = qt__value,
    .peek = macd_peek,
    .is_sound = macd_is_sound,
};
