/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade backtest: the engine over recorded data, and the proof that it does not look ahead: the
 * same data cut at many points gives the same decisions up to each cut.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "qtrade/base/time.h"

#include "backtest_priv.h"
#include "commands_priv.h"
#include "interrupt_priv.h"
#include "reading_priv.h"

enum { DEFAULT_CUTS = 8 };

static bool
read_plan(const struct qt_args *args, struct qt_settings *settings, struct qt__backtest_plan *out,
          struct qt_error *err)
{
    struct qt_simulation_config *simulation = &settings->simulation;
    int64_t seed = 1, latency = 0;
    double fee = 0;
    const char *capital = qt_args_get(args, "capital");
    *out = (struct qt__backtest_plan){.settings = settings,
                                      .folder = qt_args_get(args, "data"),
                                      .report = qt_args_get(args, "report"),
                                      .journal = qt_args_get(args, "journal"),
                                      .is_strict = qt_args_has(args, "strict"),
                                      .shows_progress = isatty(STDERR_FILENO),
                                      .label = "playing"};
    if (!out->folder)
        return qt_fail(err, QT_E_USAGE, "--data is missing (a folder of SYMBOL-INTERVAL.csv[.gz])");
    if (!qt_money_parse(capital ? capital : "100000", QT_MONEY_SCALE, &out->capital) ||
        qt_money_sign(out->capital) <= 0)
        return qt_fail(err, QT_E_USAGE, "--capital is '%s': must be an amount above 0", capital);
    if (!qt_settings_load(args, settings, err) || !qt_settings_check_shorts(settings, true, err) ||
        !qt_args_time(args, "from", QT_TIME_NONE, &out->from_ns, err) ||
        !qt_args_time(args, "to", QT_TIME_NONE, &out->to_ns, err) ||
        !qt_args_int(args, "seed", 1, 0, INT64_MAX, &seed, err) ||
        !qt_args_double(args, "fee", 0, 0, 1000, &fee, err) ||
        !qt_args_duration(args, "latency", 0, &latency, err))
        return false;
    out->seed = (uint64_t)seed;
    if (qt_args_has(args, "fee"))
        simulation->maker_bps = simulation->taker_bps = simulation->perpetual_maker_bps =
            simulation->perpetual_taker_bps = fee;
    if (qt_args_has(args, "latency")) {
        simulation->order_ms = simulation->cancel_ms = (double)latency / (double)QT_NS_PER_MS;
        simulation->order_sigma = simulation->cancel_sigma = 0;
    }
    return true;
}

/* Decisions before the cut are the same ones in the same order. */
static bool
compare_cut(const struct qt__backtest_log *whole, const struct qt__backtest_log *cut, int64_t t_ns,
            size_t *out_compared, struct qt_error *err)
{
    char time[QT_TIME_TEXT];
    size_t i = 0;
    for (;; i++) {
        bool in_whole = i < whole->decisions_made && whole->decided[i].t_ns < t_ns;
        bool in_cut = i < cut->decisions_made && cut->decided[i].t_ns < t_ns;
        if (!in_whole && !in_cut)
            break;
        if (!in_whole || !in_cut || whole->decided[i].hash != cut->decided[i].hash)
            return qt_fail(err, QT_E_VERIFY,
                           "data cut at %s: decision %zu differs: the engine has looked ahead",
                           qt_time_format(t_ns, time), i + 1);
    }
    *out_compared = i;
    return true;
}

static bool
prove_cut(const struct qt__backtest_plan *plan, const struct qt__backtest_result *whole,
          int64_t t_ns, struct qt_error *err)
{
    struct qt__backtest_plan shorter = *plan;
    struct qt__backtest_result *cut = calloc(1, sizeof *cut);
    size_t compared = 0;
    char time[QT_TIME_TEXT];
    if (!cut)
        return qt_fail(err, QT_E_MEMORY, "no memory for the cut");
    shorter.to_ns = t_ns;
    shorter.report = shorter.journal = NULL;
    shorter.label = "cut";
    bool holds = qt__backtest(&shorter, cut, err) &&
                 compare_cut(&whole->log, &cut->log, t_ns, &compared, err);
    if (holds)
        printf("cut at %s: %zu decisions before it are the same\n", qt_time_format(t_ns, time),
               compared);
    qt__backtest_result_finish(cut);
    free(cut);
    return holds;
}

