/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gate. No order reaches a venue except through qt_gate_check, which runs every row of one
 * table and keeps every finding. It fails closed: an input that is absent, stale, NaN, negative or
 * overflowing denies, with its own code. A zeroed input is all absent, so what nobody filled in
 * denies.
 *
 * G1: an order that reduces is never refused for loss, drawdown, exposure, heat, correlation,
 * leverage, store, link or ledger; it is refused by the mode's rules, price collar, filters, rates
 * (of which it has its own reserve). G2: that an order reduces is not believed: it is checked
 * against position and open reducing orders.
 *
 * How to add a check: an input field, an enum row, a table row in src/risk/gate.c (and its check).
 * tests/risk/ test_gate.c tries each row alone at its limit, around it, and with every bad input.
 */
#ifndef QTRADE_RISK_GATE_H
#define QTRADE_RISK_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/market/event.h"
#include "qtrade/market/instrument.h"
#include "qtrade/risk/config.h"
#include "qtrade/trade/order.h"

/* Inputs. Zeroed means absent. */
struct qt_gate_value {
    bool is_known;
    double value;
};
struct qt_gate_money {
    bool is_known;
    qt_money amount; /* quote, QT_MONEY_SCALE */
};
struct qt_gate_qty {
    bool is_known;
    qt_qty qty;
};
struct qt_gate_count {
    bool is_known;
    int64_t n;
};
enum qt_gate_answer { QT_ANSWER_UNKNOWN, QT_ANSWER_NO, QT_ANSWER_YES };

/** Known inputs. */
static inline struct qt_gate_value
qt_gate_value(double value)
{
    return (struct qt_gate_value){true, value};
}
static inline struct qt_gate_money
qt_gate_money(qt_money amount)
{
    return (struct qt_gate_money){true, amount};
}
static inline struct qt_gate_qty
qt_gate_qty(qt_qty qty)
{
    return (struct qt_gate_qty){true, qty};
}
static inline struct qt_gate_count
qt_gate_count(int64_t n)
{
    return (struct qt_gate_count){true, n};
}
static inline uint8_t
qt_gate_answer(bool yes)
{
    return yes ? QT_ANSWER_YES : QT_ANSWER_NO;
}

/** The engine's modes as the gate sees them: 0 is absent, then the order of enum qt_mode. */
enum qt_gate_mode {
    QT_GATE_MODE_UNKNOWN,
    QT_GATE_MODE_NORMAL,
    QT_GATE_MODE_PAUSED,
    QT_GATE_MODE_REDUCED,
    QT_GATE_MODE_EMERGENCY,
    QT_GATE_MODES
};

/** Everything a check needs. Exposures are before this order, live and open, UNKNOWN orders at full
 * size. */
struct qt_gate_input {
    const struct qt_order_request *request; /* NULL: absent */
    const struct qt_instrument *ins;        /* NULL: absent */
    uint8_t purpose;                        /* enum qt_order_purpose */
    uint8_t mode;                           /* enum qt_gate_mode */
    /* enum qt_gate_answer: */
    uint8_t shut;        /* is the gate shut by a stop */
    uint8_t kill_switch; /* is it pressed; NO where none is configured */
    uint8_t link_up, store_healthy, conserved;
    uint8_t unknown_order;       /* is an order of this symbol UNKNOWN */
    uint8_t self_trade;          /* would it meet an own resting order */
    struct qt_gate_qty position; /* signed */
    struct qt_gate_qty
        open_reducing;     /* >= 0: open orders against the position, alternatives counted once */
    struct qt_quote quote; /* bid and ask; QT_PX_NONE or <= 0: absent */
    qt_px last;            /* last trade; QT_PX_NONE or <= 0: absent */
    struct qt_gate_count quote_age_ns;
    struct qt_gate_money notional; /* of this order at its price, or at the quote it would meet */
    struct qt_gate_money risk;     /* of this order, entry to stop */
    struct qt_gate_money equity;
    struct qt_gate_money symbol_exposure, venue_exposure, strategy_exposure, sector_exposure;
    struct qt_gate_money portfolio_exposure;
    struct qt_gate_value heat;              /* ratio of equity, before this order */
    struct qt_gate_value worst_correlation; /* absolute, with an open position; 0: none is open */
    struct qt_gate_money day_pnl;           /* since UTC midnight, realised and unrealised */
    struct qt_gate_money day_equity;        /* at UTC midnight */
    struct qt_gate_value drawdown;          /* ratio from the peak */
    struct qt_gate_value leverage_cap;      /* of the regime: qt_risk_leverage_cap */
    struct qt_gate_count orders_last_s, orders_last_min, messages_last_s; /* before this one */
    struct qt_gate_count open_orders;
    struct qt_gate_count duplicates; /* qt_rates_duplicates over the window */
};

