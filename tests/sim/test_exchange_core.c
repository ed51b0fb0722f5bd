/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The exchange without I/O: every refusal by example, the life of orders and their money, what is
 * remembered, and random sessions of several owners in which no unit is made or lost.
 */
#include "qt_check.h"

#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/base/text.h"
#include "qtrade/sim/exchange.h"

enum { OWNER = 1, TAKER_PPM = 1000, MAKER_PPM = 500 };
#define UNIT 100000000LL

struct desk {
    struct qt_universe *universe;
    struct qt_exchange *exchange;
    struct qt_accounts *accounts;
    uint32_t base, quote;
    unsigned executions, fills, books, prints;
    uint64_t last_trade[2];
};

static void
on_execution(void *context, enum qt_match_event event, const struct qt_exchange_order *order,
             const struct qt_exchange_fill *fill)
{
    struct desk *desk = context;
    desk->executions++;
    ck_assert((event == QT_MATCH_FILL) == (fill != NULL));
    if (!fill)
        return;
    desk->fills++;
    ck_assert_uint_eq(fill->order_id, order->id);
    ck_assert_uint_ge(fill->trade_id, desk->last_trade[fill->instrument]); /* E1 */
    desk->last_trade[fill->instrument] = fill->trade_id;
}

static void
on_trade(void *context, uint32_t instrument, const struct qt_match_print *print)
{
    struct desk *desk = context;
    (void)instrument;
    desk->prints += print->qty.v > 0;
}

static void
on_book(void *context, uint32_t instrument)
{
    struct desk *desk = context;
    (void)instrument;
    desk->books++;
}

static struct qt_instrument
instrument(const char *base)
{
    struct qt_instrument ins = {.quote = "USDT",
                                .px_scale = 2,
                                .qty_scale = 3,
                                .tick = {5},
                                .min_px = {5},
                                .max_px = {100000000},
                                .lot = {10},
                                .min_qty = {10},
                                .max_qty = {100000000},
                                .min_notional = {5 * UNIT}};
    snprintf(ins.base, sizeof ins.base, "%s", base);
    snprintf(ins.symbol, sizeof ins.symbol, "%.10sUSDT", base);
    return ins;
}

static void
open_desk_with(struct desk *desk, const struct qt_exchange_options *options)
{
    struct qt_error err;
    struct qt_instrument a = instrument("AAA"), b = instrument("BBB");
    *desk = (struct desk){.universe = qt_universe_create()};
    const struct qt_exchange_listener listener = {
        .context = desk, .execution = on_execution, .trade = on_trade, .book = on_book};
    ck_assert(qt_universe_add(desk->universe, &a, &err) &&
              qt_universe_add(desk->universe, &b, &err));
    desk->exchange = qt_exchange_create(desk->universe, options, &listener, &err);
    ck_assert_ptr_nonnull(desk->exchange);
    desk->accounts = qt_exchange_accounts(desk->exchange);
    desk->base = qt_accounts_find(desk->accounts, "AAA");
    desk->quote = qt_accounts_find(desk->accounts, "USDT");
}

static void
deposit(struct desk *desk, uint32_t owner, const char *asset, int64_t units)
{
    ck_assert(qt_accounts_deposit(desk->accounts, owner, qt_accounts_find(desk->accounts, asset),
                                  (qt_money){units * UNIT}));
}

/* Both symbols at 100.00 bid x 1.000, 100.10 ask x 1.000, last 100.00; 1000 USDT and 5 AAA. */
static void
set_market(struct desk *desk, uint32_t id, int64_t bid, int64_t qty)
{
    struct qt_ladder ladder = {.n_bids = 2, .n_asks = 2};
    for (int i = 0; i < 2; i++) {
        ladder.bids[i] = (struct qt_depth_level){{bid - i * 10}, {qty}};
        ladder.asks[i] = (struct qt_depth_level){{bid + 10 + i * 10}, {qty}};
    }
    qt_exchange_tick(desk->exchange, id, QT_SELL, (qt_px){bid}, (qt_qty){10}, &ladder);
}

static void
open_desk(struct desk *desk, enum qt_fee_mode mode)
{
    open_desk_with(desk, &(struct qt_exchange_options){
                             .maker_ppm = MAKER_PPM, .taker_ppm = TAKER_PPM, .fee_mode = mode});
    deposit(desk, OWNER, "USDT", 1000);
    deposit(desk, OWNER, "AAA", 5);
    set_market(desk, 0, 10000, 1000);
    set_market(desk, 1, 10000, 1000);
}

