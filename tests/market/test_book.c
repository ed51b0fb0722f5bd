/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The L2 book: the venues' sequence rules row by row, and the fast book against a naive one under
 * seeded random messages (QT_SEED=n repeats one). test_book_golden holds it against the recorded
 * books.
 */
#include "qt_check.h"

#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/market/book.h"

enum { WHOLE_SNAPSHOT = QT_EVENT_SNAPSHOT | QT_EVENT_LAST };

static struct qt_depth
depth(uint64_t first_id, uint64_t last_id, uint32_t previous)
{
    return (struct qt_depth){.first_id = first_id, .last_id = last_id, .previous_id_low = previous};
}

/* Adds a level; all bids before the first ask. */
static void
add(struct qt_depth *d, enum qt_side side, int64_t px, int64_t qty)
{
    d->levels[d->bids + d->asks] = (struct qt_depth_level){{px}, {qty}};
    if (side == QT_BUY)
        d->bids++;
    else
        d->asks++;
}

/* A live book with bid 100 x 5 and ask 110 x 7 as of id. */
static struct qt_book *
live_book(enum qt_book_rule rule, uint64_t id)
{
    struct qt_book *book = qt_book_create(rule, 16);
    struct qt_depth d = depth(id, id, 0);
    ck_assert_ptr_nonnull(book);
    add(&d, QT_BUY, 100, 5);
    add(&d, QT_SELL, 110, 7);
    ck_assert_int_eq(qt_book_apply(book, &d, WHOLE_SNAPSHOT), QT_BOOK_APPLIED);
    ck_assert_int_eq(qt_book_state(book), QT_BOOK_LIVE);
    return book;
}

/* First diff after a snapshot of id 50, then (where there is one) a second diff. */
static const struct {
    enum qt_book_rule rule;
    uint64_t first, last, previous;
    enum qt_book_verdict verdict;
    uint64_t next_first, next_last, next_previous; /* 0: none */
    enum qt_book_verdict next_verdict;
} sequence_rows[] = {
    {QT_BOOK_SPOT, 40, 50, 0, QT_BOOK_OLD, 0, 0, 0, 0},
    {QT_BOOK_SPOT, 40, 51, 0, QT_BOOK_APPLIED, 52, 60, 0, QT_BOOK_APPLIED},
    {QT_BOOK_SPOT, 51, 60, 0, QT_BOOK_APPLIED, 62, 70, 0, QT_BOOK_GAP},
    {QT_BOOK_SPOT, 52, 60, 0, QT_BOOK_GAP, 61, 70, 0, QT_BOOK_NOT_LIVE},
    {QT_BOOK_SPOT, 45, 60, 0, QT_BOOK_APPLIED, 60, 70, 0, QT_BOOK_GAP},
    {QT_BOOK_SPOT, 51, 60, 0, QT_BOOK_APPLIED, 51, 60, 0, QT_BOOK_OLD},
    {QT_BOOK_FUTURES, 40, 49, 39, QT_BOOK_OLD, 0, 0, 0, 0},
    {QT_BOOK_FUTURES, 40, 50, 39, QT_BOOK_APPLIED, 55, 60, 50, QT_BOOK_APPLIED},
    {QT_BOOK_FUTURES, 45, 60, 39, QT_BOOK_APPLIED, 62, 70, 60, QT_BOOK_APPLIED},
    {QT_BOOK_FUTURES, 45, 60, 39, QT_BOOK_APPLIED, 62, 70, 61, QT_BOOK_GAP},
    {QT_BOOK_FUTURES, 51, 60, 50, QT_BOOK_GAP, 61, 70, 60, QT_BOOK_NOT_LIVE},
    {QT_BOOK_FUTURES, 45, 60, 39, QT_BOOK_APPLIED, 45, 60, 39, QT_BOOK_OLD},
};

