/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>
#include <string.h>

#include "qtrade/hw/config.h"

#define AT(field) offsetof(struct qt_switch_config, field)
#define ROOM(field) sizeof(((struct qt_switch_config *)NULL)->field)
#define TEXT(name) .key = #name, .type = QT_CONFIG_TEXT, .offset = AT(name), .max = ROOM(name)

static const struct qt_config_key keys[] = {
    {.key = "enabled",
     .type = QT_CONFIG_BOOL,
     .offset = AT(enabled),
     .def = 0,
     .help = "a kill switch is wired: without it nothing trades, and a switch that cannot be read "
             "has tripped"},
    {TEXT(chip), .text = "pinctrl-bcm2711",
     .help = "GPIO chip: its label, its name (gpiochip0) or its path; gpiodetect lists them"},
    {TEXT(line), .text = "17", .help = "line of the switch: its offset on the chip or its name"},
    {TEXT(edge), .text = "falling", .choices = "falling|rising",
     .help = "the edge that trips; falling is a loop to 3.3 V that is opened"},
    {TEXT(bias), .text = "pull-down", .choices = "pull-down|pull-up|none|as-is",
     .help = "resistor inside the chip: what the line falls to when the cable is cut"},
    {.key = "release_ms",
     .type = QT_CONFIG_INT,
     .offset = AT(release_ms),
     .def = 100,
     .min = 1,
     .max = 60000,
     .unit = "ms",
     .help = "the loop counts as closed again after so long without a bounce; the first edge trips "
             "at once"},
    {TEXT(policy), .text = "halt", .choices = "halt|liquidate",
     .help = "after the gate is shut: cancel every order and keep positions under their exits, or "
             "sell them too"},
    {TEXT(tamper_line), .text = "", .help = "line of a case contact on the same chip; empty: none"},
    {TEXT(tamper_edge), .text = "falling", .choices = "falling|rising",
     .help = "the edge on which the case was opened"},
    {TEXT(tamper_bias), .text = "pull-down", .choices = "pull-down|pull-up|none|as-is",
     .help = "resistor inside the chip for the tamper line"},
    {TEXT(tamper_policy), .text = "pause", .choices = "audit|pause|halt|liquidate",
     .help = "what an opened case does; each is audited"},
    {TEXT(led_chip), .text = "", .help = "GPIO chip of the lamps; empty: the chip of the switch"},
    {TEXT(led_green), .text = "22", .help = "line of the green lamp: normal; empty: none"},
    {TEXT(led_yellow), .text = "23",
     .help = "line of the yellow lamp: paused, reduced; empty: none"},
    {TEXT(led_red), .text = "24", .help = "line of the red lamp: emergency; empty: none"},
    {0}};

const struct qt_config_section qt_switch_section = {
    .name = "kill_switch",
    .help = "a switch on a GPIO line that stops trading, a case contact and lamps",
    .size = sizeof(struct qt_switch_config),
    .keys = keys,
};

static const struct {
    const char *name;
    enum qt_command_kind kind;
} policies[] = {{"audit", QT_COMMAND_NOTE},
                {"pause", QT_COMMAND_PAUSE},
                {"halt", QT_COMMAND_HALT},
                {"liquidate", QT_COMMAND_LIQUIDATE}};

static enum qt_command_kind
policy_of(const char *name)
{
    for (size_t i = 0; i < QT_COUNT_OF(policies); i++)
        if (strcmp(policies[i].name, name) == 0)
            return policies[i].kind;
    return QT_COMMAND_HALT;
}

enum qt_command_kind
qt_switch_policy(const struct qt_switch_config *config)
{
    return policy_of(config->policy);
}

enum qt_command_kind
qt_switch_tamper_policy(const struct qt_switch_config *config)
{
    return policy_of(config->tamper_policy);
}
