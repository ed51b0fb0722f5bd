/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Chaikin money flow: money flow volume over volume of n bars, -1..1; 0 without volume; a bar
 * without a range adds nothing.
 */
#include "indicator_priv.h"

struct cmf {
    struct qt__head head;
    struct qt__sum flow, volume;
};

static size_t
cmf_lookback(const double *params)
{
    return (size_t)params[0] - 1;
}

static size_t
cmf_state_size(const double *params)
{
    return sizeof(struct cmf) + sizeof(double) * (2 * (size_t)params[0]);
}

static void
cmf_init(void *state, const double *params)
{
    struct cmf *s = state;
    size_t at = 0;
    qt__state_start(state, cmf_state_size(params), cmf_lookback(params));
    qt__sum_init(&s->flow, (size_t)params[0], &at);
    qt__sum_init(&s->volume, (size_t)params[0], &at);
}

static void
cmf_step(void *core, struct qt__tape tape, const struct qt_ohlcv *bar)
{
    struct cmf *s = core;
    double flow = qt__sum_push(&s->flow, tape, qt__money_flow(bar));
    double volume = qt__sum_push(&s->volume, tape, bar->volume);
    s->head.out[0] = volume > 0.0 ? flow / volume : 0.0;
}

static void
cmf_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct cmf), cmf_step, bar);
}

static bool
cmf_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct cmf), cmf_step, forming, out);
}

const struct qt_indicator qt_ind_cmf = {
    .name = "cmf",
    .title = "Chaikin Money Flow",
    .family = QT_FAMILY_VOLUME,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE | QT_IN_VOLUME,
    .outputs = {"value"},
    .params = {{"period", 20, 2, 100000}},
    .convention = "trading-signals = TTR: a flat bar counts 0",
    .source = "Chaikin, as in Achelis, Technical Analysis from A to Z, 1995",
    .lookback = cmf_lookback,
    .state_size = cmf_state_size,
    .init = cmf_init,
    .update = cmf_update,
    .value = qt__value,
    .peek = cmf_peek,
};
