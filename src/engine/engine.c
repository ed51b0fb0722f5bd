/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Birth, life and end of an engine.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine_priv.h"

enum { WAIT_MS = 20 };

static unsigned
workers_of(const struct qt_engine_config *config)
{
    if (config->workers > 0)
        return (unsigned)QT_MIN(config->workers, (int64_t)QT_WORKERS_MAX);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 2 ? (unsigned)QT_MIN(cores - 1, (long)QT_WORKERS_MAX) : 1;
}

static size_t
bytes_per_symbol(void)
{
    return sizeof(struct qt_symbol) + sizeof(struct qt_scan_symbol) +
           sizeof(struct qt_strategy_symbol) + QT_VIEW_CANDLES * sizeof(struct qt_candle) +
           sizeof(struct qt_risk_view) + sizeof(struct qt_scan_row) + sizeof(void *) +
           qt_scan_scratch_bytes(1) + 512;
}

static void
init_symbol(struct qt_engine *engine, uint32_t id)
{
    const struct qt_engine_options *options = &engine->options;
    struct qt_symbol *symbol = &engine->symbol[id];
    symbol->ins = qt_universe_at(options->universe, id);
    symbol->quote = (struct qt_quote){.bid = QT_PX_NONE, .ask = QT_PX_NONE};
    symbol->last = QT_PX_NONE;
    symbol->feed_ns = symbol->traded_ns = symbol->first_base_ns = QT_TIME_NONE;
    symbol->guard.bare_ns = QT_TIME_NONE;
    symbol->is_halted = symbol->ins->status != QT_INSTRUMENT_TRADING;
    symbol->lot = symbol->ins->lot;
    symbol->scan = qt_arena_new(engine->arena, struct qt_scan_symbol, 1);
    symbol->strategy = qt_arena_new(engine->arena, struct qt_strategy_symbol, 1);
    symbol->candle = qt_arena_new(engine->arena, struct qt_candle, QT_VIEW_CANDLES);
    int64_t base = engine->base_period_ns;
    qt_scan_symbol_init(symbol->scan, options->scan,
                        QT_MAX(qt_scan_interval_ns(options->scan), base));
    qt_strategy_symbol_init(symbol->strategy, options->strategy,
                            QT_MAX(qt_strategy_interval_ns(options->strategy), base));
    qt_bars_init(&symbol->bars, symbol->ins);
    qt_position_init(&symbol->position, symbol->ins);
    qt_quality_init(&symbol->quality);
    engine->scan_symbols[id] = symbol->scan;
}

static bool
take_partitions(struct qt_engine *engine, struct qt_error *err)
{
    const struct qt_orders_limits limits = {.open = QT_PARTITION_OPEN,
                                            .history = QT_PARTITION_PAST,
                                            .instruments = engine->symbols,
                                            .not_found_ns = engine->options.not_found_ns > 0
                                                                ? engine->options.not_found_ns
                                                                : 2 * QT_NS_PER_MIN};
    engine->partition = calloc(QT_PARTITIONS, sizeof *engine->partition);
    for (unsigned p = 0; engine->partition && p < QT_PARTITIONS; p++) {
        qt_rates_init(&engine->partition[p].rates);
        if (!(engine->partition[p].orders = qt_orders_create(&limits)))
            return qt_fail(err, QT_E_MEMORY, "no memory for orders");
    }
    return engine->partition || qt_fail(err, QT_E_MEMORY, "no memory for orders");
}

static bool
index_bases(struct qt_engine *engine)
{
    for (uint32_t i = engine->symbols; i-- > 0;) {
        struct qt_symbol *symbol = &engine->symbol[i];
        uint64_t next = QT_NO_INSTRUMENT;
        size_t length = strlen(symbol->ins->base);
        bool has_next = qt_textmap_get(engine->by_base, symbol->ins->base, length, &next);
        symbol->same_base = has_next ? (uint32_t)next : QT_NO_INSTRUMENT;
        if (!qt_textmap_put(engine->by_base, symbol->ins->base, length, i))
            return false;
    }
    return true;
}