START_TEST(a_diff_follows_the_venues_sequence_rule)
{
    struct qt_book *book = live_book(sequence_rows[_i].rule, 50);
    struct qt_depth d = depth(sequence_rows[_i].first, sequence_rows[_i].last,
                              (uint32_t)sequence_rows[_i].previous);
    add(&d, QT_BUY, 101, 3);
    ck_assert_int_eq(qt_book_apply(book, &d, QT_EVENT_LAST), sequence_rows[_i].verdict);
    if (sequence_rows[_i].verdict == QT_BOOK_OLD)
        ck_assert_int_eq(qt_book_best_bid(book).v, 100);
    if (sequence_rows[_i].next_first != 0) {
        d = depth(sequence_rows[_i].next_first, sequence_rows[_i].next_last,
                  (uint32_t)sequence_rows[_i].next_previous);
        ck_assert_int_eq(qt_book_apply(book, &d, QT_EVENT_LAST), sequence_rows[_i].next_verdict);
    }
    qt_book_destroy(book);
}
END_TEST

START_TEST(the_previous_id_is_compared_by_its_low_32_bits)
{
    uint64_t id = UINT64_C(5123107831937);
    struct qt_book *book = live_book(QT_BOOK_FUTURES, id);
    struct qt_depth d = depth(id - 1, id + 5, 7);
    ck_assert_int_eq(qt_book_apply(book, &d, QT_EVENT_LAST), QT_BOOK_APPLIED);
    d = depth(id + 9, id + 12, (uint32_t)(id + 5));
    ck_assert_int_eq(qt_book_apply(book, &d, QT_EVENT_LAST), QT_BOOK_APPLIED);
    ck_assert_uint_eq(qt_book_last_id(book), id + 12);
    qt_book_destroy(book);
}
END_TEST

START_TEST(a_book_without_a_snapshot_takes_no_diff_and_shows_nothing)
{
    struct qt_book *book = qt_book_create(QT_BOOK_SPOT, 16);
    struct qt_depth d = depth(1, 2, 0);
    struct qt_depth_level out[4];
    add(&d, QT_BUY, 100, 5);
    ck_assert_int_eq(qt_book_apply(book, &d, QT_EVENT_LAST), QT_BOOK_NOT_LIVE);
    ck_assert_int_eq(qt_book_state(book), QT_BOOK_EMPTY);
    ck_assert(qt_px_is_none(qt_book_best_bid(book)));
    ck_assert_uint_eq(qt_book_levels(book, QT_BUY, out, 4), 0);
    qt_book_destroy(book);
}
END_TEST

static void
assert_shows_nothing(const struct qt_book *book)
{
    struct qt_depth_level out[4];
    ck_assert(qt_px_is_none(qt_book_best_bid(book)));
    ck_assert(qt_px_is_none(qt_book_best_ask(book)));
    ck_assert_uint_eq(qt_book_levels(book, QT_BUY, out, 4), 0);
    ck_assert_uint_eq(qt_book_levels(book, QT_SELL, out, 4), 0);
}

START_TEST(after_a_gap_the_book_is_stale_until_the_next_snapshot)
{
    struct qt_book *book = live_book(QT_BOOK_SPOT, 50);
    struct qt_depth d = depth(53, 54, 0);
    ck_assert_int_eq(qt_book_apply(book, &d, QT_EVENT_LAST), QT_BOOK_GAP);
    ck_assert_int_eq(qt_book_state(book), QT_BOOK_STALE);
    assert_shows_nothing(book);
    d = depth(51, 52, 0);
    ck_assert_int_eq(qt_book_apply(book, &d, QT_EVENT_LAST), QT_BOOK_NOT_LIVE);
    d = depth(70, 70, 0);
    add(&d, QT_BUY, 90, 1);
    ck_assert_int_eq(qt_book_apply(book, &d, WHOLE_SNAPSHOT), QT_BOOK_APPLIED);
    ck_assert_int_eq(qt_book_best_bid(book).v, 90);
    ck_assert(qt_px_is_none(qt_book_best_ask(book)));
    qt_book_destroy(book);
}
END_TEST

