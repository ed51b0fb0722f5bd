/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine over recorded data, with the exchange inside its thread: what the number of workers
 * may not change, what a stop must do at once, and what happens when the venue swallows, refuses or
 * forgets.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/engine.h"
#include "qtrade/market/reader.h"
#include "qtrade/sim/inline_venue.h"
#include "qtrade/sim/source.h"
#include "qtrade/trade/order.h"

#include "qt_check.h"

/* Nine days of twenty symbols: four of history, five to trade. */
#define SPRING "klines/binance-spot-2024-spring-5m"

/* What the store was given. */
struct kept {
    uint64_t books; /* of every fill: what, how much, for what */
    unsigned orders, fills, entries, flattened, unknown, rejected, trades;
    unsigned orders_after_stop, entries_after_stop;
    bool has_stopped;
    enum qt_mode mode;
    uint64_t records;
    int64_t sums[4096]; /* of postings, by asset's hash: zero when conserved */
};

/* How many streams the feed has, and what is wrong with one of them for six hours of each day. */
enum lines { ONE_LINE, TWO_GOOD, BROKEN_PRIMARY, LYING_BACKUP, BROKEN_BACKUP, SILENT_LINES };

struct bench {
    struct qt_universe *universe;
    struct qt_source *source;
    struct qt_inline_venue *venue;
    struct qt_engine *engine;
    struct qt_engine_config engine_config;
    struct qt_scan_config scan;
    struct qt_strategy_config strategy;
    struct qt_risk_config risk;
    struct qt_quality_config quality;
    struct qt_sources_config sources;
    enum lines lines;
    bool has_ids; /* the feed numbers its quotes and trades */
    uint64_t quote_id, trade_id[20];
    struct qt_feed_port feed;
    struct qt_venue_port port;
    struct kept kept;
    atomic_bool stop;
    /* what the bench does on the way */
    enum qt_command_kind command; /* given once when commands_at positions are open */
    unsigned command_at;
    bool has_command, is_given, refuses, swallows;
    unsigned submitted, swallowed;
    unsigned refused_reads, reads; /* reads of the account to refuse; asked for */
    uint64_t full_at, full_for;    /* the store takes record full_at only at the so-manieth try */
    uint64_t tries;
    bool spoils; /* the feed gives impossible quotes and trades between good ones */
    unsigned spoilt;
    const struct qt_event_sink *sink;
    int64_t given_ns;
};

static bool
put(void *self, const struct qt_record *record)
{
    struct bench *bench = self;
    struct kept *kept = &bench->kept;
    const struct qt_order_record *order = &record->order;
    if (bench->full_for > 0 && kept->records + 1 == bench->full_at &&
        ++bench->tries < bench->full_for)
        return false;
    kept->records++;
    switch (record->kind) {
    case QT_RECORD_ORDER:
        kept->unknown += order->state == QT_ORDER_UNKNOWN;
        kept->rejected += order->state == QT_ORDER_REJECTED;
        if (order->state != QT_ORDER_PENDING)
            break;
        kept->orders++;
        kept->entries += order->purpose == QT_PURPOSE_ENTRY;
        kept->flattened += order->purpose == QT_PURPOSE_FLATTEN;
        kept->orders_after_stop += kept->has_stopped;
        kept->entries_after_stop += kept->has_stopped && order->purpose == QT_PURPOSE_ENTRY;
        break;
    case QT_RECORD_FILL:
        kept->fills++;
        kept->books = qt_hash(kept->books, &record->fill.px, sizeof record->fill.px);
        kept->books = qt_hash(kept->books, &record->fill.qty, sizeof record->fill.qty);
        kept->books = qt_hash(kept->books, &record->t_ns, sizeof record->t_ns);
        break;
    case QT_RECORD_TRADE:
        kept->trades++;
        break;
    case QT_RECORD_MODE:
        kept->mode = (enum qt_mode)record->mode.mode;
        kept->has_stopped = true;
        break;
    case QT_RECORD_POSTING:
        kept->sums[qt_hash(QT_HASH_START, record->posting.asset, strlen(record->posting.asset)) %
                   QT_COUNT_OF(kept->sums)] += record->posting.amount;
        break;
    case QT_RECORD_POSITION:
    case QT_RECORD_EQUITY:
    case QT_RECORD_DECISION:
    case QT_RECORD_AUDIT:
    case QT_RECORD_PARENT:
    case QT_RECORD_DIFFERENCE:
    case QT_RECORD_KINDS:
        break;
    }
    return true;
}

