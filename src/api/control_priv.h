/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of the control socket's server, all of it on its own thread:
 *
 *     control_server.c     start, end, and the poll
 *     control_peers.c      who connects: let in or refused, told to the log and to the audit
 *     control_lines.c      bytes in, bytes out, one line at a time
 *     control_answers.c    a line's answer, a function a command
 *     control_pictures.c   the answer to "picture", written once for all clients
 *     control_wait.c       the answer to a command, held back until it is on disk
 */
#ifndef QTRADE_API_CONTROL_PRIV_H
#define QTRADE_API_CONTROL_PRIV_H

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/un.h>

#include "qtrade/api/control.h"
#include "qtrade/base/text.h"

#include "control_wait_priv.h"
#include "watched_priv.h"

enum { QT__CONTROL_CLIENTS = 32, QT__CONTROL_LINE = 64 * 1024, QT__CONTROL_PAUSE_MS = 500 };

/** What was told last of a kind. */
struct qt__control_told {
    struct qt_control_peer peer;
    int64_t at_ns; /* monotonic; 0: never */
    uint64_t since;
};

struct qt__control_client {
    int fd; /* -1: free */
    struct qt_control_peer peer;
    int64_t keys;     /* pressed in its screen, as far as it said */
    bool is_attached; /* it asked for a picture */
    int64_t since_ns; /* of the last whole line in, or answer out, monotonic */
    char *in;         /* QT__CONTROL_LINE bytes */
    size_t in_length;
    char *out; /* NULL: nothing to send */
    size_t out_length, sent;
    struct qt__control_wait wait; /* for the disk, before it is answered */
};

struct qt_control_server {
    struct qt_control_options options;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
    int listener, wake;
    struct qt__control_client client[QT__CONTROL_CLIENTS];
    struct qt_snapshot *withheld; /* a copy, where the dashboard does not show all */
    struct qt_text picture;       /* the newest that somebody asked for, as text */
    uint64_t picture_number;
    struct qt__control_told told[QT_CONTROL_NOTICES];
    struct qt__watched watched;
    int64_t
        accept_ns;   /* no accept before, monotonic: descriptors or memory were short (fault R3) */
    int64_t told_ns; /* when that was said, once a minute; 0: never */
    bool is_short;   /* until one is accepted again */
    pthread_t thread;
    bool has_thread;
    atomic_bool stop, has_ended;
    atomic_uint_fast64_t clients, requests, refused; /* counts, which order nothing */
};

/** Accepts one client, or refuses it, or accepts none for QT__CONTROL_PAUSE_MS where the system has
 * no room for one. */
void qt__control_welcome(struct qt_control_server *server);
/** Tells of that peer, unless the same of it was told in the last minute. */
void qt__control_notice(struct qt_control_server *server, enum qt_control_notice kind,
                        const struct qt_control_peer *peer);
/** An entry of the audit that names who is at the other end. */
void qt__control_note(const struct qt_control_server *server, const struct qt_control_peer *peer,
                      const char *action, const char *what);

/** Takes what came, and answers the first whole line; the client may be dropped afterwards. */
void qt__control_receive(struct qt_control_server *server, struct qt__control_client *client);
/** Sends on; with the last byte of an answer the next line is answered. It may be dropped
 * afterwards. */
void qt__control_transmit(struct qt_control_server *server, struct qt__control_client *client);
/** Answers whose command is on disk by now, or will not be soon. */
void qt__control_answer_waiting(struct qt_control_server *server);
/** Closes it and frees what it has; a free place stays one. */
void qt__control_drop(struct qt__control_client *client);
/** Drops every client that let its patience of 10 s pass. */
void qt__control_drop_slow(struct qt_control_server *server);

/** The answer's text to the first length bytes that came in, without a line's end; the caller frees
 * it. NULL: no memory. */
char *qt__control_answer(struct qt_control_server *server, struct qt__control_client *client,
                         size_t length);
/** The text of an answer, which it takes; the caller frees it. Where memory was short since the last
 * qt_memory_watch it says so instead. NULL: no memory. */
char *qt__control_say(json_t *reply);
/** The answer to {"command":"picture"}, good until the next picture; *out is NULL when there is no
 * newer one. False: no memory. */
QT_CHECKED bool qt__control_picture(struct qt_control_server *server,
                                    struct qt__control_client *client, const json_t *request,
                                    const char **out);

#endif