/* A level that makes a message broken. */
static const struct {
    enum qt_side side;
    int64_t px, qty;
} broken_rows[] = {{QT_BUY, 110, 1}, {QT_BUY, 111, 1}, {QT_SELL, 100, 1},  {QT_SELL, 99, 1},
                   {QT_BUY, 0, 1},   {QT_BUY, -5, 1},  {QT_SELL, 120, -1}, {QT_SELL, INT64_MIN, 1}};

START_TEST(a_crossed_or_absurd_message_makes_the_book_stale)
{
    struct qt_book *book = live_book(QT_BOOK_SPOT, 50);
    struct qt_depth d = depth(51, 52, 0);
    add(&d, broken_rows[_i].side, broken_rows[_i].px, broken_rows[_i].qty);
    ck_assert_int_eq(qt_book_apply(book, &d, QT_EVENT_LAST), QT_BOOK_CROSSED);
    ck_assert_int_eq(qt_book_state(book), QT_BOOK_STALE);
    assert_shows_nothing(book);
    qt_book_destroy(book);
}
END_TEST

START_TEST(a_cross_between_the_chunks_of_one_message_is_no_cross)
{
    struct qt_book *book = live_book(QT_BOOK_SPOT, 50);
    struct qt_depth d = depth(51, 52, 0);
    add(&d, QT_BUY, 112, 1);
    ck_assert_int_eq(qt_book_apply(book, &d, 0), QT_BOOK_APPLIED);
    d = depth(51, 52, 0);
    add(&d, QT_SELL, 110, 0);
    add(&d, QT_SELL, 115, 2);
    ck_assert_int_eq(qt_book_apply(book, &d, QT_EVENT_LAST), QT_BOOK_APPLIED);
    ck_assert_int_eq(qt_book_best_bid(book).v, 112);
    ck_assert_int_eq(qt_book_best_ask(book).v, 115);
    qt_book_destroy(book);
}
END_TEST

START_TEST(every_chunk_of_an_old_message_is_dropped)
{
    struct qt_book *book = live_book(QT_BOOK_SPOT, 50);
    struct qt_depth d = depth(48, 49, 0);
    add(&d, QT_BUY, 105, 9);
    ck_assert_int_eq(qt_book_apply(book, &d, 0), QT_BOOK_OLD);
    ck_assert_int_eq(qt_book_apply(book, &d, QT_EVENT_LAST), QT_BOOK_OLD);
    ck_assert_int_eq(qt_book_best_bid(book).v, 100);
    d = depth(51, 52, 0);
    ck_assert_int_eq(qt_book_apply(book, &d, QT_EVENT_LAST), QT_BOOK_APPLIED);
    qt_book_destroy(book);
}
END_TEST

START_TEST(a_gap_is_reported_once_a_message)
{
    struct qt_book *book = live_book(QT_BOOK_SPOT, 50);
    struct qt_depth d = depth(60, 61, 0);
    ck_assert_int_eq(qt_book_apply(book, &d, 0), QT_BOOK_GAP);
    ck_assert_int_eq(qt_book_apply(book, &d, QT_EVENT_LAST), QT_BOOK_NOT_LIVE);
    qt_book_destroy(book);
}
END_TEST

START_TEST(a_snapshot_in_the_middle_of_a_message_begins_anew)
{
    struct qt_book *book = live_book(QT_BOOK_SPOT, 50);
    struct qt_depth d = depth(51, 60, 0);
    add(&d, QT_BUY, 105, 9);
    ck_assert_int_eq(qt_book_apply(book, &d, 0), QT_BOOK_APPLIED);
    d = depth(80, 80, 0);
    add(&d, QT_SELL, 95, 2);
    ck_assert_int_eq(qt_book_apply(book, &d, WHOLE_SNAPSHOT), QT_BOOK_APPLIED);
    ck_assert(qt_px_is_none(qt_book_best_bid(book)));
    ck_assert_int_eq(qt_book_best_ask(book).v, 95);
    ck_assert_uint_eq(qt_book_last_id(book), 80);
    qt_book_destroy(book);
}
END_TEST

