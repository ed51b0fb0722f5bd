/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session under the faults of the list (O1, O2, O10, F1, F2, F9, F10, K6, C2), injected by
 * the double over real sockets; more of the feed's in test_feed_faults.
 */
#include "bench.h"

static struct bench bench;

static void
set_up(void)
{
    bench_start_venue(&bench, 1);
}

static void
tear_down(void)
{
    bench_stop(&bench);
}

static void
open_default(void)
{
    struct qt_binance_options options = bench_options(&bench);
    bench_open(&bench, &options);
    bench_settle(&bench);
    bench.seen = bench.n;
}

/* Orders */

START_TEST(O1_a_lost_answer_is_a_time_out_and_never_a_rejection) /* O1 */
{
    open_default();
    qt_double_set(bench.venue, QT_DOUBLE_MUTE_USER, 1);
    qt_double_set(bench.venue, QT_DOUBLE_LOSE_ORDERS, 1);
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    const struct qt_event *event = bench_report(&bench, REPORT(1, TIMEOUT));
    ck_assert_int_eq(event->report.state, QT_ORDER_UNKNOWN);
    ck_assert_uint_eq(event->instrument, 0);
    ck_assert_uint_eq(qt_double_counted(bench.venue, QT_DOUBLE_POSTS), 1); /* not sent again */
    ck_assert(bench.orders.query(bench.orders.self, 0, qt_client_id(1, 0)));
    ck_assert_int_eq(bench_report(&bench, REPORT(1, STATUS))->report.state, QT_ORDER_OPEN);
}
END_TEST

START_TEST(O15_the_same_order_sent_again_is_no_second_order) /* O1, O15 */
{
    open_default();
    qt_double_set(bench.venue, QT_DOUBLE_LOSE_ORDERS, 1);
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    (void)bench_report(&bench, REPORT(1, TIMEOUT));
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    ck_assert_int_eq(bench_report(&bench, REPORT(1, REJECTED))->report.code, -2010);
    ck_assert_uint_eq(qt_double_counted(bench.venue, QT_DOUBLE_ORDERS), 1);
}
END_TEST

START_TEST(a_lost_answer_to_a_cancel_is_a_time_out)
{
    open_default();
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    (void)bench_report(&bench, REPORT(1, ACCEPTED));
    qt_double_set(bench.venue, QT_DOUBLE_MUTE_USER, 1);
    qt_double_set(bench.venue, QT_DOUBLE_LOSE_CANCELS, 1);
    ck_assert(bench.orders.cancel(bench.orders.self, 0, qt_client_id(1, 0)));
    (void)bench_report(&bench, REPORT(1, TIMEOUT));
}
END_TEST

/* O2: status, text (index into the double's), what it means */
static const struct {
    int status, text;
    enum qt_report_type type;
    int32_t code;
} failures[] = {
    {500, 0, QT_REPORT_TIMEOUT, -1000},
    {502, 5, QT_REPORT_TIMEOUT, 0},
    {503, 1, QT_REPORT_TIMEOUT, 0},
    {503, 2, QT_REPORT_REJECTED, 0}, /* the text proves it */
    {504, 3, QT_REPORT_TIMEOUT, -1007},
    {504, 6, QT_REPORT_TIMEOUT, -1006},
    {503, 6, QT_REPORT_TIMEOUT, -1006},
    {400, 6, QT_REPORT_TIMEOUT, -1006},
    {400, 3, QT_REPORT_TIMEOUT, -1007},
    {400, 4, QT_REPORT_REJECTED, -2010},
    {403, 5, QT_REPORT_REJECTED, 0},
    {429, 0, QT_REPORT_REJECTED, -1000},
    {200, 5, QT_REPORT_TIMEOUT, 0}, /* an answer that cannot be read */
};

