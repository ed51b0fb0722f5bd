/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session against the double, on one thread, with every event kept: what the session's suites
 * share.
 */
#ifndef QTRADE_TESTS_VENUE_BENCH_H
#define QTRADE_TESTS_VENUE_BENCH_H

#include <string.h>

#include "qt_check.h"
#include "qtrade/base/time.h"
#include "qtrade/venue/binance.h"
#include "venue_double.h"

#define BENCH_TAG 0xbe7cb37cu
#ifndef BENCH_WAIT_MS
#define BENCH_WAIT_MS 60000 /* real time until an expectation is given up */
#endif
#define BENCH_START_NS INT64_C(1710000000000000000) /* 2024-03-09T16:00:00Z */

struct bench {
    struct qt_clock clock;
    struct qt_double *venue;
    struct qt_binance *session;
    struct qt_universe *universe;
    struct qt_feed_port feed;
    struct qt_venue_port orders;
    struct qt_event_sink sink;
    struct qt_event *events;
    size_t n, capacity;
    size_t seen; /* bench_find looks at what came after it */
};

static inline void
bench_push(void *context, struct qt_event *event)
{
    struct bench *bench = context;
    if (bench->n == bench->capacity) {
        bench->capacity = bench->capacity ? 2 * bench->capacity : 4096;
        bench->events = realloc(bench->events, bench->capacity * sizeof *bench->events);
        ck_assert_ptr_nonnull(bench->events);
    }
    bench->events[bench->n++] = *event;
}

/** The double at speed; nothing is connected yet. */
static inline void
bench_start_venue(struct bench *bench, double speed)
{
    *bench = (struct bench){.sink = {.push = bench_push}};
    bench->sink.self = bench;
    qt_clock_init_scaled(&bench->clock, BENCH_START_NS, speed);
    bench->venue = qt_double_start(&bench->clock);
    ck_assert_ptr_nonnull(bench->venue);
}

static inline struct qt_binance_options
bench_options(struct bench *bench)
{
    return (struct qt_binance_options){.rest_url = qt_double_rest_url(bench->venue),
                                       .ws_url = qt_double_ws_url(bench->venue),
                                       .ws_api_url = qt_double_api_url(bench->venue),
                                       .key = qt_double_key,
                                       .secret = qt_double_secret,
                                       .tag = BENCH_TAG,
                                       .clock = &bench->clock,
                                       .recv_window_ms = 5000,
                                       .history = {{QT_NS_PER_MIN, 30}, {QT_NS_PER_HOUR, 10}},
                                       .n_history = 2,
                                       .order_timeout_ms = 500,
                                       .is_simulated = true,
                                       .seed = 1};
}

/** Opens the session with options and loads its universe. */
static inline void
bench_open(struct bench *bench, const struct qt_binance_options *options)
{
    struct qt_error err = {0};
    bench->session = qt_binance_open(options, &err);
    ck_assert_msg(bench->session != NULL, "%s", err.text);
    bench->universe = qt_binance_load_universe(bench->session, BENCH_WAIT_MS, NULL, NULL, &err);
    ck_assert_msg(bench->universe != NULL, "%s", err.text);
    bench->feed = qt_binance_feed(bench->session);
    bench->orders = qt_binance_venue(bench->session);
}

static inline void
bench_stop(struct bench *bench)
{
    qt_binance_close(bench->session);
    qt_universe_destroy(bench->universe);
    qt_double_stop(bench->venue);
    free(bench->events);
    *bench = (struct bench){0};
}

typedef bool (*bench_match_fn)(const struct qt_event *event, int64_t wanted);

/** The next event behind seen that matches, working until it comes; seen is behind it then. */
static inline const struct qt_event *
bench_find(struct bench *bench, bench_match_fn match, int64_t wanted, const char *what)
{
    int64_t until = qt_now_mono_ns() + BENCH_WAIT_MS * QT_NS_PER_MS;
    do {
        while (bench->seen < bench->n) {
            const struct qt_event *event = &bench->events[bench->seen++];
            if (match(event, wanted))
                return event;
        }
        ck_assert_int_ge(bench->feed.work(bench->feed.self, &bench->sink, 20), 0);
    } while (qt_now_mono_ns() < until);
    ck_abort_msg("never came: %s", what);
    return NULL;
}

/** Works for ms of real time. */
static inline void
bench_work(struct bench *bench, int64_t ms)
{
    int64_t until = qt_now_mono_ns() + ms * QT_NS_PER_MS;
    while (qt_now_mono_ns() < until)
        ck_assert_int_ge(bench->feed.work(bench->feed.self, &bench->sink, 5), 0);
}

