/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One message in many shapes. The codec reads the layout in which the venue sends a message,
 * members as venues write them, and any JSON, each in its own way: whichever it is, the answer must
 * be the same. Blanks between the tokens change nothing but the way, so every message here is
 * decoded with and without them. QT_SEED repeats a run, QT_CASES sets its length.
 */
#include "mutate.h"
#include "venue_messages.h"

#define MEMBERS 40
#define MESSAGE_MAX 2048

static struct taker taker;

/* Scales that are read in different ways: without decimals, with the venue's eight, with more. */
static const struct {
    const char *symbol, *stream;
    int px_scale, qty_scale;
} symbols[] = {{"BTCUSDT", "btcusdt", 2, 5},
               {"ETHUSDT", "ethusdt", 8, 0},
               {"A", "a", 0, 8},
               {"1000000MOGLONGNAMEUSDT", "1000000moglongnameusdt", 10, 12}};

/* Members as the venue orders them; %s of the symbol, of a price, of a quantity stand as $, p, q.
 */
static const struct {
    const char *suffix; /* of the stream's name; NULL: comes without an envelope */
    const char *members[MEMBERS];
} kinds[] = {
    {"bookTicker", {"\"u\":50093239212", "\"s\":$", "\"b\":p", "\"B\":q", "\"a\":p", "\"A\":q"}},
    {"trade",
     {"\"e\":\"trade\"", "\"E\":1672515782136", "\"s\":$", "\"t\":12345", "\"p\":p", "\"q\":q",
      "\"T\":1672515782137", "\"m\":true", "\"M\":true"}},
    {"aggTrade",
     {"\"e\":\"aggTrade\"", "\"E\":1672515782136", "\"s\":$", "\"a\":1234567890123", "\"p\":p",
      "\"q\":q", "\"f\":100", "\"l\":105", "\"T\":1672515782137", "\"m\":false", "\"M\":true"}},
    {"depth@100ms",
     {"\"e\":\"depthUpdate\"", "\"E\":1723161255208", "\"s\":$", "\"U\":157", "\"u\":160",
      "\"b\":[[p,q],[p,q],[p,q]]", "\"a\":[[p,q],[p,q]]"}},
    {"depth20", {"\"lastUpdateId\":160", "\"bids\":[[p,q],[p,q]]", "\"asks\":[[p,q],[p,q],[p,q]]"}},
    {"kline_1m",
     {"\"e\":\"kline\"", "\"E\":1672515840000", "\"s\":$",
      "\"k\":{\"t\":1672515780000,\"T\":1672515839999,\"s\":$,\"i\":\"1m\",\"f\":100,\"L\":200,"
      "\"o\":\"10\",\"c\":\"20\",\"h\":\"25\",\"l\":\"5\",\"v\":\"1000\",\"n\":100,\"x\":true,"
      "\"q\":\"1.5\",\"V\":\"500\",\"Q\":\"0.5\",\"B\":\"0\"}"}},
    {"miniTicker",
     {"\"e\":\"24hrMiniTicker\"", "\"E\":1672515782136", "\"s\":$", "\"c\":p", "\"o\":p", "\"h\":p",
      "\"l\":p", "\"v\":q", "\"q\":q"}},
    {NULL,
     {"\"e\":\"executionReport\"",
      "\"E\":1499405658658",
      "\"s\":$",
      "\"c\":\"qt-abcd1234-4d03\"",
      "\"S\":\"BUY\"",
      "\"o\":\"LIMIT\"",
      "\"f\":\"GTC\"",
      "\"q\":\"9000000\"",
      "\"p\":p",
      "\"P\":\"0.00000000\"",
      "\"g\":-1",
      "\"C\":\"\"",
      "\"x\":\"TRADE\"",
      "\"X\":\"PARTIALLY_FILLED\"",
      "\"r\":\"NONE\"",
      "\"i\":4293153",
      "\"l\":q",
      "\"z\":\"9000000\"",
      "\"L\":p",
      "\"n\":\"0\"",
      "\"N\":null",
      "\"T\":1499405658657",
      "\"t\":99",
      "\"w\":true",
      "\"m\":false",
      "\"Z\":\"12.5\""}},
};

static const char *const strangers[] = {
    "\"z9\":\"text\"",           "\"note\":null",     "\"extra\":{\"p\":[1,2,{\"q\":null}]}",
    "\"more\":\"\\u00e9\\\"}\"", "\"list\":[[[]],1]", "\"neg\":-1.5e3",
};

