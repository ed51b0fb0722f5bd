/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Conditional orders where they are a service of their own (USD-M since December 2025). Sources:
 * Binance, USD-M Futures: change log of 2025-11-06; New, Cancel and Query Algo Order; Current All
 * Algo Open Orders; Event: Algo Order Update; all as of 2026.
 *
 *     placed       POST algoOrder, our id as clientAlgoId; its answer and ALGO_UPDATE say NEW
 *     triggered    it becomes an ordinary order with an id of its own: ORDER_TRADE_UPDATE tells its
 *                  fills, under our id as its client id, as it was seen; that is documented
 *                  nowhere, so one under another id is known by the order's ("ai" of ALGO_UPDATE)
 *     asked for    GET algoOrder by clientAlgoId; once it triggered, GET order: the order that it
 *                  became, by that id, or by ours where that is not told
 *     cancelled    DELETE algoOrder while it waits, DELETE order afterwards
 *
 * L1: to the engine both are one order, by our id. L2: how it stands after the trigger only the
 * order that it became says, so TRIGGERING, FINISHED and whatever names such an order are answered
 * by asking (TIMEOUT), never by what this service says of it; news of fills may come before and
 * after. L3: whose kind is not known any more (a restart, many orders later) is asked at both
 * services, the book's first, before it counts as not found. L4: where the book does not know the
 * order that it became, what this service tells is its end, if it is one: cancelled, expired, refused,
 * or finished with nothing filled; but not before twice the window of a request has passed since, for
 * the book may be late. Where this service tells of no end either (TRIGGERING for long), it is asked
 * again.
 */
#include "session_priv.h"

#include <stdio.h>

#include "qtrade/base/time.h"

#define QUERY_MAX 256

bool
qt__bn_has_algos(const struct qt_binance *self)
{
    return self->product->words->has_algos;
}

static size_t
known(const struct qt_binance *self)
{
    return QT_MIN(self->algos.next, QT_COUNT_OF(self->algos.rows));
}

const struct qt__bn_algo *
qt__bn_algo_find(const struct qt_binance *self, uint64_t client_id)
{
    for (size_t i = 0; i < known(self) && client_id; i++)
        if (self->algos.rows[i].client_id == client_id)
            return &self->algos.rows[i];
    return NULL;
}

void
qt__bn_algo_note(struct qt_binance *self, uint64_t client_id, uint64_t became)
{
    if (client_id == 0)
        return;
    struct qt__bn_algo *row = (struct qt__bn_algo *)qt__bn_algo_find(self, client_id);
    if (!row) {
        row = &self->algos.rows[self->algos.next++ % QT_COUNT_OF(self->algos.rows)];
        *row = (struct qt__bn_algo){.client_id = client_id};
    }
    if (became)
        row->became = became;
}

uint64_t
qt__bn_algo_of(const struct qt_binance *self, uint64_t venue_id)
{
    for (size_t i = 0; i < known(self) && venue_id; i++)
        if (self->algos.rows[i].became == venue_id)
            return self->algos.rows[i].client_id;
    return 0;
}

static bool
read_algo(struct qt__bn_call *call, const struct qt__bn_answer *answer,
          struct qt__bn_algo_answer *out)
{
    json_error_t error;
    json_t *root = answer->is_good
                       ? json_loadb(answer->body, answer->length, JSON_REJECT_DUPLICATES, &error)
                       : NULL;
    bool is_good = root && qt__bn_decode_algo(root, call->self->universe, call->self->tag, out) &&
                   out->order.instrument == call->instrument &&
                   out->order.status.client_id == call->client_id;
    json_decref(root);
    return is_good;
}

/* clientAlgoId=.. */
static const char *
write_id(const struct qt_binance *self, uint64_t client_id, char out[QUERY_MAX])
{
    char id[QT_CLIENT_ID_TEXT];
    snprintf(out, QUERY_MAX, "clientAlgoId=%s", qt_client_id_format(self->tag, client_id, id));
    return out;
}

static bool
send(struct qt_binance *self, enum qt__bn_what what, const char *query, qt__bn_answer_fn done,
     uint32_t instrument, uint64_t client_id)
{
    const struct qt__bn_request request = {.what = what,
                                           .query = query,
                                           .timeout_ms = self->order_timeout_ms,
                                           .done = done,
                                           .instrument = instrument,
                                           .client_id = client_id};
    return qt__bn_rest_send(self, &request, NULL) == QT__BN_SENT;
}

/* Placing */

void
qt__bn_on_algo_placed(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    struct qt__bn_algo_answer algo;
    if (read_algo(call, answer, &algo)) {
        struct qt_report report = algo.order.status;
        report.type = QT_REPORT_ACCEPTED;
        report.state = QT_ORDER_OPEN;
        report.sent_ns = call->sent_utc_ns;
        qt__bn_algo_note(call->self, call->client_id, algo.became);
        qt__bn_push_report(call->self, &algo.order, &report, 0);
        if (algo.order.status.state != QT_ORDER_OPEN) /* it has gone on since, or ended */
            qt__bn_push_bare(call, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0);
    } else if (!answer->is_good && answer->verdict != QT_VENUE_UNKNOWN) {
        qt__bn_push_bare(call, QT_REPORT_REJECTED, QT_ORDER_REJECTED, answer->code);
    } else {
        call->self->stats.malformed += answer->is_good;
        qt__bn_push_bare(call, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, answer->code);
    }
}

/* Cancelling */

static bool
is_done(const struct qt__bn_answer *answer)
{
    json_error_t error;
    json_t *root = answer->is_good
                       ? json_loadb(answer->body, answer->length, JSON_REJECT_DUPLICATES, &error)
                       : NULL;
    bool is_good = qt__bn_algo_is_cancelled(root);
    json_decref(root);
    return is_good;
}

