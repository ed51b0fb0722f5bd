/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP client.
 *
 *     waiting requests (urgent ones first) -> link (one connection, one request at a time) -> done
 * list -> callback
 *
 * R1: a request is in exactly one place: waiting, on a link, or done. R2: callbacks are given from
 * one place (deliver), in which the user may destroy the client. R3: bytes of a request that is not
 * a GET are offered to at most one connection. R4: what was answered is told before anything more
 * leaves: the answer may forbid it.
 */
#include "qtrade/net/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "http1_priv.h"
#include "http_compose_priv.h"
#include "stream_priv.h"

#define LINKS_MAX 16
#define READ_SIZE 65536

struct link;

struct request {
    struct request *next;
    struct qt_http *http;
    struct qt_url url; /* target is not kept: it stands in bytes */
    char *bytes;       /* head and body as they go out */
    size_t length, sent;
    size_t max_body;
    bool is_get, is_urgent, was_retried;
    struct qt_timer timeout;
    struct link *link;
    int64_t start_ns;
    qt_http_fn done;
    void *context;
    /* outcome */
    enum qt_net_error error;
    char reason[QT_NET_REASON];
    struct qt__http1 answer;
};

/* One connection. */
struct link {
    struct qt_http *http;
    bool is_used; /* this slot holds a connection */
    struct qt_url origin;
    struct qt__stream stream;
    struct request *request;
    unsigned served;      /* requests answered on it: > 0 is a kept connection */
    bool has_answer_byte; /* something of the current answer came */
    struct qt_timer idle;
};

struct qt_http {
    struct qt_loop *loop;
    unsigned connections;
    int idle_ms;
    struct request *waiting, *done;
    struct link links[LINKS_MAX];
    struct qt_timer deliver, pump;
    bool is_delivering, is_dead; /* destroyed in a callback: freed when that returns */
    char buffer[READ_SIZE];
};

static void schedule_pump(struct qt_http *http);

static void
append(struct request **list, struct request *request)
{
    while (*list)
        list = &(*list)->next;
    request->next = NULL;
    *list = request;
}

static void
unlink_request(struct request **list, struct request *request)
{
    for (; *list; list = &(*list)->next)
        if (*list == request) {
            *list = request->next;
            return;
        }
}

static void
request_free(struct request *request)
{
    qt_timer_stop(&request->timeout);
    qt__http1_finish(&request->answer);
    free(request->bytes);
    free(request);
}

static int64_t
header_number(const struct qt__http1 *answer, const char *name)
{
    const char *text = answer->status ? qt__http1_header(answer, name) : NULL;
    int64_t value;
    return text && qt_int_parse(text, &value) && value >= 0 ? value : -1;
}

static void
fill_response(const struct request *request, int64_t now_ns, struct qt_http_response *out)
{
    const struct qt__http1 *answer = &request->answer;
    *out = (struct qt_http_response){
        .error = request->error,
        .was_sent = request->sent > 0,
        .status = answer->status,
        .retry_after_s = header_number(answer, "retry-after"),
        .used_weight_1m = header_number(answer, "x-mbx-used-weight-1m"),
        .order_count_10s = header_number(answer, "x-mbx-order-count-10s"),
        .order_count_1d = header_number(answer, "x-mbx-order-count-1d"),
        .body = request->error == QT_NET_OK && answer->body ? answer->body : "",
        .length = request->error == QT_NET_OK ? answer->body_length : 0,
        .latency_ns = now_ns - request->start_ns,
    };
    (void)qt_copy(out->reason, sizeof out->reason, request->reason);
}

static void
on_deliver(void *context)
{
    struct qt_http *http = context;
    http->is_delivering = true;
    while (http->done) {
        struct request *request = http->done;
        http->done = request->next;
        struct qt_http_response response;
        fill_response(request, qt_now_mono_ns(), &response);
        qt__loop_count(http->loop);
        request->done(request->context, &response);
        request_free(request);
    }
    http->is_delivering = false;
    if (http->is_dead)
        free(http);
}

