/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON as Binance's spot API sends it, key by key as in the recorded messages
 * (shared/market/messages/binance). A kernel: the integers of prices, quantities and money are
 * written as they are.
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

void
qt__write_px(struct qt_text *out, qt_px px, int scale)
{
    qt_text_add_char(out, '"');
    qt_text_add_decimal(out, qt_px_is_none(px) ? 0 : px.v, scale);
    qt_text_add_char(out, '"');
}

void
qt__write_qty(struct qt_text *out, qt_qty qty, int scale)
{
    qt_text_add_char(out, '"');
    qt_text_add_decimal(out, qty.v, scale);
    qt_text_add_char(out, '"');
}

void
qt__write_money(struct qt_text *out, qt_money money)
{
    qt_text_add_char(out, '"');
    qt_text_add_decimal(out, money.v, QT_MONEY_SCALE);
    qt_text_add_char(out, '"');
}

static void
key(struct qt_text *out, const char *name)
{
    qt_text_add_char(out, '"');
    qt_text_add(out, name);
    qt_text_add(out, "\":");
}

static void
px_field(struct qt_text *out, const char *name, qt_px px, const struct qt_instrument *ins)
{
    key(out, name);
    qt__write_px(out, px, ins->px_scale);
    qt_text_add_char(out, ',');
}

static void
qty_field(struct qt_text *out, const char *name, qt_qty qty, const struct qt_instrument *ins)
{
    key(out, name);
    qt__write_qty(out, qty, ins->qty_scale);
    qt_text_add_char(out, ',');
}

static void
money_field(struct qt_text *out, const char *name, qt_money money)
{
    key(out, name);
    qt__write_money(out, money);
    qt_text_add_char(out, ',');
}

static void
int_field(struct qt_text *out, const char *name, int64_t v)
{
    key(out, name);
    qt_text_add_int(out, v);
    qt_text_add_char(out, ',');
}

static void
text_field(struct qt_text *out, const char *name, const char *v)
{
    key(out, name);
    qt_text_add_json_string(out, v);
    qt_text_add_char(out, ',');
}

static void
bool_field(struct qt_text *out, const char *name, bool v)
{
    key(out, name);
    qt_text_add(out, v ? "true," : "false,");
}

void
qt__write_levels(struct qt_text *out, const struct qt_instrument *ins,
                 const struct qt_depth_level *levels, size_t n)
{
    qt_text_add_char(out, '[');
    for (size_t i = 0; i < n; i++) {
        qt_text_add(out, i ? ",[" : "[");
        qt__write_px(out, levels[i].px, ins->px_scale);
        qt_text_add_char(out, ',');
        qt__write_qty(out, levels[i].qty, ins->qty_scale);
        qt_text_add_char(out, ']');
    }
    qt_text_add_char(out, ']');
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
    qt_qty taker = bar->taker_buy.v < 0 ? QT_QTY_ZERO : bar->taker_buy;
    qt_money taker_quote = QT_MONEY_ZERO;
    if (bar->volume.v > 0) /* the bar does not keep it apart: its share of the volume */
        (void)!qt_money_mul_div(bar->quote_volume, taker.v, bar->volume.v, &taker_quote);
    qt__write_qty(out, taker, ins->qty_scale);
    qt_text_add_char(out, ',');
    qt__write_money(out, taker_quote);
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
    int_field(out, "trailingDelta", order->trail_bps);
    int_field(out, "trailingTime", order->follows_ns ? order->follows_ns / 1000000 : -1);
}

