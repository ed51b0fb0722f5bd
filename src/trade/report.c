/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the venue's words to what they change: first what was filled (by cover, R2 and R3 of
 * trade/order.h), then the event and the state. An incident books what it can and makes the order
 * UNKNOWN, so that the venue is asked.
 */
#include <stdarg.h>
#include <stdio.h>

#include "qtrade/base/text.h"
#include "qtrade/trade/orders.h"

#include "order_priv.h"

/* What the filled part of a report came to. */
enum fill_outcome {
    FILL_NONE, /* nothing new */
    FILL_BOOKED,
    FILL_KNOWN,     /* a fill that was said before */
    FILL_IMPOSSIBLE /* incident text is set */
};

static enum fill_outcome QT_PRINTF(2, 3)
    impossible(struct qt_order_change *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(out->incident, sizeof out->incident, format, args);
    va_end(args);
    return FILL_IMPOSSIBLE;
}

static enum fill_outcome
impossible_qty(struct qt_order_change *out, const char *what, const struct qt_order *order,
               qt_qty qty)
{
    char said[QT_DECIMAL_TEXT], asked[QT_DECIMAL_TEXT];
    struct qt_text text;
    qt_text_init(&text, said, sizeof said);
    qt_text_add_decimal(&text, qt_qty_units(qty), order->qty_scale);
    qt_text_init(&text, asked, sizeof asked);
    qt_text_add_decimal(&text, qt_qty_units(order->request.qty), order->qty_scale);
    return impossible(out, "%s: %s of %s", what, said, asked);
}

static struct qt_fill
fill_of(const struct qt_order *order, int64_t t_ns)
{
    return (struct qt_fill){.client_id = order->request.client_id,
                            .seq = order->seq,
                            .t_ns = t_ns,
                            .instrument = order->request.instrument,
                            .side = order->request.side,
                            .purpose = order->purpose};
}

/* Adds a fill to the order's sums. False: overflow; nothing changed. */
static bool
add_sums(struct qt_order *order, const struct qt_fill *fill)
{
    qt_qty cum = QT_QTY_ZERO;
    qt_money quote = QT_MONEY_ZERO, fees = QT_MONEY_ZERO;
    qt_money *fee_sum = fill->fee_in_base ? &order->base_fees : &order->fees;
    if (!qt_qty_add(order->cum_qty, fill->qty, &cum) ||
        !qt_money_add(order->cum_quote, fill->quote, &quote) ||
        !qt_money_add(*fee_sum, fill->fee, &fees))
        return false;
    order->cum_qty = cum;
    order->cum_quote = quote;
    *fee_sum = fees;
    return true;
}

/* Was this trade said before? FILL_NONE: no. */
static enum fill_outcome
check_trade_id(const struct qt_order *order, const struct qt_report *report,
               struct qt_order_change *out)
{
    uint32_t kept = QT_MIN(order->trades, QT_ORDER_TRADES);
    for (uint32_t i = 0; i < kept && report->trade_id != 0; i++) {
        if (order->trade_id[i] != report->trade_id)
            continue;
        if (qt_qty_cmp(order->trade_cum[i], report->cum_qty) == 0)
            return FILL_KNOWN;
        return impossible(out, "trade %llu was said twice with different quantities",
                          (unsigned long long)report->trade_id);
    }
    return FILL_NONE;
}

/* The fills of all that is booked have come: what the estimate among it was off by (R4). False:
 * overflow; nothing changed. */
static bool
settle_estimate(struct qt_order *order, struct qt_fill *fill)
{
    if (!order->is_estimated || !qt_order_is_explained(order))
        return true;
    if (!qt_money_sub(order->explained_quote, order->cum_quote, &fill->correction))
        return false;
    order->cum_quote = order->explained_quote;
    order->is_estimated = false;
    return true;
}

/* Adds what the whole of a fill came to, whether booked before or not. False: overflow. */
static bool
explain(struct qt_order *order, const struct qt_report *report)
{
    qt_money worth;
    return qt_notional(report->px, order->px_scale, report->qty, order->qty_scale, QT_MONEY_SCALE,
                       &worth) &&
           qt_money_add(order->explained_quote, worth, &order->explained_quote);
}

static void
remember_trade(struct qt_order *order, const struct qt_report *report)
{
    order->trade_id[order->trades % QT_ORDER_TRADES] = report->trade_id;
    order->trade_cum[order->trades % QT_ORDER_TRADES] = report->cum_qty;
    order->trades++;
}

