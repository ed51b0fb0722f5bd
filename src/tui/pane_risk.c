/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every limit with what it stands at: those close to their limit or not known come first, so that a small pane
 * shows what matters.
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
    return qt__format_fixed(v, v == floor(v) ? 0 : fabs(v) < 100 ? 2 : 1, out);
}

static void
draw_limit(struct qt_canvas *canvas, int y, const struct qt_limit_view *limit, int name_width)
{
    static const enum qt_role roles[] = {QT_ROLE_BAD, QT_ROLE_WARN, QT_ROLE_WARN, QT_ROLE_BAR,
                                         QT_ROLE_BAR};
    char name[sizeof limit->name], value[QT__NUMBER], most[QT__NUMBER], text[QT__CELL];
    int level = urgency(limit), numbers = 16, refusals = canvas->width >= 44 ? 6 : 5;
    int gauge = QT_MIN(canvas->width - name_width - numbers - refusals - 2, 24);
    qt_copy(name, sizeof name, limit->name);
    for (char *at = name; *at; at++)
        *at = *at == '_' ? ' ' : *at;
    qt_canvas_fit(canvas, 0, y, name_width, QT_LEFT, level <= 2 ? roles[level] : QT_ROLE_TEXT, name);
    qt__gauge(canvas, name_width + 1, y, gauge, roles[level], ratio_of(limit));
    snprintf(text, sizeof text, "%s/%s %s", limit->is_known ? short_number(limit->value, value) : "?",
             short_number(limit->limit, most), limit->unit);
    qt_canvas_fit(canvas, name_width + 1 + QT_MAX(gauge, 0) + 1, y, numbers, QT_LEFT,
                  level <= 2 ? roles[level] : QT_ROLE_TEXT, text);
    if (limit->refusals > 0) {
        snprintf(text, sizeof text, "✗%s", qt__format_compact((double)limit->refusals, value));
        qt_canvas_fit(canvas, canvas->width - refusals, y, refusals, QT_RIGHT, QT_ROLE_WARN, text);
    }
}

static int
name_width(const struct qt_snapshot *snap, int room)
{
    int width = 8;
    for (int i = 0; i < qt__count(snap->limits, QT_VIEW_ROWS); i++)
        width = QT_MAX(width, qt_text_columns(snap->limit[i].name));
    return QT_MIN(width, room);
}

static void
draw(const void *state, const struct qt_snapshot *snap, struct qt_canvas *canvas)
{
    const struct qt_list_state *list = state;
    int rows = qt__count(snap->limits, QT_VIEW_ROWS), first = qt__list_first(list, rows, canvas->height);
    int names = name_width(snap, QT_MAX(canvas->width - 26, 8));
    if (rows == 0)
        qt__empty(canvas, "no limit is known yet");
    for (int i = 0; i < canvas->height && first + i < rows; i++) {
        draw_limit(canvas, i, row_limit(snap, first + i), names);
        if (list->has_focus && first + i == qt__list_cursor(list, rows))
            qt_canvas_set_ground(canvas, (struct qt_rect){0, i, canvas->width, 1}, QT_GROUND_CURSOR);
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
    .want = {50, 12},
    .priority = 60,
    .grow = 1,
    .state_size = sizeof(struct qt_list_state),
    .draw = draw,
    .key = key,
    .note = note,
};
