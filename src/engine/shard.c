/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/base/ring.h"
#include "qtrade/base/time.h"

#include "shard_priv.h"

/* A thread that has nothing to do looks for 50 us before it sleeps: waking one costs as much. A
 * sleeper is woken for KICK messages at once, at the end of the engine's turn, or at a meeting.
 * With more threads than cores nobody looks twice: who spins keeps another one from working. */
enum { RING_OUT = 4096, KICK = 256, SPIN_US = 50, LOOKS_A_CLOCK = 64 };

static const size_t ring_in[QT_LANES] = {
    [QT_LANE_POSITIONS] = 2048, [QT_LANE_TOP] = 2048, [QT_LANE_REST] = 8192};

enum what { EVENT, MEET, MEASURE, STOP };

struct message {
    enum what what;
    struct qt_event event;
};

struct shard {
    struct qt_shards *shards;
    unsigned index;
    bool is_started;
    pthread_t thread;
    struct qt_spsc *in[QT_LANES], *out;
    unsigned markers; /* lanes whose marker has come; the shard's own */
    sem_t wake;
    atomic_bool is_asleep;     /* set by the shard before it sleeps, cleared by who wakes it */
    atomic_uint_fast64_t done; /* markers finished; release by the shard, acquire by the engine */
    uint64_t asked;            /* markers pushed; engine thread */
    unsigned waiting;          /* pushed since it was last woken; engine thread */
    uint64_t waits_in;         /* at a full ring in; engine thread */
    uint64_t waits_out;        /* at the full ring out; the shard, read while all have met */
};

struct qt_shards {
    struct qt_shard_work work;
    unsigned workers;
    bool is_crowded; /* more threads than cores */
    bool has_met;    /* nothing was pushed since all met; engine thread, as what follows */
    uint8_t lane[QT_PARTITIONS]; /* enum qt_lane */
    struct qt_shares shares;
    int64_t measure_ns;     /* time of the cycle; written before its markers are pushed */
    atomic_uint next;       /* partition to measure next; any shard takes it by adding one */
    sem_t met;              /* wakes the engine thread in a meeting */
    atomic_bool is_meeting; /* set by the engine thread before it sleeps, cleared by who wakes it */
    struct shard shard[QT_WORKERS_MAX];
};

static _Thread_local int my_shard = 0; /* 0: the engine thread */

static void
wake_engine(struct qt_shards *shards)
{
    if (atomic_load(&shards->is_meeting) && atomic_exchange(&shards->is_meeting, false))
        sem_post(&shards->met);
}

static void
relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

/* Whether the time to spin is over; *since is 0 at the first look. */
static bool
is_tired(const struct qt_shards *shards, unsigned looks, int64_t *since)
{
    if (shards->is_crowded)
        return true;
    relax();
    if (looks % LOOKS_A_CLOCK != LOOKS_A_CLOCK - 1)
        return false;
    int64_t now = qt_now_mono_ns();
    if (*since == 0)
        *since = now;
    return now - *since > SPIN_US * QT_NS_PER_US;
}

/* Whole partitions, as long as there are any (S3). */
static void
measure(struct qt_shards *shards)
{
    unsigned p;
    while ((p = atomic_fetch_add(&shards->next, 1)) < QT_PARTITIONS)
        shards->work.measure(shards->work.engine, p, QT_PARTITIONS, shards->measure_ns);
}

/* False: the shard's work is over. */
static bool
handle(struct shard *shard, const struct message *message)
{
    const struct qt_shard_work *work = &shard->shards->work;
    if (message->what == EVENT) {
        work->event(work->engine, &message->event);
        return true;
    }
    if (++shard->markers < QT_LANES) /* the other lanes are not empty yet */
        return true;
    shard->markers = 0;
    if (message->what == MEASURE)
        measure(shard->shards);
    atomic_fetch_add(&shard->done, 1);
    wake_engine(shard->shards);
    return message->what != STOP;
}

/* From the highest lane that has something. */
static bool
pop(struct shard *shard, struct message *message)
{
    for (int lane = 0; lane < QT_LANES; lane++)
        if (qt_spsc_pop(shard->in[lane], message))
            return true;
    return false;
}

static bool
is_empty(const struct shard *shard)
{
    for (int lane = 0; lane < QT_LANES; lane++)
        if (qt_spsc_count(shard->in[lane]) > 0)
            return false;
    return true;
}

