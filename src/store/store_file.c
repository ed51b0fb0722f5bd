/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store's file: opened, made, or made of a plain one that an earlier version left.
 *
 * F1: store.db and store.key appear together: the database is made as store.db.new, then the key is
 * written, then the database gets its name. A store.db that is missing or whose key is missing is
 * an error, and no new store is begun in its place. F2: a plain store stays as it is until the
 * encrypted one is whole; then it is store.db.plain until it is overwritten and gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/file.h"
#include "qtrade/base/text.h"

#include "backup_priv.h"
#include "key_wrap_priv.h"

enum { PATH_BYTES = QT__STORE_PATH };

static void
path_in(const char *folder, const char *name, char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%.500s/%s", folder, name);
}

enum qt__store_what
qt__store_file_look(const char *path)
{
    char start[16] = "";
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return errno == ENOENT ? QT__STORE_NOTHING : QT__STORE_OTHER;
    ssize_t n = read(file, start, sizeof start);
    close(file);
    if (n == sizeof start && memcmp(start, "SQLite format 3", 16) == 0)
        return QT__STORE_PLAIN;
    return n == sizeof start && memcmp(start, "QTSTORE", 8) == 0 ? QT__STORE_ENCRYPTED : QT__STORE_OTHER;
}

static bool
check_folder(const char *folder, struct qt_error *err)
{
    struct stat st;
    if (!qt_dir_make(folder, err))
        return qt_error_add(err, "making the state folder");
    if (lstat(folder, &st) != 0)
        return qt_fail_errno(err, QT_E_IO, "%s", folder);
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022))
        return qt_fail(err, QT_E_IO,
                       "%s: must be a folder of this user that nobody else can write (chmod 700)",
                       folder);
    return true;
}

bool
qt__store_file_lock(const char *folder, int *out, struct qt_error *err)
{
    char path[PATH_BYTES], owner[32] = "";
    if (!check_folder(folder, err))
        return false;
    path_in(folder, "lock", path);
    *out = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*out < 0)
        return qt_fail_errno(err, QT_E_IO, "%s: cannot open the lock", path);
    if (flock(*out, LOCK_EX | LOCK_NB) != 0) {
        ssize_t n = pread(*out, owner, sizeof owner - 1, 0);
        owner[n > 0 ? strcspn(owner, "\n") : 0] = '\0';
        return qt_fail(
            err, QT_E_FAILED,
            "%s: another qtrade (pid %s) runs on this folder (stop it, or use --data-dir)", folder,
            owner[0] ? owner : "unknown");
    }
    int n = snprintf(owner, sizeof owner, "%ld\n", (long)getpid());
    if (ftruncate(*out, 0) != 0 || pwrite(*out, owner, (size_t)n, 0) != n)
        return qt_fail_errno(err, QT_E_IO, "%s: cannot write", path);
    return true;
}

bool
qt__sync_folder(const char *folder, struct qt_error *err)
{
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = file >= 0 && fsync(file) == 0;
    int why = errno;
    if (file >= 0)
        close(file);
    errno = why;
    return is_synced || qt_fail_errno(err, QT_E_IO, "%s: cannot sync", folder);
}

/* Whether store.key is another one than when this began to read: pages may have its new key. */
static bool
has_other_key(const struct qt__store_file *file)
{
    char path[PATH_BYTES];
    unsigned char head[QT__WRAP_HEAD];
    const char *slash = strrchr(file->vfs->path, '/');
    if (!file->vfs->reads_only || !slash)
        return false;
    snprintf(path, sizeof path, "%.*s/store.key", (int)(slash - file->vfs->path), file->vfs->path);
    int key = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = key >= 0 ? read(key, head, sizeof head) : 0;
    if (key >= 0)
        close(key);
    return n == sizeof head && memcmp(head, file->key_head, sizeof head) != 0;
}

bool
qt__store_file_fail(const struct qt__store_file *file, struct qt_error *err, const char *path)
{
    if (file->vfs && file->vfs->damage[0] && has_other_key(file))
        return qt_fail(err, QT_E_FAILED, "%s: got another key while it was read: try again", path);
    if (file->vfs && file->vfs->damage[0])
        return qt_fail(err, QT_E_VERIFY, "%s: %s", path, file->vfs->damage);
    return qt__sqlite_fail(file->db, err, path);
}

void
qt__store_file_close(struct qt__store_file *file)
{
    (void)sqlite3_close(file->db);
    qt__vfs_destroy(file->vfs);
    *file = (struct qt__store_file){0};
}

struct qt__vfs *
qt__store_file_vfs(const struct qt_store_key *key, bool creates)
{
    struct qt__vfs *vfs = qt__vfs_create(qt__store_key_pages(key), key->id, creates);
    if (vfs && qt__store_key_former(key))
        qt__cipher_former(vfs->cipher, qt__store_key_former(key));
    return vfs;
}

