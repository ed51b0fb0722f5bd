/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power cuts (S2, S5, S8): all that a workload writes to its disk is recorded, and the states that
 * a cut could have left are built and opened, by the thousands. QT_CUTS says how many (2,400).
 */
#include "disk_kit.h"

enum { STEPS = 14 };

static const char rows_of_ours[] =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, filler BLOB);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)"
    " INSERT INTO t SELECT i, 0, 0, randomblob(i * 37 % 700) FROM n";

static int
cuts_wanted(void)
{
    const char *text = getenv("QT_CUTS");
    int64_t n = 0;
    return text && qt_int_parse(text, &n) && n > 0 && n < 1000000 ? (int)n : qt_rounds(2400);
}

struct world {
    char before[64], folder[64], aside[64];
};

static void
begin(struct world *world)
{
    struct db db;
    folder_begin(world->before);
    folder_begin(world->folder);
    folder_begin(world->aside);
    db_open(&db, world->before, MAKES);
    db_run(&db, rows_of_ours);
    db_close(&db);
    disk_begin();
    disk_forget();
}

static void
end(struct world *world)
{
    disk_forget();
    folder_end(world->before);
    folder_end(world->folder);
    folder_end(world->aside);
}

/* One transaction; with a disk that fails it is tried again, as the store's thread does. */
static void
commit(struct db *db, int i)
{
    char sql[300];
    snprintf(sql, sizeof sql,
             "BEGIN IMMEDIATE; UPDATE t SET a = %d, b = -%d WHERE id %% 9 = %d %% 9;"
             "UPDATE t SET a = %d, b = -%d WHERE id = 1; DELETE FROM t WHERE id = 100 + %d - 4;"
             "INSERT INTO t VALUES (100 + %d, 0, 0, randomblob(1 + %d * 2311 %% 9000)); COMMIT",
             i, i, i, i, i, i, i, i);
    for (int tries = 0; sqlite3_exec(db->sql, sql, NULL, NULL, NULL) != SQLITE_OK; tries++) {
        MUST(tries < 50 && disk.failures > 0, "%d: %s", i, db_why(db));
        if (!sqlite3_get_autocommit(db->sql))
            (void)sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
    }
    disk_ack((uint32_t)i);
}

/* After a failure it may leave its log behind: that is as good. */
static void
reopen(struct db *db, const char *folder)
{
    int tries = 0;
    do {
        (void)sqlite3_close(db->sql);
        qt__vfs_destroy(db->vfs);
    } while (db_try(db, folder, WRITES) != SQLITE_OK && tries++ < 20);
    MUST(tries < 20, "opening again: %s", db_why(db));
}

/* Commits, checkpoints of SQLite's own and asked for, logs that begin anew, and a close between. */
static void
record_work(const struct world *world)
{
    struct db db;
    file_copy(path_in(world->before, "store.db"), path_in(world->folder, "store.db"));
    unlink(path_in(world->folder, "store.db-wal"));
    unlink(path_in(world->folder, "store.db-shm"));
    disk.records = true;
    db_open(&db, world->folder, WRITES);
    db_run(&db, "PRAGMA wal_autocheckpoint = 12");
    for (int i = 1; i <= STEPS; i++) {
        commit(&db, i);
        if (i == STEPS / 2) {
            reopen(&db, world->folder);
        }
        if (i % 5 == 0)
            (void)sqlite3_exec(db.sql, "PRAGMA wal_checkpoint(RESTART)", NULL, NULL, NULL);
    }
    (void)sqlite3_close(db.sql);
    qt__vfs_destroy(db.vfs);
    disk.records = false;
}

enum outcome { WHOLE, NAMED, LOST, WRONG };

/* What the next start finds: everything acknowledged, a damage that has a name, an earlier state,
 * or a wrong answer. */
static enum outcome
open_after(const struct world *world, uint32_t told, char why[200])
{
    struct db db = {.vfs = qt__vfs_create(kit_key, kit_store, false)};
    int64_t found = -1, sum = -1, rows = -1;
    db.vfs->boot[0] ^= 1; /* the machine was switched off and on */
    int rc = qt__vfs_connect(db.vfs, path_in(world->aside, "store.db"), WRITES, &db.sql);
    if (rc == SQLITE_OK)
        rc = db_int(&db, "SELECT max(a) FROM t", &found);
    if (rc == SQLITE_OK)
        rc = db_int(&db, "SELECT sum(a + b) FROM t", &sum);
    if (rc == SQLITE_OK)
        rc = db_int(&db, "SELECT count(*) FROM t", &rows);
    char *sound = rc == SQLITE_OK ? db_text(db.sql, "PRAGMA integrity_check") : NULL;
    enum outcome outcome = rc == SQLITE_OK && sound ? WHOLE : NAMED;
    if (outcome == NAMED && !db.vfs->damage[0] && sqlite3_errcode(db.sql) == SQLITE_OK)
        outcome = WRONG;
    if (outcome == WHOLE && db.vfs->damage[0])
        outcome = NAMED;
    if (outcome == WHOLE && (strcmp(sound, "ok") != 0 || sum != 0 || rows != 60 + QT_MIN(found, 4)))
        outcome = WRONG;
    else if (outcome == WHOLE && (found < told || found > told + 1))
        outcome = found > told ? WRONG : LOST;
    snprintf(why, 200, "found %ld of %u: %.120s", (long)found, told, db_why(&db));
    if (outcome == WHOLE &&
        sqlite3_exec(db.sql, "UPDATE t SET a = 99, b = -99 WHERE id = 1", 0, 0, 0) != SQLITE_OK)
        outcome = WRONG; /* it goes on */
    free(sound);
    (void)sqlite3_close(db.sql);
    qt__vfs_destroy(db.vfs);
    return outcome;
}

