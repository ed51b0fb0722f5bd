/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The strategy's section of the config. The presets are the design's weights and round textbook
 * numbers; none was fitted to recorded data.
 */
#include "qtrade/strategy/config.h"

#include "qtrade/market/bars.h"
#include "qtrade/strategy/symbol.h"

#define AT(field) offsetof(struct qt_strategy_config, field)
#define NUMBER(name, at, preset, low, high, in, words)                                             \
    {                                                                                              \
        .key = name, .type = QT_CONFIG_DOUBLE, .offset = (at), .def = (preset), .min = (low),      \
        .max = (high), .unit = in, .reload = true, .help = words                                   \
    }
#define WHOLE(name, at, preset, low, high, in, words)                                              \
    {                                                                                              \
        .key = name, .type = QT_CONFIG_INT, .offset = (at), .def = (preset), .min = (low),         \
        .max = (high), .unit = in, .help = words                                                   \
    }

/* clang-format off */
static const struct qt_config_key keys[] = {
    {.key = "interval", .type = QT_CONFIG_TEXT, .offset = AT(interval), .max = 8, .text = "15m",
     .choices = "1m|5m|15m|1h|4h|1d", .help = "bars that signals are computed on"},
    {.key = "allow_short", .type = QT_CONFIG_BOOL, .offset = AT(allow_short), .def = 0, .max = 1,
     .help = "open short positions too: on paper and in backtests of perpetuals only"},
    NUMBER("technical_weight", AT(technical_weight), 0.40, 0, 1, "ratio",
           "weight of the technical family"),
    NUMBER("fundamental_weight", AT(fundamental_weight), 0.30, 0, 1, "ratio",
           "weight of the fundamental family (volume, momentum, volatility)"),
    NUMBER("sentiment_weight", AT(sentiment_weight), 0.15, 0, 1, "ratio",
           "weight of the sentiment family"),
    NUMBER("micro_weight", AT(micro_weight), 0.15, 0, 1, "ratio",
           "weight of the order-flow family"),
    NUMBER("entry_strength", AT(entry_strength), 0.45, 0, 1, "ratio",
           "strength that an entry needs"),
    NUMBER("entry_confidence", AT(entry_confidence), 0.60, 0, 1, "ratio",
           "confidence that an entry needs"),
    NUMBER("bear_extra", AT(bear_extra), 0.15, 0, 1, "ratio",
           "strength needed on top for a long in a BEAR or a short in a BULL market"),
    NUMBER("exit_strength", AT(exit_strength), 0.30, 0, 1, "ratio",
           "strength against a position that ends it"),
    WHOLE("swing_bars", AT(swing_bars), 20, 2, QT_STRATEGY_SWING_MAX, "bars",
          "closed bars searched for the swing low and high"),
    NUMBER("stop_atr", AT(stop_atr), 2, 0.1, 20, "ATR", "least distance of the stop"),
    NUMBER("swing_atr", AT(swing_atr), 0.25, 0, 10, "ATR", "room beyond the swing low or high"),
    NUMBER("min_stop_bps", AT(min_stop_bps), 80, 1, 5000, "bps", "least distance of the stop"),
    NUMBER("max_stop_bps", AT(max_stop_bps), 600, 1, 5000, "bps", "largest distance of the stop"),
    NUMBER("target_1_r", AT(target_r[0]), 1.5, 0.1, 100, "R", "first target in initial risks"),
    NUMBER("target_2_r", AT(target_r[1]), 2, 0.1, 100, "R", "second target in initial risks"),
    NUMBER("target_3_r", AT(target_r[2]), 3, 0.1, 100, "R", "third target in initial risks"),
    NUMBER("target_1_fraction", AT(target_fraction[0]), 0.4, 0, 1, "ratio",
           "share of the initial position closed at the first target"),
    NUMBER("target_2_fraction", AT(target_fraction[1]), 0.3, 0, 1, "ratio",
           "share closed at the second target"),
    NUMBER("target_3_fraction", AT(target_fraction[2]), 0.3, 0, 1, "ratio",
           "share closed at the third target; what the three leave trails"),
    NUMBER("trail_atr", AT(trail_atr), 2.5, 0.1, 50, "ATR",
           "distance of the trailing stop, which begins at the first target"),
    WHOLE("time_stop_min", AT(time_stop_min), 1440, 1, 525600, "minutes",
          "a position that reached no target is closed after this"),
    WHOLE("cooldown_min", AT(cooldown_min), 120, 0, 525600, "minutes",
          "no new entry in a symbol so long after an exit"),
    {0}};
/* clang-format on */

const struct qt_config_section qt_strategy_section = {
    .name = "strategy",
    .help = "when a position is opened, and how it is closed",
    .size = sizeof(struct qt_strategy_config),
    .keys = keys,
};

int64_t
qt_strategy_interval_ns(const struct qt_strategy_config *config)
{
    enum qt_timeframe tf = qt_timeframe_of_name(config->interval);
    return qt_timeframe_ns(tf == QT_TIMEFRAMES ? QT_TF_15M : tf);
}
