/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parent orders at work, from within the room: children one after the other, the stop at the venue
 * beside them, stops and liquidation that take over, answers that are lost, a restart in the
 * middle.
 */
#include "guard_kit.h"

enum { WHOLE = 10000 }; /* 10.000 */

static void
use(const char *entry, const char *exit)
{
    snprintf(execution.entry, sizeof execution.entry, "%s", entry);
    snprintf(execution.exit, sizeof execution.exit, "%s", exit);
}

static void
trade(int64_t px)
{
    static uint64_t id;
    struct qt_event event = {.kind = QT_EVENT_TRADE,
                             .trade = {.px = {px}, .qty = {50}, .id = ++id}};
    pass(&event);
}

/* An account of 100,000 at a venue whose links are up. */
static void
fund(void)
{
    for (int kind = 0; kind < QT_LINK_KINDS; kind++) {
        struct qt_event link = {.kind = QT_EVENT_LINK, .instrument = QT_NO_INSTRUMENT};
        link.link.kind = (uint8_t)kind;
        link.link.state = QT_LINK_UP;
        pass(&link);
    }
    struct qt_event cash = {.kind = QT_EVENT_BALANCE, .instrument = QT_NO_INSTRUMENT};
    snprintf(cash.balance.asset, sizeof cash.balance.asset, "USDT");
    cash.balance.free = (qt_money){INT64_C(100000) * 100000000};
    pass(&cash);
    struct qt_event end = {.kind = QT_EVENT_SYNC, .instrument = QT_NO_INSTRUMENT};
    pass(&end);
    trade(ENTRY);
    seconds(2, ENTRY);
    ck_assert(engine->portfolio.has_equity);
}

/* The engine without a position decides to buy the whole of WHOLE. */
static struct qt_parent *
entering(const char *algorithm)
{
    use(algorithm, "immediate");
    restore->positions = 0;
    open_engine();
    fund();
    symbol()->entry_signal = (struct qt_signal){.direction = QT_BUY,
                                                .stop = {STOP},
                                                .target = {{10300}, {10400}, {10600}},
                                                .target_bps = {4000, 3000, 3000},
                                                .trail = {100}};
    const struct qt_order_request request = {.client_id = qt_client_id(engine->seq, 200),
                                             .side = QT_BUY,
                                             .type = QT_TYPE_LIMIT,
                                             .px = {ENTRY + 2},
                                             .stop_px = QT_PX_NONE,
                                             .qty = {WHOLE}};
    return qt__work_begin(engine, symbol(), &request, QT_PURPOSE_ENTRY,
                          (qt_money){INT64_C(20) * 100000000}, engine->now_ns);
}

static const struct qt_order_request *
last_of_side(enum qt_side side)
{
    for (unsigned i = sents; i-- > 0;)
        if (sent[i].verb == SUBMIT && sent[i].order.side == side)
            return &sent[i].order;
    ck_abort_msg("nothing of that side was sent");
}

static unsigned
submits_of(enum qt_side side)
{
    unsigned n = 0;
    for (unsigned i = 0; i < sents; i++)
        n += sent[i].verb == SUBMIT && sent[i].order.side == side;
    return n;
}

static void
expire(uint64_t id, int64_t cum)
{
    report(id, QT_REPORT_EXPIRED, QT_ORDER_EXPIRED, cum);
}

START_TEST(twap_sends_one_child_a_part_until_the_whole_is_bought)
{
    struct qt_parent *parent = entering("twap");
    snprintf(engine_config.protective_stops, sizeof engine_config.protective_stops, "engine");
    engine->has_guards = false;
    int64_t bought = 0;
    for (unsigned i = 0; i < 320 && qt_parent_is_active(parent); i++) {
        quote(ENTRY);
        if (!parent->child)
            continue;
        const struct qt_order_request *child = last_of_side(QT_BUY);
        ck_assert_uint_eq(child->client_id, parent->child);
        ck_assert_uint_eq(qt_orders_find(qt__orders_of(engine, 0), parent->child)->parent,
                          parent->id);
        ck_assert_int_eq(child->qty.v, WHOLE / 10);
        bought += child->qty.v;
        fill(child->client_id, ENTRY + 2, child->qty.v, child->qty.v);
        ck_assert_int_eq(parent->filled.v, bought);
    }
    ck_assert_int_eq(bought, WHOLE);
    ck_assert_str_eq(parent->why, "filled");
    ck_assert_uint_eq(parent->children, 10);
    ck_assert_int_eq(symbol()->position.qty.v, WHOLE);
    ck_assert_int_eq(symbol()->initial_qty.v, WHOLE);
    struct qt_cost_total total;
    qt_engine_cost(engine, 0, QT_ALGO_TWAP, &total);
    ck_assert_uint_eq(total.parents, 1);
    ck_assert_double_eq_tol(total.trading, 0.1, 1e-6); /* half the spread of 0.02, ten times */
    ck_assert_uint_eq(engine->counts.incidents, 0);
}
END_TEST