void
qt__write_order(struct qt_text *out, const struct qt_instrument *ins,
                const struct qt_exchange_order *order)
{
    qt_text_add_char(out, '{');
    text_field(out, "symbol", ins->symbol);
    int_field(out, "orderId", (int64_t)order->id);
    int_field(out, "orderListId", list_id(order));
    text_field(out, "clientOrderId", order->client_id);
    px_field(out, "price", order->px, ins);
    qty_field(out, "origQty", order->qty, ins);
    qty_field(out, "executedQty", order->cum_qty, ins);
    money_field(out, "cummulativeQuoteQty", order->cum_quote);
    text_field(out, "status", qt__venue_state(order));
    text_field(out, "timeInForce", qt__venue_tif(order->tif));
    text_field(out, "type", qt__venue_type(order->type));
    text_field(out, "side", qt__venue_side(order->side));
    px_field(out, "stopPrice", order->stop_px, ins);
    qty_field(out, "icebergQty", order->iceberg, ins);
    trailing_fields(out, order);
    if (order->prevented.v > 0)
        qty_field(out, "preventedQuantity", order->prevented, ins);
    int_field(out, "time", order->time_ns / 1000000);
    int_field(out, "updateTime", order->update_ns / 1000000);
    bool_field(out, "isWorking", order->is_working);
    int_field(out, "workingTime", order->is_working ? order->time_ns / 1000000 : -1);
    money_field(out, "origQuoteOrderQty", order->quote_qty);
    qt_text_addf(out, "\"selfTradePreventionMode\":\"%s\"}",
                 qt__venue_stp((enum qt_self_trade)order->stp));
}

void
qt__write_order_result(struct qt_text *out, const struct qt_instrument *ins,
                       const struct qt_exchange_order *order, const char *cancel_id, int64_t now_ms)
{
    text_field(out, "symbol", ins->symbol);
    if (cancel_id)
        text_field(out, "origClientOrderId", order->client_id);
    int_field(out, "orderId", (int64_t)order->id);
    int_field(out, "orderListId", list_id(order));
    text_field(out, "clientOrderId", cancel_id ? cancel_id : order->client_id);
    int_field(out, "transactTime", now_ms);
    px_field(out, "price", order->px, ins);
    qty_field(out, "origQty", order->qty, ins);
    qty_field(out, "executedQty", order->cum_qty, ins);
    money_field(out, "origQuoteOrderQty", order->quote_qty);
    money_field(out, "cummulativeQuoteQty", order->cum_quote);
    text_field(out, "status", qt__venue_state(order));
    text_field(out, "timeInForce", qt__venue_tif(order->tif));
    text_field(out, "type", qt__venue_type(order->type));
    text_field(out, "side", qt__venue_side(order->side));
    if (!qt_px_is_none(order->stop_px))
        px_field(out, "stopPrice", order->stop_px, ins);
    if (!cancel_id)
        int_field(out, "workingTime", order->is_working ? now_ms : -1);
    if (order->iceberg.v > 0)
        qty_field(out, "icebergQty", order->iceberg, ins);
    trailing_fields(out, order);
    if (order->prevented.v > 0)
        qty_field(out, "preventedQuantity", order->prevented, ins);
    qt_text_addf(out, "\"selfTradePreventionMode\":\"%s\"",
                 qt__venue_stp((enum qt_self_trade)order->stp));
}

void
qt__write_balances(struct qt_text *out, const struct qt__held *held, unsigned n, const char *asset,
                   const char *free_name, const char *locked_name)
{
    qt_text_add_char(out, '[');
    for (unsigned i = 0; i < n; i++) {
        qt_text_add(out, i ? ",{" : "{");
        text_field(out, asset, held[i].asset);
        money_field(out, free_name, held[i].free);
        key(out, locked_name);
        qt__write_money(out, held[i].locked);
        qt_text_add_char(out, '}');
    }
    qt_text_add_char(out, ']');
}

