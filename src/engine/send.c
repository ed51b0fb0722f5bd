/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only way to the venue. An order: gate, order table, record, intent, port, in this order.
 * Cancels and questions need no gate; they are counted against the message rate all the same.
 *
 * I1: an order leaves when its intent is kept. A crash before that leaves nothing at the venue, a
 * crash after it leaves an order that the next run asks for by its client id, whether it left or
 * not.
 */
#include <stdio.h>

#include "engine_priv.h"

struct qt_partition *
qt__partition_of(const struct qt_engine *engine, uint32_t instrument)
{
    return &engine->partition[instrument % QT_PARTITIONS];
}

struct qt_orders *
qt__orders_of(const struct qt_engine *engine, uint32_t instrument)
{
    return qt__partition_of(engine, instrument)->orders;
}

void
qt__record_order(struct qt_engine *engine, const struct qt_order *order, uint64_t seq, int64_t t_ns)
{
    struct qt_record record = {.kind = QT_RECORD_ORDER, .seq = seq, .t_ns = t_ns};
    record.order = (struct qt_order_record){.request = order->request,
                                            .venue_id = order->venue_id,
                                            .parent = order->parent,
                                            .state = order->state,
                                            .purpose = order->purpose,
                                            .code = order->code,
                                            .cum_qty = order->cum_qty,
                                            .cum_quote = order->cum_quote,
                                            .created_ns = order->created_ns,
                                            .updated_ns = order->updated_ns};
    qt_copy(record.order.reason, sizeof record.order.reason, order->reason);
    qt__record(engine, &record);
}

/* Into the table, the store and the port. */
static bool
emit(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_order_request *request,
     enum qt_order_purpose purpose, int64_t now_ns)
{
    struct qt_partition *partition = qt__partition_of(engine, request->instrument);
    uint64_t seq = request->client_id >> 8;
    struct qt_order *order =
        qt_orders_add(partition->orders, symbol->ins, request, purpose, seq, now_ns);
    struct qt_order_change change;
    if (!order || qt_orders_sent(partition->orders, order, now_ns, &change) == QT_ORDERS_INCIDENT)
        return false;
    order->parent = qt__work_parent_id(symbol, purpose);
    qt_rates_order(&partition->rates, request, now_ns);
    partition->sent++;
    qt__record_order(engine, order, seq, now_ns);
    struct qt_output output = {.kind = QT_OUT_SUBMIT,
                               .submission = {.request = *request,
                                              .t_ns = now_ns,
                                              .purpose = (uint8_t)purpose}};
    qt__shards_emit(engine->shards, &output);
    return true;
}

/* Whoever asks for so many times what is allowed, within one second, is out of its mind (O14): what
 * the limits hold back is not tried for ever, but an incident, and a person has to look. */
enum { RUNAWAY_TIMES = 10 };

static void
watch_rate(struct qt_engine *engine, const struct qt_symbol *symbol,
           const struct qt_gate_result *result, uint64_t seq, int64_t now_ns)
{
    struct qt_partition *partition = qt__partition_of(engine, symbol->ins->id);
    int64_t most = RUNAWAY_TIMES * engine->options.risk->max_orders_per_s;
    char text[128];
    if (result->row[QT_CHECK_ORDERS_S].code != QT_GATE_LIMIT &&
        result->row[QT_CHECK_MESSAGES_S].code != QT_GATE_LIMIT)
        return;
    if (now_ns - partition->held_back_ns >= QT_NS_PER_S) {
        partition->held_back_ns = now_ns;
        partition->held_back = 0;
    }
    if (++partition->held_back != most)
        return;
    snprintf(text, sizeof text, "runaway: %s asked for %d orders too many within a second",
             symbol->ins->symbol, (int)most);
    qt__incident(engine, seq, now_ns, text);
}

bool
qt__send(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_order_request *request,
         enum qt_order_purpose purpose, const struct qt_gate_input *input, int64_t now_ns,
         char why[96])
{
    struct qt_gate_result result;
    bool is_allowed = qt_gate_check(engine->options.risk, input, &result);
    qt_gate_stats_add(&qt__partition_of(engine, request->instrument)->gate, &result);
    if (!is_allowed) {
        char text[80];
        watch_rate(engine, symbol, &result, request->client_id >> 8, now_ns);
        snprintf(why, 96, "gate: %s", qt_gate_describe(&result, text, sizeof text));
        return false;
    }
    if (emit(engine, symbol, request, purpose, now_ns))
        return true;
    snprintf(why, 96, "no room for another order");
    return false;
}

