/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each timeframe forms on its own from the same trades or base bars. A forming bar closes when time reaches its end;
 * before a later bar forms, the empty ones between are given with the last close and no volume.
 */
#include <string.h>

#include "qtrade/base/time.h"
#include "qtrade/market/bars.h"

static const struct {
    const char *name;
    int64_t ns;
} frames[QT_TIMEFRAMES] = {{"1m", QT_NS_PER_MIN},       {"5m", 5 * QT_NS_PER_MIN},
                           {"15m", 15 * QT_NS_PER_MIN}, {"1h", QT_NS_PER_HOUR},
                           {"4h", 4 * QT_NS_PER_HOUR},  {"1d", QT_NS_PER_DAY}};

int64_t
qt_timeframe_ns(enum qt_timeframe tf)
{
    return (unsigned)tf < QT_TIMEFRAMES ? frames[tf].ns : 0;
}

const char *
qt_timeframe_name(enum qt_timeframe tf)
{
    return (unsigned)tf < QT_TIMEFRAMES ? frames[tf].name : "?";
}

enum qt_timeframe
qt_timeframe_of_name(const char *name)
{
    int tf = 0;
    while (tf < QT_TIMEFRAMES && strcmp(frames[tf].name, name) != 0)
        tf++;
    return (enum qt_timeframe)tf;
}

enum qt_timeframe
qt_timeframe_of_ns(int64_t period_ns)
{
    int tf = 0;
    while (tf < QT_TIMEFRAMES && frames[tf].ns != period_ns)
        tf++;
    return (enum qt_timeframe)tf;
}

void
qt_bars_init(struct qt_bars *bars, const struct qt_instrument *ins)
{
    memset(bars, 0, sizeof *bars);
    bars->px_scale = ins->px_scale;
    bars->qty_scale = ins->qty_scale;
}

static void
start_bar(struct qt_bar *bar, int64_t open_ns, int64_t period_ns, qt_px px)
{
    *bar = (struct qt_bar){.open_ns = open_ns,
                           .period_ns = period_ns,
                           .open = px,
                           .high = px,
                           .low = px,
                           .close = px};
}

/* Closes what of a timeframe ended at or before t_ns; a quiet stretch gives bars without volume. */
static void
close_until(struct qt_bars *bars, enum qt_timeframe tf, int64_t t_ns, qt_bar_fn closed,
            void *context)
{
    struct qt_bar *bar = &bars->forming[tf];
    while (bar->period_ns != 0 && bar->open_ns + bar->period_ns <= t_ns) {
        struct qt_bar done = *bar;
        start_bar(bar, done.open_ns + done.period_ns, done.period_ns, done.close);
        closed(context, tf, &done);
    }
}

void
qt_bars_advance(struct qt_bars *bars, int64_t t_ns, qt_bar_fn closed, void *context)
{
    for (int tf = 0; tf < QT_TIMEFRAMES; tf++)
        close_until(bars, (enum qt_timeframe)tf, t_ns, closed, context);
}

/* Is this bar still without any trade? Then the first one sets its open. */
static bool
is_empty(const struct qt_bar *bar)
{
    return bar->volume.v == 0 && bar->trades == 0 && bar->quote_volume.v == 0;
}

static void
stretch(struct qt_bar *bar, qt_px open, qt_px high, qt_px low, qt_px close)
{
    if (is_empty(bar)) {
        bar->open = open;
        bar->high = high;
        bar->low = low;
    }
    bar->high = qt_px_cmp(high, bar->high) > 0 ? high : bar->high;
    bar->low = qt_px_cmp(low, bar->low) < 0 ? low : bar->low;
    bar->close = close;
}

static void
add_volume(struct qt_bar *bar, qt_qty volume, qt_money quote_volume, qt_qty taker_buy,
           uint32_t trades)
{
    qt_qty v;
    qt_money m;
    if (qt_qty_add(bar->volume, volume, &v))
        bar->volume = v;
    if (qt_money_add(bar->quote_volume, quote_volume, &m))
        bar->quote_volume = m;
    if (bar->taker_buy.v >= 0)
        bar->taker_buy.v = taker_buy.v < 0 ? -1 : bar->taker_buy.v + taker_buy.v;
    bar->trades += trades;
}

void
qt_bars_trade(struct qt_bars *bars, int64_t t_ns, qt_px px, qt_qty qty, bool buyer_is_maker,
              qt_bar_fn closed, void *context)
{
    if (bars->forming[QT_TF_1M].period_ns != 0 && t_ns < bars->forming[QT_TF_1M].open_ns) {
        bars->late++;
        return;
    }
    qt_money quote = QT_MONEY_ZERO;
    if (!qt_notional(px, bars->px_scale, qty, bars->qty_scale, QT_MONEY_SCALE, &quote))
        return;
    qt_bars_advance(bars, t_ns, closed, context);
    for (int tf = 0; tf < QT_TIMEFRAMES; tf++) {
        struct qt_bar *bar = &bars->forming[tf];
        if (bar->period_ns == 0)
            start_bar(bar, qt_time_floor(t_ns, frames[tf].ns), frames[tf].ns, px);
        stretch(bar, px, px, px, px);
        add_volume(bar, qty, quote, buyer_is_maker ? QT_QTY_ZERO : qty, 1);
    }
}

void
qt_bars_bar(struct qt_bars *bars, const struct qt_bar *bar, qt_bar_fn closed, void *context)
{
    enum qt_timeframe base = qt_timeframe_of_ns(bar->period_ns);
    if (base == QT_TIMEFRAMES)
        return;
    struct qt_bar *mine = &bars->forming[base];
    if (mine->period_ns != 0 && bar->open_ns < mine->open_ns) {
        bars->late++;
        return;
    }
    for (int tf = (int)base; tf < QT_TIMEFRAMES; tf++) {
        struct qt_bar *forming = &bars->forming[tf];
        close_until(bars, (enum qt_timeframe)tf, bar->open_ns, closed, context);
        if (forming->period_ns == 0)
            start_bar(forming, qt_time_floor(bar->open_ns, frames[tf].ns), frames[tf].ns,
                      bar->open);
        stretch(forming, bar->open, bar->high, bar->low, bar->close);
        add_volume(forming, bar->volume, bar->quote_volume, bar->taker_buy, bar->trades);
    }
    for (int tf = (int)base; tf < QT_TIMEFRAMES; tf++)
        close_until(bars, (enum qt_timeframe)tf, bar->open_ns + bar->period_ns, closed, context);
}
