/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The WebSocket API: {"id","method","params"} in, {"id","status","result"|"error","rateLimits"}
 * out. The same calls as REST; what is signed is "name=value" of every parameter but the signature,
 * sorted by name, joined with '&'.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"
#include "qtrade/net/url.h"

#include "exchange_priv.h"

#define PARAMS_MAX 32
#define PARAM_TEXT 2048 /* of one value, as text */

/* One parameter as text. */
struct param {
    const char *name;
    char *value; /* heap */
};

static char *
value_text(const json_t *value)
{
    if (json_is_string(value))
        return strdup(json_string_value(value));
    return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct param *)a)->name, ((const struct param *)b)->name);
}

/* The parameters sorted by name. False: too many, too long, or no memory. */
static bool
read_params(json_t *object, struct param *out, size_t *out_n)
{
    const char *name;
    json_t *value;
    size_t n = 0;
    *out_n = 0;
    json_object_foreach(object, name, value)
    {
        if (n == PARAMS_MAX)
            return false;
        out[n] = (struct param){.name = name, .value = value_text(value)};
        if (!out[n].value)
            return false;
        *out_n = ++n;
        if (strlen(out[n - 1].value) >= PARAM_TEXT)
            return false;
    }
    qsort(out, n, sizeof *out, by_name);
    return true;
}

/* "a=1&b=2": as signed, or percent-encoded as a query. */
static void
join_params(const struct param *params, size_t n, bool is_query, struct qt_text *out)
{
    char encoded[3 * PARAM_TEXT + 1];
    for (size_t i = 0; i < n; i++) {
        const char *value = params[i].value;
        if (strcmp(params[i].name, "signature") == 0 && !is_query)
            continue;
        if (is_query && qt_url_encode(value, encoded, sizeof encoded))
            value = encoded;
        qt_text_addf(out, "%s%s=", out->length ? "&" : "", params[i].name);
        qt_text_add(out, value);
    }
}

static const char *
param_of(const struct param *params, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(params[i].name, name) == 0)
            return params[i].value;
    return NULL;
}

static const struct qt__route *
find_route(const struct qt__route *routes, const char *name)
{
    for (const struct qt__route *route = routes; route->handle; route++)
        if (route->name && strcmp(route->name, name) == 0)
            return route;
    return NULL;
}

static bool
handle_subscribe(struct qt__session *session, struct qt__call *call)
{
    struct qt__exchange *exchange = session->exchange;
    if (!session->has_user_events)
        session->subscription_id = exchange->next_subscription_id++;
    session->has_user_events = true;
    qt_text_addf(call->out, "{\"subscriptionId\":%lld}", (long long)session->subscription_id);
    return true;
}

static bool
handle_unsubscribe(struct qt__session *session, struct qt__call *call)
{
    session->has_user_events = false;
    qt_text_add(call->out, "{}");
    return true;
}

/* A connection that has logged on subscribes without another signature. */
static bool
handle_plain_subscribe(struct qt__session *session, struct qt__call *call)
{
    return session->is_logged_on ? handle_subscribe(session, call)
                                 : qt__call_fail(call, QT__FAULT_KEY);
}

static bool
handle_status(struct qt__session *session, struct qt__call *call)
{
    const struct qt__exchange *exchange = session->exchange;
    struct qt_text *out = call->out;
    if (session->is_logged_on)
        qt_text_addf(out, "{\"apiKey\":\"%s\",\"authorizedSince\":%lld",
                     exchange->info.ed25519_key, (long long)session->logged_on_ms);
    else
        qt_text_add(out, "{\"apiKey\":null,\"authorizedSince\":null");
    qt_text_addf(out,
                 ",\"connectedSince\":%lld,\"returnRateLimits\":true,\"serverTime\":%lld,"
                 "\"userDataStream\":%s}",
                 (long long)session->connected_ms, (long long)call->now_ms,
                 session->has_user_events ? "true" : "false");
    return true;
}

/* Only with an Ed25519 key, as on Binance. */
static bool
handle_logon(struct qt__session *session, struct qt__call *call)
{
    const struct qt__exchange *exchange = session->exchange;
    if (!exchange->keys.ed25519 || strcmp(call->key, exchange->keys.ed25519_key) != 0)
        return qt__call_fail(call, QT__FAULT_KEY);
    session->is_logged_on = true;
    session->logged_on_ms = call->now_ms;
    return handle_status(session, call);
}

static bool
handle_logout(struct qt__session *session, struct qt__call *call)
{
    session->is_logged_on = false;
    return handle_status(session, call);
}

/* Methods that belong to the connection, not to REST. */
static const struct {
    const char *name;
    bool is_signed;
    bool (*handle)(struct qt__session *session, struct qt__call *call);
} session_methods[] = {
    {"userDataStream.subscribe.signature", true, handle_subscribe},
    {"userDataStream.subscribe", false, handle_plain_subscribe},
    {"userDataStream.unsubscribe", false, handle_unsubscribe},
    {"session.logon", true, handle_logon},
    {"session.status", false, handle_status},
    {"session.logout", false, handle_logout},
};