/* A venue may pay for a fill (a rebate, told as a negative fee), but not more than it is worth. */
static bool
is_sane_fee(const struct qt_order *order, const struct qt_report *report)
{
    qt_money worth;
    if (qt_money_sign(report->fee) >= 0)
        return true;
    if (report->fee_in_base)
        return qt_qty_cmp(qt_qty_abs(qt_qty_of_money(report->fee)), report->qty) <= 0;
    return qt_notional(report->px, order->px_scale, report->qty, order->qty_scale, QT_MONEY_SCALE,
                       &worth) &&
           qt_money_cmp(qt_money_neg(report->fee), worth) <= 0;
}

/* Covers the report's part; news: what was not booked before. */
static enum fill_outcome
cover_fill(struct qt_order *order, const struct qt_report *report, struct qt_order_change *out,
           qt_qty *news)
{
    qt_qty from = QT_QTY_ZERO;
    if (qt_qty_sign(report->qty) <= 0 || !qt_px_is_positive(report->px) ||
        !is_sane_fee(order, report) || !qt_qty_sub(report->cum_qty, report->qty, &from) ||
        qt_qty_sign(from) < 0)
        return impossible_qty(out, "a fill without sense", order, report->qty);
    if (qt_qty_cmp(report->cum_qty, order->request.qty) > 0)
        return impossible_qty(out, "filled beyond the order", order, report->cum_qty);
    qt_qty said = qt__cover_overlap(&order->explained, from, report->cum_qty);
    if (qt_qty_cmp(said, report->qty) == 0)
        return FILL_KNOWN;
    if (qt_qty_sign(said) > 0)
        return impossible_qty(out, "two fills overlap", order, report->cum_qty);
    struct qt_cover explained = order->explained, booked = order->booked;
    qt_qty fresh;
    if (!qt__cover_add(&explained, from, report->cum_qty, &fresh) ||
        !qt__cover_add(&booked, from, report->cum_qty, news))
        return impossible_qty(out, "too many gaps between fills", order, report->cum_qty);
    order->explained = explained;
    order->booked = booked;
    return FILL_BOOKED;
}

/* A FILL: books the part of it that is news, and its fee. */
static enum fill_outcome
book_fill(struct qt_order *order, const struct qt_report *report, int64_t t_ns,
          struct qt_order_change *out)
{
    enum fill_outcome known = check_trade_id(order, report, out);
    if (known != FILL_NONE)
        return known;
    struct qt_order saved = *order;
    struct qt_fill fill = fill_of(order, t_ns);
    enum fill_outcome outcome = cover_fill(order, report, out, &fill.qty);
    if (outcome != FILL_BOOKED)
        return outcome;
    fill.trade_id = report->trade_id;
    fill.px = report->px;
    fill.fee = report->fee;
    fill.fee_in_base = report->fee_in_base;
    fill.is_maker = report->is_maker;
    if (!qt_notional(fill.px, order->px_scale, fill.qty, order->qty_scale, QT_MONEY_SCALE,
                     &fill.quote) ||
        !add_sums(order, &fill) || !explain(order, report) || !settle_estimate(order, &fill)) {
        *order = saved;
        return impossible_qty(out, "the money of a fill does not fit", order, report->qty);
    }
    remember_trade(order, report);
    out->fill = fill;
    return FILL_BOOKED;
}

/* Price and money of a part that only its sum is known of. False: nothing says a price. */
static bool
price_gap(const struct qt_order *order, const struct qt_report *report, struct qt_fill *fill)
{
    if (qt_money_sign(report->cum_quote) > 0 &&
        qt_money_sub(report->cum_quote, order->cum_quote, &fill->quote) &&
        qt_money_sign(fill->quote) > 0 &&
        qt_px_of_quote(fill->quote, QT_MONEY_SCALE, fill->qty, order->qty_scale, order->px_scale,
                       &fill->px) &&
        qt_px_is_positive(fill->px))
        return true;
    const qt_px tries[] = {order->request.px, report->px, order->request.stop_px};
    fill->is_estimated = true;
    for (size_t i = 0; i < QT_COUNT_OF(tries); i++) {
        fill->px = tries[i];
        if (qt_px_is_positive(fill->px))
            return qt_notional(fill->px, order->px_scale, fill->qty, order->qty_scale,
                               QT_MONEY_SCALE, &fill->quote);
    }
    return false;
}

