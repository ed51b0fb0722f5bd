/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benchmarks of venue: what a message of the exchange costs before the engine sees it, beside
 * jansson's reading of the same bytes, and what an order costs on its way out. A slower figure
 * means fewer symbols on a small machine, and older prices in a burst.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/venue/binance.h"

#include "bench_priv.h"

#define SCRATCH 256 /* levels of a message */
#define TAG 0x20240414u

static const char quote_text[] =
    "{\"stream\":\"btcusdt@bookTicker\",\"data\":{\"u\":50093239212,\"s\":\"BTCUSDT\",\"b\":"
    "\"61837.63000000\",\"B\":\"3.78826000\",\"a\":\"61837.64000000\",\"A\":\"1.54698000\"}}";

static const char diff_text[] =
    "{\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":1723161255408,"
    "\"s\":\"BTCUSDT\",\"U\":50093239208,\"u\":50093239224,\"b\":[[\"61837.63000000\","
    "\"3.78826000\"],[\"61820.99000000\",\"0.00000000\"],[\"61771.97000000\",\"0.00100000\"],["
    "\"61727.02000000\",\"0.00000000\"],[\"61726.65000000\",\"0.03720000\"]],\"a\":[["
    "\"61837.64000000\",\"1.60520000\"],[\"61839.85000000\",\"0.10000000\"],[\"61840.00000000\","
    "\"0.50000000\"],[\"61844.30000000\",\"0.40163000\"],[\"61862.50000000\",\"0.05019000\"]]}}";

struct venue_run {
    struct qt_universe *universe;
    struct qt_depth_level scratch[SCRATCH];
    uint64_t events;
};

static void
count_event(void *context, struct qt_event *event)
{
    struct venue_run *run = context;
    run->events += 1 + event->flags;
}

static void
venue_end(void *state)
{
    struct venue_run *run = state;
    qt_universe_destroy(run->universe);
    free(run);
}

static void *
venue_start(void)
{
    struct qt_error err;
    struct qt_instrument ins = {.symbol = "BTCUSDT",
                                .base = "BTC",
                                .quote = "USDT",
                                .px_scale = 2,
                                .qty_scale = 8,
                                .tick = {1},
                                .min_px = {1},
                                .lot = {1000},
                                .min_qty = {1000}};
    struct venue_run *run = calloc(1, sizeof *run);
    if (!run)
        return NULL;
    run->universe = qt_universe_create();
    if (run->universe && qt_universe_add(run->universe, &ins, &err))
        return run;
    venue_end(run);
    return NULL;
}

static uint64_t
decode_work(struct venue_run *run, const char *text, size_t length, size_t batch)
{
    const struct qt_event_sink sink = {.self = run, .push = count_event};
    const struct qt_decode in = {.universe = run->universe,
                                 .sink = &sink,
                                 .t_recv_ns = 1,
                                 .instrument = QT_NO_INSTRUMENT,
                                 .scratch = run->scratch,
                                 .scratch_levels = SCRATCH};
    struct qt_decoded decoded;
    for (size_t i = 0; i < batch; i++)
        qt_assert(qt_venue_binance.codec->decode(&in, text, length, &decoded) == QT_CODEC_DECODED);
    return run->events;
}

static uint64_t
quote_work(void *state, size_t batch)
{
    return decode_work(state, quote_text, sizeof quote_text - 1, batch);
}

static uint64_t
diff_work(void *state, size_t batch)
{
    return decode_work(state, diff_text, sizeof diff_text - 1, batch);
}

/* The peer: a tree of the same message, built and taken down, nothing read from it. */
static uint64_t
peer_work(void *state, size_t batch)
{
    uint64_t n = 0;
    (void)state;
    for (size_t i = 0; i < batch; i++) {
        json_error_t error;
        json_t *root = json_loadb(quote_text, sizeof quote_text - 1, 0, &error);
        n += json_object_size(root);
        json_decref(root);
    }
    return n;
}

static uint64_t
order_work(void *state, size_t batch)
{
    const struct venue_run *run = state;
    struct qt_order_request order = {.type = QT_TYPE_LIMIT, .side = QT_BUY};
    uint64_t n = 0;
    (void)(qt_px_parse("61837.63", 2, &order.px) && qt_qty_parse("0.01500", 8, &order.qty));
    for (size_t i = 0; i < batch; i++) {
        char buffer[512];
        struct qt_text text;
        qt_text_init(&text, buffer, sizeof buffer);
        order.client_id = qt_client_id(i, 0);
        qt_assert(
            qt_venue_binance.codec->encode(qt_universe_at(run->universe, 0), TAG, &order, &text));
        n += text.length;
    }
    return n;
}

const struct qt_benchmark qt_bench_venue[] = {
    {.name = "venue.decode_diff",
     .help = "a depth message of ten levels from bytes to events",
     .samples = 2000,
     .batch = 200,
     .start = venue_start,
     .work = diff_work,
     .end = venue_end},
    {.name = "venue.decode_quote",
     .help = "a book ticker from bytes to an event",
     .samples = 2000,
     .batch = 1000,
     .start = venue_start,
     .work = quote_work,
     .end = venue_end},
    {.name = "venue.encode_order",
     .help = "a limit order to its unsigned parameters",
     .samples = 2000,
     .batch = 200,
     .start = venue_start,
     .work = order_work,
     .end = venue_end},
    {.name = "venue.jansson_quote",
     .help = "the peer: jansson's tree of the same book ticker",
     .samples = 500,
     .batch = 100,
     .start = venue_start,
     .work = peer_work,
     .end = venue_end},
    {0}};
