/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where resting orders stood in their queue, told by the trades at their price. Of an order that
 * came to rest at the best price, `visible` was seen there when it came; `traded` counts what
 * others sold into (bought from) that price since. Its first fill shows what stood before it:
 *
 *     traded before the trade that filled it <= ahead <= that and the rest of the same sweep
 *
 * exactly the second when the sweep ended in the order, which was filled in part. Nothing is known
 * above the first when the market went through the price, or when what is seen there became less
 * than could still have stood ahead (others took their orders back). An order that ended unfilled
 * had at least `traded` before it. No order stands behind more than was seen.
 */
#include <math.h>
#include <stdlib.h>

#include "qtrade/base/num.h"

#include "compare_priv.h"

enum { PRINTS = 32, NONE = UINT32_MAX };

struct print {
    uint64_t id;
    int64_t t_ns, t_venue_ns;
    double before, qty;
};

struct track {
    uint32_t next; /* of the symbol's, or of the unused; NONE: last */
    size_t row;
    double visible, traded, cap;
    struct print print[PRINTS]; /* the newest at its price, a ring */
    size_t prints;
    bool is_filled, is_part, is_through;
    uint64_t fill_id;
    int64_t fill_venue_ns;
    double before, rest; /* of the sweep that filled it */
};

struct qt__queue_watch {
    bool is_inside, has_failed;
    uint32_t symbols;
    uint32_t *first; /* track of each symbol */
    struct qt_quote *quote;
    struct track *tracks;
    uint32_t n, room, unused;
};

struct qt__queue_watch *
qt__queue_watch_create(const struct qt_universe *universe, bool is_inside)
{
    struct qt__queue_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->is_inside = is_inside;
    watch->symbols = qt_universe_count(universe);
    watch->unused = NONE;
    watch->first = malloc((watch->symbols + 1) * sizeof *watch->first);
    watch->quote = calloc(watch->symbols + 1, sizeof *watch->quote);
    if (!watch->first || !watch->quote) {
        qt__queue_watch_destroy(watch);
        return NULL;
    }
    for (uint32_t i = 0; i < watch->symbols; i++)
        watch->first[i] = NONE;
    return watch;
}

void
qt__queue_watch_destroy(struct qt__queue_watch *watch)
{
    if (!watch)
        return;
    free(watch->first);
    free(watch->quote);
    free(watch->tracks);
    free(watch);
}

/* Telling what was found out */

static void
conclude(struct qt__queue_watch *watch, struct qt__compare *compare, struct track *track)
{
    struct qt__compare_seen *seen = &compare->seen;
    double low = track->is_filled ? track->before : track->traded, high = INFINITY;
    if (track->is_filled && !track->is_through) {
        high = track->before + track->rest;
        low = track->is_part ? high : low;
        high = track->cap < track->visible && track->cap <= high ? INFINITY
                                                                 : QT_MIN(high, track->visible);
    }
    low = QT_MIN(low, track->visible);
    bool is_touched = track->is_filled ? !track->is_through : track->traded > 0;
    seen->touched += is_touched;
    seen->touched_filled += is_touched && track->is_filled;
    if (low <= 0 && !qt_is_finite(high))
        return;
    compare->rows[track->row].place = (struct qt__place){true, track->visible, low, high};
    watch->has_failed |=
        !qt__spans_add(&seen->ahead, (struct qt_span){low / track->visible, high / track->visible});
}

static void
release(struct qt__queue_watch *watch, uint32_t *link)
{
    uint32_t at = *link;
    *link = watch->tracks[at].next;
    watch->tracks[at].next = watch->unused;
    watch->unused = at;
}

/* Prints */

static bool
buys(const struct qt__compare *compare, const struct track *track)
{
    return compare->rows[track->row].request.side == QT_BUY;
}

/* -1: the market at px has gone through the order's price; 0: it is its price; 1: not there yet. */
static int
place_of(const struct qt__compare *compare, const struct track *track, qt_px px)
{
    int beyond = qt_px_cmp(px, compare->rows[track->row].request.px);
    return buys(compare, track) ? beyond : -beyond;
}

static void
keep_print(struct track *track, const struct qt_event *event, double qty)
{
    track->print[track->prints++ % PRINTS] = (struct print){.id = event->trade.id,
                                                            .t_ns = event->t_recv_ns,
                                                            .t_venue_ns = event->t_venue_ns,
                                                            .before = track->traded,
                                                            .qty = qty};
    track->traded += qty;
}

