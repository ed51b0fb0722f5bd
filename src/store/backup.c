/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing a backup: a copy of the store as of one moment (VACUUM INTO, through a cipher of the same
 * key) is made beside the target, in a folder that is gone afterwards, and then streamed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "backup_priv.h"

enum { PATH_BYTES = 512, WORK_BYTES = PATH_BYTES + 16, NAME_BYTES = WORK_BYTES + 16 };

static const unsigned char magic[8] = {'Q', 'T', 'B', 'A', 'C', 'K', 'U', 'P'};

/* While a backup is made. */
struct work {
    char folder[WORK_BYTES], image[NAME_BYTES], stream[NAME_BYTES];
    const atomic_bool *stop; /* gives it up; NULL: nothing does */
    bool is_beside;          /* this process has the store open */
};

void
qt__backup_key_of(const unsigned char pages[QT__KEY_BYTES], const unsigned char id[QT__ID_BYTES],
                  unsigned char out[crypto_secretstream_xchacha20poly1305_KEYBYTES])
{
    crypto_generichash_blake2b_salt_personal(out, crypto_secretstream_xchacha20poly1305_KEYBYTES,
                                             NULL, 0, pages, QT__KEY_BYTES, id,
                                             (const unsigned char *)"qtrade backup v1");
}

void
qt__backup_key(const struct qt_store_key *key,
               unsigned char out[crypto_secretstream_xchacha20poly1305_KEYBYTES])
{
    qt__backup_key_of(qt__store_key_pages(key), key->id, out);
}

int64_t
qt__read_full(int file, void *out, size_t n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t got = read(file, (char *)out + done, n - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (int64_t)done;
}

bool
qt__write_full(int file, const void *bytes, size_t n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t put = write(file, (const char *)bytes + done, n - done);
        if (put < 0 && errno != EINTR)
            return false;
        done += put > 0 ? (size_t)put : 0;
    }
    return true;
}

static int64_t
count_rows(const struct qt__store_file *file, struct qt_error *err)
{
    struct qt_store_info info = {0};
    int64_t rows = 0;
    if (!qt__store_count_rows(file, &info, err))
        return -1;
    for (uint32_t i = 0; i < info.tables; i++)
        rows += info.table[i].rows;
    return rows;
}

static bool
is_given_up(const struct work *work)
{
    return work->stop && atomic_load(work->stop);
}

/* SQLite asks between its steps. */
static int
ask_whether_given_up(void *work)
{
    return is_given_up(work);
}

/* The store to read from. What this process has open is opened by SQLite only: closing the file once
 * more by hand would drop all locks that the process has on it. */
static bool
open_from(struct work *work, const char *folder, const struct qt_store_key *key,
          struct qt__store_file *from, struct qt_error *err)
{
    char path[NAME_BYTES];
    snprintf(path, sizeof path, "%.500s/store.db", folder);
    bool is_open = work->is_beside
                       ? qt__store_file_connect(from, key, path, SQLITE_OPEN_READONLY, err)
                       : qt__store_file_read(from, folder, key, err);
    if (is_open && work->stop)
        sqlite3_progress_handler(from->db, 10000, ask_whether_given_up, work);
    return is_open;
}

/* The store as of one moment, in one file that has no log; and what there is to say about it. */
static bool
make_image(struct work *work, const char *folder, const struct qt_store_key *key,
           struct qt_backup *out, struct qt_error *err)
{
    const char *image = work->image;
    struct qt__store_file from = {0};
    struct qt__store_file to = {
        .vfs = qt__vfs_create(qt__store_key_pages(key), key->id, true)};
    bool is_made = to.vfs || qt_fail(err, QT_E_MEMORY, "no memory for the store's cipher");
    /* The connection can only read; but "query_only" would stop writes to the copy as well. */
    is_made = is_made && open_from(work, folder, key, &from, err) &&
              qt__sqlite_exec(from.db, "PRAGMA query_only = 0", "reading the store", err) &&
              qt__schema_check(from.db, folder, &out->schema, err) &&
              qt__store_file_copy(from.db, image, to.vfs, err);
    qt__store_file_close(&from);
    qt__store_file_close(&to);
    is_made = is_made && qt__store_file_connect(&to, key, image, SQLITE_OPEN_READWRITE, err) &&
              (out->rows = count_rows(&to, err)) >= 0 &&
              qt__sqlite_exec(to.db, "PRAGMA wal_checkpoint(TRUNCATE)", image, err);
    qt__store_file_close(&to);
    return is_made;
}

