/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading what differed from the venue, beside a process that may write. */
#include "qtrade/store/differences.h"

#include "store_file_priv.h"

/* ?1 from, ?2 to, ?3 symbol or asset, ?4 how many of the newest. */
#define ALL                                                                                        \
    "SELECT id, t_ns, seq, read, symbol, asset, what, rule, ours, venue, why, client_id,"          \
    " venue_id, trade_id FROM differences WHERE (?1 = 0 OR t_ns >= ?1) AND (?2 = 0 OR t_ns < ?2)"  \
    " AND (?3 IS NULL OR symbol = ?3 OR asset = ?3) ORDER BY id"
#define NEWEST "SELECT * FROM (" ALL " DESC LIMIT ?4) ORDER BY id"

static const char *
text_of(sqlite3_stmt *row, int column)
{
    return (const char *)sqlite3_column_text(row, column);
}

static void
read_row(sqlite3_stmt *row, struct qt_difference_row *out)
{
    *out = (struct qt_difference_row){.id = sqlite3_column_int64(row, 0),
                                      .t_ns = sqlite3_column_int64(row, 1),
                                      .seq = sqlite3_column_int64(row, 2),
                                      .read = sqlite3_column_int64(row, 3),
                                      .symbol = text_of(row, 4),
                                      .asset = text_of(row, 5),
                                      .what = text_of(row, 6),
                                      .rule = text_of(row, 7),
                                      .ours = text_of(row, 8),
                                      .venue = text_of(row, 9),
                                      .why = text_of(row, 10),
                                      .client_id = (uint64_t)sqlite3_column_int64(row, 11),
                                      .venue_id = (uint64_t)sqlite3_column_int64(row, 12),
                                      .trade_id = (uint64_t)sqlite3_column_int64(row, 13)};
}

bool
qt_differences_walk(const char *folder, const struct qt_store_key *key,
                    const struct qt_difference_filter *filter,
                    bool (*take)(void *self, const struct qt_difference_row *row), void *self,
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
        sqlite3_bind_text(row, 3, filter->symbol, -1, SQLITE_STATIC);
        if (filter->last > 0)
            sqlite3_bind_int64(row, 4, filter->last);
    }
    bool goes_on = true;
    while (rc == SQLITE_OK && goes_on && (rc = sqlite3_step(row)) == SQLITE_ROW) {
        struct qt_difference_row found;
        read_row(row, &found);
        goes_on = take(self, &found);
        rc = SQLITE_OK;
    }
    bool is_read = rc == SQLITE_DONE || !goes_on ||
                   qt__store_file_fail(&file, err, "the differences from the venue");
    sqlite3_finalize(row);
    qt__store_file_close(&file);
    return is_read;
}
