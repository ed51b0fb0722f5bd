/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of the simulated exchange, shared by exchange.c (orders and the market),
 * exchange_judge.c (what an order must keep), exchange_list.c (pairs), exchange_fill.c (what the
 * books tell) and exchange_record.c (what is remembered).
 */
#ifndef QTRADE_SIM_EXCHANGE_PRIV_H
#define QTRADE_SIM_EXCHANGE_PRIV_H

#include "qtrade/base/map.h"
#include "qtrade/sim/exchange.h"

#define QT__LISTS 1024 /* pairs that are remembered */
#define QT__BOOK_ORDERS 512 /* open orders of all owners in one symbol */

/** An order with what it has locked: quote of a buy, base of a sell. */
struct qt__record {
    struct qt_exchange_order order; /* id 0: never used */
    qt_money locked;
};

struct qt__market {
    struct qt_exchange *exchange;
    const struct qt_instrument *ins;
    struct qt_match *match; /* NULL until somebody needs it */
    enum qt_instrument_status status;
    uint32_t base, quote; /* assets */
    qt_px last;           /* before there is a match */
};

struct qt_exchange {
    const struct qt_universe *universe;
    struct qt_exchange_options options;
    struct qt_exchange_listener listener;
    struct qt_accounts *accounts;
    struct qt_fee_schedule schedule;
    struct qt_fee_volume volumes[QT_OWNERS_MAX];
    uint32_t discount_asset; /* QT_NO_ASSET: none */
    struct qt__market *markets;
    uint32_t n_markets;
    int64_t now_ns;
    struct qt_exchange_stats stats;
    /* records: the one of id stands at id % max_history */
    struct qt__record *records;
    uint64_t last_id;
    struct qt_textmap *by_client; /* owner, instrument and client id -> id of the newest */
    uint64_t *open;               /* ids of open orders, ascending */
    size_t n_open;
    struct qt_exchange_list *lists; /* the one of id stands at id % QT__LISTS */
    uint64_t last_list;
    struct qt_exchange_fill *fills; /* a ring */
    uint64_t n_fills;               /* ever */
};

/* exchange.c */
struct qt__market *qt__market_at(const struct qt_exchange *exchange, uint32_t instrument);
/** The symbol's book, made when somebody first needs it; NULL: no memory. */
struct qt_match *qt__market_match(struct qt__market *market);
/** Says that levels changed when the book's id is not before any more. */
void qt__tell_book(struct qt__market *market, uint64_t before);

/* exchange_judge.c */
/** Everything that place tests; the quantity and what is to be locked come out. */
enum qt_exchange_verdict qt__exchange_judge(struct qt_exchange *exchange,
                                            const struct qt_exchange_ticket *ticket,
                                            qt_qty *out_qty, qt_money *out_need);
struct qt_match_order qt__match_order_of(const struct qt_exchange *exchange,
                                         const struct qt_exchange_ticket *ticket, qt_qty qty,
                                         uint64_t id);

/* exchange_list.c */
/** The open other one of a pair; NULL: none. */
struct qt__record *qt__list_partner(struct qt_exchange *exchange, const struct qt__record *record);
/** The pair of this order, if it has one, is decided. */
void qt__list_decided(struct qt_exchange *exchange, const struct qt__record *record);

/* exchange_record.c */
bool qt__records_init(struct qt_exchange *exchange);
void qt__records_finish(struct qt_exchange *exchange);
/** A fresh record for an order; its id is the next one. The oldest final record may be forgotten
 * for it. */
struct qt__record *qt__record_new(struct qt_exchange *exchange,
                                  const struct qt_exchange_ticket *ticket);
/** NULL: not known (any more). */
struct qt__record *qt__record_of(const struct qt_exchange *exchange, uint64_t id);
/** By id, or by client id when id is 0. */
struct qt__record *qt__record_find(const struct qt_exchange *exchange, uint32_t owner,
                                   uint32_t instrument, uint64_t id, const char *client_id);
/** The order is final: out of the list of open ones. */
void qt__record_close(struct qt_exchange *exchange, struct qt__record *record);
void qt__fill_keep(struct qt_exchange *exchange, const struct qt_exchange_fill *fill);

/* exchange_fill.c */
extern const struct qt_match_listener qt__market_listener; /* context: struct qt__market */
qt_money qt__base_amount(const struct qt_instrument *ins, qt_qty qty);
/** What an open order of that ticket must have locked for left of its quantity. False: overflow. */
QT_CHECKED bool qt__lock_need(const struct qt__market *market,
                              const struct qt_exchange_order *order, qt_qty left, qt_money *out);
/** The greatest fee that a trade can ask, in 1/100 bps. */
int qt__highest_ppm(const struct qt_exchange *exchange);
/** Quote money and the greatest fee on it, where fees are taken in quote. False: overflow. */
QT_CHECKED bool qt__with_fee(const struct qt_exchange *exchange, qt_money quote, qt_money *out);

#endif
