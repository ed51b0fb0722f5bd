/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two sorted arrays, the best level at the end, so that the levels that change most move the fewest bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/market/book.h"

struct side {
    struct qt_depth_level *level; /* worst first, best last */
    size_t n;
    int order; /* sign of (better - worse): bids +1, asks -1 */
};

struct qt_book {
    enum qt_book_rule rule;
    enum qt_book_state state;
    size_t max;
    uint64_t last_id, dropped;
    bool is_first;    /* the next diff is the first after a snapshot */
    bool in_snapshot; /* a snapshot's chunks are coming */
    struct side side[2];
};

struct qt_book *
qt_book_create(enum qt_book_rule rule, size_t max_levels)
{
    struct qt_book *book = calloc(1, sizeof *book);
    if (!book)
        return NULL;
    book->rule = rule;
    book->max = max_levels;
    for (int s = 0; s < 2; s++) {
        book->side[s].order = s == QT_BUY ? 1 : -1;
        book->side[s].level = malloc((max_levels + 1) * sizeof *book->side[s].level);
        if (!book->side[s].level) {
            qt_book_destroy(book);
            return NULL;
        }
    }
    return book;
}

void
qt_book_destroy(struct qt_book *book)
{
    if (!book)
        return;
    free(book->side[QT_BUY].level);
    free(book->side[QT_SELL].level);
    free(book);
}

/* The first index whose price is not worse than px. */
static size_t
place_of(const struct side *side, qt_px px)
{
    size_t low = 0, high = side->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (qt_px_cmp(side->level[mid].px, px) * side->order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void
set_level(struct qt_book *book, struct side *side, const struct qt_depth_level *level)
{
    size_t at = place_of(side, level->px);
    struct qt_depth_level *p = &side->level[at];
    bool is_there = at < side->n && qt_px_cmp(p->px, level->px) == 0;
    if (level->qty.v == 0) {
        if (is_there)
            memmove(p, p + 1, (--side->n - at) * sizeof *p);
        return;
    }
    if (is_there) {
        p->qty = level->qty;
        return;
    }
    memmove(p + 1, p, (side->n++ - at) * sizeof *p);
    *p = *level;
    if (side->n > book->max) { /* the worst goes */
        memmove(side->level, side->level + 1, --side->n * sizeof *p);
        book->dropped++;
    }
}

static void
set_levels(struct qt_book *book, const struct qt_depth *depth)
{
    for (unsigned i = 0; i < depth->bids; i++)
        set_level(book, &book->side[QT_BUY], &depth->levels[i]);
    for (unsigned i = 0; i < depth->asks; i++)
        set_level(book, &book->side[QT_SELL], &depth->levels[depth->bids + i]);
}

static bool
is_crossed(const struct qt_book *book)
{
    const struct side *bids = &book->side[QT_BUY], *asks = &book->side[QT_SELL];
    return bids->n && asks->n &&
           qt_px_cmp(bids->level[bids->n - 1].px, asks->level[asks->n - 1].px) >= 0;
}

static enum qt_book_verdict
end_message(struct qt_book *book, const struct qt_depth *depth, unsigned flags)
{
    if (!(flags & QT_EVENT_LAST))
        return QT_BOOK_APPLIED;
    book->last_id = depth->last_id;
    book->in_snapshot = false;
    if (!is_crossed(book))
        return QT_BOOK_APPLIED;
    book->state = QT_BOOK_STALE; /* R3 */
    return QT_BOOK_CROSSED;
}

static enum qt_book_verdict
apply_snapshot(struct qt_book *book, const struct qt_depth *depth, unsigned flags)
{
    if (flags & QT_EVENT_SNAPSHOT) {
        book->side[QT_BUY].n = book->side[QT_SELL].n = 0;
        book->state = QT_BOOK_LIVE;
        book->is_first = book->in_snapshot = true;
    }
    set_levels(book, depth);
    return end_message(book, depth, flags);
}

/* Does a diff follow on what is there? */
static bool
follows(const struct qt_book *book, const struct qt_depth *depth)
{
    uint64_t id = book->last_id;
    if (book->is_first)
        return book->rule == QT_BOOK_SPOT ? depth->first_id <= id + 1 && depth->last_id > id
                                          : depth->first_id <= id && depth->last_id >= id;
    return book->rule == QT_BOOK_SPOT ? depth->first_id == id + 1
                                      : depth->previous_id_low == (uint32_t)id;
}

enum qt_book_verdict
qt_book_apply(struct qt_book *book, const struct qt_depth *depth, unsigned flags)
{
    if ((flags & QT_EVENT_SNAPSHOT) || book->in_snapshot)
        return apply_snapshot(book, depth, flags);
    if (book->state != QT_BOOK_LIVE)
        return QT_BOOK_NOT_LIVE;
    bool is_old = book->rule == QT_BOOK_SPOT ? depth->last_id <= book->last_id
                                             : depth->last_id < book->last_id;
    if (is_old)
        return QT_BOOK_OLD;
    if (!follows(book, depth)) {
        book->state = QT_BOOK_STALE; /* R3 */
        return QT_BOOK_GAP;
    }
    set_levels(book, depth);
    if (flags & QT_EVENT_LAST)
        book->is_first = false;
    return end_message(book, depth, flags);
}

enum qt_book_state
qt_book_state(const struct qt_book *book)
{
    return book->state;
}

static qt_px
best_of(const struct qt_book *book, enum qt_side s)
{
    const struct side *side = &book->side[s];
    if (book->state != QT_BOOK_LIVE || side->n == 0) /* R2 */
        return QT_PX_NONE;
    return side->level[side->n - 1].px;
}

qt_px
qt_book_best_bid(const struct qt_book *book)
{
    return best_of(book, QT_BUY);
}

qt_px
qt_book_best_ask(const struct qt_book *book)
{
    return best_of(book, QT_SELL);
}

size_t
qt_book_levels(const struct qt_book *book, enum qt_side s, struct qt_depth_level *out, size_t n)
{
    const struct side *side = &book->side[s];
    if (book->state != QT_BOOK_LIVE)
        return 0;
    n = QT_MIN(n, side->n);
    for (size_t i = 0; i < n; i++)
        out[i] = side->level[side->n - 1 - i];
    return n;
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