START_TEST(O2_a_failure_is_a_rejection_only_where_that_is_proven) /* O2 */
{
    open_default();
    qt_double_set(bench.venue, QT_DOUBLE_ORDER_TEXT, failures[_i].text);
    qt_double_set(bench.venue, QT_DOUBLE_ORDER_STATUS, failures[_i].status);
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    const struct qt_event *event = bench_report(&bench, 100 + failures[_i].type);
    ck_assert_int_eq(event->report.code, failures[_i].code);
    ck_assert_uint_eq(qt_double_counted(bench.venue, QT_DOUBLE_POSTS), 1);
}
END_TEST

START_TEST(O2_an_order_behind_an_error_shows_on_the_stream_and_in_the_account) /* O1, O5 */
{
    open_default();
    qt_double_set(bench.venue, QT_DOUBLE_ORDER_DONE, 1);
    qt_double_set(bench.venue, QT_DOUBLE_ORDER_STATUS, 504);
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    (void)bench_report(&bench, REPORT(1, ACCEPTED));
    bench.seen = 0;
    (void)bench_report(&bench, REPORT(1, TIMEOUT));
    ck_assert(bench.orders.sync(bench.orders.self));
    const struct qt_event *row = bench_report(&bench, REPORT(1, STATUS));
    ck_assert_uint_eq(row->flags, QT_EVENT_SNAPSHOT);
}
END_TEST

START_TEST(after_failures_in_a_row_new_orders_wait_and_cancels_do_not)
{
    open_default();
    struct qt_order_request order = bench_order(&bench, 50, QT_BUY, (qt_px){5000}, 1000);
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    (void)bench_report(&bench, REPORT(1, ACCEPTED));
    for (uint64_t seq = 2; seq < 7; seq++) {
        qt_double_set(bench.venue, QT_DOUBLE_ORDER_STATUS, 500);
        bench_submit(&bench, seq, QT_BUY, (qt_px){5000}, 1000);
        (void)bench_report(&bench, (int64_t)REPORT(seq, TIMEOUT));
    }
    ck_assert(!bench.orders.submit(bench.orders.self, &order));
    ck_assert(bench.orders.cancel(bench.orders.self, 0, qt_client_id(1, 0)));
    (void)bench_report(&bench, REPORT(1, CANCELLED));
}
END_TEST

/* An order that rests, and then one that is answered 429: for a second nothing may leave but cancels. */
static struct qt_order_request
come_to_the_limit(void)
{
    open_default();
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    (void)bench_report(&bench, REPORT(1, ACCEPTED));
    qt_double_set(bench.venue, QT_DOUBLE_LIMIT, 1);
    bench_submit(&bench, 2, QT_BUY, (qt_px){5000}, 1000);
    (void)bench_report(&bench, REPORT(2, REJECTED));
    return bench_order(&bench, 3, QT_BUY, (qt_px){5000}, 1000);
}

START_TEST(O10_under_429_all_stops_but_the_reserve_for_cancels)
{
    struct qt_order_request order = come_to_the_limit();
    uint64_t requests = qt_double_counted(bench.venue, QT_DOUBLE_REQUESTS);
    ck_assert(!bench.orders.submit(bench.orders.self, &order));
    ck_assert(!bench.orders.query(bench.orders.self, 0, qt_client_id(1, 0)));
    (void)bench.orders.sync(bench.orders.self); /* waits */
    ck_assert(bench.orders.cancel(bench.orders.self, 0, qt_client_id(1, 0)));
    (void)bench_report(&bench, REPORT(1, CANCELLED));
    ck_assert(bench.orders.cancel_all(bench.orders.self, 0)); /* none is left: refused, and answered */
    bench_work(&bench, 300);
    ck_assert_uint_eq(qt_double_counted(bench.venue, QT_DOUBLE_REQUESTS), requests + 2);
    bench_work(&bench, 900);
    bench_submit(&bench, 3, QT_BUY, (qt_px){5000}, 1000);
    (void)bench_report(&bench, REPORT(3, ACCEPTED));
    ck_assert_uint_eq(qt_binance_stats(bench.session).bans, 1);
}
END_TEST

