/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The router's ends: opened over its legs, worked by the engine, read by people.
 */
#include "qtrade/venue/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/snapshot.h"

#include "router_priv.h"

enum { FAILURES = 3, COOL_S = 30, COOL_MOST = 16, NOT_FOUND_S = 60 };

void
qt__router_push(struct qt_router *router, const struct qt_event *event)
{
    struct qt_event copy = *event;
    router->sink->push(router->sink->self, &copy);
}

/* Market data are those of leg 0; the account and the requests are as good as the worst leg's and
 * the best leg's. */
static uint8_t
link_of_all(const struct qt_router *router, enum qt_link_kind kind)
{
    uint8_t worst = QT_LINK_UP, best = QT_LINK_DOWN;
    for (size_t i = 0; i < router->options.legs; i++) {
        uint8_t state = router->leg[i].link[kind];
        worst = state < worst ? state : worst;
        best = state > best ? state : best;
    }
    if (kind == QT_LINK_MARKET)
        return router->leg[0].link[kind];
    return kind == QT_LINK_USER ? worst : best;
}

static void
on_link(struct qt__router_leg *leg, const struct qt_event *event)
{
    struct qt_event told = *event;
    if (event->link.kind >= QT_LINK_KINDS)
        return;
    leg->reconnects +=
        event->link.state == QT_LINK_DOWN && leg->link[event->link.kind] != QT_LINK_DOWN;
    leg->link[event->link.kind] = event->link.state;
    told.link.state = link_of_all(leg->router, (enum qt_link_kind)event->link.kind);
    snprintf(told.link.reason, sizeof told.link.reason, "%s: %.60s", leg->port.name,
             event->link.reason[0] ? event->link.reason : qt_link_state_name(event->link.state));
    qt__router_push(leg->router, &told);
}

/* Everything that a leg says comes by here. */
static void
take(void *self, struct qt_event *event)
{
    struct qt__router_leg *leg = self;
    leg->router->now_ns = event->t_recv_ns;
    if (event->kind == QT_EVENT_LINK) {
        on_link(leg, event);
        return;
    }
    if (event->kind == QT_EVENT_BALANCE) {
        qt__router_balance(leg, event);
        return;
    }
    if (event->kind == QT_EVENT_SYNC) {
        qt__router_read(leg, event);
        return;
    }
    if (event->kind == QT_EVENT_INCOME) {
        qt__router_push(leg->router, event);
        return;
    }
    bool is_known = event->instrument < qt_universe_count(leg->port.universe) &&
                    leg->own[event->instrument] != QT_NO_INSTRUMENT;
    if (is_known && event->kind == QT_EVENT_REPORT) {
        qt__router_report(leg, event);
        return;
    }
    if (is_known)
        qt__router_market(leg, event);
    if (leg->index == 0)
        qt__router_push(leg->router, event);
}

/* Leg 0 waits for all: the others' sockets are looked at after it, and at most so late. */
enum { TURN_MS = 2 };

static int
work(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct qt_router *router = self;
    int events = 0;
    router->sink = sink;
    for (size_t i = 0; i < router->options.legs; i++) {
        struct qt__router_leg *leg = &router->leg[i];
        int wait_ms = i == 0 && timeout_ms > TURN_MS ? TURN_MS : i == 0 ? timeout_ms : 0;
        int n = leg->port.feed.work(leg->port.feed.self, &leg->sink, wait_ms);
        if (leg->port.venue.work)
            (void)leg->port.venue.work(leg->port.venue.self, &leg->sink, 0);
        if (n < 0 && i == 0)
            events = -1;
        else if (n > 0 && events >= 0)
            events += n;
    }
    for (size_t i = 0; i < router->options.legs; i++) {
        struct qt__router_leg *leg = &router->leg[i];
        leg->needs_read = leg->needs_read && !leg->port.venue.sync(leg->port.venue.self);
    }
    qt__router_place_rests(router);
    qt__router_look_after(router);
    return events;
}

