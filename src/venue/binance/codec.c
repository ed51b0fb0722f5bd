/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One message in: its members are collected by key in a single pass (any order, unknown ones
 * skipped, doubled ones a fault), then the event's own function reads the ones it needs.
 *
 *     {"e":..}                          a raw stream's event
 *     {"stream":"..","data":{"e":..}}   the same of a combined stream
 *     {"subscriptionId":0,"event":{..}} the same of a user stream over the WebSocket API
 *     {"u":..,"s":..,"b":..}            bookTicker, which has no "e" on spot
 *     {"lastUpdateId":..,"bids":..}     a partial book, or the REST snapshot
 *     {"id":..,"result":..}             an answer to a request on the socket
 *     {"e":..,"o":{..}}                 of USD-M: the order is an object, so is the account ("a")
 *
 * How to add an event: a row in events, its function in codec_*.c; tests/venue/test_binance_codec
 * judges it.
 */
#include "codec_priv.h"

#include "qtrade/base/time.h"

#include "../json_scan_priv.h"

#define NAME(text) .name = text, .n = sizeof text - 1

static const struct {
    const char *name;
    size_t n;
    int field;
} long_keys[] = {
    {NAME("data"), .field = QT__F_DATA},
    {NAME("stream"), .field = QT__F_STREAM},
    {NAME("lastUpdateId"), .field = QT__F_LAST_UPDATE},
    {NAME("bids"), .field = QT__F_BIDS},
    {NAME("asks"), .field = QT__F_ASKS},
    {NAME("pu"), .field = QT__F_PREVIOUS},
    {NAME("caid"), .field = QT__F_ALGO_CLIENT},
    {NAME("aid"), .field = QT__F_ALGO_ID},
    {NAME("ai"), .field = QT__F_ALGO_ORDER},
    {NAME("event"), .field = QT__F_EVENT},
    {NAME("subscriptionId"), .field = QT__F_SUBSCRIPTION},
    {NAME("id"), .field = QT__F_ID},
    {NAME("result"), .field = QT__F_RESULT},
    {NAME("error"), .field = QT__F_ERROR},
    {NAME("code"), .field = QT__F_CODE},
    {NAME("status"), .field = QT__F_STATUS},
};

static enum qt_codec_verdict
decode_end(struct qt__bn_incoming *m)
{
    (void)m;
    return QT_CODEC_DECODED;
}

static const struct {
    const char *name;
    size_t n;
    enum qt_message kind;
    qt__bn_decode_fn decode;
} events[] = {
    {NAME("trade"), .kind = QT_MESSAGE_TRADE, .decode = qt__bn_decode_trade},
    {NAME("depthUpdate"), .kind = QT_MESSAGE_DEPTH, .decode = qt__bn_decode_depth},
    {NAME("kline"), .kind = QT_MESSAGE_KLINE, .decode = qt__bn_decode_kline},
    {NAME("bookTicker"), .kind = QT_MESSAGE_QUOTE, .decode = qt__bn_decode_quote},
    {NAME("aggTrade"), .kind = QT_MESSAGE_TRADE, .decode = qt__bn_decode_trade},
    {NAME("24hrMiniTicker"), .kind = QT_MESSAGE_TICKER, .decode = qt__bn_decode_ticker},
    {NAME("executionReport"), .kind = QT_MESSAGE_REPORT, .decode = qt__bn_decode_report},
    {NAME("outboundAccountPosition"), .kind = QT_MESSAGE_ACCOUNT, .decode = qt__bn_decode_account},
    {NAME("listenKeyExpired"), .kind = QT_MESSAGE_USER_END, .decode = decode_end},
    {NAME("eventStreamTerminated"), .kind = QT_MESSAGE_USER_END, .decode = decode_end},
    {NAME("ORDER_TRADE_UPDATE"), .kind = QT_MESSAGE_REPORT, .decode = qt__bn_decode_order_update},
    {NAME("ALGO_UPDATE"), .kind = QT_MESSAGE_REPORT, .decode = qt__bn_decode_algo_update},
    {NAME("ACCOUNT_UPDATE"), .kind = QT_MESSAGE_ACCOUNT, .decode = qt__bn_decode_account_update},
    {NAME("MARGIN_CALL"), .kind = QT_MESSAGE_MARGIN_CALL, .decode = decode_end},
};

enum qt_codec_verdict
qt__bn_malformed(struct qt__bn_incoming *m, const char *why)
{
    m->out->why = why;
    return QT_CODEC_MALFORMED;
}

enum qt_codec_verdict
qt__bn_refused(struct qt__bn_incoming *m, const char *why)
{
    m->out->why = why;
    return QT_CODEC_REFUSED;
}

