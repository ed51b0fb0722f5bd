/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the books of perpetuals tell: fills become positions, ends become ends. */
#include "perp_priv.h"

#include "qtrade/base/error.h"

static bool
holds(const struct qt_perp_order *order)
{
    return !order->is_waiting && !order->reduce_only && !order->close_position &&
           !qt_order_state_is_final((enum qt_order_state)order->state) && !qt_px_is_none(order->px);
}

void
qt__perp_hold(struct qt_perp *perp, struct qt__perp_record *record)
{
    const struct qt_perp_order *order = &record->order;
    qt_money now = QT_MONEY_ZERO;
    if (holds(order)) {
        bool fits =
            qt_instrument_notional(qt_universe_at(perp->universe, order->instrument), order->px,
                                   (qt_qty){order->qty.v - order->cum_qty.v}, &now);
        qt_assert(fits);
    }
    qt_money change = {now.v - record->held.v};
    record->held = now;
    if (change.v != 0)
        qt_margin_open_add(perp->margin, order->owner, order->instrument, (enum qt_side)order->side,
                           change);
}

void
qt__perp_finish(struct qt_perp *perp, struct qt__perp_record *record, enum qt_order_state state,
                enum qt_perp_event event)
{
    record->order.state = (uint8_t)state;
    record->order.update_ns = perp->now_ns;
    qt__perp_hold(perp, record);
    qt__perp_record_close(perp, record);
    if (event == QT_PERP_FILLED)
        return; /* told with the fill */
    perp->stats.cancels += event == QT_PERP_CANCELLED;
    perp->stats.expired += event == QT_PERP_EXPIRED;
    qt__perp_tell(perp, event, record, NULL);
}

static void
note_incomes(struct qt_perp *perp, const struct qt_perp_fill *fill)
{
    qt__perp_keep_income(perp, fill->owner, fill->instrument, QT_PERP_REALISED, fill->realised,
                         fill->trade_id);
    qt__perp_keep(perp, &(struct qt_perp_income){.trade_id = fill->trade_id,
                                                 .owner = fill->owner,
                                                 .instrument = fill->instrument,
                                                 .kind = QT_PERP_COMMISSION,
                                                 .amount = qt_money_neg(fill->fee),
                                                 .in_coin = fill->fee_in_coin});
}

void
qt__perp_book_fill(struct qt__perp_market *market, struct qt__perp_record *record,
                   const struct qt_match_report *report)
{
    struct qt_perp *perp = market->perp;
    struct qt_perp_order *order = &record->order;
    qt_money coins = QT_MONEY_ZERO;
    bool in_coin = false;
    int ppm =
        qt__perp_fee_ppm(perp, order, report->quote, report->is_maker, &coins, &in_coin);
    int before = qt_qty_sign(qt_margin_position(perp->margin, order->owner, market->ins->id)->qty);
    order->cum_qty.v += report->qty.v;
    order->cum_quote.v += report->quote.v;
    order->update_ns = perp->now_ns;
    order->state = order->cum_qty.v == order->qty.v ? QT_ORDER_FILLED : QT_ORDER_PARTIAL;
    struct qt_margin_result result =
        qt_margin_fill(perp->margin, order->owner, market->ins->id, (enum qt_side)order->side,
                       report->qty, report->quote, ppm, report->is_external);
    if (in_coin)
        qt_margin_charge_coin(perp->margin, order->owner, coins);
    struct qt_perp_fill fill = {.trade_id = report->trade_id,
                                .order_id = order->id,
                                .owner = order->owner,
                                .instrument = market->ins->id,
                                .px = report->px,
                                .qty = report->qty,
                                .quote = report->quote,
                                .realised = result.realised,
                                .fee = in_coin ? coins : result.fee,
                                .fee_in_coin = in_coin,
                                .is_buyer = order->side == QT_BUY,
                                .is_maker = report->is_maker,
                                .time_ns = perp->now_ns};
    perp->stats.fills++;
    qt__perp_keep_fill(perp, &fill);
    note_incomes(perp, &fill);
    if (order->state == QT_ORDER_FILLED)
        qt__perp_finish(perp, record, QT_ORDER_FILLED, QT_PERP_FILLED);
    else
        qt__perp_hold(perp, record);
    int after = qt_qty_sign(qt_margin_position(perp->margin, order->owner, market->ins->id)->qty);
    market->has_closed |= before != 0 && after != before;
    qt__perp_tell_account(perp, order->owner, market->ins->id, QT_PERP_BY_ORDER, QT_MONEY_ZERO);
    qt__perp_tell(perp, QT_PERP_FILLED, record, &fill);
}

static void
on_report(void *context, const struct qt_match_report *report)
{
    struct qt__perp_market *market = context;
    struct qt_perp *perp = market->perp;
    struct qt__perp_record *record = qt__perp_record_of(perp, report->order->id);
    qt_assert(record);
    switch (report->event) {
    case QT_MATCH_ACCEPTED:
        if (!perp->is_hushed)
            qt__perp_tell(perp, QT_PERP_ACCEPTED, record, NULL);
        break;
    case QT_MATCH_FILL:
        qt__perp_book_fill(market, record, report);
        if (report->order->state == QT_ORDER_FILLED && !qt__perp_is_final(record))
            qt__perp_finish(perp, record, QT_ORDER_EXPIRED, QT_PERP_EXPIRED); /* cut to its cap */
        break;
    case QT_MATCH_EXPIRED:
        qt__perp_finish(perp, record, QT_ORDER_EXPIRED, QT_PERP_EXPIRED);
        break;
    case QT_MATCH_CANCELLED:
        if (!perp->is_hushed)
            qt__perp_finish(perp, record,
                            perp->ending == QT_PERP_EXPIRED ? QT_ORDER_EXPIRED : QT_ORDER_CANCELLED,
                            perp->ending);
        break;
    case QT_MATCH_TRIGGERED:
    case QT_MATCH_REJECTED:
        break; /* stops wait outside the book */
    }
}

static void
on_print(void *context, const struct qt_match_print *print)
{
    struct qt__perp_market *market = context;
    const struct qt_perp_listener *listener = &market->perp->listener;
    market->perp->stats.prints++;
    qt__perp_look(market, print->px, false);
    if (listener->trade)
        listener->trade(listener->context, market->ins->id, print);
}

static qt_qty
on_cap(void *context, const struct qt_match_order *order)
{
    const struct qt__perp_market *market = context;
    return qt__perp_reducible(market->perp, order->owner, market->ins->id, order->side);
}

const struct qt_match_listener qt__perp_book_listener = {
    .report = on_report, .print = on_print, .cap = on_cap};
