/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signed calls: orders, trades, the account.
 */
#include <string.h>

#include "qtrade/base/time.h"

#include "exchange_priv.h"

/* Which parameters a type of order must and must not have. */
static const struct {
    const char *name;
    enum qt_order_type type;
    bool has_px, has_stop, has_tif;
} types[] = {
    {"LIMIT", QT_TYPE_LIMIT, true, false, true},
    {"MARKET", QT_TYPE_MARKET, false, false, false},
    {"STOP_LOSS", QT_TYPE_STOP_LOSS, false, true, false},
    {"STOP_LOSS_LIMIT", QT_TYPE_STOP_LOSS_LIMIT, true, true, true},
    {"TAKE_PROFIT", QT_TYPE_TAKE_PROFIT, false, true, false},
    {"TAKE_PROFIT_LIMIT", QT_TYPE_TAKE_PROFIT_LIMIT, true, true, true},
    {"LIMIT_MAKER", QT_TYPE_LIMIT_MAKER, true, false, false},
};

/* A decimal parameter at scale. More digits than the scale holds are a filter's failure as long as
 * they are 8 at most. */
static bool
decimal_param(struct qt__call *call, const char *name, int scale, const char *filter, int64_t *out)
{
    char text[QT__PARAM_MAX];
    int64_t value;
    if (!qt__call_need(call, name, text))
        return false;
    if (!qt_decimal_parse(text, strlen(text), scale, &value)) {
        if (!qt_decimal_parse(text, strlen(text), QT_MONEY_SCALE, &value)) {
            bool is_decimal = strspn(text, "0123456789.") == strlen(text) && strlen(text) < 24;
            return is_decimal ? qt__call_fail(call, QT__FAULT_PRECISION, name)
                              : qt__call_fail(call, QT__FAULT_CHARACTERS, name,
                                              "^([0-9]{1,20})(\\.[0-9]{1,20})?$");
        }
        return qt__call_fail(call, QT__FAULT_FILTER, filter);
    }
    if (value < 0)
        return qt__call_fail(call, QT__FAULT_CHARACTERS, name, "^([0-9]{1,20})(\\.[0-9]{1,20})?$");
    *out = value;
    return true;
}

bool
qt__side_param(struct qt__call *call, struct qt_exchange_ticket *ticket)
{
    char text[QT__PARAM_MAX];
    if (!qt__call_need(call, "side", text))
        return false;
    if (strcmp(text, "BUY") != 0 && strcmp(text, "SELL") != 0)
        return qt__call_fail(call, QT__FAULT_SIDE);
    ticket->side = text[0] == 'B' ? QT_BUY : QT_SELL;
    return true;
}

static bool
tif_param(struct qt__call *call, const char *name, struct qt_exchange_ticket *ticket)
{
    char text[QT__PARAM_MAX];
    if (!qt__call_need(call, name, text))
        return false;
    for (int tif = 0; tif < QT_TIMES_IN_FORCE; tif++)
        if (strcmp(text, qt__venue_tif((enum qt_time_in_force)tif)) == 0) {
            ticket->tif = (uint8_t)tif;
            return true;
        }
    return qt__call_fail(call, QT__FAULT_TIF);
}

/* A client order id: 1 to 36 of the allowed characters. */
bool
qt__client_id_param(struct qt__call *call, const char *name, char out[QT_CLIENT_ID_TEXT])
{
    char text[QT__PARAM_MAX];
    out[0] = '\0';
    if (!qt__call_get(call, name, text) || !text[0])
        return true;
    static const char allowed[] =
        ".:/_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (strlen(text) > 36 || strspn(text, allowed) != strlen(text))
        return qt__call_fail(call, QT__FAULT_CHARACTERS, name, "^[a-zA-Z0-9-_]{1,36}$");
    (void)qt_copy(out, QT_CLIENT_ID_TEXT, text);
    return true;
}

