/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recorded klines as a market: inside each bar ticks walk from the open over the extremes to the
 * close. A rising bar goes down first, a falling one up first (the longer way, which hits stops
 * rather than sparing them). All symbols merge through a heap by time, then instrument.
 */
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "source_priv.h"

enum { CORNERS = 4, TICKS_MAX = 10000 };

/* One symbol's way through its bars. */
struct track {
    const struct qt_series *series;
    size_t bar;       /* the one being played */
    size_t first_bar; /* played first: those before are history */
    int ticks, tick;  /* of the bar; next one inside it */
    int64_t slot_ns;  /* from one tick of the bar to the next */
    int64_t next_ns;
    int64_t phase_ns; /* its place inside each slot, so that symbols do not tick at once */
    qt_qty left;      /* volume of the bar not told yet */
    qt_px last;
    double days; /* whose volume was learned */
};

struct replay {
    struct qt_source base;
    int ticks;
    struct track *track;
    uint32_t *heap; /* tracks that go on, the next tick first */
    uint32_t heap_n;
    int64_t now_ns, end_ns;
};

static struct replay *
self(struct qt_source *source)
{
    return (struct replay *)(void *)source;
}

/* Heap by time, then instrument. */
static bool
is_before(const struct replay *replay, uint32_t a, uint32_t b)
{
    const struct track *ta = &replay->track[a], *tb = &replay->track[b];
    return ta->next_ns != tb->next_ns ? ta->next_ns < tb->next_ns : a < b;
}

static void
sift_down(struct replay *replay, uint32_t at)
{
    uint32_t *heap = replay->heap;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= replay->heap_n)
            return;
        if (child + 1 < replay->heap_n && is_before(replay, heap[child + 1], heap[child]))
            child++;
        if (!is_before(replay, heap[child], heap[at]))
            return;
        uint32_t moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
        at = child;
    }
}

/* Ticks of the bar that is played: never more than it has time or lots for, but its corners. */
static int
ticks_of(const struct replay *replay, const struct track *track)
{
    int64_t most = QT_MIN((int64_t)replay->ticks, track->series->period_ns / QT_NS_PER_MS);
    double lots = qt_qty_to_double(track->series->bars[track->bar].volume, 0) /
                  qt_qty_to_double(track->series->ins.lot, 0);
    return lots < (double)most ? QT_MAX(CORNERS, (int)lots) : (int)most;
}

/* The phase is of the shortest slot: it fits the longer ones of bars with fewer ticks. */
static void
set_time(struct track *track)
{
    const struct qt_bar *bar = &track->series->bars[track->bar];
    track->next_ns = bar->open_ns + track->tick * track->slot_ns + track->phase_ns;
}

static void
enter_bar(const struct replay *replay, struct track *track)
{
    track->tick = 0;
    track->ticks = ticks_of(replay, track);
    track->slot_ns = track->series->period_ns / track->ticks;
    track->left = track->series->bars[track->bar].volume;
    set_time(track);
}

/* The price on the way at tick k of n: corners at fixed ticks, straight lines between them with a
 * jitter that stays inside the leg. */
static qt_px
price_at(const struct track *track, int k, int n, uint64_t noise)
{
    const struct qt_bar *bar = &track->series->bars[track->bar];
    const struct qt_instrument *ins = &track->series->ins;
    bool is_rising = qt_px_cmp(bar->close, bar->open) >= 0;
    const qt_px corner[CORNERS] = {bar->open, is_rising ? bar->low : bar->high,
                                   is_rising ? bar->high : bar->low, bar->close};
    int leg = 0;
    while (leg < CORNERS - 2 && k > (leg + 1) * (n - 1) / (CORNERS - 1))
        leg++;
    int from = leg * (n - 1) / (CORNERS - 1), to = (leg + 1) * (n - 1) / (CORNERS - 1);
    if (k == from)
        return corner[leg];
    if (k == to)
        return corner[leg + 1];
    double a = qt_px_to_double(corner[leg], ins->px_scale);
    double b = qt_px_to_double(corner[leg + 1], ins->px_scale);
    double share = ((double)(k - from) + ((double)(noise >> 11) * 0x1p-53 - 0.5)) / (to - from);
    qt_px px;
    if (!qt_px_of_double(a + (b - a) * share, ins->px_scale, &px))
        return corner[leg];
    px = qt_px_round(px, ins->tick);
    px = qt_px_cmp(px, bar->high) > 0 ? bar->high : px;
    return qt_px_cmp(px, bar->low) < 0 ? bar->low : px;
}

