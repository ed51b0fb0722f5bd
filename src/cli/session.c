/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Joining and ending a trading session. Threads: the engine's (it works the venue's sockets), the
 * store's, the control socket's, one that waits for signals, and the caller's (screen or waiting).
 */
#include "session_priv.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "qt_config.h"
#include "qtrade/api/document.h"
#include "qtrade/base/time.h"
#include "qtrade/tui/tui.h"

enum { LOAD_MS = 30000, LOOK_MS = 100 };

/* What the screen and the control socket see of the engine. */

static const struct qt_snapshot *
take(void *self)
{
    return qt_engine_snapshot(((struct qt__session *)self)->engine);
}

static void
give(void *self, const struct qt_snapshot *snapshot)
{
    qt_engine_snapshot_unref(((struct qt__session *)self)->engine, snapshot);
}

static bool
command_from_socket(void *self, enum qt_command_kind kind, const char *reason, struct qt_error *err)
{
    return qt_engine_command(((struct qt__session *)self)->engine, kind, QT_SOURCE_SOCKET, reason,
                             err);
}

static bool
command_from_screen(void *self, enum qt_command_kind kind, const char *reason, struct qt_error *err)
{
    return qt_engine_command(((struct qt__session *)self)->engine, kind, QT_SOURCE_SCREEN, reason,
                             err);
}

/* Signals */

static void
session_signals(sigset_t *out)
{
    sigemptyset(out);
    sigaddset(out, SIGINT);
    sigaddset(out, SIGTERM);
    sigaddset(out, SIGUSR1);
    sigaddset(out, SIGUSR2);
}

static void
act_on(struct qt__session *session, int signal)
{
    struct qt_error err = {0};
    bool is_taken = true;
    if (signal == SIGUSR1)
        is_taken =
            qt_engine_command(session->engine, QT_COMMAND_PAUSE, QT_SOURCE_SIGNAL, "SIGUSR1", &err);
    else if (signal == SIGUSR2)
        is_taken = qt_engine_command(session->engine, QT_COMMAND_LIQUIDATE, QT_SOURCE_SIGNAL,
                                     "SIGUSR2", &err);
    else
        atomic_store(&session->leave, signal);
    qt_assert(is_taken); /* a stop is never refused */
}

/* Waits for signals until the session is closed, which it learns by SIGTERM of its own. */
static void *
wait_for_signals(void *argument)
{
    struct qt__session *session = argument;
    sigset_t set;
    int signal;
    session_signals(&set);
    while (sigwait(&set, &signal) == 0 && !atomic_load(&session->is_over))
        act_on(session, signal);
    return NULL;
}

/* Opening, step by step */

static void
show_loading(void *context, const char *what, unsigned done, unsigned of)
{
    const struct qt__session *session = context;
    if (session->plan.shows_progress)
        fprintf(stderr, "\r%s: %u of %u%s", what, done, of, done == of ? "\n" : "");
}

static bool
open_store(struct qt__session *session, struct qt_error *err)
{
    session->store = qt_store_open(session->plan.folder, err);
    return session->store != NULL;
}

static bool
open_venue(struct qt__session *session, struct qt_error *err)
{
    struct qt_binance_options options = *session->plan.venue;
    options.tag = qt_store_tag(session->store);
    session->venue = qt_binance_open(&options, err);
    if (!session->venue)
        return false;
    if (session->plan.shows_progress)
        fprintf(stderr, "connecting to %s\n", options.rest_url);
    session->universe =
        qt_binance_load_universe(session->venue, LOAD_MS, show_loading, session, err);
    return session->universe != NULL;
}

static bool
restore(struct qt__session *session, struct qt_error *err)
{
    uint32_t unknown = 0;
    session->restore = calloc(1, sizeof *session->restore);
    if (!session->restore)
        return qt_fail(err, QT_E_MEMORY, "no memory for what the store holds");
    if (!qt_store_restore(session->store, session->universe, session->restore, &unknown, err))
        return false;
    if (unknown > 0)
        return qt_fail(err, QT_E_DATA,
                       "%u open orders or positions of the store are of symbols that the venue "
                       "does not offer (raise venue.max_symbols, or close them at the venue)",
                       unknown);
    return qt_store_start(session->store, session->universe, err);
}

/* Paper: the live feed moves an exchange inside the engine's thread. */
static bool
open_paper(struct qt__session *session, const struct qt_feed_port *feed, struct qt_error *err)
{
    const struct qt__session_plan *plan = &session->plan;
    struct qt_inline_options options = {.exchange = {.maker_ppm = plan->paper_fee_ppm,
                                                     .taker_ppm = plan->paper_fee_ppm,
                                                     .fee_mode = QT_FEE_QUOTE},
                                        .latency_ns = 100 * QT_NS_PER_MS,
                                        .deposit = plan->paper_capital};
    qt_copy(options.deposit_asset, sizeof options.deposit_asset, plan->settings->scan.quote_asset);
    session->paper = qt_inline_paper_create(feed, session->universe, &options, err);
    return session->paper != NULL;
}

