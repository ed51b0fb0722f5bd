/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Another key for every page: what opens and what does not, before, while and after; who reads
 * meanwhile; and a store that writes all the time on a disk that fails.
 */
#include <sodium.h>

#include "rekey_kit.h"

#include "qtrade/store/backup.h"
#include "qtrade/store/backup_schedule.h"
#include "qtrade/store/seal.h"

#include "../../src/store/store_open_priv.h"

struct world {
    char before[64], folder[64];
    unsigned char former[QT__KEY_BYTES];
    struct qt_store_key *key; /* of folder */
    struct qt_universe *universe;
};

static void
begin(struct world *world)
{
    struct qt_error err = {0};
    folder_begin(world->before);
    folder_begin(world->folder);
    kit_make(world->before);
    kit_copy(world->before, world->folder);
    world->key = qt_store_key_open(world->folder, &kit_old, &err);
    ck_assert_msg(world->key, "%s", err.text);
    memcpy(world->former, qt__store_key_pages(world->key), sizeof world->former);
    world->universe = btc_universe();
}

static void
end(struct world *world)
{
    qt_store_key_close(world->key);
    qt_universe_destroy(world->universe);
    folder_end(world->before);
    folder_end(world->folder);
}

static size_t
size_of(const char *folder, const char *name)
{
    struct stat st;
    return stat(path_in(folder, name), &st) == 0 ? (size_t)st.st_size : 0;
}

START_TEST(S17_key_file_of_version_1_opens_and_gets_to_2_by_a_rekey_of_pages)
{
    struct world world;
    struct qt_error err = {0};
    struct qt_journal_key journal[2];
    unsigned char seed[2][QT__KEY_BYTES];
    char public[2][65];
    begin(&world);
    ck_assert_uint_eq(size_of(world.folder, "store.key"), 168);
    for (int i = 0; i < 2; i++) { /* the second time from version 2 on */
        qt_store_key_journal(world.key, &journal[0]);
        qt__store_key_seal(world.key, seed[0]);
        qt_audit_public_key(world.key, public[0]);
        memcpy(world.former, qt__store_key_pages(world.key), sizeof world.former);
        ck_assert_msg(kit_rekey(world.folder, world.key, &err), "%s", err.text);
        qt_store_key_close(world.key);
        ck_assert_ptr_null(qt_store_key_open(world.folder, &kit_old, &err));
        ck_assert_int_eq(err.code, QT_E_LOCKED);
        world.key = qt_store_key_open(world.folder, &kit_new, &err);
        ck_assert_msg(world.key, "%s", err.text);
        ck_assert_uint_eq(size_of(world.folder, "store.key"), 200);
        kit_expect_whole(world.folder, world.key);
        kit_expect_settled(world.folder, world.former, world.key->id);
        qt_store_key_journal(world.key, &journal[1]);
        qt__store_key_seal(world.key, seed[1]);
        qt_audit_public_key(world.key, public[1]);
        ck_assert_mem_eq(&journal[0], &journal[1], sizeof journal[0]);
        ck_assert_mem_eq(seed[0], seed[1], sizeof seed[0]);
        ck_assert_str_eq(public[0], public[1]);
        for (int slot = 0; slot < QT__SLOTS; slot++)
            ck_assert_mem_ne(world.key->keys[slot], world.former, sizeof world.former);
    }
    end(&world);
}
END_TEST

START_TEST(S17_vault_of_before_does_not_open_after_a_rekey)
{
    struct world world;
    struct qt_error err = {0};
    begin(&world);
    ck_assert_msg(kit_rekey(world.folder, world.key, &err), "%s", err.text);
    ck_assert_uint_gt(size_of(world.before, "vault"), 0);
    file_copy(path_in(world.before, "vault"), path_in(world.folder, "vault"));
    ck_assert_ptr_null(qt_vault_open(world.folder, world.key, false, &err));
    ck_assert_int_eq(err.code, QT_E_LOCKED);
    end(&world);
}
END_TEST

