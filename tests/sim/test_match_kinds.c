/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trailing stops, icebergs, self-trade prevention and siblings in one book: Binance's own examples,
 * and random sessions whose rules are checked word by word.
 */
#include "qt_check.h"

#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/sim/match.h"

#define WORDS 65536

static const struct qt_instrument ins = {.symbol = "AAAUSDT",
                                         .base = "AAA",
                                         .quote = "USDT",
                                         .px_scale = 2,
                                         .qty_scale = 1,
                                         .tick = {1},
                                         .min_px = {1},
                                         .lot = {1},
                                         .min_qty = {1}};

struct word {
    int event;
    uint64_t id, trade_id;
    uint32_t owner;
    uint8_t stp;
    int64_t px, qty, cum, prevented;
    bool is_maker, is_external;
};

struct fixture {
    struct qt_match *match;
    struct word words[WORDS];
    size_t n;
    uint64_t next_id;
};
static struct fixture f;

static void
on_report(void *context, const struct qt_match_report *report)
{
    (void)context;
    const struct qt_match_order *order = report->order;
    ck_assert_uint_lt(f.n, WORDS);
    f.words[f.n++] = (struct word){.event = (int)report->event,
                                   .id = order->id,
                                   .trade_id = report->trade_id,
                                   .owner = order->owner,
                                   .stp = order->stp,
                                   .px = report->px.v,
                                   .qty = report->event == QT_MATCH_FILL ? report->qty.v : 0,
                                   .cum = order->cum_qty.v,
                                   .prevented = order->prevented.v,
                                   .is_maker = report->is_maker,
                                   .is_external = report->is_external};
}

static void
begin(void)
{
    const struct qt_match_listener listener = {.report = on_report};
    memset(&f, 0, sizeof f);
    f.match = qt_match_create(&ins, 2000, &listener);
    ck_assert_ptr_nonnull(f.match);
}

static void
finish(void)
{
    qt_match_destroy(f.match);
}

static struct qt_match_order
limit(enum qt_side side, int64_t px, int64_t qty)
{
    return (struct qt_match_order){.side = (uint8_t)side,
                                   .type = QT_TYPE_LIMIT,
                                   .tif = QT_TIF_GTC,
                                   .px = {px},
                                   .stop_px = QT_PX_NONE,
                                   .qty = {qty},
                                   .t_ns = 1};
}

static uint64_t
put(struct qt_match_order order)
{
    order.id = ++f.next_id;
    ck_assert_int_eq(qt_match_place(f.match, &order), QT_MATCH_OK);
    return order.id;
}

static void
trade(int64_t px, int64_t qty, enum qt_side aggressor)
{
    qt_match_external_trade(f.match, aggressor, (qt_px){px}, (qt_qty){qty}, NULL, 1);
}

static const char *
story(uint64_t id)
{
    static char text[128];
    size_t n = 0;
    for (size_t i = 0; i < f.n; i++)
        if (f.words[i].id == id && n + 1 < sizeof text)
            text[n++] = "atfcer"[f.words[i].event];
    text[n] = '\0';
    return text;
}

static int64_t
filled(uint64_t id)
{
    int64_t sum = 0;
    for (size_t i = 0; i < f.n; i++)
        sum += f.words[i].id == id ? f.words[i].qty : 0;
    return sum;
}

/* Trailing stops: the five scenarios of Binance's FAQ, prices in units of 1 (0.01 of the book). */
static const struct {
    enum qt_side side;
    enum qt_order_type type;
    int64_t stop, px;
    int bps;
    int64_t first, quiet[6], fires;
} scenarios[] = {
    {QT_BUY,
     QT_TYPE_STOP_LOSS_LIMIT,
     44000,
     45000,
     500,
     40000,
     {37000, 44000, 45000, 46000, 42000},
     44100},
    {QT_SELL,
     QT_TYPE_STOP_LOSS_LIMIT,
     39000,
     38000,
     1000,
     40000,
     {41500, 39000, 37000, 41000, 36901},
     36900},
    {QT_BUY,
     QT_TYPE_TAKE_PROFIT_LIMIT,
     38000,
     38500,
     850,
     40000,
     {42000, 38000, 37000, 39000, 38000},
     40145},
    {QT_SELL,
     QT_TYPE_TAKE_PROFIT_LIMIT,
     42000,
     41000,
     750,
     40000,
     {41500, 39000, 45000, 44000, 46500},
     43012},
    {QT_SELL, QT_TYPE_STOP_LOSS_LIMIT, 0, 39000, 700, 40000, {42000, 39500, 45500, 42316}, 42315},
};

