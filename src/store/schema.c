/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The schema, as a list of migrations: append only, never edited. PRAGMA user_version counts the
 * ones applied. Prices, quantities and money are INTEGER in the scale that the row names; times are
 * UTC nanoseconds. A row is SQL, and where SQL cannot do it a step in code that follows in the same
 * transaction.
 */
#include <stdio.h>

#include "chain_priv.h"
#include "store_priv.h"
#include "vfs_priv.h"

static const struct {
    const char *sql;
    bool (*then)(sqlite3 *db, struct qt_error *err); /* NULL: the SQL is all */
} migrations[] = {
    {"CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
    "INSERT INTO meta VALUES ('program', 'qtrade'),"
    " ('tag', CAST(abs(random() % 4294967295) AS TEXT));"
    "CREATE TABLE orders ("
    " client_id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, side TEXT NOT NULL, type TEXT NOT NULL,"
    " tif TEXT NOT NULL, reduce_only INTEGER NOT NULL, purpose TEXT NOT NULL, purpose_id INTEGER "
    "NOT NULL,"
    " state TEXT NOT NULL, state_id INTEGER NOT NULL, is_final INTEGER NOT NULL,"
    " px_scale INTEGER NOT NULL, qty_scale INTEGER NOT NULL, px INTEGER, stop_px INTEGER,"
    " qty INTEGER NOT NULL, cum_qty INTEGER NOT NULL, cum_quote INTEGER NOT NULL,"
    " venue_id INTEGER NOT NULL, code INTEGER NOT NULL, reason TEXT NOT NULL,"
    " created_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " side_id INTEGER NOT NULL, type_id INTEGER NOT NULL, tif_id INTEGER NOT NULL) STRICT;"
    "CREATE INDEX orders_open ON orders (is_final) WHERE is_final = 0;"
    "CREATE INDEX orders_time ON orders (created_ns);"
    "CREATE TABLE fills ("
    " id INTEGER PRIMARY KEY, client_id INTEGER NOT NULL, trade_id INTEGER NOT NULL,"
    " symbol TEXT NOT NULL, side TEXT NOT NULL, is_maker INTEGER NOT NULL, px_scale INTEGER NOT "
    "NULL,"
    " qty_scale INTEGER NOT NULL, px INTEGER NOT NULL, qty INTEGER NOT NULL, fee INTEGER NOT NULL,"
    " fee_in_base INTEGER NOT NULL, t_ns INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " UNIQUE (symbol, trade_id, client_id)) STRICT;"
    "CREATE INDEX fills_time ON fills (t_ns);"
    "CREATE TABLE positions ("
    " symbol TEXT PRIMARY KEY, qty_scale INTEGER NOT NULL, qty INTEGER NOT NULL,"
    " initial_qty INTEGER NOT NULL, cost INTEGER NOT NULL, realised INTEGER NOT NULL,"
    " fees INTEGER NOT NULL, opened_ns INTEGER NOT NULL, has_plan INTEGER NOT NULL, plan BLOB,"
    " t_ns INTEGER NOT NULL, seq INTEGER NOT NULL) STRICT;"
    "CREATE TABLE postings ("
    " id INTEGER PRIMARY KEY, txn INTEGER NOT NULL, account TEXT NOT NULL, asset TEXT NOT NULL,"
    " amount INTEGER NOT NULL, scale INTEGER NOT NULL, t_ns INTEGER NOT NULL,"
    " seq INTEGER NOT NULL) STRICT;"
    "CREATE INDEX postings_account ON postings (asset, account);"
    "CREATE TABLE equity ("
    " t_ns INTEGER PRIMARY KEY, equity INTEGER NOT NULL, cash INTEGER NOT NULL,"
    " exposure INTEGER NOT NULL, realised INTEGER NOT NULL, unrealised INTEGER NOT NULL,"
    " fees INTEGER NOT NULL, drawdown REAL NOT NULL, positions INTEGER NOT NULL,"
    " seq INTEGER NOT NULL) STRICT;"
    "CREATE TABLE decisions ("
    " id INTEGER PRIMARY KEY, t_ns INTEGER NOT NULL, seq INTEGER NOT NULL, symbol TEXT NOT NULL,"
    " kind TEXT NOT NULL, score REAL NOT NULL, value REAL NOT NULL, detail TEXT NOT NULL) STRICT;"
    "CREATE INDEX decisions_time ON decisions (t_ns);"
    "CREATE TABLE modes ("
    " id INTEGER PRIMARY KEY, t_ns INTEGER NOT NULL, seq INTEGER NOT NULL, mode TEXT NOT NULL,"
    " mode_id INTEGER NOT NULL, source TEXT NOT NULL, reason TEXT NOT NULL) STRICT;"
    "CREATE TABLE audit ("
    " id INTEGER PRIMARY KEY, t_ns INTEGER NOT NULL, seq INTEGER NOT NULL, actor TEXT NOT NULL,"
    " action TEXT NOT NULL, detail TEXT NOT NULL) STRICT;"
    "CREATE TABLE trades ("
    " id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, opened_ns INTEGER NOT NULL,"
    " closed_ns INTEGER NOT NULL, px_scale INTEGER NOT NULL, qty_scale INTEGER NOT NULL,"
    " qty INTEGER NOT NULL, entry INTEGER NOT NULL, exit INTEGER NOT NULL, profit INTEGER NOT NULL,"
    " fees INTEGER NOT NULL, r_multiple REAL NOT NULL, exit_reason TEXT NOT NULL,"
    " seq INTEGER NOT NULL) STRICT;"
    "CREATE INDEX trades_time ON trades (closed_ns);", NULL},
    {"ALTER TABLE audit ADD COLUMN hash BLOB NOT NULL DEFAULT x'';", qt__chain_begin},
    /* What a start asks for is found without reading what grows; what is old is kept by the month. */
    {"CREATE INDEX orders_seq ON orders (seq);"
    "CREATE INDEX decisions_seq ON decisions (seq);"
    "CREATE INDEX modes_seq ON modes (seq);"
    "CREATE INDEX audit_seq ON audit (seq);"
    "CREATE INDEX fills_order ON fills (client_id, qty);"
    "CREATE INDEX postings_txn ON postings (txn);"
    "CREATE TABLE balances ("
    " account TEXT NOT NULL, asset TEXT NOT NULL, scale INTEGER NOT NULL, amount INTEGER NOT NULL,"
    " PRIMARY KEY (account, asset, scale)) STRICT, WITHOUT ROWID;"
    "INSERT INTO balances SELECT account, asset, scale, sum(amount) FROM postings"
    " GROUP BY account, asset, scale;"
    "CREATE TRIGGER postings_balance AFTER INSERT ON postings BEGIN"
    " INSERT INTO balances VALUES (new.account, new.asset, new.scale, new.amount)"
    " ON CONFLICT DO UPDATE SET amount = amount + excluded.amount; END;"
    "CREATE TABLE decisions_by_month ("
    " month_ns INTEGER NOT NULL, symbol TEXT NOT NULL, kind TEXT NOT NULL, decisions INTEGER NOT NULL,"
    " score_sum REAL NOT NULL, score_min REAL NOT NULL, score_max REAL NOT NULL,"
    " value_sum REAL NOT NULL, PRIMARY KEY (month_ns, symbol, kind)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE equity_by_month ("
    " month_ns INTEGER PRIMARY KEY, samples INTEGER NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, low INTEGER NOT NULL, high INTEGER NOT NULL, cash INTEGER NOT NULL,"
    " realised INTEGER NOT NULL, fees INTEGER NOT NULL, drawdown_max REAL NOT NULL) STRICT;",
     NULL},
    /* Parent orders and what they cost; amounts of a cost are quote, as reals, NULL: not known. */
    {"ALTER TABLE orders ADD COLUMN parent INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE parents ("
    " id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, side TEXT NOT NULL, side_id INTEGER NOT NULL,"
    " purpose TEXT NOT NULL, purpose_id INTEGER NOT NULL, algorithm TEXT NOT NULL,"
    " algorithm_id INTEGER NOT NULL, state TEXT NOT NULL, is_final INTEGER NOT NULL,"
    " px_scale INTEGER NOT NULL, qty_scale INTEGER NOT NULL, qty INTEGER NOT NULL,"
    " filled INTEGER NOT NULL, quote INTEGER NOT NULL, fees INTEGER NOT NULL,"
    " limit_px INTEGER, decided_ns INTEGER NOT NULL, deadline_ns INTEGER, first_ns INTEGER,"
    " ended_ns INTEGER, arrival REAL NOT NULL, first_mid REAL NOT NULL, end_mid REAL NOT NULL,"
    " children INTEGER NOT NULL, why TEXT NOT NULL, average REAL, vwap REAL, arrival_bps REAL,"
    " vwap_bps REAL, delay REAL, trading REAL, opportunity REAL, shortfall REAL,"
    " shortfall_bps REAL, seq INTEGER NOT NULL) STRICT;"
    "CREATE INDEX parents_open ON parents (is_final) WHERE is_final = 0;"
    "CREATE INDEX parents_time ON parents (decided_ns);",
     NULL},
    /* What differed from the venue, and what was done about it. */
    {"CREATE TABLE differences ("
    " id INTEGER PRIMARY KEY, t_ns INTEGER NOT NULL, seq INTEGER NOT NULL, read INTEGER NOT NULL,"
    " symbol TEXT NOT NULL, asset TEXT NOT NULL, what TEXT NOT NULL, ours TEXT NOT NULL,"
    " venue TEXT NOT NULL, rule TEXT NOT NULL, client_id INTEGER NOT NULL,"
    " venue_id INTEGER NOT NULL, trade_id INTEGER NOT NULL, why TEXT NOT NULL) STRICT;", NULL},
};

