/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The book: ledger and round trips, and what the venue says of the account. The first read pays in
 * the capital. Later reads must agree; cash that differs twice in a row, with no order alive and no
 * fill in between, is booked as an adjustment and told.
 */
#include <stdio.h>
#include <string.h>

#include "engine_priv.h"

static void
record_postings(struct qt_engine *engine, const struct qt_transaction *transaction, uint64_t seq,
                int64_t t_ns)
{
    for (uint32_t i = 0; i < transaction->legs; i++) {
        const struct qt_posting *leg = &transaction->leg[i];
        struct qt_record record = {.kind = QT_RECORD_POSTING, .seq = seq, .t_ns = t_ns};
        record.posting.transaction = transaction->number;
        record.posting.amount = qt_money_units(leg->amount);
        record.posting.scale = qt_ledger_asset_scale(engine->ledger, leg->asset);
        qt_copy(record.posting.account, sizeof record.posting.account,
                qt_account_name((enum qt_account)leg->account));
        qt_copy(record.posting.asset, sizeof record.posting.asset,
                qt_ledger_asset_name(engine->ledger, leg->asset));
        qt__record(engine, &record);
    }
}

static void
end_trip(struct qt_engine *engine, const struct qt_round_trip *trip, uint64_t seq)
{
    struct qt_record record = {.kind = QT_RECORD_TRADE, .seq = seq, .t_ns = trip->closed_ns};
    const char *reason = qt_order_purpose_name((enum qt_order_purpose)trip->exit_reason);
    record.trade = (struct qt_trade_record){.instrument = trip->instrument,
                                            .opened_ns = trip->opened_ns,
                                            .closed_ns = trip->closed_ns,
                                            .qty = trip->qty,
                                            .entry = trip->entry,
                                            .exit = trip->exit,
                                            .profit = trip->profit,
                                            .fees = trip->fees,
                                            .r_multiple = trip->r_multiple};
    qt_copy(record.trade.exit_reason, sizeof record.trade.exit_reason, reason);
    qt__record(engine, &record);
    qt_breakers_trade(&engine->breaker, engine->options.risk, trip->profit, trip->closed_ns);
    char profit[QT_DECIMAL_TEXT];
    bool is_gain = qt_money_sign(trip->profit) >= 0;
    char what[64], result[96];
    snprintf(what, sizeof what, "%s closed by %s", engine->symbol[trip->instrument].ins->symbol,
             reason);
    snprintf(result, sizeof result, "%s%s %s, %.2f R", is_gain ? "+" : "",
             qt_money_format(trip->profit, QT_MONEY_SCALE, 2, profit),
             engine->options.scan->quote_asset, trip->r_multiple);
    qt__note_result(engine, is_gain ? QT_SEVERITY_GOOD : QT_SEVERITY_WARN, seq, trip->closed_ns,
                    what, result);
}

static void
note_fill(struct qt_engine *engine, const struct qt_filled *filled)
{
    const struct qt_fill *fill = &filled->fill;
    const struct qt_instrument *ins = engine->symbol[fill->instrument].ins;
    char qty[QT_DECIMAL_TEXT], px[QT_DECIMAL_TEXT];
    qt__note(engine, QT_SEVERITY_INFO, QT_TOPIC_TRADE, filled->seq, fill->t_ns,
             "%s: %s %s at %s (%s)", ins->symbol, fill->side == QT_BUY ? "bought" : "sold",
             qt_decimal_format_short(qt_qty_units(fill->qty), ins->qty_scale, qty),
             qt_px_format(fill->px, ins->px_scale, px),
             qt_order_purpose_name((enum qt_order_purpose)fill->purpose));
}

void
qt__book_fill(struct qt_engine *engine, const struct qt_filled *filled)
{
    const struct qt_fill *fill = &filled->fill;
    struct qt_transaction transaction = {0};
    engine->counts.fills += qt_qty_sign(fill->qty) > 0;
    if (qt_money_sign(filled->risk) > 0)
        qt_trades_set_risk(engine->trades, fill->instrument, filled->risk);
    if (!qt_ledger_fill(engine->ledger, engine->symbol[fill->instrument].ins, fill, &transaction)) {
        qt__incident(engine, filled->seq, fill->t_ns, "a fill does not fit the ledger");
        return;
    }
    record_postings(engine, &transaction, filled->seq, fill->t_ns);
    if (qt_qty_sign(fill->qty) > 0)
        note_fill(engine, filled);
    const struct qt_round_trip *trip =
        qt_trades_fill(engine->trades, fill, &filled->change, &filled->after);
    if (trip)
        end_trip(engine, trip, filled->seq);
}

