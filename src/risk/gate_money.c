/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checks of what an order does to the book: exposures, leverage, heat, correlation, losses. All
 * against equity.
 */
#include "gate_priv.h"

/* Money that must be known and not negative. PASS when it is. */
static enum qt_gate_code
money_code(const struct qt_gate_money *money)
{
    if (!money->is_known)
        return QT_GATE_ABSENT;
    return qt_money_sign(money->amount) < 0 ? QT_GATE_NEGATIVE : QT_GATE_PASS;
}

/* Equity that can be divided by. */
static enum qt_gate_code
equity_code(const struct qt_gate_money *equity)
{
    if (!equity->is_known)
        return QT_GATE_ABSENT;
    return qt_money_sign(equity->amount) <= 0 ? QT_GATE_NEGATIVE : QT_GATE_PASS;
}

static double
share(qt_money part, qt_money whole)
{
    return qt_money_to_double(part, QT_MONEY_SCALE) / qt_money_to_double(whole, QT_MONEY_SCALE);
}

/* An exposure with this order added, as a share of equity. */
static struct qt_gate_finding
exposure(const struct qt_gate_input *input, const struct qt_gate_money *before, double limit)
{
    const enum qt_gate_code codes[] = {equity_code(&input->equity), money_code(before),
                                       money_code(&input->notional)};
    for (size_t i = 0; i < QT_COUNT_OF(codes); i++)
        if (codes[i] != QT_GATE_PASS)
            return qt__found(codes[i]);
    qt_money after = QT_MONEY_ZERO;
    if (!qt_money_add(before->amount, input->notional.amount, &after))
        return qt__found(QT_GATE_OVERFLOW);
    return qt__at_most(share(after, input->equity.amount), limit);
}

QT__GATE_CHECK(position)
{
    (void)is_reducing;
    return exposure(input, &input->symbol_exposure, config->max_position);
}

QT__GATE_CHECK(venue)
{
    (void)is_reducing;
    return exposure(input, &input->venue_exposure, config->max_venue);
}

QT__GATE_CHECK(strategy)
{
    (void)is_reducing;
    return exposure(input, &input->strategy_exposure, config->max_strategy);
}

QT__GATE_CHECK(sector)
{
    (void)is_reducing;
    return exposure(input, &input->sector_exposure, config->max_sector);
}

/* A ratio that must be known. PASS when it is. */
static enum qt_gate_code
value_code(const struct qt_gate_value *value)
{
    return value->is_known ? QT_GATE_PASS : QT_GATE_ABSENT;
}

QT__GATE_CHECK(leverage)
{
    (void)config, (void)is_reducing;
    if (value_code(&input->leverage_cap) != QT_GATE_PASS)
        return qt__found(QT_GATE_ABSENT);
    if (input->leverage_cap.value < 0)
        return qt__found(QT_GATE_NEGATIVE);
    return exposure(input, &input->portfolio_exposure, input->leverage_cap.value);
}

QT__GATE_CHECK(heat)
{
    (void)is_reducing;
    const enum qt_gate_code codes[] = {equity_code(&input->equity), money_code(&input->risk),
                                       value_code(&input->heat)};
    for (size_t i = 0; i < QT_COUNT_OF(codes); i++)
        if (codes[i] != QT_GATE_PASS)
            return qt__found(codes[i]);
    if (input->heat.value < 0)
        return qt__found(QT_GATE_NEGATIVE);
    return qt__at_most(input->heat.value + share(input->risk.amount, input->equity.amount),
                       config->max_heat);
}

QT__GATE_CHECK(correlation)
{
    (void)is_reducing;
    if (value_code(&input->worst_correlation) != QT_GATE_PASS)
        return qt__found(QT_GATE_ABSENT);
    return qt__at_most(input->worst_correlation.value, config->max_correlation);
}

QT__GATE_CHECK(daily_loss)
{
    (void)is_reducing;
    enum qt_gate_code code = equity_code(&input->day_equity);
    if (code != QT_GATE_PASS || !input->day_pnl.is_known)
        return qt__found(code != QT_GATE_PASS ? code : QT_GATE_ABSENT);
    double loss = -share(input->day_pnl.amount, input->day_equity.amount);
    return qt__below(QT_MAX(loss, 0), config->max_daily_loss);
}

QT__GATE_CHECK(drawdown)
{
    (void)is_reducing;
    if (value_code(&input->drawdown) != QT_GATE_PASS)
        return qt__found(QT_GATE_ABSENT);
    return qt__below(input->drawdown.value, config->max_drawdown);
}
