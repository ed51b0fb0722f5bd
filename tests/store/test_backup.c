/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Backups of a store (S19): made beside a writer, cut, changed, foreign, interrupted, on a full
 * disk. */
#include <sodium.h>
#include <sys/resource.h>
#include <time.h>

#include "qtrade/engine/snapshot.h"

#include "vfs_kit.h"

#include "../../src/store/backup_priv.h"

static const struct qt_unlock ours = {
    QT_KEY_FILE, (const unsigned char *)"thirty-two bytes that open it...", 32};
static const struct qt_unlock other = {
    QT_KEY_FILE, (const unsigned char *)"thirty-two bytes of another key.", 32};

enum { ROWS = 600, STEP = 997 };

struct fixture {
    char folder[64], aside[64]; /* the store's, and one for backups and such */
    char path[128];             /* of the backup */
    struct qt_store_key *key;
};

static void
run(const char *folder, struct qt_store_key *key, const char *sql)
{
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    MUST(qt__store_file_open(&file, folder, key, &err), "%s", err.text);
    MUST(qt__sqlite_exec(file.db, sql, "filling", &err), "%s", err.text);
    qt__store_file_close(&file);
}

/* One number of the store, through a reader. */
static int64_t
number(const char *folder, const struct qt_store_key *key, const char *sql)
{
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    int64_t v = -1;
    MUST(qt__store_file_read(&file, folder, key, &err), "%s", err.text);
    struct db db = {.vfs = file.vfs, .sql = file.db};
    v = db_number(&db, sql);
    qt__store_file_close(&file);
    return v;
}

static void
expect_sound(const char *folder, const struct qt_store_key *key)
{
    struct qt_error err = {0};
    struct qt_store_report report;
    ck_assert_msg(qt_store_check(folder, key, &report, &err), "%s", err.text);
    ck_assert_msg(report.findings == 0, "%s", report.finding[0].text);
}

/* Every file of a folder, whatever order they are in; but not the lock, nor the memory that readers
 * share and make anew. */
static uint64_t
fingerprint(const char *folder)
{
    uint64_t all = 0;
    DIR *dir = opendir(folder);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        size_t n = 0;
        char name[40];
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "lock") == 0 ||
            strcmp(entry->d_name, "store.db-shm") == 0)
            continue;
        ck_assert_msg(qt_copy(name, sizeof name, entry->d_name), "%s", entry->d_name);
        unsigned char *bytes = file_read(path_in(folder, name), &n);
        ck_assert_msg(bytes != NULL, "%s", name);
        uint64_t one = qt_hash(QT_HASH_START, name, strlen(name));
        all += qt_hash(one, bytes, n);
        free(bytes);
    }
    closedir(dir);
    return all;
}

/* Adds n transactions of two postings each, one commit a transaction. */
static void
post(struct qt__store_file *file, int64_t first, int64_t n)
{
    struct qt_error err = {0};
    for (int64_t i = first; i < first + n; i++) {
        char sql[400];
        snprintf(sql, sizeof sql,
                 "INSERT INTO postings VALUES (%lld, %lld, 'cash', 'USDT', -%lld, 8, 1, 3),"
                 " (%lld, %lld, 'position', 'USDT', %lld, 8, 1, 3)",
                 (long long)(2 * i), (long long)i, (long long)i, (long long)(2 * i + 1),
                 (long long)i, (long long)i);
        MUST(qt__sqlite_exec(file->db, sql, "posting", &err), "%s", err.text);
    }
}

static void
begin(struct fixture *f)
{
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    folder_begin(f->folder);
    folder_begin(f->aside);
    snprintf(f->path, sizeof f->path, "%s/copy", f->aside);
    f->key = qt_store_key_make(&ours, &err);
    ck_assert_msg(f->key && qt__store_file_open(&file, f->folder, f->key, &err), "%s", err.text);
    post(&file, 1, ROWS);
    qt__store_file_close(&file);
}

static void
end(struct fixture *f)
{
    folder_end(f->folder);
    folder_end(f->aside);
    qt_store_key_close(f->key);
}

static void
back_up(const struct fixture *f, struct qt_backup *out)
{
    struct qt_error err = {0};
    ck_assert_msg(qt_backup_write(f->folder, f->key, f->path, true, out, &err), "%s", err.text);
}

