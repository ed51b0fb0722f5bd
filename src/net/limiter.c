/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fixed windows by venue weight, bans, token bucket.
 */
#include "qtrade/net/limiter.h"

#include <string.h>

#include "qtrade/base/error.h"
#include "qtrade/base/time.h"

void
qt_limiter_init(struct qt_limiter *limiter, const struct qt_limit *limits, size_t n)
{
    qt_assert(n >= 1 && n <= QT_LIMITER_ROWS);
    *limiter = (struct qt_limiter){.n = n};
    for (size_t i = 0; i < n; i++) {
        qt_assert(limits[i].interval_ns > 0 && limits[i].reserve >= 0 &&
                  limits[i].limit > limits[i].reserve);
        limiter->limits[i] = limits[i];
        limiter->window_ns[i] = INT64_MIN;
    }
}

/* Moves to the window of now; a clock that stepped back stays in the window it was in. */
static void
roll(struct qt_limiter *limiter, size_t i, int64_t now_ns)
{
    int64_t window = qt_time_floor(now_ns, limiter->limits[i].interval_ns);
    if (window <= limiter->window_ns[i])
        return;
    limiter->window_ns[i] = window;
    limiter->used[i] = 0;
}

/* Until when nothing of the kind goes. */
static bool
must_stop(const struct qt_limiter *limiter, int64_t now_ns, bool is_cancel, int64_t *out_wait_ns)
{
    int64_t until = is_cancel ? limiter->banned_until_ns : qt_limiter_banned_until(limiter);
    if (now_ns >= until)
        return false;
    *out_wait_ns = until - now_ns;
    return true;
}

enum qt_limiter_verdict
qt_limiter_take(struct qt_limiter *limiter, int64_t now_ns, const struct qt_limit_cost *cost,
                int64_t *out_wait_ns)
{
    int64_t wait = 0;
    int64_t *out = out_wait_ns ? out_wait_ns : &wait;
    *out = 0;
    if (must_stop(limiter, now_ns, cost->is_cancel, out))
        return QT_LIMITER_BANNED;
    for (size_t i = 0; i < limiter->n; i++) {
        const struct qt_limit *limit = &limiter->limits[i];
        roll(limiter, i, now_ns);
        int64_t room = limit->limit - (cost->is_cancel ? 0 : limit->reserve) - limiter->used[i];
        if (cost->amount[limit->kind] > 0 && cost->amount[limit->kind] > room)
            *out = QT_MAX(*out, limiter->window_ns[i] + limit->interval_ns - now_ns);
    }
    if (*out > 0) {
        limiter->waits++;
        return QT_LIMITER_WAIT;
    }
    for (size_t i = 0; i < limiter->n; i++)
        limiter->used[i] += cost->amount[limiter->limits[i].kind];
    return QT_LIMITER_GO;
}

void
qt_limiter_seen(struct qt_limiter *limiter, int64_t now_ns, enum qt_limit_kind kind,
                int64_t interval_ns, int64_t used)
{
    for (size_t i = 0; i < limiter->n; i++) {
        if (limiter->limits[i].kind != kind || limiter->limits[i].interval_ns != interval_ns)
            continue;
        roll(limiter, i, now_ns);
        limiter->used[i] = QT_MAX(limiter->used[i], used);
    }
}

static int64_t
end_of(int64_t now_ns, int64_t seconds)
{
    const int64_t most = 30 * QT_NS_PER_DAY / QT_NS_PER_S; /* Binance bans up to 3 days */
    return now_ns + QT_MIN(QT_MAX(seconds, 1), most) * QT_NS_PER_S;
}

void
qt_limiter_ban(struct qt_limiter *limiter, int64_t now_ns, int64_t seconds)
{
    limiter->banned_until_ns = QT_MAX(limiter->banned_until_ns, end_of(now_ns, seconds));
    limiter->bans++;
}

void
qt_limiter_pause(struct qt_limiter *limiter, int64_t now_ns, int64_t seconds)
{
    limiter->paused_until_ns = QT_MAX(limiter->paused_until_ns, end_of(now_ns, seconds));
    limiter->bans++;
}

int64_t
qt_limiter_banned_until(const struct qt_limiter *limiter)
{
    return QT_MAX(limiter->banned_until_ns, limiter->paused_until_ns);
}

void
qt_limiter_restore_ban(struct qt_limiter *limiter, int64_t until_ns)
{
    limiter->banned_until_ns = QT_MAX(limiter->banned_until_ns, until_ns);
}

void
qt_bucket_init(struct qt_bucket *bucket, double rate_per_s, double burst, int64_t now_ns)
{
    qt_assert(rate_per_s > 0 && burst >= 1);
    *bucket = (struct qt_bucket){
        .rate_per_s = rate_per_s, .burst = burst, .tokens = burst, .last_ns = now_ns};
}

bool
qt_bucket_take(struct qt_bucket *bucket, int64_t now_ns, double amount)
{
    if (now_ns > bucket->last_ns) {
        double gained = (double)(now_ns - bucket->last_ns) / 1e9 * bucket->rate_per_s;
        bucket->tokens = QT_MIN(bucket->burst, bucket->tokens + gained);
        bucket->last_ns = now_ns;
    }
    if (amount > bucket->tokens)
        return false;
    bucket->tokens -= amount;
    return true;
}
