/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The encrypted store beside plain SQLite with the same settings, in turns on the same disk. A
 * slower "work" makes reports and restarts wait; a slower "commit" lets the store fall behind the
 * engine in a burst of orders; "group" is how many rows a second it can follow.
 *
 * One JSON line a row: name, unit, n, the medians, and the median of the paired ratios.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/base/num.h"
#include "qtrade/base/time.h"

#include "../../src/store/vfs_priv.h"

enum {
    ROUNDS = 9,
    ROWS = 30000,
    PER_COMMIT = 100,
    READS = 20000,
    RANGES = 200,
    COMMITS = 150,
    GROUP = 2048,
    GROUPS = 10
};

struct side {
    char path[128];
    struct qt__vfs *vfs; /* NULL: plain */
    sqlite3 *db;
};

static void
must(const struct side *side, int rc)
{
    if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE)
        return;
    fprintf(stderr, "%s: %s\n", side->path, sqlite3_errmsg(side->db));
    exit(1);
}

static void
run(struct side *side, const char *sql)
{
    must(side, sqlite3_exec(side->db, sql, NULL, NULL, NULL));
}

static void
open_side(struct side *side, const char *folder, bool is_plain)
{
    static const unsigned char key[QT__KEY_BYTES] = "key", store[QT__ID_BYTES] = "store";
    snprintf(side->path, sizeof side->path, "%s/%s.db", folder, is_plain ? "plain" : "encrypted");
    if (is_plain) {
        must(side, sqlite3_open(side->path, &side->db));
        run(side,
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
            "PRAGMA foreign_keys = ON");
    } else {
        side->vfs = qt__vfs_create(key, store, true);
        must(side, qt__vfs_connect(side->vfs, side->path,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &side->db));
    }
    run(side,
        "CREATE TABLE fills (id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, px INTEGER, qty INTEGER,"
        " t_ns INTEGER, seq INTEGER); CREATE INDEX fills_time ON fills (t_ns);"
        "CREATE TABLE log (id INTEGER PRIMARY KEY, t_ns INTEGER, detail TEXT)");
}

static void
close_side(struct side *side)
{
    char path[160];
    sqlite3_close(side->db);
    qt__vfs_destroy(side->vfs);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < QT_COUNT_OF(ends); i++) {
        snprintf(path, sizeof path, "%s%s", side->path, ends[i]);
        unlink(path);
    }
    *side = (struct side){0};
}

static sqlite3_stmt *
prepare(struct side *side, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    must(side, sqlite3_prepare_v2(side->db, sql, -1, &statement, NULL));
    return statement;
}

static uint64_t
random_of(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 33;
}

static void
insert(struct side *side, sqlite3_stmt *statement, int64_t id, uint64_t *seed)
{
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_text(statement, 2, "BTCUSDT", -1, SQLITE_STATIC);
    for (int i = 3; i <= 6; i++)
        sqlite3_bind_int64(statement, i, (int64_t)(random_of(seed) * 1000003));
    must(side, sqlite3_step(statement));
    sqlite3_reset(statement);
}

static const char insert_sql[] = "INSERT INTO fills VALUES (?, ?, ?, ?, ?, ?)";

/* Inserts, points and ranges: seconds. */
static double
work(struct side *side)
{
    uint64_t seed = 1, sum = 0;
    int64_t begin_ns = qt_now_mono_ns();
    sqlite3_stmt *put = prepare(side, insert_sql);
    for (int i = 0; i < ROWS; i++) {
        if (i % PER_COMMIT == 0)
            run(side, "BEGIN");
        insert(side, put, i, &seed);
        if (i % PER_COMMIT == PER_COMMIT - 1)
            run(side, "COMMIT");
    }
    sqlite3_finalize(put);
    sqlite3_stmt *point = prepare(side, "SELECT px FROM fills WHERE id = ?");
    for (int i = 0; i < READS; i++) {
        sqlite3_bind_int64(point, 1, (int64_t)(random_of(&seed) % ROWS));
        must(side, sqlite3_step(point));
        sum += (uint64_t)sqlite3_column_int64(point, 0);
        sqlite3_reset(point);
    }
    sqlite3_finalize(point);
    sqlite3_stmt *range =
        prepare(side, "SELECT sum(px), max(qty) FROM fills WHERE id BETWEEN ? AND ? + 1000");
    for (int i = 0; i < RANGES; i++) {
        int64_t from = (int64_t)(random_of(&seed) % ROWS);
        sqlite3_bind_int64(range, 1, from);
        sqlite3_bind_int64(range, 2, from);
        must(side, sqlite3_step(range));
        sum += (uint64_t)sqlite3_column_int64(range, 0);
        sqlite3_reset(range);
    }
    sqlite3_finalize(range);
    return (double)(qt_now_mono_ns() - begin_ns) / 1e9 + (sum == 1 ? 1 : 0);
}

