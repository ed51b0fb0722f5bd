/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A machine on which one call does not return, for fault P2: preloaded into the real program, which
 * knows nothing of it. As long as the file $QT_HANG/NAME exists,
 *
 *     store, journal   whoever writes to store.db-wal, to a *.qtj, waits in that write
 *     control          whoever polls 34 descriptors (the control socket's server) waits in that
 * poll engine           whoever polls other sockets waits in that poll (with the venue in a process
 *                      of its own that is the engine's thread)
 */
#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { CONTROL_DESCRIPTORS = 34 };

ssize_t pwrite64(int file, const void *bytes, size_t n, off64_t at);

static void
hang(const char *name)
{
    const char *folder = getenv("QT_HANG");
    const struct timespec moment = {.tv_nsec = 5000000};
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "", name);
    while (folder && access(path, F_OK) == 0)
        nanosleep(&moment, NULL);
}

static const char *
writer_of(int file)
{
    char link[64], path[512] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    return strstr(path, "store.db-wal") ? "store" : strstr(path, ".qtj") ? "journal" : NULL;
}

ssize_t
pwrite64(int file, const void *bytes, size_t n, off64_t at)
{
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    const char *name = writer_of(file);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pwrite64");
    if (name)
        hang(name);
    return real(file, bytes, n, at);
}

int
poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    static int (*real)(struct pollfd *, nfds_t, int);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "poll");
    hang(n == CONTROL_DESCRIPTORS ? "control" : "engine");
    return real(fds, n, timeout_ms);
}
