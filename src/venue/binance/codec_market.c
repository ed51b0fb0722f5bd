/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Public market messages: best prices, trades, bars, tickers.
 */
#include "codec_priv.h"

#include "qtrade/base/time.h"

/* Fixed periods only: weeks and months are no multiples of a period since the epoch. */
static const struct {
    const char *name;
    int64_t period_ns;
} intervals[] = {
    {"1s", QT_NS_PER_S},        {"1m", QT_NS_PER_MIN},       {"3m", 3 * QT_NS_PER_MIN},
    {"5m", 5 * QT_NS_PER_MIN},  {"15m", 15 * QT_NS_PER_MIN}, {"30m", 30 * QT_NS_PER_MIN},
    {"1h", QT_NS_PER_HOUR},     {"2h", 2 * QT_NS_PER_HOUR},  {"4h", 4 * QT_NS_PER_HOUR},
    {"6h", 6 * QT_NS_PER_HOUR}, {"8h", 8 * QT_NS_PER_HOUR},  {"12h", 12 * QT_NS_PER_HOUR},
    {"1d", QT_NS_PER_DAY},
};

int64_t
qt__bn_interval_ns(const char *text, size_t length)
{
    for (size_t i = 0; i < QT_COUNT_OF(intervals); i++)
        if (strlen(intervals[i].name) == length && memcmp(intervals[i].name, text, length) == 0)
            return intervals[i].period_ns;
    return 0;
}

const char *
qt__bn_interval_name(int64_t period_ns)
{
    for (size_t i = 0; i < QT_COUNT_OF(intervals); i++)
        if (intervals[i].period_ns == period_ns)
            return intervals[i].name;
    return NULL;
}

/* One side of a book ticker: price 0 with quantity 0 is an empty side. */
static bool
read_best(struct qt__bn_incoming *m, int px_field, int qty_field, qt_px *px, qt_qty *qty,
          enum qt_codec_verdict *verdict)
{
    if (!qt__bn_need_decimal(m, px_field, m->ins->px_scale, &px->v, verdict) ||
        !qt__bn_need_decimal(m, qty_field, m->ins->qty_scale, &qty->v, verdict))
        return false;
    if (px->v < 0 || qty->v < 0 || (px->v == 0 && qty->v > 0)) {
        *verdict = qt__bn_refused(m, "a best price is negative or zero");
        return false;
    }
    if (px->v == 0)
        *px = QT_PX_NONE;
    return true;
}

enum qt_codec_verdict
qt__bn_decode_quote(struct qt__bn_incoming *m)
{
    enum qt_codec_verdict verdict;
    struct qt_event event;
    if (!qt__bn_need_instrument(m, &verdict))
        return verdict;
    if (!qt__bn_event_begin(m, QT_EVENT_QUOTE, 'E', &event))
        return qt__bn_malformed(m, "the time is no time");
    struct qt_quote *quote = &event.quote;
    if (!read_best(m, 'b', 'B', &quote->bid, &quote->bid_qty, &verdict) ||
        !read_best(m, 'a', 'A', &quote->ask, &quote->ask_qty, &verdict) ||
        (qt__bn_field(m->f, 'u') && !qt__bn_need_u64(m, 'u', &quote->id, &verdict)))
        return verdict;
    qt__bn_event_push(m, &event);
    return QT_CODEC_DECODED;
}

enum qt_codec_verdict
qt__bn_decode_trade(struct qt__bn_incoming *m)
{
    enum qt_codec_verdict verdict;
    struct qt_event event;
    bool buyer_is_maker;
    const struct qt__slice *maker = qt__bn_field(m->f, 'm'), *name = qt__bn_field(m->f, 'e');
    if (!qt__bn_need_instrument(m, &verdict))
        return verdict;
    if (!qt__bn_event_begin(m, QT_EVENT_TRADE, 'T', &event))
        return qt__bn_malformed(m, "the time is no time");
    struct qt_trade *trade = &event.trade;
    if (!maker || !qt__slice_bool(maker, &buyer_is_maker))
        return qt__bn_malformed(m, "the side is missing");
    if (!qt__bn_need_u64(m, name->p[0] == 'a' ? 'a' : 't', &trade->id, &verdict) ||
        !qt__bn_need_decimal(m, 'p', m->ins->px_scale, &trade->px.v, &verdict) ||
        !qt__bn_need_decimal(m, 'q', m->ins->qty_scale, &trade->qty.v, &verdict))
        return verdict;
    if (trade->px.v <= 0 || trade->qty.v <= 0)
        return qt__bn_refused(m, "price and quantity of a trade must be above zero");
    event.flags = buyer_is_maker ? QT_EVENT_BUYER_MAKER : 0;
    qt__bn_event_push(m, &event);
    return QT_CODEC_DECODED;
}

