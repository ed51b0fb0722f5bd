/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The regime on both axes with its probabilities, how sure and how stable it is; then who may be
 * traded at all and what keeps the others out.
 */
#include <math.h>
#include <stdio.h>

#include "qtrade/base/text.h"

#include "tui_priv.h"

#define STATES 4
static const char *const structure_names[STATES] = {"TRENDING", "RANGING", "VOLATILE", "BREAKOUT"};
static const char *const market_names[STATES] = {"BULL", "BEAR", "SIDEWAYS", "CRISIS"};

/* One state: mark, name, bar, percent. */
static void
draw_state(struct qt_canvas *canvas, int x, int y, int width, const char *name, double probability,
           bool is_current)
{
    enum qt_role role = is_current ? QT_ROLE_STRONG : QT_ROLE_DIM;
    char percent[16];
    if (is_current)
        qt_canvas_put(canvas, x, y, QT_ROLE_ACCENT, "▸");
    qt_canvas_put(canvas, x + 1, y, role, name);
    if (isfinite(probability))
        snprintf(percent, sizeof percent, "%3.0f%%", QT_MIN(QT_MAX(probability, 0), 1) * 100);
    else
        snprintf(percent, sizeof percent, "   ?");
    qt__gauge(canvas, x + 10, y, width - 15, is_current ? QT_ROLE_BAR : QT_ROLE_DIM, probability);
    qt_canvas_fit(canvas, x + width - 4, y, 4, QT_RIGHT, role, percent);
}

static int
draw_axes(const struct qt_regime_view *regime, struct qt_canvas *canvas)
{
    int half = (canvas->width - 2) / 2, x = canvas->width - half;
    for (int i = 0; i < STATES; i++) {
        draw_state(canvas, 0, i, half, structure_names[i], regime->structure_probability[i],
                   regime->structure == i);
        draw_state(canvas, x, i, half, market_names[i], regime->market_probability[i],
                   regime->market == i);
    }
    return STATES;
}

static int
put_percent(struct qt_canvas *canvas, int x, int y, const char *label, double ratio)
{
    char number[QT__NUMBER];
    x += qt_canvas_put(canvas, x, y, QT_ROLE_DIM, label);
    x += qt_canvas_put(canvas, x, y, QT_ROLE_TEXT, qt__format_fixed(ratio * 100, 0, number));
    return x + qt_canvas_put(canvas, x, y, QT_ROLE_TEXT, isfinite(ratio) ? "%  " : "  ");
}

static void
draw_trust(const struct qt_regime_view *regime, struct qt_canvas *canvas, int y)
{
    char number[QT__NUMBER];
    int x =
        put_percent(canvas, 1, y, canvas->width < 50 ? "sure " : "confidence ", regime->confidence);
    x = put_percent(canvas, x, y, canvas->width < 50 ? "stable " : "stability ", regime->stability);
    x += qt_canvas_put(canvas, x, y, QT_ROLE_TEXT,
                       qt__format_fixed(regime->switches_per_day, 1, number));
    qt_canvas_put(canvas, x, y, QT_ROLE_DIM, canvas->width < 50 ? " turns/day" : " switches a day");
}

static void
draw_eligible(const struct qt_snapshot *snap, struct qt_canvas *canvas, int y)
{
    int n = qt__count(snap->exclusions, QT_VIEW_EXCLUSIONS);
    if (y >= canvas->height)
        return;
    int x = 1 + qt_canvas_put(canvas, 1, y, QT_ROLE_DIM, "eligible ");
    qt_canvas_putf(canvas, x, y, QT_ROLE_STRONG, "%u of %u", snap->eligible, snap->instruments);
    for (int i = 0; i < n && y + 1 + i < canvas->height; i++) {
        const struct qt_exclusion_view *row = &snap->exclusion[i];
        double share = snap->instruments > 0 ? (double)row->count / snap->instruments : NAN;
        qt_canvas_fit(canvas, 1, y + 1 + i, 14, QT_LEFT, QT_ROLE_DIM, row->reason);
        qt_canvas_putf(canvas, 16, y + 1 + i, QT_ROLE_TEXT, "%4u", row->count);
        qt__gauge(canvas, 21, y + 1 + i, QT_MIN(canvas->width - 22, 30), QT_ROLE_DIM, share);
    }
}

static void
draw(const void *state, const struct qt_snapshot *snap, struct qt_canvas *canvas)
{
    (void)state;
    int y = STATES + 1;
    if (snap->regime.is_known) {
        draw_axes(&snap->regime, canvas);
        draw_trust(&snap->regime, canvas, STATES);
    } else {
        qt_canvas_fit(canvas, 0, 1, canvas->width, QT_CENTRE, QT_ROLE_DIM,
                      "not known before the first full cycle");
    }
    draw_eligible(snap, canvas, canvas->height > STATES + 3 ? y + 1 : y);
}

const struct qt_pane_class qt_pane_regime = {
    .name = "regime",
    .title = "Market regime",
    .min = {36, 5},
    .want = {38, 12},
    .priority = 70,
    .state_size = sizeof(struct qt_list_state),
    .draw = draw,
};
