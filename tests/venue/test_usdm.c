/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The venue of USD-M perpetuals over real sockets: messages have the shape of the recorded ones,
 * depth follows by pu, the user stream tells what REST does, refusals have Binance's codes, faults
 * act.
 */
#include "usdm_client.h"

#include <zlib.h>

#define LINE (1u << 20)

/* Shapes */

static const char *
type_name(const json_t *value)
{
    return json_is_boolean(value)   ? "boolean"
           : json_is_string(value)  ? "text"
           : json_is_integer(value) ? "integer"
           : json_is_array(value)   ? "list"
           : json_is_object(value)  ? "object"
                                    : "other";
}

/* Every key of a is in b, of the same type, through objects and the first rows of lists. */
static void
check_shape(const json_t *a, const json_t *b, const char *where)
{
    const char *name;
    json_t *value;
    char below[256];
    ck_assert_msg(json_typeof(a) == json_typeof(b) || (json_is_boolean(a) && json_is_boolean(b)),
                  "%s is %s, recorded %s", where, type_name(b), type_name(a));
    if (json_is_array(a) && json_array_size(a) > 0 && json_array_size(b) > 0)
        check_shape(json_array_get(a, 0), json_array_get(b, 0), where);
    if (!json_is_object(a))
        return;
    json_object_foreach((json_t *)(uintptr_t)a, name, value)
    {
        const json_t *own = json_object_get(b, name);
        snprintf(below, sizeof below, "%s.%s", where, name);
        ck_assert_msg(own != NULL, "%s is not there", below);
        check_shape(value, own, below);
    }
}

/* The recorded messages of a file: one of each kind, by what tells the kind. */
#define KINDS_MAX 16
struct recorded {
    json_t *kinds[KINDS_MAX];
    size_t n;
};

static const char *
kind_of(const json_t *row)
{
    const json_t *message = json_object_get(row, "msg"), *data = json_object_get(message, "data");
    const char *event = json_string_value(json_object_get(data ? data : message, "e"));
    return event ? event : json_string_value(json_object_get(row, "url"));
}

static bool
read_recorded(const char *name, struct recorded *out)
{
    char path[512];
    static char line[LINE];
    *out = (struct recorded){0};
    if (!qt_market_path(name, path, sizeof path))
        return false;
    gzFile file = gzopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    while (gzgets(file, line, sizeof line)) {
        json_error_t error;
        json_t *row = json_loads(line, 0, &error);
        const char *kind = json_object_get(row, "msg") ? kind_of(row) : NULL;
        bool is_new = kind != NULL && out->n < KINDS_MAX;
        for (size_t i = 0; i < out->n && is_new; i++)
            is_new = strcmp(kind_of(out->kinds[i]), kind) != 0;
        if (is_new)
            out->kinds[out->n++] = row;
        else
            json_decref(row);
    }
    gzclose(file);
    return true;
}

static void
drop_recorded(struct recorded *recorded)
{
    for (size_t i = 0; i < recorded->n; i++)
        json_decref(recorded->kinds[i]);
}

START_TEST(stream_messages_have_every_key_of_the_recorded_ones)
{
    struct recorded recorded;
    struct inbox inbox;
    unsigned seen = 0;
    if (!read_recorded("messages/binance-usdm/cryptofeed-binance_futures-ws.jsonl.gz", &recorded))
        return;
    ck_assert_uint_eq(recorded.n, 4); /* bookTicker, depthUpdate, kline, aggTrade */
    inbox_start(&inbox, &client,
                "/stream?streams=btcusdt@aggTrade/btcusdt@depth@100ms/btcusdt@kline_1m/"
                "btcusdt@bookTicker");
    while (seen != 15) {
        const json_t *message = inbox_next(&inbox), *data = json_object_get(message, "data");
        for (unsigned i = 0; i < recorded.n; i++) {
            const json_t *wanted = json_object_get(recorded.kinds[i], "msg");
            if (strcmp(text_of(data, "e"), kind_of(recorded.kinds[i])) != 0)
                continue;
            check_shape(wanted, message, text_of(data, "e"));
            seen |= 1u << i;
        }
    }
    inbox_stop(&inbox);
    drop_recorded(&recorded);
}
END_TEST

