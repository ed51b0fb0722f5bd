/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The HTTP client against raw peers that write exactly what a case says.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "net_peer.h"

#include "qtrade/base/attr.h"
#include "qtrade/base/text.h"
#include "qtrade/net/http.h"

/* What a case saw of its requests. */
struct seen {
    int n;
    enum qt_net_error error;
    int status;
    bool was_sent;
    char body[256], reason[QT_NET_REASON], order[16];
    size_t length;
    int64_t retry_after, weight, latency_ns;
};

static void
on_done(void *context, const struct qt_http_response *response)
{
    struct seen *seen = context;
    seen->error = response->error;
    seen->status = response->status;
    seen->was_sent = response->was_sent;
    seen->length = response->length;
    seen->retry_after = response->retry_after_s;
    seen->weight = response->used_weight_1m;
    seen->latency_ns = response->latency_ns;
    qt_copy(seen->body, sizeof seen->body, response->body);
    qt_copy(seen->reason, sizeof seen->reason, response->reason);
    if (seen->n < 15)
        seen->order[seen->n] = response->body[0] ? response->body[0] : '-';
    seen->n++;
}

/* One request to a server on port, to its end. */
static void
ask(const char *method, int port, const char *body, struct qt_http_request *request,
    struct seen *seen)
{
    struct qt_error err = {0};
    struct qt_loop *loop = make_loop(NULL);
    struct qt_http *http = qt_http_create(loop, NULL, &err);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/api/v3/x?a=1", port);
    request->method = method;
    request->url = url;
    request->body = body;
    request->body_length = body ? strlen(body) : 0;
    request->done = on_done;
    request->context = seen;
    ck_assert_msg(qt_http_send(http, request, &err), "%s", err.text);
    ck_assert_int_eq(seen->n, 0); /* never inside send */
    work_until(loop, &seen->n, 1);
    ck_assert_int_eq((int)qt_http_pending(http), 0);
    qt_http_destroy(http);
    qt_loop_destroy(loop);
}

/* A fixed answer, written whole or byte by byte, then the connection is cut. */
struct script {
    const char *answer;
    bool by_bytes;
    char request[4096];
};

static void
serve_script(int fd, void *context)
{
    struct script *script = context;
    if (!raw_read_until(fd, "\r\n\r\n", script->request, sizeof script->request))
        return;
    size_t n = strlen(script->answer);
    for (size_t i = 0; script->by_bytes && i < n; i++)
        raw_write(fd, script->answer + i, 1);
    if (!script->by_bytes)
        raw_write(fd, script->answer, n);
}

static const struct {
    const char *answer;
    enum qt_net_error error;
    int status;
    const char *body;
} answers[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", QT_NET_OK, 200, "hello"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n "
     "world\r\n0\r\nT: r\r\n\r\n",
     QT_NET_OK, 200, "hello world"},
    {"HTTP/1.1 200 OK\r\n\r\nuntil the end", QT_NET_OK, 200, "until the end"},
    {"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n", QT_NET_OK, 404, ""},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", QT_NET_OK, 200,
     "ok"},
    {"HTTP/1.1 204 No Content\r\n\r\n", QT_NET_OK, 204, ""},
    {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", QT_NET_CLOSED, 200, ""},
    {"HTTP/1.1 200 OK\r\nContent-", QT_NET_CLOSED, 0, ""},
    {"", QT_NET_CLOSED, 0, ""},
    {"SSH-2.0-OpenSSH\r\n\r\n", QT_NET_PROTOCOL, 0, ""},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", QT_NET_PROTOCOL, 200,
     ""},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     QT_NET_PROTOCOL, 200, ""},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", QT_NET_PROTOCOL, 200, ""},
    {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", QT_NET_TOO_LARGE, 200, ""},
    {"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551617\r\n\r\n", QT_NET_PROTOCOL, 200, ""},
    {"HTTP/1.1 2x0 OK\r\n\r\n", QT_NET_PROTOCOL, 0, ""},
};

