/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kinds of orders over the wire: trailing stops, icebergs, self-trade prevention, pairs of which
 * one cancels the other.
 */
#include "exchange_market.h"

static const struct qt_exchange_server_options calm = {.symbols = 3, .seed = 7, .speed = 1};

/* Money to sell: a few hundred quote's worth of the base. */
static double
buy_some(struct client *client, const struct market *m)
{
    double quantity = lots_for(m, 500);
    json_t *answer = place_market(client, m, "BUY", 2 * quantity);
    ck_assert_int_eq(client->status, 200);
    ck_assert_str_eq(text_of(answer, "status"), "FILLED");
    return quantity;
}

static json_t *
order_of(struct client *client, const struct market *m, const char *id)
{
    json_t *order =
        call(client, "GET", API "order", "symbol=%s&origClientOrderId=%s", m->symbol, id);
    ck_assert_int_eq(client->status, 200);
    return order;
}

START_TEST(trailing_stop_is_taken_told_and_filtered)
{
    struct client client;
    struct market m;
    client_start(&client, &calm);
    read_market(&client, &m);
    double quantity = buy_some(&client, &m);
    json_t *answer = call(&client, "POST", API "order",
                          "symbol=%s&side=SELL&type=STOP_LOSS&quantity=%.*f&trailingDelta=2000&"
                          "newClientOrderId=trail&newOrderRespType=RESULT",
                          m.symbol, m.qty_decimals, quantity);
    ck_assert_int_eq(client.status, 200);
    ck_assert_int_eq(int_of(answer, "trailingDelta"), 2000);
    ck_assert_int_gt(int_of(order_of(&client, &m, "trail"), "trailingTime"), 0);
    static const struct {
        const char *words;
        int code;
        const char *message;
    } rows[] = {{"type=STOP_LOSS&trailingDelta=5", -1013, "TRAILING_DELTA"},
                {"type=STOP_LOSS&trailingDelta=2001", -1013, "TRAILING_DELTA"},
                {"type=STOP_LOSS&trailingDelta=0", -1130, "trailingDelta"},
                {"type=STOP_LOSS&trailingDelta=x", -1130, "trailingDelta"},
                {"type=STOP_LOSS", -1102, "stopPrice"},
                {"type=MARKET&trailingDelta=100", -1106, "trailingDelta"}};
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        call(&client, "POST", API "order", "symbol=%s&side=SELL&quantity=%.*f&%s", m.symbol,
             m.qty_decimals, quantity, rows[i].words);
        expect_fault(&client, 400, rows[i].code, rows[i].message);
    }
    client_stop(&client);
}
END_TEST

START_TEST(iceberg_is_seen_in_part_only)
{
    struct client client;
    struct market m;
    char query[64];
    client_start(&client, &calm);
    read_market(&client, &m);
    double part = lots_for(&m, 50), price = ticks(&m, m.bid * 0.3); /* below every other bid */
    call(&client, "POST", API "order",
         "symbol=%s&side=BUY&type=LIMIT&timeInForce=GTC&quantity=%.*f&price=%.*f&icebergQty=%.*f&"
         "newClientOrderId=berg",
         m.symbol, m.qty_decimals, 8 * part, m.px_decimals, price, m.qty_decimals, part);
    ck_assert_int_eq(client.status, 200);
    ck_assert_double_eq_tol(number_of(order_of(&client, &m, "berg"), "icebergQty"), part, 1e-9);
    snprintf(query, sizeof query, "symbol=%s&limit=1000", m.symbol);
    json_t *bids = json_object_get(get(&client, API "depth", query), "bids");
    json_t *last = json_array_get(bids, json_array_size(bids) - 1);
    double seen = 0;
    ck_assert(qt_double_parse(json_string_value(json_array_get(last, 1)), &seen));
    ck_assert_double_eq_tol(seen, part, 1e-9);
    static const struct {
        const char *words;
        double parts; /* of the order */
        int code;
        const char *message;
    } rows[] = {{"timeInForce=GTC&type=LIMIT", 11, -1013, "ICEBERG_PARTS"},
                {"timeInForce=IOC&type=LIMIT", 5, -1115, "timeInForce"},
                {"timeInForce=GTC&type=LIMIT", 0.5, -1130, "icebergQty"}};
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        call(&client, "POST", API "order",
             "symbol=%s&side=BUY&%s&quantity=%.*f&price=%.*f&icebergQty=%.*f", m.symbol,
             rows[i].words, m.qty_decimals, floor(rows[i].parts * part / m.lot) * m.lot,
             m.px_decimals, price, m.qty_decimals, part);
        expect_fault(&client, 400, rows[i].code, rows[i].message);
    }
    client_stop(&client);
}
END_TEST

