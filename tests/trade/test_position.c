/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Positions: by hand, against exact rational average cost over random fills, and at the edges of
 * int64.
 */
#include "trade_kit.h"

#include "qtrade/base/time.h"
#include "qtrade/trade/position.h"

static struct qt_fill
fill(enum qt_side side, int64_t qty, int64_t px, int64_t fee, bool fee_in_base)
{
    struct qt_instrument ins = kit_instrument();
    struct qt_fill f = {.side = (uint8_t)side,
                        .px = {px},
                        .qty = {qty},
                        .fee = {fee},
                        .fee_in_base = fee_in_base,
                        .t_ns = 1000};
    ck_assert(qt_instrument_notional(&ins, f.px, f.qty, &f.quote));
    return f;
}

static struct qt_position
flat(void)
{
    struct qt_instrument ins = kit_instrument();
    struct qt_position p;
    qt_position_init(&p, &ins);
    return p;
}

static struct qt_position_change
taken(struct qt_position *p, struct qt_fill f)
{
    struct qt_position_change change;
    ck_assert(qt_position_fill(p, &f, &change));
    return change;
}

#define UNIT 100000000 /* one USDT */

START_TEST(a_long_that_is_sold_in_two_parts_realises_against_its_average)
{
    struct qt_position p = flat();
    ck_assert_int_eq(p.opened_ns, QT_TIME_NONE);
    struct qt_position_change change =
        taken(&p, fill(QT_BUY, 1000, 10000, UNIT / 10, false)); /* 1 at 100 */
    ck_assert(change.is_opened && !change.is_closed);
    taken(&p, fill(QT_BUY, 1000, 11000, UNIT / 10, false)); /* 1 at 110 */
    ck_assert_int_eq(qt_position_entry(&p).v, 10500);
    qt_money unrealised;
    ck_assert(qt_position_unrealised(&p, (qt_px){12000}, &unrealised));
    ck_assert_int_eq(unrealised.v, 30LL * UNIT);
    change = taken(&p, fill(QT_SELL, 500, 12500, 0, false)); /* 0.5 at 125: 62.5 - 52.5 */
    ck_assert_int_eq(change.realised.v, 10LL * UNIT);
    ck_assert_int_eq(change.closed_qty.v, 500);
    ck_assert_int_eq(change.opened_qty.v, 0);
    change = taken(&p, fill(QT_SELL, 1500, 10000, 0, false)); /* 150 - 157.5 */
    ck_assert_int_eq(change.realised.v, -75 * (int64_t)UNIT / 10);
    ck_assert(change.is_closed && qt_position_is_flat(&p));
    ck_assert_int_eq(p.cost.v, 0);
    ck_assert_int_eq(p.realised.v, 25 * (int64_t)UNIT / 10);
    ck_assert_int_eq(p.fees.v, 2 * UNIT / 10);
    ck_assert_int_eq(p.closed_ns, 1000);
    ck_assert(qt_px_is_none(qt_position_entry(&p)));
}
END_TEST

START_TEST(a_short_earns_when_the_price_falls)
{
    struct qt_position p = flat();
    taken(&p, fill(QT_SELL, 1000, 10000, 0, false));
    ck_assert_int_eq(p.cost.v, -100LL * UNIT);
    ck_assert_int_eq(qt_position_entry(&p).v, 10000);
    qt_money unrealised, value;
    ck_assert(qt_position_unrealised(&p, (qt_px){9000}, &unrealised));
    ck_assert_int_eq(unrealised.v, 10LL * UNIT);
    ck_assert(qt_position_value(&p, (qt_px){9000}, &value));
    ck_assert_int_eq(value.v, -90LL * UNIT);
    struct qt_position_change change = taken(&p, fill(QT_BUY, 400, 9000, 0, false));
    ck_assert_int_eq(change.realised.v, 4LL * UNIT);
    ck_assert_int_eq(p.qty.v, -600);
}
END_TEST

