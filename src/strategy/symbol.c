/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Indicators of one symbol on the strategy's interval. */
#include "qtrade/strategy/symbol.h"

#include <float.h>
#include <string.h>

#include "qtrade/base/num.h"
#include "qtrade/base/time.h"
#include "qtrade/scan/kit.h"

#define VOLUME_BARS 20
#define DONCHIAN_BARS 20
#define BAND_MAX 1.5

enum {
    KIT_ATR,
    KIT_EMA_FAST,
    KIT_EMA_MID,
    KIT_EMA_SLOW,
    KIT_ADX,
    KIT_RSI,
    KIT_MACD,
    KIT_BANDS,
    KIT_SUPERTREND,
    KIT_ROWS
};
static const struct qt_kit_row kit[KIT_ROWS] = {
    [KIT_ATR] = {"atr", {14}},
    [KIT_EMA_FAST] = {"ema", {9}},
    [KIT_EMA_MID] = {"ema", {21}},
    [KIT_EMA_SLOW] = {"ema", {50}},
    [KIT_ADX] = {"adx", {14}},
    [KIT_RSI] = {"rsi", {14}},
    [KIT_MACD] = {"macd", {12, 26, 9}},         /* line, signal, histogram */
    [KIT_BANDS] = {"bbands", {20, 2}},          /* upper, middle, lower */
    [KIT_SUPERTREND] = {"supertrend", {10, 3}}, /* line, direction */
};

void
qt_strategy_symbol_init(struct qt_strategy_symbol *state, const struct qt_strategy_config *config,
                        int64_t period_ns)
{
    memset(state, 0, sizeof *state);
    state->period_ns = period_ns;
    state->last_open_ns = QT_TIME_NONE;
    state->swing_bars = (uint32_t)QT_MIN(config->swing_bars, QT_STRATEGY_SWING_MAX);
    qt_kit_init(state->indicators, sizeof state->indicators, kit, KIT_ROWS);
}

static bool
is_usable(const struct qt_strategy_symbol *state, const struct qt_ohlcv *bar)
{
    return bar->open_ns > state->last_open_ns && bar->low > 0 && bar->high >= bar->low &&
           bar->close >= bar->low && bar->close <= bar->high && bar->open >= bar->low &&
           bar->open <= bar->high && bar->volume >= 0 && qt_is_finite(bar->high) &&
           qt_is_finite(bar->volume);
}

/* Lowest low and highest high of the newest n bars held (fewer at the start; none leaves 0). */
static void
extremes(const struct qt_strategy_symbol *state, uint64_t n, double *out_low, double *out_high)
{
    n = QT_MIN(n, state->bars);
    *out_low = *out_high = 0;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t slot = (state->bars - 1 - i) % QT_STRATEGY_SWING_MAX;
        *out_low = i == 0 ? state->low[slot] : QT_MIN(*out_low, state->low[slot]);
        *out_high = i == 0 ? state->high[slot] : QT_MAX(*out_high, state->high[slot]);
    }
}

static double
surge_of(struct qt_strategy_symbol *state, double volume)
{
    state->volumes[state->bars % VOLUME_BARS] = volume;
    double sum = 0;
    for (size_t i = 0; i < VOLUME_BARS; i++)
        sum += state->volumes[i];
    return sum > 0 ? volume / (sum / VOLUME_BARS) : 0;
}

/* Where a price stands between lower (-1) and upper (1). */
static double
position_of(double price, double lower, double upper)
{
    double half = (upper - lower) / 2;
    return half > 0 ? qt_clamp((price - lower) / half - 1, -BAND_MAX, BAND_MAX) : 0;
}

bool
qt_strategy_symbol_bar(struct qt_strategy_symbol *state, const struct qt_ohlcv *bar)
{
    if (!is_usable(state, bar))
        return false;
    struct qt_technical *now = &state->now;
    extremes(state, DONCHIAN_BARS, &now->donchian_low, &now->donchian_high);
    now->surge = surge_of(state, bar->volume);
    state->high[state->bars % QT_STRATEGY_SWING_MAX] = bar->high;
    state->low[state->bars % QT_STRATEGY_SWING_MAX] = bar->low;
    state->bars++;
    state->last_open_ns = bar->open_ns;
    extremes(state, state->swing_bars, &now->swing_low, &now->swing_high);
    qt_kit_update(state->indicators, kit, KIT_ROWS, bar);
    double out[KIT_ROWS][QT_INDICATOR_OUTPUTS];
    state->is_warm =
        qt_kit_values(state->indicators, kit, KIT_ROWS, out) && state->bars >= QT_STRATEGY_WARMUP;
    now->close = bar->close;
    now->atr = out[KIT_ATR][0];
    now->ema_fast = out[KIT_EMA_FAST][0];
    now->ema_mid = out[KIT_EMA_MID][0];
    now->ema_slow = out[KIT_EMA_SLOW][0];
    now->adx = out[KIT_ADX][0];
    now->rsi = out[KIT_RSI][0];
    now->macd_histogram = out[KIT_MACD][2];
    now->band_position = position_of(bar->close, out[KIT_BANDS][2], out[KIT_BANDS][0]);
    now->supertrend = out[KIT_SUPERTREND][0];
    now->supertrend_up = out[KIT_SUPERTREND][1];
    return true;
}

/* What comes from outside */

#define BARS_MAX (UINT64_C(1) << 40)

static bool
are_counts_sound(const struct qt_strategy_symbol *state, const struct qt_strategy_symbol *from,
                 int64_t now_ns)
{
    unsigned char is_warm;
    memcpy(&is_warm, &from->is_warm, sizeof is_warm); /* any byte may stand there */
    if (from->period_ns != state->period_ns || from->swing_bars != state->swing_bars)
        return false;
    if (from->bars == 0)
        return from->last_open_ns == QT_TIME_NONE && is_warm == 0;
    return from->bars <= BARS_MAX && from->last_open_ns >= 0 &&
           from->last_open_ns % from->period_ns == 0 && from->last_open_ns <= now_ns &&
           is_warm <= (from->bars >= QT_STRATEGY_WARMUP);
}

static bool
are_values_sound(const struct qt_strategy_symbol *from)
{
    double now[sizeof from->now / sizeof(double)];
    size_t held = (size_t)QT_MIN(from->bars, QT_STRATEGY_SWING_MAX);
    memcpy(now, &from->now, sizeof now);
    return qt_are_tame(now, QT_COUNT_OF(now), -QT_TAME_MAX) &&
           (from->bars == 0 || from->now.close > 0) && from->now.atr >= 0 &&
           qt_are_tame(from->high, held, DBL_MIN) && qt_are_tame(from->low, held, DBL_MIN) &&
           qt_are_tame(from->volumes, VOLUME_BARS, 0);
}

bool
qt_strategy_symbol_adopt(struct qt_strategy_symbol *state, const struct qt_strategy_symbol *from,
                         int64_t now_ns)
{
    if (!are_counts_sound(state, from, now_ns) || !are_values_sound(from) ||
        !qt_kit_is_sound(from->indicators, kit, KIT_ROWS))
        return false;
    memcpy(state, from, sizeof *state);
    return true;
}
