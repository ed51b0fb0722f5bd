/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session as the engine sees it, against the double over real sockets: start, history, live
 * data, orders, account, watched books.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "qtrade/market/book.h"
#include "qtrade/venue/config.h"

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
}

/* Start */

START_TEST(the_universe_comes_by_volume_with_the_venues_rules)
{
    open_default();
    ck_assert_uint_eq(qt_universe_count(bench.universe), QT_DOUBLE_SYMBOLS);
    const struct qt_instrument *ins = qt_universe_at(bench.universe, 0);
    ck_assert_str_eq(ins->symbol, "AAAUSDT");
    ck_assert_str_eq(ins->base, "AAA");
    ck_assert_str_eq(ins->quote, "USDT");
    ck_assert_int_eq(ins->px_scale, 2);
    ck_assert_int_eq(ins->tick.v, 1);
    ck_assert_int_eq(ins->qty_scale, 8); /* finer than the lot: fees are */
    ck_assert_int_eq(ins->lot.v, 100000);
    ck_assert_int_eq(ins->min_qty.v, 100000);
    ck_assert_int_eq(ins->min_notional.v, 500000000);
    ck_assert_str_eq(qt_universe_at(bench.universe, 3)->symbol, "DDDUSDT");
    ck_assert_int_eq(qt_binance_day_volume(bench.session, 0).v, INT64_C(9000000000000000));
    ck_assert_str_eq(bench.orders.name, "simulated");
}
END_TEST

START_TEST(symbols_can_be_named_and_their_number_limited)
{
    struct qt_binance_options options = bench_options(&bench);
    options.symbols = "DDDUSDT, BBBUSDT,CCCUSDT";
    options.max_symbols = 2;
    bench_open(&bench, &options);
    ck_assert_uint_eq(qt_universe_count(bench.universe), 2);
    ck_assert_str_eq(qt_universe_at(bench.universe, 0)->symbol, "BBBUSDT");
    ck_assert_str_eq(qt_universe_at(bench.universe, 1)->symbol, "CCCUSDT");
}
END_TEST

START_TEST(the_venues_clock_is_measured)
{
    qt_double_set(bench.venue, QT_DOUBLE_AHEAD_MS, 7200000);
    open_default();
    struct qt_venue_stats stats = qt_binance_stats(bench.session);
    int64_t error = stats.clock_offset_ns - 7200 * QT_NS_PER_S;
    ck_assert_int_le(llabs(error), stats.clock_uncertainty_ns);
    ck_assert_int_lt(stats.clock_uncertainty_ns, QT_NS_PER_S);
    bench_settle(&bench); /* signed with its time */
    ck_assert_uint_eq(qt_double_counted(bench.venue, QT_DOUBLE_BAD_SIGNATURES), 0);
}
END_TEST

static struct qt_binance *
open_with(struct qt_binance_options options, struct qt_error *err)
{
    *err = (struct qt_error){0};
    return qt_binance_open(&options, err);
}

/* Addresses: which are refused before anything is sent */
static const struct {
    const char *rest, *ws;
} bad_urls[] = {
    {"http://api.binance.com", NULL},          {NULL, "ws://stream.binance.com"},
    {"http://127.0.0.1.example.com", NULL},    {"wss://api.binance.com", NULL},
    {NULL, "https://stream.binance.com"},      {"api.binance.com", NULL},
    {"https://user:pw@api.binance.com", NULL}, {"file:///etc/passwd", NULL},
};

START_TEST(unencrypted_or_wrong_addresses_are_refused)
{
    struct qt_error err;
    ck_assert_ptr_null(open_with(
        (struct qt_binance_options){.rest_url = bad_urls[_i].rest, .ws_url = bad_urls[_i].ws},
        &err));
    ck_assert_int_eq(err.code, QT_E_CONFIG);
}
END_TEST

START_TEST(half_a_credential_is_refused)
{
    struct qt_error err;
    ck_assert_ptr_null(open_with((struct qt_binance_options){.key = "abc"}, &err));
    ck_assert_int_eq(err.code, QT_E_CONFIG);
    ck_assert_ptr_null(strstr(err.text, "abc"));
    ck_assert_ptr_null(open_with((struct qt_binance_options){.secret = "abc"}, &err));
}
END_TEST