START_TEST(through_zero_closes_one_side_and_opens_the_other)
{
    struct qt_position p = flat();
    taken(&p, fill(QT_BUY, 1000, 10000, 0, false));
    struct qt_position_change change = taken(&p, fill(QT_SELL, 3000, 11000, 0, false));
    ck_assert_int_eq(change.closed_qty.v, 1000);
    ck_assert_int_eq(change.opened_qty.v, 2000);
    ck_assert_int_eq(change.closed_quote.v, 110LL * UNIT);
    ck_assert_int_eq(change.opened_quote.v, 220LL * UNIT);
    ck_assert_int_eq(change.realised.v, 10LL * UNIT);
    ck_assert(change.is_closed && !change.is_opened);
    ck_assert_int_eq(p.qty.v, -2000);
    ck_assert_int_eq(p.cost.v, -220LL * UNIT);
    ck_assert_int_eq(p.opened_ns, 1000);
}
END_TEST

START_TEST(a_fee_in_base_makes_the_quantity_smaller_and_stands_in_fees_at_the_fills_price)
{
    struct qt_position p = flat();
    struct qt_position_change change =
        taken(&p, fill(QT_BUY, 1000, 10000, 1, true)); /* 0.001 of 1 */
    ck_assert_int_eq(p.qty.v, 999);
    ck_assert_int_eq(change.fee.v, UNIT / 10);
    ck_assert_int_eq(p.fees.v, UNIT / 10);
    ck_assert_int_eq(p.base_fees.v, UNIT / 10);
    ck_assert_int_eq(p.cost.v, 999 * (int64_t)UNIT / 10);
    ck_assert_int_eq(p.realised.v, 0);
    ck_assert_int_eq(qt_position_entry(&p).v, 10000);
    taken(&p, fill(QT_SELL, 999, 10000, 0, false));
    ck_assert(qt_position_is_flat(&p));
    ck_assert_int_eq(p.realised.v - p.fees.v, -UNIT / 10); /* bought 100, sold 99.9 */
}
END_TEST

START_TEST(a_rebate_is_a_negative_fee)
{
    struct qt_position p = flat();
    struct qt_position_change change = taken(&p, fill(QT_BUY, 1000, 10000, -55, false));
    ck_assert(p.qty.v == 1000 && p.fees.v == -55 && change.fee.v == -55);
    p = flat();
    change = taken(&p, fill(QT_BUY, 1000, 10000, -1, true)); /* 0.001 more of the base */
    ck_assert_int_eq(p.qty.v, 1001);
    ck_assert_int_eq(change.fee.v, -UNIT / 10);
    ck_assert_int_eq(p.base_fees.v, -UNIT / 10);
    taken(&p, fill(QT_SELL, 1001, 10000, 0, false));
    ck_assert(qt_position_is_flat(&p));
    ck_assert_int_eq(p.realised.v - p.fees.v, UNIT / 10); /* bought 100, sold 100.1 */
}
END_TEST

START_TEST(a_fee_alone_changes_fees_only)
{
    struct qt_position p = flat();
    taken(&p, fill(QT_BUY, 1000, 10000, 0, false));
    struct qt_fill fee = fill(QT_BUY, 0, 10000, 55, false);
    struct qt_position_change change = taken(&p, fee);
    ck_assert_int_eq(change.fee.v, 55);
    ck_assert_int_eq(p.qty.v, 1000);
    ck_assert(!change.is_opened && !change.is_closed);
}
END_TEST

/* Of a position that stands it is cost; of one that is gone, or of the side that left it, gain. */
START_TEST(a_correction_is_cost_of_what_stands_and_gain_of_what_is_gone)
{
    static const struct {
        enum qt_side entry, side;
        bool is_gone;
        int64_t cost, realised; /* moved by a correction of 500 */
    } rows[] = {{QT_BUY, QT_BUY, false, 500, 0},    {QT_BUY, QT_SELL, false, 0, 500},
                {QT_SELL, QT_SELL, false, -500, 0}, {QT_SELL, QT_BUY, false, 0, -500},
                {QT_BUY, QT_BUY, true, 0, -500},    {QT_BUY, QT_SELL, true, 0, 500}};
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        struct qt_position p = flat();
        taken(&p, fill(rows[i].entry, 1000, 10000, 0, false));
        if (rows[i].is_gone)
            taken(&p, fill(rows[i].entry == QT_BUY ? QT_SELL : QT_BUY, 1000, 10000, 0, false));
        struct qt_position before = p;
        struct qt_fill late = fill(rows[i].side, 0, 10000, 0, false);
        late.correction = (qt_money){500};
        struct qt_position_change change = taken(&p, late);
        ck_assert_int_eq(p.cost.v - before.cost.v, rows[i].cost);
        ck_assert_int_eq(p.realised.v - before.realised.v, rows[i].realised);
        ck_assert_int_eq(change.realised.v, rows[i].realised);
        ck_assert_int_eq(p.qty.v, before.qty.v);
        ck_assert(!change.is_opened && !change.is_closed);
    }
}
END_TEST

