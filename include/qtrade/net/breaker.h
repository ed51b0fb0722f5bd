/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Circuit breaker: CLOSED lets everything through; `threshold` failures in a row open it; OPEN
 * refuses until `cool` has passed; then HALF_OPEN lets one probe through, whose outcome closes it
 * or opens it again, each time for twice as long up to `cool_max`. Pure: monotonic time is passed
 * in. Source: Nygard, Release It!, 2007.
 */
#ifndef QTRADE_NET_BREAKER_H
#define QTRADE_NET_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/attr.h"

enum qt_breaker_state {
    QT_BREAKER_CLOSED,
    QT_BREAKER_OPEN,
    QT_BREAKER_HALF_OPEN,
    QT_BREAKER_STATES
};

struct qt_breaker {
    unsigned threshold, failures; /* failures in a row */
    int64_t cool_ns, cool_max_ns, current_cool_ns;
    int64_t opened_ns;
    enum qt_breaker_state state;
    bool is_probing; /* HALF_OPEN: the probe is under way */
    uint64_t trips;
};

/** threshold >= 1, cool > 0, cool_max >= cool. */
void qt_breaker_init(struct qt_breaker *breaker, unsigned threshold, int64_t cool_ns,
                     int64_t cool_max_ns);
/** May a call go now? In HALF_OPEN one true per probe. */
QT_CHECKED bool qt_breaker_allow(struct qt_breaker *breaker, int64_t now_ns);
/** Outcome of a call that was allowed. */
void qt_breaker_succeeded(struct qt_breaker *breaker);
void qt_breaker_failed(struct qt_breaker *breaker, int64_t now_ns);
enum qt_breaker_state qt_breaker_state(const struct qt_breaker *breaker);
/** "closed", "open", "half_open". */
const char *qt_breaker_state_name(enum qt_breaker_state state);

#endif
