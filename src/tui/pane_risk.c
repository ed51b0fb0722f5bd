/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every limit with what it stands at: those close to their limit or not known come first, so that a
 * small pane shows what matters.
 */
#include <math.h>
#include <stdio.h>

#include "qtrade/base/text.h"

#include "tui_priv.h"

#define CLOSE 0.8 /* of a limit: worth a warning */

static double
ratio_of(const struct qt_limit_view *limit)
{
    if (!limit->is_known || !isfinite(limit->value) || !isfinite(limit->limit) || limit->limit == 0)
        return NAN;
    return QT_MAX(limit->value / limit->limit, 0.0);
}

/* 0 reached, 1 close, 2 unknown, 3 refused something, 4 quiet */
static int
urgency(const struct qt_limit_view *limit)
{
    double ratio = ratio_of(limit);
    if (!isfinite(ratio))
        return limit->is_known ? 4 : 2;
    return ratio >= 1 ? 0 : ratio >= CLOSE ? 1 : limit->refusals > 0 ? 3 : 4;
}

static const struct qt_limit_view *
row_limit(const struct qt_snapshot *snap, int row)
{
    int at = 0;
    for (int level = 0; level <= 4; level++)
        for (int i = 0; i < qt__count(snap->limits, QT_VIEW_ROWS); i++)
            if (urgency(&snap->limit[i]) == level && at++ == row)
                return &snap->limit[i];
    return NULL;
}

/* "1.25", "340", "12.5K": few columns, two decimals only where they matter. */
static char *
short_number(double v, char *out)
{
    if (fabs(v) >= 1000)
        return qt__format_compact(v, out);
    qt__format_fixed(v, fabs(v) < 100 ? 2 : 1, out);
    return qt__trim_zeros(out);
}

static void
write_numbers(const struct qt_limit_view *limit, char *out)
{
    char value[QT__NUMBER], most[QT__NUMBER];
    snprintf(out, QT__CELL, "%s/%s%s%s", limit->is_known ? short_number(limit->value, value) : "?",
             short_number(limit->limit, most), limit->unit[0] == '%' ? "" : " ", limit->unit);
}

static void
write_refusals(const struct qt_limit_view *limit, char *out)
{
    char number[QT__NUMBER];
    out[0] = '\0';
    if (limit->refusals > 0)
        snprintf(out, QT__CELL, "✗%s", qt__format_compact((double)limit->refusals, number));
}

/* The columns of all rows, so that they stand still while the list scrolls. */
struct widths {
    int name, gauge, numbers, refusals;
};

static struct widths
measure(const struct qt_snapshot *snap, int room)
{
    struct widths w = {.name = 8};
    char text[QT__CELL];
    for (int i = 0; i < qt__count(snap->limits, QT_VIEW_ROWS); i++) {
        const struct qt_limit_view *limit = &snap->limit[i];
        w.name = QT_MAX(w.name, qt_text_columns(limit->name));
        write_numbers(limit, text);
        w.numbers = QT_MAX(w.numbers, qt_text_columns(text));
        write_refusals(limit, text);
        w.refusals = QT_MAX(w.refusals, qt_text_columns(text));
    }
    w.numbers = QT_MIN(w.numbers, 18);
    w.refusals = QT_MIN(w.refusals, 6);
    w.gauge = QT_MAX(QT_MIN(room - w.name - w.numbers - w.refusals - 3, 24), 4);
    w.name = QT_MAX(QT_MIN(w.name, room - w.gauge - w.numbers - w.refusals - 3), 6);
    return w;
}

static void
draw_limit(struct qt_canvas *canvas, int y, const struct qt_limit_view *limit,
           const struct widths *w)
{
    static const enum qt_role roles[] = {QT_ROLE_BAD, QT_ROLE_WARN, QT_ROLE_WARN, QT_ROLE_BAR,
                                         QT_ROLE_BAR};
    char name[sizeof limit->name], text[QT__CELL];
    int level = urgency(limit), x = w->name + 1;
    enum qt_role role = level <= 2 ? roles[level] : QT_ROLE_TEXT;
    qt_copy(name, sizeof name, limit->name);
    for (char *at = name; *at; at++)
        *at = *at == '_' ? ' ' : *at;
    qt_canvas_fit(canvas, 0, y, w->name, QT_LEFT, role, name);
    qt__gauge(canvas, x, y, w->gauge, roles[level], ratio_of(limit));
    x += w->gauge + 1;
    write_numbers(limit, text);
    qt_canvas_fit(canvas, x, y, w->numbers, QT_LEFT, role, text);
    write_refusals(limit, text);
    qt_canvas_fit(canvas, canvas->width - w->refusals, y, w->refusals, QT_RIGHT, QT_ROLE_WARN,
                  text);
}

static void
draw(const void *state, const struct qt_snapshot *snap, struct qt_canvas *canvas)
{
    const struct qt_list_state *list = state;
    int rows = qt__count(snap->limits, QT_VIEW_ROWS),
        first = qt__list_first(list, rows, canvas->height);
    struct widths widths = measure(snap, canvas->width);
    if (rows == 0)
        qt__empty(canvas, "no limit is known yet");
    for (int i = 0; i < canvas->height && first + i < rows; i++) {
        draw_limit(canvas, i, row_limit(snap, first + i), &widths);
        if (list->has_focus && first + i == qt__list_cursor(list, rows))
            qt_canvas_set_ground(canvas, (struct qt_rect){0, i, canvas->width, 1},
                                 QT_GROUND_CURSOR);
    }
}

static enum qt_handled
key(void *state, const struct qt_snapshot *snap, int pressed)
{
    return qt__list_key(state, qt__count(snap->limits, QT_VIEW_ROWS), pressed);
}

static void
note(const struct qt_snapshot *snap, char *out, size_t capacity)
{
    char number[QT__NUMBER];
    if (snap->counts.refusals > 0)
        snprintf(out, capacity, "%s refused",
                 qt__format_compact((double)snap->counts.refusals, number));
}

const struct qt_pane_class qt_pane_risk = {
    .name = "risk",
    .title = "Risk",
    .min = {36, 4},
    .want = {44, 12},
    .priority = 60,
    .grow = 1,
    .state_size = sizeof(struct qt_list_state),
    .draw = draw,
    .key = key,
    .note = note,
};
