/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of orders and the faults of conventions' list: O1, O3, O5, O6, O8, O15 by name, then
 * streams of reports in any order, any number of times, with losses, against what the venue really
 * did.
 */
#include <string.h>

#include "trade_kit.h"

#include "qtrade/trade/ledger.h"
#include "qtrade/trade/position.h"

static struct qt_order_change
told(struct qt_orders *orders, struct qt_report report, int64_t t_ns, enum qt_orders_verdict want)
{
    struct qt_order_change change;
    enum qt_orders_verdict got = qt_orders_report(orders, &report, t_ns, &change);
    ck_assert_msg(got == want, "%s, not %s: %s", qt_orders_verdict_name(got),
                  qt_orders_verdict_name(want), change.incident);
    return change;
}

START_TEST(an_order_lives_from_pending_to_filled)
{
    struct qt_orders *orders = kit_orders(4, 4);
    struct qt_order *order = kit_add(orders, 256, QT_BUY, 10, 10000);
    struct qt_order_change change;
    ck_assert_int_eq(qt_orders_sent(orders, order, 110, &change), QT_ORDERS_APPLIED);
    ck_assert_int_eq(order->sent_ns, 110);
    told(orders, kit_report(256, QT_REPORT_ACCEPTED, QT_ORDER_OPEN, 0, 0), 120, QT_ORDERS_APPLIED);
    ck_assert_uint_eq(order->venue_id, 77);
    change = told(orders, kit_fill(256, 1, 10000, 4, 4, 7), 130, QT_ORDERS_APPLIED);
    ck_assert(change.has_fill);
    ck_assert_int_eq(change.fill.quote.v, 40000000); /* 100.00 x 0.004 = 0.4 */
    ck_assert_int_eq(change.fill.t_ns, 130);
    ck_assert_uint_eq(change.fill.seq, 1);
    told(orders, kit_fill(256, 2, 10001, 6, 10, 8), 140, QT_ORDERS_APPLIED);
    ck_assert_int_eq(order->state, QT_ORDER_FILLED);
    ck_assert_int_eq(order->cum_qty.v, 10);
    ck_assert_int_eq(order->cum_quote.v, 40000000 + 60006000);
    ck_assert_int_eq(order->fees.v, 15);
    ck_assert_uint_eq(qt_orders_count(orders).open, 0);
    ck_assert_uint_eq(qt_orders_count(orders).fills, 2);
    ck_assert_ptr_null(qt_orders_first(orders));
    ck_assert_ptr_eq(qt_orders_past(orders, 0), order);
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(O1_a_lost_reply_is_unknown_at_full_size_until_the_venue_says)
{
    struct qt_orders *orders = kit_orders(4, 4);
    kit_add(orders, 256, QT_BUY, 10, 10000);
    struct qt_order_change change =
        told(orders, kit_report(256, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0, -1), 200,
             QT_ORDERS_APPLIED);
    ck_assert_int_eq(change.after, QT_ORDER_UNKNOWN);
    ck_assert_uint_eq(qt_orders_unknown_of(orders, 0), 1);
    struct qt_open_total total;
    qt_orders_open_total(orders, 0, QT_BUY, QT_PX_NONE, &total);
    ck_assert_uint_eq(total.unknown, 1);
    ck_assert_int_eq(total.qty.v, 10);
    ck_assert_int_eq(total.notional.v, 100000000);
    change = told(orders, kit_report(256, QT_REPORT_STATUS, QT_ORDER_OPEN, 0, 0), 300,
                  QT_ORDERS_APPLIED);
    ck_assert_int_eq(change.after, QT_ORDER_OPEN);
    ck_assert_uint_eq(qt_orders_unknown_of(orders, 0), 0);
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(O3_not_found_proves_nothing_before_its_window_has_passed)
{
    struct qt_orders *orders = kit_orders(4, 4);
    struct qt_order *order = kit_add(orders, 256, QT_BUY, 10, 10000);
    struct qt_report not_found = kit_report(256, QT_REPORT_NOT_FOUND, QT_ORDER_UNKNOWN, 0, -1);
    told(orders, not_found, 101, QT_ORDERS_APPLIED);
    ck_assert_int_eq(order->state, QT_ORDER_UNKNOWN);
    told(orders, not_found, 1099, QT_ORDERS_DUPLICATE); /* sent at 100, window 1000 */
    ck_assert_int_eq(order->state, QT_ORDER_UNKNOWN);
    told(orders, not_found, 1100, QT_ORDERS_APPLIED);
    ck_assert_int_eq(order->state, QT_ORDER_REJECTED);
    ck_assert_str_eq(order->reason, "never arrived at the venue");
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(O3_an_order_that_was_seen_is_never_ended_by_not_found)
{
    struct qt_orders *orders = kit_orders(4, 4);
    struct qt_order *order = kit_add(orders, 256, QT_BUY, 10, 10000);
    told(orders, kit_report(256, QT_REPORT_ACCEPTED, QT_ORDER_OPEN, 0, 0), 110, QT_ORDERS_APPLIED);
    for (int64_t t = 200; t < 1000000; t += 100000)
        qt_orders_report(orders, &(struct qt_report){.client_id = 256, .type = QT_REPORT_NOT_FOUND},
                         t, &(struct qt_order_change){0});
    ck_assert_int_eq(order->state, QT_ORDER_UNKNOWN);
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(O5_fills_before_the_reply_twice_and_out_of_order_count_once)
{
    struct qt_orders *orders = kit_orders(4, 4);
    struct qt_order *order = kit_add(orders, 256, QT_SELL, 10, 10000);
    told(orders, kit_fill(256, 2, 10000, 3, 7, 3), 110,
         QT_ORDERS_APPLIED); /* the second fill first */
    ck_assert_int_eq(order->cum_qty.v, 3);
    told(orders, kit_fill(256, 2, 10000, 3, 7, 3), 111, QT_ORDERS_DUPLICATE);
    told(orders, kit_report(256, QT_REPORT_ACCEPTED, QT_ORDER_OPEN, 0, 0), 112, QT_ORDERS_STALE);
    ck_assert_int_eq(order->state, QT_ORDER_PARTIAL);
    told(orders, kit_fill(256, 1, 10000, 4, 4, 4), 113, QT_ORDERS_APPLIED);
    ck_assert_int_eq(order->cum_qty.v, 7);
    told(orders, kit_fill(256, 1, 10000, 4, 4, 4), 114, QT_ORDERS_DUPLICATE);
    told(orders, kit_report(256, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 7, -1), 115,
         QT_ORDERS_APPLIED);
    told(orders, kit_fill(256, 3, 10000, 2, 9, 2), 116, QT_ORDERS_APPLIED); /* it won the race */
    ck_assert_int_eq(order->cum_qty.v, 9);
    ck_assert_int_eq(order->state, QT_ORDER_CANCELLED);
    ck_assert_int_eq(order->fees.v, 9);
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(a_read_books_the_missing_fill_at_its_price_and_the_fill_brings_its_fee_later)
{
    struct qt_orders *orders = kit_orders(4, 4);
    struct qt_order *order = kit_add(orders, 256, QT_BUY, 10, 0); /* at market */
    told(orders, kit_fill(256, 1, 10000, 4, 4, 4), 110, QT_ORDERS_APPLIED);
    struct qt_order_change change =
        told(orders, kit_report(256, QT_REPORT_STATUS, QT_ORDER_FILLED, 10, 40000000 + 60600000),
             120, QT_ORDERS_APPLIED);
    ck_assert(change.has_fill && change.fill.is_from_read && !change.fill.is_estimated);
    ck_assert_int_eq(change.fill.qty.v, 6);
    ck_assert_int_eq(change.fill.px.v, 10100);
    ck_assert_int_eq(change.fill.quote.v, 60600000);
    ck_assert_int_eq(order->state, QT_ORDER_FILLED);
    change = told(orders, kit_fill(256, 2, 10100, 6, 10, 6), 130, QT_ORDERS_APPLIED);
    ck_assert(change.has_fill);
    ck_assert_int_eq(change.fill.qty.v, 0);
    ck_assert_int_eq(change.fill.fee.v, 6);
    told(orders, kit_fill(256, 2, 10100, 6, 10, 6), 131, QT_ORDERS_DUPLICATE);
    ck_assert_int_eq(order->fees.v, 10);
    ck_assert_int_eq(order->cum_quote.v, 100600000);
    ck_assert_uint_eq(qt_orders_count(orders).fills, 2);
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(a_read_without_money_is_booked_at_the_orders_price_and_says_so)
{
    struct qt_orders *orders = kit_orders(4, 4);
    kit_add(orders, 256, QT_BUY, 10, 10000);
    struct qt_order_change change = told(
        orders, kit_report(256, QT_REPORT_STATUS, QT_ORDER_PARTIAL, 4, -1), 120, QT_ORDERS_APPLIED);
    ck_assert(change.fill.is_estimated);
    ck_assert_int_eq(change.fill.px.v, 10000);
    kit_add(orders, 512, QT_BUY, 10, 0);
    change = told(orders, kit_report(512, QT_REPORT_STATUS, QT_ORDER_PARTIAL, 4, -1), 120,
                  QT_ORDERS_INCIDENT);
    ck_assert_str_eq(change.incident, "filled without a price: 0.004 of 0.010");
    ck_assert_int_eq(change.after, QT_ORDER_UNKNOWN);
    ck_assert(!change.has_fill);
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(fills_that_explain_an_estimate_bring_what_it_was_off_by)
{
    struct qt_orders *orders = kit_orders(4, 4);
    struct qt_order *order = kit_add(orders, 256, QT_BUY, 10, 10000);
    told(orders, kit_fill(256, 1, 9990, 2, 2, 2), 110, QT_ORDERS_APPLIED);
    ck_assert(qt_order_is_explained(order));
    told(orders, kit_report(256, QT_REPORT_STATUS, QT_ORDER_PARTIAL, 7, -1), 120,
         QT_ORDERS_APPLIED); /* 5 at 100.00 */
    ck_assert(order->is_estimated && !qt_order_is_explained(order));
    ck_assert_int_eq(order->cum_quote.v, 19980000 + 50000000);
    struct qt_order_change change =
        told(orders, kit_fill(256, 3, 9950, 3, 7, 3), 130, QT_ORDERS_APPLIED); /* the later first */
    ck_assert_int_eq(change.fill.correction.v, 0);
    change = told(orders, kit_fill(256, 2, 9980, 2, 4, 2), 131, QT_ORDERS_APPLIED);
    ck_assert_int_eq(change.fill.qty.v, 0);
    ck_assert_int_eq(change.fill.quote.v, 0);
    ck_assert_int_eq(change.fill.correction.v, 19960000 + 29850000 - 50000000);
    ck_assert_int_eq(order->cum_quote.v, 19980000 + 19960000 + 29850000);
    ck_assert_int_eq(order->fees.v, 7);
    ck_assert(qt_order_is_explained(order) && !order->is_estimated);
    change = told(orders, kit_fill(256, 4, 10000, 3, 10, 3), 132, QT_ORDERS_APPLIED);
    ck_assert_int_eq(change.fill.correction.v, 0);
    told(orders, kit_fill(256, 2, 9980, 2, 4, 2), 133, QT_ORDERS_DUPLICATE);
    ck_assert_int_eq(order->cum_quote.v, 19980000 + 19960000 + 29850000 + 30000000);
    qt_orders_destroy(orders);
}
END_TEST

/* One trade was more than what had been read. */
START_TEST(a_fill_that_goes_on_from_an_estimate_brings_both)
{
    struct qt_orders *orders = kit_orders(4, 4);
    struct qt_order *order = kit_add(orders, 256, QT_SELL, 10, 10000);
    told(orders, kit_report(256, QT_REPORT_STATUS, QT_ORDER_PARTIAL, 4, -1), 120,
         QT_ORDERS_APPLIED);
    struct qt_order_change change =
        told(orders, kit_fill(256, 1, 10010, 10, 10, 1), 130, QT_ORDERS_APPLIED);
    ck_assert_int_eq(change.fill.qty.v, 6);
    ck_assert_int_eq(change.fill.quote.v, 60060000);
    ck_assert_int_eq(change.fill.correction.v, 40000);
    ck_assert_int_eq(order->cum_quote.v, 100100000);
    ck_assert_int_eq(order->state, QT_ORDER_FILLED);
    qt_orders_destroy(orders);
}
END_TEST

static const struct {
    const char *what;
    uint64_t trade;
    int64_t px, qty, cum, fee;
    const char *incident;
} bad_fills[] = {
    {"more than was asked", 2, 10000, 7, 11, 0, "filled beyond the order: 0.011 of 0.010"},
    {"no price", 2, 0, 1, 5, 0, "a fill without sense: 0.001 of 0.010"},
    {"no quantity", 2, 10000, 0, 4, 0, "a fill without sense: 0.000 of 0.010"},
    {"negative quantity", 2, 10000, -1, 4, 0, "a fill without sense: -0.001 of 0.010"},
    {"cumulative less than itself", 2, 10000, 5, 4, 0, "a fill without sense: 0.005 of 0.010"},
    {"a rebate beyond its worth", 2, 10000, 1, 5, -INT64_C(1000000000000),
     "a fill without sense: 0.001 of 0.010"},
    {"half of a known one", 2, 10000, 3, 6, 0, "two fills overlap: 0.006 of 0.010"},
    {"a known trade elsewhere", 1, 10000, 2, 6, 0,
     "trade 1 was said twice with different quantities"},
};

START_TEST(a_fill_that_cannot_be_is_an_incident_and_moves_no_position)
{
    struct qt_orders *orders = kit_orders(4, 4);
    struct qt_order *order = kit_add(orders, 256, QT_BUY, 10, 10000);
    told(orders, kit_fill(256, 1, 10000, 4, 4, 4), 110, QT_ORDERS_APPLIED);
    struct qt_order_change change =
        told(orders,
             kit_fill(256, bad_fills[_i].trade, bad_fills[_i].px, bad_fills[_i].qty,
                      bad_fills[_i].cum, bad_fills[_i].fee),
             120, QT_ORDERS_INCIDENT);
    ck_assert_str_eq(change.incident, bad_fills[_i].incident);
    ck_assert(!change.has_fill);
    ck_assert_int_eq(order->cum_qty.v, 4);
    ck_assert_int_eq(order->state, QT_ORDER_UNKNOWN);
    told(orders, kit_report(256, QT_REPORT_STATUS, QT_ORDER_PARTIAL, 4, -1), 130,
         QT_ORDERS_APPLIED);
    ck_assert_int_eq(order->state, QT_ORDER_PARTIAL); /* the venue's evidence */
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(a_rebate_is_booked_as_a_negative_fee)
{
    struct qt_orders *orders = kit_orders(4, 4);
    struct qt_order *order = kit_add(orders, 256, QT_BUY, 10, 10000);
    struct qt_order_change change =
        told(orders, kit_fill(256, 1, 10000, 4, 4, -7), 110, QT_ORDERS_APPLIED);
    ck_assert(change.has_fill && change.fill.fee.v == -7);
    ck_assert_int_eq(order->fees.v, -7);
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(O6_a_refused_cancel_asks_and_the_fill_is_accounted)
{
    struct qt_orders *orders = kit_orders(4, 4);
    struct qt_order *order = kit_add(orders, 256, QT_BUY, 10, 10000);
    struct qt_order_change change;
    told(orders, kit_report(256, QT_REPORT_ACCEPTED, QT_ORDER_OPEN, 0, 0), 110, QT_ORDERS_APPLIED);
    ck_assert_int_eq(qt_orders_cancel_sent(orders, order, 120, &change), QT_ORDERS_APPLIED);
    ck_assert(order->is_cancel_wanted && order->cancel_ns == 120);
    struct qt_report refused = kit_report(256, QT_REPORT_CANCEL_REJECTED, QT_ORDER_OPEN, 0, -1);
    told(orders, refused, 130, QT_ORDERS_APPLIED);
    ck_assert_int_eq(order->state, QT_ORDER_UNKNOWN);
    change = told(orders, kit_report(256, QT_REPORT_STATUS, QT_ORDER_FILLED, 10, 100000000), 140,
                  QT_ORDERS_APPLIED);
    ck_assert_int_eq(change.fill.qty.v, 10);
    ck_assert_int_eq(order->state, QT_ORDER_FILLED);
    told(orders, refused, 150, QT_ORDERS_DUPLICATE);
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(O8_an_order_of_an_earlier_run_is_unknown_and_no_position)
{
    struct qt_instrument ins = kit_instrument();
    struct qt_orders *orders = kit_orders(4, 4);
    struct qt_order from = {.request = kit_request(256, QT_BUY, 10, 10000),
                            .purpose = QT_PURPOSE_TARGET,
                            .venue_id = 9,
                            .cum_qty = {4},
                            .cum_quote = {40000000},
                            .fees = {4}};
    struct qt_order *order = qt_orders_restore(orders, &ins, &from);
    ck_assert_int_eq(order->state, QT_ORDER_UNKNOWN);
    ck_assert_int_eq(order->purpose, QT_PURPOSE_TARGET);
    told(orders, kit_fill(256, 1, 10000, 4, 4, 4), 110,
         QT_ORDERS_DUPLICATE); /* booked in the earlier run */
    struct qt_order_change change =
        told(orders, kit_report(256, QT_REPORT_STATUS, QT_ORDER_PARTIAL, 7, 70000000), 120,
             QT_ORDERS_APPLIED);
    ck_assert_int_eq(change.fill.qty.v, 3);
    ck_assert_int_eq(order->state, QT_ORDER_PARTIAL);
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(O15_the_same_decision_again_is_refused)
{
    struct qt_orders *orders = kit_orders(4, 4);
    ck_assert_ptr_nonnull(kit_add(orders, 256, QT_BUY, 10, 10000));
    ck_assert_ptr_null(kit_add(orders, 256, QT_BUY, 10, 10000));
    told(orders, kit_report(256, QT_REPORT_REJECTED, QT_ORDER_REJECTED, 0, 0), 110,
         QT_ORDERS_APPLIED);
    ck_assert_ptr_null(kit_add(orders, 256, QT_BUY, 10, 10000)); /* ended, but remembered */
    ck_assert_ptr_null(kit_add(orders, 0, QT_BUY, 10, 10000));
    ck_assert_ptr_null(kit_add(orders, UINT64_MAX, QT_BUY, 10, 10000));
    ck_assert_ptr_null(kit_add(orders, 512, QT_BUY, 0, 10000));
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(the_table_is_bounded_and_forgets_the_oldest_final_order)
{
    struct qt_orders *orders = kit_orders(2, 3);
    struct qt_report rejected = kit_report(0, QT_REPORT_REJECTED, QT_ORDER_REJECTED, 0, 0);
    for (uint64_t id = 1; id <= 100; id++) {
        ck_assert_ptr_nonnull(kit_add(orders, id, QT_BUY, 1, 1));
        rejected.client_id = id;
        told(orders, rejected, 110, QT_ORDERS_APPLIED);
    }
    for (uint32_t n = 0; n < 3; n++)
        ck_assert_uint_eq(qt_orders_past(orders, n)->request.client_id, 100 - n);
    ck_assert_ptr_null(qt_orders_find(orders, 1));
    ck_assert_ptr_null(qt_orders_past(orders, 99));
    rejected.client_id = 1;
    told(orders, rejected, 110, QT_ORDERS_UNKNOWN_ID);
    ck_assert_ptr_nonnull(kit_add(orders, 201, QT_BUY, 1, 1));
    ck_assert_ptr_nonnull(kit_add(orders, 202, QT_BUY, 1, 1));
    ck_assert_ptr_null(kit_add(orders, 203, QT_BUY, 1, 1));
    ck_assert_uint_eq(qt_orders_count(orders).open, 2);
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(open_totals_count_what_may_still_fill_per_side)
{
    struct qt_orders *orders = kit_orders(8, 4);
    struct qt_open_total total;
    kit_add(orders, 1, QT_BUY, 10, 10000);
    kit_add(orders, 2, QT_BUY, 5, 0)->request.reduce_only = true;
    kit_add(orders, 3, QT_SELL, 7, 20000);
    told(orders, kit_fill(1, 1, 10000, 4, 4, 0), 110, QT_ORDERS_APPLIED);
    qt_orders_open_total(orders, 0, QT_BUY, (qt_px){11000}, &total);
    ck_assert_uint_eq(total.orders, 2);
    ck_assert_int_eq(total.qty.v, 11);
    ck_assert_int_eq(total.reducing_qty.v, 5);
    ck_assert_int_eq(total.notional.v, 60000000 + 55000000);
    qt_orders_open_total(orders, 0, QT_BUY, QT_PX_NONE, &total);
    ck_assert_uint_eq(total.unpriced, 1);
    qt_orders_open_total(orders, 0, QT_SELL, QT_PX_NONE, &total);
    ck_assert_int_eq(total.qty.v, 7);
    qt_orders_open_total(orders, 1, QT_SELL, QT_PX_NONE, &total);
    ck_assert_uint_eq(total.orders, 0);
    ck_assert_uint_eq(qt_orders_open_of(orders, 99), 0);
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(an_open_total_that_does_not_fit_says_so)
{
    struct qt_orders *orders = kit_orders(8, 4);
    struct qt_open_total total;
    kit_add(orders, 1, QT_BUY, INT64_MAX / 2, 10000);
    qt_orders_open_total(orders, 0, QT_BUY, QT_PX_NONE, &total);
    ck_assert(total.is_overflow);
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(orders_alive_come_oldest_first_and_leave_when_they_end)
{
    struct qt_orders *orders = kit_orders(8, 4);
    for (uint64_t id = 1; id <= 4; id++)
        kit_add(orders, id, QT_BUY, 1, 1);
    told(orders, kit_report(2, QT_REPORT_REJECTED, QT_ORDER_REJECTED, 0, 0), 110,
         QT_ORDERS_APPLIED);
    uint64_t seen = 0;
    for (struct qt_order *o = qt_orders_first(orders); o; o = qt_orders_after(orders, o))
        seen = seen * 10 + o->request.client_id;
    ck_assert_uint_eq(seen, 134);
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(an_order_that_was_not_sent_is_rejected_at_home)
{
    struct qt_orders *orders = kit_orders(4, 4);
    struct qt_order *order = kit_add(orders, 256, QT_BUY, 10, 10000);
    struct qt_order_change change;
    ck_assert_int_eq(qt_orders_not_sent(orders, order, 120, "no connection", &change),
                     QT_ORDERS_APPLIED);
    ck_assert_int_eq(order->state, QT_ORDER_REJECTED);
    ck_assert_str_eq(order->reason, "no connection");
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(a_rejected_order_that_turns_out_to_live_is_an_incident_and_alive_again)
{
    struct qt_orders *orders = kit_orders(4, 4);
    struct qt_order *order = kit_add(orders, 256, QT_BUY, 10, 10000);
    told(orders, kit_report(256, QT_REPORT_REJECTED, QT_ORDER_REJECTED, 0, 0), 110,
         QT_ORDERS_APPLIED);
    struct qt_order_change change =
        told(orders, kit_fill(256, 1, 10000, 4, 4, 4), 120, QT_ORDERS_INCIDENT);
    ck_assert(change.has_fill); /* a fill is a position, whatever was said before */
    ck_assert_int_eq(order->state, QT_ORDER_UNKNOWN);
    ck_assert_uint_eq(qt_orders_open_of(orders, 0), 1);
    ck_assert_int_eq(qt_order_remaining(order).v, 6);
    qt_orders_destroy(orders);
}
END_TEST

/* ---- streams ---- */

#define MAX_FILLS 12
#define MAX_STREAM 128

/* What the venue really did with one order. */
struct truth {
    enum qt_side side;
    int64_t qty, cum, quote, fees;
    enum qt_order_state state;
    int fills;
    struct qt_report fill[MAX_FILLS];
};

static void
live(struct qt_rng *rng, uint64_t id, struct truth *truth)
{
    struct qt_instrument ins = kit_instrument();
    *truth = (struct truth){.side = (enum qt_side)qt_rng_below(rng, 2),
                            .qty = kit_between(rng, 1, 2000)};
    int want = (int)kit_between(rng, 0, MAX_FILLS);
    while (truth->fills < want && truth->cum < truth->qty) {
        int64_t qty = kit_between(rng, 1, truth->qty - truth->cum), px = kit_between(rng, 1, 50000);
        qt_money quote;
        ck_assert(qt_instrument_notional(&ins, (qt_px){px}, (qt_qty){qty}, &quote));
        truth->cum += qty;
        truth->quote += quote.v;
        int64_t fee = kit_between(rng, 0, 1000);
        truth->fees += fee;
        struct qt_report report =
            kit_fill(id, id * 100 + (uint64_t)truth->fills, px, qty, truth->cum, fee);
        report.cum_quote = (qt_money){truth->quote};
        truth->fill[truth->fills++] = report;
    }
    truth->state = truth->cum == truth->qty ? QT_ORDER_FILLED
                   : qt_rng_below(rng, 2)   ? QT_ORDER_CANCELLED
                                            : QT_ORDER_EXPIRED;
}

/* A read taken after the first n fills. */
static struct qt_report
read_after(const struct truth *truth, uint64_t id, int n)
{
    const struct qt_report *last = n > 0 ? &truth->fill[n - 1] : NULL;
    enum qt_order_state state = n == 0 ? QT_ORDER_OPEN : QT_ORDER_PARTIAL;
    if (last && last->cum_qty.v == truth->qty)
        state = QT_ORDER_FILLED;
    return kit_report(id, QT_REPORT_STATUS, state, last ? last->cum_qty.v : 0,
                      last ? last->cum_quote.v : 0);
}

/* Everything the venue sends, each 1..3 times or lost, shuffled. Returns how many. */
static int
stream_of(struct qt_rng *rng, const struct truth *truth, uint64_t id, bool may_lose,
          struct qt_report *out)
{
    struct qt_report all[2 * MAX_FILLS + 4];
    int n = 0, count = 0;
    all[n++] = kit_report(id, QT_REPORT_ACCEPTED, QT_ORDER_OPEN, 0, 0);
    for (int i = 0; i < truth->fills; i++)
        all[n++] = truth->fill[i];
    for (int i = 0; i < 3; i++)
        all[n++] = read_after(truth, id, (int)kit_between(rng, 0, truth->fills));
    if (truth->state == QT_ORDER_CANCELLED)
        all[n++] = kit_report(id, QT_REPORT_CANCELLED, truth->state, truth->cum, truth->quote);
    if (truth->state == QT_ORDER_EXPIRED)
        all[n++] = kit_report(id, QT_REPORT_EXPIRED, truth->state, truth->cum, truth->quote);
    if (qt_rng_below(rng, 4) == 0)
        all[n++] = kit_report(id, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0, -1);
    for (int i = 0; i < n; i++) {
        int64_t times = may_lose ? kit_between(rng, 0, 3) : kit_between(rng, 1, 3);
        while (times-- > 0 && count < MAX_STREAM)
            out[count++] = all[i];
    }
    for (int i = count - 1; i > 0; i--) {
        int j = (int)qt_rng_below(rng, (uint64_t)i + 1);
        struct qt_report swap = out[i];
        out[i] = out[j];
        out[j] = swap;
    }
    return count;
}

/* What we made of it. */
struct books {
    struct qt_orders *orders;
    struct qt_ledger *ledger;
    struct qt_position position;
    int64_t fees, bought, sold;
};

static void
take(struct books *books, const struct qt_report *report)
{
    struct qt_instrument ins = kit_instrument();
    struct qt_order_change change;
    enum qt_orders_verdict verdict = qt_orders_report(books->orders, report, 200, &change);
    ck_assert_msg(verdict != QT_ORDERS_INCIDENT, "%s", change.incident);
    if (!change.has_fill)
        return;
    ck_assert(qt_position_fill(&books->position, &change.fill, NULL));
    ck_assert(qt_ledger_fill(books->ledger, &ins, &change.fill, NULL));
    books->fees += change.fill.fee.v;
    *(change.fill.side == QT_BUY ? &books->bought : &books->sold) += change.fill.quote.v;
}

static void
compare_order(const struct books *books, const struct truth *truth, uint64_t id)
{
    const struct qt_order *order = qt_orders_find(books->orders, id);
    ck_assert_msg(order->cum_qty.v == truth->cum && order->cum_quote.v == truth->quote &&
                      order->state == truth->state,
                  "order %llu: %lld for %lld, %s; really %lld for %lld, %s", (unsigned long long)id,
                  (long long)order->cum_qty.v, (long long)order->cum_quote.v,
                  qt_order_state_name(order->state), (long long)truth->cum, (long long)truth->quote,
                  qt_order_state_name(truth->state));
}

/* 4,000 orders a seed, about 25 reports each. */
static void
run_streams(uint64_t seed, bool may_lose)
{
    struct qt_rng rng;
    qt_rng_init(&rng, seed);
    struct qt_instrument ins = kit_instrument();
    struct books books = {.orders = kit_orders(8, 8), .ledger = qt_ledger_create(4)};
    qt_position_init(&books.position, &ins);
    int64_t position = 0, quote = 0, fees = 0, reports = 0;
    for (uint64_t id = 1; id <= 4000; id++) {
        struct truth truth;
        struct qt_report stream[MAX_STREAM];
        live(&rng, id, &truth);
        kit_add(books.orders, id, truth.side, truth.qty, 30000);
        int n = stream_of(&rng, &truth, id, may_lose, stream);
        for (int i = 0; i < n; i++)
            take(&books, &stream[i]);
        struct qt_report last =
            kit_report(id, QT_REPORT_STATUS, truth.state, truth.cum, truth.quote);
        take(&books, &last);
        reports += n + 1;
        compare_order(&books, &truth, id);
        position += truth.side == QT_BUY ? truth.cum : -truth.cum;
        quote += truth.side == QT_BUY ? -truth.quote : truth.quote;
        fees += truth.fees;
    }
    struct qt_error err;
    ck_assert_int_eq(books.position.qty.v, position);
    ck_assert_int_eq(books.sold - books.bought, quote);
    ck_assert_int_eq(quote, books.position.realised.v - books.position.cost.v); /* P1 */
    if (may_lose)
        ck_assert_int_le(books.fees, fees);
    else
        ck_assert_int_eq(books.fees, fees);
    ck_assert_msg(qt_ledger_check(books.ledger, &err), "%s", err.text);
    uint32_t base = qt_ledger_asset(books.ledger, "BTC", 3),
             usdt = qt_ledger_asset(books.ledger, "USDT", 8);
    ck_assert_int_eq(qt_ledger_balance(books.ledger, QT_ACCOUNT_CASH, base).v, position);
    ck_assert_int_eq(qt_ledger_balance(books.ledger, QT_ACCOUNT_CASH, usdt).v, quote - books.fees);
    ck_assert_int_gt(reports, 40000);
    ck_assert_uint_eq(qt_orders_count(books.orders).open, 0);
    qt_orders_destroy(books.orders);
    qt_ledger_destroy(books.ledger);
}

START_TEST(reports_in_any_order_and_number_come_to_what_the_venue_did)
{
    uint64_t seed = kit_seed(_i);
    fprintf(stderr, "# QT_SEED=%llu\n", (unsigned long long)seed);
    run_streams(seed, false);
}
END_TEST

START_TEST(with_reports_lost_a_last_read_makes_it_right)
{
    uint64_t seed = kit_seed(_i + 100);
    fprintf(stderr, "# QT_SEED=%llu\n", (unsigned long long)seed);
    run_streams(seed, true);
}
END_TEST

START_TEST(rubbish_reports_never_break_the_table)
{
    struct qt_rng rng;
    qt_rng_init(&rng, kit_seed(_i));
    struct qt_orders *orders = kit_orders(8, 8);
    struct qt_order_change change;
    for (uint64_t n = 1; n <= 50000; n++) {
        if (qt_rng_below(&rng, 4) == 0)
            (void)kit_add(orders, n, QT_BUY, kit_between(&rng, 1, 100), kit_between(&rng, 0, 3));
        struct qt_report report;
        unsigned char *bytes = (unsigned char *)&report;
        for (size_t i = 0; i < sizeof report; i++)
            bytes[i] = (unsigned char)qt_rng_below(&rng, 256);
        report.client_id = n - qt_rng_below(&rng, 20);
        report.type = (uint8_t)qt_rng_below(&rng, QT_REPORT_TYPES + 1);
        report.state = (uint8_t)qt_rng_below(&rng, QT_ORDER_STATES + 2);
        if (qt_rng_below(&rng, 2))
            report.cum_qty = (qt_qty){kit_between(&rng, -5, 110)};
        (void)qt_orders_report(orders, &report, (int64_t)n, &change);
        if (change.order) {
            ck_assert_int_le(change.order->cum_qty.v, change.order->request.qty.v);
            ck_assert_int_ge(change.order->cum_qty.v, 0);
        }
    }
    uint32_t alive = 0;
    for (struct qt_order *o = qt_orders_first(orders); o; o = qt_orders_after(orders, o))
        alive++;
    ck_assert_uint_eq(alive, qt_orders_count(orders).open);
    ck_assert_uint_eq(alive, qt_orders_open_of(orders, 0));
    qt_orders_destroy(orders);
}
END_TEST

static void
add_cases(TCase *tc)
{
    tcase_add_test(tc, an_order_lives_from_pending_to_filled);
    tcase_add_test(tc, O1_a_lost_reply_is_unknown_at_full_size_until_the_venue_says);
    tcase_add_test(tc, O3_not_found_proves_nothing_before_its_window_has_passed);
    tcase_add_test(tc, O3_an_order_that_was_seen_is_never_ended_by_not_found);
    tcase_add_test(tc, O5_fills_before_the_reply_twice_and_out_of_order_count_once);
    tcase_add_test(tc,
                   a_read_books_the_missing_fill_at_its_price_and_the_fill_brings_its_fee_later);
    tcase_add_test(tc, a_read_without_money_is_booked_at_the_orders_price_and_says_so);
    tcase_add_test(tc, fills_that_explain_an_estimate_bring_what_it_was_off_by);
    tcase_add_test(tc, a_fill_that_goes_on_from_an_estimate_brings_both);
    tcase_add_loop_test(tc, a_fill_that_cannot_be_is_an_incident_and_moves_no_position, 0,
                        (int)QT_COUNT_OF(bad_fills));
    tcase_add_test(tc, a_rebate_is_booked_as_a_negative_fee);
    tcase_add_test(tc, O6_a_refused_cancel_asks_and_the_fill_is_accounted);
    tcase_add_test(tc, O8_an_order_of_an_earlier_run_is_unknown_and_no_position);
    tcase_add_test(tc, O15_the_same_decision_again_is_refused);
    tcase_add_test(tc, the_table_is_bounded_and_forgets_the_oldest_final_order);
    tcase_add_test(tc, open_totals_count_what_may_still_fill_per_side);
    tcase_add_test(tc, an_open_total_that_does_not_fit_says_so);
    tcase_add_test(tc, orders_alive_come_oldest_first_and_leave_when_they_end);
    tcase_add_test(tc, an_order_that_was_not_sent_is_rejected_at_home);
    tcase_add_test(tc, a_rejected_order_that_turns_out_to_live_is_an_incident_and_alive_again);
}

int
main(void)
{
    Suite *suite = suite_create("orders");
    TCase *tc = tcase_create("table"), *streams = tcase_create("streams");
    add_cases(tc);
    suite_add_tcase(suite, tc);
    tcase_set_timeout(streams, 60);
    tcase_add_loop_test(streams, reports_in_any_order_and_number_come_to_what_the_venue_did, 0, 3);
    tcase_add_loop_test(streams, with_reports_lost_a_last_read_makes_it_right, 0, 3);
    tcase_add_loop_test(streams, rubbish_reports_never_break_the_table, 0, 3);
    suite_add_tcase(suite, streams);
    return qt_run_suite(suite);
}
