/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * WebSocket client on libwebsockets. The name is resolved by us (lws would block the loop), every
 * time-out is ours (lws waits 30 s on a silent TLS server), and so are the reasons for people
 * (those of lws under OpenSSL 3 are all the same).
 *
 * R1: the owner may destroy its qt_ws in any callback. The lws connection then lives on without it
 * (its user pointer is NULL) until it has said goodbye.
 */
#include "qtrade/net/websocket.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/net/url.h"

#include "loop_priv.h"
#include "tls_priv.h"

#define HEADERS_MAX 8
#define GOODBYE_SECONDS 2

enum state { CONNECTING, OPEN, ENDED };

/* A message that waits to be sent; LWS_PRE bytes for the frame's head stand before the text. */
struct outgoing {
    struct outgoing *next;
    size_t length;
    unsigned char bytes[];
};

struct qt_ws {
    struct qt_loop *loop;
    struct lws *wsi; /* NULL: none */
    bool was_open;
    enum state state;
    unsigned depth; /* callbacks of the owner that are running */
    bool is_dead;   /* destroyed in one of them: freed when the last returns */
    struct qt_url url;
    char *target, *text; /* text: the URL, its headers' names and values */
    struct qt_http_header headers[HEADERS_MAX];
    size_t n_headers;
    struct qt_ws_options options; /* pointers of it are not used after create */
    struct qt__resolve *resolve;
    struct qt_timer connect_timer, ping_timer;
    /* incoming */
    char *message;
    size_t length, capacity;
    /* outgoing */
    struct outgoing *first, **last;
    size_t queued;
    /* ping */
    bool wants_ping, awaits_pong;
    int64_t ping_ns, round_trip_ns;
    char tls_reason[QT_NET_REASON]; /* what the certificate's check said */
    int status;            /* the upgrade was answered with it; 0: it was not */
    int64_t retry_after_s; /* and this; -1: no such header */
};

static void
free_ws(struct qt_ws *ws)
{
    while (ws->first) {
        struct outgoing *next = ws->first->next;
        free(ws->first);
        ws->first = next;
    }
    free(ws->message);
    free(ws->text);
    free(ws);
}

/* Around every callback of the owner; leave says false when the owner destroyed ws in it. */
static void
enter(struct qt_ws *ws)
{
    ws->depth++;
    qt__loop_count(ws->loop);
}

static bool
leave(struct qt_ws *ws)
{
    bool is_alive = !ws->is_dead;
    if (--ws->depth == 0 && !is_alive)
        free_ws(ws);
    return is_alive;
}

