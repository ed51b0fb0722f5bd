/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The codec on messages written for the purpose: each kind in its shapes, and everything that must
 * be refused.
 */
#include "venue_messages.h"

static struct taker taker;

static void
set_up(void)
{
    taker_init(&taker);
    (void)taker_add(&taker, "BTCUSDT", "BTC", "USDT", 2, 5);
    (void)taker_add(&taker, "ETHUSDT", "ETH", "USDT", 2, 8);
}

static void
tear_down(void)
{
    taker_finish(&taker);
}

/* Kinds and shapes */

START_TEST(a_book_ticker_is_a_quote)
{
    ck_assert_int_eq(
        taker_take_text(&taker, "{\"u\":400900217,\"s\":\"BTCUSDT\",\"b\":\"61837.63000000\",\"B\":"
                                "\"3.78826000\",\"a\":\"61837.64000000\",\"A\":\"1.54698000\"}"),
        QT_CODEC_DECODED);
    ck_assert_uint_eq(taker.n, 1);
    const struct qt_event *event = &taker.events[0];
    ck_assert_int_eq(event->kind, QT_EVENT_QUOTE);
    ck_assert_uint_eq(event->instrument, 0);
    ck_assert_int_eq(event->quote.bid.v, 6183763);
    ck_assert_int_eq(event->quote.bid_qty.v, 378826);
    ck_assert_int_eq(event->quote.ask.v, 6183764);
    ck_assert_int_eq(event->quote.ask_qty.v, 154698);
    ck_assert_int_eq(event->t_recv_ns, TAKER_RECV_NS);
    ck_assert_int_eq(event->t_venue_ns, TAKER_RECV_NS); /* spot gives none */
    ck_assert_uint_eq(event->seq, 0);
}
END_TEST

START_TEST(an_empty_side_has_no_price)
{
    ck_assert_int_eq(
        taker_take_text(&taker,
                        "{\"u\":1,\"s\":\"BTCUSDT\",\"b\":\"0.00000000\",\"B\":\"0.00000000\","
                        "\"a\":\"5.00\",\"A\":\"1.00\"}"),
        QT_CODEC_DECODED);
    ck_assert(qt_px_is_none(taker.events[0].quote.bid));
    ck_assert_int_eq(taker.events[0].quote.ask.v, 500);
}
END_TEST

/* The same trade in every dress. */
static const char *const trade_dresses[] = {
    "{\"e\":\"trade\",\"E\":1672515782136,\"s\":\"ETHUSDT\",\"t\":12345,\"p\":\"0.01\",\"q\":"
    "\"100\",\"T\":"
    "1672515782137,\"m\":true,\"M\":true}",
    "{\"stream\":\"ethusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":1672515782136,\"s\":\"ETHUSDT\","
    "\"t\":12345,"
    "\"p\":\"0.01\",\"q\":\"100\",\"T\":1672515782137,\"m\":true}}",
    "{\"data\":{\"m\":true,\"T\":1672515782137,\"q\":\"100\",\"p\":\"0.01\",\"t\":12345,\"s\":"
    "\"ETHUSDT\",\"e\":"
    "\"trade\"},\"stream\":\"ethusdt@trade\"}",
    " {\t\"e\" : \"trade\" ,\r\n "
    "\"s\":\"ETHUSDT\",\"t\":12345,\"p\":\"0.0100000000\",\"q\":\"100.000\",\"T\":"
    "1672515782137,\"m\":true,\"x\":{\"p\":[1,2,{\"q\":null}]},\"extra\":[[[]]],\"note\":"
    "\"\\u00e9\\\"}\"} ",
    ("{\"e\":\"aggTrade\",\"s\":\"ETHUSDT\",\"a\":12345,\"p\":\"0.01\",\"q\":\"100\",\"f\":1,\"l\":"
    "2,\"T\":"
    "1672515782137,\"m\":true}"),
    "{\"e\":\"trade\",\"s\":\"ETHUSDT\",\"t\":12345,\"p\":0.01,\"q\":100,\"T\":1672515782137,\"m\":"
    "true}",
};

START_TEST(a_trade_is_the_same_in_any_dress)
{
    ck_assert_int_eq(taker_take_text(&taker, trade_dresses[_i]), QT_CODEC_DECODED);
    ck_assert_uint_eq(taker.n, 1);
    const struct qt_event *event = &taker.events[0];
    ck_assert_int_eq(event->kind, QT_EVENT_TRADE);
    ck_assert_uint_eq(event->instrument, 1);
    ck_assert_int_eq(event->trade.px.v, 1);
    ck_assert_int_eq(event->trade.qty.v, INT64_C(10000000000));
    ck_assert_uint_eq(event->trade.id, 12345);
    ck_assert_uint_eq(event->flags, QT_EVENT_BUYER_MAKER);
    ck_assert_int_eq(event->t_venue_ns, INT64_C(1672515782137000000));
}
END_TEST