/* Whatever goes to the disk, in files that are gone again afterwards too. */
START_TEST(S14_S17_nothing_that_a_rekey_writes_can_be_read)
{
    static const char *const words[] = {"USDT", "cash", "SQLite", "CREATE", "postings", "api-key"};
    struct world world;
    struct qt_error err = {0};
    size_t bytes = 0, of_side = 0;
    disk_begin();
    begin(&world);
    disk_forget();
    disk.records = true;
    ck_assert_msg(kit_rekey(world.folder, world.key, &err), "%s", err.text);
    disk.records = false;
    const int side = disk_name("/store.db-rekey");
    for (int i = 0; i < disk.events; i++) {
        const struct disk_event *event = &disk.event[i];
        if (event->op != DISK_WRITE)
            continue;
        bytes += event->n;
        of_side += event->file == side ? event->n : 0;
        for (size_t k = 0; k < QT_COUNT_OF(words); k++)
            ck_assert_msg(!memmem(event->bytes, event->n, words[k], strlen(words[k])),
                          "%s shows %s", disk.name[event->file], words[k]);
        const unsigned char *const keys[] = {world.former, qt__store_key_pages(world.key)};
        for (size_t k = 0; k < QT_COUNT_OF(keys); k++)
            ck_assert_msg(!memmem(event->bytes, event->n, keys[k], QT__KEY_BYTES), "%s shows a key",
                          disk.name[event->file]);
    }
    ck_assert_uint_gt(bytes, 100000);
    ck_assert_uint_gt(of_side, 4096); /* pages lay there on their way */
    end(&world);
}
END_TEST

/* A page, a leaf and a root of before, each in its place. */
START_TEST(S10_S17_block_of_before_a_rekey_is_named_after_it)
{
    static const struct {
        int64_t block;
        uint32_t n;
        const char *word;
    } parts[] = {{37, 1, "page 3 was changed, or is from elsewhere"},
                 {33, 2, "the seals of pages 1 to 504 are damaged"},
                 {1, 32, "neither root of it opens"},
                 {0, 0, "neither root of it opens"}};
    struct world world;
    struct qt_error err = {0};
    size_t n = 0, now = 0;
    begin(&world);
    ck_assert_msg(kit_rekey(world.folder, world.key, &err), "%s", err.text);
    const char *path = path_in(world.folder, "store.db");
    unsigned char *old = file_read(path_in(world.before, "store.db"), &n);
    unsigned char *good = file_read(path_in(world.folder, "store.db"), &now);
    for (size_t i = 0; i < QT_COUNT_OF(parts); i++) {
        struct qt__store_file file = {0};
        int64_t at = parts[i].block * QT__PAGE_BYTES;
        size_t bytes = parts[i].n ? parts[i].n * (size_t)QT__PAGE_BYTES : n;
        path = path_in(world.folder, "store.db");
        file_put(path, at, old + at, bytes);
        err = (struct qt_error){0};
        bool is_good = qt__store_file_read(&file, world.folder, world.key, &err) &&
                       (qt__sqlite_exec(file.db, "PRAGMA integrity_check", "", &err) ||
                        qt__store_file_fail(&file, &err, "store.db"));
        if (is_good && file.vfs->damage[0])
            qt__store_file_fail(&file, &err, "store.db");
        ck_assert_msg(strstr(err.text, parts[i].word) || strstr(file.vfs->damage, parts[i].word),
                      "%zu: '%s' '%s'", i, err.text, file.vfs->damage);
        qt__store_file_close(&file);
        file_write(path_in(world.folder, "store.db"), good, now);
    }
    kit_expect_whole(world.folder, world.key);
    free(old);
    free(good);
    end(&world);
}
END_TEST

/* Every state in which a step may stand, left there: who reads finds everything, with both keys;
 * and who began with the former one is told in one line. */
