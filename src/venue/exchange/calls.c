/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client may ask of the simulated exchange, over REST and over the WebSocket API: one row a
 * method.
 *
 * How to add one: a row here, its handler in market.c, trading.c or user.c.
 * tests/venue/test_exchange judges it.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"
#include "qtrade/net/url.h"

#include "exchange_priv.h"

/* Weight by "limit": Binance's table for depth. */
static int
weigh_depth(const struct qt__call *call)
{
    char text[QT__PARAM_MAX];
    int64_t limit = 100;
    if (qt__call_get(call, "limit", text))
        (void)!qt_int_parse(text, &limit);
    return limit <= 100 ? 5 : limit <= 500 ? 25 : limit <= 1000 ? 50 : 250;
}

static int
weigh_day(const struct qt__call *call)
{
    return qt__call_has(call, "symbol") ? 2 : strstr(call->query, "symbols=") ? 40 : 80;
}

/* 4 a symbol, 200 at most. */
static int
weigh_window(const struct qt__call *call)
{
    const char *list = strstr(call->query, "symbols=");
    int symbols = 1;
    for (const char *p = list ? list : ""; *p && *p != '&'; p++)
        symbols += *p == ',' || strncmp(p, "%2C", 3) == 0 || strncmp(p, "%2c", 3) == 0;
    return QT_MIN(4 * symbols, 200);
}

static int
weigh_price(const struct qt__call *call)
{
    return qt__call_has(call, "symbol") ? 2 : 4;
}

static int
weigh_open_orders(const struct qt__call *call)
{
    return qt__call_has(call, "symbol") ? 6 : 80;
}

#define API "/api/v3/"
#define WALLET "/sapi/v1/" /* what spot clients ask there */

const struct qt__route qt__routes[] = {
    {.method = "GET", .path = API "ping", .name = "ping", .weight = 1, .handle = qt__handle_ping},
    {.method = "GET", .path = API "time", .name = "time", .weight = 1, .handle = qt__handle_time},
    {.method = "GET",
     .path = API "exchangeInfo",
     .name = "exchangeInfo",
     .weight = 20,
     .handle = qt__handle_info},
    {.method = "GET",
     .path = API "depth",
     .name = "depth",
     .weigh = weigh_depth,
     .handle = qt__handle_depth},
    {.method = "GET",
     .path = API "trades",
     .name = "trades.recent",
     .weight = 25,
     .handle = qt__handle_trades},
    {.method = "GET",
     .path = API "historicalTrades",
     .name = "trades.historical",
     .weight = 25,
     .handle = qt__handle_past_trades},
    {.method = "GET",
     .path = API "aggTrades",
     .name = "trades.aggregate",
     .weight = 4,
     .handle = qt__handle_aggregate},
    {.method = "GET",
     .path = API "klines",
     .name = "klines",
     .weight = 2,
     .handle = qt__handle_klines},
    {.method = "GET",
     .path = API "uiKlines",
     .name = "uiKlines",
     .weight = 2,
     .handle = qt__handle_klines},
    {.method = "GET",
     .path = API "avgPrice",
     .name = "avgPrice",
     .weight = 2,
     .handle = qt__handle_average},
    {.method = "GET",
     .path = API "ticker/24hr",
     .name = "ticker.24hr",
     .weigh = weigh_day,
     .handle = qt__handle_day},
    {.method = "GET",
     .path = API "ticker/tradingDay",
     .name = "ticker.tradingDay",
     .weigh = weigh_window,
     .handle = qt__handle_trading_day},
    {.method = "GET",
     .path = API "ticker",
     .name = "ticker",
     .weigh = weigh_window,
     .handle = qt__handle_window},
    {.method = "GET",
     .path = API "ticker/price",
     .name = "ticker.price",
     .weigh = weigh_price,
     .handle = qt__handle_price},
    {.method = "GET",
     .path = API "ticker/bookTicker",
     .name = "ticker.book",
     .weigh = weigh_price,
     .handle = qt__handle_book_ticker},
    {.method = "POST",
     .path = API "order",
     .name = "order.place",
     .security = QT__SIGNED,
     .weight = 1,
     .is_order = true,
     .handle = qt__handle_place},
    {.method = "POST",
     .path = API "order/test",
     .name = "order.test",
     .security = QT__SIGNED,
     .weight = 1,
     .handle = qt__handle_test},
    {.method = "POST",
     .path = API "order/cancelReplace",
     .name = "order.cancelReplace",
     .security = QT__SIGNED,
     .weight = 1,
     .is_order = true,
     .handle = qt__handle_replace},
    {.method = "GET",
     .path = API "order",
     .name = "order.status",
     .security = QT__SIGNED,
     .weight = 4,
     .handle = qt__handle_order},
    {.method = "DELETE",
     .path = API "order",
     .name = "order.cancel",
     .security = QT__SIGNED,
     .weight = 1,
     .handle = qt__handle_cancel},
    {.method = "GET",
     .path = API "openOrders",
     .name = "openOrders.status",
     .security = QT__SIGNED,
     .weigh = weigh_open_orders,
     .handle = qt__handle_open_orders},
    {.method = "DELETE",
     .path = API "openOrders",
     .name = "openOrders.cancelAll",
     .security = QT__SIGNED,
     .weight = 1,
     .handle = qt__handle_cancel_all},
    {.method = "GET",
     .path = API "allOrders",
     .name = "allOrders",
     .security = QT__SIGNED,
     .weight = 20,
     .handle = qt__handle_all_orders},
    {.method = "GET",
     .path = API "myTrades",
     .name = "myTrades",
     .security = QT__SIGNED,
     .weight = 20,
     .handle = qt__handle_my_trades},
    {.method = "POST",
     .path = API "orderList/oco",
     .name = "orderList.place.oco",
     .security = QT__SIGNED,
     .weight = 1,
     .is_order = true,
     .handle = qt__handle_pair_above_below},
    {.method = "POST",
     .path = API "order/oco",
     .name = "orderList.place",
     .security = QT__SIGNED,
     .weight = 1,
     .is_order = true,
     .handle = qt__handle_pair_limit_stop},
    {.method = "GET",
     .path = API "orderList",
     .name = "orderList.status",
     .security = QT__SIGNED,
     .weight = 4,
     .handle = qt__handle_list},
    {.method = "DELETE",
     .path = API "orderList",
     .name = "orderList.cancel",
     .security = QT__SIGNED,
     .weight = 1,
     .handle = qt__handle_cancel_list},
    {.method = "GET",
     .path = API "allOrderList",
     .name = "allOrderLists",
     .security = QT__SIGNED,
     .weight = 20,
     .handle = qt__handle_lists},
    {.method = "GET",
     .path = API "openOrderList",
     .name = "openOrderLists.status",
     .security = QT__SIGNED,
     .weight = 6,
     .handle = qt__handle_open_lists},
    {.method = "GET",
     .path = API "account",
     .name = "account.status",
     .security = QT__SIGNED,
     .weight = 20,
     .handle = qt__handle_account},
    {.method = "GET",
     .path = "/sapi/v1/account/apiRestrictions",
     .name = "account.apiRestrictions",
     .security = QT__SIGNED,
     .weight = 1,
     .handle = qt__handle_restrictions},
    {.method = "GET",
     .path = API "account/commission",
     .name = "account.commission",
     .security = QT__SIGNED,
     .weight = 20,
     .handle = qt__handle_commission},
    {.method = "GET",
     .path = WALLET "capital/config/getall",
     .security = QT__SIGNED,
     .weight = 10,
     .handle = qt__handle_coins},
    {.method = "GET",
     .path = WALLET "asset/tradeFee",
     .security = QT__SIGNED,
     .weight = 1,
     .handle = qt__handle_trade_fee},
    {.method = "GET",
     .path = WALLET "margin/allPairs",
     .security = QT__KEYED,
     .weight = 1,
     .handle = qt__handle_margin_pairs},
    {.method = "GET",
     .path = WALLET "margin/isolated/allPairs",
     .security = QT__KEYED,
     .weight = 10,
     .handle = qt__handle_margin_pairs},
    {.method = "GET",
     .path = API "rateLimit/order",
     .name = "account.rateLimits.orders",
     .security = QT__SIGNED,
     .weight = 40,
     .handle = qt__handle_order_rate},
    {.method = "POST",
     .path = API "userDataStream",
     .name = "userDataStream.start",
     .security = QT__KEYED,
     .weight = 2,
     .handle = qt__handle_listen_create},
    {.method = "PUT",
     .path = API "userDataStream",
     .name = "userDataStream.ping",
     .security = QT__KEYED,
     .weight = 2,
     .handle = qt__handle_listen_keep},
    {.method = "DELETE",
     .path = API "userDataStream",
     .name = "userDataStream.stop",
     .security = QT__KEYED,
     .weight = 2,
     .handle = qt__handle_listen_close},
    {0},
};

