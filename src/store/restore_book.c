/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a kill cut in two. A fill comes as several records, which the disk may have got in part:
 *
 *     fill, position, order      by the owner of the symbol, one after the other
 *     legs of the ledger         where all meet, up to a cycle later
 *
 * The fill is the first of them and says it all, so a start makes the rest of it: what is of an
 * earlier event than a fill does not have it yet. B1: nothing is booked twice, as what is made gets
 * the fill's number. B2: the newest transaction is taken back when legs of it are missing.
 */
#include <string.h>

#include "qtrade/trade/ledger.h"
#include "qtrade/trade/position.h"

#include "restore_priv.h"

enum { ASSETS = 1024 };

struct completion {
    sqlite3 *db;
    const struct qt_universe *universe;
    struct qt_ledger *ledger;
    struct qt_error *err;
};

static bool
run(struct completion *c, const char *sql)
{
    return qt__sqlite_exec(c->db, sql, "completing what a kill cut in two", c->err);
}

static sqlite3_stmt *
prepare(struct completion *c, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(c->db, sql, -1, &statement, NULL) != SQLITE_OK)
        qt__sqlite_fail(c->db, c->err, "completing what a kill cut in two");
    return statement;
}

static bool
end(struct completion *c, sqlite3_stmt *statement)
{
    return sqlite3_finalize(statement) == SQLITE_OK ||
           qt__sqlite_fail(c->db, c->err, "completing what a kill cut in two");
}

/* SQL: notional(px, px_scale, qty, qty_scale) in ledger units; NULL: overflow. */
static void
sql_notional(sqlite3_context *context, int n, sqlite3_value **of)
{
    qt_money quote;
    (void)n;
    if (qt_notional((qt_px){sqlite3_value_int64(of[0])}, sqlite3_value_int(of[1]),
                    (qt_qty){sqlite3_value_int64(of[2])}, sqlite3_value_int(of[3]), QT_MONEY_SCALE,
                    &quote))
        sqlite3_result_int64(context, qt_money_units(quote));
}

/* Columns: client_id, trade_id, symbol, side, px, qty, quote, fee, fee_in_base, t_ns, seq. NULL:
 * the venue does not offer its symbol any more. */
#define FILL_COLUMNS                                                                               \
    " f.client_id, f.trade_id, f.symbol, f.side, f.px, f.qty,"                                     \
    " notional(f.px, f.px_scale, f.qty, f.qty_scale), f.fee, f.fee_in_base, f.t_ns, f.seq"

static const struct qt_instrument *
read_fill(const struct completion *c, sqlite3_stmt *row, struct qt_fill *out)
{
    const char *symbol = (const char *)sqlite3_column_text(row, 2);
    const char *side = (const char *)sqlite3_column_text(row, 3);
    uint32_t id = symbol ? qt_universe_find(c->universe, symbol, strlen(symbol)) : QT_NO_INSTRUMENT;
    if (id == QT_NO_INSTRUMENT || !side)
        return NULL;
    *out = (struct qt_fill){.client_id = (uint64_t)sqlite3_column_int64(row, 0),
                            .trade_id = (uint64_t)sqlite3_column_int64(row, 1),
                            .seq = (uint64_t)sqlite3_column_int64(row, 10),
                            .t_ns = sqlite3_column_int64(row, 9),
                            .instrument = id,
                            .side = strcmp(side, qt_side_name(QT_BUY)) == 0 ? QT_BUY : QT_SELL,
                            .fee_in_base = sqlite3_column_int(row, 8) != 0,
                            .px = {sqlite3_column_int64(row, 4)},
                            .qty = {sqlite3_column_int64(row, 5)},
                            .quote = {sqlite3_column_int64(row, 6)},
                            .fee = {sqlite3_column_int64(row, 7)}};
    return qt_universe_at(c->universe, id);
}

/* Orders that may still fill: they have what their fills say, before the venue is asked. */
static bool
complete_orders(struct completion *c)
{
    return run(c, "UPDATE orders SET"
                  " cum_qty = cum_qty + (SELECT sum(f.qty) FROM fills f WHERE"
                  "  f.client_id = orders.client_id AND f.seq > orders.seq),"
                  " cum_quote = cum_quote + (SELECT sum(notional(f.px, f.px_scale, f.qty,"
                  "  f.qty_scale)) FROM fills f WHERE f.client_id = orders.client_id AND"
                  "  f.seq > orders.seq),"
                  " seq = (SELECT max(f.seq) FROM fills f WHERE f.client_id = orders.client_id)"
                  " WHERE is_final = 0 AND EXISTS (SELECT 1 FROM fills f WHERE"
                  " f.client_id = orders.client_id AND f.seq > orders.seq)");
}

