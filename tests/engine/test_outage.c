/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the engine does when the venue, the network or a strategy misbehaves: faults O2, O7, O14. */
#include "guard_kit.h"

enum { SYMBOLS = 6 };

/* Six symbols, each with a position of an earlier run and its stop at the venue. */
static void
restore_six(void)
{
    const struct qt_instrument first = *qt_universe_at(universe, 0);
    restore->positions = restore->orders = SYMBOLS;
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        struct qt_error err = {0};
        struct qt_instrument ins = first;
        snprintf(ins.symbol, sizeof ins.symbol, "%c%c%cUSDT", 'A' + (int)i, 'A' + (int)i, 'A' + (int)i);
        snprintf(ins.base, sizeof ins.base, "%.3s", ins.symbol);
        if (i > 0)
            ck_assert_msg(qt_universe_add(universe, &ins, &err), "%s", err.text);
        restore->position[i] = restore->position[0];
        restore->position[i].instrument = i;
        restore->order[i] = (struct qt_order_record){.request = {.client_id = qt_client_id(900 + i, 0),
                                                                 .instrument = i,
                                                                 .side = QT_SELL,
                                                                 .type = QT_TYPE_STOP_LOSS_LIMIT,
                                                                 .reduce_only = true,
                                                                 .px = {LIMIT},
                                                                 .stop_px = {STOP},
                                                                 .qty = {HELD}},
                                                     .state = QT_ORDER_OPEN,
                                                     .purpose = QT_PURPOSE_VENUE_STOP,
                                                     .venue_id = 50 + i,
                                                     .created_ns = now_ns - QT_NS_PER_MIN,
                                                     .updated_ns = now_ns - QT_NS_PER_MIN};
    }
}

static void
say(uint32_t instrument, enum qt_report_type type, enum qt_order_state state, int64_t cum_qty)
{
    now_ns += QT_NS_PER_MS;
    struct qt_event event = {
        .kind = QT_EVENT_REPORT,
        .instrument = instrument,
        .report = {.client_id = qt_client_id(900 + instrument, 0),
                   .venue_id = 50 + instrument,
                   .px = {LIMIT},
                   .qty = {HELD},
                   .cum_qty = {cum_qty},
                   .cum_quote = {cum_qty * 9750 * 1000},
                   .type = (uint8_t)type,
                   .state = (uint8_t)state,
                   .side = QT_SELL}};
    pass(&event);
}

static void
link_all(enum qt_link_state state)
{
    for (int kind = 0; kind < QT_LINK_KINDS; kind++) {
        struct qt_event event = {.kind = QT_EVENT_LINK,
                                 .instrument = QT_NO_INSTRUMENT,
                                 .link = {.kind = (uint8_t)kind, .state = (uint8_t)state}};
        pass(&event);
    }
}

/* Engine time is the events' own, so the ten minutes are ten minutes of it. */
START_TEST(O7_six_orders_outlive_ten_minutes_without_a_venue)
{
    restore_six();
    open_engine();
    link_all(QT_LINK_UP);
    seconds(2, ENTRY);
    for (uint32_t i = 0; i < SYMBOLS; i++)
        say(i, QT_REPORT_STATUS, QT_ORDER_OPEN, 0);
    link_all(QT_LINK_DOWN);
    is_port_down = true;
    sents = 0;
    for (int s = 0; s < 600; s++) {
        now_ns += QT_NS_PER_S;
        qt__tick_time(engine, now_ns);
        qt__refused_take(engine);
        if (s == 30) /* what was on its way when it went: questions that nobody answered */
            for (uint32_t i = 0; i < SYMBOLS; i++)
                say(i, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0);
        for (uint32_t i = 0; i < SYMBOLS; i++) { /* in the book the whole time */
            const struct qt_order *order =
                qt_orders_find(qt__orders_of(engine, i), qt_client_id(900 + i, 0));
            ck_assert(order && !qt_order_state_is_final((enum qt_order_state)order->state));
            ck_assert(s < 30 || order->state == QT_ORDER_UNKNOWN);
            ck_assert_int_eq(engine->symbol[i].position.qty.v, HELD);
        }
    }
    ck_assert_uint_eq(sents, 0); /* nothing was believed to have left */
    is_port_down = false;
    link_all(QT_LINK_UP);
    for (int s = 0; s < 5; s++) {
        now_ns += QT_NS_PER_S;
        qt__tick_time(engine, now_ns);
    }
    bool is_asked[SYMBOLS] = {false};
    for (unsigned i = 0; i < sents; i++)
        if (sent[i].verb == QUERY)
            is_asked[sent[i].order.instrument] = true;
    for (uint32_t i = 0; i < SYMBOLS; i++)
        ck_assert(is_asked[i]);
    ck_assert_uint_eq(count(SUBMIT) + count(CANCEL), 0);
    /* five stand as they did, one has sold meanwhile */
    for (uint32_t i = 0; i + 1 < SYMBOLS; i++)
        say(i, QT_REPORT_STATUS, QT_ORDER_OPEN, 0);
    say(SYMBOLS - 1, QT_REPORT_STATUS, QT_ORDER_FILLED, HELD);
    for (uint32_t i = 0; i + 1 < SYMBOLS; i++)
        ck_assert_int_eq(qt__guard_protection(engine, &engine->symbol[i]), QT_PROTECTION_VENUE);
    ck_assert_int_eq(engine->symbol[SYMBOLS - 1].position.qty.v, 0);
    ck_assert_uint_eq(count(SUBMIT) + count(CANCEL), 0);
}
END_TEST

