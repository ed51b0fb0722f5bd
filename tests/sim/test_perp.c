/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The exchange of perpetuals: what a position earns and needs, orders that wait or only reduce,
 * marks and funding by the clock, liquidation. The long run of random operations: QT_CASES=5000000.
 */
#include "perp_kit.h"

#include "mutate.h"

static struct kit kit;

static void
setup(void)
{
    kit_start(&kit, NULL);
}

static void
teardown(void)
{
    kit_stop(&kit);
}

/* Positions */

START_TEST(position_is_opened_closed_and_turned_to_the_unit)
{
    qt_money before = kit_state(&kit, 1).wallet;
    (void)kit_market(&kit, 1, QT_BUY, 1000); /* 1 at 1000.1 */
    ck_assert_int_eq(kit_position(&kit, 1)->cost.v, 100010000000);
    ck_assert_int_eq(kit_state(&kit, 1).wallet.v, before.v - 50005000);
    kit_move(&kit, 0, 10100);
    (void)kit_market(&kit, 1, QT_SELL, 400); /* at 1009.9 */
    ck_assert_int_eq(kit_position(&kit, 1)->qty.v, 600);
    ck_assert_int_eq(kit_position(&kit, 1)->cost.v, 60006000000);
    ck_assert_int_eq(kit_position(&kit, 1)->realised.v, 392000000); /* 0.4 x 9.8 */
    (void)kit_market(&kit, 1, QT_SELL, 1000);
    ck_assert_int_eq(kit_position(&kit, 1)->qty.v, -400);
    ck_assert_int_eq(kit_position(&kit, 1)->cost.v, -40396000000);
    ck_assert_int_eq(kit_position(&kit, 1)->realised.v, 980000000);
}
END_TEST

START_TEST(margin_is_the_notional_over_the_leverage_and_orders_hold_theirs)
{
    ck_assert_int_eq(qt_perp_set_leverage(kit.perp, 1, 0, 10), QT_PERP_SET);
    struct qt_perp_order order = kit_limit(&kit, 1, QT_BUY, 2000, 9900);
    ck_assert_int_eq(kit_state(&kit, 1).open_initial.v, 198 * UNIT);
    (void)kit_limit(&kit, 1, QT_SELL, 1000, 10100); /* the smaller side is free */
    ck_assert_int_eq(kit_state(&kit, 1).open_initial.v, 198 * UNIT);
    ck_assert_int_eq(kit_state(&kit, 1).available.v, (10000 - 198) * UNIT);
    ck_assert_int_eq(qt_perp_cancel(kit.perp, 1, 0, order.id, &order), QT_PERP_OK);
    ck_assert_int_eq(kit_state(&kit, 1).open_initial.v, 101 * UNIT);
    (void)qt_perp_cancel_all(kit.perp, 1, QT_NO_INSTRUMENT);
    ck_assert_int_eq(kit_state(&kit, 1).available.v, 10000 * UNIT);
    (void)kit_market(&kit, 1, QT_BUY, 1000);
    kit_pass(&kit, 1);
    int64_t mark = qt_margin_mark(qt_perp_margin(kit.perp), 0).v;
    ck_assert_int_eq(kit_state(&kit, 1).position_initial.v, mark * UNIT / 10 / 10);
    ck_assert_int_eq(kit_state(&kit, 1).maintenance.v, mark * UNIT / 10 * 4 / 1000);
}
END_TEST

START_TEST(every_tier_begins_where_the_one_below_ends)
{
    size_t n;
    const struct qt_margin_tier *tiers = qt_margin_tiers(&n);
    for (size_t i = 1; i < n; i++) {
        ck_assert_int_eq(tiers[i].floor.v, tiers[i - 1].cap.v);
        ck_assert_int_lt(tiers[i].leverage, tiers[i - 1].leverage);
        int64_t step = tiers[i].maintenance_ppm - tiers[i - 1].maintenance_ppm;
        ck_assert_int_eq(tiers[i].amount.v - tiers[i - 1].amount.v,
                         tiers[i].floor.v / 1000000 * step);
        ck_assert_int_eq(qt_margin_cap(tiers[i].leverage).v, tiers[i].cap.v);
    }
}
END_TEST

/* Refusals */

