/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mutated messages, seeded: whatever the bytes are, the codec neither crashes nor reads beyond them
 * nor gives an event that could not be. QT_SEED repeats a run, QT_CASES sets its length.
 */
#include "mutate.h"
#include "venue_messages.h"

static struct taker taker;

static const char *const seeds[] = {
    "{\"u\":400900217,\"s\":\"BTCUSDT\",\"b\":\"61837.63000000\",\"B\":\"3.78826000\",\"a\":"
    "\"61837.64000000\","
    "\"A\":\"1.54698000\"}",
    "{\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":1672515782136,\"s\":\"BTCUSDT\","
    "\"t\":12345,\"p\":"
    "\"16800.01\",\"q\":\"0.5\",\"T\":1672515782137,\"m\":true,\"M\":true}}",
    "{\"e\":\"aggTrade\",\"E\":1672515782136,\"s\":\"BTCUSDT\",\"a\":12345,\"p\":\"0.01\",\"q\":"
    "\"100\",\"f\":100,"
    "\"l\":105,\"T\":1672515782136,\"m\":false}",
    "{\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":1723161255208,\"s\":"
    "\"BTCUSDT\",\"U\":"
    "157,\"u\":160,\"b\":[[\"61737.63\",\"0\"],[\"61730.17\",\"1.5\"]],\"a\":[[\"61837.64\",\"1."
    "5\"],[\"61839.85\","
    "\"2\"],[\"61840\",\"0.00001\"]]}}",
    "{\"stream\":\"btcusdt@depth5\",\"data\":{\"lastUpdateId\":160,\"bids\":[[\"1\",\"2\"]],"
    "\"asks\":[[\"3\",\"4\"]]}}",
    "{\"e\":\"kline\",\"E\":1672515840000,\"s\":\"BTCUSDT\",\"k\":{\"t\":1672515780000,\"T\":"
    "1672515839999,\"s\":"
    "\"BTCUSDT\",\"i\":\"1m\",\"f\":100,\"L\":200,\"o\":\"10\",\"c\":\"20\",\"h\":\"25\",\"l\":"
    "\"5\",\"v\":\"1000\","
    "\"n\":100,\"x\":true,\"q\":\"1.5\",\"V\":\"500\",\"Q\":\"0.5\",\"B\":\"0\"}}",
    "{\"e\":\"24hrMiniTicker\",\"E\":123456789,\"s\":\"BTCUSDT\",\"c\":\"0.25\",\"o\":\"0.10\","
    "\"h\":\"0.30\",\"l\":"
    "\"0.05\",\"v\":\"10000\",\"q\":\"18\"}",
    "{\"e\":\"executionReport\",\"E\":1499405658658,\"s\":\"BTCUSDT\",\"c\":\"qt-abcd1234-4d03\","
    "\"S\":\"BUY\",\"o\":"
    "\"LIMIT\",\"f\":\"GTC\",\"q\":\"1.5\",\"p\":\"0.10\",\"P\":\"0\",\"C\":\"\",\"x\":\"TRADE\","
    "\"X\":"
    "\"PARTIALLY_FILLED\",\"r\":\"NONE\",\"i\":4293153,\"l\":\"0.5\",\"z\":\"1\",\"L\":\"0.11\","
    "\"n\":\"0.001\",\"N\":"
    "\"BTC\",\"T\":1499405658657,\"t\":99,\"w\":true,\"m\":false,\"O\":1499405658657,\"Z\":\"0."
    "11\"}",
    "{\"subscriptionId\":0,\"event\":{\"e\":\"outboundAccountPosition\",\"E\":1564034571105,\"u\":"
    "1564034571073,\"B\":"
    "[{\"a\":\"ETH\",\"f\":\"10000.000000\",\"l\":\"0.5\"},{\"a\":\"BTC\",\"f\":\"1\",\"l\":\"0\"}]"
    "}}",
    "{\"e\":\"ALGO_UPDATE\",\"T\":1750515742297,\"E\":1750515742303,\"o\":{\"caid\":\"qt-abcd1234-4d03\","
    "\"aid\":2148719,\"at\":\"CONDITIONAL\",\"o\":\"STOP\",\"s\":\"BTCUSDT\",\"S\":\"SELL\",\"q\":\"1.5\","
    "\"X\":\"FINISHED\",\"ai\":\"8886774\",\"aq\":\"1.5\",\"tp\":\"750\",\"p\":\"749.5\",\"R\":true}}",
    "{\"e\":\"ORDER_TRADE_UPDATE\",\"E\":1568879465651,\"T\":1568879465650,\"o\":{\"s\":\"BTCUSDT\",\"c\":"
    "\"qt-abcd1234-4d03\",\"S\":\"BUY\",\"o\":\"LIMIT\",\"f\":\"GTC\",\"q\":\"1.5\",\"p\":\"0.10\",\"ap\":\"0.1\","
    "\"x\":\"TRADE\",\"X\":\"PARTIALLY_FILLED\",\"i\":8886774,\"l\":\"0.5\",\"z\":\"1\",\"L\":\"0.11\",\"N\":"
    "\"USDT\",\"n\":\"0.001\",\"T\":1568879465651,\"t\":9,\"m\":false,\"R\":true,\"ps\":\"BOTH\",\"rp\":\"0\"}}",
    "{\"e\":\"ACCOUNT_UPDATE\",\"E\":1564745798939,\"T\":1564745798938,\"a\":{\"m\":\"FUNDING_FEE\",\"B\":[{\"a\":"
    "\"USDT\",\"wb\":\"122624.1\",\"cw\":\"100.1\",\"bc\":\"-0.5\"},{\"a\":\"BNB\",\"wb\":\"1\",\"cw\":\"0\",\"bc\":"
    "\"0.1\"}],\"P\":[]}}",
    "{\"id\":1,\"status\":200,\"result\":{\"subscriptionId\":4},\"rateLimits\":[]}",
};

