/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers to requests: the venue's rules, orders, fills, balances. Through jansson: they are large,
 * rare, or both.
 */
#include "qtrade/venue/binance.h"

#include "codec_priv.h"

#include <stdlib.h>

#include "qtrade/base/time.h"

static json_t *
load(const char *body, size_t length)
{
    json_error_t error;
    return json_loadb(body, length, JSON_REJECT_DUPLICATES, &error);
}

static const char *
text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* A member that is a decimal in a string. */
static bool
decimal_of(const json_t *object, const char *key, int scale, int64_t *out)
{
    const char *text = text_of(object, key);
    return text && qt_decimal_parse(text, strlen(text), scale, out);
}

static struct qt__slice
slice_of(const json_t *value)
{
    const char *text = json_string_value(value);
    return text ? (struct qt__slice){.p = text, .n = strlen(text), .type = '"'}
                : (struct qt__slice){.p = "", .type = 'n'};
}

bool
qt__bn_decode_time(const char *body, size_t length, int64_t *out_ms)
{
    struct qt__slice key, value;
    struct qt__json json = qt__json_open(body, length);
    int64_t ms = -1;
    if (!qt__json_enter(&json, '{'))
        return false;
    while (qt__json_next_key(&json, &key) && qt__json_take(&json, &value))
        if (qt__slice_is(&key, "serverTime") && !qt__slice_int(&value, &ms))
            return false;
    if (!qt__json_end(&json) || ms <= 0 || ms > INT64_MAX / QT_NS_PER_MS)
        return false;
    *out_ms = ms;
    return true;
}

/* Rules */

static int64_t
interval_ns(const char *name, int64_t count)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"SECOND", QT_NS_PER_S},
                 {"MINUTE", QT_NS_PER_MIN},
                 {"HOUR", QT_NS_PER_HOUR},
                 {"DAY", QT_NS_PER_DAY}};
    for (size_t i = 0; i < QT_COUNT_OF(units); i++)
        if (name && strcmp(units[i].name, name) == 0 && count > 0 && count <= 1000)
            return units[i].ns * count;
    return 0;
}

static void
read_rate_rules(const json_t *list, struct qt__bn_rate_rules *out)
{
    static const struct {
        const char *name;
        enum qt_limit_kind kind;
    } kinds[] = {{"REQUEST_WEIGHT", QT_LIMIT_WEIGHT},
                 {"ORDERS", QT_LIMIT_ORDERS},
                 {"RAW_REQUESTS", QT_LIMIT_REQUESTS}};
    size_t i;
    json_t *row;
    out->n = 0;
    json_array_foreach(list, i, row)
    {
        const char *type = text_of(row, "rateLimitType");
        int64_t limit = json_integer_value(json_object_get(row, "limit"));
        int64_t ns = interval_ns(text_of(row, "interval"),
                                 json_integer_value(json_object_get(row, "intervalNum")));
        for (size_t k = 0; k < QT_COUNT_OF(kinds); k++)
            if (type && strcmp(kinds[k].name, type) == 0 && limit > 0 && ns > 0 &&
                out->n < QT_LIMITER_ROWS)
                out->limits[out->n++] = (struct qt_limit){.kind = kinds[k].kind,
                                                          .interval_ns = ns,
                                                          .limit = limit,
                                                          .reserve = limit / 10};
    }
}

static const json_t *
filter_of(const json_t *symbol, const char *type)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(symbol, "filters"), i, row)
    {
        const char *name = text_of(row, "filterType");
        if (name && strcmp(name, type) == 0)
            return row;
    }
    return NULL;
}

/* Decimals that a text needs: "0.01000000" 2; -1: no decimal. */
static int
decimals_of(const char *text)
{
    const char *point = text ? strchr(text, '.') : NULL;
    int64_t ignored;
    if (!text || !qt_decimal_parse(text, strlen(text), QT_SCALE_MAX, &ignored))
        return text && !point && *text ? 0 : -1;
    if (!point)
        return 0;
    size_t n = strlen(point + 1);
    while (n > 0 && point[n] == '0')
        n--;
    return (int)n;
}