static const struct {
    const char *what;
    struct qt_perp_ticket ticket;
    int code;
} refused[] = {
    {"too much",
     {.owner = 1, .type = QT_PERP_LIMIT, .px = {10000}, .stop_px = {INT64_MIN}, .qty = {300000}},
     -2019},
    {"beyond the tier",
     {.owner = 1, .type = QT_PERP_LIMIT, .px = {10000}, .stop_px = {INT64_MIN}, .qty = {16000000}},
     -2027},
    {"nothing to reduce",
     {.owner = 1,
      .type = QT_PERP_MARKET,
      .px = {INT64_MIN},
      .stop_px = {INT64_MIN},
      .qty = {10},
      .reduce_only = true},
     -2022},
    {"post only that takes",
     {.owner = 1,
      .type = QT_PERP_LIMIT,
      .tif = QT_PERP_GTX,
      .px = {10100},
      .stop_px = {INT64_MIN},
      .qty = {10}},
     -5022},
    {"fill or kill",
     {.owner = 1,
      .type = QT_PERP_LIMIT,
      .tif = QT_PERP_FOK,
      .px = {9000},
      .stop_px = {INT64_MIN},
      .qty = {10}},
     -5021},
    {"too far up",
     {.owner = 1, .type = QT_PERP_LIMIT, .px = {11600}, .stop_px = {INT64_MIN}, .qty = {10}},
     -4016},
    {"too far down",
     {.owner = 1,
      .side = QT_SELL,
      .type = QT_PERP_LIMIT,
      .px = {8400},
      .stop_px = {INT64_MIN},
      .qty = {10}},
     -4024},
    {"too small",
     {.owner = 1, .type = QT_PERP_LIMIT, .px = {10000}, .stop_px = {INT64_MIN}, .qty = {4}},
     -4164},
    {"a stop behind the price",
     {.owner = 1, .type = QT_PERP_STOP_MARKET, .px = {INT64_MIN}, .stop_px = {9000}, .qty = {10}},
     -2021},
    {"a callback of nothing",
     {.owner = 1,
      .type = QT_PERP_TRAILING,
      .px = {INT64_MIN},
      .stop_px = {INT64_MIN},
      .qty = {10},
      .callback_bps = 5},
     -2007},
    {"close without a position",
     {.owner = 1,
      .side = QT_SELL,
      .type = QT_PERP_STOP_MARKET,
      .px = {INT64_MIN},
      .stop_px = {9000},
      .close_position = true},
     -4509},
    {"no quantity",
     {.owner = 1, .type = QT_PERP_MARKET, .px = {INT64_MIN}, .stop_px = {INT64_MIN}},
     -4003},
    {"no such symbol",
     {.owner = 1,
      .instrument = 9,
      .type = QT_PERP_MARKET,
      .px = {INT64_MIN},
      .stop_px = {INT64_MIN},
      .qty = {10}},
     -1121},
};

START_TEST(order_that_breaks_a_rule_gets_its_code_and_changes_nothing)
{
    struct qt_perp_order order;
    kit_pass(&kit, 1);
    unsigned told = kit.n_told;
    enum qt_perp_verdict verdict = qt_perp_place(kit.perp, &refused[_i].ticket, &order);
    ck_assert_msg(qt_perp_code(verdict) == refused[_i].code, "%s: %d %s", refused[_i].what,
                  qt_perp_code(verdict), qt_perp_text(verdict));
    ck_assert_int_eq(order.state, QT_ORDER_REJECTED);
    ck_assert_uint_eq(kit.n_told, told);
    ck_assert_int_eq(kit_state(&kit, 1).available.v, 10000 * UNIT);
}
END_TEST

/* Orders that wait */

START_TEST(stop_waits_for_the_price_it_looks_at)
{
    (void)kit_market(&kit, 1, QT_BUY, 1000);
    struct qt_perp_ticket ticket = kit_ticket(1, QT_SELL, QT_PERP_STOP_MARKET, 1000, 0);
    ticket.stop_px = (qt_px){9950};
    struct qt_perp_order by_trade = kit_place(&kit, &ticket);
    ticket.by_mark = true;
    struct qt_perp_order by_mark = kit_place(&kit, &ticket);
    struct qt_ladder ladder = kit_ladder(9940, 100000);
    qt_perp_tick(kit.perp, 0, QT_SELL, (qt_px){9940}, (qt_qty){1}, &ladder); /* the index stays */
    ck_assert_int_eq(kit_find(&kit, by_trade.id).state, QT_ORDER_FILLED);
    ck_assert_int_eq(kit_find(&kit, by_mark.id).state, QT_ORDER_OPEN);
    kit_move(&kit, 0, 9940);
    kit_pass(&kit, 1);
    ck_assert_int_eq(kit_find(&kit, by_mark.id).state, QT_ORDER_FILLED);
    ck_assert_int_eq(kit_position(&kit, 1)->qty.v, -1000);
}
END_TEST

