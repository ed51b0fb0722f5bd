/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Conditional orders of perpetuals at the simulated exchange, over real sockets: a service of their
 * own until they trigger, ordinary orders afterwards.
 */
#include "usdm_client.h"

#define SELL "algoType=CONDITIONAL&symbol=" SYMBOL "&side=SELL&quantity=0.02&"

/* A conditional order far away, or near; the answer. */
static json_t *
place(const char *query, double px)
{
    char at[32];
    snprintf(at, sizeof at, "%.0f", px);
    json_t *answer = call(&client, "POST", "/fapi/v1/algoOrder", "%s&triggerPrice=%s", query, at);
    ck_assert_msg(client.status == 200, "%s", text_of(answer, "msg"));
    return answer;
}

static void
trade(const char *side, const char *quantity)
{
    call(&client, "POST", "/fapi/v1/order", "symbol=" SYMBOL "&side=%s&type=MARKET&quantity=%s",
         side, quantity);
    ck_assert_int_eq(client.status, 200);
}

static const char *
status_of(const char *client_id)
{
    call(&client, "GET", "/fapi/v1/algoOrder", "clientAlgoId=%s", client_id);
    ck_assert_int_eq(client.status, 200);
    return text_of(client.answer, "algoStatus");
}

static size_t
count(const char *path)
{
    return json_array_size(call(&client, "GET", path, "symbol=" SYMBOL));
}

/* The next news of a conditional order. */
static const json_t *
next_news(struct inbox *inbox, const char *status)
{
    const json_t *order = json_object_get(inbox_find(inbox, "e", "ALGO_UPDATE"), "o");
    ck_assert_str_eq(text_of(order, "X"), status);
    return order;
}

/* The first news with that status, of that order (NULL: of any). */
static const json_t *
find_news(struct inbox *inbox, const char *status, const char *client_id)
{
    for (;;) {
        const json_t *order = json_object_get(inbox_find(inbox, "e", "ALGO_UPDATE"), "o");
        if (strcmp(text_of(order, "X"), status) == 0 &&
            (!client_id || strcmp(text_of(order, "caid"), client_id) == 0))
            return order;
    }
}

/* A stop and a target around the price, one of which comes soon; again where the price has gone
 * beyond one before it was there. */
static void
place_around(void)
{
    static const char *const queries[] = {
        SELL "type=STOP_MARKET&reduceOnly=true&clientAlgoId=low",
        SELL "type=TAKE_PROFIT_MARKET&reduceOnly=true&clientAlgoId=high"};
    for (int i = 0; i < 2; i++)
        do
            call(&client, "POST", "/fapi/v1/algoOrder", "%s&triggerPrice=%.0f", queries[i],
                 price() * (i ? 1.001 : 0.999));
        while (client.status != 200 && int_of(client.answer, "code") == -2021);
    ck_assert_int_eq(client.status, 200);
}

START_TEST(conditional_order_waits_where_the_books_calls_do_not_see_it)
{
    const json_t *placed =
        place(SELL "type=STOP_MARKET&reduceOnly=true&clientAlgoId=mine", price() * 0.8);
    int64_t id = int_of(placed, "algoId");
    ck_assert_str_eq(text_of(placed, "clientAlgoId"), "mine");
    ck_assert_str_eq(text_of(placed, "algoStatus"), "NEW");
    ck_assert_str_eq(text_of(placed, "actualOrderId"), "");
    ck_assert(json_is_true(json_object_get(placed, "reduceOnly")));
    ck_assert_uint_eq(count("/fapi/v1/openOrders") + count("/fapi/v1/allOrders"), 0);
    ck_assert_uint_eq(count("/fapi/v1/openAlgoOrders"), 1);
    ck_assert_uint_eq(count("/fapi/v1/allAlgoOrders"), 1);
    call(&client, "GET", "/fapi/v1/order", "symbol=" SYMBOL "&origClientOrderId=mine");
    expect_fault(&client, 400, -2013, "does not exist");
    call(&client, "DELETE", "/fapi/v1/order", "symbol=" SYMBOL "&origClientOrderId=mine");
    expect_fault(&client, 400, -2011, "Unknown order");
    call(&client, "DELETE", "/fapi/v1/allOpenOrders", "symbol=" SYMBOL);
    ck_assert_int_eq(client.status, 200);
    ck_assert_str_eq(status_of("mine"), "NEW");
    call(&client, "GET", "/fapi/v1/algoOrder", "algoId=%lld", (long long)id);
    ck_assert_str_eq(text_of(client.answer, "clientAlgoId"), "mine");
    call(&client, "DELETE", "/fapi/v1/algoOrder", "algoId=%lld", (long long)id);
    ck_assert_str_eq(text_of(client.answer, "code"), "200");
    ck_assert_str_eq(status_of("mine"), "CANCELED");
    call(&client, "DELETE", "/fapi/v1/algoOrder", "clientAlgoId=mine");
    expect_fault(&client, 400, -2011, "Unknown order");
    call(&client, "GET", "/fapi/v1/algoOrder", "clientAlgoId=none");
    expect_fault(&client, 400, -2013, "does not exist");
}
END_TEST

