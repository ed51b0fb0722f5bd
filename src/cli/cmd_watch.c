/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qtrade watch: the watchman's process. It asks the engine for its guard line once a second, has a
 * post at each venue (watch_post_priv.h), ready before it is needed, and does what
 * engine/watchman.h says when the engine is silent. Silent is: the socket is there and nobody
 * answers, or what answers says that the engine's own thread does not move. A socket that is gone
 * says that the engine ended in order.
 */
#include <jansson.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "qtrade/api/control.h"
#include "qtrade/api/guard.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "commands_priv.h"
#include "credentials_priv.h"
#include "routing_priv.h"
#include "settings_priv.h"
#include "state_dir_priv.h"
#include "unlock_priv.h"
#include "watch_post_priv.h"

enum { ASK_MS = 500, TURN_MS = 100, PAUSE_MS = 2000, POSTS = QT_MORE_VENUES + 1 };

#define HEAR_NS QT_NS_PER_S
#define GATHER_NS                                                                                  \
    (2 * QT_NS_PER_S) /* so long posts are waited for when the engine is heard again */

struct watch {
    struct qt_settings settings;
    struct qt_venue_credentials *credentials[POSTS]; /* in locked memory, until the post has it */
    char folder[QT_STATE_DIR];
    struct qt__post *post[POSTS];
    unsigned posts;
    struct qt_guard guard;    /* as heard last */
    char *symbols;            /* the engine's; NULL: not known */
    struct qt_watch_view did; /* at all posts, to be handed back */
    unsigned handing;         /* posts that did it; 0: nothing is handed back */
    int64_t handing_ns;       /* since when */
    unsigned flat_told;
    bool is_acting_told;
    bool is_verbose;
};

/* How it stands, for the engine's status */

static bool
is_acting(const struct qt__post_view *view)
{
    return view->is_open && view->watch.state >= QT_WATCH_ACTING;
}

static const char *
state_of(const struct qt__post_view *view)
{
    return view->has_failed ? "failed"
           : view->is_open  ? qt_watch_state_name(view->watch.state)
                            : "opening";
}

static json_t *
write_post(struct qt__post *post)
{
    struct qt__post_view view;
    qt__post_look(post, &view);
    bool is_read = view.watch.rounds > 0;
    return json_pack("{s:s, s:s, s:b, s:b, s:o, s:o, s:o, s:o, s:i, s:i}", "name",
                     qt__post_name(post), "state", state_of(&view), "is_connected",
                     view.is_connected, "is_read", is_read, "orders",
                     is_read ? json_integer(view.watch.orders) : json_null(), "holdings",
                     is_read ? json_integer(view.watch.holdings) : json_null(), "dust",
                     is_read ? json_integer(view.watch.dust) : json_null(), "unclaimed",
                     is_read ? json_integer(view.watch.unclaimed) : json_null(), "cancels",
                     (int)view.watch.cancels, "sales", (int)view.watch.sales);
}

/* It acts while any post does, and is flat when every one is. */
static const char *
state_of_all(const struct watch *watch)
{
    unsigned acting = 0, flat = 0;
    const char *state = "opening";
    for (unsigned i = 0; i < watch->posts; i++) {
        struct qt__post_view view;
        qt__post_look(watch->post[i], &view);
        acting += is_acting(&view);
        flat += view.is_open && view.watch.state == QT_WATCH_FLAT;
        if (view.is_open)
            state = qt_watch_state_name(view.watch.state);
    }
    if (acting == 0)
        return state;
    return qt_watch_state_name(flat == watch->posts ? QT_WATCH_FLAT : QT_WATCH_ACTING);
}