START_TEST(close_position_closes_what_there_is_and_ends_with_it)
{
    (void)kit_market(&kit, 1, QT_BUY, 1000);
    struct qt_perp_ticket stop = kit_ticket(1, QT_SELL, QT_PERP_STOP_MARKET, 0, 0);
    stop.close_position = true;
    stop.stop_px = (qt_px){9900};
    struct qt_perp_order low = kit_place(&kit, &stop), again;
    ck_assert_int_eq(qt_perp_place(kit.perp, &stop, &again), QT_PERP_CLOSE_TWICE);
    stop.type = QT_PERP_TAKE_PROFIT_MARKET;
    stop.stop_px = (qt_px){10200};
    struct qt_perp_order high = kit_place(&kit, &stop);
    (void)kit_market(&kit, 1, QT_BUY, 500);
    kit_move(&kit, 0, 10200);
    ck_assert_int_eq(kit_find(&kit, high.id).state, QT_ORDER_FILLED);
    ck_assert_int_eq(kit_find(&kit, high.id).qty.v, 1500);
    ck_assert_int_eq(kit_find(&kit, low.id).state, QT_ORDER_EXPIRED);
    ck_assert_int_eq(kit_position(&kit, 1)->qty.v, 0);
}
END_TEST

START_TEST(trailing_order_follows_from_its_activation_and_fires_on_the_turn)
{
    (void)kit_market(&kit, 1, QT_BUY, 1000);
    struct qt_perp_ticket ticket = kit_ticket(1, QT_SELL, QT_PERP_TRAILING, 1000, 0);
    ticket.callback_bps = 100;
    ticket.stop_px = (qt_px){10200};
    struct qt_perp_order order = kit_place(&kit, &ticket);
    kit_move(&kit, 0, 10000);
    kit_move(&kit, 0, 9800); /* not active yet */
    ck_assert_int_eq(kit_find(&kit, order.id).state, QT_ORDER_OPEN);
    kit_move(&kit, 0, 10200);
    kit_move(&kit, 0, 10400);
    kit_move(&kit, 0, 10297); /* 1 % below 10400 is 10296 */
    ck_assert_int_eq(kit_find(&kit, order.id).state, QT_ORDER_OPEN);
    kit_move(&kit, 0, 10296);
    ck_assert_int_eq(kit_find(&kit, order.id).state, QT_ORDER_FILLED);
    ck_assert_int_eq(kit_find(&kit, order.id).type, QT_PERP_MARKET);
    ck_assert_int_eq(kit_find(&kit, order.id).original_type, QT_PERP_TRAILING);
}
END_TEST

START_TEST(stop_that_cannot_be_afforded_when_it_fires_expires)
{
    struct qt_perp_ticket ticket = kit_ticket(1, QT_BUY, QT_PERP_STOP_MARKET, 180000, 0);
    ticket.stop_px = (qt_px){10100};
    struct qt_perp_order order = kit_place(&kit, &ticket);
    (void)kit_market(&kit, 1, QT_BUY, 100000);
    kit_move(&kit, 0, 10100);
    ck_assert_int_eq(kit_find(&kit, order.id).state, QT_ORDER_EXPIRED);
    ck_assert(kit_find(&kit, order.id).is_denied);
    ck_assert_int_eq(kit_find(&kit, order.id).trigger_ns, qt_perp_now(kit.perp));
    ck_assert_int_eq(kit_position(&kit, 1)->qty.v, 100000);
}
END_TEST

START_TEST(guarded_stop_waits_while_trade_and_mark_are_far_apart)
{
    (void)kit_market(&kit, 1, QT_BUY, 2000);
    struct qt_perp_ticket ticket = kit_ticket(1, QT_SELL, QT_PERP_STOP_MARKET, 1000, 0);
    ticket.stop_px = (qt_px){9450};
    struct qt_perp_order plain = kit_place(&kit, &ticket);
    ticket.is_guarded = true;
    struct qt_perp_order guarded = kit_place(&kit, &ticket);
    struct qt_ladder ladder = kit_ladder(9400, 100000);
    qt_perp_tick(kit.perp, 0, QT_SELL, (qt_px){9400}, (qt_qty){1}, &ladder); /* the index stays */
    ck_assert_int_eq(kit_find(&kit, plain.id).state, QT_ORDER_FILLED);
    ck_assert_int_eq(kit_find(&kit, guarded.id).state, QT_ORDER_OPEN);
    ck_assert_int_eq(kit_find(&kit, guarded.id).trigger_ns, 0);
    kit_move(&kit, 0, 9400);
    kit_pass(&kit, 1); /* the mark follows */
    kit_move(&kit, 0, 9400);
    ck_assert_int_eq(kit_find(&kit, guarded.id).state, QT_ORDER_FILLED);
    ck_assert(!kit_find(&kit, guarded.id).is_denied);
}
END_TEST