/* The request leaves its link (if any) for the done list. */
static void
complete(struct request *request, enum qt_net_error error, const char *reason)
{
    struct qt_http *http = request->http;
    if (request->link)
        request->link->request = NULL;
    else
        unlink_request(&http->waiting, request);
    request->link = NULL;
    request->error = error;
    (void)qt_copy(request->reason, sizeof request->reason, reason);
    qt_text_clean(request->reason);
    qt_timer_stop(&request->timeout);
    append(&http->done, request);
    qt_timer_start(http->loop, &http->deliver, 0, on_deliver, http);
}

static void
link_close(struct link *link)
{
    qt_timer_stop(&link->idle);
    qt__stream_close(&link->stream);
    link->is_used = false;
    if (link->request)
        link->request->link = NULL;
    link->request = NULL;
    schedule_pump(link->http);
}

/* A kept connection had been closed by the server before a GET reached it: once more, on a fresh
 * one. */
static bool
retry(struct link *link)
{
    struct request *request = link->request;
    if (!request->is_get || request->was_retried || link->served == 0 || link->has_answer_byte)
        return false;
    request->was_retried = true;
    request->sent = 0;
    request->link = NULL;
    link->request = NULL;
    request->next = link->http->waiting;
    link->http->waiting = request;
    return true;
}

static void
link_broken(struct link *link, enum qt_net_error error, const char *reason)
{
    if (link->request && !retry(link))
        complete(link->request, error, reason);
    link_close(link);
}

static void
on_failed(void *context, enum qt_net_error error, const char *reason)
{
    link_broken(context, error, reason);
}

static void
on_idle(void *context)
{
    link_close(context);
}

/* The answer is whole: the link is free for the next one, or closes when either side wants that. */
static void
answered(struct link *link)
{
    struct request *request = link->request;
    bool is_kept = request->answer.keep_alive && request->sent == request->length;
    complete(request, QT_NET_OK, "");
    link->served++;
    link->has_answer_byte = false;
    if (!is_kept) {
        link_close(link);
        return;
    }
    qt_timer_start(link->http->loop, &link->idle, link->http->idle_ms, on_idle, link);
    schedule_pump(link->http);
}

/* Gives bytes of the link to the answer. False: the link is gone. */
static bool
take_bytes(struct link *link, const char *bytes, size_t n)
{
    if (!link->request) { /* nobody asked */
        link_close(link);
        return false;
    }
    struct qt__http1 *answer = &link->request->answer;
    size_t used;
    link->has_answer_byte = true;
    switch (qt__http1_feed(answer, bytes, n, &used)) {
    case QT__HTTP1_MORE:
        return true;
    case QT__HTTP1_DONE:
        if (used < n)
            answer->keep_alive = false; /* more than the answer: do not trust this connection */
        answered(link);
        return link->is_used;
    case QT__HTTP1_BAD:
        if (answer->error == 413 || answer->error == 431)
            link_broken(link, QT_NET_TOO_LARGE, "the answer is larger than allowed");
        else
            link_broken(link, QT_NET_PROTOCOL, "the answer is no HTTP/1.1");
        return false;
    }
    return false;
}

static void
link_ended(struct link *link)
{
    struct request *request = link->request;
    if (request && link->has_answer_byte && qt__http1_end(&request->answer) == QT__HTTP1_DONE) {
        answered(link);
        return;
    }
    link_broken(link, QT_NET_CLOSED, "the connection was cut before the answer was complete");
}

static bool
send_request(struct link *link)
{
    struct request *request = link->request;
    while (request && request->sent < request->length) {
        ssize_t n = qt__stream_write(&link->stream, request->bytes + request->sent,
                                     request->length - request->sent);
        if (n < 0)
            return false;
        if (n == 0)
            break;
        request->sent += (size_t)n;
    }
    qt__stream_want_write(&link->stream, request && request->sent < request->length);
    return true;
}

