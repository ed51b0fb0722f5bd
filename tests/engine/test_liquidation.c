/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A liquidation under each fault, in virtual time (O13): a position with its stop at the venue and
 * an entry that the venue has not ended yet; the stop of everything is asked for, the fault holds,
 * then it is over. Flat is said only while the venue holds nothing of ours, and said in the end.
 */
#include "fault_venue.h"

enum { BOUGHT = 500, ENTRY_AT = 9900, AGAIN_S = 7, PEACE_S = 400 };

enum trouble {
    NONE,
    BY_ROW,     /* a row of `venue serve --fault` */
    DOWN,       /* no link, no market data, nothing leaves, nothing comes */
    NO_CALLS,   /* nothing leaves, the streams go on: banned, or no name resolves */
    TOO_SMALL,  /* sales are refused: below the venue's minimum notional */
    NO_REDUCE,  /* sales are refused: reduce-only */
    A_LOT_ONLY, /* a sale fills one lot and stays as it is */
    STALE,      /* the account is read as it was five seconds ago */
};

static const struct {
    const char *name;
    enum trouble trouble;
    enum qt_fault_kind row;
    unsigned time_s;
} cases[] = {
    {"no fault", NONE, 0, 10},
    {"lost acknowledgement", BY_ROW, QT_FAULT_LOST_ACK, 60},
    {"late acknowledgement", BY_ROW, QT_FAULT_LATENCY, 60},
    {"429", BY_ROW, QT_FAULT_STORM, 20},
    {"418 of three minutes", NO_CALLS, 0, 180},
    {"5xx with success", BY_ROW, QT_FAULT_5XX, 60},
    {"refused for minimum notional", TOO_SMALL, 0, 120},
    {"refused reduce-only", NO_REDUCE, 0, 120},
    {"refused, whatever it is", BY_ROW, QT_FAULT_REJECT, 60},
    {"cancels rejected", BY_ROW, QT_FAULT_REJECT_CANCEL, 60},
    {"partial for ever", A_LOT_ONLY, 0, 300},
    {"reads stale by 5 s", STALE, 0, 60},
    {"venue down 10 minutes", DOWN, 0, 600},
    {"dead DNS", NO_CALLS, 0, 300},
    {"clock off by 3 s", BY_ROW, QT_FAULT_SKEW, 60},
    {"key revoked for an hour", BY_ROW, QT_FAULT_REVOKE, 3600},
    {"symbol halted", BY_ROW, QT_FAULT_HALT, 120},
    {"user stream drops", BY_ROW, QT_FAULT_DROP_USER, 60},
    {"user stream repeats", BY_ROW, QT_FAULT_DUPLICATE, 60},
    {"user stream out of order", BY_ROW, QT_FAULT_REORDER, 60},
    {"connections cut", BY_ROW, QT_FAULT_CUT, 60},
    {"connections half open", BY_ROW, QT_FAULT_HALF_OPEN, 60},
};

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

/* Both of an earlier run; the venue knows of them. */
static void
restore_all(void)
{
    restore->orders = 2;
    restore->order[0] = (struct qt_order_record){.request = {.client_id = qt_client_id(900, 0),
                                                             .side = QT_SELL,
                                                             .type = QT_TYPE_STOP_LOSS_LIMIT,
                                                             .reduce_only = true,
                                                             .px = {LIMIT},
                                                             .stop_px = {STOP},
                                                             .qty = {HELD}},
                                                 .state = QT_ORDER_OPEN,
                                                 .purpose = QT_PURPOSE_VENUE_STOP,
                                                 .venue_id = 100,
                                                 .created_ns = now_ns - QT_NS_PER_MIN,
                                                 .updated_ns = now_ns - QT_NS_PER_MIN};
    restore->order[1] = restore->order[0];
    restore->order[1].request = (struct qt_order_request){.client_id = qt_client_id(901, 0),
                                                          .side = QT_BUY,
                                                          .type = QT_TYPE_LIMIT,
                                                          .tif = QT_TIF_IOC,
                                                          .px = {ENTRY_AT},
                                                          .stop_px = QT_PX_NONE,
                                                          .qty = {BOUGHT}};
    restore->order[1].purpose = QT_PURPOSE_ENTRY;
    restore->order[1].venue_id = 101;
    memset(&venue, 0, sizeof venue);
    venue.left = HELD;
    venue.read_ns = QT_TIME_NONE;
    for (unsigned i = 0; i < 2; i++) {
        venue.order[i].id = restore->order[i].request.client_id;
        venue.order[i].qty = restore->order[i].request.qty.v;
        venue.order[i].stop = i == 0 ? STOP : 1;
        venue.order[i].side = i == 0 ? QT_SELL : QT_BUY;
        venue.order[i].state = QT_ORDER_OPEN;
    }
    venue.orders = 2;
    for (unsigned i = 0; i <= PAST_S; i++)
        past[i] = venue;
    stale_s = 0;
}

