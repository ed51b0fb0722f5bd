/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stops and resumes. From any thread: shut the gate (one atomic store), queue the command, wake the
 * engine. On the engine thread: the command becomes a numbered event, the mode changes by the
 * table, and is kept and told.
 */
#include <stdio.h>
#include <string.h>

#include "engine_priv.h"

static bool
is_stop(enum qt_command_kind kind)
{
    return kind != QT_COMMAND_RESUME && kind != QT_COMMAND_NOTE;
}

static uint64_t
bit_of(unsigned source, unsigned kind)
{
    return UINT64_C(1) << (source * QT_COMMAND_KINDS + kind);
}

/* No place in the ring: a bit stands for the stop, and is taken after all that fill the ring. The
 * ring is tried once more, so that it was full while the bit stood, or has the stop. */
static void
push_outside(struct qt_engine *engine, const struct qt_command_event *command)
{
    _Static_assert(QT_SOURCES * QT_COMMAND_KINDS <= 64, "a bit each");
    uint64_t bit = bit_of(command->source, command->kind);
    atomic_fetch_add(&engine->stops_waiting, 1); /* one for the bit, one for the ring */
    bool has_bit = !(atomic_fetch_or(&engine->stops_outside, bit) & bit);
    bool is_queued = qt_mpsc_push(engine->commands, command);
    atomic_fetch_sub(&engine->stops_waiting, !has_bit + !is_queued);
}

bool
qt_engine_command(struct qt_engine *engine, enum qt_command_kind kind,
                  enum qt_command_source source, const char *reason, struct qt_error *err)
{
    struct qt_command_event command = {.kind = (uint8_t)kind, .source = (uint8_t)source};
    qt_copy(command.reason, sizeof command.reason, reason ? reason : "");
    qt_text_clean(command.reason); /* it goes to terminals and logs */
    if (is_stop(kind)) {
        atomic_store(&engine->gate_shut, true); /* E3: before anything else */
        atomic_fetch_add(&engine->stops_waiting, 1); /* a resume on its way must not open it */
    }
    bool is_queued = qt_mpsc_push(engine->commands, &command);
    if (!is_queued && is_stop(kind))
        push_outside(engine, &command);
    qt_engine_wake(engine);
    if (!is_queued && !is_stop(kind))
        return qt_fail(err, QT_E_FAILED, "too many commands are waiting (try again)");
    return true;
}

static void
take(struct qt_engine *engine, const struct qt_command_event *command, int64_t now_ns)
{
    struct qt_event event = {.kind = QT_EVENT_COMMAND,
                             .instrument = QT_NO_INSTRUMENT,
                             .t_recv_ns = now_ns,
                             .t_venue_ns = now_ns,
                             .command = *command};
    if (command->kind == QT_COMMAND_RESUME && qt__switch_is_held(engine))
        event.flags = QT_EVENT_HELD; /* numbered with it, so that a replay knows it too */
    qt__sequence(engine, &event);
}

static void
take_outside(struct qt_engine *engine, int64_t now_ns)
{
    uint64_t bits = atomic_exchange(&engine->stops_outside, 0);
    for (unsigned i = 0; bits >> i; i++) {
        struct qt_command_event command = {.kind = (uint8_t)(i % QT_COMMAND_KINDS),
                                           .source = (uint8_t)(i / QT_COMMAND_KINDS),
                                           .reason = "more commands than there was room for"};
        if (!(bits >> i & 1))
            continue;
        take(engine, &command, now_ns);
        atomic_fetch_sub(&engine->stops_waiting, 1);
    }
}

void
qt__commands_take_at(struct qt_engine *engine, int64_t now_ns)
{
    struct qt_command_event command;
    while (qt_mpsc_pop(engine->commands, &command)) {
        if (!engine->options.is_replay) /* there those that were taken are among the events */
            take(engine, &command, now_ns);
        engine->kept.popped++;
        if (is_stop((enum qt_command_kind)command.kind))
            atomic_fetch_sub(&engine->stops_waiting, 1);
    }
    if (!engine->options.is_replay)
        take_outside(engine, now_ns);
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
    struct qt_record *record = &engine->mode_record;
    *record = (struct qt_record){.kind = QT_RECORD_MODE, .seq = event->seq, .t_ns = event->t_recv_ns};
    record->mode.mode = (uint8_t)engine->mode;
    record->mode.source = event->command.source;
    snprintf(record->mode.reason, sizeof record->mode.reason, "%s%.72s",
             engine->liquidation.keeps_positions ? QT__HALT_MARK : "", event->command.reason);
    qt__record(engine, record);
}

void
qt__mode_again(struct qt_engine *engine)
{
    if (engine->mode_record.kind == QT_RECORD_MODE)
        qt__record(engine, &engine->mode_record);
}

