/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An engine over scripted market data, and what bars have left in its symbols: for the suites that
 * compare a run that was interrupted with one that was not.
 */
#ifndef QTRADE_TESTS_MARKET_KIT_H
#define QTRADE_TESTS_MARKET_KIT_H

#include <stdlib.h>
#include <string.h>

#include "qt_check.h"
#include "qtrade/base/rng.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/engine.h"

#ifndef KIT_SYMBOLS
#define KIT_SYMBOLS 3
#endif
#define KIT_START_NS INT64_C(1795000320000000000) /* of the live bars: two minutes into an hour */
#define KIT_HISTORY 700                           /* closed bars of 15 minutes before */
#define KIT_BASE_HISTORY 65                       /* of one minute */

/* Configs that live as long as the kit, and its universe. */
struct kit {
    struct qt_engine_config engine;
    struct qt_scan_config scan;
    struct qt_strategy_config strategy;
    struct qt_risk_config risk;
    struct qt_quality_config quality;
    struct qt_universe *universe;
    struct qt_market_shape shape;
};

static inline void
kit_open(struct kit *kit, unsigned symbols)
{
    const struct qt_config_binding bindings[] = {{&qt_engine_section, &kit->engine},
                                                 {&qt_scan_section, &kit->scan},
                                                 {&qt_strategy_section, &kit->strategy},
                                                 {&qt_risk_section, &kit->risk},
                                                 {&qt_quality_section, &kit->quality}};
    struct qt_error err = {0};
    *kit = (struct kit){0};
    qt_config_defaults(bindings, QT_COUNT_OF(bindings));
    qt_copy(kit->scan.interval, sizeof kit->scan.interval, "15m");
    qt_copy(kit->strategy.interval, sizeof kit->strategy.interval, "15m");
    kit->scan.history_days = 5;
    kit->engine.workers = 1;
    kit->universe = qt_universe_create();
    kit->shape = (struct qt_market_shape){&kit->scan, &kit->strategy, QT_NS_PER_MIN};
    for (unsigned i = 0; i < symbols; i++) {
        struct qt_instrument ins = {.quote = "USDT",
                                    .px_scale = 2,
                                    .qty_scale = 3,
                                    .tick = {1},
                                    .lot = {1},
                                    .min_notional = {500000000}};
        snprintf(ins.base, sizeof ins.base, "K%u", i);
        snprintf(ins.symbol, sizeof ins.symbol, "K%uUSDT", i);
        ck_assert(qt_universe_add(kit->universe, &ins, &err));
    }
}

static inline void
kit_close(struct kit *kit)
{
    qt_universe_destroy(kit->universe);
}

/* A bar that is a function of symbol, opening and period only, and goes up and down. */
static inline struct qt_bar
kit_bar(uint32_t symbol, int64_t open_ns, int64_t period_ns)
{
    int64_t low = INT64_MAX, high = 0, open = 0, close = 0, volume = 0;
    for (int64_t t = open_ns; t < open_ns + period_ns; t += QT_NS_PER_MIN) {
        struct qt_rng rng;
        qt_rng_init(&rng, (uint64_t)(t / QT_NS_PER_MIN) * 31 + symbol);
        int64_t hour = t / QT_NS_PER_HOUR % 97;
        int64_t px = 10000 + 37 * (hour > 48 ? 97 - hour : hour) + (int64_t)qt_rng_below(&rng, 90);
        int64_t other = px + (int64_t)qt_rng_below(&rng, 30) - 15;
        open = open ? open : px;
        close = other;
        low = QT_MIN(low, QT_MIN(px, other));
        high = QT_MAX(high, QT_MAX(px, other));
        volume += 1 + (int64_t)qt_rng_below(&rng, 5000);
    }
    return (struct qt_bar){.open_ns = open_ns,
                           .period_ns = period_ns,
                           .open = {open},
                           .high = {high},
                           .low = {low},
                           .close = {close},
                           .volume = {volume},
                           .quote_volume = {volume * 100 * 100000000 / 1000},
                           .taker_buy = {volume / 2},
                           .trades = 7};
}

static inline struct qt_event
kit_bar_event(uint32_t symbol, int64_t open_ns, int64_t period_ns, int64_t t_ns, bool is_history)
{
    return (struct qt_event){.kind = QT_EVENT_BAR,
                             .instrument = symbol,
                             .t_venue_ns = open_ns + period_ns,
                             .t_recv_ns = t_ns,
                             .flags = is_history ? QT_EVENT_HISTORY : 0,
                             .bar = kit_bar(symbol, open_ns, period_ns)};
}

