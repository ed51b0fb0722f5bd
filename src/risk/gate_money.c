/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checks of what an order does to the book: exposures, leverage, heat, correlation, losses. All
 * against equity.
 */
#include "gate_priv.h"

/* Money that must be known and not negative. PASS when it is. */
QT_INLINE enum qt_gate_code
money_code(const struct qt_gate_money *money)
{
    if (!money->is_known)
        return QT_GATE_ABSENT;
    return qt_money_sign(money->amount) < 0 ? QT_GATE_NEGATIVE : QT_GATE_PASS;
}

/* Equity that can be divided by. */
QT_INLINE enum qt_gate_code
equity_code(const struct qt_gate_money *equity)
{
    if (!equity->is_known)
        return QT_GATE_ABSENT;
    return qt_money_sign(equity->amount) <= 0 ? QT_GATE_NEGATIVE : QT_GATE_PASS;
}

static double
units(qt_money amount)
{
    return qt_money_to_double(amount, QT_MONEY_SCALE);
}

void
qt__money_case(struct qt_gate_case *order)
{
    const struct qt_gate_input *input = order->input;
    order->equity_code = (uint8_t)equity_code(&input->equity);
    order->equity = units(input->equity.amount);
    order->notional_code = (uint8_t)money_code(&input->notional);
    order->has_shares = order->equity_code == QT_GATE_PASS && order->notional_code == QT_GATE_PASS;
}

/* Why nothing can be added to an exposure; PASS: it can. */
static QT_OUTLINE enum qt_gate_code
exposure_code(const struct qt_gate_case *order, const struct qt_gate_money *before)
{
    if (order->equity_code != QT_GATE_PASS)
        return (enum qt_gate_code)order->equity_code;
    enum qt_gate_code code = money_code(before);
    return code != QT_GATE_PASS ? code : (enum qt_gate_code)order->notional_code;
}

/* An exposure with this order added, as a share of equity. */
QT_INLINE enum qt_gate_code
exposure(const struct qt_gate_case *order, const struct qt_gate_money *before, double limit,
         struct qt_gate_finding *out)
{
    qt_money after;
    if (!order->has_shares || money_code(before) != QT_GATE_PASS)
        return exposure_code(order, before);
    if (!qt_money_add(before->amount, order->input->notional.amount, &after))
        return QT_GATE_OVERFLOW;
    return qt__at_most(units(after) / order->equity, limit, out);
}

QT__GATE_CHECK(position)
{
    return exposure(order, &order->input->symbol_exposure, order->config->max_position, out);
}

QT__GATE_CHECK(venue)
{
    return exposure(order, &order->input->venue_exposure, order->config->max_venue, out);
}

QT__GATE_CHECK(strategy)
{
    return exposure(order, &order->input->strategy_exposure, order->config->max_strategy, out);
}

QT__GATE_CHECK(sector)
{
    return exposure(order, &order->input->sector_exposure, order->config->max_sector, out);
}

QT__GATE_CHECK(leverage)
{
    const struct qt_gate_value *cap = &order->input->leverage_cap;
    if (!cap->is_known)
        return QT_GATE_ABSENT;
    if (cap->value < 0)
        return QT_GATE_NEGATIVE;
    return exposure(order, &order->input->portfolio_exposure, cap->value, out);
}

QT__GATE_CHECK(heat)
{
    const struct qt_gate_value *heat = &order->input->heat;
    enum qt_gate_code code = money_code(&order->input->risk);
    if (order->equity_code != QT_GATE_PASS)
        return (enum qt_gate_code)order->equity_code;
    if (code != QT_GATE_PASS)
        return code;
    if (!heat->is_known)
        return QT_GATE_ABSENT;
    if (heat->value < 0)
        return QT_GATE_NEGATIVE;
    return qt__at_most(heat->value + units(order->input->risk.amount) / order->equity,
                       order->config->max_heat, out);
}

QT__GATE_CHECK(correlation)
{
    const struct qt_gate_value *worst = &order->input->worst_correlation;
    if (!worst->is_known)
        return QT_GATE_ABSENT;
    return qt__at_most(worst->value, order->config->max_correlation, out);
}

QT__GATE_CHECK(daily_loss)
{
    const struct qt_gate_input *input = order->input;
    enum qt_gate_code code = equity_code(&input->day_equity);
    if (code != QT_GATE_PASS || !input->day_pnl.is_known)
        return code != QT_GATE_PASS ? code : QT_GATE_ABSENT;
    double loss = -(units(input->day_pnl.amount) / units(input->day_equity.amount));
    return qt__below(QT_MAX(loss, 0), order->config->max_daily_loss, out);
}

QT__GATE_CHECK(drawdown)
{
    const struct qt_gate_value *drawdown = &order->input->drawdown;
    if (!drawdown->is_known)
        return QT_GATE_ABSENT;
    return qt__below(drawdown->value, order->config->max_drawdown, out);
}
