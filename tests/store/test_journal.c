/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The journal on a real folder: everything comes back, the oldest goes first, and a full disk loses
 * nothing that was not said to be lost.
 */
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "journal_folder_kit.h"

START_TEST(every_kind_of_record_comes_back)
{
    struct journal_folder f;
    struct qt_error err = {0};
    enum qt_journal_ending ending;
    kit_begin(&f);
    kit_write_session(&f, 40000, 0);
    ck_assert_uint_eq(kit_read_back(&f, NULL, &ending, &err), 40000);
    ck_assert_msg(err.code == QT_E_NONE, "%s", err.text);
    ck_assert_int_eq(ending, QT_JOURNAL_CLOSED);
    kit_end(&f);
}
END_TEST

START_TEST(head_comes_back_with_config_universe_and_state)
{
    struct journal_folder f;
    struct qt_error err = {0};
    kit_begin(&f);
    f.restore->is_found = true;
    f.restore->last_seq = 991;
    f.restore->mode = QT_MODE_REDUCED;
    f.restore->capital = (qt_money){-5};
    f.restore->orders = 1;
    f.restore->order[0] = (struct qt_order_record){
        .request = {.client_id = 77, .instrument = 2}, .state = QT_ORDER_PARTIAL, .reason = "why"};
    f.restore->positions = 1;
    f.restore->position[0].instrument = 1;
    f.restore->position[0].qty = (qt_qty){123};
    f.restore->position[0].has_plan = true;
    f.restore->position[0].plan.target[2] = (qt_px){99};
    f.restore->balances = 1;
    f.restore->balance[0] = (struct qt_balance_record){"cash", "USDT", 8, {4242}};
    kit_write_session(&f, 1, 0);
    struct qt_journal_reader *reader = qt_journal_open(f.folder, NULL, &f.key, &err);
    ck_assert_msg(reader != NULL, "%s", err.text);
    const struct qt_journal_head *head = qt_journal_reader_head(reader);
    ck_assert_str_eq(head->config, kit_config);
    ck_assert_str_eq(head->run_kind, "test");
    ck_assert_uint_eq(qt_universe_count(head->universe), 3);
    ck_assert_mem_eq(qt_universe_at(head->universe, 2), qt_universe_at(f.universe, 2),
                     sizeof(struct qt_instrument));
    ck_assert_mem_eq(head->restore, f.restore, sizeof *f.restore);
    qt_journal_reader_close(reader);
    kit_end(&f);
}
END_TEST

START_TEST(oldest_sessions_go_as_a_whole)
{
    struct journal_folder f;
    struct qt_error err = {0};
    struct qt_journal_listing rows[8];
    kit_begin(&f);
    for (int i = 0; i < 3; i++)
        kit_write_session(&f, 20000, 1 << 18);
    ck_assert_int_eq(qt_journal_list(f.folder, rows, 8, &err), 3);
    ck_assert_uint_gt(rows[1].segments, 1);
    const struct qt_journal_options options = {.folder = f.folder,
                                               .key = &f.key,
                                               .version = "",
                                               .run_kind = "",
                                               .config = "{}",
                                               .universe = f.universe,
                                               .keep_bytes = rows[2].bytes + 10};
    char kept[40];
    qt_copy(kept, sizeof kept, rows[2].session);
    kit_close(qt_journal_create(&options, &err));
    ck_assert_int_eq(qt_journal_list(f.folder, rows, 8, &err), 2);
    ck_assert_str_eq(rows[0].session, kept);
    kit_end(&f);
}
END_TEST

