/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The simulated exchange as a whole, without I/O: a book a symbol (sim/match.h), accounts
 * (sim/account.h), orders by venue id and client id with their fills, Binance's filters and
 * refusals. The market that moves it comes from outside, tick by tick (sim/source.h, or a live
 * feed).
 *
 * E1: order ids ascend in the order of placing, over all symbols; trade ids ascend per symbol. E2:
 * the oldest final orders are forgotten when max_history is reached, open ones never. One thread at
 * a time.
 */
#ifndef QTRADE_SIM_EXCHANGE_H
#define QTRADE_SIM_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/market/event.h"
#include "qtrade/market/instrument.h"
#include "qtrade/sim/account.h"
#include "qtrade/sim/fees.h"
#include "qtrade/sim/match.h"
#include "qtrade/trade/request.h"

struct qt_exchange;

/** Why an order was refused; Binance's code and text are in a table. */
enum qt_exchange_verdict {
    QT_EXCHANGE_OK,
    QT_EXCHANGE_SYMBOL,        /* -1121 */
    QT_EXCHANGE_QTY,           /* -1013 quantity <= 0 */
    QT_EXCHANGE_PRICE_FILTER,  /* -1013 */
    QT_EXCHANGE_PERCENT_PRICE, /* -1013 further than 5 x or 1/5 from the last trade */
    QT_EXCHANGE_LOT_SIZE,      /* -1013 */
    QT_EXCHANGE_MARKET_LOT,    /* -1013 MARKET_LOT_SIZE: too much for a market order */
    QT_EXCHANGE_NOTIONAL,      /* -1013 */
    QT_EXCHANGE_MAX_ORDERS,    /* -1013 MAX_NUM_ORDERS: 200 open of one owner and symbol */
    QT_EXCHANGE_MAX_STOPS,     /* -1013 MAX_NUM_ALGO_ORDERS: 5 waiting stops */
    QT_EXCHANGE_ICEBERG_PARTS, /* -1013 more than 10 parts */
    QT_EXCHANGE_TRAILING,      /* -1013 TRAILING_DELTA: below 10 or above 2000 */
    QT_EXCHANGE_RELATION,      /* -2010 prices, sides or types of a pair */
    QT_EXCHANGE_BALANCE,       /* -2010 */
    QT_EXCHANGE_WOULD_TAKE,    /* -2010 */
    QT_EXCHANGE_WOULD_TRIGGER, /* -2010 */
    QT_EXCHANGE_DUPLICATE,     /* -2010 the client id is open */
    QT_EXCHANGE_CLOSED,        /* -2010 the symbol does not trade */
    QT_EXCHANGE_NO_LIQUIDITY,  /* -2010 nothing to take for a market order */
    QT_EXCHANGE_UNKNOWN_ORDER, /* -2011 cancel of what is not open */
    QT_EXCHANGE_NO_ORDER,      /* -2013 */
    QT_EXCHANGE_OVERFLOW,      /* -1013 figures beyond 64 bits */
    QT_EXCHANGE_FULL,          /* -1000 no room for more open orders at all */
    QT_EXCHANGE_VERDICTS
};
int qt_exchange_code(enum qt_exchange_verdict verdict);         /* Binance's; 0 for OK */
const char *qt_exchange_text(enum qt_exchange_verdict verdict); /* "Filter failure: LOT_SIZE" */

/** What an order asks. */
struct qt_exchange_ticket {
    uint32_t owner, instrument;
    uint8_t side, type, tif;           /* enums of event.h and request.h */
    qt_px px, stop_px;                 /* QT_PX_NONE where the type has none */
    qt_qty qty;                        /* 0 when quote_qty is given */
    qt_money quote_qty;                /* MARKET only: spend or receive this much; 0 else */
    char client_id[QT_CLIENT_ID_TEXT]; /* "": one is made, "x-" and the venue id */
    uint8_t stp;                       /* enum qt_self_trade */
    uint16_t trail_bps;                /* a trailing stop, its stop price may be none; 0: plain */
    qt_qty iceberg;                    /* so much is seen at once; 0: all */
};

/** An order as the venue tells it; a plain copy. */
struct qt_exchange_order {
    uint64_t id;
    char client_id[QT_CLIENT_ID_TEXT];
    uint32_t owner, instrument;
    uint8_t side, type, tif, state; /* state: enum qt_order_state */
    bool is_working;                /* false: a stop that has not triggered */
    qt_px px, stop_px;
    qt_qty qty, cum_qty;
    qt_money cum_quote, quote_qty;
    int64_t time_ns, update_ns;
    uint8_t stp;        /* enum qt_self_trade */
    uint16_t trail_bps; /* 0: no trailing stop */
    int64_t follows_ns; /* trailing: since when it follows the price; 0: not yet */
    qt_qty iceberg;     /* 0: all of it is seen */
    uint64_t list_id;   /* of a pair; 0: none */
    qt_qty prevented;   /* EXPIRED by self-trade prevention: what that took */
};

