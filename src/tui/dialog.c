/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The questions. Liquidation is confirmed by the four letters of FLAT, each a press of its own:
 * pasted text does not count, four letters faster than a hand do not count, Enter alone never does,
 * a wrong letter begins again, and a dialog left alone closes (faults T5 and T9).
 */
#include <stdarg.h>
#include <stdio.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "app_priv.h"

#define FORGOTTEN_NS (60 * QT_NS_PER_S)
#define HAND_NS (60 * QT_NS_PER_MS) /* no hand types four letters faster */

static const char flat[QT__FLAT_LETTERS + 1] = "FLAT";

static void QT_PRINTF(2, 3) hint(struct qt_app *app, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(app->hint, sizeof app->hint, format, args);
    va_end(args);
}

static void
close_dialog(struct qt_app *app)
{
    app->overlay = QT__NO_OVERLAY;
    app->typed = 0;
    app->hint[0] = '\0';
}

void
qt__dialog_open(struct qt_app *app, enum qt__overlay overlay)
{
    close_dialog(app);
    app->overlay = overlay;
    app->overlay_ns = app->now_ns;
    app->leaves_after = false;
}

void
qt__dialog_tell(struct qt_app *app, enum qt_role role, const char *text)
{
    qt__dialog_open(app, QT__TELL);
    app->tell_role = role;
    qt_copy(app->tell, sizeof app->tell, text);
}

/* Gives the command; leaves when that was asked for and it was accepted, else tells what came of
 * it. */
static void
order(struct qt_app *app, enum qt_command_kind kind, const char *reason, enum qt_tui_outcome outcome,
      bool leaves)
{
    struct qt_error err = {0};
    char text[200];
    bool is_accepted = qt__app_command(app, kind, reason, &err);
    if (!is_accepted) {
        snprintf(text, sizeof text, "refused: %.180s", err.text);
        qt__dialog_tell(app, QT_ROLE_BAD, text);
        return;
    }
    if (leaves)
        close_dialog(app);
    qt__ordered(app, kind, leaves, outcome);
}

static void
liquidate(struct qt_app *app)
{
    order(app, QT_COMMAND_LIQUIDATE, "operator typed FLAT on the screen", QT_TUI_LIQUIDATE,
          app->leaves_after);
}

static void
press_letter(struct qt_app *app, const struct qt_press *press)
{
    if (press->key == flat[app->typed]) {
        app->hint[0] = '\0';
        if (app->typed++ == 0)
            app->typed_ns = press->t_ns;
    } else {
        bool is_lower = press->key == flat[app->typed] + ('a' - 'A');
        hint(app,
             is_lower ? "capital letters, please" : "that was not the next letter: again from F");
        app->typed = press->key == flat[0] ? 1 : 0;
        app->typed_ns = press->t_ns;
        return;
    }
    if (app->typed < QT__FLAT_LETTERS)
        return;
    if (press->t_ns - app->typed_ns < HAND_NS) {
        app->typed = 0;
        hint(app, "too fast for a hand: type it key by key");
        return;
    }
    liquidate(app);
}

static void
press_flat(struct qt_app *app, const struct qt_press *press)
{
    if (press->key == QT_KEY_PASTE || press->is_pasted) {
        app->typed = 0;
        hint(app, "pasted text does not count: type it key by key");
    } else if (press->key == QT_KEY_ESC) {
        close_dialog(app);
        qt__app_say(app, QT_ROLE_DIM, "nothing was liquidated");
    } else if (press->key == QT_KEY_ENTER) {
        hint(app, "Enter confirms nothing: type the letters F L A T");
    } else if (press->key == QT_KEY_BACKSPACE) {
        app->typed = QT_MAX(app->typed - 1, 0);
    } else if (press->key >= ' ' && press->key < QT_KEY_UP) {
        press_letter(app, press);
    }
}

static void
press_resume(struct qt_app *app, const struct qt_press *press)
{
    bool is_yes = (press->key == 'y' || press->key == 'Y') && !press->is_pasted;
    struct qt_error err = {0};
    if (press->key == QT_KEY_ENTER || press->key == QT_KEY_PASTE || press->is_pasted)
        return;
    close_dialog(app);
    if (!is_yes)
        qt__app_say(app, QT_ROLE_DIM, "not resumed");
    else if (qt__app_command(app, QT_COMMAND_RESUME, "operator resumed on the screen", &err))
        qt__ordered(app, QT_COMMAND_RESUME, false, QT_TUI_LEFT);
    else {
        char text[200];
        snprintf(text, sizeof text, "not resumed: %.180s", err.text);
        qt__dialog_tell(app, QT_ROLE_BAD, text);
    }
}

