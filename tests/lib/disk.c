/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk that fails under the real program (faults S4, S5, S7), preloaded; the program knows
 * nothing of it. As long as the file $QT_DISK/NAME exists, every write, sync and truncation of
 * store.db, store.db-wal, intents and *.qtj fails:
 *
 *     enospc   writes: no space left          eio   writes and syncs: input/output error
 *     erofs    writes, syncs, truncations: read-only file system
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum call { WRITES, SYNCS, CUTS };

int ftruncate64(int file, off64_t size);
ssize_t pwrite64(int file, const void *bytes, size_t n, off64_t at);

static int
is_there(const char *name)
{
    const char *folder = getenv("QT_DISK");
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "", name);
    return folder && access(path, F_OK) == 0;
}

/* Whether it fails; errno says why. */
static int
fails(int file, enum call what)
{
    static const struct {
        const char *name;
        int why;
        unsigned what;
    } faults[] = {{"enospc", ENOSPC, 1 << WRITES},
                  {"eio", EIO, 1 << WRITES | 1 << SYNCS},
                  {"erofs", EROFS, 1 << WRITES | 1 << SYNCS | 1 << CUTS}};
    char link[64], path[512] = "";
    int before = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    int is_ours = (strstr(path, "store.db") && !strstr(path, "-shm")) || strstr(path, ".qtj") ||
                  strstr(path, "/intents");
    for (size_t i = 0; is_ours && i < sizeof faults / sizeof faults[0]; i++)
        if ((faults[i].what & 1u << what) && is_there(faults[i].name)) {
            errno = faults[i].why;
            return 1;
        }
    errno = before;
    return 0;
}

ssize_t
pwrite64(int file, const void *bytes, size_t n, off64_t at)
{
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pwrite64");
    return fails(file, WRITES) ? -1 : real(file, bytes, n, at);
}

ssize_t
write(int file, const void *bytes, size_t n)
{
    static ssize_t (*real)(int, const void *, size_t);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "write");
    return fails(file, WRITES) ? -1 : real(file, bytes, n);
}

int
fdatasync(int file)
{
    static int (*real)(int);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    return fails(file, SYNCS) ? -1 : real(file);
}

int
fsync(int file)
{
    static int (*real)(int);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fsync");
    return fails(file, SYNCS) ? -1 : real(file);
}

int
ftruncate64(int file, off64_t size)
{
    static int (*real)(int, off64_t);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "ftruncate64");
    return fails(file, CUTS) ? -1 : real(file, size);
}
