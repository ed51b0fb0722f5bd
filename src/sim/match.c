/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match_priv.h"

#include <stdlib.h>

#include "qtrade/base/error.h"

#define BPS 10000
#define PPM 1000000

__extension__ typedef __int128 wide;

static qt_px
limit_of(const struct qt_match_order *order)
{
    return qt__is_market(order) ? QT_PX_NONE : order->px;
}

struct qt_match *
qt_match_create(const struct qt_instrument *ins, size_t max_orders,
                const struct qt_match_listener *listener)
{
    qt_assert(max_orders >= 1 && max_orders <= UINT16_MAX);
    struct qt_match *match = calloc(1, sizeof *match);
    if (!match)
        return NULL;
    match->ins = *ins;
    match->listener = *listener;
    match->max_orders = max_orders;
    match->ahead_ppm = PPM;
    match->last = match->low = match->high = QT_PX_NONE;
    match->slots = malloc(max_orders * sizeof *match->slots);
    match->unused = malloc(max_orders * sizeof *match->unused);
    match->resting = malloc(max_orders * sizeof *match->resting);
    match->at = malloc(max_orders * sizeof *match->at);
    bool ok =
        match->slots && match->unused && match->resting && match->at && qt__match_index_init(match);
    for (int q = 0; q < QT__QUEUES; q++) {
        match->queue[q].slot = malloc(max_orders * sizeof *match->queue[q].slot);
        ok = ok && match->queue[q].slot;
    }
    if (!ok) {
        qt_match_destroy(match);
        return NULL;
    }
    for (size_t i = 0; i < max_orders; i++)
        match->unused[i] = (uint32_t)(max_orders - 1 - i);
    return match;
}

void
qt_match_destroy(struct qt_match *match)
{
    if (!match)
        return;
    for (int q = 0; q < QT__QUEUES; q++)
        free(match->queue[q].slot);
    free(match->by_id);
    free(match->slots);
    free(match->unused);
    free(match->resting);
    free(match->at);
    free(match);
}

/* Telling */

static void
tell(struct qt_match *match, uint32_t slot, enum qt_match_event event, int64_t t_ns)
{
    struct qt_match_report report = {
        .event = event, .order = &match->slots[slot].order, .px = QT_PX_NONE, .t_ns = t_ns};
    match->listener.report(match->listener.context, &report);
}

static void
tell_fill(struct qt_match *match, uint32_t slot, qt_px px, qt_qty qty, bool is_maker,
          bool is_external, int64_t t_ns)
{
    struct qt_match_order *order = &match->slots[slot].order;
    qt_money quote, sum;
    bool fits =
        qt_notional(px, match->ins.px_scale, qty, match->ins.qty_scale, QT_MONEY_SCALE, &quote) &&
        qt_money_add(order->cum_quote, quote, &sum);
    qt_assert(fits);
    order->cum_qty.v += qty.v;
    order->cum_quote = sum;
    order->state = order->cum_qty.v == order->qty.v ? QT_ORDER_FILLED : QT_ORDER_PARTIAL;
    struct qt_match_report report = {.event = QT_MATCH_FILL,
                                     .order = order,
                                     .trade_id = match->trade_id,
                                     .px = px,
                                     .qty = qty,
                                     .quote = quote,
                                     .is_maker = is_maker,
                                     .is_external = is_external,
                                     .t_ns = t_ns};
    match->listener.report(match->listener.context, &report);
}

/* Tells the last word on an order and gives its slot back; it stands in no queue any more. */
static void
end_order(struct qt_match *match, uint32_t slot, enum qt_match_event event, int64_t t_ns)
{
    match->slots[slot].order.state =
        event == QT_MATCH_CANCELLED ? QT_ORDER_CANCELLED : QT_ORDER_EXPIRED;
    tell(match, slot, event, t_ns);
    qt__match_slot_free(match, slot);
}

/* Did a trailing stop's price fall (rise, of a buy) far enough from its best? */
static bool
has_turned(const struct qt_match_order *order, qt_px px)
{
    wide now = (wide)px.v * BPS, best = order->mark.v;
    return order->side == QT_SELL ? now <= best * (BPS - order->trail_bps)
                                  : now >= best * (BPS + order->trail_bps);
}

