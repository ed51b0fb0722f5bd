/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "watch_post_priv.h"

#include <pthread.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "qtrade/base/time.h"
#include "qtrade/venue/binance.h"

#include "routing_priv.h"

enum { WORK_MS = 50, LOAD_MS = 20000, RETRY_MS = 1000, RETRY_MOST_MS = 10000 };

#define ORDER_IDS_FROM 54  /* bits: above every event number of an engine */
#define ORDER_IDS_VENUE 48 /* bits: a venue's own; below are milliseconds */

/* What passes between the process's thread and the post's. */
struct box {
    struct qt_guard guard;
    char *symbols; /* NULL: not known */
    int64_t heard_ns;
    bool is_ended;
    uint64_t said, taken; /* 0: nothing yet */
    struct qt__post_view view;
    bool has_handed_back;
    struct qt_watch_view did;
    struct qt_error failure;
};

struct qt__post {
    struct qt__post_options options;
    const char *name;
    struct qt_clock clock;
    pthread_t thread;
    atomic_bool stop;
    pthread_mutex_t lock;  /* guards box */
    pthread_cond_t called; /* something was said, or it is to stop */
    struct box box;
    /* the thread's own */
    struct qt_binance *venue;
    struct qt_universe *universe;
    struct qt_watchman *watchman;
    char *symbols;         /* with which the session was opened */
    struct qt_guard guard; /* the venue's part of what was said last */
    uint64_t taken;
    bool is_elsewhere; /* the engine does not trade here: told */
    struct qt_watch_view told;
    bool is_connected, was_connected;
    int retry_ms;
    char trouble[sizeof((struct qt_error *)0)->text]; /* told last; "": none */
};

/* Contexts of the library are made and ended one at a time. */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

void
qt__watch_say(const char *format, ...)
{
    char time[QT_TIME_TEXT];
    va_list arguments;
    flockfile(stdout);
    printf("%s ", qt_time_format(qt_now_utc_ns(), time));
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
    funlockfile(stdout);
}

/* Telling */

static bool
is_news(const struct qt_watch_view *a, const struct qt_watch_view *b)
{
    return a->state != b->state || a->cancels != b->cancels || a->sales != b->sales ||
           a->orders != b->orders || a->holdings != b->holdings || a->dust != b->dust ||
           a->unclaimed != b->unclaimed || (a->rounds > 0) != (b->rounds > 0);
}

static void
tell_acting(const struct qt__post *post, const struct qt_watch_view *view)
{
    if (view->rounds == 0)
        qt__watch_say("%s: %s: nothing read yet", post->name, qt_watch_state_name(view->state));
    else
        qt__watch_say("%s: %s: %u orders and %u holdings left; %u cancels, %u sales sent%s",
                      post->name, qt_watch_state_name(view->state), view->orders, view->holdings,
                      view->cancels, view->sales,
                      view->state == QT_WATCH_FLAT ? "; read twice at the venue" : "");
}

static void
tell(struct qt__post *post, const struct qt_watch_view *view)
{
    const struct qt_watch_view *told = &post->told;
    if (!is_news(view, told))
        return;
    if (view->state != told->state && view->state == QT_WATCH_ACTING &&
        told->state < QT_WATCH_ACTING)
        qt__watch_say("%s: the engine is silent for %.0f s: acting", post->name,
                      (double)view->silent_ns / (double)QT_NS_PER_S);
    if (view->state >= QT_WATCH_ACTING)
        tell_acting(post, view);
    else
        qt__watch_say("%s: %s", post->name, qt_watch_state_name(view->state));
    if (view->first_cancel_ns >= 0 && told->first_cancel_ns < 0)
        qt__watch_say("%s: first cancel on its way %.1f ms after the limit", post->name,
                      (double)view->first_cancel_ns / (double)QT_NS_PER_MS);
    if (view->dust != told->dust || view->unclaimed != told->unclaimed)
        qt__watch_say(
            "%s: left alone: %u too small to be traded, %u of which the engine never spoke",
            post->name, view->dust, view->unclaimed);
    post->told = *view;
}

/* The same trouble is told once. */
static void
tell_trouble(struct qt__post *post, const char *why)
{
    if (strcmp(post->trouble, why) == 0)
        return;
    snprintf(post->trouble, sizeof post->trouble, "%s", why);
    if (*why)
        qt__watch_say("%s: cannot be reached: %s; tried again", post->name, why);
}

static void
publish(struct qt__post *post)
{
    struct qt__post_view view = {.is_open = post->watchman != NULL,
                                 .is_connected = post->is_connected};
    if (post->watchman) {
        view.watch = qt_watchman_view(post->watchman, qt_now_mono_ns());
        tell(post, &view.watch);
    }
    pthread_mutex_lock(&post->lock);
    view.has_failed = post->box.view.has_failed;
    post->box.view = view;
    post->box.taken = post->taken;
    pthread_mutex_unlock(&post->lock);
}

/* The session at the venue */