/* The feed; gives the command when the time has come. */
/* Before each quote one that is crossed, and before each trade one for nothing. */
static void
spoil(void *self, struct qt_event *event)
{
    struct bench *bench = self;
    struct qt_event bad = *event;
    bool is_quote = event->kind == QT_EVENT_QUOTE, is_trade = event->kind == QT_EVENT_TRADE;
    if (is_quote)
        bad.quote = (struct qt_quote){event->quote.ask, event->quote.bid, {1}, {1}};
    if (is_trade)
        bad.trade.px = (qt_px){0};
    if ((is_quote && qt_px_cmp(event->quote.bid, event->quote.ask) < 0) || is_trade) {
        bench->spoilt++;
        bench->sink->push(bench->sink->self, &bad);
    }
    bench->sink->push(bench->sink->self, event);
}

static void
push_copy(struct bench *bench, const struct qt_event *event, unsigned source, bool is_bad)
{
    struct qt_event copy = *event;
    bool is_quote = event->kind == QT_EVENT_QUOTE;
    copy.flags |= (uint16_t)(source << QT_EVENT_SOURCE_SHIFT);
    if (is_bad && bench->lines == SILENT_LINES)
        return;
    if (is_bad && bench->lines == LYING_BACKUP && is_quote)
        copy.quote = (struct qt_quote){{event->quote.bid.v / 100 * 97},
                                       {event->quote.ask.v / 100 * 97},
                                       {1},
                                       {1},
                                       event->quote.id};
    else if (is_bad && is_quote) /* crossed */
        copy.quote = (struct qt_quote){
            {event->quote.ask.v + 1}, event->quote.bid, {1}, {1}, event->quote.id};
    bench->sink->push(bench->sink->self, &copy);
}

/* One feed's events over two lines; the backup is the quicker one. */
static void
tell_twice(void *self, struct qt_event *event)
{
    struct bench *bench = self;
    bool is_quote = event->kind == QT_EVENT_QUOTE, is_trade = event->kind == QT_EVENT_TRADE;
    bool is_bar = event->kind == QT_EVENT_BAR && !(event->flags & QT_EVENT_HISTORY);
    if (is_quote)
        event->quote.id = ++bench->quote_id;
    if (is_trade)
        event->trade.id = ++bench->trade_id[event->instrument];
    if (!(is_quote || is_trade || is_bar) || bench->lines == ONE_LINE) {
        bench->sink->push(bench->sink->self, event);
        return;
    }
    struct qt_event told = *event; /* the engine may change it */
    int64_t quarter = event->t_recv_ns / (6 * QT_NS_PER_HOUR) % 4;
    bool is_backup_bad = bench->lines == LYING_BACKUP || bench->lines == BROKEN_BACKUP ||
                         (bench->lines == SILENT_LINES && quarter == 3);
    bool is_primary_bad =
        quarter == 1 && (bench->lines == BROKEN_PRIMARY || bench->lines == SILENT_LINES);
    push_copy(bench, &told, 1, is_backup_bad);
    push_copy(bench, &told, 0, is_primary_bad);
}

static int
work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct bench *bench = self;
    struct qt_error err = {0};
    if (bench->has_command && !bench->is_given && bench->kept.fills >= bench->command_at) {
        bench->is_given = true;
        ck_assert(qt_engine_command(bench->engine, bench->command, QT_SOURCE_SOCKET, "test", &err));
    }
    if (!bench->spoils && !bench->has_ids)
        return bench->feed.work(bench->feed.self, sink, timeout_ms);
    const struct qt_event_sink own = {.self = bench, .push = bench->spoils ? spoil : tell_twice};
    bench->sink = sink;
    return bench->feed.work(bench->feed.self, &own, timeout_ms);
}

static bool
submit(void *self, const struct qt_order_request *request)
{
    struct bench *bench = self;
    bench->submitted++;
    if (bench->refuses)
        return false;
    if (bench->swallows && bench->submitted % 3 == 0) {
        bench->swallowed++;
        return true; /* taken, and never heard of again */
    }
    return bench->port.submit(bench->port.self, request);
}

static bool
cancel(void *self, uint32_t instrument, uint64_t client_id)
{
    struct bench *bench = self;
    return bench->port.cancel(bench->port.self, instrument, client_id);
}

static bool
cancel_all(void *self, uint32_t instrument)
{
    struct bench *bench = self;
    return bench->port.cancel_all(bench->port.self, instrument);
}

