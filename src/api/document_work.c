/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parent orders and what execution costs as JSON. Costs are statistics: numbers, quote or bps. */
#include "qtrade/api/document.h"

#include <stdio.h>

#include "qtrade/base/time.h"
#include "qtrade/trade/parent.h"

static void
set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value ? value : json_null());
}

static json_t *
number_of(bool is_known, double v)
{
    return is_known ? json_real(v) : json_null();
}

static json_t *
ms_of(int64_t t_ns)
{
    return t_ns == QT_TIME_NONE ? json_null() : json_integer(t_ns / QT_NS_PER_MS);
}

static json_t *
qty_of(qt_qty qty, int scale)
{
    char text[QT_DECIMAL_TEXT];
    return json_string(qt_decimal_format_short(qt_qty_units(qty), scale, text));
}

static void
set_cost(json_t *row, const struct qt_parent_view *parent)
{
    bool is_paid = parent->has_average && parent->arrival > 0;
    set(row, "arrival_price", number_of(parent->arrival > 0, parent->arrival));
    set(row, "average_price", number_of(parent->has_average, parent->average));
    set(row, "vwap_price", number_of(parent->has_vwap, parent->vwap));
    set(row, "arrival_bps", number_of(is_paid, parent->arrival_bps));
    set(row, "vwap_bps", number_of(parent->has_vwap, parent->vwap_bps));
    set(row, "delay", number_of(parent->has_cost, parent->delay));
    set(row, "trading", number_of(parent->has_cost, parent->trading));
    set(row, "fees", number_of(parent->has_cost, parent->fees));
    set(row, "opportunity", number_of(parent->has_cost, parent->opportunity));
    set(row, "shortfall", number_of(parent->has_cost, parent->shortfall));
    set(row, "shortfall_bps", number_of(parent->has_cost, parent->shortfall_bps));
}

static json_t *
parent_of(const struct qt_parent_view *parent)
{
    json_t *row = json_object();
    char id[24];
    snprintf(id, sizeof id, "%llx", (unsigned long long)parent->id);
    set(row, "id", json_string(id));
    set(row, "symbol", json_string(parent->symbol));
    set(row, "side", json_string(qt_side_name((enum qt_side)parent->side)));
    set(row, "purpose", json_string(parent->purpose));
    set(row, "algorithm", json_string(parent->algorithm));
    set(row, "state", json_string(qt_parent_state_name((enum qt_parent_state)parent->state)));
    set(row, "why", parent->why[0] ? json_string(parent->why) : json_null());
    set(row, "quantity", qty_of(parent->qty, parent->qty_scale));
    set(row, "filled", qty_of(parent->filled, parent->qty_scale));
    set(row, "children", json_integer(parent->children));
    set(row, "decided_ms", ms_of(parent->decided_ns));
    set(row, "deadline_ms", ms_of(parent->deadline_ns));
    set(row, "ended_ms", ms_of(parent->ended_ns));
    set_cost(row, parent);
    return row;
}

json_t *
qt_document_parents(const struct qt_snapshot *snapshot)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < snapshot->parents; i++)
        json_array_append_new(list, parent_of(&snapshot->parent[i]));
    return list;
}

static json_t *
cost_of(const struct qt_cost_view *cost)
{
    json_t *row = json_object();
    if (cost->symbol[0])
        set(row, "symbol", json_string(cost->symbol));
    set(row, "algorithm", json_string(cost->algorithm));
    set(row, "parents", json_integer((json_int_t)cost->parents));
    set(row, "children", json_integer((json_int_t)cost->children));
    set(row, "unknown", json_integer((json_int_t)cost->unknown));
    set(row, "notional", json_real(cost->notional));
    set(row, "filled", json_real(cost->filled));
    set(row, "delay", json_real(cost->delay));
    set(row, "trading", json_real(cost->trading));
    set(row, "fees", json_real(cost->fees));
    set(row, "opportunity", json_real(cost->opportunity));
    set(row, "shortfall", json_real(cost->shortfall));
    set(row, "shortfall_bps", json_real(cost->shortfall_bps));
    return row;
}

json_t *
qt_document_execution(const struct qt_snapshot *snapshot)
{
    json_t *document = json_object(), *algorithms = json_array(), *symbols = json_array();
    for (uint32_t i = 0; i < snapshot->costs; i++)
        json_array_append_new(snapshot->cost[i].symbol[0] ? symbols : algorithms,
                              cost_of(&snapshot->cost[i]));
    set(document, "by_algorithm", algorithms);
    set(document, "by_symbol", symbols);
    return document;
}
