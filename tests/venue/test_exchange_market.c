/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The market that moves under the simulated exchange: recorded bars, ids, stops, speeds.
 */
#include "exchange_market.h"

#include "qtrade/market/reader.h"

#define RECORDING "klines/binance-spot-2024-spring-5m"
#define FIVE_MINUTES (300 * QT_NS_PER_S)

static int64_t
utc(const char *text)
{
    int64_t ns;
    ck_assert(qt_time_parse(text, &ns));
    return ns;
}

/* Works until the exchange's clock stands there. */
static void
wait_until(struct client *client, int64_t ns)
{
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    while (qt_clock_utc_ns(&client->info->clock) < ns) {
        (void)qt_loop_work(client->loop, 20);
        ck_assert_int_lt(qt_now_mono_ns(), end);
    }
}

/* A bar's decimal text is this integer at its scale. */
static void
expect_decimal(const json_t *row, size_t at, int scale, int64_t want)
{
    const char *text = json_string_value(json_array_get(row, at));
    int64_t got;
    ck_assert(text && qt_decimal_parse(text, strlen(text), scale, &got));
    ck_assert_int_eq(got, want);
}

START_TEST(recorded_bars_come_back_from_the_klines)
{
    struct client client;
    struct qt_series series;
    struct qt_reader_report report = {0};
    struct qt_error err = {0};
    char folder[512], path[600], query[160];
    if (!qt_market_path(RECORDING, folder, sizeof folder))
        return;
    int64_t start = utc("2024-04-13T19:00:00Z"), end = start + 3 * QT_NS_PER_HOUR;
    client_start(&client,
                 &(struct qt_exchange_server_options){
                     .replay = folder, .symbols = 2, .seed = 3, .speed = 3600, .start_ns = start});
    const char *symbol = text_of(json_array_get(get(&client, API "ticker/price", ""), 1), "symbol");
    snprintf(path, sizeof path, "%s/%s-5m.csv.gz", folder, symbol);
    snprintf(query, sizeof query, "symbol=%s&interval=5m&startTime=%lld&endTime=%lld", symbol,
             (long long)(start / QT_NS_PER_MS), (long long)((end - 1) / QT_NS_PER_MS));
    ck_assert(qt_series_load(path, start, end, true, &series, &report, &err));
    ck_assert_uint_eq(series.n, 36);
    wait_until(&client, end + FIVE_MINUTES);
    json_t *rows = get(&client, API "klines", query);
    ck_assert_uint_eq(json_array_size(rows), series.n);
    for (size_t i = 0; i < series.n; i++) {
        const json_t *row = json_array_get(rows, i);
        const struct qt_bar *bar = &series.bars[i];
        ck_assert_int_eq(json_integer_value(json_array_get(row, 0)), bar->open_ns / QT_NS_PER_MS);
        expect_decimal(row, 1, series.ins.px_scale, bar->open.v);
        expect_decimal(row, 2, series.ins.px_scale, bar->high.v);
        expect_decimal(row, 3, series.ins.px_scale, bar->low.v);
        expect_decimal(row, 4, series.ins.px_scale, bar->close.v);
        expect_decimal(row, 5, series.ins.qty_scale, bar->volume.v);
    }
    qt_series_finish(&series);
    client_stop(&client);
}
END_TEST

START_TEST(history_of_a_recording_is_there_at_the_start)
{
    struct client client;
    char folder[512], query[128];
    if (!qt_market_path(RECORDING, folder, sizeof folder))
        return;
    client_start(&client, &(struct qt_exchange_server_options){
                              .replay = folder, .symbols = 1, .start_ns = utc("2024-04-10")});
    struct market m;
    read_market(&client, &m);
    static const struct {
        const char *interval;
        size_t bars;
    } rows[] = {{"5m", 1000}, {"1h", 37 * 24}, {"1d", 37}};
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        snprintf(query, sizeof query, "symbol=%s&interval=%s&limit=1000&endTime=%lld", m.symbol,
                 rows[i].interval, (long long)(client.info->start_ns / QT_NS_PER_MS - 1));
        ck_assert_uint_eq(json_array_size(get(&client, API "klines", query)), rows[i].bars);
    }
    client_stop(&client);
}
END_TEST

