/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exchange of perpetuals: its life, the market that moves, what it tells. */
#include "perp_priv.h"

#include <stdlib.h>

#include "qtrade/base/error.h"

static bool
market_init(struct qt_perp *perp, uint32_t id)
{
    struct qt__perp_market *market = &perp->markets[id];
    struct qt_match_listener listener = qt__perp_book_listener;
    listener.context = market;
    market->perp = perp;
    market->ins = qt_universe_at(perp->universe, id);
    market->status = market->ins->status;
    market->index = QT_PX_NONE;
    market->match = qt_match_create(market->ins, QT__PERP_BOOK, &listener);
    if (market->match && perp->options.queue_ppm > 0)
        qt_match_set_queue(market->match, perp->options.queue_ppm);
    return market->match != NULL;
}

struct qt_perp *
qt_perp_create(const struct qt_universe *universe, const struct qt_perp_options *options,
               const struct qt_perp_listener *listener, struct qt_error *err)
{
    struct qt_perp *perp = calloc(1, sizeof *perp);
    uint32_t n = qt_universe_count(universe);
    if (!perp) {
        qt_fail(err, QT_E_MEMORY, "the exchange of perpetuals: no memory");
        return NULL;
    }
    perp->universe = universe;
    perp->options = *options;
    perp->listener = *listener;
    perp->ending = QT_PERP_CANCELLED;
    if (options->max_open == 0)
        perp->options.max_open = 4096;
    if (options->max_history == 0)
        perp->options.max_history = 65536;
    if (options->max_fills == 0)
        perp->options.max_fills = 65536;
    if (options->pace_ns == 0)
        perp->options.pace_ns = QT_NS_PER_S;
    qt_assert(QT__FUNDING_NS % perp->options.pace_ns == 0);
    perp->options.max_history = QT_MAX(perp->options.max_history, 2 * perp->options.max_open);
    if (!qt__perp_take_schedule(perp, options)) {
        qt_fail(err, QT_E_USAGE, "discount: there is no perpetual of %s here",
                perp->schedule.discount_asset);
        qt_perp_destroy(perp);
        return NULL;
    }
    perp->margin = qt_margin_create(universe);
    perp->markets = calloc((size_t)n + 1, sizeof *perp->markets);
    perp->called = calloc(((size_t)n + 1) * QT_OWNERS_MAX, sizeof *perp->called);
    bool ok = perp->margin && perp->markets && perp->called && qt__perp_records_init(perp) &&
              qt_margin_endow(perp->margin, options->insurance);
    for (; ok && perp->n_markets < n; perp->n_markets++)
        ok = market_init(perp, perp->n_markets);
    if (ok)
        return perp;
    qt_fail(err, QT_E_MEMORY, "the exchange of perpetuals: no memory for %u symbols", n);
    qt_perp_destroy(perp);
    return NULL;
}

void
qt_perp_destroy(struct qt_perp *perp)
{
    if (!perp)
        return;
    for (uint32_t i = 0; i < perp->n_markets; i++)
        qt_match_destroy(perp->markets[i].match);
    free(perp->markets);
    free(perp->called);
    qt_margin_destroy(perp->margin);
    qt__perp_records_finish(perp);
    free(perp);
}

const struct qt_margin *
qt_perp_margin(const struct qt_perp *perp)
{
    return perp->margin;
}

struct qt__perp_market *
qt__perp_market(const struct qt_perp *perp, uint32_t instrument)
{
    qt_assert(instrument < perp->n_markets);
    return &perp->markets[instrument];
}

void
qt__perp_tell_book(struct qt__perp_market *market, uint64_t before)
{
    const struct qt_perp_listener *listener = &market->perp->listener;
    if (listener->book && qt_match_book_id(market->match) != before)
        listener->book(listener->context, market->ins->id);
}

void
qt__perp_tell(struct qt_perp *perp, enum qt_perp_event event, const struct qt__perp_record *record,
              const struct qt_perp_fill *fill)
{
    if (perp->listener.execution)
        perp->listener.execution(perp->listener.context, event, &record->order, fill);
}

void
qt__perp_tell_account(struct qt_perp *perp, uint32_t owner, uint32_t instrument,
                      enum qt_perp_reason reason, qt_money change)
{
    if (instrument != QT_NO_INSTRUMENT)
        qt_margin_touch(perp->margin, owner, instrument, perp->now_ns);
    if (perp->listener.account)
        perp->listener.account(perp->listener.context, owner, instrument, reason, change);
}

/* Orders that have nothing to reduce any more expire, stops that may still meet a position do not.
 */
