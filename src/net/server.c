/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server: listening, HTTP requests and their answers, upgrades.
 */
#include "qtrade/net/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qtrade/base/text.h"

#include "server_priv.h"

#define BACKLOG 256
#define ACCEPT_PAUSE_MS 1000 /* when descriptors are gone (fault R3) */

static const struct {
    int status;
    const char *text;
} status_texts[] = {
    {200, "OK"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {418, "I'm a teapot"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

static void take_http(struct qt_peer *peer, const char *bytes, size_t n);

static const char *
status_text(int status)
{
    for (size_t i = 0; i < QT_COUNT_OF(status_texts); i++)
        if (status_texts[i].status == status)
            return status_texts[i].text;
    return "Status";
}

static void
on_flush(void *context)
{
    struct qt_server *server = context;
    while (server->dirty) {
        struct qt_peer *peer = server->dirty;
        server->dirty = peer->next_dirty;
        peer->is_dirty = false;
        qt__peer_flush(peer);
    }
}

void
qt__server_flush_later(struct qt_server *server)
{
    if (!qt_timer_is_running(&server->flush))
        qt_timer_start(server->loop, &server->flush, 0, on_flush, server);
}

static void
on_quiet(void *context)
{
    struct qt_peer *peer = context;
    peer->server->stats.dropped_quiet += peer->request.has_bytes;
    qt__peer_end(peer, "no complete request in time");
}

static void
wait_for_request(struct qt_peer *peer)
{
    struct qt_server *server = peer->server;
    qt_timer_start(server->loop, &peer->timer, server->options.idle_timeout_ms, on_quiet, peer);
}

/* Head and body as one block, without frame. */
static bool
queue_answer(struct qt_peer *peer, int status, const char *content_type,
             const struct qt_http_header *headers, size_t n, const void *body, size_t length,
             bool has_body)
{
    char head[4096];
    struct qt_text text;
    qt_text_init(&text, head, sizeof head);
    qt_text_addf(&text, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n", status, status_text(status),
                 length);
    if (content_type)
        qt_text_addf(&text, "Content-Type: %s\r\n", content_type);
    for (size_t i = 0; i < n; i++)
        qt_text_addf(&text, "%s: %s\r\n", headers[i].name, headers[i].value);
    qt_text_addf(&text, "Connection: %s\r\n\r\n",
                 peer->request.keep_alive ? "keep-alive" : "close");
    qt_assert(!text.is_cut);
    struct qt_blob *first = qt__blob_create(-1, head, text.length);
    struct qt_blob *second = length > 0 && has_body ? qt__blob_create(-1, body, length) : NULL;
    bool is_queued = first && (!has_body || length == 0 || second) && qt__peer_queue(peer, first) &&
                     (!second || qt__peer_queue(peer, second));
    qt_blob_unref(first);
    qt_blob_unref(second);
    return is_queued;
}

/* An answer of the server itself, after which the connection ends. */
static void
refuse(struct qt_peer *peer, int status)
{
    char body[80], seconds[24];
    const struct qt_http_header retry = {"Retry-After", seconds};
    bool has_retry = peer->refusal && peer->retry_after_s >= 0;
    peer->server->stats.bad++;
    peer->request.keep_alive = false;
    snprintf(body, sizeof body, "%d %s\n", status, status_text(status));
    snprintf(seconds, sizeof seconds, "%lld", (long long)peer->retry_after_s);
    (void)queue_answer(peer, status, "text/plain", &retry, has_retry, body, strlen(body), true);
    qt__peer_leave(peer);
}

static void
on_resume(void *context)
{
    struct qt_peer *peer = context;
    char *bytes = peer->pending;
    size_t n = peer->pending_n;
    peer->pending = NULL;
    peer->pending_n = 0;
    qt__http1_clear(&peer->request);
    peer->sent_continue = false;
    wait_for_request(peer);
    if (n > 0)
        take_http(peer, bytes, n);
    free(bytes);
    if (peer->phase == QT__PEER_HTTP)
        qt__peer_flush(peer);
}

void
qt_respond(struct qt_responder *responder, int status, const char *content_type,
           const struct qt_http_header *headers, size_t n, const void *body, size_t length)
{
    struct qt_peer *peer = responder->peer;
    bool has_body = !responder->is_head;
    free(responder);
    if (!peer)
        return;
    peer->responder = NULL;
    (void)queue_answer(peer, status, content_type, headers, n, body, length, has_body);
    if (!peer->request.keep_alive)
        qt__peer_leave(peer);
    else if (!peer->in_request)
        qt_timer_start(peer->server->loop, &peer->resume, 0, on_resume, peer);
}

/* Splits the target in place and shows the request to the user. */
static struct qt_call
make_call(struct qt_peer *peer)
{
    char *query = strchr(peer->request.target, '?');
    if (query)
        *query++ = '\0';
    return (struct qt_call){
        .method = peer->request.method,
        .path = peer->request.target,
        .query = query ? query : "",
        .body = peer->request.body,
        .body_length = peer->request.body_length,
        .remote = peer->remote,
        .headers = &peer->request,
    };
}

const char *
qt_call_header(const struct qt_call *call, const char *name)
{
    return qt__http1_header(call->headers, name);
}

static bool
wants_upgrade(const struct qt__http1 *request)
{
    return qt__http1_has_token(qt__http1_header(request, "connection"), "upgrade") &&
           qt__http1_has_token(qt__http1_header(request, "upgrade"), "websocket");
}

static void
upgrade(struct qt_peer *peer)
{
    struct qt_server *server = peer->server;
    const char *key = qt__http1_header(&peer->request, "sec-websocket-key");
    const char *version = qt__http1_header(&peer->request, "sec-websocket-version");
    if (!key || strlen(key) != 24 || strcmp(peer->request.method, "GET") != 0) {
        refuse(peer, 400);
        return;
    }
    if (!version || strcmp(version, "13") != 0) {
        refuse(peer, 426);
        return;
    }
    char accept[QT__ACCEPT_TEXT], answer[256];
    qt__frame_accept(key, accept);
    int n = snprintf(answer, sizeof answer,
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                     accept);
    struct qt_blob *blob = qt__blob_create(-1, answer, (size_t)n);
    bool is_queued = blob && qt__peer_queue(peer, blob); /* before whatever accept sends */
    qt_blob_unref(blob);
    struct qt_call call = make_call(peer);
    qt__peer_upgrade(peer);
    peer->is_websocket = false; /* closed is owed only after a yes */
    qt__loop_count(server->loop);
    bool is_accepted = is_queued && server->options.accept &&
                       server->options.accept(server->options.context, peer, &call);
    peer->is_websocket = is_accepted;
    if (is_accepted)
        return;
    while (peer->queue_n > 0) {
        qt_blob_unref(peer->queue[peer->queue_at]);
        peer->queue_at = (peer->queue_at + 1) % peer->queue_capacity;
        peer->queue_n--;
    }
    peer->queued = 0;
    server->stats.upgrades--;
    peer->phase = QT__PEER_HTTP;
    refuse(peer, peer->refusal ? peer->refusal : 404);
}

static void
give_request(struct qt_peer *peer)
{
    struct qt_server *server = peer->server;
    if (peer->request.minor == 1 && !qt__http1_header(&peer->request, "host")) {
        refuse(peer, 400);
        return;
    }
    if (wants_upgrade(&peer->request)) {
        upgrade(peer);
        return;
    }
    struct qt_responder *responder = server->options.request ? malloc(sizeof *responder) : NULL;
    if (!responder) {
        refuse(peer, server->options.request ? 503 : 404);
        return;
    }
    *responder =
        (struct qt_responder){.peer = peer, .is_head = strcmp(peer->request.method, "HEAD") == 0};
    peer->responder = responder;
    server->stats.requests++;
    qt_timer_stop(&peer->timer); /* the answer's time is the user's */
    struct qt_call call = make_call(peer);
    peer->in_request = true;
    qt__loop_count(server->loop);
    server->options.request(server->options.context, &call, responder);
    peer->in_request = false;
}

/* S3: keeps bytes until the request under way is answered. */
static void
keep_pending(struct qt_peer *peer, const char *bytes, size_t n)
{
    char *kept = n > 0 ? realloc(peer->pending, peer->pending_n + n) : NULL;
    if (n == 0)
        return;
    if (!kept || peer->pending_n + n > QT__SERVER_READ) {
        peer->pending = kept ? kept : peer->pending;
        qt__peer_end(peer, "too many requests at once");
        return;
    }
    memcpy(kept + peer->pending_n, bytes, n);
    peer->pending = kept;
    peer->pending_n += n;
}

/* Part of a request is there: its clock runs, and a client that asks whether to go on is told so.
 */
static void
request_goes_on(struct qt_peer *peer, bool is_new)
{
    struct qt_server *server = peer->server;
    if (is_new && peer->request.has_bytes)
        qt_timer_start(server->loop, &peer->timer, server->options.request_timeout_ms, on_quiet,
                       peer);
    if (peer->sent_continue || peer->request.phase == QT__HTTP1_HEAD ||
        !qt__http1_has_token(qt__http1_header(&peer->request, "expect"), "100-continue"))
        return;
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct qt_blob *blob = qt__blob_create(-1, go_on, sizeof go_on - 1);
    peer->sent_continue = true;
    if (blob)
        (void)qt__peer_queue(peer, blob);
    qt_blob_unref(blob);
}

static void
take_http(struct qt_peer *peer, const char *bytes, size_t n)
{
    while (n > 0 && peer->phase == QT__PEER_HTTP && !peer->responder) {
        size_t used;
        bool is_new = !peer->request.has_bytes;
        enum qt__http1_verdict verdict = qt__http1_feed(&peer->request, bytes, n, &used);
        bytes += used;
        n -= used;
        if (verdict == QT__HTTP1_MORE) {
            request_goes_on(peer, is_new);
            return;
        }
        if (verdict == QT__HTTP1_BAD) {
            refuse(peer, peer->request.error);
            return;
        }
        give_request(peer);
        if (peer->phase == QT__PEER_HTTP && !peer->responder) { /* answered already */
            qt__http1_clear(&peer->request);
            peer->sent_continue = false;
            wait_for_request(peer);
        }
    }
    if (peer->phase == QT__PEER_HTTP && peer->responder)
        keep_pending(peer, bytes, n);
    else if (peer->phase == QT__PEER_WEBSOCKET && n > 0)
        qt__peer_take(peer, bytes, n);
}

static void
on_readable(struct qt_peer *peer)
{
    struct qt_server *server = peer->server;
    ssize_t n = recv(peer->fd, server->buffer, sizeof server->buffer, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        qt__peer_end(peer, n == 0 ? "the client closed the connection" : "the connection was cut");
        return;
    }
    if (peer->phase == QT__PEER_HTTP)
        take_http(peer, server->buffer, (size_t)n);
    else if (peer->phase == QT__PEER_WEBSOCKET)
        qt__peer_take(peer, server->buffer, (size_t)n);
    if (peer->phase == QT__PEER_HTTP || peer->phase == QT__PEER_LEAVING)
        qt__peer_flush(peer); /* answers go at once */
}

static void
on_peer_event(void *context, uint32_t events)
{
    struct qt_peer *peer = context;
    if (events & EPOLLIN)
        on_readable(peer);
    if (peer->phase != QT__PEER_DEAD && (events & EPOLLOUT))
        qt__peer_flush(peer);
    if (peer->phase != QT__PEER_DEAD && (events & (EPOLLERR | EPOLLHUP)))
        qt__peer_end(peer, "the connection was cut");
}

static void
name_remote(const struct sockaddr_storage *address, char out[QT__REMOTE_TEXT])
{
    const void *raw = address->ss_family == AF_INET6
                          ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                          : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    if (!inet_ntop(address->ss_family, raw, out, QT__REMOTE_TEXT))
        (void)qt_copy(out, QT__REMOTE_TEXT, "unknown");
}

static bool
add_peer(struct qt_server *server, int fd, const struct sockaddr_storage *address)
{
    struct qt_peer *peer = calloc(1, sizeof *peer);
    const int one = 1;
    if (!peer)
        return false;
    peer->server = server;
    peer->fd = fd;
    name_remote(address, peer->remote);
    qt__http1_init(&peer->request, true, server->options.max_header, server->options.max_body);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (!qt__watch_start(server->loop, &peer->watch, fd, EPOLLIN, on_peer_event, peer)) {
        free(peer);
        return false;
    }
    peer->next = server->peers;
    if (server->peers)
        server->peers->prev = peer;
    server->peers = peer;
    server->stats.clients++;
    wait_for_request(peer);
    return true;
}

static void
on_accept_again(void *context)
{
    struct qt_server *server = context;
    qt__watch_change(&server->watch, EPOLLIN);
}

static void
on_connection(void *context, uint32_t events)
{
    (void)events;
    struct qt_server *server = context;
    for (int i = 0; i < BACKLOG; i++) {
        struct sockaddr_storage address = {0};
        socklen_t length = sizeof address;
        int fd =
            accept4(server->fd, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM)) {
            qt__watch_change(&server->watch, 0);
            qt_timer_start(server->loop, &server->accept_again, ACCEPT_PAUSE_MS, on_accept_again,
                           server);
        }
        if (fd < 0)
            return;
        if (server->stats.clients >= server->options.max_clients ||
            !add_peer(server, fd, &address)) {
            server->stats.refused++;
            close(fd);
        }
    }
}

/* The socket address of a numeric address or "localhost". */
static bool
make_address(const char *text, int port, struct sockaddr_storage *out, socklen_t *length)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    if (strcasecmp(text, "localhost") == 0)
        text = "127.0.0.1";
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(out, &v4, sizeof v4);
        *length = sizeof v4;
        return true;
    }
    if (inet_pton(AF_INET6, text, &v6.sin6_addr) != 1)
        return false;
    memcpy(out, &v6, sizeof v6);
    *length = sizeof v6;
    return true;
}

