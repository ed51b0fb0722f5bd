/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The database's file: pages of 4096 bytes, sealed and known by their tags (vfs_priv.h).
 */
#include <sched.h>
#include <string.h>

#include "vfs_priv.h"

enum {
    TRIES = 200,     /* of a reader, while another process writes */
    RESERVED_AT = 20 /* in the first page: how many bytes of each are ours */
};

static const unsigned char no_tag[QT__ENTRY_BYTES];

static bool
is_zero(const unsigned char *bytes, size_t n)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0;
}

/* A page that no leaf knows was never written: there is nothing, or a hole. */
static int
read_nothing(struct qt__vfs *vfs, sqlite3_file *file, uint32_t page, unsigned char out[QT__PAGE_BYTES])
{
    int rc = qt__read_under(file, out, QT__PAGE_BYTES, qt__page_at(page));
    if ((rc == SQLITE_OK || rc == SQLITE_IOERR_SHORT_READ) && is_zero(out, QT__PAGE_BYTES))
        return rc;
    if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
        return rc;
    return qt__damaged(vfs, "page %u was put there by something else", page);
}

int
qt__page_read(struct qt__vfs *vfs, sqlite3_file *file, uint32_t page,
              unsigned char out[QT__PAGE_BYTES])
{
    const struct qt__place place = {.kind = QT__KIND_PAGE, .number = page};
    unsigned char block[QT__PAGE_BYTES], tag[QT__ENTRY_BYTES];
    int rc = qt__seals_get(vfs->seals, page, tag);
    if (rc != SQLITE_OK)
        return rc;
    if (memcmp(tag, no_tag, sizeof tag) == 0)
        return read_nothing(vfs, file, page, out);
    rc = qt__read_under(file, block, sizeof block, qt__page_at(page));
    if (rc == SQLITE_IOERR_SHORT_READ)
        return qt__damaged(vfs, "page %u is missing", page);
    if (rc != SQLITE_OK)
        return rc;
    bool is_last = memcmp(qt__tag_of(block, QT__PAGE_PLAIN), tag, sizeof tag) == 0;
    bool is_open = qt__unseal(vfs->cipher, &place, block, QT__PAGE_PLAIN, out);
    if ((!is_open || !is_last) && qt__renewal_find(vfs, page, tag, block))
        is_open = is_last = qt__unseal(vfs->cipher, &place, block, QT__PAGE_PLAIN, out);
    if (!is_open)
        return qt__damaged(vfs, "page %u was changed, or is from elsewhere", page);
    if (!is_last)
        return qt__damaged(vfs, "page %u is an older copy of it", page);
    memset(out + QT__PAGE_PLAIN, 0, QT__SEAL_BYTES);
    return SQLITE_OK;
}

static int
read_page(struct qt__file *file, uint32_t page, unsigned char out[QT__PAGE_BYTES])
{
    struct qt__vfs *vfs = file->vfs;
    int rc = qt__page_read(vfs, file->under, page, out);
    for (int i = 0; vfs->reads_only && rc == SQLITE_IOERR_DATA && i < TRIES; i++) {
        vfs->damage[0] = '\0'; /* V5 */
        sched_yield();
        rc = qt__seals_reload(vfs->seals);
        if (rc == SQLITE_OK)
            rc = qt__page_read(vfs, file->under, page, out);
    }
    return rc;
}

/* SQLite asks for the first 100 bytes before it knows of the log, which may have a newer first page
 * than one that a crash tore; what it wants to know is the same in all our stores. */
static int
read_header(struct qt__file *file, unsigned char *out, int n)
{
    static const unsigned char header[24] = {'S',
                                             'Q',
                                             'L',
                                             'i',
                                             't',
                                             'e',
                                             ' ',
                                             'f',
                                             'o',
                                             'r',
                                             'm',
                                             'a',
                                             't',
                                             ' ',
                                             '3',
                                             0,
                                             QT__PAGE_BYTES >> 8,
                                             0,
                                             2,
                                             2,
                                             QT__SEAL_BYTES,
                                             64,
                                             32,
                                             32};
    sqlite3_int64 size = 0;
    int rc = file->under->pMethods->xFileSize(file->under, &size);
    memset(out, 0, (size_t)n);
    if (rc != SQLITE_OK)
        return rc;
    if (qt__pages_of(size) == 0)
        return SQLITE_IOERR_SHORT_READ;
    memcpy(out, header, sizeof header);
    return SQLITE_OK;
}

static int
main_read(sqlite3_file *base, void *buffer, int n, sqlite3_int64 at)
{
    struct qt__file *file = (struct qt__file *)base;
    unsigned char page[QT__PAGE_BYTES], *out = buffer;
    if (at == 0 && n == 100)
        return read_header(file, out, n);
    while (n > 0) {
        int64_t number = at / QT__PAGE_BYTES + 1;
        int skip = (int)(at % QT__PAGE_BYTES), part = QT_MIN(n, QT__PAGE_BYTES - skip);
        if (number > QT__PAGES_MAX)
            return SQLITE_IOERR_READ;
        bool is_whole = part == QT__PAGE_BYTES;
        int rc = read_page(file, (uint32_t)number, is_whole ? out : page);
        if (rc == SQLITE_IOERR_SHORT_READ)
            memset(out, 0, (size_t)n);
        if (rc != SQLITE_OK)
            return rc;
        if (!is_whole)
            memcpy(out, page + skip, (size_t)part);
        out += part;
        at += part;
        n -= part;
    }
    return SQLITE_OK;
}

