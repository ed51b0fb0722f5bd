/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fault F6: a flood of market data at an engine that does not keep up. A feed that gives in one go
 * what would be a hundred of its usual turns, and a journal that takes its time with each event:
 * what was numbered is compared with what was pushed, event by event.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "qtrade/base/time.h"
#include "qtrade/engine/engine.h"

#include "qt_check.h"

enum { SYMBOLS = 20, HELD = 7, FEW = 5 };

struct flood {
    struct qt_universe *universe;
    struct qt_engine *engine;
    struct qt_engine_config engine_config;
    struct qt_scan_config scan;
    struct qt_strategy_config strategy;
    struct qt_risk_config risk;
    struct qt_quality_config quality;
    struct qt_sources_config sources;
    struct qt_clock clock;
    struct qt_restore restore;
    atomic_bool stop;
    /* the feed: so many calls of so many rounds over so many symbols, each second one nothing if it
     * pauses */
    unsigned calls, rounds, symbols, called;
    bool has_clock, is_slow, pauses,
        falls;           /* falls: the price of HELD goes through its stop on the way */
    unsigned command_at; /* call in which the operator pauses; 0: never */
    unsigned commanded_in; /* call after which that was numbered */
    uint64_t quotes, trades, reports;
    bool has_two;                            /* each second round comes over the backup stream */
    int64_t newest[SYMBOLS][QT_SOURCES_MAX]; /* of quotes pushed: their number is their quantity */
    /* what was numbered */
    uint64_t seen_quotes, seen_trades, seen_reports;
    int64_t seen[SYMBOLS][QT_SOURCES_MAX];
    int64_t seen_ns;
    unsigned older; /* numbered after a newer one, or a trade before the newest quote */
    unsigned exits;
    uint64_t exits_seen_at; /* quotes numbered until then */
    /* the journal: event refuse_at is taken only at the try after so many (0: at once) */
    uint64_t refuse_at, taken;
    unsigned refuse_for, refused, lost;
    bool is_journal_sick;
};

/* What is numbered of a symbol before a trade or report, and at the end of a turn, is the newest.
 */
static void
check_newest(struct flood *flood, uint32_t symbol)
{
    flood->older +=
        memcmp(flood->seen[symbol], flood->newest[symbol], sizeof flood->seen[symbol]) != 0;
}

static bool
on_event(void *self, const struct qt_event *event)
{
    struct flood *flood = self;
    const struct timespec a_moment = {.tv_nsec = 10 * QT_NS_PER_MS};
    if (flood->taken + 1 == flood->refuse_at && flood->refused < flood->refuse_for) {
        flood->refused++;
        nanosleep(&a_moment, NULL);
        return false;
    }
    ck_assert_uint_eq(flood->lost, 0);
    flood->taken++;
    ck_assert_int_ge(event->t_recv_ns, flood->seen_ns);
    flood->seen_ns = event->t_recv_ns;
    if (event->kind == QT_EVENT_QUOTE) {
        int64_t *seen = &flood->seen[event->instrument][event->flags >> QT_EVENT_SOURCE_SHIFT];
        flood->seen_quotes++;
        flood->older += qt_qty_units(event->quote.bid_qty) <= *seen;
        *seen = qt_qty_units(event->quote.bid_qty);
    } else if (event->kind == QT_EVENT_TRADE) {
        ck_assert_uint_eq(event->trade.id, ++flood->seen_trades); /* each one, in its turn */
        check_newest(flood, event->instrument);
    } else if (event->kind == QT_EVENT_REPORT) {
        ck_assert_uint_eq(event->report.venue_id, ++flood->seen_reports);
        check_newest(flood, event->instrument);
    }
    if (event->kind == QT_EVENT_COMMAND)
        flood->commanded_in = flood->called;
    const struct timespec a_while = {.tv_nsec = 200000};
    if (flood->is_slow)
        nanosleep(&a_while, NULL);
    return true;
}

static bool
on_decision(void *self, const struct qt_decision *decision)
{
    (void)self, (void)decision;
    return true;
}

static void
on_lost(void *self)
{
    struct flood *flood = self;
    flood->lost++;
}

static bool
is_journal_healthy(void *self)
{
    const struct flood *flood = self;
    return !flood->is_journal_sick;
}

static bool
submit(void *self, const struct qt_order_request *request)
{
    struct flood *flood = self;
    ck_assert_uint_eq(request->instrument, HELD);
    ck_assert(request->reduce_only && request->side == QT_SELL);
    flood->exits++;
    flood->exits_seen_at = flood->seen_quotes;
    return true;
}

