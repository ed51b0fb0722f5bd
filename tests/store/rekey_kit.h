/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store in a folder, with rows, a vault and two key files that may open it; and its rekey. */
#ifndef QTRADE_TESTS_REKEY_KIT_H
#define QTRADE_TESTS_REKEY_KIT_H

#include "disk_kit.h"

#include "qtrade/store/audit.h"
#include "qtrade/store/rekey.h"
#include "qtrade/store/vault.h"

#include "../../src/store/key_priv.h"
#include "../../src/store/store_file_priv.h"

enum { KIT_ROWS = 900 };

static const struct qt_unlock kit_old = {
    QT_KEY_FILE, (const unsigned char *)"thirty-two bytes that open it...", 32};
static const struct qt_unlock kit_new = {
    QT_KEY_FILE, (const unsigned char *)"and thirty-two others that do it", 32};

/* The folder's keys, by whichever of the two opens them; *out_by says which. */
static inline struct qt_store_key *
kit_unlock(const char *folder, const struct qt_unlock **out_by)
{
    struct qt_error err = {0};
    *out_by = &kit_new;
    struct qt_store_key *key = qt_store_key_open(folder, &kit_new, &err);
    if (key)
        return key;
    *out_by = &kit_old;
    key = qt_store_key_open(folder, &kit_old, &err);
    MUST(key, "neither opens it: %s", err.text);
    return key;
}

/* A store of version 1 with rows, in folder. */
static inline void
kit_make(const char *folder)
{
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    struct qt_store_key *key = qt_store_key_make(&kit_old, &err);
    MUST(key && qt__store_file_open(&file, folder, key, &err), "%s", err.text);
    char sql[400];
    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
             " INSERT INTO postings SELECT i, (i + 1) / 2, 'cash', 'USDT',"
             " CASE i %% 2 WHEN 0 THEN i / 2 ELSE -((i + 1) / 2) END, 8, 1, 3 FROM n",
             (int)KIT_ROWS);
    MUST(qt__sqlite_exec(file.db, sql, "rows", &err), "%s", err.text);
    qt__store_file_close(&file);
    struct qt_vault *vault = qt_vault_open(folder, key, true, &err);
    MUST(vault && qt_vault_add(vault, "main", "binance", "api-key", "api-secret", 1, &err) &&
             qt_vault_save(vault, key, &err),
         "%s", err.text);
    qt_vault_close(vault);
    qt_store_key_close(key);
}

static inline void
kit_copy(const char *from, const char *to)
{
    DIR *dir = opendir(to);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    dir = opendir(from);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char name[40];
        if (entry->d_name[0] == '.' || !qt_copy(name, sizeof name, entry->d_name))
            continue;
        file_copy(path_in(from, name), path_in(to, name));
    }
    closedir(dir);
}

static inline int64_t
kit_ask(const char *folder, const struct qt_store_key *key, const char *sql)
{
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    MUST(qt__store_file_read(&file, folder, key, &err), "%s", err.text);
    struct db db = {.vfs = file.vfs, .sql = file.db};
    int64_t v = db_number(&db, sql);
    qt__store_file_close(&file);
    return v;
}

/* Everything that was there is, and what is sealed opens. */
static inline void
kit_expect_whole(const char *folder, const struct qt_store_key *key)
{
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    char api_key[QT_VAULT_SECRET], secret[QT_VAULT_SECRET];
    MUST(qt__store_file_read(&file, folder, key, &err), "%s", err.text);
    struct db db = {.vfs = file.vfs, .sql = file.db};
    db_expect_sound(&db);
    int64_t rows = db_number(&db, "SELECT count(*) FROM postings");
    MUST(rows == KIT_ROWS, "%lld rows", (long long)rows);
    MUST(db_number(&db, "SELECT sum(amount) FROM postings") == 0, "the ledger is off");
    qt__store_file_close(&file);
    struct qt_vault *vault = qt_vault_open(folder, key, false, &err);
    MUST(vault && qt_vault_find(vault, "main") == 0, "the vault: %s", err.text);
    qt_vault_reveal(vault, 0, api_key, secret);
    MUST(strcmp(secret, "api-secret") == 0, "the vault has another secret");
    qt_vault_close(vault);
}

/* What `store rekey --pages` does with no engine there; goes on with one that is unfinished. */
static inline bool
kit_rekey(const char *folder, struct qt_store_key *key, struct qt_error *err)
{
    bool is_begun = (qt_store_key_is_renewing(key) && qt_store_key_can_finish(key, folder, err)) ||
                    qt_store_key_renew(key, folder, &kit_new, err);
    struct qt_store *store = is_begun ? qt_store_open(folder, key, err) : NULL;
    bool is_done = store && qt_rekey_finish(store, NULL, NULL, err);
    qt_store_close(store);
    struct qt_store_key *now = is_done ? qt_store_key_open(folder, &kit_new, err) : NULL;
    if (now)
        *key = *now;
    qt_store_key_close(now);
    return now != NULL;
}

/* No page, leaf or root of it opens with the old key, the vault does not, and nothing is left over.
 */
static inline void
kit_expect_settled(const char *folder, const unsigned char former[QT__KEY_BYTES],
                   const unsigned char id[QT__ID_BYTES])
{
    static const char *const gone[] = {"store.key.next", "store.db-rekey"};
    struct qt__vfs *vfs = qt__vfs_create(former, id, false);
    sqlite3 *db = NULL;
    size_t n = 0;
    bool is_renewing = true;
    struct qt_error err = {0};
    MUST(qt__vfs_connect(vfs, path_in(folder, "store.db"), READS, &db) != SQLITE_OK,
         "the former key opens the store");
    (void)sqlite3_close(db);
    unsigned char *bytes = file_read(path_in(folder, "store.db"), &n), plain[QT__PAGE_PLAIN];
    for (uint32_t page = 1; page <= qt__pages_of((int64_t)n); page++) {
        const struct qt__place place = {.kind = QT__KIND_PAGE, .number = page};
        MUST(!qt__unseal(vfs->cipher, &place, bytes + qt__page_at(page), QT__PAGE_PLAIN, plain),
             "page %u opens with the former key", page);
    }
    free(bytes);
    qt__vfs_destroy(vfs);
    for (size_t i = 0; i < QT_COUNT_OF(gone); i++)
        MUST(access(path_in(folder, gone[i]), F_OK) != 0, "%s is left over", gone[i]);
    MUST(qt_store_key_look_renewing(folder, &is_renewing, &err) && !is_renewing, "%s", err.text);
}

#endif