/* What no event of the codec may be. */
static void
check_event(const struct qt_event *event)
{
    ck_assert_uint_lt(event->kind, QT_EVENT_KINDS);
    ck_assert(event->kind == QT_EVENT_BALANCE || event->kind == QT_EVENT_INCOME ||
              event->instrument == 0);
    ck_assert_int_ge(event->t_venue_ns, 0);
    switch (event->kind) {
    case QT_EVENT_QUOTE:
        ck_assert(qt_px_is_none(event->quote.bid) || event->quote.bid.v > 0);
        ck_assert(qt_px_is_none(event->quote.ask) || event->quote.ask.v > 0);
        ck_assert(event->quote.bid_qty.v >= 0 && event->quote.ask_qty.v >= 0);
        break;
    case QT_EVENT_TRADE:
        ck_assert(event->trade.px.v > 0 && event->trade.qty.v > 0);
        break;
    case QT_EVENT_DEPTH:
        ck_assert_uint_le(event->depth.bids + event->depth.asks, 4);
        ck_assert_uint_le(event->depth.first_id, event->depth.last_id);
        for (int i = 0; i < event->depth.bids + event->depth.asks; i++)
            ck_assert(event->depth.levels[i].px.v > 0 && event->depth.levels[i].qty.v >= 0);
        break;
    case QT_EVENT_BAR:
        ck_assert(event->bar.low.v > 0 && event->bar.low.v <= event->bar.high.v);
        ck_assert(event->bar.open_ns % event->bar.period_ns == 0);
        break;
    case QT_EVENT_REPORT:
        ck_assert_uint_lt(event->report.type, QT_REPORT_TYPES);
        ck_assert_uint_lt(event->report.state, QT_ORDER_STATES);
        ck_assert(event->report.cum_qty.v >= 0 && event->report.fee.v >= 0);
        ck_assert(event->report.type != QT_REPORT_FILL || event->report.qty.v > 0);
        break;
    case QT_EVENT_BALANCE:
        ck_assert(event->balance.free.v >= 0 && event->balance.locked.v >= 0);
        ck_assert(memchr(event->balance.asset, 0, sizeof event->balance.asset));
        break;
    case QT_EVENT_INCOME:
        ck_assert_uint_lt(event->income.kind, QT_INCOME_KINDS);
        ck_assert(event->income.amount.v != 0);
        ck_assert(memchr(event->income.asset, 0, sizeof event->income.asset));
        break;
    }
}

/* A copy without a byte behind it, so that a read beyond the end is found. */
static void
take_exactly(const char *text, size_t n)
{
    char *exact = malloc(n ? n : 1);
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, text, n);
    enum qt_codec_verdict verdict = taker_take(&taker, exact, n);
    ck_assert_uint_lt(verdict, QT_CODEC_VERDICTS);
    ck_assert(verdict == QT_CODEC_DECODED || taker.n == 0);
    for (size_t i = 0; i < taker.n; i++)
        check_event(&taker.events[i]);
    free(exact);
}

START_TEST(A2_mutated_messages_never_give_an_impossible_event)
{
    struct qt_mutator mutator;
    uint64_t decoded = 0, cases = qt_number_from("QT_CASES", 100000);
    qt_mutator_init(&mutator, QT_JSON_SPICE, 20240808);
    for (uint64_t i = 0; i < cases; i++) {
        const char *from = seeds[qt_rng_below(&mutator.rng, QT_COUNT_OF(seeds))];
        size_t n;
        char *text = qt_mutant(&mutator, from, strlen(from), &n);
        take_exactly(text, n);
        decoded += taker.n > 0;
        free(text);
    }
    /* Neither nothing nor everything may come through, or the test tests nothing. */
    ck_assert_msg(decoded > cases / 100 && decoded < cases / 2, "%llu of %llu decoded",
                  (unsigned long long)decoded, (unsigned long long)cases);
}
END_TEST

START_TEST(random_bytes_never_decode)
{
    struct qt_mutator mutator;
    qt_mutator_init(&mutator, QT_JSON_SPICE, 7);
    for (int i = 0; i < 20000; i++) {
        char text[64];
        size_t n = qt_rng_below(&mutator.rng, sizeof text);
        for (size_t k = 0; k < n; k++)
            text[k] = qt_rng_below(&mutator.rng, 4)
                          ? mutator.spice[qt_rng_below(&mutator.rng, mutator.spices)]
                          : (char)qt_rng_below(&mutator.rng, 256);
        take_exactly(text, n);
        ck_assert_uint_eq(taker.n, 0);
    }
}
END_TEST

static void
set_up(void)
{
    taker_init(&taker);
    (void)taker_add(&taker, "BTCUSDT", "BTC", "USDT", 2, 5);
}

static void
tear_down(void)
{
    taker_finish(&taker);
}

int
main(void)
{
    Suite *suite = suite_create("binance_fuzz");
    TCase *tc = tcase_create("fuzz");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, A2_mutated_messages_never_give_an_impossible_event);
    tcase_add_test(tc, random_bytes_never_decode);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
