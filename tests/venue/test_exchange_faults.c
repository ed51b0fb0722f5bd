/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Faults on demand, each seen by a raw client over real sockets. How to add one: a test here, and a
 * row in tests/end_to_end/test_faults.py.
 */
#include "exchange_market.h"

/* The exchange with one fault, and its first market. */
struct bench {
    struct client client;
    struct market market;
};

static void
bench_start_with(struct bench *bench, const char *const *specs, size_t n)
{
    struct qt_fault faults[2];
    struct qt_error err = {0};
    ck_assert_uint_le(n, QT_COUNT_OF(faults));
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(qt_fault_parse(specs[i], &faults[i], &err), "%s", err.text);
    client_start(&bench->client,
                 &(struct qt_exchange_server_options){
                     .symbols = 3, .seed = 7, .speed = 20, .faults = faults, .n_faults = n});
}

static void
bench_start(struct bench *bench, const char *spec)
{
    bench_start_with(bench, &spec, 1);
}

static uint64_t
count(struct bench *bench, enum qt_fault_kind kind)
{
    return qt_exchange_server_stats(bench->client.server).faults[kind];
}

/* Waits until the exchange says so many. */
static void
wait_count(struct bench *bench, enum qt_fault_kind kind, uint64_t want)
{
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    while (count(bench, kind) < want && qt_now_mono_ns() < end)
        (void)qt_loop_work(bench->client.loop, 20);
    ck_assert_uint_ge(count(bench, kind), want);
}

START_TEST(every_row_has_a_name_a_form_and_a_text)
{
    for (int i = 0; i < QT_FAULT_KINDS; i++) {
        ck_assert(qt_fault_rows[i].name && qt_fault_rows[i].form && qt_fault_rows[i].help);
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(qt_fault_rows[i].name, qt_fault_rows[k].name);
    }
}
END_TEST

START_TEST(specifications_are_read_exactly)
{
    struct qt_error err = {0};
    struct qt_fault fault;
    ck_assert(qt_fault_parse("latency=0.01:2s", &fault, &err));
    ck_assert(fault.kind == QT_FAULT_LATENCY && fault.time_ns == 2 * QT_NS_PER_S);
    ck_assert_double_eq(fault.share, 0.01);
    ck_assert(qt_fault_parse("latency=1", &fault, &err) && fault.time_ns == QT_NS_PER_S);
    ck_assert(qt_fault_parse("cut=60s", &fault, &err));
    ck_assert(fault.every_ns == 60 * QT_NS_PER_S && !fault.is_all);
    ck_assert(qt_fault_parse("cut=1m:all", &fault, &err) && fault.is_all);
    ck_assert(qt_fault_parse("halt=BTCUSDT@30s:20s", &fault, &err));
    ck_assert(fault.start_ns == 30 * QT_NS_PER_S && fault.time_ns == 20 * QT_NS_PER_S);
    ck_assert_str_eq(fault.what, "BTCUSDT");
    ck_assert(qt_fault_parse("revoke=3s", &fault, &err) && fault.start_ns == 3 * QT_NS_PER_S);
    ck_assert(qt_fault_parse("rotate=4s", &fault, &err) && fault.start_ns == 4 * QT_NS_PER_S);
    ck_assert(qt_fault_parse("skew=-2s@1s", &fault, &err));
    ck_assert(fault.start_ns == QT_NS_PER_S && fault.time_ns == -2 * QT_NS_PER_S);
}
END_TEST

START_TEST(wrong_specifications_are_named)
{
    static const char *const wrong[] = {"",
                                        "=",
                                        "sing=1",
                                        "reject",
                                        "reject=",
                                        "reject=0",
                                        "reject=1.1",
                                        "reject=-1",
                                        "reject=nan",
                                        "reject=0.1:",
                                        "reject=0.1:1s",
                                        "latency=0.1:",
                                        "cut=0s",
                                        "cut=5s:some",
                                        "cut=5s:all:all",
                                        "halt=X",
                                        "halt=@1s",
                                        "halt=X@1s:2s:3s",
                                        "skew=",
                                        "skew=--1s",
                                        "storm=",
                                        "rejec=0.1",
                                        "reject =0.1",
                                        "gap=0x1p-1s"};
    for (size_t i = 0; i < QT_COUNT_OF(wrong); i++) {
        struct qt_error err = {0};
        struct qt_fault fault = {.kind = QT_FAULT_KINDS};
        ck_assert_msg(!qt_fault_parse(wrong[i], &fault, &err), "%s", wrong[i]);
        ck_assert_int_eq(err.code, QT_E_USAGE);
        ck_assert(strstr(err.text, "fault '") != NULL);
        ck_assert(fault.kind == QT_FAULT_KINDS);
    }
}
END_TEST