/* A restore of path that is refused with such a code, and changes nothing. */
static void
expect_refused(const struct fixture *f, const char *path, enum qt_code code, const char *word)
{
    struct qt_error err = {0};
    struct qt_backup backup;
    uint64_t before = fingerprint(f->folder);
    ck_assert(!qt_backup_restore(f->folder, f->key, path, false, &backup, &err));
    ck_assert_msg((code == QT_E_NONE || err.code == code) && strstr(err.text, word), "%d: %s",
                  err.code, err.text);
    ck_assert_uint_eq(before, fingerprint(f->folder));
}

START_TEST(what_is_restored_is_what_was_backed_up)
{
    struct fixture f;
    struct qt_error err = {0};
    struct qt_backup made, restored, looked;
    struct stat st;
    char elsewhere[64];
    begin(&f);
    back_up(&f, &made);
    ck_assert_int_eq(made.schema, qt__schema_newest);
    ck_assert_int_eq(stat(f.path, &st), 0);
    ck_assert(made.bytes == st.st_size && (st.st_mode & 0777) == 0600);
    ck_assert_msg(qt_backup_look(f.path, &looked, &err), "%s", err.text);
    ck_assert(looked.rows == made.rows && looked.time_ns == made.time_ns);
    run(f.folder, f.key, "DELETE FROM postings WHERE txn > 100");
    ck_assert_msg(qt_backup_restore(f.folder, f.key, f.path, false, &restored, &err), "%s",
                  err.text);
    ck_assert_int_eq(number(f.folder, f.key, "SELECT count(*) FROM postings"), 2 * ROWS);
    ck_assert_str_eq(restored.kept, path_in(f.folder, "store.db.before-restore"));
    ck_assert_int_eq(number(f.folder, f.key, "SELECT mode_id FROM modes ORDER BY id DESC LIMIT 1"),
                     QT_MODE_PAUSED);
    ck_assert_int_gt(number(f.folder, f.key, "SELECT max(seq) FROM audit"), 1000000);
    expect_sound(f.folder, f.key);
    /* What was kept opens, as an operator would put it back. */
    ck_assert_int_eq(rename(restored.kept, path_in(f.folder, "store.db")), 0);
    (void)rename(path_in(f.folder, "store.db.before-restore-wal"),
                 path_in(f.folder, "store.db-wal"));
    ck_assert_int_eq(number(f.folder, f.key, "SELECT count(*) FROM postings"), 200);
    /* On another machine there is only the backup and what opens it. */
    folder_begin(elsewhere);
    struct qt_store_key *key = qt_backup_unlock(f.path, &ours, &err);
    ck_assert_msg(key && qt_backup_restore(elsewhere, key, f.path, false, &restored, &err), "%s",
                  err.text);
    ck_assert_str_eq(restored.kept, "");
    qt_store_key_close(key);
    key = qt_store_key_open(elsewhere, &ours, &err);
    ck_assert_msg(key != NULL, "%s", err.text);
    ck_assert_int_eq(number(elsewhere, key, "SELECT count(*) FROM postings"), 2 * ROWS);
    expect_sound(elsewhere, key);
    qt_store_key_close(key);
    folder_end(elsewhere);
    end(&f);
}
END_TEST

START_TEST(S19_backup_holds_one_moment_while_another_process_writes)
{
    struct fixture f;
    begin(&f);
    pid_t child = kit_fork();
    if (child == 0) {
        struct qt__store_file file = {0};
        struct qt_error err = {0};
        MUST(qt__store_file_open(&file, f.folder, f.key, &err), "%s", err.text);
        for (int64_t first = ROWS + 1;; first++)
            post(&file, first, 1);
    }
    static const char count[] = "SELECT count(*) FROM postings";
    for (int64_t seen = 2 * ROWS; seen == 2 * ROWS;)
        seen = number(f.folder, f.key, count);
    for (int i = 0; i < 8; i++) {
        struct qt_error err = {0};
        struct qt_backup backup;
        char elsewhere[64];
        int64_t before = number(f.folder, f.key, count);
        back_up(&f, &backup);
        int64_t after = number(f.folder, f.key, count);
        folder_begin(elsewhere);
        struct qt_store_key *key = qt_backup_unlock(f.path, &ours, &err);
        ck_assert_msg(key && qt_backup_restore(elsewhere, key, f.path, false, &backup, &err), "%s",
                      err.text);
        int64_t has = number(elsewhere, key, count);
        ck_assert_msg(has % 2 == 0 && before <= has && has <= after, "%ld <= %ld <= %ld",
                      (long)before, (long)has, (long)after);
        ck_assert_int_eq(number(elsewhere, key, "SELECT max(txn) FROM postings"), has / 2);
        ck_assert_int_eq(number(elsewhere, key, "SELECT sum(amount) FROM postings"), 0);
        expect_sound(elsewhere, key);
        qt_store_key_close(key);
        folder_end(elsewhere);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, WNOHANG), 0); /* it still writes: nobody stopped it */
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    expect_sound(f.folder, f.key);
    end(&f);
}
END_TEST

