/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Volume-weighted average of the typical price: over the last n bars, or since 00:00 UTC. Where
 * there was no volume it is the typical price of the bar.
 */
#include "qtrade/base/time.h"

#include "indicator_priv.h"

struct vwap {
    struct qt__head head;
    struct qt__sum value, volume;
};

struct session {
    struct qt__head head;
    int64_t day;
    double value, volume;
};

static size_t
vwap_lookback(const double *params)
{
    return (size_t)params[0] - 1;
}

static size_t
session_lookback(const double *params QT_UNUSED)
{
    return 0;
}

static size_t
vwap_state_size(const double *params)
{
    return sizeof(struct vwap) + sizeof(double) * (2 * (size_t)params[0]);
}

static size_t
session_state_size(const double *params QT_UNUSED)
{
    return sizeof(struct session);
}

static void
vwap_init(void *state, const double *params)
{
    struct vwap *s = state;
    size_t at = 0;
    qt__state_start(state, vwap_state_size(params), vwap_lookback(params));
    qt__sum_init(&s->value, (size_t)params[0], &at);
    qt__sum_init(&s->volume, (size_t)params[0], &at);
}

static void
session_init(void *state, const double *params)
{
    struct session *s = state;
    qt__state_start(state, session_state_size(params), session_lookback(params));
    s->day = INT64_MIN;
}

static void
vwap_step(void *core, struct qt__tape tape, const struct qt_ohlcv *bar)
{
    struct vwap *s = core;
    double typical = qt__typical(bar);
    double value = qt__sum_push(&s->value, tape, typical * bar->volume);
    double volume = qt__sum_push(&s->volume, tape, bar->volume);
    s->head.out[0] = volume > 0.0 ? value / volume : typical;
}

/* Days since the epoch, floored. */
static int64_t
day_of(int64_t ns)
{
    return ns / QT_NS_PER_DAY - (ns % QT_NS_PER_DAY < 0);
}

static void
session_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct session *s = core;
    int64_t day = day_of(bar->open_ns);
    double typical = qt__typical(bar);
    if (day != s->day) {
        s->day = day;
        s->value = s->volume = 0.0;
    }
    s->value += typical * bar->volume;
    s->volume += bar->volume;
    s->head.out[0] = s->volume > 0.0 ? s->value / s->volume : typical;
}

static void
vwap_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct vwap), vwap_step, bar);
}

static bool
vwap_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct vwap), vwap_step, forming, out);
}

static void
session_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct session), session_step, bar);
}

static bool
session_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct session), session_step, forming, out);
}

const struct qt_indicator qt_ind_vwap = {
    .name = "vwap",
    .title = "Volume-Weighted Average Price, rolling",
    .family = QT_FAMILY_VOLUME,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE | QT_IN_VOLUME,
    .outputs = {"value"},
    .params = {{"period", 20, 1, 100000}},
    .convention = "qtrade: typical price, last n bars",
    .source = "Berkowitz, Logue and Noser, The Total Cost of Transactions on the NYSE, 1988",
    .lookback = vwap_lookback,
    .state_size = vwap_state_size,
    .init = vwap_init,
    .update = vwap_update,
    .value = qt__value,
    .peek = vwap_peek,
};

const struct qt_indicator qt_ind_vwap_session_utc = {
    .name = "vwap_session_utc",
    .title = "Volume-Weighted Average Price since 00:00 UTC",
    .family = QT_FAMILY_VOLUME,
    .inputs = QT_IN_HIGH | QT_IN_LOW | QT_IN_CLOSE | QT_IN_VOLUME | QT_IN_TIME,
    .outputs = {"value"},
    .convention = "qtrade: typical price, resets at 00:00 UTC",
    .source = "Berkowitz, Logue and Noser, The Total Cost of Transactions on the NYSE, 1988",
    .lookback = session_lookback,
    .state_size = session_state_size,
    .init = session_init,
    .update = session_update,
    .value = qt__value,
    .peek = session_peek,
};
