/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an order for a perpetual must keep, in the venue's order, and the venue's word for each
 * refusal. */
#include "perp_priv.h"

#define PERCENT_UP 115 /* PERCENT_PRICE: of the mark */
#define PERCENT_DOWN 85
#define CALLBACK_MIN_BPS 10
#define CALLBACK_MAX_BPS 1000

__extension__ typedef __int128 wide;

static const struct {
    int code;
    const char *text;
} refusals[QT_PERP_VERDICTS] = {
    [QT_PERP_OK] = {0, ""},
    [QT_PERP_SYMBOL] = {-1121, "Invalid symbol."},
    [QT_PERP_QTY] = {-4003, "Quantity less than or equal to zero."},
    [QT_PERP_QTY_MIN] = {-4004, "Quantity less than min quantity."},
    [QT_PERP_QTY_MAX] = {-4005, "Quantity greater than max quantity."},
    [QT_PERP_LOT] = {-4023, "Quantity not increased by step size."},
    [QT_PERP_PX_TICK] = {-4014, "Price not increased by tick size."},
    [QT_PERP_PX_MIN] = {-4013, "Price less than min price."},
    [QT_PERP_PX_HIGH] = {-4016, "Price is higher than mark price multiplier cap."},
    [QT_PERP_PX_LOW] = {-4024, "Price is lower than mark price multiplier floor."},
    [QT_PERP_STOP_PX] = {-4006, "Stop price less than zero."},
    [QT_PERP_CALLBACK] = {-2007, "Invalid callBack rate."},
    [QT_PERP_NOTIONAL] = {-4164, "Order's notional must be no smaller than the minimum notional "
                                 "(unless you choose reduce only)."},
    [QT_PERP_MARGIN] = {-2019, "Margin is insufficient."},
    [QT_PERP_LEVERAGE] = {-2027, "Exceeded the maximum allowable position at current leverage."},
    [QT_PERP_REDUCE_ONLY] = {-2022, "ReduceOnly Order is rejected."},
    [QT_PERP_WOULD_TRIGGER] = {-2021, "Order would immediately trigger."},
    [QT_PERP_FOK_UNFILLED] = {-5021, "Due to the order could not be filled immediately, the FOK "
                                     "order has been rejected. The order will not be recorded in "
                                     "the order history."},
    [QT_PERP_GTX_TAKES] = {-5022, "Due to the order could not be executed as maker, the Post Only "
                                  "order will be rejected. The order will not be recorded in the "
                                  "order history."},
    [QT_PERP_NO_CHANGE] = {-5027, "No need to modify the order."},
    [QT_PERP_NO_LIQUIDITY] = {-4131,
                              "The counterparty's best price does not meet the PERCENT_PRICE "
                              "filter limit."},
    [QT_PERP_DUPLICATE] = {-4116, "ClientOrderId is duplicated."},
    [QT_PERP_CLOSED] = {-4108, "Symbol is on delivering or delivered or settling or closed or "
                               "pre-trading."},
    [QT_PERP_MAX_ORDERS] = {-2025, "Reach max open order limit."},
    [QT_PERP_MAX_STOPS] = {-4045, "Reach max stop order limit."},
    [QT_PERP_CLOSE_TWICE] = {-4130,
                             "An open stop or take profit order with GTE and closePosition in "
                             "the direction is existing."},
    [QT_PERP_NO_POSITION] = {-4509, "Time in Force (TIF) GTE can only be used with open positions. "
                                    "Please ensure that positions are available."},
    [QT_PERP_UNKNOWN_ORDER] = {-2011, "Unknown order sent."},
    [QT_PERP_NO_ORDER] = {-2013, "Order does not exist."},
    [QT_PERP_NOT_LIMIT] = {-1116, "Invalid orderType."},
    [QT_PERP_OVERFLOW] = {-4005, "Quantity greater than max quantity."},
    [QT_PERP_FULL] = {-2025, "Reach max open order limit."},
};

int
qt_perp_code(enum qt_perp_verdict verdict)
{
    return (unsigned)verdict < QT_PERP_VERDICTS ? refusals[verdict].code : -1000;
}

