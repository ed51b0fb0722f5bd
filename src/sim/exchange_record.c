/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the exchange remembers: orders in a ring by id, open ids in a sorted list, fills in a ring.
 * A place of the ring that an open order holds is passed over, so that the next id has a gap but no
 * open order is ever forgotten.
 */
#include <stdlib.h>

#include "qtrade/base/error.h"

#include "exchange_priv.h"
#include "order_ids_priv.h"

bool
qt__records_init(struct qt_exchange *exchange)
{
    const struct qt_exchange_options *options = &exchange->options;
    exchange->records = calloc(options->max_history, sizeof *exchange->records);
    exchange->open = calloc(options->max_open, sizeof *exchange->open);
    exchange->fills = calloc(options->max_fills, sizeof *exchange->fills);
    exchange->lists = calloc(QT__LISTS, sizeof *exchange->lists);
    exchange->by_client = qt_textmap_create(options->max_history);
    return exchange->records && exchange->open && exchange->fills && exchange->lists &&
           exchange->by_client;
}

void
qt__records_finish(struct qt_exchange *exchange)
{
    free(exchange->records);
    free(exchange->open);
    free(exchange->fills);
    free(exchange->lists);
    qt_textmap_destroy(exchange->by_client);
}

static struct qt__order_name
name_of(const struct qt_exchange_order *order)
{
    return (struct qt__order_name){order->owner, order->instrument, order->client_id};
}

struct qt__record *
qt__record_new(struct qt_exchange *exchange, const struct qt_exchange_ticket *ticket)
{
    struct qt__record *record;
    do
        record = &exchange->records[++exchange->last_id % exchange->options.max_history];
    while (record->order.id != 0 &&
           !qt_order_state_is_final((enum qt_order_state)record->order.state));
    if (record->order.id != 0)
        qt__name_forget(exchange->by_client, name_of(&record->order), record->order.id);
    struct qt_exchange_order *order = &record->order;
    *record = (struct qt__record){.order = {.id = exchange->last_id,
                                            .owner = ticket->owner,
                                            .instrument = ticket->instrument,
                                            .side = ticket->side,
                                            .type = ticket->type,
                                            .tif = ticket->tif,
                                            .state = QT_ORDER_OPEN,
                                            .px = ticket->px,
                                            .stop_px = ticket->stop_px,
                                            .qty = ticket->qty,
                                            .quote_qty = ticket->quote_qty,
                                            .stp = ticket->stp,
                                            .trail_bps = ticket->trail_bps,
                                            .iceberg = ticket->iceberg,
                                            .time_ns = exchange->now_ns,
                                            .update_ns = exchange->now_ns}};
    qt__name_make(ticket->client_id, order->id, order->client_id);
    qt__name_put(exchange->by_client, name_of(order), order->id);
    qt_assert(exchange->n_open < exchange->options.max_open);
    exchange->open[exchange->n_open++] = order->id;
    return record;
}

struct qt__record *
qt__record_of(const struct qt_exchange *exchange, uint64_t id)
{
    struct qt__record *record = &exchange->records[id % exchange->options.max_history];
    return id != 0 && record->order.id == id ? record : NULL;
}

static bool
is_wanted(const struct qt_exchange_order *order, uint32_t owner, uint32_t instrument)
{
    return order->owner == owner &&
           (instrument == QT_NO_INSTRUMENT || order->instrument == instrument);
}

struct qt__record *
qt__record_find(const struct qt_exchange *exchange, uint32_t owner, uint32_t instrument,
                uint64_t id, const char *client_id)
{
    const struct qt__order_name name = {owner, instrument, client_id};
    if (id == 0 && !qt__name_find(exchange->by_client, name, &id))
        return NULL;
    struct qt__record *record = qt__record_of(exchange, id);
    return record && is_wanted(&record->order, owner, instrument) ? record : NULL;
}

void
qt__record_close(struct qt_exchange *exchange, struct qt__record *record)
{
    qt__ids_remove(exchange->open, &exchange->n_open, record->order.id);
}

void
qt__fill_keep(struct qt_exchange *exchange, const struct qt_exchange_fill *fill)
{
    exchange->fills[exchange->n_fills++ % exchange->options.max_fills] = *fill;
}

bool
qt_exchange_find(const struct qt_exchange *exchange, uint32_t owner, uint32_t instrument,
                 uint64_t id, const char *client_id, struct qt_exchange_order *out)
{
    const struct qt__record *record = qt__record_find(exchange, owner, instrument, id, client_id);
    if (record)
        *out = record->order;
    return record != NULL;
}

size_t
qt_exchange_orders(const struct qt_exchange *exchange, uint32_t owner, uint32_t instrument,
                   uint64_t from, bool only_open, struct qt_exchange_order *out, size_t n)
{
    size_t count = 0;
    if (only_open) {
        for (size_t i = qt__ids_from(exchange->open, exchange->n_open, from);
             i < exchange->n_open && count < n; i++) {
            const struct qt__record *record = qt__record_of(exchange, exchange->open[i]);
            if (is_wanted(&record->order, owner, instrument))
                out[count++] = record->order;
        }
        return count;
    }
    uint64_t window = exchange->options.max_history;
    uint64_t oldest = exchange->last_id > window ? exchange->last_id - window : 1;
    if (exchange->n_open > 0)
        oldest = QT_MIN(oldest, exchange->open[0]);
    for (uint64_t id = QT_MAX(from, oldest); id <= exchange->last_id && count < n; id++) {
        const struct qt__record *record = qt__record_of(exchange, id);
        if (record && is_wanted(&record->order, owner, instrument))
            out[count++] = record->order;
    }
    return count;
}

size_t
qt_exchange_fills(const struct qt_exchange *exchange, uint32_t owner, uint32_t instrument,
                  uint64_t order_id, uint64_t from, struct qt_exchange_fill *out, size_t n)
{
    uint64_t max = exchange->options.max_fills;
    uint64_t i = exchange->n_fills > max ? exchange->n_fills - max : 0;
    size_t count = 0;
    for (; i < exchange->n_fills && count < n; i++) {
        const struct qt_exchange_fill *fill = &exchange->fills[i % max];
        if (fill->owner == owner &&
            (instrument == QT_NO_INSTRUMENT || fill->instrument == instrument) &&
            (order_id == 0 || fill->order_id == order_id) && fill->trade_id >= from)
            out[count++] = *fill;
    }
    return count;
}