START_TEST(self_trade_is_prevented_as_asked)
{
    static const struct {
        const char *mode, *maker, *taker;
    } rows[] = {{"EXPIRE_TAKER", "NEW", "EXPIRED_IN_MATCH"},
                {"EXPIRE_MAKER", "EXPIRED_IN_MATCH", "NEW"},
                {"EXPIRE_BOTH", "EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH"}};
    struct client client;
    struct market m;
    struct inbox inbox;
    client_start(&client,
                 &(struct qt_exchange_server_options){.symbols = 3, .seed = 7, .speed = 0.01});
    read_market(&client, &m);
    open_user_stream(&client, &inbox);
    double quantity = buy_some(&client, &m);
    read_market(&client, &m); /* the market stands still: the own bid becomes the best */
    place_limit(&client, &m, "BUY", quantity, m.ask - 0.5 * m.tick, "maker");
    ck_assert_int_eq(client.status, 200);
    call(&client, "POST", API "order",
         "symbol=%s&side=SELL&type=LIMIT&timeInForce=GTC&quantity=%.*f&price=%.*f&"
         "newClientOrderId=taker&selfTradePreventionMode=%s",
         m.symbol, m.qty_decimals, quantity, m.px_decimals, ticks(&m, m.ask - 0.5 * m.tick),
         rows[_i].mode);
    ck_assert_int_eq(client.status, 200);
    json_t *order = order_of(&client, &m, "maker");
    ck_assert_str_eq(text_of(order, "status"), rows[_i].maker);
    if (strcmp(rows[_i].maker, "EXPIRED_IN_MATCH") == 0)
        ck_assert_double_eq_tol(number_of(order, "preventedQuantity"), quantity, 1e-9);
    order = order_of(&client, &m, "taker");
    ck_assert_str_eq(text_of(order, "status"), rows[_i].taker);
    ck_assert_str_eq(text_of(order, "selfTradePreventionMode"), rows[_i].mode);
    json_t *event = inbox_find(&inbox, "x", "TRADE_PREVENTION");
    ck_assert_str_eq(text_of(event, "X"), "EXPIRED_IN_MATCH");
    ck_assert_double_eq_tol(number_of(event, "B"), quantity, 1e-9);
    call(&client, "POST", API "order",
         "symbol=%s&side=SELL&type=MARKET&quantity=%.*f&selfTradePreventionMode=DECREMENT",
         m.symbol, m.qty_decimals, quantity);
    expect_fault(&client, 400, -1013, "does not allow the specified self-trade prevention mode");
    inbox_stop(&inbox);
    client_stop(&client);
}
END_TEST