static bool
query(void *self, uint32_t instrument, uint64_t client_id)
{
    struct bench *bench = self;
    return bench->port.query(bench->port.self, instrument, client_id);
}

static bool
sync_account(void *self)
{
    struct bench *bench = self;
    bench->reads++;
    return bench->reads > bench->refused_reads && bench->port.sync(bench->port.self);
}

static struct qt_dataset recorded; /* nothing, where the folder is absent */

/* Once for all cases: each is played in a child. */
static void
load_recorded(void)
{
    struct qt_error err = {0};
    char folder[512];
    int64_t to;
    if (!qt_market_path(SPRING, folder, sizeof folder))
        return;
    ck_assert(qt_time_parse("2024-03-13", &to));
    ck_assert_msg(qt_dataset_load(folder, QT_TIME_NONE, to, false, NULL, NULL, &recorded, &err),
                  "%s", err.text);
}

static void
drop_recorded(void)
{
    qt_dataset_finish(&recorded);
}

/* Everything from its defaults, but that less history is asked for and entries are easier. */
static bool
bench_open(struct bench *bench, unsigned workers)
{
    struct qt_error err = {0};
    if (recorded.n == 0)
        return false;
    const struct qt_config_binding bindings[] = {
        {&qt_engine_section, &bench->engine_config}, {&qt_scan_section, &bench->scan},
        {&qt_strategy_section, &bench->strategy},    {&qt_risk_section, &bench->risk},
        {&qt_quality_section, &bench->quality},      {&qt_sources_section, &bench->sources}};
    qt_config_defaults(bindings, QT_COUNT_OF(bindings));
    bench->engine_config.workers = workers;
    bench->engine_config.cycle_ms = 60000;
    bench->scan.history_days = 4;
    bench->strategy.entry_strength = 0.4;
    bench->engine_config.order_timeout_ms = 600000; /* a symbol ticks every 75 s */
    bench->engine_config.unprotected_s = 600; /* and an order is placed at the next tick */
    bench->risk.max_quote_age_ms = 150000;
    bench->universe = qt_universe_create();
    const struct qt_replay_options replay = {.seed = 1, .symbols = 20, .start_ns = QT_TIME_NONE};
    bench->source = qt_source_replay(&recorded, &replay, bench->universe, &err);
    ck_assert_msg(bench->source != NULL, "%s", err.text);
    const struct qt_inline_options options = {
        .exchange = {.maker_ppm = 1000, .taker_ppm = 1000, .fee_mode = QT_FEE_QUOTE},
        .latency_ns = 100 * QT_NS_PER_MS,
        .deposit = {INT64_C(100000) * 100000000}};
    bench->venue = qt_inline_backtest_create(bench->source, bench->universe, &options, &err);
    ck_assert_msg(bench->venue != NULL, "%s", err.text);
    bench->feed = qt_inline_feed(bench->venue);
    bench->port = qt_inline_port(bench->venue);
    return true;
}

static void
bench_run(struct bench *bench)
{
    struct qt_error err = {0};
    const struct qt_engine_options options = {.engine = &bench->engine_config,
                                              .scan = &bench->scan,
                                              .strategy = &bench->strategy,
                                              .risk = &bench->risk,
                                              .quality = &bench->quality,
                                              .sources =
                                                  bench->lines == ONE_LINE ? NULL : &bench->sources,
                                              .universe = bench->universe,
                                              .feed = {.self = bench, .work = work},
                                              .venue = {.self = bench,
                                                        .name = "bench",
                                                        .submit = submit,
                                                        .cancel = cancel,
                                                        .cancel_all = cancel_all,
                                                        .query = query,
                                                        .sync = sync_account},
                                              .store = {.self = bench, .put = put},
                                              .run_kind = "backtest",
                                              .is_recorded = true,
                                              .base_period_ns = 5 * QT_NS_PER_MIN,
                                              .publishes = true};
    bench->engine = qt_engine_create(&options, &err);
    ck_assert_msg(bench->engine != NULL, "%s", err.text);
    ck_assert(qt_engine_run(bench->engine, &bench->stop, &err));
    qt_engine_publish(bench->engine);
}

/* Books that add up, in the engine, in its records and at the exchange. */
static void
check_books(struct bench *bench)
{
    const struct qt_snapshot *last = qt_engine_snapshot(bench->engine);
    ck_assert(last->is_conserved);
    qt_engine_snapshot_unref(bench->engine, last);
    ck_assert(qt_accounts_is_conserved(qt_exchange_accounts(qt_inline_exchange(bench->venue))));
    for (size_t i = 0; i < QT_COUNT_OF(bench->kept.sums); i++)
        ck_assert_int_eq(bench->kept.sums[i], 0);
}

