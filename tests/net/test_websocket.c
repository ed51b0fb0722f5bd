/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The WebSocket client (libwebsockets) against our server and against raw peers.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "net_peer.h"

#include "qtrade/base/attr.h"
#include "qtrade/base/text.h"
#include "qtrade/net/backoff.h"
#include "qtrade/net/server.h"
#include "qtrade/net/websocket.h"

struct seen {
    int opened, messages, closed;
    size_t bytes;
    char last[64], reason[QT_NET_REASON];
    enum qt_net_error error;
    int status;
    int64_t retry_after_s;
    bool destroy_on_open, destroy_on_message;
    struct qt_ws *ws;
};

static void
on_open(void *context, struct qt_ws *ws)
{
    struct seen *seen = context;
    seen->opened++;
    if (!seen->destroy_on_open)
        return;
    qt_ws_destroy(ws);
    seen->ws = NULL;
}

static void
on_message(void *context, struct qt_ws *ws, const char *data, size_t length)
{
    struct seen *seen = context;
    ck_assert_int_eq(data[length], '\0');
    seen->messages++;
    seen->bytes += length;
    qt_copy_n(seen->last, sizeof seen->last, data, QT_MIN(length, sizeof seen->last - 1));
    if (!seen->destroy_on_message)
        return;
    qt_ws_destroy(ws);
    seen->ws = NULL;
}

static void
on_closed(void *context, struct qt_ws *ws, enum qt_net_error error, const char *reason)
{
    struct seen *seen = context;
    seen->closed++;
    seen->error = error;
    seen->status = qt_ws_status(ws);
    seen->retry_after_s = qt_ws_retry_after_s(ws);
    qt_copy(seen->reason, sizeof seen->reason, reason);
    qt_ws_destroy(ws);
    seen->ws = NULL;
}

static void
open_ws(struct qt_loop *loop, int port, const char *path, struct qt_ws_options *options,
        struct seen *seen)
{
    struct qt_error err = {0};
    char url[128];
    snprintf(url, sizeof url, "ws://127.0.0.1:%d%s", port, path);
    options->url = url;
    options->context = seen;
    options->open = on_open;
    options->message = on_message;
    options->closed = on_closed;
    seen->ws = qt_ws_create(loop, options, &err);
    ck_assert_msg(seen->ws != NULL, "%s", err.text);
    ck_assert_int_eq(seen->opened + seen->closed, 0); /* never inside create */
}

/* An echo server on the same loop; "/big" greets with 3 MB, "/header" with a request header. */
static bool
accept_peer(void *context, struct qt_peer *peer, const struct qt_call *call)
{
    (void)context;
    if (strcmp(call->path, "/big") == 0) {
        size_t n = 3u << 20;
        char *big = malloc(n);
        memset(big, 'b', n);
        ck_assert(qt_peer_send_text(peer, big, n));
        free(big);
    }
    const char *header = qt_call_header(call, "X-Token");
    if (strcmp(call->path, "/header") == 0 && header)
        (void)qt_peer_send_text(peer, header, strlen(header));
    if (strcmp(call->path, "/banned") == 0)
        qt_peer_refuse(peer, 418, 180);
    if (strcmp(call->path, "/limited") == 0)
        qt_peer_refuse(peer, 429, -1);
    return strcmp(call->path, "/no") != 0 && strcmp(call->path, "/banned") != 0 &&
           strcmp(call->path, "/limited") != 0;
}

static void
echo(void *context, struct qt_peer *peer, const char *data, size_t length)
{
    (void)context;
    if (strcmp(data, "bye") == 0)
        qt_peer_close(peer, 1001, "going away");
    else
        (void)qt_peer_send_text(peer, data, length);
}

