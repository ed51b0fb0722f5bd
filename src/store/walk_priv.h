/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a table that has an id and a time, beside a process that may write. */
#ifndef QTRADE_STORE_WALK_PRIV_H
#define QTRADE_STORE_WALK_PRIV_H

#include <sqlite3.h>

#include "qtrade/base/error.h"
#include "qtrade/store/key.h"

/** Which rows of a table; 0 of a field: no such limit. */
struct qt__walk {
    const char *select;     /* "SELECT columns FROM table" */
    const char *matches;    /* SQL that compares with ?3, which is name */
    const char *what;       /* what is read, for an error */
    int64_t from_ns, to_ns; /* from <= t_ns < to */
    int64_t last;           /* so many, the newest */
    const char *name;       /* NULL: all */
};

/**
 * Hands the rows to take, by ascending id, until that returns false: what a column holds is good
 * until then. Reads as of one moment. False: err; the store cannot be read.
 */
QT_CHECKED bool qt__walk(const char *folder, const struct qt_store_key *key,
                         const struct qt__walk *walk, bool (*take)(void *self, sqlite3_stmt *row),
                         void *self, struct qt_error *err);
/** A column's text; NULL where it has none. */
const char *qt__walk_text(sqlite3_stmt *row, int column);

#endif