/* The next message: spins a little, then sleeps until the engine thread posts. */
static void
wait_for(struct shard *shard, struct message *message)
{
    int64_t since = 0;
    for (unsigned looks = 0; !pop(shard, message); looks++) {
        if (!is_tired(shard->shards, looks, &since))
            continue;
        atomic_store(&shard->is_asleep, true);
        if (is_empty(shard))
            sem_wait(&shard->wake);
        atomic_store(&shard->is_asleep, false);
        since = 0;
    }
}

static void *
run(void *argument)
{
    struct shard *shard = argument;
    my_shard = (int)shard->index;
    struct message message;
    do
        wait_for(shard, &message);
    while (handle(shard, &message));
    return NULL;
}

static void
kick(struct shard *shard)
{
    shard->waiting = 0;
    atomic_thread_fence(memory_order_seq_cst); /* the pushes before the look at is_asleep */
    if (atomic_load(&shard->is_asleep) && atomic_exchange(&shard->is_asleep, false))
        sem_post(&shard->wake);
}

static void
push(struct shard *shard, unsigned lane, const struct message *message)
{
    bool is_full = false;
    while (!qt_spsc_push(shard->in[lane], message)) { /* S2 */
        shard->waits_in += !is_full;
        is_full = true;
        kick(shard);
        if (qt__shards_drain(shard->shards) == 0)
            sched_yield();
    }
    if (++shard->waiting >= KICK)
        kick(shard);
}

static void
push_marker(struct shard *shard, enum what what)
{
    const struct message message = {.what = what};
    for (unsigned lane = 0; lane < QT_LANES; lane++)
        push(shard, lane, &message);
    shard->asked++;
    kick(shard);
}

static bool
take_rings(struct shard *shard)
{
    bool has_all = (shard->out = qt_spsc_create(sizeof(struct qt_output), RING_OUT)) != NULL;
    for (int lane = 0; lane < QT_LANES; lane++) {
        shard->in[lane] = qt_spsc_create(sizeof(struct message), ring_in[lane]);
        has_all = has_all && shard->in[lane];
    }
    return has_all;
}

static bool
start(struct qt_shards *shards, unsigned index, struct qt_error *err)
{
    struct shard *shard = &shards->shard[index];
    shard->shards = shards;
    shard->index = index;
    if (!take_rings(shard) || sem_init(&shard->wake, 0, 0) != 0)
        return qt_fail(err, QT_E_MEMORY, "no memory for the rings of %u workers", shards->workers);
    int failed = pthread_create(&shard->thread, NULL, run, shard);
    if (failed)
        return qt_fail(err, QT_E_FAILED,
                       "worker %u of %u could not start: %s (lower engine.workers)", index + 1,
                       shards->workers, strerror(failed));
    shard->is_started = true;
    return true;
}

struct qt_shards *
qt__shards_create(unsigned workers, const struct qt_cores *cores, const struct qt_shard_work *work,
                  struct qt_error *err)
{
    struct qt_shards *shards = calloc(1, sizeof *shards);
    if (!shards) {
        qt_fail(err, QT_E_MEMORY, "no memory for %u workers", workers);
        return NULL;
    }
    shards->work = *work;
    shards->workers = workers;
    qt__shares_init(&shards->shares, workers);
    memset(shards->lane, QT_LANE_REST, sizeof shards->lane);
    shards->has_met = true;
    long room = cores->n > 0 ? (long)cores->n : sysconf(_SC_NPROCESSORS_ONLN);
    shards->is_crowded = (long)workers > room;
    sem_init(&shards->met, 0, 0);
    for (unsigned i = 1; i < workers; i++)
        if (!start(shards, i, err) || !qt__cores_pin(cores, i, shards->shard[i].thread, err)) {
            qt__shards_destroy(shards);
            return NULL;
        }
    return shards;
}

void
qt__shards_destroy(struct qt_shards *shards)
{
    for (unsigned i = 0; shards && i < shards->workers; i++) {
        struct shard *shard = &shards->shard[i];
        if (shard->is_started) {
            push_marker(shard, STOP);
            pthread_join(shard->thread, NULL);
            sem_destroy(&shard->wake);
        }
        for (int lane = 0; lane < QT_LANES; lane++)
            qt_spsc_destroy(shard->in[lane]);
        qt_spsc_destroy(shard->out);
    }
    if (shards)
        sem_destroy(&shards->met);
    free(shards);
}

unsigned
qt__shards_here(void)
{
    return (unsigned)my_shard;
}

