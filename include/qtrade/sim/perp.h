/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The simulated exchange of perpetuals as a whole, without I/O: a book a symbol (sim/match.h),
 * positions and wallets (sim/margin.h), orders that wait for a price, mark and funding,
 * liquidation. One-way positions, one margin asset. The market that moves it comes from outside,
 * tick by tick.
 *
 *     index    what the caller says: the middle of the spot book
 *     mark     the middle one of index x (1 + rate x time to funding / 8 h),
 *              index + mean over 30 s of (middle of the book - index), and the last trade
 *     premium  (middle of the book - index) / index, each second
 *     rate     mean premium of the 8 h + (0.01 % - that, held within 0.05 % of 0), held within
 *              0.3 %
 *     funding  at 00:00, 08:00 and 16:00 UTC: notional at mark x rate, from longs to shorts
 *
 * X1: marks, funding and liquidations happen at whole seconds of the venue's clock, whatever calls
 * advance it, so that every clock gives the same; a market that moves seldom may have longer ones.
 * X2: an order that may only reduce never makes a position larger nor turns it. X3: an owner whose
 * margin balance is not above the maintenance margin at a mark loses the orders, then the positions
 * (of one symbol when isolated) by orders of the exchange, priced at most 10 % beyond the mark; what
 * nobody takes the insurance's market maker takes at the mark. A clearance fee goes to the insurance
 * fund, which pays what a wallet lacks. X4: the fund is never below 0. What it could not bear is
 * closed against the owners of the other side, the first in rank (perp_deleverage.c) first, then
 * against the market around, at the price at which nothing is left behind the position; without fees.
 *
 * Source: Binance, USD-M futures: mark price and price index; introduction to funding rates;
 * liquidation protocols, 2024. One thread at a time.
 */
#ifndef QTRADE_SIM_PERP_H
#define QTRADE_SIM_PERP_H

#include "qtrade/sim/fees.h"
#include "qtrade/sim/margin.h"
#include "qtrade/sim/match.h"

enum qt_perp_type {
    QT_PERP_LIMIT,
    QT_PERP_MARKET,
    QT_PERP_STOP, /* limit at px when the price reaches stop_px */
    QT_PERP_STOP_MARKET,
    QT_PERP_TAKE_PROFIT,
    QT_PERP_TAKE_PROFIT_MARKET,
    QT_PERP_TRAILING, /* market when the price turns callback_bps from its best since stop_px */
    QT_PERP_TYPES
};
enum qt_perp_tif { QT_PERP_GTC, QT_PERP_IOC, QT_PERP_FOK, QT_PERP_GTX, QT_PERP_TIFS };
enum qt_perp_origin { QT_PERP_BY_OWNER, QT_PERP_BY_LIQUIDATION, QT_PERP_BY_DELEVERAGING };

/** Why an order was refused; Binance's code and text are in a table. */
enum qt_perp_verdict {
    QT_PERP_OK,
    QT_PERP_SYMBOL,        /* -1121 */
    QT_PERP_QTY,           /* -4003 not above 0 */
    QT_PERP_QTY_MIN,       /* -4004 */
    QT_PERP_QTY_MAX,       /* -4005 */
    QT_PERP_LOT,           /* -4023 */
    QT_PERP_PX_TICK,       /* -4014 */
    QT_PERP_PX_MIN,        /* -4013 */
    QT_PERP_PX_HIGH,       /* -4016 above 1.15 x mark */
    QT_PERP_PX_LOW,        /* -4024 below 0.85 x mark */
    QT_PERP_STOP_PX,       /* -4006 */
    QT_PERP_CALLBACK,      /* -2007 */
    QT_PERP_NOTIONAL,      /* -4164 */
    QT_PERP_MARGIN,        /* -2019 */
    QT_PERP_LEVERAGE,      /* -2027 */
    QT_PERP_REDUCE_ONLY,   /* -2022 */
    QT_PERP_WOULD_TRIGGER, /* -2021 */
    QT_PERP_FOK_UNFILLED,  /* -5021 */
    QT_PERP_GTX_TAKES,     /* -5022 */
    QT_PERP_NO_CHANGE,     /* -5027 */
    QT_PERP_NO_LIQUIDITY,  /* -4131 */
    QT_PERP_DUPLICATE,     /* -4116 */
    QT_PERP_CLOSED,        /* -4108 */
    QT_PERP_MAX_ORDERS,    /* -2025 */
    QT_PERP_MAX_STOPS,     /* -4045 */
    QT_PERP_CLOSE_TWICE,   /* -4130 */
    QT_PERP_NO_POSITION,   /* -4509 */
    QT_PERP_UNKNOWN_ORDER, /* -2011 */
    QT_PERP_NO_ORDER,      /* -2013 */
    QT_PERP_NOT_LIMIT,     /* -1116 only a LIMIT order can be modified */
    QT_PERP_OVERFLOW,      /* -4005 */
    QT_PERP_FULL,          /* -2025 */
    QT_PERP_VERDICTS
};
int qt_perp_code(enum qt_perp_verdict verdict); /* Binance's; 0 for OK */
const char *qt_perp_text(enum qt_perp_verdict verdict);