bool
qt__store_file_connect(struct qt__store_file *file, const struct qt_store_key *key, const char *path,
                       int flags, struct qt_error *err)
{
    file->vfs = qt__store_file_vfs(key, (flags & SQLITE_OPEN_CREATE) != 0);
    if (!file->vfs)
        return qt_fail(err, QT_E_MEMORY, "no memory for the store's cipher");
    memcpy(file->key_head, key->wrapped, sizeof file->key_head);
    return qt__vfs_connect(file->vfs, path, flags | SQLITE_OPEN_FULLMUTEX, &file->db) ==
               SQLITE_OK ||
           qt__store_file_fail(file, err, path);
}

/* What an attempt that was interrupted left. */
static void
remove_new(const char *folder)
{
    static const char *const names[] = {"store.db.new", "store.db.new-wal", "store.db.new-shm",
                                        "store.db.new-journal"};
    char path[PATH_BYTES];
    for (size_t i = 0; i < QT_COUNT_OF(names); i++) {
        path_in(folder, names[i], path);
        (void)unlink(path);
    }
}

/* An empty store of the newest schema as store.db.new. */
static bool
make_new(const char *folder, const struct qt_store_key *key, struct qt_error *err)
{
    char path[PATH_BYTES];
    struct qt__store_file file = {0};
    path_in(folder, "store.db.new", path);
    remove_new(folder);
    bool is_made =
        qt__store_file_connect(&file, key, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err) &&
        qt__schema_migrate(file.db, path, err) &&
        qt__sqlite_exec(file.db, "PRAGMA wal_checkpoint(TRUNCATE)", "making the store", err);
    qt__store_file_close(&file);
    return is_made;
}

/* "file:PATH?vfs=NAME" with everything but letters, digits and "/._-" as %XX. */
static void
uri_of(const char *path, const char *vfs, char *out, size_t capacity)
{
    struct qt_text text;
    qt_text_init(&text, out, capacity);
    qt_text_add(&text, "file:");
    for (const char *c = path; *c; c++) {
        bool is_plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                        (*c >= '0' && *c <= '9') || strchr("/._-", *c);
        if (is_plain)
            qt_text_add_char(&text, *c);
        else
            qt_text_addf(&text, "%%%02X", (unsigned char)*c);
    }
    qt_text_addf(&text, "?vfs=%s", vfs);
}

bool
qt__store_file_copy(sqlite3 *from, const char *path, const struct qt__vfs *to, struct qt_error *err)
{
    char uri[3 * PATH_BYTES + 64];
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) /* SQLite takes an empty one, and would make one that others may read */
        return qt_fail_errno(err, QT_E_IO, "%s", path);
    close(file);
    uri_of(path, to->name, uri, sizeof uri);
    char *sql = sqlite3_mprintf("VACUUM INTO %Q", uri);
    bool is_copied = sql ? qt__sqlite_exec(from, sql, path, err)
                         : qt_fail(err, QT_E_MEMORY, "no memory to copy the store");
    sqlite3_free(sql);
    return is_copied;
}

/* The plain store, all of it in its one file, copied through the cipher. */
static bool
copy_plain(const char *plain, const char *path, struct qt__vfs *vfs, struct qt_error *err)
{
    sqlite3 *db = NULL;
    int reserve = QT__SEAL_BYTES;
    if (sqlite3_open_v2(plain, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_NOFOLLOW,
                        NULL) != SQLITE_OK) {
        qt__sqlite_fail(db, err, plain);
        (void)sqlite3_close(db);
        return false;
    }
    bool is_copied =
        qt__sqlite_exec(db,
                        "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;"
                        "PRAGMA page_size = 4096",
                        plain, err) &&
        (sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve) == SQLITE_OK ||
         qt__sqlite_fail(db, err, plain)) &&
        qt__store_file_copy(db, path, vfs, err);
    (void)sqlite3_close(db);
    return is_copied;
}

static bool
expect_sound(sqlite3 *db, const char *path, struct qt_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool is_sound =
        sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW &&
        strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    return is_sound ||
           qt_fail(err, QT_E_VERIFY, "%s: does not hold what the plain store did", path);
}

static bool
encrypt_plain(const char *folder, const struct qt_store_key *key, struct qt_error *err)
{
    char plain[PATH_BYTES], path[PATH_BYTES];
    struct qt__store_file file = {.vfs = qt__store_file_vfs(key, true)};
    path_in(folder, "store.db", plain);
    path_in(folder, "store.db.new", path);
    remove_new(folder);
    bool is_made = file.vfs ? copy_plain(plain, path, file.vfs, err)
                            : qt_fail(err, QT_E_MEMORY, "no memory for the store's cipher");
    qt__store_file_close(&file);
    is_made = is_made && qt__store_file_connect(&file, key, path, SQLITE_OPEN_READWRITE, err) &&
              expect_sound(file.db, path, err) &&
              qt__sqlite_exec(file.db, "PRAGMA wal_checkpoint(TRUNCATE)", path, err);
    qt__store_file_close(&file);
    return is_made;
}