START_TEST(a_refused_key_ends_the_start_at_once)
{
    struct qt_error err = {0};
    struct qt_binance_options options = bench_options(&bench);
    qt_double_set(bench.venue, QT_DOUBLE_REFUSE_KEY, 1);
    bench.session = qt_binance_open(&options, &err);
    int64_t before = qt_now_mono_ns();
    ck_assert_ptr_null(qt_binance_load_universe(bench.session, 60000, NULL, NULL, &err));
    ck_assert_int_lt(qt_now_mono_ns() - before, 30 * QT_NS_PER_S); /* not tried for a minute */
    ck_assert_ptr_nonnull(strstr(err.text, "Invalid API-key"));
    ck_assert_ptr_null(strstr(err.text, qt_double_secret));
}
END_TEST

START_TEST(a_venue_that_is_not_there_is_given_up_in_time)
{
    struct qt_error err = {0};
    struct qt_binance_options options = bench_options(&bench);
    options.rest_url = "http://127.0.0.1:9";
    bench.session = qt_binance_open(&options, &err);
    ck_assert_ptr_null(qt_binance_load_universe(bench.session, 700, NULL, NULL, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "127.0.0.1:9"));
}
END_TEST

/* History and live data */

/* Every bar of a symbol and period, in the order given: right, one after the other. Returns how
 * many. */
static size_t
check_bars(uint32_t symbol, int64_t period_ns, size_t *out_history)
{
    int64_t last = QT_TIME_NONE;
    size_t n = 0;
    *out_history = 0;
    for (size_t i = 0; i < bench.n; i++) {
        const struct qt_event *event = &bench.events[i];
        if (event->kind != QT_EVENT_BAR || event->instrument != symbol ||
            event->bar.period_ns != period_ns)
            continue;
        struct qt_bar expected = qt_double_bar(symbol, event->bar.open_ns, period_ns);
        ck_assert(bench_bar_is(&event->bar, &expected));
        ck_assert(last == QT_TIME_NONE || event->bar.open_ns == last + period_ns);
        ck_assert_int_eq(event->t_venue_ns, event->bar.open_ns + period_ns);
        ck_assert_int_le(event->t_venue_ns, event->t_recv_ns + QT_NS_PER_S);
        last = event->bar.open_ns;
        *out_history += (event->flags & QT_EVENT_HISTORY) != 0;
        n++;
    }
    return n;
}

START_TEST(history_comes_whole_and_before_live_data)
{
    open_default();
    bench_settle(&bench);
    (void)bench_find(&bench, is_kind, QT_EVENT_TRADE, "a trade");
    bool is_live[QT_DOUBLE_SYMBOLS] = {false};
    int64_t periods[QT_DOUBLE_SYMBOLS] = {0};
    for (size_t i = 0; i < bench.n; i++) {
        const struct qt_event *event = &bench.events[i];
        if (event->instrument >= QT_DOUBLE_SYMBOLS)
            continue;
        if (!(event->flags & QT_EVENT_HISTORY)) {
            is_live[event->instrument] = true;
            continue;
        }
        ck_assert(!is_live[event->instrument]);
        ck_assert(periods[event->instrument] == 0 ||
                  periods[event->instrument] >= event->bar.period_ns); /* longest first */
        periods[event->instrument] = event->bar.period_ns;
    }
    for (uint32_t s = 0; s < QT_DOUBLE_SYMBOLS; s++) {
        size_t history;
        (void)check_bars(s, QT_NS_PER_MIN, &history);
        ck_assert_uint_eq(history, 30);
        ck_assert_uint_eq(check_bars(s, QT_NS_PER_HOUR, &history), 10);
        ck_assert_uint_eq(history, 10);
    }
}
END_TEST

START_TEST(without_history_live_data_come_at_once)
{
    struct qt_binance_options options = bench_options(&bench);
    options.n_history = 0;
    bench_open(&bench, &options);
    const struct qt_event *quote = bench_find(&bench, is_kind, QT_EVENT_QUOTE, "a quote");
    ck_assert_int_gt(quote->quote.ask.v, quote->quote.bid.v);
    for (size_t i = 0; i < bench.n; i++)
        ck_assert(bench.events[i].kind != QT_EVENT_BAR);
}
END_TEST

