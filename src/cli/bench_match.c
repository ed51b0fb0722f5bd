/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benchmarks of the matching engine alone: orders that come to rest, are cancelled, and take each
 * other in one book, with its reports and prints told to a listener that only counts.
 */
#include <stdlib.h>

#include "qtrade/base/rng.h"
#include "qtrade/base/time.h"
#include "qtrade/sim/match.h"

#include "bench_priv.h"

enum { MID = 100000, REACH = 50, CROWD = 1000, MAX_ORDERS = 4096 };

struct match_run {
    struct qt_match *match;
    struct qt_rng rng;
    uint64_t next_id, told;
    uint64_t resting[MAX_ORDERS];
    size_t n, crowd;
};

static void
on_report(void *context, const struct qt_match_report *report)
{
    struct match_run *run = context;
    run->told += report->event;
}

static void
on_print(void *context, const struct qt_match_print *print)
{
    struct match_run *run = context;
    run->told += print->id;
}

static void
match_end(void *state)
{
    struct match_run *run = state;
    qt_match_destroy(run->match);
    free(run);
}

/* Of lot size at a price; a taker's is through all that rests. */
static void
place(struct match_run *run, enum qt_side side, int64_t px, enum qt_time_in_force tif)
{
    const struct qt_match_order order = {.id = ++run->next_id,
                                         .owner = 1 + (uint32_t)(run->next_id % 8),
                                         .side = (uint8_t)side,
                                         .type = QT_TYPE_LIMIT,
                                         .tif = (uint8_t)tif,
                                         .px = {px},
                                         .stop_px = QT_PX_NONE,
                                         .qty = {10},
                                         .t_ns = (int64_t)run->next_id};
    enum qt_match_verdict verdict = qt_match_place(run->match, &order);
    qt_assert(verdict == QT_MATCH_OK);
}

static void
rest(struct match_run *run)
{
    enum qt_side side = (enum qt_side)(run->next_id % 2);
    int64_t away = 1 + (int64_t)qt_rng_below(&run->rng, REACH);
    place(run, side, side == QT_BUY ? MID - away : MID + away, QT_TIF_GTC);
    run->resting[run->n++] = run->next_id;
}

/* One that was filled meanwhile is not found: that answer is an operation too. */
static void
take_out(struct match_run *run)
{
    size_t k = (size_t)qt_rng_below(&run->rng, run->n);
    run->told += qt_match_cancel(run->match, run->resting[k], (int64_t)run->next_id);
    run->resting[k] = run->resting[--run->n];
}

static void *
start(size_t crowd)
{
    struct match_run *run = calloc(1, sizeof *run);
    const struct qt_instrument ins = {.symbol = "AUSDT",
                                      .base = "A",
                                      .quote = "USDT",
                                      .px_scale = 2,
                                      .qty_scale = 5,
                                      .tick = {1},
                                      .lot = {10}};
    if (!run)
        return NULL;
    const struct qt_match_listener listener = {
        .context = run, .report = on_report, .print = on_print};
    run->match = qt_match_create(&ins, MAX_ORDERS, &listener);
    run->crowd = crowd;
    qt_rng_init(&run->rng, QT_BENCH_SEED);
    while (run->match && run->n < crowd)
        rest(run);
    if (!run->match) {
        match_end(run);
        return NULL;
    }
    return run;
}

static void *
small_start(void)
{
    return start(10);
}

static void *
crowd_start(void)
{
    return start(CROWD);
}

/* Of ten operations four or five rest, four or five cancel, one takes the best; as many rest as at
 * the start. */
static uint64_t
mixed_work(void *state, size_t batch)
{
    struct match_run *run = state;
    for (size_t i = 0; i < batch; i++) {
        if (i % 10 == 9)
            place(run, (enum qt_side)(i / 10 % 2), i / 10 % 2 == QT_BUY ? MID + REACH : MID - REACH,
                  QT_TIF_IOC);
        else if (run->n <= run->crowd)
            rest(run);
        else
            take_out(run);
    }
    return run->told;
}

const struct qt_benchmark qt_bench_match[] = {
    {.name = "sim.match",
     .help = "an order rests, is cancelled (9 of 10) or takes (1); 10 at rest, reports told",
     .samples = 2000,
     .batch = 1000,
     .start = small_start,
     .work = mixed_work,
     .end = match_end},
    {.name = "sim.match_1000",
     .help = "the same with 1,000 at rest in the book",
     .samples = 2000,
     .batch = 1000,
     .start = crowd_start,
     .work = mixed_work,
     .end = match_end},
    {0}};