/* Overwrites what F2 left of a plain store, and removes it. */
static bool
wipe_plain(const char *folder, struct qt_error *err)
{
    static const char zeros[1 << 16];
    char path[PATH_BYTES];
    struct stat st;
    path_in(folder, "store.db.plain", path);
    int file = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return errno == ENOENT || qt_fail_errno(err, QT_E_IO, "%s: cannot be overwritten", path);
    bool is_good = fstat(file, &st) == 0 && S_ISREG(st.st_mode);
    for (off_t at = 0; is_good && at < st.st_size; at += (off_t)sizeof zeros) {
        size_t n = (size_t)QT_MIN(st.st_size - at, (off_t)sizeof zeros);
        is_good = pwrite(file, zeros, n, at) == (ssize_t)n;
    }
    is_good = is_good && fsync(file) == 0;
    close(file);
    return (is_good && unlink(path) == 0) ||
           qt_fail_errno(err, QT_E_IO, "%s: cannot be overwritten", path);
}

/* store.db.new gets its name; a plain store becomes store.db.plain first. */
static bool
take_new(const char *folder, bool was_plain, struct qt_error *err)
{
    char from[PATH_BYTES], to[PATH_BYTES], plain[PATH_BYTES];
    path_in(folder, "store.db.new", from);
    path_in(folder, "store.db", to);
    path_in(folder, "store.db.plain", plain);
    if (was_plain && ((unlink(plain) != 0 && errno != ENOENT) || link(to, plain) != 0))
        return qt_fail_errno(err, QT_E_IO, "%s", plain);
    if (rename(from, to) != 0)
        return qt_fail_errno(err, QT_E_IO, "%s", to);
    return qt__sync_folder(folder, err);
}

static bool
begin_store(const char *folder, struct qt_store_key *key, bool is_plain, struct qt_error *err)
{
    bool is_made = is_plain ? encrypt_plain(folder, key, err) : make_new(folder, key, err);
    return is_made && (!key->is_new || qt__store_key_save(key, folder, err)) &&
           take_new(folder, is_plain, err);
}

/* Makes what is to be opened, or says why there is nothing (F1). */
static bool
prepare(const char *folder, struct qt_store_key *key, const char *path, struct qt_error *err)
{
    char made[PATH_BYTES];
    path_in(folder, "store.db.new", made);
    switch (qt__store_file_look(path)) {
    case QT__STORE_NOTHING:
        if (key->is_new)
            return begin_store(folder, key, false, err);
        if (qt__store_file_look(made) == QT__STORE_ENCRYPTED)
            return take_new(folder, false, err);
        return qt_fail(err, QT_E_VERIFY,
                       "%s: is missing, and store.key is there (to begin anew, move that away)",
                       path);
    case QT__STORE_PLAIN:
        return begin_store(folder, key, true, err);
    case QT__STORE_ENCRYPTED:
        return !key->is_new || qt_fail(err, QT_E_LOCKED, "%s: its store.key is missing", path);
    case QT__STORE_OTHER:
        break;
    }
    return qt_fail(err, key->is_new ? QT_E_DATA : QT_E_VERIFY, "%s: is damaged, or no store", path);
}

/* The folder's lock is held: nobody gives the store another key from here on. */
static bool
expect_same_key(const char *folder, const struct qt_store_key *key, struct qt_error *err)
{
    unsigned char wrapped[QT__WRAP_BYTES];
    size_t n;
    if (key->is_new || key->is_for_one_run)
        return true;
    if (!qt__store_key_read(folder, wrapped, &n, err))
        return false;
    bool is_first = n == QT__WRAP_FIRST && key->version == 1;
    return n == 0 || is_first || memcmp(wrapped, key->wrapped, n) == 0 ||
           qt_fail(err, QT_E_LOCKED, "%s: store.key was changed meanwhile: try again", folder);
}

bool
qt__store_file_open(struct qt__store_file *file, const char *folder, struct qt_store_key *key,
                    struct qt_error *err)
{
    char path[PATH_BYTES];
    path_in(folder, "store.db", path);
    return expect_same_key(folder, key, err) && qt__restore_finish(folder, err) &&
           prepare(folder, key, path, err) && wipe_plain(folder, err) &&
           qt__store_file_connect(file, key, path, SQLITE_OPEN_READWRITE, err) &&
           qt__schema_migrate(file->db, path, err);
}

bool
qt__store_file_read(struct qt__store_file *file, const char *folder, const struct qt_store_key *key,
                    struct qt_error *err)
{
    char path[PATH_BYTES];
    path_in(folder, "store.db", path);
    switch (qt__store_file_look(path)) {
    case QT__STORE_NOTHING:
        return qt_fail(err, QT_E_VERIFY, "%s: is missing", path);
    case QT__STORE_PLAIN:
        return qt_fail(err, QT_E_DATA, "%s: is not encrypted yet (the next run does that)", path);
    case QT__STORE_OTHER:
        return qt_fail(err, QT_E_VERIFY, "%s: is damaged, or no store", path);
    case QT__STORE_ENCRYPTED:
        break;
    }
    return qt__store_file_connect(file, key, path, SQLITE_OPEN_READONLY, err);
}
