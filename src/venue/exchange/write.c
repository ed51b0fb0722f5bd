/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Binance's spot API tells of orders, pairs, balances and bars, key by key as in the recorded
 * messages (shared/market/messages/binance).
 */
#include "exchange_priv.h"

static const char *const state_names[QT_ORDER_STATES] = {
    [QT_ORDER_PENDING] = "NEW",
    [QT_ORDER_OPEN] = "NEW",
    [QT_ORDER_PARTIAL] = "PARTIALLY_FILLED",
    [QT_ORDER_CANCEL_PENDING] = "PENDING_CANCEL",
    [QT_ORDER_FILLED] = "FILLED",
    [QT_ORDER_CANCELLED] = "CANCELED",
    [QT_ORDER_REJECTED] = "REJECTED",
    [QT_ORDER_EXPIRED] = "EXPIRED",
    [QT_ORDER_UNKNOWN] = "NEW",
};

static const char *const type_names[QT_ORDER_TYPES] = {
    [QT_TYPE_LIMIT] = "LIMIT",
    [QT_TYPE_MARKET] = "MARKET",
    [QT_TYPE_STOP_LOSS] = "STOP_LOSS",
    [QT_TYPE_STOP_LOSS_LIMIT] = "STOP_LOSS_LIMIT",
    [QT_TYPE_TAKE_PROFIT] = "TAKE_PROFIT",
    [QT_TYPE_TAKE_PROFIT_LIMIT] = "TAKE_PROFIT_LIMIT",
    [QT_TYPE_LIMIT_MAKER] = "LIMIT_MAKER",
};

static const char *const tif_names[QT_TIMES_IN_FORCE] = {
    [QT_TIF_GTC] = "GTC",
    [QT_TIF_IOC] = "IOC",
    [QT_TIF_FOK] = "FOK",
};

const char *
qt__venue_state(const struct qt_exchange_order *order)
{
    bool is_prevented = order->state == QT_ORDER_EXPIRED && order->prevented.v > 0;
    return is_prevented ? "EXPIRED_IN_MATCH" : state_names[order->state];
}

const char *
qt__venue_type(enum qt_order_type type)
{
    return type_names[type];
}

const char *
qt__venue_tif(enum qt_time_in_force tif)
{
    return tif_names[tif];
}

const char *
qt__venue_stp(enum qt_self_trade mode)
{
    static const char *const names[QT_SELF_TRADES] = {[QT_STP_NONE] = "NONE",
                                                      [QT_STP_TAKER] = "EXPIRE_TAKER",
                                                      [QT_STP_MAKER] = "EXPIRE_MAKER",
                                                      [QT_STP_BOTH] = "EXPIRE_BOTH"};
    return names[mode];
}

const char *
qt__venue_side(enum qt_side side)
{
    return side == QT_BUY ? "BUY" : "SELL";
}

qt_qty
qt__bar_taker(const struct qt_bar *bar)
{
    return bar->taker_buy.v < 0 ? QT_QTY_ZERO : bar->taker_buy;
}

qt_money
qt__bar_taker_quote(const struct qt_bar *bar)
{
    qt_money quote = QT_MONEY_ZERO;
    if (bar->volume.v > 0)
        (void)!qt_money_mul_div(bar->quote_volume, qt__bar_taker(bar).v, bar->volume.v, &quote);
    return quote;
}

void
qt__write_kline_fields(struct qt_text *out, const struct qt_instrument *ins,
                       const struct qt_bar *bar)
{
    qt_text_add_char(out, '[');
    qt_text_add_int(out, bar->open_ns / 1000000);
    const qt_px prices[] = {bar->open, bar->high, bar->low, bar->close};
    for (size_t i = 0; i < QT_COUNT_OF(prices); i++) {
        qt_text_add_char(out, ',');
        qt__write_px(out, prices[i], ins->px_scale);
    }
    qt_text_add_char(out, ',');
    qt__write_qty(out, bar->volume, ins->qty_scale);
    qt_text_addf(out, ",%lld,", (long long)((bar->open_ns + bar->period_ns) / 1000000 - 1));
    qt__write_money(out, bar->quote_volume);
    qt_text_addf(out, ",%u,", bar->trades);
    qt__write_qty(out, qt__bar_taker(bar), ins->qty_scale);
    qt_text_add_char(out, ',');
    qt__write_money(out, qt__bar_taker_quote(bar));
    qt_text_add(out, ",\"0\"]");
}