static uint32_t
positions_left(struct bench *bench)
{
    const struct qt_snapshot *last = qt_engine_snapshot(bench->engine);
    uint32_t n = last->positions;
    qt_engine_snapshot_unref(bench->engine, last);
    return n;
}

static void
bench_close(struct bench *bench)
{
    qt_engine_destroy(bench->engine);
    qt_inline_destroy(bench->venue);
    qt_source_destroy(bench->source);
    qt_universe_destroy(bench->universe);
    free(bench);
}

static struct bench *
bench_new(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    ck_assert_ptr_nonnull(bench);
    return bench;
}

START_TEST(decisions_are_the_same_for_any_number_of_workers)
{
    uint64_t hash[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        struct bench *bench = bench_new();
        if (bench_open(bench, i == 0 ? 1 : 4)) {
            bench->strategy.entry_strength = 1; /* what is chosen, not what is filled */
            bench_run(bench);
            hash[i] = qt_engine_decision_hash(bench->engine);
            ck_assert_uint_ne(hash[i], QT_HASH_START);
        }
        bench_close(bench);
    }
    ck_assert_uint_eq(hash[0], hash[1]);
}
END_TEST

START_TEST(trades_are_opened_closed_and_booked)
{
    struct bench *bench = bench_new();
    if (bench_open(bench, 1)) {
        bench_run(bench);
        ck_assert_uint_gt(bench->kept.entries, 3);
        ck_assert_uint_gt(bench->kept.trades, 3);
        ck_assert_uint_eq(bench->kept.unknown, 0);
        check_books(bench);
    }
    bench_close(bench);
}
END_TEST

START_TEST(pause_lets_positions_run_out_and_opens_none)
{
    struct bench *bench = bench_new();
    if (bench_open(bench, 1)) {
        bench->has_command = true;
        bench->command = QT_COMMAND_PAUSE;
        bench->command_at = 6;
        bench_run(bench);
        ck_assert_int_eq(bench->kept.mode, QT_MODE_PAUSED);
        ck_assert_uint_gt(bench->kept.orders_after_stop, 0); /* exits go on */
        ck_assert_uint_eq(bench->kept.entries_after_stop, 0);
        check_books(bench);
    }
    bench_close(bench);
}
END_TEST

START_TEST(liquidation_ends_flat_and_stays_flat)
{
    struct bench *bench = bench_new();
    if (bench_open(bench, 1)) {
        bench->has_command = true;
        bench->command = QT_COMMAND_LIQUIDATE;
        bench->command_at = 6;
        bench_run(bench);
        const struct qt_snapshot *last = qt_engine_snapshot(bench->engine);
        ck_assert_int_eq(last->mode, QT_MODE_EMERGENCY);
        ck_assert(!last->is_liquidating);
        ck_assert_str_eq(last->liquidation, "flat, read twice at the venue");
        qt_engine_snapshot_unref(bench->engine, last);
        ck_assert_uint_gt(bench->kept.flattened, 0);
        ck_assert_uint_eq(bench->kept.orders_after_stop, bench->kept.flattened);
        ck_assert_uint_eq(positions_left(bench), 0);
        check_books(bench);
    }
    bench_close(bench);
}
END_TEST

START_TEST(a_halt_keeps_positions_under_their_exits)
{
    struct bench *bench = bench_new();
    if (bench_open(bench, 1)) {
        bench->has_command = true;
        bench->command = QT_COMMAND_HALT;
        bench->command_at = 6;
        bench_run(bench);
        const struct qt_snapshot *last = qt_engine_snapshot(bench->engine);
        ck_assert_int_eq(last->mode, QT_MODE_EMERGENCY);
        ck_assert(last->is_halted && !last->is_liquidating);
        qt_engine_snapshot_unref(bench->engine, last);
        ck_assert_uint_eq(bench->kept.flattened, 0);
        ck_assert_uint_eq(bench->kept.entries_after_stop, 0);
        ck_assert_uint_gt(bench->kept.orders_after_stop, 0); /* exits go on */
        check_books(bench);
    }
    bench_close(bench);
}
END_TEST

