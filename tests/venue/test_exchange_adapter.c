/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Binance adapter connected to the simulated exchange: two implementations of one protocol, in
 * two threads, over real sockets.
 */
#include <math.h>

/*
 * A read of the account on the hardest day: a minute of the exchange until there is budget again
 * (30 s at twice its speed), then two answers in five fail or meet a storm, and a try may come 10 s
 * after the one before: more than ten of them in a row fail once in ten thousand times.
 */
#define BENCH_WAIT_MS 150000
#include "bench.h"

#include "qtrade/base/rng.h"
#include "qtrade/market/book.h"
#include "qtrade/market/sources.h"
#include "qtrade/venue/exchange.h"

#define SYMBOLS 8
#define ORDERS 60

static struct bench bench;
static struct qt_exchange_server *server;

#define FAULTS 6 /* of one test, at most */

/* specs: NULL ends. */
static void
open_as(double speed, bool has_backup, const char *const *specs, unsigned key_rights)
{
    struct qt_error err = {0};
    struct qt_fault faults[FAULTS];
    size_t n = 0;
    for (; specs[n]; n++)
        ck_assert_msg(qt_fault_parse(specs[n], &faults[n], &err), "%s", err.text);
    const struct qt_exchange_server_options exchange = {
        .symbols = SYMBOLS,
        .seed = 17,
        .speed = speed,
        .start_ns = INT64_C(1773151980) * QT_NS_PER_S, /* the same market whenever it is played */
        .faults = faults,
        .n_faults = n,
        .key_rights = key_rights};
    server = qt_exchange_server_start(&exchange, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
    const struct qt_exchange_server_info *info = qt_exchange_server_info(server);
    bench = (struct bench){.sink = {.push = bench_push, .self = &bench}};
    const struct qt_binance_options options = {
        .rest_url = info->rest_url,
        .ws_url = info->stream_url,
        .backup_ws_url = has_backup ? info->stream_url : NULL,
        .ws_api_url = info->api_url,
        .key = info->key,
        .secret = info->secret,
        .tag = BENCH_TAG,
        .clock = &info->clock,
        .history = {{QT_NS_PER_MIN, 100}, {QT_NS_PER_HOUR, 200}},
        .n_history = 2,
        .is_simulated = true,
        .rights_ms = key_rights ? 200 : 0,
        .seed = 1};
    bench_open(&bench, &options);
    bench_settle(&bench);
}

static void
open_with(double speed, bool has_backup, const char *const *specs)
{
    open_as(speed, has_backup, specs, 0);
}

static void
open_at(double speed)
{
    static const char *const none[] = {NULL};
    open_with(speed, false, none);
}

static void
tear_down(void)
{
    bench_stop(&bench);
    qt_exchange_server_stop(server);
}

/* Nothing was lost, misread or repaired on the way. */
static void
expect_clean(void)
{
    struct qt_venue_stats stats = qt_binance_stats(bench.session);
    ck_assert_uint_eq(stats.malformed, 0);
    ck_assert_uint_eq(stats.refused, 0);
    ck_assert_uint_eq(stats.misfits, 0);
    ck_assert_uint_eq(stats.bar_gaps, 0);
    ck_assert_uint_eq(stats.depth_gaps, 0);
    ck_assert_uint_eq(stats.reconnects, 0);
    ck_assert_uint_eq(stats.unknown_fates, 0);
    ck_assert(qt_exchange_server_stats(server).is_conserved);
}

START_TEST(trades_and_bars_come_whole_at_sixty_times_the_speed)
{
    uint64_t last_trade[SYMBOLS] = {0};
    int64_t last_bar[SYMBOLS] = {0};
    unsigned trades = 0, live_bars = 0;
    open_at(60);
    bench_work(&bench, 5000);
    for (size_t i = 0; i < bench.n; i++) {
        const struct qt_event *event = &bench.events[i];
        uint32_t symbol = event->instrument;
        if (event->kind == QT_EVENT_TRADE) {
            uint64_t last = last_trade[symbol];
            ck_assert(last == 0 || event->trade.id == last + 1);
            last_trade[symbol] = event->trade.id;
            trades++;
        } else if (event->kind == QT_EVENT_BAR && event->bar.period_ns == QT_NS_PER_MIN) {
            int64_t last = last_bar[symbol];
            ck_assert(last == 0 || event->bar.open_ns == last + QT_NS_PER_MIN);
            last_bar[symbol] = event->bar.open_ns;
            live_bars += !(event->flags & QT_EVENT_HISTORY);
        }
    }
    ck_assert_uint_gt(trades, 100);
    ck_assert_uint_ge(live_bars, 4 * SYMBOLS);
    ck_assert_uint_eq(qt_binance_stats(bench.session).request_errors, 0);
    expect_clean();
}
END_TEST

/* What one source told of a symbol, in its order. */
struct line {
    uint64_t trade, quote;
    int64_t bar;
    unsigned trades, quotes, bars;
};

static void
check_line(struct line *line, const struct qt_event *event)
{
    if (event->kind == QT_EVENT_TRADE) {
        ck_assert(line->trade == 0 || event->trade.id == line->trade + 1);
        line->trade = event->trade.id;
        line->trades++;
    } else if (event->kind == QT_EVENT_QUOTE) {
        ck_assert_uint_gt(event->quote.id, 0);
        ck_assert_uint_ge(event->quote.id, line->quote);
        line->quote = event->quote.id;
        line->quotes++;
    } else if (event->kind == QT_EVENT_BAR && !(event->flags & QT_EVENT_HISTORY)) {
        ck_assert(line->bar == 0 || event->bar.open_ns > line->bar);
        line->bar = event->bar.open_ns;
        line->bars++;
    }
}

static bool
is_from_backup(const struct qt_event *event, int64_t kind)
{
    return event->kind == kind && qt_event_source(event) == 1;
}

START_TEST(two_addresses_tell_the_same_market_each_in_its_own_order)
{
    struct line lines[2][SYMBOLS] = {0};
    struct qt_sources sources[SYMBOLS];
    struct qt_sources_config config;
    const struct qt_config_binding binding = {&qt_sources_section, &config};
    uint64_t counted[SYMBOLS] = {0};
    int64_t last_bar[SYMBOLS] = {0};
    unsigned bars = 0;
    qt_config_defaults(&binding, 1);
    config.stale_ms = 600000; /* a busy machine's hiccups, at sixty times the speed */
    config.disagree_bps = 10000;
    static const char *const none[] = {NULL};
    open_with(60, true, none);
    (void)bench_find(&bench, is_from_backup, QT_EVENT_QUOTE, "a quote of the backup");
    bench_work(&bench, 6000);
    for (uint32_t i = 0; i < SYMBOLS; i++)
        qt_sources_init(&sources[i]);
    for (size_t i = 0; i < bench.n; i++) {
        const struct qt_event *event = &bench.events[i];
        uint32_t symbol = event->instrument;
        if (symbol == QT_NO_INSTRUMENT)
            continue;
        check_line(&lines[qt_event_source(event)][symbol], event);
        unsigned use = qt_sources_take(&sources[symbol], &config, event);
        if (event->kind == QT_EVENT_TRADE && (use & QT_SOURCES_VOLUME)) {
            ck_assert(counted[symbol] == 0 || event->trade.id == counted[symbol] + 1);
            counted[symbol] = event->trade.id;
        } else if (event->kind == QT_EVENT_BAR && event->bar.period_ns == QT_NS_PER_MIN &&
                   (use & QT_SOURCES_VOLUME)) {
            int64_t last = last_bar[symbol];
            ck_assert(last == 0 || event->bar.open_ns == last + QT_NS_PER_MIN);
            last_bar[symbol] = event->bar.open_ns;
            bars += !(event->flags & QT_EVENT_HISTORY);
        }
    }
    unsigned second = 0;
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        for (unsigned s = 0; s < 2; s++)
            ck_assert(lines[s][i].quotes > 0);
        second += lines[0][i].bars + lines[1][i].bars;
        ck_assert_uint_eq(sources[i].failovers, 0);
        ck_assert_uint_eq(sources[i].bars_unequal, 0);
    }
    ck_assert_uint_ge(bars, 4 * SYMBOLS);
    ck_assert_uint_gt(second, bars); /* the other source told them too */
    expect_clean();
}
END_TEST

