/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Conditional orders of USD-M as their service tells them: over REST, and as ALGO_UPDATE. Sources:
 * Binance, USD-M Futures API, 2026: Query Algo Order; Current All Algo Open Orders; Event: Algo
 * Order Update; Cancel Algo Order. What such an order filled is told of the order that it became,
 * not here.
 */
#include "codec_priv.h"

#include "qtrade/base/time.h"

#define REFUSED_AT_TRIGGER (-2010)

/* UNKNOWN: the order that it became says how it stands. */
static const struct {
    const char *name;
    enum qt_order_state state;
} states[] = {
    {"NEW", QT_ORDER_OPEN},
    {"TRIGGERING", QT_ORDER_UNKNOWN}, /* on its way to the book */
    {"TRIGGERED", QT_ORDER_UNKNOWN},
    {"FINISHED", QT_ORDER_UNKNOWN}, /* that order filled or was cancelled */
    {"CANCELED", QT_ORDER_CANCELLED},
    {"EXPIRED", QT_ORDER_EXPIRED},
    {"REJECTED", QT_ORDER_REJECTED}, /* when its price came */
};

bool
qt__bn_algo_state_of(const char *text, size_t length, enum qt_order_state *out)
{
    for (size_t i = 0; i < QT_COUNT_OF(states); i++)
        if (strlen(states[i].name) == length && memcmp(states[i].name, text, length) == 0) {
            *out = states[i].state;
            return true;
        }
    return false;
}

/* By REST */

static const char *
text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static bool
decimal_of(const json_t *row, const char *key, int scale, int64_t *out)
{
    const char *text = text_of(row, key);
    return text && qt_decimal_parse(text, strlen(text), scale, out);
}

/* An id as number or text; "", null and absence are 0. */
static bool
id_of(const json_t *value, uint64_t *out)
{
    const char *text = json_string_value(value);
    int64_t id = 0;
    if (text && *text && !qt_int_parse(text, &id))
        return false;
    if (json_is_integer(value))
        id = json_integer_value(value);
    *out = (uint64_t)id;
    return id >= 0 && (!value || text || json_is_integer(value) || json_is_null(value));
}

static int64_t
time_of(const json_t *row)
{
    int64_t ms = json_integer_value(json_object_get(row, "updateTime"));
    return ms > 0 && ms <= INT64_MAX / QT_NS_PER_MS ? ms * QT_NS_PER_MS : QT_TIME_NONE;
}

static bool
read_words(const json_t *row, uint32_t tag, struct qt__bn_algo_answer *out)
{
    struct qt_report *report = &out->order.status;
    const char *status = text_of(row, "algoStatus"), *side = text_of(row, "side");
    const char *id = text_of(row, "clientAlgoId");
    enum qt_order_state state;
    if (!status || !qt__bn_algo_state_of(status, strlen(status), &state) || !side ||
        (strcmp(side, "BUY") != 0 && strcmp(side, "SELL") != 0) ||
        !id_of(json_object_get(row, "algoId"), &report->venue_id) || report->venue_id == 0 ||
        !id_of(json_object_get(row, "actualOrderId"), &out->became))
        return false;
    report->type = QT_REPORT_STATUS;
    report->state = (uint8_t)(out->became ? QT_ORDER_UNKNOWN : state);
    out->end = qt_order_state_is_final(state) ? state : QT_ORDER_UNKNOWN;
    report->side = side[0] == 'B' ? QT_BUY : QT_SELL;
    report->cum_quote.v = -1;
    if (!id || !qt_client_id_parse(id, strlen(id), tag, &report->client_id))
        report->client_id = 0;
    return true;
}

/* The order that it became has ended, and nothing of it was filled. */
static bool
ended_unfilled(const json_t *row, int qty_scale)
{
    int64_t filled;
    return strcmp(text_of(row, "algoStatus"), "FINISHED") == 0 &&
           decimal_of(row, "actualQty", qty_scale, &filled) && filled == 0;
}

bool
qt__bn_decode_algo(const json_t *row, const struct qt_universe *universe, uint32_t tag,
                   struct qt__bn_algo_answer *out)
{
    const char *symbol = text_of(row, "symbol");
    struct qt__bn_algo_answer answer = {.order = {.instrument = QT_NO_INSTRUMENT}};
    struct qt_report *report = &answer.order.status;
    if (!symbol || !read_words(row, tag, &answer))
        return false;
    answer.order.t_venue_ns = time_of(row);
    answer.order.instrument = qt_universe_find(universe, symbol, strlen(symbol));
    if (answer.order.instrument != QT_NO_INSTRUMENT) {
        const struct qt_instrument *ins = qt_universe_at(universe, answer.order.instrument);
        bool has_px = json_object_get(row, "price") != NULL;
        if (!decimal_of(row, "quantity", ins->qty_scale, &report->qty.v) || report->qty.v < 0 ||
            (has_px && !decimal_of(row, "price", ins->px_scale, &report->px.v)))
            return false;
        if (ended_unfilled(row, ins->qty_scale))
            answer.end = QT_ORDER_CANCELLED;
    }
    if (report->px.v <= 0) /* of those that become market orders */
        report->px = QT_PX_NONE;
    *out = answer;
    return true;
}

