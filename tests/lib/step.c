/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A machine whose wall clock is set while the program runs (faults C1, C4, C5): preloaded. The file
 * $QT_STEP holds one int64_t, nanoseconds that CLOCK_REALTIME is ahead of the true one; it is mapped,
 * so that a write to it is a step at once. Monotonic clocks are the kernel's.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t *ahead;
static int (*real)(clockid_t, struct timespec *);

__attribute__((constructor)) static void
begin(void)
{
    const char *path = getenv("QT_STEP");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *page = file >= 0 ? mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
    *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    if (page != MAP_FAILED)
        ahead = page;
    if (file >= 0)
        close(file);
}

int
clock_gettime(clockid_t clock, struct timespec *out)
{
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, out);
    if (failed || clock != CLOCK_REALTIME || !ahead)
        return failed;
    int64_t ns = (int64_t)out->tv_sec * 1000000000 + out->tv_nsec + atomic_load(ahead);
    out->tv_sec = ns / 1000000000;
    out->tv_nsec = ns % 1000000000;
    return 0;
}

time_t
time(time_t *out)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
