/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "engine_priv.h"

bool
qt__intake_init(struct qt_engine *engine)
{
    struct qt_intake *intake = &engine->intake;
    intake->is_on = engine->options.clock && !engine->options.is_replay;
    if (!intake->is_on)
        return true;
    intake->streams = engine->options.sources ? QT_SOURCES_MAX : 1;
    intake->room = 2 * intake->streams * engine->symbols;
    intake->held = calloc(intake->room, sizeof *intake->held);
    intake->slot = calloc(intake->streams * engine->symbols, sizeof *intake->slot);
    return intake->held && intake->slot;
}

void
qt__intake_finish(struct qt_engine *engine)
{
    free(engine->intake.held);
    free(engine->intake.slot);
}

/* Of one stream of one symbol; the streams of a symbol lie side by side. */
static uint32_t *
slot_of(const struct qt_intake *intake, const struct qt_event *quote)
{
    uint32_t stream = (quote->flags & QT_EVENT_SOURCE_MASK) >> QT_EVENT_SOURCE_SHIFT;
    return &intake->slot[quote->instrument * intake->streams + QT_MIN(stream, intake->streams - 1)];
}

/* The quote at a place goes on to the sequencer, if it has not gone yet. */
static void
let_go(struct qt_engine *engine, uint32_t at)
{
    struct qt_intake *intake = &engine->intake;
    struct qt_event event = intake->held[at];
    if (event.kind == QT_EVENT_NONE)
        return;
    intake->held[at].kind = QT_EVENT_NONE;
    *slot_of(intake, &event) = 0;
    if (engine->now_ns != QT_TIME_NONE) /* N5: it did not come late, it had to wait */
        event.t_recv_ns = QT_MAX(event.t_recv_ns, engine->now_ns);
    qt__sequence(engine, &event);
}

static void
let_all_go(struct qt_engine *engine)
{
    struct qt_intake *intake = &engine->intake;
    for (unsigned lane = 0; lane < QT_LANES; lane++)
        for (uint32_t at = 0; at < intake->count; at++)
            if (intake->held[at].kind != QT_EVENT_NONE &&
                qt__shards_lane(engine->shards, intake->held[at].instrument) == lane)
                let_go(engine, at);
    intake->count = 0;
}

/* Closes the gaps that gone quotes left; at most one a slot is still there, half of the room. */
static void
close_gaps(struct qt_intake *intake)
{
    uint32_t n = 0;
    for (uint32_t at = 0; at < intake->count; at++) {
        if (intake->held[at].kind == QT_EVENT_NONE)
            continue;
        intake->held[n++] = intake->held[at];
        *slot_of(intake, &intake->held[n - 1]) = n;
    }
    intake->count = n;
}

static void
hold(struct qt_engine *engine, const struct qt_event *quote)
{
    struct qt_intake *intake = &engine->intake;
    uint32_t *slot = slot_of(intake, quote);
    if (*slot) {
        intake->held[*slot - 1] = *quote;
        engine->counts.conflated_quotes++;
        return;
    }
    if (intake->count == intake->room)
        close_gaps(intake);
    intake->held[intake->count++] = *quote;
    *slot = intake->count;
}

/* Those of one symbol, as their slots were filled. */
static void
let_symbol_go(struct qt_engine *engine, uint32_t instrument)
{
    struct qt_intake *intake = &engine->intake;
    const uint32_t *slot = &intake->slot[instrument * intake->streams];
    for (;;) {
        uint32_t first = 0;
        for (uint32_t i = 0; i < intake->streams; i++)
            if (slot[i] && (!first || slot[i] < first))
                first = slot[i];
        if (!first)
            return;
        let_go(engine, first - 1);
    }
}

static void
push_behind(struct qt_engine *engine, struct qt_event *event)
{
    bool has_symbol = event->instrument < engine->symbols;
    if (engine->next_cycle_ns != QT_TIME_NONE && event->t_recv_ns >= engine->next_cycle_ns)
        let_all_go(engine); /* N3 */
    if (has_symbol && event->kind == QT_EVENT_QUOTE) {
        hold(engine, event);
        return;
    }
    if (has_symbol)
        let_symbol_go(engine, event->instrument); /* N2 */
    qt__sequence(engine, event);
}

static void
push(void *self, struct qt_event *event)
{
    struct qt_engine *engine = self;
    struct qt_intake *intake = &engine->intake;
    if (intake->pushed++ == 0)
        intake->first_ns = qt_now_mono_ns();
    if (intake->is_behind || intake->pushed >= QT_INTAKE_TURN) {
        intake->is_behind = true;
        push_behind(engine, event);
        return;
    }
    qt__sequence(engine, event);
}

/* Whether what is about to come has had to wait already. */
static bool
is_behind(const struct qt_engine *engine)
{
    const struct qt_intake *intake = &engine->intake;
    bool was_late = intake->pushed > 0 &&
                    qt_now_mono_ns() - intake->first_ns > QT_INTAKE_LATE_MS * QT_NS_PER_MS;
    return was_late || qt__shards_are_high(engine->shards);
}

int
qt__intake_turn(struct qt_engine *engine, int timeout_ms)
{
    const struct qt_feed_port *feed = &engine->options.feed;
    struct qt_intake *intake = &engine->intake;
    struct qt_event_sink sink = {.self = engine, .push = intake->is_on ? push : qt__sequence};
    if (!intake->is_on)
        return feed->work(feed->self, &sink, timeout_ms);
    intake->is_behind = is_behind(engine);
    intake->pushed = 0;
    int all = feed->work(feed->self, &sink, timeout_ms), more = all;
    while (intake->is_behind && more >= QT_INTAKE_FULL && atomic_load(&engine->stops_waiting) == 0 &&
           qt_now_mono_ns() - intake->first_ns < QT_INTAKE_HOLD_MS * QT_NS_PER_MS) {
        more = feed->work(feed->self, &sink, 0);
        all = more < 0 ? more : all + more;
    }
    let_all_go(engine);
    return all;
}
