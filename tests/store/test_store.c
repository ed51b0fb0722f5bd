/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store on a real folder: what was put is there after a close, after kill -9, and for one
 * process only. */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "qt_check.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/bus.h"
#include "qtrade/store/store.h"
#include "qtrade/trade/algo.h"

#include "../../src/store/store_file_priv.h"
#include "folder_kit.h"
#include "schema_kit.h"

struct fixture {
    char folder[64];
    struct qt_universe *universe;
};

static void
begin(struct fixture *f)
{
    folder_begin(f->folder);
    f->universe = btc_universe();
}

static void
end(struct fixture *f)
{
    qt_universe_destroy(f->universe);
    folder_end(f->folder);
}

static struct qt_store *
open_started(const struct fixture *f)
{
    struct qt_error err = {0};
    struct qt_store *store = folder_open(f->folder, &err);
    ck_assert_msg(store != NULL, "%s", err.text);
    ck_assert_msg(qt_store_start(store, f->universe, NULL, &err), "%s", err.text);
    return store;
}

static struct qt_record
order_record(uint64_t id, enum qt_order_state state)
{
    struct qt_record record = {.kind = QT_RECORD_ORDER, .seq = id, .t_ns = 1000 + (int64_t)id};
    record.order.request = (struct qt_order_request){.client_id = id << 8,
                                                     .side = QT_SELL,
                                                     .type = QT_TYPE_LIMIT,
                                                     .px = {6000000},
                                                     .stop_px = QT_PX_NONE,
                                                     .qty = {500}};
    record.order.state = (uint8_t)state;
    record.order.cum_qty = (qt_qty){100};
    return record;
}

/* At work on the open order; or ended. */
static struct qt_record
parent_record(uint64_t id, enum qt_parent_state state)
{
    struct qt_record record = {.kind = QT_RECORD_PARENT, .seq = id, .t_ns = 1000 + (int64_t)id};
    record.parent = (struct qt_parent){.id = id << 8,
                                       .side = QT_SELL,
                                       .purpose = QT_PURPOSE_REDUCE,
                                       .algorithm = QT_ALGO_TWAP,
                                       .state = (uint8_t)state,
                                       .qty = {900},
                                       .filled = {100},
                                       .quote = {600000},
                                       .fees = {60},
                                       .limit = {5990000},
                                       .decided_ns = 900,
                                       .deadline_ns = 5000,
                                       .first_ns = 950,
                                       .ended_ns = QT_TIME_NONE,
                                       .arrival = 60000.5,
                                       .first_mid = 60001.5,
                                       .children = 1};
    return record;
}

static void
put_sample(struct qt_store *store)
{
    struct qt_store_port port = qt_store_port(store);
    struct qt_record open = order_record(7, QT_ORDER_PARTIAL);
    struct qt_record done = order_record(8, QT_ORDER_FILLED);
    struct qt_record mode = {.kind = QT_RECORD_MODE, .seq = 9, .t_ns = 5000};
    struct qt_record position = {.kind = QT_RECORD_POSITION, .seq = 10, .t_ns = 6000};
    mode.mode = (struct qt_mode_record){.mode = QT_MODE_REDUCED, .reason = "heat"};
    position.position.qty = (qt_qty){400};
    position.position.cost = (qt_money){2400000000};
    position.position.has_plan = true;
    position.position.plan.stop = (qt_px){5900000};
    struct qt_record working = parent_record(6, QT_PARENT_WORKING);
    struct qt_record ended = parent_record(5, QT_PARENT_DONE);
    open.order.parent = 6 << 8;
    const struct qt_record *all[] = {&ended, &working, &open, &done, &mode, &position};
    for (size_t i = 0; i < QT_COUNT_OF(all); i++)
        ck_assert(port.put(port.self, all[i]));
    ck_assert(port.flush(port.self, 10000));
    ck_assert(port.is_healthy(port.self));
}