START_TEST(symbol_that_is_not_there_is_an_error)
{
    struct qt_error err = {0};
    struct qt_fault fault;
    ck_assert(qt_fault_parse("halt=NOSUCH@1s", &fault, &err));
    const struct qt_exchange_server_options options = {
        .symbols = 3, .faults = &fault, .n_faults = 1};
    ck_assert_ptr_null(qt_exchange_server_start(&options, &err));
    ck_assert_int_eq(err.code, QT_E_USAGE);
    ck_assert(strstr(err.text, "NOSUCH") != NULL);
}
END_TEST

START_TEST(latency_holds_answers_back)
{
    struct bench b;
    bench_start(&b, "latency=1:700ms");
    for (int i = 0; i < 3; i++) {
        int64_t before = qt_now_mono_ns();
        get(&b.client, API "ping", "");
        ck_assert_int_eq(b.client.status, 200);
        ck_assert_int_ge(qt_now_mono_ns() - before, 690 * QT_NS_PER_MS);
    }
    wait_count(&b, QT_FAULT_LATENCY, 3);
    client_stop(&b.client);
}
END_TEST

START_TEST(latency_holds_api_answers_back_and_forgets_who_left)
{
    struct bench b;
    struct inbox api;
    bench_start(&b, "latency=1:700ms");
    inbox_start(&api, &b.client, "/ws-api/v3");
    static const char ping[] = "{\"id\":1,\"method\":\"ping\"}";
    int64_t before = qt_now_mono_ns();
    ck_assert(qt_ws_send(api.ws, ping, sizeof ping - 1));
    ck_assert_int_eq(int_of(inbox_next(&api), "status"), 200);
    ck_assert_int_ge(qt_now_mono_ns() - before, 690 * QT_NS_PER_MS);
    ck_assert(qt_ws_send(api.ws, ping, sizeof ping - 1));
    wait_count(&b, QT_FAULT_LATENCY, 2);
    inbox_stop(&api); /* its answer is still kept */
    for (int i = 0; i < 2; i++)
        get(&b.client, API "ping", "");
    client_stop(&b.client);
}
END_TEST

START_TEST(server_errors_come_before_and_after_the_work)
{
    struct bench b;
    int before = 0, after = 0;
    bench_start(&b, "5xx=0.5");
    do /* the market can be read once four requests in a row are well */
        get(&b.client, API "exchangeInfo", "");
    while (b.client.status != 200);
    json_t *symbol = json_array_get(json_object_get(b.client.answer, "symbols"), 0);
    char name[QT_SYMBOL_SIZE];
    qt_copy(name, sizeof name, text_of(symbol, "symbol"));
    for (int i = 0; i < 40; i++) {
        call(&b.client, "POST", API "order", "symbol=%s&side=BUY&type=MARKET&quoteOrderQty=20",
             name);
        before += b.client.status == 503;
        after += b.client.status == 504;
        if (b.client.status == 503)
            expect_fault(&b.client, 503, -1001, "Internal error");
        else if (b.client.status == 504)
            expect_fault(&b.client, 504, -1007, "execution status unknown");
        else
            ck_assert_int_eq(b.client.status, 200);
    }
    ck_assert_int_gt(before, 0);
    ck_assert_int_gt(after, 0);
    wait_count(&b, QT_FAULT_5XX, (uint64_t)(before + after));
    int64_t end =
        qt_now_mono_ns() + 60 * QT_NS_PER_S; /* what was answered 504 was done, 503 was not */
    while (qt_exchange_server_stats(b.client.server).orders < (uint64_t)(40 - before) &&
           qt_now_mono_ns() < end)
        (void)qt_loop_work(b.client.loop, 20);
    ck_assert_uint_eq(qt_exchange_server_stats(b.client.server).orders, (uint64_t)(40 - before));
    client_stop(&b.client);
}
END_TEST