/* What the port did not take is told as an event, in its turn. */
static void
add_refused(struct qt_engine *engine, const struct qt_event *event)
{
    if (engine->refused_count < QT_REFUSED && !engine->options.is_replay)
        engine->refused[engine->refused_count++] = *event;
}

static void
refuse(struct qt_engine *engine, const struct qt_order_request *request, enum qt_report_type type)
{
    bool is_final = type == QT_REPORT_REJECTED;
    struct qt_event event = {.kind = QT_EVENT_REPORT,
                             .instrument = request->instrument,
                             .report = {.client_id = request->client_id,
                                        .type = (uint8_t)type,
                                        .state = is_final ? QT_ORDER_REJECTED : QT_ORDER_UNKNOWN,
                                        .side = request->side,
                                        .px = QT_PX_NONE}};
    add_refused(engine, &event); /* no room: it stays as it is, times out and is asked for */
}

static void
decide_cancel(struct qt_engine *engine, uint32_t instrument, uint64_t client_id, uint64_t seq,
              int64_t t_ns)
{
    struct qt_decision decision = {.seq = seq,
                                   .t_ns = t_ns,
                                   .kind = QT_DECISION_CANCEL,
                                   .cancel = {.client_id = client_id, .instrument = instrument}};
    qt__settle_decision(engine, &decision);
}

/* What the fills of an entry need. Entries are decided on this thread. */
static struct qt_entry_plan
plan_of(const struct qt_symbol *symbol, uint64_t client_id)
{
    const struct qt_signal *signal = &symbol->entry_signal;
    struct qt_entry_plan plan = {.client_id = client_id,
                                 .side = (uint8_t)signal->direction,
                                 .stop = signal->stop,
                                 .trail = signal->trail};
    for (int k = 0; k < QT_TARGETS; k++) {
        plan.target[k] = signal->target[k];
        plan.target_bps[k] = signal->target_bps[k];
    }
    return plan;
}

/* The order is known from here on, whenever this process dies. What cannot be kept does not leave,
 * unless it takes risk away: that never waits for a disk. */
static bool
intend(struct qt_engine *engine, const struct qt_submission *submission)
{
    const struct qt_store_port *store = &engine->options.store;
    const struct qt_order_request *request = &submission->request;
    const struct qt_symbol *symbol = &engine->symbol[request->instrument];
    struct qt_intent intent = {
        .request = *request, .purpose = submission->purpose, .t_ns = submission->t_ns};
    const char *why = NULL;
    if (!store->intend)
        return true;
    if (submission->purpose == QT_PURPOSE_ENTRY) {
        intent.has_plan = true;
        intent.plan = plan_of(symbol, request->client_id);
    }
    if (store->intend(store->self, &intent, &why))
        return true;
    qt_log_event(engine->options.log, QT_LOG_ERROR, "order.not_kept", "symbol=%s leaves=%d why=\"%s\"",
                 symbol->ins->symbol, request->reduce_only, why);
    if (!request->reduce_only)
        qt__note(engine, QT_SEVERITY_BAD, QT_TOPIC_TRADE, engine->seq, engine->now_ns,
                 "%s: order held back: %s", symbol->ins->symbol, why);
    return request->reduce_only;
}

/* The gate shuts for every thread at once (E3): what was decided before and has not left yet stays
 * here. */
void
qt__submit(struct qt_engine *engine, const struct qt_submission *submission)
{
    const struct qt_venue_port *venue = &engine->options.venue;
    const struct qt_order_request *request = &submission->request;
    struct qt_decision decision = {.seq = request->client_id >> 8,
                                   .t_ns = submission->t_ns,
                                   .kind = QT_DECISION_ORDER,
                                   .order = *request};
    engine->counts.orders++;
    engine->is_exposed = true; /* until the next look at the book */
    qt__settle_decision(engine, &decision);
    bool is_stopped = !request->reduce_only && (atomic_load(&engine->gate_shut) ||
                                                atomic_load(&engine->stops_waiting) > 0);
    if (!is_stopped && intend(engine, submission) && venue->submit(venue->self, request))
        return;
    qt_log_event(engine->options.log, QT_LOG_WARN, "order.not_sent",
                 "symbol=%s reduces=%d is_stopped=%d",
                 engine->symbol[request->instrument].ins->symbol, request->reduce_only, is_stopped);
    refuse(engine, request, QT_REPORT_REJECTED);
}