/* Runs a method of the connection; false: fault. *out_found: is it one? */
static bool
run_session_method(struct qt__session *session, const char *name, struct qt__call *call,
                   bool *out_found)
{
    struct qt__exchange *exchange = session->exchange;
    *out_found = false;
    for (size_t i = 0; i < QT_COUNT_OF(session_methods); i++) {
        if (strcmp(session_methods[i].name, name) != 0)
            continue;
        *out_found = true;
        call->kind = QT_LATENCY_QUERY;
        qt__exchange_turn(exchange);
        call->now_ms = qt__exchange_clock_ms(exchange);
        return qt__faults_before(exchange, call) &&
               qt__weights_take(&exchange->weights, qt__exchange_limit_ms(exchange), 2, call) &&
               (!session_methods[i].is_signed ||
                (qt__faults_revoke(exchange, call) ? qt__call_fail(call, QT__FAULT_KEY)
                                             : qt__call_check_signed(call, &exchange->keys))) &&
               session_methods[i].handle(session, call) && qt__faults_after(exchange, call);
    }
    return false;
}

static bool
run(struct qt__session *session, const char *method, struct qt__call *call)
{
    bool found;
    bool is_good = run_session_method(session, method, call, &found);
    if (found)
        return is_good;
    const struct qt__route *route = find_route(session->exchange->routes, method);
    return route ? qt__route_run(session->exchange, route, call)
                 : qt__call_fail(call, QT__FAULT_PATH);
}

/* {"id":..,"status":..,"result":..}: head and tail around what the call wrote. */
static void
send_answer(struct qt__session *session, const struct qt__call *call, bool is_good,
            const json_t *id)
{
    struct qt__exchange *exchange = session->exchange;
    struct qt_text *out = &exchange->news; /* free: no stream message is being made now */
    char *id_text = json_dumps(id ? id : json_null(), JSON_COMPACT | JSON_ENCODE_ANY);
    qt_text_clear(out);
    qt_text_addf(out, "{\"id\":%s,\"status\":%d,\"%s\":", id_text ? id_text : "null",
                 is_good ? 200 : call->status, is_good ? "result" : "error");
    if (is_good)
        qt_text_add_n(out, call->out->buffer, call->out->length);
    else
        qt__call_write_fault(call, out);
    qt_text_addf(out,
                 ",\"rateLimits\":[{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\","
                 "\"intervalNum\":1,\"limit\":%lld,\"count\":%lld}]}",
                 (long long)exchange->weights.limit, (long long)exchange->weights.used);
    if (!qt__faults_keep_api(session, call, out->buffer, out->length))
        (void)qt_peer_send_text(session->peer, out->buffer, out->length);
    free(id_text);
}

/* With the parameters as text. */
static void
run_request(struct qt__session *session, const char *method, const struct param *params, size_t n,
            const json_t *id)
{
    struct qt__exchange *exchange = session->exchange;
    const size_t capacity = PARAMS_MAX * (3 * PARAM_TEXT + 64);
    char *buffers[2] = {malloc(capacity), malloc(capacity)};
    struct qt__call call = {.body = "", .is_websocket = true, .out = &exchange->out};
    bool is_good = false;
    qt_text_clear(&exchange->out);
    if (buffers[0] && buffers[1]) {
        struct qt_text query, signed_text;
        qt_text_init(&query, buffers[0], capacity);
        qt_text_init(&signed_text, buffers[1], capacity);
        join_params(params, n, true, &query);
        join_params(params, n, false, &signed_text);
        call.query = query.buffer;
        call.signed_text = signed_text.buffer;
        call.key = param_of(params, n, "apiKey");
        call.signature = param_of(params, n, "signature");
        call.is_trusted = session->is_logged_on && !call.key && !call.signature;
        if (call.is_trusted)
            call.key = exchange->keys.ed25519_key;
        is_good = run(session, method, &call);
        if (is_good && exchange->out.is_cut)
            is_good = qt__call_fail(&call, QT__FAULT_UNKNOWN);
    } else {
        (void)qt__call_fail(&call, QT__FAULT_UNKNOWN);
    }
    send_answer(session, &call, is_good, id);
    free(call.detail);
    free(buffers[0]);
    free(buffers[1]);
}

static void
refuse(struct qt__session *session, enum qt__fault fault, const char *what, const json_t *id)
{
    struct qt__call call = {.out = &session->exchange->out};
    (void)qt__call_fail(&call, fault, what);
    send_answer(session, &call, false, id);
}

void
qt__api_message(struct qt__session *session, const char *data, size_t length)
{
    json_error_t error;
    json_t *request = json_loadb(data, length, JSON_REJECT_DUPLICATES, &error);
    const json_t *id = json_object_get(request, "id");
    const char *method = json_string_value(json_object_get(request, "method"));
    json_t *object = json_object_get(request, "params");
    struct param params[PARAMS_MAX];
    size_t n = 0;
    if (!method || (id && !json_is_string(id) && !json_is_integer(id) && !json_is_null(id)))
        refuse(session, QT__FAULT_MANDATORY, method ? "id" : "method", NULL);
    else if (!read_params(object, params, &n))
        refuse(session, QT__FAULT_VALUE, "params", id);
    else
        run_request(session, method, params, n, id);
    for (size_t i = 0; i < n; i++)
        free(params[i].value);
    json_decref(request);
}
