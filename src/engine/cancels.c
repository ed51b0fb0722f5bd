/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When a cancel that the venue refused may go again: 1, 2, 4 ... 15 s after the refusal, at once
 * when something of the symbol has changed, or when everything is to be stopped. Of a cancel that
 * nobody answered, or that did not leave, this says nothing: it goes again with the next round. In one moment one goes.
 */
#include "engine_priv.h"

enum { WAIT_MAX_S = 15 };

bool
qt__cancel_may_go(const struct qt_order *order, int64_t now_ns)
{
    return now_ns >= order->cancel_after_ns && now_ns != order->cancel_ns;
}

bool
qt__cancel_all_may_go(const struct qt_engine *engine, uint32_t instrument)
{
    const struct qt_orders *orders = qt__orders_of(engine, instrument);
    for (const struct qt_order *order = qt_orders_first(orders); order;
         order = qt_orders_after(orders, order))
        if (order->request.instrument == instrument && qt__cancel_may_go(order, engine->now_ns))
            return true;
    return false;
}

static void
put_off(struct qt_order *order, int64_t now_ns)
{
    int64_t wait_s = QT_MIN(INT64_C(1) << order->cancel_refusals, (int64_t)WAIT_MAX_S);
    if (wait_s < WAIT_MAX_S)
        order->cancel_refusals++;
    order->cancel_after_ns = now_ns + wait_s * QT_NS_PER_S;
}

void
qt__cancel_refused(struct qt_engine *engine, const struct qt_symbol *symbol, uint64_t client_id,
                   int64_t now_ns)
{
    struct qt_orders *orders = qt__orders_of(engine, symbol->ins->id);
    for (struct qt_order *order = qt_orders_first(orders); order;
         order = qt_orders_after(orders, order))
        if (order->request.instrument == symbol->ins->id &&
            (client_id == 0 || order->request.client_id == client_id))
            put_off(order, now_ns);
}

void
qt__cancel_renew(struct qt_engine *engine, const struct qt_symbol *symbol)
{
    struct qt_orders *orders = qt__orders_of(engine, symbol->ins->id);
    for (struct qt_order *order = qt_orders_first(orders); order;
         order = qt_orders_after(orders, order)) {
        if (order->request.instrument != symbol->ins->id)
            continue;
        order->cancel_refusals = 0;
        order->cancel_after_ns = 0;
    }
}
