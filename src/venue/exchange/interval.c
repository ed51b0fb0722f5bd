/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Klines of every interval: which timeframe each is made of, and how.
 *
 * How to add one: a row; its base must divide it without rest.
 */
#include "interval_priv.h"

#include <string.h>
#include <time.h>

#include "qtrade/base/time.h"

#define MONDAY_NS (4 * QT_NS_PER_DAY) /* the first one after the epoch */

static const struct {
    const char *name;
    int64_t period_ns;      /* 0: a month */
    int64_t offset_ns;      /* of an opening time from the epoch */
    enum qt_timeframe base; /* QT_TIMEFRAMES: trades */
} intervals[QT__INTERVALS] = {
    [QT__INTERVAL_SECOND] = {"1s", QT_NS_PER_S, 0, QT_TIMEFRAMES},
    {"1m", QT_NS_PER_MIN, 0, QT_TF_1M},
    {"3m", 3 * QT_NS_PER_MIN, 0, QT_TF_1M},
    {"5m", 5 * QT_NS_PER_MIN, 0, QT_TF_5M},
    {"15m", 15 * QT_NS_PER_MIN, 0, QT_TF_15M},
    {"30m", 30 * QT_NS_PER_MIN, 0, QT_TF_15M},
    {"1h", QT_NS_PER_HOUR, 0, QT_TF_1H},
    {"2h", 2 * QT_NS_PER_HOUR, 0, QT_TF_1H},
    {"4h", 4 * QT_NS_PER_HOUR, 0, QT_TF_4H},
    {"6h", 6 * QT_NS_PER_HOUR, 0, QT_TF_1H},
    {"8h", 8 * QT_NS_PER_HOUR, 0, QT_TF_4H},
    {"12h", 12 * QT_NS_PER_HOUR, 0, QT_TF_4H},
    {"1d", QT_NS_PER_DAY, 0, QT_TF_1D},
    {"3d", 3 * QT_NS_PER_DAY, 0, QT_TF_1D},
    {"1w", 7 * QT_NS_PER_DAY, MONDAY_NS, QT_TF_1D},
    {"1M", 0, 0, QT_TF_1D},
};

int
qt__interval_of_name(const char *name, size_t length)
{
    for (int i = 0; i < QT__INTERVALS; i++)
        if (strlen(intervals[i].name) == length && memcmp(intervals[i].name, name, length) == 0)
            return i;
    return -1;
}

const char *
qt__interval_name(int interval)
{
    return intervals[interval].name;
}

/* The first of the month that t_ns falls in, later by so many months. */
static int64_t
month_of(int64_t t_ns, int later)
{
    time_t seconds = (time_t)(t_ns / QT_NS_PER_S);
    struct tm parts;
    if (!gmtime_r(&seconds, &parts))
        return 0;
    struct tm first = {.tm_year = parts.tm_year, .tm_mon = parts.tm_mon + later, .tm_mday = 1};
    return (int64_t)timegm(&first) * QT_NS_PER_S;
}

int64_t
qt__interval_open(int interval, int64_t t_ns)
{
    int64_t period = intervals[interval].period_ns, offset = intervals[interval].offset_ns;
    if (period == 0)
        return month_of(t_ns, 0);
    return qt_time_floor(t_ns - offset, period) + offset;
}

int64_t
qt__interval_end(int interval, int64_t open_ns)
{
    int64_t period = intervals[interval].period_ns;
    return period > 0 ? open_ns + period : month_of(open_ns, 1);
}

bool
qt__interval_is_of(int interval, enum qt_timeframe tf)
{
    return intervals[interval].base == tf;
}

bool
qt__interval_ends_with(int interval, enum qt_timeframe tf, int64_t open_ns)
{
    int64_t end = open_ns + qt_timeframe_ns(tf);
    return qt__interval_is_of(interval, tf) && qt__interval_open(interval, end) == end;
}

static void
begin(struct qt_bar *bar, int interval, int64_t open_ns, const struct qt_bar *first)
{
    *bar = *first;
    bar->open_ns = open_ns;
    bar->period_ns = qt__interval_end(interval, open_ns) - open_ns;
}

/* Adds the next shorter bar. Without a trade it adds nothing: a bar opens with its first trade. */
static void
add(struct qt_bar *bar, const struct qt_bar *next)
{
    if (next->volume.v == 0)
        return;
    if (bar->volume.v == 0) {
        bar->open = next->open;
        bar->high = next->high;
        bar->low = next->low;
    }
    bar->high = qt_px_cmp(next->high, bar->high) > 0 ? next->high : bar->high;
    bar->low = qt_px_cmp(next->low, bar->low) < 0 ? next->low : bar->low;
    bar->close = next->close;
    (void)!qt_qty_add(bar->volume, next->volume, &bar->volume); /* ends at the greatest number */
    (void)!qt_qty_add(bar->taker_buy, next->taker_buy, &bar->taker_buy);
    (void)!qt_money_add(bar->quote_volume, next->quote_volume, &bar->quote_volume);
    bar->trades += next->trades;
}

