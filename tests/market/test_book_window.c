/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The book's window under everything that makes it move: a market that walks and jumps, ticks of 1
 * to a million units, levels far away and between two ticks, sides that become empty, crossed
 * messages and new snapshots. Held against a sorted array, near a million levels (QT_SEED=n
 * repeats one walk).
 */
#include "qt_check.h"

#include <stdlib.h>
#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/market/book.h"

enum { MAX_LEVELS = 1500, WALKS = 40, MESSAGES = 8000, COMPARED_EVERY = 50 };

/* Ascending by price. */
struct naive_side {
    struct qt_depth_level levels[MAX_LEVELS + 1];
    size_t n;
};

struct walk {
    struct qt_book *book;
    struct naive_side side[2];
    struct qt_rng rng;
    uint64_t seed, id, dropped;
    size_t max;
    int64_t tick, middle;
    int width;        /* ticks, of most levels' distance */
    bool is_off_grid; /* some prices stand between two ticks */
};

static void
naive_remove(struct naive_side *side, size_t i)
{
    side->n--;
    memmove(side->levels + i, side->levels + i + 1, (side->n - i) * sizeof *side->levels);
}

static void
naive_set(struct walk *walk, enum qt_side which, const struct qt_depth_level *level)
{
    struct naive_side *side = &walk->side[which];
    size_t i = 0;
    while (i < side->n && side->levels[i].px.v < level->px.v)
        i++;
    if (i < side->n && side->levels[i].px.v == level->px.v) {
        side->levels[i].qty = level->qty;
        if (level->qty.v == 0)
            naive_remove(side, i);
        return;
    }
    if (level->qty.v == 0)
        return;
    memmove(side->levels + i + 1, side->levels + i, (side->n - i) * sizeof *side->levels);
    side->levels[i] = *level;
    if (++side->n <= walk->max)
        return;
    walk->dropped++;
    naive_remove(side, which == QT_BUY ? 0 : side->n - 1);
}

/* A level of the i-th best of the naive side. */
static const struct qt_depth_level *
naive_at(const struct walk *walk, enum qt_side which, size_t i)
{
    const struct naive_side *side = &walk->side[which];
    return &side->levels[which == QT_BUY ? side->n - 1 - i : i];
}

static int64_t
naive_best(const struct walk *walk, enum qt_side which)
{
    return walk->side[which].n > 0 ? naive_at(walk, which, 0)->px.v : QT_PX_NONE.v;
}

static int64_t
random_price(struct walk *walk, enum qt_side which)
{
    struct qt_rng *rng = &walk->rng;
    const struct naive_side *side = &walk->side[which];
    uint64_t dice = qt_rng_below(rng, 100);
    if (dice < 30 && side->n > 0) /* one that is there, the best ones often */
        return naive_at(walk, which, qt_rng_below(rng, 1 + qt_rng_below(rng, side->n)))->px.v;
    if (dice == 99 && qt_rng_below(rng, 20) == 0) /* worse than any, and absurd */
        return which == QT_BUY ? 1 + (int64_t)qt_rng_below(rng, 9)
                               : INT64_MAX - (int64_t)qt_rng_below(rng, 9);
    int64_t far = dice > 90 ? 100 : 1;
    int64_t ticks = (int64_t)qt_rng_below(rng, (uint64_t)walk->width) * far + (dice > 40);
    int64_t px = walk->middle + (which == QT_BUY ? -ticks : ticks) * walk->tick;
    if (walk->is_off_grid && qt_rng_below(rng, 500) == 0)
        px += walk->tick / 2;
    return QT_MAX(px, 1);
}

/* Up to four levels. */
static void
random_chunk(struct walk *walk, struct qt_depth *d)
{
    size_t bids = qt_rng_below(&walk->rng, 5), asks = qt_rng_below(&walk->rng, 5 - bids);
    for (size_t i = 0; i < bids + asks; i++) {
        enum qt_side which = i < bids ? QT_BUY : QT_SELL;
        int64_t qty =
            qt_rng_below(&walk->rng, 3) == 0 ? 0 : 1 + (int64_t)qt_rng_below(&walk->rng, 1000);
        d->levels[i] = (struct qt_depth_level){{random_price(walk, which)}, {qty}};
    }
    d->bids = (uint16_t)bids;
    d->asks = (uint16_t)asks;
}

