/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random markets for the suites of scan and strategy: seeded walks fed bar by bar. */
#ifndef QTRADE_TESTS_SCAN_HELP_H
#define QTRADE_TESTS_SCAN_HELP_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/base/time.h"
#include "qtrade/scan/scan.h"

#define HELP_START (INT64_C(1704067200) * QT_NS_PER_S) /* 2024-01-01 */
#define HELP_HOUR QT_NS_PER_HOUR

static inline struct qt_scan_config
help_config(void)
{
    struct qt_scan_config config;
    struct qt_config_binding binding = {&qt_scan_section, &config};
    qt_config_defaults(&binding, 1);
    return config;
}

static inline uint64_t
help_seed(uint64_t otherwise)
{
    const char *text = getenv("QT_SEED");
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static inline struct qt_instrument
help_instrument(uint32_t id, const char *base)
{
    struct qt_instrument ins = {.id = id, .px_scale = 6, .qty_scale = 3};
    snprintf(ins.symbol, sizeof ins.symbol, "%sUSDT", base);
    snprintf(ins.base, sizeof ins.base, "%s", base);
    snprintf(ins.quote, sizeof ins.quote, "USDT");
    if (!qt_px_parse("0.01", 6, &ins.tick) || !qt_qty_parse("0.001", 3, &ins.lot))
        abort();
    return ins;
}

/** The next bar of a walk: log drift and volatility per bar, four steps inside; *price moves on. */
static inline struct qt_ohlcv
help_bar(struct qt_rng *rng, int64_t open_ns, double *price, double drift, double sigma)
{
    struct qt_ohlcv bar = {.open_ns = open_ns, .open = *price, .high = *price, .low = *price};
    for (int i = 0; i < 4; i++) {
        *price *= exp(drift / 4 + sigma / 2 * qt_rng_normal(rng));
        bar.high = fmax(bar.high, *price);
        bar.low = fmin(bar.low, *price);
    }
    bar.close = *price;
    bar.volume = 1000 * (0.5 + qt_rng_uniform(rng));
    return bar;
}

/** Feeds n hourly bars of a walk that starts at HELP_START + from hours. */
static inline void
help_walk(struct qt_scan_symbol *state, struct qt_rng *rng, int from, int n, double *price,
          double drift, double sigma)
{
    for (int i = 0; i < n; i++) {
        struct qt_ohlcv bar =
            help_bar(rng, HELP_START + (from + i) * HELP_HOUR, price, drift, sigma);
        if (!qt_scan_symbol_bar(state, &bar, 10e6))
            abort();
    }
}

/** What a recorded scan knows at the end of a symbol's last bar. */
static inline struct qt_scan_live
help_live(const struct qt_scan_symbol *state, const struct qt_instrument *ins)
{
    return (struct qt_scan_live){
        .ins = ins,
        .instrument = ins->id,
        .now_ns = state->last_open_ns + state->period_ns,
        .spread_bps = QT_SPREAD_UNKNOWN,
        .feed_age_ns = INT64_MAX,
        .traded_ns = QT_TIME_NONE,
        .is_recorded = true,
    };
}

#endif
