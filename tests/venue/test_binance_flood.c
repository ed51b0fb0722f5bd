/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fault F6 over real sockets: the double sends a hundred quotes for each one that it usually sends,
 * through the real session, to an engine whose journal takes its time with every event.
 */
#include <time.h>

#include "bench.h"
#include "qtrade/engine/engine.h"

enum { FLOOD = 100, TRADES = 400, OWN_ORDER = 77 };

struct flood {
    struct bench bench;
    struct qt_engine *engine;
    struct qt_engine_config engine_config;
    struct qt_scan_config scan;
    struct qt_strategy_config strategy;
    struct qt_risk_config risk;
    struct qt_quality_config quality;
    atomic_bool stop;
    int64_t until_ns; /* monotonic: given up then */
    bool has_ordered, has_paused, is_paused, is_filled;
    uint64_t trades, gaps, quotes, syncs;
    uint64_t last_trade[QT_DOUBLE_SYMBOLS]; /* ids; 0: none since the stream was (re)opened */
};

static void
on_trade(struct flood *flood, const struct qt_event *event)
{
    uint64_t *last = &flood->last_trade[event->instrument];
    flood->trades++;
    /* one of each symbol in turn, and our own fill takes a number too */
    flood->gaps += *last && event->trade.id - *last - QT_DOUBLE_SYMBOLS > 1;
    *last = event->trade.id;
}

/* The journal: slow, and a witness of all that is numbered. */
static bool
on_event(void *self, const struct qt_event *event)
{
    struct flood *flood = self;
    const struct timespec a_while = {.tv_nsec = 300000};
    if (event->kind == QT_EVENT_TRADE)
        on_trade(flood, event);
    if (event->kind == QT_EVENT_LINK)
        memset(flood->last_trade, 0, sizeof flood->last_trade);
    flood->quotes += event->kind == QT_EVENT_QUOTE;
    flood->syncs += event->kind == QT_EVENT_SYNC;
    flood->is_paused |= event->kind == QT_EVENT_COMMAND && event->command.kind == QT_COMMAND_PAUSE;
    flood->is_filled |= event->kind == QT_EVENT_REPORT &&
                        event->report.client_id == qt_client_id(OWN_ORDER, 0) &&
                        event->report.type == QT_REPORT_FILL;
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
order_and_pause(struct flood *flood)
{
    struct qt_error err = {0};
    const struct qt_order_request order =
        bench_order(&flood->bench, OWN_ORDER, QT_BUY, QT_PX_NONE, 2000);
    if (!flood->has_ordered && flood->trades > TRADES / 4)
        flood->has_ordered = flood->bench.orders.submit(flood->bench.orders.self, &order);
    if (!flood->has_paused && flood->trades > TRADES / 2) {
        flood->has_paused = true;
        ck_assert(qt_engine_command(flood->engine, QT_COMMAND_PAUSE, QT_SOURCE_SOCKET, "", &err));
    }
}

static uint64_t
conflated(struct flood *flood)
{
    const struct qt_snapshot *last = qt_engine_snapshot(flood->engine);
    uint64_t n = last ? last->counts.conflated_quotes : 0;
    if (last)
        qt_engine_snapshot_unref(flood->engine, last);
    return n;
}

static int
work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct flood *flood = self;
    order_and_pause(flood);
    bool is_done = flood->is_paused && flood->is_filled && flood->trades >= TRADES &&
                   conflated(flood) > flood->quotes;
    if (is_done || qt_now_mono_ns() > flood->until_ns)
        return -1;
    return flood->bench.feed.work(flood->bench.feed.self, sink, timeout_ms);
}

static void
wake(void *self)
{
    struct flood *flood = self;
    flood->bench.feed.wake(flood->bench.feed.self);
}

static struct qt_engine *
create_engine(struct flood *flood, struct qt_error *err)
{
    const struct qt_config_binding bindings[] = {{&qt_engine_section, &flood->engine_config},
                                                 {&qt_scan_section, &flood->scan},
                                                 {&qt_strategy_section, &flood->strategy},
                                                 {&qt_risk_section, &flood->risk},
                                                 {&qt_quality_section, &flood->quality}};
    qt_config_defaults(bindings, QT_COUNT_OF(bindings));
    flood->engine_config.workers = 2;
    const struct qt_engine_options options = {
        .engine = &flood->engine_config,
        .scan = &flood->scan,
        .strategy = &flood->strategy,
        .risk = &flood->risk,
        .quality = &flood->quality,
        .universe = flood->bench.universe,
        .clock = &flood->bench.clock,
        .feed = {.self = flood, .work = work, .wake = wake},
        .venue = flood->bench.orders,
        .journal = {.self = flood, .event = on_event, .decision = on_decision},
        .run_kind = "test",
        .base_period_ns = QT_NS_PER_MIN,
        .publishes = true};
    return qt_engine_create(&options, err);
}

START_TEST(F6_flood_over_sockets_conflates_quotes_and_keeps_trades_reports_and_commands)
{
    struct qt_error err = {0};
    struct flood *flood = calloc(1, sizeof *flood);
    ck_assert_ptr_nonnull(flood);
    bench_start_venue(&flood->bench, 1);
    qt_double_set(flood->bench.venue, QT_DOUBLE_FLOOD, FLOOD);
    const struct qt_binance_options options = bench_options(&flood->bench);
    bench_open(&flood->bench, &options);
    flood->engine = create_engine(flood, &err);
    ck_assert_msg(flood->engine != NULL, "%s", err.text);
    flood->until_ns = qt_now_mono_ns() + BENCH_WAIT_MS * QT_NS_PER_MS;
    ck_assert(qt_engine_run(flood->engine, &flood->stop, &err));
    qt_engine_publish(flood->engine);
    ck_assert_uint_gt(conflated(flood), flood->quotes); /* of two quotes more than one gave way */
    ck_assert_uint_ge(flood->trades, TRADES);
    ck_assert_uint_eq(flood->gaps, 0);
    ck_assert_uint_gt(flood->syncs, 0);
    ck_assert(flood->is_filled);
    ck_assert(flood->is_paused);
    qt_engine_destroy(flood->engine);
    bench_stop(&flood->bench);
    free(flood);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("binance_flood");
    TCase *tc = tcase_create("flood");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc,
                   F6_flood_over_sockets_conflates_quotes_and_keeps_trades_reports_and_commands);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