START_TEST(running_session_keeps_within_its_share_of_the_disk)
{
    struct journal_folder f;
    struct qt_error err = {0};
    enum qt_journal_ending ending;
    struct qt_rng rng;
    char path[400];
    uint64_t bytes = 0;
    struct stat st;
    kit_begin(&f);
    qt_rng_init(&rng, 1);
    kit_write_session(&f, 1000, 0); /* an older one: it goes first */
    const struct qt_journal_options options = {.folder = f.folder,
                                               .key = &f.key,
                                               .version = "",
                                               .run_kind = "",
                                               .config = "{}",
                                               .universe = f.universe,
                                               .segment_bytes = 1 << 17,
                                               .keep_bytes = 1 << 19,
                                               .waits = true};
    struct qt_journal *journal = qt_journal_create(&options, &err);
    ck_assert_msg(journal != NULL, "%s", err.text);
    ck_assert(kit_put(journal, 1, 80000, &rng));
    kit_close(journal);
    for (int i = 0; kit_segment(&f, i, path); i++)
        bytes += stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
    ck_assert_uint_lt(bytes, (1 << 19) + 2 * QT_JOURNAL_CONFIG_MAX + (2 << 17));
    ck_assert(kit_segment(&f, 0, path));
    ck_assert_ptr_nonnull(strstr(path, "-000001.qtj"));
    kit_read_back(&f, NULL, &ending, &err);
    ck_assert_int_eq(err.code, QT_E_VERIFY);
    ck_assert_ptr_nonnull(strstr(err.text, "segment 2 is missing"));
    kit_end(&f);
}
END_TEST

/* A disk that is full for a while (fault S4). */

static void
limit_files_to(rlim_t bytes)
{
    const struct rlimit limit = {bytes, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
wait_for_health(const struct qt_journal_port *port, bool is_healthy)
{
    const struct timespec look = {.tv_nsec = 5000000};
    for (int i = 0; i < 2000 && port->is_healthy(port->self) != is_healthy; i++)
        nanosleep(&look, NULL);
    ck_assert_int_eq(port->is_healthy(port->self), is_healthy);
}

START_TEST(full_disk_is_told_and_nothing_is_lost_when_space_returns)
{
    struct journal_folder f;
    struct qt_error err = {0};
    enum qt_journal_ending ending;
    struct qt_rng rng;
    kit_begin(&f);
    qt_rng_init(&rng, 1);
    struct qt_journal *journal = kit_create(&f, 0, false);
    struct qt_journal_port port = qt_journal_port(journal);
    limit_files_to(50000);
    ck_assert(kit_put(journal, 1, 5000, &rng));
    wait_for_health(&port, false);
    ck_assert(kit_put(journal, 5001, 6000, &rng));
    limit_files_to(RLIM_INFINITY);
    wait_for_health(&port, true);
    kit_close(journal);
    ck_assert_uint_eq(kit_read_back(&f, NULL, &ending, &err), 6000);
    ck_assert_int_eq(ending, QT_JOURNAL_CLOSED);
    kit_end(&f);
}
END_TEST

START_TEST(full_ring_says_so_and_the_end_is_named_lost)
{
    struct journal_folder f;
    struct qt_error err = {0};
    enum qt_journal_ending ending;
    struct qt_rng rng;
    kit_begin(&f);
    qt_rng_init(&rng, 1);
    struct qt_journal *journal = kit_create(&f, 0, false);
    struct qt_journal_port port = qt_journal_port(journal);
    limit_files_to(20000);
    ck_assert(kit_put(journal, 1, 5000, &rng));
    wait_for_health(&port, false);
    ck_assert(!kit_put(journal, 5001, 100000, &rng));
    port.lost(port.self);
    limit_files_to(RLIM_INFINITY);
    wait_for_health(&port, true);
    kit_close(journal);
    uint64_t events = kit_read_back(&f, NULL, &ending, &err);
    ck_assert_uint_gt(events, 5000);
    ck_assert_uint_lt(events, 100000);
    ck_assert_int_eq(ending, QT_JOURNAL_LOST);
    kit_end(&f);
}
END_TEST

int
main(void)
{
    const struct {
        const char *name;
        const TTest *test;
    } cases[] = {
        {"record", every_kind_of_record_comes_back},
        {"head", head_comes_back_with_config_universe_and_state},
        {"retain", oldest_sessions_go_as_a_whole},
        {"retain_running", running_session_keeps_within_its_share_of_the_disk},
        {"S4_full_disk", full_disk_is_told_and_nothing_is_lost_when_space_returns},
        {"S6_full_ring", full_ring_says_so_and_the_end_is_named_lost},
    };
    Suite *suite = suite_create("journal");
    for (size_t i = 0; i < QT_COUNT_OF(cases); i++) {
        TCase *tc = tcase_create(cases[i].name);
        tcase_set_timeout(tc, 240);
        tcase_add_test(tc, cases[i].test);
        suite_add_tcase(suite, tc);
    }
    return qt_run_suite(suite);
}