/* So many cuts, one after each operation from first on, and then anywhere behind it; how each
 * ended. */
static void
cut_often(const struct world *world, int cuts, int first, const struct cut *how, size_t kinds,
          int out[4])
{
    for (int i = 0; i < cuts; i++) {
        char why[200];
        uint64_t seed = (uint64_t)(first + 1) * 31 + (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15);
        int behind = disk.events - first;
        int at = first + 1 + (i / 2 < behind ? i / 2 : (int)(draw(&seed) % (uint64_t)behind));
        const struct cut *cut = &how[(size_t)i % kinds];
        uint32_t told = disk_cut_power(world->before, world->aside, at, cut, &seed);
        enum outcome outcome = open_after(world, told, why);
        out[outcome]++;
        ck_assert_msg(outcome != WRONG && (!cut->syncs_count || outcome == WHOLE),
                      "cut %d after operation %d (%d of 16 kept, torn %d): %s", i, at,
                      cut->keep_of_16, cut->tears, why);
    }
}

static const struct cut honest[] = {{0, false, true}, {16, false, true}, {8, false, true},
                                    {8, true, true},  {14, true, true},  {3, true, true}};
static const struct cut lying[] = {{15, false, false}, {12, true, false}, {15, true, false},
                                   {16, false, false}, {0, false, false}, {8, false, false}};

START_TEST(S2_torn_and_reordered_writes_of_a_power_cut_lose_nothing_acknowledged)
{
    struct world world;
    int ends[4] = {0};
    begin(&world);
    record_work(&world);
    ck_assert_int_gt(disk.events, 150);
    cut_often(&world, cuts_wanted(), 0, honest, QT_COUNT_OF(honest), ends);
    ck_assert_int_eq(ends[WHOLE], cuts_wanted());
    end(&world);
}
END_TEST

/* The control: were no sync honoured, the case above would find it; and no answer is wrong (S8). */
START_TEST(S8_disk_that_lies_about_syncs_loses_rows_and_gives_no_wrong_answer)
{
    struct world world;
    int ends[4] = {0}, cuts = cuts_wanted() / 3;
    begin(&world);
    record_work(&world);
    cut_often(&world, cuts, 0, lying, QT_COUNT_OF(lying), ends);
    ck_assert_msg(ends[LOST] + ends[NAMED] > cuts / 10, "%d whole, %d named, %d lost", ends[WHOLE],
                  ends[NAMED], ends[LOST]);
    ck_assert_int_gt(ends[NAMED], 0);
    ck_assert_int_gt(ends[LOST], 0);
    end(&world);
}
END_TEST

/* Each sync fails, once or a few times in a row; what it was for is never promised again, and the
 * work goes on. */
START_TEST(S5_after_a_failed_sync_nothing_is_assumed_to_be_on_disk)
{
    struct world world;
    static const int in_a_row[] = {1, 2, 5};
    int ends[4] = {0}, syncs = 0, cuts = QT_MAX(cuts_wanted() / 120, 8);
    bool got_through = false;
    begin(&world);
    for (int fail = 1; !got_through; fail++) {
        int failed = 0;
        disk_forget();
        disk.fail_at = fail;
        disk.fail_for = in_a_row[_i];
        disk.code = SQLITE_IOERR_WRITE;
        record_work(&world);
        disk.fail_at = 0;
        got_through = disk.failures == 0;
        while (failed < disk.events && !disk.event[failed].failed)
            failed++;
        if (got_through || disk.event[failed].op != DISK_SYNC)
            continue;
        syncs++;
        cut_often(&world, cuts, failed, honest + 1, 5, ends);
    }
    ck_assert_int_gt(syncs, 20);
    ck_assert_int_eq(ends[WHOLE], syncs * cuts);
    end(&world);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("crash");
    TCase *tc = tcase_create("crash");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, S2_torn_and_reordered_writes_of_a_power_cut_lose_nothing_acknowledged);
    tcase_add_test(tc, S8_disk_that_lies_about_syncs_loses_rows_and_gives_no_wrong_answer);
    tcase_add_loop_test(tc, S5_after_a_failed_sync_nothing_is_assumed_to_be_on_disk, 0, 3);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