bool
qt__bn_bar_is_sound(const struct qt_bar *bar)
{
    return bar->open_ns >= 0 && bar->period_ns > 0 && bar->open_ns % bar->period_ns == 0 &&
           bar->low.v > 0 && bar->low.v <= bar->open.v && bar->low.v <= bar->close.v &&
           bar->high.v >= bar->open.v && bar->high.v >= bar->close.v && bar->volume.v >= 0 &&
           bar->quote_volume.v >= 0 && bar->taker_buy.v >= -1 && bar->taker_buy.v <= bar->volume.v;
}

/* The numbers of a bar from the members of "k". */
static bool
read_bar(struct qt__bn_incoming *m, struct qt_bar *bar, enum qt_codec_verdict *verdict)
{
    const struct qt_instrument *ins = m->ins;
    const struct qt__slice *interval = qt__bn_field(m->f, 'i'), *open = qt__bn_field(m->f, 't');
    uint64_t trades;
    int64_t open_ms;
    if (!open || !qt__slice_int(open, &open_ms) || open_ms < 0 ||
        open_ms > INT64_MAX / QT_NS_PER_MS || !interval || interval->type != '"') {
        *verdict = qt__bn_malformed(m, "the bar's time or interval is missing");
        return false;
    }
    bar->open_ns = open_ms * QT_NS_PER_MS;
    bar->period_ns = qt__bn_interval_ns(interval->p, interval->n);
    if (!qt__bn_need_u64(m, 'n', &trades, verdict) ||
        !qt__bn_need_decimal(m, 'o', ins->px_scale, &bar->open.v, verdict) ||
        !qt__bn_need_decimal(m, 'h', ins->px_scale, &bar->high.v, verdict) ||
        !qt__bn_need_decimal(m, 'l', ins->px_scale, &bar->low.v, verdict) ||
        !qt__bn_need_decimal(m, 'c', ins->px_scale, &bar->close.v, verdict) ||
        !qt__bn_need_decimal(m, 'v', ins->qty_scale, &bar->volume.v, verdict) ||
        !qt__bn_need_decimal(m, 'q', QT_MONEY_SCALE, &bar->quote_volume.v, verdict) ||
        !qt__bn_need_decimal(m, 'V', ins->qty_scale, &bar->taker_buy.v, verdict))
        return false;
    bar->trades = trades > UINT32_MAX ? UINT32_MAX : (uint32_t)trades;
    if (qt__bn_bar_is_sound(bar))
        return true;
    *verdict = qt__bn_refused(m, "the bar is impossible");
    return false;
}

enum qt_codec_verdict
qt__bn_decode_kline(struct qt__bn_incoming *m)
{
    enum qt_codec_verdict verdict;
    struct qt_event event;
    bool is_closed;
    if (!qt__bn_need_instrument(m, &verdict))
        return verdict;
    if (!qt__bn_event_begin(m, QT_EVENT_BAR, 'E', &event))
        return qt__bn_malformed(m, "the time is no time");
    if (!qt__bn_into_part(m, 'k'))
        return qt__bn_malformed(m, "the bar is missing");
    const struct qt__slice *closed = qt__bn_field(m->f, 'x');
    if (!closed || !qt__slice_bool(closed, &is_closed))
        return qt__bn_malformed(m, "whether the bar is closed is missing");
    if (!is_closed)
        return QT_CODEC_SKIPPED;
    if (!read_bar(m, &event.bar, &verdict))
        return verdict;
    qt__bn_event_push(m, &event);
    return QT_CODEC_DECODED;
}

