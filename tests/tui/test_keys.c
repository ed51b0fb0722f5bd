/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes to keys: what is a key, what never is (faults T5, T9).
 */
#include <stdlib.h>
#include <string.h>

#include "qt_check.h"
#include "qtrade/tui/keys.h"

#define MS INT64_C(1000000)
#define MOST 64

/* Feeds text in one read; presses as text: "A", "<UP>" ..., '!' before a pasted one. */
struct feed {
    struct qt_keys keys;
    int64_t now_ns;
    char out[512];
};

static void
note(struct feed *feed, const struct qt_press *press)
{
    static const struct {
        int key;
        const char *name;
    } names[] = {
        {QT_KEY_TAB, "<TAB>"},        {QT_KEY_ENTER, "<ENTER>"}, {QT_KEY_ESC, "<ESC>"},
        {QT_KEY_BACKSPACE, "<BS>"},   {QT_KEY_UP, "<UP>"},       {QT_KEY_DOWN, "<DOWN>"},
        {QT_KEY_LEFT, "<LEFT>"},      {QT_KEY_RIGHT, "<RIGHT>"}, {QT_KEY_PAGE_UP, "<PGUP>"},
        {QT_KEY_PAGE_DOWN, "<PGDN>"}, {QT_KEY_HOME, "<HOME>"},   {QT_KEY_END, "<END>"},
        {QT_KEY_BACK_TAB, "<BTAB>"},  {QT_KEY_PASTE, "<PASTE>"}};
    size_t n = strlen(feed->out);
    const char *name = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].key == press->key)
            name = names[i].name;
    if (name)
        snprintf(feed->out + n, sizeof feed->out - n, "%s%s", press->is_pasted ? "!" : "", name);
    else if (press->key < 127)
        snprintf(feed->out + n, sizeof feed->out - n, "%s%c", press->is_pasted ? "!" : "",
                 press->key);
    else
        snprintf(feed->out + n, sizeof feed->out - n, "<%X>", (unsigned)press->key);
}

static void
feed_bytes(struct feed *feed, const char *bytes, size_t n)
{
    struct qt_press presses[MOST + 1];
    ck_assert_uint_le(n, MOST);
    size_t got = qt_keys_feed(&feed->keys, (const unsigned char *)bytes, n, feed->now_ns, presses);
    ck_assert_uint_le(got, n + 1);
    for (size_t i = 0; i < got; i++)
        note(feed, &presses[i]);
}

static void
wait_ms(struct feed *feed, int ms)
{
    struct qt_press presses[2];
    for (int i = 0; i < ms; i += 10) {
        feed->now_ns += 10 * MS;
        size_t got = qt_keys_idle(&feed->keys, feed->now_ns, presses);
        for (size_t k = 0; k < got; k++)
            note(feed, &presses[k]);
    }
}