void
qt__cancel(struct qt_engine *engine, struct qt_order *order)
{
    const struct qt_venue_port *venue = &engine->options.venue;
    struct qt_partition *partition = qt__partition_of(engine, order->request.instrument);
    struct qt_order_change change;
    if (!qt__cancel_may_go(order, engine->now_ns))
        return;
    decide_cancel(engine, order->request.instrument, order->request.client_id, engine->seq,
                  engine->now_ns);
    if (!venue->cancel(venue->self, order->request.instrument, order->request.client_id))
        refuse(engine, &order->request, QT_REPORT_TIMEOUT); /* its fate is asked for */
    else
        qt__switch_cancelled(engine);
    qt_rates_message(&partition->rates, engine->now_ns);
    if (qt_orders_cancel_sent(partition->orders, order, engine->now_ns, &change) ==
        QT_ORDERS_APPLIED)
        qt__record_order(engine, order, engine->seq, engine->now_ns);
}

void
qt__cancel_at_owner(struct qt_engine *engine, struct qt_order *order, uint64_t seq, int64_t now_ns)
{
    struct qt_partition *partition = qt__partition_of(engine, order->request.instrument);
    const struct qt_output output = {.kind = QT_OUT_CANCEL,
                                     .withdrawal = {.client_id = order->request.client_id,
                                                    .seq = seq,
                                                    .t_ns = now_ns,
                                                    .instrument = order->request.instrument,
                                                    .side = order->request.side}};
    struct qt_order_change change;
    if (!qt__cancel_may_go(order, now_ns))
        return;
    qt_rates_message(&partition->rates, now_ns);
    if (qt_orders_cancel_sent(partition->orders, order, now_ns, &change) == QT_ORDERS_APPLIED)
        qt__record_order(engine, order, seq, now_ns);
    qt__shards_emit(engine->shards, &output);
}

void
qt__withdraw(struct qt_engine *engine, const struct qt_withdrawal *withdrawal)
{
    const struct qt_venue_port *venue = &engine->options.venue;
    const struct qt_order_request request = {.client_id = withdrawal->client_id,
                                             .instrument = withdrawal->instrument,
                                             .side = withdrawal->side};
    decide_cancel(engine, withdrawal->instrument, withdrawal->client_id, withdrawal->seq,
                  withdrawal->t_ns);
    if (!venue->cancel(venue->self, withdrawal->instrument, withdrawal->client_id))
        refuse(engine, &request, QT_REPORT_TIMEOUT); /* its fate is asked for */
}

void
qt__cancel_all(struct qt_engine *engine, uint32_t instrument)
{
    const struct qt_venue_port *venue = &engine->options.venue;
    decide_cancel(engine, instrument, 0, engine->seq, engine->now_ns);
    if (venue->cancel_all(venue->self, instrument)) /* else the next round tries again */
        qt__switch_cancelled(engine);
    qt_rates_message(&qt__partition_of(engine, instrument)->rates, engine->now_ns);
}

void
qt__query(struct qt_engine *engine, const struct qt_order *order)
{
    const struct qt_venue_port *venue = &engine->options.venue;
    (void)venue->query(venue->self, order->request.instrument, order->request.client_id);
    qt_rates_message(&qt__partition_of(engine, order->request.instrument)->rates, engine->now_ns);
}

void
qt__read_account(struct qt_engine *engine)
{
    const struct qt_venue_port *venue = &engine->options.venue;
    const struct qt_event refused = {
        .kind = QT_EVENT_SYNC, .instrument = QT_NO_INSTRUMENT, .flags = QT_EVENT_REFUSED};
    engine->sync.asked_ns = engine->now_ns;
    if (!venue->sync(venue->self))
        add_refused(engine, &refused);
}

void
qt__refused_take(struct qt_engine *engine)
{
    for (unsigned i = 0; i < engine->refused_count; i++) {
        struct qt_event event = engine->refused[i];
        event.t_recv_ns = event.t_venue_ns = engine->now_ns;
        qt__sequence(engine, &event);
    }
    engine->refused_count = 0;
}
