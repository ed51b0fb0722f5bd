/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Circuit breaker.
 */
#include "qtrade/net/breaker.h"

#include "qtrade/base/error.h"

void
qt_breaker_init(struct qt_breaker *breaker, const struct qt_breaker_policy *policy)
{
    qt_assert(policy->threshold >= 1 && policy->needed >= 1 && policy->cool_ns > 0 &&
              policy->cool_max_ns >= policy->cool_ns);
    *breaker = (struct qt_breaker){.policy = *policy, .current_cool_ns = policy->cool_ns};
}

int64_t
qt_breaker_wait_ns(const struct qt_breaker *breaker, int64_t now_ns)
{
    int64_t until = now_ns;
    if (breaker->state == QT_BREAKER_OPEN)
        until = breaker->opened_ns + breaker->current_cool_ns;
    else if (breaker->is_probing)
        until = breaker->probe_ns + breaker->current_cool_ns;
    return QT_MAX(until - now_ns, 0);
}

bool
qt_breaker_allow(struct qt_breaker *breaker, int64_t now_ns)
{
    if (breaker->state == QT_BREAKER_CLOSED)
        return true;
    if (qt_breaker_wait_ns(breaker, now_ns) > 0)
        return false;
    if (breaker->state == QT_BREAKER_OPEN)
        breaker->good = 0;
    breaker->state = QT_BREAKER_HALF_OPEN;
    breaker->is_probing = true;
    breaker->probe_ns = now_ns;
    return true;
}

void
qt_breaker_succeeded(struct qt_breaker *breaker)
{
    breaker->failures = 0;
    /* An answer to a call from before the trip proves nothing about now: only probes close. */
    if (breaker->state != QT_BREAKER_HALF_OPEN)
        return;
    breaker->is_probing = false;
    if (++breaker->good < breaker->policy.needed)
        return;
    breaker->state = QT_BREAKER_CLOSED;
    breaker->current_cool_ns = breaker->policy.cool_ns;
}

void
qt_breaker_forget(struct qt_breaker *breaker)
{
    breaker->is_probing = false;
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
        if (++breaker->failures >= breaker->policy.threshold)
            trip(breaker, now_ns);
        return;
    case QT_BREAKER_HALF_OPEN:
        breaker->current_cool_ns = breaker->current_cool_ns > breaker->policy.cool_max_ns / 2
                                       ? breaker->policy.cool_max_ns
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