START_TEST(a_recording_that_is_over_stands_still_and_answers)
{
    struct client client;
    struct market m;
    char folder[512], query[128];
    if (!qt_market_path(RECORDING, folder, sizeof folder))
        return;
    client_start(&client,
                 &(struct qt_exchange_server_options){.replay = folder,
                                                      .symbols = 2,
                                                      .speed = 3600,
                                                      .start_ns = utc("2024-04-14T23:30:00Z")});
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    while (!qt_exchange_server_stats(client.server).has_ended && qt_now_mono_ns() < end)
        (void)qt_loop_work(client.loop, 20);
    ck_assert(qt_exchange_server_stats(client.server).has_ended);
    read_market(&client, &m);
    json_t *order = place_market(&client, &m, "BUY", lots_for(&m, 1000));
    ck_assert_str_eq(text_of(order, "status"), "FILLED");
    snprintf(query, sizeof query, "symbol=%s&interval=5m&limit=5", m.symbol);
    ck_assert_uint_eq(json_array_size(get(&client, API "klines", query)), 5);
    ck_assert(qt_exchange_server_stats(client.server).is_conserved);
    client_stop(&client);
}
END_TEST

START_TEST(no_recording_or_no_bars_in_it_is_an_error)
{
    struct qt_error err = {0};
    char folder[512];
    ck_assert_ptr_null(qt_exchange_server_start(
        &(struct qt_exchange_server_options){.replay = "/nonexistent"}, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent"));
    if (!qt_market_path(RECORDING, folder, sizeof folder))
        return;
    err = (struct qt_error){0};
    ck_assert_ptr_null(qt_exchange_server_start(
        &(struct qt_exchange_server_options){.replay = folder, .start_ns = utc("2030-01-01")},
        &err));
    ck_assert_ptr_nonnull(strstr(err.text, "no bar at or after"));
}
END_TEST

#define SYMBOLS 4
#define MESSAGES 300

START_TEST(trade_ids_are_consecutive_and_update_ids_leave_no_gap)
{
    struct client client;
    struct inbox inbox;
    char path[512] = "/stream?streams=";
    client_start(&client,
                 &(struct qt_exchange_server_options){.symbols = SYMBOLS, .seed = 5, .speed = 60});
    json_t *list = get(&client, API "ticker/price", "");
    for (size_t i = 0; i < SYMBOLS; i++) {
        char lower[QT_SYMBOL_SIZE];
        size_t n = strlen(path);
        qt_copy(lower, sizeof lower, text_of(json_array_get(list, i), "symbol"));
        for (char *p = lower; *p; p++)
            *p = (char)(*p | (*p >= 'A' ? 0x20 : 0));
        snprintf(path + n, sizeof path - n, "%s%s@trade/%s@depth@100ms", i ? "/" : "", lower,
                 lower);
    }
    inbox_start(&inbox, &client, path);
    client_wait(&client, &inbox.n, MESSAGES);
    json_t *trades = json_object(), *books = json_object();
    for (int i = 0; i < MESSAGES; i++) {
        const json_t *data = json_object_get(inbox_next(&inbox), "data");
        bool is_trade = strcmp(text_of(data, "e"), "trade") == 0;
        const char *symbol = text_of(data, "s");
        json_t *seen = is_trade ? trades : books, *last = json_object_get(seen, symbol);
        if (last)
            ck_assert_int_eq(int_of(data, is_trade ? "t" : "U"), json_integer_value(last) + 1);
        json_object_set_new(seen, symbol, json_integer(int_of(data, is_trade ? "t" : "u")));
    }
    ck_assert_uint_eq(json_object_size(trades), SYMBOLS);
    ck_assert_uint_eq(json_object_size(books), SYMBOLS);
    json_decref(trades);
    json_decref(books);
    inbox_stop(&inbox);
    client_stop(&client);
}
END_TEST

static void
place_stop(struct client *client, const struct market *m, const char *type, double quantity,
           double stop)
{
    json_t *order =
        call(client, "POST", API "order",
             "symbol=%s&side=SELL&type=%s&quantity=%.*f&stopPrice=%.*f&newOrderRespType=RESULT",
             m->symbol, type, m->qty_decimals, quantity, m->px_decimals, ticks(m, stop));
    ck_assert_msg(client->status == 200, "%s", type);
    ck_assert_str_eq(text_of(order, "status"), "NEW");
}

START_TEST(a_stop_waits_triggers_with_the_market_and_fills)
{
    struct client client;
    struct market m;
    struct inbox user;
    client_start(&client,
                 &(struct qt_exchange_server_options){.symbols = 3, .seed = 21, .speed = 600});
    read_market(&client, &m);
    double quantity = lots_for(&m, 500);
    place_market(&client, &m, "BUY", 3 * quantity);
    open_user_stream(&client, &user);
    read_market(&client, &m);
    place_stop(&client, &m, "STOP_LOSS", quantity, m.bid * 0.997); /* one of them comes soon */
    place_stop(&client, &m, "TAKE_PROFIT", quantity, m.ask * 1.003);
    json_t *report = inbox_find(&user, "x", "NEW");
    ck_assert(json_is_false(json_object_get(report, "w")));
    report = inbox_find(&user, "x", "NEW");
    ck_assert(json_is_false(json_object_get(report, "w")));
    report = inbox_find(&user, "x", "NEW");
    ck_assert(json_is_true(json_object_get(report, "w")));
    bool is_loss = strcmp(text_of(report, "o"), "STOP_LOSS") == 0;
    int64_t id = int_of(report, "i");
    report = inbox_find(&user, "X", "FILLED");
    ck_assert_int_eq(int_of(report, "i"), id);
    ck_assert(json_is_false(json_object_get(report, "m")));
    double px = number_of(report, "L"), stop = number_of(report, "P");
    ck_assert(is_loss ? px <= stop : px >= stop * 0.99);
    inbox_stop(&user);
    client_stop(&client);
}
END_TEST

START_TEST(own_orders_that_meet_are_two_fills_of_one_trade)
{
    struct client client;
    struct market m;
    client_start(&client,
                 &(struct qt_exchange_server_options){.symbols = 3, .seed = 5, .speed = 0.01});
    read_market(&client, &m);
    double quantity = lots_for(&m, 200);
    place_market(&client, &m, "BUY", 2 * quantity);
    read_market(&client, &m);
    ck_assert_double_gt(m.ask - m.bid, 1.5 * m.tick); /* there is room inside the spread */
    json_t *sell = place_limit(&client, &m, "SELL", quantity, m.bid + 1.5 * m.tick, "maker");
    ck_assert_str_eq(text_of(sell, "status"), "NEW");
    place_market(&client, &m, "BUY", quantity);
    json_t *trades = call(&client, "GET", API "myTrades", "symbol=%s", m.symbol);
    size_t n = json_array_size(trades);
    ck_assert_uint_ge(n, 3);
    const json_t *a = json_array_get(trades, n - 2), *b = json_array_get(trades, n - 1);
    ck_assert_int_eq(int_of(a, "id"), int_of(b, "id"));
    ck_assert_int_ne(int_of(a, "orderId"), int_of(b, "orderId"));
    ck_assert(json_is_true(json_object_get(a, "isMaker")) !=
              json_is_true(json_object_get(b, "isMaker")));
    ck_assert(qt_exchange_server_stats(client.server).is_conserved);
    client_stop(&client);
}
END_TEST

START_TEST(a_market_faster_than_the_machine_falls_behind_but_answers)
{
    struct client client;
    client_start(&client, &(struct qt_exchange_server_options){
                              .symbols = 300, .seed = 5, .speed = 10000, .weight_limit = 100000});
    int64_t begin = qt_now_mono_ns();
    while (qt_now_mono_ns() < begin + QT_NS_PER_S) {
        int64_t before = qt_now_mono_ns();
        get(&client, API "time", "");
        ck_assert_int_eq(client.status, 200);
        ck_assert_int_lt(qt_now_mono_ns() - before, 20 * QT_NS_PER_S);
    }
    ck_assert_int_lt(llabs(int_of(client.answer, "serverTime") - exchange_ms(&client)), 1000000000);
    ck_assert_int_gt(qt_exchange_server_stats(client.server).behind_ns, 0);
    client_stop(&client);
}
END_TEST

START_TEST(request_weight_comes_back_with_the_exchanges_minutes)
{
    struct client client;
    client_start(&client, &(struct qt_exchange_server_options){
                              .symbols = 3, .seed = 5, .speed = 60, .weight_limit = 50});
    get(&client, API "ping", "");
    for (int i = 0; i < 1000 && client.status == 200; i++)
        get(&client, API "exchangeInfo", "");
    ck_assert_int_eq(client.status, 429);
    ck_assert_int_le(client.retry_after, 60);
    wait_until(&client, qt_clock_utc_ns(&client.info->clock) + client.retry_after * QT_NS_PER_S);
    get(&client, API "exchangeInfo", "");
    ck_assert_int_eq(client.status, 200);
    client_stop(&client);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("exchange market");
    TCase *tc = tcase_create("recorded");
    tcase_add_test(tc, recorded_bars_come_back_from_the_klines);
    tcase_add_test(tc, history_of_a_recording_is_there_at_the_start);
    tcase_add_test(tc, a_recording_that_is_over_stands_still_and_answers);
    tcase_add_test(tc, no_recording_or_no_bars_in_it_is_an_error);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    tc = tcase_create("moving");
    tcase_add_test(tc, trade_ids_are_consecutive_and_update_ids_leave_no_gap);
    tcase_add_test(tc, a_stop_waits_triggers_with_the_market_and_fills);
    tcase_add_test(tc, own_orders_that_meet_are_two_fills_of_one_trade);
    tcase_add_test(tc, a_market_faster_than_the_machine_falls_behind_but_answers);
    tcase_add_test(tc, request_weight_comes_back_with_the_exchanges_minutes);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
