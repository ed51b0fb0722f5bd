/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the exchange of perpetuals remembers: orders in a ring by id, open ids in a sorted list,
 * fills and incomes in rings. An open order is never forgotten: its place in the ring is passed
 * over.
 */
#include "perp_priv.h"

#include <stdlib.h>

#include "qtrade/base/error.h"

#include "order_ids_priv.h"

bool
qt__perp_records_init(struct qt_perp *perp)
{
    const struct qt_perp_options *options = &perp->options;
    perp->records = calloc(options->max_history, sizeof *perp->records);
    perp->open = calloc(options->max_open + QT__PERP_SPARE, sizeof *perp->open);
    perp->fills = calloc(options->max_fills, sizeof *perp->fills);
    perp->incomes = calloc(options->max_fills, sizeof *perp->incomes);
    perp->by_client = qt_textmap_create(options->max_history);
    return perp->records && perp->open && perp->fills && perp->incomes && perp->by_client;
}

void
qt__perp_records_finish(struct qt_perp *perp)
{
    free(perp->records);
    free(perp->open);
    free(perp->fills);
    free(perp->incomes);
    qt_textmap_destroy(perp->by_client);
}

static struct qt__order_name
name_of(const struct qt_perp_order *order)
{
    return (struct qt__order_name){order->owner, order->instrument, order->client_id};
}

struct qt__perp_record *
qt__perp_record_new(struct qt_perp *perp, const struct qt_perp_ticket *ticket)
{
    struct qt__perp_record *record;
    do
        record = &perp->records[++perp->last_id % perp->options.max_history];
    while (record->order.id != 0 && !qt__perp_is_final(record));
    if (record->order.id != 0)
        qt__name_forget(perp->by_client, name_of(&record->order), record->order.id);
    struct qt_perp_order *order = &record->order;
    *record = (struct qt__perp_record){.order = {.id = perp->last_id,
                                                 .owner = ticket->owner,
                                                 .instrument = ticket->instrument,
                                                 .side = ticket->side,
                                                 .type = ticket->type,
                                                 .original_type = ticket->type,
                                                 .tif = ticket->tif,
                                                 .stp = ticket->stp,
                                                 .state = QT_ORDER_OPEN,
                                                 .px = ticket->px,
                                                 .stop_px = ticket->stop_px,
                                                 .mark = QT_PX_NONE,
                                                 .qty = ticket->qty,
                                                 .callback_bps = ticket->callback_bps,
                                                 .reduce_only = ticket->reduce_only,
                                                 .close_position = ticket->close_position,
                                                 .by_mark = ticket->by_mark,
                                                 .is_guarded = ticket->is_guarded,
                                                 .time_ns = perp->now_ns,
                                                 .update_ns = perp->now_ns}};
    qt__name_make(ticket->client_id, order->id, order->client_id);
    qt__name_put(perp->by_client, name_of(order), order->id);
    qt_assert(perp->n_open < perp->options.max_open + QT__PERP_SPARE);
    perp->open[perp->n_open++] = order->id;
    return record;
}

struct qt__perp_record *
qt__perp_record_of(const struct qt_perp *perp, uint64_t id)
{
    struct qt__perp_record *record = &perp->records[id % perp->options.max_history];
    return id != 0 && record->order.id == id ? record : NULL;
}

static bool
is_wanted(const struct qt_perp_order *order, uint32_t owner, uint32_t instrument)
{
    return order->owner == owner &&
           (instrument == QT_NO_INSTRUMENT || order->instrument == instrument);
}

struct qt__perp_record *
qt__perp_record_find(const struct qt_perp *perp, uint32_t owner, uint32_t instrument, uint64_t id,
                     const char *client_id)
{
    const struct qt__order_name name = {owner, instrument, client_id};
    if (id == 0 && !qt__name_find(perp->by_client, name, &id))
        return NULL;
    struct qt__perp_record *record = qt__perp_record_of(perp, id);
    return record && is_wanted(&record->order, owner, instrument) ? record : NULL;
}

void
qt__perp_record_close(struct qt_perp *perp, const struct qt__perp_record *record)
{
    qt__ids_remove(perp->open, &perp->n_open, record->order.id);
}