START_TEST(order_that_the_port_refuses_is_rejected_and_no_position_is_believed)
{
    struct bench *bench = bench_new();
    if (bench_open(bench, 1)) {
        bench->refuses = true;
        bench_run(bench);
        ck_assert_uint_gt(bench->kept.rejected, 0);
        ck_assert_uint_eq(bench->kept.rejected, bench->kept.orders);
        ck_assert_uint_eq(bench->kept.fills, 0);
        ck_assert_uint_eq(positions_left(bench), 0);
        check_books(bench);
    }
    bench_close(bench);
}
END_TEST

START_TEST(read_of_the_account_that_the_port_refuses_is_asked_for_again)
{
    struct bench *bench = bench_new();
    if (bench_open(bench, 1)) {
        bench->refused_reads = 7;
        bench_run(bench);
        ck_assert_uint_gt(bench->reads, bench->refused_reads);
        ck_assert_uint_gt(bench->kept.trades, 0); /* the capital was read in the end */
        check_books(bench);
    }
    bench_close(bench);
}
END_TEST

/* Fault F11: what cannot be is no reason to sell, to buy, or to believe a price. */
START_TEST(F11_impossible_quotes_and_trades_change_no_decision)
{
    uint64_t hash[2];
    for (int spoils = 0; spoils < 2; spoils++) {
        struct bench *bench = bench_new();
        bool is_there = bench_open(bench, 1);
        if (is_there) {
            bench->spoils = spoils;
            bench->quality.bad_events = 1000000; /* the symbol itself goes on */
            bench_run(bench);
            hash[spoils] = bench->kept.books;
            ck_assert_uint_gt(bench->kept.trades, 0);
            const struct qt_snapshot *last = qt_engine_snapshot(bench->engine);
            ck_assert_uint_eq(last->counts.bad_events, bench->spoilt);
            qt_engine_snapshot_unref(bench->engine, last);
        }
        bench_close(bench);
        if (!is_there)
            return;
    }
    ck_assert_uint_eq(hash[0], hash[1]);
}
END_TEST

/* A run over such lines: hash of decisions and books, and what was seen of the streams. */
struct over {
    uint64_t decisions, books;
    unsigned orders;
    struct qt_sources_view streams;
};

static bool
run_over(enum lines lines, unsigned workers, struct over *out)
{
    struct bench *bench = bench_new();
    bool is_there = bench_open(bench, workers);
    if (is_there) {
        bench->lines = lines;
        bench->has_ids = true;
        if (workers > 1 || lines == SILENT_LINES)
            bench->strategy.entry_strength = 1; /* what is chosen, not what is filled */
        bench_run(bench);
        const struct qt_snapshot *last = qt_engine_snapshot(bench->engine);
        *out = (struct over){.decisions = qt_engine_decision_hash(bench->engine),
                             .books = bench->kept.books,
                             .orders = bench->kept.orders,
                             .streams = last->sources};
        qt_engine_snapshot_unref(bench->engine, last);
        check_books(bench);
    }
    bench_close(bench);
    return is_there;
}

/* Whatever one line does, what is traded is what a single perfect line would have led to. */
START_TEST(bad_line_of_two_leads_to_no_order_that_one_good_line_would_not)
{
    static const enum lines bad[] = {TWO_GOOD, BROKEN_PRIMARY, LYING_BACKUP, BROKEN_BACKUP};
    struct over good, over;
    if (!run_over(ONE_LINE, 1, &good))
        return;
    ck_assert_uint_gt(good.orders, 10);
    for (size_t i = 0; i < QT_COUNT_OF(bad); i++) {
        ck_assert(run_over(bad[i], 1, &over));
        ck_assert_msg(over.books == good.books && over.orders == good.orders, "lines %d: %u orders",
                      bad[i], over.orders);
        ck_assert_uint_eq(over.streams.n, 2);
        bool has_changed = over.streams.of[1].taken > 0;
        ck_assert_int_eq(has_changed, bad[i] == BROKEN_PRIMARY);
        if (has_changed) /* every symbol, each day, and back */
            ck_assert_uint_ge(over.streams.of[0].taken, 4 * 20);
        if (bad[i] == LYING_BACKUP)
            ck_assert_uint_eq(over.streams.apart, 20);
    }
}
END_TEST

