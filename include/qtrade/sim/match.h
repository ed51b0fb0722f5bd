/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Price-time matching of one symbol. Own orders of any owner rest in the book; the market around
 * them is a ladder of aggregated levels that somebody else sets, and external trades. M1: the book
 * is never crossed. M2: at one price what came first is served first; an own order stands behind
 * the ladder's quantity that was there when it came (or a share of it: qt_match_set_queue), and later
 * quantity of the ladder stands behind it. M3: the same calls give the same reports in the same order.
 *
 * M4: of an iceberg only a part is seen; when that part is taken the next stands last at its price.
 * M5: a trailing stop follows every print on its good side, and fires on the print that is
 * trail_bps on its bad side of the best; with a stop price it begins to follow on the print that
 * reaches it. M6: of two siblings the first that trades or triggers ends the other before anything
 * else happens. M7: an order with a mode of self-trade prevention never trades with its owner.
 * M8: a capped order is never filled by more than its owner's cap at that moment; what is beyond is
 * taken off its quantity, and with nothing left it expires.
 * Sources: Binance, Spot Trailing Stop order FAQ; Self Trade Prevention FAQ, 2025.
 *
 * One thread at a time; a call allocates nothing.
 */
#ifndef QTRADE_SIM_MATCH_H
#define QTRADE_SIM_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/market/event.h"
#include "qtrade/market/instrument.h"
#include "qtrade/trade/request.h"

#define QT_LADDER_LEVELS 20 /* a side */

/** The market around the price, best first: bids descend, asks ascend, strictly; bids[0] < asks[0];
 * quantities > 0. */
struct qt_ladder {
    size_t n_bids, n_asks;
    struct qt_depth_level bids[QT_LADDER_LEVELS], asks[QT_LADDER_LEVELS];
};

/** What becomes of an order that would take one of its owner's; the taker's mode counts. */
enum qt_self_trade { QT_STP_NONE, QT_STP_TAKER, QT_STP_MAKER, QT_STP_BOTH, QT_SELF_TRADES };

/** An own order; what is left is qty - cum_qty. */
struct qt_match_order {
    uint64_t id;             /* the caller's, unique, > 0 */
    uint32_t owner;          /* the caller's */
    uint8_t side, type, tif; /* enums of event.h and request.h */
    uint8_t state;           /* enum qt_order_state; OPEN also for a stop that waits */
    bool is_working;         /* false: a stop that has not triggered */
    qt_px px, stop_px;       /* QT_PX_NONE where it has none */
    qt_qty qty, cum_qty;
    qt_money cum_quote; /* of all fills, scale QT_MONEY_SCALE */
    int64_t t_ns;       /* when it was placed */
    qt_qty ahead;       /* the ladder's quantity before it at its price */
    uint8_t stp;        /* enum qt_self_trade: whose rest expires; as a maker it does not count */
    uint16_t trail_bps; /* a trailing stop: below 10000; 0: a plain one */
    uint64_t sibling;   /* ends when this one trades or triggers; 0: none */
    qt_qty iceberg;     /* so much of it is seen at once; 0: all */
    qt_qty shown;       /* ICEBERG: what is seen of it now */
    qt_px mark;         /* trailing: the best print since it follows; QT_PX_NONE: not yet */
    int64_t follows_ns; /* trailing: since when; 0: not yet */
    qt_qty prevented;   /* what self-trade prevention took of it */
    bool is_capped;     /* asked before each of its fills how much it still may (M8) */
};

enum qt_match_event {
    QT_MATCH_ACCEPTED,
    QT_MATCH_TRIGGERED,
    QT_MATCH_FILL,
    QT_MATCH_CANCELLED,
    QT_MATCH_EXPIRED, /* IOC, FOK, market remainder; a triggered order that could not be paid; a
                         sibling; a self trade that was prevented */
    QT_MATCH_REJECTED /* answer of qt_match_place only; the order was never in the book */
};

/** What happened to an order, as it stands afterwards. */
struct qt_match_report {
    enum qt_match_event event;
    const struct qt_match_order *order; /* until the callback returns */
    uint64_t trade_id;                  /* FILL */
    qt_px px;                           /* FILL: of this fill */
    qt_qty qty;                         /* FILL: of this fill */
    qt_money quote;   /* FILL: px x qty toward zero, the same for both sides of a trade */
    bool is_maker;    /* FILL */
    bool is_external; /* FILL: the other side is not an own order */
    int64_t t_ns;
};

/** A public trade. */
struct qt_match_print {
    uint64_t id;
    int64_t t_ns;
    qt_px px;
    qt_qty qty;
    bool buyer_is_maker;
};

/** Told while a call works; must not call back into the same book. Of one trade: maker, taker,
 * print. */
struct qt_match_listener {
    void *context;
    void (*report)(void *context, const struct qt_match_report *report);
    void (*print)(void *context, const struct qt_match_print *print); /* NULL: nobody listens */
    /**
     * Asked before a buy at market that has triggered takes: cost is the quote money it would
     * spend. False: it expires. NULL: always true.
     */
    bool (*afford)(void *context, const struct qt_match_order *order, qt_money cost);
    /** The most that a capped order may be filled by now, >= 0. NULL: no order is capped. */
    qt_qty (*cap)(void *context, const struct qt_match_order *order);
};