START_TEST(stops_of_an_owner_are_counted_over_all_symbols)
{
    struct qt_perp_ticket ticket = kit_ticket(1, QT_SELL, QT_PERP_STOP_MARKET, 1000, 0);
    struct qt_perp_order order;
    for (int i = 0; i < 200; i++) {
        ticket.instrument = (uint32_t)i % 2;
        ticket.stop_px = (qt_px){i % 2 ? 100 : 9000};
        (void)kit_place(&kit, &ticket);
    }
    ck_assert_int_eq(qt_perp_place(kit.perp, &ticket, &order), QT_PERP_MAX_STOPS);
    ticket.owner = 2;
    (void)kit_place(&kit, &ticket);
}
END_TEST

/* Orders that only reduce */

START_TEST(reduce_only_orders_are_cut_even_within_one_sweep)
{
    (void)kit_market(&kit, 1, QT_BUY, 1000);
    struct qt_perp_ticket ticket = kit_ticket(1, QT_SELL, QT_PERP_LIMIT, 1000, 10060);
    ticket.reduce_only = true;
    struct qt_perp_order reducing = kit_place(&kit, &ticket);
    struct qt_perp_order plain = kit_limit(&kit, 1, QT_SELL, 700, 10050);
    ticket.px = (qt_px){10070};
    struct qt_perp_order last = kit_place(&kit, &ticket);
    struct qt_ladder ladder = kit_ladder(10200, 100);
    qt_perp_tick(kit.perp, 0, QT_BUY, (qt_px){10200}, (qt_qty){10000000}, &ladder);
    ck_assert_int_eq(kit_find(&kit, plain.id).state, QT_ORDER_FILLED);
    ck_assert_int_eq(kit_find(&kit, reducing.id).cum_qty.v, 300);
    ck_assert_int_eq(kit_find(&kit, reducing.id).state, QT_ORDER_EXPIRED);
    ck_assert_int_eq(kit_find(&kit, last.id).cum_qty.v, 0);
    ck_assert_int_eq(kit_find(&kit, last.id).state, QT_ORDER_EXPIRED);
    ck_assert_int_eq(kit_position(&kit, 1)->qty.v, 0);
}
END_TEST

/* 100000 stand at its price when it comes. */
static const struct {
    unsigned queue_ppm;
    int64_t ahead;
} queues[] = {{0, 100000}, {1000000, 100000}, {250000, 25000}, {1, 0}};

START_TEST(resting_order_comes_behind_its_part_of_what_stands_there)
{
    struct kit own;
    const struct qt_ladder ladder = kit_ladder(10000, 100000);
    const struct qt_perp_options options = {
        .insurance = {FUND}, .clearance_ppm = 12500, .queue_ppm = queues[_i].queue_ppm};
    kit_start(&own, &options);
    struct qt_perp_order order = kit_limit(&own, 1, QT_BUY, 500, 9999);
    if (queues[_i].ahead > 0)
        qt_perp_tick(own.perp, 0, QT_SELL, (qt_px){9999}, (qt_qty){queues[_i].ahead}, &ladder);
    ck_assert_int_eq(kit_find(&own, order.id).cum_qty.v, 0);
    qt_perp_tick(own.perp, 0, QT_SELL, (qt_px){9999}, (qt_qty){300}, &ladder);
    ck_assert_int_eq(kit_find(&own, order.id).cum_qty.v, 300);
    kit_stop(&own);
}
END_TEST

START_TEST(modified_order_keeps_its_id_and_what_is_filled)
{
    struct qt_perp_order order = kit_limit(&kit, 1, QT_BUY, 1000, 9900);
    ck_assert_int_eq(
        qt_perp_modify(kit.perp, 1, 0, order.id, (qt_px){9900}, (qt_qty){1000}, &order),
        QT_PERP_NO_CHANGE);
    struct qt_ladder ladder = kit_ladder(9950, 100000), none = {0};
    qt_perp_quote(kit.perp, 0, &none); /* nothing stands before it */
    qt_perp_tick(kit.perp, 0, QT_SELL, (qt_px){9900}, (qt_qty){400}, &ladder);
    ck_assert_int_eq(kit_find(&kit, order.id).cum_qty.v, 400);
    ck_assert_int_eq(
        qt_perp_modify(kit.perp, 1, 0, order.id, (qt_px){9910}, (qt_qty){2000}, &order),
        QT_PERP_OK);
    ck_assert_int_eq(order.cum_qty.v, 400);
    ck_assert_int_eq(order.qty.v, 2000);
    ck_assert_int_eq(order.state, QT_ORDER_PARTIAL);
    ck_assert_int_eq(qt_perp_modify(kit.perp, 1, 0, order.id, (qt_px){9910}, (qt_qty){400}, &order),
                     QT_PERP_OK);
    ck_assert_int_eq(order.state, QT_ORDER_CANCELLED);
    ck_assert_int_eq(kit_state(&kit, 1).open_initial.v, 0);
}
END_TEST

