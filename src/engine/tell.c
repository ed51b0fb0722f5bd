/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the engine says: rows for the store, notes for the screen, decisions into the hash. Owners
 * of symbols and the engine thread both call; what they say goes through the shard's ring where
 * there is one.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine_priv.h"

void
qt__note(struct qt_engine *engine, enum qt_severity severity, const char *topic, uint64_t seq,
         int64_t t_ns, const char *format, ...)
{
    struct qt_output output = {.kind = QT_OUT_NOTE};
    output.note = (struct qt_note_view){.seq = seq, .t_ns = t_ns, .severity = (uint8_t)severity};
    qt_copy(output.note.topic, sizeof output.note.topic, topic);
    va_list args;
    va_start(args, format);
    vsnprintf(output.note.text, sizeof output.note.text, format, args);
    va_end(args);
    qt__shards_emit(engine->shards, &output);
}

void
qt__record(struct qt_engine *engine, const struct qt_record *record)
{
    struct qt_output output = {.kind = QT_OUT_RECORD, .record = *record};
    qt__shards_emit(engine->shards, &output);
}

void
qt__decision(struct qt_engine *engine, uint64_t seq, int64_t t_ns, uint32_t instrument,
             const char *kind, double score, double value, const char *detail)
{
    struct qt_record record = {.kind = QT_RECORD_DECISION, .seq = seq, .t_ns = t_ns};
    record.decision.instrument = instrument;
    record.decision.score = score;
    record.decision.value = value;
    qt_copy(record.decision.kind, sizeof record.decision.kind, kind);
    qt_copy(record.decision.detail, sizeof record.decision.detail, detail);
    qt__record(engine, &record);
}

void
qt__audit(struct qt_engine *engine, const char *actor, const char *action, const char *detail)
{
    struct qt_record record = {.kind = QT_RECORD_AUDIT, .seq = engine->seq, .t_ns = engine->now_ns};
    qt_copy(record.audit.actor, sizeof record.audit.actor, actor);
    qt_copy(record.audit.action, sizeof record.audit.action, action);
    qt_copy(record.audit.detail, sizeof record.audit.detail, detail);
    qt__record(engine, &record);
}

void
qt__incident(struct qt_engine *engine, uint64_t seq, int64_t t_ns, const char *text)
{
    struct qt_output output = {.kind = QT_OUT_INCIDENT};
    output.note = (struct qt_note_view){.seq = seq, .t_ns = t_ns, .severity = QT_SEVERITY_BAD};
    qt_copy(output.note.topic, sizeof output.note.topic, "system");
    qt_copy(output.note.text, sizeof output.note.text, text);
    atomic_store(&engine->gate_shut, true);
    qt__shards_emit(engine->shards, &output);
}

void
qt__record_position(struct qt_engine *engine, const struct qt_symbol *symbol, uint64_t seq,
                    int64_t t_ns)
{
    const struct qt_position *position = &symbol->position;
    struct qt_record record = {.kind = QT_RECORD_POSITION, .seq = seq, .t_ns = t_ns};
    record.position = (struct qt_position_record){.instrument = symbol->ins->id,
                                                  .qty = position->qty,
                                                  .initial_qty = symbol->initial_qty,
                                                  .cost = position->cost,
                                                  .realised = position->realised,
                                                  .fees = position->fees,
                                                  .opened_ns = position->opened_ns,
                                                  .has_plan = symbol->has_plan,
                                                  .plan = symbol->plan};
    qt__record(engine, &record);
}
