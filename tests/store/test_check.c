/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What qtrade store check finds, and what holds while keys change. */
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "qt_check.h"
#include "qtrade/base/text.h"
#include "qtrade/store/check.h"
#include "qtrade/store/store.h"

#include "../../src/store/store_file_priv.h"
#include "folder_kit.h"

static const struct qt_unlock second = {
    QT_KEY_FILE, (const unsigned char *)"thirty-two bytes of another key.", 32};

/* A sound store: an order of two fills, and a transaction. */
static const char sound[] =
    "INSERT INTO orders VALUES (256, 'BTCUSDT', 'BUY', 'LIMIT', 'GTC', 0, 'entry', 0, 'FILLED', 3, "
    "1, 2, 5,"
    " 100, NULL, 10, 10, 1000, 1, 0, '', 1, 2, 3, 0, 0, 0, 0);"
    "INSERT INTO fills VALUES (1, 256, 1, 'BTCUSDT', 'BUY', 0, 2, 5, 100, 4, 0, 0, 1, 3),"
    " (2, 256, 2, 'BTCUSDT', 'BUY', 0, 2, 5, 100, 6, 0, 0, 1, 3);"
    "INSERT INTO postings VALUES (1, 1, 'cash', 'USDT', -1000, 8, 1, 3), (2, 1, 'position', "
    "'USDT', 1000, 8, 1, 3)";

/* How to add a row: what breaks a check, its name, and a word of what it says. */
static const struct {
    const char *breaks, *check, *says;
} broken[] = {
    {"UPDATE postings SET amount = 999 WHERE id = 2;"
     "UPDATE balances SET amount = 999 WHERE account = 'position'", "ledger", "transaction 1 leaves -1 of USDT"},
    {"UPDATE balances SET amount = 999 WHERE account = 'cash'", "balances", "the balance of cash in USDT is 999"},
    {"UPDATE fills SET client_id = 257 WHERE id = 2", "fills", "fill 2 is of no order 101"},
    {"UPDATE fills SET side = 'SELL' WHERE id = 1", "fills", "fill 1"},
    {"UPDATE orders SET cum_qty = 11", "orders", "order 100 is filled 11 of 10, its fills are 10"},
    {"UPDATE orders SET cum_qty = 9", "orders", "its fills are 10"},
    {"PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'is_final = 0', "
     "'is_final = 1')"
     " WHERE name = 'orders_open'",
     "integrity", "orders_open"},
};

struct fixture {
    char folder[64];
    struct qt_store_key *key;
};

static void
begin(struct fixture *f)
{
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    folder_begin(f->folder);
    f->key = qt_store_key_make(&unlock_ours, &err);
    ck_assert_msg(f->key && qt__store_file_open(&file, f->folder, f->key, &err), "%s", err.text);
    ck_assert_msg(qt__sqlite_exec(file.db, sound, "filling", &err), "%s", err.text);
    qt__store_file_close(&file);
}

static void
end(struct fixture *f)
{
    folder_end(f->folder);
    qt_store_key_close(f->key);
}

START_TEST(a_sound_store_has_no_finding)
{
    struct fixture f;
    struct qt_error err = {0};
    struct qt_store_report report;
    struct qt_store_info info;
    begin(&f);
    ck_assert_msg(qt_store_check(f.folder, f.key, &report, &err), "%s", err.text);
    ck_assert_msg(report.findings == 0, "%s", report.finding[0].text);
    ck_assert_msg(qt_store_info(f.folder, f.key, &info, &err), "%s", err.text);
    ck_assert_int_eq(info.schema, qt__schema_newest);
    for (uint32_t i = 0; i < info.tables; i++)
        if (strcmp(info.table[i].name, "fills") == 0)
            ck_assert_int_eq(info.table[i].rows, 2);
    end(&f);
}
END_TEST

START_TEST(each_check_finds_what_it_is_for)
{
    struct fixture f;
    struct qt_error err = {0};
    struct qt_store_report report;
    struct qt__store_file file = {0};
    begin(&f);
    ck_assert_msg(qt__store_file_open(&file, f.folder, f.key, &err), "%s", err.text);
    ck_assert_msg(qt__sqlite_exec(file.db, broken[_i].breaks, "breaking", &err), "%s", err.text);
    qt__store_file_close(&file);
    ck_assert_msg(qt_store_check(f.folder, f.key, &report, &err), "%s", err.text);
    ck_assert_uint_ge(report.findings, 1);
    bool found = false;
    for (uint32_t i = 0; i < report.findings; i++)
        found |= strcmp(report.finding[i].check, broken[_i].check) == 0 &&
                 strstr(report.finding[i].text, broken[_i].says);
    ck_assert_msg(found, "%s: %s", report.finding[0].check, report.finding[0].text);
    end(&f);
}
END_TEST

/* S17: the folder's key changes to and fro until the process is killed; one of the two opens it. */

static void
change_for_ever(const char *folder, struct qt_store_key *key)
{
    struct qt_error err = {0};
    for (bool is_second = true;; is_second = !is_second)
        if (!qt_store_key_change(key, folder, is_second ? &second : &unlock_ours, &err))
            _exit(1);
}

START_TEST(S17_change_of_keys_that_is_killed_leaves_the_old_or_the_new)
{
    struct fixture f;
    begin(&f);
    for (int i = 0; i < 60; i++) {
        struct qt_error err = {0};
        int status;
        pid_t child = fork();
        if (child == 0)
            change_for_ever(f.folder, f.key);
        const struct timespec some = {.tv_nsec = 100000 + i * 131071}; /* any moment will do */
        nanosleep(&some, NULL);
        kill(child, SIGKILL);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFSIGNALED(status), "%x", status);
        struct qt_store_key *key = qt_store_key_open(f.folder, &unlock_ours, &err);
        if (!key)
            key = qt_store_key_open(f.folder, &second, &err);
        ck_assert_msg(key != NULL, "neither opens it: %s", err.text);
        struct qt_store_report report;
        ck_assert_msg(qt_store_check(f.folder, key, &report, &err) && report.findings == 0, "%s",
                      err.text);
        qt_store_key_close(key);
    }
    end(&f);
}
END_TEST

START_TEST(S17_change_that_cannot_be_written_leaves_the_old)
{
    struct fixture f;
    struct qt_error err = {0};
    char blocked[128];
    begin(&f);
    snprintf(blocked, sizeof blocked, "%s/store.key.tmp", f.folder);
    ck_assert_int_eq(mkdir(blocked, 0700), 0);
    ck_assert(!qt_store_key_change(f.key, f.folder, &second, &err));
    ck_assert_int_eq(rmdir(blocked), 0);
    struct qt_store_key *key = qt_store_key_open(f.folder, &unlock_ours, &err);
    ck_assert_msg(key != NULL, "%s", err.text);
    qt_store_key_close(key);
    end(&f);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("check");
    TCase *tc = tcase_create("check");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_sound_store_has_no_finding);
    tcase_add_loop_test(tc, each_check_finds_what_it_is_for, 0, QT_COUNT_OF(broken));
    tcase_add_test(tc, S17_change_of_keys_that_is_killed_leaves_the_old_or_the_new);
    tcase_add_test(tc, S17_change_that_cannot_be_written_leaves_the_old);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
