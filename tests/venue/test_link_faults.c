/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session under the feed's faults F8, F9, F12 and odd bars (F10), and bans that a connection
 * meets (O10): connections, listen keys and
 * instruments that end, injected by the double and by the simulated exchange, over real sockets.
 */
#include "bench.h"
#include "qtrade/venue/exchange.h"

static struct bench bench;

static void
set_up(void)
{
    bench_start_venue(&bench, 1);
}

static void
set_up_fast(void)
{
    bench_start_venue(&bench, 120);
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

static struct qt_venue_stats
stats(void)
{
    return qt_binance_stats(bench.session);
}

/* F8 */

static struct qt_exchange_server *exchange;

static void
stop_exchange(void)
{
    tear_down();
    qt_exchange_server_stop(exchange);
    exchange = NULL;
}

/* Every connection of the session ends at the same moment, again and again. */
START_TEST(F8_connections_that_end_all_at_once_come_back_one_by_one)
{
    enum { SYMBOLS = 330, LINKS = 5, ROUNDS = 1 };
    struct qt_error err = {0};
    bench = (struct bench){.sink = {.push = bench_push}};
    bench.sink.self = &bench;
    struct qt_fault cut;
    ck_assert(qt_fault_parse("cut=2s:all", &cut, &err));
    const struct qt_exchange_server_options server = {
        .symbols = SYMBOLS, .seed = 1, .faults = &cut, .n_faults = 1};
    exchange = qt_exchange_server_start(&server, &err);
    ck_assert_msg(exchange != NULL, "%s", err.text);
    const struct qt_exchange_server_info *info = qt_exchange_server_info(exchange);
    bench.clock = info->clock;
    const struct qt_binance_options options = {.rest_url = info->rest_url,
                                               .ws_url = info->stream_url,
                                               .ws_api_url = info->api_url,
                                               .key = info->key,
                                               .secret = info->secret,
                                               .tag = BENCH_TAG,
                                               .clock = &bench.clock,
                                               .max_symbols = SYMBOLS,
                                               .is_simulated = true,
                                               .seed = 1};
    bench_open(&bench, &options);
    uint64_t cuts = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        (void)bench_find(&bench, is_link, LINK(MARKET, UP), "market link up");
        (void)bench_find(&bench, is_link, LINK(MARKET, DOWN), "all of them cut");
        cuts++;
        /* up one after the other: the link passes through "some of them" on its way up */
        const struct qt_event *some =
            bench_find(&bench, is_link, LINK(MARKET, CONNECTING), "some of them back");
        ck_assert_ptr_nonnull(strstr(some->link.reason, "of 5 connections"));
    }
    (void)bench_find(&bench, is_link, LINK(MARKET, UP), "all of them back");
    ck_assert_uint_ge(stats().reconnects, ROUNDS * LINKS);
    ck_assert_uint_eq(stats().bans, 0);
    ck_assert_uint_ge(qt_exchange_server_stats(exchange).faults[QT_FAULT_CUT], cuts);
}
END_TEST

/* 300 in five minutes: a burst, and less than one a second behind it, whatever goes wrong. */
START_TEST(F8_server_that_refuses_everybody_sees_no_storm)
{
    open_default();
    qt_double_set(bench.venue, QT_DOUBLE_REFUSE_WS, 1);
    qt_double_set(bench.venue, QT_DOUBLE_CUT, 1);
    (void)bench_find(&bench, is_link, LINK(MARKET, DOWN), "market link down");
    uint64_t before = stats().reconnects;
    int64_t began = qt_now_mono_ns();
    bench_work(&bench, 2500);
    double seconds = (double)(qt_now_mono_ns() - began) / 1e9;
    /* two links, each after 250..500, 500..1000, 1000..2000 ms ... */
    ck_assert_uint_le(stats().reconnects - before, (uint64_t)(8 + 2 * seconds));
    qt_double_set(bench.venue, QT_DOUBLE_REFUSE_WS, 0);
    (void)bench_find(&bench, is_link, LINK(MARKET, UP), "market link up");
}
END_TEST

