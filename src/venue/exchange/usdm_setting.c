/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signed calls about how the account of perpetuals trades: leverage, margin type, fees. */
#include <string.h>

#include "usdm_priv.h"

/* Binance's word for each answer that is no success. */
static bool
fail(struct qt__call *call, enum qt_perp_setting setting)
{
    static const struct {
        int code;
        const char *text;
    } words[] = {
        [QT_PERP_SET] = {200, ""},
        [QT_PERP_SET_ALREADY] = {-4046, "No need to change margin type."},
        [QT_PERP_SET_RANGE] = {-4028, "Leverage is not valid."},
        [QT_PERP_SET_CAP] = {-2027, "Exceeded the maximum allowable position at current leverage."},
        [QT_PERP_SET_ISOLATED] = {-4161, "Leverage reduction is not supported in Isolated Margin "
                                         "Mode with open positions."},
        [QT_PERP_SET_ORDERS] = {-4047,
                                "Margin type cannot be changed if there exists open orders."},
        [QT_PERP_SET_POSITION] = {-4048, "Margin type cannot be changed if there exists position."},
        [QT_PERP_SET_MARGIN] = {-2019, "Margin is insufficient."},
    };
    return setting == QT_PERP_SET ||
           qt__call_refuse(call, words[setting].code, words[setting].text);
}

static const struct qt_margin_position *
position_of(const struct qt__exchange *exchange, uint32_t symbol)
{
    return qt_margin_position(qt_perp_margin(exchange->usdm->perp), QT__USDM_OWNER, symbol);
}

bool
qt__usdm_leverage(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    int64_t leverage;
    char text[QT__PARAM_MAX];
    if (!qt__need_symbol(exchange, call, &symbol) || !qt__call_need(call, "leverage", text) ||
        !qt__call_int(call, "leverage", 0, INT32_MIN, INT32_MAX, &leverage))
        return false;
    if (!fail(call,
              qt_perp_set_leverage(exchange->usdm->perp, QT__USDM_OWNER, symbol, (int)leverage)))
        return false;
    qt__usdm_tell_leverage(exchange, symbol, (int)leverage);
    qt_text_add_char(call->out, '{');
    qt__field_text(call->out, "symbol", qt_universe_at(exchange->universe, symbol)->symbol);
    qt__field_int(call->out, "leverage", leverage);
    qt__field_money(call->out, "maxNotionalValue", qt_margin_cap((int)leverage));
    qt_text_add_char(call->out, '}');
    return true;
}

bool
qt__usdm_margin_type(struct qt__exchange *exchange, struct qt__call *call)
{
    static const char *const kinds[] = {"CROSSED", "ISOLATED", NULL};
    uint32_t symbol;
    char text[QT__PARAM_MAX];
    if (!qt__need_symbol(exchange, call, &symbol) || !qt__call_need(call, "marginType", text))
        return false;
    int kind = qt__call_choice(call, "marginType", kinds, -1);
    if (kind < 0)
        return qt__call_refuse(call, -4051, "Invalid margin type.");
    if (!fail(call, qt_perp_set_isolated(exchange->usdm->perp, QT__USDM_OWNER, symbol, kind == 1)))
        return false;
    qt_text_add(call->out, "{\"code\":200,\"msg\":\"success\"}");
    return true;
}

bool
qt__usdm_position_margin(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    int64_t type;
    qt_money amount;
    char text[QT__PARAM_MAX];
    if (!qt__need_symbol(exchange, call, &symbol) || !qt__call_need(call, "amount", text) ||
        !qt__call_int(call, "type", 0, 1, 2, &type))
        return false;
    if (!qt_money_parse(text, QT_MONEY_SCALE, &amount) || qt_money_sign(amount) <= 0)
        return qt__call_refuse(call, -4055, "Amount must be positive.");
    if (type == 0)
        return qt__call_fail(call, QT__FAULT_MANDATORY, "type");
    if (!position_of(exchange, symbol)->is_isolated)
        return qt__call_refuse(call, -4054,
                               "Cannot add position margin: position is 0 or not isolated.");
    if (!fail(call, qt_perp_shift_margin(exchange->usdm->perp, QT__USDM_OWNER, symbol,
                                         type == 1 ? amount : qt_money_neg(amount))))
        return false;
    qt_text_addf(call->out,
                 "{\"amount\":%s,\"code\":200,\"msg\":\"Successfully modify position margin.\","
                 "\"type\":%d}",
                 text, (int)type);
    return true;
}

bool
qt__usdm_dual(struct qt__exchange *exchange, struct qt__call *call)
{
    (void)exchange;
    qt_text_add(call->out, "{\"dualSidePosition\":false}");
    return true;
}