static bool
take_memory(struct qt_engine *engine, struct qt_error *err)
{
    uint32_t n = engine->symbols;
    engine->arena = qt_arena_create(n * bytes_per_symbol() + (1u << 20));
    engine->ledger = qt_ledger_create(n + 8);
    engine->commands = qt_mpsc_create(sizeof(struct qt_command_event), QT_COMMANDS);
    engine->changes = qt_mpsc_create(sizeof(struct qt_config_event), QT_COMMANDS);
    engine->trades = qt_trades_create(n);
    engine->by_base = qt_textmap_create(n);
    if (!engine->arena || !engine->by_base || !engine->ledger || !engine->commands || !engine->changes ||
        !engine->trades || !qt__intake_init(engine) ||
        (engine->options.publishes && !qt__gallery_init(&engine->gallery)) ||
        !qt__settle_init(engine) || !qt__bus_init(engine))
        return qt_fail(err, QT_E_MEMORY, "no memory for %u symbols", n);
    engine->quote_asset =
        qt_ledger_asset(engine->ledger, engine->options.scan->quote_asset, QT_MONEY_SCALE);
    if (!take_partitions(engine, err))
        return false;
    engine->symbol = qt_arena_take(engine->arena, n * sizeof(struct qt_symbol), QT_CACHE_LINE);
    engine->views = qt_arena_new(engine->arena, struct qt_risk_view, n);
    engine->rows = qt_arena_new(engine->arena, struct qt_scan_row, n);
    engine->scan_symbols = qt_arena_new(engine->arena, const struct qt_scan_symbol *, n);
    void *block = qt_arena_take(engine->arena, qt_scan_scratch_bytes(n), 8);
    qt_assert(engine->symbol && engine->views && engine->rows && engine->scan_symbols && block);
    qt_scan_scratch_init(&engine->scratch, block, n);
    for (uint32_t i = 0; i < n; i++)
        init_symbol(engine, i);
    if (engine->options.sources && !qt__feeds_init(engine))
        return qt_fail(err, QT_E_MEMORY, "no memory for two streams of %u symbols", n);
    return index_bases(engine) || qt_fail(err, QT_E_MEMORY, "no memory for %u assets", n);
}

static void
set_defaults(struct qt_engine *engine)
{
    const struct qt_engine_options *options = &engine->options;
    const struct qt_config_binding execution = {&qt_execution_section, &engine->execution};
    qt_config_defaults(&execution, 1);
    if (options->execution)
        engine->execution = *options->execution;
    engine->base_period_ns = options->base_period_ns;
    engine->workers = workers_of(options->engine);
    engine->symbols = qt_universe_count(options->universe);
    engine->reference = qt_universe_find(options->universe, options->scan->reference,
                                         strlen(options->scan->reference));
    engine->now_ns = engine->market_ns = QT_TIME_NONE;
    engine->sync.asked_ns = engine->sync.done_ns = engine->last_cycle_ns = QT_TIME_NONE;
    engine->liquidation.first_flat_ns = engine->liquidation.begun_ns = QT_TIME_NONE;
    engine->next_cycle_ns = engine->next_equity_ns = engine->started_ns = QT_TIME_NONE;
    engine->market_state.due_ns = engine->kept.show_ns = QT_TIME_NONE;
    engine->is_conserved = true;
    engine->mode = QT_MODE_NORMAL;
    engine->has_guards = strcmp(options->engine->protective_stops, "venue") == 0;
    engine->decision_hash = QT_HASH_START;
    atomic_init(&engine->gate_shut, false);
    atomic_init(&engine->hw.edge_ns, QT_TIME_NONE);
    atomic_init(&engine->hw.shut_ns, QT_TIME_NONE);
    atomic_init(&engine->hw.cancel_ns, QT_TIME_NONE);
    qt_copy(engine->venue.name, sizeof engine->venue.name,
            options->venue.name ? options->venue.name : "");
    qt_regime_init(&engine->regime);
    qt_breakers_init(&engine->breaker);
    qt_hist_init(&engine->cycle_hist);
}

