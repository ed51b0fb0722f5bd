/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * WebSocket clients: /ws/NAME, /ws, /stream?streams=a/b with SUBSCRIBE, UNSUBSCRIBE,
 * LIST_SUBSCRIPTIONS, and /ws-api/v3; of perpetuals also under /public, /market and /private, with
 * the listen key in the query, and /ws-fapi/v1. An unknown tail after /ws/ is accepted and simply stays
 * silent, as some clients connect to /ws/0 and subscribe later.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"
#include "qtrade/net/url.h"

#include "exchange_priv.h"

#define MESSAGES_A_SECOND 5 /* Binance's limit; a burst of many is forgiven */
#define MESSAGES_BURST 100

static bool
subscribe_list(struct qt__session *session, const char *list, char separator)
{
    const char stops[] = {separator, '&', '\0'};
    while (*list && *list != '&') {
        size_t n = strcspn(list, stops);
        if (!qt__subscribe(session, list, n))
            return false;
        list += n + (list[n] == separator);
    }
    return true;
}

/* The streams of a combined connection; the value may be percent-encoded. */
static bool
subscribe_query(struct qt__session *session, const char *query)
{
    size_t capacity = strlen(query) + 1;
    char *streams = malloc(capacity);
    bool is_good = streams != NULL;
    if (is_good && qt_query_get(query, "streams", streams, capacity))
        is_good = subscribe_list(session, streams, '/');
    free(streams);
    return is_good;
}

/* The path without what newer clients of perpetuals put before it. */
static const char *
plain_path(const struct qt__session *session, const char *path)
{
    static const char *const prefixes[] = {"/public/", "/market/", "/private/"};
    for (size_t i = 0; session->exchange->usdm && i < QT_COUNT_OF(prefixes); i++)
        if (qt_starts_with(path, prefixes[i]))
            return path + strlen(prefixes[i]) - 1;
    return path;
}

/* The listen key in the query, as newer clients of perpetuals give it. */
static bool
subscribe_key(struct qt__session *session, const char *query)
{
    char key[QT__STREAM_NAME];
    return !session->exchange->usdm || !qt_query_get(query, "listenKey", key, sizeof key) ||
           qt__subscribe(session, key, strlen(key));
}

/* What the path asks for; false: nothing here. */
static bool
open_path(struct qt__session *session, const struct qt_call *call)
{
    const char *path = plain_path(session, call->path);
    if (qt_starts_with(path, session->exchange->usdm ? "/ws-fapi/v1" : "/ws-api/v3")) {
        session->is_api = true;
        return true;
    }
    if (strcmp(path, "/stream") == 0 || qt_starts_with(path, "/stream/")) {
        session->is_combined = true;
        return subscribe_query(session, call->query) && subscribe_key(session, call->query);
    }
    if (strcmp(path, "/ws") == 0)
        return subscribe_key(session, call->query);
    return qt_starts_with(path, "/ws/") && subscribe_list(session, path + 4, '/');
}

bool
qt__session_accept(void *context, struct qt_peer *peer, const struct qt_call *call)
{
    struct qt__exchange *exchange = context;
    int64_t limit_ms = qt__exchange_limit_ms(exchange);
    if (qt__weights_is_banned(&exchange->weights, limit_ms)) {
        qt_peer_refuse(peer, 418, qt__weights_retry_after(&exchange->weights, limit_ms));
        return false;
    }
    struct qt__session *session = calloc(1, sizeof *session);
    if (!session)
        return false;
    session->exchange = exchange;
    session->peer = peer;
    session->connected_ms = qt__exchange_clock_ms(exchange);
    session->until_ns = qt_now_mono_ns() + exchange->connection_ns;
    qt_bucket_init(&session->messages, MESSAGES_A_SECOND, MESSAGES_BURST, qt_now_mono_ns());
    if (!open_path(session, call)) {
        qt__unsubscribe_all(session);
        free(session);
        return false;
    }
    session->next = exchange->sessions;
    if (exchange->sessions)
        exchange->sessions->prev = session;
    exchange->sessions = session;
    qt_peer_set_user(peer, session);
    return true;
}

