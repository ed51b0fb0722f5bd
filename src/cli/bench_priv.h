/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benchmarks: rows over real public operations, one file a room (bench_ROOM.c), run by cmd_bench.c.
 *
 * How to add one: a row in its room's table with a comment of what a slower figure would mean for a
 * user; a new room is a file and a line in cmd_bench.c. Nothing is asserted about time. tests/cli
 * runs every row once.
 */
#ifndef QTRADE_CLI_BENCH_PRIV_H
#define QTRADE_CLI_BENCH_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/error.h"

/** The seed of every benchmark's data. */
#define QT_BENCH_SEED UINT64_C(20240414)

/**
 * One benchmark. A sample is the time of batch operations over batch; batches are as large as it
 * takes for the clock (20 ns) not to count. A row with value measures something else, in its unit.
 */
struct qt_benchmark {
    const char *name; /* "room.operation" */
    const char *help; /* what one operation is */
    size_t samples, batch;
    void *(*start)(void);                        /* populated structure; NULL: no memory */
    uint64_t (*work)(void *state, size_t batch); /* batch operations; its result is consumed */
    void (*end)(void *state);
    const char *unit;             /* NULL: "ns" */
    double (*value)(void *state); /* a sample, instead of work's time; negative: no memory. NULL:
                                     the time */
};

/** Tables of the rooms; name NULL ends. */
extern const struct qt_benchmark qt_bench_base[];
extern const struct qt_benchmark qt_bench_engine[];
extern const struct qt_benchmark qt_bench_indicator[];
extern const struct qt_benchmark qt_bench_market[];
extern const struct qt_benchmark qt_bench_net[];
extern const struct qt_benchmark qt_bench_order[];
extern const struct qt_benchmark qt_bench_sim[];
extern const struct qt_benchmark qt_bench_match[];
extern const struct qt_benchmark qt_bench_tick[];
extern const struct qt_benchmark qt_bench_trade[];
extern const struct qt_benchmark qt_bench_venue[];

/** Kinds of message of a venue. */
enum qt_bench_message {
    QT_BENCH_QUOTE,
    QT_BENCH_TRADE,
    QT_BENCH_DEPTH,      /* a partial book */
    QT_BENCH_WHOLE_DIFF, /* as many levels as that */
    QT_BENCH_DIFF,
    QT_BENCH_KLINE,
    QT_BENCH_REPORT,
    QT_BENCH_MESSAGES
};
/** Their texts; in those of books '<' and '>' stand for the bids and the asks. */
extern const char *const qt__bench_messages[QT_BENCH_MESSAGES];
/** Of a hundred messages of the mixed stream. */
extern const unsigned qt__bench_shares[QT_BENCH_MESSAGES];

/** What one benchmark gave, in its unit (ns: an operation). */
struct qt_bench_result {
    double median, p99, p999;
    size_t n; /* samples */
};

/** Runs one: a tenth of the samples to warm up, then all of them. False: no memory. */
QT_CHECKED bool qt__bench_measure(const struct qt_benchmark *bench, struct qt_bench_result *out,
                                  struct qt_error *err);

/** Resident memory of this process, after what the heap no longer needs has been given back. */
int64_t qt__bench_resident_bytes(void);

/** The machine as a JSON object into text: cpu, cores, architecture, kernel, memory, compiler,
 * version. */
struct qt_text;
void qt__bench_add_machine(struct qt_text *text);

#endif
