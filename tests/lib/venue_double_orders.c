/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signed paths: orders, the account, listen keys; and what the user stream says of them.
 */
#include "venue_double_priv.h"

/* User stream */

void
qt__double_tell_user(struct qt_double *venue, const char *event)
{
    char message[2048];
    if (atomic_load(&venue->knobs[QT_DOUBLE_MUTE_USER]))
        return;
    for (size_t i = 0; i < PEERS_MAX; i++) {
        const struct peer *peer = &venue->peers[i];
        if (!peer->peer || !peer->is_user)
            continue;
        int n = snprintf(message, sizeof message,
                         peer->is_wrapped ? "{\"subscriptionId\":0,\"event\":%s}" : "%s", event);
        (void)qt_peer_send_text(peer->peer, message, (size_t)n);
    }
}

/* One execution; fill_qty 0: none. */
static void
tell_execution(struct qt_double *venue, const struct order *order, const char *kind,
               int64_t fill_qty, int64_t fill_px)
{
    char buffer[1600];
    struct qt_text out;
    int64_t fee = order->is_buy ? fill_qty / 1000 : fill_qty * fill_px / 100 / 1000;
    qt_text_init(&out, buffer, sizeof buffer);
    qt_text_addf(&out,
                 "{\"e\":\"executionReport\",\"E\":%lld,\"s\":\"%s\",\"c\":\"%s\",\"S\":\"%s\","
                 "\"o\":\"LIMIT\",\"f\":\"GTC\",\"q\":",
                 (long long)qt__double_now_ms(venue), qt__double_symbols[order->symbol],
                 order->client_id, order->is_buy ? "BUY" : "SELL");
    qt__double_add_qty(&out, order->qty);
    qt_text_add(&out, ",\"p\":");
    qt__double_add_px(&out, order->px);
    qt_text_addf(&out,
                 ",\"C\":\"\",\"x\":\"%s\",\"X\":\"%s\",\"r\":\"NONE\",\"i\":%llu,\"l\":", kind,
                 order->state, (unsigned long long)order->id);
    qt__double_add_qty(&out, fill_qty);
    qt_text_add(&out, ",\"z\":");
    qt__double_add_qty(&out, order->cum);
    qt_text_add(&out, ",\"L\":");
    qt__double_add_px(&out, fill_px);
    qt_text_add(&out, ",\"n\":");
    qt__double_add_qty(&out, fee);
    qt_text_addf(
        &out, ",\"N\":\"%.*s\",\"T\":%lld,\"t\":%lld,\"m\":false,\"Z\":", order->is_buy ? 3 : 4,
        order->is_buy ? qt__double_symbols[order->symbol] : "USDT",
        (long long)qt__double_now_ms(venue), fill_qty ? (long long)venue->next_trade : -1LL);
    qt__double_add_qty(&out, order->cum * fill_px / 100);
    qt_text_add_char(&out, '}');
    qt__double_tell_user(venue, buffer);
}

/* Signed paths */

static void
add_order(struct qt_double *venue, const struct order *order, bool with_fills)
{
    struct qt_text *out = &venue->out;
    int64_t px = qt__double_price_now(venue, order->symbol);
    qt_text_addf(out,
                 "{\"symbol\":\"%s\",\"orderId\":%llu,\"orderListId\":-1,\"clientOrderId\":\"%s\","
                 "\"transactTime\":%lld,\"price\":",
                 qt__double_symbols[order->symbol], (unsigned long long)order->id, order->client_id,
                 (long long)qt__double_now_ms(venue));
    qt__double_add_px(out, order->px);
    qt_text_add(out, ",\"origQty\":");
    qt__double_add_qty(out, order->qty);
    qt_text_add(out, ",\"executedQty\":");
    qt__double_add_qty(out, order->cum);
    qt_text_add(out, ",\"cummulativeQuoteQty\":");
    qt__double_add_qty(out, order->cum * px / 100);
    qt_text_addf(out,
                 ",\"status\":\"%s\",\"timeInForce\":\"GTC\",\"type\":\"LIMIT\",\"side\":\"%s\"",
                 order->state, order->is_buy ? "BUY" : "SELL");
    if (with_fills) {
        qt_text_add(out, ",\"fills\":[");
        if (order->cum > 0) {
            qt_text_add(out, "{\"price\":");
            qt__double_add_px(out, px);
            qt_text_add(out, ",\"qty\":");
            qt__double_add_qty(out, order->cum);
            qt_text_add(out, ",\"commission\":");
            qt__double_add_qty(out,
                               order->is_buy ? order->cum / 1000 : order->cum * px / 100 / 1000);
            qt_text_addf(out, ",\"commissionAsset\":\"%.*s\",\"tradeId\":%llu}",
                         order->is_buy ? 3 : 4,
                         order->is_buy ? qt__double_symbols[order->symbol] : "USDT",
                         (unsigned long long)venue->next_trade);
        }
        qt_text_add_char(out, ']');
    }
    qt_text_add_char(out, '}');
}