/*
 * Scale of quantities: fees of buys are taken from the base asset in finer steps than the lot, so
 * the scale goes up to the asset's own precision (8) as long as a million of the largest orders
 * still fit into 63 bits.
 */
static int
quantity_scale(const json_t *lot, int least, int precision)
{
    const char *most = text_of(lot, "maxQty");
    int64_t whole;
    int scale = least;
    if (!most || !qt_decimal_parse(most, strcspn(most, "."), 0, &whole) || whole < 1)
        whole = 1;
    while (scale < precision && scale < 8) {
        __int128 wanted = (__int128)whole * 1000000 * qt_pow10(scale + 1);
        if (wanted > INT64_MAX)
            break;
        scale++;
    }
    return scale;
}

static bool
read_price_filter(const json_t *symbol, struct qt_instrument *ins)
{
    const json_t *filter = filter_of(symbol, "PRICE_FILTER");
    int scale = filter ? decimals_of(text_of(filter, "tickSize")) : -1;
    if (scale < 0 || scale > QT_SCALE_MAX)
        return false;
    ins->px_scale = scale;
    return decimal_of(filter, "tickSize", scale, &ins->tick.v) && ins->tick.v > 0 &&
           decimal_of(filter, "minPrice", scale, &ins->min_px.v) &&
           decimal_of(filter, "maxPrice", scale, &ins->max_px.v);
}

static bool
read_lot_filter(const json_t *symbol, struct qt_instrument *ins)
{
    const json_t *filter = filter_of(symbol, "LOT_SIZE");
    int least = filter ? decimals_of(text_of(filter, "stepSize")) : -1;
    if (least < 0 || least > QT_SCALE_MAX)
        return false;
    int64_t precision = json_integer_value(json_object_get(symbol, "baseAssetPrecision"));
    ins->qty_scale =
        quantity_scale(filter, least, precision < 0 || precision > 8 ? 8 : (int)precision);
    return decimal_of(filter, "stepSize", ins->qty_scale, &ins->lot.v) && ins->lot.v > 0 &&
           decimal_of(filter, "minQty", ins->qty_scale, &ins->min_qty.v) &&
           decimal_of(filter, "maxQty", ins->qty_scale, &ins->max_qty.v);
}

static bool
read_notional_filter(const json_t *symbol, struct qt_instrument *ins)
{
    const json_t *filter = filter_of(symbol, "NOTIONAL");
    if (!filter)
        filter = filter_of(symbol, "MIN_NOTIONAL");
    return !filter || decimal_of(filter, "minNotional", QT_MONEY_SCALE, &ins->min_notional.v) ||
           decimal_of(filter, "notional", QT_MONEY_SCALE, &ins->min_notional.v);
}

/* A step of 0 and the like are none; one that does not fit the quantities' scale makes no sense. */
static bool
read_market_lot_filter(const json_t *symbol, struct qt_instrument *ins)
{
    const json_t *filter = filter_of(symbol, "MARKET_LOT_SIZE");
    return !filter || (decimal_of(filter, "stepSize", ins->qty_scale, &ins->market_lot.v) &&
                       decimal_of(filter, "minQty", ins->qty_scale, &ins->market_min_qty.v) &&
                       decimal_of(filter, "maxQty", ins->qty_scale, &ins->market_max_qty.v));
}

/* Of the list "orderTypes", as far as the engine has such orders; no list: not told. A LIMIT_MAKER
 * of USD-M is a time in force there. Where conditional orders are a service of their own, a list with
 * none of them says nothing of them: better one that is refused than a stop that is not tried. */
static uint32_t
order_types_of(const json_t *symbol, const struct qt__bn_words *words)
{
    size_t i;
    json_t *item;
    uint32_t bits = 0, algos = 0;
    json_array_foreach(json_object_get(symbol, "orderTypes"), i, item)
    {
        const char *name = json_string_value(item);
        for (int type = 0; name && type < QT_ORDER_TYPES; type++)
            if (words->types[type].name && strcmp(words->types[type].name, name) == 0)
                bits |= 1u << type;
    }
    for (int type = 0; type < QT_ORDER_TYPES; type++)
        algos |= (uint32_t)qt__bn_is_algo(words, (enum qt_order_type)type) << type;
    return bits != 0 && (bits & algos) == 0 ? bits | algos : bits;
}

