/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Orders: place, cancel, ask. What the venue answers becomes reports; what it does not answer
 * becomes TIMEOUT (rule B4), never REJECTED. Answers and the user stream tell the same story twice:
 * fills carry their trade id, by which the engine tells one from the other.
 */
#include "session_priv.h"

#include "qtrade/base/time.h"

#define QUERY_MAX 512
#define FILLS_MAX                                                                                  \
    256 /* of one answer; more: the state alone is told, the stream brings the fills */

static struct qt_event
report_event(struct qt_binance *self, uint32_t instrument, const struct qt_report *report)
{
    int64_t now = qt__bn_utc(self);
    return (struct qt_event){.t_venue_ns = now,
                             .t_recv_ns = now,
                             .instrument = instrument,
                             .kind = QT_EVENT_REPORT,
                             .report = *report};
}

void
qt__bn_push_report(struct qt_binance *self, const struct qt__bn_order_answer *order,
                   const struct qt_report *report, uint16_t flags)
{
    struct qt_event event = report_event(self, order->instrument, report);
    event.flags = flags;
    if (order->t_venue_ns != QT_TIME_NONE)
        event.t_venue_ns = order->t_venue_ns;
    qt__bn_push(self, &event);
}

void
qt__bn_push_bare(struct qt__bn_call *call, enum qt_report_type type, enum qt_order_state state,
                 int32_t code)
{
    const struct qt_report report = {.client_id = call->client_id,
                                     .px = QT_PX_NONE,
                                     .cum_quote = {-1},
                                     .sent_ns = type == QT_REPORT_TIMEOUT ? 0 : call->sent_utc_ns,
                                     .code = code,
                                     .type = (uint8_t)type,
                                     .state = (uint8_t)state};
    struct qt_event event = report_event(call->self, call->instrument, &report);
    qt__bn_push(call->self, &event);
}

/* One order out of an answer; false: it is none of the instrument that was asked about. */
static bool
read_order(struct qt__bn_call *call, const json_t *root, struct qt__bn_order_answer *out)
{
    return qt__bn_decode_order(root, call->self->universe, call->self->tag, out) &&
           out->instrument == call->instrument;
}

static json_t *
load(const struct qt__bn_answer *answer)
{
    json_error_t error;
    return json_loadb(answer->body, answer->length, JSON_REJECT_DUPLICATES, &error);
}

static bool
surely_not_done(enum qt_venue_verdict verdict)
{
    return verdict != QT_VENUE_UNKNOWN;
}

/* Placing */

/* ACCEPTED, then each fill, then the end if it is one that no fill tells: an IOC's rest, an expiry.
 */
static void
push_placed(struct qt_binance *self, const struct qt__bn_order_answer *order, const json_t *root,
            int64_t sent_ns)
{
    struct qt_report fills[FILLS_MAX], report = order->status;
    const struct qt_instrument *ins = qt_universe_at(self->universe, order->instrument);
    size_t n = 0;
    report.type = QT_REPORT_ACCEPTED;
    report.state = QT_ORDER_OPEN;
    report.cum_qty = QT_QTY_ZERO;
    report.cum_quote = QT_MONEY_ZERO;
    report.sent_ns = sent_ns;
    qt__bn_push_report(self, order, &report, 0);
    if (!qt__bn_decode_fills(root, ins, &order->status, fills, FILLS_MAX, &n,
                             &self->stats.foreign_fees))
        n = 0;
    for (size_t i = 0; i < n; i++)
        qt__bn_push_report(self, order, &fills[i], 0);
    qt_qty told = n > 0 ? fills[n - 1].cum_qty : QT_QTY_ZERO;
    report = order->status;
    if (report.state == QT_ORDER_EXPIRED)
        report.type = QT_REPORT_EXPIRED;
    else if (report.state == QT_ORDER_CANCELLED)
        report.type = QT_REPORT_CANCELLED;
    else if (qt_qty_cmp(told, report.cum_qty) == 0)
        return;
    qt__bn_push_report(self, order, &report, 0);
}

