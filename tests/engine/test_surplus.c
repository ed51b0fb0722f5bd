/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the venue holds beyond the books: somebody else's, unless an order of ours bought it; and a
 * liquidation beside it.
 */
#include "guard_kit.h"

enum { OTHERS = 5000 };

static const struct qt_order_request entry = {.client_id = 999 << 8,
                                              .side = QT_BUY,
                                              .type = QT_TYPE_LIMIT,
                                              .tif = QT_TIF_IOC,
                                              .px = {ENTRY},
                                              .stop_px = {INT64_MIN},
                                              .qty = {HELD}};

/* A second later an account of so much is read. */
static void
read_account(int64_t held)
{
    now_ns += QT_NS_PER_S;
    struct qt_event base = {.kind = QT_EVENT_BALANCE,
                            .instrument = QT_NO_INSTRUMENT,
                            .flags = QT_EVENT_SNAPSHOT,
                            .balance = {.asset = "AAA", .free = {held * 100000}}};
    struct qt_event end = {.kind = QT_EVENT_SYNC, .instrument = QT_NO_INSTRUMENT};
    pass(&base);
    pass(&end);
}

static void
say(enum qt_report_type type, enum qt_order_state state, int64_t cum_qty)
{
    now_ns += 10 * QT_NS_PER_MS;
    struct qt_event event = {.kind = QT_EVENT_REPORT,
                             .report = {.client_id = entry.client_id,
                                        .venue_id = type == QT_REPORT_NOT_FOUND ? 0 : 4,
                                        .px = {ENTRY},
                                        .qty = {HELD},
                                        .cum_qty = {cum_qty},
                                        .cum_quote = {cum_qty * ENTRY * 1000},
                                        .type = (uint8_t)type,
                                        .state = (uint8_t)state,
                                        .side = QT_BUY}};
    pass(&event);
}

static void
liquidate(void)
{
    struct qt_error err = {0};
    ck_assert(qt_engine_command(engine, QT_COMMAND_LIQUIDATE, QT_SOURCE_SOCKET, "test", &err));
    quote(ENTRY);
    ck_assert_int_eq(engine->mode, QT_MODE_EMERGENCY);
}

static void
check_ends_flat(int64_t held)
{
    for (unsigned reads = 0; reads < 20 && !engine->liquidation.is_flat; reads++)
        read_account(held);
    ck_assert(engine->liquidation.is_flat);
    ck_assert_int_eq(symbol()->foreign_qty.v, held);
    ck_assert(qt_position_is_flat(&symbol()->position));
}

