/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder of a run's state: store, control socket, lock. */
#ifndef QTRADE_CLI_STATE_DIR_PRIV_H
#define QTRADE_CLI_STATE_DIR_PRIV_H

#include "cli_priv.h"

#define QT_STATE_DIR 512 /* bytes of its path */

/** --data-dir, else $XDG_STATE_HOME/qtrade, else ~/.local/state/qtrade. False: there is no home. */
QT_CHECKED bool qt_state_dir(const struct qt_args *args, char out[QT_STATE_DIR],
                             struct qt_error *err);
/**
 * The folder of the engine that runs: --data-dir, else the usual one when an engine answers there,
 * else that of the one demo of ours that does. False: several demos run. Without any it is the usual
 * one, where nobody answers.
 */
QT_CHECKED bool qt_state_dir_running(const struct qt_args *args, char out[QT_STATE_DIR],
                                     struct qt_error *err);
/** What is there, if anything: a folder of ours, no link, closed to others (fault A4). */
QT_CHECKED bool qt_state_dir_judge(const char *path, bool *out_exists, struct qt_error *err);
/**
 * Makes it (mode 0700) or judges what is there.
 */
QT_CHECKED bool qt_state_dir_make(const char *path, struct qt_error *err);
/** A fresh folder under $TMPDIR or /tmp. */
QT_CHECKED bool qt_state_dir_throw_away(char out[QT_STATE_DIR], struct qt_error *err);
/** Removes a throw-away folder with what is in it (files only). */
void qt_state_dir_remove(const char *path);

#endif
