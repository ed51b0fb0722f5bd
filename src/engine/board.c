/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/error.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/board.h"

enum { FAILURES_KEPT = 16, RESTART_MS = 250, RESTART_MAX_MS = 10000 };

#define NEEDS(component) (1u << QT_COMPONENT_##component)

static const unsigned needs[QT_COMPONENTS] = {
    [QT_COMPONENT_STORE] = 0,
    [QT_COMPONENT_VENUE] = NEEDS(STORE), /* the tag of its orders */
    [QT_COMPONENT_JOURNAL] = NEEDS(STORE) | NEEDS(VENUE),
    [QT_COMPONENT_WORKER] = 0,
    [QT_COMPONENT_ENGINE] = NEEDS(STORE) | NEEDS(VENUE) | NEEDS(JOURNAL) | NEEDS(WORKER),
    [QT_COMPONENT_CONTROL] = NEEDS(ENGINE) | NEEDS(SWITCH), /* which it shows, where there is one */
    [QT_COMPONENT_SCREEN] = NEEDS(ENGINE),
    [QT_COMPONENT_BACKUP] = NEEDS(STORE),
    [QT_COMPONENT_SWITCH] = NEEDS(ENGINE),
};

struct qt_part {
    _Alignas(QT_CACHE_LINE)
        atomic_uint_fast64_t beats; /* odd: at work; written by its own thread */
    _Alignas(QT_CACHE_LINE) struct qt_board *board;
    enum qt_component component;
    char name[24];
    atomic_int state;             /* enum qt_part_state, as its owner says */
    atomic_bool is_stuck;         /* as the watcher says */
    atomic_int_fast64_t moved_ns; /* the watcher saw it move, monotonic */
    atomic_uint restarts;
    /* the watcher's */
    uint64_t seen;
    unsigned looks; /* without a beat */
    /* guarded by the board's mutex */
    uint32_t failures;
    int64_t failed_ns[FAILURES_KEPT]; /* ring, monotonic */
    char last_failure[120];
};

struct qt_board {
    struct qt_health_config config;
    pthread_mutex_t mutex; /* guards failures; never held while anything waits */
    atomic_uint parts;     /* release in add, acquire by readers */
    atomic_uint failing;   /* bits by component */
    atomic_uint changes;
    atomic_uint walls; /* bits of enum qt_wall; stands alone */
    struct qt_part part[QT_BOARD_PARTS];
};

const char *
qt_part_state_name(enum qt_part_state state)
{
    static const char *const names[QT_PART_STATES] = {"starting", "running", "degraded", "failed",
                                                      "stopped"};
    return (unsigned)state < QT_PART_STATES ? names[state] : "?";
}

unsigned
qt_component_needs(enum qt_component component)
{
    return needs[component];
}

void
qt_component_order(enum qt_component out[QT_COMPONENTS])
{
    unsigned done = 0, n = 0;
    while (n < QT_COMPONENTS) {
        unsigned next = 0;
        while (next < QT_COMPONENTS && ((done >> next & 1) || (needs[next] & ~done)))
            next++;
        qt_assert(next < QT_COMPONENTS); /* else they need one another in a circle */
        done |= 1u << next;
        out[n++] = (enum qt_component)next;
    }
}

struct qt_board *
qt_board_create(const struct qt_health_config *config)
{
    struct qt_board *board = aligned_alloc(QT_CACHE_LINE, sizeof *board);
    if (!board)
        return NULL;
    memset(board, 0, sizeof *board);
    board->config = *config;
    pthread_mutex_init(&board->mutex, NULL);
    return board;
}

void
qt_board_destroy(struct qt_board *board)
{
    if (!board)
        return;
    pthread_mutex_destroy(&board->mutex);
    free(board);
}

