/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checks of the order itself: quote, filters, price, size. The collar looks at the side that costs
 * money: a buy above, a sell below the reference. An order that waits for its price (a stop, a
 * target) has none: its trigger may be far.
 */
#include "qtrade/base/time.h"

#include "gate_priv.h"

/* Waits for stop_px before it does anything. */
static bool
has_trigger(const struct qt_order_request *request)
{
    switch ((enum qt_order_type)request->type) {
    case QT_TYPE_STOP_LOSS:
    case QT_TYPE_STOP_LOSS_LIMIT:
    case QT_TYPE_TAKE_PROFIT:
    case QT_TYPE_TAKE_PROFIT_LIMIT:
        return true;
    case QT_TYPE_LIMIT:
    case QT_TYPE_MARKET:
    case QT_TYPE_LIMIT_MAKER:
    case QT_ORDER_TYPES:
        break;
    }
    return false;
}

static bool
has_limit(const struct qt_order_request *request)
{
    return request->type != QT_TYPE_MARKET && request->type != QT_TYPE_STOP_LOSS &&
           request->type != QT_TYPE_TAKE_PROFIT;
}

/* The quote that an order of this side would meet. */
static qt_px
opposite(const struct qt_gate_case *order)
{
    return order->is_buy ? order->input->quote.ask : order->input->quote.bid;
}

static enum qt_gate_code
age(const struct qt_gate_case *order, struct qt_gate_finding *out)
{
    const struct qt_gate_count *age_ns = &order->input->quote_age_ns;
    if (!age_ns->is_known || !order->has_quote)
        return QT_GATE_ABSENT;
    enum qt_gate_code code = qt__at_most((double)age_ns->n / (double)QT_NS_PER_MS,
                                         (double)order->config->max_quote_age_ms, out);
    return code == QT_GATE_LIMIT ? QT_GATE_STALE : code;
}

void
qt__price_case(struct qt_gate_case *order)
{
    const struct qt_gate_input *input = order->input;
    const int scale = input->ins->px_scale;
    order->is_buy = input->request->side == QT_BUY;
    order->has_limit = has_limit(input->request);
    order->has_trigger = has_trigger(input->request);
    order->has_quote = qt_px_is_positive(input->quote.bid) && qt_px_is_positive(input->quote.ask);
    order->bid = qt_px_to_double(input->quote.bid, scale);
    order->ask = qt_px_to_double(input->quote.ask, scale);
    qt_px paid = order->has_limit ? input->request->px : opposite(order);
    order->has_paid = qt_px_is_positive(paid);
    order->paid = qt_px_to_double(paid, scale);
    order->age.code = (uint8_t)age(order, &order->age);
}

/* The finding of the quote's age as another row's. */
static enum qt_gate_code
give_age(const struct qt_gate_case *order, struct qt_gate_finding *out)
{
    *out = order->age;
    return (enum qt_gate_code)order->age.code;
}

QT__GATE_CHECK(quote_age)
{
    return give_age(order, out);
}

/* Of an order that waits for its price: trigger and limit are on the venue's grid. */
static QT_OUTLINE enum qt_filter_verdict
trigger_verdict(const struct qt_gate_case *order)
{
    const struct qt_order_request *request = order->input->request;
    const struct qt_instrument *ins = order->input->ins;
    if (!qt_px_is_positive(request->stop_px))
        return QT_FILTER_PRICE;
    enum qt_filter_verdict verdict =
        qt_instrument_check(ins, request->stop_px, request->qty, QT_PX_NONE);
    if (verdict != QT_FILTER_OK)
        return verdict;
    if (order->has_limit && !qt_px_is_positive(request->px))
        return QT_FILTER_PRICE;
    return qt_instrument_check(ins, order->has_limit ? request->px : QT_PX_NONE, request->qty,
                               request->stop_px);
}