/* Quantity, or for a market order the quote to spend. */
static bool
amount_params(struct qt__call *call, const struct qt_instrument *ins,
              struct qt_exchange_ticket *ticket)
{
    bool has_quote = qt__call_has(call, "quoteOrderQty");
    if (has_quote && ticket->type != QT_TYPE_MARKET)
        return qt__call_fail(call, QT__FAULT_UNREQUIRED, "quoteOrderQty");
    if (has_quote && qt__call_has(call, "quantity"))
        return qt__call_fail(call, QT__FAULT_COMBINATION);
    if (has_quote)
        return decimal_param(call, "quoteOrderQty", QT_MONEY_SCALE, "NOTIONAL",
                             &ticket->quote_qty.v);
    return decimal_param(call, "quantity", ins->qty_scale, "LOT_SIZE", &ticket->qty.v);
}

static bool
price_params(struct qt__call *call, const struct qt_instrument *ins, size_t row,
             const struct qt__leg_names *names, struct qt_exchange_ticket *ticket)
{
    ticket->px = ticket->stop_px = QT_PX_NONE;
    ticket->tif = QT_TIF_GTC;
    if (types[row].has_tif && !tif_param(call, names->tif, ticket))
        return false;
    if (!types[row].has_tif && types[row].type != QT_TYPE_LIMIT_MAKER &&
        qt__call_has(call, names->tif))
        return qt__call_fail(call, QT__FAULT_UNREQUIRED, names->tif);
    if (!types[row].has_px && qt__call_has(call, names->px))
        return qt__call_fail(call, QT__FAULT_UNREQUIRED, names->px);
    if (!types[row].has_stop && qt__call_has(call, names->stop_px))
        return qt__call_fail(call, QT__FAULT_UNREQUIRED, names->stop_px);
    bool has_stop = types[row].has_stop &&
                    (qt__call_has(call, names->stop_px) || !qt__call_has(call, names->trail));
    return (!types[row].has_px ||
            decimal_param(call, names->px, ins->px_scale, "PRICE_FILTER", &ticket->px.v)) &&
           (!has_stop ||
            decimal_param(call, names->stop_px, ins->px_scale, "PRICE_FILTER", &ticket->stop_px.v));
}

/* Self-trade prevention, the seen part of an iceberg, the distance of a trailing stop. */
static bool
extra_params(struct qt__call *call, const struct qt_instrument *ins, size_t row,
             const struct qt__leg_names *names, struct qt_exchange_ticket *ticket)
{
    char text[QT__PARAM_MAX];
    int64_t trail;
    if (qt__call_get(call, "selfTradePreventionMode", text) && text[0]) {
        while (ticket->stp < QT_SELF_TRADES &&
               strcmp(text, qt__venue_stp((enum qt_self_trade)ticket->stp)) != 0)
            ticket->stp++;
        if (ticket->stp == QT_SELF_TRADES)
            return qt__call_fail(call, QT__FAULT_STP);
    }
    bool trails = qt__call_has(call, names->trail);
    if (trails && !types[row].has_stop)
        return qt__call_fail(call, QT__FAULT_UNREQUIRED, names->trail);
    if (!qt__call_int(call, names->trail, 0, 1, UINT16_MAX, &trail))
        return false;
    ticket->trail_bps = (uint16_t)trail;
    if (!qt__call_has(call, names->iceberg))
        return true;
    if (!types[row].has_px)
        return qt__call_fail(call, QT__FAULT_UNREQUIRED, names->iceberg);
    if (!decimal_param(call, names->iceberg, ins->qty_scale, "LOT_SIZE", &ticket->iceberg.v))
        return false;
    if (ticket->iceberg.v > 0 && ticket->tif != QT_TIF_GTC)
        return qt__call_fail(call, QT__FAULT_TIF);
    return qt_qty_cmp(ticket->iceberg, ticket->qty) <= 0 ||
           qt__call_fail(call, QT__FAULT_VALUE, names->iceberg);
}

