/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stores of every earlier schema become new ones, whatever fails meanwhile (S18); what the program
 * asks of a store does not take longer with the years; and what is old becomes months.
 */
#include <time.h>

#include "disk_kit.h"
#include "schema_kit.h"

#include "qtrade/store/check.h"
#include "qtrade/store/store.h"

#include "../../src/store/restore_priv.h"
#include "../../src/store/rollup_priv.h"
#include "../../src/store/store_file_priv.h"

struct world {
    char before[64], folder[64];
    struct qt_store_key *key;
    struct qt_universe *universe;
};

static void
run_sql(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    int rc = sqlite3_exec(db, sql, NULL, NULL, &why);
    MUST(rc == SQLITE_OK, "%.80s: %s", sql, why ? why : "-");
}

/* A store of that version in world->before: made new, emptied, and filled as that program did. */
static void
make_version(struct world *world, int version)
{
    struct qt_error err = {0};
    struct qt__store_file file = {.vfs = NULL};
    char path[128];
    world->key = qt_store_key_make(&unlock_ours, &err);
    struct qt_store *store = qt_store_open(world->before, world->key, &err);
    ck_assert_msg(store, "%s", err.text);
    qt_store_close(store);
    snprintf(path, sizeof path, "%s/store.db", world->before);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_msg(qt__store_file_connect(&file, world->key, path,
                                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &err),
                  "%s", err.text);
    run_sql(file.db, schema_1);
    run_sql(file.db, rows_1);
    run_sql(file.db, "PRAGMA user_version = 1; PRAGMA wal_checkpoint(TRUNCATE)");
    ck_assert_msg(qt__schema_migrate_to(file.db, path, version, &err), "%s", err.text);
    qt__store_file_close(&file);
}

static void
begin(struct world *world, int version)
{
    *world = (struct world){0};
    folder_begin(world->before);
    folder_begin(world->folder);
    world->universe = btc_universe();
    make_version(world, version);
}

static void
end(struct world *world)
{
    qt_store_key_close(world->key);
    qt_universe_destroy(world->universe);
    folder_end(world->before);
    folder_end(world->folder);
}

static void
copy_store(const struct world *world)
{
    static const char *const names[] = {"store.db", "store.key"};
    unlink(path_in(world->folder, "store.db-wal"));
    unlink(path_in(world->folder, "store.db-shm"));
    for (size_t i = 0; i < QT_COUNT_OF(names); i++)
        file_copy(path_in(world->before, names[i]), path_in(world->folder, names[i]));
}

/* Opened by this program, it holds what it held. */
static void
expect_new(const struct world *world, int from)
{
    static struct qt_restore restore;
    struct qt_error err = {0};
    struct qt_store_info info;
    struct qt_store_report report;
    uint32_t unknown = 9;
    struct qt_store *store = qt_store_open(world->folder, world->key, &err);
    MUST(store, "from %d: %s", from, err.text);
    MUST(qt_store_restore(store, world->universe, &restore, &unknown, &err), "from %d: %s", from,
         err.text);
    qt_store_close(store);
    MUST(unknown == 0 && restore.orders == 1 && restore.positions == 1 &&
             restore.parents == 0 && restore.order[0].parent == 0 &&
             restore.mode == QT_MODE_REDUCED,
         "from %d: %u orders, %u positions, mode %d", from, restore.orders, restore.positions,
         (int)restore.mode);
    MUST(restore.last_seq >= 8 && restore.transactions == 2 && restore.capital.v == 5000 &&
             restore.balances == 3,
         "from %d: numbers %lu, transactions %ld, capital %ld, %u balances", from,
         (unsigned long)restore.last_seq, (long)restore.transactions, (long)restore.capital.v,
         restore.balances);
    MUST(qt_store_check(world->folder, world->key, &report, &err) && report.findings == 0,
         "from %d: %s", from, report.findings ? report.finding[0].text : err.text);
    MUST(qt_store_info(world->folder, world->key, &info, &err) && info.schema == qt__schema_newest,
         "from %d: %s", from, err.text);
}

START_TEST(S18_store_of_every_earlier_schema_becomes_a_new_one)
{
    ck_assert_int_gt(qt__schema_newest, 1);
    for (int from = 1; from <= qt__schema_newest; from++) {
        struct world world;
        begin(&world, from);
        copy_store(&world);
        expect_new(&world, from);
        end(&world);
    }
}
END_TEST