static void
close_desk(struct desk *desk)
{
    ck_assert(qt_accounts_is_conserved(desk->accounts));
    qt_exchange_destroy(desk->exchange);
    qt_universe_destroy(desk->universe);
}

static struct qt_exchange_ticket
ticket(enum qt_side side, enum qt_order_type type, int64_t px, int64_t stop, int64_t qty)
{
    return (struct qt_exchange_ticket){.owner = OWNER,
                                       .side = (uint8_t)side,
                                       .type = (uint8_t)type,
                                       .px = px ? (qt_px){px} : QT_PX_NONE,
                                       .stop_px = stop ? (qt_px){stop} : QT_PX_NONE,
                                       .qty = {qty}};
}

static struct qt_exchange_order
place(struct desk *desk, struct qt_exchange_ticket asked)
{
    struct qt_exchange_order order;
    enum qt_exchange_verdict verdict = qt_exchange_place(desk->exchange, &asked, &order);
    ck_assert_msg(verdict == QT_EXCHANGE_OK, "%s", qt_exchange_text(verdict));
    return order;
}

static struct qt_funds
funds(const struct desk *desk, uint32_t asset)
{
    return qt_accounts_funds(desk->accounts, OWNER, asset);
}

static const struct {
    const char *what;
    struct qt_exchange_ticket ticket;
    enum qt_exchange_verdict verdict;
} refusals[] = {
    {"no quantity", {.px = {9000}}, QT_EXCHANGE_QTY},
    {"an unknown symbol", {.instrument = 9, .px = {9000}, .qty = {1000}}, QT_EXCHANGE_SYMBOL},
    {"off the tick", {.px = {9001}, .qty = {1000}}, QT_EXCHANGE_PRICE_FILTER},
    {"a price of 0", {.px = {0}, .qty = {1000}}, QT_EXCHANGE_PRICE_FILTER},
    {"off the lot", {.px = {9000}, .qty = {1001}}, QT_EXCHANGE_LOT_SIZE},
    {"too much at once", {.px = {9000}, .qty = {100000010}}, QT_EXCHANGE_LOT_SIZE},
    {"too small a sum", {.px = {9000}, .qty = {10}}, QT_EXCHANGE_NOTIONAL},
    {"far above the market", {.px = {60000}, .qty = {1000}}, QT_EXCHANGE_PERCENT_PRICE},
    {"far below the market", {.px = {1900}, .qty = {1000}}, QT_EXCHANGE_PERCENT_PRICE},
    {"more than there is", {.px = {9000}, .qty = {12000}}, QT_EXCHANGE_BALANCE},
    {"selling what is not there",
     {.side = QT_SELL, .px = {11000}, .qty = {6000}},
     QT_EXCHANGE_BALANCE},
    {"a maker that takes",
     {.type = QT_TYPE_LIMIT_MAKER, .px = {10010}, .qty = {1000}},
     QT_EXCHANGE_WOULD_TAKE},
    {"a stop that has been reached",
     {.side = QT_SELL,
      .type = QT_TYPE_STOP_LOSS,
      .px = {INT64_MIN},
      .stop_px = {10000},
      .qty = {1000}},
     QT_EXCHANGE_WOULD_TRIGGER},
    {"a side that is none", {.side = 7, .px = {9000}, .qty = {1000}}, QT_EXCHANGE_QTY},
    {"quote for a limit", {.px = {9000}, .quote_qty = {UNIT}}, QT_EXCHANGE_QTY},
};

