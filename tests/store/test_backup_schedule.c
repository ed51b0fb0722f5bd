/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Backups by the clock: which of them stay, and a schedule on a real folder beside a store that is
 * written. */
#include <pthread.h>

#include "vfs_kit.h"

#include "qtrade/base/time.h"
#include "qtrade/store/backup.h"
#include "qtrade/store/backup_schedule.h"
#include "qtrade/store/check.h"
#include "qtrade/store/store.h"

static const struct qt_backup_config rules = {.enabled = true,
                                              .every_min = 60,
                                              .keep_hourly = 24,
                                              .keep_daily = 30,
                                              .keep_weekly = 12,
                                              .keep_monthly = 12};

static int64_t
at(const char *text)
{
    int64_t t_ns = 0;
    ck_assert_msg(qt_time_parse(text, &t_ns), "%s", text);
    return t_ns;
}

/* Which stay */

static const struct {
    const char *what;
    struct qt_backup_config config;
    const char *times[8];
    const char *stays; /* a digit for each */
} retain_rows[] = {
    {"the newest stays without a rule",
     {.every_min = 1},
     {"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"},
     "01"},
    {"the last of each hour",
     {.keep_hourly = 2},
     {"2026-01-01T10:10:00Z", "2026-01-01T11:00:00Z", "2026-01-01T11:59:59Z",
      "2026-01-01T12:00:00Z"},
     "0011"},
    {"hours without any do not count",
     {.keep_hourly = 2},
     {"2025-01-01T10:10:00Z", "2026-01-01T11:00:00Z"},
     "11"},
    {"the last of each day, by UTC",
     {.keep_daily = 2},
     {"2026-01-01T23:59:59Z", "2026-01-02T00:00:00Z", "2026-01-02T05:00:00Z",
      "2026-01-03T01:00:00Z"},
     "0011"},
    {"weeks begin on Monday",
     {.keep_weekly = 2},
     {"2026-11-15T23:00:00Z", "2026-11-16T00:00:00Z", "2026-11-22T23:00:00Z",
      "2026-11-23T00:00:00Z"},
     "0011"},
    {"months of a leap year",
     {.keep_monthly = 2},
     {"2028-01-31T23:00:00Z", "2028-02-29T23:59:59Z", "2028-03-01T00:00:00Z"},
     "011"},
    {"each rule keeps its own",
     {.keep_hourly = 1, .keep_monthly = 2},
     {"2026-01-31T10:00:00Z", "2026-02-01T10:00:00Z", "2026-02-01T10:30:00Z"},
     "101"},
};

START_TEST(retention_keeps_the_last_of_each_period)
{
    int64_t times[8];
    bool stays[8];
    size_t n = 0;
    while (n < 8 && retain_rows[_i].times[n]) {
        times[n] = at(retain_rows[_i].times[n]);
        n++;
    }
    qt_backup_retain(&retain_rows[_i].config, times, n, stays);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(stays[i] == (retain_rows[_i].stays[i] == '1'), "%s: %s", retain_rows[_i].what,
                      retain_rows[_i].times[i]);
}
END_TEST

/* Two years of backups at any times: asked after each one, or once of them all, the same stay. */
START_TEST(retention_after_each_backup_is_that_of_all_that_ever_were)
{
    enum { BACKUPS = 3000 };
    static int64_t all[BACKUPS], kept[BACKUPS];
    static bool stays_of_all[BACKUPS], stays[BACKUPS];
    uint64_t seed = (uint64_t)_i * 7919 + 88172645463325252u;
    int64_t now = at("2026-01-01T00:00:00Z");
    size_t n = 0;
    for (size_t i = 0; i < BACKUPS; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        now += (int64_t)(seed % (_i == 0 ? 7200 : 40000)) * QT_NS_PER_S + 1;
        all[i] = kept[n++] = now;
        qt_backup_retain(&rules, kept, n, stays);
        size_t left = 0;
        for (size_t k = 0; k < n; k++)
            if (stays[k])
                kept[left++] = kept[k];
        n = left;
    }
    qt_backup_retain(&rules, all, BACKUPS, stays_of_all);
    size_t wanted = 0;
    for (size_t i = 0; i < BACKUPS; i++)
        if (stays_of_all[i])
            ck_assert_msg(wanted < n && kept[wanted++] == all[i], "backup %zu", i);
    ck_assert_uint_eq(wanted, n);
    ck_assert_uint_le(n, 24 + 30 + 12 + 12);
}
END_TEST

