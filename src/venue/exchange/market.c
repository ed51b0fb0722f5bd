/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Public calls: the venue's rules, books, trades, klines, tickers.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"

#include "news_priv.h"

bool
qt__handle_ping(struct qt__exchange *exchange, struct qt__call *call)
{
    (void)exchange;
    qt_text_add(call->out, "{}");
    return true;
}

bool
qt__handle_time(struct qt__exchange *exchange, struct qt__call *call)
{
    (void)exchange;
    qt_text_addf(call->out, "{\"serverTime\":%lld}", (long long)call->now_ms);
    return true;
}

/* The steps of a market order are those of LOT_SIZE: 0 here, as Binance writes it. */
static void
write_market_lot(struct qt_text *out, const struct qt_instrument *ins, qt_qty most)
{
    qt_text_add(out, "{\"filterType\":\"MARKET_LOT_SIZE\",\"minQty\":");
    qt__write_qty(out, QT_QTY_ZERO, ins->qty_scale);
    qt_text_add(out, ",\"maxQty\":");
    qt__write_qty(out, most, ins->qty_scale);
    qt_text_add(out, ",\"stepSize\":");
    qt__write_qty(out, QT_QTY_ZERO, ins->qty_scale);
    qt_text_add(out, "},");
}

static void
write_filters(struct qt_text *out, const struct qt_instrument *ins, qt_qty market_max)
{
    qt_text_add(out, "[{\"filterType\":\"PRICE_FILTER\",\"minPrice\":");
    qt__write_px(out, ins->min_px, ins->px_scale);
    qt_text_add(out, ",\"maxPrice\":");
    qt__write_px(out, ins->max_px, ins->px_scale);
    qt_text_add(out, ",\"tickSize\":");
    qt__write_px(out, ins->tick, ins->px_scale);
    qt_text_add(out, "},{\"filterType\":\"LOT_SIZE\",\"minQty\":");
    qt__write_qty(out, ins->min_qty, ins->qty_scale);
    qt_text_add(out, ",\"maxQty\":");
    qt__write_qty(out, ins->max_qty, ins->qty_scale);
    qt_text_add(out, ",\"stepSize\":");
    qt__write_qty(out, ins->lot, ins->qty_scale);
    qt_text_add(out, "},");
    if (market_max.v > 0)
        write_market_lot(out, ins, market_max);
    qt_text_add(out, "{\"filterType\":\"NOTIONAL\",\"minNotional\":");
    qt__write_money(out, ins->min_notional);
    qt_text_add(out, ",\"applyMinToMarket\":true,\"maxNotional\":\"9000000.00000000\","
                     "\"applyMaxToMarket\":false,\"avgPriceMins\":5},"
                     "{\"filterType\":\"PERCENT_PRICE_BY_SIDE\",\"bidMultiplierUp\":\"5\","
                     "\"bidMultiplierDown\":\"0.2\",\"askMultiplierUp\":\"5\","
                     "\"askMultiplierDown\":\"0.2\",\"avgPriceMins\":0},"
                     "{\"filterType\":\"ICEBERG_PARTS\",\"limit\":10},"
                     "{\"filterType\":\"TRAILING_DELTA\",\"minTrailingAboveDelta\":10,"
                     "\"maxTrailingAboveDelta\":2000,\"minTrailingBelowDelta\":10,"
                     "\"maxTrailingBelowDelta\":2000},"
                     "{\"filterType\":\"MAX_NUM_ORDERS\",\"maxNumOrders\":200},"
                     "{\"filterType\":\"MAX_NUM_ALGO_ORDERS\",\"maxNumAlgoOrders\":5}]");
}

static bool
write_symbol(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    qt_text_addf(out,
                 "{\"symbol\":\"%s\",\"status\":\"%s\",\"baseAsset\":\"%s\","
                 "\"baseAssetPrecision\":8,\"quoteAsset\":\"%s\",\"quotePrecision\":8,"
                 "\"quoteAssetPrecision\":8,\"baseCommissionPrecision\":8,"
                 "\"quoteCommissionPrecision\":8,",
                 ins->symbol, qt__desk_is_halted(exchange->desk, symbol) ? "BREAK" : "TRADING", ins->base,
                 ins->quote);
    qt_text_add(out, "\"orderTypes\":[\"LIMIT\",\"LIMIT_MAKER\",\"MARKET\",\"STOP_LOSS\","
                     "\"STOP_LOSS_LIMIT\",\"TAKE_PROFIT\",\"TAKE_PROFIT_LIMIT\"],"
                     "\"icebergAllowed\":true,\"ocoAllowed\":true,\"otoAllowed\":false,"
                     "\"quoteOrderQtyMarketAllowed\":true,\"allowTrailingStop\":true,"
                     "\"cancelReplaceAllowed\":true,\"isSpotTradingAllowed\":true,"
                     "\"isMarginTradingAllowed\":false,\"filters\":");
    write_filters(out, ins, qt__desk_market_max(exchange->desk, symbol));
    qt_text_add(out, ",\"permissions\":[],\"permissionSets\":[[\"SPOT\"]],"
                     "\"defaultSelfTradePreventionMode\":\"NONE\","
                     "\"allowedSelfTradePreventionModes\":[\"NONE\",\"EXPIRE_TAKER\",\"EXPIRE_MAKER\",\"EXPIRE_BOTH\"]}");
    return true;
}

