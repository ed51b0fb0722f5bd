/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benchmarks of the wire: what one market message of 200 bytes costs the thread that pushes it (the
 * simulated exchange) and the thread that receives it (the adapter), beside bare libwebsockets
 * doing the same. Counted is the thread's own processor time, so the other side's does not matter:
 * a thousand million over the median is how many messages a second one core takes.
 */
#include <arpa/inet.h>
#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "qtrade/base/time.h"
#include "qtrade/net/server.h"
#include "qtrade/net/websocket.h"

#include "bench_priv.h"

enum {
    MESSAGE = 200,
    A_TURN = 64,      /* messages that one turn of an exchange makes */
    A_SAMPLE = 20000, /* messages a sample */
    QUEUED_MAX = 1 << 20,
    READ = 1 << 18,
    WAIT_MS = 10
};

static double
thread_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* --- somebody who reads all and looks at nothing --- */

struct drain {
    pthread_t thread;
    int fd;
    bool is_running;
};

static void *
drain_main(void *argument)
{
    const struct drain *drain = argument;
    char *buffer = malloc(READ);
    while (buffer && recv(drain->fd, buffer, READ, 0) > 0)
        continue;
    free(buffer);
    return NULL;
}

static bool
drain_start(struct drain *drain, int port)
{
    static const char hello[] =
        "GET /ws/bench HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    drain->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    drain->is_running =
        drain->fd >= 0 && connect(drain->fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        send(drain->fd, hello, sizeof hello - 1, MSG_NOSIGNAL) == (ssize_t)(sizeof hello - 1) &&
        pthread_create(&drain->thread, NULL, drain_main, drain) == 0;
    return drain->is_running;
}

static void
drain_stop(struct drain *drain)
{
    if (drain->fd >= 0)
        shutdown(drain->fd, SHUT_RDWR);
    if (drain->is_running)
        pthread_join(drain->thread, NULL);
    if (drain->fd >= 0)
        close(drain->fd);
}

/* --- pushing: ours --- */

struct push_run {
    struct qt_loop *loop;
    struct qt_server *server;
    struct qt_peer *peer;
    struct drain drain;
    char text[MESSAGE];
};

static bool
on_accept(void *context, struct qt_peer *peer, const struct qt_call *call)
{
    struct push_run *run = context;
    (void)call;
    run->peer = peer;
    return true;
}

static void
push_end(void *state)
{
    struct push_run *run = state;
    if (!run)
        return;
    drain_stop(&run->drain);
    qt_server_stop(run->server);
    qt_loop_destroy(run->loop);
    free(run);
}

static void *
push_start(void)
{
    struct push_run *run = calloc(1, sizeof *run);
    struct qt_error err;
    if (!run)
        return NULL;
    run->drain.fd = -1;
    memset(run->text, 'x', sizeof run->text);
    run->loop = qt_loop_create(NULL, &err);
    const struct qt_server_options options = {
        .context = run, .accept = on_accept, .max_queue = 2 * QUEUED_MAX};
    run->server = run->loop ? qt_server_start(run->loop, &options, &err) : NULL;
    if (!run->server || !drain_start(&run->drain, qt_server_port(run->server))) {
        push_end(run);
        return NULL;
    }
    while (!run->peer)
        (void)qt_loop_work(run->loop, WAIT_MS);
    return run;
}

/* As the exchange does: each message is built and queued, the turn's end offers them all. */
static double
push_value(void *state)
{
    struct push_run *run = state;
    uint64_t before = qt_server_stats(run->server).messages_out;
    double begun = thread_ns();
    for (int sent = 0; sent < A_SAMPLE;) {
        for (int i = 0; i < A_TURN && qt_peer_queued(run->peer) < QUEUED_MAX; i++)
            sent += qt_peer_send_text(run->peer, run->text, sizeof run->text);
        (void)qt_loop_work(run->loop, qt_peer_queued(run->peer) < QUEUED_MAX ? 0 : WAIT_MS);
    }
    double spent = thread_ns() - begun;
    return spent / (double)QT_MAX(qt_server_stats(run->server).messages_out - before, 1u);
}

/* --- pushing: bare libwebsockets --- */

struct lws_run {
    struct lws_context *context;
    struct drain drain;
    uint64_t sent, received;
    bool is_open;
};

static int
on_bare_server(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
    struct lws_run *run = lws_context_user(lws_get_context(wsi));
    unsigned char bytes[LWS_PRE + MESSAGE];
    (void)user, (void)in, (void)n;
    if (reason == LWS_CALLBACK_ESTABLISHED) {
        run->is_open = true;
        lws_callback_on_writable(wsi);
    }
    if (reason != LWS_CALLBACK_SERVER_WRITEABLE)
        return 0;
    memset(bytes + LWS_PRE, 'x', MESSAGE);
    if (lws_write(wsi, bytes + LWS_PRE, MESSAGE, LWS_WRITE_TEXT) < MESSAGE)
        return -1;
    run->sent++;
    lws_callback_on_writable(wsi);
    return 0;
}

static int
on_bare_client(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
    struct lws_run *run = lws_context_user(lws_get_context(wsi));
    (void)user, (void)in, (void)n;
    if (reason == LWS_CALLBACK_CLIENT_ESTABLISHED)
        run->is_open = true;
    if (reason == LWS_CALLBACK_CLIENT_RECEIVE)
        run->received += lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
    return 0;
}

static void
bare_end(void *state)
{
    struct lws_run *run = state;
    if (!run)
        return;
    drain_stop(&run->drain);
    if (run->context)
        lws_context_destroy(run->context);
    free(run);
}

static struct lws_context *
bare_context(struct lws_run *run, const struct lws_protocols *protocols, int port)
{
    const struct lws_context_creation_info info = {.port = port,
                                                   .iface = port == 0 ? "lo" : NULL,
                                                   .protocols = protocols,
                                                   .user = run,
                                                   .pt_serv_buf_size = 65536,
                                                   .gid = (gid_t)-1,
                                                   .uid = (uid_t)-1};
    lws_set_log_level(0, NULL);
    return lws_create_context(&info);
}

static void *
bare_push_start(void)
{
    static const struct lws_protocols protocols[] = {
        {.name = "bench", .callback = on_bare_server, .rx_buffer_size = 65536}, {0}};
    struct lws_run *run = calloc(1, sizeof *run);
    if (!run)
        return NULL;
    run->drain.fd = -1;
    run->context = bare_context(run, protocols, 0);
    struct lws_vhost *vhost = run->context ? lws_get_vhost_by_name(run->context, "default") : NULL;
    if (!vhost || !drain_start(&run->drain, lws_get_vhost_listen_port(vhost))) {
        bare_end(run);
        return NULL;
    }
    while (!run->is_open)
        lws_service(run->context, 0);
    return run;
}

static double
bare_push_value(void *state)
{
    struct lws_run *run = state;
    uint64_t before = run->sent;
    double begun = thread_ns();
    while (run->sent - before < A_SAMPLE)
        lws_service(run->context, 0);
    return (thread_ns() - begun) / (double)(run->sent - before);
}

/* --- receiving: somebody pushes as fast as it is read --- */

struct source {
    pthread_t thread;
    struct qt_loop *loop;
    struct qt_server *server;
    struct qt_peer *peer;
    atomic_bool stop;
    bool is_running;
};

static bool
source_accept(void *context, struct qt_peer *peer, const struct qt_call *call)
{
    (void)call;
    ((struct source *)context)->peer = peer;
    return true;
}

static void
source_closed(void *context, struct qt_peer *peer, const char *reason)
{
    (void)peer, (void)reason;
    ((struct source *)context)->peer = NULL;
}

static void *
source_main(void *argument)
{
    struct source *source = argument;
    char text[MESSAGE];
    memset(text, 'x', sizeof text);
    while (!atomic_load(&source->stop)) {
        while (source->peer && qt_peer_queued(source->peer) < QUEUED_MAX)
            if (!qt_peer_send_text(source->peer, text, sizeof text))
                break;
        (void)qt_loop_work(source->loop, WAIT_MS);
    }
    return NULL;
}

static bool
source_start(struct source *source)
{
    struct qt_error err;
    const struct qt_server_options options = {.context = source,
                                              .accept = source_accept,
                                              .closed = source_closed,
                                              .max_queue = 2 * QUEUED_MAX};
    source->loop = qt_loop_create(NULL, &err);
    source->server = source->loop ? qt_server_start(source->loop, &options, &err) : NULL;
    source->is_running =
        source->server && pthread_create(&source->thread, NULL, source_main, source) == 0;
    return source->is_running;
}

static void
source_stop(struct source *source)
{
    atomic_store(&source->stop, true);
    if (source->is_running)
        pthread_join(source->thread, NULL);
    qt_server_stop(source->server);
    qt_loop_destroy(source->loop);
}

struct receive_run {
    struct source source;
    struct qt_loop *loop;
    struct qt_ws *ws;
    struct lws_run bare;
    uint64_t received;
};

static void
on_open(void *context, struct qt_ws *ws)
{
    (void)context, (void)ws;
}

static void
on_message(void *context, struct qt_ws *ws, const char *text, size_t length)
{
    (void)ws, (void)text, (void)length;
    ((struct receive_run *)context)->received++;
}

static void
on_closed(void *context, struct qt_ws *ws, enum qt_net_error error, const char *reason)
{
    (void)context, (void)ws, (void)error, (void)reason;
}

static void
receive_end(void *state)
{
    struct receive_run *run = state;
    if (!run)
        return;
    qt_ws_destroy(run->ws);
    qt_loop_destroy(run->loop);
    if (run->bare.context)
        lws_context_destroy(run->bare.context);
    source_stop(&run->source);
    free(run);
}

static struct receive_run *
receive_run(void)
{
    struct receive_run *run = calloc(1, sizeof *run);
    if (run && source_start(&run->source))
        return run;
    receive_end(run);
    return NULL;
}

static void *
receive_start(void)
{
    struct receive_run *run = receive_run();
    struct qt_error err;
    char url[64];
    if (!run)
        return NULL;
    snprintf(url, sizeof url, "ws://127.0.0.1:%d/bench", qt_server_port(run->source.server));
    const struct qt_ws_options options = {
        .url = url, .context = run, .open = on_open, .message = on_message, .closed = on_closed};
    run->loop = qt_loop_create(NULL, &err);
    run->ws = run->loop ? qt_ws_create(run->loop, &options, &err) : NULL;
    if (!run->ws) {
        receive_end(run);
        return NULL;
    }
    return run;
}

static double
receive_value(void *state)
{
    struct receive_run *run = state;
    uint64_t before = run->received;
    double begun = thread_ns();
    while (run->received - before < A_SAMPLE)
        (void)qt_loop_work(run->loop, WAIT_MS);
    return (thread_ns() - begun) / (double)(run->received - before);
}

static void *
bare_receive_start(void)
{
    static const struct lws_protocols protocols[] = {
        {.name = "bench", .callback = on_bare_client, .rx_buffer_size = 65536}, {0}};
    struct receive_run *run = receive_run();
    if (!run)
        return NULL;
    run->bare.context = bare_context(&run->bare, protocols, CONTEXT_PORT_NO_LISTEN);
    const struct lws_client_connect_info info = {.context = run->bare.context,
                                                 .address = "127.0.0.1",
                                                 .port = qt_server_port(run->source.server),
                                                 .path = "/bench",
                                                 .host = "127.0.0.1",
                                                 .local_protocol_name = "bench",
                                                 .ietf_version_or_minus_one = -1};
    if (!run->bare.context || !lws_client_connect_via_info(&info)) {
        receive_end(run);
        return NULL;
    }
    return run;
}

static double
bare_receive_value(void *state)
{
    struct lws_run *run = &((struct receive_run *)state)->bare;
    uint64_t before = run->received;
    double begun = thread_ns();
    while (run->received - before < A_SAMPLE)
        lws_service(run->context, 0);
    return (thread_ns() - begun) / (double)(run->received - before);
}

const struct qt_benchmark qt_bench_net[] = {
    /* slower: the simulated exchange cannot keep up with many symbols */
    {.name = "net.push",
     .help = "a message of 200 bytes built, queued and sent: processor time",
     .samples = 30,
     .batch = 1,
     .start = push_start,
     .end = push_end,
     .value = push_value},
    {.name = "net.push_lws",
     .help = "the peer: bare libwebsockets sends the same",
     .samples = 30,
     .batch = 1,
     .start = bare_push_start,
     .end = bare_end,
     .value = bare_push_value},
    /* slower: a feed's burst delays what comes behind it */
    {.name = "net.receive",
     .help = "a message of 200 bytes from the socket to its callback: processor time",
     .samples = 30,
     .batch = 1,
     .start = receive_start,
     .end = receive_end,
     .value = receive_value},
    {.name = "net.receive_lws",
     .help = "the peer: bare libwebsockets receives the same",
     .samples = 30,
     .batch = 1,
     .start = bare_receive_start,
     .end = receive_end,
     .value = bare_receive_value},
    {0}};
