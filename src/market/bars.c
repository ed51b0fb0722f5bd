/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every timeframe has one forming bar. B1: a started timeframe's forming bar opens at a multiple of
 * its period. B2: what ends first closes first, the shorter before the longer of one instant. B3: a
 * closed bar is followed by a flat one at its close, which the first trade or bar with content
 * opens anew.
 */
#include "qtrade/market/bars.h"

#include <string.h>

#include "qtrade/base/time.h"

enum content { HAS_TRADES = 1, HAS_UNKNOWN_COUNT = 2, HAS_UNKNOWN_TAKER = 4 };

static const struct {
    int64_t period_ns;
    const char *name;
} frames[QT_TIMEFRAMES] = {
    [QT_TF_1M] = {QT_NS_PER_MIN, "1m"},        [QT_TF_5M] = {5 * QT_NS_PER_MIN, "5m"},
    [QT_TF_15M] = {15 * QT_NS_PER_MIN, "15m"}, [QT_TF_1H] = {QT_NS_PER_HOUR, "1h"},
    [QT_TF_4H] = {4 * QT_NS_PER_HOUR, "4h"},   [QT_TF_1D] = {QT_NS_PER_DAY, "1d"},
};

int64_t
qt_timeframe_ns(enum qt_timeframe tf)
{
    return frames[tf].period_ns;
}

const char *
qt_timeframe_name(enum qt_timeframe tf)
{
    return (unsigned)tf < QT_TIMEFRAMES ? frames[tf].name : "?";
}

enum qt_timeframe
qt_timeframe_of_name(const char *name)
{
    unsigned tf = 0;
    while (tf < QT_TIMEFRAMES && strcmp(frames[tf].name, name) != 0)
        tf++;
    return (enum qt_timeframe)tf;
}

enum qt_timeframe
qt_timeframe_of_ns(int64_t period_ns)
{
    unsigned tf = 0;
    while (tf < QT_TIMEFRAMES && frames[tf].period_ns != period_ns)
        tf++;
    return (enum qt_timeframe)tf;
}

