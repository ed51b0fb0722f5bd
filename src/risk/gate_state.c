/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checks of the machine's state, of what the order claims, and of how many orders there are.
 */
#include "gate_priv.h"

/* Passes when the answer is the wanted one. */
QT_INLINE enum qt_gate_code
wants(uint8_t answer, enum qt_gate_answer wanted, struct qt_gate_finding *out)
{
    if (answer != QT_ANSWER_NO && answer != QT_ANSWER_YES)
        return QT_GATE_ABSENT;
    out->value = answer == QT_ANSWER_YES;
    out->limit = wanted == QT_ANSWER_YES;
    return answer == wanted ? QT_GATE_PASS : QT_GATE_LIMIT;
}

QT__GATE_CHECK(shut)
{
    return wants(order->input->shut, QT_ANSWER_NO, out);
}

QT__GATE_CHECK(kill_switch)
{
    return wants(order->input->kill_switch, QT_ANSWER_NO, out);
}

QT__GATE_CHECK(link)
{
    return wants(order->input->link_up, QT_ANSWER_YES, out);
}

QT__GATE_CHECK(store)
{
    return wants(order->input->store_healthy, QT_ANSWER_YES, out);
}

QT__GATE_CHECK(ledger)
{
    return wants(order->input->conserved, QT_ANSWER_YES, out);
}

QT__GATE_CHECK(unknown_order)
{
    return wants(order->input->unknown_order, QT_ANSWER_NO, out);
}

QT__GATE_CHECK(self_trade)
{
    return wants(order->input->self_trade, QT_ANSWER_NO, out);
}

/* EMERGENCY lets the flattening orders out, and the protective stop that must stand until it is
 * done. */
QT__GATE_CHECK(mode)
{
    (void)out;
    const struct qt_gate_input *input = order->input;
    bool is_allowed = false;
    switch ((enum qt_gate_mode)input->mode) {
    case QT_GATE_MODE_NORMAL:
        is_allowed = true;
        break;
    case QT_GATE_MODE_PAUSED:
    case QT_GATE_MODE_REDUCED:
        is_allowed = order->is_reducing;
        break;
    case QT_GATE_MODE_EMERGENCY:
        is_allowed = order->is_reducing && (input->purpose == QT_PURPOSE_FLATTEN ||
                                            input->purpose == QT_PURPOSE_STOP ||
                                            input->purpose == QT_PURPOSE_VENUE_STOP);
        break;
    case QT_GATE_MODE_UNKNOWN:
    case QT_GATE_MODES:
        return QT_GATE_ABSENT;
    }
    if (input->mode > QT_GATE_MODES)
        return QT_GATE_ABSENT;
    return is_allowed ? QT_GATE_PASS : QT_GATE_LIMIT;
}

enum qt_gate_code
qt__proves_reduction(const struct qt_gate_input *input, struct qt_gate_finding *out)
{
    const struct qt_order_request *request = input->request;
    if (!input->position.is_known || !input->open_reducing.is_known)
        return QT_GATE_ABSENT;
    if (qt_qty_sign(input->open_reducing.qty) < 0 || qt_qty_sign(request->qty) <= 0)
        return QT_GATE_NEGATIVE;
    qt_qty sum = QT_QTY_ZERO, held = qt_qty_abs(input->position.qty);
    if (!qt_qty_add(request->qty, input->open_reducing.qty, &sum))
        return QT_GATE_OVERFLOW;
    int against = request->side == QT_BUY ? -1 : 1;
    bool reduces = request->side <= QT_SELL && qt_qty_sign(input->position.qty) == against &&
                   qt_qty_cmp(sum, held) <= 0;
    int scale = input->ins->qty_scale;
    out->value = qt_qty_to_double(sum, scale);
    out->limit = qt_qty_to_double(held, scale);
    return reduces ? QT_GATE_PASS : QT_GATE_LIMIT;
}

QT__GATE_CHECK(reduce)
{
    return qt__proves_reduction(order->input, out);
}

/* This one and the n before it, against a limit of which risk leaves a share free. */
QT_INLINE enum qt_gate_code
rate(const struct qt_gate_count *count, int64_t limit, double share, struct qt_gate_finding *out)
{
    if (!count->is_known)
        return QT_GATE_ABSENT;
    if (count->n < 0)
        return QT_GATE_NEGATIVE;
    if (count->n == INT64_MAX)
        return QT_GATE_OVERFLOW;
    double whole = (double)(int64_t)((double)limit * share);
    return qt__at_most((double)(count->n + 1), QT_MAX(whole, 1), out);
}

QT__GATE_CHECK(orders_s)
{
    return rate(&order->input->orders_last_s, order->config->max_orders_per_s, order->rate_share,
                out);
}

QT__GATE_CHECK(orders_min)
{
    return rate(&order->input->orders_last_min, order->config->max_orders_per_min,
                order->rate_share, out);
}

QT__GATE_CHECK(messages_s)
{
    return rate(&order->input->messages_last_s, order->config->max_messages_per_s,
                order->rate_share, out);
}

QT__GATE_CHECK(open_orders)
{
    return rate(&order->input->open_orders, order->config->max_open_orders, 1, out);
}

QT__GATE_CHECK(duplicate)
{
    if (!order->input->duplicates.is_known)
        return QT_GATE_ABSENT;
    return qt__at_most((double)order->input->duplicates.n, 0, out);
}
