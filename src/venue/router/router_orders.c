/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An order in parts, and its reports as those of one (rule V1). What a leg says changes its part;
 * what the engine is told is said of the sum.
 */
#include <string.h>

#include "qtrade/base/attr.h"

#include "router_priv.h"

struct qt__router_order *
qt__router_find(struct qt_router *router, uint64_t client_id)
{
    uint64_t at;
    return qt_map_get(router->by_id, client_id, &at) ? &router->order[at] : NULL;
}

bool
qt__router_part_is_open(const struct qt__router_part *part)
{
    switch (part->state) {
    case QT_ORDER_PENDING:
    case QT_ORDER_OPEN:
    case QT_ORDER_PARTIAL:
    case QT_ORDER_CANCEL_PENDING:
    case QT_ORDER_UNKNOWN:
        return true;
    default:
        return false;
    }
}

static bool
has_open_part(const struct qt__router_order *order)
{
    for (size_t i = 0; i < QT_ROUTE_VENUES; i++) {
        if (qt__router_part_is_open(&order->part[i]))
            return true;
    }
    return false;
}

/* The oldest place whose order has ended; NULL: every one is open. */
static struct qt__router_order *
free_place(struct qt_router *router)
{
    for (uint32_t tried = 0; tried < QT__ROUTER_ORDERS; tried++) {
        struct qt__router_order *order = &router->order[router->newest];
        router->newest = (router->newest + 1) % QT__ROUTER_ORDERS;
        if (order->client_id == 0 || !has_open_part(order))
            return order;
    }
    return NULL;
}

struct qt__router_order *
qt__router_add(struct qt_router *router, uint64_t client_id, uint32_t instrument, enum qt_side side,
               qt_qty qty)
{
    struct qt__router_order *order = free_place(router);
    if (!order)
        return NULL;
    if (order->client_id != 0)
        qt_map_remove(router->by_id, order->client_id);
    *order = (struct qt__router_order){
        .client_id = client_id, .instrument = instrument, .side = (uint8_t)side, .qty = qty};
    for (size_t i = 0; i < QT_ROUTE_VENUES; i++)
        order->part[i].state = QT_ORDER_STATES;
    if (qt_map_put(router->by_id, client_id, (uint64_t)(order - router->order)))
        return order;
    order->client_id = 0;
    return NULL;
}

void
qt__router_forget(struct qt_router *router, struct qt__router_order *order)
{
    qt_map_remove(router->by_id, order->client_id);
    order->client_id = 0;
}

/* The sum of the parts */

struct sum {
    unsigned count[QT_ORDER_STATES + 1]; /* of parts by state */
    qt_qty qty, cum, fill_cum;
    qt_money cum_quote, fill_quote;
    uint64_t venue_id;
};

/* -1: one of them is not known. */
static qt_money
add_quote(qt_money sum, qt_qty cum, qt_money quote)
{
    if (cum.v > 0 && quote.v < 0)
        return (qt_money){-1};
    return sum.v >= 0 && cum.v > 0 ? (qt_money){sum.v + quote.v} : sum;
}

static struct sum
sum_of(const struct qt__router_order *order)
{
    struct sum sum = {0};
    for (size_t i = 0; i < QT_ROUTE_VENUES; i++) {
        const struct qt__router_part *part = &order->part[i];
        sum.count[part->state]++;
        if (part->state == QT_ORDER_STATES)
            continue;
        sum.qty.v += part->qty.v;
        sum.cum.v += part->cum.v;
        sum.cum_quote = add_quote(sum.cum_quote, part->cum, part->cum_quote);
        sum.fill_cum.v += part->fill_cum.v;
        sum.fill_quote = add_quote(sum.fill_quote, part->fill_cum, part->fill_quote);
        if (sum.venue_id == 0)
            sum.venue_id = part->venue_id;
    }
    if (order->qty.v > 0)
        sum.qty = order->qty;
    return sum;
}

static enum qt_order_state
state_of(const struct sum *sum)
{
    static const enum qt_order_state last[] = {QT_ORDER_CANCELLED, QT_ORDER_EXPIRED,
                                               QT_ORDER_REJECTED};
    if (sum->count[QT_ORDER_UNKNOWN] > 0)
        return QT_ORDER_UNKNOWN;
    bool is_resting = sum->count[QT_ORDER_OPEN] + sum->count[QT_ORDER_PARTIAL] +
                          sum->count[QT_ORDER_CANCEL_PENDING] >
                      0;
    if (sum->count[QT_ORDER_PENDING] > 0 && !is_resting && sum->cum.v == 0)
        return QT_ORDER_PENDING;
    if (is_resting || sum->count[QT_ORDER_PENDING] > 0)
        return sum->cum.v > 0 ? QT_ORDER_PARTIAL : QT_ORDER_OPEN;
    if (sum->cum.v >= sum->qty.v)
        return QT_ORDER_FILLED;
    for (size_t i = 0; i < 3; i++) {
        bool was_filled = last[i] == QT_ORDER_REJECTED && sum->cum.v > 0;
        if (sum->count[last[i]] > 0)
            return was_filled ? QT_ORDER_EXPIRED : last[i];
    }
    return QT_ORDER_EXPIRED; /* every part filled, and less of them was sent than asked for */
}

