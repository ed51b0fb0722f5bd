/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The trading desk of the simulated exchange: the one account, its orders under the venue's own
 * words (client order ids, quote quantities), and the market that moves. What others get of it is
 * plain copies.
 */
#ifndef QTRADE_VENUE_EXCHANGE_DESK_PRIV_H
#define QTRADE_VENUE_EXCHANGE_DESK_PRIV_H

#include "qtrade/market/event.h"
#include "qtrade/market/instrument.h"
#include "qtrade/sim/exchange.h"
#include "qtrade/sim/source.h"
#include "qtrade/venue/exchange.h"

#include "call_priv.h"

struct qt__desk;

struct qt__held {
    char asset[QT_ASSET_SIZE];
    qt_money free, locked; /* scale QT_MONEY_SCALE */
};

/** What the desk tells while it works; all on the exchange's thread. */
struct qt__desk_listener {
    void *context;
    void (*trade)(void *context, uint32_t symbol, const struct qt_match_print *print);
    void (*book)(void *context, uint32_t symbol); /* levels changed */
    void (*history)(void *context, uint32_t symbol,
                    const struct qt_bar *bar); /* before the start */
    /** fill: FILL only. cancel_id: the cancel's own client id; "" else. Never REJECTED. */
    void (*execution)(void *context, enum qt_match_event event,
                      const struct qt_exchange_order *order, const struct qt_exchange_fill *fill,
                      const char *cancel_id);
    void (*balances)(void *context, const char *const *assets, unsigned n);
    /** Volume of a symbol's day in base units and its volatility; false: not known yet. */
    bool (*day)(void *context, uint32_t symbol, double *out_volume, double *out_sigma);
    void (*list)(void *context, const struct qt_exchange_list *list);
    /** The market moved so, and its perpetuals may with it; the time comes first. */
    void (*moved)(void *context, const struct qt_source_tick *tick, const struct qt_ladder *ladder);
    void (*time)(void *context, int64_t now_ns);
};

struct qt__desk *qt__desk_create(const struct qt_exchange_server_options *options,
                                 const struct qt__desk_listener *listener, struct qt_error *err);
void qt__desk_destroy(struct qt__desk *desk);
const struct qt_universe *qt__desk_universe(const struct qt__desk *desk);
int64_t qt__desk_start_ns(const struct qt__desk *desk);
/** Gives bars from before the start to the listener. */
void qt__desk_tell_history(struct qt__desk *desk);
/** The market moves to now_ns, or as far as it gets in 20 ms. Returns the time where it stands. */
int64_t qt__desk_advance(struct qt__desk *desk, int64_t now_ns);
bool qt__desk_has_ended(const struct qt__desk *desk); /* a recording is over */
/** The symbol stops trading, or resumes where the market around it stands by then. */
void qt__desk_halt(struct qt__desk *desk, uint32_t symbol, bool is_halted);
bool qt__desk_is_halted(const struct qt__desk *desk, uint32_t symbol);

/** Up to n levels of a side, best first; returns how many. */
size_t qt__desk_levels(const struct qt__desk *desk, uint32_t symbol, enum qt_side side,
                       struct qt_depth_level *out, size_t n);
/** Rises by one with every change of the symbol's book. */
uint64_t qt__desk_book_id(const struct qt__desk *desk, uint32_t symbol);

/** What placing would answer; no order comes of it. */
QT_CHECKED bool qt__desk_check(struct qt__desk *desk, struct qt__call *call,
                               const struct qt_exchange_ticket *ticket);
/**
 * Places; false: the fault is noted. *out is the order as it stands afterwards. A request repeated
 * within a day gives the order that came of it the first time, and no second one.
 */
QT_CHECKED bool qt__desk_place(struct qt__desk *desk, struct qt__call *call,
                               const struct qt_exchange_ticket *ticket,
                               struct qt_exchange_order *out);
/** A pair of which one cancels the other: above the market, below it. */
QT_CHECKED bool qt__desk_place_pair(struct qt__desk *desk, struct qt__call *call,
                                    const struct qt_exchange_ticket pair[2], const char *client_id,
                                    struct qt_exchange_list *out);
/** By id, or by client id when id is 0. */
QT_CHECKED bool qt__desk_find_list(const struct qt__desk *desk, uint64_t id, const char *client_id,
                                   struct qt_exchange_list *out);
/** Lists with id >= from, ascending. Returns how many. */
size_t qt__desk_lists(const struct qt__desk *desk, uint64_t from, bool only_open,
                      struct qt_exchange_list *out, size_t n);
/** By id, or by client id when id is 0. */
QT_CHECKED bool qt__desk_find(const struct qt__desk *desk, uint32_t symbol, uint64_t id,
                              const char *client_id, struct qt_exchange_order *out);
/** Cancels; false: fault CANCEL. cancel_id: the client id of the cancel itself. */
QT_CHECKED bool qt__desk_cancel(struct qt__desk *desk, struct qt__call *call, uint32_t symbol,
                                uint64_t id, const char *cancel_id, struct qt_exchange_order *out);
/** Orders of symbol (QT_NO_INSTRUMENT: all), id >= from, ascending; only_open or all. Returns how
 * many. */
size_t qt__desk_orders(const struct qt__desk *desk, uint32_t symbol, uint64_t from, bool only_open,
                       struct qt_exchange_order *out, size_t n);
/** Fills of symbol with trade id >= from, of one order when order_id is not 0; ascending. */
size_t qt__desk_fills(const struct qt__desk *desk, uint32_t symbol, uint64_t order_id,
                      uint64_t from, struct qt_exchange_fill *out, size_t n);
unsigned qt__desk_balances(const struct qt__desk *desk, struct qt__held *out, unsigned n);
/** False: not an asset of this venue. */
QT_CHECKED bool qt__desk_balance(const struct qt__desk *desk, const char *asset,
                                 struct qt__held *out);
/** The most that one market order of a symbol may ask for; 0: no limit. */
qt_qty qt__desk_market_max(const struct qt__desk *desk, uint32_t symbol);
bool qt__desk_is_conserved(const struct qt__desk *desk);
void qt__desk_count(const struct qt__desk *desk, struct qt_exchange_server_stats *out);
/** What the account pays now; what there is to pay. */
const struct qt_fee_tier *qt__desk_fees(const struct qt__desk *desk);
const struct qt_fee_schedule *qt__desk_schedule(const struct qt__desk *desk);
/** Name of an asset, of a fill's fee for instance. */
const char *qt__desk_asset(const struct qt__desk *desk, uint32_t asset);

#endif
