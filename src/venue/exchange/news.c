/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The texts of stream messages, each into exchange->news.
 */
#include "qtrade/base/time.h"

#include "usdm_priv.h"

struct qt_text *
qt__news_begin(struct qt__exchange *exchange)
{
    qt_text_clear(&exchange->news);
    return &exchange->news;
}

static void
write_head(struct qt_text *out, const char *event, int64_t now_ms, const char *symbol)
{
    qt_text_addf(out, "{\"e\":\"%s\",\"E\":%lld,\"s\":\"%s\"", event, (long long)now_ms, symbol);
}

void
qt__read_book(struct qt__exchange *exchange, uint32_t symbol, struct qt__told *out)
{
    out->id = qt__exchange_book_id(exchange, symbol);
    for (int side = QT_BUY; side <= QT_SELL; side++)
        out->n[side] = qt__exchange_levels(exchange, symbol, (enum qt_side)side,
                                       out->levels[side], QT__DEPTH_MAX);
}

/* Is a before b on this side? */
static bool
is_better(enum qt_side side, qt_px a, qt_px b)
{
    return side == QT_BUY ? qt_px_cmp(a, b) > 0 : qt_px_cmp(a, b) < 0;
}

static void
write_level(struct qt_text *out, const struct qt_instrument *ins, bool *is_first, qt_px px,
            qt_qty qty)
{
    const struct qt_depth_level level = {.px = px, .qty = qty};
    qt_text_add(out, *is_first ? "[" : ",[");
    qt__write_px(out, level.px, ins->px_scale);
    qt_text_add_char(out, ',');
    qt__write_qty(out, level.qty, ins->qty_scale);
    qt_text_add_char(out, ']');
    *is_first = false;
}

/* One side's changes from old to new: a merge of two sorted lists. */
static void
write_changes(struct qt_text *out, const struct qt_instrument *ins, enum qt_side side,
              const struct qt__told *old, const struct qt__told *now)
{
    const struct qt_depth_level *a = old->levels[side], *b = now->levels[side];
    size_t i = 0, k = 0;
    bool is_first = true;
    while (i < old->n[side] || k < now->n[side]) {
        bool has_old = i < old->n[side], has_new = k < now->n[side];
        if (has_old && (!has_new || is_better(side, a[i].px, b[k].px))) {
            write_level(out, ins, &is_first, a[i++].px, QT_QTY_ZERO);
        } else if (!has_old || is_better(side, b[k].px, a[i].px)) {
            write_level(out, ins, &is_first, b[k].px, b[k].qty);
            k++;
        } else {
            if (qt_qty_cmp(a[i].qty, b[k].qty) != 0)
                write_level(out, ins, &is_first, b[k].px, b[k].qty);
            i++;
            k++;
        }
    }
}

/* Which changes of the book are told; those of perpetuals say what they follow. */
static void
write_ids(const struct qt__exchange *exchange, struct qt_text *out, uint64_t old, uint64_t now)
{
    if (exchange->usdm)
        qt_text_addf(out, ",\"T\":%lld", (long long)qt__exchange_ms(exchange));
    qt_text_addf(out, ",\"U\":%llu,\"u\":%llu", (unsigned long long)old + 1,
                 (unsigned long long)now);
    if (exchange->usdm)
        qt_text_addf(out, ",\"pu\":%llu", (unsigned long long)old);
}

void
qt__news_diff(struct qt__exchange *exchange, uint32_t symbol, const struct qt__told *old,
              const struct qt__told *now)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct qt_text *out = qt__news_begin(exchange);
    write_head(out, "depthUpdate", qt__exchange_ms(exchange), ins->symbol);
    write_ids(exchange, out, old->id, now->id);
    qt_text_add(out, ",\"b\":[");
    write_changes(out, ins, QT_BUY, old, now);
    qt_text_add(out, "],\"a\":[");
    write_changes(out, ins, QT_SELL, old, now);
    qt_text_add(out, "]}");
}

void
qt__news_best(struct qt__exchange *exchange, uint32_t symbol)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct qt_text *out = qt__news_begin(exchange);
    struct qt_depth_level best[2];
    qt__exchange_best(exchange, symbol, best);
    qt_text_add(out, exchange->usdm ? "{\"e\":\"bookTicker\"" : "{");
    qt__field_int(out, "u", (int64_t)qt__exchange_book_id(exchange, symbol));
    qt__field_text(out, "s", ins->symbol);
    qt__field_px(out, "b", best[QT_BUY].px, ins);
    qt__field_qty(out, "B", best[QT_BUY].qty, ins);
    qt__field_px(out, "a", best[QT_SELL].px, ins);
    qt__field_qty(out, "A", best[QT_SELL].qty, ins);
    if (exchange->usdm) {
        qt__field_int(out, "T", qt__exchange_ms(exchange));
        qt__field_int(out, "E", qt__exchange_ms(exchange));
    }
    qt_text_add_char(out, '}');
}

