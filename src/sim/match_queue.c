/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The places of orders at rest: a pool of slots, and queues of slots in priority. */
#include "match_priv.h"

#include <string.h>

#include "qtrade/base/error.h"

const struct qt__match_type qt__match_types[QT_ORDER_TYPES] = {
    [QT_TYPE_LIMIT] = {.is_market = false},
    [QT_TYPE_MARKET] = {.is_market = true},
    [QT_TYPE_STOP_LOSS] = {.is_market = true, .has_stop = true, .fires_up_for_buy = true},
    [QT_TYPE_STOP_LOSS_LIMIT] = {.has_stop = true, .fires_up_for_buy = true},
    [QT_TYPE_TAKE_PROFIT] = {.is_market = true, .has_stop = true},
    [QT_TYPE_TAKE_PROFIT_LIMIT] = {.has_stop = true},
    [QT_TYPE_LIMIT_MAKER] = {.is_market = false},
};

static enum qt__queue
queue_of(const struct qt_match_order *order)
{
    bool waits = qt__match_types[order->type].has_stop && !order->is_working;
    if (waits && order->trail_bps > 0)
        return QT__TRAIL;
    if (waits)
        return qt__fires_up(order) ? QT__UP : QT__DOWN;
    return order->side == QT_BUY ? QT__BIDS : QT__ASKS;
}

/* The greater, the earlier its turn within its queue. */
static int64_t
rank_of(const struct qt_match_order *order)
{
    switch (queue_of(order)) {
    case QT__BIDS:
        return order->px.v;
    case QT__ASKS:
        return -order->px.v;
    case QT__DOWN:
        return order->stop_px.v;
    case QT__UP:
        return -order->stop_px.v;
    case QT__TRAIL:
    case QT__QUEUES:
        break;
    }
    return 0;
}

uint32_t
qt__match_slot_take(struct qt_match *match, const struct qt_match_order *order)
{
    uint32_t slot = match->unused[match->max_orders - match->n_orders - 1];
    match->at[slot] = (uint32_t)match->n_orders;
    match->resting[match->n_orders++] = slot;
    match->slots[slot] = (struct qt__slot){.order = *order, .seq = ++match->seq};
    qt__match_index_add(match, slot);
    return slot;
}

void
qt__match_slot_free(struct qt_match *match, uint32_t slot)
{
    qt__match_index_remove(match, slot);
    uint32_t mover = match->resting[--match->n_orders];
    match->resting[match->at[slot]] = mover;
    match->at[mover] = match->at[slot];
    match->unused[match->max_orders - match->n_orders - 1] = slot;
}

/* Comes slot a after b in their queue's turn? */
static bool
is_after(const struct qt_match *match, uint32_t a, uint32_t b)
{
    int64_t x = rank_of(&match->slots[a].order), y = rank_of(&match->slots[b].order);
    return x != y ? x < y : match->slots[a].seq > match->slots[b].seq;
}

/* Where slot stands or would stand in its queue. */
static size_t
queue_find(const struct qt_match *match, enum qt__queue q, uint32_t slot)
{
    size_t low = 0, high = match->queue[q].n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_after(match, match->queue[q].slot[middle], slot))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void
qt__match_queue_put(struct qt_match *match, uint32_t slot)
{
    enum qt__queue q = queue_of(&match->slots[slot].order);
    size_t i = queue_find(match, q, slot);
    uint32_t *slots = match->queue[q].slot;
    memmove(slots + i + 1, slots + i, (match->queue[q].n - i) * sizeof *slots);
    slots[i] = slot;
    match->queue[q].n++;
    match->book_id += q == QT__BIDS || q == QT__ASKS;
}

void
qt__match_queue_remove(struct qt_match *match, uint32_t slot)
{
    enum qt__queue q = queue_of(&match->slots[slot].order);
    size_t i = queue_find(match, q, slot);
    uint32_t *slots = match->queue[q].slot;
    qt_assert(i < match->queue[q].n && slots[i] == slot);
    match->queue[q].n--;
    memmove(slots + i, slots + i + 1, (match->queue[q].n - i) * sizeof *slots);
    match->book_id += q == QT__BIDS || q == QT__ASKS;
}
