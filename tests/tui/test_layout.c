/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The layout's rules L1 to L4 at every size from 1x1 to 220x70.
 */
#include "qt_check.h"
#include "qtrade/tui/layout.h"

#define WIDTH 220
#define HEIGHT 70

static int
inner(int outer)
{
    return outer - 2;
}

/* Covers the rect's cells in a map; the inside must be free. */
static void
cover(unsigned char map[HEIGHT][WIDTH], const struct qt_rect *rect, int id)
{
    for (int y = rect->y; y < rect->y + rect->height; y++)
        for (int x = rect->x; x < rect->x + rect->width; x++) {
            bool is_line = x == rect->x || x == rect->x + rect->width - 1 || y == rect->y ||
                           y == rect->y + rect->height - 1;
            bool is_free = map[y][x] == 0 || (is_line && map[y][x] == 255);
            if (!is_free) /* an assertion a cell would take minutes */
                ck_abort_msg("pane %d overlaps another at %d,%d", id, x, y);
            map[y][x] = is_line ? 255 : (unsigned char)(id + 1);
        }
}

static void
check_size(int width, int height)
{
    static unsigned char map[HEIGHT][WIDTH];
    struct qt_layout layout;
    bool is_any = false;
    qt_layout_solve(width, height, &layout);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            map[y][x] = 0;
    for (int i = 0; i < QT_PANES; i++) {
        const struct qt_rect *r = &layout.rect[i];
        if (!layout.is_shown[i])
            continue;
        is_any = true;
        ck_assert_msg(r->x >= 0 && r->y >= 0 && r->x + r->width <= width &&
                          r->y + r->height <= height,
                      "pane %d outside %dx%d", i, width, height);
        ck_assert_int_ge(inner(r->width), qt_panes[i]->min.width);
        ck_assert_int_ge(inner(r->height), qt_panes[i]->min.height);
        cover(map, r, i);
    }
    for (int y = 0; is_any && y < height; y++)
        for (int x = 0; x < width; x++)
            if (map[y][x] == 0)
                ck_abort_msg("hole at %d,%d of %dx%d", x, y, width, height);
}

START_TEST(panes_never_overlap_leave_no_hole_and_have_what_they_need)
{
    for (int height = 1; height <= HEIGHT; height++)
        for (int width = 1; width <= WIDTH; width++)
            check_size(width, height);
}
END_TEST

START_TEST(eighty_by_twentyfour_shows_the_five_panes_of_the_house)
{
    struct qt_layout layout;
    qt_layout_solve(80, 22, &layout); /* two lines are the header's */
    ck_assert(layout.is_shown[QT_PANE_TOP] && layout.is_shown[QT_PANE_REGIME] &&
              layout.is_shown[QT_PANE_RISK] && layout.is_shown[QT_PANE_POSITIONS] &&
              layout.is_shown[QT_PANE_EVENTS]);
    qt_layout_solve(80, 21, &layout); /* a banner takes one more */
    ck_assert(layout.is_shown[QT_PANE_TOP] && layout.is_shown[QT_PANE_REGIME] &&
              layout.is_shown[QT_PANE_RISK] && layout.is_shown[QT_PANE_POSITIONS] &&
              layout.is_shown[QT_PANE_EVENTS]);
}
END_TEST

START_TEST(a_large_screen_shows_every_pane)
{
    struct qt_layout layout;
    qt_layout_solve(200, 58, &layout);
    for (int i = 0; i < QT_PANES; i++)
        ck_assert_msg(layout.is_shown[i], "%s is left out", qt_panes[i]->name);
}
END_TEST

START_TEST(more_room_never_takes_the_top_five_away)
{
    struct qt_layout layout;
    for (int height = 14; height <= HEIGHT; height++)
        for (int width = 60; width <= WIDTH; width++) {
            qt_layout_solve(width, height, &layout);
            ck_assert_msg(layout.is_shown[QT_PANE_TOP], "%dx%d", width, height);
        }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("layout");
    TCase *rules = tcase_create("rules");
    tcase_set_timeout(rules, 60);
    tcase_add_test(rules, panes_never_overlap_leave_no_hole_and_have_what_they_need);
    tcase_add_test(rules, eighty_by_twentyfour_shows_the_five_panes_of_the_house);
    tcase_add_test(rules, a_large_screen_shows_every_pane);
    tcase_add_test(rules, more_room_never_takes_the_top_five_away);
    suite_add_tcase(suite, rules);
    return qt_run_suite(suite);
}
