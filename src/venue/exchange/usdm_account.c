/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signed calls about the account of perpetuals: what it has. */
#include <string.h>

#include "qtrade/base/time.h"

#include "usdm_priv.h"

#define TIME_MAX_MS (INT64_MAX / QT_NS_PER_MS - 1)

static const struct qt_margin *
margin_of(const struct qt__exchange *exchange)
{
    return qt_perp_margin(exchange->usdm->perp);
}

static void
open_object(struct qt_text *out)
{
    qt_text_add(out, out->length == 0 || strchr("[:", out->buffer[out->length - 1]) ? "{" : ",{");
}

static void
write_state(struct qt_text *out, const struct qt_margin_state *state, bool is_total)
{
    qt_money margin = {state->wallet.v + state->unrealised.v};
    qt_money initial = {state->position_initial.v + state->open_initial.v};
    qt_money most = {QT_MAX(QT_MIN(state->available.v, state->cross_wallet.v), INT64_C(0))};
    const struct {
        const char *total, *plain;
        qt_money value;
    } rows[] = {{"totalInitialMargin", "initialMargin", initial},
                {"totalMaintMargin", "maintMargin", state->maintenance},
                {"totalWalletBalance", "walletBalance", state->wallet},
                {"totalUnrealizedProfit", "unrealizedProfit", state->unrealised},
                {"totalMarginBalance", "marginBalance", margin},
                {"totalPositionInitialMargin", "positionInitialMargin", state->position_initial},
                {"totalOpenOrderInitialMargin", "openOrderInitialMargin", state->open_initial},
                {"totalCrossWalletBalance", "crossWalletBalance", state->cross_wallet},
                {"totalCrossUnPnl", "crossUnPnl", state->cross_unrealised},
                {"availableBalance", "availableBalance", state->available},
                {"maxWithdrawAmount", "maxWithdrawAmount", most}};
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++)
        qt__field_money(out, is_total ? rows[i].total : rows[i].plain, rows[i].value);
}

/* The margins of one symbol, the same keys in every answer. */
static void
write_margins(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol)
{
    const struct qt_margin *margin = margin_of(exchange);
    const struct qt_margin_position *position = qt_margin_position(margin, QT__USDM_OWNER, symbol);
    qt_money initial = qt_margin_initial(margin, QT__USDM_OWNER, symbol);
    qt_money open = qt_margin_open_initial(margin, QT__USDM_OWNER, symbol, position->open);
    qt__field_money(out, "initialMargin", (qt_money){initial.v + open.v});
    qt__field_money(out, "maintMargin", qt_margin_maintenance(margin, QT__USDM_OWNER, symbol));
    qt__field_money(out, "positionInitialMargin", initial);
    qt__field_money(out, "openOrderInitialMargin", open);
    qt__field_money(out, "bidNotional", position->open[QT_BUY]);
    qt__field_money(out, "askNotional", position->open[QT_SELL]);
}

/* What every form of a position has. */
static void
write_common(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol)
{
    const struct qt_margin *margin = margin_of(exchange);
    const struct qt_margin_position *position = qt_margin_position(margin, QT__USDM_OWNER, symbol);
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    qt_px entry = qt__usdm_entry(exchange->usdm, symbol);
    qt__field_text(out, "symbol", ins->symbol);
    qt__field_text(out, "positionSide", "BOTH");
    qt__field_qty(out, "positionAmt", position->qty, ins);
    qt__field_px(out, "entryPrice", entry, ins);
    qt__field_px(out, "breakEvenPrice", entry, ins);
    qt__field_money(out, "notional", qt_margin_notional(margin, symbol, position->qty));
    qt__field_money(out, "isolatedWallet", position->isolated);
    qt__field_int(out, "updateTime", position->update_ns / QT_NS_PER_MS);
}

static void
write_account_position(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol)
{
    const struct qt_margin *margin = margin_of(exchange);
    const struct qt_margin_position *position = qt_margin_position(margin, QT__USDM_OWNER, symbol);
    open_object(out);
    write_common(exchange, out, symbol);
    write_margins(exchange, out, symbol);
    qt__field_money(out, "unrealizedProfit", qt_margin_unrealised(margin, QT__USDM_OWNER, symbol));
    qt__field_decimal(out, "leverage", position->leverage, 0);
    qt__field_bool(out, "isolated", position->is_isolated);
    qt__field_money(out, "maxNotional", qt_margin_cap(position->leverage));
    qt_text_add_char(out, '}');
}

