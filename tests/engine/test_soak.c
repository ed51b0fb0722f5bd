/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R6 of the faults: thirty days of simulated time through the real engine, on a generated market
 * with the exchange inside its thread. QT_SOAK_EVENTS says how many events (default 600,000; the
 * whole row is 1000000000), which decides how busy the market is; the days stay thirty.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/engine.h"
#include "qtrade/market/bars.h"
#include "qtrade/sim/inline_venue.h"
#include "qtrade/sim/source.h"

#include "qt_check.h"

enum { SYMBOLS = 8, DAYS = 30, LOOKS = 5, BALANCES = 64 };
enum { OWNER = 1 }; /* the engine at the venue */
#define START_NS (INT64_C(1767225600) * QT_NS_PER_S)
#define DEFAULT_EVENTS 600e3
#define EVENTS_A_TRADE 2.6 /* of a symbol of middling volume; its quotes and bars count too */
#define MIB (INT64_C(1) << 20)
#define GROWTH (8 * MIB) /* rings fill up to their size; a leak a cycle or a trade is more */

/* One account's postings in one asset, added up. */
struct balance {
    char account[16], asset[QT_ASSET_SIZE];
    int64_t amount, scale;
};

struct soak {
    struct qt_universe *universe;
    struct qt_source *source;
    struct qt_inline_venue *venue;
    struct qt_feed_port feed;
    struct qt_engine *engine;
    struct qt_engine_config engine_config;
    struct qt_scan_config scan;
    struct qt_strategy_config strategy;
    struct qt_risk_config risk;
    struct qt_quality_config quality;
    const struct qt_event_sink *sink; /* the engine's, while the feed works */
    struct qt_event trade;            /* under way */
    int64_t now_ns;
    struct qt_bars bars[SYMBOLS];
    atomic_bool stop;
    unsigned fills, trades, n_balances;
    struct balance balance[BALANCES];
    unsigned looks; /* at the process, one a fifth of the days */
    int64_t rss[LOOKS];
    int descriptors[LOOKS];
};

static int64_t
resident_bytes(void)
{
    long long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%lld %lld", &pages, &resident), 2);
    fclose(file);
    return (int64_t)resident * sysconf(_SC_PAGESIZE);
}

static int
open_descriptors(void)
{
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static void
add_posting(struct soak *soak, const struct qt_posting_record *posting)
{
    unsigned i = 0;
    while (i < soak->n_balances && (strcmp(soak->balance[i].account, posting->account) != 0 ||
                                    strcmp(soak->balance[i].asset, posting->asset) != 0))
        i++;
    ck_assert_uint_lt(i, BALANCES);
    struct balance *balance = &soak->balance[i];
    if (i == soak->n_balances) {
        soak->n_balances++;
        qt_copy(balance->account, sizeof balance->account, posting->account);
        qt_copy(balance->asset, sizeof balance->asset, posting->asset);
        balance->scale = posting->scale;
    }
    ck_assert_int_eq(balance->scale, posting->scale);
    balance->amount += posting->amount;
}

static bool
put(void *self, const struct qt_record *record)
{
    struct soak *soak = self;
    soak->fills += record->kind == QT_RECORD_FILL;
    soak->trades += record->kind == QT_RECORD_TRADE;
    if (record->kind == QT_RECORD_POSTING)
        add_posting(soak, &record->posting);
    return true;
}

static void
push_bar(void *context, enum qt_timeframe tf, const struct qt_bar *bar)
{
    struct soak *soak = context;
    struct qt_event event = {.kind = QT_EVENT_BAR,
                             .instrument = soak->trade.instrument,
                             .t_venue_ns = soak->trade.t_venue_ns,
                             .t_recv_ns = soak->trade.t_recv_ns,
                             .bar = *bar};
    if (tf == QT_TF_1M)
        soak->sink->push(soak->sink->self, &event);
}

/* A generated market has trades only: the bars of a venue are made of them. */
static void
pass_on(void *self, struct qt_event *event)
{
    struct soak *soak = self;
    if (event->kind == QT_EVENT_TRADE) {
        soak->trade = *event;
        soak->now_ns = event->t_venue_ns;
        qt_bars_trade(&soak->bars[event->instrument], event->t_venue_ns, event->trade.px,
                      event->trade.qty, event->flags & QT_EVENT_BUYER_MAKER, push_bar, soak);
    }
    soak->sink->push(soak->sink->self, event);
}

/* The generated market has no end: the feed ends after the thirty days. */
static int
work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct soak *soak = self;
    int64_t whole = DAYS * QT_NS_PER_DAY, done = soak->now_ns - START_NS;
    if (soak->looks < LOOKS && done >= whole / LOOKS * (soak->looks + 1)) {
        soak->rss[soak->looks] = resident_bytes();
        soak->descriptors[soak->looks++] = open_descriptors();
    }
    const struct qt_event_sink own = {.self = soak, .push = pass_on};
    soak->sink = sink;
    return done >= whole ? -1 : soak->feed.work(soak->feed.self, &own, timeout_ms);
}