START_TEST(S17_readers_read_on_while_pages_get_another_key)
{
    struct world world;
    struct qt_error err = {0};
    struct qt__renewed how = {0};
    struct qt__store_file file = {0}, late = {0}, early = {0};
    begin(&world);
    ck_assert(qt__store_file_read(&early, world.folder, world.key, &err));
    ck_assert_msg(qt_store_key_renew(world.key, world.folder, &kit_new, &err), "%s", err.text);
    ck_assert(qt__store_file_read(&late, world.folder, world.key, &err));
    ck_assert_msg(qt__store_file_open(&file, world.folder, world.key, &err), "%s", err.text);
    struct db reader = {.vfs = late.vfs, .sql = late.db};
    ck_assert_int_eq(db_number(&reader, "SELECT count(*) FROM postings"), KIT_ROWS);
    ck_assert(qt__sqlite_exec(file.db, "PRAGMA wal_checkpoint(TRUNCATE)", "", &err));
    for (int i = 0; !how.is_done; i++) {
        ck_assert_int_lt(i, 2000);
        ck_assert_int_eq(qt__vfs_renew(file.vfs, 1, &how), SQLITE_OK);
        kit_expect_whole(world.folder, world.key);
        ck_assert_int_eq(sqlite3_db_cacheflush(late.db), SQLITE_OK);
        (void)sqlite3_db_release_memory(late.db);
        db_expect_sound(&reader);
    }
    ck_assert_uint_eq(how.done, how.pages);
    ck_assert_uint_gt(how.pages, 20);
    (void)sqlite3_db_release_memory(early.db);
    struct db old = {.vfs = early.vfs, .sql = early.db};
    int64_t v;
    ck_assert_int_ne(db_int(&old, "SELECT sum(amount) FROM postings", &v), SQLITE_OK);
    qt__store_file_fail(&early, &err, "store.db");
    ck_assert_int_eq(err.code, QT_E_FAILED);
    ck_assert_str_eq(err.text, "store.db: got another key while it was read: try again");
    qt__store_file_close(&early);
    qt__store_file_close(&late);
    qt__store_file_close(&file);
    end(&world);
}
END_TEST

START_TEST(opener_stays_while_pages_get_another_key)
{
    struct world world;
    struct qt_error err = {0};
    bool is_renewing = false;
    begin(&world);
    ck_assert_msg(qt_store_key_renew(world.key, world.folder, &kit_new, &err), "%s", err.text);
    ck_assert(!qt_store_key_change(world.key, world.folder, &kit_old, &err));
    ck_assert_int_eq(err.code, QT_E_FAILED);
    ck_assert_ptr_nonnull(strstr(err.text, "being encrypted anew"));
    ck_assert(qt_store_key_look_renewing(world.folder, &is_renewing, &err) && is_renewing);
    ck_assert(kit_rekey(world.folder, world.key, &err));
    ck_assert_msg(qt_store_key_change(world.key, world.folder, &kit_old, &err), "%s", err.text);
    end(&world);
}
END_TEST

/* One that is of another rekey, and none: asked for again, it is made anew. */
START_TEST(rekey_ends_with_its_own_next_key_file_only)
{
    for (int i = 0; i < 2; i++) {
        struct world world;
        struct qt_error err = {0};
        begin(&world);
        ck_assert_msg(qt_store_key_renew(world.key, world.folder, &kit_new, &err), "%s", err.text);
        if (i == 0)
            file_copy(path_in(world.before, "store.key"), path_in(world.folder, "store.key.next"));
        else
            unlink(path_in(world.folder, "store.key.next"));
        ck_assert(!qt_store_key_can_finish(world.key, world.folder, &err));
        struct qt_store *store = qt_store_open(world.folder, world.key, &err);
        ck_assert_msg(store, "%s", err.text);
        ck_assert(!qt_rekey_finish(store, NULL, NULL, &err));
        ck_assert_int_eq(err.code, QT_E_LOCKED);
        ck_assert_ptr_nonnull(strstr(err.text, "store.key.next"));
        qt_store_close(store);
        kit_expect_whole(world.folder, world.key);
        ck_assert_msg(kit_rekey(world.folder, world.key, &err), "%s", err.text);
        kit_expect_settled(world.folder, world.former, world.key->id);
        end(&world);
    }
}
END_TEST