START_TEST(O10_cancel_that_is_answered_429_stops_cancels_too)
{
    struct qt_order_request order = come_to_the_limit();
    qt_double_set(bench.venue, QT_DOUBLE_LIMIT, 1);
    ck_assert(bench.orders.cancel(bench.orders.self, 0, qt_client_id(1, 0)));
    ck_assert_int_eq(bench_report(&bench, REPORT(1, CANCEL_REJECTED))->report.code, -1003);
    uint64_t requests = qt_double_counted(bench.venue, QT_DOUBLE_REQUESTS);
    ck_assert(!bench.orders.cancel(bench.orders.self, 0, qt_client_id(1, 0)));
    ck_assert(!bench.orders.submit(bench.orders.self, &order));
    bench_work(&bench, 500);
    ck_assert_uint_eq(qt_double_counted(bench.venue, QT_DOUBLE_REQUESTS), requests);
    bench_work(&bench, 700);
    ck_assert(bench.orders.cancel(bench.orders.self, 0, qt_client_id(1, 0)));
    (void)bench_report(&bench, REPORT(1, CANCELLED));
}
END_TEST

/* Questions wait in line behind as many as there are connections; the first is answered 418. What
 * else has left by then had left before the ban was known. */
START_TEST(O10_under_418_nothing_leaves_not_even_what_waits_in_line)
{
    enum { ASKED = 40, CONNECTIONS = 12 };
    open_default();
    uint64_t requests = qt_double_counted(bench.venue, QT_DOUBLE_REQUESTS);
    qt_double_set(bench.venue, QT_DOUBLE_BAN, ASKED);
    for (uint64_t seq = 1; seq <= ASKED; seq++)
        ck_assert(bench.orders.query(bench.orders.self, 0, qt_client_id(seq, 0)));
    for (uint64_t seq = 1; seq <= ASKED; seq++) {
        bench.seen = 0;
        (void)bench_report(&bench, (int64_t)REPORT(seq, TIMEOUT));
    }
    uint64_t after = qt_double_counted(bench.venue, QT_DOUBLE_REQUESTS);
    ck_assert_uint_ge(after, requests + 1);
    ck_assert_uint_le(after, requests + CONNECTIONS);
    uint64_t sockets = qt_double_counted(bench.venue, QT_DOUBLE_SOCKETS);
    qt_double_set(bench.venue, QT_DOUBLE_CUT, 1);
    ck_assert(!bench.orders.cancel(bench.orders.self, 0, qt_client_id(1, 0)));
    ck_assert(!bench.orders.cancel_all(bench.orders.self, 0));
    bench_work(&bench, 1000);
    bool is_banned = qt_clock_utc_ns(&bench.clock) < qt_binance_stats(bench.session).banned_until_ns;
    ck_assert(!is_banned || qt_double_counted(bench.venue, QT_DOUBLE_REQUESTS) == after);
    ck_assert(!is_banned || qt_double_counted(bench.venue, QT_DOUBLE_SOCKETS) == sockets);
}
END_TEST

static int64_t banned_until_ns;

static void
note_ban(void *context, int64_t until_ns)
{
    (void)context;
    banned_until_ns = until_ns;
}

/* 429, then 418 for three minutes, at sixty times. Between two runs only what the first was told is
 * kept. */