struct qt_part *
qt_board_add(struct qt_board *board, enum qt_component component, const char *name)
{
    if (!board)
        return NULL;
    pthread_mutex_lock(&board->mutex);
    unsigned n = atomic_load(&board->parts);
    struct qt_part *part = n < QT_BOARD_PARTS ? &board->part[n] : NULL;
    if (part) {
        part->board = board;
        part->component = component;
        qt_copy(part->name, sizeof part->name, name);
        atomic_store(&part->moved_ns, qt_now_mono_ns());
        atomic_store_explicit(&board->parts, n + 1, memory_order_release);
    }
    pthread_mutex_unlock(&board->mutex);
    return part;
}

struct qt_part *
qt_board_at(struct qt_board *board, unsigned n)
{
    return board && n < atomic_load_explicit(&board->parts, memory_order_acquire) ? &board->part[n]
                                                                                  : NULL;
}

void
qt_part_beat(struct qt_part *part)
{
    if (!part)
        return;
    uint64_t beats = atomic_load_explicit(&part->beats, memory_order_relaxed);
    atomic_store_explicit(&part->beats, (beats | 1) + 2, memory_order_relaxed);
}

void
qt_part_rest(struct qt_part *part)
{
    if (!part)
        return;
    uint64_t beats = atomic_load_explicit(&part->beats, memory_order_relaxed);
    atomic_store_explicit(&part->beats, (beats | 1) + 1, memory_order_relaxed);
}

void
qt_part_set(struct qt_part *part, enum qt_part_state state)
{
    if (part)
        atomic_store(&part->state, (int)state);
}

/* Failures within the while of the config. With the mutex. */
static unsigned
recent_failures(const struct qt_part *part, int64_t now_ns)
{
    unsigned n = 0, kept = QT_MIN(part->failures, (uint32_t)FAILURES_KEPT);
    for (unsigned i = 0; i < kept; i++)
        n += now_ns - part->failed_ns[i] <= part->board->config.failures_min * 60 * QT_NS_PER_S;
    return n;
}

static bool
is_failing(const struct qt_part *part, int64_t now_ns)
{
    return recent_failures(part, now_ns) >= part->board->config.failures;
}

/* What is failing, over all parts. With the mutex. */
static void
judge(struct qt_board *board, int64_t now_ns)
{
    unsigned failing = 0, n = atomic_load(&board->parts);
    for (unsigned i = 0; i < n; i++)
        if (is_failing(&board->part[i], now_ns))
            failing |= 1u << board->part[i].component;
    atomic_store(&board->failing, failing);
}

void
qt_part_failed(struct qt_part *part, const char *format, ...)
{
    if (!part)
        return;
    int64_t now = qt_now_mono_ns();
    va_list args;
    va_start(args, format);
    pthread_mutex_lock(&part->board->mutex);
    vsnprintf(part->last_failure, sizeof part->last_failure, format, args);
    qt_text_clean(part->last_failure);
    part->failed_ns[part->failures++ % FAILURES_KEPT] = now;
    judge(part->board, now);
    pthread_mutex_unlock(&part->board->mutex);
    va_end(args);
}

void
qt_part_restarted(struct qt_part *part)
{
    if (part)
        atomic_fetch_add(&part->restarts, 1);
}

bool
qt_part_may_restart(struct qt_part *part)
{
    if (!part)
        return true;
    int64_t now = qt_now_mono_ns();
    pthread_mutex_lock(&part->board->mutex);
    unsigned recent = recent_failures(part, now);
    int64_t wait_ms = QT_MIN((int64_t)RESTART_MS << recent, (int64_t)RESTART_MAX_MS);
    int64_t last = part->failures ? part->failed_ns[(part->failures - 1) % FAILURES_KEPT] : 0;
    pthread_mutex_unlock(&part->board->mutex);
    return recent == 0 || now - last >= wait_ms * QT_NS_PER_MS;
}

uint64_t
qt_part_beats(const struct qt_part *part)
{
    return part ? atomic_load_explicit(&part->beats, memory_order_relaxed) : 0;
}

bool
qt_part_is_stuck(const struct qt_part *part)
{
    return part && atomic_load(&part->is_stuck);
}

enum qt_part_state
qt_part_state(const struct qt_part *part)
{
    if (!part)
        return QT_PART_STOPPED;
    return qt_part_is_stuck(part) ? QT_PART_FAILED : (enum qt_part_state)atomic_load(&part->state);
}