START_TEST(a_diff_comes_in_chunks_of_four_bids_first)
{
    ck_assert_int_eq(
        taker_take_text(&taker,
                        "{\"e\":\"depthUpdate\",\"E\":1,\"a\":[[\"7\",\"1\"],[\"8\",\"2\"]],\"b\":["
                        "[\"5\",\"1\"],"
                        "[\"4\",\"0.00000\"],[\"3\",\"3\"]],\"s\":\"BTCUSDT\",\"U\":10,\"u\":12}"),
        QT_CODEC_DECODED);
    ck_assert_uint_eq(taker.n, 2);
    const struct qt_event *first = &taker.events[0], *second = &taker.events[1];
    ck_assert_uint_eq(first->depth.bids, 3);
    ck_assert_uint_eq(first->depth.asks, 1);
    ck_assert_int_eq(first->depth.levels[1].px.v, 400);
    ck_assert_int_eq(first->depth.levels[1].qty.v, 0);
    ck_assert_int_eq(first->depth.levels[3].px.v, 700);
    ck_assert_uint_eq(first->flags, 0);
    ck_assert_uint_eq(second->depth.bids, 0);
    ck_assert_uint_eq(second->depth.asks, 1);
    ck_assert_uint_eq(second->flags, QT_EVENT_LAST);
    ck_assert_uint_eq(first->depth.first_id, 10);
    ck_assert_uint_eq(second->depth.last_id, 12);
}
END_TEST

START_TEST(a_diff_without_levels_is_one_empty_chunk)
{
    ck_assert_int_eq(
        taker_take_text(&taker,
                        "{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"BTCUSDT\",\"U\":10,\"u\":12,"
                        "\"pu\":9,\"b\":[],\"a\":[]}"),
        QT_CODEC_DECODED);
    ck_assert_uint_eq(taker.n, 1);
    ck_assert_uint_eq(taker.events[0].flags, QT_EVENT_LAST);
    ck_assert_uint_eq(taker.events[0].depth.previous_id_low, 9);
}
END_TEST

START_TEST(a_partial_book_takes_its_symbol_from_the_stream)
{
    static const char text[] = "{\"stream\":\"btcusdt@depth5@100ms\",\"data\":{\"lastUpdateId\":"
                               "160,\"bids\":[[\"1\",\"2\"]],"
                               "\"asks\":[[\"3\",\"4\"]]}}";
    ck_assert_int_eq(taker_take_text(&taker, text), QT_CODEC_DECODED);
    ck_assert_uint_eq(taker.n, 1);
    ck_assert_uint_eq(taker.events[0].instrument, 0);
    ck_assert_uint_eq(taker.events[0].flags, QT_EVENT_SNAPSHOT | QT_EVENT_LAST);
    ck_assert_uint_eq(taker.events[0].depth.first_id, 160);
    ck_assert_uint_eq(taker.events[0].depth.last_id, 160);
}
END_TEST

START_TEST(a_rest_book_takes_its_symbol_from_the_question)
{
    static const char text[] = "{\"lastUpdateId\":160,\"bids\":[[\"1\",\"2\",[]]],\"asks\":[]}";
    ck_assert_int_eq(taker_take_text(&taker, text), QT_CODEC_SKIPPED);
    taker.instrument = 1;
    ck_assert_int_eq(taker_take_text(&taker, text), QT_CODEC_DECODED);
    ck_assert_uint_eq(taker.events[0].instrument, 1);
}
END_TEST

#define KLINE(closed, high, open)                                                                  \
    "{\"e\":\"kline\",\"E\":1672515782136,\"s\":\"BTCUSDT\",\"k\":{\"t\":" open                    \
    ",\"T\":1672515839999,\"s\":\"BTCUSDT\",\"i\":\"1m\",\"f\":100,\"L\":200,\"o\":\"10\",\"c\":"  \
    "\"20\",\"h\":\"" high "\",\"l\":\"5\",\"v\":\"1000\",\"n\":100,\"x\":" closed                 \
    ",\"q\":\"1.00000001\",\"V\":\"500\",\"Q\":\"0.5\",\"B\":\"123456\"}}"

START_TEST(only_a_closed_kline_is_a_bar)
{
    ck_assert_int_eq(taker_take_text(&taker, KLINE("false", "25", "1672515780000")),
                     QT_CODEC_SKIPPED);
    ck_assert_int_eq(taker.decoded.kind, QT_MESSAGE_KLINE);
    ck_assert_int_eq(taker_take_text(&taker, KLINE("true", "25", "1672515780000")),
                     QT_CODEC_DECODED);
    const struct qt_bar *bar = &taker.events[0].bar;
    ck_assert_int_eq(taker.events[0].kind, QT_EVENT_BAR);
    ck_assert_int_eq(bar->open_ns, INT64_C(1672515780000000000));
    ck_assert_int_eq(bar->period_ns, QT_NS_PER_MIN);
    ck_assert_int_eq(bar->open.v, 1000);
    ck_assert_int_eq(bar->high.v, 2500);
    ck_assert_int_eq(bar->low.v, 500);
    ck_assert_int_eq(bar->close.v, 2000);
    ck_assert_int_eq(bar->volume.v, 100000000);
    ck_assert_int_eq(bar->quote_volume.v, 100000001);
    ck_assert_int_eq(bar->taker_buy.v, 50000000);
    ck_assert_uint_eq(bar->trades, 100);
}
END_TEST

