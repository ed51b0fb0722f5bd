/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parent orders under the open ones: how far each is, and what it costs against the price at which
 * it was decided. Those at work stand first.
 */
#include <math.h>
#include <stdio.h>

#include "qtrade/base/text.h"
#include "qtrade/trade/parent.h"

#include "tui_priv.h"

enum { BAR = 5 };

static void
cell_symbol(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_parent_view *p = &snap->parent[row];
    *role = p->state == QT_PARENT_DONE ? QT_ROLE_TEXT : QT_ROLE_STRONG;
    snprintf(out, QT__CELL, "%s %s", p->side == QT_BUY ? "▲" : "▼", p->symbol);
}

static void
cell_purpose(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    (void)role;
    qt_copy(out, QT__CELL, snap->parent[row].purpose);
}

static void
cell_algorithm(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    *role = QT_ROLE_ACCENT;
    qt_copy(out, QT__CELL, snap->parent[row].algorithm);
}

/* A bar and the share that is filled. */
static void
cell_filled(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_parent_view *p = &snap->parent[row];
    double whole = qt_qty_to_double(p->qty, p->qty_scale);
    double share = whole > 0 ? qt_qty_to_double(p->filled, p->qty_scale) / whole : 0;
    int eighths = (int)(QT_MAX(QT_MIN(share, 1.0), 0.0) * BAR * 8 + 0.5);
    char percent[QT__NUMBER];
    *role = p->state != QT_PARENT_DONE ? QT_ROLE_BAR : share < 1 ? QT_ROLE_WARN : QT_ROLE_DIM;
    out[0] = '\0';
    for (int i = 0; i < BAR; i++)
        qt__add_char(out,
                     eighths - 8 * i > 0 ? qt__glyph_left(QT_MIN(eighths - 8 * i, 8)) : 0x2508);
    snprintf(percent, sizeof percent, " %3.0f%%", floor(share * 100));
    for (const char *c = percent; *c; c++)
        qt__add_char(out, (uint32_t)*c);
}

static void
cell_children(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    *role = QT_ROLE_DIM;
    snprintf(out, QT__CELL, "%u", snap->parent[row].children);
}

static void
cell_arrival(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_parent_view *p = &snap->parent[row];
    (void)role;
    qt__format_price(p->arrival > 0 ? p->arrival : NAN, p->px_scale, out);
}

static void
cell_average(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_parent_view *p = &snap->parent[row];
    (void)role;
    qt__format_price(p->has_average ? p->average : NAN, p->px_scale, out);
}

/* A cost is a loss. */
static void
cost(bool is_known, double v, int decimals, char *out, enum qt_role *role)
{
    *role = is_known ? qt__sign_role(-v) : QT_ROLE_DIM;
    qt__format_signed(is_known ? v : NAN, decimals, out);
}

static void
cell_slip(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_parent_view *p = &snap->parent[row];
    cost(p->has_average && p->arrival > 0, p->arrival_bps, 1, out, role);
}

static void
cell_vwap(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_parent_view *p = &snap->parent[row];
    cost(p->has_vwap, p->vwap_bps, 1, out, role);
}

static void
cell_shortfall(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_parent_view *p = &snap->parent[row];
    cost(p->has_cost, p->shortfall_bps, 1, out, role);
}

static void
cell_quote(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_parent_view *p = &snap->parent[row];
    cost(p->has_cost, p->shortfall, 2, out, role);
}

static void
cell_age(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    *role = QT_ROLE_DIM;
    qt__format_since(snap, snap->parent[row].decided_ns, out);
}

static void
cell_why(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    *role = QT_ROLE_DIM;
    qt_copy(out, QT__CELL, snap->parent[row].why);
}

static const struct qt__column columns[] = {
    {.title = "parent", .min = 10, .max = 14, .priority = 0, .align = QT_LEFT, .cell = cell_symbol},
    {.title = "for", .min = 5, .max = 10, .priority = 40, .align = QT_LEFT, .cell = cell_purpose},
    {.title = "by", .min = 4, .max = 9, .priority = 70, .align = QT_LEFT, .cell = cell_algorithm},
    {.title = "filled",
     .min = 10,
     .max = 10,
     .priority = 80,
     .align = QT_LEFT,
     .cell = cell_filled},
    {.title = "sent", .min = 4, .max = 4, .priority = 30, .align = QT_RIGHT, .cell = cell_children},
    {.title = "arrival",
     .min = 7,
     .max = 10,
     .priority = 35,
     .align = QT_RIGHT,
     .cell = cell_arrival},
    {.title = "average",
     .min = 7,
     .max = 10,
     .priority = 60,
     .align = QT_RIGHT,
     .cell = cell_average},
    {.title = "slip bp", .min = 7, .max = 7, .priority = 75, .align = QT_RIGHT, .cell = cell_slip},
    {.title = "vwap bp", .min = 7, .max = 7, .priority = 25, .align = QT_RIGHT, .cell = cell_vwap},
    {.title = "cost bp",
     .min = 7,
     .max = 7,
     .priority = 78,
     .align = QT_RIGHT,
     .cell = cell_shortfall},
    {.title = "cost", .min = 6, .max = 9, .priority = 50, .align = QT_RIGHT, .cell = cell_quote},
    {.title = "age", .min = 3, .max = 4, .priority = 45, .align = QT_RIGHT, .cell = cell_age},
    {.title = "why", .min = 8, .max = 32, .priority = 10, .align = QT_LEFT, .cell = cell_why},
};

void
qt__work_draw(struct qt_canvas *canvas, const struct qt_list_state *state,
              const struct qt_snapshot *snap)
{
    qt__table_draw(canvas, state, columns, QT_COUNT_OF(columns), snap,
                   qt__count(snap->parents, QT_VIEW_ROWS));
}

bool
qt__work_bps(const struct qt_snapshot *snap, double *out)
{
    double notional = 0, shortfall = 0;
    int n = qt__count(snap->costs, QT_VIEW_ROWS);
    for (int i = 0; i < n; i++)
        if (snap->cost[i].symbol[0] == '\0') {
            notional += snap->cost[i].notional;
            shortfall += snap->cost[i].shortfall;
        }
    *out = notional > 0 ? shortfall / notional * 1e4 : 0;
    return notional > 0;
}