bool
qt__handle_info(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt__selection selection;
    struct qt_text *out = call->out;
    bool is_good = qt__select(exchange, call, &selection);
    const struct qt__weights *weights = &exchange->weights;
    qt_text_addf(
        out,
        "{\"timezone\":\"UTC\",\"serverTime\":%lld,\"rateLimits\":["
        "{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\",\"intervalNum\":1,\"limit\":"
        "%lld},"
        "{\"rateLimitType\":\"ORDERS\",\"interval\":\"SECOND\",\"intervalNum\":10,\"limit\":%lld},"
        "{\"rateLimitType\":\"ORDERS\",\"interval\":\"DAY\",\"intervalNum\":1,\"limit\":%lld}],"
        "\"exchangeFilters\":[],\"symbols\":[",
        (long long)call->now_ms, (long long)weights->limit, (long long)weights->window->limit_10s,
        (long long)weights->window->limit);
    for (uint32_t i = 0; is_good && i < selection.n; i++) {
        qt_text_add(out, i ? "," : "");
        (void)write_symbol(exchange, out, selection.ids[i]);
    }
    qt_text_add(out, "]}");
    free(selection.ids);
    return is_good;
}

bool
qt__handle_depth(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    int64_t limit;
    if (!qt__need_symbol(exchange, call, &symbol) ||
        !qt__call_int(call, "limit", 100, 1, INT64_MAX, &limit))
        return false;
    qt__streams_snapshot(exchange, symbol);
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    size_t most = (size_t)QT_MIN(limit, (int64_t)QT__DEPTH_MAX);
    qt_text_addf(call->out, "{\"lastUpdateId\":%llu,\"bids\":",
                 (unsigned long long)qt__exchange_book_id(exchange, symbol));
    size_t n = qt__exchange_levels(exchange, symbol, QT_BUY, exchange->levels, most);
    qt__write_levels(call->out, ins, exchange->levels, n);
    qt_text_add(call->out, ",\"asks\":");
    n = qt__exchange_levels(exchange, symbol, QT_SELL, exchange->levels, most);
    qt__write_levels(call->out, ins, exchange->levels, n);
    qt_text_add_char(call->out, '}');
    return true;
}

static bool
write_price(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol, const void *context)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct qt__day day;
    (void)context;
    if (!qt__tape_day(exchange->symbols[symbol].tape, exchange->now_ns, &day))
        return false;
    qt_text_addf(out, "{\"symbol\":\"%s\",\"price\":", ins->symbol);
    qt__write_px(out, day.last, ins->px_scale);
    qt_text_add_char(out, '}');
    return true;
}

bool
qt__handle_price(struct qt__exchange *exchange, struct qt__call *call)
{
    return qt__write_selected(exchange, call, write_price, NULL);
}

static bool
write_book_ticker(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol, const void *context)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct qt_depth_level best[2] = {{.px = QT_PX_NONE}, {.px = QT_PX_NONE}};
    (void)context;
    for (int side = QT_BUY; side <= QT_SELL; side++)
        (void)qt__exchange_levels(exchange, symbol, (enum qt_side)side, &best[side], 1);
    qt_text_addf(out, "{\"symbol\":\"%s\",\"bidPrice\":", ins->symbol);
    qt__write_px(out, best[QT_BUY].px, ins->px_scale);
    qt_text_add(out, ",\"bidQty\":");
    qt__write_qty(out, best[QT_BUY].qty, ins->qty_scale);
    qt_text_add(out, ",\"askPrice\":");
    qt__write_px(out, best[QT_SELL].px, ins->px_scale);
    qt_text_add(out, ",\"askQty\":");
    qt__write_qty(out, best[QT_SELL].qty, ins->qty_scale);
    qt_text_add_char(out, '}');
    return true;
}

bool
qt__handle_book_ticker(struct qt__exchange *exchange, struct qt__call *call)
{
    return qt__write_selected(exchange, call, write_book_ticker, NULL);
}

bool
qt__handle_average(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    int64_t traded_ns;
    if (!qt__need_symbol(exchange, call, &symbol))
        return false;
    qt_text_add(call->out, "{\"mins\":5,\"price\":");
    qt__write_px(call->out, qt__average(exchange, symbol, &traded_ns),
                 qt_universe_at(exchange->universe, symbol)->px_scale);
    qt_text_addf(call->out, ",\"closeTime\":%lld}", (long long)(traded_ns / QT_NS_PER_MS));
    return true;
}
