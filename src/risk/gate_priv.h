/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The checks of the gate's table. Each sees a request and an instrument that are there, and what
 * several of them need of an order, which is worked out once. An order waits for all of them: the
 * way of a check that passes is short, everything else is out of it.
 */
#ifndef QTRADE_RISK_GATE_PRIV_H
#define QTRADE_RISK_GATE_PRIV_H

#include <float.h>

#include "qtrade/risk/gate.h"

/** An order before the gate. */
struct qt_gate_case {
    const struct qt_risk_config *config;
    const struct qt_gate_input *input;
    bool is_reducing; /* proven */
    bool is_buy;
    bool has_limit, has_trigger; /* has a price; waits for stop_px before it does anything */
    bool has_quote;              /* of both sides */
    bool has_paid;               /* a price that it would pay: its limit, or the quote it meets */
    uint8_t equity_code;         /* enum qt_gate_code: PASS, equity can be divided by */
    uint8_t notional_code;       /* PASS: known and not negative */
    bool has_shares;             /* both pass: exposures can be judged */
    double rate_share;           /* of the rates that it may use */
    double equity;               /* where its code is PASS */
    double bid, ask, paid;       /* where they are there */
    struct qt_gate_finding age;  /* of the quote, its row's finding */
};

#define QT__GATE_CHECK(name)                                                                       \
    enum qt_gate_code qt__check_##name(const struct qt_gate_case *order,                           \
                                       struct qt_gate_finding *out)

/* gate_state.c: may anything go out at all */
QT__GATE_CHECK(shut);
QT__GATE_CHECK(kill_switch);
QT__GATE_CHECK(mode);
QT__GATE_CHECK(reduce);
QT__GATE_CHECK(link);
QT__GATE_CHECK(store);
QT__GATE_CHECK(ledger);
QT__GATE_CHECK(unknown_order);
QT__GATE_CHECK(orders_s);
QT__GATE_CHECK(orders_min);
QT__GATE_CHECK(messages_s);
QT__GATE_CHECK(open_orders);
QT__GATE_CHECK(duplicate);
QT__GATE_CHECK(self_trade);
/* gate_price.c: is the order itself sane */
QT__GATE_CHECK(quote_age);
QT__GATE_CHECK(filters);
QT__GATE_CHECK(collar_mid);
QT__GATE_CHECK(collar_last);
QT__GATE_CHECK(spread);
QT__GATE_CHECK(notional);
/* gate_money.c: what it does to the book */
QT__GATE_CHECK(position);
QT__GATE_CHECK(venue);
QT__GATE_CHECK(strategy);
QT__GATE_CHECK(sector);
QT__GATE_CHECK(leverage);
QT__GATE_CHECK(heat);
QT__GATE_CHECK(correlation);
QT__GATE_CHECK(daily_loss);
QT__GATE_CHECK(drawdown);

/** Does the order reduce, proven by position and open orders? PASS, or why not. */
enum qt_gate_code qt__proves_reduction(const struct qt_gate_input *input,
                                       struct qt_gate_finding *out);
/** Fills what gate_price.c and gate_money.c work out once; config, input and is_reducing are there.
 */
void qt__price_case(struct qt_gate_case *order);
void qt__money_case(struct qt_gate_case *order);

/** The code of a value that is not within its limit, measured where both are numbers. */
enum qt_gate_code qt__not_within(double value, double limit, struct qt_gate_finding *out);

/** value <= limit passes; NaN and infinity of either, and a negative value, have their codes. */
QT_INLINE enum qt_gate_code
qt__at_most(double value, double limit, struct qt_gate_finding *out)
{
    if (!(value >= 0 && value <= limit && limit <= DBL_MAX))
        return qt__not_within(value, limit, out);
    out->value = value;
    out->limit = limit;
    return QT_GATE_PASS;
}

/** The same for value < limit. */
QT_INLINE enum qt_gate_code
qt__below(double value, double limit, struct qt_gate_finding *out)
{
    if (!(value >= 0 && value < limit && limit <= DBL_MAX))
        return qt__not_within(value, limit, out);
    out->value = value;
    out->limit = limit;
    return QT_GATE_PASS;
}

#endif
