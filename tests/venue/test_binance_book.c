/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The raw recordings of books: decoded whole, rebuilt through the market room's book, and compared
 * with what a correct reader gets (EXPECTED.json beside them) and with every book ticker of the
 * same update id.
 */
#include <jansson.h>

#include "qtrade/base/file.h"
#include "qtrade/market/book.h"
#include "venue_messages.h"

#define TICKERS 65536 /* remembered by update id */
#define LEVELS_MAX 5000

/* One recording on its way through codec and book. */
struct replay {
    struct taker taker;
    struct qt_book *book;
    struct {
        uint64_t id;
        struct qt_quote quote;
    } * tickers;
    uint64_t lines, diffs, applied, old, snapshots, quotes, trades, compared, equal;
    uint64_t buyer_is_maker, last_trade_id, trade_gaps, early, compared_id;
    struct qt_event *kept; /* diffs before the snapshot */
    size_t n_kept;
    int64_t volume;
    __int128 turnover; /* price x quantity, both scales */
};

static struct replay replay;

/* The state of one update id, however often it is told. */
static void
compare(const struct qt_quote *quote, uint64_t id)
{
    struct qt_depth_level bid, ask;
    if (replay.compared_id == id)
        return;
    replay.compared_id = id;
    replay.compared++;
    if (qt_book_levels(replay.book, QT_BUY, &bid, 1) == 1 &&
        qt_book_levels(replay.book, QT_SELL, &ask, 1) == 1)
        replay.equal += bid.px.v == quote->bid.v && bid.qty.v == quote->bid_qty.v &&
                        ask.px.v == quote->ask.v && ask.qty.v == quote->ask_qty.v;
}

static void
compare_ticker(uint64_t id)
{
    if (replay.tickers[id % TICKERS].id == id)
        compare(&replay.tickers[id % TICKERS].quote, id);
}

static void
apply(const struct qt_event *events, size_t n)
{
    enum qt_book_verdict verdict = QT_BOOK_APPLIED;
    for (size_t i = 0; i < n; i++)
        verdict = qt_book_apply(replay.book, &events[i].depth, events[i].flags);
    ck_assert(verdict == QT_BOOK_APPLIED || verdict == QT_BOOK_OLD);
    replay.applied += verdict == QT_BOOK_APPLIED;
    replay.old += verdict == QT_BOOK_OLD;
    if (verdict == QT_BOOK_APPLIED)
        compare_ticker(events[0].depth.last_id);
}

static void
keep(const struct taker *taker)
{
    size_t n = replay.n_kept + taker->n;
    replay.kept = realloc(replay.kept, n * sizeof *replay.kept);
    ck_assert_ptr_nonnull(replay.kept);
    memcpy(replay.kept + replay.n_kept, taker->events, taker->n * sizeof *replay.kept);
    replay.n_kept = n;
    replay.early++;
}

/* The diffs that came before the snapshot, message by message. */
static void
apply_kept(void)
{
    for (size_t from = 0, to = 0; from < replay.n_kept; from = to) {
        while (!(replay.kept[to++].flags & QT_EVENT_LAST))
            ;
        apply(replay.kept + from, to - from);
    }
    replay.n_kept = 0;
}

static void
on_depth(struct taker *taker)
{
    if (taker->events[0].flags & QT_EVENT_SNAPSHOT) {
        for (size_t i = 0; i < taker->n; i++)
            ck_assert_int_eq(
                qt_book_apply(replay.book, &taker->events[i].depth, taker->events[i].flags),
                QT_BOOK_APPLIED);
        replay.snapshots++;
        apply_kept();
        return;
    }
    replay.diffs++;
    if (replay.snapshots == 0)
        keep(taker);
    else
        apply(taker->events, taker->n);
}

static void
on_trade(const struct qt_event *event)
{
    const struct qt_trade *trade = &event->trade;
    replay.trades++;
    replay.buyer_is_maker += (event->flags & QT_EVENT_BUYER_MAKER) != 0;
    replay.trade_gaps += replay.last_trade_id && trade->id != replay.last_trade_id + 1;
    replay.last_trade_id = trade->id;
    replay.volume += trade->qty.v;
    replay.turnover += (__int128)trade->px.v * trade->qty.v;
}

static void
on_quote(const struct qt_event *event, const char *json)
{
    const char *u = strstr(json, "\"u\":");
    uint64_t id = strtoull(u + 4, NULL, 10);
    replay.quotes++;
    replay.tickers[id % TICKERS].id = id;
    replay.tickers[id % TICKERS].quote = event->quote;
    if (replay.snapshots > 0 && qt_book_last_id(replay.book) == id)
        compare(&event->quote, id);
}

static void
take_line(char *line, size_t length)
{
    char *json = strchr(line, ' ') + 1;
    struct taker *taker = &replay.taker;
    ck_assert_msg(taker_take(taker, json, length - (size_t)(json - line)) == QT_CODEC_DECODED,
                  "line %llu: %s", (unsigned long long)replay.lines,
                  taker->decoded.why ? taker->decoded.why : "skipped");
    replay.lines++;
    if (taker->decoded.kind == QT_MESSAGE_DEPTH)
        on_depth(taker);
    else if (taker->decoded.kind == QT_MESSAGE_TRADE)
        on_trade(&taker->events[0]);
    else
        on_quote(&taker->events[0], json);
}

static bool
take_file(const char *relative)
{
    char path[512], *line;
    size_t length;
    struct qt_error err = {0};
    if (!qt_market_path(relative, path, sizeof path))
        return false;
    qt_auto(qt_lines) lines = qt_lines_open(path, &err);
    ck_assert_msg(lines != NULL, "%s", err.text);
    while ((line = qt_lines_next(lines, &length, &err)) != NULL)
        take_line(line, length);
    ck_assert_int_eq(err.code, QT_E_NONE);
    return true;
}

