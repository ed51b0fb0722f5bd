/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A book as one would explain it on paper, to hold the real one against: every bit of liquidity,
 * own or the ladder's, is a row in one list in the order of its coming; finding the first is a walk
 * over the whole list. What it tells goes into a log of plain rows.
 */
#ifndef QTRADE_TESTS_NAIVE_BOOK_H
#define QTRADE_TESTS_NAIVE_BOOK_H

#include <string.h>

#include "qt_check.h"

#include "qtrade/sim/match.h"

#define NAIVE_ROWS 4096
#define NAIVE_LOG 4096
#define NAIVE_PRINT 100 /* event of a print in the log */

/** One thing that was told. */
struct said {
    int event; /* enum qt_match_event or NAIVE_PRINT */
    uint64_t id, trade_id;
    int64_t px, qty, cum;
    int state;
    bool is_maker, is_external;
};

struct said_log {
    struct said row[NAIVE_LOG];
    size_t n;
};

static inline void
said_add(struct said_log *log, const struct said *row)
{
    ck_assert_uint_lt(log->n, NAIVE_LOG);
    log->row[log->n++] = *row;
}

/** A row of liquidity: id 0 is the ladder's. */
struct naive_row {
    uint64_t id;
    int side, type, tif;
    int64_t px, stop, qty, cum; /* of the ladder: qty is what is left */
    bool is_stop;               /* waits for its price */
};

struct naive {
    struct naive_row row[NAIVE_ROWS]; /* in the order of coming */
    size_t n;
    int64_t last, low, high; /* 0: none */
    uint64_t trade_id;
    struct said_log *log;
};

static inline bool
naive_is_market(int type)
{
    return type == QT_TYPE_MARKET || type == QT_TYPE_STOP_LOSS || type == QT_TYPE_TAKE_PROFIT;
}

static inline bool
naive_has_stop(int type)
{
    return type == QT_TYPE_STOP_LOSS || type == QT_TYPE_STOP_LOSS_LIMIT ||
           type == QT_TYPE_TAKE_PROFIT || type == QT_TYPE_TAKE_PROFIT_LIMIT;
}

/* A buy stop and a selling take-profit wait for a higher price. */
static inline bool
naive_waits_for_higher(const struct naive_row *row)
{
    bool is_stop_loss = row->type == QT_TYPE_STOP_LOSS || row->type == QT_TYPE_STOP_LOSS_LIMIT;
    return is_stop_loss == (row->side == QT_BUY);
}

static inline int64_t
naive_left(const struct naive_row *row)
{
    return row->id ? row->qty - row->cum : row->qty;
}

static inline void
naive_drop(struct naive *book, size_t i)
{
    book->n--;
    memmove(&book->row[i], &book->row[i + 1], (book->n - i) * sizeof book->row[0]);
}

static inline void
naive_append(struct naive *book, const struct naive_row *row)
{
    ck_assert_uint_lt(book->n, NAIVE_ROWS);
    book->row[book->n++] = *row;
}

static inline void
naive_say(struct naive *book, int event, const struct naive_row *row, int state)
{
    said_add(book->log,
             &(struct said){
                 .event = event, .id = row->id, .px = INT64_MIN, .cum = row->cum, .state = state});
}

static inline void
naive_say_fill(struct naive *book, struct naive_row *row, int64_t px, int64_t qty, bool is_maker,
               bool is_external)
{
    row->cum += qty;
    said_add(book->log,
             &(struct said){.event = QT_MATCH_FILL,
                            .id = row->id,
                            .trade_id = book->trade_id,
                            .px = px,
                            .qty = qty,
                            .cum = row->cum,
                            .state = row->cum == row->qty ? QT_ORDER_FILLED : QT_ORDER_PARTIAL,
                            .is_maker = is_maker,
                            .is_external = is_external});
}

static inline void
naive_print(struct naive *book, int64_t px, int64_t qty, bool buyer_is_maker)
{
    said_add(book->log, &(struct said){.event = NAIVE_PRINT,
                                       .trade_id = book->trade_id,
                                       .px = px,
                                       .qty = qty,
                                       .is_maker = buyer_is_maker});
    book->last = px;
    book->low = book->low == 0 || px < book->low ? px : book->low;
    book->high = px > book->high ? px : book->high;
}

/* Two rows of the ladder at one price with no order between them are one. */
static inline void
naive_merge(struct naive *book)
{
    for (size_t i = 0; i < book->n; i++)
        for (size_t k = i + 1; k < book->n && book->row[i].id == 0; k++) {
            struct naive_row *row = &book->row[k];
            if (row->side != book->row[i].side || row->px != book->row[i].px || row->is_stop)
                continue;
            if (row->id != 0)
                break;
            book->row[i].qty += row->qty;
            naive_drop(book, k--);
        }
}

