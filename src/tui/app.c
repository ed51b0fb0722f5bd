/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The app's keys. One table serves dispatch, footer and help.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "app_priv.h"

#define CTRL(letter) ((letter) - '@')
#define MESSAGE_NS (5 * QT_NS_PER_S)

/* In the order of importance: a narrow footer shows the first ones. */
const struct qt_key qt_app_keys[] = {
    {'P', "P", "pause", "pause at once: no new position; stops and exits keep working"},
    {'X', "X", "liquidate", "cancel everything, close everything; asks for FLAT, key by key"},
    {'R', "R", "resume", "trade again; asks"},
    {'q', "q", "quit", "leave the screen"},
    {'?', "?", "help", "this page"},
    {QT_KEY_TAB, "Tab", "focus", "next pane; Shift-Tab: the one before"},
    {QT_KEY_BACK_TAB, "Shift-Tab", NULL, NULL},
    {QT_KEY_ENTER, "Enter", "symbol",
     "open the symbol under the cursor; Esc: back; arrows: others"},
    {QT_KEY_ESC, "Esc", NULL, NULL},
    {QT_KEY_UP, "arrows", NULL, "move the cursor; also PgUp, PgDn, Home, End"},
    {'t', "t", "theme", "next theme"},
    {CTRL('L'), "Ctrl-L", NULL, "draw everything anew"},
    {0},
};

void
qt__app_say(struct qt_app *app, enum qt_role role, const char *text)
{
    qt_copy(app->message, sizeof app->message, text);
    app->message_role = role;
    app->message_ns = app->now_ns;
    app->is_changed = true;
}

bool
qt__app_command(struct qt_app *app, enum qt_command_kind kind, const char *reason,
                struct qt_error *err)
{
    const struct qt_tui_source *source = &app->options.source;
    return source->command(source->self, kind, reason, err);
}

void
qt__app_leave(struct qt_app *app, enum qt_tui_outcome outcome)
{
    app->is_done = true;
    app->outcome = outcome;
}

static void
pause_at_once(struct qt_app *app)
{
    struct qt_error err = {0};
    char text[200];
    if (qt__app_command(app, QT_COMMAND_PAUSE, "operator pressed P", &err)) {
        qt__ordered(app, QT_COMMAND_PAUSE, false, QT_TUI_LEFT);
        return;
    }
    snprintf(text, sizeof text, "pause was refused: %.170s", err.text);
    qt__app_say(app, QT_ROLE_BAD, text);
}

/* Nothing open, and known to be so. */
static bool
is_flat(const struct qt_snapshot *snap)
{
    return snap && snap->has_equity && snap->positions == 0 && snap->orders == 0 &&
           !snap->is_liquidating;
}

static void
quit(struct qt_app *app, const struct qt_snapshot *snap)
{
    if (app->options.quit == QT_TUI_QUIT_ASKS && !is_flat(snap))
        qt__dialog_open(app, QT__ASK_QUIT);
    else
        qt__app_leave(app, QT_TUI_LEFT);
}

/* Moves the focus by step over the panes that are shown. */
static void
move_focus(struct qt_app *app, int step)
{
    for (int i = 1; i <= QT_PANES; i++) {
        int at = ((int)app->focus + step * i + QT_PANES * QT_PANES) % QT_PANES;
        if (app->layout.is_shown[at]) {
            app->focus = (enum qt_pane_id)at;
            return;
        }
    }
}

static void
next_theme(struct qt_app *app)
{
    struct qt_error err = {0};
    char text[200];
    size_t n = 0, at = 0;
    for (; qt_theme_name(n); n++)
        if (strcmp(qt_theme_name(n), app->theme.name) == 0)
            at = n + 1;
    if (qt_theme_load(qt_theme_name(at % n), &app->theme, &err)) {
        snprintf(text, sizeof text, "theme %s: %s", app->theme.name, app->theme.about);
        qt__app_say(app, QT_ROLE_DIM, text);
    } else {
        qt__app_say(app, QT_ROLE_BAD, err.text);
    }
}

static void
open_symbol(struct qt_app *app, const struct qt_snapshot *snap)
{
    const struct qt_pane_class *pane = qt_panes[app->focus];
    uint32_t instrument = pane->instrument && snap ? pane->instrument(app->state[app->focus], snap)
                                                   : QT_NO_INSTRUMENT;
    if (instrument != QT_NO_INSTRUMENT)
        app->symbol = instrument;
    else
        qt__app_say(app, QT_ROLE_DIM, "no symbol is under the cursor here");
}

/* In a symbol's screen: the next or previous of those with candles. */
static void
move_symbol(struct qt_app *app, const struct qt_snapshot *snap, int step)
{
    int n = snap ? qt__count(snap->symbols, QT_VIEW_SYMBOLS) : 0, at = 0;
    for (int i = 0; i < n; i++)
        if (snap->symbol[i].instrument == app->symbol)
            at = i;
    if (n > 0)
        app->symbol = snap->symbol[(at + step + n) % n].instrument;
}

static bool
press_symbol(struct qt_app *app, const struct qt_snapshot *snap, int key)
{
    switch (key) {
    case QT_KEY_ESC:
    case QT_KEY_ENTER:
    case QT_KEY_BACKSPACE:
        app->symbol = QT_NO_INSTRUMENT;
        return true;
    case QT_KEY_LEFT:
    case QT_KEY_UP:
    case QT_KEY_BACK_TAB:
        move_symbol(app, snap, -1);
        return true;
    case QT_KEY_RIGHT:
    case QT_KEY_DOWN:
    case QT_KEY_TAB:
        move_symbol(app, snap, 1);
        return true;
    default:
        return false;
    }
}

