/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benchmarks of the engine and its gate. The quote is what every tick of every symbol pays; the
 * gate what an order waits for; the cycle what stops decisions for all symbols together; the bars
 * what a start and every minute cost.
 */
#include <stdio.h>
#include <stdlib.h>

#include "qtrade/base/time.h"
#include "qtrade/risk/gate.h"

#include "bench_engine_priv.h"
#include "bench_priv.h"

#define T0 (INT64_C(1713052800) * QT_NS_PER_S)

enum { HISTORY = 900 }; /* hourly bars */

/* --- the engine on a feed that is made here --- */

int64_t
qt__bench_price(uint32_t symbol)
{
    return 1000000 + (int64_t)symbol * 1000;
}

static int64_t
price_of(struct engine_run *run, uint32_t symbol)
{
    return qt__bench_price(symbol) + (int64_t)qt_rng_below(&run->rng, 400);
}

static struct qt_event
next_event(const struct engine_run *run, enum qt_event_kind kind)
{
    return (struct qt_event){.kind = (uint16_t)kind,
                             .instrument = (uint32_t)(run->pushed % run->symbols),
                             .t_recv_ns = run->now_ns,
                             .t_venue_ns = run->now_ns};
}

void
qt__bench_quote(struct engine_run *run, const struct qt_event_sink *sink)
{
    struct qt_event event = next_event(run, QT_EVENT_QUOTE);
    int64_t px = price_of(run, event.instrument);
    event.quote = (struct qt_quote){{px}, {px + 5}, {1000}, {1000}};
    sink->push(sink->self, &event);
}

static void
give_trade(struct engine_run *run, const struct qt_event_sink *sink)
{
    struct qt_event event = next_event(run, QT_EVENT_TRADE);
    event.trade = (struct qt_trade){{price_of(run, event.instrument)}, {250}, 0};
    sink->push(sink->self, &event);
}

/* Hourly bars of history, one symbol after the other. */
static void
give_bar(struct engine_run *run, const struct qt_event_sink *sink)
{
    struct qt_event event = next_event(run, QT_EVENT_BAR);
    event.instrument = (uint32_t)(run->pushed / HISTORY);
    int64_t px = price_of(run, event.instrument);
    int64_t open_ns = T0 - QT_NS_PER_DAY * 40 + (int64_t)(run->pushed % HISTORY) * QT_NS_PER_HOUR;
    event.flags = QT_EVENT_HISTORY;
    event.bar = (struct qt_bar){.open_ns = open_ns,
                                .period_ns = QT_NS_PER_HOUR,
                                .open = {px},
                                .high = {px + 300},
                                .low = {px - 300},
                                .close = {px + 20},
                                .volume = {5000000},
                                .quote_volume = {INT64_C(500000000000000)},
                                .taker_buy = {2500000},
                                .trades = 100};
    sink->push(sink->self, &event);
}

static int
work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct engine_run *run = self;
    (void)timeout_ms;
    for (uint64_t i = 0; i < run->n; i++) {
        run->give(run, sink);
        run->pushed++;
        run->now_ns += run->step_ns;
    }
    atomic_fetch_add(&run->turns, 1);
    return run->is_endless ? (int)run->n : -1;
}

static bool
take_sync(void *self)
{
    (void)self;
    return true;
}

static bool
take_question(void *self, uint32_t instrument, uint64_t client_id)
{
    (void)self, (void)instrument, (void)client_id;
    return true;
}

void
qt__bench_engine_end(void *state)
{
    struct engine_run *run = state;
    if (!run)
        return;
    qt_engine_destroy(run->engine);
    qt_universe_destroy(run->universe);
    free(run->restore);
    free(run);
}

void
qt__bench_push(struct engine_run *run,
               void (*give)(struct engine_run *run, const struct qt_event_sink *sink), uint64_t n)
{
    struct qt_error err = {0};
    run->give = give;
    run->n = n;
    qt_assert(qt_engine_run(run->engine, &run->stop, &err));
}

static bool
fill_universe(struct engine_run *run, struct qt_error *err)
{
    run->universe = qt_universe_create();
    for (uint32_t i = 0; run->universe && i < run->symbols; i++) {
        struct qt_instrument ins = {
            .quote = "USDT", .px_scale = 2, .qty_scale = 5, .tick = {1}, .lot = {10}};
        snprintf(ins.symbol, sizeof ins.symbol, "S%uUSDT", i);
        snprintf(ins.base, sizeof ins.base, "S%u", i);
        if (!qt_universe_add(run->universe, &ins, err))
            return false;
    }
    return run->universe != NULL;
}