START_TEST(trailing_stop_fires_where_binances_examples_say)
{
    begin();
    trade(scenarios[_i].first, 1, QT_BUY);
    struct qt_match_order order = limit(scenarios[_i].side, scenarios[_i].px, 5);
    order.type = (uint8_t)scenarios[_i].type;
    order.stop_px = scenarios[_i].stop ? (qt_px){scenarios[_i].stop} : QT_PX_NONE;
    order.trail_bps = (uint16_t)scenarios[_i].bps;
    uint64_t id = put(order);
    for (size_t i = 0; i < 6 && scenarios[_i].quiet[i]; i++) {
        trade(scenarios[_i].quiet[i], 1, QT_BUY);
        ck_assert_str_eq(story(id), "a");
    }
    trade(scenarios[_i].fires, 1, QT_BUY);
    ck_assert_str_eq(story(id), "at");
    finish();
}
END_TEST

START_TEST(random_walks_set_trailing_stops_off_on_the_right_print)
{
    struct qt_rng rng;
    qt_rng_init(&rng, (uint64_t)_i + 1);
    unsigned fired = 0;
    for (int round = 0; round < 60; round++) {
        begin();
        int64_t px = 100000;
        trade(px, 1, QT_BUY);
        enum qt_side side = (enum qt_side)qt_rng_below(&rng, 2);
        int bps = 10 + (int)qt_rng_below(&rng, 500);
        bool is_loss = qt_rng_below(&rng, 2), has_stop = qt_rng_below(&rng, 2);
        int64_t away = 100 + (int64_t)qt_rng_below(&rng, 3000);
        bool is_up = is_loss == (side == QT_BUY);
        struct qt_match_order order = limit(side, side == QT_BUY ? 1 : 900000, 5);
        order.type = is_loss ? QT_TYPE_STOP_LOSS_LIMIT : QT_TYPE_TAKE_PROFIT_LIMIT;
        order.trail_bps = (uint16_t)bps;
        order.stop_px = has_stop ? (qt_px){is_up ? px + away : px - away} : QT_PX_NONE;
        uint64_t id = put(order);
        int64_t mark = has_stop ? 0 : px;
        bool is_out = false;
        for (int step = 0; step < 300 && !is_out; step++) {
            px += (int64_t)qt_rng_below(&rng, 801) - 400;
            if (mark == 0)
                mark = (is_up ? px >= order.stop_px.v : px <= order.stop_px.v) ? px : 0;
            else if (side == QT_SELL ? px * 10000 <= mark * (10000 - bps)
                                     : px * 10000 >= mark * (10000 + bps))
                is_out = true;
            else
                mark = side == QT_SELL ? QT_MAX(mark, px) : QT_MIN(mark, px);
            trade(px, 1, QT_BUY);
            ck_assert_str_eq(story(id), is_out ? "at" : "a");
        }
        fired += is_out;
        finish();
    }
    ck_assert_uint_gt(fired, 10);
}
END_TEST

START_TEST(trailing_distance_belongs_to_stops_only)
{
    begin();
    struct qt_match_order order = limit(QT_BUY, 100, 5);
    order.id = 1;
    order.trail_bps = 100;
    ck_assert_int_eq(qt_match_check(f.match, &order), QT_MATCH_INVALID);
    order.type = QT_TYPE_STOP_LOSS_LIMIT;
    ck_assert_int_eq(qt_match_check(f.match, &order), QT_MATCH_OK);
    order.trail_bps = 10000;
    ck_assert_int_eq(qt_match_check(f.match, &order), QT_MATCH_INVALID);
    order.trail_bps = 0;
    ck_assert_int_eq(qt_match_check(f.match, &order), QT_MATCH_INVALID); /* and no stop price */
    finish();
}
END_TEST

START_TEST(iceberg_shows_a_part_and_stands_last_with_the_next)
{
    struct qt_depth_level level;
    begin();
    struct qt_match_order order = limit(QT_SELL, 100, 10);
    order.iceberg = (qt_qty){3};
    uint64_t berg = put(order), plain = put(limit(QT_SELL, 100, 5));
    ck_assert_uint_eq(qt_match_levels(f.match, QT_SELL, &level, 1), 1);
    ck_assert_int_eq(level.qty.v, 8);
    trade(100, 3, QT_BUY);
    ck_assert_int_eq(filled(berg), 3);
    ck_assert_uint_eq(qt_match_levels(f.match, QT_SELL, &level, 1), 1);
    ck_assert_int_eq(level.qty.v, 8); /* the next part is there */
    trade(100, 5, QT_BUY);
    ck_assert_int_eq(filled(plain), 5); /* but behind */
    ck_assert_int_eq(filled(berg), 3);
    ck_assert_int_eq(qt_match_cost(f.match, QT_BUY, QT_PX_NONE, (qt_qty){50}).qty.v, 7);
    put(limit(QT_BUY, 100, 7));
    ck_assert_int_eq(filled(berg), 10);
    ck_assert_uint_eq(qt_match_count(f.match), 0);
    finish();
}
END_TEST