START_TEST(key_that_is_handed_over_has_to_be_for_the_store_that_is_open)
{
    struct world world, other;
    struct qt_error err = {0};
    unsigned char sealed[QT_KEY_HANDOVER] = {0};
    struct qt_rekey_stats stats;
    begin(&world);
    begin(&other);
    ck_assert(!qt_store_key_hand_over(world.key, sealed, &err));
    ck_assert_int_eq(err.code, QT_E_FAILED);
    ck_assert(qt_store_key_renew(other.key, other.folder, &kit_new, &err));
    ck_assert(qt_store_key_hand_over(other.key, sealed, &err));
    struct qt_store *store = qt_store_open(world.folder, world.key, &err);
    ck_assert_msg(store, "%s", err.text);
    ck_assert(!qt_rekey_hand_over(store, sealed, &err));
    ck_assert_int_eq(err.code, QT_E_LOCKED);
    qt_rekey_stats(store, &stats);
    ck_assert(!stats.is_renewing);
    qt_store_close(store);
    end(&world);
    end(&other);
}
END_TEST

START_TEST(backup_from_before_a_rekey_is_restored_with_the_keys_of_then)
{
    struct world world;
    struct qt_error err = {0};
    struct qt_backup backup;
    begin(&world);
    const char *path = path_in(world.before, "copy");
    char copy[128], empty[64];
    qt_copy(copy, sizeof copy, path);
    folder_begin(empty);
    ck_assert_msg(qt_backup_write(world.folder, world.key, copy, false, &backup, &err), "%s",
                  err.text);
    ck_assert(!qt_backup_is_older(copy, world.key));
    ck_assert(kit_rekey(world.folder, world.key, &err));
    ck_assert(qt_backup_is_older(copy, world.key));
    ck_assert(!qt_backup_restore(world.folder, world.key, copy, false, &backup, &err));
    ck_assert_int_eq(err.code, QT_E_VERIFY);
    kit_expect_whole(world.folder, world.key);
    ck_assert_ptr_null(qt_backup_unlock(copy, &kit_new, &err));
    struct qt_store_key *then = qt_backup_unlock(copy, &kit_old, &err);
    ck_assert_msg(then, "%s", err.text);
    ck_assert_msg(
        qt_backup_restore_older(world.folder, world.key, then, copy, false, &backup, &err), "%s",
        err.text);
    kit_expect_whole(world.folder, world.key);
    kit_expect_settled(world.folder, world.former, world.key->id);
    qt_store_key_close(then);
    ck_assert_msg(qt_backup_write(world.folder, world.key, copy, true, &backup, &err), "%s",
                  err.text);
    then = qt_backup_unlock(copy, &kit_new, &err); /* one of now, on another machine */
    ck_assert_msg(then && qt_backup_restore(empty, then, copy, false, &backup, &err), "%s",
                  err.text);
    file_copy(path_in(world.folder, "vault"), path_in(empty, "vault"));
    kit_expect_whole(empty, then);
    qt_store_key_close(then);
    folder_end(empty);
    end(&world);
}
END_TEST

/* Beside writes */

static void
wait_for_the_end(struct qt_store *store, int at)
{
    static const struct timespec moment = {0, 2000000};
    struct qt_rekey_stats stats = {.is_renewing = true};
    for (int tries = 0; stats.is_renewing; tries++) {
        qt_rekey_stats(store, &stats);
        MUST(tries < 60000, "at %d: %u of %u pages, %s", at, stats.done, stats.pages,
             stats.last_error);
        (void)nanosleep(&moment, NULL);
    }
}