const char *
qt_perp_text(enum qt_perp_verdict verdict)
{
    return (unsigned)verdict < QT_PERP_VERDICTS ? refusals[verdict].text : "?";
}

qt_qty
qt__perp_reducible(const struct qt_perp *perp, uint32_t owner, uint32_t instrument, uint8_t side)
{
    qt_qty held = qt_margin_position(perp->margin, owner, instrument)->qty;
    return (qt_qty){side == QT_SELL ? QT_MAX(held.v, 0) : QT_MAX(-held.v, 0)};
}

static enum qt_perp_verdict
check_px(const struct qt__perp_market *market, uint8_t side, qt_px px)
{
    const struct qt_instrument *ins = market->ins;
    qt_px mark = qt__perp_reference(market, true);
    if (px.v <= 0 || px.v < ins->min_px.v)
        return QT_PERP_PX_MIN;
    if (px.v % ins->tick.v != 0)
        return QT_PERP_PX_TICK;
    if (qt_px_is_none(mark))
        return QT_PERP_OK;
    if (side == QT_BUY && (wide)px.v * 100 > (wide)mark.v * PERCENT_UP)
        return QT_PERP_PX_HIGH;
    return side == QT_SELL && (wide)px.v * 100 < (wide)mark.v * PERCENT_DOWN ? QT_PERP_PX_LOW
                                                                             : QT_PERP_OK;
}

enum qt_perp_verdict
qt__perp_filters(const struct qt__perp_market *market, uint8_t side, qt_px px, qt_qty qty,
                 bool may_be_small)
{
    const struct qt_instrument *ins = market->ins;
    qt_px worth = qt_px_is_none(px) ? qt__perp_reference(market, true) : px;
    qt_money notional;
    enum qt_perp_verdict verdict = qt_px_is_none(px) ? QT_PERP_OK : check_px(market, side, px);
    if (verdict != QT_PERP_OK)
        return verdict;
    if (qty.v <= 0)
        return QT_PERP_QTY;
    if (qty.v < ins->min_qty.v)
        return QT_PERP_QTY_MIN;
    if (ins->max_qty.v > 0 && qty.v > ins->max_qty.v)
        return QT_PERP_QTY_MAX;
    if (qty.v % ins->lot.v != 0)
        return QT_PERP_LOT;
    if (qt_px_is_none(worth))
        return QT_PERP_OK;
    if (!qt_instrument_notional(ins, worth, qty, &notional) || notional.v > INT64_MAX / 64)
        return QT_PERP_OVERFLOW;
    return may_be_small || notional.v >= ins->min_notional.v ? QT_PERP_OK : QT_PERP_NOTIONAL;
}

/* The price that an order's margin is asked for: its own, or that of the other side's best. */
static qt_px
worth_of(const struct qt__perp_market *market, uint8_t side, qt_px px)
{
    struct qt_depth_level best;
    if (!qt_px_is_none(px))
        return px;
    return qt_match_levels(market->match, qt__perp_other(side), &best, 1) == 1
               ? best.px
               : qt__perp_reference(market, true);
}

/* What a fill at px would lose at the mark at once. */
static int64_t
loss_of(const struct qt__perp_market *market, uint8_t side, qt_qty qty, qt_money cost)
{
    const struct qt_margin *margin = market->perp->margin;
    qt_money worth = qt_margin_notional(margin, market->ins->id, qty);
    int64_t loss = side == QT_BUY ? cost.v - worth.v : worth.v - cost.v;
    return QT_MAX(loss, 0);
}

