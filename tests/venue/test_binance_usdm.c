/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What USD-M perpetuals say otherwise than spot: orders, reports, account news, error codes.
 */
#include "venue_messages.h"

#include "../../src/venue/binance/codec_priv.h"
#include "../../src/venue/binance/product_priv.h"

static struct taker taker;

static void
set_up(void)
{
    taker_init(&taker);
    taker.class = &qt_venue_binance_usdm;
    (void)taker_add(&taker, "BTCUSDT", "BTC", "USDT", 2, 5);
}

static void
tear_down(void)
{
    taker_finish(&taker);
}

/* Orders */

static const struct {
    struct qt_order_request request;
    const char *text; /* NULL: refused */
} orders[] = {
    {{.type = QT_TYPE_LIMIT, .tif = QT_TIF_IOC, .side = QT_BUY, .px = {6183763}, .qty = {150000}},
     "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=1.5&price=61837.63"},
    {{.type = QT_TYPE_MARKET, .side = QT_SELL, .px = {INT64_MIN}, .qty = {1}, .reduce_only = true},
     "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.00001&reduceOnly=true"},
    {{.type = QT_TYPE_STOP_LOSS,
      .side = QT_SELL,
      .stop_px = {5000000},
      .qty = {100000},
      .reduce_only = true},
     "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&quantity=1&"
     "triggerPrice=50000&reduceOnly=true"},
    {{.type = QT_TYPE_STOP_LOSS_LIMIT,
      .side = QT_SELL,
      .px = {4999999},
      .stop_px = {5000000},
      .qty = {100000},
      .reduce_only = true},
     "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP&timeInForce=GTC&quantity=1&"
     "price=49999.99&triggerPrice=50000&reduceOnly=true"},
    {{.type = QT_TYPE_TAKE_PROFIT, .side = QT_SELL, .stop_px = {2}, .qty = {3}},
     "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=TAKE_PROFIT_MARKET&quantity=0.00003&"
     "triggerPrice=0.02"},
    {{.type = QT_TYPE_TAKE_PROFIT_LIMIT, .side = QT_SELL, .px = {1}, .stop_px = {2}, .qty = {3}},
     "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=TAKE_PROFIT&timeInForce=GTC&"
     "quantity=0.00003&price=0.01&triggerPrice=0.02"},
    {{.type = QT_TYPE_LIMIT_MAKER, .side = QT_BUY, .px = {100}, .qty = {100000}},
     "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=1&price=1"},
    {{.type = QT_TYPE_LIMIT, .side = QT_BUY, .px = {0}, .qty = {1}}, NULL},
    {{.type = QT_TYPE_STOP_LOSS, .side = QT_SELL, .stop_px = {INT64_MIN}, .qty = {1}}, NULL},
};

START_TEST(an_order_is_written_in_the_words_of_perpetuals)
{
    char buffer[512], id[QT_CLIENT_ID_TEXT], expected[512];
    struct qt_text text;
    struct qt_order_request request = orders[_i].request;
    request.client_id = qt_client_id(77, 3);
    qt_text_init(&text, buffer, sizeof buffer);
    bool is_written =
        taker.class->codec->encode(qt_universe_at(taker.universe, 0), TAKER_TAG, &request, &text);
    ck_assert_int_eq(is_written, orders[_i].text != NULL);
    if (!is_written)
        return;
    const char *reduce = strstr(orders[_i].text, "&reduceOnly=true");
    int head = reduce ? (int)(reduce - orders[_i].text) : (int)strlen(orders[_i].text);
    bool is_algo = strstr(orders[_i].text, "algoType=") != NULL;
    snprintf(expected, sizeof expected, "%.*s&%s=%s%s%s", head, orders[_i].text,
             is_algo ? "clientAlgoId" : "newClientOrderId",
             qt_client_id_format(TAKER_TAG, request.client_id, id), reduce ? reduce : "",
             is_algo ? "" : "&newOrderRespType=RESULT");
    ck_assert_str_eq(buffer, expected);
}
END_TEST

/* Rules */

#define STOPS (1u << QT_TYPE_STOP_LOSS | 1u << QT_TYPE_STOP_LOSS_LIMIT)

/* What the list of orderTypes says of stops. */
static const struct {
    const char *types;
    uint32_t stops;
} lists[] = {
    {"\"LIMIT\",\"MARKET\",\"STOP\",\"STOP_MARKET\",\"TAKE_PROFIT\"", STOPS},
    {"\"LIMIT\",\"MARKET\",\"STOP_MARKET\"", 1u << QT_TYPE_STOP_LOSS},
    {"\"LIMIT\",\"MARKET\"", STOPS}, /* of the book alone: they are a service of their own */
    {"", 0},                         /* not told */
};

