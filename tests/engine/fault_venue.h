/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A venue in virtual time, beside guard_kit.h: it takes the orders, fills them at the price that a
 * case says, and shows each fault of `venue serve --fault`. One symbol, whose holding it keeps.
 */
#ifndef QTRADE_TESTS_FAULT_VENUE_H
#define QTRADE_TESTS_FAULT_VENUE_H

#include "qtrade/venue/fault.h"

#include "guard_kit.h"

enum { QUEUE = 256, ORDERS = 128, LATE_S = 3, ANSWER_S = 5, PAST_S = 5 };

/* The venue: what it knows, and what is on its way from it. */
static struct {
    struct {
        uint64_t id;
        int64_t qty, cum, stop; /* stop 0: at market */
        enum qt_order_state state;
        enum qt_side side;
    } order[ORDERS];
    unsigned orders, seen; /* of what was sent */
    int64_t left, bid;     /* of the asset; of the market */
    uint64_t trades;
    struct {
        int64_t due_ns;
        struct qt_event event;
    } queue[QUEUE];
    unsigned queued, told, asked; /* told: by the stream; asked: requests */
    int64_t read_ns;              /* of the last read of the account that was answered */
    bool has_fault, fills_first, withholds;
    int32_t refuses;       /* sales at market, with this code; 0: none */
    bool is_mute;          /* cancels do nothing, and are not answered */
    bool fills_a_lot;      /* of a sale at market, and leaves the rest of it where it is */
} venue, past[PAST_S + 1]; /* as it was so many seconds ago */
static unsigned stale_s;   /* reads of the account show it as it was then */
static enum qt_fault_kind fault;

static inline bool
is_fault(enum qt_fault_kind kind)
{
    return venue.has_fault && fault == kind;
}

static inline void
put(const struct qt_event *event, int64_t delay_s)
{
    ck_assert_uint_lt(venue.queued, QUEUE);
    venue.queue[venue.queued].due_ns = now_ns + delay_s * QT_NS_PER_S;
    venue.queue[venue.queued++].event = *event;
}

/* The stream of the account may lose, repeat and reorder; answers may be late. */
static inline void
tell(const struct qt_event *event, bool is_answer)
{
    bool is_lost =
        is_fault(QT_FAULT_DROP_USER) || is_fault(QT_FAULT_CUT) || is_fault(QT_FAULT_HALF_OPEN);
    int64_t delay_s = is_answer ? (is_fault(QT_FAULT_LATENCY) ? LATE_S : 0)
                      : is_fault(QT_FAULT_REORDER) && venue.told++ % 2 == 0 ? 2
                                                                            : 0;
    if (!is_answer && (is_lost || venue.withholds))
        return;
    put(event, delay_s);
    if (is_fault(QT_FAULT_DUPLICATE))
        put(event, delay_s);
}

static inline struct qt_event
report_of(unsigned i, enum qt_report_type type)
{
    return (struct qt_event){.kind = QT_EVENT_REPORT,
                             .report = {.client_id = venue.order[i].id,
                                        .venue_id = 100 + i,
                                        .px = QT_PX_NONE,
                                        .qty = {venue.order[i].qty},
                                        .cum_qty = {venue.order[i].cum},
                                        .cum_quote = {-1},
                                        .type = (uint8_t)type,
                                        .state = (uint8_t)venue.order[i].state,
                                        .side = (uint8_t)venue.order[i].side}};
}

static inline void
answer_bare(uint64_t id, enum qt_report_type type, enum qt_order_state state, int32_t code,
            int64_t delay_s)
{
    const struct qt_event event = {.kind = QT_EVENT_REPORT,
                                   .report = {.client_id = id,
                                              .px = QT_PX_NONE,
                                              .cum_quote = {-1},
                                              .code = code,
                                              .type = (uint8_t)type,
                                              .state = (uint8_t)state,
                                              .side = QT_SELL}};
    put(&event, delay_s);
}

static inline bool
is_alive(unsigned i)
{
    return venue.order[i].state == QT_ORDER_OPEN || venue.order[i].state == QT_ORDER_PARTIAL;
}

