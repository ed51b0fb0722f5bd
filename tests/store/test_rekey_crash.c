/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * S17: giving every page another key, killed, failing and losing power at each of its operations:
 * writes, syncs, cuts, renames and removals of SQLite and of our own, numbered by one count.
 * QT_CUTS says how many power cuts (300); with 2,400 or more every fault is met at every operation,
 * else some of them at each third.
 */
#include <dlfcn.h>
#include <errno.h>

#include "rekey_kit.h"

#include "qtrade/base/text.h"

/* The operations, which this program's own functions count before the system's are called. */

static struct {
    bool counts;
    int count, at, how_many;
    int why; /* errno; 0: the process is killed */
} fault;

/* Whether this one fails. */
static bool
fails_now(void)
{
    if (!fault.counts || ++fault.count < fault.at || fault.count >= fault.at + fault.how_many)
        return false;
    if (!fault.why)
        kill(getpid(), SIGKILL);
    errno = fault.why;
    return true;
}

#define REAL(type, name, ...) (*(type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

ssize_t pwrite64(int file, const void *bytes, size_t n, off64_t at);
int ftruncate64(int file, off64_t size);

/* A write that fails or is killed leaves half of itself. */
ssize_t
pwrite64(int file, const void *bytes, size_t n, off64_t at)
{
    ssize_t (*real)(int, const void *, size_t, off64_t) =
        REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    if (fault.counts && fault.count + 1 >= fault.at && fault.count + 1 < fault.at + fault.how_many)
        (void)real(file, bytes, n / 2, at);
    return fails_now() ? -1 : real(file, bytes, n, at);
}

ssize_t
write(int file, const void *bytes, size_t n)
{
    return fails_now() ? -1 : REAL(ssize_t, "write", int, const void *, size_t)(file, bytes, n);
}

int
fsync(int file)
{
    return fails_now() ? -1 : REAL(int, "fsync", int)(file);
}

int
fdatasync(int file)
{
    return fails_now() ? -1 : REAL(int, "fdatasync", int)(file);
}

int
ftruncate64(int file, off64_t size)
{
    return fails_now() ? -1 : REAL(int, "ftruncate64", int, off64_t)(file, size);
}

int
rename(const char *from, const char *to)
{
    return fails_now() ? -1 : REAL(int, "rename", const char *, const char *)(from, to);
}

int
unlink(const char *path)
{
    return fails_now() ? -1 : REAL(int, "unlink", const char *)(path);
}

/* A rekey in a process of its own that meets the fault. Returns whether it got to its end unharmed.
 */
static bool
rekey_with_fault(const char *folder, int at, int how_many, int why)
{
    int status = 0;
    pid_t child = kit_fork();
    if (child == 0) {
        struct qt_error err = {0};
        const struct qt_unlock *by;
        struct qt_store_key *key = kit_unlock(folder, &by);
        fault.at = at;
        fault.how_many = how_many;
        fault.why = why;
        fault.counts = true;
        bool is_done = kit_rekey(folder, key, &err);
        fault.counts = false; /* what it wrote to its end */
        qt_store_key_close(key);
        MUST(is_done || err.text[0], "it failed without a word");
        MUST(is_done || err.code != QT_E_VERIFY, "called damage: %s", err.text);
        _exit(fault.count < at ? 0 : 1);
    }
    MUST(waitpid(child, &status, 0) == child, "no child");
    MUST(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) < 2,
         "at %d: status %x", at, status);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* After an interruption: old or new opens it, all is there for who reads, and a rekey ends it. */
