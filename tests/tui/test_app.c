/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What keys do: every way to a stop works, no way to an unwanted one does (fault T9), and no
 * picture, however broken, harms the screen (fault T6).
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "qt_check.h"
#include "qtrade/base/time.h"
#include "qtrade/engine/board.h"
#include "qtrade/tui/app.h"

#include "sample.h"

#define MS QT_NS_PER_MS

/* A source that counts commands; refuses them when told to. */
struct bench {
    struct qt_app *app;
    struct qt_snapshot *snap;
    int64_t now_ns;
    int commands[QT_COMMAND_KINDS];
    bool refuses;
    enum qt_command_fate fate; /* of the last command */
};

static bool
command(void *self, enum qt_command_kind kind, const char *reason, struct qt_error *err)
{
    struct bench *bench = self;
    ck_assert_ptr_nonnull(reason);
    bench->commands[kind]++;
    return !bench->refuses || qt_fail(err, QT_E_FAILED, "the ring is broken");
}

static enum qt_command_fate
fate(void *self)
{
    return ((struct bench *)self)->fate;
}

static void
begin(struct bench *bench, enum qt_tui_quit quit)
{
    struct qt_error err = {0};
    *bench = (struct bench){.now_ns = QT_NS_PER_S, .fate = QT_COMMAND_KEPT};
    struct qt_tui_options options = {.source = {.self = bench, .command = command, .fate = fate},
                                     .quit = quit,
                                     .run_kind = "demo"};
    bench->app = qt_app_create(&options, &err);
    ck_assert_msg(bench->app != NULL, "%s", err.text);
    bench->snap = sample_create(0);
    ck_assert_ptr_nonnull(bench->snap);
}

static void
end(struct bench *bench)
{
    qt_app_destroy(bench->app);
    free(bench->snap);
}

static void
draw(struct bench *bench, int width, int height, char **out)
{
    struct qt_canvas canvas;
    ck_assert(qt_canvas_init(&canvas, width, height, QT_GLYPHS_UTF8));
    qt_app_draw(bench->app, bench->snap, &canvas);
    if (out)
        *out = qt_canvas_text(&canvas);
    qt_canvas_finish(&canvas);
}

static void
press(struct bench *bench, int key, int after_ms, bool is_pasted)
{
    bench->now_ns += after_ms * MS;
    qt_app_tick(bench->app, bench->now_ns, 0);
    const struct qt_press one = {.key = key, .is_pasted = is_pasted, .t_ns = bench->now_ns};
    qt_app_press(bench->app, bench->snap, &one);
}

/* Keys of a script: characters, '\r' Enter, '\033' Esc, '\b' Backspace; each after_ms apart. */
static void
type(struct bench *bench, const char *script, int after_ms)
{
    for (; *script; script++)
        press(bench, *script == '\b' ? QT_KEY_BACKSPACE : *script, after_ms, false);
}

static bool
shows(struct bench *bench, int width, int height, const char *text)
{
    char *frame = NULL;
    draw(bench, width, height, &frame);
    bool found = strstr(frame, text) != NULL;
    free(frame);
    return found;
}

START_TEST(P_pauses_at_once_wherever_the_operator_is)
{
    static const char *const places[] = {"", "?", "X", "XFL", "R", "\r"};
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_ASKS);
    draw(&bench, 80, 24, NULL);
    type(&bench, places[_i], 200);
    press(&bench, 'P', 200, false);
    ck_assert_int_eq(bench.commands[QT_COMMAND_PAUSE], 1);
    ck_assert_int_eq(bench.commands[QT_COMMAND_LIQUIDATE], 0);
    end(&bench);
}
END_TEST

START_TEST(a_pasted_P_does_not_pause)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    press(&bench, 'P', 100, true);
    ck_assert_int_eq(bench.commands[QT_COMMAND_PAUSE], 0);
    ck_assert(shows(&bench, 80, 24, "pasted text is ignored"));
    end(&bench);
}
END_TEST

START_TEST(a_refused_pause_is_said)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    bench.refuses = true;
    press(&bench, 'P', 100, false);
    ck_assert(shows(&bench, 80, 24, "pause was refused: the ring is broken"));
    end(&bench);
}
END_TEST