/** A pair of which one cancels the other; a plain copy. */
struct qt_exchange_list {
    uint64_t id;
    char client_id[QT_CLIENT_ID_TEXT];
    uint32_t owner, instrument;
    uint64_t order_ids[2]; /* above the market, below it */
    int64_t time_ns;       /* when it began, or was decided */
    bool is_done;          /* one has acted, or both were cancelled */
};

/** A fill of an own order; a plain copy. */
struct qt_exchange_fill {
    uint64_t trade_id, order_id;
    uint32_t owner, instrument;
    qt_px px;
    qt_qty qty;
    qt_money quote;
    qt_money fee; /* scale QT_MONEY_SCALE, of fee_asset; negative: a rebate */
    uint32_t fee_asset; /* of the accounts */
    bool fee_in_base, is_buyer, is_maker;
    int64_t time_ns;
};

/**
 * Told while a call works; must not call back into the exchange but for reading. execution: fill is
 * NULL unless event is QT_MATCH_FILL. REJECTED is not told: it is the answer of place.
 */
struct qt_exchange_listener {
    void *context;
    void (*execution)(void *context, enum qt_match_event event,
                      const struct qt_exchange_order *order, const struct qt_exchange_fill *fill);
    void (*trade)(void *context, uint32_t instrument, const struct qt_match_print *print);
    void (*book)(void *context, uint32_t instrument); /* levels changed; at most once a call */
    void (*balance)(void *context, uint32_t owner, uint32_t asset); /* at most twice a fill */
    void (*list)(void *context, const struct qt_exchange_list *list); /* begun, decided; may be NULL */
};

/** Zeroed fields take the value behind the semicolon. */
struct qt_exchange_options {
    int maker_ppm, taker_ppm; /* fees in 1/100 bps, >= 0 as given, where there is no schedule */
    const struct qt_fee_schedule *schedule; /* copied; NULL: one tier */
    enum qt_fee_mode fee_mode;
    size_t max_open;    /* open orders at once, all symbols; 4096 */
    size_t max_history; /* orders remembered, open ones included; 65536 */
    size_t max_fills;   /* fills remembered; 65536 */
    unsigned queue_ppm; /* of what is seen at its price, the part that a resting order comes behind, to
                           1000000; 1000000 */
    int market_lot_parts; /* a market order is at most so small a part of max_qty; 0: no limit of its own */
};

/** universe is borrowed as long as the exchange lives and must not grow. NULL: err. qty_scale above
 * 8 is refused. */
struct qt_exchange *qt_exchange_create(const struct qt_universe *universe,
                                       const struct qt_exchange_options *options,
                                       const struct qt_exchange_listener *listener,
                                       struct qt_error *err);
void qt_exchange_destroy(struct qt_exchange *exchange); /* NULL is fine */
/** Balances, assets, fees, conservation: read through account.h; deposit there too. */
struct qt_accounts *qt_exchange_accounts(struct qt_exchange *exchange);

/** Time passes (never back); orders and reports carry it. */
void qt_exchange_advance(struct qt_exchange *exchange, int64_t now_ns);
int64_t qt_exchange_now(const struct qt_exchange *exchange);

/** Places; *out is the order as it stands afterwards (REJECTED, id 0, when refused). */
QT_CHECKED enum qt_exchange_verdict qt_exchange_place(struct qt_exchange *exchange,
                                                      const struct qt_exchange_ticket *ticket,
                                                      struct qt_exchange_order *out);
/**
 * Places two orders of one side, symbol and quantity, of which the first that trades or triggers
 * ends the other: pair[0] above the market, pair[1] below it, one LIMIT_MAKER or TAKE_PROFIT*, the
 * other STOP_LOSS*. What they lock is locked once. client_id "": one is made. Refused: neither is
 * placed, out is untouched.
 */
QT_CHECKED enum qt_exchange_verdict qt_exchange_place_pair(struct qt_exchange *exchange,
                                                           const struct qt_exchange_ticket pair[2],
                                                           const char *client_id,
                                                           struct qt_exchange_list *out);
/** By id, or the newest with that client id when id is 0. The last 1024 are remembered. */
QT_CHECKED bool qt_exchange_find_list(const struct qt_exchange *exchange, uint32_t owner,
                                      uint64_t id, const char *client_id,
                                      struct qt_exchange_list *out);
