/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small client of the simulated exchange for the suites: real sockets, own signatures (so that
 * two implementations meet), JSON by jansson.
 */
#ifndef QTRADE_TESTS_EXCHANGE_CLIENT_H
#define QTRADE_TESTS_EXCHANGE_CLIENT_H

#include <jansson.h>
#include <openssl/hmac.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "qt_check.h"

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/net/http.h"
#include "qtrade/net/loop.h"
#include "qtrade/net/websocket.h"
#include "qtrade/venue/exchange.h"

#define INBOX 4096

/* 2026-03-10T14:13Z. The generated market is a function of its seed and its start: where an option
 * names none it is the same one whenever it is played, not another each minute. */
#define CLIENT_START_NS (INT64_C(1773151980) * QT_NS_PER_S)

struct client {
    struct qt_exchange_server *server;
    const struct qt_exchange_server_info *info;
    struct qt_loop *loop;
    struct qt_http *http;
    int done, status; /* of the last request */
    int64_t retry_after, weight;
    json_t *answer; /* of the last request */
};

/* A WebSocket and what came on it. */
struct inbox {
    struct client *client;
    struct qt_ws *ws;
    int opened, n, taken;
    json_t *messages[INBOX];
};

static inline void
client_start(struct client *client, const struct qt_exchange_server_options *options)
{
    struct qt_error err = {0};
    struct qt_exchange_server_options placed = *options;
    if (!placed.replay && placed.start_ns == 0)
        placed.start_ns = CLIENT_START_NS;
    *client = (struct client){0};
    client->server = qt_exchange_server_start(&placed, &err);
    ck_assert_msg(client->server != NULL, "%s", err.text);
    client->info = qt_exchange_server_info(client->server);
    client->loop = qt_loop_create(NULL, &err);
    client->http = qt_http_create(client->loop, NULL, &err);
    ck_assert(client->http != NULL);
}

static inline void
client_stop(struct client *client)
{
    json_decref(client->answer);
    qt_http_destroy(client->http);
    qt_loop_destroy(client->loop);
    qt_exchange_server_stop(client->server);
}

static inline void
client_wait(struct client *client, const int *count, int want)
{
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    while (*count < want && qt_now_mono_ns() < end)
        (void)qt_loop_work(client->loop, 100);
    ck_assert_int_ge(*count, want);
}

static inline void
client_done(void *context, const struct qt_http_response *response)
{
    struct client *client = context;
    json_error_t error;
    ck_assert_msg(response->error == QT_NET_OK, "%s", response->reason);
    json_decref(client->answer);
    client->answer = json_loads(response->body, JSON_DECODE_ANY, &error);
    ck_assert_msg(client->answer != NULL, "%.200s", response->body);
    client->status = response->status;
    client->retry_after = response->retry_after_s;
    client->weight = response->used_weight_1m;
    client->done++;
}

static inline void
sign(const char *secret, const char *text, char out[65])
{
    unsigned char digest[32];
    unsigned n = sizeof digest;
    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)text, strlen(text),
         digest, &n);
    for (unsigned i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static inline int64_t
exchange_ms(const struct client *client)
{
    return qt_clock_utc_ns(&client->info->clock) / QT_NS_PER_MS;
}

/* Sends a request with exactly this query; the answer stands in the client. */
static inline json_t *
client_send(struct client *client, const char *method, const char *path, const char *query,
            const char *key)
{
    struct qt_error err = {0};
    char url[2048];
    const struct qt_http_header header = {"X-MBX-APIKEY", key};
    snprintf(url, sizeof url, "%s%s%s%s", client->info->rest_url, path, *query ? "?" : "", query);
    const struct qt_http_request request = {.method = method,
                                            .url = url,
                                            .headers = &header,
                                            .n_headers = key ? 1 : 0,
                                            .timeout_ms = 60000,
                                            .done = client_done,
                                            .context = client};
    int before = client->done;
    ck_assert_msg(qt_http_send(client->http, &request, &err), "%s", err.text);
    client_wait(client, &client->done, before + 1);
    return client->answer;
}

/* A public request: path with query. */
static inline json_t *
get(struct client *client, const char *path, const char *query)
{
    return client_send(client, "GET", path, query, NULL);
}

/* A signed request; the query is a format. */
__attribute__((format(printf, 4, 5))) static inline json_t *
call(struct client *client, const char *method, const char *path, const char *format, ...)
{
    char query[1024], whole[1400], signature[65];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(query, sizeof query, format, arguments);
    va_end(arguments);
    int n = snprintf(whole, sizeof whole, "%s%stimestamp=%lld&recvWindow=60000", query,
                     *query ? "&" : "", (long long)exchange_ms(client));
    sign(client->info->secret, whole, signature);
    snprintf(whole + n, sizeof whole - (size_t)n, "&signature=%s", signature);
    return client_send(client, method, path, whole, client->info->key);
}

/* A request whose answer may not come: counts answers and failures. */
struct lone {
    int answers, failures, status;
    int64_t t_ns;
};

static inline void
lone_done(void *context, const struct qt_http_response *response)
{
    struct lone *lone = context;
    lone->answers += response->error == QT_NET_OK;
    lone->failures += response->error != QT_NET_OK;
    lone->status = response->status;
    lone->t_ns = qt_now_mono_ns();
}

static inline void
lone_send(struct client *client, const char *method, const char *path, const char *query,
          int timeout_ms, struct lone *lone)
{
    struct qt_error err = {0};
    char url[2048], whole[1024], signature[65];
    int n = snprintf(whole, sizeof whole, "%s%stimestamp=%lld&recvWindow=60000", query,
                     *query ? "&" : "", (long long)exchange_ms(client));
    sign(client->info->secret, whole, signature);
    snprintf(whole + n, sizeof whole - (size_t)n, "&signature=%s", signature);
    snprintf(url, sizeof url, "%s%s?%s", client->info->rest_url, path, whole);
    const struct qt_http_header header = {"X-MBX-APIKEY", client->info->key};
    const struct qt_http_request request = {.method = method,
                                            .url = url,
                                            .headers = &header,
                                            .n_headers = 1,
                                            .timeout_ms = timeout_ms,
                                            .done = lone_done,
                                            .context = lone};
    ck_assert_msg(qt_http_send(client->http, &request, &err), "%s", err.text);
}

static inline const char *
text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    ck_assert_msg(text != NULL, "no text '%s'", name);
    return text;
}