/* A pair around the market that sells quantity, in the newer or the older form. */
static json_t *
place_pair(struct client *client, const struct market *m, bool is_new, double quantity,
           const char *ids)
{
    double up = ticks(m, m->ask * 1.3), stop = ticks(m, m->bid * 0.8),
           low = ticks(m, m->bid * 0.79);
    if (is_new)
        return call(client, "POST", API "orderList/oco",
                    "symbol=%s&side=SELL&quantity=%.*f&aboveType=LIMIT_MAKER&abovePrice=%.*f&"
                    "belowType=STOP_LOSS_LIMIT&belowStopPrice=%.*f&belowPrice=%.*f&"
                    "belowTimeInForce=GTC&listClientOrderId=list-%s&aboveClientOrderId=up-%s&"
                    "belowClientOrderId=down-%s",
                    m->symbol, m->qty_decimals, quantity, m->px_decimals, up, m->px_decimals, stop,
                    m->px_decimals, low, ids, ids, ids);
    return call(client, "POST", API "order/oco",
                "symbol=%s&side=SELL&quantity=%.*f&price=%.*f&stopPrice=%.*f&stopLimitPrice=%.*f&"
                "stopLimitTimeInForce=GTC&listClientOrderId=list-%s&limitClientOrderId=up-%s&"
                "stopClientOrderId=down-%s",
                m->symbol, m->qty_decimals, quantity, m->px_decimals, up, m->px_decimals, stop,
                m->px_decimals, low, ids, ids, ids);
}

START_TEST(pair_is_placed_listed_told_and_cancelled)
{
    struct client client;
    struct market m;
    struct inbox inbox;
    bool is_new = _i & 1;
    client_start(&client, &calm);
    read_market(&client, &m);
    open_user_stream(&client, &inbox);
    double quantity = buy_some(&client, &m), before = free_of(&client, m.base);
    json_t *answer = place_pair(&client, &m, is_new, quantity, "a");
    ck_assert_int_eq(client.status, 200);
    ck_assert_str_eq(text_of(answer, "contingencyType"), "OCO");
    ck_assert_str_eq(text_of(answer, "listOrderStatus"), "EXECUTING");
    ck_assert_int_eq((int)json_array_size(json_object_get(answer, "orderReports")), 2);
    int64_t id = int_of(answer, "orderListId");
    ck_assert_double_eq_tol(before - free_of(&client, m.base), quantity, 1e-6); /* locked once */
    json_t *event = inbox_find(&inbox, "e", "listStatus");
    ck_assert_str_eq(text_of(event, "L"), "EXECUTING");
    ck_assert_int_eq(int_of(event, "g"), id);
    ck_assert_int_eq(int_of(inbox_find(&inbox, "c", "up-a"), "g"), id);
    ck_assert_int_eq(int_of(order_of(&client, &m, "down-a"), "orderListId"), id);
    json_t *open = call(&client, "GET", API "openOrderList", "%s", "");
    ck_assert_int_eq((int)json_array_size(open), 1);
    (void)place_pair(&client, &m, is_new, quantity, "a");
    expect_fault(&client, 400, -2010, "Duplicate order sent.");
    if (_i & 2) { /* one of them: both */
        call(&client, "DELETE", API "order", "symbol=%s&origClientOrderId=up-a", m.symbol);
    } else {
        answer = call(&client, "DELETE", API "orderList", "symbol=%s&orderListId=%lld", m.symbol,
                      (long long)id);
        ck_assert_str_eq(text_of(answer, "listOrderStatus"), "ALL_DONE");
    }
    ck_assert_int_eq(client.status, 200);
    ck_assert_str_eq(text_of(order_of(&client, &m, "up-a"), "status"), "CANCELED");
    ck_assert_str_eq(text_of(order_of(&client, &m, "down-a"), "status"), "CANCELED");
    ck_assert_str_eq(text_of(inbox_find(&inbox, "e", "listStatus"), "L"), "ALL_DONE");
    ck_assert_double_eq_tol(free_of(&client, m.base), before, 1e-9);
    answer = call(&client, "GET", API "orderList", "origClientOrderId=list-a");
    ck_assert_str_eq(text_of(answer, "listStatusType"), "ALL_DONE");
    call(&client, "DELETE", API "orderList", "symbol=%s&orderListId=%lld", m.symbol, (long long)id);
    expect_fault(&client, 400, -2011, "Unknown order sent.");
    open = call(&client, "GET", API "openOrderList", "%s", "");
    ck_assert_int_eq((int)json_array_size(open), 0);
    ck_assert_int_eq((int)json_array_size(call(&client, "GET", API "allOrderList", "%s", "")), 1);
    inbox_stop(&inbox);
    client_stop(&client);
}
END_TEST

