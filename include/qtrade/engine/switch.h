/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kill switch as the engine knows it. Its thread (room hw) says how the line stands and trips;
 * the engine keeps the gate shut, cancels, refuses a resume while the line is not released, and
 * tells.
 *
 *     hw thread: trip --> gate shut (one store) --> command HALT or LIQUIDATE --> engine thread
 *                set  --> armed, held ------------> flag of the next RESUME, picture
 *
 * Nothing here waits: neither the thread of the switch for the engine's nor the other way round.
 */
#ifndef QTRADE_ENGINE_SWITCH_H
#define QTRADE_ENGINE_SWITCH_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/market/event.h"

enum qt_switch_state {
    QT_SWITCH_NONE,  /* none is configured */
    QT_SWITCH_ARMED, /* the loop is closed */
    QT_SWITCH_HELD,  /* it is open, or cannot be read: nothing resumes */
    QT_SWITCH_STATES
};

enum qt_switch_cause {
    QT_SWITCH_FINE,
    QT_SWITCH_PRESSED,       /* an edge: pressed, or the cable was cut */
    QT_SWITCH_OPEN,          /* the level, without an edge that was seen: held at start */
    QT_SWITCH_NO_CHIP,       /* not there */
    QT_SWITCH_NO_LINE,       /* the chip has no such line */
    QT_SWITCH_BUSY,          /* another program or the kernel holds the line */
    QT_SWITCH_NO_PERMISSION, /* on the chip's device */
    QT_SWITCH_UNPLUGGED,     /* it was there and is gone */
    QT_SWITCH_FAILED,        /* it cannot be read for another reason */
    QT_SWITCH_TAMPER,        /* the tamper line */
    QT_SWITCH_CAUSES
};
const char *qt_switch_cause_text(enum qt_switch_cause cause); /* "pressed" ... */

struct qt_engine;

/** How the line stands; trips nothing. The switch's thread, or before qt_engine_run. */
void qt_engine_switch(struct qt_engine *engine, enum qt_switch_state state,
                      enum qt_switch_cause cause);
/** The tamper line is open, and nothing resumes until it is closed. The switch's thread. */
void qt_engine_tamper(struct qt_engine *engine, bool is_open);
/**
 * Shuts the gate, before anything else; then the line stands HELD, and kind (PAUSE, HALT or
 * LIQUIDATE) is queued from QT_SOURCE_SWITCH. edge_ns: monotonic time of the edge that the kernel
 * noted, QT_TIME_NONE where there was none. reason goes to the audit, with the time from edge to
 * gate. The switch's thread, or before qt_engine_run; allocates nothing, locks nothing.
 */
void qt_engine_trip(struct qt_engine *engine, enum qt_command_kind kind, enum qt_switch_cause cause,
                    int64_t edge_ns, const char *reason);

/** The last trip, monotonic; QT_TIME_NONE: there was none, or no edge, or nothing to cancel. */
struct qt_switch_times {
    int64_t edge_ns;   /* as the kernel noted it */
    int64_t shut_ns;   /* the gate was shut */
    int64_t cancel_ns; /* the venue's session had taken the first cancel */
};
struct qt_switch_times qt_engine_switch_times(const struct qt_engine *engine); /* any thread */

#endif
