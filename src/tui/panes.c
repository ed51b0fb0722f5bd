/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All panes. Adding one: its file, its line here, its id in pane.h, its leaf in layout.c.
 */
#include "tui_priv.h"

const struct qt_pane_class *const qt_panes[QT_PANES] = {
    [QT_PANE_TOP] = &qt_pane_top,
    [QT_PANE_REGIME] = &qt_pane_regime,
    [QT_PANE_RISK] = &qt_pane_risk,
    [QT_PANE_CHART] = &qt_pane_chart,
    [QT_PANE_POSITIONS] = &qt_pane_positions,
    [QT_PANE_ORDERS] = &qt_pane_orders,
    [QT_PANE_ENGINE] = &qt_pane_engine,
    [QT_PANE_EVENTS] = &qt_pane_events,
};