START_TEST(storm_answers_429_with_retry_after_and_passes)
{
    struct bench b;
    bench_start(&b, "storm=1s:1s");
    int stormy = 0, fine_after = 0;
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    while (fine_after == 0 && qt_now_mono_ns() < end) {
        get(&b.client, API "time", "");
        if (b.client.status == 429) {
            expect_fault(&b.client, 429, -1003, "Too much request weight");
            ck_assert_int_ge(b.client.retry_after, 1);
            ck_assert_int_le(b.client.retry_after, 2);
            stormy++;
        } else if (stormy > 0) {
            fine_after++;
        }
        (void)qt_loop_work(b.client.loop, 20);
    }
    ck_assert_int_gt(stormy, 0);
    ck_assert_int_gt(fine_after, 0);
    wait_count(&b, QT_FAULT_STORM, (uint64_t)stormy);
    client_stop(&b.client);
}
END_TEST

/* It was said as long as until the exchange's next minute. */
START_TEST(refusal_of_a_storm_that_comes_late_says_no_longer_than_the_storm)
{
    static const char *const specs[] = {"storm=1s:300ms", "latency=1:400ms"};
    struct bench b;
    bench_start_with(&b, specs, QT_COUNT_OF(specs));
    int64_t end = qt_now_mono_ns() + 120 * QT_NS_PER_S;
    for (int stormy = 0; stormy < 4;) {
        get(&b.client, API "time", "");
        ck_assert_int_lt(qt_now_mono_ns(), end);
        if (b.client.status != 429)
            continue;
        ck_assert_int_eq(b.client.retry_after, 1);
        stormy++;
    }
    client_stop(&b.client);
}
END_TEST

START_TEST(order_stands_though_its_answer_is_lost)
{
    struct bench b;
    struct lone lone = {0};
    char query[256];
    bench_start(&b, "lost-ack=1");
    read_market(&b.client, &b.market);
    snprintf(query, sizeof query,
             "symbol=%s&side=BUY&type=LIMIT&timeInForce=GTC&quantity=%.*f&price=%.*f&"
             "newClientOrderId=lost-1",
             b.market.symbol, b.market.qty_decimals, lots_for(&b.market, 100), b.market.px_decimals,
             ticks(&b.market, b.market.bid * 0.9));
    lone_send(&b.client, "POST", API "order", query, 2000, &lone);
    client_wait(&b.client, &lone.failures, 1);
    ck_assert_int_eq(lone.answers, 0);
    wait_count(&b, QT_FAULT_LOST_ACK, 1);
    json_t *order =
        call(&b.client, "GET", API "order", "symbol=%s&origClientOrderId=lost-1", b.market.symbol);
    ck_assert_int_eq(b.client.status, 200); /* only placing loses its answer */
    ck_assert_str_eq(text_of(order, "status"), "NEW");
    call(&b.client, "DELETE", API "order", "symbol=%s&origClientOrderId=lost-1", b.market.symbol);
    ck_assert_int_eq(b.client.status, 200);
    client_stop(&b.client);
}
END_TEST

START_TEST(orders_are_refused_as_for_lack_of_money)
{
    struct bench b;
    bench_start(&b, "reject=1");
    read_market(&b.client, &b.market);
    place_limit(&b.client, &b.market, "BUY", lots_for(&b.market, 100), b.market.bid * 0.9, "no");
    expect_fault(&b.client, 400, -2010, "Account has insufficient balance");
    call(&b.client, "GET", API "order", "symbol=%s&origClientOrderId=no", b.market.symbol);
    expect_fault(&b.client, 400, -2013, "Order does not exist.");
    wait_count(&b, QT_FAULT_REJECT, 1);
    client_stop(&b.client);
}
END_TEST

START_TEST(refused_cancels_leave_the_order)
{
    struct bench b;
    bench_start(&b, "reject-cancel=1");
    read_market(&b.client, &b.market);
    place_limit(&b.client, &b.market, "BUY", lots_for(&b.market, 100), b.market.bid * 0.9, "stays");
    ck_assert_int_eq(b.client.status, 200);
    call(&b.client, "DELETE", API "order", "symbol=%s&origClientOrderId=stays", b.market.symbol);
    expect_fault(&b.client, 400, -2011, "Unknown order sent.");
    json_t *open = call(&b.client, "GET", API "openOrders", "symbol=%s", b.market.symbol);
    ck_assert_int_eq((int)json_array_size(open), 1);
    wait_count(&b, QT_FAULT_REJECT_CANCEL, 1);
    client_stop(&b.client);
}
END_TEST

/* Reads n diffs of the depth stream; *gaps: ids left out; *back: ids that come after later ones;
 * *twice: repeated ones. */