/** What an order asks. */
struct qt_perp_ticket {
    uint32_t owner, instrument;
    uint8_t side, type, tif; /* enum qt_side, qt_perp_type, qt_perp_tif */
    uint8_t stp;             /* enum qt_self_trade */
    qt_px px, stop_px; /* QT_PX_NONE where the type has none; TRAILING: stop_px activates it */
    qt_qty qty;        /* 0 with close_position */
    int callback_bps;  /* TRAILING: 10..1000 */
    bool reduce_only, close_position, by_mark; /* by_mark: stops look at the mark, not at trades */
    bool is_guarded; /* a stop does not fire while trade and mark are 5 % apart */
    char client_id[QT_CLIENT_ID_TEXT];         /* "": one is made, "x-" and the venue id */
};

/** An order as the venue tells it; a plain copy. */
struct qt_perp_order {
    uint64_t id;
    char client_id[QT_CLIENT_ID_TEXT];
    uint32_t owner, instrument;
    uint8_t side, type, original_type, tif, state, stp; /* type: what it is now */
    uint8_t origin;                                     /* enum qt_perp_origin */
    qt_px px, stop_px, mark; /* mark: TRAILING, the best since it follows; QT_PX_NONE: not yet */
    qt_qty qty, cum_qty;
    qt_money cum_quote;
    int callback_bps;
    bool reduce_only, close_position, by_mark, is_guarded, is_waiting; /* for its price */
    bool is_denied; /* its price came and it was refused then: it never worked */
    int64_t time_ns, update_ns, trigger_ns; /* trigger_ns: when its price came; 0: not yet */
};

struct qt_perp_fill {
    uint64_t trade_id, order_id;
    uint32_t owner, instrument;
    qt_px px;
    qt_qty qty;
    qt_money quote, realised, fee; /* fee negative: a rebate */
    bool is_buyer, is_maker;
    bool fee_in_coin; /* of the schedule's discount; else of the wallet */
    int64_t time_ns;
};

enum qt_perp_income_kind {
    QT_PERP_REALISED,
    QT_PERP_COMMISSION,
    QT_PERP_FUNDING,
    QT_PERP_INSURANCE, /* clearance fee, or what the fund paid in */
    QT_PERP_TRANSFER,
    QT_PERP_INCOMES
};
struct qt_perp_income {
    uint64_t id, trade_id;      /* trade_id 0: of no trade */
    uint32_t owner, instrument; /* QT_NO_INSTRUMENT: of none */
    enum qt_perp_income_kind kind;
    qt_money amount; /* as it changed the wallet, or the coins */
    bool in_coin;
    int64_t time_ns;
};

enum qt_perp_event {
    QT_PERP_ACCEPTED,
    QT_PERP_TRIGGERED,
    QT_PERP_FILLED, /* partly too */
    QT_PERP_AMENDED,
    QT_PERP_CANCELLED,
    QT_PERP_EXPIRED
};
/** Why an account changed. */
enum qt_perp_reason {
    QT_PERP_BY_ORDER,
    QT_PERP_BY_FUNDING,
    QT_PERP_BY_TRANSFER,
    QT_PERP_BY_MARGIN_TRANSFER,
    QT_PERP_BY_MARGIN_TYPE,
    QT_PERP_BY_INSURANCE,
    QT_PERP_REASONS
};

/** Told while a call works; must not call back into the exchange but for reading. Any may be NULL.
 */
struct qt_perp_listener {
    void *context;
    /** fill is NULL unless event is FILLED. */
    void (*execution)(void *context, enum qt_perp_event event, const struct qt_perp_order *order,
                      const struct qt_perp_fill *fill);
    void (*trade)(void *context, uint32_t instrument, const struct qt_match_print *print);
    void (*book)(void *context, uint32_t instrument);
    /** Wallet, and the position of instrument (QT_NO_INSTRUMENT: of none). change: of the balance
     * by what is no fill. */
    void (*account)(void *context, uint32_t owner, uint32_t instrument, enum qt_perp_reason reason,
                    qt_money change);
    void (*mark)(void *context, uint32_t instrument); /* each second */
    /** The margin balance has fallen to less than the maintenance margin and a fifth; told again
     * after it was above. instrument: of an isolated position, else QT_NO_INSTRUMENT. */
    void (*margin_call)(void *context, uint32_t owner, uint32_t instrument);
};

