/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the chain costs the store's thread: an entry of the audit with its hash, beside the same row
 * without one, in turns and processor time, in memory, so that no disk is in it. A slower "chained"
 * lets the store fall behind the engine in a burst of orders.
 *
 * One JSON line a row: name, unit, n, the medians, and the median of the paired differences.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../../src/store/chain_priv.h"

enum { ROUNDS = 21, ROWS = 20000 };

static const char plain_insert[] =
    "INSERT INTO plain (id, t_ns, seq, actor, action, detail) VALUES (?, ?, ?, ?, ?, ?)";
static const char detail[] =
    "1c3f80400 BTCUSDT buy 0.01234 limit at 60123.45, entry, filled 0.01234";

static void
must(sqlite3 *db, int rc)
{
    if (rc == SQLITE_OK || rc == SQLITE_DONE)
        return;
    fprintf(stderr, "bench_audit: %s\n", sqlite3_errmsg(db));
    exit(1);
}

/* Of this thread alone: the machine may be busy. */
static int64_t
cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct qt__entry
entry_of(int i)
{
    return (struct qt__entry){.id = i,
                              .t_ns = 1700000000000000000 + i,
                              .seq = i,
                              .actor = "engine",
                              .action = "order.filled",
                              .detail = detail};
}

static double
time_plain(sqlite3 *db, sqlite3_stmt *insert, int round)
{
    int64_t begun = cpu_ns();
    must(db, sqlite3_exec(db, "BEGIN", 0, 0, 0));
    for (int i = 0; i < ROWS; i++) {
        struct qt__entry entry = entry_of(round * ROWS + i);
        sqlite3_bind_int64(insert, 1, entry.id);
        sqlite3_bind_int64(insert, 2, entry.t_ns);
        sqlite3_bind_int64(insert, 3, entry.seq);
        sqlite3_bind_text(insert, 4, entry.actor, -1, SQLITE_TRANSIENT);
        sqlite3_bind_text(insert, 5, entry.action, -1, SQLITE_TRANSIENT);
        sqlite3_bind_text(insert, 6, entry.detail, -1, SQLITE_TRANSIENT);
        must(db, sqlite3_step(insert));
        sqlite3_reset(insert);
    }
    must(db, sqlite3_exec(db, "COMMIT", 0, 0, 0));
    return (double)(cpu_ns() - begun) / ROWS;
}

static double
time_chained(sqlite3 *db, sqlite3_stmt *insert, struct qt__chain *chain)
{
    int64_t begun = cpu_ns();
    must(db, sqlite3_exec(db, "BEGIN", 0, 0, 0));
    for (int i = 0; i < ROWS; i++) {
        struct qt__entry entry = entry_of(i);
        if (!qt__chain_put(chain, insert, &entry))
            must(db, sqlite3_errcode(db));
    }
    must(db, sqlite3_exec(db, "COMMIT", 0, 0, 0));
    return (double)(cpu_ns() - begun) / ROWS;
}

static double
time_hash(struct qt__chain *chain)
{
    int64_t begun = cpu_ns();
    for (int i = 0; i < ROWS; i++) {
        struct qt__entry entry = entry_of(i);
        qt__chain_hash(chain->hash, &entry, chain->hash);
    }
    return (double)(cpu_ns() - begun) / ROWS;
}

static int
by_size(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

static double
median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, by_size);
    return values[ROUNDS / 2];
}

int
main(void)
{
    sqlite3 *db;
    sqlite3_stmt *plain, *chained;
    struct qt__chain chain = {0};
    double plains[ROUNDS], chaineds[ROUNDS], more[ROUNDS], hashes[ROUNDS];
    if (sodium_init() < 0 || sqlite3_open(":memory:", &db) != SQLITE_OK)
        return 1;
    must(db, sqlite3_exec(db,
                          "CREATE TABLE plain (id INTEGER PRIMARY KEY, t_ns INTEGER, seq INTEGER,"
                          " actor TEXT, action TEXT, detail TEXT) STRICT;"
                          "CREATE TABLE audit (id INTEGER PRIMARY KEY, t_ns INTEGER, seq INTEGER,"
                          " actor TEXT, action TEXT, detail TEXT, hash BLOB) STRICT",
                          0, 0, 0));
    must(db, sqlite3_prepare_v2(db, plain_insert, -1, &plain, NULL));
    must(db, sqlite3_prepare_v2(db, QT__CHAIN_INSERT, -1, &chained, NULL));
    for (int i = 0; i < ROUNDS; i++) {
        plains[i] = time_plain(db, plain, i);
        chaineds[i] = time_chained(db, chained, &chain);
        hashes[i] = time_hash(&chain); /* the table's chain is not looked at here */
        more[i] = chaineds[i] - plains[i];
    }
    printf("{\"name\": \"audit.entry\", \"unit\": \"ns\", \"n\": %d, \"chained\": %.0f, \"plain\": "
           "%.0f, \"more\": %.0f, \"hash\": %.0f}\n",
           ROUNDS * ROWS, median(chaineds), median(plains), median(more), median(hashes));
    sqlite3_finalize(plain);
    sqlite3_finalize(chained);
    sqlite3_close(db);
    return 0;
}
