/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The simulated exchange end to end, over real sockets.
 */
#include "exchange_market.h"

#include "qtrade/base/rng.h"

static const struct qt_exchange_server_options small = {.symbols = 5, .seed = 7};

START_TEST(public_endpoints_answer)
{
    struct client client;
    struct market market;
    char query[128];
    client_start(&client, &small);
    read_market(&client, &market);
    ck_assert_int_eq((int)json_object_size(get(&client, API "ping", "")), 0);
    int64_t drift = int_of(get(&client, API "time", ""), "serverTime") - exchange_ms(&client);
    ck_assert_int_le(llabs(drift), 2000);
    ck_assert_int_eq((int)json_array_size(get(&client, API "ticker/24hr", "")), 5);
    ck_assert_int_eq((int)json_array_size(get(&client, API "ticker/price", "")), 5);
    snprintf(query, sizeof query, "symbol=%s&interval=1m&limit=10", market.symbol);
    json_t *klines = get(&client, API "klines", query);
    ck_assert_int_eq((int)json_array_size(klines), 10);
    for (size_t i = 1; i < 10; i++)
        ck_assert_int_eq(json_integer_value(json_array_get(json_array_get(klines, i), 0)) -
                             json_integer_value(json_array_get(json_array_get(klines, i - 1), 0)),
                         60000);
    ck_assert_int_eq((int)json_array_size(json_array_get(klines, 0)), 12);
    ck_assert_int_gt(client.weight, 0);
    client_stop(&client);
}
END_TEST

START_TEST(klines_obey_start_end_and_limit)
{
    struct client client;
    struct market market;
    char query[160];
    client_start(&client, &small);
    read_market(&client, &market);
    int64_t minute = exchange_ms(&client) / 60000 * 60000;
    snprintf(query, sizeof query, "symbol=%s&interval=1m&startTime=%lld&endTime=%lld",
             market.symbol, (long long)(minute - 600000), (long long)(minute - 300000));
    json_t *klines = get(&client, API "klines", query);
    ck_assert_int_eq((int)json_array_size(klines), 6); /* both ends included */
    ck_assert_int_eq(json_integer_value(json_array_get(json_array_get(klines, 0), 0)),
                     minute - 600000);
    size_t n = strlen(query);
    snprintf(query + n, sizeof query - n, "&limit=2");
    klines = get(&client, API "klines", query);
    ck_assert_int_eq((int)json_array_size(klines), 2);
    ck_assert_int_eq(json_integer_value(json_array_get(json_array_get(klines, 0), 0)),
                     minute - 600000);
    client_stop(&client);
}
END_TEST

static const struct {
    const char *path, *query;
    int status, code;
    const char *message;
} public_faults[] = {
    {API "depth", "", 400, -1102, "Mandatory parameter 'symbol' was not sent"},
    {API "depth", "symbol=NOSUCHCOIN", 400, -1121, "Invalid symbol."},
    {API "depth", "symbol=btcusdt", 400, -1100, "Illegal characters found in parameter 'symbol'"},
    {API "klines", "symbol=%s&interval=7m", 400, -1120, "Invalid interval."},
    {API "klines", "symbol=%s", 400, -1102, "'interval'"},
    {API "klines", "symbol=%s&interval=1m&limit=0", 400, -1130, "'limit'"},
    {API "klines", "symbol=%s&interval=1m&limit=x", 400, -1130, "'limit'"},
    {API "nothing", "", 404, -1000, "Path does not exist."},
};

START_TEST(public_mistakes_have_binances_codes)
{
    struct client client;
    struct market market;
    char query[128];
    client_start(&client, &small);
    read_market(&client, &market);
    for (size_t i = 0; i < QT_COUNT_OF(public_faults); i++) {
        const char *at = strstr(public_faults[i].query, "%s");
        int n = at ? (int)(at - public_faults[i].query) : (int)strlen(public_faults[i].query);
        snprintf(query, sizeof query, "%.*s%s%s", n, public_faults[i].query,
                 at ? market.symbol : "", at ? at + 2 : "");
        get(&client, public_faults[i].path, query);
        expect_fault(&client, public_faults[i].status, public_faults[i].code,
                     public_faults[i].message);
    }
    client_stop(&client);
}
END_TEST