static void
expect_goes_on(const char *folder, const unsigned char former[QT__KEY_BYTES])
{
    struct qt_error err = {0};
    const struct qt_unlock *by;
    struct qt_store_key *key = kit_unlock(folder, &by);
    kit_expect_whole(folder, key);
    bool was_done = memcmp(qt__store_key_pages(key), former, QT__KEY_BYTES) != 0 &&
                    !qt_store_key_is_renewing(key);
    MUST(was_done || kit_rekey(folder, key, &err), "the second rekey: %s", err.text);
    qt_store_key_close(key);
    key = qt_store_key_open(folder, &kit_new, &err);
    MUST(key, "%s", err.text);
    kit_expect_whole(folder, key);
    struct qt_store *store = qt_store_open(folder, key, &err); /* what is left over goes */
    MUST(store, "%s", err.text);
    qt_store_close(store);
    kit_expect_settled(folder, former, key->id);
    MUST(kit_ask(folder, key, "SELECT count(*) FROM audit WHERE action = 'store.rekey.done'") > 0,
         "it is not in the audit");
    qt_store_key_close(key);
}

struct world {
    char before[64], folder[64];
    unsigned char former[QT__KEY_BYTES];
};

static void
begin(struct world *world)
{
    struct qt_error err = {0};
    folder_begin(world->before);
    folder_begin(world->folder);
    kit_make(world->before);
    struct qt_store_key *key = qt_store_key_open(world->before, &kit_old, &err);
    ck_assert_msg(key, "%s", err.text);
    memcpy(world->former, qt__store_key_pages(key), sizeof world->former);
    qt_store_key_close(key);
}

static void
end(struct world *world)
{
    folder_end(world->before);
    folder_end(world->folder);
}

static int
cuts_wanted(void)
{
    const char *text = getenv("QT_CUTS");
    int64_t n = 0;
    return text && qt_int_parse(text, &n) && n > 0 && n < 1000000 ? (int)n : qt_rounds(300);
}

static const struct {
    const char *name;
    int how_many, why, stride;
} faults[] = {{"killed", 1, 0, 1},
              {"an I/O error, once", 1, EIO, 1},
              {"I/O errors for good", 1 << 30, EIO, 3},
              {"no room, once", 1, ENOSPC, 3},
              {"no room for good", 1 << 30, ENOSPC, 3}};

START_TEST(S17_rekey_of_pages_interrupted_at_any_operation_opens_and_goes_on)
{
    struct world world;
    int at = 1, stride = cuts_wanted() < 2400 ? faults[_i].stride * (getenv("QT_LIGHT") ? 5 : 1) : 1;
    begin(&world);
    kit_copy(world.before, world.folder);
    for (; !rekey_with_fault(world.folder, at, faults[_i].how_many, faults[_i].why); at += stride) {
        expect_goes_on(world.folder, world.former);
        kit_copy(world.before, world.folder);
    }
    ck_assert_int_gt(at, 60);
    end(&world);
}
END_TEST

/* Power cuts: all that a rekey between commits writes is recorded, and what a cut could leave is
 * opened with both keys, as store.key has them, and after its end with the new one alone. */

static const unsigned char next_key[QT__KEY_BYTES] = "another key of thirty-two bytes.";

enum { COMMITS = 6, PAGES_A_STEP = 7 };

static void
commit(struct db *db, int i)
{
    char sql[200];
    snprintf(sql, sizeof sql, "UPDATE t SET a = %d, b = -%d WHERE id %% 9 = %d %% 9 OR id = 1", i,
             i, i);
    for (int tries = 0; sqlite3_exec(db->sql, sql, NULL, NULL, NULL) != SQLITE_OK; tries++)
        MUST(tries < 50 && disk.failures > 0, "%d: %s", i, db_why(db));
    disk_ack((uint32_t)i);
}

/* A step of the rekey, tried again on a disk that fails. */
static bool
renew(struct db *db, int rounds)
{
    struct qt__renewed how = {0};
    for (int tries = 0; qt__vfs_renew(db->vfs, PAGES_A_STEP, &how) != SQLITE_OK; tries++)
        MUST(tries < 50 && disk.failures > 0, "step %d: %s", rounds, db_why(db));
    return how.is_done;
}

