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

static void
write_lot(struct qt_text *out, const struct qt_instrument *ins, const char *filter, qt_qty least,
          qt_qty most, qt_qty step)
{
    qt_text_addf(out, ",{\"filterType\":\"%s\"", filter);
    qt__field_qty(out, "minQty", least, ins);
    qt__field_qty(out, "maxQty", most, ins);
    qt__field_qty(out, "stepSize", step, ins);
    qt_text_add_char(out, '}');
}

static void
write_filters(struct qt_text *out, const struct qt_instrument *ins, qt_qty market_max)
{
    qt_text_add(out, "[{\"filterType\":\"PRICE_FILTER\"");
    qt__field_px(out, "minPrice", ins->min_px, ins);
    qt__field_px(out, "maxPrice", ins->max_px, ins);
    qt__field_px(out, "tickSize", ins->tick, ins);
    qt_text_add_char(out, '}');
    write_lot(out, ins, "LOT_SIZE", ins->min_qty, ins->max_qty, ins->lot);
    if (market_max.v > 0) /* its steps are those of LOT_SIZE: 0 here, as Binance writes it */
        write_lot(out, ins, "MARKET_LOT_SIZE", QT_QTY_ZERO, market_max, QT_QTY_ZERO);
    qt_text_add(out, ",{\"filterType\":\"NOTIONAL\"");
    qt__field_money(out, "minNotional", ins->min_notional);
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
    qt_text_add_char(call->out, '{');
    qt__field_int(call->out, "lastUpdateId", (int64_t)qt__exchange_book_id(exchange, symbol));
    qt__field_sides(exchange, call->out, symbol, "bids", "asks",
                    (size_t)QT_MIN(limit, (int64_t)QT__DEPTH_MAX));
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
    qt_text_add_char(out, '{');
    qt__field_text(out, "symbol", ins->symbol);
    qt__field_px(out, "price", day.last, ins);
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
    struct qt_depth_level best[2];
    (void)context;
    qt__exchange_best(exchange, symbol, best);
    qt_text_add_char(out, '{');
    qt__field_text(out, "symbol", ins->symbol);
    qt__field_px(out, "bidPrice", best[QT_BUY].px, ins);
    qt__field_qty(out, "bidQty", best[QT_BUY].qty, ins);
    qt__field_px(out, "askPrice", best[QT_SELL].px, ins);
    qt__field_qty(out, "askQty", best[QT_SELL].qty, ins);
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
    qt_px average = qt__average(exchange, symbol, &traded_ns);
    qt_text_add(call->out, "{\"mins\":5");
    qt__field_px(call->out, "price", average, qt_universe_at(exchange->universe, symbol));
    qt__field_int(call->out, "closeTime", traded_ns / QT_NS_PER_MS);
    qt_text_add_char(call->out, '}');
    return true;
}
