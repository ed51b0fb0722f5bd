/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What panes are made of: gauges, sparklines, tables, scrolling.
 */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/tui/keys.h"

#include "tui_priv.h"

void
qt__gauge(struct qt_canvas *canvas, int x, int y, int width, enum qt_role role, double ratio)
{
    if (width <= 0)
        return;
    qt_canvas_fill(canvas, x, y, width, QT_ROLE_TRACK, 0x2508);
    if (!isfinite(ratio)) {
        qt_canvas_put(canvas, x, y, QT_ROLE_WARN, "?");
        return;
    }
    int eighths = (int)(QT_MIN(QT_MAX(ratio, 0.0), 1.0) * width * 8 + 0.5);
    if (ratio > 0 && eighths == 0)
        eighths = 1;
    qt_canvas_fill(canvas, x, y, eighths / 8, role, 0x2588);
    if (eighths % 8 != 0)
        qt_canvas_fill(canvas, x + eighths / 8, y, 1, role, qt__glyph_left(eighths % 8));
}

struct table {
    struct qt_canvas *canvas;
    const struct qt__column *columns;
    int n;
    int x[QT__COLUMNS], width[QT__COLUMNS]; /* width 0: dropped */
    int greedy, wish;                       /* that column (-1: none), and what its cells need */
};

/* The columns' widths and one blank between two. */
static int
table_width(const struct table *table)
{
    int sum = 0;
    for (int i = 0; i < table->n; i++)
        sum += table->width[i] > 0 ? table->width[i] + (sum > 0 ? 1 : 0) : 0;
    return sum;
}

/* Drops the least important columns below a priority; those of one priority go together. False:
 * there is none. */
static bool
drop_column(struct table *table, int below)
{
    int worst = below;
    for (int i = 0; i < table->n; i++)
        if (table->width[i] > 0 && table->columns[i].priority > 0)
            worst = QT_MIN(worst, table->columns[i].priority);
    for (int i = 0; i < table->n && worst < below; i++)
        if (table->columns[i].priority == worst)
            table->width[i] = 0;
    return worst < below;
}

/* What each column needs: its heading and its widest cell, within its bounds. */
static void
measure(struct table *table, const struct qt_snapshot *snap, int rows)
{
    char text[QT__CELL];
    enum qt_role role = QT_ROLE_TEXT;
    for (int i = 0; i < table->n; i++) {
        const struct qt__column *column = &table->columns[i];
        int width = QT_MAX(column->min, column->title ? qt_text_columns(column->title) : 0);
        for (int row = 0; row < rows && width < column->max; row++) {
            column->cell(snap, row, text, &role);
            width = QT_MAX(width, qt_text_columns(text));
        }
        table->width[i] = QT_MIN(width, QT_MAX(column->max, column->min));
        if (column->is_greedy) {
            table->greedy = i;
            table->wish = table->width[i];
        }
    }
}

/*
 * What is left: first the greedy column has its cells whole, then the gaps grow to three blanks at
 * most, the rest is the greedy one's. Returns the gap.
 */
static int
spread(struct table *table, int left)
{
    int gaps = -1,
        greedy = table->greedy >= 0 && table->width[table->greedy] > 0 ? table->greedy : -1;
    for (int i = 0; i < table->n; i++)
        gaps += table->width[i] > 0;
    int more = greedy >= 0 ? QT_MIN(left, table->wish - table->width[greedy]) : 0;
    left -= QT_MAX(more, 0);
    int gap = gaps > 0 ? QT_MIN(1 + left / gaps, 3) : 1;
    left -= (gap - 1) * QT_MAX(gaps, 0);
    if (greedy >= 0)
        table->width[greedy] += QT_MAX(more, 0) + left;
    return gap;
}

static void
place_columns(struct table *table)
{
    while (table_width(table) > table->canvas->width && drop_column(table, QT__EXTRA))
        continue;
    if (table->greedy >= 0)
        table->width[table->greedy] = table->columns[table->greedy].min;
    while (table_width(table) > table->canvas->width && drop_column(table, INT_MAX))
        continue;
    int gap = spread(table, table->canvas->width - table_width(table)), x = 0;
    for (int i = 0; i < table->n; i++) {
        if (table->width[i] == 0)
            continue;
        table->x[i] = x;
        table->width[i] = QT_MAX(QT_MIN(table->width[i], table->canvas->width - x), 0);
        x += table->width[i] + gap;
    }
}

static void
put_cell(const struct table *table, int i, int y, enum qt_role role, const char *text)
{
    if (table->width[i] > 0)
        qt_canvas_fit(table->canvas, table->x[i], y, table->width[i],
                      (enum qt_align)table->columns[i].align, role, text);
}