/* Any other report: books what it knows to be filled and no fill has said yet (R3). */
static enum fill_outcome
book_gap(struct qt_order *order, const struct qt_report *report, int64_t t_ns,
         struct qt_order_change *out)
{
    if (qt_qty_cmp(report->cum_qty, order->cum_qty) <= 0 ||
        qt_qty_cmp(report->cum_qty, qt__cover_top(&order->booked)) < 0)
        return FILL_NONE;
    if (qt_qty_cmp(report->cum_qty, order->request.qty) > 0)
        return impossible_qty(out, "filled beyond the order", order, report->cum_qty);
    struct qt_fill fill = fill_of(order, t_ns);
    fill.is_from_read = true;
    if (!qt_qty_sub(report->cum_qty, order->cum_qty, &fill.qty) ||
        !price_gap(order, report, &fill) || !add_sums(order, &fill))
        return impossible_qty(out, "filled without a price", order, report->cum_qty);
    qt_qty news;
    bool covered = qt__cover_add(&order->booked, QT_QTY_ZERO, report->cum_qty, &news);
    qt_assert(covered && qt_qty_cmp(news, fill.qty) == 0);
    order->is_estimated = order->is_estimated || fill.is_estimated;
    out->fill = fill;
    return FILL_BOOKED;
}

static enum fill_outcome
book(struct qt_order *order, const struct qt_report *report, int64_t t_ns,
     struct qt_order_change *out)
{
    switch ((enum qt_report_type)report->type) {
    case QT_REPORT_FILL:
        return book_fill(order, report, t_ns, out);
    case QT_REPORT_ACCEPTED:
    case QT_REPORT_CANCELLED:
    case QT_REPORT_EXPIRED:
    case QT_REPORT_STATUS:
        return book_gap(order, report, t_ns, out);
    case QT_REPORT_CANCEL_REJECTED:
    case QT_REPORT_REJECTED:
    case QT_REPORT_TIMEOUT:
    case QT_REPORT_NOT_FOUND:
    case QT_REPORT_TYPES:
        break;
    }
    return FILL_NONE;
}

static bool
is_complete(const struct qt_order *order)
{
    return qt_qty_cmp(order->cum_qty, order->request.qty) == 0;
}

/* The event of a read. False: it says nothing, or contradicts itself (incident text is set). */
static bool
read_event(const struct qt_order *order, const struct qt_report *report,
           struct qt_order_change *out, enum qt_order_event *event)
{
    bool some = qt_qty_sign(order->cum_qty) > 0;
    switch ((enum qt_order_state)report->state) {
    case QT_ORDER_PENDING:
    case QT_ORDER_OPEN:
    case QT_ORDER_PARTIAL:
        *event = is_complete(order) ? QT_ORDER_ON_FILL_FULL
                 : some             ? QT_ORDER_ON_READ_PARTIAL
                                    : QT_ORDER_ON_READ_OPEN;
        return true;
    case QT_ORDER_CANCEL_PENDING:
        *event = QT_ORDER_ON_READ_CANCELLING;
        return true;
    case QT_ORDER_FILLED:
        *event = QT_ORDER_ON_READ_FILLED;
        if (!is_complete(order))
            impossible_qty(out, "said to be filled, but it is not", order, order->cum_qty);
        return is_complete(order);
    case QT_ORDER_CANCELLED:
        *event = QT_ORDER_ON_READ_CANCELLED;
        return true;
    case QT_ORDER_REJECTED:
        *event = QT_ORDER_ON_READ_REJECTED;
        return true;
    case QT_ORDER_EXPIRED:
        *event = QT_ORDER_ON_READ_EXPIRED;
        return true;
    case QT_ORDER_UNKNOWN:
    case QT_ORDER_STATES:
        break;
    }
    return false;
}

/* NOT_FOUND proves something only of an order that was never seen, after its window. */
static enum qt_order_event
not_found_event(const struct qt_orders *orders, const struct qt_order *order, int64_t t_ns)
{
    bool may_live = order->is_acknowledged || qt_qty_sign(order->cum_qty) > 0 ||
                    t_ns - order->sent_ns < orders->limits.not_found_ns;
    return may_live ? QT_ORDER_ON_NOT_FOUND : QT_ORDER_ON_NOT_FOUND_SURE;
}

