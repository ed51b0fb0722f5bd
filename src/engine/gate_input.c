/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the gate is told of an order. An exit is judged by its symbol's own state and its
 * partition's own rates, so that the verdict never depends on what other threads are doing; an
 * entry, decided while all owners have met, by everything.
 */
#include "engine_priv.h"

/* What concerns every order; the rates of one partition. */
static void
common(const struct qt_engine *engine, const struct qt_symbol *symbol,
       const struct qt_order_request *request, enum qt_order_purpose purpose, int64_t now_ns,
       struct qt_gate_input *out)
{
    struct qt_open_total against;
    enum qt_side exit_side = qt_qty_sign(symbol->position.qty) >= 0 ? QT_SELL : QT_BUY;
    qt_orders_open_total(qt__orders_of(engine, request->instrument), request->instrument, exit_side,
                         QT_PX_NONE, &against);
    *out = (struct qt_gate_input){.request = request,
                                  .ins = symbol->ins,
                                  .purpose = (uint8_t)purpose,
                                  .mode = (uint8_t)(QT_GATE_MODE_NORMAL + engine->mode),
                                  .kill_switch =
                                      engine->hw.is_latched ? QT_ANSWER_YES : QT_ANSWER_NO,
                                  .quote = symbol->quote,
                                  .last = symbol->last,
                                  .position = qt_gate_qty(symbol->position.qty)};
    if (!against.is_overflow)
        out->open_reducing = qt_gate_qty(against.qty);
    if (symbol->feed_ns != QT_TIME_NONE)
        out->quote_age_ns = qt_gate_count(QT_MAX(now_ns - symbol->feed_ns, 0));
}

static void
add_rates(const struct qt_rates *rates, int64_t now_ns, struct qt_gate_input *out)
{
    out->orders_last_s =
        qt_gate_count(out->orders_last_s.n + qt_rate_within(&rates->orders, now_ns, QT_NS_PER_S));
    out->orders_last_min = qt_gate_count(out->orders_last_min.n +
                                         qt_rate_within(&rates->orders, now_ns, QT_NS_PER_MIN));
    out->messages_last_s = qt_gate_count(out->messages_last_s.n +
                                         qt_rate_within(&rates->messages, now_ns, QT_NS_PER_S));
}

void
qt__gate_input_exit(struct qt_engine *engine, const struct qt_symbol *symbol,
                    const struct qt_order_request *request, enum qt_order_purpose purpose,
                    int64_t now_ns, struct qt_gate_input *out)
{
    common(engine, symbol, request, purpose, now_ns, out);
    add_rates(&qt__partition_of(engine, request->instrument)->rates, now_ns, out);
}

static void
add_book(const struct qt_engine *engine, const struct qt_symbol *symbol, struct qt_gate_input *out)
{
    const struct qt_portfolio *portfolio = &engine->portfolio;
    const struct qt_risk_totals *totals = &portfolio->totals;
    if (!portfolio->has_equity || !totals->is_known)
        return; /* unknown: every row that needs it denies */
    out->equity = qt_gate_money(portfolio->equity);
    /* one venue, one strategy, and no sectors until instruments name theirs: all is one sector */
    out->venue_exposure = out->strategy_exposure = out->sector_exposure = out->portfolio_exposure =
        qt_gate_money(totals->gross);
    out->symbol_exposure = qt_gate_money(QT_MONEY_ZERO);
    for (uint32_t i = 0; i < portfolio->views; i++)
        if (engine->views[i].ins == symbol->ins)
            out->symbol_exposure.is_known =
                qt_risk_symbol_exposure(&engine->views[i], &out->symbol_exposure.amount);
    out->heat = qt_gate_value(totals->heat);
    out->drawdown = qt_gate_value(engine->breaker.drawdown);
    qt_money day;
    if (qt_breakers_day_pnl(&engine->breaker, &day)) {
        out->day_pnl = qt_gate_money(day);
        out->day_equity = qt_gate_money(engine->breaker.day_equity);
    }
}

/* All partitions together; duplicates of this symbol are its own partition's. */
static void
add_flow(const struct qt_engine *engine, const struct qt_symbol *symbol,
         const struct qt_order_request *request, int64_t now_ns, struct qt_gate_input *out)
{
    const struct qt_partition *own = qt__partition_of(engine, symbol->ins->id);
    int64_t open = 0;
    for (unsigned p = 0; p < QT_PARTITIONS; p++) {
        add_rates(&engine->partition[p].rates, now_ns, out);
        open += qt_orders_count(engine->partition[p].orders).open;
    }
    out->open_orders = qt_gate_count(open);
    out->duplicates = qt_gate_count(qt_rates_duplicates(
        &own->rates, request, now_ns, engine->options.risk->duplicate_window_ms * QT_NS_PER_MS));
    out->unknown_order = qt_gate_answer(qt_orders_unknown_of(own->orders, symbol->ins->id) > 0);
    /* orders of one symbol that stand on the other side could meet this one; a stop that rests
     * waits for another price */
    struct qt_open_total other;
    qt_orders_open_total(own->orders, symbol->ins->id, request->side == QT_BUY ? QT_SELL : QT_BUY,
                         QT_PX_NONE, &other);
    out->self_trade = qt_gate_answer(other.orders > qt__guard_rests(engine, symbol));
}

void
qt__gate_input_entry(struct qt_engine *engine, const struct qt_symbol *symbol,
                     const struct qt_order_request *request, qt_money risk, int64_t now_ns,
                     struct qt_gate_input *out)
{
    double worst;
    common(engine, symbol, request, QT_PURPOSE_ENTRY, now_ns, out);
    out->shut = qt_gate_answer(engine->is_shut);
    out->link_up = qt_gate_answer(engine->venue.link[QT_LINK_MARKET] == QT_LINK_UP &&
                                  engine->venue.link[QT_LINK_USER] == QT_LINK_UP &&
                                  engine->venue.link[QT_LINK_REST] == QT_LINK_UP);
    out->store_healthy = qt_gate_answer(!engine->is_sick[QT_COMPONENT_STORE] &&
                                        !engine->is_sick[QT_COMPONENT_JOURNAL]);
    out->conserved = qt_gate_answer(engine->is_conserved);
    out->risk = qt_gate_money(risk);
    qt_px px = qt_px_is_positive(request->px) ? request->px : symbol->quote.ask;
    out->notional.is_known =
        qt_instrument_notional(symbol->ins, px, request->qty, &out->notional.amount);
    out->leverage_cap =
        qt_gate_value(qt_risk_leverage_cap(engine->options.risk, &engine->scan.regime));
    if (qt__worst_correlation(engine, symbol, &worst))
        out->worst_correlation = qt_gate_value(worst);
    add_book(engine, symbol, out);
    add_flow(engine, symbol, request, now_ns, out);
}