static int64_t
list_id(const struct qt_exchange_order *order)
{
    return order->list_id ? (int64_t)order->list_id : -1;
}

/* Of a trailing stop: its distance, and since when it follows the price. */
static void
trailing_fields(struct qt_text *out, const struct qt_exchange_order *order)
{
    if (order->trail_bps == 0)
        return;
    qt__field_int(out, "trailingDelta", order->trail_bps);
    qt__field_int(out, "trailingTime", order->follows_ns ? order->follows_ns / 1000000 : -1);
}

void
qt__write_order(struct qt_text *out, const struct qt_instrument *ins,
                const struct qt_exchange_order *order)
{
    qt_text_add_char(out, '{');
    qt__field_text(out, "symbol", ins->symbol);
    qt__field_int(out, "orderId", (int64_t)order->id);
    qt__field_int(out, "orderListId", list_id(order));
    qt__field_text(out, "clientOrderId", order->client_id);
    qt__field_px(out, "price", order->px, ins);
    qt__field_qty(out, "origQty", order->qty, ins);
    qt__field_qty(out, "executedQty", order->cum_qty, ins);
    qt__field_money(out, "cummulativeQuoteQty", order->cum_quote);
    qt__field_text(out, "status", qt__venue_state(order));
    qt__field_text(out, "timeInForce", qt__venue_tif(order->tif));
    qt__field_text(out, "type", qt__venue_type(order->type));
    qt__field_text(out, "side", qt__venue_side(order->side));
    qt__field_px(out, "stopPrice", order->stop_px, ins);
    qt__field_qty(out, "icebergQty", order->iceberg, ins);
    trailing_fields(out, order);
    if (order->prevented.v > 0)
        qt__field_qty(out, "preventedQuantity", order->prevented, ins);
    qt__field_int(out, "time", order->time_ns / 1000000);
    qt__field_int(out, "updateTime", order->update_ns / 1000000);
    qt__field_bool(out, "isWorking", order->is_working);
    qt__field_int(out, "workingTime", order->is_working ? order->time_ns / 1000000 : -1);
    qt__field_money(out, "origQuoteOrderQty", order->quote_qty);
    qt__field_text(out, "selfTradePreventionMode", qt__venue_stp((enum qt_self_trade)order->stp));
    qt_text_add_char(out, '}');
}

void
qt__write_order_result(struct qt_text *out, const struct qt_instrument *ins,
                       const struct qt_exchange_order *order, const char *cancel_id, int64_t now_ms)
{
    qt__field_text(out, "symbol", ins->symbol);
    if (cancel_id)
        qt__field_text(out, "origClientOrderId", order->client_id);
    qt__field_int(out, "orderId", (int64_t)order->id);
    qt__field_int(out, "orderListId", list_id(order));
    qt__field_text(out, "clientOrderId", cancel_id ? cancel_id : order->client_id);
    qt__field_int(out, "transactTime", now_ms);
    qt__field_px(out, "price", order->px, ins);
    qt__field_qty(out, "origQty", order->qty, ins);
    qt__field_qty(out, "executedQty", order->cum_qty, ins);
    qt__field_money(out, "origQuoteOrderQty", order->quote_qty);
    qt__field_money(out, "cummulativeQuoteQty", order->cum_quote);
    qt__field_text(out, "status", qt__venue_state(order));
    qt__field_text(out, "timeInForce", qt__venue_tif(order->tif));
    qt__field_text(out, "type", qt__venue_type(order->type));
    qt__field_text(out, "side", qt__venue_side(order->side));
    if (!qt_px_is_none(order->stop_px))
        qt__field_px(out, "stopPrice", order->stop_px, ins);
    if (!cancel_id)
        qt__field_int(out, "workingTime", order->is_working ? now_ms : -1);
    if (order->iceberg.v > 0)
        qt__field_qty(out, "icebergQty", order->iceberg, ins);
    trailing_fields(out, order);
    if (order->prevented.v > 0)
        qt__field_qty(out, "preventedQuantity", order->prevented, ins);
    qt__field_text(out, "selfTradePreventionMode", qt__venue_stp((enum qt_self_trade)order->stp));
}

