/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Theme files: the ones we bring are whole and readable; a mistake is named with file and line.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "qt_check.h"
#include "qtrade/base/file.h"
#include "qtrade/tui/theme.h"

static const char whole[] = "name = test\n"
                            "about = for tests\n"
                            "background = #000000\n"
                            "cursor = #222222\n"
                            "dialog = #333333\n"
                            "text = white\n"
                            "dim = grey\n"
                            "strong = #ffffff - bold\n"
                            "heading = grey\n"
                            "title = white - bold\n"
                            "border = grey\n"
                            "focus = cyan - bold\n"
                            "key = cyan\n"
                            "gain = green\n"
                            "loss = red\n"
                            "good = green\n"
                            "warn = yellow\n"
                            "bad = bright-red - bold underline\n"
                            "accent = cyan\n"
                            "bar = blue\n"
                            "track = grey\n"
                            "normal = green - bold\n"
                            "paused = black yellow bold\n"
                            "reduced = black yellow\n"
                            "emergency = white red bold reverse\n";

START_TEST(a_whole_file_is_read)
{
    struct qt_theme theme;
    struct qt_error err = {0};
    ck_assert_msg(qt_theme_parse("t.theme", whole, &theme, &err), "%s", err.text);
    ck_assert_str_eq(theme.name, "test");
    ck_assert_str_eq(theme.about, "for tests");
    ck_assert_int_eq(theme.role[QT_ROLE_STRONG].fg, 0xffffff);
    ck_assert_int_eq(theme.role[QT_ROLE_STRONG].bg, QT_COLOUR_DEFAULT);
    ck_assert_int_eq(theme.role[QT_ROLE_BAD].attributes, QT_ATTR_BOLD | QT_ATTR_UNDERLINE);
    struct qt_look look = qt_theme_look(&theme, QT_ROLE_GAIN, QT_GROUND_CURSOR);
    ck_assert_int_eq(look.bg, 0x222222);
    look = qt_theme_look(&theme, QT_ROLE_PAUSED, QT_GROUND_CURSOR);
    ck_assert_int_eq(look.bg, 0xcdcd00);
}
END_TEST

/* The line of whole that is replaced (0: added behind), and what the error must say. */
static const struct {
    int line;
    const char *text, *error;
} wrong_rows[] = {
    {14, "gain = #12345", "t.theme:14: \"#12345\" is no colour"},
    {14, "gain = greenish", "t.theme:14: \"greenish\" is no colour"},
    {14, "gain = #00ff00 - blinking", "t.theme:14: \"blinking\" is no attribute"},
    {14, "gain =", "t.theme:14: gain has no colour"},
    {14, "gain", "t.theme:14: no \"=\""},
    {14, "gane = green", "t.theme:14: there is no role \"gane\""},
    {14, "# nothing", "t.theme:26: gain is missing"},
    {0, "loss = red", "t.theme:26: loss is given twice"},
    {3, "background = #zzzzzz", "t.theme:3: \"#zzzzzz\" is no colour"},
    {4, "background = #000000", "t.theme:4: background is given twice"},
    {1, "name = Bad Name", "t.theme:1: a theme's name"},
    {1, "name =", "t.theme:1: a theme's name"},
    {1, "# no name", "t.theme:26: name is missing"},
    {14, "gain = \033[31m", "t.theme:14: \"?[31m\" is no colour"},
};

static void
replace_line(int line, const char *text, char *out, size_t capacity)
{
    const char *at = whole;
    size_t used = 0;
    for (int number = 1; *at; number++) {
        size_t length = strcspn(at, "\n") + 1;
        used += (size_t)snprintf(out + used, capacity - used, "%.*s",
                                 number == line ? 0 : (int)length, at);
        if (number == line)
            used += (size_t)snprintf(out + used, capacity - used, "%s\n", text);
        at += length;
    }
    if (line == 0)
        snprintf(out + used, capacity - used, "%s\n", text);
}

