/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Another key for every page of a store of QT_MIB MiB (64) in TMPDIR: alone, and beside commits of
 * one record each. A slower "alone" lets an operator wait; a "beside" above 1 lets the engine's
 * records wait while a rekey runs, in its median and in its slowest twentieth.
 *
 * One JSON line a row: name, unit, n, the medians, and the median of the paired ratios.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "qtrade/base/num.h"
#include "qtrade/base/time.h"
#include "qtrade/store/rekey.h"

#include "../../src/store/store_file_priv.h"

enum { ROUNDS = 5, COMMITS = 400 };

static const struct qt_unlock opener = {
    QT_KEY_FILE, (const unsigned char *)"thirty-two bytes that open it...", 32};

struct bench {
    char folder[64];
    struct qt_universe *universe;
    struct qt_store_key *key;
    uint64_t seq;
};

static void
must(bool is_good, const struct qt_error *err)
{
    if (is_good)
        return;
    fprintf(stderr, "bench_rekey: %s\n", err->text);
    exit(1);
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double
at_rank(double *of, int n, double rank)
{
    qsort(of, (size_t)n, sizeof *of, compare);
    return of[(int)((n - 1) * rank)];
}

static void
fill(struct bench *bench, long mib)
{
    struct qt_error err = {0};
    struct qt__store_file file = {0};
    char sql[300];
    snprintf(
        sql, sizeof sql,
        "CREATE TABLE filler (id INTEGER PRIMARY KEY, bytes BLOB);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %ld)"
        " INSERT INTO filler SELECT i, randomblob(950) FROM n; PRAGMA wal_checkpoint(TRUNCATE)",
        mib * 1024);
    must(qt__store_file_open(&file, bench->folder, bench->key, &err), &err);
    must(qt__sqlite_exec(file.db, sql, "filling", &err), &err);
    qt__store_file_close(&file);
}

static struct qt_store *
open_store(struct bench *bench)
{
    struct qt_error err = {0};
    struct qt_store *store = qt_store_open(bench->folder, bench->key, &err);
    must(store != NULL, &err);
    return store;
}

static void
take_key(struct bench *bench)
{
    struct qt_error err = {0};
    qt_store_key_close(bench->key);
    bench->key = qt_store_key_open(bench->folder, &opener, &err);
    must(bench->key != NULL, &err);
}

/* MiB a second. */
static double
alone(struct bench *bench)
{
    struct qt_error err = {0};
    struct qt_rekey_stats stats;
    must(qt_store_key_renew(bench->key, bench->folder, &opener, &err), &err);
    struct qt_store *store = open_store(bench);
    int64_t begin_ns = qt_now_mono_ns();
    must(qt_rekey_finish(store, NULL, NULL, &err), &err);
    double seconds = (double)(qt_now_mono_ns() - begin_ns) / 1e9;
    qt_rekey_stats(store, &stats);
    qt_store_close(store);
    take_key(bench);
    return (double)stats.pages * QT__PAGE_BYTES / (1 << 20) / seconds;
}

/* Microseconds of each commit. Returns how many were made before the rekey was done. */
static int
commit(struct bench *bench, struct qt_store *store, bool stops, double out[COMMITS])
{
    static const struct timespec between = {0, 2000000};
    struct qt_store_port port = qt_store_port(store);
    struct qt_rekey_stats stats;
    for (int i = 0; i < COMMITS; i++) {
        struct qt_record record = {.kind = QT_RECORD_DECISION, .seq = ++bench->seq, .t_ns = 1};
        int64_t begin_ns = qt_now_mono_ns();
        must(port.put(port.self, &record) && port.flush(port.self, 10000), &(struct qt_error){0});
        out[i] = (double)(qt_now_mono_ns() - begin_ns) / 1e3;
        nanosleep(&between, NULL);
        qt_rekey_stats(store, &stats);
        if (stops && !stats.is_renewing)
            return i + 1;
    }
    return COMMITS;
}

struct pair {
    double without[2], with[2]; /* median and 95th percentile */
    double mib_s;
};

static void
beside(struct bench *bench, struct pair *out)
{
    double us[COMMITS];
    struct qt_error err = {0};
    struct qt_rekey_stats stats = {.is_renewing = true};
    unsigned char sealed[QT_KEY_HANDOVER];
    struct qt_store *store = open_store(bench);
    must(qt_store_start(store, bench->universe, NULL, &err), &err);
    (void)commit(bench, store, false, us);
    out->without[0] = at_rank(us, COMMITS, 0.5);
    out->without[1] = at_rank(us, COMMITS, 0.95);
    must(qt_store_key_renew(bench->key, bench->folder, &opener, &err) &&
             qt_store_key_hand_over(bench->key, sealed, &err) &&
             qt_rekey_hand_over(store, sealed, &err),
         &err);
    int64_t begin_ns = qt_now_mono_ns();
    int n = commit(bench, store, true, us);
    out->with[0] = at_rank(us, n, 0.5);
    out->with[1] = at_rank(us, n, 0.95);
    while (stats.is_renewing) {
        usleep(2000);
        qt_rekey_stats(store, &stats);
    }
    out->mib_s = (double)stats.pages * QT__PAGE_BYTES / (1 << 20) /
                 ((double)(qt_now_mono_ns() - begin_ns) / 1e9);
    qt_store_close(store);
    take_key(bench);
}

static void
print_pairs(const struct pair *pair)
{
    static const char *const names[] = {"rekey_beside_commit_p50", "rekey_beside_commit_p95"};
    double without[ROUNDS], with[ROUNDS], ratio[ROUNDS], mib_s[ROUNDS];
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < ROUNDS; i++) {
            without[i] = pair[i].without[k];
            with[i] = pair[i].with[k];
            ratio[i] = with[i] / without[i];
            mib_s[i] = pair[i].mib_s;
        }
        printf("{\"name\": \"%s\", \"unit\": \"us\", \"n\": %d, \"with\": %.0f, \"without\": %.0f, "
               "\"ratio\": %.2f}\n",
               names[k], (int)ROUNDS, at_rank(with, ROUNDS, 0.5), at_rank(without, ROUNDS, 0.5),
               at_rank(ratio, ROUNDS, 0.5));
    }
    printf("{\"name\": \"rekey_beside\", \"unit\": \"MiB/s\", \"n\": %d, \"median\": %.1f}\n",
           (int)ROUNDS, at_rank(mib_s, ROUNDS, 0.5));
}

