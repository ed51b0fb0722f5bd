/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far the session's takers moved their market. An observation is an order, or several of one
 * symbol that follow each other so closely that the market had not answered yet:
 *
 *     y  the middle of the book when others have traded twice again, and a second has passed since
 *        the last fill, over the middle at the first one's decision (its arrival), less 1
 *     x  what the law of sim/impact.h gives with coefficient 1 for what the session had taken by
 *        then, less what it gave at the arrival for what it had taken before
 *
 * so that y is coefficient times x and what the market did by itself. Volume and volatility (of the
 * range, as the simulated exchange has it) are those of the 24 hours before each of the two, by the
 * session's own bars and trades. What an order paid has half the spread and its walk through the
 * book in it; neither is impact, and the simulation makes both by itself. Sources: Toth and others,
 * Anomalous price impact and the critical nature of liquidity in financial markets, 2011 (the law);
 * Parkinson, The Extreme Value Method for Estimating the Variance of the Rate of Return, 1980 (the
 * volatility).
 */
#include <math.h>
#include <stdlib.h>

#include "qtrade/base/num.h"
#include "qtrade/base/time.h"

#include "compare_priv.h"

#define SLOT_NS (15 * QT_NS_PER_MIN)
#define SETTLE_NS QT_NS_PER_S
#define STALE_NS (60 * QT_NS_PER_S)  /* an answer of the market so late says nothing */
#define PARKINSON 1.6651092223153954 /* 2 sqrt(ln 2) */

enum { SLOTS = 97, SLOTS_LEAST = 90, OTHERS = 2 };

/* A quarter of an hour. */
struct slot {
    int64_t number; /* since the epoch; 0: none */
    double volume, high, low;
    int64_t covered_ns; /* bars tell it up to here */
    bool has_trades;
};

struct burst {
    bool is_open;
    struct qt__arrival arrival;
    int64_t fill_ns; /* the last */
    uint64_t trade_id;
    unsigned others; /* trades of others since */
};

struct market {
    struct slot slot[SLOTS];
    double mid;             /* 0: none yet */
    struct qt_impact taken; /* by the session */
    struct burst burst;
};

struct qt__impact_watch {
    uint32_t symbols;
    struct market *market;
};

static const struct qt_impact_model unit = {1, QT_IMPACT_HALF_LIFE_NS};

struct qt__impact_watch *
qt__impact_watch_create(const struct qt_universe *universe)
{
    struct qt__impact_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->symbols = qt_universe_count(universe);
    watch->market = calloc(watch->symbols + 1, sizeof *watch->market);
    if (watch->market)
        return watch;
    free(watch);
    return NULL;
}

void
qt__impact_watch_destroy(struct qt__impact_watch *watch)
{
    if (watch)
        free(watch->market);
    free(watch);
}

/* The day */

static struct slot *
slot_of(struct market *market, int64_t number)
{
    struct slot *slot = &market->slot[number % SLOTS];
    if (slot->number < number)
        *slot = (struct slot){.number = number};
    return slot->number == number ? slot : NULL; /* NULL: longer ago than a day */
}

static void
add(struct slot *slot, double volume, double high, double low)
{
    bool is_first = slot->high <= 0;
    slot->volume += volume;
    slot->high = is_first ? high : QT_MAX(slot->high, high);
    slot->low = is_first ? low : QT_MIN(slot->low, low);
}

/* A bar of a quarter is the quarter; a longer one is what is not known better; shorter ones add up
 * to where trades begin. */
static void
take_bar(struct market *market, const struct qt_bar *bar, const struct qt_instrument *ins)
{
    double volume = qt_qty_to_double(bar->volume, ins->qty_scale);
    double high = qt_px_to_double(bar->high, ins->px_scale);
    double low = qt_px_to_double(bar->low, ins->px_scale);
    int64_t quarters = bar->period_ns / SLOT_NS, number = bar->open_ns / SLOT_NS;
    if (low <= 0 || bar->open_ns <= 0)
        return;
    for (int64_t i = 0; i < quarters && i < SLOTS; i++) {
        struct slot *slot = slot_of(market, number + i);
        if (!slot || (quarters > 1 && slot->high > 0))
            continue;
        *slot = (struct slot){.number = number + i, .covered_ns = (number + i + 1) * SLOT_NS};
        add(slot, volume / (double)quarters, high, low);
    }
    struct slot *slot = quarters == 0 ? slot_of(market, number) : NULL;
    if (!slot || slot->has_trades || bar->open_ns < slot->covered_ns)
        return;
    slot->covered_ns = bar->open_ns + bar->period_ns;
    add(slot, volume, high, low);
}

static void
take_trade(struct market *market, const struct qt_event *event, const struct qt_instrument *ins)
{
    double px = qt_px_to_double(event->trade.px, ins->px_scale);
    struct slot *slot = slot_of(market, event->t_recv_ns / SLOT_NS);
    if (!slot || px <= 0 || event->t_recv_ns < slot->covered_ns)
        return;
    slot->has_trades = true;
    add(slot, qt_qty_to_double(event->trade.qty, ins->qty_scale), px, px);
}