static void
expect_sample(const struct fixture *f)
{
    static struct qt_restore restore;
    struct qt_error err = {0};
    uint32_t unknown = 9;
    struct qt_store *store = folder_open(f->folder, &err);
    ck_assert_msg(store != NULL, "%s", err.text);
    ck_assert_msg(qt_store_restore(store, f->universe, &restore, &unknown, &err), "%s", err.text);
    ck_assert_uint_eq(unknown, 0);
    ck_assert(restore.is_found);
    ck_assert_uint_eq(restore.last_seq, 9);
    ck_assert_int_eq(restore.mode, QT_MODE_REDUCED);
    ck_assert_str_eq(restore.mode_reason, "screen: heat");
    ck_assert_uint_eq(restore.orders, 1);
    ck_assert_uint_eq(restore.order[0].request.client_id, 7 << 8);
    ck_assert_int_eq(restore.order[0].request.side, QT_SELL);
    ck_assert_int_eq(restore.order[0].state, QT_ORDER_PARTIAL);
    ck_assert(qt_px_is_none(restore.order[0].request.stop_px));
    ck_assert_uint_eq(restore.order[0].parent, 6 << 8);
    ck_assert_uint_eq(restore.parents, 1);
    const struct qt_parent *parent = &restore.parent[0];
    const struct qt_parent expected = parent_record(6, QT_PARENT_WORKING).parent;
    ck_assert_uint_eq(parent->id, expected.id);
    ck_assert_int_eq(parent->algorithm, QT_ALGO_TWAP);
    ck_assert_int_eq(parent->purpose, QT_PURPOSE_REDUCE);
    ck_assert_int_eq(parent->side, QT_SELL);
    ck_assert_int_eq(qt_qty_cmp(parent->qty, expected.qty), 0);
    ck_assert_int_eq(qt_qty_cmp(parent->filled, expected.filled), 0);
    ck_assert_int_eq(qt_money_cmp(parent->quote, expected.quote), 0);
    ck_assert_int_eq(qt_money_cmp(parent->fees, expected.fees), 0);
    ck_assert_int_eq(qt_px_cmp(parent->limit, expected.limit), 0);
    ck_assert(parent->decided_ns == 900 && parent->deadline_ns == 5000 && parent->first_ns == 950);
    ck_assert_double_eq(parent->arrival, expected.arrival);
    ck_assert_double_eq(parent->first_mid, expected.first_mid);
    ck_assert_uint_eq(parent->children, 1);
    ck_assert_uint_eq(restore.positions, 1);
    ck_assert(restore.position[0].has_plan);
    ck_assert_int_eq(qt_px_cmp(restore.position[0].plan.stop, (qt_px){5900000}), 0);
    qt_store_close(store);
}

START_TEST(what_was_put_is_found_again)
{
    struct fixture f;
    begin(&f);
    struct qt_store *store = open_started(&f);
    put_sample(store);
    qt_store_close(store);
    expect_sample(&f);
    end(&f);
}
END_TEST