int
main(void)
{
    static const char *const names[] = {"store.db",  "store.db-wal", "store.db-shm",
                                        "store.key", "lock",         "audit.heads"};
    const char *where = getenv("TMPDIR");
    struct bench bench = {0};
    struct qt_error err = {0};
    struct pair pair[ROUNDS];
    double mib_s[ROUNDS];
    char path[128];
    const char *mib = getenv("QT_MIB");
    snprintf(bench.folder, sizeof bench.folder, "%.40s/qtrade-bench-XXXXXX",
             where ? where : "/tmp");
    must(mkdtemp(bench.folder) != NULL, &err);
    bench.universe = qt_universe_create();
    bench.key = qt_store_key_make(&opener, &err);
    must(bench.key != NULL, &err);
    fill(&bench, mib ? strtol(mib, NULL, 10) : 64);
    for (int i = 0; i < ROUNDS; i++)
        mib_s[i] = alone(&bench);
    printf("{\"name\": \"rekey_alone\", \"unit\": \"MiB/s\", \"n\": %d, \"median\": %.1f}\n",
           (int)ROUNDS, at_rank(mib_s, ROUNDS, 0.5));
    for (int i = 0; i < ROUNDS; i++)
        beside(&bench, &pair[i]);
    print_pairs(pair);
    qt_store_key_close(bench.key);
    qt_universe_destroy(bench.universe);
    for (size_t i = 0; i < QT_COUNT_OF(names); i++) {
        snprintf(path, sizeof path, "%s/%s", bench.folder, names[i]);
        unlink(path);
    }
    rmdir(bench.folder);
    return 0;
}