START_TEST(watched_book_goes_live_and_misses_nothing)
{
    struct qt_depth_level levels[2][10];
    unsigned applied = 0;
    open_at(20);
    struct qt_book *book = qt_book_create(QT_BOOK_SPOT, 1000);
    ck_assert_ptr_nonnull(book);
    bench.feed.watch_depth(bench.feed.self, 0, true);
    bench_work(&bench, 3000);
    for (size_t i = 0; i < bench.n; i++) {
        const struct qt_event *event = &bench.events[i];
        if (event->instrument != 0 || event->kind != QT_EVENT_DEPTH)
            continue;
        enum qt_book_verdict verdict = qt_book_apply(book, &event->depth, event->flags);
        ck_assert(verdict == QT_BOOK_APPLIED || verdict == QT_BOOK_OLD);
        applied += verdict == QT_BOOK_APPLIED;
    }
    ck_assert_uint_gt(applied, 20);
    ck_assert_int_eq(qt_book_state(book), QT_BOOK_LIVE);
    for (int side = QT_BUY; side <= QT_SELL; side++)
        ck_assert_uint_eq(qt_book_levels(book, (enum qt_side)side, levels[side], 10), 10);
    ck_assert(qt_px_cmp(levels[QT_BUY][0].px, levels[QT_SELL][0].px) < 0);
    qt_book_destroy(book);
    ck_assert_uint_eq(qt_binance_stats(bench.session).request_errors, 0);
    expect_clean();
}
END_TEST