bool
qt__leg_params(struct qt__call *call, const struct qt_instrument *ins, const char *type,
               const struct qt__leg_names *names, struct qt_exchange_ticket *ticket)
{
    size_t row = 0;
    while (row < QT_COUNT_OF(types) && strcmp(types[row].name, type) != 0)
        row++;
    if (row == QT_COUNT_OF(types))
        return qt__call_fail(call, QT__FAULT_ORDER_TYPE);
    ticket->type = (uint8_t)types[row].type;
    return amount_params(call, ins, ticket) && price_params(call, ins, row, names, ticket) &&
           extra_params(call, ins, row, names, ticket) &&
           qt__client_id_param(call, names->client_id, ticket->client_id);
}

bool
qt__ticket_params(struct qt__exchange *exchange, struct qt__call *call,
                  struct qt_exchange_ticket *ticket)
{
    static const struct qt__leg_names plain = {.px = "price",
                                               .stop_px = "stopPrice",
                                               .trail = "trailingDelta",
                                               .tif = "timeInForce",
                                               .iceberg = "icebergQty",
                                               .client_id = "newClientOrderId"};
    char type[QT__PARAM_MAX];
    *ticket = (struct qt_exchange_ticket){0};
    return qt__need_symbol(exchange, call, &ticket->instrument) &&
           qt__side_param(call, ticket) && qt__call_need(call, "type", type) &&
           qt__leg_params(call, qt_universe_at(exchange->universe, ticket->instrument), type,
                          &plain, ticket);
}

static void
write_fills(struct qt__exchange *exchange, struct qt_text *out, const struct qt_instrument *ins,
            const struct qt_exchange_order *order)
{
    size_t n = qt__desk_fills(exchange->desk, order->instrument, order->id, 0, exchange->fills,
                              QT__LIST_MAX);
    qt_text_add(out, ",\"fills\":[");
    for (size_t i = 0; i < n; i++) {
        const struct qt_exchange_fill *fill = &exchange->fills[i];
        qt_text_add(out, i ? ",{" : "{");
        qt__field_px(out, "price", fill->px, ins);
        qt__field_qty(out, "qty", fill->qty, ins);
        qt__field_money(out, "commission", fill->fee);
        qt__field_text(out, "commissionAsset", qt__desk_asset(exchange->desk, fill->fee_asset));
        qt__field_int(out, "tradeId", (int64_t)fill->trade_id);
        qt_text_add_char(out, '}');
    }
    qt_text_add_char(out, ']');
}

static void
write_ack(const struct qt__call *call, const struct qt_instrument *ins,
          const struct qt_exchange_order *order)
{
    qt__field_text(call->out, "symbol", ins->symbol);
    qt__field_int(call->out, "orderId", (int64_t)order->id);
    qt__field_int(call->out, "orderListId", -1);
    qt__field_text(call->out, "clientOrderId", order->client_id);
    qt__field_int(call->out, "transactTime", call->now_ms);
}

/* ACK, RESULT or FULL; each type of order has its default. */
static void
write_placed(struct qt__exchange *exchange, struct qt__call *call,
             const struct qt_exchange_order *order)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, order->instrument);
    char kind[QT__PARAM_MAX];
    if (!qt__call_get(call, "newOrderRespType", kind) || !kind[0])
        (void)qt_copy(kind, sizeof kind,
                      order->type == QT_TYPE_LIMIT || order->type == QT_TYPE_MARKET ? "FULL"
                                                                                    : "ACK");
    qt_text_add_char(call->out, '{');
    if (strcmp(kind, "ACK") == 0)
        write_ack(call, ins, order);
    else
        qt__write_order_result(call->out, ins, order, NULL, call->now_ms);
    if (strcmp(kind, "FULL") == 0)
        write_fills(exchange, call->out, ins, order);
    qt_text_add_char(call->out, '}');
}

