/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The canvas keeps its rules R1 to R4 whatever is drawn on it (fault T6).
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "qt_check.h"
#include "qtrade/tui/canvas.h"

static char *
drawn(int width, int height, enum qt_glyphs glyphs, int x, int y, const char *text)
{
    struct qt_canvas canvas;
    ck_assert(qt_canvas_init(&canvas, width, height, glyphs));
    qt_canvas_put(&canvas, x, y, QT_ROLE_TEXT, text);
    char *frame = qt_canvas_text(&canvas);
    qt_canvas_finish(&canvas);
    ck_assert_ptr_nonnull(frame);
    return frame;
}

static const struct {
    const char *text, *utf8, *ascii;
} clean_rows[] = {
    {"BTCUSDT", "BTCUSDT\n", "BTCUSDT\n"},
    {"", "\n", "\n"},
    {"\033[31mred", "?[31mred\n", "?[31mred\n"},
    {"\033]52;c;ZWNobw==\007", "?]52;c;ZWNobw==?\n", "?]52;c;ZWNobw==?\n"},
    {"\xc2\x9b"
     "2J",
     "?2J\n", "?2J\n"}, /* C1 CSI */
    {"a\nb\tc\rd\177", "a?b?c?d?\n", "a?b?c?d?\n"},
    {"\xe2\x80\xae"
     "LTR",
     "?LTR\n", "?LTR\n"},                   /* right-to-left override */
    {"\xd7\x90\xd8\xa7", "??\n", "??\n"},   /* Hebrew, Arabic letters */
    {"e\xcc\x81\xcc\x81x", "ex\n", "ex\n"}, /* combining marks are dropped */
    {"a\xe2\x80\x8d"
     "b",
     "ab\n", "ab\n"}, /* joiner */
    {"\xff\xfe\xc3", "???\n", "???\n"},
    {"\xc0\xaf\xe0\x80\xaf", "?????\n", "?????\n"}, /* overlong '/' */
    {"\xed\xa0\x80", "???\n", "???\n"},             /* surrogate */
    {"\xf5\x80\x80\x80", "????\n", "????\n"},       /* above U+10FFFF */
    {"\xe4\xb8\xad"
     "x",
     "\xe4\xb8\xad"
     "x\n",
     "?x\n"},
    {"\xf0\x9f\x98\x80"
     "x",
     "\xf0\x9f\x98\x80"
     "x\n",
     "?x\n"},
    {"caf\xc3\xa9", "caf\xc3\xa9\n", "caf?\n"},
    {"▲ █▌▁ … –", "▲ █▌▁ … –\n", "^ #=_ ~ -\n"},
};

START_TEST(a_hostile_text_is_drawn_harmless)
{
    char *utf8 = drawn(40, 1, QT_GLYPHS_UTF8, 0, 0, clean_rows[_i].text);
    char *ascii = drawn(40, 1, QT_GLYPHS_ASCII, 0, 0, clean_rows[_i].text);
    ck_assert_str_eq(utf8, clean_rows[_i].utf8);
    ck_assert_str_eq(ascii, clean_rows[_i].ascii);
    free(utf8);
    free(ascii);
}
END_TEST

/* Every code point there is, through the cleaner, against the C library. */
START_TEST(widths_are_those_of_the_c_library)
{
    int kept = 0;
    ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
    for (uint32_t ch = 1; ch < 0x110000; ch++) {
        char bytes[5] = {0};
        const char *at = bytes;
        int width = 0;
        if (ch < 0x80)
            bytes[0] = (char)ch;
        else if (ch < 0x800)
            bytes[0] = (char)(0xc0 | ch >> 6), bytes[1] = (char)(0x80 | (ch & 63));
        else if (ch < 0x10000)
            bytes[0] = (char)(0xe0 | ch >> 12), bytes[1] = (char)(0x80 | (ch >> 6 & 63)),
            bytes[2] = (char)(0x80 | (ch & 63));
        else
            bytes[0] = (char)(0xf0 | ch >> 18), bytes[1] = (char)(0x80 | (ch >> 12 & 63)),
            bytes[2] = (char)(0x80 | (ch >> 6 & 63)), bytes[3] = (char)(0x80 | (ch & 63));
        uint32_t got = qt_text_next(&at, &width);
        if (got != ch)
            continue;
        kept++;
        ck_assert_msg(wcwidth((wchar_t)ch) == width, "U+%04X: wcwidth %d, ours %d", ch,
                      wcwidth((wchar_t)ch), width);
    }
    ck_assert_int_gt(kept, 20000);
}
END_TEST