void
qt__field_sides(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol,
                const char *bids, const char *asks, size_t most)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    for (int side = QT_BUY; side <= QT_SELL; side++) {
        size_t n = qt__exchange_levels(exchange, symbol, (enum qt_side)side, exchange->levels, most);
        qt__field(out, side == QT_BUY ? bids : asks);
        qt__write_levels(out, ins, exchange->levels, n);
    }
}

void
qt__write_balances(struct qt_text *out, const struct qt__held *held, unsigned n, const char *asset,
                   const char *free_name, const char *locked_name)
{
    qt_text_add_char(out, '[');
    for (unsigned i = 0; i < n; i++) {
        qt_text_add(out, i ? ",{" : "{");
        qt__field_text(out, asset, held[i].asset);
        qt__field_money(out, free_name, held[i].free);
        qt__field_money(out, locked_name, held[i].locked);
        qt_text_add_char(out, '}');
    }
    qt_text_add_char(out, ']');
}

/* The commission of a fill: amount and asset, or "0" and null. */
static void
commission(struct qt_text *out, const struct qt_exchange_fill *fill, const char *asset)
{
    if (!fill) {
        qt_text_add(out, ",\"n\":\"0\",\"N\":null");
        return;
    }
    qt__field_money(out, "n", fill->fee);
    qt__field_text(out, "N", asset);
}

/* What was asked for; cancel_id: of its cancel, or NULL. */
static void
execution_order(struct qt_text *out, const struct qt_instrument *ins,
                const struct qt_exchange_order *order, const char *cancel_id)
{
    qt__field_text(out, "s", ins->symbol);
    qt__field_text(out, "c", cancel_id ? cancel_id : order->client_id);
    qt__field_text(out, "S", qt__venue_side(order->side));
    qt__field_text(out, "o", qt__venue_type(order->type));
    qt__field_text(out, "f", qt__venue_tif(order->tif));
    qt__field_qty(out, "q", order->qty, ins);
    qt__field_px(out, "p", order->px, ins);
    qt__field_px(out, "P", order->stop_px, ins);
    qt__field_qty(out, "F", order->iceberg, ins);
    if (order->trail_bps > 0)
        qt__field_int(out, "d", order->trail_bps);
    if (order->follows_ns > 0)
        qt__field_int(out, "D", order->follows_ns / 1000000);
    qt__field_int(out, "g", list_id(order));
    qt__field_text(out, "C", cancel_id ? order->client_id : "");
}

