/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client may ask of the past: klines of every interval are those of the shorter ones put
 * together, windows are the sums of their minutes, trades are found by id and by time.
 */
#include "exchange_market.h"

#define SYMBOL "BTCUSDT"

/* A day of minutes and months of days lie behind, and nothing moves while a case looks. */
static void
start(struct client *client)
{
    const struct qt_exchange_server_options options = {
        .symbols = 2, .seed = 5, .speed = 0.01, .weight_limit = 1000000};
    client_start(client, &options);
}

static json_t *
klines(struct client *client, const char *interval, const char *more)
{
    char query[200];
    snprintf(query, sizeof query, "symbol=" SYMBOL "&interval=%s&limit=1000%s", interval, more);
    json_t *rows = get(client, "/api/v3/klines", query);
    ck_assert_msg(json_is_array(rows), "%s: %d", interval, client->status);
    return json_incref(rows);
}

static double
column(const json_t *row, size_t i)
{
    double number = json_number_value(json_array_get(row, i));
    const char *text = json_string_value(json_array_get(row, i));
    if (text)
        ck_assert(qt_double_parse(text, &number));
    return number;
}

enum { OPEN_TIME, OPEN, HIGH, LOW, CLOSE, VOLUME, CLOSE_TIME, QUOTE, TRADES };

/* What the shorter bars within one long bar come to. */
struct sum {
    double columns[TRADES + 1];
    size_t n;
};

static struct sum
sum_within(const json_t *rows, double from, double to)
{
    struct sum sum = {0};
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        double open = column(row, OPEN_TIME);
        if (open < from || open > to)
            continue;
        bool is_first = sum.columns[VOLUME] == 0; /* a bar opens with its first trade */
        if (sum.n == 0 || (is_first && column(row, VOLUME) > 0)) {
            sum.columns[OPEN] = column(row, OPEN);
            sum.columns[HIGH] = column(row, HIGH);
            sum.columns[LOW] = column(row, LOW);
        }
        if (column(row, VOLUME) > 0) {
            sum.columns[HIGH] = QT_MAX(sum.columns[HIGH], column(row, HIGH));
            sum.columns[LOW] = QT_MIN(sum.columns[LOW], column(row, LOW));
        }
        sum.columns[CLOSE] = column(row, CLOSE);
        sum.columns[VOLUME] += column(row, VOLUME);
        sum.columns[QUOTE] += column(row, QUOTE);
        sum.columns[TRADES] += column(row, TRADES);
        sum.n++;
    }
    return sum;
}

static const struct {
    const char *interval, *shorter;
    size_t n; /* shorter ones in one */
} intervals[] = {{"3m", "1m", 3}, {"5m", "1m", 5}, {"30m", "15m", 2}, {"2h", "1h", 2},
                 {"6h", "1h", 6}, {"8h", "4h", 2}, {"12h", "4h", 3},  {"3d", "1d", 3},
                 {"1w", "1d", 7}, {"1M", "1d", 28}};

static void
compare_bar(const json_t *row, const struct sum *sum, const char *interval)
{
    static const int exact[] = {OPEN, HIGH, LOW, CLOSE, TRADES};
    for (size_t i = 0; i < QT_COUNT_OF(exact); i++)
        ck_assert_msg(fabs(column(row, (size_t)exact[i]) - sum->columns[exact[i]]) < 1e-9,
                      "%s: column %d is %f, of the shorter ones %f", interval, exact[i],
                      column(row, (size_t)exact[i]), sum->columns[exact[i]]);
    ck_assert_double_eq_tol(column(row, VOLUME), sum->columns[VOLUME], 1e-6);
    ck_assert_double_eq_tol(column(row, QUOTE), sum->columns[QUOTE], 1e-3);
}