START_TEST(stops_are_lacking_only_where_the_rules_have_others)
{
    char body[1024];
    struct qt__bn_listing *rows = NULL;
    struct qt__bn_rate_rules rules = {0};
    struct qt_error err = {0};
    size_t n, skipped;
    snprintf(body, sizeof body,
             "{\"rateLimits\":[],\"symbols\":[{\"symbol\":\"BTCUSDT\",\"baseAsset\":\"BTC\","
             "\"quoteAsset\":\"USDT\",\"contractType\":\"PERPETUAL\",\"status\":\"TRADING\","
             "\"filters\":[{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"0.10\",\"maxPrice\":"
             "\"1000000\",\"tickSize\":\"0.10\"},{\"filterType\":\"LOT_SIZE\",\"minQty\":\"0.001\","
             "\"maxQty\":\"1000\",\"stepSize\":\"0.001\"},{\"filterType\":\"MIN_NOTIONAL\","
             "\"notional\":\"5\"}],\"orderTypes\":[%s]}]}",
             lists[_i].types);
    ck_assert(qt__bn_decode_exchange_info(body, strlen(body), qt__bn_usdm.words, "USDT", &rows, &n,
                                          &skipped, &rules, &err));
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(rows[0].ins.order_types & STOPS, lists[_i].stops);
    free(rows);
}
END_TEST

/* Reports */

#define UPDATE(id_, type_, x_, state_, rest_)                                                      \
    "{\"e\":\"ORDER_TRADE_UPDATE\",\"E\":1568879465651,\"T\":1568879465650,\"o\":{\"s\":"          \
    "\"BTCUSDT\","                                                                                 \
    "\"c\":\"" id_ "\",\"S\":\"SELL\",\"o\":\"" type_                                              \
    "\",\"f\":\"GTC\",\"q\":\"1.5\",\"p\":\"0\","                                                  \
    "\"ap\":\"0\",\"sp\":\"0\",\"x\":\"" x_ "\",\"X\":\"" state_ "\",\"i\":8886774," rest_         \
    ",\"T\":1568879465649,\"m\":true,\"R\":true,\"ps\":\"BOTH\",\"rp\":\"-3.5\"}}"
#define NO_FILL "\"l\":\"0\",\"z\":\"0\",\"L\":\"0\",\"t\":0"
#define OURS "qt-abcd1234-4d03"

START_TEST(a_fill_of_ours_is_known_by_its_client_id_and_carries_its_fee)
{
    ck_assert_int_eq(
        taker_take_text(&taker, UPDATE(OURS, "MARKET", "TRADE", "PARTIALLY_FILLED",
                                       "\"l\":\"0.5\",\"z\":\"0.75\",\"L\":\"7100.50\",\"N\":"
                                       "\"USDT\",\"n\":\"1.42010000\",\"t\":99")),
        QT_CODEC_DECODED);
    ck_assert_uint_eq(taker.n, 1);
    const struct qt_event *event = &taker.events[0];
    ck_assert_int_eq(event->kind, QT_EVENT_REPORT);
    ck_assert_int_eq(event->t_venue_ns, INT64_C(1568879465649000000));
    ck_assert_uint_eq(event->report.client_id, 0x4d03);
    ck_assert_int_eq(event->report.type, QT_REPORT_FILL);
    ck_assert_int_eq(event->report.state, QT_ORDER_PARTIAL);
    ck_assert_int_eq(event->report.side, QT_SELL);
    ck_assert_int_eq(event->report.px.v, 710050);
    ck_assert_int_eq(event->report.qty.v, 50000);
    ck_assert_int_eq(event->report.cum_qty.v, 75000);
    ck_assert_int_eq(event->report.cum_quote.v, -1);
    ck_assert_int_eq(event->report.fee.v, 142010000);
    ck_assert_uint_eq(event->report.fee_in_base, 0);
    ck_assert_uint_eq(event->report.trade_id, 99);
    ck_assert_uint_eq(event->report.is_maker, 1);
}
END_TEST

static const struct {
    const char *text;
    enum qt_report_type type;
    enum qt_order_state state;
} ends[] = {
    {UPDATE(OURS, "LIMIT", "NEW", "NEW", NO_FILL), QT_REPORT_ACCEPTED, QT_ORDER_OPEN},
    {UPDATE(OURS, "LIMIT", "CANCELED", "CANCELED", NO_FILL), QT_REPORT_CANCELLED,
     QT_ORDER_CANCELLED},
    {UPDATE(OURS, "LIMIT", "EXPIRED", "EXPIRED", NO_FILL), QT_REPORT_EXPIRED, QT_ORDER_EXPIRED},
    {UPDATE(OURS, "LIMIT", "AMENDMENT", "NEW", NO_FILL), QT_REPORT_STATUS, QT_ORDER_OPEN},
    /* the same word for "went to the market" and for "is gone" */
    {UPDATE(OURS, "STOP_MARKET", "EXPIRED", "EXPIRED", NO_FILL), QT_REPORT_TIMEOUT,
     QT_ORDER_UNKNOWN},
    {UPDATE(OURS, "STOP", "EXPIRED", "EXPIRED", NO_FILL), QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN},
    {UPDATE(OURS, "STOP_MARKET", "CANCELED", "CANCELED", NO_FILL), QT_REPORT_CANCELLED,
     QT_ORDER_CANCELLED},
};