/* The commission of a fill: amount and asset, or "0" and null. */
static void
commission(struct qt_text *out, const struct qt_exchange_fill *fill, const char *asset)
{
    key(out, "n");
    if (!fill) {
        qt_text_add(out, "\"0\",\"N\":null,");
        return;
    }
    qt_text_add_char(out, '"');
    qt_text_add_decimal(out, fill->fee.v, QT_MONEY_SCALE);
    qt_text_add(out, "\",");
    text_field(out, "N", asset);
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
    bool is_cancel = event == QT_MATCH_CANCELLED;
    qt_text_add(out, "{\"e\":\"executionReport\",");
    int_field(out, "E", now_ms);
    text_field(out, "s", ins->symbol);
    text_field(out, "c", is_cancel ? cancel_id : order->client_id);
    text_field(out, "S", qt__venue_side(order->side));
    text_field(out, "o", qt__venue_type(order->type));
    text_field(out, "f", qt__venue_tif(order->tif));
    qty_field(out, "q", order->qty, ins);
    px_field(out, "p", order->px, ins);
    px_field(out, "P", order->stop_px, ins);
    qty_field(out, "F", order->iceberg, ins);
    if (order->trail_bps > 0)
        int_field(out, "d", order->trail_bps);
    if (order->follows_ns > 0)
        int_field(out, "D", order->follows_ns / 1000000);
    int_field(out, "g", list_id(order));
    text_field(out, "C", is_cancel ? order->client_id : "");
    bool is_prevented = event == QT_MATCH_EXPIRED && order->prevented.v > 0;
    text_field(out, "x", is_prevented ? "TRADE_PREVENTION" : names[event]);
    text_field(out, "X", qt__venue_state(order));
    text_field(out, "r", "NONE");
    int_field(out, "i", (int64_t)order->id);
    qty_field(out, "l", fill ? fill->qty : QT_QTY_ZERO, ins);
    qty_field(out, "z", order->cum_qty, ins);
    px_field(out, "L", fill ? fill->px : QT_PX_NONE, ins);
    commission(out, fill, fee_asset);
    int_field(out, "T", order->update_ns / 1000000);
    int_field(out, "t", fill ? (int64_t)fill->trade_id : -1);
    int_field(out, "I", (int64_t)order->id * 2 + 1);
    bool_field(out, "w", order->is_working && !qt_order_state_is_final(order->state));
    bool_field(out, "m", fill && fill->is_maker);
    bool_field(out, "M", fill != NULL);
    int_field(out, "O", order->time_ns / 1000000);
    money_field(out, "Z", order->cum_quote);
    money_field(out, "Y", fill ? fill->quote : QT_MONEY_ZERO);
    money_field(out, "Q", order->quote_qty);
    if (order->is_working)
        int_field(out, "W", order->time_ns / 1000000);
    if (is_prevented) {
        qty_field(out, "A", order->prevented, ins);
        qty_field(out, "B", order->prevented, ins);
    }
    qt_text_addf(out, "\"V\":\"%s\"}", qt__venue_stp((enum qt_self_trade)order->stp));
}

/* The two orders of a pair by id. */
static void
write_members(struct qt_text *out, const char *symbol, const char *order_id, const char *client_id,
              const struct qt_instrument *ins, const struct qt_exchange_order orders[2])
{
    qt_text_add_char(out, '[');
    for (int i = 0; i < 2; i++) {
        qt_text_add(out, i ? ",{" : "{");
        text_field(out, symbol, ins->symbol);
        int_field(out, order_id, (int64_t)orders[i].id);
        key(out, client_id);
        qt_text_add_json_string(out, orders[i].client_id);
        qt_text_add_char(out, '}');
    }
    qt_text_add_char(out, ']');
}

void
qt__write_list(struct qt_text *out, const struct qt_exchange_list *list,
               const struct qt_instrument *ins, const struct qt_exchange_order orders[2])
{
    qt_text_add_char(out, '{');
    int_field(out, "orderListId", (int64_t)list->id);
    text_field(out, "contingencyType", "OCO");
    text_field(out, "listStatusType", list->is_done ? "ALL_DONE" : "EXEC_STARTED");
    text_field(out, "listOrderStatus", list->is_done ? "ALL_DONE" : "EXECUTING");
    text_field(out, "listClientOrderId", list->client_id);
    int_field(out, "transactionTime", list->time_ns / 1000000);
    text_field(out, "symbol", ins->symbol);
    key(out, "orders");
    write_members(out, "symbol", "orderId", "clientOrderId", ins, orders);
}

void
qt__write_list_event(struct qt_text *out, const struct qt_exchange_list *list,
                     const struct qt_instrument *ins, const struct qt_exchange_order orders[2],
                     int64_t now_ms)
{
    qt_text_add(out, "{\"e\":\"listStatus\",");
    int_field(out, "E", now_ms);
    text_field(out, "s", ins->symbol);
    int_field(out, "g", (int64_t)list->id);
    text_field(out, "c", "OCO");
    text_field(out, "l", list->is_done ? "ALL_DONE" : "EXEC_STARTED");
    text_field(out, "L", list->is_done ? "ALL_DONE" : "EXECUTING");
    text_field(out, "r", "NONE");
    text_field(out, "C", list->client_id);
    int_field(out, "T", list->time_ns / 1000000);
    key(out, "O");
    write_members(out, "s", "i", "c", ins, orders);
    qt_text_add_char(out, '}');
}
