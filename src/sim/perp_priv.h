/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of the exchange of perpetuals: perp.c (life, the market), perp_judge.c (what an order
 * must keep), perp_order.c (orders come and go), perp_fill.c (what the books tell), perp_wait.c
 * (orders that wait for a price), perp_mark.c (seconds: marks, funding), perp_liquidate.c,
 * perp_deleverage.c, perp_record.c (what is remembered), perp_setting.c (leverage and margin types),
 * perp_fees.c.
 */
#ifndef QTRADE_SIM_PERP_PRIV_H
#define QTRADE_SIM_PERP_PRIV_H

#include "qtrade/base/map.h"
#include "qtrade/base/time.h"
#include "qtrade/sim/perp.h"

#define QT__PERP_BOOK 1024    /* orders of all owners in one book */
#define QT__PERP_WAITING 640  /* that wait for a price in one symbol */
#define QT__PERP_STOPS 200    /* of one owner, that wait for a price */
#define QT__PERP_ORDERS 200   /* of one owner and symbol */
#define QT__PERP_FUNDINGS 128 /* remembered a symbol */
#define QT__PERP_SPARE (QT_OWNERS_MAX + 2) /* open orders of the exchange beside those of owners */
#define QT__PERP_SAMPLES 30   /* seconds of the mark's moving average */
#define QT__FUNDING_NS (8 * QT_NS_PER_HOUR)
#define QT__RATE_1 INT64_C(100000000) /* rates are in 1e-8 */

struct qt__perp_record {
    struct qt_perp_order order; /* id 0: never used */
    qt_money held;              /* of it in the margin's open orders */
    bool is_due;                /* waits no longer: its price was reached */
};

struct qt__perp_market {
    struct qt_perp *perp;
    const struct qt_instrument *ins;
    struct qt_match *match;
    enum qt_instrument_status status;
    qt_px index;
    int64_t basis[QT__PERP_SAMPLES]; /* middle - index, a ring */
    uint64_t n_basis;
    int64_t premium_sum, premium_n; /* of this funding's seconds */
    struct qt_perp_funding fundings[QT__PERP_FUNDINGS];
    uint64_t n_fundings;
    uint64_t waiting[QT__PERP_WAITING]; /* ids, ascending */
    size_t n_waiting;
    bool has_due, has_closed; /* an order is due; a position has ended or turned */
};

struct qt_perp {
    const struct qt_universe *universe;
    struct qt_perp_options options;
    struct qt_fee_schedule schedule;
    uint32_t coin; /* the perpetual of the discount's coin; QT_NO_INSTRUMENT: no such discount */
    struct qt_fee_volume volumes[QT_OWNERS_MAX];
    bool refuses_burn[QT_OWNERS_MAX];
    struct qt_perp_listener listener;
    struct qt_margin *margin;
    struct qt__perp_market *markets;
    uint32_t n_markets, n_owners; /* owners: the greatest that has come, and one */
    int64_t now_ns, second_ns;    /* second_ns: when the next one ends; 0: time has not begun */
    struct qt_perp_stats stats;
    bool is_hushed;            /* the book's word on coming and going is not passed on */
    enum qt_perp_event ending; /* what a cancel in the book is told as */
    bool *called;              /* margin calls told: [owner * (n_markets + 1) + instrument] */
    /* records: the one of id stands at id % max_history */
    struct qt__perp_record *records;
    uint64_t last_id;
    struct qt_textmap *by_client;
    uint64_t *open; /* ids of open orders, ascending */
    size_t n_open;
    struct qt_perp_fill *fills; /* a ring */
    uint64_t n_fills;
    struct qt_perp_income *incomes; /* a ring */
    uint64_t n_incomes;
};

static inline bool
qt__perp_is_final(const struct qt__perp_record *record)
{
    return qt_order_state_is_final((enum qt_order_state)record->order.state);
}
static inline enum qt_side
qt__perp_other(uint8_t side)
{
    return side == QT_BUY ? QT_SELL : QT_BUY;
}
static inline bool
qt__perp_is_stop(uint8_t type)
{
    return type >= QT_PERP_STOP;
}
/** Of a type that is a market order once it works. */
static inline bool
qt__perp_is_market(uint8_t type)
{
    return type != QT_PERP_LIMIT && type != QT_PERP_STOP && type != QT_PERP_TAKE_PROFIT;
}

/* perp.c */
struct qt__perp_market *qt__perp_market(const struct qt_perp *perp, uint32_t instrument);
/** Says that levels changed when the book's id is not before any more. */
void qt__perp_tell_book(struct qt__perp_market *market, uint64_t before);
void qt__perp_tell(struct qt_perp *perp, enum qt_perp_event event,
                   const struct qt__perp_record *record, const struct qt_perp_fill *fill);
void qt__perp_tell_account(struct qt_perp *perp, uint32_t owner, uint32_t instrument,
                           enum qt_perp_reason reason, qt_money change);
/** What the calls before have set off: orders that are due, orders that reduce nothing any more. */
void qt__perp_settle(struct qt__perp_market *market);

