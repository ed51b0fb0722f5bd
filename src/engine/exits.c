/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exits of open positions, on the tick that triggers them. One exit order at a time: while it is
 * under way the plan rests; what it missed it sees at the next tick, because stops compare levels.
 */
#include "engine_priv.h"

enum { RETRY_NS = QT_NS_PER_S }; /* after an exit that was refused or came back unfilled */

static struct qt_order_request
market_order(const struct qt_symbol *symbol, qt_qty qty, uint64_t client_id)
{
    bool is_long = qt_qty_sign(symbol->position.qty) > 0;
    return (struct qt_order_request){.client_id = client_id,
                                     .instrument = symbol->ins->id,
                                     .side = is_long ? QT_SELL : QT_BUY,
                                     .type = QT_TYPE_MARKET,
                                     .tif = QT_TIF_GTC,
                                     .reduce_only = true,
                                     .px = QT_PX_NONE,
                                     .stop_px = QT_PX_NONE,
                                     .qty = qty};
}

/* Lots to close for bps of the initial quantity: all of it when either part could not be traded. */
static qt_qty
closing_qty(const struct qt_symbol *symbol, int32_t bps)
{
    qt_qty held = qt_qty_floor(qt_qty_abs(symbol->position.qty), symbol->lot);
    qt_money part;
    if (bps >= QT_ALL_BPS ||
        !qt_money_mul_div(qt_money_of_qty(qt_qty_abs(symbol->initial_qty)), bps, QT_ALL_BPS, &part))
        return held;
    qt_qty qty = qt_qty_floor(qt_qty_of_money(part), symbol->lot), rest;
    if (qt_qty_cmp(qty, held) >= 0 || !qt__symbol_can_trade(symbol, qty) ||
        !qt_qty_sub(held, qty, &rest) || !qt__symbol_can_trade(symbol, rest))
        return held;
    return qty;
}

static void
decide(struct qt_engine *engine, const struct qt_symbol *symbol, qt_qty qty,
       enum qt_order_purpose purpose, uint64_t client_id, int64_t now_ns)
{
    qt__decision(engine, client_id >> 8, now_ns, symbol->ins->id, "exit",
                 qt_qty_to_double(qty, symbol->ins->qty_scale),
                 qt_px_to_double(qt__symbol_exit_px(symbol), symbol->ins->px_scale),
                 qt_order_purpose_name(purpose));
}

/* Over some time: the next cycle sends the first child. */
static bool
work(struct qt_engine *engine, struct qt_symbol *symbol, qt_qty qty, enum qt_order_purpose purpose,
     uint64_t client_id, int64_t now_ns)
{
    struct qt_order_request request = market_order(symbol, qty, client_id);
    (void)qt__work_begin(engine, symbol, &request, purpose, QT_MONEY_ZERO, now_ns);
    decide(engine, symbol, qty, purpose, client_id, now_ns);
    return true;
}

bool
qt__close_position(struct qt_engine *engine, struct qt_symbol *symbol, int32_t bps,
                   enum qt_order_purpose purpose, uint64_t client_id, int64_t now_ns)
{
    if (!qt__work_gives_way(engine, symbol, purpose, client_id >> 8, now_ns) ||
        symbol->exit_order || now_ns < symbol->exit_retry_ns)
        return false;
    /* What one order cannot take goes with the next: the position is open and wants to be closed. */
    qt_qty qty = qt_instrument_market_qty(symbol->ins, closing_qty(symbol, bps));
    if (!qt__symbol_can_trade(symbol, qty))
        return false;
    if (qt__work_algorithm(engine, purpose) != QT_ALGO_IMMEDIATE)
        return work(engine, symbol, qty, purpose, client_id, now_ns);
    if (qt__guard_yields(engine, symbol, bps, purpose, client_id >> 8, now_ns))
        return true;
    struct qt_order_request request = market_order(symbol, qty, client_id);
    struct qt_gate_input input;
    char why[96];
    struct qt_parent *parent =
        qt__work_begin(engine, symbol, &request, purpose, QT_MONEY_ZERO, now_ns);
    qt__gate_input_exit(engine, symbol, &request, purpose, now_ns, &input);
    if (qt__send(engine, symbol, &request, purpose, &input, now_ns, why)) {
        symbol->exit_order = client_id;
        qt__work_sent(engine, symbol, parent, client_id, now_ns);
        decide(engine, symbol, qty, purpose, client_id, now_ns);
        return true;
    }
    qt__work_drop(symbol, parent);
    symbol->exit_retry_ns = now_ns + RETRY_NS;
    qt__note(engine, QT_SEVERITY_BAD, QT_TOPIC_RISK, client_id >> 8, now_ns, "%s: no exit: %s",
             symbol->ins->symbol, why);
    return false;
}

static enum qt_order_purpose
purpose_of(const struct qt_exit_plan *plan, enum qt_exit_action action)
{
    if (action == QT_EXIT_TARGET)
        return QT_PURPOSE_TARGET;
    if (action == QT_EXIT_TIME)
        return QT_PURPOSE_REDUCE;
    return plan->is_trailing ? QT_PURPOSE_TRAIL : QT_PURPOSE_STOP;
}

bool
qt__exits(struct qt_engine *engine, struct qt_symbol *symbol, uint64_t client_id, int64_t now_ns)
{
    if (symbol->has_plan && symbol->exit_order && symbol->is_worked)
        qt__work_watch(engine, symbol, client_id >> 8, now_ns);
    if (!symbol->has_plan || symbol->exit_order || symbol->guard.has_exit ||
        now_ns < symbol->exit_retry_ns ||
        (engine->liquidation.is_active && !engine->liquidation.keeps_positions))
        return false;
    struct qt_exit_plan before = symbol->plan;
    struct qt_exit_step step = qt_exit_update(&symbol->plan, qt__symbol_exit_px(symbol), now_ns);
    switch (step.action) {
    case QT_EXIT_HOLD:
    case QT_EXIT_ACTIONS:
        return false;
    case QT_EXIT_TRAILED:
        qt__record_position(engine, symbol, client_id >> 8, now_ns);
        qt__guard_follow(engine, symbol, client_id >> 8, now_ns);
        return false;
    case QT_EXIT_STOP:
    case QT_EXIT_TARGET:
    case QT_EXIT_TIME:
        break;
    }
    if (qt__close_position(engine, symbol, step.bps, purpose_of(&symbol->plan, step.action),
                           client_id, now_ns)) {
        if (symbol->guard.has_exit)
            symbol->guard.before = before; /* what is kept is the plan of an exit that went out */
        else
            qt__record_position(engine, symbol, client_id >> 8, now_ns);
        return true;
    }
    symbol->plan = before; /* nothing was done: the next look decides again */
    return false;
}
