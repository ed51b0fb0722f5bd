/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The codec on recorded messages of many clients: every field it gives is compared with jansson's
 * reading of the same message. Scales of 8 decimals hold every recorded number.
 */
#include <jansson.h>

#include "qtrade/base/file.h"
#include "venue_messages.h"

#define SCALE 8

static struct taker taker;
static unsigned compared[QT_MESSAGES];

static void
set_up(void)
{
    taker_init(&taker);
    memset(compared, 0, sizeof compared);
}

static void
tear_down(void)
{
    taker_finish(&taker);
}

static const char *
text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    ck_assert_msg(text != NULL, "%s is missing", key);
    return text;
}

static int64_t
decimal_of(const json_t *object, const char *key)
{
    return scaled(text_of(object, key), SCALE);
}

static int64_t
ms_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) * QT_NS_PER_MS : TAKER_RECV_NS;
}

static void
check_quote(const json_t *data)
{
    const struct qt_quote *quote = &taker.events[0].quote;
    ck_assert_uint_eq(taker.n, 1);
    ck_assert_int_eq(taker.events[0].kind, QT_EVENT_QUOTE);
    ck_assert_int_eq(quote->bid.v, decimal_of(data, "b"));
    ck_assert_int_eq(quote->bid_qty.v, decimal_of(data, "B"));
    ck_assert_int_eq(quote->ask.v, decimal_of(data, "a"));
    ck_assert_int_eq(quote->ask_qty.v, decimal_of(data, "A"));
    ck_assert_int_eq(taker.events[0].t_venue_ns, ms_of(data, "E"));
}

static void
check_trade(const json_t *data)
{
    const struct qt_event *event = &taker.events[0];
    const char *id = strcmp(text_of(data, "e"), "trade") == 0 ? "t" : "a";
    ck_assert_uint_eq(taker.n, 1);
    ck_assert_int_eq(event->kind, QT_EVENT_TRADE);
    ck_assert_int_eq(event->trade.px.v, decimal_of(data, "p"));
    ck_assert_int_eq(event->trade.qty.v, decimal_of(data, "q"));
    ck_assert_int_eq(event->trade.id, json_integer_value(json_object_get(data, id)));
    ck_assert_int_eq(event->t_venue_ns, ms_of(data, "T"));
    ck_assert_int_eq(event->flags,
                     json_is_true(json_object_get(data, "m")) ? QT_EVENT_BUYER_MAKER : 0);
}

/* All levels of a side, in order, over the chunks. */
static void
check_side(const json_t *list, bool is_bid)
{
    size_t k = 0;
    for (size_t i = 0; i < taker.n; i++) {
        const struct qt_depth *depth = &taker.events[i].depth;
        ck_assert_uint_le(depth->bids + depth->asks, 4);
        size_t from = is_bid ? 0 : depth->bids, n = is_bid ? depth->bids : depth->asks;
        for (size_t j = from; j < from + n; j++, k++) {
            const json_t *level = json_array_get(list, k);
            ck_assert_int_eq(depth->levels[j].px.v,
                             scaled(json_string_value(json_array_get(level, 0)), SCALE));
            ck_assert_int_eq(depth->levels[j].qty.v,
                             scaled(json_string_value(json_array_get(level, 1)), SCALE));
        }
    }
    ck_assert_uint_eq(k, json_array_size(list));
}

static void
check_depth(const json_t *data)
{
    bool is_diff = json_object_get(data, "U") != NULL;
    int64_t first = json_integer_value(json_object_get(data, is_diff ? "U" : "lastUpdateId"));
    int64_t last = json_integer_value(json_object_get(data, is_diff ? "u" : "lastUpdateId"));
    ck_assert_uint_ge(taker.n, 1);
    for (size_t i = 0; i < taker.n; i++) {
        ck_assert_int_eq(taker.events[i].kind, QT_EVENT_DEPTH);
        ck_assert_int_eq(taker.events[i].depth.first_id, first);
        ck_assert_int_eq(taker.events[i].depth.last_id, last);
        ck_assert_int_eq((taker.events[i].flags & QT_EVENT_LAST) != 0, i + 1 == taker.n);
    }
    check_side(json_object_get(data, is_diff ? "b" : "bids"), true);
    check_side(json_object_get(data, is_diff ? "a" : "asks"), false);
}