START_TEST(a_mini_ticker_is_told_beside_the_events)
{
    ck_assert_int_eq(
        taker_take_text(
            &taker, "{\"e\":\"24hrMiniTicker\",\"E\":123456789,\"s\":\"BTCUSDT\",\"c\":\"0.25\","
                    "\"o\":\"0.10\",\"h\":\"0.30\",\"l\":\"0.05\",\"v\":\"10000\",\"q\":\"18\"}"),
        QT_CODEC_DECODED);
    ck_assert_int_eq(taker.decoded.kind, QT_MESSAGE_TICKER);
    ck_assert_uint_eq(taker.n, 0);
    ck_assert_int_eq(taker.decoded.ticker.close.v, 25);
    ck_assert_int_eq(taker.decoded.ticker.volume.v, 1000000000);
    ck_assert_int_eq(taker.decoded.ticker.quote_volume.v, 1800000000);
}
END_TEST

/* Refusals: good JSON or not, and why nothing may come of it */
static const struct {
    const char *text;
    enum qt_codec_verdict verdict;
} refusals[] = {
    {"", QT_CODEC_MALFORMED},
    {"{", QT_CODEC_MALFORMED},
    {"}", QT_CODEC_MALFORMED},
    {"null", QT_CODEC_MALFORMED},
    {"{}x", QT_CODEC_MALFORMED},
    {"{\"e\":\"trade\",}", QT_CODEC_MALFORMED},
    {"{\"e\":\"trade\" \"s\":1}", QT_CODEC_MALFORMED},
    {"{,\"e\":1}", QT_CODEC_MALFORMED},
    {"{\"e\":01}", QT_CODEC_MALFORMED},
    {"{\"e\":+1}", QT_CODEC_MALFORMED},
    {"{\"e\":1.}", QT_CODEC_MALFORMED},
    {"{\"e\":1e}", QT_CODEC_MALFORMED},
    {"{\"e\":tru}", QT_CODEC_MALFORMED},
    {"{\"e\":\"a\nb\"}", QT_CODEC_MALFORMED},
    {"{\"e\":\"\\x\"}", QT_CODEC_MALFORMED},
    {"{\"e\":\"\\u12g4\"}", QT_CODEC_MALFORMED},
    {"{\"x\":[1,]}", QT_CODEC_MALFORMED},
    {"{\"x\":[1}", QT_CODEC_MALFORMED},
    {"{\"x\":{]}", QT_CODEC_MALFORMED},
    {"{\"e\":\"trade\",\"e\":\"kline\"}", QT_CODEC_MALFORMED}, /* doubled */
    {"{}", QT_CODEC_SKIPPED},
    {"[]", QT_CODEC_SKIPPED},
    {"{\"e\":\"forceOrder\",\"s\":\"BTCUSDT\"}", QT_CODEC_SKIPPED},
    {"{\"e\":\"trade\",\"s\":\"NOSUCH\",\"t\":1,\"p\":\"1\",\"q\":\"1\",\"T\":1,\"m\":true}",
     QT_CODEC_SKIPPED},
    {"{\"e\":\"trade\",\"t\":1,\"p\":\"1\",\"q\":\"1\",\"T\":1,\"m\":true}", QT_CODEC_MALFORMED},
    {"{\"e\":\"trade\",\"s\":7,\"t\":1,\"p\":\"1\",\"q\":\"1\",\"T\":1,\"m\":true}",
     QT_CODEC_MALFORMED},
    {"{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":-1,\"p\":\"1\",\"q\":\"1\",\"T\":1,\"m\":true}",
     QT_CODEC_MALFORMED},
    {"{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":1.5,\"p\":\"1\",\"q\":\"1\",\"T\":1,\"m\":true}",
     QT_CODEC_MALFORMED},
    {"{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":1,\"q\":\"1\",\"T\":1,\"m\":true}",
     QT_CODEC_MALFORMED},
    {"{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":1,\"p\":null,\"q\":\"1\",\"T\":1,\"m\":true}",
     QT_CODEC_MALFORMED},
    {"{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":1,\"p\":\"1\",\"q\":\"1\",\"T\":1,\"m\":\"true\"}",
     QT_CODEC_MALFORMED},
    {"{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":1,\"p\":\"1\",\"q\":\"1\",\"T\":-5,\"m\":true}",
     QT_CODEC_MALFORMED},
    {"{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":1,\"p\":\"1\",\"q\":\"1\",\"T\":99999999999999999,"
     "\"m\":true}",
     QT_CODEC_MALFORMED},
    {"{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":1,\"p\":\"1.005\",\"q\":\"1\",\"T\":1,\"m\":true}",
     QT_CODEC_REFUSED},
    {"{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":1,\"p\":\"1e2\",\"q\":\"1\",\"T\":1,\"m\":true}",
     QT_CODEC_REFUSED},
    {"{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":1,\"p\":\"NaN\",\"q\":\"1\",\"T\":1,\"m\":true}",
     QT_CODEC_REFUSED},
    {"{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":1,\"p\":\"\",\"q\":\"1\",\"T\":1,\"m\":true}",
     QT_CODEC_REFUSED},
    {"{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":1,\"p\":\"-1\",\"q\":\"1\",\"T\":1,\"m\":true}",
     QT_CODEC_REFUSED},
    {"{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":1,\"p\":\"0\",\"q\":\"1\",\"T\":1,\"m\":true}",
     QT_CODEC_REFUSED},
    {"{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":1,\"p\":\"1\",\"q\":\"0\",\"T\":1,\"m\":true}",
     QT_CODEC_REFUSED},
    {"{\"e\":\"trade\",\"s\":\"BTCUSDT\",\"t\":1,\"p\":\"99999999999999999999\",\"q\":\"1\",\"T\":"
     "1,\"m\":true}",
     QT_CODEC_REFUSED},
    {"{\"u\":1,\"s\":\"BTCUSDT\",\"b\":\"-1\",\"B\":\"1\",\"a\":\"2\",\"A\":\"1\"}",
     QT_CODEC_REFUSED},
    {"{\"u\":1,\"s\":\"BTCUSDT\",\"b\":\"0\",\"B\":\"1\",\"a\":\"2\",\"A\":\"1\"}",
     QT_CODEC_REFUSED},
    {"{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"BTCUSDT\",\"U\":12,\"u\":10,\"b\":[],\"a\":[]}",
     QT_CODEC_MALFORMED},
    {"{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"BTCUSDT\",\"U\":1,\"u\":2,\"b\":[]}",
     QT_CODEC_MALFORMED},
    {"{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"BTCUSDT\",\"U\":1,\"u\":2,\"b\":[[\"1\",\"1\"],[\"2\"]"
     "],\"a\":[]}",
     QT_CODEC_REFUSED},
    {"{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"BTCUSDT\",\"U\":1,\"u\":2,\"b\":[[\"1\",\"1\"],[\"2\","
     "\"-1\"]],\"a\":[]}",
     QT_CODEC_REFUSED},
    {"{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"BTCUSDT\",\"U\":1,\"u\":2,\"b\":[[\"1\",\"1\"],[\"0\","
     "\"1\"]],\"a\":[]}",
     QT_CODEC_REFUSED},
    {"{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"BTCUSDT\",\"U\":1,\"u\":2,\"b\":[[\"1\",\"1\"],[\"2\","
     "\"1\"],\"a\":[]}",
     QT_CODEC_MALFORMED},
    {KLINE("true", "15", "1672515780000"), QT_CODEC_REFUSED}, /* high below close */
    {KLINE("true", "25", "1672515780001"), QT_CODEC_REFUSED}, /* not at a minute */
    {KLINE("true", "25", "-60000"), QT_CODEC_MALFORMED},
    {KLINE("1", "25", "1672515780000"), QT_CODEC_MALFORMED},
};

