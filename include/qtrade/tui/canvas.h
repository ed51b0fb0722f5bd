/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A canvas: a rectangle of character cells on which panes draw. It knows no terminal, no clock and
 * no colour numbers: a cell holds one cleaned character, a role (what it means) and a ground. The
 * same cells become a terminal's screen, a text or a golden frame.
 *
 * Rules others rely on:
 *   R1 nothing is drawn outside a view, whatever the coordinates;
 *   R2 no control byte, bidi control, right-to-left letter, combining mark or invalid UTF-8 gets
 * into a cell (shown as '?', combining marks and joiners dropped); R3 on an ASCII canvas every cell
 * holds a byte 0x20..0x7e: known glyphs have stand-ins, the rest is '?'; R4 a wide character takes
 * two cells (the second has ch 0) or, at the edge of a view, none.
 */
#ifndef QTRADE_TUI_CANVAS_H
#define QTRADE_TUI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"

#define QT_CANVAS_WIDTH_MAX 1000 /* larger terminals are drawn this far */
#define QT_CANVAS_HEIGHT_MAX 500

/** What a cell means; a theme says how that looks. theme.c has the names of these rows. */
enum qt_role {
    QT_ROLE_TEXT,      /* ordinary text */
    QT_ROLE_DIM,       /* labels, units, what is less important */
    QT_ROLE_STRONG,    /* what the eye should find first */
    QT_ROLE_TITLE,     /* titles of panes */
    QT_ROLE_HEADING,   /* headings of columns */
    QT_ROLE_BORDER,    /* lines */
    QT_ROLE_FOCUS,     /* lines and title of the pane that has the keys */
    QT_ROLE_GAIN,      /* up, profit, buy */
    QT_ROLE_LOSS,      /* down, loss, sell */
    QT_ROLE_GOOD,      /* as it should be */
    QT_ROLE_WARN,      /* look here */
    QT_ROLE_BAD,       /* act now */
    QT_ROLE_ACCENT,    /* names and numbers that lead the eye */
    QT_ROLE_KEY,       /* keys that can be pressed */
    QT_ROLE_BAR,       /* filled part of a gauge */
    QT_ROLE_TRACK,     /* empty part of a gauge, grid of a chart */
    QT_ROLE_NORMAL,    /* badge of mode NORMAL */
    QT_ROLE_PAUSED,    /* badge of mode PAUSED */
    QT_ROLE_REDUCED,   /* badge of mode REDUCED */
    QT_ROLE_EMERGENCY, /* badge of mode EMERGENCY, banner of what must be seen */
    QT_ROLES
};

/** What a cell stands on. */
enum qt_ground {
    QT_GROUND_PLAIN,
    QT_GROUND_CURSOR, /* the row with the cursor */
    QT_GROUND_DIALOG, /* a dialog over the panes */
    QT_GROUNDS
};

enum qt_glyphs { QT_GLYPHS_ASCII, QT_GLYPHS_UTF8 };

struct qt_cell {
    uint32_t ch;    /* code point; 0: the right half of a wide one */
    uint8_t role;   /* enum qt_role */
    uint8_t ground; /* enum qt_ground */
    uint8_t line;  /* bits of the lines that meet here: 1 up, 2 down, 4 left, 8 right; 0: no line */
    uint8_t width; /* 1 or 2; 0 for the right half */
};

struct qt_rect {
    int x, y, width, height;
};

/** A view of cells: plain data, cheap to copy, borrows the cells. */
struct qt_canvas {
    struct qt_cell *cells; /* cell (x, y) is cells[y * stride + x] */
    int stride, width, height;
    uint8_t glyphs; /* enum qt_glyphs */
    uint8_t ground; /* enum qt_ground given to what is drawn */
};

enum qt_align { QT_LEFT, QT_RIGHT, QT_CENTRE };

/** Blank cells of width x height (clamped to 0..MAX) on the heap. False: no memory, then it is 0 x
 * 0. */
QT_CHECKED bool qt_canvas_init(struct qt_canvas *canvas, int width, int height,
                               enum qt_glyphs glyphs);
/** Frees the cells of qt_canvas_init(); never call it on a view. */
void qt_canvas_finish(struct qt_canvas *canvas);
/** Makes every cell of the view blank on its ground. */
void qt_canvas_clear(struct qt_canvas *canvas);
/** The part of the canvas inside rect, clipped; it may be empty. */
struct qt_canvas qt_canvas_view(const struct qt_canvas *canvas, struct qt_rect rect);
/** The cell, or NULL outside. */
const struct qt_cell *qt_canvas_at(const struct qt_canvas *canvas, int x, int y);

/** Draws text from (x, y) to the view's edge. Returns the columns it took (0 when nothing fits). */
int qt_canvas_put(struct qt_canvas *canvas, int x, int y, enum qt_role role, const char *text);
/** As qt_canvas_put with a printf-style text (cut at 511 bytes). */
int qt_canvas_putf(struct qt_canvas *canvas, int x, int y, enum qt_role role, const char *format,
                   ...) QT_PRINTF(5, 6);
/** Draws text aligned in exactly width columns, blanks around it; what is too long ends in an
 * ellipsis. */
void qt_canvas_fit(struct qt_canvas *canvas, int x, int y, int width, enum qt_align align,
                   enum qt_role role, const char *text);
/** Draws one character n times to the right. */
void qt_canvas_fill(struct qt_canvas *canvas, int x, int y, int n, enum qt_role role, uint32_t ch);
/** Gives the cells of rect the ground, keeping what is drawn. */
void qt_canvas_set_ground(struct qt_canvas *canvas, struct qt_rect rect, enum qt_ground ground);
/** Gives the cells of rect the role, keeping what is drawn. */
void qt_canvas_set_role(struct qt_canvas *canvas, struct qt_rect rect, enum qt_role role);

/** A box of light lines; where it meets lines that are there already, they join. Sides below 2:
 * nothing. */
void qt_canvas_box(struct qt_canvas *canvas, struct qt_rect rect, enum qt_role role);
/** Joining lines of n cells. */
void qt_canvas_hline(struct qt_canvas *canvas, int x, int y, int n, enum qt_role role);
void qt_canvas_vline(struct qt_canvas *canvas, int x, int y, int n, enum qt_role role);

/** The columns that text takes once cleaned. */
int qt_text_columns(const char *text);
/**
 * Reads one character of UTF-8 text and cleans it by R2. *text moves on; 0 at the end. *out_width
 * is 0 (to be dropped), 1 or 2.
 */
uint32_t qt_text_next(const char **text, int *out_width);

/** The frame as UTF-8 lines without trailing blanks, on the heap (the caller frees). NULL: no
 * memory. */
char *qt_canvas_text(const struct qt_canvas *canvas);
/** The frame's roles as one letter a cell ('.': blank text), for golden frames; else as
 * qt_canvas_text. */
char *qt_canvas_roles(const struct qt_canvas *canvas);

#endif
