/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade scan: ranks recorded data once, through the same stages that the engine runs every cycle.
 * The regime is given the cycles of the last 48 bars, so that its stability and hysteresis are
 * those of a running engine.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/base/config.h"
#include "qtrade/base/parallel.h"
#include "qtrade/base/time.h"
#include "qtrade/indicator/indicator.h"
#include "qtrade/market/bars.h"
#include "qtrade/market/reader.h"
#include "qtrade/scan/scan.h"

#include "commands_priv.h"
#include "reading_priv.h"
#include "scan_print_priv.h"
#include "settings_priv.h"

#define WARM_CYCLES 48
#define DEFAULT_ROWS 25

/* One recorded symbol on its way through the scan. */
struct track {
    const struct qt_series *series;
    size_t fed;
    struct qt_bars bars;
    struct qt_scan_symbol state;
};

struct run {
    const char *folder;
    struct qt_scan_config config;
    struct qt_dataset data;
    struct track *tracks;
    const struct qt_scan_symbol **symbols;
    struct qt_scan_row *rows;
    void *block; /* of scratch */
    struct qt_scan_scratch scratch;
    struct qt_regime_state regime;
    struct qt_scan_result result;
    int64_t period_ns, at_ns, now_ns; /* now_ns: of the cycle */
    bool is_coarse;
    uint32_t reference;
};

static void
run_auto(struct run **p)
{
    struct run *run = *p;
    if (!run)
        return;
    qt_dataset_finish(&run->data);
    free(run->tracks);
    free(run->symbols);
    free(run->rows);
    free(run->block);
    free(run);
}

/* The configured interval, or the data's own when that is longer. */
static bool
choose_period(struct run *run, struct qt_error *err)
{
    run->period_ns = qt_scan_interval_ns(&run->config);
    for (size_t i = 0; i < run->data.n; i++) {
        const struct qt_series *series = &run->data.series[i];
        if (qt_timeframe_of_ns(series->period_ns) == QT_TIMEFRAMES)
            return qt_fail(err, QT_E_DATA,
                           "%s: bars of %ld s cannot be scanned (1m, 5m, 15m, 1h, 4h, 1d can)",
                           series->ins.symbol, (long)(series->period_ns / QT_NS_PER_S));
        if (series->period_ns > run->period_ns) {
            run->period_ns = series->period_ns;
            run->is_coarse = true;
        }
    }
    return true;
}

static int64_t
end_of_data(const struct qt_dataset *data)
{
    int64_t end = 0;
    for (size_t i = 0; i < data->n; i++) {
        const struct qt_series *series = &data->series[i];
        if (series->n > 0)
            end = QT_MAX(end, series->bars[series->n - 1].open_ns + series->period_ns);
    }
    return end;
}

static bool
prepare(struct run *run, struct qt_error *err)
{
    size_t n = run->data.n;
    run->tracks = calloc(n, sizeof *run->tracks);
    run->symbols = calloc(n, sizeof *run->symbols);
    run->rows = calloc(n, sizeof *run->rows);
    run->block = malloc(qt_scan_scratch_bytes(n));
    if (!run->tracks || !run->symbols || !run->rows || !run->block)
        return qt_fail(err, QT_E_MEMORY, "scanning %zu symbols: no memory", n);
    qt_scan_scratch_init(&run->scratch, run->block, n);
    qt_regime_init(&run->regime);
    run->reference = QT_NO_INSTRUMENT;
    for (size_t i = 0; i < n; i++) {
        struct track *track = &run->tracks[i];
        track->series = &run->data.series[i];
        qt_bars_init(&track->bars, &track->series->ins);
        qt_scan_symbol_init(&track->state, &run->config, run->period_ns);
        run->symbols[i] = &track->state;
        if (strcmp(track->series->ins.symbol, run->config.reference) == 0)
            run->reference = (uint32_t)i;
    }
    return true;
}

static void
take_bar(void *context, enum qt_timeframe tf, const struct qt_bar *bar)
{
    struct track *track = context;
    const struct qt_instrument *ins = &track->series->ins;
    if (qt_timeframe_ns(tf) != track->state.period_ns)
        return;
    struct qt_ohlcv ohlcv = qt_ohlcv_of(bar, ins->px_scale, ins->qty_scale);
    (void)qt_scan_symbol_bar(&track->state, &ohlcv,
                             qt_money_to_double(bar->quote_volume, QT_MONEY_SCALE));
}

/* Feeds what had ended at now_ns; nothing later is touched. */
static void
feed(struct track *track, int64_t now_ns)
{
    const struct qt_series *series = track->series;
    while (track->fed < series->n && series->bars[track->fed].open_ns + series->period_ns <= now_ns)
        qt_bars_bar(&track->bars, &series->bars[track->fed++], take_bar, track);
}

