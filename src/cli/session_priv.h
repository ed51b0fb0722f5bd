/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A trading session: venue, store and engine joined, the engine on its own thread, stopped in
 * order. What demo and run share.
 */
#ifndef QTRADE_CLI_SESSION_PRIV_H
#define QTRADE_CLI_SESSION_PRIV_H

#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "qtrade/api/control.h"
#include "qtrade/base/clock.h"
#include "qtrade/engine/engine.h"
#include "qtrade/sim/inline_venue.h"
#include "qtrade/store/store.h"
#include "qtrade/venue/binance.h"

#include "host_priv.h"
#include "journaling_priv.h"
#include "market_keeping_priv.h"
#include "settings_priv.h"
#include "state_dir_priv.h"

/** What a session is made of; borrowed until qt__session_close. */
struct qt__session_plan {
    const struct qt_settings *settings;
    const char *run_kind;         /* "demo", "paper", "live" */
    const char *folder;           /* state; made already */
    bool is_throw_away;           /* the folder is: its keys are of this run only */
    const struct qt_clock *clock; /* the wall clock, or the simulated exchange's */
    const struct qt_binance_options *venue;
    bool is_paper; /* orders stay inside: matched against the live feed */
    qt_money paper_capital;
    int paper_fee_ppm;
    const char *journal; /* folder of its journal; NULL: none */
    bool keeps_market;   /* beside the journal: market states, and goes on from the last */
    bool shares_key;     /* the journal's key is the store's */
    bool shows_progress; /* on stderr while it connects */
    struct qt_clock *steady; /* clock, if it is to begin at the machine's; NULL: it runs already */
    int verbose;         /* of the log on stderr: 0 errors only; a screen has none */
    bool has_screen;
};

struct qt__session {
    struct qt__session_plan plan;
    struct qt__host host;
    struct qt_log *log;
    struct qt_store_key *key; /* until the journal is open */
    struct qt_store *store;
    struct qt_binance *venue;
    struct qt_universe *universe;
    struct qt_inline_venue *paper;
    struct qt_journal *journal;
    struct qt__market_keeping market;
    struct qt_engine *engine;
    struct qt_control_server *control;
    struct qt_restore *restore;
    struct qt_board *board;
    struct qt_part *part[QT_COMPONENTS]; /* those that this room opens; NULL: not on the board */
    pthread_t thread, watch;
    bool has_thread, has_watch;
    bool is_abandoned;       /* the engine's thread hung when the session ended */
    atomic_bool stop;        /* the engine's */
    atomic_int leave;        /* the screen's: a signal asked to end */
    atomic_bool is_over;     /* the engine's thread has ended */
    struct qt_error failure; /* of the engine's thread, after is_over */
    int64_t opened_mono_ns, begun_mono_ns;
};

/** Connects, restores, starts the engine. False: err; the caller closes either way. SIGINT,
 * SIGTERM, SIGUSR1 and SIGUSR2 are this session's from here on. */
QT_CHECKED bool qt__session_open(struct qt__session *session, const struct qt__session_plan *plan,
                                 struct qt_error *err);
/** Real seconds since the engine began. */
double qt__session_seconds(const struct qt__session *session);
/** Stops the engine and publishes its last picture; positions and orders stay as they are. False:
 * the engine had failed. */
QT_CHECKED bool qt__session_stop(struct qt__session *session, struct qt_error *err);
/** Ends everything that is open. False: the engine's thread hangs, and what it may still touch, the
 * session among it, must not be freed: the process ends soon. */
bool qt__session_close(struct qt__session *session);
/** Runs until for_ns real time have passed (0: no limit), a signal, or the engine's end; with a
 * line of progress a second when stderr is a terminal. */
void qt__session_wait(struct qt__session *session, int64_t for_ns);
/** The screen on this thread until the operator leaves. *out_keep: leave the engine running without
 * it. */
QT_CHECKED bool qt__session_screen(struct qt__session *session, const char *theme, bool is_ascii,
                                   bool asks, bool *out_keep, struct qt_error *err);
/** Prints the summary document of the last picture to stdout, with one more key when name is not
 * NULL; takes value. */
QT_CHECKED bool qt__session_summary(struct qt__session *session, double seconds, const char *name,
                                    json_t *value, struct qt_error *err);

/* session_watch.c, session.c: between the two */
void qt__session_signals(sigset_t *out); /* those that the session waits for */
QT_CHECKED bool qt__session_watch(struct qt__session *session, struct qt_error *err);
void qt__session_unwatch(struct qt__session *session); /* ends the watching thread */
const struct qt_part *qt__session_engine_part(struct qt__session *session); /* NULL: not there */
QT_CHECKED bool qt__session_open_control(struct qt__session *session, struct qt_error *err);

#endif