enum { NEWEST = sizeof migrations / sizeof migrations[0] };

bool
qt__sqlite_fail(sqlite3 *db, struct qt_error *err, const char *doing)
{
    int code = sqlite3_errcode(db);
    const char *damage = qt__vfs_damage(db);
    if (damage)
        return qt_fail(err, QT_E_VERIFY, "store: %s: %s", doing, damage);
    if (code == SQLITE_FULL)
        return qt_fail(err, QT_E_IO, "store: %s: the disk is full (make room; nothing was lost)",
                       doing);
    if ((code & 0xff) == SQLITE_NOMEM)
        return qt_fail(err, QT_E_MEMORY, "store: %s: no memory", doing);
    return qt_fail(err, (code & 0xff) == SQLITE_CORRUPT ? QT_E_VERIFY : code == SQLITE_NOTADB ? QT_E_DATA : QT_E_IO,
                   "store: %s: %s", doing, sqlite3_errmsg(db));
}

bool
qt__sqlite_exec(sqlite3 *db, const char *sql, const char *doing, struct qt_error *err)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    qt__sqlite_fail(db, err, doing);
    if (!sqlite3_get_autocommit(db))
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

static bool
read_version(sqlite3 *db, int *out, struct qt_error *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        qt__sqlite_fail(db, err, "reading its version");
        sqlite3_finalize(statement);
        return false;
    }
    *out = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return true;
}