static const struct {
    const char *bytes, *presses;
} rows[] = {
    {"P", "P"},
    {"\t", "<TAB>"},
    {"\r", "<ENTER>"},
    {"\n", "<ENTER>"},
    {"\177", "<BS>"},
    {"\b", "<BS>"},
    {"\033[A", "<UP>"},
    {"\033OB", "<DOWN>"},
    {"\033[1;5C", "<RIGHT>"},
    {"\033[5~", "<PGUP>"},
    {"\033[6;2~", "<PGDN>"},
    {"\033[H", "<HOME>"},
    {"\033[4~", "<END>"},
    {"\033[Z", "<BTAB>"},
    {"\033OM", "<ENTER>"},
    {"\033[A\033[A\033[B", "<UP><UP><DOWN>"},
    {"PPPPPPPP", "P"}, /* key repeat */
    {"X\033[A", "X<UP>"},
    {"\xc3\xa9", "<E9>"},
    {"\xe4\xb8\xad", "<4E2D>"},
    {"\xff\xfe", ""},
    {"FLAT", "!F!L!A!T"}, /* pasted without brackets */
    {"FLAT\r", "!F!L!A!T!<ENTER>"},
    {"\033[200~FLAT\033[201~", "<PASTE>"},
    {"\033[200~FLAT\033[201~P", "<PASTE>P"},
    {"\033[200~a\033[20X\033[201~", "<PASTE>"},
    {"\033[200~\033[200~PP\033[201~", "<PASTE>"},
    {"\033[24;80R", ""}, /* answers to questions nobody asked */
    {"\033[?64;1;2;6;9;15;18;21;22c", ""},
    {"\033[>0;276;0c", ""},
    {"\033[8;24;80t", ""},
    {"\033[?2026;0$y", ""},
    {"\033[24;80X", ""},
    {"\033]0;P X q\007", ""},
    {"\033]11;rgb:0000/0000/0000\033\\", ""},
    {"\033P>|XTerm(370)\033\\", ""},
    {"\033P1+r544e=PXq\033\\", ""},
    {"\033_GX\033\\", ""},
    {"\033[<0;10;10M", ""}, /* mouse */
    {"\033[I\033[O", ""},   /* focus */
    {"\033[11~", ""},       /* F1 */
    {"\033[999999999999999999999999999999999999999999X", ""},
    {"\033[200~", "<PASTE>"},
};

START_TEST(one_read_gives_these_presses)
{
    struct feed feed = {.now_ns = 1};
    feed_bytes(&feed, rows[_i].bytes, strlen(rows[_i].bytes));
    ck_assert_str_eq(feed.out, rows[_i].presses);
}
END_TEST

/* The same bytes one by one, 1 ms apart, give the same keys (characters apart from paste
 * detection). */
START_TEST(a_sequence_cut_anywhere_is_the_same_key)
{
    struct feed whole = {.now_ns = 1}, pieces = {.now_ns = 1};
    const char *bytes = rows[_i].bytes;
    if (strncmp(bytes, "PP", 2) == 0 || strncmp(bytes, "FLAT", 4) == 0)
        return; /* what is one read matters there */
    feed_bytes(&whole, bytes, strlen(bytes));
    for (size_t i = 0; bytes[i]; i++) {
        pieces.now_ns += 1 * MS;
        feed_bytes(&pieces, bytes + i, 1);
    }
    ck_assert_str_eq(pieces.out, whole.out);
}
END_TEST

START_TEST(a_lone_escape_becomes_the_key_after_a_moment)
{
    struct feed feed = {.now_ns = 1};
    feed_bytes(&feed, "\033", 1);
    ck_assert_str_eq(feed.out, "");
    ck_assert(qt_keys_is_waiting(&feed.keys));
    wait_ms(&feed, 90);
    ck_assert_str_eq(feed.out, "");
    wait_ms(&feed, 30);
    ck_assert_str_eq(feed.out, "<ESC>");
    wait_ms(&feed, 600);
    ck_assert(!qt_keys_is_waiting(&feed.keys));
    feed_bytes(&feed, "P", 1);
    ck_assert_str_eq(feed.out, "<ESC>P");
}
END_TEST

START_TEST(the_late_rest_of_an_answer_is_no_key)
{
    struct feed feed = {.now_ns = 1};
    feed_bytes(&feed, "\033", 1);
    wait_ms(&feed, 200);
    feed_bytes(&feed, "[24;80", 6);
    wait_ms(&feed, 100);
    feed_bytes(&feed, "R", 1);
    ck_assert_str_eq(feed.out, "<ESC>");
}
END_TEST

START_TEST(escape_and_then_P_are_two_keys_and_P_is_not_lost)
{
    struct feed feed = {.now_ns = 1};
    feed_bytes(&feed, "\033P", 2);
    wait_ms(&feed, 150);
    ck_assert_str_eq(feed.out, "<ESC>P");
}
END_TEST