static void
push(void *self, struct qt_event *event)
{
    struct qt__post *post = self;
    if (event->kind == QT_EVENT_LINK) {
        bool is_up = event->link.state == QT_LINK_UP;
        if (post->options.is_verbose)
            qt__watch_say("%s: link: %s %s", post->name,
                          qt_link_state_name((enum qt_link_state)event->link.state),
                          event->link.reason);
        if (event->link.kind == QT_LINK_REST && is_up != post->is_connected) {
            if (post->was_connected)
                qt__watch_say("%s: %s %s", post->name,
                              is_up ? "answers again" : "does not answer:", event->link.reason);
            post->is_connected = is_up;
            post->was_connected |= is_up;
        }
    }
    if (post->watchman)
        qt_watchman_event(post->watchman, event, qt_now_mono_ns());
}

static void
close_session(struct qt__post *post)
{
    qt_watchman_destroy(post->watchman);
    pthread_mutex_lock(&making);
    qt_binance_close(post->venue);
    pthread_mutex_unlock(&making);
    qt_universe_destroy(post->universe);
    post->watchman = NULL;
    post->venue = NULL;
    post->universe = NULL;
    post->is_connected = post->was_connected = false;
}

static bool
open_venue(struct qt__post *post, struct qt_error *err)
{
    struct qt_binance_options options = qt_binance_options_of(&post->options.settings->venue);
    options.key = post->options.credentials->key;
    options.secret = post->options.credentials->secret;
    options.tag = post->guard.tag;
    options.clock = &post->clock;
    options.n_history = 0;
    options.reconcile_ms = 3600000; /* it asks itself */
    options.is_account_only = true;
    if (post->symbols && *post->symbols) { /* P2 */
        options.symbols = post->symbols;
        options.max_symbols = QT_INSTRUMENTS_MAX;
    }
    pthread_mutex_lock(&making);
    post->venue = qt_binance_open(&options, err);
    pthread_mutex_unlock(&making);
    if (post->venue)
        post->universe = qt_binance_load_universe(post->venue, LOAD_MS, NULL, NULL, err);
    return post->universe != NULL;
}

static bool
open_watchman(struct qt__post *post, struct qt_error *err)
{
    const struct qt_settings *settings = post->options.settings;
    uint64_t from = UINT64_C(1) << ORDER_IDS_FROM |
                    (uint64_t)post->options.index << ORDER_IDS_VENUE |
                    (uint64_t)(qt_now_utc_ns() / QT_NS_PER_MS);
    int64_t window_ns = settings->venue.recv_window_ms * QT_NS_PER_MS;
    const struct qt_watchman_options options = {.venue = qt_binance_venue(post->venue),
                                                .universe = post->universe,
                                                .silent_ns = settings->watch.silent_s * QT_NS_PER_S,
                                                .gap_ns = window_ns + QT_NS_PER_S,
                                                .first_id = from << 8};
    post->watchman = qt_watchman_create(&options, qt_now_mono_ns(), err);
    post->told = (struct qt_watch_view){.first_cancel_ns = -1};
    return post->watchman != NULL;
}

/* False: for good. */
static bool
open_session(struct qt__post *post)
{
    struct qt_error err = {0};
    if (open_venue(post, &err) && open_watchman(post, &err)) {
        post->taken = 0; /* it has to be told anew what the engine said */
        post->retry_ms = 0;
        tell_trouble(post, "");
        qt__watch_say("%s: watching an engine (pid %lld, %u positions) at %s", post->name,
                      (long long)post->guard.pid, post->guard.positions,
                      qt_binance_rest_url(&post->options.settings->venue));
        return true;
    }
    close_session(post);
    if (err.code == QT_E_CONFIG) {
        pthread_mutex_lock(&post->lock);
        qt_fail(&post->box.failure, err.code, "%s: %.440s", post->name, err.text);
        post->box.view.has_failed = true;
        pthread_mutex_unlock(&post->lock);
        return false;
    }
    tell_trouble(post, err.text);
    post->retry_ms = QT_MIN(QT_MAX(2 * post->retry_ms, RETRY_MS), RETRY_MOST_MS);
    return true;
}

/* The box */

static bool
is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The venue's part of what the engine said. True: of an engine with other symbols, or of another
 * store, which another session has to watch. */
static bool
read_guard(struct qt__post *post, const struct box *box)
{
    struct qt_guard part;
    bool is_here = qt_guard_at(&box->guard, post->name, &part);
    bool is_other = part.tag != post->guard.tag || !is_same(box->symbols, post->symbols);
    if (!is_here && !post->is_elsewhere)
        qt__watch_say("%s: the engine does not trade here: what lies here is left alone",
                      post->name);
    post->is_elsewhere = !is_here;
    post->guard = part;
    return is_other;
}

static void
hear(struct qt__post *post, struct box *box)
{
    bool is_other = read_guard(post, box);
    struct qt_watch_view did = {.first_cancel_ns = -1};
    if (post->watchman)
        did = qt_watchman_view(post->watchman, qt_now_mono_ns());
    if (post->watchman && qt_watchman_heard(post->watchman, &post->guard, box->heard_ns)) {
        box->did = did;
        box->has_handed_back = true;
    }
    if (post->watchman)
        post->taken = box->said;
    if (!is_other)
        return;
    close_session(post);
    free(post->symbols);
    post->symbols = box->symbols ? strdup(box->symbols) : NULL;
}

