/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lists of the picture: ranks, positions, orders, limits.
 */
#include <string.h>

#include "engine_priv.h"

static void
fill_rank(const struct qt_engine *engine, const struct qt_scan_row *row, struct qt_rank_view *out)
{
    const struct qt_symbol *symbol = &engine->symbol[row->instrument];
    *out = (struct qt_rank_view){.instrument = row->instrument,
                                 .px_scale = symbol->ins->px_scale,
                                 .is_selected = row->fate == QT_SCAN_SELECTED,
                                 .score = row->score,
                                 .volatility = row->volatility,
                                 .momentum = row->momentum,
                                 .volume = row->volume,
                                 .trend = row->trend,
                                 .decay = row->decay,
                                 .max_correlation = row->max_correlation,
                                 .change_24h_pct = row->in.change_24h_pct,
                                 .quote_volume_24h = row->in.quote_volume_24h,
                                 .spread_bps = row->spread_bps,
                                 .last = symbol->last,
                                 .signal = symbol->signal,
                                 .confidence = symbol->confidence,
                                 .has_signal = symbol->has_signal};
    qt_copy(out->symbol, sizeof out->symbol, symbol->ins->symbol);
    if (row->max_correlation_with != QT_NO_INSTRUMENT)
        qt_copy(out->max_correlation_with, sizeof out->max_correlation_with,
                engine->symbol[row->max_correlation_with].ins->symbol);
    qt_copy(out->why, sizeof out->why,
            out->is_selected ? symbol->why : qt_scan_fate_name(row->fate));
}

/* The selected first, as the screen shows them, then the rest by rank. */
void
qt__view_ranks(struct qt_engine *engine, struct qt_snapshot *out)
{
    const struct qt_scan_result *scan = &engine->scan;
    out->ranked = 0;
    for (uint32_t i = 0; i < scan->selected_count; i++)
        fill_rank(engine, &engine->rows[scan->selected[i]], &out->rank[out->ranked++]);
    for (uint32_t i = 0; i < scan->eligible && out->ranked < QT_VIEW_ROWS; i++) {
        const struct qt_scan_row *row = &engine->rows[engine->scratch.order[i]];
        if (row->fate != QT_SCAN_SELECTED)
            fill_rank(engine, row, &out->rank[out->ranked++]);
    }
}
_Static_assert(QT_SCAN_TOP_MAX <= QT_VIEW_ROWS, "all selected ones have a row");

static uint8_t
hits_of(const struct qt_exit_plan *plan)
{
    uint8_t n = 0;
    for (int k = 0; k < QT_TARGETS; k++)
        n = (uint8_t)(n + (plan->hits >> k & 1));
    return n;
}

static void
fill_plan(const struct qt_symbol *symbol, struct qt_position_view *out)
{
    const struct qt_exit_plan *plan = &symbol->plan;
    out->stop = plan->stop;
    out->targets = QT_TARGETS;
    out->targets_hit = hits_of(plan);
    for (int k = QT_TARGETS - 1; k >= 0; k--)
        if (!(plan->hits >> k & 1))
            out->target = plan->target[k];
    if (!qt_px_is_none(out->mark))
        out->r_multiple = qt_exit_r_multiple(plan, out->mark, symbol->ins->px_scale);
}

static void
fill_position(const struct qt_engine *engine, const struct qt_symbol *symbol,
              struct qt_position_view *out)
{
    const struct qt_position *position = &symbol->position;
    *out = (struct qt_position_view){.instrument = symbol->ins->id,
                                     .px_scale = symbol->ins->px_scale,
                                     .qty_scale = symbol->ins->qty_scale,
                                     .qty = position->qty,
                                     .entry = qt_position_entry(position),
                                     .mark = qt__symbol_mark_px(symbol),
                                     .stop = QT_PX_NONE,
                                     .target = QT_PX_NONE,
                                     .realised = position->realised,
                                     .opened_ns = position->opened_ns};
    qt_copy(out->symbol, sizeof out->symbol, symbol->ins->symbol);
    if (!qt_position_value(position, out->mark, &out->notional) ||
        !qt_position_unrealised(position, out->mark, &out->unrealised))
        out->mark = QT_PX_NONE;
    if (symbol->has_plan)
        fill_plan(symbol, out);
    out->protection = (uint8_t)qt__guard_protection(engine, symbol);
}

