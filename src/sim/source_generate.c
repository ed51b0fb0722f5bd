/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The generated market as a source. History is made on the way, when it is asked for or at the
 * first tick: hours in steps of 15 minutes, the last 30 in steps of a minute; nothing is kept of
 * it. Trades then arrive by a Poisson process per symbol, merged by time, then instrument.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/num.h"

#include "generate_priv.h"

enum { DEFAULT_SYMBOLS = 50, DEFAULT_DAYS = 40, MINUTE_HOURS = 30 };
#define DEFAULT_RATE 0.5

/* A bar of history that forms. */
struct forming {
    qt_px open, high, low, close;
    double quote;
};

struct generate {
    struct qt_source base;
    struct qt_generator_options options;
    struct qt__climate climate;
    struct qt__coin *coin;
    struct forming *forming; /* of the history */
    uint32_t *heap;
    bool is_ready; /* history is behind us */
};

static struct generate *
self(struct qt_source *source)
{
    return (struct generate *)(void *)source;
}

static const struct qt_instrument *
instrument_of(const struct generate *generate, uint32_t i)
{
    return qt_universe_at(generate->base.universe, generate->base.first + i);
}

/* History */

typedef void (*bar_fn)(void *context, uint32_t instrument, const struct qt_bar *bar);

struct telling {
    struct generate *generate;
    bar_fn fn; /* NULL: nobody listens */
    void *context;
};

/* One step of a bar: the price moves, and was a little beyond on the way. */
static void
form(struct qt__coin *coin, const struct qt_instrument *ins, int64_t step_ns, struct forming *bar)
{
    double days = (double)step_ns / (double)QT_NS_PER_DAY;
    double reach = coin->sigma * qt_sqrt(days) * 0.5;
    bar->close = qt__coin_px(coin, ins, 0);
    qt_px high = qt__coin_px(coin, ins, reach * qt_rng_exponential(&coin->rng) * 0.5);
    qt_px low = qt__coin_px(coin, ins, -reach * qt_rng_exponential(&coin->rng) * 0.5);
    bar->high = qt_px_cmp(high, bar->high) > 0 ? high : bar->high;
    bar->low = qt_px_cmp(low, bar->low) < 0 ? low : bar->low;
    bar->quote += coin->day_volume * days * qt_exp(coin->activity - 0.125) *
                  qt__climate_bustle(coin->t_ns) * qt_exp(0.3 * qt_rng_normal(&coin->rng) - 0.045);
}

static void
tell(const struct telling *telling, uint32_t i, int64_t open_ns, int64_t period_ns,
     const struct forming *formed)
{
    const struct qt_instrument *ins = instrument_of(telling->generate, i);
    struct qt_bar bar = {.open_ns = open_ns,
                         .period_ns = period_ns,
                         .open = formed->open,
                         .high = formed->high,
                         .low = formed->low,
                         .close = formed->close,
                         .volume = qt__coin_qty(ins, formed->close, formed->quote),
                         .trades = 1 + (uint32_t)(formed->quote / 10000)};
    qt_money half;
    if (!qt_money_mul_div(qt_money_of_qty(bar.volume), 1, 2, &half))
        half = QT_MONEY_ZERO;
    bar.taker_buy = qt_qty_of_money(half);
    if (!qt_instrument_notional(ins, bar.close, bar.volume, &bar.quote_volume))
        bar.quote_volume = QT_MONEY_ZERO;
    if (telling->fn)
        telling->fn(telling->context, telling->generate->base.first + i, &bar);
}

/* All symbols through one bar, step by step together: what they share moves once a step. */
static void
play_bar(const struct telling *telling, int64_t open_ns, int64_t period_ns, int64_t step_ns)
{
    struct generate *generate = telling->generate;
    struct forming *bars = generate->forming;
    for (uint32_t i = 0; i < generate->base.n; i++) {
        qt_px px = qt__coin_px(&generate->coin[i], instrument_of(generate, i), 0);
        bars[i] = (struct forming){px, px, px, px, 0};
    }
    for (int64_t t = open_ns + step_ns; t <= open_ns + period_ns; t += step_ns) {
        qt__climate_advance(&generate->climate, t, step_ns);
        for (uint32_t i = 0; i < generate->base.n; i++) {
            qt__coin_move(&generate->coin[i], &generate->climate, t);
            form(&generate->coin[i], instrument_of(generate, i), step_ns, &bars[i]);
        }
    }
    for (uint32_t i = 0; i < generate->base.n; i++)
        tell(telling, i, open_ns, period_ns, &bars[i]);
}

static bool
is_before(const struct generate *generate, uint32_t a, uint32_t b)
{
    int64_t ta = generate->coin[a].next_ns, tb = generate->coin[b].next_ns;
    return ta != tb ? ta < tb : a < b;
}

static void
sift_down(struct generate *generate, uint32_t at)
{
    uint32_t *heap = generate->heap, n = generate->base.n;
    for (uint32_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && is_before(generate, heap[child + 1], heap[child]))
            child++;
        if (!is_before(generate, heap[child], heap[at]))
            return;
        uint32_t moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
    }
}