START_TEST(what_was_flushed_survives_a_kill)
{
    struct fixture f;
    begin(&f);
    pid_t child = fork();
    if (child == 0) {
        put_sample(open_started(&f));
        kill(getpid(), SIGKILL);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    expect_sample(&f);
    end(&f);
}
END_TEST

static int64_t
ask_number(const struct fixture *f, const char *sql)
{
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    sqlite3_stmt *statement;
    struct qt_store_key *key = qt_store_key_open(f->folder, &unlock_ours, &err);
    ck_assert_msg(key && qt__store_file_read(&file, f->folder, key, &err), "%s", err.text);
    ck_assert_int_eq(sqlite3_prepare_v2(file.db, sql, -1, &statement, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    qt__store_file_close(&file);
    qt_store_key_close(key);
    return number;
}

/* Rows as fast as they are acknowledged, each told when it was. */
static void
write_until_killed(const struct fixture *f, uint64_t seq, int tell)
{
    struct qt_store *store = open_started(f);
    struct qt_store_port port = qt_store_port(store);
    for (;;) {
        for (int i = 0; i < 50; i++) {
            struct qt_record record = {.kind = QT_RECORD_DECISION, .seq = ++seq, .t_ns = (int64_t)seq};
            qt_copy(record.decision.detail, sizeof record.decision.detail, "what was done, at some length");
            while (!port.put(port.self, &record))
                sched_yield();
        }
        if (port.flush(port.self, 60000) && write(tell, &seq, sizeof seq) != sizeof seq)
            _exit(1);
    }
}

/* QT_KILLS says how often (40). */
START_TEST(S1_kill_at_any_moment_under_write_load_loses_nothing_acknowledged)
{
    struct fixture f;
    const char *text = getenv("QT_KILLS");
    int64_t kills = 40, seq = 0;
    ck_assert(!text || qt_int_parse(text, &kills));
    begin(&f);
    for (int64_t i = 0; i < kills; i++) {
        int tell[2], status;
        uint64_t told = 0;
        ck_assert_int_eq(pipe2(tell, O_CLOEXEC), 0);
        pid_t child = fork();
        ck_assert_int_ge(child, 0); /* else kill would be for everybody */
        if (child == 0)
            write_until_killed(&f, (uint64_t)seq, tell[1]);
        close(tell[1]);
        ck_assert_int_eq(read(tell[0], &told, sizeof told), sizeof told);
        const struct timespec while_it_writes = {.tv_nsec = i * 7919 % 41 * 500000};
        nanosleep(&while_it_writes, NULL);
        kill(child, SIGKILL);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        while (read(tell[0], &told, sizeof told) == sizeof told)
            ;
        close(tell[0]);
        struct qt_store *store = open_started(&f); /* opens every time */
        qt_store_close(store);
        seq = ask_number(&f, "SELECT max(seq) FROM decisions");
        ck_assert_msg(seq >= (int64_t)told, "kill %ld: %ld of %lu", (long)i, (long)seq, (unsigned long)told);
        ck_assert_int_eq(ask_number(&f, "SELECT count(*) = max(seq) AND count(DISTINCT seq) = count(*) FROM decisions"), 1);
    }
    end(&f);
}
END_TEST

START_TEST(S13_second_opener_is_refused_in_one_line)
{
    struct fixture f;
    struct qt_error err = {0};
    char pid[16];
    begin(&f);
    struct qt_store *store = open_started(&f);
    ck_assert_ptr_null(folder_open(f.folder, &err));
    snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
    ck_assert_msg(strstr(err.text, pid) && !strchr(err.text, '\n'), "%s", err.text);
    qt_store_close(store);
    end(&f);
}
END_TEST

START_TEST(S18_newer_schema_is_refused)
{
    struct fixture f;
    struct qt_error err = {0};
    char path[128];
    sqlite3 *db;
    begin(&f);
    snprintf(path, sizeof path, "%s/store.db", f.folder); /* plain: it is encrypted first */
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "PRAGMA user_version = 99", 0, 0, 0), SQLITE_OK);
    sqlite3_close(db);
    ck_assert_ptr_null(folder_open(f.folder, &err));
    ck_assert_msg(err.code == QT_E_CONFIG, "%s", err.text);
    end(&f);
}
END_TEST

/* What an earlier version left: plain, with a log beside it. */
static void
make_plain(const struct fixture *f)
{
    char path[128];
    sqlite3 *db, *reader;
    snprintf(path, sizeof path, "%s/store.db", f->folder);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_open(path, &reader), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(db,
                     "PRAGMA journal_mode = WAL",
                     0, 0, 0),
        SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, schema_1, 0, 0, 0), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(db,
                     "BEGIN; UPDATE meta SET value = '4711' WHERE key = 'tag';"
                     "INSERT INTO meta VALUES ('secret', 'PLAINTEXT');"
                     "PRAGMA user_version = 1; COMMIT",
                     0, 0, 0),
        SQLITE_OK);
    sqlite3_close(reader);
    sqlite3_close(db);
}

START_TEST(a_plain_store_is_encrypted_once_and_nothing_of_it_stays)
{
    struct fixture f;
    struct qt_error err = {0};
    char path[128], bytes[1 << 20];
    begin(&f);
    umask(022);
    make_plain(&f);
    struct qt_store *store = folder_open(f.folder, &err);
    ck_assert_msg(store != NULL, "%s", err.text);
    ck_assert_uint_eq(qt_store_tag(store), 4711);
    qt_store_close(store);
    DIR *dir = opendir(f.folder);
    for (struct dirent *entry; (entry = readdir(dir));) {
        ck_assert_str_ne(entry->d_name, "store.db.plain");
        struct stat st;
        ck_assert(entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &st, 0) != 0 ||
                  (st.st_mode & 077) == 0);
        snprintf(path, sizeof path, "%s/%.60s", f.folder, entry->d_name);
        FILE *file = fopen(path, "r");
        size_t n = file ? fread(bytes, 1, sizeof bytes, file) : 0;
        ck_assert_msg(!memmem(bytes, n, "PLAINTEXT", 9) && !memmem(bytes, n, "SQLite", 6), "%s",
                      path);
        fclose(file);
    }
    closedir(dir);
    store = folder_open(f.folder, &err);
    ck_assert_msg(store != NULL && qt_store_tag(store) == 4711, "%s", err.text);
    qt_store_close(store);
    end(&f);
}
END_TEST