static void
check_answer(int row, bool by_bytes)
{
    struct raw_server server;
    struct script script = {.answer = answers[row].answer, .by_bytes = by_bytes};
    struct seen seen = {0};
    raw_server_start(&server, serve_script, &script);
    ask("POST", server.port, "x=1", &(struct qt_http_request){0}, &seen);
    raw_server_stop(&server);
    ck_assert_msg(seen.error == answers[row].error, "%s: %s", qt_net_error_name(seen.error),
                  seen.reason);
    ck_assert_int_eq(seen.status, answers[row].status);
    ck_assert_str_eq(seen.body, answers[row].body);
    ck_assert(seen.was_sent);
    ck_assert_int_gt(seen.latency_ns, 0);
}

START_TEST(answers_are_read_whole)
{
    check_answer(_i, false);
}
END_TEST

START_TEST(answers_are_read_one_byte_at_a_time)
{
    check_answer(_i, true);
}
END_TEST

START_TEST(request_carries_host_headers_and_body)
{
    struct raw_server server;
    struct script script = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
    struct seen seen = {0};
    const struct qt_http_header headers[] = {{"X-MBX-APIKEY", "key"}};
    raw_server_start(&server, serve_script, &script);
    ask("POST", server.port, "symbol=BTCUSDT",
        &(struct qt_http_request){.headers = headers, .n_headers = 1}, &seen);
    raw_server_stop(&server);
    char host[64];
    snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%d\r\n", server.port);
    ck_assert_int_eq(strncmp(script.request, "POST /api/v3/x?a=1 HTTP/1.1\r\n", 29), 0);
    ck_assert(strstr(script.request, host) != NULL);
    ck_assert(strstr(script.request, "\r\nX-MBX-APIKEY: key\r\n") != NULL);
    ck_assert(strstr(script.request, "\r\nContent-Length: 14\r\n") != NULL);
}
END_TEST

START_TEST(limits_of_the_venue_are_read_from_headers)
{
    struct raw_server server;
    struct script script = {.answer = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 17\r\n"
                                      "x-mbx-used-weight-1m: 6001\r\nContent-Length: 2\r\n\r\n{}"};
    struct seen seen = {0};
    raw_server_start(&server, serve_script, &script);
    ask("GET", server.port, NULL, &(struct qt_http_request){0}, &seen);
    raw_server_stop(&server);
    ck_assert_int_eq(seen.status, 429);
    ck_assert_int_eq(seen.retry_after, 17);
    ck_assert_int_eq(seen.weight, 6001);
}
END_TEST

START_TEST(body_over_its_maximum_is_refused_while_it_comes)
{
    struct raw_server server;
    struct script script = {.answer = "HTTP/1.1 200 OK\r\n\r\nabcdefghijk"};
    struct seen seen = {0};
    raw_server_start(&server, serve_script, &script);
    ask("GET", server.port, NULL, &(struct qt_http_request){.max_body = 10}, &seen);
    raw_server_stop(&server);
    ck_assert_int_eq(seen.error, QT_NET_TOO_LARGE);
}
END_TEST

START_TEST(refused_connection_was_not_sent)
{
    struct raw_server server;
    struct seen seen = {0};
    raw_server_start(&server, serve_script, &(struct script){.answer = ""});
    raw_server_stop(&server); /* the port is now free */
    ask("POST", server.port, "x", &(struct qt_http_request){0}, &seen);
    ck_assert_int_eq(seen.error, QT_NET_REFUSED);
    ck_assert(!seen.was_sent);
    ck_assert(strstr(seen.reason, "refused") != NULL);
}
END_TEST

/* Takes the request and holds the connection until the client hangs up. */
static void
serve_silence(int fd, void *context)
{
    (void)context;
    char buffer[4096];
    (void)raw_read_until(fd, "never sent", buffer, sizeof buffer);
}

START_TEST(silent_server_runs_into_our_own_timeout)
{
    struct raw_server server;
    struct seen seen = {0};
    raw_server_start(&server, serve_silence, NULL);
    ask("POST", server.port, "x", &(struct qt_http_request){.timeout_ms = 1000}, &seen);
    raw_server_stop(&server);
    ck_assert_int_eq(seen.error, QT_NET_TIMEOUT);
    ck_assert(seen.was_sent);
    ck_assert_int_ge(seen.latency_ns, 1000 * QT_NS_PER_MS);
    ck_assert(strstr(seen.reason, "waiting for the answer") != NULL);
}
END_TEST