/* perp_judge.c */
/** Everything that placing tests. */
enum qt_perp_verdict qt__perp_judge(struct qt_perp *perp, const struct qt_perp_ticket *ticket);
/** Price and quantity against the filters; by_market: px counts not. */
enum qt_perp_verdict qt__perp_filters(const struct qt__perp_market *market, uint8_t side, qt_px px,
                                      qt_qty qty, bool may_be_small);
/** Whether the account has the margin for qty more on that side at px (QT_PX_NONE: the market's).
 */
enum qt_perp_verdict qt__perp_afford(const struct qt__perp_market *market, uint32_t owner,
                                     uint8_t side, qt_px px, qt_qty qty);
/** What an order of that side may still take off the position. */
qt_qty qt__perp_reducible(const struct qt_perp *perp, uint32_t owner, uint32_t instrument,
                          uint8_t side);

/* perp_order.c */
/** What is left of the order goes into the book. False: it was refused there. */
bool qt__perp_work(struct qt__perp_market *market, struct qt__perp_record *record);
/** An open order ends as event says. */
void qt__perp_end(struct qt__perp_market *market, struct qt__perp_record *record,
                  enum qt_perp_event event);

/* perp_fill.c */
extern const struct qt_match_listener qt__perp_book_listener; /* context: struct qt__perp_market */
/** The margin that the order holds as an open one is what it should be now. */
void qt__perp_hold(struct qt_perp *perp, struct qt__perp_record *record);
/** Final: told, out of the list of open ones. */
void qt__perp_finish(struct qt_perp *perp, struct qt__perp_record *record,
                     enum qt_order_state state, enum qt_perp_event event);
/** A fill of record, by the market around when trade_id is 0. */
void qt__perp_book_fill(struct qt__perp_market *market, struct qt__perp_record *record,
                        const struct qt_match_report *report);

/* perp_wait.c */
/** The price that the order looks at; QT_PX_NONE: none yet. */
qt_px qt__perp_reference(const struct qt__perp_market *market, bool by_mark);
bool qt__perp_would_trigger(const struct qt__perp_market *market,
                            const struct qt_perp_ticket *ticket);
void qt__perp_wait(struct qt__perp_market *market, struct qt__perp_record *record);
void qt__perp_unwait(struct qt__perp_market *market, const struct qt__perp_record *record);
/** A trade or a mark at px: which of those who look at that are due? */
void qt__perp_look(struct qt__perp_market *market, qt_px px, bool is_mark);
/** Those that are due become working orders, the oldest first. */
void qt__perp_fire(struct qt__perp_market *market);

/* perp_mark.c */
void qt__perp_second(struct qt_perp *perp);

/* perp_liquidate.c */
void qt__perp_liquidate(struct qt_perp *perp);

/* perp_deleverage.c */
/** The price at which the owner's position leaves lack less than nothing behind it. */
qt_px qt__perp_ruin(const struct qt__perp_market *market, uint32_t owner, qt_money lack);
double qt__perp_rank(const struct qt_perp *perp, uint32_t owner, uint32_t instrument);
/** Closes what is left of the order against the other side's owners at px. Returns what nobody
 * held. */
qt_qty qt__perp_deleverage(struct qt__perp_market *market, struct qt__perp_record *record,
                           qt_px px);

/* perp_record.c */
bool qt__perp_records_init(struct qt_perp *perp);
void qt__perp_records_finish(struct qt_perp *perp);
struct qt__perp_record *qt__perp_record_new(struct qt_perp *perp,
                                            const struct qt_perp_ticket *ticket);
struct qt__perp_record *qt__perp_record_of(const struct qt_perp *perp, uint64_t id);
struct qt__perp_record *qt__perp_record_find(const struct qt_perp *perp, uint32_t owner,
                                             uint32_t instrument, uint64_t id,
                                             const char *client_id);
void qt__perp_record_close(struct qt_perp *perp, const struct qt__perp_record *record);
void qt__perp_keep_fill(struct qt_perp *perp, const struct qt_perp_fill *fill);
/** An income that is not 0, of the wallet. */
void qt__perp_keep_income(struct qt_perp *perp, uint32_t owner, uint32_t instrument,
                          enum qt_perp_income_kind kind, qt_money amount, uint64_t trade_id);
/** What kind, amount, owner, instrument, trade and coin say; its id and time are made. */
void qt__perp_keep(struct qt_perp *perp, const struct qt_perp_income *income);

/* perp_fees.c */
/** One tier where no schedule is given; false: no perpetual of the discount's coin. */
bool qt__perp_take_schedule(struct qt_perp *perp, const struct qt_perp_options *options);
/** What the order's fill costs: a rate of the wallet, or the fee in the coin (*out_in_coin). */
int qt__perp_fee_ppm(struct qt_perp *perp, const struct qt_perp_order *order, qt_money quote,
                     bool is_maker, qt_money *out_coins, bool *out_in_coin);

#endif
