/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests to the simulated exchange: faults, parameters, signatures. Texts and codes as Binance's
 * spot API documents and sends them.
 */
#include "call_priv.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/net/url.h"

#define RECV_WINDOW_MS 5000
#define RECV_WINDOW_MAX_MS 60000
#define AHEAD_MS 1000

static const struct {
    int code, status;
    const char *text;
} faults[QT__FAULTS] = {
    [QT__FAULT_NONE] = {0, 200, ""},
    [QT__FAULT_UNKNOWN] = {-1000, 500, "An unknown error occurred while processing the request."},
    [QT__FAULT_UNAVAILABLE] = {-1001, 503,
                               "Internal error; unable to process your request. Please try again."},
    [QT__FAULT_TIMEOUT] = {-1007, 504,
                           "Timeout waiting for response from backend server. Send status unknown; "
                           "execution status unknown."},
    [QT__FAULT_WEIGHT] = {-1003, 429,
                          "Too much request weight used; current limit is %ld request weight per 1 "
                          "MINUTE. Please use WebSocket Streams for live updates to avoid polling "
                          "the API."},
    [QT__FAULT_BANNED] = {-1003, 418,
                          "Way too much request weight used; IP banned until %ld. Please use "
                          "WebSocket Streams for live updates to avoid bans."},
    [QT__FAULT_ORDER_RATE] = {-1015, 429,
                              "Too many new orders; current limit is %ld orders per %s."},
    [QT__FAULT_FILTER] = {-1013, 400, "Filter failure: %s"},
    [QT__FAULT_QTY] = {-1013, 400, "Invalid quantity."},
    [QT__FAULT_TIMESTAMP] = {-1021, 400,
                             "Timestamp for this request is outside of the recvWindow."},
    [QT__FAULT_TIME_AHEAD] = {-1021, 400,
                              "Timestamp for this request was 1000ms ahead of the server's time."},
    [QT__FAULT_SIGNATURE] = {-1022, 400, "Signature for this request is not valid."},
    [QT__FAULT_CHARACTERS] = {-1100, 400,
                              "Illegal characters found in parameter '%s'; legal range is '%s'."},
    [QT__FAULT_MANDATORY] = {-1102, 400,
                             "Mandatory parameter '%s' was not sent, was empty/null, or "
                             "malformed."},
    [QT__FAULT_UNREQUIRED] = {-1106, 400, "Parameter '%s' sent when not required."},
    [QT__FAULT_PRECISION] = {-1111, 400, "Parameter '%s' has too much precision."},
    [QT__FAULT_STP] = {-1013, 400,
                       "This symbol does not allow the specified self-trade prevention mode."},
    [QT__FAULT_TIF] = {-1115, 400, "Invalid timeInForce."},
    [QT__FAULT_ORDER_TYPE] = {-1116, 400, "Invalid orderType."},
    [QT__FAULT_SIDE] = {-1117, 400, "Invalid side."},
    [QT__FAULT_INTERVAL] = {-1120, 400, "Invalid interval."},
    [QT__FAULT_SYMBOL] = {-1121, 400, "Invalid symbol."},
    [QT__FAULT_LISTEN_KEY] = {-1125, 400, "This listenKey does not exist."},
    [QT__FAULT_COMBINATION] = {-1128, 400, "Combination of optional parameters invalid."},
    [QT__FAULT_VALUE] = {-1130, 400, "Data sent for parameter '%s' is not valid."},
    [QT__FAULT_RECV_WINDOW] = {-1131, 400, "recvWindow must be less than 60000."},
    [QT__FAULT_BALANCE] = {-2010, 400, "Account has insufficient balance for requested action."},
    [QT__FAULT_WOULD_TAKE] = {-2010, 400, "Order would immediately match and take."},
    [QT__FAULT_WOULD_TRIGGER] = {-2010, 400, "Stop price would trigger immediately."},
    [QT__FAULT_DUPLICATE] = {-2010, 400, "Duplicate order sent."},
    [QT__FAULT_MARKET_CLOSED] = {-2010, 400, "Market is closed."},
    [QT__FAULT_NO_LIQUIDITY] = {-2010, 400,
                                "Order book liquidity is less than LOT_SIZE filter minimum "
                                "quantity."},
    [QT__FAULT_CANCEL] = {-2011, 400, "Unknown order sent."},
    [QT__FAULT_RESTRICTED] = {-2011, 400, "Order was not canceled due to cancel restrictions."},
    [QT__FAULT_HALF_REPLACED] = {-2021, 409, "Order cancel-replace partially failed."},
    [QT__FAULT_NOT_REPLACED] = {-2022, 400, "Order cancel-replace failed."},
    [QT__FAULT_NO_ORDER] = {-2013, 400, "Order does not exist."},
    [QT__FAULT_NO_LIST] = {-2018, 400, "Order list does not exist."},
    [QT__FAULT_RELATION] = {-2010, 400,
                            "The relationship of the prices for the orders is not correct."},
    [QT__FAULT_KEY_FORMAT] = {-2014, 401, "API-key format invalid."},
    [QT__FAULT_KEY] = {-2015, 401, "Invalid API-key, IP, or permissions for action."},
    [QT__FAULT_PATH] = {-1000, 404, "Path does not exist."},
};

