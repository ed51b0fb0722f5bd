/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pairs of which one cancels the other: their money is locked once, only one ever acts, and random
 * sessions with trailing stops, icebergs and self-trade prevention among them lose no unit.
 */
#include "qt_check.h"

#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/base/text.h"
#include "qtrade/sim/exchange.h"

#define UNIT 100000000LL
enum { OWNER = 1, OWNERS = 3 };

struct desk {
    struct qt_universe *universe;
    struct qt_exchange *exchange;
    struct qt_accounts *accounts;
    uint32_t base, quote;
    unsigned begun, decided;
};

static void
on_list(void *context, const struct qt_exchange_list *list)
{
    struct desk *desk = context;
    *(list->is_done ? &desk->decided : &desk->begun) += 1;
}

/* Bid and ask one tick apart, so many lots each. */
static void
set_market(struct desk *desk, int64_t bid, int64_t qty)
{
    struct qt_ladder ladder = {.n_bids = 1, .n_asks = 1};
    ladder.bids[0] = (struct qt_depth_level){{bid}, {qty}};
    ladder.asks[0] = (struct qt_depth_level){{bid + 5}, {qty}};
    qt_exchange_tick(desk->exchange, 0, QT_SELL, (qt_px){bid}, (qt_qty){10}, &ladder);
}

static void
begin(struct desk *desk, enum qt_fee_mode mode)
{
    struct qt_error err;
    struct qt_instrument ins = {.symbol = "AAAUSDT",
                                .base = "AAA",
                                .quote = "USDT",
                                .px_scale = 2,
                                .qty_scale = 3,
                                .tick = {5},
                                .min_px = {5},
                                .max_px = {100000000},
                                .lot = {10},
                                .min_qty = {10},
                                .max_qty = {100000000},
                                .min_notional = {5 * UNIT}};
    *desk = (struct desk){.universe = qt_universe_create()};
    const struct qt_exchange_listener listener = {.context = desk, .list = on_list};
    const struct qt_exchange_options options = {
        .maker_ppm = 500, .taker_ppm = 1000, .fee_mode = mode};
    ck_assert(qt_universe_add(desk->universe, &ins, &err));
    desk->exchange = qt_exchange_create(desk->universe, &options, &listener, &err);
    ck_assert_ptr_nonnull(desk->exchange);
    desk->accounts = qt_exchange_accounts(desk->exchange);
    desk->base = qt_accounts_find(desk->accounts, "AAA");
    desk->quote = qt_accounts_find(desk->accounts, "USDT");
    for (uint32_t owner = 1; owner <= OWNERS; owner++) {
        ck_assert(qt_accounts_deposit(desk->accounts, owner, desk->base, (qt_money){20 * UNIT}));
        ck_assert(qt_accounts_deposit(desk->accounts, owner, desk->quote, (qt_money){3000 * UNIT}));
    }
    set_market(desk, 10000, 1000);
}

static void
finish(struct desk *desk)
{
    ck_assert(qt_accounts_is_conserved(desk->accounts));
    qt_exchange_destroy(desk->exchange);
    qt_universe_destroy(desk->universe);
}

/* Profit at +5 %, loss at -5 % of 100.00 (the other way round of a purchase), 1 AAA. */
static void
fill_pair(enum qt_side side, bool is_limit, struct qt_exchange_ticket pair[2])
{
    bool is_sell = side == QT_SELL;
    struct qt_exchange_ticket *profit = &pair[!is_sell], *loss = &pair[is_sell];
    *profit = (struct qt_exchange_ticket){.owner = OWNER,
                                          .side = (uint8_t)side,
                                          .type = QT_TYPE_LIMIT_MAKER,
                                          .px = {is_sell ? 10500 : 9500},
                                          .stop_px = QT_PX_NONE,
                                          .qty = {1000}};
    *loss = *profit;
    loss->type = is_limit ? QT_TYPE_STOP_LOSS_LIMIT : QT_TYPE_STOP_LOSS;
    loss->stop_px = (qt_px){is_sell ? 9500 : 10500};
    loss->px = is_limit ? (qt_px){is_sell ? 9000 : 11000} : QT_PX_NONE;
}

