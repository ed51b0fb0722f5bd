/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our own parts that decisions depend on. They are looked at between events; a change becomes a
 * numbered event, so that a replay knows it too (E1). A sick part means no new risk that nobody
 * would remember (fault S4); it heals by itself, the operator resumes.
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

static const struct {
    bool (*is_sick)(const struct qt_engine *engine);
    const char *sick, *healed;
} parts[QT_COMPONENTS] = {
    [QT_COMPONENT_STORE] = {is_store_sick, "the store cannot be written (disk full?)",
                            "the store is written again, nothing was lost"},
    [QT_COMPONENT_JOURNAL] = {is_journal_sick,
                              "the journal cannot be written, or does not keep up (disk full?)",
                              "the journal is written again, nothing was lost"},
};

void
qt__health_look(struct qt_engine *engine)
{
    if (engine->options.is_replay)
        return;
    for (unsigned i = 0; i < QT_COMPONENTS; i++) {
        bool is_sick = parts[i].is_sick(engine);
        if (is_sick == engine->is_sick[i] || engine->now_ns == QT_TIME_NONE)
            continue;
        struct qt_event event = {.kind = QT_EVENT_HEALTH,
                                 .instrument = QT_NO_INSTRUMENT,
                                 .t_venue_ns = engine->now_ns,
                                 .t_recv_ns = engine->now_ns,
                                 .health = {.component = (uint8_t)i, .is_sick = is_sick}};
        qt__sequence(engine, &event);
    }
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
    if (health->is_sick)
        qt__engine_stops(engine, QT_COMMAND_PAUSE, parts[health->component].sick);
    else
        qt__note(engine, QT_SEVERITY_GOOD, QT_TOPIC_SYSTEM, event->seq, event->t_recv_ns, "%s",
                 parts[health->component].healed);
}
