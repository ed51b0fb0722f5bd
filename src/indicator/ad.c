/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accumulation/distribution: the running sum of ((close - low) - (high - close)) / (high - low) x
 * volume, a bar without a range adding nothing; and Chaikin's oscillator, the difference of two
 * EMAs of it, both seeded with its first value.
 */
#include "indicator_priv.h"

struct ad {
    struct qt__head head;
    double line;
};

struct adosc {
    struct qt__head head;
    double line, fast, slow, fast_k, slow_k;
};

double
qt__money_flow(const struct qt_ohlcv *bar)
{
    double range = bar->high - bar->low;
    if (!(range > 0.0))
        return 0.0;
    return ((bar->close - bar->low) - (bar->high - bar->close)) / range * bar->volume;
}

static size_t
ad_lookback(const double *params QT_UNUSED)
{
    return 0;
}

static size_t
adosc_lookback(const double *params)
{
    return (size_t)QT_MAX(params[0], params[1]) - 1;
}

static size_t
ad_state_size(const double *params QT_UNUSED)
{
    return sizeof(struct ad);
}

static size_t
adosc_state_size(const double *params QT_UNUSED)
{
    return sizeof(struct adosc);
}

static void
ad_init(void *state, const double *params)
{
    qt__state_start(state, ad_state_size(params), ad_lookback(params));
}

static void
adosc_init(void *state, const double *params)
{
    struct adosc *s = state;
    qt__state_start(state, adosc_state_size(params), adosc_lookback(params));
    s->fast_k = 2.0 / (params[0] + 1.0);
    s->slow_k = 2.0 / (params[1] + 1.0);
}

static void
ad_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct ad *s = core;
    s->line += qt__money_flow(bar);
    s->head.out[0] = s->line;
}

static void
adosc_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct adosc *s = core;
    s->line += qt__money_flow(bar);
    bool is_first = s->head.bars == 1;
    s->fast = is_first ? s->line : s->fast_k * s->line + (1.0 - s->fast_k) * s->fast;
    s->slow = is_first ? s->line : s->slow_k * s->line + (1.0 - s->slow_k) * s->slow;
    s->head.out[0] = s->fast - s->slow;
}

static void
ad_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct ad), ad_step, bar);
}

static bool
ad_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct ad), ad_step, forming, out);
}

static void
adosc_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct adosc), adosc_step, bar);
}

static bool
adosc_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct adosc), adosc_step, forming, out);
}

const struct qt_indicator qt_ind_ad = {
    .name = "ad",
    .title = "Accumulation/Distribution Line",
    .family = QT_FAMILY_VOLUME,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE | QT_IN_VOLUME,
    .outputs = {"value"},
    .convention = "TA-Lib",
    .source = "Chaikin, as in Achelis, Technical Analysis from A to Z, 1995",
    .lookback = ad_lookback,
    .state_size = ad_state_size,
    .init = ad_init,
    .update = ad_update,
    .value = qt__value,
    .peek = ad_peek,
};

const struct qt_indicator qt_ind_adosc = {
    .name = "adosc",
    .title = "Chaikin Oscillator",
    .family = QT_FAMILY_VOLUME,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE | QT_IN_VOLUME,
    .outputs = {"value"},
    .params = {{"fast", 3, 2, 100000}, {"slow", 10, 2, 100000}},
    .convention = "TA-Lib: both EMAs seeded with the first value",
    .source = "Chaikin, as in Achelis, Technical Analysis from A to Z, 1995",
    .lookback = adosc_lookback,
    .state_size = adosc_state_size,
    .init = adosc_init,
    .update = adosc_update,
    .value = qt__value,
    .peek = adosc_peek,
};
