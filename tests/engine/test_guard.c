/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Protective stops at the venue, case by case: placed, moved, waited for, lost, refused, adopted.
 */
#include "guard_kit.h"

START_TEST(o12_position_gets_its_stop_at_the_venue)
{
    open_engine();
    seconds(2, ENTRY);
    ck_assert_uint_eq(sents, 1);
    check_stop(&sent[0].order, HELD, STOP);
    ck_assert_int_eq(sent[0].order.px.v, LIMIT);
    ck_assert_int_eq(qt__guard_protection(engine, symbol()), QT_PROTECTION_NONE);
    accept_order(sent[0].order.client_id);
    ck_assert_int_eq(qt__guard_protection(engine, symbol()), QT_PROTECTION_VENUE);
    const struct qt_order *order =
        qt_orders_find(qt__orders_of(engine, 0), sent[0].order.client_id);
    ck_assert_str_eq(qt_order_purpose_name((enum qt_order_purpose)order->purpose), "venue_stop");
    seconds(25, ENTRY);
    ck_assert_uint_eq(sents, 1); /* and is left in peace */
    seconds(10, ENTRY);
    ck_assert_uint_eq(count(QUERY), 1); /* but looked at now and then */
    ck_assert_uint_eq(sents, 2);
}
END_TEST

START_TEST(stop_goes_at_market_where_no_slippage_is_named)
{
    engine_config.stop_slippage_bps = 0;
    open_engine();
    seconds(2, ENTRY);
    ck_assert_int_eq(last(SUBMIT)->type, QT_TYPE_STOP_LOSS);
    ck_assert(qt_px_is_none(last(SUBMIT)->px));
    ck_assert_int_eq(last(SUBMIT)->stop_px.v, STOP);
}
END_TEST

START_TEST(limit_of_a_stop_stays_within_the_collar)
{
    engine_config.stop_slippage_bps = 1000;
    open_engine();
    seconds(2, ENTRY);
    ck_assert_int_eq(last(SUBMIT)->px.v, STOP * 98 / 100); /* risk.collar_mid_bps is 200 */
}
END_TEST

START_TEST(engine_that_keeps_stops_alone_sends_none)
{
    snprintf(engine_config.protective_stops, sizeof engine_config.protective_stops, "engine");
    open_engine();
    seconds(5, ENTRY);
    ck_assert_uint_eq(sents, 0);
    ck_assert_int_eq(qt__guard_protection(engine, symbol()), QT_PROTECTION_ENGINE);
    quote(STOP - 1);
    ck_assert_uint_eq(sents, 1);
    check_sale(&sent[0].order, HELD); /* at once: nothing must be cancelled first */
}
END_TEST

