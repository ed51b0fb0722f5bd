/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a cycle stood at, as three hashes for the journal: a replay that differs anywhere is seen in
 * the cycle where it does, not when an order comes of it.
 */
#include <string.h>

#include "engine_priv.h"

static uint64_t
mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15) ^ (hash >> 29);
}

static uint64_t
mix_double(uint64_t hash, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return mix(hash, bits);
}

static uint64_t
mix_money(uint64_t hash, qt_money amount)
{
    return mix(hash, (uint64_t)qt_money_units(amount));
}

static uint64_t
of_row(uint64_t hash, const struct qt_scan_row *row)
{
    hash = mix(hash, (uint64_t)row->reason << 40 | (uint64_t)row->fate << 32 | row->rank);
    if (row->reason != QT_SCAN_OK)
        return hash;
    const double values[] = {row->volatility, row->momentum, row->volume,         row->trend,
                             row->decay,      row->score,    row->max_correlation};
    for (size_t i = 0; i < QT_COUNT_OF(values); i++)
        hash = mix_double(hash, values[i]);
    return hash;
}

static uint64_t
of_scan(const struct qt_engine *engine)
{
    const struct qt_scan_result *scan = &engine->scan;
    uint64_t hash = mix(QT_HASH_START, scan->eligible);
    for (uint32_t i = 0; i < engine->symbols; i++)
        hash = of_row(hash, &engine->rows[i]);
    for (uint32_t i = 0; i < scan->selected_count; i++)
        hash = mix(hash, scan->selected[i]);
    hash = mix(hash, scan->regime.is_known);
    for (int i = 0; i < QT_STRUCTURES; i++)
        hash = mix_double(hash, scan->regime.structure_probability[i]);
    for (int i = 0; i < QT_MARKET_STATES; i++)
        hash = mix_double(hash, scan->regime.market_probability[i]);
    return mix_double(mix_double(hash, scan->regime.confidence), scan->regime.stability);
}

static uint64_t
of_book(const struct qt_engine *engine)
{
    uint64_t hash = mix(QT_HASH_START, engine->mode);
    for (uint32_t asset = 0; asset < qt_ledger_assets(engine->ledger); asset++)
        for (int account = 0; account < QT_ACCOUNTS; account++)
            hash =
                mix_money(hash, qt_ledger_balance(engine->ledger, (enum qt_account)account, asset));
    for (uint32_t i = 0; i < engine->symbols; i++) {
        const struct qt_symbol *symbol = &engine->symbol[i];
        if (qt_position_is_flat(&symbol->position))
            continue;
        hash = mix(hash, i);
        hash = mix(hash, (uint64_t)qt_qty_units(symbol->position.qty));
        hash = mix_money(hash, symbol->position.cost);
    }
    hash = mix_money(hash, engine->portfolio.equity);
    hash = mix_double(hash, engine->breaker.drawdown);
    return mix(hash, engine->breaker_request);
}

static uint64_t
of_orders(const struct qt_engine *engine)
{
    uint64_t hash = QT_HASH_START;
    for (unsigned p = 0; p < QT_PARTITIONS; p++) {
        const struct qt_partition *partition = &engine->partition[p];
        hash = mix(hash, partition->gate.checked);
        hash = mix(hash, partition->gate.refused);
        hash = mix(hash, partition->fills << 32 | partition->rejects);
        hash = mix(hash, partition->bad_events);
        struct qt_order *order = qt_orders_first(partition->orders);
        for (; order; order = qt_orders_after(partition->orders, order)) {
            hash = mix(hash, order->request.client_id);
            hash = mix(hash, order->state);
            hash = mix(hash, (uint64_t)qt_qty_units(order->cum_qty));
        }
    }
    return hash;
}

void
qt__digest(struct qt_engine *engine, uint64_t seq)
{
    if (!engine->options.journal.decision)
        return;
    struct qt_decision decision = {
        .seq = seq,
        .t_ns = engine->now_ns,
        .kind = QT_DECISION_CYCLE,
        .cycle = {.scan = of_scan(engine), .book = of_book(engine), .orders = of_orders(engine)}};
    qt__settle_decision(engine, &decision);
}