START_TEST(signatures_keys_and_time_stamps_are_checked)
{
    struct client client;
    char query[256], signature[65], key[65];
    client_start(&client, &small);
    const char *secret = client.info->secret;
    const struct {
        int64_t ahead_ms;
        const char *extra;
        int code;
    } rows[] = {{0, "", 0},         {-4000, "", 0},
                {-6000, "", -1021}, {-6000, "&recvWindow=10000", 0},
                {2500, "", -1021},  {0, "&recvWindow=60001", -1131}};
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        int n = snprintf(query, sizeof query, "timestamp=%lld%s",
                         (long long)(exchange_ms(&client) + rows[i].ahead_ms), rows[i].extra);
        sign(secret, query, signature);
        snprintf(query + n, sizeof query - (size_t)n, "&signature=%s", signature);
        client_send(&client, "GET", API "account", query, client.info->key);
        if (rows[i].code == 0)
            ck_assert_int_eq(client.status, 200);
        else
            expect_fault(&client, 400, rows[i].code, "");
    }
    snprintf(query, sizeof query, "timestamp=%lld&signature=%064d", (long long)exchange_ms(&client),
             0);
    client_send(&client, "GET", API "account", query, client.info->key);
    expect_fault(&client, 400, -1022, "Signature for this request is not valid.");
    client_send(&client, "GET", API "account", query, NULL);
    expect_fault(&client, 401, -2014, "API-key format invalid.");
    snprintf(key, sizeof key, "%064d", 1);
    client_send(&client, "GET", API "account", query, key);
    expect_fault(&client, 401, -2015, "Invalid API-key, IP, or permissions for action.");
    client_stop(&client);
}
END_TEST

START_TEST(every_filter_has_its_fault)
{
    struct client client;
    struct market m;
    client_start(&client, &small);
    read_market(&client, &m);
    double price = ticks(&m, m.bid * 0.9), quantity = lots_for(&m, 100);
    const struct {
        const char *words; /* appended to symbol and side */
        int code;
        const char *message;
    } rows[] = {
        {"type=LIMIT&timeInForce=GTC&quantity=%q&price=%p5", -1013, "Filter failure: PRICE_FILTER"},
        {"type=LIMIT&timeInForce=GTC&quantity=%q5&price=%p", -1013, "Filter failure: LOT_SIZE"},
        {"type=LIMIT&timeInForce=GTC&quantity=0&price=%p", -1013, "Invalid quantity."},
        {"type=LIMIT&timeInForce=GTC&quantity=%l&price=%p", -1013, "Filter failure: NOTIONAL"},
        {"type=LIMIT&timeInForce=GTC&quantity=%q&price=1.0000000000001", -1111, "precision"},
        {"type=LIMIT&timeInForce=GTC&quantity=%q&price=-1", -1100, "'price'"},
        {"type=LIMIT&timeInForce=GTC&quantity=%q&price=nan", -1100, "'price'"},
        {"type=LIMIT&timeInForce=GTC&price=%p", -1102, "'quantity'"},
        {"type=LIMIT&quantity=%q&price=%p", -1102, "'timeInForce'"},
        {"type=LIMIT&timeInForce=GTX&quantity=%q&price=%p", -1115, "Invalid timeInForce."},
        {"type=BEST&quantity=%q", -1116, "Invalid orderType."},
        {"type=MARKET&quantity=%q&price=%p", -1106, "'price'"},
        {"type=STOP_LOSS&quantity=%q", -1102, "'stopPrice'"},
        {"type=LIMIT&timeInForce=GTC&quantity=%q&price=%p&newClientOrderId=a%20b", -1100,
         "'newClientOrderId'"},
        {"type=LIMIT&timeInForce=GTC&quantity=%q&price=%p&newClientOrderId="
         "1234567890123456789012345678901234567",
         -1100, "'newClientOrderId'"},
    };
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        char words[256];
        struct qt_text text;
        qt_text_init(&text, words, sizeof words);
        for (const char *p = rows[i].words; *p; p++) {
            if (p[0] == '%' && p[1] == 'q')
                qt_text_addf(&text, "%.*f", m.qty_decimals, quantity);
            else if (p[0] == '%' && p[1] == 'p')
                qt_text_addf(&text, "%.*f", m.px_decimals, price);
            else if (p[0] == '%' && p[1] == 'l')
                qt_text_addf(&text, "%.*f", m.qty_decimals, m.lot);
            else {
                qt_text_add_char(&text, *p);
                continue;
            }
            p++;
        }
        call(&client, "POST", API "order", "symbol=%s&side=BUY&%s", m.symbol, words);
        expect_fault(&client, 400, rows[i].code, rows[i].message);
    }
    call(&client, "POST", API "order", "symbol=%s&side=HOLD&type=MARKET&quantity=1", m.symbol);
    expect_fault(&client, 400, -1117, "Invalid side.");
    ck_assert_int_eq((int)json_array_size(call(&client, "GET", API "openOrders", "%s", "")), 0);
    client_stop(&client);
}
END_TEST

