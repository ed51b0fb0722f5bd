/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON as Binance's USD-M API sends it. */
#include "usdm_priv.h"

#include "qtrade/base/time.h"

const char *
qt__perp_type_name(uint8_t type)
{
    static const char *const names[QT_PERP_TYPES] = {
        [QT_PERP_LIMIT] = "LIMIT",
        [QT_PERP_MARKET] = "MARKET",
        [QT_PERP_STOP] = "STOP",
        [QT_PERP_STOP_MARKET] = "STOP_MARKET",
        [QT_PERP_TAKE_PROFIT] = "TAKE_PROFIT",
        [QT_PERP_TAKE_PROFIT_MARKET] = "TAKE_PROFIT_MARKET",
        [QT_PERP_TRAILING] = "TRAILING_STOP_MARKET",
    };
    return names[type];
}

const char *
qt__perp_tif_name(uint8_t tif)
{
    static const char *const names[QT_PERP_TIFS] = {
        [QT_PERP_GTC] = "GTC", [QT_PERP_IOC] = "IOC", [QT_PERP_FOK] = "FOK", [QT_PERP_GTX] = "GTX"};
    return names[tif];
}

const char *
qt__perp_state_name(const struct qt_perp_order *order)
{
    const struct qt_exchange_order like = {.state = order->state};
    return qt__venue_state(&like);
}

qt_px
qt__perp_average(const struct qt_instrument *ins, qt_money quote, qt_qty qty)
{
    qt_px px;
    return qt_qty_sign(qty) != 0 &&
                   qt_px_of_quote(quote, QT_MONEY_SCALE, qty, ins->qty_scale, ins->px_scale, &px)
               ? px
               : QT_PX_NONE;
}

const char *
qt__usdm_asset(const struct qt__usdm *usdm, bool in_coin)
{
    return in_coin ? qt_perp_schedule(usdm->perp)->discount_asset : "USDT";
}

qt_px
qt__usdm_entry(const struct qt__usdm *usdm, uint32_t symbol)
{
    const struct qt_margin_position *position =
        qt_margin_position(qt_perp_margin(usdm->perp), QT__USDM_OWNER, symbol);
    bool is_short = qt_qty_sign(position->qty) < 0;
    return qt__perp_average(qt_universe_at(usdm->universe, symbol),
                            is_short ? qt_money_neg(position->cost) : position->cost,
                            qt_qty_abs(position->qty));
}

void
qt__write_perp_order(struct qt_text *out, const struct qt_instrument *ins,
                     const struct qt_perp_order *order)
{
    bool trails = order->original_type == QT_PERP_TRAILING;
    qt_text_add_char(out, '{');
    qt__field_int(out, "orderId", (int64_t)order->id);
    qt__field_text(out, "symbol", ins->symbol);
    qt__field_text(out, "status", qt__perp_state_name(order));
    qt__field_text(out, "clientOrderId", order->client_id);
    qt__field_px(out, "price", order->px, ins);
    qt__field_px(out, "avgPrice", qt__perp_average(ins, order->cum_quote, order->cum_qty), ins);
    qt__field_qty(out, "origQty", order->qty, ins);
    qt__field_qty(out, "executedQty", order->cum_qty, ins);
    qt__field_qty(out, "cumQty", order->cum_qty, ins);
    qt__field_money(out, "cumQuote", order->cum_quote);
    qt__field_text(out, "timeInForce", qt__perp_tif_name(order->tif));
    qt__field_text(out, "type", qt__perp_type_name(order->type));
    qt__field_bool(out, "reduceOnly", order->reduce_only || order->close_position);
    qt__field_bool(out, "closePosition", order->close_position);
    qt__field_text(out, "side", qt__venue_side((enum qt_side)order->side));
    qt__field_text(out, "positionSide", "BOTH");
    qt__field_px(out, "stopPrice", trails ? QT_PX_NONE : order->stop_px, ins);
    qt__field_text(out, "workingType", order->by_mark ? "MARK_PRICE" : "CONTRACT_PRICE");
    qt__field_bool(out, "priceProtect", order->is_guarded);
    qt__field_text(out, "origType", qt__perp_type_name(order->original_type));
    if (trails) {
        qt__field_px(out, "activatePrice", order->stop_px, ins);
        qt__field_decimal(out, "priceRate", order->callback_bps, 2);
    }
    qt__field_text(out, "priceMatch", "NONE");
    qt__field_text(out, "selfTradePreventionMode", qt__venue_stp((enum qt_self_trade)order->stp));
    qt__field_int(out, "goodTillDate", 0);
    qt__field_int(out, "time",
                  (order->trigger_ns ? order->trigger_ns : order->time_ns) / QT_NS_PER_MS);
    qt__field_int(out, "updateTime", order->update_ns / QT_NS_PER_MS);
    qt_text_add_char(out, '}');
}
