/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One backtest: the engine of live trading over recorded klines, with the simulated exchange inside
 * its thread. Single-threaded, no clock: the same inputs give the same bytes.
 */
#include <inttypes.h>
#include <string.h>

#include "qtrade/base/time.h"
#include "qtrade/sim/inline_venue.h"
#include "qtrade/sim/source.h"

#include "backtest_priv.h"
#include "interrupt_priv.h"
#include "journaling_priv.h"
#include "reading_priv.h"

enum { PROGRESS_NS = 200 * QT_NS_PER_MS };

/* Everything of one run; ends through end(). */
struct run {
    const struct qt__backtest_plan *plan;
    struct qt__backtest_result *result;
    struct qt_dataset data;
    struct qt_universe *universe;
    struct qt_source *source;
    struct qt_inline_venue *venue;
    struct qt_journal *journal;
    struct qt_engine *engine;
    struct qt_settings settings; /* as the engine runs on them */
    struct qt_feed_port inner;
    atomic_bool stop;
    int64_t begun_ns, shown_ns;
    uint64_t ticks;
};

static void
show_progress(struct run *run, bool is_last)
{
    enum { BAR = 30 };
    int64_t now = qt_now_mono_ns();
    if (!run->plan->shows_progress || (!is_last && now - run->shown_ns < PROGRESS_NS))
        return;
    run->shown_ns = now;
    double done = is_last ? 1 : qt_source_progress(run->source);
    double seconds = (double)(now - run->begun_ns) / (double)QT_NS_PER_S;
    double left = done > 0.001 ? seconds * (1 - done) / done : 0;
    char bar[BAR + 1];
    for (int i = 0; i < BAR; i++)
        bar[i] = i < (int)(done * BAR) ? '#' : '.';
    bar[BAR] = '\0';
    fprintf(stderr, "\r%s [%s] %3.0f %%  %.0f ticks/s  %.0f s left  %s", run->plan->label, bar,
            done * 100, seconds > 0 ? (double)run->ticks / seconds : 0, left, is_last ? "\n" : "");
}

/* The feed, with an eye on the clock of the one who waits, and on Ctrl-C. */
static int
work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct run *run = self;
    int n = run->inner.work(run->inner.self, sink, timeout_ms);
    run->ticks += n > 0 ? (uint64_t)n : 0;
    show_progress(run, n < 0);
    if (qt__interrupted())
        atomic_store(&run->stop, true);
    return n;
}

static bool
load(struct run *run, struct qt_error *err)
{
    const struct qt__backtest_plan *plan = run->plan;
    if (!qt_dataset_load(plan->folder, plan->from_ns, plan->to_ns, plan->is_strict,
                         plan->shows_progress ? qt__reading_show : NULL,
                         (void *)(uintptr_t)plan->folder, &run->data, err))
        return qt_error_add(err, "backtesting");
    if (qt__interrupted())
        return qt_fail(err, QT_E_FAILED, "interrupted");
    for (size_t i = 1; i < run->data.n; i++)
        if (run->data.series[i].period_ns != run->data.series[0].period_ns)
            return qt_fail(
                err, QT_E_DATA, "%s: bars of several periods (%s, %s): use a folder of one",
                plan->folder, run->data.series[0].ins.symbol, run->data.series[i].ins.symbol);
    if (qt_timeframe_of_ns(run->data.series[0].period_ns) == QT_TIMEFRAMES)
        return qt_fail(err, QT_E_DATA, "%s: bars of %" PRId64 " s cannot be played", plan->folder,
                       run->data.series[0].period_ns / QT_NS_PER_S);
    run->result->read = run->data.report;
    return true;
}

static bool
open_market(struct run *run, struct qt_error *err)
{
    const struct qt__backtest_plan *plan = run->plan;
    const struct qt_replay_options replay = {.seed = plan->seed, .start_ns = QT_TIME_NONE};
    struct qt_perp_options perp =
        qt_settings_perpetuals(plan->settings, run->data.series[0].period_ns);
    bool is_perpetual = qt_settings_trades_perpetuals(plan->settings);
    struct qt_inline_options options = {.perp = is_perpetual ? &perp : NULL,
                                        .exchange = {.fee_mode = QT_FEE_QUOTE},
                                        .seed = plan->seed,
                                        .deposit = plan->capital};
    qt_simulation_apply(&plan->settings->simulation, &options);
    qt_copy(options.deposit_asset, sizeof options.deposit_asset, plan->settings->scan.quote_asset);
    run->universe = qt_universe_create();
    if (!run->universe)
        return qt_fail(err, QT_E_MEMORY, "no memory for the universe");
    run->source = qt_source_replay(&run->data, &replay, run->universe, err);
    if (!run->source)
        return false;
    run->venue = qt_inline_backtest_create(run->source, run->universe, &options, err);
    if (!run->venue)
        return false;
    run->inner = qt_inline_feed(run->venue);
    return true;
}