static struct order *
find_order(struct qt_double *venue, const char *client_id)
{
    for (size_t i = 0; i < venue->n_orders; i++)
        if (strcmp(venue->orders[i].client_id, client_id) == 0)
            return &venue->orders[i];
    return NULL;
}

static bool
decimal_param(const struct qt_call *call, const char *name, int scale, int64_t *out)
{
    char text[64];
    return qt_query_get(call->query, name, text, sizeof text) &&
           qt_decimal_parse(text, strlen(text), scale, out);
}

/* Takes an order; a market order fills at once. NULL: *error says why not. */
static struct order *
take_order(struct qt_double *venue, const struct qt_call *call, const char **error)
{
    char side[8] = "", type[24] = "", id[40] = "";
    uint32_t symbol = qt__double_symbol_param(call);
    int64_t px = 0, qty = 0;
    (void)!qt_query_get(call->query, "side", side, sizeof side);
    (void)!qt_query_get(call->query, "type", type, sizeof type);
    (void)!qt_query_get(call->query, "newClientOrderId", id, sizeof id);
    *error = "{\"code\":-1102,\"msg\":\"Mandatory parameter was not sent.\"}";
    if (symbol == UINT32_MAX || !id[0] || !decimal_param(call, "quantity", QTY_SCALE, &qty) ||
        venue->n_orders == ORDERS_MAX)
        return NULL;
    (void)!decimal_param(call, "price", QT_DOUBLE_PX_SCALE, &px);
    *error = qt__double_texts[4];
    bool is_market = strcmp(type, "MARKET") == 0;
    int64_t cost = qty * (is_market ? qt__double_price_now(venue, symbol) : px) / 100;
    if (find_order(venue, id) || (side[0] == 'B' ? cost > venue->usdt : qty > venue->base[symbol]))
        return NULL;
    struct order *order = &venue->orders[venue->n_orders++];
    *order = (struct order){.id = ++venue->next_id,
                            .symbol = symbol,
                            .is_buy = side[0] == 'B',
                            .is_open = true,
                            .px = px,
                            .qty = qty,
                            .state = "NEW"};
    (void)qt_copy(order->client_id, sizeof order->client_id, id);
    qt__double_count(venue, QT_DOUBLE_ORDERS);
    tell_execution(venue, order, "NEW", 0, 0);
    if (is_market) {
        venue->next_trade++;
        order->cum = qty;
        order->is_open = false;
        order->state = "FILLED";
        venue->usdt += order->is_buy ? -cost : cost - cost / 1000;
        venue->base[symbol] += order->is_buy ? qty - qty / 1000 : -qty;
        tell_execution(venue, order, "TRADE", qty, qt__double_price_now(venue, symbol));
    }
    return order;
}

void
qt__double_on_place(struct qt_double *venue, const struct qt_call *call,
                    struct qt_responder *responder)
{
    const char *error;
    long long status = atomic_exchange(&venue->knobs[QT_DOUBLE_ORDER_STATUS], 0);
    qt__double_count(venue, QT_DOUBLE_POSTS);
    if (status != 0) {
        if (atomic_load(&venue->knobs[QT_DOUBLE_ORDER_DONE]))
            (void)take_order(venue, call, &error);
        qt__double_answer(responder, (int)status,
                          qt__double_texts[atomic_load(&venue->knobs[QT_DOUBLE_ORDER_TEXT])]);
        return;
    }
    bool is_lost = qt__double_take(venue, QT_DOUBLE_LOSE_ORDERS);
    struct order *order = take_order(venue, call, &error);
    if (is_lost) {
        qt__double_lose(venue, responder);
    } else if (!order) {
        qt__double_answer(responder, 400, error);
    } else {
        add_order(venue, order, true);
        qt__double_answer_out(venue, responder);
    }
}

/* Everything that rests, at its own price, as one trade each. */
void
qt__double_fill_resting(struct qt_double *venue)
{
    for (size_t i = 0; i < venue->n_orders; i++) {
        struct order *order = &venue->orders[i];
        int64_t cost = order->qty * order->px / 100;
        if (!order->is_open)
            continue;
        venue->next_trade++;
        order->cum = order->qty;
        order->is_open = false;
        order->state = "FILLED";
        venue->usdt += order->is_buy ? -cost : cost - cost / 1000;
        venue->base[order->symbol] += order->is_buy ? order->qty - order->qty / 1000 : -order->qty;
        tell_execution(venue, order, "TRADE", order->qty, order->px);
    }
}