/* What the reports say the account must hold: units of the instruments, and quote money. */
struct books {
    int64_t qty[SYMBOLS], quote;
    uint64_t seen[4096]; /* fills booked: order and trade id together */
    size_t n;
};

static bool
is_news(struct books *books, const struct qt_report *fill)
{
    uint64_t key = fill->client_id << 32 ^ fill->trade_id;
    for (size_t i = 0; i < books->n; i++)
        if (books->seen[i] == key)
            return false;
    ck_assert_uint_lt(books->n, QT_COUNT_OF(books->seen));
    books->seen[books->n++] = key;
    return true;
}

static void
book_fill(struct books *books, uint32_t symbol, const struct qt_report *fill)
{
    const struct qt_instrument *ins = qt_universe_at(bench.universe, symbol);
    qt_money quote;
    if (!is_news(books, fill))
        return;
    ck_assert(qt_instrument_notional(ins, fill->px, fill->qty, &quote));
    bool is_buy = fill->side == QT_BUY;
    ck_assert_int_eq(fill->fee_in_base, is_buy);
    books->qty[symbol] += is_buy ? fill->qty.v - fill->fee.v : -fill->qty.v;
    books->quote += is_buy ? -quote.v : quote.v - fill->fee.v;
}

/* The symbol; QT_NO_INSTRUMENT: nothing was sent. */
static uint32_t
trade_at_random(struct qt_rng *rng, uint64_t seq)
{
    uint32_t symbol = (uint32_t)qt_rng_below(rng, SYMBOLS);
    const struct qt_instrument *ins = qt_universe_at(bench.universe, symbol);
    bool is_buy = qt_rng_below(rng, 3) > 0;
    qt_px px = QT_PX_NONE;
    qt_qty qty;
    for (size_t i = bench.n; i > 0 && qt_px_is_none(px); i--)
        if (bench.events[i - 1].kind == QT_EVENT_QUOTE && bench.events[i - 1].instrument == symbol)
            px = bench.events[i - 1].quote.ask;
    if (qt_px_is_none(px))
        return QT_NO_INSTRUMENT;
    double value = 50 + (double)qt_rng_below(rng, 1000);
    ck_assert(
        qt_qty_of_double_floor(value / qt_px_to_double(px, ins->px_scale), ins->qty_scale, &qty));
    bool is_market = qt_rng_below(rng, 2) == 0;
    const struct qt_order_request order = {.client_id = qt_client_id(seq, 0),
                                           .instrument = symbol,
                                           .side = is_buy ? QT_BUY : QT_SELL,
                                           .type = is_market ? QT_TYPE_MARKET : QT_TYPE_LIMIT,
                                           .px = is_market ? QT_PX_NONE : px,
                                           .stop_px = QT_PX_NONE,
                                           .qty = qt_qty_floor(qty, ins->lot)};
    return bench.orders.submit(bench.orders.self, &order) ? symbol : QT_NO_INSTRUMENT;
}