static void
check_kline(const json_t *data)
{
    const json_t *k = json_object_get(data, "k");
    const struct qt_bar *bar = &taker.events[0].bar;
    if (!json_is_true(json_object_get(k, "x"))) {
        ck_assert_uint_eq(taker.n, 0);
        return;
    }
    ck_assert_uint_eq(taker.n, 1);
    ck_assert_int_eq(taker.events[0].kind, QT_EVENT_BAR);
    ck_assert_int_eq(bar->open_ns, ms_of(k, "t"));
    ck_assert_int_eq(bar->open_ns + bar->period_ns, ms_of(k, "T") + QT_NS_PER_MS);
    ck_assert_int_eq(bar->open.v, decimal_of(k, "o"));
    ck_assert_int_eq(bar->high.v, decimal_of(k, "h"));
    ck_assert_int_eq(bar->low.v, decimal_of(k, "l"));
    ck_assert_int_eq(bar->close.v, decimal_of(k, "c"));
    ck_assert_int_eq(bar->volume.v, decimal_of(k, "v"));
    ck_assert_int_eq(bar->quote_volume.v, decimal_of(k, "q"));
    ck_assert_int_eq(bar->taker_buy.v, decimal_of(k, "V"));
    ck_assert_int_eq(bar->trades, json_integer_value(json_object_get(k, "n")));
}

/* Spot tells the quote money of all fills; USD-M does not, and its orders may come with a fee of
 * null. */
static void
check_report(const json_t *data)
{
    const struct qt_report *report = &taker.events[0].report;
    bool is_fill = decimal_of(data, "l") > 0;
    ck_assert_uint_eq(taker.n, 1);
    ck_assert_int_eq(taker.events[0].kind, QT_EVENT_REPORT);
    ck_assert_int_eq(report->venue_id, json_integer_value(json_object_get(data, "i")));
    ck_assert_int_eq(report->type == QT_REPORT_FILL, is_fill);
    ck_assert_int_eq(report->side, strcmp(text_of(data, "S"), "BUY") == 0 ? QT_BUY : QT_SELL);
    ck_assert_int_eq(report->qty.v, decimal_of(data, is_fill ? "l" : "q"));
    int64_t px = decimal_of(data, is_fill ? "L" : "p");
    ck_assert_int_eq(qt_px_is_none(report->px), px == 0);
    ck_assert(px == 0 || report->px.v == px);
    ck_assert_int_eq(report->cum_qty.v, decimal_of(data, "z"));
    ck_assert_int_eq(report->cum_quote.v,
                     json_object_get(data, "Z") ? decimal_of(data, "Z") : -1);
    ck_assert_uint_eq(report->client_id, 0);
    if (is_fill) {
        ck_assert_int_eq(report->trade_id, json_integer_value(json_object_get(data, "t")));
        ck_assert_int_eq(report->fee.v, decimal_of(data, "n"));
        ck_assert_int_eq(report->is_maker, json_is_true(json_object_get(data, "m")));
    }
}

static void
check_order_update(const json_t *data)
{
    const json_t *order = json_object_get(data, "o");
    check_report(order);
    ck_assert_int_eq(taker.events[0].t_venue_ns, ms_of(order, "T"));
    ck_assert_uint_eq(taker.events[0].instrument,
                      qt_universe_find(taker.universe, text_of(order, "s"),
                                       strlen(text_of(order, "s"))));
}

/* Those that were recorded: one that was cancelled, one on its way to the book. */
static void
check_algo_update(const json_t *data)
{
    const json_t *order = json_object_get(data, "o");
    const struct qt_report *report = &taker.events[0].report;
    ck_assert_uint_eq(taker.decoded.algo_became, 0);
    if (strcmp(text_of(order, "X"), "TRIGGERING") == 0) {
        ck_assert_uint_eq(taker.n, 0);
        return;
    }
    ck_assert_str_eq(text_of(order, "X"), "CANCELED");
    ck_assert_uint_eq(taker.n, 1);
    ck_assert_int_eq(report->type, QT_REPORT_CANCELLED);
    ck_assert_int_eq(report->venue_id, json_integer_value(json_object_get(order, "aid")));
    ck_assert_int_eq(report->side, strcmp(text_of(order, "S"), "BUY") == 0 ? QT_BUY : QT_SELL);
    ck_assert_int_eq(report->qty.v, decimal_of(order, "q"));
    ck_assert_int_eq(report->px.v, decimal_of(order, "p"));
    ck_assert_int_eq(taker.events[0].t_venue_ns, ms_of(data, "T"));
}

/* What orders change is told by their own reports. */
static void
check_account_update(const json_t *data)
{
    ck_assert_str_eq(text_of(json_object_get(data, "a"), "m"), "ORDER");
    ck_assert_uint_eq(taker.n, 0);
}

static void
check_nothing(const json_t *data)
{
    (void)data;
    ck_assert_uint_eq(taker.n, 0);
}