/* Events in order. */
struct kit_tape {
    struct qt_event *events;
    size_t n, capacity;
};

static inline void
kit_add(struct kit_tape *tape, struct qt_event event)
{
    if (tape->n == tape->capacity) {
        tape->capacity = tape->capacity ? 2 * tape->capacity : 4096;
        tape->events = realloc(tape->events, tape->capacity * sizeof *tape->events);
        ck_assert_ptr_nonnull(tape->events);
    }
    tape->events[tape->n++] = event;
}

/* What an adapter gives at the start: the longer interval's history, then the base's. */
static inline void
kit_add_history(struct kit_tape *tape, unsigned symbols)
{
    int64_t quarter = 15 * QT_NS_PER_MIN, end = qt_time_floor(KIT_START_NS, quarter);
    for (uint32_t s = 0; s < symbols; s++) {
        for (int i = KIT_HISTORY; i > 0; i--)
            kit_add(tape, kit_bar_event(s, end - i * quarter, quarter, KIT_START_NS, true));
        for (int i = KIT_BASE_HISTORY; i > 0; i--)
            kit_add(tape, kit_bar_event(s, KIT_START_NS - i * QT_NS_PER_MIN, QT_NS_PER_MIN,
                                        KIT_START_NS, true));
    }
}

/* The minutes [from, to) as they close, with a quote and a trade between them. */
static inline void
kit_add_live(struct kit_tape *tape, unsigned symbols, int from, int to)
{
    for (int m = from; m < to; m++)
        for (uint32_t s = 0; s < symbols; s++) {
            int64_t open_ns = KIT_START_NS + m * QT_NS_PER_MIN;
            int64_t t_ns = open_ns + QT_NS_PER_MIN + (int64_t)s * QT_NS_PER_MS;
            struct qt_bar bar = kit_bar(s, open_ns, QT_NS_PER_MIN);
            struct qt_event quote = {.kind = QT_EVENT_QUOTE,
                                     .instrument = s,
                                     .t_recv_ns = t_ns,
                                     .t_venue_ns = t_ns,
                                     .quote = {bar.close, {bar.close.v + 2}, {500}, {500}}};
            kit_add(tape, quote);
            kit_add(tape, kit_bar_event(s, open_ns, QT_NS_PER_MIN, t_ns, false));
        }
}

static inline void
kit_tape_free(struct kit_tape *tape)
{
    free(tape->events);
    *tape = (struct kit_tape){0};
}

/* The feed of a tape, or of a part of it. */
struct kit_feed {
    const struct qt_event *events;
    size_t n, at;
};

static inline int
kit_work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct kit_feed *feed = self;
    int n = 0;
    (void)timeout_ms;
    for (; n < 64 && feed->at < feed->n; n++) {
        struct qt_event event = feed->events[feed->at++];
        sink->push(sink->self, &event);
    }
    return n > 0 ? n : -1;
}

static inline bool
kit_take_order(void *self, const struct qt_order_request *request)
{
    (void)self, (void)request;
    return true;
}

static inline bool
kit_take_id(void *self, uint32_t instrument, uint64_t client_id)
{
    (void)self, (void)instrument, (void)client_id;
    return true;
}

static inline bool
kit_take_instrument(void *self, uint32_t instrument)
{
    (void)self, (void)instrument;
    return true;
}

static inline bool
kit_sync(void *self)
{
    (void)self;
    return true;
}

/* What the last whole round gave, by id. */
struct kit_states {
    struct qt_market_symbol slot, pending[KIT_SYMBOLS], symbol[KIT_SYMBOLS];
    bool has[KIT_SYMBOLS];
    unsigned rounds;
};

static inline struct qt_market_symbol *
kit_slot(void *self)
{
    return &((struct kit_states *)self)->slot;
}

static inline void
kit_put(void *self)
{
    struct kit_states *states = self;
    if (states->slot.instrument != QT_NO_INSTRUMENT) {
        ck_assert_uint_lt(states->slot.instrument, KIT_SYMBOLS);
        states->pending[states->slot.instrument] = states->slot;
        states->has[states->slot.instrument] = true;
    } else if (states->slot.seq > 0) {
        memcpy(states->symbol, states->pending, sizeof states->symbol);
        states->rounds++;
    }
}

static inline struct qt_market_port
kit_port(struct kit_states *states)
{
    memset(states, 0, sizeof *states);
    return (struct qt_market_port){.self = states, .slot = kit_slot, .put = kit_put};
}

struct kit_run {
    const struct qt_event *events;
    size_t n;
    const struct qt_market_restore *market;
    const struct qt_restore *restore;
    struct qt_market_port port;
    struct qt_journal_port journal;
    void (*look)(const struct qt_snapshot *last); /* NULL: nobody looks */
};

