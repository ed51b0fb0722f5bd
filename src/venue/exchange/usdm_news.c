/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user stream of perpetuals tells, and marks. Each event into exchange->news. */
#include "usdm_priv.h"

#include "qtrade/base/time.h"

struct qt_text *
qt__usdm_news(struct qt__exchange *exchange, const char *event)
{
    struct qt_text *out = qt__news_begin(exchange);
    qt_text_add_char(out, '{');
    qt__field_text(out, "e", event);
    qt__field_int(out, "E", qt__exchange_ms(exchange));
    return out;
}

static const char *
execution_name(enum qt_perp_event event, const struct qt_perp_order *order)
{
    switch (event) {
    case QT_PERP_ACCEPTED:
    case QT_PERP_TRIGGERED:
        return "NEW";
    case QT_PERP_FILLED:
        return order->origin != QT_PERP_BY_OWNER ? "CALCULATED" : "TRADE";
    case QT_PERP_AMENDED:
        return "AMENDMENT";
    case QT_PERP_CANCELLED:
        return "CANCELED";
    case QT_PERP_EXPIRED:
        break;
    }
    return "EXPIRED";
}

static void
write_fill(struct qt_text *out, const struct qt__usdm *usdm, const struct qt_instrument *ins,
           const struct qt_perp_fill *fill)
{
    qt__field_qty(out, "l", fill ? fill->qty : QT_QTY_ZERO, ins);
    qt__field_px(out, "L", fill ? fill->px : QT_PX_NONE, ins);
    if (fill) {
        qt__field_text(out, "N", qt__usdm_asset(usdm, fill->fee_in_coin));
        qt__field_money(out, "n", fill->fee);
    }
    qt__field_int(out, "t", fill ? (int64_t)fill->trade_id : 0);
    qt__field_bool(out, "m", fill && fill->is_maker);
    qt__field_money(out, "rp", fill ? fill->realised : QT_MONEY_ZERO);
}

static void
write_execution(struct qt_text *out, const struct qt__usdm *usdm, enum qt_perp_event event,
                const struct qt_perp_order *order, const struct qt_perp_fill *fill)
{
    const struct qt_instrument *ins = qt_universe_at(usdm->universe, order->instrument);
    bool trails = order->original_type == QT_PERP_TRAILING;
    qt__field_text(out, "s", ins->symbol);
    qt__field_text(out, "c", order->client_id);
    qt__field_text(out, "S", qt__venue_side((enum qt_side)order->side));
    qt__field_text(out, "o", qt__perp_type_name(order->type));
    qt__field_text(out, "f", qt__perp_tif_name(order->tif));
    qt__field_qty(out, "q", order->qty, ins);
    qt__field_px(out, "p", order->px, ins);
    qt__field_px(out, "ap", qt__perp_average(ins, order->cum_quote, order->cum_qty), ins);
    qt__field_px(out, "sp", trails ? QT_PX_NONE : order->stop_px, ins);
    qt__field_text(out, "x", execution_name(event, order));
    qt__field_text(out, "X", qt__perp_state_name(order));
    qt__field_int(out, "i", (int64_t)order->id);
    qt__field_qty(out, "z", order->cum_qty, ins);
    write_fill(out, usdm, ins, fill);
    qt__field_int(out, "T", order->update_ns / QT_NS_PER_MS);
    qt__field_text(out, "b", "0");
    qt__field_text(out, "a", "0");
    qt__field_bool(out, "R", order->reduce_only || order->close_position);
    qt__field_text(out, "wt", order->by_mark ? "MARK_PRICE" : "CONTRACT_PRICE");
    qt__field_text(out, "ot", qt__perp_type_name(order->original_type));
    qt__field_text(out, "ps", "BOTH");
    qt__field_bool(out, "cp", order->close_position);
    if (trails) {
        qt__field_px(out, "AP", order->stop_px, ins);
        qt__field_decimal(out, "cr", order->callback_bps, 2);
    }
    qt__field_bool(out, "pP", order->is_guarded);
    qt__field_int(out, "si", 0);
    qt__field_int(out, "ss", 0);
    qt__field_text(out, "V", qt__venue_stp((enum qt_self_trade)order->stp));
    qt__field_text(out, "pm", "NONE");
    qt__field_int(out, "gtd", 0);
}

