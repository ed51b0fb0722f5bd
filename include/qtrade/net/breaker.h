/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Circuit breaker: CLOSED lets everything through; `threshold` failures in a row open it; OPEN
 * refuses until `cool` has passed; then HALF_OPEN lets one probe through after the other. `needed`
 * good ones in a row close it, a bad one opens it again, each time for twice as long up to
 * `cool_max`. A probe whose outcome never comes is given up after another `cool`. Pure: monotonic
 * time is passed in. Source: Nygard, Release It!, 2007.
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

struct qt_breaker_policy {
    unsigned threshold, needed;   /* failures in a row that open it, good probes that close it; >= 1 */
    int64_t cool_ns, cool_max_ns; /* > 0; cool_max >= cool */
};

struct qt_breaker {
    struct qt_breaker_policy policy;
    unsigned failures, good; /* in a row: while CLOSED; of probes */
    int64_t current_cool_ns, opened_ns, probe_ns;
    enum qt_breaker_state state;
    bool is_probing; /* HALF_OPEN: a probe is under way since probe_ns */
    uint64_t trips;
};

void qt_breaker_init(struct qt_breaker *breaker, const struct qt_breaker_policy *policy);
/** Until a call may go at the earliest; 0: now. */
int64_t qt_breaker_wait_ns(const struct qt_breaker *breaker, int64_t now_ns);
/** May a call go now? In HALF_OPEN one true per probe. */
QT_CHECKED bool qt_breaker_allow(struct qt_breaker *breaker, int64_t now_ns);
/** Outcome of a call that was allowed. */
void qt_breaker_succeeded(struct qt_breaker *breaker);
void qt_breaker_failed(struct qt_breaker *breaker, int64_t now_ns);
/** A call that was allowed never left: that says nothing about the other side. */
void qt_breaker_forget(struct qt_breaker *breaker);
enum qt_breaker_state qt_breaker_state(const struct qt_breaker *breaker);
/** "closed", "open", "half_open". */
const char *qt_breaker_state_name(enum qt_breaker_state state);

#endif