START_TEST(a_mistake_is_named_with_file_and_line)
{
    struct qt_theme theme = {.name = "untouched"};
    struct qt_error err = {0};
    char text[4096];
    replace_line(wrong_rows[_i].line, wrong_rows[_i].text, text, sizeof text);
    ck_assert(!qt_theme_parse("t.theme", text, &theme, &err));
    ck_assert_int_eq(err.code, QT_E_CONFIG);
    ck_assert_msg(strncmp(err.text, wrong_rows[_i].error, strlen(wrong_rows[_i].error)) == 0, "%s",
                  err.text);
    ck_assert_str_eq(theme.name, "untouched");
}
END_TEST

/* A theme with some bytes changed, doubled or gone is read or refused with its line; it never does
 * harm. */
START_TEST(a_damaged_file_does_no_harm)
{
    const char *seed_text = getenv("QT_SEED");
    uint64_t state = seed_text ? strtoull(seed_text, NULL, 10) : 3;
    int refused = 0;
    for (int i = 0; i < 20000; i++) {
        struct qt_theme theme;
        struct qt_error err = {0};
        char text[sizeof whole];
        memcpy(text, whole, sizeof whole);
        for (int k = 0; k < 1 + i % 5; k++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            size_t at = (state >> 33) % (sizeof whole - 1),
                   from = (state >> 43) % (sizeof whole - 1);
            text[at] = k % 2 ? text[from] : (char)(state >> 56);
        }
        if (qt_theme_parse("t.theme", text, &theme, &err))
            continue;
        refused++;
        if (strncmp(err.text, "t.theme:", 8) != 0 || err.code != QT_E_CONFIG)
            ck_abort_msg("case %d: \"%s\"", i, err.text);
    }
    ck_assert_int_gt(refused, 1000);
}
END_TEST

