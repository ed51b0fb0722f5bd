/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reports of the venue at the owner of the symbol: order machine, then position, then plan. What
 * contradicts itself is an incident: the gate shuts, and protection of what is open goes on.
 */
#include <stdio.h>

#include "engine_priv.h"

static void
record_fill(struct qt_engine *engine, const struct qt_fill *fill, uint64_t seq)
{
    struct qt_record record = {.kind = QT_RECORD_FILL, .seq = seq, .t_ns = fill->t_ns};
    record.fill = (struct qt_fill_record){.client_id = fill->client_id,
                                          .trade_id = fill->trade_id,
                                          .instrument = fill->instrument,
                                          .side = fill->side,
                                          .is_maker = fill->is_maker,
                                          .fee_in_base = fill->fee_in_base,
                                          .px = fill->px,
                                          .qty = fill->qty,
                                          .fee = fill->fee};
    qt__record(engine, &record);
}

/* The plan stands on the average price of what the entry has bought so far. */
static void
begin_plan(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_fill *fill)
{
    qt_px entry = qt_position_entry(&symbol->position);
    bool is_known = symbol->entry_signal.stop.v != 0; /* not of an order whose intent is lost */
    if (symbol->has_plan && (symbol->plan.hits || !is_known))
        return;
    if (!qt_qty_add(symbol->initial_qty, fill->qty, &symbol->initial_qty))
        symbol->initial_qty = qt_qty_abs(symbol->position.qty);
    int64_t opened = symbol->has_plan ? symbol->plan.opened_ns : fill->t_ns;
    qt_exit_begin(&symbol->plan, engine->options.strategy, &symbol->entry_signal, symbol->ins,
                  entry, opened);
    symbol->has_plan = true;
}

/* Money between entry and stop of the position as it is; 0: unknown. */
static qt_money
risk_of(const struct qt_symbol *symbol)
{
    qt_px distance;
    qt_money risk;
    if (!symbol->has_plan)
        return QT_MONEY_ZERO;
    bool fits = symbol->plan.side == QT_BUY
                    ? qt_px_sub(symbol->plan.entry, symbol->plan.initial_stop, &distance)
                    : qt_px_sub(symbol->plan.initial_stop, symbol->plan.entry, &distance);
    return fits && qt_px_is_positive(distance) &&
                   qt_instrument_notional(symbol->ins, distance, qt_qty_abs(symbol->position.qty),
                                          &risk)
               ? risk
               : QT_MONEY_ZERO;
}

/* What is too small to be traded counts as closed; it stays in the position and is shown as dust.
 */
static void
close_plan(struct qt_symbol *symbol)
{
    symbol->has_plan = false;
    symbol->initial_qty = QT_QTY_ZERO;
}

void
qt__take_fill(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_fill *fill,
              uint64_t seq)
{
    struct qt_output output = {.kind = QT_OUT_FILL, .filled = {.seq = seq, .fill = *fill}};
    struct qt_filled *filled = &output.filled;
    if (!qt_position_fill(&symbol->position, fill, &filled->change)) {
        char text[128];
        snprintf(text, sizeof text, "%s: a fill does not fit the position", symbol->ins->symbol);
        qt__incident(engine, seq, fill->t_ns, text);
        return;
    }
    symbol->traded_ns = fill->t_ns;
    if (fill->purpose == QT_PURPOSE_ENTRY && qt_qty_sign(filled->change.opened_qty) > 0) {
        begin_plan(engine, symbol, fill);
        filled->risk = risk_of(symbol);
    } else if (!qt__symbol_is_open(symbol)) {
        close_plan(symbol);
        filled->change.is_closed = true;
    }
    filled->after = symbol->position;
    qt__partition_of(engine, fill->instrument)->fills++;
    record_fill(engine, fill, seq);
    qt__shards_emit(engine->shards, &output);
    qt__record_position(engine, symbol, seq, fill->t_ns);
}

/* An order that ended frees its place in the symbol. */
static void
free_place(struct qt_symbol *symbol, const struct qt_order *order, int64_t now_ns)
{
    if (!qt_order_state_is_final((enum qt_order_state)order->state))
        return;
    if (symbol->entry_order == order->request.client_id)
        symbol->entry_order = 0;
    if (symbol->exit_order != order->request.client_id)
        return;
    symbol->exit_order = 0;
    if (order->state != QT_ORDER_FILLED) {
        qt__exit_refused(symbol, order, now_ns);
        return;
    }
    symbol->exit_refusals = 0;
    symbol->exit_code = 0;
}

static void
tell_rejected(struct qt_engine *engine, const struct qt_symbol *symbol,
              const struct qt_order *order, const struct qt_event *event)
{
    char code[24] = "";
    if (order->code)
        snprintf(code, sizeof code, " (%d)", (int)order->code);
    qt__partition_of(engine, symbol->ins->id)->rejects++;
    qt__note(engine, QT_SEVERITY_WARN, QT_TOPIC_TRADE, event->seq, event->t_recv_ns,
             "%s: %s rejected%s", symbol->ins->symbol,
             qt_order_purpose_name((enum qt_order_purpose)order->purpose), code);
}