static void
wake(void *self)
{
    struct qt_router *router = self;
    if (router->leg[0].port.feed.wake)
        router->leg[0].port.feed.wake(router->leg[0].port.feed.self);
}

static void
watch_depth(void *self, uint32_t instrument, bool on)
{
    qt__router_watch(self, instrument, on);
}

static bool
sync(void *self)
{
    struct qt_router *router = self;
    bool is_good = true;
    for (size_t i = 0; i < router->options.legs; i++) {
        struct qt__router_leg *leg = &router->leg[i];
        leg->is_read = false;
        is_good &= leg->port.venue.sync(leg->port.venue.self);
    }
    return is_good;
}

struct qt_feed_port
qt_router_feed(struct qt_router *router)
{
    return (struct qt_feed_port){
        .self = router, .work = work, .wake = wake, .watch_depth = watch_depth};
}

static struct qt_venue_view
view_of(const struct qt__router_leg *leg)
{
    int64_t now_ns = qt_clock_utc_ns(leg->router->options.clock);
    struct qt_venue_view view = {.feed_age_ns = leg->market_ns ? QT_MAX(now_ns - leg->market_ns, 0)
                                                               : INT64_MAX,
                                 .round_trip_ns = (int64_t)(leg->record.latency_s * QT_NS_PER_S),
                                 .reconnects = leg->reconnects,
                                 .is_excluded = !qt__router_is_usable(leg),
                                 .parts = leg->parts,
                                 .refused = leg->record.refusals,
                                 .slip_bps = leg->record.slip * 1e4};
    qt_copy(view.name, sizeof view.name, leg->port.name);
    memcpy(view.link, leg->link, sizeof view.link);
    if (leg->port.venue.look) {
        int64_t of_orders_ns = view.round_trip_ns;
        leg->port.venue.look(leg->port.venue.self, &view);
        view.round_trip_ns = of_orders_ns;
    }
    return view;
}

static size_t
legs(const void *self, struct qt_venue_view *out, size_t n)
{
    const struct qt_router *router = self;
    size_t count = QT_MIN(router->options.legs, n);
    for (size_t i = 0; i < count; i++)
        out[i] = view_of(&router->leg[i]);
    return count;
}

static size_t
spread(const void *self, uint32_t instrument, struct qt_venue_part *out, size_t n)
{
    const struct qt_router *router = self;
    size_t count = QT_MIN(router->options.legs, n);
    for (size_t i = 0; i < count; i++) {
        const struct qt__router_leg *leg = &router->leg[i];
        out[i] = (struct qt_venue_part){
            .selling = qt__router_promised(leg, instrument),
            .is_traded = leg->quote[instrument].instrument != QT_NO_INSTRUMENT};
        if (!qt__router_holding(leg, instrument, &out[i].held))
            out[i].held = QT_QTY_ZERO;
    }
    return count;
}

struct qt_venue_port
qt_router_venue(struct qt_router *router)
{
    return (struct qt_venue_port){.self = router,
                                  .name = router->options.leg[0].venue.name,
                                  .submit = qt__router_submit,
                                  .cancel = qt__router_cancel,
                                  .cancel_all = qt__router_cancel_all,
                                  .query = qt__router_query,
                                  .sync = sync,
                                  .legs = legs,
                                  .spread = spread};
}

/* A leg's symbol is used where leg 0 has it, with scales that hold the leg's numbers. */
static void
match_instrument(struct qt__router_leg *leg, uint32_t instrument)
{
    const struct qt_instrument *ours = qt_universe_at(leg->router->universe, instrument);
    uint32_t own = qt_universe_find(leg->port.universe, ours->symbol, strlen(ours->symbol));
    const struct qt_instrument *theirs =
        own == QT_NO_INSTRUMENT ? NULL : qt_universe_at(leg->port.universe, own);
    leg->quote[instrument].instrument = QT_NO_INSTRUMENT;
    if (!theirs || theirs->px_scale > ours->px_scale || theirs->qty_scale > ours->qty_scale)
        return;
    leg->quote[instrument].instrument = own;
    leg->own[own] = instrument;
}