START_TEST(a_report_says_how_an_order_stands)
{
    ck_assert_int_eq(taker_take_text(&taker, ends[_i].text), QT_CODEC_DECODED);
    ck_assert_uint_eq(taker.n, 1);
    ck_assert_int_eq(taker.events[0].report.type, ends[_i].type);
    ck_assert_int_eq(taker.events[0].report.state, ends[_i].state);
    ck_assert_uint_eq(taker.events[0].report.client_id, 0x4d03);
}
END_TEST

/* Conditional orders: the documented example (Binance, USD-M Futures, Event: Algo Order Update, 2026)
 * but for symbol, client id, state and the order that it became. */
#define ALGO(id_, state_, became_)                                                                 \
    "{\"e\":\"ALGO_UPDATE\",\"T\":1750515742297,\"E\":1750515742303,\"o\":{\"caid\":\"" id_        \
    "\",\"aid\":2148719,\"at\":\"CONDITIONAL\",\"o\":\"TAKE_PROFIT\",\"s\":\"BTCUSDT\",\"S\":"       \
    "\"SELL\",\"ps\":\"BOTH\",\"f\":\"GTC\",\"q\":\"0.01\",\"X\":\"" state_ "\",\"ai\":" became_     \
    ",\"ap\":\"0.00000\",\"aq\":\"0.00000\",\"act\":\"0\",\"tp\":\"750\",\"p\":\"750\",\"V\":"         \
    "\"EXPIRE_MAKER\",\"wt\":\"CONTRACT_PRICE\",\"pm\":\"NONE\",\"cp\":false,\"pP\":false,"           \
    "\"R\":false,\"tt\":0,\"gtd\":0,\"rm\":\"Reduce Only reject\"}}"

static const struct {
    const char *text;
    enum qt_report_type type; /* TYPES: no report */
    enum qt_order_state state;
    uint64_t became;
} algos[] = {
    {ALGO(OURS, "NEW", "\"\""), QT_REPORT_ACCEPTED, QT_ORDER_OPEN, 0},
    {ALGO(OURS, "CANCELED", "\"\""), QT_REPORT_CANCELLED, QT_ORDER_CANCELLED, 0},
    {ALGO(OURS, "EXPIRED", "\"\""), QT_REPORT_EXPIRED, QT_ORDER_EXPIRED, 0},
    {ALGO(OURS, "REJECTED", "\"\""), QT_REPORT_REJECTED, QT_ORDER_REJECTED, 0},
    {ALGO(OURS, "TRIGGERING", "\"\""), QT_REPORT_TYPES, QT_ORDER_STATES, 0},
    {ALGO(OURS, "TRIGGERED", "\"974828356187\""), QT_REPORT_TYPES, QT_ORDER_STATES, 974828356187},
    {ALGO(OURS, "TRIGGERED", "974828356187"), QT_REPORT_TYPES, QT_ORDER_STATES, 974828356187},
    /* only the order that it became says what was filled */
    {ALGO(OURS, "FINISHED", "\"974828356187\""), QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN,
     974828356187},
    {ALGO(OURS, "FINISHED", "\"\""), QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN, 0},
    {ALGO(OURS, "EXPIRED", "\"974828356187\""), QT_REPORT_TIMEOUT, QT_ORDER_UNKNOWN,
     974828356187},
};