/* F9 */

START_TEST(F9_expired_listen_key_is_renewed_and_the_account_read)
{
    open_default();
    qt_double_set(bench.venue, QT_DOUBLE_EXPIRE_KEY, 1);
    (void)bench_find(&bench, is_link, LINK(USER, DOWN), "account stream down");
    (void)bench_find(&bench, is_link, LINK(USER, UP), "account stream up");
    (void)bench_find(&bench, is_kind, QT_EVENT_SYNC, "the account after it");
}
END_TEST

/* The stream is open and pings pass, but says nothing of an order that fills: the next read of the
 * account shows neither the order nor the money, and the question about it brings the fill. */
START_TEST(F9_fill_that_a_quiet_stream_keeps_to_itself_is_found_by_the_poll)
{
    struct qt_binance_options options = bench_options(&bench);
    options.reconcile_ms = 300;
    bench_open(&bench, &options);
    bench_settle(&bench);
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    (void)bench_report(&bench, REPORT(1, ACCEPTED));
    qt_double_set(bench.venue, QT_DOUBLE_MUTE_USER, 1);
    qt_double_set(bench.venue, QT_DOUBLE_FILL, 1);
    BENCH_UNTIL(&bench, qt_double_get(bench.venue, QT_DOUBLE_FILL) == 0);
    size_t from = bench.seen = bench.n;
    (void)bench_find(&bench, is_kind, QT_EVENT_SYNC, "a read under way");
    from = bench.seen;
    (void)bench_find(&bench, is_kind, QT_EVENT_SYNC, "the poll");
    qt_money held = {-1};
    for (size_t i = from; i < bench.seen; i++) {
        const struct qt_event *event = &bench.events[i];
        ck_assert(event->kind != QT_EVENT_REPORT); /* not among the open ones any more */
        if (event->kind == QT_EVENT_BALANCE && strcmp(event->balance.asset, "AAA") == 0)
            held = event->balance.free;
    }
    ck_assert_int_eq(held.v, 99900000); /* 1 less the fee */
    ck_assert(bench.orders.query(bench.orders.self, 0, qt_client_id(1, 0)));
    const struct qt_event *status = bench_report(&bench, REPORT(1, STATUS));
    ck_assert_int_eq(status->report.state, QT_ORDER_FILLED);
    ck_assert_int_eq(status->report.cum_qty.v, 100000000);
}
END_TEST

/* F10 */

START_TEST(F10_bar_that_opens_in_mid_minute_is_refused_and_the_right_one_fetched)
{
    open_default();
    bench_work(&bench, 600);
    qt_double_set(bench.venue, QT_DOUBLE_ODD_BARS, 1);
    BENCH_UNTIL(&bench, stats().refused == 1);
    ck_assert_str_eq(stats().last_bad, "bar AAAUSDT: the bar is impossible");
    uint64_t filled = stats().bars_filled;
    BENCH_UNTIL(&bench, stats().bars_filled > filled);
    bench_work(&bench, 600);
    bench_check_all(&bench);
}
END_TEST

/* F12 */

static const struct {
    enum qt_double_knob knob;
    uint8_t status;
    int64_t lot;
} changes[] = {
    {QT_DOUBLE_HALT, QT_INSTRUMENT_HALTED, 0},
    {QT_DOUBLE_DELIST, QT_INSTRUMENT_GONE, 0},
    {QT_DOUBLE_COARSE, QT_INSTRUMENT_CHANGED, 1000000},
};