START_TEST(pair_that_makes_no_sense_is_refused_whole)
{
    struct client client;
    struct market m;
    client_start(&client, &calm);
    read_market(&client, &m);
    double quantity = buy_some(&client, &m);
    static const struct {
        const char *words;
        double above, below; /* of the bid */
        int code;
        const char *message;
    } rows[] = {{"aboveType=LIMIT_MAKER&belowType=STOP_LOSS", 0.9, 0.8, -2010,
                 "relationship of the prices"},
                {"aboveType=LIMIT_MAKER&belowType=STOP_LOSS", 1.2, 1.1, -2010,
                 "relationship of the prices"},
                {"aboveType=LIMIT_MAKER&belowType=TAKE_PROFIT", 1.2, 0.8, -2010, "relationship"},
                {"aboveType=LIMIT_MAKER", 1.2, 0.8, -1102, "belowType"},
                {"aboveType=ICE&belowType=STOP_LOSS", 1.2, 0.8, -1116, "Invalid orderType"},
                {"aboveType=LIMIT_MAKER&belowType=STOP_LOSS", 9, 0.8, -1013, "PERCENT_PRICE"}};
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        call(&client, "POST", API "orderList/oco",
             "symbol=%s&side=SELL&quantity=%.*f&%s&abovePrice=%.*f&belowStopPrice=%.*f", m.symbol,
             m.qty_decimals, quantity, rows[i].words, m.px_decimals,
             ticks(&m, m.bid * rows[i].above), m.px_decimals, ticks(&m, m.bid * rows[i].below));
        expect_fault(&client, 400, rows[i].code, rows[i].message);
    }
    ck_assert_int_eq((int)json_array_size(call(&client, "GET", API "openOrders", "%s", "")), 0);
    call(&client, "GET", API "orderList", "orderListId=77");
    expect_fault(&client, 400, -2018, "Order list does not exist.");
    client_stop(&client);
}
END_TEST

/* Cancels an order and places another in its stead; the second's price as a factor of the bid. */
static json_t *
replace(struct client *client, const struct market *m, const char *how, double factor)
{
    return call(client, "POST", API "order/cancelReplace",
                "symbol=%s&side=BUY&type=LIMIT&timeInForce=GTC&quantity=%.*f&price=%.*f&%s",
                m->symbol, m->qty_decimals, lots_for(m, 100), m->px_decimals,
                ticks(m, m->bid * factor), how);
}

static const char *
step_of(const json_t *answer, const char *name)
{
    const json_t *data = json_object_get(answer, "data");
    return text_of(data ? data : answer, name);
}

START_TEST(an_order_is_replaced_or_it_is_said_what_failed)
{
    static const struct {
        const char *how;
        double factor;
        int status, code;
        const char *cancel, *place;
    } rows[] = {
        {"cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=first", 0.8, 200, 0, "SUCCESS",
         "SUCCESS"},
        {"cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=first", 9, 409, -2021, "SUCCESS",
         "FAILURE"},
        {"cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=none", 0.8, 400, -2022,
         "FAILURE", "NOT_ATTEMPTED"},
        {"cancelReplaceMode=ALLOW_FAILURE&cancelOrigClientOrderId=none", 0.8, 409, -2021, "FAILURE",
         "SUCCESS"},
        {"cancelReplaceMode=ALLOW_FAILURE&cancelOrigClientOrderId=none", 9, 400, -2022, "FAILURE",
         "FAILURE"},
        {"cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=first&cancelRestrictions="
         "ONLY_PARTIALLY_FILLED", 0.8, 400, -2022, "FAILURE", "NOT_ATTEMPTED"},
        {"cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=first&cancelRestrictions=ONLY_NEW",
         0.8, 200, 0, "SUCCESS", "SUCCESS"}};
    struct client client;
    struct market m;
    client_start(&client, &calm);
    read_market(&client, &m);
    place_limit(&client, &m, "BUY", lots_for(&m, 100), ticks(&m, m.bid * 0.7), "first");
    ck_assert_int_eq(client.status, 200);
    json_t *answer = replace(&client, &m, rows[_i].how, rows[_i].factor);
    ck_assert_int_eq(client.status, rows[_i].status);
    if (rows[_i].code)
        ck_assert_int_eq(int_of(answer, "code"), rows[_i].code);
    ck_assert_str_eq(step_of(answer, "cancelResult"), rows[_i].cancel);
    ck_assert_str_eq(step_of(answer, "newOrderResult"), rows[_i].place);
    bool is_cancelled = strcmp(rows[_i].cancel, "SUCCESS") == 0;
    bool is_placed = strcmp(rows[_i].place, "SUCCESS") == 0;
    ck_assert_str_eq(text_of(order_of(&client, &m, "first"), "status"), is_cancelled ? "CANCELED" : "NEW");
    json_t *open = call(&client, "GET", API "openOrders", "symbol=%s", m.symbol);
    ck_assert_uint_eq(json_array_size(open), (size_t)(!is_cancelled + is_placed));
    client_stop(&client);
}
END_TEST

