/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Life of the double, its prices, the public paths.
 */
#include "venue_double_priv.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

const char qt_double_key[] = "double-key";
const char qt_double_secret[] = "double-secret-0123456789";

const char *const qt__double_texts[] = {
    "{\"code\":-1000,\"msg\":\"An unknown error occurred while processing the request.\"}",
    "Unknown error, please check your request or try again later.",
    "Service Unavailable.",
    "{\"code\":-1007,\"msg\":\"Timeout waiting for response from backend server.\"}",
    "{\"code\":-2010,\"msg\":\"Account has insufficient balance for requested action.\"}",
    "<html><body>Bad \x1b[31m Gateway</body></html>",
    "{\"code\":-1006,\"msg\":\"An unexpected response was received from the message bus. Execution "
    "status unknown.\"}",
};

const struct qt_double_hostile qt_double_hostile[QT_DOUBLE_HOSTILES] = {
    {"", false},
    {"{", false},
    {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", false},
    {"{\"stream\":\"x\",\"data\":{\"e\":\"trade\",\"E\":1,\"s\":\"AAAUSDT\",\"t\":1,\"T\":1,"
     "\"q\":\"1\",\"m\":true,\"p\":NaN}}",
     false},
    {"{\"stream\":\"x\",\"data\":{\"e\":\"trade\",\"E\":1,\"s\":\"AAAUSDT\",\"t\":1,\"T\":1,"
     "\"q\":\"1\",\"m\":true,\"p\":\"nan\"}}",
     true},
    {"{\"stream\":\"x\",\"data\":{\"e\":\"trade\",\"E\":1,\"s\":\"AAAUSDT\",\"t\":1,\"T\":1,"
     "\"q\":\"1\",\"m\":true,\"p\":\"1e308\"}}",
     true},
    {"{\"stream\":\"x\",\"data\":{\"e\":\"trade\",\"E\":1,\"s\":\"AAAUSDT\",\"t\":1,\"T\":1,"
     "\"q\":\"1\",\"m\":true,\"p\":\"-5.00\"}}",
     true},
    {"{\"stream\":\"x\",\"data\":{\"e\":\"trade\",\"E\":1,\"s\":\"AAAUSDT\",\"t\":1,\"T\":1,"
     "\"q\":\"0\",\"m\":true,\"p\":\"5.00\"}}",
     true},
    {"{\"stream\":\"x\",\"data\":{\"e\":\"trade\",\"E\":1,\"s\":\"AAAUSDT\",\"t\":1,\"T\":1,"
     "\"q\":\"1\",\"m\":true,\"p\":\"99999999999999999999999999.00\"}}",
     true},
    {"{\"stream\":\"x\",\"data\":{\"u\":1,\"s\":\"AAAUSDT\",\"b\":\"-1.00\",\"B\":\"1\",\"a\":"
     "\"2.00\",\"A\":\"1\"}}",
     true},
    {"{\"stream\":\"x\",\"data\":{\"u\":1,\"s\":\"AAAUSDT\",\"b\":\"Infinity\",\"B\":\"1\",\"a\":"
     "\"2.00\",\"A\":\"1\"}}",
     true},
    {"{\"stream\":\"x\",\"data\":{\"u\":1,\"u\":2,\"s\":\"AAAUSDT\",\"b\":\"1.00\",\"B\":\"1\","
     "\"a\":\"2.00\",\"A\":\"1\"}}",
     false},
    {"{\"stream\":\"x\",\"data\":{\"e\":\"kline\",\"E\":1,\"s\":\"AAAUSDT\",\"k\":{\"t\":60000,"
     "\"i\":\"1m\",\"n\":1,\"x\":true,\"o\":\"2.00\",\"h\":\"1.00\",\"l\":\"3.00\",\"c\":\"2.00\","
     "\"v\":\"1\",\"q\":\"1\",\"V\":\"1\"}}}",
     true},
    {"{\"stream\":\"x\",\"data\":{\"e\":\"kline\",\"E\":1,\"s\":\"AAAUSDT\",\"k\":7}}", false},
    {"{\"stream\":\"x\",\"data\":{\"e\":\"trade\",\"E\":\"\\u001b]52;c;x\\u0007\",\"s\":"
     "\"AAAUSDT\",\"t\":1,\"T\":true,\"q\":\"1\",\"m\":true,\"p\":\"5.00\"}}",
     false},
    {"\x1b]0;title\x07{\"e\":\"trade\"}", false},
};

const char *const qt__double_symbols[QT_DOUBLE_SYMBOLS] = {"AAAUSDT", "BBBUSDT", "CCCUSDT",
                                                           "DDDUSDT"};

/* Takes one of a counted knob. */
bool
qt__double_take(struct qt_double *venue, enum qt_double_knob knob)
{
    long long left = atomic_load(&venue->knobs[knob]);
    if (left <= 0)
        return false;
    atomic_store(&venue->knobs[knob], left - 1);
    return true;
}

void
qt__double_count(struct qt_double *venue, enum qt_double_count which)
{
    atomic_fetch_add(&venue->counts[which], 1);
}

int64_t
qt__double_now_ms(const struct qt_double *venue)
{
    return qt_clock_utc_ns(venue->clock) / QT_NS_PER_MS +
           atomic_load(&venue->knobs[QT_DOUBLE_AHEAD_MS]);
}

int64_t
qt__double_stamp_ms(const struct qt_double *venue)
{
    long long stamp = atomic_load(&venue->knobs[QT_DOUBLE_STAMP_MS]);
    return stamp == 0 ? qt__double_now_ms(venue) : stamp < 0 ? 0 : stamp;
}

/* Prices */

int64_t
qt__double_price_of(uint32_t symbol, int64_t minute)
{
    return (100 + (int64_t)symbol) * 100 + minute % 50;
}

struct qt_bar
qt_double_bar(uint32_t symbol, int64_t open_ns, int64_t period_ns)
{
    int64_t first = open_ns / QT_NS_PER_MIN, n = period_ns / QT_NS_PER_MIN;
    struct qt_bar bar = {.open_ns = open_ns,
                         .period_ns = period_ns,
                         .open = {qt__double_price_of(symbol, first)},
                         .close = {qt__double_price_of(symbol, first + n - 1)},
                         .trades = (uint32_t)n};
    bar.high = bar.low = bar.open;
    for (int64_t m = first; m < first + n; m++) {
        bar.high.v = QT_MAX(bar.high.v, qt__double_price_of(symbol, m));
        bar.low.v = QT_MIN(bar.low.v, qt__double_price_of(symbol, m));
        bar.volume.v += 100000000;
        bar.taker_buy.v += 50000000;
        bar.quote_volume.v += qt__double_price_of(symbol, m) * 1000000;
    }
    return bar;
}

int64_t
qt__double_price_now(const struct qt_double *venue, uint32_t symbol)
{
    return qt__double_price_of(symbol, qt__double_now_ms(venue) / 60000);
}

void
qt__double_add_px(struct qt_text *out, int64_t px)
{
    qt_text_add_char(out, '"');
    qt_text_add_decimal(out, px, QT_DOUBLE_PX_SCALE);
    qt_text_add(out, "000000\"");
}

void
qt__double_add_qty(struct qt_text *out, int64_t qty)
{
    qt_text_add_char(out, '"');
    qt_text_add_decimal(out, qty, QTY_SCALE);
    qt_text_add_char(out, '"');
}

/* Answers */

void
qt__double_answer(struct qt_responder *responder, int status, const char *text)
{
    const struct qt_http_header retry = {"Retry-After", status == 418 ? "180" : "1"};
    bool has_retry = status == 429 || status == 418;
    qt_respond(responder, status, "application/json", &retry, has_retry, text, strlen(text));
}

/* An answer that never comes: kept until the end, when nobody waits for it any more. */
void
qt__double_lose(struct qt_double *venue, struct qt_responder *responder)
{
    if (venue->n_lost < LOST_MAX)
        venue->lost[venue->n_lost++] = responder;
    else
        qt__double_answer(responder, 500, "{}");
}

void
qt__double_answer_out(struct qt_double *venue, struct qt_responder *responder)
{
    qt_respond(responder, 200, "application/json", NULL, 0, venue->out.buffer, venue->out.length);
}

/* HMAC of everything before "&signature=", and a time stamp within recvWindow. NULL: good. */
const char *
qt__double_check_signed(struct qt_double *venue, const struct qt_call *call)
{
    const char *key = qt_call_header(call, "X-MBX-APIKEY");
    const char *at = strstr(call->query, "&signature=");
    char text[65] = "", stamp[32], window[32];
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    int64_t ms, width;
    if (atomic_load(&venue->knobs[QT_DOUBLE_REFUSE_KEY]) || !key || strcmp(key, qt_double_key) != 0)
        return "{\"code\":-2015,\"msg\":\"Invalid API-key, IP, or permissions for action.\"}";
    if (!at || !HMAC(EVP_sha256(), qt_double_secret, (int)strlen(qt_double_secret),
                     (const unsigned char *)call->query, (size_t)(at - call->query), mac, &n))
        return "{\"code\":-1022,\"msg\":\"Signature for this request is not valid.\"}";
    for (unsigned i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", mac[i]);
    if (strcmp(at + strlen("&signature="), text) != 0) {
        qt__double_count(venue, QT_DOUBLE_BAD_SIGNATURES);
        return "{\"code\":-1022,\"msg\":\"Signature for this request is not valid.\"}";
    }
    if (!qt_query_get(call->query, "timestamp", stamp, sizeof stamp) ||
        !qt_query_get(call->query, "recvWindow", window, sizeof window) ||
        !qt_int_parse(stamp, &ms) || !qt_int_parse(window, &width) ||
        ms > qt__double_now_ms(venue) + 1000 || ms < qt__double_now_ms(venue) - width)
        return "{\"code\":-1021,\"msg\":\"Timestamp for this request is outside of the "
               "recvWindow.\"}";
    return NULL;
}

uint32_t
qt__double_symbol_of(const char *name)
{
    for (uint32_t i = 0; i < QT_DOUBLE_SYMBOLS; i++)
        if (strcmp(qt__double_symbols[i], name) == 0)
            return i;
    return UINT32_MAX;
}

uint32_t
qt__double_symbol_param(const struct qt_call *call)
{
    char name[32];
    return qt_query_get(call->query, "symbol", name, sizeof name) ? qt__double_symbol_of(name)
                                                                  : UINT32_MAX;
}

/* Public paths */

void
qt__double_on_info(struct qt_double *venue, const struct qt_call *call,
                   struct qt_responder *responder)
{
    struct qt_text *out = &venue->out;
    bool is_delisted = atomic_load(&venue->knobs[QT_DOUBLE_DELIST]) != 0;
    bool is_coarse = atomic_load(&venue->knobs[QT_DOUBLE_COARSE]) != 0;
    if (is_delisted && strstr(call->query, qt__double_symbols[0])) {
        qt__double_answer(responder, 400, "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}");
        return;
    }
    qt_text_addf(out,
                 "{\"timezone\":\"UTC\",\"serverTime\":%lld,\"rateLimits\":[{\"rateLimitType\":"
                 "\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\",\"intervalNum\":1,\"limit\":6000},"
                 "{\"rateLimitType\":\"ORDERS\",\"interval\":\"SECOND\",\"intervalNum\":10,"
                 "\"limit\":100}],\"symbols\":[",
                 (long long)qt__double_now_ms(venue));
    for (uint32_t i = is_delisted; i < QT_DOUBLE_SYMBOLS; i++)
        qt_text_addf(
            out,
            "%s{\"symbol\":\"%s\",\"status\":\"%s\",\"baseAsset\":\"%.3s\",\"baseAssetPrecision\":"
            "8,\"quoteAsset\":\"USDT\",\"isSpotTradingAllowed\":true,\"filters\":[{\"filterType\":"
            "\"PRICE_FILTER\",\"minPrice\":\"%s\",\"maxPrice\":\"1000000.00000000\","
            "\"tickSize\":\"%s\"},{\"filterType\":\"LOT_SIZE\",\"minQty\":\"0.00100000\","
            "\"maxQty\":\"9000.00000000\",\"stepSize\":\"%s\"},{\"filterType\":"
            "\"NOTIONAL\",\"minNotional\":\"5.00000000\"}]}",
            i > is_delisted ? "," : "", qt__double_symbols[i],
            i == 0 && atomic_load(&venue->knobs[QT_DOUBLE_HALT]) ? "BREAK" : "TRADING",
            qt__double_symbols[i], i == 0 && is_coarse ? "0.10000000" : "0.01000000",
            i == 0 && is_coarse ? "0.10000000" : "0.01000000",
            i == 0 && is_coarse ? "0.01000000" : "0.00100000");
    qt_text_add(out, "]}");
    qt__double_answer_out(venue, responder);
}

void
qt__double_on_time(struct qt_double *venue, const struct qt_call *call,
                   struct qt_responder *responder)
{
    (void)call;
    qt_text_addf(&venue->out, "{\"serverTime\":%lld}", (long long)qt__double_now_ms(venue));
    qt__double_answer_out(venue, responder);
}

/* AAAUSDT has the largest volume, DDDUSDT the smallest. */
void
qt__double_on_day(struct qt_double *venue, const struct qt_call *call,
                  struct qt_responder *responder)
{
    (void)call;
    qt_text_add_char(&venue->out, '[');
    for (uint32_t i = 0; i < QT_DOUBLE_SYMBOLS; i++)
        qt_text_addf(&venue->out, "%s{\"symbol\":\"%s\",\"quoteVolume\":\"%u000000.00000000\"}",
                     i ? "," : "", qt__double_symbols[i], 90 - i);
    qt_text_add_char(&venue->out, ']');
    qt__double_answer_out(venue, responder);
}

static void
add_kline(struct qt_text *out, const struct qt_bar *bar)
{
    qt_text_addf(out, "[%lld,", (long long)(bar->open_ns / QT_NS_PER_MS));
    const int64_t prices[] = {bar->open.v, bar->high.v, bar->low.v, bar->close.v};
    for (size_t i = 0; i < QT_COUNT_OF(prices); i++) {
        qt__double_add_px(out, prices[i]);
        qt_text_add_char(out, ',');
    }
    qt__double_add_qty(out, bar->volume.v);
    qt_text_addf(out, ",%lld,", (long long)((bar->open_ns + bar->period_ns) / QT_NS_PER_MS - 1));
    qt__double_add_qty(out, bar->quote_volume.v);
    qt_text_addf(out, ",%u,", bar->trades);
    qt__double_add_qty(out, bar->taker_buy.v);
    qt_text_add(out, ",\"0\",\"0\"]");
}

void
qt__double_on_klines(struct qt_double *venue, const struct qt_call *call,
                     struct qt_responder *responder)
{
    char interval[16], text[32];
    uint32_t symbol = qt__double_symbol_param(call);
    int64_t limit = 500, from_ms = -1, period_ns = QT_NS_PER_MIN;
    if (qt__double_take(venue, QT_DOUBLE_FAIL_KLINES)) {
        qt__double_answer(responder, 500, qt__double_texts[0]);
        return;
    }
    if (qt_query_get(call->query, "interval", interval, sizeof interval))
        period_ns = strcmp(interval, "1h") == 0    ? QT_NS_PER_HOUR
                    : strcmp(interval, "15m") == 0 ? 15 * QT_NS_PER_MIN
                                                   : QT_NS_PER_MIN;
    if (qt_query_get(call->query, "limit", text, sizeof text))
        (void)!qt_int_parse(text, &limit);
    if (qt_query_get(call->query, "startTime", text, sizeof text))
        (void)!qt_int_parse(text, &from_ms);
    int64_t forming = qt_time_floor(qt__double_now_ms(venue) * QT_NS_PER_MS, period_ns);
    int64_t first = from_ms < 0 ? forming - (limit - 1) * period_ns
                                : (from_ms * QT_NS_PER_MS + period_ns - 1) / period_ns * period_ns;
    qt_text_add_char(&venue->out, '[');
    for (int64_t open = first; open <= forming && limit > 0; open += period_ns, limit--) {
        struct qt_bar bar = qt_double_bar(symbol % QT_DOUBLE_SYMBOLS, open, period_ns);
        qt_text_add(&venue->out, open > first ? "," : "");
        add_kline(&venue->out, &bar);
    }
    qt_text_add_char(&venue->out, ']');
    qt__double_answer_out(venue, responder);
}

/* Level i of a side: its quantity says at which update it was last told, so that a reader can be
 * checked. */
void
qt__double_add_levels(struct qt_double *venue, uint32_t symbol, bool is_bid, uint64_t id)
{
    for (int i = 0; i < LEVELS; i++) {
        qt_text_add(&venue->out, i ? ",[" : "[");
        qt__double_add_px(&venue->out, (100 + (int64_t)symbol) * 100 + (is_bid ? -1 - i : 60 + i));
        qt_text_add_char(&venue->out, ',');
        qt__double_add_qty(&venue->out, (int64_t)id * 1000 + i + 1);
        qt_text_add_char(&venue->out, ']');
    }
}

void
qt__double_on_depth(struct qt_double *venue, const struct qt_call *call,
                    struct qt_responder *responder)
{
    uint32_t symbol = qt__double_symbol_param(call) % QT_DOUBLE_SYMBOLS;
    qt__double_count(venue, QT_DOUBLE_BOOKS);
    if (qt__double_take(venue, QT_DOUBLE_FAIL_BOOKS)) {
        qt__double_answer(responder, 503, qt__double_texts[2]);
        return;
    }
    uint64_t id = venue->book_id[symbol] - (qt__double_take(venue, QT_DOUBLE_OLD_BOOKS) ? 1000 : 0);
    qt_text_addf(&venue->out, "{\"lastUpdateId\":%llu,\"bids\":[", (unsigned long long)id);
    qt__double_add_levels(venue, symbol, true, id);
    qt_text_add(&venue->out, "],\"asks\":[");
    qt__double_add_levels(venue, symbol, false, id);
    qt_text_add(&venue->out, "]}");
    int64_t late_ms = atomic_load(&venue->knobs[QT_DOUBLE_LATE_BOOKS_MS]);
    struct late_book *late = late_ms > 0 ? calloc(1, sizeof *late) : NULL;
    if (!late) {
        qt__double_answer_out(venue, responder);
        return;
    }
    *late = (struct late_book){.next = venue->late,
                               .responder = responder,
                               .at_mono_ns = qt_now_mono_ns() + late_ms * QT_NS_PER_MS,
                               .body = strndup(venue->out.buffer, venue->out.length)};
    venue->late = late;
}

/* Every answer whose time has come; who does not wait any more gets it all the same. */
void
qt__double_answer_late(struct qt_double *venue)
{
    for (struct late_book **at = &venue->late; *at;) {
        struct late_book *late = *at;
        if (late->at_mono_ns > qt_now_mono_ns() && !atomic_load(&venue->stop)) {
            at = &late->next;
            continue;
        }
        *at = late->next;
        qt__double_answer(late->responder, 200, late->body);
        free(late->body);
        free(late);
    }
}

static const struct {
    const char *method, *path;
    bool is_signed;
    void (*handle)(struct qt_double *, const struct qt_call *, struct qt_responder *);
} routes[] = {
    {"GET", "/api/v3/time", false, qt__double_on_time},
    {"GET", "/api/v3/exchangeInfo", false, qt__double_on_info},
    {"GET", "/api/v3/ticker/24hr", false, qt__double_on_day},
    {"GET", "/api/v3/klines", false, qt__double_on_klines},
    {"GET", "/api/v3/depth", false, qt__double_on_depth},
    {"POST", "/api/v3/userDataStream", false, qt__double_on_listen},
    {"PUT", "/api/v3/userDataStream", false, qt__double_on_listen},
    {"POST", "/api/v3/order", true, qt__double_on_place},
    {"DELETE", "/api/v3/order", true, qt__double_on_cancel},
    {"GET", "/api/v3/order", true, qt__double_on_query},
    {"GET", "/api/v3/openOrders", true, qt__double_on_open_orders},
    {"DELETE", "/api/v3/openOrders", true, qt__double_on_cancel_all},
    {"GET", "/api/v3/account", true, qt__double_on_account},
};

void
qt__double_on_request(void *context, const struct qt_call *call, struct qt_responder *responder)
{
    struct qt_double *venue = context;
    qt__double_count(venue, QT_DOUBLE_REQUESTS);
    qt_text_clear(&venue->out);
    if (qt__double_take(venue, QT_DOUBLE_LIMIT)) {
        qt__double_answer(responder, 429,
                          "{\"code\":-1003,\"msg\":\"Too much request weight used.\"}");
        return;
    }
    if (qt__double_take(venue, QT_DOUBLE_BAN)) {
        qt__double_answer(responder, 418, "{\"code\":-1003,\"msg\":\"Way too much request weight.\"}");
        return;
    }
    for (size_t i = 0; i < QT_COUNT_OF(routes); i++) {
        if (strcmp(routes[i].path, call->path) != 0 || strcmp(routes[i].method, call->method) != 0)
            continue;
        const char *fault = routes[i].is_signed ? qt__double_check_signed(venue, call) : NULL;
        if (fault)
            qt__double_answer(responder, strstr(fault, "-2015") ? 401 : 400, fault);
        else
            routes[i].handle(venue, call, responder);
        return;
    }
    qt__double_answer(responder, 404, "{\"code\":-1000,\"msg\":\"Path does not exist.\"}");
}

/* Life */

static void *
run(void *context)
{
    struct qt_double *venue = context;
    while (!atomic_load(&venue->stop))
        (void)qt_loop_work(venue->loop, 50);
    return NULL;
}

static bool
serve(struct qt_double *venue)
{
    struct qt_error err;
    const struct qt_server_options options = {.context = venue,
                                              .request = qt__double_on_request,
                                              .accept = qt__double_on_accept,
                                              .message = qt__double_on_message,
                                              .closed = qt__double_on_peer_closed};
    venue->loop = qt_loop_create(NULL, &err);
    venue->server = venue->loop ? qt_server_start(venue->loop, &options, &err) : NULL;
    if (!venue->server)
        return false;
    int port = qt_server_port(venue->server);
    snprintf(venue->rest_url, sizeof venue->rest_url, "http://127.0.0.1:%d", port);
    snprintf(venue->ws_url, sizeof venue->ws_url, "ws://127.0.0.1:%d", port);
    snprintf(venue->api_url, sizeof venue->api_url, "ws://127.0.0.1:%d/ws-api/v3", port);
    qt_timer_start(venue->loop, &venue->tick, TICK_MS, qt__double_on_tick, venue);
    return pthread_create(&venue->thread, NULL, run, venue) == 0;
}

struct qt_double *
qt_double_start(const struct qt_clock *clock)
{
    struct qt_double *venue = calloc(1, sizeof *venue);
    if (!venue)
        return NULL;
    venue->clock = clock;
    venue->usdt = INT64_C(100000) * 100000000;
    venue->told_minute = qt__double_now_ms(venue) / 60000 - 1;
    for (uint32_t i = 0; i < QT_DOUBLE_SYMBOLS; i++)
        venue->book_id[i] = 100000;
    venue->buffer = malloc(OUT_MAX);
    if (venue->buffer)
        qt_text_init(&venue->out, venue->buffer, OUT_MAX);
    if (venue->buffer && serve(venue))
        return venue;
    qt_server_stop(venue->server);
    qt_loop_destroy(venue->loop);
    free(venue->buffer);
    free(venue);
    return NULL;
}

void
qt_double_stop(struct qt_double *venue)
{
    if (!venue)
        return;
    atomic_store(&venue->stop, true);
    qt_loop_wake(venue->loop);
    (void)pthread_join(venue->thread, NULL);
    qt_timer_stop(&venue->tick);
    qt_server_stop(venue->server);
    qt__double_answer_late(venue);
    for (size_t i = 0; i < venue->n_lost; i++) /* void by now, but still ours to end */
        qt__double_answer(venue->lost[i], 500, "{}");
    qt_loop_destroy(venue->loop);
    free(venue->buffer);
    free(venue);
}

const char *
qt_double_rest_url(const struct qt_double *venue)
{
    return venue->rest_url;
}

const char *
qt_double_ws_url(const struct qt_double *venue)
{
    return venue->ws_url;
}

const char *
qt_double_api_url(const struct qt_double *venue)
{
    return venue->api_url;
}

void
qt_double_set(struct qt_double *venue, enum qt_double_knob knob, int64_t value)
{
    atomic_store(&venue->knobs[knob], value);
}

int64_t
qt_double_get(const struct qt_double *venue, enum qt_double_knob knob)
{
    return atomic_load(&venue->knobs[knob]);
}

uint64_t
qt_double_counted(const struct qt_double *venue, enum qt_double_count which)
{
    return atomic_load(&venue->counts[which]);
}
