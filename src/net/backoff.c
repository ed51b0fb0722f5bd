/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exponential back-off with jitter.
 */
#include "qtrade/net/backoff.h"

#include "qtrade/base/error.h"

void
qt_backoff_init(struct qt_backoff *backoff, int64_t base_ns, int64_t cap_ns, int64_t stable_ns,
                uint64_t seed)
{
    qt_assert(base_ns > 0 && cap_ns >= base_ns && stable_ns >= 0);
    *backoff = (struct qt_backoff){.base_ns = base_ns, .cap_ns = cap_ns, .stable_ns = stable_ns};
    qt_rng_init(&backoff->rng, seed);
}

void
qt_backoff_up(struct qt_backoff *backoff, int64_t now_ns)
{
    backoff->up_since_ns = now_ns;
}

/* base x 2^failures, never past cap. */
static int64_t
ceiling(const struct qt_backoff *backoff)
{
    int64_t wait = backoff->base_ns;
    for (unsigned i = 0; i < backoff->failures && wait < backoff->cap_ns; i++)
        wait = wait > backoff->cap_ns / 2 ? backoff->cap_ns : wait * 2;
    return wait;
}

int64_t
qt_backoff_down(struct qt_backoff *backoff, int64_t now_ns)
{
    if (backoff->up_since_ns != 0 && now_ns - backoff->up_since_ns >= backoff->stable_ns)
        backoff->failures = 0;
    backoff->up_since_ns = 0;
    int64_t high = ceiling(backoff);
    if (backoff->failures < 64)
        backoff->failures++;
    int64_t half = high / 2;
    return high - (int64_t)qt_rng_below(&backoff->rng, (uint64_t)half + 1);
}