enum qt_codec_verdict
qt__bn_decode_ticker(struct qt__bn_incoming *m)
{
    enum qt_codec_verdict verdict;
    struct qt_day_ticker ticker;
    if (!qt__bn_need_instrument(m, &verdict))
        return verdict;
    const int px_scale = m->ins->px_scale;
    if (!qt__bn_need_decimal(m, 'o', px_scale, &ticker.open.v, &verdict) ||
        !qt__bn_need_decimal(m, 'h', px_scale, &ticker.high.v, &verdict) ||
        !qt__bn_need_decimal(m, 'l', px_scale, &ticker.low.v, &verdict) ||
        !qt__bn_need_decimal(m, 'c', px_scale, &ticker.close.v, &verdict) ||
        !qt__bn_need_decimal(m, 'v', m->ins->qty_scale, &ticker.volume.v, &verdict) ||
        !qt__bn_need_decimal(m, 'q', QT_MONEY_SCALE, &ticker.quote_volume.v, &verdict))
        return verdict;
    if (ticker.low.v < 0 || ticker.open.v < 0 || ticker.close.v < 0 || ticker.high.v < 0 ||
        ticker.volume.v < 0 || ticker.quote_volume.v < 0)
        return qt__bn_refused(m, "a figure of the day is negative");
    m->out->ticker = ticker;
    return QT_CODEC_DECODED;
}

/* [open time, open, high, low, close, volume, close time, quote volume, trades, taker base, ...] */
static bool
read_kline_row(struct qt__json *json, const struct qt_instrument *ins, struct qt_bar *bar,
               bool *rounded)
{
    struct qt__slice row[12];
    size_t n = 0;
    int64_t open_ms;
    uint64_t trades;
    if (!qt__json_enter(json, '['))
        return false;
    while (qt__json_next_item(json)) {
        struct qt__slice value;
        if (!qt__json_take(json, &value))
            return false;
        if (n < QT_COUNT_OF(row))
            row[n++] = value;
    }
    if (n < 10 || !qt__slice_int(&row[0], &open_ms) || open_ms < 0 ||
        open_ms > INT64_MAX / QT_NS_PER_MS || !qt__slice_u64(&row[8], &trades))
        return false;
    bar->open_ns = open_ms * QT_NS_PER_MS;
    bar->trades = trades > UINT32_MAX ? UINT32_MAX : (uint32_t)trades;
    return qt__slice_decimal_rounded(&row[1], ins->px_scale, 0, &bar->open.v, rounded) &&
           qt__slice_decimal_rounded(&row[2], ins->px_scale, 1, &bar->high.v, rounded) &&
           qt__slice_decimal_rounded(&row[3], ins->px_scale, -1, &bar->low.v, rounded) &&
           qt__slice_decimal_rounded(&row[4], ins->px_scale, 0, &bar->close.v, rounded) &&
           qt__slice_decimal_rounded(&row[5], ins->qty_scale, -1, &bar->volume.v, rounded) &&
           qt__slice_decimal_rounded(&row[7], QT_MONEY_SCALE, -1, &bar->quote_volume.v, rounded) &&
           qt__slice_decimal_rounded(&row[9], ins->qty_scale, -1, &bar->taker_buy.v, rounded);
}

bool
qt__bn_decode_klines(const struct qt_instrument *ins, int64_t period_ns, const char *body,
                     size_t length, struct qt_bar *out, size_t capacity, size_t *out_n,
                     unsigned *out_rounded)
{
    struct qt__json json = qt__json_open(body, length);
    size_t n = 0;
    unsigned rounded_bars = 0;
    if (!qt__json_enter(&json, '['))
        return false;
    while (qt__json_next_item(&json)) {
        struct qt_bar bar = {.period_ns = period_ns};
        bool rounded = false;
        if (!read_kline_row(&json, ins, &bar, &rounded) || !qt__bn_bar_is_sound(&bar) ||
            (n > 0 && bar.open_ns <= out[n - 1].open_ns))
            return false;
        rounded_bars += rounded;
        if (n < capacity)
            out[n++] = bar;
    }
    if (!qt__json_end(&json))
        return false;
    *out_n = n;
    *out_rounded = rounded_bars;
    return true;
}