/* The clock */

START_TEST(mark_is_the_middle_of_three_prices)
{
    kit_pass(&kit, 60);
    struct qt_perp_premium premium = qt_perp_premium(kit.perp, 0);
    ck_assert_int_eq(premium.rate, 10000); /* no premium: interest alone */
    ck_assert_int_eq(premium.mark.v, 10000);
    struct qt_ladder ladder = kit_ladder(10100, 100000);
    qt_perp_tick(kit.perp, 0, QT_BUY, (qt_px){10100}, (qt_qty){1}, &ladder);
    kit_pass(&kit, 15); /* half of the mean's seconds: by rate 10000, by basis 10050, last 10100 */
    ck_assert_int_eq(qt_perp_premium(kit.perp, 0).mark.v, 10050);
    kit_pass(&kit, 15);
    ck_assert_int_eq(qt_perp_premium(kit.perp, 0).mark.v, 10100);
}
END_TEST

START_TEST(funding_passes_from_longs_to_shorts_every_eight_hours)
{
    (void)kit_market(&kit, 1, QT_BUY, 1000);
    (void)kit_market(&kit, 2, QT_SELL, 1000);
    qt_money before[2] = {kit_state(&kit, 1).wallet, kit_state(&kit, 2).wallet};
    qt_perp_advance(kit.perp, START_NS + 8 * QT_NS_PER_HOUR - 1);
    ck_assert_int_eq(kit_state(&kit, 1).wallet.v, before[0].v);
    qt_perp_advance(kit.perp, START_NS + 8 * QT_NS_PER_HOUR);
    struct qt_perp_funding funding[4];
    ck_assert_uint_eq(qt_perp_fundings(kit.perp, 0, 0, INT64_MAX, funding, 4), 1);
    ck_assert_int_eq(funding[0].time_ns, START_NS + 8 * QT_NS_PER_HOUR);
    int64_t paid = funding[0].mark.v * UNIT / 10 * funding[0].rate / UNIT;
    ck_assert_int_gt(paid, 0);
    ck_assert_int_eq(kit_state(&kit, 1).wallet.v, before[0].v - paid);
    ck_assert_int_eq(kit_state(&kit, 2).wallet.v, before[1].v + paid);
    qt_perp_advance(kit.perp, START_NS + 40 * QT_NS_PER_HOUR); /* a clock that jumps misses none */
    ck_assert_uint_eq(qt_perp_fundings(kit.perp, 0, 0, INT64_MAX, funding, 4), 4);
}
END_TEST

/* Liquidation */

START_TEST(cross_position_is_closed_at_its_liquidation_price_and_not_before)
{
    (void)kit_limit(&kit, 1, QT_BUY, 1000, 9000);
    (void)kit_market(&kit, 1, QT_BUY, 150000); /* 150015 USDT on 10000 */
    kit_pass(&kit, 1);
    int64_t px = qt_margin_liquidation_px(qt_perp_margin(kit.perp), 1, 0).v;
    ck_assert_int_gt(px, 9300);
    ck_assert_int_lt(px, 9500);
    kit_move(&kit, 0, px + 5);
    kit_pass(&kit, 40);
    ck_assert_int_eq(kit_position(&kit, 1)->qty.v, 150000);
    ck_assert_uint_eq(kit.n_calls, 1);
    kit_move(&kit, 0, px - 5);
    kit_pass(&kit, 40);
    ck_assert_int_eq(kit_position(&kit, 1)->qty.v, 0);
    ck_assert_uint_eq(qt_perp_stats(kit.perp).liquidations, 1);
    ck_assert_uint_eq(qt_perp_stats(kit.perp).open_orders, 0);
    ck_assert_int_ge(kit_state(&kit, 1).wallet.v, 0);
    ck_assert_int_gt(qt_margin_insurance(qt_perp_margin(kit.perp)).v, FUND);
}
END_TEST

START_TEST(isolated_position_takes_only_what_was_put_aside)
{
    ck_assert_int_eq(qt_perp_set_isolated(kit.perp, 1, 0, true), QT_PERP_SET);
    (void)kit_market(&kit, 1, QT_BUY, 100000); /* 100010 USDT, 5000.5 aside */
    ck_assert_int_eq(kit_position(&kit, 1)->isolated.v, 500050000000);
    qt_money wallet = kit_state(&kit, 1).wallet;
    kit_move(&kit, 0, 9000); /* through its bankruptcy in one step */
    kit_pass(&kit, 40);
    ck_assert_int_eq(kit_position(&kit, 1)->qty.v, 0);
    ck_assert_int_eq(kit_position(&kit, 1)->isolated.v, 0);
    ck_assert_int_eq(kit_state(&kit, 1).wallet.v, wallet.v - 500050000000);
    ck_assert_int_lt(qt_margin_insurance(qt_perp_margin(kit.perp)).v, FUND);
}
END_TEST