static void
sweep(struct qt__perp_market *market)
{
    struct qt_perp *perp = market->perp;
    market->has_closed = false;
    for (size_t i = 0; i < perp->n_open;) {
        uint64_t id = perp->open[i];
        struct qt__perp_record *record = qt__perp_record_of(perp, id);
        const struct qt_perp_order *order = &record->order;
        bool is_bound = order->close_position || (order->reduce_only && !order->is_waiting);
        if (is_bound && order->instrument == market->ins->id &&
            qt__perp_reducible(perp, order->owner, order->instrument, order->side).v == 0)
            qt__perp_end(market, record, QT_PERP_EXPIRED);
        if (i < perp->n_open && perp->open[i] == id)
            i++;
    }
}

void
qt__perp_settle(struct qt__perp_market *market)
{
    while (market->has_due || market->has_closed) {
        if (market->has_closed)
            sweep(market);
        qt__perp_fire(market);
    }
}

/* Time and the market */

/* A clock that has stood still longer than this does not make up every second of it. */
#define SECONDS_MAX 600

void
qt_perp_advance(struct qt_perp *perp, int64_t now_ns)
{
    int64_t pace = perp->options.pace_ns;
    if (perp->second_ns == 0)
        perp->second_ns = qt_time_floor(now_ns, pace) + pace;
    while (perp->second_ns <= now_ns) {
        int64_t oldest = qt_time_floor(now_ns, pace) - SECONDS_MAX * pace;
        int64_t funding = qt_time_floor(perp->second_ns - 1, QT__FUNDING_NS) + QT__FUNDING_NS;
        if (perp->second_ns < oldest)
            perp->second_ns = QT_MIN(oldest, funding);
        perp->now_ns = perp->second_ns;
        perp->second_ns += pace;
        qt__perp_second(perp);
    }
    perp->now_ns = QT_MAX(perp->now_ns, now_ns);
}

int64_t
qt_perp_now(const struct qt_perp *perp)
{
    return perp->now_ns;
}

void
qt_perp_tick(struct qt_perp *perp, uint32_t instrument, enum qt_side aggressor, qt_px px,
             qt_qty qty, const struct qt_ladder *ladder)
{
    struct qt__perp_market *market = qt__perp_market(perp, instrument);
    uint64_t before = qt_match_book_id(market->match);
    perp->stats.ticks++;
    if (qt_qty_cmp(qty, QT_QTY_ZERO) > 0)
        qt_match_external_trade(market->match, aggressor, px, qty, ladder, perp->now_ns);
    else
        qt_match_set_ladder(market->match, ladder, perp->now_ns);
    qt__perp_settle(market);
    qt__perp_tell_book(market, before);
}

void
qt_perp_quote(struct qt_perp *perp, uint32_t instrument, const struct qt_ladder *ladder)
{
    struct qt__perp_market *market = qt__perp_market(perp, instrument);
    uint64_t before = qt_match_book_id(market->match);
    qt_match_set_ladder(market->match, ladder, perp->now_ns);
    qt__perp_settle(market);
    qt__perp_tell_book(market, before);
}

void
qt_perp_set_last(struct qt_perp *perp, uint32_t instrument, qt_px px)
{
    qt_match_set_last(qt__perp_market(perp, instrument)->match, px);
}

void
qt_perp_set_index(struct qt_perp *perp, uint32_t instrument, qt_px index)
{
    qt__perp_market(perp, instrument)->index = index;
    if (qt_px_is_none(qt_margin_mark(perp->margin, instrument)))
        qt_margin_set_mark(perp->margin, instrument, index);
}

void
qt_perp_set_status(struct qt_perp *perp, uint32_t instrument, enum qt_instrument_status status)
{
    qt__perp_market(perp, instrument)->status = status;
}

enum qt_instrument_status
qt_perp_status(const struct qt_perp *perp, uint32_t instrument)
{
    return qt__perp_market(perp, instrument)->status;
}

qt_px
qt_perp_last(const struct qt_perp *perp, uint32_t instrument)
{
    return qt_match_last(qt__perp_market(perp, instrument)->match);
}

size_t
qt_perp_levels(const struct qt_perp *perp, uint32_t instrument, enum qt_side side,
               struct qt_depth_level *out, size_t n)
{
    return qt_match_levels(qt__perp_market(perp, instrument)->match, side, out, n);
}

uint64_t
qt_perp_book_id(const struct qt_perp *perp, uint32_t instrument)
{
    return qt_match_book_id(qt__perp_market(perp, instrument)->match);
}

struct qt_perp_stats
qt_perp_stats(const struct qt_perp *perp)
{
    struct qt_perp_stats stats = perp->stats;
    stats.open_orders = perp->n_open;
    return stats;
}