static void
tell(struct qt_router *router, const struct qt__router_order *order, struct qt_event event,
     enum qt_report_type type)
{
    struct sum sum = sum_of(order);
    struct qt_report *report = &event.report;
    event.instrument = order->instrument;
    report->client_id = order->client_id;
    report->venue_id = sum.venue_id;
    report->type = (uint8_t)type;
    report->state = (uint8_t)state_of(&sum);
    report->side = order->side;
    report->cum_qty = sum.cum;
    report->cum_quote = sum.cum_quote;
    if (type == QT_REPORT_ACCEPTED || type == QT_REPORT_STATUS)
        report->qty = sum.qty;
    if (type == QT_REPORT_CANCELLED)
        report->state = QT_ORDER_CANCELLED;
    if (type == QT_REPORT_FILL) { /* an answer may have told of all before the first of them is */
        bool is_last = report->state == QT_ORDER_FILLED && sum.fill_cum.v >= sum.qty.v;
        report->cum_qty = sum.fill_cum;
        report->cum_quote = sum.fill_quote;
        report->state = is_last ? QT_ORDER_FILLED : QT_ORDER_PARTIAL; /* an end is told by itself */
    }
    qt__router_push(router, &event);
}

/* An end of one part is the order's when nothing is open any more; one that was filled has been
 * told so. */
static void
tell_end(struct qt_router *router, struct qt__router_order *order, const struct qt_event *like)
{
    static const enum qt_report_type types[QT_ORDER_STATES] = {
        [QT_ORDER_CANCELLED] = QT_REPORT_CANCELLED, [QT_ORDER_REJECTED] = QT_REPORT_REJECTED};
    struct sum sum = sum_of(order);
    enum qt_order_state state = state_of(&sum);
    if (has_open_part(order) || order->is_ended || state == QT_ORDER_FILLED)
        return;
    struct qt_event event = *like;
    event.report = (struct qt_report){.px = QT_PX_NONE, .code = like->report.code};
    order->is_ended = true;
    tell(router, order, event, types[state] ? types[state] : QT_REPORT_EXPIRED);
}

/* What a leg says */

static void
answered(struct qt__router_leg *leg, struct qt__router_part *part, bool is_refused, int64_t now_ns)
{
    if (part->sent_ns == 0 || part->answered_ns != 0)
        return;
    part->answered_ns = now_ns;
    qt_route_answered(&leg->record, (double)(now_ns - part->sent_ns) / 1e9, is_refused);
    if (is_refused)
        qt_breaker_failed(&leg->breaker, now_ns);
    else
        qt_breaker_succeeded(&leg->breaker);
}

static void
take_fills(struct qt__router_leg *leg, uint32_t instrument, struct qt__router_part *part,
           const struct qt_report *report)
{
    qt_qty cum = qt__router_qty_in(leg, instrument, report->cum_qty);
    if (cum.v < part->cum.v)
        return; /* an older word */
    part->cum = cum;
    part->cum_quote = report->cum_quote;
}

static void
take_told(struct qt__router_leg *leg, uint32_t instrument, struct qt__router_part *part,
          const struct qt_report *report)
{
    qt_qty cum = qt__router_qty_in(leg, instrument, report->cum_qty);
    if (cum.v < part->fill_cum.v)
        return;
    part->fill_cum = cum;
    part->fill_quote = report->cum_quote;
}

/* A venue tells a fill in its answer and in its stream; told again beside other parts' fills, the
 * sums would differ. */
static bool
was_told(struct qt__router_part *part, uint64_t trade_id)
{
    uint32_t kept = QT_MIN(part->trades, QT__ROUTER_TRADES);
    for (uint32_t i = 0; i < kept; i++) {
        if (part->trade[i] == trade_id)
            return true;
    }
    part->trade[part->trades++ % QT__ROUTER_TRADES] = trade_id;
    return false;
}