START_TEST(order_is_placed_reported_queried_and_cancelled)
{
    struct client client;
    struct market m;
    struct inbox user;
    client_start(&client, &small);
    read_market(&client, &m);
    open_user_stream(&client, &user);
    double quantity = lots_for(&m, 100);
    json_t *placed = place_limit(&client, &m, "BUY", quantity, m.bid * 0.9, "first-1");
    ck_assert_str_eq(text_of(placed, "status"), "NEW");
    ck_assert_str_eq(text_of(placed, "clientOrderId"), "first-1");
    int64_t id = int_of(placed, "orderId");
    json_t *report = inbox_find(&user, "e", "executionReport");
    ck_assert_str_eq(text_of(report, "x"), "NEW");
    ck_assert_str_eq(text_of(report, "c"), "first-1");
    ck_assert_int_eq(int_of(report, "i"), id);
    json_t *position = inbox_find(&user, "e", "outboundAccountPosition");
    ck_assert_int_ge((int)json_array_size(json_object_get(position, "B")), 1);
    place_limit(&client, &m, "BUY", quantity, m.bid * 0.9, "first-1");
    expect_fault(&client, 400, -2010, "Duplicate order sent.");
    json_t *order =
        call(&client, "GET", API "order", "symbol=%s&origClientOrderId=first-1", m.symbol);
    ck_assert_int_eq(int_of(order, "orderId"), id);
    ck_assert_int_eq(
        (int)json_array_size(call(&client, "GET", API "openOrders", "symbol=%s", m.symbol)), 1);
    json_t *cancelled =
        call(&client, "DELETE", API "order", "symbol=%s&orderId=%lld&newClientOrderId=stop-1",
             m.symbol, (long long)id);
    ck_assert_str_eq(text_of(cancelled, "status"), "CANCELED");
    ck_assert_str_eq(text_of(cancelled, "origClientOrderId"), "first-1");
    report = inbox_find(&user, "x", "CANCELED");
    ck_assert_str_eq(text_of(report, "c"), "stop-1");
    ck_assert_str_eq(text_of(report, "C"), "first-1");
    call(&client, "DELETE", API "order", "symbol=%s&origClientOrderId=first-1", m.symbol);
    expect_fault(&client, 400, -2011, "Unknown order sent.");
    call(&client, "GET", API "order", "symbol=%s&origClientOrderId=never", m.symbol);
    expect_fault(&client, 400, -2013, "Order does not exist.");
    call(&client, "DELETE", API "openOrders", "symbol=%s", m.symbol);
    expect_fault(&client, 400, -2011, "Unknown order sent.");
    inbox_stop(&user);
    client_stop(&client);
}
END_TEST

