/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What moves the inline exchange, and how its feed tells it. A backtest plays its source a few
 * ticks a call; paper passes a live feed on and matches by its quotes and trades.
 */
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "inline_priv.h"

enum { TICKS_A_WORK = 64 };

static void
tell_link(struct qt_inline_venue *venue, enum qt_link_kind kind)
{
    struct qt_event event = {.kind = QT_EVENT_LINK,
                             .instrument = QT_NO_INSTRUMENT,
                             .link = {.kind = (uint8_t)kind, .state = QT_LINK_UP}};
    qt_copy(event.link.reason, sizeof event.link.reason, "inside this process");
    qt__inline_push(venue, &event);
}

static void
tell_history(void *context, uint32_t instrument, const struct qt_bar *bar)
{
    struct qt_event event = {
        .kind = QT_EVENT_BAR, .instrument = instrument, .flags = QT_EVENT_HISTORY, .bar = *bar};
    qt__inline_push(context, &event);
}

static void
tell_bar(struct qt_inline_venue *venue, uint32_t instrument, const struct qt_bar *bar)
{
    struct qt_event event = {.kind = QT_EVENT_BAR, .instrument = instrument, .bar = *bar};
    qt__inline_push(venue, &event);
}

static void
set_now(struct qt_inline_venue *venue, int64_t now_ns)
{
    venue->now_ns = QT_MAX(venue->now_ns, now_ns);
    venue->core->advance(venue);
}

/* Bars whose end lies at or before t, in order of their ends. */
static void
release_bars(struct qt_inline_venue *venue, int64_t t_ns)
{
    size_t n = 0;
    for (; n < venue->bars && venue->bar[n].end_ns <= t_ns; n++) {
        set_now(venue, venue->bar[n].end_ns);
        tell_bar(venue, venue->bar[n].instrument, &venue->bar[n].bar);
    }
    venue->bars -= n;
    memmove(venue->bar, &venue->bar[n], venue->bars * sizeof venue->bar[0]);
}

/* A recorded bar is told at its end, not at its last tick. At most two a symbol wait at once. */
static void
keep_bar(struct qt_inline_venue *venue, uint32_t instrument, const struct qt_bar *bar)
{
    struct qt__inline_bar kept = {bar->open_ns + bar->period_ns, instrument, *bar};
    size_t at = venue->bars++;
    for (; at > 0 && (venue->bar[at - 1].end_ns > kept.end_ns ||
                      (venue->bar[at - 1].end_ns == kept.end_ns &&
                       venue->bar[at - 1].instrument > instrument));
         at--)
        venue->bar[at] = venue->bar[at - 1];
    venue->bar[at] = kept;
}

static void
tell_trade(struct qt_inline_venue *venue, const struct qt_source_tick *tick)
{
    struct qt_event event = {.kind = QT_EVENT_TRADE,
                             .instrument = tick->instrument,
                             .flags = tick->is_sell ? QT_EVENT_BUYER_MAKER : 0,
                             .trade = {.px = tick->px, .qty = tick->qty}};
    qt__inline_push(venue, &event);
}

static void
tell_quote(struct qt_inline_venue *venue, uint32_t instrument, const struct qt_ladder *ladder)
{
    struct qt_event event = {.kind = QT_EVENT_QUOTE,
                             .instrument = instrument,
                             .quote = {.bid = QT_PX_NONE, .ask = QT_PX_NONE}};
    if (ladder->n_bids > 0) {
        event.quote.bid = ladder->bids[0].px;
        event.quote.bid_qty = ladder->bids[0].qty;
    }
    if (ladder->n_asks > 0) {
        event.quote.ask = ladder->asks[0].px;
        event.quote.ask_qty = ladder->asks[0].qty;
    }
    qt__inline_push(venue, &event);
}

/* I2: cancels, TRADE, QUOTE, fills by the market, new orders, balances. */
static void
play(struct qt_inline_venue *venue, const struct qt_source_tick *tick)
{
    struct qt_ladder ladder;
    uint32_t id = tick->instrument;
    bool is_needed = qt__inline_is_needed(venue, id);
    set_now(venue, tick->t_ns);
    venue->tick++;
    qt__inline_deliver(venue, id, false);
    qt_source_ladder(venue->source, id, is_needed ? QT_LADDER_LEVELS : 1, &ladder);
    tell_trade(venue, tick);
    tell_quote(venue, id, &ladder);
    if (!is_needed && !venue->core->sees_all)
        return;
    venue->core->tick(venue, id, tick->is_sell ? QT_SELL : QT_BUY, tick->px, tick->qty, &ladder);
    qt__inline_deliver(venue, id, true);
    qt__inline_tell_changes(venue, id);
}

