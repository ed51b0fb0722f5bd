/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the suites of strategy share: defaults, prices from text, and symbols fed with walks. */
#ifndef QTRADE_TESTS_STRATEGY_HELP_H
#define QTRADE_TESTS_STRATEGY_HELP_H

#include "../scan/scan_help.h"
#include "qtrade/strategy/config.h"
#include "qtrade/strategy/signal.h"
#include "qtrade/strategy/symbol.h"

#define HELP_QUARTER (15 * QT_NS_PER_MIN)

static inline struct qt_strategy_config
help_strategy_config(void)
{
    struct qt_strategy_config config;
    struct qt_config_binding binding = {&qt_strategy_section, &config};
    qt_config_defaults(&binding, 1);
    return config;
}

/** A price of help_instrument's scale. */
static inline qt_px
help_px(const char *text)
{
    qt_px px;
    if (!qt_px_parse(text, 6, &px))
        abort();
    return px;
}

/** Feeds n bars of 15 minutes; *at counts them. */
static inline void
help_quarters(struct qt_strategy_symbol *state, struct qt_rng *rng, int *at, int n, double *price,
              double drift, double sigma)
{
    for (int i = 0; i < n; i++) {
        struct qt_ohlcv bar =
            help_bar(rng, HELP_START + (*at)++ * HELP_QUARTER, price, drift, sigma);
        if (!qt_strategy_symbol_bar(state, &bar))
            abort();
    }
}

#endif