START_TEST(snapshots_and_rules_have_every_key_of_the_recorded_ones)
{
    struct recorded depth, info;
    if (!read_recorded("messages/binance-usdm/cryptofeed-rest-snapshots-binance_futures.jsonl.gz",
                       &depth) ||
        !read_recorded("messages/binance-usdm/cryptofeed-rest-symbols-binance_futures.jsonl.gz",
                       &info))
        return;
    check_shape(json_object_get(depth.kinds[0], "msg"),
                get(&client, "/fapi/v1/depth", "symbol=" SYMBOL "&limit=20"), "depth");
    check_shape(json_object_get(info.kinds[0], "msg"), get(&client, "/fapi/v1/exchangeInfo", ""),
                "exchangeInfo");
    /* each kind of filter, not only the first */
    const json_t *wanted = json_object_get(
        json_array_get(json_object_get(json_object_get(info.kinds[0], "msg"), "symbols"), 0),
        "filters");
    const json_t *own =
        json_object_get(json_array_get(json_object_get(client.answer, "symbols"), 0), "filters");
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        const json_t *filter = json_array_get(wanted, i);
        const char *name = text_of(filter, "filterType");
        size_t k = 0;
        if (strcmp(name, "MAX_NUM_ALGO_ORDERS") == 0)
            continue; /* recorded before December 2025, when it went */
        while (k < json_array_size(own) &&
               strcmp(text_of(json_array_get(own, k), "filterType"), name) != 0)
            k++;
        ck_assert_msg(k < json_array_size(own), "no filter %s", name);
        check_shape(filter, json_array_get(own, k), name);
    }
    drop_recorded(&depth);
    drop_recorded(&info);
}
END_TEST

/* Streams */

START_TEST(depth_follows_by_pu_and_covers_the_snapshot)
{
    struct inbox inbox;
    inbox_start(&inbox, &client, "/ws/btcusdt@depth@100ms");
    int64_t last = int_of(inbox_find(&inbox, "e", "depthUpdate"), "u");
    int64_t snapshot =
        int_of(get(&client, "/fapi/v1/depth", "symbol=" SYMBOL "&limit=1000"), "lastUpdateId");
    bool is_covered = last >= snapshot;
    for (int i = 0; i < 20 || !is_covered; i++) {
        const json_t *message = inbox_next(&inbox);
        ck_assert_int_eq(int_of(message, "pu"), last);
        ck_assert_int_le(int_of(message, "U"), int_of(message, "u"));
        last = int_of(message, "u");
        is_covered |= int_of(message, "U") <= snapshot + 1 && last >= snapshot;
    }
    inbox_stop(&inbox);
}
END_TEST

START_TEST(marks_come_each_second_with_rate_and_next_funding)
{
    struct inbox inbox;
    inbox_start(&inbox, &client, "/ws/btcusdt@markPrice@1s");
    for (int i = 0; i < 2; i++) {
        const json_t *mark = inbox_find(&inbox, "e", "markPriceUpdate");
        ck_assert_double_gt(number_of(mark, "p"), 0);
        ck_assert_double_gt(number_of(mark, "i"), 0);
        ck_assert_double_le(number_of(mark, "r"), 0.003);
        ck_assert_int_eq(int_of(mark, "T") % 28800000, 0);
    }
    inbox_stop(&inbox);
    inbox_start(&inbox, &client, "/ws/!markPrice@arr@1s");
    ck_assert_uint_eq(json_array_size(inbox_next(&inbox)), 4);
    inbox_stop(&inbox);
}
END_TEST

/* The user stream */

