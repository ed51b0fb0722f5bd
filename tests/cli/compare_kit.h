/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session whose venue is known: a market of one symbol moves the simulated exchange, somebody
 * trades there by the clock, and everything goes into a real journal. An episode is an order at the
 * best bid, which sellers fill after what stands before it, when
 * it had time to come; one that takes; and one far below,
 * which is cancelled.
 */
#ifndef QTRADE_TESTS_COMPARE_KIT_H
#define QTRADE_TESTS_COMPARE_KIT_H

#include <string.h>
#include <sys/stat.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/sim/inline_venue.h"
#include "qtrade/store/journal.h"

#include "qt_check.h"

#define KIT_BEGUN (INT64_C(1795000000) * QT_NS_PER_S)
enum { KIT_BID = 10000, KIT_DEEP = 9000, KIT_STEPS = 20000, KIT_QUIET = 240 };

/** The truth. */
struct kit_venue {
    struct qt_latency_law order, cancel;
    int maker_ppm, taker_ppm;
    unsigned queue_ppm;
    bool is_perpetual;
    qt_money cash;                        /* 0: plenty */
    const struct qt_balance_record *kept; /* the account, instead of cash */
    uint32_t n_kept;
};

struct kit_session {
    char folder[64];
    struct qt_universe *universe;
    struct qt_inline_venue *venue;
    struct qt_feed_port feed;
    struct qt_venue_port port;
    struct qt_journal *journal;
    struct qt_journal_port to;
    struct qt_rng rng;
    struct qt_event next; /* the market's, not yet pushed */
    uint64_t seq, trades;
    int64_t now_ns, bid_qty;
    /* the episode's orders */
    uint64_t maker, deep;
    bool has_maker_rest, is_maker_done, is_deep_done, is_cancelled;
    size_t orders;
};

static inline int
kit_work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct kit_session *session = self;
    (void)timeout_ms;
    sink->push(sink->self, &session->next);
    return 1;
}

static inline void
kit_decide(struct kit_session *session, const struct qt_decision *decision)
{
    while (!session->to.decision(session->to.self, decision))
        continue;
}

static inline void
kit_report(struct kit_session *session, const struct qt_event *event)
{
    const struct qt_report *report = &event->report;
    bool is_over = qt_order_state_is_final((enum qt_order_state)report->state);
    session->has_maker_rest |=
        report->client_id == session->maker && report->type == QT_REPORT_ACCEPTED;
    session->is_maker_done |= report->client_id == session->maker && is_over;
    session->is_deep_done |= report->client_id == session->deep && is_over;
    if (report->client_id != session->deep || report->type != QT_REPORT_ACCEPTED ||
        session->is_cancelled)
        return;
    const struct qt_decision cancel = {.seq = event->seq,
                                       .t_ns = event->t_recv_ns,
                                       .kind = QT_DECISION_CANCEL,
                                       .cancel = {.client_id = session->deep}};
    session->is_cancelled = true;
    kit_decide(session, &cancel);
    ck_assert(session->port.cancel(session->port.self, 0, session->deep));
}

static inline void
kit_take(void *self, struct qt_event *event)
{
    struct kit_session *session = self;
    event->seq = ++session->seq;
    while (!session->to.event(session->to.self, event))
        continue;
    if (event->kind == QT_EVENT_REPORT)
        kit_report(session, event);
}

/* Half a millisecond later. */
static inline void
kit_push(struct kit_session *session, struct qt_event event)
{
    const struct qt_event_sink sink = {.self = session, .push = kit_take};
    event.t_recv_ns = event.t_venue_ns = session->now_ns += QT_NS_PER_MS / 2;
    session->next = event;
    (void)session->feed.work(session->feed.self, &sink, 0);
}

static inline void
kit_quote(struct kit_session *session)
{
    kit_push(session, (struct qt_event){.kind = QT_EVENT_QUOTE,
                                        .quote = {.bid = {KIT_BID},
                                                  .ask = {KIT_BID + 1},
                                                  .bid_qty = {session->bid_qty},
                                                  .ask_qty = {500000}}});
}

static inline void
kit_sell(struct kit_session *session)
{
    int64_t qty =
        QT_MIN(2000 + (int64_t)qt_rng_below(&session->rng, 18000), session->bid_qty - 1000);
    if (qty <= 0)
        return;
    kit_push(session, (struct qt_event){.kind = QT_EVENT_TRADE,
                                        .flags = QT_EVENT_BUYER_MAKER,
                                        .trade = {{KIT_BID}, {qty}, ++session->trades}});
    session->bid_qty -= qty;
}

static inline uint64_t
kit_submit(struct kit_session *session, struct qt_order_request order)
{
    order.client_id = qt_client_id(session->seq, (unsigned)(session->orders++ % 3));
    const struct qt_decision decision = {.seq = session->seq,
                                         .t_ns = session->now_ns,
                                         .kind = QT_DECISION_ORDER,
                                         .order = order};
    kit_decide(session, &decision);
    ck_assert(session->port.submit(session->port.self, &order));
    return order.client_id;
}

