/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A side in keys: the price of a bid, the negated price of an ask, so that the greater key is the
 * better level and one code serves both. Levels near the best stand in a window, a quantity a tick
 * (0: no level) with a bit each; the others in an array sorted by key, best last.
 *
 *         far, sorted            window: one slot a tick
 *     [ 71 80 . . 88 ]      low | 0 5 2 0 0 7 1 . . . 3 0 9 0 0 0 0 | low + span ticks
 *                                       ^ low water        ^ best, at 7/8 after a move
 *
 * The slot of a key is (key - low) / tick. A multiplication by the inverse of the tick's odd part
 * modulo 2^64 and a rotation give it, and give span or more for whatever is outside or between two
 * ticks; so one comparison sends a level to the window or to the far ones.
 *
 * The tick is the greatest common divisor of the snapshot's prices, and becomes finer when a level
 * within the window turns out to stand between two. The window moves when the best rises above it
 * or falls below a quarter: levels it leaves go to the far ones, those it reaches come from there,
 * and the best has to go on for an eighth of the span before it moves again. While a snapshot is
 * read the window is shut (span 0) and all levels are far.
 *
 * R4: a level is in one place only. R5: keys in a window stay below 2^62, so that slots do not
 * wrap: the tick is below 2^40, and a best beyond KEY_MAX moves no window.
 *
 * The memory is 16 bytes a level of the maximum and 8 to 16 more for the windows: 41 KiB for 1,000
 * levels a side, of which a page of far levels is touched only when there are as many.
 */
#include "qtrade/market/book.h"

#include <stdlib.h>
#include <string.h>

#include "qtrade/base/error.h"

enum { SPAN_LEAST = 256, SPAN_MOST = 2048 };
#define TICK_MAX (INT64_C(1) << 40)
#define KEY_MAX (INT64_C(1) << 61)
#define KEY_NONE INT64_MIN

enum message { MESSAGE_NONE, MESSAGE_SNAPSHOT, MESSAGE_DIFF, MESSAGE_SKIPPED };

struct level {
    int64_t key, qty;
};

struct half {
    int64_t mask;     /* 0: bids; -1: asks, whose keys are negated */
    int64_t best;     /* the greatest key; KEY_NONE: the side is empty */
    int64_t low;      /* the key of slot 0, a multiple of the tick */
    uint64_t inverse; /* of the tick's odd part */
    unsigned shift;   /* of the tick's power of two */
    uint32_t span;    /* the window's; 0: it is shut */
    size_t n;         /* levels of the side */
    size_t far_n;
    struct level *far; /* max_levels of them, the worst first */
    int64_t *qty;      /* a slot each, book->span of them */
    uint64_t bits[SPAN_MOST / 64];
};

struct qt_book {
    size_t max_levels;
    uint32_t
        span; /* of an open window: half as many ticks as levels, rounded up to a power of two */
    int64_t tick;
    uint64_t last_id; /* of the last whole message */
    uint64_t dropped;
    enum qt_book_rule rule;
    enum qt_book_state state;
    enum message message;             /* what the chunks now coming belong to */
    enum qt_book_verdict skip_answer; /* MESSAGE_SKIPPED: what its further chunks answer */
    bool is_first;                    /* no diff since the snapshot */
    bool is_broken;                   /* the message had a price <= 0 or a quantity < 0 */
    struct half bids, asks;
};

static void
clear(struct half *half, uint32_t span)
{
    memset(half->bits, 0, sizeof half->bits);
    memset(half->qty, 0, span * sizeof *half->qty);
    half->best = KEY_NONE;
    half->span = 0;
    half->n = half->far_n = 0;
}

struct qt_book *
qt_book_create(enum qt_book_rule rule, size_t max_levels)
{
    qt_assert(max_levels >= 16 && max_levels <= 5000);
    uint32_t span = SPAN_LEAST;
    while (span < max_levels / 2 && span < SPAN_MOST)
        span *= 2;
    size_t side_bytes = span * sizeof(int64_t) + max_levels * sizeof(struct level);
    struct qt_book *book = calloc(1, sizeof *book + 2 * side_bytes);
    if (!book)
        return NULL;
    book->span = span;
    book->rule = rule;
    book->max_levels = max_levels;
    book->bids.qty = (int64_t *)(book + 1);
    book->asks.qty = book->bids.qty + span;
    book->bids.far = (struct level *)(book->asks.qty + span);
    book->asks.far = book->bids.far + max_levels;
    book->asks.mask = -1;
    clear(&book->bids, span);
    clear(&book->asks, span);
    return book;
}