/* The naive book: a quantity for every price, looked through from end to end. */
#define PRICES 120

struct naive {
    int64_t qty[2][PRICES];
    size_t max, dropped;
};

static int
naive_worst(const struct naive *naive, enum qt_side side)
{
    for (int i = 0; i < PRICES; i++) {
        int px = side == QT_BUY ? i : PRICES - 1 - i;
        if (naive->qty[side][px] > 0)
            return px;
    }
    return -1;
}

static int
naive_best(const struct naive *naive, enum qt_side side)
{
    for (int i = 0; i < PRICES; i++) {
        int px = side == QT_BUY ? PRICES - 1 - i : i;
        if (naive->qty[side][px] > 0)
            return px;
    }
    return -1;
}

static void
naive_set(struct naive *naive, enum qt_side side, const struct qt_depth_level *level)
{
    size_t n = 0;
    naive->qty[side][level->px.v] = level->qty.v;
    for (int px = 0; px < PRICES; px++)
        n += naive->qty[side][px] > 0;
    if (n <= naive->max)
        return;
    naive->qty[side][naive_worst(naive, side)] = 0;
    naive->dropped++;
}

static void
random_chunk(struct qt_rng *rng, struct qt_depth *d)
{
    size_t bids = qt_rng_below(rng, 5), asks = qt_rng_below(rng, 5 - bids);
    for (size_t i = 0; i < bids + asks; i++) {
        bool is_bid = i < bids;
        int64_t px = 1 + (int64_t)qt_rng_below(rng, 60) + (is_bid ? 0 : 57);
        int64_t qty = qt_rng_below(rng, 3) == 0 ? 0 : 1 + (int64_t)qt_rng_below(rng, 1000);
        add(d, is_bid ? QT_BUY : QT_SELL, px, qty);
    }
}

static void
naive_apply(struct naive *naive, const struct qt_depth *d)
{
    for (int i = 0; i < d->bids + d->asks; i++)
        naive_set(naive, i < d->bids ? QT_BUY : QT_SELL, &d->levels[i]);
}

static void
assert_same_side(const struct qt_book *book, const struct naive *naive, enum qt_side side,
                 uint64_t seed)
{
    struct qt_depth_level out[PRICES];
    size_t n = qt_book_levels(book, side, out, PRICES), seen = 0;
    for (int i = 0; i < PRICES; i++) {
        int px = side == QT_BUY ? PRICES - 1 - i : i;
        if (naive->qty[side][px] == 0)
            continue;
        ck_assert_msg(seen < n && out[seen].px.v == px && out[seen].qty.v == naive->qty[side][px],
                      "QT_SEED=%lu: level %zu of side %d differs at price %d", seed, seen, side,
                      px);
        seen++;
    }
    ck_assert_msg(seen == n, "QT_SEED=%lu: %zu levels, naive has %zu", seed, n, seen);
}

/* One message of one to three chunks to both; 0 for id begins a snapshot. */
static void
random_message(struct qt_rng *rng, struct qt_book *book, struct naive *naive, uint64_t *id,
               uint64_t seed)
{
    bool is_snapshot = qt_book_state(book) != QT_BOOK_LIVE;
    uint64_t chunks = 1 + qt_rng_below(rng, 3), last = *id + 1 + qt_rng_below(rng, 4);
    enum qt_book_verdict verdict = QT_BOOK_APPLIED;
    if (is_snapshot)
        memset(naive->qty, 0, sizeof naive->qty);
    for (uint64_t c = 0; c < chunks; c++) {
        struct qt_depth d = depth(*id + 1, last, 0);
        unsigned flags =
            (is_snapshot && c == 0 ? QT_EVENT_SNAPSHOT : 0) | (c == chunks - 1 ? QT_EVENT_LAST : 0);
        random_chunk(rng, &d);
        naive_apply(naive, &d);
        verdict = qt_book_apply(book, &d, flags);
    }
    int bid = naive_best(naive, QT_BUY), ask = naive_best(naive, QT_SELL);
    bool is_crossed = bid >= 0 && ask >= 0 && bid >= ask;
    ck_assert_msg(verdict == (is_crossed ? QT_BOOK_CROSSED : QT_BOOK_APPLIED),
                  "QT_SEED=%lu: verdict %d with bid %d and ask %d", seed, (int)verdict, bid, ask);
    *id = last;
}

