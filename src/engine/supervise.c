/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must happen without a tick or a report: orders that nobody answered become unknown and are
 * asked for until the venue has said what they are; resting entries are withdrawn when entries are
 * not allowed; the account is read; plans of quiet symbols see the time.
 */
#include <stdio.h>

#include "engine_priv.h"

/* Between two questions about one order; about one that rests, which reports tell of. */
static const int64_t ASK_NS = 2 * QT_NS_PER_S, ASK_RESTING_NS = 30 * QT_NS_PER_S;

/* A moment of the order's own beat lies between the last cycle and this one. */
static bool
is_beat(const struct qt_engine *engine, const struct qt_order *order)
{
    bool is_limit = order->request.type == QT_TYPE_LIMIT && order->request.tif == QT_TIF_GTC;
    bool rests = (order->purpose == QT_PURPOSE_VENUE_STOP || is_limit) &&
                 order->state == QT_ORDER_OPEN;
    int64_t period = rests ? ASK_RESTING_NS : ASK_NS;
    if (engine->last_cycle_ns == QT_TIME_NONE || engine->last_cycle_ns < order->sent_ns)
        return true;
    return (engine->now_ns - order->sent_ns) / period !=
           (engine->last_cycle_ns - order->sent_ns) / period;
}

static void
time_out(struct qt_engine *engine, struct qt_order *order)
{
    struct qt_order_change change;
    if (qt_orders_timeout(qt__orders_of(engine, order->request.instrument), order, engine->now_ns,
                          &change) != QT_ORDERS_APPLIED)
        return;
    qt__record_order(engine, order, engine->seq, engine->now_ns);
    qt__note(engine, QT_SEVERITY_WARN, QT_TOPIC_TRADE, engine->seq, engine->now_ns,
             "%s: no answer to the %s order: asking the venue",
             engine->symbol[order->request.instrument].ins->symbol,
             qt_order_purpose_name((enum qt_order_purpose)order->purpose));
}

static void
supervise_order(struct qt_engine *engine, struct qt_order *order)
{
    int64_t patience = engine->options.engine->order_timeout_ms * QT_NS_PER_MS;
    bool is_late = engine->now_ns - order->sent_ns >= patience;
    bool is_resting = order->state == QT_ORDER_OPEN || order->state == QT_ORDER_PARTIAL;
    if (order->state == QT_ORDER_PENDING && is_late)
        time_out(engine, order);
    if (!is_beat(engine, order))
        return;
    bool may_enter = qt_mode_allows_entry(engine->mode) &&
                     !engine->symbol[order->request.instrument].is_halted;
    if (order->purpose == QT_PURPOSE_ENTRY && is_resting && !may_enter)
        qt__cancel(engine, order);
    else if (order->state == QT_ORDER_UNKNOWN || (is_late && order->state != QT_ORDER_PENDING))
        qt__query(engine, order);
}

static void
supervise_orders(struct qt_engine *engine)
{
    for (unsigned p = 0; p < QT_PARTITIONS; p++) {
        struct qt_orders *orders = engine->partition[p].orders;
        struct qt_order *next;
        for (struct qt_order *order = qt_orders_first(orders); order; order = next) {
            next = qt_orders_after(orders, order);
            supervise_order(engine, order);
        }
    }
}

static void
read_account(struct qt_engine *engine)
{
    const struct qt_sync *sync = &engine->sync;
    int64_t period = engine->options.engine->sync_s * QT_NS_PER_S;
    if (sync->done_ns == QT_TIME_NONE)
        period = ASK_NS; /* the first read is needed for anything at all */
    if (sync->asked_ns != QT_TIME_NONE && engine->now_ns - sync->asked_ns < period)
        return;
    qt__read_account(engine);
}

/* When a fifth of the market is not to be believed, it is the feed and not the symbols. */
static void
watch_data(struct qt_engine *engine)
{
    enum { AT_LEAST = 5, SHARE = 5 };
    uint32_t bad = 0;
    for (uint32_t i = 0; i < engine->symbols; i++)
        bad += qt_quality_is_bad(&engine->symbol[i].quality, engine->now_ns);
    if (bad < AT_LEAST || bad * SHARE < engine->symbols || engine->is_shut)
        return;
    char reason[80];
    snprintf(reason, sizeof reason, "market data of %u symbols are bad", bad);
    engine->is_shut = true;
    qt__engine_stops(engine, QT_COMMAND_PAUSE, reason);
}

void
qt__supervise(struct qt_engine *engine, uint64_t seq, unsigned *n)
{
    supervise_orders(engine);
    read_account(engine);
    watch_data(engine);
    for (uint32_t i = 0; i < engine->symbols && *n < 100; i++)
        if (engine->symbol[i].has_plan &&
            qt__exits(engine, &engine->symbol[i], qt_client_id(seq, *n), engine->now_ns))
            ++*n;
    for (uint32_t i = 0; i < engine->symbols && *n < 100; i++)
        qt__leave_changed(engine, &engine->symbol[i], seq, n);
    qt__guard_cycle(engine, seq, n);
}
