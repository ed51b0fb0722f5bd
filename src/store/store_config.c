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
    {0}};

const struct qt_config_section qt_store_section = {
    .name = "store",
    .help = "the encrypted store and what opens it",
    .size = sizeof(struct qt_store_config),
    .keys = keys,
};
