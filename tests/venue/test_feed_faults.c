/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session under the feed's faults F4, F5, F7 and F10, injected by the double and by a wire that
 * tears what passes it, over real sockets.
 */
#include "bench.h"
#include "qtrade/market/book.h"
#include "qtrade/net/url.h"
#include "wire.h"

static struct bench bench;
static struct qt_wire *wire;

static void
set_up(void)
{
    bench_start_venue(&bench, 1);
}

static void
tear_down(void)
{
    bench_stop(&bench);
    qt_wire_stop(wire);
    wire = NULL;
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

/* F4 */

/* The market streams run over the wire, everything else beside it. */
static void
open_over_wire(void)
{
    static char url[64];
    struct qt_error err = {0};
    struct qt_url parts;
    struct qt_binance_options options = bench_options(&bench);
    ck_assert_msg(qt_url_parse(qt_double_ws_url(bench.venue), &parts, &err), "%s", err.text);
    wire = qt_wire_start(parts.port);
    ck_assert_ptr_nonnull(wire);
    snprintf(url, sizeof url, "ws://127.0.0.1:%d", qt_wire_port(wire));
    options.ws_url = url;
    bench_open(&bench, &options);
}

START_TEST(F4_stream_one_byte_at_a_time_is_read_as_it_was_sent)
{
    bench_start_venue(&bench, 120);
    open_over_wire();
    qt_wire_set(wire, QT_WIRE_SINGLE, 40000); /* of each connection, so of the handshake too */
    bench_settle(&bench);
    size_t before = bench.n;
    BENCH_UNTIL(&bench, bench.n >= before + 2000);
    bench_check_all(&bench);
    ck_assert_uint_eq(stats().malformed + stats().refused, 0);
    ck_assert_uint_eq(stats().reconnects, 0);
}
END_TEST

/* Each connection ends some bytes later than the one before: in the handshake, in a frame's head,
 * in its text, between two. */
START_TEST(F4_stream_cut_in_mid_frame_gives_nothing_of_it_and_is_made_anew)
{
    enum { CUTS = 4 };
    bench_start_venue(&bench, 120);
    open_over_wire();
    qt_wire_set(wire, QT_WIRE_CUT_STEP, 61 + 97 * _i);
    qt_wire_set(wire, QT_WIRE_CUT_AFTER, 60 + 1100 * _i);
    BENCH_UNTIL(&bench, qt_wire_cuts(wire) >= CUTS);
    qt_wire_set(wire, QT_WIRE_CUT_AFTER, 0);
    bench_settle(&bench);
    bench.seen = bench.n;
    (void)bench_find(&bench, is_kind, QT_EVENT_BAR, "a bar behind the cuts");
    bench_check_all(&bench);
    ck_assert_uint_eq(stats().malformed + stats().refused, 0); /* half a message was never read */
    ck_assert_uint_ge(stats().reconnects, CUTS);
}
END_TEST

/* F5 */

START_TEST(F5_hostile_messages_are_rejected_counted_and_named)
{
    open_default();
    for (int i = 0; i < QT_DOUBLE_HOSTILES; i++) {
        const struct qt_double_hostile *row = &qt_double_hostile[i];
        struct qt_venue_stats before = stats();
        if (!*row->text) { /* an empty frame is no message: nothing to read, nothing to count */
            qt_double_set(bench.venue, QT_DOUBLE_HOSTILE, 1);
            BENCH_UNTIL(&bench, qt_double_get(bench.venue, QT_DOUBLE_HOSTILE) == 0);
            continue;
        }
        qt_double_set(bench.venue, QT_DOUBLE_HOSTILE, 1);
        BENCH_UNTIL(&bench,
                    stats().malformed + stats().refused > before.malformed + before.refused);
        ck_assert_msg(stats().refused - before.refused == row->is_refused, "%s: %s", row->text,
                      stats().last_bad);
        ck_assert_str_ne(stats().last_bad, "");
        for (const char *c = stats().last_bad; *c; c++)
            ck_assert_msg(*c >= ' ' && *c < 127, "control byte in the name of %d", i);
    }
    ck_assert_uint_eq(stats().reconnects, 0); /* and the stream goes on */
    bench.seen = bench.n;
    (void)bench_find(&bench, is_kind, QT_EVENT_TRADE, "a trade");
    bench_check_all(&bench);
}
END_TEST

START_TEST(F5_what_is_wrong_is_said_with_kind_and_symbol)
{
    open_default();
    qt_double_set(bench.venue, QT_DOUBLE_HOSTILE, 7); /* the seventh: a price below zero */
    BENCH_UNTIL(&bench, qt_double_get(bench.venue, QT_DOUBLE_HOSTILE) == 0);
    BENCH_UNTIL(&bench, stats().malformed + stats().refused >= 6);
    ck_assert_str_eq(stats().last_bad,
                     "trade AAAUSDT: price and quantity of a trade must be above zero");
}
END_TEST

/* F7 */

static struct qt_book *book;
static size_t applied;

static enum qt_book_state
build_book(void)
{
    for (; applied < bench.n; applied++) {
        const struct qt_event *event = &bench.events[applied];
        if (event->kind == QT_EVENT_DEPTH)
            ck_assert_int_ne(qt_book_apply(book, &event->depth, event->flags), QT_BOOK_CROSSED);
    }
    return qt_book_state(book);
}

static size_t
snapshots(void)
{
    size_t n = 0;
    for (size_t i = 0; i < bench.n; i++)
        n += bench.events[i].kind == QT_EVENT_DEPTH && (bench.events[i].flags & QT_EVENT_SNAPSHOT);
    return n;
}

/* Each level was told by the last update: what the double's quantities say. */
static void
expect_exact_book(void)
{
    struct qt_depth_level levels[10];
    BENCH_UNTIL(&bench, build_book() == QT_BOOK_LIVE);
    for (int side = QT_BUY; side <= QT_SELL; side++) {
        ck_assert_uint_eq(qt_book_levels(book, (enum qt_side)side, levels, 10), 10);
        for (int i = 0; i < 10; i++)
            ck_assert_int_eq(levels[i].qty.v, (int64_t)qt_book_last_id(book) * 1000 + i + 1);
    }
}

/* What is wrong with the first snapshots: too old, 503, so late that nobody waits any more. */
static const struct {
    enum qt_double_knob knob;
    int64_t value;
    unsigned asked; /* so often at least until the book is live */
    const char *what;
} bad_books[] = {
    {QT_DOUBLE_OLD_BOOKS, 3, 4, "older than the buffer"},
    {QT_DOUBLE_FAIL_BOOKS, 3, 4, "503"},
    {QT_DOUBLE_LATE_BOOKS_MS, 30000, 2, "30 s late"},
};

START_TEST(F7_book_is_not_there_until_a_snapshot_fits)
{
    bool is_late = bad_books[_i].knob == QT_DOUBLE_LATE_BOOKS_MS;
    book = qt_book_create(QT_BOOK_SPOT, 100);
    applied = 0;
    open_default();
    uint64_t before = qt_double_counted(bench.venue, QT_DOUBLE_BOOKS);
    qt_double_set(bench.venue, bad_books[_i].knob, bad_books[_i].value);
    bench.feed.watch_depth(bench.feed.self, 0, true);
    BENCH_UNTIL(&bench, qt_double_counted(bench.venue, QT_DOUBLE_BOOKS) >=
                            before + bad_books[_i].asked - 1);
    if (is_late) {
        BENCH_UNTIL(&bench,
                    stats().request_errors > 0); /* our own time-out: it is asked for again */
        ck_assert_uint_eq(snapshots(), 0);
        qt_double_set(bench.venue, QT_DOUBLE_LATE_BOOKS_MS, 0);
    }
    if (build_book() != QT_BOOK_LIVE)
        ck_assert_uint_eq(snapshots(), 0); /* nothing half right was given meanwhile */
    expect_exact_book();
    ck_assert_uint_eq(snapshots(), 1);
    ck_assert_uint_ge(qt_double_counted(bench.venue, QT_DOUBLE_BOOKS) - before,
                      bad_books[_i].asked);
    qt_book_destroy(book);
}
END_TEST

/* A snapshot that is late but waited for comes behind diffs that it has already, and before others.
 */
START_TEST(F7_late_snapshot_is_applied_in_order)
{
    book = qt_book_create(QT_BOOK_SPOT, 100);
    applied = 0;
    open_default();
    qt_double_set(bench.venue, QT_DOUBLE_LATE_BOOKS_MS, 1500);
    bench.feed.watch_depth(bench.feed.self, 0, true);
    expect_exact_book();
    ck_assert_uint_eq(snapshots(), 1);
    qt_book_destroy(book);
}
END_TEST

/* Asked for again and again, slower each time: 250 ms, 500 ms ... each less a half at most. */
START_TEST(F7_snapshots_are_asked_for_with_a_back_off)
{
    open_default();
    qt_double_set(bench.venue, QT_DOUBLE_FAIL_BOOKS, 1000);
    uint64_t before = qt_double_counted(bench.venue, QT_DOUBLE_BOOKS);
    int64_t began = qt_now_mono_ns();
    bench.feed.watch_depth(bench.feed.self, 0, true);
    BENCH_UNTIL(&bench, qt_double_counted(bench.venue, QT_DOUBLE_BOOKS) >= before + 5);
    /* four waits of at least 125 + 250 + 500 + 1000 ms lie between five questions */
    ck_assert_int_ge(qt_now_mono_ns() - began, 1875 * QT_NS_PER_MS);
    ck_assert_uint_eq(snapshots(), 0);
}
END_TEST

/* F10 */

/* Live events: none is stamped far from when it came. */
static size_t
check_stamps(size_t from)
{
    size_t n = 0;
    for (size_t i = from; i < bench.n; i++) {
        const struct qt_event *event = &bench.events[i];
        if ((event->flags & QT_EVENT_HISTORY) || event->kind == QT_EVENT_BAR)
            continue;
        ck_assert_int_le(event->t_venue_ns, event->t_recv_ns + 6 * QT_NS_PER_S);
        ck_assert_int_ge(event->t_venue_ns, event->t_recv_ns - 2 * QT_NS_PER_HOUR);
        n += event->kind == QT_EVENT_TRADE;
    }
    return n;
}

static const struct {
    int64_t stamp_ms;
    const char *name;
} bad_stamps[] = {
    {-1, "stamped in the far past"},                     /* zero */
    {1000, "stamped in the far past"},                   /* 1970 */
    {INT64_C(1600000000000), "stamped in the far past"}, /* 2020 */
    {INT64_C(4102444800000), "stamped in the future"},   /* 2100 */
    {INT64_C(9223372036854), "stamped in the future"},   /* the last there is */
};

START_TEST(F10_impossible_stamps_are_clamped_and_named)
{
    open_default();
    qt_double_set(bench.venue, QT_DOUBLE_STAMP_MS, bad_stamps[_i].stamp_ms);
    uint64_t before = stats().clamped;
    size_t from = bench.n;
    BENCH_UNTIL(&bench, stats().clamped >= before + 20 && check_stamps(from) >= 20);
    ck_assert_ptr_nonnull(strstr(stats().last_bad, bad_stamps[_i].name));
    ck_assert_ptr_nonnull(strstr(stats().last_bad, "trade "));
}
END_TEST

START_TEST(F10_step_of_the_venues_clock_is_measured_anew_and_orders_go_on)
{
    open_default();
    int64_t before = stats().clock_offset_ns;
    qt_double_set(bench.venue, QT_DOUBLE_AHEAD_MS, _i == 0 ? 600000 : -600000);
    /* The stream tells of a step ahead; of one behind the refusal of a request does (-1021). */
    if (_i == 1)
        ck_assert(bench.orders.sync(bench.orders.self));
    BENCH_UNTIL(&bench, llabs(stats().clock_offset_ns - before) > 590 * QT_NS_PER_S);
    bench.seen = bench.n;
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    (void)bench_report(&bench, REPORT(1, ACCEPTED));
    ck_assert_uint_eq(qt_double_counted(bench.venue, QT_DOUBLE_BAD_SIGNATURES), 0);
}
END_TEST

static TCase *
add_case(Suite *suite, const char *name, void (*start)(void))
{
    TCase *tc = tcase_create(name);
    tcase_add_checked_fixture(tc, start, tear_down);
    tcase_set_timeout(tc, 120);
    suite_add_tcase(suite, tc);
    return tc;
}

int
main(void)
{
    Suite *suite = suite_create("feed_faults");
    TCase *tc = add_case(suite, "wire", NULL);
    tcase_add_test(tc, F4_stream_one_byte_at_a_time_is_read_as_it_was_sent);
    tcase_add_loop_test(tc, F4_stream_cut_in_mid_frame_gives_nothing_of_it_and_is_made_anew, 0, 2);
    tc = add_case(suite, "messages", set_up);
    tcase_add_test(tc, F5_hostile_messages_are_rejected_counted_and_named);
    tcase_add_test(tc, F5_what_is_wrong_is_said_with_kind_and_symbol);
    tcase_add_loop_test(tc, F10_impossible_stamps_are_clamped_and_named, 0,
                        QT_COUNT_OF(bad_stamps));
    tcase_add_loop_test(tc, F10_step_of_the_venues_clock_is_measured_anew_and_orders_go_on, 0, 2);
    tc = add_case(suite, "books", set_up);
    tcase_add_loop_test(tc, F7_book_is_not_there_until_a_snapshot_fits, 0, QT_COUNT_OF(bad_books));
    tcase_add_test(tc, F7_late_snapshot_is_applied_in_order);
    tcase_add_test(tc, F7_snapshots_are_asked_for_with_a_back_off);
    return qt_run_suite(suite);
}
