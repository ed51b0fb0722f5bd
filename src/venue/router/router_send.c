/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What leaves: an order in parts, and what is asked of its parts later.
 */
#include <string.h>

#include "qtrade/base/num.h"
#include "qtrade/base/time.h"

#include "router_priv.h"

/* An open breaker lets one order by when it has cooled (qt_breaker_allow). */
bool
qt__router_is_usable(const struct qt__router_leg *leg)
{
    const struct qt_breaker *breaker = &leg->breaker;
    bool is_shut = qt_breaker_state(breaker) == QT_BREAKER_OPEN &&
                   leg->router->now_ns - breaker->opened_ns < breaker->current_cool_ns;
    return leg->link[QT_LINK_MARKET] == QT_LINK_UP && leg->link[QT_LINK_REST] == QT_LINK_UP &&
           !is_shut;
}

/* An order on its way to the legs. */
struct plan {
    struct qt_router *router;
    const struct qt_order_request *request;
    const struct qt_instrument *ins;
    struct qt__router_order *order;
    size_t legs;
    bool is_out[QT_ROUTE_VENUES]; /* of this order: has its part, or takes none */
    struct qt_route_venue venue[QT_ROUTE_VENUES];
    struct qt_route_level level[QT_ROUTE_VENUES][QT__ROUTER_LEVELS];
    struct qt_route_share share[QT_ROUTE_VENUES];
    qt_qty left;
};

qt_qty
qt__router_promised(const struct qt__router_leg *leg, uint32_t instrument)
{
    const struct qt_router *router = leg->router;
    qt_qty sum = QT_QTY_ZERO;
    for (uint32_t k = 0; k < QT__ROUTER_ORDERS; k++) {
        const struct qt__router_order *order = &router->order[k];
        const struct qt__router_part *part = &order->part[leg->index];
        if (order->client_id && order->instrument == instrument && order->side == QT_SELL &&
            qt__router_part_is_open(part))
            sum.v += part->qty.v - part->cum.v;
    }
    return sum;
}

/* A stop stands beside the holding that it protects. */
static bool
is_stop(const struct qt_order_request *request)
{
    return request->stop_px.v > 0;
}

static qt_qty
room_of(const struct plan *plan, const struct qt__router_leg *leg)
{
    qt_qty room = QT_QTY_ZERO;
    if (plan->request->side == QT_SELL) {
        if (!qt__router_holding(leg, plan->request->instrument, &room))
            return QT_QTY_ZERO;
        room.v -= qt__router_promised(leg, plan->request->instrument).v;
        if (is_stop(plan->request)) /* not after the read: it only ever reduces what is there */
            room.v += qt__router_held_of(leg, plan->ins->base).filled.v;
        return room;
    }
    double free =
        (double)qt__router_held_of(leg, plan->ins->quote).free.v / (double)qt_pow10(QT_MONEY_SCALE);
    double px = plan->venue[leg->index].levels ? plan->venue[leg->index].level[0].px : 0;
    double units =
        px > 0 ? free / (px * (1 + leg->port.taker_fee)) * (double)qt_pow10(plan->ins->qty_scale)
               : 0;
    room.v = units < (double)INT64_MAX / 2 ? (int64_t)units : INT64_MAX / 2;
    return room;
}