/* A decimal as venues write them mostly, and everything around that. */
static void
write_decimal(struct qt_text *out, struct qt_rng *rng)
{
    const bool is_usual = qt_rng_below(rng, 4) > 0;
    const bool is_bare = qt_rng_below(rng, 16) == 0;
    size_t whole = is_usual ? 1 + qt_rng_below(rng, 5) : 1 + qt_rng_below(rng, 12);
    size_t decimals = is_usual ? 8 : qt_rng_below(rng, 14);
    size_t exact = qt_rng_below(rng, 3) ? 0 : qt_rng_below(rng, 9);
    qt_text_add(out, is_bare ? "" : "\"");
    if (qt_rng_below(rng, 10) == 0) {
        qt_text_add(out, is_bare ? "0.00000000" : "0.00000000\"");
        return;
    }
    qt_text_add_char(out, (char)('1' + qt_rng_below(rng, 9)));
    while (--whole > 0)
        qt_text_add_char(out, (char)('0' + qt_rng_below(rng, 10)));
    if (decimals > 0)
        qt_text_add_char(out, '.');
    for (size_t i = 0; i < decimals; i++)
        qt_text_add_char(out, i < exact ? (char)('0' + qt_rng_below(rng, 10)) : '0');
    qt_text_add(out, is_bare ? "" : "\"");
}

static void
write_member(struct qt_text *out, struct qt_rng *rng, const char *member, const char *symbol)
{
    bool is_text = false;
    for (const char *p = member; *p; p++) {
        is_text ^= *p == '"';
        if (*p == '$' && !is_text)
            qt_text_addf(out, "\"%s\"", symbol);
        else if ((*p == 'p' || *p == 'q') && !is_text)
            write_decimal(out, rng);
        else
            qt_text_add_char(out, *p);
    }
}

/* Members in the venue's order, or in any; now and then with strangers among them. */
static size_t
pick_members(struct qt_rng *rng, const char *const *from, const char **out)
{
    size_t n = 0;
    const bool is_shuffled = qt_rng_below(rng, 2);
    for (; n < MEMBERS && from[n]; n++)
        out[n] = from[n];
    for (size_t extra = qt_rng_below(rng, 3); is_shuffled && extra > 0; extra--)
        out[n++] = strangers[qt_rng_below(rng, QT_COUNT_OF(strangers))];
    for (size_t i = n; is_shuffled && i > 1; i--) {
        size_t k = qt_rng_below(rng, i);
        const char *kept = out[i - 1];
        out[i - 1] = out[k];
        out[k] = kept;
    }
    return n;
}

/* A message of any kind, symbol, order and dress. */
static void
write_message(struct qt_text *out, struct qt_rng *rng)
{
    const char *members[MEMBERS + 4];
    const size_t kind = qt_rng_below(rng, QT_COUNT_OF(kinds));
    const size_t of = qt_rng_below(rng, QT_COUNT_OF(symbols));
    const char *suffix = kinds[kind].suffix;
    const bool is_wrapped = qt_rng_below(rng, 3) > 0, is_last = qt_rng_below(rng, 8) == 0;
    size_t n = pick_members(rng, kinds[kind].members, members);
    if (is_wrapped && !suffix)
        qt_text_add(out, "{\"subscriptionId\":0,\"event\":");
    else if (is_wrapped && is_last)
        qt_text_add(out, "{\"data\":");
    else if (is_wrapped)
        qt_text_addf(out, "{\"stream\":\"%s@%s\",\"data\":", symbols[of].stream, suffix);
    qt_text_add_char(out, '{');
    for (size_t i = 0; i < n; i++) {
        qt_text_add(out, i ? "," : "");
        write_member(out, rng, members[i], symbols[of].symbol);
    }
    qt_text_add_char(out, '}');
    if (is_wrapped && is_last && suffix)
        qt_text_addf(out, ",\"stream\":\"%s@%s\"", symbols[of].stream, suffix);
    qt_text_add(out, is_wrapped ? "}" : "");
    ck_assert(!out->is_cut);
}

/* The same with a blank behind everything that may have one: no fast way knows this form. */
static size_t
add_blanks(const char *text, size_t n, char *out)
{
    bool is_text = false, is_escape = false;
    size_t k = 0;
    out[k++] = ' ';
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        out[k++] = c;
        if (is_text) {
            is_text = is_escape || c != '"';
            is_escape = !is_escape && c == '\\';
        } else if (c == '"') {
            is_text = true;
        } else if (c == ',' || c == ':' || c == '{' || c == '[') {
            out[k++] = "\n\t\r "[i % 4];
        }
    }
    return k;
}