bool
qt__place_ticket(struct qt__exchange *exchange, struct qt__call *call,
                 const struct qt_exchange_ticket *ticket)
{
    struct qt_exchange_order order;
    if (qt__faults_strike(exchange, QT_FAULT_REJECT))
        return qt__call_fail(call, QT__FAULT_BALANCE);
    if (!qt__desk_place(exchange->desk, call, ticket, &order))
        return false;
    call->has_placed = true;
    write_placed(exchange, call, &order);
    return true;
}

bool
qt__handle_place(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_exchange_ticket ticket;
    return qt__ticket_params(exchange, call, &ticket) &&
           qt__weights_order(&exchange->weights, qt__exchange_limit_ms(exchange), call) &&
           qt__place_ticket(exchange, call, &ticket);
}

bool
qt__handle_test(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_exchange_ticket ticket;
    char text[QT__PARAM_MAX];
    if (!qt__ticket_params(exchange, call, &ticket) ||
        !qt__desk_check(exchange->desk, call, &ticket))
        return false;
    if (qt__call_get(call, "computeCommissionRates", text) && strcmp(text, "true") == 0)
        qt__write_order_rates(exchange, call->out);
    else
        qt_text_add(call->out, "{}");
    return true;
}

bool
qt__order_params(struct qt__exchange *exchange, struct qt__call *call,
                 struct qt__order_params *out)
{
    *out = (struct qt__order_params){0};
    if (!qt__need_symbol(exchange, call, &out->symbol) ||
        !qt__call_int(call, "orderId", 0, 1, INT64_MAX, &out->id))
        return false;
    (void)!qt__call_get(call, "origClientOrderId", out->client_id);
    return out->id != 0 || out->client_id[0] || qt__call_fail(call, QT__FAULT_MANDATORY, "orderId");
}

static bool
find_order(struct qt__exchange *exchange, struct qt__call *call, enum qt__fault absent,
           struct qt_exchange_order *out)
{
    struct qt__order_params named;
    return qt__order_params(exchange, call, &named) &&
           (qt__desk_find(exchange->desk, named.symbol, (uint64_t)named.id, named.client_id, out) ||
            qt__call_fail(call, absent));
}

bool
qt__handle_order(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_exchange_order order;
    if (!find_order(exchange, call, QT__FAULT_NO_ORDER, &order))
        return false;
    qt__write_order(call->out, qt_universe_at(exchange->universe, order.instrument), &order);
    return true;
}

bool
qt__cancel_one(struct qt__exchange *exchange, struct qt__call *call, uint32_t symbol, uint64_t id,
               const char *cancel_id)
{
    struct qt_exchange_order order;
    char made[QT_CLIENT_ID_TEXT];
    if (!cancel_id[0]) { /* the venue gives each cancel an id of its own */
        struct qt_text text;
        qt_text_init(&text, made, sizeof made);
        qt_text_addf(&text, "cancel-%llu", (unsigned long long)id);
        cancel_id = made;
    }
    if (qt__faults_strike(exchange, QT_FAULT_REJECT_CANCEL))
        return qt__call_fail(call, QT__FAULT_CANCEL);
    if (!qt__desk_cancel(exchange->desk, call, symbol, id, cancel_id, &order))
        return false;
    qt_text_add_char(call->out, '{');
    qt__write_order_result(call->out, qt_universe_at(exchange->universe, order.instrument), &order,
                           cancel_id, call->now_ms);
    qt_text_add_char(call->out, '}');
    return true;
}

bool
qt__handle_cancel(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_exchange_order order;
    char cancel_id[QT_CLIENT_ID_TEXT];
    return find_order(exchange, call, QT__FAULT_CANCEL, &order) &&
           qt__client_id_param(call, "newClientOrderId", cancel_id) &&
           qt__cancel_one(exchange, call, order.instrument, order.id, cancel_id);
}

static void
write_orders(struct qt__exchange *exchange, struct qt__call *call, size_t n)
{
    qt_text_add_char(call->out, '[');
    for (size_t i = 0; i < n; i++) {
        const struct qt_exchange_order *order = &exchange->orders[i];
        qt_text_add(call->out, i ? "," : "");
        qt__write_order(call->out, qt_universe_at(exchange->universe, order->instrument), order);
    }
    qt_text_add_char(call->out, ']');
}

