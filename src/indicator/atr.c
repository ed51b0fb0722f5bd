/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * True range, its Wilder average, and that in percent of the close.
 */
#include "indicator_priv.h"

struct trange {
    struct qt__head head;
    double previous_close;
};

struct atr {
    struct qt__head head;
    struct qt__atr atr;
};

void
qt__atr_init(struct qt__atr *atr, size_t n, bool with_first)
{
    *atr = (struct qt__atr){.with_first = with_first};
    qt__wilder_init(&atr->wilder, n);
}

bool
qt__atr_push(struct qt__atr *atr, const struct qt_ohlcv *bar, double *out)
{
    bool is_first = atr->bars++ == 0;
    double range = is_first ? bar->high - bar->low : qt__true_range(bar, atr->previous_close);
    atr->previous_close = bar->close;
    return (!is_first || atr->with_first) && qt__wilder_push(&atr->wilder, range, out);
}

bool
qt__atr_is_sound(const struct qt__atr *atr, size_t n, bool with_first)
{
    return atr->with_first == with_first && atr->bars <= QT__COUNT_MAX && atr->wilder.n == n &&
           atr->wilder.count <= QT__COUNT_MAX && qt__is_tame(atr->wilder.value) &&
           qt__is_tame(atr->previous_close);
}

static size_t
trange_lookback(const double *params QT_UNUSED)
{
    return 1;
}

static size_t
atr_lookback(const double *params)
{
    return (size_t)params[0];
}

static size_t
trange_state_size(const double *params QT_UNUSED)
{
    return sizeof(struct trange);
}

static size_t
atr_state_size(const double *params QT_UNUSED)
{
    return sizeof(struct atr);
}

static void
trange_init(void *state, const double *params)
{
    qt__state_start(state, trange_state_size(params), trange_lookback(params));
}

static void
atr_init(void *state, const double *params)
{
    struct atr *s = state;
    qt__state_start(state, atr_state_size(params), atr_lookback(params));
    qt__atr_init(&s->atr, (size_t)params[0], false);
}

static void
trange_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct trange *s = core;
    s->head.out[0] = qt__true_range(bar, s->previous_close);
    s->previous_close = bar->close;
}

static void
atr_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct atr *s = core;
    (void)qt__atr_push(&s->atr, bar, &s->head.out[0]);
}

static void
natr_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct atr *s = core;
    double range;
    if (qt__atr_push(&s->atr, bar, &range))
        s->head.out[0] = qt__is_zero(bar->close) ? 0.0 : range / bar->close * 100.0;
}

static void
trange_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct trange), trange_step, bar);
}

static bool
trange_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct trange), trange_step, forming, out);
}

static void
atr_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct atr), atr_step, bar);
}

static bool
atr_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct atr), atr_step, forming, out);
}

static void
natr_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct atr), natr_step, bar);
}

static bool
natr_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct atr), natr_step, forming, out);
}

static bool
atr_is_sound(const void *state, const double *params)
{
    const struct atr *s = state;
    return qt__head_is_sound(state, atr_lookback(params)) &&
           qt__atr_is_sound(&s->atr, (size_t)params[0], false);
}

const struct qt_indicator qt_ind_trange = {
    .name = "trange",
    .title = "True Range",
    .family = QT_FAMILY_VOLATILITY,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE,
    .outputs = {"value"},
    .convention = "TA-Lib: undefined at the first bar",
    .source = "Wilder, New Concepts in Technical Trading Systems, 1978",
    .lookback = trange_lookback,
    .state_size = trange_state_size,
    .init = trange_init,
    .update = trange_update,
    .value = qt__value,
    .peek = trange_peek,
};

const struct qt_indicator qt_ind_atr = {
    .name = "atr",
    .title = "Average True Range",
    .family = QT_FAMILY_VOLATILITY,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 14, 1, 100000}},
    .convention = "TA-Lib: Wilder, seeded by the mean of TR[1..n]",
    .source = "Wilder, New Concepts in Technical Trading Systems, 1978",
    .lookback = atr_lookback,
    .state_size = atr_state_size,
    .init = atr_init,
    .update = atr_update,
    .value = qt__value,
    .peek = atr_peek,
    .is_sound = atr_is_sound,
};

const struct qt_indicator qt_ind_natr = {
    .name = "natr",
    .title = "Normalised Average True Range",
    .family = QT_FAMILY_VOLATILITY,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 14, 2, 100000}},
    .convention = "TA-Lib: percent of the close",
    .source = "Forman, Cross-Market Evaluations with Normalized Average True Range, 2006",
    .lookback = atr_lookback,
    .state_size = atr_state_size,
    .init = atr_init,
    .update = natr_update,
    .value = qt__value,
    .peek = natr_peek,
    .is_sound = atr_is_sound,
};