/* The next level that the market went through; false: none. */
static bool
crossed_chunk(const struct walk *walk, struct qt_depth *d)
{
    int64_t bid = naive_best(walk, QT_BUY), ask = naive_best(walk, QT_SELL);
    bool bid_is_wrong = bid > walk->middle,
         ask_is_wrong = ask != QT_PX_NONE.v && ask < walk->middle;
    if (!bid_is_wrong && !ask_is_wrong)
        return false;
    d->bids = bid_is_wrong;
    d->asks = !bid_is_wrong;
    d->levels[0] = (struct qt_depth_level){{bid_is_wrong ? bid : ask}, {0}};
    return true;
}

static enum qt_book_verdict
give(struct walk *walk, const struct qt_depth *d, unsigned flags)
{
    for (int i = 0; i < d->bids + d->asks; i++)
        naive_set(walk, i < d->bids ? QT_BUY : QT_SELL, &d->levels[i]);
    return qt_book_apply(walk->book, d, flags);
}

static void
message(struct walk *walk)
{
    bool is_snapshot = qt_book_state(walk->book) != QT_BOOK_LIVE;
    uint64_t id = ++walk->id, chunks = is_snapshot ? 1 + qt_rng_below(&walk->rng, 200) : 1;
    struct qt_depth d = {.first_id = id, .last_id = id};
    if (is_snapshot)
        walk->side[QT_BUY].n = walk->side[QT_SELL].n = 0;
    for (uint64_t i = 0; i < chunks; i++) {
        random_chunk(walk, &d);
        (void)!give(walk, &d, is_snapshot && i == 0 ? QT_EVENT_SNAPSHOT : 0);
    }
    while (qt_rng_below(&walk->rng, 1000) > 0 && crossed_chunk(walk, &d))
        (void)!give(walk, &d, 0);
    d.bids = d.asks = 0;
    enum qt_book_verdict verdict = give(walk, &d, QT_EVENT_LAST);
    int64_t bid = naive_best(walk, QT_BUY), ask = naive_best(walk, QT_SELL);
    bool is_crossed = bid != QT_PX_NONE.v && ask != QT_PX_NONE.v && bid >= ask;
    ck_assert_msg(verdict == (is_crossed ? QT_BOOK_CROSSED : QT_BOOK_APPLIED),
                  "QT_SEED=%lu: message %lu: verdict %d with %ld and %ld", walk->seed, id,
                  (int)verdict, bid, ask);
    if (is_crossed)
        return;
    ck_assert_msg(qt_book_best_bid(walk->book).v == bid && qt_book_best_ask(walk->book).v == ask,
                  "QT_SEED=%lu: message %lu: best %ld and %ld, naive %ld and %ld", walk->seed, id,
                  qt_book_best_bid(walk->book).v, qt_book_best_ask(walk->book).v, bid, ask);
}

static void
assert_same_levels(const struct walk *walk, enum qt_side which)
{
    static struct qt_depth_level out[MAX_LEVELS];
    size_t n = qt_book_levels(walk->book, which, out, MAX_LEVELS);
    ck_assert_msg(n == walk->side[which].n, "QT_SEED=%lu: message %lu: %zu levels, naive %zu",
                  walk->seed, walk->id, n, walk->side[which].n);
    for (size_t i = 0; i < n; i++) {
        const struct qt_depth_level *want = naive_at(walk, which, i);
        ck_assert_msg(out[i].px.v == want->px.v && out[i].qty.v == want->qty.v,
                      "QT_SEED=%lu: message %lu: level %zu of side %d is %ld, naive %ld",
                      walk->seed, walk->id, i, (int)which, out[i].px.v, want->px.v);
    }
}

