/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One symbol under the scan. State is plain data without pointers (copy, save and compare with
 * memcpy and memcmp); it is fed closed bars of the scan's interval, oldest first, and measured once
 * a cycle.
 *
 *     bar closed -> qt_scan_symbol_bar      bounded work: indicators, rings, percentile
 *     cycle      -> qt_scan_symbol_measure  some dozens of operations: live price, filter,
 * components
 *
 * R1: a row depends only on bars fed before and on live; bars fed later change nothing of it.
 * R2: everything in a row is finite; what is unknown has a named value.
 */
#ifndef QTRADE_SCAN_SYMBOL_H
#define QTRADE_SCAN_SYMBOL_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/indicator/indicator.h"
#include "qtrade/market/instrument.h"
#include "qtrade/scan/config.h"

#define QT_SCAN_HISTORY_MAX 2880 /* natr values held: 30 days of 15m bars */
#define QT_SCAN_WARMUP 100       /* bars before every input has its value */
#define QT_SCAN_DAY_BARS 96      /* bars of 24 h at the shortest interval (15m) */
#define QT_SCAN_CLOSES 704       /* closes held: 7 days and one of the shortest interval */
#define QT_SCAN_RANGE_BARS 48    /* the range of support and resistance */
#define QT_SCAN_VOLUME_BARS 20   /* SMA of the volume surge */
#define QT_SCAN_STATE_BYTES 1024 /* of all indicator states */
#define QT_SPREAD_UNKNOWN (-1.0)

/** Why a symbol is not ranked; the first in this order that holds. qt_scan_reason_name has the
 * names. */
enum qt_scan_reason {
    QT_SCAN_OK,
    QT_SCAN_QUOTE_ASSET, /* "quote_asset": another quote asset than configured */
    QT_SCAN_STATUS,      /* "status": not trading */
    QT_SCAN_STABLE,      /* "stable": base asset is pegged */
    QT_SCAN_LEVERAGED,   /* "leveraged": a leveraged token (BTCUP, ETHBEAR, SOL3L) */
    QT_SCAN_HISTORY,     /* "history": bars < history; value and limit in bars */
    QT_SCAN_STALE,  /* "stale": feed age in ms > stale_ms; recorded: the last bar ended too long ago
                     */
    QT_SCAN_VOLUME, /* "volume": 24 h quote volume <= min_quote_volume */
    QT_SCAN_SPREAD, /* "spread": bps >= max_spread_bps, or unknown where it is required (value -1)
                     */
    QT_SCAN_MICROCAP, /* "microcap": rank by 24 h volume > max_volume_rank (found in qt_scan_rank)
                       */
    QT_SCAN_REASONS
};
const char *qt_scan_reason_name(enum qt_scan_reason reason); /* "volume"; "ok" for QT_SCAN_OK */
/** What value and limit are counted in: "bars", "ms", "USDT" (quote), "bps", "rank", "". */
const char *qt_scan_reason_unit(enum qt_scan_reason reason);

/** What the engine knows of a symbol at a cycle beyond its bars. */
struct qt_scan_live {
    const struct qt_instrument *ins;
    uint32_t instrument; /* id in this run: ties go to the smaller one */
    int64_t now_ns;      /* event time of the cycle, UTC */
    double last;         /* last price; <= 0: unknown, the last close stands in */
    double spread_bps;   /* QT_SPREAD_UNKNOWN: no quote */
    int64_t feed_age_ns; /* since the symbol's last market event; INT64_MAX: none yet */
    int64_t traded_ns;   /* when we last opened or closed a position in it; QT_TIME_NONE: never */
    bool is_recorded;    /* bars only: no spread to ask for, freshness from the last bar's end */
};

/** The raw inputs of the components; qtrade.7 defines each. */
struct qt_scan_inputs {
    double natr_pct;       /* ATR(14) / close, per cent */
    double atr_percentile; /* 0..100 of natr_pct among the history's */
    double sigma;          /* standard deviation of the last 48 log returns, per bar */
    double velocity;       /* ln(last / close 12 bars ago) / (sigma sqrt 12) */
    double acceleration;   /* (return of the last 6 bars - of the 6 before) / (sigma sqrt 12) */
    double surge;          /* volume / SMA20 of volume, last closed bar; > 2 is a surge */
    double support, resistance;         /* lowest low, highest high of the last 48 closed bars */
    double support_atr, resistance_atr; /* distances from last, in ATR; < 0: beyond */
    double bars_in_range; /* closed bars since a close left the range of the 48 bars before it */
    double breakout_up,
        breakout_down; /* probability of touching resistance / support within 24 bars */
    double breakout;   /* potential 0..100 */
    double adx;        /* ADX(14) */
    double ema_fast, ema_mid, ema_slow; /* EMA 9, 21, 50 of closes */
    double alignment;                   /* -1..1: order of last and the three EMAs */
    double drift_24h, drift_7d;         /* log return / (sigma sqrt bars) */
    double change_24h_pct, change_7d_pct;
    double quote_volume_24h; /* of the bars that ended in the last 24 h */
};