static uint64_t
expected_count(const json_t *root, const char *key)
{
    const json_t *value = json_object_get(root, key);
    ck_assert_msg(json_is_integer(value), "%s is missing", key);
    return (uint64_t)json_integer_value(value);
}

static void
check_levels(const json_t *root, enum qt_side side)
{
    struct qt_depth_level levels[LEVELS_MAX];
    const json_t *book = json_object_get(root, "final_book");
    const json_t *list = json_object_get(book, side == QT_BUY ? "bids" : "asks");
    size_t n = qt_book_levels(replay.book, side, levels, LEVELS_MAX), i;
    json_t *row;
    uint64_t expected = expected_count(book, side == QT_BUY ? "bid_levels" : "ask_levels");
    if (expected <= LEVELS_MAX) /* else the book has dropped the farthest of them */
        ck_assert_uint_eq(n, expected);
    json_array_foreach(list, i, row)
    {
        ck_assert_int_eq(levels[i].px.v, scaled(json_string_value(json_array_get(row, 0)), 2));
        ck_assert_int_eq(levels[i].qty.v, scaled(json_string_value(json_array_get(row, 1)), 8));
    }
    ck_assert_uint_ge(i, 10);
}

static void
check_counts(const json_t *root)
{
    ck_assert_uint_eq(replay.lines, expected_count(root, "lines"));
    ck_assert_uint_eq(replay.diffs, expected_count(root, "depth_events"));
    ck_assert_uint_eq(replay.applied, expected_count(root, "diffs_applied"));
    ck_assert_uint_eq(replay.old, expected_count(root, "diffs_before_snapshot"));
    ck_assert_uint_eq(replay.snapshots, expected_count(root, "snapshots"));
    ck_assert_uint_eq(replay.quotes, expected_count(root, "book_tickers"));
    ck_assert_uint_eq(replay.trades, expected_count(root, "trades"));
    ck_assert_uint_eq(replay.trade_gaps, expected_count(root, "trade_id_gaps"));
    ck_assert_uint_eq(replay.buyer_is_maker, expected_count(root, "buyer_is_maker"));
    /* Here a ticker behind its diff is compared too. */
    ck_assert_uint_ge(replay.compared,
                      expected_count(root, "book_ticker_compared_at_same_update_id"));
    ck_assert_uint_eq(replay.equal, replay.compared);
}

static void
check_sums(const json_t *root)
{
    const char *turnover = json_string_value(json_object_get(root, "quote_volume"));
    ck_assert_int_eq(replay.volume, scaled(json_string_value(json_object_get(root, "volume")), 8));
    /* 2 + 8 decimals there, 8 in the text's integer: exact to the last digit given */
    ck_assert(replay.turnover == (__int128)scaled(turnover, 8) * 100);
}

static json_t *
load_expected(const char *relative)
{
    char path[512];
    json_error_t error;
    if (!qt_market_path(relative, path, sizeof path))
        return NULL;
    json_t *root = json_load_file(path, 0, &error);
    ck_assert_msg(root != NULL, "%s", error.text);
    return root;
}

static void
set_up(const struct qt_venue_class *class, enum qt_book_rule rule)
{
    memset(&replay, 0, sizeof replay);
    taker_init(&replay.taker);
    replay.taker.class = class;
    replay.taker.instrument = taker_add(&replay.taker, "BTCUSDT", "BTC", "USDT", 2, 8);
    replay.tickers = calloc(TICKERS, sizeof *replay.tickers);
    replay.book = qt_book_create(rule, LEVELS_MAX);
    ck_assert_ptr_nonnull(replay.tickers);
    ck_assert_ptr_nonnull(replay.book);
}

static void
tear_down(void)
{
    taker_finish(&replay.taker);
    qt_book_destroy(replay.book);
    free(replay.tickers);
    free(replay.kept);
}

static const struct {
    const struct qt_venue_class *class;
    enum qt_book_rule rule;
    const char *expected, *files[2];
} recordings[] = {
    {&qt_venue_binance, QT_BOOK_SPOT, "book/binance-spot-btcusdt.expected.json",
     {"book/binance-spot-btcusdt-20240808.txt.gz", "book/binance-spot-btcusdt-20240809.txt.gz"}},
    {&qt_venue_binance_usdm, QT_BOOK_FUTURES, "book/binance-usdm-btcusdt.expected.json",
     {"book/binance-usdm-btcusdt-20240808.txt.gz", NULL}},
};

START_TEST(a_recorded_book_is_rebuilt_exactly)
{
    set_up(recordings[_i].class, recordings[_i].rule);
    json_t *root = load_expected(recordings[_i].expected);
    for (int k = 0; root && k < 2 && recordings[_i].files[k]; k++)
        if (!take_file(recordings[_i].files[k])) {
            json_decref(root);
            root = NULL;
        }
    if (!root)
        return;
    check_counts(root);
    check_sums(root);
    ck_assert_uint_eq(qt_book_last_id(replay.book),
                      expected_count(json_object_get(root, "final_book"), "last_update_id"));
    check_levels(root, QT_BUY);
    check_levels(root, QT_SELL);
    json_decref(root);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("binance_book");
    TCase *tc = tcase_create("recorded");
    tcase_add_checked_fixture(tc, NULL, tear_down);
    tcase_set_timeout(tc, 100);
    tcase_add_loop_test(tc, a_recorded_book_is_rebuilt_exactly, 0, QT_COUNT_OF(recordings));
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
