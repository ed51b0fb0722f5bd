/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names (fault N3) that do not resolve, resolve late, wrong, or to this machine. getaddrinfo ends
 * here, so that each case says what the resolver does; everything behind it is real.
 */
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "net_peer.h"

#include "qtrade/base/text.h"
#include "qtrade/net/http.h"
#include "qtrade/net/websocket.h"

/* What the resolver does with any name but a literal one. */
enum resolver { FAILS, HANGS, LIES };
static _Atomic enum resolver resolver;
static atomic_int lookups, waiting;
static atomic_bool released;
static in_addr_t lie;

static int
one_address(in_addr_t in, const char *service, struct addrinfo **out)
{
    struct addrinfo *found = calloc(1, sizeof *found + sizeof(struct sockaddr_in));
    struct sockaddr_in *address = (struct sockaddr_in *)(found + 1);
    *address =
        (struct sockaddr_in){.sin_family = AF_INET,
                             .sin_port = htons(service ? (uint16_t)strtol(service, NULL, 10) : 0),
                             .sin_addr.s_addr = in};
    *found = (struct addrinfo){.ai_family = AF_INET,
                               .ai_socktype = SOCK_STREAM,
                               .ai_addrlen = sizeof *address,
                               .ai_addr = (struct sockaddr *)address};
    *out = found;
    return 0;
}

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
            struct addrinfo **out)
{
    struct in_addr literal;
    (void)hints;
    if (inet_pton(AF_INET, node, &literal) == 1) /* of libwebsockets */
        return one_address(literal.s_addr, service, out);
    atomic_fetch_add(&lookups, 1);
    atomic_fetch_add(&waiting, 1);
    while (atomic_load(&resolver) == HANGS && !atomic_load(&released))
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    atomic_fetch_sub(&waiting, 1);
    return atomic_load(&resolver) == LIES ? one_address(lie, service, out) : EAI_AGAIN;
}

void
freeaddrinfo(struct addrinfo *list)
{
    free(list);
}

struct outcome {
    int n;
    enum qt_net_error error;
    bool was_sent;
    char reason[QT_NET_REASON], body[32];
};

static void
on_done(void *context, const struct qt_http_response *response)
{
    struct outcome *outcome = context;
    outcome->error = response->error;
    outcome->was_sent = response->was_sent;
    qt_copy(outcome->reason, sizeof outcome->reason, response->reason);
    qt_copy(outcome->body, sizeof outcome->body, response->body);
    outcome->n++;
}

static void
on_message(void *context, struct qt_ws *ws, const char *data, size_t length)
{
    (void)context, (void)ws, (void)data, (void)length;
}

static void
on_open(void *context, struct qt_ws *ws)
{
    (void)context, (void)ws;
    ck_abort_msg("a connection was opened");
}

static void
on_closed(void *context, struct qt_ws *ws, enum qt_net_error error, const char *reason)
{
    struct outcome *outcome = context;
    outcome->error = error;
    qt_copy(outcome->reason, sizeof outcome->reason, reason);
    outcome->n++;
    qt_ws_destroy(ws);
}

static struct qt_loop *loop;
static struct qt_http *http;

static void
set_up(void)
{
    struct qt_error err = {0};
    atomic_store(&resolver, FAILS);
    atomic_store(&released, false);
    loop = make_loop(NULL);
    http = qt_http_create(loop, NULL, &err);
}

