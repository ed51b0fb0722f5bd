/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control socket of a running engine: a Unix socket in the state folder, mode 0600, for its own
 * user and root. Each line is a JSON object, each answer one line:
 *
 *     {"v":1,"command":"status"}                        {"v":1,"ok":true,"status":{...}}
 *     {"v":1,"command":"pause","reason":"news"}         {"v":1,"ok":true,"kept":true}
 *     {"v":1,"command":"picture","after":7,"keys":3}    {"v":1,"ok":true,"picture":{...}}
 *     {"v":1,"command":"audit","reason":"store.rekey"}  {"v":1,"ok":true}, after an entry of it
 *     {"v":1,"command":"rekey","reason":"8f31..."}      {"v":1,"ok":true}, of 'store rekey --pages'
 *     {"v":1,"command":"sing"}                          {"v":1,"ok":false,"error":"..."}
 *
 * A command to the engine is answered when it is on disk, so that what was acknowledged outlives the
 * engine: "kept" is true. A disk that does not answer is waited for 1.5 s; then "kept" is false and a
 * "warning" says so. What the command does never waits for either.
 *
 * While the engine's thread does not move (the watchdog says so), a stop is answered with ok and a
 * "warning": the gate is shut, the rest waits; a resume is refused; the status tells both.
 *
 * A picture (api/picture.h) is null while number "after" is still the newest, so that whoever is
 * slow skips some; "keys" counts the keys pressed in that screen. A command with "source":"attach"
 * is told as one of its keys.
 *
 * Commands: status, picture, guard (for the watchman: api/guard.h), audit, rekey, pause, resume, reduce,
 * liquidate, test_lamps (of the kill switch). A line has 64 KiB at most; 32 clients at once, each of
 * whom has 10 s for a line and for taking its answer. The server has its own thread; the engine never
 * waits for a client.
 */
#ifndef QTRADE_API_CONTROL_H
#define QTRADE_API_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/engine/board.h"
#include "qtrade/engine/dashboard.h"
#include "qtrade/engine/snapshot.h"

#define QT_CONTROL_VERSION 1
#define QT_CONTROL_NAME "control.sock"

/** Who is at the other end of a connection. */
struct qt_control_peer {
    unsigned uid;
    int pid;
    bool is_attached; /* the command is a key of an attached screen */
};

/** What is told of connections: who was turned away, and who looks on. */
enum qt_control_notice { QT_CONTROL_REFUSED, QT_CONTROL_ATTACHED, QT_CONTROL_NOTICES };

/** The engine as the socket sees it; called on the server's thread. Must not block. */
struct qt_control_engine {
    void *self;
    const struct qt_snapshot *(*take)(void *self); /* NULL: no picture yet */
    void (*give)(void *self, const struct qt_snapshot *snapshot);
    bool (*command)(void *self, const struct qt_control_peer *peer, enum qt_command_kind kind,
                    const char *reason, struct qt_error *err);
    /** The number of the newest command, and what became of those up to a number; NULL, both: a
     * command is answered at once. */
    uint64_t (*given)(void *self);
    enum qt_command_fate (*fate)(void *self, uint64_t number);
    void (*seen)(void *self); /* somebody pressed a key in an attached screen; NULL: no matter */
    /** The same of one process again at most once a minute: times counts what was not told. NULL:
     * nobody listens. */
    void (*notice)(void *self, enum qt_control_notice notice, const struct qt_control_peer *peer,
                   uint64_t times);
    /** Seconds since a person was seen, and whether that is too long; NULL: nobody looks. */
    double (*seen_s)(void *self, bool *out_is_absent);
    /** Of somebody's deed at the socket, for the audit: "control.request", or what a subcommand did;
     * NULL: nobody keeps it. */
    void (*note)(void *self, const char *action, const char *detail);
    json_t *(*audit)(void *self); /* "audit" of the status; NULL: there is none */
    /** The kill switch, for the status: a new reference; null: there is none. NULL: neither. */
    json_t *(*hardware)(void *self);
    bool (*test_lamps)(void *self, struct qt_error *err); /* NULL: there are none */
    /** The store's pages get the key that hex has, sealed; it is not told to the audit. NULL: there is
     * no store. */
    bool (*rekey)(void *self, const char *hex, struct qt_error *err);
    json_t *(*rekey_state)(void *self); /* "rekey" of the status, a new reference; NULL: null */
    json_t *(*process)(void *self); /* the status's "process", a new reference; NULL: not told */
};

struct qt_control_options {
    const char *folder; /* the state folder */
    struct qt_control_engine engine;
    enum qt_dashboard dashboard; /* what its pictures show */
    const char *version;    /* of the program; borrowed */
    uint32_t tag;           /* of the engine's orders, for its watchman */
    const struct qt_universe *universe; /* what it may hold, for the same; borrowed, may be NULL */
    int64_t begun_ns;       /* monotonic, when the engine began: its uptime counts from there */
    struct qt_board *board; /* what the status tells of the parts; NULL: nothing */
    struct qt_part *part;   /* the server's own place on it; NULL: nobody looks */
};

struct qt_control_stats {
    uint64_t clients, requests, refused; /* refused: another user, or no room */
};

struct qt_control_server;

/**
 * Binds FOLDER/control.sock and starts the thread. A socket that nobody answers on is replaced; one
 * that is answered, or a file that is no socket, is an error. NULL: err.
 */
struct qt_control_server *qt_control_start(const struct qt_control_options *options,
                                           struct qt_error *err);
/** Ends the thread and removes the socket. NULL is fine. */
void qt_control_stop(struct qt_control_server *server);
/** The thread has ended by itself (its poll failed): nobody is answered until it is stopped and
 * started again. Any thread. */
bool qt_control_has_ended(const struct qt_control_server *server);
struct qt_control_stats qt_control_stats(const struct qt_control_server *server);

/** An engine answers on that folder's socket. */
bool qt_control_is_alive(const char *folder);

/**
 * One request to the engine of that folder, one answer (a new reference). reason may be NULL. NULL:
 * QT_E_NOENGINE when none runs there, QT_E_FAILED with the engine's own words when it refused.
 */
json_t *qt_control_call(const char *folder, const char *command, const char *reason, int timeout_ms,
                        struct qt_error *err);
/** The same for a key of an attached screen. */
json_t *qt_control_call_attached(const char *folder, const char *command, const char *reason,
                                 int timeout_ms, struct qt_error *err);
/** Asks for the guard line and says how the watchman stands (api/guard.h); watchman may be NULL. */
json_t *qt_control_call_guard(const char *folder, json_t *watchman, int timeout_ms,
                              struct qt_error *err);

#endif
