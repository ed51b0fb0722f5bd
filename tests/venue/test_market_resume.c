/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An engine's market state after a connection that was lost, and after a restart, through the real
 * adapter: what an unbroken feed would have left, to the bit. The double's bars are a function of
 * symbol and time, so the unbroken feed is written down here.
 */
#include "bench.h"

#define KIT_SYMBOLS QT_DOUBLE_SYMBOLS
#include "market_kit.h"

#define SPEED 300 /* five minutes a second */

static struct bench bench;
static struct kit kit;

static void
open_session(void)
{
    struct qt_binance_options options = bench_options(&bench);
    options.history[0] = (struct qt_binance_history){QT_NS_PER_MIN, 20};
    options.history[1] = (struct qt_binance_history){15 * QT_NS_PER_MIN, 300};
    options.stale_ms = 5000;
    bench_open(&bench, &options);
}

static void
set_up(void)
{
    bench_start_venue(&bench, SPEED);
    open_session();
    kit_open(&kit, 0);
    qt_universe_destroy(kit.universe);
    kit.universe = bench.universe;
    kit.engine.state_min = 1440;
}

static void
tear_down(void)
{
    bench_stop(&bench); /* the universe too */
}

static bool
is_bar_of(const struct qt_event *event, uint32_t symbol)
{
    return event->kind == QT_EVENT_BAR && event->instrument == symbol &&
           event->bar.period_ns == QT_NS_PER_MIN;
}

/* Opening of the last base bar of a symbol; QT_TIME_NONE: none. */
static int64_t
last_bar(uint32_t symbol)
{
    for (size_t i = bench.n; i > 0; i--)
        if (is_bar_of(&bench.events[i - 1], symbol))
            return bench.events[i - 1].bar.open_ns;
    return QT_TIME_NONE;
}

/* Works until every symbol has its bar of open_ns. */
static void
work_until(int64_t open_ns)
{
    int64_t until = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    for (uint32_t s = 0; s < QT_DOUBLE_SYMBOLS; s++)
        while (last_bar(s) < open_ns) {
            bench_work(&bench, 10);
            ck_assert_msg(qt_now_mono_ns() < until, "bars do not come");
        }
}

static int64_t
now_minute(void)
{
    return qt_time_floor(qt_clock_utc_ns(&bench.clock), QT_NS_PER_MIN);
}

/* The market data of a session, as it came. */
static void
keep_market(struct kit_tape *tape)
{
    for (size_t i = 0; i < bench.n; i++)
        if (bench.events[i].kind == QT_EVENT_QUOTE || bench.events[i].kind == QT_EVENT_TRADE ||
            bench.events[i].kind == QT_EVENT_BAR)
            kit_add(tape, bench.events[i]);
}

/* The unbroken feed: the history as it came at the start, then each minute until the last that the
 * session has seen. */
static void
write_unbroken(const struct kit_tape *came, const int64_t *last_ns, struct kit_tape *out)
{
    int64_t first_ns[QT_DOUBLE_SYMBOLS], begin = INT64_MAX, end = 0, t_ns = 0;
    for (uint32_t s = 0; s < QT_DOUBLE_SYMBOLS; s++)
        first_ns[s] = QT_TIME_NONE;
    for (size_t i = 0; i < came->n; i++) {
        const struct qt_event *event = &came->events[i];
        if (event->kind != QT_EVENT_BAR || !(event->flags & QT_EVENT_HISTORY))
            continue;
        kit_add(out, *event);
        t_ns = event->t_recv_ns;
        if (event->bar.period_ns == QT_NS_PER_MIN)
            first_ns[event->instrument] = event->bar.open_ns + QT_NS_PER_MIN;
    }
    for (uint32_t s = 0; s < QT_DOUBLE_SYMBOLS; s++) {
        ck_assert_int_ne(first_ns[s], QT_TIME_NONE);
        begin = QT_MIN(begin, first_ns[s]);
        end = QT_MAX(end, last_ns[s]);
    }
    for (int64_t open_ns = begin; open_ns <= end; open_ns += QT_NS_PER_MIN)
        for (uint32_t s = 0; s < QT_DOUBLE_SYMBOLS; s++) {
            if (open_ns < first_ns[s] || open_ns > last_ns[s])
                continue;
            t_ns = QT_MAX(t_ns, open_ns + QT_NS_PER_MIN);
            kit_add(out, (struct qt_event){.kind = QT_EVENT_BAR,
                                           .instrument = s,
                                           .t_venue_ns = open_ns + QT_NS_PER_MIN,
                                           .t_recv_ns = t_ns,
                                           .bar = qt_double_bar(s, open_ns, QT_NS_PER_MIN)});
        }
}