START_TEST(a_conditional_order_is_told_by_a_service_of_its_own)
{
    ck_assert_int_eq(taker_take_text(&taker, algos[_i].text), QT_CODEC_DECODED);
    ck_assert_int_eq(taker.decoded.kind, QT_MESSAGE_REPORT);
    ck_assert_uint_eq(taker.decoded.algo_id, 0x4d03);
    ck_assert_uint_eq(taker.decoded.algo_became, algos[_i].became);
    ck_assert_uint_eq(taker.n, algos[_i].type != QT_REPORT_TYPES);
    if (taker.n == 0)
        return;
    const struct qt_event *event = &taker.events[0];
    ck_assert_int_eq(event->kind, QT_EVENT_REPORT);
    ck_assert_int_eq(event->instrument, 0);
    ck_assert_int_eq(event->t_venue_ns, INT64_C(1750515742297000000));
    ck_assert_int_eq(event->report.type, algos[_i].type);
    ck_assert_int_eq(event->report.state, algos[_i].state);
    ck_assert_uint_eq(event->report.client_id, 0x4d03);
    ck_assert_uint_eq(event->report.venue_id, 2148719);
    ck_assert_int_eq(event->report.side, QT_SELL);
    ck_assert_int_eq(event->report.qty.v, 1000);
    ck_assert_int_eq(event->report.px.v, 75000);
    ck_assert_int_eq(event->report.cum_qty.v, 0);
    ck_assert_int_eq(event->report.cum_quote.v, -1);
}
END_TEST

static const struct {
    const char *text;
    enum qt_codec_verdict verdict;
} bad_algos[] = {
    {"{\"e\":\"ALGO_UPDATE\",\"E\":1,\"T\":1}", QT_CODEC_MALFORMED},
    {"{\"e\":\"ALGO_UPDATE\",\"E\":1,\"T\":1,\"o\":[]}", QT_CODEC_MALFORMED},
    {"{\"e\":\"ALGO_UPDATE\",\"E\":1,\"T\":1,\"o\":{\"s\":\"ETHUSDT\"}}", QT_CODEC_SKIPPED},
    {ALGO(OURS, "WHAT", "\"\""), QT_CODEC_MALFORMED},
    {ALGO(OURS, "NEW", "\"12x\""), QT_CODEC_MALFORMED},
    {ALGO(OURS, "NEW", "\"-1\""), QT_CODEC_MALFORMED},
    {ALGO(OURS, "NEW", "\"99999999999999999999999999\""), QT_CODEC_MALFORMED},
    {ALGO(OURS, "NEW", "true"), QT_CODEC_MALFORMED},
    {ALGO(OURS, "NEW", "{}"), QT_CODEC_MALFORMED},
};

START_TEST(a_conditional_order_that_makes_no_sense_is_none)
{
    ck_assert_int_eq(taker_take_text(&taker, bad_algos[_i].text), bad_algos[_i].verdict);
    ck_assert_uint_eq(taker.n, 0);
}
END_TEST

START_TEST(a_strangers_conditional_order_has_no_id_of_ours)
{
    ck_assert_int_eq(taker_take_text(&taker, ALGO("Q5xaq5EGKgXXa0fD7fs0Ip", "NEW", "\"\"")),
                     QT_CODEC_DECODED);
    ck_assert_uint_eq(taker.decoded.algo_id, 0);
    ck_assert_uint_eq(taker.n, 1);
    ck_assert_uint_eq(taker.events[0].report.client_id, 0);
}
END_TEST

/* By REST. The first: Binance, USD-M Futures, Current All Algo Open Orders, 2026, as it stands there.
 * The second: a recorded answer of Query Algo Order (JKorf/Binance.Net, pull request 1575, April
 * 2026). */
#define OPEN_ALGO                                                                                  \
    "{\"algoId\":2148627,\"clientAlgoId\":\"MRumok0dkhrP4kCm12AHaB\",\"algoType\":\"CONDITIONAL\","    \
    "\"orderType\":\"TAKE_PROFIT\",\"symbol\":\"BNBUSDT\",\"side\":\"SELL\",\"positionSide\":"         \
    "\"BOTH\",\"timeInForce\":\"GTC\",\"quantity\":\"0.01\",\"algoStatus\":\"NEW\","                  \
    "\"actualOrderId\":\"\",\"actualPrice\":\"0.00000\",\"triggerPrice\":\"750.000\",\"price\":"      \
    "\"750.000\",\"icebergQuantity\":null,\"tpTriggerPrice\":\"0.000\",\"tpPrice\":\"0.000\","        \
    "\"slTriggerPrice\":\"0.000\",\"slPrice\":\"0.000\",\"tpOrderType\":\"\","                        \
    "\"selfTradePreventionMode\":\"EXPIRE_MAKER\",\"workingType\":\"CONTRACT_PRICE\","               \
    "\"priceMatch\":\"NONE\",\"closePosition\":false,\"priceProtect\":false,\"reduceOnly\":false,"    \
    "\"createTime\":1750514941540,\"updateTime\":1750514941540,\"triggerTime\":0,"                   \
    "\"goodTillDate\":0}"
