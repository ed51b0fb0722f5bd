/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session that moves its market: beside what the price does by itself it stands where the law of
 * impact puts it for what the session has taken. Orders at market, now on one side and now on the
 * other, a minute apart.
 */
#ifndef QTRADE_TESTS_IMPACT_KIT_H
#define QTRADE_TESTS_IMPACT_KIT_H

#include <math.h>

#include "qtrade/sim/impact.h"

#include "compare_kit.h"

#define IMPACT_VOLUME 1000000.0 /* of the day, in whole units */
enum { IMPACT_BARS = 97, IMPACT_PX = 100000, IMPACT_HIGH = 102000, IMPACT_LOW = 96050 };

struct impact_market {
    struct qt_impact_model model;
    struct qt_impact taken;
    double log_px, noise; /* what the price does by itself: now, and in a step */
    int64_t held;         /* lots */
};

/* A quarter of an hour of history; all of them have the day's range. */
static inline void
impact_history(struct kit_session *session)
{
    int64_t quarter = 15 * QT_NS_PER_MIN, begin = session->now_ns / quarter * quarter;
    for (int64_t i = IMPACT_BARS; i > 0; i--)
        kit_push(session, (struct qt_event){.kind = QT_EVENT_BAR,
                                            .flags = QT_EVENT_HISTORY,
                                            .bar = {.open_ns = begin - i * quarter,
                                                    .period_ns = quarter,
                                                    .open = {IMPACT_PX},
                                                    .high = {IMPACT_HIGH},
                                                    .low = {IMPACT_LOW},
                                                    .close = {IMPACT_PX},
                                                    .volume = {10416667}}});
}

/* The book around where own orders have put it. */
static inline void
impact_quote(struct kit_session *session, struct impact_market *market)
{
    market->log_px += market->noise * qt_rng_normal(&session->rng);
    double sigma = log((double)IMPACT_HIGH / IMPACT_LOW) / (2 * sqrt(log(2)));
    double part =
        qt_impact_of(&market->model, &market->taken, session->now_ns, IMPACT_VOLUME, sigma);
    int64_t px = llround(IMPACT_PX * exp(market->log_px) * (1 + part));
    kit_push(session, (struct qt_event){.kind = QT_EVENT_QUOTE,
                                        .quote = {.bid = {px - 1},
                                                  .ask = {px + 1},
                                                  .bid_qty = {9000000},
                                                  .ask_qty = {9000000}}});
}

/* Somebody else trades, three times a minute: a day of that is the day's volume. */
static inline void
impact_trade(struct kit_session *session)
{
    kit_push(session, (struct qt_event){.kind = QT_EVENT_TRADE,
                                        .trade = {{IMPACT_PX}, {231481}, ++session->trades}});
}

static inline void
impact_order(struct kit_session *session, struct impact_market *market)
{
    int64_t lots = 100000 + (int64_t)qt_rng_below(&session->rng, 900000);
    bool is_sale = qt_rng_below(&session->rng, 2) == 0 && market->held >= lots;
    enum qt_side side = is_sale ? QT_SELL : QT_BUY;
    market->held += is_sale ? -lots : lots;
    impact_quote(session, market);
    (void)kit_send_side(session, QT_TYPE_MARKET, side, 0, lots);
    session->now_ns += QT_NS_PER_S;
    impact_quote(session, market); /* brings the fill */
    qt_impact_take(&market->model, &market->taken, session->now_ns, side, (double)lots / 1000);
    for (int i = 0; i < 3; i++) {
        session->now_ns += QT_NS_PER_S;
        impact_trade(session);
        impact_quote(session, market);
    }
    session->now_ns += 56 * QT_NS_PER_S;
}

#endif
