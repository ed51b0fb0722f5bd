/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Golden frames: the sample picture as text (and once as roles), reviewed by eye.
 * QT_GOLDEN_UPDATE=1 writes them anew: QT_GOLDEN_UPDATE=1 meson test -C build frames; then read the
 * difference.
 */
#include <stdlib.h>
#include <string.h>

#include "qt_check.h"
#include "qtrade/base/file.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/dashboard.h"
#include "qtrade/tui/app.h"

#include "sample.h"

static bool
command(void *self, enum qt_command_kind kind, const char *reason, struct qt_error *err)
{
    (void)self, (void)kind, (void)reason, (void)err;
    return true;
}

static void
emergency(struct qt_snapshot *snap)
{
    snap->mode = QT_MODE_EMERGENCY;
    snap->is_liquidating = true;
    qt_copy(snap->mode_reason, sizeof snap->mode_reason, "kill switch");
    qt_copy(snap->liquidation, sizeof snap->liquidation,
            "2 positions, 1 order left at binance: SOLUSDT closing");
    qt_copy(snap->kill_switch, sizeof snap->kill_switch, "tripped");
    snap->venue[0].link[QT_LINK_USER] = QT_LINK_DOWN;
    snap->venue[0].link[QT_LINK_REST] = QT_LINK_CONNECTING;
    snap->venue[0].feed_age_ns = 12 * QT_NS_PER_S;
    snap->day_pnl = qt_money_neg(snap->day_pnl);
}

/* As it is in the first seconds. */
static void
young(struct qt_snapshot *snap)
{
    snap->has_equity = snap->regime.is_known = false;
    snap->ranked = snap->positions = snap->orders = snap->limits = snap->notes = snap->symbols = 0;
    snap->eligible = 0;
    snap->venue[0].feed_age_ns = INT64_MAX;
    snap->venue[0].round_trip_ns = 0;
}

/* Nothing rests, and parents are at work. */
static void
working(struct qt_snapshot *snap)
{
    snap->orders = 0;
}

static void
totals(struct qt_snapshot *snap)
{
    qt_dashboard_withhold(snap, QT_DASHBOARD_TOTALS);
}

static void
sealed(struct qt_snapshot *snap)
{
    qt_dashboard_withhold(snap, QT_DASHBOARD_SEALED);
}

static const struct {
    const char *file;
    int width, height;
    enum qt_glyphs glyphs;
    const char *keys; /* pressed before */
    void (*change)(struct qt_snapshot *snap);
    bool has_roles;
    const char *trouble; /* of the source; NULL: none */
} frames[] = {
    {"80x24.utf8", 80, 24, QT_GLYPHS_UTF8, "", NULL, false},
    {"80x24.ascii", 80, 24, QT_GLYPHS_ASCII, "", NULL, false},
    {"80x24.roles", 80, 24, QT_GLYPHS_UTF8, "", NULL, true},
    {"120x40.utf8", 120, 40, QT_GLYPHS_UTF8, "", NULL, false},
    {"120x40.ascii", 120, 40, QT_GLYPHS_ASCII, "", NULL, false},
    {"200x60.utf8", 200, 60, QT_GLYPHS_UTF8, "", NULL, false},
    {"200x60.ascii", 200, 60, QT_GLYPHS_ASCII, "", NULL, false},
    {"20x5.utf8", 20, 5, QT_GLYPHS_UTF8, "", NULL, false},
    {"20x5.ascii", 20, 5, QT_GLYPHS_ASCII, "", NULL, false},
    {"20x5-flat.utf8", 20, 5, QT_GLYPHS_UTF8, "XFL", NULL, false},
    {"60x14.utf8", 60, 14, QT_GLYPHS_UTF8, "", NULL, false},
    {"80x24-symbol.utf8", 80, 24, QT_GLYPHS_UTF8, "\r", NULL, false},
    {"80x24-symbol.ascii", 80, 24, QT_GLYPHS_ASCII, "\r", NULL, false},
    {"120x40-symbol.utf8", 120, 40, QT_GLYPHS_UTF8, "\r", NULL, false},
    {"200x60-symbol.utf8", 200, 60, QT_GLYPHS_UTF8, "\r", NULL, false},
    {"80x24-help.utf8", 80, 24, QT_GLYPHS_UTF8, "?", NULL, false},
    {"80x24-flat.utf8", 80, 24, QT_GLYPHS_UTF8, "XFL", NULL, false},
    {"80x24-quit.utf8", 80, 24, QT_GLYPHS_UTF8, "q", NULL, false},
    {"80x24-emergency.utf8", 80, 24, QT_GLYPHS_UTF8, "", emergency, false},
    {"80x24-emergency.roles", 80, 24, QT_GLYPHS_UTF8, "", emergency, true},
    {"80x24-young.utf8", 80, 24, QT_GLYPHS_UTF8, "", young, false},
    {"80x24-lost.utf8", 80, 24, QT_GLYPHS_UTF8, "", NULL, false, "NO ENGINE"},
    {"80x24-lost.roles", 80, 24, QT_GLYPHS_UTF8, "", NULL, true, "NO ENGINE"},
    {"20x5-lost.utf8", 20, 5, QT_GLYPHS_UTF8, "", NULL, false, "NO ENGINE"},
    {"80x40-work.utf8", 80, 40, QT_GLYPHS_UTF8, "", working, false},
    {"80x40-work.ascii", 80, 40, QT_GLYPHS_ASCII, "", working, false},
    {"80x24-totals.utf8", 80, 24, QT_GLYPHS_UTF8, "", totals, false},
    {"200x60-totals.utf8", 200, 60, QT_GLYPHS_UTF8, "", totals, false},
    {"80x24-sealed.utf8", 80, 24, QT_GLYPHS_UTF8, "", sealed, false},
    {"200x60-sealed.utf8", 200, 60, QT_GLYPHS_UTF8, "", sealed, false},
    {"80x24-sealed-symbol.utf8", 80, 24, QT_GLYPHS_UTF8, "\r", sealed, false},
};