/* Puts n bars, ascending, together in their own place. Returns how many they became. */
static size_t
merge(int interval, struct qt_bar *bars, size_t n)
{
    size_t kept = 0;
    int64_t last = QT_TIME_NONE;
    for (size_t i = 0; i < n; i++) {
        const struct qt_bar next = bars[i];
        if (next.open_ns <= last)
            continue; /* just closed: kept already, and still what forms */
        last = next.open_ns;
        int64_t open = qt__interval_open(interval, next.open_ns);
        if (kept > 0 && bars[kept - 1].open_ns == open)
            add(&bars[kept - 1], &next);
        else
            begin(&bars[kept++], interval, open, &next);
    }
    return kept;
}

/* A second's bar, flat at the last price until a trade falls into it. */
static struct qt_bar
second_at(int64_t open_ns, qt_px px)
{
    return (struct qt_bar){.open_ns = open_ns,
                           .period_ns = QT_NS_PER_S,
                           .open = px,
                           .high = px,
                           .low = px,
                           .close = px};
}

static struct qt_bar
bar_of_print(const struct qt__tape *tape, const struct qt_match_print *print)
{
    struct qt_bar bar = second_at(print->t_ns, print->px);
    bar.volume = print->qty;
    bar.taker_buy = print->buyer_is_maker ? QT_QTY_ZERO : print->qty;
    (void)!qt_instrument_notional(qt__tape_instrument(tape), print->px, print->qty,
                                  &bar.quote_volume);
    bar.trades = 1;
    return bar;
}

/* Seconds from the first trade that is remembered to now_ns. */
static size_t
seconds(const struct qt__tape *tape, int64_t now_ns, int64_t from_ns, int64_t to_ns,
        struct qt_bar *out, size_t limit)
{
    struct qt_match_print prints[QT__TAPE_TRADES];
    size_t n = qt__tape_prints(tape, prints, QT__TAPE_TRADES), count = 0, k = 0;
    if (n == 0 || limit == 0)
        return 0;
    int64_t end = qt_time_floor(QT_MIN(to_ns, QT_MAX(now_ns, prints[n - 1].t_ns)), QT_NS_PER_S);
    int64_t first = qt_time_floor(prints[0].t_ns, QT_NS_PER_S);
    if (from_ns != QT_TIME_NONE)
        first = QT_MAX(first, qt_time_floor(from_ns + QT_NS_PER_S - 1, QT_NS_PER_S));
    else
        first = QT_MAX(first, end - (int64_t)(limit - 1) * QT_NS_PER_S);
    qt_px px = prints[0].px;
    while (k < n && prints[k].t_ns < first)
        px = prints[k++].px;
    for (int64_t open = first; open <= end && count < limit; open += QT_NS_PER_S) {
        struct qt_bar *bar = &out[count++];
        *bar = second_at(open, px);
        for (; k < n && prints[k].t_ns < open + QT_NS_PER_S; k++) {
            const struct qt_bar next = bar_of_print(tape, &prints[k]);
            add(bar, &next);
        }
        px = bar->close;
    }
    return count;
}

size_t
qt__interval_bars(const struct qt__tape *tape, int interval, int64_t now_ns, int64_t from_ns,
                  int64_t to_ns, struct qt_bar *out, size_t limit)
{
    enum qt_timeframe base = intervals[interval].base;
    if (base == QT_TIMEFRAMES)
        return seconds(tape, now_ns, from_ns, to_ns, out, limit);
    int64_t first = from_ns, last = to_ns;
    if (from_ns != QT_TIME_NONE) {
        first = qt__interval_open(interval, from_ns);
        if (first < from_ns)
            first = qt__interval_end(interval, first);
    }
    if (to_ns < INT64_MAX - 62 * QT_NS_PER_DAY) /* the whole of the bar that opened last */
        last = qt__interval_end(interval, qt__interval_open(interval, to_ns)) - 1;
    size_t n = qt__tape_bars(tape, base, first, last, out, QT__INTERVAL_ROOM);
    n = merge(interval, out, n);
    if (n > limit && from_ns == QT_TIME_NONE)
        memmove(out, out + (n - limit), limit * sizeof *out);
    return QT_MIN(n, limit);
}
