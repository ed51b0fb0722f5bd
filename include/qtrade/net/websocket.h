/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * WebSocket client: one connection, whole messages. It does not reconnect by itself: the owner
 * does, with qt_backoff. It pings by itself and ends the connection when the answer is late;
 * whether *data* are late is the owner's to judge (fault F2).
 */
#ifndef QTRADE_NET_WEBSOCKET_H
#define QTRADE_NET_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/net/http.h"
#include "qtrade/net/loop.h"

#define QT_WS_CONNECT_TIMEOUT_MS 5000
#define QT_WS_PING_INTERVAL_MS 15000
#define QT_WS_PONG_TIMEOUT_MS 10000
#define QT_WS_MAX_MESSAGE (8u << 20)
#define QT_WS_MAX_QUEUE (1u << 20)

struct qt_ws;

struct qt_ws_options {
    const char *url; /* ws:// or wss:// */
    const struct qt_http_header *headers;
    size_t n_headers;
    size_t max_message; /* bytes of one incoming message, 0: QT_WS_MAX_MESSAGE; more ends it with
                           TOO_LARGE */
    size_t max_queue;   /* bytes waiting to be sent; 0: QT_WS_MAX_QUEUE */
    int connect_timeout_ms;  /* name, connection, TLS and upgrade together; 0: the default */
    int ping_interval_ms;    /* 0: the default */
    int pong_timeout_ms;     /* 0: the default */
    bool allow_plain_remote; /* ws:// to something else than loopback */
    void *context;
    /** The upgrade is done: messages may be sent. */
    void (*open)(void *context, struct qt_ws *ws);
    /** One whole text (or binary) message; data[length] is NUL; valid during the call. */
    void (*message)(void *context, struct qt_ws *ws, const char *data, size_t length);
    /** It could not be opened or has ended; once; nothing comes after. The owner still destroys ws
     * (here, if it likes). */
    void (*closed)(void *context, struct qt_ws *ws, enum qt_net_error error, const char *reason);
};
/** Starts connecting; copies everything; callbacks never come inside this call. NULL: bad URL,
 * plain remote, memory. */
struct qt_ws *qt_ws_create(struct qt_loop *loop, const struct qt_ws_options *options,
                           struct qt_error *err);
/** Ends it at once; no callback comes any more. Also inside its callbacks. NULL is fine. */
void qt_ws_destroy(struct qt_ws *ws);
bool qt_ws_is_open(const struct qt_ws *ws);
/** It was, at some time: also in closed. */
bool qt_ws_was_open(const struct qt_ws *ws);
/** The HTTP status that the upgrade was answered with instead; 0: it was not, or nothing was. And its
 * Retry-After in seconds; -1: it had none. Also in closed. */
int qt_ws_status(const struct qt_ws *ws);
int64_t qt_ws_retry_after_s(const struct qt_ws *ws);
/** Queues one text message. False: not open, or more than max_queue bytes wait. */
QT_CHECKED bool qt_ws_send(struct qt_ws *ws, const char *text, size_t length);
/** Ns of the last answered ping, there and back; -1: none yet. */
int64_t qt_ws_round_trip_ns(const struct qt_ws *ws);

static inline void
qt_ws_auto(struct qt_ws **p)
{
    qt_ws_destroy(*p);
}

#endif
