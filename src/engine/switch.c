/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "engine_priv.h"

const char *
qt_switch_cause_text(enum qt_switch_cause cause)
{
    static const char *const texts[QT_SWITCH_CAUSES] = {
        [QT_SWITCH_FINE] = "fine",
        [QT_SWITCH_PRESSED] = "pressed",
        [QT_SWITCH_OPEN] = "held: the loop is open",
        [QT_SWITCH_NO_CHIP] = "the GPIO chip is missing",
        [QT_SWITCH_NO_LINE] = "the chip has no such line",
        [QT_SWITCH_BUSY] = "the line is busy",
        [QT_SWITCH_NO_PERMISSION] = "no permission on the GPIO chip",
        [QT_SWITCH_UNPLUGGED] = "the GPIO chip was unplugged",
        [QT_SWITCH_FAILED] = "the line cannot be read",
        [QT_SWITCH_TAMPER] = "the tamper line opened"};
    return (unsigned)cause < QT_SWITCH_CAUSES ? texts[cause] : "?";
}

/* release here, acquire where a resume is numbered and in the picture */
void
qt_engine_switch(struct qt_engine *engine, enum qt_switch_state state, enum qt_switch_cause cause)
{
    atomic_store(&engine->hw.word, (unsigned)state | (unsigned)cause << 8);
}

void
qt_engine_tamper(struct qt_engine *engine, bool is_open)
{
    atomic_store(&engine->hw.is_tamper_open, is_open);
}

bool
qt__switch_is_held(const struct qt_engine *engine)
{
    return (atomic_load(&engine->hw.word) & 0xff) == QT_SWITCH_HELD ||
           atomic_load(&engine->hw.is_tamper_open);
}

void
qt_engine_trip(struct qt_engine *engine, enum qt_command_kind kind, enum qt_switch_cause cause,
               int64_t edge_ns, const char *reason)
{
    struct qt_error ignored = {0};
    char text[80];
    atomic_store(&engine->gate_shut, true); /* E3: before anything else */
    int64_t now = qt_now_mono_ns();
    if (cause != QT_SWITCH_TAMPER)
        qt_engine_switch(engine, QT_SWITCH_HELD, cause);
    atomic_store(&engine->hw.edge_ns, edge_ns);
    atomic_store(&engine->hw.shut_ns, now);
    atomic_store(&engine->hw.cancel_ns, QT_TIME_NONE);
    if (edge_ns == QT_TIME_NONE)
        qt_copy(text, sizeof text, reason);
    else
        snprintf(text, sizeof text, "%s; gate shut %.0f us later", reason,
                 (double)(now - edge_ns) / 1e3);
    bool is_taken = qt_engine_command(engine, kind, QT_SOURCE_SWITCH, text, &ignored);
    qt_assert(is_taken); /* a stop is never refused */
}

void
qt__switch_cancelled(struct qt_engine *engine)
{
    if (!engine->hw.awaits_cancel)
        return;
    engine->hw.awaits_cancel = false;
    atomic_store(&engine->hw.cancel_ns, qt_now_mono_ns());
}

struct qt_switch_times
qt_engine_switch_times(const struct qt_engine *engine)
{
    return (struct qt_switch_times){.edge_ns = atomic_load(&engine->hw.edge_ns),
                                    .shut_ns = atomic_load(&engine->hw.shut_ns),
                                    .cancel_ns = atomic_load(&engine->hw.cancel_ns)};
}

void
qt__switch_view(const struct qt_engine *engine, struct qt_snapshot *out)
{
    unsigned word = atomic_load(&engine->hw.word);
    enum qt_switch_state state = (enum qt_switch_state)(word & 0xff);
    bool is_tamper_open = atomic_load(&engine->hw.is_tamper_open);
    bool is_tripped = state == QT_SWITCH_HELD || engine->hw.is_latched;
    qt_copy(out->kill_switch, sizeof out->kill_switch,
            is_tripped                ? "tripped"
            : state == QT_SWITCH_NONE ? "none"
                                      : "armed");
    out->kill_switch_why[0] = '\0';
    if (state == QT_SWITCH_HELD)
        qt_copy(out->kill_switch_why, sizeof out->kill_switch_why,
                qt_switch_cause_text((enum qt_switch_cause)(word >> 8)));
    else if (is_tamper_open)
        qt_copy(out->kill_switch_why, sizeof out->kill_switch_why, "the tamper line is open");
    else if (is_tripped)
        qt_copy(out->kill_switch_why, sizeof out->kill_switch_why,
                state == QT_SWITCH_NONE ? "latched, no switch is configured" : "latched, released");
}
