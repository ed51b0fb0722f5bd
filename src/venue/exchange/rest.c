/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * REST: from an HTTP request to a call and back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"

#include "exchange_priv.h"

static const struct qt__route *
find_route(const struct qt__route *routes, const char *method, const char *path, bool *out_path_exists)
{
    *out_path_exists = false;
    for (const struct qt__route *route = routes; route->handle; route++) {
        if (!route->path || strcmp(route->path, path) != 0)
            continue;
        *out_path_exists = true;
        if (strcmp(route->method, method) == 0)
            return route;
    }
    return NULL;
}

void
qt__rest_answer(struct qt__exchange *exchange, struct qt_responder *responder,
                const struct qt__rest_head *head, const char *text, size_t length)
{
    const struct qt__weights *weights = &exchange->weights;
    char used[24], ten_seconds[24], long_one[24], retry[24];
    struct qt_http_header headers[5];
    size_t n = 0;
    snprintf(used, sizeof used, "%lld", (long long)weights->used);
    headers[n++] = (struct qt_http_header){"x-mbx-used-weight", used};
    headers[n++] = (struct qt_http_header){"x-mbx-used-weight-1m", used};
    if (head->is_order) {
        snprintf(ten_seconds, sizeof ten_seconds, "%lld", (long long)weights->orders_10s);
        snprintf(long_one, sizeof long_one, "%lld", (long long)weights->orders_long);
        headers[n++] = (struct qt_http_header){"x-mbx-order-count-10s", ten_seconds};
        headers[n++] = (struct qt_http_header){weights->window->header, long_one};
    }
    if (head->status == 429 || head->status == 418) {
        snprintf(retry, sizeof retry, "%lld", (long long)head->retry_after_s);
        headers[n++] = (struct qt_http_header){"Retry-After", retry};
    }
    qt_respond(responder, head->status, "application/json;charset=UTF-8", headers, n, text, length);
}

static struct qt__rest_head
head_of(const struct qt__exchange *exchange, const struct qt__route *route, const struct qt__call *call,
        int status)
{
    int64_t storm = call->retry_after_s;
    return (struct qt__rest_head){
        .status = status,
        .is_order = route && route->is_order,
        .retry_after_s = storm ? storm
                               : qt__weights_retry_after(&exchange->weights,
                                                         qt__exchange_limit_ms(exchange))};
}

static bool
is_form(const struct qt_call *call)
{
    const char *type = qt_call_header(call, "content-type");
    return call->body_length > 0 && (!type || !strstr(type, "json"));
}

void
qt__rest_request(void *context, const struct qt_call *http, struct qt_responder *responder)
{
    struct qt__exchange *exchange = context;
    struct qt__call call = {.query = http->query,
                            .body = is_form(http) ? http->body : "",
                            .key = qt_call_header(http, "x-mbx-apikey"),
                            .out = &exchange->out};
    char *signature = NULL;
    bool path_exists;
    const struct qt__route *route = find_route(exchange->routes, http->method, http->path, &path_exists);
    qt_text_clear(&exchange->out);
    bool is_good = false;
    if (!route) {
        (void)qt__call_fail(&call, QT__FAULT_PATH);
        call.status = path_exists ? 405 : 404;
    } else if (!qt__call_split_signature(call.query, call.body, &call.signed_text, &signature)) {
        (void)qt__call_fail(&call, QT__FAULT_UNKNOWN);
    } else {
        call.signature = signature;
        is_good = qt__route_run(exchange, route, &call);
    }
    if (!is_good || exchange->out.is_cut) {
        if (is_good)
            (void)qt__call_fail(&call, QT__FAULT_UNKNOWN);
        qt_text_clear(&exchange->out);
        qt__call_write_fault(&call, &exchange->out);
        is_good = false;
    }
    const struct qt__rest_head head = head_of(exchange, route, &call, is_good ? 200 : call.status);
    if (!qt__faults_keep_rest(exchange, &call, responder, &head))
        qt__rest_answer(exchange, responder, &head, exchange->out.buffer, exchange->out.length);
    free(call.detail);
    free(call.signed_text);
    free(signature);
}