static void
begin(struct qt_inline_venue *venue)
{
    if (venue->has_begun)
        return;
    venue->has_begun = true;
    if (venue->source) {
        tell_link(venue, QT_LINK_MARKET);
        if (venue->options.emits_history)
            qt_source_history(venue->source, tell_history, venue);
    }
    tell_link(venue, QT_LINK_REST);
    tell_link(venue, QT_LINK_USER);
}

int
qt__inline_work_backtest(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct qt_inline_venue *venue = self;
    struct qt_source_tick tick;
    int ticks = venue->options.ticks_a_work ? venue->options.ticks_a_work : TICKS_A_WORK, n = 0;
    (void)timeout_ms;
    venue->sink = sink;
    begin(venue);
    qt__inline_answer(venue);
    for (; n < ticks; n++) {
        int64_t t_ns = qt_source_peek(venue->source);
        if (t_ns != QT_TIME_NONE)
            release_bars(venue, t_ns);
        if (!qt_source_next(venue->source, &tick))
            break;
        play(venue, &tick);
        const struct qt_bar *bar =
            tick.ends_bar ? qt_source_ended_bar(venue->source, tick.instrument) : NULL;
        if (bar)
            keep_bar(venue, tick.instrument, bar);
        if (venue->questions > 0 || venue->is_sync_wanted)
            qt__inline_answer(venue);
    }
    if (n == 0)
        release_bars(venue, INT64_MAX);
    venue->sink = NULL;
    return n > 0 ? n : -1;
}

/* Paper */

/* False: no book can be made of the quote (crossed, or empty). */
static bool
match_quote(struct qt_inline_venue *venue, uint32_t id, const struct qt_quote *quote)
{
    struct qt_ladder ladder = {0};
    if (qt_px_is_positive(quote->bid) && qt_qty_sign(quote->bid_qty) > 0)
        ladder.bids[ladder.n_bids++] = (struct qt_depth_level){quote->bid, quote->bid_qty};
    if (qt_px_is_positive(quote->ask) && qt_qty_sign(quote->ask_qty) > 0)
        ladder.asks[ladder.n_asks++] = (struct qt_depth_level){quote->ask, quote->ask_qty};
    bool is_crossed = ladder.n_bids && ladder.n_asks && qt_px_cmp(quote->bid, quote->ask) >= 0;
    if (is_crossed || ladder.n_bids + ladder.n_asks == 0)
        return false;
    venue->core->quote(venue, id, &ladder);
    return true;
}

static void
match_trade(struct qt_inline_venue *venue, const struct qt_event *event, bool is_needed)
{
    const struct qt_trade *trade = &event->trade;
    enum qt_side aggressor = event->flags & QT_EVENT_BUYER_MAKER ? QT_SELL : QT_BUY;
    if (!qt_px_is_positive(trade->px) || qt_qty_sign(trade->qty) <= 0)
        return;
    if (is_needed)
        venue->core->tick(venue, event->instrument, aggressor, trade->px, trade->qty, NULL);
    else
        venue->core->set_last(venue, event->instrument, trade->px);
}

/* The market follows the stream that the engine follows. */
static bool
moves_market(struct qt_inline_venue *venue, const struct qt_event *event)
{
    const struct qt_sources_config *config = venue->options.sources;
    struct qt_event step;
    if (!venue->sources)
        return true;
    struct qt_sources *sources = &venue->sources[event->instrument];
    unsigned use = qt_sources_take(sources, config, event);
    if ((use & QT_SOURCES_CHANGED) && qt_sources_step(sources, config, event->t_recv_ns, &step))
        (void)match_quote(venue, event->instrument, &step.quote);
    return use & QT_SOURCES_PRICE;
}

