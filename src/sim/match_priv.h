/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of one symbol's book: match.c (orders come, meet and go), match_check.c (whether one is
 * taken), match_queue.c (where they rest), match_index.c (by id), ladder.c (the market around them).
 *
 *     own orders are slots of a pool; a queue is an array of slots, the first in priority last:
 *
 *     bids  [98 99 100]        by price, then the earlier one last
 *     asks  [104 103 101]
 *     down  [90 95]            fires when the price falls to it: the highest stop last
 *     up    [130 120]          fires when it rises to it: the lowest stop last
 *     trail [c b a]            in the order of coming, the first last
 */
#ifndef QTRADE_SIM_MATCH_PRIV_H
#define QTRADE_SIM_MATCH_PRIV_H

#include "qtrade/sim/match.h"

struct qt__slot {
    struct qt_match_order order;
    uint64_t seq; /* time priority */
    bool is_due;  /* a trailing stop that fires next */
};

enum qt__queue { QT__BIDS, QT__ASKS, QT__DOWN, QT__UP, QT__TRAIL, QT__QUEUES };

/** One side of the ladder, best first. */
struct qt__rungs {
    size_t n;
    struct qt_depth_level level[QT_LADDER_LEVELS];
};

struct qt_match {
    struct qt_instrument ins;
    struct qt_match_listener listener;
    size_t max_orders, n_orders;
    struct qt__slot *slots;
    uint32_t *unused;  /* slots that are free: the last is taken first */
    uint32_t *resting; /* every order at rest, in no order */
    uint32_t *at;      /* of a slot: its index in resting */
    uint16_t *by_id;   /* table of places: a slot and one more, 0 free; a power of two of them */
    size_t by_id_mask;
    struct {
        uint32_t *slot;
        size_t n;
    } queue[QT__QUEUES];
    struct qt__rungs rungs[2]; /* by enum qt_side of the resting liquidity */
    unsigned ahead_ppm; /* of the ladder's quantity, what stands before who comes to rest */
    uint64_t seq, trade_id, book_id;
    qt_px last, low, high; /* low, high: of the prints since stops were looked at */
};

/** What a type of order is made of. */
struct qt__match_type {
    bool is_market, has_stop, fires_up_for_buy; /* the last: a buy fires when the price rises */
};
extern const struct qt__match_type qt__match_types[QT_ORDER_TYPES];

static inline bool
qt__is_market(const struct qt_match_order *order)
{
    return qt__match_types[order->type].is_market;
}
static inline qt_qty
qt__left(const struct qt_match_order *order)
{
    return (qt_qty){order->qty.v - order->cum_qty.v};
}
/** A stop that waits for a price above. */
static inline bool
qt__fires_up(const struct qt_match_order *order)
{
    return qt__match_types[order->type].fires_up_for_buy == (order->side == QT_BUY);
}

/** A slot for the order, which can be found by its id from here on; there is room. It stands in no
 * queue. */
uint32_t qt__match_slot_take(struct qt_match *match, const struct qt_match_order *order);
/** The order is gone; it stands in no queue. */
void qt__match_slot_free(struct qt_match *match, uint32_t slot);
/** The order in slot gets its place in the queue of its kind, or leaves it. */
void qt__match_queue_put(struct qt_match *match, uint32_t slot);
void qt__match_queue_remove(struct qt_match *match, uint32_t slot);

/** match->by_id for max_orders; false: no memory. */
QT_CHECKED bool qt__match_index_init(struct qt_match *match);
/** The order in slot, whose id is in no other, can be found by its id. */
void qt__match_index_add(struct qt_match *match, uint32_t slot);
/** No longer. */
void qt__match_index_remove(struct qt_match *match, uint32_t slot);
/** False: no order with that id rests. */
QT_CHECKED bool qt__match_index_find(const struct qt_match *match, uint64_t id, uint32_t *out_slot);

/** What stands first against a taker. */
struct qt__liquidity {
    qt_px px;
    qt_qty qty;       /* that may be taken before something else comes first */
    bool is_external; /* the ladder */
    uint32_t slot;    /* of an own order */
};
/** Best liquidity for a taker of that side within limit (QT_PX_NONE: any); false: none. */
bool qt__match_first(const struct qt_match *match, enum qt_side taker, qt_px limit,
                     struct qt__liquidity *out);
/** Quantity leaves the best rung of the ladder; own orders at its price move up. */
void qt__match_consume(struct qt_match *match, enum qt_side side, qt_qty qty);
/** The ladder's quantity at a price. */
qt_qty qt__match_rung(const struct qt_match *match, enum qt_side side, qt_px px);
/** Takes off a resting order what it may not be filled by any more (M8); false: nothing was left, it
 * has expired. */
bool qt__match_trim(struct qt_match *match, uint32_t slot, int64_t t_ns);
/** A fill of a resting own order by the external market: report, print, gone when filled. */
void qt__match_fill_maker(struct qt_match *match, uint32_t slot, qt_qty qty, int64_t t_ns);
void qt__match_print(struct qt_match *match, qt_px px, qt_qty qty, bool buyer_is_maker,
                     int64_t t_ns);
/** Stops whose price was reached since the last look become orders, first in priority first. */
void qt__match_fire(struct qt_match *match, int64_t t_ns);

/** What others see of an own order. */
static inline qt_qty
qt__visible(const struct qt_match_order *order)
{
    return order->iceberg.v > 0 ? order->shown : qt__left(order);
}

static inline enum qt_side
qt__other(enum qt_side side)
{
    return side == QT_BUY ? QT_SELL : QT_BUY;
}

/** Is a price within what a taker of that side accepts? */
static inline bool
qt__within(enum qt_side taker, qt_px px, qt_px limit)
{
    return qt_px_is_none(limit) || (taker == QT_BUY ? px.v <= limit.v : px.v >= limit.v);
}

#endif
