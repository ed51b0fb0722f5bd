/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The checks of the gate's table. Each sees a request and an instrument that are there.
 */
#ifndef QTRADE_RISK_GATE_PRIV_H
#define QTRADE_RISK_GATE_PRIV_H

#include "qtrade/risk/gate.h"

#define QT__GATE_CHECK(name)                                                                       \
    struct qt_gate_finding qt__check_##name(const struct qt_risk_config *config,                   \
                                            const struct qt_gate_input *input, bool is_reducing)

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

/** A finding with a code and nothing measured. */
static inline struct qt_gate_finding
qt__found(enum qt_gate_code code)
{
    return (struct qt_gate_finding){.code = (uint8_t)code};
}
/** value <= limit passes; NaN and infinity of either, and a negative value, have their codes. */
struct qt_gate_finding qt__at_most(double value, double limit);
/** The same for value < limit. */
struct qt_gate_finding qt__below(double value, double limit);
/** Does the order reduce, proven by position and open orders? PASS, or why not. */
struct qt_gate_finding qt__proves_reduction(const struct qt_gate_input *input);

#endif