/* Index of what a taker of that side meets first within limit (0: any); -1: nothing. */
static inline long
naive_first(struct naive *book, int taker, int64_t limit)
{
    long best = -1;
    naive_merge(book);
    for (size_t i = 0; i < book->n; i++) {
        const struct naive_row *row = &book->row[i];
        if (row->is_stop || row->side == taker || naive_left(row) == 0)
            continue;
        if (limit && (taker == QT_BUY ? row->px > limit : row->px < limit))
            continue;
        bool is_better = best < 0 || (taker == QT_BUY ? row->px < book->row[best].px
                                                      : row->px > book->row[best].px);
        best = is_better ? (long)i : best;
    }
    return best;
}

static inline int64_t
naive_available(const struct naive *book, int taker, int64_t limit)
{
    int64_t sum = 0;
    for (size_t i = 0; i < book->n; i++) {
        const struct naive_row *row = &book->row[i];
        bool is_within = !limit || (taker == QT_BUY ? row->px <= limit : row->px >= limit);
        sum += !row->is_stop && row->side != taker && is_within ? naive_left(row) : 0;
    }
    return sum;
}

/* A taker that stands nowhere takes, then rests or ends. */
static inline void
naive_execute(struct naive *book, struct naive_row taker)
{
    int64_t limit = naive_is_market(taker.type) ? 0 : taker.px;
    bool is_dead = taker.tif == QT_TIF_FOK && naive_available(book, taker.side, limit) < taker.qty;
    long at;
    while (!is_dead && taker.cum < taker.qty && (at = naive_first(book, taker.side, limit)) >= 0) {
        struct naive_row *maker = &book->row[at];
        int64_t left = taker.qty - taker.cum, room = naive_left(maker);
        int64_t qty = left < room ? left : room, px = maker->px;
        bool is_external = maker->id == 0;
        book->trade_id++;
        if (is_external)
            maker->qty -= qty;
        else
            naive_say_fill(book, maker, px, qty, true, false);
        if (naive_left(maker) == 0)
            naive_drop(book, (size_t)at);
        naive_say_fill(book, &taker, px, qty, false, is_external);
        naive_print(book, px, qty, taker.side == QT_SELL);
    }
    if (taker.cum == taker.qty)
        return;
    if (is_dead || naive_is_market(taker.type) || taker.tif != QT_TIF_GTC)
        naive_say(book, QT_MATCH_EXPIRED, &taker, QT_ORDER_EXPIRED);
    else
        naive_append(book, &taker);
}

/* The stop whose turn it is: falling prices first, the nearest stop first, then the earlier. */
static inline long
naive_next_stop(const struct naive *book)
{
    long best = -1;
    for (int up = 0; up <= 1 && best < 0; up++)
        for (size_t i = 0; i < book->n; i++) {
            const struct naive_row *row = &book->row[i];
            if (!row->is_stop || naive_waits_for_higher(row) != up || book->low == 0 ||
                (up ? row->stop > book->high : row->stop < book->low))
                continue;
            if (best < 0 ||
                (up ? row->stop < book->row[best].stop : row->stop > book->row[best].stop))
                best = (long)i;
        }
    return best;
}

static inline void
naive_fire(struct naive *book)
{
    long at;
    while ((at = naive_next_stop(book)) >= 0) {
        struct naive_row row = book->row[at];
        naive_drop(book, (size_t)at);
        row.is_stop = false;
        naive_say(book, QT_MATCH_TRIGGERED, &row, QT_ORDER_OPEN);
        naive_execute(book, row);
    }
    book->low = book->high = book->last;
}

static inline bool
naive_is_refused(struct naive *book, const struct naive_row *row)
{
    if (row->type == QT_TYPE_LIMIT_MAKER && naive_first(book, row->side, row->px) >= 0)
        return true;
    if (!naive_has_stop(row->type) || book->last == 0)
        return false;
    return naive_waits_for_higher(row) ? row->stop <= book->last : row->stop >= book->last;
}

/** False: refused. */
static inline bool
naive_place(struct naive *book, struct naive_row row)
{
    if (naive_is_refused(book, &row))
        return false;
    if (row.type == QT_TYPE_LIMIT_MAKER)
        row.tif = QT_TIF_GTC;
    row.is_stop = naive_has_stop(row.type);
    naive_say(book, QT_MATCH_ACCEPTED, &row, QT_ORDER_OPEN);
    if (row.is_stop)
        naive_append(book, &row);
    else
        naive_execute(book, row);
    naive_fire(book);
    return true;
}

