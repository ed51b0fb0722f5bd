/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What owners of symbols gave, taken on the engine thread: orders to the port, rows to the store,
 * notes to the screen, fills to the book.
 */
#include <string.h>

#include "engine_priv.h"

static void
store(struct qt_engine *engine, const struct qt_record *record)
{
    const struct qt_store_port *port = &engine->options.store;
    if (record->kind == QT_RECORD_DECISION)
        qt__settle_decision(engine, &(struct qt_decision){.seq = record->seq,
                                                          .t_ns = record->t_ns,
                                                          .kind = QT_DECISION_MADE,
                                                          .made = record->decision});
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
    engine->is_shut = true;
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
        qt__submit(engine, &output->submission);
        break;
    case QT_OUT_FILL:
        qt__settle_fill(engine, &output->filled);
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

const char *
qt_decision_kind_name(enum qt_decision_kind kind)
{
    static const char *const names[QT_DECISION_KINDS] = {"made", "order", "cancel", "cycle"};
    return (unsigned)kind < QT_DECISION_KINDS ? names[kind] : "?";
}
