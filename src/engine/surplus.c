/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the venue holds of an asset beyond our position and what was there before us: deposits and
 * purchases by others. It counts as not ours from then on; nobody here may sell it, so a
 * liquidation that took it for ours would never be flat.
 *
 * X1: it is believed at the second of two reads in a row that show the same, with no order of the
 * symbol alive at either but a stop that rests. X2: it is believed only where no order of ours can
 * have bought it. An order ends by the venue's word, and that word brings all that was filled
 * (trade/report.c books it, whether a fill was told or not); but a cancel may be told before a fill
 * that won the race, and "not found" may be wrong. So each purchase of ours that ended lately and
 * is not full is asked for once more after the surplus was seen, and as long as one is not answered
 * nothing is believed. X3: this holds in a liquidation too: what an order of ours did buy becomes a
 * position by its answer and is sold, and the rest is not ours.
 *
 * An order that ended in an earlier run is not asked for: what is there at the first read of a run
 * beyond the positions of the books is not ours either.
 */
#include "engine_priv.h"

enum {
    LATELY_S = 600, /* since an order ended; at least two reads of the account */
    ASK_MAX = 8     /* orders asked for after one read */
};

/* A purchase that ended short of its quantity, of which nothing was heard since the surplus. */
static bool
is_doubtful(const struct qt_engine *engine, const struct qt_symbol *symbol,
            const struct qt_order *order)
{
    int64_t lately_s = QT_MAX((int64_t)LATELY_S, 2 * engine->options.engine->sync_s);
    return order->request.instrument == symbol->ins->id && order->request.side == QT_BUY &&
           qt_qty_cmp(order->cum_qty, order->request.qty) < 0 &&
           order->answered_read < symbol->extra_read &&
           engine->now_ns - order->updated_ns <= lately_s * QT_NS_PER_S;
}

/* True: the venue has to say something first. */
static bool
may_be_ours(struct qt_engine *engine, const struct qt_symbol *symbol)
{
    const struct qt_orders *orders = qt__orders_of(engine, symbol->ins->id);
    const struct qt_order *order;
    unsigned asked = 0;
    for (uint32_t n = 0; asked < ASK_MAX && (order = qt_orders_past(orders, n)) != NULL; n++)
        if (is_doubtful(engine, symbol, order)) {
            qt__query(engine, order);
            asked++;
        }
    return asked > 0;
}

/* Told once; from then on it is known. */
static void
take_as_foreign(struct qt_engine *engine, struct qt_symbol *symbol, qt_qty known, qt_qty held,
                const struct qt_event *event)
{
    qt_qty extra = symbol->extra_qty;
    if (!qt_qty_add(symbol->foreign_qty, extra, &symbol->foreign_qty))
        return;
    symbol->extra_qty = QT_QTY_ZERO;
    if (qt_qty_cmp(qt_qty_abs(extra), symbol->lot) >= 0)
        qt__reconcile_position(engine, symbol, known, held, QT_RULE_LEFT,
                               qt_qty_sign(extra) > 0 ? "deposit or purchase outside: not ours"
                                                      : "withdrawal or sale of what was not ours",
                               event);
}

void
qt__surplus_unknown(struct qt_symbol *symbol)
{
    symbol->extra_qty = QT_QTY_ZERO;
}

/* An asset on which several symbols stand is one holding: what any of them explains is explained.
 */
void
qt__surplus_look(struct qt_engine *engine, struct qt_symbol *symbol, qt_qty held,
                 const struct qt_event *event)
{
    qt_qty known = QT_QTY_ZERO, extra = QT_QTY_ZERO;
    if (!qt_qty_add(symbol->position.qty, symbol->foreign_qty, &known) ||
        !qt_qty_sub(held, known, &extra))
        return;
    bool is_again = qt_qty_cmp(extra, symbol->extra_qty) == 0;
    symbol->extra_qty = extra;
    if (!is_again)
        symbol->extra_read = engine->sync.number;
    bool is_worth_asking = qt_qty_cmp(extra, symbol->lot) >= 0;
    if (qt_qty_sign(extra) == 0 || (is_worth_asking && may_be_ours(engine, symbol)) || !is_again)
        return;
    take_as_foreign(engine, symbol, known, held, event);
}
