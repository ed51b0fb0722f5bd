/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Auto-deleveraging (X4): what neither the book nor the insurance fund can take of a liquidated
 * position is closed against those who hold the other side, the first in rank first, at the price
 * where nothing is left behind it.
 *
 *     rank      profit x leverage of who gains, profit / leverage of who loses
 *     profit    unrealised / cost of the position
 *     leverage  its notional / (what stands behind it + unrealised)
 *
 * Source: Binance, What is auto-deleveraging (ADL), 2024.
 */
#include "perp_priv.h"

#include <stdlib.h>

#include "qtrade/base/error.h"
#include "qtrade/base/text.h"

#define LEVERAGE_MOST 1e6 /* of who has nothing behind it */

__extension__ typedef __int128 wide;

/* Behind the position, without its own gain or loss. */
static wide
behind(const struct qt_perp *perp, uint32_t owner, uint32_t instrument)
{
    const struct qt_margin_position *position = qt_margin_position(perp->margin, owner, instrument);
    if (position->is_isolated)
        return position->isolated.v;
    struct qt_margin_state state = qt_margin_state(perp->margin, owner);
    return (wide)state.cross_wallet.v + state.cross_unrealised.v -
           qt_margin_unrealised(perp->margin, owner, instrument).v;
}

/*
 * qty x px - cost + behind = -lack, solved for px and rounded to the tick that leaves more.
 */
qt_px
qt__perp_ruin(const struct qt__perp_market *market, uint32_t owner, qt_money lack)
{
    const struct qt_perp *perp = market->perp;
    const struct qt_instrument *ins = market->ins;
    const struct qt_margin_position *position = qt_margin_position(perp->margin, owner, ins->id);
    int digits = QT_MONEY_SCALE - ins->px_scale - ins->qty_scale;
    wide money = (wide)position->cost.v - behind(perp, owner, ins->id) - lack.v;
    wide each = position->qty.v;
    if (digits >= 0)
        each *= qt_pow10(digits);
    else
        money *= qt_pow10(-digits);
    if (each < 0) {
        money = -money;
        each = -each;
    }
    wide tick = ins->tick.v, px = money > 0 ? money / each : 0;
    bool is_long = position->qty.v > 0, is_exact = px * each == money && px % tick == 0;
    px = px / tick * tick + (is_long && money > 0 && !is_exact ? tick : 0);
    return (qt_px){px < tick ? ins->tick.v : px > INT64_MAX / 4 ? INT64_MAX / 4 : (int64_t)px};
}

double
qt__perp_rank(const struct qt_perp *perp, uint32_t owner, uint32_t instrument)
{
    const struct qt_margin_position *position = qt_margin_position(perp->margin, owner, instrument);
    double gain = (double)qt_margin_unrealised(perp->margin, owner, instrument).v;
    double worth = (double)llabs(qt_margin_notional(perp->margin, instrument, position->qty).v);
    double own = (double)behind(perp, owner, instrument) + gain;
    double cost = position->cost.v == 0 ? worth : (double)llabs(position->cost.v);
    double profit = cost > 0 ? gain / cost : 0;
    double leverage = own * LEVERAGE_MOST > worth ? worth / own : LEVERAGE_MOST;
    if (leverage <= 0)
        return 0;
    return profit > 0 ? profit * leverage : profit / leverage;
}

/* Would who holds the side against which side closes have something left at px? Who would not is no
 * help. */
static bool
can_bear(const struct qt__perp_market *market, uint32_t owner, enum qt_side side, qt_px px)
{
    qt_px ruin = qt__perp_ruin(market, owner, QT_MONEY_ZERO);
    return side == QT_SELL ? px.v <= ruin.v : px.v >= ruin.v;
}

/* First in rank of those who hold the side against which side closes; QT_OWNER_NONE: nobody. */
static uint32_t
first_of(const struct qt__perp_market *market, uint32_t but, enum qt_side side, qt_px px)
{
    const struct qt_perp *perp = market->perp;
    uint32_t id = market->ins->id, found = QT_OWNER_NONE;
    double best = 0;
    for (uint32_t owner = 0; owner < perp->n_owners; owner++) {
        qt_qty held = qt_margin_position(perp->margin, owner, id)->qty;
        if (owner == but || (side == QT_SELL ? held.v >= 0 : held.v <= 0) ||
            !can_bear(market, owner, side, px))
            continue;
        double rank = qt__perp_rank(perp, owner, id);
        if (found == QT_OWNER_NONE || rank > best) {
            found = owner;
            best = rank;
        }
    }
    return found;
}

/* One order of the exchange for who is deleveraged. */
static struct qt__perp_record *
order_for(struct qt__perp_market *market, uint32_t owner, enum qt_side side, qt_px px, qt_qty qty)
{
    struct qt_perp_ticket ticket = {.owner = owner,
                                    .instrument = market->ins->id,
                                    .side = (uint8_t)side,
                                    .type = QT_PERP_LIMIT,
                                    .tif = QT_PERP_IOC,
                                    .px = px,
                                    .stop_px = QT_PX_NONE,
                                    .qty = qty,
                                    .reduce_only = true};
    qt_copy(ticket.client_id, sizeof ticket.client_id, "adl_autoclose");
    struct qt__perp_record *record = qt__perp_record_new(market->perp, &ticket);
    record->order.origin = QT_PERP_BY_DELEVERAGING;
    qt__perp_tell(market->perp, QT_PERP_ACCEPTED, record, NULL);
    return record;
}

qt_qty
qt__perp_deleverage(struct qt__perp_market *market, struct qt__perp_record *record, qt_px px)
{
    struct qt_perp *perp = market->perp;
    enum qt_side side = (enum qt_side)record->order.side;
    int64_t left = record->order.qty.v - record->order.cum_qty.v;
    uint32_t owner;
    while (left > 0 && (owner = first_of(market, record->order.owner, side, px)) != QT_OWNER_NONE) {
        int64_t held = llabs(qt_margin_position(perp->margin, owner, market->ins->id)->qty.v);
        struct qt_match_report report = {
            .event = QT_MATCH_FILL, .px = px, .qty = {QT_MIN(left, held)}, .t_ns = perp->now_ns};
        bool fits = qt_instrument_notional(market->ins, px, report.qty, &report.quote);
        qt_assert(fits);
        struct qt__perp_record *other =
            order_for(market, owner, qt__perp_other(record->order.side), px, report.qty);
        perp->stats.deleveraged++;
        qt__perp_book_fill(market, record, &report);
        qt__perp_book_fill(market, other, &report);
        left -= report.qty.v;
    }
    return (qt_qty){left};
}

int
qt_perp_adl_quantile(const struct qt_perp *perp, uint32_t owner, uint32_t instrument)
{
    int64_t held = qt_margin_position(perp->margin, owner, instrument)->qty.v;
    double rank = qt__perp_rank(perp, owner, instrument);
    uint32_t n = 0, before = 0;
    for (uint32_t other = 0; held != 0 && other < perp->n_owners; other++) {
        int64_t qty = qt_margin_position(perp->margin, other, instrument)->qty.v;
        if (qty == 0 || (qty > 0) != (held > 0))
            continue;
        double his = qt__perp_rank(perp, other, instrument);
        n++;
        before += his > rank || (his == rank && other < owner);
    }
    return n == 0 ? 0 : 4 - (int)(before * 5 / n);
}