enum qt_perp_verdict
qt__perp_afford(const struct qt__perp_market *market, uint32_t owner, uint8_t side, qt_px px,
                qt_qty qty)
{
    const struct qt_margin *margin = market->perp->margin;
    uint32_t id = market->ins->id;
    const struct qt_margin_position *position = qt_margin_position(margin, owner, id);
    qt_px worth = worth_of(market, side, px);
    qt_money cost, open[2] = {position->open[QT_BUY], position->open[QT_SELL]};
    if (qt_px_is_none(worth))
        return QT_PERP_OK;
    if (!qt_instrument_notional(market->ins, worth, qty, &cost) ||
        !qt_money_add(open[side], cost, &open[side]))
        return QT_PERP_OVERFLOW;
    qt_money before = qt_margin_open_initial(margin, owner, id, position->open);
    qt_money after = qt_margin_open_initial(margin, owner, id, open);
    if (after.v <= before.v)
        return QT_PERP_OK; /* it makes the position smaller at worst */
    wide held = qt_margin_notional(margin, id, position->qty).v;
    wide size = side == QT_BUY ? held + open[side].v : open[side].v - held;
    if (size > qt_margin_cap(position->leverage).v)
        return QT_PERP_LEVERAGE;
    int taker_ppm = qt_perp_fees(market->perp, owner)->taker_ppm;
    wide need = (wide)after.v - before.v + loss_of(market, side, qty, cost) +
                qt_accounts_fee(cost, taker_ppm).v;
    return need <= qt_margin_state(margin, owner).available.v ? QT_PERP_OK : QT_PERP_MARGIN;
}

static enum qt_perp_verdict
check_counts(const struct qt__perp_market *market, const struct qt_perp_ticket *ticket)
{
    const struct qt_perp *perp = market->perp;
    size_t orders = 0, stops = 0;
    for (size_t i = 0; i < perp->n_open; i++) {
        const struct qt_perp_order *order = &qt__perp_record_of(perp, perp->open[i])->order;
        bool is_mine = order->owner == ticket->owner;
        orders += is_mine && !order->is_waiting && order->instrument == ticket->instrument;
        stops += is_mine && order->is_waiting;
    }
    bool is_stop = qt__perp_is_stop(ticket->type);
    if (is_stop && (stops >= QT__PERP_STOPS || market->n_waiting == QT__PERP_WAITING))
        return QT_PERP_MAX_STOPS;
    if (!is_stop && orders >= QT__PERP_ORDERS)
        return QT_PERP_MAX_ORDERS;
    bool is_full = perp->n_open >= perp->options.max_open ||
                   qt_match_count(market->match) + 1 >= QT__PERP_BOOK;
    return is_full ? QT_PERP_FULL : QT_PERP_OK;
}

static enum qt_perp_verdict
check_reducing(const struct qt__perp_market *market, const struct qt_perp_ticket *ticket)
{
    const struct qt_perp *perp = market->perp;
    bool is_stop = qt__perp_is_stop(ticket->type);
    qt_qty most = qt__perp_reducible(perp, ticket->owner, ticket->instrument, ticket->side);
    if (ticket->reduce_only && !is_stop)
        return most.v > 0 ? QT_PERP_OK : QT_PERP_REDUCE_ONLY;
    if (!ticket->close_position)
        return QT_PERP_OK;
    if (most.v == 0)
        return QT_PERP_NO_POSITION;
    for (size_t i = 0; i < market->n_waiting; i++) {
        const struct qt_perp_order *order = &qt__perp_record_of(perp, market->waiting[i])->order;
        if (order->owner == ticket->owner && order->close_position && order->side == ticket->side &&
            order->type == ticket->type)
            return QT_PERP_CLOSE_TWICE;
    }
    return QT_PERP_OK;
}

static enum qt_perp_verdict
check_stop(const struct qt__perp_market *market, const struct qt_perp_ticket *ticket)
{
    bool trails = ticket->type == QT_PERP_TRAILING;
    if (!qt__perp_is_stop(ticket->type))
        return QT_PERP_OK;
    if (trails &&
        (ticket->callback_bps < CALLBACK_MIN_BPS || ticket->callback_bps > CALLBACK_MAX_BPS))
        return QT_PERP_CALLBACK;
    if (trails && qt_px_is_none(ticket->stop_px))
        return QT_PERP_OK;
    if (!qt_px_is_positive(ticket->stop_px))
        return QT_PERP_STOP_PX;
    if (ticket->stop_px.v % market->ins->tick.v != 0)
        return QT_PERP_PX_TICK;
    return qt__perp_would_trigger(market, ticket) ? QT_PERP_WOULD_TRIGGER : QT_PERP_OK;
}