/* WCAG 2: relative luminance and contrast. */
static double
luminance(int32_t rgb)
{
    double out = 0;
    static const double weight[] = {0.2126, 0.7152, 0.0722};
    for (int i = 0; i < 3; i++) {
        double c = (rgb >> (16 - 8 * i) & 255) / 255.0;
        out += weight[i] * (c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
    }
    return out;
}

static double
contrast(int32_t a, int32_t b)
{
    double x = luminance(a), y = luminance(b);
    return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

START_TEST(every_theme_we_bring_can_be_read_by_eye)
{
    struct qt_theme theme;
    struct qt_error err = {0};
    for (size_t i = 0; qt_theme_name(i); i++) {
        ck_assert_msg(qt_theme_load(qt_theme_name(i), &theme, &err), "%s", err.text);
        ck_assert_str_eq(theme.name, qt_theme_name(i));
        for (int role = 0; role < QT_ROLES; role++) {
            bool is_line = role == QT_ROLE_BORDER || role == QT_ROLE_TRACK;
            double least = is_line ? 1.4 : strcmp(theme.name, "high-contrast") == 0 ? 6 : 4.5;
            for (int ground = 0; ground < QT_GROUNDS; ground++) {
                struct qt_look look =
                    qt_theme_look(&theme, (enum qt_role)role, (enum qt_ground)ground);
                if (look.fg == QT_COLOUR_DEFAULT || look.bg == QT_COLOUR_DEFAULT)
                    continue;
                double ratio = contrast(look.fg, look.bg);
                double floor_here = ground == QT_GROUND_PLAIN ? least : is_line ? 1.05 : 3.5;
                ck_assert_msg(ratio >= floor_here, "%s: %s on ground %d: contrast %.2f", theme.name,
                              qt_role_name((enum qt_role)role), ground, ratio);
            }
        }
    }
}
END_TEST

START_TEST(gain_and_loss_differ_in_more_than_red_and_green_for_the_colour_blind)
{
    struct qt_theme theme;
    struct qt_error err = {0};
    ck_assert(qt_theme_load("colour-blind", &theme, &err));
    int blue_gain = theme.role[QT_ROLE_GAIN].fg & 255,
        blue_loss = theme.role[QT_ROLE_LOSS].fg & 255;
    ck_assert_int_gt(abs(blue_gain - blue_loss), 128);
}
END_TEST

START_TEST(there_are_the_themes_that_were_promised)
{
    static const char *const promised[] = {"dark", "light", "high-contrast", "colour-blind",
                                           "monochrome"};
    struct qt_theme theme;
    struct qt_error err = {0};
    for (size_t i = 0; i < sizeof promised / sizeof *promised; i++)
        ck_assert_msg(qt_theme_load(promised[i], &theme, &err), "%s", err.text);
    for (int role = 0; qt_theme_load("monochrome", &theme, &err) && role < QT_ROLES; role++) {
        ck_assert_int_eq(theme.role[role].fg, QT_COLOUR_DEFAULT);
        ck_assert_int_eq(theme.role[role].bg, QT_COLOUR_DEFAULT);
    }
}
END_TEST

START_TEST(the_compiled_in_copy_is_the_file)
{
    struct qt_theme built_in, file;
    struct qt_error err = {0};
    char path[1024];
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("HOME");
    for (size_t i = 0; qt_theme_name(i); i++) {
        snprintf(path, sizeof path, "%s/themes/%s.theme", getenv("QT_SOURCE"), qt_theme_name(i));
        ck_assert(qt_theme_load(qt_theme_name(i), &built_in, &err));
        ck_assert_msg(qt_theme_load(path, &file, &err), "%s", err.text);
        ck_assert_mem_eq(&built_in, &file, sizeof file);
    }
}
END_TEST

START_TEST(an_unknown_theme_lists_those_there_are)
{
    struct qt_theme theme;
    struct qt_error err = {0};
    ck_assert(!qt_theme_load("nosuch", &theme, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "\"nosuch\""));
    ck_assert_ptr_nonnull(strstr(err.text, "dark, light"));
    ck_assert(!qt_theme_load("/nonexistent/x.theme", &theme, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/x.theme"));
}
END_TEST

static const struct {
    int32_t rgb;
    int colours, index;
} colour_rows[] = {
    {QT_COLOUR_DEFAULT, 256, -1}, {0xff0000, 256, 196}, {0x000000, 256, 16}, {0xffffff, 256, 231},
    {0x808080, 256, 244},         {0x56d364, 8, 2},     {0xff7b72, 8, 1},    {0xe3b341, 8, 3},
    {0x58a6ff, 16, 12},           {0x0d1117, 8, 0},     {0xc9d1d9, 8, 7},    {0x8b949e, 16, 8},
};

START_TEST(few_colours_get_the_nearest_one)
{
    ck_assert_int_eq(qt_colour_nearest(colour_rows[_i].rgb, colour_rows[_i].colours),
                     colour_rows[_i].index);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("theme");
    TCase *parse = tcase_create("parse"), *ours = tcase_create("ours");
    tcase_add_test(parse, a_whole_file_is_read);
    tcase_add_loop_test(parse, a_mistake_is_named_with_file_and_line, 0,
                        sizeof wrong_rows / sizeof *wrong_rows);
    tcase_add_test(parse, a_damaged_file_does_no_harm);
    tcase_add_test(ours, every_theme_we_bring_can_be_read_by_eye);
    tcase_add_test(ours, gain_and_loss_differ_in_more_than_red_and_green_for_the_colour_blind);
    tcase_add_test(ours, there_are_the_themes_that_were_promised);
    tcase_add_test(ours, the_compiled_in_copy_is_the_file);
    tcase_add_test(ours, an_unknown_theme_lists_those_there_are);
    tcase_add_loop_test(ours, few_colours_get_the_nearest_one, 0,
                        sizeof colour_rows / sizeof *colour_rows);
    suite_add_tcase(suite, parse);
    suite_add_tcase(suite, ours);
    return qt_run_suite(suite);
}
