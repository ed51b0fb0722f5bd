/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>

#include "operator_config_priv.h"

#define OF_SCREEN(field) offsetof(struct qt_screen_config, field)
#define OF_OPERATOR(field) offsetof(struct qt_operator_config, field)

static const struct qt_config_key screen_keys[] = {
    {.key = "dashboard",
     .type = QT_CONFIG_TEXT,
     .offset = OF_SCREEN(dashboard),
     .max = sizeof((struct qt_screen_config *)0)->dashboard,
     .text = "full",
     .choices = "full|totals|sealed",
     .help = "what screens and status show of results: all; totals: how many positions and their worth, no profit or "
             "loss; sealed: nothing until positions are closed"},
    {.key = "on_hangup",
     .type = QT_CONFIG_TEXT,
     .offset = OF_SCREEN(on_hangup),
     .max = sizeof((struct qt_screen_config *)0)->on_hangup,
     .text = "keep",
     .choices = "keep|pause|liquidate",
     .help = "when the terminal of a run's screen goes away: keep running without a screen, and first pause or "
             "liquidate"},
    {0}};

const struct qt_config_section qt_screen_section = {
    .name = "screen",
    .help = "what screens show, and what the loss of a terminal means",
    .size = sizeof(struct qt_screen_config),
    .keys = screen_keys,
};

static const struct qt_config_key operator_keys[] = {
    {.key = "absent_hours",
     .type = QT_CONFIG_DOUBLE,
     .offset = OF_OPERATOR(absent_hours),
     .def = 0,
     .min = 0,
     .max = 8760,
     .unit = "h",
     .help = "when nobody pressed a key in a screen or gave a command for so long, absent_action; 0: never"},
    {.key = "absent_action",
     .type = QT_CONFIG_TEXT,
     .offset = OF_OPERATOR(absent_action),
     .max = sizeof((struct qt_operator_config *)0)->absent_action,
     .text = "alarm",
     .choices = "alarm|pause|reduce",
     .help = "what the engine does when nobody is there: say so in log and status, and pause or reduce"},
    {0}};

const struct qt_config_section qt_operator_section = {
    .name = "operator",
    .help = "what happens when nobody is there",
    .size = sizeof(struct qt_operator_config),
    .keys = operator_keys,
};