/* Names of symbols go into addresses and onto the screen: letters, digits, '-', '_', '.'. */
static bool
copy_name(const json_t *symbol, const char *key, char *out, size_t capacity)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    const char *text = text_of(symbol, key);
    return text && *text && strspn(text, allowed) == strlen(text) && qt_copy(out, capacity, text);
}

static bool
read_symbol(const json_t *symbol, const struct qt__bn_words *words, struct qt_instrument *ins)
{
    const char *status = text_of(symbol, "status");
    *ins = (struct qt_instrument){.status = status && strcmp(status, "TRADING") == 0
                                                ? QT_INSTRUMENT_TRADING
                                                : QT_INSTRUMENT_HALTED,
                                  .order_types = order_types_of(symbol, words)};
    return copy_name(symbol, "symbol", ins->symbol, sizeof ins->symbol) &&
           copy_name(symbol, "baseAsset", ins->base, sizeof ins->base) &&
           copy_name(symbol, "quoteAsset", ins->quote, sizeof ins->quote) &&
           read_price_filter(symbol, ins) && read_lot_filter(symbol, ins) &&
           read_market_lot_filter(symbol, ins) &&
           read_notional_filter(symbol, ins);
}

static bool
is_wanted(const json_t *symbol, const char *quote)
{
    const char *asset = text_of(symbol, "quoteAsset");
    const char *contract = text_of(symbol, "contractType"); /* spot has none */
    const json_t *spot = json_object_get(symbol, "isSpotTradingAllowed");
    return !json_is_false(spot) && (!contract || strcmp(contract, "PERPETUAL") == 0) &&
           (!quote || (asset && strcmp(asset, quote) == 0));
}

bool
qt__bn_decode_exchange_info(const char *body, size_t length, const struct qt__bn_words *words,
                            const char *quote, struct qt__bn_listing **out, size_t *out_n, size_t *out_skipped,
                            struct qt__bn_rate_rules *rules, struct qt_error *err)
{
    json_t *root = load(body, length), *symbols = json_object_get(root, "symbols"), *row;
    size_t i, n = 0, skipped = 0;
    struct qt__bn_listing *listings =
        json_is_array(symbols) ? calloc(json_array_size(symbols) + 1, sizeof *listings) : NULL;
    if (!listings) {
        json_decref(root);
        return qt_fail(err, QT_E_DATA, "exchangeInfo: %zu bytes without a list of symbols", length);
    }
    json_array_foreach(symbols, i, row)
    {
        if (!is_wanted(row, quote))
            continue;
        listings[n].volume.v = -1;
        if (read_symbol(row, words, &listings[n].ins))
            n++;
        else
            skipped++;
    }
    read_rate_rules(json_object_get(root, "rateLimits"), rules);
    json_decref(root);
    *out = listings;
    *out_n = n;
    *out_skipped = skipped;
    return true;
}

static struct qt__bn_listing *
find_listing(struct qt__bn_listing *listings, size_t n, const char *symbol)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(listings[middle].ins.symbol, symbol);
        if (order == 0)
            return &listings[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool
qt__bn_decode_day_volumes(const char *body, size_t length, struct qt__bn_listing *listings,
                          size_t n, struct qt_error *err)
{
    json_t *root = load(body, length), *row;
    size_t i;
    if (!json_is_array(root)) {
        json_decref(root);
        return qt_fail(err, QT_E_DATA, "ticker/24hr: %zu bytes that are no list", length);
    }
    json_array_foreach(root, i, row)
    {
        const char *symbol = text_of(row, "symbol"), *volume = text_of(row, "quoteVolume");
        struct qt__bn_listing *listing = symbol ? find_listing(listings, n, symbol) : NULL;
        int64_t v;
        if (!listing || !volume)
            continue;
        struct qt__slice slice = {.p = volume, .n = strlen(volume), .type = '"'};
        if (qt__slice_decimal_rounded(&slice, QT_MONEY_SCALE, -1, &v, NULL) && v >= 0)
            listing->volume.v = v;
    }
    json_decref(root);
    return true;
}

bool
qt__bn_decode_rights(const char *body, size_t length, const char *trade_right,
                     struct qt_binance_rights *out)
{
    const char *const names[] = {"enableReading", trade_right, "enableWithdrawals", "ipRestrict"};
    bool values[QT_COUNT_OF(names)], is_good = true;
    json_t *root = load(body, length);
    for (size_t i = 0; i < QT_COUNT_OF(names); i++) {
        const json_t *value = json_object_get(root, names[i]);
        is_good &= json_is_boolean(value);
        values[i] = json_is_true(value);
    }
    json_decref(root);
    if (is_good)
        *out = (struct qt_binance_rights){.is_known = true,
                                          .may_trade = values[0] && values[1],
                                          .may_withdraw = values[2],
                                          .is_ip_bound = values[3]};
    return is_good;
}

bool
qt__bn_decode_listen_key(const char *body, size_t length, char *out, size_t capacity)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    json_t *root = load(body, length);
    const char *key = text_of(root, "listenKey");
    bool is_good =
        key && *key && strspn(key, allowed) == strlen(key) && qt_copy(out, capacity, key);
    json_decref(root);
    return is_good;
}