void
qt_book_destroy(struct qt_book *book)
{
    free(book);
}

/* The key of a price, and back. */
static int64_t
turn(const struct half *half, int64_t v)
{
    return (v ^ half->mask) - half->mask;
}

/* --- the far levels --- */

/* The index where key stands or would stand: all before it are worse. Looks near the best first. */
static size_t
place_of(const struct half *half, int64_t key)
{
    size_t low = 0, high = half->far_n;
    for (size_t step = 1; step <= high && low == 0; step *= 4)
        if (half->far[high - step].key < key)
            low = high - step + 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (half->far[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void
far_remove(struct half *half, size_t i)
{
    half->far_n--;
    memmove(half->far + i, half->far + i + 1, (half->far_n - i) * sizeof *half->far);
}

static void
far_insert(struct half *half, size_t i, int64_t key, int64_t qty)
{
    memmove(half->far + i + 1, half->far + i, (half->far_n - i) * sizeof *half->far);
    half->far[i] = (struct level){key, qty};
    half->far_n++;
}

/* --- the window --- */

/* The slot of a key; at least half->span: it has none. */
static uint64_t
slot_of(const struct half *half, int64_t key)
{
    uint64_t v = ((uint64_t)key - (uint64_t)half->low) * half->inverse;
    return v >> half->shift | v << (-half->shift & 63);
}

static void
put_slot(struct half *half, uint64_t slot, int64_t qty)
{
    uint64_t bit = UINT64_C(1) << slot % 64, is_there = qty != 0;
    half->bits[slot / 64] = (half->bits[slot / 64] & ~bit) | is_there << slot % 64;
    half->qty[slot] = qty;
}

/* The highest slot below `end` with a level; -1: none. */
static int
level_below(const struct half *half, int end)
{
    if (end <= 0)
        return -1;
    int word = (end - 1) / 64;
    uint64_t bits = half->bits[word] & ~UINT64_C(0) >> (64 * (word + 1) - end);
    while (bits == 0 && word > 0)
        bits = half->bits[--word];
    return bits == 0 ? -1 : 64 * word + 63 - __builtin_clzll(bits);
}

/* The lowest slot with a level; -1: none. */
static int
lowest_level(const struct half *half)
{
    for (int word = 0; word < (int)(half->span / 64); word++)
        if (half->bits[word] != 0)
            return 64 * word + __builtin_ctzll(half->bits[word]);
    return -1;
}

/* Takes all levels out of the window. */
static void
spill(struct half *half, int64_t tick)
{
    for (int i; (i = lowest_level(half)) >= 0; put_slot(half, (uint64_t)i, 0)) {
        int64_t key = half->low + i * tick;
        far_insert(half, place_of(half, key), key, half->qty[i]);
    }
    half->span = 0;
}

/* Puts an empty window around the best, and into it the far levels that have a slot there. */
static void
open_window(struct half *half, int64_t tick, uint32_t span)
{
    int64_t best = half->best == KEY_NONE ? 0 : half->best, ticks = best / tick;
    if (best > KEY_MAX || best < -KEY_MAX)
        ticks = 0;
    half->low = (ticks - (best % tick < 0) - span / 8 * 7) * tick;
    half->shift = (unsigned)__builtin_ctzll((uint64_t)tick);
    half->span = span;
    uint64_t odd = (uint64_t)tick >> half->shift;
    half->inverse = odd; /* right in its lowest 3 bits; each round doubles them */
    for (int bits = 3; bits < 64; bits *= 2)
        half->inverse *= 2 - odd * half->inverse;
    size_t kept = place_of(half, half->low);
    for (size_t i = kept; i < half->far_n; i++) {
        uint64_t slot = slot_of(half, half->far[i].key);
        if (slot < span)
            put_slot(half, slot, half->far[i].qty);
        else
            half->far[kept++] = half->far[i];
    }
    half->far_n = kept;
}

static int64_t
greatest_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static int64_t
tick_of(const struct half *half, int64_t tick)
{
    for (size_t i = 0; i < half->far_n; i++)
        tick = greatest_divisor(tick, turn(half, half->far[i].key));
    return tick;
}

static void
set_tick(struct qt_book *book, int64_t tick)
{
    book->tick = tick > 0 && tick <= TICK_MAX ? tick : 1;
    open_window(&book->bids, book->tick, book->span);
    open_window(&book->asks, book->tick, book->span);
}

/* --- one level --- */

/* The worst level of a side that has one. */
static int64_t
worst_of(const struct qt_book *book, const struct half *half)
{
    int slot = lowest_level(half);
    int64_t window = slot < 0 ? INT64_MAX : half->low + slot * book->tick;
    return half->far_n > 0 ? QT_MIN(window, half->far[0].key) : window;
}

static void
drop_worst(struct qt_book *book, struct half *half)
{
    if (half->far_n > 0 && half->far[0].key == worst_of(book, half))
        far_remove(half, 0);
    else
        put_slot(half, (uint64_t)lowest_level(half), 0);
    half->n--;
    book->dropped++;
}

/* Finds the best again, below slot `end` of the window, and moves the window after it. */
static void
settle(struct qt_book *book, struct half *half, uint32_t end)
{
    int slot = level_below(half, (int)end);
    half->best = half->far_n > 0 ? half->far[half->far_n - 1].key : KEY_NONE;
    if (slot >= 0)
        half->best = QT_MAX(half->best, half->low + slot * book->tick);
    if (half->span == 0 || half->best > KEY_MAX || half->best < -KEY_MAX)
        return;
    if (half->best >= half->low + book->span / 4 * book->tick &&
        half->best < half->low + book->span * book->tick)
        return;
    spill(half, book->tick);
    open_window(half, book->tick, book->span);
}

/* The tick is finer than thought. */
static void
refine(struct qt_book *book, int64_t px)
{
    spill(&book->bids, book->tick);
    spill(&book->asks, book->tick);
    set_tick(book, greatest_divisor(book->tick, px));
}

/* A level without a slot. */
static void
set_far(struct qt_book *book, struct half *half, int64_t key, int64_t qty)
{
    size_t i = place_of(half, key);
    bool found = i < half->far_n && half->far[i].key == key;
    if (found && qty > 0) {
        half->far[i].qty = qty;
        return;
    }
    if (found) {
        far_remove(half, i);
        half->n--;
    } else if (qty > 0) {
        if (half->n == book->max_levels) { /* room for it first */
            if (key < worst_of(book, half)) {
                book->dropped++;
                return;
            }
            drop_worst(book, half);
            i = place_of(half, key);
        }
        far_insert(half, i, key, qty);
        half->n++;
    }
    if (half->span > 0 && qty > 0 && key > half->low && key < half->low + book->span * book->tick)
        refine(book, turn(half, key));
    if (key >= half->best)
        settle(book, half, half->span);
}

static inline void
set_level(struct qt_book *book, struct half *half, const struct qt_depth_level *level)
{
    int64_t qty = level->qty.v, key = turn(half, level->px.v);
    if (level->px.v <= 0 || qty < 0) {
        book->is_broken = true;
        return;
    }
    uint64_t slot = slot_of(half, key);
    if (slot >= half->span) {
        set_far(book, half, key, qty);
        return;
    }
    bool was_there = half->qty[slot] != 0, is_there = qty != 0;
    half->qty[slot] = qty;
    half->bits[slot / 64] ^= (uint64_t)(was_there ^ is_there) << slot % 64;
    half->n += (size_t)is_there - (size_t)was_there;
    if (half->n > book->max_levels)
        drop_worst(book, half);
    if (key >= half->best)
        settle(book, half, (uint32_t)slot + 1);
}

static qt_px
best_of(const struct half *half)
{
    return half->best != KEY_NONE ? (qt_px){turn(half, half->best)} : QT_PX_NONE;
}

static bool
is_crossed(const struct qt_book *book)
{
    return book->bids.n > 0 && book->asks.n > 0 && book->bids.best >= -book->asks.best;
}

/* The venue's sequence rules for a diff against what the book holds. */
static enum qt_book_verdict
judge_diff(const struct qt_book *book, const struct qt_depth *d)
{
    if (book->state != QT_BOOK_LIVE)
        return QT_BOOK_NOT_LIVE;
    bool is_follower = false;
    switch (book->rule) {
    case QT_BOOK_SPOT:
        if (d->last_id <= book->last_id)
            return QT_BOOK_OLD;
        is_follower =
            book->is_first ? d->first_id <= book->last_id + 1 : d->first_id == book->last_id + 1;
        break;
    case QT_BOOK_FUTURES:
        if (d->last_id < book->last_id || (d->last_id == book->last_id && !book->is_first))
            return QT_BOOK_OLD;
        is_follower = book->is_first ? d->first_id <= book->last_id
                                     : d->previous_id_low == (uint32_t)book->last_id;
        break;
    }
    return is_follower ? QT_BOOK_APPLIED : QT_BOOK_GAP;
}

static enum qt_book_verdict
begin_message(struct qt_book *book, const struct qt_depth *d, unsigned flags)
{
    book->is_broken = false;
    if (flags & QT_EVENT_SNAPSHOT) {
        clear(&book->bids, book->span);
        clear(&book->asks, book->span);
        book->state = QT_BOOK_EMPTY;
        book->message = MESSAGE_SNAPSHOT;
        return QT_BOOK_APPLIED;
    }
    enum qt_book_verdict verdict = judge_diff(book, d);
    book->message = verdict == QT_BOOK_APPLIED ? MESSAGE_DIFF : MESSAGE_SKIPPED;
    book->skip_answer = verdict == QT_BOOK_GAP ? QT_BOOK_NOT_LIVE : verdict;
    if (verdict == QT_BOOK_GAP)
        book->state = QT_BOOK_STALE;
    return verdict;
}

/* The last chunk is in: the book is whole again, or broken. */
static enum qt_book_verdict
end_message(struct qt_book *book, uint64_t last_id)
{
    book->is_first = book->message == MESSAGE_SNAPSHOT;
    if (book->is_first)
        set_tick(book, tick_of(&book->asks, tick_of(&book->bids, 0)));
    book->message = MESSAGE_NONE;
    book->last_id = last_id;
    if (book->is_broken || is_crossed(book)) {
        book->state = QT_BOOK_STALE;
        return QT_BOOK_CROSSED;
    }
    book->state = QT_BOOK_LIVE;
    return QT_BOOK_APPLIED;
}

enum qt_book_verdict
qt_book_apply(struct qt_book *book, const struct qt_depth *depth, unsigned flags)
{
    qt_assert(depth->bids + depth->asks <= (int)QT_COUNT_OF(depth->levels));
    enum qt_book_verdict verdict = QT_BOOK_APPLIED;
    if (book->message == MESSAGE_NONE || flags & QT_EVENT_SNAPSHOT)
        verdict = begin_message(book, depth, flags);
    else if (book->message == MESSAGE_SKIPPED)
        verdict = book->skip_answer;
    if (book->message == MESSAGE_SKIPPED) {
        if (flags & QT_EVENT_LAST)
            book->message = MESSAGE_NONE;
        return verdict;
    }
    for (int i = 0; i < depth->bids + depth->asks; i++)
        set_level(book, i < depth->bids ? &book->bids : &book->asks, &depth->levels[i]);
    return flags & QT_EVENT_LAST ? end_message(book, depth->last_id) : QT_BOOK_APPLIED;
}

enum qt_book_state
qt_book_state(const struct qt_book *book)
{
    return book->state;
}

qt_px
qt_book_best_bid(const struct qt_book *book)
{
    return book->state == QT_BOOK_LIVE ? best_of(&book->bids) : QT_PX_NONE;
}

qt_px
qt_book_best_ask(const struct qt_book *book)
{
    return book->state == QT_BOOK_LIVE ? best_of(&book->asks) : QT_PX_NONE;
}

size_t
qt_book_levels(const struct qt_book *book, enum qt_side side, struct qt_depth_level *out, size_t n)
{
    const struct half *half = side == QT_BUY ? &book->bids : &book->asks;
    size_t count = book->state == QT_BOOK_LIVE ? QT_MIN(n, half->n) : 0, far = half->far_n;
    int slot = level_below(half, (int)half->span);
    for (size_t i = 0; i < count; i++) {
        struct level level = {KEY_NONE, 0};
        if (slot >= 0)
            level = (struct level){half->low + slot * book->tick, half->qty[slot]};
        if (far > 0 && half->far[far - 1].key > level.key)
            level = half->far[--far];
        else
            slot = level_below(half, slot);
        out[i] = (struct qt_depth_level){{turn(half, level.key)}, {level.qty}};
    }
    return count;
}

uint64_t
qt_book_last_id(const struct qt_book *book)
{
    return book->last_id;
}

uint64_t
qt_book_dropped(const struct qt_book *book)
{
    return book->dropped;
}