/* B2. A transaction of a fill has as many legs as the ledger makes of it, another one two. */
static const char half[] =
    "CREATE TEMP TABLE half AS WITH"
    " last AS (SELECT * FROM postings WHERE txn = (SELECT max(txn) FROM postings)),"
    " wanted AS (SELECT 2 * ((qty <> 0) + (notional(px, px_scale, qty, qty_scale) <> 0) + (fee <> "
    "0))"
    "  AS legs FROM newest WHERE seq = (SELECT max(seq) FROM last) AND NOT EXISTS"
    "  (SELECT 1 FROM last WHERE account IN ('adjust', 'capital')))"
    " SELECT * FROM last WHERE (SELECT count(*) FROM last) <"
    "  iif((SELECT count(*) FROM wanted) = 1, (SELECT legs FROM wanted), 2)"
    "  OR (SELECT count(*) FROM last) % 2 = 1;"
    "UPDATE balances SET amount = amount - (SELECT sum(h.amount) FROM half h WHERE"
    " h.account = balances.account AND h.asset = balances.asset AND h.scale = balances.scale)"
    " WHERE EXISTS (SELECT 1 FROM half h WHERE h.account = balances.account AND"
    " h.asset = balances.asset AND h.scale = balances.scale);"
    "DELETE FROM postings WHERE id IN (SELECT id FROM half); DROP TABLE half";

static bool
put_legs(struct completion *c, sqlite3_stmt *put, const struct qt_transaction *t,
         const struct qt_fill *fill)
{
    bool is_good = true;
    for (uint32_t i = 0; is_good && i < t->legs; i++) {
        const struct qt_posting *leg = &t->leg[i];
        sqlite3_bind_int64(put, 1, (int64_t)t->number);
        sqlite3_bind_text(put, 2, qt_account_name((enum qt_account)leg->account), -1,
                          SQLITE_STATIC);
        sqlite3_bind_text(put, 3, qt_ledger_asset_name(c->ledger, leg->asset), -1,
                          SQLITE_TRANSIENT);
        sqlite3_bind_int64(put, 4, qt_money_units(leg->amount));
        sqlite3_bind_int(put, 5, qt_ledger_asset_scale(c->ledger, leg->asset));
        sqlite3_bind_int64(put, 6, fill->t_ns);
        sqlite3_bind_int64(put, 7, (int64_t)fill->seq);
        is_good = sqlite3_step(put) == SQLITE_DONE;
        sqlite3_reset(put);
    }
    return is_good;
}

static bool
complete_ledger(struct completion *c, uint32_t *out_fills)
{
    sqlite3_stmt *last = prepare(c, "SELECT coalesce(max(txn), 0) FROM postings");
    sqlite3_stmt *row =
        prepare(c, "SELECT" FILL_COLUMNS " FROM newest f WHERE f.seq > coalesce((SELECT max(seq)"
                   " FROM postings WHERE txn = (SELECT max(txn) FROM postings)), 0)"
                   " ORDER BY f.seq, f.id");
    sqlite3_stmt *put =
        prepare(c, "INSERT INTO postings (txn, account, asset, amount, scale, t_ns, seq)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?)");
    bool is_good = last && row && put;
    if (is_good && sqlite3_step(last) == SQLITE_ROW)
        qt_ledger_number_from(c->ledger, (uint64_t)sqlite3_column_int64(last, 0));
    while (is_good && sqlite3_step(row) == SQLITE_ROW) {
        struct qt_fill fill;
        struct qt_transaction made = {0};
        const struct qt_instrument *ins = read_fill(c, row, &fill);
        if (!ins || !qt_ledger_fill(c->ledger, ins, &fill, &made))
            continue; /* the account's cash will differ, and is compared */
        is_good = put_legs(c, put, &made, &fill);
        *out_fills += made.legs > 0;
    }
    is_good = end(c, last) && end(c, row) && end(c, put) && is_good;
    return is_good || qt__sqlite_fail(c->db, c->err, "completing the ledger");
}

