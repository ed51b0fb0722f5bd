/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the simulated exchange keeps of the past: as many bars and trades as it promises, each of
 * them to the last digit, however wild.
 */
#include <stdlib.h>
#include <unistd.h>

#include "exchange_market.h"

#include "qtrade/base/rng.h"
#include "qtrade/market/reader.h"

enum { MINUTES = 2600, KEPT = 1500, LIMIT = 1000 };
#define BEGIN_NS (INT64_C(1704067200) * QT_NS_PER_S) /* a midnight */

/* Numbers of any length: so many digits, then the digits. */
static int64_t
wild(struct qt_rng *rng, unsigned digits)
{
    int64_t below = qt_pow10(1 + (int)qt_rng_below(rng, digits));
    return 1 + (int64_t)qt_rng_below(rng, (uint64_t)below);
}

static int
compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void
write_row(FILE *file, struct qt_rng *rng, int64_t minute)
{
    int64_t px[4];
    for (int i = 0; i < 4; i++)
        px[i] = wild(rng, 10);
    qsort(px, 4, sizeof px[0], compare);
    bool is_falling = qt_rng_below(rng, 2), is_idle = qt_rng_below(rng, 5) == 0;
    int64_t volume = is_idle ? 0 : wild(rng, 12), taker = is_idle ? 0 : wild(rng, 12);
    fprintf(file, "%lld,%lld.%04lld,%lld.%04lld,%lld.%04lld,%lld.%04lld,%lld.%03lld,",
            (long long)(BEGIN_NS / QT_NS_PER_MS + minute * 60000),
            (long long)px[1 + is_falling] / 10000, (long long)px[1 + is_falling] % 10000,
            (long long)px[3] / 10000, (long long)px[3] % 10000, (long long)px[0] / 10000,
            (long long)px[0] % 10000, (long long)px[2 - is_falling] / 10000,
            (long long)px[2 - is_falling] % 10000, (long long)volume / 1000,
            (long long)volume % 1000);
    fprintf(file, "%lld.%08lld,%llu,%lld.%03lld\n", (long long)(is_idle ? 0 : wild(rng, 10)),
            (long long)qt_rng_below(rng, 100000000),
            (unsigned long long)(is_idle ? 0 : qt_rng_below(rng, 5000000000)),
            (long long)QT_MIN(taker, volume) / 1000, (long long)QT_MIN(taker, volume) % 1000);
}

struct folder {
    char path[64], file[96];
};