START_TEST(a_longer_kline_is_its_shorter_ones_put_together)
{
    struct client client;
    const char *interval = intervals[_i].interval;
    start(&client);
    json_t *shorter = klines(&client, intervals[_i].shorter, "");
    json_t *longer = klines(&client, interval, "");
    double first = column(json_array_get(shorter, 0), OPEN_TIME);
    size_t compared = 0, k;
    json_t *row;
    json_array_foreach(longer, k, row)
    {
        double open = column(row, OPEN_TIME), close = column(row, CLOSE_TIME);
        struct sum sum = sum_within(shorter, open, close);
        if (k > 0)
            ck_assert_double_eq(open, column(json_array_get(longer, k - 1), CLOSE_TIME) + 1);
        bool is_whole = open >= first;
        if ((!is_whole && json_array_size(shorter) == 1000) || k + 1 == json_array_size(longer))
            continue; /* cut off, or still forming */
        ck_assert_msg(!is_whole || sum.n >= intervals[_i].n, "%s: of %zu", interval, sum.n);
        compare_bar(row, &sum, interval);
        compared++;
    }
    ck_assert_msg(compared > 0, "%s: nothing to compare in %zu bars", interval,
                  json_array_size(longer));
    json_decref(shorter);
    json_decref(longer);
    client_stop(&client);
}
END_TEST

START_TEST(klines_of_a_span_are_those_that_open_in_it)
{
    struct client client;
    char more[120];
    start(&client);
    json_t *all = klines(&client, "30m", "");
    size_t n = json_array_size(all);
    ck_assert_uint_gt(n, 20);
    long long from = (long long)column(json_array_get(all, n - 12), OPEN_TIME);
    long long to = (long long)column(json_array_get(all, n - 5), OPEN_TIME);
    snprintf(more, sizeof more, "&startTime=%lld&endTime=%lld", from, to);
    json_t *some = klines(&client, "30m", more);
    ck_assert_uint_eq(json_array_size(some), 8);
    for (size_t i = 0; i < 8; i++)
        ck_assert(json_equal(json_array_get(some, i), json_array_get(all, n - 12 + i)));
    json_decref(some);
    snprintf(more, sizeof more, "&startTime=%lld&endTime=%lld", from + 1, to - 1);
    some = klines(&client, "30m", more);
    ck_assert_uint_eq(json_array_size(some), 6);
    json_decref(some);
    json_decref(all);
    (void)get(&client, "/api/v3/klines", "symbol=" SYMBOL "&interval=1d&timeZone=8");
    expect_fault(&client, 400, -1130, "timeZone");
    client_stop(&client);
}
END_TEST

START_TEST(a_window_is_the_sum_of_its_minutes)
{
    struct client client;
    json_t *minutes = NULL, *window = NULL;
    double before, after = -1;
    start(&client);
    do { /* until nobody traded between the two */
        json_decref(minutes);
        json_decref(window);
        before = after;
        minutes = klines(&client, "1m", "");
        window = json_incref(get(&client, "/api/v3/ticker", "symbol=" SYMBOL "&windowSize=2h"));
        after = number_of(window, "count");
    } while (after != before);
    struct sum sum = sum_within(minutes, (double)int_of(window, "openTime"), 1e18);
    ck_assert_uint_ge(sum.n, 120);
    ck_assert_double_eq_tol(number_of(window, "volume"), sum.columns[VOLUME], 1e-6);
    ck_assert_double_eq_tol(number_of(window, "quoteVolume"), sum.columns[QUOTE], 1e-3);
    ck_assert_double_eq(number_of(window, "openPrice"), sum.columns[OPEN]);
    ck_assert_double_eq(number_of(window, "highPrice"), sum.columns[HIGH]);
    ck_assert_double_eq(number_of(window, "lowPrice"), sum.columns[LOW]);
    ck_assert_double_eq(number_of(window, "count"), sum.columns[TRADES]);
    json_t *today = get(&client, "/api/v3/ticker/tradingDay", "symbol=" SYMBOL "&type=MINI");
    ck_assert_int_eq(int_of(today, "openTime") % 86400000, 0);
    ck_assert_ptr_null(json_object_get(today, "priceChange"));
    json_decref(window);
    json_decref(minutes);
    client_stop(&client);
}
END_TEST