#define FINISHED_ALGO                                                                              \
    "{\"algoId\":1000001270850379,\"clientAlgoId\":\"x-yHjDKm8h7cd1bf4f-9ce3-4d55-b9f\","            \
    "\"algoType\":\"CONDITIONAL\",\"orderType\":\"STOP_MARKET\",\"symbol\":\"BTCUSDT\",\"side\":"      \
    "\"BUY\",\"positionSide\":\"BOTH\",\"timeInForce\":\"GTC\",\"quantity\":\"0.002\","               \
    "\"algoStatus\":\"FINISHED\",\"actualOrderId\":\"974828356187\",\"actualPrice\":"               \
    "\"69067.60000\",\"actualQty\":\"0.002\",\"actualType\":\"MARKET\",\"triggerPrice\":"           \
    "\"69080.20\",\"price\":\"0.00\",\"icebergQuantity\":null,\"tpOrderType\":\"\","                 \
    "\"selfTradePreventionMode\":\"EXPIRE_MAKER\",\"workingType\":\"CONTRACT_PRICE\","               \
    "\"priceMatch\":\"NONE\",\"closePosition\":false,\"priceProtect\":false,\"reduceOnly\":true,"     \
    "\"createTime\":1775461924247,\"updateTime\":1775461936135,\"triggerTime\":1775461936114,"       \
    "\"goodTillDate\":0}"

/* The money that was filled, as an answer tells it, or does not. */
static const struct {
    const char *sum, *average; /* members */
    int64_t cum_quote;
} sums[] = {
    {"\"cumQuote\":\"138.1352\",", "\"avgPrice\":\"69067.60\",", INT64_C(13813520000)},
    {"\"cummulativeQuoteQty\":\"138.1352\",", "", INT64_C(13813520000)},
    {"\"cummulativeQuoteQty\":\"-1.00\",", "", -1}, /* of long ago: not known */
    {"", "\"avgPrice\":\"69067.605\",", INT64_C(13813521000)}, /* finer than the tick */
    {"", "\"avgPrice\":\"0.00\",", -1},
    {"", "", -1},
};

START_TEST(the_money_of_an_order_is_its_sum_or_its_average_price)
{
    struct qt__bn_order_answer order;
    char text[512];
    json_error_t error;
    (void)taker_add(&taker, "BNBUSDT", "BNB", "USDT", 2, 3);
    snprintf(text, sizeof text,
             "{\"orderId\":5,\"symbol\":\"BNBUSDT\",\"status\":\"FILLED\",\"side\":\"BUY\","
             "\"clientOrderId\":\"other\",%s%s\"price\":\"0\",\"origQty\":\"0.002\","
             "\"executedQty\":\"0.002\"}",
             sums[_i].sum, sums[_i].average);
    json_t *row = json_loads(text, 0, &error);
    ck_assert_ptr_nonnull(row);
    ck_assert(qt__bn_decode_order(row, taker.universe, TAKER_TAG, &order));
    ck_assert_int_eq(order.status.cum_quote.v, sums[_i].cum_quote);
    json_decref(row);
}
END_TEST

static bool
read_algo(const char *text, const char *key, json_t *instead, struct qt__bn_algo_answer *out)
{
    json_error_t error;
    json_t *row = json_loads(text, 0, &error);
    ck_assert_ptr_nonnull(row);
    if (key)
        ck_assert_int_eq(json_object_set_new(row, key, instead), 0);
    bool is_good = qt__bn_decode_algo(row, taker.universe, TAKER_TAG, out);
    json_decref(row);
    return is_good;
}

START_TEST(the_documented_answers_of_conditional_orders_are_read)
{
    struct qt__bn_algo_answer algo;
    uint32_t bnb = taker_add(&taker, "BNBUSDT", "BNB", "USDT", 2, 2);
    ck_assert(read_algo(OPEN_ALGO, NULL, NULL, &algo));
    const struct qt_report *report = &algo.order.status;
    ck_assert_uint_eq(algo.order.instrument, bnb);
    ck_assert_int_eq(algo.order.t_venue_ns, INT64_C(1750514941540000000));
    ck_assert_uint_eq(algo.became, 0);
    ck_assert_int_eq(report->type, QT_REPORT_STATUS);
    ck_assert_int_eq(report->state, QT_ORDER_OPEN);
    ck_assert_int_eq(report->side, QT_SELL);
    ck_assert_uint_eq(report->venue_id, 2148627);
    ck_assert_uint_eq(report->client_id, 0); /* a stranger's */
    ck_assert_int_eq(report->qty.v, 1);
    ck_assert_int_eq(report->px.v, 75000);
    ck_assert(read_algo(OPEN_ALGO, "clientAlgoId", json_string(OURS), &algo));
    ck_assert_uint_eq(report->client_id, 0x4d03);
    ck_assert(read_algo(FINISHED_ALGO, NULL, NULL, &algo));
    ck_assert_uint_eq(algo.became, 974828356187);
    ck_assert_uint_eq(report->venue_id, 1000001270850379);
    ck_assert_int_eq(report->state, QT_ORDER_UNKNOWN); /* the order that it became says */
    ck_assert_int_eq(report->side, QT_BUY);
    ck_assert_int_eq(report->cum_qty.v, 0);
    ck_assert_int_eq(report->px.v, QT_PX_NONE.v);
}
END_TEST