START_TEST(what_is_wrong_gives_no_event)
{
    ck_assert_msg(taker_take_text(&taker, refusals[_i].text) == refusals[_i].verdict, "%s: %s",
                  refusals[_i].text, taker.decoded.why ? taker.decoded.why : "no reason");
    ck_assert_uint_eq(taker.n, 0);
    ck_assert((taker.decoded.why != NULL) == (refusals[_i].verdict >= QT_CODEC_MALFORMED));
}
END_TEST

START_TEST(nesting_beyond_the_limit_is_malformed)
{
    char buffer[300];
    struct qt_text text;
    qt_text_init(&text, buffer, sizeof buffer);
    qt_text_add(&text, "{\"x\":");
    for (int i = 0; i < 100; i++)
        qt_text_add_char(&text, '[');
    for (int i = 0; i < 100; i++)
        qt_text_add_char(&text, ']');
    qt_text_add_char(&text, '}');
    ck_assert(!text.is_cut);
    ck_assert_int_eq(taker_take(&taker, buffer, text.length), QT_CODEC_MALFORMED);
}
END_TEST

START_TEST(every_cut_of_a_message_is_malformed)
{
    const char *text = trade_dresses[1];
    for (size_t n = 0; n < strlen(text); n++) {
        ck_assert_int_eq(taker_take(&taker, text, n), QT_CODEC_MALFORMED);
        ck_assert_uint_eq(taker.n, 0);
    }
}
END_TEST