static void
wait(struct bench *bench, int ms)
{
    bench->now_ns += ms * MS;
    qt_app_tick(bench->app, bench->now_ns, 0);
}

static const struct {
    const char *script, *begun, *kept, *unkept;
} kept_rows[] = {
    {"P", "the disk is waited for", "pause is ordered", "the pause acts, but the disk has not"},
    {"Ry", "the disk is waited for", "resume is ordered", "the resume acts, but the disk has not"},
    {"XFLAT", "cancels leave", "Liquidation is ordered", "Liquidation goes on, but the disk"},
};

START_TEST(a_command_is_called_ordered_when_it_is_on_disk)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    draw(&bench, 120, 24, NULL);
    bench.fate = QT_COMMAND_QUEUED;
    type(&bench, kept_rows[_i].script, 150);
    ck_assert(shows(&bench, 120, 24, kept_rows[_i].begun));
    bench.fate = QT_COMMAND_ACTS;
    wait(&bench, 1900);
    ck_assert(shows(&bench, 120, 24, kept_rows[_i].begun));
    ck_assert(!shows(&bench, 120, 24, kept_rows[_i].kept));
    bench.fate = QT_COMMAND_KEPT;
    wait(&bench, 50);
    ck_assert(shows(&bench, 120, 24, kept_rows[_i].kept));
    wait(&bench, 3000);
    ck_assert(!shows(&bench, 120, 24, kept_rows[_i].unkept));
    end(&bench);
}
END_TEST

START_TEST(S6_disk_that_does_not_answer_a_command_is_said)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    draw(&bench, 120, 24, NULL);
    bench.fate = QT_COMMAND_ACTS;
    type(&bench, kept_rows[_i].script, 150);
    wait(&bench, 2100);
    ck_assert(shows(&bench, 120, 24, kept_rows[_i].unkept));
    end(&bench);
}
END_TEST

START_TEST(a_screen_is_left_by_a_command_when_that_is_on_disk)
{
    static const char *const scripts[] = {"qp", "qxFLAT"};
    struct bench bench;
    enum qt_tui_outcome outcome;
    for (int answers = 0; answers < 2; answers++) {
        begin(&bench, QT_TUI_QUIT_ASKS);
        bench.snap->positions = 1;
        bench.fate = QT_COMMAND_ACTS;
        type(&bench, scripts[_i], 150);
        wait(&bench, 100);
        ck_assert(!qt_app_is_done(bench.app, &outcome));
        bench.fate = answers ? QT_COMMAND_KEPT : QT_COMMAND_ACTS;
        wait(&bench, 2000);
        ck_assert_int_eq(qt_app_is_done(bench.app, &outcome), answers); /* else it stays, and says why */
        ck_assert(answers || shows(&bench, 120, 24, "the disk has not taken it"));
        end(&bench);
    }
}
END_TEST

static const struct {
    const char *script;
    int after_ms;
    int liquidations;
} flat_rows[] = {
    {"XFLAT", 150, 1},      {"XFLAT\r", 150, 1},
    {"XFFLAT", 150, 1}, /* a wrong letter begins again */
    {"XFLXFLAT", 150, 1},   {"XFLLATFLAT", 150, 1},
    {"XFLO\bFLAT", 150, 1}, {"XFLA\bAT", 150, 1}, /* Backspace takes one back */
    {"X", 150, 0},          {"X\r", 150, 0},
    {"X\r\r\r\r", 150, 0},  {"XFLA\r", 150, 0},
    {"XFLA", 150, 0},       {"XFLA\033T", 150, 0}, /* Esc cancels */
    {"X\033FLAT", 150, 0},  {"Xflat", 150, 0},
    {"XTALF", 150, 0},      {"XF L A T", 150, 0},
    {"XALAT", 150, 0},      {"XFLAX", 150, 0},
    {"FLAT", 150, 0},                            /* no dialog is open */
    {"Xy\r", 150, 0},       {"XXXXXXXX", 30, 0}, /* key repeat */
    {"XFLAT", 10, 0},                            /* no hand is that fast */
    {"XFLATFLAT", 15, 0},   {"?XFLAT", 150, 0},  /* the first key closes the help */
};