START_TEST(stop_at_the_venue_follows_every_fill_of_a_parent)
{
    struct qt_parent *parent = entering("twap");
    int64_t held = 0;
    for (int part = 0; part < 4; part++) {
        for (int i = 0; i < 40 && !parent->child; i++)
            quote(ENTRY);
        uint64_t child = parent->child;
        ck_assert_msg(child != 0, "no child: %s (%s)", parent->why, engine->mode_reason);
        int64_t asked = qt_orders_find(qt__orders_of(engine, 0), child)->request.qty.v;
        int64_t filled = part % 2 ? asked : asked / 20 * 10; /* all of it, or half */
        fill(child, ENTRY + 2, filled, filled);
        if (filled < asked)
            expire(child, filled);
        held += filled;
        for (int i = 0; i < 6; i++) { /* the old stop goes, a new one comes */
            quote(ENTRY);
            uint64_t stop = symbol()->guard.order;
            const struct qt_order *order =
                stop ? qt_orders_find(qt__orders_of(engine, 0), stop) : NULL;
            if (order && order->state == QT_ORDER_PENDING)
                accept_order(stop);
            else if (order && order->state == QT_ORDER_CANCEL_PENDING)
                report(stop, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
            if (parent->child && parent->child != child) { /* the next part: not now */
                expire(parent->child, 0);
            }
        }
        ck_assert_int_eq(symbol()->position.qty.v, held);
        check_stop(last_of_side(QT_SELL), held, STOP);
        ck_assert_int_eq(qt__guard_protection(engine, symbol()), QT_PROTECTION_VENUE);
    }
    ck_assert_uint_eq(engine->counts.incidents, 0);
}
END_TEST

START_TEST(unknown_child_holds_its_parent_up_at_full_size)
{
    struct qt_parent *parent = entering("twap");
    engine->has_guards = false;
    seconds(2, ENTRY);
    uint64_t child = parent->child;
    ck_assert_uint_ne(child, 0);
    report(child, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0);
    seconds(100, ENTRY);
    ck_assert_uint_eq(submits_of(QT_BUY), 1);
    ck_assert_uint_gt(count(QUERY), 10);
    ck_assert_uint_eq(parent->child, child);
    report(child, QT_REPORT_STATUS, QT_ORDER_FILLED, 1000); /* it had gone through */
    ck_assert_int_eq(parent->filled.v, 1000);
    seconds(3, ENTRY);
    ck_assert_uint_eq(submits_of(QT_BUY), 2);
    ck_assert_int_ge(last_of_side(QT_BUY)->qty.v, 3000); /* what was due meanwhile */
    ck_assert_uint_eq(engine->counts.incidents, 0);
}
END_TEST

START_TEST(lost_child_that_never_arrived_is_due_again)
{
    struct qt_parent *parent = entering("twap");
    seconds(2, ENTRY);
    report(parent->child, QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0);
    seconds(150, ENTRY); /* longer than a request could still arrive */
    report(parent->child, QT_REPORT_NOT_FOUND, QT_ORDER_UNKNOWN, 0);
    ck_assert_uint_eq(parent->child, 0);
    seconds(4, ENTRY);
    ck_assert_uint_eq(submits_of(QT_BUY), 2);
    ck_assert_int_eq(parent->filled.v, 0);
}
END_TEST

START_TEST(parent_that_rejects_leave_unfilled_says_so_at_its_deadline)
{
    struct qt_parent *parent = entering("twap");
    for (unsigned i = 0; i < 320 && qt_parent_is_active(parent); i++) {
        quote(ENTRY);
        if (parent->child)
            report(parent->child, QT_REPORT_REJECTED, QT_ORDER_REJECTED, 0);
    }
    ck_assert_int_eq(parent->state, QT_PARENT_DONE);
    ck_assert_str_eq(parent->why, "deadline");
    ck_assert_int_eq(qt_parent_rest(parent).v, WHOLE);
    ck_assert_uint_gt(submits_of(QT_BUY), 5);
    ck_assert_uint_le(submits_of(QT_BUY), 110); /* 2 s apart, not at every cycle */
}
END_TEST

START_TEST(parent_of_an_entry_stops_where_the_mode_allows_none)
{
    struct qt_error err = {0};
    struct qt_parent *parent = entering("iceberg");
    seconds(2, ENTRY);
    uint64_t child = parent->child;
    accept_order(child);
    ck_assert(qt_engine_command(engine, QT_COMMAND_PAUSE, QT_SOURCE_SOCKET, "test", &err));
    seconds(2, ENTRY);
    ck_assert_uint_eq(last(CANCEL)->client_id, child);
    report(child, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    ck_assert_int_eq(parent->state, QT_PARENT_DONE);
    seconds(20, ENTRY);
    ck_assert_uint_eq(submits_of(QT_BUY), 1);
}
END_TEST

START_TEST(F12_entry_at_work_is_withdrawn_where_its_symbol_does_not_trade)
{
    const enum qt_instrument_status gone[] = {QT_INSTRUMENT_HALTED, QT_INSTRUMENT_GONE,
                                              QT_INSTRUMENT_CHANGED};
    struct qt_parent *parent = entering("iceberg");
    seconds(2, ENTRY);
    uint64_t child = parent->child;
    accept_order(child);
    seconds(5, ENTRY);
    ck_assert_uint_eq(count(CANCEL), 0);
    say_status(gone[_i], 0);
    seconds(2, ENTRY);
    ck_assert_uint_eq(last(CANCEL)->client_id, child);
    report(child, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    ck_assert_int_eq(parent->state, QT_PARENT_DONE);
    seconds(20, ENTRY);
    ck_assert_uint_eq(submits_of(QT_BUY), 1);
}
END_TEST

START_TEST(position_that_must_be_closed_does_not_meet_its_own_entry)
{
    struct qt_parent *parent = entering("iceberg");
    engine->has_guards = false;
    seconds(2, ENTRY);
    uint64_t child = parent->child;
    accept_order(child);
    fill(child, ENTRY, 500, 500);
    ck_assert(symbol()->has_plan);
    quote(STOP - 1);
    ck_assert_uint_eq(last(CANCEL)->client_id, child);
    ck_assert_uint_eq(submits_of(QT_SELL), 0); /* it could meet the child */
    report(child, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 500);
    quote(STOP - 1);
    check_sale(last_of_side(QT_SELL), 500);
    ck_assert_str_eq(parent->why, "the position is being closed");
}
END_TEST

/* The position of the kit with its stop at the venue, whose first target is reached: 0.800 of 2.000
 * are to be sold. */
static struct qt_parent *
leaving_by(const char *algorithm)
{
    use("immediate", algorithm);
    protected();
    trade(10300);
    quote(10300);
    struct qt_parent *parent = &symbol()->work.parent[QT_PLACE_EXIT];
    ck_assert_int_eq(parent->state, QT_PARENT_WORKING);
    ck_assert_int_eq(parent->qty.v, HELD * 4 / 10);
    return parent;
}

/* The stop at the venue is given back, and the child goes out. */
static void
free_balance(const struct qt_parent *parent)
{
    for (int i = 0; i < 3 && !parent->child; i++) {
        quote(10300);
        uint64_t stop = symbol()->guard.order;
        if (stop && last(CANCEL)->client_id == stop)
            report(stop, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    }
    ck_assert_msg(parent->child != 0, "no child: %s", parent->why);
}

START_TEST(child_of_an_exit_waits_for_its_balance_and_the_rest_is_guarded_again)
{
    execution.slices = 2;
    struct qt_parent *parent = leaving_by("twap");
    ck_assert_uint_eq(count(CANCEL), 0); /* decided, and still guarded */
    free_balance(parent);
    ck_assert_uint_eq(count(CANCEL), 1);
    ck_assert_int_eq(last(SUBMIT)->type, QT_TYPE_LIMIT);
    ck_assert(last(SUBMIT)->reduce_only);
    ck_assert_int_eq(last(SUBMIT)->qty.v, 400);
    fill(parent->child, 10300, 400, 400);
    quote(10300);
    check_stop(last(SUBMIT), HELD - 400, symbol()->plan.stop.v);
}
END_TEST

START_TEST(resting_child_of_an_exit_leaves_the_rest_guarded)
{
    execution.display = 0.5;
    struct qt_parent *parent = leaving_by("iceberg");
    free_balance(parent);
    ck_assert_int_eq(last(SUBMIT)->qty.v, 400);
    accept_order(parent->child);
    quote(10300);
    check_stop(last(SUBMIT), HELD - 400, symbol()->plan.stop.v);
}
END_TEST

START_TEST(stop_that_is_reached_takes_over_from_an_exit_at_work)
{
    struct qt_parent *parent = leaving_by("iceberg");
    free_balance(parent);
    uint64_t child = parent->child;
    symbol()->guard.retry_ns = INT64_MAX; /* this case is about the child alone */
    accept_order(child);
    quote(STOP - 1);
    ck_assert_uint_eq(last(CANCEL)->client_id, child);
    report(child, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    ck_assert_int_eq(parent->state, QT_PARENT_DONE);
    seconds(2, STOP - 1);
    if (count(CANCEL) > 2) /* the stop that guarded the rest */
        report(last(CANCEL)->client_id, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    seconds(2, STOP - 1);
    check_sale(last(SUBMIT), HELD);
}
END_TEST

START_TEST(liquidation_takes_over_from_an_exit_at_work)
{
    struct qt_error err = {0};
    struct qt_parent *parent = leaving_by("iceberg");
    free_balance(parent);
    uint64_t child = parent->child;
    symbol()->guard.retry_ns = INT64_MAX;
    accept_order(child);
    ck_assert(qt_engine_command(engine, QT_COMMAND_LIQUIDATE, QT_SOURCE_SOCKET, "test", &err));
    qt__commands_take(engine);
    bool is_cancelled = false;
    for (unsigned i = 0; i < sents; i++)
        is_cancelled |= sent[i].verb == CANCEL && sent[i].order.client_id == child;
    ck_assert(is_cancelled);
    report(child, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 100);
    for (int i = 0; i < 5 && symbol()->guard.order; i++)
        report(symbol()->guard.order, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0);
    seconds(3, 10300);
    check_sale(last(SUBMIT), HELD - 100);
}
END_TEST

START_TEST(children_that_exceed_their_parent_lead_to_emergency)
{
    struct qt_parent *parent = entering("iceberg");
    seconds(2, ENTRY);
    uint64_t child = parent->child;
    accept_order(child);
    parent->qty.v = 500; /* the defect: less than the child that is out */
    fill(child, ENTRY, 600, 600);
    ck_assert_uint_gt(engine->counts.incidents, 0);
    ck_assert(atomic_load(&engine->gate_shut));
    seconds(3, ENTRY);
    ck_assert_int_eq(engine->mode, QT_MODE_EMERGENCY);
    ck_assert_str_eq(engine->mode_reason,
                     "engine: AAAUSDT: a parent order is exceeded by its children");
}
END_TEST

/* A parent of an earlier run with a child that rests. */
static void
restart(bool has_parent)
{
    restore->orders = 1;
    restore->order[0] = (struct qt_order_record){.request = {.client_id = 700 << 8,
                                                             .side = QT_SELL,
                                                             .type = QT_TYPE_LIMIT,
                                                             .reduce_only = true,
                                                             .px = {10300},
                                                             .stop_px = QT_PX_NONE,
                                                             .qty = {400}},
                                                 .purpose = QT_PURPOSE_REDUCE,
                                                 .state = QT_ORDER_OPEN,
                                                 .venue_id = 7,
                                                 .cum_qty = {100},
                                                 .cum_quote = {INT64_C(1030000000)}};
    if (has_parent) {
        restore->order[0].parent = 600 << 8;
        restore->parents = 1;
        restore->parent[0] = (struct qt_parent){.id = 600 << 8,
                                                .side = QT_SELL,
                                                .purpose = QT_PURPOSE_REDUCE,
                                                .algorithm = QT_ALGO_ICEBERG,
                                                .state = QT_PARENT_WORKING,
                                                .px_scale = 2,
                                                .qty_scale = 3,
                                                .qty = {800},
                                                .filled = {100},
                                                .quote = {INT64_C(1030000000)},
                                                .deadline_ns = INT64_MAX,
                                                .ended_ns = QT_TIME_NONE,
                                                .arrival = 103.01,
                                                .children = 1};
    }
    open_engine();
    seconds(2, ENTRY);
    ck_assert_uint_gt(count(QUERY), 0);
    report(700 << 8, QT_REPORT_STATUS, QT_ORDER_PARTIAL, 250);
    seconds(2, ENTRY);
    ck_assert_uint_eq(last(CANCEL)->client_id, 700 << 8);
    report(700 << 8, QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 250);
    seconds(20, ENTRY);
}

START_TEST(restart_withdraws_what_was_at_work_and_doubles_nothing)
{
    restart(true);
    const struct qt_parent *parent = &symbol()->work.parent[QT_PLACE_EXIT];
    ck_assert_int_eq(parent->state, QT_PARENT_DONE);
    ck_assert_uint_eq(parent->id, 600 << 8);
    ck_assert_int_eq(parent->filled.v, 250);
    ck_assert_str_eq(parent->why, "the engine was started anew");
    ck_assert_int_eq(symbol()->position.qty.v, HELD - 150);
    for (unsigned i = 0; i < sents; i++) /* what is sold is sold: nothing but the stop comes */
        ck_assert(sent[i].verb != SUBMIT || sent[i].order.type == QT_TYPE_STOP_LOSS_LIMIT);
    ck_assert_uint_eq(engine->counts.incidents, 0);
}
END_TEST

START_TEST(restart_decides_the_same_without_what_was_kept_of_the_parent)
{
    static __typeof__(sent) with;
    restart(true);
    unsigned n = sents;
    uint64_t hash = qt_engine_decision_hash(engine);
    memcpy(with, sent, sizeof with);
    tear_down();
    set_up();
    restart(false); /* as a replay does: its journal knows of the orders only */
    ck_assert_uint_eq(sents, n);
    ck_assert_uint_eq(qt_engine_decision_hash(engine), hash);
    for (unsigned i = 0; i < n; i++)
        ck_assert(sent[i].verb == with[i].verb &&
                  sent[i].order.client_id == with[i].order.client_id &&
                  qt_qty_cmp(sent[i].order.qty, with[i].order.qty) == 0);
}
END_TEST

START_TEST(parent_without_a_child_ends_with_the_run_that_had_it)
{
    restore->parents = 1;
    restore->parent[0] = (struct qt_parent){.id = 600 << 8,
                                            .side = QT_BUY,
                                            .algorithm = QT_ALGO_TWAP,
                                            .px_scale = 2,
                                            .qty_scale = 3,
                                            .qty = {800},
                                            .ended_ns = QT_TIME_NONE};
    open_engine();
    ck_assert_int_eq(symbol()->work.parent[QT_PLACE_ENTRY].state, QT_PARENT_DONE);
    ck_assert(!symbol()->is_worked);
    seconds(5, ENTRY);
    ck_assert_uint_eq(submits_of(QT_BUY), 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("work");
    TCase *tc = tcase_create("work");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, twap_sends_one_child_a_part_until_the_whole_is_bought);
    tcase_add_test(tc, stop_at_the_venue_follows_every_fill_of_a_parent);
    tcase_add_test(tc, unknown_child_holds_its_parent_up_at_full_size);
    tcase_add_test(tc, lost_child_that_never_arrived_is_due_again);
    tcase_add_test(tc, parent_that_rejects_leave_unfilled_says_so_at_its_deadline);
    tcase_add_test(tc, parent_of_an_entry_stops_where_the_mode_allows_none);
    tcase_add_loop_test(tc, F12_entry_at_work_is_withdrawn_where_its_symbol_does_not_trade, 0, 3);
    tcase_add_test(tc, position_that_must_be_closed_does_not_meet_its_own_entry);
    tcase_add_test(tc, child_of_an_exit_waits_for_its_balance_and_the_rest_is_guarded_again);
    tcase_add_test(tc, resting_child_of_an_exit_leaves_the_rest_guarded);
    tcase_add_test(tc, stop_that_is_reached_takes_over_from_an_exit_at_work);
    tcase_add_test(tc, liquidation_takes_over_from_an_exit_at_work);
    tcase_add_test(tc, children_that_exceed_their_parent_lead_to_emergency);
    tcase_add_test(tc, restart_withdraws_what_was_at_work_and_doubles_nothing);
    tcase_add_test(tc, restart_decides_the_same_without_what_was_kept_of_the_parent);
    tcase_add_test(tc, parent_without_a_child_ends_with_the_run_that_had_it);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
