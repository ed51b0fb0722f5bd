/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client may ask of the venue of perpetuals: one row a method, with Binance's weights.
 *
 * How to add one: a row here, its handler in usdm_market.c, usdm_trading.c, usdm_batch.c or
 * usdm_account.c; a handler of the spot venue serves where the answer is the same.
 * tests/venue/test_usdm judges it.
 */
#include <string.h>

#include "usdm_priv.h"

static int64_t
limit_of(const struct qt__call *call, int64_t usual)
{
    char text[QT__PARAM_MAX];
    int64_t limit = usual;
    if (qt__call_get(call, "limit", text))
        (void)!qt_int_parse(text, &limit);
    return limit;
}

static int
weigh_depth(const struct qt__call *call)
{
    int64_t limit = limit_of(call, 500);
    return limit <= 50 ? 2 : limit <= 100 ? 5 : limit <= 500 ? 10 : 20;
}

static int
weigh_klines(const struct qt__call *call)
{
    int64_t limit = limit_of(call, 500);
    return limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1000 ? 5 : 10;
}

static int
weigh_day(const struct qt__call *call)
{
    return qt__call_has(call, "symbol") ? 1 : 40;
}

static int
weigh_price(const struct qt__call *call)
{
    return qt__call_has(call, "symbol") ? 1 : 2;
}

static int
weigh_book_ticker(const struct qt__call *call)
{
    return qt__call_has(call, "symbol") ? 2 : 5;
}

static int
weigh_premium(const struct qt__call *call)
{
    return qt__call_has(call, "symbol") ? 1 : 10;
}

static int
weigh_open_orders(const struct qt__call *call)
{
    return qt__call_has(call, "symbol") ? 1 : 40;
}

#define V1 "/fapi/v1/"
#define V2 "/fapi/v2/"
#define V3 "/fapi/v3/"
#define GET(PATH, WEIGHT, HANDLE)                                                                  \
    {                                                                                              \
        .method = "GET", .path = PATH, .weight = WEIGHT, .handle = HANDLE                          \
    }
#define GET_BY(PATH, WEIGH, HANDLE)                                                                \
    {                                                                                              \
        .method = "GET", .path = PATH, .weigh = WEIGH, .handle = HANDLE                            \
    }
#define SIGNED(METHOD, PATH, WEIGHT, HANDLE)                                                       \
    {                                                                                              \
        .method = METHOD, .path = PATH, .security = QT__SIGNED, .weight = WEIGHT, .handle = HANDLE \
    }
#define ORDER(METHOD, PATH, WEIGHT, HANDLE)                                                        \
    {                                                                                              \
        .method = METHOD, .path = PATH, .security = QT__SIGNED, .weight = WEIGHT,                  \
        .is_order = true, .handle = HANDLE                                                         \
    }
/* The same over the WebSocket API, which has names for some calls. */
#define NAMED(METHOD, NAME, SECURITY, WEIGHT, HANDLE)                                              \
    {                                                                                              \
        .method = METHOD, .name = NAME, .security = SECURITY, .weight = WEIGHT, .handle = HANDLE   \
    }
#define KEYED(METHOD, PATH, HANDLE)                                                                \
    {                                                                                              \
        .method = METHOD, .path = PATH, .security = QT__KEYED, .weight = 1, .handle = HANDLE       \
    }

