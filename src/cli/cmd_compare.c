/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade compare: a recorded session beside its simulation, order by order, and what the session
 * says of its venue.
 */
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "commands_priv.h"
#include "compare_priv.h"
#include "interrupt_priv.h"
#include "journaling_priv.h"
#include "replay_priv.h"

#define BPS_MOST 1000

static void
give(struct qt__compare_parameter *parameter, double value)
{
    *parameter = (struct qt__compare_parameter){value, QT__ORIGIN_GIVEN};
}

/* "order=20ms" or "cancel=20ms:0.3": a median, and sigma; without one there is none. */
static bool
read_latency(const char *spec, struct qt__compare_parameters *out, struct qt_error *err)
{
    const char *equals = strchr(spec, '=');
    size_t n = equals ? (size_t)(equals - spec) : 0;
    bool is_order = n == 5 && memcmp(spec, "order", n) == 0;
    bool is_cancel = n == 6 && memcmp(spec, "cancel", n) == 0;
    struct qt_latency_law law;
    if (!is_order && !is_cancel)
        return qt_fail(err, QT_E_USAGE, "--latency '%s' is not order=TIME or cancel=TIME", spec);
    if (!qt_latency_law_parse(equals + 1, 0, &law))
        return qt_fail(err, QT_E_USAGE,
                       "--latency '%s': after = comes a time up to 60s, and maybe :SIGMA, 0 to 5",
                       spec);
    give(is_order ? &out->order_ms : &out->cancel_ms,
         (double)law.median_ns / (double)QT_NS_PER_MS);
    give(is_order ? &out->order_sigma : &out->cancel_sigma, law.sigma);
    return true;
}

/* "MAKER/TAKER" in basis points. */
static bool
read_fees(const char *text, struct qt__compare_parameters *out, struct qt_error *err)
{
    const char *slash = strchr(text, '/');
    char maker[32] = "";
    double a = 0, b = 0;
    if (!slash || !qt_copy_n(maker, sizeof maker, text, (size_t)(slash - text)) ||
        !qt_double_parse(maker, &a) || !qt_double_parse(slash + 1, &b) ||
        !(a >= 0 && a <= BPS_MOST && b >= 0 && b <= BPS_MOST))
        return qt_fail(err, QT_E_USAGE,
                       "--fees '%s' is not MAKER/TAKER in basis points, 0 to %d each", text,
                       BPS_MOST);
    give(&out->maker_bps, a);
    give(&out->taker_bps, b);
    return true;
}

static bool
read_parameters(const struct qt_args *args, struct qt__compare_parameters *out,
                struct qt_error *err)
{
    const char *spec;
    double queue;
    *out = (struct qt__compare_parameters){.order_ms.origin = QT__ORIGIN_ASSUMED,
                                           .order_sigma.origin = QT__ORIGIN_ASSUMED,
                                           .cancel_ms.origin = QT__ORIGIN_ASSUMED,
                                           .cancel_sigma.origin = QT__ORIGIN_ASSUMED,
                                           .queue_ahead.origin = QT__ORIGIN_ASSUMED,
                                           .maker_bps.origin = QT__ORIGIN_ASSUMED,
                                           .taker_bps.origin = QT__ORIGIN_ASSUMED};
    for (unsigned k = 0; (spec = qt_args_at(args, "latency", k)) != NULL; k++)
        if (!read_latency(spec, out, err))
            return false;
    spec = qt_args_get(args, "fees");
    if ((spec && !read_fees(spec, out, err)) ||
        !qt_args_double(args, "queue", 1, 0, 1, &queue, err))
        return false;
    if (qt_args_has(args, "queue"))
        give(&out->queue_ahead, queue);
    return true;
}

/* What one run needs. */
struct plan {
    const char *folder, *session;
    struct qt_journal_key key;
    int64_t seed, orders;
    bool is_json, runs_engine;
};

/* Opens the session again: each reading begins at its head. */
static bool
read_session(struct plan *plan, struct qt__compare *compare,
             bool (*read)(struct plan *plan, struct qt__compare *compare,
                          struct qt_journal_reader *reader, struct qt_error *err),
             struct qt_error *err)
{
    struct qt_journal_reader *reader =
        qt_journal_open(plan->folder, compare->head->session, &plan->key, err);
    bool is_good = reader && read(plan, compare, reader, err);
    qt_journal_reader_close(reader);
    return is_good;
}