static void
run_over(const struct kit_tape *tape, const struct qt_market_restore *market,
         struct kit_states *out)
{
    const struct kit_run run = {
        .events = tape->events, .n = tape->n, .market = market, .port = kit_port(out)};
    (void)kit_run(&kit, &run);
}

static void
expect_same(const struct kit_states *a, const struct kit_states *b)
{
    for (uint32_t s = 0; s < QT_DOUBLE_SYMBOLS; s++) {
        ck_assert(a->has[s] && b->has[s]);
        ck_assert(a->symbol[s].scan.is_warm && a->symbol[s].strategy.is_warm);
        kit_same(&a->symbol[s], &b->symbol[s]);
    }
}

START_TEST(lost_connection_leaves_what_an_unbroken_one_leaves)
{
    static struct kit_states broken, unbroken;
    struct kit_tape came = {0}, whole = {0};
    int64_t last_ns[QT_DOUBLE_SYMBOLS];
    bench_settle(&bench);
    work_until(now_minute() + 3 * QT_NS_PER_MIN);
    qt_double_set(bench.venue, QT_DOUBLE_REFUSE_WS, 1);
    qt_double_set(bench.venue, QT_DOUBLE_CUT, 1);
    int64_t back = now_minute() + 20 * QT_NS_PER_MIN;
    while (now_minute() < back)
        bench_work(&bench, 20);
    qt_double_set(bench.venue, QT_DOUBLE_REFUSE_WS, 0);
    bench.seen = bench.n;
    (void)bench_find(&bench, is_link, LINK(MARKET, UP), "market link up");
    work_until(now_minute() + 20 * QT_NS_PER_MIN);
    ck_assert_uint_ge(qt_binance_stats(bench.session).bars_filled, 15 * QT_DOUBLE_SYMBOLS);
    for (uint32_t s = 0; s < QT_DOUBLE_SYMBOLS; s++)
        last_ns[s] = last_bar(s);
    keep_market(&came);
    write_unbroken(&came, last_ns, &whole);
    run_over(&came, NULL, &broken);
    run_over(&whole, NULL, &unbroken);
    expect_same(&unbroken, &broken);
    kit_tape_free(&came);
    kit_tape_free(&whole);
}
END_TEST

/* Ends the session and opens another, which knows the bars up to known_ns. */
static void
open_again(const int64_t *known_ns)
{
    qt_binance_close(bench.session);
    struct qt_universe *old = bench.universe;
    bench.n = bench.seen = 0;
    open_session();
    qt_universe_destroy(old);
    kit.universe = bench.universe;
    for (uint32_t s = 0; s < QT_DOUBLE_SYMBOLS; s++)
        qt_binance_resume(bench.session, s, known_ns[s]);
}

