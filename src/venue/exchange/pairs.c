/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signed calls: pairs of orders of which one cancels the other, under both of Binance's forms:
 * orderList/oco (above and below the market) and the older order/oco (limit and stop).
 */
#include <string.h>

#include "qtrade/base/time.h"

#include "exchange_priv.h"

/* The two orders of a list. */
static void
members_of(const struct qt__exchange *exchange, const struct qt_exchange_list *list,
           struct qt_exchange_order out[2])
{
    for (int i = 0; i < 2; i++)
        if (!qt__desk_find(exchange->desk, list->instrument, list->order_ids[i], NULL, &out[i]))
            out[i] = (struct qt_exchange_order){.id = list->order_ids[i]};
}

/* A list without its closing brace; its orders come out. */
static void
write_list(const struct qt__exchange *exchange, struct qt_text *out,
           const struct qt_exchange_list *list, struct qt_exchange_order orders[2])
{
    members_of(exchange, list, orders);
    qt__write_list(out, list, qt_universe_at(exchange->universe, list->instrument), orders);
}

/* The list and what became of its orders; cancel_id NULL: they were placed. */
static void
write_reports(struct qt__exchange *exchange, struct qt__call *call,
              const struct qt_exchange_list *list, const char *cancel_id)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, list->instrument);
    struct qt_exchange_order orders[2];
    write_list(exchange, call->out, list, orders);
    qt_text_add(call->out, ",\"orderReports\":[");
    for (int i = 0; i < 2; i++) {
        qt_text_add(call->out, i ? ",{" : "{");
        qt__write_order_result(call->out, ins, &orders[i], cancel_id, call->now_ms);
        qt_text_add_char(call->out, '}');
    }
    qt_text_add(call->out, "]}");
}

/* Both tickets are read: counts two orders, places them, answers. */
static bool
place(struct qt__exchange *exchange, struct qt__call *call, const struct qt_exchange_ticket pair[2])
{
    struct qt_exchange_list list;
    char client_id[QT_CLIENT_ID_TEXT];
    int64_t now_ms = qt__exchange_limit_ms(exchange);
    if (!qt__client_id_param(call, "listClientOrderId", client_id) ||
        !qt__weights_order(&exchange->weights, now_ms, call) ||
        !qt__weights_order(&exchange->weights, now_ms, call))
        return false;
    if (qt__faults_strike(exchange, QT_FAULT_REJECT))
        return qt__call_fail(call, QT__FAULT_BALANCE);
    if (!qt__desk_place_pair(exchange->desk, call, pair, client_id, &list))
        return false;
    call->has_placed = true;
    write_reports(exchange, call, &list, NULL);
    return true;
}

/* Symbol and side of both. */
static bool
begin_pair(struct qt__exchange *exchange, struct qt__call *call, struct qt_exchange_ticket pair[2])
{
    pair[0] = (struct qt_exchange_ticket){0};
    if (!qt__need_symbol(exchange, call, &pair[0].instrument) || !qt__side_param(call, &pair[0]))
        return false;
    pair[1] = pair[0];
    return true;
}

bool
qt__handle_pair_above_below(struct qt__exchange *exchange, struct qt__call *call)
{
    static const struct qt__leg_names names[2] = {
        {"abovePrice", "aboveStopPrice", "aboveTrailingDelta", "aboveTimeInForce",
         "aboveIcebergQty", "aboveClientOrderId"},
        {"belowPrice", "belowStopPrice", "belowTrailingDelta", "belowTimeInForce",
         "belowIcebergQty", "belowClientOrderId"}};
    static const char *const types[2] = {"aboveType", "belowType"};
    struct qt_exchange_ticket pair[2];
    char type[QT__PARAM_MAX];
    if (!begin_pair(exchange, call, pair))
        return false;
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, pair[0].instrument);
    for (int i = 0; i < 2; i++)
        if (!qt__call_need(call, types[i], type) ||
            !qt__leg_params(call, ins, type, &names[i], &pair[i]))
            return false;
    return place(exchange, call, pair);
}

bool
qt__handle_pair_limit_stop(struct qt__exchange *exchange, struct qt__call *call)
{
    static const struct qt__leg_names limit = {.px = "price",
                                               .stop_px = "",
                                               .trail = "",
                                               .tif = "",
                                               .iceberg = "limitIcebergQty",
                                               .client_id = "limitClientOrderId"};
    static const struct qt__leg_names stop = {.px = "stopLimitPrice",
                                              .stop_px = "stopPrice",
                                              .trail = "trailingDelta",
                                              .tif = "stopLimitTimeInForce",
                                              .iceberg = "stopIcebergQty",
                                              .client_id = "stopClientOrderId"};
    struct qt_exchange_ticket pair[2];
    if (!begin_pair(exchange, call, pair))
        return false;
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, pair[0].instrument);
    bool is_sell = pair[0].side == QT_SELL;
    const char *type = qt__call_has(call, "stopLimitPrice") ? "STOP_LOSS_LIMIT" : "STOP_LOSS";
    return qt__leg_params(call, ins, "LIMIT_MAKER", &limit, &pair[!is_sell]) &&
           qt__leg_params(call, ins, type, &stop, &pair[is_sell]) && place(exchange, call, pair);
}

