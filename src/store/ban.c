/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Until when a venue wants no request, so that the next run makes none either (fault O10). */
#include <inttypes.h>
#include <stdio.h>


#include "ban_priv.h"
#include "store_open_priv.h"

bool
qt__ban_keep(sqlite3 *db, int64_t until_ns, struct qt_error *err)
{
    char sql[96];
    snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO meta VALUES ('ban', '%" PRId64 "')",
             until_ns);
    return qt__sqlite_exec(db, sql, "keeping the venue's ban", err);
}

bool
qt_store_ban(struct qt_store *store, int64_t *out_until_ns, struct qt_error *err)
{
    sqlite3_stmt *row = NULL;
    int64_t until_ns = 0;
    bool is_good = sqlite3_prepare_v2(store->file.db,
                                      "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'ban'",
                                      -1, &row, NULL) == SQLITE_OK;
    if (is_good && sqlite3_step(row) == SQLITE_ROW)
        until_ns = sqlite3_column_int64(row, 0);
    is_good = sqlite3_finalize(row) == SQLITE_OK && is_good;
    if (is_good)
        *out_until_ns = until_ns;
    return is_good || qt__sqlite_fail(store->file.db, err, "reading the venue's ban");
}

bool
qt_store_keep_ban(struct qt_store *store, int64_t until_ns, struct qt_error *err)
{
    if (!store->is_started)
        return qt__ban_keep(store->file.db, until_ns, err);
    pthread_mutex_lock(&store->mutex);
    store->ban_ns = until_ns;
    pthread_cond_signal(&store->put_or_stop);
    pthread_mutex_unlock(&store->mutex);
    return true;
}
