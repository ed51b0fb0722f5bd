/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands between a session and the machine it runs on: the sandbox, the service manager, the
 * wall clock, restarts without an end, and the program's own file.
 *
 *     begin   before the components open: sandbox's first half, this start counted
 *     seal    all is open: system calls only of the list
 *     look    each QT_LOOK_NS, by the watching thread: the clock, the file, the service manager
 *     end     in order
 *
 * G1: the session's own time does not follow the wall clock (base/clock.h, steady), so that a step
 * moves no timer and no signature; it is told, and trading pauses, as whoever moves the clock of a
 * trading machine may have moved more (fault C1).
 */
#ifndef QTRADE_CLI_HOST_PRIV_H
#define QTRADE_CLI_HOST_PRIV_H

#include <jansson.h>
#include <stdatomic.h>

#include "qtrade/engine/config.h"
#include "qtrade/engine/engine.h"

#include "sandbox_priv.h"
#include "service_priv.h"

struct qt__host_plan {
    const struct qt__sandbox_config *sandbox;
    const struct qt_health_config *health;
    const char *folder;  /* the state */
    const char *journal; /* NULL: none */
    const char *backups; /* the folder of scheduled ones; NULL: none */
    bool may_spawn;      /* the config names a program that is started */
    bool is_throw_away; /* the state folder is removed at the end, and its starts are not counted */
    struct qt_clock *steady; /* begins once the machine's clock can be right; NULL: there is none */
};

struct qt__host {
    struct qt__host_plan plan;
    struct qt__sandbox sandbox;
    struct qt__service service;
    unsigned crashes; /* starts without an end before this one, in health.starts_min */
    bool has_begun, is_counted;
    int64_t apart_ns;          /* wall minus monotonic time at the last look; QT_TIME_NONE: none */
    atomic_uint clock_jumps;   /* seen; relaxed */
    atomic_llong last_jump_ns; /* relaxed */
    atomic_bool is_replaced;   /* the program's file; relaxed */
};

/** plan is copied, what it points to borrowed until qt__host_end. False: err. */
QT_CHECKED bool qt__host_begin(struct qt__host *host, const struct qt__host_plan *plan,
                               struct qt_error *err);
/** After too many starts without an end the engine begins PAUSED: a command of its own, the first
 * of its numbers. Before the engine's thread. */
void qt__host_judge_starts(struct qt__host *host, struct qt_engine *engine, struct qt_log *log);
void qt__host_seal(struct qt__host *host, struct qt_log *log);
/** Bits of enum qt_wall. After seal. */
unsigned qt__host_walls(const struct qt__host *host);
/** engine_beats as qt_part_beats. The watching thread. */
void qt__host_look(struct qt__host *host, struct qt_engine *engine, uint64_t engine_beats,
                   struct qt_log *log);
/** is_orderly: this start ended as it should. Zeroed: nothing. */
void qt__host_end(struct qt__host *host, bool is_orderly);
/** The status's "process": a new reference. Any thread. */
json_t *qt__host_document(const struct qt__host *host, const struct qt_log *log);

/* host_clock.c */
/** Until the machine's clock is past the day this program was made, or a signal of set asks to end
 * (then false, err). Says so once a minute. */
QT_CHECKED bool qt__host_await_time(struct qt__host *host, const sigset_t *set,
                                    struct qt_error *err);
void qt__host_look_at_clock(struct qt__host *host, struct qt_engine *engine, struct qt_log *log);

#endif