static struct qt_position_record
position_of(uint32_t symbol)
{
    int64_t px = qt__bench_price(symbol);
    struct qt_position_record position = {.instrument = symbol,
                                          .qty = {1000},
                                          .initial_qty = {1000},
                                          .opened_ns = T0,
                                          .has_plan = true};
    position.plan =
        (struct qt_exit_plan){.side = QT_BUY,
                              .tick = {1},
                              .step = {100},
                              .entry = {px},
                              .initial_stop = {px - px / 200},
                              .stop = {px - px / 200},
                              .target = {{2 * px}, {3 * px}, {4 * px}}, /* out of reach */
                              .trail = {px / 100},
                              .best = {px},
                              .opened_ns = T0,
                              .deadline_ns = INT64_MAX};
    char text[24];
    snprintf(text, sizeof text, "%lld.%02lld", (long long)(px / 10000),
             (long long)(px / 100 % 100)); /* a hundredth of a coin */
    qt_assert(qt_money_parse(text, QT_MONEY_SCALE, &position.cost));
    return position;
}

static bool
hold_positions(struct engine_run *run)
{
    qt_assert(run->symbols <= QT_RESTORE_POSITIONS);
    run->restore = calloc(1, sizeof *run->restore);
    if (!run->restore)
        return false;
    run->restore->is_found = true;
    run->restore->positions = run->symbols;
    for (uint32_t i = 0; i < run->symbols; i++)
        run->restore->position[i] = position_of(i);
    return true;
}

/* A resting order of the first symbol, of an earlier run. */
static void
hold_order(struct engine_run *run)
{
    run->restore->orders = 1;
    run->restore->order[0] =
        (struct qt_order_record){.request = {.client_id = qt_client_id(1, 0),
                                             .type = QT_TYPE_LIMIT,
                                             .side = QT_BUY,
                                             .px = {qt__bench_price(0) / 2},
                                             .stop_px = QT_PX_NONE,
                                             .qty = {1000}},
                                 .state = QT_ORDER_OPEN,
                                 .created_ns = T0,
                                 .updated_ns = T0};
}

static struct qt_engine *
create_engine(struct engine_run *run, const struct engine_plan *plan)
{
    struct qt_error err = {0};
    if (!fill_universe(run, &err) || (plan->is_holding && !hold_positions(run)))
        return NULL;
    if (plan->has_order)
        hold_order(run);
    const struct qt_engine_options options = {.engine = &run->settings.engine,
                                              .scan = &run->settings.scan,
                                              .strategy = &run->settings.strategy,
                                              .risk = &run->settings.risk,
                                              .quality = &run->settings.quality,
                                              .universe = run->universe,
                                              .clock = plan->has_clock ? &run->clock : NULL,
                                              .feed = {.self = run, .work = work},
                                              .venue = {.self = run,
                                                        .name = "bench",
                                                        .submit = plan->venue.submit,
                                                        .cancel = plan->venue.cancel ? plan->venue.cancel
                                                                                     : take_question,
                                                        .cancel_all = plan->venue.cancel_all,
                                                        .query = take_question,
                                                        .sync = take_sync},
                                              .store = plan->store,
                                              .run_kind = "bench",
                                              .restore = run->restore,
                                              .base_period_ns = QT_NS_PER_MIN,
                                              .publishes = plan->publishes};
    return qt_engine_create(&options, &err);
}

struct engine_run *
qt__bench_engine_start(const struct engine_plan *plan)
{
    struct engine_run *run = calloc(1, sizeof *run);
    if (!run)
        return NULL;
    run->symbols = plan->symbols;
    run->now_ns = T0;
    qt_clock_init_wall(&run->clock);
    qt_rng_init(&run->rng, QT_BENCH_SEED);
    qt_settings_defaults(&run->settings);
    run->settings.engine.workers = plan->workers;
    qt_settings_for_venue(&run->settings, &(struct qt_venue_caps){0}); /* none: exits go out at once */
    if (plan->cycle_ms > 0)
        run->settings.engine.cycle_ms = plan->cycle_ms;
    run->engine = create_engine(run, plan);
    if (!run->engine) {
        qt__bench_engine_end(run);
        return NULL;
    }
    if (plan->has_history)
        qt__bench_push(run, give_bar, (uint64_t)plan->symbols * HISTORY);
    run->pushed = 0;
    qt__bench_push(run, qt__bench_quote, plan->symbols);
    return run;
}

/* Events a microsecond apart: a cycle falls into every millionth only. */
static void *
tick_start(void)
{
    struct engine_run *run =
        qt__bench_engine_start(&(struct engine_plan){.symbols = 200, .workers = 1});
    if (run)
        run->step_ns = QT_NS_PER_US;
    return run;
}