/** How a ranked symbol fared in the selection. */
enum qt_scan_fate {
    QT_SCAN_NOT_RANKED,
    QT_SCAN_SELECTED,
    QT_SCAN_CORRELATED, /* with a better selected one: max_correlation, max_correlation_with */
    QT_SCAN_CORRELATION_UNKNOWN, /* too few common bars with max_correlation_with */
    QT_SCAN_BEHIND,              /* the five were complete before its turn */
    QT_SCAN_FATES
};
const char *qt_scan_fate_name(enum qt_scan_fate fate); /* "selected", "correlated" ... */

/** One symbol at one cycle: verdict, components, and after qt_scan_rank its place and why. */
struct qt_scan_row {
    uint32_t instrument;
    enum qt_scan_reason reason;
    double value, limit; /* of the reason */
    bool has_inputs; /* false: too few bars; inputs but quote_volume_24h, and components are 0 */
    double last, spread_bps; /* QT_SPREAD_UNKNOWN: no quote */
    struct qt_scan_inputs in;
    double volatility, momentum, volume, trend; /* components, 0..100 */
    double decay;                               /* decay_floor..1, from live->traded_ns */
    /* from qt_scan_rank */
    double raw_score, score; /* score = raw_score x decay */
    uint32_t rank;           /* 1 is best; 0: excluded */
    uint32_t volume_rank;    /* 1 is the largest 24 h volume among those that trade */
    enum qt_scan_fate fate;
    double max_correlation;        /* signed, the one largest in size with a better selected one */
    uint32_t max_correlation_with; /* instrument; QT_NO_INSTRUMENT: none was compared */
};

/** What bars leave behind; plain data that embeds, its fields are symbol.c's business. */
struct qt_scan_symbol {
    int64_t period_ns;
    uint64_t bars;        /* fed so far */
    int64_t last_open_ns; /* QT_TIME_NONE: none yet */
    uint32_t history;     /* bars needed, <= QT_SCAN_HISTORY_MAX */
    uint32_t day_bars, week_bars;
    uint32_t bars_in_range, natr_count;
    bool is_warm; /* every input has its value */
    double last_close, natr_pct, atr, atr_percentile, sigma, surge, support, resistance;
    double adx, ema_fast, ema_mid, ema_slow, quote_volume_24h;
    bool is_named; /* by_name was looked up */
    enum qt_scan_reason by_name;
    uint64_t prepared; /* bars when what follows was computed */
    double log_support, log_resistance;
    struct {
        uint64_t bars; /* 0: never */
        double last;
        struct qt_scan_inputs in;
        double volatility, momentum, volume, trend;
    } measured;                            /* at a price after a bar */
    float natr[QT_SCAN_HISTORY_MAX];       /* ring of history values */
    double quote_volume[QT_SCAN_DAY_BARS]; /* by bar number of the day */
    double volume[QT_SCAN_VOLUME_BARS];    /* rings, the bar's count modulo their size */
    double high[QT_SCAN_RANGE_BARS], low[QT_SCAN_RANGE_BARS];
    uint32_t number[QT_SCAN_CLOSES]; /* open_ns / period_ns */
    double log_close[QT_SCAN_CLOSES];
    _Alignas(8) unsigned char indicators[QT_SCAN_STATE_BYTES];
};

/** Empties state for bars of period_ns (qt_scan_interval_ns, or the data's own when that is
 * longer). */
void qt_scan_symbol_init(struct qt_scan_symbol *state, const struct qt_scan_config *config,
                         int64_t period_ns);

/**
 * Feeds one closed bar with its quote volume (>= 0). A bar at or before the last one, off the grid
 * of period_ns, or with a value that is not finite or a price that is not positive, changes nothing
 * and answers false.
 */
bool qt_scan_symbol_bar(struct qt_scan_symbol *state, const struct qt_ohlcv *bar,
                        double quote_volume);

/**
 * Takes over from, which may come from outside (a file), into state as just initialised. False: from is not what bars
 * up to now_ns leave behind under this config (another interval, a count or a place out of its range, a number that is
 * not finite), and state stays as it is. What a measurement keeps is computed anew.
 */
bool qt_scan_symbol_adopt(struct qt_scan_symbol *state, const struct qt_scan_symbol *from,
                          int64_t now_ns);

/** Fills row: filter verdict (all reasons but microcap), inputs, components; what a bar or a price
 * changes is computed once and kept in state. The shard of the symbol; one config a state. */
void qt_scan_symbol_measure(struct qt_scan_symbol *state, const struct qt_scan_config *config,
                            const struct qt_scan_live *live, struct qt_scan_row *row);

#endif
