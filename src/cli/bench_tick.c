/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benchmarks of a tick's whole way: from the bytes of the venue's message to the symbol's state and
 * its exits, and on to the bytes of an order in a socket. A slower figure means that a stop goes
 * out later, and that fewer symbols fit on a small machine.
 *
 * Not in it: the kernel's part of receiving, TLS, and the signature of a request (net and venue).
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/store/store.h"
#include "qtrade/venue/binance.h"

#include "bench_engine_priv.h"
#include "bench_priv.h"
#include "state_dir_priv.h"

#define TAG 0x20240414u

enum { TICKS = 200, STOPS = 1000, MESSAGE = 192, DRAIN = 64 };

struct message {
    size_t length;
    char text[MESSAGE];
};

struct tick_run {
    struct engine_run *run;
    struct message *message; /* one a symbol, then another one of each */
    uint32_t messages, next;
    struct qt_depth_level scratch[4];
    int out, in; /* the order's socket and its other end; -1: none */
    uint64_t sent;
    char folder[QT_STATE_DIR]; /* of the store; "": none */
    struct qt_store *store;    /* keeps the intents */
};

static void
tick_end(void *state)
{
    struct tick_run *tick = state;
    if (!tick)
        return;
    qt__bench_engine_end(tick->run);
    qt_store_close(tick->store);
    if (tick->folder[0])
        qt_state_dir_remove(tick->folder);
    free(tick->message);
    if (tick->out >= 0)
        close(tick->out);
    if (tick->in >= 0)
        close(tick->in);
    free(tick);
}

static void
write_message(struct message *message, uint32_t symbol, int64_t bid)
{
    int64_t ask = bid + 5;
    message->length = (size_t)snprintf(
        message->text, MESSAGE,
        "{\"stream\":\"s%uusdt@bookTicker\",\"data\":{\"u\":50093239212,\"s\":\"S%uUSDT\",\"b\":"
        "\"%lld.%02lld0000\",\"B\":\"3.78826000\",\"a\":\"%lld.%02lld0000\",\"A\":\"1.54698000\"}}",
        symbol, symbol, (long long)(bid / 100), (long long)(bid % 100), (long long)(ask / 100),
        (long long)(ask % 100));
}

static void
give_message(struct engine_run *run, const struct qt_event_sink *sink)
{
    struct tick_run *tick = run->context;
    const struct message *message = &tick->message[tick->next];
    struct qt_decoded decoded;
    const struct qt_decode in = {.universe = run->universe,
                                 .sink = sink,
                                 .t_recv_ns = run->now_ns,
                                 .instrument = QT_NO_INSTRUMENT,
                                 .scratch = tick->scratch,
                                 .scratch_levels = QT_COUNT_OF(tick->scratch)};
    qt_assert(qt_venue_binance.codec->decode(&in, message->text, message->length, &decoded) ==
              QT_CODEC_DECODED);
    tick->next = (tick->next + 1) % tick->messages;
}

/* The order's words into the socket; what piles up at its other end is read away now and then. */
static bool
send_order(void *self, const struct qt_order_request *request)
{
    struct engine_run *run = self;
    struct tick_run *tick = run->context;
    char buffer[512];
    struct qt_text text;
    qt_text_init(&text, buffer, sizeof buffer);
    const struct qt_instrument *ins = qt_universe_at(run->universe, request->instrument);
    if (tick->out < 0 || !qt_venue_binance.codec->encode(ins, TAG, request, &text) ||
        write(tick->out, buffer, text.length) != (ssize_t)text.length)
        return false;
    if (++tick->sent % DRAIN == 0)
        for (ssize_t n = 1; n > 0;)
            n = recv(tick->in, buffer, sizeof buffer, MSG_DONTWAIT);
    return true;
}

static struct tick_run *
tick_new(const struct engine_plan *plan, uint32_t messages)
{
    struct tick_run *tick = calloc(1, sizeof *tick);
    if (!tick)
        return NULL;
    tick->out = tick->in = -1;
    tick->messages = messages;
    tick->message = calloc(messages, sizeof *tick->message);
    tick->run = qt__bench_engine_start(plan);
    if (!tick->message || !tick->run) {
        tick_end(tick);
        return NULL;
    }
    tick->run->context = tick;
    return tick;
}

