/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The screen without a terminal: presses go in, frames on a canvas come out, commands go to the
 * source. What the real screen does is this plus bytes; tests and golden frames drive it directly.
 */
#ifndef QTRADE_TUI_APP_H
#define QTRADE_TUI_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/error.h"
#include "qtrade/engine/snapshot.h"
#include "qtrade/tui/canvas.h"
#include "qtrade/tui/keys.h"
#include "qtrade/tui/pane.h"
#include "qtrade/tui/theme.h"
#include "qtrade/tui/tui.h"

/* Below this a few words take the place of the panes. */
#define QT_APP_WIDTH_MIN 60
#define QT_APP_HEIGHT_MIN 14

struct qt_app; /* on the screen's thread only */
/** Borrows options' texts and source until destroy; fps, is_ascii and stop are not its business.
 * NULL: err. */
struct qt_app *qt_app_create(const struct qt_tui_options *options, struct qt_error *err);
void qt_app_destroy(struct qt_app *app);

/** A key. snap: the picture on the screen, NULL before the first. May call the source's command. */
void qt_app_press(struct qt_app *app, const struct qt_snapshot *snap, const struct qt_press *press);
/** Time passed: now_ns monotonic; silent_ns since the picture last changed. Ends messages and
 * forgotten dialogs. */
void qt_app_tick(struct qt_app *app, int64_t now_ns, int64_t silent_ns);
/** The source's trouble, NULL: none; kept as a copy. */
void qt_app_trouble(struct qt_app *app, const char *trouble);
/** Draws the whole frame; clears what qt_app_is_changed() says. */
void qt_app_draw(struct qt_app *app, const struct qt_snapshot *snap, struct qt_canvas *canvas);
/** Something but the picture changed since the last frame. */
bool qt_app_is_changed(const struct qt_app *app);

/** True when the operator has left; *out says how. */
bool qt_app_is_done(const struct qt_app *app, enum qt_tui_outcome *out);
/** The operator asked to suspend (Ctrl-Z): true once. */
bool qt_app_take_suspend(struct qt_app *app);
/** The operator asked to draw everything anew (Ctrl-L): true once. */
bool qt_app_take_redraw(struct qt_app *app);
const struct qt_theme *qt_app_theme(const struct qt_app *app);
/** The pane that has the keys. */
enum qt_pane_id qt_app_focus(const struct qt_app *app);
/** The symbol whose screen is open; QT_NO_INSTRUMENT: the panes are shown. */
uint32_t qt_app_symbol(const struct qt_app *app);

/** The keys of every pane, as the footer and the ? overlay show them; {0} ends. */
extern const struct qt_key qt_app_keys[];

static inline void
qt_app_auto(struct qt_app **p)
{
    qt_app_destroy(*p);
}

#endif
