/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each fault of `venue serve --fault` in each state of an order, in virtual time: the stop of a
 * position is brought into the state, the fault lasts a minute while the market falls through the
 * stop, then it is over; in the end venue and books agree, everything was sold once, and nothing
 * was told wrong.
 */
#include "qtrade/venue/fault.h"

#include "guard_kit.h"

enum { FAULT_S = 60, PEACE_S = 400, QUEUE = 256, ORDERS = 128, LATE_S = 3, ANSWER_S = 5 };

/* The venue: what it knows, and what is on its way from it. */
static struct {
    struct {
        uint64_t id;
        int64_t qty, cum, stop; /* stop 0: at market */
        enum qt_order_state state;
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
} venue;
static enum qt_fault_kind fault;

static bool
is_fault(enum qt_fault_kind kind)
{
    return venue.has_fault && fault == kind;
}

static void
put(const struct qt_event *event, int64_t delay_s)
{
    ck_assert_uint_lt(venue.queued, QUEUE);
    venue.queue[venue.queued].due_ns = now_ns + delay_s * QT_NS_PER_S;
    venue.queue[venue.queued++].event = *event;
}

/* The stream of the account may lose, repeat and reorder; answers may be late. */
static void
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

static struct qt_event
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
                                        .side = QT_SELL}};
}

static void
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

static bool
is_alive(unsigned i)
{
    return venue.order[i].state == QT_ORDER_OPEN || venue.order[i].state == QT_ORDER_PARTIAL;
}

static void
fills(unsigned i, int64_t qty)
{
    venue.order[i].cum += qty;
    venue.left -= qty;
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

static int
find(uint64_t id)
{
    for (unsigned i = 0; i < venue.orders; i++)
        if (venue.order[i].id == id)
            return (int)i;
    return -1;
}

static int64_t
locked(void)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < venue.orders; i++)
        sum += is_alive(i) ? venue.order[i].qty - venue.order[i].cum : 0;
    return sum;
}

/* A refusal of the request itself, before anything is done; its code, 0: none. */
static int32_t
refusal(void)
{
    return is_fault(QT_FAULT_SKEW) ? -1021 : is_fault(QT_FAULT_REVOKE) ? -2015 : 0;
}

static void
takes(const struct qt_order_request *order)
{
    int32_t code = refusal();
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
    venue.order[i].stop = order->type == QT_TYPE_MARKET ? 0 : order->stop_px.v;
    venue.order[i].state = QT_ORDER_OPEN;
    struct qt_event event = report_of(i, QT_REPORT_ACCEPTED);
    tell(&event, false);
    if (is_error || is_lost)
        answer_bare(order->client_id, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0,
                    is_lost ? ANSWER_S : 0);
    else if (!venue.withholds)
        tell(&event, true);
    if (venue.order[i].stop == 0)
        fills(i, venue.order[i].qty);
}

static void
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

static void
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
static void
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
            cancels(order.client_id);
            break;
        case QUERY:
            says(order.client_id);
            break;
        case INTEND:
            break;
        case CANCEL_ALL:
        case VERBS:
            ck_abort_msg("nobody asked for that");
        }
    }
}

static void
match(void)
{
    for (unsigned i = 0; i < venue.orders && !is_fault(QT_FAULT_HALT) && !venue.withholds; i++)
        if (is_alive(i) && venue.order[i].stop > 0 && venue.bid <= venue.order[i].stop)
            fills(i, venue.order[i].qty - venue.order[i].cum);
}

static void
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
static void
read_out(void)
{
    if (engine->sync.asked_ns == venue.read_ns || is_port_down || venue.withholds || refusal() ||
        is_fault(QT_FAULT_5XX))
        return;
    venue.read_ns = engine->sync.asked_ns;
    struct qt_event event = {.kind = QT_EVENT_BALANCE,
                             .instrument = QT_NO_INSTRUMENT,
                             .balance = {.asset = "AAA", .free = {venue.left * 100000}}};
    pass(&event);
    for (unsigned i = 0; i < venue.orders; i++) {
        event = report_of(i, QT_REPORT_STATUS);
        event.flags = QT_EVENT_SNAPSHOT;
        if (is_alive(i))
            pass(&event);
    }
    event = (struct qt_event){.kind = QT_EVENT_SYNC, .instrument = QT_NO_INSTRUMENT};
    pass(&event);
    serve();
}

/* One second at a price. */
static void
second(int64_t px)
{
    bool is_silent = is_fault(QT_FAULT_DROP) || is_fault(QT_FAULT_HALF_OPEN) ||
                     is_fault(QT_FAULT_CUT) || (is_fault(QT_FAULT_GAP) && venue.asked % 2);
    venue.bid = px;
    is_port_down = is_fault(QT_FAULT_STORM);
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
    read_out();
}

static void
run_for(unsigned n, int64_t px)
{
    while (n-- > 0)
        second(px);
}

