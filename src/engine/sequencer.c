/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one door for everything that can change a decision: each event gets its number and its time
 * here.
 *
 * Q1: engine time never goes back. An event whose receive time lies before the last one's is given
 * the last one's. Q2: due cycles are taken before the event that passed their time, under numbers
 * of their own.
 */
#include "engine_priv.h"

static bool
is_symbol_event(const struct qt_event *event)
{
    return event->instrument != QT_NO_INSTRUMENT;
}

static void
count(struct qt_engine *engine, const struct qt_event *event)
{
    struct qt_counts *counts = &engine->counts;
    counts->events++;
    switch ((enum qt_event_kind)event->kind) {
    case QT_EVENT_QUOTE:
        counts->quotes++;
        engine->market_ns = event->t_recv_ns;
        break;
    case QT_EVENT_TRADE:
        counts->trades++;
        engine->market_ns = event->t_recv_ns;
        break;
    case QT_EVENT_BAR:
        counts->bars++;
        if (qt__bar_is_recent(event))
            engine->market_ns = event->t_recv_ns;
        break;
    case QT_EVENT_REPORT:
        counts->reports++;
        engine->sync.rows += (event->flags & QT_EVENT_SNAPSHOT) && event->report.client_id != 0;
        break;
    case QT_EVENT_NONE:
    case QT_EVENT_DEPTH:
    case QT_EVENT_STATUS:
    case QT_EVENT_BALANCE:
    case QT_EVENT_LINK:
    case QT_EVENT_SYNC:
    case QT_EVENT_TIMER:
    case QT_EVENT_COMMAND:
    case QT_EVENT_HEALTH:
    case QT_EVENT_CONFIG:
    case QT_EVENT_INCOME:
    case QT_EVENT_KINDS:
        break;
    }
}

uint64_t
qt__number(struct qt_engine *engine)
{
    return ++engine->seq;
}

void
qt__sequence(void *self, struct qt_event *event)
{
    struct qt_engine *engine = self;
    if (is_symbol_event(event) && event->instrument >= engine->symbols)
        return;
    if (engine->started_ns == QT_TIME_NONE)
        engine->started_ns = event->t_recv_ns;
    if (event->t_recv_ns < engine->now_ns) { /* Q1 */
        event->t_recv_ns = engine->now_ns;
        engine->counts.late_events++;
    }
    qt__cycles_until(engine, event->t_recv_ns); /* Q2 */
    engine->now_ns = event->t_recv_ns;
    event->seq = qt__number(engine);
    qt__keep_event(engine, event); /* numbered, so part of what a replay needs */
    count(engine, event);
    if (is_symbol_event(event))
        qt__shards_push(engine->shards, event);
    else
        qt__global_event(engine, event);
}

void
qt__tick_time(struct qt_engine *engine, int64_t now_ns)
{
    struct qt_event timer = {.kind = QT_EVENT_TIMER,
                             .instrument = QT_NO_INSTRUMENT,
                             .t_recv_ns = now_ns,
                             .t_venue_ns = now_ns};
    qt__sequence(engine, &timer);
}