START_TEST(refusal_names_its_reason_and_changes_nothing)
{
    struct desk desk;
    struct qt_exchange_order order;
    struct qt_exchange_ticket asked = refusals[_i].ticket;
    open_desk(&desk, QT_FEE_QUOTE);
    asked.owner = OWNER;
    if (asked.stop_px.v == 0)
        asked.stop_px = QT_PX_NONE;
    enum qt_exchange_verdict checked = qt_exchange_check(desk.exchange, &asked);
    enum qt_exchange_verdict verdict = qt_exchange_place(desk.exchange, &asked, &order);
    ck_assert_msg(verdict == refusals[_i].verdict, "%s: %s", refusals[_i].what,
                  qt_exchange_text(verdict));
    ck_assert_int_eq(checked, verdict);
    ck_assert(qt_exchange_code(verdict) < 0 && qt_exchange_text(verdict)[0]);
    ck_assert(order.state == QT_ORDER_REJECTED && order.id == 0);
    ck_assert_uint_eq(qt_exchange_open(desk.exchange, 0), 0);
    ck_assert_int_eq(funds(&desk, desk.quote).free.v, 1000 * UNIT);
    ck_assert_int_eq(funds(&desk, desk.base).free.v, 5 * UNIT);
    close_desk(&desk);
}
END_TEST

START_TEST(closed_symbol_takes_no_order_and_lets_go_of_old_ones)
{
    struct desk desk;
    struct qt_exchange_order order;
    open_desk(&desk, QT_FEE_QUOTE);
    uint64_t id = place(&desk, ticket(QT_BUY, QT_TYPE_LIMIT, 9000, 0, 1000)).id;
    qt_exchange_set_status(desk.exchange, 0, QT_INSTRUMENT_HALTED);
    struct qt_exchange_ticket asked = ticket(QT_BUY, QT_TYPE_LIMIT, 9000, 0, 1000);
    ck_assert_int_eq(qt_exchange_place(desk.exchange, &asked, &order), QT_EXCHANGE_CLOSED);
    ck_assert_int_eq(qt_exchange_cancel(desk.exchange, OWNER, 0, id, NULL, &order), QT_EXCHANGE_OK);
    close_desk(&desk);
}
END_TEST

START_TEST(market_order_without_liquidity_is_refused)
{
    struct desk desk;
    struct qt_exchange_order order;
    open_desk(&desk, QT_FEE_QUOTE);
    qt_exchange_quote(desk.exchange, 0, &(struct qt_ladder){0});
    struct qt_exchange_ticket asked = ticket(QT_BUY, QT_TYPE_MARKET, 0, 0, 1000);
    ck_assert_int_eq(qt_exchange_place(desk.exchange, &asked, &order), QT_EXCHANGE_NO_LIQUIDITY);
    close_desk(&desk);
}
END_TEST

START_TEST(sixth_waiting_stop_and_order_201_are_refused)
{
    struct desk desk;
    struct qt_exchange_order order;
    open_desk(&desk, QT_FEE_QUOTE);
    for (int i = 0; i < 5; i++)
        place(&desk, ticket(QT_SELL, QT_TYPE_STOP_LOSS, 0, 9000, 100));
    struct qt_exchange_ticket stop = ticket(QT_SELL, QT_TYPE_STOP_LOSS, 0, 9000, 100);
    ck_assert_int_eq(qt_exchange_place(desk.exchange, &stop, &order), QT_EXCHANGE_MAX_STOPS);
    ck_assert_uint_eq(qt_exchange_cancel_all(desk.exchange, OWNER, 0), 5);
    deposit(&desk, OWNER, "USDT", 100000);
    for (int i = 0; i < 200; i++)
        place(&desk, ticket(QT_BUY, QT_TYPE_LIMIT, 9000, 0, 100));
    struct qt_exchange_ticket limit = ticket(QT_BUY, QT_TYPE_LIMIT, 9000, 0, 100);
    ck_assert_int_eq(qt_exchange_place(desk.exchange, &limit, &order), QT_EXCHANGE_MAX_ORDERS);
    limit.instrument = 1; /* another symbol has its own count */
    place(&desk, limit);
    close_desk(&desk);
}
END_TEST

/* Locks 90 x 1 and 0.1 % of it; a cancel gives all back. */
START_TEST(resting_buy_locks_its_money_and_its_greatest_fee)
{
    struct desk desk;
    struct qt_exchange_order order;
    open_desk(&desk, QT_FEE_QUOTE);
    uint64_t id = place(&desk, ticket(QT_BUY, QT_TYPE_LIMIT, 9000, 0, 1000)).id;
    ck_assert_int_eq(funds(&desk, desk.quote).locked.v, 90 * UNIT + 9 * UNIT / 100);
    ck_assert_int_eq(qt_exchange_cancel(desk.exchange, OWNER, 0, id, NULL, &order), QT_EXCHANGE_OK);
    ck_assert_int_eq(order.state, QT_ORDER_CANCELLED);
    ck_assert_int_eq(funds(&desk, desk.quote).free.v, 1000 * UNIT);
    ck_assert_int_eq(qt_exchange_cancel(desk.exchange, OWNER, 0, id, NULL, &order),
                     QT_EXCHANGE_UNKNOWN_ORDER);
    close_desk(&desk);
}
END_TEST