/* Lets the lws connection go: it sends a close frame if it can and ends within GOODBYE_SECONDS. */
static void
let_go(struct qt_ws *ws)
{
    struct lws *wsi = ws->wsi;
    ws->wsi = NULL;
    if (!wsi)
        return;
    lws_set_opaque_user_data(wsi, NULL);
    if (ws->state == OPEN) {
        lws_set_timeout(wsi, PENDING_TIMEOUT_CLOSE_SEND, GOODBYE_SECONDS);
        lws_callback_on_writable(wsi);
    } else {
        lws_set_timeout(wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
    }
}

static void
stop_everything(struct qt_ws *ws)
{
    qt_timer_stop(&ws->connect_timer);
    qt_timer_stop(&ws->ping_timer);
    qt__resolve_cancel(ws->resolve);
    ws->resolve = NULL;
    let_go(ws);
    ws->state = ENDED;
}

static void
end(struct qt_ws *ws, enum qt_net_error error, const char *reason)
{
    if (ws->state == ENDED)
        return;
    char text[QT_NET_REASON];
    (void)qt_copy(text, sizeof text, reason);
    qt_text_clean(text);
    stop_everything(ws);
    enter(ws);
    ws->options.closed(ws->options.context, ws, error, text);
    (void)leave(ws);
}

static void
on_connect_timeout(void *context)
{
    struct qt_ws *ws = context;
    char reason[QT_NET_REASON];
    snprintf(reason, sizeof reason, "%.90s: no WebSocket connection within %d ms", ws->url.host,
             ws->options.connect_timeout_ms);
    end(ws, QT_NET_TIMEOUT, reason);
}

static void
on_ping_timer(void *context)
{
    struct qt_ws *ws = context;
    if (ws->awaits_pong) {
        end(ws, QT_NET_TIMEOUT, "the server did not answer a ping in time");
        return;
    }
    ws->wants_ping = true;
    lws_callback_on_writable(ws->wsi);
    qt_timer_start(ws->loop, &ws->ping_timer, ws->options.pong_timeout_ms, on_ping_timer, ws);
    ws->awaits_pong = true;
}

static void
on_pong(struct qt_ws *ws)
{
    if (!ws->awaits_pong || ws->wants_ping)
        return;
    ws->awaits_pong = false;
    ws->round_trip_ns = qt_now_mono_ns() - ws->ping_ns;
    qt_timer_start(ws->loop, &ws->ping_timer, ws->options.ping_interval_ms, on_ping_timer, ws);
}

static void
on_open(struct qt_ws *ws)
{
    ws->state = OPEN;
    ws->was_open = true;
    qt_timer_stop(&ws->connect_timer);
    qt_timer_start(ws->loop, &ws->ping_timer, ws->options.ping_interval_ms, on_ping_timer, ws);
    enter(ws);
    ws->options.open(ws->options.context, ws);
    (void)leave(ws);
}

static bool
append(struct qt_ws *ws, const char *bytes, size_t n)
{
    size_t need = ws->length + n + 1;
    if (need > ws->capacity) {
        size_t size = QT_MAX(QT_MAX(ws->capacity * 2, (size_t)4096), need);
        char *grown = realloc(ws->message, size);
        if (!grown)
            return false;
        ws->message = grown;
        ws->capacity = size;
    }
    memcpy(ws->message + ws->length, bytes, n);
    ws->length += n;
    return true;
}

/* A piece of a message. -1: the connection has to end. */
static int
on_receive(struct qt_ws *ws, struct lws *wsi, const char *bytes, size_t n)
{
    if (ws->length + n > ws->options.max_message) {
        end(ws, QT_NET_TOO_LARGE, "a message is larger than allowed");
        return -1;
    }
    if (!append(ws, bytes, n)) {
        end(ws, QT_NET_TOO_LARGE, "no memory for a message");
        return -1;
    }
    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi) > 0)
        return 0;
    size_t length = ws->length;
    ws->length = 0;
    ws->message[length] = '\0';
    enter(ws);
    ws->options.message(ws->options.context, ws, ws->message, length);
    return leave(ws) ? 0 : -1;
}

static int
send_ping(struct qt_ws *ws)
{
    unsigned char bytes[LWS_PRE + 1];
    ws->wants_ping = false;
    ws->ping_ns = qt_now_mono_ns();
    if (ws->first)
        lws_callback_on_writable(ws->wsi);
    return lws_write(ws->wsi, bytes + LWS_PRE, 0, LWS_WRITE_PING) < 0 ? -1 : 0;
}

static int
on_writable(struct qt_ws *ws)
{
    if (ws->wants_ping)
        return send_ping(ws);
    while (ws->first) {
        struct outgoing *outgoing = ws->first;
        int n = lws_write(ws->wsi, outgoing->bytes + LWS_PRE, outgoing->length, LWS_WRITE_TEXT);
        ws->first = outgoing->next;
        if (!ws->first)
            ws->last = &ws->first;
        ws->queued -= outgoing->length;
        free(outgoing);
        if (n < 0)
            return -1;
        if (ws->first && lws_send_pipe_choked(ws->wsi)) {
            lws_callback_on_writable(ws->wsi);
            break;
        }
    }
    return 0;
}