/* Trades at market and sums the fills; returns what was paid or received in quote, fees apart. */
static double
trade(struct client *client, const struct market *m, const char *side, double quantity,
      const char *fee_asset, double *out_fees)
{
    const json_t *order = place_market(client, m, side, quantity);
    json_t *fills = json_object_get(order, "fills");
    double sum = 0;
    ck_assert_str_eq(text_of(order, "status"), "FILLED");
    ck_assert_int_ge((int)json_array_size(fills), 1);
    *out_fees = 0;
    for (size_t i = 0; i < json_array_size(fills); i++) {
        const json_t *fill = json_array_get(fills, i);
        sum += number_of(fill, "qty");
        *out_fees += number_of(fill, "commission");
        ck_assert_str_eq(text_of(fill, "commissionAsset"), fee_asset);
        ck_assert_double_ge(number_of(fill, "price"), m->bid * 0.9);
    }
    ck_assert_double_eq_tol(sum, quantity, m->lot / 2);
    ck_assert_double_gt(*out_fees, 0);
    return number_of(order, "cummulativeQuoteQty");
}

START_TEST(market_order_fills_pays_its_fee_and_moves_the_balances)
{
    struct client client;
    struct market m;
    struct inbox user;
    double fees;
    client_start(&client, &small);
    read_market(&client, &m);
    open_user_stream(&client, &user);
    double quantity = 2 * lots_for(&m, 2500);
    double paid = trade(&client, &m, "BUY", quantity, m.base, &fees);
    json_t *report = inbox_find(&user, "X", "FILLED");
    ck_assert_str_eq(text_of(report, "x"), "TRADE");
    ck_assert_double_eq_tol(number_of(report, "z"), quantity, m.lot / 2);
    ck_assert_double_eq_tol(fees, quantity * 0.001, 1e-6);
    ck_assert_double_eq_tol(free_of(&client, m.base), quantity - fees, 1e-9);
    double quote = free_of(&client, "USDT");
    ck_assert_double_eq_tol(quote, 100000 - paid, 1e-6);
    place_market(&client, &m, "SELL", quantity);
    expect_fault(&client, 400, -2010, "insufficient balance");
    double received = trade(&client, &m, "SELL", quantity / 2, "USDT", &fees);
    ck_assert_double_eq_tol(fees, received * 0.001, 1e-6);
    ck_assert_double_eq_tol(free_of(&client, "USDT"), quote + received - fees, 1e-6);
    ck_assert_int_ge(
        (int)json_array_size(call(&client, "GET", API "myTrades", "symbol=%s", m.symbol)), 2);
    inbox_stop(&user);
    client_stop(&client);
}
END_TEST

START_TEST(maker_orders_refuse_to_take_and_test_orders_leave_no_trace)
{
    struct client client;
    struct market m;
    client_start(&client, &small);
    read_market(&client, &m);
    double quantity = lots_for(&m, 50);
    call(&client, "POST", API "order",
         "symbol=%s&side=BUY&type=LIMIT_MAKER&quantity=%.*f&price=%.*f", m.symbol, m.qty_decimals,
         quantity, m.px_decimals, ticks(&m, m.ask * 1.1));
    expect_fault(&client, 400, -2010, "Order would immediately match and take.");
    json_t *ack = call(&client, "POST", API "order",
                       "symbol=%s&side=BUY&type=LIMIT_MAKER&quantity=%.*f&price=%.*f", m.symbol,
                       m.qty_decimals, quantity, m.px_decimals, ticks(&m, m.bid * 0.8));
    ck_assert_int_eq((int)json_object_size(ack), 5); /* ACK is its default */
    json_t *test =
        call(&client, "POST", API "order/test", "symbol=%s&side=BUY&type=MARKET&quantity=%.*f",
             m.symbol, m.qty_decimals, quantity);
    ck_assert_int_eq((int)json_object_size(test), 0);
    ck_assert_int_eq(
        (int)json_array_size(call(&client, "GET", API "allOrders", "symbol=%s", m.symbol)), 1);
    json_t *list = call(&client, "DELETE", API "openOrders", "symbol=%s", m.symbol);
    ck_assert_int_eq((int)json_array_size(list), 1);
    client_stop(&client);
}
END_TEST

