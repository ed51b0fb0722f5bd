/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parent orders in the picture: those at work, newest first, then those that ended, latest first;
 * and what execution has cost, by algorithm and by symbol.
 */
#include "engine_priv.h"

static void
fill_cost(const struct qt_parent *parent, struct qt_parent_view *out)
{
    struct qt_parent_cost cost;
    qt_parent_cost(parent, &cost);
    out->has_cost = cost.is_known;
    out->has_average = cost.has_average;
    out->has_vwap = cost.has_vwap;
    out->arrival = parent->arrival;
    out->average = cost.average;
    out->vwap = cost.vwap;
    out->arrival_bps = cost.arrival_bps;
    out->vwap_bps = cost.vwap_bps;
    out->delay = cost.delay;
    out->trading = cost.trading;
    out->fees = qt_money_to_double(parent->fees, QT_MONEY_SCALE);
    out->opportunity = cost.opportunity;
    out->shortfall = cost.shortfall;
    out->shortfall_bps = cost.shortfall_bps;
}

/* What is left of one at work is measured at the price of now. */
static void
fill_parent(const struct qt_engine *engine, const struct qt_parent *from,
            struct qt_parent_view *out)
{
    const struct qt_symbol *symbol = &engine->symbol[from->instrument];
    struct qt_parent parent = *from;
    if (qt_parent_is_active(from))
        parent.end_mid = qt__symbol_mark(symbol);
    *out = (struct qt_parent_view){.id = from->id,
                                   .instrument = from->instrument,
                                   .px_scale = from->px_scale,
                                   .qty_scale = from->qty_scale,
                                   .side = from->side,
                                   .state = from->state,
                                   .qty = from->qty,
                                   .filled = from->filled,
                                   .children = from->children,
                                   .decided_ns = from->decided_ns,
                                   .deadline_ns = from->deadline_ns,
                                   .ended_ns = from->ended_ns};
    qt_copy(out->symbol, sizeof out->symbol, symbol->ins->symbol);
    qt_copy(out->purpose, sizeof out->purpose,
            qt_order_purpose_name((enum qt_order_purpose)from->purpose));
    qt_copy(out->algorithm, sizeof out->algorithm,
            qt_algorithm_name((enum qt_algorithm)from->algorithm));
    qt_copy(out->why, sizeof out->why, from->why);
    fill_cost(&parent, out);
}

static bool
is_before(const struct qt_parent_view *a, const struct qt_parent_view *b)
{
    bool ended_a = a->state == QT_PARENT_DONE, ended_b = b->state == QT_PARENT_DONE;
    int64_t at_a = ended_a ? a->ended_ns : a->decided_ns;
    int64_t at_b = ended_b ? b->ended_ns : b->decided_ns;
    if (ended_a != ended_b)
        return ended_b;
    return at_a != at_b ? at_a > at_b : a->id > b->id;
}

static void
insert(const struct qt_engine *engine, const struct qt_parent *parent, struct qt_snapshot *out)
{
    struct qt_parent_view view;
    fill_parent(engine, parent, &view);
    if (out->parents == QT_VIEW_ROWS) {
        if (!is_before(&view, &out->parent[QT_VIEW_ROWS - 1]))
            return;
        out->parents--;
    }
    uint32_t at = out->parents++;
    for (; at > 0 && is_before(&view, &out->parent[at - 1]); at--)
        out->parent[at] = out->parent[at - 1];
    out->parent[at] = view;
}

static void
fill_total(const struct qt_cost_total *total, const char *symbol, enum qt_algorithm algorithm,
           struct qt_cost_view *out)
{
    *out = (struct qt_cost_view){.parents = total->parents,
                                 .children = total->children,
                                 .unknown = total->unknown,
                                 .notional = total->notional,
                                 .filled = total->filled,
                                 .delay = total->delay,
                                 .trading = total->trading,
                                 .fees = total->fees,
                                 .opportunity = total->opportunity,
                                 .shortfall = total->shortfall,
                                 .shortfall_bps = qt_cost_total_bps(total)};
    qt_copy(out->symbol, sizeof out->symbol, symbol);
    qt_copy(out->algorithm, sizeof out->algorithm, qt_algorithm_name(algorithm));
}

/* The algorithms first; of the symbols those that cost most to trade, if there is no room for all.
 */
static void
view_costs(const struct qt_engine *engine, struct qt_snapshot *out)
{
    out->costs = 0;
    for (int a = 0; a < QT_ALGORITHMS; a++) {
        struct qt_cost_total total = {0};
        for (uint32_t i = 0; i < engine->symbols; i++)
            qt_cost_total_merge(&total, &engine->symbol[i].work.cost[a]);
        if (total.parents > 0)
            fill_total(&total, "", (enum qt_algorithm)a, &out->cost[out->costs++]);
    }
    uint32_t first = out->costs;
    for (uint32_t i = 0; i < engine->symbols; i++)
        for (int a = 0; a < QT_ALGORITHMS; a++) {
            const struct qt_cost_total *total = &engine->symbol[i].work.cost[a];
            if (total->parents == 0 || (out->costs == QT_VIEW_ROWS &&
                                        total->notional <= out->cost[QT_VIEW_ROWS - 1].notional))
                continue;
            uint32_t at = out->costs < QT_VIEW_ROWS ? out->costs++ : QT_VIEW_ROWS - 1;
            for (; at > first && out->cost[at - 1].notional < total->notional; at--)
                out->cost[at] = out->cost[at - 1];
            fill_total(total, engine->symbol[i].ins->symbol, (enum qt_algorithm)a, &out->cost[at]);
        }
}

void
qt__view_work(struct qt_engine *engine, struct qt_snapshot *out)
{
    out->parents = 0;
    for (uint32_t i = 0; i < engine->symbols; i++)
        for (int place = 0; place < QT_PLACES; place++)
            if (qt_parent_is_active(&engine->symbol[i].work.parent[place]))
                insert(engine, &engine->symbol[i].work.parent[place], out);
    for (unsigned p = 0; p < QT_PARTITIONS; p++)
        for (unsigned i = 0; i < QT_PARTITION_PARENTS; i++)
            if (engine->partition[p].past[i].id != 0)
                insert(engine, &engine->partition[p].past[i], out);
    view_costs(engine, out);
}

void
qt_engine_cost(const struct qt_engine *engine, uint32_t instrument, enum qt_algorithm algorithm,
               struct qt_cost_total *out)
{
    *out = engine->symbol[instrument].work.cost[algorithm];
}