/* Keeps the connection and counts; the body of each answer is the last letter of the request's
 * path. */
struct keeper {
    atomic_int connections, requests;
    int cut_after; /* requests on one connection before it is cut without a word; 0: never */
};

static void
serve_kept(int fd, void *context)
{
    struct keeper *keeper = context;
    char buffer[4096], answer[128];
    atomic_fetch_add(&keeper->connections, 1);
    for (int n = 0; !keeper->cut_after || n < keeper->cut_after; n++) {
        if (!raw_read_until(fd, "\r\n\r\n", buffer, sizeof buffer))
            return;
        atomic_fetch_add(&keeper->requests, 1);
        snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%c",
                 strstr(buffer, " HTTP/1.1")[-1]);
        raw_text(fd, answer);
    }
}

static void
send_letter(struct qt_http *http, const char *method, int port, char letter, bool is_urgent,
            struct seen *seen)
{
    struct qt_error err = {0};
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/%c", port, letter);
    const struct qt_http_request request = {
        .method = method, .url = url, .is_urgent = is_urgent, .done = on_done, .context = seen};
    ck_assert(qt_http_send(http, &request, &err));
}

START_TEST(one_connection_is_kept_and_urgent_requests_go_first)
{
    struct raw_server server;
    struct keeper keeper = {0};
    struct seen seen = {0};
    struct qt_error err = {0};
    raw_server_start(&server, serve_kept, &keeper);
    struct qt_loop *loop = make_loop(NULL);
    struct qt_http *http = qt_http_create(loop, &(struct qt_http_options){.connections = 1}, &err);
    send_letter(http, "GET", server.port, 'a', false, &seen);
    send_letter(http, "POST", server.port, 'b', false, &seen);
    send_letter(http, "DELETE", server.port, 'c', true, &seen);
    work_until(loop, &seen.n, 3);
    send_letter(http, "DELETE", server.port, 'd', false, &seen);
    work_until(loop, &seen.n, 4);
    ck_assert_str_eq(seen.order, "cabd");
    ck_assert_int_eq(atomic_load(&keeper.connections), 1);
    qt_http_destroy(http);
    qt_loop_destroy(loop);
    raw_server_stop(&server);
}
END_TEST

/* An order's or a cancel's bytes wait for no turn of the loop. */
START_TEST(urgent_request_leaves_on_a_kept_connection_before_send_returns)
{
    struct raw_server server;
    struct keeper keeper = {0};
    struct seen seen = {0};
    struct qt_error err = {0};
    const struct timespec moment = {.tv_nsec = QT_NS_PER_MS};
    raw_server_start(&server, serve_kept, &keeper);
    struct qt_loop *loop = make_loop(NULL);
    struct qt_http *http = qt_http_create(loop, NULL, &err);
    send_letter(http, "POST", server.port, 'a', true, &seen);
    work_until(loop, &seen.n, 1);
    send_letter(http, "DELETE", server.port, 'b', true, &seen);
    for (int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
         atomic_load(&keeper.requests) < 2 && qt_now_mono_ns() < end;)
        nanosleep(&moment, NULL);
    ck_assert_int_eq(atomic_load(&keeper.requests), 2); /* and the loop has not worked */
    ck_assert_int_eq(seen.n, 1);
    work_until(loop, &seen.n, 2);
    ck_assert_str_eq(seen.order, "ab");
    ck_assert_int_eq(atomic_load(&keeper.connections), 1);
    qt_http_destroy(http);
    qt_loop_destroy(loop);
    raw_server_stop(&server);
}
END_TEST