START_TEST(O10_ban_of_three_minutes_outlives_a_restart_and_no_request_is_made)
{
    struct qt_error err = {0};
    struct qt_binance_options options = bench_options(&bench);
    options.banned = note_ban;
    banned_until_ns = 0;
    bench_open(&bench, &options);
    bench_settle(&bench);
    bench.seen = bench.n;
    qt_double_set(bench.venue, QT_DOUBLE_LIMIT, 1);
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    (void)bench_report(&bench, REPORT(1, REJECTED));
    while (qt_clock_utc_ns(&bench.clock) <= banned_until_ns)
        bench_work(&bench, 5);
    qt_double_set(bench.venue, QT_DOUBLE_BAN, 1);
    bench_submit(&bench, 2, QT_BUY, (qt_px){5000}, 1000);
    (void)bench_report(&bench, REPORT(2, REJECTED));
    int64_t until_ns = banned_until_ns;
    uint64_t requests = qt_double_counted(bench.venue, QT_DOUBLE_REQUESTS);
    ck_assert_int_gt(until_ns, BENCH_START_NS + 180 * QT_NS_PER_S);
    struct qt_order_request order = bench_order(&bench, 3, QT_BUY, (qt_px){5000}, 1000);
    ck_assert(!bench.orders.submit(bench.orders.self, &order));
    ck_assert(!bench.orders.cancel(bench.orders.self, 0, qt_client_id(1, 0)));
    ck_assert(!bench.orders.query(bench.orders.self, 0, qt_client_id(1, 0)));
    bench_work(&bench, 200);
    uint64_t after = qt_double_counted(bench.venue, QT_DOUBLE_REQUESTS);
    bool is_banned = qt_clock_utc_ns(&bench.clock) < until_ns; /* else this machine was too slow */
    ck_assert(!is_banned || after == requests);
    qt_binance_close(bench.session);
    qt_universe_destroy(bench.universe);
    options.banned_until_ns = until_ns;
    bench.session = qt_binance_open(&options, &err);
    bench.universe = qt_binance_load_universe(bench.session, 300, NULL, NULL, &err);
    after = qt_double_counted(bench.venue, QT_DOUBLE_REQUESTS);
    is_banned = qt_clock_utc_ns(&bench.clock) < until_ns;
    ck_assert(!is_banned || (!bench.universe && after == requests));
    ck_assert_msg(!is_banned || strstr(err.text, "it has banned us"), "%s", err.text);
    qt_binance_close(bench.session);
    qt_universe_destroy(bench.universe);
    bench_open(&bench, &options); /* waits for it */
    ck_assert_int_ge(qt_clock_utc_ns(&bench.clock), until_ns);
}
END_TEST

/* Of what the other sessions of the process have left. */
START_TEST(F8_sessions_of_one_process_share_the_connections_to_a_host)
{
    struct qt_connects connects;
    struct qt_binance_options options = bench_options(&bench);
    options.connects = &connects;
    qt_connects_init(&connects, 1e-6, 7);
    for (int i = 0; i < 7; i++) /* of the other sessions */
        ck_assert(qt_connects_take(&connects, options.ws_url, qt_now_mono_ns()));
    bench_open(&bench, &options);
    bench_work(&bench, 500);
    ck_assert_uint_eq(qt_double_counted(bench.venue, QT_DOUBLE_SOCKETS), 0);
    qt_connects_init(&connects, 1e-6, 7); /* as if their five minutes had passed */
    bench_settle(&bench);
    ck_assert_uint_ge(qt_double_counted(bench.venue, QT_DOUBLE_SOCKETS), 2);
}
END_TEST

START_TEST(a_key_that_is_refused_later_stops_new_orders_and_is_told) /* K6 */
{
    open_default();
    struct qt_order_request order = bench_order(&bench, 2, QT_BUY, (qt_px){5000}, 1000);
    qt_double_set(bench.venue, QT_DOUBLE_REFUSE_KEY, 1);
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    const struct qt_event *link = bench_find(&bench, is_link, LINK(REST, DOWN), "requests down");
    ck_assert_ptr_nonnull(strstr(link->link.reason, "-2015"));
    ck_assert_int_eq(bench_report(&bench, REPORT(1, REJECTED))->report.code, -2015);
    ck_assert(!bench.orders.submit(bench.orders.self, &order));
    ck_assert(
        bench.orders.cancel(bench.orders.self, 0, qt_client_id(1, 0))); /* tried all the same */
}
END_TEST

/* Account */