START_TEST(without_a_key_there_is_market_data_only)
{
    struct qt_binance_options options = bench_options(&bench);
    struct qt_order_request order;
    options.key = options.secret = NULL;
    bench_open(&bench, &options);
    order = bench_order(&bench, 1, QT_BUY, QT_PX_NONE, 1000);
    (void)bench_find(&bench, is_kind, QT_EVENT_QUOTE, "a quote");
    ck_assert(!bench.orders.submit(bench.orders.self, &order));
    ck_assert(!bench.orders.sync(bench.orders.self));
    ck_assert_uint_eq(qt_double_counted(bench.venue, QT_DOUBLE_POSTS), 0);
}
END_TEST

/* Orders */

START_TEST(a_market_order_is_accepted_and_filled_with_its_fee)
{
    open_default();
    bench_settle(&bench);
    bench_submit(&bench, 1, QT_BUY, QT_PX_NONE, 2000);
    const struct qt_event *accepted = bench_report(&bench, REPORT(1, ACCEPTED));
    ck_assert_int_eq(accepted->report.state, QT_ORDER_OPEN);
    ck_assert_int_eq(accepted->report.qty.v, 200000000);
    ck_assert(qt_px_is_none(accepted->report.px));
    const struct qt_event *fill = bench_report(&bench, REPORT(1, FILL));
    ck_assert_int_eq(fill->report.state, QT_ORDER_FILLED);
    ck_assert_int_eq(fill->report.cum_qty.v, 200000000);
    ck_assert_int_eq(fill->report.fee.v, 200000);
    ck_assert_int_eq(fill->report.fee_in_base, 1);
    ck_assert_uint_gt(fill->report.trade_id, 0);
}
END_TEST

START_TEST(answer_and_stream_tell_one_fill_under_one_trade_id)
{
    open_default();
    bench_settle(&bench);
    bench_submit(&bench, 1, QT_BUY, QT_PX_NONE, 2000);
    uint64_t first = bench_report(&bench, REPORT(1, FILL))->report.trade_id;
    ck_assert_uint_eq(bench_report(&bench, REPORT(1, FILL))->report.trade_id, first);
    ck_assert_uint_eq(qt_double_counted(bench.venue, QT_DOUBLE_ORDERS), 1);
}
END_TEST

START_TEST(a_resting_order_is_cancelled_once)
{
    open_default();
    bench_settle(&bench);
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    ck_assert_int_eq(bench_report(&bench, REPORT(1, ACCEPTED))->report.px.v, 5000);
    ck_assert(bench.orders.cancel(bench.orders.self, 0, qt_client_id(1, 0)));
    ck_assert_int_eq(bench_report(&bench, REPORT(1, CANCELLED))->report.state, QT_ORDER_CANCELLED);
    ck_assert(bench.orders.cancel(bench.orders.self, 0, qt_client_id(1, 0)));
    ck_assert_int_eq(bench_report(&bench, REPORT(1, CANCEL_REJECTED))->report.code, -2011);
}
END_TEST

START_TEST(a_refused_order_is_rejected_with_the_venues_code)
{
    open_default();
    bench_settle(&bench);
    bench_submit(&bench, 1, QT_SELL, QT_PX_NONE, 1000); /* nothing to sell */
    const struct qt_event *event = bench_report(&bench, REPORT(1, REJECTED));
    ck_assert_int_eq(event->report.code, -2010);
    ck_assert_int_eq(event->report.state, QT_ORDER_REJECTED);
    ck_assert_uint_eq(qt_double_counted(bench.venue, QT_DOUBLE_ORDERS), 0);
}
END_TEST

START_TEST(an_order_can_be_asked_for)
{
    open_default();
    bench_settle(&bench);
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    (void)bench_report(&bench, REPORT(1, ACCEPTED));
    ck_assert(bench.orders.query(bench.orders.self, 0, qt_client_id(1, 0)));
    const struct qt_event *status = bench_report(&bench, REPORT(1, STATUS));
    ck_assert_int_eq(status->report.state, QT_ORDER_OPEN);
    ck_assert_int_eq(status->report.px.v, 5000);
    ck_assert_uint_eq(status->flags, 0);
    ck_assert(bench.orders.query(bench.orders.self, 0, qt_client_id(9, 0)));
    ck_assert_int_eq(bench_report(&bench, REPORT(9, NOT_FOUND))->report.code, -2013);
}
END_TEST