static void
folder_write(struct folder *folder)
{
    struct qt_rng rng;
    uint64_t seed = getenv("QT_SEED") ? strtoull(getenv("QT_SEED"), NULL, 10) : 1;
    qt_rng_init(&rng, seed);
    snprintf(folder->path, sizeof folder->path, "/tmp/qtrade-klines-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder->path));
    snprintf(folder->file, sizeof folder->file, "%s/WILDUSDT-1m.csv", folder->path);
    FILE *file = fopen(folder->file, "w");
    ck_assert_ptr_nonnull(file);
    fputs("open_time_ms,open,high,low,close,volume,quote_volume,trades,taker_buy_base\n", file);
    for (int64_t minute = 0; minute <= MINUTES; minute++)
        write_row(file, &rng, minute);
    ck_assert_int_eq(fclose(file), 0);
}

static void
folder_remove(const struct folder *folder)
{
    ck_assert_int_eq(unlink(folder->file), 0);
    ck_assert_int_eq(rmdir(folder->path), 0);
}

/* The bars that had closed of every timeframe, as the market's own room makes them. */
struct truth {
    struct qt_series series;
    struct qt_bar *bars[QT_TIMEFRAMES];
    size_t n[QT_TIMEFRAMES];
};

static void
keep(void *context, enum qt_timeframe tf, const struct qt_bar *bar)
{
    struct truth *truth = context;
    truth->bars[tf][truth->n[tf]++] = *bar;
}

static void
truth_read(struct truth *truth, const struct folder *folder)
{
    struct qt_reader_report report = {0};
    struct qt_error err = {0};
    struct qt_bars bars;
    *truth = (struct truth){0};
    ck_assert_msg(qt_series_load(folder->file, QT_TIME_NONE, QT_TIME_NONE, true, &truth->series,
                                 &report, &err),
                  "%s", err.text);
    ck_assert_uint_eq(truth->series.n, MINUTES + 1);
    qt_bars_init(&bars, &truth->series.ins);
    for (int tf = 0; tf < QT_TIMEFRAMES; tf++)
        truth->bars[tf] = calloc(MINUTES, sizeof(struct qt_bar));
    for (size_t i = 0; i < MINUTES; i++)
        qt_bars_bar(&bars, &truth->series.bars[i], keep, truth);
}

static void
truth_finish(struct truth *truth)
{
    for (int tf = 0; tf < QT_TIMEFRAMES; tf++)
        free(truth->bars[tf]);
    qt_series_finish(&truth->series);
}

static int64_t
decimal(const json_t *row, size_t at, int scale)
{
    const char *text = json_string_value(json_array_get(row, at));
    int64_t v;
    ck_assert(text && qt_decimal_parse(text, strlen(text), scale, &v));
    return v;
}

static void
expect_bar(const json_t *row, const struct qt_bar *bar, const struct qt_instrument *ins)
{
    ck_assert_int_eq(json_integer_value(json_array_get(row, 0)), bar->open_ns / QT_NS_PER_MS);
    ck_assert_int_eq(decimal(row, 1, ins->px_scale), bar->open.v);
    ck_assert_int_eq(decimal(row, 2, ins->px_scale), bar->high.v);
    ck_assert_int_eq(decimal(row, 3, ins->px_scale), bar->low.v);
    ck_assert_int_eq(decimal(row, 4, ins->px_scale), bar->close.v);
    ck_assert_int_eq(decimal(row, 5, ins->qty_scale), bar->volume.v);
    ck_assert_int_eq(json_integer_value(json_array_get(row, 6)),
                     (bar->open_ns + bar->period_ns) / QT_NS_PER_MS - 1);
    ck_assert_int_eq(decimal(row, 7, QT_MONEY_SCALE), bar->quote_volume.v);
    ck_assert_int_eq(json_integer_value(json_array_get(row, 8)), bar->trades);
    ck_assert_int_eq(decimal(row, 9, ins->qty_scale), QT_MAX(bar->taker_buy.v, 0));
}

/* Asks for the closed bars since from_ns (QT_TIME_NONE: the last ones) and expects bars[first...].
 */
static void
expect_bars(struct client *client, const struct truth *truth, int tf, int64_t from_ns, size_t first)
{
    char query[160], since[48] = "";
    size_t n = QT_MIN(truth->n[tf] - first, (size_t)LIMIT);
    if (from_ns != QT_TIME_NONE)
        snprintf(since, sizeof since, "&startTime=%lld", (long long)(from_ns / QT_NS_PER_MS));
    /* the bar that is forming when the recording begins to be played is not asked for */
    const struct qt_bar *last = &truth->bars[tf][truth->n[tf] - 1];
    snprintf(query, sizeof query, "symbol=WILDUSDT&interval=%s&limit=%d&endTime=%lld%s",
             qt_timeframe_name((enum qt_timeframe)tf), LIMIT,
             (long long)(last->open_ns / QT_NS_PER_MS), since);
    const json_t *rows = get(client, API "klines", query);
    ck_assert_uint_eq(json_array_size(rows), n);
    for (size_t i = 0; i < n; i++)
        expect_bar(json_array_get(rows, i), &truth->bars[tf][first + i], &truth->series.ins);
}

START_TEST(fifteen_hundred_bars_of_each_timeframe_are_kept_to_the_last_digit)
{
    struct folder folder;
    struct truth truth;
    struct client client;
    folder_write(&folder);
    truth_read(&truth, &folder);
    client_start(&client,
                 &(struct qt_exchange_server_options){
                     .replay = folder.path, .start_ns = BEGIN_NS + MINUTES * QT_NS_PER_MIN});
    for (int tf = 0; tf < QT_TIMEFRAMES; tf++) {
        size_t n = truth.n[tf], oldest = n > KEPT ? n - KEPT : 0,
               middle = oldest + (n - oldest) / 2;
        ck_assert_uint_gt(n, 0);
        expect_bars(&client, &truth, tf, QT_TIME_NONE, n > LIMIT ? n - LIMIT : 0);
        expect_bars(&client, &truth, tf, 0, oldest);
        expect_bars(&client, &truth, tf, truth.bars[tf][middle].open_ns, middle);
        expect_bars(&client, &truth, tf, truth.bars[tf][middle].open_ns - QT_NS_PER_S, middle);
    }
    client_stop(&client);
    truth_finish(&truth);
    folder_remove(&folder);
}
END_TEST

START_TEST(a_thousand_trades_are_kept_and_shorter_lists_end_as_longer_ones)
{
    struct client client;
    char query[64];
    client_start(&client,
                 &(struct qt_exchange_server_options){.symbols = 1, .seed = 5, .speed = 2000});
    const char *name = text_of(json_array_get(get(&client, API "ticker/price", ""), 0), "symbol");
    char symbol[QT_SYMBOL_SIZE];
    qt_copy(symbol, sizeof symbol, name);
    int64_t end = qt_now_mono_ns() + 40 * QT_NS_PER_S;
    while (qt_exchange_server_stats(client.server).trades < 3 * LIMIT && qt_now_mono_ns() < end)
        (void)qt_loop_work(client.loop, 20);
    snprintf(query, sizeof query, "symbol=%s&limit=%d", symbol, LIMIT);
    json_t *all = json_incref(get(&client, API "trades", query));
    ck_assert_uint_eq(json_array_size(all), LIMIT);
    for (size_t i = 0; i < LIMIT; i++) {
        const json_t *row = json_array_get(all, i);
        double quote = number_of(row, "price") * number_of(row, "qty");
        ck_assert_int_eq(int_of(row, "id"), int_of(json_array_get(all, 0), "id") + (int64_t)i);
        ck_assert_double_eq_tol(number_of(row, "quoteQty"), quote, 1e-6 + 1e-9 * quote);
        ck_assert(i == 0 || int_of(row, "time") >= int_of(json_array_get(all, i - 1), "time"));
    }
    snprintf(query, sizeof query, "symbol=%s&limit=3", symbol);
    const json_t *few = get(&client, API "trades", query);
    ck_assert_uint_eq(json_array_size(few), 3);
    for (size_t i = 0; i < 3; i++) { /* what had come by then is the same in both */
        int64_t id = int_of(json_array_get(few, i), "id");
        int64_t at = id - int_of(json_array_get(all, 0), "id");
        ck_assert(at >= LIMIT ||
                  json_equal(json_array_get(few, i), json_array_get(all, (size_t)at)));
        ck_assert_int_ge(at, LIMIT - 3);
    }
    json_decref(all);
    client_stop(&client);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("exchange klines");
    TCase *tc = tcase_create("kept");
    tcase_add_test(tc, fifteen_hundred_bars_of_each_timeframe_are_kept_to_the_last_digit);
    tcase_add_test(tc, a_thousand_trades_are_kept_and_shorter_lists_end_as_longer_ones);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
