/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happened, newest first.
 */
#include <stdio.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "tui_priv.h"

static const struct {
    const char *mark;
    enum qt_role mark_role, text_role;
} severities[] = {
    [QT_SEVERITY_INFO] = {"·", QT_ROLE_DIM, QT_ROLE_TEXT},
    [QT_SEVERITY_GOOD] = {"✓", QT_ROLE_GOOD, QT_ROLE_TEXT},
    [QT_SEVERITY_WARN] = {"!", QT_ROLE_WARN, QT_ROLE_WARN},
    [QT_SEVERITY_BAD] = {"✗", QT_ROLE_BAD, QT_ROLE_BAD},
};

static size_t
severity_of(const struct qt_note_view *n)
{
    return QT_MIN(n->severity, QT_COUNT_OF(severities) - 1);
}

static void
cell_time(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_note_view *n = &snap->note[row];
    char clock[QT_TIME_TEXT];
    *role = QT_ROLE_DIM;
    qt_copy(out, QT__CELL, n->t_ns >= 0 ? qt_time_format_clock(n->t_ns, clock) : QT__UNKNOWN);
}

static void
cell_mark(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_note_view *n = &snap->note[row];
    *role = severities[severity_of(n)].mark_role;
    qt_copy(out, QT__CELL, severities[severity_of(n)].mark);
}

static void
cell_topic(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_note_view *n = &snap->note[row];
    *role = QT_ROLE_DIM;
    qt_copy(out, QT__CELL, n->topic);
}

static void
cell_text(const struct qt_snapshot *snap, int row, char *out, enum qt_role *role)
{
    const struct qt_note_view *n = &snap->note[row];
    *role = severities[severity_of(n)].text_role;
    qt_copy(out, QT__CELL, n->text);
}

/* A column: its row here, its cell above. */
static const struct qt__column columns[] = {
    {.title = NULL, .min = 8, .max = 8, .priority = 60, .align = QT_LEFT, .cell = cell_time},
    {.title = "", .min = 1, .max = 1, .priority = 0, .align = QT_LEFT, .cell = cell_mark},
    {.title = "", .min = 6, .max = 8, .priority = 50, .align = QT_LEFT, .cell = cell_topic},
    {.title = "",
     .min = 20,
     .max = 128,
     .priority = 0,
     .align = QT_LEFT,
     .is_greedy = true,
     .cell = cell_text},
};

static void
draw(const void *state, const struct qt_snapshot *snap, struct qt_canvas *canvas)
{
    int rows = qt__count(snap->notes, QT_VIEW_ROWS);
    if (rows == 0)
        qt__empty(canvas, "nothing happened yet");
    else
        qt__table_draw(canvas, state, columns, QT_COUNT_OF(columns), snap, rows);
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