static void
set_version(const struct world *world, int version)
{
    struct qt_error err = {0};
    struct qt__store_file file = {.vfs = NULL};
    char sql[80];
    snprintf(sql, sizeof sql, "PRAGMA user_version = %d; PRAGMA wal_checkpoint(TRUNCATE)", version);
    ck_assert_msg(qt__store_file_connect(&file, world->key, path_in(world->before, "store.db"),
                                         SQLITE_OPEN_READWRITE, &err),
                  "%s", err.text);
    run_sql(file.db, sql);
    qt__store_file_close(&file);
}

START_TEST(S18_store_of_a_newer_program_is_refused_and_keeps_what_it_holds)
{
    struct world world;
    struct qt_error err = {0};
    begin(&world, qt__schema_newest);
    set_version(&world, qt__schema_newest + 1);
    ck_assert_ptr_null(qt_store_open(world.before, world.key, &err));
    ck_assert_int_eq(err.code, QT_E_CONFIG);
    ck_assert_msg(strstr(err.text, "newer qtrade") && !strchr(err.text, '\n'), "%s", err.text);
    set_version(&world, qt__schema_newest); /* nothing else of it was touched */
    copy_store(&world);
    expect_new(&world, qt__schema_newest);
    end(&world);
}
END_TEST

START_TEST(S18_migration_that_fails_at_any_disk_operation_leaves_the_old_or_the_new)
{
    for (int from = 1; from < qt__schema_newest; from++) {
        struct world world;
        bool got_through = false;
        begin(&world, from);
        disk_begin();
        for (int at = 1; !got_through; at++) {
            struct qt_error err = {0};
            disk_forget();
            copy_store(&world);
            disk.code = at % 2 ? SQLITE_FULL : SQLITE_IOERR_WRITE;
            disk.fail_at = at;
            disk.fail_for = 1 << 30;
            struct qt_store *store = qt_store_open(world.folder, world.key, &err);
            MUST(store || err.text[0], "no reason at %d", at);
            qt_store_close(store);
            got_through = disk.failures == 0;
            ck_assert_int_lt(at, 1000);
            disk.fail_at = 0;
            expect_new(&world, from);
        }
        disk_forget();
        end(&world);
    }
}
END_TEST

/* The machine was off and is on again: the log's last transaction may be torn. */
static void
migrate_after_the_cut(const struct world *world, int after)
{
    struct qt_error err = {0};
    struct db db = {.vfs = qt__store_file_vfs(world->key, false)};
    db.vfs->boot[0] ^= 1;
    int rc = qt__vfs_connect(db.vfs, path_in(world->folder, "store.db"), WRITES, &db.sql);
    ck_assert_msg(rc == SQLITE_OK, "after %d: %s", after, db_why(&db));
    ck_assert_msg(qt__schema_migrate(db.sql, "store.db", &err), "after %d: %s", after, err.text);
    db_close(&db);
}

START_TEST(S18_power_cut_in_a_migration_leaves_the_old_or_the_new)
{
    static const struct cut cuts[] = {
        {0, false, true}, {16, false, true}, {8, true, true}, {14, true, true}};
    struct world world;
    struct qt_error err = {0};
    char recorded[64];
    begin(&world, 1);
    folder_begin(recorded);
    file_copy(path_in(world.before, "store.db"), path_in(recorded, "store.db"));
    disk_begin();
    disk_forget();
    copy_store(&world);
    disk.records = true;
    struct qt_store *store = qt_store_open(world.folder, world.key, &err);
    ck_assert_msg(store, "%s", err.text);
    qt_store_close(store);
    disk.records = false;
    int events = disk.events;
    ck_assert_int_gt(events, 20);
    for (int i = 0; i < 4 * events; i++) {
        uint64_t seed = (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15) + 7;
        copy_store(&world);
        (void)disk_cut_power(recorded, world.folder, i / 4 + 1, &cuts[i % 4], &seed);
        migrate_after_the_cut(&world, i / 4 + 1);
        expect_new(&world, 1);
    }
    folder_end(recorded);
    disk_forget();
    end(&world);
}
END_TEST

/* Queries and the years */

enum { STATEMENTS = 80 };

static struct {
    struct {
        char sql[120];
        int64_t steps; /* the most of one run */
    } of[STATEMENTS];
    int n;
} seen[2], *seeing;

