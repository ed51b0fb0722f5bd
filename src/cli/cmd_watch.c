/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade watch: the watchman's process. It asks the engine for its guard line once a second, has a
 * session of its own at the venue, ready before it is needed, and does what engine/watchman.h says
 * when the engine is silent. Silent is: the socket is there and nobody answers, or what answers
 * says that the engine's own thread does not move. A socket that is gone says that the engine ended
 * in order.
 */
#include <jansson.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "qtrade/api/control.h"
#include "qtrade/api/guard.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/venue/binance.h"

#include "commands_priv.h"
#include "credentials_priv.h"
#include "routing_priv.h"
#include "settings_priv.h"
#include "state_dir_priv.h"
#include "unlock_priv.h"

enum { ASK_MS = 500, WORK_MS = 50, LOAD_MS = 60000, PAUSE_MS = 2000 };

#define HEAR_NS QT_NS_PER_S
#define ORDER_IDS_FROM 54 /* bits: above every event number of an engine */

struct watch {
    struct qt_settings settings;
    struct qt_venue_credentials *credentials; /* in locked memory, until the venue has its copy */
    char folder[QT_STATE_DIR];
    struct qt_clock clock;
    struct qt_binance *venue;
    struct qt_universe *universe;
    struct qt_watchman *watchman;
    struct qt_guard guard; /* as heard last */
    struct qt_watch_view told;
    bool is_verbose;
};