void
qt__write_execution(struct qt_text *out, const struct qt_instrument *ins, int64_t now_ms,
                    enum qt_match_event event, const struct qt_exchange_order *order,
                    const struct qt_exchange_fill *fill, const char *fee_asset,
                    const char *cancel_id)
{
    static const char *const names[] = {
        [QT_MATCH_ACCEPTED] = "NEW",    [QT_MATCH_TRIGGERED] = "NEW",
        [QT_MATCH_FILL] = "TRADE",      [QT_MATCH_CANCELLED] = "CANCELED",
        [QT_MATCH_EXPIRED] = "EXPIRED", [QT_MATCH_REJECTED] = "REJECTED",
    };
    bool is_prevented = event == QT_MATCH_EXPIRED && order->prevented.v > 0;
    qt_text_add(out, "{\"e\":\"executionReport\"");
    qt__field_int(out, "E", now_ms);
    execution_order(out, ins, order, event == QT_MATCH_CANCELLED ? cancel_id : NULL);
    qt__field_text(out, "x", is_prevented ? "TRADE_PREVENTION" : names[event]);
    qt__field_text(out, "X", qt__venue_state(order));
    qt__field_text(out, "r", "NONE");
    qt__field_int(out, "i", (int64_t)order->id);
    qt__field_qty(out, "l", fill ? fill->qty : QT_QTY_ZERO, ins);
    qt__field_qty(out, "z", order->cum_qty, ins);
    qt__field_px(out, "L", fill ? fill->px : QT_PX_NONE, ins);
    commission(out, fill, fee_asset);
    qt__field_int(out, "T", order->update_ns / 1000000);
    qt__field_int(out, "t", fill ? (int64_t)fill->trade_id : -1);
    qt__field_int(out, "I", (int64_t)order->id * 2 + 1);
    qt__field_bool(out, "w", order->is_working && !qt_order_state_is_final(order->state));
    qt__field_bool(out, "m", fill && fill->is_maker);
    qt__field_bool(out, "M", fill != NULL);
    qt__field_int(out, "O", order->time_ns / 1000000);
    qt__field_money(out, "Z", order->cum_quote);
    qt__field_money(out, "Y", fill ? fill->quote : QT_MONEY_ZERO);
    qt__field_money(out, "Q", order->quote_qty);
    if (order->is_working)
        qt__field_int(out, "W", order->time_ns / 1000000);
    if (is_prevented) {
        qt__field_qty(out, "A", order->prevented, ins);
        qt__field_qty(out, "B", order->prevented, ins);
    }
    qt__field_text(out, "V", qt__venue_stp((enum qt_self_trade)order->stp));
    qt_text_add_char(out, '}');
}

/* The two orders of a pair by id. */
static void
write_members(struct qt_text *out, const char *symbol, const char *order_id, const char *client_id,
              const struct qt_instrument *ins, const struct qt_exchange_order orders[2])
{
    qt_text_add_char(out, '[');
    for (int i = 0; i < 2; i++) {
        qt_text_add(out, i ? ",{" : "{");
        qt__field_text(out, symbol, ins->symbol);
        qt__field_int(out, order_id, (int64_t)orders[i].id);
        qt__field_text(out, client_id, orders[i].client_id);
        qt_text_add_char(out, '}');
    }
    qt_text_add_char(out, ']');
}

void
qt__write_list(struct qt_text *out, const struct qt_exchange_list *list,
               const struct qt_instrument *ins, const struct qt_exchange_order orders[2])
{
    qt_text_add_char(out, '{');
    qt__field_int(out, "orderListId", (int64_t)list->id);
    qt__field_text(out, "contingencyType", "OCO");
    qt__field_text(out, "listStatusType", list->is_done ? "ALL_DONE" : "EXEC_STARTED");
    qt__field_text(out, "listOrderStatus", list->is_done ? "ALL_DONE" : "EXECUTING");
    qt__field_text(out, "listClientOrderId", list->client_id);
    qt__field_int(out, "transactionTime", list->time_ns / 1000000);
    qt__field_text(out, "symbol", ins->symbol);
    qt__field(out, "orders");
    write_members(out, "symbol", "orderId", "clientOrderId", ins, orders);
}

void
qt__write_list_event(struct qt_text *out, const struct qt_exchange_list *list,
                     const struct qt_instrument *ins, const struct qt_exchange_order orders[2],
                     int64_t now_ms)
{
    qt_text_add(out, "{\"e\":\"listStatus\"");
    qt__field_int(out, "E", now_ms);
    qt__field_text(out, "s", ins->symbol);
    qt__field_int(out, "g", (int64_t)list->id);
    qt__field_text(out, "c", "OCO");
    qt__field_text(out, "l", list->is_done ? "ALL_DONE" : "EXEC_STARTED");
    qt__field_text(out, "L", list->is_done ? "ALL_DONE" : "EXECUTING");
    qt__field_text(out, "r", "NONE");
    qt__field_text(out, "C", list->client_id);
    qt__field_int(out, "T", list->time_ns / 1000000);
    qt__field(out, "O");
    write_members(out, "s", "i", "c", ins, orders);
    qt_text_add_char(out, '}');
}
