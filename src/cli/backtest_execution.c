/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What execution cost in a backtest: a row of each parent order, and sums by algorithm and symbol.
 */
#include <inttypes.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "backtest_priv.h"

enum { LINE = 1024 };

const char qt__backtest_execution_head[] =
    "id,symbol,side,purpose,algorithm,decided_ms,ended_ms,quantity,filled,children,arrival,average,"
    "vwap,arrival_bps,vwap_bps,delay,trading,fees,opportunity,shortfall,shortfall_bps,why\n";

static void
add_known(struct qt_text *line, bool is_known, double v)
{
    qt_text_add(line, ",");
    if (is_known)
        qt_text_add_json_double(line, v);
}

static void
add_cost(struct qt_text *line, const struct qt_parent *parent)
{
    struct qt_parent_cost cost;
    qt_parent_cost(parent, &cost);
    add_known(line, parent->arrival > 0, parent->arrival);
    add_known(line, cost.has_average, cost.average);
    add_known(line, cost.has_vwap, cost.vwap);
    add_known(line, cost.has_average && parent->arrival > 0, cost.arrival_bps);
    add_known(line, cost.has_vwap, cost.vwap_bps);
    add_known(line, cost.is_known, cost.delay);
    add_known(line, cost.is_known, cost.trading);
    add_known(line, true, qt_money_to_double(parent->fees, QT_MONEY_SCALE));
    add_known(line, cost.is_known, cost.opportunity);
    add_known(line, cost.is_known, cost.shortfall);
    add_known(line, cost.is_known, cost.shortfall_bps);
}

void
qt__backtest_execution_row(struct qt__backtest_log *log, const struct qt_parent *parent)
{
    char buffer[LINE], qty[QT_DECIMAL_TEXT], filled[QT_DECIMAL_TEXT];
    struct qt_text line;
    qt_text_init(&line, buffer, sizeof buffer);
    qt_text_addf(&line, "%" PRIx64 ",%s,%s,%s,%s,%" PRId64 ",%" PRId64 ",%s,%s,%u", parent->id,
                 qt_universe_at(log->universe, parent->instrument)->symbol,
                 qt_side_name((enum qt_side)parent->side),
                 qt_order_purpose_name((enum qt_order_purpose)parent->purpose),
                 qt_algorithm_name((enum qt_algorithm)parent->algorithm),
                 parent->decided_ns / QT_NS_PER_MS, parent->ended_ns / QT_NS_PER_MS,
                 qt_decimal_format(qt_qty_units(parent->qty), parent->qty_scale, qty),
                 qt_decimal_format(qt_qty_units(parent->filled), parent->qty_scale, filled),
                 parent->children);
    add_cost(&line, parent);
    qt_text_addf(&line, ",\"%s\"\n", parent->why);
    qt_assert(!line.is_cut);
    fputs(buffer, log->executions);
}

static void
print_json(const char *name_key, const char *name, const struct qt_cost_total *total, bool is_first,
           FILE *out)
{
    const struct {
        const char *key;
        double v;
    } rows[] = {{"notional", total->notional},   {"filled", total->filled},
                {"delay", total->delay},         {"trading", total->trading},
                {"fees", total->fees},           {"opportunity", total->opportunity},
                {"shortfall", total->shortfall}, {"shortfall_bps", qt_cost_total_bps(total)}};
    char buffer[LINE];
    struct qt_text line;
    qt_text_init(&line, buffer, sizeof buffer);
    qt_text_addf(&line,
                 "%s\n      {\"%s\": \"%s\", \"parents\": %" PRIu64 ", \"children\": %" PRIu64
                 ", \"unknown\": %" PRIu64,
                 is_first ? "" : ",", name_key, name, total->parents, total->children,
                 total->unknown);
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        qt_text_addf(&line, ", \"%s\": ", rows[i].key);
        qt_text_add_json_double(&line, rows[i].v);
    }
    qt_text_add(&line, "}");
    qt_assert(!line.is_cut);
    fputs(buffer, out);
}

static struct qt_cost_total
total_of(const struct qt__backtest_result *result, uint32_t first, uint32_t step, uint32_t n)
{
    struct qt_cost_total total = {0};
    for (uint32_t i = 0; i < n; i++)
        qt_cost_total_merge(&total, &result->cost[first + i * step]);
    return total;
}

static struct qt_cost_total
of_algorithm(const struct qt__backtest_result *result, uint32_t algorithm)
{
    return total_of(result, algorithm, QT_ALGORITHMS, result->symbols);
}

void
qt__backtest_execution_json(const struct qt__backtest_result *result, FILE *out)
{
    bool is_first = true;
    fputs("  \"execution\": {\n    \"by_algorithm\": [", out);
    for (uint32_t a = 0; a < QT_ALGORITHMS; a++) {
        const struct qt_cost_total total = of_algorithm(result, a);
        if (total.parents == 0)
            continue;
        print_json("algorithm", qt_algorithm_name((enum qt_algorithm)a), &total, is_first, out);
        is_first = false;
    }
    fputs(is_first ? "],\n    \"by_symbol\": [" : "\n    ],\n    \"by_symbol\": [", out);
    is_first = true;
    for (uint32_t i = 0; i < result->symbols; i++) {
        const struct qt_cost_total total = total_of(result, i * QT_ALGORITHMS, 1, QT_ALGORITHMS);
        if (total.parents == 0)
            continue;
        print_json("symbol", qt_universe_at(result->universe, i)->symbol, &total, is_first, out);
        is_first = false;
    }
    fputs(is_first ? "]\n  },\n" : "\n    ]\n  },\n", out);
}

void
qt__backtest_execution_text(const struct qt__backtest_result *result, const char *quote, FILE *out)
{
    fprintf(out, "\n%-12s %8s %9s %14s %9s %9s %9s %11s %10s\n", "Execution", "parents", "children",
            quote, "delay", "trading", "fees", "opportunity", "cost bps");
    for (uint32_t a = 0; a < QT_ALGORITHMS; a++) {
        const struct qt_cost_total total = of_algorithm(result, a);
        if (total.parents > 0)
            fprintf(out, "%-12s %8" PRIu64 " %9" PRIu64 " %14.2f %9.2f %9.2f %9.2f %11.2f %10.2f\n",
                    qt_algorithm_name((enum qt_algorithm)a), total.parents, total.children,
                    total.notional, total.delay, total.trading, total.fees, total.opportunity,
                    qt_cost_total_bps(&total));
    }
}