START_TEST(a_paste_without_end_gives_the_keys_back)
{
    struct feed feed = {.now_ns = 1};
    feed_bytes(&feed, "\033[200~FL", 8);
    wait_ms(&feed, 1900);
    feed_bytes(&feed, "A", 1);
    wait_ms(&feed, 1900);
    ck_assert_str_eq(feed.out, "<PASTE>");
    wait_ms(&feed, 200);
    feed_bytes(&feed, "P", 1);
    ck_assert_str_eq(feed.out, "<PASTE>P");
}
END_TEST

START_TEST(what_follows_a_burst_at_once_belongs_to_it)
{
    struct feed feed = {.now_ns = 1};
    feed_bytes(&feed, "LA", 2);
    feed.now_ns += 20 * MS;
    feed_bytes(&feed, "X", 1);
    feed.now_ns += 99 * MS;
    feed_bytes(&feed, "P", 1);
    feed.now_ns += 200 * MS;
    feed_bytes(&feed, "P", 1);
    ck_assert_str_eq(feed.out, "!L!A!X!PP");
}
END_TEST

START_TEST(a_megabyte_of_paste_is_one_press)
{
    struct feed feed = {.now_ns = 1};
    feed_bytes(&feed, "\033[200~", 6);
    for (int i = 0; i < (1 << 20) / 60; i++) {
        feed.now_ns += 1 * MS;
        feed_bytes(&feed,
                   "FLAT\rX P q y FLAT\033[20\033[2FLAT\033[A\r\rXFLAT XFLAT XFLAT XFLAT XFL", 60);
    }
    feed_bytes(&feed, "\033[201~", 6);
    ck_assert_str_eq(feed.out, "<PASTE>");
}
END_TEST

/* Random bytes in random cuts: bounded output, and never a press from inside a paste. */
START_TEST(random_bytes_do_no_harm)
{
    static const char alphabet[] = "\033[]O~;P2XF01LAT<\007\\M\x9b\xc3\xa9\xff\r";
    const char *seed_text = getenv("QT_SEED");
    uint64_t state = seed_text ? strtoull(seed_text, NULL, 10) : 1;
    struct qt_keys keys = {0};
    int64_t now_ns = 1;
    for (int i = 0; i < 200000; i++) {
        unsigned char bytes[16];
        struct qt_press presses[17];
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        size_t n = 1 + (state >> 33) % sizeof bytes;
        for (size_t k = 0; k < n; k++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            bytes[k] = (unsigned char)alphabet[(state >> 33) % (sizeof alphabet - 1)];
        }
        now_ns += (int64_t)((state >> 40) % 300) * MS;
        size_t got = qt_keys_idle(&keys, now_ns, presses);
        ck_assert_uint_le(got, 2);
        got = qt_keys_feed(&keys, bytes, n, now_ns, presses);
        ck_assert_uint_le(got, n + 1);
        ck_assert_uint_le(keys.length, sizeof keys.sequence);
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("keys");
    TCase *table = tcase_create("table"), *time = tcase_create("time");
    tcase_add_loop_test(table, one_read_gives_these_presses, 0, sizeof rows / sizeof *rows);
    tcase_add_loop_test(table, a_sequence_cut_anywhere_is_the_same_key, 0,
                        sizeof rows / sizeof *rows);
    tcase_add_test(time, a_lone_escape_becomes_the_key_after_a_moment);
    tcase_add_test(time, the_late_rest_of_an_answer_is_no_key);
    tcase_add_test(time, escape_and_then_P_are_two_keys_and_P_is_not_lost);
    tcase_add_test(time, a_paste_without_end_gives_the_keys_back);
    tcase_add_test(time, what_follows_a_burst_at_once_belongs_to_it);
    tcase_add_test(time, a_megabyte_of_paste_is_one_press);
    tcase_add_test(time, random_bytes_do_no_harm);
    suite_add_tcase(suite, table);
    suite_add_tcase(suite, time);
    return qt_run_suite(suite);
}