/* Decodes a copy without a byte behind it. */
static enum qt_codec_verdict
take_exactly(const char *text, size_t n)
{
    char *exact = malloc(n ? n : 1);
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, text, n);
    enum qt_codec_verdict verdict = taker_take(&taker, exact, n);
    free(exact);
    return verdict;
}

/* Both ways give the same; true: events. */
static bool
same_both_ways(const char *text, size_t n)
{
    static struct qt_event events[64];
    char blanked[2 * MESSAGE_MAX + 1];
    enum qt_codec_verdict verdict = take_exactly(text, n);
    struct qt_decoded decoded = taker.decoded;
    size_t count = taker.n;
    ck_assert_uint_le(count, QT_COUNT_OF(events));
    memcpy(events, taker.events, count * sizeof events[0]);
    size_t blanked_n = add_blanks(text, n, blanked);
    ck_assert_msg(take_exactly(blanked, blanked_n) == verdict, "%.*s", (int)n, text);
    ck_assert_msg(taker.n == count, "%.*s", (int)n, text);
    ck_assert_msg(memcmp(events, taker.events, count * sizeof events[0]) == 0, "%.*s", (int)n,
                  text);
    decoded.why = taker.decoded.why = NULL;
    ck_assert_msg(memcmp(&decoded, &taker.decoded, sizeof decoded) == 0, "%.*s", (int)n, text);
    return verdict == QT_CODEC_DECODED;
}

START_TEST(blanks_between_the_tokens_change_nothing)
{
    struct qt_mutator mutator;
    uint64_t good = 0, cases = qt_number_from("QT_CASES", 60000);
    qt_mutator_init(&mutator, QT_JSON_SPICE, 20240809);
    for (uint64_t i = 0; i < cases; i++) {
        char buffer[MESSAGE_MAX];
        struct qt_text text;
        qt_text_init(&text, buffer, sizeof buffer - 256);
        write_message(&text, &mutator.rng);
        size_t n = text.length;
        for (uint64_t k = qt_rng_below(&mutator.rng, 2) * qt_rng_below(&mutator.rng, 4); k > 0; k--)
            n = qt_mutate_once(&mutator, buffer, n, sizeof buffer);
        good += same_both_ways(buffer, n);
    }
    ck_assert_msg(good > cases / 10 && good < cases * 9 / 10, "%llu of %llu decoded",
                  (unsigned long long)good, (unsigned long long)cases);
}
END_TEST

START_TEST(a_message_cut_anywhere_is_malformed)
{
    struct qt_rng rng;
    qt_rng_init(&rng, qt_number_from("QT_SEED", 5));
    for (int i = 0; i < 60; i++) {
        char buffer[MESSAGE_MAX];
        struct qt_text text;
        qt_text_init(&text, buffer, sizeof buffer);
        write_message(&text, &rng);
        for (size_t n = 0; n < text.length; n++) {
            ck_assert_int_eq(take_exactly(buffer, n), QT_CODEC_MALFORMED);
            ck_assert_uint_eq(taker.n, 0);
        }
    }
}
END_TEST

/* Levels are read where they stand, before it is known which member the message needs. */
START_TEST(a_diffs_levels_are_its_own)
{
    static const char *const messages[] = {
        "{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"BTCUSDT\",\"U\":1,\"u\":2,\"b\":[[\"5.0\",\"1.0\"]]"
        ","
        "\"a\":[],\"bids\":[[\"7.0\",\"1.0\"]],\"asks\":[[\"8.0\",\"1.0\"]]}",
        "{\"stream\":\"btcusdt@depth\",\"data\":{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"BTCUSDT\","
        "\"U\":"
        "1,\"u\":2,\"b\":[[\"5.0\",\"1.0\"]],\"bids\":[[\"7.0\",\"1.0\"]],\"a\":[]},\"s\":"
        "\"BTCUSDT\"}"};
    ck_assert_int_eq(take_exactly(messages[_i], strlen(messages[_i])), QT_CODEC_DECODED);
    ck_assert_uint_eq(taker.n, 1);
    ck_assert_uint_eq(taker.events[0].depth.bids, 1);
    ck_assert_uint_eq(taker.events[0].depth.asks, 0);
    ck_assert_int_eq(taker.events[0].depth.levels[0].px.v, 500);
}
END_TEST