/* Brings the stop, the venue's first order, into the state; at the venue and here. */
static void
reach(enum qt_order_state state)
{
    const uint64_t *id = &venue.order[0].id;
    venue.withholds = state == QT_ORDER_PENDING || state == QT_ORDER_REJECTED;
    if (state == QT_ORDER_REJECTED) {
        fault = QT_FAULT_REJECT;
        venue.has_fault = true;
    }
    for (int i = 0; i < 5 && sents == 0; i++)
        second(ENTRY);
    venue.has_fault = venue.withholds = false;
    if (state == QT_ORDER_PENDING || state == QT_ORDER_REJECTED)
        return;
    ck_assert_uint_eq(venue.orders, 1);
    if (state == QT_ORDER_OPEN)
        return;
    if (state == QT_ORDER_PARTIAL || state == QT_ORDER_FILLED)
        fills(0, state == QT_ORDER_FILLED ? HELD : HELD / 2);
    if (state == QT_ORDER_UNKNOWN)
        answer_bare(*id, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0, 0);
    if (state == QT_ORDER_CANCELLED || state == QT_ORDER_EXPIRED) {
        venue.order[0].state = state;
        const struct qt_event event =
            report_of(0, state == QT_ORDER_EXPIRED ? QT_REPORT_EXPIRED : QT_REPORT_CANCELLED);
        tell(&event, false);
    }
    if (state == QT_ORDER_CANCEL_PENDING)
        quote(STOP - 1); /* the engine asks for it back; the venue has not read that yet */
    else
        deliver();
}

static const enum qt_order_state states[] = {
    QT_ORDER_PENDING,  QT_ORDER_OPEN,           QT_ORDER_PARTIAL,
    QT_ORDER_FILLED,   QT_ORDER_CANCEL_PENDING, QT_ORDER_CANCELLED,
    QT_ORDER_REJECTED, QT_ORDER_EXPIRED,        QT_ORDER_UNKNOWN};

static void
check_reached(enum qt_order_state state)
{
    const struct qt_order *order =
        qt_orders_find(qt__orders_of(engine, 0), sent[0].order.client_id);
    ck_assert_ptr_nonnull(order);
    ck_assert_msg(order->state == (uint8_t)state, "%s, not %s",
                  qt_order_state_name((enum qt_order_state)order->state),
                  qt_order_state_name(state));
}

static void
check_agreed(const char *cell)
{
    ck_assert_msg(venue.left == 0, "%s: %lld left at the venue", cell, (long long)venue.left);
    ck_assert_msg(qt_position_is_flat(&symbol()->position), "%s: a position in the books", cell);
    ck_assert_msg(qt_orders_open_of(qt__orders_of(engine, 0), 0) == 0, "%s: an order alive", cell);
    ck_assert_msg(locked() == 0, "%s: an order alive at the venue", cell);
    ck_assert_msg(engine->counts.incidents == 0, "%s: an incident", cell);
    ck_assert_msg(engine->is_conserved, "%s: the ledger", cell);
    int64_t sold = 0;
    for (unsigned i = 0; i < venue.orders; i++)
        sold += venue.order[i].cum;
    ck_assert_int_eq(sold, HELD);
    for (unsigned i = 0; i < venue.orders; i++) { /* each order's end is the venue's */
        const struct qt_order *order = qt_orders_find(qt__orders_of(engine, 0), venue.order[i].id);
        ck_assert_msg(order && order->cum_qty.v == venue.order[i].cum &&
                          order->state == (uint8_t)venue.order[i].state,
                      "%s: order %u is %s here and %s there", cell, i,
                      order ? qt_order_state_name((enum qt_order_state)order->state) : "gone",
                      qt_order_state_name(venue.order[i].state));
    }
}

START_TEST(each_fault_in_each_state_ends_reconciled)
{
    enum qt_order_state state = states[_i % (int)QT_COUNT_OF(states)];
    enum qt_fault_kind kind = (enum qt_fault_kind)(_i / (int)QT_COUNT_OF(states));
    for (int first = 0; first < 2; first++) {
        char cell[80];
        snprintf(cell, sizeof cell, "%s while %s%s", qt_fault_rows[kind].name,
                 qt_order_state_name(state), first ? ", the venue is the quicker one" : "");
        memset(&venue, 0, sizeof venue);
        venue.left = HELD;
        venue.fills_first = first;
        venue.read_ns = QT_TIME_NONE;
        engine_config.unprotected_s = 600; /* that a stop is missing so long is told as an incident */
        open_engine();
        reach(state);
        check_reached(state);
        fault = kind;
        venue.has_fault = true;
        run_for(FAULT_S / 4, STOP + 50);
        run_for(3 * FAULT_S / 4, STOP - 1); /* through the stop */
        venue.has_fault = false;
        run_for(PEACE_S, STOP - 1);
        check_agreed(cell);
        tear_down();
        engine = NULL;
        set_up();
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("fault_matrix");
    TCase *tc = tcase_create("matrix");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, each_fault_in_each_state_ends_reconciled, 0,
                        (int)(QT_FAULT_KINDS * QT_COUNT_OF(states)));
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
