/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Harm to the files of an encrypted database (S9, S10, S12): named, or without effect; never
 * another answer. */
#include "vfs_kit.h"

static const char answer[] =
    "SELECT group_concat(id || ':' || v || ':' || hex(b)) || (SELECT sum(v) FROM t INDEXED BY t_v)"
    " FROM (SELECT * FROM t ORDER BY id)";

struct world {
    char folder[64], db[128], wal[128], shm[128];
    char *right; /* the answer */
};

static void
commit_rows(struct db *db, int from, int to)
{
    for (int i = from; i < to; i++) {
        char sql[120];
        snprintf(sql, sizeof sql, "INSERT INTO t VALUES (%d, %d, randomblob(700))", i, i * i);
        db_run(db, sql);
    }
}

/* Some rows in the database, and some in the log, as a killed process leaves them. */
static void
fill_and_die(const char *folder)
{
    struct db db;
    db_open(&db, folder, WRITES);
    commit_rows(&db, 100, 106);
}

static void
begin(struct world *world, bool has_log)
{
    struct db db;
    folder_begin(world->folder);
    snprintf(world->db, sizeof world->db, "%s/store.db", world->folder);
    snprintf(world->wal, sizeof world->wal, "%s/store.db-wal", world->folder);
    snprintf(world->shm, sizeof world->shm, "%s/store.db-shm", world->folder);
    db_open(&db, world->folder, MAKES);
    db_run(&db,
           "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, b BLOB); CREATE INDEX t_v ON t (v)");
    commit_rows(&db, 0, 12);
    db_close(&db);
    if (has_log)
        in_a_killed_process(fill_and_die, world->folder);
    unlink(world->shm);
    db_open(&db, world->folder, READS);
    world->right = db_text(db.sql, answer);
    ck_assert_msg(world->right != NULL, "%s", db_why(&db));
    db_close(&db);
    unlink(world->shm);
}

static void
end(struct world *world)
{
    free(world->right);
    folder_end(world->folder);
}

/* What a process that opens it learns: the same answer (true), or a named error (false). A reader,
 * or one that writes. */
static bool
answers(const struct world *world, int flags, const char *what, size_t where)
{
    struct db db;
    char *text = NULL;
    if (db_try(&db, world->folder, flags) == SQLITE_OK)
        text = db_text(db.sql, answer);
    if (text)
        ck_assert_msg(strcmp(text, world->right) == 0, "%s %zu: another answer", what, where);
    else
        ck_assert_msg(db.vfs->damage[0] || sqlite3_errcode(db.sql) == SQLITE_CORRUPT,
                      "%s %zu: no answer and no name: %s", what, where, sqlite3_errmsg(db.sql));
    bool is_same = text != NULL;
    free(text);
    (void)sqlite3_close(db.sql);
    qt__vfs_destroy(db.vfs);
    return is_same;
}

/* Every byte that says something, one after the other (S9); with QT_LIGHT each fourth. */
static void
flip_every_byte(struct world *world, const char *path)
{
    size_t n = 0, harmless = 0, named = 0, samples = 0;
    const size_t every = getenv("QT_LIGHT") ? 4 : 1;
    unsigned char *bytes = file_read(path, &n);
    for (size_t i = 0; i < n; i++) {
        bool is_sample =
            bytes[i] != 0 ? i % 1024 < 40 || i % 97 == 0 || i % 4096 >= 4050 : i % 4001 == 0;
        if (!is_sample || samples++ % every != 0)
            continue;
        unsigned char flipped = (unsigned char)(bytes[i] ^ (1u << i % 8));
        file_put(path, (int64_t)i, &flipped, 1);
        if (answers(world, READS, path, i))
            harmless++;
        else
            named++;
        file_put(path, (int64_t)i, &bytes[i], 1);
        unlink(world->shm);
    }
    ck_assert_msg(named > 100 / every, "%zu named, %zu harmless", named, harmless);
    ck_assert(answers(world, READS, path, n));
    free(bytes);
}

START_TEST(S9_flipped_bit_of_the_database_is_named_or_harmless)
{
    struct world world;
    begin(&world, false);
    flip_every_byte(&world, world.db);
    end(&world);
}
END_TEST

START_TEST(S9_flipped_bit_of_the_log_is_named_or_harmless)
{
    struct world world;
    begin(&world, true);
    flip_every_byte(&world, world.wal);
    end(&world);
}
END_TEST