START_TEST(user_stream_tells_account_and_order_and_the_end_of_the_key)
{
    static const char *const forms[] = {"/ws/%s", "/private/ws?listenKey=%s", "/ws?listenKey=%s"};
    struct inbox inbox;
    open_user(&inbox, forms[_i]);
    call(&client, "POST", "/fapi/v1/order",
         "symbol=" SYMBOL "&side=BUY&type=MARKET&quantity=0.01&newClientOrderId=mine");
    const json_t *order = json_object_get(inbox_find(&inbox, "e", "ORDER_TRADE_UPDATE"), "o");
    ck_assert_str_eq(text_of(order, "x"), "NEW");
    ck_assert_str_eq(text_of(order, "c"), "mine");
    const json_t *account = json_object_get(inbox_find(&inbox, "e", "ACCOUNT_UPDATE"), "a");
    ck_assert_str_eq(text_of(account, "m"), "ORDER");
    const json_t *position = json_array_get(json_object_get(account, "P"), 0);
    ck_assert_double_eq_tol(number_of(position, "pa"), 0.01, 1e-9);
    order = json_object_get(inbox_find(&inbox, "e", "ORDER_TRADE_UPDATE"), "o");
    ck_assert_str_eq(text_of(order, "x"), "TRADE");
    ck_assert_str_eq(text_of(order, "X"), "FILLED");
    ck_assert_double_gt(number_of(order, "n"), 0);
    client_send(&client, "DELETE", "/fapi/v1/listenKey", "", client.info->key);
    (void)inbox_find(&inbox, "e", "listenKeyExpired");
    inbox_stop(&inbox);
}
END_TEST

START_TEST(leverage_and_margin_type_are_told)
{
    struct inbox inbox;
    open_user(&inbox, "/ws/%s");
    call(&client, "POST", "/fapi/v1/leverage", "symbol=" SYMBOL "&leverage=7");
    const json_t *config = inbox_find(&inbox, "e", "ACCOUNT_CONFIG_UPDATE");
    ck_assert_int_eq(int_of(json_object_get(config, "ac"), "l"), 7);
    call(&client, "POST", "/fapi/v1/marginType", "symbol=" SYMBOL "&marginType=ISOLATED");
    const json_t *account = json_object_get(inbox_find(&inbox, "e", "ACCOUNT_UPDATE"), "a");
    ck_assert_str_eq(text_of(account, "m"), "MARGIN_TYPE_CHANGE");
    inbox_stop(&inbox);
}
END_TEST

START_TEST(countdown_cancels_the_orders_of_its_symbol)
{
    struct inbox inbox;
    open_user(&inbox, "/ws/%s");
    call(&client, "POST", "/fapi/v1/order",
         "symbol=" SYMBOL "&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=%d",
         (int)(price() * 0.9));
    ck_assert_int_eq(client.status, 200);
    call(&client, "POST", "/fapi/v1/countdownCancelAll", "symbol=" SYMBOL "&countdownTime=2000");
    ck_assert_str_eq(text_of(client.answer, "countdownTime"), "2000");
    for (;;) {
        const json_t *order = json_object_get(inbox_find(&inbox, "e", "ORDER_TRADE_UPDATE"), "o");
        if (strcmp(text_of(order, "X"), "CANCELED") == 0)
            break;
    }
    inbox_stop(&inbox);
}
END_TEST

/* At the speed of this market a request may be too old when it comes: again, until it is in time.
 */
static void
until_done(const char *path, const char *query)
{
    do
        call(&client, "POST", path, "%s", query);
    while (client.status != 200 && int_of(client.answer, "code") == -1021);
    ck_assert_int_eq(client.status, 200);
}

/* One of a long and a short, 125 times what stands behind each, does not live long. */
START_TEST(liquidation_is_told_to_its_owner_and_to_all)
{
    struct qt_exchange_server_options options = usual();
    struct inbox user, market;
    options.speed = 500;
    begin(&options);
    open_user(&user, "/ws/%s");
    inbox_start(&market, &client, "/ws/!forceOrder@arr");
    until_done("/fapi/v1/leverage", "symbol=BTCUSDT&leverage=125");
    until_done("/fapi/v1/leverage", "symbol=SOLUSDT&leverage=125");
    until_done("/fapi/v1/marginType", "symbol=BTCUSDT&marginType=ISOLATED");
    until_done("/fapi/v1/marginType", "symbol=SOLUSDT&marginType=ISOLATED");
    until_done("/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.2");
    until_done("/fapi/v1/order", "symbol=SOLUSDT&side=SELL&type=MARKET&quantity=50");
    const json_t *told = json_object_get(inbox_find(&market, "e", "forceOrder"), "o");
    const json_t *forced;
    do
        forced = json_object_get(inbox_find(&user, "e", "ORDER_TRADE_UPDATE"), "o");
    while (strncmp(text_of(forced, "c"), "autoclose-", 10) != 0);
    ck_assert_str_eq(text_of(told, "s"), text_of(forced, "s"));
    ck_assert_str_eq(text_of(told, "S"), text_of(forced, "S"));
    inbox_stop(&user);
    inbox_stop(&market);
    teardown();
}
END_TEST

