/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Joining and ending a trading session: its components open in the order of what each needs, and
 * close in the opposite one. Threads: the engine's (it works the venue's sockets), workers, the
 * store's, the journal's, the backups', the control socket's, one that watches them and waits for signals, and
 * the caller's (screen or waiting).
 */
#include "session_priv.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "qt_config.h"
#include "qtrade/base/time.h"
#include "qtrade/tui/tui.h"

#include "unlock_priv.h"

enum { FLUSH_MS = 2000, JOIN_MS = 5 };

/* What the screen and the control socket see of the engine. */

static const struct qt_snapshot *
take(void *self)
{
    return qt_engine_snapshot(((struct qt__session *)self)->engine);
}

static const struct qt_snapshot *
take_shown(void *self)
{
    return qt__session_shown(self);
}

static void
give_shown(void *self, const struct qt_snapshot *snapshot)
{
    qt__session_give_shown(self, snapshot);
}

static void
seen(void *self)
{
    qt__session_seen(self);
}

static void
notice(void *self, enum qt_control_notice kind, const struct qt_control_peer *peer, uint64_t times)
{
    qt__session_notice(self, kind, peer, times);
}

static double
seen_s(void *self, bool *out_is_absent)
{
    *out_is_absent = atomic_load(&((struct qt__session *)self)->is_unattended);
    return qt__session_seen_s(self);
}

static void
give(void *self, const struct qt_snapshot *snapshot)
{
    qt_engine_snapshot_unref(((struct qt__session *)self)->engine, snapshot);
}

/* Its uid stands behind the reason; no reason stays none, which a resume may need. */
static bool
command_from_socket(void *self, const struct qt_control_peer *peer, enum qt_command_kind kind,
                    const char *reason, struct qt_error *err)
{
    struct qt__session *session = self;
    char text[sizeof((struct qt_command_event *)0)->reason];
    qt__session_seen(session);
    snprintf(text, sizeof text, reason[0] ? "%.55s (uid %u)" : "%s", reason, peer->uid);
    return qt_engine_command(session->engine, kind,
                             peer->is_attached ? QT_SOURCE_ATTACH : QT_SOURCE_SOCKET, text, err);
}

static uint64_t
given(void *self)
{
    return qt_engine_commands(((struct qt__session *)self)->engine);
}

static enum qt_command_fate
fate(void *self, uint64_t number)
{
    return qt_engine_command_fate(((struct qt__session *)self)->engine, number);
}

static bool
command_from_screen(void *self, enum qt_command_kind kind, const char *reason, struct qt_error *err)
{
    struct qt__session *session = self;
    bool is_taken = qt_engine_command(session->engine, kind, QT_SOURCE_SCREEN, reason, err);
    session->screen_command = given(self);
    return is_taken;
}

static enum qt_command_fate
fate_of_screen(void *self)
{
    return fate(self, ((struct qt__session *)self)->screen_command);
}

/* Opening, step by step */

static bool
open_store(struct qt__session *session, struct qt_error *err)
{
    const struct qt__session_plan *plan = &session->plan;
    if (!session->key)
        session->key = plan->is_throw_away ? qt_store_key_make(NULL, err)
                                           : qt__unlock_or_make(plan->settings, plan->folder, err);
    if (session->key)
        session->store = qt_store_open(plan->folder, session->key, err);
    if (session->store)
        qt_store_configure(session->store, &plan->settings->store);
    return session->store && qt__session_begin_audit(session, err) &&
           (!plan->sealed || qt_store_keep_seal(session->store, &plan->sealed->seal, err));
}

static void
close_store(struct qt__session *session)
{
    if (session->is_noted)
        qt__session_note(session, "operator", "store.close", "in order");
    qt_store_close(session->store);
}

/* Paper: the live feed moves an exchange inside the engine's thread. */
static bool
open_paper(struct qt__session *session, const struct qt_feed_port *feed, struct qt_error *err)
{
    const struct qt__session_plan *plan = &session->plan;
    struct qt_perp_options perp = qt_settings_perpetuals(plan->settings, 0);
    bool is_perpetual = qt_settings_trades_perpetuals(plan->settings);
    struct qt_inline_options options = {.perp = is_perpetual ? &perp : NULL,
                                        .exchange = {.fee_mode = QT_FEE_QUOTE},
                                        .deposit = plan->paper_capital,
                                        .kept = session->restore->balance,
                                        .n_kept = session->restore->balances,
                                        .sources = qt_settings_sources(plan->settings)};
    qt_copy(options.deposit_asset, sizeof options.deposit_asset, plan->settings->scan.quote_asset);
    qt_simulation_apply(&plan->settings->simulation, &options);
    session->paper = qt_inline_paper_create(feed, session->universe, &options, err);
    return session->paper != NULL;
}