/* Prices up and down by a few ticks, every symbol with a position whose exits are judged. */
static void *
signal_start(void)
{
    struct tick_run *tick = tick_new(&(struct engine_plan){.symbols = TICKS,
                                                           .workers = 1,
                                                           .has_clock = true,
                                                           .is_holding = true,
                                                           .venue = {.submit = send_order}},
                                     2 * TICKS);
    if (!tick)
        return NULL;
    for (uint32_t i = 0; i < 2 * TICKS; i++)
        write_message(&tick->message[i], i % TICKS,
                      qt__bench_price(i % TICKS) + (i < TICKS ? 10 : 30));
    tick->run->step_ns = QT_NS_PER_US;
    return tick;
}

static uint64_t
signal_work(void *state, size_t batch)
{
    struct tick_run *tick = state;
    qt__bench_push(tick->run, give_message, batch);
    qt_assert(tick->sent == 0);
    return tick->run->pushed;
}

/* One symbol after the other falls by 1 %, through its stop; a tenth of a second apart, so that no
 * limit of orders holds any back. */
static struct tick_run *
falling(struct qt_store_port store)
{
    int pair[2];
    struct tick_run *tick = tick_new(&(struct engine_plan){.symbols = STOPS,
                                                           .workers = 1,
                                                           .has_clock = true,
                                                           .is_holding = true,
                                                           .cycle_ms = 60000,
                                                           .venue = {.submit = send_order},
                                                           .store = store},
                                     STOPS);
    if (!tick || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        tick_end(tick);
        return NULL;
    }
    tick->out = pair[0];
    tick->in = pair[1];
    for (uint32_t i = 0; i < STOPS; i++)
        write_message(&tick->message[i], i, qt__bench_price(i) - qt__bench_price(i) / 100);
    tick->run->step_ns = 100 * QT_NS_PER_MS;
    return tick;
}

static void *
order_start(void)
{
    return falling((struct qt_store_port){0});
}

/* The same, and each order is kept in a file before its bytes leave: what a live run does. */
static void *
kept_start(void)
{
    struct qt_error err = {0};
    char folder[QT_STATE_DIR];
    struct qt_store_key *key = qt_store_key_make(NULL, &err);
    struct qt_store *store = key && qt_state_dir_throw_away(folder, &err)
                                 ? qt_store_open(folder, key, &err)
                                 : NULL;
    bool keeps = store && qt_store_keep_intents(store, key, &err);
    const struct qt_store_port port = keeps ? qt_store_port(store) : (struct qt_store_port){0};
    struct tick_run *tick =
        keeps ? falling((struct qt_store_port){.self = port.self, .intend = port.intend}) : NULL;
    qt_store_key_close(key);
    if (!tick) {
        qt_store_close(store);
        return NULL;
    }
    tick->store = store;
    qt_copy(tick->folder, sizeof tick->folder, folder);
    if (qt_store_start(store, tick->run->universe, NULL, &err))
        return tick;
    tick_end(tick);
    return NULL;
}

static uint64_t
order_work(void *state, size_t batch)
{
    struct tick_run *tick = state;
    uint64_t before = tick->sent;
    qt__bench_push(tick->run, give_message, batch);
    qt_assert(tick->sent == before + batch); /* else the figure would be that of a refusal */
    return tick->sent;
}

const struct qt_benchmark qt_bench_tick[] = {
    {.name = "tick.to_order",
     .help = "a book ticker's bytes that reach a stop, to the order's bytes in a socket",
     .samples = 880,
     .batch = 1,
     .start = order_start,
     .work = order_work,
     .end = tick_end},
    {.name = "tick.to_kept_order",
     .help = "the same, with the order's intent written and sealed before its bytes leave",
     .samples = 880,
     .batch = 1,
     .start = kept_start,
     .work = order_work,
     .end = tick_end},
    {.name = "tick.to_signal",
     .help = "a book ticker's bytes to its symbol's state and exits, of 200 with positions in turn",
     .samples = 2000,
     .batch = 100,
     .start = signal_start,
     .work = signal_work,
     .end = tick_end},
    {0}};