bool
qt__schema_check(sqlite3 *db, const char *path, int *out_version, struct qt_error *err)
{
    if (!read_version(db, out_version, err))
        return false;
    return *out_version <= NEWEST ||
           qt_fail(err, QT_E_CONFIG,
                   "%s: made by a newer qtrade (schema %d, this one knows %d): use that one", path,
                   *out_version, (int)NEWEST);
}

static bool
run_step(sqlite3 *db, int version, struct qt_error *err)
{
    if (!migrations[version].then || migrations[version].then(db, err))
        return true;
    (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

const int qt__schema_newest = NEWEST;

bool
qt__schema_migrate(sqlite3 *db, const char *path, struct qt_error *err)
{
    return qt__schema_migrate_to(db, path, NEWEST, err);
}

bool
qt__schema_migrate_to(sqlite3 *db, const char *path, int to, struct qt_error *err)
{
    int version = 0;
    if (!qt__schema_check(db, path, &version, err))
        return false;
    for (; version < to; version++) {
        char done[64];
        snprintf(done, sizeof done, "PRAGMA user_version = %d; COMMIT", version + 1);
        if (!qt__sqlite_exec(db, "BEGIN IMMEDIATE", "starting a migration", err) ||
            !qt__sqlite_exec(db, migrations[version].sql, "migrating", err) ||
            !run_step(db, version, err) || !qt__sqlite_exec(db, done, "finishing a migration", err))
            return false;
    }
    return true;
}
