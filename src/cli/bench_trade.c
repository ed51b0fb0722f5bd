/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benchmarks of execution: a step of each algorithm that works over some time, and what a parent
 * cost. A slower step means a longer decision cycle while many parents are at work.
 */
#include <stdlib.h>

#include "qtrade/base/time.h"
#include "qtrade/trade/algo.h"

#include "bench_priv.h"

enum { WORKED = QT_ALGORITHMS - 1 };

struct steps {
    struct qt_execution_config config;
    struct qt_instrument ins;
    struct qt_parent parent[WORKED];
    struct qt_algo_market market[WORKED];
    size_t next;
};

static void
begin(struct steps *steps, int i)
{
    struct qt_parent *parent = &steps->parent[i];
    int64_t now = INT64_C(1700000000) * QT_NS_PER_S;
    *parent = (struct qt_parent){.id = 256,
                                 .side = i % 2 ? QT_SELL : QT_BUY,
                                 .algorithm = (uint8_t)(i + 1),
                                 .state = QT_PARENT_WORKING,
                                 .px_scale = 2,
                                 .qty_scale = 5,
                                 .filled = QT_QTY_ZERO,
                                 .decided_ns = now,
                                 .deadline_ns = now + 300 * QT_NS_PER_S,
                                 .arrival = 60000.005};
    bool is_good = qt_qty_parse("1.25", 5, &parent->qty);
    qt_assert(is_good);
    parent->limit =
        qt_algo_limit(&steps->config, &steps->ins, (enum qt_side)parent->side, parent->arrival);
    steps->market[i] = (struct qt_algo_market){
        .ins = &steps->ins, .now_ns = now + 7 * QT_NS_PER_S, .volume = 40, .child_px = QT_PX_NONE};
    is_good = qt_px_parse("60000.00", 2, &steps->market[i].bid) &&
              qt_px_parse("60000.01", 2, &steps->market[i].ask) &&
              qt_qty_parse("0.4", 5, &steps->market[i].chunk);
    qt_assert(is_good);
}

static void *
steps_start(void)
{
    struct steps *steps = calloc(1, sizeof *steps);
    const struct qt_config_binding binding = {&qt_execution_section, steps ? &steps->config : NULL};
    if (!steps)
        return NULL;
    qt_config_defaults(&binding, 1);
    steps->ins = (struct qt_instrument){.symbol = "BTCUSDT", .px_scale = 2, .qty_scale = 5};
    bool is_good = qt_px_parse("0.01", 2, &steps->ins.tick) &&
                   qt_qty_parse("0.00001", 5, &steps->ins.lot) &&
                   qt_money_parse("5", QT_MONEY_SCALE, &steps->ins.min_notional);
    qt_assert(is_good);
    for (int i = 0; i < WORKED; i++)
        begin(steps, i);
    return steps;
}

static uint64_t
steps_work(void *state, size_t batch)
{
    struct steps *steps = state;
    uint64_t sends = 0;
    for (size_t i = 0; i < batch; i++) {
        size_t at = steps->next++ % WORKED;
        struct qt_algo_step step;
        qt_algo_step(&steps->config, &steps->parent[at], &steps->market[at], &step);
        sends += step.action == QT_ALGO_SEND;
    }
    qt_assert(sends > 0); /* else the figure would be that of waiting */
    return sends;
}

static uint64_t
cost_work(void *state, size_t batch)
{
    struct steps *steps = state;
    double sum = 0;
    for (size_t i = 0; i < batch; i++) {
        struct qt_parent_cost cost;
        struct qt_parent *parent = &steps->parent[steps->next++ % WORKED];
        parent->end_mid = 60010.0 + (double)(i % 16);
        qt_parent_cost(parent, &cost);
        sum += cost.shortfall;
    }
    return (uint64_t)(int64_t)sum;
}

const struct qt_benchmark qt_bench_trade[] = {
    {.name = "trade.algo_step",
     .help = "a step of an execution algorithm that sends a child, of the five in turn",
     .samples = 2000,
     .batch = 500,
     .start = steps_start,
     .work = steps_work,
     .end = free},
    {.name = "trade.parent_cost",
     .help = "the implementation shortfall of a parent order in its parts",
     .samples = 2000,
     .batch = 500,
     .start = steps_start,
     .work = cost_work,
     .end = free},
    {0}};