/* Fees */

static const json_t *
newest(const char *path, const char *query)
{
    call(&client, "GET", path, "%s", query);
    ck_assert_int_eq(client.status, 200);
    return json_array_get(client.answer, json_array_size(client.answer) - 1);
}

START_TEST(fees_fall_with_volume_and_are_paid_in_the_coin)
{
    struct qt_exchange_server_options options = usual();
    struct qt_fee_schedule schedule = {0};
    struct qt_error err = {0};
    struct inbox user;
    ck_assert(qt_fee_schedule_parse("2/5,1/4@100", &schedule, &err));
    qt_copy(schedule.discount_asset, sizeof schedule.discount_asset, "BNB");
    schedule.discount_pct = 10;
    options.usdm_fees = &schedule;
    options.usdm_coins = "3";
    begin(&options);
    open_user(&user, "/ws/%s");
    call(&client, "GET", "/fapi/v1/commissionRate", "symbol=BTCUSDT");
    ck_assert_str_eq(text_of(client.answer, "takerCommissionRate"), "0.000500");
    until_done("/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1");
    call(&client, "GET", "/fapi/v1/commissionRate", "symbol=BTCUSDT");
    ck_assert_str_eq(text_of(client.answer, "takerCommissionRate"), "0.000400");
    ck_assert_str_eq(text_of(client.answer, "makerCommissionRate"), "0.000100");
    const json_t *trade = newest("/fapi/v1/userTrades", "symbol=BTCUSDT");
    ck_assert_str_eq(text_of(trade, "commissionAsset"), "BNB");
    const json_t *income = newest("/fapi/v1/income", "incomeType=COMMISSION");
    ck_assert_str_eq(text_of(income, "asset"), "BNB");
    ck_assert_int_eq(text_of(income, "income")[0], '-');
    const json_t *told;
    do
        told = json_object_get(inbox_find(&user, "e", "ORDER_TRADE_UPDATE"), "o");
    while (strcmp(text_of(told, "x"), "TRADE") != 0);
    ck_assert_str_eq(text_of(told, "N"), "BNB");
    call(&client, "GET", "/fapi/v2/account", "%s", "");
    ck_assert_int_eq(int_of(client.answer, "feeTier"), 1);
    ck_assert(json_is_true(json_object_get(client.answer, "feeBurn")));
    const json_t *coins = json_array_get(json_object_get(client.answer, "assets"), 1);
    ck_assert_str_eq(text_of(coins, "asset"), "BNB");
    ck_assert_int_eq(text_of(coins, "walletBalance")[0], '2');
    call(&client, "GET", "/fapi/v1/adlQuantile", "symbol=BTCUSDT");
    const json_t *queue = json_object_get(json_array_get(client.answer, 0), "adlQuantile");
    ck_assert_int_eq(int_of(queue, "BOTH"), 4); /* the only one who is long */
    until_done("/fapi/v1/feeBurn", "feeBurn=false");
    until_done("/fapi/v1/order", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.1");
    trade = newest("/fapi/v1/userTrades", "symbol=BTCUSDT");
    ck_assert_str_eq(text_of(trade, "commissionAsset"), "USDT");
    call(&client, "POST", "/fapi/v1/feeBurn", "%s", "feeBurn=perhaps");
    ck_assert_int_eq(client.status, 400);
    inbox_stop(&user);
    teardown();
}
END_TEST

/* REST */

static const struct {
    const char *query;
    int code;
} refused[] = {
    {"symbol=NOSUCHUSDT&side=BUY&type=MARKET&quantity=1", -1121},
    {"symbol=BTCUSDT&side=UP&type=MARKET&quantity=1", -1117},
    {"symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1", -1116},
    {"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=1", -1102},
    {"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&timeInForce=GTX", -1102},
    {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.0000001", -1111},
    {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0", -4003},
    {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01&positionSide=LONG", -4061},
    {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01&priceProtect=TRUE", -1106},
    {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01&reduceOnly=maybe", -1130},
    {"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01&reduceOnly=true", -2022},
    {"symbol=BTCUSDT&side=BUY&type=LIMIT&closePosition=true&timeInForce=GTC&price=1", -4136},
    {"symbol=BTCUSDT&side=SELL&type=STOP_MARKET&quantity=0.01&stopPrice=1", -4120},
    {"symbol=BTCUSDT&side=SELL&type=STOP&quantity=0.01&price=1&stopPrice=1", -4120},
    {"symbol=BTCUSDT&side=SELL&type=TAKE_PROFIT&quantity=0.01&price=1&stopPrice=1", -4120},
    {"symbol=BTCUSDT&side=SELL&type=TAKE_PROFIT_MARKET&quantity=0.01&stopPrice=1", -4120},
    {"symbol=BTCUSDT&side=BUY&type=TRAILING_STOP_MARKET&quantity=0.01&callbackRate=1", -4120},
};

START_TEST(order_with_a_wrong_parameter_gets_the_code_of_futures)
{
    for (size_t i = 0; i < QT_COUNT_OF(refused); i++) {
        call(&client, "POST", "/fapi/v1/order", "%s", refused[i].query);
        expect_fault(&client, 400, refused[i].code, "");
    }
    ck_assert_uint_eq(json_array_size(call(&client, "GET", "/fapi/v1/allOrders", "symbol=" SYMBOL)),
                      0);
}
END_TEST

START_TEST(repeated_request_gets_its_first_result)
{
    const char *query =
        "symbol=" SYMBOL "&side=BUY&type=MARKET&quantity=0.01&newClientOrderId=once";
    int64_t id = int_of(call(&client, "POST", "/fapi/v1/order", "%s", query), "orderId");
    ck_assert_int_eq(int_of(call(&client, "POST", "/fapi/v1/order", "%s", query), "orderId"), id);
    ck_assert_uint_eq(
        json_array_size(call(&client, "GET", "/fapi/v1/userTrades", "symbol=" SYMBOL)), 1);
}
END_TEST

START_TEST(signature_time_and_limits_are_checked_as_on_spot)
{
    client_send(&client, "GET", "/fapi/v2/account", "timestamp=1&signature=00", client.info->key);
    expect_fault(&client, 400, -1022, "Signature");
    client_send(&client, "GET", "/fapi/v2/account", "timestamp=1", NULL);
    expect_fault(&client, 401, -2014, "API-key");
    get(&client, "/fapi/v1/nothing", "");
    ck_assert_int_eq(client.status, 404);
    get(&client, "/api/v3/time", ""); /* of the other venue */
    ck_assert_int_eq(client.status, 404);
    int64_t before = client.weight;
    get(&client, "/fapi/v1/depth", "symbol=" SYMBOL "&limit=1000");
    ck_assert_int_eq(client.weight, 20 + QT_MAX(before, INT64_C(0)));
    get(&client, "/fapi/v1/depth", "symbol=" SYMBOL "&limit=7");
    expect_fault(&client, 400, -4021, "limit");
}
END_TEST

/* Faults */

START_TEST(refused_cancel_of_a_futures_order_leaves_it_open)
{
    struct qt_exchange_server_options options = usual();
    const struct qt_fault faults[] = {{.kind = QT_FAULT_REJECT_CANCEL, .share = 1}};
    options.faults = faults;
    options.n_faults = QT_COUNT_OF(faults);
    begin(&options);
    call(&client, "POST", "/fapi/v1/order",
         "symbol=" SYMBOL "&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=%d",
         (int)(price() * 0.9));
    int64_t id = int_of(client.answer, "orderId");
    call(&client, "DELETE", "/fapi/v1/order", "symbol=" SYMBOL "&orderId=%lld", (long long)id);
    expect_fault(&client, 400, -2011, "Unknown order");
    call(&client, "GET", "/fapi/v1/openOrder", "symbol=" SYMBOL "&orderId=%lld", (long long)id);
    ck_assert_str_eq(text_of(client.answer, "status"), "NEW");
    teardown();
}
END_TEST

START_TEST(lost_answer_of_a_futures_order_leaves_the_order)
{
    struct qt_exchange_server_options options = usual();
    const struct qt_fault faults[] = {{.kind = QT_FAULT_LOST_ACK, .share = 1}};
    struct lone lone = {0};
    char query[256];
    options.faults = faults;
    options.n_faults = QT_COUNT_OF(faults);
    begin(&options);
    snprintf(query, sizeof query,
             "symbol=" SYMBOL "&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=%d&"
             "newClientOrderId=lost",
             (int)(price() * 0.9));
    lone_send(&client, "POST", "/fapi/v1/order", query, 4000, &lone);
    client_wait(&client, &lone.failures, 1);
    ck_assert_int_eq(lone.answers, 0);
    do
        call(&client, "GET", "/fapi/v1/order", "symbol=" SYMBOL "&origClientOrderId=lost");
    while (client.status != 200); /* the request may come after the client has given up */
    ck_assert_str_eq(text_of(client.answer, "status"), "NEW");
    teardown();
}
END_TEST

START_TEST(halted_perpetual_takes_no_order_and_5xx_may_have_placed_one)
{
    struct qt_exchange_server_options options = usual();
    const struct qt_fault faults[] = {
        {.kind = QT_FAULT_HALT, .what = "ETHUSDT", .start_ns = 0, .time_ns = 600 * QT_NS_PER_S},
        {.kind = QT_FAULT_5XX, .share = 0.5}};
    options.faults = faults;
    options.n_faults = QT_COUNT_OF(faults);
    begin(&options);
    int unknown = 0, halted = 0;
    for (int i = 0; i < 200 && (unknown == 0 || halted == 0); i++) {
        call(&client, "POST", "/fapi/v1/order",
             "symbol=%s&side=BUY&type=MARKET&quantity=0.1&newClientOrderId=n%d",
             i % 2 ? SYMBOL : "ETHUSDT", i);
        int64_t code = client.status == 200 ? 0 : int_of(client.answer, "code");
        halted += code == -4108;
        ck_assert(i % 2 || code != 0);
        if (code != -1007 || i % 2 == 0)
            continue;
        do
            call(&client, "GET", "/fapi/v1/order", "symbol=" SYMBOL "&origClientOrderId=n%d", i);
        while (client.status >= 500);
        ck_assert_int_eq(client.status, 200); /* 504: it was done */
        unknown++;
    }
    ck_assert(unknown > 0 && halted > 0);
    teardown();
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("usdm");
    TCase *tc = tcase_create("shapes");
    tcase_set_timeout(tc, 150);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, stream_messages_have_every_key_of_the_recorded_ones);
    tcase_add_test(tc, snapshots_and_rules_have_every_key_of_the_recorded_ones);
    suite_add_tcase(suite, tc);
    tc = tcase_create("streams");
    tcase_set_timeout(tc, 150);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, depth_follows_by_pu_and_covers_the_snapshot);
    tcase_add_test(tc, marks_come_each_second_with_rate_and_next_funding);
    tcase_add_loop_test(tc, user_stream_tells_account_and_order_and_the_end_of_the_key, 0, 3);
    tcase_add_test(tc, leverage_and_margin_type_are_told);
    tcase_add_test(tc, countdown_cancels_the_orders_of_its_symbol);
    suite_add_tcase(suite, tc);
    tc = tcase_create("rest");
    tcase_set_timeout(tc, 150);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, order_with_a_wrong_parameter_gets_the_code_of_futures);
    tcase_add_test(tc, repeated_request_gets_its_first_result);
    tcase_add_test(tc, signature_time_and_limits_are_checked_as_on_spot);
    suite_add_tcase(suite, tc);
    tc = tcase_create("faults");
    tcase_set_timeout(tc, 150);
    tcase_add_test(tc, refused_cancel_of_a_futures_order_leaves_it_open);
    tcase_add_test(tc, lost_answer_of_a_futures_order_leaves_the_order);
    tcase_add_test(tc, halted_perpetual_takes_no_order_and_5xx_may_have_placed_one);
    suite_add_tcase(suite, tc);
    tc = tcase_create("liquidation");
    tcase_set_timeout(tc, 150);
    tcase_add_test(tc, liquidation_is_told_to_its_owner_and_to_all);
    tcase_add_test(tc, fees_fall_with_volume_and_are_paid_in_the_coin);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
