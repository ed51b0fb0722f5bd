/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of tui share: glyphs, number formats, gauges, tables, and the small state of
 * scrolling lists.
 */
#ifndef QTRADE_TUI_PRIV_H
#define QTRADE_TUI_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/engine/snapshot.h"
#include "qtrade/tui/canvas.h"
#include "qtrade/tui/pane.h"

/** The ASCII stand-in of a character, '?' when it has none. */
uint32_t qt__glyph_ascii(uint32_t ch);
/** n eighths (0..8) of a cell filled from the left / from below. */
uint32_t qt__glyph_left(int eighths);
uint32_t qt__glyph_below(int eighths);

#define QT__NUMBER 40 /* bytes of a formatted number */
#define QT__UNKNOWN "–"

/* Numbers for people, into out (QT__NUMBER bytes); return out. Unknown (NaN, infinite, none): "–".
 */
/** "67,123.45" with decimals digits. */
char *qt__format_fixed(double v, int decimals, char *out);
/** The same with a sign, "+" for gains, none for 0. */
char *qt__format_signed(double v, int decimals, char *out);
/** About seven significant digits, at least two decimals where the scale has them. */
char *qt__format_px(qt_px px, int scale, char *out);
char *qt__format_price(double v, int scale, char *out);
char *qt__format_qty(qt_qty qty, int scale, bool is_signed, char *out);
/** Takes the zeros behind the last digit that says something away. */
char *qt__trim_zeros(char *number);
/** Quote money with two decimals; "+" or "-" when signed. */
char *qt__format_money(qt_money money, bool is_signed, char *out);
/** "1.2K", "34.5M". */
char *qt__format_compact(double v, char *out);
/** "5s", "12m", "3h", "4d": two or three columns. */
char *qt__format_age(int64_t ns, char *out);
/** The age of something that happened at then_ns; "–" when that is no time in the past. */
char *qt__format_since(const struct qt_snapshot *snap, int64_t then_ns, char *out);
/** "120ms", "3.4s", "–". */
char *qt__format_latency(int64_t ns, char *out);
/** A symbol without the quote asset at its end. */
char *qt__format_base(const char *symbol, const char *quote_asset, char *out);

/** GAIN, LOSS or TEXT by the sign of v; of an amount that may be none. */
enum qt_role qt__sign_role(double v);
enum qt_role qt__money_role(qt_money amount);

/** A bar of width cells, filled to ratio (clamped to 0..1; NaN: a track with '?'). */
void qt__gauge(struct qt_canvas *canvas, int x, int y, int width, enum qt_role role, double ratio);

/* A table: columns as wide as their cells, the least important dropped when room is short. */
#define QT__COLUMNS 20
#define QT__EXTRA 20 /* columns of a lower priority go before the greedy one is cut */
#define QT__CELL 160 /* bytes of a cell's text */
struct qt__column {
    const char *title; /* the first one NULL: a table without headings */
    int min, max;      /* columns it takes at least and at most */
    int priority;      /* the lowest go first; 0: never dropped */
    uint8_t align;     /* enum qt_align */
    bool is_greedy;    /* takes what is left (one column at most) */
    /** Writes the cell of a row into out (QT__CELL bytes); *role is TEXT and may be changed. */
    void (*cell)(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role);
};
/** Draws headings, the rows around the cursor, the cursor where it has the focus. */
void qt__table_draw(struct qt_canvas *canvas, const struct qt_list_state *state,
                    const struct qt__column *columns, int n, const struct qt_snapshot *snap,
                    int rows);

/** Scrolling lists: the first row shown, so that the cursor is in sight and the view full. */
int qt__list_first(const struct qt_list_state *state, int n, int rows);
/** The cursor clamped to 0..n-1 (0 when empty). */
int qt__list_cursor(const struct qt_list_state *state, int n);
enum qt_handled qt__list_key(struct qt_list_state *state, int n, int key);

/** Text broken at blanks into at most lines lines of width columns. Returns how many it took. */
int qt__wrap(struct qt_canvas *canvas, int x, int y, int width, int lines, enum qt_role role,
             const char *text);
/** One centred line for a pane with nothing to show. */
void qt__empty(struct qt_canvas *canvas, const char *text);

/* What is in the picture; counts are clamped to the room of their arrays. */
int qt__count(uint32_t n, uint32_t room);
const struct qt_symbol_view *qt__find_symbol(const struct qt_snapshot *snap, uint32_t instrument);
const struct qt_position_view *qt__find_position(const struct qt_snapshot *snap,
                                                 uint32_t instrument);
const struct qt_rank_view *qt__find_rank(const struct qt_snapshot *snap, uint32_t instrument);
/** Copies a symbol's last closes into out; returns how many. */
int qt__closes(const struct qt_symbol_view *symbol, double *out);
/** Four cells: volatility, momentum, volume and trend from below; out has QT__CELL bytes. */
void qt__components(const struct qt_rank_view *rank, char *out);
/** Results of open positions are withheld from it. */
bool qt__is_withheld(const struct qt_snapshot *snap);
/** Bytes of one character added to out (QT__CELL bytes). */
void qt__add_char(char *out, uint32_t ch);

/** The table of parent orders; and what execution has cost, in bps. False: nothing is known. */
void qt__work_draw(struct qt_canvas *canvas, const struct qt_list_state *state,
                   const struct qt_snapshot *snap);
bool qt__work_bps(const struct qt_snapshot *snap, double *out);
/** Candles, volume, price and time axis; position NULL: no lines of it. */
void qt__chart_draw(struct qt_canvas *canvas, const struct qt_symbol_view *symbol,
                    const struct qt_position_view *position);
/** The whole screen of one symbol, inside its border. */
void qt__symbol_draw(struct qt_canvas *canvas, const struct qt_snapshot *snap, uint32_t instrument);
/** The two lines at the top. run_kind: shown when the picture has none; snap NULL: starting. */
void qt__header_draw(struct qt_canvas *canvas, const struct qt_snapshot *snap,
                     const char *run_kind);
/** What must not be overlooked, worst first, into out; trouble: of the source, "": none. False:
 * nothing. */
bool qt__alarm(const struct qt_snapshot *snap, const char *trouble, int64_t silent_ns, char *out,
               size_t capacity);

extern const struct qt_pane_class qt_pane_top, qt_pane_regime, qt_pane_risk, qt_pane_chart,
    qt_pane_positions, qt_pane_orders, qt_pane_engine, qt_pane_events;

#endif