static void
read_diffs(struct bench *b, int n, int *gaps, int *back, int *twice)
{
    struct inbox inbox;
    char path[128];
    read_market(&b->client, &b->market);
    snprintf(path, sizeof path, "/ws/%s@depth@100ms", b->market.lower);
    inbox_start(&inbox, &b->client, path);
    int64_t at = 0, first = 0;
    *gaps = *back = *twice = 0;
    for (int i = 0; i < n; i++) {
        json_t *diff = inbox_next(&inbox);
        int64_t from = int_of(diff, "U"), to = int_of(diff, "u");
        if (at > 0 && from == first && to == at)
            (*twice)++;
        else if (at > 0 && to < at)
            (*back)++;
        else if (at > 0 && from != at + 1)
            (*gaps)++;
        if (to > at) {
            first = from;
            at = to;
        }
    }
    inbox_stop(&inbox);
}

static const struct {
    const char *spec;
    enum qt_fault_kind kind;
    bool gaps, back, twice;
} depth_rows[] = {{"gap=0.3", QT_FAULT_GAP, true, false, false},
                  {"drop=0.3", QT_FAULT_DROP, true, false, false},
                  {"reorder=0.3", QT_FAULT_REORDER, true, true, false},
                  {"duplicate=0.3", QT_FAULT_DUPLICATE, false, false, true}};

START_TEST(depth_messages_suffer)
{
    struct bench b;
    int gaps, back, twice;
    bench_start(&b, depth_rows[_i].spec);
    read_diffs(&b, 30, &gaps, &back, &twice);
    ck_assert_int_eq(gaps > 0, depth_rows[_i].gaps);
    ck_assert_int_eq(back > 0, depth_rows[_i].back);
    ck_assert_int_eq(twice > 0, depth_rows[_i].twice);
    wait_count(&b, depth_rows[_i].kind, 1);
    client_stop(&b.client);
}
END_TEST

START_TEST(order_events_are_dropped)
{
    struct bench b;
    struct inbox inbox;
    bench_start(&b, "drop-user=1");
    read_market(&b.client, &b.market);
    open_user_stream(&b.client, &inbox);
    place_limit(&b.client, &b.market, "BUY", lots_for(&b.market, 100), b.market.bid * 0.9, "mute");
    wait_count(&b, QT_FAULT_DROP_USER, 2); /* the order and the balance */
    call(&b.client, "GET", API "order", "symbol=%s&origClientOrderId=mute", b.market.symbol);
    ck_assert_int_eq(b.client.status, 200);
    for (int i = 0; i < 20; i++)
        get(&b.client, API "ping", "");
    ck_assert_int_eq(inbox.n, 0);
    inbox_stop(&inbox);
    client_stop(&b.client);
}
END_TEST

START_TEST(order_events_come_twice)
{
    struct bench b;
    struct inbox inbox;
    bench_start(&b, "duplicate=1");
    read_market(&b.client, &b.market);
    open_user_stream(&b.client, &inbox);
    place_limit(&b.client, &b.market, "BUY", lots_for(&b.market, 100), b.market.bid * 0.9, "twin");
    int64_t id = int_of(inbox_find(&inbox, "c", "twin"), "I");
    ck_assert_int_eq(int_of(inbox_find(&inbox, "c", "twin"), "I"), id);
    inbox_stop(&inbox);
    client_stop(&b.client);
}
END_TEST

/* A stream whose end is counted. */
struct watched {
    struct qt_ws *ws;
    int opened, messages, ended;
};

static void
watched_open(void *context, struct qt_ws *ws)
{
    (void)ws;
    ((struct watched *)context)->opened++;
}

static void
watched_message(void *context, struct qt_ws *ws, const char *data, size_t length)
{
    (void)ws;
    (void)data;
    (void)length;
    ((struct watched *)context)->messages++;
}

static void
watched_closed(void *context, struct qt_ws *ws, enum qt_net_error error, const char *reason)
{
    (void)ws;
    (void)error;
    (void)reason;
    ((struct watched *)context)->ended++;
}

static void
watch(struct bench *b, const char *path, struct watched *out)
{
    struct qt_error err = {0};
    char url[256];
    *out = (struct watched){0};
    snprintf(url, sizeof url, "%s%s", b->client.info->stream_url, path);
    const struct qt_ws_options options = {.url = url,
                                          .context = out,
                                          .open = watched_open,
                                          .message = watched_message,
                                          .closed = watched_closed};
    out->ws = qt_ws_create(b->client.loop, &options, &err);
    ck_assert_msg(out->ws != NULL, "%s", err.text);
}