/* Nothing of ours at the venue but what no order could sell. */
static bool
is_truly_flat(void)
{
    int64_t least = INT64_C(10) * 100000; /* 10 USDT, in cents times thousandths */
    for (unsigned i = 0; i < venue.orders; i++)
        if (is_alive(i))
            return false;
    return venue.left < 10 || venue.left * venue.bid < least;
}

static void
check_honest(const char *name)
{
    ck_assert_msg(!engine->liquidation.is_flat || is_truly_flat(), "%s: said to be flat with %lld",
                  name, (long long)venue.left);
    ck_assert_msg(engine->mode == QT_MODE_EMERGENCY, "%s: the mode", name);
}

static void
ask_to_stop(void)
{
    struct qt_error err = {0};
    ck_assert_msg(qt_engine_command(engine, QT_COMMAND_LIQUIDATE, QT_SOURCE_SOCKET, "test", &err),
                  "%s", err.text);
}

static void
set_trouble(int i, bool is_on)
{
    enum trouble trouble = cases[i].trouble;
    fault = cases[i].row;
    venue.has_fault = is_on && trouble == BY_ROW;
    venue.refuses = !is_on ? 0 : trouble == TOO_SMALL ? -1013 : trouble == NO_REDUCE ? -2022 : 0;
    venue.fills_a_lot = is_on && trouble == A_LOT_ONLY;
    stale_s = is_on && trouble == STALE ? PAST_S : 0;
    if (trouble == DOWN || trouble == NO_CALLS)
        link_all(is_on ? QT_LINK_DOWN : QT_LINK_UP);
}

/* One second of it. While the venue is out of reach nothing of it is heard, and it goes on. */
static void
pass_second(int i, bool is_on)
{
    bool is_down = is_on && cases[i].trouble == DOWN;
    if (!is_down && !(is_on && cases[i].trouble == NO_CALLS)) {
        second(ENTRY);
        return;
    }
    is_port_down = true;
    if (is_down) {
        now_ns += QT_NS_PER_S;
        qt__tick_time(engine, now_ns);
        qt__refused_take(engine);
        qt__commands_take(engine);
    } else {
        quote(ENTRY);
    }
}

/* The entry buys while nobody can cancel it: a late truth. */
static void
buy(int i)
{
    if (is_alive(1))
        fills(1, BOUGHT);
    else
        ck_assert(cases[i].trouble != DOWN && cases[i].trouble != NO_CALLS);
}

static void
check_ended(const char *name)
{
    ck_assert_msg(engine->liquidation.is_flat, "%s: not flat: %s, %lld left", name,
                  engine->liquidation.text, (long long)venue.left);
    ck_assert_msg(venue.left == 0, "%s: %lld left", name, (long long)venue.left);
    ck_assert_msg(qt_position_is_flat(&symbol()->position), "%s: a position in the books", name);
    ck_assert_msg(engine->is_conserved, "%s: the ledger", name);
    ck_assert_msg(engine->counts.incidents == 0, "%s: an incident: %s", name, engine->mode_reason);
}

static void
play(int i, bool buys, bool again)
{
    engine_config.unprotected_s = 7200; /* that a stop is missing so long is told as an incident */
    restore_all();
    open_engine();
    link_all(QT_LINK_UP);
    run_for(5, ENTRY);
    ck_assert_uint_eq(count(SUBMIT), 0); /* the stop that stands is the one */
    ask_to_stop();
    set_trouble(i, true);
    for (unsigned s = 0; s < cases[i].time_s; s++) {
        if (s == 3 && buys)
            buy(i);
        if (again && s % AGAIN_S == 0)
            ask_to_stop();
        pass_second(i, true);
        check_honest(cases[i].name);
    }
    set_trouble(i, false);
    for (unsigned s = 0; s < PEACE_S; s++) {
        pass_second(i, false);
        check_honest(cases[i].name);
    }
    check_ended(cases[i].name);
}