/* One-way mode is the only one there is here. */
bool
qt__usdm_set_dual(struct qt__exchange *exchange, struct qt__call *call)
{
    char text[QT__PARAM_MAX];
    (void)exchange;
    if (!qt__call_need(call, "dualSidePosition", text))
        return false;
    if (strcmp(text, "true") == 0 || strcmp(text, "TRUE") == 0)
        return qt__call_refuse(call, -4084, "Method is not allowed currently. Upcoming soon.");
    return qt__call_refuse(call, -4059, "No need to change position side.");
}

bool
qt__usdm_multi(struct qt__exchange *exchange, struct qt__call *call)
{
    (void)exchange;
    qt_text_add(call->out, "{\"multiAssetsMargin\":false}");
    return true;
}

static void
write_brackets(struct qt_text *out)
{
    size_t n;
    const struct qt_margin_tier *tiers = qt_margin_tiers(&n);
    int64_t unit = qt_pow10(QT_MONEY_SCALE);
    for (size_t i = 0; i < n; i++) {
        qt_text_addf(out,
                     "%s{\"bracket\":%zu,\"initialLeverage\":%d,\"notionalCap\":%lld,"
                     "\"notionalFloor\":%lld,\"maintMarginRatio\":",
                     i ? "," : "", i + 1, tiers[i].leverage, (long long)(tiers[i].cap.v / unit),
                     (long long)(tiers[i].floor.v / unit));
        qt_text_add_decimal(out, tiers[i].maintenance_ppm, 6);
        qt_text_addf(out, ",\"cum\":%lld}", (long long)(tiers[i].amount.v / unit));
    }
}

bool
qt__usdm_brackets(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t first, end;
    if (!qt__symbol_range(exchange, call, &first, &end))
        return false;
    qt_text_add_char(call->out, '[');
    for (uint32_t i = first; i < end; i++) {
        qt_text_addf(call->out, "%s{\"symbol\":\"%s\",\"notionalCoef\":1.00,\"brackets\":[",
                     i > first ? "," : "", qt_universe_at(exchange->universe, i)->symbol);
        write_brackets(call->out);
        qt_text_add(call->out, "]}");
    }
    qt_text_add_char(call->out, ']');
    return true;
}

bool
qt__usdm_commission(struct qt__exchange *exchange, struct qt__call *call)
{
    const struct qt_fee_tier *tier = qt_perp_fees(exchange->usdm->perp, QT__USDM_OWNER);
    uint32_t symbol;
    if (!qt__need_symbol(exchange, call, &symbol))
        return false;
    qt_text_add_char(call->out, '{');
    qt__field_text(call->out, "symbol", qt_universe_at(exchange->universe, symbol)->symbol);
    qt__field_decimal(call->out, "makerCommissionRate", tier->maker_ppm, 6);
    qt__field_decimal(call->out, "takerCommissionRate", tier->taker_ppm, 6);
    qt_text_add_char(call->out, '}');
    return true;
}

bool
qt__usdm_burn(struct qt__exchange *exchange, struct qt__call *call)
{
    qt_text_add_char(call->out, '{');
    qt__field_bool(call->out, "feeBurn", qt_perp_burns(exchange->usdm->perp, QT__USDM_OWNER));
    qt_text_add_char(call->out, '}');
    return true;
}

bool
qt__usdm_set_burn(struct qt__exchange *exchange, struct qt__call *call)
{
    static const char *const answers[] = {"true", "TRUE", "false", "FALSE", NULL};
    char text[QT__PARAM_MAX];
    if (!qt__call_need(call, "feeBurn", text))
        return false;
    int answer = qt__call_choice(call, "feeBurn", answers, -1);
    if (answer < 0)
        return false;
    qt_perp_set_burn(exchange->usdm->perp, QT__USDM_OWNER, answer < 2);
    qt_text_add(call->out, "{\"code\":200,\"msg\":\"success\"}");
    return true;
}

bool
qt__usdm_configs(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t first, end;
    if (!qt__symbol_range(exchange, call, &first, &end))
        return false;
    qt_text_add_char(call->out, '[');
    for (uint32_t i = first; i < end; i++) {
        const struct qt_margin_position *position = position_of(exchange, i);
        qt_text_add(call->out, i > first ? ",{" : "{");
        qt__field_text(call->out, "symbol", qt_universe_at(exchange->universe, i)->symbol);
        qt__field_text(call->out, "marginType", position->is_isolated ? "ISOLATED" : "CROSSED");
        qt__field_bool(call->out, "isAutoAddMargin", false);
        qt__field_int(call->out, "leverage", position->leverage);
        qt__field_money(call->out, "maxNotionalValue", qt_margin_cap(position->leverage));
        qt_text_add_char(call->out, '}');
    }
    qt_text_add_char(call->out, ']');
    return true;
}
