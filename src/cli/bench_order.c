/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benchmarks of orders: through the real adapter into a socket, through the simulated exchange by
 * the ten thousand, and away again when somebody stops a busy engine. Slower figures mean that a
 * decision meets another market than the one it saw, that a backtest is waited for, and that a stop
 * takes longer than a blink.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/sim/inline_venue.h"
#include "qtrade/trade/orders.h"
#include "qtrade/venue/binance.h"
#include "qtrade/venue/exchange.h"
#include "qtrade/venue/signer.h"

#include "bench_engine_priv.h"
#include "bench_priv.h"

#define T0 (INT64_C(1713052800) * QT_NS_PER_S)
#define SECRET "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
#define PATIENCE_NS (20 * QT_NS_PER_S)

enum { SPEED = 100, SYMBOLS = 20, BACKTEST_ORDERS = 58000, HELD = 200, A_TURN = 512, LINKS = 4 };

static int64_t
clock_ns(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * QT_NS_PER_S + time.tv_nsec;
}

/* --- the adapter's whole way, on a loopback connection --- */

struct wire_run {
    struct qt_exchange_server *server;
    struct qt_binance *session;
    struct qt_universe *universe;
    struct qt_feed_port feed;
    struct qt_venue_port venue;
    struct qt_event_sink sink;
    uint64_t seq, answered; /* orders sent, and answered */
    bool is_read;           /* the account */
};

static void
wire_take(void *self, struct qt_event *event)
{
    struct wire_run *run = self;
    run->is_read |= event->kind == QT_EVENT_SYNC;
    if (event->kind == QT_EVENT_REPORT && event->report.sent_ns != 0)
        run->answered++;
}

static void
wire_end(void *state)
{
    struct wire_run *run = state;
    if (!run)
        return;
    qt_binance_close(run->session);
    qt_universe_destroy(run->universe);
    qt_exchange_server_stop(run->server);
    free(run);
}

static bool
wire_open(struct wire_run *run)
{
    struct qt_error err;
    const struct qt_exchange_server_options exchange = {
        .symbols = 1, .seed = QT_BENCH_SEED, .speed = SPEED};
    run->server = qt_exchange_server_start(&exchange, &err);
    if (!run->server)
        return false;
    const struct qt_exchange_server_info *info = qt_exchange_server_info(run->server);
    const struct qt_binance_options options = {.rest_url = info->rest_url,
                                               .ws_url = info->stream_url,
                                               .ws_api_url = info->api_url,
                                               .key = info->key,
                                               .secret = info->secret,
                                               .recv_window_ms = 60000,
                                               .clock = &info->clock,
                                               .is_account_only = true,
                                               .is_simulated = true,
                                               .seed = 1};
    run->session = qt_binance_open(&options, &err);
    run->universe =
        run->session ? qt_binance_load_universe(run->session, 0, NULL, NULL, &err) : NULL;
    return run->universe != NULL;
}

static void *
wire_start(void)
{
    struct wire_run *run = calloc(1, sizeof *run);
    if (!run || !wire_open(run)) {
        wire_end(run);
        return NULL;
    }
    run->feed = qt_binance_feed(run->session);
    run->venue = qt_binance_venue(run->session);
    run->sink = (struct qt_event_sink){.self = run, .push = wire_take};
    int64_t until_ns = qt_now_mono_ns() + PATIENCE_NS;
    while (!run->is_read && qt_now_mono_ns() < until_ns)
        (void)run->feed.work(run->feed.self, &run->sink, 10);
    return run;
}

/* Nothing is left to read, and the last orders' answers are there. */
static void
wire_rest(struct wire_run *run, int64_t until_ns)
{
    while (run->answered < run->seq && qt_now_mono_ns() < until_ns)
        (void)run->feed.work(run->feed.self, &run->sink, 10);
    while (run->feed.work(run->feed.self, &run->sink, 0) > 0)
        continue;
}

/* Tries until the venue's limit of orders has room. Returns when submit was called. */
static int64_t
wire_send(struct wire_run *run, int64_t until_ns)
{
    struct qt_order_request order = {.type = QT_TYPE_LIMIT, .side = QT_BUY, .stop_px = QT_PX_NONE};
    const struct qt_instrument *ins = qt_universe_at(run->universe, 0);
    qt_assert(qt_px_parse("1", ins->px_scale, &order.px) &&
              qt_qty_parse("1", ins->qty_scale, &order.qty));
    order.client_id = qt_client_id(++run->seq, 0);
    for (;;) {
        int64_t begun_ns = qt_now_mono_ns();
        if (run->venue.submit(run->venue.self, &order))
            return begun_ns;
        qt_assert(begun_ns < until_ns); /* else the figure would be that of a refusal */
        (void)run->feed.work(run->feed.self, &run->sink, 10);
    }
}

/* The connection is kept: the request's bytes are in the socket when submit returns. */
static double
wire_value(void *state)
{
    struct wire_run *run = state;
    int64_t until_ns = qt_now_mono_ns() + PATIENCE_NS;
    wire_rest(run, until_ns);
    int64_t begun_ns = wire_send(run, until_ns);
    return (double)(qt_now_mono_ns() - begun_ns);
}

