/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where what is not ours lies, with several venues behind one port: rules D1 to D3 of spread.c.
 */
#include <string.h>

#include "engine_priv.h"

#include "qt_check.h"
#include "qtrade/base/rng.h"

static struct qt_engine engine;
static struct qt_instrument instrument;
static struct qt_symbol symbol;
static struct qt_venue_part there[QT_VIEW_VENUES];
static size_t venues;

static size_t
spread(const void *self, uint32_t id, struct qt_venue_part *out, size_t n)
{
    ck_assert_ptr_null(self);
    ck_assert_uint_eq(id, 7);
    ck_assert_uint_le(venues, n);
    memcpy(out, there, venues * sizeof *out);
    return venues;
}

static void
begin(size_t n)
{
    memset(&engine, 0, sizeof engine);
    memset(&symbol, 0, sizeof symbol);
    memset(there, 0, sizeof there);
    instrument.id = 7;
    symbol.ins = &instrument;
    engine.options.venue.spread = spread;
    venues = n;
    for (size_t i = 0; i < n; i++)
        there[i].is_traded = true;
}

/* So much is held at the first two venues, and so much of the sum is foreign. */
static void
look(int64_t one, int64_t two, int64_t foreign)
{
    there[0].held.v = one;
    there[1].held.v = two;
    symbol.foreign_qty.v = foreign;
    qt__spread_look(&engine, &symbol);
}

static void
check(int64_t one, int64_t two)
{
    ck_assert_int_eq(symbol.foreign_at[0].v, one);
    ck_assert_int_eq(symbol.foreign_at[1].v, two);
}

START_TEST(D1_what_was_there_before_us_lies_where_it_was)
{
    begin(2);
    look(300, 50, 350);
    check(300, 50);
}
END_TEST

START_TEST(D2_what_we_buy_and_sell_changes_nobodys_part)
{
    begin(2);
    look(300, 50, 350);
    look(300, 250, 350);
    check(300, 50);
    look(700, 50, 350);
    check(300, 50);
}
END_TEST

START_TEST(D2_a_deposit_is_added_and_a_withdrawal_taken_where_it_was)
{
    begin(2);
    look(300, 50, 350);
    look(300, 90, 390);
    check(300, 90);
    look(100, 90, 190);
    check(100, 90);
}
END_TEST

START_TEST(part_moves_when_ours_was_sold_where_it_was_foreign)
{
    begin(2);
    look(300, 50, 350);
    look(200, 250, 350); /* 200 bought at the second, 100 sold at the first */
    check(200, 150);
}
END_TEST

START_TEST(D3_what_our_sells_stand_for_is_ours_first)
{
    begin(2);
    there[0].selling.v = 250;
    look(300, 200, 250);
    check(50, 200);
}
END_TEST

START_TEST(nothing_is_ours_where_the_symbol_is_not_traded)
{
    begin(2);
    there[1].is_traded = false;
    look(300, 200, 250);
    check(50, 200);
    begin(2);
    there[0].is_traded = false;
    there[0].selling.v = 300;
    look(300, 200, 350);
    check(300, 50);
}
END_TEST

START_TEST(position_alone_is_shared_out_too)
{
    qt_qty ours[QT_VIEW_VENUES];
    begin(2);
    there[0].held.v = 300;
    there[1].held.v = 200;
    there[1].selling.v = 150;
    qt__spread_ours(&engine, &symbol, (qt_qty){150}, ours);
    ck_assert_int_eq(ours[0].v, 0);
    ck_assert_int_eq(ours[1].v, 150);
    engine.options.venue.spread = NULL;
    qt__spread_ours(&engine, &symbol, (qt_qty){150}, ours);
    ck_assert_int_eq(ours[0].v + ours[1].v, 0);
}
END_TEST

START_TEST(D1_parts_sum_up_and_exceed_nothing_whatever_happens)
{
    struct qt_rng rng;
    begin(QT_VIEW_VENUES);
    qt_rng_init(&rng, (uint64_t)_i + 1);
    for (int step = 0; step < 200; step++) {
        int64_t held = 0, part = 0;
        for (size_t i = 0; i < venues; i++) {
            there[i].held.v = (int64_t)qt_rng_below(&rng, 1000);
            there[i].selling.v = (int64_t)qt_rng_below(&rng, 1200);
            there[i].is_traded = qt_rng_below(&rng, 4) > 0;
            held += there[i].held.v;
        }
        symbol.foreign_qty.v = (int64_t)qt_rng_below(&rng, (uint64_t)held + 500);
        qt__spread_look(&engine, &symbol);
        for (size_t i = 0; i < venues; i++) {
            ck_assert_int_ge(symbol.foreign_at[i].v, 0);
            ck_assert_int_le(symbol.foreign_at[i].v, there[i].held.v);
            part += symbol.foreign_at[i].v;
        }
        ck_assert_int_eq(part, held < symbol.foreign_qty.v ? held : symbol.foreign_qty.v);
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("spread");
    TCase *tc = tcase_create("spread");
    tcase_add_test(tc, D1_what_was_there_before_us_lies_where_it_was);
    tcase_add_test(tc, D2_what_we_buy_and_sell_changes_nobodys_part);
    tcase_add_test(tc, D2_a_deposit_is_added_and_a_withdrawal_taken_where_it_was);
    tcase_add_test(tc, part_moves_when_ours_was_sold_where_it_was_foreign);
    tcase_add_test(tc, D3_what_our_sells_stand_for_is_ours_first);
    tcase_add_test(tc, nothing_is_ours_where_the_symbol_is_not_traded);
    tcase_add_test(tc, position_alone_is_shared_out_too);
    tcase_add_loop_test(tc, D1_parts_sum_up_and_exceed_nothing_whatever_happens, 0, 50);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