/* What a server said instead of 101; its headers are there during the callback only. */
static void
note_refusal(struct qt_ws *ws, struct lws *wsi)
{
    char text[16];
    unsigned status = lws_http_client_http_response(wsi);
    if (status < 200 || status > 599)
        return;
    ws->status = (int)status;
    if (lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_RETRY_AFTER) > 0 &&
        (!qt_int_parse(text, &ws->retry_after_s) || ws->retry_after_s < 0))
        ws->retry_after_s = -1;
}

/* Why lws gave up before the connection was open. */
static void
on_connection_error(struct qt_ws *ws, struct lws *wsi, const char *text)
{
    enum qt_net_error error = QT_NET_PROTOCOL;
    char reason[QT_NET_REASON];
    unsigned long code = ERR_peek_last_error();
    const char *alert = qt__tls_take_alert(qt__loop_tls(ws->loop));
    const char *tls = code ? ERR_reason_error_string(code) : alert;
    bool is_handshake = text && (strstr(text, "SSL") || strstr(text, "tls"));
    note_refusal(ws, wsi);
    snprintf(reason, sizeof reason, "%.90s: %.60s", ws->url.host, text ? text : "no connection");
    if (ws->tls_reason[0]) {
        error = QT_NET_TLS;
        (void)qt_copy(reason, sizeof reason, ws->tls_reason);
    } else if (is_handshake) {
        error = QT_NET_TLS;
        snprintf(reason, sizeof reason, "TLS handshake failed: %s", tls ? tls : text);
    } else if (ws->status != 0) {
        snprintf(reason, sizeof reason, "%.90s: HTTP %d and no WebSocket", ws->url.host, ws->status);
    } else if (text && (strstr(text, "connect") || strstr(text, "conn fail"))) { /* 4.1, 4.3 */
        error = QT_NET_REFUSED;
    }
    ERR_clear_error();
    ws->wsi = NULL;
    end(ws, error, reason);
}

/* Remembers why a certificate was refused; never overrules the refusal. */
static void
note_verdict(struct qt_ws *ws, X509_STORE_CTX *store, size_t is_ok)
{
    if (!is_ok && store && !ws->tls_reason[0])
        qt__tls_verify_text(X509_STORE_CTX_get_error(store), ws->tls_reason, sizeof ws->tls_reason);
}

static int
append_headers(struct qt_ws *ws, unsigned char **at, size_t room)
{
    for (size_t i = 0; i < ws->n_headers; i++) {
        int n =
            snprintf((char *)*at, room, "%s: %s\r\n", ws->headers[i].name, ws->headers[i].value);
        if (n < 0 || (size_t)n >= room)
            return -1;
        *at += n;
        room -= (size_t)n;
    }
    return 0;
}

/* A connection whose owner has left: it says goodbye at the first chance. */
static int
on_orphan(struct lws *wsi, enum lws_callback_reasons reason)
{
    if (reason != LWS_CALLBACK_CLIENT_WRITEABLE && reason != LWS_CALLBACK_CLIENT_ESTABLISHED &&
        reason != LWS_CALLBACK_CLIENT_RECEIVE)
        return 0;
    lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
    return -1;
}

static bool
concerns_owner(enum lws_callback_reasons reason)
{
    static const enum lws_callback_reasons ours[] = {
        LWS_CALLBACK_CLIENT_CONNECTION_ERROR,
        LWS_CALLBACK_CLIENT_CLOSED,
        LWS_CALLBACK_CLIENT_ESTABLISHED,
        LWS_CALLBACK_CLIENT_RECEIVE,
        LWS_CALLBACK_CLIENT_RECEIVE_PONG,
        LWS_CALLBACK_CLIENT_WRITEABLE,
        LWS_CALLBACK_CLIENT_HTTP_REDIRECT,
        LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER,
        LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION,
    };
    for (size_t i = 0; i < QT_COUNT_OF(ours); i++)
        if (ours[i] == reason)
            return true;
    return false;
}