/* The symbol's book is its last quote's; false: there was none yet. */
static bool
set_standing(struct qt_inline_venue *venue, uint32_t id)
{
    struct qt__inline_standing *standing = &venue->standing[id];
    if (standing->is_known && !standing->is_set)
        standing->is_set = match_quote(venue, id, &standing->quote);
    return standing->is_set;
}

/* The request whose time comes next, before t; false: none. */
static bool
find_due(const struct qt_inline_venue *venue, int64_t t_ns, int64_t *out_ns, uint32_t *out_id)
{
    int64_t first_ns = t_ns;
    for (size_t i = 0; i < venue->letters; i++) {
        const struct qt__inline_letter *letter = &venue->letter[i];
        if (letter->due_ns < first_ns && venue->standing[letter->request.instrument].is_known) {
            first_ns = letter->due_ns;
            *out_id = letter->request.instrument;
        }
    }
    *out_ns = first_ns;
    return first_ns < t_ns;
}

/* Requests whose time comes before the next event meet the book as it stands. */
static void
deliver_standing(struct qt_inline_venue *venue, int64_t t_ns)
{
    int64_t due_ns;
    uint32_t id = 0;
    size_t left = venue->letters;
    for (; left > 0 && find_due(venue, t_ns, &due_ns, &id); left--) {
        set_now(venue, due_ns);
        venue->tick++;
        qt__inline_deliver(venue, id, false);
        if (set_standing(venue, id))
            qt__inline_deliver(venue, id, true);
        qt__inline_tell_changes(venue, id);
    }
}

/* A quote came: the book is its own. */
static void
stand(struct qt_inline_venue *venue, uint32_t id, const struct qt_quote *quote, bool is_set)
{
    if (venue->standing)
        venue->standing[id] = (struct qt__inline_standing){*quote, true, is_set};
}

/* A live event goes on to the engine first: nothing the engine does on it can trade with it. New
 * orders wait for a quote, whose book is the one they meet. */
static void
pass_on(void *self, struct qt_event *event)
{
    struct qt_inline_venue *venue = self;
    struct qt_event copy = *event;
    uint32_t id = copy.instrument;
    bool is_quote = copy.kind == QT_EVENT_QUOTE, is_trade = copy.kind == QT_EVENT_TRADE;
    if (venue->standing)
        deliver_standing(venue, copy.t_recv_ns);
    set_now(venue, copy.t_recv_ns);
    if (!(is_quote || is_trade) || id >= qt_universe_count(venue->universe) ||
        !moves_market(venue, &copy)) {
        qt__inline_push(venue, event);
        return;
    }
    venue->tick++;
    qt__inline_deliver(venue, id, false);
    bool is_needed = qt__inline_is_needed(venue, id), is_set = false;
    bool is_seen = is_needed || venue->core->sees_all;
    qt__inline_push(venue, event);
    if (is_trade)
        match_trade(venue, &copy, is_needed);
    else if (is_seen && (is_set = match_quote(venue, id, &copy.quote)))
        qt__inline_deliver(venue, id, true);
    if (is_quote)
        stand(venue, id, &copy.quote, is_set);
    qt__inline_tell_changes(venue, id);
}

int
qt__inline_work_paper(void *self, const struct qt_event_sink *sink, int timeout_ms)
{
    struct qt_inline_venue *venue = self;
    const struct qt_event_sink own = {.self = venue, .push = pass_on};
    venue->sink = sink;
    if (venue->now_ns > 0) {
        begin(venue);
        qt__inline_answer(venue);
    }
    int n = venue->feed.work(venue->feed.self, &own, timeout_ms);
    venue->sink = NULL;
    return n;
}

static void
wake_paper(void *self)
{
    struct qt_inline_venue *venue = self;
    if (venue->feed.wake)
        venue->feed.wake(venue->feed.self);
}

static void
watch_paper(void *self, uint32_t instrument, bool on)
{
    struct qt_inline_venue *venue = self;
    if (venue->feed.watch_depth)
        venue->feed.watch_depth(venue->feed.self, instrument, on);
}

struct qt_feed_port
qt_inline_feed(struct qt_inline_venue *venue)
{
    if (venue->source)
        return (struct qt_feed_port){.self = venue, .work = qt__inline_work_backtest};
    return (struct qt_feed_port){.self = venue,
                                 .work = qt__inline_work_paper,
                                 .wake = wake_paper,
                                 .watch_depth = watch_paper};
}
