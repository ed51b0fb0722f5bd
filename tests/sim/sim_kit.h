/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the suites of sources and of the inline venue share: a made-up recording, whose bars are as
 * odd as real ones, from a seed.
 */
#ifndef QTRADE_TESTS_SIM_KIT_H
#define QTRADE_TESTS_SIM_KIT_H

#include "qt_check.h"

#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/market/reader.h"
#include "qtrade/sim/source.h"

/** An assertion for millions of checks: libcheck's own notes each one in a file. */
#define KIT_HOLDS(condition)                                                                       \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("%s", #condition);                                                        \
    } while (0)

#define KIT_START (1700000000LL / 86400 * 86400 * QT_NS_PER_S)

static inline struct qt_instrument
kit_instrument(unsigned i)
{
    struct qt_instrument ins = {
        .quote = "USDT", .px_scale = 2, .qty_scale = 3, .tick = {1}, .min_px = {1}, .lot = {10}};
    snprintf(ins.base, sizeof ins.base, "K%02u", i);
    snprintf(ins.symbol, sizeof ins.symbol, "%.8sUSDT", ins.base);
    return ins;
}

/* One bar that begins about where the last ended; volumes of 0, few and many lots. */
static inline struct qt_bar
kit_bar(struct qt_rng *rng, int64_t open_ns, int64_t period_ns, int64_t *px)
{
    int64_t open = *px + (int64_t)qt_rng_below(rng, 5) - 2;
    int64_t close = open + (int64_t)qt_rng_below(rng, 201) - 100;
    close = close < 500 ? 500 : close;
    int64_t top = open > close ? open : close, bottom = open < close ? open : close;
    int64_t lots =
        (int64_t)(qt_rng_below(rng, 3) == 0 ? qt_rng_below(rng, 9) : qt_rng_below(rng, 100000));
    struct qt_bar bar = {.open_ns = open_ns,
                         .period_ns = period_ns,
                         .open = {open},
                         .high = {top + (int64_t)qt_rng_below(rng, 40)},
                         .low = {bottom - (int64_t)qt_rng_below(rng, 40)},
                         .close = {close},
                         .volume = {lots * 10},
                         .taker_buy = {lots * 5}};
    if (qt_rng_below(rng, 10) == 0 || lots == 0)
        bar.high = bar.low = bar.close = bar.open;
    bar.quote_volume = (qt_money){bar.close.v * bar.volume.v * 1000};
    *px = bar.close.v;
    return bar;
}

/** n series of bars from KIT_START; symbol i is the i-th busiest. The caller ends with
 * qt_dataset_finish. */
static inline struct qt_dataset
kit_dataset(unsigned n, size_t bars, int64_t period_ns, uint64_t seed)
{
    struct qt_dataset data = {.n = n, .series = calloc(n, sizeof *data.series)};
    struct qt_rng rng;
    qt_rng_init(&rng, seed);
    for (unsigned i = 0; i < n; i++) {
        struct qt_series *series = &data.series[i];
        int64_t px = 2000 + 500 * (int64_t)i;
        *series = (struct qt_series){.ins = kit_instrument(i),
                                     .period_ns = period_ns,
                                     .n = bars,
                                     .bars = calloc(bars, sizeof *series->bars)};
        for (size_t b = 0; b < bars; b++)
            series->bars[b] = kit_bar(&rng, KIT_START + (int64_t)b * period_ns, period_ns, &px);
    }
    return data;
}

/** A source over a data set, into a universe of its own. */
struct kit_market {
    struct qt_universe *universe;
    struct qt_source *source;
};

static inline struct kit_market
kit_replay(const struct qt_dataset *data, const struct qt_replay_options *options)
{
    struct qt_error err = {0};
    struct kit_market market = {.universe = qt_universe_create()};
    market.source = qt_source_replay(data, options, market.universe, &err);
    ck_assert_msg(market.source != NULL, "%s", err.text);
    return market;
}

static inline struct kit_market
kit_generate(const struct qt_generator_options *options)
{
    struct qt_error err = {0};
    struct kit_market market = {.universe = qt_universe_create()};
    market.source = qt_source_generate(options, market.universe, &err);
    ck_assert_msg(market.source != NULL, "%s", err.text);
    return market;
}

static inline void
kit_close(struct kit_market *market)
{
    qt_source_destroy(market->source);
    qt_universe_destroy(market->universe);
}

static inline bool
is_multiple(int64_t v, int64_t step)
{
    return v % step == 0;
}