static bool
bind_socket(struct qt_server *server, const char *address, struct qt_error *err)
{
    struct sockaddr_storage socket_address = {0};
    socklen_t length = 0;
    const int one = 1;
    int port = server->options.port;
    if (port < 0 || port > 65535 || !make_address(address, port, &socket_address, &length))
        return qt_fail(err, QT_E_CONFIG, "cannot listen on '%.60s' port %d: not an address",
                       address, port);
    server->fd = socket(socket_address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->fd < 0)
        return qt_fail_errno(err, QT_E_IO, "cannot listen on %s port %d", address, port);
    (void)setsockopt(server->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(server->fd, (struct sockaddr *)&socket_address, length) != 0 ||
        listen(server->fd, BACKLOG) != 0) {
        if (errno == EADDRINUSE)
            return qt_fail(err, QT_E_IO,
                           "cannot listen on %s port %d: the port is in use by another program "
                           "(choose another port, or 0 for any)",
                           address, port);
        return qt_fail_errno(err, QT_E_IO, "cannot listen on %s port %d", address, port);
    }
    (void)getsockname(server->fd, (struct sockaddr *)&socket_address, &length);
    server->port = ntohs(socket_address.ss_family == AF_INET6
                             ? ((struct sockaddr_in6 *)&socket_address)->sin6_port
                             : ((struct sockaddr_in *)&socket_address)->sin_port);
    return true;
}

