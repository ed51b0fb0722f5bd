/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "watching_priv.h"

#include <stddef.h>

static const struct qt_config_key keys[] = {
    {.key = "silent_s",
     .type = QT_CONFIG_INT,
     .offset = offsetof(struct qt_watch_config, silent_s),
     .def = 10,
     .min = 3,
     .max = 3600,
     .unit = "s",
     .help = "so long the engine is silent when the watchman cancels its orders and sells what it "
             "holds"},
    {.key = "credentials",
     .type = QT_CONFIG_TEXT,
     .offset = offsetof(struct qt_watch_config, credentials),
     .max = sizeof((struct qt_watch_config *)0)->credentials,
     .text = "",
     .help = "entry of the vault with the watchman's own key; empty is the engine's"},
    {.key = "credentials_file",
     .type = QT_CONFIG_TEXT,
     .offset = offsetof(struct qt_watch_config, credentials_file),
     .max = sizeof((struct qt_watch_config *)0)->credentials_file,
     .text = "",
     .help = "or a file with {\"key\",\"secret\"}, mode 0600"},
    {0}};

const struct qt_config_section qt_watch_section = {
    .name = "watch",
    .help = "The watchman (qtrade watch), which acts when the engine is silent",
    .size = sizeof(struct qt_watch_config),
    .keys = keys,
};