START_TEST(cancel_all_cancels_each_and_reads_the_account)
{
    open_default();
    bench_settle(&bench);
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    bench_submit(&bench, 2, QT_BUY, (qt_px){5001}, 1000);
    (void)bench_report(&bench, REPORT(1, ACCEPTED));
    bench.seen = 0;
    (void)bench_report(&bench, REPORT(2, ACCEPTED));
    bench.seen = bench.n;
    size_t before = bench.n;
    ck_assert(bench.orders.cancel_all(bench.orders.self, 0));
    (void)bench_report(&bench, REPORT(1, CANCELLED));
    bench.seen = before;
    (void)bench_report(&bench, REPORT(2, CANCELLED));
    (void)bench_find(&bench, is_kind, QT_EVENT_SYNC, "the account after it");
}
END_TEST

START_TEST(cancel_all_that_is_refused_is_told_of_no_order)
{
    open_default();
    bench_settle(&bench);
    bench.seen = bench.n;
    ck_assert(bench.orders.cancel_all(bench.orders.self, 0)); /* there is none */
    const struct qt_event *event = bench_find(&bench, is_kind, QT_EVENT_REPORT, "the refusal");
    ck_assert_int_eq(event->report.type, QT_REPORT_CANCEL_REJECTED);
    ck_assert_int_eq(event->report.code, -2011);
    ck_assert_uint_eq(event->report.client_id, 0);
    (void)bench_find(&bench, is_kind, QT_EVENT_SYNC, "the account after it");
}
END_TEST

START_TEST(a_sync_tells_balances_and_open_orders_and_then_its_end)
{
    open_default();
    bench_settle(&bench);
    bench_submit(&bench, 1, QT_BUY, (qt_px){5000}, 1000);
    (void)bench_report(&bench, REPORT(1, ACCEPTED));
    bench_work(&bench, 200);
    size_t from = bench.seen = bench.n;
    ck_assert(bench.orders.sync(bench.orders.self));
    (void)bench_find(&bench, is_kind, QT_EVENT_SYNC, "sync");
    unsigned balances = 0, orders = 0;
    for (size_t i = from; i + 1 < bench.seen; i++) {
        const struct qt_event *event = &bench.events[i];
        if (event->kind == QT_EVENT_BALANCE) {
            balances++;
            ck_assert_uint_eq(orders, 0);
        }
        if (event->kind != QT_EVENT_REPORT)
            continue;
        orders++;
        ck_assert_int_eq(event->report.type, QT_REPORT_STATUS);
        ck_assert_uint_eq(event->flags, QT_EVENT_SNAPSHOT);
        ck_assert_uint_eq(event->report.client_id, qt_client_id(1, 0));
    }
    ck_assert_uint_eq(balances, 1 + QT_DOUBLE_SYMBOLS);
    ck_assert_uint_eq(orders, 1);
}
END_TEST

/* Books */

/* The book as an engine builds it from the events so far; its state. */
static enum qt_book_state
build_book(struct qt_book *book, size_t *from)
{
    for (; *from < bench.n; (*from)++) {
        const struct qt_event *event = &bench.events[*from];
        if (event->kind == QT_EVENT_DEPTH)
            (void)!qt_book_apply(book, &event->depth, event->flags);
    }
    return qt_book_state(book);
}

static void
expect_book(struct qt_book *book, size_t *from, enum qt_book_state state)
{
    int64_t until = qt_now_mono_ns() + BENCH_WAIT_MS * QT_NS_PER_MS;
    while (build_book(book, from) != state) {
        ck_assert_msg(qt_now_mono_ns() < until, "the book never became %d", (int)state);
        bench_work(&bench, 5);
    }
}

/* Waits until the book has moved on. */
static void
expect_newer(struct qt_book *book, size_t *from)
{
    int64_t until = qt_now_mono_ns() + BENCH_WAIT_MS * QT_NS_PER_MS;
    for (uint64_t last = qt_book_last_id(book); qt_book_last_id(book) == last;) {
        ck_assert_msg(qt_now_mono_ns() < until, "the book stays at %llu", (unsigned long long)last);
        bench_work(&bench, 5);
        (void)build_book(book, from);
    }
}

