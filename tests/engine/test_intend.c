/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An order is known before it leaves, and a run that finds intents asks before it acts (O4). */
#include "guard_kit.h"

START_TEST(o4_intent_is_kept_before_its_order_leaves)
{
    keeps_intents = true;
    open_engine();
    seconds(3, ENTRY);
    ck_assert_uint_eq(count(SUBMIT), 1);
    ck_assert_uint_eq(count(INTEND), 1);
    ck_assert_int_eq(sent[0].verb, INTEND);
    ck_assert_int_eq(sent[1].verb, SUBMIT);
    ck_assert_mem_eq(&sent[0].order, &sent[1].order, sizeof sent[0].order);
    check_stop(last(SUBMIT), HELD, STOP);
}
END_TEST

START_TEST(o4_stop_cancel_and_exit_do_not_wait_for_a_disk)
{
    keeps_intents = true;
    disk_fault = "the disk does not answer";
    open_engine();
    seconds(3, ENTRY);
    ck_assert_uint_eq(count(SUBMIT), 1); /* the stop at the venue */
    uint64_t stop = last(SUBMIT)->client_id;
    accept_order(stop);
    seconds(1, STOP - 50);
    ck_assert_uint_eq(count(CANCEL), 1);
    report(stop, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    seconds(1, STOP - 50);
    ck_assert_uint_eq(count(SUBMIT), 2); /* the exit */
    ck_assert_int_eq(last(SUBMIT)->type, QT_TYPE_MARKET);
    ck_assert_uint_eq(count(INTEND), 2); /* both were tried */
}
END_TEST

static const struct qt_order_request entry = {.client_id = (uint64_t)999 << 8,
                                              .side = QT_BUY,
                                              .type = QT_TYPE_LIMIT,
                                              .tif = QT_TIF_IOC,
                                              .px = {ENTRY},
                                              .stop_px = QT_PX_NONE,
                                              .qty = {HELD}};

START_TEST(o4_entry_whose_intent_cannot_be_kept_stays_here_and_is_rejected)
{
    keeps_intents = true;
    disk_fault = "the disk is full";
    open_engine();
    seconds(1, ENTRY);
    struct qt_order_change change;
    struct qt_orders *orders = qt__orders_of(engine, 0);
    struct qt_order *order =
        qt_orders_add(orders, symbol()->ins, &entry, QT_PURPOSE_ENTRY, 999, now_ns);
    ck_assert_int_eq(qt_orders_sent(orders, order, now_ns, &change), QT_ORDERS_APPLIED);
    const struct qt_submission submission = {
        .request = entry, .t_ns = now_ns, .purpose = QT_PURPOSE_ENTRY};
    unsigned before = count(SUBMIT);
    qt__submit(engine, &submission);
    ck_assert_uint_eq(count(SUBMIT), before);
    qt__refused_take(engine);
    ck_assert_int_eq(order->state, QT_ORDER_REJECTED);
    disk_fault = NULL;
    before = count(SUBMIT);
    qt__submit(engine, &submission);
    ck_assert_uint_eq(count(SUBMIT), before + 1);
}
END_TEST

/* What a run finds that only intents tell of: an entry and its stop, no position. */
static uint64_t
only_intents(void)
{
    uint64_t guard = qt_client_id(1000, 0);
    restore->positions = 0;
    restore->orders = 2;
    restore->order[0] = (struct qt_order_record){.request = entry,
                                                 .state = QT_ORDER_PENDING,
                                                 .purpose = QT_PURPOSE_ENTRY,
                                                 .created_ns = now_ns - QT_NS_PER_S,
                                                 .updated_ns = now_ns - QT_NS_PER_S};
    restore->order[1] = restore->order[0];
    restore->order[1].purpose = QT_PURPOSE_VENUE_STOP;
    restore->order[1].request = (struct qt_order_request){.client_id = guard,
                                                          .side = QT_SELL,
                                                          .type = QT_TYPE_STOP_LOSS_LIMIT,
                                                          .reduce_only = true,
                                                          .px = {LIMIT},
                                                          .stop_px = {STOP},
                                                          .qty = {HELD}};
    restore->plans = 1;
    restore->plan[0] = (struct qt_entry_plan){.client_id = entry.client_id,
                                              .side = QT_BUY,
                                              .stop = {STOP},
                                              .trail = {100},
                                              .target = {{10300}, {10400}, {10600}},
                                              .target_bps = {4000, 3000, 3000}};
    return guard;
}

static void
answer_entry(enum qt_order_state state, int64_t cum_qty)
{
    now_ns += 10 * QT_NS_PER_MS;
    struct qt_event event = {.kind = QT_EVENT_REPORT,
                             .report = {.client_id = entry.client_id,
                                        .venue_id = 4,
                                        .px = {ENTRY},
                                        .qty = {HELD},
                                        .cum_qty = {cum_qty},
                                        .cum_quote = {cum_qty * ENTRY * 1000},
                                        .type = QT_REPORT_STATUS,
                                        .state = (uint8_t)state,
                                        .side = QT_BUY}};
    pass(&event);
}

START_TEST(o4_filled_entry_and_its_stop_are_adopted_in_any_order_of_answers)
{
    uint64_t guard = only_intents();
    open_engine();
    seconds(2, ENTRY);
    ck_assert_uint_ge(count(QUERY), 2);
    if (_i == 0)
        answer_entry(QT_ORDER_FILLED, HELD);
    report(guard, QT_REPORT_STATUS, QT_ORDER_OPEN, 0);
    seconds(2, ENTRY);
    if (_i == 1)
        answer_entry(QT_ORDER_FILLED, HELD);
    seconds(4, ENTRY);
    ck_assert_uint_eq(count(CANCEL), 0);
    ck_assert_uint_eq(count(SUBMIT), 0);
    ck_assert_int_eq(symbol()->position.qty.v, HELD);
    ck_assert(symbol()->has_plan);
    ck_assert_int_eq(symbol()->plan.stop.v, STOP);
    ck_assert_int_eq(symbol()->plan.side, QT_BUY);
    ck_assert_int_eq(symbol()->plan.target_bps[0], 4000);
    ck_assert_int_eq(qt__guard_protection(engine, symbol()), QT_PROTECTION_VENUE);
}
END_TEST

START_TEST(o4_entry_that_bought_nothing_leaves_no_stop)
{
    uint64_t guard = only_intents();
    open_engine();
    seconds(2, ENTRY);
    report(guard, QT_REPORT_STATUS, QT_ORDER_OPEN, 0);
    answer_entry(QT_ORDER_EXPIRED, 0);
    seconds(2, ENTRY);
    ck_assert_uint_eq(count(CANCEL), 1);
    ck_assert_uint_eq(last(CANCEL)->client_id, guard);
    ck_assert(!symbol()->has_plan);
    ck_assert_uint_eq(symbol()->entry_order, 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("intend");
    TCase *tc = tcase_create("intend");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, o4_intent_is_kept_before_its_order_leaves);
    tcase_add_test(tc, o4_stop_cancel_and_exit_do_not_wait_for_a_disk);
    tcase_add_test(tc, o4_entry_whose_intent_cannot_be_kept_stays_here_and_is_rejected);
    tcase_add_loop_test(tc, o4_filled_entry_and_its_stop_are_adopted_in_any_order_of_answers, 0, 2);
    tcase_add_test(tc, o4_entry_that_bought_nothing_leaves_no_stop);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