/* Trailing stops see every print (M5). */
static void
follow(struct qt_match *match, qt_px px, int64_t t_ns)
{
    for (size_t i = 0; i < match->queue[QT__TRAIL].n; i++) {
        struct qt__slot *slot = &match->slots[match->queue[QT__TRAIL].slot[i]];
        struct qt_match_order *order = &slot->order;
        bool is_good = order->side == QT_SELL ? px.v > order->mark.v : px.v < order->mark.v;
        if (!qt_px_is_none(order->mark)) {
            slot->is_due |= has_turned(order, px);
            if (is_good)
                order->mark = px;
        } else if (qt_px_is_none(order->stop_px) ||
                   (qt__fires_up(order) ? px.v >= order->stop_px.v : px.v <= order->stop_px.v)) {
            order->mark = px;
            order->follows_ns = t_ns;
        }
    }
}

void
qt__match_print(struct qt_match *match, qt_px px, qt_qty qty, bool buyer_is_maker, int64_t t_ns)
{
    struct qt_match_print print = {.id = match->trade_id,
                                   .t_ns = t_ns,
                                   .px = px,
                                   .qty = qty,
                                   .buyer_is_maker = buyer_is_maker};
    match->last = px;
    match->low = qt_px_is_none(match->low) || px.v < match->low.v ? px : match->low;
    match->high = qt_px_is_none(match->high) || px.v > match->high.v ? px : match->high;
    follow(match, px, t_ns);
    if (match->listener.print)
        match->listener.print(match->listener.context, &print);
}

/* Matching */

/* The other of two siblings ends (M6). */
static void
end_sibling(struct qt_match *match, struct qt_match_order *order, enum qt_match_event event,
            int64_t t_ns)
{
    uint32_t slot;
    uint64_t id = order->sibling;
    order->sibling = 0;
    if (id == 0 || !qt__match_index_find(match, id, &slot))
        return;
    match->slots[slot].order.sibling = 0;
    qt__match_queue_remove(match, slot);
    end_order(match, slot, event, t_ns);
}

/* Part of an iceberg was taken; when nothing is seen of it any more the next part comes last (M4).
 */
static void
melt(struct qt_match *match, uint32_t slot, qt_qty qty)
{
    struct qt_match_order *order = &match->slots[slot].order;
    order->shown.v -= qty.v;
    if (order->shown.v > 0)
        return;
    qt__match_queue_remove(match, slot);
    match->slots[slot].seq = ++match->seq;
    order->shown = qt_qty_min(order->iceberg, qt__left(order));
    order->ahead = qt__match_rung(match, (enum qt_side)order->side, order->px);
    qt__match_queue_put(match, slot);
}

/* The maker's half of a fill. A filled order leaves the queue, and its slot after it was told. */
static void
fill_resting(struct qt_match *match, uint32_t slot, qt_qty qty, bool is_external, int64_t t_ns)
{
    struct qt_match_order *order = &match->slots[slot].order;
    bool is_last = qt__left(order).v == qty.v;
    if (is_last)
        qt__match_queue_remove(match, slot);
    else
        match->book_id++;
    tell_fill(match, slot, order->px, qty, true, is_external, t_ns);
    end_sibling(match, order, QT_MATCH_EXPIRED, t_ns);
    if (!is_last && order->iceberg.v > 0)
        melt(match, slot, qty);
    if (is_last)
        qt__match_slot_free(match, slot);
}

void
qt__match_fill_maker(struct qt_match *match, uint32_t slot, qt_qty qty, int64_t t_ns)
{
    qt_px px = match->slots[slot].order.px;
    bool is_bid = match->slots[slot].order.side == QT_BUY;
    match->trade_id++;
    fill_resting(match, slot, qty, true, t_ns);
    qt__match_print(match, px, qty, is_bid, t_ns);
}

/* Taker and maker have one owner, and the taker's mode does not let them trade (M7). */
static void
prevent(struct qt_match *match, struct qt_match_order *taker, uint32_t maker, int64_t t_ns)
{
    if (taker->stp != QT_STP_TAKER) {
        struct qt_match_order *order = &match->slots[maker].order;
        order->prevented = qt__left(order);
        qt__match_queue_remove(match, maker);
        end_sibling(match, order, QT_MATCH_EXPIRED, t_ns);
        end_order(match, maker, QT_MATCH_EXPIRED, t_ns);
    }
    if (taker->stp != QT_STP_MAKER)
        taker->prevented = qt__left(taker);
}