static void
write_head(const struct qt_store_key *key, int64_t image_bytes, const struct qt_backup *backup,
           unsigned char head[QT__BACKUP_HEAD_MAX])
{
    memset(head, 0, QT__BACKUP_HEAD_MAX);
    memcpy(head, magic, sizeof magic);
    qt__put_le(head + 8, key->wrapped_n == QT__WRAP_FIRST ? 1 : QT__BACKUP_VERSION, 4);
    qt__put_le(head + 12, (uint64_t)backup->schema, 4);
    memcpy(head + 16, key->id, sizeof key->id);
    qt__put_le(head + 32, (uint64_t)backup->time_ns, 8);
    qt__put_le(head + 40, (uint64_t)image_bytes, 8);
    qt__put_le(head + 48, (uint64_t)backup->rows, 8);
    memcpy(head + QT__BACKUP_WRAPPED_AT, key->wrapped, key->wrapped_n);
}

/* n bytes of image through the stream to file. */
static bool
write_chunks(const struct work *work, int image, int64_t left, const struct qt_store_key *key,
             unsigned char head[QT__BACKUP_HEAD_MAX], int file)
{
    size_t head_n = qt__backup_head_bytes(head);
    unsigned char derived[crypto_secretstream_xchacha20poly1305_KEYBYTES];
    unsigned char plain[QT__BACKUP_CHUNK], sealed[QT__BACKUP_CHUNK + QT__BACKUP_SEAL];
    crypto_secretstream_xchacha20poly1305_state stream;
    qt__backup_key(key, derived);
    crypto_secretstream_xchacha20poly1305_init_push(&stream, qt__backup_stream_of(head), derived);
    bool is_good = qt__write_full(file, head, head_n);
    for (size_t n; is_good && left > 0; left -= (int64_t)n) {
        n = (size_t)QT_MIN(left, (int64_t)QT__BACKUP_CHUNK);
        errno = is_given_up(work) ? ECANCELED : EIO;
        is_good = errno == EIO && qt__read_full(image, plain, n) == (int64_t)n;
        crypto_secretstream_xchacha20poly1305_push(
            &stream, sealed, NULL, plain, n, head, head_n,
            (int64_t)n == left ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
        is_good = is_good && qt__write_full(file, sealed, n + QT__BACKUP_SEAL);
    }
    sodium_memzero(derived, sizeof derived);
    sodium_memzero(&stream, sizeof stream);
    return is_good;
}

static bool
write_stream(const struct work *work, const struct qt_store_key *key, const char *path,
             struct qt_backup *backup, struct qt_error *err)
{
    unsigned char head[QT__BACKUP_HEAD_MAX];
    struct stat st;
    int image = open(work->image, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int file = open(work->stream, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool is_good = image >= 0 && file >= 0 && fstat(image, &st) == 0;
    if (is_good) {
        write_head(key, st.st_size, backup, head);
        is_good = write_chunks(work, image, st.st_size, key, head, file) && fsync(file) == 0 &&
                  fstat(file, &st) == 0;
        backup->bytes = st.st_size;
    }
    if (!is_good)
        qt_fail_errno(err, QT_E_IO, "%s: cannot write the backup", path);
    if (image >= 0)
        close(image);
    if (file >= 0)
        close(file);
    return is_good;
}

static bool
begin_work(const char *path, struct work *work, struct qt_error *err)
{
    if (strlen(path) >= PATH_BYTES || !*path)
        return qt_fail(err, QT_E_USAGE, "the backup's name is empty or too long");
    snprintf(work->folder, sizeof work->folder, "%s.part-XXXXXX", path);
    if (!mkdtemp(work->folder)) {
        work->folder[0] = '\0';
        return qt_fail_errno(err, QT_E_IO, "%s: cannot write the backup", path);
    }
    snprintf(work->image, sizeof work->image, "%s/image", work->folder);
    snprintf(work->stream, sizeof work->stream, "%s/backup", work->folder);
    return true;
}

static void
end_work(const struct work *work)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char path[NAME_BYTES + 16];
    for (size_t i = 0; work->folder[0] && i < QT_COUNT_OF(suffixes); i++) {
        snprintf(path, sizeof path, "%s%s", work->image, suffixes[i]);
        (void)unlink(path);
    }
    if (work->folder[0]) {
        (void)unlink(work->stream);
        (void)rmdir(work->folder);
    }
}

void
qt__backup_remove_left(const char *folder)
{
    struct work work = {.folder = ""};
    if (!qt_copy(work.folder, sizeof work.folder, folder))
        return;
    snprintf(work.image, sizeof work.image, "%s/image", work.folder);
    snprintf(work.stream, sizeof work.stream, "%s/backup", work.folder);
    end_work(&work);
}

static bool
expect_free(const char *path, bool replaces, struct qt_error *err)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT || qt_fail_errno(err, QT_E_IO, "%s", path);
    if (!S_ISREG(st.st_mode))
        return qt_fail(err, QT_E_FAILED, "%s: is there, and no file", path);
    return replaces ||
           qt_fail(err, QT_E_FAILED, "%s: is there already (--force replaces it)", path);
}

/* The stream gets its name (B1). Not every file system can refuse by itself to replace. */
static bool
take_name(const struct work *work, const char *path, bool replaces, struct qt_error *err)
{
    char folder[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    bool is_taken =
        !replaces && renameat2(AT_FDCWD, work->stream, AT_FDCWD, path, RENAME_NOREPLACE) == 0;
    if (!is_taken && !replaces && errno != EINVAL && errno != ENOSYS)
        return qt_fail_errno(err, QT_E_IO, "%s", path);
    if (!is_taken && !expect_free(path, replaces, err))
        return false;
    if (!is_taken && rename(work->stream, path) != 0)
        return qt_fail_errno(err, QT_E_IO, "%s", path);
    if (slash == path)
        qt_copy(folder, sizeof folder, "/");
    else if (slash)
        qt_copy_n(folder, sizeof folder, path, (size_t)(slash - path));
    else
        qt_copy(folder, sizeof folder, ".");
    return qt__sync_folder(folder, err);
}

static bool
write_backup(struct work *work, const char *folder, const struct qt_store_key *key, const char *path,
             bool replaces, struct qt_backup *out, struct qt_error *err)
{
    *out = (struct qt_backup){.time_ns = qt_now_utc_ns()};
    sodium_bin2hex(out->id, sizeof out->id, key->id, sizeof key->id);
    out->opened_by = (enum qt_key_kind)qt__get_le(key->wrapped + 12, 4);
    bool is_good =
        expect_free(path, replaces, err) && begin_work(path, work, err) &&
        (make_image(work, folder, key, out, err) || qt_error_add(err, "%s", path)) &&
        write_stream(work, key, path, out, err) && take_name(work, path, replaces, err);
    end_work(work);
    return is_good;
}

bool
qt_backup_write(const char *folder, const struct qt_store_key *key, const char *path, bool replaces,
                struct qt_backup *out, struct qt_error *err)
{
    struct work work = {.folder = ""};
    return write_backup(&work, folder, key, path, replaces, out, err);
}

bool
qt__backup_write_beside(const char *folder, const struct qt_store_key *key, const char *path,
                        const atomic_bool *stop, struct qt_backup *out, struct qt_error *err)
{
    struct work work = {.stop = stop, .is_beside = true};
    return write_backup(&work, folder, key, path, false, out, err);
}

int
qt__backup_open(const char *path, struct qt_error *err)
{
    struct stat st;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) {
        qt_fail_errno(err, QT_E_IO, "%s: cannot read the backup", path);
        return -1;
    }
    if (fstat(file, &st) == 0 && S_ISREG(st.st_mode))
        return file;
    close(file);
    qt_fail(err, QT_E_DATA, "%s: is no backup", path);
    return -1;
}

bool
qt__backup_read_head(int file, const char *path, unsigned char head[QT__BACKUP_HEAD_MAX],
                     struct qt_backup *out, struct qt_error *err)
{
    static const int64_t most = INT64_C(16) << 30;
    struct stat st;
    int64_t n = qt__read_full(file, head, QT__BACKUP_HEAD);
    if (n < 0 || fstat(file, &st) != 0)
        return qt_fail_errno(err, QT_E_IO, "%s: cannot read the backup", path);
    if (n < (int64_t)sizeof magic || memcmp(head, magic, sizeof magic) != 0)
        return qt_fail(err, QT_E_DATA, "%s: is no backup of a store", path);
    if (n < QT__BACKUP_HEAD)
        return qt_fail(err, QT_E_VERIFY, "%s: is cut: only %lld bytes are left", path,
                       (long long)n);
    if (qt__get_le(head + 8, 4) < 1 || qt__get_le(head + 8, 4) > QT__BACKUP_VERSION)
        return qt_fail(err, QT_E_CONFIG, "%s: has format %llu, this program knows %d", path,
                       (unsigned long long)qt__get_le(head + 8, 4), (int)QT__BACKUP_VERSION);
    size_t rest = qt__backup_head_bytes(head) - QT__BACKUP_HEAD;
    n = qt__read_full(file, head + QT__BACKUP_HEAD, rest);
    if (n < 0)
        return qt_fail_errno(err, QT_E_IO, "%s: cannot read the backup", path);
    if (n < (int64_t)rest)
        return qt_fail(err, QT_E_VERIFY, "%s: is cut: only %lld bytes are left", path,
                       (long long)(QT__BACKUP_HEAD + n));
    if (qt__get_le(head + 40, 8) == 0 || qt__get_le(head + 40, 8) > (uint64_t)most)
        return qt_fail(err, QT_E_VERIFY, "%s: its head was changed", path);
    *out = (struct qt_backup){
        .opened_by = (enum qt_key_kind)qt__get_le(head + QT__BACKUP_WRAPPED_AT + 12, 4),
        .schema = (int)qt__get_le(head + 12, 4),
        .time_ns = (int64_t)qt__get_le(head + 32, 8),
        .rows = (int64_t)qt__get_le(head + 48, 8),
        .bytes = st.st_size};
    sodium_bin2hex(out->id, sizeof out->id, head + 16, QT__ID_BYTES);
    return true;
}

static size_t
wrapped_room(const unsigned char *head)
{
    return qt__get_le(head + 8, 4) == 1 ? QT__WRAP_FIRST : QT__WRAP_BYTES;
}

/* Whether pages made the chunk, the stream's first one. */
static bool
opens(const unsigned char *sealed, size_t n, unsigned char head[QT__BACKUP_HEAD_MAX],
      const unsigned char pages[QT__KEY_BYTES], const struct qt_store_key *key)
{
    unsigned char derived[crypto_secretstream_xchacha20poly1305_KEYBYTES], plain[QT__BACKUP_CHUNK], tag;
    crypto_secretstream_xchacha20poly1305_state stream;
    qt__backup_key_of(pages, key->id, derived);
    bool is_open = crypto_secretstream_xchacha20poly1305_init_pull(
                       &stream, qt__backup_stream_of(head), derived) == 0 &&
                   crypto_secretstream_xchacha20poly1305_pull(&stream, plain, NULL, &tag, sealed, n,
                                                              head, qt__backup_head_bytes(head)) == 0;
    sodium_memzero(derived, sizeof derived);
    sodium_memzero(&stream, sizeof stream);
    return is_open;
}

const unsigned char *
qt__backup_find_key(int file, unsigned char head[QT__BACKUP_HEAD_MAX], const struct qt_store_key *key)
{
    unsigned char sealed[QT__BACKUP_CHUNK + QT__BACKUP_SEAL];
    const unsigned char *pages = qt__store_key_pages(key), *former = qt__store_key_former(key);
    size_t want =
        (size_t)QT_MIN(qt__get_le(head + 40, 8), (uint64_t)QT__BACKUP_CHUNK) + QT__BACKUP_SEAL;
    int64_t n = qt__read_full(file, sealed, want);
    if (lseek(file, (off_t)qt__backup_head_bytes(head), SEEK_SET) < 0 || n <= QT__BACKUP_SEAL)
        return NULL;
    if (opens(sealed, (size_t)n, head, pages, key))
        return pages;
    return former && opens(sealed, (size_t)n, head, former, key) ? former : NULL;
}

bool
qt_backup_is_older(const char *path, const struct qt_store_key *key)
{
    unsigned char head[QT__BACKUP_HEAD_MAX];
    struct qt_backup backup;
    struct qt_error ignored = {0};
    int file = qt__backup_open(path, &ignored);
    bool is_older = file >= 0 && qt__backup_read_head(file, path, head, &backup, &ignored) &&
                    memcmp(head + 16, key->id, QT__ID_BYTES) == 0 &&
                    qt__backup_find_key(file, head, key) == NULL;
    if (file >= 0)
        close(file);
    return is_older;
}

bool
qt_backup_look(const char *path, struct qt_backup *out, struct qt_error *err)
{
    unsigned char head[QT__BACKUP_HEAD_MAX];
    int file = qt__backup_open(path, err);
    bool is_good = file >= 0 && qt__backup_read_head(file, path, head, out, err) &&
                   qt__store_key_look(head + QT__BACKUP_WRAPPED_AT, wrapped_room(head), path, err);
    if (file >= 0)
        close(file);
    return is_good;
}

struct qt_store_key *
qt_backup_unlock(const char *path, const struct qt_unlock *unlock, struct qt_error *err)
{
    unsigned char head[QT__BACKUP_HEAD_MAX];
    struct qt_backup backup;
    struct qt_store_key *key = NULL;
    int file = qt__backup_open(path, err);
    if (file >= 0 && qt__backup_read_head(file, path, head, &backup, err))
        key = qt__store_key_unwrap(head + QT__BACKUP_WRAPPED_AT, wrapped_room(head), path, unlock,
                                   err);
    if (file >= 0)
        close(file);
    return key;
}
