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

/* Symbols */

/* The symbols of a call: "symbol", "symbols" (a JSON list), or all. */
struct selection {
    uint32_t *ids; /* the caller frees */
    uint32_t n;
    bool is_single; /* the answer is an object, not a list */
};

/* Reads ["A","B"] into ids; false: fault. */
static bool
select_list(struct qt__exchange *exchange, struct qt__call *call, const char *list,
            struct selection *out)
{
    for (const char *p = list; (p = strchr(p, '"')) != NULL;) {
        size_t n = strcspn(++p, "\"");
        uint32_t id = qt_universe_find(exchange->universe, p, n);
        if (p[n] != '"')
            return qt__call_fail(
                call, QT__FAULT_CHARACTERS, "symbols",
                "^\\[(\"[A-Z0-9-_.]{1,20}\"(,\"[A-Z0-9-_.]{1,20}\"){0,}){0,1}\\]$");
        if (id == QT_NO_INSTRUMENT || out->n == exchange->n_symbols)
            return qt__call_fail(call, QT__FAULT_SYMBOL);
        out->ids[out->n++] = id;
        p += n + 1;
    }
    return true;
}

static bool
select_symbols(struct qt__exchange *exchange, struct qt__call *call, struct selection *out)
{
    *out = (struct selection){.ids = calloc(exchange->n_symbols + 1, sizeof(uint32_t))};
    if (!out->ids)
        return qt__call_fail(call, QT__FAULT_UNKNOWN);
    if (qt__call_has(call, "symbol")) {
        out->is_single = true;
        out->n = 1;
        return qt__need_symbol(exchange, call, &out->ids[0]);
    }
    char *list = qt__call_long(call, "symbols");
    bool is_list = list != NULL;
    bool is_good = !is_list || select_list(exchange, call, list, out);
    free(list);
    for (uint32_t i = 0; !is_list && i < exchange->n_symbols; i++)
        out->ids[out->n++] = i;
    return is_good;
}

/* Writes one row a selected symbol; write says false where nothing is known. */
static bool
write_selected(struct qt__exchange *exchange, struct qt__call *call,
               bool (*write)(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol))
{
    struct selection selection;
    bool is_good = select_symbols(exchange, call, &selection), is_first = true;
    struct qt_text *out = call->out;
    if (is_good && !selection.is_single)
        qt_text_add_char(out, '[');
    for (uint32_t i = 0; is_good && i < selection.n; i++) {
        size_t before = out->length;
        qt_text_add(out, is_first ? "" : ",");
        if (write(exchange, out, selection.ids[i]))
            is_first = false;
        else
            out->buffer[out->length = before] = '\0';
    }
    if (is_good && !selection.is_single)
        qt_text_add_char(out, ']');
    free(selection.ids);
    if (is_good && is_first && selection.is_single)
        qt_text_add(out, "{}");
    return is_good;
}

static void
write_filters(struct qt_text *out, const struct qt_instrument *ins)
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
    qt_text_add(out, "},{\"filterType\":\"NOTIONAL\",\"minNotional\":");
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
                     "\"cancelReplaceAllowed\":false,\"isSpotTradingAllowed\":true,"
                     "\"isMarginTradingAllowed\":false,\"filters\":");
    write_filters(out, ins);
    qt_text_add(out, ",\"permissions\":[],\"permissionSets\":[[\"SPOT\"]],"
                     "\"defaultSelfTradePreventionMode\":\"NONE\","
                     "\"allowedSelfTradePreventionModes\":[\"NONE\",\"EXPIRE_TAKER\",\"EXPIRE_MAKER\",\"EXPIRE_BOTH\"]}");
    return true;
}

bool
qt__handle_info(struct qt__exchange *exchange, struct qt__call *call)
{
    struct selection selection;
    struct qt_text *out = call->out;
    bool is_good = select_symbols(exchange, call, &selection);
    const struct qt__weights *weights = &exchange->weights;
    qt_text_addf(
        out,
        "{\"timezone\":\"UTC\",\"serverTime\":%lld,\"rateLimits\":["
        "{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\",\"intervalNum\":1,\"limit\":"
        "%lld},"
        "{\"rateLimitType\":\"ORDERS\",\"interval\":\"SECOND\",\"intervalNum\":10,\"limit\":%lld},"
        "{\"rateLimitType\":\"ORDERS\",\"interval\":\"DAY\",\"intervalNum\":1,\"limit\":%lld}],"
        "\"exchangeFilters\":[],\"symbols\":[",
        (long long)call->now_ms, (long long)weights->limit, (long long)weights->order_limit_10s,
        (long long)weights->order_limit_1d);
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
                 (unsigned long long)qt__desk_book_id(exchange->desk, symbol));
    size_t n = qt__desk_levels(exchange->desk, symbol, QT_BUY, exchange->levels, most);
    qt__write_levels(call->out, ins, exchange->levels, n);
    qt_text_add(call->out, ",\"asks\":");
    n = qt__desk_levels(exchange->desk, symbol, QT_SELL, exchange->levels, most);
    qt__write_levels(call->out, ins, exchange->levels, n);
    qt_text_add_char(call->out, '}');
    return true;
}