static const struct {
    const char *how, *message;
    int code;
} wrong_replacements[] = {
    {"cancelOrigClientOrderId=first", "cancelReplaceMode", -1102},
    {"cancelReplaceMode=MAYBE&cancelOrigClientOrderId=first", "cancelReplaceMode", -1130},
    {"cancelReplaceMode=ALLOW_FAILURE", "cancelOrderId", -1102},
    {"cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=1&cancelRestrictions=NEVER", "cancelRestrictions", -1130},
    {"cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=1&orderRateLimitExceededMode=X",
     "orderRateLimitExceededMode", -1130}};

START_TEST(a_replacement_that_asks_for_nonsense_changes_nothing)
{
    struct client client;
    struct market m;
    client_start(&client, &calm);
    read_market(&client, &m);
    place_limit(&client, &m, "BUY", lots_for(&m, 100), ticks(&m, m.bid * 0.7), "first");
    (void)replace(&client, &m, wrong_replacements[_i].how, 0.8);
    expect_fault(&client, 400, wrong_replacements[_i].code, wrong_replacements[_i].message);
    ck_assert_str_eq(text_of(order_of(&client, &m, "first"), "status"), "NEW");
    client_stop(&client);
}
END_TEST

/* Asks for what nobody can pay until new orders are not even looked at any more. */
static void
use_up_orders(struct client *client, const struct market *m)
{
    int tries = 0;
    do {
        ck_assert_int_lt(tries++, 5000);
        place_limit(client, m, "BUY", lots_for(m, 1000000), ticks(m, m->bid * 0.7), "");
    } while (client->status != 429);
    expect_fault(client, 429, -1015, "Too many new orders; current limit is 100 orders per 10 SECOND");
    ck_assert_int_gt(client->retry_after, 0);
}

START_TEST(too_many_orders_are_refused_and_a_replacement_may_still_cancel)
{
    static const struct qt_exchange_server_options many = {
        .symbols = 3, .seed = 7, .speed = 0.01, .weight_limit = 1000000};
    struct client client;
    struct market m;
    client_start(&client, &many);
    read_market(&client, &m);
    place_limit(&client, &m, "BUY", lots_for(&m, 100), ticks(&m, m.bid * 0.7), "first");
    ck_assert_int_eq(client.status, 200);
    use_up_orders(&client, &m);
    json_t *answer = replace(&client, &m,
                             "cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=first&"
                             "orderRateLimitExceededMode=CANCEL_ONLY", 0.8);
    if (client.status != 200) { /* ten seconds may end in between */
        ck_assert_int_eq(client.status, 409);
        const json_t *data = json_object_get(answer, "data");
        ck_assert_int_eq(int_of(json_object_get(data, "newOrderResponse"), "code"), -1015);
    }
    ck_assert_str_eq(text_of(order_of(&client, &m, "first"), "status"), "CANCELED");
    client_stop(&client);
}
END_TEST

