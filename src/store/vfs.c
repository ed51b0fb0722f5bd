/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/text.h"

#include "vfs_priv.h"

static sqlite3_vfs *
under_of(sqlite3_vfs *base)
{
    return ((struct qt__vfs *)base)->under;
}

int
qt__damaged(struct qt__vfs *vfs, const char *format, ...)
{
    va_list arguments;
    if (vfs->damage[0])
        return SQLITE_IOERR_DATA;
    va_start(arguments, format);
    vsnprintf(vfs->damage, sizeof vfs->damage, format, arguments);
    va_end(arguments);
    return SQLITE_IOERR_DATA;
}

int
qt__sync_under(sqlite3_file *file)
{
    return file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
}

int
qt__renew_under(sqlite3_file *file, void *buffer, size_t n, int64_t at)
{
    int rc = qt__read_under(file, buffer, n, at);
    return rc == SQLITE_OK ? qt__write_under(file, buffer, n, at) : rc;
}

/* What every file hands through */

int
qt__file_close(sqlite3_file *base)
{
    struct qt__file *file = (struct qt__file *)base;
    int rc = file->under->pMethods ? file->under->pMethods->xClose(file->under) : SQLITE_OK;
    qt__wal_destroy(file->wal);
    qt__blocks_destroy(file->blocks);
    file->wal = NULL;
    file->blocks = NULL;
    return rc;
}

int
qt__file_lock(sqlite3_file *base, int level)
{
    sqlite3_file *under = ((struct qt__file *)base)->under;
    return under->pMethods->xLock(under, level);
}

int
qt__file_unlock(sqlite3_file *base, int level)
{
    sqlite3_file *under = ((struct qt__file *)base)->under;
    return under->pMethods->xUnlock(under, level);
}

int
qt__file_is_reserved(sqlite3_file *base, int *out)
{
    sqlite3_file *under = ((struct qt__file *)base)->under;
    return under->pMethods->xCheckReservedLock(under, out);
}

/* Sizes that SQLite has in mind are not those of our files. */
int
qt__file_control(sqlite3_file *base, int op, void *argument)
{
    sqlite3_file *under = ((struct qt__file *)base)->under;
    if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE ||
        op == SQLITE_FCNTL_MMAP_SIZE || op == SQLITE_FCNTL_PRAGMA)
        return SQLITE_NOTFOUND;
    return under->pMethods->xFileControl(under, op, argument);
}

int
qt__file_sector(sqlite3_file *base)
{
    sqlite3_file *under = ((struct qt__file *)base)->under;
    return under->pMethods->xSectorSize(under);
}

int
qt__file_traits(sqlite3_file *base)
{
    sqlite3_file *under = ((struct qt__file *)base)->under;
    int known = under->pMethods->xDeviceCharacteristics(under);
    return (known & SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN) | SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* Opening */

static int
open_main(struct qt__file *file, const char *path, int flags)
{
    struct qt__vfs *vfs = file->vfs;
    if (vfs->seals || !path || !qt_copy(vfs->path, sizeof vfs->path, path))
        return SQLITE_CANTOPEN; /* one database a VFS */
    vfs->reads_only = (flags & SQLITE_OPEN_READONLY) != 0;
    int rc = qt__seals_open(vfs, file->under, &vfs->seals);
    file->base.pMethods = &qt__main_methods;
    return rc;
}

static int
open_wal(struct qt__file *file)
{
    file->wal = file->vfs->seals ? qt__wal_create() : NULL;
    file->base.pMethods = &qt__wal_methods;
    if (!file->wal)
        return SQLITE_NOMEM;
    return file->vfs->reads_only ? SQLITE_OK : qt__wal_check(file);
}

static int
open_blocks(struct qt__file *file, bool is_temporary)
{
    file->blocks = qt__blocks_create(file->vfs, is_temporary);
    file->base.pMethods = &qt__blocks_methods;
    return file->blocks ? SQLITE_OK : SQLITE_NOMEM;
}

static int
open_file(sqlite3_vfs *base, const char *path, sqlite3_file *out, int flags, int *out_flags)
{
    static const int temporary = SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TRANSIENT_DB |
                                 SQLITE_OPEN_TEMP_JOURNAL | SQLITE_OPEN_SUBJOURNAL;
    struct qt__file *file = (struct qt__file *)out;
    struct qt__vfs *vfs = (struct qt__vfs *)base;
    *file = (struct qt__file){.vfs = vfs, .under = (sqlite3_file *)(file + 1)};
    memset(file->under, 0, (size_t)vfs->under->szOsFile);
    if (flags & SQLITE_OPEN_SUPER_JOURNAL)
        return SQLITE_CANTOPEN; /* there is one database */
    int rc = vfs->under->xOpen(vfs->under, path, file->under, flags, out_flags);
    if (rc != SQLITE_OK && (flags & SQLITE_OPEN_WAL) && vfs->seals &&
        !sodium_is_zero(qt__seals_log(vfs->seals), QT__ID_BYTES))
        return qt__damaged(vfs, "its log (store.db-wal) is missing");
    if (rc == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB))
        rc = open_main(file, path, flags);
    else if (rc == SQLITE_OK && (flags & SQLITE_OPEN_WAL))
        rc = open_wal(file);
    else if (rc == SQLITE_OK)
        rc = open_blocks(file, (flags & temporary) || !path);
    if (rc != SQLITE_OK) {
        (void)qt__file_close(out);
        out->pMethods = NULL;
    }
    return rc;
}