/* Lines for people and the service manager's log: one when something changed. */
static void QT_PRINTF(1, 2) say(const char *format, ...)
{
    char time[QT_TIME_TEXT];
    va_list arguments;
    printf("%s ", qt_time_format(qt_now_utc_ns(), time));
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

/* Hearing */

enum hearing { HEARD, SILENT, ENDED };

static bool
has_socket(const struct watch *watch)
{
    char path[QT_STATE_DIR + 32];
    snprintf(path, sizeof path, "%s/" QT_CONTROL_NAME, watch->folder);
    return access(path, F_OK) == 0;
}

static enum hearing
listen_once(struct watch *watch)
{
    struct qt_error err = {0};
    if (!has_socket(watch))
        return ENDED;
    json_t *reply = qt_control_call(watch->folder, "guard", NULL, ASK_MS, &err);
    bool is_good = reply && qt_guard_read(json_object_get(reply, "guard"), &watch->guard, &err);
    json_decref(reply);
    return is_good ? HEARD : SILENT;
}

/* The engine lives again: what was done here is at the venue, and it must look before it trades. */
static void
hand_back(const struct watch *watch, const struct qt_watch_view *did)
{
    struct qt_error err = {0};
    char reason[80];
    snprintf(reason, sizeof reason, "the watchman acted: %u cancels, %u sales", did->cancels,
             did->sales);
    json_t *reply = qt_control_call(watch->folder, "pause", reason, PAUSE_MS, &err);
    say("the engine is heard again (pid %lld): handed back%s%s", (long long)watch->guard.pid,
        reply ? ", and paused it" : "; pausing it failed: ", reply ? "" : err.text);
    json_decref(reply);
}

static void
hear(struct watch *watch)
{
    int64_t now = qt_now_mono_ns();
    struct qt_watch_view before = qt_watchman_view(watch->watchman, now);
    switch (listen_once(watch)) {
    case HEARD:
        if (qt_watchman_heard(watch->watchman, &watch->guard, qt_now_mono_ns()))
            hand_back(watch, &before);
        break;
    case ENDED:
        qt_watchman_ended(watch->watchman);
        break;
    case SILENT:
        break;
    }
}

/* Telling */

static void
tell(struct watch *watch)
{
    struct qt_watch_view view = qt_watchman_view(watch->watchman, qt_now_mono_ns());
    const struct qt_watch_view *told = &watch->told;
    bool is_same = view.state == told->state && view.cancels == told->cancels &&
                   view.sales == told->sales && view.orders == told->orders &&
                   view.holdings == told->holdings && view.dust == told->dust &&
                   view.unclaimed == told->unclaimed;
    if (is_same)
        return;
    if (view.state != told->state && view.state == QT_WATCH_ACTING)
        say("the engine is silent for %.0f s: acting",
            (double)view.silent_ns / (double)QT_NS_PER_S);
    if (view.state >= QT_WATCH_ACTING)
        say("%s: %u orders and %u holdings left; %u cancels, %u sales sent%s",
            qt_watch_state_name(view.state), view.orders, view.holdings, view.cancels, view.sales,
            view.state == QT_WATCH_FLAT ? "; read twice at the venue" : "");
    else
        say("%s", qt_watch_state_name(view.state));
    if (view.first_cancel_ns >= 0 && told->first_cancel_ns < 0)
        say("first cancel on its way %.1f ms after the limit",
            (double)view.first_cancel_ns / (double)QT_NS_PER_MS);
    if (view.dust != told->dust || view.unclaimed != told->unclaimed)
        say("left alone: %u too small to be traded, %u of which the engine never spoke", view.dust,
            view.unclaimed);
    watch->told = view;
}

static void
push(void *self, struct qt_event *event)
{
    struct watch *watch = self;
    if (event->kind == QT_EVENT_LINK && watch->is_verbose)
        say("link: %s %s", qt_link_state_name((enum qt_link_state)event->link.state),
            event->link.reason);
    if (watch->watchman)
        qt_watchman_event(watch->watchman, event, qt_now_mono_ns());
}

/* Opening */

/* Its own key, or the engine's: of a file, or of the vault, for which the store's key is asked. */
static bool
load_credentials(struct watch *watch, struct qt_error *err)
{
    struct qt_settings *settings = &watch->settings;
    watch->credentials = sodium_init() < 0 ? NULL : sodium_malloc(sizeof *watch->credentials);
    if (!watch->credentials)
        return qt_fail(err, QT_E_MEMORY, "no memory for the key");
    if (settings->watch.credentials_file[0])
        return qt_venue_credentials_load(settings->watch.credentials_file, watch->credentials, err);
    if (settings->watch.credentials[0])
        (void)qt_copy(settings->venue.credentials, sizeof settings->venue.credentials,
                      settings->watch.credentials);
    struct qt_store_key *key = qt__unlock(settings, watch->folder, err);
    struct qt__credentials *found =
        key ? qt__credentials_open(settings, watch->folder, key, err) : NULL;
    if (found)
        *watch->credentials = found->pair;
    qt__credentials_close(found);
    qt_store_key_close(key);
    return found != NULL;
}

static bool
open_folder(struct watch *watch, const struct qt_args *args, struct qt_error *err)
{
    watch->is_verbose = args->verbose > 0;
    qt_clock_init_wall(&watch->clock);
    if (!qt_settings_load(args, &watch->settings, err) || !qt_state_dir(args, watch->folder, err))
        return false;
    if (qt__routing_count(&watch->settings) > 0)
        return qt_fail(err, QT_E_CONFIG,
                       "the watchman guards one venue, and the config has further ones (venue_2 ...)");
    return load_credentials(watch, err);
}

/* Until an engine answers: false: one that trades on paper, or the wait was ended. */
static bool
wait_for_engine(struct watch *watch, const sigset_t *signals, bool *out_is_over,
                struct qt_error *err)
{
    const struct timespec pause = {.tv_sec = 1};
    say("waiting for an engine on %s", watch->folder);
    while (listen_once(watch) != HEARD)
        if (sigtimedwait(signals, NULL, &pause) > 0) {
            *out_is_over = true;
            return true;
        }
    return watch->guard.is_live ||
           qt_fail(err, QT_E_FAILED, "the engine on %s does not trade at a venue: nothing to watch",
                   watch->folder);
}

static bool
open_venue(struct watch *watch, struct qt_error *err)
{
    struct qt_binance_options options = qt_binance_options_of(&watch->settings.venue);
    options.key = watch->credentials->key;
    options.secret = watch->credentials->secret;
    options.tag = watch->guard.tag;
    options.clock = &watch->clock;
    options.n_history = 0;
    options.reconcile_ms = 3600000; /* it asks itself */
    options.is_account_only = true;
    watch->venue = qt_binance_open(&options, err);
    sodium_free(watch->credentials);
    watch->credentials = NULL;
    watch->universe =
        watch->venue ? qt_binance_load_universe(watch->venue, LOAD_MS, NULL, NULL, err) : NULL;
    return watch->universe != NULL;
}

static bool
open_watchman(struct watch *watch, struct qt_error *err)
{
    uint64_t from = UINT64_C(1) << ORDER_IDS_FROM | (uint64_t)(qt_now_utc_ns() / QT_NS_PER_MS);
    int64_t window_ns = watch->settings.venue.recv_window_ms * QT_NS_PER_MS;
    const struct qt_watchman_options options = {.venue = qt_binance_venue(watch->venue),
                                                .universe = watch->universe,
                                                .silent_ns =
                                                    watch->settings.watch.silent_s * QT_NS_PER_S,
                                                .gap_ns = window_ns + QT_NS_PER_S,
                                                .first_id = from << 8};
    watch->watchman = qt_watchman_create(&options, qt_now_mono_ns(), err);
    return watch->watchman != NULL;
}

static bool
keep_watch(struct watch *watch, const sigset_t *signals, int64_t for_ns, struct qt_error *err)
{
    const struct timespec at_once = {0};
    const struct qt_event_sink sink = {.self = watch, .push = push};
    struct qt_feed_port feed = qt_binance_feed(watch->venue);
    int64_t begun = qt_now_mono_ns(), next = begun;
    say("watching an engine (pid %lld, %u positions) at %s", (long long)watch->guard.pid,
        watch->guard.positions, qt_binance_rest_url(&watch->settings.venue));
    while (sigtimedwait(signals, NULL, &at_once) < 0) {
        int64_t now = qt_now_mono_ns();
        if (for_ns > 0 && now - begun >= for_ns)
            break;
        if (now >= next) {
            hear(watch);
            next = now + HEAR_NS;
        }
        if (feed.work(feed.self, &sink, WORK_MS) < 0)
            return qt_fail(err, QT_E_FAILED, "the session at the venue ended");
        qt_watchman_tick(watch->watchman, qt_now_mono_ns());
        tell(watch);
    }
    return true;
}

static void
close_watch(struct watch *watch)
{
    qt_watchman_destroy(watch->watchman);
    qt_binance_close(watch->venue);
    qt_universe_destroy(watch->universe);
    sodium_free(watch->credentials); /* wipes */
    free(watch);
}

static bool
watch_run(const struct qt_args *args, struct qt_error *err)
{
    struct watch *watch = calloc(1, sizeof *watch);
    sigset_t signals;
    int64_t for_ns;
    bool is_over = false;
    if (!watch)
        return qt_fail(err, QT_E_MEMORY, "no memory for the watchman");
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGHUP, SIG_IGN); /* it outlives its terminal */
    bool is_good = qt_args_duration(args, "for", 0, &for_ns, err) &&
                   open_folder(watch, args, err) &&
                   wait_for_engine(watch, &signals, &is_over, err) &&
                   (is_over || (open_venue(watch, err) && open_watchman(watch, err) &&
                                keep_watch(watch, &signals, for_ns, err)));
    close_watch(watch);
    return is_good;
}

const struct qt_command qt_cmd_watch = {
    .name = "watch",
    .summary = "the watchman: cancels and sells at the venue when the engine is silent",
    .options =
        (const struct qt_option[]){
            {"for", 0, "TIME", "end after so long (60s, 5m); default: at SIGINT or SIGTERM"}, {0}},
    .run = watch_run,
};
