/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kill switch of a session, where one is configured: it opens when the engine is there and has
 * not begun, so that a switch that is held trips before the first event.
 */
#include "session_priv.h"

#include "qtrade/api/document.h"

static void
trip(void *self, enum qt_command_kind kind, enum qt_switch_cause cause, int64_t edge_ns,
     const char *reason)
{
    qt_engine_trip(((struct qt__session *)self)->engine, kind, cause, edge_ns, reason);
}

static void
stands(void *self, enum qt_switch_state state, enum qt_switch_cause cause)
{
    qt_engine_switch(((struct qt__session *)self)->engine, state, cause);
}

static void
tamper(void *self, bool is_open)
{
    qt_engine_tamper(((struct qt__session *)self)->engine, is_open);
}

static void
note(void *self, const char *text)
{
    struct qt_error ignored = {0};
    bool is_taken = qt_engine_command(((struct qt__session *)self)->engine, QT_COMMAND_NOTE,
                                      QT_SOURCE_SWITCH, text, &ignored);
    (void)is_taken; /* a full ring: stops go first */
}

static struct qt_switch_lamps
lamps(void *self)
{
    struct qt__session *session = self;
    const struct qt_part *engine = qt__session_engine_part(session);
    const struct qt_snapshot *snapshot = qt_engine_snapshot(session->engine);
    struct qt_switch_lamps told = {0};
    if (!snapshot)
        return told;
    told.is_known = !qt_part_is_stuck(engine);
    told.is_degraded = snapshot->parts.worst[0] != '\0' || snapshot->bus.dead > 0;
    told.mode = (enum qt_mode)snapshot->mode;
    qt_engine_snapshot_unref(session->engine, snapshot);
    return told;
}

bool
qt__session_open_switch(struct qt__session *session, struct qt_error *err)
{
    const struct qt_switch_options options = {.config = &session->plan.settings->kill_switch,
                                              .port = {.self = session,
                                                       .trip = trip,
                                                       .state = stands,
                                                       .tamper = tamper,
                                                       .note = note,
                                                       .lamps = lamps},
                                              .part = session->part[QT_COMPONENT_SWITCH]};
    if (!options.config->enabled)
        return true;
    session->kill_switch = qt_kill_switch_start(&options, err);
    return session->kill_switch != NULL;
}

void
qt__session_close_switch(struct qt__session *session)
{
    qt_kill_switch_stop(session->kill_switch);
    session->kill_switch = NULL;
}

json_t *
qt__session_switch_document(void *self)
{
    struct qt__session *session = self;
    struct qt_switch_view view;
    if (!session->kill_switch)
        return json_null();
    qt_kill_switch_view(session->kill_switch, &view);
    const struct qt_switch_times times = qt_engine_switch_times(session->engine);
    return qt_document_switch(&view, qt_kill_switch_library(), &times);
}

bool
qt__session_test_lamps(void *self, struct qt_error *err)
{
    struct qt__session *session = self;
    if (!session->kill_switch)
        return qt_fail(err, QT_E_FAILED,
                       "this engine has no kill switch (kill_switch.enabled is false)");
    qt_kill_switch_test_lamps(session->kill_switch);
    return true;
}