START_TEST(a_cancel_of_all_tells_each_pair_as_one)
{
    struct client client;
    struct market m;
    client_start(&client, &calm);
    read_market(&client, &m);
    double quantity = buy_some(&client, &m);
    call(&client, "POST", API "orderList/oco",
         "symbol=%s&side=SELL&quantity=%.*f&aboveType=LIMIT_MAKER&belowType=STOP_LOSS&abovePrice=%.*f&"
         "belowStopPrice=%.*f", m.symbol, m.qty_decimals, quantity, m.px_decimals,
         ticks(&m, m.bid * 1.2), m.px_decimals, ticks(&m, m.bid * 0.8));
    ck_assert_int_eq(client.status, 200);
    place_limit(&client, &m, "BUY", lots_for(&m, 100), ticks(&m, m.bid * 0.7), "single");
    json_t *answer = call(&client, "DELETE", API "openOrders", "symbol=%s", m.symbol);
    ck_assert_uint_eq(json_array_size(answer), 2);
    ck_assert_str_eq(text_of(json_array_get(answer, 0), "listOrderStatus"), "ALL_DONE");
    ck_assert_uint_eq(json_array_size(json_object_get(json_array_get(answer, 0), "orderReports")), 2);
    ck_assert_str_eq(text_of(json_array_get(answer, 1), "origClientOrderId"), "single");
    ck_assert_uint_eq(json_array_size(call(&client, "GET", API "openOrders", "%s", "")), 0);
    client_stop(&client);
}
END_TEST

START_TEST(fees_and_coins_are_those_of_the_account)
{
    struct client client;
    struct market m;
    const struct qt_exchange_server_options options = {
        .symbols = 3, .seed = 7, .speed = 1, .maker_ppm = 200, .taker_ppm = 700};
    client_start(&client, &options);
    read_market(&client, &m);
    json_t *answer = call(&client, "GET", API "account/commission", "symbol=%s", m.symbol);
    ck_assert_str_eq(text_of(json_object_get(answer, "standardCommission"), "maker"), "0.00020000");
    ck_assert_str_eq(text_of(json_object_get(answer, "standardCommission"), "taker"), "0.00070000");
    answer = call(&client, "GET", "/sapi/v1/asset/tradeFee", "symbol=%s", m.symbol);
    ck_assert_str_eq(text_of(json_array_get(answer, 0), "takerCommission"), "0.00070000");
    ck_assert_uint_eq(json_array_size(call(&client, "GET", "/sapi/v1/asset/tradeFee", "%s", "")), 3);
    answer = call(&client, "POST", API "order/test",
                  "symbol=%s&side=BUY&type=MARKET&quoteOrderQty=100&computeCommissionRates=true", m.symbol);
    ck_assert_str_eq(text_of(json_object_get(answer, "standardCommissionForOrder"), "taker"), "0.00070000");
    answer = call(&client, "GET", "/sapi/v1/capital/config/getall", "%s", "");
    ck_assert_uint_eq(json_array_size(answer), 4); /* three bases and the quote */
    call(&client, "GET", API "account/commission", "%s", "");
    expect_fault(&client, 400, -1102, "symbol");
    client_stop(&client);
}
END_TEST

START_TEST(a_repeated_request_gets_its_first_result)
{
    struct client client;
    struct market m;
    client_start(&client, &calm);
    read_market(&client, &m);
    const char *const query = "symbol=%s&side=BUY&type=MARKET&quantity=%.*f&newClientOrderId=once";
    double quantity = lots_for(&m, 200);
    json_t *answer = call(&client, "POST", API "order", query, m.symbol, m.qty_decimals, quantity);
    int64_t id = int_of(answer, "orderId");
    ck_assert_str_eq(text_of(answer, "status"), "FILLED");
    char *fills = json_dumps(json_object_get(answer, "fills"), 0);
    answer = call(&client, "POST", API "order", query, m.symbol, m.qty_decimals, quantity);
    ck_assert_int_eq(client.status, 200);
    ck_assert_int_eq(int_of(answer, "orderId"), id);
    char *again = json_dumps(json_object_get(answer, "fills"), 0);
    ck_assert_str_eq(fills, again);
    json_t *all = call(&client, "GET", API "allOrders", "symbol=%s", m.symbol);
    ck_assert_uint_eq(json_array_size(all), 1);
    answer = call(&client, "POST", API "order", query, m.symbol, m.qty_decimals, 2 * quantity);
    ck_assert_int_eq(client.status, 200); /* another order: its id is free again, as on Binance */
    ck_assert_int_ne(int_of(answer, "orderId"), id);
    free(fills);
    free(again);
    client_stop(&client);
}
END_TEST