START_TEST(more_levels_than_there_is_room_for_are_refused)
{
    size_t capacity = (TAKER_LEVELS / 2 + 1) * 20 + 200;
    char *buffer = malloc(capacity);
    struct qt_text text;
    qt_text_init(&text, buffer, capacity);
    qt_text_add(
        &text, "{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"BTCUSDT\",\"U\":1,\"u\":2,\"a\":[],\"b\":[");
    for (int i = 0; i <= TAKER_LEVELS / 2; i++)
        qt_text_addf(&text, "%s[\"%d\",\"1\"]", i ? "," : "", i + 1);
    qt_text_add(&text, "]}");
    ck_assert(!text.is_cut);
    ck_assert_int_eq(taker_take(&taker, buffer, text.length), QT_CODEC_REFUSED);
    ck_assert_uint_eq(taker.n, 0);
    free(buffer);
}
END_TEST

/* User stream */

#define REPORT(fields)                                                                             \
    "{\"e\":\"executionReport\",\"E\":1499405658658,\"s\":\"ETHUSDT\",\"S\":\"SELL\",\"o\":"       \
    "\"LIMIT\",\"f\":\"GTC\",\"q\":\"2.00000000\",\"P\":\"0.0\",\"i\":4293153,\"T\":"              \
    "1499405658657,\"w\":true,\"O\":1499405658657," fields "}"

static const char *
our_id(char *out)
{
    return qt_client_id_format(TAKER_TAG, qt_client_id(77, 3), out);
}

static void
take_report(const char *format)
{
    char id[QT_CLIENT_ID_TEXT], text[1024];
    snprintf(text, sizeof text, format, our_id(id));
    ck_assert_msg(taker_take_text(&taker, text) == QT_CODEC_DECODED, "%s: %s", text,
                  taker.decoded.why ? taker.decoded.why : "skipped");
    ck_assert_uint_eq(taker.n, 1);
    ck_assert_int_eq(taker.events[0].kind, QT_EVENT_REPORT);
    ck_assert_uint_eq(taker.events[0].instrument, 1);
}

START_TEST(a_new_order_is_accepted)
{
    take_report(REPORT(
        "\"c\":\"%s\",\"p\":\"0.10\",\"C\":\"\",\"x\":\"NEW\",\"X\":\"NEW\",\"r\":\"NONE\",\"l\":"
        "\"0\",\"z\":\"0\",\"L\":\"0\",\"n\":\"0\",\"N\":null,\"t\":-1,\"m\":false,\"Z\":\"0\""));
    const struct qt_report *report = &taker.events[0].report;
    ck_assert_uint_eq(report->client_id, qt_client_id(77, 3));
    ck_assert_uint_eq(report->venue_id, 4293153);
    ck_assert_int_eq(report->type, QT_REPORT_ACCEPTED);
    ck_assert_int_eq(report->state, QT_ORDER_OPEN);
    ck_assert_int_eq(report->side, QT_SELL);
    ck_assert_int_eq(report->px.v, 10);
    ck_assert_int_eq(report->qty.v, 200000000);
    ck_assert_int_eq(report->cum_qty.v, 0);
    ck_assert_int_eq(report->cum_quote.v, 0);
    ck_assert_int_eq(taker.events[0].t_venue_ns, INT64_C(1499405658657000000));
}
END_TEST

/* Fees: asset, what becomes of it */
static const struct {
    const char *fee, *asset;
    int64_t v;
    bool in_base, foreign;
} fees[] = {
    {"\"0.00150000\"", "\"ETH\"", 150000, true, false},
    {"\"0.00150000\"", "\"USDT\"", 150000, false, false},
    {"\"0.0000000001\"", "\"ETH\"", 1, true, false}, /* never understated */
    {"\"0.00150000\"", "\"BNB\"", 0, false, true},
    {"\"0\"", "\"BNB\"", 0, false, false},
    {"\"0\"", "null", 0, false, false},
};

START_TEST(a_fill_carries_its_fee)
{
    char format[1024];
    snprintf(format, sizeof format,
             REPORT("\"c\":\"%%s\",\"p\":\"0.10\",\"C\":\"\",\"x\":\"TRADE\",\"X\":\"PARTIALLY_"
                    "FILLED\",\"l\":\"0.5\",\"z\":\"1.5\",\"L\":\"0.11\",\"n\":%s,\"N\":%s,\"t\":"
                    "99,\"m\":true,\"Z\":\"0.16\""),
             fees[_i].fee, fees[_i].asset);
    take_report(format);
    const struct qt_report *report = &taker.events[0].report;
    ck_assert_int_eq(report->type, QT_REPORT_FILL);
    ck_assert_int_eq(report->state, QT_ORDER_PARTIAL);
    ck_assert_uint_eq(report->trade_id, 99);
    ck_assert_int_eq(report->px.v, 11);
    ck_assert_int_eq(report->qty.v, 50000000);
    ck_assert_int_eq(report->cum_qty.v, 150000000);
    ck_assert_int_eq(report->cum_quote.v, 16000000);
    ck_assert_int_eq(report->is_maker, 1);
    ck_assert_int_eq(report->fee.v, fees[_i].v);
    ck_assert_int_eq(report->fee_in_base, fees[_i].in_base);
    ck_assert_int_eq(taker.decoded.has_foreign_fee, fees[_i].foreign);
}
END_TEST

