/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Work through the encrypting VFS: the answers are those of plain SQLite, other processes read
 * beside the one that writes, a kill at any disk operation loses nothing, and nothing on disk can
 * be read. */
#include "vfs_kit.h"

/* The same work on any connection: a transaction larger than its cache, indexes, blobs, savepoints
 * that are rolled back, sorts that spill, a vacuum. */
static const char *const work[] = {
    "PRAGMA cache_size = 20; PRAGMA temp_store = FILE; PRAGMA cache_spill = 20",
    "CREATE TABLE orders_of_ours (id INTEGER PRIMARY KEY, symbol TEXT, v INTEGER, b BLOB)",
    "CREATE INDEX by_symbol_of_ours ON orders_of_ours (symbol, v)",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)"
    " INSERT INTO orders_of_ours SELECT i, 'PLAINSYMBOL' || (i * 7919 % 1000), i * 31 % 977, "
    "zeroblob(i % 300)"
    " FROM n",
    "BEGIN; UPDATE orders_of_ours SET v = v + 1; SAVEPOINT a; DELETE FROM orders_of_ours WHERE id "
    "% 3 = 0;"
    " UPDATE orders_of_ours SET symbol = symbol || 'X'; ROLLBACK TO a;"
    " UPDATE orders_of_ours SET v = v * 2 WHERE id % 2 = 0; COMMIT",
    "BEGIN; DELETE FROM orders_of_ours; ROLLBACK",
    "CREATE TABLE sorted_of_ours AS SELECT symbol, v, b, id FROM orders_of_ours ORDER BY b, symbol "
    "DESC, v",
    "DELETE FROM orders_of_ours WHERE id BETWEEN 500 AND 2500",
    "UPDATE orders_of_ours SET b = zeroblob(9000) WHERE id % 50 = 0",
    "VACUUM",
    "INSERT INTO orders_of_ours SELECT id + 100000, symbol, v, b FROM orders_of_ours WHERE id % 5 "
    "= 0",
};
static const char digest[] =
    "SELECT group_concat(t, '/') FROM (SELECT count(*) || ',' || sum(v) || ',' || sum(length(b)) "
    "|| ','"
    " || group_concat(symbol || v || hex(substr(b, 1, 2))) AS t FROM (SELECT * FROM orders_of_ours "
    "ORDER BY id)"
    " UNION ALL SELECT group_concat(symbol || v || id) FROM sorted_of_ours)";

static const char *const modes[] = {"PRAGMA journal_mode = WAL", "PRAGMA journal_mode = DELETE",
                                    "PRAGMA journal_mode = PERSIST",
                                    "PRAGMA journal_mode = TRUNCATE"};

START_TEST(answers_are_those_of_plain_sqlite)
{
    char folder[64];
    struct db db;
    sqlite3 *plain;
    folder_begin(folder);
    db_open(&db, folder, MAKES);
    ck_assert_int_eq(sqlite3_open(":memory:", &plain), SQLITE_OK);
    db_run(&db, modes[_i]);
    for (size_t i = 0; i < QT_COUNT_OF(work); i++) {
        db_run(&db, work[i]);
        ck_assert_int_eq(sqlite3_exec(plain, work[i], 0, 0, 0), SQLITE_OK);
    }
    db_expect_sound(&db);
    char *expected = db_text(plain, digest), *found = db_text(db.sql, digest);
    ck_assert_str_eq(expected, found);
    db_close(&db);
    free(found);
    db_open(&db, folder, READS);
    found = db_text(db.sql, digest);
    ck_assert_msg(found && strcmp(expected, found) == 0, "%s", db_why(&db));
    db_expect_sound(&db);
    db_close(&db);
    free(found);
    free(expected);
    sqlite3_close(plain);
    folder_end(folder);
}
END_TEST

/* S14, S15 */