static void
close_key(struct qt__session *session)
{
    qt_store_key_close(session->key);
    session->key = NULL;
}

/* A reload looks at another seal. */
static void
forget_key(struct qt__session *session)
{
    if (!session->plan.sealed)
        close_key(session);
}

static bool
open_journal(struct qt__session *session, struct qt_error *err)
{
    const struct qt__session_plan *plan = &session->plan;
    if (!plan->journal)
        return true;
    const struct qt__journaling what = {.folder = plan->journal,
                                        .key = plan->shares_key ? session->key : NULL,
                                        .settings = plan->settings,
                                        .run_kind = plan->run_kind,
                                        .universe = session->universe,
                                        .restore = session->restore,
                                        .market = qt__market_keeping_ref(&session->market),
                                        .part = session->part[QT_COMPONENT_JOURNAL],
                                        .base_period_ns = QT_NS_PER_MIN};
    session->journal = qt__journaling_begin(&what, err);
    return session->journal != NULL;
}

static void
close_journal(struct qt__session *session)
{
    struct qt_error err = {0};
    if (!qt_journal_close(session->journal, &err))
        qt_log_event(session->log, QT_LOG_ERROR, "journal.end", "why=\"%s\"", err.text);
}

static bool
open_engine(struct qt__session *session, struct qt_error *err)
{
    const struct qt__session_plan *plan = &session->plan;
    struct qt_engine_options options = {.engine = &plan->settings->engine,
                                        .scan = &plan->settings->scan,
                                        .strategy = &plan->settings->strategy,
                                        .risk = &plan->settings->risk,
                                        .execution = &plan->settings->execution,
                                        .quality = &plan->settings->quality,
                                        .health = &plan->settings->health,
                                        .sources = qt_settings_sources(plan->settings),
                                        .universe = session->universe,
                                        .clock = plan->clock,
                                        .feed = qt__routing_feed(&session->routing, session->venue),
                                        .venue = qt__routing_venue(&session->routing, session->venue),
                                        .store = qt_store_port(session->store),
                                        .log = session->log,
                                        .board = session->board,
                                        .run_kind = plan->run_kind,
                                        .restore = session->restore,
                                        .not_found_ns =
                                            qt_settings_not_found_ns(plan->settings, plan->run_kind),
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
    if (qt__session_keeps_market(session) &&
        !qt__market_keeping_join(&session->market, session->journal, session->venue, &options, err))
        return false;
    session->engine = qt_engine_create(&options, err);
    return session->engine != NULL;
}

static void
close_engine(struct qt__session *session)
{
    qt_engine_destroy(session->engine);
    qt__market_keeping_end(&session->market);
}

static json_t *
about_process(void *self)
{
    const struct qt__session *session = self;
    return qt__host_document(&session->host, session->log);
}

bool
qt__session_open_control(struct qt__session *session, struct qt_error *err)
{
    const struct qt_control_options options = {
        .folder = session->plan.folder,
        .engine = {.self = session,
                   .take = take,
                   .give = give,
                   .command = command_from_socket,
                   .given = given,
                   .fate = fate,
                   .seen = seen,
                   .notice = notice,
                   .seen_s = seen_s,
                   .note = qt__session_note_from_socket,
                   .audit = qt__session_show_audit,
                   .hardware = qt__session_switch_document,
                   .test_lamps = qt__session_test_lamps,
                   .rekey = qt__session_rekey,
                   .rekey_state = qt__session_rekey_document,
                   .process = about_process},
        .dashboard = session->dashboard,
        .version = QT_VERSION,
        .tag = qt_store_tag(session->store),
        .universe = session->universe,
        .begun_ns = session->opened_mono_ns,
        .board = session->board,
        .part = session->part[QT_COMPONENT_CONTROL]};
    session->control = qt_control_start(&options, err);
    return session->control != NULL;
}

static void
close_control(struct qt__session *session)
{
    qt_control_stop(session->control);
}

/* The last that needs the keys. */
static bool
open_backups(struct qt__session *session, struct qt_error *err)
{
    bool is_good = qt__session_open_backups(session, err);
    forget_key(session);
    return is_good;
}

/* Worker and venue show themselves on the board by the engine; the screen opens when it is asked
 * for. */
static const struct {
    bool (*open)(struct qt__session *session, struct qt_error *err);
    void (*close)(struct qt__session *session);
    bool has_part;
} components[QT_COMPONENTS] = {
    [QT_COMPONENT_STORE] = {open_store, close_store, true},
    [QT_COMPONENT_VENUE] = {qt__session_open_venue, qt__session_close_venue, false},
    [QT_COMPONENT_JOURNAL] = {open_journal, close_journal, true},
    [QT_COMPONENT_ENGINE] = {open_engine, close_engine, false},
    [QT_COMPONENT_CONTROL] = {qt__session_open_control, close_control, true},
    [QT_COMPONENT_SCREEN] = {NULL, NULL, true},
    [QT_COMPONENT_BACKUP] = {open_backups, qt__session_close_backups, true},
    [QT_COMPONENT_SWITCH] = {qt__session_open_switch, qt__session_close_switch, true},
};

/* Not those that this session does not have. */
static void
add_parts(struct qt__session *session)
{
    for (int i = 0; i < QT_COMPONENTS; i++) {
        bool is_absent = (i == QT_COMPONENT_JOURNAL && !session->plan.journal) ||
                          (i == QT_COMPONENT_SCREEN && !session->plan.has_screen) ||
                          (i == QT_COMPONENT_BACKUP && !qt__session_makes_backups(session)) ||
                          (i == QT_COMPONENT_SWITCH &&
                           !session->plan.settings->kill_switch.enabled);
        if (components[i].has_part && !is_absent)
            session->part[i] = qt_board_add(session->board, (enum qt_component)i,
                                            qt_component_name((enum qt_component)i));
    }
}

static bool
open_components(struct qt__session *session, struct qt_error *err)
{
    enum qt_component order[QT_COMPONENTS];
    qt_component_order(order);
    session->opened_mono_ns = qt_now_mono_ns();
    qt__session_seen(session);
    bool is_dashboard =
        qt_dashboard_find(session->plan.settings->screen.dashboard, &session->dashboard);
    qt_assert(is_dashboard); /* the config's table has the same words */
    session->board = qt_board_create(&session->plan.settings->health);
    if (!session->board)
        return qt_fail(err, QT_E_MEMORY, "no memory for the session");
    add_parts(session);
    for (int i = 0; i < QT_COMPONENTS; i++)
        if (components[order[i]].open && !components[order[i]].open(session, err))
            return false;
    return true;
}

static void
close_components(struct qt__session *session)
{
    enum qt_component order[QT_COMPONENTS];
    qt_component_order(order);
    for (int i = QT_COMPONENTS; i-- > 0;)
        if (components[order[i]].close)
            components[order[i]].close(session);
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
    qt__host_judge_starts(&session->host, session->engine, session->log);
    session->has_thread = pthread_create(&session->thread, NULL, run_engine, session) == 0;
    if (!session->has_thread)
        return qt_fail(err, QT_E_FAILED, "a thread cannot be started");
    if (!qt__session_watch(session, err))
        return false;
    qt__host_seal(&session->host, session->log);
    qt_board_tell_walls(session->board, qt__host_walls(&session->host));
    return true;
}

static bool
begin_host(struct qt__session *session, struct qt_error *err)
{
    const struct qt__session_plan *plan = &session->plan;
    const struct qt__host_plan host = {.sandbox = &plan->settings->sandbox,
                                         .health = &plan->settings->health,
                                         .folder = plan->folder,
                                         .journal = plan->journal,
                                         .backups = qt__session_makes_backups(session)
                                                        ? plan->settings->backup.folder
                                                        : NULL,
                                         .may_spawn = plan->settings->audit.hook[0] != '\0',
                                         .is_throw_away = plan->is_throw_away,
                                         .steady = plan->steady};
    return qt__host_begin(&session->host, &host, err);
}

bool
qt__session_open(struct qt__session *session, const struct qt__session_plan *plan,
                 struct qt_error *err)
{
    sigset_t set;
    *session = (struct qt__session){.plan = *plan, .key = plan->key};
    qt__session_signals(&set);
    if (!plan->has_screen)
        sigaddset(&set, SIGHUP); /* a reload */
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* before any thread: all inherit it */
    if (!plan->has_screen) {
        static const enum qt_log_level levels[] = {QT_LOG_ERROR, QT_LOG_INFO, QT_LOG_DEBUG};
        session->log = qt_log_open(NULL, levels[QT_MIN(plan->verbose, 2)], QT_LOG_TEXT, err);
        if (!session->log)
            return false;
    }
    signal(SIGHUP, SIG_IGN); /* a run outlives its terminal; the screen takes it while it is there */
    signal(SIGPIPE, SIG_IGN);
    if (!plan->has_screen)
        qt__session_stays_awake();
    if (!begin_host(session, err))
        return false;
    atomic_store(&session->is_opening, true);
    qt__session_attend(session);
    bool is_open = open_components(session, err);
    qt__session_end_attended(session);
    atomic_store(&session->is_opening, false);
    return is_open && start_threads(session, err);
}

double
qt__session_seconds(const struct qt__session *session)
{
    return (double)(qt_now_mono_ns() - session->begun_mono_ns) / (double)QT_NS_PER_S;
}

/* Ending */

/* An engine that hangs is named by the watchdog; who ends the process does not wait for ever. */
static bool
join_engine(struct qt__session *session, struct qt_error *err)
{
    const struct qt_part *part = qt__session_engine_part(session);
    const struct timespec moment = {.tv_nsec = JOIN_MS * QT_NS_PER_MS};
    int64_t patient_ns = qt_now_mono_ns() + QT_NS_PER_S; /* it may have just been let go */
    while (!atomic_load(&session->is_over) &&
           (qt_now_mono_ns() < patient_ns ||
            !(qt_part_is_stuck(part) || qt__session_is_hurried(session))))
        nanosleep(&moment, NULL);
    if (atomic_load(&session->is_over))
        return pthread_join(session->thread, NULL) == 0;
    session->is_abandoned = true;
    return qt_fail(err, QT_E_FAILED,
                   "the engine's thread does not answer and is left behind: orders and positions "
                   "at the venue stay as they are (look there, then start again)");
}

bool
qt__session_stop(struct qt__session *session, struct qt_error *err)
{
    if (!session->has_thread)
        return true;
    atomic_store(&session->stop, true);
    qt_engine_wake(session->engine);
    if (!session->is_abandoned && !join_engine(session, err))
        return false;
    if (session->is_abandoned)
        return true; /* told when it was */
    session->has_thread = false;
    qt_engine_publish(session->engine);
    if (session->failure.code == QT_E_NONE)
        return true;
    *err = session->failure;
    return false;
}

bool
qt__session_close(struct qt__session *session)
{
    struct qt_error ignored = {0};
    bool was_good = qt__session_stop(session, &ignored);
    (void)was_good; /* told by whoever asked before */
    qt__session_unwatch(session);
    qt__session_attend(session);
    if (session->is_abandoned) { /* the thread that hangs may return to any of it */
        const struct qt_store_port store = qt_store_port(session->store);
        (void)store.flush(store.self, FLUSH_MS);
        qt_control_stop(session->control);
        qt__host_end(&session->host, false);
        return false;
    }
    close_components(session);
    qt__session_end_attended(session);
    close_key(session);
    qt_universe_destroy(session->universe);
    free(session->restore);
    free(session->shown);
    free(session->running);
    qt_board_destroy(session->board);
    qt_log_close(session->log);
    qt__host_end(&session->host, session->failure.code == QT_E_NONE);
    return true;
}

/* Showing */

bool
qt__session_screen(struct qt__session *session, const char *theme, bool is_ascii, bool asks,
                   bool *out_keep, struct qt_error *err)
{
    const struct qt_tui_options options = {
        .source = {.self = session, .take = take_shown, .give = give_shown,
                   .command = command_from_screen, .fate = fate_of_screen, .seen = seen},
        .theme = theme,
        .is_ascii = is_ascii,
        .quit = asks ? QT_TUI_QUIT_ASKS : QT_TUI_QUIT_LEAVES,
        .run_kind = session->plan.run_kind,
        .part = session->part[QT_COMPONENT_SCREEN],
        .stop = &session->leave};
    enum qt_tui_outcome outcome = qt_tui_run(&options, err);
    if (outcome == QT_TUI_FAILED && asks && !qt__session_has_terminal())
        outcome = QT_TUI_HANGUP; /* it went away before the screen stood */
    if (outcome == QT_TUI_HANGUP && asks)
        qt__session_hung_up(session);
    *out_keep = asks && (outcome == QT_TUI_KEEP_RUNNING || outcome == QT_TUI_HANGUP ||
                         outcome == QT_TUI_PAUSE || outcome == QT_TUI_LIQUIDATE);
    return outcome != QT_TUI_FAILED;
}

