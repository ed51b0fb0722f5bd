/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Open orders, newest first; one whose fate is not known stands out.
 */
#include <stdio.h>

#include "qtrade/base/text.h"

#include "tui_priv.h"

enum { SIDE, SYMBOL, PURPOSE, TYPE, QTY, FILLED, PRICE, STATE, AGE, ID, COLUMNS };

static const struct qt__column columns[COLUMNS] = {
    [SIDE] = {"side", 6, 6, 80, QT_LEFT},      [SYMBOL] = {"symbol", 8, 14, 0, QT_LEFT},
    [PURPOSE] = {"for", 6, 10, 70, QT_LEFT},   [TYPE] = {"type", 6, 17, 40, QT_LEFT},
    [QTY] = {"quantity", 7, 12, 60, QT_RIGHT}, [FILLED] = {"filled", 6, 12, 50, QT_RIGHT},
    [PRICE] = {"price", 6, 12, 65, QT_RIGHT},  [STATE] = {"state", 7, 14, 75, QT_LEFT},
    [AGE] = {"age", 3, 4, 45, QT_RIGHT},       [ID] = {"id", 8, 16, 10, QT_RIGHT},
};

static enum qt_role
state_role(uint8_t state)
{
    return state == QT_ORDER_UNKNOWN                                       ? QT_ROLE_BAD
           : state == QT_ORDER_PENDING || state == QT_ORDER_CANCEL_PENDING ? QT_ROLE_WARN
                                                                           : QT_ROLE_TEXT;
}

static void
write_cell(const struct qt_snapshot *snap, int row, int column, char *out, enum qt_role *role)
{
    const struct qt_order_view *o = &snap->order[row];
    out[0] = '\0';
    switch (column) {
    case SIDE:
        *role = o->side == QT_BUY ? QT_ROLE_GAIN : QT_ROLE_LOSS;
        qt_copy(out, QT__CELL, o->side == QT_BUY ? "▲ buy" : "▼ sell");
        break;
    case SYMBOL:
        *role = QT_ROLE_STRONG;
        qt_copy(out, QT__CELL, o->symbol);
        break;
    case PURPOSE:
        qt_copy(out, QT__CELL, o->purpose);
        break;
    case TYPE:
        qt_copy(out, QT__CELL, o->type < QT_ORDER_TYPES ? qt_order_type_name(o->type) : "?");
        break;
    case QTY:
        qt__format_qty(o->qty, o->qty_scale, false, out);
        break;
    case FILLED:
        qt__format_qty(o->cum_qty, o->qty_scale, false, out);
        break;
    case PRICE:
        qt__format_px(o->px, o->px_scale, out);
        break;
    case STATE:
        *role = state_role(o->state);
        qt_copy(out, QT__CELL, o->state < QT_ORDER_STATES ? qt_order_state_name(o->state) : "?");
        break;
    case AGE:
        *role = QT_ROLE_DIM;
        qt__format_since(snap, o->created_ns, out);
        break;
    case ID:
        *role = QT_ROLE_DIM;
        snprintf(out, QT__CELL, "%llx", (unsigned long long)o->client_id);
        break;
    default:
        break;
    }
}

static void
draw(const void *state, const struct qt_snapshot *snap, struct qt_canvas *canvas)
{
    int rows = qt__count(snap->orders, QT_VIEW_ROWS);
    if (rows == 0)
        qt__empty(canvas, "no order is open");
    else
        qt__table_draw(canvas, state, columns, COLUMNS, snap, rows, write_cell);
}

static enum qt_handled
key(void *state, const struct qt_snapshot *snap, int pressed)
{
    return qt__list_key(state, qt__count(snap->orders, QT_VIEW_ROWS), pressed);
}

static void
note(const struct qt_snapshot *snap, char *out, size_t capacity)
{
    int n = qt__count(snap->orders, QT_VIEW_ROWS), unknown = 0;
    for (int i = 0; i < n; i++)
        unknown += snap->order[i].state == QT_ORDER_UNKNOWN;
    if (unknown > 0)
        snprintf(out, capacity, "%d open, %d UNKNOWN", n, unknown);
    else if (n > 0)
        snprintf(out, capacity, "%d open", n);
}

static uint32_t
instrument(const void *state, const struct qt_snapshot *snap)
{
    int n = qt__count(snap->orders, QT_VIEW_ROWS);
    return n > 0 ? snap->order[qt__list_cursor(state, n)].instrument : QT_NO_INSTRUMENT;
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
