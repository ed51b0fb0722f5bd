/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kline and trade readers: rows that are right, every way in which a row is wrong, files that
 * are cut, windows, order. test_reader_recorded reads all that was recorded.
 */
#include "market_help.h"
#include "mutate.h"

#include "qtrade/base/time.h"
#include "qtrade/market/reader.h"

#define HEADER "open_time_ms,open,high,low,close,volume\n"
#define ROW_0 "0,1.5,2.25,1.0,2,10.5\n"
#define ROW_1 "60000,2,2,2,2,1\n"
#define MIN QT_NS_PER_MIN

static struct folder folder;
static struct qt_series series;
static struct qt_reader_report report;
static struct qt_error err;
static char path[512];

static void
setup(void)
{
    folder_make(&folder);
    memset(&report, 0, sizeof report);
    memset(&series, 0, sizeof series);
}

static void
teardown(void)
{
    qt_series_finish(&series);
    folder_remove(&folder);
}

static bool
read_text(const char *text, bool strict)
{
    folder_write(&folder, "ABCUSDT-1m.csv", text, strlen(text), path);
    return qt_series_load(path, QT_TIME_NONE, QT_TIME_NONE, strict, &series, &report, &err);
}

START_TEST(a_row_becomes_a_bar_at_the_decimals_seen)
{
    ck_assert_msg(read_text(HEADER ROW_0 ROW_1, true), "%s", err.text);
    ck_assert_uint_eq(series.n, 2);
    ck_assert_str_eq(series.ins.symbol, "ABCUSDT");
    ck_assert_str_eq(series.ins.base, "ABC");
    ck_assert_str_eq(series.ins.quote, "USDT");
    ck_assert_int_eq(series.ins.px_scale, 2);
    ck_assert_int_eq(series.ins.qty_scale, 1);
    ck_assert_int_eq(series.period_ns, MIN);
    ck_assert_int_eq(series.bars[0].open.v, 150);
    ck_assert_int_eq(series.bars[0].high.v, 225);
    ck_assert_int_eq(series.bars[0].low.v, 100);
    ck_assert_int_eq(series.bars[0].close.v, 200);
    ck_assert_int_eq(series.bars[0].volume.v, 105);
    ck_assert_int_eq(series.bars[0].taker_buy.v, -1);
    ck_assert_int_eq(series.bars[1].open_ns, MIN);
    /* 10.5 x (1.5 + 2.25 + 1 + 2) / 4 = 17.71875 */
    ck_assert_int_eq(series.bars[0].quote_volume.v, INT64_C(1771875000));
}
END_TEST

START_TEST(the_header_says_which_column_is_which)
{
    ck_assert(read_text("volume,taker_buy_base,close,low,high,open,trades,open_time_ms,"
                        "quote_volume,extra\n7,3,4,2,5,3,12,120000,99.5,x\n",
                        true));
    ck_assert_int_eq(series.bars[0].open.v, 3);
    ck_assert_int_eq(series.bars[0].high.v, 5);
    ck_assert_int_eq(series.bars[0].low.v, 2);
    ck_assert_int_eq(series.bars[0].close.v, 4);
    ck_assert_int_eq(series.bars[0].volume.v, 7);
    ck_assert_int_eq(series.bars[0].taker_buy.v, 3);
    ck_assert_uint_eq(series.bars[0].trades, 12);
    ck_assert_int_eq(series.bars[0].quote_volume.v, INT64_C(9950000000));
}
END_TEST

