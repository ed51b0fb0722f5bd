/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who cannot keep his positions: orders go, then positions are closed in the book by the exchange,
 * the one that needs most margin first, until what is left is covered (X3).
 */
#include "perp_priv.h"

#include <stdio.h>

#include "qtrade/base/error.h"

#define REACH_PCT 10 /* of the mark: how far beyond it the exchange sells or buys */

__extension__ typedef __int128 wide;

static qt_money
left_isolated(const struct qt_perp *perp, uint32_t owner, uint32_t instrument)
{
    qt_money put = qt_margin_position(perp->margin, owner, instrument)->isolated;
    return (qt_money){put.v + qt_margin_unrealised(perp->margin, owner, instrument).v};
}

/* Once while less than a fifth is left above what must be kept. */
static void
warn(struct qt_perp *perp, uint32_t owner, uint32_t instrument, wide balance, wide kept)
{
    uint32_t place = instrument == QT_NO_INSTRUMENT ? perp->n_markets : instrument;
    bool *called = &perp->called[(size_t)owner * (perp->n_markets + 1) + place];
    bool is_near = kept > 0 && balance * 5 < kept * 6;
    if (is_near && !*called && perp->listener.margin_call)
        perp->listener.margin_call(perp->listener.context, owner, instrument);
    *called = is_near;
}

static qt_px
reach(const struct qt__perp_market *market, enum qt_side side)
{
    qt_px mark = qt__perp_reference(market, true);
    int64_t far = mark.v / 100 * REACH_PCT, tick = market->ins->tick.v;
    int64_t px = side == QT_BUY ? mark.v + far : mark.v - far;
    return (qt_px){QT_MAX(px / tick * tick, tick)};
}

/* What the book did not take passes to the market maker of the insurance. */
static void
hand_over(struct qt__perp_market *market, struct qt__perp_record *record, qt_px px, qt_qty qty)
{
    struct qt_match_report report = {.event = QT_MATCH_FILL,
                                     .px = px,
                                     .qty = qty,
                                     .is_external = true,
                                     .t_ns = market->perp->now_ns};
    bool fits = qt_instrument_notional(market->ins, px, report.qty, &report.quote);
    qt_assert(fits);
    qt__perp_book_fill(market, record, &report);
}

static bool
is_worse(enum qt_side side, qt_px px, qt_px than)
{
    return side == QT_SELL ? px.v < than.v : px.v > than.v;
}

/* An order of the exchange for the whole position, at no worse price. */
static struct qt__perp_record *
order_of(struct qt__perp_market *market, uint32_t owner, qt_px worst)
{
    struct qt_perp *perp = market->perp;
    qt_qty held = qt_margin_position(perp->margin, owner, market->ins->id)->qty;
    enum qt_side side = held.v > 0 ? QT_SELL : QT_BUY;
    qt_px far = reach(market, side);
    struct qt_perp_ticket ticket = {.owner = owner,
                                    .instrument = market->ins->id,
                                    .side = (uint8_t)side,
                                    .type = QT_PERP_LIMIT,
                                    .tif = QT_PERP_IOC,
                                    .px = is_worse(side, far, worst) ? worst : far,
                                    .stop_px = QT_PX_NONE,
                                    .qty = qt_qty_abs(held),
                                    .reduce_only = true};
    snprintf(ticket.client_id, sizeof ticket.client_id, "autoclose-%lld-%u",
             (long long)(perp->now_ns / QT_NS_PER_MS), (unsigned)(perp->stats.liquidations % 1000));
    struct qt__perp_record *record = qt__perp_record_new(perp, &ticket);
    record->order.origin = QT_PERP_BY_LIQUIDATION;
    return record;
}

/* Into the fund, or out of it as far as there is some: what is left of the wallet decides. */
static void
insure(struct qt__perp_market *market, uint32_t owner, qt_money amount)
{
    struct qt_perp *perp = market->perp;
    amount.v = QT_MAX(amount.v, -qt_margin_insurance(perp->margin).v);
    if (amount.v == 0)
        return;
    qt_margin_insure(perp->margin, owner, amount);
    qt__perp_keep_income(perp, owner, market->ins->id, QT_PERP_INSURANCE, qt_money_neg(amount), 0);
    qt__perp_tell_account(perp, owner, market->ins->id, QT_PERP_BY_INSURANCE, qt_money_neg(amount));
}

/* The cross position that needs the most margin; NULL: none. */
static struct qt__perp_market *
heaviest(struct qt_perp *perp, uint32_t owner)
{
    struct qt__perp_market *found = NULL;
    qt_money most = QT_MONEY_ZERO;
    for (uint32_t i = 0; i < perp->n_markets; i++) {
        const struct qt_margin_position *position = qt_margin_position(perp->margin, owner, i);
        if (position->is_isolated || position->qty.v == 0)
            continue;
        qt_money need = qt_margin_maintenance(perp->margin, owner, i);
        if (!found || need.v > most.v) {
            found = &perp->markets[i];
            most = need;
        }
    }
    return found;
}