static void
on_fill(struct qt__router_leg *leg, struct qt__router_order *order, const struct qt_event *event)
{
    struct qt__router_part *part = &order->part[leg->index];
    struct qt_event told = *event;
    struct qt_report *report = &told.report;
    const struct qt_instrument *ins = qt_universe_at(leg->port.universe, event->instrument);
    if (was_told(part, event->report.trade_id))
        return;
    take_fills(leg, order->instrument, part, &event->report);
    take_told(leg, order->instrument, part, &event->report);
    leg->needs_read = leg->router->options.is_margined;
    if (qt__router_part_is_open(part) &&
        (part->state != QT_ORDER_CANCEL_PENDING || event->report.state == QT_ORDER_FILLED))
        part->state = event->report.state;
    if (part->expected > 0 && part->qty.v > 0)
        qt_route_filled(&leg->record, (enum qt_side)order->side,
                        (double)event->report.px.v / (double)qt_pow10(ins->px_scale),
                        part->expected,
                        (double)qt__router_qty_in(leg, order->instrument, event->report.qty).v /
                            (double)part->qty.v);
    report->px = qt__router_px_in(leg, order->instrument, report->px);
    report->qty = qt__router_qty_in(leg, order->instrument, report->qty);
    if (report->fee_in_base)
        report->fee = qt_money_of_qty(
            qt__router_qty_in(leg, order->instrument, qt_qty_of_money(report->fee)));
    report->trade_id =
        report->trade_id * QT_ROUTE_VENUES + leg->index; /* legs count each for itself */
    if (leg->router->options.is_margined)
        qt__router_filled(leg, order->instrument, (enum qt_side)order->side, report->qty);
    tell(leg->router, order, told, QT_REPORT_FILL);
    tell_end(leg->router, order, event);
}

static void
on_end(struct qt__router_leg *leg, struct qt__router_order *order, const struct qt_event *event)
{
    struct qt__router_part *part = &order->part[leg->index];
    take_fills(leg, order->instrument, part, &event->report);
    part->state = event->report.state;
    tell_end(leg->router, order, event);
}

static bool
is_asked(const struct qt__router_order *order)
{
    for (size_t i = 0; i < QT_ROUTE_VENUES; i++) {
        if (order->part[i].is_asked)
            return true;
    }
    return false;
}

static bool
is_absent(const struct qt__router_order *order)
{
    for (size_t i = 0; i < QT_ROUTE_VENUES; i++) {
        if (order->part[i].state != QT_ORDER_STATES)
            return false;
    }
    return true;
}

/* The last of the legs that were asked has answered. */
static void
tell_answer(struct qt_router *router, struct qt__router_order *order, const struct qt_event *event)
{
    if (is_asked(order))
        return;
    struct sum sum = sum_of(order);
    enum qt_order_state state = state_of(&sum);
    if (is_absent(order))
        tell(router, order, *event, QT_REPORT_NOT_FOUND);
    else
        tell(router, order, *event,
             state == QT_ORDER_UNKNOWN ? QT_REPORT_TIMEOUT : QT_REPORT_STATUS);
}

/* Soon after sending a leg may not know yet what it has: then the part stays unknown. */
static void
on_not_found(struct qt__router_leg *leg, struct qt__router_order *order,
             const struct qt_event *event)
{
    struct qt_router *router = leg->router;
    struct qt__router_part *part = &order->part[leg->index];
    int64_t since = part->sent_ns ? part->sent_ns : router->opened_ns;
    bool is_proof = event->t_recv_ns - since >= router->options.not_found_ns;
    part->is_asked = false;
    if (part->cum.v == 0)
        part->state = is_proof ? QT_ORDER_STATES : QT_ORDER_UNKNOWN;
    else
        part->state = QT_ORDER_EXPIRED; /* it was there */
    tell_answer(router, order, event);
}

static void
on_status(struct qt__router_leg *leg, struct qt__router_order *order, const struct qt_event *event)
{
    struct qt__router_part *part = &order->part[leg->index];
    if (part->qty.v == 0)
        part->qty = qt__router_qty_in(leg, order->instrument, event->report.qty);
    part->venue_id = event->report.venue_id;
    take_fills(leg, order->instrument, part, &event->report);
    part->state = event->report.state;
    /* Perpetuals answer an order with what it filled, and tell the fills after it: of several parts
     * the engine could not say which fills such a sum has in it. */
    bool has_fills_to_come = leg->router->options.is_margined && !part->is_asked &&
                             part->fill_cum.v < part->cum.v;
    part->is_asked = false;
    if (event->flags & QT_EVENT_SNAPSHOT)
        part->is_seen = true; /* told when every leg is read */
    else if (!has_fills_to_come)
        tell_answer(leg->router, order, event);
}