static void
describe(struct plan *plan, struct qt__router_leg *leg)
{
    struct qt_route_venue *venue = &plan->venue[leg->index];
    uint32_t instrument = plan->request->instrument, own = leg->quote[instrument].instrument;
    *venue = (struct qt_route_venue){.level = plan->level[leg->index], .lot = {1}};
    if (own == QT_NO_INSTRUMENT)
        return;
    const struct qt_instrument *ins = qt_universe_at(leg->port.universe, own);
    venue->is_open =
        !plan->is_out[leg->index] && !leg->quote[instrument].is_halted && qt__router_is_usable(leg);
    venue->levels = qt__router_levels(leg, instrument, (enum qt_side)plan->request->side,
                                      plan->level[leg->index]);
    venue->lot = qt__router_qty_in(leg, instrument, ins->lot);
    venue->min_qty = qt__router_qty_in(leg, instrument, ins->min_qty);
    venue->min_notional = (double)ins->min_notional.v / (double)qt_pow10(QT_MONEY_SCALE);
    venue->fee = leg->port.taker_fee;
    venue->latency_s = leg->record.latency_s;
    venue->refused = leg->record.refusals;
    venue->slip = leg->record.slip;
    if (leg->port.day_volume && venue->levels > 0)
        venue->day_volume = leg->port.day_volume[own] / venue->level[0].px;
    venue->room = room_of(plan, leg);
}

static double
px_of(const struct plan *plan, qt_px px)
{
    return qt_px_is_positive(px) ? (double)px.v / (double)qt_pow10(plan->ins->px_scale) : 0;
}

/* What is visible goes where it is cheapest. */
static void
split(struct plan *plan)
{
    double sigma = qt__router_sigma(plan->router, plan->request->instrument);
    const struct qt_route_order order = {.side = (enum qt_side)plan->request->side,
                                         .qty = plan->left,
                                         .qty_scale = plan->ins->qty_scale,
                                         .limit = px_of(plan, plan->request->px),
                                         .sigma = sigma,
                                         .sigma_day = sigma * 293.9387691339814, /* sqrt(86400) */
                                         .impact = plan->router->options.impact};
    memset(plan->share, 0, sizeof plan->share);
    (void)qt_route_split(&order, plan->venue, plan->legs, plan->share);
}

/* What rests waits at one leg: the one that asks least of a maker. */
static double
rest_cost(const struct qt__router_leg *leg)
{
    return leg->port.maker_fee + leg->record.refusals * leg->port.taker_fee;
}

/* For the venue's minima, at the order's price or, without one, the book's. */
static bool
is_enough(const struct plan *plan, const struct qt_route_venue *venue, int64_t quantity)
{
    double px = px_of(plan, plan->request->px);
    if (px <= 0 && venue->levels > 0)
        px = venue->level[0].px;
    double notional = (double)quantity / (double)qt_pow10(plan->ins->qty_scale) * px;
    return quantity >= venue->min_qty.v && (px <= 0 || notional >= venue->min_notional);
}

/* Whole lots of what has no share yet, as far as there is room, to the cheapest leg to rest at. */
static void
add_rest(struct plan *plan)
{
    bool is_tried[QT_ROUTE_VENUES] = {false};
    for (size_t n = 0; n < plan->legs; n++) {
        size_t best = plan->legs;
        int64_t left = plan->left.v;
        for (size_t i = 0; i < plan->legs; i++) {
            left -= plan->share[i].qty.v;
            if (plan->venue[i].is_open && !is_tried[i] &&
                (best == plan->legs ||
                 rest_cost(&plan->router->leg[i]) < rest_cost(&plan->router->leg[best])))
                best = i;
        }
        if (left <= 0 || best == plan->legs)
            return;
        is_tried[best] = true;
        const struct qt_route_venue *venue = &plan->venue[best];
        struct qt_route_share *share = &plan->share[best];
        int64_t more = QT_MIN(left, venue->room.v - share->qty.v);
        more -= more % venue->lot.v;
        if (more > 0 && is_enough(plan, venue, share->qty.v + more))
            share->qty.v += more;
    }
}

