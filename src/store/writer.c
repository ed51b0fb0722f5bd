/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One record into its table. How to add a kind: a row in statements[], a bind function.
 */
#include <string.h>

#include "qtrade/trade/order.h"

#include "store_priv.h"

/* Binds in order; the index counts up by itself. */
struct binding {
    sqlite3_stmt *statement;
    int at;
    bool failed;
};

static void
bind_int(struct binding *b, int64_t v)
{
    b->failed |= sqlite3_bind_int64(b->statement, ++b->at, v) != SQLITE_OK;
}

static void
bind_real(struct binding *b, double v)
{
    b->failed |= sqlite3_bind_double(b->statement, ++b->at, v) != SQLITE_OK;
}

static void
bind_text(struct binding *b, const char *s)
{
    b->failed |= sqlite3_bind_text(b->statement, ++b->at, s, -1, SQLITE_TRANSIENT) != SQLITE_OK;
}

static void
bind_px(struct binding *b, qt_px px)
{
    if (qt_px_is_none(px))
        b->failed |= sqlite3_bind_null(b->statement, ++b->at) != SQLITE_OK;
    else
        bind_int(b, px.v);
}

static const struct qt_instrument *
instrument_of(const struct qt_writer *writer, uint32_t id)
{
    return id < qt_universe_count(writer->universe) ? qt_universe_at(writer->universe, id) : NULL;
}

static void
bind_order(const struct qt_writer *writer, struct binding *b, const struct qt_record *record)
{
    const struct qt_order_record *order = &record->order;
    const struct qt_order_request *request = &order->request;
    const struct qt_instrument *ins = instrument_of(writer, request->instrument);
    bind_int(b, (int64_t)request->client_id);
    bind_text(b, ins ? ins->symbol : "");
    bind_text(b, qt_side_name((enum qt_side)request->side));
    bind_text(b, qt_order_type_name((enum qt_order_type)request->type));
    bind_text(b, qt_tif_name((enum qt_time_in_force)request->tif));
    bind_int(b, request->reduce_only);
    bind_text(b, qt_order_purpose_name((enum qt_order_purpose)order->purpose));
    bind_int(b, order->purpose);
    bind_text(b, qt_order_state_name((enum qt_order_state)order->state));
    bind_int(b, order->state);
    bind_int(b, qt_order_state_is_final((enum qt_order_state)order->state));
    bind_int(b, ins ? ins->px_scale : 0);
    bind_int(b, ins ? ins->qty_scale : 0);
    bind_px(b, request->px);
    bind_px(b, request->stop_px);
    bind_int(b, request->qty.v);
    bind_int(b, order->cum_qty.v);
    bind_int(b, order->cum_quote.v);
    bind_int(b, (int64_t)order->venue_id);
    bind_int(b, order->code);
    bind_text(b, order->reason);
    bind_int(b, order->created_ns);
    bind_int(b, order->updated_ns);
    bind_int(b, (int64_t)record->seq);
    bind_int(b, request->side);
    bind_int(b, request->type);
    bind_int(b, request->tif);
}

static void
bind_fill(const struct qt_writer *writer, struct binding *b, const struct qt_record *record)
{
    const struct qt_fill_record *fill = &record->fill;
    const struct qt_instrument *ins = instrument_of(writer, fill->instrument);
    bind_int(b, (int64_t)fill->client_id);
    bind_int(b, (int64_t)fill->trade_id);
    bind_text(b, ins ? ins->symbol : "");
    bind_text(b, qt_side_name((enum qt_side)fill->side));
    bind_int(b, fill->is_maker);
    bind_int(b, ins ? ins->px_scale : 0);
    bind_int(b, ins ? ins->qty_scale : 0);
    bind_int(b, fill->px.v);
    bind_int(b, fill->qty.v);
    bind_int(b, fill->fee.v);
    bind_int(b, fill->fee_in_base);
    bind_int(b, record->t_ns);
    bind_int(b, (int64_t)record->seq);
}