START_TEST(only_FLAT_typed_by_hand_liquidates)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    draw(&bench, 80, 24, NULL);
    type(&bench, flat_rows[_i].script, flat_rows[_i].after_ms);
    ck_assert_int_eq(bench.commands[QT_COMMAND_LIQUIDATE], flat_rows[_i].liquidations);
    end(&bench);
}
END_TEST

START_TEST(pasted_letters_never_count)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    press(&bench, 'X', 100, false);
    for (int mask = 1; mask < 16; mask++) {
        for (int i = 0; i < 4; i++)
            press(&bench, "FLAT"[i], 150, mask >> i & 1);
        ck_assert_int_eq(bench.commands[QT_COMMAND_LIQUIDATE], 0);
        press(&bench, QT_KEY_PASTE, 150, false);
    }
    ck_assert(shows(&bench, 80, 24, "pasted text does not count"));
    type(&bench, "FLAT", 150);
    ck_assert_int_eq(bench.commands[QT_COMMAND_LIQUIDATE], 1);
    end(&bench);
}
END_TEST

START_TEST(a_forgotten_dialog_closes_itself)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    type(&bench, "XFLA", 150);
    ck_assert(shows(&bench, 80, 24, "F L A _"));
    bench.now_ns += 61 * QT_NS_PER_S;
    qt_app_tick(bench.app, bench.now_ns, 0);
    ck_assert(!shows(&bench, 80, 24, "F L A _"));
    press(&bench, 'T', 150, false);
    ck_assert_int_eq(bench.commands[QT_COMMAND_LIQUIDATE], 0);
    end(&bench);
}
END_TEST

START_TEST(a_refused_liquidation_is_told_and_any_key_closes_it)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_ASKS);
    bench.refuses = true;
    type(&bench, "qxFLAT", 150);
    enum qt_tui_outcome outcome = QT_TUI_FAILED;
    ck_assert(!qt_app_is_done(bench.app, &outcome));
    ck_assert(shows(&bench, 80, 24, "refused: the ring is broken"));
    press(&bench, '\r', 150, false);
    ck_assert(!shows(&bench, 80, 24, "refused: the ring is broken"));
    ck_assert_uint_eq(qt_app_symbol(bench.app), QT_NO_INSTRUMENT); /* Enter only closed it */
    end(&bench);
}
END_TEST

static const struct {
    const char *script;
    int resumes;
} resume_rows[] = {{"Ry", 1},  {"RY", 1},   {"R", 0},   {"Rn", 0}, {"R\033y", 0},
                   {"R\r", 0}, {"R\ry", 1}, {"Rxy", 0}, {"r", 0}};

START_TEST(resume_asks)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    type(&bench, resume_rows[_i].script, 150);
    ck_assert_int_eq(bench.commands[QT_COMMAND_RESUME], resume_rows[_i].resumes);
    end(&bench);
}
END_TEST

enum open { FLAT, OPEN, UNKNOWN };
static const struct {
    enum qt_tui_quit quit;
    enum open open;
    const char *script;
    bool is_done;
    enum qt_tui_outcome outcome;
    int pauses, liquidations;
} quit_rows[] = {
    {QT_TUI_QUIT_LEAVES, OPEN, "q", true, QT_TUI_LEFT, 0, 0},
    {QT_TUI_QUIT_LEAVES, OPEN, "\003", true, QT_TUI_LEFT, 0, 0},
    {QT_TUI_QUIT_ASKS, FLAT, "q", true, QT_TUI_LEFT, 0, 0},
    {QT_TUI_QUIT_ASKS, OPEN, "q", false, 0, 0, 0},
    {QT_TUI_QUIT_ASKS, UNKNOWN, "q", false, 0, 0, 0},
    {QT_TUI_QUIT_ASKS, OPEN, "q\033", false, 0, 0, 0},
    {QT_TUI_QUIT_ASKS, OPEN, "q\r", false, 0, 0, 0},
    {QT_TUI_QUIT_ASKS, OPEN, "qq", false, 0, 0, 0},
    {QT_TUI_QUIT_ASKS, OPEN, "qk", true, QT_TUI_KEEP_RUNNING, 0, 0},
    {QT_TUI_QUIT_ASKS, OPEN, "qp", true, QT_TUI_PAUSE, 1, 0},
    {QT_TUI_QUIT_ASKS, OPEN, "qP", true, QT_TUI_PAUSE, 1, 0},
    {QT_TUI_QUIT_ASKS, OPEN, "qx", false, 0, 0, 0},
    {QT_TUI_QUIT_ASKS, OPEN, "qx\r", false, 0, 0, 0},
    {QT_TUI_QUIT_ASKS, OPEN, "qxFLAT", true, QT_TUI_LIQUIDATE, 0, 1},
    {QT_TUI_QUIT_ASKS, OPEN, "qx\033XFLAT", false, 0, 0, 1},
    {QT_TUI_QUIT_ASKS, OPEN, "?q", false, 0, 0, 0},
};

