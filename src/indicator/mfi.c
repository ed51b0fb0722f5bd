/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Money flow index: the share of typical price x volume of rising bars in that of rising and
 * falling bars, in percent. A bar whose typical price does not change counts for neither; total
 * flow below 1 gives 0 (both TA-Lib).
 */
#include "indicator_priv.h"

struct mfi {
    struct qt__head head;
    struct qt__ring flows; /* positive: of a rising bar, negative: of a falling one */
    double previous, rising, falling;
    uint64_t bars;
};

static size_t
mfi_lookback(const double *params)
{
    return (size_t)params[0];
}

static size_t
mfi_state_size(const double *params)
{
    return sizeof(struct mfi) + sizeof(double) * ((size_t)params[0]);
}

static void
mfi_init(void *state, const double *params)
{
    struct mfi *s = state;
    size_t at = 0;
    qt__state_start(state, mfi_state_size(params), mfi_lookback(params));
    qt__ring_init(&s->flows, (size_t)params[0], &at);
}

static void
flow_leave(struct mfi *s, double flow)
{
    if (flow > 0.0)
        s->rising -= flow;
    else
        s->falling += flow;
}

static void
mfi_step(void *core, struct qt__tape tape, const struct qt_ohlcv *bar)
{
    struct mfi *s = core;
    double typical = qt__typical(bar), change = typical - s->previous;
    double flow = typical * bar->volume;
    s->previous = typical;
    if (s->bars++ == 0)
        return;
    if (s->flows.count >= s->flows.n)
        flow_leave(s, qt__ring_ago(&s->flows, tape, s->flows.n));
    if (change < 0.0)
        s->falling += flow;
    else if (change > 0.0)
        s->rising += flow;
    qt__ring_push(&s->flows, tape, change < 0.0 ? -flow : change > 0.0 ? flow : 0.0);
    double both = s->rising + s->falling;
    s->head.out[0] = both < 1.0 ? 0.0 : 100.0 * (s->rising / both);
}

static void
mfi_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct mfi), mfi_step, bar);
}

static bool
mfi_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct mfi), mfi_step, forming, out);
}

const struct qt_indicator qt_ind_mfi = {
    .name = "mfi",
    .title = "Money Flow Index",
    .family = QT_FAMILY_VOLUME,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE | QT_IN_VOLUME,
    .outputs = {"value"},
    .params = {{"period", 14, 2, 100000}},
    .convention = "TA-Lib: unchanged bars count for neither side",
    .source = "Quong and Soudack, Volume-Weighted RSI: Money Flow, 1989",
    .lookback = mfi_lookback,
    .state_size = mfi_state_size,
    .init = mfi_init,
    .update = mfi_update,
    .value = qt__value,
    .peek = mfi_peek,
};