/* Each time a second. It was counted as a failure, and the next try came later and later. */
START_TEST(O10_an_account_and_its_stream_come_as_soon_as_a_limit_has_passed) /* O10 */
{
    enum { LIMITS = 8 };
    open_default();
    int64_t end = qt_now_mono_ns() + BENCH_WAIT_MS * QT_NS_PER_MS;
    for (uint64_t bans = 1; bans <= LIMITS; bans++) {
        qt_double_set(bench.venue, QT_DOUBLE_LIMIT, 1);
        if (bans == 1 && _i == 0)
            ck_assert(bench.orders.sync(bench.orders.self));
        else if (bans == 1)
            qt_double_set(bench.venue, QT_DOUBLE_EXPIRE_KEY, 1);
        while (qt_binance_stats(bench.session).bans < bans) {
            bench_work(&bench, 10);
            ck_assert_int_lt(qt_now_mono_ns(), end);
        }
    }
    bench.seen = bench.n;
    if (_i == 1)
        (void)bench_find(&bench, is_link, LINK(USER, UP), "account stream up");
    (void)bench_find(&bench, is_kind, QT_EVENT_SYNC, "a read of the account");
    ck_assert_uint_eq(qt_binance_stats(bench.session).bans, LIMITS);
}
END_TEST

START_TEST(a_failed_read_of_the_account_says_nothing_and_is_tried_again)
{
    open_default();
    qt_double_set(bench.venue, QT_DOUBLE_FAIL_ACCOUNT, 1);
    size_t from = bench.n;
    ck_assert(bench.orders.sync(bench.orders.self));
    while (qt_double_get(bench.venue, QT_DOUBLE_FAIL_ACCOUNT) > 0)
        bench_work(&bench, 5);
    bench_work(&bench, 100);
    for (size_t i = from; i < bench.n; i++)
        ck_assert(bench.events[i].kind != QT_EVENT_BALANCE &&
                  bench.events[i].kind != QT_EVENT_SYNC);
    (void)bench_find(&bench, is_kind, QT_EVENT_SYNC, "the read that works");
}
END_TEST

START_TEST(F9_order_behind_an_error_is_found_by_the_poll_of_a_quiet_stream) /* F9 */
{
    struct qt_binance_options options = bench_options(&bench);
    options.reconcile_ms = 300;
    bench_open(&bench, &options);
    bench_settle(&bench);
    qt_double_set(bench.venue, QT_DOUBLE_MUTE_USER, 1);
    qt_double_set(bench.venue, QT_DOUBLE_ORDER_DONE, 1);
    qt_double_set(bench.venue, QT_DOUBLE_ORDER_STATUS, 504);
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    (void)bench_report(&bench, REPORT(1, TIMEOUT));
    ck_assert_uint_eq(bench_report(&bench, REPORT(1, STATUS))->flags, QT_EVENT_SNAPSHOT);
}
END_TEST

START_TEST(where_listen_keys_are_gone_the_stream_is_subscribed_by_signature)
{
    qt_double_set(bench.venue, QT_DOUBLE_NO_LISTEN_KEY, 1);
    open_default();
    bench_submit(&bench, 1, QT_BUY, QT_PX_NONE, 1000);
    uint64_t trade = bench_report(&bench, REPORT(1, FILL))->report.trade_id;
    /* answer and stream: the stream works */
    ck_assert_uint_eq(bench_report(&bench, REPORT(1, FILL))->report.trade_id, trade);
    bench.seen = 0;
    const struct qt_event *link = bench_find(&bench, is_link, LINK(USER, UP), "account stream up");
    ck_assert_ptr_nonnull(strstr(link->link.reason, "signature"));
}
END_TEST

/* Market data */

START_TEST(an_open_but_silent_connection_is_stale_and_made_anew) /* F1, F2 */
{
    struct qt_binance_options options = bench_options(&bench);
    options.stale_ms = 400;
    bench_open(&bench, &options);
    bench_settle(&bench);
    qt_double_set(bench.venue, QT_DOUBLE_MUTE, 1);
    bench.seen = bench.n;
    const struct qt_event *link =
        bench_find(&bench, is_link, LINK(MARKET, DOWN), "market link down");
    ck_assert_ptr_nonnull(strstr(link->link.reason, "no data"));
    qt_double_set(bench.venue, QT_DOUBLE_MUTE, 0);
    (void)bench_find(&bench, is_link, LINK(MARKET, UP), "market link up");
    (void)bench_find(&bench, is_kind, QT_EVENT_QUOTE, "quotes again");
    ck_assert_uint_ge(qt_binance_stats(bench.session).stale, 1);
}
END_TEST