bool
qt__handle_open_orders(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol = QT_NO_INSTRUMENT;
    if (qt__call_has(call, "symbol") && !qt__need_symbol(exchange, call, &symbol))
        return false;
    write_orders(exchange, call,
                 qt__desk_orders(exchange->desk, symbol, 0, true, exchange->orders, QT__LIST_MAX));
    return true;
}

bool
qt__handle_cancel_all(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    if (!qt__need_symbol(exchange, call, &symbol))
        return false;
    size_t n = qt__desk_orders(exchange->desk, symbol, 0, true, exchange->orders, QT__LIST_MAX);
    if (n == 0)
        return qt__call_fail(call, QT__FAULT_CANCEL);
    bool is_first = true;
    qt_text_add_char(call->out, '[');
    for (size_t i = 0; i < n; i++) {
        size_t before = call->out->length;
        qt_text_add(call->out, is_first ? "" : ",");
        const struct qt_exchange_order *order = &exchange->orders[i];
        if (order->list_id ? qt__cancel_pair(exchange, call, order->list_id, "")
                           : qt__cancel_one(exchange, call, symbol, order->id, ""))
            is_first = false;
        else
            call->out->buffer[call->out->length = before] = '\0';
    }
    qt_text_add_char(call->out, ']');
    return true;
}

bool
qt__handle_all_orders(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    int64_t limit, from;
    if (!qt__need_symbol(exchange, call, &symbol) ||
        !qt__call_int(call, "limit", 500, 1, QT__LIST_MAX, &limit) ||
        !qt__call_int(call, "orderId", 0, 0, INT64_MAX, &from))
        return false;
    write_orders(exchange, call,
                 qt__desk_orders(exchange->desk, symbol, (uint64_t)from, false, exchange->orders,
                                 (size_t)limit));
    return true;
}

static void
write_my_trade(const struct qt__exchange *exchange, struct qt_text *out,
               const struct qt_instrument *ins, const struct qt_exchange_fill *fill)
{
    qt_text_add_char(out, '{');
    qt__field_text(out, "symbol", ins->symbol);
    qt__field_int(out, "id", (int64_t)fill->trade_id);
    qt__field_int(out, "orderId", (int64_t)fill->order_id);
    qt__field_int(out, "orderListId", -1);
    qt__field_px(out, "price", fill->px, ins);
    qt__field_qty(out, "qty", fill->qty, ins);
    qt__field_money(out, "quoteQty", fill->quote);
    qt__field_money(out, "commission", fill->fee);
    qt__field_text(out, "commissionAsset", qt__desk_asset(exchange->desk, fill->fee_asset));
    qt__field_int(out, "time", fill->time_ns / QT_NS_PER_MS);
    qt__field_bool(out, "isBuyer", fill->is_buyer);
    qt__field_bool(out, "isMaker", fill->is_maker);
    qt__field_bool(out, "isBestMatch", true);
    qt_text_add_char(out, '}');
}

bool
qt__handle_my_trades(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    int64_t limit, from, order_id;
    if (!qt__need_symbol(exchange, call, &symbol) ||
        !qt__call_int(call, "limit", 500, 1, QT__LIST_MAX, &limit) ||
        !qt__call_int(call, "fromId", 0, 0, INT64_MAX, &from) ||
        !qt__call_int(call, "orderId", 0, 0, INT64_MAX, &order_id))
        return false;
    size_t n = qt__desk_fills(exchange->desk, symbol, (uint64_t)order_id, (uint64_t)from,
                              exchange->fills, (size_t)limit);
    qt_text_add_char(call->out, '[');
    for (size_t i = 0; i < n; i++) {
        qt_text_add(call->out, i ? "," : "");
        write_my_trade(exchange, call->out, qt_universe_at(exchange->universe, symbol), &exchange->fills[i]);
    }
    qt_text_add_char(call->out, ']');
    return true;
}
