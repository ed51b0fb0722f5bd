/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first reading of the journal: which orders the session decided, what became of them, and what
 * that says of the venue.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "compare_priv.h"
#include "interrupt_priv.h"

/* A fee in the base asset is told in its smallest units and rounded up: of fewer, rounding counts.
 */
#define BASE_FEE_LEAST 50
#define BPS 10000

enum { HOLDINGS = 64 };

struct reading {
    struct qt__compare *compare;
    struct qt__queue_watch *watch;
    struct qt__impact_watch *impact;
    struct qt_error *err;
};

static bool
no_memory(struct reading *reading)
{
    return qt_fail(reading->err, QT_E_MEMORY, "no memory for the orders");
}

static double
ms_of(int64_t ns)
{
    return (double)ns / (double)QT_NS_PER_MS;
}

static bool
saw_time(struct reading *reading, enum qt__compare_time which, int64_t ns)
{
    return ns <= 0 || qt__samples_add(&reading->compare->seen.time_ms[which], ms_of(ns)) ||
           no_memory(reading);
}

/* Decisions */

static bool
take_order(struct reading *reading, const struct qt_decision *decision)
{
    struct qt__compare *compare = reading->compare;
    const struct qt_order_request *request = &decision->order;
    struct qt_order_change change;
    if (request->instrument >= qt_universe_count(compare->head->universe) ||
        qt__compare_find(compare, request->client_id))
        return qt_fail(reading->err, QT_E_DATA,
                       "event %llu: an order of the journal is not of its session",
                       (unsigned long long)decision->seq);
    struct qt__compare_row *row = qt__compare_add(compare, decision);
    if (!row)
        return no_memory(reading);
    qt__impact_watch_order(reading->impact, row);
    struct qt_order *order =
        qt_orders_add(compare->orders, qt_universe_at(compare->head->universe, request->instrument),
                      request, QT_PURPOSE_ENTRY, decision->seq, decision->t_ns);
    if (!order)
        return qt_fail(reading->err, QT_E_DATA,
                       "event %llu: more orders are alive at once than a comparison can follow",
                       (unsigned long long)decision->seq);
    (void)qt_orders_sent(compare->orders, order, decision->t_ns, &change);
    return true;
}

static void
note_cancel(struct reading *reading, struct qt_order *order, int64_t t_ns)
{
    struct qt_order_change change;
    struct qt__compare_row *row = qt__compare_find(reading->compare, order->request.client_id);
    (void)qt_orders_cancel_sent(reading->compare->orders, order, t_ns, &change);
    if (row)
        row->cancel_ns = t_ns;
}

static void
take_cancel(struct reading *reading, const struct qt_decision *decision)
{
    const struct qt_cancel *cancel = &decision->cancel;
    struct qt_orders *orders = reading->compare->orders;
    struct qt_order *order = qt_orders_find(orders, cancel->client_id), *next;
    if (cancel->client_id != 0) {
        if (order)
            note_cancel(reading, order, decision->t_ns);
        return;
    }
    for (order = qt_orders_first(orders); order; order = next) {
        next = qt_orders_after(orders, order);
        if (order->request.instrument == cancel->instrument)
            note_cancel(reading, order, decision->t_ns);
    }
}

static bool
take_decision(struct reading *reading, const struct qt_decision *decision)
{
    if (decision->kind == QT_DECISION_ORDER)
        return take_order(reading, decision);
    if (decision->kind == QT_DECISION_CANCEL)
        take_cancel(reading, decision);
    return true;
}

/* Reports */

/* From the word of the account's stream, or 0: there was none yet, to the answer. */
static bool
see_behind(struct reading *reading, enum qt__compare_time which, int64_t word_ns, int64_t answer_ns)
{
    if (word_ns != 0)
        return saw_time(reading, which, answer_ns - word_ns);
    reading->compare->seen.first[which]++;
    return true;
}

/* The answer to an order or to its cancel, before it is taken. */
static bool
see_own_answer(struct reading *reading, const struct qt_event *event,
               const struct qt__compare_row *row)
{
    uint8_t type = event->report.type;
    if (event->report.sent_ns == 0)
        return true;
    if (type == QT_REPORT_ACCEPTED)
        return see_behind(reading, QT__TIME_ORDER_BEHIND, row->recorded.word_ns, event->t_recv_ns);
    return type != QT_REPORT_CANCELLED ||
           see_behind(reading, QT__TIME_CANCEL_BEHIND, row->cancelled_ns, event->t_recv_ns);
}