static void
expect_unreadable(const char *name, int file)
{
    static const char *const words[] = {"SQLite",         "PLAINSYMBOL", "orders_of_ours",
                                        "sorted_of_ours", "BTREE",       "CREATE",
                                        "symbol",         "by_symbol",   "etilqs"};
    static unsigned char bytes[1 << 24];
    ssize_t n = pread(file, bytes, sizeof bytes, 0);
    ck_assert_int_ge(n, 0);
    for (size_t i = 0; i < QT_COUNT_OF(words); i++)
        ck_assert_msg(!memmem(bytes, (size_t)n, words[i], strlen(words[i])), "%s shows %s", name,
                      words[i]);
}

/* Everything that this process has open in the folder, files without a name too. */
static int
expect_open_files_unreadable(const char *folder)
{
    DIR *dir = opendir("/proc/self/fd");
    int temporary = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char target[256] = "";
        if (readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1) > 0 &&
            strncmp(target, folder, strlen(folder)) == 0) {
            expect_unreadable(target, (int)strtol(entry->d_name, NULL, 10));
            temporary += strstr(target, "(deleted)") != NULL;
        }
    }
    closedir(dir);
    return temporary;
}

START_TEST(S14_S15_nothing_on_disk_can_be_read)
{
    char folder[64];
    struct db db;
    sqlite3_stmt *sorts;
    int temporary = 0;
    folder_begin(folder);
    setenv("SQLITE_TMPDIR", folder, 1);
    db_open(&db, folder, MAKES);
    db_run(&db, modes[_i]);
    for (size_t i = 0; i < QT_COUNT_OF(work); i++) {
        db_run(&db, work[i]);
        temporary += expect_open_files_unreadable(folder);
    }
    db_run(&db, "CREATE TEMP TABLE more AS SELECT * FROM orders_of_ours");
    ck_assert_int_eq(
        sqlite3_prepare_v2(db.sql,
                           "SELECT a.symbol FROM orders_of_ours a, orders_of_ours b WHERE"
                           " b.id < 30 ORDER BY a.b, a.symbol || b.symbol",
                           -1, &sorts, NULL),
        SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(sorts), SQLITE_ROW);
    temporary += expect_open_files_unreadable(folder);
    sqlite3_finalize(sorts);
    db_run(&db, "BEGIN; UPDATE orders_of_ours SET symbol = symbol || 'PLAINSYMBOL'");
    temporary += expect_open_files_unreadable(folder);
    db_run(&db, "ROLLBACK");
    ck_assert_msg(temporary > 0, "no temporary file was seen: the case shows nothing");
    db_close(&db);
    unsetenv("SQLITE_TMPDIR");
    folder_end(folder);
}
END_TEST

/* Other processes read while one writes */

static const char accounts[] =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, filler BLOB);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
    " INSERT INTO t SELECT i, 0, 0, randomblob(900) FROM n";

/* Reads from when it is told until the pipe ends; every reading is of one moment. Exit 0: all were.
 */
static void
read_on(const char *folder, int go)
{
    struct db db;
    char c;
    int64_t last = 0;
    MUST(read(go, &c, 1) == 1, "no go");
    fcntl(go, F_SETFL, O_NONBLOCK);
    for (bool is_over = false; !is_over;) {
        is_over = read(go, &c, 1) == 0;
        db_open(&db, folder, READS);
        for (int i = 0; i < 20; i++) {
            db_run(&db, "BEGIN");
            int64_t sum = db_number(&db, "SELECT sum(a) + sum(b) FROM t");
            int64_t now = db_number(&db, "SELECT max(a) FROM t");
            if (sum != 0 || now < last)
                _exit(1);
            last = now;
            db_run(&db, "COMMIT");
        }
        db_close(&db);
    }
    _exit(0);
}

