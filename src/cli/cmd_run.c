/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade run: the engine on a real feed, with its screen. Without credentials it trades on paper:
 * the venue's market data, orders matched inside. With --live and credentials orders go to the
 * venue. Leaving the screen never leaves positions without an engine: it asks.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/base/text.h"

#include "commands_priv.h"
#include "credentials_priv.h"
#include "session_priv.h"
#include "unlock_priv.h"

struct run {
    struct qt_settings settings;
    struct qt__credentials *credentials; /* until the venue has them */
    struct qt__routing_keys more_keys;
    struct qt_store_key *key;            /* until the session has it */
    struct qt__sealed *sealed;           /* live only */
    struct qt_binance_options venue;
    struct qt_clock clock;
    struct qt__session session;
    char folder[QT_STATE_DIR], journal[QT_STATE_DIR + 16];
    bool is_live, is_headless;
    int64_t for_ns;
};

static bool
read_capital(const struct qt_args *args, qt_money *out, struct qt_error *err)
{
    const char *capital = qt_args_get(args, "capital");
    if (!qt_money_parse(capital ? capital : "100000", QT_MONEY_SCALE, out) ||
        qt_money_sign(*out) <= 0)
        return qt_fail(err, QT_E_USAGE, "--capital is '%s': must be an amount above 0", capital);
    return true;
}

/* What live trading needs before it begins: the folder's keys, the seal, and the account. */
static bool
prepare_live(struct run *run, struct qt_error *err)
{
    run->key = qt__unlock_or_found(&run->settings, run->folder, err);
    if (!run->key)
        return false;
    int64_t now_ns = qt_clock_utc_ns(&run->clock);
    run->sealed = qt__sealed_open(run->folder, run->key, now_ns, err);
    if (!run->sealed || !qt__sealed_enforce(run->sealed, run->key, now_ns, &run->settings, err))
        return false;
    run->credentials = qt__credentials_open(&run->settings, run->folder, run->key, err);
    return run->credentials &&
           qt__routing_keys_open(&run->more_keys, &run->settings, run->folder, run->key, err);
}

/* The venue has its copy. */
static void
forget_credentials(struct run *run)
{
    qt__credentials_close(run->credentials);
    qt__routing_keys_close(&run->more_keys);
    run->credentials = NULL;
    run->venue.key = run->venue.secret = NULL;
}

static bool
open_run(struct run *run, const struct qt_args *args, struct qt_error *err)
{
    qt_money capital;
    run->is_live = qt_args_has(args, "live");
    run->is_headless = qt_args_has(args, "headless");
    if (!qt_settings_load(args, &run->settings, err) ||
        !qt_settings_check_shorts(&run->settings, !run->is_live, err) || !read_capital(args, &capital, err) ||
        !qt_args_duration(args, "for", 0, &run->for_ns, err) ||
        !qt_state_dir(args, run->folder, err) || !qt_state_dir_make(run->folder, err))
        return false;
    qt_settings_for_venue(&run->settings, &qt_venue_find(run->settings.venue.name)->caps);
    qt_clock_init_wall(&run->clock); /* until the session begins it anew */
    if (run->is_live && !prepare_live(run, err))
        return false;
    run->venue = qt_binance_options_of(&run->settings.venue);
    run->venue.clock = &run->clock;
    if (run->credentials) {
        run->venue.key = run->credentials->pair.key;
        run->venue.secret = run->credentials->pair.secret;
    }
    snprintf(run->journal, sizeof run->journal, "%s/journal", run->folder);
    const struct qt__session_plan plan = {.settings = &run->settings,
                                          .run_kind = run->is_live ? "live" : "paper",
                                          .folder = run->folder,
                                          .key = run->key,
                                          .sealed = run->sealed,
                                          .key_name = run->credentials && run->credentials->entry.name[0]
                                                          ? run->credentials->entry.name
                                                          : NULL,
                                          .clock = &run->clock,
                                          .venue = &run->venue,
                                          .more_keys = run->is_live ? &run->more_keys : NULL,
                                          .is_paper = !run->is_live,
                                          .paper_capital = capital,
                                          .journal =
                                              run->settings.journal.enabled ? run->journal : NULL,
                                          .keeps_market = true,
                                          .shares_key = true,
                                          .steady = &run->clock,
                                          .shows_progress = isatty(STDERR_FILENO),
                                          .verbose = args->verbose,
                                          .has_screen = !run->is_headless};
    run->key = NULL;
    bool is_open = qt__session_open(&run->session, &plan, err);
    forget_credentials(run);
    return is_open;
}

/* Without a screen: until the time is over, a signal, or the engine's end. */
static bool
stay(struct run *run, struct qt_error *err)
{
    qt__session_wait(&run->session, run->for_ns);
    double seconds = qt__session_seconds(&run->session);
    return qt__session_stop(&run->session, err) &&
           (run->session.is_hung_up ||
            qt__session_summary(&run->session, seconds, NULL, NULL, err));
}

static bool
show(struct run *run, const struct qt_args *args, struct qt_error *err)
{
    bool keeps = false;
    if (!qt__session_screen(&run->session, qt_args_get(args, "theme"), qt_args_has(args, "ascii"),
                            true, &keeps, err))
        return false;
    if (!keeps)
        return qt__session_stop(&run->session, err);
    qt__session_stays_awake();
    fprintf(stderr,
            "the engine goes on without a screen (pid %ld); 'qtrade --data-dir %s status' asks it, "
            "Ctrl-C ends it\n",
            (long)getpid(), run->folder);
    return stay(run, err);
}

/* Whoever ends it must know what is left without a guard. */
static bool
end_told(struct run *run, bool is_good)
{
    if (run->session.engine && !run->session.is_abandoned)
        qt__session_say_open(&run->session);
    return is_good;
}

static bool
run_run(const struct qt_args *args, struct qt_error *err)
{
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        return qt_fail(err, QT_E_MEMORY, "no memory for the session");
    bool is_good =
        open_run(run, args, err) &&
        end_told(run, run->is_headless ? stay(run, err) : show(run, args, err));
    bool is_closed = qt__session_close(&run->session);
    forget_credentials(run);
    qt_store_key_close(run->key);
    if (is_closed)
        qt__sealed_close(run->sealed);
    if (is_closed)
        free(run);
    return is_good;
}

const struct qt_command qt_cmd_run = {
    .name = "run",
    .summary = "trade on the configured venue: on paper, or live with --live",
    .options =
        (const struct qt_option[]){
            {"live", 0, NULL, "send orders to the venue, with the account of the config"},
            {"capital", 0, "AMOUNT", "paper: quote money a new account begins with; default 100000"},
            {"headless", 0, NULL, "no screen; ends with one JSON document"},
            {"for", 0, "TIME", "headless: end after so long (60s, 10m); default: at SIGINT"},
            {"theme", 't', "NAME", "colour theme of the screen, or a file"},
            {"ascii", 0, NULL, "draw with ASCII only"},
            {0}},
    .run = run_run,
};