static void
enter_mode(struct qt_engine *engine, enum qt_mode next, const struct qt_event *event)
{
    static const enum qt_severity severity[QT_MODES] = {QT_SEVERITY_GOOD, QT_SEVERITY_WARN,
                                                        QT_SEVERITY_WARN, QT_SEVERITY_BAD};
    const struct qt_command_event *command = &event->command;
    engine->mode = next;
    engine->mode_since_ns = event->t_recv_ns;
    snprintf(engine->mode_reason, sizeof engine->mode_reason, "%s%s%s%.64s",
             qt_source_name((enum qt_command_source)command->source),
             command->reason[0] ? ": " : "",
             engine->liquidation.keeps_positions ? QT__HALT_MARK : "", command->reason);
    record_mode(engine, event);
    qt__decision(engine, event->seq, event->t_recv_ns, QT_NO_INSTRUMENT, "mode", (double)next, 0,
                 qt_mode_name(next));
    qt__note(engine, severity[next], QT_TOPIC_SYSTEM, event->seq, event->t_recv_ns,
             "mode is %s (%s)", qt_mode_name(next), engine->mode_reason);
    qt_log_event(engine->options.log, QT_LOG_WARN, "engine.mode", "mode=%s reason=\"%s\"",
                 qt_mode_name(next), engine->mode_reason);
}

/* Whether positions stay in EMERGENCY: a halt keeps them, unless they are being sold already. */
static bool
keeps_positions(const struct qt_engine *engine, enum qt_command_kind kind)
{
    if (kind == QT_COMMAND_LIQUIDATE)
        return false;
    if (engine->mode != QT_MODE_EMERGENCY)
        return kind == QT_COMMAND_HALT;
    return engine->liquidation.keeps_positions;
}

static void
change_mode(struct qt_engine *engine, enum qt_mode next, const struct qt_event *event)
{
    bool keeps = next == QT_MODE_EMERGENCY &&
                 keeps_positions(engine, (enum qt_command_kind)event->command.kind);
    if (next == engine->mode && keeps == engine->liquidation.keeps_positions)
        return;
    engine->liquidation.keeps_positions = keeps;
    enter_mode(engine, next, event);
    engine->liquidation.is_active = false;
    if (next == QT_MODE_EMERGENCY)
        qt__liquidate_begin(engine, keeps);
    qt__kept_mode(engine);
}

static void
tell_note(struct qt_engine *engine, const struct qt_event *event)
{
    const char *source = qt_source_name((enum qt_command_source)event->command.source);
    qt__note(engine, QT_SEVERITY_WARN, QT_TOPIC_SYSTEM, event->seq, event->t_recv_ns, "%s: %s",
             source, event->command.reason);
    qt_log_event(engine->options.log, QT_LOG_WARN, "engine.note", "source=%s text=%s", source,
                 event->command.reason);
}

static void
resumed(struct qt_engine *engine)
{
    qt_breakers_reset(&engine->breaker);
    engine->hw.is_latched = false;
}

void
qt__command(struct qt_engine *engine, const struct qt_event *event)
{
    const struct qt_command_event *command = &event->command;
    enum qt_command_kind kind = (enum qt_command_kind)command->kind;
    bool is_switch = command->source == QT_SOURCE_SWITCH;
    struct qt_mode_facts facts = {.is_flat = engine->liquidation.is_flat,
                                  .has_reason = command->reason[0] != '\0',
                                  .is_by_operator = !is_switch &&
                                                    command->source != QT_SOURCE_ENGINE &&
                                                    command->source != QT_SOURCE_ABSENCE,
                                  .is_released = !(event->flags & QT_EVENT_HELD)};
    enum qt_mode next = engine->mode;
    const char *why = "";
    qt__audit(engine, qt_source_name((enum qt_command_source)command->source),
              qt_command_name(kind), command->reason);
    bool is_taken = qt_mode_next(engine->mode, kind, &facts, &next, &why);
    if (!is_taken)
        qt__note(engine, QT_SEVERITY_WARN, QT_TOPIC_SYSTEM, event->seq, event->t_recv_ns,
                 "%s refused: %s", qt_command_name(kind), why);
    if (!is_taken)
        qt__audit(engine, "engine", "command.refused", why);
    if (is_taken && kind == QT_COMMAND_RESUME)
        resumed(engine);
    if (kind == QT_COMMAND_NOTE)
        tell_note(engine, event);
    if (is_switch && is_stop(kind))
        qt_log_event(engine->options.log, QT_LOG_ERROR, "switch.tripped", "does=%s reason=%s",
                     qt_command_name(kind), command->reason);
    if (is_switch && is_stop(kind) && next == QT_MODE_EMERGENCY)
        engine->hw.is_latched = engine->hw.awaits_cancel = true;
    if (is_taken)
        change_mode(engine, next, event);
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
    qt_assert(is_taken || !is_stop(kind)); /* a stop is never refused */
}