static int
note_statement(unsigned kind, void *context, void *statement, void *ns)
{
    const char *sql = sqlite3_sql(statement);
    int64_t steps = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);
    int i = 0;
    (void)kind, (void)context, (void)ns;
    while (i < seeing->n && strncmp(seeing->of[i].sql, sql, sizeof seeing->of[i].sql - 1) != 0)
        i++;
    if (i == seeing->n && i < STATEMENTS)
        snprintf(seeing->of[seeing->n++].sql, sizeof seeing->of[0].sql, "%s", sql);
    if (i < STATEMENTS)
        seeing->of[i].steps = QT_MAX(seeing->of[i].steps, steps);
    return 0;
}

/* So many orders, fills, postings, decisions, samples and audit entries, all of one month. */
static void
grow(sqlite3 *db, int from, int to)
{
    char sql[2400];
    snprintf(
        sql, sizeof sql,
        "BEGIN; CREATE TEMP TABLE n (i INTEGER); WITH RECURSIVE c(i) AS (SELECT %d UNION ALL "
        "SELECT i + 1 FROM c"
        " WHERE i < %d) INSERT INTO n SELECT i FROM c;"
        "INSERT INTO orders SELECT 1000 + i, 'BTCUSDT', 'BUY', 'LIMIT', 'GTC', 0, 'entry', 0, "
        "'FILLED', 3, 1, 2,"
        " 5, 100, NULL, 10, 10, 1000, 1, 0, '', i, i, i, 0, 0, 0, 0 FROM n;"
        "INSERT INTO parents SELECT 1000 + i, 'BTCUSDT', 'BUY', 0, 'entry', 0, 'twap', 2, 'done', 1,"
        " 2, 5, 10, 10, 1000, 1, NULL, i, NULL, NULL, NULL, 0, 0, 0, 1, '', NULL, NULL, NULL, NULL,"
        " NULL, NULL, NULL, NULL, NULL, i FROM n;"
        "INSERT INTO fills SELECT NULL, 1000 + i, i, 'BTCUSDT', 'BUY', 0, 2, 5, 100, 10, 0, 0, "
        "i, i FROM n;"
        "INSERT INTO postings (txn, account, asset, amount, scale, t_ns, seq)"
        " SELECT 1000 + i, 'cash', 'USDT', 0, 8, i, i FROM n;"
        "INSERT INTO equity SELECT 1000 + i, 1, 1, 1, 1, 1, 1, 0, 1, i FROM n;"
        "INSERT INTO decisions (t_ns, seq, symbol, kind, score, value, detail)"
        " SELECT 1000 + i, i, 'BTCUSDT', 'selected', 0, 0, '' FROM n;"
        "INSERT INTO audit (t_ns, seq, actor, action, detail) SELECT i, i, 'a', 'b', 'c' FROM n;"
        "INSERT INTO modes (t_ns, seq, mode, mode_id, source, reason) SELECT i, i, 'NORMAL', 0, "
        "'a', 'b' FROM n;"
        "INSERT INTO trades (symbol, opened_ns, closed_ns, px_scale, qty_scale, qty, entry, exit, "
        "profit, fees,"
        " r_multiple, exit_reason, seq) SELECT 'BTCUSDT', i, i, 2, 5, 1, 1, 1, 1, 1, 1, 'x', i "
        "FROM n;"
        "DROP TABLE n; COMMIT",
        from, to);
    run_sql(db, sql);
}

/* A start, a record of each kind, and a look for what is old. */
static void
work(const struct world *world, const struct qt__store_file *file, int number)
{
    static struct qt_restore restore;
    const struct qt_store_config config = {.decisions_months = 12, .equity_months = 12};
    struct qt_error err = {0};
    struct qt_writer writer = {0};
    uint32_t tag, unknown;
    bool has_more;
    ck_assert_msg(qt__restore_tag(file->db, &tag, &err), "%s", err.text);
    ck_assert_msg(qt__restore_read(file->db, world->universe, &restore, &unknown, &err), "%s",
                  err.text);
    ck_assert_msg(qt__rollup_step(file->db, &config, &has_more, &err), "%s", err.text);
    ck_assert(!has_more);
    ck_assert_msg(qt__writer_init(&writer, file->db, world->universe, &err) &&
                      qt__chain_load(file->db, &writer.chain, &err),
                  "%s", err.text);
    for (int kind = 0; kind < QT_RECORD_KINDS; kind++) {
        struct qt_record record = {
            .kind = (uint32_t)kind, .seq = (uint64_t)(number + kind), .t_ns = number + kind};
        ck_assert_msg(qt__writer_put(&writer, &record), "kind %d: %s", kind,
                      sqlite3_errmsg(file->db));
    }
    qt__writer_finish(&writer);
}