bool
qt__call_fail(struct qt__call *call, enum qt__fault fault, ...)
{
    va_list arguments;
    va_start(arguments, fault);
    call->fault = fault;
    call->code = faults[fault].code;
    call->status = faults[fault].status;
    vsnprintf(call->message, sizeof call->message, faults[fault].text, arguments);
    va_end(arguments);
    return false;
}

bool
qt__call_refuse(struct qt__call *call, int code, const char *text)
{
    call->fault = QT__FAULT_VALUE;
    call->code = code;
    call->status = 400;
    (void)qt_copy(call->message, sizeof call->message, text);
    return false;
}

void
qt__call_write_fault(const struct qt__call *call, struct qt_text *out)
{
    qt_text_addf(out, "{\"code\":%d,\"msg\":", call->code);
    qt_text_add_json_string(out, call->message);
    if (call->detail) {
        qt_text_add(out, ",\"data\":");
        qt_text_add(out, call->detail);
    }
    qt_text_add_char(out, '}');
}

bool
qt__call_get(const struct qt__call *call, const char *name, char out[QT__PARAM_MAX])
{
    return qt_query_get(call->query, name, out, QT__PARAM_MAX) ||
           qt_query_get(call->body, name, out, QT__PARAM_MAX);
}

bool
qt__call_has(const struct qt__call *call, const char *name)
{
    char value[QT__PARAM_MAX];
    return qt__call_get(call, name, value) && value[0];
}

bool
qt__call_has_any(const struct qt__call *call, const char *name)
{
    const char *const texts[] = {call->query, call->body};
    size_t n = strlen(name);
    for (size_t i = 0; i < QT_COUNT_OF(texts); i++)
        for (const char *p = texts[i]; *p; p += strcspn(p, "&"), p += *p == '&')
            if (strncmp(p, name, n) == 0 && p[n] == '=' && p[n + 1] && p[n + 1] != '&')
                return true;
    return false;
}

int
qt__call_choice(struct qt__call *call, const char *name, const char *const *names, int def)
{
    char text[QT__PARAM_MAX];
    if (!qt__call_has(call, name))
        return def;
    (void)!qt__call_get(call, name, text);
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    (void)qt__call_fail(call, QT__FAULT_VALUE, name);
    return -1;
}

bool
qt__call_need(struct qt__call *call, const char *name, char out[QT__PARAM_MAX])
{
    if (qt__call_get(call, name, out) && out[0])
        return true;
    return qt__call_fail(call, QT__FAULT_MANDATORY, name);
}

bool
qt__call_int(struct qt__call *call, const char *name, int64_t def, int64_t low, int64_t high,
             int64_t *out)
{
    char text[QT__PARAM_MAX];
    int64_t value = def;
    if (qt__call_get(call, name, text) &&
        (!qt_int_parse(text, &value) || value < low || value > high))
        return qt__call_fail(call, QT__FAULT_VALUE, name);
    *out = value;
    return true;
}