void
qt__news_levels(struct qt__exchange *exchange, const struct qt__stream *stream)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, stream->symbol);
    struct qt_text *out = qt__news_begin(exchange);
    uint64_t id = qt__exchange_book_id(exchange, stream->symbol);
    if (exchange->usdm) {
        write_head(out, "depthUpdate", qt__exchange_ms(exchange), ins->symbol);
        write_ids(exchange, out, stream->previous_id ? stream->previous_id : id - 1, id);
    } else {
        qt_text_addf(out, "{\"lastUpdateId\":%llu", (unsigned long long)id);
    }
    qt__field_sides(exchange, out, stream->symbol, exchange->usdm ? "b" : "bids",
                    exchange->usdm ? "a" : "asks", (size_t)stream->arg);
    qt_text_add_char(out, '}');
}

void
qt__news_trade(struct qt__exchange *exchange, uint32_t symbol, const struct qt_match_print *print,
               bool is_aggregate)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct qt_text *out = qt__news_begin(exchange);
    int64_t id = (int64_t)print->id;
    write_head(out, is_aggregate ? "aggTrade" : "trade", qt__exchange_ms(exchange), ins->symbol);
    qt__field_int(out, is_aggregate ? "a" : "t", id);
    qt__field_px(out, "p", print->px, ins);
    qt__field_qty(out, "q", print->qty, ins);
    if (is_aggregate) {
        qt__field_int(out, "f", id);
        qt__field_int(out, "l", id);
    }
    qt__field_int(out, "T", print->t_ns / QT_NS_PER_MS);
    qt__field_bool(out, "m", print->buyer_is_maker);
    const char *tail = is_aggregate ? "}" : ",\"X\":\"MARKET\"}";
    qt_text_add(out, exchange->usdm ? tail : ",\"M\":true}");
}

void
qt__news_kline(struct qt__exchange *exchange, const struct qt__stream *stream,
               const struct qt_bar *bar, bool is_closed)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, stream->symbol);
    struct qt_text *out = qt__news_begin(exchange);
    uint64_t last = qt__tape_last_id(exchange->symbols[stream->symbol].tape); /* ids have no gaps */
    uint64_t first = last >= bar->trades ? last - bar->trades + 1 : 1;
    write_head(out, "kline", qt__exchange_ms(exchange), ins->symbol);
    qt_text_add(out, ",\"k\":{");
    qt__field_int(out, "t", bar->open_ns / QT_NS_PER_MS);
    qt__field_int(out, "T", (bar->open_ns + bar->period_ns) / QT_NS_PER_MS - 1);
    qt__field_text(out, "s", ins->symbol);
    qt__field_text(out, "i", qt__interval_name(stream->arg));
    qt__field_int(out, "f", bar->trades && last ? (int64_t)first : -1);
    qt__field_int(out, "L", bar->trades && last ? (int64_t)last : -1);
    qt__field_px(out, "o", bar->open, ins);
    qt__field_px(out, "c", bar->close, ins);
    qt__field_px(out, "h", bar->high, ins);
    qt__field_px(out, "l", bar->low, ins);
    qt__field_qty(out, "v", bar->volume, ins);
    qt__field_int(out, "n", bar->trades);
    qt__field_bool(out, "x", is_closed);
    qt__field_money(out, "q", bar->quote_volume);
    qt__field_qty(out, "V", qt__bar_taker(bar), ins);
    qt__field_money(out, "Q", qt__bar_taker_quote(bar));
    qt_text_add(out, ",\"B\":\"0\"}}");
}

static void
write_mini(struct qt__exchange *exchange, struct qt_text *out, const struct qt_instrument *ins,
           const struct qt__day *day)
{
    write_head(out, "24hrMiniTicker", qt__exchange_ms(exchange), ins->symbol);
    qt__field_px(out, "c", day->last, ins);
    qt__field_px(out, "o", day->open, ins);
    qt__field_px(out, "h", day->high, ins);
    qt__field_px(out, "l", day->low, ins);
    qt__field_qty(out, "v", day->volume, ins);
    qt__field_money(out, "q", day->quote_volume);
    qt_text_add_char(out, '}');
}

