/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the adapter makes of a conditional order that has triggered, where the venue says half of it
 * (rules L2 and L4 of algo.c). The session is opened at the simulated exchange; from then on its
 * requests are answered by a script, on the session's own loop.
 */
#include "bench.h"

#include "../../src/venue/binance/session_priv.h"

#include "qtrade/net/server.h"
#include "qtrade/venue/exchange.h"

#define START_NS INT64_C(1709276400000000000) /* 2024-03-01T07:00:00Z */
#define BY_OUR_ID "origClientOrderId=qt-"
#define BY_ITS_ID "orderId=777"
#define ABSENT "{\"code\":-2013,\"msg\":\"Order does not exist.\"}"

/* What is answered to GET or DELETE of a path whose query has a word; the first row that fits. */
static struct answer {
    const char *method, *path, *has;
    int status;
    char body[640];
    unsigned asked;
} script[4];
static size_t n_answers;

static struct bench bench;
static struct qt_exchange_server *exchange;
static struct qt_server *scripted;
static struct qt_order_request stop;

static void
on_request(void *context, const struct qt_call *call, struct qt_responder *responder)
{
    static const char nothing[] = "{\"code\":-1000,\"msg\":\"not in the script\"}";
    (void)context;
    for (size_t i = 0; i < n_answers; i++) {
        struct answer *row = &script[i];
        if (strcmp(row->method, call->method) != 0 || strcmp(row->path, call->path) != 0 ||
            !strstr(call->query, row->has))
            continue;
        row->asked++;
        qt_respond(responder, row->status, "application/json", NULL, 0, row->body,
                   strlen(row->body));
        return;
    }
    qt_respond(responder, 400, "application/json", NULL, 0, nothing, strlen(nothing));
}

static struct answer *
add(const char *method, const char *path, const char *has, int status, const char *body)
{
    struct answer *row = &script[n_answers++];
    ck_assert_uint_le(n_answers, QT_COUNT_OF(script));
    *row = (struct answer){.method = method, .path = path, .has = has, .status = status};
    ck_assert(qt_copy(row->body, sizeof row->body, body));
    return row;
}

static const struct qt_instrument *
ins(void)
{
    return qt_universe_at(bench.universe, 0);
}

static const char *
id_of(char out[QT_CLIENT_ID_TEXT])
{
    return qt_client_id_format(BENCH_TAG, stop.client_id, out);
}

/* The conditional order as its service tells it: so many seconds ago. */
static struct answer *
add_algo(const char *status, const char *became, const char *filled, int64_t ago_s)
{
    char body[600], id[QT_CLIENT_ID_TEXT];
    int64_t ms = qt__bn_time_low(bench.session) / QT_NS_PER_MS - 1000 * ago_s;
    snprintf(
        body, sizeof body,
        "{\"algoId\":4000,\"clientAlgoId\":\"%s\",\"symbol\":\"%s\",\"side\":\"SELL\","
        "\"quantity\":\"2\",\"algoStatus\":\"%s\",\"actualOrderId\":\"%s\",\"actualQty\":\"%s\","
        "\"price\":\"0\",\"updateTime\":%lld}",
        id_of(id), ins()->symbol, status, became, filled, (long long)ms);
    return add("GET", "/fapi/v1/algoOrder", "clientAlgoId=qt-", 200, body);
}

/* The order that it became, under an id of the venue's own. */
static struct answer *
add_order(const char *has, const char *status)
{
    char body[600];
    snprintf(
        body, sizeof body,
        "{\"orderId\":777,\"clientOrderId\":\"made-by-the-venue\",\"symbol\":\"%s\",\"side\":"
        "\"SELL\",\"type\":\"MARKET\",\"origType\":\"STOP_MARKET\",\"status\":\"%s\",\"price\":"
        "\"0\",\"avgPrice\":\"0\",\"origQty\":\"2\",\"executedQty\":\"0\",\"cumQuote\":\"0\","
        "\"timeInForce\":\"GTC\",\"reduceOnly\":true,\"updateTime\":%lld}",
        ins()->symbol, status, (long long)(qt__bn_time_low(bench.session) / QT_NS_PER_MS));
    return add("GET", "/fapi/v1/order", has, 200, body);
}

