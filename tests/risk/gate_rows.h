/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cases of the gate's rows: one input that passes everything, changes that each touch one thing,
 * and what each makes of one row. How to add a row: a mutator and a line in rows[].
 */
#ifndef QTRADE_TESTS_GATE_ROWS_H
#define QTRADE_TESTS_GATE_ROWS_H

#include <math.h>
#include <string.h>

#include "qtrade/base/time.h"
#include "qtrade/risk/gate.h"

#include "qt_check.h"

static const struct qt_instrument ins = {.id = 3,
                                         .symbol = "ABCUSDT",
                                         .base = "ABC",
                                         .quote = "USDT",
                                         .px_scale = 2,
                                         .qty_scale = 3,
                                         .tick = {1},
                                         .lot = {10},
                                         .min_qty = {10},
                                         .min_notional = {INT64_C(5) * 100000000}};

/* Everything one check looks at; mutators change one thing. */
struct bench {
    struct qt_risk_config config;
    struct qt_order_request request;
    struct qt_instrument ins;
    struct qt_gate_input input;
};

static qt_money
usdt(double amount)
{
    qt_money money;
    ck_assert(qt_money_of_double(amount, QT_MONEY_SCALE, &money));
    return money;
}

/* A buy of 10 at 100.05, quote 99.99 / 100.01, equity 100000, nothing open. */
static void
bench_init(struct bench *b)
{
    const struct qt_config_binding binding = {&qt_risk_section, &b->config};
    memset(b, 0, sizeof *b);
    qt_config_defaults(&binding, 1);
    b->ins = ins;
    b->request = (struct qt_order_request){.client_id = 256,
                                           .instrument = 3,
                                           .side = QT_BUY,
                                           .type = QT_TYPE_LIMIT,
                                           .tif = QT_TIF_IOC,
                                           .px = {10005},
                                           .stop_px = QT_PX_NONE,
                                           .qty = {10000}};
    struct qt_gate_input *in = &b->input;
    in->request = &b->request;
    in->ins = &b->ins;
    in->purpose = QT_PURPOSE_ENTRY;
    in->mode = QT_GATE_MODE_NORMAL;
    in->shut = in->kill_switch = in->unknown_order = in->self_trade = QT_ANSWER_NO;
    in->link_up = in->store_healthy = in->conserved = QT_ANSWER_YES;
    in->position = in->open_reducing = qt_gate_qty(QT_QTY_ZERO);
    in->quote = (struct qt_quote){.bid = {9999}, .ask = {10001}, .bid_qty = {1}, .ask_qty = {1}};
    in->last = (qt_px){10000};
    in->quote_age_ns = qt_gate_count(0);
    in->notional = qt_gate_money(usdt(1000.5));
    in->risk = qt_gate_money(usdt(20));
    in->equity = in->day_equity = qt_gate_money(usdt(100000));
    in->symbol_exposure = in->venue_exposure = in->strategy_exposure = qt_gate_money(QT_MONEY_ZERO);
    in->sector_exposure = in->portfolio_exposure = in->day_pnl = qt_gate_money(QT_MONEY_ZERO);
    in->heat = in->worst_correlation = in->drawdown = qt_gate_value(0);
    in->leverage_cap = qt_gate_value(1);
    in->orders_last_s = in->orders_last_min = in->messages_last_s = qt_gate_count(0);
    in->open_orders = in->duplicates = qt_gate_count(0);
}

