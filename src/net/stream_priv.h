/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client's byte stream: name, TCP connection (each address of the name in turn), TLS where the
 * URL says so. No time-outs in here: the owner has one for the whole of its job.
 */
#ifndef QTRADE_NET_STREAM_PRIV_H
#define QTRADE_NET_STREAM_PRIV_H

#include <sys/types.h>

#include "qtrade/net/url.h"

#include "loop_priv.h"

enum qt__stream_state {
    QT__STREAM_CLOSED,
    QT__STREAM_RESOLVING,
    QT__STREAM_CONNECTING,
    QT__STREAM_HANDSHAKE,
    QT__STREAM_OPEN
};

/** In its owner's memory; zeroed = closed. */
struct qt__stream {
    struct qt_loop *loop;
    enum qt__stream_state state;
    bool is_tls, wants_write;
    char host[QT_URL_HOST];
    struct qt__resolve *resolve;
    struct qt__addresses addresses;
    unsigned at; /* index of the address being tried */
    struct qt__watch watch;
    int fd; /* -1: none */
    SSL *tls;
    /** Open and something can be read or written: the owner does both until they would block. */
    void (*ready)(void *context);
    /** It could not be opened; the stream is closed already. */
    void (*failed)(void *context, enum qt_net_error error, const char *reason);
    void *context;
};

/** False: no memory. Callbacks come later. */
QT_CHECKED bool qt__stream_open(struct qt__stream *stream, struct qt_loop *loop, const char *host,
                                int port, bool is_tls);
/** Bytes read (> 0), 0: would block, -1: ended or broken. */
ssize_t qt__stream_read(struct qt__stream *stream, void *out, size_t n);
/** Bytes taken (> 0), 0: would block, -1: broken. */
ssize_t qt__stream_write(struct qt__stream *stream, const void *bytes, size_t n);
/** ready shall be called as soon as writing is possible. */
void qt__stream_want_write(struct qt__stream *stream, bool wants);
/** At once; no callback any more. Closed is fine. */
void qt__stream_close(struct qt__stream *stream);

#endif
