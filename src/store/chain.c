/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain_priv.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/store/audit.h"

#include "store_priv.h"

void
qt__chain_hash(const unsigned char before[QT__CHAIN_HASH], const struct qt__entry *entry,
               unsigned char out[QT__CHAIN_HASH])
{
    const char *texts[] = {entry->actor, entry->action, entry->detail};
    size_t n[] = {strlen(texts[0]), strlen(texts[1]), strlen(texts[2])};
    crypto_generichash_state state;
    char head[128];
    int length = snprintf(head, sizeof head, "%" PRId64 " %" PRId64 " %" PRId64 " %zu %zu %zu\n",
                          entry->id, entry->t_ns, entry->seq, n[0], n[1], n[2]);
    crypto_generichash_init(&state, NULL, 0, QT__CHAIN_HASH);
    crypto_generichash_update(&state, before, QT__CHAIN_HASH);
    crypto_generichash_update(&state, (const unsigned char *)head, (size_t)length);
    for (size_t i = 0; i < QT_COUNT_OF(texts); i++)
        crypto_generichash_update(&state, (const unsigned char *)texts[i], n[i]);
    crypto_generichash_final(&state, out, QT__CHAIN_HASH);
}

bool
qt__chain_load(sqlite3 *db, struct qt__chain *out, struct qt_error *err)
{
    sqlite3_stmt *row = NULL;
    *out = (struct qt__chain){0};
    int rc = sqlite3_prepare_v2(db, "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1", -1, &row,
                                NULL);
    rc = rc == SQLITE_OK ? sqlite3_step(row) : rc;
    if (rc == SQLITE_ROW) {
        const void *hash = sqlite3_column_blob(row, 1);
        out->id = sqlite3_column_int64(row, 0);
        if (hash && sqlite3_column_bytes(row, 1) == QT__CHAIN_HASH)
            memcpy(out->hash, hash, QT__CHAIN_HASH); /* else 'audit verify' names it */
    }
    sqlite3_finalize(row);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ||
           qt__sqlite_fail(db, err, "reading the end of the audit");
}

/* The texts of an entry, as they are kept. */
struct kept {
    char actor[QT_AUDIT_ACTOR], action[QT_AUDIT_ACTION], detail[QT_AUDIT_DETAIL];
};

static struct qt__entry
keep(struct kept *kept, const struct qt__entry *entry)
{
    qt_copy(kept->actor, sizeof kept->actor, entry->actor);
    qt_copy(kept->action, sizeof kept->action, entry->action);
    qt_copy(kept->detail, sizeof kept->detail, entry->detail);
    qt_text_clean(kept->actor);
    qt_text_clean(kept->action);
    qt_text_clean(kept->detail);
    return (struct qt__entry){entry->id,   entry->t_ns,  entry->seq,
                              kept->actor, kept->action, kept->detail};
}

static bool
bind_texts(sqlite3_stmt *statement, int at, const struct qt__entry *entry,
           const unsigned char hash[QT__CHAIN_HASH])
{
    return sqlite3_bind_text(statement, at, entry->actor, -1, SQLITE_STATIC) == SQLITE_OK &&
           sqlite3_bind_text(statement, at + 1, entry->action, -1, SQLITE_STATIC) == SQLITE_OK &&
           sqlite3_bind_text(statement, at + 2, entry->detail, -1, SQLITE_STATIC) == SQLITE_OK &&
           sqlite3_bind_blob(statement, at + 3, hash, QT__CHAIN_HASH, SQLITE_STATIC) == SQLITE_OK;
}

bool
qt__chain_put(struct qt__chain *chain, sqlite3_stmt *insert, const struct qt__entry *entry)
{
    struct kept kept;
    struct qt__entry next = keep(&kept, entry);
    struct qt__chain after = {.id = chain->id + 1};
    next.id = after.id;
    qt__chain_hash(chain->hash, &next, after.hash);
    bool is_put = sqlite3_bind_int64(insert, 1, next.id) == SQLITE_OK &&
                  sqlite3_bind_int64(insert, 2, next.t_ns) == SQLITE_OK &&
                  sqlite3_bind_int64(insert, 3, next.seq) == SQLITE_OK &&
                  bind_texts(insert, 4, &next, after.hash) && sqlite3_step(insert) == SQLITE_DONE;
    sqlite3_reset(insert);
    sqlite3_clear_bindings(insert);
    if (is_put)
        *chain = after;
    return is_put;
}

bool
qt__chain_append(sqlite3 *db, struct qt__chain *chain, const struct qt__entry *entry,
                 struct qt_error *err)
{
    struct qt__chain before = *chain;
    sqlite3_stmt *insert = NULL;
    if (!qt__sqlite_exec(db, "BEGIN IMMEDIATE", "appending to the audit", err))
        return false;
    bool is_put = (sqlite3_prepare_v2(db, QT__CHAIN_INSERT, -1, &insert, NULL) == SQLITE_OK &&
                   qt__chain_put(chain, insert, entry)) ||
                  qt__sqlite_fail(db, err, "appending to the audit");
    sqlite3_finalize(insert);
    if (is_put && qt__sqlite_exec(db, "COMMIT", "appending to the audit", err))
        return true;
    *chain = before;
    if (!sqlite3_get_autocommit(db))
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

static const char *
text_at(sqlite3_stmt *row, int column)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    return text ? (const char *)text : "";
}

bool
qt__chain_begin(sqlite3 *db, struct qt_error *err)
{
    sqlite3_stmt *row = NULL, *update = NULL;
    struct qt__chain chain = {0};
    int rc = sqlite3_prepare_v2(
        db, "SELECT id, t_ns, seq, actor, action, detail FROM audit ORDER BY id", -1, &row, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(
            db, "UPDATE audit SET actor = ?2, action = ?3, detail = ?4, hash = ?5 WHERE id = ?1",
            -1, &update, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
        struct kept kept;
        const struct qt__entry found = {sqlite3_column_int64(row, 0),
                                        sqlite3_column_int64(row, 1),
                                        sqlite3_column_int64(row, 2),
                                        text_at(row, 3),
                                        text_at(row, 4),
                                        text_at(row, 5)};
        const struct qt__entry entry = keep(&kept, &found);
        qt__chain_hash(chain.hash, &entry, chain.hash);
        bool is_put = sqlite3_bind_int64(update, 1, entry.id) == SQLITE_OK &&
                      bind_texts(update, 2, &entry, chain.hash) &&
                      sqlite3_step(update) == SQLITE_DONE;
        rc = is_put ? sqlite3_reset(update) : SQLITE_ERROR;
    }
    bool is_good = rc == SQLITE_DONE || qt__sqlite_fail(db, err, "chaining the audit");
    sqlite3_finalize(row);
    sqlite3_finalize(update);
    return is_good;
}
