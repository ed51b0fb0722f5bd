/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of orders: one pool of slots, two lists through it (alive, and past ones oldest first),
 * a map by client id. A past order's slot is used again when no other is free; so at least
 * limits.history of them stay known.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/trade/orders.h"

#include "order_priv.h"

static void
list_push(struct qt_orders *orders, struct qt__order_list *list, struct qt_order *order)
{
    order->next = QT__NO_SLOT;
    order->previous = list->tail;
    if (list->tail == QT__NO_SLOT)
        list->head = order->slot;
    else
        orders->order[list->tail].next = order->slot;
    list->tail = order->slot;
    list->count++;
}

static void
list_take(struct qt_orders *orders, struct qt__order_list *list, struct qt_order *order)
{
    if (order->previous == QT__NO_SLOT)
        list->head = order->next;
    else
        orders->order[order->previous].next = order->next;
    if (order->next == QT__NO_SLOT)
        list->tail = order->previous;
    else
        orders->order[order->next].previous = order->previous;
    list->count--;
}

/* Adds (sign 1) or takes away (-1) an order's share of the counts of what is alive. */
static void
count_state(struct qt_orders *orders, const struct qt_order *order, int sign)
{
    if (qt_order_state_is_final(order->state))
        return;
    uint32_t one = (uint32_t)sign, id = order->request.instrument;
    orders->counts.open += one;
    orders->open_of[id] += one;
    if (order->state == QT_ORDER_UNKNOWN) {
        orders->counts.unknown += one;
        orders->unknown_of[id] += one;
    }
    if (order->state == QT_ORDER_PENDING)
        orders->counts.pending += one;
}

static void
count_end(struct qt_orders *orders, enum qt_order_state state)
{
    if (state == QT_ORDER_CANCELLED)
        orders->counts.cancelled++;
    else if (state == QT_ORDER_REJECTED)
        orders->counts.rejected++;
    else if (state == QT_ORDER_EXPIRED)
        orders->counts.expired++;
}

void
qt__order_set(struct qt_orders *orders, struct qt_order *order, enum qt_order_state state,
              const char *why, int64_t t_ns)
{
    bool was_final = qt_order_state_is_final(order->state);
    bool is_final = qt_order_state_is_final(state);
    count_state(orders, order, -1);
    if (order->state != state)
        count_end(orders, state);
    order->state = (uint8_t)state;
    count_state(orders, order, 1);
    if (was_final != is_final) {
        list_take(orders, was_final ? &orders->past : &orders->alive, order);
        list_push(orders, is_final ? &orders->past : &orders->alive, order);
    }
    order->updated_ns = t_ns;
    qt_copy(order->reason, sizeof order->reason, why);
}

bool
qt__order_move(struct qt_orders *orders, struct qt_order *order, enum qt_order_event event,
               int64_t t_ns)
{
    enum qt_order_state to;
    const char *why;
    if (!qt_order_next(order->state, event, &to, &why))
        return false;
    if (to != order->state)
        qt__order_set(orders, order, to, why, t_ns);
    return true;
}

/* Memory for everything; false when there is none. */
static bool
take_memory(struct qt_orders *orders)
{
    uint32_t slots = orders->slots, instruments = orders->limits.instruments;
    orders->order = malloc(slots * sizeof *orders->order); /* take_slot zeroes what it takes */
    orders->free_slot = calloc(slots, sizeof *orders->free_slot);
    orders->open_of = calloc(instruments, sizeof *orders->open_of);
    orders->unknown_of = calloc(instruments, sizeof *orders->unknown_of);
    orders->by_id = qt_map_create(slots);
    return orders->order && orders->free_slot && orders->open_of && orders->unknown_of &&
           orders->by_id;
}

struct qt_orders *
qt_orders_create(const struct qt_orders_limits *limits)
{
    qt_assert(limits->open >= 1 && limits->open <= 65536 && limits->history >= 1 &&
              limits->history <= 1 << 20 && limits->instruments >= 1);
    struct qt_orders *orders = calloc(1, sizeof *orders);
    if (!orders)
        return NULL;
    orders->limits = *limits;
    orders->slots = limits->open + limits->history;
    orders->alive = orders->past = (struct qt__order_list){QT__NO_SLOT, QT__NO_SLOT, 0};
    if (!take_memory(orders)) {
        qt_orders_destroy(orders);
        return NULL;
    }
    for (uint32_t i = 0; i < orders->slots; i++)
        orders->free_slot[i] = orders->slots - 1 - i;
    orders->free_count = orders->slots;
    return orders;
}

void
qt_orders_destroy(struct qt_orders *orders)
{
    if (!orders)
        return;
    free(orders->order);
    free(orders->free_slot);
    free(orders->open_of);
    free(orders->unknown_of);
    qt_map_destroy(orders->by_id);
    free(orders);
}

/* A zeroed order with its slot; the oldest past one makes room. NULL: none can. */
static struct qt_order *
take_slot(struct qt_orders *orders)
{
    if (orders->free_count == 0 && orders->past.count > 0) {
        struct qt_order *oldest = &orders->order[orders->past.head];
        list_take(orders, &orders->past, oldest);
        qt_map_remove(orders->by_id, oldest->request.client_id);
        orders->free_slot[orders->free_count++] = oldest->slot;
    }
    if (orders->free_count == 0)
        return NULL;
    uint32_t slot = orders->free_slot[--orders->free_count];
    memset(&orders->order[slot], 0, sizeof orders->order[slot]);
    orders->order[slot].slot = slot;
    return &orders->order[slot];
}

static bool
may_add(const struct qt_orders *orders, const struct qt_order_request *request)
{
    return request->client_id != 0 && request->client_id != UINT64_MAX &&
           qt_qty_sign(request->qty) > 0 && request->instrument < orders->limits.instruments &&
           orders->alive.count < orders->limits.open && !qt_orders_find(orders, request->client_id);
}