/* The first word is waited for, and the time between two attempts. */
static void
wait_for_turn(struct qt__post *post)
{
    const struct box *box = &post->box;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + post->retry_ms * QT_NS_PER_MS;
    until.tv_sec += ns / QT_NS_PER_S;
    until.tv_nsec = ns % QT_NS_PER_S;
    while (!atomic_load(&post->stop) && box->said == 0)
        pthread_cond_wait(&post->called, &post->lock);
    while (!atomic_load(&post->stop) && post->retry_ms > 0)
        if (pthread_cond_timedwait(&post->called, &post->lock, &until) != 0)
            return;
}

/* Under the lock. */
static void
take(struct qt__post *post)
{
    struct box *box = &post->box;
    if (!post->watchman)
        wait_for_turn(post);
    if (box->said != post->taken)
        hear(post, box);
    if (post->watchman && box->is_ended)
        qt_watchman_ended(post->watchman);
}

/* The thread */

static bool
turn(struct qt__post *post)
{
    const struct qt_event_sink sink = {.self = post, .push = push};
    pthread_mutex_lock(&post->lock);
    take(post);
    pthread_mutex_unlock(&post->lock);
    if (atomic_load(&post->stop))
        return false;
    if (!post->watchman)
        return open_session(post);
    struct qt_feed_port feed = qt_binance_feed(post->venue);
    if (feed.work(feed.self, &sink, WORK_MS) < 0) {
        tell_trouble(post, "its session cannot be started");
        close_session(post);
        post->retry_ms = RETRY_MS;
        return true;
    }
    qt_watchman_tick(post->watchman, qt_now_mono_ns());
    return true;
}

static void *
run(void *argument)
{
    struct qt__post *post = argument;
    while (turn(post))
        publish(post);
    return NULL;
}

/* For the process's thread */

static void
destroy(struct qt__post *post)
{
    if (!post)
        return;
    close_session(post);
    pthread_cond_destroy(&post->called);
    pthread_mutex_destroy(&post->lock);
    sodium_free(post->options.credentials); /* wipes */
    free(post->options.settings);
    free(post->symbols);
    free(post->box.symbols);
    free(post);
}

struct qt__post *
qt__post_start(const struct qt__post_options *options, struct qt_error *err)
{
    struct qt__post *post = calloc(1, sizeof *post);
    pthread_condattr_t monotonic;
    if (!post) {
        sodium_free(options->credentials);
        free(options->settings);
        qt_fail(err, QT_E_MEMORY, "no memory for the watchman");
        return NULL;
    }
    post->options = *options;
    post->name = qt__routing_name(options->index);
    post->box.view.watch.first_cancel_ns = -1;
    qt_clock_init_wall(&post->clock);
    pthread_mutex_init(&post->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&post->called, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&post->thread, NULL, run, post) == 0)
        return post;
    destroy(post);
    qt_fail(err, QT_E_FAILED, "a thread cannot be started");
    return NULL;
}

void
qt__post_stop(struct qt__post *post)
{
    if (!post)
        return;
    pthread_mutex_lock(&post->lock);
    atomic_store(&post->stop, true);
    pthread_cond_signal(&post->called);
    pthread_mutex_unlock(&post->lock);
    pthread_join(post->thread, NULL);
    destroy(post);
}

const char *
qt__post_name(const struct qt__post *post)
{
    return post->name;
}

void
qt__post_heard(struct qt__post *post, const struct qt_guard *guard, const char *symbols,
               int64_t at_ns)
{
    struct box *box = &post->box;
    pthread_mutex_lock(&post->lock);
    box->guard = *guard;
    if (!is_same(box->symbols, symbols)) {
        free(box->symbols);
        box->symbols = symbols ? strdup(symbols) : NULL;
    }
    box->heard_ns = at_ns;
    box->is_ended = false;
    box->said++;
    pthread_cond_signal(&post->called);
    pthread_mutex_unlock(&post->lock);
}

void
qt__post_ended(struct qt__post *post)
{
    pthread_mutex_lock(&post->lock);
    post->box.is_ended = true;
    pthread_mutex_unlock(&post->lock);
}

void
qt__post_look(struct qt__post *post, struct qt__post_view *out)
{
    pthread_mutex_lock(&post->lock);
    *out = post->box.view;
    out->is_at_rest = post->box.taken == post->box.said;
    pthread_mutex_unlock(&post->lock);
}

bool
qt__post_handed_back(struct qt__post *post, struct qt_watch_view *out)
{
    pthread_mutex_lock(&post->lock);
    bool has_it = post->box.has_handed_back;
    if (has_it)
        *out = post->box.did;
    post->box.has_handed_back = false;
    pthread_mutex_unlock(&post->lock);
    return has_it;
}

void
qt__post_failure(struct qt__post *post, struct qt_error *err)
{
    pthread_mutex_lock(&post->lock);
    *err = post->box.failure;
    pthread_mutex_unlock(&post->lock);
}