START_TEST(maker_pays_the_makers_fee_and_its_own_price)
{
    struct desk desk;
    struct qt_exchange_fill fill;
    open_desk(&desk, QT_FEE_QUOTE);
    uint64_t id = place(&desk, ticket(QT_BUY, QT_TYPE_LIMIT, 9000, 0, 1000)).id;
    set_market(&desk, 0, 8900, 1000);
    ck_assert_uint_eq(qt_exchange_fills(desk.exchange, OWNER, 0, id, 0, &fill, 1), 1);
    ck_assert(fill.is_maker && fill.is_buyer && !fill.fee_in_base);
    ck_assert_int_eq(fill.px.v, 9000);
    ck_assert_int_eq(fill.quote.v, 90 * UNIT);
    ck_assert_int_eq(fill.fee.v, 90 * UNIT / 2000);
    ck_assert_int_eq(funds(&desk, desk.quote).free.v, 910 * UNIT - 90 * UNIT / 2000);
    ck_assert_int_eq(funds(&desk, desk.quote).locked.v, 0);
    ck_assert_int_eq(funds(&desk, desk.base).free.v, 6 * UNIT);
    close_desk(&desk);
}
END_TEST

/* 1 at 100.10 and 0.5 at 100.20; the fee of each fill is rounded up by itself. */
START_TEST(taker_walks_the_book_and_pays_the_takers_fee)
{
    struct desk desk;
    struct qt_exchange_fill fill[3];
    open_desk(&desk, QT_FEE_RECEIVED);
    struct qt_exchange_order order = place(&desk, ticket(QT_BUY, QT_TYPE_MARKET, 0, 0, 1500));
    ck_assert_int_eq(order.state, QT_ORDER_FILLED);
    ck_assert_int_eq(order.cum_quote.v, 15020 * UNIT / 100);
    ck_assert_uint_eq(qt_exchange_fills(desk.exchange, OWNER, 0, order.id, 0, fill, 3), 2);
    ck_assert(fill[0].px.v == 10010 && fill[1].px.v == 10020 && fill[0].fee_in_base);
    ck_assert_int_eq(fill[0].fee.v, UNIT / 1000);
    ck_assert_int_eq(funds(&desk, desk.base).free.v, 65 * UNIT / 10 - 15 * UNIT / 10000);
    ck_assert_int_eq(funds(&desk, desk.quote).free.v, 1000 * UNIT - 15020 * UNIT / 100);
    close_desk(&desk);
}
END_TEST

START_TEST(market_order_by_quote_spends_no_more_than_it_says)
{
    struct desk desk;
    struct qt_exchange_ticket asked = ticket(QT_BUY, QT_TYPE_MARKET, 0, 0, 0);
    open_desk(&desk, _i ? QT_FEE_QUOTE : QT_FEE_RECEIVED);
    asked.quote_qty = (qt_money){120 * UNIT};
    struct qt_exchange_order order = place(&desk, asked);
    int64_t spent = 1000 * UNIT - funds(&desk, desk.quote).free.v;
    ck_assert_int_eq(order.state, QT_ORDER_FILLED);
    ck_assert_int_le(spent, 120 * UNIT);
    ck_assert_int_gt(spent, 118 * UNIT); /* a lot is worth 1.00 */
    close_desk(&desk);
}
END_TEST

START_TEST(stop_buy_that_the_account_cannot_pay_any_more_expires)
{
    struct desk desk;
    struct qt_exchange_order order;
    open_desk(&desk, QT_FEE_QUOTE);
    uint64_t stop = place(&desk, ticket(QT_BUY, QT_TYPE_STOP_LOSS, 0, 11000, 2000)).id;
    place(&desk, ticket(QT_BUY, QT_TYPE_LIMIT, 9000, 0, 8600)); /* 774.77 of 779.78 left */
    set_market(&desk, 0, 20000, 5000);
    ck_assert(qt_exchange_find(desk.exchange, OWNER, 0, stop, NULL, &order));
    ck_assert_int_eq(order.state, QT_ORDER_EXPIRED);
    ck_assert_int_eq(order.cum_qty.v, 0);
    close_desk(&desk);
}
END_TEST