static void
bind_position(const struct qt_writer *writer, struct binding *b, const struct qt_record *record)
{
    const struct qt_position_record *position = &record->position;
    const struct qt_instrument *ins = instrument_of(writer, position->instrument);
    bind_text(b, ins ? ins->symbol : "");
    bind_int(b, ins ? ins->qty_scale : 0);
    bind_int(b, position->qty.v);
    bind_int(b, position->initial_qty.v);
    bind_int(b, position->cost.v);
    bind_int(b, position->realised.v);
    bind_int(b, position->fees.v);
    bind_int(b, position->opened_ns);
    bind_int(b, position->has_plan);
    b->failed |= sqlite3_bind_blob(b->statement, ++b->at, &position->plan, sizeof position->plan,
                                   SQLITE_TRANSIENT) != SQLITE_OK;
    bind_int(b, record->t_ns);
    bind_int(b, (int64_t)record->seq);
}

static void
bind_posting(const struct qt_writer *writer, struct binding *b, const struct qt_record *record)
{
    const struct qt_posting_record *posting = &record->posting;
    (void)writer;
    bind_int(b, (int64_t)posting->transaction);
    bind_text(b, posting->account);
    bind_text(b, posting->asset);
    bind_int(b, posting->amount);
    bind_int(b, posting->scale);
    bind_int(b, record->t_ns);
    bind_int(b, (int64_t)record->seq);
}

static void
bind_equity(const struct qt_writer *writer, struct binding *b, const struct qt_record *record)
{
    const struct qt_equity_record *equity = &record->equity;
    (void)writer;
    bind_int(b, record->t_ns);
    bind_int(b, equity->equity.v);
    bind_int(b, equity->cash.v);
    bind_int(b, equity->exposure.v);
    bind_int(b, equity->realised.v);
    bind_int(b, equity->unrealised.v);
    bind_int(b, equity->fees.v);
    bind_real(b, equity->drawdown);
    bind_int(b, equity->positions);
    bind_int(b, (int64_t)record->seq);
}

static void
bind_decision(const struct qt_writer *writer, struct binding *b, const struct qt_record *record)
{
    const struct qt_decision_record *decision = &record->decision;
    const struct qt_instrument *ins = instrument_of(writer, decision->instrument);
    bind_int(b, record->t_ns);
    bind_int(b, (int64_t)record->seq);
    bind_text(b, ins ? ins->symbol : "");
    bind_text(b, decision->kind);
    bind_real(b, decision->score);
    bind_real(b, decision->value);
    bind_text(b, decision->detail);
}

static void
bind_mode(const struct qt_writer *writer, struct binding *b, const struct qt_record *record)
{
    (void)writer;
    bind_int(b, record->t_ns);
    bind_int(b, (int64_t)record->seq);
    bind_text(b, qt_mode_name((enum qt_mode)record->mode.mode));
    bind_int(b, record->mode.mode);
    bind_text(b, qt_source_name((enum qt_command_source)record->mode.source));
    bind_text(b, record->mode.reason);
}

static void
bind_trade(const struct qt_writer *writer, struct binding *b, const struct qt_record *record)
{
    const struct qt_trade_record *trade = &record->trade;
    const struct qt_instrument *ins = instrument_of(writer, trade->instrument);
    bind_text(b, ins ? ins->symbol : "");
    bind_int(b, trade->opened_ns);
    bind_int(b, trade->closed_ns);
    bind_int(b, ins ? ins->px_scale : 0);
    bind_int(b, ins ? ins->qty_scale : 0);
    bind_int(b, trade->qty.v);
    bind_int(b, trade->entry.v);
    bind_int(b, trade->exit.v);
    bind_int(b, trade->profit.v);
    bind_int(b, trade->fees.v);
    bind_real(b, trade->r_multiple);
    bind_text(b, trade->exit_reason);
    bind_int(b, (int64_t)record->seq);
}

