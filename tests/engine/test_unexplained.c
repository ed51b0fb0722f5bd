/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sale of which the venue says how much was filled, and lists its trades only later: what is
 * booked meanwhile, what is told, and what the books are in the end.
 */
#include "guard_kit.h"

#define MONEY(units) ((units) * INT64_C(100000000))
#define CENTS(cents) ((cents) * INT64_C(1000000))

/* A second later the venue has been read, the account's cash with it. */
static void
read_account(int64_t cash)
{
    now_ns += QT_NS_PER_S;
    struct qt_event quote_row = {.kind = QT_EVENT_BALANCE,
                                 .instrument = QT_NO_INSTRUMENT,
                                 .flags = QT_EVENT_SNAPSHOT,
                                 .balance = {.asset = "USDT", .free = {cash}}};
    struct qt_event end = {.kind = QT_EVENT_SYNC, .instrument = QT_NO_INSTRUMENT};
    pass(&quote_row);
    pass(&end);
}

static int64_t
cash(void)
{
    return qt_ledger_balance(engine->ledger, QT_ACCOUNT_CASH, engine->quote_asset).v;
}

/* The stop is filled whole, by a read, for so much money; -1: nobody says for how much. Its id. */
static uint64_t
sold_by_a_read(int64_t money)
{
    uint64_t id = protected();
    read_account(MONEY(1000));
    read_account(MONEY(1000));
    ck_assert_int_eq(cash(), MONEY(1000));
    now_ns += 10 * QT_NS_PER_MS;
    struct qt_event event = {.kind = QT_EVENT_REPORT,
                             .report = {.client_id = id,
                                        .venue_id = 7,
                                        .px = QT_PX_NONE,
                                        .qty = {HELD},
                                        .cum_qty = {HELD},
                                        .cum_quote = {money},
                                        .type = QT_REPORT_STATUS,
                                        .state = QT_ORDER_FILLED,
                                        .side = QT_SELL}};
    pass(&event);
    ck_assert(qt_position_is_flat(&symbol()->position));
    return id;
}

/* One of the trades that the venue lists now; 10 cents of fee each. */
static void
list(uint64_t id, uint64_t trade_id, int64_t px, int64_t qty, int64_t cum_qty)
{
    now_ns += 10 * QT_NS_PER_MS;
    struct qt_event event = {.kind = QT_EVENT_REPORT,
                             .flags = QT_EVENT_READ,
                             .report = {.client_id = id,
                                        .venue_id = 7,
                                        .trade_id = trade_id,
                                        .px = {px},
                                        .qty = {qty},
                                        .cum_qty = {cum_qty},
                                        .cum_quote = {-1},
                                        .fee = {CENTS(10)},
                                        .type = QT_REPORT_FILL,
                                        .state = QT_ORDER_PARTIAL,
                                        .side = QT_SELL}};
    pass(&event);
}

static void
check_books(int64_t expected, int64_t realised)
{
    unsigned asked = count(QUERY);
    ck_assert_int_eq(cash(), expected);
    ck_assert_int_eq(symbol()->position.realised.v, realised);
    read_account(expected);
    ck_assert_uint_eq(count(QUERY), asked); /* nothing is left to ask */
    ck_assert(engine->is_conserved);
    ck_assert_uint_eq(engine->counts.incidents, 0);
}

static bool
was_noted(const char *text)
{
    struct qt_note_view notes[64];
    uint32_t n = qt_bus_notes(engine->bus, engine->screen, notes, QT_COUNT_OF(notes));
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(notes[i].text, text) == 0)
            return true;
    return false;
}

START_TEST(an_estimate_is_told_and_corrected_when_its_trades_are_listed)
{
    uint64_t id = sold_by_a_read(-1);
    ck_assert_int_eq(cash(), MONEY(1000) + CENTS(2 * LIMIT)); /* as if it had gone at its limit */
    ck_assert_uint_eq(fill_lines, 1);
    ck_assert_str_eq(last_fill.why, "filled meanwhile: booked at the order's price, an estimate");
    ck_assert(was_noted("AAAUSDT: the venue does not say at which price it filled: booked at 97.02, "
                        "an estimate"));
    for (unsigned reads = 1; reads <= 2; reads++) {
        read_account(cash());
        ck_assert_uint_eq(count(QUERY), reads);
        ck_assert_uint_eq(last(QUERY)->client_id, id);
    }
    list(id, 41, 9800, 500, 500);
    ck_assert_int_eq(cash(), MONEY(1000) + CENTS(2 * LIMIT) - CENTS(10));
    list(id, 42, 9790, 1500, 2000);
    ck_assert_uint_eq(fill_lines, 3);
    ck_assert_str_eq(last_fill.ours, "194.04 USDT");
    ck_assert_str_eq(last_fill.venue, "195.85 USDT");
    ck_assert_str_eq(last_fill.why, "booked at an estimate: now what its trades came to");
    ck_assert(was_noted("AAAUSDT fill: ours 194.04 USDT, the venue's 195.85 USDT: corrected"));
    list(id, 42, 9790, 1500, 2000); /* once more changes nothing */
    check_books(MONEY(1000) + CENTS(19585 - 20), CENTS(19585 - 20000));
}
END_TEST

START_TEST(a_sum_is_exact_and_only_its_fee_comes_later)
{
    uint64_t id = sold_by_a_read(CENTS(19585));
    ck_assert_int_eq(cash(), MONEY(1000) + CENTS(19585));
    ck_assert_uint_eq(fill_lines, 1);
    ck_assert_str_eq(last_fill.why, "filled meanwhile: booked by its sum, fee not known");
    read_account(cash());
    ck_assert_uint_eq(count(QUERY), 1);
    list(id, 41, 9800, 500, 500);
    list(id, 42, 9790, 1500, 2000);
    ck_assert_uint_eq(fill_lines, 3);
    ck_assert_str_eq(last_fill.ours, "0 USDT");
    ck_assert_str_eq(last_fill.venue, "0.1 USDT");
    check_books(MONEY(1000) + CENTS(19585 - 20), CENTS(19585 - 20000));
}
END_TEST

START_TEST(an_order_that_ended_long_ago_is_not_asked_for_any_more)
{
    (void)sold_by_a_read(-1);
    read_account(cash());
    unsigned asked = count(QUERY);
    now_ns += 1300 * QT_NS_PER_S;
    read_account(cash());
    ck_assert_uint_eq(count(QUERY), asked);
}
END_TEST

START_TEST(fills_that_were_told_are_not_asked_for)
{
    uint64_t id = protected();
    read_account(MONEY(1000));
    fill(id, STOP, HELD, HELD);
    read_account(MONEY(1196));
    ck_assert_uint_eq(count(QUERY), 0);
    ck_assert_uint_eq(fill_lines, 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("unexplained");
    TCase *tc = tcase_create("unexplained");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, an_estimate_is_told_and_corrected_when_its_trades_are_listed);
    tcase_add_test(tc, a_sum_is_exact_and_only_its_fee_comes_later);
    tcase_add_test(tc, an_order_that_ended_long_ago_is_not_asked_for_any_more);
    tcase_add_test(tc, fills_that_were_told_are_not_asked_for);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
