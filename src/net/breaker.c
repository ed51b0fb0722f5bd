/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Circuit breaker.
 */
#include "qtrade/net/breaker.h"

#include "qtrade/base/error.h"

void
qt_breaker_init(struct qt_breaker *breaker, unsigned threshold, int64_t cool_ns,
                int64_t cool_max_ns)
{
    qt_assert(threshold >= 1 && cool_ns > 0 && cool_max_ns >= cool_ns);
    *breaker = (struct qt_breaker){.threshold = threshold,
                                   .cool_ns = cool_ns,
                                   .cool_max_ns = cool_max_ns,
                                   .current_cool_ns = cool_ns};
}

bool
qt_breaker_allow(struct qt_breaker *breaker, int64_t now_ns)
{
    switch (breaker->state) {
    case QT_BREAKER_CLOSED:
        return true;
    case QT_BREAKER_OPEN:
        if (now_ns - breaker->opened_ns < breaker->current_cool_ns)
            return false;
        breaker->state = QT_BREAKER_HALF_OPEN;
        breaker->is_probing = true;
        return true;
    case QT_BREAKER_HALF_OPEN:
        if (breaker->is_probing)
            return false;
        breaker->is_probing = true;
        return true;
    case QT_BREAKER_STATES:
        break;
    }
    return false;
}

void
qt_breaker_succeeded(struct qt_breaker *breaker)
{
    breaker->failures = 0;
    /* An answer to a call from before the trip proves nothing about now: only the probe closes. */
    if (breaker->state != QT_BREAKER_HALF_OPEN)
        return;
    breaker->state = QT_BREAKER_CLOSED;
    breaker->is_probing = false;
    breaker->current_cool_ns = breaker->cool_ns;
}

static void
trip(struct qt_breaker *breaker, int64_t now_ns)
{
    breaker->state = QT_BREAKER_OPEN;
    breaker->opened_ns = now_ns;
    breaker->is_probing = false;
    breaker->failures = 0;
    breaker->trips++;
}

void
qt_breaker_failed(struct qt_breaker *breaker, int64_t now_ns)
{
    switch (breaker->state) {
    case QT_BREAKER_CLOSED:
        if (++breaker->failures >= breaker->threshold)
            trip(breaker, now_ns);
        return;
    case QT_BREAKER_HALF_OPEN:
        breaker->current_cool_ns = breaker->current_cool_ns > breaker->cool_max_ns / 2
                                       ? breaker->cool_max_ns
                                       : breaker->current_cool_ns * 2;
        trip(breaker, now_ns);
        return;
    case QT_BREAKER_OPEN:
    case QT_BREAKER_STATES:
        return;
    }
}

enum qt_breaker_state
qt_breaker_state(const struct qt_breaker *breaker)
{
    return breaker->state;
}

const char *
qt_breaker_state_name(enum qt_breaker_state state)
{
    static const char *const names[QT_BREAKER_STATES] = {
        [QT_BREAKER_CLOSED] = "closed",
        [QT_BREAKER_OPEN] = "open",
        [QT_BREAKER_HALF_OPEN] = "half_open",
    };
    return (unsigned)state < QT_BREAKER_STATES ? names[state] : "unknown";
}