START_TEST(a_cancel_is_known_by_the_original_id)
{
    take_report(REPORT("\"c\":\"web_cancel\",\"C\":\"%s\",\"p\":\"0.10\",\"x\":\"CANCELED\",\"X\":"
                       "\"CANCELED\",\"l\":\"0\",\"z\":\"0.5\",\"L\":\"0\",\"n\":\"0\",\"N\":null,"
                       "\"t\":-1,\"m\":false,\"Z\":\"0.05\""));
    ck_assert_uint_eq(taker.events[0].report.client_id, qt_client_id(77, 3));
    ck_assert_int_eq(taker.events[0].report.type, QT_REPORT_CANCELLED);
    ck_assert_int_eq(taker.events[0].report.cum_qty.v, 50000000);
}
END_TEST

START_TEST(an_order_of_others_has_no_id_of_ours)
{
    take_report(
        REPORT("\"c\":\"web_%.0s1234\",\"C\":\"\",\"p\":\"0\",\"x\":\"EXPIRED\",\"X\":\"EXPIRED\","
               "\"l\":\"0\",\"z\":\"0\",\"L\":\"0\",\"t\":-1,\"m\":false,\"Z\":\"0\""));
    ck_assert_uint_eq(taker.events[0].report.client_id, 0);
    ck_assert_int_eq(taker.events[0].report.type, QT_REPORT_EXPIRED);
    ck_assert(qt_px_is_none(taker.events[0].report.px));
}
END_TEST

static const char *const bad_reports[] = {
    REPORT("\"c\":\"a\",\"p\":\"1\",\"x\":\"NEW\",\"X\":\"SLEEPING\",\"l\":\"0\",\"z\":\"0\""),
    REPORT("\"c\":\"a\",\"p\":\"1\",\"x\":\"DANCING\",\"X\":\"NEW\",\"l\":\"0\",\"z\":\"0\""),
    REPORT("\"c\":\"a\",\"p\":\"1\",\"x\":\"NEW\",\"X\":\"NEW\",\"l\":\"0\",\"z\":\"3\""),
    REPORT("\"c\":\"a\",\"p\":\"1\",\"x\":\"NEW\",\"X\":\"NEW\",\"l\":\"0\",\"z\":\"-1\""),
    REPORT("\"c\":\"a\",\"p\":\"1\",\"x\":\"TRADE\",\"X\":\"FILLED\",\"l\":\"2\",\"z\":\"1\",\"L\":"
           "\"1\",\"t\":1"),
    REPORT("\"c\":\"a\",\"p\":\"1\",\"x\":\"TRADE\",\"X\":\"FILLED\",\"l\":\"2\",\"z\":\"2\",\"L\":"
           "\"1\",\"t\":-1"),
    REPORT("\"c\":\"a\",\"p\":\"1\",\"x\":\"TRADE\",\"X\":\"FILLED\",\"l\":\"2\",\"z\":\"2\",\"L\":"
           "\"0\",\"t\":1"),
};

START_TEST(an_impossible_report_gives_no_event)
{
    ck_assert_int_ge(taker_take_text(&taker, bad_reports[_i]), QT_CODEC_MALFORMED);
    ck_assert_uint_eq(taker.n, 0);
}
END_TEST

START_TEST(balances_that_have_no_room_are_left_out_and_counted)
{
    ck_assert_int_eq(
        taker_take_text(
            &taker,
            "{\"subscriptionId\":0,\"event\":{\"e\":\"outboundAccountPosition\",\"E\":"
            "1564034571105,"
            "\"u\":1564034571073,\"B\":[{\"a\":\"ETH\",\"f\":\"10000.1234567891\",\"l\":\"0.5\"},"
            "{\"a\":\"PEPE\",\"f\":\"999999999999999.0\",\"l\":\"0\"},{\"l\":\"1\",\"f\":\"2\","
            "\"a\":"
            "\"AVERYLONGASSETNAME\"},{\"a\":\"USDT\",\"f\":\"3\",\"l\":\"0\"}]}}"),
        QT_CODEC_DECODED);
    ck_assert_uint_eq(taker.n, 2);
    ck_assert_uint_eq(taker.decoded.misfits, 2);
    ck_assert_str_eq(taker.events[0].balance.asset, "ETH");
    ck_assert_int_eq(taker.events[0].balance.free.v, INT64_C(1000012345678)); /* toward zero */
    ck_assert_int_eq(taker.events[0].balance.locked.v, 50000000);
    ck_assert_str_eq(taker.events[1].balance.asset, "USDT");
}
END_TEST

START_TEST(one_bad_balance_spoils_the_message)
{
    ck_assert_int_eq(
        taker_take_text(
            &taker,
            "{\"e\":\"outboundAccountPosition\",\"E\":1,\"B\":[{\"a\":\"ETH\",\"f\":\"1\",\"l\":"
            "\"0\"},{\"a\":\"BTC\",\"f\":1}]}"),
        QT_CODEC_MALFORMED);
    ck_assert_uint_eq(taker.n, 0);
}
END_TEST

