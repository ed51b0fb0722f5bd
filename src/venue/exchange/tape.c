/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Per symbol: the last trades and the last bars of each timeframe, packed, and the day's
 * statistics, whose sums over closed minutes are renewed once a minute.
 *
 *     bar    open in periods, open, the other prices from it, volume, quote volume from close x
 *            volume, taker's volume from half of it, trades
 *     trade  id, time, price, quantity, whether the buyer was the maker
 */
#include "tape_priv.h"

#include <stdlib.h>
#include <string.h>

#include "qtrade/base/time.h"

#include "packed_priv.h"

enum bar_column {
    BAR_PERIODS,
    BAR_OPEN,
    BAR_HIGH,
    BAR_LOW,
    BAR_CLOSE,
    BAR_VOLUME,
    BAR_QUOTE,
    BAR_TAKER,
    BAR_TRADES,
    BAR_COLUMNS
};
enum print_column { PRINT_ID, PRINT_TIME, PRINT_PX, PRINT_QTY, PRINT_MAKER, PRINT_COLUMNS };

_Static_assert(BAR_COLUMNS <= QT__PACKED_COLUMNS && PRINT_COLUMNS <= QT__PACKED_COLUMNS,
               "a row has room");

struct qt__tape {
    const struct qt_instrument *ins;
    struct qt_bars forming;
    struct qt__packed bars[QT_TIMEFRAMES];
    qt_bar_fn closed;
    void *context;
    bool is_history; /* bars that close now are from before the start */
    struct qt__packed prints;
    uint64_t last_id;
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
    tape->ins = ins;
    qt_bars_init(&tape->forming, ins);
    for (int tf = 0; tf < QT_TIMEFRAMES; tf++)
        tape->bars[tf] = (struct qt__packed){.columns = BAR_COLUMNS,
                                             .follows = 1u << BAR_PERIODS | 1u << BAR_OPEN,
                                             .most = QT__TAPE_BARS};
    tape->prints =
        (struct qt__packed){.columns = PRINT_COLUMNS,
                            .follows = 1u << PRINT_ID | 1u << PRINT_TIME | 1u << PRINT_PX,
                            .most = QT__TAPE_TRADES};
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
    for (int tf = 0; tf < QT_TIMEFRAMES; tf++)
        qt__packed_finish(&tape->bars[tf]);
    qt__packed_finish(&tape->prints);
    free(tape);
}

/* a + b and a - b that wrap: what is packed comes out again, whatever it is. */
static int64_t
plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t
minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

/* What a bar's quote volume is near to. */
static int64_t
likely_quote(const struct qt__tape *tape, qt_px close, qt_qty volume)
{
    qt_money quote;
    bool is_known = qt_notional(close, tape->forming.px_scale, volume, tape->forming.qty_scale,
                                QT_MONEY_SCALE, &quote);
    return is_known ? quote.v : 0;
}

static void
keep_bar(struct qt__tape *tape, enum qt_timeframe tf, const struct qt_bar *bar)
{
    const int64_t row[BAR_COLUMNS] = {
        [BAR_PERIODS] = bar->open_ns / qt_timeframe_ns(tf),
        [BAR_OPEN] = bar->open.v,
        [BAR_HIGH] = minus(bar->high.v, bar->open.v),
        [BAR_LOW] = minus(bar->low.v, bar->open.v),
        [BAR_CLOSE] = minus(bar->close.v, bar->open.v),
        [BAR_VOLUME] = bar->volume.v,
        [BAR_QUOTE] = minus(bar->quote_volume.v, likely_quote(tape, bar->close, bar->volume)),
        [BAR_TAKER] = minus(bar->taker_buy.v, bar->volume.v / 2),
        [BAR_TRADES] = bar->trades,
    };
    (void)qt__packed_add(&tape->bars[tf], row); /* no memory: the timeframe begins anew */
}