/* Returns after how many events the former key was dropped. */
static int
record_rekey(const char *before, const char *folder)
{
    struct db db;
    int done = 0, i = 1;
    kit_copy(before, folder);
    disk.records = true;
    db_open(&db, folder, WRITES);
    commit(&db, i++);
    qt__vfs_rekey(db.vfs, next_key);
    commit(&db, i++);
    for (int tries = 0;
         sqlite3_exec(db.sql, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) != SQLITE_OK;
         tries++)
        MUST(tries < 50 && disk.failures > 0, "%s", db_why(&db));
    for (int round = 0; !renew(&db, round); round++) {
        if (round % 2 == 0 && i <= COMMITS)
            commit(&db, i++);
        if (round == 5)
            (void)sqlite3_exec(db.sql, "PRAGMA wal_checkpoint(RESTART)", NULL, NULL, NULL);
    }
    done = disk.events;
    qt__vfs_settle(db.vfs);
    commit(&db, i);
    (void)sqlite3_close(db.sql);
    qt__vfs_destroy(db.vfs);
    disk.records = false;
    return done;
}

static void
expect_opens(const char *folder, bool has_former, uint32_t told, const char *what)
{
    struct db db = {.vfs = qt__vfs_create(next_key, kit_store, false)};
    int64_t found = -1;
    if (has_former)
        qt__cipher_former(db.vfs->cipher, kit_key);
    db.vfs->boot[0] ^= 1; /* the machine was switched off and on */
    int rc = qt__vfs_connect(db.vfs, path_in(folder, "store.db"), WRITES, &db.sql);
    ck_assert_msg(rc == SQLITE_OK, "%s: %s", what, db_why(&db));
    ck_assert_msg(db_int(&db, "SELECT max(a) FROM t", &found) == SQLITE_OK, "%s: %s", what,
                  db_why(&db));
    ck_assert_msg(found == told || found == told + 1, "%s: %d of %u", what, (int)found, told);
    char *sound = db_text(db.sql, "PRAGMA integrity_check");
    ck_assert_msg(sound && strcmp(sound, "ok") == 0, "%s: %s", what, db_why(&db));
    free(sound);
    db_run(&db, "UPDATE t SET a = 99, b = -99 WHERE id = 1");
    if (has_former) { /* it goes on */
        db_run(&db, "PRAGMA wal_checkpoint(TRUNCATE)");
        while (!renew(&db, 0))
            ;
        qt__vfs_settle(db.vfs);
    }
    db_close(&db);
    db = (struct db){.vfs = qt__vfs_create(next_key, kit_store, false)};
    rc = qt__vfs_connect(db.vfs, path_in(folder, "store.db"), READS, &db.sql);
    ck_assert_msg(rc == SQLITE_OK, "%s, at its end: %s", what, db_why(&db));
    db_expect_sound(&db);
    ck_assert_int_eq(db_number(&db, "SELECT max(a) FROM t"), 99);
    db_close(&db);
}

static const struct cut honest[] = {{0, false, true}, {16, false, true}, {8, false, true},
                                    {8, true, true},  {14, true, true},  {3, true, true}};

static void
begin_cuts(struct world *world, char aside[64])
{
    struct db db;
    folder_begin(world->before);
    folder_begin(world->folder);
    folder_begin(aside);
    db_open(&db, world->before, MAKES);
    db_run(&db, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, filler BLOB);"
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)"
                " INSERT INTO t SELECT i, 0, 0, randomblob(i * 137 % 4700) FROM n");
    db_close(&db);
    disk_begin();
    disk_forget();
}

static void
end_cuts(struct world *world, const char *aside)
{
    disk_forget();
    end(world);
    folder_end(aside);
}