/* Lots are so few that not every tick has one: the open takes its lot, then the extremes. */
static qt_qty
scarce_quantity(const struct track *track, int k, qt_px px)
{
    const struct qt_bar *bar = &track->series->bars[track->bar];
    qt_qty lot = track->series->ins.lot, rest;
    bool is_news = qt_px_cmp(px, bar->open) != 0 && qt_px_cmp(px, bar->close) != 0;
    bool leaves_one = qt_qty_sub(track->left, lot, &rest) && qt_qty_cmp(rest, lot) >= 0;
    return leaves_one && (k == 0 || is_news) ? lot : QT_QTY_ZERO;
}

/* 0.5 to 1.5 of an even part of what is left, a lot at least, and a lot left for each tick to come.
 */
static qt_qty
middle_quantity(const struct track *track, int k, int n, qt_px px, uint64_t noise)
{
    qt_qty lot = track->series->ins.lot, most;
    qt_money part, reserve;
    int64_t share = 500 + (int64_t)(noise % 1001);
    if (!qt_money_mul_div(qt_money_of_qty(lot), n - k - 1, 1, &reserve) ||
        !qt_qty_sub(track->left, qt_qty_of_money(reserve), &most) || qt_qty_cmp(most, lot) < 0)
        return scarce_quantity(track, k, px);
    if (!qt_money_mul_div(qt_money_of_qty(track->left), share, 1000 * (int64_t)(n - k), &part))
        part = QT_MONEY_ZERO;
    qt_qty qty = qt_qty_min(qt_qty_floor(qt_qty_of_money(part), lot), most);
    return qt_qty_cmp(qty, lot) < 0 ? lot : qty;
}

/* The last tick takes what is left. */
static qt_qty
quantity_at(struct track *track, int k, int n, qt_px px, uint64_t noise)
{
    qt_qty qty = k + 1 < n ? middle_quantity(track, k, n, px, noise) : track->left;
    if (!qt_qty_sub(track->left, qty, &track->left))
        track->left = QT_QTY_ZERO;
    return qty;
}

/* Down is a seller, up a buyer; at the same price as often as takers bought in the bar. */
static bool
is_sell(const struct track *track, qt_px px, uint64_t noise)
{
    const struct qt_bar *bar = &track->series->bars[track->bar];
    int moved = qt_px_is_none(track->last) ? 0 : qt_px_cmp(px, track->last);
    if (moved != 0)
        return moved < 0;
    double volume = qt_qty_to_double(bar->volume, 0), bought = qt_qty_to_double(bar->taker_buy, 0);
    double share = volume > 0 && bought >= 0 ? bought / volume : 0.5;
    return (double)(noise >> 11) * 0x1p-53 >= share;
}

/* A bar has been told: the day's volume moves a day's share toward its own; on the first day it is
 * the mean so far. */
static void
learn(struct replay *replay, uint32_t i, const struct qt_bar *bar)
{
    struct qt__quoted *quoted = &replay->base.quoted[i];
    double days = (double)bar->period_ns / (double)QT_NS_PER_DAY;
    double day = qt_money_to_double(bar->quote_volume, QT_MONEY_SCALE) / days;
    replay->track[i].days += days;
    quoted->liquidity +=
        (day - quoted->liquidity) * QT_MIN(days / QT_MIN(replay->track[i].days, 1), 1);
}

static void
advance(struct replay *replay, uint32_t i)
{
    struct track *track = &replay->track[i];
    if (++track->tick < track->ticks) {
        set_time(track);
    } else {
        learn(replay, i, &track->series->bars[track->bar]);
        if (++track->bar < track->series->n)
            enter_bar(replay, track);
        else
            replay->heap[0] = replay->heap[--replay->heap_n];
    }
    if (replay->heap_n > 0)
        sift_down(replay, 0);
}