static void
bind_difference(const struct qt_writer *writer, struct binding *b, const struct qt_record *record)
{
    const struct qt_difference_record *difference = &record->difference;
    const struct qt_instrument *ins = instrument_of(writer, difference->instrument);
    bind_int(b, record->t_ns);
    bind_int(b, (int64_t)record->seq);
    bind_int(b, difference->read);
    bind_text(b, ins ? ins->symbol : "");
    bind_text(b, difference->asset);
    bind_text(b, qt_difference_name((enum qt_difference)difference->what));
    bind_text(b, difference->ours);
    bind_text(b, difference->venue);
    bind_text(b, qt_difference_rule_name((enum qt_difference_rule)difference->rule));
    bind_int(b, (int64_t)difference->client_id);
    bind_int(b, (int64_t)difference->venue_id);
    bind_int(b, (int64_t)difference->trade_id);
    bind_text(b, difference->why);
}

static const struct {
    const char *sql;
    void (*bind)(const struct qt_writer *writer, struct binding *b, const struct qt_record *record);
} statements[QT_RECORD_KINDS] = {
    [QT_RECORD_ORDER] =
        {"INSERT OR REPLACE INTO orders (client_id, symbol, side, type, tif,"
         " reduce_only, purpose, purpose_id, state, state_id, is_final, px_scale,"
         " qty_scale, px, stop_px, qty, cum_qty, cum_quote, venue_id, code, reason,"
         " created_ns, updated_ns, seq, side_id, type_id, tif_id) VALUES (?, ?, ?, ?,"
         " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
         bind_order},
    [QT_RECORD_FILL] = {"INSERT OR IGNORE INTO fills (client_id, trade_id, symbol, side, is_maker,"
                        " px_scale, qty_scale, px, qty, fee, fee_in_base, t_ns, seq)"
                        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        bind_fill},
    [QT_RECORD_POSITION] = {"INSERT OR REPLACE INTO positions (symbol, qty_scale, qty, initial_qty,"
                            " cost, realised, fees, opened_ns, has_plan, plan, t_ns, seq)"
                            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                            bind_position},
    [QT_RECORD_POSTING] = {"INSERT INTO postings (txn, account, asset, amount, scale, t_ns, seq)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?)",
                           bind_posting},
    [QT_RECORD_EQUITY] = {"INSERT OR REPLACE INTO equity (t_ns, equity, cash, exposure, realised,"
                          " unrealised, fees, drawdown, positions, seq)"
                          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                          bind_equity},
    [QT_RECORD_DECISION] = {"INSERT INTO decisions (t_ns, seq, symbol, kind, score, value, detail)"
                            " VALUES (?, ?, ?, ?, ?, ?, ?)",
                            bind_decision},
    [QT_RECORD_MODE] = {"INSERT INTO modes (t_ns, seq, mode, mode_id, source, reason)"
                        " VALUES (?, ?, ?, ?, ?, ?)",
                        bind_mode},
    [QT_RECORD_AUDIT] = {QT__CHAIN_INSERT, NULL}, /* put_audit */
    [QT_RECORD_TRADE] =
        {"INSERT INTO trades (symbol, opened_ns, closed_ns, px_scale, qty_scale, qty,"
         " entry, exit, profit, fees, r_multiple, exit_reason, seq)"
         " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
         bind_trade},
    [QT_RECORD_DIFFERENCE] = {"INSERT INTO differences (t_ns, seq, read, symbol, asset, what, ours,"
                              " venue, rule, client_id, venue_id, trade_id, why)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                              bind_difference},
};

bool
qt__writer_init(struct qt_writer *writer, sqlite3 *db, const struct qt_universe *universe,
                struct qt_error *err)
{
    *writer = (struct qt_writer){.db = db, .universe = universe, .chain = writer->chain};
    for (int kind = 0; kind < QT_RECORD_KINDS; kind++)
        if (sqlite3_prepare_v3(db, statements[kind].sql, -1, SQLITE_PREPARE_PERSISTENT,
                               &writer->statement[kind], NULL) != SQLITE_OK) {
            qt__sqlite_fail(db, err, "preparing to write");
            qt__writer_finish(writer);
            return false;
        }
    if (sqlite3_prepare_v3(db, "SELECT state_id FROM orders WHERE client_id = ?", -1,
                           SQLITE_PREPARE_PERSISTENT, &writer->order_state, NULL) == SQLITE_OK)
        return true;
    qt__sqlite_fail(db, err, "preparing to write");
    qt__writer_finish(writer);
    return false;
}

void
qt__writer_finish(struct qt_writer *writer)
{
    for (int kind = 0; kind < QT_RECORD_KINDS; kind++) {
        sqlite3_finalize(writer->statement[kind]);
        writer->statement[kind] = NULL;
    }
    sqlite3_finalize(writer->order_state);
    writer->order_state = NULL;
}

static bool
put_audit(struct qt_writer *writer, const struct qt_record *record)
{
    const struct qt__entry entry = {.t_ns = record->t_ns,
                                    .seq = (int64_t)record->seq,
                                    .actor = record->audit.actor,
                                    .action = record->audit.action,
                                    .detail = record->audit.detail};
    return qt__chain_put(&writer->chain, writer->statement[QT_RECORD_AUDIT], &entry);
}

/* The state of an order as the table has it; QT_ORDER_STATES: it has not. */
static enum qt_order_state
state_before(struct qt_writer *writer, const struct qt_record *record)
{
    int state = QT_ORDER_STATES;
    if (record->kind != QT_RECORD_ORDER)
        return QT_ORDER_STATES;
    sqlite3_bind_int64(writer->order_state, 1, (int64_t)record->order.request.client_id);
    if (sqlite3_step(writer->order_state) == SQLITE_ROW)
        state = sqlite3_column_int(writer->order_state, 0);
    sqlite3_reset(writer->order_state);
    return (enum qt_order_state)state;
}

bool
qt__writer_put(struct qt_writer *writer, const struct qt_record *record)
{
    if (record->kind == QT_RECORD_AUDIT)
        return put_audit(writer, record);
    struct qt_record entry[QT__TRAIL_ENTRIES];
    unsigned n = qt__trail_of(&writer->trail, record, writer->universe,
                              state_before(writer, record), entry);
    struct binding binding = {.statement = writer->statement[record->kind]};
    statements[record->kind].bind(writer, &binding, record);
    bool is_done = !binding.failed && sqlite3_step(binding.statement) == SQLITE_DONE;
    sqlite3_reset(binding.statement);
    for (unsigned i = 0; is_done && i < n; i++)
        is_done = put_audit(writer, &entry[i]);
    return is_done;
}

bool
qt__writer_end(struct qt_writer *writer, struct qt_error *err)
{
    struct qt_record entry[QT__TRAIL_ENTRIES];
    const struct qt__chain chain = writer->chain;
    unsigned n = qt__trail_end(&writer->trail, writer->universe, entry);
    if (n == 0)
        return true;
    bool is_put = qt__sqlite_exec(writer->db, "BEGIN IMMEDIATE", "ending the audit", err);
    for (; is_put && n > 0; n = qt__trail_end(&writer->trail, writer->universe, entry))
        for (unsigned i = 0; is_put && i < n; i++)
            is_put = put_audit(writer, &entry[i]) ||
                     qt__sqlite_fail(writer->db, err, "ending the audit");
    if (is_put && qt__sqlite_exec(writer->db, "COMMIT", "ending the audit", err))
        return true;
    writer->chain = chain;
    if (!sqlite3_get_autocommit(writer->db))
        (void)sqlite3_exec(writer->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}
