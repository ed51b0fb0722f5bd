/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade demo: everything in one process and nothing outside it. The simulated exchange on a
 * loopback port and a thread of its own, the Binance adapter connected to it over real sockets, the
 * engine, the store in a throw-away folder, and the screen.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "qtrade/base/signals.h"
#include "qtrade/base/time.h"
#include "qtrade/venue/exchange.h"

#include "commands_priv.h"
#include "faulting_priv.h"
#include "session_priv.h"

enum { DEFAULT_SYMBOLS = 50, DEFAULT_SPEED = 60 }; /* a minute a second: something happens */
#define UNPROTECTED_MAX_S 3600.0 /* as the config allows */

struct demo {
    struct qt_settings settings;
    struct qt_exchange_server *exchange;
    struct qt_binance_options venue;
    struct qt__session session;
    char folder[QT_STATE_DIR];
    bool is_throw_away, is_headless;
    int64_t for_ns;
    struct qt_fault faults[QT_FAULTS_MAX];
    size_t n_faults;
};

static bool
read_exchange(struct demo *demo, const struct qt_args *args,
              struct qt_exchange_server_options *out, struct qt_error *err)
{
    int64_t symbols, seed;
    *out = (struct qt_exchange_server_options){.replay = qt_args_get(args, "replay")};
    if (!qt_args_int(args, "symbols", out->replay ? 0 : DEFAULT_SYMBOLS, 1, QT_INSTRUMENTS_MAX,
                     &symbols, err) ||
        !qt_args_int(args, "seed", 1, 0, INT64_MAX, &seed, err) ||
        !qt_args_double(args, "speed", DEFAULT_SPEED, 0.01, 10000, &out->speed, err) ||
        !qt_args_time(args, "start", 0, &out->start_ns, err) ||
        !qt__faults_read(args, demo->faults, &demo->n_faults, err))
        return false;
    out->faults = demo->faults;
    out->n_faults = demo->n_faults;
    out->symbols = (unsigned)symbols;
    out->seed = (uint64_t)seed;
    return true;
}

static bool
choose_folder(struct demo *demo, const struct qt_args *args, struct qt_error *err)
{
    demo->is_throw_away = args->data_dir == NULL;
    if (demo->is_throw_away)
        return qt_state_dir_throw_away(demo->folder, err);
    return qt_state_dir(args, demo->folder, err) && qt_state_dir_make(demo->folder, err);
}

/* The adapter, pointed at the simulated exchange; nothing else of it differs. */
static void
point_venue(struct demo *demo)
{
    const struct qt_exchange_server_info *info = qt_exchange_server_info(demo->exchange);
    bool is_usdm = qt_settings_trades_perpetuals(&demo->settings);
    demo->settings.venue.max_symbols = QT_MAX((int64_t)info->symbols, 1);
    demo->settings.venue.backup_ws_url[0] = '\0'; /* the simulated exchange has one address */
    demo->venue = qt_binance_options_of(&demo->settings.venue);
    qt_settings_for_venue(&demo->settings, &qt_venue_find(demo->settings.venue.name)->caps);
    demo->venue.rest_url = is_usdm ? info->usdm_rest_url : info->rest_url;
    demo->venue.ws_url = is_usdm ? info->usdm_stream_url : info->stream_url;
    demo->venue.ws_api_url = info->api_url; /* the perpetuals need none */
    demo->venue.key = info->key;
    demo->venue.secret = info->secret;
    demo->venue.clock = &info->clock;
    demo->venue.is_simulated = true;
}

/* The exchange's seconds fly by; patience with its answers is our own machine's. */
static void
scale_patience(struct demo *demo, double speed)
{
    struct qt_engine_config *engine = &demo->settings.engine;
    double scaled = (double)engine->unprotected_s * QT_MAX(speed, 1);
    engine->unprotected_s = (int64_t)QT_MIN(scaled, UNPROTECTED_MAX_S);
}

