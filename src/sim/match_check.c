/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the book takes an order. */
#include "match_priv.h"

/* A fill at up to so many times the price that was known when the order came fits 64 bits. */
#define PRICE_ROOM 64
#define BPS 10000

static bool
has_right_prices(const struct qt_match_order *order)
{
    bool has_px = !qt_px_is_none(order->px), has_stop = !qt_px_is_none(order->stop_px);
    bool may_have_stop = qt__match_types[order->type].has_stop, trails = order->trail_bps > 0;
    return has_px != qt__match_types[order->type].is_market && (may_have_stop || !(trails || has_stop)) &&
           (has_stop || trails || !may_have_stop) && order->trail_bps < BPS &&
           (!has_px || order->px.v > 0) && (!has_stop || order->stop_px.v > 0);
}

/* Would the notional stay in 64 bits, with room for prices that move? */
static bool
is_in_range(const struct qt_match *match, const struct qt_match_order *order)
{
    qt_px px = QT_MAX(order->px.v, order->stop_px.v) > match->last.v
                   ? (qt_px){QT_MAX(order->px.v, order->stop_px.v)}
                   : match->last;
    const struct qt__rungs *asks = &match->rungs[QT_SELL];
    if (asks->n > 0 && asks->level[asks->n - 1].px.v > px.v)
        px = asks->level[asks->n - 1].px;
    qt_money notional;
    return qt_px_is_none(px) || (qt_notional(px, match->ins.px_scale, order->qty,
                                             match->ins.qty_scale, QT_MONEY_SCALE, &notional) &&
                                 notional.v <= INT64_MAX / PRICE_ROOM);
}

static bool
would_trigger(const struct qt_match *match, const struct qt_match_order *order)
{
    if (qt_px_is_none(order->stop_px) || qt_px_is_none(match->last))
        return false;
    return qt__fires_up(order) ? order->stop_px.v <= match->last.v : order->stop_px.v >= match->last.v;
}

enum qt_match_verdict
qt_match_check(const struct qt_match *match, const struct qt_match_order *order)
{
    struct qt__liquidity first;
    uint32_t slot;
    if (order->type >= QT_ORDER_TYPES || order->tif >= QT_TIMES_IN_FORCE || order->side > QT_SELL ||
        order->qty.v <= 0 || order->id == 0 || order->id == UINT64_MAX ||
        !has_right_prices(order) || qt__match_index_find(match, order->id, &slot))
        return QT_MATCH_INVALID;
    if (order->stp >= QT_SELF_TRADES || order->iceberg.v < 0 || order->iceberg.v > order->qty.v ||
        (order->iceberg.v > 0 && (qt__is_market(order) || order->tif != QT_TIF_GTC)))
        return QT_MATCH_INVALID;
    if (!is_in_range(match, order))
        return QT_MATCH_OVERFLOW;
    if (would_trigger(match, order))
        return QT_MATCH_WOULD_TRIGGER;
    if (order->type == QT_TYPE_LIMIT_MAKER &&
        qt__match_first(match, (enum qt_side)order->side, order->px, &first))
        return QT_MATCH_WOULD_TAKE;
    return match->n_orders < match->max_orders ? QT_MATCH_OK : QT_MATCH_FULL;
}