/* F1 and F2: wherever a start was cut off, the next one goes on. */
START_TEST(a_start_that_was_cut_off_is_gone_on_with)
{
    struct fixture f;
    struct qt_error err = {0};
    char db[128], new[128], plain[128];
    begin(&f);
    snprintf(db, sizeof db, "%s/store.db", f.folder);
    snprintf(new, sizeof new, "%s/store.db.new", f.folder);
    snprintf(plain, sizeof plain, "%s/store.db.plain", f.folder);
    FILE *file = fopen(new, "w"); /* a half-made one, and no key yet */
    fputs("QTSTORE and then nothing", file);
    fclose(file);
    make_plain(&f);
    struct qt_store *store = folder_open(f.folder, &err);
    ck_assert_msg(store && qt_store_tag(store) == 4711, "%s", err.text);
    qt_store_close(store);
    ck_assert_int_eq(rename(db, new), 0); /* the key is there, the name is not */
    store = folder_open(f.folder, &err);
    ck_assert_msg(store && qt_store_tag(store) == 4711, "%s", err.text);
    qt_store_close(store);
    file = fopen(plain, "w"); /* named, and the plain one not overwritten yet */
    fputs("SQLite format 3 PLAINTEXT", file);
    fclose(file);
    store = folder_open(f.folder, &err);
    ck_assert_msg(store && qt_store_tag(store) == 4711, "%s", err.text);
    qt_store_close(store);
    ck_assert_int_ne(access(plain, F_OK), 0);
    ck_assert_int_eq(unlink(db), 0); /* the key is there, the store is plain still */
    make_plain(&f);
    ck_assert_int_eq(link(db, plain), 0);
    store = folder_open(f.folder, &err);
    ck_assert_msg(store && qt_store_tag(store) == 4711, "%s", err.text);
    qt_store_close(store);
    ck_assert_int_ne(access(plain, F_OK), 0);
    end(&f);
}
END_TEST

/* S16 */

static void
expect_locked(const struct fixture *f, const struct qt_unlock *with, const char *word)
{
    struct qt_error err = {0};
    struct qt_store_key *key = qt_store_key_open(f->folder, with, &err);
    ck_assert_ptr_null(key);
    ck_assert_int_eq(err.code, QT_E_LOCKED);
    ck_assert_msg(strstr(err.text, word) && !strchr(err.text, '\n'), "%s", err.text);
}

START_TEST(S16_another_key_opens_nothing_and_changes_nothing)
{
    static const struct qt_unlock other = {
        QT_KEY_FILE, (const unsigned char *)"thirty-two bytes of another key.", 32};
    static const struct qt_unlock phrase = {QT_KEY_PASSPHRASE, (const unsigned char *)"open", 4};
    struct fixture f;
    begin(&f);
    struct qt_store *store = open_started(&f);
    put_sample(store);
    qt_store_close(store);
    expect_locked(&f, &other, "does not open it");
    expect_locked(&f, &phrase, "key file");
    expect_sample(&f);
    end(&f);
}
END_TEST