static void
cut_often(const struct world *world, const char *aside, int cuts, int first, int done)
{
    for (int i = 0; i < cuts; i++) {
        char what[100];
        uint64_t seed = (uint64_t)(first + 1) * 31 + (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15);
        int behind = disk.events - first;
        int at = first + 1 + (i / 2 < behind ? i / 2 : (int)(draw(&seed) % (uint64_t)behind));
        const struct cut *cut = &honest[(size_t)i % QT_COUNT_OF(honest)];
        uint32_t told = disk_cut_power(world->before, aside, at, cut, &seed);
        snprintf(what, sizeof what, "cut %d after operation %d of %d (%d of 16 kept, torn %d)", i,
                 at, disk.events, cut->keep_of_16, cut->tears);
        expect_opens(aside, at <= done, told, what);
    }
}

START_TEST(S17_power_cut_at_any_moment_of_a_rekey_loses_nothing)
{
    struct world world;
    char aside[64];
    begin_cuts(&world, aside);
    int done = record_rekey(world.before, world.folder);
    ck_assert_int_gt(done, 80);
    cut_often(&world, aside, cuts_wanted(), 0, done);
    end_cuts(&world, aside);
}
END_TEST

/* The end of a page in store.db-rekey, which its tag is in, is on disk and what is before it is not: that page's place
 * must stay as it is. */
START_TEST(S17_power_cut_that_tears_a_page_before_its_tag_loses_nothing)
{
    static const unsigned char torn[512];
    struct world world;
    char aside[64];
    uint64_t seed = 1;
    int end = 0;
    begin_cuts(&world, aside);
    int done = record_rekey(world.before, world.folder);
    while (end < done && (disk.event[end].op != DISK_SYNC ||
                          !strstr(disk.name[disk.event[end].file], "store.db-rekey")))
        end++;
    ck_assert_int_lt(end, done);
    for (int page = 0; page < PAGES_A_STEP; page++) {
        const struct cut all = {16, false, true};
        char what[40];
        uint32_t told = disk_cut_power(world.before, aside, end, &all, &seed);
        FILE *file = fopen(path_in(aside, "store.db-rekey"), "r+");
        ck_assert(file && fseek(file, (1 + page) * QT__PAGE_BYTES, SEEK_SET) == 0);
        ck_assert(fwrite(torn, sizeof torn, 1, file) == 1 && fclose(file) == 0);
        snprintf(what, sizeof what, "torn page %d", page);
        expect_opens(aside, true, told, what);
    }
    end_cuts(&world, aside);
}
END_TEST

/* Each operation fails, once or a few times in a row, and then the power goes. */
START_TEST(S17_power_cut_after_a_failed_operation_of_a_rekey_loses_nothing)
{
    struct world world;
    char aside[64];
    static const int in_a_row[] = {1, 2, 5};
    bool got_through = false;
    int cuts = QT_MAX(cuts_wanted() / 300, 2), stride = cuts_wanted() < 2400 ? 3 : 1;
    begin_cuts(&world, aside);
    for (int fail = 1 + (stride > 1 ? _i : 0); !got_through; fail += stride) {
        int failed = 0;
        disk_forget();
        disk.fail_at = fail;
        disk.fail_for = in_a_row[_i];
        disk.code = SQLITE_IOERR_WRITE;
        int done = record_rekey(world.before, world.folder);
        disk.fail_at = 0;
        got_through = disk.failures == 0;
        while (failed < disk.events && !disk.event[failed].failed)
            failed++;
        if (!got_through && failed < disk.events - 1)
            cut_often(&world, aside, cuts, failed, done);
    }
    end_cuts(&world, aside);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("rekey_crash");
    TCase *tc = tcase_create("rekey_crash");
    tcase_set_timeout(tc, 240);
    tcase_add_loop_test(tc, S17_rekey_of_pages_interrupted_at_any_operation_opens_and_goes_on, 0,
                        QT_COUNT_OF(faults));
    tcase_add_test(tc, S17_power_cut_at_any_moment_of_a_rekey_loses_nothing);
    tcase_add_test(tc, S17_power_cut_that_tears_a_page_before_its_tag_loses_nothing);
    tcase_add_loop_test(tc, S17_power_cut_after_a_failed_operation_of_a_rekey_loses_nothing, 0, 3);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
