/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What server.c (listening, HTTP) and server_peer.c (one connection: its queue, WebSocket) share.
 *
 * S1: a peer is freed by the server's reaper only, never inside a call that may still hold it. S2:
 * the user's callbacks are never given inside qt_peer_send, qt_peer_close or qt_respond. S3: bytes
 * of a second request on a connection wait until the first is answered.
 */
#ifndef QTRADE_NET_SERVER_PRIV_H
#define QTRADE_NET_SERVER_PRIV_H

#include "qtrade/net/server.h"

#include "frame_priv.h"
#include "http1_priv.h"
#include "loop_priv.h"

#define QT__SERVER_READ 65536
#define QT__REMOTE_TEXT 64

struct qt_blob {
    unsigned references;
    size_t length;      /* of the message */
    size_t wire_length; /* with the frame's head */
    unsigned char wire[];
};

struct qt_responder {
    struct qt_peer *peer; /* NULL: the client has gone */
    bool is_head;
};

enum qt__peer_phase {
    QT__PEER_HTTP,
    QT__PEER_WEBSOCKET,
    QT__PEER_LEAVING, /* sends what is queued and ends */
    QT__PEER_DEAD     /* waits for the reaper */
};

/* One connection: HTTP first, then perhaps WebSocket. */
struct qt_peer {
    struct qt_server *server;
    struct qt_peer *next, *prev;
    struct qt_peer *next_dirty;
    enum qt__peer_phase phase;
    bool is_websocket; /* was upgraded and accepted: closed is owed to the user */
    bool is_dirty;     /* stands in the server's list of those to be flushed */
    bool is_blocked;   /* the system took less than was offered: waits for EPOLLOUT */
    bool in_request;   /* the request callback is running */
    bool awaits_pong, sent_continue;
    bool is_frozen;   /* neither read nor written */
    bool has_shut;    /* leaving: our side is shut, the client's last bytes are thrown away */
    const char *doom; /* why it will be closed at the next flush; NULL: it will not */
    struct qt__watch watch;
    int fd;
    char remote[QT__REMOTE_TEXT];
    void *user;
    int refusal;           /* of the upgrade; 0: 404 */
    int64_t retry_after_s; /* told with it; -1: nothing */
    struct qt_timer timer; /* request or idle time-out; ping */
    struct qt_timer resume;
    /* HTTP */
    struct qt__http1 request;
    struct qt_responder *responder;
    char *pending; /* bytes behind the request that is being answered */
    size_t pending_n;
    /* WebSocket */
    struct qt__frames frames;
    /* out: a ring of messages, the first sent up to offset */
    struct qt_blob **queue;
    size_t queue_at, queue_n, queue_capacity, offset, queued;
};

struct qt_server {
    struct qt_loop *loop;
    struct qt_server_options options;
    int fd, port;
    struct qt__watch watch;
    struct qt_timer accept_again, flush, reap;
    struct qt_peer *peers, *dirty, *dead;
    struct qt_server_stats stats;
    char buffer[QT__SERVER_READ];
};

/** opcode < 0: raw bytes without a frame. NULL: no memory. */
struct qt_blob *qt__blob_create(int opcode, const void *bytes, size_t n);
/** Queues (takes a reference) and marks dirty. False: no room or no memory: doomed. */
bool qt__peer_queue(struct qt_peer *peer, struct qt_blob *blob);
/** Offers the queue to the system now. May end the peer. */
void qt__peer_flush(struct qt_peer *peer);
/** Ends the connection; the user hears of it if it was a WebSocket. */
void qt__peer_end(struct qt_peer *peer, const char *reason);
/** Nothing more is read or queued: what is queued goes out, then the connection ends. */
void qt__peer_leave(struct qt_peer *peer);
/** The connection becomes a WebSocket. */
void qt__peer_upgrade(struct qt_peer *peer);
/** Bytes of a WebSocket client. */
void qt__peer_take(struct qt_peer *peer, const char *bytes, size_t n);
void qt__peer_free(struct qt_peer *peer);
/** The flush at the end of the turn. */
void qt__server_flush_later(struct qt_server *server);

#endif