/* Rows between ROW_0 and a good row at minute 2, and a word of the reason. */
static const struct {
    const char *row, *reason;
} bad_rows[] = {
    {"60000,2,1,2,2,1", "high is below low"},
    {"60000,3,2.5,2,2,1", "open lies outside"},
    {"60000,2,2.5,2,3,1", "close lies outside"},
    {"60000,0,2,0,2,1", "a price is 0"},
    {"60000,-2,2,2,2,1", "not a plain decimal"},
    {"60000,2,2,2,2,-1", "volume"},
    {"60000,NaN,2,2,2,1", "not a plain decimal"},
    {"60000,2e0,2,2,2,1", "not a plain decimal"},
    {"60000,2.,2,2,2,1", "not a plain decimal"},
    {"60000,.2,2,2,2,1", "not a plain decimal"},
    {"60000, 2,2,2,2,1", "not a plain decimal"},
    {"60000,2,99999999999999999999,2,2,1", "not a plain decimal"},
    {"60000,2.0000000000001,3,2,2,1", "12 decimals"},
    {"60000,2,2,2,2,0.1234567890123456789", "18 decimals"},
    {"60000,2,2,2,2,inf", "volume"},
    {"60000,2,2,2,2,", "volume"},
    {"60000,2,2,2,2", "cells"},
    {"60000,2,2,2,2,1,1", "cells"},
    {"", "cells"},
    {",,,,,,,,,,,,,,,,,,,,,,,,,,,", "cells"},
    {"60001,2,2,2,2,1", "multiple"},
    {"60000.5,2,2,2,2,1", "whole number"},
    {"-60000,2,2,2,2,1", "whole number"},
    {"9999999999999999,2,2,2,2,1", "whole number"},
    {"0,2,2,2,2,1", "does not follow"},
    {"\xff\xfe,2,2,2,2,1", "whole number"},
};

START_TEST(A1_a_malformed_row_is_skipped_counted_and_named)
{
    char text[512];
    snprintf(text, sizeof text, HEADER ROW_0 "%s\n120000,2,2,2,2,1\n", bad_rows[_i].row);
    ck_assert_msg(read_text(text, false), "%s", err.text);
    ck_assert_uint_eq(series.n, 2);
    ck_assert_uint_eq(report.rows, 3);
    ck_assert_uint_eq(report.skipped, 1);
    ck_assert_uint_eq(report.notes, 1);
    ck_assert_ptr_nonnull(strstr(report.note[0], "ABCUSDT-1m.csv:3: "));
    ck_assert_msg(strstr(report.note[0], bad_rows[_i].reason) != NULL, "%s", report.note[0]);
}
END_TEST

START_TEST(A1_strict_stops_at_a_malformed_row)
{
    char text[512];
    snprintf(text, sizeof text, HEADER ROW_0 "%s\n120000,2,2,2,2,1\n", bad_rows[_i].row);
    ck_assert(!read_text(text, true));
    ck_assert_int_eq(err.code, QT_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "ABCUSDT-1m.csv:3: "));
    ck_assert_ptr_null(series.bars);
}
END_TEST

START_TEST(a_nul_byte_makes_a_row_malformed)
{
    static const char text[] = HEADER ROW_0 "60000,2,2,2,2,1\0,junk\n";
    folder_write(&folder, "ABCUSDT-1m.csv", text, sizeof text - 1, path);
    ck_assert(qt_series_load(path, QT_TIME_NONE, QT_TIME_NONE, false, &series, &report, &err));
    ck_assert_uint_eq(report.skipped, 1);
    ck_assert_uint_eq(series.n, 1);
}
END_TEST

START_TEST(an_exact_repeat_is_a_duplicate_also_when_strict)
{
    ck_assert(read_text(HEADER ROW_0 ROW_0 ROW_1, true));
    ck_assert_uint_eq(series.n, 2);
    ck_assert_uint_eq(report.duplicates, 1);
    ck_assert_uint_eq(report.skipped, 0);
    ck_assert_uint_eq(report.gaps, 0);
}
END_TEST

START_TEST(missing_bars_are_counted)
{
    ck_assert(read_text(HEADER ROW_0 "300000,2,2,2,2,1\n", true));
    ck_assert_uint_eq(report.gaps, 4);
}
END_TEST