/* One row, durable: seconds a commit. */
static double
commits(struct side *side)
{
    sqlite3_stmt *put =
        prepare(side, "INSERT INTO log (t_ns, detail) VALUES (1, 'one order, one row')");
    int64_t begin_ns = qt_now_mono_ns();
    for (int i = 0; i < COMMITS; i++) {
        must(side, sqlite3_step(put));
        sqlite3_reset(put);
    }
    double spent = (double)(qt_now_mono_ns() - begin_ns) / 1e9;
    sqlite3_finalize(put);
    return spent / COMMITS;
}

/* As the store's thread writes when it is behind: seconds a row. */
static double
groups(struct side *side)
{
    uint64_t seed = 2;
    int64_t id = 10 * ROWS, begin_ns = qt_now_mono_ns();
    sqlite3_stmt *put = prepare(side, insert_sql);
    for (int g = 0; g < GROUPS; g++) {
        run(side, "BEGIN");
        for (int i = 0; i < GROUP; i++)
            insert(side, put, id++, &seed);
        run(side, "COMMIT");
    }
    sqlite3_finalize(put);
    return (double)(qt_now_mono_ns() - begin_ns) / 1e9 / (GROUP * GROUPS);
}

static const struct {
    const char *name;
    double (*measure)(struct side *side);
} rows[] = {{"store.work", work}, {"store.commit", commits}, {"store.group_row", groups}};

static double
median(double *of, size_t n)
{
    qt_sort_doubles(of, n);
    return qt_quantile_sorted(of, n, 0.5);
}

int
main(int argc, char **argv)
{
    char folder[100];
    const char *where =
        getenv("TMPDIR"); /* of a memory file system: what is paid beside the disk */
    double spent[QT_COUNT_OF(rows)][3][ROUNDS];
    bool is_one = argc > 2; /* "plain 1" or "encrypted 1": one side once, to count instructions */
    snprintf(folder, sizeof folder, "%.70s/qtrade-bench-XXXXXX", where ? where : "/tmp");
    if (!mkdtemp(folder))
        return 1;
    for (int round = 0; round < (is_one ? 1 : ROUNDS); round++)
        for (int turn = 0; turn < 2; turn++) {
            bool is_plain = (turn + round) % 2 == 0;
            struct side side = {0};
            if (is_one && is_plain != (strcmp(argv[1], "plain") == 0))
                continue;
            open_side(&side, folder, is_plain);
            for (size_t i = 0; i < QT_COUNT_OF(rows); i++)
                spent[i][is_plain][round] = rows[i].measure(&side);
            close_side(&side);
        }
    rmdir(folder);
    for (size_t i = 0; !is_one && i < QT_COUNT_OF(rows); i++) {
        for (int round = 0; round < ROUNDS; round++)
            spent[i][2][round] = spent[i][0][round] / spent[i][1][round];
        printf("{\"name\":\"%s\",\"unit\":\"us\",\"n\":%d,\"median\":%.3f,\"plain\":%.3f,\"ratio\":"
               "%.3f}\n",
               rows[i].name, ROUNDS, median(spent[i][0], ROUNDS) * 1e6,
               median(spent[i][1], ROUNDS) * 1e6, median(spent[i][2], ROUNDS));
    }
    return 0;
}
