/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Per symbol: a ring of trades, a ring of bars a timeframe that grows to its maximum only when bars
 * come, and the day's statistics, whose sums over closed minutes are renewed once a minute.
 */
#include "tape_priv.h"

#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"

struct ring {
    struct qt_bar *bars;
    size_t at, n, capacity; /* oldest at */
};

struct qt__tape {
    struct qt_bars forming;
    struct ring rings[QT_TIMEFRAMES];
    qt_bar_fn closed;
    void *context;
    bool is_history; /* bars that close now are from before the start */
    struct qt_match_print prints[QT__TAPE_TRADES];
    size_t print_at, n_prints;
    uint64_t bar_first_id[QT_TIMEFRAMES], bar_last_id[QT_TIMEFRAMES];
    int64_t bar_of_id[QT_TIMEFRAMES]; /* opening time of the bar those ids belong to */
    qt_px last;
    qt_qty last_qty;
    /* sums over the closed bars of the day, renewed when one closes and when minute changes */
    int64_t day_minute;
    struct qt__day day;
};

struct qt__tape *
qt__tape_create(const struct qt_instrument *ins, qt_bar_fn closed, void *context)
{
    struct qt__tape *tape = calloc(1, sizeof *tape);
    if (!tape)
        return NULL;
    qt_bars_init(&tape->forming, ins);
    tape->closed = closed;
    tape->context = context;
    tape->last = QT_PX_NONE;
    tape->day_minute = INT64_MIN;
    return tape;
}

void
qt__tape_destroy(struct qt__tape *tape)
{
    if (!tape)
        return;
    for (int i = 0; i < QT_TIMEFRAMES; i++)
        free(tape->rings[i].bars);
    free(tape);
}

static const struct qt_bar *
ring_at(const struct ring *ring, size_t i)
{
    return &ring->bars[(ring->at + i) % ring->capacity];
}

/* Twice the room, up to the maximum; then the oldest goes. */
static bool
ring_grow(struct ring *ring)
{
    size_t capacity = QT_MIN(ring->capacity ? ring->capacity * 2 : (size_t)64, QT__TAPE_BARS);
    if (capacity == ring->capacity)
        return false;
    struct qt_bar *bars = malloc(capacity * sizeof(struct qt_bar));
    if (!bars)
        return false;
    for (size_t i = 0; i < ring->n; i++)
        bars[i] = *ring_at(ring, i);
    free(ring->bars);
    *ring = (struct ring){.bars = bars, .n = ring->n, .capacity = capacity};
    return true;
}

static void
ring_push(struct ring *ring, const struct qt_bar *bar)
{
    if (ring->n == ring->capacity && !ring_grow(ring)) {
        if (ring->n == 0)
            return; /* no memory for a single bar: the tape stays without bars */
        ring->at = (ring->at + 1) % ring->capacity;
        ring->n--;
    }
    ring->bars[(ring->at + ring->n++) % ring->capacity] = *bar;
}

static void
on_closed(void *context, enum qt_timeframe tf, const struct qt_bar *bar)
{
    struct qt__tape *tape = context;
    ring_push(&tape->rings[tf], bar);
    tape->day_minute = INT64_MIN;
    if (!tape->is_history && tape->closed)
        tape->closed(tape->context, tf, bar);
}

void
qt__tape_history(struct qt__tape *tape, const struct qt_bar *bar)
{
    tape->is_history = true;
    qt_bars_bar(&tape->forming, bar, on_closed, tape);
    tape->is_history = false;
    tape->last = bar->close;
}

/* Remembers the trades of each forming bar: the kline message names them. */
static void
note_ids(struct qt__tape *tape, uint64_t id)
{
    for (int tf = 0; tf < QT_TIMEFRAMES; tf++) {
        int64_t open = tape->forming.forming[tf].open_ns;
        if (tape->bar_of_id[tf] != open || tape->bar_first_id[tf] == 0) {
            tape->bar_of_id[tf] = open;
            tape->bar_first_id[tf] = id;
        }
        tape->bar_last_id[tf] = id;
    }
}

void
qt__tape_trade(struct qt__tape *tape, const struct qt_match_print *print)
{
    qt_bars_trade(&tape->forming, print->t_ns, print->px, print->qty, print->buyer_is_maker,
                  on_closed, tape);
    note_ids(tape, print->id);
    tape->last = print->px;
    tape->last_qty = print->qty;
    if (tape->n_prints == QT__TAPE_TRADES)
        tape->print_at = (tape->print_at + 1) % QT__TAPE_TRADES;
    else
        tape->n_prints++;
    tape->prints[(tape->print_at + tape->n_prints - 1) % QT__TAPE_TRADES] = *print;
}

void
qt__tape_advance(struct qt__tape *tape, int64_t now_ns)
{
    qt_bars_advance(&tape->forming, now_ns, on_closed, tape);
}

bool
qt__tape_has_trade(const struct qt__tape *tape)
{
    return tape->n_prints > 0;
}

bool
qt__tape_print(const struct qt__tape *tape, size_t k, struct qt_match_print *out)
{
    if (k >= tape->n_prints)
        return false;
    *out = tape->prints[(tape->print_at + tape->n_prints - 1 - k) % QT__TAPE_TRADES];
    return true;
}