static struct qt_exchange_order
order_at(const struct desk *desk, uint64_t id)
{
    struct qt_exchange_order order;
    ck_assert(qt_exchange_find(desk->exchange, OWNER, 0, id, NULL, &order));
    return order;
}

static int64_t
locked(const struct desk *desk, enum qt_side side)
{
    return qt_accounts_funds(desk->accounts, OWNER, side == QT_SELL ? desk->base : desk->quote)
        .locked.v;
}

START_TEST(pair_locks_once_and_the_first_to_act_ends_the_other)
{
    struct desk desk;
    struct qt_exchange_ticket pair[2];
    struct qt_exchange_list list;
    enum qt_side side = _i & 1 ? QT_SELL : QT_BUY;
    bool goes_up = _i & 2, is_limit = _i & 4;
    begin(&desk, QT_FEE_RECEIVED);
    fill_pair(side, is_limit, pair);
    ck_assert_int_eq(qt_exchange_place_pair(desk.exchange, pair, "pair", &list), QT_EXCHANGE_OK);
    ck_assert_int_eq(locked(&desk, side), side == QT_SELL ? 1 * UNIT
                                          : is_limit      ? 110 * UNIT
                                                          : 105 * UNIT);
    ck_assert(desk.begun == 1 && desk.decided == 0 && !list.is_done);
    set_market(&desk, goes_up ? 10600 : 9400, 100000);
    struct qt_exchange_order acted = order_at(&desk, list.order_ids[!goes_up]);
    struct qt_exchange_order ended = order_at(&desk, list.order_ids[goes_up]);
    ck_assert_int_eq(acted.state, QT_ORDER_FILLED);
    ck_assert_int_eq(ended.state, QT_ORDER_EXPIRED);
    ck_assert_int_eq(ended.cum_qty.v, 0);
    ck_assert_int_eq(locked(&desk, side), 0);
    ck_assert_uint_eq(desk.decided, 1);
    ck_assert(qt_exchange_find_list(desk.exchange, OWNER, 0, "pair", &list) && list.is_done);
    finish(&desk);
}
END_TEST

START_TEST(partly_filled_limit_ends_the_stop_and_can_be_cancelled)
{
    struct desk desk;
    struct qt_exchange_ticket pair[2];
    struct qt_exchange_list list;
    struct qt_exchange_order order;
    begin(&desk, QT_FEE_RECEIVED);
    fill_pair(QT_SELL, true, pair);
    ck_assert_int_eq(qt_exchange_place_pair(desk.exchange, pair, "", &list), QT_EXCHANGE_OK);
    qt_exchange_tick(desk.exchange, 0, QT_BUY, (qt_px){10500}, (qt_qty){1300}, NULL);
    ck_assert_int_eq(order_at(&desk, list.order_ids[0]).cum_qty.v, 300);
    ck_assert_int_eq(order_at(&desk, list.order_ids[1]).state, QT_ORDER_EXPIRED);
    ck_assert_int_eq(locked(&desk, QT_SELL), 7 * UNIT / 10);
    ck_assert_int_eq(qt_exchange_cancel(desk.exchange, OWNER, 0, list.order_ids[0], NULL, &order),
                     QT_EXCHANGE_OK);
    ck_assert_int_eq(locked(&desk, QT_SELL), 0);
    set_market(&desk, 9000, 1000);
    ck_assert_int_eq(order_at(&desk, list.order_ids[1]).cum_qty.v, 0);
    finish(&desk);
}
END_TEST

START_TEST(cancel_of_one_is_of_both)
{
    struct desk desk;
    struct qt_exchange_ticket pair[2];
    struct qt_exchange_list list;
    struct qt_exchange_order order;
    begin(&desk, QT_FEE_RECEIVED);
    fill_pair(_i & 1 ? QT_SELL : QT_BUY, _i & 4, pair);
    ck_assert_int_eq(qt_exchange_place_pair(desk.exchange, pair, "", &list), QT_EXCHANGE_OK);
    ck_assert_int_eq(
        qt_exchange_cancel(desk.exchange, OWNER, 0, list.order_ids[(_i & 2) / 2], NULL, &order),
        QT_EXCHANGE_OK);
    for (int k = 0; k < 2; k++)
        ck_assert_int_eq(order_at(&desk, list.order_ids[k]).state, QT_ORDER_CANCELLED);
    ck_assert_int_eq(locked(&desk, _i & 1 ? QT_SELL : QT_BUY), 0);
    ck_assert_uint_eq(desk.decided, 1);
    finish(&desk);
}
END_TEST

