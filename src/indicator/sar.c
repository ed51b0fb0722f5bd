/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Wilder's parabolic stop and reverse, TA-Lib's start and clamps: the first direction is short
 * where the down move of bars 0-1 is positive and larger than the up move, else long; a stop never
 * enters the range of the last two bars.
 */
#include "indicator_priv.h"

struct sar {
    struct qt__head head;
    double step, limit;
    double stop, extreme, factor; /* of the next bar; the trade's extreme; its acceleration */
    double high, low;             /* of the bar before */
    uint64_t is_long;
};

static size_t
sar_lookback(const double *params QT_UNUSED)
{
    return 1;
}

static size_t
sar_state_size(const double *params QT_UNUSED)
{
    return sizeof(struct sar);
}

static void
sar_init(void *state, const double *params)
{
    struct sar *s = state;
    qt__state_start(state, sar_state_size(params), sar_lookback(params));
    s->limit = params[1];
    s->step = QT_MIN(params[0], params[1]);
}

/* Bars 0 and 1 decide the first trade; the second stands for the bar before itself. */
static void
begin(struct sar *s, const struct qt_ohlcv *bar)
{
    double up = bar->high - s->high, down = s->low - bar->low;
    s->is_long = !(down > 0.0 && up < down);
    s->extreme = s->is_long ? bar->high : bar->low;
    s->stop = s->is_long ? s->low : s->high;
    s->factor = s->step;
    s->high = bar->high;
    s->low = bar->low;
}

/* The stop held out of the range of this bar and the one before, on the side of the trade. */
static double
held_out(const struct sar *s, const struct qt_ohlcv *bar, double stop)
{
    if (s->is_long)
        return QT_MIN(stop, QT_MIN(s->low, bar->low));
    return QT_MAX(stop, QT_MAX(s->high, bar->high));
}

static void
turn(struct sar *s, const struct qt_ohlcv *bar)
{
    s->is_long = !s->is_long;
    s->stop = held_out(s, bar, s->extreme);
    s->factor = s->step;
    s->extreme = s->is_long ? bar->high : bar->low;
}

static void
follow(struct sar *s, const struct qt_ohlcv *bar)
{
    bool is_further = s->is_long ? bar->high > s->extreme : bar->low < s->extreme;
    if (!is_further)
        return;
    s->extreme = s->is_long ? bar->high : bar->low;
    s->factor = QT_MIN(s->factor + s->step, s->limit);
}

static void
sar_step(void *core, struct qt__tape tape QT_UNUSED, const struct qt_ohlcv *bar)
{
    struct sar *s = core;
    if (s->head.bars > 1) {
        if (s->head.bars == 2)
            begin(s, bar);
        bool is_hit = s->is_long ? bar->low <= s->stop : bar->high >= s->stop;
        if (is_hit)
            turn(s, bar);
        s->head.out[0] = s->stop;
        if (!is_hit)
            follow(s, bar);
        s->stop = held_out(s, bar, s->stop + s->factor * (s->extreme - s->stop));
    }
    s->high = bar->high;
    s->low = bar->low;
}

static void
sar_update(void *state, const struct qt_ohlcv *bar)
{
    qt__update(state, sizeof(struct sar), sar_step, bar);
}

static bool
sar_peek(const void *state, const struct qt_ohlcv *forming, double *out)
{
    return qt__peek(state, sizeof(struct sar), sar_step, forming, out);
}

const struct qt_indicator qt_ind_sar = {
    .name = "sar",
    .title = "Parabolic Stop and Reverse",
    .family = QT_FAMILY_TREND,
    .inputs = QT_IN_HIGH | QT_IN_LOW,
    .outputs = {"value"},
    .params = {{"acceleration", 0.02, 0.0001, 1, .is_real = true},
               {"maximum", 0.2, 0.0001, 1, .is_real = true}},
    .convention = "TA-Lib: direction from the -DM of bars 0-1, clamps after a reversal",
    .source = "Wilder, New Concepts in Technical Trading Systems, 1978",
    .lookback = sar_lookback,
    .state_size = sar_state_size,
    .init = sar_init,
    .update = sar_update,
    .value = qt__value,
    .peek = sar_peek,
};