START_TEST(countdown_leaves_conditional_orders_and_their_own_call_takes_them_all)
{
    struct inbox inbox;
    open_user(&inbox, "/ws/%s");
    place(SELL "type=STOP_MARKET&clientAlgoId=one", price() * 0.8);
    place(SELL "type=TAKE_PROFIT_MARKET&clientAlgoId=two", price() * 1.2);
    (void)next_news(&inbox, "NEW");
    (void)next_news(&inbox, "NEW");
    call(&client, "POST", "/fapi/v1/order",
         "symbol=" SYMBOL "&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=%d",
         (int)(price() * 0.9));
    call(&client, "POST", "/fapi/v1/countdownCancelAll", "symbol=" SYMBOL "&countdownTime=1000");
    for (;;) {
        const json_t *order = json_object_get(inbox_find(&inbox, "e", "ORDER_TRADE_UPDATE"), "o");
        if (strcmp(text_of(order, "X"), "CANCELED") == 0)
            break;
    }
    ck_assert_uint_eq(count("/fapi/v1/openAlgoOrders"), 2);
    call(&client, "DELETE", "/fapi/v1/algoOpenOrders", "symbol=" SYMBOL);
    ck_assert_int_eq(int_of(client.answer, "code"), 200);
    ck_assert_str_eq(text_of(next_news(&inbox, "CANCELED"), "caid"), "one");
    ck_assert_str_eq(text_of(next_news(&inbox, "CANCELED"), "caid"), "two");
    ck_assert_uint_eq(count("/fapi/v1/openAlgoOrders"), 0);
    inbox_stop(&inbox);
}
END_TEST

START_TEST(trigger_makes_an_ordinary_order_with_an_id_of_its_own)
{
    struct qt_exchange_server_options options = usual();
    struct inbox inbox;
    char id[32], mine[8];
    options.speed = 60;
    begin(&options);
    trade("BUY", "0.04");
    open_user(&inbox, "/ws/%s");
    place_around();
    const json_t *news = find_news(&inbox, "TRIGGERING", NULL);
    snprintf(mine, sizeof mine, "%s", text_of(news, "caid"));
    ck_assert_str_eq(text_of(news, "ai"), "");
    const json_t *order = json_object_get(inbox_find(&inbox, "e", "ORDER_TRADE_UPDATE"), "o");
    ck_assert_str_eq(text_of(order, "c"), mine);
    ck_assert_str_eq(text_of(order, "x"), "NEW");
    ck_assert_str_eq(text_of(order, "o"), "MARKET");
    snprintf(id, sizeof id, "%lld", (long long)int_of(order, "i"));
    news = find_news(&inbox, "TRIGGERED", mine);
    ck_assert_str_eq(text_of(news, "ai"), id);
    ck_assert_int_ne(int_of(news, "aid"), atoll(id));
    news = find_news(&inbox, "FINISHED", mine);
    ck_assert_str_eq(text_of(news, "ai"), id);
    ck_assert_double_eq_tol(number_of(news, "aq"), 0.02, 1e-9);
    ck_assert_str_eq(text_of(news, "act"), "MARKET");
    ck_assert_str_eq(status_of(mine), "FINISHED");
    ck_assert_str_eq(text_of(client.answer, "actualOrderId"), id);
    ck_assert_double_gt(number_of(client.answer, "actualPrice"), 0);
    call(&client, "GET", "/fapi/v1/order", "symbol=" SYMBOL "&orderId=%s", id);
    ck_assert_str_eq(text_of(client.answer, "status"), "FILLED");
    ck_assert_str_eq(text_of(client.answer, "clientOrderId"), mine);
    ck_assert_str_eq(text_of(client.answer, "type"), "MARKET");
    call(&client, "GET", "/fapi/v1/userTrades", "symbol=" SYMBOL "&orderId=%s", id);
    ck_assert_uint_ge(json_array_size(client.answer), 1);
    call(&client, "DELETE", "/fapi/v1/algoOrder", "clientAlgoId=%s", mine);
    expect_fault(&client, 400, -2011, "Unknown order");
    inbox_stop(&inbox);
    teardown();
}
END_TEST

START_TEST(order_to_close_a_position_ends_with_it)
{
    struct inbox inbox;
    trade("BUY", "0.02");
    open_user(&inbox, "/ws/%s");
    place("algoType=CONDITIONAL&symbol=" SYMBOL "&side=SELL&type=STOP_MARKET&closePosition=true&"
          "workingType=MARK_PRICE&priceProtect=TRUE&clientAlgoId=all",
          price() * 0.8);
    const json_t *news = next_news(&inbox, "NEW");
    ck_assert_str_eq(text_of(news, "f"), "GTE_GTC");
    ck_assert_str_eq(text_of(news, "wt"), "MARK_PRICE");
    ck_assert(json_is_true(json_object_get(news, "cp")) &&
              json_is_true(json_object_get(news, "pP")));
    trade("SELL", "0.02");
    (void)next_news(&inbox, "EXPIRED");
    ck_assert_str_eq(status_of("all"), "EXPIRED");
    inbox_stop(&inbox);
}
END_TEST