bool
qt__bn_algo_is_cancelled(const json_t *answer)
{
    const json_t *code = json_object_get(answer, "code");
    const char *text = json_string_value(code), *status = text_of(answer, "algoStatus");
    if (code)
        return json_integer_value(code) == 200 || (text && strcmp(text, "200") == 0);
    return status && strcmp(status, "CANCELED") == 0;
}

/* Over the user stream */

/* As in REST. False: it is neither a number nor digits. */
static bool
slice_id(const struct qt__slice *slice, uint64_t *out)
{
    int64_t id = 0;
    char text[24];
    *out = 0;
    if (!slice || slice->n == 0 || slice->type == 'n')
        return true;
    if (slice->type == '0')
        return qt__slice_u64(slice, out);
    if (slice->type != '"' || slice->n >= sizeof text)
        return false;
    memcpy(text, slice->p, slice->n);
    text[slice->n] = '\0';
    bool is_good = qt_int_parse(text, &id) && id >= 0;
    *out = is_good ? (uint64_t)id : 0;
    return is_good;
}

static bool
read_ids(struct qt__bn_incoming *m, struct qt_report *report, enum qt_codec_verdict *verdict)
{
    const struct qt__slice *own = qt__bn_field(m->f, QT__F_ALGO_CLIENT);
    uint64_t client_id = 0;
    if (own && own->type == '"')
        (void)!qt_client_id_parse(own->p, own->n, m->in->tag, &client_id);
    if (!qt__bn_need_u64(m, QT__F_ALGO_ID, &report->venue_id, verdict))
        return false;
    if (!slice_id(qt__bn_field(m->f, QT__F_ALGO_ORDER), &m->out->algo_became)) {
        *verdict = qt__bn_malformed(m, "an id is missing");
        return false;
    }
    report->client_id = m->out->algo_id = client_id;
    return true;
}

/* What the news is to the order's owner; TYPES: nothing yet. */
static enum qt_report_type
type_of(const struct qt__slice *status, enum qt_order_state state)
{
    if (qt__slice_is(status, "TRIGGERING") || qt__slice_is(status, "TRIGGERED"))
        return QT_REPORT_TYPES;
    if (state == QT_ORDER_OPEN)
        return QT_REPORT_ACCEPTED;
    if (state == QT_ORDER_CANCELLED)
        return QT_REPORT_CANCELLED;
    if (state == QT_ORDER_EXPIRED)
        return QT_REPORT_EXPIRED;
    return state == QT_ORDER_REJECTED ? QT_REPORT_REJECTED : QT_REPORT_TIMEOUT;
}

enum qt_codec_verdict
qt__bn_decode_algo_update(struct qt__bn_incoming *m)
{
    enum qt_codec_verdict verdict = QT_CODEC_SKIPPED;
    enum qt_order_state state;
    struct qt_event event;
    if (!qt__bn_event_begin(m, QT_EVENT_REPORT, 'T', &event))
        return qt__bn_malformed(m, "the time is no time");
    if (!qt__bn_into_part(m, 'o'))
        return qt__bn_malformed(m, "the order is missing");
    struct qt_report *report = &event.report;
    const struct qt__slice *status = qt__bn_field(m->f, 'X'), *side = qt__bn_field(m->f, 'S');
    if (!qt__bn_need_instrument(m, &verdict))
        return verdict;
    event.instrument = m->ins->id;
    if (!status || status->type != '"' || !qt__bn_algo_state_of(status->p, status->n, &state) ||
        !side || (!qt__slice_is(side, "BUY") && !qt__slice_is(side, "SELL")))
        return qt__bn_malformed(m, "side or state of the order is missing");
    if (!read_ids(m, report, &verdict) ||
        !qt__bn_need_decimal(m, 'q', m->ins->qty_scale, &report->qty.v, &verdict) ||
        !qt__bn_need_decimal(m, 'p', m->ins->px_scale, &report->px.v, &verdict))
        return verdict;
    if (m->out->algo_became)
        state = QT_ORDER_UNKNOWN; /* it may have filled: it is asked for */
    enum qt_report_type type = type_of(status, state);
    if (type == QT_REPORT_TYPES)
        return QT_CODEC_DECODED;
    if (report->px.v <= 0)
        report->px = QT_PX_NONE;
    report->cum_quote.v = -1;
    report->type = (uint8_t)type;
    report->state = (uint8_t)state;
    report->side = qt__slice_is(side, "BUY") ? QT_BUY : QT_SELL;
    report->code = type == QT_REPORT_REJECTED ? REFUSED_AT_TRIGGER : 0;
    qt__bn_event_push(m, &event);
    return QT_CODEC_DECODED;
}
