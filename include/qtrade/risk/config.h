/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The limits (design, section 5). No key switches a check off: each has a range that keeps it a
 * limit.
 */
#ifndef QTRADE_RISK_CONFIG_H
#define QTRADE_RISK_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/config.h"
#include "qtrade/scan/regime.h"

struct qt_risk_config {
    /* exposure, ratios of equity */
    double risk_per_trade; /* equity lost when the stop is hit */
    double max_position, max_venue, max_strategy, max_sector, max_heat;
    double max_correlation; /* absolute, with any open position */
    /* loss */
    double max_daily_loss, max_drawdown;
    int64_t max_losses_in_row, losses_pause_min;
    /* leverage cap and Kelly fraction by regime */
    double leverage_trending, leverage_ranging, leverage_volatile, leverage_breakout;
    double leverage_crisis;
    double kelly_trending, kelly_normal, kelly_ranging, kelly_volatile, kelly_crisis;
    double crisis_factor; /* sizes in a crisis are multiplied by it */
    /* one order */
    int64_t max_order_notional;             /* quote asset, whole units */
    double collar_mid_bps, collar_last_bps; /* distance of an order's price from mid and last */
    double max_spread_bps;                  /* of an order that takes */
    int64_t max_quote_age_ms;
    /* many orders */
    int64_t max_open_orders, max_orders_per_s, max_orders_per_min, max_messages_per_s;
    double reserve_share; /* of every rate, for orders that reduce and for cancels */
    int64_t duplicate_window_ms;
};

/** Section "risk" of the config file. */
extern const struct qt_config_section qt_risk_section;

/** The leverage that a regime allows; an unknown regime (NULL or not is_known) has the least of
 * all. */
double qt_risk_leverage_cap(const struct qt_risk_config *config, const struct qt_regime *regime);
/** The part of the full Kelly fraction that a regime allows; an unknown regime has the least of
 * all. */
double qt_risk_kelly_cap(const struct qt_risk_config *config, const struct qt_regime *regime);

#endif