START_TEST(S16_key_that_was_harmed_is_named)
{
    struct fixture f;
    char path[128], aside[128];
    unsigned char bytes[4096];
    begin(&f);
    qt_store_close(open_started(&f));
    snprintf(path, sizeof path, "%s/store.key", f.folder);
    FILE *file = fopen(path, "r");
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t i = 0; i <= n; i++) {
        if (i < n)
            bytes[i] ^= 0x40;
        file = fopen(path, "w");
        fwrite(bytes, 1, i < n ? n : n / 2, file);
        fclose(file);
        expect_locked(&f, &unlock_ours, "store.key");
        if (i < n)
            bytes[i] ^= 0x40;
    }
    file = fopen(path, "w");
    fwrite(bytes, 1, n, file);
    fclose(file);
    ck_assert_int_eq(chmod(path, 0644), 0);
    expect_locked(&f, &unlock_ours, "chmod 600");
    ck_assert_int_eq(chmod(path, 0600), 0);
    qt_store_close(open_started(&f));
    snprintf(aside, sizeof aside, "%s/aside", f.folder);
    ck_assert_int_eq(rename(path, aside), 0);
    struct qt_error err = {0};
    ck_assert_ptr_null(folder_open(f.folder, &err)); /* new keys do not begin a new store over the old */
    ck_assert_int_eq(err.code, QT_E_LOCKED);
    ck_assert_int_eq(rename(aside, path), 0);
    qt_store_close(open_started(&f));
    end(&f);
}
END_TEST

START_TEST(a_store_that_is_gone_or_empty_is_not_begun_anew)
{
    struct fixture f;
    struct qt_error err = {0};
    char path[128];
    begin(&f);
    qt_store_close(open_started(&f));
    snprintf(path, sizeof path, "%s/store.db", f.folder);
    ck_assert_int_eq(truncate(path, 0), 0);
    ck_assert_ptr_null(folder_open(f.folder, &err));
    ck_assert_int_eq(err.code, QT_E_VERIFY);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_ptr_null(folder_open(f.folder, &err));
    ck_assert_int_eq(err.code, QT_E_VERIFY);
    ck_assert_msg(strstr(err.text, "missing"), "%s", err.text);
    end(&f);
}
END_TEST

START_TEST(a_passphrase_takes_the_place_of_a_key_at_once)
{
    static const struct qt_unlock phrase = {QT_KEY_PASSPHRASE, (const unsigned char *)"open", 4};
    static const struct qt_unlock wrong = {QT_KEY_PASSPHRASE, (const unsigned char *)"opem", 4};
    struct fixture f;
    struct qt_error err = {0};
    enum qt_key_kind kind;
    begin(&f);
    struct qt_store *store = open_started(&f);
    put_sample(store);
    qt_store_close(store);
    struct qt_store_key *key = qt_store_key_open(f.folder, &unlock_ours, &err);
    ck_assert_msg(qt_store_key_change(key, f.folder, &phrase, &err), "%s", err.text);
    qt_store_key_close(key);
    ck_assert(qt_store_key_kind(f.folder, &kind, &err) && kind == QT_KEY_PASSPHRASE);
    expect_locked(&f, &unlock_ours, "passphrase");
    expect_locked(&f, &wrong, "does not open it");
    key = qt_store_key_open(f.folder, &phrase, &err);
    ck_assert_msg(key && qt_store_key_change(key, f.folder, &unlock_ours, &err), "%s", err.text);
    qt_store_key_close(key);
    expect_sample(&f);
    end(&f);
}
END_TEST

START_TEST(a_file_that_is_no_store_is_left_alone)
{
    struct fixture f;
    struct qt_error err = {0};
    char path[128], text[] = "this is a letter, not a database, and it is longer than a header of "
                             "one hundred bytes is, so that nothing of it is taken for one.";
    begin(&f);
    snprintf(path, sizeof path, "%s/store.db", f.folder);
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    ck_assert_ptr_null(folder_open(f.folder, &err));
    ck_assert_int_eq(err.code, QT_E_DATA);
    char back[sizeof text] = "";
    file = fopen(path, "r");
    ck_assert_ptr_nonnull(fgets(back, sizeof back, file));
    fclose(file);
    ck_assert_str_eq(back, text);
    end(&f);
}
END_TEST

START_TEST(a_folder_that_others_can_write_is_refused)
{
    struct fixture f;
    struct qt_error err = {0};
    begin(&f);
    ck_assert_int_eq(chmod(f.folder, 0777), 0);
    ck_assert_ptr_null(folder_open(f.folder, &err));
    ck_assert_int_eq(err.code, QT_E_IO);
    end(&f);
}
END_TEST

