/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kill switch: one thread, with real-time priority where allowed, that is blocked on the edge
 * of a GPIO line and reads its level every 250 ms besides. It trips by its port before it does
 * anything else, and waits for nothing: no store, no screen, no network, no log.
 *
 * W1: the first edge trips at once; only the release is debounced. W2: the level, read after the
 * line was requested and after every wake-up, decides; a lost edge does not matter. W3: a line that
 * cannot be had or read (chip missing, busy, unplugged, no permission) has tripped, and is looked
 * for again every 250 ms by its label; found again, it stays latched. W4: lamps never stop
 * anything.
 *
 *     line --edge--> trip (gate shut, command) --> lamp red --> picture for people
 */
#ifndef QTRADE_HW_KILL_SWITCH_H
#define QTRADE_HW_KILL_SWITCH_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/engine/board.h"
#include "qtrade/engine/snapshot.h"
#include "qtrade/engine/switch.h"
#include "qtrade/hw/config.h"

#define QT_SWITCH_EDGES 8 /* kept to be shown */

/** What the lamps are to tell. */
struct qt_switch_lamps {
    bool is_known;    /* false: nobody knows how the engine is; all blink */
    bool is_degraded; /* a part does not work: the mode's lamp blinks */
    enum qt_mode mode;
};

/** Who is stopped. Called on the switch's thread, at the start on the caller's; must not block. */
struct qt_switch_port {
    void *self;
    /** As qt_engine_trip: shuts the gate first. */
    void (*trip)(void *self, enum qt_command_kind kind, enum qt_switch_cause cause, int64_t edge_ns,
                 const char *reason);
    void (*state)(void *self, enum qt_switch_state state, enum qt_switch_cause cause);
    void (*tamper)(void *self, bool is_open);
    void (*note)(void *self, const char *text); /* for the audit */
    struct qt_switch_lamps (*lamps)(void *self);
};

struct qt_switch_options {
    const struct qt_switch_config *config; /* copied */
    struct qt_switch_port port;
    struct qt_part *part; /* its place on the board; NULL: nobody looks */
};

struct qt_switch_edge {
    int64_t utc_ns;  /* of the kernel's time stamp */
    int64_t mono_ns; /* the same on the monotonic clock */
};

/** An input as it is now. */
struct qt_switch_input_view {
    bool is_configured;
    bool is_held;               /* open, or not readable, or not closed for long enough */
    enum qt_switch_cause cause; /* QT_SWITCH_FINE: the line can be read and is closed */
    int level;                  /* 0, 1; -1: unknown */
    char name[96];              /* "gpiochip0 line 17"; "": not had */
    char detail[160];           /* why it is not had; "": it is */
    uint64_t edges, trips;
    uint32_t kept; /* edges in edge, oldest first */
    struct qt_switch_edge edge[QT_SWITCH_EDGES];
};

enum qt_lamp { QT_LAMP_GREEN, QT_LAMP_YELLOW, QT_LAMP_RED, QT_LAMPS };
const char *qt_lamp_name(enum qt_lamp lamp); /* "green" ... */

struct qt_switch_view {
    struct qt_switch_input_view line, tamper;
    bool is_realtime; /* its thread has a real-time priority */
    struct {
        bool is_configured, is_driven, is_on; /* driven: the line is had */
        char detail[160];                     /* why it is not */
    } lamp[QT_LAMPS];
    bool is_testing; /* lamps are being walked through */
};

struct qt_kill_switch;

/** What lines are read with ("libgpiod 1.6.3"); NULL: built without, qt_kill_switch_start fails. */
const char *qt_kill_switch_library(void);

/**
 * Requests the lines, reads their levels, trips where they say so, all before it returns; then
 * starts the thread. A line that cannot be had is no error but a trip. NULL: err; the program was
 * built without GPIO (QT_E_CONFIG), or no thread could be started.
 */
struct qt_kill_switch *qt_kill_switch_start(const struct qt_switch_options *options,
                                            struct qt_error *err);
/** Ends the thread and gives the lines back: the lamps fall dark. NULL is fine. */
void qt_kill_switch_stop(struct qt_kill_switch *kill_switch);
/** A copy of how it is. Any thread; locks shortly, and never what trips. */
void qt_kill_switch_view(struct qt_kill_switch *kill_switch, struct qt_switch_view *out);
/** Lights one lamp after the other for a second and a half in all; a trip ends it. Any thread. */
void qt_kill_switch_test_lamps(struct qt_kill_switch *kill_switch);

#endif
