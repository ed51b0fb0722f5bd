/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Orders that ended, and not all of whose fills were told: a read brought their sum, and the fee,
 * perhaps the price too, is missing in the books (R3 and R4 of trade/order.h). After each read of
 * the account they are asked for again, until the venue lists their trades. One that is alive is
 * asked for anyway (supervise.c), and one that ended long ago is not worth it: its difference in
 * cash is booked as an adjustment (book.c).
 */
#include "engine_priv.h"

enum {
    LATELY_S = 600, /* since an order ended; at least two reads of the account */
    ASK_MAX = 8     /* orders of one owner asked for after one read */
};

static void
ask(struct qt_engine *engine, const struct qt_orders *orders)
{
    int64_t lately_s = QT_MAX((int64_t)LATELY_S, 2 * engine->options.engine->sync_s);
    const struct qt_order *order;
    unsigned asked = 0;
    for (uint32_t n = 0; asked < ASK_MAX && (order = qt_orders_past(orders, n)) != NULL; n++) {
        if (qt_order_is_explained(order) ||
            engine->now_ns - order->updated_ns > lately_s * QT_NS_PER_S)
            continue;
        qt__query(engine, order);
        asked++;
    }
}

void
qt__unexplained_ask(struct qt_engine *engine)
{
    for (unsigned p = 0; p < QT_PARTITIONS; p++)
        ask(engine, engine->partition[p].orders);
}
