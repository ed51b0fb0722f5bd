/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The market around own orders: the ladder's levels, external trades, and what both sides together
 * offer.
 */
#include <string.h>

#include "qtrade/base/error.h"

#include "match_priv.h"

__extension__ typedef __int128 wide;

static enum qt__queue
queue_of_side(enum qt_side side)
{
    return side == QT_BUY ? QT__BIDS : QT__ASKS;
}

/* Is price a better than b for those who rest on that side? */
static bool
is_better(enum qt_side side, qt_px a, qt_px b)
{
    return side == QT_BUY ? a.v > b.v : a.v < b.v;
}

qt_qty
qt__match_rung(const struct qt_match *match, enum qt_side side, qt_px px)
{
    const struct qt__rungs *rungs = &match->rungs[side];
    for (size_t i = 0; i < rungs->n; i++)
        if (rungs->level[i].px.v == px.v)
            return rungs->level[i].qty;
    return QT_QTY_ZERO;
}

bool
qt__match_first(const struct qt_match *match, enum qt_side taker, qt_px limit,
                struct qt__liquidity *out)
{
    enum qt_side side = qt__other(taker);
    enum qt__queue q = queue_of_side(side);
    const struct qt__rungs *rungs = &match->rungs[side];
    bool has_own = match->queue[q].n > 0, has_rung = rungs->n > 0;
    if (!has_own && !has_rung)
        return false;
    uint32_t slot = has_own ? match->queue[q].slot[match->queue[q].n - 1] : 0;
    const struct qt_match_order *own = &match->slots[slot].order;
    bool is_own = has_own && (!has_rung || !is_better(side, rungs->level[0].px, own->px));
    if (is_own && own->ahead.v > 0 && has_rung && rungs->level[0].px.v == own->px.v)
        *out = (struct qt__liquidity){.px = own->px, .qty = own->ahead, .is_external = true};
    else if (is_own)
        *out = (struct qt__liquidity){
            .px = own->px, .qty = qt__visible(own), .slot = slot};
    else
        *out = (struct qt__liquidity){
            .px = rungs->level[0].px, .qty = rungs->level[0].qty, .is_external = true};
    return qt__within(taker, out->px, limit);
}

void
qt__match_consume(struct qt_match *match, enum qt_side side, qt_qty qty)
{
    struct qt__rungs *rungs = &match->rungs[side];
    enum qt__queue q = queue_of_side(side);
    qt_px px = rungs->level[0].px;
    qt_assert(rungs->n > 0 && qty.v <= rungs->level[0].qty.v);
    rungs->level[0].qty.v -= qty.v;
    match->book_id++;
    for (size_t i = match->queue[q].n; i-- > 0;) {
        struct qt_match_order *order = &match->slots[match->queue[q].slot[i]].order;
        if (order->px.v != px.v)
            break;
        order->ahead.v -= QT_MIN(order->ahead.v, qty.v);
    }
    if (rungs->level[0].qty.v > 0)
        return;
    rungs->n--;
    memmove(rungs->level, rungs->level + 1, rungs->n * sizeof *rungs->level);
}

/* Takes over one side of a ladder; false: it is as it was. */
static bool
rungs_set(struct qt__rungs *rungs, const struct qt_depth_level *levels, size_t n, enum qt_side side)
{
    qt_assert(n <= QT_LADDER_LEVELS);
    for (size_t i = 0; i < n; i++)
        qt_assert(levels[i].qty.v > 0 && levels[i].px.v > 0 &&
                  (i == 0 || is_better(side, levels[i - 1].px, levels[i].px)));
    bool is_same = rungs->n == n;
    for (size_t i = 0; i < n && is_same; i++)
        is_same =
            rungs->level[i].px.v == levels[i].px.v && rungs->level[i].qty.v == levels[i].qty.v;
    rungs->n = n;
    if (n > 0)
        memcpy(rungs->level, levels, n * sizeof *levels);
    return !is_same;
}

