/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trades of an order that was asked for. Its state alone says how much was filled, and not at which
 * prices or for which fees, and a fee in the base asset is missing from what is held: so its trades
 * are read too, and told before the state. Those that were told before change nothing.
 */
#include "session_priv.h"

enum { QUERY_MAX = 256, TRADES_MAX = 256 };

/* FILL reports of all that the order's state counts. */
static bool
read_trades(struct qt_binance *self, const struct qt__bn_order_answer *order,
            const struct qt__bn_answer *answer, struct qt_report out[TRADES_MAX], size_t *out_n)
{
    const struct qt_instrument *ins = qt_universe_at(self->universe, order->instrument);
    json_error_t error;
    json_t *rows = json_loadb(answer->body, answer->length, JSON_REJECT_DUPLICATES, &error);
    json_t *root = json_is_array(rows) ? json_pack("{s:O}", "fills", rows) : NULL;
    bool is_good = root && qt__bn_decode_fills(root, ins, &order->status, out, TRADES_MAX, out_n,
                                               &self->stats.foreign_fees);
    json_decref(root);
    json_decref(rows);
    return is_good && *out_n > 0 && qt_qty_cmp(out[*out_n - 1].cum_qty, order->status.cum_qty) == 0;
}

static void
on_trades(struct qt__bn_call *call, const struct qt__bn_answer *answer)
{
    struct qt_report fills[TRADES_MAX];
    const struct qt__bn_order_answer order = call->order;
    size_t n = 0;
    if (answer->is_good && read_trades(call->self, &order, answer, fills, &n))
        for (size_t i = 0; i < n; i++)
            qt__bn_push_report(call->self, &order, &fills[i], QT_EVENT_READ);
    qt__bn_push_report(call->self, &order, &order.status, 0);
}

bool
qt__bn_ask_trades(struct qt_binance *self, const struct qt__bn_order_answer *order)
{
    char query[QUERY_MAX];
    if (qt_qty_sign(order->status.cum_qty) <= 0 || order->status.venue_id == 0)
        return false;
    snprintf(query, sizeof query, "symbol=%s&orderId=%llu",
             qt_universe_at(self->universe, order->instrument)->symbol,
             (unsigned long long)order->status.venue_id);
    const struct qt__bn_request request = {.what = QT__BN_TRADES,
                                           .query = query,
                                           .timeout_ms = self->order_timeout_ms,
                                           .done = on_trades,
                                           .instrument = order->instrument,
                                           .client_id = order->status.client_id,
                                           .order = order};
    return qt__bn_rest_send(self, &request, NULL) == QT__BN_SENT;
}