static int64_t
usdt(const char *amount)
{
    qt_money money;
    ck_assert(qt_money_parse(amount, QT_MONEY_SCALE, &money));
    return money.v;
}

/* The next read of the account that was asked for now; its index. */
static size_t
read_account(void)
{
    bench.seen = bench.n;
    ck_assert(bench.orders.sync(bench.orders.self));
    (void)bench_find(&bench, is_kind, QT_EVENT_SYNC, "a read of the account");
    return bench.seen - 1;
}

static void
trade_and_cancel(struct qt_rng *rng)
{
    bench_work(&bench, 500);
    for (uint64_t seq = 1; seq <= ORDERS; seq++) {
        (void)trade_at_random(rng, seq);
        bench_work(&bench, 20);
    }
    for (uint32_t i = 0; i < SYMBOLS; i++)
        (void)bench.orders.cancel_all(bench.orders.self, i);
    bench_work(&bench, 500);
}

START_TEST(account_is_what_the_reports_say_to_the_last_decimal)
{
    static struct books books;
    struct qt_rng rng;
    open_at(2);
    qt_rng_init(&rng, 99);
    trade_and_cancel(&rng);
    (void)read_account();
    books.quote = usdt("100000");
    size_t last_sync = bench.seen - 1, fills, rows = 0;
    for (size_t i = 0; i < last_sync; i++)
        if (bench.events[i].kind == QT_EVENT_REPORT &&
            bench.events[i].report.type == QT_REPORT_FILL)
            book_fill(&books, bench.events[i].instrument, &bench.events[i].report);
    fills = books.n;
    for (size_t i = last_sync; i > 0 && bench.events[i - 1].kind != QT_EVENT_SYNC; i--) {
        const struct qt_event *event = &bench.events[i - 1];
        if (event->kind == QT_EVENT_REPORT)
            ck_assert(!(event->flags & QT_EVENT_SNAPSHOT)); /* no order is open any more */
        if (event->kind != QT_EVENT_BALANCE)
            continue;
        ck_assert_int_eq(event->balance.locked.v, 0);
        int64_t want = -1, slack = 0;
        if (strcmp(event->balance.asset, "USDT") == 0)
            want = books.quote;
        for (uint32_t k = 0; k < SYMBOLS; k++) {
            const struct qt_instrument *ins = qt_universe_at(bench.universe, k);
            if (strcmp(event->balance.asset, ins->base) != 0)
                continue;
            int64_t unit = qt_pow10(QT_MONEY_SCALE - ins->qty_scale); /* 1: eight decimals */
            want = books.qty[k] * unit;
            slack = (unit - 1) * (int64_t)fills; /* fees are rounded up to it */
        }
        int64_t more = event->balance.free.v - want;
        ck_assert_msg(want >= 0 && more >= 0 && more <= slack,
                      "%s: %lld, the reports say %lld and at most %lld more", event->balance.asset,
                      (long long)event->balance.free.v, (long long)want, (long long)slack);
        rows++;
    }
    ck_assert_uint_ge(fills, ORDERS / 3);
    ck_assert_uint_ge(rows, 4);
    expect_clean();
}
END_TEST

/* What all reports together say of one order. */
struct fate {
    bool is_known, is_final;
    bool is_unknown;      /* timed out: it may be asked for */
    int64_t timed_out_ns; /* when it was first */
    uint32_t symbol;
    uint8_t side;
    qt_qty cum_qty;
};