START_TEST(get_on_a_cut_kept_connection_is_sent_once_more_and_post_is_not)
{
    struct raw_server server;
    struct keeper keeper = {.cut_after = 1};
    struct seen seen = {0};
    struct qt_error err = {0};
    raw_server_start(&server, serve_kept, &keeper);
    struct qt_loop *loop = make_loop(NULL);
    struct qt_http *http = qt_http_create(loop, &(struct qt_http_options){.connections = 1}, &err);
    for (int i = 0; i < 6; i++) {
        send_letter(http, i % 2 ? "POST" : "GET", server.port, 'a', false, &seen);
        work_until(loop, &seen.n, i + 1);
        if (i % 2 == 0)
            ck_assert_int_eq(seen.error, QT_NET_OK);
        ck_assert(seen.error == QT_NET_OK || (seen.error == QT_NET_CLOSED && seen.was_sent));
    }
    qt_http_destroy(http);
    qt_loop_destroy(loop);
    raw_server_stop(&server);
    ck_assert_int_ge(atomic_load(&keeper.requests), 3);
    ck_assert_int_le(atomic_load(&keeper.requests), 6); /* nothing was doubled */
}
END_TEST

START_TEST(requests_of_a_destroyed_client_never_call_back)
{
    struct raw_server server;
    struct seen seen = {0};
    struct qt_error err = {0};
    raw_server_start(&server, serve_silence, NULL);
    struct qt_loop *loop = make_loop(NULL);
    struct qt_http *http = qt_http_create(loop, NULL, &err);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", server.port);
    const struct qt_http_request request = {
        .method = "GET", .url = url, .timeout_ms = 50, .done = on_done, .context = &seen};
    ck_assert(qt_http_send(http, &request, &err));
    for (int i = 0; i < 5; i++)
        (void)qt_loop_work(loop, 5);
    ck_assert(qt_http_send(http, &request, &err));
    qt_http_destroy(http);
    int64_t end = qt_now_mono_ns() + 100 * QT_NS_PER_MS;
    while (qt_now_mono_ns() < end)
        (void)qt_loop_work(loop, 10);
    ck_assert_int_eq(seen.n, 0);
    qt_loop_destroy(loop);
    raw_server_stop(&server);
}
END_TEST

static void
on_done_destroy(void *context, const struct qt_http_response *response)
{
    (void)response;
    struct qt_http **http = context;
    qt_http_destroy(*http);
    *http = NULL;
}

START_TEST(client_may_be_destroyed_in_its_callback)
{
    struct raw_server server;
    struct script script = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
    struct qt_error err = {0};
    raw_server_start(&server, serve_script, &script);
    struct qt_loop *loop = make_loop(NULL);
    struct qt_http *http = qt_http_create(loop, NULL, &err);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", server.port);
    for (int i = 0; i < 3; i++) {
        const struct qt_http_request request = {
            .method = "GET", .url = url, .done = on_done_destroy, .context = &http};
        ck_assert(qt_http_send(http, &request, &err));
    }
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    while (http && qt_now_mono_ns() < end)
        (void)qt_loop_work(loop, 100);
    ck_assert_ptr_null(http);
    qt_loop_destroy(loop);
    raw_server_stop(&server);
}
END_TEST

static const struct {
    const char *url, *header;
    bool allow;
} refused[] = {
    {"http://api.binance.com/api/v3/time", "x", false},
    {"http://10.0.0.1/", "x", false},
    {"ws://127.0.0.1/", "x", false},
    {"nonsense", "x", false},
    {"https://api.binance.com/", "a\r\nX-Injected: 1", false},
};

START_TEST(plain_remote_bad_urls_and_injected_headers_are_refused)
{
    struct qt_error err = {0};
    struct qt_loop *loop = make_loop(NULL);
    struct qt_http *http = qt_http_create(loop, NULL, &err);
    const struct qt_http_header header = {"X-Test", refused[_i].header};
    const struct qt_http_request request = {.method = "GET",
                                            .url = refused[_i].url,
                                            .headers = &header,
                                            .n_headers = 1,
                                            .done = on_done};
    ck_assert(!qt_http_send(http, &request, &err));
    ck_assert_int_ne(err.code, QT_E_NONE);
    qt_http_destroy(http);
    qt_loop_destroy(loop);
}
END_TEST