/* A print at its price after its fill was told; true: of a later sweep. */
static bool
take_late(struct track *track, const struct print *print)
{
    if (print->id != 0 && print->id < track->fill_id)
        track->before += print->qty;
    else if (print->id == track->fill_id && print->id != 0)
        return false;
    else if (print->t_venue_ns == track->fill_venue_ns)
        track->rest += print->qty;
    else
        return true;
    return false;
}

/* True: its observation is complete. */
static bool
take_trade(struct qt__compare *compare, struct track *track, const struct qt_event *event,
           double qty)
{
    bool is_sell = event->flags & QT_EVENT_BUYER_MAKER;
    bool is_later = track->is_filled && event->t_venue_ns > track->fill_venue_ns;
    int place = place_of(compare, track, event->trade.px);
    if (is_sell != buys(compare, track) || place > 0)
        return is_later;
    if (place < 0) {
        track->is_through |= !is_later;
        return is_later;
    }
    const struct print print = {.id = event->trade.id, .t_venue_ns = event->t_venue_ns, .qty = qty};
    if (track->is_filled)
        return take_late(track, &print);
    keep_print(track, event, qty);
    return false;
}

/* What is seen at its price limits what can stand before it. */
static bool
take_quote(const struct qt__queue_watch *watch, struct qt__compare *compare, struct track *track,
           const struct qt_event *event, int scale)
{
    const struct qt__compare_row *row = &compare->rows[track->row];
    const struct qt_quote *quote = &event->quote;
    bool is_buy = buys(compare, track);
    qt_px same = is_buy ? quote->bid : quote->ask, other = is_buy ? quote->ask : quote->bid;
    if (qt_px_is_positive(other) && place_of(compare, track, other) <= 0)
        track->is_through = true;
    if (track->is_filled)
        return event->t_venue_ns > track->fill_venue_ns;
    int place = qt_px_is_positive(same) ? place_of(compare, track, same) : -1;
    if (place < 0)
        track->cap = QT_MIN(track->cap, track->traded);
    if (place != 0)
        return false;
    double seen = qt_qty_to_double(is_buy ? quote->bid_qty : quote->ask_qty, scale);
    double own = watch->is_inside ? 0 : qt_qty_to_double(row->request.qty, scale);
    track->cap = QT_MIN(track->cap, track->traded + QT_MAX(seen - own, 0.0));
    return false;
}

void
qt__queue_watch_market(struct qt__queue_watch *watch, struct qt__compare *compare,
                       const struct qt_event *event)
{
    if (event->instrument >= watch->symbols)
        return;
    int scale = qt_universe_at(compare->head->universe, event->instrument)->qty_scale;
    bool is_quote = event->kind == QT_EVENT_QUOTE;
    if (is_quote)
        watch->quote[event->instrument] = event->quote;
    for (uint32_t *link = &watch->first[event->instrument]; *link != NONE;) {
        struct track *track = &watch->tracks[*link];
        bool is_over =
            is_quote ? take_quote(watch, compare, track, event, scale)
                     : take_trade(compare, track, event, qt_qty_to_double(event->trade.qty, scale));
        if (is_over) {
            conclude(watch, compare, track);
            release(watch, link);
        } else {
            link = &track->next;
        }
    }
}

/* Orders */

static uint32_t
take_track(struct qt__queue_watch *watch)
{
    uint32_t at = watch->unused;
    if (at != NONE) {
        watch->unused = watch->tracks[at].next;
        return at;
    }
    if (watch->n == watch->room) {
        uint32_t room = watch->room ? 2 * watch->room : 64;
        struct track *tracks = realloc(watch->tracks, room * sizeof *tracks);
        if (!tracks)
            return NONE;
        watch->tracks = tracks;
        watch->room = room;
    }
    return watch->n++;
}