START_TEST(nothing_is_drawn_outside_a_view)
{
    struct qt_canvas canvas;
    ck_assert(qt_canvas_init(&canvas, 20, 10, QT_GLYPHS_UTF8));
    struct qt_canvas view = qt_canvas_view(&canvas, (struct qt_rect){5, 3, 6, 4});
    for (int y = -3; y < 8; y++)
        for (int x = -30; x < 30; x += 3) {
            qt_canvas_put(&view, x, y, QT_ROLE_TEXT, "中文xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
            qt_canvas_fit(&view, x, y, 40, QT_RIGHT, QT_ROLE_TEXT, "abc");
            qt_canvas_fill(&view, x, y, 50, QT_ROLE_TEXT, 'y');
            qt_canvas_box(&view, (struct qt_rect){x, y, 40, 9}, QT_ROLE_BORDER);
        }
    for (int y = 0; y < 10; y++)
        for (int x = 0; x < 20; x++) {
            bool is_inside = x >= 5 && x < 11 && y >= 3 && y < 7;
            if (!is_inside)
                ck_assert_uint_eq(qt_canvas_at(&canvas, x, y)->ch, ' ');
        }
    qt_canvas_finish(&canvas);
}
END_TEST

START_TEST(a_wide_character_never_leaves_half_of_itself)
{
    struct qt_canvas canvas;
    ck_assert(qt_canvas_init(&canvas, 9, 1, QT_GLYPHS_UTF8));
    uint64_t state = 42;
    for (int i = 0; i < 5000; i++) {
        state = state * UINT64_C(6364136223846793005) + 1;
        int x = (int)(state >> 40) % 13 - 2;
        qt_canvas_put(&canvas, x, 0, QT_ROLE_TEXT,
                      (state >> 50) % 2   ? "中"
                      : (state >> 51) % 2 ? "ab"
                                          : "界x");
        for (int at = 0; at < 9; at++) {
            const struct qt_cell *cell = qt_canvas_at(&canvas, at, 0);
            if (cell->width == 2)
                ck_assert(at < 8 && qt_canvas_at(&canvas, at + 1, 0)->width == 0);
            if (cell->width == 0)
                ck_assert(at > 0 && qt_canvas_at(&canvas, at - 1, 0)->width == 2);
        }
    }
    qt_canvas_finish(&canvas);
}
END_TEST

START_TEST(lines_join_where_boxes_meet)
{
    struct qt_canvas canvas;
    ck_assert(qt_canvas_init(&canvas, 9, 5, QT_GLYPHS_UTF8));
    qt_canvas_box(&canvas, (struct qt_rect){0, 0, 5, 3}, QT_ROLE_BORDER);
    qt_canvas_box(&canvas, (struct qt_rect){4, 0, 5, 3}, QT_ROLE_BORDER);
    qt_canvas_box(&canvas, (struct qt_rect){0, 2, 9, 3}, QT_ROLE_BORDER);
    char *frame = qt_canvas_text(&canvas);
    ck_assert_str_eq(frame, "┌───┬───┐\n"
                            "│   │   │\n"
                            "├───┴───┤\n"
                            "│       │\n"
                            "└───────┘\n");
    free(frame);
    qt_canvas_finish(&canvas);
}
END_TEST

static const struct {
    const char *text;
    int width;
    enum qt_align align;
    const char *out;
} fit_rows[] = {
    {"abc", 5, QT_LEFT, "abc  |"},    {"abc", 5, QT_RIGHT, "  abc|"},
    {"abc", 5, QT_CENTRE, " abc |"},  {"abcdef", 5, QT_LEFT, "abcd…|"},
    {"中文字", 5, QT_LEFT, "中文…|"}, {"中文字", 4, QT_LEFT, "中… |"},
    {"abc", 1, QT_LEFT, "…|"},        {"abc", 3, QT_RIGHT, "abc|"},
};

START_TEST(text_is_fitted_into_its_columns)
{
    struct qt_canvas canvas;
    ck_assert(qt_canvas_init(&canvas, fit_rows[_i].width + 1, 1, QT_GLYPHS_UTF8));
    qt_canvas_put(&canvas, fit_rows[_i].width, 0, QT_ROLE_TEXT, "|");
    qt_canvas_fit(&canvas, 0, 0, fit_rows[_i].width, fit_rows[_i].align, QT_ROLE_TEXT,
                  fit_rows[_i].text);
    char *frame = qt_canvas_text(&canvas);
    ck_assert_int_eq(strncmp(frame, fit_rows[_i].out, strlen(fit_rows[_i].out)), 0);
    free(frame);
    qt_canvas_finish(&canvas);
}
END_TEST

START_TEST(an_absurd_size_is_clamped)
{
    struct qt_canvas canvas;
    ck_assert(qt_canvas_init(&canvas, 100000, -5, QT_GLYPHS_UTF8));
    ck_assert_int_eq(canvas.width, QT_CANVAS_WIDTH_MAX);
    ck_assert_int_eq(canvas.height, 0);
    ck_assert_int_eq(qt_canvas_put(&canvas, 0, 0, QT_ROLE_TEXT, "x"), 0);
    qt_canvas_finish(&canvas);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("canvas");
    TCase *text = tcase_create("text"), *shape = tcase_create("shape");
    tcase_add_loop_test(text, a_hostile_text_is_drawn_harmless, 0,
                        sizeof clean_rows / sizeof *clean_rows);
    tcase_add_test(text, widths_are_those_of_the_c_library);
    tcase_add_loop_test(text, text_is_fitted_into_its_columns, 0,
                        sizeof fit_rows / sizeof *fit_rows);
    tcase_add_test(shape, nothing_is_drawn_outside_a_view);
    tcase_add_test(shape, a_wide_character_never_leaves_half_of_itself);
    tcase_add_test(shape, lines_join_where_boxes_meet);
    tcase_add_test(shape, an_absurd_size_is_clamped);
    suite_add_tcase(suite, text);
    suite_add_tcase(suite, shape);
    return qt_run_suite(suite);
}
