/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A machine that has no more: preloaded.
 *
 *     QT_POOR_THREAD=N     the N-th pthread_create fails, and all after it (fault R4)
 *     QT_POOR_MEMORY=N     the N-th allocation fails (fault R1) ...
 *     QT_POOR_FOR_GOOD=1   ... and all after it, of at least QT_POOR_BYTES bytes (default 1)
 *     QT_POOR_ANSWERS=FILE while it exists, one in 2503 of the thread that serves the control socket,
 *                          which is the one that polls 34 descriptors
 *
 * The number of allocations is written to the descriptor $QT_POOR_COUNT at the end.
 */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *block, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

static atomic_ullong allocations, threads;
static unsigned long long memory_at, thread_at, bytes = 1;
static int is_for_good;
static const char *while_it_exists;
static _Thread_local int answers;
static _Thread_local unsigned taken;

enum { CONTROL_DESCRIPTORS = 34, ONE_IN = 2503 };

static unsigned long long
number(const char *name, unsigned long long otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

__attribute__((constructor)) static void
begin(void)
{
    bytes = number("QT_POOR_BYTES", 1);
    is_for_good = number("QT_POOR_FOR_GOOD", 0) != 0;
    thread_at = number("QT_POOR_THREAD", 0);
    memory_at = number("QT_POOR_MEMORY", 0);
    while_it_exists = getenv("QT_POOR_ANSWERS");
}

__attribute__((destructor)) static void
end(void)
{
    char text[32];
    int file = (int)number("QT_POOR_COUNT", 0);
    int n = snprintf(text, sizeof text, "%llu\n", atomic_load(&allocations));
    if (file > 0 && write(file, text, (size_t)n) != n)
        _exit(99);
}

static int
is_refused(size_t n)
{
    if (answers && while_it_exists && ++taken % ONE_IN == 0 && access(while_it_exists, F_OK) == 0) {
        errno = ENOMEM;
        return 1;
    }
    unsigned long long i = n >= bytes ? atomic_fetch_add(&allocations, 1) + 1 : 0;
    if (memory_at == 0 || (is_for_good ? i < memory_at : i != memory_at))
        return 0;
    errno = ENOMEM;
    return 1;
}

int
poll(struct pollfd *fds, nfds_t n, int ms)
{
    static int (*real)(struct pollfd *, nfds_t, int);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "poll");
    answers |= n == CONTROL_DESCRIPTORS;
    return real(fds, n, ms);
}

void *
malloc(size_t n)
{
    return is_refused(n) ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
    return is_refused(n * size) ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *block, size_t n)
{
    return is_refused(n) ? NULL : __libc_realloc(block, n);
}

void *
aligned_alloc(size_t alignment, size_t n)
{
    return is_refused(n) ? NULL : __libc_memalign(alignment, n);
}

int
posix_memalign(void **out, size_t alignment, size_t n)
{
    int before = errno;
    void *block = is_refused(n) ? NULL : __libc_memalign(alignment, n);
    errno = before; /* it sets none */
    if (block)
        *out = block;
    return block ? 0 : ENOMEM;
}

int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (thread_at && atomic_fetch_add(&threads, 1) + 1 >= thread_at)
        return EAGAIN;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    return real(thread, attributes, run, argument);
}
