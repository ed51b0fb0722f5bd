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
    qt_text_addf(out, "\"%s\":\"", name);
    qt_text_add_decimal(out, ppm, 6);
    qt_text_add(out, "00\"");
}

/* "name":{"maker":..,"taker":..}, with more keys when it is not of an order. */
static void
write_rates(struct qt_text *out, const char *name, int maker, int taker, bool is_of_order)
{
    qt_text_addf(out, "\"%s\":{", name);
    write_rate(out, "maker", maker);
    qt_text_add_char(out, ',');
    write_rate(out, "taker", taker);
    if (!is_of_order)
        qt_text_add(out, ",\"buyer\":\"0.00000000\",\"seller\":\"0.00000000\"");
    qt_text_add(out, "},");
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
    const char *enabled = has_discount ? "true" : "false";
    qt_text_addf(out,
                 "\"discount\":{\"enabledForAccount\":%s,\"enabledForSymbol\":%s,\"discountAsset\":"
                 "\"%s\",\"discount\":\"",
                 enabled, enabled, has_discount ? schedule->discount_asset : "BNB");
    qt_text_add_decimal(out, has_discount ? 100 - schedule->discount_pct : 0, 2); /* what is left */
    qt_text_add(out, "000000\"}}");
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
    qt_text_addf(call->out, "{\"symbol\":\"%s\",",
                 qt_universe_at(exchange->universe, symbol)->symbol);
    write_commission(exchange, call->out, false);
    return true;
}

/* Wallet: what clients ask for before they trade on the spot market. */

static bool
write_fee(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol, const void *context)
{
    (void)context;
    qt_text_addf(out, "{\"symbol\":\"%s\",", qt_universe_at(exchange->universe, symbol)->symbol);
    write_rate(out, "makerCommission", qt__desk_fees(exchange->desk)->maker_ppm);
    qt_text_add_char(out, ',');
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
        qt_text_addf(out, "%s{\"coin\":\"%s\",\"name\":\"%s\",\"free\":", i ? "," : "", held->asset,
                     held->asset);
        qt__write_money(out, held->free);
        qt_text_add(out, ",\"locked\":");
        qt__write_money(out, held->locked);
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
    bool omits_zero = qt__call_get(call, "omitZeroBalances", text) && strcmp(text, "true") == 0;
    const struct qt_fee_tier *fees = qt__desk_fees(exchange->desk);
    int maker = fees->maker_ppm, taker = fees->taker_ppm;
    struct qt__held *held = exchange->held;
    unsigned n = qt__desk_balances(exchange->desk, exchange->held, QT__ASSETS_MAX), kept = 0;
    for (unsigned i = 0; i < n; i++)
        if (!omits_zero || held[i].free.v != 0 || held[i].locked.v != 0)
            held[kept++] = held[i];
    qt_text_addf(call->out,
                 "{\"makerCommission\":%d,\"takerCommission\":%d,\"buyerCommission\":0,"
                 "\"sellerCommission\":0,\"commissionRates\":{",
                 maker / 100, taker / 100);
    write_rate(call->out, "maker", maker);
    qt_text_add_char(call->out, ',');
    write_rate(call->out, "taker", taker);
    qt_text_addf(call->out,
                 ",\"buyer\":\"0.00000000\",\"seller\":\"0.00000000\"},\"canTrade\":true,"
                 "\"canWithdraw\":false,\"canDeposit\":false,\"brokered\":false,"
                 "\"requireSelfTradePrevention\":false,\"preventSor\":false,\"updateTime\":%lld,"
                 "\"accountType\":\"SPOT\",\"balances\":",
                 (long long)call->now_ms);
    qt__write_balances(call->out, held, kept, "asset", "free", "locked");
    qt_text_add(call->out, ",\"permissions\":[\"SPOT\"],\"uid\":1}");
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
