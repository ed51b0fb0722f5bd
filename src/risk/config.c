/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The risk section of the config. How to add a key: a field in struct qt_risk_config, a row here;
 * the config's own suite, tests/risk/test_limits.c and the manual check judge it.
 */
#include "qtrade/risk/config.h"

#include "qtrade/base/attr.h"

#define AT(field) offsetof(struct qt_risk_config, field)
#define NUMBER(field, kind, preset, low, high, what, words)                                        \
    {                                                                                              \
        .key = #field, .type = kind, .offset = AT(field), .def = (preset), .min = (low),           \
        .max = (high), .unit = what, .reload = true, .help = words                                 \
    }
#define REAL(field, preset, low, high, what, words)                                                \
    NUMBER(field, QT_CONFIG_DOUBLE, preset, low, high, what, words)
#define WHOLE(field, preset, low, high, what, words)                                               \
    NUMBER(field, QT_CONFIG_INT, preset, low, high, what, words)

static const struct qt_config_key keys[] = {
    REAL(risk_per_trade, 0.005, 0.0001, 0.02, "ratio",
         "share of equity that a new position loses when its stop is hit"),
    REAL(max_position, 0.05, 0.001, 0.25, "ratio", "exposure to one symbol, share of equity"),
    REAL(max_venue, 0.20, 0.001, 1, "ratio", "exposure at one venue, share of equity"),
    REAL(max_strategy, 0.30, 0.001, 1, "ratio", "exposure of one strategy, share of equity"),
    REAL(max_sector, 0.40, 0.001, 1, "ratio", "exposure to one sector, share of equity"),
    REAL(max_heat, 0.25, 0.001, 0.5, "ratio",
         "what all positions together lose at their stops, share of equity"),
    REAL(max_correlation, 0.7, 0.05, 0.95, "ratio",
         "absolute correlation of a new position with any open one"),
    REAL(max_daily_loss, 0.03, 0.001, 0.15, "ratio",
         "loss since midnight UTC, share of that equity, that pauses until the next midnight"),
    REAL(max_drawdown, 0.15, 0.005, 0.15, "ratio",
         "fall from the peak of equity that only lets positions be reduced until the operator "
         "resumes"),
    WHOLE(max_losses_in_row, 6, 2, 100, "trades", "losing round trips in a row that pause"),
    WHOLE(losses_pause_min, 60, 1, 10080, "minutes", "how long losses in a row pause"),
    REAL(leverage_trending, 1.0, 0, 5, "ratio", "exposure over equity allowed while TRENDING"),
    REAL(leverage_ranging, 0.8, 0, 5, "ratio", "exposure over equity allowed while RANGING"),
    REAL(leverage_volatile, 0.5, 0, 5, "ratio", "exposure over equity allowed while VOLATILE"),
    REAL(leverage_breakout, 0.8, 0, 5, "ratio", "exposure over equity allowed at a BREAKOUT"),
    REAL(leverage_crisis, 0.25, 0, 5, "ratio", "exposure over equity allowed in a CRISIS"),
    REAL(kelly_trending, 0.35, 0, 0.35, "ratio", "part of the full Kelly fraction while TRENDING"),
    REAL(kelly_normal, 0.25, 0, 0.25, "ratio",
         "part of the full Kelly fraction where no other key says less"),
    REAL(kelly_ranging, 0.20, 0, 0.25, "ratio", "part of the full Kelly fraction while RANGING"),
    REAL(kelly_volatile, 0.15, 0, 0.25, "ratio", "part of the full Kelly fraction while VOLATILE"),
    REAL(kelly_crisis, 0.05, 0, 0.25, "ratio", "part of the full Kelly fraction in a CRISIS"),
    REAL(crisis_factor, 0.3, 0, 1, "ratio", "sizes are multiplied by it in a CRISIS"),
    WHOLE(max_order_notional, 50000, 1, 1000000000, "quote", "value of one order"),
    REAL(collar_mid_bps, 200, 1, 2000, "bps",
         "how far beyond the middle of the quote an order may pay"),
    REAL(collar_last_bps, 300, 1, 3000, "bps", "how far beyond the last trade an order may pay"),
    REAL(max_spread_bps, 20, 0.1, 1000, "bps", "spread at which a position may be opened"),
    WHOLE(max_quote_age_ms, 5000, 100, 3600000, "ms",
          "age of the quote an order is checked against"),
    WHOLE(max_open_orders, 50, 1, 1000, "orders", "orders open at once"),
    WHOLE(max_orders_per_s, 10, 1, 1000, "orders", "orders in any second"),
    WHOLE(max_orders_per_min, 120, 1, 2000, "orders", "orders in any minute"),
    WHOLE(max_messages_per_s, 20, 1, 2000, "messages", "orders, cancels and queries in any second"),
    REAL(reserve_share, 0.25, 0.05, 0.9, "ratio",
         "share of every rate kept for cancels and orders that reduce"),
    WHOLE(duplicate_window_ms, 1000, 1, 3600000, "ms",
          "time in which the same order is a duplicate"),
    {0},
};

const struct qt_config_section qt_risk_section = {
    .name = "risk",
    .help = "limits that every order is checked against",
    .size = sizeof(struct qt_risk_config),
    .keys = keys,
};

static double
least(const double *values, size_t n)
{
    double low = values[0];
    for (size_t i = 1; i < n; i++)
        low = QT_MIN(low, values[i]);
    return low;
}

double
qt_risk_leverage_cap(const struct qt_risk_config *config, const struct qt_regime *regime)
{
    const double all[] = {config->leverage_trending, config->leverage_ranging,
                          config->leverage_volatile, config->leverage_breakout,
                          config->leverage_crisis};
    if (!regime || !regime->is_known)
        return least(all, QT_COUNT_OF(all));
    const double by_structure[QT_STRUCTURES] = {
        [QT_STRUCTURE_TRENDING] = config->leverage_trending,
        [QT_STRUCTURE_RANGING] = config->leverage_ranging,
        [QT_STRUCTURE_VOLATILE] = config->leverage_volatile,
        [QT_STRUCTURE_BREAKOUT] = config->leverage_breakout,
    };
    qt_assert((unsigned)regime->structure < QT_STRUCTURES);
    double cap = by_structure[regime->structure];
    return regime->market == QT_MARKET_CRISIS ? QT_MIN(cap, config->leverage_crisis) : cap;
}

double
qt_risk_kelly_cap(const struct qt_risk_config *config, const struct qt_regime *regime)
{
    const double all[] = {config->kelly_trending, config->kelly_normal, config->kelly_ranging,
                          config->kelly_volatile, config->kelly_crisis};
    if (!regime || !regime->is_known)
        return least(all, QT_COUNT_OF(all));
    const double by_structure[QT_STRUCTURES] = {
        [QT_STRUCTURE_TRENDING] = config->kelly_trending,
        [QT_STRUCTURE_RANGING] = config->kelly_ranging,
        [QT_STRUCTURE_VOLATILE] = config->kelly_volatile,
        [QT_STRUCTURE_BREAKOUT] = config->kelly_normal,
    };
    qt_assert((unsigned)regime->structure < QT_STRUCTURES);
    double cap = by_structure[regime->structure];
    return regime->market == QT_MARKET_CRISIS ? QT_MIN(cap, config->kelly_crisis) : cap;
}
