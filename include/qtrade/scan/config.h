/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The scan's section of the config: the defaults of the design ("The scan") as a table.
 */
#ifndef QTRADE_SCAN_CONFIG_H
#define QTRADE_SCAN_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/config.h"
#include "qtrade/market/instrument.h"

/** Component weights of one structure; they are divided by their sum. */
struct qt_scan_weights {
    double volatility, momentum, volume, trend;
};

struct qt_scan_config {
    char interval[8]; /* the bars that the scan looks at: "15m", "1h", "4h", "1d" */
    char quote_asset[QT_ASSET_SIZE];
    char reference[QT_SYMBOL_SIZE]; /* the symbol that stands for the market in the regime */
    char stable_assets[256];        /* base assets that are pegged: blank-separated */
    double history_days;     /* against which the ATR is ranked; a symbol with less is excluded */
    double min_quote_volume; /* of the last 24 h, quote asset */
    double max_spread_bps;
    bool spread_required;         /* true: an unknown spread excludes where quotes could be known */
    int64_t stale_ms;             /* a feed older than this excludes (live) */
    int64_t max_volume_rank;      /* beyond this rank by 24 h volume a symbol counts as micro-cap */
    int64_t correlation_bars;     /* window of the log returns */
    int64_t correlation_min_bars; /* fewer common returns: correlation unknown, which skips */
    double max_correlation;       /* absolute; at or above it a candidate is skipped */
    double decay_minutes;
    double decay_floor;          /* factor right after a trade */
    int64_t top;                 /* symbols selected, 1..QT_SCAN_TOP_MAX */
    bool two_sided;              /* falling counts as much as rising (perpetuals with shorts) */
    double breakout_weight;      /* share of breakout potential in the trend component */
    double regime_half_life_min; /* smoothing of the regime's probabilities, event time */
    double regime_margin;        /* lead in probability that a new state needs */
    int64_t regime_min_symbols;  /* fewer eligible ones: the regime is unknown */
    double reference_weight;     /* share of the reference symbol in the market's drift */
    struct qt_scan_weights trending, ranging, volatile_, other;
};

/** Section "scan" of the config file. */
extern const struct qt_config_section qt_scan_section;

/** The scan's interval in ns (config->interval, which the section's choices keep valid). */
int64_t qt_scan_interval_ns(const struct qt_scan_config *config);

/**
 * Bars of history that a symbol needs: history_days in bars of period_ns, at least QT_SCAN_WARMUP
 * (the longest window of any input), at most QT_SCAN_HISTORY_MAX (what a symbol's state holds).
 */
uint32_t qt_scan_history_bars(const struct qt_scan_config *config, int64_t period_ns);

#endif