/* As live: through the intake, by turns that are no flood; every symbol's exits are judged. */
static void *
held_start(void)
{
    struct engine_run *run = qt__bench_engine_start(
        &(struct engine_plan){.symbols = 200, .workers = 1, .has_clock = true, .is_holding = true});
    if (run)
        run->step_ns = QT_NS_PER_US;
    return run;
}

static uint64_t
quote_work(void *state, size_t batch)
{
    struct engine_run *run = state;
    qt__bench_push(run, qt__bench_quote, batch);
    return run->pushed;
}

static uint64_t
trade_work(void *state, size_t batch)
{
    struct engine_run *run = state;
    qt__bench_push(run, give_trade, batch);
    return run->pushed;
}

static void *
cycle_start(uint32_t symbols, unsigned workers)
{
    return qt__bench_engine_start(
        &(struct engine_plan){.symbols = symbols, .workers = workers, .has_history = true});
}

static void *
cycle_100_start(void)
{
    return cycle_start(100, 1);
}

static void *
cycle_1000_start(void)
{
    return cycle_start(1000, 1);
}

static void *
cycle_5000_start(void)
{
    return cycle_start(5000, 1);
}

static void *
cycle_5000_shared_start(void)
{
    return cycle_start(5000, 2);
}

/* A new quote of every symbol, then the first event of the next second, which takes a cycle with
 * it. */
static uint64_t
cycle_work(void *state, size_t batch)
{
    struct engine_run *run = state;
    for (size_t i = 0; i < batch; i++) {
        qt__bench_push(run, qt__bench_quote, run->symbols);
        run->now_ns += QT_NS_PER_S;
    }
    return run->pushed;
}

static void *
publish_start(void)
{
    return qt__bench_engine_start(&(struct engine_plan){
        .symbols = 1000, .workers = 1, .has_history = true, .publishes = true, .is_holding = true});
}

static uint64_t
publish_work(void *state, size_t batch)
{
    struct engine_run *run = state;
    for (size_t i = 0; i < batch; i++)
        qt_engine_publish(run->engine);
    return batch;
}

/* --- what it all takes --- */

/* A machine is bought for the memory of its largest universe. */
static double
memory_of(uint32_t symbols)
{
    int64_t before = qt__bench_resident_bytes();
    struct engine_run *run = qt__bench_engine_start(
        &(struct engine_plan){.symbols = symbols, .workers = 1, .has_history = true});
    if (!run)
        return -1;
    int64_t after = qt__bench_resident_bytes();
    qt__bench_engine_end(run);
    return (double)(after - before);
}

static void *
memory_start(void)
{
    return calloc(1, 1);
}

static double
memory_5000(void *state)
{
    (void)state;
    return memory_of(5000);
}

static double
memory_symbol(void *state)
{
    (void)state;
    double few = memory_of(250), many = memory_of(1250);
    return few < 0 || many < 0 ? -1 : QT_MAX((many - few) / 1000, 0);
}

/* --- the gate --- */

struct gate_run {
    struct qt_settings settings;
    struct qt_instrument ins;
    struct qt_order_request request;
    struct qt_gate_input input;
};

static qt_money
money_of(int64_t whole)
{
    char text[24];
    qt_money out = QT_MONEY_ZERO;
    snprintf(text, sizeof text, "%lld", (long long)whole);
    qt_assert(qt_money_parse(text, QT_MONEY_SCALE, &out));
    return out;
}

static void
fill_known(struct qt_gate_input *input)
{
    input->quote_age_ns = qt_gate_count(5000000);
    input->notional = qt_gate_money(money_of(900));
    input->risk = qt_gate_money(money_of(20));
    input->equity = qt_gate_money(money_of(100000));
    input->symbol_exposure = qt_gate_money(QT_MONEY_ZERO);
    input->venue_exposure = input->strategy_exposure = qt_gate_money(money_of(5000));
    input->sector_exposure = input->portfolio_exposure = qt_gate_money(money_of(5000));
    input->heat = qt_gate_value(0.01);
    input->worst_correlation = qt_gate_value(0.3);
    input->day_pnl = qt_gate_money(money_of(-100));
    input->day_equity = qt_gate_money(money_of(100100));
    input->drawdown = qt_gate_value(0.01);
    input->leverage_cap = qt_gate_value(1);
    input->orders_last_s = input->orders_last_min = qt_gate_count(1);
    input->messages_last_s = input->open_orders = qt_gate_count(1);
    input->duplicates = qt_gate_count(0);
    input->position = input->open_reducing = qt_gate_qty(QT_QTY_ZERO);
}