static struct qt_bar
bar_of(const struct qt__tape *tape, enum qt_timeframe tf, const int64_t *row)
{
    int64_t period = qt_timeframe_ns(tf), open = row[BAR_OPEN];
    qt_px close = {plus(open, row[BAR_CLOSE])};
    qt_qty volume = {row[BAR_VOLUME]};
    return (struct qt_bar){
        .open_ns = row[BAR_PERIODS] * period,
        .period_ns = period,
        .open = {open},
        .high = {plus(open, row[BAR_HIGH])},
        .low = {plus(open, row[BAR_LOW])},
        .close = close,
        .volume = volume,
        .quote_volume = {plus(likely_quote(tape, close, volume), row[BAR_QUOTE])},
        .taker_buy = {plus(volume.v / 2, row[BAR_TAKER])},
        .trades = (uint32_t)row[BAR_TRADES],
    };
}

static bool
next_bar(const struct qt__tape *tape, enum qt_timeframe tf, struct qt__packed_cursor *cursor,
         struct qt_bar *out)
{
    const int64_t *row = qt__packed_next(cursor);
    if (row)
        *out = bar_of(tape, tf, row);
    return row != NULL;
}

/* Index of the first bar with open_ns >= from_ns. */
static size_t
find_bar(const struct qt__tape *tape, enum qt_timeframe tf, int64_t from_ns)
{
    int64_t period = qt_timeframe_ns(tf), periods = from_ns / period;
    return qt__packed_find(&tape->bars[tf], periods + (from_ns > periods * period));
}