static void
on_ready(void *context)
{
    struct link *link = context;
    bool can_write = send_request(link);
    for (;;) {
        ssize_t n = qt__stream_read(&link->stream, link->http->buffer, sizeof link->http->buffer);
        if (n > 0 && !take_bytes(link, link->http->buffer, (size_t)n))
            return;
        if (n < 0) {
            link_ended(link);
            return;
        }
        if (n == 0)
            break;
    }
    if (!can_write)
        link_ended(link);
}

static void
on_timeout(void *context)
{
    struct request *request = context;
    static const char *const doing[] = {
        [QT__STREAM_CLOSED] = "waiting for a free connection",
        [QT__STREAM_RESOLVING] = "looking the name up",
        [QT__STREAM_CONNECTING] = "connecting",
        [QT__STREAM_HANDSHAKE] = "waiting for the server's TLS handshake",
        [QT__STREAM_OPEN] = "waiting for the answer",
    };
    struct link *link = request->link;
    char reason[QT_NET_REASON];
    snprintf(reason, sizeof reason, "%.90s: timed out %s", request->url.host,
             doing[link ? link->stream.state : QT__STREAM_CLOSED]);
    complete(request, QT_NET_TIMEOUT, reason);
    if (link)
        link_close(link);
}

static bool
is_same_origin(const struct qt_url *a, const struct qt_url *b)
{
    return a->port == b->port && a->is_tls == b->is_tls && strcmp(a->host, b->host) == 0;
}

/* A link for the request: a free kept one, else a new one; NULL: all are busy. */
static struct link *
find_link(struct qt_http *http, const struct request *request)
{
    struct link *empty = NULL, *idle = NULL, *other = NULL;
    unsigned n = 0;
    for (size_t i = 0; i < LINKS_MAX; i++) {
        struct link *link = &http->links[i];
        bool is_ours = link->is_used && is_same_origin(&link->origin, &request->url);
        n += is_ours;
        if (!link->is_used)
            empty = link;
        else if (is_ours && !link->request)
            idle = link;
        else if (!link->request)
            other = link;
    }
    if (idle && !request->was_retried)
        return idle;
    if (n < http->connections && empty)
        return empty;
    /* A second try wants a fresh connection; or the slots are full of idle links to other origins.
     */
    struct link *spare = idle ? idle : n < http->connections ? other : NULL;
    if (spare)
        link_close(spare);
    return spare;
}

static void
link_start(struct link *link, struct request *request)
{
    link->request = request;
    request->link = link;
    link->has_answer_byte = false;
    qt_timer_stop(&link->idle);
    if (link->is_used) { /* kept: its stream is open */
        on_ready(link);
        return;
    }
    link->is_used = true;
    link->served = 0;
    link->origin = request->url;
    link->stream = (struct qt__stream){.ready = on_ready, .failed = on_failed, .context = link};
    if (!qt__stream_open(&link->stream, link->http->loop, request->url.host, request->url.port,
                         request->url.is_tls))
        link_broken(link, QT_NET_DNS, "no memory or threads for another name lookup");
}

/* The next request to start: urgent ones first, each kind in its order; those whose origin is busy
 * wait. */
static bool
start_one(struct qt_http *http, bool is_urgent)
{
    for (struct request *request = http->waiting; request; request = request->next) {
        struct link *link = request->is_urgent == is_urgent ? find_link(http, request) : NULL;
        if (!link)
            continue;
        unlink_request(&http->waiting, request);
        link_start(link, request);
        return true;
    }
    return false;
}

static void
on_pump(void *context)
{
    struct qt_http *http = context;
    while (!http->done && (start_one(http, true) || start_one(http, false)))
        ;
    if (http->done) /* R4: one may be answered before the next is looked at */
        schedule_pump(http);
}

static void
schedule_pump(struct qt_http *http)
{
    if (http->waiting)
        qt_timer_start(http->loop, &http->pump, 0, on_pump, http);
}