START_TEST(only_the_first_few_refusals_are_noted_and_all_are_counted)
{
    char text[4096] = HEADER;
    for (int i = 0; i < 50; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "junk,%d\n", i);
    ck_assert(read_text(text, false));
    ck_assert_uint_eq(report.skipped, 50);
    ck_assert_uint_eq(report.notes, QT_READER_NOTES);
    ck_assert_uint_eq(series.n, 0);
}
END_TEST

START_TEST(carriage_returns_and_a_last_line_without_newline_are_fine)
{
    ck_assert(read_text("open_time_ms,open,high,low,close,volume\r\n0,1,1,1,1,5\r\n60000,1,1,1,1,6",
                        true));
    ck_assert_uint_eq(series.n, 2);
    ck_assert_int_eq(series.bars[1].volume.v, 6);
}
END_TEST

START_TEST(a_window_takes_from_and_not_to_and_leaves_the_scales)
{
    static const char text[] = HEADER ROW_0 ROW_1 "120000,3,3,3,3,1\n180000,4,4,4,4,1\n";
    folder_write(&folder, "ABCUSDT-1m.csv", text, strlen(text), path);
    ck_assert(qt_series_load(path, MIN, 3 * MIN, true, &series, &report, &err));
    ck_assert_uint_eq(series.n, 2);
    ck_assert_int_eq(series.bars[0].open_ns, MIN);
    ck_assert_int_eq(series.bars[1].open_ns, 2 * MIN);
    ck_assert_int_eq(series.ins.px_scale, 2);
}
END_TEST

/* Files that are no kline file at all. */
static const struct {
    const char *name, *text, *reason;
} bad_files[] = {
    {"ABCUSDT-1m.csv", "", "empty"},
    {"ABCUSDT-1m.csv", "open_time_ms,open,high,low,close\n", "\"volume\""},
    {"ABCUSDT-1m.csv", "0,1,1,1,1,1\n", "\"open_time_ms\""},
    {"ABCUSDT-2m.csv", HEADER ROW_0, "SYMBOL-INTERVAL"},
    {"ABCUSDT.csv", HEADER ROW_0, "SYMBOL-INTERVAL"},
    {"-1m.csv", HEADER ROW_0, "SYMBOL-INTERVAL"},
    {"ABCUSDTABCUSDTABCUSDTABCUSDTABCUSDT-1m.csv", HEADER ROW_0, "SYMBOL-INTERVAL"},
};

START_TEST(a_file_that_holds_no_klines_is_refused_with_its_reason)
{
    folder_write(&folder, bad_files[_i].name, bad_files[_i].text, strlen(bad_files[_i].text), path);
    ck_assert(!qt_series_load(path, QT_TIME_NONE, QT_TIME_NONE, false, &series, &report, &err));
    ck_assert_msg(strstr(err.text, bad_files[_i].reason) != NULL, "%s", err.text);
    ck_assert_ptr_nonnull(strstr(err.text, bad_files[_i].name));
}
END_TEST

START_TEST(gzip_reads_like_plain_text_and_a_cut_file_fails)
{
    char bytes[4096];
    folder_write_gz(&folder, "ABCUSDT-1m.csv.gz", HEADER ROW_0 ROW_1, path);
    ck_assert(qt_series_load(path, QT_TIME_NONE, QT_TIME_NONE, true, &series, &report, &err));
    ck_assert_uint_eq(series.n, 2);
    qt_series_finish(&series);
    FILE *file = fopen(path, "rb");
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t cut = 11; cut < n; cut++) {
        folder_write(&folder, "ABCUSDT-1m.csv.gz", bytes, cut, path);
        ck_assert_msg(
            !qt_series_load(path, QT_TIME_NONE, QT_TIME_NONE, false, &series, &report, &err),
            "cut to %zu of %zu bytes", cut, n);
        ck_assert_ptr_null(series.bars);
    }
}
END_TEST

