/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process that dies between any two instructions that the world outside can see, for fault O4;
 * preloaded, the program knows nothing of it. From the first intent of an order on, every write to
 * a file of the state folder, every sync and everything sent over TCP is counted, by all threads.
 * $QT_CRASH is "NUMBER HOW": at that one the process is gone, as by SIGKILL (which its sandbox does
 * not let it send): exit_group(2), without a word to any thread
 *
 *     before   nothing of it was done        half   half of its bytes were
 *     after    all of it was, and nothing after it
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

enum { INTENT_BYTES = 256, GONE = 137 };

enum moment { NEVER, BEFORE, HALF, AFTER };

ssize_t pwrite64(int file, const void *bytes, size_t n, off64_t at);

static atomic_bool is_armed;
static atomic_int done;

/* Of a file of the state folder; *out_intents: the one that arms. */
static int
is_ours(int file, int *out_intents)
{
    char link[64], path[512] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    *out_intents = strstr(path, "/state/intents") != NULL;
    return strstr(path, "/state/") != NULL;
}

static enum moment
count(void)
{
    const char *what = getenv("QT_CRASH");
    char how[16] = "";
    int wanted = 0;
    if (!what || !atomic_load(&is_armed) || sscanf(what, "%d %15s", &wanted, how) != 2 ||
        atomic_fetch_add(&done, 1) + 1 != wanted)
        return NEVER;
    if (strcmp(how, "before") == 0)
        _exit(GONE);
    return strcmp(how, "half") == 0 ? HALF : AFTER;
}

static enum moment
count_file(int file, size_t n)
{
    int is_intents = 0;
    if (!is_ours(file, &is_intents))
        return NEVER;
    if (is_intents && n == INTENT_BYTES)
        atomic_store(&is_armed, 1);
    return count();
}

static void
die_after(enum moment moment)
{
    if (moment != NEVER)
        _exit(GONE);
}

ssize_t
pwrite64(int file, const void *bytes, size_t n, off64_t at)
{
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pwrite64");
    enum moment moment = count_file(file, n);
    ssize_t put = real(file, bytes, moment == HALF ? n / 2 : n, at);
    die_after(moment);
    return put;
}

ssize_t
write(int file, const void *bytes, size_t n)
{
    static ssize_t (*real)(int, const void *, size_t);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "write");
    enum moment moment = count_file(file, n);
    ssize_t put = real(file, bytes, moment == HALF ? n / 2 : n);
    die_after(moment);
    return put;
}

ssize_t
send(int socket, const void *bytes, size_t n, int flags)
{
    static ssize_t (*real)(int, const void *, size_t, int);
    struct sockaddr_storage name = {0};
    socklen_t length = sizeof name;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "send");
    int is_tcp = getsockname(socket, (struct sockaddr *)&name, &length) == 0 &&
                 (name.ss_family == AF_INET || name.ss_family == AF_INET6);
    enum moment moment = is_tcp ? count() : NEVER;
    ssize_t put = real(socket, bytes, moment == HALF ? n / 2 : n, flags);
    die_after(moment);
    return put;
}

int
fdatasync(int file)
{
    static int (*real)(int);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    enum moment moment = count_file(file, 0);
    int failed = real(file);
    die_after(moment);
    return failed;
}

int
fsync(int file)
{
    static int (*real)(int);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fsync");
    enum moment moment = count_file(file, 0);
    int failed = real(file);
    die_after(moment);
    return failed;
}