static inline double
number_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    double number = json_number_value(value);
    if (json_is_string(value))
        ck_assert(qt_double_parse(json_string_value(value), &number));
    return number;
}

static inline int64_t
int_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    ck_assert_msg(json_is_integer(value), "no integer '%s'", name);
    return json_integer_value(value);
}

/* The last answer is this fault. */
static inline void
expect_fault(const struct client *client, int status, int code, const char *message)
{
    char *text = json_dumps(client->answer, JSON_COMPACT | JSON_ENCODE_ANY);
    ck_assert_msg(client->status == status && json_is_object(client->answer) &&
                      json_integer_value(json_object_get(client->answer, "code")) == code &&
                      strstr(text, message),
                  "wanted %d %d %s: got %d %s", status, code, message, client->status, text);
    free(text);
}

static inline void
inbox_open(void *context, struct qt_ws *ws)
{
    (void)ws;
    ((struct inbox *)context)->opened++;
}

static inline void
inbox_message(void *context, struct qt_ws *ws, const char *data, size_t length)
{
    (void)ws;
    struct inbox *inbox = context;
    json_error_t error;
    if (inbox->n == INBOX)
        return;
    inbox->messages[inbox->n] = json_loadb(data, length, 0, &error);
    ck_assert_msg(inbox->messages[inbox->n] != NULL, "%.200s", data);
    inbox->n++;
}

static inline void
inbox_closed(void *context, struct qt_ws *ws, enum qt_net_error error, const char *reason)
{
    (void)context;
    (void)ws;
    (void)error;
    ck_abort_msg("the stream ended: %s", reason);
}

static inline void
inbox_start(struct inbox *inbox, struct client *client, const char *path)
{
    struct qt_error err = {0};
    char url[1024];
    *inbox = (struct inbox){.client = client};
    snprintf(url, sizeof url, "%s%s", client->info->stream_url, path);
    const struct qt_ws_options options = {.url = url,
                                          .context = inbox,
                                          .open = inbox_open,
                                          .message = inbox_message,
                                          .closed = inbox_closed};
    inbox->ws = qt_ws_create(client->loop, &options, &err);
    ck_assert_msg(inbox->ws != NULL, "%s", err.text);
    client_wait(client, &inbox->opened, 1);
}

static inline void
inbox_stop(struct inbox *inbox)
{
    qt_ws_destroy(inbox->ws);
    for (int i = 0; i < inbox->n; i++)
        json_decref(inbox->messages[i]);
}

/* The next message. */
static inline json_t *
inbox_next(struct inbox *inbox)
{
    client_wait(inbox->client, &inbox->n, inbox->taken + 1);
    return inbox->messages[inbox->taken++];
}

/* The next message in which field is value; those before it are skipped. */
static inline json_t *
inbox_find(struct inbox *inbox, const char *field, const char *value)
{
    for (;;) {
        json_t *message = inbox_next(inbox);
        const char *text = json_string_value(json_object_get(message, field));
        if (text && strcmp(text, value) == 0)
            return message;
    }
}

#endif
