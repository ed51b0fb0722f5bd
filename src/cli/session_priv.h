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
#include "qtrade/hw/kill_switch.h"
#include "qtrade/sim/inline_venue.h"
#include "qtrade/store/audit.h"
#include "qtrade/store/backup_schedule.h"
#include "qtrade/store/store.h"
#include "qtrade/venue/binance.h"

#include "banning_priv.h"
#include "host_priv.h"
#include "journaling_priv.h"
#include "market_keeping_priv.h"
#include "routing_priv.h"
#include "sealing_priv.h"
#include "settings_priv.h"
#include "state_dir_priv.h"

/** What a session is made of; borrowed until qt__session_close. */
struct qt__session_plan {
    const struct qt_settings *settings;
    const char *run_kind;         /* "demo", "paper", "live" */
    const char *folder;           /* state; made already */
    struct qt_store_key *key;     /* of the folder, taken; NULL: the session unlocks it itself */
    const struct qt__sealed *sealed; /* the config's seal; NULL: it needs none */
    const char *key_name;         /* of the vault's entry in use; NULL: none */
    bool is_throw_away;           /* the folder is: its keys are of this run only */
    const struct qt_clock *clock; /* the wall clock, or the simulated exchange's */
    const struct qt_binance_options *venue;
    const struct qt__routing_keys *more_keys; /* of further venues; NULL: the first one only */
    bool is_paper; /* orders stay inside: matched against the live feed */
    qt_money paper_capital;
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
    struct qt_store_key *key; /* until everything is open; live until the end, for other seals */
    struct qt_store *store;
    struct qt_connects connects; /* all venues' */
    struct qt_binance *venue;
    struct qt__routing routing;
    struct qt__banning banning;
    struct qt_universe *universe;
    struct qt_inline_venue *paper;
    struct qt_journal *journal;
    struct qt__market_keeping market;
    struct qt_engine *engine;
    struct qt_kill_switch *kill_switch; /* NULL: none is configured */
    struct qt_control_server *control;
    struct qt_backup_schedule *backups;
    struct qt_restore *restore;
    struct qt_board *board;
    struct qt_part *part[QT_COMPONENTS]; /* those that this room opens; NULL: not on the board */
    pthread_t thread, watch;
    bool has_thread, has_watch;
    bool is_hung_up;         /* its terminal went away: nobody reads what it writes */
    bool is_noted;           /* that the store was opened is in its audit */
    bool is_abandoned;       /* the engine's thread hung when the session ended */
    struct qt_settings *running; /* of it risk is what the engine has now; the watching thread's */
    struct qt_seal_known known;  /* of the seal in use; the watching thread's */
    int64_t venue_ns, venue_mono_ns; /* UTC at the venue when the session began, and when that was */
    atomic_bool stop;        /* the engine's */
    atomic_int leave;        /* the screen's: a signal asked to end */
    atomic_int_fast64_t hurry_mono_ns; /* when it was asked a second time; 0: it was not */
    atomic_int_fast64_t seen_mono_ns;  /* the last key or command of a person */
    atomic_bool is_unattended;         /* nobody was seen for too long */
    enum qt_dashboard dashboard;
    uint64_t screen_command;   /* number of the last one; the screen's thread */
    struct qt_snapshot *shown; /* what the dashboard leaves; the screen's thread */
    pthread_t attendant;       /* while the components open, and while they close */
    bool has_attendant;
    atomic_bool is_attended;
    atomic_bool is_opening; /* nothing trades yet: a signal to end ends the process */
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
/** The screen on this thread until the operator leaves. *out_keep: leave the engine running without
 * it. */
QT_CHECKED bool qt__session_screen(struct qt__session *session, const char *theme, bool is_ascii,
                                   bool asks, bool *out_keep, struct qt_error *err);

/** Says on stderr what stays open without anybody to guard it; after qt__session_stop. */
void qt__session_say_open(struct qt__session *session);

/* session_show.c */

/** Runs until for_ns real time have passed (0: no limit), a signal, or the engine's end; with a
 * line of progress a second when stderr is a terminal. */
void qt__session_wait(struct qt__session *session, int64_t for_ns);
/** Prints the summary document of the last picture to stdout, with one more key when name is not
 * NULL; takes value. */
QT_CHECKED bool qt__session_summary(struct qt__session *session, double seconds, const char *name,
                                    json_t *value, struct qt_error *err);

/* session_venue.c */
QT_CHECKED bool qt__session_open_venue(struct qt__session *session, struct qt_error *err);
void qt__session_close_venue(struct qt__session *session);
bool qt__session_keeps_market(const struct qt__session *session); /* states of it, beside the journal */

/* session_people.c */
void qt__session_notice(struct qt__session *session, enum qt_control_notice kind,
                        const struct qt_control_peer *peer, uint64_t times);
void qt__session_seen(struct qt__session *session); /* a person did something. Any thread */
double qt__session_seen_s(struct qt__session *session);
void qt__session_look_for_people(struct qt__session *session); /* the watching thread */
void qt__session_stays_awake(void); /* without a screen: no terminal stops it */
bool qt__session_has_terminal(void);
void qt__session_hung_up(struct qt__session *session); /* what the config wants then */
const struct qt_snapshot *qt__session_shown(struct qt__session *session);
void qt__session_give_shown(struct qt__session *session, const struct qt_snapshot *snapshot);

/* session_end.c */
void qt__session_asked_to_end(struct qt__session *session, int signal);
bool qt__session_is_hurried(struct qt__session *session); /* asked twice, and a while ago */
/* Between the two signals are taken while components open, or close. */
void qt__session_attend(struct qt__session *session);
void qt__session_end_attended(struct qt__session *session);

/* session_watch.c */
void qt__session_signals(sigset_t *out); /* those that the session waits for */
QT_CHECKED bool qt__session_watch(struct qt__session *session, struct qt_error *err);
void qt__session_unwatch(struct qt__session *session); /* ends the watching thread */
/* The place of the engine's thread on the board; NULL: it is not there. */
const struct qt_part *qt__session_engine_part(struct qt__session *session);

/* session_reload.c */
QT_CHECKED bool qt__session_reload_init(struct qt__session *session, struct qt_error *err);
void qt__session_reload(struct qt__session *session);

/* session.c: for who starts it again */
QT_CHECKED bool qt__session_open_control(struct qt__session *session, struct qt_error *err);

/* session_audit.c */

/** After the store was opened. False: live, and the store does not fit to its heads (QT_E_VERIFY,
 * fault S11), or the hook is no program. On paper it is said loudly. */
QT_CHECKED bool qt__session_begin_audit(struct qt__session *session, struct qt_error *err);
/** That the store was opened, by whom and with what; before its thread starts. */
QT_CHECKED bool qt__session_note_opened(struct qt__session *session, struct qt_error *err);
/** An entry of a thread that is not the engine's. Any thread. */
void qt__session_note(struct qt__session *session, const char *actor, const char *action,
                      const char *detail);
/* of the control socket; self is the session */
void qt__session_note_from_socket(void *self, const char *action, const char *detail);
json_t *qt__session_show_audit(void *self);

/* session_rekey.c: of the control socket; self is the session */

/** The store's new key, sealed, in hex (qt_rekey_hand_over). */
QT_CHECKED bool qt__session_rekey(void *self, const char *hex, struct qt_error *err);
json_t *qt__session_rekey_document(void *self); /* for the status; null: all pages have one key */

/* session_intents.c */

/** What the store holds into session->restore; with a venue outside of this process also what only
 * the intents know, which is told. */
QT_CHECKED bool qt__session_restore_orders(struct qt__session *session, uint32_t *out_unknown,
                                           struct qt_error *err);

/* session_backups.c */

bool qt__session_makes_backups(const struct qt__session *session);
/** The schedule's thread, where there is one. Needs the session's keys. */
QT_CHECKED bool qt__session_open_backups(struct qt__session *session, struct qt_error *err);
void qt__session_close_backups(struct qt__session *session);

/* session_switch.c */
QT_CHECKED bool qt__session_open_switch(struct qt__session *session, struct qt_error *err);
void qt__session_close_switch(struct qt__session *session);
json_t *qt__session_switch_document(void *session); /* for the status; null: none is configured */
bool qt__session_test_lamps(void *session, struct qt_error *err);

#endif