/* Strictly ordered, on the tick, whole lots, not crossed, the last price at its edge. */
static inline void
check_ladder(const struct qt_source *source, const struct qt_universe *universe, uint32_t id)
{
    struct qt_ladder ladder, best;
    const struct qt_instrument *ins = qt_universe_at(universe, id);
    int64_t px = qt_source_price(source, id).v;
    qt_source_ladder(source, id, QT_LADDER_LEVELS, &ladder);
    qt_source_ladder(source, id, 1, &best);
    KIT_HOLDS(ladder.n_bids + ladder.n_asks > 0);
    for (size_t i = 0; i < ladder.n_bids; i++) {
        KIT_HOLDS(ladder.bids[i].px.v > 0 && is_multiple(ladder.bids[i].px.v, ins->tick.v));
        KIT_HOLDS(ladder.bids[i].qty.v > 0 && is_multiple(ladder.bids[i].qty.v, ins->lot.v));
        KIT_HOLDS(i == 0 || ladder.bids[i].px.v < ladder.bids[i - 1].px.v);
    }
    for (size_t i = 0; i < ladder.n_asks; i++) {
        KIT_HOLDS(is_multiple(ladder.asks[i].px.v, ins->tick.v));
        KIT_HOLDS(ladder.asks[i].qty.v > 0 && is_multiple(ladder.asks[i].qty.v, ins->lot.v));
        KIT_HOLDS(i == 0 || ladder.asks[i].px.v > ladder.asks[i - 1].px.v);
    }
    if (ladder.n_bids && ladder.n_asks) {
        KIT_HOLDS(ladder.bids[0].px.v < ladder.asks[0].px.v);
        KIT_HOLDS(ladder.bids[0].px.v == px || ladder.asks[0].px.v == px);
    }
    KIT_HOLDS(best.n_bids <= 1);
    if (best.n_bids)
        KIT_HOLDS(best.bids[0].px.v == ladder.bids[0].px.v &&
                  best.bids[0].qty.v == ladder.bids[0].qty.v);
}

/* Everything that a source tells, in one number */

static inline uint64_t
hash_bar(uint64_t hash, uint32_t instrument, const struct qt_bar *bar)
{
    const int64_t words[] = {instrument,          bar->open_ns,     bar->period_ns, bar->open.v,
                             bar->high.v,         bar->low.v,       bar->close.v,   bar->volume.v,
                             bar->quote_volume.v, bar->taker_buy.v, bar->trades};
    return qt_hash(hash, words, sizeof words);
}

static inline void
add_bar(void *context, uint32_t instrument, const struct qt_bar *bar)
{
    uint64_t *hash = context;
    *hash = hash_bar(*hash, instrument, bar);
}

/* Of n ticks with their ladders; the history too when it is wanted. */
static inline uint64_t
hash_of(struct qt_source *source, size_t n, bool with_history)
{
    uint64_t hash = QT_HASH_START;
    struct qt_source_tick tick;
    struct qt_ladder ladder;
    if (with_history)
        qt_source_history(source, add_bar, &hash);
    while (n-- > 0 && qt_source_next(source, &tick)) {
        const int64_t words[] = {tick.t_ns,     tick.instrument, tick.is_sell,
                                 tick.ends_bar, tick.px.v,       tick.qty.v};
        qt_source_ladder(source, tick.instrument, QT_LADDER_LEVELS, &ladder);
        hash = qt_hash(hash, words, sizeof words);
        hash = qt_hash(hash, ladder.bids, ladder.n_bids * sizeof ladder.bids[0]);
        hash = qt_hash(hash, ladder.asks, ladder.n_asks * sizeof ladder.asks[0]);
    }
    return hash;
}

/* What a history must be */

struct history_check {
    int64_t last_end[64];
    qt_px last_close[64];
    size_t bars[64], hours[64], minutes[64];
};

static inline void
note_bar(void *context, uint32_t id, const struct qt_bar *bar)
{
    struct history_check *check = context;
    ck_assert_uint_lt(id, 64);
    ck_assert_msg(check->bars[id] == 0 || bar->open_ns == check->last_end[id],
                  "a hole in the history of %u", id);
    ck_assert(is_multiple(bar->open_ns, bar->period_ns));
    ck_assert(bar->low.v > 0 && bar->low.v <= bar->open.v && bar->low.v <= bar->close.v);
    ck_assert(bar->high.v >= bar->open.v && bar->high.v >= bar->close.v);
    check->last_end[id] = bar->open_ns + bar->period_ns;
    check->last_close[id] = bar->close;
    check->bars[id]++;
    check->hours[id] += bar->period_ns == QT_NS_PER_HOUR;
    check->minutes[id] += bar->period_ns == QT_NS_PER_MIN;
}

#endif
