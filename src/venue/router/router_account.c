/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The account: what every leg holds, told as a sum; read when every leg is (rule V3).
 */
#include <string.h>

#include "qtrade/base/text.h"

#include "router_priv.h"

/* QT__ROUTER_ASSETS: no room for another. */
static uint32_t
asset_of(struct qt_router *router, const char *name)
{
    uint64_t found;
    size_t length = strlen(name);
    if (qt_textmap_get(router->asset, name, length, &found))
        return (uint32_t)found;
    if (router->assets == QT__ROUTER_ASSETS ||
        !qt_copy(router->asset_name[router->assets], QT_ASSET_SIZE, name) ||
        !qt_textmap_put(router->asset, name, length, router->assets))
        return QT__ROUTER_ASSETS;
    return router->assets++;
}

static void
tell(struct qt_router *router, uint32_t asset, const struct qt_event *like)
{
    struct qt_event event = *like;
    qt_money free = QT_MONEY_ZERO, locked = QT_MONEY_ZERO, rounding = QT_MONEY_ZERO;
    for (size_t i = 0; i < router->options.legs; i++) {
        const struct qt__router_held *held = &router->leg[i].held[asset];
        if (!qt_money_add(free, held->free, &free) || !qt_money_add(locked, held->locked, &locked) ||
            !qt_money_add(rounding, held->rounding, &rounding))
            return;
    }
    event.balance.free = free;
    event.balance.locked = locked;
    event.balance.rounding = rounding;
    qt__router_push(router, &event);
}

void
qt__router_balance(struct qt__router_leg *leg, const struct qt_event *event)
{
    uint32_t asset = asset_of(leg->router, event->balance.asset);
    if (asset == QT__ROUTER_ASSETS)
        return;
    leg->held[asset] = (struct qt__router_held){.free = event->balance.free,
                                                .locked = event->balance.locked,
                                                .rounding = event->balance.rounding,
                                                .told = leg->reads};
    leg->router->is_balance_told = true;
    tell(leg->router, asset, event);
}

void
qt__router_filled(struct qt__router_leg *leg, uint32_t instrument, enum qt_side side, qt_qty qty)
{
    uint32_t asset = asset_of(leg->router, qt_universe_at(leg->router->universe, instrument)->base);
    if (asset == QT__ROUTER_ASSETS)
        return;
    leg->held[asset].filled.v += side == QT_BUY ? qty.v : -qty.v;
}

struct qt__router_held
qt__router_held_of(const struct qt__router_leg *leg, const char *asset)
{
    uint64_t found;
    return qt_textmap_get(leg->router->asset, asset, strlen(asset), &found)
               ? leg->held[found]
               : (struct qt__router_held){0};
}

bool
qt__router_holding(const struct qt__router_leg *leg, uint32_t instrument, qt_qty *out)
{
    const struct qt_instrument *ins = qt_universe_at(leg->router->universe, instrument);
    struct qt__router_held held = qt__router_held_of(leg, ins->base);
    qt_money total;
    return qt_money_add(held.free, held.locked, &total) &&
           qt_qty_of_asset(total, QT_MONEY_SCALE, ins->qty_scale, out);
}

/* Parts that stand in our table and not in the leg's: what became of them? */
static void
ask_for_missing(struct qt__router_leg *leg)
{
    struct qt_router *router = leg->router;
    for (uint32_t k = 0; k < QT__ROUTER_ORDERS; k++) {
        struct qt__router_order *order = &router->order[k];
        struct qt__router_part *part = &order->part[leg->index];
        if (order->client_id == 0 || !qt__router_part_is_open(part))
            continue;
        if (!part->is_seen && !part->is_asked)
            part->is_asked = leg->port.venue.query(
                leg->port.venue.self, leg->quote[order->instrument].instrument, order->client_id);
        part->is_seen = false;
    }
}

/* An asset without a row in a read is one without a balance there; the sum was told with what was
 * there before. */
static void
forget_absent(struct qt__router_leg *leg, const struct qt_event *read)
{
    struct qt_router *router = leg->router;
    for (uint32_t asset = 0; asset < router->assets; asset++) {
        struct qt__router_held *held = &leg->held[asset];
        bool is_held = qt_money_sign(held->free) != 0 || qt_money_sign(held->locked) != 0 ||
                       qt_qty_sign(held->filled) != 0;
        if (held->told == leg->reads || !is_held)
            continue;
        struct qt_event event = *read;
        event.kind = QT_EVENT_BALANCE;
        event.balance = (struct qt_balance){.free = QT_MONEY_ZERO};
        (void)qt_copy(event.balance.asset, sizeof event.balance.asset, router->asset_name[asset]);
        *held = (struct qt__router_held){.told = leg->reads};
        tell(router, asset, &event);
    }
    leg->reads++;
}

void
qt__router_read(struct qt__router_leg *leg, const struct qt_event *event)
{
    struct qt_router *router = leg->router;
    if (event->flags & QT_EVENT_REFUSED) {
        qt__router_push(router, event);
        return;
    }
    forget_absent(leg, event);
    ask_for_missing(leg);
    leg->is_read = true;
    for (size_t i = 0; i < router->options.legs; i++) {
        if (!router->leg[i].is_read)
            return;
    }
    for (size_t i = 0; i < router->options.legs; i++)
        router->leg[i].is_read = false;
    qt__router_tell_open(router);
    qt__router_push(router, event);
}