static const struct {
    enum qt_self_trade mode;
    const char *maker, *taker;
    int64_t rests; /* of the taker's 8 */
} modes[] = {{QT_STP_NONE, "af", "aff", 0},
             {QT_STP_TAKER, "a", "afe", 0},
             {QT_STP_MAKER, "ae", "af", 5},
             {QT_STP_BOTH, "ae", "afe", 0}};

START_TEST(own_order_in_the_way_is_met_as_the_mode_says)
{
    begin();
    struct qt_match_order other = limit(QT_SELL, 99, 3);
    other.owner = 2;
    (void)put(other);
    struct qt_match_order own = limit(QT_SELL, 100, 5);
    own.owner = 1;
    own.stp = QT_STP_BOTH; /* a maker's mode does not count */
    uint64_t maker = put(own);
    struct qt_match_order order = limit(QT_BUY, 100, 8);
    order.owner = 1;
    order.stp = (uint8_t)modes[_i].mode;
    uint64_t taker = put(order);
    ck_assert_str_eq(story(maker), modes[_i].maker);
    ck_assert_str_eq(story(taker), modes[_i].taker);
    const struct qt_match_order *rest = qt_match_find(f.match, taker);
    ck_assert_int_eq(rest ? rest->qty.v - rest->cum_qty.v : 0, modes[_i].rests);
    for (size_t i = 0; i < f.n; i++)
        if (f.words[i].event == QT_MATCH_EXPIRED)
            ck_assert_int_eq(f.words[i].prevented, 5);
    finish();
}
END_TEST

START_TEST(first_of_two_siblings_to_act_ends_the_other)
{
    static const struct {
        int64_t px;
        const char *limit, *stop;
    } rows[] = {{110, "af", "ae"}, {90, "ae", "at"}, {105, "a", "a"}};
    begin();
    trade(100, 1, QT_BUY);
    struct qt_match_order profit = limit(QT_SELL, 110, 5), loss = limit(QT_SELL, 80, 5);
    profit.type = QT_TYPE_LIMIT_MAKER;
    loss.type = QT_TYPE_STOP_LOSS_LIMIT;
    loss.stop_px = (qt_px){90};
    profit.sibling = 2;
    loss.sibling = 1;
    (void)put(profit);
    (void)put(loss);
    trade(rows[_i].px, 2, QT_BUY);
    ck_assert_str_eq(story(1), rows[_i].limit);
    ck_assert_str_eq(story(2), rows[_i].stop);
    finish();
}
END_TEST

START_TEST(cancelling_one_sibling_cancels_both)
{
    begin();
    trade(100, 1, QT_BUY);
    struct qt_match_order profit = limit(QT_SELL, 110, 5), loss = limit(QT_SELL, 80, 5);
    loss.type = QT_TYPE_STOP_LOSS_LIMIT;
    loss.stop_px = (qt_px){90};
    profit.sibling = 2;
    loss.sibling = 1;
    (void)put(profit);
    (void)put(loss);
    ck_assert(qt_match_cancel(f.match, (uint64_t)_i + 1, 1));
    ck_assert_str_eq(story(1), "ac");
    ck_assert_str_eq(story(2), "ac");
    ck_assert(!qt_match_cancel(f.match, 1, 1) && !qt_match_cancel(f.match, 2, 1));
    finish();
}
END_TEST

/* One random order of one of three owners; now and then a pair of siblings. */
static void
place_random(struct qt_rng *rng)
{
    struct qt_match_order order =
        limit((enum qt_side)qt_rng_below(rng, 2), 1 + (int64_t)qt_rng_below(rng, 40),
              1 + (int64_t)qt_rng_below(rng, 30));
    uint64_t kind = qt_rng_below(rng, 6);
    order.owner = (uint32_t)qt_rng_below(rng, 3);
    order.stp = (uint8_t)qt_rng_below(rng, QT_SELF_TRADES);
    if (kind == 0)
        order.iceberg = (qt_qty){1 + (int64_t)qt_rng_below(rng, (uint64_t)order.qty.v)};
    if (kind == 1) {
        order.type = QT_TYPE_MARKET;
        order.px = QT_PX_NONE;
    }
    if (kind >= 2 && kind <= 3) {
        order.type = kind == 2 ? QT_TYPE_STOP_LOSS_LIMIT : QT_TYPE_TAKE_PROFIT_LIMIT;
        order.trail_bps = (uint16_t)(100 + qt_rng_below(rng, 2000));
    }
    order.id = f.next_id + 1;
    if (qt_match_place(f.match, &order) != QT_MATCH_OK)
        return;
    f.next_id++;
    if (kind != 2 || !qt_match_find(f.match, order.id))
        return;
    struct qt_match_order sibling = order; /* another trailing stop, tied to the first one only */
    sibling.id = f.next_id + 1;
    sibling.sibling = order.id;
    sibling.trail_bps = 50;
    f.next_id += qt_match_place(f.match, &sibling) == QT_MATCH_OK;
}