START_TEST(streams_carry_what_they_are_named_for)
{
    struct client client;
    struct market m;
    struct inbox inbox;
    char text[512];
    client_start(&client,
                 &(struct qt_exchange_server_options){.symbols = 5, .seed = 7, .speed = 20});
    read_market(&client, &m);
    inbox_start(&inbox, &client, "/ws/0"); /* an unknown tail is accepted */
    int n = snprintf(text, sizeof text,
                     "{\"method\":\"SUBSCRIBE\",\"params\":[\"%s@trade\",\"%s@bookTicker\","
                     "\"%s@kline_1m\",\"!miniTicker@arr\"],\"id\":\"one\"}",
                     m.lower, m.lower, m.lower);
    ck_assert(qt_ws_send(inbox.ws, text, (size_t)n));
    json_t *reply = inbox_next(&inbox);
    ck_assert(json_is_null(json_object_get(reply, "result")));
    ck_assert_str_eq(text_of(reply, "id"), "one");
    bool has_trade = false, has_quote = false, has_kline = false, has_tickers = false;
    while (!has_trade || !has_quote || !has_kline || !has_tickers) {
        const json_t *message = inbox_next(&inbox);
        const char *event = json_string_value(json_object_get(message, "e"));
        has_tickers |= json_is_array(message);
        has_trade |= event && strcmp(event, "trade") == 0;
        has_kline |= event && strcmp(event, "kline") == 0;
        has_quote |= !event && json_object_get(message, "B") != NULL;
    }
    inbox_stop(&inbox);
    client_stop(&client);
}
END_TEST

/* Applies levels to a side of a book: price text -> quantity text. */
static void
apply(json_t *side, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *px = json_string_value(json_array_get(json_array_get(list, i), 0));
        const char *qty = json_string_value(json_array_get(json_array_get(list, i), 1));
        if (strspn(qty, "0.") == strlen(qty))
            json_object_del(side, px);
        else
            json_object_set_new(side, px, json_string(qty));
    }
}

/* Binance's rules for a diff stream and a snapshot, until the book is that of a newer snapshot. */
static void
expect_rebuilt(struct client *client, struct inbox *inbox, const char *query, const json_t *first)
{
    json_t *bids = json_object(), *asks = json_object();
    apply(bids, json_object_get(first, "bids"));
    apply(asks, json_object_get(first, "asks"));
    int64_t at = int_of(first, "lastUpdateId");
    json_t *last = json_incref(get(client, API "depth", query));
    int64_t until = int_of(last, "lastUpdateId");
    ck_assert_int_gt(until, at);
    for (bool is_first = true; at < until;) {
        const json_t *diff = json_object_get(inbox_next(inbox), "data");
        if (int_of(diff, "u") <= at)
            continue;
        if (is_first)
            ck_assert_int_le(int_of(diff, "U"), at + 1);
        else
            ck_assert_int_eq(int_of(diff, "U"), at + 1);
        is_first = false;
        apply(bids, json_object_get(diff, "b"));
        apply(asks, json_object_get(diff, "a"));
        at = int_of(diff, "u");
        if (at > until) { /* the market moved on: compare with a newer snapshot */
            json_decref(last);
            last = json_incref(get(client, API "depth", query));
            until = int_of(last, "lastUpdateId");
        }
    }
    json_t *want_bids = json_object(), *want_asks = json_object();
    apply(want_bids, json_object_get(last, "bids"));
    apply(want_asks, json_object_get(last, "asks"));
    ck_assert(json_equal(bids, want_bids));
    ck_assert(json_equal(asks, want_asks));
    json_decref(bids);
    json_decref(asks);
    json_decref(want_bids);
    json_decref(want_asks);
    json_decref(last);
}

START_TEST(depth_stream_rebuilds_the_rest_snapshot)
{
    struct client client;
    struct market m;
    struct inbox inbox;
    char path[128], query[64];
    client_start(&client,
                 &(struct qt_exchange_server_options){.symbols = 3, .seed = 9, .speed = 20});
    read_market(&client, &m);
    snprintf(path, sizeof path, "/stream?streams=%s@depth@100ms", m.lower);
    snprintf(query, sizeof query, "symbol=%s&limit=5000", m.symbol);
    inbox_start(&inbox, &client, path);
    client_wait(&client, &inbox.n, 2);
    json_t *first = json_incref(get(&client, API "depth", query));
    client_wait(&client, &inbox.n, inbox.n + 10);
    expect_rebuilt(&client, &inbox, query, first);
    json_decref(first);
    inbox_stop(&inbox);
    client_stop(&client);
}
END_TEST

