/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Orders that wait for a price: of the last trade, or of the mark. They hold no margin while they
 * wait; whether they can be afforded is asked when they fire.
 */
#include "perp_priv.h"

#include <string.h>

#include "qtrade/base/error.h"

#define BPS 10000
#define GUARD_BPS 500 /* "triggerProtect" of exchangeInfo */

__extension__ typedef __int128 wide;

qt_px
qt__perp_reference(const struct qt__perp_market *market, bool by_mark)
{
    return by_mark ? qt_margin_mark(market->perp->margin, market->ins->id)
                   : qt_match_last(market->match);
}

/* A buying stop and a selling target fire when the price rises to them. A trailing order begins to
 * follow where a target would fire. */
static bool
rises(uint8_t side, uint8_t type)
{
    bool is_stop = type == QT_PERP_STOP || type == QT_PERP_STOP_MARKET;
    return is_stop == (side == QT_BUY);
}

static bool
is_reached(uint8_t side, uint8_t type, qt_px stop, qt_px px)
{
    return rises(side, type) ? px.v >= stop.v : px.v <= stop.v;
}

bool
qt__perp_would_trigger(const struct qt__perp_market *market, const struct qt_perp_ticket *ticket)
{
    qt_px px = qt__perp_reference(market, ticket->by_mark);
    return !qt_px_is_none(px) && !qt_px_is_none(ticket->stop_px) &&
           is_reached(ticket->side, ticket->type, ticket->stop_px, px);
}

void
qt__perp_wait(struct qt__perp_market *market, struct qt__perp_record *record)
{
    struct qt_perp_order *order = &record->order;
    qt_assert(market->n_waiting < QT__PERP_WAITING);
    order->is_waiting = true;
    if (order->type == QT_PERP_TRAILING && qt_px_is_none(order->stop_px))
        order->mark = qt__perp_reference(market, order->by_mark);
    market->waiting[market->n_waiting++] = order->id;
}

void
qt__perp_unwait(struct qt__perp_market *market, const struct qt__perp_record *record)
{
    size_t i = 0;
    while (i < market->n_waiting && market->waiting[i] != record->order.id)
        i++;
    qt_assert(i < market->n_waiting);
    market->n_waiting--;
    memmove(market->waiting + i, market->waiting + i + 1,
            (market->n_waiting - i) * sizeof *market->waiting);
}

/* A trailing order sees px: does it turn? */
static bool
follow(struct qt_perp_order *order, qt_px px)
{
    if (qt_px_is_none(order->mark)) {
        if (qt_px_is_none(order->stop_px) ||
            is_reached(order->side, order->type, order->stop_px, px))
            order->mark = px;
        return false;
    }
    bool is_sell = order->side == QT_SELL;
    wide now = (wide)px.v * BPS, best = order->mark.v;
    if (is_sell ? now <= best * (BPS - order->callback_bps)
                : now >= best * (BPS + order->callback_bps))
        return true;
    if (is_sell ? px.v > order->mark.v : px.v < order->mark.v)
        order->mark = px;
    return false;
}

/* Trade and mark are too far from each other for the order to fire: it waits on. */
static bool
is_held_back(const struct qt__perp_market *market, const struct qt_perp_order *order)
{
    qt_px last = qt__perp_reference(market, false), mark = qt__perp_reference(market, true);
    if (!order->is_guarded || qt_px_is_none(last) || qt_px_is_none(mark))
        return false;
    wide apart = last.v > mark.v ? last.v - mark.v : mark.v - last.v;
    return apart * BPS > (wide)mark.v * GUARD_BPS;
}

void
qt__perp_look(struct qt__perp_market *market, qt_px px, bool is_mark)
{
    for (size_t i = 0; i < market->n_waiting; i++) {
        struct qt__perp_record *record = qt__perp_record_of(market->perp, market->waiting[i]);
        struct qt_perp_order *order = &record->order;
        if (order->by_mark != is_mark || record->is_due)
            continue;
        record->is_due = order->type == QT_PERP_TRAILING
                             ? follow(order, px)
                             : is_reached(order->side, order->type, order->stop_px, px);
        record->is_due = record->is_due && !is_held_back(market, order);
        market->has_due |= record->is_due;
    }
}

/* What the order may do now that its price has come; false: it expires. */
static bool
may_work(struct qt__perp_market *market, struct qt_perp_order *order)
{
    qt_qty reducible =
        qt__perp_reducible(market->perp, order->owner, order->instrument, order->side);
    if (order->close_position)
        order->qty = reducible;
    if (order->close_position || order->reduce_only)
        return reducible.v > 0;
    return qt__perp_afford(market, order->owner, order->side, order->px, order->qty) == QT_PERP_OK;
}

static void
fire(struct qt__perp_market *market, struct qt__perp_record *record)
{
    struct qt_perp *perp = market->perp;
    struct qt_perp_order *order = &record->order;
    qt__perp_unwait(market, record);
    order->is_waiting = record->is_due = false;
    order->type = qt__perp_is_market(order->type) ? QT_PERP_MARKET : QT_PERP_LIMIT;
    order->update_ns = order->trigger_ns = perp->now_ns;
    order->is_denied = !may_work(market, order);
    qt__perp_tell(perp, QT_PERP_TRIGGERED, record, NULL);
    if (order->is_denied || !qt__perp_work(market, record))
        qt__perp_finish(perp, record, QT_ORDER_EXPIRED, QT_PERP_EXPIRED);
}

void
qt__perp_fire(struct qt__perp_market *market)
{
    market->has_due = false;
    for (size_t i = 0; i < market->n_waiting;) {
        struct qt__perp_record *record = qt__perp_record_of(market->perp, market->waiting[i]);
        if (!record->is_due) {
            i++;
            continue;
        }
        uint64_t before = qt_match_book_id(market->match);
        fire(market, record);
        qt__perp_tell_book(market, before);
        i = 0;
    }
}
