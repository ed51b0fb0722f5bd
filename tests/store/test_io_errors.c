/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk that fails at each operation of the store, once and for good, with I/O errors and for want
 * of room (S4, S5): no acknowledged row is lost, none is doubled, the store says that it is not
 * healthy, and opens every time.
 */
#include "disk_kit.h"

#include "qtrade/store/store.h"

#include "../../src/store/store_file_priv.h"

enum { BATCHES = 3, ROWS = 20, FOR_GOOD = 1 << 30 };

static const struct {
    const char *name;
    int code, fail_for;
} faults[] = {{"S5: an I/O error, once", SQLITE_IOERR_WRITE, 1},
              {"S5: an I/O error, three times", SQLITE_IOERR_WRITE, 3},
              {"S5: I/O errors for good", SQLITE_IOERR_WRITE, FOR_GOOD},
              {"S4: no room, once", SQLITE_FULL, 1},
              {"S4: no room for good", SQLITE_FULL, FOR_GOOD},
              {"S7: read-only for good", SQLITE_READONLY, FOR_GOOD}};

struct world {
    char before[64], folder[64];
    struct qt_universe *universe;
};

static struct qt_store *
open_store(const struct world *world, const char *folder, struct qt_error *err)
{
    enum qt_key_kind kind;
    MUST(qt_store_key_kind(folder, &kind, err), "%s", err->text);
    struct qt_store_key *key = kind == QT_KEY_NONE ? qt_store_key_make(&unlock_ours, err)
                                                   : qt_store_key_open(folder, &unlock_ours, err);
    MUST(key, "%s", err->text);
    struct qt_store *store = qt_store_open(folder, key, err);
    qt_store_key_close(key);
    if (store)
        MUST(qt_store_start(store, world->universe, NULL, err), "%s", err->text);
    return store;
}

static void
begin(struct world *world)
{
    struct qt_error err = {0};
    folder_begin(world->before);
    folder_begin(world->folder);
    world->universe = btc_universe();
    struct qt_store *store = open_store(world, world->before, &err);
    ck_assert_msg(store, "%s", err.text);
    qt_store_close(store);
    disk_begin();
}

static void
end(struct world *world)
{
    qt_universe_destroy(world->universe);
    folder_end(world->before);
    folder_end(world->folder);
}

static void
begin_again(const struct world *world)
{
    static const char *const names[] = {"store.db", "store.key"};
    unlink(path_in(world->folder, "store.db-wal"));
    unlink(path_in(world->folder, "store.db-shm"));
    for (size_t i = 0; i < QT_COUNT_OF(names); i++)
        file_copy(path_in(world->before, names[i]), path_in(world->folder, names[i]));
    disk_forget();
}

/* Puts one batch and waits until it is acknowledged; a disk that fails for good is healed when the
 * store has said so. */
static void
put_batch(struct qt_store *store, uint64_t first, int fault, const char *what, int at)
{
    struct qt_store_port port = qt_store_port(store);
    struct qt_store_stats stats;
    for (uint64_t seq = first; seq < first + ROWS; seq++) {
        struct qt_record record = {.kind = QT_RECORD_DECISION, .seq = seq, .t_ns = (int64_t)seq};
        MUST(port.put(port.self, &record), "%s at %d: no room in the ring", what, at);
    }
    for (int tries = 0; !port.flush(port.self, 2); tries++) {
        MUST(tries < 20000, "%s at %d: never acknowledged", what, at);
        if (faults[fault].fail_for != FOR_GOOD || port.is_healthy(port.self))
            continue;
        qt_store_stats(store, &stats);
        MUST(stats.failures > 0 && stats.last_error[0], "%s at %d: no reason", what, at);
        pthread_mutex_lock(&disk.mutex); /* the store's thread is at work */
        disk.fail_at = 0;
        pthread_mutex_unlock(&disk.mutex);
    }
}

static int64_t
ask(const struct world *world, const char *sql, const char *what, int at)
{
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    struct qt_store_key *key = qt_store_key_open(world->folder, &unlock_ours, &err);
    MUST(key && qt__store_file_read(&file, world->folder, key, &err), "%s at %d: %s", what, at,
         err.text);
    struct db db = {.vfs = file.vfs, .sql = file.db};
    int64_t v = db_number(&db, sql);
    qt__store_file_close(&file);
    qt_store_key_close(key);
    return v;
}

/* A session on a disk that fails at one operation. Returns whether it got so far. */
static bool
live_with(const struct world *world, int fault, int at)
{
    struct qt_error err = {0};
    const char *what = faults[fault].name;
    begin_again(world);
    disk.code = faults[fault].code;
    disk.fail_at = at;
    disk.fail_for = faults[fault].fail_for;
    struct qt_store *store = open_store(world, world->folder, &err);
    if (!store) {
        MUST(err.text[0] && err.code != QT_E_VERIFY, "%s at %d: %s", what, at, err.text);
        disk.fail_at = 0;
        store = open_store(world, world->folder, &err);
    }
    MUST(store, "%s at %d, opened again: %s", what, at, err.text);
    for (int i = 0; i < BATCHES; i++)
        put_batch(store, (uint64_t)i * ROWS + 1, fault, what, at);
    qt_store_close(store);
    bool has_failed = disk.failures > 0;
    disk.fail_at = 0;
    store = open_store(world, world->folder, &err);
    MUST(store, "%s at %d, at the next start: %s", what, at, err.text);
    qt_store_close(store);
    MUST(ask(world, "SELECT count(*) FROM decisions", what, at) == (int64_t)BATCHES * ROWS &&
             ask(world, "SELECT count(DISTINCT seq) FROM decisions", what, at) ==
                 (int64_t)BATCHES * ROWS,
         "%s at %d: %lld rows", what, at,
         (long long)ask(world, "SELECT count(*) FROM decisions", what, at));
    return has_failed;
}

START_TEST(S4_S5_S7_failing_disk_loses_no_acknowledged_row_whatever_fails)
{
    struct world world;
    int at = 1;
    begin(&world);
    while (live_with(&world, _i, at))
        at++;
    ck_assert_int_gt(at, 25);
    end(&world);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("io_errors");
    TCase *tc = tcase_create("io_errors");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, S4_S5_S7_failing_disk_loses_no_acknowledged_row_whatever_fails, 0,
                        QT_COUNT_OF(faults));
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
