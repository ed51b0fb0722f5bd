/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of store share: the connection, the statements a record kind needs, the schema. */
#ifndef QTRADE_STORE_PRIV_H
#define QTRADE_STORE_PRIV_H

#include <sqlite3.h>

#include "qtrade/base/error.h"
#include "qtrade/engine/record.h"
#include "qtrade/market/instrument.h"

#include "chain_priv.h"
#include "trail_priv.h"

/** Brings the schema of db to the newest version, each step in a transaction. */
QT_CHECKED bool qt__schema_migrate(sqlite3 *db, const char *path, struct qt_error *err);

/** The same up to version to, at most the newest: for stores as earlier programs made them. */
QT_CHECKED bool qt__schema_migrate_to(sqlite3 *db, const char *path, int to, struct qt_error *err);
extern const int qt__schema_newest;

/** The schema of db; false too when it is newer than this program knows (QT_E_CONFIG). */
QT_CHECKED bool qt__schema_check(sqlite3 *db, const char *path, int *out_version,
                                 struct qt_error *err);

/** One prepared statement per record kind. */
struct qt_writer {
    sqlite3 *db;
    const struct qt_universe *universe;
    sqlite3_stmt *statement[QT_RECORD_KINDS];
    sqlite3_stmt *order_state;
    struct qt__chain chain; /* the audit's end, what is being written included */
    struct qt__trail trail;
};
QT_CHECKED bool qt__writer_init(struct qt_writer *writer, sqlite3 *db,
                                const struct qt_universe *universe, struct qt_error *err);
void qt__writer_finish(struct qt_writer *writer);
/** Inserts one record, and what it adds to the audit; inside the caller's transaction. False:
 * sqlite3_errmsg(db) says why; chain and trail are to be set back to where the transaction began. */
QT_CHECKED bool qt__writer_put(struct qt_writer *writer, const struct qt_record *record);
/** What the trail still counts; in a transaction of its own. */
QT_CHECKED bool qt__writer_end(struct qt_writer *writer, struct qt_error *err);

/** err from the connection's last message: "doing: why". Returns false. */
bool qt__sqlite_fail(sqlite3 *db, struct qt_error *err, const char *doing);
/** Runs SQL without rows. */
QT_CHECKED bool qt__sqlite_exec(sqlite3 *db, const char *sql, const char *doing,
                                struct qt_error *err);

#endif
