/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order state machine: every event in every state against an expectation written down on its own, first in the
 * table, then through the reports that a venue sends.
 */
#include <string.h>

#include "trade_kit.h"

/* P pending, O open, p partial, C cancel pending, F filled, X cancelled, R rejected, E expired, U unknown, . incident */
static const char letters[QT_ORDER_STATES + 1] = "POpCFXREU";
static const char *const expected[QT_ORDER_STATES] = {
    /*                           submit
     *                           | accepted
     *                           | | part, full
     *                           | | |  | cancel sent, cancelled, cancel rejected
     *                           | | |  | |  |  | rejected, rejected late
     *                           | | |  | |  |  | |  | expired, timeout
     *                           | | |  | |  |  | |  | |  | reads: open partial cancelling filled cancelled rejected expired
     *                           | | |  | |  |  | |  | |  | |             not found, surely */
    [QT_ORDER_PENDING] =        "P O p  F C  X  U R  U E  U O p C F X R E  U R",
    [QT_ORDER_OPEN] =           ". O p  F C  X  U .  U E  U O p C F X R E  U .",
    [QT_ORDER_PARTIAL] =        ". p p  F C  X  U .  U E  U p p C F X . E  U .",
    [QT_ORDER_CANCEL_PENDING] = ". C C  F C  X  U R  U E  U C C C F X R E  U R",
    [QT_ORDER_FILLED] =         ". F .  F .  .  F .  . .  F F F F F . . .  F .",
    [QT_ORDER_CANCELLED] =      ". X X  F .  X  X .  . .  X X X X F X . .  X .",
    [QT_ORDER_REJECTED] =       ". . .  . .  .  R R  R .  R . . . . . R .  R R",
    [QT_ORDER_EXPIRED] =        ". E E  F .  .  E .  . E  E E E E F . . E  E .",
    [QT_ORDER_UNKNOWN] =        ". O p  F U  X  U R  U E  U O p C F X R E  U R",
};

/* The expected letter of a pair. */
static char
wanted(int state, int event)
{
    const char *at = expected[state];
    for (int column = 0;; at++) {
        if (*at == ' ')
            continue;
        ck_assert(*at != '\0');
        if (column++ == event)
            return *at;
    }
}

START_TEST(every_event_in_every_state_goes_where_it_is_written)
{
    int state = _i / QT_ORDER_EVENTS, event = _i % QT_ORDER_EVENTS;
    enum qt_order_state to = QT_ORDER_STATES;
    const char *why = NULL;
    bool is_legal = qt_order_next(state, event, &to, &why);
    char got = is_legal ? letters[to] : '.';
    ck_assert_msg(got == wanted(state, event), "%s, %s: %c, not %c", qt_order_state_name(state),
                  qt_order_event_name(event), got, wanted(state, event));
    ck_assert(!is_legal || (why && why[0]));
    ck_assert(is_legal || (to == QT_ORDER_STATES && why == NULL));
}
END_TEST

START_TEST(time_alone_never_ends_an_order)
{
    for (int state = 0; state < QT_ORDER_STATES; state++) {
        enum qt_order_state to;
        ck_assert(qt_order_next(state, QT_ORDER_ON_TIMEOUT, &to, NULL));
        ck_assert(qt_order_state_is_final(state) ? (int)to == state : to == QT_ORDER_UNKNOWN);
        if (!qt_order_state_is_final(state) &&
            qt_order_next(state, QT_ORDER_ON_NOT_FOUND, &to, NULL))
            ck_assert_int_eq(to, QT_ORDER_UNKNOWN);
    }
}
END_TEST