/* The market creeps, and sometimes leaves the whole window behind. */
static void
step(struct walk *walk)
{
    uint64_t dice = qt_rng_below(&walk->rng, 400);
    int64_t reach = dice == 0 ? 3000 : dice < 20 ? 40 : 1;
    int64_t ticks = (int64_t)qt_rng_below(&walk->rng, (uint64_t)(2 * reach + 1)) - reach;
    walk->middle = QT_MAX(walk->middle + ticks * walk->tick, 20 * walk->tick);
}

static void
run_walk(uint64_t seed)
{
    static const int64_t ticks[] = {1, 1, 10, 1000, 1000, 12, 1000000};
    static struct walk walk;
    memset(&walk, 0, sizeof walk);
    walk.seed = seed;
    qt_rng_init(&walk.rng, seed);
    walk.tick = ticks[seed % QT_COUNT_OF(ticks)];
    walk.max = seed % 4 == 0 ? MAX_LEVELS : 16 + qt_rng_below(&walk.rng, 300);
    walk.width = (int)(10 + qt_rng_below(&walk.rng, 600));
    walk.is_off_grid = seed % 3 == 0;
    walk.middle = walk.tick * (int64_t)(100 + qt_rng_below(&walk.rng, 100000));
    walk.book = qt_book_create(QT_BOOK_SPOT, walk.max);
    ck_assert_ptr_nonnull(walk.book);
    for (int i = 0; i < MESSAGES; i++) {
        step(&walk);
        message(&walk);
        if (i % COMPARED_EVERY != 0 || qt_book_state(walk.book) != QT_BOOK_LIVE)
            continue;
        assert_same_levels(&walk, QT_BUY);
        assert_same_levels(&walk, QT_SELL);
        ck_assert_uint_eq(qt_book_dropped(walk.book), walk.dropped);
    }
    qt_book_destroy(walk.book);
}

START_TEST(a_walking_market_gives_what_a_sorted_array_gives)
{
    const char *asked = getenv("QT_SEED");
    if (asked && _i == 0)
        run_walk(strtoull(asked, NULL, 10));
    else if (!asked)
        run_walk((uint64_t)_i + 1);
}
END_TEST

START_TEST(the_greatest_price_is_the_best_bid_until_it_is_gone)
{
    struct qt_book *book = qt_book_create(QT_BOOK_SPOT, 16);
    struct qt_depth d = {.first_id = 1, .last_id = 1, .bids = 2};
    struct qt_depth_level out[4];
    d.levels[0] = (struct qt_depth_level){{100}, {5}};
    d.levels[1] = (struct qt_depth_level){{98}, {4}};
    ck_assert_int_eq(qt_book_apply(book, &d, QT_EVENT_SNAPSHOT | QT_EVENT_LAST), QT_BOOK_APPLIED);
    d = (struct qt_depth){.first_id = 2, .last_id = 2, .bids = 1};
    d.levels[0] = (struct qt_depth_level){{INT64_MAX}, {7}};
    ck_assert_int_eq(qt_book_apply(book, &d, QT_EVENT_LAST), QT_BOOK_APPLIED);
    ck_assert_int_eq(qt_book_best_bid(book).v, INT64_MAX);
    ck_assert_uint_eq(qt_book_levels(book, QT_BUY, out, 4), 3);
    ck_assert_int_eq(out[0].px.v, INT64_MAX);
    ck_assert_int_eq(out[2].px.v, 98);
    d.first_id = d.last_id = 3;
    d.levels[0].qty.v = 0;
    ck_assert_int_eq(qt_book_apply(book, &d, QT_EVENT_LAST), QT_BOOK_APPLIED);
    ck_assert_int_eq(qt_book_best_bid(book).v, 100);
    qt_book_destroy(book);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("book_window");
    TCase *tc = tcase_create("property");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_walking_market_gives_what_a_sorted_array_gives, 0, qt_rounds(WALKS));
    tcase_add_test(tc, the_greatest_price_is_the_best_bid_until_it_is_gone);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
