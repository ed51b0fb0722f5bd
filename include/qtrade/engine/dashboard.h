/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What of the results people see while positions run. The engine's side withholds, so that no
 * screen, at its own terminal or attached, can show more than the config allows.
 *
 *     full     everything
 *     totals   how many positions, and what they are worth; no row of them, no profit or loss, no
 *              drawdown; the account at its book value, which open positions do not move
 *     sealed   rows without mark, value or result; the account's figures only while it is flat
 *
 * What was withheld is unknown in the picture: an amount none, a number NaN, a limit not known.
 */
#ifndef QTRADE_ENGINE_DASHBOARD_H
#define QTRADE_ENGINE_DASHBOARD_H

#include "qtrade/engine/snapshot.h"

const char *qt_dashboard_name(enum qt_dashboard dashboard); /* "full" ... */
/** The one of that name; false: there is none. */
bool qt_dashboard_find(const char *name, enum qt_dashboard *out);
/** Takes from a copy of the picture what the dashboard does not show. Any thread. */
void qt_dashboard_withhold(struct qt_snapshot *picture, enum qt_dashboard dashboard);

#endif