static void
check_account(const json_t *data)
{
    const json_t *list = json_object_get(data, "B");
    ck_assert_uint_eq(taker.n, json_array_size(list));
    for (size_t i = 0; i < taker.n; i++) {
        const json_t *row = json_array_get(list, i);
        ck_assert_int_eq(taker.events[i].kind, QT_EVENT_BALANCE);
        ck_assert_str_eq(taker.events[i].balance.asset, text_of(row, "a"));
        ck_assert_int_eq(taker.events[i].balance.free.v, decimal_of(row, "f"));
        ck_assert_int_eq(taker.events[i].balance.locked.v, decimal_of(row, "l"));
    }
}

static void
check_ticker(const json_t *data)
{
    ck_assert_int_eq(taker.decoded.ticker.open.v, decimal_of(data, "o"));
    ck_assert_int_eq(taker.decoded.ticker.high.v, decimal_of(data, "h"));
    ck_assert_int_eq(taker.decoded.ticker.low.v, decimal_of(data, "l"));
    ck_assert_int_eq(taker.decoded.ticker.close.v, decimal_of(data, "c"));
    ck_assert_int_eq(taker.decoded.ticker.volume.v, decimal_of(data, "v"));
    ck_assert_int_eq(taker.decoded.ticker.quote_volume.v, decimal_of(data, "q"));
}

static const struct {
    const char *event;
    enum qt_message kind;
    void (*check)(const json_t *data);
} kinds[] = {
    {"bookTicker", QT_MESSAGE_QUOTE, check_quote},
    {"trade", QT_MESSAGE_TRADE, check_trade},
    {"aggTrade", QT_MESSAGE_TRADE, check_trade},
    {"depthUpdate", QT_MESSAGE_DEPTH, check_depth},
    {"kline", QT_MESSAGE_KLINE, check_kline},
    {"24hrMiniTicker", QT_MESSAGE_TICKER, check_ticker},
    {"executionReport", QT_MESSAGE_REPORT, check_report},
    {"outboundAccountPosition", QT_MESSAGE_ACCOUNT, check_account},
    {"ORDER_TRADE_UPDATE", QT_MESSAGE_REPORT, check_order_update},
    {"ALGO_UPDATE", QT_MESSAGE_REPORT, check_algo_update},
    {"ACCOUNT_UPDATE", QT_MESSAGE_ACCOUNT, check_account_update},
    {"MARGIN_CALL", QT_MESSAGE_MARGIN_CALL, check_nothing},
};

/* The kind that a message is by its looks, apart from the codec. */
static const char *
event_of(const json_t *data)
{
    const char *event = json_string_value(json_object_get(data, "e"));
    if (event)
        return event;
    if (json_object_get(data, "u") && json_object_get(data, "B") && json_object_get(data, "A"))
        return "bookTicker";
    return json_object_get(data, "lastUpdateId") && json_object_get(data, "bids") ? "depthUpdate"
                                                                                  : "";
}

/* The object that holds the event. */
static const json_t *
data_of(const json_t *message)
{
    const json_t *data = json_object_get(message, "data");
    if (!json_is_object(data))
        data = json_object_get(message, "event");
    return json_is_object(data) ? data : message;
}

static void
add_symbol(const json_t *data)
{
    const char *symbol = json_string_value(json_object_get(data, "s"));
    char base[QT_ASSET_SIZE] = "", quote[QT_ASSET_SIZE] = "";
    static const char *const quotes[] = {"USDT", "USD", "BTC", "ETH", "BUSD", "EUR"};
    if (!symbol || strlen(symbol) >= 16 ||
        qt_universe_find(taker.universe, symbol, strlen(symbol)) != QT_NO_INSTRUMENT)
        return;
    for (size_t i = 0; i < QT_COUNT_OF(quotes) && !quote[0]; i++)
        if (qt_ends_with(symbol, quotes[i])) {
            (void)qt_copy(quote, sizeof quote, quotes[i]);
            (void)qt_copy_n(base, sizeof base, symbol, strlen(symbol) - strlen(quotes[i]));
        }
    (void)taker_add(&taker, symbol, base, quote, SCALE, SCALE);
}

static bool
is_ours(const json_t *data, const char *event)
{
    /* USD-M's trades of its insurance fund and the like have "X" and no price. */
    static const char *const without[] = {"outboundAccountPosition", "ORDER_TRADE_UPDATE",
                                          "ALGO_UPDATE", "ACCOUNT_UPDATE", "MARGIN_CALL"};
    for (size_t i = 0; i < QT_COUNT_OF(without); i++)
        if (strcmp(event, without[i]) == 0)
            return true;
    return *event && json_object_get(data, "s");
}