enum qt_match_verdict {
    QT_MATCH_OK,
    QT_MATCH_FULL,          /* max_orders rest already */
    QT_MATCH_WOULD_TAKE,    /* LIMIT_MAKER at a price that takes */
    QT_MATCH_WOULD_TRIGGER, /* a stop on the wrong side of the last trade */
    QT_MATCH_INVALID,  /* price, stop price or quantity that its type may not have; an id that rests
                        */
    QT_MATCH_OVERFLOW, /* px x qty leaves 64 bits */
    QT_MATCH_VERDICTS
};

struct qt_match;
/** ins and listener are copied. max_orders 1..65535 at rest at once. NULL: no memory. */
struct qt_match *qt_match_create(const struct qt_instrument *ins, size_t max_orders,
                                 const struct qt_match_listener *listener);
void qt_match_destroy(struct qt_match *match); /* NULL is fine */

/**
 * Places an order: id, owner, side, type, tif, px, stop_px, qty, t_ns, stp, trail_bps, sibling,
 * iceberg and is_capped count. ACCEPTED comes
 * first, then its fills, then EXPIRED if a rest may not rest; then what it triggered. Anything but
 * OK: nothing happened, nothing is told.
 */
QT_CHECKED enum qt_match_verdict qt_match_place(struct qt_match *match,
                                                const struct qt_match_order *order);
/** What qt_match_place would answer. */
enum qt_match_verdict qt_match_check(const struct qt_match *match,
                                     const struct qt_match_order *order);
/** Takes it and its sibling out and tells CANCELLED; false: it does not rest here. */
QT_CHECKED bool qt_match_cancel(struct qt_match *match, uint64_t id, int64_t t_ns);
/** The order at rest with that id, until the next call; NULL: none. */
const struct qt_match_order *qt_match_find(const struct qt_match *match, uint64_t id);
/** How many rest, and the k-th of them (k < count) in no particular but repeatable order. */
size_t qt_match_count(const struct qt_match *match);
const struct qt_match_order *qt_match_at(const struct qt_match *match, size_t k);

/**
 * The market around moves. Own orders that the new ladder crosses are filled by it, as makers at
 * their own price, as far as its quantity reaches. ladder NULL: none.
 */
void qt_match_set_ladder(struct qt_match *match, const struct qt_ladder *ladder, int64_t t_ns);
/**
 * Somebody else trades qty at px: own orders at px or better are served in price-time order (at px
 * behind the ladder's quantity ahead of them), the rest is one print at px. Then the ladder becomes
 * after (NULL: what the trade left of it), and stops trigger: they meet the market of now, never
 * the one before the trade that set them off.
 */
void qt_match_external_trade(struct qt_match *match, enum qt_side aggressor, qt_px px, qt_qty qty,
                             const struct qt_ladder *after, int64_t t_ns);

qt_px qt_match_last(const struct qt_match *match); /* last trade's price; QT_PX_NONE: none yet */
/** An own order that comes to rest stands behind so much of the ladder's quantity at its price, 0 to
 * 1000000 millionths; all of it at first. */
void qt_match_set_queue(struct qt_match *match, unsigned ahead_ppm);
/** The price before the first trade (history), against which stops are judged. */
void qt_match_set_last(struct qt_match *match, qt_px px);
/** Best n levels of a side, own and external together, best first. Returns how many. */
size_t qt_match_levels(const struct qt_match *match, enum qt_side side, struct qt_depth_level *out,
                       size_t n);
uint64_t qt_match_book_id(const struct qt_match *match); /* rises with every change of a level */

/** What taking qty on the other side within limit (QT_PX_NONE: any) would do now. */
struct qt_match_cost {
    qt_qty qty;     /* <= asked */
    qt_money quote; /* as the fills would sum it */
    qt_px worst;    /* QT_PX_NONE: nothing */
};
struct qt_match_cost qt_match_cost(const struct qt_match *match, enum qt_side side, qt_px limit,
                                   qt_qty qty);
/** The same of what skip does not own (QT_OWNER_NONE: of all). */
#define QT_OWNER_NONE UINT32_MAX
struct qt_match_cost qt_match_cost_skipping(const struct qt_match *match, enum qt_side side,
                                            qt_px limit, qt_qty qty, uint32_t skip);
/** The largest multiple of the lot that a market order may take for at most quote, of what skip does
 * not own (QT_OWNER_NONE: of all). */
qt_qty qt_match_qty_of_quote(const struct qt_match *match, enum qt_side side, qt_money quote,
                             uint32_t skip);
/** Whose orders this one does not take, because they expire instead; QT_OWNER_NONE: none. */
static inline uint32_t
qt_match_skips(const struct qt_match_order *order)
{
    return order->stp == QT_STP_MAKER ? order->owner : QT_OWNER_NONE;
}

#endif
