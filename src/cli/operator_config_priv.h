/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sections of the config about people: what a screen shows, what the loss of its terminal means,
 * and what happens when nobody is there.
 */
#ifndef QTRADE_CLI_OPERATOR_CONFIG_PRIV_H
#define QTRADE_CLI_OPERATOR_CONFIG_PRIV_H

#include "qtrade/base/config.h"

struct qt_screen_config {
    char dashboard[8];   /* "full", "totals", "sealed": engine/dashboard.h */
    char on_hangup[12];  /* "keep", "pause", "liquidate" */
};

struct qt_operator_config {
    double absent_hours;   /* 0: nobody is missed */
    char absent_action[8]; /* "alarm", "pause", "reduce" */
};

extern const struct qt_config_section qt_screen_section, qt_operator_section;

#endif
