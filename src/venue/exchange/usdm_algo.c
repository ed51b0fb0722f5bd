/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Conditional orders: since December 2025 a service of its own beside the order book's. Sources, by
 * Binance (developers.binance.com, USD-M Futures), read 2026: change log of 2025-11-06 (what moved;
 * no margin check before the trigger; untriggered ones cannot be modified), of 2025-12-10 (refusals
 * come with ALGO_UPDATE) and of 2025-12-29 (200 of them over all symbols, no filter any more); New
 * Algo Order, Cancel Algo Order, Cancel All Algo Open Orders, Query Algo Order, Current All Algo
 * Open Orders, Query All Algo Orders; Event: Algo Order Update; error -4120.
 *
 *     NEW -> CANCELED                               by its owner
 *         -> EXPIRED                                closePosition, and the position is gone
 *         -> TRIGGERING -> REJECTED                 refused when its price came: no order was made
 *                       -> TRIGGERED -> FINISHED    an ordinary order, and the end of that
 *
 * The order that a trigger makes has an id of its own (actualOrderId) and the client id of the
 * conditional one; what is asked of it after that goes to the ordinary calls. Before it there is
 * nothing that those know: openOrders does not list it, allOpenOrders and the countdown do not
 * cancel it (seen on the test network in September 2026; the countdown's page says "all open
 * orders" as that of allOpenOrders does). Of a FINISHED one the real service tells actualQty and
 * actualType too (seen in a recorded answer of April 2026).
 *
 * Here both are one record of the simulation: the conditional one's id is the order's beyond
 * ALGO_ID.
 */
#include <stdio.h>
#include <string.h>

#include "qtrade/base/time.h"

#include "usdm_priv.h"

#define ALGO_ID INT64_C(4000000000000)

static const struct qt__usdm_names names = {
    .stop = "triggerPrice", .client_id = "clientAlgoId", .is_conditional = true};

static bool
is_conditional(const struct qt_perp_order *order)
{
    return order->original_type >= QT_PERP_STOP;
}

bool
qt__usdm_is_order(const struct qt_perp_order *order)
{
    return !is_conditional(order) || (order->trigger_ns != 0 && !order->is_denied);
}

static const char *
status_of(const struct qt_perp_order *order)
{
    bool is_final = qt_order_state_is_final((enum qt_order_state)order->state);
    if (order->is_waiting)
        return "NEW";
    if (order->is_denied)
        return is_final ? "REJECTED" : "TRIGGERING";
    if (order->trigger_ns != 0)
        return is_final ? "FINISHED" : "TRIGGERED";
    return order->state == QT_ORDER_CANCELLED ? "CANCELED" : "EXPIRED";
}

/* "": it is no order yet. */
static const char *
actual_id(const struct qt_perp_order *order, char text[24])
{
    text[0] = '\0';
    if (qt__usdm_is_order(order))
        snprintf(text, 24, "%llu", (unsigned long long)order->id);
    return text;
}

static const char *
tif_of(const struct qt_perp_order *order)
{
    return order->close_position ? "GTE_GTC" : qt__perp_tif_name(order->tif);
}

static void
write_actual(struct qt_text *out, const struct qt_perp_order *order,
             const struct qt_instrument *ins)
{
    char id[24];
    qt__field_text(out, "actualOrderId", actual_id(order, id));
    qt__field_px(out, "actualPrice", qt__perp_average(ins, order->cum_quote, order->cum_qty), ins);
    if (qt__usdm_is_order(order)) {
        qt__field_qty(out, "actualQty", order->cum_qty, ins);
        qt__field_text(out, "actualType", qt__perp_type_name(order->type));
    }
}

static void
write_algo(struct qt__exchange *exchange, struct qt_text *out, const struct qt_perp_order *order)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, order->instrument);
    bool trails = order->original_type == QT_PERP_TRAILING;
    qt_text_add_char(out, '{');
    qt__field_int(out, "algoId", ALGO_ID + (int64_t)order->id);
    qt__field_text(out, "clientAlgoId", order->client_id);
    qt__field_text(out, "algoType", "CONDITIONAL");
    qt__field_text(out, "orderType", qt__perp_type_name(order->original_type));
    qt__field_text(out, "symbol", ins->symbol);
    qt__field_text(out, "side", qt__venue_side((enum qt_side)order->side));
    qt__field_text(out, "positionSide", "BOTH");
    qt__field_text(out, "timeInForce", tif_of(order));
    qt__field_qty(out, "quantity", order->qty, ins);
    qt__field_text(out, "algoStatus", status_of(order));
    write_actual(out, order, ins);
    qt__field_px(out, "triggerPrice", trails ? QT_PX_NONE : order->stop_px, ins);
    qt__field_px(out, "price", order->px, ins);
    qt__field(out, "icebergQuantity");
    qt_text_add(out, "null");
    qt__field_text(out, "tpOrderType", "");
    qt__field_text(out, "selfTradePreventionMode", qt__venue_stp((enum qt_self_trade)order->stp));
    qt__field_text(out, "workingType", order->by_mark ? "MARK_PRICE" : "CONTRACT_PRICE");
    qt__field_text(out, "priceMatch", "NONE");
    qt__field_bool(out, "closePosition", order->close_position);
    qt__field_bool(out, "priceProtect", order->is_guarded);
    qt__field_bool(out, "reduceOnly", order->reduce_only || order->close_position);
    if (trails) {
        qt__field_px(out, "activatePrice", order->stop_px, ins);
        qt__field_decimal(out, "callbackRate", order->callback_bps, 2);
    }
    qt__field_int(out, "createTime", order->time_ns / QT_NS_PER_MS);
    qt__field_int(out, "updateTime", order->update_ns / QT_NS_PER_MS);
    qt__field_int(out, "triggerTime", order->trigger_ns / QT_NS_PER_MS);
    qt__field_int(out, "goodTillDate", 0);
    qt_text_add_char(out, '}');
}