START_TEST(S19_cut_backup_is_refused_wherever_it_is_cut)
{
    struct fixture f;
    struct qt_backup backup;
    size_t n = 0;
    begin(&f);
    back_up(&f, &backup);
    unsigned char *good = file_read(f.path, &n);
    const char *path = path_in(f.aside, "cut");
    char cut[128];
    qt_copy(cut, sizeof cut, path);
    for (size_t at = 0; at < n; at += STEP) {
        file_write(cut, good, at);
        expect_refused(&f, cut, at == 0 ? QT_E_DATA : QT_E_VERIFY,
                       at == 0 ? "no backup" : "is cut");
    }
    for (size_t at = QT__BACKUP_HEAD; at < n; at += QT__BACKUP_CHUNK + QT__BACKUP_SEAL) {
        file_write(cut, good, at); /* whole chunks are left, the last has no end */
        expect_refused(&f, cut, QT_E_VERIFY, "is cut");
    }
    file_write(cut, good, n - 1);
    expect_refused(&f, cut, QT_E_VERIFY, "is cut");
    free(good);
    end(&f);
}
END_TEST

START_TEST(S9_S19_changed_backup_is_refused_wherever_it_is_changed)
{
    struct fixture f;
    struct qt_backup backup;
    size_t n = 0;
    char changed[128];
    begin(&f);
    back_up(&f, &backup);
    unsigned char *bytes = file_read(f.path, &n);
    qt_copy(changed, sizeof changed, path_in(f.aside, "changed"));
    for (size_t at = 0; at < n; at += at < QT__BACKUP_HEAD ? 1 : STEP) {
        bytes[at] ^= (unsigned char)(1u << at % 8);
        file_write(changed, bytes, n);
        expect_refused(&f, changed, QT_E_NONE, changed);
        bytes[at] ^= (unsigned char)(1u << at % 8);
    }
    bytes = realloc(bytes, n + 1);
    bytes[n] = 0;
    file_write(changed, bytes, n + 1);
    expect_refused(&f, changed, QT_E_VERIFY, "behind its end");
    enum { SEALED = QT__BACKUP_CHUNK + QT__BACKUP_SEAL };
    ck_assert_uint_gt(n, QT__BACKUP_HEAD + 2 * SEALED);
    memcpy(bytes + QT__BACKUP_HEAD, bytes + QT__BACKUP_HEAD + SEALED,
           SEALED); /* twice the second */
    file_write(changed, bytes, n);
    expect_refused(&f, changed, QT_E_VERIFY, "was changed");
    free(bytes);
    end(&f);
}
END_TEST