/* Shorter than what is read at once. */
static const struct {
    const char *text;
    enum qt_codec_verdict verdict;
} tiny[] = {{"", QT_CODEC_MALFORMED},
            {"{", QT_CODEC_MALFORMED},
            {"{}", QT_CODEC_SKIPPED},
            {"{\"", QT_CODEC_MALFORMED},
            {"{\"\":1}", QT_CODEC_SKIPPED},
            {"{\"a\":1}", QT_CODEC_SKIPPED},
            {"{\"a\":12}", QT_CODEC_SKIPPED},
            {"{\"a\":\"\"}", QT_CODEC_SKIPPED},
            {"{\"a\":\"}", QT_CODEC_MALFORMED},
            {"{\"a\":true}", QT_CODEC_SKIPPED},
            {"{\"a\":tru}", QT_CODEC_MALFORMED},
            {"{\"a\":1,}", QT_CODEC_MALFORMED},
            {"{\"ab\":0}", QT_CODEC_SKIPPED},
            {"{\"\\\":1}", QT_CODEC_MALFORMED}};

START_TEST(a_tiny_message_is_read_to_its_end_and_not_beyond)
{
    ck_assert_int_eq(take_exactly(tiny[_i].text, strlen(tiny[_i].text)), tiny[_i].verdict);
}
END_TEST

/* A price of any digits around the point: exact, or refused because it is finer than the scale. */
START_TEST(a_price_of_any_length_is_exact_or_refused)
{
    struct qt_rng rng;
    uint64_t exact = 0, refused = 0;
    qt_rng_init(&rng, qt_number_from("QT_SEED", 11));
    for (int i = 0; i < 60000; i++) {
        const size_t of = qt_rng_below(&rng, QT_COUNT_OF(symbols));
        const size_t scale = (size_t)symbols[of].px_scale;
        char px[40], message[256];
        size_t whole = 1 + qt_rng_below(&rng, QT_MIN((size_t)10, 18 - scale)), n = 0;
        size_t decimals = qt_rng_below(&rng, 11);
        bool fits = true;
        for (size_t k = 0; k < whole; k++)
            px[n++] = (char)('0' + qt_rng_below(&rng, 10));
        px[0] = px[0] == '0' ? '7' : px[0];
        if (decimals > 0)
            px[n++] = '.';
        for (size_t k = 0; k < decimals; k++) {
            px[n] = qt_rng_below(&rng, 3) ? '0' : (char)('0' + qt_rng_below(&rng, 10));
            fits &= px[n++] == '0' || k < scale;
        }
        px[n] = '\0';
        int length =
            snprintf(message, sizeof message,
                     "{\"u\":1234,\"s\":\"%s\",\"b\":\"%s\",\"B\":\"1\",\"a\":\"%s\",\"A\":"
                     "\"1.00\"}",
                     symbols[of].symbol, px, px);
        enum qt_codec_verdict verdict = take_exactly(message, (size_t)length);
        ck_assert_msg(verdict == (fits ? QT_CODEC_DECODED : QT_CODEC_REFUSED), "%s", message);
        exact += fits;
        refused += !fits;
        if (fits)
            ck_assert_msg(taker.events[0].quote.bid.v == scaled(px, (int)scale) &&
                              taker.events[0].quote.ask.v == scaled(px, (int)scale),
                          "%s", message);
    }
    ck_assert_uint_gt(exact, 1000);
    ck_assert_uint_gt(refused, 1000);
}
END_TEST

static void
set_up(void)
{
    taker_init(&taker);
    for (size_t i = 0; i < QT_COUNT_OF(symbols); i++)
        (void)taker_add(&taker, symbols[i].symbol, "BTC", "USDT", symbols[i].px_scale,
                        symbols[i].qty_scale);
}

static void
tear_down(void)
{
    taker_finish(&taker);
}

int
main(void)
{
    Suite *suite = suite_create("binance_shapes");
    TCase *tc = tcase_create("shapes");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, blanks_between_the_tokens_change_nothing);
    tcase_add_test(tc, a_message_cut_anywhere_is_malformed);
    tcase_add_loop_test(tc, a_diffs_levels_are_its_own, 0, 2);
    tcase_add_loop_test(tc, a_tiny_message_is_read_to_its_end_and_not_beyond, 0,
                        (int)QT_COUNT_OF(tiny));
    tcase_add_test(tc, a_price_of_any_length_is_exact_or_refused);
    suite_add_tcase(suite, tc);
    return qt_run_suite(suite);
}