/* Orders */

static bool
read_order_words(const json_t *order, uint32_t tag, struct qt_report *report)
{
    const char *state = text_of(order, "status"), *side = text_of(order, "side");
    const char *original = text_of(order, "origClientOrderId");
    const char *id = original && *original ? original : text_of(order, "clientOrderId");
    const json_t *venue_id = json_object_get(order, "orderId");
    enum qt_order_state known =
        state ? qt__bn_order_state_of(state, strlen(state)) : QT_ORDER_STATES;
    if (known == QT_ORDER_STATES || !side || !json_is_integer(venue_id) ||
        json_integer_value(venue_id) < 0 || (strcmp(side, "BUY") != 0 && strcmp(side, "SELL") != 0))
        return false;
    report->type = QT_REPORT_STATUS;
    report->state = (uint8_t)known;
    report->side = side[0] == 'B' ? QT_BUY : QT_SELL;
    report->venue_id = (uint64_t)json_integer_value(venue_id);
    if (!id || !qt_client_id_parse(id, strlen(id), tag, &report->client_id))
        report->client_id = 0;
    return true;
}

/* What the filled part came to: as its sum is called by one product or the other, or by its average
 * price; -1: none of them is told. */
static qt_money
read_sum(const json_t *order, const struct qt_instrument *ins, qt_qty filled)
{
    struct qt__slice average = slice_of(json_object_get(order, "avgPrice"));
    qt_money sum;
    qt_px px;
    if ((decimal_of(order, "cummulativeQuoteQty", QT_MONEY_SCALE, &sum.v) ||
         decimal_of(order, "cumQuote", QT_MONEY_SCALE, &sum.v)) &&
        sum.v >= 0)
        return sum;
    if (average.n > 0 &&
        qt__slice_decimal_rounded(&average, QT_MONEY_SCALE, 1, &px.v, NULL) && px.v > 0 &&
        qt_notional(px, QT_MONEY_SCALE, filled, ins->qty_scale, QT_MONEY_SCALE, &sum))
        return sum;
    return (qt_money){-1};
}

static bool
read_order_numbers(const json_t *order, const struct qt_instrument *ins, struct qt_report *report)
{
    if (!decimal_of(order, "origQty", ins->qty_scale, &report->qty.v) ||
        !decimal_of(order, "executedQty", ins->qty_scale, &report->cum_qty.v) ||
        !decimal_of(order, "price", ins->px_scale, &report->px.v) || report->qty.v < 0 ||
        report->cum_qty.v < 0 || report->cum_qty.v > report->qty.v)
        return false;
    report->cum_quote = read_sum(order, ins, report->cum_qty);
    if (report->px.v <= 0)
        report->px = QT_PX_NONE;
    return true;
}

static int64_t
order_time(const json_t *order)
{
    static const char *const keys[] = {"transactTime", "updateTime", "time"};
    for (size_t i = 0; i < QT_COUNT_OF(keys); i++) {
        int64_t ms = json_integer_value(json_object_get(order, keys[i]));
        if (ms > 0 && ms <= INT64_MAX / QT_NS_PER_MS)
            return ms * QT_NS_PER_MS;
    }
    return QT_TIME_NONE;
}