/* From sending a request to its answer. */
static bool
see_answer(struct reading *reading, const struct qt_event *event)
{
    static const struct {
        uint8_t type;
        enum qt__compare_time time;
    } answers[] = {{QT_REPORT_ACCEPTED, QT__TIME_ORDER_ANSWER},
                   {QT_REPORT_REJECTED, QT__TIME_ORDER_ANSWER},
                   {QT_REPORT_CANCELLED, QT__TIME_CANCEL_ANSWER},
                   {QT_REPORT_CANCEL_REJECTED, QT__TIME_CANCEL_ANSWER},
                   {QT_REPORT_STATUS, QT__TIME_QUERY_ANSWER},
                   {QT_REPORT_NOT_FOUND, QT__TIME_QUERY_ANSWER}};
    if (event->report.sent_ns == 0)
        return true;
    for (size_t i = 0; i < QT_COUNT_OF(answers); i++)
        if (answers[i].type == event->report.type)
            return saw_time(reading, answers[i].time, event->t_recv_ns - event->report.sent_ns);
    return true;
}

static bool
see_fee(struct reading *reading, const struct qt_instrument *ins, const struct qt_fill *fill)
{
    struct qt__compare_seen *seen = &reading->compare->seen;
    double quote = qt_money_to_double(fill->quote, QT_MONEY_SCALE);
    seen->has_base_fees |= fill->fee_in_base && qt_money_sign(fill->fee) != 0;
    if (fill->is_from_read || quote <= 0 ||
        (fill->fee_in_base && qt_money_units(fill->fee) < BASE_FEE_LEAST))
        return true;
    return qt__samples_add(fill->is_maker ? &seen->maker_bps : &seen->taker_bps,
                           BPS * qt__compare_fee(ins, fill) / quote) ||
           no_memory(reading);
}

/* The venue's first word on an order: how long it took, and whether it rests. */
static bool
see_word(struct reading *reading, const struct qt_event *event, size_t at)
{
    const struct qt__compare_row *row = &reading->compare->rows[at];
    bool is_refusal = event->report.type == QT_REPORT_REJECTED;
    if (is_refusal && event->report.code == 0)
        return true; /* our own: it never left */
    if (!is_refusal && event->report.type != QT_REPORT_ACCEPTED &&
        event->report.type != QT_REPORT_FILL)
        return true;
    if (!saw_time(reading, QT__TIME_ORDER_WORD, row->recorded.word_ns - row->decided_ns))
        return false;
    return event->report.type != QT_REPORT_ACCEPTED ||
           qt__queue_watch_begin(reading->watch, reading->compare, at) || no_memory(reading);
}

static bool
see_cancelled(struct reading *reading, const struct qt_event *event, struct qt__compare_row *row)
{
    int64_t sent_ns = row->cancel_ns;
    if (event->report.type != QT_REPORT_CANCELLED)
        return true;
    if (row->cancelled_ns == 0)
        row->cancelled_ns = event->t_recv_ns;
    if (sent_ns == 0)
        return true;
    row->cancel_ns = 0;
    return saw_time(reading, QT__TIME_CANCEL_WORD, event->t_recv_ns - sent_ns);
}

static bool
take_report(struct reading *reading, const struct qt_event *event)
{
    struct qt__compare *compare = reading->compare;
    struct qt_fill fill;
    if (!see_answer(reading, event))
        return false;
    struct qt__compare_row *row = qt__compare_find(compare, event->report.client_id);
    if (!row || row->request.instrument != event->instrument)
        return true;
    if (!see_own_answer(reading, event, row))
        return false;
    bool was_silent = row->recorded.word_ns == 0;
    bool is_filled = qt__compare_take(compare, event, &row->recorded, &fill);
    if (was_silent && row->recorded.word_ns != 0 &&
        !see_word(reading, event, (size_t)(row - compare->rows)))
        return false;
    if (is_filled) {
        const struct qt_instrument *ins =
            qt_universe_at(compare->head->universe, event->instrument);
        qt__queue_watch_fill(reading->watch, compare, event, &fill);
        qt__impact_watch_fill(reading->impact, compare, event, &fill);
        if (!see_fee(reading, ins, &fill))
            return false;
    }
    if (row->recorded.end_ns != 0)
        qt__queue_watch_end(reading->watch, compare, row->request.client_id, event->instrument);
    return see_cancelled(reading, event, row);
}