START_TEST(client_id_is_unique_among_open_orders_only)
{
    struct desk desk;
    struct qt_exchange_order order, found;
    open_desk(&desk, QT_FEE_QUOTE);
    struct qt_exchange_ticket asked = ticket(QT_BUY, QT_TYPE_LIMIT, 9000, 0, 1000);
    (void)qt_copy(asked.client_id, sizeof asked.client_id, "mine");
    uint64_t first = place(&desk, asked).id;
    ck_assert_int_eq(qt_exchange_place(desk.exchange, &asked, &order), QT_EXCHANGE_DUPLICATE);
    ck_assert(!qt_exchange_find(desk.exchange, OWNER + 1, 0, 0, "mine", &found));
    ck_assert_int_eq(qt_exchange_cancel(desk.exchange, OWNER, 0, 0, "mine", &order),
                     QT_EXCHANGE_OK);
    uint64_t second = place(&desk, asked).id;
    ck_assert_uint_gt(second, first); /* E1 */
    ck_assert(qt_exchange_find(desk.exchange, OWNER, 0, 0, "mine", &found));
    ck_assert_uint_eq(found.id, second);
    ck_assert(qt_exchange_find(desk.exchange, OWNER, QT_NO_INSTRUMENT, first, NULL, &found));
    ck_assert_int_eq(found.state, QT_ORDER_CANCELLED);
    struct qt_exchange_order unnamed = place(&desk, ticket(QT_BUY, QT_TYPE_LIMIT, 9000, 0, 1000));
    ck_assert(strncmp(unnamed.client_id, "x-", 2) == 0);
    close_desk(&desk);
}
END_TEST

START_TEST(oldest_final_order_is_forgotten_first_and_an_open_one_never)
{
    struct desk desk;
    struct qt_exchange_order order, all[64];
    open_desk_with(&desk, &(struct qt_exchange_options){.max_open = 4, .max_history = 8});
    deposit(&desk, OWNER, "USDT", 1000);
    set_market(&desk, 0, 10000, 1000);
    uint64_t open = place(&desk, ticket(QT_BUY, QT_TYPE_LIMIT, 9000, 0, 100)).id, last = 0;
    for (int i = 0; i < 40; i++) {
        last = place(&desk, ticket(QT_BUY, QT_TYPE_LIMIT, 9000, 0, 100)).id;
        ck_assert_int_eq(qt_exchange_cancel(desk.exchange, OWNER, 0, last, NULL, &order),
                         QT_EXCHANGE_OK);
    }
    ck_assert(qt_exchange_find(desk.exchange, OWNER, 0, open, NULL, &order));
    ck_assert(!qt_exchange_find(desk.exchange, OWNER, 0, open + 1, NULL, &order));
    ck_assert(qt_exchange_find(desk.exchange, OWNER, 0, last, NULL, &order));
    size_t n = qt_exchange_orders(desk.exchange, OWNER, QT_NO_INSTRUMENT, 0, false, all, 64);
    ck_assert_uint_eq(n, 8);
    for (size_t i = 1; i < n; i++)
        ck_assert_uint_gt(all[i].id, all[i - 1].id);
    ck_assert_uint_eq(qt_exchange_orders(desk.exchange, OWNER, 0, 0, true, all, 64), 1);
    close_desk(&desk);
}
END_TEST

START_TEST(more_open_orders_than_there_is_room_for_are_refused)
{
    struct desk desk;
    struct qt_exchange_order order;
    open_desk_with(&desk, &(struct qt_exchange_options){.max_open = 2});
    deposit(&desk, OWNER, "USDT", 1000);
    set_market(&desk, 0, 10000, 1000);
    struct qt_exchange_ticket asked = ticket(QT_BUY, QT_TYPE_LIMIT, 9000, 0, 100);
    place(&desk, asked);
    place(&desk, asked);
    ck_assert_int_eq(qt_exchange_place(desk.exchange, &asked, &order), QT_EXCHANGE_FULL);
    close_desk(&desk);
}
END_TEST

