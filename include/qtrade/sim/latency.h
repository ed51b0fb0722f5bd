/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long a request takes: log-normal about its median, drawn anew each time.
 */
#ifndef QTRADE_SIM_LATENCY_H
#define QTRADE_SIM_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/rng.h"

#define QT_LATENCY_MAX_NS INT64_C(60000000000) /* no request takes longer */

struct qt_latency_law {
    int64_t median_ns; /* 0: at once */
    double sigma;      /* of the logarithms, >= 0 */
};

/** Reads "20ms" or "20ms:0.3", a median up to QT_LATENCY_MAX_NS and a sigma from 0 to 5; without one
 * it is sigma. False: it is neither; out as it was. */
QT_CHECKED bool qt_latency_law_parse(const char *text, double sigma, struct qt_latency_law *out);
/** One request's time, 0..QT_LATENCY_MAX_NS. Any thread that owns rng. */
int64_t qt_latency_law_draw(const struct qt_latency_law *law, struct qt_rng *rng);

#endif