START_TEST(S9_flipped_bit_is_named_to_one_that_writes_too)
{
    struct world world;
    size_t n = 0, n_wal = 0, named = 0;
    begin(&world, true);
    unsigned char *db = file_read(world.db, &n), *wal = file_read(world.wal, &n_wal);
    for (size_t i = 0; i < n_wal; i += 401) {
        unsigned char flipped = wal[i] ^ 0x10;
        file_put(world.wal, (int64_t)i, &flipped, 1);
        named += !answers(&world, WRITES, "log, writing", i); /* closing may empty the log */
        file_write(world.db, db, n);
        file_write(world.wal, wal, n_wal);
        unlink(world.shm);
    }
    ck_assert_uint_gt(named, 20);
    free(db);
    free(wal);
    end(&world);
}
END_TEST

/* S10 */

START_TEST(S10_page_from_elsewhere_is_named)
{
    struct world world;
    unsigned char *bytes;
    size_t n = 0, named = 0;
    begin(&world, false);
    bytes = file_read(world.db, &n);
    uint32_t pages = qt__pages_of((int64_t)n);
    ck_assert_uint_ge(pages, 4);
    for (uint32_t to = 1; to <= pages; to++)
        for (uint32_t from = 1; from <= pages; from++) {
            if (from == to)
                continue;
            file_put(world.db, qt__page_at(to), bytes + qt__page_at(from), QT__PAGE_BYTES);
            named += !answers(&world, READS, "page", to * 100 + from);
            file_put(world.db, qt__page_at(to), bytes + qt__page_at(to), QT__PAGE_BYTES);
        }
    ck_assert_uint_eq(named, pages * (pages - 1));
    free(bytes);
    end(&world);
}
END_TEST

START_TEST(S10_older_copy_of_a_page_or_of_its_seals_is_named)
{
    struct world world;
    struct db db;
    size_t n = 0, n_now = 0, named = 0;
    begin(&world, false);
    unsigned char *older = file_read(world.db, &n);
    db_open(&db, world.folder, WRITES);
    db_run(&db, "UPDATE t SET v = v + 1");
    free(world.right);
    world.right = db_text(db.sql, answer);
    db_close(&db);
    unsigned char *now = file_read(world.db, &n_now);
    ck_assert_uint_eq(n, n_now);
    for (size_t at = 0; at + QT__PAGE_BYTES <= n; at += QT__PAGE_BYTES) {
        if (memcmp(older + at, now + at, QT__PAGE_BYTES) == 0)
            continue;
        file_put(world.db, (int64_t)at, older + at, QT__PAGE_BYTES);
        named += !answers(&world, READS, "older block", at / QT__PAGE_BYTES);
        file_put(world.db, (int64_t)at, now + at, QT__PAGE_BYTES);
    }
    ck_assert_uint_ge(named, 2);
    ck_assert(answers(&world, READS, "all as it was", 0));
    free(older);
    free(now);
    end(&world);
}
END_TEST

/* S12 */

START_TEST(S12_log_that_is_missing_or_cut_is_named)
{
    struct world world;
    size_t n = 0;
    begin(&world, true);
    unsigned char *wal = file_read(world.wal, &n);
    for (size_t left = 0; left < n; left += 777) {
        file_write(world.wal, wal, left);
        ck_assert_msg(!answers(&world, READS, "cut log", left), "%zu of %zu bytes", left, n);
        ck_assert_msg(!answers(&world, WRITES, "cut log", left), "%zu of %zu bytes", left, n);
        unlink(world.shm);
    }
    ck_assert_int_eq(unlink(world.wal), 0);
    ck_assert(!answers(&world, READS, "no log", 0));
    ck_assert(!answers(&world, WRITES, "no log", 0));
    unlink(world.shm);
    file_write(world.wal, wal, n);
    ck_assert(answers(&world, WRITES, "the log again", 0));
    free(wal);
    end(&world);
}
END_TEST