static const struct {
    const char *status;
    enum qt_order_state state;
} algo_states[] = {
    {"NEW", QT_ORDER_OPEN},          {"TRIGGERING", QT_ORDER_UNKNOWN}, {"TRIGGERED", QT_ORDER_UNKNOWN},
    {"FINISHED", QT_ORDER_UNKNOWN},  {"CANCELED", QT_ORDER_CANCELLED}, {"EXPIRED", QT_ORDER_EXPIRED},
    {"REJECTED", QT_ORDER_REJECTED},
};

START_TEST(every_state_of_a_conditional_order_has_its_meaning)
{
    struct qt__bn_algo_answer algo;
    (void)taker_add(&taker, "BNBUSDT", "BNB", "USDT", 2, 2);
    for (size_t i = 0; i < QT_COUNT_OF(algo_states); i++) {
        ck_assert(read_algo(OPEN_ALGO, "algoStatus", json_string(algo_states[i].status), &algo));
        ck_assert_int_eq(algo.order.status.state, algo_states[i].state);
    }
    ck_assert(!read_algo(OPEN_ALGO, "algoStatus", json_string("WHAT"), &algo));
    ck_assert(!read_algo(OPEN_ALGO, "algoStatus", json_null(), &algo));
    ck_assert(!read_algo(OPEN_ALGO, "algoId", json_integer(0), &algo));
    ck_assert(!read_algo(OPEN_ALGO, "algoId", json_integer(-1), &algo));
    ck_assert(!read_algo(OPEN_ALGO, "actualOrderId", json_string("12x"), &algo));
    ck_assert(!read_algo(OPEN_ALGO, "actualOrderId", json_true(), &algo));
    ck_assert(!read_algo(OPEN_ALGO, "side", json_string("LONG"), &algo));
    ck_assert(!read_algo(OPEN_ALGO, "symbol", json_null(), &algo));
    ck_assert(!read_algo(OPEN_ALGO, "quantity", json_string("-1"), &algo));
    ck_assert(!read_algo(OPEN_ALGO, "price", json_real(1.5), &algo));
    ck_assert(read_algo(OPEN_ALGO, "actualOrderId", json_integer(7), &algo));
    ck_assert_uint_eq(algo.became, 7);
    ck_assert(read_algo(OPEN_ALGO, "actualOrderId", json_null(), &algo));
    ck_assert_uint_eq(algo.became, 0);
}
END_TEST

/* The first as documented (Binance, USD-M Futures, Cancel Algo Order, 2026), the second as recorded
 * (messages/binance/jkorf.jsonl, CancelConditionalOrder), but for what does not matter. */
static const struct {
    const char *text;
    bool is_cancelled;
} cancels[] = {
    {"{\"algoId\":2146760,\"clientAlgoId\":\"6B2I9XVcJpCjqPAJ4YoFX7\",\"code\":\"200\","
     "\"msg\":\"success\"}",
     true},
    {"{\"algoId\":3000000000003505,\"clientAlgoId\":\"0Xkl1p621E4EryvufmYre1\",\"algoType\":"
     "\"CONDITIONAL\",\"orderType\":\"TAKE_PROFIT\",\"symbol\":\"BTCUSDT\",\"side\":\"SELL\","
     "\"quantity\":\"1.000\",\"algoStatus\":\"CANCELED\"}",
     true},
    {"{\"algoId\":1,\"code\":200}", true},
    {"{\"algoId\":1,\"code\":\"500\",\"msg\":\"failed\"}", false},
    {"{\"algoId\":1,\"algoStatus\":\"TRIGGERING\"}", false},
    {"{\"algoId\":1}", false},
    {"[]", false},
};

START_TEST(a_conditional_order_is_cancelled_when_the_answer_says_so)
{
    json_error_t error;
    json_t *answer = json_loads(cancels[_i].text, 0, &error);
    ck_assert_int_eq(qt__bn_algo_is_cancelled(answer), cancels[_i].is_cancelled);
    json_decref(answer);
    ck_assert(!qt__bn_algo_is_cancelled(NULL));
}
END_TEST

/* The account */

#define ACCOUNT(why_, rows_)                                                                       \
    "{\"e\":\"ACCOUNT_UPDATE\",\"E\":1564745798939,\"T\":1564745798938,\"a\":{\"m\":\"" why_       \
    "\",\"B\":[" rows_ "],\"P\":[]}}"