/* One symbol of a cycle; knows of no other. */
static void
measure(void *context, size_t i)
{
    struct run *run = context;
    struct track *track = &run->tracks[i];
    feed(track, run->now_ns);
    struct qt_scan_live live = {
        .ins = &track->series->ins,
        .instrument = (uint32_t)i,
        .now_ns = run->now_ns,
        .spread_bps = QT_SPREAD_UNKNOWN,
        .feed_age_ns = INT64_MAX,
        .traded_ns = QT_TIME_NONE,
        .is_recorded = true,
    };
    qt_scan_symbol_measure(&track->state, &run->config, &live, &run->rows[i]);
}

static void
cycle(struct run *run, int64_t now_ns)
{
    run->now_ns = now_ns;
    qt_parallel(run->data.n, 0, measure, run);
    qt_scan_rank(&run->config, run->rows, run->symbols, run->data.n, run->reference, now_ns,
                 &run->regime, &run->scratch, &run->result);
}

static bool
load(struct run *run, const struct qt_args *args, struct qt_error *err)
{
    run->folder = qt_args_get(args, "data");
    if (!run->folder)
        return qt_fail(err, QT_E_USAGE, "--data is missing (a folder of SYMBOL-INTERVAL.csv[.gz])");
    struct qt_settings settings;
    if (!qt_settings_load(args, &settings, err))
        return false;
    run->config = settings.scan;
    int64_t at = QT_TIME_NONE;
    if (!qt_args_time(args, "at", QT_TIME_NONE, &at, err))
        return false;
    if (!qt_dataset_load(run->folder, QT_TIME_NONE, at, qt_args_has(args, "strict"),
                         isatty(STDERR_FILENO) ? qt__reading_show : NULL,
                         (void *)(uintptr_t)run->folder, &run->data, err))
        return qt_error_add(err, "scanning");
    qt__reading_tell_skipped(&run->data.report);
    run->at_ns = at == QT_TIME_NONE ? end_of_data(&run->data) : at;
    return choose_period(run, err) && prepare(run, err);
}

/* The row of --why; -1 when it was not asked for. False: no such symbol. */
static bool
row_of_why(const struct run *run, const struct qt_args *args, long *out, struct qt_error *err)
{
    const char *symbol = qt_args_get(args, "why");
    *out = -1;
    for (size_t i = 0; symbol && i < run->data.n; i++)
        if (strcmp(run->data.series[i].ins.symbol, symbol) == 0)
            *out = (long)i;
    if (symbol && *out < 0)
        return qt_fail(err, QT_E_USAGE, "--why %s: no bars of it before that time in %s", symbol,
                       run->folder);
    return true;
}

static bool
scan_run(const struct qt_args *args, struct qt_error *err)
{
    int64_t rows = DEFAULT_ROWS;
    if (qt_args_has(args, "json") && qt_args_has(args, "csv"))
        return qt_fail(err, QT_E_USAGE, "--json and --csv exclude each other");
    if (!qt_args_int(args, "rows", DEFAULT_ROWS, 0, QT_INSTRUMENTS_MAX, &rows, err))
        return false;
    __attribute__((cleanup(run_auto))) struct run *run = calloc(1, sizeof *run);
    if (!run)
        return qt_fail(err, QT_E_MEMORY, "scanning: no memory");
    long why = -1;
    if (!load(run, args, err) || !row_of_why(run, args, &why, err))
        return false;
    for (int64_t back = WARM_CYCLES - 1; back >= 0; back--)
        cycle(run, run->at_ns - back * run->period_ns);
    struct qt__scan_view view = {
        .folder = run->folder,
        .config = &run->config,
        .data = &run->data,
        .rows = run->rows,
        .order = run->scratch.order,
        .result = &run->result,
        .period_ns = run->period_ns,
        .history = qt_scan_history_bars(&run->config, run->period_ns),
        .is_coarse = run->is_coarse,
    };
    if (qt_args_has(args, "json"))
        qt__scan_print_json(&view, why, stdout);
    else if (qt_args_has(args, "csv"))
        qt__scan_print_csv(&view, stdout);
    else if (why >= 0)
        qt__scan_print_why(&view, (uint32_t)why, stdout);
    else
        qt__scan_print_table(&view, rows == 0 ? UINT32_MAX : (uint32_t)rows, stdout);
    if (fflush(stdout) != 0)
        return qt_fail_errno(err, QT_E_IO, "writing the scan");
    return true;
}

const struct qt_command qt_cmd_scan = {
    .name = "scan",
    .summary = "rank recorded data once and say why",
    .options =
        (const struct qt_option[]){
            {"data", 'd', "DIR", "folder of SYMBOL-INTERVAL.csv[.gz] klines"},
            {"at", 0, "TIME", "the moment to rank at; default: the end of the data"},
            {"why", 'w', "SYMBOL", "everything behind one symbol's place"},
            {"rows", 'n', "N", "ranked rows in the table, 0: all; default 25"},
            {"json", 0, NULL, "one JSON document"},
            {"csv", 0, NULL, "one row a symbol"},
            {"strict", 0, NULL, "stop at the first malformed row"},
            {0}},
    .run = scan_run,
};
