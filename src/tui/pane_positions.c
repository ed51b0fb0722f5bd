/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Open positions: size, where they came in, where they stand, where they leave.
 */
#include <stdio.h>

#include "qtrade/base/text.h"

#include "tui_priv.h"

static void
cell_symbol(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_position_view *p = &snap->position[row];
    *role = QT_ROLE_STRONG;
    snprintf(out, QT__CELL, "%s %s", qt_qty_cmp(p->qty, QT_QTY_ZERO) >= 0 ? "▲" : "▼", p->symbol);
}

static void
cell_qty(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_position_view *p = &snap->position[row];
    (void)role;
    qt__format_qty(p->qty, p->qty_scale, true, out);
}

static void
cell_entry(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_position_view *p = &snap->position[row];
    (void)role;
    qt__format_px(p->entry, p->px_scale, out);
}

static void
cell_mark(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_position_view *p = &snap->position[row];
    (void)role;
    qt__format_px(p->mark, p->px_scale, out);
}

static void
cell_unrealised(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_position_view *p = &snap->position[row];
    *role = qt__money_role(p->unrealised);
    qt__format_money(p->unrealised, true, out);
}

static void
cell_multiple(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_position_view *p = &snap->position[row];
    *role = qt__sign_role(p->r_multiple);
    qt__format_signed(p->r_multiple, 2, out);
}

static void
cell_stop(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_position_view *p = &snap->position[row];
    char px[QT__NUMBER];
    bool is_bare = p->protection == QT_PROTECTION_NONE || p->protection == QT_PROTECTION_UNKNOWN;
    *role = qt_px_is_none(p->stop) || is_bare ? QT_ROLE_WARN : QT_ROLE_TEXT;
    qt__format_px(p->stop, p->px_scale, px);
    snprintf(out, QT__CELL, "%s%s", is_bare ? "!" : "", px);
}

static void
cell_target(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_position_view *p = &snap->position[row];
    (void)role;
    qt__format_px(p->target, p->px_scale, out);
}

static void
cell_hits(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_position_view *p = &snap->position[row];
    (void)role;
    snprintf(out, QT__CELL, "%u/%u", p->targets_hit, p->targets);
}

static void
cell_notional(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_position_view *p = &snap->position[row];
    (void)role;
    qt__format_money(p->notional, false, out);
}

static void
cell_realised(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_position_view *p = &snap->position[row];
    *role = qt__money_role(p->realised);
    qt__format_money(p->realised, true, out);
}

static void
cell_age(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_position_view *p = &snap->position[row];
    *role = QT_ROLE_DIM;
    qt__format_since(snap, p->opened_ns, out);
}

/* A column: its row here, its cell above. */
static const struct qt__column columns[] = {
    {.title = "symbol", .min = 9, .max = 16, .priority = 0, .align = QT_LEFT, .cell = cell_symbol},
    {.title = "quantity", .min = 7, .max = 12, .priority = 70, .align = QT_RIGHT, .cell = cell_qty},
    {.title = "entry", .min = 6, .max = 12, .priority = 60, .align = QT_RIGHT, .cell = cell_entry},
    {.title = "mark", .min = 6, .max = 12, .priority = 65, .align = QT_RIGHT, .cell = cell_mark},
    {.title = "uP&L",
     .min = 7,
     .max = 12,
     .priority = 90,
     .align = QT_RIGHT,
     .cell = cell_unrealised},
    {.title = "R", .min = 5, .max = 6, .priority = 80, .align = QT_RIGHT, .cell = cell_multiple},
    {.title = "stop", .min = 6, .max = 12, .priority = 75, .align = QT_RIGHT, .cell = cell_stop},
    {.title = "target",
     .min = 6,
     .max = 12,
     .priority = 50,
     .align = QT_RIGHT,
     .cell = cell_target},
    {.title = "hit", .min = 3, .max = 3, .priority = 20, .align = QT_RIGHT, .cell = cell_hits},
    {.title = "notional",
     .min = 8,
     .max = 13,
     .priority = 15,
     .align = QT_RIGHT,
     .cell = cell_notional},
    {.title = "realised",
     .min = 8,
     .max = 12,
     .priority = 10,
     .align = QT_RIGHT,
     .cell = cell_realised},
    {.title = "age", .min = 3, .max = 4, .priority = 40, .align = QT_RIGHT, .cell = cell_age},
};

/* The same without what tells a result. */
static const struct qt__column sealed[] = {
    {.title = "symbol", .min = 9, .max = 16, .priority = 0, .align = QT_LEFT, .cell = cell_symbol},
    {.title = "quantity", .min = 7, .max = 12, .priority = 70, .align = QT_RIGHT, .cell = cell_qty},
    {.title = "stop", .min = 6, .max = 12, .priority = 75, .align = QT_RIGHT, .cell = cell_stop},
    {.title = "target",
     .min = 6,
     .max = 12,
     .priority = 50,
     .align = QT_RIGHT,
     .cell = cell_target},
    {.title = "age", .min = 3, .max = 4, .priority = 40, .align = QT_RIGHT, .cell = cell_age},
};

static void
draw_totals(const struct qt_snapshot *snap, int rows, struct qt_canvas *canvas)
{
    char text[QT__CELL], number[QT__NUMBER];
    snprintf(text, sizeof text, "%d %s open, worth %s %s", rows, rows == 1 ? "position" : "positions",
             qt__format_money(snap->exposure, false, number), snap->quote_asset);
    qt__empty(canvas, text);
}

static void
draw(const void *state, const struct qt_snapshot *snap, struct qt_canvas *canvas)
{
    int rows = qt__count(snap->positions, QT_VIEW_ROWS);
    if (rows == 0)
        qt__empty(canvas, snap->has_equity ? "flat: no position is open"
                                           : "not known yet: the account was not read");
    else if (snap->dashboard == QT_DASHBOARD_TOTALS)
        draw_totals(snap, rows, canvas);
    else if (qt__is_withheld(snap))
        qt__table_draw(canvas, state, sealed, QT_COUNT_OF(sealed), snap, rows);
    else
        qt__table_draw(canvas, state, columns, QT_COUNT_OF(columns), snap, rows);
}

static enum qt_handled
key(void *state, const struct qt_snapshot *snap, int pressed)
{
    return qt__list_key(state, qt__count(snap->positions, QT_VIEW_ROWS), pressed);
}

static void
note(const struct qt_snapshot *snap, char *out, size_t capacity)
{
    char number[QT__NUMBER];
    int n = qt__count(snap->positions, QT_VIEW_ROWS);
    if (n > 0 && qt__is_withheld(snap))
        snprintf(out, capacity, "%d open", n);
    else if (n > 0)
        snprintf(out, capacity, "%d open, uP&L %s", n,
                 qt__format_money(snap->unrealised, true, number));
}

static uint32_t
instrument(const void *state, const struct qt_snapshot *snap)
{
    int n = qt__count(snap->positions, QT_VIEW_ROWS);
    return n > 0 ? snap->position[qt__list_cursor(state, n)].instrument : QT_NO_INSTRUMENT;
}

const struct qt_pane_class qt_pane_positions = {
    .name = "positions",
    .title = "Positions",
    .min = {40, 3},
    .want = {100, 7},
    .priority = 80,
    .grow = 2,
    .state_size = sizeof(struct qt_list_state),
    .draw = draw,
    .key = key,
    .note = note,
    .instrument = instrument,
};