/* Answers */
static const struct {
    const char *text;
    int64_t id, subscription;
    int32_t code;
} answers[] = {
    {"{\"result\":null,\"id\":7}", 7, -1, 0},
    {"{\"id\":\"abc\",\"result\":null}", -1, -1, 0},
    {"{\"code\":2,\"msg\":\"Invalid request\",\"id\":3}", 3, -1, 2},
    {"{\"id\":1,\"status\":200,\"result\":{\"subscriptionId\":4},\"rateLimits\":[]}", 1, 4, 0},
    {"{\"id\":1,\"status\":400,\"error\":{\"code\":-1022,\"msg\":\"bad\"}}", 1, -1, -1022},
    {"{\"id\":1,\"status\":503}", 1, -1, -1000},
    {"{\"error\":{\"code\":\"x\"},\"id\":1}", 1, -1, -1000},
};

START_TEST(an_answer_says_what_it_answers)
{
    ck_assert_int_eq(taker_take_text(&taker, answers[_i].text), QT_CODEC_DECODED);
    ck_assert_int_eq(taker.decoded.kind, QT_MESSAGE_ANSWER);
    ck_assert_int_eq(taker.decoded.answer_id, answers[_i].id);
    ck_assert_int_eq(taker.decoded.answer_code, answers[_i].code);
    ck_assert_int_eq(taker.decoded.subscription_id, answers[_i].subscription);
}
END_TEST

static const char *const ends[] = {
    ("{\"e\":\"listenKeyExpired\",\"E\":1699596037418,\"listenKey\":"
    "\"OfYGbUzi3PraNagEkdKuFwUHn48brFsItTdsuiIXrucvhf0X\"}"),
    "{\"stream\":\"key\",\"data\":{\"e\":\"listenKeyExpired\",\"E\":1}}",
    "{\"subscriptionId\":0,\"event\":{\"e\":\"eventStreamTerminated\",\"E\":1728973001334}}",
};

START_TEST(the_end_of_the_user_stream_is_told)
{
    ck_assert_int_eq(taker_take_text(&taker, ends[_i]), QT_CODEC_DECODED);
    ck_assert_int_eq(taker.decoded.kind, QT_MESSAGE_USER_END);
}
END_TEST

/* Orders */
static const struct {
    struct qt_order_request request;
    const char *text; /* NULL: refused */
} orders[] = {
    {{.type = QT_TYPE_LIMIT, .tif = QT_TIF_IOC, .side = QT_BUY, .px = {6183763}, .qty = {150000}},
     "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=1.5&price=61837.63"},
    {{.type = QT_TYPE_MARKET, .side = QT_SELL, .px = {INT64_MIN}, .qty = {1}},
     "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.00001"},
    {{.type = QT_TYPE_STOP_LOSS, .side = QT_SELL, .stop_px = {5000000}, .qty = {100000}},
     "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=1&stopPrice=50000"},
    {{.type = QT_TYPE_STOP_LOSS_LIMIT,
      .side = QT_SELL,
      .px = {4999999},
      .stop_px = {5000000},
      .qty = {100000}},
     "symbol=BTCUSDT&side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=1&price=49999.99&"
     "stopPrice=50000"},
    {{.type = QT_TYPE_TAKE_PROFIT_LIMIT,
      .tif = QT_TIF_FOK,
      .side = QT_BUY,
      .px = {1},
      .stop_px = {2},
      .qty = {3}},
     "symbol=BTCUSDT&side=BUY&type=TAKE_PROFIT_LIMIT&timeInForce=FOK&quantity=0.00003&price=0.01&"
     "stopPrice=0.02"},
    {{.type = QT_TYPE_TAKE_PROFIT, .side = QT_BUY, .stop_px = {2}, .qty = {3}},
     "symbol=BTCUSDT&side=BUY&type=TAKE_PROFIT&quantity=0.00003&stopPrice=0.02"},
    {{.type = QT_TYPE_LIMIT_MAKER, .side = QT_BUY, .px = {100}, .qty = {100000}},
     "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=1"},
    {{.type = QT_TYPE_LIMIT, .side = QT_BUY, .px = {INT64_MIN}, .qty = {1}}, NULL},
    {{.type = QT_TYPE_LIMIT, .side = QT_BUY, .px = {0}, .qty = {1}}, NULL},
    {{.type = QT_TYPE_STOP_LOSS, .side = QT_SELL, .stop_px = {INT64_MIN}, .qty = {1}}, NULL},
    {{.type = QT_TYPE_MARKET, .side = QT_SELL, .qty = {0}}, NULL},
    {{.type = QT_ORDER_TYPES, .side = QT_SELL, .qty = {1}}, NULL},
};