/** Zeroed fields take the value behind the semicolon. */
struct qt_perp_options {
    int maker_ppm, taker_ppm; /* 1/100 bps, as given; where the schedule has no tiers */
    const struct qt_fee_schedule *schedule; /* copied; NULL: those two. The coin of its discount
                                               is priced at the mark of its own perpetual */
    size_t max_open;          /* open orders at once; 4096 */
    size_t max_history;       /* orders remembered; 65536 */
    size_t max_fills;         /* fills and incomes remembered; 65536 */
    qt_money insurance;       /* what the fund begins with */
    int clearance_ppm;        /* of what is liquidated */
    int64_t pace_ns;          /* X1's second; whole seconds, a part of 8 h; 1 s */
    unsigned queue_ppm;       /* as of exchange.h: what a resting order comes behind; 0: 1000000 */
};

/** As Binance's USD-M: 2 bps for makers, 5 for takers, 1.25 % of what is liquidated; a fund of a
 * million. */
extern const struct qt_perp_options qt_perp_usual;

struct qt_perp;
/** universe is borrowed and must not grow. NULL: err. */
struct qt_perp *qt_perp_create(const struct qt_universe *universe,
                               const struct qt_perp_options *options,
                               const struct qt_perp_listener *listener, struct qt_error *err);
void qt_perp_destroy(struct qt_perp *perp); /* NULL is fine */
const struct qt_margin *qt_perp_margin(const struct qt_perp *perp);
const struct qt_fee_schedule *qt_perp_schedule(const struct qt_perp *perp);
/** What the owner pays now, by the volume of his last 30 days; what the exchange closes
 * counts in neither. */
const struct qt_fee_tier *qt_perp_fees(const struct qt_perp *perp, uint32_t owner);
qt_money qt_perp_volume(const struct qt_perp *perp, uint32_t owner);
/** Whether he pays in the coin while he has enough of it; from the start on, where the schedule has
 * one. */
void qt_perp_set_burn(struct qt_perp *perp, uint32_t owner, bool burns);
bool qt_perp_burns(const struct qt_perp *perp, uint32_t owner);

/** Time passes (never back): seconds end, with marks, funding, liquidations. Before the ticks of
 * that time. */
void qt_perp_advance(struct qt_perp *perp, int64_t now_ns);
int64_t qt_perp_now(const struct qt_perp *perp);
/** As of exchange.h, for the perpetual's own book. */
void qt_perp_tick(struct qt_perp *perp, uint32_t instrument, enum qt_side aggressor, qt_px px,
                  qt_qty qty, const struct qt_ladder *ladder);
/** The ladder alone, or the price before the first tick. */
void qt_perp_quote(struct qt_perp *perp, uint32_t instrument, const struct qt_ladder *ladder);
void qt_perp_set_last(struct qt_perp *perp, uint32_t instrument, qt_px px);
/** The price that the mark follows, until the next one. The first one is the mark at once. */
void qt_perp_set_index(struct qt_perp *perp, uint32_t instrument, qt_px index);
void qt_perp_set_status(struct qt_perp *perp, uint32_t instrument,
                        enum qt_instrument_status status);
enum qt_instrument_status qt_perp_status(const struct qt_perp *perp, uint32_t instrument);
qt_px qt_perp_last(const struct qt_perp *perp, uint32_t instrument);
size_t qt_perp_levels(const struct qt_perp *perp, uint32_t instrument, enum qt_side side,
                      struct qt_depth_level *out, size_t n);
uint64_t qt_perp_book_id(const struct qt_perp *perp, uint32_t instrument);

/** Prices that orders and positions are judged by; rates in 1e-8. */
struct qt_perp_premium {
    qt_px mark, index;
    int64_t rate;     /* what the next funding would be now */
    int64_t next_ns;  /* when that is */
    int64_t interest; /* in 1e-8 */
};
struct qt_perp_premium qt_perp_premium(const struct qt_perp *perp, uint32_t instrument);
struct qt_perp_funding {
    int64_t time_ns, rate;
    qt_px mark;
};
/** Fundings of from_ns <= time <= until_ns, oldest first, of the last 128. Returns how many. */
size_t qt_perp_fundings(const struct qt_perp *perp, uint32_t instrument, int64_t from_ns,
                        int64_t until_ns, struct qt_perp_funding *out, size_t n);