static int
main_write(sqlite3_file *base, const void *buffer, int n, sqlite3_int64 at)
{
    struct qt__file *file = (struct qt__file *)base;
    struct qt__vfs *vfs = file->vfs;
    unsigned char block[QT__PAGE_BYTES];
    const unsigned char *sealed = block;
    if (n != QT__PAGE_BYTES || at % QT__PAGE_BYTES != 0)
        return SQLITE_IOERR_WRITE;
    if (at / QT__PAGE_BYTES + 1 > QT__PAGES_MAX)
        return SQLITE_FULL;
    if (at == 0 && ((const unsigned char *)buffer)[RESERVED_AT] != QT__SEAL_BYTES)
        return SQLITE_IOERR_WRITE; /* the seal would overwrite what is in the page */
    uint32_t page = (uint32_t)(at / QT__PAGE_BYTES + 1);
    if (vfs->carried.page == page && memcmp(vfs->carried.plain, buffer, QT__PAGE_PLAIN) == 0) {
        sealed = vfs->carried.sealed;
    } else {
        const struct qt__place place = {.kind = QT__KIND_PAGE, .number = page};
        qt__seal(vfs->cipher, &place, buffer, QT__PAGE_PLAIN, block);
    }
    int rc = qt__seals_put(vfs->seals, page, qt__tag_of(sealed, QT__PAGE_PLAIN));
    return rc == SQLITE_OK ? qt__write_under(file->under, sealed, QT__PAGE_BYTES, qt__page_at(page))
                           : rc;
}

static int
main_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct qt__file *file = (struct qt__file *)base;
    uint32_t pages = (uint32_t)(size / QT__PAGE_BYTES);
    sqlite3_int64 now = 0;
    int rc = file->under->pMethods->xFileSize(file->under, &now);
    if (rc == SQLITE_OK)
        rc = qt__seals_cut(file->vfs->seals, pages);
    int64_t end = pages ? qt__page_at(pages) + QT__PAGE_BYTES : qt__page_at(1);
    if (rc != SQLITE_OK || now <= end)
        return rc;
    qt__seals_touch(file->vfs->seals);
    return file->under->pMethods->xTruncate(file->under, end);
}

static int
main_sync(sqlite3_file *base, int flags)
{
    struct qt__file *file = (struct qt__file *)base;
    (void)flags;
    return qt__seals_flush(file->vfs->seals);
}

/* SQLite makes what a checkpoint wrote known to other processes without a sync, while some of the
 * log is still needed: they must find the seals that fit. */
static int
main_control(sqlite3_file *base, int op, void *argument)
{
    struct qt__file *file = (struct qt__file *)base;
    if (op == SQLITE_FCNTL_CKPT_DONE)
        return qt__seals_flush(file->vfs->seals);
    return qt__file_control(base, op, argument);
}

static int
main_size(sqlite3_file *base, sqlite3_int64 *out)
{
    struct qt__file *file = (struct qt__file *)base;
    sqlite3_int64 size = 0;
    int rc = file->under->pMethods->xFileSize(file->under, &size);
    *out = (sqlite3_int64)qt__pages_of(size) * QT__PAGE_BYTES;
    return rc;
}

static int
main_close(sqlite3_file *base)
{
    struct qt__file *file = (struct qt__file *)base;
    int rc = file->vfs->reads_only ? SQLITE_OK : qt__seals_flush(file->vfs->seals);
    qt__seals_close(file->vfs->seals);
    file->vfs->seals = NULL;
    int closed = qt__file_close(base);
    return rc != SQLITE_OK ? rc : closed;
}

/* What the system's VFS maps is shared memory about the log: numbers of pages. */

static int
main_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **out)
{
    sqlite3_file *under = ((struct qt__file *)base)->under;
    return under->pMethods->xShmMap(under, region, size, extend, out);
}

static int
main_shm_lock(sqlite3_file *base, int offset, int n, int flags)
{
    sqlite3_file *under = ((struct qt__file *)base)->under;
    return under->pMethods->xShmLock(under, offset, n, flags);
}

static void
main_shm_barrier(sqlite3_file *base)
{
    sqlite3_file *under = ((struct qt__file *)base)->under;
    under->pMethods->xShmBarrier(under);
}

static int
main_shm_unmap(sqlite3_file *base, int deletes)
{
    sqlite3_file *under = ((struct qt__file *)base)->under;
    return under->pMethods->xShmUnmap(under, deletes);
}

/* Version 2: there is no xFetch, so no page gets around us. */
const sqlite3_io_methods qt__main_methods = {
    .iVersion = 2,
    .xClose = main_close,
    .xRead = main_read,
    .xWrite = main_write,
    .xTruncate = main_truncate,
    .xSync = main_sync,
    .xFileSize = main_size,
    .xLock = qt__file_lock,
    .xUnlock = qt__file_unlock,
    .xCheckReservedLock = qt__file_is_reserved,
    .xFileControl = main_control,
    .xSectorSize = qt__file_sector,
    .xDeviceCharacteristics = qt__file_traits,
    .xShmMap = main_shm_map,
    .xShmLock = main_shm_lock,
    .xShmBarrier = main_shm_barrier,
    .xShmUnmap = main_shm_unmap,
};
