/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Public calls of the venue of perpetuals whose answers differ from the spot venue's. */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"

#include "usdm_priv.h"

#define PX_MOST                                                                                    \
    INT64_C(1000000000000000)           /* units: where there is no limit, a number all the same */
#define NEVER_MS INT64_C(4133404800000) /* Binance's delivery date of a perpetual */

static void
write_filters(struct qt_text *out, const struct qt_instrument *ins)
{
    const qt_px most = qt_px_floor((qt_px){PX_MOST}, ins->tick);
    qt_text_add(out, "[{\"filterType\":\"PRICE_FILTER\"");
    qt__field_px(out, "minPrice", ins->min_px, ins);
    qt__field_px(out, "maxPrice", ins->max_px.v > 0 ? ins->max_px : most, ins);
    qt__field_px(out, "tickSize", ins->tick, ins);
    qt_text_add(out, "}");
    static const char *const lots[] = {"LOT_SIZE", "MARKET_LOT_SIZE"};
    for (int i = 0; i < 2; i++) {
        qt_text_addf(out, ",{\"filterType\":\"%s\"", lots[i]);
        qt__field_qty(out, "minQty", ins->min_qty, ins);
        qt__field_qty(out, "maxQty", ins->max_qty, ins);
        qt__field_qty(out, "stepSize", ins->lot, ins);
        qt_text_add_char(out, '}');
    }
    qt_text_add(out, ",{\"filterType\":\"MAX_NUM_ORDERS\",\"limit\":200},"
                     "{\"filterType\":\"MIN_NOTIONAL\",\"notional\":\"5\"},"
                     "{\"filterType\":\"PERCENT_PRICE\",\"multiplierUp\":\"1.1500\","
                     "\"multiplierDown\":\"0.8500\",\"multiplierDecimal\":\"4\"}]");
}

static void
write_symbol(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    bool is_open = qt_perp_status(exchange->usdm->perp, symbol) == QT_INSTRUMENT_TRADING;
    qt_text_add(out, out->buffer[out->length - 1] == '[' ? "{" : ",{");
    qt__field_text(out, "symbol", ins->symbol);
    qt__field_text(out, "pair", ins->symbol);
    qt__field_text(out, "contractType", "PERPETUAL");
    qt__field_int(out, "deliveryDate", NEVER_MS);
    qt__field_int(out, "onboardDate", exchange->info.start_ns / QT_NS_PER_MS);
    qt__field_text(out, "status", is_open ? "TRADING" : "PENDING_TRADING");
    qt__field_text(out, "maintMarginPercent", "2.5000");
    qt__field_text(out, "requiredMarginPercent", "5.0000");
    qt__field_text(out, "baseAsset", ins->base);
    qt__field_text(out, "quoteAsset", ins->quote);
    qt__field_text(out, "marginAsset", ins->quote);
    qt__field_int(out, "pricePrecision", ins->px_scale);
    qt__field_int(out, "quantityPrecision", ins->qty_scale);
    qt__field_int(out, "baseAssetPrecision", 8);
    qt__field_int(out, "quotePrecision", 8);
    qt__field_text(out, "underlyingType", "COIN");
    qt_text_add(out, ",\"underlyingSubType\":[],\"settlePlan\":0,\"triggerProtect\":\"0.0500\","
                     "\"liquidationFee\":\"0.012500\",\"marketTakeBound\":\"0.15\","
                     "\"maxMoveOrderLimit\":10000,\"filters\":");
    write_filters(out, ins);
    qt_text_add(out,
                ",\"orderTypes\":[\"LIMIT\",\"MARKET\",\"STOP\",\"STOP_MARKET\",\"TAKE_PROFIT\","
                "\"TAKE_PROFIT_MARKET\",\"TRAILING_STOP_MARKET\"],"
                "\"timeInForce\":[\"GTC\",\"IOC\",\"FOK\",\"GTX\"]}");
}

bool
qt__usdm_info(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_text *out = call->out;
    const struct qt__weights *weights = &exchange->weights;
    qt_text_addf(
        out,
        "{\"timezone\":\"UTC\",\"serverTime\":%lld,\"futuresType\":\"U_MARGINED\",\"rateLimits\":["
        "{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\",\"intervalNum\":1,\"limit\":"
        "%lld},"
        "{\"rateLimitType\":\"ORDERS\",\"interval\":\"MINUTE\",\"intervalNum\":1,\"limit\":%lld},"
        "{\"rateLimitType\":\"ORDERS\",\"interval\":\"SECOND\",\"intervalNum\":10,\"limit\":%lld}],"
        "\"exchangeFilters\":[],\"assets\":[{\"asset\":\"USDT\",\"marginAvailable\":true,"
        "\"autoAssetExchange\":\"0\"}],\"symbols\":[",
        (long long)call->now_ms, (long long)weights->limit, (long long)weights->window->limit,
        (long long)weights->window->limit_10s);
    for (uint32_t i = 0; i < exchange->n_symbols; i++)
        write_symbol(exchange, out, i);
    qt_text_add(out, "]}");
    return true;
}

bool
qt__usdm_depth(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    int64_t limit;
    if (!qt__need_symbol(exchange, call, &symbol) ||
        !qt__call_int(call, "limit", 500, 1, INT64_MAX, &limit))
        return false;
    static const int64_t limits[] = {5, 10, 20, 50, 100, 500, 1000};
    bool is_known = false;
    for (size_t i = 0; i < QT_COUNT_OF(limits); i++)
        is_known |= limit == limits[i];
    if (!is_known)
        return qt__call_refuse(call, -4021, "Invalid depth limit.");
    qt__streams_snapshot(exchange, symbol);
    qt_text_add_char(call->out, '{');
    qt__field_int(call->out, "lastUpdateId", (int64_t)qt__exchange_book_id(exchange, symbol));
    qt__field_int(call->out, "E", call->now_ms);
    qt__field_int(call->out, "T", qt__exchange_ms(exchange));
    qt__field_sides(exchange, call->out, symbol, "bids", "asks",
                    (size_t)QT_MIN(limit, (int64_t)QT__DEPTH_MAX));
    qt_text_add_char(call->out, '}');
    return true;
}