/* What no reader may give, whatever the bytes of the file were. */
static void
check_series(void)
{
    for (size_t i = 0; i < series.n; i++) {
        const struct qt_bar *bar = &series.bars[i];
        ck_assert(bar->open_ns >= 0 && bar->open_ns % series.period_ns == 0);
        ck_assert(i == 0 || bar->open_ns > series.bars[i - 1].open_ns);
        ck_assert(bar->low.v > 0 && bar->low.v <= bar->open.v && bar->low.v <= bar->close.v);
        ck_assert(bar->high.v >= bar->open.v && bar->high.v >= bar->close.v);
        ck_assert(bar->volume.v >= 0);
    }
    ck_assert_uint_eq(report.rows, series.n + report.skipped + report.duplicates);
}

/* Reads the mutant under name; whether it gave a bar. */
static bool
read_mutant(const char *name, const char *text, size_t n)
{
    memset(&report, 0, sizeof report);
    folder_write(&folder, name, text, n, path);
    bool is_read = qt_series_load(path, QT_TIME_NONE, QT_TIME_NONE, false, &series, &report, &err);
    bool has_bars = is_read && series.n > 0;
    if (is_read)
        check_series();
    else
        ck_assert_msg(strstr(err.text, name) != NULL, "%s", err.text);
    qt_series_finish(&series);
    return has_bars;
}

START_TEST(A2_mutated_klines_give_bars_that_can_be_or_are_named)
{
    static const char whole[] = HEADER ROW_0 ROW_1 "120000,2,3,1.5,2.5,0\n180000,2,2,2,2,7.125\n";
    uint64_t good[2] = {0}, cases = qt_number_from("QT_CASES", 2000);
    struct qt_mutator mutator;
    char packed[4096];
    folder_write_gz(&folder, "ABCUSDT-1m.csv.gz", whole, path);
    FILE *file = fopen(path, "rb");
    size_t packed_n = fread(packed, 1, sizeof packed, file), n;
    fclose(file);
    qt_mutator_init(&mutator, "0123456789.,-+eEnaif\n\r\"\x7f\x80\xff ", 17);
    for (uint64_t i = 0; i < cases; i++) {
        char *text = qt_mutant(&mutator, whole, sizeof whole - 1, &n);
        good[0] += read_mutant("ABCUSDT-1m.csv", text, n);
        free(text);
        text = qt_mutant(&mutator, packed, packed_n, &n);
        good[1] += read_mutant("ABCUSDT-1m.csv.gz", text, n);
        free(text);
    }
    ck_assert(good[0] > cases / 10 && good[0] < cases);
    ck_assert(good[1] < cases / 10); /* a checksum guards it */
}
END_TEST

START_TEST(a_volume_too_large_for_its_decimals_lowers_the_scale)
{
    ck_assert(read_text(HEADER "0,1,1,1,1,9000000000.12345678\n60000,1,1,1,1,1\n", true));
    ck_assert_uint_eq(series.n, 2);
    ck_assert_int_eq(series.ins.qty_scale, 5);
    ck_assert_int_eq(series.bars[0].volume.v, INT64_C(900000000012345));
    ck_assert_int_eq(series.bars[1].volume.v, 100000);
}
END_TEST

START_TEST(a_folder_gives_its_symbols_in_order)
{
    struct qt_dataset set;
    static const char *const names[] = {"ZZUSDT-1m.csv", "AUSDT-1m.csv", "A2USDT-1m.csv"};
    for (size_t i = 0; i < QT_COUNT_OF(names); i++)
        folder_write(&folder, names[i], HEADER ROW_0, strlen(HEADER ROW_0), path);
    folder_write(&folder, "MANIFEST.tsv", "file\n", 5, path);
    folder_write(&folder, "OLDUSDT-1m.csv", HEADER, strlen(HEADER), path);
    ck_assert_msg(
        qt_dataset_load(folder.path, QT_TIME_NONE, QT_TIME_NONE, true, NULL, NULL, &set, &err),
        "%s", err.text);
    ck_assert_uint_eq(set.n, 3);
    ck_assert_str_eq(set.series[0].ins.symbol, "A2USDT");
    ck_assert_str_eq(set.series[1].ins.symbol, "AUSDT");
    ck_assert_str_eq(set.series[2].ins.symbol, "ZZUSDT");
    qt_dataset_finish(&set);
}
END_TEST