/* A stop far below the market stands; then only the script is asked. */
static void
set_up(void)
{
    struct qt_error err = {0};
    const struct qt_exchange_server_options options = {
        .symbols = 2, .seed = 17, .start_ns = START_NS, .has_usdm = true};
    const struct qt_server_options server = {.request = on_request};
    exchange = qt_exchange_server_start(&options, &err);
    ck_assert_msg(exchange != NULL, "%s", err.text);
    const struct qt_exchange_server_info *info = qt_exchange_server_info(exchange);
    const struct qt_binance_options session = {.venue_class = &qt_venue_binance_usdm,
                                               .rest_url = info->usdm_rest_url,
                                               .ws_url = info->usdm_stream_url,
                                               .key = info->key,
                                               .secret = info->secret,
                                               .tag = BENCH_TAG,
                                               .clock = &info->clock,
                                               .reconcile_ms = 3600000,
                                               .seed = 1};
    bench = (struct bench){.sink = {.push = bench_push, .self = &bench}};
    bench_open(&bench, &session);
    bench_settle(&bench);
    stop = bench_order(&bench, 1, QT_SELL, QT_PX_NONE, 1000);
    stop.type = QT_TYPE_STOP_LOSS;
    stop.stop_px = (qt_px){2 * ins()->tick.v};
    ck_assert(bench.orders.submit(bench.orders.self, &stop));
    (void)bench_report(&bench, REPORT(1, ACCEPTED));
    scripted = qt_server_start(bench.session->loop, &server, &err);
    ck_assert_msg(scripted != NULL, "%s", err.text);
    snprintf(bench.session->rest_url, sizeof bench.session->rest_url, "http://127.0.0.1:%d",
             qt_server_port(scripted));
    n_answers = 0;
    bench.seen = bench.n;
}

static void
tear_down(void)
{
    qt_server_stop(scripted);
    bench_stop(&bench);
    qt_exchange_server_stop(exchange);
}

/* The stream tells once more that it was placed, and when is its own affair. */
static bool
is_of_ours(const struct qt_event *event, int64_t ignored)
{
    (void)ignored;
    return event->kind == QT_EVENT_REPORT && event->report.client_id == stop.client_id &&
           event->report.type != QT_REPORT_ACCEPTED;
}

/* Asks how it stands; what is said of it. */
static const struct qt_report *
ask(void)
{
    bench.seen = bench.n;
    ck_assert(bench.orders.query(bench.orders.self, 0, stop.client_id));
    return &bench_find(&bench, is_of_ours, 0, "an answer")->report;
}

/* It says for long that it is on its way, or that it was triggered, and not what it became. */
START_TEST(an_order_that_a_trigger_made_is_found_by_our_id_where_its_own_is_not_told)
{
    static const char *const says[] = {"TRIGGERING", "TRIGGERED", "FINISHED"};
    struct answer *algo = add_algo(says[_i], "", "2", 1);
    struct answer *book = add("GET", "/fapi/v1/order", BY_OUR_ID, 400, ABSENT);
    struct answer *gone = add("DELETE", "/fapi/v1/order", BY_ITS_ID, 400,
                              "{\"code\":-2011,\"msg\":\"Unknown order sent.\"}");
    const struct qt_report *told = ask();
    ck_assert_int_eq(told->type, QT_REPORT_TIMEOUT); /* not known, and not absent */
    ck_assert_int_eq(told->state, QT_ORDER_UNKNOWN);
    told = ask();
    ck_assert_int_eq(told->type, QT_REPORT_TIMEOUT);
    ck_assert_uint_eq(algo->asked, 2);
    ck_assert_uint_eq(book->asked, 2);
    n_answers = 1;
    book = add_order(BY_OUR_ID, "NEW");
    told = ask();
    ck_assert_int_eq(told->type, QT_REPORT_STATUS);
    ck_assert_int_eq(told->state, QT_ORDER_OPEN);
    ck_assert_uint_eq(told->venue_id, 777);
    n_answers = 0; /* from now on it is that order */
    gone = add("DELETE", "/fapi/v1/order", BY_ITS_ID, 400, gone->body);
    bench.seen = bench.n;
    ck_assert(bench.orders.cancel(bench.orders.self, 0, stop.client_id));
    (void)bench_report(&bench, REPORT(1, CANCEL_REJECTED));
    ck_assert_uint_eq(gone->asked, 1);
}
END_TEST

