/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our own parts that decisions depend on. They are looked at between events; a change becomes a
 * numbered event, so that a replay knows it too (E1). A sick part means no new risk that nobody
 * would remember (fault S4), and so does one that keeps failing (board.h, H3); it heals by itself,
 * the operator resumes. Backups that fail are told, and trading goes on: the store is whole.
 *
 * How to add a part: a row in enum qt_component, one here.
 */
#include "engine_priv.h"

static bool
is_store_sick(const struct qt_engine *engine)
{
    const struct qt_store_port *store = &engine->options.store;
    return engine->letters > 0 || (store->is_healthy && !store->is_healthy(store->self));
}

static bool
is_journal_sick(const struct qt_engine *engine)
{
    const struct qt_journal_port *journal = &engine->options.journal;
    return engine->is_journal_full || (journal->is_healthy && !journal->is_healthy(journal->self));
}

/* Others are looked at by the board alone. */
static const struct {
    bool (*is_sick)(const struct qt_engine *engine); /* NULL: sick is who keeps failing */
    const char *sick, *healed;
    bool is_only_told; /* does not pause */
} parts[QT_COMPONENTS] = {
    [QT_COMPONENT_STORE] = {is_store_sick, "the store cannot be written (disk full?)",
                            "the store is written again, nothing was lost"},
    [QT_COMPONENT_JOURNAL] = {is_journal_sick,
                              "the journal cannot be written, or does not keep up (disk full?)",
                              "the journal is written again, nothing was lost"},
    [QT_COMPONENT_VENUE] = {NULL, "the venue's connections keep failing",
                            "the venue's connections hold"},
    [QT_COMPONENT_WORKER] = {NULL, "workers keep getting stuck", "the workers work"},
    [QT_COMPONENT_ENGINE] = {NULL, "the engine's thread keeps getting stuck",
                             "the engine's thread works"},
    [QT_COMPONENT_CONTROL] = {NULL, "the control socket keeps failing", "the control socket holds"},
    [QT_COMPONENT_SCREEN] = {NULL, "the screen keeps getting stuck", "the screen works"},
    [QT_COMPONENT_BACKUP] = {NULL, "the store's backups keep failing", "the store is backed up again", true},
    [QT_COMPONENT_SWITCH] = {NULL, "the kill switch's thread keeps getting stuck",
                             "the kill switch's thread works"},
};

/* What the watchdog found since the last look becomes notes. */
static void
tell_stuck(struct qt_engine *engine)
{
    struct qt_part *part;
    engine->changes_seen = qt_board_changes(engine->options.board);
    for (unsigned i = 0; (part = qt_board_at(engine->options.board, i)); i++) {
        bool is_stuck = qt_part_is_stuck(part);
        if (is_stuck == engine->is_told_stuck[i])
            continue;
        engine->is_told_stuck[i] = is_stuck;
        qt__note(engine, is_stuck ? QT_SEVERITY_BAD : QT_SEVERITY_GOOD, QT_TOPIC_SYSTEM,
                 engine->seq, engine->now_ns, "%s %s", qt_part_name(part),
                 is_stuck ? "does not move" : "moves again");
    }
}

/* A connection that is down is the venue's, not ours: it has a back-off of its own, and the gate
 * wants it up. */
static void
look_at_venue(struct qt_engine *engine)
{
    uint8_t worst = QT_LINK_UP;
    for (int i = 0; i < QT_LINK_KINDS; i++)
        worst = QT_MIN(worst, engine->venue.link[i]);
    enum qt_part_state state = worst == QT_LINK_UP ? QT_PART_RUNNING : QT_PART_DEGRADED;
    bool is_new = qt_part_state(engine->venue_part) == QT_PART_STARTING;
    if (state == QT_PART_RUNNING || !is_new)
        qt_part_set(engine->venue_part, state);
}

void
qt__health_look(struct qt_engine *engine)
{
    if (engine->options.is_replay || engine->now_ns == QT_TIME_NONE)
        return;
    unsigned failing = qt_board_failing(engine->options.board);
    for (unsigned i = 0; i < QT_COMPONENTS; i++) {
        bool is_sick = (failing >> i & 1) || (parts[i].is_sick && parts[i].is_sick(engine));
        if (is_sick == engine->is_sick[i])
            continue;
        struct qt_event event = {.kind = QT_EVENT_HEALTH,
                                 .instrument = QT_NO_INSTRUMENT,
                                 .t_venue_ns = engine->now_ns,
                                 .t_recv_ns = engine->now_ns,
                                 .health = {.component = (uint8_t)i, .is_sick = is_sick}};
        qt__sequence(engine, &event);
    }
    if (engine->venue_part)
        look_at_venue(engine);
    if (qt_board_changes(engine->options.board) != engine->changes_seen)
        tell_stuck(engine);
}

void
qt__health_event(struct qt_engine *engine, const struct qt_event *event)
{
    const struct qt_health *health = &event->health;
    if (health->component >= QT_COMPONENTS)
        return;
    engine->is_sick[health->component] = health->is_sick;
    qt_log_event(engine->options.log, health->is_sick ? QT_LOG_ERROR : QT_LOG_WARN, "engine.health",
                 "part=%s is_healthy=%d", qt_component_name((enum qt_component)health->component),
                 !health->is_sick);
    if (health->is_sick && parts[health->component].is_only_told)
        qt__note(engine, QT_SEVERITY_BAD, QT_TOPIC_SYSTEM, event->seq, event->t_recv_ns, "%s",
                 parts[health->component].sick);
    else if (health->is_sick)
        qt__engine_stops(engine, QT_COMMAND_PAUSE, parts[health->component].sick);
    else
        qt__note(engine, QT_SEVERITY_GOOD, QT_TOPIC_SYSTEM, event->seq, event->t_recv_ns, "%s",
                 parts[health->component].healed);
}
