/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine's wall clock: wrong at the start (C5), moved on the way (C1, C4). */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "qtrade/base/time.h"

#include "host_priv.h"

#define MADE_NS (INT64_C(1763683200) * QT_NS_PER_S) /* 2025-11-21: no right clock shows less */
#define READ_NS (50 * QT_NS_PER_MS) /* a reading that took longer was interrupted: not believed */

enum { SAY_S = 60 };

bool
qt__host_await_time(struct qt__host *host, const sigset_t *set, struct qt_error *err)
{
    const struct timespec second = {.tv_sec = 1};
    char now[QT_TIME_TEXT], text[160];
    for (unsigned waited = 0; qt_now_utc_ns() < MADE_NS; waited++) {
        if (waited % SAY_S == 0) {
            snprintf(text, sizeof text,
                     "the clock of this machine says %s: waiting until it is set (timedatectl)",
                     qt_time_format(qt_now_utc_ns(), now));
            fprintf(stderr, "qtrade: %s\n", text);
            qt__service_tell(&host->service, text);
        }
        int caught = sigtimedwait(set, NULL, &second);
        if (caught == SIGINT || caught == SIGTERM)
            return qt_fail(err, QT_E_FAILED, "ended while waiting for the machine's clock");
    }
    return true;
}

/* Wall minus monotonic time, read at one moment. */
static bool
read_apart(int64_t *out)
{
    int64_t before = qt_now_boot_ns(), wall = qt_now_utc_ns(), after = qt_now_boot_ns();
    *out = wall - before;
    return after - before < READ_NS;
}

void
qt__host_look_at_clock(struct qt__host *host, struct qt_engine *engine, struct qt_log *log)
{
    int64_t apart, before = host->apart_ns;
    if (!read_apart(&apart))
        return;
    host->apart_ns = apart;
    int64_t step = before == QT_TIME_NONE ? 0 : apart - before;
    if (llabs(step) < host->plan.health->clock_jump_ms * QT_NS_PER_MS)
        return;
    struct qt_error ignored = {0};
    char reason[64];
    snprintf(reason, sizeof reason, "the machine's clock jumped by %+.1f s",
             (double)step / (double)QT_NS_PER_S);
    atomic_fetch_add_explicit(&host->clock_jumps, 1, memory_order_relaxed);
    atomic_store_explicit(&host->last_jump_ns, step, memory_order_relaxed);
    qt_log_event(log, QT_LOG_ERROR, "clock.jump", "ms=%" PRId64, step / QT_NS_PER_MS);
    bool is_taken = qt_engine_command(engine, QT_COMMAND_PAUSE, QT_SOURCE_ENGINE, reason, &ignored);
    qt_assert(is_taken); /* a stop is never refused */
}
