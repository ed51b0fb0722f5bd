/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a restart finds: the last mode, open orders, open positions with the plans of their exits,
 * the ledger's sums, and the highest number that was ever used.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/trade/algo.h"

#include "restore_priv.h"

static sqlite3_stmt *
query(sqlite3 *db, const char *sql, struct qt_error *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) {
        qt__sqlite_fail(db, err, "reading back");
        return NULL;
    }
    return statement;
}

/* Whether all rows were read: a statement that failed is not one that has no more rows. */
static bool
finish(sqlite3 *db, sqlite3_stmt *statement, struct qt_error *err)
{
    return sqlite3_finalize(statement) == SQLITE_OK || qt__sqlite_fail(db, err, "reading back");
}

static const char *
text_at(sqlite3_stmt *statement, int column)
{
    const unsigned char *s = sqlite3_column_text(statement, column);
    return s ? (const char *)s : "";
}

static qt_px
px_at(sqlite3_stmt *statement, int column)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return QT_PX_NONE;
    return (qt_px){sqlite3_column_int64(statement, column)};
}

bool
qt__restore_tag(sqlite3 *db, uint32_t *out, struct qt_error *err)
{
    sqlite3_stmt *statement = query(db, "SELECT value FROM meta WHERE key = 'tag'", err);
    if (!statement)
        return false;
    bool found = sqlite3_step(statement) == SQLITE_ROW;
    int64_t tag = 0;
    found = found && qt_int_parse(text_at(statement, 0), &tag);
    if (!finish(db, statement, err))
        return false;
    if (!found)
        return qt_fail(err, QT_E_DATA, "store: its tag is missing: not a qtrade store");
    *out = (uint32_t)tag;
    return true;
}

/* A single integer; 0 when there is no row or it is NULL. */
static bool
read_int(sqlite3 *db, const char *sql, int64_t *out, struct qt_error *err)
{
    sqlite3_stmt *statement = query(db, sql, err);
    if (!statement)
        return false;
    *out = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    return finish(db, statement, err);
}

static bool
read_mode(sqlite3 *db, struct qt_restore *out, struct qt_error *err)
{
    sqlite3_stmt *statement =
        query(db, "SELECT mode_id, t_ns, source || iif(reason = '', '', ': ' || reason) FROM modes"
                  " ORDER BY id DESC LIMIT 1", err);
    if (!statement)
        return false;
    if (sqlite3_step(statement) == SQLITE_ROW) {
        int mode = sqlite3_column_int(statement, 0);
        out->mode = mode >= 0 && mode < QT_MODES ? (enum qt_mode)mode : QT_MODE_PAUSED;
        out->mode_since_ns = sqlite3_column_int64(statement, 1);
        qt_copy(out->mode_reason, sizeof out->mode_reason, text_at(statement, 2));
    }
    return finish(db, statement, err);
}

static uint32_t
find_symbol(const struct qt_universe *universe, sqlite3_stmt *statement, int column)
{
    const char *symbol = text_at(statement, column);
    return qt_universe_find(universe, symbol, strlen(symbol));
}

static void
read_order_row(sqlite3_stmt *row, uint32_t instrument, struct qt_order_record *order)
{
    *order =
        (struct qt_order_record){.request = {.client_id = (uint64_t)sqlite3_column_int64(row, 0),
                                             .instrument = instrument,
                                             .side = (uint8_t)sqlite3_column_int(row, 2),
                                             .type = (uint8_t)sqlite3_column_int(row, 3),
                                             .tif = (uint8_t)sqlite3_column_int(row, 4),
                                             .reduce_only = sqlite3_column_int(row, 5) != 0,
                                             .px = px_at(row, 6),
                                             .stop_px = px_at(row, 7),
                                             .qty = {sqlite3_column_int64(row, 8)}},
                                 .cum_qty = {sqlite3_column_int64(row, 9)},
                                 .cum_quote = {sqlite3_column_int64(row, 10)},
                                 .venue_id = (uint64_t)sqlite3_column_int64(row, 11),
                                 .created_ns = sqlite3_column_int64(row, 12),
                                 .updated_ns = sqlite3_column_int64(row, 13),
                                 .state = (uint8_t)sqlite3_column_int(row, 14),
                                 .purpose = (uint8_t)sqlite3_column_int(row, 15),
                                 .parent = (uint64_t)sqlite3_column_int64(row, 16)};
}

