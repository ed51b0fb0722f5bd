/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP/1.1 and WebSocket server on a loop. Everything from outside is bounded: header, body, time
 * to send a request, number of clients, bytes that wait for a client. A client that does not read
 * is dropped and counted (fault N7).
 */
#ifndef QTRADE_NET_SERVER_H
#define QTRADE_NET_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/net/http.h"
#include "qtrade/net/loop.h"

struct qt_server;
struct qt_responder; /* the way back of one request */
struct qt_peer;      /* one WebSocket client */

/** One request; valid during the callback. */
struct qt_call {
    const char *method, *path;
    const char *query; /* raw, as sent, without '?'; "" when there is none */
    const char *body;  /* NUL-ended, never NULL */
    size_t body_length;
    const char *remote;  /* address of the client as text */
    const void *headers; /* qt_call_header */
};
/** The value of a header (name in any case), NULL when absent. Valid as long as the call. */
const char *qt_call_header(const struct qt_call *call, const char *name);

struct qt_server_options {
    const char *address;    /* to bind; NULL: 127.0.0.1 */
    int port;               /* 0: any free one */
    size_t max_header;      /* bytes of request line and headers; 0: 64 KiB */
    size_t max_body;        /* 0: 1 MiB; more is answered 413 */
    size_t max_queue;       /* bytes waiting for one WebSocket client; 0: 4 MiB; more drops it */
    size_t max_message;     /* bytes of one incoming WebSocket message; 0: 1 MiB */
    unsigned max_clients;   /* connections; 0: 1024; further ones are closed at once and counted */
    int request_timeout_ms; /* from the first byte of a request to its last; 0: 10 s */
    int idle_timeout_ms;    /* a kept-alive connection without request; 0: 60 s */
    int ping_interval_ms; /* of WebSocket clients; 0: 180 s; no answer until the next ping: dropped
                           */
    void *context;
    /** Answer through responder, now or later, exactly once. NULL: every path is 404. */
    void (*request)(void *context, const struct qt_call *call, struct qt_responder *responder);
    /** A WebSocket upgrade. False: 404 (or as qt_peer_refuse said), peer is gone. NULL: none
     * accepted. */
    bool (*accept)(void *context, struct qt_peer *peer, const struct qt_call *call);
    /** One whole message; data[length] is NUL. */
    void (*message)(void *context, struct qt_peer *peer, const char *data, size_t length);
    /** A queue that had to wait for the peer is empty again. NULL: nobody wants to know. */
    void (*drained)(void *context, struct qt_peer *peer);
    /** The peer is gone; reason for people. Its pointer is invalid afterwards. Not called by
     * qt_server_stop. */
    void (*closed)(void *context, struct qt_peer *peer, const char *reason);
};

struct qt_server_stats {
    uint64_t requests, upgrades, messages_in, messages_out, bytes_out;
    uint64_t refused;       /* connections beyond max_clients */
    uint64_t bad;           /* requests answered 4xx by the server itself */
    uint64_t dropped_slow;  /* clients dropped because their queue was full */
    uint64_t dropped_quiet; /* clients dropped because a ping was not answered or a request not
                               finished */
    unsigned clients;       /* now */
};

/** Binds and listens. NULL: err says why ("port 8080 of 127.0.0.1 is in use ..."). */
struct qt_server *qt_server_start(struct qt_loop *loop, const struct qt_server_options *options,
                                  struct qt_error *err);
/** Closes everything; responders not yet answered become void but are still to be answered. NULL is
 * fine. */
void qt_server_stop(struct qt_server *server);
int qt_server_port(const struct qt_server *server);
struct qt_server_stats qt_server_stats(const struct qt_server *server);

/**
 * Answers: status 200..599, content_type NULL for none, n extra headers, body copied. Ends the
 * responder; when the client has gone meanwhile nothing happens.
 */
void qt_respond(struct qt_responder *responder, int status, const char *content_type,
                const struct qt_http_header *headers, size_t n, const void *body, size_t length);

/** Ends the responder without an answer: the connection is closed. */
void qt_respond_nothing(struct qt_responder *responder);

/** A message built once and sent to many peers; counted references. */
struct qt_blob;
struct qt_blob *qt_blob_create(const void *text, size_t length); /* NULL: no memory */
struct qt_blob *qt_blob_ref(struct qt_blob *blob);
void qt_blob_unref(struct qt_blob *blob); /* NULL is fine */

/** Queues a text message. False: the queue is full and the peer is being dropped, or it is closing.
 */
bool qt_peer_send(struct qt_peer *peer, struct qt_blob *blob);
bool qt_peer_send_text(struct qt_peer *peer, const void *text, size_t length);
/** Bytes that wait for this peer: for conflating what may be conflated. */
size_t qt_peer_queued(const struct qt_peer *peer);
/** Inside accept, before it says false: which status (400..599) is answered, with Retry-After where
 * retry_after_s is not negative. */
void qt_peer_refuse(struct qt_peer *peer, int status, int64_t retry_after_s);
/** Sends what is queued, then a close frame with code (1000..4999) and reason, then ends; closed is
 * called. */
void qt_peer_close(struct qt_peer *peer, int code, const char *reason);
/** Cuts the connection: no close frame, what is queued is lost; closed is called later. */
void qt_peer_cut(struct qt_peer *peer);
/**
 * The connection stays, but nothing is read from it or sent on it any more, pings included; sending
 * says true. It ends when the client ends it, or at the latest as one that answers no ping.
 */
void qt_peer_freeze(struct qt_peer *peer);
/** What the owner hangs on a peer. */
void qt_peer_set_user(struct qt_peer *peer, void *user);
void *qt_peer_user(const struct qt_peer *peer);

static inline void
qt_server_auto(struct qt_server **p)
{
    qt_server_stop(*p);
}

#endif
