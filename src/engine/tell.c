/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the engine says, as messages of the bus: records for the store, notes for the screen. Owners
 * of symbols and the engine thread both call; what they say goes through the shard's ring where
 * there is one, and is published on the engine thread (output.c).
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine_priv.h"

static struct qt_output
note_of(enum qt_output_kind kind, enum qt_severity severity, enum qt_topic topic, uint64_t seq,
        int64_t t_ns)
{
    struct qt_output output = {.kind = kind};
    output.message.topic = (uint8_t)topic;
    output.message.kind = QT_MESSAGE_NOTE;
    output.message.published_ns = qt_now_mono_ns();
    output.message.note =
        (struct qt_note_view){.seq = seq, .t_ns = t_ns, .severity = (uint8_t)severity};
    qt_copy(output.message.note.topic, sizeof output.message.note.topic, qt_topic_name(topic));
    return output;
}

void
qt__note(struct qt_engine *engine, enum qt_severity severity, enum qt_topic topic, uint64_t seq,
         int64_t t_ns, const char *format, ...)
{
    struct qt_output output = note_of(QT_OUT_MESSAGE, severity, topic, seq, t_ns);
    char *text = output.message.note.text;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof output.message.note.text, format, args);
    va_end(args);
    qt_text_clean(text);
    qt__shards_emit(engine->shards, &output);
}

void
qt__note_result(struct qt_engine *engine, enum qt_severity severity, uint64_t seq, int64_t t_ns,
                const char *what, const char *result)
{
    struct qt_output output = note_of(QT_OUT_MESSAGE, severity, QT_TOPIC_TRADE, seq, t_ns);
    struct qt_note_view *note = &output.message.note;
    qt_copy(note->text, sizeof note->text, what);
    note->result_at = (uint8_t)strlen(note->text);
    snprintf(note->text + note->result_at, sizeof note->text - note->result_at, ": %s", result);
    qt_text_clean(note->text);
    qt__shards_emit(engine->shards, &output);
}

void
qt__record(struct qt_engine *engine, const struct qt_record *record)
{
    static const uint8_t topics[QT_RECORD_KINDS] = {
        [QT_RECORD_ORDER] = QT_TOPIC_TRADE,     [QT_RECORD_FILL] = QT_TOPIC_TRADE,
        [QT_RECORD_POSITION] = QT_TOPIC_TRADE,  [QT_RECORD_POSTING] = QT_TOPIC_TRADE,
        [QT_RECORD_TRADE] = QT_TOPIC_TRADE,     [QT_RECORD_EQUITY] = QT_TOPIC_RISK,
        [QT_RECORD_DECISION] = QT_TOPIC_SIGNAL, [QT_RECORD_MODE] = QT_TOPIC_SYSTEM,
        [QT_RECORD_AUDIT] = QT_TOPIC_SYSTEM,    [QT_RECORD_DIFFERENCE] = QT_TOPIC_RISK};
    struct qt_output output = {.kind = QT_OUT_MESSAGE};
    output.message.topic = topics[record->kind];
    output.message.kind = QT_MESSAGE_RECORD;
    output.message.published_ns = qt_now_mono_ns();
    output.message.record = *record;
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
    struct qt_output output = note_of(QT_OUT_INCIDENT, QT_SEVERITY_BAD, QT_TOPIC_SYSTEM, seq, t_ns);
    qt_copy(output.message.note.text, sizeof output.message.note.text, text);
    qt_text_clean(output.message.note.text);
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
