/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the exchange remembers: orders in a ring by id, open ids in a sorted list, fills in a ring.
 * A place of the ring that an open order holds is passed over, so that the next id has a gap but no
 * open order is ever forgotten.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/error.h"
#include "qtrade/base/text.h"

#include "exchange_priv.h"

#define KEY_SIZE 48

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

static size_t
key_of(uint32_t owner, uint32_t instrument, const char *client_id, char out[KEY_SIZE])
{
    return (size_t)snprintf(out, KEY_SIZE, "%02x%04x%.36s", owner & 0xff, instrument & 0xffff,
                            client_id);
}

static size_t
key_of_order(const struct qt_exchange_order *order, char out[KEY_SIZE])
{
    return key_of(order->owner, order->instrument, order->client_id, out);
}

/* Takes an order's client id out of the map, unless a newer order has taken it over. */
static void
forget(struct qt_exchange *exchange, const struct qt_exchange_order *order)
{
    char key[KEY_SIZE];
    uint64_t id;
    size_t n = key_of_order(order, key);
    if (qt_textmap_get(exchange->by_client, key, n, &id) && id == order->id)
        qt_textmap_remove(exchange->by_client, key, n);
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
        forget(exchange, &record->order);
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
    if (ticket->client_id[0])
        (void)qt_copy(order->client_id, sizeof order->client_id, ticket->client_id);
    else
        snprintf(order->client_id, sizeof order->client_id, "x-%llu",
                 (unsigned long long)order->id);
    char key[KEY_SIZE];
    size_t n = key_of_order(order, key);
    bool is_kept = qt_textmap_put(exchange->by_client, key, n, order->id);
    qt_assert(is_kept && exchange->n_open < exchange->options.max_open);
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
    char key[KEY_SIZE];
    if (id == 0) {
        size_t n = client_id ? key_of(owner, instrument, client_id, key) : 0;
        if (n == 0 || !qt_textmap_get(exchange->by_client, key, n, &id))
            return NULL;
    }
    struct qt__record *record = qt__record_of(exchange, id);
    return record && is_wanted(&record->order, owner, instrument) ? record : NULL;
}

/* Index of the first open id >= id. */
static size_t
open_from(const struct qt_exchange *exchange, uint64_t id)
{
    size_t low = 0, high = exchange->n_open;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (exchange->open[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void
qt__record_close(struct qt_exchange *exchange, struct qt__record *record)
{
    size_t i = open_from(exchange, record->order.id);
    qt_assert(i < exchange->n_open && exchange->open[i] == record->order.id);
    exchange->n_open--;
    memmove(exchange->open + i, exchange->open + i + 1,
            (exchange->n_open - i) * sizeof *exchange->open);
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
        for (size_t i = open_from(exchange, from); i < exchange->n_open && count < n; i++) {
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