static void
press_quit(struct qt_app *app, const struct qt_press *press)
{
    if (press->is_pasted)
        return;
    switch (press->key) {
    case 'k':
    case 'K':
        close_dialog(app);
        qt__app_leave(app, QT_TUI_KEEP_RUNNING);
        break;
    case 'p':
    case 'P':
        order(app, QT_COMMAND_PAUSE, "operator paused and left the screen", QT_TUI_PAUSE, true);
        break;
    case 'x':
    case 'X':
        qt__dialog_open(app, QT__ASK_FLAT);
        app->leaves_after = true;
        break;
    case QT_KEY_ESC:
    case 'n':
    case 's':
        close_dialog(app);
        break;
    default:
        break;
    }
}

void
qt__dialog_press(struct qt_app *app, const struct qt_press *press)
{
    app->overlay_ns = press->t_ns;
    switch (app->overlay) {
    case QT__NO_OVERLAY:
        break;
    case QT__HELP:
    case QT__TELL:
        if (!press->is_pasted && press->key != QT_KEY_PASTE)
            close_dialog(app);
        break;
    case QT__ASK_RESUME:
        press_resume(app, press);
        break;
    case QT__ASK_FLAT:
        press_flat(app, press);
        break;
    case QT__ASK_QUIT:
        press_quit(app, press);
        break;
    }
}

void
qt__dialog_tick(struct qt_app *app)
{
    bool is_question = app->overlay == QT__ASK_RESUME || app->overlay == QT__ASK_FLAT ||
                       app->overlay == QT__ASK_QUIT;
    if (!is_question || app->now_ns - app->overlay_ns < FORGOTTEN_NS)
        return;
    close_dialog(app);
    qt__app_say(app, QT_ROLE_DIM, "the question was not answered: nothing was done");
}

static void QT_PRINTF(3, 4)
    add_line(struct qt__dialog *out, enum qt_role role, const char *format, ...)
{
    va_list args;
    if (out->n >= QT__DIALOG_LINES)
        return;
    va_start(args, format);
    vsnprintf(out->line[out->n].text, sizeof out->line[0].text, format, args);
    va_end(args);
    out->line[out->n++].role = role;
}

static void
describe_flat(const struct qt_app *app, struct qt__dialog *out)
{
    char typed[3 * QT__FLAT_LETTERS + 1] = "";
    struct qt_text text;
    qt_text_init(&text, typed, sizeof typed);
    for (int i = 0; i < QT__FLAT_LETTERS; i++)
        qt_text_addf(&text, "%c ", i < app->typed ? flat[i] : '_');
    out->title = app->leaves_after ? "Liquidate and leave" : "Liquidate";
    add_line(out, QT_ROLE_TEXT, "Cancels every order and closes every position at the market.");
    add_line(out, QT_ROLE_TEXT, "The mode becomes EMERGENCY until a person resets it.");
    add_line(out, QT_ROLE_TEXT, "%s", "");
    add_line(out, QT_ROLE_TEXT, "Type FLAT to confirm, key by key:   %s", typed);
    add_line(out, QT_ROLE_WARN, "%s", app->hint);
    add_line(out, QT_ROLE_DIM, "Esc: do nothing");
    snprintf(out->brief, sizeof out->brief, "LIQUIDATE? type FLAT: %s Esc: no %s", typed,
             app->hint);
}

static void
describe_quit(struct qt__dialog *out)
{
    out->title = "Leave the screen";
    add_line(out, QT_ROLE_WARN, "Positions or orders are open, or not known.");
    add_line(out, QT_ROLE_TEXT, "%s", "");
    add_line(out, QT_ROLE_TEXT, "k   keep running without a screen");
    add_line(out, QT_ROLE_TEXT, "p   pause, then leave: stops and targets keep working");
    add_line(out, QT_ROLE_TEXT, "x   liquidate, then leave: asks for FLAT");
    add_line(out, QT_ROLE_TEXT, "Esc stay");
    snprintf(out->brief, sizeof out->brief,
             "LEAVE? k keep running, p pause, x liquidate, Esc stay");
}

void
qt__dialog_describe(const struct qt_app *app, struct qt__dialog *out)
{
    *out = (struct qt__dialog){.title = ""};
    switch (app->overlay) {
    case QT__ASK_FLAT:
        describe_flat(app, out);
        break;
    case QT__ASK_QUIT:
        describe_quit(out);
        break;
    case QT__ASK_RESUME:
        out->title = "Resume";
        add_line(out, QT_ROLE_TEXT, "New positions may be opened again.");
        add_line(out, QT_ROLE_TEXT, "%s", "");
        add_line(out, QT_ROLE_TEXT, "y   resume        any other key: no");
        snprintf(out->brief, sizeof out->brief, "RESUME? y or n");
        break;
    case QT__TELL:
        out->title = app->tell_role == QT_ROLE_BAD ? "Refused" : "Ordered";
        add_line(out, app->tell_role, "%.100s", app->tell);
        snprintf(out->brief, sizeof out->brief, "%.120s", app->tell);
        break;
    case QT__HELP:
        snprintf(out->brief, sizeof out->brief, "P pause, X liquidate, R resume, q quit");
        break;
    case QT__NO_OVERLAY:
        break;
    }
}