/* The stream again, with the key, and with other tags. */
static void
seal_again(const struct fixture *f, const char *to, bool ends, bool ends_early)
{
    unsigned char key[32], plain[QT__BACKUP_CHUNK], *bytes = NULL, tag;
    crypto_secretstream_xchacha20poly1305_state in, out;
    size_t n = 0;
    bytes = file_read(f->path, &n);
    unsigned char head[QT__BACKUP_HEAD];
    qt__backup_key(f->key, key);
    memcpy(head, bytes, sizeof head);
    ck_assert_int_eq(
        crypto_secretstream_xchacha20poly1305_init_pull(&in, head + QT__BACKUP_STREAM_AT, key), 0);
    crypto_secretstream_xchacha20poly1305_init_push(&out, bytes + QT__BACKUP_STREAM_AT, key);
    for (size_t at = QT__BACKUP_HEAD, part; at < n; at += part) {
        part = QT_MIN(n - at, (size_t)QT__BACKUP_CHUNK + QT__BACKUP_SEAL);
        ck_assert_int_eq(crypto_secretstream_xchacha20poly1305_pull(
                             &in, plain, NULL, &tag, bytes + at, part, head, sizeof head),
                         0);
        bool is_last = at + part == n;
        crypto_secretstream_xchacha20poly1305_push(
            &out, bytes + at, NULL, plain, part - QT__BACKUP_SEAL, bytes, QT__BACKUP_HEAD,
            (is_last ? ends : ends_early) ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
    }
    file_write(to, bytes, n);
    free(bytes);
}

START_TEST(S19_stream_without_its_final_tag_is_refused)
{
    struct fixture f;
    struct qt_error err = {0};
    struct qt_backup backup;
    char path[128];
    begin(&f);
    back_up(&f, &backup);
    qt_copy(path, sizeof path, path_in(f.aside, "again"));
    seal_again(&f, path, false, false);
    expect_refused(&f, path, QT_E_VERIFY, "its end is missing");
    seal_again(&f, path, true, true);
    expect_refused(&f, path, QT_E_VERIFY, "was changed");
    seal_again(&f, path, true, false); /* so it is the tags that were wrong */
    ck_assert_msg(qt_backup_restore(f.folder, f.key, path, false, &backup, &err), "%s", err.text);
    end(&f);
}
END_TEST

START_TEST(S19_foreign_backup_and_wrong_key_are_refused)
{
    struct fixture f, foreign;
    struct qt_error err = {0};
    struct qt_backup backup;
    begin(&f);
    begin(&foreign);
    back_up(&f, &backup);
    back_up(&foreign, &backup);
    expect_refused(&f, foreign.path, QT_E_VERIFY, "another one");
    ck_assert_ptr_null(qt_backup_unlock(f.path, &other, &err));
    ck_assert_int_eq(err.code, QT_E_LOCKED);
    struct qt_store_key *key = qt_backup_unlock(foreign.path, &ours, &err);
    uint64_t before = fingerprint(f.folder);
    ck_assert(!qt_backup_restore(f.folder, key, foreign.path, true, &backup, &err));
    ck_assert_msg(strstr(err.text, "is not the backup's store"), "%s", err.text);
    ck_assert_uint_eq(before, fingerprint(f.folder));
    qt_store_key_close(key);
    file_write(f.path, (const unsigned char *)"not a backup at all", 19);
    expect_refused(&f, f.path, QT_E_DATA, "no backup");
    end(&foreign);
    end(&f);
}
END_TEST

START_TEST(unsound_or_newer_store_is_not_restored)
{
    struct fixture f;
    struct qt_error err = {0};
    struct qt_backup backup;
    begin(&f);
    run(f.folder, f.key, "UPDATE postings SET amount = 7 WHERE id = 3");
    back_up(&f, &backup);
    run(f.folder, f.key, "UPDATE postings SET amount = 1 WHERE id = 3");
    expect_refused(&f, f.path, QT_E_VERIFY, "transaction 1 leaves");
    back_up(&f, &backup);
    run(f.folder, f.key, "PRAGMA user_version = 99");
    ck_assert(!qt_backup_write(f.folder, f.key, f.path, true, &backup, &err));
    ck_assert_msg(err.code == QT_E_CONFIG && strstr(err.text, "newer"), "%s", err.text);
    ck_assert_msg(qt_backup_restore(f.folder, f.key, f.path, false, &backup, &err), "%s", err.text);
    end(&f);
}
END_TEST

START_TEST(restored_store_is_paused_and_a_stricter_mode_stays)
{
    struct fixture f;
    struct qt_error err = {0};
    struct qt_backup backup;
    begin(&f);
    run(f.folder, f.key,
        "INSERT INTO modes VALUES (1, 5, 77, 'EMERGENCY', 3, 'operator', 'fire'); INSERT INTO "
        "decisions VALUES (1, 5, 99, 'BTCUSDT', 'score', 1, 1, '')");
    back_up(&f, &backup);
    int64_t last = 99;
    for (int i = 0; i < 2; i++) { /* the second numbers no lower than the first */
        ck_assert_msg(qt_backup_restore(f.folder, f.key, f.path, true, &backup, &err), "%s",
                      err.text);
        int64_t now = number(f.folder, f.key, "SELECT max(seq) FROM audit");
        ck_assert_int_gt(now, i == 0 ? last + 100000 : last - 1);
        last = now;
    }
    ck_assert_int_eq(number(f.folder, f.key, "SELECT mode_id FROM modes ORDER BY id DESC LIMIT 1"),
                     QT_MODE_EMERGENCY);
    ck_assert_int_eq(number(f.folder, f.key, "SELECT count(*) FROM modes"), 1);
    run(f.folder, f.key, "INSERT INTO modes VALUES (2, 6, 78, 'NORMAL', 0, 'operator', 'out')");
    back_up(&f, &backup);
    ck_assert_msg(qt_backup_restore(f.folder, f.key, f.path, true, &backup, &err), "%s", err.text);
    ck_assert_int_eq(number(f.folder, f.key, "SELECT mode_id FROM modes ORDER BY id DESC LIMIT 1"),
                     QT_MODE_PAUSED);
    end(&f);
}
END_TEST

START_TEST(nothing_that_is_there_is_replaced_unasked)
{
    struct fixture f;
    struct qt_error err = {0};
    struct qt_backup backup;
    begin(&f);
    file_write(f.path, (const unsigned char *)"mine", 4);
    uint64_t before = fingerprint(f.aside);
    ck_assert(!qt_backup_write(f.folder, f.key, f.path, false, &backup, &err));
    ck_assert_msg(strstr(err.text, "is there already"), "%s", err.text);
    ck_assert_uint_eq(before, fingerprint(f.aside));
    back_up(&f, &backup);
    ck_assert_msg(qt_backup_restore(f.folder, f.key, f.path, false, &backup, &err), "%s", err.text);
    expect_refused(&f, f.path, QT_E_FAILED, "earlier restore");
    ck_assert_msg(qt_backup_restore(f.folder, f.key, f.path, true, &backup, &err), "%s", err.text);
    int lock = -1;
    ck_assert_msg(qt__store_file_lock(f.folder, &lock, &err), "%s", err.text);
    expect_refused(&f, f.path, QT_E_FAILED, "another qtrade");
    close(lock);
    end(&f);
}
END_TEST

/* What a disk does that is full after so many bytes of a file. */
static bool
with_a_limit(rlim_t most, bool (*work)(const struct fixture *f), const struct fixture *f)
{
    int status;
    pid_t child = kit_fork();
    if (child == 0) {
        const struct rlimit limit = {most, most};
        signal(SIGXFSZ, SIG_IGN);
        (void)setrlimit(RLIMIT_FSIZE, &limit);
        _exit(work(f) ? 0 : 3);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3), "%x",
                  status);
    return WEXITSTATUS(status) == 0;
}