START_TEST(O2_order_whose_fate_no_text_proves_is_unknown_asked_for_and_blocks_its_symbol)
{
    char why[96];
    open_engine();
    link_all(QT_LINK_UP);
    seconds(2, ENTRY);
    uint64_t id = last(SUBMIT)->client_id; /* the stop of the position */
    report(id, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0);
    const struct qt_order *order = qt_orders_find(qt__orders_of(engine, 0), id);
    ck_assert_int_eq(order->state, QT_ORDER_UNKNOWN);
    unsigned submits = count(SUBMIT);
    seconds(30, ENTRY);
    ck_assert_uint_gt(count(QUERY), 5); /* until it is known */
    ck_assert_uint_eq(last(QUERY)->client_id, id);
    ck_assert_int_eq(order->state, QT_ORDER_UNKNOWN);
    ck_assert_uint_eq(count(SUBMIT), submits); /* no second one */
    const struct qt_order_request entry = {.client_id = qt_client_id(engine->seq, 9),
                                           .side = QT_BUY,
                                           .type = QT_TYPE_LIMIT,
                                           .tif = QT_TIF_IOC,
                                           .px = {ENTRY},
                                           .stop_px = QT_PX_NONE,
                                           .qty = {HELD}};
    struct qt_gate_input input;
    struct qt_gate_result result;
    qt__gate_input_entry(engine, symbol(), &entry, QT_MONEY_ZERO, now_ns, &input);
    (void)qt_gate_check(&risk, &input, &result);
    ck_assert_int_ne(result.row[QT_CHECK_UNKNOWN_ORDER].code, QT_GATE_PASS);
    ck_assert(!qt__send(engine, symbol(), &entry, QT_PURPOSE_ENTRY, &input, now_ns, why));
    report(id, QT_REPORT_STATUS, QT_ORDER_OPEN, 0);
    ck_assert_int_eq(order->state, QT_ORDER_OPEN);
    ck_assert_int_eq(qt__guard_protection(engine, symbol()), QT_PROTECTION_VENUE);
}
END_TEST

/* 10,000 in one second, each of them right but for their number. */
START_TEST(O14_runaway_strategy_is_stopped_in_its_first_second_and_an_alarm_is_raised)
{
    char why[96] = "";
    restore->position[0].qty = (qt_qty){2000000};
    restore->position[0].has_plan = false;
    open_engine();
    seconds(2, ENTRY);
    unsigned before = count(SUBMIT), passed = 0, told_at = 0;
    uint64_t incidents = engine->counts.incidents;
    for (unsigned i = 0; i < 10000; i++) {
        now_ns += QT_NS_PER_S / 10000;
        const struct qt_order_request order = {.client_id = qt_client_id(5000 + i, 0),
                                               .side = QT_SELL,
                                               .type = QT_TYPE_MARKET,
                                               .tif = QT_TIF_GTC,
                                               .reduce_only = true,
                                               .px = QT_PX_NONE,
                                               .stop_px = QT_PX_NONE,
                                               .qty = {150}};
        struct qt_gate_input input;
        qt__gate_input_exit(engine, symbol(), &order, QT_PURPOSE_REDUCE, now_ns, &input);
        passed += qt__send(engine, symbol(), &order, QT_PURPOSE_REDUCE, &input, now_ns, why);
        if (!told_at && engine->counts.incidents > incidents)
            told_at = i + 1;
    }
    ck_assert_uint_eq(count(SUBMIT) - before, passed);
    ck_assert_uint_gt(passed, 0);
    ck_assert_int_le(passed, risk.max_orders_per_s);
    ck_assert_ptr_nonnull(strstr(why, "orders_s"));
    ck_assert_uint_gt(told_at, 0); /* within the second, once */
    ck_assert_uint_lt(told_at, 1000);
    ck_assert_uint_eq(engine->counts.incidents, incidents + 1);
    ck_assert(engine->is_shut && atomic_load(&engine->gate_shut));
    quote(ENTRY);
    ck_assert_int_eq(engine->mode, QT_MODE_PAUSED);
    ck_assert_ptr_nonnull(strstr(engine->mode_reason, "runaway: AAAUSDT asked for 100 orders"));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("outage");
    TCase *tc = tcase_create("outage");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, O2_order_whose_fate_no_text_proves_is_unknown_asked_for_and_blocks_its_symbol);
    tcase_add_test(tc, O7_six_orders_outlive_ten_minutes_without_a_venue);
    tcase_add_test(tc, O14_runaway_strategy_is_stopped_in_its_first_second_and_an_alarm_is_raised);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