START_TEST(pair_of_which_one_is_refused_is_refused)
{
    struct desk desk;
    struct qt_exchange_ticket pair[2], good[2];
    struct qt_exchange_list list;
    begin(&desk, QT_FEE_RECEIVED);
    fill_pair(QT_SELL, true, good);
    const struct {
        int leg;
        qt_px px, stop_px;
        int64_t qty;
        enum qt_exchange_verdict verdict;
    } rows[] = {
        {0, {9900}, QT_PX_NONE, 1000, QT_EXCHANGE_RELATION}, /* the profit below the market */
        {1, {9000}, {10100}, 1000, QT_EXCHANGE_RELATION},    /* the loss above it */
        {0, {10500}, QT_PX_NONE, 990, QT_EXCHANGE_RELATION}, /* two quantities */
        {0, {10501}, QT_PX_NONE, 1000, QT_EXCHANGE_PRICE_FILTER},
        {1, {9001}, {9500}, 1000, QT_EXCHANGE_PRICE_FILTER},
        {1, {9000}, {9501}, 1000, QT_EXCHANGE_PRICE_FILTER},
    };
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        memcpy(pair, good, sizeof pair);
        pair[rows[i].leg].px = rows[i].px;
        pair[rows[i].leg].stop_px = rows[i].stop_px;
        pair[rows[i].leg].qty.v = rows[i].qty;
        ck_assert_int_eq(qt_exchange_place_pair(desk.exchange, pair, "", &list), rows[i].verdict);
    }
    memcpy(pair, good, sizeof pair);
    pair[0].qty.v = pair[1].qty.v = 20010; /* one lot more than there is */
    ck_assert_int_eq(qt_exchange_place_pair(desk.exchange, pair, "", &list), QT_EXCHANGE_BALANCE);
    ck_assert_int_eq(qt_exchange_place_pair(desk.exchange, good, "one", &list), QT_EXCHANGE_OK);
    ck_assert_int_eq(qt_exchange_place_pair(desk.exchange, good, "one", &list),
                     QT_EXCHANGE_DUPLICATE);
    ck_assert_uint_eq(qt_exchange_open(desk.exchange, 0), 2);
    ck_assert_uint_eq(desk.begun, 1);
    finish(&desk);
}
END_TEST

static void
act(struct desk *desk, struct qt_rng *rng)
{
    struct qt_exchange_ticket pair[2];
    struct qt_exchange_order order;
    struct qt_exchange_list list;
    uint64_t what = qt_rng_below(rng, 10);
    uint32_t owner = 1 + (uint32_t)qt_rng_below(rng, OWNERS);
    if (what < 3) {
        fill_pair((enum qt_side)qt_rng_below(rng, 2), qt_rng_below(rng, 2), pair);
        int64_t up = 5 * (int64_t)qt_rng_below(rng, 60),
                qty = 100 + 10 * (int64_t)qt_rng_below(rng, 90);
        for (int i = 0; i < 2; i++) {
            bool is_above = i == 0;
            qt_px level = {(is_above ? 10000 + up : 10000 - up)};
            pair[i].owner = owner;
            pair[i].qty.v = qty;
            *(pair[i].type == QT_TYPE_LIMIT_MAKER ? &pair[i].px : &pair[i].stop_px) = level;
            if (pair[i].type != QT_TYPE_LIMIT_MAKER && qt_rng_below(rng, 3) == 0) {
                pair[i].stop_px = QT_PX_NONE;
                pair[i].trail_bps = 100;
            }
        }
        (void)!qt_exchange_place_pair(desk->exchange, pair, "", &list);
    } else if (what < 6) {
        struct qt_exchange_ticket ticket = {.owner = owner,
                                            .side = (uint8_t)qt_rng_below(rng, 2),
                                            .type = QT_TYPE_LIMIT,
                                            .px = {9700 + 5 * (int64_t)qt_rng_below(rng, 120)},
                                            .stop_px = QT_PX_NONE,
                                            .qty = {10 * (10 + (int64_t)qt_rng_below(rng, 100))},
                                            .stp = (uint8_t)qt_rng_below(rng, QT_SELF_TRADES)};
        if (qt_rng_below(rng, 3) == 0) {
            ticket.type = QT_TYPE_MARKET;
            ticket.px = QT_PX_NONE;
        } else if (qt_rng_below(rng, 3) == 0) {
            ticket.iceberg.v = ticket.qty.v / 4 / 10 * 10;
        }
        (void)!qt_exchange_place(desk->exchange, &ticket, &order);
    } else if (what < 7 && qt_rng_below(rng, 4) == 0) {
        (void)qt_exchange_cancel_all(desk->exchange, owner, 0);
    } else {
        set_market(desk, 9700 + 5 * (int64_t)qt_rng_below(rng, 120),
                   10 * (1 + (int64_t)qt_rng_below(rng, 100)));
    }
}

