/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server against raw clients and against the WebSocket client of libwebsockets.
 */
#include <stdio.h>

#include "mutate.h"
#include "net_peer.h"

#include "qtrade/base/attr.h"
#include "qtrade/base/text.h"
#include "qtrade/net/server.h"

/* The server under test runs on a thread of its own. */
struct world {
    struct qt_loop *loop;
    struct qt_server *server;
    struct qt_server_options options;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    bool is_stopping, is_flooding;
    uint64_t closed;
    char reason[80];
    struct qt_responder *late;
    struct qt_timer later;
    struct qt_peer *peer;
    struct qt_server_stats stats;
};

static void
answer_late(void *context)
{
    struct world *world = context;
    qt_respond(world->late, 200, "text/plain", NULL, 0, "late", 4);
    world->late = NULL;
}

static void
on_request(void *context, const struct qt_call *call, struct qt_responder *responder)
{
    struct world *world = context;
    char body[512];
    if (strcmp(call->path, "/late") == 0 && !world->late) {
        world->late = responder;
        qt_timer_start(world->loop, &world->later, 30, answer_late, world);
        return;
    }
    const char *key = qt_call_header(call, "x-mbx-APIKEY");
    int n = snprintf(body, sizeof body, "%s|%s|%s|%s|%.200s", call->method, call->path, call->query,
                     key ? key : "none", call->body);
    const struct qt_http_header header = {"X-Test", "yes"};
    qt_respond(responder, 200, "text/plain", &header, 1, body, (size_t)n);
}

static bool
on_accept(void *context, struct qt_peer *peer, const struct qt_call *call)
{
    struct world *world = context;
    world->peer = peer;
    return qt_starts_with(call->path, "/ws");
}

static void
on_message(void *context, struct qt_peer *peer, const char *data, size_t length)
{
    struct world *world = context;
    if (strcmp(data, "close me") == 0)
        qt_peer_close(peer, 4001, "as you wish");
    else if (strcmp(data, "flood me") == 0)
        world->is_flooding = true;
    else
        (void)qt_peer_send_text(peer, data, length);
}

static void
on_closed(void *context, struct qt_peer *peer, const char *reason)
{
    (void)peer;
    struct world *world = context;
    pthread_mutex_lock(&world->lock);
    world->closed++;
    qt_copy(world->reason, sizeof world->reason, reason);
    pthread_mutex_unlock(&world->lock);
    world->is_flooding = false;
}

static void *
world_main(void *argument)
{
    struct world *world = argument;
    for (bool is_stopping = false; !is_stopping;) {
        (void)qt_loop_work(world->loop, world->is_flooding ? 1 : 20);
        for (int i = 0; i < 100 && world->is_flooding; i++)
            if (!qt_peer_send_text(world->peer, "0123456789abcdef0123456789abcdef", 32))
                break;
        pthread_mutex_lock(&world->lock);
        is_stopping = world->is_stopping;
        world->stats = qt_server_stats(world->server);
        pthread_mutex_unlock(&world->lock);
    }
    return NULL;
}

static void
world_start(struct world *world)
{
    struct qt_error err = {0};
    world->options.context = world;
    world->options.request = on_request;
    world->options.accept = on_accept;
    world->options.message = on_message;
    world->options.closed = on_closed;
    pthread_mutex_init(&world->lock, NULL);
    world->loop = make_loop(NULL);
    world->server = qt_server_start(world->loop, &world->options, &err);
    ck_assert_msg(world->server != NULL, "%s", err.text);
    pthread_create(&world->thread, NULL, world_main, world);
}

static void
world_stop(struct world *world)
{
    pthread_mutex_lock(&world->lock);
    world->is_stopping = true;
    pthread_mutex_unlock(&world->lock);
    qt_loop_wake(world->loop);
    pthread_join(world->thread, NULL);
    qt_timer_stop(&world->later);
    if (world->late)
        answer_late(world);
    qt_server_stop(world->server);
    qt_loop_destroy(world->loop);
}