START_TEST(position_that_nobody_takes_passes_to_the_fund_at_the_mark)
{
    (void)kit_market(&kit, 1, QT_BUY, 150000);
    qt_perp_set_index(kit.perp, 0, (qt_px){9000});
    struct qt_ladder none = {0};
    qt_perp_tick(kit.perp, 0, QT_SELL, (qt_px){9000}, (qt_qty){1}, &none);
    kit_pass(&kit, 40);
    ck_assert_int_eq(kit_position(&kit, 1)->qty.v, 0);
    ck_assert_int_eq(kit_state(&kit, 1).wallet.v, 0);
}
END_TEST

START_TEST(settings_are_refused_where_they_would_hurt)
{
    ck_assert_int_eq(qt_perp_set_leverage(kit.perp, 1, 0, 126), QT_PERP_SET_RANGE);
    ck_assert_int_eq(qt_perp_set_isolated(kit.perp, 1, 0, false), QT_PERP_SET_ALREADY);
    struct qt_perp_order order = kit_limit(&kit, 1, QT_BUY, 100, 9900);
    ck_assert_int_eq(qt_perp_set_isolated(kit.perp, 1, 0, true), QT_PERP_SET_ORDERS);
    ck_assert_int_eq(qt_perp_cancel(kit.perp, 1, 0, order.id, &order), QT_PERP_OK);
    ck_assert_int_eq(qt_perp_set_isolated(kit.perp, 1, 0, true), QT_PERP_SET);
    (void)kit_market(&kit, 1, QT_BUY, 100000);
    ck_assert_int_eq(qt_perp_set_isolated(kit.perp, 1, 0, false), QT_PERP_SET_POSITION);
    ck_assert_int_eq(qt_perp_set_leverage(kit.perp, 1, 0, 10), QT_PERP_SET_ISOLATED);
    ck_assert_int_eq(qt_perp_set_leverage(kit.perp, 1, 0, 125), QT_PERP_SET_CAP);
    qt_money aside = kit_position(&kit, 1)->isolated;
    ck_assert_int_eq(qt_perp_shift_margin(kit.perp, 1, 0, (qt_money){100 * UNIT}), QT_PERP_SET);
    ck_assert_int_eq(kit_position(&kit, 1)->isolated.v, aside.v + 100 * UNIT);
    ck_assert_int_eq(qt_perp_shift_margin(kit.perp, 1, 0, (qt_money){-4000 * UNIT}),
                     QT_PERP_SET_MARGIN);
    ck_assert_int_eq(qt_perp_shift_margin(kit.perp, 1, 0, (qt_money){90000 * UNIT}),
                     QT_PERP_SET_MARGIN);
}
END_TEST

/* Anything at all */

static struct qt_perp_ticket
random_ticket(struct qt_rng *rng, int64_t px)
{
    struct qt_perp_ticket ticket =
        kit_ticket(1 + (uint32_t)qt_rng_below(rng, 3), (enum qt_side)qt_rng_below(rng, 2),
                   (enum qt_perp_type)qt_rng_below(rng, QT_PERP_TYPES), 0, 0);
    int64_t near = px + (int64_t)qt_rng_below(rng, 41) - 20;
    ticket.qty.v = 6 + (int64_t)qt_rng_below(rng, qt_rng_below(rng, 10) ? 2000 : 60000);
    ticket.tif = (uint8_t)qt_rng_below(rng, QT_PERP_TIFS);
    ticket.stp = (uint8_t)qt_rng_below(rng, QT_SELF_TRADES);
    ticket.reduce_only = qt_rng_below(rng, 3) == 0;
    ticket.by_mark = qt_rng_below(rng, 2) == 0;
    if (ticket.type == QT_PERP_LIMIT || ticket.type == QT_PERP_STOP ||
        ticket.type == QT_PERP_TAKE_PROFIT)
        ticket.px = (qt_px){near};
    if (ticket.type >= QT_PERP_STOP && (ticket.type != QT_PERP_TRAILING || qt_rng_below(rng, 2)))
        ticket.stop_px = (qt_px){px + (int64_t)qt_rng_below(rng, 61) - 30};
    ticket.callback_bps = 10 + (int)qt_rng_below(rng, 100);
    if ((ticket.type == QT_PERP_STOP_MARKET || ticket.type == QT_PERP_TAKE_PROFIT_MARKET) &&
        qt_rng_below(rng, 4) == 0) {
        ticket.close_position = true;
        ticket.reduce_only = false;
        ticket.qty.v = 0;
    }
    return ticket;
}