static json_t *
write_watchman(const struct watch *watch)
{
    json_t *venues = json_array();
    for (unsigned i = 0; i < watch->posts; i++)
        json_array_append_new(venues, write_post(watch->post[i]));
    return json_pack("{s:i, s:s, s:o}", "pid", (int)getpid(), "state", state_of_all(watch),
                     "venues", venues);
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

static void
keep_symbols(struct watch *watch, const json_t *guard)
{
    const char *symbols = json_string_value(json_object_get(guard, "symbols"));
    if (watch->symbols && symbols && strcmp(watch->symbols, symbols) == 0)
        return;
    free(watch->symbols);
    watch->symbols = symbols ? strdup(symbols) : NULL;
}

static enum hearing
listen_once(struct watch *watch)
{
    struct qt_error err = {0};
    if (!has_socket(watch))
        return ENDED;
    json_t *about = write_watchman(watch);
    json_t *reply = qt_control_call_guard(watch->folder, about, ASK_MS, &err);
    const json_t *guard = json_object_get(reply, "guard");
    bool is_good = reply && qt_guard_read(guard, &watch->guard, &err);
    if (is_good)
        keep_symbols(watch, guard);
    json_decref(about);
    json_decref(reply);
    return is_good ? HEARD : SILENT;
}

static void
hear(struct watch *watch)
{
    switch (listen_once(watch)) {
    case HEARD:
        for (unsigned i = 0; i < watch->posts; i++)
            qt__post_heard(watch->post[i], &watch->guard, watch->symbols, qt_now_mono_ns());
        break;
    case ENDED:
        for (unsigned i = 0; i < watch->posts; i++)
            qt__post_ended(watch->post[i]);
        break;
    case SILENT:
        break;
    }
}

/* Handing back */

/* What was done here is at the venues, and the engine must look before it trades. */
static void
hand_back(const struct watch *watch)
{
    struct qt_error err = {0};
    char reason[128], where[32] = "";
    if (watch->posts > 1)
        snprintf(where, sizeof where, " at %u venues", watch->handing);
    snprintf(reason, sizeof reason, "the watchman acted%s: %u cancels, %u sales", where,
             watch->did.cancels, watch->did.sales);
    json_t *reply = qt_control_call(watch->folder, "pause", reason, PAUSE_MS, &err);
    qt__watch_say("the engine is heard again (pid %lld): handed back%s%s%s",
                  (long long)watch->guard.pid, where,
                  reply ? ", and paused it" : "; pausing it failed: ", reply ? "" : err.text);
    json_decref(reply);
}

/* The posts that acted say so each for itself; one pause tells the engine of all that do soon. */
static void
gather(struct watch *watch)
{
    bool is_whole = true;
    int64_t now = qt_now_mono_ns();
    for (unsigned i = 0; i < watch->posts; i++) {
        struct qt_watch_view did;
        struct qt__post_view view;
        if (qt__post_handed_back(watch->post[i], &did)) {
            watch->handing_ns = watch->handing ? watch->handing_ns : now;
            watch->handing++;
            watch->did.cancels += did.cancels;
            watch->did.sales += did.sales;
        }
        qt__post_look(watch->post[i], &view);
        is_whole &= view.is_at_rest || !view.is_open;
    }
    if (watch->handing == 0 || (!is_whole && now - watch->handing_ns < GATHER_NS))
        return;
    hand_back(watch);
    watch->handing = 0;
    watch->did = (struct qt_watch_view){0};
}

/* Of several venues: nobody is flat before all are. */
static void
tell(struct watch *watch)
{
    unsigned flat = 0, acting = 0;
    struct qt_text left;
    char buffer[160];
    qt_text_init(&left, buffer, sizeof buffer);
    for (unsigned i = 0; i < watch->posts; i++) {
        struct qt__post_view view;
        qt__post_look(watch->post[i], &view);
        bool is_flat = view.is_open && view.watch.state == QT_WATCH_FLAT;
        flat += is_flat;
        acting += is_acting(&view);
        if (!is_flat)
            qt_text_addf(&left, "%s%s%s", left.length ? ", " : "", qt__post_name(watch->post[i]),
                         view.is_open && view.watch.rounds > 0 ? "" : " (nothing read yet)");
    }
    bool is_news = flat != watch->flat_told || (acting > 0) != watch->is_acting_told;
    if (is_news && acting > 0 && flat == watch->posts && watch->posts > 1)
        qt__watch_say("flat at every venue");
    else if (is_news && flat > 0)
        qt__watch_say("flat at %u of %u venues; not yet: %s", flat, watch->posts, buffer);
    watch->flat_told = flat;
    watch->is_acting_told = acting > 0;
}

/* Opening */

/* Its own key, or the engine's: of a file, or of the vault, for which the store's key is asked once
 * for all venues. settings: as if that venue were the only one. */
static bool
load_credentials(struct watch *watch, unsigned i, struct qt_settings *settings,
                 struct qt_store_key **key, struct qt_error *err)
{
    const struct qt_watch_config *config = &watch->settings.watch;
    struct qt_venue_credentials *out = watch->credentials[i] = sodium_malloc(sizeof *out);
    if (!out)
        return qt_fail(err, QT_E_MEMORY, "no memory for the key");
    if (config->credentials_file[i][0])
        return qt_venue_credentials_load(config->credentials_file[i], out, err);
    if (config->credentials[i][0]) {
        (void)qt_copy(settings->venue.credentials, sizeof settings->venue.credentials,
                      config->credentials[i]);
        settings->venue.credentials_file[0] = '\0'; /* the engine's */
    }
    if (!*key)
        *key = qt__unlock(settings, watch->folder, err);
    struct qt__credentials *found =
        *key ? qt__credentials_open(settings, watch->folder, *key, err) : NULL;
    if (found)
        *out = found->pair;
    qt__credentials_close(found);
    return found != NULL;
}

static bool
load_all_credentials(struct watch *watch, struct qt_error *err)
{
    struct qt_store_key *key = NULL;
    bool is_good = sodium_init() >= 0 || qt_fail(err, QT_E_FAILED, "libsodium cannot be used");
    for (unsigned i = 0; i < POSTS && is_good; i++) {
        struct qt_error why = {0};
        if (!qt__routing_has(&watch->settings, i))
            continue;
        struct qt_settings *alone = qt__routing_alone(&watch->settings, i);
        is_good = alone ? load_credentials(watch, i, alone, &key, &why)
                        : qt_fail(&why, QT_E_MEMORY, "no memory");
        free(alone);
        if (!is_good)
            qt_fail(err, why.code, "no key for the watchman at %s: %.400s", qt__routing_name(i),
                    why.text);
    }
    qt_store_key_close(key);
    return is_good;
}

static bool
open_folder(struct watch *watch, const struct qt_args *args, struct qt_error *err)
{
    watch->is_verbose = args->verbose > 0;
    return qt_settings_load(args, &watch->settings, err) &&
           qt_state_dir(args, watch->folder, err) && load_all_credentials(watch, err);
}

/* Every venue of the engine must be one of the config's. */
static bool
check_venues(const struct watch *watch, struct qt_error *err)
{
    for (uint32_t k = 0; k < watch->guard.venues; k++) {
        bool is_known = false;
        for (unsigned i = 0; i < POSTS; i++)
            is_known |= qt__routing_has(&watch->settings, i) &&
                        strcmp(qt__routing_name(i), watch->guard.venue[k]) == 0;
        if (!is_known)
            return qt_fail(err, QT_E_CONFIG,
                           "the engine trades at %s, which this config does not have: nobody would "
                           "guard it",
                           watch->guard.venue[k]);
    }
    return true;
}

/* Until an engine answers: false: one that trades on paper, or the wait was ended. */
static bool
wait_for_engine(struct watch *watch, const sigset_t *signals, bool *out_is_over,
                struct qt_error *err)
{
    const struct timespec pause = {.tv_sec = 1};
    qt__watch_say("waiting for an engine on %s", watch->folder);
    while (listen_once(watch) != HEARD)
        if (sigtimedwait(signals, NULL, &pause) > 0) {
            *out_is_over = true;
            return true;
        }
    if (!watch->guard.is_live)
        return qt_fail(err, QT_E_FAILED,
                       "the engine on %s does not trade at a venue: nothing to watch",
                       watch->folder);
    return check_venues(watch, err);
}

static bool
start_posts(struct watch *watch, struct qt_error *err)
{
    for (unsigned i = 0; i < POSTS; i++) {
        if (!qt__routing_has(&watch->settings, i))
            continue;
        struct qt__post_options options = {.index = i,
                                           .settings = qt__routing_alone(&watch->settings, i),
                                           .credentials = watch->credentials[i],
                                           .is_verbose = watch->is_verbose};
        if (!options.settings)
            return qt_fail(err, QT_E_MEMORY, "no memory for the watchman");
        watch->credentials[i] = NULL;
        watch->post[watch->posts] = qt__post_start(&options, err);
        if (!watch->post[watch->posts])
            return false;
        qt__post_heard(watch->post[watch->posts++], &watch->guard, watch->symbols,
                       qt_now_mono_ns());
    }
    return true;
}

/* What can never work at one venue ends the process, but not while another one is acted on. */
static bool
is_sound(const struct watch *watch, struct qt_error *err)
{
    bool acts = false;
    struct qt__post *failed = NULL;
    for (unsigned i = 0; i < watch->posts; i++) {
        struct qt__post_view view;
        qt__post_look(watch->post[i], &view);
        acts |= is_acting(&view);
        failed = view.has_failed ? watch->post[i] : failed;
    }
    if (!failed || acts)
        return true;
    qt__post_failure(failed, err);
    return false;
}

static bool
keep_watch(struct watch *watch, const sigset_t *signals, int64_t for_ns, struct qt_error *err)
{
    const struct timespec pause = {.tv_nsec = TURN_MS * QT_NS_PER_MS};
    int64_t begun = qt_now_mono_ns(), next = begun;
    do {
        int64_t now = qt_now_mono_ns();
        if (for_ns > 0 && now - begun >= for_ns)
            return true;
        if (now >= next) {
            hear(watch);
            next = now + HEAR_NS;
        }
        gather(watch);
        tell(watch);
        if (!is_sound(watch, err))
            return false;
    } while (sigtimedwait(signals, NULL, &pause) < 0);
    return true;
}

static void
close_watch(struct watch *watch)
{
    for (unsigned i = 0; i < watch->posts; i++)
        qt__post_stop(watch->post[i]);
    for (unsigned i = 0; i < POSTS; i++)
        sodium_free(watch->credentials[i]); /* wipes */
    free(watch->symbols);
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
    bool is_good =
        qt_args_duration(args, "for", 0, &for_ns, err) && open_folder(watch, args, err) &&
        wait_for_engine(watch, &signals, &is_over, err) &&
        (is_over || (start_posts(watch, err) && keep_watch(watch, &signals, for_ns, err)));
    close_watch(watch);
    return is_good;
}

const struct qt_command qt_cmd_watch = {
    .name = "watch",
    .summary = "the watchman: cancels and sells at the venues when the engine is silent",
    .options =
        (const struct qt_option[]){
            {"for", 0, "TIME", "end after so long (60s, 5m); default: at SIGINT or SIGTERM"}, {0}},
    .run = watch_run,
};
