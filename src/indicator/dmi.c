/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Wilder's directional movement: sums of the up and down moves and of the true range, each S - S/n
 * + x after a start of n - 1 values; +DI, -DI, DX = 100 |+DI - -DI| / (+DI + -DI), and ADX,
 * Wilder's average of DX. Equal moves count for neither side. Where there is no movement DI is 0,
 * DX repeats itself and ADX stands still (TA-Lib).
 */
#include <math.h>
#include <string.h>

#include "indicator_priv.h"

struct dmi {
    struct qt__head head;
    double n, high, low, close; /* of the bar before */
    double plus, minus, range;  /* Wilder's sums */
    double dx_sum, adx;
};

static size_t
dmi_lookback(const double *params)
{
    return (size_t)params[0];
}

static size_t
adx_lookback(const double *params)
{
    return 2 * (size_t)params[0] - 1;
}

static size_t
dmi_state_size(const double *params QT_UNUSED)
{
    return sizeof(struct dmi);
}

static void
dmi_start(void *state, const double *params, size_t lookback)
{
    struct dmi *s = state;
    qt__state_start(state, dmi_state_size(params), lookback);
    s->n = params[0];
}

static void
dmi_init(void *state, const double *params)
{
    dmi_start(state, params, dmi_lookback(params));
}

static void
adx_init(void *state, const double *params)
{
    dmi_start(state, params, adx_lookback(params));
}

/* Takes a bar into the sums; true once they hold n moves. */
static bool
move(struct dmi *s, const struct qt_ohlcv *bar)
{
    double up = bar->high - s->high, down = s->low - bar->low;
    double range = qt__true_range(bar, s->close), index = (double)s->head.bars - 1.0;
    s->high = bar->high;
    s->low = bar->low;
    s->close = bar->close;
    if (index < 1.0)
        return false;
    if (index >= s->n) {
        s->minus -= s->minus / s->n;
        s->plus -= s->plus / s->n;
        s->range -= s->range / s->n;
    }
    if (down > 0.0 && up < down)
        s->minus += down;
    else if (up > 0.0 && up > down)
        s->plus += up;
    s->range += range;
    return index >= s->n;
}

static double
share_of(const struct dmi *s, double sum)
{
    return qt__is_zero(s->range) ? 0.0 : 100.0 * (sum / s->range);
}

/* DX of the sums; false where nothing moves. */
static bool
dx_of(const struct dmi *s, double *out)
{
    double minus = share_of(s, s->minus), plus = share_of(s, s->plus), both = minus + plus;
    if (qt__is_zero(both))
        return false;
    *out = 100.0 * (fabs(minus - plus) / both);
    return true;
}

static void
plus_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct dmi *s = core;
    if (move(s, bar))
        s->head.out[0] = share_of(s, s->plus);
}

static void
minus_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct dmi *s = core;
    if (move(s, bar))
        s->head.out[0] = share_of(s, s->minus);
}

static void
dx_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct dmi *s = core;
    if (move(s, bar))
        (void)dx_of(s, &s->head.out[0]);
}

static void
adx_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct dmi *s = core;
    double dx;
    bool is_moving = move(s, bar) && dx_of(s, &dx);
    if (s->head.bars <= s->head.lookback + 1) {
        s->dx_sum += is_moving ? dx : 0.0;
        s->adx = s->dx_sum / s->n;
    } else if (is_moving) {
        s->adx = (s->adx * (s->n - 1.0) + dx) / s->n;
    }
    s->head.out[0] = s->adx;
}

static void
plus_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct dmi), plus_step, bar);
}

static bool
plus_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct dmi), plus_step, forming, out);
}

static void
minus_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct dmi), minus_step, bar);
}

static bool
minus_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct dmi), minus_step, forming, out);
}

static void
dx_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct dmi), dx_step, bar);
}

static bool
dx_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct dmi), dx_step, forming, out);
}

static void
adx_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct dmi), adx_step, bar);
}

static bool
adx_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct dmi), adx_step, forming, out);
}

static bool
adx_is_sound(const void *state, const double *params)
{
    const struct dmi *s = state;
    return qt__head_is_sound(state, adx_lookback(params)) &&
           memcmp(&s->n, &params[0], sizeof s->n) == 0 && qt__is_tame(s->high) &&
           qt__is_tame(s->low) && qt__is_tame(s->close) && qt__is_tame(s->plus) &&
           qt__is_tame(s->minus) && qt__is_tame(s->range) && qt__is_tame(s->dx_sum) &&
           qt__is_tame(s->adx);
}

const struct qt_indicator qt_ind_plus_di = {
    .name = "plus_di",
    .title = "Plus Directional Indicator",
    .family = QT_FAMILY_TREND,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 14, 2, 100000}},
    .convention = "TA-Lib: Wilder sums, equal moves count for neither",
    .source = "Wilder, New Concepts in Technical Trading Systems, 1978",
    .lookback = dmi_lookback,
    .state_size = dmi_state_size,
    .init = dmi_init,
    .update = plus_update,
    .value = qt__value,
    .peek = plus_peek,
};

const struct qt_indicator qt_ind_minus_di = {
    .name = "minus_di",
    .title = "Minus Directional Indicator",
    .family = QT_FAMILY_TREND,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 14, 2, 100000}},
    .convention = "TA-Lib: Wilder sums, equal moves count for neither",
    .source = "Wilder, New Concepts in Technical Trading Systems, 1978",
    .lookback = dmi_lookback,
    .state_size = dmi_state_size,
    .init = dmi_init,
    .update = minus_update,
    .value = qt__value,
    .peek = minus_peek,
};

const struct qt_indicator qt_ind_dx = {
    .name = "dx",
    .title = "Directional Movement Index",
    .family = QT_FAMILY_TREND,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 14, 2, 100000}},
    .convention = "TA-Lib",
    .source = "Wilder, New Concepts in Technical Trading Systems, 1978",
    .lookback = dmi_lookback,
    .state_size = dmi_state_size,
    .init = dmi_init,
    .update = dx_update,
    .value = qt__value,
    .peek = dx_peek,
};

const struct qt_indicator qt_ind_adx = {
    .name = "adx",
    .title = "Average Directional Movement Index",
    .family = QT_FAMILY_TREND,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE,
    .outputs = {"value"},
    .params = {{"period", 14, 2, 100000}},
    .convention = "TA-Lib: seeded by the mean of the first n DX",
    .source = "Wilder, New Concepts in Technical Trading Systems, 1978",
    .lookback = adx_lookback,
    .state_size = dmi_state_size,
    .init = adx_init,
    .update = adx_update,
    .value = qt__value,
    .peek = adx_peek,
    .is_sound = adx_is_sound,
};