/* From the beginning of history to the start: hours, then minutes. */
static void
become_ready(struct generate *generate, bar_fn fn, void *context)
{
    const struct telling telling = {generate, fn, context};
    int64_t start = generate->base.start_ns;
    int64_t minutes = qt_time_floor(start - MINUTE_HOURS * QT_NS_PER_HOUR, QT_NS_PER_HOUR);
    minutes = QT_MAX(minutes, generate->climate.t_ns);
    generate->is_ready = true;
    for (int64_t t = generate->climate.t_ns; t < minutes; t += QT_NS_PER_HOUR)
        play_bar(&telling, t, QT_NS_PER_HOUR, 15 * QT_NS_PER_MIN);
    for (int64_t t = minutes; t < start; t += QT_NS_PER_MIN)
        play_bar(&telling, t, QT_NS_PER_MIN, QT_NS_PER_MIN);
    for (uint32_t i = 0; i < generate->base.n; i++) {
        struct qt__quoted *quoted = &generate->base.quoted[i];
        quoted->px = qt__coin_px(&generate->coin[i], instrument_of(generate, i), 0);
        quoted->liquidity = generate->coin[i].day_volume;
        qt__coin_schedule(&generate->coin[i]);
        generate->heap[i] = i;
    }
    for (uint32_t at = generate->base.n; at-- > 0;)
        sift_down(generate, at);
}

static void
generate_history(struct qt_source *source, bar_fn fn, void *context)
{
    if (!self(source)->is_ready)
        become_ready(self(source), fn, context);
}

/* Ticks */

static int64_t
generate_peek(struct qt_source *source)
{
    struct generate *generate = self(source);
    if (!generate->is_ready)
        become_ready(generate, NULL, NULL);
    return generate->coin[generate->heap[0]].next_ns;
}

static bool
generate_next(struct qt_source *source, struct qt_source_tick *out)
{
    struct generate *generate = self(source);
    int64_t t_ns = generate_peek(source);
    uint32_t i = generate->heap[0];
    struct qt__coin *coin = &generate->coin[i];
    const struct qt_instrument *ins = instrument_of(generate, i);
    double before = coin->log_px;
    qt__climate_advance(&generate->climate, t_ns, QT_NS_PER_S);
    qt__coin_move(coin, &generate->climate, t_ns);
    double push = qt_tanh((coin->log_px - before) / (2 * coin->half_spread));
    bool is_sell = qt_rng_uniform(&coin->rng) > 0.5 + 0.4 * push;
    qt_px px = qt__coin_px(coin, ins, is_sell ? -coin->half_spread : coin->half_spread);
    *out = (struct qt_source_tick){.t_ns = t_ns,
                                   .instrument = source->first + i,
                                   .is_sell = is_sell,
                                   .px = px,
                                   .qty = qt__coin_qty(ins, px, qt__coin_trade_value(coin))};
    qt__coin_schedule(coin);
    sift_down(generate, 0);
    return true;
}

static bool
generate_climate(const struct qt_source *source, struct qt_climate *out)
{
    *out = ((const struct generate *)(const void *)source)->climate.now;
    return true;
}

static void
generate_destroy(struct qt_source *source)
{
    free(self(source)->coin);
    free(self(source)->forming);
    free(self(source)->heap);
}

static const struct qt__source_ops ops = {.destroy = generate_destroy,
                                          .history = generate_history,
                                          .peek = generate_peek,
                                          .next = generate_next,
                                          .climate = generate_climate};

static bool
add_coins(struct generate *generate, struct qt_universe *universe, struct qt_error *err)
{
    int64_t begin = qt_time_floor(
        generate->base.start_ns - generate->options.history_days * QT_NS_PER_DAY, QT_NS_PER_HOUR);
    generate->base.first = qt_universe_count(universe);
    qt__climate_init(&generate->climate, generate->options.seed, begin);
    for (uint32_t i = 0; i < generate->base.n; i++) {
        struct qt_instrument ins;
        qt__coin_init(&generate->coin[i], &generate->options, i, begin, &ins);
        generate->base.quoted[i].key = qt__mix(generate->options.seed, i);
        if (!qt_universe_add(universe, &ins, err))
            return false;
    }
    return true;
}

struct qt_source *
qt_source_generate(const struct qt_generator_options *options, struct qt_universe *universe,
                   struct qt_error *err)
{
    struct generate *generate = calloc(1, sizeof *generate);
    struct qt_source *source = (struct qt_source *)(void *)generate;
    uint32_t n = options->symbols ? options->symbols : DEFAULT_SYMBOLS;
    if (!generate || !qt__source_init(source, &ops, universe, n, options->seed) ||
        !(generate->coin = calloc(n, sizeof *generate->coin)) ||
        !(generate->forming = calloc(n, sizeof *generate->forming)) ||
        !(generate->heap = calloc(n, sizeof *generate->heap))) {
        qt_fail(err, QT_E_MEMORY, "no memory for %u generated symbols", n);
        qt_source_destroy(source);
        return NULL;
    }
    generate->options = *options;
    generate->options.symbols = n;
    if (options->history_days == 0)
        generate->options.history_days = DEFAULT_DAYS;
    if (!(options->trades_per_s > 0))
        generate->options.trades_per_s = DEFAULT_RATE;
    generate->base.start_ns = qt_time_floor(options->start_ns, QT_NS_PER_MIN);
    if (add_coins(generate, universe, err))
        return source;
    qt_source_destroy(source);
    return NULL;
}