/* An order brought into a state by honest reports: 10 asked, 4 filled where something is. */
static struct qt_order *
brought_to(struct qt_orders *orders, enum qt_order_state state)
{
    struct qt_order_change change;
    struct qt_order *order = kit_add(orders, 256, QT_BUY, 10, 10000);
    struct qt_report accepted = kit_report(256, QT_REPORT_ACCEPTED, QT_ORDER_OPEN, 0, 0);
    struct qt_report part = kit_fill(256, 1, 10000, 4, 4, 5), rest = kit_fill(256, 2, 10000, 6, 10, 5);
    struct qt_report end = kit_report(256, QT_REPORT_CANCELLED, state, 4, 40000000);
    if (state == QT_ORDER_PENDING)
        return order;
    if (state == QT_ORDER_UNKNOWN) {
        ck_assert_int_eq(qt_orders_timeout(orders, order, 100, &change), QT_ORDERS_APPLIED);
        return order;
    }
    if (state == QT_ORDER_REJECTED) {
        end = kit_report(256, QT_REPORT_REJECTED, state, 0, 0);
        ck_assert_int_eq(qt_orders_report(orders, &end, 100, &change), QT_ORDERS_APPLIED);
        return order;
    }
    ck_assert_int_eq(qt_orders_report(orders, &accepted, 100, &change), QT_ORDERS_APPLIED);
    if (state == QT_ORDER_OPEN)
        return order;
    ck_assert_int_eq(qt_orders_report(orders, &part, 100, &change), QT_ORDERS_APPLIED);
    if (state == QT_ORDER_CANCEL_PENDING)
        ck_assert_int_eq(qt_orders_cancel_sent(orders, order, 100, &change), QT_ORDERS_APPLIED);
    if (state == QT_ORDER_FILLED)
        ck_assert_int_eq(qt_orders_report(orders, &rest, 100, &change), QT_ORDERS_APPLIED);
    if (state == QT_ORDER_EXPIRED)
        end.type = QT_REPORT_EXPIRED;
    if (state == QT_ORDER_EXPIRED || state == QT_ORDER_CANCELLED)
        ck_assert_int_eq(qt_orders_report(orders, &end, 100, &change), QT_ORDERS_APPLIED);
    ck_assert_int_eq(order->state, state);
    return order;
}

/* A report and the event it is for an order that the venue knows (known), or does not. */
static const struct {
    enum qt_report_type type;
    enum qt_order_state state;
    int64_t cum;
    enum qt_order_event known, fresh;
} reports[] = {
    {QT_REPORT_ACCEPTED, QT_ORDER_OPEN, 0, QT_ORDER_ON_ACCEPTED, QT_ORDER_ON_ACCEPTED},
    {QT_REPORT_FILL, QT_ORDER_PARTIAL, 6, QT_ORDER_ON_FILL_PART, QT_ORDER_ON_FILL_PART},
    {QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0, QT_ORDER_ON_CANCELLED, QT_ORDER_ON_CANCELLED},
    {QT_REPORT_CANCEL_REJECTED, QT_ORDER_OPEN, 0, QT_ORDER_ON_CANCEL_REJECTED, QT_ORDER_ON_CANCEL_REJECTED},
    {QT_REPORT_REJECTED, QT_ORDER_REJECTED, 0, QT_ORDER_ON_REJECTED_LATE, QT_ORDER_ON_REJECTED},
    {QT_REPORT_EXPIRED, QT_ORDER_EXPIRED, 0, QT_ORDER_ON_EXPIRED, QT_ORDER_ON_EXPIRED},
    {QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0, QT_ORDER_ON_TIMEOUT, QT_ORDER_ON_TIMEOUT},
    {QT_REPORT_STATUS, QT_ORDER_OPEN, 0, QT_ORDER_ON_READ_PARTIAL, QT_ORDER_ON_READ_OPEN},
    {QT_REPORT_STATUS, QT_ORDER_CANCEL_PENDING, 0, QT_ORDER_ON_READ_CANCELLING, QT_ORDER_ON_READ_CANCELLING},
    {QT_REPORT_STATUS, QT_ORDER_FILLED, 10, QT_ORDER_ON_READ_FILLED, QT_ORDER_ON_READ_FILLED},
    {QT_REPORT_STATUS, QT_ORDER_CANCELLED, 0, QT_ORDER_ON_READ_CANCELLED, QT_ORDER_ON_READ_CANCELLED},
    {QT_REPORT_STATUS, QT_ORDER_REJECTED, 0, QT_ORDER_ON_READ_REJECTED, QT_ORDER_ON_READ_REJECTED},
    {QT_REPORT_STATUS, QT_ORDER_EXPIRED, 0, QT_ORDER_ON_READ_EXPIRED, QT_ORDER_ON_READ_EXPIRED},
    {QT_REPORT_NOT_FOUND, QT_ORDER_UNKNOWN, 0, QT_ORDER_ON_NOT_FOUND, QT_ORDER_ON_NOT_FOUND},
};
enum { N_REPORTS = sizeof reports / sizeof reports[0] };

