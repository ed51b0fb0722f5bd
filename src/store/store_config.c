/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>

#include "qtrade/store/store_config.h"

static const struct qt_config_key keys[] = {
    {.key = "key_file",
     .type = QT_CONFIG_TEXT,
     .offset = offsetof(struct qt_store_config, key_file),
     .max = sizeof(((struct qt_store_config *)NULL)->key_file),
     .text = "",
     .help = "file of 32 bytes that opens store and journal; empty: the systemd credential "
             "qtrade-store, else local.key in the state folder, which is made"},
    {.key = "decisions_months",
     .type = QT_CONFIG_INT,
     .offset = offsetof(struct qt_store_config, decisions_months),
     .def = 12,
     .max = 1200,
     .unit = "months",
     .help = "decisions older than so many whole months before the newest become one row a month, symbol "
             "and kind; 0: never"},
    {.key = "equity_months",
     .type = QT_CONFIG_INT,
     .offset = offsetof(struct qt_store_config, equity_months),
     .def = 36,
     .max = 1200,
     .unit = "months",
     .help = "samples of the equity older than so many whole months before the newest become one row a "
             "month; 0: never"},
    {.key = "locked_memory",
     .type = QT_CONFIG_TEXT,
     .offset = offsetof(struct qt_store_config, locked_memory),
     .max = sizeof(((struct qt_store_config *)NULL)->locked_memory),
     .text = "warn",
     .choices = "warn|require",
     .help = "where the system does not let keys be locked in memory, so that they may reach the "
             "swap: warn and go on, or refuse to start"},
    {0}};

const struct qt_config_section qt_store_section = {
    .name = "store",
    .help = "the encrypted store and what opens it",
    .size = sizeof(struct qt_store_config),
    .keys = keys,
};

static const struct qt_config_key seal_keys[] = {
    {.key = "cooldown_h",
     .type = QT_CONFIG_INT,
     .offset = offsetof(struct qt_seal_config, cooldown_h),
     .def = 24,
     .min = 1,
     .max = 720,
     .unit = "h",
     .help = "so long after the seal a loosened limit takes effect; until then the tighter value "
             "is in force"},
    {0}};

const struct qt_config_section qt_seal_section = {
    .name = "seal",
    .help = "the sealed config, without which nothing is traded live",
    .size = sizeof(struct qt_seal_config),
    .keys = seal_keys,
};
