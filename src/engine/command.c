/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stops and resumes. From any thread: shut the gate (one atomic store), queue the command, wake the
 * engine. On the engine thread: the command becomes a numbered event, the mode changes by the
 * table, and is kept and told.
 */
#include <stdio.h>
#include <string.h>

#include "engine_priv.h"

bool
qt_engine_command(struct qt_engine *engine, enum qt_command_kind kind,
                  enum qt_command_source source, const char *reason, struct qt_error *err)
{
    struct qt_command_event command = {.kind = (uint8_t)kind, .source = (uint8_t)source};
    qt_copy(command.reason, sizeof command.reason, reason ? reason : "");
    qt_text_clean(command.reason); /* it is shown on terminals */
    if (kind != QT_COMMAND_RESUME)
        atomic_store(&engine->gate_shut, true); /* E3: before anything else */
    bool is_queued = qt_mpsc_push(engine->commands, &command);
    qt_engine_wake(engine);
    if (!is_queued && kind == QT_COMMAND_RESUME)
        return qt_fail(err, QT_E_FAILED, "too many commands are waiting (try again)");
    return true; /* a stop: the gate is shut, and the commands that fill the ring are stops too */
}

void
qt__commands_take_at(struct qt_engine *engine, int64_t now_ns)
{
    struct qt_command_event command;
    while (qt_mpsc_pop(engine->commands, &command)) {
        if (engine->options.is_replay)
            continue; /* those that were taken are among the events */
        struct qt_event event = {.kind = QT_EVENT_COMMAND,
                                 .instrument = QT_NO_INSTRUMENT,
                                 .t_recv_ns = now_ns,
                                 .t_venue_ns = now_ns,
                                 .command = command};
        qt__sequence(engine, &event);
    }
}

void
qt__commands_take(struct qt_engine *engine)
{
    const struct qt_clock *clock = engine->options.clock;
    if (qt_mpsc_count(engine->commands) > 0)
        qt__commands_take_at(engine, clock ? qt_clock_utc_ns(clock) : engine->now_ns);
}

static void
record_mode(struct qt_engine *engine, const struct qt_event *event)
{
    struct qt_record record = {.kind = QT_RECORD_MODE, .seq = event->seq, .t_ns = event->t_recv_ns};
    record.mode.mode = (uint8_t)engine->mode;
    record.mode.source = event->command.source;
    qt_copy(record.mode.reason, sizeof record.mode.reason, event->command.reason);
    qt__record(engine, &record);
    if (engine->options.store.flush)
        (void)engine->options.store.flush(engine->options.store.self, 2000);
}

static void
enter_mode(struct qt_engine *engine, enum qt_mode next, const struct qt_event *event)
{
    static const enum qt_severity severity[QT_MODES] = {QT_SEVERITY_GOOD, QT_SEVERITY_WARN,
                                                        QT_SEVERITY_WARN, QT_SEVERITY_BAD};
    const struct qt_command_event *command = &event->command;
    engine->mode = next;
    engine->mode_since_ns = event->t_recv_ns;
    snprintf(engine->mode_reason, sizeof engine->mode_reason, "%s%s%s",
             qt_source_name((enum qt_command_source)command->source),
             command->reason[0] ? ": " : "", command->reason);
    record_mode(engine, event);
    qt__decision(engine, event->seq, event->t_recv_ns, QT_NO_INSTRUMENT, "mode", (double)next, 0,
                 qt_mode_name(next));
    qt__note(engine, severity[next], QT_TOPIC_SYSTEM, event->seq, event->t_recv_ns,
             "mode is %s (%s)", qt_mode_name(next), engine->mode_reason);
    qt_log_event(engine->options.log, QT_LOG_WARN, "engine.mode", "mode=%s reason=\"%s\"",
                 qt_mode_name(next), engine->mode_reason);
}

void
qt__command(struct qt_engine *engine, const struct qt_event *event)
{
    const struct qt_command_event *command = &event->command;
    enum qt_command_kind kind = (enum qt_command_kind)command->kind;
    struct qt_mode_facts facts = {.is_flat = engine->liquidation.is_flat,
                                  .has_reason = command->reason[0] != '\0',
                                  .is_by_operator = command->source != QT_SOURCE_ENGINE};
    enum qt_mode next = engine->mode;
    const char *why = "";
    qt__audit(engine, qt_source_name((enum qt_command_source)command->source),
              qt_command_name(kind), command->reason);
    bool is_taken = qt_mode_next(engine->mode, kind, &facts, &next, &why);
    if (!is_taken)
        qt__note(engine, QT_SEVERITY_WARN, QT_TOPIC_SYSTEM, event->seq, event->t_recv_ns,
                 "%s refused: %s", qt_command_name(kind), why);
    if (is_taken && kind == QT_COMMAND_RESUME)
        qt_breakers_reset(&engine->breaker);
    if (is_taken && next != engine->mode) {
        enter_mode(engine, next, event);
        engine->liquidation.is_active = false;
        if (next == QT_MODE_EMERGENCY)
            qt__liquidate_begin(engine);
    }
    engine->is_shut = !qt_mode_allows_entry(engine->mode);
    atomic_store(&engine->gate_shut, engine->is_shut);
    if (command->source == QT_SOURCE_ENGINE && kind == QT_COMMAND_PAUSE)
        engine->sync.asked_ns = QT_TIME_NONE; /* whatever it was, the account may have moved */
    engine->next_publish_mono_ns = 0; /* the operator sees the answer at once */
}

void
qt__engine_stops(struct qt_engine *engine, enum qt_command_kind kind, const char *reason)
{
    struct qt_error ignored = {0};
    bool is_taken = qt_engine_command(engine, kind, QT_SOURCE_ENGINE, reason, &ignored);
    qt_assert(is_taken || kind == QT_COMMAND_RESUME); /* a stop is never refused */
}