/* The others of four, as they leave at a cycle. */
static double
wire_next_value(void *state)
{
    struct wire_run *run = state;
    int64_t until_ns = qt_now_mono_ns() + PATIENCE_NS;
    double spent = 0;
    wire_rest(run, until_ns);
    for (int i = 0; i < LINKS; i++) {
        int64_t begun_ns = wire_send(run, until_ns);
        if (i > 0)
            spent += (double)(qt_now_mono_ns() - begun_ns);
    }
    return spent / (LINKS - 1);
}

/* --- a backtest that does nothing but trade --- */

struct test_run {
    struct qt_universe *universe;
    struct qt_source *source;
    struct qt_inline_venue *venue;
    struct qt_venue_port port;
    struct qt_orders *orders;
    uint64_t sent, done, seq;
    bool holds[SYMBOLS];
};

static bool
test_open(struct test_run *run)
{
    struct qt_error err;
    const struct qt_generator_options generator = {
        .symbols = SYMBOLS, .seed = QT_BENCH_SEED, .start_ns = T0, .history_days = 1};
    const struct qt_inline_options options = {
        .exchange = {.maker_ppm = 1000, .taker_ppm = 1000, .fee_mode = QT_FEE_QUOTE},
        .deposit = {INT64_C(100000000000000000)}};
    const struct qt_orders_limits limits = {.open = 1024, .history = 1024, .instruments = SYMBOLS};
    run->universe = qt_universe_create();
    run->source = run->universe ? qt_source_generate(&generator, run->universe, &err) : NULL;
    run->venue =
        run->source ? qt_inline_backtest_create(run->source, run->universe, &options, &err) : NULL;
    run->orders = qt_orders_create(&limits);
    if (!run->venue || !run->orders)
        return false;
    run->port = qt_inline_port(run->venue);
    return true;
}

static void
test_close(struct test_run *run)
{
    qt_orders_destroy(run->orders);
    qt_inline_destroy(run->venue);
    qt_source_destroy(run->source);
    qt_universe_destroy(run->universe);
}

/* A hundred of quote money at market, bought and sold in turn. */
static void
trade(struct test_run *run, const struct qt_event *event)
{
    const struct qt_instrument *ins = qt_universe_at(run->universe, event->instrument);
    struct qt_order_request request = {.client_id = qt_client_id(++run->seq, 0),
                                       .instrument = event->instrument,
                                       .side = run->holds[event->instrument] ? QT_SELL : QT_BUY,
                                       .type = QT_TYPE_MARKET,
                                       .px = QT_PX_NONE,
                                       .stop_px = QT_PX_NONE,
                                       .qty = ins->min_qty};
    struct qt_order_change change;
    double price = qt_px_to_double(event->trade.px, ins->px_scale);
    if (!qt_qty_of_double_floor(100 / price, ins->qty_scale, &request.qty))
        return;
    request.qty = qt_qty_floor(request.qty, ins->lot);
    struct qt_order *order =
        qt_orders_add(run->orders, ins, &request, QT_PURPOSE_ENTRY, run->seq, event->t_recv_ns);
    if (!order || !run->port.submit(run->port.self, &request))
        return;
    (void)qt_orders_sent(run->orders, order, event->t_recv_ns, &change);
    run->holds[event->instrument] = !run->holds[event->instrument];
    run->sent++;
}

static void
test_take(void *self, struct qt_event *event)
{
    struct test_run *run = self;
    struct qt_order_change change;
    if (event->kind == QT_EVENT_TRADE && run->sent < BACKTEST_ORDERS)
        trade(run, event);
    if (event->kind != QT_EVENT_REPORT)
        return;
    (void)qt_orders_report(run->orders, &event->report, event->t_recv_ns, &change);
    run->done += qt_order_state_is_final((enum qt_order_state)change.after) &&
                 !qt_order_state_is_final((enum qt_order_state)change.before);
}

static void *
test_start(void)
{
    return calloc(1, sizeof(struct test_run));
}

/* Milliseconds of processor time from the first tick to the last order's end: market, post,
 * exchange, reports, the table of orders. */
static double
test_value(void *state)
{
    struct test_run *run = state;
    const struct qt_event_sink sink = {.self = run, .push = test_take};
    *run = (struct test_run){0};
    bool is_open = test_open(run);
    struct qt_feed_port feed = is_open ? qt_inline_feed(run->venue) : (struct qt_feed_port){0};
    double begun = (double)clock_ns(CLOCK_THREAD_CPUTIME_ID) / (double)QT_NS_PER_MS;
    while (is_open && run->done < BACKTEST_ORDERS)
        (void)feed.work(feed.self, &sink, 0);
    double spent = (double)clock_ns(CLOCK_THREAD_CPUTIME_ID) / (double)QT_NS_PER_MS - begun;
    test_close(run);
    return is_open ? spent : -1;
}

/* --- a stop while the feed never lets the engine rest --- */

struct stop_run {
    struct engine_run *run;
    struct qt_signer *signer;
    int out, in;
    atomic_llong cancelled_ns; /* of the engine thread's processor time; 0: not yet */
};