/* Runs an engine over events; its decision hash. */
static inline uint64_t
kit_run(const struct kit *kit, const struct kit_run *run)
{
    struct qt_error err = {0};
    struct kit_feed feed = {run->events, run->n, 0};
    atomic_bool stop = false;
    const struct qt_engine_options options = {.engine = &kit->engine,
                                              .scan = &kit->scan,
                                              .strategy = &kit->strategy,
                                              .risk = &kit->risk,
                                              .quality = &kit->quality,
                                              .universe = kit->universe,
                                              .feed = {.self = &feed, .work = kit_work},
                                              .venue = {.name = "kit",
                                                        .submit = kit_take_order,
                                                        .cancel = kit_take_id,
                                                        .cancel_all = kit_take_instrument,
                                                        .query = kit_take_id,
                                                        .sync = kit_sync},
                                              .journal = run->journal,
                                              .market_port = run->port,
                                              .market = run->market,
                                              .restore = run->restore,
                                              .publishes = run->look != NULL,
                                              .run_kind = "paper",
                                              .base_period_ns = QT_NS_PER_MIN};
    struct qt_engine *engine = qt_engine_create(&options, &err);
    ck_assert_msg(engine != NULL, "%s", err.text);
    ck_assert(qt_engine_run(engine, &stop, &err));
    if (run->look) {
        qt_engine_publish(engine);
        const struct qt_snapshot *last = qt_engine_snapshot(engine);
        run->look(last);
        qt_engine_snapshot_unref(engine, last);
    }
    uint64_t hash = qt_engine_decision_hash(engine);
    qt_engine_destroy(engine);
    return hash;
}

/* A restore of all states that were collected. */
struct kit_restore {
    struct qt_market_restore restore;
    const struct qt_market_symbol *symbol[KIT_SYMBOLS];
};

static inline const struct qt_market_restore *
kit_restore_of(const struct kit_states *states, struct kit_restore *out)
{
    for (unsigned i = 0; i < KIT_SYMBOLS; i++)
        out->symbol[i] = states->has[i] ? &states->symbol[i] : NULL;
    out->restore = (struct qt_market_restore){.number = 1, .symbol = out->symbol};
    return &out->restore;
}

static inline void
kit_same_bar(const struct qt_bar *a, const struct qt_bar *b)
{
    ck_assert_int_eq(a->open_ns, b->open_ns);
    ck_assert_int_eq(a->period_ns, b->period_ns);
    ck_assert(qt_px_cmp(a->open, b->open) == 0 && qt_px_cmp(a->high, b->high) == 0 &&
              qt_px_cmp(a->low, b->low) == 0 && qt_px_cmp(a->close, b->close) == 0);
    ck_assert(qt_qty_cmp(a->volume, b->volume) == 0 &&
              qt_qty_cmp(a->taker_buy, b->taker_buy) == 0 &&
              qt_money_cmp(a->quote_volume, b->quote_volume) == 0 && a->trades == b->trades);
}

/* What a measurement keeps is no state: it is computed anew from the rest. */
static inline void
kit_forget_measured(struct qt_scan_symbol *scan)
{
    memset(&scan->measured, 0, sizeof scan->measured);
    scan->prepared = 0;
    scan->is_named = false;
    scan->by_name = QT_SCAN_OK;
    scan->atr_percentile = scan->sigma = scan->log_support = scan->log_resistance = 0;
}

/* To the bit: bars field by field (they have padding), indicators and candles as memory. */
static inline void
kit_same(const struct qt_market_symbol *a, const struct qt_market_symbol *b)
{
    static struct qt_scan_symbol x, y;
    ck_assert_uint_eq(a->candles, b->candles);
    for (int tf = 0; tf < QT_TIMEFRAMES; tf++) {
        kit_same_bar(&a->bars.forming[tf], &b->bars.forming[tf]);
        ck_assert_uint_eq(a->bars.content[tf], b->bars.content[tf]);
    }
    x = a->scan;
    y = b->scan;
    kit_forget_measured(&x);
    kit_forget_measured(&y);
    ck_assert_uint_eq(x.bars, y.bars);
    ck_assert(memcmp(&x, &y, sizeof x) == 0);
    ck_assert_uint_eq(a->strategy.bars, b->strategy.bars);
    ck_assert(memcmp(&a->strategy, &b->strategy, sizeof a->strategy) == 0);
    ck_assert(memcmp(a->candle, b->candle, sizeof a->candle) == 0);
}

#endif