/* Mutators: m_CHECK_WHAT */
#define M(name) static void m_##name(struct bench *b)
M(nothing)
{
    (void)b;
}
M(shut)
{
    b->input.shut = QT_ANSWER_YES;
}
M(shut_absent)
{
    b->input.shut = QT_ANSWER_UNKNOWN;
}
M(shut_rubbish)
{
    b->input.shut = 77;
}
M(switch)
{
    b->input.kill_switch = QT_ANSWER_YES;
}
M(switch_absent)
{
    b->input.kill_switch = QT_ANSWER_UNKNOWN;
}
M(paused)
{
    b->input.mode = QT_GATE_MODE_PAUSED;
}
M(reduced)
{
    b->input.mode = QT_GATE_MODE_REDUCED;
}
M(emergency)
{
    b->input.mode = QT_GATE_MODE_EMERGENCY;
}
M(mode_absent)
{
    b->input.mode = QT_GATE_MODE_UNKNOWN;
}
M(mode_rubbish)
{
    b->input.mode = 99;
}
M(claims_to_reduce)
{
    b->request.reduce_only = true;
}
M(link)
{
    b->input.link_up = QT_ANSWER_NO;
}
M(link_absent)
{
    b->input.link_up = QT_ANSWER_UNKNOWN;
}
M(store)
{
    b->input.store_healthy = QT_ANSWER_NO;
}
M(store_absent)
{
    b->input.store_healthy = QT_ANSWER_UNKNOWN;
}
M(ledger)
{
    b->input.conserved = QT_ANSWER_NO;
}
M(ledger_absent)
{
    b->input.conserved = QT_ANSWER_UNKNOWN;
}
M(unknown)
{
    b->input.unknown_order = QT_ANSWER_YES;
}
M(unknown_absent)
{
    b->input.unknown_order = QT_ANSWER_UNKNOWN;
}
M(self)
{
    b->input.self_trade = QT_ANSWER_YES;
}
M(self_absent)
{
    b->input.self_trade = QT_ANSWER_UNKNOWN;
}
M(quote_edge)
{
    b->input.quote_age_ns.n = b->config.max_quote_age_ms * QT_NS_PER_MS;
}
M(quote_old)
{
    b->input.quote_age_ns.n = b->config.max_quote_age_ms * QT_NS_PER_MS + 1;
}
M(quote_absent)
{
    b->input.quote_age_ns.is_known = false;
}
M(quote_future)
{
    b->input.quote_age_ns.n = -1;
}
M(bid_absent)
{
    b->input.quote.bid = QT_PX_NONE;
}
M(off_tick)
{
    b->ins.tick.v = 10;
}
M(off_lot)
{
    b->request.qty.v = 10001;
}
M(small)
{
    b->request.qty.v = 10;
}
M(no_qty)
{
    b->request.qty.v = 0;
}
M(no_px)
{
    b->request.px = QT_PX_NONE;
}
M(bad_side)
{
    b->request.side = 9;
}
M(other_instrument)
{
    b->request.instrument = 4;
}
M(halted)
{
    b->ins.status = QT_INSTRUMENT_HALTED;
}
M(beyond_mid)
{
    b->request.px.v = 10000 + (int64_t)b->config.collar_mid_bps + 1;
}
M(beyond_last)
{
    b->input.last.v = 9000;
}
M(last_absent)
{
    b->input.last = QT_PX_NONE;
}
M(wide)
{
    b->input.quote.ask.v = 10030, b->input.quote.bid.v = 10000;
}
M(notional_edge)
{
    b->input.notional.amount = usdt((double)b->config.max_order_notional);
    b->input.equity.amount = usdt(1e8); /* so that no share of it is too large */
}
M(notional)
{
    b->input.notional.amount = usdt((double)b->config.max_order_notional + 0.01);
}
M(notional_absent)
{
    b->input.notional.is_known = false;
}
M(notional_negative)
{
    b->input.notional.amount.v = -1;
}
M(position_edge)
{
    b->input.symbol_exposure.amount = usdt(b->config.max_position * 1e5 - 1000.5);
}
M(position)
{
    b->input.symbol_exposure.amount = usdt(b->config.max_position * 1e5 - 1000.4);
}
M(position_absent)
{
    b->input.symbol_exposure.is_known = false;
}
M(position_negative)
{
    b->input.symbol_exposure.amount.v = -1;
}
M(position_overflow)
{
    b->input.symbol_exposure.amount.v = INT64_MAX;
}
M(venue)
{
    b->input.venue_exposure.amount = usdt(b->config.max_venue * 1e5);
}
M(venue_absent)
{
    b->input.venue_exposure.is_known = false;
}
M(strategy)
{
    b->input.strategy_exposure.amount = usdt(b->config.max_strategy * 1e5);
}
M(strategy_absent)
{
    b->input.strategy_exposure.is_known = false;
}
M(sector)
{
    b->input.sector_exposure.amount = usdt(b->config.max_sector * 1e5);
}
M(sector_absent)
{
    b->input.sector_exposure.is_known = false;
}
M(leverage)
{
    b->input.portfolio_exposure.amount = usdt(1e5);
}
M(cap_absent)
{
    b->input.leverage_cap.is_known = false;
}
M(cap_nan)
{
    b->input.leverage_cap.value = (double)NAN;
}
M(heat_edge)
{
    b->input.heat.value = b->config.max_heat - 20.0 / 1e5;
}
M(heat)
{
    b->input.heat.value = b->config.max_heat;
}
M(heat_nan)
{
    b->input.heat.value = (double)NAN;
}
M(heat_absent)
{
    b->input.heat.is_known = false;
}
M(risk_absent)
{
    b->input.risk.is_known = false;
}
M(correlation_edge)
{
    b->input.worst_correlation.value = b->config.max_correlation;
}
M(correlation)
{
    b->input.worst_correlation.value = b->config.max_correlation + 1e-9;
}
M(correlation_absent)
{
    b->input.worst_correlation.is_known = false;
}
M(loss_near)
{
    b->input.day_pnl.amount = usdt(-b->config.max_daily_loss * 1e5 + 0.01);
}
M(loss)
{
    b->input.day_pnl.amount = usdt(-b->config.max_daily_loss * 1e5);
}
M(loss_absent)
{
    b->input.day_pnl.is_known = false;
}
M(day_absent)
{
    b->input.day_equity.is_known = false;
}
M(drawdown)
{
    b->input.drawdown.value = b->config.max_drawdown;
}
M(drawdown_absent)
{
    b->input.drawdown.is_known = false;
}
M(drawdown_inf)
{
    b->input.drawdown.value = (double)INFINITY;
}
M(orders_s)
{
    b->input.orders_last_s.n = b->config.max_orders_per_s;
}
M(orders_s_absent)
{
    b->input.orders_last_s.is_known = false;
}
M(orders_s_negative)
{
    b->input.orders_last_s.n = -1;
}
M(orders_s_overflow)
{
    b->input.orders_last_s.n = INT64_MAX;
}
M(orders_min)
{
    b->input.orders_last_min.n = b->config.max_orders_per_min;
}
M(messages)
{
    b->input.messages_last_s.n = b->config.max_messages_per_s;
}
M(open_edge)
{
    b->input.open_orders.n = b->config.max_open_orders - 1;
}
M(open)
{
    b->input.open_orders.n = b->config.max_open_orders;
}
M(open_absent)
{
    b->input.open_orders.is_known = false;
}
M(duplicate)
{
    b->input.duplicates.n = 1;
}
M(duplicate_absent)
{
    b->input.duplicates.is_known = false;
}
M(equity_absent)
{
    b->input.equity.is_known = false;
}
M(equity_zero)
{
    b->input.equity.amount.v = 0;
}

