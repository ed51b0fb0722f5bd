/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One connection of the server: its bounded queue of shared messages, and WebSocket.
 *
 * Messages are built once (head and text in one block), referenced by each peer's ring, and offered
 * to the system with writev at the end of the turn: a fan-out to n peers costs n references, and
 * what piled up in a turn one system call.
 */
#include "server_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define VECTORS 64
#define LEAVE_MS 2000 /* for a client that does not take its last answer or does not hang up */

struct qt_blob *
qt__blob_create(int opcode, const void *bytes, size_t n)
{
    unsigned char head[QT__FRAME_HEAD_MAX];
    size_t head_n = opcode < 0 ? 0 : qt__frame_head((enum qt__opcode)opcode, n, head);
    struct qt_blob *blob = malloc(sizeof *blob + head_n + n);
    if (!blob)
        return NULL;
    blob->references = 1;
    blob->length = n;
    blob->wire_length = head_n + n;
    memcpy(blob->wire, head, head_n);
    if (n > 0)
        memcpy(blob->wire + head_n, bytes, n);
    return blob;
}

struct qt_blob *
qt_blob_create(const void *text, size_t length)
{
    return qt__blob_create(QT__OP_TEXT, text, length);
}

struct qt_blob *
qt_blob_ref(struct qt_blob *blob)
{
    blob->references++;
    return blob;
}

void
qt_blob_unref(struct qt_blob *blob)
{
    if (blob && --blob->references == 0)
        free(blob);
}

static void
mark_dirty(struct qt_peer *peer)
{
    if (peer->is_dirty || peer->phase == QT__PEER_DEAD)
        return;
    peer->is_dirty = true;
    peer->next_dirty = peer->server->dirty;
    peer->server->dirty = peer;
    qt__server_flush_later(peer->server);
}

static void
doom(struct qt_peer *peer, const char *reason)
{
    if (!peer->doom)
        peer->doom = reason;
    mark_dirty(peer);
}

/* Room for one more in the ring. */
static bool
grow_queue(struct qt_peer *peer)
{
    if (peer->queue_n < peer->queue_capacity)
        return true;
    size_t capacity = peer->queue_capacity ? peer->queue_capacity * 2 : 16;
    struct qt_blob **queue = malloc(capacity * sizeof(struct qt_blob *));
    if (!queue)
        return false;
    for (size_t i = 0; i < peer->queue_n; i++)
        queue[i] = peer->queue[(peer->queue_at + i) % peer->queue_capacity];
    free(peer->queue);
    peer->queue = queue;
    peer->queue_capacity = capacity;
    peer->queue_at = 0;
    return true;
}

bool
qt__peer_queue(struct qt_peer *peer, struct qt_blob *blob)
{
    if (peer->phase == QT__PEER_DEAD || peer->doom)
        return false;
    if (peer->is_frozen)
        return true;
    bool is_full = peer->queued > 0 &&
                   peer->queued + blob->wire_length > peer->server->options.max_queue &&
                   peer->phase == QT__PEER_WEBSOCKET;
    if (is_full || !grow_queue(peer)) {
        peer->server->stats.dropped_slow++;
        doom(peer, "it did not read and its queue was full");
        return false;
    }
    peer->queue[(peer->queue_at + peer->queue_n++) % peer->queue_capacity] = qt_blob_ref(blob);
    peer->queued += blob->wire_length;
    mark_dirty(peer);
    return true;
}

static unsigned
fill_vectors(const struct qt_peer *peer, struct iovec *vectors)
{
    unsigned n = 0;
    size_t offset = peer->offset;
    for (; n < VECTORS && n < peer->queue_n; n++) {
        struct qt_blob *blob = peer->queue[(peer->queue_at + n) % peer->queue_capacity];
        vectors[n].iov_base = blob->wire + offset;
        vectors[n].iov_len = blob->wire_length - offset;
        offset = 0;
    }
    return n;
}

/* n bytes were taken by the system. */
static void
consume(struct qt_peer *peer, size_t n)
{
    peer->queued -= n;
    peer->server->stats.bytes_out += n;
    while (n > 0) {
        struct qt_blob *blob = peer->queue[peer->queue_at];
        size_t rest = blob->wire_length - peer->offset;
        if (n < rest) {
            peer->offset += n;
            return;
        }
        n -= rest;
        peer->offset = 0;
        peer->queue_at = (peer->queue_at + 1) % peer->queue_capacity;
        peer->queue_n--;
        peer->server->stats.messages_out++;
        qt_blob_unref(blob);
    }
}

