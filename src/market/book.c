/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A side is a sorted array whose best level stands at the end: most changes happen near the best
 * price, so an insertion moves few levels, and losing the best is free.
 *
 *     bids  [ 98 99 100 ]   asks  [ 104 103 101 ]   best at [n - 1]; key ascends for bids, descends
 * for asks
 */
#include "qtrade/market/book.h"

#include <stdlib.h>
#include <string.h>

#include "qtrade/base/error.h"

enum message { MESSAGE_NONE, MESSAGE_SNAPSHOT, MESSAGE_DIFF, MESSAGE_SKIPPED };

struct half {
    struct qt_depth_level *levels; /* the worst first */
    size_t n;
    bool is_bid;
};

struct qt_book {
    struct half bids, asks;
    size_t max_levels;
    uint64_t last_id; /* of the last whole message */
    uint64_t dropped;
    enum qt_book_rule rule;
    enum qt_book_state state;
    enum message message;             /* what the chunks now coming belong to */
    enum qt_book_verdict skip_answer; /* MESSAGE_SKIPPED: what its further chunks answer */
    bool is_first;                    /* no diff since the snapshot */
    bool is_broken;                   /* the message had a price <= 0 or a quantity < 0 */
};

struct qt_book *
qt_book_create(enum qt_book_rule rule, size_t max_levels)
{
    qt_assert(max_levels >= 16 && max_levels <= 5000);
    size_t side_bytes = max_levels * sizeof(struct qt_depth_level);
    struct qt_book *book = calloc(1, sizeof *book + 2 * side_bytes);
    if (!book)
        return NULL;
    book->rule = rule;
    book->max_levels = max_levels;
    book->bids = (struct half){.levels = (struct qt_depth_level *)(book + 1), .is_bid = true};
    book->asks = (struct half){.levels = book->bids.levels + max_levels};
    return book;
}

void
qt_book_destroy(struct qt_book *book)
{
    free(book);
}

/* Is a behind b on this side (further from the best)? */
static bool
is_worse(const struct half *half, qt_px a, qt_px b)
{
    return half->is_bid ? a.v < b.v : a.v > b.v;
}

/* The index where px stands or would stand: all before it are worse. Looks near the best first. */
static size_t
place_of(const struct half *half, qt_px px)
{
    size_t low = 0, high = half->n;
    for (size_t step = 1; step <= high && low == 0; step *= 4)
        if (is_worse(half, half->levels[high - step].px, px))
            low = high - step + 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_worse(half, half->levels[middle].px, px))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void
remove_at(struct half *half, size_t i)
{
    half->n--;
    memmove(half->levels + i, half->levels + i + 1, (half->n - i) * sizeof *half->levels);
}

/* Inserts at i; when the side is full, the worst level goes (or the new one, if it is the worst).
 */
static void
insert_at(struct qt_book *book, struct half *half, size_t i, const struct qt_depth_level *level)
{
    if (half->n == book->max_levels) {
        book->dropped++;
        if (i == 0)
            return;
        remove_at(half, 0);
        i--;
    }
    memmove(half->levels + i + 1, half->levels + i, (half->n - i) * sizeof *half->levels);
    half->levels[i] = *level;
    half->n++;
}

static void
set_level(struct qt_book *book, struct half *half, const struct qt_depth_level *level)
{
    if (level->px.v <= 0 || level->qty.v < 0) {
        book->is_broken = true;
        return;
    }
    size_t i = place_of(half, level->px);
    bool found = i < half->n && half->levels[i].px.v == level->px.v;
    if (found && level->qty.v > 0)
        half->levels[i].qty = level->qty;
    else if (found)
        remove_at(half, i);
    else if (level->qty.v > 0)
        insert_at(book, half, i, level);
}

static qt_px
best_of(const struct half *half)
{
    return half->n > 0 ? half->levels[half->n - 1].px : QT_PX_NONE;
}

static bool
is_crossed(const struct qt_book *book)
{
    return book->bids.n > 0 && book->asks.n > 0 && best_of(&book->bids).v >= best_of(&book->asks).v;
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
        book->bids.n = book->asks.n = 0;
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
    for (int i = 0; i < depth->bids; i++)
        set_level(book, &book->bids, &depth->levels[i]);
    for (int i = 0; i < depth->asks; i++)
        set_level(book, &book->asks, &depth->levels[depth->bids + i]);
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
    size_t count = book->state == QT_BOOK_LIVE ? QT_MIN(n, half->n) : 0;
    for (size_t i = 0; i < count; i++)
        out[i] = half->levels[half->n - 1 - i];
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
