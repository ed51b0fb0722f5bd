/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long the simulated exchange takes to answer, by kind of request. Each time is drawn anew: it
 * is log-normal about its median, so that now and then one is much later.
 */
#ifndef QTRADE_VENUE_LATENCY_H
#define QTRADE_VENUE_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/base/rng.h"
#include "qtrade/sim/latency.h"

enum qt_latency {
    QT_LATENCY_MARKET, /* public requests */
    QT_LATENCY_ORDER,  /* placing, replacing */
    QT_LATENCY_CANCEL,
    QT_LATENCY_QUERY, /* everything else about the account */
    QT_LATENCIES
};

/** Medians of 0: at once. */
struct qt_latency_model {
    struct qt_latency_law law[QT_LATENCIES];
};
#define QT_LATENCY_SIGMA 0.33 /* of their logarithms, where nothing else is said */

/** Reads "order=5ms" or "order=5ms:0.1" (sigma) into the model. False with QT_E_USAGE; the model as it was. */
QT_CHECKED bool qt_latency_parse(const char *spec, struct qt_latency_model *model,
                                 struct qt_error *err);
/** One answer's time, 0 when its kind has none. Any thread that owns rng. */
int64_t qt_latency_draw(const struct qt_latency_model *model, enum qt_latency kind,
                        struct qt_rng *rng);

#endif