static bool
read_orders(sqlite3 *db, const struct qt_universe *universe, struct qt_restore *out,
            uint32_t *unknown, struct qt_error *err)
{
    sqlite3_stmt *row = query(db,
                              "SELECT client_id, symbol, side_id, type_id, tif_id, reduce_only, px,"
                              " stop_px, qty, cum_qty, cum_quote, venue_id, created_ns, updated_ns,"
                              " state_id, purpose_id, parent FROM orders WHERE is_final = 0"
                              " ORDER BY client_id",
                              err);
    if (!row)
        return false;
    while (sqlite3_step(row) == SQLITE_ROW) {
        uint32_t instrument = find_symbol(universe, row, 1);
        if (instrument == QT_NO_INSTRUMENT || out->orders == QT_RESTORE_ORDERS)
            ++*unknown;
        else
            read_order_row(row, instrument, &out->order[out->orders++]);
    }
    return finish(db, row, err);
}

static int64_t
time_at(sqlite3_stmt *statement, int column)
{
    bool is_none = sqlite3_column_type(statement, column) == SQLITE_NULL;
    return is_none ? QT_TIME_NONE : sqlite3_column_int64(statement, column);
}

static void
read_parent_row(sqlite3_stmt *row, uint32_t instrument, struct qt_parent *parent)
{
    *parent = (struct qt_parent){.id = (uint64_t)sqlite3_column_int64(row, 0),
                                 .instrument = instrument,
                                 .side = (uint8_t)sqlite3_column_int(row, 2),
                                 .purpose = (uint8_t)sqlite3_column_int(row, 3),
                                 .algorithm = (uint8_t)sqlite3_column_int(row, 4),
                                 .state = QT_PARENT_STOPPING,
                                 .px_scale = sqlite3_column_int(row, 5),
                                 .qty_scale = sqlite3_column_int(row, 6),
                                 .qty = {sqlite3_column_int64(row, 7)},
                                 .filled = {sqlite3_column_int64(row, 8)},
                                 .quote = {sqlite3_column_int64(row, 9)},
                                 .fees = {sqlite3_column_int64(row, 10)},
                                 .limit = px_at(row, 11),
                                 .decided_ns = sqlite3_column_int64(row, 12),
                                 .deadline_ns = time_at(row, 13),
                                 .first_ns = time_at(row, 14),
                                 .ended_ns = QT_TIME_NONE,
                                 .arrival = sqlite3_column_double(row, 15),
                                 .first_mid = sqlite3_column_double(row, 16),
                                 .children = (uint32_t)sqlite3_column_int(row, 17)};
}

/* Those that had not ended. They decide nothing, so one of a symbol that is gone is not missed. */
static bool
read_parents(sqlite3 *db, const struct qt_universe *universe, struct qt_restore *out,
             struct qt_error *err)
{
    sqlite3_stmt *row = query(db,
                              "SELECT id, symbol, side_id, purpose_id, algorithm_id, px_scale,"
                              " qty_scale, qty, filled, quote, fees, limit_px, decided_ns,"
                              " deadline_ns, first_ns, arrival, first_mid, children FROM parents"
                              " WHERE is_final = 0 ORDER BY id",
                              err);
    if (!row)
        return false;
    while (sqlite3_step(row) == SQLITE_ROW) {
        uint32_t instrument = find_symbol(universe, row, 1);
        bool is_sound = sqlite3_column_int64(row, 4) >= 0 &&
                        sqlite3_column_int64(row, 4) < QT_ALGORITHMS &&
                        sqlite3_column_int64(row, 3) >= 0 &&
                        sqlite3_column_int64(row, 3) < QT_PURPOSES;
        if (instrument != QT_NO_INSTRUMENT && is_sound && out->parents < QT_RESTORE_PARENTS)
            read_parent_row(row, instrument, &out->parent[out->parents++]);
    }
    return finish(db, row, err);
}

static void
read_position_row(sqlite3_stmt *row, uint32_t instrument, struct qt_position_record *position)
{
    *position = (struct qt_position_record){.instrument = instrument,
                                            .qty = {sqlite3_column_int64(row, 1)},
                                            .initial_qty = {sqlite3_column_int64(row, 2)},
                                            .cost = {sqlite3_column_int64(row, 3)},
                                            .realised = {sqlite3_column_int64(row, 4)},
                                            .fees = {sqlite3_column_int64(row, 5)},
                                            .opened_ns = sqlite3_column_int64(row, 6)};
    const void *plan = sqlite3_column_blob(row, 8);
    if (sqlite3_column_int(row, 7) && plan &&
        sqlite3_column_bytes(row, 8) == (int)sizeof position->plan) {
        memcpy(&position->plan, plan, sizeof position->plan);
        position->has_plan = true;
    }
}

