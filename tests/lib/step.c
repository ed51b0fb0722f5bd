/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A machine whose wall clock is set while the program runs (faults C1, C4, C5), or that slept (C3):
 * preloaded. The file $QT_STEP holds two int64_t, nanoseconds: how far CLOCK_REALTIME is ahead of the
 * true one, and for how long the machine has slept, which CLOCK_REALTIME and CLOCK_BOOTTIME count. It
 * is mapped, so that a write to it acts at once. CLOCK_MONOTONIC is the kernel's.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t *moved; /* ahead, slept */
static int (*real)(clockid_t, struct timespec *);

__attribute__((constructor)) static void
begin(void)
{
    const char *path = getenv("QT_STEP");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *page = file >= 0 ? mmap(NULL, 2 * sizeof *moved, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
    *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    if (page != MAP_FAILED)
        moved = page;
    if (file >= 0)
        close(file);
}

int
clock_gettime(clockid_t clock, struct timespec *out)
{
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, out);
    if (failed || !moved || (clock != CLOCK_REALTIME && clock != CLOCK_BOOTTIME))
        return failed;
    int64_t ns = (int64_t)out->tv_sec * 1000000000 + out->tv_nsec + atomic_load(&moved[1]);
    if (clock == CLOCK_REALTIME)
        ns += atomic_load(&moved[0]);
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