START_TEST(O13_liquidation_under_each_fault_ends_flat_and_never_says_so_before)
{
    play(_i, false, false);
}
END_TEST

START_TEST(O13_entry_that_fills_meanwhile_is_sold_too_under_each_fault)
{
    play(_i, true, false);
}
END_TEST

START_TEST(O13_second_stop_while_stopping_changes_nothing_under_each_fault)
{
    play(_i, true, true);
}
END_TEST

/* In a second after the stop, not when the exit has come to its end. */
START_TEST(O13_entry_is_cancelled_at_once_though_an_exit_is_under_way)
{
    restore_all();
    open_engine();
    link_all(QT_LINK_UP);
    run_for(3, ENTRY);
    venue.fills_a_lot = true;
    run_for(3, STOP + 10); /* the engine's own stop is at its level, the venue's does not see it */
    ck_assert(is_alive(0) && is_alive(1));
    symbol()->plan.stop = (qt_px){STOP + 20};
    run_for(2, STOP + 10);
    ck_assert(!is_alive(0) && is_alive(1) && symbol()->exit_order);
    ask_to_stop();
    run_for(1, STOP + 10);
    ck_assert(symbol()->exit_order);
    ck_assert_int_eq(venue.order[1].state, QT_ORDER_CANCELLED);
}
END_TEST

START_TEST(O13_revoked_key_is_never_flat_and_told_louder_with_time)
{
    engine_config.unprotected_s = 7200;
    restore_all();
    open_engine();
    link_all(QT_LINK_UP);
    run_for(5, ENTRY);
    ask_to_stop();
    fault = QT_FAULT_REVOKE;
    venue.has_fault = true;
    for (int s = 0; s < 3600; s++) {
        second(ENTRY);
        ck_assert(!engine->liquidation.is_flat);
    }
    ck_assert_ptr_nonnull(
        strstr(engine->liquidation.text, "2 orders alive, 1 positions open: AAAUSDT 2"));
    ck_assert_uint_eq(audits_not_flat, 6); /* 1, 2, 4 ... minutes */
}
END_TEST

START_TEST(O13_refused_sale_is_named_with_the_venues_code)
{
    engine_config.unprotected_s = 7200;
    restore_all();
    open_engine();
    link_all(QT_LINK_UP);
    run_for(5, ENTRY);
    ask_to_stop();
    venue.refuses = -1013;
    run_for(100, ENTRY);
    ck_assert(!engine->liquidation.is_flat && venue.left == HELD);
    ck_assert_ptr_nonnull(strstr(engine->liquidation.text, "AAAUSDT 2 (refused: -1013)"));
    ck_assert_uint_eq(audits_not_flat, 1);
}
END_TEST

/* Cancels of an order so far; of all counts for each. */
static unsigned
cancels_of(unsigned order)
{
    unsigned n = 0;
    for (unsigned i = 0; i < sents; i++)
        n += sent[i].verb == CANCEL_ALL ||
             (sent[i].verb == CANCEL && sent[i].order.client_id == venue.order[order].id);
    return n;
}

/* Second after the stop in which the n-th cancel of that order left. */
static void
refuse_cancels(unsigned order, unsigned last_s, unsigned *out_s, unsigned *out_n)
{
    unsigned seen = cancels_of(order);
    *out_n = 0;
    for (unsigned s = 0; s <= last_s; s++) {
        unsigned now = cancels_of(order);
        ck_assert_uint_le(now - seen, 1);
        if (now > seen)
            out_s[(*out_n)++] = s;
        seen = now;
        second(ENTRY);
    }
}

static void
stop_with_cancels_refused(void)
{
    engine_config.unprotected_s = 7200;
    restore_all();
    open_engine();
    link_all(QT_LINK_UP);
    run_for(5, ENTRY);
    fault = QT_FAULT_REJECT_CANCEL;
    venue.has_fault = true;
    ask_to_stop();
    qt__commands_take(engine);
}

