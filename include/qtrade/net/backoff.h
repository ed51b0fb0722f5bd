/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exponential back-off with jitter: the n-th wait is drawn evenly from half to all of min(cap, base
 * x 2^n), so that many connections that broke together do not come back together (fault F8). A
 * connection that held for `stable` starts again at the base; a shorter one does not, so that a
 * server that accepts and cuts is not hammered. Pure: time is passed in. Source: Brooker,
 * Exponential Backoff And Jitter, 2015 ("equal jitter").
 */
#ifndef QTRADE_NET_BACKOFF_H
#define QTRADE_NET_BACKOFF_H

#include <stdint.h>

#include "qtrade/base/rng.h"

struct qt_backoff {
    int64_t base_ns, cap_ns, stable_ns;
    unsigned failures;   /* since the last reset */
    int64_t up_since_ns; /* monotonic; 0: down */
    struct qt_rng rng;
};

/** base > 0, cap >= base, stable >= 0; all ns. */
void qt_backoff_init(struct qt_backoff *backoff, int64_t base_ns, int64_t cap_ns, int64_t stable_ns,
                     uint64_t seed);
/** The connection stands since now_ns (monotonic). */
void qt_backoff_up(struct qt_backoff *backoff, int64_t now_ns);
/** It failed or broke at now_ns: how long to wait before the next try, ns. */
int64_t qt_backoff_down(struct qt_backoff *backoff, int64_t now_ns);

#endif