bool
qt__tape_forming(const struct qt__tape *tape, enum qt_timeframe tf, struct qt_bar *out)
{
    if (tape->forming.forming[tf].period_ns == 0)
        return false;
    *out = tape->forming.forming[tf];
    return true;
}

/* Index of the first bar with open_ns >= from_ns. */
static size_t
find_bar(const struct ring *ring, int64_t from_ns)
{
    size_t low = 0, high = ring->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ring_at(ring, middle)->open_ns < from_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t
qt__tape_bars(const struct qt__tape *tape, enum qt_timeframe tf, int64_t from_ns, int64_t to_ns,
              struct qt_bar *out, size_t limit)
{
    const struct ring *ring = &tape->rings[tf];
    struct qt_bar forming;
    size_t first = from_ns == QT_TIME_NONE ? 0 : find_bar(ring, from_ns), n = 0;
    size_t end = find_bar(ring, to_ns == INT64_MAX ? to_ns : to_ns + 1);
    bool has_forming = qt__tape_forming(tape, tf, &forming) && forming.open_ns <= to_ns &&
                       (from_ns == QT_TIME_NONE || forming.open_ns >= from_ns);
    size_t total = (end > first ? end - first : 0) + has_forming;
    if (from_ns == QT_TIME_NONE && total > limit)
        first += total - limit;
    for (size_t i = first; i < end && n < limit; i++)
        out[n++] = *ring_at(ring, i);
    if (has_forming && n < limit)
        out[n++] = forming;
    return n;
}

void
qt__tape_bar_ids(const struct qt__tape *tape, enum qt_timeframe tf, uint64_t *first, uint64_t *last)
{
    *first = tape->bar_first_id[tf];
    *last = tape->bar_last_id[tf];
}

/* Adds a bar to the day. False: sums overflow (the bar is left out). */
static bool
add_bar(struct qt__day *day, const struct qt_bar *bar)
{
    qt_qty volume;
    qt_money quote;
    if (!qt_qty_add(day->volume, bar->volume, &volume) ||
        !qt_money_add(day->quote_volume, bar->quote_volume, &quote))
        return false;
    if (qt_px_is_none(day->open)) {
        day->open = bar->open;
        day->open_ns = bar->open_ns;
        day->high = bar->high;
        day->low = bar->low;
    }
    day->volume = volume;
    day->quote_volume = quote;
    day->high = qt_px_cmp(bar->high, day->high) > 0 ? bar->high : day->high;
    day->low = qt_px_cmp(bar->low, day->low) < 0 ? bar->low : day->low;
    day->last = bar->close;
    day->count += bar->trades;
    return true;
}

/* The shortest timeframe that has bars: a recording of 5 minute bars has no history by the minute.
 */
static enum qt_timeframe
base_timeframe(const struct qt__tape *tape, int64_t since_ns)
{
    for (int tf = 0; tf < QT_TIMEFRAMES; tf++)
        if (tape->rings[tf].n > 0 && ring_at(&tape->rings[tf], 0)->open_ns <= since_ns)
            return (enum qt_timeframe)tf;
    for (int tf = QT_TIMEFRAMES - 1; tf >= 0; tf--)
        if (tape->rings[tf].n > 0)
            return (enum qt_timeframe)tf;
    return QT_TF_1M;
}

/* Sums over closed bars of the 24 h before the minute. */
static void
renew_day(struct qt__tape *tape, int64_t minute_ns)
{
    int64_t since = minute_ns - QT_NS_PER_DAY;
    const struct ring *ring = &tape->rings[base_timeframe(tape, since)];
    size_t first = find_bar(ring, since);
    tape->day = (struct qt__day){.open = QT_PX_NONE, .last = QT_PX_NONE};
    tape->day.previous_close = first > 0 ? ring_at(ring, first - 1)->close : QT_PX_NONE;
    for (size_t i = first; i < ring->n; i++)
        (void)add_bar(&tape->day, ring_at(ring, i));
    tape->day_minute = minute_ns;
}

bool
qt__tape_day(struct qt__tape *tape, int64_t now_ns, struct qt__day *out)
{
    int64_t minute = qt_time_floor(now_ns, QT_NS_PER_MIN);
    if (tape->day_minute != minute)
        renew_day(tape, minute);
    struct qt__day day = tape->day;
    struct qt_bar bar;
    if (qt__tape_forming(tape, base_timeframe(tape, minute - QT_NS_PER_DAY), &bar))
        (void)add_bar(&day, &bar);
    if (qt_px_is_none(day.open))
        return false;
    day.last = qt_px_is_none(tape->last) ? day.last : tape->last;
    day.last_qty = tape->last_qty;
    if (qt_px_is_none(day.previous_close))
        day.previous_close = day.open;
    day.close_ns = now_ns;
    day.last_id = tape->bar_last_id[QT_TF_1D];
    day.first_id = day.last_id >= day.count ? day.last_id - day.count + 1 : 0;
    *out = day;
    return true;
}
