/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade scan, the real program on recorded markets: golden documents, the counts that the data's
 * own description states, no look-ahead, several intervals, wrong words. Golden files:
 * tests/golden/scan, made by the command in their name; every component of every ranked row in them
 * was recomputed once by an independent program from the files themselves and agreed to the last
 * digit.
 */
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zlib.h>

#include "qt_check.h"
#include "qtrade/base/attr.h"

#define USDM "klines/binance-usdm-2024q4-1h"
#define SPOT "klines/binance-spot-2024h1-1h"

/* What a call printed; the caller frees. */
static char *
run_scan(const char *words, int *out_status)
{
    char command[2000];
    snprintf(command, sizeof command, "HOME=/nonexistent '%s' scan %s 2>&1", getenv("QT_BINARY"),
             words);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t capacity = 4 << 20, n = 0, got;
    char *text = malloc(capacity);
    while ((got = fread(text + n, 1, capacity - 1 - n, pipe)) > 0)
        n += got;
    text[n] = '\0';
    *out_status = WEXITSTATUS(pclose(pipe));
    return text;
}

static char *
read_golden(const char *name)
{
    char path[1000];
    snprintf(path, sizeof path, "%s/tests/golden/scan/%s.json.gz", getenv("QT_SOURCE"), name);
    gzFile file = gzopen(path, "r");
    ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
    char *text = calloc(1, 4 << 20);
    ck_assert_int_gt(gzread(file, text, (4 << 20) - 1), 0);
    gzclose(file);
    return text;
}

static json_t *
scan_json(const char *folder, const char *words)
{
    char all[1500];
    int status;
    snprintf(all, sizeof all, "--json --data '%s' %s", folder, words);
    char *text = run_scan(all, &status);
    json_error_t err;
    json_t *doc = json_loads(text, 0, &err);
    ck_assert_msg(status == 0 && doc, "%s: status %d: %s: %.300s", all, status, err.text, text);
    free(text);
    return doc;
}

static const struct {
    const char *folder, *at, *golden;
    unsigned symbols, thick, eligible; /* symbols with bars; above 50 M; of them with 720 bars */
} rows[] = {
    {USDM, "2024-11-30", NULL, 285, 110, 101},
    {USDM, "2024-12-06", NULL, 287, 169, 156},
    {USDM, "2024-12-30", "binance-usdm-2024q4-1h_at_2024-12-30", 309, 82, 70},
    {SPOT, "2024-03-15", NULL, 121, 44, 42},
    {SPOT, "2024-04-14", "binance-spot-2024h1-1h_at_2024-04-14", 126, 50, 46},
    {SPOT, "2024-06-29", "binance-spot-2024h1-1h_at_2024-06-29", 131, 16, 16},
};

START_TEST(counts_agree_with_the_description_of_the_data)
{
    char folder[500], at[40];
    if (!qt_market_path(rows[_i].folder, folder, sizeof folder))
        return;
    snprintf(at, sizeof at, "--at %s", rows[_i].at);
    json_t *doc = scan_json(folder, at), *row;
    size_t i, thick = 0, ranked = 0;
    json_array_foreach(json_object_get(doc, "symbols"), i, row)
    {
        thick += strtod(json_string_value(json_object_get(row, "quote_volume_24h")), NULL) > 50e6;
        bool is_ranked = !json_is_null(json_object_get(row, "rank"));
        ck_assert_int_eq(is_ranked, json_is_null(json_object_get(row, "excluded")));
        ranked += is_ranked;
        if (is_ranked)
            ck_assert_int_eq(json_integer_value(json_object_get(row, "rank")), (long)i + 1);
    }
    ck_assert_uint_eq(i, rows[_i].symbols);
    ck_assert_uint_eq(thick, rows[_i].thick);
    ck_assert_uint_eq(ranked, rows[_i].eligible);
    ck_assert_int_eq(json_integer_value(json_object_get(doc, "eligible")), rows[_i].eligible);
    json_decref(doc);
}
END_TEST

START_TEST(a_golden_scan_is_reproduced_byte_by_byte)
{
    char folder[500], words[600];
    int status;
    if (!rows[_i].golden || !qt_market_path(rows[_i].folder, folder, sizeof folder))
        return;
    snprintf(words, sizeof words, "--json --data '%s' --at %s", folder, rows[_i].at);
    char *now = run_scan(words, &status), *golden = read_golden(rows[_i].golden);
    ck_assert_int_eq(status, 0);
    size_t same = 0;
    while (now[same] && now[same] == golden[same])
        same++;
    ck_assert_msg(now[same] == golden[same], "at byte %zu: is %.80s, was %.80s", same, now + same,
                  golden + same);
    free(now);
    free(golden);
}
END_TEST

