/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "qtrade/base/attr.h"

struct job {
    size_t n;
    atomic_size_t next; /* relaxed: a part's inputs were there before the threads */
    qt_part_fn fn;
    void *context;
};

unsigned
qt_parallel_cores(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return (unsigned)QT_MIN(QT_MAX(n, 1), QT_PARALLEL_MAX);
}

static void *
work(void *argument)
{
    struct job *job = argument;
    size_t i;
    while ((i = atomic_fetch_add_explicit(&job->next, 1, memory_order_relaxed)) < job->n)
        job->fn(job->context, i);
    return NULL;
}

void
qt_parallel(size_t n, unsigned threads, qt_part_fn fn, void *context)
{
    struct job job = {.n = n, .fn = fn, .context = context};
    pthread_t thread[QT_PARALLEL_MAX];
    size_t wanted = QT_MIN(threads ? threads : qt_parallel_cores(), (unsigned)QT_PARALLEL_MAX);
    size_t others = QT_MIN(wanted, n) > 0 ? QT_MIN(wanted, n) - 1 : 0, started = 0;
    while (started < others && pthread_create(&thread[started], NULL, work, &job) == 0)
        started++;
    (void)work(&job);
    for (size_t i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
}