/* What the book has left: at the mark where the fund bears that, else the other side's positions end
 * with it at the price where nothing is left behind it. */
static void
close_rest(struct qt__perp_market *market, uint32_t owner, qt_px worst, qt_px ruin)
{
    qt_px mark = qt__perp_reference(market, true);
    struct qt__perp_record *record = order_of(market, owner, ruin);
    qt_qty left = record->order.qty;
    bool is_borne = !is_worse((enum qt_side)record->order.side, mark, worst);
    if (!is_borne)
        left = qt__perp_deleverage(market, record, ruin);
    if (left.v > 0)
        hand_over(market, record, is_borne ? mark : ruin, left);
}

/* Closes the whole position; what stands behind it pays the fee, and the fund what that lacks. */
static void
close_position(struct qt__perp_market *market, uint32_t owner)
{
    struct qt_perp *perp = market->perp;
    uint32_t id = market->ins->id;
    struct qt_margin_position old = *qt_margin_position(perp->margin, owner, id);
    qt_money wallet = qt_margin_wallet(perp->margin, owner);
    qt_px worst = qt__perp_ruin(market, owner, qt_margin_insurance(perp->margin));
    qt_px ruin = qt__perp_ruin(market, owner, QT_MONEY_ZERO);
    struct qt__perp_record *record = order_of(market, owner, worst);
    uint64_t before = qt_match_book_id(market->match);
    perp->stats.liquidations++;
    qt__perp_tell(perp, QT_PERP_ACCEPTED, record, NULL);
    if (qt_match_count(market->match) == QT__PERP_BOOK || !qt__perp_work(market, record))
        qt__perp_finish(perp, record, QT_ORDER_EXPIRED, QT_PERP_EXPIRED);
    if (qt_margin_position(perp->margin, owner, id)->qty.v != 0)
        close_rest(market, owner, worst, ruin);
    wide brought = (wide)qt_margin_wallet(perp->margin, owner).v - wallet.v;
    wide behind = old.is_isolated ? old.isolated.v + brought
                                  : (wide)qt_margin_state(perp->margin, owner).cross_wallet.v;
    qt_money fee = qt_accounts_fee(qt_margin_notional(perp->margin, id, qt_qty_abs(old.qty)),
                                   perp->options.clearance_ppm);
    if (behind < 0 && !old.is_isolated && heaviest(perp, owner))
        fee = QT_MONEY_ZERO; /* what else there is may still cover it */
    else
        fee.v = (int64_t)QT_MIN(behind, (wide)fee.v);
    insure(market, owner, fee);
    qt__perp_settle(market);
    qt__perp_tell_book(market, before);
}

static bool
is_breached(const struct qt_margin_state *state)
{
    return state->cross_maintenance.v > 0 &&
           (wide)state->cross_wallet.v + state->cross_unrealised.v <= state->cross_maintenance.v;
}

static void
watch_isolated(struct qt_perp *perp, uint32_t owner)
{
    for (uint32_t i = 0; i < perp->n_markets; i++) {
        const struct qt_margin_position *position = qt_margin_position(perp->margin, owner, i);
        if (!position->is_isolated || position->qty.v == 0)
            continue;
        qt_money left = left_isolated(perp, owner, i);
        qt_money need = qt_margin_maintenance(perp->margin, owner, i);
        warn(perp, owner, i, left.v, need.v);
        if (left.v > need.v)
            continue;
        (void)qt_perp_cancel_all(perp, owner, i);
        close_position(&perp->markets[i], owner);
    }
}

static void
watch_cross(struct qt_perp *perp, uint32_t owner)
{
    struct qt_margin_state state = qt_margin_state(perp->margin, owner);
    warn(perp, owner, QT_NO_INSTRUMENT, (wide)state.cross_wallet.v + state.cross_unrealised.v,
         state.cross_maintenance.v);
    if (!is_breached(&state))
        return;
    (void)qt_perp_cancel_all(perp, owner, QT_NO_INSTRUMENT);
    struct qt__perp_market *market;
    while (is_breached(&state) && (market = heaviest(perp, owner)) != NULL) {
        close_position(market, owner);
        state = qt_margin_state(perp->margin, owner);
    }
}

void
qt__perp_liquidate(struct qt_perp *perp)
{
    for (uint32_t owner = 0; owner < perp->n_owners; owner++) {
        watch_isolated(perp, owner);
        watch_cross(perp, owner);
    }
}