static inline void
fills(unsigned i, int64_t qty)
{
    venue.order[i].cum += qty;
    venue.left += venue.order[i].side == QT_BUY ? qty : -qty;
    ck_assert_msg(venue.left >= 0, "more was sold than was held");
    venue.order[i].state =
        venue.order[i].cum == venue.order[i].qty ? QT_ORDER_FILLED : QT_ORDER_PARTIAL;
    struct qt_event event = report_of(i, QT_REPORT_FILL);
    event.report.px = (qt_px){venue.bid};
    event.report.qty = (qt_qty){qty};
    event.report.trade_id = ++venue.trades;
    tell(&event, false);
    if (venue.order[i].stop == 0)
        tell(&event, true); /* the answer brings it too */
}

static inline int
find(uint64_t id)
{
    for (unsigned i = 0; i < venue.orders; i++)
        if (venue.order[i].id == id)
            return (int)i;
    return -1;
}

static inline int64_t
locked(void)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < venue.orders; i++)
        sum += is_alive(i) && venue.order[i].side == QT_SELL
                   ? venue.order[i].qty - venue.order[i].cum
                   : 0;
    return sum;
}

/* A refusal of the request itself, before anything is done; its code, 0: none. */
static inline int32_t
refusal(void)
{
    return is_fault(QT_FAULT_SKEW) ? -1021 : is_fault(QT_FAULT_REVOKE) || is_fault(QT_FAULT_ROTATE) ? -2015 : 0;
}

static inline void
takes(const struct qt_order_request *order)
{
    bool is_sale = order->type == QT_TYPE_MARKET;
    int32_t code = is_sale && venue.refuses ? venue.refuses : refusal();
    bool is_refused = code || is_fault(QT_FAULT_REJECT) || is_fault(QT_FAULT_HALT) ||
                      find(order->client_id) >= 0 || locked() + order->qty.v > venue.left;
    bool is_error = is_fault(QT_FAULT_5XX), is_lost = is_fault(QT_FAULT_LOST_ACK);
    if (is_error && venue.asked % 2 == 0) { /* before the work was done */
        answer_bare(order->client_id, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0, 0);
        return;
    }
    if (is_refused) {
        answer_bare(order->client_id, QT_REPORT_REJECTED, QT_ORDER_REJECTED, code ? code : -2010,
                    0);
        return;
    }
    unsigned i = venue.orders++;
    ck_assert_uint_lt(i, ORDERS);
    venue.order[i].id = order->client_id;
    venue.order[i].qty = order->qty.v;
    venue.order[i].stop = is_sale ? 0 : order->stop_px.v;
    venue.order[i].side = QT_SELL;
    venue.order[i].state = QT_ORDER_OPEN;
    struct qt_event event = report_of(i, QT_REPORT_ACCEPTED);
    tell(&event, false);
    if (is_error || is_lost)
        answer_bare(order->client_id, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0,
                    is_lost ? ANSWER_S : 0);
    else if (!venue.withholds)
        tell(&event, true);
    if (is_sale)
        fills(i, venue.fills_a_lot ? qt_qty_units(symbol()->lot) : venue.order[i].qty);
}

static inline void
cancels(uint64_t id)
{
    int i = find(id);
    int32_t code = refusal();
    bool is_error = is_fault(QT_FAULT_5XX);
    if (is_error && venue.asked % 2 == 0) {
        answer_bare(id, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0, 0);
        return;
    }
    if (code || is_fault(QT_FAULT_REJECT_CANCEL) || i < 0 || !is_alive((unsigned)i)) {
        answer_bare(id, QT_REPORT_CANCEL_REJECTED, QT_ORDER_UNKNOWN, code ? code : -2011, 0);
        return;
    }
    venue.order[i].state = QT_ORDER_CANCELLED;
    const struct qt_event event = report_of((unsigned)i, QT_REPORT_CANCELLED);
    tell(&event, false);
    if (is_error)
        answer_bare(id, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0, 0);
    else
        tell(&event, true);
}

static inline void
says(uint64_t id)
{
    int i = find(id);
    if (refusal() || is_fault(QT_FAULT_5XX)) {
        answer_bare(id, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0, 0);
    } else if (i < 0) {
        answer_bare(id, QT_REPORT_NOT_FOUND, QT_ORDER_UNKNOWN, -2013, 0);
    } else {
        const struct qt_event event = report_of((unsigned)i, QT_REPORT_STATUS);
        tell(&event, true);
    }
}

