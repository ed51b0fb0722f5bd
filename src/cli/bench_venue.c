/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benchmarks of venue: what a message of the exchange costs before the engine sees it, beside
 * jansson's reading of the same bytes, and what an order costs on its way out. A slower figure
 * means fewer symbols on a small machine, and older prices in a burst.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/rng.h"
#include "qtrade/venue/binance.h"
#include "qtrade/venue/signer.h"

#include "bench_priv.h"

#define SCRATCH 256 /* levels of a message */
#define LEVELS 20   /* a side of a book that is sent whole */
#define MIXED 1000  /* messages of the mixed stream, in a circle */
#define TAG 0x20240414u
#define SECRET "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"

struct message {
    char text[2048];
    size_t length;
};

struct venue_run {
    struct qt_universe *universe;
    struct qt_signer *signer;
    struct qt_depth_level scratch[SCRATCH];
    struct message messages[QT_BENCH_MESSAGES];
    unsigned char mixed[MIXED]; /* enum qt_bench_message */
    uint64_t events, next;
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
    qt_signer_destroy(run->signer);
    free(run);
}

/* Levels from the middle outwards, in cents and in units of 1e-8. */
static void
add_levels(struct qt_text *text, int64_t direction)
{
    for (int64_t i = 0; i < LEVELS; i++) {
        qt_text_add(text, i ? ",[\"" : "[\"");
        qt_text_add_decimal(text, (6183763 + direction * (1 + 37 * i)) * 1000000, 8);
        qt_text_add(text, "\",\"");
        qt_text_add_decimal(text, 12345000 + 76543000 * i, 8);
        qt_text_add(text, "\"]");
    }
}

static void
fill_message(struct message *message, const char *from)
{
    struct qt_text text;
    qt_text_init(&text, message->text, sizeof message->text);
    for (; *from; from++) {
        if (*from == '<' || *from == '>')
            add_levels(&text, *from == '<' ? -1 : 1);
        else
            qt_text_add_char(&text, *from);
    }
    qt_assert(!text.is_cut);
    message->length = text.length;
}

/* Kinds by their shares, shuffled. */
static void
fill_mixed(unsigned char mixed[MIXED])
{
    struct qt_rng rng;
    size_t n = 0;
    qt_rng_init(&rng, QT_BENCH_SEED);
    for (unsigned kind = 0; kind < QT_BENCH_MESSAGES; kind++)
        for (unsigned i = 0; i < qt__bench_shares[kind] * MIXED / 100; i++)
            mixed[n++] = (unsigned char)kind;
    qt_assert(n == MIXED);
    for (size_t i = MIXED; i > 1; i--) {
        size_t k = qt_rng_below(&rng, i);
        unsigned char kept = mixed[i - 1];
        mixed[i - 1] = mixed[k];
        mixed[k] = kept;
    }
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
    for (unsigned kind = 0; kind < QT_BENCH_MESSAGES; kind++)
        fill_message(&run->messages[kind], qt__bench_messages[kind]);
    fill_mixed(run->mixed);
    run->signer = qt_signer_create();
    run->universe = qt_universe_create();
    if (run->signer && run->universe && qt_universe_add(run->universe, &ins, &err))
        return run;
    venue_end(run);
    return NULL;
}

/* --- messages --- */

static void
decode(struct venue_run *run, enum qt_bench_message kind)
{
    const struct qt_event_sink sink = {.self = run, .push = count_event};
    const struct qt_decode in = {.universe = run->universe,
                                 .sink = &sink,
                                 .t_recv_ns = 1,
                                 .tag = TAG,
                                 .instrument = QT_NO_INSTRUMENT,
                                 .scratch = run->scratch,
                                 .scratch_levels = SCRATCH};
    const struct message *message = &run->messages[kind];
    struct qt_decoded decoded;
    qt_assert(qt_venue_binance.codec->decode(&in, message->text, message->length, &decoded) ==
              QT_CODEC_DECODED);
}

/* The peer: a tree of the same message, built and taken down, nothing read from it. */
static void
peer(struct venue_run *run, enum qt_bench_message kind)
{
    json_error_t error;
    json_t *root = json_loadb(run->messages[kind].text, run->messages[kind].length, 0, &error);
    run->events += json_object_size(root);
    json_decref(root);
}