static void
write_asset(struct qt__exchange *exchange, struct qt_text *out, bool is_coin,
            const struct qt_margin_state *state)
{
    open_object(out);
    qt__field_text(out, "asset", qt__usdm_asset(exchange->usdm, is_coin));
    write_state(out, state, false);
    qt__field_bool(out, "marginAvailable", !is_coin);
    qt__field_int(out, "updateTime", exchange->usdm->transfer_ns / QT_NS_PER_MS);
    qt_text_add_char(out, '}');
}

/* The coins that fees are paid in: a wallet that no position stands on. False: there is none. */
static bool
coin_state(const struct qt__exchange *exchange, struct qt_margin_state *out)
{
    qt_money coins = qt_margin_coin(margin_of(exchange), QT__USDM_OWNER);
    *out = (struct qt_margin_state){.wallet = coins, .cross_wallet = coins, .available = coins};
    return qt_perp_schedule(exchange->usdm->perp)->discount_asset[0] != '\0';
}

static int64_t
fee_tier(const struct qt_perp *perp)
{
    return qt_perp_fees(perp, QT__USDM_OWNER) - qt_perp_schedule(perp)->tiers;
}

bool
qt__usdm_account(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_text *out = call->out;
    const struct qt_perp *perp = exchange->usdm->perp;
    struct qt_margin_state state = qt_margin_state(margin_of(exchange), QT__USDM_OWNER), coins;
    qt_text_add_char(out, '{');
    qt__field_int(out, "feeTier", fee_tier(perp));
    qt__field_bool(out, "feeBurn", qt_perp_burns(perp, QT__USDM_OWNER));
    qt_text_add(out, ",\"canTrade\":true,\"canDeposit\":false,\"canWithdraw\":false,"
                     "\"multiAssetsMargin\":false,\"tradeGroupId\":-1");
    qt__field_int(out, "updateTime", exchange->usdm->transfer_ns / QT_NS_PER_MS);
    write_state(out, &state, true);
    qt__field(out, "assets");
    qt_text_add_char(out, '[');
    write_asset(exchange, out, false, &state);
    if (coin_state(exchange, &coins))
        write_asset(exchange, out, true, &coins);
    qt_text_add_char(out, ']');
    qt__field(out, "positions");
    qt_text_add_char(out, '[');
    for (uint32_t i = 0; i < exchange->n_symbols; i++)
        write_account_position(exchange, out, i);
    qt_text_add(out, "]}");
    return true;
}

static void
write_balance(struct qt__exchange *exchange, struct qt_text *out, bool is_coin,
              const struct qt_margin_state *state)
{
    qt_money most = {QT_MAX(QT_MIN(state->available.v, state->cross_wallet.v), INT64_C(0))};
    open_object(out);
    qt__field_text(out, "accountAlias", "qtrade");
    qt__field_text(out, "asset", qt__usdm_asset(exchange->usdm, is_coin));
    qt__field_money(out, "balance", state->wallet);
    qt__field_money(out, "crossWalletBalance", state->cross_wallet);
    qt__field_money(out, "crossUnPnl", state->cross_unrealised);
    qt__field_money(out, "availableBalance", state->available);
    qt__field_money(out, "maxWithdrawAmount", most);
    qt__field_bool(out, "marginAvailable", !is_coin);
    qt__field_int(out, "updateTime", exchange->usdm->transfer_ns / QT_NS_PER_MS);
    qt_text_add_char(out, '}');
}

bool
qt__usdm_balance(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt_margin_state state = qt_margin_state(margin_of(exchange), QT__USDM_OWNER), coins;
    qt_text_add_char(call->out, '[');
    write_balance(exchange, call->out, false, &state);
    if (coin_state(exchange, &coins))
        write_balance(exchange, call->out, true, &coins);
    qt_text_add_char(call->out, ']');
    return true;
}