START_TEST(level_that_only_a_snapshot_saw_is_taken_back)
{
    struct client client;
    struct market m;
    struct inbox inbox;
    char path[128], query[64];
    client_start(&client,
                 &(struct qt_exchange_server_options){.symbols = 3, .seed = 9, .speed = 1});
    read_market(&client, &m);
    snprintf(path, sizeof path, "/stream?streams=%s@depth", m.lower); /* once a second */
    snprintf(query, sizeof query, "symbol=%s&limit=5000", m.symbol);
    inbox_start(&inbox, &client, path);
    client_wait(&client, &inbox.n, 1);
    place_limit(&client, &m, "BUY", lots_for(&m, 100), m.bid * 0.97, "ghost");
    json_t *first = json_incref(get(&client, API "depth", query));
    call(&client, "DELETE", API "openOrders", "symbol=%s", m.symbol);
    client_wait(&client, &inbox.n, inbox.n + 2);
    expect_rebuilt(&client, &inbox, query, first);
    json_decref(first);
    inbox_stop(&inbox);
    client_stop(&client);
}
END_TEST

START_TEST(websocket_api_places_and_reports)
{
    struct client client;
    struct market m;
    struct inbox api;
    char text[1024], signature[65], payload[600];
    client_start(&client, &small);
    read_market(&client, &m);
    inbox_start(&api, &client, "/ws-api/v3");
    snprintf(payload, sizeof payload, "apiKey=%s&timestamp=%lld", client.info->key,
             (long long)exchange_ms(&client));
    sign(client.info->secret, payload, signature);
    int n = snprintf(text, sizeof text,
                     "{\"id\":1,\"method\":\"userDataStream.subscribe.signature\",\"params\":{"
                     "\"apiKey\":\"%s\",\"timestamp\":%s,\"signature\":\"%s\"}}",
                     client.info->key, strstr(payload, "timestamp=") + 10, signature);
    ck_assert(qt_ws_send(api.ws, text, (size_t)n));
    json_t *reply = inbox_next(&api);
    ck_assert_int_eq(int_of(reply, "status"), 200);
    int64_t subscription = int_of(json_object_get(reply, "result"), "subscriptionId");
    place_limit(&client, &m, "BUY", lots_for(&m, 100), m.bid * 0.9, "over-rest");
    json_t *event = inbox_next(&api);
    ck_assert_int_eq(int_of(event, "subscriptionId"), subscription);
    ck_assert_str_eq(text_of(json_object_get(event, "event"), "c"), "over-rest");
    static const char wrong[] =
        "{\"id\":\"w\",\"method\":\"order.status\",\"params\":{\"symbol\":\"X\"}}";
    ck_assert(qt_ws_send(api.ws, wrong, sizeof wrong - 1));
    json_t *fault = inbox_find(&api, "id", "w");
    ck_assert_int_eq(int_of(fault, "status"), 401);
    ck_assert_int_eq(int_of(json_object_get(fault, "error"), "code"), -2014);
    inbox_stop(&api);
    client_stop(&client);
}
END_TEST

static struct {
    int status;
    int64_t retry_after_s;
} refusal;

static void
note_refusal(void *context, struct qt_ws *ws, enum qt_net_error error, const char *reason)
{
    (void)context;
    (void)error;
    (void)reason;
    refusal.retry_after_s = qt_ws_retry_after_s(ws);
    refusal.status = qt_ws_status(ws);
}

static void
expect_refused_upgrade(struct client *client, int status, int64_t least_s)
{
    struct qt_error err = {0};
    char url[128];
    snprintf(url, sizeof url, "%s/ws/btcusdt@trade", client->info->stream_url);
    const struct qt_ws_options options = {
        .url = url, .open = inbox_open, .message = inbox_message, .closed = note_refusal};
    struct qt_ws *ws = qt_ws_create(client->loop, &options, &err);
    ck_assert_msg(ws != NULL, "%s", err.text);
    while (refusal.status == 0)
        (void)qt_loop_work(client->loop, 20);
    ck_assert_int_eq(refusal.status, status);
    ck_assert_int_ge(refusal.retry_after_s, least_s);
    qt_ws_destroy(ws);
}