static void
run_against_naive(uint64_t seed)
{
    struct qt_rng rng;
    qt_rng_init(&rng, seed);
    size_t max = 16 + qt_rng_below(&rng, 30);
    struct naive naive = {.max = max};
    struct qt_book *book = qt_book_create(QT_BOOK_SPOT, max);
    uint64_t id = 1;
    for (int i = 0; i < 400; i++) {
        random_message(&rng, book, &naive, &id, seed);
        ck_assert_uint_eq(qt_book_dropped(book), naive.dropped);
        if (qt_book_state(book) != QT_BOOK_LIVE) {
            assert_shows_nothing(book);
            continue;
        }
        assert_same_side(book, &naive, QT_BUY, seed);
        assert_same_side(book, &naive, QT_SELL, seed);
        int bid = naive_best(&naive, QT_BUY);
        ck_assert_int_eq(qt_book_best_bid(book).v, bid < 0 ? QT_PX_NONE.v : bid);
    }
    qt_book_destroy(book);
}

START_TEST(random_messages_give_what_a_naive_book_gives)
{
    const char *asked = getenv("QT_SEED");
    if (asked) {
        run_against_naive(strtoull(asked, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= 100; seed++)
        run_against_naive(seed);
}
END_TEST

START_TEST(levels_beyond_the_maximum_are_dropped_and_counted)
{
    struct qt_book *book = live_book(QT_BOOK_SPOT, 50);
    struct qt_depth_level out[32];
    for (int i = 0; i < 20; i++) {
        struct qt_depth d = depth(51 + i, 51 + i, 0);
        add(&d, QT_BUY, 99 - i, 1);
        ck_assert_int_eq(qt_book_apply(book, &d, QT_EVENT_LAST), QT_BOOK_APPLIED);
    }
    ck_assert_uint_eq(qt_book_levels(book, QT_BUY, out, 32), 16);
    ck_assert_int_eq(out[0].px.v, 100);
    ck_assert_int_eq(out[15].px.v, 85);
    ck_assert_uint_eq(qt_book_dropped(book), 5);
    qt_book_destroy(book);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("book");
    TCase *tc = tcase_create("sequence");
    tcase_add_loop_test(tc, a_diff_follows_the_venues_sequence_rule, 0,
                        (int)QT_COUNT_OF(sequence_rows));
    tcase_add_test(tc, the_previous_id_is_compared_by_its_low_32_bits);
    tcase_add_test(tc, a_book_without_a_snapshot_takes_no_diff_and_shows_nothing);
    tcase_add_test(tc, after_a_gap_the_book_is_stale_until_the_next_snapshot);
    tcase_add_test(tc, a_gap_is_reported_once_a_message);
    tcase_add_test(tc, every_chunk_of_an_old_message_is_dropped);
    tcase_add_test(tc, a_snapshot_in_the_middle_of_a_message_begins_anew);
    suite_add_tcase(suite, tc);
    tc = tcase_create("levels");
    tcase_add_loop_test(tc, a_crossed_or_absurd_message_makes_the_book_stale, 0,
                        (int)QT_COUNT_OF(broken_rows));
    tcase_add_test(tc, a_cross_between_the_chunks_of_one_message_is_no_cross);
    tcase_add_test(tc, levels_beyond_the_maximum_are_dropped_and_counted);
    suite_add_tcase(suite, tc);
    tc = tcase_create("property");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, random_messages_give_what_a_naive_book_gives);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