/* Refused is also what triggered before: the engine asks then, and knows what it became. */
static void
on_algo_cancelled(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    if (is_done(answer)) {
        qt__bn_push_bare(call, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    } else if (!answer->is_good && answer->verdict != QT_VENUE_UNKNOWN) {
        qt__bn_push_bare(call, QT_REPORT_CANCEL_REJECTED, QT_ORDER_UNKNOWN, answer->code);
    } else {
        call->self->stats.malformed += answer->is_good;
        qt__bn_push_bare(call, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, answer->code);
    }
}

bool
qt__bn_algo_cancel(struct qt_binance *self, uint32_t instrument, uint64_t client_id)
{
    char query[QUERY_MAX];
    return send(self, QT__BN_CANCEL_ALGO, write_id(self, client_id, query), on_algo_cancelled,
                instrument, client_id);
}

/* Asking */

/* L4 */
static bool
has_surely_ended(struct qt_binance *self, const struct qt__bn_order_answer *algo)
{
    int64_t settled_ns = 2 * self->recv_window_ms * QT_NS_PER_MS;
    return qt_order_state_is_final((enum qt_order_state)algo->status.state) &&
           algo->t_venue_ns != QT_TIME_NONE && qt__bn_time_low(self) - algo->t_venue_ns > settled_ns;
}

static void
tell_became(struct qt__bn_call *call, struct qt__bn_order_answer *order)
{
    qt__bn_algo_note(call->self, call->client_id, order->status.venue_id);
    order->status.client_id = call->client_id;
    order->status.sent_ns = call->sent_utc_ns;
    if (!qt__bn_ask_trades(call->self, order))
        qt__bn_push_report(call->self, order, &order->status, 0);
}

/* How the order stands that it became. */
static void
on_became(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    struct qt__bn_order_answer order;
    json_error_t error;
    json_t *root = answer->is_good
                       ? json_loadb(answer->body, answer->length, JSON_REJECT_DUPLICATES, &error)
                       : NULL;
    if (root && qt__bn_decode_order(root, call->self->universe, call->self->tag, &order) &&
        order.instrument == call->instrument) {
        tell_became(call, &order);
    } else if (!answer->is_good && answer->verdict == QT_VENUE_NOT_FOUND &&
               has_surely_ended(call->self, &call->order)) {
        call->order.status.sent_ns = call->sent_utc_ns;
        qt__bn_push_report(call->self, &call->order, &call->order.status, 0);
    } else {
        call->self->stats.malformed += answer->is_good;
        qt__bn_push_bare(call, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, answer->code);
    }
    json_decref(root);
}

/* By its id, or where that is not told by ours, under which it was seen. */
static bool
ask_became(struct qt__bn_call *call, const struct qt__bn_algo_answer *algo)
{
    struct qt_binance *self = call->self;
    struct qt__bn_order_answer order = algo->order;
    char query[QUERY_MAX];
    if (algo->became)
        qt__bn_write_order_id(self, call->instrument, algo->became, query, sizeof query);
    else
        qt__bn_write_client_id(self, call->instrument, call->client_id, query, sizeof query);
    order.status.state = (uint8_t)algo->end;
    const struct qt__bn_request request = {.what = QT__BN_QUERY,
                                           .query = query,
                                           .timeout_ms = self->order_timeout_ms,
                                           .done = on_became,
                                           .instrument = call->instrument,
                                           .client_id = call->client_id,
                                           .order = &order};
    return qt__bn_rest_send(self, &request, NULL) == QT__BN_SENT;
}

static void
on_algo(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    struct qt__bn_algo_answer algo;
    if (read_algo(call, answer, &algo)) {
        struct qt_report *report = &algo.order.status;
        qt__bn_algo_note(call->self, call->client_id, algo.became);
        report->sent_ns = call->sent_utc_ns;
        if (report->state != QT_ORDER_UNKNOWN)
            qt__bn_push_report(call->self, &algo.order, report, 0);
        else if (!ask_became(call, &algo))
            qt__bn_push_bare(call, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0);
    } else if (!answer->is_good && answer->verdict == QT_VENUE_NOT_FOUND) {
        qt__bn_push_bare(call, QT_REPORT_NOT_FOUND, QT_ORDER_UNKNOWN, answer->code);
    } else {
        call->self->stats.malformed += answer->is_good;
        qt__bn_push_bare(call, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, answer->code);
    }
}

bool
qt__bn_algo_query(struct qt_binance *self, uint32_t instrument, uint64_t client_id)
{
    char query[QUERY_MAX];
    return send(self, QT__BN_QUERY_ALGO, write_id(self, client_id, query), on_algo, instrument,
                client_id);
}

/* The account's list */

bool
qt__bn_algos_check(const struct qt_binance *self, const json_t *list)
{
    size_t i;
    json_t *row;
    struct qt__bn_algo_answer algo;
    if (!json_is_array(list))
        return false;
    json_array_foreach(list, i, row)
    {
        if (!qt__bn_decode_algo(row, self->universe, self->tag, &algo))
            return false;
    }
    return true;
}

void
qt__bn_algos_push(struct qt_binance *self, const json_t *list)
{
    size_t i;
    json_t *row;
    struct qt__bn_algo_answer algo;
    json_array_foreach(list, i, row)
    {
        if (!qt__bn_decode_algo(row, self->universe, self->tag, &algo))
            continue;
        qt__bn_algo_note(self, algo.order.status.client_id, algo.became);
        if (algo.order.status.state == QT_ORDER_OPEN) /* the others are missed, and asked for */
            qt__bn_push_open(self, &algo.order);
    }
}
