/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/ring.h"

#include "shard_priv.h"

enum { RING_IN = 8192, RING_OUT = 4096, SPINS_BEFORE_SLEEP = 4000 };

enum what { EVENT, MEET, MEASURE, STOP };

struct message {
    enum what what;
    int64_t t_ns;
    struct qt_event event;
};

struct shard {
    struct qt_shards *shards;
    unsigned index;
    bool is_started;
    pthread_t thread;
    struct qt_spsc *in, *out;
    sem_t wake;
    atomic_bool is_asleep;     /* set by the shard before it sleeps, cleared by who wakes it */
    atomic_uint_fast64_t done; /* markers finished; release by the shard, acquire by the engine */
    uint64_t asked;            /* markers pushed; engine thread */
};

struct qt_shards {
    struct qt_shard_work work;
    unsigned workers;
    struct shard shard[QT_WORKERS_MAX];
};

static _Thread_local int my_shard = -1; /* -1: the engine thread */

static void
handle(struct shard *shard, const struct message *message)
{
    const struct qt_shard_work *work = &shard->shards->work;
    switch (message->what) {
    case EVENT:
        work->event(work->engine, &message->event);
        return;
    case MEASURE:
        work->measure(work->engine, shard->index, shard->shards->workers, message->t_ns);
        break;
    case MEET:
    case STOP:
        break;
    }
    atomic_fetch_add_explicit(&shard->done, 1, memory_order_release);
}

/* The next message: spins a little, then sleeps until the engine thread posts. */
static void
wait_for(struct shard *shard, struct message *message)
{
    for (unsigned spins = 0; !qt_spsc_pop(shard->in, message); spins++) {
        if (spins < SPINS_BEFORE_SLEEP)
            continue;
        atomic_store(&shard->is_asleep, true);
        if (qt_spsc_count(shard->in) == 0)
            sem_wait(&shard->wake);
        atomic_store(&shard->is_asleep, false);
        spins = 0;
    }
}

static void *
run(void *argument)
{
    struct shard *shard = argument;
    my_shard = (int)shard->index;
    struct message message;
    do {
        wait_for(shard, &message);
        handle(shard, &message);
    } while (message.what != STOP);
    return NULL;
}

static void
push(struct shard *shard, const struct message *message)
{
    while (!qt_spsc_push(shard->in, message)) /* S2 */
        if (qt__shards_drain(shard->shards) == 0)
            sched_yield();
    if (atomic_exchange(&shard->is_asleep, false))
        sem_post(&shard->wake);
}

static bool
start(struct qt_shards *shards, unsigned index, struct qt_error *err)
{
    struct shard *shard = &shards->shard[index];
    shard->shards = shards;
    shard->index = index;
    shard->in = qt_spsc_create(sizeof(struct message), RING_IN);
    shard->out = qt_spsc_create(sizeof(struct qt_output), RING_OUT);
    if (!shard->in || !shard->out || sem_init(&shard->wake, 0, 0) != 0)
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
qt__shards_create(unsigned workers, const struct qt_shard_work *work, struct qt_error *err)
{
    struct qt_shards *shards = calloc(1, sizeof *shards);
    if (!shards) {
        qt_fail(err, QT_E_MEMORY, "no memory for %u workers", workers);
        return NULL;
    }
    shards->work = *work;
    shards->workers = workers;
    for (unsigned i = 0; workers > 1 && i < workers; i++)
        if (!start(shards, i, err)) {
            qt__shards_destroy(shards);
            return NULL;
        }
    return shards;
}

void
qt__shards_destroy(struct qt_shards *shards)
{
    static const struct message stop = {.what = STOP};
    for (unsigned i = 0; shards && i < shards->workers; i++) {
        struct shard *shard = &shards->shard[i];
        if (shard->is_started) {
            push(shard, &stop);
            pthread_join(shard->thread, NULL);
            sem_destroy(&shard->wake);
        }
        qt_spsc_destroy(shard->in);
        qt_spsc_destroy(shard->out);
    }
    free(shards);
}

unsigned
qt__shards_workers(const struct qt_shards *shards)
{
    return shards->workers;
}

void
qt__shards_push(struct qt_shards *shards, const struct qt_event *event)
{
    if (shards->workers == 1) {
        shards->work.event(shards->work.engine, event);
        return;
    }
    struct message message = {.what = EVENT, .event = *event};
    push(&shards->shard[event->instrument % QT_PARTITIONS % shards->workers], &message);
}

void
qt__shards_emit(struct qt_shards *shards, const struct qt_output *output)
{
    if (my_shard < 0) {
        shards->work.output(shards->work.engine, output);
        return;
    }
    while (!qt_spsc_push(shards->shard[my_shard].out, output)) /* never drops an order */
        sched_yield();
}

unsigned
qt__shards_drain(struct qt_shards *shards)
{
    unsigned n = 0;
    struct qt_output output;
    for (unsigned i = 0; shards->workers > 1 && i < shards->workers; i++)
        while (shards->shard[i].out && qt_spsc_pop(shards->shard[i].out, &output)) {
            shards->work.output(shards->work.engine, &output);
            n++;
        }
    return n;
}

/* Pushes one marker to every shard and waits until all have passed it. */
static void
pass(struct qt_shards *shards, enum what what, int64_t t_ns)
{
    struct message message = {.what = what, .t_ns = t_ns};
    for (unsigned i = 0; i < shards->workers; i++) {
        shards->shard[i].asked++;
        push(&shards->shard[i], &message);
    }
    for (unsigned i = 0; i < shards->workers; i++)
        while (atomic_load_explicit(&shards->shard[i].done, memory_order_acquire) <
               shards->shard[i].asked)
            if (qt__shards_drain(shards) == 0)
                sched_yield();
    qt__shards_drain(shards);
}

void
qt__shards_meet(struct qt_shards *shards)
{
    if (shards->workers > 1)
        pass(shards, MEET, 0);
}

void
qt__shards_measure(struct qt_shards *shards, int64_t t_ns)
{
    if (shards->workers > 1)
        pass(shards, MEASURE, t_ns);
    else
        shards->work.measure(shards->work.engine, 0, 1, t_ns);
}