static bool
try_backup(const struct fixture *f)
{
    struct qt_error err = {0};
    struct qt_backup backup;
    return qt_backup_write(f->folder, f->key, f->path, true, &backup, &err);
}

static bool
try_restore(const struct fixture *f)
{
    struct qt_error err = {0};
    struct qt_backup backup;
    return qt_backup_restore(f->folder, f->key, f->path, true, &backup, &err);
}

START_TEST(S19_full_disk_leaves_what_was_there)
{
    struct fixture f;
    struct qt_backup backup;
    begin(&f);
    back_up(&f, &backup);
    struct stat st;
    ck_assert_int_eq(stat(path_in(f.folder, "store.db"), &st), 0);
    uint64_t store = fingerprint(f.folder), aside = fingerprint(f.aside);
    rlim_t image = (rlim_t)QT_MIN((int64_t)st.st_size, backup.bytes - 4096);
    unsigned refused = 0;
    for (rlim_t most = 0; most < image; most += 8192 + 61) {
        ck_assert(!with_a_limit(most, try_backup, &f));
        ck_assert_uint_eq(aside, fingerprint(f.aside)); /* no leftover either */
        ck_assert_uint_eq(store, fingerprint(f.folder));
        ck_assert(!with_a_limit(most, try_restore, &f));
        ck_assert_uint_eq(store, fingerprint(f.folder));
        refused++;
    }
    ck_assert_uint_gt(refused, 5);
    ck_assert(with_a_limit(RLIM_INFINITY, try_backup, &f));
    ck_assert(with_a_limit(RLIM_INFINITY, try_restore, &f));
    end(&f);
}
END_TEST

/* Leaves a log, as a kill does. */
static struct qt_store_key *killed_key;

static void
leave_a_log(const char *folder)
{
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    MUST(qt__store_file_open(&file, folder, killed_key, &err), "%s", err.text);
    post(&file, ROWS + 1, 5);
}