bool
qt__handle_trades(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    int64_t limit;
    if (!qt__need_symbol(exchange, call, &symbol) ||
        !qt__call_int(call, "limit", 500, 1, QT__LIST_MAX, &limit))
        return false;
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct qt_text *out = call->out;
    size_t n = qt__tape_prints(exchange->symbols[symbol].tape, exchange->prints, (size_t)limit);
    qt_text_add_char(out, '[');
    for (size_t i = 0; i < n; i++) {
        const struct qt_match_print *print = &exchange->prints[i];
        qt_money quote = QT_MONEY_ZERO;
        (void)!qt_instrument_notional(ins, print->px, print->qty, &quote);
        qt_text_addf(out, "%s{\"id\":%llu,\"price\":", i ? "," : "", (unsigned long long)print->id);
        qt__write_px(out, print->px, ins->px_scale);
        qt_text_add(out, ",\"qty\":");
        qt__write_qty(out, print->qty, ins->qty_scale);
        qt_text_add(out, ",\"quoteQty\":");
        qt__write_money(out, quote);
        qt_text_addf(out, ",\"time\":%lld,\"isBuyerMaker\":%s,\"isBestMatch\":true}",
                     (long long)(print->t_ns / QT_NS_PER_MS),
                     print->buyer_is_maker ? "true" : "false");
    }
    qt_text_add_char(out, ']');
    return true;
}

/* A time parameter in ms as ns; def when absent. */
static bool
time_param(struct qt__call *call, const char *name, int64_t def, int64_t *out_ns)
{
    int64_t ms;
    if (!qt__call_has(call, name)) {
        *out_ns = def;
        return true;
    }
    if (!qt__call_int(call, name, 0, 0, INT64_MAX / QT_NS_PER_MS - 1, &ms))
        return false;
    *out_ns = ms * QT_NS_PER_MS;
    return true;
}

bool
qt__handle_klines(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    int64_t limit, from, to;
    char interval[QT__PARAM_MAX];
    if (!qt__need_symbol(exchange, call, &symbol) || !qt__call_need(call, "interval", interval))
        return false;
    enum qt_timeframe tf = qt_timeframe_of_name(interval);
    if (tf == QT_TIMEFRAMES)
        return qt__call_fail(call, QT__FAULT_INTERVAL);
    if (!qt__call_int(call, "limit", 500, 1, QT__LIST_MAX, &limit) ||
        !time_param(call, "startTime", QT_TIME_NONE, &from) ||
        !time_param(call, "endTime", INT64_MAX, &to))
        return false;
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    size_t n =
        qt__tape_bars(exchange->symbols[symbol].tape, tf, from, to, exchange->bars, (size_t)limit);
    qt_text_add_char(call->out, '[');
    for (size_t i = 0; i < n; i++) {
        qt_text_add(call->out, i ? "," : "");
        qt__write_kline_fields(call->out, ins, &exchange->bars[i]);
    }
    qt_text_add_char(call->out, ']');
    return true;
}

static bool
write_day(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol)
{
    return qt__news_day(exchange, out, symbol);
}

bool
qt__handle_day(struct qt__exchange *exchange, struct qt__call *call)
{
    return write_selected(exchange, call, write_day);
}

static bool
write_price(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct qt__day day;
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
    return write_selected(exchange, call, write_price);
}

static bool
write_book_ticker(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct qt_depth_level best[2] = {{.px = QT_PX_NONE}, {.px = QT_PX_NONE}};
    for (int side = QT_BUY; side <= QT_SELL; side++)
        (void)qt__desk_levels(exchange->desk, symbol, (enum qt_side)side, &best[side], 1);
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
    return write_selected(exchange, call, write_book_ticker);
}

bool
qt__handle_average(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    if (!qt__need_symbol(exchange, call, &symbol))
        return false;
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    size_t n = qt__tape_bars(exchange->symbols[symbol].tape, QT_TF_1M, QT_TIME_NONE, INT64_MAX,
                             exchange->bars, 5);
    double quote = 0, volume = 0;
    qt_px average = n > 0 ? exchange->bars[n - 1].close : QT_PX_NONE;
    for (size_t i = 0; i < n; i++) {
        quote += qt_money_to_double(exchange->bars[i].quote_volume, QT_MONEY_SCALE);
        volume += qt_qty_to_double(exchange->bars[i].volume, ins->qty_scale);
    }
    if (volume > 0)
        (void)!qt_px_of_double(quote / volume, ins->px_scale, &average);
    qt_text_add(call->out, "{\"mins\":5,\"price\":");
    qt__write_px(call->out, average, ins->px_scale);
    qt_text_addf(call->out, ",\"closeTime\":%lld}", (long long)call->now_ms);
    return true;
}