bool
qt__bn_decode_order(const json_t *order, const struct qt_universe *universe, uint32_t tag,
                    struct qt__bn_order_answer *out)
{
    const char *symbol = text_of(order, "symbol");
    struct qt__bn_order_answer answer = {.instrument = QT_NO_INSTRUMENT};
    if (!symbol || !read_order_words(order, tag, &answer.status))
        return false;
    answer.t_venue_ns = order_time(order);
    answer.instrument = qt_universe_find(universe, symbol, strlen(symbol));
    if (answer.instrument != QT_NO_INSTRUMENT &&
        !read_order_numbers(order, qt_universe_at(universe, answer.instrument), &answer.status))
        return false;
    *out = answer;
    return true;
}

/* One row of "fills" on top of what was filled before. */
static bool
read_fill(const json_t *row, const struct qt_instrument *ins, const struct qt_report *before,
          struct qt_report *out, uint64_t *foreign_fees)
{
    const json_t *in_order = json_object_get(row, "tradeId"); /* else a row of the trades */
    const json_t *id = in_order ? in_order : json_object_get(row, "id");
    struct qt__slice fee = slice_of(json_object_get(row, "commission"));
    struct qt__slice asset = slice_of(json_object_get(row, "commissionAsset"));
    qt_money notional;
    *out = *before;
    if (!json_is_integer(id) || json_integer_value(id) < 0 ||
        !decimal_of(row, "price", ins->px_scale, &out->px.v) ||
        !decimal_of(row, "qty", ins->qty_scale, &out->qty.v) || out->px.v <= 0 || out->qty.v <= 0)
        return false;
    out->type = QT_REPORT_FILL;
    out->trade_id = (uint64_t)json_integer_value(id);
    *foreign_fees += !qt__bn_fee_of(ins, &fee, &asset, out);
    return qt_qty_add(before->cum_qty, out->qty, &out->cum_qty) &&
           qt_instrument_notional(ins, out->px, out->qty, &notional) &&
           qt_money_add(before->cum_quote, notional, &out->cum_quote);
}

bool
qt__bn_decode_fills(const json_t *order, const struct qt_instrument *ins,
                    const struct qt_report *status, struct qt_report *out, size_t capacity,
                    size_t *out_n, uint64_t *out_foreign_fees)
{
    const json_t *fills = json_object_get(order, "fills");
    struct qt_report running = *status;
    size_t i;
    json_t *row;
    *out_n = 0;
    running.cum_qty = QT_QTY_ZERO;
    running.cum_quote = QT_MONEY_ZERO;
    if (json_array_size(fills) > capacity)
        return false;
    json_array_foreach(fills, i, row)
    {
        if (!read_fill(row, ins, &running, &out[i], out_foreign_fees))
            return false;
        running = out[i];
        out[i].state = (uint8_t)(qt_qty_cmp(running.cum_qty, status->qty) < 0 ? QT_ORDER_PARTIAL
                                                                              : QT_ORDER_FILLED);
    }
    *out_n = i;
    return true;
}

bool
qt__bn_decode_balance(const json_t *row, struct qt_balance *out, bool *out_fits)
{
    const char *asset = text_of(row, "asset");
    const json_t *free_amount = json_object_get(row, "free");
    const json_t *locked = json_object_get(row, "locked");
    struct qt__slice slices[2] = {slice_of(free_amount), slice_of(locked)};
    *out = (struct qt_balance){0};
    if (!asset || !json_is_string(free_amount) || !json_is_string(locked))
        return false;
    *out_fits = *asset && qt_copy(out->asset, sizeof out->asset, asset) &&
                qt__slice_decimal_rounded(&slices[0], QT_MONEY_SCALE, -1, &out->free.v, NULL) &&
                qt__slice_decimal_rounded(&slices[1], QT_MONEY_SCALE, -1, &out->locked.v, NULL) &&
                out->free.v >= 0 && out->locked.v >= 0;
    qt_text_clean(out->asset);
    return true;
}