void
qt__perp_keep_fill(struct qt_perp *perp, const struct qt_perp_fill *fill)
{
    perp->fills[perp->n_fills++ % perp->options.max_fills] = *fill;
}

void
qt__perp_keep_income(struct qt_perp *perp, uint32_t owner, uint32_t instrument,
                     enum qt_perp_income_kind kind, qt_money amount, uint64_t trade_id)
{
    qt__perp_keep(perp, &(struct qt_perp_income){.trade_id = trade_id,
                                                 .owner = owner,
                                                 .instrument = instrument,
                                                 .kind = kind,
                                                 .amount = amount});
}

void
qt__perp_keep(struct qt_perp *perp, const struct qt_perp_income *income)
{
    if (qt_money_sign(income->amount) == 0)
        return;
    uint64_t id = perp->n_incomes++;
    struct qt_perp_income *kept = &perp->incomes[id % perp->options.max_fills];
    *kept = *income;
    kept->id = id + 1;
    kept->time_ns = perp->now_ns;
}

size_t
qt_perp_open(const struct qt_perp *perp, uint32_t instrument)
{
    size_t n = 0;
    for (size_t i = 0; i < perp->n_open; i++)
        n += qt__perp_record_of(perp, perp->open[i])->order.instrument == instrument;
    return n;
}

bool
qt_perp_find(const struct qt_perp *perp, uint32_t owner, uint32_t instrument, uint64_t id,
             const char *client_id, struct qt_perp_order *out)
{
    const struct qt__perp_record *record =
        qt__perp_record_find(perp, owner, instrument, id, client_id);
    if (record)
        *out = record->order;
    return record != NULL;
}

size_t
qt_perp_orders(const struct qt_perp *perp, uint32_t owner, uint32_t instrument, uint64_t from,
               bool only_open, struct qt_perp_order *out, size_t n)
{
    size_t count = 0;
    if (only_open) {
        for (size_t i = qt__ids_from(perp->open, perp->n_open, from); i < perp->n_open && count < n;
             i++) {
            const struct qt__perp_record *record = qt__perp_record_of(perp, perp->open[i]);
            if (is_wanted(&record->order, owner, instrument))
                out[count++] = record->order;
        }
        return count;
    }
    uint64_t window = perp->options.max_history;
    uint64_t oldest = perp->last_id > window ? perp->last_id - window : 1;
    if (perp->n_open > 0)
        oldest = QT_MIN(oldest, perp->open[0]);
    for (uint64_t id = QT_MAX(from, oldest); id <= perp->last_id && count < n; id++) {
        const struct qt__perp_record *record = qt__perp_record_of(perp, id);
        if (record && is_wanted(&record->order, owner, instrument))
            out[count++] = record->order;
    }
    return count;
}

size_t
qt_perp_fills(const struct qt_perp *perp, uint32_t owner, uint32_t instrument, uint64_t order_id,
              uint64_t from, struct qt_perp_fill *out, size_t n)
{
    uint64_t max = perp->options.max_fills, i = perp->n_fills > max ? perp->n_fills - max : 0;
    size_t count = 0;
    for (; i < perp->n_fills && count < n; i++) {
        const struct qt_perp_fill *fill = &perp->fills[i % max];
        if (fill->owner == owner &&
            (instrument == QT_NO_INSTRUMENT || fill->instrument == instrument) &&
            (order_id == 0 || fill->order_id == order_id) && fill->trade_id >= from)
            out[count++] = *fill;
    }
    return count;
}

size_t
qt_perp_incomes(const struct qt_perp *perp, uint32_t owner, uint32_t instrument,
                enum qt_perp_income_kind kind, int64_t from_ns, int64_t until_ns,
                struct qt_perp_income *out, size_t n)
{
    uint64_t max = perp->options.max_fills, i = perp->n_incomes > max ? perp->n_incomes - max : 0;
    size_t count = 0;
    for (; i < perp->n_incomes && count < n; i++) {
        const struct qt_perp_income *income = &perp->incomes[i % max];
        if (income->owner == owner && income->time_ns >= from_ns && income->time_ns <= until_ns &&
            (instrument == QT_NO_INSTRUMENT || income->instrument == instrument) &&
            (kind == QT_PERP_INCOMES || income->kind == kind))
            out[count++] = *income;
    }
    return count;
}