static void
check_message(const json_t *message, const char *where)
{
    if (!json_is_object(message))
        return;
    const json_t *data = data_of(message);
    const char *event = event_of(data);
    char *text = json_dumps(message, JSON_COMPACT);
    add_symbol(json_is_object(json_object_get(data, "o")) ? json_object_get(data, "o") : data);
    enum qt_codec_verdict verdict = taker_take_text(&taker, text);
    ck_assert_msg(verdict <= QT_CODEC_SKIPPED, "%s: %s: %.200s", where, taker.decoded.why, text);
    bool is_known = false;
    for (size_t i = 0; i < QT_COUNT_OF(kinds); i++) {
        if (strcmp(kinds[i].event, event) != 0 || !is_ours(data, event))
            continue;
        ck_assert_msg(taker.decoded.kind == kinds[i].kind, "%s: kind %d: %.200s", where,
                      (int)taker.decoded.kind, text);
        kinds[i].check(data);
        compared[kinds[i].kind]++;
        is_known = true;
    }
    ck_assert_msg(is_known || taker.n == 0, "%s: events out of %.200s", where, text);
    free(text);
}

/* Every message of one row, whatever its format is (messages/README.md). */
static void
check_row(const json_t *row, const char *where)
{
    const json_t *steps = json_object_get(row, "steps"), *lines = json_object_get(row, "lines");
    const char *dir = json_string_value(json_object_get(row, "dir"));
    size_t i;
    json_t *item;
    if (dir && strcmp(dir, "in") == 0)
        check_message(json_object_get(row, "msg"), where);
    if (strstr(where, "ws_") || strstr(where, "_json/") || strstr(where, "ws.jsonl") ||
        strstr(where, "stream"))
        check_message(json_object_get(row, "json"), where);
    json_array_foreach(lines, i, item) check_message(item, where);
    json_array_foreach(steps, i, item)
    {
        dir = json_string_value(json_object_get(item, "dir"));
        if (dir && strcmp(dir, "out") != 0)
            check_message(json_object_get(item, "msg"), where);
    }
}

static void
check_file(const char *relative)
{
    char path[512], *line;
    struct qt_error err = {0};
    if (!qt_market_path(relative, path, sizeof path))
        return;
    qt_auto(qt_lines) lines = qt_lines_open(path, &err);
    ck_assert_msg(lines != NULL, "%s", err.text);
    while ((line = qt_lines_next(lines, NULL, &err)) != NULL) {
        json_error_t error;
        char where[300];
        json_t *row = json_loads(line, 0, &error);
        ck_assert_msg(row != NULL, "%s", error.text);
        const char *name = json_string_value(json_object_get(row, "name"));
        snprintf(where, sizeof where, "%s %s", relative, name ? name : "");
        check_row(row, where);
        json_decref(row);
    }
    ck_assert_int_eq(err.code, QT_E_NONE);
}

static const char *const files[] = {
    "messages/binance/cryptofeed-binance-ws.jsonl.gz",
    "messages/binance/gct-ws.jsonl",
    "messages/binance/jkorf.jsonl",
    "messages/binance/nautilus.jsonl",
    "messages/binance/xchange.jsonl",
};

static bool
has_data(void)
{
    char path[512];
    return qt_market_path("messages/binance", path, sizeof path) != NULL;
}

START_TEST(recorded_messages_of_both_products_are_decoded_exactly)
{
    for (size_t i = 0; i < QT_COUNT_OF(files); i++)
        check_file(files[i]);
    if (!has_data())
        return;
    ck_assert_uint_ge(compared[QT_MESSAGE_QUOTE], 40);
    ck_assert_uint_ge(compared[QT_MESSAGE_TRADE], 5);
    ck_assert_uint_ge(compared[QT_MESSAGE_DEPTH], 80);
    ck_assert_uint_ge(compared[QT_MESSAGE_KLINE], 1);
    ck_assert_uint_ge(compared[QT_MESSAGE_REPORT], 26);
    ck_assert_uint_ge(compared[QT_MESSAGE_ACCOUNT], 3);
    ck_assert_uint_ge(compared[QT_MESSAGE_MARGIN_CALL], 1);
    ck_assert_uint_ge(compared[QT_MESSAGE_TICKER], 1);
}
END_TEST

START_TEST(a_recorded_session_of_perpetuals_is_decoded_exactly)
{
    taker.class = &qt_venue_binance_usdm;
    check_file("messages/binance-usdm/cryptofeed-binance_futures-ws.jsonl.gz");
    if (!has_data())
        return;
    ck_assert_uint_eq(compared[QT_MESSAGE_TRADE], 34);
    ck_assert_uint_eq(compared[QT_MESSAGE_DEPTH], 313);
    ck_assert_uint_eq(compared[QT_MESSAGE_QUOTE], 168);
    ck_assert_uint_eq(compared[QT_MESSAGE_KLINE], 26);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("binance_recorded");
    TCase *tc = tcase_create("recorded");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, recorded_messages_of_both_products_are_decoded_exactly);
    tcase_add_test(tc, a_recorded_session_of_perpetuals_is_decoded_exactly);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