static bool
write_premium(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol,
              const void *context)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct qt_perp_premium premium = qt_perp_premium(exchange->usdm->perp, symbol);
    (void)context;
    if (qt_px_is_none(premium.mark))
        return false;
    qt_text_add_char(out, '{');
    qt__field_text(out, "symbol", ins->symbol);
    qt__field_px(out, "markPrice", premium.mark, ins);
    qt__field_px(out, "indexPrice", premium.index, ins);
    qt__field_px(out, "estimatedSettlePrice", premium.mark, ins);
    qt__field_decimal(out, "lastFundingRate", premium.rate, 8);
    qt__field_decimal(out, "interestRate", premium.interest, 8);
    qt__field_int(out, "nextFundingTime", premium.next_ns / QT_NS_PER_MS);
    qt__field_int(out, "time", qt__exchange_ms(exchange));
    qt_text_add_char(out, '}');
    return true;
}

bool
qt__usdm_premium(struct qt__exchange *exchange, struct qt__call *call)
{
    return qt__write_selected(exchange, call, write_premium, NULL);
}

static void
write_funding(struct qt_text *out, const struct qt_instrument *ins,
              const struct qt_perp_funding *funding)
{
    qt_text_add(out, out->buffer[out->length - 1] == '[' ? "{" : ",{");
    qt__field_text(out, "symbol", ins->symbol);
    qt__field_int(out, "fundingTime", funding->time_ns / QT_NS_PER_MS);
    qt__field_decimal(out, "fundingRate", funding->rate, 8);
    qt__field_px(out, "markPrice", funding->mark, ins);
    qt_text_add_char(out, '}');
}

bool
qt__usdm_fundings(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_perp_funding fundings[128];
    uint32_t first, end;
    int64_t limit, from, until;
    if (!qt__symbol_range(exchange, call, &first, &end) ||
        !qt__call_int(call, "limit", 100, 1, QT__LIST_MAX, &limit) ||
        !qt__call_int(call, "startTime", 0, 0, INT64_MAX / QT_NS_PER_MS - 1, &from) ||
        !qt__call_int(call, "endTime", INT64_MAX / QT_NS_PER_MS - 1, 0,
                      INT64_MAX / QT_NS_PER_MS - 1, &until))
        return false;
    bool from_start = qt__call_has(call, "startTime");
    qt_text_add_char(call->out, '[');
    for (uint32_t i = first; i < end; i++) {
        size_t n = qt_perp_fundings(exchange->usdm->perp, i, from * QT_NS_PER_MS,
                                    until * QT_NS_PER_MS, fundings, QT_COUNT_OF(fundings));
        size_t most = QT_MIN(n, (size_t)limit), at = from_start ? 0 : n - most;
        for (size_t k = 0; k < most; k++)
            write_funding(call->out, qt_universe_at(exchange->universe, i), &fundings[at + k]);
    }
    qt_text_add_char(call->out, ']');
    return true;
}

bool
qt__usdm_funding_info(struct qt__exchange *exchange, struct qt__call *call)
{
    qt_text_add_char(call->out, '[');
    for (uint32_t i = 0; i < exchange->n_symbols; i++)
        qt_text_addf(call->out,
                     "%s{\"symbol\":\"%s\",\"adjustedFundingRateCap\":\"0.00300000\","
                     "\"adjustedFundingRateFloor\":\"-0.00300000\",\"fundingIntervalHours\":8,"
                     "\"disclaimer\":false}",
                     i ? "," : "", qt_universe_at(exchange->universe, i)->symbol);
    qt_text_add_char(call->out, ']');
    return true;
}

static bool
write_price(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol,
            const void *context)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    (void)context;
    qt_text_add_char(out, '{');
    qt__field_text(out, "symbol", ins->symbol);
    qt__field_px(out, "price", qt_perp_last(exchange->usdm->perp, symbol), ins);
    qt__field_int(out, "time", qt__exchange_ms(exchange));
    qt_text_add_char(out, '}');
    return true;
}

bool
qt__usdm_price(struct qt__exchange *exchange, struct qt__call *call)
{
    return qt__write_selected(exchange, call, write_price, NULL);
}

static bool
write_book_ticker(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol,
                  const void *context)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct qt_depth_level best[2];
    (void)context;
    qt__exchange_best(exchange, symbol, best);
    qt_text_add_char(out, '{');
    qt__field_int(out, "lastUpdateId", (int64_t)qt__exchange_book_id(exchange, symbol));
    qt__field_text(out, "symbol", ins->symbol);
    qt__field_px(out, "bidPrice", best[QT_BUY].px, ins);
    qt__field_qty(out, "bidQty", best[QT_BUY].qty, ins);
    qt__field_px(out, "askPrice", best[QT_SELL].px, ins);
    qt__field_qty(out, "askQty", best[QT_SELL].qty, ins);
    qt__field_int(out, "time", qt__exchange_ms(exchange));
    qt_text_add_char(out, '}');
    return true;
}

bool
qt__usdm_book_ticker(struct qt__exchange *exchange, struct qt__call *call)
{
    return qt__write_selected(exchange, call, write_book_ticker, NULL);
}