static bool
keeps_market(const struct qt__session *session)
{
    const struct qt__session_plan *plan = &session->plan;
    return plan->journal && plan->keeps_market && plan->settings->engine.state_min > 0;
}

static bool
find_market(struct qt__session *session, struct qt_error *err)
{
    const struct qt__session_plan *plan = &session->plan;
    session->market.log = session->log;
    return !keeps_market(session) ||
           qt__market_keeping_find(&session->market, plan->journal, plan->settings,
                                   session->universe, plan->clock, err);
}

static bool
open_journal(struct qt__session *session, struct qt_error *err)
{
    const struct qt__session_plan *plan = &session->plan;
    if (!plan->journal)
        return true;
    const struct qt__journaling what = {.folder = plan->journal,
                                        .settings = plan->settings,
                                        .run_kind = plan->run_kind,
                                        .universe = session->universe,
                                        .restore = session->restore,
                                        .market = qt__market_keeping_ref(&session->market),
                                        .base_period_ns = QT_NS_PER_MIN};
    session->journal = qt__journaling_begin(&what, err);
    return session->journal != NULL;
}

static bool
open_engine(struct qt__session *session, struct qt_error *err)
{
    const struct qt__session_plan *plan = &session->plan;
    struct qt_engine_options options = {.engine = &plan->settings->engine,
                                        .scan = &plan->settings->scan,
                                        .strategy = &plan->settings->strategy,
                                        .risk = &plan->settings->risk,
                                        .quality = &plan->settings->quality,
                                        .universe = session->universe,
                                        .clock = plan->clock,
                                        .feed = qt_binance_feed(session->venue),
                                        .venue = qt_binance_venue(session->venue),
                                        .store = qt_store_port(session->store),
                                        .log = session->log,
                                        .run_kind = plan->run_kind,
                                        .restore = session->restore,
                                        .base_period_ns = QT_NS_PER_MIN,
                                        .publishes = true};
    if (plan->is_paper) {
        if (!open_paper(session, &options.feed, err))
            return false;
        options.feed = qt_inline_feed(session->paper);
        options.venue = qt_inline_port(session->paper);
    }
    if (session->journal)
        options.journal = qt_journal_port(session->journal);
    if (keeps_market(session) &&
        !qt__market_keeping_join(&session->market, session->journal, session->venue, &options, err))
        return false;
    session->engine = qt_engine_create(&options, err);
    return session->engine != NULL;
}

static bool
open_control(struct qt__session *session, struct qt_error *err)
{
    const struct qt_control_options options = {
        .folder = session->plan.folder,
        .engine = {.self = session, .take = take, .give = give, .command = command_from_socket},
        .version = QT_VERSION};
    session->control = qt_control_start(&options, err);
    return session->control != NULL;
}

static void *
run_engine(void *argument)
{
    struct qt__session *session = argument;
    bool is_good = qt_engine_run(session->engine, &session->stop, &session->failure);
    (void)is_good; /* failure says it */
    atomic_store(&session->is_over, true);
    atomic_store(&session->leave, SIGTERM);
    return NULL;
}

static bool
start_threads(struct qt__session *session, struct qt_error *err)
{
    session->begun_mono_ns = qt_now_mono_ns();
    session->has_thread = pthread_create(&session->thread, NULL, run_engine, session) == 0;
    session->has_signals = session->has_thread &&
                           pthread_create(&session->signals, NULL, wait_for_signals, session) == 0;
    return session->has_signals || qt_fail(err, QT_E_FAILED, "a thread cannot be started");
}

bool
qt__session_open(struct qt__session *session, const struct qt__session_plan *plan,
                 struct qt_error *err)
{
    sigset_t set;
    *session = (struct qt__session){.plan = *plan};
    session_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* before any thread: all inherit it */
    if (!plan->has_screen) {
        static const enum qt_log_level levels[] = {QT_LOG_ERROR, QT_LOG_INFO, QT_LOG_DEBUG};
        session->log = qt_log_open(NULL, levels[QT_MIN(plan->verbose, 2)], QT_LOG_TEXT, err);
        if (!session->log)
            return false;
        signal(SIGHUP, SIG_IGN); /* a headless run outlives its terminal */
    }
    signal(SIGPIPE, SIG_IGN);
    return open_store(session, err) && open_venue(session, err) && restore(session, err) &&
           find_market(session, err) && open_journal(session, err) && open_engine(session, err) && open_control(session, err) &&
           start_threads(session, err);
}

double
qt__session_seconds(const struct qt__session *session)
{
    return (double)(qt_now_mono_ns() - session->begun_mono_ns) / (double)QT_NS_PER_S;
}