/* Own orders are never further back than the ladder's quantity at their price. */
static void
move_up(struct qt_match *match, enum qt_side side)
{
    enum qt__queue q = queue_of_side(side);
    for (size_t i = 0; i < match->queue[q].n; i++) {
        struct qt_match_order *order = &match->slots[match->queue[q].slot[i]].order;
        if (order->ahead.v > 0)
            order->ahead = qt_qty_min(order->ahead, qt__match_rung(match, side, order->px));
    }
}

/* Own orders of that side that the ladder now crosses are served by it. */
static void
uncross(struct qt_match *match, enum qt_side side, int64_t t_ns)
{
    enum qt__queue q = queue_of_side(side);
    struct qt__rungs *against = &match->rungs[qt__other(side)];
    while (match->queue[q].n > 0 && against->n > 0) {
        uint32_t slot = match->queue[q].slot[match->queue[q].n - 1];
        const struct qt_match_order *order = &match->slots[slot].order;
        if (!qt__within(side, against->level[0].px, order->px))
            return;
        if (order->is_capped && !qt__match_trim(match, slot, t_ns))
            continue;
        qt_qty qty = qt_qty_min(qt__visible(order), against->level[0].qty);
        qt__match_consume(match, qt__other(side), qty);
        qt__match_fill_maker(match, slot, qty, t_ns);
    }
}

/* The ladder moves; stops are not looked at yet. */
static void
shift(struct qt_match *match, const struct qt_ladder *now, int64_t t_ns)
{
    qt_assert(now->n_bids == 0 || now->n_asks == 0 || now->bids[0].px.v < now->asks[0].px.v);
    bool is_new = rungs_set(&match->rungs[QT_BUY], now->bids, now->n_bids, QT_BUY);
    is_new = rungs_set(&match->rungs[QT_SELL], now->asks, now->n_asks, QT_SELL) || is_new;
    if (!is_new)
        return;
    match->book_id++;
    for (int side = QT_BUY; side <= QT_SELL; side++) {
        move_up(match, (enum qt_side)side);
        uncross(match, (enum qt_side)side, t_ns);
    }
}

void
qt_match_set_ladder(struct qt_match *match, const struct qt_ladder *ladder, int64_t t_ns)
{
    static const struct qt_ladder none = {0};
    shift(match, ladder ? ladder : &none, t_ns);
    qt__match_fire(match, t_ns);
}

void
qt_match_external_trade(struct qt_match *match, enum qt_side aggressor, qt_px px, qt_qty qty,
                        const struct qt_ladder *after, int64_t t_ns)
{
    struct qt__liquidity first;
    int64_t left = qty.v, external = 0;
    while (left > 0 && qt__match_first(match, aggressor, px, &first)) {
        if (!first.is_external && match->slots[first.slot].order.is_capped) {
            if (!qt__match_trim(match, first.slot, t_ns))
                continue;
            first.qty = qt__visible(&match->slots[first.slot].order);
        }
        qt_qty part = {QT_MIN(left, first.qty.v)};
        left -= part.v;
        if (first.is_external) {
            external += part.v;
            qt__match_consume(match, qt__other(aggressor), part);
        } else {
            qt__match_fill_maker(match, first.slot, part, t_ns);
        }
    }
    external += left;
    if (external > 0) {
        match->trade_id++;
        qt__match_print(match, px, (qt_qty){external}, aggressor == QT_SELL, t_ns);
    }
    if (after)
        shift(match, after, t_ns);
    qt__match_fire(match, t_ns);
}

/* Walks one side, own and external together, a level at a time, best first. */
struct walk {
    const struct qt_match *match;
    enum qt_side side;
    size_t own, rung; /* own: orders not walked yet */
    bool is_whole;    /* what icebergs hide counts */
    uint32_t skip;    /* the owner whose orders do not count */
};

static struct walk
walk_begin(const struct qt_match *match, enum qt_side side, bool is_whole, uint32_t skip)
{
    return (struct walk){match, side, match->queue[queue_of_side(side)].n, 0, is_whole, skip};
}

