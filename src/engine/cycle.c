/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The decision cycle: all owners meet at one event number, symbols are measured in parallel, then
 * ranked once, and what crosses symbols (portfolio, breakers, entries, liquidation) is decided here
 * and nowhere else.
 */
#include <stdio.h>
#include <string.h>

#include "engine_priv.h"

static void
measure_one(struct qt_engine *engine, uint32_t i, int64_t t_ns)
{
    struct qt_symbol *symbol = &engine->symbol[i];
    if (symbol->sources)
        qt__feeds_look(engine, symbol, t_ns);
    struct qt_scan_live live = {
        .ins = symbol->ins,
        .instrument = i,
        .now_ns = t_ns,
        .last = qt__symbol_mark(symbol),
        .spread_bps = qt__symbol_spread_bps(symbol),
        .feed_age_ns = symbol->feed_ns == QT_TIME_NONE ? INT64_MAX : t_ns - symbol->feed_ns,
        .traded_ns = symbol->traded_ns,
        .is_recorded = engine->options.is_recorded};
    qt_scan_symbol_measure(symbol->scan, engine->options.scan, &live, &engine->rows[i]);
    if (symbol->is_halted && engine->rows[i].reason == QT_SCAN_OK)
        engine->rows[i].reason = QT_SCAN_STATUS;
}

void
qt__measure(struct qt_engine *engine, unsigned first, unsigned step, int64_t t_ns)
{
    for (uint32_t i = first; i < engine->symbols; i += step)
        measure_one(engine, i, t_ns);
}

static bool
was_selected(const struct qt_engine *engine, uint32_t instrument)
{
    for (uint32_t i = 0; i < engine->top_count; i++)
        if (engine->top[i] == instrument)
            return true;
    return false;
}

/* Tells the store which symbols came into the top and how the regime changed. */
static void
record_selection(struct qt_engine *engine, uint64_t seq)
{
    uint32_t top[QT_SCAN_TOP_MAX], n = 0;
    for (uint32_t i = 0; i < engine->scan.selected_count; i++) {
        const struct qt_scan_row *row = &engine->rows[engine->scan.selected[i]];
        top[n++] = row->instrument;
        if (was_selected(engine, row->instrument))
            continue;
        char detail[128];
        snprintf(detail, sizeof detail,
                 "rank %u volatility %.1f momentum %.1f volume %.1f trend %.1f decay %.2f", i + 1,
                 row->volatility, row->momentum, row->volume, row->trend, row->decay);
        qt__decision(engine, seq, engine->now_ns, row->instrument, "selected", row->score,
                     row->max_correlation, detail);
    }
    memcpy(engine->top, top, sizeof top);
    engine->top_count = n;
}

static void
record_regime(struct qt_engine *engine, uint64_t seq, const struct qt_regime *before)
{
    const struct qt_regime *now = &engine->scan.regime;
    if (!now->is_known ||
        (before->is_known && before->structure == now->structure && before->market == now->market))
        return;
    char detail[128];
    snprintf(detail, sizeof detail, "%s %s", qt_structure_name(now->structure),
             qt_market_state_name(now->market));
    qt__decision(engine, seq, engine->now_ns, QT_NO_INSTRUMENT, "regime", now->confidence,
                 now->stability, detail);
    qt__note(engine, QT_SEVERITY_INFO, QT_TOPIC_MARKET, seq, engine->now_ns, "regime is %s", detail);
}

static void
scan(struct qt_engine *engine, uint64_t seq)
{
    struct qt_regime before = engine->scan.regime;
    qt__shards_measure(engine->shards, engine->now_ns); /* everybody meets */
    qt__settle_all(engine);
    qt_scan_rank(engine->options.scan, engine->rows, engine->scan_symbols, engine->symbols,
                 engine->reference, engine->now_ns, &engine->regime, &engine->scratch,
                 &engine->scan);
    record_regime(engine, seq, &before);
    record_selection(engine, seq);
}

/* What is served first under load, by partition: open positions and orders under way, then the top,
 * then the rest. */
static void
set_lanes(struct qt_engine *engine)
{
    uint8_t lane[QT_PARTITIONS];
    memset(lane, QT_LANE_REST, sizeof lane);
    for (uint32_t i = 0; i < engine->top_count; i++)
        lane[engine->top[i] % QT_PARTITIONS] = QT_LANE_TOP;
    for (uint32_t i = 0; i < engine->portfolio.views; i++) {
        uint32_t id = engine->views[i].ins->id;
        if (qt__symbol_is_open(&engine->symbol[id]))
            lane[id % QT_PARTITIONS] = QT_LANE_POSITIONS;
    }
    for (unsigned p = 0; p < QT_PARTITIONS; p++)
        if (qt_orders_first(engine->partition[p].orders))
            lane[p] = QT_LANE_POSITIONS;
    qt__shards_set_lanes(engine->shards, lane);
}

static void
run_cycle(struct qt_engine *engine, int64_t t_ns)
{
    int64_t begun = engine->options.publishes ? qt_now_mono_ns() : 0;
    engine->now_ns = t_ns;
    uint64_t seq = qt__number(engine);
    engine->counts.cycles++;
    unsigned orders = 0; /* client ids of this cycle */
    scan(engine, seq);
    if (engine->options.sources)
        qt__feeds_cycle(engine, seq);
    qt__supervise(engine, seq, &orders);
    qt__portfolio_refresh(engine);
    qt__work_cycle(engine, seq, &orders);
    if (engine->liquidation.is_active)
        qt__liquidate_step(engine, seq, &orders);
    else
        qt__entries(engine, seq, &orders);
    engine->last_cycle_ns = t_ns;
    set_lanes(engine);
    qt__digest(engine, seq);
    qt__settle_all(engine);
    qt__market_take(engine);
    qt__mark(engine);
    if (engine->options.publishes) {
        int64_t took = qt_now_mono_ns() - begun;
        qt_hist_add(&engine->cycle_hist, took);
        engine->cycle_max_ns = QT_MAX(engine->cycle_max_ns, took);
    }
}

void
qt__cycles_until(struct qt_engine *engine, int64_t t_ns)
{
    int64_t period = engine->options.engine->cycle_ms * QT_NS_PER_MS;
    if (engine->next_cycle_ns == QT_TIME_NONE)
        engine->next_cycle_ns = qt_time_floor(t_ns, period) + period;
    if (t_ns < engine->next_cycle_ns)
        return;
    /* one cycle however long the silence was: nothing changed in between */
    int64_t due = qt_time_floor(t_ns, period);
    run_cycle(engine, due);
    engine->next_cycle_ns = due + period;
}
