/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of net share of a loop: sockets of our own watched beside those of libwebsockets,
 * names resolved without blocking, the one TLS context of a loop.
 *
 *     poll of lws -+- sockets of lws: WebSocket clients
 *                  +- one epoll: our own sockets (HTTP clients, servers) and the eventfd that wakes
 */
#ifndef QTRADE_NET_LOOP_PRIV_H
#define QTRADE_NET_LOOP_PRIV_H

#include <libwebsockets.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "qtrade/net/loop.h"

/** A file descriptor in its owner's memory; zeroed = not watched. Level-triggered. */
struct qt__watch {
    struct qt_loop *loop; /* NULL: not watched */
    int fd;
    uint32_t events; /* EPOLLIN, EPOLLOUT */
    void (*fn)(void *context, uint32_t events);
    void *context;
};
/** False: the system has no room for it. */
QT_CHECKED bool qt__watch_start(struct qt_loop *loop, struct qt__watch *watch, int fd,
                                uint32_t events, void (*fn)(void *, uint32_t), void *context);
void qt__watch_change(struct qt__watch *watch, uint32_t events);
/** Not watched is fine. No event of it is given any more, not even of this turn. The fd stays open.
 */
void qt__watch_stop(struct qt__watch *watch);

struct lws_context *qt__loop_lws(struct qt_loop *loop);
struct lws_vhost *qt__loop_vhost(struct qt_loop *loop);
SSL_CTX *qt__loop_tls(struct qt_loop *loop);
/** A callback was given to the user: qt_loop_work counts them. */
void qt__loop_count(struct qt_loop *loop);
/** 0, 1, 2 ...: so that successive connections start at different addresses of a name. */
unsigned qt__loop_turn(struct qt_loop *loop);

/** The callback of lws for WebSocket clients: websocket.c. */
int qt__ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t length);

#define QT__ADDRESSES_MAX 8

struct qt__addresses {
    unsigned n;
    struct sockaddr_storage address[QT__ADDRESSES_MAX];
    socklen_t length[QT__ADDRESSES_MAX];
};
/** addresses->n 0: the name does not resolve, reason says why. */
typedef void (*qt__resolve_fn)(void *context, const struct qt__addresses *addresses,
                               const char *reason);
struct qt__resolve;
/** Calls fn once, later, on the loop; getaddrinfo runs on a thread of its own (fault N3). NULL: no
 * memory or thread. */
struct qt__resolve *qt__resolve_start(struct qt_loop *loop, const char *host, int port,
                                      qt__resolve_fn fn, void *context);
/** Before fn was called. NULL is fine. */
void qt__resolve_cancel(struct qt__resolve *resolve);
/** Called by the loop in each turn in which it was woken: hands out what is done. */
void qt__resolve_deliver(struct qt__resolve **list);
struct qt__resolve **qt__loop_resolves(struct qt_loop *loop);
int qt__loop_wake_fd(const struct qt_loop *loop);

#endif