START_TEST(weight_is_counted_then_429_then_418)
{
    struct client client;
    client_start(&client, &(struct qt_exchange_server_options){.symbols = 3, .weight_limit = 50});
    int limited = 0;
    get(&client, API "ping", "");
    ck_assert_int_eq(client.weight, 1);
    for (int i = 0; i < 120 && client.status != 418; i++) {
        get(&client, API "exchangeInfo", "");
        limited += client.status == 429;
        if (client.status == 429)
            ck_assert_int_ge(client.retry_after, 0);
    }
    ck_assert_int_gt(limited, 0);
    expect_fault(&client, 418, -1003, "banned until");
    ck_assert_int_ge(client.retry_after, 100);
    expect_refused_upgrade(&client, 418, 100);
    client_stop(&client);
}
END_TEST

START_TEST(random_trading_conserves_every_asset)
{
    struct client client;
    struct market m;
    struct qt_rng rng;
    char id[40];
    client_start(&client,
                 &(struct qt_exchange_server_options){.symbols = 3, .seed = 11, .speed = 20});
    read_market(&client, &m);
    qt_rng_init(&rng, 42);
    for (int i = 0; i < 80; i++) { /* 100 orders in 10 s is the venue's limit */
        double quantity = lots_for(&m, 20.0 + (double)qt_rng_below(&rng, 500));
        const char *side = qt_rng_below(&rng, 2) ? "BUY" : "SELL";
        snprintf(id, sizeof id, "random-%d", i);
        if (qt_rng_below(&rng, 3) == 0)
            place_market(&client, &m, side, quantity);
        else
            place_limit(&client, &m, side, quantity,
                        m.bid * (0.99 + 0.0001 * (double)qt_rng_below(&rng, 200)), id);
        if (qt_rng_below(&rng, 5) == 0)
            call(&client, "DELETE", API "openOrders", "symbol=%s", m.symbol);
    }
    struct qt_exchange_server_stats stats = qt_exchange_server_stats(client.server);
    for (int i = 0; i < 100 && stats.fills == 0; i++) {
        (void)qt_loop_work(client.loop, 50);
        stats = qt_exchange_server_stats(client.server);
    }
    ck_assert_uint_gt(stats.fills, 0);
    ck_assert(stats.is_conserved);
    client_stop(&client);
}
END_TEST

START_TEST(port_in_use_is_an_error)
{
    struct client client;
    struct qt_error err = {0};
    client_start(&client, &small);
    const struct qt_exchange_server_options options = {.port = client.info->port, .symbols = 2};
    ck_assert_ptr_null(qt_exchange_server_start(&options, &err));
    ck_assert(strstr(err.text, "in use") != NULL);
    client_stop(&client);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("exchange");
    TCase *tc = tcase_create("market");
    tcase_add_test(tc, public_endpoints_answer);
    tcase_add_test(tc, klines_obey_start_end_and_limit);
    tcase_add_test(tc, public_mistakes_have_binances_codes);
    tcase_add_test(tc, streams_carry_what_they_are_named_for);
    tcase_add_test(tc, depth_stream_rebuilds_the_rest_snapshot);
    tcase_add_test(tc, level_that_only_a_snapshot_saw_is_taken_back);
    tcase_add_test(tc, port_in_use_is_an_error);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    tc = tcase_create("trading");
    tcase_add_test(tc, signatures_keys_and_time_stamps_are_checked);
    tcase_add_test(tc, every_filter_has_its_fault);
    tcase_add_test(tc, order_is_placed_reported_queried_and_cancelled);
    tcase_add_test(tc, market_order_fills_pays_its_fee_and_moves_the_balances);
    tcase_add_test(tc, maker_orders_refuse_to_take_and_test_orders_leave_no_trace);
    tcase_add_test(tc, websocket_api_places_and_reports);
    tcase_add_test(tc, weight_is_counted_then_429_then_418);
    tcase_add_test(tc, random_trading_conserves_every_asset);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
