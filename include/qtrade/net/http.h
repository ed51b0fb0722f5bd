/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP/1.1 client: a pool of kept-alive connections per origin, one request at a time on each. The
 * total time-out is our own and covers name, connection, TLS, sending and the whole answer. A GET
 * whose kept connection turns out to be closed is sent once more on a fresh one; anything else
 * never is: was_sent says whether the venue may have seen it. Redirects are not followed.
 */
#ifndef QTRADE_NET_HTTP_H
#define QTRADE_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/net/loop.h"

#define QT_HTTP_TIMEOUT_MS 5000 /* default of a request */
#define QT_HTTP_MAX_BODY                                                                           \
    (UINT64_C(64) << 20)         /* default maximum of an answer's body: exchangeInfo is 10 MB */
#define QT_HTTP_HEADER_MAX 16384 /* bytes of an answer's header */

struct qt_http;

struct qt_http_options {
    unsigned
        connections; /* at most so many to one origin, 1..16; 0: 4; further requests wait in line */
    int idle_ms;     /* a kept connection is closed after so long without use; 0: 30 s */
};
/** options NULL: defaults. NULL on failure. The loop outlives it. */
struct qt_http *qt_http_create(struct qt_loop *loop, const struct qt_http_options *options,
                               struct qt_error *err);
/** Ends it with everything under way: no callback comes any more. NULL is fine. */
void qt_http_destroy(struct qt_http *http);

struct qt_http_header {
    const char *name, *value;
};

/** What came of a request. Pointers are valid during the callback. */
struct qt_http_response {
    enum qt_net_error error;    /* QT_NET_OK: status and body are complete */
    char reason[QT_NET_REASON]; /* why, when error is not OK; for people */
    bool was_sent; /* bytes of the request left this machine: with an error its fate is unknown */
    int status;    /* 100..599; 0 when no status line came */
    int64_t retry_after_s;                   /* Retry-After in seconds; -1: none */
    int64_t used_weight_1m;                  /* X-MBX-USED-WEIGHT-1M; -1: none */
    int64_t order_count_10s, order_count_1d; /* X-MBX-ORDER-COUNT-10S / -1D; -1: none */
    const char *body;                        /* NUL-ended, never NULL */
    size_t length;
    int64_t latency_ns; /* from qt_http_send to the last byte */
};
typedef void (*qt_http_fn)(void *context, const struct qt_http_response *response);

struct qt_http_request {
    const char *method; /* "GET", "POST", "PUT", "DELETE" */
    const char *url;    /* http:// or https://, host, optional port, path, query */
    const struct qt_http_header *headers; /* besides Host, Content-Length, Connection */
    size_t n_headers;
    const void *body; /* NULL: none */
    size_t body_length;
    int timeout_ms;          /* total; 0: QT_HTTP_TIMEOUT_MS */
    size_t max_body;         /* of the answer; 0: QT_HTTP_MAX_BODY */
    bool is_urgent;          /* goes before those that wait in line (cancels) */
    bool allow_plain_remote; /* http:// to something else than loopback: a simulated venue in a test
                                network */
    qt_http_fn done;         /* called exactly once, never inside qt_http_send */
    void *context;
};
/**
 * Starts a request; copies everything. False: err; a bad URL, a plain URL that is not loopback, a
 * header with control bytes, or no memory: then done is not called.
 */
QT_CHECKED bool qt_http_send(struct qt_http *http, const struct qt_http_request *request,
                             struct qt_error *err);
/** Those of which no byte has left and that wants (of their context) picks fail with QT_NET_OFF and
 * that reason; done is called for each, soon. Their number. */
size_t qt_http_call_off(struct qt_http *http, bool (*wants)(void *context), const char *reason);
/** Requests under way or waiting. */
size_t qt_http_pending(const struct qt_http *http);

static inline void
qt_http_auto(struct qt_http **p)
{
    qt_http_destroy(*p);
}

#endif
