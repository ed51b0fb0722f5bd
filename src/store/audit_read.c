/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the audit beside a process that may write. */
#include <stdio.h>
#include <string.h>

#include "heads_priv.h"
#include "store_file_priv.h"

/* ?1 from, ?2 to, ?3 action, ?4 how many of the newest. */
#define ALL                                                                                        \
    "SELECT id, t_ns, seq, actor, action, detail, hash FROM audit WHERE (?1 = 0 OR t_ns >= ?1)"    \
    " AND (?2 = 0 OR t_ns < ?2) AND (?3 IS NULL OR action = ?3) ORDER BY id"
#define NEWEST "SELECT * FROM (" ALL " DESC LIMIT ?4) ORDER BY id"

static void
read_row(sqlite3_stmt *row, struct qt_audit_row *out)
{
    *out = (struct qt_audit_row){.id = sqlite3_column_int64(row, 0),
                                 .t_ns = sqlite3_column_int64(row, 1),
                                 .seq = sqlite3_column_int64(row, 2),
                                 .actor = (const char *)sqlite3_column_text(row, 3),
                                 .action = (const char *)sqlite3_column_text(row, 4),
                                 .detail = (const char *)sqlite3_column_text(row, 5),
                                 .hash = sqlite3_column_bytes(row, 6) == QT__CHAIN_HASH
                                             ? sqlite3_column_blob(row, 6)
                                             : NULL};
}

bool
qt_audit_walk(const char *folder, const struct qt_store_key *key,
              const struct qt_audit_filter *filter,
              bool (*take)(void *self, const struct qt_audit_row *row), void *self,
              struct qt_error *err)
{
    struct qt__store_file file = {0};
    sqlite3_stmt *row = NULL;
    if (!qt__store_file_read(&file, folder, key, err)) {
        qt__store_file_close(&file);
        return false;
    }
    int rc = sqlite3_prepare_v2(file.db, filter->last > 0 ? NEWEST : ALL, -1, &row, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(row, 1, filter->from_ns);
        sqlite3_bind_int64(row, 2, filter->to_ns);
        sqlite3_bind_text(row, 3, filter->action, -1, SQLITE_STATIC);
        if (filter->last > 0)
            sqlite3_bind_int64(row, 4, filter->last);
    }
    bool goes_on = true;
    while (rc == SQLITE_OK && goes_on && (rc = sqlite3_step(row)) == SQLITE_ROW) {
        struct qt_audit_row found;
        read_row(row, &found);
        goes_on = take(self, &found);
        rc = SQLITE_OK;
    }
    bool is_read = rc == SQLITE_DONE || !goes_on || qt__store_file_fail(&file, err, "the audit");
    sqlite3_finalize(row);
    qt__store_file_close(&file);
    return is_read;
}

bool
qt_audit_heads(const char *folder, bool (*take)(void *self, const char *line), void *self,
               struct qt_error *err)
{
    struct qt__head_list list;
    char path[640];
    snprintf(path, sizeof path, "%.600s/" QT_AUDIT_HEADS_NAME, folder);
    if (!qt__heads_read(path, false, &list, err))
        return false;
    bool goes_on = true;
    for (size_t i = 0; i < list.n && goes_on; i++) {
        char line[QT_AUDIT_HEAD];
        qt__head_print(&list.head[i], line);
        goes_on = take(self, line);
    }
    qt__heads_free(&list);
    return true;
}
