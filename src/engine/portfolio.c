/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the book stands at, from ledger, positions, marks and open orders; once a cycle, and after
 * each entry of the same cycle. A position without a price makes equity unknown, never smaller.
 */
#include "engine_priv.h"

/* Value of the open orders of a side that add risk; those without a price at the symbol's own. */
static bool
adding_notional(const struct qt_engine *engine, const struct qt_symbol *symbol, enum qt_side side,
                qt_money *out)
{
    struct qt_open_total total;
    qt_px reference = side == QT_BUY ? symbol->quote.ask : symbol->quote.bid;
    qt_orders_open_total(qt__orders_of(engine, symbol->ins->id), symbol->ins->id, side,
                         qt_px_is_none(reference) ? symbol->last : reference, &total);
    *out = QT_MONEY_ZERO;
    if (qt_qty_cmp(total.qty, total.reducing_qty) == 0)
        return !total.is_overflow;
    *out = total.notional;
    return !total.is_overflow && total.unpriced == 0;
}

/* Entry to stop of the entry under way. */
static qt_money
entry_risk(const struct qt_engine *engine, const struct qt_symbol *symbol)
{
    const struct qt_order *order = NULL;
    qt_px distance;
    qt_money risk;
    if (symbol->entry_order)
        order = qt_orders_find(qt__orders_of(engine, symbol->ins->id), symbol->entry_order);
    if (!order)
        return QT_MONEY_ZERO;
    const struct qt_signal *signal = &symbol->entry_signal;
    bool fits = signal->direction == QT_BUY ? qt_px_sub(signal->entry, signal->stop, &distance)
                                            : qt_px_sub(signal->stop, signal->entry, &distance);
    return fits && qt_instrument_notional(symbol->ins, distance, qt_order_remaining(order), &risk)
               ? risk
               : QT_MONEY_ZERO;
}

/* False: something of the symbol is not known. */
static bool
view_of(const struct qt_engine *engine, const struct qt_symbol *symbol, struct qt_risk_view *out)
{
    *out = (struct qt_risk_view){.ins = symbol->ins,
                                 .qty = symbol->position.qty,
                                 .mark = qt__symbol_mark_px(symbol),
                                 .stop = symbol->has_plan ? symbol->plan.stop : QT_PX_NONE,
                                 .open_risk = entry_risk(engine, symbol)};
    return adding_notional(engine, symbol, QT_BUY, &out->open_buy) &&
           adding_notional(engine, symbol, QT_SELL, &out->open_sell);
}

/* Sums of one symbol into the portfolio. False: overflow or no mark. */
static bool
add_symbol(struct qt_portfolio *portfolio, const struct qt_symbol *symbol)
{
    const struct qt_position *position = &symbol->position;
    qt_money value, unrealised;
    if (!qt_money_add(portfolio->realised, position->realised, &portfolio->realised) ||
        !qt_money_add(portfolio->fees, position->fees, &portfolio->fees))
        return false;
    if (qt_position_is_flat(position))
        return true;
    qt_px mark = qt__symbol_mark_px(symbol);
    return qt_position_value(position, mark, &value) &&
           qt_position_unrealised(position, mark, &unrealised) &&
           qt_money_add(portfolio->equity, value, &portfolio->equity) &&
           qt_money_add(portfolio->unrealised, unrealised, &portfolio->unrealised);
}