START_TEST(q_leaves_as_the_options_say)
{
    struct bench bench;
    enum qt_tui_outcome outcome = QT_TUI_FAILED;
    begin(&bench, quit_rows[_i].quit);
    if (quit_rows[_i].open == FLAT)
        bench.snap->positions = bench.snap->orders = 0;
    if (quit_rows[_i].open == UNKNOWN) {
        bench.snap->positions = bench.snap->orders = 0;
        bench.snap->has_equity = false;
    }
    type(&bench, quit_rows[_i].script, 150);
    ck_assert_int_eq(qt_app_is_done(bench.app, &outcome), quit_rows[_i].is_done);
    if (quit_rows[_i].is_done)
        ck_assert_int_eq(outcome, quit_rows[_i].outcome);
    ck_assert_int_eq(bench.commands[QT_COMMAND_PAUSE], quit_rows[_i].pauses);
    ck_assert_int_eq(bench.commands[QT_COMMAND_LIQUIDATE], quit_rows[_i].liquidations);
    end(&bench);
}
END_TEST

START_TEST(q_asks_before_the_first_picture_too)
{
    struct bench bench;
    enum qt_tui_outcome outcome = QT_TUI_FAILED;
    begin(&bench, QT_TUI_QUIT_ASKS);
    const struct qt_press q = {.key = 'q', .t_ns = 2 * QT_NS_PER_S};
    qt_app_press(bench.app, NULL, &q);
    ck_assert(!qt_app_is_done(bench.app, &outcome));
    end(&bench);
}
END_TEST

START_TEST(no_key_gives_another_command)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    draw(&bench, 200, 60, NULL);
    for (int key = 1; key < 0x110020; key = key == 0x300 ? 0x10ffff : key + 1) {
        if (key == 'P' || key == 'q' || key == 3)
            continue;
        press(&bench, key, 150, false);
        press(&bench, QT_KEY_ESC, 150, false);
        press(&bench, QT_KEY_ESC, 150, false);
        draw(&bench, 80, 24, NULL);
    }
    for (int kind = 0; kind < QT_COMMAND_KINDS; kind++)
        ck_assert_int_eq(bench.commands[kind], 0);
    end(&bench);
}
END_TEST

START_TEST(tab_goes_through_the_shown_panes_and_back)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    draw(&bench, 80, 24, NULL);
    static const enum qt_pane_id order[] = {QT_PANE_TOP, QT_PANE_REGIME, QT_PANE_RISK,
                                            QT_PANE_POSITIONS, QT_PANE_EVENTS};
    for (size_t i = 0; i < 10; i++) {
        ck_assert_int_eq(qt_app_focus(bench.app), order[i % 5]);
        press(&bench, QT_KEY_TAB, 100, false);
    }
    for (size_t i = 0; i < 10; i++) {
        ck_assert_int_eq(qt_app_focus(bench.app), order[(10 - i) % 5]);
        press(&bench, QT_KEY_BACK_TAB, 100, false);
    }
    end(&bench);
}
END_TEST

