/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The operator's program that takes heads elsewhere, run by a thread of its own: whatever it does,
 * nobody but that thread waits for it. While one run lasts only the newest head waits.
 */
#ifndef QTRADE_STORE_AUDIT_HOOK_PRIV_H
#define QTRADE_STORE_AUDIT_HOOK_PRIV_H

#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"

struct qt__hook;

/** False: program is not the absolute path of a file that can be run and that only root or we can
 * change (QT_E_CONFIG). */
QT_CHECKED bool qt__hook_check(const char *program, struct qt_error *err);
/** NULL: err. */
struct qt__hook *qt__hook_create(const char *program, struct qt_error *err);
/** Waits for the last run at most some seconds, then kills it. NULL is fine. */
void qt__hook_destroy(struct qt__hook *hook);
/** Runs the program with head as its one argument, soon. Never waits. NULL is fine. */
void qt__hook_put(struct qt__hook *hook, const char *head);
/** How many runs have ended, how many of them badly and why the last of those. Any thread. */
void qt__hook_stats(struct qt__hook *hook, uint64_t *out_runs, uint64_t *out_failures,
                    char why[160]);

#endif