/* That the venue does not know an order proves something only when the order can no longer come:
 * a request is refused when it is older than its window (O3). */
static bool
is_proof(const struct fate *fate, const struct qt_event *event)
{
    const int64_t window_ns = 6 * QT_NS_PER_S; /* 5 s, and one more */
    return event->report.type == QT_REPORT_REJECTED ||
           (event->report.type == QT_REPORT_NOT_FOUND && fate->is_unknown &&
            event->t_recv_ns - fate->timed_out_ns > window_ns);
}

static struct fate
fate_of(uint64_t seq)
{
    struct fate fate = {0};
    for (size_t i = 0; i < bench.n; i++) {
        const struct qt_event *event = &bench.events[i];
        if (event->kind != QT_EVENT_REPORT || event->report.client_id != qt_client_id(seq, 0))
            continue;
        const struct qt_report *report = &event->report;
        if (report->type == QT_REPORT_TIMEOUT && !fate.is_unknown)
            fate.timed_out_ns = event->t_recv_ns;
        fate.is_unknown |= report->type == QT_REPORT_TIMEOUT;
        fate.is_final |= is_proof(&fate, event);
        if (report->type == QT_REPORT_TIMEOUT || report->type == QT_REPORT_REJECTED ||
            report->type == QT_REPORT_NOT_FOUND)
            continue;
        fate.is_known = true;
        fate.is_final |= qt_order_state_is_final((enum qt_order_state)report->state);
        fate.symbol = event->instrument;
        fate.side = report->side;
        if (qt_qty_cmp(report->cum_qty, fate.cum_qty) > 0)
            fate.cum_qty = report->cum_qty;
    }
    return fate;
}

/* Did anything but a time-out come of it since there were so many events? */
static bool
is_answered(uint64_t seq, size_t since)
{
    for (size_t i = since; i < bench.n; i++)
        if (bench.events[i].kind == QT_EVENT_REPORT &&
            bench.events[i].report.client_id == qt_client_id(seq, 0) &&
            bench.events[i].report.type != QT_REPORT_TIMEOUT)
            return true;
    return false;
}

/* Asks until every order that was sent has an end. */
static void
settle_every_fate(const uint32_t *symbols)
{
    int64_t end = qt_now_mono_ns() + 240 * QT_NS_PER_S;
    unsigned open;
    do {
        open = 0;
        for (uint32_t i = 0; i < SYMBOLS; i++)
            (void)bench.orders.cancel_all(bench.orders.self, i);
        bench_work(&bench, 300);
        for (uint64_t seq = 1; seq <= ORDERS; seq++) {
            struct fate fate = fate_of(seq);
            if (symbols[seq] == QT_NO_INSTRUMENT || fate.is_final)
                continue;
            open++; /* one that was not answered yet is still on its way: it has a time-out */
            if (fate.is_known || fate.is_unknown)
                (void)bench.orders.query(bench.orders.self, symbols[seq], qt_client_id(seq, 0));
        }
        bench_work(&bench, 300);
    } while (open > 0 && qt_now_mono_ns() < end);
    ck_assert_uint_eq(open, 0);
}

/* What was reported of a symbol's orders, when that does not add up. */
static void
show_reports(uint32_t symbol)
{
    for (size_t i = 0; i < bench.n; i++) {
        const struct qt_report *report = &bench.events[i].report;
        if (bench.events[i].kind == QT_EVENT_REPORT && bench.events[i].instrument == symbol)
            printf("# %lld ms: order %llu %s, %s, code %d, %lld of %lld\n",
                   (long long)(bench.events[i].t_recv_ns / QT_NS_PER_MS),
                   (unsigned long long)report->client_id >> 8,
                   qt_report_type_name((enum qt_report_type)report->type),
                   qt_order_state_name((enum qt_order_state)report->state), (int)report->code,
                   (long long)report->cum_qty.v, (long long)report->qty.v);
    }
    fflush(stdout);
}