static bool
replay_next(struct qt_source *source, struct qt_source_tick *out)
{
    struct replay *replay = self(source);
    if (replay->heap_n == 0)
        return false;
    uint32_t i = replay->heap[0];
    struct track *track = &replay->track[i];
    int n = track->ticks;
    uint64_t noise =
        qt__mix(qt__mix(source->seed, source->quoted[i].key), (uint64_t)track->next_ns);
    qt_px px = price_at(track, track->tick, n, noise);
    *out =
        (struct qt_source_tick){.t_ns = track->next_ns,
                                .instrument = source->first + i,
                                .is_sell = is_sell(track, px, qt__mix(noise, 1)),
                                .ends_bar = track->tick + 1 == n,
                                .px = px,
                                .qty = quantity_at(track, track->tick, n, px, qt__mix(noise, 2))};
    track->last = px;
    replay->now_ns = track->next_ns;
    advance(replay, i);
    return true;
}

static int64_t
replay_peek(struct qt_source *source)
{
    const struct replay *replay = self(source);
    return replay->heap_n ? replay->track[replay->heap[0]].next_ns : QT_TIME_NONE;
}

static void
replay_history(struct qt_source *source,
               void (*fn)(void *context, uint32_t instrument, const struct qt_bar *bar),
               void *context)
{
    const struct replay *replay = self(source);
    for (uint32_t i = 0; i < source->n; i++)
        for (size_t b = 0; b < replay->track[i].first_bar; b++)
            fn(context, source->first + i, &replay->track[i].series->bars[b]);
}

static const struct qt_bar *
replay_ended_bar(const struct qt_source *source, uint32_t instrument)
{
    const struct replay *replay = (const struct replay *)(const void *)source;
    const struct track *track = &replay->track[instrument - source->first];
    return track->bar > track->first_bar ? &track->series->bars[track->bar - 1] : NULL;
}

static double
replay_progress(const struct qt_source *source)
{
    const struct replay *replay = (const struct replay *)(const void *)source;
    double whole = (double)(replay->end_ns - source->start_ns);
    double done = (double)(replay->now_ns - source->start_ns);
    return whole > 0 ? QT_MIN(QT_MAX(done / whole, 0), 1) : 1;
}

static void
replay_destroy(struct qt_source *source)
{
    struct replay *replay = self(source);
    free(replay->track);
    free(replay->heap);
}

static const struct qt__source_ops ops = {.destroy = replay_destroy,
                                          .history = replay_history,
                                          .peek = replay_peek,
                                          .next = replay_next,
                                          .ended_bar = replay_ended_bar,
                                          .progress = replay_progress};

/* Series by quote volume, largest first; ties by their place. */
struct ranked {
    double volume;
    size_t index;
};

static int
compare_ranked(const void *a, const void *b)
{
    const struct ranked *ra = a, *rb = b;
    if (ra->volume < rb->volume || ra->volume > rb->volume)
        return ra->volume < rb->volume ? 1 : -1;
    return (ra->index > rb->index) - (ra->index < rb->index);
}

static int
compare_index(const void *a, const void *b)
{
    const struct ranked *ra = a, *rb = b;
    return (ra->index > rb->index) - (ra->index < rb->index);
}

/* Which series are played, in the data set's order; returns how many. */
static size_t
choose(const struct qt_dataset *dataset, size_t wanted, struct ranked *out)
{
    for (size_t i = 0; i < dataset->n; i++) {
        const struct qt_series *series = &dataset->series[i];
        out[i] = (struct ranked){0, i};
        for (size_t b = 0; b < series->n; b++)
            out[i].volume += qt_money_to_double(series->bars[b].quote_volume, QT_MONEY_SCALE);
    }
    size_t n = wanted == 0 ? dataset->n : QT_MIN(wanted, dataset->n);
    qsort(out, dataset->n, sizeof *out, compare_ranked);
    qsort(out, n, sizeof *out, compare_index);
    return n;
}

/* Everything but the bars before start_ns is to be played. */
static void
begin_track(struct replay *replay, uint32_t i, const struct qt_series *series, int64_t start_ns)
{
    struct track *track = &replay->track[i];
    *track = (struct track){.series = series, .last = QT_PX_NONE};
    while (track->bar < series->n && series->bars[track->bar].open_ns < start_ns)
        learn(replay, i, &series->bars[track->bar++]);
    track->first_bar = track->bar;
    if (track->bar > 0)
        track->last = replay->base.quoted[i].px = series->bars[track->bar - 1].close;
    if (track->bar == series->n)
        return;
    int64_t slot =
        series->period_ns / QT_MIN((int64_t)replay->ticks, series->period_ns / QT_NS_PER_MS);
    track->phase_ns = (int64_t)(qt__mix(replay->base.seed, replay->base.quoted[i].key) %
                                (uint64_t)QT_MAX(slot, 1));
    track->phase_ns -= track->phase_ns % QT_NS_PER_MS;
    enter_bar(replay, track);
    replay->heap[replay->heap_n++] = i;
    const struct qt_bar *last = &series->bars[series->n - 1];
    replay->end_ns = QT_MAX(replay->end_ns, last->open_ns + last->period_ns);
}