static const struct {
    const char *path, *query, *message;
    int code;
} wrong[] = {{"ticker", "windowSize=1h", "symbol", -1102},
             {"ticker", "symbol=" SYMBOL "&windowSize=60m", "windowSize", -1130},
             {"ticker", "symbol=" SYMBOL "&windowSize=8d", "windowSize", -1130},
             {"ticker", "symbol=" SYMBOL "&windowSize=h", "windowSize", -1130},
             {"ticker", "symbol=" SYMBOL "&type=SMALL", "type", -1130},
             {"ticker", "symbols=%5B%22NOSUCH%22%5D", "symbol", -1121},
             {"ticker/24hr", "symbol=" SYMBOL "&type=SMALL", "type", -1130},
             {"aggTrades", "symbol=" SYMBOL "&fromId=1&startTime=1", "parameters", -1128},
             {"historicalTrades", "symbol=" SYMBOL "&limit=1001", "limit", -1130},
             {"klines", "symbol=" SYMBOL "&interval=2m", "interval", -1120}};

START_TEST(a_wrong_question_about_the_past_is_refused)
{
    struct client client;
    char path[64];
    start(&client);
    snprintf(path, sizeof path, "/api/v3/%s", wrong[_i].path);
    (void)get(&client, path, wrong[_i].query);
    expect_fault(&client, 400, wrong[_i].code, wrong[_i].message);
    client_stop(&client);
}
END_TEST

/* A market that moves fast enough to trade while the case waits. */
static void
start_trading(struct client *client)
{
    const struct qt_exchange_server_options options = {
        .symbols = 2, .seed = 5, .speed = 20, .weight_limit = 1000000};
    client_start(client, &options);
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    while (json_array_size(get(client, "/api/v3/trades", "symbol=" SYMBOL)) < 30)
        ck_assert_int_lt(qt_now_mono_ns(), end);
}

