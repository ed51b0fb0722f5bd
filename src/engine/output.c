/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What owners of symbols gave, taken on the engine thread: orders to the port, fills to the book,
 * messages to the bus.
 */
#include <string.h>

#include "engine_priv.h"

/* Milliseconds that the last dead letters have when the engine ends, and between two looks. */
enum { LAST_MS = 5000, LAST_LOOK_MS = 50 };

static bool
take_record(void *self, const struct qt_message *message, const char **out_reason)
{
    const struct qt_store_port *store = &((struct qt_engine *)self)->options.store;
    *out_reason = "the store's ring is full";
    return store->put(store->self, &message->record);
}

bool
qt__bus_init(struct qt_engine *engine)
{
    const struct qt_subscriber screen = {.name = "screen",
                                         .kind = QT_MESSAGE_NOTE,
                                         .topics = QT_BUS_ALL,
                                         .policy = QT_BUS_HOLDS,
                                         .capacity = QT_VIEW_ROWS};
    const struct qt_subscriber store = {.name = "store",
                                        .kind = QT_MESSAGE_RECORD,
                                        .topics = QT_BUS_ALL,
                                        .policy = QT_BUS_RETRIES,
                                        .self = engine,
                                        .take = take_record};
    engine->bus = qt_bus_create();
    engine->screen = engine->bus ? qt_bus_subscribe(engine->bus, &screen) : -1;
    return engine->screen >= 0 &&
           (!engine->options.store.put || qt_bus_subscribe(engine->bus, &store) >= 0);
}

/* The store does not keep up: no new risk that nobody would remember (fault S4). */
static void
tell_waiting(struct qt_engine *engine)
{
    engine->letters++;
    if (engine->is_waiting_told)
        return;
    engine->is_waiting_told = true;
    engine->counts.incidents++;
    qt_log_event(engine->options.log, QT_LOG_ERROR, "store.full", "dead_letters=%u",
                 engine->letters);
    qt__engine_stops(engine, QT_COMMAND_PAUSE, "the store does not keep up: its ring is full");
}

static void
tell_loss(struct qt_engine *engine)
{
    if (engine->is_loss_told)
        return;
    engine->is_loss_told = true;
    engine->counts.incidents++;
    qt_log_event(engine->options.log, QT_LOG_ERROR, "store.lost", "dead_letters=%u",
                 engine->letters);
    qt__note(engine, QT_SEVERITY_BAD, QT_TOPIC_SYSTEM, engine->seq, engine->now_ns,
             "the store is stuck and %u records wait for it: what follows is not kept",
             engine->letters);
}

static void
publish(struct qt_engine *engine, const struct qt_message *message)
{
    const struct qt_record *record = &message->record;
    bool is_record = message->kind == QT_MESSAGE_RECORD;
    if (is_record && record->kind == QT_RECORD_DECISION)
        qt__settle_decision(engine, &(struct qt_decision){.seq = record->seq,
                                                          .t_ns = record->t_ns,
                                                          .kind = QT_DECISION_MADE,
                                                          .made = record->decision});
    if (is_record && record->kind == QT_RECORD_ORDER && record->order.state == QT_ORDER_OPEN)
        engine->venue.round_trip_ns = record->t_ns - record->order.created_ns;
    switch (qt_bus_publish(engine->bus, message, qt_now_mono_ns(), engine->now_ns)) {
    case QT_BUS_DELIVERED:
        break;
    case QT_BUS_WAITS:
        tell_waiting(engine);
        break;
    case QT_BUS_LOST:
        tell_loss(engine);
        break;
    }
}

static void
retry(struct qt_engine *engine, bool is_last)
{
    engine->letters = qt_bus_retry(engine->bus, qt_now_mono_ns(), engine->now_ns, is_last);
    if (engine->letters > 0)
        return;
    qt_log_event(engine->options.log, QT_LOG_WARN, "store.caught_up", "is_complete=%d",
                 !engine->is_loss_told);
    qt__note(engine, engine->is_loss_told ? QT_SEVERITY_BAD : QT_SEVERITY_GOOD, QT_TOPIC_SYSTEM,
             engine->seq, engine->now_ns, "the store has taken what waited for it%s",
             engine->is_loss_told ? "; what came while its list was full is lost" : "");
    if (engine->is_loss_told)
        qt__mode_again(engine);
    engine->is_waiting_told = engine->is_loss_told = false;
}

void
qt__letters_retry(struct qt_engine *engine)
{
    if (engine->letters > 0)
        retry(engine, false);
}

void
qt__letters_end(struct qt_engine *engine)
{
    const struct qt_store_port *store = &engine->options.store;
    int64_t until = qt_now_mono_ns() + LAST_MS * QT_NS_PER_MS;
    while (engine->letters > 0 && qt_now_mono_ns() < until) {
        retry(engine, true);
        if (engine->letters > 0 && store->flush)
            (void)store->flush(store->self, LAST_LOOK_MS); /* waits; the next try tells */
    }
    if (engine->letters > 0)
        qt_log_event(engine->options.log, QT_LOG_ERROR, "store.lost", "dead_letters=%u",
                     engine->letters);
}

void
qt__mark(struct qt_engine *engine)
{
    const struct qt_store_port *store = &engine->options.store;
    if (store->mark)
        store->mark(store->self);
}

static void
incident(struct qt_engine *engine, const struct qt_message *message)
{
    engine->counts.incidents++;
    engine->is_shut = true;
    publish(engine, message);
    qt__audit(engine, "engine", "incident", message->note.text);
    qt_log_event(engine->options.log, QT_LOG_ERROR, "engine.incident", "text=%s",
                 message->note.text);
    qt__engine_stops(engine, QT_COMMAND_PAUSE, message->note.text);
}

void
qt__output(struct qt_engine *engine, const struct qt_output *output)
{
    switch (output->kind) {
    case QT_OUT_SUBMIT:
        qt__submit(engine, &output->submission);
        break;
    case QT_OUT_CANCEL:
        qt__withdraw(engine, &output->withdrawal);
        break;
    case QT_OUT_FILL:
        qt__settle_fill(engine, &output->filled);
        break;
    case QT_OUT_MESSAGE:
        publish(engine, &output->message);
        break;
    case QT_OUT_INCIDENT:
        incident(engine, &output->message);
        break;
    }
}

const char *
qt_record_kind_name(enum qt_record_kind kind)
{
    static const char *const names[QT_RECORD_KINDS] = {
        "order", "fill", "position", "posting", "equity", "decision", "mode", "audit", "trade",
        "parent", "difference"};
    return (unsigned)kind < QT_RECORD_KINDS ? names[kind] : "?";
}