void
qt__usdm_tell_order(struct qt__exchange *exchange, enum qt_perp_event event,
                    const struct qt_perp_order *order, const struct qt_perp_fill *fill)
{
    struct qt_text *out = qt__usdm_news(exchange, "ORDER_TRADE_UPDATE");
    qt__field_int(out, "T", order->update_ns / QT_NS_PER_MS);
    qt__field(out, "o");
    qt_text_add_char(out, '{');
    write_execution(out, exchange->usdm, event, order, fill);
    qt_text_add(out, "}}");
    qt__streams_user(exchange);
    if (order->origin == QT_PERP_BY_LIQUIDATION && event == QT_PERP_FILLED)
        qt__streams_liquidation(exchange, order, fill);
}

static void
write_position(struct qt_text *out, const struct qt__usdm *usdm, uint32_t symbol)
{
    const struct qt_margin *margin = qt_perp_margin(usdm->perp);
    const struct qt_margin_position *position = qt_margin_position(margin, QT__USDM_OWNER, symbol);
    const struct qt_instrument *ins = qt_universe_at(usdm->universe, symbol);
    qt_text_add_char(out, '{');
    qt__field_text(out, "s", ins->symbol);
    qt__field_qty(out, "pa", position->qty, ins);
    qt__field_px(out, "ep", qt__usdm_entry(usdm, symbol), ins);
    qt__field_px(out, "bep", qt__usdm_entry(usdm, symbol), ins);
    qt__field_money(out, "cr", position->realised);
    qt__field_money(out, "up", qt_margin_unrealised(margin, QT__USDM_OWNER, symbol));
    qt__field_text(out, "mt", position->is_isolated ? "isolated" : "cross");
    qt__field_money(out, "iw", position->isolated);
    qt__field_text(out, "ps", "BOTH");
    qt_text_add_char(out, '}');
}

/* What there is of the coin that fees are paid in. */
static void
write_coins(struct qt_text *out, const struct qt__usdm *usdm, uint32_t owner)
{
    qt_money coins = qt_margin_coin(qt_perp_margin(usdm->perp), owner);
    qt_text_add(out, ",{");
    qt__field_text(out, "a", qt__usdm_asset(usdm, true));
    qt__field_money(out, "wb", coins);
    qt__field_money(out, "cw", coins);
    qt__field_money(out, "bc", QT_MONEY_ZERO);
    qt_text_add_char(out, '}');
}

void
qt__usdm_on_account(void *context, uint32_t owner, uint32_t instrument, enum qt_perp_reason reason,
                    qt_money change)
{
    static const char *const reasons[QT_PERP_REASONS] = {
        [QT_PERP_BY_ORDER] = "ORDER",
        [QT_PERP_BY_FUNDING] = "FUNDING_FEE",
        [QT_PERP_BY_TRANSFER] = "DEPOSIT",
        [QT_PERP_BY_MARGIN_TRANSFER] = "MARGIN_TRANSFER",
        [QT_PERP_BY_MARGIN_TYPE] = "MARGIN_TYPE_CHANGE",
        [QT_PERP_BY_INSURANCE] = "INSURANCE_CLEAR"};
    struct qt__exchange *exchange = context;
    struct qt__usdm *usdm = exchange->usdm;
    if (!usdm->perp)
        return; /* the first deposit: nobody listens yet */
    struct qt_margin_state state = qt_margin_state(qt_perp_margin(usdm->perp), owner);
    usdm->transfer_ns = qt_perp_now(usdm->perp);
    struct qt_text *out = qt__usdm_news(exchange, "ACCOUNT_UPDATE");
    qt__field_int(out, "T", qt_perp_now(usdm->perp) / QT_NS_PER_MS);
    qt__field(out, "a");
    qt_text_add_char(out, '{');
    qt__field_text(out, "m", reasons[reason]);
    qt__field(out, "B");
    qt_text_add(out, "[{\"a\":\"USDT\"");
    qt__field_money(out, "wb", state.wallet);
    qt__field_money(out, "cw", state.cross_wallet);
    qt__field_money(out, "bc", change);
    qt_text_add_char(out, '}');
    if (qt_perp_schedule(usdm->perp)->discount_asset[0])
        write_coins(out, usdm, owner);
    qt_text_add_char(out, ']');
    qt__field(out, "P");
    qt_text_add_char(out, '[');
    if (instrument != QT_NO_INSTRUMENT)
        write_position(out, usdm, instrument);
    qt_text_add(out, "]}}");
    qt__streams_user(exchange);
}

