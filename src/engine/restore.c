/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an earlier run left: numbering, mode, ledger, positions with their plans, orders, those too
 * that only an intent tells of. Orders come back unknown, and the venue is asked for each, also for
 * the stops that rest there; a store whose ledger does not add up is refused.
 */
#include <string.h>

#include "engine_priv.h"

static bool
restore_balance(struct qt_engine *engine, const struct qt_balance_record *from,
                struct qt_error *err)
{
    uint32_t asset = qt_ledger_asset(engine->ledger, from->asset, from->scale);
    for (int account = 0; account < QT_ACCOUNTS; account++)
        if (strcmp(qt_account_name((enum qt_account)account), from->account) == 0 &&
            asset != QT_NO_ASSET &&
            qt_ledger_restore(engine->ledger, (enum qt_account)account, asset, from->amount))
            return true;
    return qt_fail(err, QT_E_DATA, "the store's balance of %s in %s cannot be taken over",
                   from->asset, from->account);
}

static bool
restore_ledger(struct qt_engine *engine, const struct qt_restore *restore, struct qt_error *err)
{
    for (uint32_t i = 0; i < restore->balances; i++)
        if (!restore_balance(engine, &restore->balance[i], err))
            return false;
    qt_ledger_number_from(engine->ledger, restore->transactions);
    qt_money capital = qt_ledger_balance(engine->ledger, QT_ACCOUNT_CAPITAL, engine->quote_asset);
    engine->portfolio.has_capital = qt_money_sign(capital) != 0;
    engine->portfolio.initial = qt_money_neg(capital);
    return qt_ledger_check(engine->ledger, err) ||
           qt_error_add(err, "taking over the store's ledger");
}

static void
restore_position(struct qt_engine *engine, const struct qt_position_record *from)
{
    struct qt_symbol *symbol = &engine->symbol[from->instrument];
    symbol->position.qty = from->qty;
    symbol->position.cost = from->cost;
    symbol->position.realised = from->realised;
    symbol->position.fees = from->fees;
    symbol->position.opened_ns = from->opened_ns;
    symbol->initial_qty = from->initial_qty;
    symbol->has_plan = from->has_plan;
    symbol->plan = from->plan;
    symbol->traded_ns = from->opened_ns;
    qt_trades_resume(engine->trades, &symbol->position);
}

/* The signal behind an entry, as far as its fills need it. */
static void
restore_plan(struct qt_engine *engine, const struct qt_restore *restore,
             const struct qt_order_record *order)
{
    struct qt_signal *signal = &engine->symbol[order->request.instrument].entry_signal;
    for (uint32_t i = 0; i < restore->plans; i++) {
        const struct qt_entry_plan *plan = &restore->plan[i];
        if (plan->client_id != order->request.client_id)
            continue;
        signal->direction = (enum qt_side)plan->side;
        signal->stop = plan->stop;
        signal->trail = plan->trail;
        memcpy(signal->target, plan->target, sizeof signal->target);
        memcpy(signal->target_bps, plan->target_bps, sizeof signal->target_bps);
    }
}

static bool
restore_order(struct qt_engine *engine, const struct qt_order_record *from, struct qt_error *err)
{
    const struct qt_order order = {.request = from->request,
                                   .purpose = from->purpose,
                                   .venue_id = from->venue_id,
                                   .parent = from->parent,
                                   .seq = from->request.client_id >> 8,
                                   .cum_qty = from->cum_qty,
                                   .cum_quote = from->cum_quote,
                                   .created_ns = from->created_ns,
                                   .updated_ns = from->updated_ns};
    struct qt_symbol *symbol = &engine->symbol[from->request.instrument];
    struct qt_order *restored =
        qt_orders_restore(qt__orders_of(engine, from->request.instrument), symbol->ins, &order);
    if (!restored)
        return qt_fail(err, QT_E_DATA, "no room for the store's open orders of %s",
                       symbol->ins->symbol);
    qt__work_restore_order(engine, restored);
    if (from->purpose == QT_PURPOSE_ENTRY)
        symbol->entry_order = from->request.client_id;
    else if (from->purpose == QT_PURPOSE_VENUE_STOP)
        symbol->guard.order = from->request.client_id;
    else
        symbol->exit_order = from->request.client_id;
    return true;
}

/* As the mode was stored: who, and of a halt that it was one (command.c). */
static const char by_switch[] = "switch: ";

static bool
is_halt(const struct qt_engine *engine)
{
    const char *text = strstr(engine->mode_reason, ": ");
    return text && strncmp(text + 2, QT__HALT_MARK, sizeof QT__HALT_MARK - 1) == 0;
}

/* The earlier run died with sales of a liquidation under way, and before the mode was kept: their
 * intents are the evidence. The stop is said again, as a numbered event. */
static void
stop_again(struct qt_engine *engine, const struct qt_restore *restore)
{
    bool is_known = engine->mode == QT_MODE_EMERGENCY;
    for (uint32_t i = 0; i < restore->orders && !is_known; i++) {
        const struct qt_order_record *order = &restore->order[i];
        if (order->purpose != QT_PURPOSE_FLATTEN || order->created_ns < restore->mode_since_ns)
            continue;
        qt__engine_stops(engine, QT_COMMAND_LIQUIDATE, "the run before was liquidating");
        is_known = true;
    }
}

bool
qt__restore(struct qt_engine *engine, const struct qt_restore *restore, struct qt_error *err)
{
    if (!restore->is_found)
        return true;
    engine->seq = restore->last_seq;
    engine->mode = restore->mode;
    engine->mode_since_ns = restore->mode_since_ns;
    qt_copy(engine->mode_reason, sizeof engine->mode_reason, restore->mode_reason);
    engine->is_shut = !qt_mode_allows_entry(engine->mode);
    atomic_store(&engine->gate_shut, engine->is_shut);
    engine->liquidation.is_active = engine->mode == QT_MODE_EMERGENCY;
    engine->liquidation.keeps_positions = engine->liquidation.is_active && is_halt(engine);
    engine->hw.is_latched = engine->liquidation.is_active &&
                            strncmp(engine->mode_reason, by_switch, sizeof by_switch - 1) == 0;
    if (!restore_ledger(engine, restore, err))
        return false;
    engine->is_exposed = restore->positions > 0 || restore->orders > 0;
    for (uint32_t i = 0; i < restore->positions; i++)
        restore_position(engine, &restore->position[i]);
    for (uint32_t i = 0; i < restore->parents; i++)
        qt__work_restore(engine, &restore->parent[i]);
    for (uint32_t i = 0; i < restore->orders; i++)
        if (!restore_order(engine, &restore->order[i], err))
            return false;
    qt__work_restored(engine);
    for (uint32_t i = 0; i < restore->orders; i++)
        restore_plan(engine, restore, &restore->order[i]);
    stop_again(engine, restore);
    return true;
}