static void
tear_down(void)
{
    qt_http_destroy(http);
    qt_loop_destroy(loop);
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    atomic_store(&released, true); /* threads that hang outlive their loop; let them go */
    while (atomic_load(&waiting) > 0 && qt_now_mono_ns() < end)
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void
ask(const char *url, int timeout_ms, struct outcome *outcome)
{
    struct qt_error err = {0};
    const struct qt_http_request request = {.method = "POST",
                                            .url = url,
                                            .timeout_ms = timeout_ms,
                                            .done = on_done,
                                            .context = outcome};
    ck_assert_msg(qt_http_send(http, &request, &err), "%s", err.text);
}

static void
open_ws(const char *url, int timeout_ms, struct outcome *outcome)
{
    struct qt_error err = {0};
    const struct qt_ws_options options = {.url = url,
                                          .connect_timeout_ms = timeout_ms,
                                          .context = outcome,
                                          .open = on_open,
                                          .message = on_message,
                                          .closed = on_closed};
    ck_assert_msg(qt_ws_create(loop, &options, &err) != NULL, "%s", err.text);
}

START_TEST(N3_name_that_does_not_resolve_is_named_and_nothing_is_sent)
{
    struct outcome one = {0}, two = {0};
    ask("https://venue.test/api", 0, &one);
    open_ws("wss://stream.venue.test/ws", 0, &two);
    work_until(loop, &one.n, 1);
    work_until(loop, &two.n, 1);
    ck_assert_int_eq(one.error, QT_NET_DNS);
    ck_assert_int_eq(two.error, QT_NET_DNS);
    ck_assert(!one.was_sent);
    ck_assert_ptr_nonnull(strstr(one.reason, "venue.test: "));
    ck_assert_ptr_nonnull(strstr(two.reason, "stream.venue.test: "));
}
END_TEST

static void
serve_hello(int fd, void *context)
{
    char buffer[1024];
    (void)context;
    if (raw_read_until(fd, "\r\n\r\n", buffer, sizeof buffer))
        raw_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
}

static void
on_beat(void *context)
{
    ++*(int *)context;
}

/* A resolver that says nothing for as long as the test lasts: timers, other servers and our own
 * time-outs go on, and the loop ends under the lookups. */
START_TEST(N3_resolver_that_hangs_blocks_nobody)
{
    struct raw_server server;
    struct outcome hung = {0}, ws = {0}, good = {0};
    struct qt_timer timer = {0};
    int beats = 0;
    char url[64];
    raw_server_start(&server, serve_hello, NULL);
    atomic_store(&resolver, HANGS);
    ask("https://venue.test/api", 1500, &hung);
    open_ws("wss://stream.venue.test/ws", 1500, &ws);
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    while (atomic_load(&waiting) < 2 && qt_now_mono_ns() < end)
        (void)qt_loop_work(loop, 5);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", server.port);
    ask(url, 60000, &good);
    work_until(loop, &good.n, 1);
    ck_assert_str_eq(good.body, "hello");
    ck_assert_int_eq(hung.n + ws.n, 0); /* while they wait */
    while (hung.n + ws.n < 2 && qt_now_mono_ns() < end) {
        if (!qt_timer_is_running(&timer))
            qt_timer_start(loop, &timer, 10, on_beat, &beats);
        (void)qt_loop_work(loop, 10);
    }
    qt_timer_stop(&timer);
    ck_assert_int_gt(beats, 5);
    ck_assert_int_eq(hung.error, QT_NET_TIMEOUT);
    ck_assert_int_eq(ws.error, QT_NET_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(hung.reason, "looking the name up"));
    ck_assert(!hung.was_sent);
    ck_assert_int_eq(atomic_load(&waiting), 2); /* and they still wait */
    raw_server_stop(&server);
}
END_TEST

/* However often it is tried: threads that hang are not more than the loop allows. */
START_TEST(N3_lookups_that_hang_are_bounded)
{
    enum { TRIES = 60, MOST = 16 };
    struct outcome outcome[TRIES] = {0};
    struct qt_ws *ws[TRIES];
    struct qt_error err = {0};
    int refused = 0, n = 0;
    atomic_store(&resolver, HANGS);
    for (int i = 0; i < TRIES; i++) {
        const struct qt_ws_options options = {.url = "wss://venue.test/ws",
                                              .connect_timeout_ms = 60000,
                                              .context = &outcome[i],
                                              .open = on_open,
                                              .message = on_message,
                                              .closed = on_closed};
        ws[i] = qt_ws_create(loop, &options, &err);
        refused += ws[i] == NULL;
    }
    ck_assert_int_eq(refused, TRIES - MOST);
    ck_assert_ptr_nonnull(strstr(err.text, "venue.test"));
    for (int i = 0; i < TRIES; i++)
        n += outcome[i].n;
    ck_assert_int_eq(n, 0);
    for (int i = 0; i < TRIES; i++)
        qt_ws_destroy(ws[i]);
}
END_TEST

/* An address where nobody listens, as of a wrong answer: refused, and who tries again waits longer
 * each time. */
START_TEST(N3_wrong_address_is_refused)
{
    struct raw_server server;
    struct outcome one = {0}, two = {0};
    char https[64], wss[64];
    raw_server_start(&server, serve_hello, NULL);
    int port = server.port;
    raw_server_stop(&server);
    atomic_store(&resolver, LIES);
    lie = htonl(INADDR_LOOPBACK);
    snprintf(https, sizeof https, "https://venue.test:%d/", port);
    snprintf(wss, sizeof wss, "wss://venue.test:%d/ws", port);
    ask(https, 0, &one);
    open_ws(wss, 0, &two);
    work_until(loop, &one.n, 1);
    work_until(loop, &two.n, 1);
    ck_assert_int_eq(one.error, QT_NET_REFUSED);
    ck_assert_int_eq(two.error, QT_NET_REFUSED);
    ck_assert(!one.was_sent);
}
END_TEST

/* What arrives at the server of the poisoner. */
static atomic_int plain_bytes;

static void
serve_poison(int fd, void *context)
{
    char buffer[4096];
    (void)context;
    ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    for (ssize_t i = 0; i + 4 <= n; i++) /* the first words of a request, unencrypted */
        atomic_fetch_add(&plain_bytes,
                         memcmp(buffer + i, "POST", 4) == 0 || memcmp(buffer + i, "GET ", 4) == 0);
    raw_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
}

/* A name of the venue's that leads to this machine gets TLS like any other: an address on loopback
 * is no licence for plain text, and what has no certificate for the name is refused. (A server with
 * a certificate for another name is a case of N1.) */
START_TEST(N3_name_poisoned_to_loopback_is_refused_by_tls)
{
    struct raw_server server;
    struct outcome one = {0}, two = {0};
    struct qt_error err = {0};
    char https[64], wss[64], plain[64];
    raw_server_start(&server, serve_poison, NULL);
    atomic_store(&resolver, LIES);
    lie = htonl(INADDR_LOOPBACK);
    snprintf(https, sizeof https, "https://api.venue.test:%d/", server.port);
    snprintf(wss, sizeof wss, "wss://api.venue.test:%d/ws", server.port);
    snprintf(plain, sizeof plain, "http://api.venue.test:%d/", server.port);
    ask(https, 0, &one);
    open_ws(wss, 0, &two);
    work_until(loop, &one.n, 1);
    work_until(loop, &two.n, 1);
    ck_assert_int_eq(one.error, QT_NET_TLS);
    ck_assert_int_eq(two.error, QT_NET_TLS);
    ck_assert(!one.was_sent);
    ck_assert_int_eq(atomic_load(&plain_bytes), 0);
    int before = atomic_load(&lookups);
    const struct qt_http_request request = {
        .method = "GET", .url = plain, .done = on_done, .context = &one};
    ck_assert(!qt_http_send(http, &request, &err)); /* before anybody is asked for the name */
    ck_assert_int_eq(atomic_load(&lookups), before);
    raw_server_stop(&server);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("dns");
    TCase *tc = tcase_create("names");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, N3_name_that_does_not_resolve_is_named_and_nothing_is_sent);
    tcase_add_test(tc, N3_resolver_that_hangs_blocks_nobody);
    tcase_add_test(tc, N3_lookups_that_hang_are_bounded);
    tcase_add_test(tc, N3_wrong_address_is_refused);
    tcase_add_test(tc, N3_name_poisoned_to_loopback_is_refused_by_tls);
    tcase_set_timeout(tc, 120);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