/* On a folder */

static const struct qt_unlock ours = {
    QT_KEY_FILE, (const unsigned char *)"thirty-two bytes that open it...", 32};

struct world {
    char folder[64], backups[64];
    struct qt_store_key *key;
    struct qt_store *store;
    struct qt_universe *universe;
    pthread_mutex_t mutex; /* guards what was told */
    int good, bad;
    char last[480];
};

static void
note(void *self, bool is_good, const char *text)
{
    struct world *world = self;
    pthread_mutex_lock(&world->mutex);
    world->good += is_good;
    world->bad += !is_good;
    qt_copy(world->last, sizeof world->last, text);
    pthread_mutex_unlock(&world->mutex);
}

static void
begin(struct world *world)
{
    struct qt_error err = {0};
    *world = (struct world){.mutex = PTHREAD_MUTEX_INITIALIZER};
    folder_begin(world->folder);
    folder_begin(world->backups);
    world->universe = qt_universe_create();
    world->key = qt_store_key_make(&ours, &err);
    world->store = qt_store_open(world->folder, world->key, &err);
    ck_assert_msg(world->store && qt_store_start(world->store, world->universe, NULL, &err), "%s",
                  err.text);
}

static void
end(struct world *world)
{
    qt_store_close(world->store);
    qt_store_key_close(world->key);
    qt_universe_destroy(world->universe);
    folder_end(world->folder);
    folder_end(world->backups);
}

static struct qt_backup_schedule *
schedule(struct world *world, const char *folder, struct qt_part *part)
{
    struct qt_error err = {0};
    struct qt_backup_config config = rules;
    qt_copy(config.folder, sizeof config.folder, folder);
    const struct qt_backup_schedule_options options = {.state = world->folder,
                                                       .key = world->key,
                                                       .config = &config,
                                                       .part = part,
                                                       .tell = note,
                                                       .self = world};
    struct qt_backup_schedule *started = qt_backup_schedule_start(&options, &err);
    ck_assert_msg(started, "%s", err.text);
    return started;
}

/* Audit rows until something was told; how many. */
static int
write_until_told(struct world *world)
{
    struct qt_store_port port = qt_store_port(world->store);
    int rows = 0;
    for (bool is_told = false; !is_told; rows++) {
        struct qt_record record = {.kind = QT_RECORD_AUDIT, .seq = (uint64_t)rows + 1};
        ck_assert(port.put(port.self, &record) && port.flush(port.self, 60000));
        pthread_mutex_lock(&world->mutex);
        is_told = world->good + world->bad > 0;
        pthread_mutex_unlock(&world->mutex);
    }
    ck_assert(port.is_healthy(port.self));
    return rows;
}

static int
count_files(const char *folder, const char *word, char out_last[200])
{
    DIR *dir = opendir(folder);
    int n = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (strstr(entry->d_name, word)) {
            n++;
            snprintf(out_last, 200, "%s/%.120s", folder, entry->d_name);
        }
    closedir(dir);
    return n;
}