static void
on_closed(void *context, enum qt_timeframe tf, const struct qt_bar *bar)
{
    struct qt__tape *tape = context;
    keep_bar(tape, tf, bar);
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

void
qt__tape_trade(struct qt__tape *tape, const struct qt_match_print *print)
{
    qt_bars_trade(&tape->forming, print->t_ns, print->px, print->qty, print->buyer_is_maker,
                  on_closed, tape);
    tape->last_id = print->id;
    tape->last = print->px;
    tape->last_qty = print->qty;
    const int64_t row[PRINT_COLUMNS] = {[PRINT_ID] = (int64_t)print->id,
                                        [PRINT_TIME] = print->t_ns,
                                        [PRINT_PX] = print->px.v,
                                        [PRINT_QTY] = print->qty.v,
                                        [PRINT_MAKER] = print->buyer_is_maker};
    (void)qt__packed_add(&tape->prints, row); /* no memory: the list begins anew */
}

void
qt__tape_advance(struct qt__tape *tape, int64_t now_ns)
{
    qt_bars_advance(&tape->forming, now_ns, on_closed, tape);
}

size_t
qt__tape_prints(const struct qt__tape *tape, struct qt_match_print *out, size_t limit)
{
    size_t n = QT_MIN(limit, tape->prints.n);
    struct qt__packed_cursor cursor;
    const int64_t *row;
    qt__packed_seek(&tape->prints, tape->prints.n - n, &cursor);
    for (size_t i = 0; i < n && (row = qt__packed_next(&cursor)); i++)
        out[i] = (struct qt_match_print){.id = (uint64_t)row[PRINT_ID],
                                         .t_ns = row[PRINT_TIME],
                                         .px = {row[PRINT_PX]},
                                         .qty = {row[PRINT_QTY]},
                                         .buyer_is_maker = row[PRINT_MAKER] != 0};
    return n;
}

bool
qt__tape_forming(const struct qt__tape *tape, enum qt_timeframe tf, struct qt_bar *out)
{
    if (tape->forming.forming[tf].period_ns == 0)
        return false;
    *out = tape->forming.forming[tf];
    return true;
}

size_t
qt__tape_bars(const struct qt__tape *tape, enum qt_timeframe tf, int64_t from_ns, int64_t to_ns,
              struct qt_bar *out, size_t limit)
{
    struct qt_bar forming;
    size_t first = from_ns == QT_TIME_NONE ? 0 : find_bar(tape, tf, from_ns), n = 0;
    size_t end = to_ns == INT64_MAX ? tape->bars[tf].n : find_bar(tape, tf, to_ns + 1);
    bool has_forming = qt__tape_forming(tape, tf, &forming) && forming.open_ns <= to_ns &&
                       (from_ns == QT_TIME_NONE || forming.open_ns >= from_ns);
    size_t total = (end > first ? end - first : 0) + has_forming;
    if (from_ns == QT_TIME_NONE && total > limit)
        first += total - limit;
    struct qt__packed_cursor cursor;
    qt__packed_seek(&tape->bars[tf], first, &cursor);
    for (size_t i = first; i < end && n < limit && next_bar(tape, tf, &cursor, &out[n]); i++)
        n++;
    if (has_forming && n < limit)
        out[n++] = forming;
    return n;
}

uint64_t
qt__tape_last_id(const struct qt__tape *tape)
{
    return tape->last_id;
}

const struct qt_instrument *
qt__tape_instrument(const struct qt__tape *tape)
{
    return tape->ins;
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
    struct qt__packed_cursor cursor;
    struct qt_bar bar;
    for (int i = 0; i < QT_TIMEFRAMES; i++) {
        enum qt_timeframe tf = (enum qt_timeframe)i;
        qt__packed_seek(&tape->bars[tf], 0, &cursor);
        if (next_bar(tape, tf, &cursor, &bar) && bar.open_ns <= since_ns)
            return tf;
    }
    for (int tf = QT_TIMEFRAMES - 1; tf >= 0; tf--)
        if (tape->bars[tf].n > 0)
            return (enum qt_timeframe)tf;
    return QT_TF_1M;
}

/* Sums over the closed bars since then. */
static struct qt__day
sum_since(const struct qt__tape *tape, enum qt_timeframe tf, int64_t since_ns)
{
    size_t first = find_bar(tape, tf, since_ns);
    struct qt__packed_cursor cursor;
    struct qt_bar bar;
    struct qt__day day = {.open = QT_PX_NONE, .last = QT_PX_NONE, .previous_close = QT_PX_NONE};
    qt__packed_seek(&tape->bars[tf], first > 0 ? first - 1 : 0, &cursor);
    if (first > 0 && next_bar(tape, tf, &cursor, &bar))
        day.previous_close = bar.close;
    while (next_bar(tape, tf, &cursor, &bar))
        (void)add_bar(&day, &bar);
    return day;
}

/* With what forms, and the last trade. False: nothing is known. */
static bool
complete(const struct qt__tape *tape, enum qt_timeframe tf, int64_t now_ns, struct qt__day *day)
{
    struct qt_bar bar;
    if (qt__tape_forming(tape, tf, &bar))
        (void)add_bar(day, &bar);
    if (qt_px_is_none(day->open))
        return false;
    day->last = qt_px_is_none(tape->last) ? day->last : tape->last;
    day->last_qty = tape->last_qty;
    if (qt_px_is_none(day->previous_close))
        day->previous_close = day->open;
    day->close_ns = now_ns;
    day->last_id = tape->last_id;
    day->first_id = day->last_id >= day->count ? day->last_id - day->count + 1 : 0;
    return true;
}

bool
qt__tape_day(struct qt__tape *tape, int64_t now_ns, struct qt__day *out)
{
    int64_t minute = qt_time_floor(now_ns, QT_NS_PER_MIN), since = minute - QT_NS_PER_DAY;
    enum qt_timeframe tf = base_timeframe(tape, since);
    if (tape->day_minute != minute) {
        tape->day = sum_since(tape, tf, since);
        tape->day_minute = minute;
    }
    struct qt__day day = tape->day;
    if (!complete(tape, tf, now_ns, &day))
        return false;
    *out = day;
    return true;
}

bool
qt__tape_window(const struct qt__tape *tape, int64_t since_ns, int64_t now_ns, struct qt__day *out)
{
    enum qt_timeframe tf = base_timeframe(tape, since_ns);
    struct qt__day day = sum_since(tape, tf, since_ns);
    if (!complete(tape, tf, now_ns, &day))
        return false;
    *out = day;
    return true;
}