static void
on_placed(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    struct qt__bn_order_answer order;
    json_t *root = answer->is_good ? load(answer) : NULL;
    if (root && read_order(call, root, &order)) {
        order.status.client_id = call->client_id;
        push_placed(call->self, &order, root, call->sent_utc_ns);
    } else if (!answer->is_good && surely_not_done(answer->verdict)) {
        qt__bn_push_bare(call, QT_REPORT_REJECTED, QT_ORDER_REJECTED, answer->code);
    } else { /* no answer, a 5xx, or an answer that cannot be read: it may stand */
        call->self->stats.malformed += answer->is_good;
        qt__bn_push_bare(call, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, answer->code);
    }
    json_decref(root);
}

bool
qt__bn_submit(void *context, const struct qt_order_request *order)
{
    struct qt_binance *self = context;
    char buffer[QUERY_MAX];
    struct qt_text query;
    if (order->instrument >= self->n_symbols || self->is_key_refused || !self->is_started)
        return false;
    qt_text_init(&query, buffer, sizeof buffer);
    if (!qt__bn_encode(self->product->words, qt_universe_at(self->universe, order->instrument),
                       self->tag, order, &query))
        return false;
    bool is_algo = qt__bn_is_algo(self->product->words, (enum qt_order_type)order->type);
    const struct qt__bn_request request = {.what = is_algo ? QT__BN_PLACE_ALGO : QT__BN_PLACE,
                                           .query = buffer,
                                           .timeout_ms = self->order_timeout_ms,
                                           .done = is_algo ? qt__bn_on_algo_placed : on_placed,
                                           .instrument = order->instrument,
                                           .client_id = order->client_id};
    if (is_algo)
        qt__bn_algo_note(self, order->client_id, 0);
    return qt__bn_rest_send(self, &request, NULL) == QT__BN_SENT;
}

/* Cancelling */

static void
push_cancelled(struct qt__bn_call *call, struct qt__bn_order_answer *order, int64_t sent_ns)
{
    order->status.type =
        order->status.state == QT_ORDER_CANCELLED ? QT_REPORT_CANCELLED : QT_REPORT_STATUS;
    order->status.sent_ns = order->status.type == QT_REPORT_CANCELLED ? sent_ns : 0;
    qt__bn_push_report(call->self, order, &order->status, 0);
}

/* The book does not know it, and it may be a conditional order that is not remembered. */
static bool
is_other_kind(const struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    return call->may_be_algo && !answer->is_good && answer->verdict == QT_VENUE_NOT_FOUND;
}

static void
on_cancelled(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    if (is_other_kind(call, answer) &&
        qt__bn_algo_cancel(call->self, call->instrument, call->client_id))
        return;
    struct qt__bn_order_answer order;
    json_t *root = answer->is_good ? load(answer) : NULL;
    if (root && read_order(call, root, &order)) {
        order.status.client_id = call->client_id;
        push_cancelled(call, &order, call->sent_utc_ns);
    } else if (!answer->is_good && surely_not_done(answer->verdict)) {
        qt__bn_push_bare(call, QT_REPORT_CANCEL_REJECTED, QT_ORDER_UNKNOWN, answer->code);
    } else {
        call->self->stats.malformed += answer->is_good;
        qt__bn_push_bare(call, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, answer->code);
    }
    json_decref(root);
}

const char *
qt__bn_write_order_id(const struct qt_binance *self, uint32_t instrument, uint64_t venue_id,
                      char *out, size_t size)
{
    snprintf(out, size, "symbol=%s&orderId=%llu",
             qt_universe_at(self->universe, instrument)->symbol, (unsigned long long)venue_id);
    return out;
}

const char *
qt__bn_write_client_id(const struct qt_binance *self, uint32_t instrument, uint64_t client_id,
                       char *out, size_t size)
{
    char id[QT_CLIENT_ID_TEXT];
    snprintf(out, size, "symbol=%s&origClientOrderId=%s",
             qt_universe_at(self->universe, instrument)->symbol,
             qt_client_id_format(self->tag, client_id, id));
    return out;
}

