/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benchmarks of the simulated exchange and of a backtest on it: how long one waits for the answer
 * to "what would this rule have done", and whether that grows with what it trades.
 */
#include <stdio.h>
#include <stdlib.h>

#include "qtrade/base/rng.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/engine.h"
#include "qtrade/sim/inline_venue.h"
#include "qtrade/sim/source.h"

#include "bench_priv.h"
#include "settings_priv.h"

#define T0 (INT64_C(1704067200) * QT_NS_PER_S)

static bool
add_instrument(struct qt_universe *universe, uint32_t i)
{
    struct qt_error err;
    struct qt_instrument ins = {
        .quote = "USDT", .px_scale = 2, .qty_scale = 5, .tick = {1}, .lot = {10}};
    snprintf(ins.symbol, sizeof ins.symbol, "S%uUSDT", i);
    snprintf(ins.base, sizeof ins.base, "S%u", i);
    return qt_universe_add(universe, &ins, &err);
}

/* --- orders --- */

enum { OWNER = 1, SYMBOLS = 20, AT_REST = 100 };

struct order_run {
    struct qt_universe *universe;
    struct qt_exchange *exchange;
    uint64_t n;
};

static void
order_end(void *state)
{
    struct order_run *run = state;
    qt_exchange_destroy(run->exchange);
    qt_universe_destroy(run->universe);
    free(run);
}

static struct qt_exchange_ticket
ticket_of(uint32_t instrument, enum qt_side side, enum qt_time_in_force tif, int64_t px)
{
    return (struct qt_exchange_ticket){.owner = OWNER,
                                       .instrument = instrument,
                                       .side = (uint8_t)side,
                                       .type = QT_TYPE_LIMIT,
                                       .tif = (uint8_t)tif,
                                       .px = {px},
                                       .stop_px = QT_PX_NONE,
                                       .qty = {10}};
}

static void
place(struct order_run *run, const struct qt_exchange_ticket *ticket, enum qt_order_state want,
      struct qt_exchange_order *out)
{
    enum qt_exchange_verdict verdict = qt_exchange_place(run->exchange, ticket, out);
    qt_assert(verdict == QT_EXCHANGE_OK && out->state == want); /* else the figure is a refusal's */
}

/* Funds, and a market of more than anybody takes. */
static void
open_markets(struct order_run *run)
{
    struct qt_accounts *accounts = qt_exchange_accounts(run->exchange);
    struct qt_ladder ladder = {.n_bids = 1, .n_asks = 1};
    ladder.bids[0] = (struct qt_depth_level){{9999}, {INT64_C(1000000000000)}};
    ladder.asks[0] = (struct qt_depth_level){{10000}, {INT64_C(1000000000000)}};
    for (uint32_t asset = 0; asset < qt_accounts_assets(accounts); asset++)
        qt_assert(
            qt_accounts_deposit(accounts, OWNER, asset, (qt_money){INT64_C(1000000000000000000)}));
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        qt_exchange_set_last(run->exchange, i, (qt_px){10000});
        qt_exchange_quote(run->exchange, i, &ladder);
    }
}

static void *
order_start(void)
{
    struct order_run *run = calloc(1, sizeof *run);
    const struct qt_exchange_options options = {.fee_mode = QT_FEE_QUOTE};
    const struct qt_exchange_listener listener = {0};
    struct qt_error err;
    if (!run)
        return NULL;
    run->universe = qt_universe_create();
    bool is_good = run->universe != NULL;
    for (uint32_t i = 0; is_good && i < SYMBOLS; i++)
        is_good = add_instrument(run->universe, i);
    if (is_good)
        run->exchange = qt_exchange_create(run->universe, &options, &listener, &err);
    if (!run->exchange) {
        order_end(run);
        return NULL;
    }
    open_markets(run);
    return run;
}

/* The same with orders at rest in every book. */
static void *
crowd_start(void)
{
    struct order_run *run = order_start();
    struct qt_exchange_order order;
    for (uint32_t k = 0; run && k < SYMBOLS * AT_REST; k++) {
        struct qt_exchange_ticket ticket =
            ticket_of(k % SYMBOLS, QT_BUY, QT_TIF_GTC, 5000 + k / SYMBOLS);
        place(run, &ticket, QT_ORDER_OPEN, &order);
    }
    return run;
}

/* Bought and sold in turn, one symbol after the other: it never runs out of anything. */
static uint64_t
fill_work(void *state, size_t batch)
{
    struct order_run *run = state;
    struct qt_exchange_order order;
    for (size_t i = 0; i < batch; i++, run->n++) {
        enum qt_side side = run->n / SYMBOLS % 2 ? QT_SELL : QT_BUY;
        struct qt_exchange_ticket ticket = ticket_of((uint32_t)(run->n % SYMBOLS), side, QT_TIF_IOC,
                                                     side == QT_BUY ? 10000 : 9999);
        place(run, &ticket, QT_ORDER_FILLED, &order);
    }
    return run->n;
}

static uint64_t
cancel_work(void *state, size_t batch)
{
    struct order_run *run = state;
    struct qt_exchange_order order;
    for (size_t i = 0; i < batch; i++, run->n++) {
        struct qt_exchange_ticket ticket =
            ticket_of((uint32_t)(run->n % SYMBOLS), QT_BUY, QT_TIF_GTC, 6000);
        place(run, &ticket, QT_ORDER_OPEN, &order);
        enum qt_exchange_verdict verdict =
            qt_exchange_cancel(run->exchange, OWNER, ticket.instrument, order.id, NULL, &order);
        qt_assert(verdict == QT_EXCHANGE_OK);
    }
    return run->n;
}

