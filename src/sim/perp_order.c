/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Orders for perpetuals come, change and go. */
#include "perp_priv.h"

#include "qtrade/base/error.h"

static struct qt_match_order
match_order_of(const struct qt_perp *perp, const struct qt_perp_order *order)
{
    static const uint8_t tifs[QT_PERP_TIFS] = {[QT_PERP_GTC] = QT_TIF_GTC,
                                               [QT_PERP_IOC] = QT_TIF_IOC,
                                               [QT_PERP_FOK] = QT_TIF_FOK,
                                               [QT_PERP_GTX] = QT_TIF_GTC};
    bool is_market = order->type == QT_PERP_MARKET;
    return (struct qt_match_order){.id = order->id,
                                   .owner = order->owner,
                                   .side = order->side,
                                   .type = is_market                   ? QT_TYPE_MARKET
                                           : order->tif == QT_PERP_GTX ? QT_TYPE_LIMIT_MAKER
                                                                       : QT_TYPE_LIMIT,
                                   .tif = is_market ? QT_TIF_IOC : tifs[order->tif],
                                   .px = is_market ? QT_PX_NONE : order->px,
                                   .stop_px = QT_PX_NONE,
                                   .qty = {order->qty.v - order->cum_qty.v},
                                   .t_ns = perp->now_ns,
                                   .stp = order->stp,
                                   .is_capped = order->reduce_only || order->close_position};
}

bool
qt__perp_work(struct qt__perp_market *market, struct qt__perp_record *record)
{
    struct qt_perp *perp = market->perp;
    struct qt_match_order order = match_order_of(perp, &record->order);
    bool was_hushed = perp->is_hushed;
    qt__perp_hold(perp, record);
    perp->is_hushed = true; /* who calls has told already */
    bool is_placed = qt_match_place(market->match, &order) == QT_MATCH_OK;
    perp->is_hushed = was_hushed;
    return is_placed;
}

void
qt__perp_end(struct qt__perp_market *market, struct qt__perp_record *record,
             enum qt_perp_event event)
{
    struct qt_perp *perp = market->perp;
    if (record->order.is_waiting) {
        qt__perp_unwait(market, record);
        record->order.is_waiting = record->is_due = false;
        qt__perp_finish(perp, record,
                        event == QT_PERP_EXPIRED ? QT_ORDER_EXPIRED : QT_ORDER_CANCELLED, event);
        return;
    }
    perp->ending = event;
    bool was_there = qt_match_cancel(market->match, record->order.id, perp->now_ns);
    perp->ending = QT_PERP_CANCELLED;
    qt_assert(was_there);
}

enum qt_perp_verdict
qt_perp_check(struct qt_perp *perp, const struct qt_perp_ticket *ticket)
{
    return qt__perp_judge(perp, ticket);
}

enum qt_perp_verdict
qt_perp_place(struct qt_perp *perp, const struct qt_perp_ticket *ticket, struct qt_perp_order *out)
{
    enum qt_perp_verdict verdict = qt__perp_judge(perp, ticket);
    if (verdict != QT_PERP_OK) {
        perp->stats.rejected++;
        *out = (struct qt_perp_order){
            .owner = ticket->owner, .instrument = ticket->instrument, .state = QT_ORDER_REJECTED};
        return verdict;
    }
    struct qt__perp_market *market = qt__perp_market(perp, ticket->instrument);
    struct qt__perp_record *record = qt__perp_record_new(perp, ticket);
    uint64_t id = record->order.id, before = qt_match_book_id(market->match);
    perp->stats.orders++;
    if (qt__perp_is_stop(ticket->type))
        qt__perp_wait(market, record);
    qt__perp_tell(perp, QT_PERP_ACCEPTED, record, NULL);
    if (!record->order.is_waiting && !qt__perp_work(market, record))
        qt__perp_finish(perp, record, QT_ORDER_EXPIRED, QT_PERP_EXPIRED);
    qt__perp_settle(market);
    qt__perp_tell_book(market, before);
    *out = qt__perp_record_of(perp, id)->order;
    return QT_PERP_OK;
}