static void
random_change(struct qt_rng *rng, int64_t px)
{
    struct qt_perp_order open[64], out;
    uint32_t owner = 1 + (uint32_t)qt_rng_below(rng, 3);
    size_t n = qt_perp_orders(kit.perp, owner, 0, 0, true, open, 64);
    if (n == 0)
        return;
    const struct qt_perp_order *order = &open[qt_rng_below(rng, n)];
    if (qt_rng_below(rng, 2))
        (void)!qt_perp_cancel(kit.perp, owner, 0, order->id, &out);
    else
        (void)!qt_perp_modify(kit.perp, owner, 0, order->id,
                              (qt_px){px + (int64_t)qt_rng_below(rng, 41) - 20},
                              (qt_qty){6 + (int64_t)qt_rng_below(rng, 3000)}, &out);
}

static void
random_market(struct qt_rng *rng, int64_t *px)
{
    int64_t step = (int64_t)qt_rng_below(rng, qt_rng_below(rng, 200) ? 21 : 1501);
    *px += qt_rng_below(rng, 2) ? step : -step;
    *px = *px < 3000 ? 3000 + step : *px > 30000 ? 30000 - step : *px;
    struct qt_ladder ladder = kit_ladder(*px, 1 + (int64_t)qt_rng_below(rng, 5000));
    if (qt_rng_below(rng, 4))
        qt_perp_set_index(kit.perp, 0, (qt_px){*px + (int64_t)qt_rng_below(rng, 11) - 5});
    qt_perp_tick(kit.perp, 0, (enum qt_side)qt_rng_below(rng, 2), (qt_px){*px},
                 (qt_qty){(int64_t)qt_rng_below(rng, 20000)}, &ladder);
}

static void
random_setting(struct qt_rng *rng)
{
    uint32_t owner = 1 + (uint32_t)qt_rng_below(rng, 3);
    (void)qt_perp_set_leverage(kit.perp, owner, 0, 1 + (int)qt_rng_below(rng, 125));
    (void)qt_perp_set_isolated(kit.perp, owner, 0, qt_rng_below(rng, 2) == 0);
    (void)qt_perp_shift_margin(kit.perp, owner, 0,
                               (qt_money){((int64_t)qt_rng_below(rng, 401) - 200) * UNIT});
    if (kit_state(&kit, owner).wallet.v < 100 * UNIT)
        KIT_HOLDS(qt_perp_deposit(kit.perp, owner, (qt_money){10000 * UNIT}));
}

/* Every position is the sum of its fills; open margin is that of the open orders. */
static void
check_owner(uint32_t owner)
{
    struct qt_perp_order open[512];
    int64_t sums[2] = {0, 0};
    const struct qt_margin_position *position = kit_position(&kit, owner);
    KIT_HOLDS(position->qty.v == kit.held[owner][0]);
    size_t n = qt_perp_orders(kit.perp, owner, 0, 0, true, open, 512);
    for (size_t i = 0; i < n; i++)
        if (!open[i].is_waiting && !open[i].reduce_only && !open[i].close_position)
            sums[open[i].side] +=
                open[i].px.v * (open[i].qty.v - open[i].cum_qty.v) * (UNIT / 10000);
    KIT_HOLDS(position->open[QT_BUY].v == sums[QT_BUY] &&
              position->open[QT_SELL].v == sums[QT_SELL]);
    KIT_HOLDS(position->isolated.v == 0 || position->is_isolated);
}

START_TEST(money_is_conserved_whatever_is_tried)
{
    struct qt_rng rng;
    struct qt_perp_order out;
    int64_t px = 10000;
    uint64_t cases = qt_number_from("QT_CASES", 60000), liquidations, fundings;
    qt_rng_init(&rng, qt_number_from("QT_SEED", 7));
    for (uint64_t i = 0; i < cases; i++) {
        uint64_t what = qt_rng_below(&rng, 20);
        if (what < 9) {
            struct qt_perp_ticket ticket = random_ticket(&rng, px);
            (void)!qt_perp_place(kit.perp, &ticket, &out);
        } else if (what < 12) {
            random_change(&rng, px);
        } else if (what < 18) {
            random_market(&rng, &px);
        } else if (what == 18) {
            random_setting(&rng);
        } else {
            kit_pass(&kit, 1 + (int64_t)qt_rng_below(&rng, qt_rng_below(&rng, 100) ? 5 : 4000));
        }
        KIT_HOLDS(!kit.has_turned);
        for (uint32_t owner = 1; owner <= 3; owner++)
            check_owner(owner);
        if (i % 64 == 0)
            KIT_HOLDS(qt_margin_is_conserved(qt_perp_margin(kit.perp)));
    }
    liquidations = qt_perp_stats(kit.perp).liquidations;
    fundings = qt_perp_stats(kit.perp).fundings;
    ck_assert_uint_gt(liquidations, 0);
    ck_assert_uint_gt(fundings, 0);
    ck_assert_uint_gt(qt_perp_stats(kit.perp).fills, cases / 10);
}
END_TEST

