/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How each operation is tried again and when it is left alone: one row an operation, a breaker
 * each, so that what fails in one stops no other. Cancels have a breaker of their own that is slow
 * to open and quick to try again.
 *
 * How to add one: its name in enum qt_operation (engine/snapshot.h), a row here, and who asks by
 * it. tests/venue/test_breakers judges the rows.
 */
#include "session_priv.h"

#include "qtrade/base/time.h"

#define MS QT_NS_PER_MS
#define S QT_NS_PER_S

/* Jitter is always the upper half of a wait (net/backoff.h). Who tries again: a place never, its
 * fate is asked for; cancels and questions by the engine's beat; the rest here, with this back-off.
 */
const struct qt__bn_policy qt__bn_policies[QT_OPERATIONS] = {
    [QT_OPERATION_PLACE] =
        {.breaker = {.threshold = 5, .needed = 1, .cool_ns = S, .cool_max_ns = 30 * S}},
    [QT_OPERATION_CANCEL] =
        {.breaker = {.threshold = 20, .needed = 1, .cool_ns = 200 * MS, .cool_max_ns = S}},
    [QT_OPERATION_QUERY] =
        {.breaker = {.threshold = 10, .needed = 2, .cool_ns = S, .cool_max_ns = 10 * S}},
    [QT_OPERATION_ACCOUNT] =
        {.base_ns = S, /* at worst a tenth of the weight there is, of USD-M a fifth */
         .cap_ns = 10 * S,
         .breaker = {.threshold = 10, .needed = 1, .cool_ns = S, .cool_max_ns = 10 * S}},
    [QT_OPERATION_MARKET] =
        {.base_ns = 250 * MS,
         .cap_ns = 30 * S,
         .breaker = {.threshold = 20, .needed = 2, .cool_ns = S, .cool_max_ns = 10 * S}},
    [QT_OPERATION_STREAM] =
        {.base_ns = 500 * MS,
         .cap_ns = 60 * S,
         .stable_ns = 30 * S,
         .breaker = {.threshold = 20, .needed = 1, .cool_ns = S, .cool_max_ns = 15 * S}},
};

enum qt_operation
qt__bn_operation_of(enum qt__bn_what what)
{
    static const enum qt_operation of[QT__BN_WHATS] = {
        [QT__BN_TIME] = QT_OPERATION_MARKET,
        [QT__BN_RULES] = QT_OPERATION_MARKET,
        [QT__BN_DAY] = QT_OPERATION_MARKET,
        [QT__BN_BARS] = QT_OPERATION_MARKET,
        [QT__BN_BOOK] = QT_OPERATION_MARKET,
        [QT__BN_ACCOUNT] = QT_OPERATION_ACCOUNT,
        [QT__BN_OPEN_ORDERS] = QT_OPERATION_ACCOUNT,
        [QT__BN_PLACE] = QT_OPERATION_PLACE,
        [QT__BN_CANCEL] = QT_OPERATION_CANCEL,
        [QT__BN_CANCEL_ALL] = QT_OPERATION_CANCEL,
        [QT__BN_QUERY] = QT_OPERATION_QUERY,
        [QT__BN_TRADES] = QT_OPERATION_QUERY,
        [QT__BN_OPEN_ALGOS] = QT_OPERATION_ACCOUNT,
        [QT__BN_PLACE_ALGO] = QT_OPERATION_PLACE,
        [QT__BN_CANCEL_ALGO] = QT_OPERATION_CANCEL,
        [QT__BN_CANCEL_ALGOS] = QT_OPERATION_CANCEL,
        [QT__BN_QUERY_ALGO] = QT_OPERATION_QUERY,
        [QT__BN_LISTEN] = QT_OPERATION_ACCOUNT,
        [QT__BN_KEEP] = QT_OPERATION_ACCOUNT,
        [QT__BN_RIGHTS] = QT_OPERATION_ACCOUNT,
        [QT__BN_SIDES] = QT_OPERATION_ACCOUNT,
        [QT__BN_SET_SIDES] = QT_OPERATION_ACCOUNT,
        [QT__BN_SET_LEVERAGE] = QT_OPERATION_ACCOUNT,
        [QT__BN_SET_MARGIN] = QT_OPERATION_ACCOUNT,
    };
    return of[what];
}

void
qt__bn_backoff(struct qt_binance *self, enum qt_operation operation, struct qt_backoff *out)
{
    const struct qt__bn_policy *policy = &qt__bn_policies[operation];
    qt_backoff_init(out, policy->base_ns, policy->cap_ns, policy->stable_ns,
                    qt_rng_next(&self->rng));
}

void
qt__bn_breakers_init(struct qt_binance *self)
{
    for (int i = 0; i < QT_OPERATIONS; i++)
        qt_breaker_init(&self->operations[i].breaker, &qt__bn_policies[i].breaker);
}

bool
qt__bn_may(struct qt_binance *self, enum qt_operation operation, int64_t *out_wait_ns)
{
    struct qt_breaker *breaker = &self->operations[operation].breaker;
    int64_t now = qt__bn_mono(self);
    if (qt_breaker_allow(breaker, now))
        return true;
    if (out_wait_ns)
        *out_wait_ns = qt_breaker_wait_ns(breaker, now);
    return false;
}

void
qt__bn_outcome(struct qt_binance *self, enum qt_operation operation, bool is_good)
{
    self->operations[operation].calls++;
    self->operations[operation].failed += !is_good;
    if (is_good)
        qt_breaker_succeeded(&self->operations[operation].breaker);
    else
        qt_breaker_failed(&self->operations[operation].breaker, qt__bn_mono(self));
}

/* The fullest window of a kind, without what is kept for cancels. */
static double
used_pct(const struct qt_binance *self, enum qt_limit_kind kind)
{
    double most = 0;
    for (size_t i = 0; i < self->limiter.n; i++) {
        const struct qt_limit *limit = &self->limiter.limits[i];
        if (limit->kind == kind)
            most = QT_MAX(most, 100.0 * (double)self->limiter.used[i] / (double)limit->limit);
    }
    return most;
}

void
qt__bn_look(void *context, struct qt_venue_view *out)
{
    const struct qt_binance *self = context;
    for (int i = 0; i < QT_OPERATIONS; i++) {
        const struct qt__bn_operation *from = &self->operations[i];
        out->operation[i] =
            (struct qt_operation_view){.breaker = (uint8_t)qt_breaker_state(&from->breaker),
                                       .failures = from->breaker.failures,
                                       .calls = from->calls,
                                       .failed = from->failed,
                                       .trips = from->breaker.trips};
    }
    out->weight_pct = used_pct(self, QT_LIMIT_WEIGHT);
    out->orders_pct = used_pct(self, QT_LIMIT_ORDERS);
    out->round_trip_ns = QT_MAX(self->stats.round_trip_ns, 0);
    out->bad_messages = self->stats.malformed + self->stats.refused + self->stats.clamped;
    (void)qt_copy(out->last_bad, sizeof out->last_bad, self->stats.last_bad);
}
