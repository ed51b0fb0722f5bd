/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checks of the machine's state, of what the order claims, and of how many orders there are.
 */
#include "gate_priv.h"

/* Passes when the answer is the wanted one. */
static struct qt_gate_finding
wants(uint8_t answer, enum qt_gate_answer wanted)
{
    if (answer != QT_ANSWER_NO && answer != QT_ANSWER_YES)
        return qt__found(QT_GATE_ABSENT);
    return (struct qt_gate_finding){.code = answer == wanted ? QT_GATE_PASS : QT_GATE_LIMIT,
                                    .value = answer == QT_ANSWER_YES,
                                    .limit = wanted == QT_ANSWER_YES};
}

QT__GATE_CHECK(shut)
{
    (void)config, (void)is_reducing;
    return wants(input->shut, QT_ANSWER_NO);
}

QT__GATE_CHECK(kill_switch)
{
    (void)config, (void)is_reducing;
    return wants(input->kill_switch, QT_ANSWER_NO);
}

QT__GATE_CHECK(link)
{
    (void)config, (void)is_reducing;
    return wants(input->link_up, QT_ANSWER_YES);
}

QT__GATE_CHECK(store)
{
    (void)config, (void)is_reducing;
    return wants(input->store_healthy, QT_ANSWER_YES);
}

QT__GATE_CHECK(ledger)
{
    (void)config, (void)is_reducing;
    return wants(input->conserved, QT_ANSWER_YES);
}

QT__GATE_CHECK(unknown_order)
{
    (void)config, (void)is_reducing;
    return wants(input->unknown_order, QT_ANSWER_NO);
}

QT__GATE_CHECK(self_trade)
{
    (void)config, (void)is_reducing;
    return wants(input->self_trade, QT_ANSWER_NO);
}

/* EMERGENCY lets the flattening orders out, and the protective stop that must stand until it is
 * done. */
QT__GATE_CHECK(mode)
{
    (void)config;
    bool is_allowed = false;
    switch ((enum qt_gate_mode)input->mode) {
    case QT_GATE_MODE_NORMAL:
        is_allowed = true;
        break;
    case QT_GATE_MODE_PAUSED:
    case QT_GATE_MODE_REDUCED:
        is_allowed = is_reducing;
        break;
    case QT_GATE_MODE_EMERGENCY:
        is_allowed = is_reducing &&
                     (input->purpose == QT_PURPOSE_FLATTEN || input->purpose == QT_PURPOSE_STOP);
        break;
    case QT_GATE_MODE_UNKNOWN:
    case QT_GATE_MODES:
        return qt__found(QT_GATE_ABSENT);
    }
    if (input->mode > QT_GATE_MODES)
        return qt__found(QT_GATE_ABSENT);
    return qt__found(is_allowed ? QT_GATE_PASS : QT_GATE_LIMIT);
}

struct qt_gate_finding
qt__proves_reduction(const struct qt_gate_input *input)
{
    const struct qt_order_request *request = input->request;
    if (!input->position.is_known || !input->open_reducing.is_known)
        return qt__found(QT_GATE_ABSENT);
    if (qt_qty_sign(input->open_reducing.qty) < 0 || qt_qty_sign(request->qty) <= 0)
        return qt__found(QT_GATE_NEGATIVE);
    qt_qty sum = QT_QTY_ZERO, held = qt_qty_abs(input->position.qty);
    if (!qt_qty_add(request->qty, input->open_reducing.qty, &sum))
        return qt__found(QT_GATE_OVERFLOW);
    int against = request->side == QT_BUY ? -1 : 1;
    bool reduces = request->side <= QT_SELL && qt_qty_sign(input->position.qty) == against &&
                   qt_qty_cmp(sum, held) <= 0;
    int scale = input->ins->qty_scale;
    return (struct qt_gate_finding){.code = reduces ? QT_GATE_PASS : QT_GATE_LIMIT,
                                    .value = qt_qty_to_double(sum, scale),
                                    .limit = qt_qty_to_double(held, scale)};
}

QT__GATE_CHECK(reduce)
{
    (void)config, (void)is_reducing;
    return qt__proves_reduction(input);
}

/* This one and the n before it, against a limit of which risk leaves a share free. */
static struct qt_gate_finding
rate(const struct qt_gate_count *count, int64_t limit, double reserve, bool is_reducing)
{
    if (!count->is_known)
        return qt__found(QT_GATE_ABSENT);
    if (count->n < 0)
        return qt__found(QT_GATE_NEGATIVE);
    if (count->n == INT64_MAX)
        return qt__found(QT_GATE_OVERFLOW);
    double free_share = is_reducing ? 1 : 1 - reserve;
    double whole = (double)(int64_t)((double)limit * free_share);
    return qt__at_most((double)(count->n + 1), QT_MAX(whole, 1));
}

QT__GATE_CHECK(orders_s)
{
    return rate(&input->orders_last_s, config->max_orders_per_s, config->reserve_share,
                is_reducing);
}

QT__GATE_CHECK(orders_min)
{
    return rate(&input->orders_last_min, config->max_orders_per_min, config->reserve_share,
                is_reducing);
}

QT__GATE_CHECK(messages_s)
{
    return rate(&input->messages_last_s, config->max_messages_per_s, config->reserve_share,
                is_reducing);
}

QT__GATE_CHECK(open_orders)
{
    (void)is_reducing;
    return rate(&input->open_orders, config->max_open_orders, 0, true);
}

QT__GATE_CHECK(duplicate)
{
    (void)config, (void)is_reducing;
    if (!input->duplicates.is_known)
        return qt__found(QT_GATE_ABSENT);
    return qt__at_most((double)input->duplicates.n, 0);
}