START_TEST(F12_instrument_that_is_halted_delisted_or_changed_is_told_and_told_again)
{
    struct qt_binance_options options = bench_options(&bench);
    options.rules_ms = 100;
    bench_open(&bench, &options);
    bench_settle(&bench);
    bench.seen = bench.n;
    qt_double_set(bench.venue, changes[_i].knob, 1);
    const struct qt_event *event = bench_find(&bench, is_kind, QT_EVENT_STATUS, "the change");
    ck_assert_uint_eq(event->instrument, 0);
    ck_assert_uint_eq(event->status.status, changes[_i].status);
    ck_assert_int_eq(event->status.lot.v, changes[_i].lot);
    size_t from = bench.seen;
    bench_work(&bench, 700); /* and once only, though it is looked at again */
    for (size_t i = from; i < bench.n; i++)
        ck_assert(bench.events[i].kind != QT_EVENT_STATUS);
    qt_double_set(bench.venue, changes[_i].knob, 0);
    event = bench_find(&bench, is_kind, QT_EVENT_STATUS, "trading again");
    ck_assert_uint_eq(event->instrument, 0);
    ck_assert_uint_eq(event->status.status, QT_INSTRUMENT_TRADING);
}
END_TEST

/* O10: a connection that is refused with 418 or 429. */

enum socket_kind { MARKET_SOCKET, LISTEN_SOCKET, API_SOCKET, BOOK_SOCKET, SOCKET_KINDS };

static void
open_for(enum socket_kind kind)
{
    struct qt_binance_options options = bench_options(&bench);
    options.is_account_only = kind == LISTEN_SOCKET || kind == API_SOCKET;
    if (kind == MARKET_SOCKET)
        options.key = options.secret = NULL;
    qt_double_set(bench.venue, QT_DOUBLE_NO_LISTEN_KEY, kind == API_SOCKET);
    bench_open(&bench, &options);
    if (kind == BOOK_SOCKET)
        bench_settle(&bench);
    else if (kind == MARKET_SOCKET)
        (void)bench_find(&bench, is_link, LINK(MARKET, UP), "market link up");
    else
        (void)bench_find(&bench, is_kind, QT_EVENT_SYNC, "first read of the account");
    bench.seen = bench.n;
}

/* That one kind of connection is made, and answered so. */
static void
come_to_be_refused(enum socket_kind kind, enum qt_double_knob knob)
{
    qt_double_set(bench.venue, knob, 1);
    if (kind == BOOK_SOCKET)
        bench.feed.watch_depth(bench.feed.self, 0, true);
    else
        qt_double_set(bench.venue, QT_DOUBLE_CUT, 1);
    BENCH_UNTIL(&bench, stats().bans == 1);
}

START_TEST(O10_connection_answered_418_is_the_ban_that_a_request_would_meet)
{
    open_for(_i);
    come_to_be_refused(_i, QT_DOUBLE_BAN_WS);
    uint64_t requests = qt_double_counted(bench.venue, QT_DOUBLE_REQUESTS);
    uint64_t upgrades = qt_double_counted(bench.venue, QT_DOUBLE_UPGRADES);
    ck_assert_int_gt(stats().banned_until_ns, BENCH_START_NS + 180 * QT_NS_PER_S);
    (void)bench.orders.sync(bench.orders.self); /* waits */
    ck_assert(!bench.orders.cancel(bench.orders.self, 0, qt_client_id(1, 0)));
    ck_assert(!bench.orders.cancel_all(bench.orders.self, 0));
    ck_assert(!bench.orders.query(bench.orders.self, 0, qt_client_id(1, 0)));
    qt_double_set(bench.venue, QT_DOUBLE_CUT, 1);
    bench_work(&bench, 2500);
    bool is_banned = qt_clock_utc_ns(&bench.clock) < stats().banned_until_ns;
    ck_assert(!is_banned || qt_double_counted(bench.venue, QT_DOUBLE_REQUESTS) == requests);
    ck_assert(!is_banned || qt_double_counted(bench.venue, QT_DOUBLE_UPGRADES) == upgrades);
    ck_assert_uint_eq(stats().bans, 1);
}
END_TEST