START_TEST(what_does_not_fit_or_does_not_belong_changes_nothing)
{
    struct qt_position p = flat();
    taken(&p, fill(QT_BUY, 1000, 10000, 0, false));
    const struct qt_position before = p;
    struct qt_fill other = fill(QT_BUY, 1, 10000, 0, false);
    other.instrument = 3;
    ck_assert(!qt_position_fill(&p, &other, NULL));
    struct qt_fill huge = {.side = QT_BUY, .px = {1}, .qty = {INT64_MAX}, .quote = {1}};
    ck_assert(!qt_position_fill(&p, &huge, NULL));
    huge = (struct qt_fill){.side = QT_BUY, .px = {1}, .qty = {1}, .quote = {INT64_MAX}};
    ck_assert(!qt_position_fill(&p, &huge, NULL));
    struct qt_fill negative = {.side = QT_BUY, .px = {1}, .qty = {-1}, .quote = {1}};
    ck_assert(!qt_position_fill(&p, &negative, NULL));
    ck_assert_int_eq(p.qty.v, before.qty.v);
    ck_assert_int_eq(p.cost.v, before.cost.v);
    qt_money out;
    ck_assert(!qt_position_unrealised(&p, QT_PX_NONE, &out));
}
END_TEST

/* Exact average cost: a fraction of 128-bit integers in lowest terms; small numbers keep it small.
 */
__extension__ typedef __int128 wide;
struct rational {
    wide over, under;
};

static wide
gcd(wide a, wide b)
{
    a = a < 0 ? -a : a;
    b = b < 0 ? -b : b;
    while (b) {
        wide rest = a % b;
        a = b;
        b = rest;
    }
    return a ? a : 1;
}

static struct rational
reduced(wide over, wide under)
{
    wide g = under < 0 ? -gcd(over, under) : gcd(over, under);
    return (struct rational){over / g, under / g};
}

/* The naive model: exact cost and exact realised. */
struct naive {
    int64_t qty;
    struct rational cost, realised;
    int64_t cash;
};

static struct rational
plus(struct rational a, struct rational b)
{
    return reduced(a.over * b.under + b.over * a.under, a.under * b.under);
}

static void
naive_fill(struct naive *n, int64_t signed_qty, int64_t px)
{
    int64_t paid = signed_qty * px * 1000; /* px 10^-2 x qty 10^-3 in units of 10^-8 */
    n->cash -= paid;
    bool reduces = n->qty != 0 && (n->qty > 0) != (signed_qty > 0);
    int64_t closing = reduces ? (llabs(signed_qty) < llabs(n->qty) ? signed_qty : -n->qty) : 0;
    if (closing) {
        struct rational out = reduced(n->cost.over * -closing, n->cost.under * n->qty);
        struct rational got = {-(wide)closing * px * 1000, 1};
        n->realised = plus(n->realised, plus(got, (struct rational){-out.over, out.under}));
        n->cost = plus(n->cost, (struct rational){-out.over, out.under});
        n->qty += closing;
    }
    int64_t opening = signed_qty - closing;
    n->cost = plus(n->cost, (struct rational){(wide)opening * px * 1000, 1});
    n->qty += opening;
    if (n->qty == 0)
        n->cost = (struct rational){0, 1};
}

/* |exact - integer| <= limit */
static bool
is_near(struct rational exact, int64_t got, int64_t limit)
{
    wide difference = exact.over - (wide)got * exact.under;
    return (difference < 0 ? -difference : difference) <= (wide)limit * exact.under;
}

