/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Restoring a backup: into store.db.restoring, which is checked there and takes the store's name
 * last (B2).
 *
 *     1 the old store.db and store.db-wal get second names, store.db.before-restore and -wal
 *     2 store.db.restoring becomes store.db; from here on the new store is what opens
 *     3 the old store.db-wal goes; when that was interrupted, the next one who opens does it
 *
 * Where there is no store yet, 2 goes by store.db.new and store.key (F1 of store_file.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/snapshot.h"

#include "backup_priv.h"
#include "heads_priv.h"
#include "restore_priv.h"

enum { PATH_BYTES = QT__STORE_PATH, NUMBERS_A_SECOND = 1 << 20 /* more than an engine gives */ };

#define KEPT "store.db.before-restore"

/* What has to get out of the way: the old store's files, and what they are kept as. */
static const struct {
    const char *name, *kept;
} olds[] = {{"store.db", KEPT}, {"store.db-wal", KEPT "-wal"}};

static void
path_in(const char *folder, const char *name, char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%.500s/%s", folder, name);
}

static void
remove_in(const char *folder, const char *name)
{
    char path[PATH_BYTES];
    path_in(folder, name, path);
    (void)unlink(path);
}

static bool
find(const char *folder, const char *name, struct stat *out)
{
    char path[PATH_BYTES];
    path_in(folder, name, path);
    return lstat(path, out) == 0;
}

/* Whether both names are of one file. */
static bool
is_same(const char *folder, const char *one, const char *other)
{
    struct stat a, b;
    return find(folder, one, &a) && find(folder, other, &b) && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static void
remove_restoring(const char *folder)
{
    static const char *const names[] = {"store.db.restoring",     "store.db.restoring-wal",
                                        "store.db.restoring-shm", "store.db.restoring-journal",
                                        "store.db.resealed",      "store.db.resealed-journal"};
    for (size_t i = 0; i < QT_COUNT_OF(names); i++)
        remove_in(folder, names[i]);
}

/* The stream of file, all of it, into image. */
static bool
read_chunks(int file, const unsigned char head[QT__BACKUP_HEAD_MAX], const char *path,
            crypto_secretstream_xchacha20poly1305_state *stream, int image, struct qt_error *err)
{
    unsigned char plain[QT__BACKUP_CHUNK], sealed[QT__BACKUP_CHUNK + QT__BACKUP_SEAL], tag = 0;
    int64_t left = (int64_t)qt__get_le(head + 40, 8), at = (int64_t)qt__backup_head_bytes(head);
    while (left > 0) {
        size_t n = (size_t)QT_MIN(left, (int64_t)QT__BACKUP_CHUNK);
        int64_t got = qt__read_full(file, sealed, n + QT__BACKUP_SEAL);
        if (got < 0)
            return qt_fail_errno(err, QT_E_IO, "%s: cannot read the backup", path);
        bool fits = got > QT__BACKUP_SEAL &&
                    crypto_secretstream_xchacha20poly1305_pull(stream, plain, NULL, &tag, sealed,
                                                               (unsigned long long)got, head,
                                                               qt__backup_head_bytes(head)) == 0;
        if (!fits && got < (int64_t)n + QT__BACKUP_SEAL)
            return qt_fail(err, QT_E_VERIFY, "%s: is cut: it ends at byte %lld", path,
                           (long long)(at + got));
        bool is_final = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
        if (!fits || got != (int64_t)n + QT__BACKUP_SEAL || is_final != ((int64_t)n == left))
            return qt_fail(err, QT_E_VERIFY,
                           "%s: was changed, or its end is missing (at byte %lld)", path,
                           (long long)at);
        if (!qt__write_full(image, plain, n))
            return qt_fail_errno(err, QT_E_IO, "writing the restored store");
        left -= (int64_t)n;
        at += got;
    }
    return qt__read_full(file, plain, 1) == 0 ||
           qt_fail(err, QT_E_VERIFY, "%s: there is something behind its end", path);
}

/* store.db.restoring of the backup, on disk. */
static bool
write_image(int file, unsigned char head[QT__BACKUP_HEAD_MAX], const char *folder, const char *path,
            const struct qt_store_key *key, const unsigned char *pages, struct qt_error *err)
{
    unsigned char derived[crypto_secretstream_xchacha20poly1305_KEYBYTES];
    crypto_secretstream_xchacha20poly1305_state stream;
    char restoring[PATH_BYTES];
    path_in(folder, "store.db.restoring", restoring);
    int image = open(restoring, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (image < 0)
        return qt_fail_errno(err, QT_E_IO, "%s", restoring);
    qt__backup_key_of(pages, key->id, derived);
    bool is_good = crypto_secretstream_xchacha20poly1305_init_pull(
                       &stream, qt__backup_stream_of(head), derived) == 0 ||
                   qt_fail(err, QT_E_VERIFY, "%s: its head was changed", path);
    is_good = is_good && read_chunks(file, head, path, &stream, image, err) &&
              (fsync(image) == 0 || qt_fail_errno(err, QT_E_IO, "%s", restoring));
    sodium_memzero(derived, sizeof derived);
    sodium_memzero(&stream, sizeof stream);
    close(image);
    return is_good;
}

/* The image's pages, which another key sealed, copied through the folder's. */
static bool
reseal_image(const char *folder, const struct qt_store_key *key, const unsigned char *pages,
             struct qt_error *err)
{
    char restoring[PATH_BYTES], resealed[PATH_BYTES];
    sqlite3 *db = NULL;
    struct qt__vfs *to = qt__vfs_create(qt__store_key_pages(key), key->id, true);
    struct qt__vfs *from = qt__vfs_create(pages, key->id, false);
    path_in(folder, "store.db.restoring", restoring);
    path_in(folder, "store.db.resealed", resealed);
    bool is_good = (to && from) || qt_fail(err, QT_E_MEMORY, "no memory for the store's cipher");
    is_good = is_good &&
              (qt__vfs_connect(from, restoring, SQLITE_OPEN_READONLY, &db) == SQLITE_OK ||
               qt__sqlite_fail(db, err, restoring)) &&
              qt__sqlite_exec(db, "PRAGMA query_only = 0", restoring, err) &&
              qt__store_file_copy(db, resealed, to, err);
    (void)sqlite3_close(db);
    qt__vfs_destroy(from);
    qt__vfs_destroy(to);
    remove_in(folder, "store.db.restoring-shm");
    remove_in(folder, "store.db.restoring-wal");
    return is_good && (rename(resealed, restoring) == 0 || qt_fail_errno(err, QT_E_IO, "%s", restoring));
}

static bool
check_image(const char *folder, const char *path, const struct qt_store_key *key,
            struct qt_error *err)
{
    struct qt__store_file file = {0};
    struct qt_store_report report = {0};
    char restoring[PATH_BYTES];
    int schema = 0;
    path_in(folder, "store.db.restoring", restoring);
    bool is_good = qt__store_file_connect(&file, key, restoring, SQLITE_OPEN_READONLY, err) &&
                   qt__schema_check(file.db, path, &schema, err) &&
                   qt__store_check_file(&file, &report, err);
    qt__store_file_close(&file);
    if (!is_good)
        return qt_error_add(err, "%s", path);
    return report.findings == 0 ||
           qt_fail(err, QT_E_VERIFY, "%s: does not hold a sound store: %s: %s", path,
                   report.finding[0].check, report.finding[0].text);
}

/* What the engine has to know of a restored store: it starts PAUSED where it would trade, because
 * what happened since is known to the venue only; and its numbers go on behind all that were given
 * since the backup, so that no order gets the id of one that is not in the store. */
static bool
mark_restored(const char *folder, const struct qt_store_key *key, const struct qt_backup *backup,
              struct qt__chain *chain, int64_t *heads, struct qt_error *err)
{
    struct qt__store_file file = {0};
    char restoring[PATH_BYTES], when[QT_TIME_TEXT], detail[QT_TIME_TEXT + 16], sql[800];
    int64_t now_ns = qt_now_utc_ns(), newest = 0;
    int64_t seconds = QT_MAX((now_ns - backup->time_ns) / 1000000000, (int64_t)0) + 1;
    snprintf(detail, sizeof detail, "a backup of %s", qt_time_format_short(backup->time_ns, when));
    snprintf(sql, sizeof sql,
             "BEGIN IMMEDIATE;"
             "INSERT INTO modes (t_ns, seq, mode, mode_id, source, reason)"
             " SELECT t_ns, seq, '%s', %d, 'store', 'restored ' || detail || ': compare with the"
             " venue, then resume' FROM audit WHERE id = (SELECT max(id) FROM audit) AND"
             " coalesce((SELECT mode_id FROM modes ORDER BY id DESC LIMIT 1), %d) = %d;"
             "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)",
             qt_mode_name(QT_MODE_PAUSED), (int)QT_MODE_PAUSED, (int)QT_MODE_NORMAL,
             (int)QT_MODE_NORMAL);
    path_in(folder, "store.db.restoring", restoring);
    bool is_marked = qt__store_file_connect(&file, key, restoring, SQLITE_OPEN_READWRITE, err) &&
                     qt__schema_migrate(file.db, restoring, err) &&
                     qt__restore_newest(file.db, &newest, err) &&
                     qt__chain_load(file.db, chain, err) && qt__heads_known(file.db, heads, err);
    const struct qt__entry entry = {.t_ns = now_ns,
                                    .seq = newest + seconds * NUMBERS_A_SECOND,
                                    .actor = "store",
                                    .action = "restore",
                                    .detail = detail};
    is_marked = is_marked && qt__chain_append(file.db, chain, &entry, err) &&
                qt__sqlite_exec(file.db, sql, restoring, err);
    qt__store_file_close(&file);
    return is_marked;
}

/* Whether what is there may be replaced by a store of such an id. */
static bool
expect_replaceable(const char *folder, const struct qt_store_key *key, bool replaces,
                   struct qt_error *err)
{
    char path[PATH_BYTES];
    unsigned char head[16 + QT__ID_BYTES] = {0};
    struct stat st;
    path_in(folder, "store.db", path);
    enum qt__store_what what = qt__store_file_look(path);
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int64_t n = file >= 0 ? qt__read_full(file, head, sizeof head) : 0;
    if (file >= 0)
        close(file);
    bool is_same_store = n == (int64_t)sizeof head && memcmp(head + 16, key->id, QT__ID_BYTES) == 0;
    if ((what == QT__STORE_ENCRYPTED && !is_same_store) || what == QT__STORE_PLAIN ||
        (what == QT__STORE_OTHER && key->is_new))
        return qt_fail(err, QT_E_VERIFY,
                       "%s: is not the backup's store (restore into an empty folder, or move this "
                       "one away)",
                       path);
    for (size_t i = 0; i < QT_COUNT_OF(olds); i++)
        if (!replaces && find(folder, olds[i].name, &st) && find(folder, olds[i].kept, &st) &&
            !is_same(folder, olds[i].name, olds[i].kept))
            return qt_fail(err, QT_E_FAILED,
                           "%s: %s is kept there from an earlier restore (--force replaces it)",
                           folder, olds[i].kept);
    return true;
}

/* Second names for the old store's files; what was kept before goes. */
static bool
keep_old(const char *folder, struct qt_backup *out, struct qt_error *err)
{
    char path[PATH_BYTES], kept[PATH_BYTES];
    struct stat st;
    if (find(folder, olds[0].name, &st))
        path_in(folder, KEPT, out->kept);
    for (size_t i = 0; i < QT_COUNT_OF(olds) && out->kept[0]; i++)
        remove_in(folder, olds[i].kept);
    for (size_t i = 0; i < QT_COUNT_OF(olds); i++) {
        path_in(folder, olds[i].name, path);
        path_in(folder, olds[i].kept, kept);
        if (find(folder, olds[i].name, &st) &&
            ((unlink(kept) != 0 && errno != ENOENT) || link(path, kept) != 0))
            return qt_fail_errno(err, QT_E_IO, "%s: cannot keep the old store", kept);
    }
    return qt__sync_folder(folder, err);
}

bool
qt__restore_finish(const char *folder, struct qt_error *err)
{
    if (!is_same(folder, olds[1].name, olds[1].kept) || is_same(folder, olds[0].name, KEPT))
        return true;
    remove_in(folder, "store.db-shm");
    remove_in(folder, olds[1].name);
    return qt__sync_folder(folder, err);
}

/* Gives the image its name; false: the folder is as it was. */
static bool
take_place(const char *folder, struct qt_store_key *key, struct qt_backup *out,
           struct qt_error *err)
{
    char from[PATH_BYTES], made[PATH_BYTES], to[PATH_BYTES];
    bool makes_key = key->is_new;
    path_in(folder, "store.db.restoring", from);
    path_in(folder, "store.db.new", made);
    path_in(folder, "store.db", to);
    bool is_kept = keep_old(folder, out, err), is_first = !out->kept[0];
    bool is_placed =
        is_kept &&
        (!is_first || rename(from, made) == 0 || qt_fail_errno(err, QT_E_IO, "%s", made)) &&
        (!makes_key || qt__store_key_save(key, folder, err)) &&
        (rename(is_first ? made : from, to) == 0 || qt_fail_errno(err, QT_E_IO, "%s", to));
    if (is_placed)
        return true;
    for (size_t i = 0; i < QT_COUNT_OF(olds); i++)
        if (is_same(folder, olds[i].name, olds[i].kept))
            remove_in(folder, olds[i].kept);
    if (makes_key && !key->is_new)
        remove_in(folder, "store.key");
    if (is_first)
        remove_in(folder, "store.db.new");
    return false;
}

/* The pages' key that made the backup, of the folder's or of its own keys. */
static const unsigned char *
find_maker(int file, unsigned char head[QT__BACKUP_HEAD_MAX], const struct qt_store_key *key,
           const struct qt_store_key *made_by)
{
    const unsigned char *pages = qt__backup_find_key(file, head, key);
    return pages || !made_by ? pages : qt__backup_find_key(file, head, made_by);
}

static bool
restore(int file, const char *folder, struct qt_store_key *key, const struct qt_store_key *made_by,
        const char *path, bool replaces, struct qt_backup *out, struct qt_error *err)
{
    unsigned char head[QT__BACKUP_HEAD_MAX];
    struct qt__chain chain;
    int64_t heads = 0;
    if (!qt__backup_read_head(file, path, head, out, err))
        return false;
    if (memcmp(head + 16, key->id, QT__ID_BYTES) != 0)
        return qt_fail(err, QT_E_VERIFY,
                       "%s: is of store %s, this folder has another one (restore into an empty "
                       "folder)",
                       path, out->id);
    if (!qt__restore_finish(folder, err) || !expect_replaceable(folder, key, replaces, err))
        return false;
    remove_restoring(folder);
    const unsigned char *own = qt__store_key_pages(key), *pages = find_maker(file, head, key, made_by);
    /* With none of them it fails at its first chunk, and says so. */
    bool is_placed = write_image(file, head, folder, path, key, pages ? pages : own, err) &&
                     (!pages || memcmp(pages, own, QT__KEY_BYTES) == 0 ||
                      reseal_image(folder, key, pages, err)) &&
                     check_image(folder, path, key, err) && mark_restored(folder, key, out, &chain, &heads, err) &&
                     take_place(folder, key, out, err);
    remove_restoring(folder);
    return is_placed && qt__sync_folder(folder, err) && qt__restore_finish(folder, err) &&
           (qt__heads_put_once(folder, key, QT__HEAD_RESTORE, &chain, heads, err) ||
            qt_error_add(err, "the store is restored, but the head of its audit is not written"));
}

bool
qt_backup_restore_older(const char *folder, struct qt_store_key *key, const struct qt_store_key *made_by,
                        const char *path, bool replaces, struct qt_backup *out, struct qt_error *err)
{
    int lock = -1, file = qt__backup_open(path, err);
    bool is_good = file >= 0 && qt__store_file_lock(folder, &lock, err) &&
                   restore(file, folder, key, made_by, path, replaces, out, err);
    if (lock >= 0)
        close(lock);
    if (file >= 0)
        close(file);
    return is_good;
}

bool
qt_backup_restore(const char *folder, struct qt_store_key *key, const char *path, bool replaces,
                  struct qt_backup *out, struct qt_error *err)
{
    return qt_backup_restore_older(folder, key, NULL, path, replaces, out, err);
}
