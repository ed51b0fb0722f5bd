/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The section "simulation": one row a key. How to add one: a field in struct qt_simulation_config,
 * a row here, a line in an apply function; tests/sim/test_simulation_config.c and the manual
 * check judge it.
 */
#include "qtrade/sim/simulation_config.h"

#include "qtrade/base/num.h"
#include "qtrade/base/time.h"

#define PPM 1000000
#define PPM_A_BPS 100
#define NUMBER(field_, def_, max_, unit_, help_)                                                   \
    {                                                                                              \
        .key = #field_, .type = QT_CONFIG_DOUBLE,                                                  \
        .offset = offsetof(struct qt_simulation_config, field_), .def = def_, .min = 0,            \
        .max = max_, .unit = unit_, .help = help_                                                  \
    }

static const struct qt_config_key keys[] = {
    NUMBER(order_ms, 100, 60000, "ms", "median time from the decision to the exchange"),
    NUMBER(order_sigma, 0, 5, NULL, "of the logarithms of that time; 0: each takes the median"),
    NUMBER(cancel_ms, 100, 60000, "ms", "and of a cancel"),
    NUMBER(cancel_sigma, 0, 5, NULL, "of the logarithms of a cancel's time"),
    NUMBER(queue_ahead, 1, 1, "ratio",
           "of what is seen at its price, the part that a resting order comes behind"),
    NUMBER(maker_bps, 10, 1000, "bps", "fee of an order that rests"),
    NUMBER(taker_bps, 10, 1000, "bps", "fee of an order that takes"),
    NUMBER(perpetual_maker_bps, 2, 1000, "bps", "and of perpetuals, of an order that rests"),
    NUMBER(perpetual_taker_bps, 5, 1000, "bps", "and of one that takes"),
    {0}};

const struct qt_config_section qt_simulation_section = {
    .name = "simulation",
    .help = "What the exchange of paper trading and backtests is like",
    .size = sizeof(struct qt_simulation_config),
    .keys = keys,
};

static struct qt_latency_law
law_of(double median_ms, double sigma)
{
    return (struct qt_latency_law){(int64_t)(median_ms * (double)QT_NS_PER_MS), sigma};
}

/* A rebate is below 0. */
static int
ppm_of(double bps)
{
    return (int)(bps * PPM_A_BPS + (bps < 0 ? -0.5 : 0.5));
}

/* 0 would be all of it. */
static unsigned
queue_ppm_of(const struct qt_simulation_config *config)
{
    return (unsigned)QT_MAX(config->queue_ahead * PPM + 0.5, 1.0);
}

void
qt_simulation_apply(const struct qt_simulation_config *config, struct qt_inline_options *out)
{
    out->exchange.maker_ppm = ppm_of(config->maker_bps);
    out->exchange.taker_ppm = ppm_of(config->taker_bps);
    out->exchange.queue_ppm = queue_ppm_of(config);
    out->law[QT_INLINE_ORDER] = law_of(config->order_ms, config->order_sigma);
    out->law[QT_INLINE_CANCEL] = law_of(config->cancel_ms, config->cancel_sigma);
}

void
qt_simulation_apply_perpetual(const struct qt_simulation_config *config,
                              struct qt_perp_options *out)
{
    out->queue_ppm = queue_ppm_of(config);
    out->maker_ppm = ppm_of(config->perpetual_maker_bps);
    out->taker_ppm = ppm_of(config->perpetual_taker_bps);
}
