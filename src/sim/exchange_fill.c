/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a book tells becomes records, money and messages. An open order always has locked what its
 * rest needs: a limited buy its price times the rest and the greatest fee on it, a sell the rest
 * itself; a buy at market what it was reckoned to cost.
 */
#include <stdio.h>

#include "qtrade/base/error.h"

#include "exchange_priv.h"

qt_money
qt__base_amount(const struct qt_instrument *ins, qt_qty qty)
{
    qt_money amount;
    bool fits =
        !__builtin_mul_overflow(qty.v, qt_pow10(QT_MONEY_SCALE - ins->qty_scale), &amount.v);
    qt_assert(fits);
    return amount;
}

int
qt__highest_ppm(const struct qt_exchange *exchange)
{
    return qt_fee_highest_ppm(&exchange->schedule);
}

bool
qt__with_fee(const struct qt_exchange *exchange, qt_money quote, qt_money *out)
{
    if (exchange->options.fee_mode != QT_FEE_QUOTE) {
        *out = quote;
        return true;
    }
    return qt_money_add(quote, qt_accounts_fee(quote, qt__highest_ppm(exchange)), out);
}

static bool
is_at_market(const struct qt_exchange_order *order)
{
    return qt_px_is_none(order->px);
}

bool
qt__lock_need(const struct qt__market *market, const struct qt_exchange_order *order, qt_qty left,
              qt_money *out)
{
    if (order->side == QT_SELL) {
        *out = qt__base_amount(market->ins, left);
        return true;
    }
    qt_money quote;
    qt_px px = is_at_market(order) ? order->stop_px : order->px;
    return qt_instrument_notional(market->ins, px, left, &quote) &&
           qt__with_fee(market->exchange, quote, out);
}

static uint32_t
locked_asset(const struct qt__market *market, const struct qt__record *record)
{
    return record->order.side == QT_BUY ? market->quote : market->base;
}

static void
tell_balance(const struct qt__market *market, uint32_t owner, uint32_t asset)
{
    const struct qt_exchange_listener *listener = &market->exchange->listener;
    if (listener->balance)
        listener->balance(listener->context, owner, asset);
}

static void
tell_execution(const struct qt__market *market, enum qt_match_event event,
               const struct qt__record *record, const struct qt_exchange_fill *fill)
{
    const struct qt_exchange_listener *listener = &market->exchange->listener;
    if (listener->execution)
        listener->execution(listener->context, event, &record->order, fill);
}

static void
take_over(struct qt__record *record, const struct qt_match_report *report)
{
    record->order.state = report->order->state;
    record->order.is_working = report->order->is_working;
    record->order.cum_qty = report->order->cum_qty;
    record->order.cum_quote = report->order->cum_quote;
    record->order.follows_ns = report->order->follows_ns;
    record->order.prevented = report->order->prevented;
    record->order.update_ns = report->t_ns;
}

/* A buy at market: the fill and its part of the greatest fee; the parts of all fills sum to the fee
 * of their sum. */
static bool
release_at_market(const struct qt__market *market, const struct qt_match_report *report,
                  qt_money cum_quote, qt_money *out)
{
    qt_money before, with, without;
    return qt_money_sub(cum_quote, report->quote, &before) &&
           qt__with_fee(market->exchange, cum_quote, &with) &&
           qt__with_fee(market->exchange, before, &without) && qt_money_sub(with, without, out);
}

/* What of the locked money this fill sets free: the rest keeps what it needs. */
static qt_money
release_of(const struct qt__market *market, const struct qt__record *record,
           const struct qt_match_report *report)
{
    const struct qt_exchange_order *order = &record->order;
    qt_qty left;
    qt_money keep, release;
    bool ok = order->side == QT_BUY && is_at_market(order)
                  ? release_at_market(market, report, order->cum_quote, &release)
                  : qt_qty_sub(order->qty, order->cum_qty, &left) &&
                        qt__lock_need(market, order, left, &keep) &&
                        qt_money_sub(record->locked, keep, &release);
    qt_assert(ok);
    return release;
}

/* The fee in the coin that gives a discount: false when there is none, no price for it, or too
 * little of it. */
static bool
discounted_fee(const struct qt__market *market, uint32_t owner, qt_money quote, int ppm,
               qt_money *out)
{
    const struct qt_exchange *exchange = market->exchange;
    char symbol[2 * QT_ASSET_SIZE];
    if (exchange->discount_asset == QT_NO_ASSET || ppm <= 0)
        return false;
    int n = snprintf(symbol, sizeof symbol, "%s%s", exchange->schedule.discount_asset,
                     market->ins->quote);
    uint32_t id = qt_universe_find(exchange->universe, symbol, (size_t)n);
    if (id == QT_NO_INSTRUMENT ||
        !qt_fee_in_coin(&exchange->schedule, quote, ppm, qt_exchange_last(exchange, id),
                        exchange->markets[id].ins->px_scale, out))
        return false;
    struct qt_funds funds = qt_accounts_funds(exchange->accounts, owner, exchange->discount_asset);
    return qt_money_cmp(*out, funds.free) <= 0;
}