START_TEST(an_order_is_written_in_the_venues_words)
{
    char buffer[512], id[QT_CLIENT_ID_TEXT], expected[512];
    struct qt_text text;
    struct qt_order_request request = orders[_i].request;
    const struct qt_instrument *ins = qt_universe_at(taker.universe, 0);
    request.client_id = qt_client_id(77, 3);
    qt_text_init(&text, buffer, sizeof buffer);
    bool is_written = qt_venue_binance.codec->encode(ins, TAKER_TAG, &request, &text);
    ck_assert_int_eq(is_written, orders[_i].text != NULL);
    if (!is_written)
        return;
    snprintf(expected, sizeof expected, "%s&newClientOrderId=%s&newOrderRespType=FULL",
             orders[_i].text, our_id(id));
    ck_assert_str_eq(buffer, expected);
}
END_TEST

START_TEST(an_order_that_does_not_fit_the_buffer_is_refused)
{
    char buffer[64];
    struct qt_text text;
    struct qt_order_request request = orders[0].request;
    qt_text_init(&text, buffer, sizeof buffer);
    ck_assert(!qt_venue_binance.codec->encode(qt_universe_at(taker.universe, 0), TAKER_TAG,
                                              &request, &text));
}
END_TEST

START_TEST(error_codes_ascend_and_can_be_found)
{
    const struct qt_venue_class *class = qt_venue_find("binance");
    ck_assert_ptr_eq(class, &qt_venue_binance);
    ck_assert_ptr_null(qt_venue_find("nowhere"));
    for (size_t i = 0; i < class->n_errors; i++) {
        ck_assert_ptr_eq(qt_venue_error_find(class, class->errors[i].code), &class->errors[i]);
        ck_assert(i == 0 || class->errors[i - 1].code < class->errors[i].code);
        ck_assert(class->errors[i].text && class->errors[i].text[0]);
    }
    ck_assert_int_eq(qt_venue_error_find(class, -1007)->verdict, QT_VENUE_UNKNOWN);
    ck_assert_int_eq(qt_venue_error_find(class, -2011)->verdict, QT_VENUE_NOT_FOUND);
    ck_assert_int_eq(qt_venue_error_find(class, -2015)->verdict, QT_VENUE_AUTH);
    ck_assert_int_eq(qt_venue_error_find(class, -1021)->verdict, QT_VENUE_CLOCK);
    ck_assert_ptr_null(qt_venue_error_find(class, -9999));
}
END_TEST

static TCase *
add_case(Suite *suite, const char *name)
{
    TCase *tc = tcase_create(name);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    suite_add_tcase(suite, tc);
    return tc;
}

static void
add_market_cases(Suite *suite)
{
    TCase *tc = add_case(suite, "market");
    tcase_add_test(tc, a_book_ticker_is_a_quote);
    tcase_add_test(tc, an_empty_side_has_no_price);
    tcase_add_loop_test(tc, a_trade_is_the_same_in_any_dress, 0, QT_COUNT_OF(trade_dresses));
    tcase_add_test(tc, a_diff_comes_in_chunks_of_four_bids_first);
    tcase_add_test(tc, a_diff_without_levels_is_one_empty_chunk);
    tcase_add_test(tc, a_partial_book_takes_its_symbol_from_the_stream);
    tcase_add_test(tc, a_rest_book_takes_its_symbol_from_the_question);
    tcase_add_test(tc, only_a_closed_kline_is_a_bar);
    tcase_add_test(tc, a_mini_ticker_is_told_beside_the_events);
    tc = add_case(suite, "refusals");
    tcase_add_loop_test(tc, what_is_wrong_gives_no_event, 0, QT_COUNT_OF(refusals));
    tcase_add_test(tc, nesting_beyond_the_limit_is_malformed);
    tcase_add_test(tc, every_cut_of_a_message_is_malformed);
    tcase_add_test(tc, more_levels_than_there_is_room_for_are_refused);
}

int
main(void)
{
    Suite *suite = suite_create("binance_codec");
    add_market_cases(suite);
    TCase *tc = add_case(suite, "user");
    tcase_add_test(tc, a_new_order_is_accepted);
    tcase_add_loop_test(tc, a_fill_carries_its_fee, 0, QT_COUNT_OF(fees));
    tcase_add_test(tc, a_cancel_is_known_by_the_original_id);
    tcase_add_test(tc, an_order_of_others_has_no_id_of_ours);
    tcase_add_loop_test(tc, an_impossible_report_gives_no_event, 0, QT_COUNT_OF(bad_reports));
    tcase_add_test(tc, balances_that_have_no_room_are_left_out_and_counted);
    tcase_add_test(tc, one_bad_balance_spoils_the_message);
    tcase_add_loop_test(tc, an_answer_says_what_it_answers, 0, QT_COUNT_OF(answers));
    tcase_add_loop_test(tc, the_end_of_the_user_stream_is_told, 0, QT_COUNT_OF(ends));
    tc = add_case(suite, "orders");
    tcase_add_loop_test(tc, an_order_is_written_in_the_venues_words, 0, QT_COUNT_OF(orders));
    tcase_add_test(tc, an_order_that_does_not_fit_the_buffer_is_refused);
    tcase_add_test(tc, error_codes_ascend_and_can_be_found);
    return qt_run_suite(suite);
}