START_TEST(connections_are_cut_one_by_one_or_all_at_once)
{
    static const char *const specs[] = {"cut=1500ms", "cut=1500ms:all"};
    struct bench b;
    struct watched watched[3];
    bench_start(&b, specs[_i]);
    for (int i = 0; i < 3; i++)
        watch(&b, "/ws/!bookTicker", &watched[i]);
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    int ended = 0;
    while (ended < 3 && qt_now_mono_ns() < end) {
        (void)qt_loop_work(b.client.loop, 20);
        ended = watched[0].ended + watched[1].ended + watched[2].ended;
    }
    ck_assert_int_eq(ended, 3);
    wait_count(&b, QT_FAULT_CUT, 3);
    for (int i = 0; i < 3; i++)
        qt_ws_destroy(watched[i].ws);
    client_stop(&b.client);
}
END_TEST

START_TEST(half_open_connection_stays_and_says_nothing)
{
    struct bench b;
    struct watched watched;
    bench_start(&b, "half-open=2s");
    watch(&b, "/ws/!bookTicker", &watched);
    client_wait(&b.client, &watched.messages, 1);
    wait_count(&b, QT_FAULT_HALF_OPEN, 1);
    for (int i = 0; i < 10; i++) /* what was on its way */
        get(&b.client, API "ping", "");
    int before = watched.messages;
    static const char list[] = "{\"id\":1,\"method\":\"LIST_SUBSCRIPTIONS\"}";
    ck_assert(qt_ws_send(watched.ws, list, sizeof list - 1));
    for (int i = 0; i < 50; i++) { /* the market goes on */
        get(&b.client, API "ping", "");
        (void)qt_loop_work(b.client.loop, 20);
    }
    ck_assert_int_eq(watched.messages, before);
    ck_assert_int_eq(watched.ended, 0);
    struct watched other; /* another client is served */
    watch(&b, "/ws/!bookTicker", &other);
    client_wait(&b.client, &other.messages, 1);
    qt_ws_destroy(other.ws);
    qt_ws_destroy(watched.ws);
    client_stop(&b.client);
}
END_TEST

START_TEST(halted_symbol_stands_still_and_resumes)
{
    static const char *const specs[] = {"halt=%s@1s:3s", "halt=all@1s:3s"};
    struct bench b;
    char spec[64], query[64];
    bench_start(&b, "reject=0.000001");
    read_market(&b.client, &b.market); /* the same seed: the same symbols */
    client_stop(&b.client);
    snprintf(spec, sizeof spec, "%s", specs[_i]);
    if (_i == 0)
        snprintf(spec, sizeof spec, "halt=%s@1s:3s", b.market.symbol);
    bench_start(&b, spec);
    read_market(&b.client, &b.market);
    wait_count(&b, QT_FAULT_HALT, 1);
    place_limit(&b.client, &b.market, "BUY", lots_for(&b.market, 100), b.market.bid * 0.9,
                "closed");
    expect_fault(&b.client, 400, -2010, "Market is closed.");
    json_t *info = get(&b.client, API "exchangeInfo", "");
    json_t *symbols = json_object_get(info, "symbols");
    ck_assert_str_eq(text_of(json_array_get(symbols, 0), "status"), "BREAK");
    ck_assert_str_eq(text_of(json_array_get(symbols, 1), "status"), _i ? "BREAK" : "TRADING");
    snprintf(query, sizeof query, "symbol=%s&limit=5", b.market.symbol);
    int64_t id = int_of(get(&b.client, API "depth", query), "lastUpdateId"), later;
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    do { /* open again, and moving */
        (void)qt_loop_work(b.client.loop, 50);
        later = int_of(get(&b.client, API "depth", query), "lastUpdateId");
    } while (later == id && qt_now_mono_ns() < end);
    ck_assert_int_gt(later, id);
    read_market(&b.client, &b.market);
    place_limit(&b.client, &b.market, "BUY", lots_for(&b.market, 100), b.market.bid * 0.9, "open");
    ck_assert_int_eq(b.client.status, 200);
    client_stop(&b.client);
}
END_TEST

