/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Relative strength index: Wilder's averages of gains and losses, 100 gain / (gain + loss).
 */
#include "indicator_priv.h"

struct rsi {
    struct qt__head head;
    struct qt__rsi rsi;
};

void
qt__rsi_init(struct qt__rsi *rsi, size_t n)
{
    *rsi = (struct qt__rsi){.n = n};
}

bool
qt__rsi_push(struct qt__rsi *rsi, double x, double *out)
{
    double n = (double)rsi->n, change = x - rsi->previous;
    rsi->previous = x;
    if (rsi->count++ == 0)
        return false;
    bool is_seeding = rsi->count <= rsi->n + 1;
    if (!is_seeding) {
        rsi->gain *= n - 1.0;
        rsi->loss *= n - 1.0;
    }
    if (change < 0)
        rsi->loss -= change;
    else
        rsi->gain += change;
    if (rsi->count < rsi->n + 1)
        return false;
    rsi->gain /= n;
    rsi->loss /= n;
    double both = rsi->gain + rsi->loss;
    *out = qt__is_zero(both) ? 0.0 : 100.0 * (rsi->gain / both);
    return true;
}

static size_t
rsi_lookback(const double *params)
{
    return (size_t)params[0];
}

static size_t
rsi_state_size(const double *params QT_UNUSED)
{
    return sizeof(struct rsi);
}

static void
rsi_init(void *state, const double *params)
{
    struct rsi *s = state;
    qt__state_start(state, rsi_state_size(params), rsi_lookback(params));
    qt__rsi_init(&s->rsi, (size_t)params[0]);
}

static void
rsi_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct rsi *s = core;
    (void)qt__rsi_push(&s->rsi, bar->close, &s->head.out[0]);
}

static void
rsi_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct rsi), rsi_step, bar);
}

static bool
rsi_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct rsi), rsi_step, forming, out);
}

static bool
rsi_is_sound(const void *state, const double *params)
{
    const struct qt__rsi *rsi = &((const struct rsi *)state)->rsi;
    return qt__head_is_sound(state, rsi_lookback(params)) && rsi->n == (uint64_t)params[0] &&
           rsi->count <= QT__COUNT_MAX && qt__is_tame(rsi->previous) && qt__is_tame(rsi->gain) &&
           qt__is_tame(rsi->loss);
}

const struct qt_indicator qt_ind_rsi = {
    .name = "rsi",
    .title = "Relative Strength Index",
    .family = QT_FAMILY_MOMENTUM,
    .inputs = QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 14, 2, 100000}},
    .convention = "TA-Lib: Wilder, seeded by the mean of the first n changes",
    .source = "Wilder, New Concepts in Technical Trading Systems, 1978",
    .lookback = rsi_lookback,
    .state_size = rsi_state_size,
    .init = rsi_init,
    .update = rsi_update,
    .value = qt__value,
    .peek = rsi_peek,
    .is_sound = rsi_is_sound,
};
