/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benchmarks of market: what a depth message and a trade cost. A slower figure means older prices
 * in a burst, the moment they matter. And what a recorded bar costs: how long one waits for a scan
 * or a backtest to begin.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "qtrade/base/rng.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/market/bars.h"
#include "qtrade/market/book.h"
#include "qtrade/market/reader.h"

#include "bench_priv.h"

#define LEVELS 1000 /* a side of the populated book */
#define DIFFS 4096  /* prepared updates, applied in a circle */
#define MIDDLE 6000000

/* --- book --- */

struct book_run {
    struct qt_book *book;
    struct qt_depth diffs[DIFFS];
    uint64_t id, next;
};

static void
book_end(void *state)
{
    struct book_run *run = state;
    qt_book_destroy(run->book);
    free(run);
}

/* A level n ticks from the middle on a side; quantity in lots of 1e-5. */
static struct qt_depth_level
level_of(enum qt_side side, int64_t n, int64_t lots)
{
    struct qt_depth_level level = {0};
    int64_t px = side == QT_BUY ? MIDDLE - 1 - n : MIDDLE + 1 + n;
    (void)(qt_px_of_double((double)px / 100.0, 2, &level.px) &&
           qt_qty_of_double_floor((double)lots / 100.0, 5, &level.qty));
    return level;
}

static bool
book_fill(struct book_run *run)
{
    run->id = 1;
    for (int64_t n = 0; n < LEVELS; n += 2) {
        struct qt_depth depth = {.first_id = 1, .last_id = 1, .bids = 2, .asks = 2};
        depth.levels[0] = level_of(QT_BUY, n, 100 + n);
        depth.levels[1] = level_of(QT_BUY, n + 1, 101 + n);
        depth.levels[2] = level_of(QT_SELL, n, 100 + n);
        depth.levels[3] = level_of(QT_SELL, n + 1, 101 + n);
        unsigned flags = (n == 0 ? QT_EVENT_SNAPSHOT : 0) | (n + 2 >= LEVELS ? QT_EVENT_LAST : 0);
        if (qt_book_apply(run->book, &depth, flags) != QT_BOOK_APPLIED)
            return false;
    }
    return qt_book_state(run->book) == QT_BOOK_LIVE;
}

/* Updates near the top mostly, as real ones are: one level a side, one in four takes a level away.
 */
static void
diffs_fill(struct book_run *run)
{
    struct qt_rng rng;
    qt_rng_init(&rng, QT_BENCH_SEED);
    for (size_t i = 0; i < DIFFS; i++) {
        int64_t n = (int64_t)(20.0 * qt_rng_exponential(&rng));
        int64_t lots = qt_rng_below(&rng, 4) == 0 ? 0 : 1 + (int64_t)qt_rng_below(&rng, 1000);
        struct qt_depth *depth = &run->diffs[i];
        depth->bids = depth->asks = 1;
        depth->levels[0] = level_of(QT_BUY, QT_MIN(n, LEVELS - 1), lots);
        depth->levels[1] = level_of(QT_SELL, QT_MIN(n, LEVELS - 1), lots);
    }
}

static void *
book_start(void)
{
    struct book_run *run = calloc(1, sizeof *run);
    if (!run)
        return NULL;
    run->book = qt_book_create(QT_BOOK_SPOT, LEVELS);
    if (!run->book || !book_fill(run)) {
        book_end(run);
        return NULL;
    }
    diffs_fill(run);
    return run;
}

static uint64_t
book_work(void *state, size_t batch)
{
    struct book_run *run = state;
    uint64_t applied = 0;
    for (size_t i = 0; i < batch; i++) {
        struct qt_depth *depth = &run->diffs[run->next++ % DIFFS];
        depth->first_id = depth->last_id = ++run->id;
        applied += qt_book_apply(run->book, depth, QT_EVENT_LAST) == QT_BOOK_APPLIED;
    }
    qt_assert(applied == batch); /* else the figure would be that of a refusal */
    return applied;
}

/* One level changes and the best prices are read: what a book costs where it is used. */
static uint64_t
level_work(void *state, size_t batch)
{
    struct book_run *run = state;
    uint64_t sum = 0;
    for (size_t i = 0; i < batch; i++) {
        struct qt_depth depth = {.first_id = ++run->id, .last_id = run->id};
        const struct qt_depth *diff = &run->diffs[run->next++ % DIFFS];
        depth.levels[0] = diff->levels[i & 1];
        depth.bids = !(i & 1);
        depth.asks = i & 1;
        qt_assert(qt_book_apply(run->book, &depth, QT_EVENT_LAST) == QT_BOOK_APPLIED);
        sum += qt_px_cmp(qt_book_best_bid(run->book), qt_book_best_ask(run->book)) < 0;
    }
    return sum;
}

/* --- bars --- */

struct bars_run {
    struct qt_bars bars;
    struct qt_trade trades[DIFFS];
    int64_t now_ns;
    uint64_t next, closed;
};