static void
put_row(const struct table *table, int y, const struct qt_snapshot *snap, int row)
{
    char text[QT__CELL];
    for (int i = 0; i < table->n; i++) {
        enum qt_role role = QT_ROLE_TEXT;
        if (table->width[i] == 0)
            continue;
        table->columns[i].cell(snap, row, text, &role);
        put_cell(table, i, y, role, text);
    }
}

/* A thumb on the right edge when not all rows are in sight. */
static void
put_thumb(struct qt_canvas *canvas, int y, int rows_shown, int rows, int first, enum qt_role role)
{
    if (rows <= rows_shown || rows_shown < 2)
        return;
    int at = first * (rows_shown - 1) / (rows - rows_shown);
    qt_canvas_put(canvas, canvas->width - 1, y + at, role, "▐");
}

void
qt__table_draw(struct qt_canvas *canvas, const struct qt_list_state *state,
               const struct qt__column *columns, int n, const struct qt_snapshot *snap, int rows)
{
    struct qt_canvas body = *canvas;
    struct table table = {
        .canvas = &body, .columns = columns, .n = QT_MIN(n, QT__COLUMNS), .greedy = -1};
    bool has_heading = columns[0].title != NULL && canvas->height > 1;
    int top = has_heading ? 1 : 0, shown = canvas->height - top;
    int first = qt__list_first(state, rows, shown), cursor = qt__list_cursor(state, rows);
    if (rows > shown)
        body.width = QT_MAX(body.width - 1, 0); /* the thumb's */
    measure(&table, snap, rows);
    place_columns(&table);
    for (int i = 0; has_heading && i < table.n; i++)
        put_cell(&table, i, 0, QT_ROLE_HEADING, columns[i].title);
    for (int i = 0; i < shown && first + i < rows; i++) {
        put_row(&table, top + i, snap, first + i);
        if (state->has_focus && first + i == cursor)
            qt_canvas_set_ground(canvas, (struct qt_rect){0, top + i, canvas->width, 1},
                                 QT_GROUND_CURSOR);
    }
    put_thumb(canvas, top, shown, rows, first, state->has_focus ? QT_ROLE_FOCUS : QT_ROLE_BORDER);
}

int
qt__list_cursor(const struct qt_list_state *state, int n)
{
    return QT_MAX(QT_MIN(state->cursor, n - 1), 0);
}

int
qt__list_first(const struct qt_list_state *state, int n, int rows)
{
    int first = qt__list_cursor(state, n) - rows / 2;
    return QT_MAX(QT_MIN(first, n - rows), 0);
}

enum qt_handled
qt__list_key(struct qt_list_state *state, int n, int key)
{
    int page = QT_MAX(state->rows - 1, 1), cursor = qt__list_cursor(state, n);
    switch (key) {
    case QT_KEY_UP:
        cursor -= 1;
        break;
    case QT_KEY_DOWN:
        cursor += 1;
        break;
    case QT_KEY_PAGE_UP:
        cursor -= page;
        break;
    case QT_KEY_PAGE_DOWN:
        cursor += page;
        break;
    case QT_KEY_HOME:
        cursor = 0;
        break;
    case QT_KEY_END:
        cursor = n - 1;
        break;
    default:
        return QT_NOT_HANDLED;
    }
    state->cursor = QT_MAX(QT_MIN(cursor, n - 1), 0);
    return QT_HANDLED;
}

void
qt__empty(struct qt_canvas *canvas, const char *text)
{
    qt_canvas_fit(canvas, 0, canvas->height / 2, canvas->width, QT_CENTRE, QT_ROLE_DIM, text);
}

int
qt__wrap(struct qt_canvas *canvas, int x, int y, int width, int lines, enum qt_role role,
         const char *text)
{
    int line = 0;
    while (line < lines && *text && width > 0) {
        const char *at = text, *cut = NULL;
        for (int used = 0, columns = 0; *at; used += columns) {
            const char *next = at;
            uint32_t ch = qt_text_next(&next, &columns);
            if (used + columns > width)
                break;
            at = next;
            if (ch == ' ' || *at == '\0' || *at == ' ')
                cut = at;
        }
        if (!cut || cut == text)
            cut = at > text ? at : at + 1;
        char piece[QT__CELL];
        qt_copy_n(piece, sizeof piece, text, (size_t)(cut - text));
        bool is_last = line == lines - 1 && *cut;
        qt_canvas_fit(canvas, x, y + line, width, QT_LEFT, role, is_last ? text : piece);
        text = cut + strspn(cut, " ");
        line++;
    }
    return line;
}