/** Works until the condition holds; fails after BENCH_WAIT_MS. */
#define BENCH_UNTIL(bench_, condition)                                                             \
    do {                                                                                           \
        int64_t until_ = qt_now_mono_ns() + BENCH_WAIT_MS * QT_NS_PER_MS;                          \
        while (!(condition)) {                                                                     \
            ck_assert_msg(qt_now_mono_ns() < until_, "never came: %s", #condition);                \
            bench_work((bench_), 5);                                                               \
        }                                                                                          \
    } while (0)

static inline bool
is_kind(const struct qt_event *event, int64_t kind)
{
    return event->kind == kind;
}

/* wanted: enum qt_link_kind * 10 + enum qt_link_state */
static inline bool
is_link(const struct qt_event *event, int64_t wanted)
{
    return event->kind == QT_EVENT_LINK && event->link.kind == wanted / 10 &&
           event->link.state == wanted % 10;
}
#define LINK(kind_, state_) ((int64_t)QT_LINK_##kind_ * 10 + QT_LINK_##state_)

/* wanted: the order's seq * 100 + enum qt_report_type */
static inline bool
is_report(const struct qt_event *event, int64_t wanted)
{
    return event->kind == QT_EVENT_REPORT &&
           event->report.client_id == qt_client_id((uint64_t)wanted / 100, 0) &&
           event->report.type == wanted % 100;
}
#define REPORT(seq_, type_) ((seq_)*100 + QT_REPORT_##type_)

static inline const struct qt_event *
bench_report(struct bench *bench, int64_t wanted)
{
    char what[64];
    snprintf(what, sizeof what, "report %s of order %lld",
             qt_report_type_name((enum qt_report_type)(wanted % 100)), (long long)wanted / 100);
    return bench_find(bench, is_report, wanted, what);
}

/** Everything is connected and every symbol's history is there. */
static inline void
bench_settle(struct bench *bench)
{
    (void)bench_find(bench, is_link, LINK(MARKET, UP), "market link up");
    bench->seen = 0;
    (void)bench_find(bench, is_kind, QT_EVENT_SYNC, "first read of the account");
    bench->seen = 0;
    while (qt_binance_stats(bench->session).history_left > 0)
        bench_work(bench, 10);
}

/** Every number of a bar. */
static inline bool
bench_bar_is(const struct qt_bar *bar, const struct qt_bar *expected)
{
    return bar->open_ns == expected->open_ns && bar->period_ns == expected->period_ns &&
           bar->open.v == expected->open.v && bar->high.v == expected->high.v &&
           bar->low.v == expected->low.v && bar->close.v == expected->close.v &&
           bar->volume.v == expected->volume.v && bar->quote_volume.v == expected->quote_volume.v &&
           bar->taker_buy.v == expected->taker_buy.v && bar->trades == expected->trades;
}

/** A market order (px none) or a limit order of AAAUSDT. */
static inline struct qt_order_request
bench_order(struct bench *bench, uint64_t seq, enum qt_side side, qt_px px, int64_t thousandths)
{
    const struct qt_instrument *ins = qt_universe_at(bench->universe, 0);
    return (struct qt_order_request){.client_id = qt_client_id(seq, 0),
                                     .side = (uint8_t)side,
                                     .type = qt_px_is_none(px) ? QT_TYPE_MARKET : QT_TYPE_LIMIT,
                                     .px = px,
                                     .stop_px = QT_PX_NONE,
                                     .qty = {thousandths * ins->lot.v}};
}

static inline void
bench_submit(struct bench *bench, uint64_t seq, enum qt_side side, qt_px px, int64_t thousandths)
{
    struct qt_order_request order = bench_order(bench, seq, side, px, thousandths);
    ck_assert(bench->orders.submit(bench->orders.self, &order));
}

/** Every number that was given is one that the double said, and no bar is missing. */
static inline void
bench_check_all(const struct bench *bench)
{
    int64_t last[QT_DOUBLE_SYMBOLS];
    for (uint32_t s = 0; s < QT_DOUBLE_SYMBOLS; s++)
        last[s] = QT_TIME_NONE;
    for (size_t i = 0; i < bench->n; i++) {
        const struct qt_event *event = &bench->events[i];
        int64_t base = (100 + (int64_t)event->instrument) * 100;
        if (event->kind == QT_EVENT_QUOTE) {
            ck_assert_int_eq(event->quote.ask.v - event->quote.bid.v, 2);
            ck_assert_int_ge(event->quote.bid.v, base - 1);
            ck_assert_int_le(event->quote.ask.v, base + 50);
        } else if (event->kind == QT_EVENT_TRADE) {
            ck_assert(event->trade.px.v >= base && event->trade.px.v < base + 50);
        } else if (event->kind == QT_EVENT_BAR && event->bar.period_ns == QT_NS_PER_MIN) {
            struct qt_bar right = qt_double_bar(event->instrument, event->bar.open_ns, QT_NS_PER_MIN);
            int64_t *before = &last[event->instrument];
            ck_assert(bench_bar_is(&event->bar, &right));
            ck_assert(*before == QT_TIME_NONE || event->bar.open_ns == *before + QT_NS_PER_MIN);
            *before = event->bar.open_ns;
        }
    }
}

#endif