static void
set_interest(struct qt_peer *peer)
{
    bool wants_bytes = peer->phase == QT__PEER_WEBSOCKET || peer->has_shut ||
                       (peer->phase == QT__PEER_HTTP && !peer->responder);
    if (peer->is_frozen)
        qt__watch_change(&peer->watch, 0);
    else
        qt__watch_change(&peer->watch, (wants_bytes ? (uint32_t)EPOLLIN : 0) |
                                           (peer->is_blocked ? (uint32_t)EPOLLOUT : 0));
}

static void
on_leave_timer(void *context)
{
    qt__peer_end(context, "closed");
}

void
qt__peer_leave(struct qt_peer *peer)
{
    peer->phase = QT__PEER_LEAVING;
    qt_timer_start(peer->server->loop, &peer->timer, LEAVE_MS, on_leave_timer, peer);
    set_interest(peer);
    mark_dirty(peer);
}

/* Everything went out. A close with unread bytes would reset the connection and could take the last
 * answer with it: so shut our side only and wait for the client's end. */
static void
emptied(struct qt_peer *peer, bool was_blocked)
{
    struct qt_server *server = peer->server;
    if (peer->phase == QT__PEER_LEAVING) {
        if (!peer->has_shut)
            (void)shutdown(peer->fd, SHUT_WR);
        peer->has_shut = true;
        set_interest(peer);
        return;
    }
    if (was_blocked && peer->is_websocket && server->options.drained) {
        qt__loop_count(server->loop);
        server->options.drained(server->options.context, peer);
    }
}

void
qt__peer_flush(struct qt_peer *peer)
{
    bool was_blocked = peer->is_blocked;
    if (peer->phase == QT__PEER_DEAD)
        return;
    if (peer->doom) {
        qt__peer_end(peer, peer->doom);
        return;
    }
    if (peer->is_frozen)
        return;
    peer->is_blocked = false;
    while (peer->queue_n > 0 && !peer->is_blocked) {
        struct iovec vectors[VECTORS];
        struct msghdr message = {.msg_iov = vectors, .msg_iovlen = fill_vectors(peer, vectors)};
        ssize_t n = sendmsg(peer->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            qt__peer_end(peer, "the connection was cut");
            return;
        }
        if (n < 0)
            peer->is_blocked = errno == EAGAIN;
        else
            consume(peer, (size_t)n);
    }
    set_interest(peer);
    if (peer->queue_n == 0)
        emptied(peer, was_blocked);
}

static void
remove_from(struct qt_peer **list, struct qt_peer *peer)
{
    if (peer->prev)
        peer->prev->next = peer->next;
    else
        *list = peer->next;
    if (peer->next)
        peer->next->prev = peer->prev;
}

static void
on_reap(void *context)
{
    struct qt_server *server = context;
    while (server->dead) {
        struct qt_peer *peer = server->dead;
        server->dead = peer->next;
        qt__peer_free(peer);
    }
}

void
qt__peer_end(struct qt_peer *peer, const char *reason)
{
    struct qt_server *server = peer->server;
    if (peer->phase == QT__PEER_DEAD)
        return;
    if (peer->phase == QT__PEER_LEAVING)
        reason = "closed";
    peer->phase = QT__PEER_DEAD;
    qt__watch_stop(&peer->watch);
    qt_timer_stop(&peer->timer);
    qt_timer_stop(&peer->resume);
    close(peer->fd);
    peer->fd = -1;
    if (peer->responder)
        peer->responder->peer = NULL;
    peer->responder = NULL;
    if (peer->is_dirty)
        for (struct qt_peer **link = &server->dirty; *link; link = &(*link)->next_dirty)
            if (*link == peer) {
                *link = peer->next_dirty;
                break;
            }
    remove_from(&server->peers, peer);
    server->stats.clients--;
    peer->next = server->dead;
    server->dead = peer;
    qt_timer_start(server->loop, &server->reap, 0, on_reap, server);
    if (peer->is_websocket && server->options.closed) {
        qt__loop_count(server->loop);
        server->options.closed(server->options.context, peer, reason);
    }
}

void
qt__peer_free(struct qt_peer *peer)
{
    while (peer->queue_n > 0) {
        qt_blob_unref(peer->queue[peer->queue_at]);
        peer->queue_at = (peer->queue_at + 1) % peer->queue_capacity;
        peer->queue_n--;
    }
    free(peer->queue);
    free(peer->pending);
    qt__http1_finish(&peer->request);
    qt__frames_finish(&peer->frames);
    free(peer);
}