static void *
gate_start(void)
{
    struct gate_run *run = calloc(1, sizeof *run);
    if (!run)
        return NULL;
    qt_settings_defaults(&run->settings);
    run->ins = (struct qt_instrument){
        .symbol = "BTCUSDT", .px_scale = 2, .qty_scale = 5, .tick = {1}, .lot = {10}};
    run->request = (struct qt_order_request){.client_id = 256,
                                             .side = QT_BUY,
                                             .type = QT_TYPE_LIMIT,
                                             .tif = QT_TIF_IOC,
                                             .px = {6000000},
                                             .stop_px = QT_PX_NONE,
                                             .qty = {1500}};
    run->input = (struct qt_gate_input){.request = &run->request,
                                        .ins = &run->ins,
                                        .purpose = QT_PURPOSE_ENTRY,
                                        .mode = QT_GATE_MODE_NORMAL,
                                        .shut = QT_ANSWER_NO,
                                        .kill_switch = QT_ANSWER_NO,
                                        .link_up = QT_ANSWER_YES,
                                        .store_healthy = QT_ANSWER_YES,
                                        .conserved = QT_ANSWER_YES,
                                        .unknown_order = QT_ANSWER_NO,
                                        .self_trade = QT_ANSWER_NO,
                                        .quote = {{5999900}, {6000000}, {100}, {100}},
                                        .last = {6000000}};
    fill_known(&run->input);
    return run;
}

static uint64_t
gate_work(void *state, size_t batch)
{
    struct gate_run *run = state;
    struct qt_gate_result result;
    uint64_t allowed = 0;
    for (size_t i = 0; i < batch; i++)
        allowed += qt_gate_check(&run->settings.risk, &run->input, &result);
    qt_assert(allowed == batch); /* else the figure would be that of a refusal */
    return allowed;
}

const struct qt_benchmark qt_bench_engine[] = {
    {.name = "engine.cycle_100",
     .help = "a quote of each of 100 symbols, then a decision cycle over all",
     .samples = 300,
     .batch = 1,
     .start = cycle_100_start,
     .work = cycle_work,
     .end = qt__bench_engine_end},
    {.name = "engine.cycle_1000",
     .help = "the same over 1,000",
     .samples = 100,
     .batch = 1,
     .start = cycle_1000_start,
     .work = cycle_work,
     .end = qt__bench_engine_end},
    {.name = "engine.cycle_5000",
     .help = "the same over 5,000",
     .samples = 50,
     .batch = 1,
     .start = cycle_5000_start,
     .work = cycle_work,
     .end = qt__bench_engine_end},
    {.name = "engine.cycle_5000_2",
     .help = "the same with two workers, which share out what is done by symbol",
     .samples = 50,
     .batch = 1,
     .start = cycle_5000_shared_start,
     .work = cycle_work,
     .end = qt__bench_engine_end},
    {.name = "engine.gate",
     .help = "an order through every check of the gate",
     .samples = 2000,
     .batch = 200,
     .start = gate_start,
     .work = gate_work,
     .end = free},
    {.name = "engine.publish",
     .help = "a picture for the screen: 1,000 symbols, as many positions, the top with its bars",
     .samples = 300,
     .batch = 1,
     .start = publish_start,
     .work = publish_work,
     .end = qt__bench_engine_end},
    {.name = "engine.memory_5000",
     .help = "resident memory of an engine with 5,000 symbols and their history",
     .samples = 1,
     .start = memory_start,
     .end = free,
     .unit = "B",
     .value = memory_5000},
    {.name = "engine.memory_symbol",
     .help = "what one symbol more takes of it",
     .samples = 1,
     .start = memory_start,
     .end = free,
     .unit = "B",
     .value = memory_symbol},
    {.name = "engine.quote",
     .help = "a quote numbered, judged, and taken by its symbol, of 200 in turn",
     .samples = 1000,
     .batch = 1000,
     .start = tick_start,
     .work = quote_work,
     .end = qt__bench_engine_end},
    {.name = "engine.quote_held",
     .help = "the same as live, every symbol with a position whose exits are judged",
     .samples = 2000,
     .batch = 200,
     .start = held_start,
     .work = quote_work,
     .end = qt__bench_engine_end},
    {.name = "engine.trade",
     .help = "a trade likewise",
     .samples = 1000,
     .batch = 1000,
     .start = tick_start,
     .work = trade_work,
     .end = qt__bench_engine_end},
    {0}};
