/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Open orders, newest first; one whose fate is not known stands out. Below, where there is room,
 * the parent orders that they work for, and what those cost; alone where no order is open.
 */
#include <stdio.h>

#include "qtrade/base/text.h"

#include "tui_priv.h"

static enum qt_role
state_role(uint8_t state)
{
    return state == QT_ORDER_UNKNOWN                                       ? QT_ROLE_BAD
           : state == QT_ORDER_PENDING || state == QT_ORDER_CANCEL_PENDING ? QT_ROLE_WARN
                                                                           : QT_ROLE_TEXT;
}

static void
cell_side(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_order_view *o = &snap->order[row];
    *role = o->side == QT_BUY ? QT_ROLE_GAIN : QT_ROLE_LOSS;
    qt_copy(out, QT__CELL, o->side == QT_BUY ? "▲ buy" : "▼ sell");
}

static void
cell_symbol(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_order_view *o = &snap->order[row];
    *role = QT_ROLE_STRONG;
    qt_copy(out, QT__CELL, o->symbol);
}

static void
cell_purpose(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_order_view *o = &snap->order[row];
    (void)role;
    qt_copy(out, QT__CELL, o->purpose);
}

static void
cell_type(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_order_view *o = &snap->order[row];
    (void)role;
    qt_copy(out, QT__CELL, o->type < QT_ORDER_TYPES ? qt_order_type_name(o->type) : "?");
}

static void
cell_qty(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_order_view *o = &snap->order[row];
    (void)role;
    qt__format_qty(o->qty, o->qty_scale, false, out);
}

static void
cell_filled(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_order_view *o = &snap->order[row];
    (void)role;
    qt__format_qty(o->cum_qty, o->qty_scale, false, out);
}

static void
cell_price(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_order_view *o = &snap->order[row];
    (void)role;
    qt__format_px(o->px, o->px_scale, out);
}

static void
cell_state(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_order_view *o = &snap->order[row];
    *role = state_role(o->state);
    qt_copy(out, QT__CELL, o->state < QT_ORDER_STATES ? qt_order_state_name(o->state) : "?");
}

static void
cell_age(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_order_view *o = &snap->order[row];
    *role = QT_ROLE_DIM;
    qt__format_since(snap, o->created_ns, out);
}

static void
cell_id(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_order_view *o = &snap->order[row];
    *role = QT_ROLE_DIM;
    snprintf(out, QT__CELL, "%llx", (unsigned long long)o->client_id);
}

/* A column: its row here, its cell above. */
static const struct qt__column columns[] = {
    {.title = "side", .min = 6, .max = 6, .priority = 80, .align = QT_LEFT, .cell = cell_side},
    {.title = "symbol", .min = 8, .max = 14, .priority = 0, .align = QT_LEFT, .cell = cell_symbol},
    {.title = "for", .min = 6, .max = 10, .priority = 70, .align = QT_LEFT, .cell = cell_purpose},
    {.title = "type", .min = 6, .max = 17, .priority = 40, .align = QT_LEFT, .cell = cell_type},
    {.title = "quantity", .min = 7, .max = 12, .priority = 60, .align = QT_RIGHT, .cell = cell_qty},
    {.title = "filled",
     .min = 6,
     .max = 12,
     .priority = 50,
     .align = QT_RIGHT,
     .cell = cell_filled},
    {.title = "price", .min = 6, .max = 12, .priority = 65, .align = QT_RIGHT, .cell = cell_price},
    {.title = "state", .min = 7, .max = 14, .priority = 75, .align = QT_LEFT, .cell = cell_state},
    {.title = "age", .min = 3, .max = 4, .priority = 45, .align = QT_RIGHT, .cell = cell_age},
    {.title = "id", .min = 8, .max = 16, .priority = 10, .align = QT_RIGHT, .cell = cell_id},
};

/* Rows of the list that has the cursor. */
static int
list_rows(const struct qt_snapshot *snap)
{
    int orders = qt__count(snap->orders, QT_VIEW_ROWS);
    return orders > 0 ? orders : qt__count(snap->parents, QT_VIEW_ROWS);
}

/* A heading, a blank line above, and two rows at least; else the orders have all of it. */
static void
draw_both(const void *state, const struct qt_snapshot *snap, struct qt_canvas *canvas, int rows)
{
    const struct qt_list_state no_cursor = {0};
    int top = rows + 2, left = canvas->height - top;
    bool has_room = left >= 3 && snap->parents > 0;
    struct qt_canvas upper =
        qt_canvas_view(canvas, (struct qt_rect){0, 0, canvas->width, has_room ? top - 1 : canvas->height});
    struct qt_canvas lower =
        qt_canvas_view(canvas, (struct qt_rect){0, top, canvas->width, left});
    qt__table_draw(&upper, state, columns, QT_COUNT_OF(columns), snap, rows);
    if (has_room)
        qt__work_draw(&lower, &no_cursor, snap);
}

static void
draw(const void *state, const struct qt_snapshot *snap, struct qt_canvas *canvas)
{
    int rows = qt__count(snap->orders, QT_VIEW_ROWS);
    if (rows > 0)
        draw_both(state, snap, canvas, rows);
    else if (snap->parents > 0)
        qt__work_draw(canvas, state, snap);
    else
        qt__empty(canvas, "no order is open");
}

static enum qt_handled
key(void *state, const struct qt_snapshot *snap, int pressed)
{
    return qt__list_key(state, list_rows(snap), pressed);
}

static void
note(const struct qt_snapshot *snap, char *out, size_t capacity)
{
    int n = qt__count(snap->orders, QT_VIEW_ROWS), unknown = 0;
    for (int i = 0; i < n; i++)
        unknown += snap->order[i].state == QT_ORDER_UNKNOWN;
    char cost[QT__NUMBER] = "";
    double bps;
    if (qt__work_bps(snap, &bps))
        snprintf(cost, sizeof cost, "%scost %.1f bp", n > 0 ? ", " : "", bps);
    if (unknown > 0)
        snprintf(out, capacity, "%d open, %d UNKNOWN%s", n, unknown, cost);
    else if (n > 0)
        snprintf(out, capacity, "%d open%s", n, cost);
    else
        qt_copy(out, capacity, cost);
}

static uint32_t
instrument(const void *state, const struct qt_snapshot *snap)
{
    int n = list_rows(snap), at = qt__list_cursor(state, n);
    if (n == 0)
        return QT_NO_INSTRUMENT;
    return snap->orders > 0 ? snap->order[at].instrument : snap->parent[at].instrument;
}

const struct qt_pane_class qt_pane_orders = {
    .name = "orders",
    .title = "Open orders",
    .min = {40, 3},
    .want = {80, 7},
    .priority = 40,
    .grow = 1,
    .state_size = sizeof(struct qt_list_state),
    .draw = draw,
    .key = key,
    .note = note,
    .instrument = instrument,
};
