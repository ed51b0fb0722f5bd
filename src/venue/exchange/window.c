/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Statistics of spans of time other than tickers of 24 hours: the last hours or days, the day since
 * 00:00 UTC, the mean of five minutes. Over REST and as streams.
 */
#include <string.h>

#include "qtrade/base/time.h"

#include "news_priv.h"

#define AVERAGE_MINUTES 5

/* What is asked: since when, and in which form. */
struct window {
    int64_t since_ns;
    bool is_mini;
};

/* Keys in Binance's order: of REST, of streams. */
static const struct window_keys {
    const char *change, *percent, *average, *open, *high, *low, *last, *volume, *quote, *open_time,
        *close_time, *first_id, *last_id, *count;
} rest_keys = {"priceChange",      "priceChangePercent",
               "weightedAvgPrice", "openPrice",
               "highPrice",        "lowPrice",
               "lastPrice",        "volume",
               "quoteVolume",      "openTime",
               "closeTime",        "firstId",
               "lastId",           "count"},
  stream_keys = {"p", "P", "w", "o", "h", "l", "c", "v", "q", "O", "C", "F", "L", "n"};

static void
write_change(struct qt_text *out, const struct qt_instrument *ins, const struct qt__day *day,
             const struct window_keys *keys)
{
    qt_px change = {day->last.v - day->open.v};
    qt__field_px(out, keys->change, change, ins);
    qt_text_addf(out, ",\"%s\":\"%.3f\"", keys->percent,
                 100.0 * (double)change.v / (double)QT_MAX(day->open.v, 1));
    qt__field_px(out, keys->average, qt__day_average(day, ins), ins);
}

static void
write_fields(struct qt_text *out, const struct qt_instrument *ins, const struct qt__day *day,
             const struct window_keys *keys, bool is_mini)
{
    if (!is_mini)
        write_change(out, ins, day, keys);
    qt__field_px(out, keys->open, day->open, ins);
    qt__field_px(out, keys->high, day->high, ins);
    qt__field_px(out, keys->low, day->low, ins);
    qt__field_px(out, keys->last, day->last, ins);
    qt__field_qty(out, keys->volume, day->volume, ins);
    qt__field_money(out, keys->quote, day->quote_volume);
    qt__field_int(out, keys->open_time, day->open_ns / QT_NS_PER_MS);
    qt__field_int(out, keys->close_time, day->close_ns / QT_NS_PER_MS);
    qt__field_int(out, keys->first_id, (int64_t)day->first_id);
    qt__field_int(out, keys->last_id, (int64_t)day->last_id);
    qt__field_int(out, keys->count, (int64_t)day->count);
    qt_text_add_char(out, '}');
}

static bool
write_row(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol, const void *context)
{
    const struct window *window = context;
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct qt__day day;
    if (!qt__tape_window(exchange->symbols[symbol].tape, window->since_ns, exchange->now_ns, &day))
        return false;
    qt_text_addf(out, "{\"symbol\":\"%s\"", ins->symbol);
    write_fields(out, ins, &day, &rest_keys, window->is_mini);
    return true;
}

static bool
is_mini_param(struct qt__call *call, bool *out)
{
    static const char *const kinds[] = {"FULL", "MINI", NULL};
    int kind = qt__call_choice(call, "type", kinds, 0);
    *out = kind == 1;
    return kind >= 0;
}

static bool
answer(struct qt__exchange *exchange, struct qt__call *call, struct window *window)
{
    if (!qt__call_has(call, "symbol") && !qt__call_has_any(call, "symbols"))
        return qt__call_fail(call, QT__FAULT_MANDATORY, "symbol");
    return is_mini_param(call, &window->is_mini) &&
           qt__write_selected(exchange, call, write_row, window);
}