START_TEST(schedule_backs_up_while_the_store_is_written_and_prunes_its_own_only)
{
    struct world world;
    struct qt_error err = {0};
    struct qt_backup backup;
    char name[60], id[9], path[200], restored[64];
    begin(&world);
    struct qt_store_info info;
    ck_assert_msg(qt_store_info(world.folder, world.key, &info, &err), "%s", err.text);
    qt_copy_n(id, sizeof id, info.id, 8);
    const char *const there[] = {"store-%s-20200101T101000Z.backup", /* kept: of its month */
                                 "store-%s-20200101T100500Z.backup", /* goes */
                                 "store-%.0s00000000-20200101T080000Z.backup", /* another store's */
                                 "store-%s-20200101T101000Z.backup.mine", "notes-%s.txt"};
    for (size_t i = 0; i < QT_COUNT_OF(there); i++) {
        snprintf(name, sizeof name, there[i], id);
        file_write(path_in(world.backups, name), (const unsigned char *)"x", 1);
    }
    snprintf(name, sizeof name, "store-%s-20200101T100500Z.backup.part-abcdef", id);
    ck_assert_int_eq(mkdir(path_in(world.backups, name), 0700), 0);
    struct qt_backup_schedule *started = schedule(&world, world.backups, NULL);
    int rows = write_until_told(&world);
    qt_backup_schedule_stop(started);
    ck_assert_msg(world.good == 1 && strstr(world.last, "1 old ones removed"), "%s", world.last);
    ck_assert_int_eq(count_files(world.backups, "T100500Z", path), 0);
    ck_assert_int_eq(count_files(world.backups, "-2020", path), 3);
    ck_assert_int_eq(count_files(world.backups, "notes", path), 1);
    ck_assert_int_eq(count_files(world.backups, "part", path), 0);
    ck_assert_int_eq(count_files(world.backups, "Z.backup", path), 4);
    qt_copy_n(path, sizeof path, world.last, strcspn(world.last, ":"));
    folder_begin(restored);
    struct qt_store_key *key = qt_backup_unlock(path, &ours, &err);
    ck_assert_msg(key && qt_backup_restore(restored, key, path, false, &backup, &err), "%s: %s",
                  path, err.text);
    struct qt_store_report report;
    ck_assert_msg(qt_store_check(restored, key, &report, &err) && report.findings == 0, "%s",
                  err.text);
    ck_assert_int_le(backup.rows, rows + 10);
    qt_store_key_close(key);
    folder_end(restored);
    end(&world);
}
END_TEST

START_TEST(backup_that_fails_is_named_and_harms_nothing)
{
    struct world world;
    struct qt_part_view view;
    char folder[96];
    const struct qt_health_config health = {.stuck_ms = 10000, .failures = 5, .failures_min = 10};
    struct qt_board *board = qt_board_create(&health);
    struct qt_part *part = qt_board_add(board, QT_COMPONENT_BACKUP, "backup");
    begin(&world);
    snprintf(folder, sizeof folder, "%s/gone", world.backups);
    struct qt_backup_schedule *started = schedule(&world, folder, part);
    write_until_told(&world);
    qt_backup_schedule_stop(started);
    unlink(path_in(world.folder, "store.key")); /* what it is wrapped by cannot be told any more */
    world.good = world.bad = 0;
    folder_end(folder);
    started = schedule(&world, folder, part);
    write_until_told(&world);
    ck_assert_msg(world.bad == 1 && strstr(world.last, "store.key"), "%s", world.last);
    ck_assert(qt_board_view(board, 0, &view));
    ck_assert_int_eq(view.state, QT_PART_DEGRADED);
    ck_assert_msg(strstr(view.last_failure, "store.key"), "%s", view.last_failure);
    qt_backup_schedule_stop(started);
    folder_end(folder);
    end(&world);
    qt_board_destroy(board);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("backup_schedule");
    TCase *tc = tcase_create("backup_schedule");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, retention_keeps_the_last_of_each_period, 0, QT_COUNT_OF(retain_rows));
    tcase_add_loop_test(tc, retention_after_each_backup_is_that_of_all_that_ever_were, 0, 4);
    tcase_add_test(tc, schedule_backs_up_while_the_store_is_written_and_prunes_its_own_only);
    tcase_add_test(tc, backup_that_fails_is_named_and_harms_nothing);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
