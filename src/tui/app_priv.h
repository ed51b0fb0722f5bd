/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state of the app, shared by app.c (keys), dialog.c (questions) and frame.c (drawing).
 */
#ifndef QTRADE_TUI_APP_PRIV_H
#define QTRADE_TUI_APP_PRIV_H

#include "qtrade/tui/app.h"
#include "qtrade/tui/layout.h"

#include "tui_priv.h"

/* What lies over the panes. */
enum qt__overlay {
    QT__NO_OVERLAY,
    QT__HELP,
    QT__ASK_RESUME, /* y or n */
    QT__ASK_FLAT,   /* FLAT, key by key */
    QT__ASK_QUIT,   /* k, p, x, Esc */
    QT__TELL        /* an answer; any key closes it */
};

#define QT__FLAT_LETTERS 4

/** A command that was accepted (ordered.c). */
struct qt__ordered {
    enum qt_command_kind kind;
    bool waits;  /* for the disk */
    bool leaves; /* then the screen is left, with outcome */
    enum qt_tui_outcome outcome;
    int64_t since_ns;
};

struct qt_app {
    struct qt_tui_options options;
    struct qt_theme theme;
    struct qt_list_state *state[QT_PANES];
    struct qt_layout layout; /* of the last frame */
    enum qt_pane_id focus;
    uint32_t symbol; /* QT_NO_INSTRUMENT: panes */
    enum qt__overlay overlay;
    int64_t overlay_ns; /* last press in it */
    int typed;          /* letters of FLAT so far */
    int64_t typed_ns;   /* when the first came */
    bool leaves_after;  /* FLAT was asked for by q */
    char hint[96];      /* in the dialog */
    char tell[200];
    enum qt_role tell_role;
    char message[200]; /* in the footer, for a while */
    enum qt_role message_role;
    int64_t message_ns;
    struct qt__ordered ordered;
    char trouble[64];  /* of the source; "": none */
    int64_t now_ns, silent_ns;
    bool is_changed, is_done, wants_suspend, wants_redraw;
    enum qt_tui_outcome outcome;
};

/** A line in the footer for some seconds. */
void qt__app_say(struct qt_app *app, enum qt_role role, const char *text);
/** Gives a command and says what came of it. */
bool qt__app_command(struct qt_app *app, enum qt_command_kind kind, const char *reason,
                     struct qt_error *err);
void qt__app_leave(struct qt_app *app, enum qt_tui_outcome outcome);

/* ordered.c */
/** A command was accepted: says so when it is kept, or leaves. */
void qt__ordered(struct qt_app *app, enum qt_command_kind kind, bool leaves,
                 enum qt_tui_outcome outcome);
void qt__ordered_tick(struct qt_app *app);

/* dialog.c */
/** An answer; any key closes it. */
void qt__dialog_tell(struct qt_app *app, enum qt_role role, const char *text);
void qt__dialog_open(struct qt_app *app, enum qt__overlay overlay);
/** A key while a dialog is open. */
void qt__dialog_press(struct qt_app *app, const struct qt_press *press);
/** A dialog that nobody answers closes itself. */
void qt__dialog_tick(struct qt_app *app);

/* What a dialog shows; brief is for screens too small for it. */
#define QT__DIALOG_LINES 8
struct qt__dialog {
    const char *title;
    int n;
    struct {
        enum qt_role role;
        char text[128];
    } line[QT__DIALOG_LINES];
    char brief[128];
};
void qt__dialog_describe(const struct qt_app *app, struct qt__dialog *out);

#endif