static void
write_risk(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol)
{
    const struct qt_margin *margin = margin_of(exchange);
    const struct qt_margin_position *position = qt_margin_position(margin, QT__USDM_OWNER, symbol);
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    qt_money unrealised = qt_margin_unrealised(margin, QT__USDM_OWNER, symbol);
    qt_money isolated = {position->is_isolated ? position->isolated.v + unrealised.v : 0};
    open_object(out);
    write_common(exchange, out, symbol);
    write_margins(exchange, out, symbol);
    qt__field_text(out, "marginType", position->is_isolated ? "isolated" : "cross");
    qt__field_text(out, "isAutoAddMargin", "false");
    qt__field_text(out, "marginAsset", "USDT");
    qt__field_money(out, "isolatedMargin", isolated);
    qt__field_decimal(out, "leverage", position->leverage, 0);
    qt__field_px(out, "liquidationPrice", qt_margin_liquidation_px(margin, QT__USDM_OWNER, symbol),
                 ins);
    qt__field_px(out, "markPrice", qt_margin_mark(margin, symbol), ins);
    qt__field_money(out, "maxNotionalValue", qt_margin_cap(position->leverage));
    qt__field_money(out, "unRealizedProfit", unrealised);
    qt__field_int(out, "adl",
                  qt_perp_adl_quantile(exchange->usdm->perp, QT__USDM_OWNER, symbol));
    qt_text_add_char(out, '}');
}

static bool
write_risks(struct qt__exchange *exchange, struct qt__call *call, bool only_used)
{
    uint32_t first, end;
    if (!qt__symbol_range(exchange, call, &first, &end))
        return false;
    qt_text_add_char(call->out, '[');
    for (uint32_t i = first; i < end; i++) {
        const struct qt_margin_position *position =
            qt_margin_position(margin_of(exchange), QT__USDM_OWNER, i);
        if (!only_used || position->qty.v != 0 || position->open[QT_BUY].v != 0 ||
            position->open[QT_SELL].v != 0)
            write_risk(exchange, call->out, i);
    }
    qt_text_add_char(call->out, ']');
    return true;
}

bool
qt__usdm_risk(struct qt__exchange *exchange, struct qt__call *call)
{
    return write_risks(exchange, call, false);
}

bool
qt__usdm_risk_open(struct qt__exchange *exchange, struct qt__call *call)
{
    return write_risks(exchange, call, true);
}

bool
qt__usdm_adl(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t first = 0, end = exchange->n_symbols;
    if (qt__call_has(call, "symbol")) {
        if (!qt__need_symbol(exchange, call, &first))
            return false;
        end = first + 1;
    }
    qt_text_add_char(call->out, '[');
    for (uint32_t i = first; i < end; i++) {
        open_object(call->out);
        qt__field_text(call->out, "symbol", qt_universe_at(exchange->universe, i)->symbol);
        qt__field(call->out, "adlQuantile");
        qt_text_addf(call->out, "{\"LONG\":0,\"SHORT\":0,\"BOTH\":%d}}",
                     qt_perp_adl_quantile(exchange->usdm->perp, QT__USDM_OWNER, i));
    }
    qt_text_add_char(call->out, ']');
    return true;
}

static void
write_trade(struct qt__exchange *exchange, struct qt_text *out, const struct qt_perp_fill *fill)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, fill->instrument);
    open_object(out);
    qt__field_text(out, "symbol", ins->symbol);
    qt__field_int(out, "id", (int64_t)fill->trade_id);
    qt__field_int(out, "orderId", (int64_t)fill->order_id);
    qt__field_text(out, "side", fill->is_buyer ? "BUY" : "SELL");
    qt__field_px(out, "price", fill->px, ins);
    qt__field_qty(out, "qty", fill->qty, ins);
    qt__field_money(out, "realizedPnl", fill->realised);
    qt__field_money(out, "quoteQty", fill->quote);
    qt__field_money(out, "commission", fill->fee);
    qt__field_text(out, "commissionAsset", qt__usdm_asset(exchange->usdm, fill->fee_in_coin));
    qt__field_int(out, "time", fill->time_ns / QT_NS_PER_MS);
    qt__field_text(out, "positionSide", "BOTH");
    qt__field_bool(out, "buyer", fill->is_buyer);
    qt__field_bool(out, "maker", fill->is_maker);
    qt_text_add_char(out, '}');
}