START_TEST(two_owners_who_trade_are_settled_both)
{
    struct desk desk;
    open_desk(&desk, QT_FEE_QUOTE);
    deposit(&desk, 2, "AAA", 3);
    place(&desk, ticket(QT_BUY, QT_TYPE_LIMIT, 10005, 0, 1000));
    struct qt_exchange_ticket sell = ticket(QT_SELL, QT_TYPE_LIMIT, 10005, 0, 1000);
    sell.owner = 2;
    struct qt_exchange_order order = place(&desk, sell);
    ck_assert_int_eq(order.state, QT_ORDER_FILLED);
    ck_assert_int_eq(funds(&desk, desk.base).free.v, 6 * UNIT);
    ck_assert_int_eq(qt_accounts_funds(desk.accounts, 2, desk.base).free.v, 2 * UNIT);
    ck_assert_int_eq(qt_accounts_funds(desk.accounts, 2, desk.quote).free.v,
                     10005 * UNIT / 100 - 10005 * UNIT / 100000);
    ck_assert_uint_eq(desk.fills, 2);
    close_desk(&desk);
}
END_TEST

START_TEST(quantity_finer_than_the_ledger_is_refused_at_the_start)
{
    struct qt_error err;
    struct qt_universe *universe = qt_universe_create();
    struct qt_instrument ins = instrument("AAA");
    ins.qty_scale = 9;
    ck_assert(qt_universe_add(universe, &ins, &err));
    ck_assert_ptr_null(qt_exchange_create(universe, &(struct qt_exchange_options){0},
                                          &(struct qt_exchange_listener){0}, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "AAAUSDT"));
    qt_universe_destroy(universe);
}
END_TEST

/* Random sessions */

static void
act(struct desk *desk, struct qt_rng *rng)
{
    struct qt_exchange_order order;
    uint32_t id = (uint32_t)qt_rng_below(rng, 2), owner = 1 + (uint32_t)qt_rng_below(rng, 3);
    uint64_t what = qt_rng_below(rng, 10);
    int64_t px = 9000 + 5 * (int64_t)qt_rng_below(rng, 400);
    struct qt_exchange_ticket asked = {.owner = owner,
                                       .instrument = id,
                                       .side = (uint8_t)qt_rng_below(rng, 2),
                                       .type = (uint8_t)qt_rng_below(rng, QT_ORDER_TYPES),
                                       .tif = (uint8_t)qt_rng_below(rng, QT_TIMES_IN_FORCE),
                                       .px = {px},
                                       .stop_px = {px + 5 * ((int64_t)qt_rng_below(rng, 40) - 20)},
                                       .qty = {10 * (1 + (int64_t)qt_rng_below(rng, 200))}};
    bool is_market = asked.type == QT_TYPE_MARKET || asked.type == QT_TYPE_STOP_LOSS ||
                     asked.type == QT_TYPE_TAKE_PROFIT;
    if (is_market)
        asked.px = QT_PX_NONE;
    if (asked.type == QT_TYPE_LIMIT || asked.type == QT_TYPE_MARKET ||
        asked.type == QT_TYPE_LIMIT_MAKER)
        asked.stop_px = QT_PX_NONE;
    if (asked.type == QT_TYPE_MARKET && qt_rng_below(rng, 3) == 0) {
        asked.quote_qty = (qt_money){UNIT * (int64_t)(1 + qt_rng_below(rng, 300))};
        asked.qty = QT_QTY_ZERO;
    }
    if (what < 6)
        (void)!qt_exchange_place(desk->exchange, &asked, &order);
    else if (what < 7)
        (void)qt_exchange_cancel_all(desk->exchange, owner, id);
    else
        set_market(desk, id, 9200 + 10 * (int64_t)qt_rng_below(rng, 160),
                   10 * (1 + (int64_t)qt_rng_below(rng, 300)));
}