/* Dust, too small to be traded, is no position; its value is in equity. */
void
qt__view_positions(struct qt_engine *engine, struct qt_snapshot *out)
{
    out->positions = 0;
    for (uint32_t i = 0; i < engine->symbols && out->positions < QT_VIEW_ROWS; i++)
        if (engine->symbol[i].has_plan || qt__symbol_is_open(&engine->symbol[i]))
            fill_position(engine, &engine->symbol[i], &out->position[out->positions++]);
}

/* Of each asset that is not all ours; what a watchman has to leave alone. */
void
qt__view_foreign(struct qt_engine *engine, struct qt_snapshot *out)
{
    out->foreign = 0;
    out->has_account = engine->sync.number > 0;
    for (uint32_t i = 0; i < engine->symbols; i++) {
        const struct qt_symbol *symbol = &engine->symbol[i];
        bool is_all_ours = symbol->has_foreign && qt_qty_sign(symbol->foreign_qty) == 0;
        if (is_all_ours || (!symbol->has_foreign && qt_position_is_flat(&symbol->position)))
            continue;
        if (out->foreign == QT_VIEW_ROWS) {
            out->has_account = false;
            return;
        }
        struct qt_foreign_view *row = &out->foreign_of[out->foreign++];
        *row = (struct qt_foreign_view){.qty_scale = symbol->ins->qty_scale,
                                        .is_known = symbol->has_foreign,
                                        .qty = symbol->foreign_qty,
                                        .position = symbol->position.qty};
        qt_copy(row->symbol, sizeof row->symbol, symbol->ins->symbol);
        if (row->is_known)
            memcpy(row->at, symbol->foreign_at, sizeof row->at);
        else
            qt__spread_ours(engine, symbol, row->position, row->at);
    }
}

static void
fill_order(const struct qt_engine *engine, const struct qt_order *order, struct qt_order_view *out)
{
    const struct qt_order_request *request = &order->request;
    *out = (struct qt_order_view){.client_id = request->client_id,
                                  .instrument = request->instrument,
                                  .px_scale = order->px_scale,
                                  .qty_scale = order->qty_scale,
                                  .side = request->side,
                                  .type = request->type,
                                  .state = order->state,
                                  .px = request->px,
                                  .qty = request->qty,
                                  .cum_qty = order->cum_qty,
                                  .created_ns = order->created_ns,
                                  .parent = order->parent};
    qt_copy(out->symbol, sizeof out->symbol, engine->symbol[request->instrument].ins->symbol);
    qt_copy(out->purpose, sizeof out->purpose,
            qt_order_purpose_name((enum qt_order_purpose)order->purpose));
}

static bool
is_newer(const struct qt_order_view *a, const struct qt_order_view *b)
{
    return a->created_ns != b->created_ns ? a->created_ns > b->created_ns
                                          : a->client_id > b->client_id;
}

/* Into the list, newest first; the oldest falls off a full one. */
static void
insert_order(struct qt_snapshot *out, const struct qt_order_view *order)
{
    if (out->orders == QT_VIEW_ROWS) {
        if (!is_newer(order, &out->order[QT_VIEW_ROWS - 1]))
            return;
        out->orders--;
    }
    uint32_t at = out->orders++;
    for (; at > 0 && is_newer(order, &out->order[at - 1]); at--)
        out->order[at] = out->order[at - 1];
    out->order[at] = *order;
}

void
qt__view_orders(struct qt_engine *engine, struct qt_snapshot *out)
{
    struct qt_order_view view;
    out->orders = 0;
    for (unsigned p = 0; p < QT_PARTITIONS; p++) {
        const struct qt_orders *orders = engine->partition[p].orders;
        for (const struct qt_order *o = qt_orders_first(orders); o;
             o = qt_orders_after(orders, o)) {
            fill_order(engine, o, &view);
            insert_order(out, &view);
        }
    }
}

/* The newest measurement of a row is that of the partition whose gate has it; refusals add up. */
static void
fill_limit(const struct qt_engine *engine, int check, struct qt_limit_view *out)
{
    const struct qt_gate_row *row = &qt_gate_rows[check];
    *out = (struct qt_limit_view){0};
    qt_copy(out->name, sizeof out->name, row->title);
    qt_copy(out->unit, sizeof out->unit, row->unit);
    for (unsigned p = 0; p < QT_PARTITIONS; p++) {
        const struct qt_gate_stat *stat = &engine->partition[p].gate.row[check];
        out->refusals += stat->refusals;
        if (!stat->is_known)
            continue;
        out->value = out->is_known ? QT_MAX(out->value, stat->value) : stat->value;
        out->limit = stat->limit;
        out->is_known = true;
    }
}