#define ROW(asset_, change_)                                                                       \
    "{\"a\":\"" asset_ "\",\"wb\":\"122624.12345678\",\"cw\":\"100.1\",\"bc\":\"" change_ "\"}"

START_TEST(funding_is_an_income)
{
    ck_assert_int_eq(
        taker_take_text(&taker, ACCOUNT("FUNDING_FEE",
                                        ROW("USDT", "-0.12345678") "," ROW("BNB", "0.00000000"))),
        QT_CODEC_DECODED);
    ck_assert_int_eq(taker.decoded.kind, QT_MESSAGE_ACCOUNT);
    ck_assert_uint_eq(taker.n, 1); /* nothing is no income */
    ck_assert_int_eq(taker.events[0].kind, QT_EVENT_INCOME);
    ck_assert_uint_eq(taker.events[0].instrument, QT_NO_INSTRUMENT);
    ck_assert_int_eq(taker.events[0].income.kind, QT_INCOME_FUNDING);
    ck_assert_str_eq(taker.events[0].income.asset, "USDT");
    ck_assert_int_eq(taker.events[0].income.amount.v, -12345678);
    ck_assert_int_eq(taker.events[0].t_venue_ns, INT64_C(1564745798938000000));
}
END_TEST

static const struct {
    const char *text;
    enum qt_codec_verdict verdict;
    unsigned misfits;
} news[] = {
    {ACCOUNT("ORDER", ROW("USDT", "50.1")), QT_CODEC_DECODED, 0}, /* its reports tell it */
    {ACCOUNT("DEPOSIT", ROW("USDT", "50.1")), QT_CODEC_DECODED, 0},
    {ACCOUNT("FUNDING_FEE", ""), QT_CODEC_DECODED, 0},
    {ACCOUNT("FUNDING_FEE", ROW("A-NAME-WITHOUT-ROOM", "1")), QT_CODEC_DECODED, 1},
    {ACCOUNT("FUNDING_FEE", ROW("USDT", "1e3")), QT_CODEC_DECODED, 1},
    {ACCOUNT("FUNDING_FEE", ROW("USDT", "1") ",7"), QT_CODEC_MALFORMED, 0},
    {ACCOUNT("FUNDING_FEE", ROW("USDT", "1") ",{\"a\":\"BNB\"}"), QT_CODEC_MALFORMED, 0},
    {"{\"e\":\"ACCOUNT_UPDATE\",\"E\":1,\"T\":1}", QT_CODEC_MALFORMED, 0},
    {"{\"e\":\"ACCOUNT_UPDATE\",\"E\":1,\"T\":1,\"a\":[]}", QT_CODEC_MALFORMED, 0},
    {"{\"e\":\"ACCOUNT_UPDATE\",\"E\":1,\"T\":1,\"a\":{\"m\":\"FUNDING_FEE\"}}", QT_CODEC_MALFORMED,
     0},
    {"{\"e\":\"ACCOUNT_UPDATE\",\"E\":1,\"T\":1,\"o\":{\"m\":\"FUNDING_FEE\",\"B\":[]}}",
     QT_CODEC_MALFORMED, 0},
    {"{\"e\":\"ORDER_TRADE_UPDATE\",\"E\":1,\"T\":1}", QT_CODEC_MALFORMED, 0},
    {"{\"e\":\"ORDER_TRADE_UPDATE\",\"E\":1,\"T\":1,\"a\":{\"s\":\"BTCUSDT\"}}", QT_CODEC_MALFORMED,
     0},
    {"{\"e\":\"ORDER_TRADE_UPDATE\",\"E\":1,\"T\":1,\"o\":{\"s\":\"ETHUSDT\"}}", QT_CODEC_SKIPPED,
     0},
};

START_TEST(other_news_of_the_account_are_no_events)
{
    ck_assert_int_eq(taker_take_text(&taker, news[_i].text), news[_i].verdict);
    ck_assert_uint_eq(taker.n, 0);
    ck_assert_uint_eq(taker.decoded.misfits, news[_i].misfits);
}
END_TEST

static const struct {
    const char *text;
    enum qt_message kind;
} words[] = {
    {"{\"e\":\"MARGIN_CALL\",\"E\":1,\"cw\":\"3.1\",\"p\":[]}", QT_MESSAGE_MARGIN_CALL},
    {"{\"e\":\"listenKeyExpired\",\"E\":1,\"listenKey\":\"k\"}", QT_MESSAGE_USER_END},
};

START_TEST(a_margin_call_and_the_streams_end_are_told)
{
    ck_assert_int_eq(taker_take_text(&taker, words[_i].text), QT_CODEC_DECODED);
    ck_assert_int_eq(taker.decoded.kind, words[_i].kind);
    ck_assert_uint_eq(taker.n, 0);
}
END_TEST