START_TEST(random_fills_stay_within_a_unit_a_fill_of_exact_average_cost)
{
    struct qt_rng rng;
    uint64_t seed = kit_seed(_i);
    fprintf(stderr, "# QT_SEED=%llu\n", (unsigned long long)seed);
    qt_rng_init(&rng, seed);
    for (int run = 0; run < qt_rounds(20000); run++) {
        struct qt_position p = flat();
        struct naive n = {.cost = {0, 1}, .realised = {0, 1}};
        for (int k = 1; k <= 8; k++) {
            int64_t qty = kit_between(&rng, 1, 30), px = kit_between(&rng, 1, 999);
            enum qt_side side = (enum qt_side)qt_rng_below(&rng, 2);
            taken(&p, fill(side, qty, px, 0, false));
            naive_fill(&n, side == QT_BUY ? qty : -qty, px);
            ck_assert_int_eq(p.qty.v, n.qty);
            ck_assert_msg(is_near(n.cost, p.cost.v, k) && is_near(n.realised, p.realised.v, k),
                          "QT_SEED=%llu run %d fill %d: cost %lld, realised %lld, exactly %f and %f",
                          (unsigned long long)seed, run, k, (long long)p.cost.v,
                          (long long)p.realised.v, (double)n.cost.over / (double)n.cost.under,
                          (double)n.realised.over / (double)n.realised.under);
            ck_assert_int_eq(p.realised.v - p.cost.v, n.cash); /* P1, to the unit */
            ck_assert(n.qty != 0 || p.cost.v == 0);            /* P2 */
        }
    }
}
END_TEST

START_TEST(realised_unrealised_and_cost_hold_to_the_unit_with_fees_in_base_and_quote)
{
    struct qt_rng rng;
    uint64_t seed = kit_seed(_i);
    qt_rng_init(&rng, seed);
    struct qt_position p = flat();
    int64_t cash = 0, base = 0;
    for (int k = 0; k < qt_rounds(200000); k++) {
        bool in_base = qt_rng_below(&rng, 3) == 0;
        int64_t qty = kit_between(&rng, 1, 5000);
        struct qt_fill f =
            fill((enum qt_side)qt_rng_below(&rng, 2), qty, kit_between(&rng, 1, 5000000),
                 in_base ? kit_between(&rng, -qty / 200, qty / 100)
                         : kit_between(&rng, -50000, 100000),
                 in_base); /* the negative ones are rebates */
        taken(&p, f);
        cash += f.side == QT_BUY ? -f.quote.v : f.quote.v;
        cash -= in_base ? 0 : f.fee.v;
        base += (f.side == QT_BUY ? qty : -qty) - (in_base ? f.fee.v : 0);
        ck_assert_int_eq(p.qty.v, base);
        /* what was earned, less fees, is what came into the wallet and what the position cost */
        ck_assert_msg(p.realised.v - p.fees.v == cash + p.cost.v, "QT_SEED=%llu fill %d",
                      (unsigned long long)seed, k);
        qt_money unrealised, value;
        qt_px mark = {kit_between(&rng, 1, 5000000)};
        ck_assert(qt_position_unrealised(&p, mark, &unrealised) &&
                  qt_position_value(&p, mark, &value));
        ck_assert_int_eq(p.realised.v + unrealised.v - p.fees.v, cash + value.v);
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("position");
    TCase *tc = tcase_create("position"), *random = tcase_create("random");
    tcase_add_test(tc, a_long_that_is_sold_in_two_parts_realises_against_its_average);
    tcase_add_test(tc, a_short_earns_when_the_price_falls);
    tcase_add_test(tc, through_zero_closes_one_side_and_opens_the_other);
    tcase_add_test(tc,
                   a_fee_in_base_makes_the_quantity_smaller_and_stands_in_fees_at_the_fills_price);
    tcase_add_test(tc, a_rebate_is_a_negative_fee);
    tcase_add_test(tc, a_fee_alone_changes_fees_only);
    tcase_add_test(tc, a_correction_is_cost_of_what_stands_and_gain_of_what_is_gone);
    tcase_add_test(tc, what_does_not_fit_or_does_not_belong_changes_nothing);
    suite_add_tcase(suite, tc);
    tcase_set_timeout(random, 60);
    tcase_add_loop_test(random, random_fills_stay_within_a_unit_a_fill_of_exact_average_cost, 0, 3);
    tcase_add_loop_test(
        random, realised_unrealised_and_cost_hold_to_the_unit_with_fees_in_base_and_quote, 0, 2);
    suite_add_tcase(suite, random);
    return qt_run_suite(suite);
}