/* Queues a control frame. */
static void
send_control(struct qt_peer *peer, enum qt__opcode opcode, const void *bytes, size_t n)
{
    struct qt_blob *blob = qt__blob_create((int)opcode, bytes, n);
    if (blob)
        (void)qt__peer_queue(peer, blob);
    qt_blob_unref(blob);
}

void
qt_peer_close(struct qt_peer *peer, int code, const char *reason)
{
    unsigned char payload[125];
    if (peer->phase != QT__PEER_WEBSOCKET)
        return;
    size_t n = QT_MIN(strlen(reason), sizeof payload - 2);
    payload[0] = (unsigned char)(code >> 8);
    payload[1] = (unsigned char)code;
    memcpy(payload + 2, reason, n);
    send_control(peer, QT__OP_CLOSE, payload, n + 2);
    qt__peer_leave(peer);
}

void
qt_peer_refuse(struct qt_peer *peer, int status, int64_t retry_after_s)
{
    peer->refusal = status;
    peer->retry_after_s = retry_after_s;
}

void
qt_peer_cut(struct qt_peer *peer)
{
    doom(peer, "it was cut");
}

void
qt_peer_freeze(struct qt_peer *peer)
{
    peer->is_frozen = true;
    peer->awaits_pong = true;
    set_interest(peer);
}

void
qt_respond_nothing(struct qt_responder *responder)
{
    struct qt_peer *peer = responder->peer;
    free(responder);
    if (!peer)
        return;
    peer->responder = NULL;
    doom(peer, "its request is not answered");
}

static void
on_ping_timer(void *context)
{
    struct qt_peer *peer = context;
    struct qt_server *server = peer->server;
    if (peer->awaits_pong) {
        server->stats.dropped_quiet++;
        qt__peer_end(peer, "it did not answer a ping");
        return;
    }
    peer->awaits_pong = true;
    qt_timer_start(server->loop, &peer->timer, server->options.ping_interval_ms, on_ping_timer,
                   peer);
    send_control(peer, QT__OP_PING, "qtrade", 6);
}

/* A whole message or control frame of the client. */
static bool
on_frame(void *context, enum qt__opcode opcode, char *bytes, size_t n)
{
    struct qt_peer *peer = context;
    struct qt_server *server = peer->server;
    switch (opcode) {
    case QT__OP_TEXT:
    case QT__OP_BINARY:
        server->stats.messages_in++;
        qt__loop_count(server->loop);
        if (server->options.message)
            server->options.message(server->options.context, peer, bytes, n);
        break;
    case QT__OP_PING:
        send_control(peer, QT__OP_PONG, bytes, n);
        break;
    case QT__OP_CLOSE:
        qt_peer_close(peer, 1000, "");
        break;
    case QT__OP_PONG:
    case QT__OP_CONTINUATION:
        break;
    }
    return peer->phase == QT__PEER_WEBSOCKET;
}

void
qt__peer_upgrade(struct qt_peer *peer)
{
    struct qt_server *server = peer->server;
    peer->phase = QT__PEER_WEBSOCKET;
    peer->is_websocket = true;
    peer->frames = (struct qt__frames){
        .max_message = server->options.max_message, .fn = on_frame, .context = peer};
    server->stats.upgrades++;
    qt_timer_start(server->loop, &peer->timer, server->options.ping_interval_ms, on_ping_timer,
                   peer);
}

void
qt__peer_take(struct qt_peer *peer, const char *bytes, size_t n)
{
    peer->awaits_pong = false; /* whoever speaks is alive */
    int code = qt__frames_feed(&peer->frames, (const unsigned char *)bytes, n);
    if (code == 0 || peer->phase != QT__PEER_WEBSOCKET)
        return;
    peer->server->stats.bad++;
    qt_peer_close(peer, code, code == 1009 ? "message too large" : "protocol error");
}

bool
qt_peer_send(struct qt_peer *peer, struct qt_blob *blob)
{
    return peer->phase == QT__PEER_WEBSOCKET && qt__peer_queue(peer, blob);
}

bool
qt_peer_send_text(struct qt_peer *peer, const void *text, size_t length)
{
    if (peer->phase != QT__PEER_WEBSOCKET)
        return false;
    struct qt_blob *blob = qt_blob_create(text, length);
    bool is_queued = blob && qt__peer_queue(peer, blob);
    qt_blob_unref(blob);
    return is_queued;
}

size_t
qt_peer_queued(const struct qt_peer *peer)
{
    return peer->queued;
}

void
qt_peer_set_user(struct qt_peer *peer, void *user)
{
    peer->user = user;
}

void *
qt_peer_user(const struct qt_peer *peer)
{
    return peer->user;
}