typedef void (*reader_fn)(struct venue_run *run, enum qt_bench_message kind);

static uint64_t
read_kind(struct venue_run *run, reader_fn reader, enum qt_bench_message kind, size_t batch)
{
    for (size_t i = 0; i < batch; i++)
        reader(run, kind);
    return run->events;
}

static uint64_t
read_mixed(struct venue_run *run, reader_fn reader, size_t batch)
{
    for (size_t i = 0; i < batch; i++)
        reader(run, (enum qt_bench_message)run->mixed[run->next++ % MIXED]);
    return run->events;
}

static uint64_t
quote_work(void *state, size_t batch)
{
    return read_kind(state, decode, QT_BENCH_QUOTE, batch);
}

static uint64_t
quote_peer(void *state, size_t batch)
{
    return read_kind(state, peer, QT_BENCH_QUOTE, batch);
}

static uint64_t
trade_work(void *state, size_t batch)
{
    return read_kind(state, decode, QT_BENCH_TRADE, batch);
}

static uint64_t
trade_peer(void *state, size_t batch)
{
    return read_kind(state, peer, QT_BENCH_TRADE, batch);
}

static uint64_t
depth_work(void *state, size_t batch)
{
    return read_kind(state, decode, QT_BENCH_DEPTH, batch);
}

static uint64_t
depth_peer(void *state, size_t batch)
{
    return read_kind(state, peer, QT_BENCH_DEPTH, batch);
}

static uint64_t
whole_diff_work(void *state, size_t batch)
{
    return read_kind(state, decode, QT_BENCH_WHOLE_DIFF, batch);
}

static uint64_t
whole_diff_peer(void *state, size_t batch)
{
    return read_kind(state, peer, QT_BENCH_WHOLE_DIFF, batch);
}

static uint64_t
diff_work(void *state, size_t batch)
{
    return read_kind(state, decode, QT_BENCH_DIFF, batch);
}

static uint64_t
diff_peer(void *state, size_t batch)
{
    return read_kind(state, peer, QT_BENCH_DIFF, batch);
}

static uint64_t
kline_work(void *state, size_t batch)
{
    return read_kind(state, decode, QT_BENCH_KLINE, batch);
}

static uint64_t
kline_peer(void *state, size_t batch)
{
    return read_kind(state, peer, QT_BENCH_KLINE, batch);
}

static uint64_t
report_work(void *state, size_t batch)
{
    return read_kind(state, decode, QT_BENCH_REPORT, batch);
}

static uint64_t
report_peer(void *state, size_t batch)
{
    return read_kind(state, peer, QT_BENCH_REPORT, batch);
}

static uint64_t
mixed_work(void *state, size_t batch)
{
    return read_mixed(state, decode, batch);
}

static uint64_t
mixed_peer(void *state, size_t batch)
{
    return read_mixed(state, peer, batch);
}

/* --- orders --- */

/* The parameters of a limit order. */
static void
write_order(const struct venue_run *run, size_t i, struct qt_text *text)
{
    struct qt_order_request order = {.type = QT_TYPE_LIMIT, .side = QT_BUY};
    (void)(qt_px_parse("61837.63", 2, &order.px) && qt_qty_parse("0.01500", 8, &order.qty));
    order.client_id = qt_client_id(i, 0);
    qt_assert(qt_venue_binance.codec->encode(qt_universe_at(run->universe, 0), TAG, &order, text));
}

static uint64_t
order_work(void *state, size_t batch)
{
    uint64_t n = 0;
    for (size_t i = 0; i < batch; i++) {
        char buffer[512];
        struct qt_text text;
        qt_text_init(&text, buffer, sizeof buffer);
        write_order(state, i, &text);
        n += text.length;
    }
    return n;
}

static uint64_t
sign_work(void *state, size_t batch)
{
    const struct venue_run *run = state;
    uint64_t n = 0;
    for (size_t i = 0; i < batch; i++) {
        char buffer[512], signature[QT_SIGNATURE_TEXT];
        struct qt_text text;
        qt_text_init(&text, buffer, sizeof buffer);
        write_order(run, i, &text);
        qt_text_add(&text, "&recvWindow=5000&timestamp=");
        qt_text_add_int(&text, 1723161255408 + (int64_t)i);
        qt_assert(qt_signer_sign(run->signer, SECRET, text.buffer, text.length, signature));
        qt_text_add(&text, "&signature=");
        qt_text_add(&text, signature);
        n += text.length;
    }
    return n;
}

