/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several orders in one request: each is a request of its own, and an answer or an error in the
 * list. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/net/url.h"

#include "usdm_priv.h"

#define BATCH_PLACED 5
#define BATCH_CANCELLED 10
#define QUERY_SIZE 4096

/* The JSON list of a parameter; NULL: fault. The caller frees. */
static json_t *
list_param(struct qt__call *call, const char *name, size_t most)
{
    json_error_t error;
    char *text = qt__call_long(call, name);
    json_t *list = text ? json_loads(text, JSON_REJECT_DUPLICATES, &error) : NULL;
    free(text);
    if (!json_is_array(list) || json_array_size(list) == 0) {
        json_decref(list);
        (void)qt__call_fail(call, QT__FAULT_MANDATORY, name);
        return NULL;
    }
    if (json_array_size(list) > most) {
        json_decref(list);
        (void)qt__call_refuse(call, -4082, "Invalid number of batch place orders.");
        return NULL;
    }
    return list;
}

/* name=value of a JSON scalar, percent-encoded. */
static void
add_param(struct qt_text *out, const char *name, const json_t *value)
{
    char encoded[3 * QT__PARAM_MAX + 1];
    char *text = json_is_string(value) ? strdup(json_string_value(value))
                                       : json_dumps(value, JSON_ENCODE_ANY);
    if (text && qt_url_encode(text, encoded, sizeof encoded))
        qt_text_addf(out, "%s%s=%s", out->length ? "&" : "", name, encoded);
    free(text);
}

/* One of them, with what it is made of in query. */
static void
run_one(struct qt__exchange *exchange, struct qt__call *call, const char *query, qt__handler handle)
{
    struct qt__call one = {.query = query, .body = "", .now_ms = call->now_ms, .out = call->out};
    size_t before = call->out->length;
    if (handle(exchange, &one)) {
        call->has_placed |= one.has_placed;
        return;
    }
    call->out->buffer[call->out->length = before] = '\0';
    qt__call_write_fault(&one, call->out);
}

static bool
run_orders(struct qt__exchange *exchange, struct qt__call *call, qt__handler handle)
{
    char query[QUERY_SIZE];
    const char *name;
    json_t *list = list_param(call, "batchOrders", BATCH_PLACED), *value;
    if (!list)
        return false;
    qt_text_add_char(call->out, '[');
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct qt_text text;
        qt_text_init(&text, query, sizeof query);
        json_object_foreach(json_array_get(list, i), name, value) add_param(&text, name, value);
        qt_text_add(call->out, i ? "," : "");
        run_one(exchange, call, query, handle);
    }
    qt_text_add_char(call->out, ']');
    json_decref(list);
    return true;
}

bool
qt__usdm_place_batch(struct qt__exchange *exchange, struct qt__call *call)
{
    return run_orders(exchange, call, qt__usdm_place);
}

bool
qt__usdm_modify_batch(struct qt__exchange *exchange, struct qt__call *call)
{
    return run_orders(exchange, call, qt__usdm_modify);
}

bool
qt__usdm_cancel_batch(struct qt__exchange *exchange, struct qt__call *call)
{
    char query[QUERY_SIZE], symbol[QT__PARAM_MAX];
    const char *ids =
        qt__call_has_any(call, "orderidlist") ? "orderidlist" : "orderIdList"; /* both are sent */
    bool by_id = qt__call_has_any(call, ids);
    if (!qt__call_need(call, "symbol", symbol))
        return false;
    json_t *list = list_param(call, by_id ? ids : "origClientOrderIdList", BATCH_CANCELLED);
    if (!list)
        return false;
    qt_text_add_char(call->out, '[');
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct qt_text text;
        qt_text_init(&text, query, sizeof query);
        qt_text_addf(&text, "symbol=%s", symbol);
        add_param(&text, by_id ? "orderId" : "origClientOrderId", json_array_get(list, i));
        qt_text_add(call->out, i ? "," : "");
        run_one(exchange, call, query, qt__usdm_cancel);
    }
    qt_text_add_char(call->out, ']');
    json_decref(list);
    return true;
}