/* Every price of the order is on the venue's grid. */
static enum qt_filter_verdict
filter_verdict(const struct qt_gate_case *order)
{
    const struct qt_order_request *request = order->input->request;
    if (order->has_trigger)
        return trigger_verdict(order);
    if (order->has_limit && !qt_px_is_positive(request->px))
        return QT_FILTER_PRICE;
    qt_px reference = opposite(order);
    return qt_instrument_check(order->input->ins, order->has_limit ? request->px : QT_PX_NONE,
                               request->qty, qt_px_is_positive(reference) ? reference : QT_PX_NONE);
}

QT__GATE_CHECK(filters)
{
    (void)out;
    const struct qt_instrument *ins = order->input->ins;
    const struct qt_order_request *request = order->input->request;
    if (request->side > QT_SELL || request->type >= QT_ORDER_TYPES ||
        request->tif >= QT_TIMES_IN_FORCE || request->instrument != ins->id)
        return QT_GATE_NEGATIVE;
    if (qt_qty_sign(request->qty) <= 0)
        return QT_GATE_NEGATIVE;
    if (!order->is_reducing && ins->status != QT_INSTRUMENT_TRADING)
        return QT_GATE_LIMIT;
    return filter_verdict(order) == QT_FILTER_OK ? QT_GATE_PASS : QT_GATE_LIMIT;
}

/* Basis points by which the order may pay more than the reference. */
QT_INLINE enum qt_gate_code
collar(const struct qt_gate_case *order, double reference, double limit_bps,
       struct qt_gate_finding *out)
{
    if (!order->has_paid)
        return QT_GATE_ABSENT;
    double more = order->is_buy ? order->paid - reference : reference - order->paid;
    double beyond = more / reference * 1e4;
    return qt__at_most(QT_MAX(beyond, 0), limit_bps, out);
}

/* PASS: there is a collar to check; else the finding of the row. */
QT_INLINE enum qt_gate_code
collar_concerns(const struct qt_gate_case *order, struct qt_gate_finding *out)
{
    if (!order->has_limit && (order->has_trigger || order->is_reducing))
        return QT_GATE_SKIPPED;
    if (order->has_trigger || order->age.code == QT_GATE_PASS)
        return QT_GATE_PASS;
    return give_age(order, out);
}

QT__GATE_CHECK(collar_mid)
{
    const double limit_bps = order->config->collar_mid_bps;
    const qt_px trigger = order->input->request->stop_px;
    enum qt_gate_code code = collar_concerns(order, out);
    if (code != QT_GATE_PASS)
        return code;
    if (!order->has_trigger)
        return collar(order, (order->bid + order->ask) / 2, limit_bps, out);
    /* once triggered, its limit is near the trigger */
    if (!qt_px_is_positive(trigger))
        return QT_GATE_ABSENT;
    return collar(order, qt_px_to_double(trigger, order->input->ins->px_scale), limit_bps, out);
}

QT__GATE_CHECK(collar_last)
{
    const struct qt_gate_input *input = order->input;
    enum qt_gate_code code = collar_concerns(order, out);
    if (code != QT_GATE_PASS)
        return code;
    if (order->has_trigger)
        return QT_GATE_SKIPPED;
    if (!qt_px_is_positive(input->last))
        return QT_GATE_ABSENT;
    return collar(order, qt_px_to_double(input->last, input->ins->px_scale),
                  order->config->collar_last_bps, out);
}

QT__GATE_CHECK(spread)
{
    if (!order->has_quote)
        return QT_GATE_ABSENT;
    return qt__at_most((order->ask - order->bid) / ((order->ask + order->bid) / 2) * 1e4,
                       order->config->max_spread_bps, out);
}

QT__GATE_CHECK(notional)
{
    const struct qt_gate_money *notional = &order->input->notional;
    if (!notional->is_known)
        return QT_GATE_ABSENT;
    return qt__at_most(qt_money_to_double(notional->amount, QT_MONEY_SCALE),
                       (double)order->config->max_order_notional, out);
}