/* M7: taker and maker of a trade have one owner only if the taker allows it. */
static void
check_trades(void)
{
    for (size_t i = 1; i < f.n; i++) {
        const struct word *maker = &f.words[i - 1], *taker = &f.words[i];
        if (taker->event != QT_MATCH_FILL || taker->is_maker || taker->is_external)
            continue;
        while (maker > f.words && (maker->event != QT_MATCH_FILL || maker->id == taker->id))
            maker--; /* a sibling's end may stand between */
        ck_assert_uint_eq(maker->trade_id, taker->trade_id);
        if (maker->owner == taker->owner)
            ck_assert_int_eq(taker->stp, QT_STP_NONE);
    }
}

/* Nobody sees more of an iceberg than its part, and what is seen is not crossed (M1). */
static void
check_book(void)
{
    int64_t seen[2] = {0}, shown[2] = {0};
    struct qt_depth_level level[2][64];
    size_t n[2];
    for (int side = QT_BUY; side <= QT_SELL; side++) {
        n[side] = qt_match_levels(f.match, (enum qt_side)side, level[side], 64);
        for (size_t i = 0; i < n[side]; i++)
            seen[side] += level[side][i].qty.v;
    }
    for (size_t k = 0; k < qt_match_count(f.match); k++) {
        const struct qt_match_order *order = qt_match_at(f.match, k);
        int64_t left = order->qty.v - order->cum_qty.v;
        ck_assert_int_gt(left, 0);
        if (order->iceberg.v > 0)
            ck_assert(order->shown.v > 0 && order->shown.v <= QT_MIN(order->iceberg.v, left));
        if (order->type == QT_TYPE_LIMIT || order->is_working)
            shown[order->side] += order->iceberg.v > 0 ? order->shown.v : left;
    }
    ck_assert(n[0] == 0 || n[1] == 0 || level[QT_BUY][0].px.v < level[QT_SELL][0].px.v);
    ck_assert_int_eq(seen[QT_BUY], shown[QT_BUY]);
    ck_assert_int_eq(seen[QT_SELL], shown[QT_SELL]);
}

START_TEST(random_sessions_keep_the_rules)
{
    struct qt_rng rng;
    unsigned triggered = 0, prevented = 0, fills = 0;
    begin();
    qt_rng_init(&rng, (uint64_t)_i + 1);
    for (int step = 0; step < 3000; step++) {
        f.n = 0;
        uint64_t what = qt_rng_below(&rng, 10);
        if (what < 6)
            place_random(&rng);
        else if (what < 7)
            (void)!qt_match_cancel(f.match, 1 + qt_rng_below(&rng, f.next_id + 1), 1);
        else
            trade(1 + (int64_t)qt_rng_below(&rng, 40), 1 + (int64_t)qt_rng_below(&rng, 30),
                  (enum qt_side)qt_rng_below(&rng, 2));
        check_trades();
        check_book();
        for (size_t i = 0; i < f.n; i++) {
            triggered += f.words[i].event == QT_MATCH_TRIGGERED;
            prevented += f.words[i].prevented > 0;
            fills += f.words[i].event == QT_MATCH_FILL;
        }
    }
    ck_assert_uint_gt(triggered, 50);
    ck_assert_uint_gt(prevented, 50);
    ck_assert_uint_gt(fills, 500);
    finish();
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("match_kinds");
    TCase *tc = tcase_create("kinds");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, trailing_stop_fires_where_binances_examples_say, 0,
                        (int)QT_COUNT_OF(scenarios));
    tcase_add_loop_test(tc, random_walks_set_trailing_stops_off_on_the_right_print, 0, 8);
    tcase_add_test(tc, trailing_distance_belongs_to_stops_only);
    tcase_add_test(tc, iceberg_shows_a_part_and_stands_last_with_the_next);
    tcase_add_loop_test(tc, own_order_in_the_way_is_met_as_the_mode_says, 0,
                        (int)QT_COUNT_OF(modes));
    tcase_add_loop_test(tc, first_of_two_siblings_to_act_ends_the_other, 0, 3);
    tcase_add_loop_test(tc, cancelling_one_sibling_cancels_both, 0, 2);
    tcase_add_loop_test(tc, random_sessions_keep_the_rules, 0, 10);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
