/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each fault of `venue serve --fault` in each state of an order, in virtual time: the stop of a
 * position is brought into the state, the fault lasts a minute while the market falls through the
 * stop, then it is over; in the end venue and books agree, everything was sold once, and nothing
 * was told wrong.
 */
#include "fault_venue.h"

enum { FAULT_S = 60, PEACE_S = 400 };

/* Brings the stop, the venue's first order, into the state; at the venue and here. */
static void
reach(enum qt_order_state state)
{
    const uint64_t *id = &venue.order[0].id;
    venue.withholds = state == QT_ORDER_PENDING || state == QT_ORDER_REJECTED;
    if (state == QT_ORDER_REJECTED) {
        fault = QT_FAULT_REJECT;
        venue.has_fault = true;
    }
    for (int i = 0; i < 5 && sents == 0; i++)
        second(ENTRY);
    venue.has_fault = venue.withholds = false;
    if (state == QT_ORDER_PENDING || state == QT_ORDER_REJECTED)
        return;
    ck_assert_uint_eq(venue.orders, 1);
    if (state == QT_ORDER_OPEN)
        return;
    if (state == QT_ORDER_PARTIAL || state == QT_ORDER_FILLED)
        fills(0, state == QT_ORDER_FILLED ? HELD : HELD / 2);
    if (state == QT_ORDER_UNKNOWN)
        answer_bare(*id, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0, 0);
    if (state == QT_ORDER_CANCELLED || state == QT_ORDER_EXPIRED) {
        venue.order[0].state = state;
        const struct qt_event event =
            report_of(0, state == QT_ORDER_EXPIRED ? QT_REPORT_EXPIRED : QT_REPORT_CANCELLED);
        tell(&event, false);
    }
    if (state == QT_ORDER_CANCEL_PENDING)
        quote(STOP - 1); /* the engine asks for it back; the venue has not read that yet */
    else
        deliver();
}

static const enum qt_order_state states[] = {
    QT_ORDER_PENDING,  QT_ORDER_OPEN,           QT_ORDER_PARTIAL,
    QT_ORDER_FILLED,   QT_ORDER_CANCEL_PENDING, QT_ORDER_CANCELLED,
    QT_ORDER_REJECTED, QT_ORDER_EXPIRED,        QT_ORDER_UNKNOWN};

static void
check_reached(enum qt_order_state state)
{
    const struct qt_order *order =
        qt_orders_find(qt__orders_of(engine, 0), sent[0].order.client_id);
    ck_assert_ptr_nonnull(order);
    ck_assert_msg(order->state == (uint8_t)state, "%s, not %s",
                  qt_order_state_name((enum qt_order_state)order->state),
                  qt_order_state_name(state));
}

static void
check_agreed(const char *cell)
{
    ck_assert_msg(venue.left == 0, "%s: %lld left at the venue", cell, (long long)venue.left);
    ck_assert_msg(qt_position_is_flat(&symbol()->position), "%s: a position in the books", cell);
    ck_assert_msg(qt_orders_open_of(qt__orders_of(engine, 0), 0) == 0, "%s: an order alive", cell);
    ck_assert_msg(locked() == 0, "%s: an order alive at the venue", cell);
    ck_assert_msg(engine->counts.incidents == 0, "%s: an incident", cell);
    ck_assert_msg(engine->is_conserved, "%s: the ledger", cell);
    int64_t sold = 0;
    for (unsigned i = 0; i < venue.orders; i++)
        sold += venue.order[i].cum;
    ck_assert_int_eq(sold, HELD);
    for (unsigned i = 0; i < venue.orders; i++) { /* each order's end is the venue's */
        const struct qt_order *order = qt_orders_find(qt__orders_of(engine, 0), venue.order[i].id);
        ck_assert_msg(order && order->cum_qty.v == venue.order[i].cum &&
                          order->state == (uint8_t)venue.order[i].state,
                      "%s: order %u is %s here and %s there", cell, i,
                      order ? qt_order_state_name((enum qt_order_state)order->state) : "gone",
                      qt_order_state_name(venue.order[i].state));
    }
}

START_TEST(each_fault_in_each_state_ends_reconciled)
{
    enum qt_order_state state = states[_i % (int)QT_COUNT_OF(states)];
    enum qt_fault_kind kind = (enum qt_fault_kind)(_i / (int)QT_COUNT_OF(states));
    for (int first = 0; first < 2; first++) {
        char cell[80];
        snprintf(cell, sizeof cell, "%s while %s%s", qt_fault_rows[kind].name,
                 qt_order_state_name(state), first ? ", the venue is the quicker one" : "");
        memset(&venue, 0, sizeof venue);
        venue.left = HELD;
        venue.fills_first = first;
        venue.read_ns = QT_TIME_NONE;
        engine_config.unprotected_s = 600; /* that a stop is missing so long is told as an incident */
        open_engine();
        reach(state);
        check_reached(state);
        fault = kind;
        venue.has_fault = true;
        run_for(FAULT_S / 4, STOP + 50);
        run_for(3 * FAULT_S / 4, STOP - 1); /* through the stop */
        venue.has_fault = false;
        ck_assert_msg(kind != QT_FAULT_RIGHTS || engine->mode == QT_MODE_PAUSED, "%s: trades on",
                      cell);
        run_for(PEACE_S, STOP - 1);
        check_agreed(cell);
        tear_down();
        engine = NULL;
        set_up();
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("fault_matrix");
    TCase *tc = tcase_create("matrix");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, each_fault_in_each_state_ends_reconciled, 0,
                        (int)(QT_FAULT_KINDS * QT_COUNT_OF(states)));
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
