/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inline venue on a live feed whose every event the test writes. */
#ifndef QTRADE_TESTS_PAPER_KIT_H
#define QTRADE_TESTS_PAPER_KIT_H

#include "inline_kit.h"

struct live {
    struct qt_event queue[32];
    size_t n;
    unsigned wakes, watched;
};

static inline int
live_work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct live *live = self;
    size_t n = live->n;
    (void)timeout_ms;
    for (size_t i = 0; i < n; i++)
        sink->push(sink->self, &live->queue[i]);
    live->n = 0;
    return (int)n;
}

static inline void
live_wake(void *self)
{
    ((struct live *)self)->wakes++;
}

static inline void
live_watch(void *self, uint32_t id, bool on)
{
    ((struct live *)self)->watched += id == 1 && on;
}

struct paper {
    struct trader trader;
    struct live live;
    int64_t now_ns;
};

static inline void
begin_paper_with(struct paper *paper, const struct qt_inline_options *options)
{
    struct qt_error err;
    struct trader *trader = &paper->trader;
    *paper = (struct paper){.now_ns = KIT_START};
    trader->events = calloc(EVENTS, sizeof *trader->events);
    trader->market.universe = qt_universe_create();
    for (unsigned i = 0; i < 2; i++) {
        struct qt_instrument ins = kit_instrument(i);
        ck_assert(qt_universe_add(trader->market.universe, &ins, &err));
    }
    const struct qt_feed_port feed = {
        .self = &paper->live, .work = live_work, .wake = live_wake, .watch_depth = live_watch};
    trader->venue = qt_inline_paper_create(&feed, trader->market.universe, options, &err);
    ck_assert_ptr_nonnull(trader->venue);
    trader->feed = qt_inline_feed(trader->venue);
    trader->port = qt_inline_port(trader->venue);
}

static inline void
begin_paper(struct paper *paper)
{
    begin_paper_with(paper, &usual);
}

static inline void
work(struct paper *paper)
{
    const struct qt_event_sink sink = {.self = &paper->trader, .push = on_event};
    (void)paper->trader.feed.work(paper->trader.feed.self, &sink, 0);
}

static inline void
show_quote(struct paper *paper, int64_t bid, int64_t ask)
{
    struct qt_event event = {.kind = QT_EVENT_QUOTE,
                             .t_recv_ns = paper->now_ns += QT_NS_PER_S,
                             .quote = {{bid}, {ask}, {10000}, {10000}}};
    paper->live.queue[paper->live.n++] = event;
    work(paper);
}

static inline void
show_trade(struct paper *paper, int64_t px, int64_t qty, bool buyer_is_maker)
{
    struct qt_event event = {.kind = QT_EVENT_TRADE,
                             .flags = buyer_is_maker ? QT_EVENT_BUYER_MAKER : 0,
                             .t_recv_ns = paper->now_ns += QT_NS_PER_S,
                             .trade = {{px}, {qty}, 1}};
    paper->live.queue[paper->live.n++] = event;
    work(paper);
}

static inline void
end_paper(struct paper *paper)
{
    end(&paper->trader);
}

#endif