/* Not by their bytes: what lies between members is nobody's. */
static void
expect_same_streams(const struct qt_sources_view *a, const struct qt_sources_view *b)
{
    ck_assert_uint_eq(a->n, b->n);
    for (uint32_t i = 0; i < a->n; i++) {
        ck_assert_uint_eq(a->of[i].symbols, b->of[i].symbols);
        ck_assert_int_eq(a->of[i].age_ns, b->of[i].age_ns);
        ck_assert_double_eq(a->of[i].gap_pct, b->of[i].gap_pct);
        ck_assert_uint_eq(a->of[i].taken, b->of[i].taken);
    }
    ck_assert_double_eq(a->apart_bps, b->apart_bps);
    ck_assert_uint_eq(a->apart, b->apart);
    ck_assert_uint_eq(a->bars_unequal, b->bars_unequal);
}

START_TEST(choice_of_lines_is_the_same_for_any_number_of_workers)
{
    struct over one, four;
    if (!run_over(SILENT_LINES, 1, &one))
        return;
    ck_assert(run_over(SILENT_LINES, 4, &four));
    ck_assert_uint_eq(one.decisions, four.decisions);
    ck_assert_uint_ge(one.streams.of[1].taken, 20);
    expect_same_streams(&one.streams, &four.streams);
}
END_TEST

START_TEST(order_that_is_never_answered_is_unknown_until_the_venue_says_what_it_was)
{
    struct bench *bench = bench_new();
    if (bench_open(bench, 1)) {
        bench->swallows = true;
        bench_run(bench);
        ck_assert_uint_gt(bench->swallowed, 0);
        ck_assert_uint_ge(bench->kept.unknown, bench->swallowed);
        ck_assert_uint_gt(bench->kept.trades, 0); /* the others went on */
        check_books(bench);
    }
    bench_close(bench);
}
END_TEST

/* Fault S4: the store's ring is full for a while. */
START_TEST(S4_store_that_has_no_room_pauses_and_gets_every_record_later)
{
    for (int is_full = 0; is_full < 2; is_full++) {
        struct bench *bench = bench_new();
        bool is_there = bench_open(bench, 1);
        if (is_there) {
            bench->full_at = 2000;
            bench->full_for = is_full ? 3 : 1; /* tries: some 30 ms of back-off */
            bench_run(bench);
            const struct qt_snapshot *last = qt_engine_snapshot(bench->engine);
            uint64_t published = 0, lost = 0;
            for (int i = 0; i < QT_TOPICS; i++) {
                published += last->bus.topic[i].published;
                lost += last->bus.topic[i].lost;
            }
            ck_assert_uint_gt(bench->kept.records, bench->full_at);
            ck_assert_uint_gt(published, bench->kept.records); /* and notes */
            ck_assert_uint_eq(last->bus.dead, 0);
            ck_assert_uint_eq(lost, 0);
            ck_assert_int_eq(last->mode, is_full ? QT_MODE_PAUSED : QT_MODE_NORMAL);
            if (is_full)
                ck_assert_ptr_nonnull(strstr(last->mode_reason, "store"));
            qt_engine_snapshot_unref(bench->engine, last);
            check_books(bench);
        }
        bench_close(bench);
        if (!is_there)
            return;
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("engine");
    TCase *tc = tcase_create("recorded");
    tcase_set_timeout(tc, 300);
    tcase_add_unchecked_fixture(tc, load_recorded, drop_recorded);
    tcase_add_test(tc, read_of_the_account_that_the_port_refuses_is_asked_for_again);
    tcase_add_test(tc, F11_impossible_quotes_and_trades_change_no_decision);
    tcase_add_test(tc, trades_are_opened_closed_and_booked);
    tcase_add_test(tc, pause_lets_positions_run_out_and_opens_none);
    tcase_add_test(tc, liquidation_ends_flat_and_stays_flat);
    tcase_add_test(tc, a_halt_keeps_positions_under_their_exits);
    tcase_add_test(tc, S4_store_that_has_no_room_pauses_and_gets_every_record_later);
    tcase_add_test(tc, order_that_the_port_refuses_is_rejected_and_no_position_is_believed);
    tcase_add_test(tc, order_that_is_never_answered_is_unknown_until_the_venue_says_what_it_was);
    tcase_add_test(tc, bad_line_of_two_leads_to_no_order_that_one_good_line_would_not);
    suite_add_tcase(suite, tc);
    tc = tcase_create("workers"); /* what the thread sanitizer plays */
    tcase_set_timeout(tc, 300);
    tcase_add_unchecked_fixture(tc, load_recorded, drop_recorded);
    tcase_add_test(tc, decisions_are_the_same_for_any_number_of_workers);
    tcase_add_test(tc, choice_of_lines_is_the_same_for_any_number_of_workers);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