void
qt__portfolio_measure(struct qt_engine *engine)
{
    struct qt_portfolio *portfolio = &engine->portfolio;
    bool is_known = portfolio->has_capital;
    portfolio->cash = qt_ledger_balance(engine->ledger, QT_ACCOUNT_CASH, engine->quote_asset);
    portfolio->funding = qt_money_neg(
        qt_ledger_balance(engine->ledger, QT_ACCOUNT_INCOME, engine->quote_asset));
    portfolio->equity = portfolio->cash;
    portfolio->realised = portfolio->unrealised = portfolio->fees = QT_MONEY_ZERO;
    portfolio->positions = portfolio->open_orders = portfolio->views = 0;
    for (uint32_t i = 0; i < engine->symbols; i++) {
        const struct qt_symbol *symbol = &engine->symbol[i];
        uint32_t open = qt_orders_open_of(qt__orders_of(engine, i), i);
        is_known = add_symbol(portfolio, symbol) && is_known;
        portfolio->open_orders += open;
        portfolio->positions += symbol->has_plan || qt__work_is_open(symbol, QT_PURPOSE_ENTRY);
        if (open > 0 || !qt_position_is_flat(&symbol->position))
            is_known = view_of(engine, symbol, &engine->views[portfolio->views++]) && is_known;
    }
    engine->is_exposed = portfolio->views > 0;
    portfolio->has_equity =
        qt_risk_measure(engine->views, portfolio->views, portfolio->equity, &portfolio->totals) &&
        is_known;
    portfolio->exposure = portfolio->totals.live;
    portfolio->heat = portfolio->totals.heat;
}

static void
check_ledger(struct qt_engine *engine)
{
    struct qt_error err = {0};
    uint64_t transactions = qt_ledger_transactions(engine->ledger);
    if (transactions == engine->transactions_seen)
        return;
    engine->transactions_seen = transactions;
    engine->is_conserved = qt_ledger_check(engine->ledger, &err);
    if (!engine->is_conserved)
        qt__incident(engine, engine->seq, engine->now_ns, err.text);
}

/* A breaker that asks for a pause holds entries back until it is released; one that asks to reduce
 * changes the mode, which only the operator loosens. */
static void
check_breakers(struct qt_engine *engine)
{
    enum qt_breaker_request before = engine->breaker_request;
    if (engine->portfolio.has_equity)
        qt_breakers_equity(&engine->breaker, engine->options.risk, engine->portfolio.equity,
                           engine->now_ns);
    engine->breaker_request =
        qt_breakers_check(&engine->breaker, engine->now_ns, engine->breaker_reason);
    if (engine->breaker_request == before)
        return;
    bool is_trip = engine->breaker_request != QT_BREAKER_NONE;
    qt__note(engine, is_trip ? QT_SEVERITY_BAD : QT_SEVERITY_GOOD, QT_TOPIC_RISK, engine->seq,
             engine->now_ns, "%s", is_trip ? engine->breaker_reason : "breakers are released");
    qt__decision(engine, engine->seq, engine->now_ns, QT_NO_INSTRUMENT, "breaker",
                 engine->breaker_request, engine->breaker.drawdown, engine->breaker_reason);
    if (engine->breaker_request == QT_BREAKER_REDUCE && engine->mode < QT_MODE_REDUCED)
        qt__engine_stops(engine, QT_COMMAND_REDUCE, engine->breaker_reason);
}

static void
record_equity(struct qt_engine *engine)
{
    const struct qt_portfolio *portfolio = &engine->portfolio;
    if (!portfolio->has_equity ||
        (engine->next_equity_ns != QT_TIME_NONE && engine->now_ns < engine->next_equity_ns))
        return;
    engine->next_equity_ns = engine->now_ns + engine->options.engine->equity_s * QT_NS_PER_S;
    struct qt_record record = {
        .kind = QT_RECORD_EQUITY, .seq = engine->seq, .t_ns = engine->now_ns};
    record.equity = (struct qt_equity_record){.equity = portfolio->equity,
                                              .cash = portfolio->cash,
                                              .exposure = portfolio->exposure,
                                              .realised = portfolio->realised,
                                              .unrealised = portfolio->unrealised,
                                              .fees = portfolio->fees,
                                              .drawdown = engine->breaker.drawdown,
                                              .positions = portfolio->positions};
    qt__record(engine, &record);
}

void
qt__portfolio_refresh(struct qt_engine *engine)
{
    qt__portfolio_measure(engine);
    check_ledger(engine);
    check_breakers(engine);
    record_equity(engine);
}