bool
qt__usdm_trades(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt__usdm *usdm = exchange->usdm;
    uint32_t symbol = QT_NO_INSTRUMENT;
    int64_t limit, from, order_id, since, until;
    if (!qt__need_symbol(exchange, call, &symbol) ||
        !qt__call_int(call, "limit", 500, 1, QT__LIST_MAX, &limit) ||
        !qt__call_int(call, "fromId", 0, 0, INT64_MAX, &from) ||
        !qt__call_int(call, "orderId", 0, 0, INT64_MAX, &order_id) ||
        !qt__call_int(call, "startTime", 0, 0, TIME_MAX_MS, &since) ||
        !qt__call_int(call, "endTime", TIME_MAX_MS, 0, TIME_MAX_MS, &until))
        return false;
    size_t n = qt_perp_fills(usdm->perp, QT__USDM_OWNER, symbol, (uint64_t)order_id, (uint64_t)from,
                             usdm->fills, QT__LIST_MAX);
    qt_text_add_char(call->out, '[');
    for (size_t i = 0, count = 0; i < n && count < (size_t)limit; i++) {
        int64_t ms = usdm->fills[i].time_ns / QT_NS_PER_MS;
        if (ms < since || ms > until)
            continue;
        write_trade(exchange, call->out, &usdm->fills[i]);
        count++;
    }
    qt_text_add_char(call->out, ']');
    return true;
}

static const char *const income_names[QT_PERP_INCOMES + 1] = {
    [QT_PERP_REALISED] = "REALIZED_PNL", [QT_PERP_COMMISSION] = "COMMISSION",
    [QT_PERP_FUNDING] = "FUNDING_FEE",   [QT_PERP_INSURANCE] = "INSURANCE_CLEAR",
    [QT_PERP_TRANSFER] = "TRANSFER",
};

static void
write_income(struct qt__exchange *exchange, struct qt_text *out,
             const struct qt_perp_income *income)
{
    bool has_symbol = income->instrument != QT_NO_INSTRUMENT;
    char trade[24] = "";
    struct qt_text text;
    qt_text_init(&text, trade, sizeof trade);
    if (income->trade_id != 0)
        qt_text_add_int(&text, (int64_t)income->trade_id);
    open_object(out);
    qt__field_text(out, "symbol",
                   has_symbol ? qt_universe_at(exchange->universe, income->instrument)->symbol
                              : "");
    qt__field_text(out, "incomeType", income_names[income->kind]);
    qt__field_money(out, "income", income->amount);
    qt__field_text(out, "asset", qt__usdm_asset(exchange->usdm, income->in_coin));
    qt__field_text(out, "info", income_names[income->kind]);
    qt__field_int(out, "time", income->time_ns / QT_NS_PER_MS);
    qt__field_int(out, "tranId", (int64_t)income->id);
    qt__field_text(out, "tradeId", trade);
    qt_text_add_char(out, '}');
}

bool
qt__usdm_income(struct qt__exchange *exchange, struct qt__call *call)
{
    struct qt__usdm *usdm = exchange->usdm;
    uint32_t symbol = QT_NO_INSTRUMENT;
    int64_t limit, since, until;
    int kind = qt__call_choice(call, "incomeType", income_names, QT_PERP_INCOMES);
    if (kind < 0 || (qt__call_has(call, "symbol") && !qt__need_symbol(exchange, call, &symbol)) ||
        !qt__call_int(call, "limit", 100, 1, QT__LIST_MAX, &limit) ||
        !qt__call_int(call, "startTime", 0, 0, TIME_MAX_MS, &since) ||
        !qt__call_int(call, "endTime", TIME_MAX_MS, 0, TIME_MAX_MS, &until))
        return false;
    size_t n =
        qt_perp_incomes(usdm->perp, QT__USDM_OWNER, symbol, (enum qt_perp_income_kind)kind,
                        since * QT_NS_PER_MS, until * QT_NS_PER_MS, usdm->incomes, (size_t)limit);
    qt_text_add_char(call->out, '[');
    for (size_t i = 0; i < n; i++)
        write_income(exchange, call->out, &usdm->incomes[i]);
    qt_text_add_char(call->out, ']');
    return true;
}