bool
qt__bn_event_begin(struct qt__bn_incoming *m, enum qt_event_kind kind, int time_field,
                   struct qt_event *out)
{
    const struct qt__slice *time = qt__bn_field(m->f, time_field);
    int64_t ms;
    memset(out, 0, sizeof *out);
    out->t_venue_ns = out->t_recv_ns = m->in->t_recv_ns;
    out->instrument = m->ins ? m->ins->id : QT_NO_INSTRUMENT;
    out->kind = (uint16_t)kind;
    if (!time)
        return true;
    if (!qt__slice_int(time, &ms) || ms < 0 || ms > INT64_MAX / QT_NS_PER_MS)
        return false;
    out->t_venue_ns = ms * QT_NS_PER_MS;
    return true;
}

void
qt__bn_event_push(struct qt__bn_incoming *m, struct qt_event *event)
{
    m->out->events++;
    m->in->sink->push(m->in->sink->self, event);
}

/* As qt__slice_decimal, the common form first. */
static bool
slice_decimal(const struct qt__bn_incoming *m, const struct qt__slice *slice, int scale,
              int64_t *out)
{
    struct qt__decimals as;
    if (slice->n > 0 && qt__decimals_of(scale, &as) &&
        qt__scan_decimal(slice->p, m->end, &as, out) == slice->p + slice->n)
        return true;
    return qt__slice_decimal(slice, scale, out);
}

bool
qt__bn_need_decimal(struct qt__bn_incoming *m, int field, int scale, int64_t *out,
                    enum qt_codec_verdict *verdict)
{
    const struct qt__slice *slice = qt__bn_field(m->f, field);
    if (!slice || (slice->type != '"' && slice->type != '0')) {
        *verdict = qt__bn_malformed(m, "a price or quantity is missing");
        return false;
    }
    if (!slice_decimal(m, slice, scale, out)) {
        *verdict = qt__bn_refused(m, "a price or quantity does not fit");
        return false;
    }
    return true;
}

bool
qt__bn_need_u64(struct qt__bn_incoming *m, int field, uint64_t *out, enum qt_codec_verdict *verdict)
{
    const struct qt__slice *slice = qt__bn_field(m->f, field);
    if (slice && qt__slice_u64(slice, out))
        return true;
    *verdict = qt__bn_malformed(m, "an id is missing");
    return false;
}

static const struct qt_instrument *
instrument_at(const struct qt__bn_incoming *m, uint32_t id)
{
    return id != QT_NO_INSTRUMENT ? qt_universe_at(m->in->universe, id) : NULL;
}

const struct qt_instrument *
qt__bn_instrument_of_symbol(const struct qt__bn_incoming *m, const struct qt__bn_fields *fields)
{
    const struct qt__slice *symbol = qt__bn_field(fields, 's');
    if (!symbol || symbol->type != '"')
        return NULL;
    return instrument_at(m, qt_universe_find(m->in->universe, symbol->p, symbol->n));
}