START_TEST(clock_goes_wrong_and_refuses_the_stamps_of_the_right_one)
{
    static const struct {
        const char *spec;
        int64_t ahead_ms;
    } rows[] = {{"skew=120s@1s", 120000}, {"skew=-120s@1s", -120000}};
    struct bench b;
    bench_start(&b, rows[_i].spec);
    wait_count(&b, QT_FAULT_SKEW, 1);
    int64_t told = int_of(get(&b.client, API "time", ""), "serverTime");
    int64_t off = told - exchange_ms(&b.client) - rows[_i].ahead_ms;
    ck_assert_int_lt(llabs(off), 60000);
    call(&b.client, "GET", API "account", "%s", "");
    expect_fault(&b.client, 400, -1021, "imestamp for this request");
    client_stop(&b.client);
}
END_TEST

START_TEST(another_key_is_good_from_its_time_on)
{
    struct bench b;
    bench_start(&b, "rotate=1s");
    struct qt_exchange_server_info next = *b.client.info;
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    ck_assert_str_ne(next.key, next.next_key);
    do {
        (void)qt_loop_work(b.client.loop, 100);
        call(&b.client, "GET", API "account", "%s", "");
    } while (b.client.status == 200 && qt_now_mono_ns() < end);
    expect_fault(&b.client, 401, -2015, "Invalid API-key");
    memcpy(next.key, next.next_key, sizeof next.key);
    memcpy(next.secret, next.next_secret, sizeof next.secret);
    const struct qt_exchange_server_info *former = b.client.info;
    b.client.info = &next;
    call(&b.client, "GET", API "account", "%s", "");
    ck_assert_int_eq(b.client.status, 200);
    wait_count(&b, QT_FAULT_ROTATE, 1);
    b.client.info = former;
    client_stop(&b.client);
}
END_TEST

START_TEST(key_is_refused_from_its_time_on)
{
    struct bench b;
    bench_start(&b, "revoke=1s");
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    do {
        (void)qt_loop_work(b.client.loop, 100); /* the weights are checked as ever */
        call(&b.client, "GET", API "account", "%s", "");
    } while (b.client.status == 200 && qt_now_mono_ns() < end);
    expect_fault(&b.client, 401, -2015, "Invalid API-key");
    (void)get(&b.client, API "time", "");
    ck_assert_int_eq(b.client.status, 200); /* what needs no key goes on */
    wait_count(&b, QT_FAULT_REVOKE, 1);
    client_stop(&b.client);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("exchange_faults");
    TCase *tc = tcase_create("table");
    tcase_add_test(tc, every_row_has_a_name_a_form_and_a_text);
    tcase_add_test(tc, specifications_are_read_exactly);
    tcase_add_test(tc, wrong_specifications_are_named);
    tcase_add_test(tc, symbol_that_is_not_there_is_an_error);
    suite_add_tcase(suite, tc);
    tc = tcase_create("requests");
    tcase_add_test(tc, latency_holds_answers_back);
    tcase_add_test(tc, latency_holds_api_answers_back_and_forgets_who_left);
    tcase_add_test(tc, server_errors_come_before_and_after_the_work);
    tcase_add_test(tc, storm_answers_429_with_retry_after_and_passes);
    tcase_add_test(tc, refusal_of_a_storm_that_comes_late_says_no_longer_than_the_storm);
    tcase_add_test(tc, order_stands_though_its_answer_is_lost);
    tcase_add_test(tc, orders_are_refused_as_for_lack_of_money);
    tcase_add_test(tc, refused_cancels_leave_the_order);
    tcase_add_loop_test(tc, clock_goes_wrong_and_refuses_the_stamps_of_the_right_one, 0, 2);
    tcase_add_test(tc, another_key_is_good_from_its_time_on);
    tcase_add_test(tc, key_is_refused_from_its_time_on);
    tcase_add_loop_test(tc, halted_symbol_stands_still_and_resumes, 0, 2);
    tcase_set_timeout(tc, 120);
    suite_add_tcase(suite, tc);
    tc = tcase_create("streams");
    tcase_add_loop_test(tc, depth_messages_suffer, 0, (int)QT_COUNT_OF(depth_rows));
    tcase_add_test(tc, order_events_are_dropped);
    tcase_add_test(tc, order_events_come_twice);
    tcase_add_loop_test(tc, connections_are_cut_one_by_one_or_all_at_once, 0, 2);
    tcase_add_test(tc, half_open_connection_stays_and_says_nothing);
    tcase_set_timeout(tc, 120);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
