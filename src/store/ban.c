/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Until when a venue wants no request, so that the next run makes none either (fault O10). */
#include <inttypes.h>
#include <stdio.h>

#include "ban_priv.h"
#include "store_open_priv.h"

static const char *const keys[QT_STORE_VENUES] = {"ban", "ban_2", "ban_3", "ban_4"};

bool
qt__ban_keep(sqlite3 *db, unsigned venue, int64_t until_ns, struct qt_error *err)
{
    char sql[96];
    snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO meta VALUES ('%s', '%" PRId64 "')",
             keys[venue], until_ns);
    return qt__sqlite_exec(db, sql, "keeping a venue's ban", err);
}

bool
qt_store_ban(struct qt_store *store, unsigned venue, int64_t *out_until_ns, struct qt_error *err)
{
    sqlite3_stmt *row = NULL;
    int64_t until_ns = 0;
    char sql[96];
    qt_assert(venue < QT_STORE_VENUES);
    snprintf(sql, sizeof sql, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = '%s'",
             keys[venue]);
    bool is_good = sqlite3_prepare_v2(store->file.db, sql, -1, &row, NULL) == SQLITE_OK;
    if (is_good && sqlite3_step(row) == SQLITE_ROW)
        until_ns = sqlite3_column_int64(row, 0);
    is_good = sqlite3_finalize(row) == SQLITE_OK && is_good;
    if (is_good)
        *out_until_ns = until_ns;
    return is_good || qt__sqlite_fail(store->file.db, err, "reading a venue's ban");
}

bool
qt_store_keep_ban(struct qt_store *store, unsigned venue, int64_t until_ns, struct qt_error *err)
{
    qt_assert(venue < QT_STORE_VENUES);
    if (!store->is_started)
        return qt__ban_keep(store->file.db, venue, until_ns, err);
    pthread_mutex_lock(&store->mutex);
    store->ban_ns[venue] = until_ns;
    store->has_ban = true;
    pthread_cond_signal(&store->put_or_stop);
    pthread_mutex_unlock(&store->mutex);
    return true;
}