static void
count_files(void *context, size_t done, size_t of)
{
    size_t *calls = context;
    ck_assert_uint_eq(done, ++*calls);
    ck_assert_uint_eq(of, 40);
}

/* Files are read at once; what is told of them is as if they had been read one after the other. */
START_TEST(many_files_are_told_of_in_the_order_of_their_names)
{
    enum { FILES = 40 };
    struct qt_dataset set;
    char name[32], want[64];
    size_t calls = 0;
    for (int i = FILES - 1; i >= 0; i--) { /* from the 7th on each has a bad row, at line 2 */
        const char *text = i < 7 ? HEADER ROW_0 : HEADER "0,1,2,3,4,x\n" ROW_0;
        snprintf(name, sizeof name, "C%02dUSDT-1m.csv", i);
        folder_write(&folder, name, text, strlen(text), path);
    }
    ck_assert(qt_dataset_load(folder.path, QT_TIME_NONE, QT_TIME_NONE, false, count_files, &calls,
                              &set, &err));
    ck_assert_uint_eq(calls, FILES);
    ck_assert_uint_eq(set.n, FILES);
    ck_assert_uint_eq(set.report.rows, 2 * FILES - 7);
    ck_assert_uint_eq(set.report.skipped, FILES - 7);
    ck_assert_uint_eq(set.report.notes, QT_READER_NOTES);
    for (int i = 0; i < QT_READER_NOTES; i++) {
        snprintf(want, sizeof want, "C%02dUSDT-1m.csv:2:", i + 7);
        ck_assert_msg(strstr(set.report.note[i], want) == set.report.note[i], "%s",
                      set.report.note[i]);
    }
    qt_dataset_finish(&set);
    for (int round = 0; round < 20; round++) {
        ck_assert(!qt_dataset_load(folder.path, QT_TIME_NONE, QT_TIME_NONE, true, NULL, NULL, &set,
                                   &err));
        ck_assert_ptr_nonnull(strstr(err.text, "C07USDT-1m.csv:2:"));
    }
}
END_TEST

static const struct {
    const char *volume;
    bool is_good;
    int64_t at_8; /* at the file's scale of 8 */
} decimal_rows[] = {
    {"1234567.12345678", true, INT64_C(123456712345678)},
    {"1.000000000000000000000000000", true, 100000000},
    {"0.500000000000000000", true, 50000000},
    {"000000000000000000000001.5", true, 150000000},
    {"0.123456789999999999", true, 12345678},
    {"0.0000000000000000001", false, 0},
    {"1234567890123456789012", false, 0},
    {"1.", false, 0},
    {".5", false, 0},
    {"1.2.3", false, 0},
    {"1..2", false, 0},
    {"12345678901234567890.", false, 0},
    {"1e3", false, 0},
    {"+1", false, 0},
};

START_TEST(columns_come_in_any_order_and_some_may_be_empty_or_unknown)
{
    ck_assert(read_text(
        "note,close,open_time_ms,trades,high,low,open,quote_volume,volume,taker_buy_base\n"
        "any text,3,0,7,4,1,2,20,8,5\r\n"
        ",3.5,60000,,4,1,2,,8.25,\n"
        "x,3,120000,7.5,4,1,2,20,8,5\n"
        "x,3,180000,7,4,1,2,20,8\n"
        "x,3,180000,7,4,1,2,20,8,5,6\n"
        "x,,180000,7,4,1,2,20,8,5\n",
        false));
    ck_assert_uint_eq(series.n, 2);
    ck_assert_uint_eq(report.rows, 6);
    ck_assert_uint_eq(report.skipped, 4);
    ck_assert_int_eq(series.bars[0].open.v, 20);
    ck_assert_int_eq(series.bars[0].high.v, 40);
    ck_assert_int_eq(series.bars[0].low.v, 10);
    ck_assert_int_eq(series.bars[0].close.v, 30);
    ck_assert_int_eq(series.bars[0].volume.v, 800);
    ck_assert_int_eq(series.bars[0].quote_volume.v, INT64_C(2000000000));
    ck_assert_int_eq(series.bars[0].taker_buy.v, 500);
    ck_assert_uint_eq(series.bars[0].trades, 7);
    ck_assert_int_eq(series.bars[1].open_ns, MIN);
    ck_assert_int_eq(series.bars[1].close.v, 35);
    ck_assert_int_eq(series.bars[1].volume.v, 825);
    ck_assert_int_eq(series.bars[1].quote_volume.v, 0);
    ck_assert_uint_eq(series.bars[1].trades, 0);
}
END_TEST