START_TEST(enter_opens_the_symbol_under_the_cursor_and_escape_closes_it)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    draw(&bench, 80, 24, NULL);
    press(&bench, QT_KEY_DOWN, 100, false);
    press(&bench, QT_KEY_DOWN, 100, false);
    press(&bench, QT_KEY_ENTER, 100, false);
    ck_assert_uint_eq(qt_app_symbol(bench.app), 2);
    ck_assert(shows(&bench, 80, 24, "─ BTCUSDT ─"));
    press(&bench, QT_KEY_RIGHT, 100, false);
    ck_assert(shows(&bench, 80, 24, "─ WIFUSDT ─"));
    press(&bench, QT_KEY_ESC, 100, false);
    ck_assert_uint_eq(qt_app_symbol(bench.app), QT_NO_INSTRUMENT);
    press(&bench, QT_KEY_END, 100, false); /* a ranked one without candles */
    press(&bench, QT_KEY_ENTER, 100, false);
    ck_assert(shows(&bench, 80, 24, "─ LINKUSDT ─"));
    ck_assert(shows(&bench, 80, 24, "candles are kept for the top five"));
    end(&bench);
}
END_TEST

START_TEST(the_cursor_stays_inside_its_list)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    draw(&bench, 80, 24, NULL);
    for (int i = 0; i < 50; i++)
        press(&bench, i % 3 ? QT_KEY_PAGE_DOWN : QT_KEY_DOWN, 50, false);
    ck_assert(shows(&bench, 80, 24, "LINKUSDT"));
    bench.snap->ranked = 3; /* the list got shorter */
    ck_assert(shows(&bench, 80, 24, "BTCUSDT"));
    press(&bench, QT_KEY_ENTER, 50, false);
    ck_assert_uint_eq(qt_app_symbol(bench.app), 2);
    end(&bench);
}
END_TEST

START_TEST(t_goes_through_all_themes_and_comes_back)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    size_t n = 0;
    while (qt_theme_name(n))
        n++;
    for (size_t i = 0; i <= n; i++) {
        ck_assert_str_eq(qt_app_theme(bench.app)->name, qt_theme_name(i % n));
        press(&bench, 't', 100, false);
    }
    end(&bench);
}
END_TEST

START_TEST(control_z_says_why_not_unless_it_may)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    press(&bench, 26, 100, false);
    ck_assert(!qt_app_take_suspend(bench.app));
    ck_assert(shows(&bench, 80, 24, "Ctrl-Z would stop the engine"));
    end(&bench);
}
END_TEST

START_TEST(a_silent_engine_is_said_in_the_banner)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    qt_app_tick(bench.app, bench.now_ns, 2 * QT_NS_PER_S);
    ck_assert(!shows(&bench, 80, 24, "ENGINE SILENT"));
    qt_app_tick(bench.app, bench.now_ns, 7 * QT_NS_PER_S);
    ck_assert(qt_app_is_changed(bench.app));
    ck_assert(shows(&bench, 80, 24, "ENGINE SILENT for 7s"));
    end(&bench);
}
END_TEST

START_TEST(a_part_that_failed_and_a_stuck_store_are_said_in_the_banner)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    ck_assert(!shows(&bench, 80, 24, "FAILED"));
    bench.snap->parts = (struct qt_parts_view){
        .parts = 2, .running = 1, .worst = "control", .state = QT_PART_FAILED};
    ck_assert(shows(&bench, 80, 24, "PART FAILED: control"));
    bench.snap->bus.dead = 17;
    ck_assert(shows(&bench, 80, 24, "THE STORE IS STUCK: 17 records wait"));
    ck_assert(shows(&bench, 200, 60, "dead letters       17"));
    end(&bench);
}
END_TEST

static const struct {
    unsigned walls;
    const char *shown;
} wall_rows[] = {
    {0, "sandbox             –"},
    {QT_WALL_TOLD | QT_WALL_OFF, "sandbox           OFF"},
    {QT_WALL_TOLD | QT_WALL_LIMITS | QT_WALL_FILES | QT_WALL_CALLS, "sandbox            on"},
    {QT_WALL_TOLD | QT_WALL_LIMITS | QT_WALL_CALLS, "sandbox     -landlock"},
    {QT_WALL_TOLD | QT_WALL_LIMITS | QT_WALL_FILES, "sandbox      -seccomp"},
    {QT_WALL_TOLD | QT_WALL_FILES | QT_WALL_CALLS, "sandbox       -limits"}};