static inline uint64_t
kit_send_side(struct kit_session *session, enum qt_order_type type, enum qt_side side, int64_t px,
              int64_t qty)
{
    return kit_submit(session, (struct qt_order_request){.type = (uint8_t)type,
                                                         .side = (uint8_t)side,
                                                         .px = px ? (qt_px){px} : QT_PX_NONE,
                                                         .stop_px = QT_PX_NONE,
                                                         .qty = {qty}});
}

static inline uint64_t
kit_send(struct kit_session *session, enum qt_order_type type, int64_t px, int64_t qty)
{
    return kit_send_side(session, type, QT_BUY, px, qty);
}

static inline void
kit_episode(struct kit_session *session)
{
    session->bid_qty = 200000 + (int64_t)qt_rng_below(&session->rng, 300000);
    session->has_maker_rest = session->is_maker_done = session->is_deep_done = false;
    session->is_cancelled = false;
    kit_quote(session);
    session->maker = kit_send(session, QT_TYPE_LIMIT_MAKER, KIT_BID, 5000);
    session->deep = kit_send(session, QT_TYPE_LIMIT, KIT_DEEP, 1000);
    (void)kit_send(session, QT_TYPE_MARKET, 0, 1000);
    for (int i = 0; i < KIT_STEPS && !(session->is_maker_done && session->is_deep_done); i++) {
        if (i >= KIT_QUIET && session->has_maker_rest && !session->is_maker_done)
            kit_sell(session);
        kit_quote(session);
    }
    ck_assert(session->is_maker_done && session->is_deep_done);
}

static inline void
kit_open_venue(struct kit_session *session, const struct kit_venue *venue, uint64_t seed)
{
    struct qt_error err = {0};
    const struct qt_feed_port feed = {.self = session, .work = kit_work};
    struct qt_perp_options perp = qt_perp_usual;
    perp.maker_ppm = venue->maker_ppm;
    perp.taker_ppm = venue->taker_ppm;
    perp.queue_ppm = venue->queue_ppm;
    const struct qt_inline_options inside = {
        .perp = venue->is_perpetual ? &perp : NULL,
        .exchange = {.maker_ppm = venue->maker_ppm,
                     .taker_ppm = venue->taker_ppm,
                     .queue_ppm = venue->queue_ppm},
        .law = {[QT_INLINE_ORDER] = venue->order, [QT_INLINE_CANCEL] = venue->cancel},
        .seed = seed,
        .deposit = venue->cash.v ? venue->cash : (qt_money){INT64_C(9000000000000000)},
        .kept = venue->kept,
        .n_kept = venue->n_kept};
    session->venue = qt_inline_paper_create(&feed, session->universe, &inside, &err);
    ck_assert_msg(session->venue != NULL, "%s", err.text);
    session->feed = qt_inline_feed(session->venue);
    session->port = qt_inline_port(session->venue);
}

static inline void
kit_open(struct kit_session *session, const struct kit_venue *venue, uint64_t seed)
{
    struct qt_error err = {0};
    struct qt_journal_key key;
    char path[96];
    struct qt_instrument ins = {.symbol = "ABCUSDT",
                                .base = "ABC",
                                .quote = "USDT",
                                .px_scale = 2,
                                .qty_scale = 3,
                                .tick = {1},
                                .lot = {1},
                                .min_qty = {1}};
    *session = (struct kit_session){.folder = "/tmp/qtrade-test-XXXXXX", .now_ns = KIT_BEGUN};
    ck_assert_ptr_nonnull(mkdtemp(session->folder));
    session->universe = qt_universe_create();
    ck_assert(qt_universe_add(session->universe, &ins, &err));
    qt_rng_init(&session->rng, seed);
    snprintf(path, sizeof path, "%s/journal.key", session->folder);
    ck_assert_msg(qt_journal_key_load(path, true, &key, &err), "%s", err.text);
    const struct qt_journal_options options = {.folder = session->folder,
                                               .key = &key,
                                               .version = "0.0",
                                               .run_kind = "paper",
                                               .config =
                                                   venue->is_perpetual
                                                       ? "{\"venue\":{\"name\":\"binance-usdm\"}}"
                                                       : "{}",
                                               .universe = session->universe,
                                               .base_period_ns = QT_NS_PER_MIN,
                                               .sync = QT_JOURNAL_SYNC_OFF,
                                               .waits = true};
    session->journal = qt_journal_create(&options, &err);
    ck_assert_msg(session->journal != NULL, "%s", err.text);
    session->to = qt_journal_port(session->journal);
    kit_open_venue(session, venue, seed);
}

/** The whole session is in the folder now. */
static inline void
kit_close(struct kit_session *session)
{
    struct qt_error err = {0};
    ck_assert_msg(qt_journal_close(session->journal, &err), "%s", err.text);
    qt_inline_destroy(session->venue);
    qt_universe_destroy(session->universe);
}

#endif