/* Waits until a counter, the server's or ours, reaches want. */
static void
wait_for(struct world *world, const uint64_t *counter, uint64_t want)
{
    for (int i = 0; i < 12000; i++) {
        pthread_mutex_lock(&world->lock);
        bool is_there = *counter >= want;
        pthread_mutex_unlock(&world->lock);
        if (is_there)
            return;
        usleep(5000);
    }
    ck_abort_msg("the counter stays below %llu", (unsigned long long)want);
}

static const struct {
    const char *request, *answer; /* what the answer must hold */
} requests[] = {
    {"GET /a/b?x=1&y=%20z HTTP/1.1\r\nHost: h\r\nX-MBX-APIKEY: k\r\nConnection: close\r\n\r\n",
     "GET|/a/b|x=1&y=%20z|k|"},
    {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
     "POST|/||none|hello"},
    {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
     "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
     "POST|/||none|abcde"},
    {"\r\n\r\nGET / HTTP/1.0\r\n\r\n", "Connection: close"},
    {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "X-Test: yes"},
    {"HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "Content-Length: 13"},
    {"GET / HTTP/1.1\r\n\r\n", "400"}, /* no Host */
    {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "505"},
    {"GET http://x/ HTTP/1.1\r\nHost: h\r\n\r\n", "400"}, /* not a path */
    {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", "400"},        /* blank before colon */
    {"GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n", "400"},
    {"GET / HTTP/1.1\nHost: h\n\n\r\n\r\n", "400"}, /* bare LF */
    {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400"},
    {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\na", "400"},
    {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     "400"},
    {"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501"},
    {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1073741824\r\n\r\n", "413"}, /* 1 GB body */
    {"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
     "400"}, /* no key */
    {"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
     "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}, /* the key of RFC 6455 */
    {"GET /no HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
     "404"},
    {"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
     "426"},
};

static void
check_request(int row, bool by_bytes)
{
    struct world world = {0};
    char answer[4096];
    world_start(&world);
    int fd = raw_connect(qt_server_port(world.server));
    const char *text = requests[row].request;
    for (size_t i = 0; by_bytes && i < strlen(text); i++)
        raw_write(fd, text + i, 1);
    if (!by_bytes)
        raw_text(fd, text);
    bool found = raw_read_until(fd, requests[row].answer, answer, sizeof answer);
    ck_assert_msg(found, "%s", answer);
    close(fd);
    world_stop(&world);
}

START_TEST(requests_are_answered_or_refused)
{
    check_request(_i, false);
}
END_TEST

START_TEST(requests_that_come_byte_by_byte_are_the_same)
{
    check_request(_i, true);
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order_even_when_the_first_is_late)
{
    struct world world = {0};
    char answer[4096];
    world_start(&world);
    int fd = raw_connect(qt_server_port(world.server));
    raw_text(fd, "GET /late HTTP/1.1\r\nHost: h\r\n\r\nGET /second HTTP/1.1\r\nHost: h\r\n\r\n"
                 "GET /third HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    ck_assert(raw_read_until(fd, "|/third|", answer, sizeof answer));
    const char *late = strstr(answer, "late"), *second = strstr(answer, "|/second|");
    ck_assert(late && second && late < second);
    close(fd);
    world_stop(&world);
}
END_TEST

START_TEST(client_that_leaves_before_its_answer_harms_nobody)
{
    struct world world = {0};
    char answer[4096];
    world_start(&world);
    int fd = raw_connect(qt_server_port(world.server));
    raw_text(fd, "GET /late HTTP/1.1\r\nHost: h\r\n\r\n");
    wait_for(&world, &world.stats.requests, 1);
    close(fd);
    usleep(50000);
    fd = raw_connect(qt_server_port(world.server));
    raw_text(fd, "GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
    ck_assert(raw_read_until(fd, "|/next|", answer, sizeof answer));
    close(fd);
    world_stop(&world);
}
END_TEST

START_TEST(slow_request_is_dropped_after_its_time)
{
    struct world world = {.options = {.request_timeout_ms = 60}};
    char answer[256];
    world_start(&world);
    int fd = raw_connect(qt_server_port(world.server));
    raw_text(fd, "GET / HTTP/1.1\r\nHo");
    ck_assert(!raw_read_until(fd, "never", answer, sizeof answer)); /* closed */
    wait_for(&world, &world.stats.dropped_quiet, 1);
    close(fd);
    world_stop(&world);
}
END_TEST

START_TEST(clients_beyond_the_maximum_are_refused_and_counted)
{
    struct world world = {.options = {.max_clients = 2}};
    char answer[256];
    world_start(&world);
    int fds[3];
    for (int i = 0; i < 3; i++)
        fds[i] = raw_connect(qt_server_port(world.server));
    ck_assert(!raw_read_until(fds[2], "never", answer, sizeof answer));
    wait_for(&world, &world.stats.refused, 1);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    world_stop(&world);
}
END_TEST

START_TEST(port_in_use_is_one_clear_line)
{
    struct world world = {0};
    struct qt_error err = {0};
    world_start(&world);
    struct qt_loop *loop = make_loop(NULL);
    const struct qt_server_options options = {.port = qt_server_port(world.server)};
    ck_assert_ptr_null(qt_server_start(loop, &options, &err));
    char want[160];
    snprintf(want, sizeof want,
             "cannot listen on 127.0.0.1 port %d: the port is in use by another program (choose "
             "another port, or 0 for any)",
             options.port);
    ck_assert_str_eq(err.text, want);
    const struct qt_server_options bad = {.address = "not an address"};
    ck_assert_ptr_null(qt_server_start(loop, &bad, &err));
    ck_assert_int_eq(err.code, QT_E_CONFIG);
    qt_loop_destroy(loop);
    world_stop(&world);
}
END_TEST

/* Opens a WebSocket by hand. */
static int
raw_websocket(struct world *world)
{
    char answer[1024];
    int fd = raw_connect(qt_server_port(world->server));
    raw_text(fd,
             "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    ck_assert(raw_read_until(fd, "\r\n\r\n", answer, sizeof answer));
    return fd;
}

/* Masked with zeros, so that payloads read as they are. */
#define FRAME(b0, length) b0, (unsigned char)(0x80 | (length)), 0, 0, 0, 0

static const struct {
    const char *name;
    unsigned char bytes[40];
    size_t n;
    unsigned char answer[8]; /* first bytes that come back */
    size_t answer_n;
} frames[] = {
    {"text is echoed", {FRAME(0x81, 2), 'h', 'i'}, 8, {0x81, 2, 'h', 'i'}, 4},
    {"a real mask is taken off",
     {0x81, 0x82, 1, 2, 3, 4, 'h' ^ 1, 'i' ^ 2},
     8,
     {0x81, 2, 'h', 'i'},
     4},
    {"fragments are joined",
     {FRAME(0x01, 1), 'h', FRAME(0x80, 1), 'i'},
     14,
     {0x81, 2, 'h', 'i'},
     4},
    {"a ping between fragments",
     {FRAME(0x01, 1), 'h', FRAME(0x89, 1), 'p', FRAME(0x80, 1), 'i'},
     21,
     {0x8a, 1, 'p', 0x81, 2, 'h', 'i'},
     7},
    {"an empty text", {FRAME(0x81, 0)}, 6, {0x81, 0}, 2},
    {"an empty last fragment",
     {FRAME(0x01, 2), 'h', 'i', FRAME(0x80, 0)},
     14,
     {0x81, 2, 'h', 'i'},
     4},
    {"close is answered", {FRAME(0x88, 2), 3, 0xe8}, 8, {0x88, 2, 3, 0xe8}, 4},
    {"no mask", {0x81, 2, 'h', 'i'}, 4, {0x88}, 1},
    {"reserved bit", {FRAME(0xc1, 1), 'h'}, 7, {0x88}, 1},
    {"unknown opcode", {FRAME(0x83, 1), 'h'}, 7, {0x88}, 1},
    {"continuation of nothing", {FRAME(0x80, 1), 'h'}, 7, {0x88}, 1},
    {"a second message inside the first",
     {FRAME(0x01, 1), 'h', FRAME(0x81, 1), 'i'},
     14,
     {0x88},
     1},
    {"fragmented ping", {FRAME(0x09, 1), 'h'}, 7, {0x88}, 1},
    {"ping of 126 bytes", {0x89, 0xfe, 0, 126, 0, 0, 0, 0}, 8, {0x88}, 1},
    {"2^63 bytes", {0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 14, {0x88}, 1},
    {"text that is not UTF-8", {FRAME(0x81, 2), 0xc0, 0x80}, 8, {0x88}, 1},
    {"half a character", {FRAME(0x81, 1), 0xe2}, 7, {0x88}, 1},
};

static void
check_frame(int row, bool by_bytes)
{
    struct world world = {0};
    unsigned char answer[16];
    size_t got = 0;
    world_start(&world);
    int fd = raw_websocket(&world);
    for (size_t i = 0; by_bytes && i < frames[row].n; i++)
        raw_write(fd, frames[row].bytes + i, 1);
    if (!by_bytes)
        raw_write(fd, frames[row].bytes, frames[row].n);
    while (got < frames[row].answer_n) {
        ssize_t n = recv(fd, answer + got, frames[row].answer_n - got, 0);
        ck_assert_msg(n > 0, "%s: closed", frames[row].name);
        got += (size_t)n;
    }
    ck_assert_msg(memcmp(answer, frames[row].answer, got) == 0, "%s", frames[row].name);
    close(fd);
    world_stop(&world);
}

START_TEST(frames_are_answered_by_the_book)
{
    check_frame(_i, false);
}
END_TEST

START_TEST(frames_that_come_byte_by_byte_are_the_same)
{
    check_frame(_i, true);
}
END_TEST

/* Sends bytes on a connection of their own, hangs up, and takes what comes. */
static void
send_and_leave(int fd, const char *bytes, size_t n)
{
    char answer[4096];
    (void)!send(fd, bytes, n, MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    while (recv(fd, answer, sizeof answer, 0) > 0)
        ;
    close(fd);
}

/* The server lives, and answers a good request, after any bytes. */
static void
expect_alive(struct world *world)
{
    char answer[1024];
    int fd = raw_connect(qt_server_port(world->server));
    raw_text(fd, "GET /alive HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    ck_assert(raw_read_until(fd, "GET|/alive|", answer, sizeof answer));
    close(fd);
}

START_TEST(A2_mutated_requests_harm_nobody)
{
    static const char whole[] =
        "POST /a?b=c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5;x=y\r\nhello\r\n0\r\nT: v\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n"
        "Content-Length: 3\r\nConnection: close\r\n\r\nabc";
    struct world world = {0};
    struct qt_mutator mutator;
    world_start(&world);
    qt_mutator_init(&mutator, "\r\n:;= /0123456789abcdefxHTP.,%\t\x7f\x80\xff", 23);
    for (uint64_t i = 0; i < qt_number_from("QT_CASES", 2000); i++) {
        size_t n;
        char *text = qt_mutant(&mutator, whole, sizeof whole - 1, &n);
        send_and_leave(raw_connect(qt_server_port(world.server)), text, n);
        free(text);
    }
    expect_alive(&world);
    world_stop(&world);
}
END_TEST

START_TEST(A2_mutated_frames_harm_nobody)
{
    static const unsigned char whole[] = {FRAME(0x01, 3),
                                          'a',
                                          'b',
                                          'c',
                                          FRAME(0x89, 2),
                                          'h',
                                          'i',
                                          FRAME(0x80, 2),
                                          'd',
                                          'e',
                                          FRAME(0x82, 1),
                                          0xff,
                                          FRAME(0x88, 2),
                                          0x03,
                                          0xe8};
    struct world world = {0};
    struct qt_mutator mutator;
    world_start(&world);
    qt_mutator_init(&mutator, "\x01\x7e\x7f\x80\x81\x82\x88\x89\x8a\xfe\xff\xc3", 29);
    for (uint64_t i = 0; i < qt_number_from("QT_CASES", 2000); i++) {
        size_t n;
        char *bytes = qt_mutant(&mutator, (const char *)whole, sizeof whole, &n);
        send_and_leave(raw_websocket(&world), bytes, n);
        free(bytes);
    }
    expect_alive(&world);
    world_stop(&world);
}
END_TEST

START_TEST(reader_that_never_reads_is_dropped_and_memory_stays_bounded)
{
    struct world world = {.options = {.max_queue = 64 << 10}};
    const unsigned char ask[] = {FRAME(0x81, 8), 'f', 'l', 'o', 'o', 'd', ' ', 'm', 'e'};
    world_start(&world);
    int fd = raw_websocket(&world);
    raw_write(fd, ask, sizeof ask);
    wait_for(&world, &world.closed, 1);
    wait_for(&world, &world.stats.dropped_slow, 1);
    pthread_mutex_lock(&world.lock);
    ck_assert_str_eq(world.reason, "it did not read and its queue was full");
    ck_assert_uint_eq(world.closed, 1);
    pthread_mutex_unlock(&world.lock);
    close(fd);
    world_stop(&world);
}
END_TEST

START_TEST(client_that_answers_no_ping_is_dropped)
{
    struct world world = {.options = {.ping_interval_ms = 40}};
    world_start(&world);
    int fd = raw_websocket(&world);
    wait_for(&world, &world.stats.dropped_quiet, 1);
    close(fd);
    world_stop(&world);
}
END_TEST

START_TEST(server_closes_with_code_and_reason)
{
    struct world world = {0};
    const unsigned char ask[] = {FRAME(0x81, 8), 'c', 'l', 'o', 's', 'e', ' ', 'm', 'e'};
    const unsigned char want[] = {0x88, 13,  4001 >> 8, 4001 & 255, 'a', 's',
                                  ' ',  'y', 'o',       'u',        ' '};
    unsigned char answer[15];
    world_start(&world);
    int fd = raw_websocket(&world);
    raw_write(fd, ask, sizeof ask);
    ck_assert_int_eq(recv(fd, answer, sizeof answer, MSG_WAITALL), (int)sizeof answer);
    ck_assert_int_eq(memcmp(answer, want, sizeof want), 0);
    ck_assert_int_eq(recv(fd, answer, sizeof answer, 0), 0); /* and hangs up */
    close(fd);
    world_stop(&world);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("server");
    TCase *tc = tcase_create("http");
    tcase_add_loop_test(tc, requests_are_answered_or_refused, 0, (int)QT_COUNT_OF(requests));
    tcase_add_loop_test(tc, requests_that_come_byte_by_byte_are_the_same, 0,
                        (int)QT_COUNT_OF(requests));
    tcase_add_test(tc, pipelined_requests_are_answered_in_order_even_when_the_first_is_late);
    tcase_add_test(tc, client_that_leaves_before_its_answer_harms_nobody);
    tcase_add_test(tc, slow_request_is_dropped_after_its_time);
    tcase_add_test(tc, clients_beyond_the_maximum_are_refused_and_counted);
    tcase_add_test(tc, port_in_use_is_one_clear_line);
    tcase_set_timeout(tc, 30);
    suite_add_tcase(suite, tc);
    tc = tcase_create("websocket");
    tcase_add_loop_test(tc, frames_are_answered_by_the_book, 0, (int)QT_COUNT_OF(frames));
    tcase_add_loop_test(tc, frames_that_come_byte_by_byte_are_the_same, 0,
                        (int)QT_COUNT_OF(frames));
    tcase_add_test(tc, A2_mutated_requests_harm_nobody);
    tcase_add_test(tc, A2_mutated_frames_harm_nobody);
    tcase_add_test(tc, reader_that_never_reads_is_dropped_and_memory_stays_bounded);
    tcase_add_test(tc, client_that_answers_no_ping_is_dropped);
    tcase_add_test(tc, server_closes_with_code_and_reason);
    tcase_set_timeout(tc, 30);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
