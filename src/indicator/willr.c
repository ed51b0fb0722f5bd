/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Williams %R: -100 (highest - close) / (highest - lowest) over n bars, -100..0; 0 where they are
 * equal.
 */
#include "indicator_priv.h"

struct willr {
    struct qt__head head;
    struct qt__extreme highest, lowest;
};

static size_t
willr_lookback(const double *params)
{
    return (size_t)params[0] - 1;
}

static size_t
willr_state_size(const double *params)
{
    return sizeof(struct willr) + sizeof(double) * (2 * QT__EXTREME_DOUBLES * (size_t)params[0]);
}

static void
willr_init(void *state, const double *params)
{
    struct willr *s = state;
    size_t at = 0;
    qt__state_start(state, willr_state_size(params), willr_lookback(params));
    qt__extreme_init(&s->highest, (size_t)params[0], 1.0, &at);
    qt__extreme_init(&s->lowest, (size_t)params[0], -1.0, &at);
}

static void
willr_step(void *core, struct qt__tape tape, const struct qt_ohlcv *bar)
{
    struct willr *s = core;
    double highest = qt__extreme_push(&s->highest, tape, bar->high);
    double lowest = qt__extreme_push(&s->lowest, tape, bar->low);
    double percent = (highest - lowest) / -100.0;
    double off = highest - bar->close;
    s->head.out[0] = percent != 0.0 && off != 0.0 ? off / percent : 0.0;
}

static void
willr_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct willr), willr_step, bar);
}

static bool
willr_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct willr), willr_step, forming, out);
}

const struct qt_indicator qt_ind_willr = {
    .name = "willr",
    .title = "Williams %R",
    .family = QT_FAMILY_MOMENTUM,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 14, 2, 100000}},
    .convention = "TA-Lib",
    .source = "Williams, How I Made One Million Dollars Last Year Trading Commodities, 1973",
    .lookback = willr_lookback,
    .state_size = willr_state_size,
    .init = willr_init,
    .update = willr_update,
    .value = qt__value,
    .peek = willr_peek,
};