START_TEST(a_market_order_has_a_greatest_lot_of_its_own)
{
    struct client client;
    struct market m;
    char query[64];
    client_start(&client, &calm);
    read_market(&client, &m);
    snprintf(query, sizeof query, "symbol=%s", m.symbol);
    const json_t *info = get(&client, API "exchangeInfo", query);
    const json_t *symbol = json_array_get(json_object_get(info, "symbols"), 0);
    double most = number_of(filter_of(symbol, "MARKET_LOT_SIZE"), "maxQty");
    ck_assert_double_lt(most, number_of(filter_of(symbol, "LOT_SIZE"), "maxQty"));
    place_market(&client, &m, "BUY", most + m.lot);
    expect_fault(&client, 400, -1013, "MARKET_LOT_SIZE");
    place_market(&client, &m, "BUY", most);
    ck_assert_int_eq(client.status, 200); /* it takes what is there and ends */
    place_limit(&client, &m, "BUY", most + m.lot, ticks(&m, m.bid * 0.9), "limited");
    expect_fault(&client, 400, -2010, "insufficient balance");
    client_stop(&client);
}
END_TEST

START_TEST(what_is_taken_moves_the_market)
{
    const struct qt_exchange_server_options options = {
        .symbols = 3,
        .seed = 7,
        .speed = 1,
        .weight_limit = 100000000,
        .impact = {.coefficient = 100, .half_life_ns = 1000 * QT_NS_PER_DAY}};
    struct client client;
    struct market before;
    char query[64];
    double bid = 0;
    client_start(&client, &options);
    read_market(&client, &before);
    int64_t end = qt_now_mono_ns() + 120 * QT_NS_PER_S;
    call(&client, "POST", API "order", "symbol=%s&side=BUY&type=MARKET&quoteOrderQty=20000",
         before.symbol);
    ck_assert_int_eq(client.status, 200);
    snprintf(query, sizeof query, "symbol=%s", before.symbol);
    while (bid < before.ask * 1.02) { /* with the next trade, and far beyond what was taken */
        ck_assert_msg(qt_now_mono_ns() < end, "bid %f, it was %f", bid, before.bid);
        bid = number_of(get(&client, API "ticker/bookTicker", query), "bidPrice");
    }
    client_stop(&client);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("exchange_kinds");
    TCase *tc = tcase_create("kinds");
    tcase_add_test(tc, trailing_stop_is_taken_told_and_filtered);
    tcase_add_test(tc, iceberg_is_seen_in_part_only);
    tcase_add_loop_test(tc, self_trade_is_prevented_as_asked, 0, 3);
    tcase_add_loop_test(tc, pair_is_placed_listed_told_and_cancelled, 0, 4);
    tcase_add_test(tc, pair_that_makes_no_sense_is_refused_whole);
    tcase_add_loop_test(tc, an_order_is_replaced_or_it_is_said_what_failed, 0, 7);
    tcase_add_loop_test(tc, a_replacement_that_asks_for_nonsense_changes_nothing, 0, 5);
    tcase_add_test(tc, too_many_orders_are_refused_and_a_replacement_may_still_cancel);
    tcase_add_test(tc, a_cancel_of_all_tells_each_pair_as_one);
    tcase_add_test(tc, fees_and_coins_are_those_of_the_account);
    tcase_add_test(tc, a_repeated_request_gets_its_first_result);
    tcase_add_test(tc, what_is_taken_moves_the_market);
    tcase_add_test(tc, a_market_order_has_a_greatest_lot_of_its_own);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