static bool
open_leg(struct qt_router *router, unsigned index)
{
    struct qt__router_leg *leg = &router->leg[index];
    const struct qt_router_options *options = &router->options;
    uint32_t count = qt_universe_count(router->universe);
    *leg = (struct qt__router_leg){
        .router = router, .index = index, .port = options->leg[index], .sink = {leg, take}};
    uint32_t theirs = qt_universe_count(leg->port.universe);
    leg->quote = calloc(count, sizeof *leg->quote);
    leg->own = calloc(theirs, sizeof *leg->own);
    leg->held = calloc(QT__ROUTER_ASSETS, sizeof *leg->held);
    if (!leg->quote || !leg->own || !leg->held)
        return false;
    const struct qt_breaker_policy policy = {.threshold = options->failures,
                                             .needed = 1,
                                             .cool_ns = options->cool_ns,
                                             .cool_max_ns = options->cool_ns * COOL_MOST};
    qt_breaker_init(&leg->breaker, &policy);
    for (uint32_t i = 0; i < theirs; i++)
        leg->own[i] = QT_NO_INSTRUMENT;
    for (uint32_t i = 0; i < count; i++)
        match_instrument(leg, i);
    return true;
}

static bool
make(struct qt_router *router)
{
    uint32_t count = qt_universe_count(router->universe);
    router->pace = calloc(count, sizeof *router->pace);
    router->order = calloc(QT__ROUTER_ORDERS, sizeof *router->order);
    router->by_id = qt_map_create(QT__ROUTER_ORDERS);
    router->asset = qt_textmap_create(QT__ROUTER_ASSETS);
    router->asset_name = calloc(QT__ROUTER_ASSETS, sizeof *router->asset_name);
    bool is_good = router->pace && router->order && router->by_id && router->asset &&
                   router->asset_name;
    for (unsigned i = 0; is_good && i < router->options.legs; i++)
        is_good = open_leg(router, i);
    return is_good;
}

static bool
check(const struct qt_router_options *options, struct qt_error *err)
{
    if (options->legs < 2 || options->legs > QT_ROUTE_VENUES)
        return qt_fail(err, QT_E_CONFIG, "a router has 2 to %d venues, not %zu", QT_ROUTE_VENUES,
                       options->legs);
    for (size_t i = 0; i < options->legs; i++) {
        if (qt_universe_count(options->leg[i].universe) == 0)
            return qt_fail(err, QT_E_CONFIG, "venue %s has no symbols", options->leg[i].name);
    }
    return true;
}

struct qt_router *
qt_router_open(const struct qt_router_options *options, struct qt_error *err)
{
    if (!check(options, err))
        return NULL;
    struct qt_router *router = calloc(1, sizeof *router);
    if (router) {
        router->options = *options;
        router->universe = options->leg[0].universe;
        router->opened_ns = router->now_ns = qt_clock_utc_ns(options->clock);
        if (options->failures == 0)
            router->options.failures = FAILURES;
        if (options->cool_ns == 0)
            router->options.cool_ns = COOL_S * QT_NS_PER_S;
        if (options->not_found_ns == 0)
            router->options.not_found_ns = NOT_FOUND_S * QT_NS_PER_S;
        if (make(router))
            return router;
    }
    qt_router_close(router);
    (void)qt_fail(err, QT_E_MEMORY, "no memory for the router");
    return NULL;
}

void
qt_router_close(struct qt_router *router)
{
    if (!router)
        return;
    for (size_t i = 0; i < router->options.legs; i++) {
        struct qt__router_leg *leg = &router->leg[i];
        for (uint32_t k = 0; leg->quote && k < qt_universe_count(router->universe); k++)
            qt_book_destroy(leg->quote[k].book);
        free(leg->quote);
        free(leg->own);
        free(leg->held);
    }
    qt_textmap_destroy(router->asset);
    free(router->asset_name);
    qt_map_destroy(router->by_id);
    free(router->order);
    free(router->pace);
    free(router);
}