/* "90m", "4h", "7d": 1..59 minutes, 1..23 hours, 1..7 days. */
static bool
size_param(struct qt__call *call, int64_t *out_ns)
{
    static const struct {
        char letter;
        int64_t most, unit_ns;
    } units[] = {{'m', 59, QT_NS_PER_MIN}, {'h', 23, QT_NS_PER_HOUR}, {'d', 7, QT_NS_PER_DAY}};
    char text[QT__PARAM_MAX];
    int64_t count;
    *out_ns = QT_NS_PER_DAY;
    if (!qt__call_get(call, "windowSize", text) || !text[0])
        return true;
    size_t n = strlen(text);
    char letter = text[n - 1];
    text[n - 1] = '\0';
    for (size_t i = 0; i < QT_COUNT_OF(units); i++)
        if (units[i].letter == letter && qt_int_parse(text, &count) && count >= 1 &&
            count <= units[i].most) {
            *out_ns = count * units[i].unit_ns;
            return true;
        }
    return qt__call_fail(call, QT__FAULT_VALUE, "windowSize");
}

/* A window begins with a whole minute. */
static int64_t
since_of(const struct qt__exchange *exchange, int64_t size_ns)
{
    return qt_time_floor(exchange->now_ns - size_ns, QT_NS_PER_MIN);
}

bool
qt__handle_window(struct qt__exchange *exchange, struct qt__call *call)
{
    struct window window;
    int64_t size_ns;
    if (!size_param(call, &size_ns))
        return false;
    window.since_ns = since_of(exchange, size_ns);
    return answer(exchange, call, &window);
}

bool
qt__handle_trading_day(struct qt__exchange *exchange, struct qt__call *call)
{
    struct window window = {.since_ns = qt_time_floor(exchange->now_ns, QT_NS_PER_DAY)};
    return answer(exchange, call, &window);
}

/* The day's ticker as tickers of 24 hours are, or the short form. */
static bool
write_day(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol, const void *context)
{
    (void)context;
    return qt__news_day(exchange, out, symbol);
}

bool
qt__handle_day(struct qt__exchange *exchange, struct qt__call *call)
{
    struct window window = {.since_ns = since_of(exchange, QT_NS_PER_DAY)};
    return is_mini_param(call, &window.is_mini) &&
           qt__write_selected(exchange, call, window.is_mini ? write_row : write_day, &window);
}

bool
qt__news_window(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol, int hours)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    struct qt__day day;
    int64_t since = since_of(exchange, hours * QT_NS_PER_HOUR);
    if (!qt__tape_window(exchange->symbols[symbol].tape, since, exchange->now_ns, &day))
        return false;
    qt_text_addf(out, "{\"e\":\"%d%cTicker\",\"E\":%lld,\"s\":\"%s\"", hours == 24 ? 1 : hours,
                 hours == 24 ? 'd' : 'h', (long long)qt__exchange_ms(exchange), ins->symbol);
    write_fields(out, ins, &day, &stream_keys, false);
    return true;
}

qt_px
qt__average(struct qt__exchange *exchange, uint32_t symbol, int64_t *out_traded_ns)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    const struct qt__tape *tape = exchange->symbols[symbol].tape;
    struct qt_match_print last;
    size_t n =
        qt__tape_bars(tape, QT_TF_1M, QT_TIME_NONE, INT64_MAX, exchange->bars, AVERAGE_MINUTES);
    double quote = 0, volume = 0;
    qt_px average = n > 0 ? exchange->bars[n - 1].close : QT_PX_NONE;
    for (size_t i = 0; i < n; i++) {
        quote += qt_money_to_double(exchange->bars[i].quote_volume, QT_MONEY_SCALE);
        volume += qt_qty_to_double(exchange->bars[i].volume, ins->qty_scale);
    }
    if (volume > 0)
        (void)!qt_px_of_double(quote / volume, ins->px_scale, &average);
    *out_traded_ns = qt__tape_prints(tape, &last, 1) == 1 ? last.t_ns : exchange->now_ns;
    return average;
}

bool
qt__news_average(struct qt__exchange *exchange, struct qt_text *out, uint32_t symbol)
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    int64_t traded_ns;
    qt_px average = qt__average(exchange, symbol, &traded_ns);
    if (qt_px_is_none(average))
        return false;
    qt_text_addf(out, "{\"e\":\"avgPrice\",\"E\":%lld,\"s\":\"%s\",\"i\":\"%dm\"",
                 (long long)qt__exchange_ms(exchange), ins->symbol, AVERAGE_MINUTES);
    qt__field_px(out, "w", average, ins);
    qt__field_int(out, "T", traded_ns / QT_NS_PER_MS);
    qt_text_add_char(out, '}');
    return true;
}
