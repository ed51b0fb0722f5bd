/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where panes stand: rows and columns solved from what each pane needs, wants, and is worth.
 * Neighbours share their border line.
 *
 * Rules: L1 the insides of shown panes never overlap and lie inside the room; L2 a shown pane has
 * at least its min inside; L3 a pane is left out only when it does not fit beside the shown panes
 * of higher priority; L4 shown panes cover the room without a gap.
 */
#ifndef QTRADE_TUI_LAYOUT_H
#define QTRADE_TUI_LAYOUT_H

#include <stdbool.h>

#include "qtrade/tui/canvas.h"
#include "qtrade/tui/pane.h"

struct qt_layout {
    bool is_shown[QT_PANES];
    struct qt_rect rect[QT_PANES]; /* with its border; meaningless when not shown */
};

/** Solves the layout of a room of width x height cells. Nothing is shown when not even the first
 * fits. */
void qt_layout_solve(int width, int height, struct qt_layout *out);

#endif