const struct qt_benchmark qt_bench_venue[] = {
    {.name = "venue.decode_depth",
     .help = "a partial book of 20 levels a side from bytes to events",
     .samples = 1000,
     .batch = 50,
     .start = venue_start,
     .work = depth_work,
     .end = venue_end},
    {.name = "venue.decode_diff",
     .help = "a depth message of ten levels from bytes to events",
     .samples = 2000,
     .batch = 200,
     .start = venue_start,
     .work = diff_work,
     .end = venue_end},
    {.name = "venue.decode_diff_40",
     .help = "a depth message of 20 levels a side",
     .samples = 1000,
     .batch = 50,
     .start = venue_start,
     .work = whole_diff_work,
     .end = venue_end},
    {.name = "venue.decode_kline",
     .help = "a closed bar",
     .samples = 1000,
     .batch = 200,
     .start = venue_start,
     .work = kline_work,
     .end = venue_end},
    {.name = "venue.decode_mixed",
     .help = "one of a stream: 60 % tickers, 20 % trades, 15 % books, 5 % bars",
     .samples = 1000,
     .batch = 1000,
     .start = venue_start,
     .work = mixed_work,
     .end = venue_end},
    {.name = "venue.decode_quote",
     .help = "a book ticker from bytes to an event",
     .samples = 2000,
     .batch = 1000,
     .start = venue_start,
     .work = quote_work,
     .end = venue_end},
    {.name = "venue.decode_report",
     .help = "an execution report",
     .samples = 1000,
     .batch = 200,
     .start = venue_start,
     .work = report_work,
     .end = venue_end},
    {.name = "venue.decode_trade",
     .help = "an aggregate trade",
     .samples = 2000,
     .batch = 1000,
     .start = venue_start,
     .work = trade_work,
     .end = venue_end},
    {.name = "venue.encode_order",
     .help = "a limit order to its unsigned parameters",
     .samples = 2000,
     .batch = 200,
     .start = venue_start,
     .work = order_work,
     .end = venue_end},
    {.name = "venue.encode_signed",
     .help = "the same with time and signature",
     .samples = 1000,
     .batch = 100,
     .start = venue_start,
     .work = sign_work,
     .end = venue_end},
    {.name = "venue.jansson_depth",
     .help = "the peer: jansson's tree of the same partial book",
     .samples = 100,
     .batch = 20,
     .start = venue_start,
     .work = depth_peer,
     .end = venue_end},
    {.name = "venue.jansson_diff",
     .help = "the peer of the ten levels",
     .samples = 200,
     .batch = 20,
     .start = venue_start,
     .work = diff_peer,
     .end = venue_end},
    {.name = "venue.jansson_diff_40",
     .help = "the peer of 20 levels a side",
     .samples = 100,
     .batch = 20,
     .start = venue_start,
     .work = whole_diff_peer,
     .end = venue_end},
    {.name = "venue.jansson_kline",
     .help = "the peer of the bar",
     .samples = 200,
     .batch = 20,
     .start = venue_start,
     .work = kline_peer,
     .end = venue_end},
    {.name = "venue.jansson_mixed",
     .help = "the peer of the stream",
     .samples = 100,
     .batch = 100,
     .start = venue_start,
     .work = mixed_peer,
     .end = venue_end},
    {.name = "venue.jansson_quote",
     .help = "the peer: jansson's tree of the same book ticker",
     .samples = 500,
     .batch = 100,
     .start = venue_start,
     .work = quote_peer,
     .end = venue_end},
    {.name = "venue.jansson_report",
     .help = "the peer of the report",
     .samples = 200,
     .batch = 20,
     .start = venue_start,
     .work = report_peer,
     .end = venue_end},
    {.name = "venue.jansson_trade",
     .help = "the peer of the trade",
     .samples = 200,
     .batch = 50,
     .start = venue_start,
     .work = trade_peer,
     .end = venue_end},
    {0}};
