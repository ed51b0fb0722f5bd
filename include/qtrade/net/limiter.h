/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rate limits of a venue: fixed windows aligned to the venue's clock (request weight, order count,
 * raw requests), each with a share that only cancels may use; pauses (429), in which only cancels go,
 * and bans (418), which stop everything: both until Retry-After has passed. Pure: the venue's UTC
 * time is passed in; a clock that steps back never gives budget back.
 */
#ifndef QTRADE_NET_LIMITER_H
#define QTRADE_NET_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"

enum qt_limit_kind { QT_LIMIT_WEIGHT, QT_LIMIT_ORDERS, QT_LIMIT_REQUESTS, QT_LIMIT_KINDS };

/** One rule of a venue: at most limit of kind per interval, of which reserve is for cancels alone.
 */
struct qt_limit {
    enum qt_limit_kind kind;
    int64_t interval_ns;    /* > 0; windows begin at its multiples */
    int64_t limit, reserve; /* limit > reserve >= 0 */
};

struct qt_limit_cost {
    int64_t amount[QT_LIMIT_KINDS];
    bool is_cancel; /* may use the reserve */
};

enum qt_limiter_verdict {
    QT_LIMITER_GO,     /* taken */
    QT_LIMITER_WAIT,   /* no budget in this window: nothing taken */
    QT_LIMITER_BANNED, /* the venue said to stop (a pause or a ban): nothing taken */
    QT_LIMITER_VERDICTS
};

#define QT_LIMITER_ROWS 8

struct qt_limiter {
    size_t n;
    struct qt_limit limits[QT_LIMITER_ROWS];
    int64_t window_ns[QT_LIMITER_ROWS]; /* opening time of the current window */
    int64_t used[QT_LIMITER_ROWS];
    int64_t banned_until_ns; /* 0: not banned */
    int64_t paused_until_ns; /* 0: not paused */
    uint64_t waits, bans;    /* counted verdicts WAIT, bans and pauses set */
};

/** n (1..QT_LIMITER_ROWS) rules, copied. */
void qt_limiter_init(struct qt_limiter *limiter, const struct qt_limit *limits, size_t n);
/** Takes cost from every window, or nothing. *out_wait_ns (may be NULL): until it can be tried
 * again. */
QT_CHECKED enum qt_limiter_verdict qt_limiter_take(struct qt_limiter *limiter, int64_t now_ns,
                                                   const struct qt_limit_cost *cost,
                                                   int64_t *out_wait_ns);
/** The venue says how much of a window is used (X-MBX-USED-WEIGHT-1M): never lowers our own count.
 */
void qt_limiter_seen(struct qt_limiter *limiter, int64_t now_ns, enum qt_limit_kind kind,
                     int64_t interval_ns, int64_t used);
/** 418: nothing goes for seconds (< 1 counts as 1). Never shortens a ban. */
void qt_limiter_ban(struct qt_limiter *limiter, int64_t now_ns, int64_t seconds);
/** 429: nothing goes for so long but cancels, as far as the windows have room for them. */
void qt_limiter_pause(struct qt_limiter *limiter, int64_t now_ns, int64_t seconds);
/** When ban and pause are over, for keeping it over a restart; 0: none. Put back it is a ban. */
int64_t qt_limiter_banned_until(const struct qt_limiter *limiter);
void qt_limiter_restore_ban(struct qt_limiter *limiter, int64_t until_ns);

/** Token bucket: burst at once, then rate per second. For message limits of a socket. */
struct qt_bucket {
    double rate_per_s, burst, tokens;
    int64_t last_ns;
};
void qt_bucket_init(struct qt_bucket *bucket, double rate_per_s, double burst, int64_t now_ns);
QT_CHECKED bool qt_bucket_take(struct qt_bucket *bucket, int64_t now_ns, double amount);

#endif