int
qt__ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                size_t length)
{
    if (!concerns_owner(reason))
        return 0;
    struct qt_ws *ws = lws_get_opaque_user_data(wsi);
    if (!ws)
        return on_orphan(wsi, reason);
    switch ((int)reason) {
    case LWS_CALLBACK_CLIENT_HTTP_REDIRECT:
        return 1; /* a venue does not redirect a stream: refused */
    case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
        note_verdict(ws, user, length);
        return 0;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return append_headers(ws, in, length);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        lws_set_opaque_user_data(wsi, NULL);
        on_connection_error(ws, wsi, in);
        return 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        on_open(ws);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return on_receive(ws, wsi, in, length);
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
        on_pong(ws);
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return on_writable(ws);
    case LWS_CALLBACK_CLIENT_CLOSED:
        lws_set_opaque_user_data(wsi, NULL);
        ws->wsi = NULL;
        end(ws, QT_NET_CLOSED, "the connection was cut or closed by the server");
        return 0;
    }
    return 0;
}

static bool
address_text(const struct qt__addresses *addresses, unsigned at, char out[INET6_ADDRSTRLEN])
{
    const struct sockaddr_storage *address = &addresses->address[at % addresses->n];
    const void *raw = address->ss_family == AF_INET6
                          ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                          : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    return inet_ntop(address->ss_family, raw, out, INET6_ADDRSTRLEN) != NULL;
}

static void
on_resolved(void *context, const struct qt__addresses *addresses, const char *reason)
{
    struct qt_ws *ws = context;
    char address[INET6_ADDRSTRLEN], host[QT_URL_HOST + 8];
    ws->resolve = NULL;
    bool is_literal_name = strcmp(ws->url.host, "localhost") == 0;
    if (addresses->n == 0 ||
        !address_text(addresses, is_literal_name ? 0 : qt__loop_turn(ws->loop), address)) {
        end(ws, QT_NET_DNS, reason);
        return;
    }
    bool is_default_port = ws->url.port == (ws->url.is_tls ? 443 : 80);
    snprintf(host, sizeof host, is_default_port ? "%s" : "%s:%d", ws->url.host, ws->url.port);
    const struct lws_client_connect_info info = {
        .context = qt__loop_lws(ws->loop),
        .vhost = qt__loop_vhost(ws->loop),
        .address = address,
        .port = ws->url.port,
        .path = ws->target,
        .host = host,
        .ssl_connection = ws->url.is_tls ? LCCSCF_USE_SSL : 0,
        .ietf_version_or_minus_one = -1,
        .local_protocol_name = "qtrade",
        .alpn = "http/1.1",
        .opaque_user_data = ws,
        .pwsi = &ws->wsi,
    };
    enter(ws); /* a failure inside the call may be given to the owner there */
    struct lws *wsi = lws_client_connect_via_info(&info);
    if (!leave(ws))
        return;
    ws->wsi = wsi;
    if (!wsi)
        end(ws, QT_NET_REFUSED, "no connection could be started");
}

static int
or_default(int value, int def)
{
    return value > 0 ? value : def;
}

/* Copies URL and headers into one block. False: no memory, too many headers, control bytes. */
static bool
copy_texts(struct qt_ws *ws, const struct qt_ws_options *options)
{
    size_t need = strlen(ws->url.target) + 2;
    if (options->n_headers > HEADERS_MAX)
        return false;
    for (size_t i = 0; i < options->n_headers; i++)
        need += strlen(options->headers[i].name) + strlen(options->headers[i].value) + 2;
    char *p = ws->text = malloc(need);
    if (!p)
        return false;
    ws->target = p;
    p += snprintf(p, need, "%s%s", *ws->url.target == '/' ? "" : "/", ws->url.target) + 1;
    for (size_t i = 0; i < options->n_headers; i++) {
        const char *pair[2] = {options->headers[i].name, options->headers[i].value};
        char *kept[2];
        for (int k = 0; k < 2; k++) {
            size_t n = strlen(pair[k]) + 1;
            if (strpbrk(pair[k], "\r\n"))
                return false;
            kept[k] = memcpy(p, pair[k], n);
            p += n;
        }
        ws->headers[i] = (struct qt_http_header){kept[0], kept[1]};
    }
    ws->n_headers = options->n_headers;
    return true;
}