/* The same quantity, or what the owner's cap leaves of it. False: nothing. */
static bool
is_cut_to_cap(struct qt_match *match, struct qt_match_order *order)
{
    if (!order->is_capped || !match->listener.cap)
        return true;
    qt_qty most = match->listener.cap(match->listener.context, order);
    if (most.v < qt__left(order).v) {
        order->qty.v = order->cum_qty.v + most.v;
        match->book_id++;
    }
    return most.v > 0;
}

bool
qt__match_trim(struct qt_match *match, uint32_t slot, int64_t t_ns)
{
    struct qt_match_order *order = &match->slots[slot].order;
    if (is_cut_to_cap(match, order))
        return true;
    qt__match_queue_remove(match, slot);
    end_sibling(match, order, QT_MATCH_EXPIRED, t_ns);
    end_order(match, slot, QT_MATCH_EXPIRED, t_ns);
    return false;
}

/* The order in slot (in no queue) takes what it can. */
static void
take(struct qt_match *match, uint32_t slot, int64_t t_ns)
{
    struct qt_match_order *order = &match->slots[slot].order;
    enum qt_side side = (enum qt_side)order->side;
    struct qt__liquidity first;
    while (is_cut_to_cap(match, order) && qt__left(order).v > 0 && order->prevented.v == 0 &&
           qt__match_first(match, side, limit_of(order), &first)) {
        if (order->stp != QT_STP_NONE && !first.is_external &&
            match->slots[first.slot].order.owner == order->owner) {
            prevent(match, order, first.slot, t_ns);
            continue;
        }
        if (!first.is_external && match->slots[first.slot].order.is_capped) {
            if (!qt__match_trim(match, first.slot, t_ns))
                continue;
            first.qty = qt__visible(&match->slots[first.slot].order);
        }
        qt_qty qty = qt_qty_min(first.qty, qt__left(order));
        match->trade_id++;
        if (first.is_external)
            qt__match_consume(match, qt__other(side), qty);
        else
            fill_resting(match, first.slot, qty, false, t_ns);
        tell_fill(match, slot, first.px, qty, false, first.is_external, t_ns);
        qt__match_print(match, first.px, qty, side == QT_SELL, t_ns);
    }
}

static bool
is_filled_at_once(const struct qt_match *match, const struct qt_match_order *order)
{
    qt_qty qty = qt__left(order);
    return qt_match_cost_skipping(match, (enum qt_side)order->side, limit_of(order), qty,
                                  qt_match_skips(order))
               .qty.v == qty.v;
}

/* What stands before an order that comes to rest. */
static qt_qty
ahead_of(const struct qt_match *match, const struct qt_match_order *order)
{
    qt_qty rung = qt__match_rung(match, (enum qt_side)order->side, order->px);
    return (qt_qty){(int64_t)((wide)rung.v * match->ahead_ppm / PPM)};
}

/* A working order that stands in no queue: takes, then rests or ends. */
static void
execute(struct qt_match *match, uint32_t slot, int64_t t_ns)
{
    struct qt_match_order *order = &match->slots[slot].order;
    if (order->tif == QT_TIF_FOK && !is_filled_at_once(match, order)) {
        end_order(match, slot, QT_MATCH_EXPIRED, t_ns);
        return;
    }
    take(match, slot, t_ns);
    if (order->state == QT_ORDER_FILLED) {
        qt__match_slot_free(match, slot);
    } else if (qt__is_market(order) || order->tif != QT_TIF_GTC || order->prevented.v > 0 ||
               qt__left(order).v == 0) {
        end_order(match, slot, QT_MATCH_EXPIRED, t_ns);
    } else {
        order->ahead = ahead_of(match, order);
        order->shown = qt_qty_min(order->iceberg, qt__left(order));
        qt__match_queue_put(match, slot);
    }
}

/* A stop whose price was reached: becomes a working order. */
static void
trigger(struct qt_match *match, uint32_t slot, int64_t t_ns)
{
    struct qt_match_order *order = &match->slots[slot].order;
    qt__match_queue_remove(match, slot);
    order->is_working = true;
    match->slots[slot].seq = ++match->seq;
    tell(match, slot, QT_MATCH_TRIGGERED, t_ns);
    end_sibling(match, order, QT_MATCH_EXPIRED, t_ns);
    if (qt__is_market(order) && order->side == QT_BUY && match->listener.afford) {
        struct qt_match_cost cost = qt_match_cost_skipping(match, QT_BUY, QT_PX_NONE, order->qty,
                                                           qt_match_skips(order));
        if (!match->listener.afford(match->listener.context, order, cost.quote)) {
            end_order(match, slot, QT_MATCH_EXPIRED, t_ns);
            return;
        }
    }
    execute(match, slot, t_ns);
}