static bool
simulate(struct plan *plan, struct qt__compare *compare, struct qt_journal_reader *reader,
         struct qt_error *err)
{
    return qt__compare_simulate(compare, reader, (uint64_t)plan->seed, err);
}

static bool
run_engine(struct plan *plan, struct qt__compare *compare, struct qt_journal_reader *reader,
           struct qt_error *err)
{
    const struct qt__compare_signals_plan again = {
        .reader = reader, .folder = plan->folder, .key = &plan->key, .seed = (uint64_t)plan->seed};
    return qt__compare_run(compare, &again, err);
}

static bool
tell(const struct plan *plan, const struct qt__compare *compare, struct qt_error *err)
{
    struct qt__compare_totals totals;
    if (!qt__compare_total(compare, &totals, err))
        return false;
    return plan->is_json ? qt__compare_json(compare, &totals, stdout, err)
                         : qt__compare_text(compare, &totals, (size_t)plan->orders, stdout, err);
}

static bool
compare_session(struct plan *plan, const struct qt__compare_parameters *given,
                struct qt_journal_reader *reader, struct qt_error *err)
{
    struct qt__compare compare;
    bool is_good = qt__compare_init(&compare, qt_journal_reader_head(reader), err);
    compare.parameters = *given;
    is_good = is_good && qt__replay_settings(compare.head, &compare.settings, err) &&
              qt__compare_read(&compare, reader, err) &&
              qt__compare_fit(&compare, (uint64_t)plan->seed, err);
    if (is_good)
        qt__compare_settle(&compare);
    is_good = is_good && read_session(plan, &compare, simulate, err) &&
              (!plan->runs_engine || read_session(plan, &compare, run_engine, err)) &&
              tell(plan, &compare, err);
    qt__compare_finish(&compare);
    return is_good;
}

static bool
compare_run(const struct qt_args *args, struct qt_error *err)
{
    struct plan plan = {.folder = args->operands[0],
                        .session = qt_args_get(args, "session"),
                        .is_json = qt_args_has(args, "json"),
                        .runs_engine = qt_args_has(args, "signals")};
    struct qt__compare_parameters given;
    qt__interrupt_begin();
    if (!read_parameters(args, &given, err) ||
        !qt_args_int(args, "seed", 1, 0, INT64_MAX, &plan.seed, err) ||
        !qt_args_int(args, "orders", 20, 0, 1000000, &plan.orders, err) ||
        !qt__journaling_key(plan.folder, qt_args_get(args, "key-file"), args, &plan.key, err))
        return false;
    struct qt_journal_reader *reader = qt_journal_open(plan.folder, plan.session, &plan.key, err);
    bool is_good = reader && compare_session(&plan, &given, reader, err);
    qt_journal_reader_close(reader);
    qt_journal_key_wipe(&plan.key);
    return is_good;
}

const struct qt_command qt_cmd_compare = {
    .name = "compare",
    .summary = "hold a recorded session beside its simulation, and calibrate it",
    .operands = "JOURNAL",
    .min_operands = 1,
    .max_operands = 1,
    .options =
        (const struct qt_option[]){
            {"session", 0, "ID", "of several in the folder; default the last"},
            {"latency", 0, "KIND=TIME[:SIGMA]",
             "order or cancel takes so long in the simulation; default as calibrated", true},
            {"queue", 0, "PART",
             "of what is seen, 0 to 1, a resting order stands behind; default as calibrated"},
            {"fees", 0, "MAKER/TAKER", "of the simulation, in basis points; default as calibrated"},
            {"signals", 0, NULL,
             "run the engine on the simulation too, and say which orders it decides again"},
            {"orders", 0, "N", "show the N orders that differ most; default 20"},
            {"seed", 0, "N", "of the latencies that are drawn; default 1"},
            {"key-file", 0, "FILE",
             "the journal's key; default JOURNAL/journal.key, else the store's beside it"},
            {"json", 0, NULL, "one JSON document, with every order"},
            {0}},
    .run = compare_run,
};