static double
number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    ck_assert_msg(json_is_number(value), "%s is not a number", key);
    return json_number_value(value);
}

static double
sum_of(json_t *object)
{
    const char *key;
    json_t *value;
    double sum = 0;
    json_object_foreach(object, key, value) sum += json_number_value(value);
    return sum;
}

START_TEST(the_document_holds_what_it_promises)
{
    char folder[500];
    if (!qt_market_path(SPOT, folder, sizeof folder))
        return;
    json_t *doc = scan_json(folder, "--at 2024-04-14 --why SOLUSDT"), *row;
    const json_t *regime = json_object_get(doc, "regime");
    ck_assert_double_eq_tol(sum_of(json_object_get(regime, "structure_probability")), 1, 3e-4);
    ck_assert_double_eq_tol(sum_of(json_object_get(regime, "market_probability")), 1, 3e-4);
    ck_assert_str_eq(json_string_value(json_object_get(regime, "market")), "CRISIS");
    ck_assert_double_eq(number(doc, "time_ms"), 1713052800000.0);
    json_t *selected = json_object_get(doc, "selected");
    ck_assert_uint_ge(json_array_size(selected), 1);
    ck_assert_uint_le(json_array_size(selected), 5);
    size_t i;
    double score = 101;
    json_array_foreach(selected, i, row)
    {
        ck_assert(number(row, "score") <= score);
        score = number(row, "score");
        ck_assert_double_eq(number(row, "decay"), 1);
        if (i == 0)
            ck_assert(json_is_null(json_object_get(row, "max_correlation_with")));
        else
            ck_assert(number(row, "max_correlation") < 0.7 &&
                      number(row, "max_correlation") > -0.7);
    }
    const json_t *why = json_object_get(doc, "why");
    ck_assert_str_eq(json_string_value(json_object_get(why, "symbol")), "SOLUSDT");
    ck_assert_double_gt(number(json_object_get(why, "inputs"), "atr_percentile"), 90);
    json_decref(doc);
}
END_TEST

/* Copies the rows of one file that begin before until (ms; 0: all) as plain text into a folder. */
static void
copy_rows(const char *from, const char *to, const char *symbol, long long until_ms)
{
    char path[700], line[400];
    snprintf(path, sizeof path, "%s/%s-1h.csv.gz", from, symbol);
    gzFile in = gzopen(path, "r");
    ck_assert_ptr_nonnull(in);
    snprintf(path, sizeof path, "%s/%s-1h.csv", to, symbol);
    FILE *out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    for (int i = 0; gzgets(in, line, sizeof line); i++)
        if (i == 0 || until_ms == 0 || strtoll(line, NULL, 10) < until_ms)
            fputs(line, out);
    gzclose(in);
    ck_assert_int_eq(fclose(out), 0);
}

static const char *const few[] = {"BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT",  "DOGEUSDT",
                                  "BNBUSDT", "ENAUSDT", "STGUSDT", "AAVEUSDT", "THEUSDT"};