/* a + b for a, b >= 0, at most INT64_MAX. */
static int64_t
add_capped(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static uint32_t
count_capped(uint32_t a, uint32_t b)
{
    return b > UINT32_MAX - a ? UINT32_MAX : a + b;
}

static bool
is_started(const struct qt_bars *bars, unsigned tf)
{
    return bars->forming[tf].period_ns != 0;
}

static int64_t
end_of(const struct qt_bar *bar)
{
    return bar->open_ns + bar->period_ns;
}

static void
start_flat(struct qt_bars *bars, unsigned tf, int64_t open_ns, qt_px px)
{
    bars->forming[tf] = (struct qt_bar){.open_ns = open_ns,
                                        .period_ns = frames[tf].period_ns,
                                        .open = px,
                                        .high = px,
                                        .low = px,
                                        .close = px};
    bars->content[tf] = 0;
}

/* The forming bar as it closes: a count or a taker's part that is not wholly known is unknown. */
static struct qt_bar
finished(const struct qt_bars *bars, unsigned tf)
{
    struct qt_bar bar = bars->forming[tf];
    if (bars->content[tf] & HAS_UNKNOWN_COUNT)
        bar.trades = 0;
    if (bars->content[tf] & HAS_UNKNOWN_TAKER)
        bar.taker_buy.v = -1;
    return bar;
}

/* The timeframe >= from that ends first and at or before t (the shortest of one instant), or
 * QT_TIMEFRAMES. */
static unsigned
first_to_end(const struct qt_bars *bars, unsigned from, int64_t t_ns)
{
    unsigned first = QT_TIMEFRAMES;
    int64_t soonest = t_ns;
    for (unsigned tf = QT_TIMEFRAMES; tf-- > from;) {
        if (!is_started(bars, tf) || end_of(&bars->forming[tf]) > soonest)
            continue;
        soonest = end_of(&bars->forming[tf]);
        first = tf;
    }
    return first;
}

static void
close_until(struct qt_bars *bars, unsigned from, int64_t t_ns, qt_bar_fn closed, void *context)
{
    unsigned tf;
    while ((tf = first_to_end(bars, from, t_ns)) != QT_TIMEFRAMES) {
        struct qt_bar bar = finished(bars, tf);
        start_flat(bars, tf, end_of(&bar), bar.close);
        if (closed)
            closed(context, (enum qt_timeframe)tf, &bar);
    }
}

/* Adds a piece (one trade as a bar, or a bar) to the forming bar of tf. */
static void
merge(struct qt_bars *bars, unsigned tf, const struct qt_bar *piece)
{
    struct qt_bar *bar = &bars->forming[tf];
    if (!(bars->content[tf] & HAS_TRADES)) {
        bar->open = bar->high = bar->low = piece->open;
        bars->content[tf] |= HAS_TRADES;
    }
    bar->high.v = QT_MAX(bar->high.v, piece->high.v);
    bar->low.v = QT_MIN(bar->low.v, piece->low.v);
    bar->close = piece->close;
    bar->volume.v = add_capped(bar->volume.v, piece->volume.v);
    bar->quote_volume.v = add_capped(bar->quote_volume.v, piece->quote_volume.v);
    bar->trades = count_capped(bar->trades, piece->trades);
    if (piece->trades == 0 && piece->volume.v > 0)
        bars->content[tf] |= HAS_UNKNOWN_COUNT;
    if (piece->taker_buy.v < 0)
        bars->content[tf] |= HAS_UNKNOWN_TAKER;
    else
        bar->taker_buy.v = add_capped(bar->taker_buy.v, piece->taker_buy.v);
}

void
qt_bars_init(struct qt_bars *bars, const struct qt_instrument *ins)
{
    *bars = (struct qt_bars){.px_scale = ins->px_scale, .qty_scale = ins->qty_scale};
}

static bool
is_trade_late(const struct qt_bars *bars, int64_t t_ns)
{
    for (unsigned tf = 0; tf < QT_TIMEFRAMES; tf++)
        if (is_started(bars, tf) && t_ns < bars->forming[tf].open_ns)
            return true;
    return t_ns < 0;
}

void
qt_bars_trade(struct qt_bars *bars, int64_t t_ns, qt_px px, qt_qty qty, bool buyer_is_maker,
              qt_bar_fn closed, void *context)
{
    if (px.v <= 0 || qty.v <= 0)
        return;
    if (is_trade_late(bars, t_ns)) {
        bars->late++;
        return;
    }
    close_until(bars, 0, t_ns, closed, context);
    struct qt_bar piece = {
        .open = px, .high = px, .low = px, .close = px, .volume = qty, .trades = 1};
    if (!buyer_is_maker)
        piece.taker_buy = qty;
    if (!qt_notional(px, bars->px_scale, qty, bars->qty_scale, QT_MONEY_SCALE, &piece.quote_volume))
        piece.quote_volume.v = INT64_MAX;
    for (unsigned tf = 0; tf < QT_TIMEFRAMES; tf++) {
        if (!is_started(bars, tf))
            start_flat(bars, tf, qt_time_floor(t_ns, frames[tf].period_ns), px);
        merge(bars, tf, &piece);
    }
}

static bool
is_bar_sound(const struct qt_bar *bar)
{
    return bar->low.v > 0 && bar->low.v <= bar->open.v && bar->low.v <= bar->close.v &&
           bar->high.v >= bar->open.v && bar->high.v >= bar->close.v && bar->volume.v >= 0 &&
           bar->quote_volume.v >= 0 && bar->open_ns >= 0 && bar->open_ns % bar->period_ns == 0;
}

/* Does a bar say nothing but that nobody traded at the last price? */
static bool
is_flat_repeat(const struct qt_bar *bar, qt_px last)
{
    return bar->volume.v == 0 && bar->trades == 0 && bar->high.v == bar->low.v &&
           bar->close.v == last.v;
}

void
qt_bars_bar(struct qt_bars *bars, const struct qt_bar *bar, qt_bar_fn closed, void *context)
{
    unsigned base = qt_timeframe_of_ns(bar->period_ns);
    if (base == QT_TIMEFRAMES || !is_bar_sound(bar) ||
        (is_started(bars, base) && bar->open_ns < bars->forming[base].open_ns)) {
        bars->late++;
        return;
    }
    close_until(bars, base, bar->open_ns, closed, context);
    for (unsigned tf = base; tf < QT_TIMEFRAMES; tf++) {
        if (!is_started(bars, tf))
            start_flat(bars, tf, qt_time_floor(bar->open_ns, frames[tf].period_ns), bar->open);
        /* What a longer history has closed already is in every timeframe above it too. */
        if (bar->open_ns < bars->forming[tf].open_ns)
            break;
        if (!is_flat_repeat(bar, bars->forming[tf].close))
            merge(bars, tf, bar);
    }
    close_until(bars, base, end_of(bar), closed, context);
}

void
qt_bars_advance(struct qt_bars *bars, int64_t t_ns, qt_bar_fn closed, void *context)
{
    close_until(bars, 0, t_ns, closed, context);
}

/* A forming bar from outside; what it has no room for (a void timeframe) must be empty. */
static bool
is_forming_sound(const struct qt_bars *from, unsigned tf, int64_t now_ns)
{
    const struct qt_bar *bar = &from->forming[tf];
    if (bar->period_ns == 0)
        return from->content[tf] == 0;
    return bar->period_ns == frames[tf].period_ns && is_bar_sound(bar) && bar->taker_buy.v >= 0 &&
           bar->open_ns <= now_ns && now_ns - bar->open_ns < bar->period_ns &&
           from->content[tf] <= (HAS_TRADES | HAS_UNKNOWN_COUNT | HAS_UNKNOWN_TAKER);
}

bool
qt_bars_adopt(struct qt_bars *bars, const struct qt_bars *from, int64_t base_period_ns)
{
    unsigned base = qt_timeframe_of_ns(base_period_ns);
    if (base == QT_TIMEFRAMES || !is_started(from, base) || from->px_scale != bars->px_scale ||
        from->qty_scale != bars->qty_scale)
        return false;
    int64_t now_ns = from->forming[base].open_ns;
    for (unsigned tf = 0; tf < QT_TIMEFRAMES; tf++)
        if ((tf < base && is_started(from, tf)) || !is_forming_sound(from, tf, now_ns))
            return false;
    *bars = *from;
    return true;
}
