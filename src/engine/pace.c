/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time that the engine's own thread did not have: the process was stopped, the machine slept or
 * starved it (faults C3, R4). Looked at before anything of a turn is taken in, so that the first
 * act after such a gap is a numbered pause, and the account is read anew before anybody resumes.
 */
#include <stdio.h>

#include "engine_priv.h"

#define WINDOW_NS QT_NS_PER_MIN
enum { SHARE = 3 }; /* of health.stopped_ms, in late turns within the window */

static void
stop(struct qt_engine *engine, const char *what, int64_t ns)
{
    char reason[80];
    snprintf(reason, sizeof reason, "%s %.1f s", what, (double)ns / (double)QT_NS_PER_S);
    qt_log_event(engine->options.log, QT_LOG_ERROR, "engine.late", "why=\"%s\"", reason);
    qt__engine_stops(engine, QT_COMMAND_PAUSE, reason);
    if (engine->now_ns != QT_TIME_NONE) /* before the gap's cycle, and what waited meanwhile */
        qt__commands_take_at(engine, engine->now_ns);
}

void
qt__pace_look(struct qt_engine *engine)
{
    const struct qt_health_config *health = engine->options.health;
    struct qt_pace *pace = &engine->pace;
    if (!health || engine->options.is_replay)
        return;
    int64_t now = qt_now_boot_ns(), gap = pace->turn_ns ? now - pace->turn_ns : 0;
    int64_t limit = health->stopped_ms * QT_NS_PER_MS;
    pace->turn_ns = now;
    if (now - pace->window_ns >= WINDOW_NS) {
        pace->window_ns = now;
        pace->late_ns = 0;
    }
    if (gap < engine->options.engine->cycle_ms * QT_NS_PER_MS)
        return;
    engine->counts.late_turns++;
    pace->late_ns += gap;
    if (gap >= limit) {
        pace->late_ns = 0;
        stop(engine, "the process stood still for", gap);
    } else if (pace->late_ns >= SHARE * limit) {
        stop(engine, "this machine is too slow: within a minute the engine was late for",
             pace->late_ns);
        pace->late_ns = 0;
    }
}
