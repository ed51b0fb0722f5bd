/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Public calls about what has been: trades, aggregate trades, klines. A trade is its own aggregate:
 * the market trades once at a time.
 */
#include <string.h>

#include "qtrade/base/time.h"

#include "exchange_priv.h"

/* One trade under its keys: long ones of trades, single letters of aggregates. */
static void
write_trade(struct qt_text *out, const struct qt_instrument *ins,
            const struct qt_match_print *print)
{
    qt_money quote = QT_MONEY_ZERO;
    (void)!qt_instrument_notional(ins, print->px, print->qty, &quote);
    qt_text_add_char(out, '{');
    qt__field_int(out, "id", (int64_t)print->id);
    qt__field_px(out, "price", print->px, ins);
    qt__field_qty(out, "qty", print->qty, ins);
    qt__field_money(out, "quoteQty", quote);
    qt__field_int(out, "time", print->t_ns / QT_NS_PER_MS);
    qt__field_bool(out, "isBuyerMaker", print->buyer_is_maker);
    qt__field_bool(out, "isBestMatch", true);
    qt_text_add_char(out, '}');
}

static void
write_aggregate(struct qt_text *out, const struct qt_instrument *ins,
                const struct qt_match_print *print)
{
    int64_t id = (int64_t)print->id;
    qt_text_add_char(out, '{');
    qt__field_int(out, "a", id);
    qt__field_px(out, "p", print->px, ins);
    qt__field_qty(out, "q", print->qty, ins);
    qt__field_int(out, "f", id);
    qt__field_int(out, "l", id);
    qt__field_int(out, "T", print->t_ns / QT_NS_PER_MS);
    qt__field_bool(out, "m", print->buyer_is_maker);
    qt__field_bool(out, "M", true);
    qt_text_add_char(out, '}');
}

/* A time parameter in ms as ns; def when absent. */
static bool
time_param(struct qt__call *call, const char *name, int64_t def, int64_t *out_ns)
{
    int64_t ms;
    if (!qt__call_has(call, name)) {
        *out_ns = def;
        return true;
    }
    if (!qt__call_int(call, name, 0, 0, INT64_MAX / QT_NS_PER_MS - 1, &ms))
        return false;
    *out_ns = ms * QT_NS_PER_MS;
    return true;
}

/* Which of the trades that the tape remembers. */
struct range {
    int64_t limit, from_id;    /* from_id -1: none given */
    int64_t from_ns, until_ns; /* until_ns: the first that is too late */
};

static bool
range_params(struct qt__call *call, struct range *out)
{
    if (!qt__call_int(call, "limit", 500, 1, QT__LIST_MAX, &out->limit) ||
        !qt__call_int(call, "fromId", -1, 0, INT64_MAX, &out->from_id) ||
        !time_param(call, "startTime", QT_TIME_NONE, &out->from_ns) ||
        !time_param(call, "endTime", INT64_MAX, &out->until_ns))
        return false;
    if (out->from_id >= 0 && (out->from_ns != QT_TIME_NONE || out->until_ns != INT64_MAX))
        return qt__call_fail(call, QT__FAULT_COMBINATION);
    if (out->until_ns != INT64_MAX)
        out->until_ns += QT_NS_PER_MS; /* the whole of that millisecond */
    return true;
}

static bool
write_trades(struct qt__exchange *exchange, struct qt__call *call, uint32_t symbol,
             const struct range *range,
             void (*write)(struct qt_text *out, const struct qt_instrument *ins,
                           const struct qt_match_print *print))
{
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    const struct qt_match_print *prints = exchange->prints;
    size_t n = qt__tape_prints(exchange->symbols[symbol].tape, exchange->prints, QT__LIST_MAX);
    size_t first = 0, end;
    bool has_begin = range->from_id >= 0 || range->from_ns != QT_TIME_NONE;
    while (first < n &&
           ((int64_t)prints[first].id < range->from_id || prints[first].t_ns < range->from_ns))
        first++;
    for (end = first; end < n && prints[end].t_ns < range->until_ns;)
        end++;
    size_t most = (size_t)range->limit;
    if (!has_begin && end - first > most)
        first = end - most;
    end = QT_MIN(end, first + most);
    qt_text_add_char(call->out, '[');
    for (size_t i = first; i < end; i++) {
        qt_text_add(call->out, i > first ? "," : "");
        write(call->out, ins, &prints[i]);
    }
    qt_text_add_char(call->out, ']');
    return true;
}

bool
qt__handle_trades(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    struct range range = {.from_id = -1, .from_ns = QT_TIME_NONE, .until_ns = INT64_MAX};
    return qt__need_symbol(exchange, call, &symbol) &&
           qt__call_int(call, "limit", 500, 1, QT__LIST_MAX, &range.limit) &&
           write_trades(exchange, call, symbol, &range, write_trade);
}

bool
qt__handle_past_trades(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    struct range range = {.from_ns = QT_TIME_NONE, .until_ns = INT64_MAX};
    return qt__need_symbol(exchange, call, &symbol) &&
           qt__call_int(call, "limit", 500, 1, QT__LIST_MAX, &range.limit) &&
           qt__call_int(call, "fromId", -1, 0, INT64_MAX, &range.from_id) &&
           write_trades(exchange, call, symbol, &range, write_trade);
}

bool
qt__handle_aggregate(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    struct range range;
    return qt__need_symbol(exchange, call, &symbol) && range_params(call, &range) &&
           write_trades(exchange, call, symbol, &range, write_aggregate);
}

/* Days begin at 00:00 UTC here: another zone is refused rather than answered with other bars. */
static bool
is_utc(struct qt__call *call)
{
    char zone[QT__PARAM_MAX];
    return !qt__call_get(call, "timeZone", zone) || !zone[0] || strcmp(zone, "0") == 0 ||
           strcmp(zone, "0:00") == 0 || strcmp(zone, "00:00") == 0 ||
           qt__call_fail(call, QT__FAULT_VALUE, "timeZone");
}

bool
qt__handle_klines(struct qt__exchange *exchange, struct qt__call *call)
{
    uint32_t symbol;
    int64_t limit, from, to;
    char name[QT__PARAM_MAX];
    if (!qt__need_symbol(exchange, call, &symbol) || !qt__call_need(call, "interval", name))
        return false;
    int interval = qt__interval_of_name(name, strlen(name));
    if (interval < 0)
        return qt__call_fail(call, QT__FAULT_INTERVAL);
    if (!qt__call_int(call, "limit", 500, 1, QT__LIST_MAX, &limit) ||
        !time_param(call, "startTime", QT_TIME_NONE, &from) ||
        !time_param(call, "endTime", INT64_MAX, &to) || !is_utc(call))
        return false;
    const struct qt_instrument *ins = qt_universe_at(exchange->universe, symbol);
    size_t n = qt__interval_bars(exchange->symbols[symbol].tape, interval, exchange->now_ns, from,
                                 to, exchange->bars, (size_t)limit);
    qt_text_add_char(call->out, '[');
    for (size_t i = 0; i < n; i++) {
        qt_text_add(call->out, i ? "," : "");
        qt__write_kline_fields(call->out, ins, &exchange->bars[i]);
    }
    qt_text_add_char(call->out, ']');
    return true;
}