static void
fill_defaults(struct qt_server_options *options)
{
    options->max_header = options->max_header ? options->max_header : 64u << 10;
    options->max_body = options->max_body ? options->max_body : 1u << 20;
    options->max_queue = options->max_queue ? options->max_queue : 4u << 20;
    options->max_message = options->max_message ? options->max_message : 1u << 20;
    options->max_clients = options->max_clients ? options->max_clients : 1024;
    options->request_timeout_ms = options->request_timeout_ms ? options->request_timeout_ms : 10000;
    options->idle_timeout_ms = options->idle_timeout_ms ? options->idle_timeout_ms : 60000;
    options->ping_interval_ms = options->ping_interval_ms ? options->ping_interval_ms : 180000;
}

struct qt_server *
qt_server_start(struct qt_loop *loop, const struct qt_server_options *options, struct qt_error *err)
{
    struct qt_server *server = calloc(1, sizeof *server);
    if (!server) {
        (void)qt_fail(err, QT_E_MEMORY, "no memory for a server");
        return NULL;
    }
    server->loop = loop;
    server->options = *options;
    server->fd = -1;
    fill_defaults(&server->options);
    bool is_bound = bind_socket(server, options->address ? options->address : "127.0.0.1", err);
    if (is_bound &&
        qt__watch_start(loop, &server->watch, server->fd, EPOLLIN, on_connection, server))
        return server;
    if (is_bound)
        (void)qt_fail_errno(err, QT_E_IO, "cannot listen");
    qt_server_stop(server);
    return NULL;
}

void
qt_server_stop(struct qt_server *server)
{
    if (!server)
        return;
    server->options.closed = NULL;
    while (server->peers)
        qt__peer_end(server->peers, "the server stopped");
    while (server->dead) {
        struct qt_peer *peer = server->dead;
        server->dead = peer->next;
        qt__peer_free(peer);
    }
    qt_timer_stop(&server->accept_again);
    qt_timer_stop(&server->flush);
    qt_timer_stop(&server->reap);
    qt__watch_stop(&server->watch);
    if (server->fd >= 0)
        close(server->fd);
    free(server);
}

int
qt_server_port(const struct qt_server *server)
{
    return server->port;
}

struct qt_server_stats
qt_server_stats(const struct qt_server *server)
{
    return server->stats;
}