static bool
read_positions(sqlite3 *db, const struct qt_universe *universe, struct qt_restore *out,
               uint32_t *unknown, struct qt_error *err)
{
    sqlite3_stmt *row = query(db,
                              "SELECT symbol, qty, initial_qty, cost, realised, fees, opened_ns,"
                              " has_plan, plan FROM positions WHERE qty <> 0 ORDER BY symbol",
                              err);
    if (!row)
        return false;
    while (sqlite3_step(row) == SQLITE_ROW) {
        uint32_t instrument = find_symbol(universe, row, 0);
        if (instrument == QT_NO_INSTRUMENT || out->positions == QT_RESTORE_POSITIONS)
            ++*unknown;
        else
            read_position_row(row, instrument, &out->position[out->positions++]);
    }
    return finish(db, row, err);
}

/* Every account's sum in every asset that is not 0. */
static bool
read_balances(sqlite3 *db, struct qt_restore *out, struct qt_error *err)
{
    sqlite3_stmt *row = query(db,
                              "SELECT account, asset, scale, amount FROM balances"
                              " WHERE amount <> 0 ORDER BY asset, account",
                              err);
    if (!row)
        return false;
    int step = sqlite3_step(row);
    for (; step == SQLITE_ROW && out->balances < QT_RESTORE_BALANCES; step = sqlite3_step(row)) {
        struct qt_balance_record *balance = &out->balance[out->balances++];
        qt_copy(balance->account, sizeof balance->account, text_at(row, 0));
        qt_copy(balance->asset, sizeof balance->asset, text_at(row, 1));
        balance->scale = sqlite3_column_int(row, 2);
        balance->amount = (qt_money){sqlite3_column_int64(row, 3)};
    }
    if (!finish(db, row, err))
        return false;
    return step == SQLITE_DONE ||
           qt_fail(err, QT_E_DATA, "store: the ledger's balances cannot be read back whole");
}

bool
qt__restore_newest(sqlite3 *db, int64_t *out, struct qt_error *err)
{
    return read_int(db,
                    "SELECT max(coalesce((SELECT max(seq) FROM orders), 0),"
                    " coalesce((SELECT max(seq) FROM decisions), 0),"
                    " coalesce((SELECT max(seq) FROM modes), 0),"
                    " coalesce((SELECT max(seq) FROM audit), 0),"
                    " coalesce((SELECT max(seq) FROM (SELECT seq FROM fills ORDER BY id DESC"
                    "  LIMIT 1000)), 0)," /* they have no index by number, and come in its order */
                    " coalesce((SELECT max(seq) FROM (SELECT seq FROM postings ORDER BY id DESC"
                    "  LIMIT 1000)), 0))",
                    out, err);
}

bool
qt__restore_read(sqlite3 *db, const struct qt_universe *universe, struct qt_restore *out,
                 uint32_t *out_unknown, struct qt_error *err)
{
    static const struct {
        const char *sql;
        size_t offset;
    } sums[] = {
        {"SELECT -sum(amount) FROM balances WHERE account = 'capital'",
         offsetof(struct qt_restore, capital)},
        {"SELECT max(txn) FROM postings", offsetof(struct qt_restore, transactions)},
    };
    memset(out, 0, sizeof *out);
    *out_unknown = 0;
    for (size_t i = 0; i < QT_COUNT_OF(sums); i++) {
        int64_t v = 0;
        if (!read_int(db, sums[i].sql, &v, err))
            return false;
        memcpy((char *)out + sums[i].offset, &v, sizeof v);
    }
    int64_t newest = 0;
    if (!qt__restore_newest(db, &newest, err) || !read_mode(db, out, err) ||
        !read_orders(db, universe, out, out_unknown, err) ||
        !read_parents(db, universe, out, err) ||
        !read_positions(db, universe, out, out_unknown, err) || !read_balances(db, out, err))
        return false;
    out->last_seq = (uint64_t)newest;
    out->is_found = newest > 0; /* the audit of a store that never traded has no numbers */
    return true;
}