/* A hash of all that was told. */
static uint64_t
play(uint64_t seed, int64_t step_ns)
{
    struct qt_rng rng;
    struct qt_perp_order out;
    int64_t px = 10000;
    uint64_t hash = QT_HASH_START;
    kit_start(&kit, NULL);
    qt_rng_init(&rng, seed);
    for (int64_t now = START_NS; now < START_NS + 2000 * QT_NS_PER_S; now += 2 * QT_NS_PER_S) {
        for (int64_t t = now; step_ns > 0 && t < now + 2 * QT_NS_PER_S; t += step_ns)
            qt_perp_advance(kit.perp, t); /* a clock of finer turns */
        qt_perp_advance(kit.perp, now + 2 * QT_NS_PER_S);
        struct qt_perp_ticket ticket = random_ticket(&rng, px);
        (void)!qt_perp_place(kit.perp, &ticket, &out);
        random_market(&rng, &px);
    }
    struct qt_perp_fill fills[512];
    for (uint32_t owner = 1; owner <= 3; owner++) {
        size_t n = qt_perp_fills(kit.perp, owner, QT_NO_INSTRUMENT, 0, 0, fills, 512);
        for (size_t i = 0; i < n; i++)
            hash = qt_hash(qt_hash(hash, &fills[i].trade_id, sizeof fills[i].trade_id),
                           &fills[i].realised, sizeof fills[i].realised);
        qt_money wallet = kit_state(&kit, owner).wallet;
        hash = qt_hash(hash, &wallet, sizeof wallet);
    }
    hash = qt_hash(hash, &kit.n_told, sizeof kit.n_told);
    kit_stop(&kit);
    return hash;
}

START_TEST(every_clock_gives_the_same)
{
    uint64_t first = play(3, 0);
    ck_assert_uint_eq(play(3, 0), first);
    ck_assert_uint_eq(play(3, 7 * QT_NS_PER_MS), first);
    ck_assert_uint_ne(play(4, 0), first);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("perp");
    TCase *tc = tcase_create("positions");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, position_is_opened_closed_and_turned_to_the_unit);
    tcase_add_test(tc, margin_is_the_notional_over_the_leverage_and_orders_hold_theirs);
    tcase_add_test(tc, every_tier_begins_where_the_one_below_ends);
    tcase_add_loop_test(tc, order_that_breaks_a_rule_gets_its_code_and_changes_nothing, 0,
                        QT_COUNT_OF(refused));
    suite_add_tcase(suite, tc);
    tc = tcase_create("orders");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, stop_waits_for_the_price_it_looks_at);
    tcase_add_test(tc, close_position_closes_what_there_is_and_ends_with_it);
    tcase_add_test(tc, trailing_order_follows_from_its_activation_and_fires_on_the_turn);
    tcase_add_test(tc, stop_that_cannot_be_afforded_when_it_fires_expires);
    tcase_add_test(tc, guarded_stop_waits_while_trade_and_mark_are_far_apart);
    tcase_add_test(tc, stops_of_an_owner_are_counted_over_all_symbols);
    tcase_add_test(tc, reduce_only_orders_are_cut_even_within_one_sweep);
    tcase_add_test(tc, modified_order_keeps_its_id_and_what_is_filled);
    tcase_add_loop_test(tc, resting_order_comes_behind_its_part_of_what_stands_there, 0,
                        QT_COUNT_OF(queues));
    suite_add_tcase(suite, tc);
    tc = tcase_create("clock");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, mark_is_the_middle_of_three_prices);
    tcase_add_test(tc, funding_passes_from_longs_to_shorts_every_eight_hours);
    suite_add_tcase(suite, tc);
    tc = tcase_create("liquidation");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, cross_position_is_closed_at_its_liquidation_price_and_not_before);
    tcase_add_test(tc, isolated_position_takes_only_what_was_put_aside);
    tcase_add_test(tc, position_that_nobody_takes_passes_to_the_fund_at_the_mark);
    tcase_add_test(tc, settings_are_refused_where_they_would_hurt);
    suite_add_tcase(suite, tc);
    tc = tcase_create("random");
    tcase_set_timeout(tc, 600);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, money_is_conserved_whatever_is_tried);
    suite_add_tcase(suite, tc);
    tc = tcase_create("clocks");
    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, every_clock_gives_the_same);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