/** Places; *out is the order as it stands afterwards (REJECTED, id 0, when refused). */
QT_CHECKED enum qt_perp_verdict
qt_perp_place(struct qt_perp *perp, const struct qt_perp_ticket *ticket, struct qt_perp_order *out);
/** What place would answer. */
enum qt_perp_verdict qt_perp_check(struct qt_perp *perp, const struct qt_perp_ticket *ticket);
/** A LIMIT order gets another price and quantity and a new place in the queue. A quantity that is
 * filled already, or a GTX order that would take, ends it. */
QT_CHECKED enum qt_perp_verdict qt_perp_modify(struct qt_perp *perp, uint32_t owner,
                                               uint32_t instrument, uint64_t id, qt_px px,
                                               qt_qty qty, struct qt_perp_order *out);
QT_CHECKED enum qt_perp_verdict qt_perp_cancel(struct qt_perp *perp, uint32_t owner,
                                               uint32_t instrument, uint64_t id,
                                               struct qt_perp_order *out);
/** Every open order of owner in instrument (QT_NO_INSTRUMENT: all). Returns how many. */
size_t qt_perp_cancel_all(struct qt_perp *perp, uint32_t owner, uint32_t instrument);
/** Open orders in instrument, of all owners, those that wait for a price too. */
size_t qt_perp_open(const struct qt_perp *perp, uint32_t instrument);
/** By id, or the newest with that client id when id is 0. */
QT_CHECKED bool qt_perp_find(const struct qt_perp *perp, uint32_t owner, uint32_t instrument,
                             uint64_t id, const char *client_id, struct qt_perp_order *out);
/** As of exchange.h. */
size_t qt_perp_orders(const struct qt_perp *perp, uint32_t owner, uint32_t instrument,
                      uint64_t from, bool only_open, struct qt_perp_order *out, size_t n);
size_t qt_perp_fills(const struct qt_perp *perp, uint32_t owner, uint32_t instrument,
                     uint64_t order_id, uint64_t from, struct qt_perp_fill *out, size_t n);
/** Incomes of owner within those times, oldest first; instrument and kind: QT_NO_INSTRUMENT and
 * QT_PERP_INCOMES for all. */
size_t qt_perp_incomes(const struct qt_perp *perp, uint32_t owner, uint32_t instrument,
                       enum qt_perp_income_kind kind, int64_t from_ns, int64_t until_ns,
                       struct qt_perp_income *out, size_t n);

/** How near the front of those who would be deleveraged on his side: 0 (last, or flat) to 4. */
int qt_perp_adl_quantile(const struct qt_perp *perp, uint32_t owner, uint32_t instrument);
/** Money comes into a wallet. False: as qt_margin_deposit. */
QT_CHECKED bool qt_perp_deposit(struct qt_perp *perp, uint32_t owner, qt_money amount);
/** The same of the coin that fees may be paid in. */
QT_CHECKED bool qt_perp_deposit_coin(struct qt_perp *perp, uint32_t owner, qt_money amount);
/** A position that was there before: qty and its cost of the same sign or 0, against the outside. */
void qt_perp_adopt(struct qt_perp *perp, uint32_t owner, uint32_t instrument, qt_qty qty,
                   qt_money cost);
/** What a setting of the account was answered. */
enum qt_perp_setting {
    QT_PERP_SET,
    QT_PERP_SET_ALREADY,
    QT_PERP_SET_RANGE,    /* leverage: not 1..125 */
    QT_PERP_SET_CAP,      /* leverage: the position is too large for it */
    QT_PERP_SET_ISOLATED, /* leverage: not lower while an isolated position is open */
    QT_PERP_SET_ORDERS,   /* margin type: not with open orders */
    QT_PERP_SET_POSITION, /* margin type: not with a position */
    QT_PERP_SET_MARGIN    /* not enough, or no isolated position */
};
enum qt_perp_setting qt_perp_set_leverage(struct qt_perp *perp, uint32_t owner, uint32_t instrument,
                                          int leverage);
enum qt_perp_setting qt_perp_set_isolated(struct qt_perp *perp, uint32_t owner, uint32_t instrument,
                                          bool is_isolated);
enum qt_perp_setting qt_perp_shift_margin(struct qt_perp *perp, uint32_t owner, uint32_t instrument,
                                          qt_money amount);

struct qt_perp_stats {
    uint64_t ticks, prints, orders, rejected, cancels, fills, expired, liquidations, fundings;
    uint64_t deleveraged; /* positions, or parts of them, of the other side */
    size_t open_orders;
};
/** Counters since birth. */
struct qt_perp_stats qt_perp_stats(const struct qt_perp *perp);

#endif
