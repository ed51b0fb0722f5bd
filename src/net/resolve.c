/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names to addresses. Literal addresses and "localhost" need no lookup; for the rest getaddrinfo,
 * which may block for half a minute, runs on a detached thread of its own. A job is shared by the
 * loop and that thread and freed by whichever lets go last, so that neither waits for the other: a
 * loop can be destroyed under a lookup that hangs.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/net/url.h"

#include "loop_priv.h"

#define LOOKUPS_MAX 16 /* threads at once on one loop */
#define STACK_SIZE (512u << 10)

struct job {
    atomic_uint owners; /* loop and thread; the last one frees */
    atomic_bool
        is_done; /* release by the thread, acquire by the loop: addresses and reason are written */
    int wake_fd; /* the thread's own duplicate */
    char host[QT_URL_HOST];
    int port;
    struct qt__addresses addresses;
    char reason[QT_NET_REASON];
};

struct qt__resolve {
    struct qt__resolve *next, **link;
    struct job *job;
    struct qt_timer now; /* a literal address: answered in the next turn */
    qt__resolve_fn fn;
    void *context;
};

static void
job_unref(struct job *job)
{
    if (atomic_fetch_sub_explicit(&job->owners, 1, memory_order_acq_rel) != 1)
        return;
    if (job->wake_fd >= 0)
        close(job->wake_fd);
    free(job);
}

static void
add_address(struct qt__addresses *out, const struct sockaddr *address, socklen_t length)
{
    if (out->n == QT__ADDRESSES_MAX || length > sizeof out->address[0])
        return;
    memcpy(&out->address[out->n], address, length);
    out->length[out->n++] = length;
}

static void
add_v4(struct qt__addresses *out, struct in_addr in, int port)
{
    struct sockaddr_in v4 = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = in};
    add_address(out, (const struct sockaddr *)&v4, sizeof v4);
}

static void
add_v6(struct qt__addresses *out, struct in6_addr in, int port)
{
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = in};
    add_address(out, (const struct sockaddr *)&v6, sizeof v6);
}

/* Addresses that need no lookup. False: it is a name. */
static bool
resolve_literal(struct job *job)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (strcasecmp(job->host, "localhost") == 0) {
        add_v4(&job->addresses, (struct in_addr){htonl(INADDR_LOOPBACK)}, job->port);
        add_v6(&job->addresses, in6addr_loopback, job->port);
    } else if (inet_pton(AF_INET, job->host, &v4) == 1) {
        add_v4(&job->addresses, v4, job->port);
    } else if (inet_pton(AF_INET6, job->host, &v6) == 1) {
        add_v6(&job->addresses, v6, job->port);
    }
    return job->addresses.n > 0;
}

static void *
lookup(void *argument)
{
    struct job *job = argument;
    char port[8];
    snprintf(port, sizeof port, "%d", job->port);
    struct addrinfo *list = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    int code = getaddrinfo(job->host, port, &hints, &list);
    for (struct addrinfo *a = code == 0 ? list : NULL; a; a = a->ai_next)
        add_address(&job->addresses, a->ai_addr, a->ai_addrlen);
    if (code == 0)
        freeaddrinfo(list);
    else
        snprintf(job->reason, sizeof job->reason, "%.90s: %s", job->host, gai_strerror(code));
    atomic_store_explicit(&job->is_done, true, memory_order_release);
    const uint64_t one = 1;
    ssize_t n = write(job->wake_fd, &one, sizeof one);
    (void)n; /* EAGAIN: it is being woken already */
    job_unref(job);
    return NULL;
}

static void
finish(struct qt__resolve *resolve)
{
    struct job *job = resolve->job;
    qt__resolve_fn fn = resolve->fn;
    void *context = resolve->context;
    atomic_fetch_add_explicit(&job->owners, 1, memory_order_relaxed);
    qt__resolve_cancel(resolve);
    fn(context, &job->addresses, job->reason);
    job_unref(job);
}

static void
on_now(void *context)
{
    finish(context);
}

static bool
start_thread(struct qt_loop *loop, struct job *job)
{
    job->wake_fd = fcntl(qt__loop_wake_fd(loop), F_DUPFD_CLOEXEC, 0);
    if (job->wake_fd < 0)
        return false;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    atomic_store(&job->owners, 2);
    pthread_t thread;
    bool is_started = pthread_create(&thread, &attributes, lookup, job) == 0;
    pthread_attr_destroy(&attributes);
    if (!is_started)
        atomic_store(&job->owners, 1);
    return is_started;
}

static unsigned
count_lookups(const struct qt__resolve *list)
{
    unsigned n = 0;
    for (; list; list = list->next)
        n++;
    return n;
}

struct qt__resolve *
qt__resolve_start(struct qt_loop *loop, const char *host, int port, qt__resolve_fn fn,
                  void *context)
{
    struct qt__resolve **list = qt__loop_resolves(loop);
    struct qt__resolve *resolve = calloc(1, sizeof *resolve);
    struct job *job = calloc(1, sizeof *job);
    if (!resolve || !job || count_lookups(*list) >= LOOKUPS_MAX) {
        free(resolve);
        free(job);
        return NULL;
    }
    *resolve = (struct qt__resolve){.job = job, .fn = fn, .context = context};
    job->wake_fd = -1;
    job->port = port;
    atomic_store(&job->owners, 1);
    (void)qt_copy(job->host, sizeof job->host, host);
    resolve->next = *list;
    resolve->link = list;
    if (*list)
        (*list)->link = &resolve->next;
    *list = resolve;
    if (resolve_literal(job)) {
        qt_timer_start(loop, &resolve->now, 0, on_now, resolve);
    } else if (!start_thread(loop, job)) {
        qt__resolve_cancel(resolve);
        return NULL;
    }
    return resolve;
}

void
qt__resolve_cancel(struct qt__resolve *resolve)
{
    if (!resolve)
        return;
    *resolve->link = resolve->next;
    if (resolve->next)
        resolve->next->link = resolve->link;
    qt_timer_stop(&resolve->now);
    job_unref(resolve->job);
    free(resolve);
}

static struct qt__resolve *
find_done(struct qt__resolve *list)
{
    for (; list; list = list->next)
        if (atomic_load_explicit(&list->job->is_done, memory_order_acquire))
            return list;
    return NULL;
}

void
qt__resolve_deliver(struct qt__resolve **list)
{
    /* A callback may start and cancel others: look again from the start each time. */
    for (struct qt__resolve *done = find_done(*list); done; done = find_done(*list))
        finish(done);
}
