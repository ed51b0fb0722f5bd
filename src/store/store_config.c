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
    {0}};

const struct qt_config_section qt_store_section = {
    .name = "store",
    .help = "the encrypted store and what opens it",
    .size = sizeof(struct qt_store_config),
    .keys = keys,
};