static bool
check_url(const struct qt_ws_options *options, struct qt_url *url, struct qt_error *err)
{
    if (!qt_url_parse(options->url, url, err))
        return false;
    if (!url->is_websocket)
        return qt_fail(err, QT_E_CONFIG, "URL '%.100s' is not ws or wss", options->url);
    if (!url->is_tls && !options->allow_plain_remote && !qt_host_is_loopback(url->host))
        return qt_fail(err, QT_E_CONFIG,
                       "URL '%.100s' is not encrypted: only loopback may be (use wss)",
                       options->url);
    return true;
}

struct qt_ws *
qt_ws_create(struct qt_loop *loop, const struct qt_ws_options *options, struct qt_error *err)
{
    struct qt_url url;
    if (!check_url(options, &url, err))
        return NULL;
    struct qt_ws *ws = calloc(1, sizeof *ws);
    if (!ws) {
        (void)qt_fail(err, QT_E_MEMORY, "no memory for a WebSocket");
        return NULL;
    }
    ws->loop = loop;
    ws->url = url;
    ws->options = *options;
    ws->options.max_message = options->max_message ? options->max_message : QT_WS_MAX_MESSAGE;
    ws->options.max_queue = options->max_queue ? options->max_queue : QT_WS_MAX_QUEUE;
    ws->options.connect_timeout_ms =
        or_default(options->connect_timeout_ms, QT_WS_CONNECT_TIMEOUT_MS);
    ws->options.ping_interval_ms = or_default(options->ping_interval_ms, QT_WS_PING_INTERVAL_MS);
    ws->options.pong_timeout_ms = or_default(options->pong_timeout_ms, QT_WS_PONG_TIMEOUT_MS);
    ws->last = &ws->first;
    ws->round_trip_ns = ws->retry_after_s = -1;
    if (copy_texts(ws, options))
        ws->resolve = qt__resolve_start(loop, url.host, url.port, on_resolved, ws);
    if (!ws->resolve) {
        (void)qt_fail(err, QT_E_MEMORY,
                      "a WebSocket to %.100s cannot be started (bad headers, "
                      "no memory or no threads)",
                      url.host);
        qt_ws_destroy(ws);
        return NULL;
    }
    qt_timer_start(loop, &ws->connect_timer, ws->options.connect_timeout_ms, on_connect_timeout,
                   ws);
    return ws;
}

void
qt_ws_destroy(struct qt_ws *ws)
{
    if (!ws)
        return;
    stop_everything(ws);
    ws->is_dead = true;
    if (ws->depth == 0)
        free_ws(ws);
}

bool
qt_ws_is_open(const struct qt_ws *ws)
{
    return ws->state == OPEN;
}

bool
qt_ws_was_open(const struct qt_ws *ws)
{
    return ws->was_open;
}

int
qt_ws_status(const struct qt_ws *ws)
{
    return ws->status;
}

int64_t
qt_ws_retry_after_s(const struct qt_ws *ws)
{
    return ws->retry_after_s;
}

bool
qt_ws_send(struct qt_ws *ws, const char *text, size_t length)
{
    if (ws->state != OPEN || ws->queued + length > ws->options.max_queue)
        return false;
    struct outgoing *outgoing = malloc(sizeof *outgoing + LWS_PRE + length);
    if (!outgoing)
        return false;
    outgoing->next = NULL;
    outgoing->length = length;
    memcpy(outgoing->bytes + LWS_PRE, text, length);
    *ws->last = outgoing;
    ws->last = &outgoing->next;
    ws->queued += length;
    lws_callback_on_writable(ws->wsi);
    return true;
}

int64_t
qt_ws_round_trip_ns(const struct qt_ws *ws)
{
    return ws->round_trip_ns;
}