static void
configure(struct soak *soak)
{
    const struct qt_config_binding bindings[] = {{&qt_engine_section, &soak->engine_config},
                                                 {&qt_scan_section, &soak->scan},
                                                 {&qt_strategy_section, &soak->strategy},
                                                 {&qt_risk_section, &soak->risk},
                                                 {&qt_quality_section, &soak->quality}};
    qt_config_defaults(bindings, QT_COUNT_OF(bindings));
    soak->engine_config.workers = 1;
    soak->engine_config.cycle_ms = 60000;
    soak->engine_config.order_timeout_ms = 24 * 3600 * 1000; /* a symbol ticks every few minutes */
    soak->strategy.entry_strength = 0.4;
    soak->engine_config.unprotected_s = 3600; /* an order is placed at the next tick */
    soak->risk.max_quote_age_ms = 3600 * 1000;
}

static void
open_market(struct soak *soak)
{
    struct qt_error err = {0};
    const char *asked = getenv("QT_SOAK_EVENTS");
    double events = asked ? strtod(asked, NULL) : DEFAULT_EVENTS, seconds = DAYS * 86400.0;
    const struct qt_generator_options market = {.symbols = SYMBOLS,
                                                .seed = 6,
                                                .start_ns = START_NS,
                                                .trades_per_s =
                                                    events / EVENTS_A_TRADE / SYMBOLS / seconds};
    const struct qt_inline_options options = {
        .exchange = {.maker_ppm = 1000, .taker_ppm = 1000, .fee_mode = QT_FEE_QUOTE},
        .latency_ns = 100 * QT_NS_PER_MS,
        .deposit = {INT64_C(100000) * 100000000},
        .emits_history = true};
    soak->universe = qt_universe_create();
    soak->source = qt_source_generate(&market, soak->universe, &err);
    ck_assert_msg(soak->source != NULL, "%s", err.text);
    soak->venue = qt_inline_backtest_create(soak->source, soak->universe, &options, &err);
    ck_assert_msg(soak->venue != NULL, "%s", err.text);
    soak->feed = qt_inline_feed(soak->venue);
    soak->now_ns = START_NS;
    for (uint32_t i = 0; i < SYMBOLS; i++)
        qt_bars_init(&soak->bars[i], qt_universe_at(soak->universe, i));
}

static void
run(struct soak *soak)
{
    struct qt_error err = {0};
    const struct qt_engine_options options = {.engine = &soak->engine_config,
                                              .scan = &soak->scan,
                                              .strategy = &soak->strategy,
                                              .risk = &soak->risk,
                                              .quality = &soak->quality,
                                              .universe = soak->universe,
                                              .feed = {.self = soak, .work = work},
                                              .venue = qt_inline_port(soak->venue),
                                              .store = {.self = soak, .put = put},
                                              .run_kind = "backtest",
                                              .is_recorded = true,
                                              .base_period_ns = QT_NS_PER_MIN,
                                              .publishes = true};
    soak->engine = qt_engine_create(&options, &err);
    ck_assert_msg(soak->engine != NULL, "%s", err.text);
    ck_assert(qt_engine_run(soak->engine, &soak->stop, &err));
    qt_engine_publish(soak->engine);
}

