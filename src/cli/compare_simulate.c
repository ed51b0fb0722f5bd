/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The second reading: the session's orders and cancels go, at the times they were decided, into the
 * simulated exchange, which the session's quotes and trades move. What the real venue answered is
 * left out; the account of spot has plenty of everything, so that an order that filled in one and not
 * in the other refuses none of those that follow. That of perpetuals is the session's own.
 */
#include "qtrade/base/time.h"

#include "compare_priv.h"
#include "interrupt_priv.h"

struct simulation {
    struct qt__compare *compare;
    struct qt_journal_reader *reader;
    struct qt_inline_venue *venue;
    struct qt_venue_port port;
    struct qt_error *err;
    bool has_failed;
};

/* What was refused on this side, by a limit or without a connection, has no code of the venue. */
static bool
has_left(const struct qt__compare_row *row)
{
    return row->recorded.state != QT_ORDER_REJECTED || row->recorded.code != 0;
}

static void
send(struct simulation *simulation, const struct qt_decision *decision)
{
    struct qt__compare *compare = simulation->compare;
    struct qt__compare_row *row = qt__compare_find(compare, decision->order.client_id);
    struct qt_order_change change;
    if (!row || !has_left(row))
        return;
    struct qt_order *order =
        qt_orders_add(compare->orders,
                      qt_universe_at(compare->head->universe, row->request.instrument),
                      &row->request, QT_PURPOSE_ENTRY, decision->seq, decision->t_ns);
    if (!order)
        return;
    (void)qt_orders_sent(compare->orders, order, decision->t_ns, &change);
    row->is_simulated = simulation->port.submit(simulation->port.self, &row->request);
}

static void
take_decision(struct simulation *simulation, const struct qt_decision *decision)
{
    const struct qt_cancel *cancel = &decision->cancel;
    struct qt_venue_port *port = &simulation->port;
    if (decision->kind == QT_DECISION_ORDER)
        send(simulation, decision);
    else if (decision->kind == QT_DECISION_CANCEL && cancel->client_id != 0)
        (void)port->cancel(port->self, cancel->instrument, cancel->client_id);
    else if (decision->kind == QT_DECISION_CANCEL)
        (void)port->cancel_all(port->self, cancel->instrument);
}

/* A decision's time lies after its event's when it was made between two events. */
static void
pass_time(const struct qt_event_sink *sink, int64_t t_ns)
{
    struct qt_event event = {.kind = QT_EVENT_TIMER,
                             .instrument = QT_NO_INSTRUMENT,
                             .t_recv_ns = t_ns,
                             .t_venue_ns = t_ns};
    sink->push(sink->self, &event);
}

/* One item of the journal. Whatever is no market data only lets time pass. */
static int
work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct simulation *simulation = self;
    const struct qt_event *event = NULL;
    const struct qt_decision *decision = NULL;
    (void)timeout_ms;
    if (qt__interrupted()) {
        simulation->has_failed = qt_fail(simulation->err, QT_E_FAILED, "interrupted") || true;
        return -1;
    }
    switch (qt_journal_next(simulation->reader, &event, &decision, simulation->err)) {
    case QT_JOURNAL_EVENT: {
        struct qt_event copy = *event;
        if (event->kind == QT_EVENT_QUOTE || event->kind == QT_EVENT_TRADE)
            sink->push(sink->self, &copy);
        else
            pass_time(sink, event->t_recv_ns);
        return 1;
    }
    case QT_JOURNAL_DECISION:
        pass_time(sink, decision->t_ns);
        take_decision(simulation, decision);
        return 1;
    case QT_JOURNAL_END:
        return -1;
    case QT_JOURNAL_FAILED:
        break;
    }
    simulation->has_failed = true;
    return -1;
}

static void
take_event(void *self, struct qt_event *event)
{
    struct simulation *simulation = self;
    struct qt__compare_row *row =
        event->kind == QT_EVENT_REPORT
            ? qt__compare_find(simulation->compare, event->report.client_id)
            : NULL;
    if (row && row->request.instrument == event->instrument)
        (void)qt__compare_take(simulation->compare, event, &row->simulated, NULL);
}

static bool
open_venue(struct simulation *simulation, uint64_t seed)
{
    const struct qt_feed_port feed = {.self = simulation, .work = work};
    simulation->venue = qt__compare_venue(simulation->compare, &feed, seed, true, simulation->err);
    if (simulation->venue)
        simulation->port = qt_inline_port(simulation->venue);
    return simulation->venue != NULL;
}

bool
qt__compare_simulate(struct qt__compare *compare, struct qt_journal_reader *reader, uint64_t seed,
                     struct qt_error *err)
{
    struct simulation simulation = {.compare = compare, .reader = reader, .err = err};
    const struct qt_event_sink sink = {.self = &simulation, .push = take_event};
    bool is_good = qt__compare_open_orders(compare, err) && open_venue(&simulation, seed);
    if (is_good) {
        struct qt_feed_port feed = qt_inline_feed(simulation.venue);
        while (feed.work(feed.self, &sink, 0) >= 0)
            continue;
    }
    qt_inline_destroy(simulation.venue);
    return is_good && !simulation.has_failed;
}