enum qt_perp_verdict
qt_perp_cancel(struct qt_perp *perp, uint32_t owner, uint32_t instrument, uint64_t id,
               struct qt_perp_order *out)
{
    struct qt__perp_record *record = qt__perp_record_find(perp, owner, instrument, id, NULL);
    if (!record || qt__perp_is_final(record))
        return QT_PERP_UNKNOWN_ORDER;
    struct qt__perp_market *market = qt__perp_market(perp, record->order.instrument);
    uint64_t before = qt_match_book_id(market->match);
    qt__perp_end(market, record, QT_PERP_CANCELLED);
    qt__perp_tell_book(market, before);
    *out = record->order;
    return QT_PERP_OK;
}

size_t
qt_perp_cancel_all(struct qt_perp *perp, uint32_t owner, uint32_t instrument)
{
    struct qt_perp_order order;
    size_t count = 0;
    for (size_t i = 0; i < perp->n_open;) {
        uint64_t id = perp->open[i];
        const struct qt_perp_order *open = &qt__perp_record_of(perp, id)->order;
        bool is_wanted = open->owner == owner &&
                         (instrument == QT_NO_INSTRUMENT || open->instrument == instrument);
        if (is_wanted && qt_perp_cancel(perp, owner, open->instrument, id, &order) == QT_PERP_OK)
            count++; /* the next one has moved to i */
        else
            i++;
    }
    return count;
}

/* A quantity that is filled already, or a GTX order that would take: the order ends. */
static bool
ends_it(const struct qt__perp_market *market, const struct qt_perp_order *order, qt_px px,
        qt_qty qty)
{
    struct qt_depth_level best;
    if (qty.v <= order->cum_qty.v)
        return true;
    return order->tif == QT_PERP_GTX &&
           qt_match_levels(market->match, qt__perp_other(order->side), &best, 1) == 1 &&
           (order->side == QT_BUY ? best.px.v <= px.v : best.px.v >= px.v);
}

/* The book's order makes way for one at the new price. */
static void
replace(struct qt__perp_market *market, struct qt__perp_record *record, qt_px px, qt_qty qty)
{
    struct qt_perp *perp = market->perp;
    perp->is_hushed = true;
    bool was_there = qt_match_cancel(market->match, record->order.id, perp->now_ns);
    perp->is_hushed = false;
    qt_assert(was_there);
    record->order.px = px;
    record->order.qty = qty;
    record->order.update_ns = perp->now_ns;
    qt__perp_tell(perp, QT_PERP_AMENDED, record, NULL);
    if (!qt__perp_work(market, record))
        qt__perp_finish(perp, record, QT_ORDER_EXPIRED, QT_PERP_EXPIRED);
}

enum qt_perp_verdict
qt_perp_modify(struct qt_perp *perp, uint32_t owner, uint32_t instrument, uint64_t id, qt_px px,
               qt_qty qty, struct qt_perp_order *out)
{
    struct qt__perp_record *record = qt__perp_record_find(perp, owner, instrument, id, NULL);
    if (!record || qt__perp_is_final(record))
        return QT_PERP_NO_ORDER;
    struct qt_perp_order *order = &record->order;
    struct qt__perp_market *market = qt__perp_market(perp, order->instrument);
    if (order->type != QT_PERP_LIMIT || order->is_waiting)
        return QT_PERP_NOT_LIMIT;
    if (order->px.v == px.v && order->qty.v == qty.v)
        return QT_PERP_NO_CHANGE;
    enum qt_perp_verdict verdict =
        qt__perp_filters(market, order->side, px, qty, order->reduce_only);
    uint64_t before = qt_match_book_id(market->match);
    if (verdict != QT_PERP_OK)
        return verdict;
    if (ends_it(market, order, px, qty)) {
        qt__perp_end(market, record, QT_PERP_CANCELLED);
    } else {
        struct qt_perp_order old = *order;
        order->is_waiting = true; /* what it holds is free for the new one */
        qt__perp_hold(perp, record);
        if (!order->reduce_only)
            verdict =
                qt__perp_afford(market, owner, order->side, px, (qt_qty){qty.v - order->cum_qty.v});
        order->is_waiting = old.is_waiting;
        qt__perp_hold(perp, record);
        if (verdict != QT_PERP_OK)
            return verdict;
        replace(market, record, px, qty);
    }
    qt__perp_settle(market);
    qt__perp_tell_book(market, before);
    *out = record->order;
    return QT_PERP_OK;
}