/* The position as its row has it; of no row: none. */
static bool
read_position(struct completion *c, const struct qt_instrument *ins, struct qt_position *out)
{
    sqlite3_stmt *row =
        prepare(c, "SELECT qty, cost, realised, fees, opened_ns FROM positions WHERE symbol = ?");
    qt_position_init(out, ins);
    if (!row)
        return false;
    sqlite3_bind_text(row, 1, ins->symbol, -1, SQLITE_STATIC);
    if (sqlite3_step(row) == SQLITE_ROW) {
        out->qty = (qt_qty){sqlite3_column_int64(row, 0)};
        out->cost = (qt_money){sqlite3_column_int64(row, 1)};
        out->realised = (qt_money){sqlite3_column_int64(row, 2)};
        out->fees = (qt_money){sqlite3_column_int64(row, 3)};
        out->opened_ns = sqlite3_column_int64(row, 4);
    }
    return end(c, row);
}

/* The plan stays what it was: the row of a first entry has none, and its symbol is shown so. */
static bool
put_position(struct completion *c, const struct qt_instrument *ins,
             const struct qt_position *position, const struct qt_fill *fill)
{
    sqlite3_stmt *put = prepare(
        c, "INSERT INTO positions (symbol, qty_scale, qty, initial_qty, cost, realised, fees, "
           "opened_ns,"
           " has_plan, plan, t_ns, seq) VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, 0, NULL, ?8, ?9)"
           " ON CONFLICT (symbol) DO UPDATE SET qty = ?3, initial_qty = max(initial_qty, ?3),"
           " cost = ?4, realised = ?5, fees = ?6, opened_ns = ?7, t_ns = ?8, seq = ?9,"
           " has_plan = iif(?3 = 0, 0, has_plan)");
    if (!put)
        return false;
    sqlite3_bind_text(put, 1, ins->symbol, -1, SQLITE_STATIC);
    const int64_t bound[] = {ins->qty_scale,
                             qt_qty_units(position->qty),
                             qt_money_units(position->cost),
                             qt_money_units(position->realised),
                             qt_money_units(position->fees),
                             position->opened_ns,
                             fill->t_ns,
                             (int64_t)fill->seq};
    for (size_t i = 0; i < QT_COUNT_OF(bound); i++)
        sqlite3_bind_int64(put, (int)i + 2, bound[i]);
    bool is_good = sqlite3_step(put) == SQLITE_DONE;
    return end(c, put) && is_good;
}

static bool
complete_positions(struct completion *c)
{
    /* all of it before a row is changed: the condition reads the rows */
    sqlite3_stmt *row = prepare(c, "SELECT" FILL_COLUMNS " FROM late f ORDER BY f.seq, f.id");
    bool is_good = row != NULL;
    while (is_good && sqlite3_step(row) == SQLITE_ROW) {
        struct qt_fill fill;
        struct qt_position position;
        struct qt_position_change change;
        const struct qt_instrument *ins = read_fill(c, row, &fill);
        if (!ins)
            continue;
        is_good = read_position(c, ins, &position) && qt_position_fill(&position, &fill, &change) &&
                  put_position(c, ins, &position, &fill);
    }
    return end(c, row) && (is_good || qt__sqlite_fail(c->db, c->err, "completing the positions"));
}

/* More fills than there can be between two meetings. */
static const char newest[] = "CREATE TEMP TABLE newest AS SELECT * FROM fills WHERE id > (SELECT "
                             "max(id) FROM fills) - 16384;"
                             "CREATE TEMP TABLE late AS SELECT f.* FROM newest f LEFT JOIN "
                             "positions p ON p.symbol = f.symbol"
                             " WHERE f.seq > coalesce(p.seq, 0)";

bool
qt__restore_complete(sqlite3 *db, const struct qt_universe *universe, uint32_t *out_fills,
                     struct qt_error *err)
{
    struct completion c = {
        .db = db, .universe = universe, .ledger = qt_ledger_create(ASSETS), .err = err};
    *out_fills = 0;
    if (!c.ledger)
        return qt_fail(err, QT_E_MEMORY, "no memory for the ledger");
    bool is_good = sqlite3_create_function_v2(db, "notional", 4, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                              NULL, sql_notional, NULL, NULL, NULL) == SQLITE_OK &&
                   run(&c, "BEGIN IMMEDIATE") && run(&c, newest) && complete_positions(&c) &&
                   complete_orders(&c) && run(&c, half) && complete_ledger(&c, out_fills) &&
                   run(&c, "DROP TABLE late; DROP TABLE newest") && run(&c, "COMMIT");
    if (!is_good && !sqlite3_get_autocommit(db))
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    qt_ledger_destroy(c.ledger);
    return is_good;
}