/* Copies text without its "signature=" part to *at; the value of that part goes to *signature. */
static bool
copy_unsigned(const char *text, char **at, char **signature)
{
    static const char name[] = "signature=";
    bool is_first = true;
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, "&");
        if (strncmp(p, name, sizeof name - 1) == 0 && !*signature) {
            *signature = strndup(p + sizeof name - 1, n - (sizeof name - 1));
            if (!*signature)
                return false;
        } else {
            if (!is_first)
                *(*at)++ = '&';
            memcpy(*at, p, n);
            *at += n;
            is_first = false;
        }
        p += n + (p[n] == '&');
    }
    return true;
}

bool
qt__call_split_signature(const char *query, const char *body, char **out_text, char **out_signature)
{
    char *text = malloc(strlen(query) + strlen(body) + 1), *at = text, *signature = NULL;
    if (!text || !copy_unsigned(query, &at, &signature) || !copy_unsigned(body, &at, &signature)) {
        free(text);
        free(signature);
        return false;
    }
    *at = '\0';
    *out_text = text;
    *out_signature = signature;
    return true;
}

void
qt__sign(const char *secret, const char *text, char out[65])
{
    unsigned char digest[32];
    unsigned n = sizeof digest;
    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)text, strlen(text),
         digest, &n);
    for (unsigned i = 0; i < sizeof digest; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static bool
is_same(const char *a, const char *b)
{
    size_t n = strlen(a);
    return n == strlen(b) && CRYPTO_memcmp(a, b, n) == 0;
}

#define ED25519_BYTES 64
#define ED25519_TEXT 88 /* base64 */

bool
qt__verify_ed25519(EVP_PKEY *key, const char *text, const char *signature)
{
    unsigned char bytes[ED25519_TEXT / 4 * 3 + 1];
    if (strlen(signature) != ED25519_TEXT ||
        EVP_DecodeBlock(bytes, (const unsigned char *)signature, ED25519_TEXT) < ED25519_BYTES)
        return false;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_good = context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                   EVP_DigestVerify(context, bytes, ED25519_BYTES, (const unsigned char *)text,
                                    strlen(text)) == 1;
    EVP_MD_CTX_free(context);
    return is_good;
}

static bool
is_ed25519(const struct qt__call *call, const struct qt__keys *keys)
{
    return keys->ed25519 && is_same(call->key, keys->ed25519_key);
}

/* HMAC, or Ed25519 when the key is of that kind; REST sends the signature percent-encoded. */
static bool
is_signed_right(const struct qt__call *call, const struct qt__keys *keys)
{
    char expected[65], signature[ED25519_TEXT + 1];
    if (!is_ed25519(call, keys)) {
        qt__sign(keys->secret, call->signed_text, expected);
        return is_same(expected, call->signature);
    }
    if (call->is_websocket)
        return qt__verify_ed25519(keys->ed25519, call->signed_text, call->signature);
    return qt_url_decode(call->signature, strlen(call->signature), signature, sizeof signature) &&
           qt__verify_ed25519(keys->ed25519, call->signed_text, signature);
}

bool
qt__call_check_key(struct qt__call *call, const struct qt__keys *keys)
{
    if (!call->key || !call->key[0])
        return qt__call_fail(call, QT__FAULT_KEY_FORMAT);
    if (strlen(call->key) != strlen(keys->key))
        return qt__call_fail(call, QT__FAULT_KEY_FORMAT);
    return is_same(call->key, keys->key) || is_ed25519(call, keys) || qt__call_fail(call, QT__FAULT_KEY);
}

bool
qt__call_check_signed(struct qt__call *call, const struct qt__keys *keys)
{
    char text[QT__PARAM_MAX];
    int64_t timestamp, window;
    if (!qt__call_check_key(call, keys))
        return false;
    if (!call->is_trusted && (!call->signature || !call->signature[0]))
        return qt__call_fail(call, QT__FAULT_MANDATORY, "signature");
    if (!qt__call_need(call, "timestamp", text))
        return false;
    if (!qt_int_parse(text, &timestamp))
        return qt__call_fail(call, QT__FAULT_CHARACTERS, "timestamp", "^[0-9]{1,20}$");
    if (!call->is_trusted && !is_signed_right(call, keys))
        return qt__call_fail(call, QT__FAULT_SIGNATURE);
    if (!qt__call_int(call, "recvWindow", RECV_WINDOW_MS, 0, INT64_MAX, &window))
        return false;
    if (window > RECV_WINDOW_MAX_MS)
        return qt__call_fail(call, QT__FAULT_RECV_WINDOW);
    if (timestamp >= call->now_ms + AHEAD_MS)
        return qt__call_fail(call, QT__FAULT_TIME_AHEAD);
    if (call->now_ms - timestamp > window)
        return qt__call_fail(call, QT__FAULT_TIMESTAMP);
    return true;
}

#define MINUTE_MS 60000
#define DAY_MS 86400000
#define ORDERS_10S 100
#define ORDERS_1D 200000
#define USDM_ORDERS_10S 300
#define USDM_ORDERS_1M 1200
#define REFUSALS_TO_BAN 20 /* requests of one minute that were sent in spite of a 429 */
#define BAN_START_S 120
#define BAN_MAX_S (3 * 86400)

const struct qt__order_window qt__spot_orders = {.length_ms = DAY_MS,
                                                 .limit = ORDERS_1D,
                                                 .limit_10s = ORDERS_10S,
                                                 .name = "1 DAY",
                                                 .header = "x-mbx-order-count-1d"},
                              qt__usdm_orders = {.length_ms = MINUTE_MS,
                                                 .limit = USDM_ORDERS_1M,
                                                 .limit_10s = USDM_ORDERS_10S,
                                                 .name = "1 MINUTE",
                                                 .header = "x-mbx-order-count-1m"};

void
qt__weights_init(struct qt__weights *weights, int64_t limit, const struct qt__order_window *window)
{
    *weights =
        (struct qt__weights){.limit = limit, .window = window, .ban_s = BAN_START_S};
}

/* Begins a new window when its time has come. */
static void
roll(int64_t *window, int64_t *used, int64_t now)
{
    if (now <= *window)
        return;
    *window = now;
    *used = 0;
}

bool
qt__weights_is_banned(const struct qt__weights *weights, int64_t now_ms)
{
    return now_ms < weights->banned_until_ms;
}

bool
qt__weights_take(struct qt__weights *weights, int64_t now_ms, int64_t weight, struct qt__call *call)
{
    int64_t minute = now_ms / MINUTE_MS;
    if (qt__weights_is_banned(weights, now_ms))
        return qt__call_fail(call, QT__FAULT_BANNED, (long)weights->banned_until_ms);
    if (minute > weights->minute)
        weights->refused = 0;
    roll(&weights->minute, &weights->used, minute);
    weights->used += weight;
    if (weights->used <= weights->limit)
        return true;
    if (++weights->refused <= REFUSALS_TO_BAN)
        return qt__call_fail(call, QT__FAULT_WEIGHT, (long)weights->limit);
    weights->banned_until_ms = now_ms + weights->ban_s * 1000;
    weights->ban_s = QT_MIN(weights->ban_s * 2, BAN_MAX_S);
    return qt__call_fail(call, QT__FAULT_BANNED, (long)weights->banned_until_ms);
}

bool
qt__weights_order(struct qt__weights *weights, int64_t now_ms, struct qt__call *call)
{
    roll(&weights->ten_seconds, &weights->orders_10s, now_ms / 10000);
    const struct qt__order_window *window = weights->window;
    roll(&weights->long_window, &weights->orders_long, now_ms / window->length_ms);
    if (weights->orders_10s >= window->limit_10s)
        return qt__call_fail(call, QT__FAULT_ORDER_RATE, (long)window->limit_10s, "10 SECOND");
    if (weights->orders_long >= window->limit)
        return qt__call_fail(call, QT__FAULT_ORDER_RATE, (long)window->limit, window->name);
    weights->orders_10s++;
    weights->orders_long++;
    return true;
}

int64_t
qt__weights_retry_after(const struct qt__weights *weights, int64_t now_ms)
{
    if (qt__weights_is_banned(weights, now_ms))
        return (weights->banned_until_ms - now_ms + 999) / 1000;
    return ((weights->minute + 1) * MINUTE_MS - now_ms + 999) / 1000;
}