static void
check_process(const struct soak *soak)
{
    ck_assert_uint_eq(soak->looks, LOOKS);
    for (unsigned i = 1; i < LOOKS; i++) {
        ck_assert_int_eq(soak->descriptors[i], soak->descriptors[0]);
        ck_assert_int_lt(soak->rss[i] - soak->rss[0], GROWTH);
    }
}

/* The engine's book, rebuilt from its postings, against the venue's: to the last unit. */
static void
check_balance(const struct soak *soak, const struct balance *balance)
{
    const struct qt_accounts *accounts = qt_exchange_accounts(qt_inline_exchange(soak->venue));
    if (strcmp(balance->account, "adjust") == 0)
        ck_assert_int_eq(balance->amount, 0);
    if (strcmp(balance->account, "cash") != 0)
        return;
    uint32_t asset = qt_accounts_find(accounts, balance->asset);
    struct qt_funds funds = qt_accounts_funds(accounts, OWNER, asset);
    int64_t venue = qt_money_units(funds.free) + qt_money_units(funds.locked);
    int64_t unit = qt_pow10(QT_MONEY_SCALE - (int)balance->scale);
    ck_assert_msg(balance->amount * unit == venue, "%s: booked %lld, the venue has %lld",
                  balance->asset, (long long)(balance->amount * unit), (long long)venue);
}

static void
check_ledger(const struct soak *soak, const struct qt_snapshot *last)
{
    ck_assert(last->is_conserved);
    ck_assert(qt_accounts_is_conserved(qt_exchange_accounts(qt_inline_exchange(soak->venue))));
    for (unsigned i = 0; i < soak->n_balances; i++) {
        int64_t sum = 0; /* of the asset over all accounts */
        for (unsigned k = 0; k < soak->n_balances; k++)
            if (strcmp(soak->balance[k].asset, soak->balance[i].asset) == 0)
                sum += soak->balance[k].amount;
        ck_assert_int_eq(sum, 0);
        check_balance(soak, &soak->balance[i]);
    }
}

START_TEST(R6_thirty_days_leave_memory_descriptors_and_ledger_as_they_should_be)
{
    struct soak *soak = calloc(1, sizeof *soak);
    ck_assert_ptr_nonnull(soak);
    configure(soak);
    open_market(soak);
    run(soak);
    const struct qt_snapshot *last = qt_engine_snapshot(soak->engine);
    printf("# %llu events, %u fills, %u trades; memory in KiB:",
           (unsigned long long)last->counts.events, soak->fills, soak->trades);
    for (unsigned i = 0; i < soak->looks; i++)
        printf(" %lld", (long long)soak->rss[i] / 1024);
    printf("\n");
    fflush(stdout);
    ck_assert_int_ge(last->t_ns, START_NS + DAYS * QT_NS_PER_DAY - QT_NS_PER_HOUR);
    ck_assert_uint_gt(soak->fills, 20);
    check_process(soak);
    check_ledger(soak, last);
    qt_engine_snapshot_unref(soak->engine, last);
    qt_engine_destroy(soak->engine);
    qt_inline_destroy(soak->venue);
    qt_source_destroy(soak->source);
    qt_universe_destroy(soak->universe);
    free(soak);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("soak");
    TCase *tc = tcase_create("thirty days");
    tcase_add_test(tc, R6_thirty_days_leave_memory_descriptors_and_ledger_as_they_should_be);
    tcase_set_timeout(tc, getenv("QT_SOAK_EVENTS") ? 3600 : 280);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