START_TEST(an_order_that_a_trigger_made_is_asked_for_by_its_id_as_soon_as_that_is_told)
{
    (void)add_algo("TRIGGERING", "", "0", 1);
    (void)add("GET", "/fapi/v1/order", BY_OUR_ID, 400, ABSENT);
    ck_assert_int_eq(ask()->type, QT_REPORT_TIMEOUT);
    n_answers = 0;
    (void)add_algo("TRIGGERED", "777", "0", 1);
    struct answer *book = add_order(BY_ITS_ID, "EXPIRED");
    const struct qt_report *told = ask();
    ck_assert_int_eq(told->type, QT_REPORT_STATUS);
    ck_assert_int_eq(told->state, QT_ORDER_EXPIRED);
    ck_assert_uint_eq(book->asked, 1);
}
END_TEST

/* What its service says of an order that the book does not know; UNKNOWN: nothing can be said. */
static const struct {
    const char *status, *became, *filled;
    int64_t ago_s;
    enum qt_order_state state;
} ends[] = {
    {"CANCELED", "777", "0", 60, QT_ORDER_CANCELLED},
    {"EXPIRED", "777", "0", 60, QT_ORDER_EXPIRED},
    {"REJECTED", "777", "0", 60, QT_ORDER_REJECTED},
    {"FINISHED", "777", "0", 60, QT_ORDER_CANCELLED},
    {"FINISHED", "", "0.000", 60, QT_ORDER_CANCELLED},
    {"FINISHED", "777", "2", 60, QT_ORDER_UNKNOWN},
    {"CANCELED", "777", "0", 5, QT_ORDER_UNKNOWN}, /* the book may be late */
    {"FINISHED", "777", "0", 5, QT_ORDER_UNKNOWN},
    {"TRIGGERED", "777", "0", 60, QT_ORDER_UNKNOWN},
    {"TRIGGERING", "", "0", 60, QT_ORDER_UNKNOWN},
};

START_TEST(an_end_that_the_venue_tells_ends_an_order_that_the_book_does_not_know)
{
    bool is_known = ends[_i].state != QT_ORDER_UNKNOWN;
    struct answer *algo =
        add_algo(ends[_i].status, ends[_i].became, ends[_i].filled, ends[_i].ago_s);
    struct answer *book =
        add("GET", "/fapi/v1/order", *ends[_i].became ? BY_ITS_ID : BY_OUR_ID, 400, ABSENT);
    const struct qt_report *told = ask();
    ck_assert_int_eq(told->type, is_known ? QT_REPORT_STATUS : QT_REPORT_TIMEOUT);
    ck_assert_int_eq(told->state, ends[_i].state);
    ck_assert_int_eq(told->cum_qty.v, 0);
    ck_assert_uint_eq(algo->asked, 1);
    ck_assert_uint_eq(book->asked, 1);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("usdm_triggers");
    TCase *tc = tcase_create("triggers");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 120);
    suite_add_tcase(suite, tc);
    tcase_add_loop_test(
        tc, an_order_that_a_trigger_made_is_found_by_our_id_where_its_own_is_not_told, 0, 3);
    tcase_add_test(tc, an_order_that_a_trigger_made_is_asked_for_by_its_id_as_soon_as_that_is_told);
    tcase_add_loop_test(tc, an_end_that_the_venue_tells_ends_an_order_that_the_book_does_not_know,
                        0, QT_COUNT_OF(ends));
    return qt_run_suite(suite);
}