/* What is locked is what the open orders can still need: nobody's money is stuck. */
static void
check_locked(const struct desk *desk)
{
    struct qt_exchange_order open[4096];
    for (uint32_t owner = 1; owner <= 3; owner++) {
        size_t n = qt_exchange_orders(desk->exchange, owner, QT_NO_INSTRUMENT, 0, true, open, 4096);
        int64_t base = 0, stop_buys = 0, quote = 0;
        for (size_t i = 0; i < n; i++) {
            int64_t left = open[i].qty.v - open[i].cum_qty.v;
            qt_px px = qt_px_is_none(open[i].px) ? open[i].stop_px : open[i].px;
            int64_t notional = px.v * left * 1000; /* scales 2 + 3 up to 8 */
            if (open[i].side == QT_SELL)
                base += open[i].instrument == 0 ? left * 100000 : 0;
            else
                quote += notional + qt_accounts_fee((qt_money){notional}, TAKER_PPM).v;
            stop_buys += open[i].side == QT_BUY && qt_px_is_none(open[i].px);
        }
        ck_assert_int_eq(qt_accounts_funds(desk->accounts, owner, desk->base).locked.v, base);
        if (stop_buys == 0)
            ck_assert_int_eq(qt_accounts_funds(desk->accounts, owner, desk->quote).locked.v, quote);
    }
}

START_TEST(random_session_of_three_owners_conserves_every_unit)
{
    struct desk desk;
    struct qt_rng rng;
    enum qt_fee_mode mode = _i % 2 ? QT_FEE_QUOTE : QT_FEE_RECEIVED;
    qt_rng_init(&rng, (uint64_t)_i + 1);
    open_desk(&desk, mode);
    for (uint32_t owner = 1; owner <= 3; owner++) {
        deposit(&desk, owner, "USDT", 3000);
        deposit(&desk, owner, "AAA", 20);
        deposit(&desk, owner, "BBB", 20);
    }
    for (int step = 0; step < 4000; step++) {
        qt_exchange_advance(desk.exchange, step);
        act(&desk, &rng);
        ck_assert_msg(qt_accounts_is_conserved(desk.accounts), "seed %d step %d", _i + 1, step);
        if (mode == QT_FEE_QUOTE)
            check_locked(&desk);
    }
    struct qt_exchange_stats stats = qt_exchange_stats(desk.exchange);
    ck_assert_uint_gt(stats.fills, 300); /* or the session tests little */
    ck_assert_uint_gt(stats.expired, 50);
    ck_assert_uint_gt(stats.cancels, 100);
    ck_assert_uint_gt(stats.rejected, 100);
    ck_assert_uint_eq(stats.fills, desk.fills);
    close_desk(&desk);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("exchange_core");
    TCase *refusing = tcase_create("refusals"), *money = tcase_create("money");
    TCase *memory = tcase_create("memory"), *session = tcase_create("sessions");
    tcase_set_timeout(refusing, 60);
    tcase_set_timeout(money, 60);
    tcase_set_timeout(memory, 60);
    tcase_set_timeout(session, 60);
    tcase_add_loop_test(refusing, refusal_names_its_reason_and_changes_nothing, 0,
                        QT_COUNT_OF(refusals));
    tcase_add_test(refusing, closed_symbol_takes_no_order_and_lets_go_of_old_ones);
    tcase_add_test(refusing, market_order_without_liquidity_is_refused);
    tcase_add_test(refusing, sixth_waiting_stop_and_order_201_are_refused);
    tcase_add_test(refusing, more_open_orders_than_there_is_room_for_are_refused);
    tcase_add_test(refusing, quantity_finer_than_the_ledger_is_refused_at_the_start);
    tcase_add_test(money, resting_buy_locks_its_money_and_its_greatest_fee);
    tcase_add_test(money, maker_pays_the_makers_fee_and_its_own_price);
    tcase_add_test(money, taker_walks_the_book_and_pays_the_takers_fee);
    tcase_add_loop_test(money, market_order_by_quote_spends_no_more_than_it_says, 0, 2);
    tcase_add_test(money, stop_buy_that_the_account_cannot_pay_any_more_expires);
    tcase_add_test(money, two_owners_who_trade_are_settled_both);
    tcase_add_test(memory, client_id_is_unique_among_open_orders_only);
    tcase_add_test(memory, oldest_final_order_is_forgotten_first_and_an_open_one_never);
    tcase_add_loop_test(session, random_session_of_three_owners_conserves_every_unit, 0, 6);
    suite_add_tcase(suite, refusing);
    suite_add_tcase(suite, money);
    suite_add_tcase(suite, memory);
    suite_add_tcase(suite, session);
    return qt_run_suite(suite);
}
