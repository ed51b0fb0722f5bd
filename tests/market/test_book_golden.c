/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recorded books of three Binance markets, message by message, against NAME.expected.json beside
 * them: how many diffs apply, no gap, every book ticker of the same update id equal to the rebuilt
 * top, the last book.
 */
#include "qt_check.h"

#include <jansson.h>
#include <string.h>

#include "qtrade/base/file.h"
#include "qtrade/base/map.h"
#include "qtrade/market/book.h"

#define SCALE 8
#define MAX_LEVELS 5000
#define TICKERS 131072

static const struct {
    const char *expected;
    enum qt_book_rule rule;
} recordings[] = {{"binance-spot-btcusdt.expected.json", QT_BOOK_SPOT},
                  {"binance-usdm-btcusdt.expected.json", QT_BOOK_FUTURES},
                  {"binance-coinm-btcusd_perp.expected.json", QT_BOOK_FUTURES}};

struct replay {
    struct qt_book *book;
    json_t *held; /* diffs from before the snapshot */
    size_t counts[QT_BOOK_VERDICTS];
    size_t compared, equal; /* tickers that came before the diff of their id, as expected counts */
    size_t after, after_equal;
    json_t *tickers;      /* all so far */
    struct qt_map *by_id; /* update id to its index */
};

static const char *
text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    ck_assert_msg(text != NULL, "no text \"%s\"", key);
    return text;
}

static int64_t
units(const char *text)
{
    int64_t v = 0;
    ck_assert_msg(qt_decimal_parse(text, strlen(text), SCALE, &v), "not a decimal: %s", text);
    return v;
}

static struct qt_depth_level
level_of(const json_t *pair)
{
    return (struct qt_depth_level){{units(json_string_value(json_array_get(pair, 0)))},
                                   {units(json_string_value(json_array_get(pair, 1)))}};
}

/* A whole message in chunks of four levels; returns the last verdict. */
static enum qt_book_verdict
apply(struct qt_book *book, struct qt_depth ids, const json_t *bids, const json_t *asks,
      unsigned flags)
{
    size_t n_bids = json_array_size(bids), n = n_bids + json_array_size(asks), i = 0;
    enum qt_book_verdict verdict;
    do {
        struct qt_depth d = ids;
        for (; i < n && d.bids + d.asks < 4; i++) {
            const json_t *pair =
                i < n_bids ? json_array_get(bids, i) : json_array_get(asks, i - n_bids);
            d.levels[d.bids + d.asks] = level_of(pair);
            if (i < n_bids)
                d.bids++;
            else
                d.asks++;
        }
        verdict = qt_book_apply(book, &d, flags | (i == n ? QT_EVENT_LAST : 0));
        flags = 0;
    } while (i < n);
    return verdict;
}

static bool
is_top(const struct qt_book *book, const json_t *t)
{
    struct qt_depth_level bid, ask;
    return qt_book_levels(book, QT_BUY, &bid, 1) == 1 &&
           qt_book_levels(book, QT_SELL, &ask, 1) == 1 && bid.px.v == units(text_of(t, "b")) &&
           bid.qty.v == units(text_of(t, "B")) && ask.px.v == units(text_of(t, "a")) &&
           ask.qty.v == units(text_of(t, "A"));
}

static void
compare_ticker(struct replay *replay)
{
    uint64_t index;
    if (!qt_map_get(replay->by_id, qt_book_last_id(replay->book), &index))
        return;
    replay->compared++;
    replay->equal += is_top(replay->book, json_array_get(replay->tickers, index));
}

static void
take_ticker(struct replay *replay, json_t *data)
{
    uint64_t id = (uint64_t)json_integer_value(json_object_get(data, "u"));
    ck_assert(qt_map_put(replay->by_id, id, json_array_size(replay->tickers)));
    json_array_append(replay->tickers, data);
    if (qt_book_state(replay->book) != QT_BOOK_LIVE || id != qt_book_last_id(replay->book))
        return;
    replay->after++;
    replay->after_equal += is_top(replay->book, data);
}

static void
take_diff(struct replay *replay, json_t *data)
{
    if (qt_book_state(replay->book) == QT_BOOK_EMPTY) {
        json_array_append(replay->held, data);
        return;
    }
    struct qt_depth ids = {.first_id = (uint64_t)json_integer_value(json_object_get(data, "U")),
                           .last_id = (uint64_t)json_integer_value(json_object_get(data, "u")),
                           .previous_id_low =
                               (uint32_t)json_integer_value(json_object_get(data, "pu"))};
    enum qt_book_verdict verdict =
        apply(replay->book, ids, json_object_get(data, "b"), json_object_get(data, "a"), 0);
    replay->counts[verdict]++;
    if (verdict == QT_BOOK_APPLIED)
        compare_ticker(replay);
}