/* What the book says to an order that works at once. */
static enum qt_perp_verdict
check_book(const struct qt__perp_market *market, const struct qt_perp_ticket *ticket)
{
    qt_px mark = qt__perp_reference(market, true);
    struct qt_depth_level best;
    enum qt_side side = (enum qt_side)ticket->side, other = qt__perp_other(ticket->side);
    bool has_best = qt_match_levels(market->match, other, &best, 1) == 1;
    if (ticket->type == QT_PERP_MARKET) {
        if (!has_best)
            return QT_PERP_NO_LIQUIDITY;
        bool is_far = !qt_px_is_none(mark) &&
                      (side == QT_BUY ? (wide)best.px.v * 100 > (wide)mark.v * PERCENT_UP
                                      : (wide)best.px.v * 100 < (wide)mark.v * PERCENT_DOWN);
        return is_far ? QT_PERP_NO_LIQUIDITY : QT_PERP_OK;
    }
    bool takes =
        has_best && (side == QT_BUY ? best.px.v <= ticket->px.v : best.px.v >= ticket->px.v);
    if (ticket->tif == QT_PERP_GTX && takes)
        return QT_PERP_GTX_TAKES;
    uint32_t skip = ticket->stp == QT_STP_MAKER ? ticket->owner : QT_OWNER_NONE;
    if (ticket->tif == QT_PERP_FOK &&
        qt_match_cost_skipping(market->match, side, ticket->px, ticket->qty, skip).qty.v <
            ticket->qty.v)
        return QT_PERP_FOK_UNFILLED;
    return QT_PERP_OK;
}

static bool
is_well_formed(const struct qt_perp_ticket *ticket)
{
    bool is_priced = !qt__perp_is_market(ticket->type);
    return ticket->side <= QT_SELL && ticket->type < QT_PERP_TYPES && ticket->tif < QT_PERP_TIFS &&
           ticket->owner < QT_OWNERS_MAX && is_priced == !qt_px_is_none(ticket->px) &&
           (ticket->close_position ? ticket->qty.v == 0 && !ticket->reduce_only &&
                                         qt__perp_is_stop(ticket->type) && !is_priced
                                   : ticket->qty.v > 0);
}

enum qt_perp_verdict
qt__perp_judge(struct qt_perp *perp, const struct qt_perp_ticket *ticket)
{
    if (ticket->instrument >= perp->n_markets)
        return QT_PERP_SYMBOL;
    const struct qt__perp_market *market = qt__perp_market(perp, ticket->instrument);
    if (!is_well_formed(ticket))
        return QT_PERP_QTY;
    if (market->status != QT_INSTRUMENT_TRADING)
        return QT_PERP_CLOSED;
    const struct qt__perp_record *twin =
        ticket->client_id[0]
            ? qt__perp_record_find(perp, ticket->owner, ticket->instrument, 0, ticket->client_id)
            : NULL;
    if (twin && !qt__perp_is_final(twin))
        return QT_PERP_DUPLICATE;
    bool is_free = ticket->reduce_only || ticket->close_position;
    enum qt_perp_verdict verdict =
        ticket->close_position
            ? QT_PERP_OK
            : qt__perp_filters(market, ticket->side, ticket->px, ticket->qty, is_free);
    if (verdict == QT_PERP_OK)
        verdict = check_counts(market, ticket);
    if (verdict == QT_PERP_OK)
        verdict = check_reducing(market, ticket);
    if (verdict == QT_PERP_OK)
        verdict = check_stop(market, ticket);
    if (verdict != QT_PERP_OK || qt__perp_is_stop(ticket->type))
        return verdict;
    verdict = check_book(market, ticket);
    if (verdict == QT_PERP_OK && !is_free)
        verdict = qt__perp_afford(market, ticket->owner, ticket->side, ticket->px, ticket->qty);
    return verdict;
}