/* What stands on its own, whether or not an order asked: measured now, not at the last order. */
static void
set_now(struct qt_limit_view *limit, double value, double bound, bool is_known)
{
    limit->value = value;
    limit->limit = bound;
    limit->is_known = is_known;
}

static double
day_loss(const struct qt_engine *engine)
{
    qt_money pnl;
    double start = qt_money_to_double(engine->breaker.day_equity, QT_MONEY_SCALE);
    if (!qt_breakers_day_pnl(&engine->breaker, &pnl) || start <= 0)
        return 0;
    return QT_MAX(-qt_money_to_double(pnl, QT_MONEY_SCALE) / start, 0);
}

static void
fill_standing(const struct qt_engine *engine, struct qt_limit_view *limit)
{
    const struct qt_risk_config *risk = engine->options.risk;
    const struct qt_portfolio *portfolio = &engine->portfolio;
    const struct qt_risk_totals *totals = &portfolio->totals;
    bool known = portfolio->has_equity;
    set_now(&limit[QT_CHECK_POSITION], totals->largest, risk->max_position, known);
    set_now(&limit[QT_CHECK_VENUE], totals->leverage, risk->max_venue, known);
    set_now(&limit[QT_CHECK_STRATEGY], totals->leverage, risk->max_strategy, known);
    set_now(&limit[QT_CHECK_SECTOR], totals->leverage, risk->max_sector, known);
    set_now(&limit[QT_CHECK_LEVERAGE], totals->leverage,
            qt_risk_leverage_cap(risk, &engine->scan.regime), known);
    set_now(&limit[QT_CHECK_HEAT], totals->heat, risk->max_heat, known);
    set_now(&limit[QT_CHECK_DAILY_LOSS], day_loss(engine), risk->max_daily_loss, known);
    set_now(&limit[QT_CHECK_DRAWDOWN], engine->breaker.drawdown, risk->max_drawdown, known);
    set_now(&limit[QT_CHECK_OPEN_ORDERS], portfolio->open_orders, (double)risk->max_open_orders,
            true);
}

/* A yes or no is shown only while it denies, a measure of single orders once there was one; what a
 * claim to reduce is measured by, never. */
static bool
is_shown(enum qt_gate_check check, const struct qt_limit_view *limit)
{
    const struct qt_gate_row *row = &qt_gate_rows[check];
    if (row->unit[0] == '\0')
        return limit->is_known && (limit->value < limit->limit || limit->value > limit->limit);
    return row->when != QT_WHEN_REDUCE && (limit->is_known || limit->limit > 0);
}

/* Shares of equity read better in per cent; leverage is a multiple. */
static void
set_unit(enum qt_gate_check check, struct qt_limit_view *limit)
{
    if (strcmp(limit->unit, "ratio") != 0 || check == QT_CHECK_CORRELATION)
        return;
    qt_copy(limit->unit, sizeof limit->unit, check == QT_CHECK_LEVERAGE ? "x" : "%");
    if (check == QT_CHECK_LEVERAGE)
        return;
    limit->value *= 100;
    limit->limit *= 100;
}

static void
add_limit(const struct qt_limit_view *all, enum qt_gate_check check, struct qt_snapshot *out)
{
    if (!is_shown(check, &all[check]))
        return;
    struct qt_limit_view *row = &out->limit[out->limits++];
    *row = all[check];
    set_unit(check, row);
}

/* What the book stands at comes first, then what single orders are measured by. */
void
qt__view_limits(struct qt_engine *engine, struct qt_snapshot *out)
{
    static const enum qt_gate_check first[] = {
        QT_CHECK_DAILY_LOSS, QT_CHECK_DRAWDOWN, QT_CHECK_HEAT,
        QT_CHECK_POSITION,   QT_CHECK_VENUE,    QT_CHECK_LEVERAGE,
        QT_CHECK_STRATEGY,   QT_CHECK_SECTOR,   QT_CHECK_OPEN_ORDERS};
    struct qt_limit_view all[QT_GATE_CHECKS];
    bool is_told[QT_GATE_CHECKS] = {false};
    for (int check = 0; check < QT_GATE_CHECKS; check++)
        fill_limit(engine, check, &all[check]);
    fill_standing(engine, all);
    out->limits = 0;
    for (size_t i = 0; i < QT_COUNT_OF(first); i++) {
        add_limit(all, first[i], out);
        is_told[first[i]] = true;
    }
    for (int check = 0; check < QT_GATE_CHECKS; check++)
        if (!is_told[check])
            add_limit(all, (enum qt_gate_check)check, out);
}
_Static_assert(QT_GATE_CHECKS <= QT_VIEW_ROWS, "every check has a row");