START_TEST(S12_another_log_is_not_merged)
{
    struct world world, other;
    size_t n = 0;
    begin(&world, true);
    begin(&other, true);
    unsigned char *mine = file_read(world.wal, &n);
    file_copy(other.wal, world.wal); /* the same key and store id: a copy of before, as it were */
    ck_assert(!answers(&world, READS, "foreign log", 0));
    ck_assert(!answers(&world, WRITES, "foreign log", 0));
    file_write(world.wal, mine, n);
    unlink(world.shm);
    ck_assert(answers(&world, WRITES, "own log", 0));
    ck_assert_int_ne(access(world.wal, F_OK), 0); /* all of it is in the database now */
    file_write(world.wal, mine, n);
    ck_assert(answers(&world, READS, "an old log of its own, which has nothing new", 0));
    unlink(world.shm);
    file_copy(other.wal, world.wal);
    ck_assert(answers(&world, WRITES, "a foreign one beside a whole database", 0));
    free(mine);
    end(&world);
    end(&other);
}
END_TEST

START_TEST(S12_old_journal_does_not_undo_anything)
{
    struct world world;
    struct db db;
    char journal[128];
    begin(&world, false);
    snprintf(journal, sizeof journal, "%s/store.db-journal", world.folder);
    db_open(&db, world.folder, WRITES);
    db_run(&db,
           "PRAGMA journal_mode = PERSIST; PRAGMA journal_mode = DELETE; PRAGMA cache_size = 2;"
           "PRAGMA cache_spill = 2; BEGIN; UPDATE t SET v = v + 1, b = randomblob(701)");
    file_copy(journal, path_in(world.folder, "kept"));
    db_run(&db, "COMMIT");
    free(world.right);
    world.right = db_text(db.sql, answer);
    db_close(&db);
    file_copy(path_in(world.folder, "kept"), journal);
    ck_assert(answers(&world, WRITES, "old journal", 0));
    end(&world);
}
END_TEST

/* After a power cut the tail of the log may be anything; what was acknowledged before the last
 * transaction is there, and the last one is whole or not there. */
START_TEST(S2_power_cut_tears_the_last_transaction_only)
{
    struct world world;
    size_t n = 0;
    struct db db;
    begin(&world, true);
    unsigned char *wal = file_read(world.wal, &n);
    size_t n_db = 0;
    unsigned char *all = file_read(world.db, &n_db);
    for (size_t lost = 512; lost < 2 * 4192 && lost + 8192 < n; lost += 512) {
        unsigned char *torn = malloc(n);
        memcpy(torn, wal, n);
        memset(torn + n - lost, 0, 512);
        file_write(world.wal, torn, n);
        file_write(world.db, all, n_db);
        unlink(world.shm);
        db = (struct db){.vfs = qt__vfs_create(kit_key, kit_store, false)};
        db.vfs->boot[0] ^= 1; /* the machine was switched off and on */
        int rc = qt__vfs_connect(db.vfs, world.db, WRITES, &db.sql);
        ck_assert_msg(rc == SQLITE_OK, "%zu: %s", lost, db_why(&db));
        ck_assert_int_ge(db_number(&db, "SELECT max(id) FROM t"), 104);
        ck_assert_int_eq(db_number(&db, "SELECT count(*) FROM t WHERE v <> id * id"), 0);
        db_expect_sound(&db);
        db_close(&db);
        free(torn);
    }
    free(wal);
    free(all);
    end(&world);
}
END_TEST

START_TEST(S12_cut_database_is_named)
{
    struct world world;
    size_t n = 0;
    begin(&world, false);
    unsigned char *bytes = file_read(world.db, &n);
    for (size_t left = 0; left < n; left += 4096 + 511) {
        file_write(world.db, bytes, left);
        ck_assert_msg(!answers(&world, READS, "cut", left), "%zu of %zu bytes", left, n);
    }
    free(bytes);
    end(&world);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("vfs_damage");
    TCase *tc = tcase_create("vfs_damage");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, S9_flipped_bit_of_the_database_is_named_or_harmless);
    tcase_add_test(tc, S9_flipped_bit_of_the_log_is_named_or_harmless);
    tcase_add_test(tc, S9_flipped_bit_is_named_to_one_that_writes_too);
    tcase_add_test(tc, S10_page_from_elsewhere_is_named);
    tcase_add_test(tc, S10_older_copy_of_a_page_or_of_its_seals_is_named);
    tcase_add_test(tc, S12_log_that_is_missing_or_cut_is_named);
    tcase_add_test(tc, S12_another_log_is_not_merged);
    tcase_add_test(tc, S12_old_journal_does_not_undo_anything);
    tcase_add_test(tc, S2_power_cut_tears_the_last_transaction_only);
    tcase_add_test(tc, S12_cut_database_is_named);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
