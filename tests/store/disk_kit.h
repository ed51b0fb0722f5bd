/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk below the encrypting VFS that a test can harm: it is the process's default VFS of SQLite,
 * counts what is written, synced, cut and removed, fails what it is told to, and keeps a record
 * from which the states are made in which a power cut could have left the files.
 *
 * What a cut leaves of a file: what was written before its last sync that succeeded, and any part
 * of what was written since, in sectors of 512 bytes. What stood before a sync that failed is never
 * promised again, as Linux drops it and calls the next sync good.
 */
#ifndef QTRADE_TESTS_DISK_KIT_H
#define QTRADE_TESTS_DISK_KIT_H

#include <pthread.h>

#include "vfs_kit.h"

enum { DISK_OPS = 20000, DISK_FILES = 8, SECTOR = 512 };

enum disk_op { DISK_WRITE, DISK_SYNC, DISK_CUT, DISK_REMOVE, DISK_ACK };

struct disk_event {
    enum disk_op op;
    int file; /* in disk.name */
    int64_t at;
    uint32_t n; /* bytes; of an ack: what was acknowledged */
    bool failed;
    unsigned char *bytes;
};

static struct {
    pthread_mutex_t mutex;
    sqlite3_vfs vfs, *under;
    bool is_there; /* it is the default */
    bool records;
    int count;    /* operations so far */
    int fail_at;  /* from this one on; 0: none */
    int fail_for; /* so many */
    int code;     /* SQLite's, of a write; a sync fails with SQLITE_IOERR_FSYNC unless it is full */
    int failures;
    char name[DISK_FILES][128];
    int names;
    struct disk_event event[DISK_OPS];
    int events;
} disk = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* Our file, the system's behind it. */
struct disk_file {
    sqlite3_file base;
    int name;
    sqlite3_file *under;
};

static inline sqlite3_file *
disk_under(sqlite3_file *file)
{
    return ((struct disk_file *)file)->under;
}

static inline int
disk_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL, *name = slash ? slash + 1 : "temporary";
    int i = 0;
    while (i < disk.names && strcmp(disk.name[i], name) != 0)
        i++;
    if (i == disk.names) {
        MUST(disk.names < DISK_FILES, "more files than expected: %s", name);
        qt_copy(disk.name[disk.names++], sizeof disk.name[0], name);
    }
    return i;
}

/* Whether this operation fails, and a record of it. */
static inline bool
disk_note(struct disk_event event, const void *bytes)
{
    pthread_mutex_lock(&disk.mutex);
    disk.count++;
    event.failed =
        disk.fail_at && disk.count >= disk.fail_at && disk.count < disk.fail_at + disk.fail_for;
    disk.failures += event.failed;
    if (disk.records) {
        MUST(disk.events < DISK_OPS, "too many operations to record");
        if (bytes) {
            event.bytes = malloc(event.n);
            memcpy(event.bytes, bytes, event.n);
        }
        disk.event[disk.events++] = event;
    }
    pthread_mutex_unlock(&disk.mutex);
    return event.failed;
}

/* "This is on disk", said by the one who writes. */
static inline void
disk_ack(uint32_t what)
{
    MUST(disk.records && disk.events < DISK_OPS, "no room for an acknowledgement");
    disk.event[disk.events++] = (struct disk_event){.op = DISK_ACK, .n = what};
}

static inline int
disk_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    const struct disk_event event = {
        .op = DISK_WRITE, .file = ((struct disk_file *)file)->name, .at = at, .n = (uint32_t)n};
    if (!disk_note(event, bytes))
        return disk_under(file)->pMethods->xWrite(disk_under(file), bytes, n, at);
    (void)disk_under(file)->pMethods->xWrite(disk_under(file), bytes, n / 2, at); /* some of it */
    return disk.code;
}

static inline int
disk_sync(sqlite3_file *file, int flags)
{
    const struct disk_event event = {.op = DISK_SYNC, .file = ((struct disk_file *)file)->name};
    if (disk_note(event, NULL))
        return disk.code == SQLITE_FULL ? SQLITE_FULL : SQLITE_IOERR_FSYNC;
    return disk_under(file)->pMethods->xSync(disk_under(file), flags);
}

