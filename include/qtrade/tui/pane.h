/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Panes: one const descriptor each. How to add one: src/tui/pane_NAME.c ending in "const struct
 * qt_pane_class qt_pane_NAME", a line in panes.c, a leaf in layout.c. tests/tui draw it at every
 * size and with every hostile picture.
 */
#ifndef QTRADE_TUI_PANE_H
#define QTRADE_TUI_PANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/engine/snapshot.h"
#include "qtrade/tui/canvas.h"

struct qt_size {
    int width, height;
};

/** A row of a key table: dispatch, the footer and the ? overlay read it. */
struct qt_key {
    int key;           /* a code point or enum qt_key_code; 0 ends a table */
    const char *label; /* "P", "Tab", "↑ ↓" */
    const char *word;  /* of the footer: "pause"; NULL: only in the overlay */
    const char *help;  /* one line of the overlay; NULL: a second key of the row before */
};

/** The state that every pane begins with: zeroed is its start; the app sets rows and has_focus. */
struct qt_list_state {
    int cursor;     /* row */
    int rows;       /* rows last shown: a page */
    bool has_focus; /* the pane has the keys */
};

enum qt_handled { QT_NOT_HANDLED, QT_HANDLED };

/** A pane of the screen; all calls on the screen's thread. */
struct qt_pane_class {
    const char *name, *title;
    struct qt_size min,
        want;     /* inside its border, cells; min is what it needs to be shown at all */
    int priority; /* the lowest goes first when room is short */
    int grow;     /* its share of what is left when all have what they want */
    const struct qt_key *keys; /* NULL: only the shared keys */
    size_t state_size; /* begins with struct qt_list_state; zeroed at start, the pane's own */
    /** Draws the inside. A pure function of state and snap; any size of canvas, hostile texts and
     * numbers. */
    void (*draw)(const void *state, const struct qt_snapshot *snap, struct qt_canvas *canvas);
    /** A key that no shared key took. NULL: it has none. */
    enum qt_handled (*key)(void *state, const struct qt_snapshot *snap, int key);
    /** Writes what stands at the right of the title ("3 of 312"). NULL: nothing. */
    void (*note)(const struct qt_snapshot *snap, char *out, size_t capacity);
    /** The instrument under the cursor, which Enter opens; QT_NO_INSTRUMENT: none. NULL: Enter
     * opens nothing. */
    uint32_t (*instrument)(const void *state, const struct qt_snapshot *snap);
};

/** The panes, in the order in which Tab goes through them. */
enum qt_pane_id {
    QT_PANE_TOP,
    QT_PANE_REGIME,
    QT_PANE_RISK,
    QT_PANE_CHART,
    QT_PANE_POSITIONS,
    QT_PANE_ORDERS,
    QT_PANE_ENGINE,
    QT_PANE_EVENTS,
    QT_PANES
};
extern const struct qt_pane_class *const qt_panes[QT_PANES];

#endif
