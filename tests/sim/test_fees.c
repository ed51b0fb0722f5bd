/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fees: tiers by the volume of 30 days, rebates, the discount of a coin. Every case ends with all
 * balances conserved.
 */
#include "qt_check.h"

#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/base/time.h"
#include "qtrade/sim/exchange.h"

#define UNIT INT64_C(100000000)
#define NOON (QT_NS_PER_DAY * 20000 + QT_NS_PER_DAY / 2)

static const struct {
    const char *text;
    bool ok;
    size_t n;
    int maker, taker; /* of the last tier */
    int64_t volume;
} texts[] = {{"10/10", true, 1, 1000, 1000, 0},
             {"10/10,9/10@1000000", true, 2, 900, 1000, 1000000},
             {"1.25/4.5,-0.5/4@250.5,-4/4@300", true, 3, -400, 400, 300},
             {"0/0", true, 1, 0, 0, 0},
             {"", false, 0, 0, 0, 0},
             {"10", false, 0, 0, 0, 0},
             {"10/", false, 0, 0, 0, 0},
             {"10/10,", false, 0, 0, 0, 0},
             {"10/10@5", false, 0, 0, 0, 0},   /* the first begins at 0 */
             {"10/10,9/9", false, 0, 0, 0, 0}, /* no greater volume */
             {"10/10,9/9@5,8/8@5", false, 0, 0, 0, 0},
             {"10/10,9/9@-5", false, 0, 0, 0, 0},
             {"10/10,9/9@many", false, 0, 0, 0, 0},
             {"1e1/10", false, 0, 0, 0, 0},
             {"1.005/10", false, 0, 0, 0, 0},  /* finer than 1/100 */
             {"1000.01/1", false, 0, 0, 0, 0}, /* above 10 % */
             {"5/-1", false, 0, 0, 0, 0},
             {"-5/4", false, 0, 0, 0, 0}, /* pays more than it takes */
             {"1/1,1/1@1,1/1@2,1/1@3,1/1@4,1/1@5,1/1@6,1/1@7,1/1@8,1/1@9,1/1@10,1/1@11,1/1@12,"
              "1/1@13,1/1@14,1/1@15,1/1@16",
              false, 0, 0, 0, 0}};

START_TEST(tiers_are_read_or_refused_whole)
{
    struct qt_fee_schedule schedule = {.n = 7};
    struct qt_error err = {0};
    bool ok = qt_fee_schedule_parse(texts[_i].text, &schedule, &err);
    ck_assert_msg(ok == texts[_i].ok, "'%s': %s", texts[_i].text, err.text);
    ck_assert_uint_eq(schedule.n, ok ? texts[_i].n : 7); /* untouched */
    if (!ok) {
        ck_assert_int_eq(err.code, QT_E_USAGE);
        return;
    }
    const struct qt_fee_tier *last = &schedule.tiers[schedule.n - 1];
    ck_assert_int_eq(last->maker_ppm, texts[_i].maker);
    ck_assert_int_eq(last->taker_ppm, texts[_i].taker);
    ck_assert_int_eq(last->volume.v, texts[_i].volume * UNIT);
}
END_TEST

START_TEST(volume_is_that_of_the_last_thirty_days)
{
    struct qt_fee_volume volume = {0};
    qt_fee_volume_add(&volume, NOON, (qt_money){5});
    qt_fee_volume_add(&volume, NOON + QT_NS_PER_DAY, (qt_money){7});
    ck_assert_int_eq(qt_fee_volume_sum(&volume, NOON + QT_NS_PER_DAY).v, 12);
    ck_assert_int_eq(qt_fee_volume_sum(&volume, NOON + 29 * QT_NS_PER_DAY).v, 12);
    ck_assert_int_eq(qt_fee_volume_sum(&volume, NOON + 30 * QT_NS_PER_DAY).v, 7);
    ck_assert_int_eq(qt_fee_volume_sum(&volume, NOON + 31 * QT_NS_PER_DAY).v, 0);
    qt_fee_volume_add(&volume, NOON + 400 * QT_NS_PER_DAY, (qt_money){9});
    ck_assert_int_eq(qt_fee_volume_sum(&volume, NOON + 400 * QT_NS_PER_DAY).v, 9);
    qt_fee_volume_add(&volume, NOON + 400 * QT_NS_PER_DAY, (qt_money){INT64_MAX});
    ck_assert_int_eq(qt_fee_volume_sum(&volume, NOON + 400 * QT_NS_PER_DAY).v, INT64_MAX);
}
END_TEST