static bool
send_part(struct plan *plan, struct qt__router_leg *leg)
{
    const struct qt_route_share *share = &plan->share[leg->index];
    struct qt_order_request request = *plan->request;
    struct qt__router_part *part = &plan->order->part[leg->index];
    request.instrument = leg->quote[plan->request->instrument].instrument;
    request.qty = qt__router_qty_out(leg, plan->request->instrument, share->qty);
    request.px =
        qt__router_px_out(leg, plan->request->instrument, request.px, (enum qt_side)request.side);
    request.stop_px = qt__router_px_out(leg, plan->request->instrument, request.stop_px,
                                        (enum qt_side)request.side);
    plan->is_out[leg->index] = true;
    if (!qt_breaker_allow(&leg->breaker, plan->router->now_ns))
        return false;
    if (!leg->port.venue.submit(leg->port.venue.self, &request)) {
        if (qt_breaker_state(&leg->breaker) == QT_BREAKER_HALF_OPEN)
            qt_breaker_failed(&leg->breaker, plan->router->now_ns);
        return false;
    }
    *part = (struct qt__router_part){.qty = share->qty,
                                     .sent_ns = plan->router->now_ns,
                                     .expected = share->px,
                                     .state = QT_ORDER_PENDING};
    leg->parts++;
    return true;
}

/* One round: split what is left, send it. False: nothing could be sent. */
static bool
send_round(struct plan *plan)
{
    bool was_sent = false;
    for (size_t i = 0; i < plan->legs; i++)
        describe(plan, &plan->router->leg[i]);
    if (is_stop(plan->request) || plan->request->type == QT_TYPE_LIMIT_MAKER)
        memset(plan->share, 0, sizeof plan->share);
    else
        split(plan);
    add_rest(plan);
    for (size_t i = 0; i < plan->legs; i++) {
        if (plan->share[i].qty.v > 0 && send_part(plan, &plan->router->leg[i])) {
            plan->left.v -= plan->share[i].qty.v;
            was_sent = true;
        }
    }
    return was_sent;
}

static struct plan
plan_of(struct qt_router *router, const struct qt_order_request *request)
{
    return (struct plan){.router = router,
                         .request = request,
                         .ins = qt_universe_at(router->universe, request->instrument),
                         .legs = router->options.legs,
                         .left = request->qty};
}

/* A fill is told before the balance that it makes, so a stop that follows it at once may not know yet
 * where all that it protects lies. */
static void
keep_rest(const struct plan *plan)
{
    if (!is_stop(plan->request))
        return;
    plan->order->rest = plan->left;
    plan->order->request = *plan->request;
    plan->router->has_rest |= plan->left.v > 0;
}

bool
qt__router_submit(void *self, const struct qt_order_request *request)
{
    struct qt_router *router = self;
    struct plan plan = plan_of(router, request);
    if (qt__router_find(router, request->client_id))
        return true; /* has its parts: once is enough */
    plan.order = qt__router_add(router, request->client_id, request->instrument,
                                (enum qt_side)request->side, request->qty);
    if (!plan.order)
        return false;
    bool was_sent = false;
    while (plan.left.v > 0 && send_round(&plan))
        was_sent = true;
    if (was_sent)
        keep_rest(&plan);
    else
        qt__router_forget(router, plan.order);
    return was_sent; /* what found no place ends with the last part */
}

static void
place_rest(struct qt_router *router, struct qt__router_order *order)
{
    bool is_alive = false;
    const struct qt_order_request request = order->request;
    struct plan plan = plan_of(router, &request);
    plan.order = order;
    plan.left = order->rest;
    for (size_t i = 0; i < plan.legs; i++) {
        plan.is_out[i] = order->part[i].state != QT_ORDER_STATES;
        is_alive |= qt__router_part_is_open(&order->part[i]);
    }
    if (!is_alive || order->is_cancelled || order->is_ended)
        plan.left = QT_QTY_ZERO;
    while (plan.left.v > 0 && send_round(&plan))
        ;
    keep_rest(&plan);
}

void
qt__router_place_rests(struct qt_router *router)
{
    if (!router->has_rest || !router->is_balance_told)
        return;
    router->has_rest = router->is_balance_told = false;
    for (uint32_t k = 0; k < QT__ROUTER_ORDERS; k++)
        if (router->order[k].client_id && router->order[k].rest.v > 0)
            place_rest(router, &router->order[k]);
}