qt_px
qt__day_average(const struct qt__day *day, const struct qt_instrument *ins)
{
    qt_px average = day->last;
    if (day->volume.v > 0) {
        double mean = qt_money_to_double(day->quote_volume, QT_MONEY_SCALE) /
                      qt_qty_to_double(day->volume, ins->qty_scale);
        (void)!qt_px_of_double(mean, ins->px_scale, &average);
    }
    return average;
}

/* What tickers compute from the day. */
struct ticker {
    struct qt__day day;
    struct qt_depth_level best[2];
    qt_px change, average;
    double percent;
};

static bool
read_ticker(struct qt__exchange *exchange, uint32_t symbol, struct ticker *out)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct qt__day *day = &out->day;
    if (!qt__tape_day(exchange->symbols[symbol].tape, exchange->now_ns, day))
        return false;
    qt__exchange_best(exchange, symbol, out->best);
    out->change = (qt_px){day->last.v - day->open.v};
    out->percent = 100.0 * (double)out->change.v / (double)QT_MAX(day->open.v, 1);
    out->average = qt__day_average(day, ins);
    return true;
}

/* Keys of the ticker: short in streams, long over REST, in Binance's order. */
static const struct ticker_keys {
    const char *change, *percent, *average, *previous, *last, *last_qty, *bid, *bid_qty, *ask,
        *ask_qty, *open, *high, *low, *volume, *quote_volume, *open_time, *close_time, *first_id,
        *last_id, *count;
} stream_keys = {"p", "P", "w", "x", "c", "Q", "b", "B", "a", "A",
                 "o", "h", "l", "v", "q", "O", "C", "F", "L", "n"},
  rest_keys = {
      "priceChange", "priceChangePercent", "weightedAvgPrice", "prevClosePrice", "lastPrice",
      "lastQty",     "bidPrice",           "bidQty",           "askPrice",       "askQty",
      "openPrice",   "highPrice",          "lowPrice",         "volume",         "quoteVolume",
      "openTime",    "closeTime",          "firstId",          "lastId",         "count"};

static void
write_ticker_fields(struct qt_text *out, const struct qt_instrument *ins,
                    const struct ticker *ticker, const struct ticker_keys *keys)
{
    const struct qt__day *day = &ticker->day;
    qt__field_px(out, keys->change, ticker->change, ins);
    qt_text_addf(out, ",\"%s\":\"%.3f\"", keys->percent, ticker->percent);
    qt__field_px(out, keys->average, ticker->average, ins);
    qt__field_px(out, keys->previous, day->previous_close, ins);
    qt__field_px(out, keys->last, day->last, ins);
    qt__field_qty(out, keys->last_qty, day->last_qty, ins);
    qt__field_px(out, keys->bid, ticker->best[QT_BUY].px, ins);
    qt__field_qty(out, keys->bid_qty, ticker->best[QT_BUY].qty, ins);
    qt__field_px(out, keys->ask, ticker->best[QT_SELL].px, ins);
    qt__field_qty(out, keys->ask_qty, ticker->best[QT_SELL].qty, ins);
    qt__field_px(out, keys->open, day->open, ins);
    qt__field_px(out, keys->high, day->high, ins);
    qt__field_px(out, keys->low, day->low, ins);
    qt__field_qty(out, keys->volume, day->volume, ins);
    qt__field_money(out, keys->quote_volume, day->quote_volume);
    qt__field_int(out, keys->open_time, day->open_ns / QT_NS_PER_MS);
    qt__field_int(out, keys->close_time, day->close_ns / QT_NS_PER_MS);
    qt__field_int(out, keys->first_id, (int64_t)day->first_id);
    qt__field_int(out, keys->last_id, (int64_t)day->last_id);
    qt__field_int(out, keys->count, (int64_t)day->count);
    qt_text_add_char(out, '}');
}

bool
qt__news_day(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct ticker ticker;
    if (!read_ticker(exchange, symbol, &ticker))
        return false;
    qt_text_addf(out, "{\"symbol\":\"%s\"", ins->symbol);
    write_ticker_fields(out, ins, &ticker, &rest_keys);
    return true;
}

bool
qt__news_ticker(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol, bool is_mini)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct ticker ticker;
    if (!read_ticker(exchange, symbol, &ticker))
        return false;
    if (is_mini) {
        write_mini(exchange, out, ins, &ticker.day);
        return true;
    }
    write_head(out, "24hrTicker", qt__exchange_ms(exchange), ins->symbol);
    write_ticker_fields(out, ins, &ticker, &stream_keys);
    return true;
}