/* An entry of ours, asked for and ended with nothing bought, as the venue said. */
static void
ended_entry(bool is_not_found)
{
    restore->positions = 0;
    restore->orders = 1;
    restore->order[0] = (struct qt_order_record){.request = entry,
                                                 .state = QT_ORDER_PENDING,
                                                 .purpose = QT_PURPOSE_ENTRY,
                                                 .created_ns = now_ns - QT_NS_PER_S,
                                                 .updated_ns = now_ns - QT_NS_PER_S};
    open_engine();
    seconds(2, ENTRY);
    read_account(0);
    ck_assert(!symbol()->has_foreign); /* its fate is not known */
    if (is_not_found) {
        seconds(120, ENTRY); /* nothing that was sent can be on its way any more */
        say(QT_REPORT_NOT_FOUND, QT_ORDER_UNKNOWN, 0);
    } else {
        say(QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    }
    ck_assert_uint_eq(qt_orders_open_of(qt__orders_of(engine, 0), 0), 0);
    read_account(0);
    ck_assert(symbol()->has_foreign);
}

START_TEST(what_somebody_else_bought_is_not_ours_after_two_reads)
{
    (void)protected();
    read_account(HELD);
    read_account(HELD + OTHERS);
    ck_assert_int_eq(symbol()->foreign_qty.v, 0);
    read_account(HELD + OTHERS);
    ck_assert_int_eq(symbol()->foreign_qty.v, OTHERS);
    read_account(HELD);
    read_account(HELD);
    ck_assert_int_eq(symbol()->foreign_qty.v, 0);
    ck_assert_int_eq(symbol()->position.qty.v, HELD);
}
END_TEST

START_TEST(reads_with_an_order_between_them_are_not_two_in_a_row)
{
    uint64_t id = protected();
    read_account(HELD);
    read_account(HELD + OTHERS);
    report(id, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0);
    read_account(HELD + OTHERS);
    report(id, QT_REPORT_STATUS, QT_ORDER_OPEN, 0);
    read_account(HELD + OTHERS);
    ck_assert_int_eq(symbol()->foreign_qty.v, 0);
    read_account(HELD + OTHERS);
    ck_assert_int_eq(symbol()->foreign_qty.v, OTHERS);
}
END_TEST

START_TEST(liquidation_is_flat_beside_what_somebody_bought_just_before_it)
{
    uint64_t id = protected();
    read_account(HELD);
    if (_i)
        read_account(HELD + OTHERS); /* seen once, or not at all yet */
    liquidate();
    report(id, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    check_sale(last(SUBMIT), HELD);
    fill(last(SUBMIT)->client_id, ENTRY, HELD, HELD);
    unsigned submits = count(SUBMIT);
    read_account(OTHERS);
    ck_assert(!engine->liquidation.is_flat);
    check_ends_flat(OTHERS);
    seconds(20, ENTRY);
    ck_assert_uint_eq(count(SUBMIT), submits); /* nothing of theirs is sold */
    ck_assert_uint_eq(engine->counts.incidents, 0);
}
END_TEST

START_TEST(surplus_is_not_believed_before_our_orders_have_been_asked_for)
{
    ended_entry(_i);
    unsigned asked = count(QUERY);
    for (unsigned reads = 0; reads < 5; reads++) {
        read_account(HELD);
        ck_assert_uint_gt(count(QUERY), asked);
        ck_assert_uint_eq(last(QUERY)->client_id, entry.client_id);
        ck_assert_int_eq(symbol()->foreign_qty.v, 0); /* nobody answers */
        asked = count(QUERY);
    }
    say(_i ? QT_REPORT_NOT_FOUND : QT_REPORT_STATUS, _i ? QT_ORDER_UNKNOWN : QT_ORDER_CANCELLED, 0);
    read_account(HELD);
    ck_assert_int_eq(symbol()->foreign_qty.v, HELD);
    ck_assert_uint_eq(count(QUERY), asked);
    ck_assert_uint_eq(engine->counts.incidents, 0);
}
END_TEST

START_TEST(fill_that_nobody_told_is_found_and_sold_by_a_liquidation)
{
    ended_entry(_i);
    liquidate();
    unsigned asked = count(QUERY), submits = count(SUBMIT);
    for (unsigned reads = 0; reads < 5; reads++)
        read_account(HELD + OTHERS);
    ck_assert_uint_gt(count(QUERY), asked);
    ck_assert(!engine->liquidation.is_flat);
    ck_assert_int_eq(symbol()->foreign_qty.v, 0);
    say(QT_REPORT_STATUS, QT_ORDER_FILLED, HELD);
    ck_assert_int_eq(symbol()->position.qty.v, HELD);
    say(QT_REPORT_STATUS, QT_ORDER_FILLED, HELD);
    seconds(2, ENTRY);
    ck_assert_uint_eq(count(SUBMIT), submits + 1);
    check_sale(last(SUBMIT), HELD);
    fill(last(SUBMIT)->client_id, ENTRY, HELD, HELD);
    check_ends_flat(OTHERS);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("surplus");
    TCase *tc = tcase_create("surplus");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, what_somebody_else_bought_is_not_ours_after_two_reads);
    tcase_add_test(tc, reads_with_an_order_between_them_are_not_two_in_a_row);
    tcase_add_loop_test(tc, liquidation_is_flat_beside_what_somebody_bought_just_before_it, 0, 2);
    tcase_add_loop_test(tc, surplus_is_not_believed_before_our_orders_have_been_asked_for, 0, 2);
    tcase_add_loop_test(tc, fill_that_nobody_told_is_found_and_sold_by_a_liquidation, 0, 2);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
