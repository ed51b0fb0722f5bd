/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Weighted moving average: weights n for the latest close down to 1, over n (n + 1) / 2. Two
 * running sums.
 */
#include "indicator_priv.h"

struct wma {
    struct qt__head head;
    struct qt__ring closes;
    double plain, weighted; /* sums over the window before the next close */
};

static size_t
wma_lookback(const double *params)
{
    return (size_t)params[0] - 1;
}

static size_t
wma_state_size(const double *params)
{
    return sizeof(struct wma) + sizeof(double) * ((size_t)params[0]);
}

static void
wma_init(void *state, const double *params)
{
    struct wma *s = state;
    size_t at = 0;
    qt__state_start(state, wma_state_size(params), wma_lookback(params));
    qt__ring_init(&s->closes, (size_t)params[0], &at);
}

static void
wma_step(void *core, struct qt__tape tape, const struct qt_ohlcv *bar)
{
    struct wma *s = core;
    double n = (double)s->closes.n, x = bar->close;
    bool is_full = s->closes.count >= s->closes.n;
    double leaving = is_full ? qt__ring_ago(&s->closes, tape, s->closes.n) : 0.0;
    qt__ring_push(&s->closes, tape, x);
    s->plain += x;
    if (s->closes.count < s->closes.n) {
        s->weighted += x * (double)s->closes.count;
        return;
    }
    s->plain -= leaving;
    s->weighted += x * n;
    s->head.out[0] = s->weighted / (n * (n + 1.0) / 2.0);
    s->weighted -= s->plain;
}

static void
wma_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct wma), wma_step, bar);
}

static bool
wma_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct wma), wma_step, forming, out);
}

const struct qt_indicator qt_ind_wma = {
    .name = "wma",
    .title = "Weighted Moving Average",
    .family = QT_FAMILY_AVERAGE,
    .inputs = QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 20, 2, 100000}},
    .convention = "TA-Lib",
    .source = "textbook: linear weights, the latest close heaviest",
    .lookback = wma_lookback,
    .state_size = wma_state_size,
    .init = wma_init,
    .update = wma_update,
    .value = qt__value,
    .peek = wma_peek,
};
