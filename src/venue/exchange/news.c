/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The texts of stream messages, each into exchange->news.
 */
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
    struct qt_depth_level best[2] = {0};
    bool has[2];
    for (int side = QT_BUY; side <= QT_SELL; side++)
        has[side] = qt__exchange_levels(exchange, symbol, (enum qt_side)side, &best[side], 1) > 0;
    qt_text_addf(out, "{%s\"u\":%llu,\"s\":\"%s\",\"b\":",
                 exchange->usdm ? "\"e\":\"bookTicker\"," : "",
                 (unsigned long long)qt__exchange_book_id(exchange, symbol), ins->symbol);
    qt__write_px(out, has[QT_BUY] ? best[QT_BUY].px : QT_PX_NONE, ins->px_scale);
    qt_text_add(out, ",\"B\":");
    qt__write_qty(out, best[QT_BUY].qty, ins->qty_scale);
    qt_text_add(out, ",\"a\":");
    qt__write_px(out, has[QT_SELL] ? best[QT_SELL].px : QT_PX_NONE, ins->px_scale);
    qt_text_add(out, ",\"A\":");
    qt__write_qty(out, best[QT_SELL].qty, ins->qty_scale);
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
    struct qt_depth_level levels[20];
    struct qt_text *out = qt__news_begin(exchange);
    uint64_t id = qt__exchange_book_id(exchange, stream->symbol);
    if (exchange->usdm) {
        write_head(out, "depthUpdate", qt__exchange_ms(exchange), ins->symbol);
        write_ids(exchange, out, stream->previous_id ? stream->previous_id : id - 1, id);
        qt_text_add(out, ",\"b\":");
    } else {
        qt_text_addf(out, "{\"lastUpdateId\":%llu,\"bids\":", (unsigned long long)id);
    }
    size_t n = qt__exchange_levels(exchange, stream->symbol, QT_BUY, levels, (size_t)stream->arg);
    qt__write_levels(out, ins, levels, n);
    qt_text_add(out, exchange->usdm ? ",\"a\":" : ",\"asks\":");
    n = qt__exchange_levels(exchange, stream->symbol, QT_SELL, levels, (size_t)stream->arg);
    qt__write_levels(out, ins, levels, n);
    qt_text_add_char(out, '}');
}

void
qt__news_trade(struct qt__exchange *exchange, uint32_t symbol, const struct qt_match_print *print,
               bool is_aggregate)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct qt_text *out = qt__news_begin(exchange);
    unsigned long long id = print->id;
    write_head(out, is_aggregate ? "aggTrade" : "trade", qt__exchange_ms(exchange), ins->symbol);
    qt_text_addf(out, ",\"%s\":%llu,\"p\":", is_aggregate ? "a" : "t", id);
    qt__write_px(out, print->px, ins->px_scale);
    qt_text_add(out, ",\"q\":");
    qt__write_qty(out, print->qty, ins->qty_scale);
    if (is_aggregate)
        qt_text_addf(out, ",\"f\":%llu,\"l\":%llu", id, id);
    qt_text_addf(out, ",\"T\":%lld,\"m\":%s", (long long)(print->t_ns / 1000000),
                 print->buyer_is_maker ? "true" : "false");
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
    qt_text_addf(
        out, ",\"k\":{\"t\":%lld,\"T\":%lld,\"s\":\"%s\",\"i\":\"%s\",\"f\":%lld,\"L\":%lld,\"o\":",
        (long long)(bar->open_ns / 1000000),
        (long long)((bar->open_ns + bar->period_ns) / 1000000 - 1), ins->symbol,
        qt__interval_name(stream->arg), bar->trades && last ? (long long)first : -1,
        bar->trades && last ? (long long)last : -1);
    qt__write_px(out, bar->open, ins->px_scale);
    qt_text_add(out, ",\"c\":");
    qt__write_px(out, bar->close, ins->px_scale);
    qt_text_add(out, ",\"h\":");
    qt__write_px(out, bar->high, ins->px_scale);
    qt_text_add(out, ",\"l\":");
    qt__write_px(out, bar->low, ins->px_scale);
    qt_text_add(out, ",\"v\":");
    qt__write_qty(out, bar->volume, ins->qty_scale);
    qt_text_addf(out, ",\"n\":%u,\"x\":%s,\"q\":", bar->trades, is_closed ? "true" : "false");
    qt__write_money(out, bar->quote_volume);
    qt_qty taker = bar->taker_buy.v < 0 ? QT_QTY_ZERO : bar->taker_buy;
    qt_money taker_quote = QT_MONEY_ZERO;
    if (bar->volume.v > 0)
        (void)!qt_money_mul_div(bar->quote_volume, taker.v, bar->volume.v, &taker_quote);
    qt_text_add(out, ",\"V\":");
    qt__write_qty(out, taker, ins->qty_scale);
    qt_text_add(out, ",\"Q\":");
    qt__write_money(out, taker_quote);
    qt_text_add(out, ",\"B\":\"0\"}}");
}