static void
on_timer(void *context)
{
    ++*(int *)context;
}

START_TEST(timers_fire_in_order_and_not_before_their_time)
{
    struct qt_loop *loop = make_loop(NULL);
    struct qt_timer timers[4] = {0};
    int fired = 0;
    int64_t start = qt_now_mono_ns();
    for (int i = 0; i < 4; i++)
        qt_timer_start(loop, &timers[i], 40 - 10 * i, on_timer, &fired);
    qt_timer_stop(&timers[3]);
    work_until(loop, &fired, 1);
    ck_assert_int_ge(qt_now_mono_ns() - start, 20 * QT_NS_PER_MS);
    ck_assert(!qt_timer_is_running(&timers[2]));
    ck_assert(qt_timer_is_running(&timers[0]));
    work_until(loop, &fired, 3);
    ck_assert_int_ge(qt_now_mono_ns() - start, 40 * QT_NS_PER_MS);
    qt_loop_destroy(loop);
}
END_TEST

static void *
wake_soon(void *loop)
{
    usleep(20000);
    qt_loop_wake(loop);
    return NULL;
}

START_TEST(wake_ends_a_wait_from_another_thread)
{
    struct qt_loop *loop = make_loop(NULL);
    pthread_t thread;
    (void)qt_loop_work(loop, 0);
    int64_t start = qt_now_mono_ns();
    pthread_create(&thread, NULL, wake_soon, loop);
    (void)qt_loop_work(loop, 100000);
    ck_assert_int_lt(qt_now_mono_ns() - start, 50 * QT_NS_PER_S);
    pthread_join(thread, NULL);
    qt_loop_destroy(loop);
}
END_TEST

static void *
loop_of_its_own(void *argument)
{
    struct seen seen = {0};
    ask("GET", *(int *)argument, NULL, &(struct qt_http_request){0}, &seen);
    ck_assert_int_eq(seen.status, 200);
    return NULL;
}

START_TEST(several_loops_live_on_several_threads)
{
    struct raw_server server;
    struct script script = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
    pthread_t threads[4];
    raw_server_start(&server, serve_script, &script);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, loop_of_its_own, &server.port);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    raw_server_stop(&server);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("http");
    TCase *tc = tcase_create("answers");
    tcase_add_loop_test(tc, answers_are_read_whole, 0, (int)QT_COUNT_OF(answers));
    tcase_add_loop_test(tc, answers_are_read_one_byte_at_a_time, 0, (int)QT_COUNT_OF(answers));
    tcase_add_test(tc, request_carries_host_headers_and_body);
    tcase_add_test(tc, limits_of_the_venue_are_read_from_headers);
    tcase_add_test(tc, body_over_its_maximum_is_refused_while_it_comes);
    tcase_set_timeout(tc, 30);
    suite_add_tcase(suite, tc);
    tc = tcase_create("connections");
    tcase_add_test(tc, refused_connection_was_not_sent);
    tcase_add_test(tc, silent_server_runs_into_our_own_timeout);
    tcase_add_test(tc, one_connection_is_kept_and_urgent_requests_go_first);
    tcase_add_test(tc, urgent_request_leaves_on_a_kept_connection_before_send_returns);
    tcase_add_test(tc, get_on_a_cut_kept_connection_is_sent_once_more_and_post_is_not);
    tcase_add_test(tc, requests_of_a_destroyed_client_never_call_back);
    tcase_add_test(tc, client_may_be_destroyed_in_its_callback);
    tcase_add_loop_test(tc, plain_remote_bad_urls_and_injected_headers_are_refused, 0,
                        (int)QT_COUNT_OF(refused));
    tcase_set_timeout(tc, 30);
    suite_add_tcase(suite, tc);
    tc = tcase_create("loop");
    tcase_add_test(tc, timers_fire_in_order_and_not_before_their_time);
    tcase_add_test(tc, wake_ends_a_wait_from_another_thread);
    tcase_add_test(tc, several_loops_live_on_several_threads);
    tcase_set_timeout(tc, 30);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