/* What each change makes of one row. */
static const struct {
    void (*mutate)(struct bench *b);
    enum qt_gate_check check;
    enum qt_gate_code code;
} rows[] = {
    {m_nothing, QT_CHECK_SHUT, QT_GATE_PASS},
    {m_shut, QT_CHECK_SHUT, QT_GATE_LIMIT},
    {m_shut_absent, QT_CHECK_SHUT, QT_GATE_ABSENT},
    {m_shut_rubbish, QT_CHECK_SHUT, QT_GATE_ABSENT},
    {m_switch, QT_CHECK_KILL_SWITCH, QT_GATE_LIMIT},
    {m_switch_absent, QT_CHECK_KILL_SWITCH, QT_GATE_ABSENT},
    {m_paused, QT_CHECK_MODE, QT_GATE_LIMIT},
    {m_reduced, QT_CHECK_MODE, QT_GATE_LIMIT},
    {m_emergency, QT_CHECK_MODE, QT_GATE_LIMIT},
    {m_mode_absent, QT_CHECK_MODE, QT_GATE_ABSENT},
    {m_mode_rubbish, QT_CHECK_MODE, QT_GATE_ABSENT},
    {m_claims_to_reduce, QT_CHECK_REDUCE, QT_GATE_LIMIT},
    {m_link, QT_CHECK_LINK, QT_GATE_LIMIT},
    {m_link_absent, QT_CHECK_LINK, QT_GATE_ABSENT},
    {m_store, QT_CHECK_STORE, QT_GATE_LIMIT},
    {m_store_absent, QT_CHECK_STORE, QT_GATE_ABSENT},
    {m_ledger, QT_CHECK_LEDGER, QT_GATE_LIMIT},
    {m_ledger_absent, QT_CHECK_LEDGER, QT_GATE_ABSENT},
    {m_unknown, QT_CHECK_UNKNOWN_ORDER, QT_GATE_LIMIT},
    {m_unknown_absent, QT_CHECK_UNKNOWN_ORDER, QT_GATE_ABSENT},
    {m_self, QT_CHECK_SELF_TRADE, QT_GATE_LIMIT},
    {m_self_absent, QT_CHECK_SELF_TRADE, QT_GATE_ABSENT},
    {m_quote_edge, QT_CHECK_QUOTE_AGE, QT_GATE_PASS},
    {m_quote_old, QT_CHECK_QUOTE_AGE, QT_GATE_STALE},
    {m_quote_absent, QT_CHECK_QUOTE_AGE, QT_GATE_ABSENT},
    {m_quote_future, QT_CHECK_QUOTE_AGE, QT_GATE_NEGATIVE},
    {m_bid_absent, QT_CHECK_QUOTE_AGE, QT_GATE_ABSENT},
    {m_off_tick, QT_CHECK_FILTERS, QT_GATE_LIMIT},
    {m_off_lot, QT_CHECK_FILTERS, QT_GATE_LIMIT},
    {m_small, QT_CHECK_FILTERS, QT_GATE_LIMIT},
    {m_no_qty, QT_CHECK_FILTERS, QT_GATE_NEGATIVE},
    {m_no_px, QT_CHECK_FILTERS, QT_GATE_LIMIT},
    {m_bad_side, QT_CHECK_FILTERS, QT_GATE_NEGATIVE},
    {m_other_instrument, QT_CHECK_FILTERS, QT_GATE_NEGATIVE},
    {m_halted, QT_CHECK_FILTERS, QT_GATE_LIMIT},
    {m_beyond_mid, QT_CHECK_COLLAR_MID, QT_GATE_LIMIT},
    {m_quote_old, QT_CHECK_COLLAR_MID, QT_GATE_STALE},
    {m_beyond_last, QT_CHECK_COLLAR_LAST, QT_GATE_LIMIT},
    {m_last_absent, QT_CHECK_COLLAR_LAST, QT_GATE_ABSENT},
    {m_wide, QT_CHECK_SPREAD, QT_GATE_LIMIT},
    {m_bid_absent, QT_CHECK_SPREAD, QT_GATE_ABSENT},
    {m_notional_edge, QT_CHECK_NOTIONAL, QT_GATE_PASS},
    {m_notional, QT_CHECK_NOTIONAL, QT_GATE_LIMIT},
    {m_notional_absent, QT_CHECK_NOTIONAL, QT_GATE_ABSENT},
    {m_notional_negative, QT_CHECK_NOTIONAL, QT_GATE_NEGATIVE},
    {m_position_edge, QT_CHECK_POSITION, QT_GATE_PASS},
    {m_position, QT_CHECK_POSITION, QT_GATE_LIMIT},
    {m_position_absent, QT_CHECK_POSITION, QT_GATE_ABSENT},
    {m_position_negative, QT_CHECK_POSITION, QT_GATE_NEGATIVE},
    {m_position_overflow, QT_CHECK_POSITION, QT_GATE_OVERFLOW},
    {m_equity_absent, QT_CHECK_POSITION, QT_GATE_ABSENT},
    {m_equity_zero, QT_CHECK_POSITION, QT_GATE_NEGATIVE},
    {m_venue, QT_CHECK_VENUE, QT_GATE_LIMIT},
    {m_venue_absent, QT_CHECK_VENUE, QT_GATE_ABSENT},
    {m_strategy, QT_CHECK_STRATEGY, QT_GATE_LIMIT},
    {m_strategy_absent, QT_CHECK_STRATEGY, QT_GATE_ABSENT},
    {m_sector, QT_CHECK_SECTOR, QT_GATE_LIMIT},
    {m_sector_absent, QT_CHECK_SECTOR, QT_GATE_ABSENT},
    {m_leverage, QT_CHECK_LEVERAGE, QT_GATE_LIMIT},
    {m_cap_absent, QT_CHECK_LEVERAGE, QT_GATE_ABSENT},
    {m_cap_nan, QT_CHECK_LEVERAGE, QT_GATE_NAN},
    {m_heat_edge, QT_CHECK_HEAT, QT_GATE_PASS},
    {m_heat, QT_CHECK_HEAT, QT_GATE_LIMIT},
    {m_heat_nan, QT_CHECK_HEAT, QT_GATE_NAN},
    {m_heat_absent, QT_CHECK_HEAT, QT_GATE_ABSENT},
    {m_risk_absent, QT_CHECK_HEAT, QT_GATE_ABSENT},
    {m_correlation_edge, QT_CHECK_CORRELATION, QT_GATE_PASS},
    {m_correlation, QT_CHECK_CORRELATION, QT_GATE_LIMIT},
    {m_correlation_absent, QT_CHECK_CORRELATION, QT_GATE_ABSENT},
    {m_loss_near, QT_CHECK_DAILY_LOSS, QT_GATE_PASS},
    {m_loss, QT_CHECK_DAILY_LOSS, QT_GATE_LIMIT},
    {m_loss_absent, QT_CHECK_DAILY_LOSS, QT_GATE_ABSENT},
    {m_day_absent, QT_CHECK_DAILY_LOSS, QT_GATE_ABSENT},
    {m_drawdown, QT_CHECK_DRAWDOWN, QT_GATE_LIMIT},
    {m_drawdown_absent, QT_CHECK_DRAWDOWN, QT_GATE_ABSENT},
    {m_drawdown_inf, QT_CHECK_DRAWDOWN, QT_GATE_NAN},
    {m_orders_s, QT_CHECK_ORDERS_S, QT_GATE_LIMIT},
    {m_orders_s_absent, QT_CHECK_ORDERS_S, QT_GATE_ABSENT},
    {m_orders_s_negative, QT_CHECK_ORDERS_S, QT_GATE_NEGATIVE},
    {m_orders_s_overflow, QT_CHECK_ORDERS_S, QT_GATE_OVERFLOW},
    {m_orders_min, QT_CHECK_ORDERS_MIN, QT_GATE_LIMIT},
    {m_messages, QT_CHECK_MESSAGES_S, QT_GATE_LIMIT},
    {m_open_edge, QT_CHECK_OPEN_ORDERS, QT_GATE_PASS},
    {m_open, QT_CHECK_OPEN_ORDERS, QT_GATE_LIMIT},
    {m_open_absent, QT_CHECK_OPEN_ORDERS, QT_GATE_ABSENT},
    {m_duplicate, QT_CHECK_DUPLICATE, QT_GATE_LIMIT},
    {m_duplicate_absent, QT_CHECK_DUPLICATE, QT_GATE_ABSENT},
};

#endif