static bool
cancel_all(void *self, uint32_t instrument)
{
    struct engine_run *run = self;
    struct stop_run *stop = run->context;
    char buffer[512], signature[QT_SIGNATURE_TEXT];
    struct qt_text text;
    qt_text_init(&text, buffer, sizeof buffer);
    qt_text_addf(&text, "symbol=%s&recvWindow=5000&timestamp=1723161255408",
                 qt_universe_at(run->universe, instrument)->symbol);
    qt_assert(qt_signer_sign(stop->signer, SECRET, text.buffer, text.length, signature));
    qt_text_add(&text, "&signature=");
    qt_text_add(&text, signature);
    bool is_sent = write(stop->out, buffer, text.length) == (ssize_t)text.length;
    long long none = 0;
    (void)atomic_compare_exchange_strong(&stop->cancelled_ns, &none,
                                         clock_ns(CLOCK_THREAD_CPUTIME_ID));
    return is_sent;
}

static bool
cancel_one(void *self, uint32_t instrument, uint64_t client_id)
{
    (void)client_id;
    return cancel_all(self, instrument);
}

/* The stops of the positions come to rest. */
static bool
take_order(void *self, const struct qt_order_request *request)
{
    (void)self, (void)request;
    return true;
}

static void
stop_end(void *state)
{
    struct stop_run *stop = state;
    if (!stop)
        return;
    qt_signer_destroy(stop->signer);
    if (stop->out >= 0)
        close(stop->out);
    if (stop->in >= 0)
        close(stop->in);
    free(stop);
}

static void *
stop_start(void)
{
    struct stop_run *stop = calloc(1, sizeof *stop);
    int pair[2] = {-1, -1};
    if (!stop)
        return NULL;
    stop->signer = qt_signer_create();
    bool has_pair = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0;
    stop->out = pair[0];
    stop->in = pair[1];
    if (!stop->signer || !has_pair) {
        stop_end(stop);
        return NULL;
    }
    return stop;
}

static void *
stop_main(void *argument)
{
    struct engine_run *run = argument;
    qt__bench_push(run, qt__bench_quote, A_TURN);
    return NULL;
}

/* One engine a sample: what is stopped stays so. It has worked for a while when the stop comes.
 * Counted is what its thread does until the cancel is out. */
static double
stop_value(void *state)
{
    struct stop_run *stop = state;
    struct qt_error err;
    pthread_t thread;
    char bytes[4096];
    const struct engine_plan plan = {
        .symbols = HELD,
        .workers = 1,
        .has_clock = true,
        .is_holding = true,
        .has_order = true,
        .venue = {.submit = take_order, .cancel = cancel_one, .cancel_all = cancel_all}};
    struct engine_run *run = stop->run = qt__bench_engine_start(&plan);
    if (!run)
        return -1;
    run->context = stop;
    run->now_ns = qt_clock_utc_ns(&run->clock); /* by which commands are timed */
    run->step_ns = QT_NS_PER_US;
    run->is_endless = true;
    uint64_t before = atomic_load(&run->turns);
    if (pthread_create(&thread, NULL, stop_main, run) != 0) {
        qt__bench_engine_end(run);
        return -1;
    }
    while (atomic_load(&run->turns) < before + 20)
        sched_yield();
    clockid_t engines;
    qt_assert(pthread_getcpuclockid(thread, &engines) == 0);
    atomic_store(&stop->cancelled_ns, 0);
    int64_t begun_ns = clock_ns(engines);
    qt_assert(
        qt_engine_command(run->engine, QT_COMMAND_LIQUIDATE, QT_SOURCE_SCREEN, "bench", &err));
    while (atomic_load(&stop->cancelled_ns) == 0)
        sched_yield();
    double spent = (double)(atomic_load(&stop->cancelled_ns) - begun_ns);
    atomic_store(&run->stop, true);
    pthread_join(thread, NULL);
    qt__bench_engine_end(run);
    while (recv(stop->in, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        continue;
    return spent;
}

const struct qt_benchmark qt_bench_order[] = {
    {.name = "order.backtest_58000",
     .help = "58,000 market orders in a backtest, all but decisions: processor time",
     .samples = 2,
     .batch = 1,
     .start = test_start,
     .end = free,
     .unit = "ms",
     .value = test_value},
    {.name = "order.stop_to_cancel",
     .help = "a stop from another thread to the first cancel's bytes, the feed never at rest: "
             "processor time",
     .samples = 40,
     .batch = 1,
     .start = stop_start,
     .end = stop_end,
     .value = stop_value},
    {.name = "order.to_socket",
     .help = "an order to the adapter until its signed request is in a TCP socket",
     .samples = 400,
     .batch = 1,
     .start = wire_start,
     .end = wire_end,
     .value = wire_value},
    {.name = "order.to_socket_next",
     .help = "the next ones of four that leave together, on connections of their own",
     .samples = 200,
     .batch = 1,
     .start = wire_start,
     .end = wire_end,
     .value = wire_next_value},
    {0}};