START_TEST(o6_exit_waits_until_its_stop_is_cancelled)
{
    uint64_t id = leaving();
    seconds(3, STOP - 1);
    ck_assert_uint_eq(count(CANCEL), 1);
    ck_assert_uint_eq(count(SUBMIT), 1);
    report(id, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    ck_assert_uint_eq(count(SUBMIT), 2);
    check_sale(last(SUBMIT), HELD);
    fill(last(SUBMIT)->client_id, STOP - 2, HELD, HELD);
    check_flat(2);
}
END_TEST

START_TEST(o6_stop_that_fills_while_its_cancel_is_on_its_way_is_all_that_sells)
{
    uint64_t id = leaving();
    report(id, QT_REPORT_CANCEL_REJECTED, QT_ORDER_UNKNOWN, 0);
    ck_assert_int_eq(qt__guard_protection(engine, symbol()), QT_PROTECTION_UNKNOWN);
    seconds(4, STOP - 1);
    ck_assert_uint_gt(count(QUERY), 0);
    ck_assert_uint_eq(count(SUBMIT), 1);
    fill(id, STOP, HELD, HELD);
    check_flat(1);
}
END_TEST

START_TEST(o6_stop_filled_in_part_leaves_only_its_rest_to_the_exit)
{
    uint64_t id = leaving();
    fill(id, STOP, 1500, 1500);
    report(id, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 1500);
    ck_assert_uint_eq(count(SUBMIT), 2);
    check_sale(last(SUBMIT), HELD - 1500);
    fill(last(SUBMIT)->client_id, STOP - 2, 500, 500);
    check_flat(2);
}
END_TEST

START_TEST(o6_fill_told_only_by_the_cancel_counts_too)
{
    uint64_t id = leaving();
    report(id, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 1500);
    ck_assert_uint_eq(count(SUBMIT), 2);
    check_sale(last(SUBMIT), HELD - 1500);
}
END_TEST

START_TEST(o6_cancel_that_was_lost_is_sent_again)
{
    uint64_t id = leaving();
    report(id, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0);
    seconds(3, STOP - 1);
    ck_assert_uint_gt(count(QUERY), 0);
    ck_assert_uint_eq(count(CANCEL), 1);
    report(id, QT_REPORT_STATUS, QT_ORDER_OPEN, 0);
    ck_assert_uint_eq(count(CANCEL), 2);
    ck_assert_uint_eq(count(SUBMIT), 1);
    report(id, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    check_sale(last(SUBMIT), HELD);
}
END_TEST

START_TEST(o6_cancel_that_nobody_answered_is_sent_again)
{
    uint64_t id = leaving();
    seconds(4, STOP - 1);
    ck_assert_uint_eq(count(CANCEL), 1);
    seconds(3, STOP - 1); /* order_timeout_ms is 5000 */
    ck_assert_uint_eq(count(CANCEL), 2);
    ck_assert_uint_eq(last(CANCEL)->client_id, id);
    ck_assert_uint_eq(count(SUBMIT), 1);
}
END_TEST

START_TEST(o13_refused_exit_re_arms_the_stop_at_once)
{
    uint64_t id = leaving();
    report(id, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    quote(STOP + 50); /* the market has come back meanwhile: a stop may rest again */
    report(last(SUBMIT)->client_id, QT_REPORT_REJECTED, QT_ORDER_REJECTED, 0);
    ck_assert_uint_eq(count(SUBMIT), 3);
    check_stop(last(SUBMIT), HELD, STOP);
}
END_TEST

START_TEST(exit_of_unknown_fate_is_not_sold_a_second_time_by_a_stop)
{
    uint64_t id = protected();
    quote(10300); /* the first target: 40 % */
    ck_assert_uint_eq(last(CANCEL)->client_id, id);
    report(id, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    uint64_t exit = last(SUBMIT)->client_id;
    check_sale(last(SUBMIT), 800);
    report(exit, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0);
    ck_assert_uint_eq(count(SUBMIT), 3);
    check_stop(last(SUBMIT), HELD - 800, symbol()->plan.stop.v); /* the rest, at once */
    uint64_t rest = last(SUBMIT)->client_id;
    accept_order(rest);
    report(exit, QT_REPORT_STATUS, QT_ORDER_EXPIRED, 0); /* it never traded */
    ck_assert_uint_eq(last(CANCEL)->client_id, rest);
    report(rest, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    ck_assert_uint_eq(count(SUBMIT), 4);
    check_stop(last(SUBMIT), HELD, symbol()->plan.stop.v);
}
END_TEST

START_TEST(target_that_the_market_left_again_is_sold_all_the_same)
{
    uint64_t id = protected();
    quote(10300);
    quote(10250);
    report(id, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    check_sale(last(SUBMIT), 800);
    fill(last(SUBMIT)->client_id, 10250, 800, 800);
    check_stop(last(SUBMIT), HELD - 800, symbol()->plan.stop.v);
    ck_assert_uint_eq(count(SUBMIT), 3);
}
END_TEST

START_TEST(market_at_the_stop_while_a_target_waits_sells_everything)
{
    uint64_t id = protected();
    quote(10300);
    quote(symbol()->plan.stop.v - 1);
    report(id, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    ck_assert_uint_eq(count(SUBMIT), 2);
    check_sale(last(SUBMIT), HELD);
}
END_TEST

START_TEST(stop_follows_the_trailing_stop_at_its_pace)
{
    uint64_t id = protected();
    quote(10300);
    report(id, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    fill(last(SUBMIT)->client_id, 10300, 800, 800);
    uint64_t first = last(SUBMIT)->client_id;
    accept_order(first);
    unsigned before = sents;
    for (int64_t px = 10305; px < 10345; px += 5) /* trails 1.00 behind, by 0.10 at least */
        quote(px);
    ck_assert_int_gt(symbol()->plan.stop.v, 10200);
    ck_assert_uint_eq(sents, before); /* stop_pace_s is 10 */
    seconds(4, 10345);
    ck_assert_uint_eq(count(CANCEL), 2);
    ck_assert_uint_eq(last(CANCEL)->client_id, first);
    report(first, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    check_stop(last(SUBMIT), HELD - 800, symbol()->plan.stop.v);
}
END_TEST

START_TEST(refused_stop_is_placed_again_ever_more_slowly_and_becomes_an_incident)
{
    open_engine();
    for (unsigned i = 0; i < 70; i++) {
        quote(ENTRY);
        if (symbol()->guard.order)
            report(symbol()->guard.order, QT_REPORT_REJECTED, QT_ORDER_REJECTED, 0);
    }
    ck_assert_uint_ge(count(SUBMIT), 5); /* after 1, 2, 4, 8, 16, 32 s */
    ck_assert_uint_le(count(SUBMIT), 8);
    ck_assert_int_eq(qt__guard_protection(engine, symbol()), QT_PROTECTION_NONE);
    ck_assert_uint_eq(engine->counts.incidents, 1);
    ck_assert_uint_eq(audits_unprotected, 1);
    ck_assert_int_eq(engine->mode, QT_MODE_PAUSED);
    while (!symbol()->guard.order)
        quote(ENTRY);
    accept_order(symbol()->guard.order); /* PAUSED places and keeps it */
    ck_assert_int_eq(qt__guard_protection(engine, symbol()), QT_PROTECTION_VENUE);
    seconds(3, ENTRY);
    ck_assert(!symbol()->guard.is_told);
    ck_assert_uint_eq(engine->counts.incidents, 1);
}
END_TEST

START_TEST(stop_that_expired_or_was_taken_away_is_placed_again)
{
    static const enum qt_report_type ends[] = {QT_REPORT_EXPIRED, QT_REPORT_CANCELLED};
    uint64_t id = protected();
    for (size_t i = 0; i < QT_COUNT_OF(ends); i++) {
        report(id, ends[i], ends[i] == QT_REPORT_EXPIRED ? QT_ORDER_EXPIRED : QT_ORDER_CANCELLED,
               0);
        ck_assert_int_eq(qt__guard_protection(engine, symbol()), QT_PROTECTION_NONE);
        seconds(4, ENTRY);
        ck_assert_uint_eq(count(SUBMIT), i + 2);
        id = last(SUBMIT)->client_id;
        accept_order(id);
    }
}
END_TEST

START_TEST(stop_without_an_answer_is_asked_for_and_never_doubled)
{
    open_engine();
    seconds(2, ENTRY);
    uint64_t id = last(SUBMIT)->client_id;
    seconds(20, ENTRY);
    ck_assert_uint_eq(count(SUBMIT), 1);
    ck_assert_uint_gt(count(QUERY), 3);
    ck_assert_int_eq(qt__guard_protection(engine, symbol()), QT_PROTECTION_UNKNOWN);
    report(id, QT_REPORT_NOT_FOUND, QT_ORDER_UNKNOWN, 0); /* too early to prove anything */
    ck_assert_uint_eq(count(SUBMIT), 1);
    report(id, QT_REPORT_STATUS, QT_ORDER_OPEN, 0);
    ck_assert_int_eq(qt__guard_protection(engine, symbol()), QT_PROTECTION_VENUE);
    seconds(5, ENTRY);
    ck_assert_uint_eq(count(SUBMIT), 1);
}
END_TEST

START_TEST(o11_rest_too_small_for_a_stop_is_left_to_the_engine_without_a_loop)
{
    restore->position[0].qty.v = 100; /* 0.100: 10.00 at the market, 9.80 at the stop */
    open_engine();
    seconds(100, 10010);
    ck_assert_uint_eq(count(SUBMIT), 0);
    ck_assert_uint_eq(engine->counts.incidents, 0);
    ck_assert(qt__symbol_is_open(symbol()));
}
END_TEST

START_TEST(o11_dust_that_a_stop_left_is_not_sold_for_ever)
{
    uint64_t id = protected();
    fill(id, STOP, 1950, 1950); /* 0.050 is left: 4.90 */
    report(id, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 1950);
    seconds(100, STOP - 10);
    ck_assert_uint_eq(count(SUBMIT), 1);
    ck_assert(!symbol()->has_plan);
    ck_assert_int_eq(symbol()->position.qty.v, 50);
}
END_TEST

/* An order of the earlier run in the store. */
static uint64_t
restored_stop(void)
{
    const uint64_t id = qt_client_id(990, 0);
    restore->orders = 1;
    restore->order[0] = (struct qt_order_record){.request = {.client_id = id,
                                                             .side = QT_SELL,
                                                             .type = QT_TYPE_STOP_LOSS_LIMIT,
                                                             .reduce_only = true,
                                                             .px = {LIMIT},
                                                             .stop_px = {STOP},
                                                             .qty = {HELD}},
                                                 .state = QT_ORDER_OPEN,
                                                 .purpose = QT_PURPOSE_VENUE_STOP,
                                                 .venue_id = 5,
                                                 .created_ns = now_ns - QT_NS_PER_MIN,
                                                 .updated_ns = now_ns - QT_NS_PER_MIN};
    return id;
}

START_TEST(o12_restart_adopts_the_stop_that_stands)
{
    uint64_t id = restored_stop();
    open_engine();
    seconds(4, ENTRY);
    ck_assert_uint_eq(count(SUBMIT), 0);
    ck_assert_uint_gt(count(QUERY), 0);
    report(id, QT_REPORT_STATUS, QT_ORDER_OPEN, 0);
    seconds(5, ENTRY);
    ck_assert_int_eq(qt__guard_protection(engine, symbol()), QT_PROTECTION_VENUE);
    ck_assert_uint_eq(count(SUBMIT), 0);
    ck_assert_uint_eq(count(CANCEL), 0);
}
END_TEST

/* What the venue says of it first, and that it says so again; "" ends. R: a fill that was read; F: one
 * of the stream; S: how it stands; A: accepted. Quantities are the whole of it so far. */
static const struct {
    const char *said;
    int64_t cum[3], stored;
    const char *ours, *venue;
} adopted_rows[] = {
    {"S", {0}, 0, "unknown, 0 of 2", "open, 0 of 2"},
    {"S", {500}, 500, "unknown, 0.5 of 2", "partial, 0.5 of 2"},
    {"S", {500}, 0, "unknown, 0 of 2", "partial, 0.5 of 2"},
    {"RS", {500, 500}, 0, "unknown, 0.5 of 2", "partial, 0.5 of 2"},
    {"RRS", {500, 700, 700}, 300, "unknown, 0.7 of 2", "partial, 0.7 of 2"},
    {"FS", {500, 500}, 0, "unknown, 0 of 2", "partial, 0.5 of 2"},
    {"FF", {500, 700}, 0, "unknown, 0 of 2", "partial, 0.5 of 2"},
    {"AS", {0, 0}, 0, "unknown, 0 of 2", "open, 0 of 2"},
    {"SS", {500, 500}, 500, "unknown, 0.5 of 2", "partial, 0.5 of 2"},
};

START_TEST(O4_order_of_an_earlier_run_that_stands_is_told_once_however_it_is_heard_of)
{
    uint64_t id = restored_stop();
    int64_t before = adopted_rows[_i].stored;
    restore->order[0].cum_qty.v = before;
    restore->order[0].cum_quote.v = before * STOP * 1000;
    open_engine();
    seconds(4, ENTRY);
    ck_assert_uint_eq(adopted, 0);
    for (unsigned i = 0; adopted_rows[_i].said[i]; i++) {
        int64_t cum = adopted_rows[_i].cum[i];
        char how = adopted_rows[_i].said[i];
        now_ns += 10 * QT_NS_PER_MS;
        if (how == 'S' || how == 'A')
            report(id, how == 'S' ? QT_REPORT_STATUS : QT_REPORT_ACCEPTED,
                   cum ? QT_ORDER_PARTIAL : QT_ORDER_OPEN, cum);
        else
            fill_flagged(id, STOP, cum - before, cum, how == 'R' ? QT_EVENT_READ : 0);
        before = cum;
    }
    ck_assert_uint_eq(adopted, 1);
    ck_assert_uint_eq(last_adopted.client_id, id);
    ck_assert_str_eq(last_adopted.ours, adopted_rows[_i].ours);
    ck_assert_str_eq(last_adopted.venue, adopted_rows[_i].venue);
    ck_assert_uint_eq(engine->counts.incidents, 0);
}
END_TEST

START_TEST(O4_order_of_an_earlier_run_that_has_ended_is_not_told_to_stand)
{
    uint64_t id = restored_stop();
    open_engine();
    seconds(4, ENTRY);
    if (_i == 0)
        report(id, QT_REPORT_STATUS, QT_ORDER_CANCELLED, 0);
    else
        fill_flagged(id, STOP, HELD, HELD, QT_EVENT_READ);
    ck_assert_uint_eq(adopted, 0);
}
END_TEST

START_TEST(o12_restart_books_the_stop_that_sold_meanwhile)
{
    uint64_t id = restored_stop();
    open_engine();
    seconds(3, STOP - 100);
    ck_assert_uint_eq(count(SUBMIT), 0); /* it may have sold: nothing is sold beside it */
    now_ns += 10 * QT_NS_PER_MS;
    struct qt_event event = {.kind = QT_EVENT_REPORT,
                             .report = {.client_id = id,
                                        .px = {LIMIT},
                                        .qty = {HELD},
                                        .cum_qty = {HELD},
                                        .cum_quote = {INT64_C(196) * 100000000},
                                        .type = QT_REPORT_STATUS,
                                        .state = QT_ORDER_FILLED,
                                        .side = QT_SELL}};
    pass(&event);
    check_flat(0);
}
END_TEST

START_TEST(o12_stop_whose_record_was_lost_is_cancelled)
{
    open_engine();
    quote(ENTRY);
    struct qt_event event = {.kind = QT_EVENT_REPORT,
                             .flags = QT_EVENT_SNAPSHOT,
                             .report = {.client_id = qt_client_id(995, 1),
                                        .venue_id = 6,
                                        .px = {LIMIT},
                                        .qty = {HELD},
                                        .type = QT_REPORT_STATUS,
                                        .state = QT_ORDER_OPEN,
                                        .side = QT_SELL}};
    pass(&event);
    ck_assert_uint_eq(count(CANCEL), 1);
    ck_assert_uint_eq(last(CANCEL)->client_id, qt_client_id(995, 1));
    event.report.client_id = 0; /* somebody else's */
    pass(&event);
    ck_assert_uint_eq(count(CANCEL), 1);
}
END_TEST

/* A read of the account: so much is held. */
static void
read_account(int64_t held)
{
    now_ns += 10 * QT_NS_PER_MS;
    struct qt_event base = {.kind = QT_EVENT_BALANCE,
                            .instrument = QT_NO_INSTRUMENT,
                            .flags = QT_EVENT_SNAPSHOT,
                            .balance = {.asset = "AAA", .free = {held * 100000}}};
    struct qt_event end = {.kind = QT_EVENT_SYNC, .instrument = QT_NO_INSTRUMENT};
    pass(&base);
    pass(&end);
}

START_TEST(stop_that_sold_unheard_is_not_taken_for_a_sale_by_somebody_else)
{
    uint64_t id = protected();
    read_account(HELD);
    ck_assert_uint_eq(sents, 1);
    for (unsigned reads = 1; reads < 3; reads++) {
        read_account(0);
        ck_assert_uint_eq(count(CANCEL), 1);
        ck_assert_uint_eq(last(CANCEL)->client_id, id);
        ck_assert_int_eq(symbol()->position.qty.v, HELD);
    }
    report(id, QT_REPORT_CANCEL_REJECTED, QT_ORDER_UNKNOWN, 0);
    read_account(0);
    ck_assert_int_eq(symbol()->position.qty.v, HELD);
    fill(id, STOP, HELD, HELD);
    check_flat(1);
}
END_TEST

/* As where stops of perpetuals rest: what they would sell need not be held. */
START_TEST(o9_part_that_a_hand_sold_is_believed_though_a_stop_for_all_of_it_rests)
{
    uint64_t id = protected();
    read_account(HELD / 2);
    ck_assert_uint_eq(count(CANCEL), 1);
    report(id, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    seconds(20, ENTRY);
    uint64_t next = last(SUBMIT)->client_id;
    ck_assert_uint_ne(next, id);
    check_stop(last(SUBMIT), HELD, STOP);
    accept_order(next);
    for (unsigned reads = 0; reads < 2; reads++) {
        ck_assert_int_eq(symbol()->position.qty.v, HELD);
        ck_assert_uint_eq(count(CANCEL), 1); /* this one cannot have sold it */
        read_account(HELD / 2);
    }
    ck_assert_int_eq(symbol()->position.qty.v, HELD / 2);
    seconds(2, ENTRY);
    report(next, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    seconds(20, ENTRY);
    check_stop(last(SUBMIT), HELD / 2, STOP);
}
END_TEST

START_TEST(o13_liquidation_keeps_the_stop_until_it_can_sell_and_re_arms_it)
{
    struct qt_error err = {0};
    uint64_t id = protected();
    ck_assert(qt_engine_command(engine, QT_COMMAND_LIQUIDATE, QT_SOURCE_SOCKET, "test", &err));
    quote(ENTRY);
    ck_assert_int_eq(engine->mode, QT_MODE_EMERGENCY);
    ck_assert_uint_eq(count(CANCEL_ALL), 0);
    ck_assert_uint_eq(count(CANCEL), 1);
    ck_assert_uint_eq(last(CANCEL)->client_id, id);
    for (unsigned refusals = 0; refusals < 3; refusals++) {
        unsigned submits = count(SUBMIT);
        report(id, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
        check_sale(last(SUBMIT), HELD);
        report(last(SUBMIT)->client_id, QT_REPORT_REJECTED, QT_ORDER_REJECTED, 0);
        ck_assert_uint_eq(count(SUBMIT), submits + 2);
        check_stop(last(SUBMIT), HELD, STOP); /* in the same breath */
        id = last(SUBMIT)->client_id;
        accept_order(id);
        seconds(3, ENTRY);
        ck_assert_uint_eq(last(CANCEL)->client_id, id);
    }
    report(id, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    fill(last(SUBMIT)->client_id, ENTRY, HELD, HELD);
    check_flat(count(SUBMIT));
}
END_TEST

START_TEST(pause_and_reduce_keep_the_stop)
{
    struct qt_error err = {0};
    uint64_t id = protected();
    ck_assert(qt_engine_command(engine, QT_COMMAND_PAUSE, QT_SOURCE_SOCKET, "test", &err));
    seconds(3, ENTRY);
    ck_assert(qt_engine_command(engine, QT_COMMAND_REDUCE, QT_SOURCE_SOCKET, "test", &err));
    seconds(3, ENTRY);
    ck_assert_uint_eq(sents, 1);
    ck_assert_uint_eq(symbol()->guard.order, id);
}
END_TEST

START_TEST(port_that_takes_nothing_leaves_the_position_to_the_engine)
{
    is_port_down = true;
    open_engine();
    seconds(10, ENTRY);
    ck_assert_uint_eq(sents, 0);
    ck_assert_int_eq(qt__guard_protection(engine, symbol()), QT_PROTECTION_NONE);
    is_port_down = false;
    seconds(10, ENTRY);
    ck_assert_uint_eq(count(SUBMIT), 1);
    check_stop(last(SUBMIT), HELD, STOP);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("guard");
    TCase *tc = tcase_create("guard");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, o12_position_gets_its_stop_at_the_venue);
    tcase_add_test(tc, stop_goes_at_market_where_no_slippage_is_named);
    tcase_add_test(tc, limit_of_a_stop_stays_within_the_collar);
    tcase_add_test(tc, engine_that_keeps_stops_alone_sends_none);
    tcase_add_test(tc, o6_exit_waits_until_its_stop_is_cancelled);
    tcase_add_test(tc, o6_stop_that_fills_while_its_cancel_is_on_its_way_is_all_that_sells);
    tcase_add_test(tc, o6_stop_filled_in_part_leaves_only_its_rest_to_the_exit);
    tcase_add_test(tc, o6_fill_told_only_by_the_cancel_counts_too);
    tcase_add_test(tc, o6_cancel_that_was_lost_is_sent_again);
    tcase_add_test(tc, o6_cancel_that_nobody_answered_is_sent_again);
    tcase_add_test(tc, o13_refused_exit_re_arms_the_stop_at_once);
    tcase_add_test(tc, exit_of_unknown_fate_is_not_sold_a_second_time_by_a_stop);
    tcase_add_test(tc, target_that_the_market_left_again_is_sold_all_the_same);
    tcase_add_test(tc, market_at_the_stop_while_a_target_waits_sells_everything);
    tcase_add_test(tc, stop_follows_the_trailing_stop_at_its_pace);
    tcase_add_test(tc, refused_stop_is_placed_again_ever_more_slowly_and_becomes_an_incident);
    tcase_add_test(tc, stop_that_expired_or_was_taken_away_is_placed_again);
    tcase_add_test(tc, stop_without_an_answer_is_asked_for_and_never_doubled);
    tcase_add_test(tc, o11_rest_too_small_for_a_stop_is_left_to_the_engine_without_a_loop);
    tcase_add_test(tc, o11_dust_that_a_stop_left_is_not_sold_for_ever);
    tcase_add_test(tc, o12_restart_adopts_the_stop_that_stands);
    tcase_add_loop_test(tc, O4_order_of_an_earlier_run_that_stands_is_told_once_however_it_is_heard_of,
                        0, (int)QT_COUNT_OF(adopted_rows));
    tcase_add_loop_test(tc, O4_order_of_an_earlier_run_that_has_ended_is_not_told_to_stand, 0, 2);
    tcase_add_test(tc, o12_restart_books_the_stop_that_sold_meanwhile);
    tcase_add_test(tc, o12_stop_whose_record_was_lost_is_cancelled);
    tcase_add_test(tc, stop_that_sold_unheard_is_not_taken_for_a_sale_by_somebody_else);
    tcase_add_test(tc, o9_part_that_a_hand_sold_is_believed_though_a_stop_for_all_of_it_rests);
    tcase_add_test(tc, o13_liquidation_keeps_the_stop_until_it_can_sell_and_re_arms_it);
    tcase_add_test(tc, pause_and_reduce_keep_the_stop);
    tcase_add_test(tc, port_that_takes_nothing_leaves_the_position_to_the_engine);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