static bool
walk_next(struct walk *walk, struct qt_depth_level *out)
{
    const struct qt_match *match = walk->match;
    const uint32_t *slots = match->queue[queue_of_side(walk->side)].slot;
    const struct qt__rungs *rungs = &match->rungs[walk->side];
    bool has_rung = walk->rung < rungs->n;
    while (walk->own > 0 && match->slots[slots[walk->own - 1]].order.owner == walk->skip)
        walk->own--;
    if (walk->own == 0 && !has_rung)
        return false;
    qt_px px = has_rung ? rungs->level[walk->rung].px : QT_PX_NONE;
    if (walk->own > 0) {
        qt_px own = match->slots[slots[walk->own - 1]].order.px;
        px = has_rung && !is_better(walk->side, own, px) ? px : own;
    }
    *out = (struct qt_depth_level){.px = px};
    if (has_rung && rungs->level[walk->rung].px.v == px.v)
        out->qty.v += rungs->level[walk->rung++].qty.v;
    for (; walk->own > 0; walk->own--) {
        const struct qt_match_order *order = &match->slots[slots[walk->own - 1]].order;
        if (order->px.v != px.v)
            break;
        if (order->owner != walk->skip)
            out->qty.v +=
                walk->is_whole ? order->qty.v - order->cum_qty.v : qt__visible(order).v;
    }
    return true;
}

size_t
qt_match_levels(const struct qt_match *match, enum qt_side side, struct qt_depth_level *out,
                size_t n)
{
    struct walk walk = walk_begin(match, side, false, QT_OWNER_NONE);
    size_t count = 0;
    while (count < n && walk_next(&walk, &out[count]))
        count++;
    return count;
}

struct qt_match_cost
qt_match_cost(const struct qt_match *match, enum qt_side side, qt_px limit, qt_qty qty)
{
    return qt_match_cost_skipping(match, side, limit, qty, QT_OWNER_NONE);
}

struct qt_match_cost
qt_match_cost_skipping(const struct qt_match *match, enum qt_side side, qt_px limit, qt_qty qty,
                       uint32_t skip)
{
    struct walk walk = walk_begin(match, qt__other(side), true, skip);
    struct qt_match_cost cost = {.worst = QT_PX_NONE};
    struct qt_depth_level level;
    while (cost.qty.v < qty.v && walk_next(&walk, &level) && qt__within(side, level.px, limit)) {
        qt_qty part = {QT_MIN(level.qty.v, qty.v - cost.qty.v)};
        qt_money quote, sum;
        if (!qt_notional(level.px, match->ins.px_scale, part, match->ins.qty_scale, QT_MONEY_SCALE,
                         &quote) ||
            !qt_money_add(cost.quote, quote, &sum))
            break;
        cost.qty.v += part.v;
        cost.quote = sum;
        cost.worst = level.px;
    }
    return cost;
}

qt_qty
qt_match_qty_of_quote(const struct qt_match *match, enum qt_side side, qt_money quote, uint32_t skip)
{
    struct walk walk = walk_begin(match, qt__other(side), true, skip);
    struct qt_depth_level level;
    qt_money left = quote, cost;
    qt_qty sum = QT_QTY_ZERO;
    int up = match->ins.px_scale + match->ins.qty_scale - QT_MONEY_SCALE;
    while (walk_next(&walk, &level)) {
        wide value = (wide)left.v * qt_pow10(QT_MAX(up, 0));
        wide most = value / ((wide)level.px.v * qt_pow10(QT_MAX(-up, 0)));
        qt_qty part = {most < level.qty.v ? (int64_t)most : level.qty.v};
        if (!qt_notional(level.px, match->ins.px_scale, part, match->ins.qty_scale, QT_MONEY_SCALE,
                         &cost))
            break;
        sum.v += part.v;
        left.v -= cost.v;
        if (part.v < level.qty.v)
            break;
    }
    return qt_qty_floor(sum, match->ins.lot);
}
