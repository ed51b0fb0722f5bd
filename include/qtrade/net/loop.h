/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One event loop: one libwebsockets context on one thread. Any number of loops may run in one
 * process, each on its own thread. Everything made on a loop (timers, requests, sockets, servers)
 * is called, calls back and is ended on that thread; qt_loop_wake alone is for every thread.
 *
 * Servers are verified always: there is no switch for it. Unencrypted http:// and ws:// go to
 * loopback addresses only, unless the options of one request or socket name the exception
 * (allow_plain_remote).
 */
#ifndef QTRADE_NET_LOOP_H
#define QTRADE_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/error.h"

/** Why a request or a connection ended without what it was for. */
enum qt_net_error {
    QT_NET_OK,
    QT_NET_DNS,       /* the name does not resolve */
    QT_NET_REFUSED,   /* no connection: refused, no route */
    QT_NET_TLS,       /* the handshake or the certificate failed; the reason text says which */
    QT_NET_TIMEOUT,   /* our own time-out passed (also a TLS server that says nothing) */
    QT_NET_CLOSED,    /* the connection was cut */
    QT_NET_TOO_LARGE, /* more bytes than the stated maximum */
    QT_NET_PROTOCOL,  /* what came is not HTTP or WebSocket, or the upgrade was refused */
    QT_NET_OFF,       /* called off by us before any byte of it had left */
    QT_NET_ERRORS
};
/** "dns", "refused" ... never NULL. */
const char *qt_net_error_name(enum qt_net_error error);

#define QT_NET_REASON 160 /* bytes of a reason text with its NUL; cleaned of control bytes */

struct qt_loop;

struct qt_loop_options {
    const char *ca_file; /* PEM of the authorities to trust; NULL: the system's */
};
/** options NULL: defaults. NULL on failure. The loop belongs to the thread that first works it. */
struct qt_loop *qt_loop_create(const struct qt_loop_options *options, struct qt_error *err);
/** After everything made on the loop was ended by its owner. NULL is fine. */
void qt_loop_destroy(struct qt_loop *loop);
/**
 * Serves sockets and timers once. timeout_ms 0: does not wait; > 0: waits at most so long for
 * something to happen; < 0: waits until something happens. Returns how many callbacks (timers,
 * messages, answers) were given.
 */
int qt_loop_work(struct qt_loop *loop, int timeout_ms);
/** Any thread: ends a waiting qt_loop_work (or the next one) at once. */
void qt_loop_wake(struct qt_loop *loop);

typedef void (*qt_timer_fn)(void *context);

/** A one-shot timer in its owner's memory; zeroed = not running. Fields are the loop's. */
struct qt_timer {
    struct qt_timer *next, *prev;
    struct qt_loop *loop; /* NULL: not running */
    int64_t due_ns;       /* monotonic */
    qt_timer_fn fn;
    void *context;
};
/** Calls fn(context) once on the loop, delay_ms (>= 0) from now, not before. A running timer is
 * moved. */
void qt_timer_start(struct qt_loop *loop, struct qt_timer *timer, int64_t delay_ms, qt_timer_fn fn,
                    void *context);
/** Not running is fine. The owner stops its timers before it frees them. */
void qt_timer_stop(struct qt_timer *timer);
bool qt_timer_is_running(const struct qt_timer *timer);

static inline void
qt_loop_auto(struct qt_loop **p)
{
    qt_loop_destroy(*p);
}

#endif