/* The list that orderListId or client_name names. */
static bool
find_list(struct qt__exchange *exchange, struct qt__call *call, const char *client_name,
          enum qt__fault absent, struct qt_exchange_list *out)
{
    char client_id[QT__PARAM_MAX] = "";
    int64_t id;
    if (!qt__call_int(call, "orderListId", 0, 1, INT64_MAX, &id))
        return false;
    (void)!qt__call_get(call, client_name, client_id);
    if (id == 0 && !client_id[0])
        return qt__call_fail(call, QT__FAULT_MANDATORY, "orderListId");
    return qt__desk_find_list(exchange->desk, (uint64_t)id, client_id, out) ||
           qt__call_fail(call, absent);
}

bool
qt__handle_list(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_exchange_list list;
    struct qt_exchange_order orders[2];
    if (!find_list(exchange, call, "origClientOrderId", QT__FAULT_NO_LIST, &list))
        return false;
    write_list(exchange, call->out, &list, orders);
    qt_text_add_char(call->out, '}');
    return true;
}

static void
write_lists(struct qt__exchange *exchange, struct qt__call *call, uint64_t from, bool only_open,
            size_t most)
{
    struct qt_exchange_list lists[64];
    struct qt_exchange_order orders[2];
    size_t n, written = 0;
    qt_text_add_char(call->out, '[');
    while (written < most && (n = qt__desk_lists(exchange->desk, from, only_open, lists,
                                                 QT_MIN(most - written, QT_COUNT_OF(lists)))) > 0) {
        for (size_t i = 0; i < n; i++) {
            qt_text_add(call->out, written++ ? "," : "");
            write_list(exchange, call->out, &lists[i], orders);
            qt_text_add_char(call->out, '}');
        }
        from = lists[n - 1].id + 1;
    }
    qt_text_add_char(call->out, ']');
}

bool
qt__handle_lists(struct qt__exchange *exchange, struct qt__call *call)
{
    int64_t limit, from;
    if (!qt__call_int(call, "limit", 500, 1, QT__LIST_MAX, &limit) ||
        !qt__call_int(call, "fromId", 0, 0, INT64_MAX, &from))
        return false;
    write_lists(exchange, call, (uint64_t)from, false, (size_t)limit);
    return true;
}

bool
qt__handle_open_lists(struct qt__exchange *exchange, struct qt__call *call)
{
    write_lists(exchange, call, 0, true, QT__LIST_MAX);
    return true;
}

bool
qt__cancel_pair(struct qt__exchange *exchange, struct qt__call *call, uint64_t id,
                const char *cancel_id)
{
    struct qt_exchange_list list;
    struct qt_exchange_order order;
    char made[QT_CLIENT_ID_TEXT];
    if (!cancel_id[0]) {
        struct qt_text text;
        qt_text_init(&text, made, sizeof made);
        qt_text_addf(&text, "cancel-l-%llu", (unsigned long long)id);
        cancel_id = made;
    }
    if (!qt__desk_find_list(exchange->desk, id, "", &list) || list.is_done ||
        qt__faults_strike(exchange, QT_FAULT_REJECT_CANCEL))
        return qt__call_fail(call, QT__FAULT_CANCEL);
    if (!qt__desk_cancel(exchange->desk, call, list.instrument, list.order_ids[0], cancel_id,
                         &order) ||
        !qt__desk_find_list(exchange->desk, id, "", &list))
        return false;
    write_reports(exchange, call, &list, cancel_id);
    return true;
}

bool
qt__handle_cancel_list(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_exchange_list list;
    uint32_t symbol;
    char cancel_id[QT_CLIENT_ID_TEXT];
    if (!qt__need_symbol(exchange, call, &symbol) ||
        !find_list(exchange, call, "listClientOrderId", QT__FAULT_CANCEL, &list) ||
        !qt__client_id_param(call, "newClientOrderId", cancel_id))
        return false;
    if (list.instrument != symbol || list.is_done)
        return qt__call_fail(call, QT__FAULT_CANCEL);
    return qt__cancel_pair(exchange, call, list.id, cancel_id);
}