START_TEST(restart_asks_for_the_gap_only_and_leaves_what_an_unbroken_run_leaves)
{
    static struct kit_states first, second, unbroken;
    struct kit_restore restore;
    struct kit_tape came = {0}, after = {0}, whole = {0};
    int64_t last_ns[QT_DOUBLE_SYMBOLS];
    bench_settle(&bench);
    work_until(now_minute() + 3 * QT_NS_PER_MIN);
    keep_market(&came);
    run_over(&came, NULL, &first);
    for (uint32_t s = 0; s < QT_DOUBLE_SYMBOLS; s++) {
        last_ns[s] = qt_market_symbol_end_ns(&first.symbol[s], &kit.shape) - QT_NS_PER_MIN;
        ck_assert_int_eq(last_ns[s], last_bar(s));
    }
    int64_t back = now_minute() + 20 * QT_NS_PER_MIN;
    while (now_minute() < back)
        bench_work(&bench, 20); /* what comes is not looked at: nobody is there */
    open_again(last_ns);
    bench_settle(&bench);
    work_until(now_minute() + 20 * QT_NS_PER_MIN);
    keep_market(&after);
    unsigned filled[QT_DOUBLE_SYMBOLS] = {0};
    for (size_t i = 0; i < after.n; i++) {
        const struct qt_event *event = &after.events[i];
        if (event->kind != QT_EVENT_BAR)
            continue;
        /* the missing ones only, each once and in order, flagged while they are from before */
        ck_assert_int_eq(event->bar.period_ns, QT_NS_PER_MIN);
        ck_assert_int_eq(event->bar.open_ns, last_ns[event->instrument] + QT_NS_PER_MIN);
        last_ns[event->instrument] = event->bar.open_ns;
        filled[event->instrument] += (event->flags & QT_EVENT_HISTORY) != 0;
    }
    for (uint32_t s = 0; s < QT_DOUBLE_SYMBOLS; s++)
        ck_assert_uint_ge(filled[s], 15);
    write_unbroken(&came, last_ns, &whole);
    run_over(&after, kit_restore_of(&first, &restore), &second);
    run_over(&whole, NULL, &unbroken);
    expect_same(&unbroken, &second);
    kit_tape_free(&came);
    kit_tape_free(&after);
    kit_tape_free(&whole);
}
END_TEST

START_TEST(gap_of_several_pages_comes_whole_before_the_first_live_event)
{
    int64_t known[QT_DOUBLE_SYMBOLS];
    for (uint32_t s = 0; s < QT_DOUBLE_SYMBOLS; s++)
        known[s] = now_minute() - 2345 * QT_NS_PER_MIN;
    open_again(known);
    bench_settle(&bench);
    work_until(now_minute() + 5 * QT_NS_PER_MIN);
    for (size_t i = 0; i < bench.n; i++) {
        const struct qt_event *event = &bench.events[i];
        bool is_tick = event->kind == QT_EVENT_QUOTE || event->kind == QT_EVENT_TRADE;
        if (is_tick)
            ck_assert_int_gt(known[event->instrument], now_minute() - 200 * QT_NS_PER_MIN);
        if (event->kind != QT_EVENT_BAR)
            continue;
        ck_assert_int_eq(event->bar.open_ns, known[event->instrument] + QT_NS_PER_MIN);
        known[event->instrument] = event->bar.open_ns;
    }
}
END_TEST

START_TEST(restart_within_a_minute_asks_for_no_bars)
{
    int64_t known[QT_DOUBLE_SYMBOLS];
    uint64_t before;
    tear_down();
    bench_start_venue(&bench, 1); /* a minute is a minute here */
    open_session();
    while (qt_clock_utc_ns(&bench.clock) > now_minute() + 30 * QT_NS_PER_S)
        bench_work(&bench, 100);
    for (uint32_t s = 0; s < QT_DOUBLE_SYMBOLS; s++)
        known[s] = now_minute() - QT_NS_PER_MIN;
    qt_double_set(bench.venue, QT_DOUBLE_FAIL_KLINES, 1000);
    before = (uint64_t)qt_double_get(bench.venue, QT_DOUBLE_FAIL_KLINES);
    open_again(known);
    bench_settle(&bench);
    ck_assert_uint_eq((uint64_t)qt_double_get(bench.venue, QT_DOUBLE_FAIL_KLINES), before);
    ck_assert_int_eq(last_bar(0), QT_TIME_NONE);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("market state over the adapter");
    TCase *tc = tcase_create("reconnect and restart");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, lost_connection_leaves_what_an_unbroken_one_leaves);
    tcase_add_test(tc, restart_asks_for_the_gap_only_and_leaves_what_an_unbroken_run_leaves);
    tcase_add_test(tc, gap_of_several_pages_comes_whole_before_the_first_live_event);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, restart_within_a_minute_asks_for_no_bars);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