/* Against every day's own sum, with gaps. */
START_TEST(volume_equals_the_naive_sum)
{
    enum { DAYS = 200 };
    int64_t naive[DAYS] = {0};
    struct qt_fee_volume volume = {0};
    struct qt_rng rng;
    qt_rng_init(&rng, 3);
    for (int day = 0; day < DAYS;
         day += 1 + (int)qt_rng_below(&rng, 6) * (int)qt_rng_below(&rng, 8)) {
        for (uint64_t k = qt_rng_below(&rng, 4); k > 0; k--) {
            int64_t amount = (int64_t)qt_rng_below(&rng, 1000);
            naive[day] += amount;
            qt_fee_volume_add(&volume, (20000 + day) * QT_NS_PER_DAY, (qt_money){amount});
        }
        int64_t sum = 0;
        for (int i = QT_MAX(0, day - QT_FEE_DAYS + 1); i <= day; i++)
            sum += naive[i];
        ck_assert_int_eq(qt_fee_volume_sum(&volume, (20000 + day) * QT_NS_PER_DAY).v, sum);
    }
}
END_TEST

/* An exchange with AAA and BNB at 100.00 to 100.10. */
struct desk {
    struct qt_universe *universe;
    struct qt_exchange *exchange;
    struct qt_accounts *accounts;
    uint32_t base, quote, coin;
    struct qt_exchange_fill fill; /* the last one */
};

static void
on_execution(void *context, enum qt_match_event event, const struct qt_exchange_order *order,
             const struct qt_exchange_fill *fill)
{
    (void)event;
    (void)order;
    if (fill)
        ((struct desk *)context)->fill = *fill;
}

static void
add(struct qt_universe *universe, const char *base)
{
    struct qt_error err;
    struct qt_instrument ins = {.quote = "USDT",
                                .px_scale = 2,
                                .qty_scale = 3,
                                .tick = {5},
                                .min_px = {5},
                                .lot = {1},
                                .min_qty = {1}};
    snprintf(ins.base, sizeof ins.base, "%.8s", base);
    snprintf(ins.symbol, sizeof ins.symbol, "%.8sUSDT", base);
    ck_assert(qt_universe_add(universe, &ins, &err));
}

static void
open_desk(struct desk *desk, const char *fees, int discount, enum qt_fee_mode mode)
{
    struct qt_error err = {0};
    struct qt_fee_schedule schedule = {0};
    *desk = (struct desk){.universe = qt_universe_create()};
    add(desk->universe, "AAA");
    add(desk->universe, "BNB");
    ck_assert_msg(qt_fee_schedule_parse(fees, &schedule, &err), "%s", err.text);
    if (discount > 0)
        snprintf(schedule.discount_asset, sizeof schedule.discount_asset, "BNB");
    schedule.discount_pct = discount;
    const struct qt_exchange_options options = {.schedule = &schedule, .fee_mode = mode};
    const struct qt_exchange_listener listener = {.context = desk, .execution = on_execution};
    desk->exchange = qt_exchange_create(desk->universe, &options, &listener, &err);
    ck_assert_msg(desk->exchange != NULL, "%s", err.text);
    desk->accounts = qt_exchange_accounts(desk->exchange);
    desk->base = qt_accounts_find(desk->accounts, "AAA");
    desk->quote = qt_accounts_find(desk->accounts, "USDT");
    desk->coin = qt_accounts_find(desk->accounts, "BNB");
    ck_assert(qt_accounts_deposit(desk->accounts, 1, desk->quote, (qt_money){100000 * UNIT}));
    qt_exchange_advance(desk->exchange, NOON);
    struct qt_ladder ladder = {.n_bids = 1, .n_asks = 1};
    ladder.bids[0] = (struct qt_depth_level){{10000}, {1000000}};
    ladder.asks[0] = (struct qt_depth_level){{10010}, {1000000}};
    for (uint32_t id = 0; id < 2; id++)
        qt_exchange_tick(desk->exchange, id, QT_SELL, (qt_px){10000}, (qt_qty){1}, &ladder);
}

static void
close_desk(struct desk *desk)
{
    ck_assert(qt_accounts_is_conserved(desk->accounts));
    qt_exchange_destroy(desk->exchange);
    qt_universe_destroy(desk->universe);
}

/* Buys lots of 0.001 AAA: at px, or at market when that is 0. */
static struct qt_exchange_order
buy(struct desk *desk, int64_t lots, int64_t px)
{
    const struct qt_exchange_ticket ticket = {.owner = 1,
                                              .side = QT_BUY,
                                              .type = px ? QT_TYPE_LIMIT : QT_TYPE_MARKET,
                                              .px = px ? (qt_px){px} : QT_PX_NONE,
                                              .stop_px = QT_PX_NONE,
                                              .qty = {lots}};
    struct qt_exchange_order order;
    enum qt_exchange_verdict verdict = qt_exchange_place(desk->exchange, &ticket, &order);
    ck_assert_msg(verdict == QT_EXCHANGE_OK, "%s", qt_exchange_text(verdict));
    return order;
}