/* Its price comes, and there is nothing to reduce. */
START_TEST(refused_trigger_is_told_with_its_reason_and_makes_no_order)
{
    struct qt_exchange_server_options options = usual();
    struct inbox inbox;
    options.speed = 60;
    begin(&options);
    open_user(&inbox, "/ws/%s");
    place_around();
    (void)find_news(&inbox, "TRIGGERING", NULL);
    const json_t *news = find_news(&inbox, "REJECTED", NULL);
    ck_assert_str_eq(text_of(news, "rm"), "Reduce Only reject");
    ck_assert_str_eq(text_of(news, "ai"), "");
    ck_assert_str_eq(status_of(text_of(news, "caid")), "REJECTED");
    ck_assert_uint_eq(count("/fapi/v1/allOrders"), 0);
    inbox_stop(&inbox);
    teardown();
}
END_TEST

static const struct {
    const char *query;
    double at; /* of the price; 0: no trigger price */
    int code;
} refused[] = {
    {"symbol=" SYMBOL "&side=SELL&type=STOP_MARKET&quantity=0.01", 0.8, -1102},
    {"algoType=VP&symbol=" SYMBOL "&side=SELL&type=STOP_MARKET&quantity=0.01", 0.8, -1130},
    {SELL "type=LIMIT&timeInForce=GTC&price=1", 0.8, -1116},
    {SELL "type=MARKET", 0.8, -1116},
    {SELL "type=STOP_MARKET", 0, -1102},
    {SELL "type=STOP_MARKET", 1.2, -2021}, /* it would trigger at once */
    {SELL "type=STOP_MARKET&closePosition=true", 0.8, -1106},
    {SELL "type=STOP_MARKET&positionSide=LONG", 0.8, -4061},
    {SELL "type=TRAILING_STOP_MARKET&callbackRate=50", 0, -2007},
    {SELL "type=STOP_MARKET&clientAlgoId=taken", 0.8, -4116},
};

START_TEST(conditional_order_with_a_wrong_parameter_gets_the_code_of_futures)
{
    char at[48];
    double px = price();
    place(SELL "type=STOP_MARKET&clientAlgoId=taken", px * 0.7);
    for (size_t i = 0; i < QT_COUNT_OF(refused); i++) {
        snprintf(at, sizeof at, "&triggerPrice=%.0f", px * refused[i].at);
        call(&client, "POST", "/fapi/v1/algoOrder", "%s%s", refused[i].query,
             refused[i].at > 0 ? at : "");
        expect_fault(&client, 400, refused[i].code, "");
    }
    ck_assert_uint_eq(count("/fapi/v1/allAlgoOrders"), 1);
}
END_TEST

START_TEST(lost_answer_of_a_conditional_order_leaves_the_order)
{
    struct qt_exchange_server_options options = usual();
    const struct qt_fault faults[] = {{.kind = QT_FAULT_LOST_ACK, .share = 1}};
    struct lone lone = {0};
    char query[256];
    options.faults = faults;
    options.n_faults = QT_COUNT_OF(faults);
    begin(&options);
    snprintf(query, sizeof query, SELL "type=STOP_MARKET&triggerPrice=%d&clientAlgoId=lost",
             (int)(price() * 0.8));
    lone_send(&client, "POST", "/fapi/v1/algoOrder", query, 4000, &lone);
    client_wait(&client, &lone.failures, 1);
    ck_assert_int_eq(lone.answers, 0);
    do
        call(&client, "GET", "/fapi/v1/algoOrder", "clientAlgoId=lost");
    while (client.status != 200); /* the request may come after the client has given up */
    ck_assert_str_eq(text_of(client.answer, "algoStatus"), "NEW");
    teardown();
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("usdm_algo");
    TCase *tc = tcase_create("rest");
    tcase_set_timeout(tc, 150);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, conditional_order_waits_where_the_books_calls_do_not_see_it);
    tcase_add_test(tc, countdown_leaves_conditional_orders_and_their_own_call_takes_them_all);
    tcase_add_test(tc, order_to_close_a_position_ends_with_it);
    tcase_add_test(tc, conditional_order_with_a_wrong_parameter_gets_the_code_of_futures);
    suite_add_tcase(suite, tc);
    tc = tcase_create("trigger");
    tcase_set_timeout(tc, 150);
    tcase_add_test(tc, trigger_makes_an_ordinary_order_with_an_id_of_its_own);
    tcase_add_test(tc, refused_trigger_is_told_with_its_reason_and_makes_no_order);
    tcase_add_test(tc, lost_answer_of_a_conditional_order_leaves_the_order);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