struct qt_http *
qt_http_create(struct qt_loop *loop, const struct qt_http_options *options, struct qt_error *err)
{
    struct qt_http *http = calloc(1, sizeof *http);
    if (!http) {
        (void)qt_fail(err, QT_E_MEMORY, "no memory for an HTTP client");
        return NULL;
    }
    http->loop = loop;
    http->connections = options && options->connections ? options->connections : 4;
    http->connections = QT_MIN(http->connections, LINKS_MAX);
    http->idle_ms = options && options->idle_ms > 0 ? options->idle_ms : 30000;
    for (size_t i = 0; i < LINKS_MAX; i++)
        http->links[i].http = http;
    return http;
}

static void
free_all(struct request *list)
{
    while (list) {
        struct request *next = list->next;
        request_free(list);
        list = next;
    }
}

void
qt_http_destroy(struct qt_http *http)
{
    if (!http)
        return;
    for (size_t i = 0; i < LINKS_MAX; i++) {
        struct link *link = &http->links[i];
        if (!link->is_used)
            continue;
        if (link->request)
            request_free(link->request);
        link->request = NULL;
        link_close(link);
    }
    free_all(http->waiting);
    free_all(http->done);
    http->waiting = http->done = NULL;
    qt_timer_stop(&http->deliver);
    qt_timer_stop(&http->pump);
    http->is_dead = true;
    if (!http->is_delivering)
        free(http);
}

bool
qt_http_send(struct qt_http *http, const struct qt_http_request *from, struct qt_error *err)
{
    struct qt_url url;
    if (!qt__http_check(from, &url, err))
        return false;
    struct request *request = calloc(1, sizeof *request);
    if (request) {
        request->bytes = qt__http_compose(from, &url, &request->length);
        request->http = http;
        request->url = url;
        request->url.target = NULL;
        request->is_get = strcmp(from->method, "GET") == 0;
        request->is_urgent = from->is_urgent;
        request->done = from->done;
        request->context = from->context;
        request->max_body = from->max_body ? from->max_body : QT_HTTP_MAX_BODY;
        qt__http1_init(&request->answer, false, QT_HTTP_HEADER_MAX, request->max_body);
        request->answer.has_no_body = strcmp(from->method, "HEAD") == 0;
    }
    if (!request || !request->bytes) {
        free(request);
        return qt_fail(err, QT_E_MEMORY, "no memory for a request");
    }
    request->start_ns = qt_now_mono_ns();
    qt_timer_start(http->loop, &request->timeout,
                   from->timeout_ms > 0 ? from->timeout_ms : QT_HTTP_TIMEOUT_MS, on_timeout,
                   request);
    append(&http->waiting, request);
    if (from->is_urgent && !http->done) /* on a kept connection its bytes leave before this returns */
        (void)start_one(http, true);
    schedule_pump(http);
    return true;
}

size_t
qt_http_call_off(struct qt_http *http, bool (*wants)(void *context), const char *reason)
{
    size_t n = 0;
    for (struct request *request = http->waiting, *next; request; request = next) {
        next = request->next;
        if (!wants(request->context))
            continue;
        complete(request, QT_NET_OFF, reason);
        n++;
    }
    for (size_t i = 0; i < LINKS_MAX; i++) {
        struct link *link = &http->links[i];
        if (!link->request || link->request->sent > 0 || !wants(link->request->context))
            continue;
        complete(link->request, QT_NET_OFF, reason);
        link_close(link);
        n++;
    }
    return n;
}

size_t
qt_http_pending(const struct qt_http *http)
{
    size_t n = 0;
    for (const struct request *request = http->waiting; request; request = request->next)
        n++;
    for (const struct request *request = http->done; request; request = request->next)
        n++;
    for (size_t i = 0; i < LINKS_MAX; i++)
        n += http->links[i].request != NULL;
    return n;
}