/* --- a backtest --- */

enum { COINS = 20, BARS = 4000 };

struct test_run {
    struct qt_settings settings;
    struct qt_dataset data;
};

static void
test_end(void *state)
{
    struct test_run *run = state;
    qt_dataset_finish(&run->data);
    free(run);
}

/* A walk that goes nowhere in particular, of 5 minute bars. */
static void
fill_series(struct qt_series *series, struct qt_rng *rng)
{
    int64_t px = 1000000;
    for (size_t i = 0; i < series->n; i++) {
        int64_t open = px, reach = 1 + (int64_t)qt_rng_below(rng, 1500);
        px = QT_MAX(px + (int64_t)qt_rng_below(rng, 3001) - 1500, 10000);
        struct qt_bar *bar = &series->bars[i];
        *bar = (struct qt_bar){.open_ns = T0 + (int64_t)i * series->period_ns,
                               .period_ns = series->period_ns,
                               .open = {open},
                               .high = {QT_MAX(open, px) + reach},
                               .low = {QT_MAX(QT_MIN(open, px) - reach, 1)},
                               .close = {px},
                               .volume = {1000000 + (int64_t)qt_rng_below(rng, 9000000)},
                               .taker_buy = {-1}};
        (void)!qt_instrument_notional(&series->ins, bar->close, bar->volume, &bar->quote_volume);
    }
}

static void *
test_start(void)
{
    struct test_run *run = calloc(1, sizeof *run);
    struct qt_rng rng;
    if (!run)
        return NULL;
    qt_rng_init(&rng, QT_BENCH_SEED);
    qt_settings_defaults(&run->settings);
    run->data = (struct qt_dataset){.n = COINS, .series = calloc(COINS, sizeof(struct qt_series))};
    for (uint32_t i = 0; run->data.series && i < COINS; i++) {
        struct qt_series *series = &run->data.series[i];
        *series = (struct qt_series){
            .ins = {.quote = "USDT", .px_scale = 2, .qty_scale = 5, .tick = {1}, .lot = {1}},
            .period_ns = 5 * QT_NS_PER_MIN,
            .n = BARS,
            .bars = calloc(BARS, sizeof(struct qt_bar))};
        snprintf(series->ins.symbol, sizeof series->ins.symbol, "S%uUSDT", i);
        snprintf(series->ins.base, sizeof series->ins.base, "S%u", i);
        if (!series->bars) {
            test_end(run);
            return NULL;
        }
        fill_series(series, &rng);
    }
    qt_settings_for_recorded(&run->settings, 5 * QT_NS_PER_MIN);
    return run;
}

static struct qt_engine *
open_engine(const struct test_run *run, const struct qt_universe *universe,
            struct qt_inline_venue *venue)
{
    struct qt_error err;
    const struct qt_engine_options options = {.engine = &run->settings.engine,
                                              .scan = &run->settings.scan,
                                              .strategy = &run->settings.strategy,
                                              .risk = &run->settings.risk,
                                              .quality = &run->settings.quality,
                                              .universe = universe,
                                              .feed = qt_inline_feed(venue),
                                              .venue = qt_inline_port(venue),
                                              .run_kind = "backtest",
                                              .base_period_ns = 5 * QT_NS_PER_MIN,
                                              .is_recorded = true};
    return qt_engine_create(&options, &err);
}

/* All of it, from the bars in memory to the last decision. */
static uint64_t
test_work(void *state, size_t batch)
{
    struct test_run *run = state;
    struct qt_error err;
    atomic_bool stop = false;
    const struct qt_replay_options replay = {.seed = QT_BENCH_SEED, .start_ns = QT_TIME_NONE};
    const struct qt_inline_options options = {
        .exchange = {.maker_ppm = 1000, .taker_ppm = 1000, .fee_mode = QT_FEE_QUOTE},
        .deposit = {INT64_C(10000000000000)}};
    struct qt_universe *universe = qt_universe_create();
    struct qt_source *source = qt_source_replay(&run->data, &replay, universe, &err);
    struct qt_inline_venue *venue =
        source ? qt_inline_backtest_create(source, universe, &options, &err) : NULL;
    struct qt_engine *engine = venue ? open_engine(run, universe, venue) : NULL;
    qt_assert(engine && qt_engine_run(engine, &stop, &err));
    uint64_t hash = qt_engine_decision_hash(engine);
    qt_engine_destroy(engine);
    qt_inline_destroy(venue);
    qt_source_destroy(source);
    qt_universe_destroy(universe);
    return hash + batch;
}

const struct qt_benchmark qt_bench_sim[] = {
    {.name = "sim.backtest_bar",
     .help = "a recorded 5m bar of 20 symbols: four ticks, indicators, cycles, gate, exchange",
     .samples = 3,
     .batch = (size_t)COINS * BARS,
     .start = test_start,
     .work = test_work,
     .end = test_end},
    {.name = "sim.order_cancel",
     .help = "an order placed and cancelled, no other at rest",
     .samples = 1000,
     .batch = 100,
     .start = order_start,
     .work = cancel_work,
     .end = order_end},
    {.name = "sim.order_cancel_2000",
     .help = "the same with 2,000 others at rest in 20 books",
     .samples = 1000,
     .batch = 100,
     .start = crowd_start,
     .work = cancel_work,
     .end = order_end},
    {.name = "sim.order_fill",
     .help = "an order placed and filled, with its fees and balances",
     .samples = 1000,
     .batch = 100,
     .start = order_start,
     .work = fill_work,
     .end = order_end},
    {0}};