/* What was sent since the last look, in its order. */
static inline void
serve(void)
{
    for (; venue.seen < sents; venue.seen++) {
        const struct qt_order_request order = sent[venue.seen].order;
        venue.asked += sent[venue.seen].verb != INTEND;
        switch (sent[venue.seen].verb) {
        case SUBMIT:
            takes(&order);
            break;
        case CANCEL:
            if (!venue.is_mute)
                cancels(order.client_id);
            break;
        case QUERY:
            says(order.client_id);
            break;
        case CANCEL_ALL:
            for (unsigned i = 0; i < venue.orders && !venue.is_mute; i++)
                if (is_alive(i))
                    cancels(venue.order[i].id);
            break;
        case INTEND:
            break;
        case VERBS:
            ck_abort_msg("nobody asked for that");
        }
    }
}

static inline void
match(void)
{
    for (unsigned i = 0; i < venue.orders && !is_fault(QT_FAULT_HALT) && !venue.withholds; i++)
        if (is_alive(i) && venue.order[i].side == QT_SELL && venue.order[i].stop > 0 &&
            venue.bid <= venue.order[i].stop)
            fills(i, venue.order[i].qty - venue.order[i].cum);
}

static inline void
deliver(void)
{
    for (unsigned i = 0; i < venue.queued;) {
        if (venue.queue[i].due_ns > now_ns) {
            i++;
            continue;
        }
        struct qt_event event = venue.queue[i].event;
        memmove(&venue.queue[i], &venue.queue[i + 1], (--venue.queued - i) * sizeof venue.queue[0]);
        now_ns += QT_NS_PER_MS;
        pass(&event);
        serve();
        i = 0;
    }
}

/* A read of the account that was asked for: balances, open orders, its end. */
static inline void
read_out(void)
{
    if (engine->sync.asked_ns == venue.read_ns || is_port_down || venue.withholds || refusal() ||
        is_fault(QT_FAULT_5XX))
        return;
    venue.read_ns = engine->sync.asked_ns;
    struct qt_event event = {.kind = QT_EVENT_BALANCE,
                             .instrument = QT_NO_INSTRUMENT,
                             .balance = {.asset = "AAA", .free = {past[stale_s].left * 100000}}};
    pass(&event);
    for (unsigned i = 0; i < venue.orders; i++) {
        event = report_of(i, QT_REPORT_STATUS);
        event.flags = QT_EVENT_SNAPSHOT;
        event.report.state = (uint8_t)past[stale_s].order[i].state;
        event.report.cum_qty.v = past[stale_s].order[i].cum;
        if (event.report.state == QT_ORDER_OPEN || event.report.state == QT_ORDER_PARTIAL)
            pass(&event);
    }
    event = (struct qt_event){.kind = QT_EVENT_SYNC, .instrument = QT_NO_INSTRUMENT};
    pass(&event);
    serve();
}

/* A look at the key found that it may withdraw. */
static inline void
tell_unfit(void)
{
    struct qt_event event = {.kind = QT_EVENT_LINK,
                             .flags = QT_EVENT_UNFIT,
                             .instrument = QT_NO_INSTRUMENT,
                             .link = {.kind = QT_LINK_REST,
                                      .state = QT_LINK_UP,
                                      .reason = "the API key may withdraw"}};
    pass(&event);
}

/* One second at a price. */
static inline void
second(int64_t px)
{
    bool is_silent = is_fault(QT_FAULT_DROP) || is_fault(QT_FAULT_HALF_OPEN) ||
                     is_fault(QT_FAULT_CUT) || (is_fault(QT_FAULT_GAP) && venue.asked % 2);
    venue.bid = px;
    is_port_down = is_fault(QT_FAULT_STORM);
    if (is_fault(QT_FAULT_RIGHTS))
        tell_unfit();
    if (venue.fills_first)
        match();
    if (is_silent) {
        struct qt_event event = {.kind = QT_EVENT_TIMER, .instrument = QT_NO_INSTRUMENT};
        now_ns += QT_NS_PER_S;
        pass(&event);
    } else {
        quote(px);
    }
    serve();
    match();
    deliver();
    past[0] = venue;
    read_out();
    memmove(&past[1], &past[0], PAST_S * sizeof past[0]);
}

static inline void
run_for(unsigned n, int64_t px)
{
    while (n-- > 0)
        second(px);
}

#endif