START_TEST(the_engine_pane_names_the_wall_that_is_missing)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    bench.snap->parts.walls = wall_rows[_i].walls;
    ck_assert_msg(shows(&bench, 200, 60, wall_rows[_i].shown), "\"%s\"", wall_rows[_i].shown);
    end(&bench);
}
END_TEST

START_TEST(the_help_shows_every_key_of_the_table)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    press(&bench, '?', 100, false);
    for (const struct qt_key *row = qt_app_keys; row->key != 0; row++)
        if (row->help)
            ck_assert_msg(shows(&bench, 80, 24, row->help), "\"%s\" is missing or cut", row->help);
    end(&bench);
}
END_TEST

START_TEST(unknown_is_never_drawn_as_zero)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    bench.snap->has_equity = false;
    bench.snap->regime.is_known = false;
    bench.snap->rank[0].has_signal = false;
    bench.snap->position[0].stop = bench.snap->position[0].target = QT_PX_NONE;
    bench.snap->venue[0].feed_age_ns = INT64_MAX;
    ck_assert(shows(&bench, 80, 24, "equity –"));
    ck_assert(shows(&bench, 80, 24, "feed –"));
    ck_assert(shows(&bench, 80, 24, "not known before the first full cycle"));
    ck_assert(shows(&bench, 80, 24, "?/2%")); /* var_99 */
    ck_assert(!shows(&bench, 80, 24, "-9,223"));
    end(&bench);
}
END_TEST

START_TEST(position_without_its_stop_at_the_venue_is_marked)
{
    static const struct {
        enum qt_protection protection;
        bool is_marked;
    } rows[] = {{QT_PROTECTION_ENGINE, false},
                {QT_PROTECTION_VENUE, false},
                {QT_PROTECTION_NONE, true},
                {QT_PROTECTION_UNKNOWN, true}};
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    for (size_t i = 0; i < QT_COUNT_OF(rows); i++) {
        bench.snap->position[0].protection = (uint8_t)rows[i].protection;
        ck_assert(shows(&bench, 120, 40, "176.10"));
        ck_assert_int_eq(shows(&bench, 120, 40, "!176.10"), rows[i].is_marked);
    }
    end(&bench);
}
END_TEST

/* Every cell of every frame obeys R2, at every size, with broken pictures, in every place of the
 * screen. */
static void
check_clean(struct bench *bench, int width, int height, enum qt_glyphs glyphs)
{
    struct qt_canvas canvas;
    ck_assert(qt_canvas_init(&canvas, width, height, glyphs));
    qt_app_draw(bench->app, bench->snap, &canvas);
    for (int i = 0; i < canvas.width * canvas.height; i++) {
        const struct qt_cell *cell = &canvas.cells[i];
        bool is_clean = cell->ch == 0 ? cell->width == 0
                                      : cell->ch >= 0x20 && cell->ch != 0x7f &&
                                            !(cell->ch >= 0x80 && cell->ch < 0xa0) &&
                                            !(cell->ch >= 0x202a && cell->ch <= 0x202e) &&
                                            (glyphs == QT_GLYPHS_UTF8 || cell->ch < 0x7f);
        if (!is_clean || cell->role >= QT_ROLES || cell->ground >= QT_GROUNDS)
            ck_abort_msg("cell %d of %dx%d holds U+%04X", i, width, height, cell->ch);
    }
    qt_canvas_finish(&canvas);
}

