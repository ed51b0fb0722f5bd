/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Somebody who trades on the inline venue without being the engine: keeps every event, and acts on
 * some of them inside the sink, as the engine does.
 */
#ifndef QTRADE_TESTS_INLINE_KIT_H
#define QTRADE_TESTS_INLINE_KIT_H

#include "sim_kit.h"

#include "qtrade/sim/inline_venue.h"

enum { EVENTS = 400000, DEPOSIT = 1000000 };
#define UNIT 100000000LL

struct trader {
    struct qt_dataset data;
    struct kit_market market;
    struct qt_inline_venue *venue;
    struct qt_feed_port feed;
    struct qt_venue_port port;
    void (*act)(struct trader *trader, const struct qt_event *event);
    struct qt_event *events;
    size_t n;
    uint64_t next_id;
    struct qt_rng rng;
    int64_t acted_ns;
};

static inline void
on_event(void *self, struct qt_event *event)
{
    struct trader *trader = self;
    if (trader->n == EVENTS)
        ck_abort_msg("too many events");
    trader->events[trader->n++] = *event;
    if (trader->act)
        trader->act(trader, event);
}

static const struct qt_inline_options usual = {
    .exchange = {.maker_ppm = 500, .taker_ppm = 1000, .fee_mode = QT_FEE_QUOTE},
    .deposit = {DEPOSIT * UNIT},
    .deposit_asset = "USDT"};

static inline void
begin_at(struct trader *trader, const struct qt_inline_options *options, size_t bars,
         int64_t start_ns)
{
    struct qt_error err = {0};
    const struct qt_replay_options replay = {.seed = 1, .start_ns = start_ns};
    *trader = (struct trader){.data = kit_dataset(3, bars, QT_NS_PER_MIN, 7)};
    trader->events = calloc(EVENTS, sizeof *trader->events);
    trader->market = kit_replay(&trader->data, &replay);
    trader->venue =
        qt_inline_backtest_create(trader->market.source, trader->market.universe, options, &err);
    ck_assert_msg(trader->venue != NULL, "%s", err.text);
    trader->feed = qt_inline_feed(trader->venue);
    trader->port = qt_inline_port(trader->venue);
    qt_rng_init(&trader->rng, 5);
}

static inline void
begin(struct trader *trader, const struct qt_inline_options *options, size_t bars)
{
    begin_at(trader, options, bars, QT_TIME_NONE);
}

static inline void
play(struct trader *trader)
{
    const struct qt_event_sink sink = {.self = trader, .push = on_event};
    while (trader->feed.work(trader->feed.self, &sink, 0) >= 0)
        continue;
}

static inline void
end(struct trader *trader)
{
    ck_assert(qt_inline_is_conserved(trader->venue));
    qt_inline_destroy(trader->venue);
    kit_close(&trader->market);
    qt_dataset_finish(&trader->data);
    free(trader->events);
}

static inline uint64_t
submit(struct trader *trader, uint32_t id, enum qt_side side, enum qt_order_type type, int64_t px,
       int64_t qty)
{
    const struct qt_order_request request = {.client_id = ++trader->next_id << 8,
                                             .instrument = id,
                                             .side = (uint8_t)side,
                                             .type = (uint8_t)type,
                                             .px = px ? (qt_px){px} : QT_PX_NONE,
                                             .stop_px = QT_PX_NONE,
                                             .qty = {qty}};
    return trader->port.submit(trader->port.self, &request) ? request.client_id : 0;
}

/* Index of the next event at or after from of that kind and instrument; n: none. */
static inline size_t
find(const struct trader *trader, size_t from, enum qt_event_kind kind, uint32_t id)
{
    while (from < trader->n &&
           !(trader->events[from].kind == kind && trader->events[from].instrument == id))
        from++;
    return from;
}

/* Index of the report of that type on an order; n: none. */
static inline size_t
find_report(const struct trader *trader, uint64_t client_id, enum qt_report_type type)
{
    size_t i = 0;
    while (i < trader->n && !(trader->events[i].kind == QT_EVENT_REPORT &&
                              trader->events[i].report.client_id == client_id &&
                              trader->events[i].report.type == type))
        i++;
    return i;
}

static inline size_t
count(const struct trader *trader, enum qt_event_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < trader->n; i++)
        n += trader->events[i].kind == kind;
    return n;
}

#endif
