/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Conditional orders as newer clients ask for them (algoOrder): the same orders that wait for a
 * price, under names of their own. The algo id is the order's id, which it keeps when it triggers.
 */
#include <stdio.h>
#include <string.h>

#include "qtrade/base/time.h"

#include "usdm_priv.h"

static const struct qt__usdm_names names = {.stop = "triggerPrice", .client_id = "clientAlgoId"};

static bool
is_conditional(const struct qt_perp_order *order)
{
    return order->original_type >= QT_PERP_STOP;
}

static const char *
status_of(const struct qt_perp_order *order)
{
    if (order->is_waiting)
        return "NEW";
    if (order->state == QT_ORDER_CANCELLED)
        return "CANCELED";
    if (order->state == QT_ORDER_EXPIRED)
        return "EXPIRED";
    return order->state == QT_ORDER_FILLED ? "FINISHED" : "TRIGGERED";
}

static void
write_algo(struct qt__exchange *exchange, struct qt_text *out, const struct qt_perp_order *order)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, order->instrument);
    bool trails = order->original_type == QT_PERP_TRAILING;
    bool has_fired = !order->is_waiting && order->type != order->original_type;
    char actual[24] = "";
    if (has_fired)
        snprintf(actual, sizeof actual, "%llu", (unsigned long long)order->id);
    qt_text_add_char(out, '{');
    qt__field_int(out, "algoId", (int64_t)order->id);
    qt__field_text(out, "clientAlgoId", order->client_id);
    qt__field_text(out, "algoType", "CONDITIONAL");
    qt__field_text(out, "orderType", qt__perp_type_name(order->original_type));
    qt__field_text(out, "symbol", ins->symbol);
    qt__field_text(out, "side", qt__venue_side((enum qt_side)order->side));
    qt__field_text(out, "positionSide", "BOTH");
    qt__field_text(out, "timeInForce", qt__perp_tif_name(order->tif));
    qt__field_qty(out, "quantity", order->qty, ins);
    qt__field_text(out, "algoStatus", status_of(order));
    qt__field_text(out, "actualOrderId", actual);
    qt__field_px(out, "actualPrice", qt__perp_average(ins, order->cum_quote, order->cum_qty), ins);
    qt__field_px(out, "triggerPrice", trails ? QT_PX_NONE : order->stop_px, ins);
    qt__field_px(out, "price", order->px, ins);
    qt__field_text(out, "selfTradePreventionMode", qt__venue_stp((enum qt_self_trade)order->stp));
    qt__field_text(out, "workingType", order->by_mark ? "MARK_PRICE" : "CONTRACT_PRICE");
    qt__field_text(out, "priceMatch", "NONE");
    qt__field_bool(out, "closePosition", order->close_position);
    qt__field_bool(out, "priceProtect", false);
    qt__field_bool(out, "reduceOnly", order->reduce_only || order->close_position);
    if (trails) {
        qt__field_px(out, "activatePrice", order->stop_px, ins);
        qt__field_decimal(out, "callbackRate", order->callback_bps, 2);
    }
    qt__field_int(out, "createTime", order->time_ns / QT_NS_PER_MS);
    qt__field_int(out, "updateTime", order->update_ns / QT_NS_PER_MS);
    qt__field_int(out, "triggerTime", has_fired ? order->update_ns / QT_NS_PER_MS : 0);
    qt__field_int(out, "goodTillDate", 0);
    qt_text_add_char(out, '}');
}

bool
qt__usdm_place_algo(struct qt__exchange *exchange, struct qt__call *call)
{
    static const char *const kinds[] = {"CONDITIONAL", NULL};
    struct qt_perp_ticket ticket;
    struct qt_perp_order order;
    char text[QT__PARAM_MAX];
    if (!qt__call_need(call, "algoType", text) ||
        qt__call_choice(call, "algoType", kinds, -1) < 0 ||
        !qt__usdm_ticket(exchange, call, &names, &ticket))
        return false;
    if (ticket.type < QT_PERP_STOP)
        return qt__call_fail(call, QT__FAULT_ORDER_TYPE);
    if (!qt__usdm_place_ticket(exchange, call, &ticket, &order))
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
    bool found = id != 0 && qt_perp_find(exchange->usdm->perp, QT__USDM_OWNER, QT_NO_INSTRUMENT,
                                         (uint64_t)id, NULL, out);
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
    qt__field_int(call->out, "algoId", (int64_t)order.id);
    qt__field_text(call->out, "clientAlgoId", order.client_id);
    qt_text_add(call->out, ",\"code\":\"200\",\"msg\":\"success\"}");
    return true;
}

bool
qt__usdm_cancel_algos(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt__usdm *usdm = exchange->usdm;
    struct qt_perp_order order;
    uint32_t symbol;
    if (!qt__need_symbol(exchange, call, &symbol))
        return false;
    size_t n =
        qt_perp_orders(usdm->perp, QT__USDM_OWNER, symbol, 0, true, usdm->orders, QT__LIST_MAX);
    for (size_t i = 0; i < n; i++)
        if (usdm->orders[i].is_waiting)
            (void)!qt_perp_cancel(usdm->perp, QT__USDM_OWNER, symbol, usdm->orders[i].id, &order);
    qt_text_add(call->out, "{\"code\":200,\"msg\":\"The operation of cancel all open order is "
                           "done.\"}");
    return true;
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