static void
write_called(struct qt_text *out, const struct qt__usdm *usdm, uint32_t symbol)
{
    const struct qt_margin *margin = qt_perp_margin(usdm->perp);
    const struct qt_margin_position *position = qt_margin_position(margin, QT__USDM_OWNER, symbol);
    const struct qt_instrument *ins = qt_universe_at(usdm->universe, symbol);
    qt_text_add(out, out->buffer[out->length - 1] == '[' ? "{" : ",{");
    qt__field_text(out, "s", ins->symbol);
    qt__field_text(out, "ps", "BOTH");
    qt__field_qty(out, "pa", position->qty, ins);
    qt__field_text(out, "mt", position->is_isolated ? "ISOLATED" : "CROSSED");
    qt__field_money(out, "iw", position->isolated);
    qt__field_px(out, "mp", qt_margin_mark(margin, symbol), ins);
    qt__field_money(out, "up", qt_margin_unrealised(margin, QT__USDM_OWNER, symbol));
    qt__field_money(out, "mm", qt_margin_maintenance(margin, QT__USDM_OWNER, symbol));
    qt_text_add_char(out, '}');
}

void
qt__usdm_on_margin_call(void *context, uint32_t owner, uint32_t instrument)
{
    struct qt__exchange *exchange = context;
    const struct qt__usdm *usdm = exchange->usdm;
    const struct qt_margin *margin = qt_perp_margin(usdm->perp);
    struct qt_text *out = qt__usdm_news(exchange, "MARGIN_CALL");
    qt__field_money(out, "cw", qt_margin_state(margin, owner).cross_wallet);
    qt__field(out, "p");
    qt_text_add_char(out, '[');
    for (uint32_t i = 0; i < exchange->n_symbols; i++) {
        const struct qt_margin_position *position = qt_margin_position(margin, owner, i);
        bool is_meant = instrument == QT_NO_INSTRUMENT ? !position->is_isolated : i == instrument;
        if (is_meant && qt_qty_sign(position->qty) != 0)
            write_called(out, usdm, i);
    }
    qt_text_add(out, "]}");
    qt__streams_user(exchange);
}

void
qt__usdm_tell_leverage(struct qt__exchange *exchange, uint32_t symbol, int leverage)
{
    struct qt_text *out = qt__usdm_news(exchange, "ACCOUNT_CONFIG_UPDATE");
    qt__field_int(out, "T", qt__exchange_ms(exchange));
    qt__field(out, "ac");
    qt_text_add_char(out, '{');
    qt__field_text(out, "s", qt_universe_at(exchange->universe, symbol)->symbol);
    qt__field_int(out, "l", leverage);
    qt_text_add(out, "}}");
    qt__streams_user(exchange);
}

void
qt__usdm_write_mark(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct qt_perp_premium premium = qt_perp_premium(exchange->usdm->perp, symbol);
    qt_text_add_char(out, '{');
    qt__field_text(out, "e", "markPriceUpdate");
    qt__field_int(out, "E", qt__exchange_ms(exchange));
    qt__field_text(out, "s", ins->symbol);
    qt__field_px(out, "p", premium.mark, ins);
    qt__field_px(out, "P", premium.mark, ins);
    qt__field_px(out, "i", premium.index, ins);
    qt__field_decimal(out, "r", premium.rate, 8);
    qt__field_int(out, "T", premium.next_ns / QT_NS_PER_MS);
    qt_text_add_char(out, '}');
}

void
qt__usdm_write_liquidation(struct qt__exchange *exchange, const struct qt_perp_order *order,
                           const struct qt_perp_fill *fill)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, order->instrument);
    struct qt_text *out = qt__usdm_news(exchange, "forceOrder");
    qt__field(out, "o");
    qt_text_add_char(out, '{');
    qt__field_text(out, "s", ins->symbol);
    qt__field_text(out, "S", qt__venue_side((enum qt_side)order->side));
    qt__field_text(out, "o", qt__perp_type_name(order->type));
    qt__field_text(out, "f", qt__perp_tif_name(order->tif));
    qt__field_qty(out, "q", order->qty, ins);
    qt__field_px(out, "p", order->px, ins);
    qt__field_px(out, "ap", qt__perp_average(ins, order->cum_quote, order->cum_qty), ins);
    qt__field_text(out, "X", qt__perp_state_name(order));
    qt__field_qty(out, "l", fill->qty, ins);
    qt__field_qty(out, "z", order->cum_qty, ins);
    qt__field_int(out, "T", order->update_ns / QT_NS_PER_MS);
    qt_text_add(out, "}}");
}
