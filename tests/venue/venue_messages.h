/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the suites of the codec share: a universe of any symbols, a decoder with room for one
 * message's events, and a reader of decimals that is not the program's.
 */
#ifndef QTRADE_TESTS_VENUE_MESSAGES_H
#define QTRADE_TESTS_VENUE_MESSAGES_H

#include <string.h>

#include "qt_check.h"
#include "qtrade/base/time.h"
#include "qtrade/venue/binance.h"

#define TAKER_EVENTS 8192
#define TAKER_LEVELS 20000
#define TAKER_TAG 0xabcd1234u
#define TAKER_RECV_NS INT64_C(1723161253937085768)

/** Decodes messages and keeps the events of the last one. */
struct taker {
    struct qt_universe *universe;
    struct qt_event_sink sink;
    struct qt_depth_level *scratch;
    struct qt_event *events;
    size_t n;
    struct qt_decoded decoded;
    uint32_t instrument; /* of an answer that does not say */
    const struct qt_venue_class *class;
};

static inline void
taker_push(void *context, struct qt_event *event)
{
    struct taker *taker = context;
    ck_assert_uint_lt(taker->n, TAKER_EVENTS);
    taker->events[taker->n++] = *event;
}

static inline void
taker_init(struct taker *taker)
{
    *taker = (struct taker){.universe = qt_universe_create(),
                            .scratch = calloc(TAKER_LEVELS, sizeof *taker->scratch),
                            .events = calloc(TAKER_EVENTS, sizeof *taker->events),
                            .instrument = QT_NO_INSTRUMENT,
                            .class = &qt_venue_binance};
    taker->sink = (struct qt_event_sink){.self = taker, .push = taker_push};
    ck_assert_ptr_nonnull(taker->universe);
    ck_assert_ptr_nonnull(taker->events);
}

static inline void
taker_finish(struct taker *taker)
{
    qt_universe_destroy(taker->universe);
    free(taker->scratch);
    free(taker->events);
}

static inline uint32_t
taker_add(struct taker *taker, const char *symbol, const char *base, const char *quote,
          int px_scale, int qty_scale)
{
    struct qt_error err;
    struct qt_instrument ins = {.px_scale = px_scale,
                                .qty_scale = qty_scale,
                                .tick = {1},
                                .min_px = {1},
                                .lot = {1},
                                .min_qty = {1}};
    ck_assert(qt_copy(ins.symbol, sizeof ins.symbol, symbol));
    ck_assert(qt_copy(ins.base, sizeof ins.base, base));
    ck_assert(qt_copy(ins.quote, sizeof ins.quote, quote));
    ck_assert_msg(qt_universe_add(taker->universe, &ins, &err), "%s", err.text);
    return ins.id;
}

static inline enum qt_codec_verdict
taker_take(struct taker *taker, const char *bytes, size_t length)
{
    const struct qt_decode in = {.universe = taker->universe,
                                 .sink = &taker->sink,
                                 .t_recv_ns = TAKER_RECV_NS,
                                 .tag = TAKER_TAG,
                                 .instrument = taker->instrument,
                                 .scratch = taker->scratch,
                                 .scratch_levels = TAKER_LEVELS};
    taker->n = 0;
    enum qt_codec_verdict verdict =
        taker->class->codec->decode(&in, bytes, length, &taker->decoded);
    ck_assert_uint_eq(taker->n, taker->decoded.events);
    return verdict;
}

static inline enum qt_codec_verdict
taker_take_text(struct taker *taker, const char *text)
{
    return taker_take(taker, text, strlen(text));
}

/** Decimal text as an integer of scale; fails the test when it has more digits. Not the program's
 * own reader. */
static inline int64_t
scaled(const char *text, int scale)
{
    int64_t v = 0;
    int decimals = -1;
    const char *p = text + (*text == '-');
    for (; *p; p++) {
        if (*p == '.') {
            decimals = 0;
            continue;
        }
        ck_assert_msg(*p >= '0' && *p <= '9', "not a decimal: %s", text);
        if (decimals == scale) {
            ck_assert_msg(*p == '0', "finer than %d decimals: %s", scale, text);
            continue;
        }
        v = v * 10 + (*p - '0');
        decimals += decimals >= 0;
    }
    for (int i = decimals < 0 ? 0 : decimals; i < scale; i++)
        v *= 10;
    return *text == '-' ? -v : v;
}

#endif