/* The event of a report whose fills are booked. False: none. */
static bool
event_of(const struct qt_orders *orders, const struct qt_order *order,
         const struct qt_report *report, int64_t t_ns, struct qt_order_change *out,
         enum qt_order_event *event)
{
    switch ((enum qt_report_type)report->type) {
    case QT_REPORT_ACCEPTED:
        *event = is_complete(order)                ? QT_ORDER_ON_FILL_FULL
                 : qt_qty_sign(order->cum_qty) > 0 ? QT_ORDER_ON_FILL_PART
                                                   : QT_ORDER_ON_ACCEPTED;
        if (!out->has_fill && order->state != QT_ORDER_UNKNOWN)
            *event = QT_ORDER_ON_ACCEPTED;
        return true;
    case QT_REPORT_FILL:
        *event = is_complete(order) ? QT_ORDER_ON_FILL_FULL : QT_ORDER_ON_FILL_PART;
        return true;
    case QT_REPORT_CANCELLED:
        *event = QT_ORDER_ON_CANCELLED;
        return true;
    case QT_REPORT_CANCEL_REJECTED:
        *event = QT_ORDER_ON_CANCEL_REJECTED;
        return true;
    case QT_REPORT_REJECTED:
        *event = order->is_acknowledged ? QT_ORDER_ON_REJECTED_LATE : QT_ORDER_ON_REJECTED;
        return true;
    case QT_REPORT_EXPIRED:
        *event = QT_ORDER_ON_EXPIRED;
        return true;
    case QT_REPORT_TIMEOUT:
        *event = QT_ORDER_ON_TIMEOUT;
        return true;
    case QT_REPORT_STATUS:
        return read_event(order, report, out, event);
    case QT_REPORT_NOT_FOUND:
        *event = not_found_event(orders, order, t_ns);
        return true;
    case QT_REPORT_TYPES:
        break;
    }
    return false;
}

/* What a report shows beside fills and state. True: something of it is new. */
static bool
learn(struct qt_orders *orders, struct qt_order *order, const struct qt_report *report)
{
    bool shows = report->type == QT_REPORT_ACCEPTED || report->type == QT_REPORT_FILL ||
                 report->type == QT_REPORT_CANCELLED || report->type == QT_REPORT_EXPIRED ||
                 report->type == QT_REPORT_STATUS;
    bool is_news = shows && !order->is_acknowledged;
    orders->counts.accepted += is_news;
    order->is_acknowledged = order->is_acknowledged || shows;
    if (shows && order->venue_id == 0 && report->venue_id != 0) {
        order->venue_id = report->venue_id;
        is_news = true;
    }
    if (report->type == QT_REPORT_REJECTED)
        order->code = report->code;
    return is_news;
}

static enum qt_orders_verdict
incident(struct qt_orders *orders, struct qt_order *order, int64_t t_ns,
         struct qt_order_change *out)
{
    qt__order_set(orders, order, QT_ORDER_UNKNOWN, "contradiction: ask the venue", t_ns);
    orders->counts.incidents++;
    out->after = order->state;
    return QT_ORDERS_INCIDENT;
}

static void
say_illegal(const struct qt_order *order, enum qt_order_event event, struct qt_order_change *out)
{
    snprintf(out->incident, sizeof out->incident, "order %llx: %s while %s",
             (unsigned long long)order->request.client_id, qt_order_event_name(event),
             qt_order_state_name(order->state));
}

/* Nothing was new: older than what is known, or the same again. */
static enum qt_orders_verdict
nothing_new(struct qt_orders *orders, const struct qt_order *order, const struct qt_report *report)
{
    bool tells_cum = report->type == QT_REPORT_STATUS || report->type == QT_REPORT_ACCEPTED;
    bool is_older = (tells_cum && qt_qty_cmp(report->cum_qty, order->cum_qty) < 0) ||
                    (report->type == QT_REPORT_STATUS && report->state != order->state);
    orders->counts.stale += is_older;
    orders->counts.duplicates += !is_older;
    return is_older ? QT_ORDERS_STALE : QT_ORDERS_DUPLICATE;
}

