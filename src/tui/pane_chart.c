/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Candles of one symbol beside the tables: the best one, or the one that the arrows chose.
 */
#include "tui_priv.h"

static void
draw(const void *state, const struct qt_snapshot *snap, struct qt_canvas *canvas)
{
    int n = qt__count(snap->symbols, QT_VIEW_SYMBOLS);
    if (n == 0) {
        qt__empty(canvas, "no candles yet");
        return;
    }
    const struct qt_symbol_view *symbol = &snap->symbol[qt__list_cursor(state, n)];
    qt__chart_draw(canvas, symbol, qt__find_position(snap, symbol->instrument));
}

static enum qt_handled
key(void *state, const struct qt_snapshot *snap, int pressed)
{
    return qt__list_key(state, qt__count(snap->symbols, QT_VIEW_SYMBOLS), pressed);
}

static uint32_t
instrument(const void *state, const struct qt_snapshot *snap)
{
    int n = qt__count(snap->symbols, QT_VIEW_SYMBOLS);
    return n > 0 ? snap->symbol[qt__list_cursor(state, n)].instrument : QT_NO_INSTRUMENT;
}

const struct qt_pane_class qt_pane_chart = {
    .name = "chart",
    .title = "Chart",
    .min = {50, 11},
    .want = {120, 18},
    .priority = 20,
    .grow = 3,
    .state_size = sizeof(struct qt_list_state),
    .draw = draw,
    .key = key,
    .instrument = instrument,
};