/* Of every pair at most one has filled anything, and a pair with an end of one is decided. */
static void
check_pairs(const struct desk *desk)
{
    static struct qt_exchange_list lists[1024];
    for (uint32_t owner = 1; owner <= OWNERS; owner++) {
        size_t n = qt_exchange_lists(desk->exchange, owner, 0, false, lists, 1024);
        for (size_t i = 0; i < n; i++) {
            struct qt_exchange_order order[2];
            unsigned filled = 0, ended = 0;
            for (int k = 0; k < 2; k++) {
                ck_assert(qt_exchange_find(desk->exchange, owner, 0, lists[i].order_ids[k], NULL,
                                           &order[k]));
                filled += order[k].cum_qty.v > 0;
                ended += qt_order_state_is_final((enum qt_order_state)order[k].state);
            }
            if (filled > 1 || lists[i].is_done != (ended > 0))
                ck_abort_msg("pair %lu: %u filled, %u ended", (unsigned long)lists[i].id, filled,
                             ended);
        }
    }
}

START_TEST(random_sessions_lose_no_unit_and_let_one_of_a_pair_act)
{
    struct desk desk;
    struct qt_rng rng;
    begin(&desk, _i % 2 ? QT_FEE_QUOTE : QT_FEE_RECEIVED);
    qt_rng_init(&rng, (uint64_t)_i + 1);
    for (int step = 0; step < 3000; step++) {
        qt_exchange_advance(desk.exchange, step);
        act(&desk, &rng);
        if (!qt_accounts_is_conserved(desk.accounts))
            ck_abort_msg("seed %d step %d: a unit is lost", _i + 1, step);
        if (step % 50 == 0)
            check_pairs(&desk);
    }
    ck_assert_uint_gt(desk.decided, 100);
    for (uint32_t owner = 1; owner <= OWNERS; owner++) {
        (void)qt_exchange_cancel_all(desk.exchange, owner, 0);
        ck_assert_int_eq(qt_accounts_funds(desk.accounts, owner, desk.base).locked.v, 0);
        ck_assert_int_eq(qt_accounts_funds(desk.accounts, owner, desk.quote).locked.v, 0);
    }
    ck_assert_uint_eq(desk.begun, desk.decided);
    finish(&desk);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("exchange_pairs");
    TCase *tc = tcase_create("pairs");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, pair_locks_once_and_the_first_to_act_ends_the_other, 0, 8);
    tcase_add_test(tc, partly_filled_limit_ends_the_stop_and_can_be_cancelled);
    tcase_add_loop_test(tc, cancel_of_one_is_of_both, 0, 8);
    tcase_add_test(tc, pair_of_which_one_is_refused_is_refused);
    tcase_add_loop_test(tc, random_sessions_lose_no_unit_and_let_one_of_a_pair_act, 0, 8);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