static inline int
disk_cut(sqlite3_file *file, sqlite3_int64 size)
{
    const struct disk_event event = {
        .op = DISK_CUT, .file = ((struct disk_file *)file)->name, .at = size};
    if (disk_note(event, NULL))
        return SQLITE_IOERR_TRUNCATE;
    return disk_under(file)->pMethods->xTruncate(disk_under(file), size);
}

static inline int
disk_remove(sqlite3_vfs *vfs, const char *path, int syncs)
{
    (void)vfs;
    if (disk_note((struct disk_event){.op = DISK_REMOVE, .file = disk_name(path)}, NULL))
        return SQLITE_IOERR_DELETE;
    return disk.under->xDelete(disk.under, path, syncs);
}

/* Handed through */

static inline int
disk_close(sqlite3_file *file)
{
    return disk_under(file)->pMethods->xClose(disk_under(file));
}

static inline int
disk_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
    return disk_under(file)->pMethods->xRead(disk_under(file), out, n, at);
}

static inline int
disk_size(sqlite3_file *file, sqlite3_int64 *out)
{
    return disk_under(file)->pMethods->xFileSize(disk_under(file), out);
}

static inline int
disk_lock(sqlite3_file *file, int level)
{
    return disk_under(file)->pMethods->xLock(disk_under(file), level);
}

static inline int
disk_unlock(sqlite3_file *file, int level)
{
    return disk_under(file)->pMethods->xUnlock(disk_under(file), level);
}

static inline int
disk_is_reserved(sqlite3_file *file, int *out)
{
    return disk_under(file)->pMethods->xCheckReservedLock(disk_under(file), out);
}

static inline int
disk_control(sqlite3_file *file, int op, void *argument)
{
    return disk_under(file)->pMethods->xFileControl(disk_under(file), op, argument);
}

static inline int
disk_sector(sqlite3_file *file)
{
    return disk_under(file)->pMethods->xSectorSize(disk_under(file));
}

static inline int
disk_traits(sqlite3_file *file)
{
    return disk_under(file)->pMethods->xDeviceCharacteristics(disk_under(file));
}

static inline int
disk_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    return disk_under(file)->pMethods->xShmMap(disk_under(file), region, size, extend, out);
}

static inline int
disk_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return disk_under(file)->pMethods->xShmLock(disk_under(file), offset, n, flags);
}

static inline void
disk_shm_barrier(sqlite3_file *file)
{
    disk_under(file)->pMethods->xShmBarrier(disk_under(file));
}

static inline int
disk_shm_unmap(sqlite3_file *file, int deletes)
{
    return disk_under(file)->pMethods->xShmUnmap(disk_under(file), deletes);
}

static const sqlite3_io_methods disk_methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_cut,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_is_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_traits,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

static inline int
disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *out, int flags, int *out_flags)
{
    struct disk_file *file = (struct disk_file *)out;
    (void)vfs;
    *file = (struct disk_file){.under = (sqlite3_file *)(file + 1)};
    memset(file->under, 0, (size_t)disk.under->szOsFile);
    int rc = disk.under->xOpen(disk.under, path, file->under, flags, out_flags);
    if (rc != SQLITE_OK)
        return rc;
    pthread_mutex_lock(&disk.mutex);
    file->name = disk_name(path);
    pthread_mutex_unlock(&disk.mutex);
    file->base.pMethods = &disk_methods;
    return rc;
}

/* From now on everything goes through it. */
static inline void
disk_begin(void)
{
    if (disk.is_there)
        return;
    disk.under = sqlite3_vfs_find(NULL);
    disk.vfs = *disk.under;
    disk.vfs.zName = "disk";
    disk.vfs.szOsFile = (int)sizeof(struct disk_file) + disk.under->szOsFile;
    disk.vfs.xOpen = disk_open;
    disk.vfs.xDelete = disk_remove;
    MUST(sqlite3_vfs_register(&disk.vfs, 1) == SQLITE_OK, "the disk");
    disk.is_there = true;
}

static inline void
disk_forget(void)
{
    for (int i = 0; i < disk.events; i++)
        free(disk.event[i].bytes);
    disk.events = disk.count = disk.failures = disk.fail_at = disk.fail_for = disk.names = 0;
    disk.records = false;
}