struct qt_order *
qt_orders_add(struct qt_orders *orders, const struct qt_instrument *ins,
              const struct qt_order_request *request, enum qt_order_purpose purpose, uint64_t seq,
              int64_t t_ns)
{
    if (!may_add(orders, request))
        return NULL;
    struct qt_order *order = take_slot(orders);
    if (!order)
        return NULL;
    bool stored = qt_map_put(orders->by_id, request->client_id, order->slot);
    qt_assert(stored); /* the map has a place for every slot */
    order->request = *request;
    order->purpose = (uint8_t)purpose;
    order->seq = seq;
    order->px_scale = ins->px_scale;
    order->qty_scale = ins->qty_scale;
    order->created_ns = order->updated_ns = order->sent_ns = t_ns;
    order->state = QT_ORDER_PENDING;
    qt_copy(order->reason, sizeof order->reason, "not sent yet");
    list_push(orders, &orders->alive, order);
    count_state(orders, order, 1);
    orders->counts.added++;
    return order;
}

struct qt_order *
qt_orders_restore(struct qt_orders *orders, const struct qt_instrument *ins,
                  const struct qt_order *from)
{
    struct qt_order *order =
        qt_orders_add(orders, ins, &from->request, from->purpose, from->seq, from->created_ns);
    if (!order)
        return NULL;
    order->venue_id = from->venue_id;
    order->is_acknowledged = from->is_acknowledged || from->venue_id != 0;
    order->is_cancel_wanted = from->is_cancel_wanted;
    order->is_earlier = true;
    order->parent = from->parent;
    order->fees = from->fees;
    order->base_fees = from->base_fees;
    order->cum_quote = order->explained_quote = from->cum_quote;
    order->code = from->code;
    if (qt_qty_sign(from->cum_qty) > 0 && qt_qty_cmp(from->cum_qty, from->request.qty) <= 0) {
        order->cum_qty = from->cum_qty;
        order->booked.prefix = order->explained.prefix = from->cum_qty;
    }
    qt__order_set(orders, order, QT_ORDER_UNKNOWN, "from an earlier run: ask the venue",
                  from->updated_ns);
    return order;
}

struct qt_order *
qt_orders_find(const struct qt_orders *orders, uint64_t client_id)
{
    uint64_t slot;
    if (client_id == UINT64_MAX || !qt_map_get(orders->by_id, client_id, &slot))
        return NULL;
    return &orders->order[slot];
}

const char *
qt_orders_verdict_name(enum qt_orders_verdict verdict)
{
    static const char *const names[QT_ORDERS_VERDICTS] = {"applied", "duplicate", "stale",
                                                          "unknown id", "incident"};
    return (unsigned)verdict < QT_ORDERS_VERDICTS ? names[verdict] : "?";
}

struct qt_order *
qt_orders_first(const struct qt_orders *orders)
{
    return orders->alive.head == QT__NO_SLOT ? NULL : &orders->order[orders->alive.head];
}

struct qt_order *
qt_orders_after(const struct qt_orders *orders, const struct qt_order *order)
{
    return order->next == QT__NO_SLOT ? NULL : &orders->order[order->next];
}

const struct qt_order *
qt_orders_past(const struct qt_orders *orders, uint32_t n)
{
    uint32_t slot = orders->past.tail;
    while (n-- > 0 && slot != QT__NO_SLOT)
        slot = orders->order[slot].previous;
    return slot == QT__NO_SLOT ? NULL : &orders->order[slot];
}

/* The price an order is valued at. */
static qt_px
value_px(const struct qt_order_request *request, qt_px reference)
{
    if (qt_px_is_positive(request->px))
        return request->px;
    return qt_px_is_positive(request->stop_px) ? request->stop_px : reference;
}

static void
add_to_total(const struct qt_order *order, qt_px reference, struct qt_open_total *out)
{
    qt_qty rest = qt_order_remaining(order);
    qt_px px = value_px(&order->request, reference);
    qt_money notional = QT_MONEY_ZERO;
    out->orders++;
    out->unknown += order->state == QT_ORDER_UNKNOWN;
    out->unpriced += !qt_px_is_positive(px);
    bool fits = qt_qty_add(out->qty, rest, &out->qty);
    if (order->request.reduce_only)
        fits = qt_qty_add(out->reducing_qty, rest, &out->reducing_qty) && fits;
    if (qt_px_is_positive(px))
        fits =
            qt_notional(px, order->px_scale, rest, order->qty_scale, QT_MONEY_SCALE, &notional) &&
            qt_money_add(out->notional, notional, &out->notional) && fits;
    out->is_overflow = out->is_overflow || !fits;
}

void
qt_orders_open_total(const struct qt_orders *orders, uint32_t instrument, enum qt_side side,
                     qt_px reference, struct qt_open_total *out)
{
    *out = (struct qt_open_total){0};
    if (qt_orders_open_of(orders, instrument) == 0)
        return;
    for (const struct qt_order *o = qt_orders_first(orders); o; o = qt_orders_after(orders, o))
        if (o->request.instrument == instrument && o->request.side == side)
            add_to_total(o, reference, out);
}

struct qt_orders_counts
qt_orders_count(const struct qt_orders *orders)
{
    return orders->counts;
}

uint32_t
qt_orders_open_of(const struct qt_orders *orders, uint32_t instrument)
{
    return instrument < orders->limits.instruments ? orders->open_of[instrument] : 0;
}

uint32_t
qt_orders_unknown_of(const struct qt_orders *orders, uint32_t instrument)
{
    return instrument < orders->limits.instruments ? orders->unknown_of[instrument] : 0;
}