static void
cancel_order(struct qt_double *venue, struct order *order)
{
    order->is_open = false;
    order->state = "CANCELED";
    tell_execution(venue, order, "CANCELED", 0, 0);
}

void
qt__double_on_cancel(struct qt_double *venue, const struct qt_call *call,
                     struct qt_responder *responder)
{
    char id[40] = "";
    (void)!qt_query_get(call->query, "origClientOrderId", id, sizeof id);
    struct order *order = find_order(venue, id);
    if (!order || !order->is_open) {
        qt__double_answer(responder, 400, "{\"code\":-2011,\"msg\":\"Unknown order sent.\"}");
        return;
    }
    cancel_order(venue, order);
    add_order(venue, order, false);
    if (qt__double_take(venue, QT_DOUBLE_LOSE_CANCELS))
        qt__double_lose(venue, responder);
    else
        qt__double_answer_out(venue, responder);
}

void
qt__double_on_query(struct qt_double *venue, const struct qt_call *call,
                    struct qt_responder *responder)
{
    char id[40] = "";
    (void)!qt_query_get(call->query, "origClientOrderId", id, sizeof id);
    const struct order *order = find_order(venue, id);
    if (!order) {
        qt__double_answer(responder, 400, "{\"code\":-2013,\"msg\":\"Order does not exist.\"}");
        return;
    }
    add_order(venue, order, false);
    qt__double_answer_out(venue, responder);
}

/* Open orders, told or cancelled. */
static void
list_open(struct qt_double *venue, const struct qt_call *call, struct qt_responder *responder,
          bool is_cancel)
{
    uint32_t symbol = qt__double_symbol_param(call);
    bool is_first = true;
    qt_text_add_char(&venue->out, '[');
    for (size_t i = 0; i < venue->n_orders; i++) {
        struct order *order = &venue->orders[i];
        if (!order->is_open || (symbol != UINT32_MAX && order->symbol != symbol))
            continue;
        if (is_cancel)
            cancel_order(venue, order);
        qt_text_add(&venue->out, is_first ? "" : ",");
        add_order(venue, order, false);
        is_first = false;
    }
    qt_text_add_char(&venue->out, ']');
    if (is_cancel && is_first)
        qt__double_answer(responder, 400, "{\"code\":-2011,\"msg\":\"Unknown order sent.\"}");
    else
        qt__double_answer_out(venue, responder);
}

void
qt__double_on_open_orders(struct qt_double *venue, const struct qt_call *call,
                          struct qt_responder *responder)
{
    list_open(venue, call, responder, false);
}

void
qt__double_on_cancel_all(struct qt_double *venue, const struct qt_call *call,
                         struct qt_responder *responder)
{
    list_open(venue, call, responder, true);
}

void
qt__double_on_account(struct qt_double *venue, const struct qt_call *call,
                      struct qt_responder *responder)
{
    (void)call;
    if (qt__double_take(venue, QT_DOUBLE_FAIL_ACCOUNT)) {
        qt__double_answer(responder, 502, qt__double_texts[5]);
        return;
    }
    qt_text_add(&venue->out, "{\"canTrade\":true,\"balances\":[{\"asset\":\"USDT\",\"free\":");
    qt__double_add_qty(&venue->out, venue->usdt);
    qt_text_add(&venue->out, ",\"locked\":\"0.00000000\"}");
    for (uint32_t i = 0; i < QT_DOUBLE_SYMBOLS; i++) {
        qt_text_addf(&venue->out, ",{\"asset\":\"%.3s\",\"free\":", qt__double_symbols[i]);
        qt__double_add_qty(&venue->out, venue->base[i]);
        qt_text_add(&venue->out, ",\"locked\":\"0.00000000\"}");
    }
    qt_text_add(&venue->out, "]}");
    qt__double_answer_out(venue, responder);
}

void
qt__double_on_listen(struct qt_double *venue, const struct qt_call *call,
                     struct qt_responder *responder)
{
    (void)call;
    if (atomic_load(&venue->knobs[QT_DOUBLE_NO_LISTEN_KEY]))
        qt__double_answer(responder, 410, "{\"code\":0,\"msg\":\"Gone\"}");
    else
        qt__double_answer(responder, 200, "{\"listenKey\":\"" LISTEN_KEY "\"}");
}