/* Every level was told by the last update: what the double's quantities say. */
static void
check_book(const struct qt_book *book)
{
    struct qt_depth_level levels[10];
    for (int side = QT_BUY; side <= QT_SELL; side++) {
        ck_assert_uint_eq(qt_book_levels(book, (enum qt_side)side, levels, 10), 10);
        for (int i = 0; i < 10; i++)
            ck_assert_int_eq(levels[i].qty.v, (int64_t)qt_book_last_id(book) * 1000 + i + 1);
    }
}

START_TEST(a_watched_book_goes_live_and_stays_exact)
{
    struct qt_book *book = qt_book_create(QT_BOOK_SPOT, 100);
    size_t from = 0;
    open_default();
    bench_settle(&bench);
    bench.feed.watch_depth(bench.feed.self, 0, true);
    expect_book(book, &from, QT_BOOK_LIVE);
    uint64_t first = qt_book_last_id(book);
    bench_work(&bench, 300);
    ck_assert_int_eq(build_book(book, &from), QT_BOOK_LIVE);
    ck_assert_uint_gt(qt_book_last_id(book), first);
    check_book(book);
    bench.feed.watch_depth(bench.feed.self, 0, false);
    bench_work(&bench, 100);
    (void)build_book(book, &from);
    uint64_t last = qt_book_last_id(book);
    bench_work(&bench, 200);
    (void)build_book(book, &from);
    ck_assert_uint_eq(qt_book_last_id(book), last);
    qt_book_destroy(book);
}
END_TEST

static const struct {
    enum qt_double_knob knob;
    uint64_t gaps; /* that it makes */
} disorders[] = {{QT_DOUBLE_SKIP_DIFFS, 1}, {QT_DOUBLE_SWAP_DIFFS, 1}, {QT_DOUBLE_REPEAT_DIFFS, 0}};

/* After the fault has come and gone, and so much more of the stream that nothing of it is under
 * way, the book is the venue's again. */
START_TEST(F3_a_gap_a_repeat_or_a_swap_of_diffs_leaves_the_venues_book)
{
    struct qt_book *book = qt_book_create(QT_BOOK_SPOT, 100);
    size_t from = 0;
    open_default();
    bench_settle(&bench);
    bench.feed.watch_depth(bench.feed.self, 0, true);
    expect_book(book, &from, QT_BOOK_LIVE);
    uint64_t before = qt_book_last_id(book);
    qt_double_set(bench.venue, disorders[_i].knob, 1);
    while (qt_double_get(bench.venue, disorders[_i].knob) > 0 ||
           qt_binance_stats(bench.session).depth_gaps < disorders[_i].gaps) {
        bench_work(&bench, 1);
        ck_assert(build_book(book, &from) != QT_BOOK_EMPTY);
    }
    expect_book(book, &from, QT_BOOK_LIVE);
    for (uint64_t here = qt_book_last_id(book); qt_book_last_id(book) < here + 30;)
        expect_newer(book, &from);
    ck_assert_int_eq(build_book(book, &from), QT_BOOK_LIVE);
    ck_assert_uint_gt(qt_book_last_id(book), before);
    check_book(book);
    ck_assert_uint_eq(qt_binance_stats(bench.session).depth_gaps, disorders[_i].gaps);
    qt_book_destroy(book);
}
END_TEST

START_TEST(a_snapshot_older_than_the_diffs_is_not_used)
{
    struct qt_book *book = qt_book_create(QT_BOOK_SPOT, 100);
    size_t from = 0;
    open_default();
    bench_settle(&bench);
    qt_double_set(bench.venue, QT_DOUBLE_OLD_BOOKS, 2);
    bench.feed.watch_depth(bench.feed.self, 0, true);
    expect_book(book, &from, QT_BOOK_LIVE);
    bench_work(&bench, 100);
    ck_assert_int_eq(build_book(book, &from), QT_BOOK_LIVE);
    check_book(book);
    ck_assert_int_eq(qt_double_get(bench.venue, QT_DOUBLE_OLD_BOOKS), 0);
    ck_assert_uint_eq(qt_binance_stats(bench.session).depth_snapshots, 1);
    qt_book_destroy(book);
}
END_TEST