/** The rows, in the order in which they are shown. */
enum qt_gate_check {
    QT_CHECK_SHUT,
    QT_CHECK_KILL_SWITCH,
    QT_CHECK_MODE,
    QT_CHECK_REDUCE, /* says that it reduces: must, and not beyond zero */
    QT_CHECK_LINK,
    QT_CHECK_STORE,
    QT_CHECK_LEDGER,
    QT_CHECK_UNKNOWN_ORDER,
    QT_CHECK_QUOTE_AGE,
    QT_CHECK_FILTERS,
    QT_CHECK_COLLAR_MID,
    QT_CHECK_COLLAR_LAST,
    QT_CHECK_SPREAD,
    QT_CHECK_NOTIONAL,
    QT_CHECK_POSITION,
    QT_CHECK_VENUE,
    QT_CHECK_STRATEGY,
    QT_CHECK_SECTOR,
    QT_CHECK_LEVERAGE,
    QT_CHECK_HEAT,
    QT_CHECK_CORRELATION,
    QT_CHECK_DAILY_LOSS,
    QT_CHECK_DRAWDOWN,
    QT_CHECK_ORDERS_S,
    QT_CHECK_ORDERS_MIN,
    QT_CHECK_MESSAGES_S,
    QT_CHECK_OPEN_ORDERS,
    QT_CHECK_DUPLICATE,
    QT_CHECK_SELF_TRADE,
    QT_GATE_CHECKS
};

enum qt_gate_code {
    QT_GATE_PASS,
    QT_GATE_SKIPPED,  /* the row does not concern this order */
    QT_GATE_LIMIT,    /* beyond the limit, or a no */
    QT_GATE_ABSENT,   /* an input is not known */
    QT_GATE_STALE,    /* an input is too old */
    QT_GATE_NAN,      /* NaN or infinite */
    QT_GATE_NEGATIVE, /* below zero where that cannot be */
    QT_GATE_OVERFLOW, /* a sum did not fit */
    QT_GATE_CODES
};
const char *qt_gate_code_name(enum qt_gate_code code); /* "limit", "absent" ... */

/** Which orders a row concerns. */
enum qt_gate_when {
    QT_WHEN_ALWAYS, /* every order */
    QT_WHEN_RISK,   /* what may add risk: all that is not proven to reduce */
    QT_WHEN_REDUCE, /* what says that it reduces */
    QT_WHENS
};

struct qt_gate_finding {
    uint8_t code;        /* enum qt_gate_code */
    double value, limit; /* in the row's unit; yes or no: 1 or 0 */
};
struct qt_gate_result {
    bool is_allowed;
    bool is_reducing;                           /* it reduces, proven by position and open orders */
    uint32_t failures;                          /* rows that deny */
    struct qt_gate_finding row[QT_GATE_CHECKS]; /* by enum qt_gate_check */
};

struct qt_gate_case; /* an order before the gate: risk's own */

struct qt_gate_row {
    const char *name;  /* "daily_loss" */
    const char *title; /* "daily loss" */
    const char *unit;  /* "ratio", "bps", "ms", "orders" ...; "" for a yes or no */
    const char *key;   /* of the limit in section "risk"; NULL: has none */
    enum qt_gate_when when;
    /* The code; *out is zeroed, and measured where there is a value. */
    enum qt_gate_code (*check)(const struct qt_gate_case *order, struct qt_gate_finding *out);
};
/** The table, by enum qt_gate_check. */
extern const struct qt_gate_row qt_gate_rows[QT_GATE_CHECKS];

/** Runs every row. Returns out->is_allowed. Pure; allocates nothing; any thread. */
bool qt_gate_check(const struct qt_risk_config *config, const struct qt_gate_input *input,
                   struct qt_gate_result *out);

/** "daily_loss 0.031 > 0.03; heat absent": every denying row, cut at capacity; "allowed" when none.
 * Returns out. */
char *qt_gate_describe(const struct qt_gate_result *result, char *out, size_t capacity);

/** What the screen shows of a row. One writer. */
struct qt_gate_stat {
    uint64_t refusals;
    bool is_known; /* value and limit were measured */
    uint8_t code;  /* enum qt_gate_code, at the last order that the row concerned */
    double value, limit;
};
struct qt_gate_stats {
    uint64_t checked, refused;
    struct qt_gate_stat row[QT_GATE_CHECKS];
};
/** Counts a result. */
void qt_gate_stats_add(struct qt_gate_stats *stats, const struct qt_gate_result *result);

#endif