/* Volume and volatility of the 24 hours before; false: too little of them is known. */
static bool
day_of(const struct market *market, int64_t now_ns, double *out_volume, double *out_sigma)
{
    int64_t last = now_ns / SLOT_NS;
    double part = 1 - (double)(now_ns % SLOT_NS) / (double)SLOT_NS; /* of the oldest quarter */
    struct slot sum = {0};
    unsigned known = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        const struct slot *slot = &market->slot[i];
        if (slot->high <= 0 || slot->number <= last - SLOTS || slot->number > last)
            continue;
        bool is_oldest = slot->number == last - SLOTS + 1;
        known++;
        if (!is_oldest || part >= 0.5)
            add(&sum, is_oldest ? part * slot->volume : slot->volume, slot->high, slot->low);
        else
            sum.volume += part * slot->volume;
    }
    if (known < SLOTS_LEAST || sum.volume <= 0 || sum.high <= sum.low)
        return false;
    *out_volume = sum.volume;
    *out_sigma = qt_log(sum.high / sum.low) / PARKINSON;
    return true;
}

/* Orders */

/* What the law gives with coefficient 1 for what the session has taken; false: too little is known
 * of the day. */
static bool
displaced(const struct market *market, int64_t now_ns, double *out)
{
    double volume, sigma;
    if (!day_of(market, now_ns, &volume, &sigma))
        return false;
    *out = qt_impact_of(&unit, &market->taken, now_ns, volume, sigma);
    return true;
}

void
qt__impact_watch_order(const struct qt__impact_watch *watch, struct qt__compare_row *row)
{
    const struct market *market = &watch->market[row->request.instrument];
    row->arrival.mid = market->mid;
    row->arrival.has_day = displaced(market, row->decided_ns, &row->arrival.displaced);
}

void
qt__impact_watch_fill(struct qt__impact_watch *watch, const struct qt__compare *compare,
                      const struct qt_event *event, const struct qt_fill *fill)
{
    const struct qt__compare_row *row = qt__compare_find(compare, fill->client_id);
    const struct qt_instrument *ins = qt_universe_at(compare->head->universe, event->instrument);
    struct market *market = &watch->market[event->instrument];
    struct burst *burst = &market->burst;
    if (fill->is_maker || !row)
        return;
    qt_impact_take(&unit, &market->taken, event->t_recv_ns, (enum qt_side)fill->side,
                   qt_qty_to_double(fill->qty, ins->qty_scale));
    if (!burst->is_open)
        *burst = (struct burst){.is_open = row->arrival.mid > 0, .arrival = row->arrival};
    burst->fill_ns = event->t_recv_ns;
    burst->trade_id = QT_MAX(burst->trade_id, fill->trade_id);
    burst->others = 0;
}

/* The market has answered. */
static bool
settle(const struct market *market, struct qt__compare *compare, int64_t now_ns)
{
    const struct qt__arrival *arrival = &market->burst.arrival;
    double now;
    if (!arrival->has_day || !displaced(market, now_ns, &now)) {
        compare->seen.impact_without_day++;
        return true;
    }
    return qt__samples_add(&compare->seen.impact_before, arrival->displaced) &&
           qt__points_add(&compare->seen.impact, (struct qt_point){now - arrival->displaced,
                                                                   market->mid / arrival->mid - 1});
}

static bool
take_quote(struct market *market, struct qt__compare *compare, const struct qt_event *event,
           const struct qt_instrument *ins)
{
    const struct qt_quote *quote = &event->quote;
    struct burst *burst = &market->burst;
    if (!qt_px_is_positive(quote->bid) || !qt_px_is_positive(quote->ask))
        return true;
    market->mid =
        (qt_px_to_double(quote->bid, ins->px_scale) + qt_px_to_double(quote->ask, ins->px_scale)) /
        2;
    int64_t passed = event->t_recv_ns - burst->fill_ns;
    if (!burst->is_open || (passed <= STALE_NS && (passed < SETTLE_NS || burst->others < OTHERS)))
        return true;
    burst->is_open = false;
    return passed > STALE_NS || settle(market, compare, event->t_recv_ns);
}

bool
qt__impact_watch_market(struct qt__impact_watch *watch, struct qt__compare *compare,
                        const struct qt_event *event)
{
    if (event->instrument >= watch->symbols)
        return true;
    const struct qt_instrument *ins = qt_universe_at(compare->head->universe, event->instrument);
    struct market *market = &watch->market[event->instrument];
    if (event->kind == QT_EVENT_QUOTE)
        return take_quote(market, compare, event, ins);
    if (event->kind == QT_EVENT_BAR) {
        take_bar(market, &event->bar, ins);
    } else if (event->kind == QT_EVENT_TRADE) {
        take_trade(market, event, ins);
        market->burst.others += event->trade.id > market->burst.trade_id;
    }
    return true;
}