/* Whether the leg has, or may have, a part that can still be cancelled or asked for. */
static bool
concerns(const struct qt__router_leg *leg, const struct qt__router_order *order,
         uint32_t instrument, bool is_query)
{
    if (leg->quote[instrument].instrument == QT_NO_INSTRUMENT)
        return false;
    if (!order || order->qty.v == 0)
        return true; /* of an earlier run: who knows */
    const struct qt__router_part *part = &order->part[leg->index];
    return is_query ? part->state != QT_ORDER_STATES : qt__router_part_is_open(part);
}

/* True: each leg that it concerns was asked. */
static bool
ask_parts(struct qt_router *router, uint32_t instrument, uint64_t client_id, bool is_query)
{
    struct qt__router_order *order = qt__router_find(router, client_id);
    bool is_good = true;
    if (!order && is_query)
        order = qt__router_add(router, client_id, instrument, QT_BUY, QT_QTY_ZERO);
    for (size_t i = 0; i < router->options.legs; i++) {
        struct qt__router_leg *leg = &router->leg[i];
        if (!concerns(leg, order, instrument, is_query))
            continue;
        uint32_t own = leg->quote[instrument].instrument;
        bool was_asked = is_query ? leg->port.venue.query(leg->port.venue.self, own, client_id)
                                  : leg->port.venue.cancel(leg->port.venue.self, own, client_id);
        if (is_query && order)
            order->part[i].is_asked = was_asked;
        is_good &= was_asked;
    }
    if (order && !is_query)
        order->is_cancelled = true;
    return is_good;
}

/* Of the open parts: those at legs that answer, and those at the others. */
static void
count_parts(const struct qt_router *router, const struct qt__router_order *order, unsigned out[2])
{
    for (size_t i = 0; i < router->options.legs; i++) {
        if (qt__router_part_is_open(&order->part[i]))
            out[qt__router_is_usable(&router->leg[i])]++;
    }
}

static void
cancel_left(struct qt_router *router, struct qt__router_order *order)
{
    for (size_t i = 0; i < router->options.legs; i++) {
        struct qt__router_leg *leg = &router->leg[i];
        if (qt__router_part_is_open(&order->part[i]) && qt__router_is_usable(leg))
            (void)leg->port.venue.cancel(
                leg->port.venue.self, leg->quote[order->instrument].instrument, order->client_id);
    }
}

void
qt__router_look_after(struct qt_router *router)
{
    if (router->now_ns - router->looked_ns < QT_NS_PER_S)
        return;
    router->looked_ns = router->now_ns;
    for (uint32_t k = 0; k < QT__ROUTER_ORDERS; k++) {
        struct qt__router_order *order = &router->order[k];
        unsigned open[2] = {0};
        if (order->client_id == 0 || !order->is_cancelled)
            continue;
        count_parts(router, order, open);
        if (!order->is_ended && open[false] > 0 && open[true] == 0)
            qt__router_leave(router, order);
        else if (order->is_ended && open[true] > 0)
            cancel_left(router, order);
    }
}

bool
qt__router_cancel(void *self, uint32_t instrument, uint64_t client_id)
{
    return ask_parts(self, instrument, client_id, false);
}

bool
qt__router_query(void *self, uint32_t instrument, uint64_t client_id)
{
    return ask_parts(self, instrument, client_id, true);
}

bool
qt__router_cancel_all(void *self, uint32_t instrument)
{
    struct qt_router *router = self;
    bool is_good = true;
    for (size_t i = 0; i < router->options.legs; i++) {
        struct qt__router_leg *leg = &router->leg[i];
        uint32_t own = leg->quote[instrument].instrument;
        if (own != QT_NO_INSTRUMENT)
            is_good &= leg->port.venue.cancel_all(leg->port.venue.self, own);
    }
    return is_good;
}