bool
qt__bn_cancel(void *context, uint32_t instrument, uint64_t client_id)
{
    struct qt_binance *self = context;
    char buffer[QUERY_MAX];
    const struct qt__bn_algo *algo = qt__bn_algo_find(self, client_id);
    if (instrument >= self->n_symbols || !self->is_started)
        return false;
    if (algo && !algo->became)
        return qt__bn_algo_cancel(self, instrument, client_id);
    if (algo)
        qt__bn_write_order_id(self, instrument, algo->became, buffer, sizeof buffer);
    else
        qt__bn_write_client_id(self, instrument, client_id, buffer, sizeof buffer);
    const struct qt__bn_request request = {.what = QT__BN_CANCEL, .query = buffer,
                                           .timeout_ms = self->order_timeout_ms,
                                           .done = on_cancelled,
                                           .instrument = instrument,
                                           .client_id = client_id,
                                           .may_be_algo = qt__bn_has_algos(self) && !algo};
    return qt__bn_rest_send(self, &request, NULL) == QT__BN_SENT;
}

/* Whatever came of it, the account is read afterwards: an answer that was lost may have cancelled.
 */
static void
on_all_cancelled(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    struct qt_binance *self = call->self;
    json_t *root = answer->is_good ? load(answer) : NULL, *row;
    size_t i;
    json_array_foreach(root, i, row)
    {
        struct qt__bn_order_answer order;
        if (read_order(call, row, &order))
            push_cancelled(call, &order, 0);
    }
    json_decref(root);
    if (!answer->is_good && surely_not_done(answer->verdict))
        qt__bn_push_bare(call, QT_REPORT_CANCEL_REJECTED, QT_ORDER_UNKNOWN, answer->code); /* of no id */
    (void)qt__bn_account_sync(self);
}

bool
qt__bn_cancel_all(void *context, uint32_t instrument)
{
    struct qt_binance *self = context;
    char buffer[QUERY_MAX];
    struct qt_text query;
    if (instrument >= self->n_symbols || !self->is_started)
        return false;
    qt_text_init(&query, buffer, sizeof buffer);
    qt_text_addf(&query, "symbol=%s", qt_universe_at(self->universe, instrument)->symbol);
    struct qt__bn_request request = {.what = QT__BN_CANCEL_ALL, .query = buffer,
                                     .timeout_ms = self->order_timeout_ms,
                                     .done = on_all_cancelled,
                                     .instrument = instrument};
    bool is_sent = qt__bn_rest_send(self, &request, NULL) == QT__BN_SENT;
    if (!qt__bn_has_algos(self))
        return is_sent;
    request.what = QT__BN_CANCEL_ALGOS;
    return (qt__bn_rest_send(self, &request, NULL) == QT__BN_SENT) && is_sent;
}

/* Asking */

static void
on_status(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    struct qt__bn_order_answer order;
    if (is_other_kind(call, answer)) {
        if (!qt__bn_algo_query(call->self, call->instrument, call->client_id))
            qt__bn_push_bare(call, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0); /* half asked */
        return;
    }
    json_t *root = answer->is_good ? load(answer) : NULL;
    if (root && read_order(call, root, &order)) {
        order.status.client_id = call->client_id;
        order.status.sent_ns = call->sent_utc_ns;
        if (!qt__bn_ask_trades(call->self, &order))
            qt__bn_push_report(call->self, &order, &order.status, 0);
    } else if (!answer->is_good && answer->verdict == QT_VENUE_NOT_FOUND) {
        qt__bn_push_bare(call, QT_REPORT_NOT_FOUND, QT_ORDER_UNKNOWN, answer->code);
    } else {
        call->self->stats.malformed += answer->is_good;
        qt__bn_push_bare(call, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, answer->code);
    }
    json_decref(root);
}

bool
qt__bn_query(void *context, uint32_t instrument, uint64_t client_id)
{
    struct qt_binance *self = context;
    char buffer[QUERY_MAX];
    if (instrument >= self->n_symbols || !self->is_started)
        return false;
    if (qt__bn_algo_find(self, client_id))
        return qt__bn_algo_query(self, instrument, client_id);
    qt__bn_write_client_id(self, instrument, client_id, buffer, sizeof buffer);
    const struct qt__bn_request request = {.what = QT__BN_QUERY, .query = buffer,
                                           .timeout_ms = self->order_timeout_ms,
                                           .done = on_status,
                                           .instrument = instrument,
                                           .client_id = client_id,
                                           .may_be_algo = qt__bn_has_algos(self)};
    return qt__bn_rest_send(self, &request, NULL) == QT__BN_SENT;
}