START_TEST(nothing_that_is_asked_takes_longer_with_the_years)
{
    struct world world;
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    begin(&world, qt__schema_newest);
    copy_store(&world);
    ck_assert_msg(qt__store_file_open(&file, world.folder, world.key, &err), "%s", err.text);
    for (int i = 0; i < 2; i++) {
        grow(file.db, i ? 500 : 0, i ? 20000 : 499);
        seeing = &seen[i];
        sqlite3_trace_v2(file.db, SQLITE_TRACE_PROFILE, note_statement, NULL);
        work(&world, &file, 500000 + 1000 * i);
        sqlite3_trace_v2(file.db, 0, NULL, NULL);
    }
    ck_assert_int_eq(seen[0].n, seen[1].n);
    ck_assert_int_ge(seen[0].n, QT_RECORD_KINDS + 8);
    for (int i = 0; i < seen[0].n; i++)
        ck_assert_msg(seen[1].of[i].steps <= 2 * seen[0].of[i].steps + 100,
                      "%s: %ld steps, with 40 times the rows %ld", seen[0].of[i].sql,
                      (long)seen[0].of[i].steps, (long)seen[1].of[i].steps);
    qt__store_file_close(&file);
    end(&world);
}
END_TEST

/* What is old */

static int64_t
one_number(sqlite3 *sql, const char *query)
{
    struct db db = {.sql = sql};
    int64_t v = -1;
    int rc = db_int(&db, query, &v);
    ck_assert_msg(rc == SQLITE_OK, "%s: %s", query, sqlite3_errmsg(sql));
    return v;
}

/* Decisions and samples of 20 months, three symbols and two kinds; the sums are those of the rows.
 */
static const char twenty_months[] =
    "DELETE FROM decisions; DELETE FROM equity;"
    "WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 5999)"
    " INSERT INTO decisions (t_ns, seq, symbol, kind, score, value, detail) SELECT"
    " (1735689600 + i * 8640) * 1000000000, i + 10, 'S' || (i % 3), CASE i % 2 WHEN 0 THEN 'a' "
    "ELSE 'b' END, i % 7, i,"
    " 'x' FROM c;"
    "WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 5999)"
    " INSERT INTO equity SELECT (1735689600 + i * 8640) * 1000000000, 1000 + i * 37 % 500, i, 0, "
    "i, 0, i, (i % 9) / 10.0,"
    " 0, i FROM c;"
    "CREATE TEMP TABLE old AS SELECT * FROM decisions; CREATE TEMP TABLE old_equity AS SELECT * "
    "FROM equity";

START_TEST(old_decisions_and_samples_become_months_and_nothing_else_changes)
{
    struct world world;
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    const struct qt_store_config config = {.decisions_months = 12, .equity_months = 6};
    bool has_more = true;
    int steps = 0;
    begin(&world, qt__schema_newest);
    copy_store(&world);
    ck_assert_msg(qt__store_file_open(&file, world.folder, world.key, &err), "%s", err.text);
    run_sql(file.db, twenty_months);
    int64_t audit = one_number(file.db, "SELECT count(*) FROM audit"),
            fills = one_number(file.db, "SELECT count(*) FROM fills");
    for (; has_more; steps++)
        ck_assert_msg(qt__rollup_step(file.db, &config, &has_more, &err), "%s", err.text);
    ck_assert_int_gt(steps, 8);
    /* the newest is of 24 August 2026: whole months before August 2025, and before February 2026 */
    ck_assert_int_eq(
        one_number(
            file.db,
            "SELECT count(*) FROM decisions WHERE t_ns < unixepoch('2025-08-01') * 1000000000"),
        0);
    ck_assert_int_eq(
        one_number(file.db, "SELECT count(*) FROM decisions"),
        one_number(file.db,
                   "SELECT count(*) FROM old WHERE t_ns >= unixepoch('2025-08-01') * 1000000000"));
    ck_assert_int_eq(one_number(file.db, "SELECT count(*) FROM decisions_by_month"), 7 * 6);
    ck_assert_int_eq(one_number(file.db, "SELECT count(*) FROM decisions_by_month m WHERE"
                                         " (decisions, score_sum, score_min, score_max, value_sum) "
                                         "IS NOT (SELECT count(*), sum(score),"
                                         " min(score), max(score), sum(value) FROM old WHERE "
                                         "symbol = m.symbol AND kind = m.kind AND"
                                         " strftime('%Y%m', t_ns / 1000000000, 'unixepoch') = "
                                         "strftime('%Y%m', m.month_ns / 1000000000,"
                                         " 'unixepoch'))"),
                     0);
    ck_assert_int_eq(one_number(file.db, "SELECT count(*) FROM equity_by_month"), 13);
    ck_assert_int_eq(one_number(file.db, "SELECT sum(samples) FROM equity_by_month") +
                         one_number(file.db, "SELECT count(*) FROM equity"),
                     6000);
    ck_assert_int_eq(
        one_number(
            file.db,
            "SELECT count(*) FROM equity_by_month m WHERE (samples, low, high, drawdown_max, "
            "first, last, cash)"
            " IS NOT (SELECT count(*), min(equity), max(equity), max(drawdown),"
            " (SELECT equity FROM old_equity WHERE t_ns >= m.month_ns ORDER BY t_ns LIMIT 1),"
            " (SELECT equity FROM old_equity WHERE t_ns < unixepoch(m.month_ns / 1000000000,"
            " 'unixepoch', '+1 month') * 1000000000 ORDER BY t_ns DESC LIMIT "
            "1), max(cash)"
            " FROM old_equity o WHERE strftime('%Y%m', t_ns / 1000000000, 'unixepoch') ="
            " strftime('%Y%m', m.month_ns / 1000000000, 'unixepoch'))"),
        0);
    ck_assert_int_eq(one_number(file.db, "SELECT count(*) FROM audit"), audit);
    ck_assert_int_eq(one_number(file.db, "SELECT count(*) FROM fills"), fills);
    qt__store_file_close(&file);
    end(&world);
}
END_TEST

