/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rollback journals and temporary files: bytes at any offset, in sealed blocks of 4096. The block
 * that was last touched is kept in clear in memory and written when another one is wanted.
 *
 * A journal is bound to the generation of the database that it can undo: an older one is zeros to
 * SQLite, which then has nothing to undo.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "vfs_priv.h"

enum { PLAIN = 4096, SEALED = PLAIN + QT__SEAL_BYTES, NO_BLOCK = -1 };

struct qt__blocks {
    struct qt__cipher *cipher;
    bool is_temporary;
    struct qt__place place;
    int64_t size;  /* bytes, as SQLite counts */
    int64_t block; /* in memory; NO_BLOCK: none */
    bool is_dirty;
    unsigned char plain[PLAIN], sealed[SEALED];
};

struct qt__blocks *
qt__blocks_create(struct qt__vfs *vfs, bool is_temporary)
{
    struct qt__blocks *blocks = calloc(1, sizeof *blocks);
    if (!blocks)
        return NULL;
    blocks->is_temporary = is_temporary;
    blocks->block = NO_BLOCK;
    blocks->size = -1;
    blocks->place.kind = is_temporary ? QT__KIND_TEMPORARY : QT__KIND_JOURNAL;
    blocks->cipher = is_temporary ? qt__cipher_create(NULL, vfs->cipher->store) : vfs->cipher;
    if (!is_temporary && vfs->seals)
        qt__put_le(blocks->place.id, qt__seals_generation(vfs->seals), 8);
    if (blocks->cipher)
        return blocks;
    free(blocks);
    return NULL;
}

void
qt__blocks_destroy(struct qt__blocks *blocks)
{
    if (!blocks)
        return;
    if (blocks->is_temporary)
        qt__cipher_destroy(blocks->cipher);
    sodium_memzero(blocks, sizeof *blocks);
    free(blocks);
}

/* Every block but the last is whole; the last is as long as what is in it. */
static int
know_size(struct qt__file *file)
{
    struct qt__blocks *blocks = file->blocks;
    sqlite3_int64 size = 0;
    if (blocks->size >= 0)
        return SQLITE_OK;
    int rc = file->under->pMethods->xFileSize(file->under, &size);
    int64_t rest = size % SEALED - QT__SEAL_BYTES;
    blocks->size = size / SEALED * PLAIN + (rest > 0 ? rest : 0);
    return rc;
}

static size_t
bytes_in(const struct qt__blocks *blocks, int64_t block)
{
    int64_t n = blocks->size - block * PLAIN;
    return n <= 0 ? 0 : (size_t)QT_MIN(n, PLAIN);
}

static int
put_away(struct qt__file *file)
{
    struct qt__blocks *blocks = file->blocks;
    size_t n = blocks->is_dirty ? bytes_in(blocks, blocks->block) : 0;
    blocks->is_dirty = false;
    if (n == 0)
        return SQLITE_OK;
    blocks->place.number = (uint64_t)blocks->block;
    qt__seal(blocks->cipher, &blocks->place, blocks->plain, n, blocks->sealed);
    return qt__write_under(file->under, blocks->sealed, n + QT__SEAL_BYTES, blocks->block * SEALED);
}

/* The block into memory; one that does not open is zeros in a journal, an error elsewhere. */
static int
take(struct qt__file *file, int64_t block)
{
    struct qt__blocks *blocks = file->blocks;
    if (blocks->block == block)
        return SQLITE_OK;
    int rc = put_away(file);
    if (rc != SQLITE_OK)
        return rc;
    size_t n = bytes_in(blocks, block);
    blocks->block = NO_BLOCK;
    memset(blocks->plain, 0, sizeof blocks->plain);
    if (n > 0) {
        rc = qt__read_under(file->under, blocks->sealed, n + QT__SEAL_BYTES, block * SEALED);
        blocks->place.number = (uint64_t)block;
        if (rc == SQLITE_OK &&
            !qt__unseal(blocks->cipher, &blocks->place, blocks->sealed, n, blocks->plain)) {
            memset(blocks->plain, 0, sizeof blocks->plain);
            if (blocks->is_temporary)
                rc = qt__damaged(file->vfs, "block %lld of a temporary file was changed",
                                 (long long)block);
        }
    }
    if (rc == SQLITE_OK)
        blocks->block = block;
    return rc;
}