static bool
open_journal(struct run *run, struct qt_error *err)
{
    if (!run->plan->journal)
        return true;
    const struct qt__journaling what = {.folder = run->plan->journal,
                                        .settings = run->plan->settings,
                                        .run_kind = "backtest",
                                        .universe = run->universe,
                                        .base_period_ns = run->data.series[0].period_ns,
                                        .is_recorded = true};
    run->journal = qt__journaling_begin(&what, err);
    return run->journal != NULL;
}

static bool
open_engine(struct run *run, struct qt_error *err)
{
    run->settings = *run->plan->settings;
    qt_settings_for_recorded(&run->settings, run->data.series[0].period_ns);
    const struct qt_settings *settings = &run->settings;
    struct qt_engine_options options = {.engine = &settings->engine,
                                        .scan = &settings->scan,
                                        .strategy = &settings->strategy,
                                        .risk = &settings->risk,
                                        .execution = &settings->execution,
                                        .quality = &settings->quality,
                                        .universe = run->universe,
                                        .feed = {.self = run, .work = work},
                                        .venue = qt_inline_port(run->venue),
                                        .store = qt__backtest_log_port(&run->result->log),
                                        .run_kind = "backtest",
                                        .base_period_ns = run->data.series[0].period_ns,
                                        .is_recorded = true,
                                        .publishes = true};
    if (run->journal)
        options.journal = qt_journal_port(run->journal);
    run->engine = qt_engine_create(&options, err);
    return run->engine != NULL;
}

static bool
take_costs(struct run *run, struct qt_error *err)
{
    uint32_t n = run->result->symbols;
    run->result->cost = calloc((size_t)n * QT_ALGORITHMS, sizeof *run->result->cost);
    if (!run->result->cost)
        return qt_fail(err, QT_E_MEMORY, "no memory for the costs of %u symbols", n);
    for (uint32_t i = 0; i < n * QT_ALGORITHMS; i++)
        qt_engine_cost(run->engine, i / QT_ALGORITHMS, (enum qt_algorithm)(i % QT_ALGORITHMS),
                       &run->result->cost[i]);
    return true;
}

static void
take_result(struct run *run)
{
    struct qt__backtest_result *result = run->result;
    qt_engine_publish(run->engine);
    const struct qt_snapshot *last = qt_engine_snapshot(run->engine);
    result->from_ns = qt_source_start_ns(run->source);
    result->to_ns = last->t_ns;
    result->symbols = last->instruments;
    result->counts = last->counts;
    result->initial = last->initial_equity;
    result->final = last->equity;
    result->fees = last->fees;
    result->funding = last->funding;
    result->has_equity = last->has_equity;
    result->is_conserved =
        last->is_conserved && qt_inline_is_conserved(run->venue);
    result->open_positions = last->positions;
    result->decision_hash = qt_engine_decision_hash(run->engine);
    qt_engine_snapshot_unref(run->engine, last);
}

static bool
play(struct run *run, struct qt_error *err)
{
    run->begun_ns = qt_now_mono_ns();
    bool has_run = qt_engine_run(run->engine, &run->stop, err);
    run->result->wall_s = (double)(qt_now_mono_ns() - run->begun_ns) / (double)QT_NS_PER_S;
    if (!has_run)
        return false;
    if (qt__interrupted() && run->plan->shows_progress)
        fputc('\n', stderr); /* its line has no end yet */
    if (qt__interrupted())
        return qt_fail(err, QT_E_FAILED, "interrupted");
    take_result(run);
    return take_costs(run, err);
}

static bool
measure(struct run *run, struct qt_error *err)
{
    const struct qt__backtest_log *log = &run->result->log;
    struct qt_trades_total total = log->total;
    total.fees = run->result->fees;
    return qt_performance_compute(log->point, log->points, QT_NS_PER_HOUR, log->trip, log->trips,
                                  &total, &run->result->performance, err);
}

static bool
close_journal(struct run *run, struct qt_error *err)
{
    struct qt_journal *journal = run->journal;
    run->journal = NULL;
    return qt_journal_close(journal, err);
}

static void
end(struct run *run)
{
    struct qt_error ignored = {0};
    bool was_good = close_journal(run, &ignored); /* told when it was asked before */
    (void)was_good;
    qt_engine_destroy(run->engine);
    qt_inline_destroy(run->venue);
    qt_source_destroy(run->source);
    qt_dataset_finish(&run->data);
    run->result->universe = run->universe;
}

void
qt__backtest_result_finish(struct qt__backtest_result *result)
{
    qt__backtest_log_finish(&result->log);
    free(result->cost);
    result->cost = NULL;
    qt_universe_destroy(result->universe);
    result->universe = NULL;
}

bool
qt__backtest(const struct qt__backtest_plan *plan, struct qt__backtest_result *out,
             struct qt_error *err)
{
    struct run run = {.plan = plan, .result = out};
    *out = (struct qt__backtest_result){0};
    bool is_good = load(&run, err) && open_market(&run, err) &&
                   qt__backtest_log_open(&out->log, plan->report, run.universe, err) &&
                   open_journal(&run, err) && open_engine(&run, err) && play(&run, err) &&
                   qt__backtest_log_close(&out->log, err) && close_journal(&run, err) &&
                   measure(&run, err);
    end(&run);
    return is_good;
}
