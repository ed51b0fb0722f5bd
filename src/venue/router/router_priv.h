/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Within the router: legs, what they quote, orders in parts, the summed account.
 */
#ifndef QTRADE_VENUE_ROUTER_PRIV_H
#define QTRADE_VENUE_ROUTER_PRIV_H

#include "qtrade/base/map.h"
#include "qtrade/market/book.h"
#include "qtrade/net/breaker.h"
#include "qtrade/venue/router.h"

enum {
    QT__ROUTER_TRADES = 128,
    QT__ROUTER_ORDERS = 512,
    QT__ROUTER_ASSETS = QT_INSTRUMENTS_MAX * 2,
    QT__ROUTER_LEVELS = 50
};

/* What a leg quotes for an instrument of leg 0. */
struct qt__router_quote {
    uint32_t instrument;     /* the leg's; QT_NO_INSTRUMENT: it has none of the symbol */
    double bid, ask;         /* 0: empty side, or nothing came yet */
    qt_qty bid_qty, ask_qty; /* scale of leg 0 */
    struct qt_book *book;    /* NULL: not watched */
    bool is_halted;          /* the leg does not trade it as before */
};

struct qt__router_held {
    qt_money free, locked, rounding;
    qt_qty filled; /* of perpetuals: bought (sold: negative) since that was told; scale of leg 0 */
    uint32_t told; /* the leg's reads by then */
};

struct qt__router_leg {
    struct qt_router *router;
    unsigned index;
    struct qt_router_leg port;
    struct qt_event_sink sink;
    struct qt__router_quote *quote; /* by leg 0's instruments */
    uint32_t *own;                  /* leg 0's instrument, by the leg's */
    struct qt__router_held *held;   /* by asset */
    uint8_t link[QT_LINK_KINDS];
    struct qt_breaker breaker;
    struct qt_route_record record;
    uint64_t parts, reconnects;
    int64_t market_ns; /* of the last quote or depth; 0: none yet */
    bool is_read;      /* its account, since the last SYNC of the sum */
    bool needs_read;   /* it filled something, and tells balances only when read */
    uint32_t reads;    /* of its account */
};

/* A leg's part of an order. */
struct qt__router_part {
    qt_qty qty, cum;    /* scale of leg 0; qty 0: none */
    qt_money cum_quote; /* -1: not known */
    qt_qty fill_cum;    /* of cum, up to the newest fill that was told */
    qt_money fill_quote;
    uint64_t venue_id;
    int64_t sent_ns;                   /* 0: by an earlier run, or not at all */
    int64_t answered_ns;               /* 0: not yet */
    double expected;                   /* price; 0: none */
    uint8_t state;                     /* enum qt_order_state; QT_ORDER_STATES: no part */
    uint64_t trade[QT__ROUTER_TRADES]; /* the newest that were told: a ring */
    uint32_t trades;
    bool is_asked; /* a query is under way */
    bool is_seen;  /* in the read of its leg that is under way */
};

struct qt__router_order {
    uint64_t client_id;
    uint32_t instrument;
    uint8_t side;
    bool is_accepted;  /* told */
    bool is_cancelled; /* asked for */
    bool is_ended;     /* told */
    qt_qty qty;        /* 0: of an earlier run; then the sum of the parts is it */
    qt_qty rest;       /* of a stop, what found no place yet; request is kept for it */
    struct qt_order_request request;
    struct qt__router_part part[QT_ROUTE_VENUES];
};

/* Variance of leg 0's mid, by the second. */
struct qt__router_pace {
    double mid, variance;
    int64_t t_ns;
};

struct qt_router {
    struct qt_router_options options;
    struct qt__router_leg leg[QT_ROUTE_VENUES];
    const struct qt_universe *universe;
    struct qt__router_pace *pace;
    struct qt__router_order *order; /* a ring of the newest */
    uint32_t newest;
    struct qt_map *by_id;
    struct qt_textmap *asset;
    char (*asset_name)[QT_ASSET_SIZE];
    uint32_t assets;
    const struct qt_event_sink *sink; /* while work runs */
    int64_t now_ns;                   /* UTC of the last event */
    int64_t opened_ns;
    int64_t looked_ns; /* after what was left */
    bool has_rest;     /* a stop has one; a balance that is told may make room for it */
    bool is_balance_told;
};

/* router.c */
void qt__router_push(struct qt_router *router, const struct qt_event *event);

/* router_market.c */
void qt__router_market(struct qt__router_leg *leg, const struct qt_event *event);
void qt__router_watch(struct qt_router *router, uint32_t instrument, bool on);
size_t qt__router_levels(const struct qt__router_leg *leg, uint32_t instrument, enum qt_side side,
                         struct qt_route_level out[QT__ROUTER_LEVELS]);
double qt__router_sigma(const struct qt_router *router, uint32_t instrument); /* of a second */
qt_qty qt__router_qty_in(const struct qt__router_leg *leg, uint32_t instrument,
                         qt_qty qty); /* a leg's quantity in leg 0's scale */
qt_qty qt__router_qty_out(const struct qt__router_leg *leg, uint32_t instrument, qt_qty qty);
qt_px qt__router_px_in(const struct qt__router_leg *leg, uint32_t instrument, qt_px px);
qt_px qt__router_px_out(const struct qt__router_leg *leg, uint32_t instrument, qt_px px,
                        enum qt_side side);

/* router_orders.c */
struct qt__router_order *qt__router_find(struct qt_router *router, uint64_t client_id);
struct qt__router_order *qt__router_add(struct qt_router *router, uint64_t client_id,
                                        uint32_t instrument, enum qt_side side, qt_qty qty);
void qt__router_forget(struct qt_router *router, struct qt__router_order *order);
bool qt__router_part_is_open(const struct qt__router_part *part);
void qt__router_report(struct qt__router_leg *leg, const struct qt_event *event);
void qt__router_tell_open(struct qt_router *router); /* rows of an account read */
void qt__router_leave(struct qt_router *router, struct qt__router_order *order);

/* router_account.c */
void qt__router_balance(struct qt__router_leg *leg, const struct qt_event *event);
void qt__router_read(struct qt__router_leg *leg, const struct qt_event *event);
struct qt__router_held qt__router_held_of(const struct qt__router_leg *leg, const char *asset);
/* Of an instrument's base asset, in leg 0's scale. False: beyond it. */
bool qt__router_holding(const struct qt__router_leg *leg, uint32_t instrument, qt_qty *out);

/* A fill of perpetuals, whose account is read after it. */
void qt__router_filled(struct qt__router_leg *leg, uint32_t instrument, enum qt_side side,
                       qt_qty qty);

/* router_send.c */
bool qt__router_submit(void *self, const struct qt_order_request *request);
bool qt__router_cancel(void *self, uint32_t instrument, uint64_t client_id);
bool qt__router_cancel_all(void *self, uint32_t instrument);
bool qt__router_query(void *self, uint32_t instrument, uint64_t client_id);
void
qt__router_look_after(struct qt_router *router); /* what was left at a leg that did not answer */
void qt__router_place_rests(struct qt_router *router); /* of stops, once balances were told */
bool qt__router_is_usable(const struct qt__router_leg *leg);
qt_qty qt__router_promised(const struct qt__router_leg *leg,
                           uint32_t instrument); /* sold already, but not yet gone */

#endif
