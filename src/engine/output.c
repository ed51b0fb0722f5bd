/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What owners of symbols gave, taken on the engine thread: orders to the port, rows to the store,
 * notes to the screen, fills to the book.
 */
#include <string.h>

#include "engine_priv.h"

/* An order that the port did not take is told to its owner as a report, in its turn. */
static void
note_refused(struct qt_engine *engine, const struct qt_order_request *request)
{
    if (engine->refused_count == QT_REFUSED)
        return; /* it stays pending, becomes unknown and is asked for */
    engine->refused[engine->refused_count++] =
        (struct qt_event){.kind = QT_EVENT_REPORT,
                          .instrument = request->instrument,
                          .report = {.client_id = request->client_id,
                                     .type = QT_REPORT_REJECTED,
                                     .state = QT_ORDER_REJECTED,
                                     .side = request->side,
                                     .px = QT_PX_NONE}};
}

static void
submit(struct qt_engine *engine, const struct qt_order_request *request)
{
    const struct qt_venue_port *venue = &engine->options.venue;
    engine->counts.orders++;
    if (venue->submit(venue->self, request))
        return;
    qt_log_event(engine->options.log, QT_LOG_WARN, "order.not_sent", "symbol=%s reduces=%d",
                 engine->symbol[request->instrument].ins->symbol, request->reduce_only);
    note_refused(engine, request);
}

/* Sums are the same in any order, so decisions of different owners may come in any order. */
static void
add_to_hash(struct qt_engine *engine, const struct qt_record *record)
{
    const struct qt_decision_record *decision = &record->decision;
    uint64_t hash = qt_hash(QT_HASH_START, &record->seq, sizeof record->seq);
    hash = qt_hash(hash, &record->t_ns, sizeof record->t_ns);
    hash = qt_hash(hash, &decision->instrument, sizeof decision->instrument);
    hash = qt_hash(hash, decision->kind, strlen(decision->kind));
    hash = qt_hash(hash, &decision->score, sizeof decision->score);
    hash = qt_hash(hash, &decision->value, sizeof decision->value);
    hash = qt_hash(hash, decision->detail, strlen(decision->detail));
    engine->decision_hash += hash;
}

static void
store(struct qt_engine *engine, const struct qt_record *record)
{
    const struct qt_store_port *port = &engine->options.store;
    if (record->kind == QT_RECORD_DECISION)
        add_to_hash(engine, record);
    if (record->kind == QT_RECORD_ORDER && record->order.state == QT_ORDER_OPEN)
        engine->venue.round_trip_ns = record->t_ns - record->order.created_ns;
    if (!port->put || port->put(port->self, record) || engine->is_store_full)
        return;
    engine->is_store_full = true;
    engine->counts.incidents++;
    qt_log_event(engine->options.log, QT_LOG_ERROR, "store.full", "kind=%s",
                 qt_record_kind_name(record->kind));
    qt__engine_stops(engine, QT_COMMAND_PAUSE, "the store does not keep up: its ring is full");
}

static void
incident(struct qt_engine *engine, const struct qt_note_view *note)
{
    engine->counts.incidents++;
    qt__notes_add(&engine->notes, note);
    qt__audit(engine, "engine", "incident", note->text);
    qt_log_event(engine->options.log, QT_LOG_ERROR, "engine.incident", "text=%s", note->text);
    qt__engine_stops(engine, QT_COMMAND_PAUSE, note->text);
}

void
qt__output(struct qt_engine *engine, const struct qt_output *output)
{
    switch (output->kind) {
    case QT_OUT_SUBMIT:
        submit(engine, &output->request);
        break;
    case QT_OUT_FILL:
        qt__book_fill(engine, &output->filled);
        break;
    case QT_OUT_RECORD:
        store(engine, &output->record);
        break;
    case QT_OUT_NOTE:
        qt__notes_add(&engine->notes, &output->note);
        break;
    case QT_OUT_INCIDENT:
        incident(engine, &output->note);
        break;
    }
}

const char *
qt_record_kind_name(enum qt_record_kind kind)
{
    static const char *const names[QT_RECORD_KINDS] = {
        "order", "fill", "position", "posting", "equity", "decision", "mode", "audit", "trade"};
    return (unsigned)kind < QT_RECORD_KINDS ? names[kind] : "?";
}