/* 0: the stop that protects; 1: an entry. Before, each second or two. */
START_TEST(O13_refused_cancel_goes_again_after_1_2_4_8_15_s)
{
    unsigned at[128], n;
    stop_with_cancels_refused();
    unsigned first = cancels_of((unsigned)_i);
    refuse_cancels((unsigned)_i, 110, at, &n);
    ck_assert_uint_le(first + n, 12);
    ck_assert_uint_ge(first + n, 8);
    for (unsigned k = 1; k < n; k++)
        ck_assert_msg(at[k] - at[k - 1] >= (k > 4 ? 15 : k > 2 ? 4 : 1), "%u s after %u s", at[k],
                      at[k - 1]);
    for (unsigned k = 1; k < n; k++)
        ck_assert_msg(at[k] - at[k - 1] <= 18, "%u s after %u s", at[k], at[k - 1]);
    venue.has_fault = false;
    run_for(30, ENTRY);
    check_ended("refused cancels");
}
END_TEST

START_TEST(O13_refused_cancel_goes_again_at_once_when_something_changes)
{
    stop_with_cancels_refused();
    run_for(60, ENTRY);
    unsigned before = cancels_of(1);
    run_for(3, ENTRY);
    if (cancels_of(1) > before) { /* that was its time: the next one is far away */
        before = cancels_of(1);
        run_for(1, ENTRY);
        ck_assert_uint_eq(cancels_of(1), before);
    }
    switch (_i) {
    case 0:
        fills(1, BOUGHT / 10); /* the stream tells of it */
        break;
    case 1:
        say_status(QT_INSTRUMENT_TRADING, 0);
        break;
    case 2:
        link_all(QT_LINK_DOWN);
        link_all(QT_LINK_UP);
        break;
    }
    run_for(4, ENTRY);
    ck_assert_uint_gt(cancels_of(1), before);
}
END_TEST

START_TEST(O13_refused_cancel_of_a_whole_symbol_holds_back_each_of_its_orders)
{
    restore_all();
    restore->positions = 0;
    restore->orders = 1;
    restore->order[0] = restore->order[1];
    venue.order[0].state = QT_ORDER_CANCELLED;
    open_engine();
    link_all(QT_LINK_UP);
    run_for(5, ENTRY);
    venue.is_mute = true;
    ask_to_stop();
    for (int s = 0; s < 100; s++) {
        unsigned before = count(CANCEL_ALL);
        second(ENTRY);
        if (count(CANCEL_ALL) > before)
            answer_bare(0, QT_REPORT_CANCEL_REJECTED, QT_ORDER_UNKNOWN, -1102, 0);
    }
    ck_assert_uint_ge(count(CANCEL_ALL), 7);
    ck_assert_uint_le(count(CANCEL_ALL), 16); /* its answer is a second late */
}
END_TEST

static void
read_account(int64_t held)
{
    struct qt_event balance = {.kind = QT_EVENT_BALANCE,
                               .instrument = QT_NO_INSTRUMENT,
                               .flags = QT_EVENT_SNAPSHOT,
                               .balance = {.asset = "AAA", .free = {held * 100000}}};
    struct qt_event end = {.kind = QT_EVENT_SYNC, .instrument = QT_NO_INSTRUMENT};
    pass(&balance);
    pass(&end);
}

