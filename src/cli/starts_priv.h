/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How often a run began without ending in order: the file "starts" of the state folder, a line with
 * the time of each (ms UTC, by the wall clock). An orderly end empties it, so that what is in it
 * are the crashes, kills and power cuts since.
 */
#ifndef QTRADE_CLI_STARTS_PRIV_H
#define QTRADE_CLI_STARTS_PRIV_H

#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"

#define QT__STARTS_KEPT 64

/** Adds this start. *out: those that did not end, in the last while_ns, this one not counted. A
 * file that cannot be read counts as none and is replaced. False: it cannot be written. */
QT_CHECKED bool qt__starts_begin(const char *folder, int64_t while_ns, unsigned *out,
                                 struct qt_error *err);
void qt__starts_end(const char *folder); /* in order */

#endif