struct qt_engine *
qt_engine_create(const struct qt_engine_options *options, struct qt_error *err)
{
    struct qt_engine *engine = calloc(1, sizeof *engine);
    if (!engine) {
        qt_fail(err, QT_E_MEMORY, "no memory for the engine");
        return NULL;
    }
    engine->options = *options;
    engine->risk = *options->risk;
    engine->options.risk = &engine->risk;
    set_defaults(engine);
    bool is_watched = options->board && engine->workers > 1;
    struct qt_shard_work work = {.engine = engine,
                                 .event = is_watched ? qt__watched_event : qt__symbol_event,
                                 .measure = is_watched ? qt__watched_measure : qt__measure,
                                 .output = qt__output};
    bool is_live = options->clock && !options->is_replay;
    if (!qt__watch_init(engine))
        qt_fail(err, QT_E_FAILED, "too many parts to watch");
    else if (engine->symbols == 0)
        qt_fail(err, QT_E_DATA, "no instruments to watch");
    else if ((!is_live || qt__cores_parse(options->engine->cores, &engine->cores, err)) &&
             take_memory(engine, err))
        engine->shards = qt__shards_create(engine->workers, &engine->cores, &work, err);
    if (options->restore && options->restore->is_found)
        engine->restored_seq = options->restore->last_seq;
    if (!engine->shards || (options->restore && !qt__restore(engine, options->restore, err)) ||
        !qt__market_restore(engine, err)) {
        qt_engine_destroy(engine);
        return NULL;
    }
    return engine;
}

void
qt_engine_destroy(struct qt_engine *engine)
{
    if (!engine)
        return;
    qt__shards_destroy(engine->shards);
    qt__watch_finish(engine);
    for (unsigned p = 0; engine->partition && p < QT_PARTITIONS; p++)
        qt_orders_destroy(engine->partition[p].orders);
    free(engine->partition);
    free(engine->sources);
    qt_trades_destroy(engine->trades);
    qt_textmap_destroy(engine->by_base);
    qt_ledger_destroy(engine->ledger);
    qt_mpsc_destroy(engine->commands);
    qt_mpsc_destroy(engine->changes);
    qt__gallery_finish(&engine->gallery);
    qt__settle_finish(engine);
    qt_bus_destroy(engine->bus);
    qt__intake_finish(engine);
    qt_arena_destroy(engine->arena);
    free(engine);
}

/* Time passes without market data too: cycles, time-outs and stops must go on. */
static void
pass_time(struct qt_engine *engine)
{
    if (!engine->options.clock)
        return;
    int64_t now = qt_clock_utc_ns(engine->options.clock);
    if (engine->now_ns == QT_TIME_NONE || now > engine->now_ns)
        qt__tick_time(engine, now);
}

static void
run(struct qt_engine *engine, const atomic_bool *stop)
{
    struct qt_event_sink sink = {.self = engine, .push = qt__sequence};
    const struct qt_engine_options *options = &engine->options;
    int timeout = options->clock ? WAIT_MS : 0;
    qt_part_set(engine->part, QT_PART_RUNNING);
    while (!atomic_load_explicit(stop, memory_order_relaxed)) {
        qt_part_beat(engine->part);
        qt__pace_look(engine);
        int n = qt__intake_turn(engine, timeout);
        if (n < 0)
            break;
        if (options->venue.work)
            (void)options->venue.work(options->venue.self, &sink, 0);
        qt__refused_take(engine);
        qt__letters_retry(engine);
        qt__health_look(engine);
        qt__commands_take(engine);
        qt__changes_take(engine);
        if (n == 0)
            pass_time(engine);
        qt__shards_kick(engine->shards);
        qt__shards_drain(engine->shards);
        if (engine->workers == 1)
            qt__mark(engine); /* else where they have met */
        qt__kept_look(engine);
        if (options->publishes && !qt__kept_hides_mode(engine))
            qt__publish_due(engine);
    }
    qt__kept_end(engine);
    qt__meet(engine);
    qt__letters_end(engine);
    qt__market_take_all(engine);
    qt_part_set(engine->part, QT_PART_STOPPED);
}

/* Worker 1 is the thread that comes along, and it gets back what it had. */
bool
qt_engine_run(struct qt_engine *engine, const atomic_bool *stop, struct qt_error *err)
{
    cpu_set_t before;
    bool is_pinned = engine->cores.n > 0 &&
                     pthread_getaffinity_np(pthread_self(), sizeof before, &before) == 0;
    if (!qt__cores_pin(&engine->cores, 0, pthread_self(), err))
        return false;
    run(engine, stop);
    if (is_pinned)
        (void)pthread_setaffinity_np(pthread_self(), sizeof before, &before);
    return true;
}

void
qt_engine_wake(struct qt_engine *engine)
{
    if (engine->options.feed.wake)
        engine->options.feed.wake(engine->options.feed.self);
}

uint64_t
qt_engine_decision_hash(const struct qt_engine *engine)
{
    return engine->decision_hash;
}
