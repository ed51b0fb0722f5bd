/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commodity channel index: (typical - mean) / (0.015 mean deviation) over n bars. The deviation is
 * about the mean of the window, which moves with every bar: n steps a bar, whatever the history.
 */
#include <math.h>

#include "indicator_priv.h"

struct cci {
    struct qt__head head;
    struct qt__ring typical;
};

static size_t
cci_lookback(const double *params)
{
    return (size_t)params[0] - 1;
}

static size_t
cci_state_size(const double *params)
{
    return sizeof(struct cci) + sizeof(double) * ((size_t)params[0]);
}

static void
cci_init(void *state, const double *params)
{
    struct cci *s = state;
    size_t at = 0;
    qt__state_start(state, cci_state_size(params), cci_lookback(params));
    qt__ring_init(&s->typical, (size_t)params[0], &at);
}

/* Mean of the window in the order of its slots, x standing in slot. */
static double
mean_of(const double *window, uint64_t n, uint64_t slot, double x)
{
    double sum = 0.0;
    for (uint64_t i = 0; i < n; i++)
        sum += i == slot ? x : window[i];
    return sum / (double)n;
}

static double
deviation_of(const double *window, uint64_t n, uint64_t slot, double x, double mean)
{
    double sum = 0.0;
    for (uint64_t i = 0; i < n; i++)
        sum += fabs((i == slot ? x : window[i]) - mean);
    return sum / (double)n;
}

static void
cci_step(void *core, struct qt__tape tape, const struct qt_ohlcv *bar)
{
    struct cci *s = core;
    uint64_t n = s->typical.n, slot = s->typical.next;
    const double *window = tape.read + s->typical.at;
    double x = qt__typical(bar);
    if (s->typical.count + 1 >= n) {
        double mean = mean_of(window, n, slot, x), off = x - mean;
        double deviation = deviation_of(window, n, slot, x, mean);
        s->head.out[0] = off != 0.0 && deviation != 0.0 ? off / (0.015 * deviation) : 0.0;
    }
    qt__ring_push(&s->typical, tape, x);
}

static void
cci_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct cci), cci_step, bar);
}

static bool
cci_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct cci), cci_step, forming, out);
}

const struct qt_indicator qt_ind_cci = {
    .name = "cci",
    .title = "Commodity Channel Index",
    .family = QT_FAMILY_MOMENTUM,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 20, 2, 100000}},
    .convention = "TA-Lib: typical price, mean absolute deviation, 0.015",
    .source = "Lambert, Commodity Channel Index, 1980",
    .lookback = cci_lookback,
    .state_size = cci_state_size,
    .init = cci_init,
    .update = cci_update,
    .value = qt__value,
    .peek = cci_peek,
};