START_TEST(every_report_in_every_state_follows_the_table_or_is_an_incident)
{
    int state = _i / N_REPORTS, row = _i % N_REPORTS;
    struct qt_orders *orders = kit_orders(4, 4);
    struct qt_order *order = brought_to(orders, state);
    bool is_known = order->is_acknowledged, is_full = state == QT_ORDER_FILLED;
    struct qt_report report =
        kit_report(256, reports[row].type, reports[row].state, reports[row].cum, -1);
    if (report.type == QT_REPORT_FILL)
        report = kit_fill(256, 9, 10000, 2, 6, 5);
    int event = is_known ? reports[row].known : reports[row].fresh;
    if (event == QT_ORDER_ON_READ_PARTIAL && state == QT_ORDER_OPEN)
        event = QT_ORDER_ON_READ_OPEN;
    if (is_full && (event == QT_ORDER_ON_READ_PARTIAL || event == QT_ORDER_ON_FILL_PART))
        event = QT_ORDER_ON_FILL_FULL; /* said before, and all is filled */
    struct qt_order_change change;
    enum qt_orders_verdict verdict = qt_orders_report(orders, &report, 200, &change);
    char want = wanted(state, event);
    ck_assert_msg(letters[order->state] == (want == '.' ? 'U' : want), "%s, %s: %s",
                  qt_order_state_name(state), qt_order_event_name(event),
                  qt_order_state_name(order->state));
    ck_assert_msg((verdict == QT_ORDERS_INCIDENT) == (want == '.'), "%s, %s: %s (%s)",
                  qt_order_state_name(state), qt_order_event_name(event),
                  qt_orders_verdict_name(verdict), change.incident);
    ck_assert_int_eq(change.incident[0] != '\0', want == '.');
    ck_assert_int_eq(change.before, state);
    ck_assert_int_eq(change.after, order->state);
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(an_event_of_ours_that_is_not_allowed_changes_nothing)
{
    struct qt_orders *orders = kit_orders(4, 4);
    struct qt_order *order = brought_to(orders, QT_ORDER_FILLED);
    struct qt_order_change change;
    ck_assert_int_eq(qt_orders_cancel_sent(orders, order, 1, &change), QT_ORDERS_INCIDENT);
    ck_assert_int_eq(order->state, QT_ORDER_FILLED);
    ck_assert_str_eq(change.incident, "order 100: cancel sent while filled");
    ck_assert_int_eq(qt_orders_sent(orders, order, 1, &change), QT_ORDERS_INCIDENT);
    ck_assert_int_eq(qt_orders_not_sent(orders, order, 1, "no", &change), QT_ORDERS_INCIDENT);
    ck_assert_int_eq(order->state, QT_ORDER_FILLED);
    ck_assert_uint_eq(qt_orders_count(orders).incidents, 3);
    qt_orders_destroy(orders);
}
END_TEST

START_TEST(names_are_there_for_every_value)
{
    for (int i = 0; i < QT_ORDER_EVENTS; i++)
        ck_assert_str_ne(qt_order_event_name(i), "?");
    for (int i = 0; i < QT_PURPOSES; i++)
        ck_assert_str_ne(qt_order_purpose_name(i), "?");
    ck_assert_str_eq(qt_order_event_name(QT_ORDER_EVENTS), "?");
    ck_assert_str_eq(qt_order_purpose_name(QT_PURPOSES), "?");
}
END_TEST

/* Client ids */
START_TEST(a_client_id_is_read_back_only_as_it_was_written)
{
    static const uint64_t ids[] = {1, 255, 256, 0xfedcba9876543210};
    char text[QT_CLIENT_ID_TEXT];
    uint64_t back = 0;
    for (size_t i = 0; i < QT_COUNT_OF(ids); i++) {
        qt_client_id_format(0xdeadbeef, ids[i], text);
        ck_assert_uint_le(strlen(text), 36);
        ck_assert(qt_client_id_parse(text, strlen(text), 0xdeadbeef, &back));
        ck_assert_uint_eq(back, ids[i]);
        ck_assert(!qt_client_id_parse(text, strlen(text), 0xdeadbeee, &back));
    }
    static const char *const bad[] = {"",           "qt-deadbeef-",  "qt-deadbeef-g",  "web_123",
                                      "qt-deadbeef", "qt-deadbeef-A", "xx-deadbeef-1", "qt-deadbeef-1 ",
                                      "qt-deadbeef-12345678901234567"};
    for (size_t i = 0; i < QT_COUNT_OF(bad); i++)
        ck_assert_msg(!qt_client_id_parse(bad[i], strlen(bad[i]), 0xdeadbeef, &back), "%s", bad[i]);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("order");
    TCase *tc = tcase_create("states");
    tcase_add_loop_test(tc, every_event_in_every_state_goes_where_it_is_written, 0,
                        QT_ORDER_STATES * QT_ORDER_EVENTS);
    tcase_add_loop_test(tc, every_report_in_every_state_follows_the_table_or_is_an_incident, 0,
                        QT_ORDER_STATES * N_REPORTS);
    tcase_add_test(tc, time_alone_never_ends_an_order);
    tcase_add_test(tc, an_event_of_ours_that_is_not_allowed_changes_nothing);
    tcase_add_test(tc, names_are_there_for_every_value);
    tcase_add_test(tc, a_client_id_is_read_back_only_as_it_was_written);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