static bool
ask(void *self, uint32_t instrument, uint64_t client_id)
{
    (void)self, (void)instrument, (void)client_id;
    return true; /* and it is never answered */
}

static bool
say_yes(void *self)
{
    (void)self;
    return true;
}

static void
push(const struct qt_event_sink *sink, struct qt_event event, uint32_t symbol)
{
    event.instrument = symbol;
    event.t_recv_ns = event.t_venue_ns = qt_now_utc_ns();
    sink->push(sink->self, &event);
}

static void
push_quote(struct flood *flood, const struct qt_event_sink *sink, uint32_t symbol, unsigned stream)
{
    bool has_fallen = flood->falls && symbol == HELD && flood->called > flood->calls / 2;
    int64_t bid = (has_fallen ? 9900 : 10000) + (int64_t)(flood->quotes % 5);
    flood->newest[symbol][stream] = (int64_t)++flood->quotes;
    push(sink,
         (struct qt_event){.kind = QT_EVENT_QUOTE,
                           .flags = (uint16_t)(stream << QT_EVENT_SOURCE_SHIFT),
                           .quote = {{bid}, {bid + 1}, {(int64_t)flood->quotes}, {1000}}},
         symbol);
}

/* Quotes of all symbols round by round, and now and then a trade and a report between them. */
static int
work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct flood *flood = self;
    struct qt_error err = {0};
    (void)timeout_ms;
    if (++flood->called > flood->calls)
        return -1;
    if (flood->called == flood->command_at)
        ck_assert(qt_engine_command(flood->engine, QT_COMMAND_PAUSE, QT_SOURCE_SOCKET, "", &err));
    for (uint32_t s = 0; flood->pauses && flood->called % 2 == 1 && s < flood->symbols; s++)
        check_newest(flood, s); /* the turn before this one had nothing more to give */
    if (flood->pauses && flood->called % 2 == 0)
        return 0;
    uint64_t before = flood->quotes + flood->trades + flood->reports;
    for (unsigned round = 0; round < flood->rounds; round++)
        for (uint32_t s = 0; s < flood->symbols; s++) {
            push_quote(flood, sink, s, flood->has_two ? round % 2 : 0);
            if (round % 20 == s % 20)
                push(sink,
                     (struct qt_event){.kind = QT_EVENT_TRADE,
                                       .trade = {{10000}, {250}, ++flood->trades}},
                     s);
            if (round % 10 == s % 10)
                push(sink,
                     (struct qt_event){
                         .kind = QT_EVENT_REPORT,
                         .report = {.venue_id = ++flood->reports, .type = QT_REPORT_STATUS}},
                     s);
        }
    return (int)(flood->quotes + flood->trades + flood->reports - before);
}

/* A long position of an earlier run, 1 % below whose entry its stop stands. */
static void
hold_position(struct flood *flood)
{
    struct qt_position_record *position = &flood->restore.position[0];
    flood->restore.is_found = true;
    flood->restore.positions = 1;
    *position = (struct qt_position_record){.instrument = HELD,
                                            .qty = {100000},
                                            .initial_qty = {100000},
                                            .opened_ns = qt_now_utc_ns(),
                                            .has_plan = true};
    ck_assert(qt_money_parse("100", QT_MONEY_SCALE, &position->cost));
    position->plan = (struct qt_exit_plan){.side = QT_BUY,
                                           .tick = {1},
                                           .step = {10},
                                           .entry = {10000},
                                           .initial_stop = {9950},
                                           .stop = {9950},
                                           .target = {{11000}, {12000}, {13000}},
                                           .trail = {100},
                                           .best = {10000},
                                           .opened_ns = position->opened_ns,
                                           .deadline_ns = INT64_MAX};
}

static void
add_symbols(struct flood *flood)
{
    struct qt_error err = {0};
    flood->universe = qt_universe_create();
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        struct qt_instrument ins = {
            .quote = "USDT", .px_scale = 2, .qty_scale = 5, .tick = {1}, .lot = {10}};
        snprintf(ins.symbol, sizeof ins.symbol, "S%uUSDT", i);
        snprintf(ins.base, sizeof ins.base, "S%u", i);
        ck_assert(qt_universe_add(flood->universe, &ins, &err));
    }
}