START_TEST(O11_rest_below_the_minimum_notional_is_flat_and_listed)
{
    uint64_t stop = protected();
    read_account(HELD);
    ask_to_stop();
    quote(ENTRY);
    report(stop, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    uint64_t sale = last(SUBMIT)->client_id;
    fill(sale, ENTRY, HELD - 50, HELD - 50);
    report(sale, QT_REPORT_EXPIRED, QT_ORDER_EXPIRED, HELD - 50);
    unsigned submits = count(SUBMIT);
    quote(ENTRY);
    read_account(50);
    ck_assert(!engine->liquidation.is_flat); /* once */
    quote(ENTRY);
    read_account(50);
    ck_assert(!engine->liquidation.is_flat); /* twice, but not far enough apart */
    seconds(3, ENTRY);
    read_account(50);
    ck_assert(engine->liquidation.is_flat);
    ck_assert_str_eq(engine->liquidation.text,
                     "flat, read twice at the venue; too small to be sold: AAAUSDT 0.05");
    seconds(60, ENTRY);
    ck_assert_uint_eq(count(SUBMIT), submits);
}
END_TEST

START_TEST(O13_read_that_failed_midway_counts_for_nothing)
{
    uint64_t stop = protected();
    read_account(HELD);
    ask_to_stop();
    quote(ENTRY);
    report(stop, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    fill(last(SUBMIT)->client_id, ENTRY, HELD, HELD);
    quote(ENTRY);
    struct qt_event row = {
        .kind = QT_EVENT_REPORT, /* of a moment before the cancel, and then no more */
        .flags = QT_EVENT_SNAPSHOT,
        .report = {.client_id = stop,
                   .venue_id = 7,
                   .px = QT_PX_NONE,
                   .cum_quote = {-1},
                   .type = QT_REPORT_STATUS,
                   .state = QT_ORDER_OPEN,
                   .side = QT_SELL}};
    struct qt_event failed = {
        .kind = QT_EVENT_SYNC, .instrument = QT_NO_INSTRUMENT, .flags = QT_EVENT_REFUSED};
    pass(&row);
    pass(&failed);
    read_account(0);
    ck_assert_int_ne(engine->liquidation.first_flat_ns, QT_TIME_NONE);
    seconds(4, ENTRY);
    ck_assert(!engine->liquidation.is_flat);
    read_account(0);
    ck_assert(engine->liquidation.is_flat);
    ck_assert_str_eq(engine->liquidation.text, "flat, read twice at the venue");
}
END_TEST

/* The mode is kept after the first cancel is out: who dies in between is known by his sales. */
START_TEST(O13_restart_amid_the_first_sale_goes_on_though_the_mode_was_not_kept)
{
    restore_all();
    restore->orders = 1;
    restore->mode = QT_MODE_PAUSED;
    restore->mode_since_ns = now_ns - 2 * QT_NS_PER_MIN;
    restore->order[0].request.type = QT_TYPE_MARKET;
    restore->order[0].purpose = QT_PURPOSE_FLATTEN;
    restore->order[0].venue_id = 0;
    venue.orders = 0; /* it never arrived */
    open_engine();
    link_all(QT_LINK_UP);
    run_for(1, ENTRY);
    ck_assert_int_eq(engine->mode, QT_MODE_EMERGENCY);
    for (unsigned s = 0; s < PEACE_S; s++) {
        second(ENTRY);
        check_honest("restarted");
    }
    check_ended("restarted");
}
END_TEST

START_TEST(O13_sale_of_a_liquidation_that_a_person_has_ended_begins_no_other)
{
    restore_all();
    restore->mode = QT_MODE_PAUSED;
    restore->mode_since_ns = now_ns - QT_NS_PER_S;
    restore->order[0].purpose = QT_PURPOSE_FLATTEN;
    open_engine();
    link_all(QT_LINK_UP);
    run_for(3, ENTRY);
    ck_assert_int_eq(engine->mode, QT_MODE_PAUSED);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("liquidation");
    TCase *tc = tcase_create("faults");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, O13_liquidation_under_each_fault_ends_flat_and_never_says_so_before, 0,
                        (int)QT_COUNT_OF(cases));
    tcase_add_loop_test(tc, O13_entry_that_fills_meanwhile_is_sold_too_under_each_fault, 0,
                        (int)QT_COUNT_OF(cases));
    tcase_add_loop_test(tc, O13_second_stop_while_stopping_changes_nothing_under_each_fault, 0,
                        (int)QT_COUNT_OF(cases));
    tcase_add_test(tc, O13_entry_is_cancelled_at_once_though_an_exit_is_under_way);
    tcase_add_test(tc, O13_revoked_key_is_never_flat_and_told_louder_with_time);
    tcase_add_test(tc, O13_refused_sale_is_named_with_the_venues_code);
    tcase_add_loop_test(tc, O13_refused_cancel_goes_again_after_1_2_4_8_15_s, 0, 2);
    tcase_add_loop_test(tc, O13_refused_cancel_goes_again_at_once_when_something_changes, 0, 3);
    tcase_add_test(tc, O13_refused_cancel_of_a_whole_symbol_holds_back_each_of_its_orders);
    tcase_add_test(tc, O13_restart_amid_the_first_sale_goes_on_though_the_mode_was_not_kept);
    tcase_add_test(tc, O13_sale_of_a_liquidation_that_a_person_has_ended_begins_no_other);
    tcase_add_test(tc, O11_rest_below_the_minimum_notional_is_flat_and_listed);
    tcase_add_test(tc, O13_read_that_failed_midway_counts_for_nothing);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