static int
blocks_read(sqlite3_file *base, void *buffer, int n, sqlite3_int64 at)
{
    struct qt__file *file = (struct qt__file *)base;
    struct qt__blocks *blocks = file->blocks;
    unsigned char *out = buffer;
    int rc = know_size(file);
    while (rc == SQLITE_OK && n > 0) {
        if (at >= blocks->size) {
            memset(out, 0, (size_t)n);
            return SQLITE_IOERR_SHORT_READ;
        }
        int64_t skip = at % PLAIN;
        int part = (int)QT_MIN(QT_MIN((int64_t)n, PLAIN - skip), blocks->size - at);
        rc = take(file, at / PLAIN);
        if (rc == SQLITE_OK)
            memcpy(out, blocks->plain + skip, (size_t)part);
        out += part;
        at += part;
        n -= part;
    }
    return rc;
}

/* The gap between the end and where something is written becomes zeros, block by block. */
static int
grow_to(struct qt__file *file, int64_t at)
{
    struct qt__blocks *blocks = file->blocks;
    int rc = SQLITE_OK;
    while (rc == SQLITE_OK && blocks->size < at) {
        rc = take(file, blocks->size / PLAIN);
        blocks->size = QT_MIN(at, (blocks->size / PLAIN + 1) * PLAIN);
        blocks->is_dirty = true;
    }
    return rc;
}

static int
blocks_write(sqlite3_file *base, const void *buffer, int n, sqlite3_int64 at)
{
    struct qt__file *file = (struct qt__file *)base;
    struct qt__blocks *blocks = file->blocks;
    const unsigned char *from = buffer;
    int rc = know_size(file);
    if (rc == SQLITE_OK)
        rc = grow_to(file, at);
    while (rc == SQLITE_OK && n > 0) {
        int64_t skip = at % PLAIN;
        int part = (int)QT_MIN((int64_t)n, PLAIN - skip);
        rc = take(file, at / PLAIN);
        if (rc != SQLITE_OK)
            break;
        memcpy(blocks->plain + skip, from, (size_t)part);
        blocks->is_dirty = true;
        from += part;
        at += part;
        n -= part;
        blocks->size = QT_MAX(blocks->size, at);
    }
    return rc;
}

static int
blocks_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct qt__file *file = (struct qt__file *)base;
    struct qt__blocks *blocks = file->blocks;
    int rc = know_size(file);
    if (rc != SQLITE_OK || size >= blocks->size)
        return rc;
    if (size % PLAIN != 0)
        rc = take(file, size / PLAIN); /* it is sealed anew, shorter */
    else if (blocks->block >= size / PLAIN)
        blocks->block = NO_BLOCK;
    if (rc != SQLITE_OK)
        return rc;
    blocks->size = size;
    blocks->is_dirty = blocks->block != NO_BLOCK;
    if (size % PLAIN != 0)
        memset(blocks->plain + size % PLAIN, 0, (size_t)(PLAIN - size % PLAIN));
    rc = put_away(file);
    int64_t rest = size % PLAIN;
    return rc == SQLITE_OK
               ? file->under->pMethods->xTruncate(
                     file->under, size / PLAIN * SEALED + (rest ? rest + QT__SEAL_BYTES : 0))
               : rc;
}

static int
blocks_sync(sqlite3_file *base, int flags)
{
    struct qt__file *file = (struct qt__file *)base;
    int rc = put_away(file);
    return rc == SQLITE_OK ? file->under->pMethods->xSync(file->under, flags) : rc;
}

static int
blocks_size(sqlite3_file *base, sqlite3_int64 *out)
{
    struct qt__file *file = (struct qt__file *)base;
    int rc = know_size(file);
    *out = file->blocks->size;
    return rc;
}

static int
blocks_close(sqlite3_file *base)
{
    struct qt__file *file = (struct qt__file *)base;
    int rc = file->blocks->is_temporary ? SQLITE_OK : put_away(file);
    int closed = qt__file_close(base);
    return rc != SQLITE_OK ? rc : closed;
}

const sqlite3_io_methods qt__blocks_methods = {
    .iVersion = 1,
    .xClose = blocks_close,
    .xRead = blocks_read,
    .xWrite = blocks_write,
    .xTruncate = blocks_truncate,
    .xSync = blocks_sync,
    .xFileSize = blocks_size,
    .xLock = qt__file_lock,
    .xUnlock = qt__file_unlock,
    .xCheckReservedLock = qt__file_is_reserved,
    .xFileControl = qt__file_control,
    .xSectorSize = qt__file_sector,
    .xDeviceCharacteristics = qt__file_traits,
};