/** Lists of owner with id >= from, ascending; open ones or all. Returns how many. */
size_t qt_exchange_lists(const struct qt_exchange *exchange, uint32_t owner, uint64_t from,
                         bool only_open, struct qt_exchange_list *out, size_t n);
/** The rates that an owner pays now, and what it has traded in the last 30 days. */
const struct qt_fee_tier *qt_exchange_fees(const struct qt_exchange *exchange, uint32_t owner);
qt_money qt_exchange_volume(const struct qt_exchange *exchange, uint32_t owner);
/** What the exchange asks for trades; its rows are owned by the exchange. */
const struct qt_fee_schedule *qt_exchange_schedule(const struct qt_exchange *exchange);
/** The most that one market order of a symbol may ask for; 0: no limit. */
qt_qty qt_exchange_market_max(const struct qt_exchange *exchange, uint32_t instrument);
/** What place would answer; no order comes of it. */
enum qt_exchange_verdict qt_exchange_check(struct qt_exchange *exchange,
                                           const struct qt_exchange_ticket *ticket);
/** Cancels by venue id, or by client id when id is 0; one of a pair takes the other with it. */
QT_CHECKED enum qt_exchange_verdict qt_exchange_cancel(struct qt_exchange *exchange, uint32_t owner,
                                                       uint32_t instrument, uint64_t id,
                                                       const char *client_id,
                                                       struct qt_exchange_order *out);
/** Cancels every open order of owner in instrument (QT_NO_INSTRUMENT: all), oldest first. Returns
 * how many. */
size_t qt_exchange_cancel_all(struct qt_exchange *exchange, uint32_t owner, uint32_t instrument);

/** By venue id (instrument may be QT_NO_INSTRUMENT), or the newest with that client id when id is
 * 0.
 * False: not known (any more). */
QT_CHECKED bool qt_exchange_find(const struct qt_exchange *exchange, uint32_t owner,
                                 uint32_t instrument, uint64_t id, const char *client_id,
                                 struct qt_exchange_order *out);
/** Orders of owner and instrument (QT_NO_INSTRUMENT: all) with id >= from, ascending; open ones or
 * all. Returns how many. */
size_t qt_exchange_orders(const struct qt_exchange *exchange, uint32_t owner, uint32_t instrument,
                          uint64_t from, bool only_open, struct qt_exchange_order *out, size_t n);
/** Fills with trade id >= from, of one order when order_id is not 0; in the order they happened.
 * Returns how many. */
size_t qt_exchange_fills(const struct qt_exchange *exchange, uint32_t owner, uint32_t instrument,
                         uint64_t order_id, uint64_t from, struct qt_exchange_fill *out, size_t n);

/** The market moves: an external trade, then the ladder around the new price (NULL: as it was). */
void qt_exchange_tick(struct qt_exchange *exchange, uint32_t instrument, enum qt_side aggressor,
                      qt_px px, qt_qty qty, const struct qt_ladder *ladder);
/** Only the ladder changes. */
void qt_exchange_quote(struct qt_exchange *exchange, uint32_t instrument,
                       const struct qt_ladder *ladder);
/** The last price before the first tick (from history). */
void qt_exchange_set_last(struct qt_exchange *exchange, uint32_t instrument, qt_px px);
/** The symbol stops or resumes trading; open orders stay. */
void qt_exchange_set_status(struct qt_exchange *exchange, uint32_t instrument,
                            enum qt_instrument_status status);
enum qt_instrument_status qt_exchange_status(const struct qt_exchange *exchange,
                                             uint32_t instrument);

/** The last trade; up to n levels of a side, best first, returning how many; the number that rises
 * with every change of the book. */
qt_px qt_exchange_last(const struct qt_exchange *exchange, uint32_t instrument);
size_t qt_exchange_levels(const struct qt_exchange *exchange, uint32_t instrument,
                          enum qt_side side, struct qt_depth_level *out, size_t n);
uint64_t qt_exchange_book_id(const struct qt_exchange *exchange, uint32_t instrument);
/** Open orders of all owners in a symbol: zero means that nobody needs its ladder. */
size_t qt_exchange_open(const struct qt_exchange *exchange, uint32_t instrument);

struct qt_exchange_stats {
    uint64_t ticks, prints, orders, rejected, cancels, fills, expired;
    size_t open_orders;
};
/** Counters since birth. */
struct qt_exchange_stats qt_exchange_stats(const struct qt_exchange *exchange);

#endif