START_TEST(a_decimal_of_any_length_is_exact_or_refused)
{
    char text[256];
    snprintf(text, sizeof text, HEADER "0,1,1,1,1,%s\n60000,1,1,1,1,0.00000001\n",
             decimal_rows[_i].volume);
    ck_assert(read_text(text, false));
    ck_assert_uint_eq(series.n, decimal_rows[_i].is_good ? 2 : 1);
    ck_assert_int_eq(series.ins.qty_scale, 8);
    ck_assert_int_eq(series.bars[0].volume.v, decimal_rows[_i].is_good ? decimal_rows[_i].at_8 : 1);
}
END_TEST

START_TEST(a_folder_that_is_absent_or_empty_says_so)
{
    struct qt_dataset set;
    ck_assert(!qt_dataset_load("/nonexistent/klines", QT_TIME_NONE, QT_TIME_NONE, false, NULL, NULL,
                               &set, &err));
    ck_assert_int_eq(err.code, QT_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/klines"));
    ck_assert(
        !qt_dataset_load(folder.path, QT_TIME_NONE, QT_TIME_NONE, false, NULL, NULL, &set, &err));
    ck_assert_int_eq(err.code, QT_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, folder.path));
}
END_TEST

#define TRADES "time_ms,price,qty,is_buyer_maker,trade_id\n"
static const struct qt_instrument instrument = {.id = 3, .px_scale = 2, .qty_scale = 3};

struct seen {
    size_t n, stop_at;
    struct qt_event last;
};

static bool
on_trade(void *context, const struct qt_event *event)
{
    struct seen *seen = context;
    seen->last = *event;
    return ++seen->n != seen->stop_at;
}

static bool
read_trades(const char *text, bool strict, struct seen *seen)
{
    folder_write(&folder, "trades.csv", text, strlen(text), path);
    return qt_trades_read(path, &instrument, strict, on_trade, seen, &report, &err);
}

START_TEST(a_trade_row_becomes_a_trade_event)
{
    struct seen seen = {0};
    ck_assert(read_trades(TRADES "5,61.25,0.5,true,7\n", true, &seen));
    ck_assert_uint_eq(seen.n, 1);
    ck_assert_uint_eq(seen.last.kind, QT_EVENT_TRADE);
    ck_assert_uint_eq(seen.last.instrument, 3);
    ck_assert_uint_eq(seen.last.flags, QT_EVENT_BUYER_MAKER);
    ck_assert_int_eq(seen.last.t_venue_ns, 5 * QT_NS_PER_MS);
    ck_assert_int_eq(seen.last.trade.px.v, 6125);
    ck_assert_int_eq(seen.last.trade.qty.v, 500);
    ck_assert_uint_eq(seen.last.trade.id, 7);
}
END_TEST

static const char *const bad_trades[] = {
    "6,61.255,0.5,true,8", "6,61,0.5555,true,8", "6,0,1,true,8",   "6,1,0,true,8",
    "6,1,1,True,8",        "6,1,1,,8",           "6,1,1,true,7",   "6,1,1,true,6",
    "6,1,1,true,-8",       "6,1,1,true,8.5",     "x,1,1,true,8",   "6,1,1,true",
    "6,1e3,1,true,8",      "6,-1,1,true,8",      "6,1,nan,true,8", "",
};