static struct flood *
flood_new(unsigned workers)
{
    struct flood *flood = calloc(1, sizeof *flood);
    ck_assert_ptr_nonnull(flood);
    const struct qt_config_binding bindings[] = {
        {&qt_engine_section, &flood->engine_config}, {&qt_scan_section, &flood->scan},
        {&qt_strategy_section, &flood->strategy},    {&qt_risk_section, &flood->risk},
        {&qt_quality_section, &flood->quality},      {&qt_sources_section, &flood->sources}};
    qt_config_defaults(bindings, QT_COUNT_OF(bindings));
    flood->engine_config.workers = workers;
    qt_copy(flood->engine_config.protective_stops, sizeof flood->engine_config.protective_stops,
            "engine"); /* what is sent is an exit */
    flood->calls = 16;
    flood->rounds = 100;
    flood->symbols = SYMBOLS;
    flood->has_clock = flood->pauses = true;
    qt_clock_init_wall(&flood->clock);
    add_symbols(flood);
    hold_position(flood);
    return flood;
}

static void
flood_run(struct flood *flood)
{
    struct qt_error err = {0};
    const struct qt_engine_options options = {
        .engine = &flood->engine_config,
        .scan = &flood->scan,
        .strategy = &flood->strategy,
        .risk = &flood->risk,
        .quality = &flood->quality,
        .sources = flood->has_two ? &flood->sources : NULL,
        .universe = flood->universe,
        .clock = flood->has_clock ? &flood->clock : NULL,
        .feed = {.self = flood, .work = work},
        .venue = {.self = flood,
                  .name = "flood",
                  .submit = submit,
                  .cancel = ask,
                  .query = ask,
                  .sync = say_yes},
        .journal = {.self = flood,
                    .event = on_event,
                    .decision = on_decision,
                    .lost = on_lost,
                    .is_healthy = is_journal_healthy},
        .run_kind = "test",
        .restore = &flood->restore,
        .base_period_ns = QT_NS_PER_MIN,
        .publishes = true};
    flood->engine = qt_engine_create(&options, &err);
    ck_assert_msg(flood->engine != NULL, "%s", err.text);
    ck_assert(qt_engine_run(flood->engine, &flood->stop, &err));
    qt_engine_publish(flood->engine);
}

/* Nothing but quotes gave way, each is accounted for, and the newest was always there. */
static struct qt_counts
check_all(struct flood *flood)
{
    const struct qt_snapshot *last = qt_engine_snapshot(flood->engine);
    struct qt_counts counts = last->counts;
    qt_engine_snapshot_unref(flood->engine, last);
    for (uint32_t s = 0; s < flood->symbols; s++)
        check_newest(flood, s);
    ck_assert_uint_eq(flood->older, 0);
    ck_assert_uint_eq(flood->seen_trades, flood->trades);
    ck_assert_uint_eq(flood->seen_reports, flood->reports);
    ck_assert_uint_eq(counts.trades, flood->trades);
    ck_assert_uint_eq(counts.reports, flood->reports);
    ck_assert_uint_eq(counts.quotes, flood->seen_quotes);
    ck_assert_uint_eq(counts.quotes + counts.conflated_quotes, flood->quotes);
    ck_assert_uint_eq(counts.late_events, 0);
    ck_assert_uint_eq(counts.dropped_trades + counts.dropped_orders, 0);
    return counts;
}

static void
flood_end(struct flood *flood)
{
    qt_engine_destroy(flood->engine);
    qt_universe_destroy(flood->universe);
    free(flood);
}

static const unsigned worker_counts[] = {1, 4};

START_TEST(F6_flood_at_a_slow_engine_conflates_quotes_and_keeps_all_else)
{
    struct flood *flood = flood_new(worker_counts[_i]);
    flood->is_slow = flood->falls = true;
    flood->command_at = 5;
    flood_run(flood);
    struct qt_counts counts = check_all(flood);
    ck_assert_uint_gt(counts.conflated_quotes, flood->quotes / 2);
    ck_assert_uint_eq(flood->exits, 1); /* the stop went out, in the middle of the flood */
    ck_assert_uint_lt(flood->exits_seen_at, flood->seen_quotes);
    const struct qt_snapshot *last = qt_engine_snapshot(flood->engine);
    ck_assert_int_eq(last->mode, QT_MODE_PAUSED); /* and so did the operator's word */
    qt_engine_snapshot_unref(flood->engine, last);
    flood_end(flood);
}
END_TEST

START_TEST(F6_flood_at_a_quick_engine_keeps_the_newest_of_each_symbol)
{
    struct flood *flood = flood_new(worker_counts[_i]);
    flood_run(flood);
    struct qt_counts counts = check_all(flood);
    ck_assert_uint_gt(counts.conflated_quotes, 0);
    ck_assert_uint_eq(flood->exits, 0);
    flood_end(flood);
}
END_TEST

START_TEST(F6_flood_over_two_streams_keeps_the_newest_of_each)
{
    struct flood *flood = flood_new(worker_counts[_i]);
    flood->has_two = true;
    flood_run(flood);
    ck_assert_uint_gt(check_all(flood).conflated_quotes, 0);
    flood_end(flood);
}
END_TEST