const struct qt__route qt__usdm_routes[] = {
    GET(V1 "ping", 1, qt__handle_ping),
    GET(V1 "time", 1, qt__handle_time),
    GET(V1 "exchangeInfo", 1, qt__usdm_info),
    GET_BY(V1 "depth", weigh_depth, qt__usdm_depth),
    GET(V1 "trades", 5, qt__handle_trades),
    GET(V1 "historicalTrades", 20, qt__handle_past_trades),
    GET(V1 "aggTrades", 20, qt__handle_aggregate),
    GET_BY(V1 "klines", weigh_klines, qt__handle_klines),
    GET_BY(V1 "premiumIndex", weigh_premium, qt__usdm_premium),
    GET(V1 "fundingRate", 1, qt__usdm_fundings),
    GET(V1 "fundingInfo", 1, qt__usdm_funding_info),
    GET_BY(V1 "ticker/24hr", weigh_day, qt__handle_day),
    GET_BY(V1 "ticker/price", weigh_price, qt__usdm_price),
    GET_BY(V2 "ticker/price", weigh_price, qt__usdm_price),
    GET_BY(V1 "ticker/bookTicker", weigh_book_ticker, qt__usdm_book_ticker),
    ORDER("POST", V1 "order", 0, qt__usdm_place),
    SIGNED("POST", V1 "order/test", 0, qt__usdm_test),
    ORDER("PUT", V1 "order", 1, qt__usdm_modify),
    SIGNED("GET", V1 "order", 1, qt__usdm_order),
    SIGNED("DELETE", V1 "order", 1, qt__usdm_cancel),
    ORDER("POST", V1 "batchOrders", 5, qt__usdm_place_batch),
    ORDER("PUT", V1 "batchOrders", 5, qt__usdm_modify_batch),
    SIGNED("DELETE", V1 "batchOrders", 1, qt__usdm_cancel_batch),
    SIGNED("GET", V1 "openOrder", 1, qt__usdm_open_order),
    {.method = "GET",
     .path = V1 "openOrders",
     .security = QT__SIGNED,
     .weigh = weigh_open_orders,
     .handle = qt__usdm_open_orders},
    SIGNED("GET", V1 "allOrders", 5, qt__usdm_all_orders),
    SIGNED("DELETE", V1 "allOpenOrders", 1, qt__usdm_cancel_all),
    SIGNED("POST", V1 "countdownCancelAll", 10, qt__usdm_countdown),
    SIGNED("GET", V1 "userTrades", 5, qt__usdm_trades),
    SIGNED("GET", V1 "income", 30, qt__usdm_income),
    SIGNED("GET", V2 "account", 5, qt__usdm_account),
    SIGNED("GET", V3 "account", 5, qt__usdm_account),
    SIGNED("GET", V2 "balance", 5, qt__usdm_balance),
    SIGNED("GET", V3 "balance", 5, qt__usdm_balance),
    SIGNED("GET", V2 "positionRisk", 5, qt__usdm_risk),
    SIGNED("GET", V3 "positionRisk", 5, qt__usdm_risk_open),
    SIGNED("GET", V1 "adlQuantile", 5, qt__usdm_adl),
    SIGNED("GET", V1 "leverageBracket", 1, qt__usdm_brackets),
    SIGNED("POST", V1 "leverage", 1, qt__usdm_leverage),
    SIGNED("POST", V1 "marginType", 1, qt__usdm_margin_type),
    SIGNED("POST", V1 "positionMargin", 1, qt__usdm_position_margin),
    SIGNED("GET", V1 "positionSide/dual", 30, qt__usdm_dual),
    SIGNED("POST", V1 "positionSide/dual", 1, qt__usdm_set_dual),
    SIGNED("GET", V1 "multiAssetsMargin", 30, qt__usdm_multi),
    SIGNED("GET", V1 "symbolConfig", 5, qt__usdm_configs),
    SIGNED("GET", V1 "commissionRate", 20, qt__usdm_commission),
    SIGNED("GET", V1 "feeBurn", 30, qt__usdm_burn),
    SIGNED("POST", V1 "feeBurn", 1, qt__usdm_set_burn),
    ORDER("POST", V1 "algoOrder", 0, qt__usdm_place_algo),
    SIGNED("GET", V1 "algoOrder", 1, qt__usdm_algo),
    SIGNED("DELETE", V1 "algoOrder", 1, qt__usdm_cancel_algo),
    {.method = "GET",
     .path = V1 "openAlgoOrders",
     .security = QT__SIGNED,
     .weigh = weigh_open_orders,
     .handle = qt__usdm_open_algos},
    SIGNED("GET", V1 "allAlgoOrders", 5, qt__usdm_all_algos),
    SIGNED("DELETE", V1 "algoOpenOrders", 1, qt__usdm_cancel_algos),
    NAMED("GET", "ping", QT__PUBLIC, 1, qt__handle_ping),
    NAMED("GET", "time", QT__PUBLIC, 1, qt__handle_time),
    NAMED("GET", "depth", QT__PUBLIC, 5, qt__usdm_depth),
    NAMED("GET", "ticker.price", QT__PUBLIC, 2, qt__usdm_price),
    NAMED("GET", "ticker.book", QT__PUBLIC, 5, qt__usdm_book_ticker),
    NAMED("POST", "order.place", QT__SIGNED, 0, qt__usdm_place),
    NAMED("PUT", "order.modify", QT__SIGNED, 1, qt__usdm_modify),
    NAMED("GET", "order.status", QT__SIGNED, 1, qt__usdm_order),
    NAMED("DELETE", "order.cancel", QT__SIGNED, 1, qt__usdm_cancel),
    NAMED("POST", "algoOrder.place", QT__SIGNED, 0, qt__usdm_place_algo),
    NAMED("DELETE", "algoOrder.cancel", QT__SIGNED, 1, qt__usdm_cancel_algo),
    NAMED("GET", "account.status", QT__SIGNED, 5, qt__usdm_account),
    NAMED("GET", "v2/account.status", QT__SIGNED, 5, qt__usdm_account),
    NAMED("GET", "account.balance", QT__SIGNED, 5, qt__usdm_balance),
    NAMED("GET", "v2/account.balance", QT__SIGNED, 5, qt__usdm_balance),
    NAMED("GET", "account.position", QT__SIGNED, 5, qt__usdm_risk),
    NAMED("GET", "v2/account.position", QT__SIGNED, 5, qt__usdm_risk_open),
    NAMED("POST", "userDataStream.start", QT__KEYED, 5, qt__handle_listen_create),
    NAMED("PUT", "userDataStream.ping", QT__KEYED, 1, qt__handle_listen_keep),
    NAMED("DELETE", "userDataStream.stop", QT__KEYED, 1, qt__handle_listen_close),
    KEYED("POST", V1 "listenKey", qt__handle_listen_create),
    KEYED("PUT", V1 "listenKey", qt__handle_listen_keep),
    KEYED("DELETE", V1 "listenKey", qt__handle_listen_close),
    {0},
};