/* The account holds what the orders' ends add up to; fees are 10 bps of what is bought. Of an asset
 * the newest row counts: before those of the read come what fills told on the account's stream. */
static void
expect_fates_in_account(size_t sync)
{
    double qty[SYMBOLS] = {0};
    bool is_read[SYMBOLS] = {false};
    for (uint64_t seq = 1; seq <= ORDERS; seq++) {
        struct fate fate = fate_of(seq);
        if (!fate.is_known)
            continue;
        const struct qt_instrument *ins = qt_universe_at(bench.universe, fate.symbol);
        double filled = qt_qty_to_double(fate.cum_qty, ins->qty_scale);
        qty[fate.symbol] += fate.side == QT_BUY ? 0.999 * filled : -filled;
    }
    for (size_t i = sync; i > 0 && bench.events[i - 1].kind != QT_EVENT_SYNC; i--) {
        const struct qt_event *event = &bench.events[i - 1];
        for (uint32_t k = 0; event->kind == QT_EVENT_BALANCE && k < SYMBOLS; k++) {
            const struct qt_instrument *ins = qt_universe_at(bench.universe, k);
            if (strcmp(event->balance.asset, ins->base) != 0 || is_read[k])
                continue;
            double held = qt_money_to_double(event->balance.free, QT_MONEY_SCALE);
            double slack = 4 * ORDERS * qt_qty_to_double((qt_qty){1}, ins->qty_scale);
            if (fabs(held - qty[k]) > slack)
                show_reports(k);
            ck_assert_msg(fabs(held - qty[k]) <= slack, "%s: %g held, %g by the orders", ins->base,
                          held, qty[k]);
            is_read[k] = true;
            qty[k] = 0;
        }
    }
    for (uint32_t k = 0; k < SYMBOLS; k++) /* what is not held was not bought */
        ck_assert_double_le(qty[k], 0.0001);
}

static const char *const hard_days[][FAULTS + 1] = {
    {"lost-ack=0.3", "reject=0.2", "reject-cancel=0.3"},
    {"5xx=0.2", "latency=0.2:300ms"},
    {"drop-user=0.4", "duplicate=0.3"},
    {"cut=700ms", "half-open=2s"},
    {"lost-ack=0.2", "5xx=0.1", "drop-user=0.2", "latency=0.1:200ms", "cut=1s:all",
     "storm=3s:500ms"},
};

START_TEST(no_order_is_lost_on_a_hard_day)
{
    static uint32_t symbols[ORDERS + 1];
    struct qt_rng rng;
    open_with(2, false, hard_days[_i]);
    qt_rng_init(&rng, 7);
    bench_work(&bench, 500);
    for (uint64_t seq = 1; seq <= ORDERS; seq++) {
        size_t before = bench.n;
        symbols[seq] = trade_at_random(&rng, seq);
        bench_work(&bench, 20);
        for (int i = 0; i < 5 && !is_answered(seq, before); i++) /* a day of cuts has minutes without any */
            bench_work(&bench, 20);
    }
    settle_every_fate(symbols);
    expect_fates_in_account(read_account());
    struct qt_exchange_server_stats stats = qt_exchange_server_stats(server);
    ck_assert(stats.is_conserved);
    ck_assert_uint_gt(stats.fills, 0);
    uint64_t done = 0;
    for (int i = 0; i < QT_FAULT_KINDS; i++)
        done += stats.faults[i];
    ck_assert_uint_gt(done, 0);
}
END_TEST

static const char *const book_faults[][FAULTS + 1] = {
    {"gap=0.1"}, {"reorder=0.1"}, {"drop=0.1"}, {"duplicate=0.3"}, {"cut=1s"}};