/* A thread with a copy of the former keys: it asks the store for those of now. */
START_TEST(backups_by_the_clock_have_the_keys_of_now)
{
    struct world world;
    struct qt_error err = {0};
    struct qt_backup backup;
    unsigned char sealed[QT_KEY_HANDOVER];
    char folder[64], empty[64], copy[128] = "";
    static const struct timespec moment = {0, 5000000};
    begin(&world);
    folder_begin(folder);
    folder_begin(empty);
    struct qt_backup_config config = {.enabled = true,
                                      .every_min = 60,
                                      .keep_hourly = 9,
                                      .keep_daily = 9,
                                      .keep_weekly = 9,
                                      .keep_monthly = 9};
    qt_copy(config.folder, sizeof config.folder, folder);
    struct qt_store *store = qt_store_open(world.folder, world.key, &err);
    struct qt_store_key *then = qt__store_key_copy(world.key, &err);
    ck_assert_msg(store && then && qt_store_start(store, world.universe, NULL, &err), "%s",
                  err.text);
    ck_assert(qt_store_key_renew(world.key, world.folder, &kit_new, &err) &&
              qt_store_key_hand_over(world.key, sealed, &err) &&
              qt_rekey_hand_over(store, sealed, &err));
    const struct qt_backup_schedule_options options = {
        .state = world.folder, .key = then, .store = store, .config = &config};
    struct qt_backup_schedule *schedule = qt_backup_schedule_start(&options, &err);
    ck_assert_msg(schedule, "%s", err.text);
    for (int tries = 0; !copy[0]; tries++) {
        DIR *dir = opendir(folder);
        for (struct dirent *entry; (entry = readdir(dir));)
            if (strlen(entry->d_name) > 8 &&
                strcmp(entry->d_name + strlen(entry->d_name) - 7, ".backup") == 0)
                snprintf(copy, sizeof copy, "%s/%.60s", folder, entry->d_name);
        closedir(dir);
        MUST(tries < 30000, "never a backup");
        (void)nanosleep(&moment, NULL);
    }
    qt_backup_schedule_stop(schedule);
    wait_for_the_end(store, 0);
    qt_store_close(store);
    qt_store_key_close(then);
    then = qt_backup_unlock(copy, &kit_new, &err);
    ck_assert_msg(then && qt_backup_restore(empty, then, copy, false, &backup, &err), "%s",
                  err.text);
    ck_assert_int_eq(kit_ask(empty, then, "SELECT count(*) FROM postings"), KIT_ROWS);
    qt_store_key_close(then);
    folder_end(folder);
    folder_end(empty);
    end(&world);
}
END_TEST

enum { BATCHES = 6, ROWS = 30 };

static void
put_batch(struct qt_store *store, uint64_t first, int at)
{
    struct qt_store_port port = qt_store_port(store);
    for (uint64_t seq = first; seq < first + ROWS; seq++) {
        struct qt_record record = {.kind = QT_RECORD_DECISION, .seq = seq, .t_ns = (int64_t)seq};
        MUST(port.put(port.self, &record), "at %d: no room in the ring", at);
    }
    for (int tries = 0; !port.flush(port.self, 5); tries++)
        MUST(tries < 20000, "at %d: never acknowledged", at);
}