/* Fills are booked: now the state. */
static enum qt_orders_verdict
take_event(struct qt_orders *orders, struct qt_order *order, const struct qt_report *report,
           int64_t t_ns, struct qt_order_change *out)
{
    enum qt_order_event event = QT_ORDER_EVENTS;
    bool has_event = event_of(orders, order, report, t_ns, out, &event);
    bool is_news = learn(orders, order, report) || out->has_fill;
    if (out->incident[0] != '\0')
        return incident(orders, order, t_ns, out);
    if (has_event && !qt__order_move(orders, order, event, t_ns)) {
        say_illegal(order, event, out);
        return incident(orders, order, t_ns, out);
    }
    out->after = order->state;
    if (is_news)
        order->updated_ns = t_ns;
    if (is_news || out->after != out->before)
        return QT_ORDERS_APPLIED;
    return nothing_new(orders, order, report);
}

enum qt_orders_verdict
qt_orders_report(struct qt_orders *orders, const struct qt_report *report, int64_t t_ns,
                 struct qt_order_change *out)
{
    *out = (struct qt_order_change){.order = qt_orders_find(orders, report->client_id)};
    struct qt_order *order = out->order;
    if (!order) {
        orders->counts.unknown_ids++;
        return QT_ORDERS_UNKNOWN_ID;
    }
    out->before = out->after = order->state;
    enum fill_outcome outcome = book(order, report, t_ns, out);
    out->has_fill = outcome == FILL_BOOKED;
    orders->counts.fills += out->has_fill && qt_qty_sign(out->fill.qty) > 0;
    if (outcome == FILL_IMPOSSIBLE)
        return incident(orders, order, t_ns, out);
    if (outcome == FILL_KNOWN) {
        orders->counts.duplicates++;
        return QT_ORDERS_DUPLICATE;
    }
    return take_event(orders, order, report, t_ns, out);
}

/* An event of our own: a pair that is not in the table changes nothing and is an incident. */
static enum qt_orders_verdict
own_event(struct qt_orders *orders, struct qt_order *order, enum qt_order_event event, int64_t t_ns,
          struct qt_order_change *out)
{
    *out = (struct qt_order_change){.order = order, .before = order->state, .after = order->state};
    if (!qt__order_move(orders, order, event, t_ns)) {
        say_illegal(order, event, out);
        orders->counts.incidents++;
        return QT_ORDERS_INCIDENT;
    }
    out->after = order->state;
    return QT_ORDERS_APPLIED;
}

enum qt_orders_verdict
qt_orders_sent(struct qt_orders *orders, struct qt_order *order, int64_t t_ns,
               struct qt_order_change *out)
{
    enum qt_orders_verdict verdict = own_event(orders, order, QT_ORDER_ON_SUBMIT, t_ns, out);
    if (verdict == QT_ORDERS_APPLIED) {
        order->sent_ns = order->updated_ns = t_ns;
        qt_copy(order->reason, sizeof order->reason, "sent");
    }
    return verdict;
}

enum qt_orders_verdict
qt_orders_cancel_sent(struct qt_orders *orders, struct qt_order *order, int64_t t_ns,
                      struct qt_order_change *out)
{
    enum qt_orders_verdict verdict = own_event(orders, order, QT_ORDER_ON_CANCEL_SENT, t_ns, out);
    if (verdict == QT_ORDERS_APPLIED) {
        order->is_cancel_wanted = true;
        order->cancel_ns = order->updated_ns = t_ns;
    }
    return verdict;
}

enum qt_orders_verdict
qt_orders_timeout(struct qt_orders *orders, struct qt_order *order, int64_t t_ns,
                  struct qt_order_change *out)
{
    enum qt_orders_verdict verdict = own_event(orders, order, QT_ORDER_ON_TIMEOUT, t_ns, out);
    return verdict == QT_ORDERS_APPLIED && out->before == out->after ? QT_ORDERS_DUPLICATE
                                                                     : verdict;
}

enum qt_orders_verdict
qt_orders_not_sent(struct qt_orders *orders, struct qt_order *order, int64_t t_ns,
                   const char *reason, struct qt_order_change *out)
{
    *out = (struct qt_order_change){.order = order, .before = order->state, .after = order->state};
    if (order->state != QT_ORDER_PENDING || order->is_acknowledged) {
        snprintf(out->incident, sizeof out->incident, "order %llx: said not to be sent while %s",
                 (unsigned long long)order->request.client_id, qt_order_state_name(order->state));
        orders->counts.incidents++;
        return QT_ORDERS_INCIDENT;
    }
    qt__order_set(orders, order, QT_ORDER_REJECTED, reason, t_ns);
    out->after = order->state;
    return QT_ORDERS_APPLIED;
}
