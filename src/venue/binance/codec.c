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
 *
 * How to add an event: a row in events, its function in codec_*.c; tests/venue/test_binance_codec
 * judges it.
 */
#include "codec_priv.h"

#include "qtrade/base/time.h"

static const struct {
    const char *name;
    int field;
} long_keys[] = {
    {"data", QT__F_DATA},
    {"stream", QT__F_STREAM},
    {"lastUpdateId", QT__F_LAST_UPDATE},
    {"bids", QT__F_BIDS},
    {"asks", QT__F_ASKS},
    {"pu", QT__F_PREVIOUS},
    {"event", QT__F_EVENT},
    {"subscriptionId", QT__F_SUBSCRIPTION},
    {"id", QT__F_ID},
    {"result", QT__F_RESULT},
    {"error", QT__F_ERROR},
    {"code", QT__F_CODE},
    {"status", QT__F_STATUS},
};

static enum qt_codec_verdict
decode_end(struct qt__bn_incoming *m)
{
    (void)m;
    return QT_CODEC_DECODED;
}

static const struct {
    const char *name;
    enum qt_message kind;
    qt__bn_decode_fn decode;
} events[] = {
    {"trade", QT_MESSAGE_TRADE, qt__bn_decode_trade},
    {"depthUpdate", QT_MESSAGE_DEPTH, qt__bn_decode_depth},
    {"kline", QT_MESSAGE_KLINE, qt__bn_decode_kline},
    {"bookTicker", QT_MESSAGE_QUOTE, qt__bn_decode_quote},
    {"aggTrade", QT_MESSAGE_TRADE, qt__bn_decode_trade},
    {"24hrMiniTicker", QT_MESSAGE_TICKER, qt__bn_decode_ticker},
    {"executionReport", QT_MESSAGE_REPORT, qt__bn_decode_report},
    {"outboundAccountPosition", QT_MESSAGE_ACCOUNT, qt__bn_decode_account},
    {"listenKeyExpired", QT_MESSAGE_USER_END, decode_end},
    {"eventStreamTerminated", QT_MESSAGE_USER_END, decode_end},
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
    *out = (struct qt_event){.t_venue_ns = m->in->t_recv_ns,
                             .t_recv_ns = m->in->t_recv_ns,
                             .instrument = m->ins ? m->ins->id : QT_NO_INSTRUMENT,
                             .kind = (uint16_t)kind};
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

bool
qt__bn_need_decimal(struct qt__bn_incoming *m, int field, int scale, int64_t *out,
                    enum qt_codec_verdict *verdict)
{
    const struct qt__slice *slice = qt__bn_field(m->f, field);
    if (!slice || (slice->type != '"' && slice->type != '0')) {
        *verdict = qt__bn_malformed(m, "a price or quantity is missing");
        return false;
    }
    if (!qt__slice_decimal(slice, scale, out)) {
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

static void
set_instrument(struct qt__bn_incoming *m, uint32_t id)
{
    m->out->instrument = id;
    if (id != QT_NO_INSTRUMENT)
        m->ins = qt_universe_at(m->in->universe, id);
}

bool
qt__bn_need_instrument(struct qt__bn_incoming *m, enum qt_codec_verdict *verdict)
{
    const struct qt__slice *symbol = qt__bn_field(m->f, 's');
    if (m->ins)
        return true;
    if (!symbol || symbol->type != '"') {
        *verdict = qt__bn_malformed(m, "the symbol is missing");
        return false;
    }
    set_instrument(m, qt_universe_find(m->in->universe, symbol->p, symbol->n));
    *verdict = QT_CODEC_SKIPPED;
    return m->ins != NULL;
}

static int
field_of(const struct qt__slice *key)
{
    if (key->n == 1)
        return (unsigned char)key->p[0] < 128 ? (unsigned char)key->p[0] : -1;
    for (size_t i = 0; i < QT_COUNT_OF(long_keys); i++)
        if (qt__slice_is(key, long_keys[i].name))
            return long_keys[i].field;
    return -1;
}

/* Levels are read where they stand when the symbol is known already, so that a diff is scanned
 * once. */
static bool
read_known_levels(struct qt__bn_incoming *m, const struct qt__bn_fields *fields, int field,
                  struct qt__json *json)
{
    enum qt_codec_verdict ignored;
    const struct qt__bn_fields *was = m->f;
    if ((field != 'b' && field != 'a') || !qt__bn_field(fields, 's') ||
        m->in->instrument != QT_NO_INSTRUMENT || qt__json_type(json) != '[')
        return false;
    m->f = fields;
    bool is_known = qt__bn_need_instrument(m, &ignored);
    m->f = was;
    return is_known && qt__bn_read_levels(m, field == 'b' ? QT_BUY : QT_SELL, json);
}

/* All members of one object. False: malformed. */
static bool
read_members(struct qt__bn_incoming *m, struct qt__json *json, struct qt__bn_fields *fields)
{
    struct qt__slice key;
    memset(fields->has, 0, sizeof fields->has);
    while (qt__json_next_key(json, &key)) {
        struct qt__slice ignored;
        int field = field_of(&key);
        if (field >= 0 && qt__bn_field(fields, field))
            return false;
        if (field >= 0)
            fields->has[field / 64] |= UINT64_C(1) << (field % 64);
        struct qt__slice *value = field >= 0 ? &fields->at[field] : &ignored;
        if (fields == &m->outer && (field == QT__F_DATA || field == QT__F_EVENT) && !m->has_inner &&
            qt__json_type(json) == '{') {
            m->has_inner = true;
            *value = (struct qt__slice){.type = '{'};
            if (!qt__json_enter(json, '{') || !read_members(m, json, &m->inner))
                return false;
            continue;
        }
        const char *start = json->p;
        if (field >= 0 && read_known_levels(m, fields, field, json))
            *value = (struct qt__slice){.p = start, .n = (size_t)(json->p - start), .type = '['};
        else if (!qt__json_take(json, value))
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
        if (!qt__slice_is(name, events[i].name))
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
    *out =
        (struct qt_decoded){.instrument = QT_NO_INSTRUMENT, .answer_id = -1, .subscription_id = -1};
    m.in = in;
    m.out = out;
    m.has_inner = false;
    m.ins = NULL;
    m.f = &m.outer;
    memset(m.levels, 0, sizeof m.levels);
    memset(m.has_levels, 0, sizeof m.has_levels);
    if (qt__json_type(&json) == '[') /* lists of tickers: no use here */
        return QT_CODEC_SKIPPED;
    if (!qt__json_enter(&json, '{') || !read_members(&m, &json, &m.outer) || !qt__json_end(&json))
        return qt__bn_malformed(&m, "not a JSON object");
    if (m.has_inner)
        m.f = &m.inner;
    return dispatch(&m);
}