START_TEST(a_cut_makes_the_book_stale_until_it_is_read_again)
{
    struct qt_book *book = qt_book_create(QT_BOOK_SPOT, 100);
    size_t from = 0;
    open_default();
    bench_settle(&bench);
    bench.feed.watch_depth(bench.feed.self, 0, true);
    expect_book(book, &from, QT_BOOK_LIVE);
    qt_double_set(bench.venue, QT_DOUBLE_REFUSE_WS, 1);
    qt_double_set(bench.venue, QT_DOUBLE_CUT, 1);
    expect_book(book, &from, QT_BOOK_STALE);
    qt_double_set(bench.venue, QT_DOUBLE_REFUSE_WS, 0);
    expect_book(book, &from, QT_BOOK_LIVE);
    qt_book_destroy(book);
}
END_TEST

/* Credentials */

static char folder[64];

static const char *
file_with(const char *text, mode_t mode)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/key.json", folder);
    (void)unlink(path);
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    ck_assert_int_eq(close(fd), 0);
    return path;
}

static void
make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/qt-credentials-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void
remove_folder(void)
{
    static const char *const names[] = {"key.json", "link.json", "fifo.json"};
    char path[128];
    for (size_t i = 0; i < QT_COUNT_OF(names); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

#define GOOD_FILE                                                                                  \
    "{\"key\":\"vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A\",\"secret\":"    \
    "\"NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j\"}"

START_TEST(a_private_file_with_key_and_secret_is_read)
{
    struct qt_venue_credentials credentials;
    struct qt_error err = {0};
    ck_assert_msg(qt_venue_credentials_load(file_with(GOOD_FILE, 0600), &credentials, &err), "%s",
                  err.text);
    ck_assert_uint_eq(strlen(credentials.key), 64);
    ck_assert_int_eq(strncmp(credentials.secret, "NhqPtm", 6), 0);
    qt_venue_credentials_wipe(&credentials);
    ck_assert_int_eq(credentials.secret[0], 0);
}
END_TEST

static const struct {
    const char *text;
    mode_t mode;
} bad_files[] = {
    {GOOD_FILE, 0644},
    {GOOD_FILE, 0660},
    {GOOD_FILE, 0602},
    {"", 0600},
    {"{", 0600},
    {"{\"key\":\"a\"}", 0600},
    {"{\"key\":\"a\",\"secret\":\"\"}", 0600},
    {"{\"key\":\"a\",\"secret\":7}", 0600},
    {"{\"key\":\"a b\",\"secret\":\"c\"}", 0600},
    {"{\"key\":\"a\",\"secret\":\"c\",\"more\":\"d\"}", 0600},
    {"{\"key\":\"a\",\"secret\":\"c\\n\"}", 0600},
};

START_TEST(a_file_that_others_may_use_or_that_is_wrong_is_refused)
{
    struct qt_venue_credentials credentials;
    struct qt_error err = {0};
    ck_assert(!qt_venue_credentials_load(file_with(bad_files[_i].text, bad_files[_i].mode),
                                         &credentials, &err));
    ck_assert_int_eq(err.code, QT_E_CONFIG);
    ck_assert_int_eq(credentials.key[0], 0);
    ck_assert_ptr_null(strstr(err.text, "NhqPtm"));
}
END_TEST

START_TEST(links_fifos_and_folders_are_refused_without_waiting)
{
    struct qt_venue_credentials credentials;
    struct qt_error err = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/link.json", folder);
    ck_assert_int_eq(symlink(file_with(GOOD_FILE, 0600), path), 0);
    ck_assert(!qt_venue_credentials_load(path, &credentials, &err));
    snprintf(path, sizeof path, "%s/fifo.json", folder);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert(!qt_venue_credentials_load(path, &credentials, &err));
    ck_assert(!qt_venue_credentials_load(folder, &credentials, &err));
    ck_assert(!qt_venue_credentials_load("/nowhere/key.json", &credentials, &err));
}
END_TEST

START_TEST(the_sections_defaults_are_the_live_venue_without_a_key)
{
    struct qt_venue_config config;
    struct qt_error err = {0};
    const struct qt_config_binding binding = {&qt_venue_config_section, &config};
    static const char text[] = "{\"venue\":{\"max_symbols\":7,\"quote_asset\":\"USDC\"}}";
    static const char bad[] = "{\"venue\":{\"recv_window_ms\":60001}}";
    qt_config_defaults(&binding, 1);
    ck_assert_str_eq(config.name, "binance");
    ck_assert_str_eq(qt_binance_rest_url(&config), "https://api.binance.com");
    (void)qt_copy(config.name, sizeof config.name, "binance-usdm");
    ck_assert_str_eq(qt_binance_rest_url(&config), "https://fapi.binance.com");
    (void)qt_copy(config.rest_url, sizeof config.rest_url, "http://127.0.0.1:9");
    ck_assert_str_eq(qt_binance_rest_url(&config), "http://127.0.0.1:9");
    qt_config_defaults(&binding, 1);
    ck_assert_str_eq(config.credentials_file, "");
    ck_assert_int_eq(config.history_1h_bars, 1000);
    ck_assert_msg(qt_config_load_text("t", text, strlen(text), &binding, 1, &err), "%s", err.text);
    ck_assert_int_eq(config.max_symbols, 7);
    ck_assert_str_eq(config.quote_asset, "USDC");
    ck_assert(!qt_config_load_text("t", bad, strlen(bad), &binding, 1, &err));
    ck_assert_int_eq(err.code, QT_E_CONFIG);
}
END_TEST

static TCase *
add_case(Suite *suite, const char *name)
{
    TCase *tc = tcase_create(name);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return tc;
}

static void
add_start_cases(Suite *suite)
{
    TCase *tc = add_case(suite, "start");
    tcase_add_test(tc, the_universe_comes_by_volume_with_the_venues_rules);
    tcase_add_test(tc, symbols_can_be_named_and_their_number_limited);
    tcase_add_test(tc, the_venues_clock_is_measured);
    tcase_add_loop_test(tc, unencrypted_or_wrong_addresses_are_refused, 0, QT_COUNT_OF(bad_urls));
    tcase_add_test(tc, half_a_credential_is_refused);
    tcase_add_test(tc, a_refused_key_ends_the_start_at_once);
    tcase_add_test(tc, a_venue_that_is_not_there_is_given_up_in_time);
    tc = add_case(suite, "data");
    tcase_add_test(tc, history_comes_whole_and_before_live_data);
    tcase_add_test(tc, without_history_live_data_come_at_once);
    tcase_add_test(tc, without_a_key_there_is_market_data_only);
}

static void
add_order_cases(Suite *suite)
{
    TCase *tc = add_case(suite, "orders");
    tcase_add_test(tc, a_market_order_is_accepted_and_filled_with_its_fee);
    tcase_add_test(tc, answer_and_stream_tell_one_fill_under_one_trade_id);
    tcase_add_test(tc, a_resting_order_is_cancelled_once);
    tcase_add_test(tc, a_refused_order_is_rejected_with_the_venues_code);
    tcase_add_test(tc, an_order_can_be_asked_for);
    tcase_add_test(tc, cancel_all_cancels_each_and_reads_the_account);
    tcase_add_test(tc, cancel_all_that_is_refused_is_told_of_no_order);
    tcase_add_test(tc, a_sync_tells_balances_and_open_orders_and_then_its_end);
    tc = add_case(suite, "books");
    tcase_add_test(tc, a_watched_book_goes_live_and_stays_exact);
    tcase_add_loop_test(tc, F3_a_gap_a_repeat_or_a_swap_of_diffs_leaves_the_venues_book, 0,
                        (int)QT_COUNT_OF(disorders));
    tcase_add_test(tc, a_snapshot_older_than_the_diffs_is_not_used);
    tcase_add_test(tc, a_cut_makes_the_book_stale_until_it_is_read_again);
}

int
main(void)
{
    Suite *suite = suite_create("binance_session");
    add_start_cases(suite);
    add_order_cases(suite);
    TCase *tc = tcase_create("credentials");
    tcase_add_checked_fixture(tc, make_folder, remove_folder);
    tcase_add_test(tc, a_private_file_with_key_and_secret_is_read);
    tcase_add_loop_test(tc, a_file_that_others_may_use_or_that_is_wrong_is_refused, 0,
                        QT_COUNT_OF(bad_files));
    tcase_add_test(tc, the_sections_defaults_are_the_live_venue_without_a_key);
    tcase_add_test(tc, links_fifos_and_folders_are_refused_without_waiting);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
