/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Closed bars into a symbol: history of each interval straight to who needs it, live bars of the
 * base period through the aggregation. An aggregated bar counts only when all of it was seen: its
 * opening is not before the first base bar's, so that a start in the middle of an hour never yields
 * a short hour.
 */
#include "engine_priv.h"

struct feeding {
    struct qt_engine *engine;
    struct qt_symbol *symbol;
};

static void
add_candle(struct qt_symbol *symbol, const struct qt_ohlcv *bar)
{
    symbol->candle[symbol->candles++ % QT_VIEW_CANDLES] =
        (struct qt_candle){.open_ns = bar->open_ns,
                           .open = bar->open,
                           .high = bar->high,
                           .low = bar->low,
                           .close = bar->close,
                           .volume = bar->volume};
}

/* A complete bar of any interval, to everyone who lives on that interval; old ones are refused
 * there. */
static void
deliver(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_bar *bar)
{
    const struct qt_instrument *ins = symbol->ins;
    struct qt_ohlcv ohlcv = qt_ohlcv_of(bar, ins->px_scale, ins->qty_scale);
    if (bar->period_ns == symbol->strategy->period_ns)
        qt_volume_profile_bar(&symbol->work.profile, bar->open_ns, bar->period_ns, ohlcv.volume);
    if (bar->period_ns == symbol->scan->period_ns)
        qt_scan_symbol_bar(symbol->scan, &ohlcv,
                           qt_money_to_double(bar->quote_volume, QT_MONEY_SCALE));
    if (bar->period_ns == symbol->strategy->period_ns &&
        qt_strategy_symbol_bar(symbol->strategy, &ohlcv))
        add_candle(symbol, &ohlcv);
    (void)engine;
}

static void
on_closed(void *context, enum qt_timeframe tf, const struct qt_bar *bar)
{
    struct feeding *feeding = context;
    (void)tf;
    if (bar->period_ns > feeding->engine->base_period_ns &&
        bar->open_ns >= feeding->symbol->first_base_ns)
        deliver(feeding->engine, feeding->symbol, bar);
}

bool
qt__bar_is_recent(const struct qt_event *event)
{
    const struct qt_bar *bar = &event->bar;
    return !(event->flags & QT_EVENT_HISTORY) &&
           event->t_recv_ns < bar->open_ns + 2 * bar->period_ns;
}

/* It tells the price of now when it is recent, and nothing was heard since its end. */
static bool
is_news(const struct qt_symbol *symbol, const struct qt_event *event)
{
    return qt__bar_is_recent(event) &&
           event->bar.open_ns + event->bar.period_ns >= symbol->feed_ns; /* NONE is the least */
}

void
qt__symbol_bar(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_event *event)
{
    const struct qt_bar *bar = &event->bar;
    bool is_fresh = is_news(symbol, event);
    deliver(engine, symbol, bar);
    if (bar->period_ns != engine->base_period_ns)
        return;
    if (symbol->first_base_ns == QT_TIME_NONE)
        symbol->first_base_ns = bar->open_ns;
    struct feeding feeding = {engine, symbol};
    qt_bars_bar(&symbol->bars, bar, on_closed, &feeding);
    if (is_fresh || qt_px_is_none(symbol->last))
        symbol->last = bar->close;
    if (qt__bar_is_recent(event))
        qt__work_bar(symbol, bar);
    if (is_fresh)
        symbol->feed_ns = event->t_recv_ns;
}