/* Fault S4 with the bus in front: the disk is full until the ring is full too, and for longer. */
static void
limit_files_to(rlim_t bytes)
{
    const struct rlimit limit = {bytes, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static bool
take(void *self, const struct qt_message *message, const char **out_reason)
{
    const struct qt_store_port *port = self;
    *out_reason = "full";
    return port->put(port->self, &message->record);
}

static void
wait_for_health(const struct qt_store_port *port, bool is_healthy)
{
    const struct timespec look = {.tv_nsec = 5000000};
    for (int i = 0; i < 8000 && port->is_healthy(port->self) != is_healthy; i++)
        nanosleep(&look, NULL);
    ck_assert_int_eq(port->is_healthy(port->self), is_healthy);
}

/* Audit rows until so many wait as dead letters; how many rows there are. */
static int64_t
publish_until(struct qt_bus *bus, uint32_t letters, int64_t seq)
{
    struct qt_message message = {.topic = QT_TOPIC_SYSTEM, .kind = QT_MESSAGE_RECORD};
    message.record.kind = QT_RECORD_AUDIT;
    for (uint32_t dead = 0; dead < letters;) {
        message.record.seq = (uint64_t)++seq;
        dead += qt_bus_publish(bus, &message, 0, 0) == QT_BUS_WAITS;
        ck_assert_int_lt(seq, 200000);
    }
    return seq;
}

START_TEST(S4_no_record_is_lost_when_the_disk_was_full_for_longer_than_the_ring)
{
    struct fixture f;
    begin(&f);
    struct qt_store *store = open_started(&f);
    struct qt_store_port port = qt_store_port(store);
    struct qt_bus *bus = qt_bus_create();
    const struct qt_subscriber who = {.name = "store",
                                      .kind = QT_MESSAGE_RECORD,
                                      .topics = QT_BUS_ALL,
                                      .policy = QT_BUS_RETRIES,
                                      .self = &port,
                                      .take = take};
    const struct timespec look = {.tv_nsec = 5000000};
    ck_assert_int_ge(qt_bus_subscribe(bus, &who), 0);
    put_sample(store);
    limit_files_to(1);
    int64_t rows = publish_until(bus, 1000, 0);
    wait_for_health(&port, false);
    limit_files_to(RLIM_INFINITY);
    wait_for_health(&port, true);
    for (int i = 0; i < 8000 && qt_bus_retry(bus, 0, 0, true) > 0; i++)
        nanosleep(&look, NULL);
    ck_assert_uint_eq(qt_bus_retry(bus, 0, 0, true), 0);
    ck_assert(port.flush(port.self, 60000));
    qt_bus_destroy(bus);
    qt_store_close(store);
    ck_assert_int_eq(ask_number(&f, "SELECT count(*) FROM audit WHERE action = ''"), rows);
    ck_assert_int_eq(ask_number(&f, "SELECT count(*) FROM (SELECT seq, lag(seq) OVER (ORDER BY"
                                    " rowid) AS before FROM audit WHERE action = '') WHERE seq <> before + 1"),
                     0); /* in order, none doubled */
    end(&f);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("store");
    TCase *tc = tcase_create("store");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, what_was_put_is_found_again);
    tcase_add_test(tc, what_was_flushed_survives_a_kill);
    tcase_add_test(tc, S1_kill_at_any_moment_under_write_load_loses_nothing_acknowledged);
    tcase_add_test(tc, S13_second_opener_is_refused_in_one_line);
    tcase_add_test(tc, S18_newer_schema_is_refused);
    tcase_add_test(tc, a_plain_store_is_encrypted_once_and_nothing_of_it_stays);
    tcase_add_test(tc, a_start_that_was_cut_off_is_gone_on_with);
    tcase_add_test(tc, S16_another_key_opens_nothing_and_changes_nothing);
    tcase_add_test(tc, S16_key_that_was_harmed_is_named);
    tcase_add_test(tc, a_store_that_is_gone_or_empty_is_not_begun_anew);
    tcase_add_test(tc, a_passphrase_takes_the_place_of_a_key_at_once);
    tcase_add_test(tc, a_file_that_is_no_store_is_left_alone);
    tcase_add_test(tc, S4_no_record_is_lost_when_the_disk_was_full_for_longer_than_the_ring);
    tcase_add_test(tc, a_folder_that_others_can_write_is_refused);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