bool
qt__queue_watch_begin(struct qt__queue_watch *watch, struct qt__compare *compare, size_t row)
{
    const struct qt_order_request *request = &compare->rows[row].request;
    const struct qt_quote *quote = &watch->quote[request->instrument];
    const struct qt_instrument *ins = qt_universe_at(compare->head->universe, request->instrument);
    bool is_buy = request->side == QT_BUY;
    qt_px best = is_buy ? quote->bid : quote->ask;
    double visible = qt_qty_to_double(is_buy ? quote->bid_qty : quote->ask_qty, ins->qty_scale);
    bool can_rest = (request->type == QT_TYPE_LIMIT || request->type == QT_TYPE_LIMIT_MAKER) &&
                    request->tif == QT_TIF_GTC;
    if (!can_rest || !qt_px_is_positive(best) || qt_px_cmp(best, request->px) != 0 || visible <= 0)
        return true;
    uint32_t at = take_track(watch);
    if (at == NONE)
        return false;
    watch->tracks[at] = (struct track){
        .next = watch->first[request->instrument], .row = row, .visible = visible, .cap = INFINITY};
    watch->first[request->instrument] = at;
    return true;
}

/* The link to its track; NULL: it has none. */
static uint32_t *
find(struct qt__queue_watch *watch, const struct qt__compare *compare, uint64_t client_id,
     uint32_t instrument)
{
    uint32_t *link = &watch->first[instrument];
    while (*link != NONE && compare->rows[watch->tracks[*link].row].request.client_id != client_id)
        link = &watch->tracks[*link].next;
    return *link == NONE ? NULL : link;
}

/* The exchange inside the program: its fill comes right after the trade that moved it. */
static void
place_inside(struct track *track, const struct qt_event *event, double qty)
{
    const struct print *last =
        track->prints > 0 ? &track->print[(track->prints - 1) % PRINTS] : NULL;
    if (!last || last->t_ns != event->t_recv_ns) {
        track->is_through = true; /* no trade did it: a quote went through its price */
        track->before = track->traded;
        return;
    }
    track->before = last->before;
    track->rest = QT_MAX(last->qty - qty, 0.0);
}

/* True: a later sweep was seen already. */
static bool
place_outside(struct track *track, uint64_t trade_id)
{
    size_t kept = QT_MIN(track->prints, (size_t)PRINTS);
    bool is_over = false, is_found = false;
    track->before = track->traded;
    track->fill_id = trade_id;
    for (size_t i = track->prints - kept; i < track->prints; i++) {
        const struct print *print = &track->print[i % PRINTS];
        if (print->id == 0 || print->id < trade_id)
            continue;
        if (!is_found)
            track->before = print->before;
        is_found = true;
        is_over |= take_late(track, print);
    }
    return is_over;
}

void
qt__queue_watch_fill(struct qt__queue_watch *watch, struct qt__compare *compare,
                     const struct qt_event *event, const struct qt_fill *fill)
{
    uint32_t *link = find(watch, compare, fill->client_id, event->instrument);
    struct track *track = link ? &watch->tracks[*link] : NULL;
    if (!track || track->is_filled)
        return;
    const struct qt__compare_row *row = &compare->rows[track->row];
    const struct qt_instrument *ins = qt_universe_at(compare->head->universe, event->instrument);
    if (!fill->is_maker || fill->is_from_read || qt_px_cmp(fill->px, row->request.px) != 0) {
        release(watch, link); /* it took, or nobody knows how it was filled */
        return;
    }
    track->is_filled = true;
    track->is_part = qt_qty_cmp(row->recorded.filled, row->request.qty) < 0;
    track->fill_venue_ns = event->t_venue_ns;
    bool is_over = watch->is_inside || place_outside(track, fill->trade_id);
    if (watch->is_inside)
        place_inside(track, event, qt_qty_to_double(fill->qty, ins->qty_scale));
    if (!is_over)
        return;
    conclude(watch, compare, track);
    release(watch, link);
}

void
qt__queue_watch_end(struct qt__queue_watch *watch, struct qt__compare *compare, uint64_t client_id,
                    uint32_t instrument)
{
    uint32_t *link = find(watch, compare, client_id, instrument);
    if (!link || watch->tracks[*link].is_filled)
        return;
    conclude(watch, compare, &watch->tracks[*link]);
    release(watch, link);
}

bool
qt__queue_watch_close(struct qt__queue_watch *watch, struct qt__compare *compare)
{
    for (uint32_t i = 0; i < watch->symbols; i++)
        while (watch->first[i] != NONE) {
            conclude(watch, compare, &watch->tracks[watch->first[i]]);
            release(watch, &watch->first[i]);
        }
    return !watch->has_failed;
}
