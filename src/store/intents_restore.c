/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Intents and rows of orders, put together at a start. An order whose row is final is over; one
 * whose row is not goes by its row, and its intent has the plan that its fills need; one without a
 * row is known by its intent alone: it may have left, so it is open until the venue has been asked.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/trade/order.h"

#include "intents_priv.h"

struct merge {
    struct qt__intents *intents;
    const struct qt_universe *universe;
    struct qt_restore *out;
    uint32_t *unknown;
    sqlite3_stmt *row;
};

/* What the table says: final, alive, or nothing. False: it cannot be read. */
static bool
find_row(sqlite3_stmt *row, uint64_t client_id, bool *out_found, bool *out_final)
{
    sqlite3_bind_int64(row, 1, (int64_t)client_id);
    int rc = sqlite3_step(row);
    *out_found = rc == SQLITE_ROW;
    *out_final = *out_found && sqlite3_column_int(row, 0) != 0;
    sqlite3_reset(row);
    return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

static void
add_order(struct merge *merge, const struct qt__intent *from)
{
    const struct qt_universe *universe = merge->universe;
    struct qt_restore *out = merge->out;
    uint32_t id = qt_universe_find(universe, from->symbol, strlen(from->symbol));
    const struct qt_instrument *ins = id == QT_NO_INSTRUMENT ? NULL : qt_universe_at(universe, id);
    bool fits = ins && ins->px_scale == from->px_scale && ins->qty_scale == from->qty_scale;
    if (merge->intents->found.orders == QT__INTENT_ASKED) {
        merge->intents->found.older++;
        return;
    }
    if (!fits || out->orders == QT_RESTORE_ORDERS) {
        ++*merge->unknown;
        return;
    }
    struct qt_order_record *order = &out->order[out->orders++];
    *order = (struct qt_order_record){.request = from->intent.request,
                                      .purpose = from->intent.purpose,
                                      .state = QT_ORDER_PENDING,
                                      .created_ns = from->intent.t_ns,
                                      .updated_ns = from->intent.t_ns};
    order->request.instrument = id;
    merge->intents->found.orders++;
}

static bool
take(struct merge *merge, const struct qt__intent *from)
{
    struct qt_restore *out = merge->out;
    bool has_row, is_final;
    if (!find_row(merge->row, from->intent.request.client_id, &has_row, &is_final))
        return false;
    out->last_seq = QT_MAX(out->last_seq, from->intent.request.client_id >> 8);
    out->is_found = true;
    if (!has_row)
        add_order(merge, from);
    if (!is_final && from->intent.has_plan && out->plans < QT_RESTORE_ORDERS)
        out->plan[out->plans++] = from->intent.plan;
    return true;
}

/* From the newest back, so that those that are too many are the oldest. */
static bool
take_all(struct merge *merge)
{
    struct qt__intents *intents = merge->intents;
    struct qt__intent intent;
    bool is_empty;
    for (uint64_t i = 0; i < QT__INTENT_SLOTS && i < intents->number; i++) {
        uint64_t number = intents->number - i;
        unsigned slot = (unsigned)(number % QT__INTENT_SLOTS);
        if (qt__intent_read(intents->cipher, intents->image, slot, &intent, &is_empty) &&
            intent.number == number && !take(merge, &intent))
            return false;
    }
    return true;
}

static int
by_id(const void *a, const void *b)
{
    uint64_t x = ((const struct qt_order_record *)a)->request.client_id;
    uint64_t y = ((const struct qt_order_record *)b)->request.client_id;
    return x < y ? -1 : x > y;
}

bool
qt__intents_restore(struct qt__intents *intents, sqlite3 *db, const struct qt_universe *universe,
                    struct qt_restore *out, uint32_t *out_unknown, struct qt_error *err)
{
    struct merge merge = {
        .intents = intents, .universe = universe, .out = out, .unknown = out_unknown};
    bool is_good = sqlite3_prepare_v2(db, "SELECT is_final FROM orders WHERE client_id = ?", -1,
                                      &merge.row, NULL) == SQLITE_OK &&
                   take_all(&merge);
    if (!is_good)
        qt__sqlite_fail(db, err, "comparing intents with orders");
    sqlite3_finalize(merge.row);
    qsort(out->order, out->orders, sizeof out->order[0], by_id);
    return is_good;
}