static bool
is_refused_cancel(const struct qt_report *report)
{
    return report->type == QT_REPORT_CANCEL_REJECTED && report->code != 0;
}

/* A cancel that the venue refused waits until something else changes; that the order stands as it
 * did, which is asked for then, is no change. One that never came to the venue has no code. */
static void
judge_cancel(struct qt_engine *engine, const struct qt_symbol *symbol, const struct qt_event *event,
             const struct qt_order_change *change)
{
    bool is_over = change->before != change->after &&
                   qt_order_state_is_final((enum qt_order_state)change->after);
    if (is_refused_cancel(&event->report))
        qt__cancel_refused(engine, symbol, event->report.client_id, event->t_recv_ns);
    else if (change->has_fill || is_over || event->report.type == QT_REPORT_ACCEPTED)
        qt__cancel_renew(engine, symbol);
}

static void
apply(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_event *event,
      const struct qt_order_change *change)
{
    const struct qt_order *order = change->order;
    judge_cancel(engine, symbol, event, change);
    if (change->has_fill)
        qt__take_fill(engine, symbol, &change->fill, event->seq);
    free_place(symbol, order, event->t_recv_ns);
    qt__work_report(engine, symbol, change, event->seq, event->t_recv_ns);
    qt__guard_ended(engine, symbol, order, event->seq, event->t_recv_ns);
    qt__record_order(engine, order, event->seq, event->t_recv_ns);
    qt__reconcile_report(engine, symbol, event, change);
    if (change->before == change->after)
        return;
    if (change->after == QT_ORDER_REJECTED)
        tell_rejected(engine, symbol, order, event);
    if (change->after == QT_ORDER_UNKNOWN)
        qt__note(engine, QT_SEVERITY_WARN, QT_TOPIC_TRADE, event->seq, event->t_recv_ns,
                 "%s: %s order is unknown: asking the venue", symbol->ins->symbol,
                 qt_order_purpose_name((enum qt_order_purpose)order->purpose));
}

/* To a question how an order stands. */
static bool
is_answer(const struct qt_report *report)
{
    return report->type == QT_REPORT_STATUS || report->type == QT_REPORT_NOT_FOUND;
}

/* A row of the account's open orders with an id of ours. */
static bool
is_stray(const struct qt_event *event)
{
    const struct qt_report *report = &event->report;
    return report->type == QT_REPORT_STATUS && (event->flags & QT_EVENT_SNAPSHOT) &&
           report->client_id != 0 &&
           !qt_order_state_is_final((enum qt_order_state)report->state);
}

void
qt__report(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_event *event)
{
    struct qt_order_change change;
    unsigned n = 0; /* ids of orders that this report leads to */
    enum qt_orders_verdict verdict = qt_orders_report(qt__orders_of(engine, symbol->ins->id),
                                                      &event->report, event->t_recv_ns, &change);
    if (change.order && is_answer(&event->report))
        change.order->answered_read = engine->sync.number;
    switch (verdict) {
    case QT_ORDERS_INCIDENT:
        qt__incident(engine, event->seq, event->t_recv_ns, change.incident);
        if (change.order)
            apply(engine, symbol, event, &change);
        qt__guard_look(engine, symbol, event->seq, &n, event->t_recv_ns);
        break;
    case QT_ORDERS_APPLIED:
        apply(engine, symbol, event, &change);
        qt__guard_look(engine, symbol, event->seq, &n, event->t_recv_ns);
        break;
    case QT_ORDERS_UNKNOWN_ID:
        if (is_refused_cancel(&event->report) && event->report.client_id == 0)
            qt__cancel_refused(engine, symbol, 0, event->t_recv_ns);
        if (is_stray(event)) {
            qt__guard_stray(engine, symbol, event);
            qt__reconcile_stray(engine, symbol, event);
        } else if ((event->flags & QT_EVENT_SNAPSHOT) && event->report.client_id == 0) {
            qt__reconcile_foreign(engine, symbol, event);
        }
        if (event->report.type == QT_REPORT_FILL || event->report.type == QT_REPORT_ACCEPTED)
            qt__note(engine, QT_SEVERITY_WARN, QT_TOPIC_TRADE, event->seq, event->t_recv_ns,
                     "%s: an order that is not ours on this account", symbol->ins->symbol);
        break;
    case QT_ORDERS_DUPLICATE: /* that an order of an earlier run stands may be all it says */
        if (change.order && event->report.type == QT_REPORT_STATUS)
            qt__reconcile_report(engine, symbol, event, &change);
        break;
    case QT_ORDERS_STALE:
    case QT_ORDERS_VERDICTS:
        break;
    }
}
