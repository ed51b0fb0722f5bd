/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The board: every part of this program with a thread or a connection of its own, what it needs,
 * how it is, when it last moved, and how often it failed.
 *
 *     part's own thread: beat, rest, set, failed --> board --> watcher: look (each QT_LOOK_NS)
 *                                                     |-----> engine: failing, stuck (health.c)
 *                                                     '-----> documents: view
 *
 * H1: a heartbeat is one counter that its own thread counts up: no clock, no lock. H2: time without
 * a heartbeat is counted in looks, so that a machine or a process that stood still as a whole (the
 * watcher with it) makes no part look stuck. H3: a part that fails too often in a while is failing,
 * and stays so until the while has passed without that many failures.
 *
 * How to add a component: a row in enum qt_component (market/event.h), its row in board.c, and in
 * health.c what the operator reads; qtrade-status(1) names it.
 */
#ifndef QTRADE_ENGINE_BOARD_H
#define QTRADE_ENGINE_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/engine/config.h"
#include "qtrade/market/event.h"

#define QT_BOARD_PARTS 80
#define QT_LOOK_NS INT64_C(250000000)

enum qt_part_state {
    QT_PART_STARTING,
    QT_PART_RUNNING,
    QT_PART_DEGRADED, /* works in part: a write failed and is tried again, a connection is down */
    QT_PART_FAILED,   /* does not answer, or has ended */
    QT_PART_STOPPED,  /* in order */
    QT_PART_STATES
};
const char *qt_part_state_name(enum qt_part_state state); /* "starting" ... */

/** Bits (1 << enum qt_component) of what a component needs: these start before it and stop after
 * it. */
unsigned qt_component_needs(enum qt_component component);
/** The components so that each comes after what it needs; equal ones in the order of the enum. */
void qt_component_order(enum qt_component out[QT_COMPONENTS]);

struct qt_board;
struct qt_part;

struct qt_board *
qt_board_create(const struct qt_health_config *config); /* copied; NULL: no memory */
void qt_board_destroy(struct qt_board *board); /* after all threads of its parts; NULL is fine */
/**
 * A part more, in state starting. name is copied ("worker 2"). Any thread, seldom. NULL: board is
 * NULL or full; all functions below take that as "not watched".
 */
struct qt_part *qt_board_add(struct qt_board *board, enum qt_component component, const char *name);

/** "I move": at least every second while at work. The part's own thread. */
void qt_part_beat(struct qt_part *part);
/** "I wait for work, however long": it is not stuck. The part's own thread. */
void qt_part_rest(struct qt_part *part);
/** How it is. Any thread. */
void qt_part_set(struct qt_part *part, enum qt_part_state state);
/** It failed: counted, and the text (cut at 120 bytes) stands on the board. Any thread; locks. */
void qt_part_failed(struct qt_part *part, const char *format, ...) QT_PRINTF(2, 3);
/** It was started again. Any thread. */
void qt_part_restarted(struct qt_part *part);
/** Whether the back-off since its last failure is over: 250 ms, doubled for each failure within the
 * while of the config, at most 10 s. Any thread; locks. */
bool qt_part_may_restart(struct qt_part *part);
/** A number that its own thread changes with each heartbeat; 0: NULL. Any thread. */
uint64_t qt_part_beats(const struct qt_part *part);
bool qt_part_is_stuck(const struct qt_part *part); /* as the last look found; false: NULL */
/** As its owner said, or failed while it is stuck; stopped: NULL. Any thread, lock-free. */
enum qt_part_state qt_part_state(const struct qt_part *part);
enum qt_component qt_part_component(const struct qt_part *part); /* QT_COMPONENTS: NULL */
const char *qt_part_name(const struct qt_part *part);            /* "": NULL */

/** What the process took away from itself. */
enum qt_wall {
    QT_WALL_TOLD = 1,   /* it is known: set with any of the others */
    QT_WALL_OFF = 2,    /* by the config */
    QT_WALL_LIMITS = 4, /* no core file, no debugger, no new rights */
    QT_WALL_FILES = 8,  /* landlock */
    QT_WALL_CALLS = 16  /* seccomp */
};
/** Shown in pictures: bits of enum qt_wall. Any thread, lock-free; NULL board: nothing, and 0. */
void qt_board_tell_walls(struct qt_board *board, unsigned walls);
unsigned qt_board_walls(const struct qt_board *board);

/** One look at all heartbeats; tell is called for each part that is stuck since now, or moves
 * again, with the time it did not move. The watcher's thread, each QT_LOOK_NS. */
void qt_board_look(struct qt_board *board,
                   void (*tell)(void *self, const struct qt_part *part, bool is_stuck,
                                int64_t silent_ns),
                   void *self);
/** Bits (1 << enum qt_component) of those with a failing part (H3). Any thread, lock-free; 0: NULL.
 */
unsigned qt_board_failing(const struct qt_board *board);
/** Counts up with each part that is stuck or moves again. Any thread; 0: NULL. */
unsigned qt_board_changes(const struct qt_board *board);
/** The n-th part in order of addition; NULL: there are not so many. Any thread. */
struct qt_part *qt_board_at(struct qt_board *board, unsigned n);

struct qt_part_view {
    char name[24];
    uint8_t component, state; /* enum qt_component, enum qt_part_state */
    bool is_failing;
    bool has_heartbeat; /* false: it has no thread, or rests */
    int64_t silent_ns;  /* since it was last seen to move, at most a look too much */
    int64_t failed_ns;  /* since its last failure; -1: none */
    uint32_t restarts, failures;
    char last_failure[120]; /* "": none */
};
/** Part n, as qt_board_at. False: there is none. Any thread; locks. */
QT_CHECKED bool qt_board_view(struct qt_board *board, unsigned n, struct qt_part_view *out);

#endif