/* Fault S6: the journal's disk stands still. */
static const struct {
    bool holds, is_sick;
    unsigned refuse_for, refused; /* asked for; in the end */
    unsigned lost;
} disks[] = {
    {.refuse_for = 50, .refused = 50},                          /* it was slow */
    {.holds = true, .refuse_for = 50, .refused = 1, .lost = 1}, /* the position comes first */
    {.is_sick = true, .refuse_for = 50, .refused = 1, .lost = 1},
    {.refuse_for = UINT_MAX, .refused = UINT_MAX, .lost = 1}, /* it hangs */
};

START_TEST(S6_disk_that_stands_still_is_waited_for_while_nothing_is_out)
{
    struct flood *flood = flood_new(1);
    flood->restore.positions = disks[_i].holds;
    flood->restore.is_found = disks[_i].holds;
    flood->refuse_at = 1000;
    flood->refuse_for = disks[_i].refuse_for;
    flood->is_journal_sick = disks[_i].is_sick;
    flood_run(flood);
    if (disks[_i].refused < UINT_MAX)
        ck_assert_uint_eq(flood->refused, disks[_i].refused);
    else
        ck_assert_uint_gt(flood->refused, 10);
    ck_assert_uint_eq(flood->lost, disks[_i].lost);
    if (flood->lost == 0)
        (void)check_all(flood);
    const struct qt_snapshot *last = qt_engine_snapshot(flood->engine);
    ck_assert_int_eq(last->journal.is_lost, flood->lost);
    ck_assert_int_eq(last->mode, flood->lost ? QT_MODE_PAUSED : QT_MODE_NORMAL);
    qt_engine_snapshot_unref(flood->engine, last);
    flood_end(flood);
}
END_TEST

/* A hundred events a turn are no flood; that each of them takes a while is what makes it late. */
START_TEST(F6_slow_engine_alone_conflates_what_came_while_it_was_late)
{
    struct flood *flood = flood_new(worker_counts[_i]);
    flood->is_slow = true;
    flood->pauses = false;
    flood->symbols = FEW;
    flood->rounds = 20;
    flood_run(flood);
    ck_assert_uint_gt(check_all(flood).conflated_quotes, 0);
    flood_end(flood);
}
END_TEST

START_TEST(few_events_at_a_quick_engine_all_pass)
{
    struct flood *flood = flood_new(worker_counts[_i]);
    flood->symbols = FEW;
    flood->rounds = 1;
    flood->calls = 2000;
    flood_run(flood);
    const struct qt_counts counts = check_all(flood);
    ck_assert_uint_eq(counts.conflated_quotes, 0);
    flood_end(flood);
}
END_TEST

/* Recorded data wait for nobody: the same events are numbered whatever the engine's pace. */
START_TEST(stop_ends_a_turn_that_the_feed_would_not_end)
{
    struct flood *flood = flood_new(worker_counts[_i]);
    flood->pauses = false;
    flood->command_at = 5;
    flood_run(flood);
    ck_assert_uint_eq(flood->commanded_in, flood->command_at);
    check_all(flood);
    flood_end(flood);
}
END_TEST

START_TEST(without_a_clock_every_quote_is_numbered)
{
    struct flood *flood = flood_new(worker_counts[_i]);
    flood->has_clock = false;
    flood->falls = true;
    flood_run(flood);
    ck_assert_uint_eq(check_all(flood).conflated_quotes, 0);
    ck_assert_uint_eq(flood->exits, 1);
    flood_end(flood);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("intake");
    TCase *tc = tcase_create("flood");
    int n = QT_COUNT_OF(worker_counts);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, F6_flood_at_a_slow_engine_conflates_quotes_and_keeps_all_else, 0, n);
    tcase_add_loop_test(tc, F6_flood_at_a_quick_engine_keeps_the_newest_of_each_symbol, 0, n);
    tcase_add_loop_test(tc, F6_flood_over_two_streams_keeps_the_newest_of_each, 0, n);
    tcase_add_loop_test(tc, F6_slow_engine_alone_conflates_what_came_while_it_was_late, 0, n);
    tcase_add_loop_test(tc, few_events_at_a_quick_engine_all_pass, 0, n);
    tcase_add_loop_test(tc, stop_ends_a_turn_that_the_feed_would_not_end, 0, n);
    tcase_add_loop_test(tc, without_a_clock_every_quote_is_numbered, 0, n);
    tcase_add_loop_test(tc, S6_disk_that_stands_still_is_waited_for_while_nothing_is_out, 0, (int)QT_COUNT_OF(disks));
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
