/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checks of the order itself: quote, filters, price, size. The collar looks at the side that costs
 * money: a buy above, a sell below the reference. An order that waits for its price (a stop, a
 * target) has none: its trigger may be far.
 */
#include "qtrade/base/time.h"

#include "gate_priv.h"

static bool
is_buy(const struct qt_gate_input *input)
{
    return input->request->side == QT_BUY;
}

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
opposite(const struct qt_gate_input *input)
{
    return is_buy(input) ? input->quote.ask : input->quote.bid;
}

static struct qt_gate_finding
age(const struct qt_risk_config *config, const struct qt_gate_input *input)
{
    if (!input->quote_age_ns.is_known || !qt_px_is_positive(input->quote.bid) ||
        !qt_px_is_positive(input->quote.ask))
        return qt__found(QT_GATE_ABSENT);
    double ms = (double)input->quote_age_ns.n / (double)QT_NS_PER_MS;
    struct qt_gate_finding finding = qt__at_most(ms, (double)config->max_quote_age_ms);
    if (finding.code == QT_GATE_LIMIT)
        finding.code = QT_GATE_STALE;
    return finding;
}

QT__GATE_CHECK(quote_age)
{
    (void)is_reducing;
    return age(config, input);
}

/* Every price of the order is on the venue's grid. */
static enum qt_filter_verdict
filter_verdict(const struct qt_gate_input *input)
{
    const struct qt_order_request *request = input->request;
    qt_px px = has_limit(request) ? request->px : QT_PX_NONE;
    qt_px trigger = has_trigger(request) ? request->stop_px : QT_PX_NONE;
    if (has_trigger(request)) {
        enum qt_filter_verdict verdict =
            qt_px_is_positive(trigger)
                ? qt_instrument_check(input->ins, trigger, request->qty, QT_PX_NONE)
                : QT_FILTER_PRICE;
        if (verdict != QT_FILTER_OK)
            return verdict;
    }
    if (has_limit(request) && !qt_px_is_positive(px))
        return QT_FILTER_PRICE;
    qt_px reference = has_trigger(request) ? trigger : opposite(input);
    return qt_instrument_check(input->ins, px, request->qty,
                               qt_px_is_positive(reference) ? reference : QT_PX_NONE);
}

QT__GATE_CHECK(filters)
{
    (void)config;
    const struct qt_order_request *request = input->request;
    if (request->side > QT_SELL || request->type >= QT_ORDER_TYPES ||
        request->tif >= QT_TIMES_IN_FORCE || request->instrument != input->ins->id)
        return qt__found(QT_GATE_NEGATIVE);
    if (qt_qty_sign(request->qty) <= 0)
        return qt__found(QT_GATE_NEGATIVE);
    bool trades = is_reducing || input->ins->status == QT_INSTRUMENT_TRADING;
    bool fits = filter_verdict(input) == QT_FILTER_OK;
    return qt__found(trades && fits ? QT_GATE_PASS : QT_GATE_LIMIT);
}

/* Basis points by which the order may pay more than the reference. */
static struct qt_gate_finding
collar(const struct qt_gate_input *input, double reference, double limit_bps)
{
    const struct qt_order_request *request = input->request;
    qt_px px = has_limit(request) ? request->px : opposite(input);
    if (!qt_px_is_positive(px))
        return qt__found(QT_GATE_ABSENT);
    double paid = qt_px_to_double(px, input->ins->px_scale);
    double beyond = (is_buy(input) ? paid - reference : reference - paid) / reference * 1e4;
    return qt__at_most(QT_MAX(beyond, 0), limit_bps);
}

/* PASS: there is a collar to check; else the finding of the row. */
static struct qt_gate_finding
collar_concerns(const struct qt_risk_config *config, const struct qt_gate_input *input,
                bool is_reducing)
{
    bool waits = has_trigger(input->request) && !has_limit(input->request);
    if (waits || (is_reducing && !has_limit(input->request)))
        return qt__found(QT_GATE_SKIPPED);
    if (has_trigger(input->request))
        return qt__found(QT_GATE_PASS);
    struct qt_gate_finding fresh = age(config, input);
    return fresh.code == QT_GATE_PASS ? qt__found(QT_GATE_PASS) : fresh;
}

QT__GATE_CHECK(collar_mid)
{
    struct qt_gate_finding concerns = collar_concerns(config, input, is_reducing);
    if (concerns.code != QT_GATE_PASS)
        return concerns;
    int scale = input->ins->px_scale;
    if (has_trigger(input->request)) /* once triggered, its limit is near the trigger */
        return qt_px_is_positive(input->request->stop_px)
                   ? collar(input, qt_px_to_double(input->request->stop_px, scale),
                            config->collar_mid_bps)
                   : qt__found(QT_GATE_ABSENT);
    double mid =
        (qt_px_to_double(input->quote.bid, scale) + qt_px_to_double(input->quote.ask, scale)) / 2;
    return collar(input, mid, config->collar_mid_bps);
}

QT__GATE_CHECK(collar_last)
{
    struct qt_gate_finding concerns = collar_concerns(config, input, is_reducing);
    if (concerns.code != QT_GATE_PASS)
        return concerns;
    if (has_trigger(input->request))
        return qt__found(QT_GATE_SKIPPED);
    if (!qt_px_is_positive(input->last))
        return qt__found(QT_GATE_ABSENT);
    return collar(input, qt_px_to_double(input->last, input->ins->px_scale),
                  config->collar_last_bps);
}

QT__GATE_CHECK(spread)
{
    (void)is_reducing;
    if (!qt_px_is_positive(input->quote.bid) || !qt_px_is_positive(input->quote.ask))
        return qt__found(QT_GATE_ABSENT);
    int scale = input->ins->px_scale;
    double bid = qt_px_to_double(input->quote.bid, scale);
    double ask = qt_px_to_double(input->quote.ask, scale);
    return qt__at_most((ask - bid) / ((ask + bid) / 2) * 1e4, config->max_spread_bps);
}

QT__GATE_CHECK(notional)
{
    (void)is_reducing;
    if (!input->notional.is_known)
        return qt__found(QT_GATE_ABSENT);
    return qt__at_most(qt_money_to_double(input->notional.amount, QT_MONEY_SCALE),
                       (double)config->max_order_notional);
}