static struct qt__compare_holding *
find_holding(const struct qt__compare *compare, const char *asset)
{
    for (size_t i = 0; i < compare->n_holding; i++)
        if (strcmp(compare->holding[i].asset, asset) == 0)
            return &compare->holding[i];
    return NULL;
}

/* The account as it was first read; a read that was given up may have told of an asset before. */
static bool
take_balance(struct reading *reading, const struct qt_balance *balance)
{
    struct qt__compare *compare = reading->compare;
    qt_money amount;
    if (compare->is_account_read || !qt_money_add(balance->free, balance->locked, &amount))
        return true;
    struct qt__compare_holding *row = find_holding(compare, balance->asset);
    if (row) {
        row->amount = amount;
        return true;
    }
    if (compare->n_holding == compare->holding_room) {
        size_t room = compare->holding_room ? 2 * compare->holding_room : HOLDINGS;
        struct qt__compare_holding *holding =
            realloc(compare->holding, room * sizeof *compare->holding);
        if (!holding)
            return no_memory(reading);
        compare->holding = holding;
        compare->holding_room = room;
    }
    row = &compare->holding[compare->n_holding++];
    row->amount = amount;
    qt_copy(row->asset, sizeof row->asset, balance->asset);
    return true;
}

static bool
take_event(struct reading *reading, const struct qt_event *event)
{
    struct qt__compare *compare = reading->compare;
    if (compare->events++ == 0)
        compare->from_ns = event->t_recv_ns;
    compare->to_ns = event->t_recv_ns;
    if (event->kind == QT_EVENT_QUOTE || event->kind == QT_EVENT_TRADE)
        qt__queue_watch_market(reading->watch, compare, event);
    if (!qt__impact_watch_market(reading->impact, compare, event))
        return no_memory(reading);
    compare->is_account_read |= event->kind == QT_EVENT_SYNC;
    if (event->kind == QT_EVENT_BALANCE)
        return take_balance(reading, &event->balance);
    return event->kind != QT_EVENT_REPORT || take_report(reading, event);
}

static bool
read_all(struct reading *reading, struct qt_journal_reader *reader)
{
    const struct qt_event *event = NULL;
    const struct qt_decision *decision = NULL;
    while (!qt__interrupted()) {
        switch (qt_journal_next(reader, &event, &decision, reading->err)) {
        case QT_JOURNAL_EVENT:
            if (!take_event(reading, event))
                return false;
            break;
        case QT_JOURNAL_DECISION:
            if (!take_decision(reading, decision))
                return false;
            break;
        case QT_JOURNAL_END:
            reading->compare->ending = qt_journal_reader_ending(reader);
            return qt__queue_watch_close(reading->watch, reading->compare) || no_memory(reading);
        case QT_JOURNAL_FAILED:
            return false;
        }
    }
    return qt_fail(reading->err, QT_E_FAILED, "interrupted");
}

/* Did the exchange run inside the program? */
static bool
is_inside(const struct qt_journal_head *head)
{
    return strcmp(head->run_kind, "paper") == 0 || strcmp(head->run_kind, "record") == 0 ||
           strcmp(head->run_kind, "backtest") == 0;
}

bool
qt__compare_read(struct qt__compare *compare, struct qt_journal_reader *reader,
                 struct qt_error *err)
{
    struct reading reading = {.compare = compare, .err = err};
    if (!qt__compare_open_orders(compare, err))
        return false;
    reading.watch = qt__queue_watch_create(compare->head->universe, is_inside(compare->head));
    reading.impact = qt__impact_watch_create(compare->head->universe);
    bool is_good =
        reading.watch && reading.impact ? read_all(&reading, reader) : no_memory(&reading);
    qt__queue_watch_destroy(reading.watch);
    qt__impact_watch_destroy(reading.impact);
    return is_good;
}
