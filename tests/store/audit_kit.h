/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store in a folder, entries in its audit, and the decrypted database under a test's hands. */
#ifndef QTRADE_TESTS_AUDIT_KIT_H
#define QTRADE_TESTS_AUDIT_KIT_H

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "qt_check.h"
#include "qtrade/base/text.h"
#include "qtrade/store/audit.h"

#include "../../src/store/store_file_priv.h"
#include "folder_kit.h"

struct kit {
    char folder[64];
    struct qt_universe *universe;
};

static inline void
kit_begin(struct kit *kit)
{
    folder_begin(kit->folder);
    kit->universe = btc_universe();
}

static inline void
kit_end(struct kit *kit)
{
    qt_universe_destroy(kit->universe);
    folder_end(kit->folder);
}

static inline struct qt_store_key *
kit_key(const struct kit *kit)
{
    struct qt_error err = {0};
    enum qt_key_kind kind;
    ck_assert_msg(qt_store_key_kind(kit->folder, &kind, &err), "%s", err.text);
    struct qt_store_key *key = kind == QT_KEY_NONE
                                   ? qt_store_key_make(&unlock_ours, &err)
                                   : qt_store_key_open(kit->folder, &unlock_ours, &err);
    ck_assert_msg(key != NULL, "%s", err.text);
    return key;
}

static inline struct qt_store *
kit_open(const struct kit *kit)
{
    struct qt_error err = {0};
    struct qt_store *store = folder_open(kit->folder, &err);
    ck_assert_msg(store != NULL, "%s", err.text);
    return store;
}

static inline struct qt_store *
kit_start(const struct kit *kit)
{
    struct qt_error err = {0};
    struct qt_store *store = kit_open(kit);
    ck_assert_msg(qt_store_start(store, kit->universe, NULL, &err), "%s", err.text);
    return store;
}

static inline void
kit_append(struct qt_store *store, const char *action, const char *detail)
{
    struct qt_error err = {0};
    ck_assert_msg(qt_audit_append(store, "test", action, detail, &err), "%s", err.text);
}

/* The decrypted database, to write: what somebody with the key could do. */
static inline struct qt__store_file
kit_connect(const struct kit *kit)
{
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    char path[128];
    struct qt_store_key *key = kit_key(kit);
    snprintf(path, sizeof path, "%s/store.db", kit->folder);
    ck_assert_msg(qt__store_file_connect(&file, key, path, SQLITE_OPEN_READWRITE, &err), "%s",
                  err.text);
    qt_store_key_close(key);
    return file;
}

static inline void
kit_sql(const struct kit *kit, const char *sql)
{
    struct qt_error err = {0};
    struct qt__store_file file = kit_connect(kit);
    ck_assert_msg(qt__sqlite_exec(file.db, sql, sql, &err), "%s", err.text);
    qt__store_file_close(&file);
}

static inline int64_t
kit_number(const struct kit *kit, const char *sql)
{
    struct qt__store_file file = kit_connect(kit);
    sqlite3_stmt *row;
    ck_assert_int_eq(sqlite3_prepare_v2(file.db, sql, -1, &row, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(row), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    qt__store_file_close(&file);
    return number;
}

#endif