static void
take_snapshot(struct replay *replay, const json_t *root)
{
    uint64_t id = (uint64_t)json_integer_value(json_object_get(root, "lastUpdateId"));
    struct qt_depth ids = {.first_id = id, .last_id = id};
    ck_assert_int_eq(apply(replay->book, ids, json_object_get(root, "bids"),
                           json_object_get(root, "asks"), QT_EVENT_SNAPSHOT),
                     QT_BOOK_APPLIED);
    for (size_t i = 0; i < json_array_size(replay->held); i++)
        take_diff(replay, json_array_get(replay->held, i));
}

static void
take_line(struct replay *replay, const char *line)
{
    const char *text = strchr(line, ' ');
    ck_assert_ptr_nonnull(text);
    json_t *root = json_loads(text + 1, 0, NULL), *data = json_object_get(root, "data");
    ck_assert_ptr_nonnull(root);
    const char *stream = data ? text_of(root, "stream") : "";
    if (json_object_get(root, "lastUpdateId"))
        take_snapshot(replay, root);
    else if (strstr(stream, "@depth"))
        take_diff(replay, data);
    else if (strstr(stream, "@bookTicker"))
        take_ticker(replay, data);
    json_decref(root);
}

static void
replay_file(struct replay *replay, const char *name)
{
    char relative[256], path[1024], *line;
    struct qt_error err;
    snprintf(relative, sizeof relative, "book/%s", name);
    ck_assert_ptr_nonnull(qt_market_path(relative, path, sizeof path));
    struct qt_lines *lines = qt_lines_open(path, &err);
    ck_assert_msg(lines != NULL, "%s", err.text);
    err.code = QT_E_NONE;
    while ((line = qt_lines_next(lines, NULL, &err)))
        take_line(replay, line);
    ck_assert_msg(err.code == QT_E_NONE, "%s", err.text);
    qt_lines_close(lines);
}

static void
assert_side(const struct qt_book *book, enum qt_side side, const json_t *expected, size_t levels)
{
    static struct qt_depth_level out[MAX_LEVELS];
    size_t n = qt_book_levels(book, side, out, MAX_LEVELS);
    ck_assert_uint_eq(json_array_size(expected), 10);
    for (size_t i = 0; i < 10; i++) {
        struct qt_depth_level want = level_of(json_array_get(expected, i));
        ck_assert_int_eq(out[i].px.v, want.px.v);
        ck_assert_int_eq(out[i].qty.v, want.qty.v);
    }
    if (qt_book_dropped(book) == 0)
        ck_assert_uint_eq(n, levels);
}

static size_t
count_of(const json_t *object, const char *key)
{
    ck_assert_msg(json_is_integer(json_object_get(object, key)), "no number \"%s\"", key);
    return (size_t)json_integer_value(json_object_get(object, key));
}

static void
assert_expected(const struct replay *replay, const json_t *want)
{
    const json_t *last = json_object_get(want, "final_book");
    ck_assert_uint_eq(replay->counts[QT_BOOK_APPLIED], count_of(want, "diffs_applied"));
    ck_assert_uint_eq(replay->counts[QT_BOOK_OLD], count_of(want, "diffs_before_snapshot"));
    ck_assert_uint_eq(replay->counts[QT_BOOK_GAP], 0);
    ck_assert_uint_eq(replay->counts[QT_BOOK_CROSSED], 0);
    ck_assert_uint_eq(replay->compared, count_of(want, "book_ticker_compared_at_same_update_id"));
    ck_assert_uint_eq(replay->equal, count_of(want, "book_ticker_equal"));
    ck_assert_uint_eq(replay->after_equal, replay->after);
    ck_assert_uint_eq(qt_book_last_id(replay->book), count_of(last, "last_update_id"));
    assert_side(replay->book, QT_BUY, json_object_get(last, "bids"), count_of(last, "bid_levels"));
    assert_side(replay->book, QT_SELL, json_object_get(last, "asks"), count_of(last, "ask_levels"));
}

START_TEST(a_recorded_book_is_rebuilt_to_the_last_level)
{
    char relative[256], path[1024];
    snprintf(relative, sizeof relative, "book/%s", recordings[_i].expected);
    if (!qt_market_path(relative, path, sizeof path))
        return;
    json_t *want = json_load_file(path, 0, NULL), *files = json_object_get(want, "files");
    ck_assert_uint_ge(json_array_size(files), 1);
    struct replay replay = {.book = qt_book_create(recordings[_i].rule, MAX_LEVELS),
                            .held = json_array(),
                            .tickers = json_array(),
                            .by_id = qt_map_create(TICKERS)};
    for (size_t i = 0; i < json_array_size(files); i++)
        replay_file(&replay, json_string_value(json_array_get(files, i)));
    assert_expected(&replay, want);
    json_decref(replay.held);
    json_decref(replay.tickers);
    qt_map_destroy(replay.by_id);
    json_decref(want);
    qt_book_destroy(replay.book);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("book_golden");
    TCase *tc = tcase_create("recorded");
    tcase_set_timeout(tc, 100);
    tcase_add_loop_test(tc, a_recorded_book_is_rebuilt_to_the_last_level, 0,
                        (int)QT_COUNT_OF(recordings));
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
