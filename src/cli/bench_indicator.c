/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benchmarks of indicator: what a closed bar and a look at the forming one cost a symbol. A slower
 * figure means fewer symbols per core at the cycle where all their bars close together.
 */
#include <stdlib.h>

#include "qtrade/base/rng.h"
#include "qtrade/indicator/indicator.h"

#include "bench_priv.h"

#define BARS 4096
#define ROWS 128

struct run {
    struct qt_ohlcv bars[BARS];
    size_t rows, next;
    const struct qt_indicator *indicators[ROWS];
    void *states[ROWS];
};

static void
run_end(void *state)
{
    struct run *run = state;
    for (size_t i = 0; i < run->rows; i++)
        free(run->states[i]);
    free(run);
}

/* A walk of bars whose ranges overlap as real ones do. */
static void
fill_bars(struct run *run)
{
    struct qt_rng rng;
    double close = 60000.0;
    qt_rng_init(&rng, QT_BENCH_SEED);
    for (size_t i = 0; i < BARS; i++) {
        double open = close;
        close = open * (1.0 + 0.002 * qt_rng_normal(&rng));
        run->bars[i] = (struct qt_ohlcv){
            .open_ns = (int64_t)i * INT64_C(60000000000),
            .open = open,
            .high = QT_MAX(open, close) * (1.0 + 0.001 * qt_rng_uniform(&rng)),
            .low = QT_MIN(open, close) * (1.0 - 0.001 * qt_rng_uniform(&rng)),
            .close = close,
            .volume = 100.0 * qt_rng_exponential(&rng),
        };
    }
}

static bool
run_add(struct run *run, const struct qt_indicator *ind)
{
    double params[QT_INDICATOR_PARAMS];
    qt_indicator_defaults(ind, params);
    void *state = malloc(ind->state_size(params));
    if (!state || run->rows == ROWS) {
        free(state);
        return false;
    }
    ind->init(state, params);
    run->indicators[run->rows] = ind;
    run->states[run->rows++] = state;
    return true;
}

/* A run of the row of that name (NULL: of all), its states warm. */
static void *
run_start(const char *name)
{
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        return NULL;
    fill_bars(run);
    for (size_t i = 0; qt_indicators[i]; i++)
        if ((!name || qt_indicators[i] == qt_indicator_find(name)) &&
            !run_add(run, qt_indicators[i])) {
            run_end(run);
            return NULL;
        }
    for (size_t b = 0; b < BARS; b++)
        for (size_t i = 0; i < run->rows; i++)
            run->indicators[i]->update(run->states[i], &run->bars[b]);
    return run;
}

static void *
all_start(void)
{
    return run_start(NULL);
}

static void *
rsi_start(void)
{
    return run_start("rsi");
}

static uint64_t
update_work(void *state, size_t batch)
{
    struct run *run = state;
    double out[QT_INDICATOR_OUTPUTS] = {0};
    uint64_t sum = 0;
    for (size_t b = 0; b < batch; b++) {
        const struct qt_ohlcv *bar = &run->bars[run->next++ % BARS];
        for (size_t i = 0; i < run->rows; i++) {
            run->indicators[i]->update(run->states[i], bar);
            sum += run->indicators[i]->value(run->states[i], out) && out[0] > 0.0;
        }
    }
    return sum;
}

static uint64_t
peek_work(void *state, size_t batch)
{
    struct run *run = state;
    double out[QT_INDICATOR_OUTPUTS] = {0};
    uint64_t sum = 0;
    for (size_t b = 0; b < batch; b++) {
        const struct qt_ohlcv *bar = &run->bars[run->next++ % BARS];
        for (size_t i = 0; i < run->rows; i++)
            sum += run->indicators[i]->peek(run->states[i], bar, out) && out[0] > 0.0;
    }
    return sum;
}

const struct qt_benchmark qt_bench_indicator[] = {
    {.name = "indicator.bar_all",
     .help = "one bar through every indicator of the table",
     .samples = 2000,
     .batch = 10,
     .start = all_start,
     .work = update_work,
     .end = run_end},
    {.name = "indicator.peek_all",
     .help = "one forming bar shown to every indicator",
     .samples = 2000,
     .batch = 10,
     .start = all_start,
     .work = peek_work,
     .end = run_end},
    {.name = "indicator.rsi",
     .help = "one bar through rsi_14",
     .samples = 2000,
     .batch = 1000,
     .start = rsi_start,
     .work = update_work,
     .end = run_end},
    {0}};
