/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the legs quote, and how numbers of one leg read at another. Scales of a leg's symbol are at
 * most those of leg 0 (router.c leaves the others out), so that nothing is lost on the way in.
 */
#include <math.h>

#include "qtrade/base/num.h"
#include "qtrade/base/time.h"

#include "router_priv.h"

enum { MEMORY = 64 }; /* seconds that the variance remembers */

static const struct qt_instrument *
ours(const struct qt_router *router, uint32_t instrument)
{
    return qt_universe_at(router->universe, instrument);
}

static const struct qt_instrument *
theirs(const struct qt__router_leg *leg, uint32_t instrument)
{
    return qt_universe_at(leg->port.universe, leg->quote[instrument].instrument);
}

qt_qty
qt__router_qty_in(const struct qt__router_leg *leg, uint32_t instrument, qt_qty qty)
{
    int more = ours(leg->router, instrument)->qty_scale - theirs(leg, instrument)->qty_scale;
    return (qt_qty){qty.v * qt_pow10(more)};
}

qt_qty
qt__router_qty_out(const struct qt__router_leg *leg, uint32_t instrument, qt_qty qty)
{
    int more = ours(leg->router, instrument)->qty_scale - theirs(leg, instrument)->qty_scale;
    return (qt_qty){qty.v / qt_pow10(more)};
}

qt_px
qt__router_px_in(const struct qt__router_leg *leg, uint32_t instrument, qt_px px)
{
    int more = ours(leg->router, instrument)->px_scale - theirs(leg, instrument)->px_scale;
    return qt_px_is_positive(px) ? (qt_px){px.v * qt_pow10(more)} : px;
}

/* Never a worse price than was asked for. */
qt_px
qt__router_px_out(const struct qt__router_leg *leg, uint32_t instrument, qt_px px,
                  enum qt_side side)
{
    const struct qt_instrument *ins = theirs(leg, instrument);
    int64_t unit = qt_pow10(ours(leg->router, instrument)->px_scale - ins->px_scale);
    if (!qt_px_is_positive(px))
        return px;
    if (side == QT_BUY)
        return qt_px_floor((qt_px){px.v / unit}, ins->tick);
    return qt_px_ceil((qt_px){(px.v + unit - 1) / unit}, ins->tick);
}

static double
price_of(const struct qt_instrument *ins, qt_px px)
{
    return qt_px_is_positive(px) ? (double)px.v / (double)qt_pow10(ins->px_scale) : 0;
}

/* An average over the squared moves, each by its time; exponentially less of the older. */
static void
follow(struct qt__router_pace *pace, double mid, int64_t now_ns)
{
    double passed = (double)(now_ns - pace->t_ns) / QT_NS_PER_S;
    if (pace->mid > 0 && passed < 1)
        return;
    if (pace->mid > 0) {
        double move = (mid - pace->mid) / pace->mid;
        double weight = QT_MIN(passed / MEMORY, 1);
        pace->variance += weight * (move * move / passed - pace->variance);
    }
    pace->mid = mid;
    pace->t_ns = now_ns;
}

double
qt__router_sigma(const struct qt_router *router, uint32_t instrument)
{
    return sqrt(router->pace[instrument].variance);
}

static void
on_quote(struct qt__router_leg *leg, uint32_t instrument, const struct qt_event *event)
{
    struct qt__router_quote *quote = &leg->quote[instrument];
    const struct qt_instrument *ins = theirs(leg, instrument);
    quote->bid = price_of(ins, event->quote.bid);
    quote->ask = price_of(ins, event->quote.ask);
    quote->bid_qty = qt__router_qty_in(leg, instrument, event->quote.bid_qty);
    quote->ask_qty = qt__router_qty_in(leg, instrument, event->quote.ask_qty);
    if (leg->index == 0 && quote->bid > 0 && quote->ask > 0)
        follow(&leg->router->pace[instrument], (quote->bid + quote->ask) / 2, event->t_recv_ns);
}

void
qt__router_market(struct qt__router_leg *leg, const struct qt_event *event)
{
    uint32_t instrument = leg->own[event->instrument];
    struct qt__router_quote *quote = &leg->quote[instrument];
    leg->market_ns = event->t_recv_ns;
    if (event->kind == QT_EVENT_STATUS)
        quote->is_halted = event->status.status != QT_INSTRUMENT_TRADING;
    if (event->kind == QT_EVENT_QUOTE)
        on_quote(leg, instrument, event);
    if (event->kind == QT_EVENT_DEPTH && quote->book) {
        enum qt_book_verdict verdict = qt_book_apply(quote->book, &event->depth, event->flags);
        (void)verdict; /* a book that missed something is not LIVE, and has no levels then */
    }
}

void
qt__router_watch(struct qt_router *router, uint32_t instrument, bool on)
{
    enum qt_book_rule rule = router->options.is_margined ? QT_BOOK_FUTURES : QT_BOOK_SPOT;
    for (size_t i = 0; i < router->options.legs; i++) {
        struct qt__router_leg *leg = &router->leg[i];
        struct qt__router_quote *quote = &leg->quote[instrument];
        if (quote->instrument == QT_NO_INSTRUMENT || !leg->port.feed.watch_depth)
            continue;
        qt_book_destroy(quote->book);
        quote->book = on ? qt_book_create(rule, QT__ROUTER_LEVELS) : NULL;
        leg->port.feed.watch_depth(leg->port.feed.self, quote->instrument, on);
    }
}

static struct qt_route_level
best_of(const struct qt__router_quote *quote, enum qt_side taken)
{
    if (taken == QT_SELL)
        return (struct qt_route_level){quote->ask, quote->ask_qty};
    return (struct qt_route_level){quote->bid, quote->bid_qty};
}

size_t
qt__router_levels(const struct qt__router_leg *leg, uint32_t instrument, enum qt_side side,
                  struct qt_route_level out[QT__ROUTER_LEVELS])
{
    const struct qt__router_quote *quote = &leg->quote[instrument];
    enum qt_side taken = side == QT_BUY ? QT_SELL : QT_BUY;
    struct qt_depth_level level[QT__ROUTER_LEVELS];
    size_t n = 0;
    if (quote->instrument == QT_NO_INSTRUMENT)
        return 0;
    if (quote->book && qt_book_state(quote->book) == QT_BOOK_LIVE)
        n = qt_book_levels(quote->book, taken, level, QT__ROUTER_LEVELS);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct qt_route_level){price_of(theirs(leg, instrument), level[i].px),
                                         qt__router_qty_in(leg, instrument, level[i].qty)};
    if (n > 0)
        return n;
    out[0] = best_of(quote, taken);
    return out[0].px > 0 && out[0].qty.v > 0 ? 1 : 0;
}