/* SQLite removes the log when all of it is in the database: the root forgets it first (V3). */
static int
remove_file(sqlite3_vfs *base, const char *path, int syncs)
{
    static const unsigned char none[QT__ID_BYTES];
    struct qt__vfs *vfs = (struct qt__vfs *)base;
    size_t n = strlen(vfs->path);
    int rc = SQLITE_OK;
    if (vfs->seals && !vfs->reads_only && strncmp(path, vfs->path, n) == 0 &&
        strcmp(path + n, "-wal") == 0)
        rc = qt__seals_set_log(vfs->seals, none);
    return rc == SQLITE_OK ? vfs->under->xDelete(vfs->under, path, syncs) : rc;
}

static int
find_file(sqlite3_vfs *base, const char *path, int flags, int *out)
{
    return under_of(base)->xAccess(under_of(base), path, flags, out);
}

static int
full_path(sqlite3_vfs *base, const char *path, int n, char *out)
{
    return under_of(base)->xFullPathname(under_of(base), path, n, out);
}

static int
random_bytes(sqlite3_vfs *base, int n, char *out)
{
    (void)base;
    randombytes_buf(out, (size_t)n);
    return n;
}

static int
wait_us(sqlite3_vfs *base, int us)
{
    return under_of(base)->xSleep(under_of(base), us);
}

static int
julian_day(sqlite3_vfs *base, double *out)
{
    return under_of(base)->xCurrentTime(under_of(base), out);
}

static int
julian_ms(sqlite3_vfs *base, sqlite3_int64 *out)
{
    return under_of(base)->xCurrentTimeInt64(under_of(base), out);
}

static int
last_error(sqlite3_vfs *base, int n, char *out)
{
    return under_of(base)->xGetLastError(under_of(base), n, out);
}

static void
read_boot(unsigned char out[QT__ID_BYTES])
{
    char text[64] = "";
    int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    if (file >= 0)
        close(file);
    memset(out, 0, QT__ID_BYTES);
    if (n > 0)
        crypto_generichash(out, QT__ID_BYTES, (const unsigned char *)text, (size_t)n, NULL, 0);
}

struct qt__vfs *
qt__vfs_create(const unsigned char key[QT__KEY_BYTES], const unsigned char store[QT__ID_BYTES],
               bool creates)
{
    sqlite3_vfs *under = sqlite3_vfs_find(NULL);
    struct qt__cipher *cipher = qt__cipher_create(key, store);
    struct qt__vfs *vfs = calloc(1, sizeof *vfs);
    if (!vfs || !cipher || !under) {
        qt__cipher_destroy(cipher);
        free(vfs);
        return NULL;
    }
    vfs->under = under;
    vfs->cipher = cipher;
    vfs->creates = creates;
    read_boot(vfs->boot);
    snprintf(vfs->name, sizeof vfs->name, "qtrade-%p", (void *)vfs);
    vfs->base = (sqlite3_vfs){.iVersion = 2,
                              .szOsFile = (int)sizeof(struct qt__file) + under->szOsFile,
                              .mxPathname = under->mxPathname,
                              .zName = vfs->name,
                              .xOpen = open_file,
                              .xDelete = remove_file,
                              .xAccess = find_file,
                              .xFullPathname = full_path,
                              .xRandomness = random_bytes,
                              .xSleep = wait_us,
                              .xCurrentTime = julian_day,
                              .xGetLastError = last_error,
                              .xCurrentTimeInt64 = julian_ms};
    if (sqlite3_vfs_register(&vfs->base, 0) == SQLITE_OK)
        return vfs;
    qt__cipher_destroy(cipher);
    free(vfs);
    return NULL;
}

int
qt__vfs_connect(struct qt__vfs *vfs, const char *path, int flags, sqlite3 **out)
{
    static const char *const settings[2] = {
        "PRAGMA busy_timeout = 2000; PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY;"
        "PRAGMA query_only = 1",
        "PRAGMA busy_timeout = 2000; PRAGMA temp_store = MEMORY;"
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"};
    bool writes = !(flags & SQLITE_OPEN_READONLY);
    int reserve = QT__SEAL_BYTES;
    mode_t before = umask(077);
    int rc = sqlite3_open_v2(path, out, flags | SQLITE_OPEN_NOFOLLOW, vfs->name);
    if (rc == SQLITE_OK)
        rc = sqlite3_file_control(*out, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(*out, settings[writes], NULL, NULL, NULL);
    umask(before);
    return rc;
}

void
qt__vfs_destroy(struct qt__vfs *vfs)
{
    if (!vfs)
        return;
    (void)sqlite3_vfs_unregister(&vfs->base);
    qt__renewal_end(vfs);
    qt__cipher_destroy(vfs->cipher);
    sodium_memzero(vfs, sizeof *vfs);
    free(vfs);
}

const char *
qt__vfs_damage(sqlite3 *db)
{
    sqlite3_vfs *base = NULL;
    if (!db) /* there was no memory for a connection */
        return NULL;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_VFS_POINTER, &base) != SQLITE_OK || !base ||
        base->xOpen != open_file)
        return NULL;
    const struct qt__vfs *vfs = (const struct qt__vfs *)base;
    return vfs->damage[0] ? vfs->damage : NULL;
}