static void *
bars_start(void)
{
    struct bars_run *run = calloc(1, sizeof *run);
    struct qt_instrument ins = {.px_scale = 2, .qty_scale = 5};
    struct qt_rng rng;
    if (!run)
        return NULL;
    qt_bars_init(&run->bars, &ins);
    qt_rng_init(&rng, QT_BENCH_SEED);
    run->now_ns = INT64_C(1713052800) * QT_NS_PER_S;
    for (size_t i = 0; i < DIFFS; i++) {
        struct qt_depth_level level = level_of(QT_BUY, (int64_t)qt_rng_below(&rng, 500),
                                               1 + (int64_t)qt_rng_below(&rng, 900));
        run->trades[i] = (struct qt_trade){.px = level.px, .qty = level.qty, .id = i};
    }
    return run;
}

static void
count_bar(void *context, enum qt_timeframe tf, const struct qt_bar *bar)
{
    struct bars_run *run = context;
    run->closed += (uint64_t)tf + (bar->trades > 0);
}

static uint64_t
bars_work(void *state, size_t batch)
{
    struct bars_run *run = state;
    for (size_t i = 0; i < batch; i++) {
        const struct qt_trade *trade = &run->trades[run->next++ % DIFFS];
        run->now_ns += 50 * QT_NS_PER_MS;
        qt_bars_trade(&run->bars, run->now_ns, trade->px, trade->qty, i & 1, count_bar, run);
    }
    return run->closed;
}

/* --- recorded data --- */

enum { FILES = 64, FILE_BARS = 1000 };

struct load_run {
    char folder[32];
};

static void
file_of(const struct load_run *run, int i, char out[64])
{
    snprintf(out, 64, "%s/C%02dUSDT-1h.csv.gz", run->folder, i);
}

static void
load_end(void *state)
{
    struct load_run *run = state;
    char path[64];
    for (int i = 0; i < FILES; i++) {
        file_of(run, i, path);
        unlink(path);
    }
    rmdir(run->folder);
    free(run);
}

/* A walk of prices with four decimals, volumes with three: as long as recorded rows are. */
static bool
file_write(const char *path, struct qt_rng *rng)
{
    gzFile file = gzopen(path, "wb");
    int64_t px = 1000000 + (int64_t)qt_rng_below(rng, 9000000);
    bool is_good = file && gzputs(file, "open_time_ms,open,high,low,close,volume\n") > 0;
    for (int64_t i = 0; is_good && i < FILE_BARS; i++) {
        int64_t open = px, reach = 1 + (int64_t)qt_rng_below(rng, 9000);
        px += (int64_t)qt_rng_below(rng, 2000) - 1000;
        int64_t high = QT_MAX(open, px) + reach, low = QT_MIN(open, px) - reach;
        is_good = gzprintf(file, "%lld,%.4f,%.4f,%.4f,%.4f,%.3f\n",
                           (long long)(INT64_C(1704067200000) + i * 3600000), (double)open / 1e4,
                           (double)high / 1e4, (double)low / 1e4, (double)px / 1e4,
                           (double)qt_rng_below(rng, 1000000000) / 1e3) > 0;
    }
    return file && gzclose(file) == Z_OK && is_good;
}

static void *
load_start(void)
{
    struct load_run *run = calloc(1, sizeof *run);
    struct qt_rng rng;
    char path[64];
    if (!run)
        return NULL;
    qt_rng_init(&rng, QT_BENCH_SEED);
    qt_copy(run->folder, sizeof run->folder, "/tmp/qtrade-bench-XXXXXX");
    bool is_good = mkdtemp(run->folder) != NULL;
    for (int i = 0; is_good && i < FILES; i++) {
        file_of(run, i, path);
        is_good = file_write(path, &rng);
    }
    if (is_good)
        return run;
    load_end(run);
    return NULL;
}

static uint64_t
load_work(void *state, size_t batch)
{
    struct load_run *run = state;
    struct qt_dataset data;
    struct qt_error err;
    bool is_read =
        qt_dataset_load(run->folder, QT_TIME_NONE, QT_TIME_NONE, true, NULL, NULL, &data, &err);
    qt_assert(is_read && data.n * FILE_BARS == batch);
    qt_dataset_finish(&data);
    return batch;
}

const struct qt_benchmark qt_bench_market[] = {
    {.name = "market.bars_trade",
     .help = "one trade into the bars of all timeframes",
     .samples = 2000,
     .batch = 1000,
     .start = bars_start,
     .work = bars_work,
     .end = free},
    {.name = "market.book_level",
     .help = "one level changed in that book, and both best prices read",
     .samples = 2000,
     .batch = 200,
     .start = book_start,
     .work = level_work,
     .end = book_end},
    {.name = "market.book_update",
     .help = "a diff of two levels into a book of 1000 a side",
     .samples = 2000,
     .batch = 200,
     .start = book_start,
     .work = book_work,
     .end = book_end},
    {.name = "market.load_bar",
     .help = "a recorded bar of a folder of csv.gz files, read on all cores",
     .samples = 20,
     .batch = (size_t)FILES * FILE_BARS,
     .start = load_start,
     .work = load_work,
     .end = load_end},
    {0}};
