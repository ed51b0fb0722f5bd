/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happened, newest first.
 */
#include <stdio.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "tui_priv.h"

enum { TIME, MARK, TOPIC, TEXT, COLUMNS };

static const struct qt__column columns[COLUMNS] = {
    [TIME] = {NULL, 8, 8, 60, QT_LEFT},
    [MARK] = {"", 1, 1, 0, QT_LEFT},
    [TOPIC] = {"", 6, 8, 50, QT_LEFT},
    [TEXT] = {"", 20, 128, 0, QT_LEFT, true},
};

static const struct {
    const char *mark;
    enum qt_role mark_role, text_role;
} severities[] = {
    [QT_SEVERITY_INFO] = {"·", QT_ROLE_DIM, QT_ROLE_TEXT},
    [QT_SEVERITY_GOOD] = {"✓", QT_ROLE_GOOD, QT_ROLE_TEXT},
    [QT_SEVERITY_WARN] = {"!", QT_ROLE_WARN, QT_ROLE_WARN},
    [QT_SEVERITY_BAD] = {"✗", QT_ROLE_BAD, QT_ROLE_BAD},
};

static void
write_cell(const struct qt_snapshot *snap, int row, int column, char *out, enum qt_role *role)
{
    const struct qt_note_view *n = &snap->note[row];
    size_t severity = QT_MIN(n->severity, QT_COUNT_OF(severities) - 1);
    char clock[QT_TIME_TEXT];
    out[0] = '\0';
    switch (column) {
    case TIME:
        *role = QT_ROLE_DIM;
        qt_copy(out, QT__CELL, n->t_ns >= 0 ? qt_time_format_clock(n->t_ns, clock) : QT__UNKNOWN);
        break;
    case MARK:
        *role = severities[severity].mark_role;
        qt_copy(out, QT__CELL, severities[severity].mark);
        break;
    case TOPIC:
        *role = QT_ROLE_DIM;
        qt_copy(out, QT__CELL, n->topic);
        break;
    case TEXT:
        *role = severities[severity].text_role;
        qt_copy(out, QT__CELL, n->text);
        break;
    default:
        break;
    }
}

static void
draw(const void *state, const struct qt_snapshot *snap, struct qt_canvas *canvas)
{
    int rows = qt__count(snap->notes, QT_VIEW_ROWS);
    if (rows == 0)
        qt__empty(canvas, "nothing happened yet");
    else
        qt__table_draw(canvas, state, columns, COLUMNS, snap, rows, write_cell);
}

static enum qt_handled
key(void *state, const struct qt_snapshot *snap, int pressed)
{
    return qt__list_key(state, qt__count(snap->notes, QT_VIEW_ROWS), pressed);
}

const struct qt_pane_class qt_pane_events = {
    .name = "events",
    .title = "Events",
    .min = {36, 2},
    .want = {70, 8},
    .priority = 65,
    .grow = 3,
    .state_size = sizeof(struct qt_list_state),
    .draw = draw,
    .key = key,
};