static struct qt_server *
start_echo(struct qt_loop *loop)
{
    struct qt_error err = {0};
    const struct qt_server_options options = {.accept = accept_peer, .message = echo};
    struct qt_server *server = qt_server_start(loop, &options, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
    return server;
}

START_TEST(messages_of_every_size_come_back_whole)
{
    struct qt_loop *loop = make_loop(NULL);
    struct qt_server *server = start_echo(loop);
    struct seen seen = {0};
    static const size_t sizes[] = {0, 1, 125, 126, 65535, 65536, 70001, 1000000};
    static char text[1000000];
    memset(text, 'a', sizeof text);
    open_ws(loop, qt_server_port(server), "/ws", &(struct qt_ws_options){.max_queue = 4 << 20},
            &seen);
    ck_assert(!qt_ws_send(seen.ws, "early", 5)); /* not open yet */
    work_until(loop, &seen.opened, 1);
    size_t bytes = 0;
    for (size_t i = 0; i < QT_COUNT_OF(sizes); i++) {
        ck_assert(qt_ws_send(seen.ws, text, sizes[i]));
        bytes += sizes[i];
    }
    work_until(loop, &seen.messages, (int)QT_COUNT_OF(sizes));
    ck_assert_uint_eq(seen.bytes, bytes);
    qt_ws_destroy(seen.ws);
    qt_server_stop(server);
    qt_loop_destroy(loop);
}
END_TEST

START_TEST(queue_is_bounded)
{
    struct qt_loop *loop = make_loop(NULL);
    struct qt_server *server = start_echo(loop);
    struct seen seen = {0};
    open_ws(loop, qt_server_port(server), "/ws", &(struct qt_ws_options){.max_queue = 10}, &seen);
    work_until(loop, &seen.opened, 1);
    ck_assert(qt_ws_send(seen.ws, "1234567890", 10));
    ck_assert(!qt_ws_send(seen.ws, "1", 1));
    work_until(loop, &seen.messages, 1);
    ck_assert(qt_ws_send(seen.ws, "again", 5));
    qt_ws_destroy(seen.ws);
    qt_server_stop(server);
    qt_loop_destroy(loop);
}
END_TEST

START_TEST(message_larger_than_allowed_ends_the_connection)
{
    struct qt_loop *loop = make_loop(NULL);
    struct qt_server *server = start_echo(loop);
    struct seen small = {0}, large = {0};
    open_ws(loop, qt_server_port(server), "/big", &(struct qt_ws_options){.max_message = 1 << 20},
            &small);
    open_ws(loop, qt_server_port(server), "/big", &(struct qt_ws_options){0}, &large);
    work_until(loop, &small.closed, 1);
    ck_assert_int_eq(small.error, QT_NET_TOO_LARGE);
    ck_assert_int_eq(small.messages, 0);
    work_until(loop, &large.messages, 1);
    ck_assert_uint_eq(large.bytes, 3u << 20);
    qt_ws_destroy(large.ws);
    qt_server_stop(server);
    qt_loop_destroy(loop);
}
END_TEST

START_TEST(headers_are_sent_and_refusals_have_reasons)
{
    struct qt_loop *loop = make_loop(NULL);
    struct qt_server *server = start_echo(loop);
    struct seen seen = {0}, no = {0};
    const struct qt_http_header header = {"X-Token", "secret-42"};
    open_ws(loop, qt_server_port(server), "/header",
            &(struct qt_ws_options){.headers = &header, .n_headers = 1}, &seen);
    open_ws(loop, qt_server_port(server), "/no", &(struct qt_ws_options){0}, &no);
    work_until(loop, &seen.messages, 1);
    ck_assert_str_eq(seen.last, "secret-42");
    work_until(loop, &no.closed, 1);
    ck_assert_int_eq(no.error, QT_NET_PROTOCOL);
    ck_assert_int_eq(no.opened, 0);
    qt_ws_destroy(seen.ws);
    qt_server_stop(server);
    qt_loop_destroy(loop);
}
END_TEST

/* path, status, Retry-After */
static const struct {
    const char *path;
    int status;
    int64_t retry_after_s;
} refusals[] = {{"/no", 404, -1}, {"/banned", 418, 180}, {"/limited", 429, -1}};

START_TEST(refused_upgrade_says_its_status_and_when_to_come_again)
{
    struct qt_loop *loop = make_loop(NULL);
    struct qt_server *server = start_echo(loop);
    struct seen seen = {0};
    char text[16];
    open_ws(loop, qt_server_port(server), refusals[_i].path, &(struct qt_ws_options){0}, &seen);
    work_until(loop, &seen.closed, 1);
    snprintf(text, sizeof text, "HTTP %d", refusals[_i].status);
    ck_assert_int_eq(seen.error, QT_NET_PROTOCOL);
    ck_assert_int_eq(seen.status, refusals[_i].status);
    ck_assert_int_eq(seen.retry_after_s, refusals[_i].retry_after_s);
    ck_assert_ptr_nonnull(strstr(seen.reason, text));
    qt_server_stop(server);
    qt_loop_destroy(loop);
}
END_TEST

START_TEST(server_that_closes_is_told_once)
{
    struct qt_loop *loop = make_loop(NULL);
    struct qt_server *server = start_echo(loop);
    struct seen seen = {0};
    open_ws(loop, qt_server_port(server), "/ws", &(struct qt_ws_options){0}, &seen);
    work_until(loop, &seen.opened, 1);
    ck_assert(qt_ws_send(seen.ws, "bye", 3));
    work_until(loop, &seen.closed, 1);
    ck_assert_int_eq(seen.error, QT_NET_CLOSED);
    for (int i = 0; i < 10; i++)
        (void)qt_loop_work(loop, 5);
    ck_assert_int_eq(seen.closed, 1);
    qt_server_stop(server);
    qt_loop_destroy(loop);
}
END_TEST

START_TEST(client_may_be_destroyed_in_any_callback)
{
    struct qt_loop *loop = make_loop(NULL);
    struct qt_server *server = start_echo(loop);
    struct seen on_open_seen = {.destroy_on_open = true}, early = {0};
    struct seen on_message_seen = {.destroy_on_message = true};
    open_ws(loop, qt_server_port(server), "/ws", &(struct qt_ws_options){0}, &on_open_seen);
    open_ws(loop, qt_server_port(server), "/big", &(struct qt_ws_options){0}, &on_message_seen);
    open_ws(loop, qt_server_port(server), "/ws", &(struct qt_ws_options){0}, &early);
    qt_ws_destroy(early.ws); /* before it began */
    work_until(loop, &on_open_seen.opened, 1);
    work_until(loop, &on_message_seen.messages, 1);
    for (int i = 0; i < 20; i++)
        (void)qt_loop_work(loop, 5);
    ck_assert_int_eq(early.opened + early.closed, 0);
    ck_assert_int_eq(on_open_seen.closed + on_message_seen.closed, 0);
    qt_server_stop(server);
    qt_loop_destroy(loop);
}
END_TEST

static void
serve_silence(int fd, void *context)
{
    (void)context;
    char buffer[4096];
    (void)raw_read_until(fd, "never sent", buffer, sizeof buffer);
}

START_TEST(server_that_never_upgrades_runs_into_our_timeout)
{
    struct raw_server server;
    struct seen seen = {0};
    raw_server_start(&server, serve_silence, NULL);
    struct qt_loop *loop = make_loop(NULL);
    open_ws(loop, server.port, "/ws", &(struct qt_ws_options){.connect_timeout_ms = 100}, &seen);
    int64_t start = qt_now_mono_ns();
    work_until(loop, &seen.closed, 1);
    ck_assert_int_eq(seen.error, QT_NET_TIMEOUT);
    ck_assert_int_lt(qt_now_mono_ns() - start, 25 * QT_NS_PER_S);
    qt_loop_destroy(loop);
    raw_server_stop(&server);
}
END_TEST

/* Upgrades like a server, then sends what the case says and keeps the connection until the client
 * leaves. */
struct upgrade_script {
    const unsigned char *bytes;
    size_t n;
    bool by_bytes, cuts;
    atomic_bool is_written;
};

static void
serve_upgrade(int fd, void *context)
{
    struct upgrade_script *script = context;
    char buffer[4096], answer[256], accept[64] = "";
    FILE *pipe;
    if (!raw_read_until(fd, "\r\n\r\n", buffer, sizeof buffer))
        return;
    char *key = strcasestr(buffer, "sec-websocket-key: ") + 19, command[256];
    snprintf(
        command, sizeof command,
        "printf '%%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11' '%.24s' | openssl dgst -sha1 -binary "
        "| openssl base64",
        key);
    pipe = popen(command, "r");
    ck_assert(pipe && fgets(accept, sizeof accept, pipe));
    pclose(pipe);
    accept[strcspn(accept, "\r\n")] = '\0';
    snprintf(answer, sizeof answer,
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Accept: %s\r\n\r\n",
             accept);
    raw_text(fd, answer);
    for (size_t i = 0; script->by_bytes && i < script->n; i++)
        raw_write(fd, script->bytes + i, 1);
    if (!script->by_bytes)
        raw_write(fd, script->bytes, script->n);
    atomic_store(&script->is_written, true);
    if (!script->cuts)
        (void)raw_read_until(fd, "never sent", buffer, sizeof buffer);
}

static const unsigned char fragmented[] = {0x01, 3,   'o', 'n',  'e', 0x89, 1,   'p', 0x00, 3,
                                           't',  'w', 'o', 0x80, 5,   't',  'h', 'r', 'e',  'e'};

START_TEST(fragments_arrive_as_one_message_even_byte_by_byte)
{
    struct raw_server server;
    struct upgrade_script script = {fragmented, sizeof fragmented, _i == 1, false};
    struct seen seen = {0};
    raw_server_start(&server, serve_upgrade, &script);
    struct qt_loop *loop = make_loop(NULL);
    open_ws(loop, server.port, "/ws", &(struct qt_ws_options){0}, &seen);
    work_until(loop, &seen.messages, 1);
    ck_assert_str_eq(seen.last, "onetwothree");
    ck_assert_int_eq(seen.messages, 1);
    qt_ws_destroy(seen.ws);
    for (int i = 0; i < 5; i++)
        (void)qt_loop_work(loop, 5);
    qt_loop_destroy(loop);
    raw_server_stop(&server);
}
END_TEST

/* What lies in the socket is read in as few turns as there are full buffers in it. */
START_TEST(burst_is_taken_in_one_turn)
{
    enum { BURST = 150, LENGTH = 200, FRAME = LENGTH + 4 };
    static unsigned char burst[BURST * FRAME];
    const struct timespec moment = {.tv_nsec = QT_NS_PER_MS};
    struct upgrade_script script = {.bytes = burst, .n = sizeof burst};
    struct raw_server server;
    struct seen seen = {0};
    for (unsigned char *frame = burst; frame < burst + sizeof burst; frame += FRAME) {
        memcpy(frame, "\x81\x7e\x00\xc8", 4);
        memset(frame + 4, 'x', LENGTH);
    }
    raw_server_start(&server, serve_upgrade, &script);
    struct qt_loop *loop = make_loop(NULL);
    open_ws(loop, server.port, "/ws", &(struct qt_ws_options){0}, &seen);
    work_until(loop, &seen.opened, 1);
    for (int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
         !atomic_load(&script.is_written) && qt_now_mono_ns() < end;)
        nanosleep(&moment, NULL);
    int turns = 0;
    for (int before = -1; seen.messages < BURST && turns < BURST; before = seen.messages) {
        (void)qt_loop_work(loop, 100);
        turns += seen.messages != before;
    }
    ck_assert_int_eq(seen.messages, BURST);
    ck_assert_int_le(turns, 2); /* a first part may have come with the upgrade */
    qt_ws_destroy(seen.ws);
    qt_loop_destroy(loop);
    raw_server_stop(&server);
}
END_TEST

START_TEST(message_cut_in_the_middle_is_never_given)
{
    struct raw_server server;
    struct upgrade_script script = {fragmented, 12, false, true};
    struct seen seen = {0};
    raw_server_start(&server, serve_upgrade, &script);
    struct qt_loop *loop = make_loop(NULL);
    open_ws(loop, server.port, "/ws", &(struct qt_ws_options){0}, &seen);
    work_until(loop, &seen.closed, 1);
    ck_assert_int_eq(seen.messages, 0);
    ck_assert_int_eq(seen.error, QT_NET_CLOSED);
    qt_loop_destroy(loop);
    raw_server_stop(&server);
}
END_TEST

START_TEST(ping_without_answer_ends_the_connection)
{
    struct raw_server server;
    struct upgrade_script script = {fragmented, 0, false, false};
    struct seen seen = {0};
    raw_server_start(&server, serve_upgrade, &script);
    struct qt_loop *loop = make_loop(NULL);
    open_ws(loop, server.port, "/ws",
            &(struct qt_ws_options){.ping_interval_ms = 30, .pong_timeout_ms = 50}, &seen);
    work_until(loop, &seen.closed, 1);
    ck_assert_int_eq(seen.opened, 1);
    ck_assert_int_eq(seen.error, QT_NET_TIMEOUT);
    qt_loop_destroy(loop);
    raw_server_stop(&server);
}
END_TEST

START_TEST(answered_pings_keep_it_open_and_are_timed)
{
    struct qt_loop *loop = make_loop(NULL);
    struct qt_server *server = start_echo(loop);
    struct seen seen = {0};
    open_ws(loop, qt_server_port(server), "/ws",
            &(struct qt_ws_options){.ping_interval_ms = 10, .pong_timeout_ms = 60000}, &seen);
    work_until(loop, &seen.opened, 1);
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    while (qt_ws_round_trip_ns(seen.ws) < 0 && qt_now_mono_ns() < end)
        (void)qt_loop_work(loop, 20);
    ck_assert_int_gt(qt_ws_round_trip_ns(seen.ws), 0);
    ck_assert(qt_ws_is_open(seen.ws));
    qt_ws_destroy(seen.ws);
    qt_server_stop(server);
    qt_loop_destroy(loop);
}
END_TEST

/* Reconnects with back-off until the server is there: what an owner does. */
struct stubborn {
    struct qt_loop *loop;
    struct qt_backoff backoff;
    struct qt_timer timer;
    struct seen seen;
    int port, tries;
};

static void try_again(void *context);

static void
on_stubborn_closed(void *context, struct qt_ws *ws, enum qt_net_error error, const char *reason)
{
    (void)reason;
    struct stubborn *stubborn = context;
    ck_assert_int_eq(error, QT_NET_REFUSED);
    qt_ws_destroy(ws);
    int64_t wait = qt_backoff_down(&stubborn->backoff, qt_now_mono_ns());
    qt_timer_start(stubborn->loop, &stubborn->timer, wait / QT_NS_PER_MS, try_again, stubborn);
}

static void
on_stubborn_open(void *context, struct qt_ws *ws)
{
    struct stubborn *stubborn = context;
    stubborn->seen.ws = ws;
    stubborn->seen.opened++;
}

static void
on_stubborn_message(void *context, struct qt_ws *ws, const char *data, size_t length)
{
    (void)context;
    (void)ws;
    (void)data;
    (void)length;
}

static void
try_again(void *context)
{
    struct stubborn *stubborn = context;
    struct qt_error err = {0};
    char url[64];
    snprintf(url, sizeof url, "ws://127.0.0.1:%d/ws", stubborn->port);
    stubborn->tries++;
    const struct qt_ws_options options = {.url = url,
                                          .context = stubborn,
                                          .open = on_stubborn_open,
                                          .message = on_stubborn_message,
                                          .closed = on_stubborn_closed};
    ck_assert(qt_ws_create(stubborn->loop, &options, &err) != NULL);
}

START_TEST(reconnects_with_back_off_when_the_server_comes_back)
{
    struct stubborn stubborn = {.loop = make_loop(NULL)};
    struct qt_error err = {0};
    struct qt_server *server = start_echo(stubborn.loop);
    stubborn.port = qt_server_port(server);
    qt_server_stop(server);
    qt_backoff_init(&stubborn.backoff, 4 * QT_NS_PER_MS, 16 * QT_NS_PER_MS, QT_NS_PER_S, 3);
    try_again(&stubborn);
    work_until(stubborn.loop, &stubborn.tries, 4);
    const struct qt_server_options options = {
        .port = stubborn.port, .accept = accept_peer, .message = echo};
    server = qt_server_start(stubborn.loop, &options, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
    work_until(stubborn.loop, &stubborn.seen.opened, 1);
    qt_ws_destroy(stubborn.seen.ws);
    qt_server_stop(server);
    qt_loop_destroy(stubborn.loop);
}
END_TEST

START_TEST(plain_remote_is_refused_and_the_named_exception_is_not)
{
    struct qt_error err = {0};
    struct qt_loop *loop = make_loop(NULL);
    struct qt_ws_options options = {.url = "ws://192.0.2.1:1/ws", .closed = on_closed};
    ck_assert_ptr_null(qt_ws_create(loop, &options, &err));
    ck_assert_str_eq(err.text,
                     "URL 'ws://192.0.2.1:1/ws' is not encrypted: only loopback may be (use wss)");
    options.allow_plain_remote = true;
    struct qt_ws *ws = qt_ws_create(loop, &options, &err);
    ck_assert_ptr_nonnull(ws);
    qt_ws_destroy(ws);
    options.url = "http://127.0.0.1/";
    ck_assert_ptr_null(qt_ws_create(loop, &options, &err));
    qt_loop_destroy(loop);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("websocket");
    TCase *tc = tcase_create("messages");
    tcase_add_test(tc, messages_of_every_size_come_back_whole);
    tcase_add_test(tc, queue_is_bounded);
    tcase_add_test(tc, message_larger_than_allowed_ends_the_connection);
    tcase_add_test(tc, headers_are_sent_and_refusals_have_reasons);
    tcase_add_loop_test(tc, refused_upgrade_says_its_status_and_when_to_come_again, 0,
                        QT_COUNT_OF(refusals));
    tcase_add_loop_test(tc, fragments_arrive_as_one_message_even_byte_by_byte, 0, 2);
    tcase_add_test(tc, burst_is_taken_in_one_turn);
    tcase_add_test(tc, message_cut_in_the_middle_is_never_given);
    tcase_set_timeout(tc, 30);
    suite_add_tcase(suite, tc);
    tc = tcase_create("life");
    tcase_add_test(tc, server_that_closes_is_told_once);
    tcase_add_test(tc, client_may_be_destroyed_in_any_callback);
    tcase_add_test(tc, server_that_never_upgrades_runs_into_our_timeout);
    tcase_add_test(tc, ping_without_answer_ends_the_connection);
    tcase_add_test(tc, answered_pings_keep_it_open_and_are_timed);
    tcase_add_test(tc, reconnects_with_back_off_when_the_server_comes_back);
    tcase_add_test(tc, plain_remote_is_refused_and_the_named_exception_is_not);
    tcase_set_timeout(tc, 30);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
