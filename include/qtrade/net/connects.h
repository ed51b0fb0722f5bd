/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many connections may be begun at a host: venues count them by the address they come from, so
 * all that a process opens at one host share a budget, whoever opens them, and other hosts have
 * others. A token bucket a host; pure, time is passed in.
 */
#ifndef QTRADE_NET_CONNECTS_H
#define QTRADE_NET_CONNECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/net/limiter.h"
#include "qtrade/net/url.h"

/** More hosts than a process has venues; those beyond share the last place. */
#define QT_CONNECTS_HOSTS 16

/** One thread at a time. */
struct qt_connects {
    double rate_per_s, burst;
    unsigned n;
    struct {
        char name[QT_URL_HOST];
        struct qt_bucket bucket;
    } host[QT_CONNECTS_HOSTS];
};

/** For each host burst at once, then rate_per_s > 0; burst >= 1. */
void qt_connects_init(struct qt_connects *connects, double rate_per_s, double burst);
/** May one more be begun at the host of url now (monotonic ns)? False too: url is no address. */
QT_CHECKED bool qt_connects_take(struct qt_connects *connects, const char *url, int64_t now_ns);

#endif
