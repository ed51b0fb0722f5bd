/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The config's section "simulation": what the exchange inside the program is like, for paper
 * trading and backtests. qtrade compare calibrates it.
 */
#ifndef QTRADE_SIM_SIMULATION_CONFIG_H
#define QTRADE_SIM_SIMULATION_CONFIG_H

#include "qtrade/base/config.h"
#include "qtrade/sim/inline_venue.h"

struct qt_simulation_config {
    double order_ms, order_sigma, cancel_ms, cancel_sigma;
    double queue_ahead;
    double maker_bps, taker_bps;                     /* spot */
    double perpetual_maker_bps, perpetual_taker_bps; /* perpetuals */
};

extern const struct qt_config_section qt_simulation_section;

/** Sets latencies, place in the queue and the fees of spot; the rest stays. */
void qt_simulation_apply(const struct qt_simulation_config *config, struct qt_inline_options *out);
/** Sets the place in the queue and the fees of perpetuals. */
void qt_simulation_apply_perpetual(const struct qt_simulation_config *config,
                                   struct qt_perp_options *out);

#endif