/* Processes of their own before any database is open: SQLite's locks do not survive a fork. */
START_TEST(S13_other_processes_read_while_one_writes)
{
    char folder[64];
    struct db db;
    int go[2][2];
    pid_t readers[2];
    folder_begin(folder);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(pipe(go[i]), 0);
        readers[i] = kit_fork();
        if (readers[i] == 0) {
            for (int k = 0; k <= i; k++)
                close(go[k][1]);
            read_on(folder, go[i][0]);
        }
    }
    db_open(&db, folder, MAKES);
    db_run(&db, accounts);
    db_run(&db, "PRAGMA wal_autocheckpoint = 40; PRAGMA synchronous = NORMAL");
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(write(go[i][1], "", 1), 1);
    for (int i = 0; i < 2000; i++)
        db_run(&db,
               "BEGIN; UPDATE t SET a = a + 1 WHERE id = 7; UPDATE t SET b = b - 1 WHERE id = 293;"
               "UPDATE t SET filler = randomblob(900) WHERE id = abs(random()) % 300; COMMIT");
    for (int i = 0; i < 2; i++) {
        int status;
        close(go[i][1]);
        ck_assert_int_eq(waitpid(readers[i], &status, 0), readers[i]);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "reader %d: %x", i, status);
    }
    db_expect_sound(&db);
    db_close(&db);
    folder_end(folder);
}
END_TEST

/* S1: killed at every disk operation, the write torn in the middle */

/* The system's files come with one of two tables of methods: with locks, or without. */
static struct {
    const sqlite3_io_methods *real[2];
    sqlite3_io_methods failing[2];
    sqlite3_vfs vfs;
    sqlite3_vfs *under;
    int countdown; /* operations to go */
} disk;

static const sqlite3_io_methods *
real_of(const sqlite3_file *file)
{
    return disk.real[file->pMethods == &disk.failing[1]];
}

static bool
is_the_end(void)
{
    return --disk.countdown == 0;
}

static int
torn_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    if (is_the_end()) {
        (void)real_of(file)->xWrite(file, bytes, n / 2, at);
        kill(getpid(), SIGKILL);
    }
    return real_of(file)->xWrite(file, bytes, n, at);
}

static int
last_sync(sqlite3_file *file, int flags)
{
    if (is_the_end())
        kill(getpid(), SIGKILL);
    return real_of(file)->xSync(file, flags);
}

static int
last_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (is_the_end())
        kill(getpid(), SIGKILL);
    return real_of(file)->xTruncate(file, size);
}

static int
failing_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    int rc = disk.under->xOpen(disk.under, name, file, flags, out);
    (void)vfs;
    if (rc != SQLITE_OK || !file->pMethods)
        return rc;
    int i = (flags & SQLITE_OPEN_MAIN_DB) == 0;
    disk.real[i] = file->pMethods;
    disk.failing[i] = *file->pMethods;
    disk.failing[i].xWrite = torn_write;
    disk.failing[i].xSync = last_sync;
    disk.failing[i].xTruncate = last_truncate;
    file->pMethods = &disk.failing[i];
    return rc;
}

static int
failing_delete(sqlite3_vfs *vfs, const char *name, int syncs)
{
    (void)vfs;
    if (is_the_end())
        kill(getpid(), SIGKILL);
    return disk.under->xDelete(disk.under, name, syncs);
}

/* Transactions of growing size with checkpoints between, each told to the parent when acknowledged.
 * Returns when it got through. */
static void
work_until_killed(const char *folder, int operations, int tell)
{
    struct db db = {.vfs = qt__vfs_create(kit_key, kit_store, false)};
    disk.countdown = operations;
    disk.under = db.vfs->under;
    disk.vfs = *db.vfs->under;
    disk.vfs.xOpen = failing_open;
    disk.vfs.xDelete = failing_delete;
    db.vfs->under = &disk.vfs;
    MUST(qt__vfs_connect(db.vfs, path_in(folder, "store.db"), WRITES, &db.sql) == SQLITE_OK, "%s",
         db_why(&db));
    for (char i = 1; i <= 6; i++) {
        char sql[200];
        snprintf(sql, sizeof sql,
                 "BEGIN; UPDATE t SET a = %d, b = -%d WHERE id %% 7 = 0;"
                 "INSERT INTO t (a, b, filler) VALUES (0, 0, randomblob(9000)); COMMIT",
                 i, i);
        db_run(&db, sql);
        MUST(write(tell, &i, 1) == 1, "telling");
        if (i % 2 == 0)
            db_run(&db, "PRAGMA wal_checkpoint");
    }
    db_close(&db);
}