void
qt__session_closed(void *context, struct qt_peer *peer, const char *reason)
{
    (void)reason;
    struct qt__exchange *exchange = context;
    struct qt__session *session = qt_peer_user(peer);
    qt__unsubscribe_all(session);
    qt__faults_forget(session);
    if (session->prev)
        session->prev->next = session->next;
    else
        exchange->sessions = session->next;
    if (session->next)
        session->next->prev = session->prev;
    free(session);
}

void
qt__sessions_expire(struct qt__exchange *exchange)
{
    int64_t now = qt_now_mono_ns();
    for (struct qt__session *session = exchange->sessions; session; session = session->next)
        if (now >= session->until_ns)
            qt_peer_close(session->peer, 1001, "24 hours are over");
}

void
qt__session_drained(void *context, struct qt_peer *peer)
{
    (void)context;
    qt__streams_catch_up(qt_peer_user(peer));
}

/* {"result":...,"id":...} or {"error":...,"id":...}; takes the first. */
static void
reply(struct qt__session *session, const char *name, json_t *value, const json_t *id)
{
    json_t *object = json_object();
    json_object_set_new(object, name, value);
    json_object_set(object, "id", id ? (json_t *)(uintptr_t)id : json_null());
    char *text = json_dumps(object, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text)
        (void)qt_peer_send_text(session->peer, text, strlen(text));
    free(text);
    json_decref(object);
}

static void
refuse(struct qt__session *session, int code, const char *text, const json_t *id)
{
    reply(session, "error", json_pack("{s:i,s:s}", "code", code, "msg", text), id);
}

static json_t *
list_subscriptions(const struct qt__session *session)
{
    json_t *list = json_array();
    for (const struct qt__subscription *subscription = session->subscriptions; subscription;
         subscription = subscription->next)
        json_array_append_new(list, json_string(subscription->stream->name));
    return list;
}

/* SUBSCRIBE or UNSUBSCRIBE of a list of names. NULL, or why not. */
static const char *
change_subscriptions(struct qt__session *session, const json_t *params, bool is_on)
{
    if (!json_is_array(params))
        return "Invalid request: params must be an array of stream names";
    for (size_t i = 0; i < json_array_size(params); i++) {
        const json_t *item = json_array_get(params, i);
        const char *name = json_string_value(item);
        size_t n = name ? json_string_length(item) : 0;
        if (!name || n == 0 || strlen(name) != n)
            return "Invalid request: params must be an array of stream names";
        if (!is_on)
            (void)qt__unsubscribe(session, name, n);
        else if (!qt__subscribe(session, name, n))
            return "Invalid request: too many streams on this connection, or name too long";
    }
    return NULL;
}

static void
stream_request(struct qt__session *session, const json_t *request)
{
    const json_t *id = json_object_get(request, "id"), *params = json_object_get(request, "params");
    const char *method = json_string_value(json_object_get(request, "method"));
    if (!method) {
        refuse(session, 0, "Invalid request: request method not found", id);
    } else if (strcmp(method, "SUBSCRIBE") == 0 || strcmp(method, "UNSUBSCRIBE") == 0) {
        const char *why = change_subscriptions(session, params, method[0] == 'S');
        if (why)
            refuse(session, 2, why, id);
        else
            reply(session, "result", json_null(), id);
    } else if (strcmp(method, "LIST_SUBSCRIPTIONS") == 0) {
        reply(session, "result", list_subscriptions(session), id);
    } else {
        refuse(session, 2,
               "Invalid request: unknown variant of method, expected one of SUBSCRIBE, "
               "UNSUBSCRIBE, LIST_SUBSCRIPTIONS",
               id);
    }
}

void
qt__session_message(void *context, struct qt_peer *peer, const char *data, size_t length)
{
    (void)context;
    struct qt__session *session = qt_peer_user(peer);
    json_error_t error;
    if (session->is_api) {
        qt__api_message(session, data, length);
        return;
    }
    if (!qt_bucket_take(&session->messages, qt_now_mono_ns(), 1)) {
        qt_peer_close(peer, 1008, "Too many requests");
        return;
    }
    json_t *request = json_loadb(data, length, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(request))
        stream_request(session, request);
    else
        refuse(session, 3, "Invalid JSON: expected value", NULL);
    json_decref(request);
}