static inline bool
naive_cancel(struct naive *book, uint64_t id)
{
    for (size_t i = 0; i < book->n; i++)
        if (book->row[i].id == id) {
            naive_say(book, QT_MATCH_CANCELLED, &book->row[i], QT_ORDER_CANCELLED);
            naive_drop(book, i);
            return true;
        }
    return false;
}

/* The ladder's quantity at a price becomes qty: more comes last, less goes from the end. */
static inline void
naive_set_level(struct naive *book, int side, int64_t px, int64_t qty)
{
    int64_t has = 0;
    for (size_t i = 0; i < book->n; i++)
        if (book->row[i].id == 0 && book->row[i].side == side && book->row[i].px == px)
            has += book->row[i].qty;
    for (size_t i = book->n; i-- > 0 && has > qty;) {
        struct naive_row *row = &book->row[i];
        if (row->id != 0 || row->side != side || row->px != px)
            continue;
        int64_t gone = has - qty < row->qty ? has - qty : row->qty;
        row->qty -= gone;
        has -= gone;
        if (row->qty == 0)
            naive_drop(book, i);
    }
    if (has < qty)
        naive_append(book, &(struct naive_row){.side = side, .px = px, .qty = qty - has});
}

/* Own orders of that side that the ladder crosses are filled by it at their own price. */
static inline void
naive_uncross(struct naive *book, int side)
{
    for (;;) {
        long own = -1, against = -1;
        naive_merge(book);
        for (size_t i = 0; i < book->n; i++) {
            const struct naive_row *row = &book->row[i];
            long *best = row->id == 0 && row->side != side                    ? &against
                         : row->id != 0 && row->side == side && !row->is_stop ? &own
                                                                              : NULL;
            if (best && (*best < 0 || (row->side == QT_BUY ? row->px > book->row[*best].px
                                                           : row->px < book->row[*best].px)))
                *best = (long)i;
        }
        if (own < 0 || against < 0 ||
            (side == QT_BUY ? book->row[against].px > book->row[own].px
                            : book->row[against].px < book->row[own].px))
            return;
        struct naive_row *maker = &book->row[own], *ladder = &book->row[against];
        int64_t room = naive_left(maker), qty = room < ladder->qty ? room : ladder->qty;
        int64_t px = maker->px;
        book->trade_id++;
        ladder->qty -= qty;
        naive_say_fill(book, maker, px, qty, true, true);
        naive_print(book, px, qty, side == QT_BUY);
        for (size_t i = book->n; i-- > 0;)
            if (naive_left(&book->row[i]) == 0)
                naive_drop(book, i);
    }
}

static inline void
naive_shift(struct naive *book, const struct qt_ladder *ladder, int64_t top)
{
    for (int64_t px = 1; px <= top; px++) {
        int64_t bid = 0, ask = 0;
        for (size_t i = 0; i < ladder->n_bids; i++)
            bid = ladder->bids[i].px.v == px ? ladder->bids[i].qty.v : bid;
        for (size_t i = 0; i < ladder->n_asks; i++)
            ask = ladder->asks[i].px.v == px ? ladder->asks[i].qty.v : ask;
        naive_set_level(book, QT_BUY, px, bid);
        naive_set_level(book, QT_SELL, px, ask);
    }
    naive_uncross(book, QT_BUY);
    naive_uncross(book, QT_SELL);
}

static inline void
naive_set_ladder(struct naive *book, const struct qt_ladder *ladder, int64_t top)
{
    naive_shift(book, ladder, top);
    naive_fire(book);
}

static inline void
naive_external(struct naive *book, int aggressor, int64_t px, int64_t qty,
               const struct qt_ladder *after, int64_t top)
{
    int64_t external = 0;
    long at;
    while (qty > 0 && (at = naive_first(book, aggressor, px)) >= 0) {
        struct naive_row *maker = &book->row[at];
        int64_t room = naive_left(maker), part = qty < room ? qty : room;
        qty -= part;
        if (maker->id == 0) {
            maker->qty -= part;
            external += part;
        } else {
            book->trade_id++;
            naive_say_fill(book, maker, maker->px, part, true, true);
            naive_print(book, maker->px, part, aggressor == QT_SELL);
        }
        if (naive_left(maker) == 0)
            naive_drop(book, (size_t)at);
    }
    if (external + qty > 0) {
        book->trade_id++;
        naive_print(book, px, external + qty, aggressor == QT_SELL);
    }
    if (after)
        naive_shift(book, after, top);
    naive_fire(book);
}

/** Quantity at a price, own and the ladder's. */
static inline int64_t
naive_level(const struct naive *book, int side, int64_t px)
{
    int64_t sum = 0;
    for (size_t i = 0; i < book->n; i++)
        if (book->row[i].side == side && book->row[i].px == px && !book->row[i].is_stop)
            sum += naive_left(&book->row[i]);
    return sum;
}

#endif
