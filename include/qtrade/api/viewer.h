/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pictures of a running engine, asked for over its control socket, one after the other: the
 * newest, when the one before has been taken, at most ten a second. Never blocks. When the engine
 * ends or starts again it connects anew by itself, for ever. One thread.
 */
#ifndef QTRADE_API_VIEWER_H
#define QTRADE_API_VIEWER_H

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/engine/snapshot.h"

struct qt_viewer;

/** Of the engine of that state folder, which need not run. NULL: no memory, or too long a path. */
struct qt_viewer *qt_viewer_create(const char *folder, struct qt_error *err);
void qt_viewer_destroy(struct qt_viewer *viewer); /* NULL is fine */
/** One turn, and the newest picture, NULL before the first. It is the viewer's, and holds until the
 * second call after this one. */
const struct qt_snapshot *qt_viewer_take(struct qt_viewer *viewer);
/** Why no pictures come, in capitals for the alarm line; NULL: they do. */
const char *qt_viewer_trouble(const struct qt_viewer *viewer);
/** Somebody pressed a key here: the engine is told with the next question. */
void qt_viewer_seen(struct qt_viewer *viewer);

static inline void
qt_viewer_auto(struct qt_viewer **p)
{
    qt_viewer_destroy(*p);
}

#endif
