/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host_priv.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/base/file.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/board.h"

#include "starts_priv.h"

/* Told at the start: no thread of this process dies of a write. */
static void
ignore_write_signals(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a full quota of the log's file is an error of its write (R5) */
}

static bool
await_time(struct qt__host *host, struct qt_error *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (!host->plan.steady)
        return true;
    if (!qt__host_await_time(host, &set, err))
        return false;
    qt_clock_init_steady(host->plan.steady);
    return true;
}

static bool
count_start(struct qt__host *host, struct qt_error *err)
{
    if (host->plan.is_throw_away)
        return true;
    host->is_counted = qt__starts_begin(
        host->plan.folder, host->plan.health->starts_min * QT_NS_PER_MIN, &host->crashes, err);
    return host->is_counted;
}

bool
qt__host_begin(struct qt__host *host, const struct qt__host_plan *plan, struct qt_error *err)
{
    const char *folders[] = {plan->folder, plan->journal, plan->backups};
    *host = (struct qt__host){.plan = *plan, .apart_ns = QT_TIME_NONE, .has_begun = true};
    ignore_write_signals();
    qt__service_open(&host->service);
    return await_time(host, err) && (!plan->journal || qt_dir_make(plan->journal, err)) &&
           (!plan->backups || qt_dir_make(plan->backups, err) ||
            qt_error_add(err, "backup.folder")) &&
           qt__sandbox_begin(&host->sandbox, plan->sandbox, folders, QT_COUNT_OF(folders),
                             plan->is_throw_away ? plan->folder : NULL, err) &&
           count_start(host, err);
}

void
qt__host_judge_starts(struct qt__host *host, struct qt_engine *engine, struct qt_log *log)
{
    struct qt_error ignored = {0};
    char reason[64];
    if (host->crashes + 1 < host->plan.health->starts)
        return;
    snprintf(reason, sizeof reason, "%u starts in %lld min, none ended in order", host->crashes + 1,
             (long long)host->plan.health->starts_min);
    qt_log_event(log, QT_LOG_ERROR, "start.loop", "starts=%u", host->crashes + 1);
    bool is_taken = qt_engine_command(engine, QT_COMMAND_PAUSE, QT_SOURCE_ENGINE, reason, &ignored);
    qt_assert(is_taken); /* a stop is never refused */
}

void
qt__host_seal(struct qt__host *host, struct qt_log *log)
{
    qt__sandbox_seal(&host->sandbox, host->plan.sandbox, host->plan.may_spawn, log);
}

unsigned
qt__host_walls(const struct qt__host *host)
{
    const struct qt__sandbox *box = &host->sandbox;
    return QT_WALL_TOLD | (box->is_on ? 0u : QT_WALL_OFF) | (box->has_limits ? QT_WALL_LIMITS : 0u) |
           (box->has_landlock ? QT_WALL_FILES : 0u) | (box->has_seccomp ? QT_WALL_CALLS : 0u);
}

/* The kernel's word on the file that this process runs: removed, or another in its place. It runs
 * on with what it has (fault P6). */
static void
look_at_file(struct qt__host *host, struct qt_log *log)
{
    static const char gone[] = " (deleted)";
    char path[1024];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    size_t length = n > 0 ? (size_t)n : 0, tail = sizeof gone - 1;
    if (atomic_load_explicit(&host->is_replaced, memory_order_relaxed) || length < tail ||
        memcmp(path + length - tail, gone, tail) != 0)
        return;
    atomic_store_explicit(&host->is_replaced, true, memory_order_relaxed);
    qt_log_event(log, QT_LOG_WARN, "program.replaced",
                 "file=%.*s note=\"runs on as it was started; the next start takes the new one\"",
                 (int)(length - tail), path);
}

void
qt__host_look(struct qt__host *host, struct qt_engine *engine, uint64_t engine_beats,
              struct qt_log *log)
{
    qt__host_look_at_clock(host, engine, log);
    look_at_file(host, log);
    const struct qt_snapshot *picture = qt_engine_snapshot(engine);
    qt__service_look(&host->service, picture, engine_beats, qt_now_mono_ns());
    qt_engine_snapshot_unref(engine, picture);
}

void
qt__host_end(struct qt__host *host, bool is_orderly)
{
    if (!host->has_begun)
        return;
    qt__service_close(&host->service);
    if (is_orderly && host->is_counted)
        qt__starts_end(host->plan.folder);
    host->has_begun = false;
}

json_t *
qt__host_document(const struct qt__host *host, const struct qt_log *log)
{
    unsigned jumps = atomic_load_explicit(&host->clock_jumps, memory_order_relaxed);
    int64_t last = atomic_load_explicit(&host->last_jump_ns, memory_order_relaxed);
    bool is_replaced = atomic_load_explicit(&host->is_replaced, memory_order_relaxed);
    return json_pack("{s:o,s:s,s:i,s:i,s:o,s:I,s:b}", "sandbox",
                     qt__sandbox_document(&host->sandbox), "program",
                     is_replaced ? "binary replaced" : "as started", "starts_without_end",
                     (int)host->crashes, "clock_jumps", (int)jumps, "last_clock_jump_ms",
                     jumps > 0 ? json_integer(last / QT_NS_PER_MS) : json_null(), "log_lost",
                     log ? (json_int_t)qt_log_lost(log) : (json_int_t)0, "service_manager",
                     host->service.socket >= 0);
}