/* Returns whether the disk failed. */
static bool
live_with(const struct world *world, int code, int at, int fail_for)
{
    struct qt_error err = {0};
    unsigned char sealed[QT_KEY_HANDOVER];
    kit_copy(world->before, world->folder);
    struct qt_store_key *key = qt_store_key_open(world->folder, &kit_old, &err);
    MUST(key, "%s", err.text);
    disk_forget();
    struct qt_store *store = qt_store_open(world->folder, key, &err);
    MUST(store && qt_store_start(store, world->universe, NULL, &err), "%s", err.text);
    put_batch(store, 1, at);
    MUST(qt_store_key_renew(key, world->folder, &kit_new, &err) &&
             qt_store_key_hand_over(key, sealed, &err),
         "%s", err.text);
    pthread_mutex_lock(&disk.mutex);
    disk.code = code;
    disk.fail_at = at ? disk.count + at : 0;
    disk.fail_for = fail_for;
    pthread_mutex_unlock(&disk.mutex);
    MUST(qt_rekey_hand_over(store, sealed, &err), "%s", err.text);
    MUST(qt_rekey_hand_over(store, sealed, &err), "a second time: %s", err.text);
    for (int i = 1; i < BATCHES; i++)
        put_batch(store, (uint64_t)i * ROWS + 1, at);
    wait_for_the_end(store, at);
    put_batch(store, (uint64_t)BATCHES * ROWS + 1, at);
    qt_store_close(store);
    bool has_failed = disk.failures > 0;
    disk.fail_at = 0;
    qt_store_key_close(key);
    key = qt_store_key_open(world->folder, &kit_new, &err);
    store = key ? qt_store_open(world->folder, key, &err) : NULL; /* what is left over goes */
    MUST(store, "%s", err.text);
    qt_store_close(store);
    kit_expect_whole(world->folder, key);
    kit_expect_settled(world->folder, world->former, key->id);
    MUST(kit_ask(world->folder, key, "SELECT count(DISTINCT seq) FROM decisions") ==
             (int64_t)(BATCHES + 1) * ROWS,
         "at %d: rows are missing", at);
    MUST(kit_ask(world->folder, key,
                 "SELECT count(*) FROM audit WHERE action = 'store.rekey.done'") >= 1,
         "at %d: it is not in the audit", at);
    qt_store_key_close(key);
    return has_failed;
}

static const struct {
    int code, fail_for;
} disks[] = {{SQLITE_OK, 0}, {SQLITE_IOERR_WRITE, 1}, {SQLITE_IOERR_WRITE, 4}, {SQLITE_FULL, 2}};

START_TEST(S17_store_that_writes_gets_another_key_on_a_disk_that_fails_at_any_operation)
{
    struct world world;
    int at = 1;
    begin(&world);
    disk_begin();
    if (disks[_i].fail_for == 0)
        (void)live_with(&world, SQLITE_OK, 0, 0);
    else
        while (live_with(&world, disks[_i].code, at, disks[_i].fail_for))
            at += 3; /* some after another, they meet each kind */
    end(&world);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("rekey");
    TCase *tc = tcase_create("rekey");
    tcase_set_timeout(tc, 240);
    tcase_add_test(tc, S17_key_file_of_version_1_opens_and_gets_to_2_by_a_rekey_of_pages);
    tcase_add_test(tc, S14_S17_nothing_that_a_rekey_writes_can_be_read);
    tcase_add_test(tc, S17_vault_of_before_does_not_open_after_a_rekey);
    tcase_add_test(tc, S10_S17_block_of_before_a_rekey_is_named_after_it);
    tcase_add_test(tc, S17_readers_read_on_while_pages_get_another_key);
    tcase_add_test(tc, opener_stays_while_pages_get_another_key);
    tcase_add_test(tc, rekey_ends_with_its_own_next_key_file_only);
    tcase_add_test(tc, key_that_is_handed_over_has_to_be_for_the_store_that_is_open);
    tcase_add_test(tc, backup_from_before_a_rekey_is_restored_with_the_keys_of_then);
    tcase_add_test(tc, backups_by_the_clock_have_the_keys_of_now);
    tcase_add_loop_test(
        tc, S17_store_that_writes_gets_another_key_on_a_disk_that_fails_at_any_operation, 0,
        QT_COUNT_OF(disks));
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
