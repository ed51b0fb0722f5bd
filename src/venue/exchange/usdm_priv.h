/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The venue of USD-M perpetuals: another struct qt__exchange with its own port, streams, limits and
 * listen keys, on the same thread. Its market is the spot market's, each price a premium away:
 *
 *     premium(t) of a symbol: two lines through seeded values at whole quarters of an hour (within
 *     6 bps) and at whole minutes (within 1.5 bps), so many whole ticks of the price
 *
 * The index is the middle of the spot market around the last tick; an own trade does not move it.
 */
#ifndef QTRADE_VENUE_EXCHANGE_USDM_PRIV_H
#define QTRADE_VENUE_EXCHANGE_USDM_PRIV_H

#include "qtrade/sim/perp.h"

#include "news_priv.h"

#define QT__USDM_OWNER 1

struct qt__usdm {
    struct qt__exchange *exchange;
    struct qt_perp *perp;
    struct qt_universe *universe;
    uint32_t *of_spot; /* spot id -> id here; QT_NO_INSTRUMENT: none */
    uint64_t seed;
    int64_t *countdown_ns;        /* by symbol: then every order goes; 0: not set */
    struct qt_perp_order *orders; /* scratch, QT__LIST_MAX */
    struct qt_perp_fill *fills;
    struct qt_perp_income *incomes;
    int64_t transfer_ns; /* of the last change of the wallet */
};

/* usdm.c */
/** The venue starts to listen; false: err, and qt__exchange_end and qt__usdm_destroy clean up. */
QT_CHECKED bool qt__usdm_start(struct qt__exchange *exchange, struct qt__exchange *spot,
                               const struct qt_exchange_server_options *options,
                               struct qt_error *err);
void qt__usdm_destroy(struct qt__usdm *usdm); /* NULL is fine */
/** A bar of the spot market from before the start, a tick of it, and its time. */
void qt__usdm_history(struct qt__exchange *exchange, uint32_t symbol, const struct qt_bar *bar);
void qt__usdm_tick(struct qt__exchange *exchange, const struct qt_source_tick *tick,
                   const struct qt_ladder *ladder);
void qt__usdm_advance(struct qt__exchange *exchange, int64_t now_ns);
void qt__usdm_count(const struct qt__exchange *exchange, struct qt_exchange_server_stats *stats);

/* usdm_calls.c */
extern const struct qt__route qt__usdm_routes[]; /* {0} ends */

/* usdm_write.c */
const char *qt__perp_type_name(uint8_t type);
const char *qt__perp_tif_name(uint8_t tif);
const char *qt__perp_state_name(const struct qt_perp_order *order);
/** What was paid for a unit on average; QT_PX_NONE: nothing. */
qt_px qt__perp_average(const struct qt_instrument *ins, qt_money quote, qt_qty qty);
/** The asset that a fee or an income is of: the discount's coin, or USDT. */
const char *qt__usdm_asset(const struct qt__usdm *usdm, bool in_coin);
qt_px qt__usdm_entry(const struct qt__usdm *usdm, uint32_t symbol);
/** An order as REST tells it. */
void qt__write_perp_order(struct qt_text *out, const struct qt_instrument *ins,
                          const struct qt_perp_order *order);

/* usdm_news.c and usdm_algo.c (executions): user events and marks; context: the exchange. */
/** An event begins: the caller adds its members and the end, and tells it. */
struct qt_text *qt__usdm_news(struct qt__exchange *exchange, const char *event);
void qt__usdm_on_execution(void *context, enum qt_perp_event event,
                           const struct qt_perp_order *order, const struct qt_perp_fill *fill);
void qt__usdm_tell_order(struct qt__exchange *exchange, enum qt_perp_event event,
                         const struct qt_perp_order *order, const struct qt_perp_fill *fill);
void qt__usdm_on_account(void *context, uint32_t owner, uint32_t instrument,
                         enum qt_perp_reason reason, qt_money change);
void qt__usdm_on_margin_call(void *context, uint32_t owner, uint32_t instrument);
void qt__usdm_tell_leverage(struct qt__exchange *exchange, uint32_t symbol, int leverage);
/** markPriceUpdate and the forms of spot's messages that differ here, into exchange->news. */
void qt__usdm_write_mark(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol);

bool qt__usdm_info(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_depth(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_premium(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_fundings(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_funding_info(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_price(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_book_ticker(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_place(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_test(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_modify(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_order(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_open_order(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_cancel(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_cancel_all(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_open_orders(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_all_orders(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_place_batch(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_modify_batch(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_cancel_batch(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_countdown(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_trades(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_income(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_account(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_balance(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_risk(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_risk_open(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_adl(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_brackets(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_leverage(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_margin_type(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_position_margin(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_dual(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_set_dual(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_multi(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_commission(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_burn(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_set_burn(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_configs(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_place_algo(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_algo(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_cancel_algo(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_cancel_algos(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_open_algos(struct qt__exchange *exchange, struct qt__call *call);
bool qt__usdm_all_algos(struct qt__exchange *exchange, struct qt__call *call);

/* usdm_algo.c */
/** Is it, or was it, an order that the book's calls know? A conditional one is when it triggered. */
bool qt__usdm_is_order(const struct qt_perp_order *order);
/** Every open one of a symbol: those, or the others. Uses the scratch of orders. */
void qt__usdm_cancel_where(struct qt__usdm *usdm, uint32_t symbol, bool is_order);
bool qt__usdm_cancel_all_of(struct qt__exchange *exchange, struct qt__call *call, bool is_order);

/* usdm_trading.c */
/** What the parameters of an order are called: plain, or as a conditional order of its own. */
struct qt__usdm_names {
    const char *stop, *client_id;
    bool is_conditional;
};
/** The order that the parameters ask for; false: fault. */
QT_CHECKED bool qt__usdm_ticket(struct qt__exchange *exchange, struct qt__call *call,
                                const struct qt__usdm_names *names, struct qt_perp_ticket *ticket);
/** Counts its rate and places it, or finds what came of it before; false: fault. */
QT_CHECKED bool qt__usdm_place_ticket(struct qt__exchange *exchange, struct qt__call *call,
                                      const struct qt_perp_ticket *ticket,
                                      struct qt_perp_order *out);
/** OK, or the fault; true: OK. */
bool qt__usdm_verdict(struct qt__call *call, enum qt_perp_verdict verdict);

#endif