START_TEST(store_that_is_open_sums_up_what_is_old_beside_its_work)
{
    struct world world;
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    const struct qt_store_config config = {.decisions_months = 12, .equity_months = 6};
    const struct timespec look = {.tv_nsec = 20000000};
    int64_t months = 0;
    begin(&world, qt__schema_newest);
    copy_store(&world);
    ck_assert_msg(qt__store_file_open(&file, world.folder, world.key, &err), "%s", err.text);
    run_sql(file.db, twenty_months);
    qt__store_file_close(&file);
    struct qt_store *store = qt_store_open(world.folder, world.key, &err);
    ck_assert_msg(store, "%s", err.text);
    qt_store_configure(store, &config);
    ck_assert_msg(qt_store_start(store, world.universe, NULL, &err), "%s", err.text);
    ck_assert_msg(qt__store_file_read(&file, world.folder, world.key, &err), "%s", err.text);
    for (int i = 0; i < 5000 && months < 12; i++) {
        struct qt_store_port port = qt_store_port(store);
        struct qt_record record = {.kind = QT_RECORD_AUDIT, .seq = 10000 + (uint64_t)i};
        ck_assert(port.put(port.self, &record) && port.flush(port.self, 60000));
        months = one_number(file.db, "SELECT count(*) FROM decisions_by_month");
        nanosleep(&look, NULL);
    }
    ck_assert_int_ge(months, 12);
    qt__store_file_close(&file);
    qt_store_close(store);
    end(&world);
}
END_TEST

START_TEST(months_before_are_counted_over_years)
{
    static const struct {
        int64_t t_s, months, wanted_s;
    } rows[] = {{1787529600, 0, 1785542400},
                {1787529600, 12, 1754006400},
                {1735689600, 1, 1733011200},
                {1709164800, 12, 1675209600}};
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++)
        ck_assert_int_eq(qt__month_before(rows[i].t_s * 1000000000, rows[i].months),
                         rows[i].wanted_s * 1000000000);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("schema");
    TCase *tc = tcase_create("schema");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, S18_store_of_every_earlier_schema_becomes_a_new_one);
    tcase_add_test(tc, S18_store_of_a_newer_program_is_refused_and_keeps_what_it_holds);
    tcase_add_test(tc, S18_migration_that_fails_at_any_disk_operation_leaves_the_old_or_the_new);
    tcase_add_test(tc, S18_power_cut_in_a_migration_leaves_the_old_or_the_new);
    tcase_add_test(tc, nothing_that_is_asked_takes_longer_with_the_years);
    tcase_add_test(tc, old_decisions_and_samples_become_months_and_nothing_else_changes);
    tcase_add_test(tc, store_that_is_open_sums_up_what_is_old_beside_its_work);
    tcase_add_test(tc, months_before_are_counted_over_years);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