static void
press_pane(struct qt_app *app, const struct qt_snapshot *snap, int key)
{
    const struct qt_pane_class *pane = qt_panes[app->focus];
    if (snap && pane->key && pane->key(app->state[app->focus], snap, key) == QT_HANDLED)
        return;
    if (key == 'p' || key == 'x' || key == 'r')
        qt__app_say(app, QT_ROLE_DIM, "capital letters: P pauses, R resumes, X liquidates");
}

static void
press_plain(struct qt_app *app, const struct qt_snapshot *snap, int key)
{
    switch (key) {
    case 'X':
        qt__dialog_open(app, QT__ASK_FLAT);
        break;
    case 'R':
        qt__dialog_open(app, QT__ASK_RESUME);
        break;
    case 'q':
    case CTRL('C'):
        quit(app, snap);
        break;
    case '?':
        qt__dialog_open(app, QT__HELP);
        break;
    case 't':
        next_theme(app);
        break;
    case CTRL('L'):
        app->wants_redraw = true;
        break;
    case CTRL('Z'):
        app->wants_suspend = app->options.can_suspend;
        if (!app->options.can_suspend)
            qt__app_say(app, QT_ROLE_WARN, "Ctrl-Z would stop the engine too: q leaves the screen");
        break;
    default:
        if (app->symbol != QT_NO_INSTRUMENT && press_symbol(app, snap, key))
            break;
        if (key == QT_KEY_TAB || key == QT_KEY_BACK_TAB)
            move_focus(app, key == QT_KEY_TAB ? 1 : -1);
        else if (key == QT_KEY_ENTER)
            open_symbol(app, snap);
        else
            press_pane(app, snap, key);
    }
}

/* P works wherever the operator is; in the question of q it pauses and leaves. */
static bool
is_pause(const struct qt_app *app, const struct qt_press *press)
{
    return press->key == 'P' && !press->is_pasted && app->overlay != QT__ASK_QUIT;
}

void
qt_app_press(struct qt_app *app, const struct qt_snapshot *snap, const struct qt_press *press)
{
    app->now_ns = QT_MAX(app->now_ns, press->t_ns);
    app->is_changed = true;
    if (app->is_done)
        return;
    if (is_pause(app, press)) {
        pause_at_once(app);
        if (app->overlay == QT__ASK_FLAT)
            qt__dialog_press(app, press);
        return;
    }
    if (app->overlay != QT__NO_OVERLAY)
        qt__dialog_press(app, press);
    else if (press->is_pasted || press->key == QT_KEY_PASTE)
        qt__app_say(app, QT_ROLE_DIM, "pasted text is ignored: press keys one by one");
    else
        press_plain(app, snap, press->key);
}

void
qt_app_tick(struct qt_app *app, int64_t now_ns, int64_t silent_ns)
{
    bool was_silent = app->silent_ns >= 3 * QT_NS_PER_S || app->trouble[0] != '\0';
    app->now_ns = QT_MAX(app->now_ns, now_ns);
    if (silent_ns / QT_NS_PER_S != app->silent_ns / QT_NS_PER_S &&
        (was_silent || silent_ns >= 3 * QT_NS_PER_S))
        app->is_changed = true;
    app->silent_ns = silent_ns;
    if (app->message[0] != '\0' && app->now_ns - app->message_ns >= MESSAGE_NS) {
        app->message[0] = '\0';
        app->is_changed = true;
    }
    qt__dialog_tick(app);
    qt__ordered_tick(app);
}

void
qt_app_trouble(struct qt_app *app, const char *trouble)
{
    if (strcmp(app->trouble, trouble ? trouble : "") == 0)
        return;
    qt_copy(app->trouble, sizeof app->trouble, trouble ? trouble : "");
    app->is_changed = true;
}

struct qt_app *
qt_app_create(const struct qt_tui_options *options, struct qt_error *err)
{
    qt_auto(qt_app) app = calloc(1, sizeof *app);
    bool is_whole = app != NULL;
    for (size_t i = 0; is_whole && i < QT_PANES; i++) {
        app->state[i] = calloc(1, qt_panes[i]->state_size);
        is_whole = app->state[i] != NULL;
    }
    if (!is_whole) {
        (void)qt_fail(err, QT_E_MEMORY, "the screen: no memory");
        return NULL;
    }
    app->options = *options;
    app->symbol = QT_NO_INSTRUMENT;
    app->is_changed = true;
    if (!qt_theme_load(options->theme ? options->theme : "dark", &app->theme, err))
        return NULL;
    return qt_steal(&app);
}

void
qt_app_destroy(struct qt_app *app)
{
    for (size_t i = 0; app && i < QT_PANES; i++)
        free(app->state[i]);
    free(app);
}

bool
qt_app_is_changed(const struct qt_app *app)
{
    return app->is_changed;
}

bool
qt_app_is_done(const struct qt_app *app, enum qt_tui_outcome *out)
{
    if (app->is_done)
        *out = app->outcome;
    return app->is_done;
}

bool
qt_app_take_suspend(struct qt_app *app)
{
    bool wants = app->wants_suspend;
    app->wants_suspend = false;
    return wants;
}

bool
qt_app_take_redraw(struct qt_app *app)
{
    bool wants = app->wants_redraw;
    app->wants_redraw = false;
    return wants;
}

const struct qt_theme *
qt_app_theme(const struct qt_app *app)
{
    return &app->theme;
}

enum qt_pane_id
qt_app_focus(const struct qt_app *app)
{
    return app->focus;
}

uint32_t
qt_app_symbol(const struct qt_app *app)
{
    return app->symbol;
}