static char *
make_frame(int i)
{
    struct qt_error err = {0};
    struct qt_tui_options options = {.source = {.command = command}, .quit = QT_TUI_QUIT_ASKS};
    struct qt_canvas canvas;
    qt_auto(qt_app) app = qt_app_create(&options, &err);
    ck_assert_msg(app != NULL, "%s", err.text);
    struct qt_snapshot *snap = sample_create(0);
    ck_assert(qt_canvas_init(&canvas, frames[i].width, frames[i].height, frames[i].glyphs));
    if (frames[i].change)
        frames[i].change(snap);
    if (frames[i].trouble)
        qt_app_tick(app, QT_NS_PER_S, 75 * QT_NS_PER_S);
    qt_app_trouble(app, frames[i].trouble);
    qt_app_draw(app, snap, &canvas); /* keys meet a screen that was shown */
    int64_t now_ns = QT_NS_PER_S;
    for (const char *key = frames[i].keys; *key; key++, now_ns += QT_NS_PER_S / 4) {
        const struct qt_press press = {.key = *key, .t_ns = now_ns};
        qt_app_press(app, snap, &press);
    }
    qt_app_draw(app, snap, &canvas);
    char *frame = frames[i].has_roles ? qt_canvas_roles(&canvas) : qt_canvas_text(&canvas);
    qt_canvas_finish(&canvas);
    free(snap);
    ck_assert_ptr_nonnull(frame);
    return frame;
}

/* The first line that differs, for the message. */
static int
different_line(const char *a, const char *b)
{
    int line = 1;
    for (; *a && *a == *b; a++, b++)
        line += *a == '\n';
    return line;
}

START_TEST(the_frame_is_the_reviewed_one)
{
    char path[1024], *golden = NULL;
    size_t length = 0;
    struct qt_error err = {0};
    char *frame = make_frame(_i);
    snprintf(path, sizeof path, "%s/tests/tui/golden/%s.txt", getenv("QT_SOURCE"), frames[_i].file);
    if (getenv("QT_GOLDEN_UPDATE")) {
        FILE *out = fopen(path, "w");
        ck_assert_ptr_nonnull(out);
        ck_assert_int_ge(fputs(frame, out), 0);
        ck_assert_int_eq(fclose(out), 0);
    }
    ck_assert_msg(qt_file_read(path, 1 << 20, &golden, &length, &err), "%s", err.text);
    ck_assert_msg(strcmp(frame, golden) == 0, "%s differs first in line %d; now it is:\n%s", path,
                  different_line(frame, golden), frame);
    free(golden);
    free(frame);
}
END_TEST

START_TEST(the_same_picture_gives_the_same_frame)
{
    char *a = make_frame(_i), *b = make_frame(_i);
    ck_assert_str_eq(a, b);
    free(a);
    free(b);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("frames");
    TCase *golden = tcase_create("golden");
    int n = sizeof frames / sizeof *frames;
    tcase_add_loop_test(golden, the_frame_is_the_reviewed_one, 0, n);
    tcase_add_loop_test(golden, the_same_picture_gives_the_same_frame, 0, n);
    suite_add_tcase(suite, golden);
    return qt_run_suite(suite);
}