/* States after a power cut */

struct image {
    unsigned char *bytes;
    int64_t n, room;
    bool is_there;
};

static inline void
image_put(struct image *image, int64_t at, const unsigned char *bytes, int64_t n)
{
    if (at + n > image->room) {
        image->room = 2 * (at + n);
        image->bytes = realloc(image->bytes, (size_t)image->room);
        MUST(image->bytes, "no memory for a file");
    }
    const size_t begin = (size_t)at, end = (size_t)image->n;
    if (begin > end)
        memset(image->bytes + end, 0, begin - end);
    memcpy(image->bytes + at, bytes, (size_t)n);
    image->n = QT_MAX(image->n, at + n);
    image->is_there = true;
}

static inline uint64_t
draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* How a cut treats what was not promised. */
struct cut {
    int keep_of_16;   /* so many of 16 operations get there */
    bool tears;       /* some of their sectors do */
    bool syncs_count; /* false: the disk lied about every sync */
};

static inline void
image_apply(struct image *image, const struct disk_event *event, const struct cut *cut,
            uint64_t *seed)
{
    bool is_kept = (int)(draw(seed) >> 20 & 15) < cut->keep_of_16;
    if (event->op == DISK_CUT && is_kept && event->at < image->n)
        image->n = event->at;
    if (event->op == DISK_REMOVE && is_kept)
        *image = (struct image){.bytes = image->bytes, .room = image->room};
    if (event->op != DISK_WRITE || !is_kept)
        return;
    uint32_t n = event->failed ? event->n / 2 : event->n;
    for (uint32_t done = 0, part; done < n; done += part) {
        part = (uint32_t)(SECTOR - (event->at + done) % SECTOR);
        part = QT_MIN(part, n - done);
        if (!cut->tears || draw(seed) & 1 << 20)
            image_put(image, event->at + done, event->bytes + done, part);
    }
}

/* What is promised of each operation before end: 1 once a later sync of its file succeeded, and
 * none failed between. A removal is promised at once: SQLite syncs the folder where it matters. */
static inline void
find_promised(int end, bool syncs_count, bool promised[DISK_OPS])
{
    enum { OPEN, SYNCED, DROPPED } next[DISK_FILES] = {OPEN};
    memset(promised, 0, (size_t)end);
    for (int i = end - 1; i >= 0; i--) {
        const struct disk_event *event = &disk.event[i];
        if (event->op == DISK_SYNC && syncs_count)
            next[event->file] = event->failed ? DROPPED : SYNCED;
        else if (event->op != DISK_ACK)
            promised[i] = next[event->file] == SYNCED && !event->failed;
    }
}

/* Writes into folder what a cut after so many recorded events leaves; before is what the files were
 * when the record began. Returns what was acknowledged by then. */
static inline uint32_t
disk_cut_power(const char *before, const char *folder, int end, const struct cut *cut,
               uint64_t *seed)
{
    static bool promised[DISK_OPS];
    static struct image image[DISK_FILES];
    const struct cut all = {.keep_of_16 = 16};
    uint32_t told = 0;
    for (int i = 0; i < disk.names; i++) {
        size_t n = 0;
        unsigned char *bytes = file_read(path_in(before, disk.name[i]), &n);
        image[i].n = 0;
        image[i].is_there = false;
        if (bytes)
            image_put(&image[i], 0, bytes, (int64_t)n);
        free(bytes);
    }
    find_promised(end, cut->syncs_count, promised);
    for (int i = 0; i < end; i++) {
        const struct disk_event *event = &disk.event[i];
        if (event->op == DISK_ACK)
            told = event->n;
        else if (event->op != DISK_SYNC)
            image_apply(&image[event->file], event, promised[i] ? &all : cut, seed);
    }
    for (int i = 0; i < disk.names; i++)
        if (image[i].is_there)
            file_write(path_in(folder, disk.name[i]), image[i].bytes, (size_t)image[i].n);
        else
            unlink(path_in(folder, disk.name[i]));
    unlink(path_in(folder, "store.db-shm"));
    return told;
}

#endif