/* The stop whose turn it is, or UINT32_MAX: falling ones, then rising ones, then trailing ones. */
static uint32_t
next_stop(const struct qt_match *match)
{
    size_t down = match->queue[QT__DOWN].n, up = match->queue[QT__UP].n;
    if (qt_px_is_none(match->low))
        return UINT32_MAX;
    if (down > 0) {
        uint32_t slot = match->queue[QT__DOWN].slot[down - 1];
        if (match->slots[slot].order.stop_px.v >= match->low.v)
            return slot;
    }
    if (up > 0) {
        uint32_t slot = match->queue[QT__UP].slot[up - 1];
        if (match->slots[slot].order.stop_px.v <= match->high.v)
            return slot;
    }
    for (size_t i = match->queue[QT__TRAIL].n; i-- > 0;)
        if (match->slots[match->queue[QT__TRAIL].slot[i]].is_due)
            return match->queue[QT__TRAIL].slot[i];
    return UINT32_MAX;
}

void
qt__match_fire(struct qt_match *match, int64_t t_ns)
{
    uint32_t slot;
    while ((slot = next_stop(match)) != UINT32_MAX)
        trigger(match, slot, t_ns);
    match->low = match->high = match->last;
}

/* Placing */

enum qt_match_verdict
qt_match_place(struct qt_match *match, const struct qt_match_order *order)
{
    enum qt_match_verdict verdict = qt_match_check(match, order);
    if (verdict != QT_MATCH_OK)
        return verdict;
    struct qt_match_order fresh = *order;
    fresh.state = QT_ORDER_OPEN;
    fresh.is_working = !qt__match_types[order->type].has_stop;
    fresh.cum_qty = fresh.ahead = fresh.shown = fresh.prevented = QT_QTY_ZERO;
    bool follows = order->trail_bps > 0 && qt_px_is_none(order->stop_px);
    fresh.mark = follows ? match->last : QT_PX_NONE;
    fresh.follows_ns = qt_px_is_none(fresh.mark) ? 0 : order->t_ns;
    fresh.cum_quote = QT_MONEY_ZERO;
    if (order->type == QT_TYPE_LIMIT_MAKER)
        fresh.tif = QT_TIF_GTC;
    uint32_t slot = qt__match_slot_take(match, &fresh);
    tell(match, slot, QT_MATCH_ACCEPTED, fresh.t_ns);
    if (fresh.is_working)
        execute(match, slot, fresh.t_ns);
    else
        qt__match_queue_put(match, slot);
    qt__match_fire(match, fresh.t_ns);
    return QT_MATCH_OK;
}

bool
qt_match_cancel(struct qt_match *match, uint64_t id, int64_t t_ns)
{
    uint32_t slot;
    if (!qt__match_index_find(match, id, &slot))
        return false;
    qt__match_queue_remove(match, slot);
    end_sibling(match, &match->slots[slot].order, QT_MATCH_CANCELLED, t_ns);
    end_order(match, slot, QT_MATCH_CANCELLED, t_ns);
    return true;
}

const struct qt_match_order *
qt_match_find(const struct qt_match *match, uint64_t id)
{
    uint32_t slot;
    return qt__match_index_find(match, id, &slot) ? &match->slots[slot].order : NULL;
}

size_t
qt_match_count(const struct qt_match *match)
{
    return match->n_orders;
}

const struct qt_match_order *
qt_match_at(const struct qt_match *match, size_t k)
{
    qt_assert(k < match->n_orders);
    return &match->slots[match->resting[k]].order;
}

qt_px
qt_match_last(const struct qt_match *match)
{
    return match->last;
}

void
qt_match_set_queue(struct qt_match *match, unsigned ahead_ppm)
{
    qt_assert(ahead_ppm <= PPM);
    match->ahead_ppm = ahead_ppm;
}

void
qt_match_set_last(struct qt_match *match, qt_px px)
{
    match->last = match->low = match->high = px;
}

uint64_t
qt_match_book_id(const struct qt_match *match)
{
    return match->book_id;
}