START_TEST(restore_that_is_killed_leaves_the_old_or_the_new)
{
    struct fixture f;
    struct qt_backup backup;
    unsigned olds = 0, news = 0;
    begin(&f);
    back_up(&f, &backup);
    for (int i = 0; i < 50; i++) {
        int status;
        struct qt_error err = {0};
        struct qt__store_file file = {0};
        killed_key = f.key;
        in_a_killed_process(leave_a_log, f.folder);
        pid_t child = kit_fork();
        if (child == 0)
            _exit(try_restore(&f) ? 0 : 1);
        const struct timespec some = {.tv_nsec = 50000 + i * 131071}; /* any moment will do */
        nanosleep(&some, NULL);
        kill(child, SIGKILL);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "%x", status);
        ck_assert_msg(qt__store_file_open(&file, f.folder, f.key, &err), "%d: %s", i, err.text);
        qt__store_file_close(&file);
        int64_t has = number(f.folder, f.key, "SELECT count(*) FROM postings");
        ck_assert_msg(has == 2 * ROWS || has == 2 * (ROWS + 5), "%ld", (long)has);
        expect_sound(f.folder, f.key);
        *(has == 2 * ROWS ? &news : &olds) += 1;
        ck_assert(try_restore(&f)); /* and what was left is in nobody's way */
        run(f.folder, f.key, "DELETE FROM postings WHERE txn > 600");
    }
    printf("# %u times the old store, %u times the new\n", olds, news);
    end(&f);
}
END_TEST

/* Each moment between the renames, made by hand: 0 one second name, 1 both, 2 the new store has its
 * name and the old log is there. */
START_TEST(restore_is_whole_between_any_two_renames)
{
    struct fixture f;
    struct qt_backup backup;
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    char elsewhere[64];
    begin(&f);
    back_up(&f, &backup);
    killed_key = f.key;
    in_a_killed_process(leave_a_log, f.folder);
    folder_begin(elsewhere);
    struct qt_store_key *key = qt_backup_unlock(f.path, &ours, &err);
    ck_assert_msg(qt_backup_restore(elsewhere, key, f.path, false, &backup, &err), "%s", err.text);
    qt_store_key_close(key);
    ck_assert_int_eq(
        link(path_in(f.folder, "store.db"), path_in(f.folder, "store.db.before-restore")), 0);
    if (_i >= 1)
        ck_assert_int_eq(link(path_in(f.folder, "store.db-wal"),
                              path_in(f.folder, "store.db.before-restore-wal")),
                         0);
    if (_i == 2)
        ck_assert_int_eq(rename(path_in(elsewhere, "store.db"), path_in(f.folder, "store.db")), 0);
    ck_assert_msg(qt__store_file_open(&file, f.folder, f.key, &err), "%s", err.text);
    qt__store_file_close(&file);
    ck_assert_int_eq(number(f.folder, f.key, "SELECT count(*) FROM postings"),
                     _i == 2 ? 2 * ROWS : 2 * (ROWS + 5));
    expect_sound(f.folder, f.key);
    if (_i == 2) { /* what was kept has its log */
        ck_assert_int_eq(
            rename(path_in(f.folder, "store.db.before-restore"), path_in(f.folder, "store.db")), 0);
        ck_assert_int_eq(rename(path_in(f.folder, "store.db.before-restore-wal"),
                                path_in(f.folder, "store.db-wal")),
                         0);
        ck_assert_int_eq(number(f.folder, f.key, "SELECT count(*) FROM postings"), 2 * (ROWS + 5));
    }
    folder_end(elsewhere);
    end(&f);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("backup");
    TCase *tc = tcase_create("backup");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, what_is_restored_is_what_was_backed_up);
    tcase_add_test(tc, S19_backup_holds_one_moment_while_another_process_writes);
    tcase_add_test(tc, S19_cut_backup_is_refused_wherever_it_is_cut);
    tcase_add_test(tc, S9_S19_changed_backup_is_refused_wherever_it_is_changed);
    tcase_add_test(tc, S19_stream_without_its_final_tag_is_refused);
    tcase_add_test(tc, S19_foreign_backup_and_wrong_key_are_refused);
    tcase_add_test(tc, unsound_or_newer_store_is_not_restored);
    tcase_add_test(tc, restored_store_is_paused_and_a_stricter_mode_stays);
    tcase_add_test(tc, nothing_that_is_there_is_replaced_unasked);
    tcase_add_test(tc, S19_full_disk_leaves_what_was_there);
    tcase_add_test(tc, restore_that_is_killed_leaves_the_old_or_the_new);
    tcase_add_loop_test(tc, restore_is_whole_between_any_two_renames, 0, 3);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