START_TEST(stamps_of_the_future_are_clamped_and_bars_of_the_future_are_none) /* F10 */
{
    open_default();
    qt_double_set(bench.venue, QT_DOUBLE_AHEAD_MS, 600000); /* its clock steps ten minutes */
    while (qt_binance_stats(bench.session).clamped == 0)
        bench_work(&bench, 5);
    for (size_t i = 0; i < bench.n; i++)
        if (!(bench.events[i].flags & QT_EVENT_HISTORY))
            ck_assert_int_le(bench.events[i].t_venue_ns,
                             bench.events[i].t_recv_ns + 6 * QT_NS_PER_S);
}
END_TEST

/* Gaps of bars: the double's clock at 120 times, so that a minute is half a second */

static void
set_up_fast(void)
{
    bench_start_venue(&bench, 120);
}

/* Live bars of a symbol: right, without holes or repeats, through all of them. Returns how many. */
static size_t
check_live_bars(uint32_t symbol)
{
    int64_t last = QT_TIME_NONE;
    size_t n = 0;
    for (size_t i = 0; i < bench.n; i++) {
        const struct qt_event *event = &bench.events[i];
        if (event->kind != QT_EVENT_BAR || event->instrument != symbol ||
            event->bar.period_ns != QT_NS_PER_MIN)
            continue;
        struct qt_bar expected = qt_double_bar(symbol, event->bar.open_ns, QT_NS_PER_MIN);
        ck_assert(bench_bar_is(&event->bar, &expected));
        ck_assert_msg(last == QT_TIME_NONE || event->bar.open_ns == last + QT_NS_PER_MIN,
                      "symbol %u: bar %lld after %lld", symbol,
                      (long long)(event->bar.open_ns / QT_NS_PER_MIN),
                      (long long)(last / QT_NS_PER_MIN));
        last = event->bar.open_ns;
        n += !(event->flags & QT_EVENT_HISTORY);
    }
    return n;
}

static void
check_all_live_bars(size_t least)
{
    for (uint32_t s = 0; s < QT_DOUBLE_SYMBOLS; s++)
        ck_assert_uint_ge(check_live_bars(s), least);
}

START_TEST(bars_go_on_from_history_without_a_hole)
{
    open_default();
    bench_work(&bench, 2600);
    check_all_live_bars(4);
    ck_assert_uint_eq(qt_binance_stats(bench.session).bar_gaps, 0);
}
END_TEST

START_TEST(bars_missed_in_a_cut_are_filled_in_order)
{
    open_default();
    bench_work(&bench, 700);
    qt_double_set(bench.venue, QT_DOUBLE_REFUSE_WS, 1);
    qt_double_set(bench.venue, QT_DOUBLE_CUT, 1);
    bench_work(&bench, 2600);
    qt_double_set(bench.venue, QT_DOUBLE_REFUSE_WS, 0);
    bench.seen = bench.n;
    (void)bench_find(&bench, is_link, LINK(MARKET, UP), "market link up");
    bench_work(&bench, 1500);
    check_all_live_bars(7);
    ck_assert_uint_ge(qt_binance_stats(bench.session).bars_filled, 3 * QT_DOUBLE_SYMBOLS);
}
END_TEST

START_TEST(bars_missed_in_silence_are_filled_in_order)
{
    open_default();
    bench_work(&bench, 700);
    qt_double_set(bench.venue, QT_DOUBLE_MUTE, 1);
    bench_work(&bench, 2100);
    qt_double_set(bench.venue, QT_DOUBLE_FAIL_KLINES, 2); /* and the first tries fail */
    qt_double_set(bench.venue, QT_DOUBLE_MUTE, 0);
    bench_work(&bench, 3500);
    check_all_live_bars(8);
    ck_assert_uint_eq(qt_binance_stats(bench.session).bar_gaps, QT_DOUBLE_SYMBOLS);
}
END_TEST