START_TEST(trades_are_found_by_id_and_by_time)
{
    struct client client;
    char query[200];
    start_trading(&client);
    json_t *all = json_incref(get(&client, "/api/v3/trades", "symbol=" SYMBOL "&limit=1000"));
    const json_t *third = json_array_get(all, 2), *last = json_array_get(all, 9);
    snprintf(query, sizeof query, "symbol=" SYMBOL "&fromId=%lld&limit=4",
             (long long)int_of(third, "id"));
    json_t *some = get(&client, "/api/v3/historicalTrades", query);
    ck_assert_uint_eq(json_array_size(some), 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert(json_equal(json_array_get(some, i), json_array_get(all, 2 + i)));
    long long from = int_of(third, "time"), to = int_of(last, "time");
    snprintf(query, sizeof query, "symbol=" SYMBOL "&startTime=%lld&endTime=%lld", from, to);
    some = get(&client, "/api/v3/aggTrades", query);
    ck_assert_uint_ge(json_array_size(some), 8);
    size_t i;
    json_t *row;
    json_array_foreach(some, i, row)
    {
        ck_assert(int_of(row, "T") >= from && int_of(row, "T") <= to);
        ck_assert(int_of(row, "f") == int_of(row, "a") && int_of(row, "l") == int_of(row, "a"));
    }
    json_decref(all);
    client_stop(&client);
}
END_TEST

START_TEST(seconds_hold_the_trades_that_fell_into_them)
{
    struct client client;
    start_trading(&client);
    json_t *seconds = klines(&client, "1s", "");
    json_t *trades = get(&client, "/api/v3/trades", "symbol=" SYMBOL "&limit=1000");
    ck_assert_uint_gt(json_array_size(seconds), 5);
    size_t k, checked = 0;
    json_t *second;
    json_array_foreach(seconds, k, second)
    {
        double open = column(second, OPEN_TIME), volume = 0, count = 0;
        size_t i;
        json_t *trade;
        if (k + 1 == json_array_size(seconds))
            break; /* forming */
        ck_assert_double_eq(column(second, CLOSE_TIME), open + 999);
        json_array_foreach(trades, i, trade)
        {
            bool is_in = (double)int_of(trade, "time") >= open &&
                         (double)int_of(trade, "time") < open + 1000;
            volume += is_in ? number_of(trade, "qty") : 0;
            count += is_in;
        }
        ck_assert_double_eq_tol(column(second, VOLUME), volume, 1e-9);
        ck_assert_double_eq(column(second, TRADES), count);
        checked += count > 0;
    }
    ck_assert_uint_gt(checked, 2);
    json_decref(seconds);
    client_stop(&client);
}
END_TEST

/* The next kline of the stream that has closed. */
static json_t *
closed_kline(struct inbox *inbox)
{
    for (;;) {
        json_t *kline = json_object_get(inbox_next(inbox), "k");
        if (json_is_true(json_object_get(kline, "x")))
            return kline;
    }
}

static const struct {
    const char *interval;
    int64_t period_ms;
} streamed[] = {{"1m", 60000}, {"3m", 180000}, {"30m", 1800000}};

START_TEST(a_closed_kline_of_the_stream_is_the_one_that_rest_tells)
{
    const struct qt_exchange_server_options options = {
        .symbols = 2, .seed = 5, .speed = 2000, .weight_limit = 1000000};
    struct client client;
    struct inbox inbox;
    char text[200];
    int64_t last = 0;
    client_start(&client, &options);
    snprintf(text, sizeof text, "/ws/btcusdt@kline_%s", streamed[_i].interval);
    inbox_start(&inbox, &client, text);
    for (int k = 0; k < 3; k++) {
        const json_t *kline = closed_kline(&inbox);
        int64_t open = int_of(kline, "t");
        ck_assert_int_eq(open % streamed[_i].period_ms, 0);
        ck_assert_int_eq(int_of(kline, "T"), open + streamed[_i].period_ms - 1);
        if (k > 0)
            ck_assert_int_eq(open, last + streamed[_i].period_ms);
        last = open;
        snprintf(text, sizeof text, "symbol=" SYMBOL "&interval=%s&startTime=%lld&endTime=%lld",
                 streamed[_i].interval, (long long)open, (long long)open);
        const json_t *row = json_array_get(get(&client, "/api/v3/klines", text), 0);
        static const char *const names[] = {"o", "h", "l", "c", "v"};
        for (size_t i = 0; i < QT_COUNT_OF(names); i++)
            ck_assert_str_eq(text_of(kline, names[i]),
                             json_string_value(json_array_get(row, OPEN + i)));
        ck_assert_int_eq(int_of(kline, "n"), json_integer_value(json_array_get(row, TRADES)));
    }
    inbox_stop(&inbox);
    client_stop(&client);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("exchange_past");
    TCase *tc = tcase_create("past");
    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, a_longer_kline_is_its_shorter_ones_put_together, 0,
                        QT_COUNT_OF(intervals));
    tcase_add_test(tc, klines_of_a_span_are_those_that_open_in_it);
    tcase_add_test(tc, a_window_is_the_sum_of_its_minutes);
    tcase_add_loop_test(tc, a_wrong_question_about_the_past_is_refused, 0, QT_COUNT_OF(wrong));
    tcase_add_loop_test(tc, a_closed_kline_of_the_stream_is_the_one_that_rest_tells, 0,
                        QT_COUNT_OF(streamed));
    tcase_add_test(tc, trades_are_found_by_id_and_by_time);
    tcase_add_test(tc, seconds_hold_the_trades_that_fell_into_them);
    return qt_run_suite(suite);
}