START_TEST(a_malformed_trade_is_skipped_or_stops)
{
    char text[512];
    struct seen seen = {0};
    snprintf(text, sizeof text, TRADES "5,61.25,0.5,true,7\n%s\n9,1,1,false,9\n", bad_trades[_i]);
    ck_assert(read_trades(text, false, &seen));
    ck_assert_uint_eq(seen.n, 2);
    ck_assert_uint_eq(report.skipped, 1);
    ck_assert_uint_eq(report.gaps, 1);
    ck_assert(!read_trades(text, true, &seen));
    ck_assert_ptr_nonnull(strstr(err.text, "trades.csv:3: "));
}
END_TEST

START_TEST(a_trade_reader_stops_when_it_is_told)
{
    struct seen seen = {.stop_at = 1};
    ck_assert(read_trades(TRADES "5,1,1,true,7\n6,1,1,true,8\n", true, &seen));
    ck_assert_uint_eq(seen.n, 1);
}
END_TEST

static void
add_klines(TCase *tc)
{
    tcase_add_test(tc, a_row_becomes_a_bar_at_the_decimals_seen);
    tcase_add_test(tc, the_header_says_which_column_is_which);
    tcase_add_loop_test(tc, A1_a_malformed_row_is_skipped_counted_and_named, 0,
                        (int)QT_COUNT_OF(bad_rows));
    tcase_add_loop_test(tc, A1_strict_stops_at_a_malformed_row, 0, (int)QT_COUNT_OF(bad_rows));
    tcase_add_test(tc, a_nul_byte_makes_a_row_malformed);
    tcase_add_test(tc, an_exact_repeat_is_a_duplicate_also_when_strict);
    tcase_add_test(tc, missing_bars_are_counted);
    tcase_add_test(tc, only_the_first_few_refusals_are_noted_and_all_are_counted);
    tcase_add_test(tc, carriage_returns_and_a_last_line_without_newline_are_fine);
    tcase_add_test(tc, a_window_takes_from_and_not_to_and_leaves_the_scales);
    tcase_add_loop_test(tc, a_file_that_holds_no_klines_is_refused_with_its_reason, 0,
                        (int)QT_COUNT_OF(bad_files));
    tcase_add_test(tc, A2_mutated_klines_give_bars_that_can_be_or_are_named);
    tcase_add_test(tc, gzip_reads_like_plain_text_and_a_cut_file_fails);
    tcase_add_test(tc, a_volume_too_large_for_its_decimals_lowers_the_scale);
    tcase_add_test(tc, a_folder_gives_its_symbols_in_order);
    tcase_add_test(tc, many_files_are_told_of_in_the_order_of_their_names);
    tcase_add_test(tc, columns_come_in_any_order_and_some_may_be_empty_or_unknown);
    tcase_add_loop_test(tc, a_decimal_of_any_length_is_exact_or_refused, 0,
                        QT_COUNT_OF(decimal_rows));
    tcase_add_test(tc, a_folder_that_is_absent_or_empty_says_so);
}

int
main(void)
{
    Suite *suite = suite_create("reader");
    TCase *klines = tcase_create("klines"), *trades = tcase_create("trades");
    tcase_add_checked_fixture(klines, setup, teardown);
    tcase_add_checked_fixture(trades, setup, teardown);
    add_klines(klines);
    tcase_add_test(trades, a_trade_row_becomes_a_trade_event);
    tcase_add_loop_test(trades, a_malformed_trade_is_skipped_or_stops, 0,
                        (int)QT_COUNT_OF(bad_trades));
    tcase_add_test(trades, a_trade_reader_stops_when_it_is_told);
    suite_add_tcase(suite, klines);
    suite_add_tcase(suite, trades);
    return qt_run_suite(suite);
}