void
qt__shards_push(struct qt_shards *shards, const struct qt_event *event)
{
    if (shards->workers == 1) {
        shards->work.event(shards->work.engine, event);
        return;
    }
    unsigned partition = event->instrument % QT_PARTITIONS;
    unsigned owner = shards->shares.owner[partition];
    shards->shares.events[partition]++;
    if (owner == 0) {
        shards->work.event(shards->work.engine, event);
        return;
    }
    struct message message = {.what = EVENT, .event = *event};
    shards->has_met = false;
    push(&shards->shard[owner], shards->lane[partition], &message);
}

void
qt__shards_emit(struct qt_shards *shards, const struct qt_output *output)
{
    if (my_shard == 0) {
        shards->work.output(shards->work.engine, output);
        return;
    }
    struct shard *shard = &shards->shard[my_shard];
    bool is_full = false;
    while (!qt_spsc_push(shard->out, output)) { /* never drops an order */
        shard->waits_out += !is_full;
        is_full = true;
        wake_engine(shards);
        sched_yield();
    }
}

unsigned
qt__shards_drain(struct qt_shards *shards)
{
    unsigned n = 0;
    struct qt_output output;
    for (unsigned i = 1; i < shards->workers; i++)
        while (shards->shard[i].out && qt_spsc_pop(shards->shard[i].out, &output)) {
            shards->work.output(shards->work.engine, &output);
            n++;
        }
    return n;
}

static bool
have_passed(struct qt_shards *shards)
{
    for (unsigned i = 1; i < shards->workers; i++)
        if (atomic_load(&shards->shard[i].done) < shards->shard[i].asked)
            return false;
    return true;
}

static bool
has_output(const struct qt_shards *shards)
{
    for (unsigned i = 1; i < shards->workers; i++)
        if (qt_spsc_count(shards->shard[i].out) > 0)
            return true;
    return false;
}

void
qt__shards_kick(struct qt_shards *shards)
{
    for (unsigned i = 1; i < shards->workers; i++)
        if (shards->shard[i].waiting > 0)
            kick(&shards->shard[i]);
}

/* Pushes a marker to every other shard, does the engine thread's own part, and waits until all
 * have passed it. */
static void
pass(struct qt_shards *shards, enum what what)
{
    for (unsigned i = 1; i < shards->workers; i++)
        push_marker(&shards->shard[i], what);
    if (what == MEASURE)
        measure(shards);
    int64_t since = 0;
    for (unsigned looks = 0; !have_passed(shards); looks++) {
        if (qt__shards_drain(shards) > 0 || !is_tired(shards, looks, &since))
            continue;
        atomic_store(&shards->is_meeting, true);
        if (!have_passed(shards) && !has_output(shards))
            sem_wait(&shards->met);
        atomic_store(&shards->is_meeting, false);
        since = 0;
    }
    qt__shards_drain(shards);
    shards->has_met = true;
}

void
qt__shards_meet(struct qt_shards *shards)
{
    if (shards->workers > 1)
        pass(shards, MEET);
}

void
qt__shards_measure(struct qt_shards *shards, int64_t t_ns)
{
    if (shards->workers == 1) {
        shards->work.measure(shards->work.engine, 0, 1, t_ns);
        return;
    }
    pass(shards, MEET);
    shards->measure_ns = t_ns;
    atomic_store(&shards->next, 0);
    pass(shards, MEASURE);
    (void)qt__shares_look(&shards->shares); /* W1 */
}

void
qt__shards_set_lanes(struct qt_shards *shards, const uint8_t lane[QT_PARTITIONS])
{
    qt_assert(shards->has_met); /* S4 */
    memcpy(shards->lane, lane, sizeof shards->lane);
}

enum qt_lane
qt__shards_lane(const struct qt_shards *shards, uint32_t instrument)
{
    return (enum qt_lane)shards->lane[instrument % QT_PARTITIONS];
}

bool
qt__shards_are_high(const struct qt_shards *shards)
{
    for (unsigned i = 1; i < shards->workers; i++)
        for (int lane = 0; lane < QT_LANES; lane++)
            if (qt_spsc_count(shards->shard[i].in[lane]) >= QT_SHARDS_HIGH)
                return true;
    return false;
}

void
qt__shards_view(const struct qt_shards *shards, struct qt_shards_view *out)
{
    *out = (struct qt_shards_view){.workers = shards->workers, .moves = shards->shares.moves};
    for (unsigned i = 1; i < shards->workers; i++) {
        out->waits_in += shards->shard[i].waits_in;
        out->waits_out += shards->shard[i].waits_out;
    }
}