/* S3, and I3 of inline_venue.h: no bar of the history may end after the start. */
static int64_t
whole_bar_start(const struct qt_dataset *dataset, const struct ranked *chosen, size_t n,
                int64_t start_ns)
{
    int64_t longest = 1;
    for (size_t i = 0; i < n; i++)
        longest = QT_MAX(longest, dataset->series[chosen[i].index].period_ns);
    int64_t floor = qt_time_floor(start_ns, longest);
    return floor < start_ns ? floor + longest : floor;
}

static int64_t
first_open(const struct qt_dataset *dataset, const struct ranked *chosen, size_t n)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < n; i++)
        first = QT_MIN(first, dataset->series[chosen[i].index].bars[0].open_ns);
    return first;
}

static bool
add_instruments(struct qt_source *source, const struct qt_dataset *dataset,
                const struct ranked *chosen, struct qt_universe *universe, struct qt_error *err)
{
    source->first = qt_universe_count(universe);
    for (uint32_t i = 0; i < source->n; i++) {
        struct qt_instrument ins = dataset->series[chosen[i].index].ins;
        source->quoted[i].key = qt_hash(QT_HASH_START, ins.symbol, strlen(ins.symbol));
        ins.min_qty = ins.lot;
        ins.max_qty = qt__max_qty(&ins, dataset->series[chosen[i].index].bars[0].open);
        if (!qt_money_of_units(5, QT_MONEY_SCALE, &ins.min_notional) || /* Binance's */
            !qt_universe_add(universe, &ins, err))
            return false;
    }
    return true;
}

static bool
begin(struct replay *replay, const struct qt_dataset *dataset, const struct ranked *chosen,
      const struct qt_replay_options *options, struct qt_error *err)
{
    uint32_t n = replay->base.n;
    replay->track = calloc(n, sizeof *replay->track);
    replay->heap = calloc(n, sizeof *replay->heap);
    if (!replay->track || !replay->heap)
        return qt_fail(err, QT_E_MEMORY, "no memory for %u recorded symbols", n);
    int64_t start = options->start_ns == QT_TIME_NONE
                        ? first_open(dataset, chosen, n)
                        : whole_bar_start(dataset, chosen, n, options->start_ns);
    replay->base.start_ns = replay->now_ns = start;
    for (uint32_t i = 0; i < n; i++)
        begin_track(replay, i, &dataset->series[chosen[i].index], start);
    for (uint32_t at = replay->heap_n; at-- > 0;)
        sift_down(replay, at);
    return replay->heap_n > 0 ||
           qt_fail(err, QT_E_DATA, "the recording has no bar at or after its start");
}

struct qt_source *
qt_source_replay(const struct qt_dataset *dataset, const struct qt_replay_options *options,
                 struct qt_universe *universe, struct qt_error *err)
{
    struct ranked *chosen = calloc(QT_MAX(dataset->n, 1), sizeof *chosen);
    struct replay *replay = calloc(1, sizeof *replay);
    struct qt_source *source = (struct qt_source *)(void *)replay;
    bool is_ready = false;
    if (replay && chosen) {
        size_t n = choose(dataset, options->symbols, chosen);
        replay->ticks = options->ticks_per_bar ? options->ticks_per_bar : CORNERS;
        qt_assert(replay->ticks >= CORNERS && replay->ticks <= TICKS_MAX);
        is_ready = (qt__source_init(source, &ops, universe, (uint32_t)n, options->seed) ||
                    qt_fail(err, QT_E_MEMORY, "no memory for %zu recorded symbols", n)) &&
                   add_instruments(source, dataset, chosen, universe, err) &&
                   begin(replay, dataset, chosen, options, err);
    } else {
        qt_fail(err, QT_E_MEMORY, "no memory for the recorded market");
    }
    free(chosen);
    if (is_ready)
        return source;
    if (source)
        source->ops = &ops;
    qt_source_destroy(source);
    return NULL;
}
