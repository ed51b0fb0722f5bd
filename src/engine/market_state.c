/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Taking and taking back what bars have left in the symbols. A round begins every state_min minutes
 * of event time; each cycle, while all owners have met, hands over a bounded number of symbols, so
 * that no cycle is long: 32 are some 1.2 MB. A fork would copy nothing, and then every page that a
 * tick touches, with threads and locked memory in the child: this way costs a memcpy.
 */
#include <string.h>
#include <time.h>

#include "qtrade/base/num.h"

#include "engine_priv.h"

enum { SYMBOLS_A_CYCLE = 32, PATIENCE_MS = 10000 };

#define STALE_NS QT_NS_PER_DAY /* a symbol without bars for so long is not kept */

/* The shape */

static void
init_states(const struct qt_market_shape *shape, struct qt_scan_symbol *scan,
            struct qt_strategy_symbol *strategy)
{
    int64_t base = shape->base_period_ns;
    qt_scan_symbol_init(scan, shape->scan, QT_MAX(qt_scan_interval_ns(shape->scan), base));
    qt_strategy_symbol_init(strategy, shape->strategy,
                            QT_MAX(qt_strategy_interval_ns(shape->strategy), base));
}

uint64_t
qt_market_shape_hash(const struct qt_market_shape *shape)
{
    struct qt_scan_symbol scan;
    struct qt_strategy_symbol strategy;
    const uint64_t layout[] = {sizeof(struct qt_market_symbol),
                               sizeof scan,
                               sizeof strategy,
                               sizeof(struct qt_bars),
                               sizeof(struct qt_candle),
                               QT_VIEW_CANDLES,
                               (uint64_t)shape->base_period_ns};
    init_states(shape, &scan, &strategy);
    uint64_t hash = qt_hash(QT_HASH_START, layout, sizeof layout);
    hash = qt_hash(hash, &scan, sizeof scan);
    return qt_hash(hash, &strategy, sizeof strategy);
}

/* Soundness */

int64_t
qt_market_symbol_end_ns(const struct qt_market_symbol *symbol, const struct qt_market_shape *shape)
{
    return symbol->bars.forming[qt_timeframe_of_ns(shape->base_period_ns)].open_ns;
}

static bool
is_candle_sound(const struct qt_candle *candle, int64_t now_ns)
{
    const double values[] = {candle->open, candle->high, candle->low, candle->close,
                             candle->volume};
    return qt_are_tame(values, QT_COUNT_OF(values), 0) && candle->open_ns >= 0 &&
           candle->open_ns <= now_ns;
}

/* Into parts just initialised. */
static bool
adopt(const struct qt_market_symbol *from, int64_t base_period_ns, struct qt_bars *bars,
      struct qt_scan_symbol *scan, struct qt_strategy_symbol *strategy)
{
    if (!qt_bars_adopt(bars, &from->bars, base_period_ns))
        return false;
    int64_t now_ns = bars->forming[qt_timeframe_of_ns(base_period_ns)].open_ns;
    if (from->first_base_ns < 0 || from->first_base_ns % base_period_ns != 0 ||
        from->first_base_ns >= now_ns || from->candles > INT32_MAX ||
        (!qt_px_is_none(from->last) && !qt_px_is_positive(from->last)))
        return false;
    for (uint32_t i = 0; i < QT_MIN(from->candles, (uint32_t)QT_VIEW_CANDLES); i++)
        if (!is_candle_sound(&from->candle[i], now_ns))
            return false;
    return qt_scan_symbol_adopt(scan, &from->scan, now_ns) &&
           qt_strategy_symbol_adopt(strategy, &from->strategy, now_ns);
}

bool
qt_market_symbol_is_sound(const struct qt_market_symbol *symbol,
                          const struct qt_market_shape *shape, const struct qt_instrument *ins)
{
    struct qt_bars bars;
    struct qt_scan_symbol scan;
    struct qt_strategy_symbol strategy;
    qt_bars_init(&bars, ins);
    init_states(shape, &scan, &strategy);
    return adopt(symbol, shape->base_period_ns, &bars, &scan, &strategy);
}

bool
qt__market_restore(struct qt_engine *engine, struct qt_error *err)
{
    const struct qt_market_restore *restore = engine->options.market;
    for (uint32_t i = 0; restore && i < engine->symbols; i++) {
        const struct qt_market_symbol *from = restore->symbol[i];
        struct qt_symbol *symbol = &engine->symbol[i];
        if (!from)
            continue;
        if (!adopt(from, engine->base_period_ns, &symbol->bars, symbol->scan, symbol->strategy))
            return qt_fail(err, QT_E_VERIFY, "market state %llu: what it says of %s cannot be",
                           (unsigned long long)restore->number, symbol->ins->symbol);
        memcpy(symbol->candle, from->candle, sizeof from->candle);
        symbol->candles = from->candles;
        symbol->first_base_ns = from->first_base_ns;
        symbol->last = from->last;
    }
    return true;
}