enum qt_component
qt_part_component(const struct qt_part *part)
{
    return part ? part->component : QT_COMPONENTS;
}

const char *
qt_part_name(const struct qt_part *part)
{
    return part ? part->name : "";
}

void
qt_board_tell_walls(struct qt_board *board, unsigned walls)
{
    if (board)
        atomic_store_explicit(&board->walls, walls, memory_order_relaxed);
}

unsigned
qt_board_walls(const struct qt_board *board)
{
    return board ? atomic_load_explicit(&board->walls, memory_order_relaxed) : 0;
}

/* H2. Returns whether is_stuck changed. */
static bool
look_at(struct qt_part *part, int64_t now_ns)
{
    uint64_t beats = atomic_load_explicit(&part->beats, memory_order_relaxed);
    int state = atomic_load(&part->state);
    bool is_watched = state == QT_PART_RUNNING || state == QT_PART_DEGRADED;
    bool moves = beats != part->seen || beats % 2 == 0 || !is_watched;
    part->seen = beats;
    part->looks = moves ? 0 : part->looks + 1;
    bool was_stuck = atomic_load(&part->is_stuck);
    bool is_stuck = part->looks * QT_LOOK_NS >= part->board->config.stuck_ms * QT_NS_PER_MS;
    if (is_stuck != was_stuck)
        atomic_store(&part->is_stuck, is_stuck);
    if (moves && !was_stuck)
        atomic_store(&part->moved_ns, now_ns);
    return is_stuck != was_stuck;
}

void
qt_board_look(struct qt_board *board,
              void (*tell)(void *self, const struct qt_part *part, bool is_stuck,
                           int64_t silent_ns),
              void *self)
{
    int64_t now = qt_now_mono_ns();
    struct qt_part *part;
    for (unsigned i = 0; (part = qt_board_at(board, i)); i++) {
        if (!look_at(part, now))
            continue;
        bool is_stuck = qt_part_is_stuck(part);
        int64_t silent = now - atomic_load(&part->moved_ns);
        if (is_stuck)
            qt_part_failed(part, "did not answer for %.1f s", (double)silent / (double)QT_NS_PER_S);
        else
            atomic_store(&part->moved_ns, now);
        atomic_fetch_add(&board->changes, 1);
        tell(self, part, is_stuck, silent);
    }
    if (board && atomic_load(&board->failing)) {
        pthread_mutex_lock(&board->mutex);
        judge(board, now);
        pthread_mutex_unlock(&board->mutex);
    }
}

unsigned
qt_board_failing(const struct qt_board *board)
{
    return board ? atomic_load_explicit(&board->failing, memory_order_relaxed) : 0;
}

unsigned
qt_board_changes(const struct qt_board *board)
{
    return board ? atomic_load_explicit(&board->changes, memory_order_relaxed) : 0;
}

bool
qt_board_view(struct qt_board *board, unsigned n, struct qt_part_view *out)
{
    struct qt_part *part = qt_board_at(board, n);
    if (!part)
        return false;
    int64_t now = qt_now_mono_ns();
    uint64_t beats = atomic_load_explicit(&part->beats, memory_order_relaxed);
    enum qt_part_state state = qt_part_state(part);
    *out = (struct qt_part_view){.component = (uint8_t)part->component,
                                 .state = (uint8_t)state,
                                 .has_heartbeat = beats % 2 == 1 && state != QT_PART_STOPPED,
                                 .silent_ns = now - atomic_load(&part->moved_ns),
                                 .failed_ns = -1,
                                 .restarts = atomic_load(&part->restarts)};
    qt_copy(out->name, sizeof out->name, part->name);
    pthread_mutex_lock(&board->mutex);
    out->failures = part->failures;
    out->is_failing = is_failing(part, now);
    qt_copy(out->last_failure, sizeof out->last_failure, part->last_failure);
    if (part->failures)
        out->failed_ns = now - part->failed_ns[(part->failures - 1) % FAILURES_KEPT];
    pthread_mutex_unlock(&board->mutex);
    return true;
}