START_TEST(a_broken_picture_harms_nothing)
{
    static const struct {
        int width, height;
    } sizes[] = {{1, 1}, {20, 5}, {60, 14}, {80, 24}, {120, 40}, {200, 60}, {500, 200}};
    const char *seed_text = getenv("QT_SEED");
    uint64_t first = seed_text ? strtoull(seed_text, NULL, 10) : 0, last = seed_text ? first : 40;
    struct bench bench;
    for (uint64_t seed = first; seed <= last; seed++) {
        begin(&bench, QT_TUI_QUIT_ASKS);
        sample_make_hostile(bench.snap, seed);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            check_clean(&bench, sizes[i].width, sizes[i].height,
                        seed % 2 ? QT_GLYPHS_UTF8 : QT_GLYPHS_ASCII);
            press(&bench,
                  (int[]){QT_KEY_TAB, QT_KEY_END, QT_KEY_ENTER, QT_KEY_RIGHT, '?'}[seed % 5], 100,
                  false);
        }
        end(&bench);
    }
}
END_TEST

START_TEST(every_size_can_be_drawn)
{
    struct bench bench;
    begin(&bench, QT_TUI_QUIT_LEAVES);
    for (int height = 1; height <= 70; height += 1 + height / 20)
        for (int width = 1; width <= 220; width += 1 + width / 12) {
            check_clean(&bench, width, height, QT_GLYPHS_UTF8);
            press(&bench, height % 3 == 0 ? QT_KEY_ENTER : QT_KEY_TAB, 10, false);
        }
    end(&bench);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("app");
    TCase *stop = tcase_create("stop"), *keys = tcase_create("keys"),
          *picture = tcase_create("picture");
    setlocale(LC_CTYPE, "C.UTF-8");
    tcase_set_timeout(picture, 60);
    tcase_set_timeout(keys, 60);
    tcase_add_loop_test(stop, P_pauses_at_once_wherever_the_operator_is, 0, 6);
    tcase_add_test(stop, a_pasted_P_does_not_pause);
    tcase_add_test(stop, a_refused_pause_is_said);
    tcase_add_loop_test(stop, only_FLAT_typed_by_hand_liquidates, 0,
                        sizeof flat_rows / sizeof *flat_rows);
    tcase_add_test(stop, pasted_letters_never_count);
    tcase_add_test(stop, a_forgotten_dialog_closes_itself);
    tcase_add_test(stop, a_refused_liquidation_is_told_and_any_key_closes_it);
    tcase_add_loop_test(stop, resume_asks, 0, sizeof resume_rows / sizeof *resume_rows);
    tcase_add_loop_test(stop, a_command_is_called_ordered_when_it_is_on_disk, 0,
                        sizeof kept_rows / sizeof *kept_rows);
    tcase_add_loop_test(stop, S6_disk_that_does_not_answer_a_command_is_said, 0,
                        sizeof kept_rows / sizeof *kept_rows);
    tcase_add_loop_test(stop, a_screen_is_left_by_a_command_when_that_is_on_disk, 0, 2);
    tcase_add_loop_test(stop, q_leaves_as_the_options_say, 0, sizeof quit_rows / sizeof *quit_rows);
    tcase_add_test(stop, q_asks_before_the_first_picture_too);
    tcase_add_test(keys, no_key_gives_another_command);
    tcase_add_test(keys, tab_goes_through_the_shown_panes_and_back);
    tcase_add_test(keys, enter_opens_the_symbol_under_the_cursor_and_escape_closes_it);
    tcase_add_test(keys, the_cursor_stays_inside_its_list);
    tcase_add_test(keys, t_goes_through_all_themes_and_comes_back);
    tcase_add_test(keys, control_z_says_why_not_unless_it_may);
    tcase_add_test(keys, the_help_shows_every_key_of_the_table);
    tcase_add_test(picture, a_silent_engine_is_said_in_the_banner);
    tcase_add_test(picture, a_part_that_failed_and_a_stuck_store_are_said_in_the_banner);
    tcase_add_loop_test(picture, the_engine_pane_names_the_wall_that_is_missing, 0,
                        QT_COUNT_OF(wall_rows));
    tcase_add_test(picture, unknown_is_never_drawn_as_zero);
    tcase_add_test(picture, position_without_its_stop_at_the_venue_is_marked);
    tcase_add_test(picture, a_broken_picture_harms_nothing);
    tcase_add_test(picture, every_size_can_be_drawn);
    suite_add_tcase(suite, stop);
    suite_add_tcase(suite, keys);
    suite_add_tcase(suite, picture);
    return qt_run_suite(suite);
}