/* The user stream */

static void
write_news(struct qt_text *out, const struct qt_instrument *ins, const struct qt_perp_order *order,
           const char *status)
{
    bool trails = order->original_type == QT_PERP_TRAILING;
    char id[24];
    qt__field_text(out, "caid", order->client_id);
    qt__field_int(out, "aid", ALGO_ID + (int64_t)order->id);
    qt__field_text(out, "at", "CONDITIONAL");
    qt__field_text(out, "o", qt__perp_type_name(order->original_type));
    qt__field_text(out, "s", ins->symbol);
    qt__field_text(out, "S", qt__venue_side((enum qt_side)order->side));
    qt__field_text(out, "ps", "BOTH");
    qt__field_text(out, "f", tif_of(order));
    qt__field_qty(out, "q", order->qty, ins);
    qt__field_text(out, "X", status);
    bool is_placed = strcmp(status, "TRIGGERED") == 0 || strcmp(status, "FINISHED") == 0;
    qt__field_text(out, "ai", is_placed ? actual_id(order, id) : "");
    if (is_placed) {
        qt__field_px(out, "ap", qt__perp_average(ins, order->cum_quote, order->cum_qty), ins);
        qt__field_qty(out, "aq", order->cum_qty, ins);
        qt__field_text(out, "act", qt__perp_type_name(order->type));
    }
    qt__field_px(out, "tp", trails ? QT_PX_NONE : order->stop_px, ins);
    qt__field_px(out, "p", order->px, ins);
    qt__field_text(out, "V", qt__venue_stp((enum qt_self_trade)order->stp));
    qt__field_text(out, "wt", order->by_mark ? "MARK_PRICE" : "CONTRACT_PRICE");
    qt__field_text(out, "pm", "NONE");
    qt__field_bool(out, "cp", order->close_position);
    qt__field_bool(out, "pP", order->is_guarded);
    qt__field_bool(out, "R", order->reduce_only || order->close_position);
    qt__field_int(out, "tt", order->trigger_ns / QT_NS_PER_MS);
    qt__field_int(out, "gtd", 0);
    if (strcmp(status, "REJECTED") == 0)
        qt__field_text(out, "rm",
                       order->reduce_only || order->close_position ? "Reduce Only reject"
                                                                   : "Margin is insufficient.");
}

static void
tell(struct qt__exchange *exchange, const struct qt_perp_order *order, const char *status)
{
    struct qt_text *out = qt__usdm_news(exchange, "ALGO_UPDATE");
    qt__field_int(out, "T", order->update_ns / QT_NS_PER_MS);
    qt__field(out, "o");
    qt_text_add_char(out, '{');
    write_news(out, qt_universe_at(exchange->universe, order->instrument), order, status);
    qt_text_add(out, "}}");
    qt__streams_user(exchange);
}

void
qt__usdm_on_execution(void *context, enum qt_perp_event event, const struct qt_perp_order *order,
                      const struct qt_perp_fill *fill)
{
    struct qt__exchange *exchange = context;
    bool is_algo = is_conditional(order);
    if (is_algo && event == QT_PERP_TRIGGERED)
        tell(exchange, order, "TRIGGERING");
    if (qt__usdm_is_order(order))
        qt__usdm_tell_order(exchange, event, order, fill);
    if (!is_algo || (event == QT_PERP_TRIGGERED && order->is_denied))
        return;
    bool is_fill = event == QT_PERP_FILLED;
    if (!is_fill || qt_order_state_is_final((enum qt_order_state)order->state))
        tell(exchange, order, status_of(order));
}

/* Requests */

bool
qt__usdm_place_algo(struct qt__exchange *exchange, struct qt__call *call)
{
    static const char *const kinds[] = {"CONDITIONAL", NULL};
    struct qt_perp_ticket ticket;
    struct qt_perp_order order;
    char text[QT__PARAM_MAX];
    if (!qt__call_need(call, "algoType", text) ||
        qt__call_choice(call, "algoType", kinds, -1) < 0 ||
        !qt__usdm_ticket(exchange, call, &names, &ticket) ||
        !qt__usdm_place_ticket(exchange, call, &ticket, &order))
        return false;
    write_algo(exchange, call->out, &order);
    return true;
}