static void
write_mini(struct qt__exchange *exchange, struct qt_text *out, const struct qt_instrument *ins,
           const struct qt__day *day)
{
    write_head(out, "24hrMiniTicker", qt__exchange_ms(exchange), ins->symbol);
    const struct {
        const char *key;
        qt_px px;
    } prices[] = {{"c", day->last}, {"o", day->open}, {"h", day->high}, {"l", day->low}};
    for (size_t i = 0; i < QT_COUNT_OF(prices); i++) {
        qt_text_addf(out, ",\"%s\":", prices[i].key);
        qt__write_px(out, prices[i].px, ins->px_scale);
    }
    qt_text_add(out, ",\"v\":");
    qt__write_qty(out, day->volume, ins->qty_scale);
    qt_text_add(out, ",\"q\":");
    qt__write_money(out, day->quote_volume);
    qt_text_add_char(out, '}');
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
    for (int side = QT_BUY; side <= QT_SELL; side++) {
        out->best[side] = (struct qt_depth_level){.px = QT_PX_NONE};
        (void)qt__exchange_levels(exchange, symbol, (enum qt_side)side, &out->best[side], 1);
    }
    out->change = (qt_px){day->last.v - day->open.v};
    out->percent = 100.0 * (double)out->change.v / (double)QT_MAX(day->open.v, 1);
    out->average = day->last;
    if (day->volume.v > 0) {
        double mean = qt_money_to_double(day->quote_volume, QT_MONEY_SCALE) /
                      qt_qty_to_double(day->volume, ins->qty_scale);
        (void)!qt_px_of_double(mean, ins->px_scale, &out->average);
    }
    return true;
}

/* ,"key":"price" */
static void
px_pair(struct qt_text *out, const char *name, qt_px px, const struct qt_instrument *ins)
{
    qt_text_addf(out, ",\"%s\":", name);
    qt__write_px(out, px, ins->px_scale);
}

static void
qty_pair(struct qt_text *out, const char *name, qt_qty qty, const struct qt_instrument *ins)
{
    qt_text_addf(out, ",\"%s\":", name);
    qt__write_qty(out, qty, ins->qty_scale);
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
    px_pair(out, keys->change, ticker->change, ins);
    qt_text_addf(out, ",\"%s\":\"%.3f\"", keys->percent, ticker->percent);
    px_pair(out, keys->average, ticker->average, ins);
    px_pair(out, keys->previous, day->previous_close, ins);
    px_pair(out, keys->last, day->last, ins);
    qty_pair(out, keys->last_qty, day->last_qty, ins);
    px_pair(out, keys->bid, ticker->best[QT_BUY].px, ins);
    qty_pair(out, keys->bid_qty, ticker->best[QT_BUY].qty, ins);
    px_pair(out, keys->ask, ticker->best[QT_SELL].px, ins);
    qty_pair(out, keys->ask_qty, ticker->best[QT_SELL].qty, ins);
    px_pair(out, keys->open, day->open, ins);
    px_pair(out, keys->high, day->high, ins);
    px_pair(out, keys->low, day->low, ins);
    qty_pair(out, keys->volume, day->volume, ins);
    qt_text_addf(out, ",\"%s\":", keys->quote_volume);
    qt__write_money(out, day->quote_volume);
    qt_text_addf(out, ",\"%s\":%lld,\"%s\":%lld,\"%s\":%llu,\"%s\":%llu,\"%s\":%llu}",
                 keys->open_time, (long long)(day->open_ns / 1000000), keys->close_time,
                 (long long)(day->close_ns / 1000000), keys->first_id,
                 (unsigned long long)day->first_id, keys->last_id, (unsigned long long)day->last_id,
                 keys->count, (unsigned long long)day->count);
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
