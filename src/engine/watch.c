/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The watchdog's word, from its own thread: a part that does not move is named, and when it is one
 * that trades, the gate shuts at once (E3) without asking the thread that hangs (fault P2). And the
 * heartbeats of the workers: a number before and after each event, as they sleep without a limit.
 */
#include <stdio.h>

#include "engine_priv.h"

bool
qt__watch_init(struct qt_engine *engine)
{
    struct qt_board *board = engine->options.board;
    char name[24];
    if (!board)
        return true;
    engine->venue_part = qt_board_add(board, QT_COMPONENT_VENUE, "venue");
    engine->part = qt_board_add(board, QT_COMPONENT_ENGINE, "engine");
    bool is_good = engine->venue_part && engine->part;
    for (unsigned i = 1; is_good && i < engine->workers; i++) {
        snprintf(name, sizeof name, "worker %u", i + 1);
        engine->worker[i] = qt_board_add(board, QT_COMPONENT_WORKER, name);
        is_good = engine->worker[i] != NULL;
        qt_part_set(engine->worker[i], QT_PART_RUNNING);
    }
    return is_good;
}

void
qt__watch_finish(struct qt_engine *engine)
{
    qt_part_set(engine->venue_part, QT_PART_STOPPED);
    for (unsigned i = 1; i < engine->workers; i++)
        qt_part_set(engine->worker[i], QT_PART_STOPPED);
}

/* worker[0] is NULL: the engine thread beats by itself. */
void
qt__watched_event(struct qt_engine *engine, const struct qt_event *event)
{
    struct qt_part *part = engine->worker[qt__shards_here()];
    qt_part_beat(part);
    qt__symbol_event(engine, event);
    qt_part_rest(part);
}

void
qt__watched_measure(struct qt_engine *engine, unsigned first, unsigned step, int64_t t_ns)
{
    struct qt_part *part = engine->worker[qt__shards_here()];
    qt_part_beat(part);
    qt__measure(engine, first, step, t_ns);
    qt_part_rest(part);
}

static void
tell(void *self, const struct qt_part *part, bool is_stuck, int64_t silent_ns)
{
    struct qt_engine *engine = self;
    enum qt_component component = qt_part_component(part);
    double silent_s = (double)silent_ns / (double)QT_NS_PER_S;
    char reason[64];
    qt_log_event(engine->options.log, is_stuck ? QT_LOG_ERROR : QT_LOG_WARN,
                 is_stuck ? "part.stuck" : "part.moves", "part=%s silent_s=%.1f",
                 qt_part_name(part), silent_s);
    if (!is_stuck || (component != QT_COMPONENT_ENGINE && component != QT_COMPONENT_WORKER))
        return;
    snprintf(reason, sizeof reason, "%s did not move for %.1f s", qt_part_name(part), silent_s);
    qt__engine_stops(engine, QT_COMMAND_PAUSE, reason);
}

void
qt_engine_watch(struct qt_engine *engine)
{
    if (engine->options.board)
        qt_board_look(engine->options.board, tell, engine);
}
