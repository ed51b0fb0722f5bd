/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Change over n closes: ROC in percent, MOM in price.
 */
#include "indicator_priv.h"

struct roc {
    struct qt__head head;
    struct qt__ring closes;
};

static size_t
roc_lookback(const double *params)
{
    return (size_t)params[0];
}

static size_t
roc_state_size(const double *params)
{
    return sizeof(struct roc) + sizeof(double) * ((size_t)params[0]);
}

static void
roc_init(void *state, const double *params)
{
    struct roc *s = state;
    size_t at = 0;
    qt__state_start(state, roc_state_size(params), roc_lookback(params));
    qt__ring_init(&s->closes, (size_t)params[0], &at);
}

/* Pushes a close; true with the close n bars before it in *out. */
static bool
closes_push(struct qt__ring *closes, struct qt__tape tape, double x, double *out)
{
    bool is_full = closes->count >= closes->n;
    if (is_full)
        *out = qt__ring_ago(closes, tape, closes->n);
    qt__ring_push(closes, tape, x);
    return is_full;
}

static void
roc_step(void *core, struct qt__tape tape, const struct qt_ohlcv *bar)
{
    struct roc *s = core;
    double before;
    if (closes_push(&s->closes, tape, bar->close, &before))
        s->head.out[0] = before != 0.0 ? (bar->close / before - 1.0) * 100.0 : 0.0;
}

static void
mom_step(void *core, struct qt__tape tape, const struct qt_ohlcv *bar)
{
    struct roc *s = core;
    double before;
    if (closes_push(&s->closes, tape, bar->close, &before))
        s->head.out[0] = bar->close - before;
}

static void
roc_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct roc), roc_step, bar);
}

static bool
roc_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct roc), roc_step, forming, out);
}

static void
mom_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct roc), mom_step, bar);
}

static bool
mom_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct roc), mom_step, forming, out);
}

const struct qt_indicator qt_ind_roc = {
    .name = "roc",
    .title = "Rate of Change",
    .family = QT_FAMILY_MOMENTUM,
    .inputs = QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 10, 1, 100000}},
    .convention = "TA-Lib: percent",
    .source = "textbook: 100 (close / close n bars ago - 1)",
    .lookback = roc_lookback,
    .state_size = roc_state_size,
    .init = roc_init,
    .update = roc_update,
    .value = qt__value,
    .peek = roc_peek,
};

const struct qt_indicator qt_ind_mom = {
    .name = "mom",
    .title = "Momentum",
    .family = QT_FAMILY_MOMENTUM,
    .inputs = QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 10, 1, 100000}},
    .convention = "TA-Lib",
    .source = "textbook: close - close n bars ago",
    .lookback = roc_lookback,
    .state_size = roc_state_size,
    .init = roc_init,
    .update = mom_update,
    .value = qt__value,
    .peek = mom_peek,
};