START_TEST(who_trades_much_pays_less_until_the_days_are_over)
{
    struct desk desk;
    open_desk(&desk, "10/10,8/9@100,4/5@300", 0, QT_FEE_RECEIVED);
    buy(&desk, 1000, 0); /* 100.10 */
    ck_assert_int_eq(desk.fill.fee.v, UNIT / 1000);
    ck_assert_int_eq(qt_exchange_fees(desk.exchange, 1)->taker_ppm, 900);
    buy(&desk, 2000, 0); /* 300.30 in all */
    ck_assert_int_eq(desk.fill.fee.v, 2 * UNIT * 9 / 10000);
    buy(&desk, 1000, 0);
    ck_assert_int_eq(desk.fill.fee.v, UNIT * 5 / 10000);
    ck_assert_int_eq(qt_exchange_volume(desk.exchange, 1).v, 4 * 10010 * UNIT / 100);
    qt_exchange_advance(desk.exchange, NOON + 30 * QT_NS_PER_DAY);
    ck_assert_int_eq(qt_exchange_fees(desk.exchange, 1)->taker_ppm, 1000);
    ck_assert_int_eq(qt_exchange_fees(desk.exchange, 2)->taker_ppm, 1000); /* another owner */
    close_desk(&desk);
}
END_TEST

/* In either mode a maker gets more than it traded. */
START_TEST(a_rebate_is_paid_to_the_maker)
{
    struct desk desk;
    enum qt_fee_mode mode = _i ? QT_FEE_QUOTE : QT_FEE_RECEIVED;
    open_desk(&desk, "-1/10", 0, mode);
    buy(&desk, 1000, 10005); /* alone at its price, until somebody sells there */
    qt_exchange_tick(desk.exchange, 0, QT_SELL, (qt_px){10005}, (qt_qty){5000}, NULL);
    ck_assert(desk.fill.is_maker && desk.fill.qty.v == 1000);
    struct qt_funds base = qt_accounts_funds(desk.accounts, 1, desk.base);
    struct qt_funds quote = qt_accounts_funds(desk.accounts, 1, desk.quote);
    int64_t paid = 10005 * UNIT / 100;
    int64_t rebate = mode == QT_FEE_QUOTE ? paid / 10000 : UNIT / 10000;
    ck_assert_int_eq(desk.fill.fee.v, -rebate);
    ck_assert_int_eq(base.free.v, mode == QT_FEE_QUOTE ? UNIT : UNIT + rebate);
    ck_assert_int_eq(quote.free.v, 100000 * UNIT - paid + (mode == QT_FEE_QUOTE ? rebate : 0));
    ck_assert_int_eq(quote.locked.v, 0);
    close_desk(&desk);
}
END_TEST

START_TEST(fees_are_paid_in_the_coin_while_there_is_some)
{
    struct desk desk;
    open_desk(&desk, "10/10", 25, QT_FEE_RECEIVED);
    ck_assert(qt_accounts_deposit(desk.accounts, 1, desk.coin, (qt_money){UNIT / 1000}));
    buy(&desk, 1000, 0);
    /* 100.10 x 7.5 bps = 0.075075 USDT at 100.00 a coin */
    ck_assert_uint_eq(desk.fill.fee_asset, desk.coin);
    ck_assert_int_eq(desk.fill.fee.v, 75075);
    ck_assert(!desk.fill.fee_in_base);
    ck_assert_int_eq(qt_accounts_funds(desk.accounts, 1, desk.coin).free.v, 100000 - 75075);
    ck_assert_int_eq(qt_accounts_funds(desk.accounts, 1, desk.base).free.v, UNIT);
    ck_assert_int_eq(qt_accounts_fees(desk.accounts, desk.coin).v, 75075);
    buy(&desk, 1000, 0); /* too little is left: as without a discount */
    ck_assert_uint_eq(desk.fill.fee_asset, desk.base);
    ck_assert_int_eq(desk.fill.fee.v, UNIT / 1000);
    ck_assert_int_eq(qt_accounts_funds(desk.accounts, 1, desk.coin).free.v, 100000 - 75075);
    close_desk(&desk);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("fees");
    TCase *tc = tcase_create("fees");
    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, tiers_are_read_or_refused_whole, 0, QT_COUNT_OF(texts));
    tcase_add_test(tc, volume_is_that_of_the_last_thirty_days);
    tcase_add_test(tc, volume_equals_the_naive_sum);
    tcase_add_test(tc, who_trades_much_pays_less_until_the_days_are_over);
    tcase_add_loop_test(tc, a_rebate_is_paid_to_the_maker, 0, 2);
    tcase_add_test(tc, fees_are_paid_in_the_coin_while_there_is_some);
    return qt_run_suite(suite);
}
