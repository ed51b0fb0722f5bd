/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signed calls about the account: balances, fees, what of the order limits is used.
 */
#include <string.h>

#include "qtrade/base/time.h"

#include "exchange_priv.h"

/* "0.00100000" of 1000 ppm. */
static void
write_rate(struct qt_text *out, const char *name, int ppm)
{
    qt__field_decimal(out, name, ppm * INT64_C(100), 8);
}

/* "name":{"maker":..,"taker":..}, with more keys when it is not of an order. */
static void
write_rates(struct qt_text *out, const char *name, int maker, int taker, bool is_of_order)
{
    qt__field(out, name);
    qt_text_add_char(out, '{');
    write_rate(out, "maker", maker);
    write_rate(out, "taker", taker);
    if (!is_of_order) {
        write_rate(out, "buyer", 0);
        write_rate(out, "seller", 0);
    }
    qt_text_add_char(out, '}');
}

/* The rates of the account now; no special ones, no tax. */
static void
write_commission(const struct qt__exchange *exchange, struct qt_text *out, bool is_of_order)
{
    const char *names[2][3] = {
        {"standardCommission", "specialCommission", "taxCommission"},
        {"standardCommissionForOrder", "specialCommissionForOrder", "taxCommissionForOrder"}};
    const struct qt_fee_tier *fees = qt__desk_fees(exchange->desk);
    int maker = fees->maker_ppm, taker = fees->taker_ppm;
    for (int i = 0; i < 3; i++)
        write_rates(out, names[is_of_order][i], i == 0 ? maker : 0, i == 0 ? taker : 0,
                    is_of_order);
    const struct qt_fee_schedule *schedule = qt__desk_schedule(exchange->desk);
    bool has_discount = schedule->discount_asset[0] != '\0';
    qt_text_add(out, ",\"discount\":{");
    qt__field_bool(out, "enabledForAccount", has_discount);
    qt__field_bool(out, "enabledForSymbol", has_discount);
    qt__field_text(out, "discountAsset", has_discount ? schedule->discount_asset : "BNB");
    int left_pct = has_discount ? 100 - schedule->discount_pct : 0;
    qt__field_decimal(out, "discount", left_pct * INT64_C(1000000), 8);
    qt_text_add(out, "}}");
}

void
qt__write_order_rates(const struct qt__exchange *exchange, struct qt_text *out)
{
    qt_text_add_char(out, '{');
    write_commission(exchange, out, true);
}

bool
qt__handle_commission(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    if (!qt__need_symbol(exchange, call, &symbol))
        return false;
    qt_text_add_char(call->out, '{');
    qt__field_text(call->out, "symbol", qt_universe_at(exchange->universe, symbol)->symbol);
    write_commission(exchange, call->out, false);
    return true;
}

/* Wallet: what clients ask for before they trade on the spot market. */

static bool
write_fee(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol, const void *context)
{
    (void)context;
    qt_text_add_char(out, '{');
    qt__field_text(out, "symbol", qt_universe_at(exchange->universe, symbol)->symbol);
    write_rate(out, "makerCommission", qt__desk_fees(exchange->desk)->maker_ppm);
    write_rate(out, "takerCommission", qt__desk_fees(exchange->desk)->taker_ppm);
    qt_text_add_char(out, '}');
    return true;
}

bool
qt__handle_trade_fee(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    if (!qt__call_has(call, "symbol"))
        return qt__write_selected(exchange, call, write_fee, NULL);
    if (!qt__need_symbol(exchange, call, &symbol))
        return false;
    qt_text_add_char(call->out, '['); /* a list here even of one */
    (void)write_fee(exchange, call->out, symbol, NULL);
    qt_text_add_char(call->out, ']');
    return true;
}

/* The assets with what the account has of them. Nothing comes in or goes out over a network. */
bool
qt__handle_coins(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_text *out = call->out;
    unsigned n = qt__desk_balances(exchange->desk, exchange->held, QT__ASSETS_MAX);
    qt_text_add_char(out, '[');
    for (unsigned i = 0; i < n; i++) {
        const struct qt__held *held = &exchange->held[i];
        qt_text_add(out, i ? ",{" : "{");
        qt__field_text(out, "coin", held->asset);
        qt__field_text(out, "name", held->asset);
        qt__field_money(out, "free", held->free);
        qt__field_money(out, "locked", held->locked);
        qt_text_add(out, ",\"freeze\":\"0\",\"ipoable\":\"0\",\"ipoing\":\"0\",\"storage\":\"0\","
                         "\"withdrawing\":\"0\",\"isLegalMoney\":false,\"trading\":true,"
                         "\"depositAllEnable\":false,\"withdrawAllEnable\":false,"
                         "\"networkList\":[]}");
    }
    qt_text_add_char(out, ']');
    return true;
}

/* No pair is traded on margin here. */
bool
qt__handle_margin_pairs(struct qt__exchange *exchange, struct qt__call *call)
{
    (void)exchange;
    qt_text_add(call->out, "[]");
    return true;
}

bool
qt__handle_account(struct qt__exchange *exchange, struct qt__call *call)
{
    char text[QT__PARAM_MAX];
    struct qt_text *out = call->out;
    bool omits_zero = qt__call_get(call, "omitZeroBalances", text) && strcmp(text, "true") == 0;
    const struct qt_fee_tier *fees = qt__desk_fees(exchange->desk);
    int maker = fees->maker_ppm, taker = fees->taker_ppm;
    struct qt__held *held = exchange->held;
    unsigned n = qt__desk_balances(exchange->desk, exchange->held, QT__ASSETS_MAX), kept = 0;
    for (unsigned i = 0; i < n; i++)
        if (!omits_zero || held[i].free.v != 0 || held[i].locked.v != 0)
            held[kept++] = held[i];
    qt_text_add_char(out, '{');
    qt__field_int(out, "makerCommission", maker / 100);
    qt__field_int(out, "takerCommission", taker / 100);
    qt_text_add(out, ",\"buyerCommission\":0,\"sellerCommission\":0");
    write_rates(out, "commissionRates", maker, taker, false);
    qt_text_add(out, ",\"canTrade\":true,\"canWithdraw\":false,\"canDeposit\":false,"
                     "\"brokered\":false,\"requireSelfTradePrevention\":false,"
                     "\"preventSor\":false");
    qt__field_int(out, "updateTime", call->now_ms);
    qt__field_text(out, "accountType", "SPOT");
    qt__field(out, "balances");
    qt__write_balances(out, held, kept, "asset", "free", "locked");
    qt_text_add(out, ",\"permissions\":[\"SPOT\"],\"uid\":1}");
    return true;
}

bool
qt__handle_order_rate(struct qt__exchange *exchange, struct qt__call *call)
{
    const struct qt__weights *weights = &exchange->weights;
    qt_text_addf(call->out,
                 "[{\"rateLimitType\":\"ORDERS\",\"interval\":\"SECOND\",\"intervalNum\":10,"
                 "\"limit\":%lld,\"count\":%lld},{\"rateLimitType\":\"ORDERS\",\"interval\":"
                 "\"DAY\",\"intervalNum\":1,\"limit\":%lld,\"count\":%lld}]",
                 (long long)weights->window->limit_10s, (long long)weights->orders_10s,
                 (long long)weights->window->limit, (long long)weights->orders_long);
    return true;
}