/* Ending */

bool
qt__session_stop(struct qt__session *session, struct qt_error *err)
{
    if (!session->has_thread)
        return true;
    atomic_store(&session->stop, true);
    qt_engine_wake(session->engine);
    pthread_join(session->thread, NULL);
    session->has_thread = false;
    qt_engine_publish(session->engine);
    if (session->failure.code == QT_E_NONE)
        return true;
    *err = session->failure;
    return false;
}

void
qt__session_close(struct qt__session *session)
{
    struct qt_error ignored = {0};
    bool was_good = qt__session_stop(session, &ignored);
    (void)was_good; /* told by whoever asked before */
    if (session->has_signals) {
        atomic_store(&session->is_over, true);
        pthread_kill(session->signals, SIGTERM);
        pthread_join(session->signals, NULL);
    }
    qt_control_stop(session->control);
    qt_engine_destroy(session->engine);
    qt__market_keeping_end(&session->market);
    if (!qt_journal_close(session->journal, &ignored))
        qt_log_event(session->log, QT_LOG_ERROR, "journal.end", "why=\"%s\"", ignored.text);
    qt_inline_destroy(session->paper);
    qt_store_close(session->store);
    qt_binance_close(session->venue);
    qt_universe_destroy(session->universe);
    free(session->restore);
    qt_log_close(session->log);
}

/* Waiting and showing */

static void
show_line(struct qt__session *session)
{
    const struct qt_snapshot *snapshot = qt_engine_snapshot(session->engine);
    char equity[QT_DECIMAL_TEXT];
    if (!snapshot)
        return;
    fprintf(stderr,
            "\r%5.0f s  %s  equity %s %s  %u of %u symbols eligible  %u positions  %" PRIu64
            " orders  %" PRIu64 " events  ",
            qt__session_seconds(session), qt_mode_name((enum qt_mode)snapshot->mode),
            snapshot->has_equity ? qt_money_format(snapshot->equity, QT_MONEY_SCALE, 2, equity)
                                 : "unknown",
            snapshot->quote_asset, snapshot->eligible, snapshot->instruments, snapshot->positions,
            snapshot->counts.orders, snapshot->counts.events);
    qt_engine_snapshot_unref(session->engine, snapshot);
}

void
qt__session_wait(struct qt__session *session, int64_t for_ns)
{
    const struct timespec look = {.tv_nsec = LOOK_MS * QT_NS_PER_MS};
    bool shows = isatty(STDERR_FILENO);
    double limit = (double)for_ns / (double)QT_NS_PER_S, shown = -1;
    while (!atomic_load(&session->leave) && !atomic_load(&session->is_over)) {
        double now = qt__session_seconds(session);
        if (for_ns > 0 && now >= limit)
            break;
        if (shows && now - shown >= 1) {
            show_line(session);
            shown = now;
        }
        nanosleep(&look, NULL);
    }
    if (shows)
        fputc('\n', stderr);
}

bool
qt__session_screen(struct qt__session *session, const char *theme, bool is_ascii, bool asks,
                   bool *out_keep, struct qt_error *err)
{
    const struct qt_tui_options options = {
        .source = {.self = session, .take = take, .give = give, .command = command_from_screen},
        .theme = theme,
        .is_ascii = is_ascii,
        .quit = asks ? QT_TUI_QUIT_ASKS : QT_TUI_QUIT_LEAVES,
        .run_kind = session->plan.run_kind,
        .stop = &session->leave};
    enum qt_tui_outcome outcome = qt_tui_run(&options, err);
    *out_keep = asks && (outcome == QT_TUI_KEEP_RUNNING || outcome == QT_TUI_HANGUP ||
                         outcome == QT_TUI_PAUSE || outcome == QT_TUI_LIQUIDATE);
    return outcome != QT_TUI_FAILED;
}

bool
qt__session_summary(struct qt__session *session, double seconds, const char *name, json_t *value,
                    struct qt_error *err)
{
    const struct qt_snapshot *snapshot = qt_engine_snapshot(session->engine);
    if (!snapshot) {
        json_decref(value);
        return qt_fail(err, QT_E_FAILED, "the engine has published nothing");
    }
    json_t *document = qt_document_summary(snapshot, seconds);
    if (name)
        (void)json_object_set_new(document, name, value);
    bool is_conserved = snapshot->is_conserved;
    qt_engine_snapshot_unref(session->engine, snapshot);
    bool is_written = document && json_dumpf(document, stdout, JSON_INDENT(2)) == 0 &&
                      fputc('\n', stdout) != EOF && fflush(stdout) == 0;
    json_decref(document);
    if (!is_written)
        return qt_fail_errno(err, QT_E_IO, "writing the summary");
    return is_conserved || qt_fail(err, QT_E_VERIFY, "the ledger does not sum to zero");
}
