/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "qtrade/base/text.h"
#include "qtrade/store/check.h"

#include "check_priv.h"
#include "intents_priv.h"

/* How to add a check: a row, and one in tests/store/test_check.c that breaks it. */
const struct qt_store_check qt_store_checks[] = {
    {"integrity", "every page opens, and tables and indexes agree",
     "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok' LIMIT 20"},
    {"foreign keys", "what refers to a row finds it",
     "SELECT \"table\" || ' row ' || rowid || ' refers to nothing in ' || parent FROM "
     "pragma_foreign_key_check"},
    {"ledger", "every transaction sums to zero in every asset",
     "SELECT 'transaction ' || txn || ' leaves ' || sum(amount) || ' of ' || asset FROM postings"
     " GROUP BY txn, asset, scale HAVING sum(amount) <> 0"},
    {"balances", "every balance is the sum of its postings",
     "SELECT 'the balance of ' || account || ' in ' || asset || ' is ' || sum(kept) || ', its postings are ' ||"
     " sum(amount) FROM (SELECT account, asset, scale, amount AS kept, 0 AS amount FROM balances"
     " UNION ALL SELECT account, asset, scale, 0, amount FROM postings)"
     " GROUP BY account, asset, scale HAVING sum(kept) <> sum(amount)"},
    {"fills", "every fill is of an order of its symbol and side",
     "SELECT 'fill ' || id || ' is of no order ' || printf('%x', client_id) FROM fills f WHERE NOT"
     " EXISTS (SELECT 1 FROM orders o WHERE o.client_id = f.client_id AND o.symbol = f.symbol AND"
     " o.side = f.side)"},
    {"orders", "no order is filled beyond its size, or less than its fills",
     "SELECT 'order ' || printf('%x', client_id) || ' is filled ' || cum_qty || ' of ' || qty ||"
     " ', its fills are ' || (SELECT coalesce(sum(f.qty), 0) FROM fills f WHERE f.client_id ="
     " o.client_id) FROM orders o WHERE cum_qty > qty OR cum_qty < (SELECT coalesce(sum(f.qty), 0)"
     " FROM fills f WHERE f.client_id = o.client_id)"},
    {0}};

/* Rows of one text; false: err. */
static bool
run_check(const struct qt__store_file *file, const struct qt_store_check *check,
          struct qt_store_report *out, struct qt_error *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(file->db, check->sql, -1, &statement, NULL);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(statement);
        if (rc != SQLITE_ROW || out->findings == QT_STORE_FINDINGS)
            break;
        const unsigned char *text = sqlite3_column_text(statement, 0);
        out->finding[out->findings].check = check->name;
        qt_copy(out->finding[out->findings].text, sizeof out->finding[0].text,
                text ? (const char *)text : "?");
        out->findings++;
    }
    bool is_good = (rc == SQLITE_DONE || rc == SQLITE_ROW) && !file->vfs->damage[0];
    if (!is_good)
        qt__store_file_fail(file, err, "store.db");
    sqlite3_finalize(statement);
    return is_good;
}

bool
qt__store_check_file(const struct qt__store_file *file, struct qt_store_report *out,
                     struct qt_error *err)
{
    bool is_good = true;
    *out = (struct qt_store_report){0};
    for (size_t i = 0; is_good && qt_store_checks[i].name; i++)
        is_good = run_check(file, &qt_store_checks[i], out, err);
    return is_good;
}

/* Orders that are about to leave lie beside the database. */
static bool
check_intents(const char *folder, const struct qt_store_key *key, struct qt_store_report *out,
              struct qt_error *err)
{
    unsigned slots[QT_STORE_FINDINGS];
    int n = qt__intents_check(folder, key, slots, QT_STORE_FINDINGS - out->findings, err);
    for (int i = 0; i < n; i++) {
        out->finding[out->findings].check = "intents";
        snprintf(out->finding[out->findings].text, sizeof out->finding[0].text,
                 "slot %u of the file intents is damaged", slots[i]);
        out->findings++;
    }
    return n >= 0;
}

bool
qt_store_check(const char *folder, const struct qt_store_key *key, struct qt_store_report *out,
               struct qt_error *err)
{
    struct qt__store_file file = {0};
    bool is_good =
        qt__store_file_read(&file, folder, key, err) && qt__store_check_file(&file, out, err);
    qt__store_file_close(&file);
    return is_good && check_intents(folder, key, out, err);
}

static bool
number(const struct qt__store_file *file, const char *sql, int64_t *out, struct qt_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool found = sqlite3_prepare_v2(file->db, sql, -1, &statement, NULL) == SQLITE_OK &&
                 sqlite3_step(statement) == SQLITE_ROW;
    if (found)
        *out = sqlite3_column_int64(statement, 0);
    else
        qt__store_file_fail(file, err, "store.db");
    sqlite3_finalize(statement);
    return found;
}

bool
qt__store_count_rows(const struct qt__store_file *file, struct qt_store_info *out, struct qt_error *err)
{
    sqlite3_stmt *names = NULL;
    if (sqlite3_prepare_v2(file->db,
                           "SELECT name FROM sqlite_schema WHERE type = 'table'"
                           " AND name NOT LIKE 'sqlite_%' ORDER BY name",
                           -1, &names, NULL) != SQLITE_OK)
        return qt__store_file_fail(file, err, "store.db");
    bool is_good = true;
    while (is_good && out->tables < QT_STORE_TABLES && sqlite3_step(names) == SQLITE_ROW) {
        char sql[80];
        qt_copy(out->table[out->tables].name, sizeof out->table[0].name,
                (const char *)sqlite3_column_text(names, 0));
        snprintf(sql, sizeof sql, "SELECT count(*) FROM \"%s\"", out->table[out->tables].name);
        is_good = number(file, sql, &out->table[out->tables].rows, err);
        out->tables++;
    }
    if (sqlite3_finalize(names) != SQLITE_OK && is_good)
        is_good = qt__store_file_fail(file, err, "store.db");
    return is_good;
}

/* Pages of a table and its indexes. */
static bool
count_bytes(const struct qt__store_file *file, struct qt_store_info *out, struct qt_error *err)
{
    bool is_good = true;
    for (uint32_t i = 0; is_good && i < out->tables; i++) {
        char sql[200];
        snprintf(sql, sizeof sql,
                 "SELECT coalesce(sum(pgsize), 0) FROM dbstat('main', 1) WHERE name IN"
                 " (SELECT name FROM sqlite_schema WHERE tbl_name = '%s')",
                 out->table[i].name);
        is_good = number(file, sql, &out->table[i].bytes, err);
    }
    return is_good;
}

static int64_t
size_of(const char *folder, const char *name)
{
    char path[544];
    struct stat st;
    snprintf(path, sizeof path, "%.500s/%s", folder, name);
    return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

bool
qt_store_info(const char *folder, const struct qt_store_key *key, struct qt_store_info *out,
              struct qt_error *err)
{
    struct qt__store_file file = {0};
    int64_t schema = 0;
    *out = (struct qt_store_info){.bytes = size_of(folder, "store.db"),
                                  .log_bytes = size_of(folder, "store.db-wal")};
    sodium_bin2hex(out->id, sizeof out->id, key->id, sizeof key->id);
    bool is_good = qt__store_file_read(&file, folder, key, err) &&
                   number(&file, "PRAGMA user_version", &schema, err) &&
                   qt__store_count_rows(&file, out, err) && count_bytes(&file, out, err);
    out->schema = (int)schema;
    qt__store_file_close(&file);
    return is_good;
}