/* Errors */

static const struct {
    int32_t code;
    enum qt_venue_verdict usdm;
} codes[] = {
    {-5022, QT_VENUE_REJECTED},  {-5021, QT_VENUE_REJECTED},  {-4131, QT_VENUE_REJECTED},
    {-4120, QT_VENUE_REJECTED},  {-4061, QT_VENUE_REJECTED},  {-2026, QT_VENUE_REJECTED},
    {-2022, QT_VENUE_REJECTED},  {-2021, QT_VENUE_REJECTED},  {-2019, QT_VENUE_REJECTED},
    {-2015, QT_VENUE_AUTH},      {-2013, QT_VENUE_NOT_FOUND}, {-2011, QT_VENUE_NOT_FOUND},
    {-1125, QT_VENUE_NOT_FOUND}, {-1022, QT_VENUE_AUTH},      {-1021, QT_VENUE_CLOCK},
    {-1008, QT_VENUE_RETRY},     {-1007, QT_VENUE_UNKNOWN},   {-1003, QT_VENUE_BANNED},
    {-1001, QT_VENUE_UNKNOWN},
};

START_TEST(error_codes_mean_what_this_product_says)
{
    const struct qt_venue_class *class = qt_venue_find("binance-usdm");
    ck_assert_ptr_eq(class, &qt_venue_binance_usdm);
    for (size_t i = 1; i < class->n_errors; i++)
        ck_assert(class->errors[i - 1].code < class->errors[i].code);
    for (size_t i = 1; i < class->n_shared_errors; i++)
        ck_assert(class->shared_errors[i - 1].code < class->shared_errors[i].code);
    for (size_t i = 0; i < QT_COUNT_OF(codes); i++) {
        const struct qt_venue_error *row = qt_venue_error_find(class, codes[i].code);
        ck_assert_msg(row != NULL, "%d", codes[i].code);
        ck_assert_msg(row->verdict == codes[i].usdm, "%d: %s", codes[i].code, row->text);
    }
    /* one code, two meanings */
    ck_assert_int_eq(qt_venue_error_find(&qt_venue_binance, -2026)->verdict, QT_VENUE_NOT_FOUND);
    ck_assert_ptr_null(qt_venue_error_find(class, -9999));
}
END_TEST

START_TEST(the_classes_say_what_they_can)
{
    ck_assert(qt_venue_binance_usdm.caps.has_reduce_only && qt_venue_binance_usdm.caps.has_margin);
    ck_assert(!qt_venue_binance.caps.has_reduce_only && !qt_venue_binance.caps.has_margin);
    size_t n;
    const struct qt_venue_class *const *classes = qt_venue_classes(&n);
    for (size_t i = 1; i < n; i++)
        ck_assert_int_lt(strcmp(classes[i - 1]->name, classes[i]->name), 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("binance_usdm");
    TCase *tc = tcase_create("words");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, an_order_is_written_in_the_words_of_perpetuals, 0, QT_COUNT_OF(orders));
    tcase_add_loop_test(tc, stops_are_lacking_only_where_the_rules_have_others, 0,
                        QT_COUNT_OF(lists));
    tcase_add_test(tc, a_fill_of_ours_is_known_by_its_client_id_and_carries_its_fee);
    tcase_add_loop_test(tc, a_report_says_how_an_order_stands, 0, QT_COUNT_OF(ends));
    tcase_add_loop_test(tc, a_conditional_order_is_told_by_a_service_of_its_own, 0,
                        QT_COUNT_OF(algos));
    tcase_add_loop_test(tc, a_conditional_order_that_makes_no_sense_is_none, 0,
                        QT_COUNT_OF(bad_algos));
    tcase_add_test(tc, a_strangers_conditional_order_has_no_id_of_ours);
    tcase_add_test(tc, the_documented_answers_of_conditional_orders_are_read);
    tcase_add_loop_test(tc, the_money_of_an_order_is_its_sum_or_its_average_price, 0,
                        QT_COUNT_OF(sums));
    tcase_add_test(tc, every_state_of_a_conditional_order_has_its_meaning);
    tcase_add_loop_test(tc, a_conditional_order_is_cancelled_when_the_answer_says_so, 0,
                        QT_COUNT_OF(cancels));
    tcase_add_test(tc, funding_is_an_income);
    tcase_add_loop_test(tc, other_news_of_the_account_are_no_events, 0, QT_COUNT_OF(news));
    tcase_add_loop_test(tc, a_margin_call_and_the_streams_end_are_told, 0, QT_COUNT_OF(words));
    tcase_add_test(tc, error_codes_mean_what_this_product_says);
    tcase_add_test(tc, the_classes_say_what_they_can);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
