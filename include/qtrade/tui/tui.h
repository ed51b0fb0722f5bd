/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The operator's screen: shows the engine's published picture, read-only, and can stop the engine.
 * It gets its picture and gives its few commands through a small source, so a running engine, a
 * control socket and a test all look alike to it. It never blocks anybody: a slow or stuck terminal
 * costs frames, not keys.
 */
#ifndef QTRADE_TUI_TUI_H
#define QTRADE_TUI_TUI_H

#include <stdatomic.h>
#include <stdbool.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/engine/board.h"
#include "qtrade/engine/snapshot.h"
#include "qtrade/market/event.h"

/** Where the screen's picture comes from and its commands go; all calls on the thread of
 * qt_tui_run(). */
struct qt_tui_source {
    void *self;
    /** The latest picture, or NULL before the first. Must not block. */
    const struct qt_snapshot *(*take)(void *self);
    /** Gives back what take() gave. */
    void (*give)(void *self, const struct qt_snapshot *snapshot);
    /** One of the operator's stops (or RESUME). False: refused, err says why. Must not block for
     * long. */
    bool (*command)(void *self, enum qt_command_kind kind, const char *reason,
                    struct qt_error *err);
    /** What has become of the last command that was accepted; a person is told that it is done when
     * it is kept. NULL function: it is when command() returns. Must not block. */
    enum qt_command_fate (*fate)(void *self);
    /** Why no new picture can come: "NO ENGINE" ..., shown at once and everything else as old; NULL:
     * they come. A NULL function: the engine is this process. */
    const char *(*trouble)(void *self);
    void (*seen)(void *self); /* somebody pressed a key; NULL: nobody wants to know */
};

/** What the key q does. */
enum qt_tui_quit {
    QT_TUI_QUIT_LEAVES, /* it leaves */
    QT_TUI_QUIT_ASKS /* with positions or orders open (or unknown): keep running / pause / liquidate
                        / stay */
};

/** How qt_tui_run() ended. */
enum qt_tui_outcome {
    QT_TUI_FAILED,       /* no screen could be had: err says why, in one line */
    QT_TUI_LEFT,         /* q */
    QT_TUI_KEEP_RUNNING, /* q, then "keep running without a screen" */
    QT_TUI_PAUSE,        /* q, then "pause and leave": the command was given and accepted */
    QT_TUI_LIQUIDATE,    /* q, then "liquidate and leave", FLAT typed: the command was given and
                            accepted */
    QT_TUI_HANGUP, /* the terminal went away (SIGHUP, EIO, end of file); SIGHUP stays ignored */
    QT_TUI_STOPPED /* *options.stop was set */
};

struct qt_tui_options {
    struct qt_tui_source source;
    const char *theme; /* a theme's name or a file (a '/' in it); NULL: "dark" */
    double fps;        /* frames a second at most, 1..30; 0: 10 */
    bool is_ascii;     /* draw with ASCII only, whatever the locale says */
    enum qt_tui_quit quit;
    bool can_suspend; /* Ctrl-Z stops this process (attach); else it only says that it would stop
                         the engine */
    const char
        *run_kind; /* "demo", "paper", "live": shown until the first picture; NULL: nothing */
    struct qt_part *part; /* its place on the board; NULL: nobody looks */
    const atomic_int
        *stop; /* not 0: leave soon; may be set by a signal handler or another thread. NULL: none */
};

/**
 * Runs the screen on standard input and output until the operator leaves, the terminal goes away,
 * or *stop is set. Needs both to be a terminal that can move its cursor; else QT_TUI_FAILED at
 * once, nothing drawn. The terminal is restored on every way out, crash signals included. One
 * screen per process at a time. While it runs it owns SIGHUP, SIGTSTP, SIGCONT and the crash
 * signals, and gives them back. Colour follows the terminal and NO_COLOR; without a UTF-8 locale
 * (LC_ALL, LC_CTYPE, LANG) it draws ASCII. Sets the process's LC_CTYPE from the environment.
 */
QT_CHECKED enum qt_tui_outcome qt_tui_run(const struct qt_tui_options *options,
                                          struct qt_error *err);

/** Whether standard input and output are a terminal that the screen can be drawn on. False: err says
 * why not. Draws nothing; not while a screen runs. */
QT_CHECKED bool qt_tui_check(struct qt_error *err);

/** "left", "keep running" ... for the log. */
const char *qt_tui_outcome_name(enum qt_tui_outcome outcome);

#endif
