/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "store_file_priv.h"
#include "walk_priv.h"

enum { SQL = 640 };

static void
write_sql(const struct qt__walk *walk, char out[SQL])
{
    bool is_last = walk->last > 0;
    int n = snprintf(out, SQL,
                     "%s%s WHERE (?1 = 0 OR t_ns >= ?1) AND (?2 = 0 OR t_ns < ?2)"
                     " AND (?3 IS NULL OR %s) ORDER BY id%s",
                     is_last ? "SELECT * FROM (" : "", walk->select, walk->matches,
                     is_last ? " DESC LIMIT ?4) ORDER BY id" : "");
    qt_assert(n > 0 && n < SQL);
}

static int
prepare(sqlite3 *db, const struct qt__walk *walk, sqlite3_stmt **out)
{
    char sql[SQL];
    write_sql(walk, sql);
    int rc = sqlite3_prepare_v2(db, sql, -1, out, NULL);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_bind_int64(*out, 1, walk->from_ns);
    sqlite3_bind_int64(*out, 2, walk->to_ns);
    sqlite3_bind_text(*out, 3, walk->name, -1, SQLITE_STATIC);
    if (walk->last > 0)
        sqlite3_bind_int64(*out, 4, walk->last);
    return rc;
}

static bool
walk_file(const struct qt__store_file *file, const struct qt__walk *walk,
          bool (*take)(void *self, sqlite3_stmt *row), void *self, struct qt_error *err)
{
    sqlite3_stmt *row = NULL;
    int rc = prepare(file->db, walk, &row);
    bool goes_on = true;
    while (rc == SQLITE_OK && goes_on && (rc = sqlite3_step(row)) == SQLITE_ROW) {
        goes_on = take(self, row);
        rc = SQLITE_OK;
    }
    bool is_read = rc == SQLITE_DONE || !goes_on || qt__store_file_fail(file, err, walk->what);
    sqlite3_finalize(row);
    return is_read;
}

bool
qt__walk(const char *folder, const struct qt_store_key *key, const struct qt__walk *walk,
         bool (*take)(void *self, sqlite3_stmt *row), void *self, struct qt_error *err)
{
    struct qt__store_file file = {0};
    bool is_read =
        qt__store_file_read(&file, folder, key, err) && walk_file(&file, walk, take, self, err);
    qt__store_file_close(&file);
    return is_read;
}

const char *
qt__walk_text(sqlite3_stmt *row, int column)
{
    return (const char *)sqlite3_column_text(row, column);
}
