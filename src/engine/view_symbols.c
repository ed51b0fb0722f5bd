/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Symbols that the screen can open: the selected ones and those with a position, with candles and
 * the values of the indicators behind their signal.
 */
#include <stdio.h>
#include <stddef.h>

#include "engine_priv.h"

#define AT(field) offsetof(struct qt_technical, field)

/* How to add an indicator to the opened symbol: a row. */
static const struct {
    const char *name;
    size_t offset; /* of a double in struct qt_technical */
} shown[] = {
    {"EMA 9", AT(ema_fast)},
    {"EMA 21", AT(ema_mid)},
    {"EMA 50", AT(ema_slow)},
    {"ADX 14", AT(adx)},
    {"RSI 14", AT(rsi)},
    {"MACD hist", AT(macd_histogram)},
    {"ATR 14", AT(atr)},
    {"Bollinger pos", AT(band_position)},
    {"Donchian high", AT(donchian_high)},
    {"Donchian low", AT(donchian_low)},
    {"SuperTrend", AT(supertrend)},
    {"volume / SMA20", AT(surge)},
};
_Static_assert(QT_COUNT_OF(shown) <= QT_VIEW_INDICATORS, "every indicator has a place");

static void
fill_indicators(const struct qt_strategy_symbol *strategy, struct qt_symbol_view *out)
{
    out->indicators = 0;
    if (!strategy->is_warm)
        return;
    for (size_t i = 0; i < QT_COUNT_OF(shown); i++) {
        qt_copy(out->indicator[i].name, sizeof out->indicator[i].name, shown[i].name);
        out->indicator[i].value =
            *(const double *)(const void *)((const char *)&strategy->now + shown[i].offset);
    }
    out->indicators = QT_COUNT_OF(shown);
}

/* Closed candles oldest first, then what forms: from the last close to the price of now. */
static void
fill_candles(const struct qt_symbol *symbol, struct qt_symbol_view *out)
{
    uint32_t closed = QT_MIN(symbol->candles, (uint32_t)QT_VIEW_CANDLES - 1);
    for (uint32_t i = 0; i < closed; i++)
        out->candle[i] = symbol->candle[(symbol->candles - closed + i) % QT_VIEW_CANDLES];
    out->candles = closed;
    enum qt_timeframe tf = qt_timeframe_of_ns(symbol->strategy->period_ns);
    if (tf == QT_TIMEFRAMES || symbol->bars.forming[tf].period_ns == 0)
        return;
    const struct qt_bar *bar = &symbol->bars.forming[tf];
    if (closed > 0 && bar->open_ns <= out->candle[closed - 1].open_ns)
        return;
    struct qt_ohlcv ohlcv = qt_ohlcv_of(bar, symbol->ins->px_scale, symbol->ins->qty_scale);
    out->candle[out->candles++] = (struct qt_candle){.open_ns = ohlcv.open_ns,
                                                     .open = ohlcv.open,
                                                     .high = ohlcv.high,
                                                     .low = ohlcv.low,
                                                     .close = ohlcv.close,
                                                     .volume = ohlcv.volume};
}

static void
fill_why(const struct qt_engine *engine, const struct qt_symbol *symbol, char *out, size_t size)
{
    const struct qt_scan_row *row = &engine->rows[symbol->ins->id];
    if (row->reason != QT_SCAN_OK) {
        snprintf(out, size, "not ranked: %s", qt_scan_reason_name(row->reason));
        return;
    }
    snprintf(out, size,
             "rank %u of %u: volatility %.0f, momentum %.0f, volume %.0f, trend %.0f; score %.1f "
             "after decay %.2f; ATR percentile %.0f, surge %.1f, ADX %.0f, 24 h %+.1f %%. %s",
             row->rank, engine->scan.eligible, row->volatility, row->momentum, row->volume,
             row->trend, row->score, row->decay, row->in.atr_percentile, row->in.surge, row->in.adx,
             row->in.change_24h_pct, symbol->why);
}

static void
fill_symbol(const struct qt_engine *engine, const struct qt_symbol *symbol,
            struct qt_symbol_view *out)
{
    out->instrument = symbol->ins->id;
    qt_copy(out->symbol, sizeof out->symbol, symbol->ins->symbol);
    out->px_scale = symbol->ins->px_scale;
    out->qty_scale = symbol->ins->qty_scale;
    out->candle_ns = symbol->strategy->period_ns;
    out->quote = symbol->quote;
    out->bids = out->asks = 0; /* depth is not watched */
    fill_candles(symbol, out);
    fill_indicators(symbol->strategy, out);
    fill_why(engine, symbol, out->why, sizeof out->why);
}

static bool
is_there(const struct qt_snapshot *out, uint32_t instrument)
{
    for (uint32_t i = 0; i < out->symbols; i++)
        if (out->symbol[i].instrument == instrument)
            return true;
    return false;
}

static void
add(const struct qt_engine *engine, uint32_t instrument, struct qt_snapshot *out)
{
    if (out->symbols < QT_VIEW_SYMBOLS && !is_there(out, instrument))
        fill_symbol(engine, &engine->symbol[instrument], &out->symbol[out->symbols++]);
}

void
qt__view_symbols(struct qt_engine *engine, struct qt_snapshot *out)
{
    out->symbols = 0;
    for (uint32_t i = 0; i < engine->top_count; i++)
        add(engine, engine->top[i], out);
    for (uint32_t i = 0; i < out->positions; i++)
        add(engine, out->position[i].instrument, out);
}