START_TEST(O10_connection_answered_429_leaves_cancels_alone)
{
    open_for(BOOK_SOCKET);
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    (void)bench_report(&bench, REPORT(1, ACCEPTED));
    come_to_be_refused(BOOK_SOCKET, QT_DOUBLE_LIMIT_WS);
    uint64_t requests = qt_double_counted(bench.venue, QT_DOUBLE_REQUESTS);
    uint64_t upgrades = qt_double_counted(bench.venue, QT_DOUBLE_UPGRADES);
    struct qt_order_request order = bench_order(&bench, 2, QT_BUY, (qt_px){5000}, 1000);
    ck_assert(!bench.orders.submit(bench.orders.self, &order));
    ck_assert(!bench.orders.query(bench.orders.self, 0, qt_client_id(1, 0)));
    ck_assert(bench.orders.cancel(bench.orders.self, 0, qt_client_id(1, 0)));
    (void)bench_report(&bench, REPORT(1, CANCELLED));
    qt_double_set(bench.venue, QT_DOUBLE_CUT, 1);
    bench_work(&bench, 2500);
    bool is_stopped = qt_clock_utc_ns(&bench.clock) < stats().banned_until_ns;
    ck_assert(!is_stopped || qt_double_counted(bench.venue, QT_DOUBLE_REQUESTS) == requests + 1);
    ck_assert(!is_stopped || qt_double_counted(bench.venue, QT_DOUBLE_UPGRADES) == upgrades);
    ck_assert_uint_eq(stats().bans, 1);
}
END_TEST

/* At 120 times: three minutes are a second and a half. */
START_TEST(O10_connections_come_back_when_the_ban_is_over)
{
    struct qt_binance_options options = bench_options(&bench);
    bench_open(&bench, &options);
    bench_settle(&bench);
    qt_double_set(bench.venue, QT_DOUBLE_BAN_WS, 1);
    qt_double_set(bench.venue, QT_DOUBLE_CUT, 1);
    BENCH_UNTIL(&bench, stats().bans == 1);
    int64_t until_ns = stats().banned_until_ns;
    size_t from = bench.seen = bench.n;
    (void)bench_find(&bench, is_link, LINK(MARKET, UP), "market link up");
    bench.seen = from;
    (void)bench_find(&bench, is_link, LINK(USER, UP), "account's stream up");
    ck_assert_int_ge(qt_clock_utc_ns(&bench.clock), until_ns);
}
END_TEST

static TCase *
add_case(Suite *suite, const char *name, void (*start)(void), void (*stop)(void))
{
    TCase *tc = tcase_create(name);
    tcase_add_checked_fixture(tc, start, stop);
    tcase_set_timeout(tc, 120);
    suite_add_tcase(suite, tc);
    return tc;
}

int
main(void)
{
    Suite *suite = suite_create("link_faults");
    TCase *tc = add_case(suite, "connections", set_up, tear_down);
    tcase_add_test(tc, F8_server_that_refuses_everybody_sees_no_storm);
    tcase_add_test(tc, F9_expired_listen_key_is_renewed_and_the_account_read);
    tcase_add_test(tc, F9_fill_that_a_quiet_stream_keeps_to_itself_is_found_by_the_poll);
    tcase_add_loop_test(tc,
                        F12_instrument_that_is_halted_delisted_or_changed_is_told_and_told_again, 0,
                        QT_COUNT_OF(changes));
    tcase_add_loop_test(tc, O10_connection_answered_418_is_the_ban_that_a_request_would_meet, 0,
                        SOCKET_KINDS);
    tcase_add_test(tc, O10_connection_answered_429_leaves_cancels_alone);
    tc = add_case(suite, "all at once", NULL, stop_exchange);
    tcase_add_test(tc, F8_connections_that_end_all_at_once_come_back_one_by_one);
    tc = add_case(suite, "minutes", set_up_fast, tear_down);
    tcase_add_test(tc, O10_connections_come_back_when_the_ban_is_over);
    tcase_add_test(tc, F10_bar_that_opens_in_mid_minute_is_refused_and_the_right_one_fetched);
    return qt_run_suite(suite);
}