/* What is there after the kill; the last one that was told must be. */
static void
expect_acknowledged(const char *folder, int told, int operations)
{
    struct db db;
    int rc = db_try(&db, folder, WRITES);
    ck_assert_msg(rc == SQLITE_OK, "after %d: %s", operations, db_why(&db));
    int64_t found = -1;
    rc = db_int(&db, "SELECT max(a) FROM t", &found);
    ck_assert_msg(rc == SQLITE_OK, "after %d: %s", operations, db_why(&db));
    ck_assert_msg(found == told || found == told + 1, "after %d: %ld, told %d", operations,
                  (long)found, told);
    ck_assert_int_eq(db_number(&db, "SELECT sum(a) + sum(b) FROM t"), 0);
    ck_assert_int_eq(db_number(&db, "SELECT count(*) FROM t"), 300 + found);
    db_expect_sound(&db);
    db_run(&db, "UPDATE t SET a = 99, b = -99 WHERE id = 1; PRAGMA wal_checkpoint(TRUNCATE)");
    db_close(&db);
    db_open(&db, folder, READS);
    ck_assert_int_eq(db_number(&db, "SELECT max(a) FROM t"), 99);
    db_expect_sound(&db);
    db_close(&db);
}

START_TEST(S1_kill_at_any_disk_operation_loses_nothing)
{
    char folder[64], before[64];
    struct db db;
    folder_begin(folder);
    folder_begin(before);
    db_open(&db, before, MAKES);
    db_run(&db, accounts);
    db_close(&db);
    bool was_killed = true;
    int operations = 1;
    for (; was_killed; operations++) {
        int tell[2], status;
        char told = 0;
        unlink(path_in(folder, "store.db-wal"));
        unlink(path_in(folder, "store.db-shm"));
        file_copy(path_in(before, "store.db"), path_in(folder, "store.db"));
        ck_assert_int_eq(pipe2(tell, O_NONBLOCK), 0);
        pid_t child = kit_fork();
        if (child == 0) {
            work_until_killed(folder, operations, tell[1]);
            _exit(0);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        ck_assert_msg(was_killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0), "%x", status);
        while (read(tell[0], &told, 1) == 1)
            ;
        close(tell[0]);
        close(tell[1]);
        expect_acknowledged(folder, told, operations);
    }
    ck_assert_int_gt(operations, 60);
    folder_end(folder);
    folder_end(before);
}
END_TEST

START_TEST(a_second_database_is_not_attached)
{
    char folder[64], sql[160];
    struct db db;
    folder_begin(folder);
    db_open(&db, folder, MAKES);
    db_run(&db, accounts);
    snprintf(sql, sizeof sql, "ATTACH '%s/other.db' AS other; CREATE TABLE other.t (a)", folder);
    ck_assert_int_ne(sqlite3_exec(db.sql, sql, 0, 0, 0), SQLITE_OK);
    ck_assert_int_eq(db_number(&db, "SELECT count(*) FROM t"), 300);
    db_close(&db);
    folder_end(folder);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("vfs");
    TCase *tc = tcase_create("vfs");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, answers_are_those_of_plain_sqlite, 0, QT_COUNT_OF(modes));
    tcase_add_loop_test(tc, S14_S15_nothing_on_disk_can_be_read, 0, QT_COUNT_OF(modes));
    tcase_add_test(tc, S13_other_processes_read_while_one_writes);
    tcase_add_test(tc, S1_kill_at_any_disk_operation_loses_nothing);
    tcase_add_test(tc, a_second_database_is_not_attached);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