static void
on_report(struct qt__router_leg *leg, struct qt__router_order *order, const struct qt_event *event)
{
    struct qt__router_part *part = &order->part[leg->index];
    enum qt_report_type type = (enum qt_report_type)event->report.type;
    if (type != QT_REPORT_TIMEOUT && type != QT_REPORT_NOT_FOUND)
        answered(leg, part, type == QT_REPORT_REJECTED, event->t_recv_ns);
    switch (type) {
    case QT_REPORT_ACCEPTED:
        part->venue_id = event->report.venue_id;
        if (part->state == QT_ORDER_PENDING || part->state == QT_ORDER_UNKNOWN)
            part->state = QT_ORDER_OPEN;
        if (!order->is_accepted)
            tell(leg->router, order, *event, QT_REPORT_ACCEPTED);
        order->is_accepted = true;
        break;
    case QT_REPORT_FILL:
        on_fill(leg, order, event);
        break;
    case QT_REPORT_CANCELLED:
    case QT_REPORT_EXPIRED:
    case QT_REPORT_REJECTED:
        on_end(leg, order, event);
        break;
    case QT_REPORT_CANCEL_REJECTED:
        tell(leg->router, order, *event, QT_REPORT_CANCEL_REJECTED);
        break;
    case QT_REPORT_TIMEOUT:
        part->state = QT_ORDER_UNKNOWN;
        qt_breaker_failed(&leg->breaker, event->t_recv_ns);
        tell(leg->router, order, *event, QT_REPORT_TIMEOUT);
        break;
    case QT_REPORT_STATUS:
        on_status(leg, order, event);
        break;
    case QT_REPORT_NOT_FOUND:
        on_not_found(leg, order, event);
        break;
    case QT_REPORT_TYPES:
        break;
    }
}

/* The first word of a part that an earlier run sent. */
static void
begin_part(struct qt__router_leg *leg, struct qt__router_order *order, const struct qt_event *event)
{
    struct qt__router_part *part = &order->part[leg->index];
    bool tells_qty =
        event->report.type == QT_REPORT_ACCEPTED || event->report.type == QT_REPORT_STATUS;
    order->side = event->report.side;
    part->state = QT_ORDER_PENDING;
    part->qty =
        tells_qty ? qt__router_qty_in(leg, order->instrument, event->report.qty) : QT_QTY_ZERO;
}

/* An order of somebody else is told as it is. */
static void
pass_foreign(struct qt__router_leg *leg, const struct qt_event *event)
{
    struct qt_event told = *event;
    struct qt_report *report = &told.report;
    told.instrument = leg->own[event->instrument];
    report->px = qt__router_px_in(leg, told.instrument, report->px);
    report->qty = qt__router_qty_in(leg, told.instrument, report->qty);
    report->cum_qty = qt__router_qty_in(leg, told.instrument, report->cum_qty);
    qt__router_push(leg->router, &told);
}

void
qt__router_report(struct qt__router_leg *leg, const struct qt_event *event)
{
    struct qt_router *router = leg->router;
    uint64_t id = event->report.client_id;
    enum qt_report_type type = (enum qt_report_type)event->report.type;
    bool says_there = type != QT_REPORT_NOT_FOUND && type != QT_REPORT_CANCEL_REJECTED;
    struct qt__router_order *order = id ? qt__router_find(router, id) : NULL;
    if (!order && id && says_there)
        order = qt__router_add(router, id, leg->own[event->instrument],
                               (enum qt_side)event->report.side, QT_QTY_ZERO);
    if (!order) {
        if (id == 0)
            pass_foreign(leg, event);
        return;
    }
    if (order->part[leg->index].state == QT_ORDER_STATES && says_there)
        begin_part(leg, order, event);
    on_report(leg, order, event);
}

/* Ends for the engine, rule V6. */
void
qt__router_leave(struct qt_router *router, struct qt__router_order *order)
{
    struct qt_event event = {.kind = QT_EVENT_REPORT,
                             .t_venue_ns = router->now_ns,
                             .t_recv_ns = router->now_ns,
                             .report = {.px = QT_PX_NONE}};
    order->is_ended = true;
    tell(router, order, event, QT_REPORT_CANCELLED);
}

void
qt__router_tell_open(struct qt_router *router)
{
    for (uint32_t k = 0; k < QT__ROUTER_ORDERS; k++) {
        const struct qt__router_order *order = &router->order[k];
        if (order->client_id == 0 || order->is_ended || !has_open_part(order) || is_asked(order))
            continue;
        struct sum sum = sum_of(order);
        enum qt_order_state state = state_of(&sum);
        if (state == QT_ORDER_OPEN || state == QT_ORDER_PARTIAL)
            tell(router, order,
                 (struct qt_event){.kind = QT_EVENT_REPORT,
                                   .flags = QT_EVENT_SNAPSHOT,
                                   .t_venue_ns = router->now_ns,
                                   .t_recv_ns = router->now_ns,
                                   .report = {.px = QT_PX_NONE}},
                 QT_REPORT_STATUS);
    }
}