/* The first read of the account of a fresh store: what is there is the capital. */
static void
pay_in(struct qt_engine *engine, const struct qt_event *event)
{
    struct qt_transaction transaction = {0};
    if (!qt_ledger_deposit(engine->ledger, engine->quote_asset, engine->sync.cash, &transaction))
        return;
    record_postings(engine, &transaction, event->seq, event->t_recv_ns);
    engine->portfolio.has_capital = true;
    engine->portfolio.initial = engine->sync.cash;
    char text[QT_DECIMAL_TEXT];
    qt__note(engine, QT_SEVERITY_INFO, QT_TOPIC_SYSTEM, event->seq, event->t_recv_ns,
             "capital: %s %s", qt_money_format(engine->sync.cash, QT_MONEY_SCALE, 2, text),
             engine->options.scan->quote_asset);
}

/* Stops that rest at the venue move nothing. */
static bool
has_orders(const struct qt_engine *engine)
{
    for (uint32_t i = 0; i < engine->symbols; i++)
        if (qt__guard_busy(engine, &engine->symbol[i]) > 0)
            return true;
    return false;
}

static uint64_t
fills_booked(const struct qt_engine *engine)
{
    uint64_t fills = 0;
    for (unsigned p = 0; p < QT_PARTITIONS; p++)
        fills += engine->partition[p].fills;
    return fills;
}

static void
adjust(struct qt_engine *engine, const struct qt_event *event, qt_money gap)
{
    struct qt_transaction transaction = {0};
    char text[QT_DECIMAL_TEXT];
    if (!qt_ledger_adjust(engine->ledger, engine->quote_asset, gap, &transaction))
        return;
    record_postings(engine, &transaction, event->seq, event->t_recv_ns);
    qt__note(engine, QT_SEVERITY_WARN, QT_TOPIC_RISK, event->seq, event->t_recv_ns,
             "the venue's cash differs by %s %s: booked as an adjustment",
             qt_decimal_format_short(qt_money_units(gap), QT_MONEY_SCALE, text),
             engine->options.scan->quote_asset);
    qt__audit(engine, "engine", "adjust", text);
}

static void
compare_cash(struct qt_engine *engine, const struct qt_event *event)
{
    struct qt_sync *sync = &engine->sync;
    qt_money ours = qt_ledger_balance(engine->ledger, QT_ACCOUNT_CASH, engine->quote_asset);
    qt_money gap = QT_MONEY_ZERO;
    uint64_t fills = fills_booked(engine);
    bool is_quiet = fills == sync->fills && !has_orders(engine);
    if (!qt_money_sub(sync->cash, ours, &gap))
        return;
    if (qt_money_cmp(gap, sync->rounding) <= 0 && qt_money_cmp(qt_money_neg(gap), sync->rounding) <= 0)
        gap = QT_MONEY_ZERO;
    if (is_quiet && qt_money_sign(gap) != 0 && qt_money_cmp(gap, sync->gap) == 0) {
        adjust(engine, event, gap);
        qt__reconcile_cash(engine, event, ours, sync->cash, gap);
        gap = QT_MONEY_ZERO;
    }
    sync->gap = is_quiet ? gap : QT_MONEY_ZERO;
    sync->fills = fills;
}