START_TEST(a_history_that_cannot_be_read_does_not_hold_quotes_back_for_ever)
{
    struct qt_binance_options options = bench_options(&bench);
    qt_double_set(bench.venue, QT_DOUBLE_FAIL_KLINES, 3 * QT_DOUBLE_SYMBOLS + 1);
    bench_open(&bench, &options);
    (void)bench_find(&bench, is_kind, QT_EVENT_QUOTE, "a quote");
    ck_assert_uint_gt(qt_double_get(bench.venue, QT_DOUBLE_FAIL_KLINES), 0);
    while (qt_binance_stats(bench.session).history_left > 0)
        bench_work(&bench, 50);
    bench_work(&bench, 1200);
    check_all_live_bars(1);
}
END_TEST

static TCase *
add_case(Suite *suite, const char *name, void (*start)(void))
{
    TCase *tc = tcase_create(name);
    tcase_add_checked_fixture(tc, start, tear_down);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return tc;
}

static void
add_order_cases(Suite *suite)
{
    TCase *tc = add_case(suite, "orders", set_up);
    tcase_add_test(tc, O1_a_lost_answer_is_a_time_out_and_never_a_rejection);
    tcase_add_test(tc, O15_the_same_order_sent_again_is_no_second_order);
    tcase_add_test(tc, a_lost_answer_to_a_cancel_is_a_time_out);
    tcase_add_loop_test(tc, O2_a_failure_is_a_rejection_only_where_that_is_proven, 0,
                        QT_COUNT_OF(failures));
    tcase_add_test(tc, O2_an_order_behind_an_error_shows_on_the_stream_and_in_the_account);
    tcase_add_test(tc, after_failures_in_a_row_new_orders_wait_and_cancels_do_not);
    tcase_add_test(tc, O10_under_429_all_stops_but_the_reserve_for_cancels);
    tcase_add_test(tc, O10_cancel_that_is_answered_429_stops_cancels_too);
    tcase_add_test(tc, O10_under_418_nothing_leaves_not_even_what_waits_in_line);
    tcase_add_test(tc, a_key_that_is_refused_later_stops_new_orders_and_is_told);
}

static void
set_up_at_sixty(void)
{
    bench_start_venue(&bench, 60);
}

int
main(void)
{
    Suite *suite = suite_create("binance_faults");
    add_order_cases(suite);
    TCase *tc = add_case(suite, "account", set_up);
    tcase_add_loop_test(tc, O10_an_account_and_its_stream_come_as_soon_as_a_limit_has_passed, 0, 2);
    tcase_add_test(tc, a_failed_read_of_the_account_says_nothing_and_is_tried_again);
    tcase_add_test(tc, F9_order_behind_an_error_is_found_by_the_poll_of_a_quiet_stream);
    tcase_add_test(tc, where_listen_keys_are_gone_the_stream_is_subscribed_by_signature);
    tc = add_case(suite, "ban", set_up_at_sixty);
    tcase_add_test(tc, F8_sessions_of_one_process_share_the_connections_to_a_host);
    tcase_add_test(tc, O10_ban_of_three_minutes_outlives_a_restart_and_no_request_is_made);
    tc = add_case(suite, "market", set_up);
    tcase_add_test(tc, an_open_but_silent_connection_is_stale_and_made_anew);
    tcase_add_test(tc, stamps_of_the_future_are_clamped_and_bars_of_the_future_are_none);
    tc = add_case(suite, "bars", set_up_fast);
    tcase_add_test(tc, bars_go_on_from_history_without_a_hole);
    tcase_add_test(tc, bars_missed_in_a_cut_are_filled_in_order);
    tcase_add_test(tc, bars_missed_in_silence_are_filled_in_order);
    tcase_add_test(tc, a_history_that_cannot_be_read_does_not_hold_quotes_back_for_ever);
    return qt_run_suite(suite);
}