static bool
open_demo(struct demo *demo, const struct qt_args *args, struct qt_error *err)
{
    struct qt_exchange_server_options exchange;
    if (!qt_settings_load(args, &demo->settings, err) ||
        !qt_settings_check_shorts(&demo->settings, false, err) ||
        !read_exchange(demo, args, &exchange, err) ||
        !qt_args_duration(args, "for", 0, &demo->for_ns, err) || !choose_folder(demo, args, err))
        return false;
    demo->is_headless = qt_args_has(args, "headless");
    exchange.has_usdm = qt_settings_trades_perpetuals(&demo->settings);
    scale_patience(demo, exchange.speed);
    sigset_t before;
    qt_signals_block(&before); /* the exchange's thread takes none */
    demo->exchange = qt_exchange_server_start(&exchange, err);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!demo->exchange)
        return false;
    point_venue(demo);
    const struct qt__session_plan plan = {.settings = &demo->settings,
                                          .run_kind = "demo",
                                          .folder = demo->folder,
                                          .is_throw_away = demo->is_throw_away,
                                          .clock = &qt_exchange_server_info(demo->exchange)->clock,
                                          .venue = &demo->venue,
                                          .journal = qt_args_get(args, "journal"),
                                          .shows_progress = isatty(STDERR_FILENO),
                                          .verbose = args->verbose,
                                          .has_screen = !demo->is_headless};
    return qt__session_open(&demo->session, &plan, err);
}

static bool
run_headless(struct demo *demo, struct qt_error *err)
{
    fprintf(stderr, "state folder %s (for 'qtrade --data-dir %s status')\n", demo->folder,
            demo->folder);
    qt__session_wait(&demo->session, demo->for_ns);
    double seconds = qt__session_seconds(&demo->session);
    if (!qt__session_stop(&demo->session, err))
        return false;
    struct qt_exchange_server_stats stats = qt_exchange_server_stats(demo->exchange);
    return qt__session_summary(&demo->session, seconds, "faults",
                               qt__faults_json(demo->faults, demo->n_faults, &stats), err);
}

static bool
run_screen(struct demo *demo, const struct qt_args *args, struct qt_error *err)
{
    bool keeps;
    return qt__session_screen(&demo->session, qt_args_get(args, "theme"),
                              qt_args_has(args, "ascii"), false, &keeps, err) &&
           qt__session_stop(&demo->session, err);
}

static void
close_demo(struct demo *demo)
{
    bool is_closed = qt__session_close(&demo->session);
    qt_exchange_server_stop(demo->exchange);
    if (demo->is_throw_away && demo->folder[0])
        qt_state_dir_remove(demo->folder);
    if (is_closed)
        free(demo);
}

static bool
demo_run(const struct qt_args *args, struct qt_error *err)
{
    struct demo *demo = calloc(1, sizeof *demo);
    if (!demo)
        return qt_fail(err, QT_E_MEMORY, "no memory for the demo");
    bool is_good = open_demo(demo, args, err) &&
                   (demo->is_headless ? run_headless(demo, err) : run_screen(demo, args, err));
    close_demo(demo);
    return is_good;
}

const struct qt_command qt_cmd_demo = {
    .name = "demo",
    .summary = "trade on a simulated exchange inside this machine, with no account",
    .options =
        (const struct qt_option[]){
            {"symbols", 'n', "N", "symbols of the market; default 50, of a recording all"},
            {"seed", 0, "N", "seed of the generated market; default 1"},
            {"replay", 0, "DIR", "recorded klines drive the market"},
            {"speed", 0, "X", "exchange seconds per second, 0.01 to 10000; default 60"},
            {"start", 0, "TIME", "exchange time at the start; default now, of a recording a month into it"},
            {"journal", 0, "DIR", "keep a journal there, for qtrade replay"},
            QT__FAULT_OPTION,
            {"headless", 0, NULL, "no screen; ends with one JSON document"},
            {"for", 0, "TIME", "headless: end after so long (60s, 10m); default: at SIGINT"},
            {"theme", 't', "NAME", "colour theme of the screen, or a file"},
            {"ascii", 0, NULL, "draw with ASCII only"},
            {0}},
    .run = demo_run,
    .help = qt__faults_help,
};
