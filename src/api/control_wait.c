/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "control_wait_priv.h"

#include <stdio.h>

#include "qtrade/base/time.h"

/* A disk answers within milliseconds; an attached screen waits 2 s for its answer. */
enum { PATIENCE_MS = 1500 };

static const char *const warnings[] = {
    [QT_COMMAND_QUEUED] =
        "the gate is shut where the command shuts it, but the engine has not come "
        "to it yet: look at the status",
    [QT_COMMAND_ACTS] =
        "the engine acts on it, but the disk has not taken it: should the engine die "
        "now, the next one may not know of it"};

void
qt__control_wait_begin(struct qt__control_wait *wait, const struct qt_control_engine *engine,
                       const json_t *reply)
{
    bool is_taken =
        json_is_true(json_object_get(reply, "ok")) && !json_object_get(reply, "warning");
    if (!is_taken || !engine->fate)
        return;
    *wait = (struct qt__control_wait){.number = engine->given(engine->self),
                                      .until_ns = qt_now_mono_ns() + PATIENCE_MS * QT_NS_PER_MS};
}

json_t *
qt__control_wait_look(struct qt__control_wait *wait, const struct qt_control_engine *engine,
                      int64_t now_ns)
{
    enum qt_command_fate fate = engine->fate(engine->self, wait->number);
    if (fate != QT_COMMAND_KEPT && now_ns < wait->until_ns)
        return NULL;
    *wait = (struct qt__control_wait){0};
    if (fate == QT_COMMAND_KEPT)
        return json_pack("{s:i,s:b,s:b}", "v", QT_CONTROL_VERSION, "ok", 1, "kept", 1);
    return json_pack("{s:i,s:b,s:b,s:s}", "v", QT_CONTROL_VERSION, "ok", 1, "kept", 0, "warning",
                     warnings[fate]);
}