START_TEST(watched_book_is_live_again_after_every_fault)
{
    open_with(20, false, book_faults[_i]);
    struct qt_book *book = qt_book_create(QT_BOOK_SPOT, 1000);
    bench.feed.watch_depth(bench.feed.self, 0, true);
    unsigned snapshots = 0, applied = 0;
    size_t at = 0;
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    bool repairs = _i != 3; /* a message that comes twice is no gap */
    while ((snapshots < (repairs ? 3u : 1u) || applied < 5) && qt_now_mono_ns() < end) {
        bench_work(&bench, 50);
        for (; at < bench.n; at++) {
            const struct qt_event *event = &bench.events[at];
            if (event->instrument != 0 || event->kind != QT_EVENT_DEPTH)
                continue;
            snapshots += event->flags & QT_EVENT_SNAPSHOT;
            enum qt_book_verdict verdict = qt_book_apply(book, &event->depth, event->flags);
            ck_assert_int_ne(verdict, QT_BOOK_CROSSED);
            applied = verdict == QT_BOOK_APPLIED ? applied + 1
                      : verdict == QT_BOOK_OLD   ? applied
                                                 : 0;
        }
    }
    ck_assert_uint_ge(snapshots, repairs ? 3 : 1);
    ck_assert_uint_ge(applied, 5);
    ck_assert_int_eq(qt_book_state(book), QT_BOOK_LIVE);
    qt_book_destroy(book);
}
END_TEST

static const struct {
    unsigned rights;
    const char *says; /* NULL: nothing */
} key_rights[] = {{QT_EXCHANGE_KEY_WITHDRAWS, "the API key may withdraw"},
                  {QT_EXCHANGE_KEY_READS, "the API key may not trade"},
                  {QT_EXCHANGE_KEY_ANYWHERE, NULL}};

START_TEST(rights_that_the_key_gets_or_loses_while_it_works_are_told)
{
    static const char *const faults[] = {"rights=5s", NULL};
    const char *says = key_rights[_i].says, *fault = NULL;
    open_as(1, false, faults, key_rights[_i].rights);
    struct qt_binance_rights rights = qt_binance_key_rights(bench.session);
    int64_t end = qt_now_mono_ns() + 60 * QT_NS_PER_S;
    ck_assert(rights.is_known);
    while (rights.is_ip_bound && !fault && qt_now_mono_ns() < end) {
        bench_work(&bench, 50);
        rights = qt_binance_key_rights(bench.session);
        fault = qt_binance_rights_fault(&rights);
    }
    bench_work(&bench, 1000);
    ck_assert_pstr_eq(fault, says);
    unsigned told = 0;
    for (size_t i = 0; i < bench.n; i++) {
        const struct qt_event *event = &bench.events[i];
        if (event->kind != QT_EVENT_LINK || !(event->flags & QT_EVENT_UNFIT))
            continue;
        ck_assert_ptr_nonnull(says);
        ck_assert_str_eq(event->link.reason, says);
        ck_assert(event->link.kind == QT_LINK_REST && event->link.state == QT_LINK_UP);
        told++;
    }
    ck_assert_uint_eq(told, says != NULL); /* the next look is a minute off */
    ck_assert(rights.is_known && rights.is_ip_bound == (says != NULL));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("exchange and adapter");
    TCase *tc = tcase_create("together");
    tcase_add_checked_fixture(tc, NULL, tear_down);
    tcase_add_test(tc, trades_and_bars_come_whole_at_sixty_times_the_speed);
    tcase_add_test(tc, two_addresses_tell_the_same_market_each_in_its_own_order);
    tcase_add_test(tc, watched_book_goes_live_and_misses_nothing);
    tcase_add_test(tc, account_is_what_the_reports_say_to_the_last_decimal);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    tc = tcase_create("faults");
    tcase_add_checked_fixture(tc, NULL, tear_down);
    tcase_add_loop_test(tc, no_order_is_lost_on_a_hard_day, 0, (int)QT_COUNT_OF(hard_days));
    tcase_add_loop_test(tc, rights_that_the_key_gets_or_loses_while_it_works_are_told, 0,
                        (int)QT_COUNT_OF(key_rights));
    tcase_add_loop_test(tc, watched_book_is_live_again_after_every_fault, 0,
                        (int)QT_COUNT_OF(book_faults));
    tcase_set_timeout(tc, 300);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