/* The instrument that the stream's name begins with, in lower case there. */
static uint32_t
instrument_of_stream(const struct qt__bn_incoming *m)
{
    const struct qt__slice *stream = qt__bn_field(&m->outer, QT__F_STREAM);
    char symbol[QT_SYMBOL_SIZE];
    size_t n = 0;
    if (!stream || stream->type != '"')
        return QT_NO_INSTRUMENT;
    while (n < stream->n && n < sizeof symbol && stream->p[n] != '@') {
        char c = stream->p[n];
        symbol[n++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return n < sizeof symbol ? qt_universe_find(m->in->universe, symbol, n) : QT_NO_INSTRUMENT;
}

const struct qt_instrument *
qt__bn_instrument_of_book(const struct qt__bn_incoming *m)
{
    return instrument_at(m, m->in->instrument != QT_NO_INSTRUMENT ? m->in->instrument
                                                                  : instrument_of_stream(m));
}

bool
qt__bn_into_part(struct qt__bn_incoming *m, int key)
{
    if (m->part_of != m->f || m->part_key != key)
        return false;
    m->f = &m->part;
    return true;
}

bool
qt__bn_need_instrument(struct qt__bn_incoming *m, enum qt_codec_verdict *verdict)
{
    const struct qt__slice *symbol = qt__bn_field(m->f, 's');
    if (!symbol || symbol->type != '"') {
        *verdict = qt__bn_malformed(m, "the symbol is missing");
        return false;
    }
    m->ins = qt__bn_instrument_of_symbol(m, m->f);
    *verdict = QT_CODEC_SKIPPED;
    if (!m->ins)
        return false;
    m->out->instrument = m->ins->id;
    return true;
}

static int
field_of(const struct qt__slice *key)
{
    if (key->n == 1)
        return (unsigned char)key->p[0] < 128 ? (unsigned char)key->p[0] : -1;
    for (size_t i = 0; i < QT_COUNT_OF(long_keys); i++)
        if (key->n == long_keys[i].n && memcmp(key->p, long_keys[i].name, key->n) == 0)
            return long_keys[i].field;
    return -1;
}

/* Marks a member as there; its place, or ignored for one without a name here. NULL: doubled. */
static inline struct qt__slice *
place_of(struct qt__bn_fields *fields, int field, struct qt__slice *ignored)
{
    if (field < 0)
        return ignored;
    const uint64_t bit = UINT64_C(1) << (field % 64);
    if (fields->has[field / 64] & bit)
        return NULL;
    fields->has[field / 64] |= bit;
    return &fields->at[field];
}

static bool read_members(struct qt__bn_incoming *m, struct qt__json *json,
                         struct qt__bn_fields *fields);

static bool
is_part(int field)
{
    return field == 'k' || field == 'o' || field == 'a';
}

/* The object that holds the event, and the one in it, are read where they stand, so that a message is
 * scanned once. *read becomes true then. False: malformed. */
static bool
read_object(struct qt__bn_incoming *m, struct qt__json *json, const struct qt__bn_fields *fields,
            int field, bool *read)
{
    const bool is_event = field == QT__F_DATA || field == QT__F_EVENT;
    *read = false;
    if (is_event && fields == &m->outer && !m->has_inner) {
        m->has_inner = *read = true;
        return qt__json_enter(json, '{') && read_members(m, json, &m->inner);
    }
    if (!is_part(field) || fields == &m->part || m->part_of == fields ||
        (fields == &m->outer && m->part_of))
        return true;
    m->part_of = fields;
    m->part_key = field;
    *read = true;
    return qt__json_enter(json, '{') && read_members(m, json, &m->part);
}

/* Likewise the levels of a book, when it is known already whose they are. */
static bool
read_known_levels(struct qt__bn_incoming *m, struct qt__json *json,
                  const struct qt__bn_fields *fields, int field, const struct qt__slice *from)
{
    const bool is_bid = field == 'b' || field == QT__F_BIDS;
    if (!is_bid && field != 'a' && field != QT__F_ASKS)
        return false;
    const struct qt_instrument *ins = field < QT__F_STREAM ? qt__bn_instrument_of_symbol(m, fields)
                                                           : qt__bn_instrument_of_book(m);
    return ins && qt__bn_read_levels(m, ins, from, is_bid ? QT_BUY : QT_SELL, json);
}

/* A value that is not short. False: malformed. */
static bool
read_value(struct qt__bn_incoming *m, struct qt__json *json, const struct qt__bn_fields *fields,
           int field, struct qt__slice *out)
{
    const char type = qt__json_type(json), *start = json->p;
    bool read = false;
    if (type == '{' && !read_object(m, json, fields, field, &read))
        return false;
    if (type == '[')
        read = read_known_levels(m, json, fields, field, out);
    if (!read)
        return qt__json_take(json, out);
    *out = (struct qt__slice){.p = start, .n = (size_t)(json->p - start), .type = type};
    return true;
}

/* All members of one object. False: malformed. */
static bool
read_members(struct qt__bn_incoming *m, struct qt__json *json, struct qt__bn_fields *fields)
{
    struct qt__slice key, ignored;
    memset(fields->has, 0, sizeof fields->has);
    while (qt__json_short_key(json, &key) || qt__json_next_key(json, &key)) {
        int field = field_of(&key);
        struct qt__slice *place = place_of(fields, field, &ignored);
        if (!place)
            return false;
        if (!qt__json_short_value(json, place) && !read_value(m, json, fields, field, place))
            return false;
    }
    return !json->is_bad;
}

/* {"result":{"subscriptionId":0}} */
static int64_t
subscription_of(const struct qt__slice *result)
{
    int64_t id = -1;
    struct qt__slice key, value;
    if (!result || result->type != '{')
        return id;
    struct qt__json json = qt__json_open(result->p, result->n);
    if (!qt__json_enter(&json, '{'))
        return id;
    while (qt__json_next_key(&json, &key) && qt__json_take(&json, &value))
        if (qt__slice_is(&key, "subscriptionId"))
            (void)!qt__slice_int(&value, &id);
    return id;
}

static int32_t
code_in(const struct qt__slice *error)
{
    struct qt__slice key, value;
    int64_t code = -1000;
    struct qt__json json = qt__json_open(error->p, error->n);
    if (error->type != '{' || !qt__json_enter(&json, '{'))
        return (int32_t)code;
    while (qt__json_next_key(&json, &key) && qt__json_take(&json, &value))
        if (qt__slice_is(&key, "code"))
            (void)!qt__slice_int(&value, &code);
    return code >= INT32_MIN && code < 0 ? (int32_t)code : -1000;
}

/* {"result":..,"id":1}, {"code":-1,"msg":"..","id":1}, {"id":1,"status":200,"result":..},
 * {"id":1,"error":{..}} */
static enum qt_codec_verdict
decode_answer(struct qt__bn_incoming *m)
{
    const struct qt__slice *id = qt__bn_field(m->f, QT__F_ID),
                           *code = qt__bn_field(m->f, QT__F_CODE);
    const struct qt__slice *error = qt__bn_field(m->f, QT__F_ERROR);
    const struct qt__slice *status = qt__bn_field(m->f, QT__F_STATUS);
    int64_t value;
    m->out->kind = QT_MESSAGE_ANSWER;
    if (id && !qt__slice_int(id, &m->out->answer_id))
        m->out->answer_id = -1;
    m->out->subscription_id = subscription_of(qt__bn_field(m->f, QT__F_RESULT));
    if (error)
        m->out->answer_code = code_in(error);
    else if (code)
        m->out->answer_code =
            qt__slice_int(code, &value) && value != 0 && value >= INT32_MIN && value <= INT32_MAX
                ? (int32_t)value
                : -1000;
    else if (status && (!qt__slice_int(status, &value) || value != 200))
        m->out->answer_code = -1000;
    return QT_CODEC_DECODED;
}

static enum qt_codec_verdict
decode_nameless(struct qt__bn_incoming *m)
{
    const struct qt__bn_fields *f = m->f;
    if (qt__bn_field(f, QT__F_LAST_UPDATE) && qt__bn_field(f, QT__F_BIDS)) {
        m->out->kind = QT_MESSAGE_DEPTH;
        return qt__bn_decode_snapshot(m);
    }
    if (qt__bn_field(f, 's') && qt__bn_field(f, 'b') && qt__bn_field(f, 'B') &&
        qt__bn_field(f, 'a') && qt__bn_field(f, 'A')) {
        m->out->kind = QT_MESSAGE_QUOTE;
        return qt__bn_decode_quote(m);
    }
    if (!m->has_inner &&
        (qt__bn_field(f, QT__F_ID) || qt__bn_field(f, QT__F_CODE) || qt__bn_field(f, QT__F_ERROR)))
        return decode_answer(m);
    return QT_CODEC_SKIPPED;
}

static enum qt_codec_verdict
dispatch(struct qt__bn_incoming *m)
{
    const struct qt__slice *name = qt__bn_field(m->f, 'e');
    if (!name || name->type != '"')
        return decode_nameless(m);
    for (size_t i = 0; i < QT_COUNT_OF(events); i++) {
        if (name->n != events[i].n || memcmp(name->p, events[i].name, name->n) != 0)
            continue;
        m->out->kind = events[i].kind;
        return events[i].decode(m);
    }
    return QT_CODEC_SKIPPED;
}

enum qt_codec_verdict
qt__bn_decode(const struct qt_decode *in, const char *bytes, size_t length, struct qt_decoded *out)
{
    struct qt__bn_incoming m; /* not zeroed as a whole: 7 KB of slices that has[] guards */
    struct qt__json json = qt__json_open(bytes, length);
    memset(out, 0, sizeof *out);
    out->instrument = QT_NO_INSTRUMENT;
    out->answer_id = out->subscription_id = -1;
    if (qt__bn_decode_layout(in, bytes, length, out))
        return QT_CODEC_DECODED;
    m.in = in;
    m.out = out;
    m.has_inner = m.is_conditional = false;
    m.ins = NULL;
    m.f = &m.outer;
    m.part_of = NULL;
    m.end = bytes + length;
    memset(m.levels, 0, sizeof m.levels);
    struct qt__slice list;
    if (qt__json_type(&json) == '[') /* lists of tickers: no use here */
        return qt__json_take(&json, &list) && qt__json_end(&json)
                   ? QT_CODEC_SKIPPED
                   : qt__bn_malformed(&m, "not a JSON list");
    if (!qt__json_enter(&json, '{') || !read_members(&m, &json, &m.outer) || !qt__json_end(&json))
        return qt__bn_malformed(&m, "not a JSON object");
    if (m.has_inner)
        m.f = &m.inner;
    return dispatch(&m);
}