/* The order that algoId or clientAlgoId names; the symbol is not asked for. */
static bool
find_algo(struct qt__exchange *exchange, struct qt__call *call, enum qt_perp_verdict absent,
          struct qt_perp_order *out)
{
    int64_t id;
    char client_id[QT__PARAM_MAX] = "";
    if (!qt__call_int(call, "algoId", 0, 1, INT64_MAX, &id))
        return false;
    (void)!qt__call_get(call, "clientAlgoId", client_id);
    if (id == 0 && !client_id[0])
        return qt__call_fail(call, QT__FAULT_MANDATORY, "algoId");
    bool found = id > ALGO_ID && qt_perp_find(exchange->usdm->perp, QT__USDM_OWNER,
                                              QT_NO_INSTRUMENT, (uint64_t)(id - ALGO_ID), NULL, out);
    for (uint32_t i = 0; id == 0 && !found && i < exchange->n_symbols; i++)
        found = qt_perp_find(exchange->usdm->perp, QT__USDM_OWNER, i, 0, client_id, out);
    return (found && is_conditional(out)) || qt__usdm_verdict(call, absent);
}

bool
qt__usdm_algo(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_perp_order order;
    if (!find_algo(exchange, call, QT_PERP_NO_ORDER, &order))
        return false;
    write_algo(exchange, call->out, &order);
    return true;
}

bool
qt__usdm_cancel_algo(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_perp_order order;
    if (!find_algo(exchange, call, QT_PERP_UNKNOWN_ORDER, &order))
        return false;
    if (!order.is_waiting || qt__faults_strike(exchange, QT_FAULT_REJECT_CANCEL))
        return qt__usdm_verdict(call, QT_PERP_UNKNOWN_ORDER);
    if (!qt__usdm_verdict(call, qt_perp_cancel(exchange->usdm->perp, QT__USDM_OWNER,
                                               order.instrument, order.id, &order)))
        return false;
    qt_text_add_char(call->out, '{');
    qt__field_int(call->out, "algoId", ALGO_ID + (int64_t)order.id);
    qt__field_text(call->out, "clientAlgoId", order.client_id);
    qt_text_add(call->out, ",\"code\":\"200\",\"msg\":\"success\"}");
    return true;
}

void
qt__usdm_cancel_where(struct qt__usdm *usdm, uint32_t symbol, bool is_order)
{
    struct qt_perp_order order;
    size_t n =
        qt_perp_orders(usdm->perp, QT__USDM_OWNER, symbol, 0, true, usdm->orders, QT__LIST_MAX);
    for (size_t i = 0; i < n; i++)
        if (qt__usdm_is_order(&usdm->orders[i]) == is_order)
            (void)!qt_perp_cancel(usdm->perp, QT__USDM_OWNER, symbol, usdm->orders[i].id, &order);
}

bool
qt__usdm_cancel_all_of(struct qt__exchange *exchange, struct qt__call *call, bool is_order)
{
    uint32_t symbol;
    if (!qt__need_symbol(exchange, call, &symbol))
        return false;
    if (qt__faults_strike(exchange, QT_FAULT_REJECT_CANCEL))
        return qt__usdm_verdict(call, QT_PERP_UNKNOWN_ORDER);
    qt__usdm_cancel_where(exchange->usdm, symbol, is_order);
    qt_text_add(call->out, "{\"code\":200,\"msg\":\"The operation of cancel all open order is "
                           "done.\"}");
    return true;
}

bool
qt__usdm_cancel_algos(struct qt__exchange *exchange, struct qt__call *call)
{
    return qt__usdm_cancel_all_of(exchange, call, false);
}

static bool
write_algos(struct qt__exchange *exchange, struct qt__call *call, uint32_t symbol, bool only_open)
{
    struct qt__usdm *usdm = exchange->usdm;
    size_t n = qt_perp_orders(usdm->perp, QT__USDM_OWNER, symbol, 0, only_open, usdm->orders,
                              QT__LIST_MAX);
    bool is_first = true;
    qt_text_add_char(call->out, '[');
    for (size_t i = 0; i < n; i++) {
        const struct qt_perp_order *order = &usdm->orders[i];
        if (!is_conditional(order) || (only_open && !order->is_waiting))
            continue;
        qt_text_add(call->out, is_first ? "" : ",");
        write_algo(exchange, call->out, order);
        is_first = false;
    }
    qt_text_add_char(call->out, ']');
    return true;
}

bool
qt__usdm_open_algos(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol = QT_NO_INSTRUMENT;
    if (qt__call_has(call, "symbol") && !qt__need_symbol(exchange, call, &symbol))
        return false;
    return write_algos(exchange, call, symbol, true);
}

bool
qt__usdm_all_algos(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    return qt__need_symbol(exchange, call, &symbol) && write_algos(exchange, call, symbol, false);
}
