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

#endif