static bool
is_allowed(struct qt__exchange *exchange, const struct qt__route *route, struct qt__call *call)
{
    if (route->security != QT__PUBLIC && qt__faults_revoke(exchange, call))
        return qt__call_fail(call, QT__FAULT_KEY);
    switch (route->security) {
    case QT__PUBLIC:
        return true;
    case QT__KEYED:
        return qt__call_check_key(call, &exchange->keys);
    case QT__SIGNED:
        return qt__call_check_signed(call, &exchange->keys);
    }
    return false;
}

static enum qt_latency
kind_of(const struct qt__route *route)
{
    if (route->security == QT__PUBLIC)
        return QT_LATENCY_MARKET;
    bool is_trading = route->security == QT__SIGNED && route->method[0] != 'G';
    return !is_trading                 ? QT_LATENCY_QUERY
           : route->method[0] == 'D' ? QT_LATENCY_CANCEL
                                       : QT_LATENCY_ORDER;
}

bool
qt__route_run(struct qt__exchange *exchange, const struct qt__route *route, struct qt__call *call)
{
    call->kind = kind_of(route);
    int weight = route->weigh ? route->weigh(call) : route->weight;
    qt__exchange_turn(exchange);
    call->now_ms = qt__exchange_clock_ms(exchange);
    return qt__faults_before(exchange, call) &&
           qt__weights_take(&exchange->weights, qt__exchange_limit_ms(exchange), weight, call) &&
           is_allowed(exchange, route, call) && route->handle(exchange, call) &&
           qt__faults_after(exchange, call);
}

char *
qt__call_long(const struct qt__call *call, const char *name)
{
    size_t capacity = strlen(call->query) + strlen(call->body) + 1;
    char *out = malloc(capacity);
    if (out && (qt_query_get(call->query, name, out, capacity) ||
                qt_query_get(call->body, name, out, capacity)))
        return out;
    free(out);
    return NULL;
}

bool
qt__need_symbol(struct qt__exchange *exchange, struct qt__call *call, uint32_t *out)
{
    char text[QT__PARAM_MAX];
    if (!qt__call_need(call, "symbol", text))
        return false;
    for (const char *p = text; *p; p++)
        if (!((*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("-_.", *p)))
            return qt__call_fail(call, QT__FAULT_CHARACTERS, "symbol", "^[A-Z0-9-_.]{1,20}$");
    *out = qt_universe_find(exchange->universe, text, strlen(text));
    return *out != QT_NO_INSTRUMENT || qt__call_fail(call, QT__FAULT_SYMBOL);
}