void
qt__book_income(struct qt_engine *engine, const struct qt_event *event)
{
    static const char *const names[QT_INCOME_KINDS] = {[QT_INCOME_FUNDING] = "funding"};
    const struct qt_income *income = &event->income;
    struct qt_transaction transaction = {0};
    char text[QT_DECIMAL_TEXT];
    if (income->kind >= QT_INCOME_KINDS || !engine->portfolio.has_capital ||
        strcmp(income->asset, engine->options.scan->quote_asset) != 0)
        return; /* before the first read it is in what that pays in */
    if (!qt_ledger_income(engine->ledger, engine->quote_asset, income->amount, &transaction)) {
        qt__incident(engine, event->seq, event->t_recv_ns, "an income does not fit the ledger");
        return;
    }
    record_postings(engine, &transaction, event->seq, event->t_recv_ns);
    engine->sync.gap = QT_MONEY_ZERO;
    qt__note(engine, QT_SEVERITY_INFO, QT_TOPIC_TRADE, event->seq, event->t_recv_ns,
             "%s: %s%s %s", names[income->kind], qt_money_sign(income->amount) > 0 ? "+" : "",
             qt_decimal_format_short(qt_money_units(income->amount), QT_MONEY_SCALE, text),
             income->asset);
    qt__audit(engine, "venue", names[income->kind], text);
}

/* Less is held than is ours: a stop may have sold it unheard, and its cancel makes the venue say. A
 * stop that was placed after that, for as much as before, has sold nothing of what is gone. True:
 * that is under way. */
static bool
doubt_stop(struct qt_engine *engine, struct qt_symbol *symbol, qt_qty held)
{
    uint64_t stop = symbol->guard.order;
    if (stop && symbol->doubted_order && stop != symbol->doubted_order &&
        qt_qty_cmp(held, symbol->doubted_qty) == 0)
        return false;
    if (!qt__guard_doubt(engine, symbol))
        return false;
    symbol->doubted_order = stop;
    symbol->doubted_qty = held;
    return true;
}

/* What the venue holds of a base asset, against what we believe. Holdings that were there before
 * us are not ours and are left alone. */
static void
compare_holding(struct qt_engine *engine, struct qt_symbol *symbol, const struct qt_event *event)
{
    qt_qty ours = symbol->position.qty, held = QT_QTY_ZERO;
    if (symbol->venue_read == engine->sync.number)
        held = symbol->venue_qty; /* an asset without a row is an asset without a balance */
    symbol->venue_qty = held;
    if (qt__guard_busy(engine, symbol) > 0) {
        symbol->is_short_at_venue = false;
        qt__surplus_unknown(symbol);
        return;
    }
    if (!symbol->has_foreign) {
        symbol->has_foreign = qt_qty_sub(held, ours, &symbol->foreign_qty);
        if (qt_qty_sign(symbol->foreign_qty) < 0)
            symbol->foreign_qty = QT_QTY_ZERO;
    }
    bool is_short = qt_qty_sign(ours) > 0 && qt_qty_cmp(held, ours) < 0;
    if (is_short)
        qt__surplus_unknown(symbol);
    if (!is_short)
        symbol->doubted_order = 0;
    if (is_short && doubt_stop(engine, symbol, held)) {
        symbol->is_short_at_venue = false;
        return;
    }
    bool is_sure = is_short && symbol->is_short_at_venue;
    symbol->is_short_at_venue = is_short;
    if (is_sure && !qt__adopt(engine, symbol, held, event)) {
        char text[128];
        snprintf(text, sizeof text, "%s: the venue holds less than our position",
                 symbol->ins->symbol);
        qt__reconcile_position(engine, symbol, ours, held, QT_RULE_PAUSED,
                               "no sale explains it: trading stops", event);
        qt__incident(engine, event->seq, event->t_recv_ns, text);
    }
    if (!is_short)
        qt__surplus_look(engine, symbol, held, event);
    qt__spread_look(engine, symbol);
}

void
qt__book_synced(struct qt_engine *engine, const struct qt_event *event)
{
    struct qt_sync *sync = &engine->sync;
    if (event->flags & QT_EVENT_REFUSED) {
        sync->asked_ns = QT_TIME_NONE; /* the next cycle asks again */
        sync->rows = 0;                /* and counts anew */
        return;
    }
    sync->number++;
    sync->done_ns = event->t_recv_ns;
    sync->own_open = sync->rows;
    sync->rows = 0;
    if (sync->has_cash && !engine->portfolio.has_capital)
        pay_in(engine, event);
    else if (sync->has_cash)
        compare_cash(engine, event);
    for (uint32_t i = 0; i < engine->symbols; i++)
        compare_holding(engine, &engine->symbol[i], event);
    qt__unexplained_ask(engine);
    qt__liquidate_synced(engine);
}