START_TEST(bars_that_end_later_change_no_byte)
{
    char folder[500], whole[] = "/tmp/qt-scan-whole-XXXXXX", cut[] = "/tmp/qt-scan-cut-XXXXXX";
    char words[600], command[200];
    int status;
    if (!qt_market_path(USDM, folder, sizeof folder))
        return;
    ck_assert(mkdtemp(whole) && mkdtemp(cut));
    for (size_t i = 0; i < QT_COUNT_OF(few); i++) {
        copy_rows(folder, whole, few[i], 0);
        copy_rows(folder, cut, few[i], 1734393600000LL); /* 2024-12-17 */
    }
    const char *at[] = {"2024-12-17", "2024-12-16T23:00", "2024-12-10T05:00"};
    for (size_t i = 0; i < QT_COUNT_OF(at); i++) {
        snprintf(words, sizeof words, "--json --data %s --at %s", whole, at[i]);
        char *a = run_scan(words, &status);
        ck_assert_int_eq(status, 0);
        snprintf(words, sizeof words, "--json --data %s --at %s", cut, at[i]);
        char *b = run_scan(words, &status);
        ck_assert_int_eq(status, 0);
        ck_assert_str_eq(a, b);
        ck_assert_ptr_nonnull(strstr(a, "\"fate\":\"selected\""));
        free(a);
        free(b);
    }
    snprintf(words, sizeof words, "--json --data %s", cut); /* the end of the cut data */
    char *end = run_scan(words, &status);
    ck_assert_ptr_nonnull(strstr(end, "{\"time_ms\":1734393600000,"));
    free(end);
    snprintf(command, sizeof command, "rm -r %s %s", whole, cut);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

static const struct {
    const char *folder, *words, *interval;
    long history;
} interval_rows[] = {
    {"klines/binance-usdm-2023-02-full-1m", "", "1h", 720},
    {"klines/binance-spot-2024-spring-5m", "--at 2024-04-14", "1h", 720},
    {"klines/bybit-linear-daily-to-2024", "--at 2024-06-01", "1d", 100},
};

START_TEST(finer_data_is_aggregated_and_coarser_taken_as_it_is)
{
    char folder[500];
    if (!qt_market_path(interval_rows[_i].folder, folder, sizeof folder))
        return;
    char words[600];
    int status;
    snprintf(words, sizeof words, "--json --data '%s' %s 2>/dev/null", folder,
             interval_rows[_i].words);
    char *text = run_scan(words, &status);
    json_t *doc = json_loads(strchr(text, '{') ? strchr(text, '{') : "", 0, NULL);
    ck_assert_msg(doc != NULL, "%.200s", text);
    ck_assert_str_eq(json_string_value(json_object_get(doc, "interval")),
                     interval_rows[_i].interval);
    ck_assert_int_eq((long)number(doc, "history_bars"), interval_rows[_i].history);
    json_decref(doc);
    free(text);
}
END_TEST

START_TEST(hours_made_of_five_minutes_rank_like_recorded_hours)
{
    char five[500], hours[500];
    if (!qt_market_path("klines/binance-spot-2024-spring-5m", five, sizeof five) ||
        !qt_market_path(SPOT, hours, sizeof hours))
        return;
    json_t *a = scan_json(five, "--at 2024-04-14 --why BTCUSDT"),
           *b = scan_json(hours, "--at 2024-04-14 --why BTCUSDT"), *value;
    json_t *x = json_object_get(json_object_get(a, "why"), "inputs"),
           *y = json_object_get(json_object_get(b, "why"), "inputs");
    static const char *const same[] = {"support", "resistance",     "bars_in_range", "velocity",
                                       "sigma",   "change_24h_pct", "breakout_up"};
    for (size_t i = 0; i < QT_COUNT_OF(same); i++)
        ck_assert_double_eq_tol(number(x, same[i]), number(y, same[i]), 1e-3);
    size_t i;
    json_array_foreach(json_object_get(a, "symbols"), i, value) if (i == 0)
        ck_assert_int_eq(json_integer_value(json_object_get(value, "rank")), 1);
    json_decref(a);
    json_decref(b);
}
END_TEST

START_TEST(csv_has_a_row_a_symbol)
{
    char folder[500], words[600];
    int status;
    if (!qt_market_path(SPOT, folder, sizeof folder))
        return;
    snprintf(words, sizeof words, "--csv --data '%s' --at 2024-06-29", folder);
    char *text = run_scan(words, &status);
    ck_assert_int_eq(status, 0);
    size_t lines = 0, commas = 0;
    for (const char *p = text; *p; p++) {
        commas += *p == ',';
        if (*p != '\n')
            continue;
        ck_assert_msg(commas == 15, "line %zu has %zu commas", lines, commas);
        commas = 0;
        lines++;
    }
    ck_assert_uint_eq(lines, 131 + 1);
    free(text);
}
END_TEST

START_TEST(why_tells_every_step)
{
    char folder[500], words[600];
    int status;
    if (!qt_market_path(SPOT, folder, sizeof folder))
        return;
    snprintf(words, sizeof words, "--data '%s' --at 2024-04-14 --why SOLUSDT", folder);
    char *text = run_scan(words, &status);
    static const char *const parts[] = {"CRISIS",         "SOLUSDT  eligible: rank",
                                        "atr_percentile", "volatility",
                                        "x decay 1.00",   "worst correlation"};
    ck_assert_int_eq(status, 0);
    for (size_t i = 0; i < QT_COUNT_OF(parts); i++)
        ck_assert_msg(strstr(text, parts[i]) != NULL, "%s is missing in %s", parts[i], text);
    free(text);
    snprintf(words, sizeof words, "--data '%s' --at 2024-04-14 --why ALPINEUSDT", folder);
    text = run_scan(words, &status);
    ck_assert_ptr_nonnull(strstr(text, "excluded: volume, "));
    free(text);
}
END_TEST

static const struct {
    const char *words;
    int status;
    const char *text;
} bad_rows[] = {
    {"", 2, "--data is missing"},
    {"--data /nonexistent", 7, "/nonexistent"},
    {"--data /dev/null", 7, "/dev/null"},
    {"--data . --json --csv", 2, "exclude each other"},
    {"--data . --at yesterday", 2, "yesterday"},
    {"--data . --rows -1", 2, "--rows"},
    {"--data", 2, "--data needs its DIR"},
    {"--data . extra", 2, "extra"},
    {"--nonsense", 2, "--nonsense"},
};

START_TEST(wrong_words_get_one_line_and_their_status)
{
    int status;
    char *text = run_scan(bad_rows[_i].words, &status);
    ck_assert_msg(status == bad_rows[_i].status, "%s: status %d: %s", bad_rows[_i].words, status,
                  text);
    ck_assert_msg(strstr(text, bad_rows[_i].text) != NULL, "%s: %s", bad_rows[_i].words, text);
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    free(text);
}
END_TEST

START_TEST(a_symbol_that_is_not_there_is_named)
{
    char folder[500], words[600];
    int status;
    if (!qt_market_path(SPOT, folder, sizeof folder))
        return;
    snprintf(words, sizeof words, "--data '%s' --why NOSUCHUSDT", folder);
    char *text = run_scan(words, &status);
    ck_assert_int_eq(status, 2);
    ck_assert_ptr_nonnull(strstr(text, "NOSUCHUSDT"));
    free(text);
}
END_TEST

START_TEST(a_malformed_row_is_named_and_strict_stops_there)
{
    char folder[] = "/tmp/qt-scan-bad-XXXXXX", path[100], words[200], command[100];
    int status;
    ck_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/ABCUSDT-1h.csv", folder);
    FILE *out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    fputs("open_time_ms,open,high,low,close,volume\n1704067200000,1,2,0.5,1.5,10\n"
          "1704070800000,1,NaN,0.5,1.5,10\n1704074400000,1,2,0.5,1.5,10\n",
          out);
    ck_assert_int_eq(fclose(out), 0);
    snprintf(words, sizeof words, "--data %s", folder);
    char *text = run_scan(words, &status);
    ck_assert_msg(status == 0, "%s", text);
    ck_assert_msg(strstr(text, "ABCUSDT-1h.csv:3:") != NULL, "%s", text);
    ck_assert_ptr_nonnull(strstr(text, "excluded: 1 history"));
    free(text);
    snprintf(words, sizeof words, "--strict --data %s", folder);
    text = run_scan(words, &status);
    ck_assert_int_eq(status, 7);
    ck_assert_msg(strstr(text, "ABCUSDT-1h.csv:3:") != NULL, "%s", text);
    free(text);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("golden");
    TCase *tc = tcase_create("golden");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, counts_agree_with_the_description_of_the_data, 0,
                        (int)QT_COUNT_OF(rows));
    tcase_add_loop_test(tc, a_golden_scan_is_reproduced_byte_by_byte, 0, (int)QT_COUNT_OF(rows));
    tcase_add_test(tc, the_document_holds_what_it_promises);
    tcase_add_test(tc, bars_that_end_later_change_no_byte);
    tcase_add_loop_test(tc, finer_data_is_aggregated_and_coarser_taken_as_it_is, 0,
                        (int)QT_COUNT_OF(interval_rows));
    tcase_add_test(tc, hours_made_of_five_minutes_rank_like_recorded_hours);
    tcase_add_test(tc, csv_has_a_row_a_symbol);
    tcase_add_test(tc, why_tells_every_step);
    tcase_add_loop_test(tc, wrong_words_get_one_line_and_their_status, 0,
                        (int)QT_COUNT_OF(bad_rows));
    tcase_add_test(tc, a_symbol_that_is_not_there_is_named);
    tcase_add_test(tc, a_malformed_row_is_named_and_strict_stops_there);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
