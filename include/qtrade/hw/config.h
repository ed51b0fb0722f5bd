/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The config of the kill switch, its tamper line and its lamps: section "kill_switch". */
#ifndef QTRADE_HW_CONFIG_H
#define QTRADE_HW_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/config.h"
#include "qtrade/market/event.h"

struct qt_switch_config {
    bool enabled;
    char chip[64], line[32];
    char edge[8], bias[12];
    int64_t release_ms;
    char policy[12];
    char tamper_line[32], tamper_edge[8], tamper_bias[12], tamper_policy[12];
    char led_chip[64], led_green[32], led_yellow[32], led_red[32];
};

extern const struct qt_config_section qt_switch_section;

/** What the switch does: QT_COMMAND_HALT or QT_COMMAND_LIQUIDATE. */
enum qt_command_kind qt_switch_policy(const struct qt_switch_config *config);
/** What the tamper line does: a stop, or QT_COMMAND_NOTE where it is only audited. */
enum qt_command_kind qt_switch_tamper_policy(const struct qt_switch_config *config);

#endif
