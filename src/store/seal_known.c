/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store knows of seals: the newest that was traded on, so that an older one put back is
 * found, and the newest time that it has seen. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/store/seal.h"

#include "seal_priv.h"
#include "store_file_priv.h"

static bool
query(sqlite3 *db, struct qt_seal_known *out, struct qt_error *err)
{
    static const char sql[] = "SELECT coalesce((SELECT value FROM meta WHERE key = 'seal'), '0'),"
                              " max(coalesce((SELECT max(t_ns) FROM equity), 0),"
                              " coalesce((SELECT max(created_ns) FROM orders), 0),"
                              " coalesce((SELECT max(t_ns) FROM decisions), 0))";
    sqlite3_stmt *statement = NULL;
    bool is_good = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
                   sqlite3_step(statement) == SQLITE_ROW;
    if (is_good) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        unsigned long long number = 0;
        char hash[QT_SEAL_HASH] = "";
        is_good = text && sscanf(text, "%llu %64[0-9a-f]", &number, hash) >= 1;
        out->number = number;
        memcpy(out->hash, hash, sizeof hash);
        out->newest_ns = sqlite3_column_int64(statement, 1);
    }
    if (!is_good)
        qt__sqlite_fail(db, err, "reading what is known of seals");
    sqlite3_finalize(statement);
    return is_good;
}

bool
qt_seal_known(const char *folder, const struct qt_store_key *key, struct qt_seal_known *out,
              struct qt_error *err)
{
    struct qt__store_file file = {0};
    memset(out, 0, sizeof *out);
    bool is_good = qt__store_file_read(&file, folder, key, err) && query(file.db, out, err);
    qt__store_file_close(&file);
    return is_good;
}

static bool
is_newest(uint64_t number, const char *hash, const struct qt_seal_known *known,
          struct qt_error *err)
{
    if (number < known->number)
        return qt_fail(err, QT_E_VERIFY,
                       "the sealed config is an old one put back: it has number %" PRIu64
                       ", and number %" PRIu64 " was traded on ('qtrade config seal' makes a new "
                       "one)",
                       number, known->number);
    if (number == known->number && strcmp(hash, known->hash) != 0)
        return qt_fail(err, QT_E_VERIFY,
                       "the sealed config is not the one of number %" PRIu64 " that was traded on "
                       "('qtrade config seal' makes a new one)",
                       number);
    return true;
}

bool
qt_seal_is_newest(const struct qt_seal *seal, const struct qt_seal_known *known,
                  struct qt_error *err)
{
    return is_newest(seal->number, seal->hash, known, err);
}

bool
qt__seal_keep(sqlite3 *db, uint64_t number, const char *hash, struct qt_error *err)
{
    char value[32 + QT_SEAL_HASH];
    struct qt_seal_known known = {0};
    sqlite3_stmt *statement = NULL;
    if (!query(db, &known, err) || !is_newest(number, hash, &known, err))
        return false;
    snprintf(value, sizeof value, "%" PRIu64 " %s", number, hash);
    bool is_good =
        sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO meta VALUES ('seal', ?)", -1, &statement,
                           NULL) == SQLITE_OK &&
        sqlite3_bind_text(statement, 1, value, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_DONE;
    if (!is_good)
        qt__sqlite_fail(db, err, "keeping the seal's number");
    sqlite3_finalize(statement);
    return is_good;
}
