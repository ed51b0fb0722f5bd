/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Client streams. libwebsockets 4.1 could carry these too, but its HTTP client opens a connection
 * (and a TLS session) anew for each DELETE, resolves names on the loop's thread, and does not tell
 * whether a request's bytes left: cancels must be fast, and an order's fate must be known. So HTTP
 * runs here.
 */
#include "stream_priv.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "qtrade/base/text.h"

#include "tls_priv.h"

static void try_address(struct qt__stream *stream);

static void
drop_socket(struct qt__stream *stream)
{
    qt__watch_stop(&stream->watch);
    SSL_free(stream->tls);
    stream->tls = NULL;
    if (stream->fd >= 0)
        close(stream->fd);
    stream->fd = -1;
}

static void
fail(struct qt__stream *stream, enum qt_net_error error, const char *reason)
{
    qt__stream_close(stream);
    stream->failed(stream->context, error, reason);
}

static void
set_open(struct qt__stream *stream)
{
    stream->state = QT__STREAM_OPEN;
    stream->wants_write = true; /* whoever opened it has something to say */
    qt__watch_change(&stream->watch, EPOLLIN | EPOLLOUT);
    stream->ready(stream->context);
}

static void
shake_hands(struct qt__stream *stream)
{
    ERR_clear_error();
    int n = SSL_do_handshake(stream->tls);
    if (n == 1) {
        set_open(stream);
        return;
    }
    int why = SSL_get_error(stream->tls, n);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        qt__watch_change(&stream->watch, why == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT);
        return;
    }
    char reason[QT_NET_REASON];
    qt__tls_reason(stream->tls, reason, sizeof reason);
    fail(stream, QT_NET_TLS, reason);
}

/* The address under way did not answer well: the next one, or the end. */
static void
next_address(struct qt__stream *stream, int code)
{
    char reason[QT_NET_REASON];
    drop_socket(stream);
    if (++stream->at < stream->addresses.n) {
        try_address(stream);
        return;
    }
    snprintf(reason, sizeof reason, "%.90s: %s", stream->host, strerror(code));
    fail(stream, QT_NET_REFUSED, reason);
}

static void
on_connected(struct qt__stream *stream)
{
    int code = 0;
    socklen_t length = sizeof code;
    if (getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &code, &length) != 0)
        code = errno;
    if (code != 0) {
        next_address(stream, code);
        return;
    }
    if (!stream->is_tls) {
        set_open(stream);
        return;
    }
    stream->state = QT__STREAM_HANDSHAKE;
    stream->tls = qt__tls_session(qt__loop_tls(stream->loop), stream->host, stream->fd);
    if (stream->tls)
        shake_hands(stream);
    else
        fail(stream, QT_NET_TLS, "TLS cannot be set up for this host name");
}

static void
on_event(void *context, uint32_t events)
{
    (void)events;
    struct qt__stream *stream = context;
    switch (stream->state) {
    case QT__STREAM_CONNECTING:
        on_connected(stream);
        return;
    case QT__STREAM_HANDSHAKE:
        shake_hands(stream);
        return;
    case QT__STREAM_OPEN:
        stream->ready(stream->context);
        return;
    case QT__STREAM_CLOSED:
    case QT__STREAM_RESOLVING:
        return;
    }
}

static void
try_address(struct qt__stream *stream)
{
    const struct sockaddr_storage *address = &stream->addresses.address[stream->at];
    stream->state = QT__STREAM_CONNECTING;
    stream->fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (stream->fd < 0) {
        next_address(stream, errno);
        return;
    }
    const int one = 1;
    (void)setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(stream->fd, (const struct sockaddr *)address,
                stream->addresses.length[stream->at]) != 0 &&
        errno != EINPROGRESS) {
        next_address(stream, errno);
        return;
    }
    if (!qt__watch_start(stream->loop, &stream->watch, stream->fd, EPOLLOUT, on_event, stream))
        next_address(stream, errno);
}

static void
on_resolved(void *context, const struct qt__addresses *addresses, const char *reason)
{
    struct qt__stream *stream = context;
    stream->resolve = NULL;
    if (addresses->n == 0) {
        fail(stream, QT_NET_DNS, reason);
        return;
    }
    stream->addresses = *addresses;
    stream->at = 0;
    try_address(stream);
}

bool
qt__stream_open(struct qt__stream *stream, struct qt_loop *loop, const char *host, int port,
                bool is_tls)
{
    stream->loop = loop;
    stream->is_tls = is_tls;
    stream->fd = -1;
    stream->state = QT__STREAM_RESOLVING;
    (void)qt_copy(stream->host, sizeof stream->host, host);
    stream->resolve = qt__resolve_start(loop, host, port, on_resolved, stream);
    if (!stream->resolve)
        stream->state = QT__STREAM_CLOSED;
    return stream->resolve != NULL;
}

/* What SSL_read and SSL_write mean by a result that is no byte count. */
static ssize_t
tls_outcome(struct qt__stream *stream, int n)
{
    int why = SSL_get_error(stream->tls, n);
    if (why == SSL_ERROR_WANT_READ)
        return 0;
    if (why == SSL_ERROR_WANT_WRITE) {
        qt__stream_want_write(stream, true);
        return 0;
    }
    ERR_clear_error();
    return -1;
}

ssize_t
qt__stream_read(struct qt__stream *stream, void *out, size_t n)
{
    if (stream->state != QT__STREAM_OPEN)
        return -1;
    if (stream->tls) {
        int got = SSL_read(stream->tls, out, (int)QT_MIN(n, (size_t)1 << 30));
        return got > 0 ? got : tls_outcome(stream, got);
    }
    ssize_t got = recv(stream->fd, out, n, 0);
    if (got > 0)
        return got;
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

ssize_t
qt__stream_write(struct qt__stream *stream, const void *bytes, size_t n)
{
    if (stream->state != QT__STREAM_OPEN)
        return -1;
    if (stream->tls) {
        int put = SSL_write(stream->tls, bytes, (int)QT_MIN(n, (size_t)1 << 30));
        return put > 0 ? put : tls_outcome(stream, put);
    }
    ssize_t put = send(stream->fd, bytes, n, MSG_NOSIGNAL);
    if (put >= 0)
        return put;
    return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

void
qt__stream_want_write(struct qt__stream *stream, bool wants)
{
    stream->wants_write = wants;
    qt__watch_change(&stream->watch, EPOLLIN | (wants ? (uint32_t)EPOLLOUT : 0));
}

void
qt__stream_close(struct qt__stream *stream)
{
    if (stream->state == QT__STREAM_CLOSED)
        return;
    qt__resolve_cancel(stream->resolve);
    stream->resolve = NULL;
    drop_socket(stream);
    stream->state = QT__STREAM_CLOSED;
}
