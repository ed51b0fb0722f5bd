/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tillson's T3: six EMAs in a row, the last four combined by the volume factor v.
 */
#include "indicator_priv.h"

#define STAGES 6

struct t3 {
    struct qt__head head;
    struct qt__ema ema[STAGES];
    double c1, c2, c3, c4; /* weights of e6, e5, e4, e3 */
};

static size_t
t3_lookback(const double *params)
{
    return STAGES * ((size_t)params[0] - 1);
}

static size_t
t3_state_size(const double *params QT_UNUSED)
{
    return sizeof(struct t3);
}

static void
t3_init(void *state, const double *params)
{
    struct t3 *s = state;
    double v = params[1], square = v * v;
    qt__state_start(state, t3_state_size(params), t3_lookback(params));
    for (size_t i = 0; i < STAGES; i++)
        qt__ema_init(&s->ema[i], (size_t)params[0]);
    s->c1 = -(square * v);
    s->c2 = 3.0 * (square - s->c1);
    s->c3 = -6.0 * square - 3.0 * (v - s->c1);
    s->c4 = 1.0 + 3.0 * v - s->c1 + 3.0 * square;
}

static void
t3_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct t3 *s = core;
    double e[STAGES], x = bar->close;
    for (size_t i = 0; i < STAGES; i++) {
        if (!qt__ema_push_weighted(&s->ema[i], x, &e[i]))
            return;
        x = e[i];
    }
    s->head.out[0] = s->c1 * e[5] + s->c2 * e[4] + s->c3 * e[3] + s->c4 * e[2];
}

static void
t3_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct t3), t3_step, bar);
}

static bool
t3_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct t3), t3_step, forming, out);
}

const struct qt_indicator qt_ind_t3 = {
    .name = "t3",
    .title = "Tillson T3 Moving Average",
    .family = QT_FAMILY_AVERAGE,
    .inputs = QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 5, 2, 100000}, {"volume_factor", 0.7, 0, 1, .is_real = true}},
    .convention = "TA-Lib: six EMAs, each seeded by an SMA",
    .source = "Tillson, Smoothing Techniques for More Accurate Signals, 1998",
    .lookback = t3_lookback,
    .state_size = t3_state_size,
    .init = t3_init,
    .update = t3_update,
    .value = qt__value,
    .peek = t3_peek,
};