/* Takes the fee: from the coin with the discount when that is possible. */
static void
settle(struct qt__market *market, struct qt__record *record, const struct qt_match_report *report,
       struct qt_exchange_fill *fill)
{
    struct qt_exchange *exchange = market->exchange;
    uint32_t owner = record->order.owner;
    const struct qt_fee_tier *tier = qt_exchange_fees(exchange, owner);
    int ppm = report->is_maker ? tier->maker_ppm : tier->taker_ppm;
    qt_money discounted = QT_MONEY_ZERO;
    bool has_discount = discounted_fee(market, owner, report->quote, ppm, &discounted);
    struct qt_account_fill entry = {.owner = owner,
                                    .base = market->base,
                                    .quote = market->quote,
                                    .side = (enum qt_side)record->order.side,
                                    .base_amount = qt__base_amount(market->ins, report->qty),
                                    .quote_amount = report->quote,
                                    .release = release_of(market, record, report),
                                    .fee_ppm = has_discount ? 0 : ppm};
    bool ok = qt_accounts_settle(exchange->accounts, &entry, &fill->fee, &fill->fee_asset) &&
              qt_money_sub(record->locked, entry.release, &record->locked);
    qt_assert(ok);
    if (has_discount) {
        qt_accounts_charge(exchange->accounts, owner, exchange->discount_asset, discounted);
        fill->fee = discounted;
        fill->fee_asset = exchange->discount_asset;
        tell_balance(market, owner, exchange->discount_asset);
    }
    fill->fee_in_base = fill->fee_asset == market->base;
    qt_fee_volume_add(&exchange->volumes[owner], exchange->now_ns, report->quote);
}

/* The order is final: what is still locked comes back, or passes to the other of a pair. */
static void
end_record(struct qt__market *market, struct qt__record *record)
{
    uint32_t asset = locked_asset(market, record);
    qt__record_close(market->exchange, record);
    if (qt_money_cmp(record->locked, QT_MONEY_ZERO) == 0)
        return;
    struct qt__record *partner = qt__list_partner(market->exchange, record);
    if (partner) {
        bool fits = qt_money_add(partner->locked, record->locked, &partner->locked);
        qt_assert(fits);
    } else {
        qt_accounts_unlock(market->exchange->accounts, record->order.owner, asset, record->locked);
    }
    record->locked = QT_MONEY_ZERO;
}

static void
on_fill(struct qt__market *market, struct qt__record *record, const struct qt_match_report *report)
{
    struct qt_exchange_fill fill = {.trade_id = report->trade_id,
                                    .order_id = record->order.id,
                                    .owner = record->order.owner,
                                    .instrument = record->order.instrument,
                                    .px = report->px,
                                    .qty = report->qty,
                                    .quote = report->quote,
                                    .is_buyer = record->order.side == QT_BUY,
                                    .is_maker = report->is_maker,
                                    .time_ns = report->t_ns};
    settle(market, record, report, &fill);
    if (record->order.state == QT_ORDER_FILLED)
        end_record(market, record);
    market->exchange->stats.fills++;
    qt__fill_keep(market->exchange, &fill);
    tell_execution(market, report->event, record, &fill);
    qt__list_decided(market->exchange, record);
    tell_balance(market, record->order.owner, market->base);
    tell_balance(market, record->order.owner, market->quote);
}

static void
on_end(struct qt__market *market, struct qt__record *record, const struct qt_match_report *report)
{
    bool was_locked = qt_money_cmp(record->locked, QT_MONEY_ZERO) != 0;
    end_record(market, record);
    if (report->event == QT_MATCH_EXPIRED)
        market->exchange->stats.expired++;
    else
        market->exchange->stats.cancels++;
    tell_execution(market, report->event, record, NULL);
    qt__list_decided(market->exchange, record);
    if (was_locked)
        tell_balance(market, record->order.owner, locked_asset(market, record));
}

static void
on_report(void *context, const struct qt_match_report *report)
{
    struct qt__market *market = context;
    struct qt__record *record = qt__record_of(market->exchange, report->order->id);
    qt_assert(record);
    take_over(record, report);
    switch (report->event) {
    case QT_MATCH_ACCEPTED:
    case QT_MATCH_TRIGGERED:
        tell_execution(market, report->event, record, NULL);
        if (report->event == QT_MATCH_TRIGGERED)
            qt__list_decided(market->exchange, record);
        break;
    case QT_MATCH_FILL:
        on_fill(market, record, report);
        break;
    case QT_MATCH_CANCELLED:
    case QT_MATCH_EXPIRED:
        on_end(market, record, report);
        break;
    case QT_MATCH_REJECTED:
        break;
    }
}

static void
on_print(void *context, const struct qt_match_print *print)
{
    struct qt__market *market = context;
    const struct qt_exchange_listener *listener = &market->exchange->listener;
    market->exchange->stats.prints++;
    if (listener->trade)
        listener->trade(listener->context, market->ins->id, print);
}

/* A stop that buys at market has triggered: its lock becomes what it will cost, if the account has
 * that. */
static bool
on_afford(void *context, const struct qt_match_order *order, qt_money cost)
{
    struct qt__market *market = context;
    struct qt_accounts *accounts = market->exchange->accounts;
    struct qt__record *record = qt__record_of(market->exchange, order->id);
    qt_money need, more;
    if (!qt__with_fee(market->exchange, cost, &need) || !qt_money_sub(need, record->locked, &more))
        return false;
    if (qt_money_cmp(more, QT_MONEY_ZERO) <= 0)
        return true;
    if (!qt_accounts_lock(accounts, record->order.owner, market->quote, more))
        return false;
    record->locked = need;
    return true;
}

const struct qt_match_listener qt__market_listener = {
    .report = on_report, .print = on_print, .afford = on_afford};
