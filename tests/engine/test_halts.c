/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fault F12 at the engine: a position and orders in a symbol that the venue halts, delists, or
 * trades by other steps.
 */
#include "guard_kit.h"

/* The venue refuses an order, with a code. */
static void
refuse(uint64_t client_id)
{
    now_ns += 10 * QT_NS_PER_MS;
    struct qt_event event = {.kind = QT_EVENT_REPORT,
                             .report = {.client_id = client_id,
                                        .px = QT_PX_NONE,
                                        .cum_quote = {-1},
                                        .code = -1013,
                                        .type = QT_REPORT_REJECTED,
                                        .state = QT_ORDER_REJECTED,
                                        .side = QT_SELL}};
    pass(&event);
}

static unsigned
sales(void)
{
    unsigned n = 0;
    for (unsigned i = 0; i < sents; i++)
        n += sent[i].verb == SUBMIT && sent[i].order.type == QT_TYPE_MARKET;
    return n;
}

START_TEST(F12_halted_symbol_gets_exits_slower_and_slower)
{
    snprintf(engine_config.protective_stops, sizeof engine_config.protective_stops, "engine");
    open_engine();
    seconds(2, ENTRY);
    say_status(QT_INSTRUMENT_HALTED, 0);
    unsigned refused = 0;
    for (unsigned i = 0; i < 600; i++) { /* ten minutes below the stop */
        quote(STOP - 1);
        if (sales() > refused) {
            refuse(last(SUBMIT)->client_id);
            refused++;
        }
    }
    ck_assert_uint_ge(refused, 15); /* it goes on trying */
    ck_assert_uint_le(refused, 30); /* after 1, 2, 4, 8, 16, 30, 30 ... seconds */
    say_status(QT_INSTRUMENT_TRADING, 0);
    seconds(32, STOP - 1);
    ck_assert_uint_eq(sales(), refused + 1);
    fill(last(SUBMIT)->client_id, STOP - 1, HELD, HELD);
    ck_assert(!qt__symbol_is_open(symbol()));
}
END_TEST

START_TEST(F12_position_of_changed_steps_is_closed_in_whole_new_lots)
{
    restore->position[0].qty = (qt_qty){2050};
    uint64_t stop = protected();
    say_status(QT_INSTRUMENT_CHANGED, 100);
    seconds(2, ENTRY);
    ck_assert_uint_eq(last(CANCEL)->client_id, stop); /* the stop is out of the way first */
    report(stop, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    seconds(2, ENTRY);
    ck_assert_uint_eq(sales(), 1);
    check_sale(last(SUBMIT), 2000);
    fill(last(SUBMIT)->client_id, ENTRY, 2000, 2000);
    unsigned before = sents;
    seconds(120, ENTRY); /* 0.050 is less than a lot now: dust, and no order for it */
    ck_assert_uint_eq(sents, before);
    ck_assert_int_eq(symbol()->position.qty.v, 50);
}
END_TEST

START_TEST(F12_larger_lot_lasts_until_the_symbol_trades_as_before)
{
    open_engine();
    seconds(1, ENTRY);
    say_status(QT_INSTRUMENT_CHANGED, 5000); /* more than is held */
    ck_assert(!qt__symbol_is_open(symbol()));
    seconds(60, ENTRY);
    ck_assert_uint_eq(sales(), 0);
    say_status(QT_INSTRUMENT_TRADING, 0);
    ck_assert(qt__symbol_is_open(symbol()));
    ck_assert(!symbol()->is_halted);
}
END_TEST

/* An entry rests; the symbol stops: it is withdrawn, and nothing is begun. */
int
main(void)
{
    Suite *suite = suite_create("halts");
    TCase *tc = tcase_create("halts");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, F12_halted_symbol_gets_exits_slower_and_slower);
    tcase_add_test(tc, F12_position_of_changed_steps_is_closed_in_whole_new_lots);
    tcase_add_test(tc, F12_larger_lot_lasts_until_the_symbol_trades_as_before);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