/* Cuts at whole hours, with as many decisions between any two. */
static bool
prove(const struct qt__backtest_plan *plan, const struct qt__backtest_result *whole, int64_t cuts,
      struct qt_error *err)
{
    const struct qt__backtest_log *log = &whole->log;
    if (log->decisions_made == 0)
        return qt_fail(err, QT_E_VERIFY, "no decision was made: there is nothing to compare");
    for (int64_t i = 1; i <= cuts; i++) {
        size_t at = log->decisions_made * (size_t)i / (size_t)(cuts + 1);
        int64_t t_ns = qt_time_floor(log->decided[at].t_ns, QT_NS_PER_HOUR);
        if (!prove_cut(plan, whole, t_ns, err))
            return false;
    }
    printf("no look-ahead: %" PRId64 " cuts, %zu decisions in the whole run\n", cuts,
           log->decisions_made);
    return true;
}

static bool
tell(const struct qt_args *args, const struct qt__backtest_plan *plan,
     const struct qt__backtest_result *result, struct qt_error *err)
{
    const char *quote = plan->settings->scan.quote_asset;
    if (plan->report && !qt__backtest_html(result, plan->report, plan->folder, quote, err))
        return false;
    if (qt_args_has(args, "json"))
        return qt__backtest_json(result, stdout, err);
    qt__backtest_text(result, quote, stdout);
    return fflush(stdout) == 0 || qt_fail_errno(err, QT_E_IO, "writing the result");
}

static bool
backtest_run(const struct qt_args *args, struct qt_error *err)
{
    struct qt_settings *settings = calloc(1, sizeof *settings);
    struct qt__backtest_result *result = calloc(1, sizeof *result);
    struct qt__backtest_plan plan;
    int64_t cuts = DEFAULT_CUTS;
    bool is_good = settings && result;
    qt__interrupt_begin();
    if (!is_good)
        qt_fail(err, QT_E_MEMORY, "no memory for the backtest");
    is_good = is_good && qt_args_int(args, "cuts", DEFAULT_CUTS, 1, 1000, &cuts, err) &&
              read_plan(args, settings, &plan, err) && qt__backtest(&plan, result, err);
    if (is_good) {
        qt__reading_tell_skipped(&result->read);
        is_good = qt_args_has(args, "lookahead") ? prove(&plan, result, cuts, err)
                                                 : tell(args, &plan, result, err);
        if (is_good && !result->is_conserved)
            is_good = qt_fail(err, QT_E_VERIFY, "the books do not add up");
    }
    if (result)
        qt__backtest_result_finish(result);
    free(result);
    free(settings);
    return is_good;
}

const struct qt_command qt_cmd_backtest = {
    .name = "backtest",
    .summary = "trade recorded data with the engine of live trading, and measure it",
    .options =
        (const struct qt_option[]){
            {"data", 'd', "DIR", "folder of SYMBOL-INTERVAL.csv[.gz] klines"},
            {"from", 0, "TIME", "bars from this time; default: the first"},
            {"to", 0, "TIME", "bars before this time; default: all"},
            {"capital", 0, "AMOUNT", "quote money to begin with; default 100000"},
            {"fee", 0, "BPS", "of every fill, 0 to 1000; default: as configured"},
            {"latency", 0, "TIME", "from decision to exchange (100ms, 2s); default: as configured"},
            {"seed", 0, "N", "of the ticks inside the bars; default 1"},
            {"report", 'o', "DIR", "write trades, orders, equity, decisions and report.html there"},
            {"journal", 0, "DIR", "keep a journal there, for qtrade replay"},
            {"lookahead", 0, NULL, "prove that cutting the data changes no earlier decision"},
            {"cuts", 0, "N", "cuts of --lookahead, 1 to 1000; default 8"},
            {"json", 0, NULL, "one JSON document"},
            {"strict", 0, NULL, "stop at the first malformed row"},
            {0}},
    .run = backtest_run,
};