/* Taking */

static bool
has_state(const struct qt_engine *engine, const struct qt_symbol *symbol)
{
    const struct qt_bar *forming =
        &symbol->bars.forming[qt_timeframe_of_ns(engine->base_period_ns)];
    return symbol->first_base_ns != QT_TIME_NONE &&
           engine->market_state.newest_ns - forming->open_ns <= STALE_NS;
}

static void
fill_slot(const struct qt_engine *engine, uint32_t id, struct qt_market_symbol *out)
{
    const struct qt_symbol *symbol = &engine->symbol[id];
    out->seq = engine->seq;
    out->t_ns = engine->now_ns;
    out->instrument = id;
    out->candles = symbol->candles;
    out->first_base_ns = symbol->first_base_ns;
    out->last = symbol->last;
    memcpy(&out->bars, &symbol->bars, sizeof out->bars);
    memcpy(&out->scan, symbol->scan, sizeof out->scan);
    memcpy(&out->strategy, symbol->strategy, sizeof out->strategy);
    memcpy(out->candle, symbol->candle, sizeof out->candle);
}

/* The last word of a round. False: no room for it yet. */
static bool
end_round(struct qt_engine *engine, uint64_t seq)
{
    const struct qt_market_port *port = &engine->options.market_port;
    struct qt_market_symbol *slot = port->slot(port->self);
    if (!slot)
        return false;
    slot->instrument = QT_NO_INSTRUMENT;
    slot->seq = seq;
    slot->t_ns = engine->now_ns;
    port->put(port->self);
    engine->market_state.is_taking = false;
    return true;
}

/* Up to max symbols more; how many places went on. */
static uint32_t
take_some(struct qt_engine *engine, uint32_t max)
{
    const struct qt_market_port *port = &engine->options.market_port;
    struct qt__market_round *round = &engine->market_state;
    uint32_t before = round->next;
    for (uint32_t taken = 0; round->next < engine->symbols && taken < max; round->next++) {
        if (!has_state(engine, &engine->symbol[round->next]))
            continue;
        struct qt_market_symbol *slot = port->slot(port->self);
        if (!slot)
            return round->next - before;
        fill_slot(engine, round->next, slot);
        port->put(port->self);
        taken++;
    }
    if (round->next == engine->symbols)
        (void)end_round(engine, engine->seq);
    return round->next - before;
}

static void
begin_round(struct qt_engine *engine)
{
    struct qt__market_round *round = &engine->market_state;
    unsigned base = qt_timeframe_of_ns(engine->base_period_ns);
    round->is_taking = true;
    round->next = 0;
    round->newest_ns = 0;
    for (uint32_t i = 0; i < engine->symbols; i++)
        round->newest_ns = QT_MAX(round->newest_ns, engine->symbol[i].bars.forming[base].open_ns);
}

void
qt__market_take(struct qt_engine *engine)
{
    struct qt__market_round *round = &engine->market_state;
    int64_t period = engine->options.engine->state_min * QT_NS_PER_MIN;
    if (!engine->options.market_port.slot || period == 0)
        return;
    if (round->due_ns == QT_TIME_NONE)
        round->due_ns = engine->now_ns + period;
    if (!round->is_taking && engine->now_ns >= round->due_ns) {
        begin_round(engine);
        round->due_ns = engine->now_ns + period;
    }
    if (round->is_taking)
        (void)take_some(engine, SYMBOLS_A_CYCLE);
}

/* All of them now: the session ends, and what it ends with has no tail. A writer that does not move
 * is not waited for. */
void
qt__market_take_all(struct qt_engine *engine)
{
    static const struct timespec pause = {.tv_nsec = QT_NS_PER_MS};
    struct qt__market_round *round = &engine->market_state;
    unsigned waited = 0;
    if (!engine->options.market_port.slot || engine->options.engine->state_min == 0 ||
        engine->seq == 0)
        return;
    while (round->is_taking && waited < PATIENCE_MS && !end_round(engine, 0)) {
        waited++;
        nanosleep(&pause, NULL);
    }
    begin_round(engine);
    for (waited = 0; round->is_taking && waited < PATIENCE_MS;) {
        if (take_some(engine, engine->symbols) > 0) {
            waited = 0;
        } else if (round->is_taking) {
            waited++;
            nanosleep(&pause, NULL);
        }
    }
}

void
qt__market_view(const struct qt_engine *engine, struct qt_market_view *out)
{
    const struct qt_market_port *port = &engine->options.market_port;
    *out = (struct qt_market_view){.is_kept = port->slot && engine->options.engine->state_min > 0,
                                   .t_ns = QT_TIME_NONE};
    if (out->is_kept && port->look)
        port->look(port->self, out);
}
