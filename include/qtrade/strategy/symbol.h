/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One symbol under the strategy: indicators on the strategy's interval, fed closed bars. Plain data
 * without pointers.
 */
#ifndef QTRADE_STRATEGY_SYMBOL_H
#define QTRADE_STRATEGY_SYMBOL_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/indicator/indicator.h"
#include "qtrade/strategy/config.h"

#define QT_STRATEGY_WARMUP 100   /* closed bars before a signal is given */
#define QT_STRATEGY_SWING_MAX 64 /* swing_bars at most */
#define QT_STRATEGY_STATE_BYTES 4096

/** The indicators' values after the last closed bar. */
struct qt_technical {
    double close, atr;
    double ema_fast, ema_mid, ema_slow; /* EMA 9, 21, 50 */
    double adx, rsi;                    /* ADX(14), RSI(14) */
    double macd_histogram;              /* MACD(12, 26, 9) */
    double band_position; /* -1..1 between the Bollinger bands (20, 2), clamped to +-1.5 */
    double donchian_high, donchian_low; /* of the 20 bars before the last */
    double supertrend, supertrend_up;   /* SuperTrend(10, 3): its line; 1 or -1 */
    double swing_low, swing_high;       /* of the last swing_bars */
    double surge;                       /* volume / SMA20 of volume */
};

struct qt_strategy_symbol {
    int64_t period_ns, last_open_ns;
    uint64_t bars;
    uint32_t swing_bars;
    bool is_warm;
    struct qt_technical now;
    double high[QT_STRATEGY_SWING_MAX], low[QT_STRATEGY_SWING_MAX];
    double volumes[20];
    _Alignas(8) unsigned char indicators[QT_STRATEGY_STATE_BYTES];
};

void qt_strategy_symbol_init(struct qt_strategy_symbol *state,
                             const struct qt_strategy_config *config, int64_t period_ns);
/** Feeds one closed bar. One at or before the last, or not finite and positive: false, nothing
 * changes. */
bool qt_strategy_symbol_bar(struct qt_strategy_symbol *state, const struct qt_ohlcv *bar);

/**
 * Takes over from, which may come from outside (a file), into state as just initialised. False: from is not what bars
 * up to now_ns leave behind under this config, and state stays as it is.
 */
bool qt_strategy_symbol_adopt(struct qt_strategy_symbol *state,
                              const struct qt_strategy_symbol *from, int64_t now_ns);

#endif
