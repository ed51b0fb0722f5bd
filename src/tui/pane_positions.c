/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Open positions: size, where they came in, where they stand, where they leave.
 */
#include <math.h>
#include <stdio.h>

#include "qtrade/base/text.h"

#include "tui_priv.h"

enum {
    SYMBOL,
    QTY,
    ENTRY,
    MARK,
    UNREALISED,
    MULTIPLE,
    STOP,
    TARGET,
    HITS,
    NOTIONAL,
    REALISED,
    AGE,
    COLUMNS
};

static const struct qt__column columns[COLUMNS] = {
    [SYMBOL] = {"symbol", 9, 16, 0, QT_LEFT},       [QTY] = {"quantity", 7, 12, 70, QT_RIGHT},
    [ENTRY] = {"entry", 6, 12, 60, QT_RIGHT},       [MARK] = {"mark", 6, 12, 65, QT_RIGHT},
    [UNREALISED] = {"uP&L", 7, 12, 90, QT_RIGHT},   [MULTIPLE] = {"R", 5, 6, 80, QT_RIGHT},
    [STOP] = {"stop", 6, 12, 75, QT_RIGHT},         [TARGET] = {"target", 6, 12, 50, QT_RIGHT},
    [HITS] = {"hit", 3, 3, 20, QT_RIGHT},           [NOTIONAL] = {"notional", 8, 13, 15, QT_RIGHT},
    [REALISED] = {"realised", 8, 12, 10, QT_RIGHT}, [AGE] = {"age", 3, 4, 40, QT_RIGHT},
};

static void
write_cell(const struct qt_snapshot *snap, int row, int column, char *out, enum qt_role *role)
{
    const struct qt_position_view *p = &snap->position[row];
    int side = qt_qty_cmp(p->qty, QT_QTY_ZERO);
    double unrealised = qt_money_to_double(p->unrealised, QT_MONEY_SCALE);
    out[0] = '\0';
    switch (column) {
    case SYMBOL:
        *role = QT_ROLE_STRONG;
        snprintf(out, QT__CELL, "%s %s", side >= 0 ? "▲" : "▼", p->symbol);
        break;
    case QTY:
        qt__format_qty(p->qty, p->qty_scale, true, out);
        break;
    case ENTRY:
        qt__format_px(p->entry, p->px_scale, out);
        break;
    case MARK:
        qt__format_px(p->mark, p->px_scale, out);
        break;
    case UNREALISED:
        *role = qt__sign_role(unrealised);
        qt__format_money(p->unrealised, true, out);
        break;
    case MULTIPLE:
        *role = qt__sign_role(p->r_multiple);
        qt__format_signed(p->r_multiple, 2, out);
        break;
    case STOP:
        *role = qt_px_is_none(p->stop) ? QT_ROLE_WARN : QT_ROLE_TEXT;
        qt__format_px(p->stop, p->px_scale, out);
        break;
    case TARGET:
        qt__format_px(p->target, p->px_scale, out);
        break;
    case HITS:
        snprintf(out, QT__CELL, "%u/%u", p->targets_hit, p->targets);
        break;
    case NOTIONAL:
        qt__format_money(p->notional, false, out);
        break;
    case REALISED:
        *role = qt__sign_role(qt_money_to_double(p->realised, QT_MONEY_SCALE));
        qt__format_money(p->realised, true, out);
        break;
    case AGE:
        *role = QT_ROLE_DIM;
        qt__format_since(snap, p->opened_ns, out);
        break;
    default:
        break;
    }
}

static void
draw(const void *state, const struct qt_snapshot *snap, struct qt_canvas *canvas)
{
    int rows = qt__count(snap->positions, QT_VIEW_ROWS);
    if (rows == 0)
        qt__empty(canvas, snap->has_equity ? "flat: no position is open"
                                           : "not known yet: the account was not read");
    else
        qt__table_draw(canvas, state, columns, COLUMNS, snap, rows, write_cell);
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
    if (n > 0)
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
