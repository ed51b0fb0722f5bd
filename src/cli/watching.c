/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "watching_priv.h"

#include <stddef.h>

#define KEY_OF(i_, credentials_, file_, help_, file_help_)                                         \
    {.key = credentials_,                                                                          \
     .type = QT_CONFIG_TEXT,                                                                       \
     .offset = offsetof(struct qt_watch_config, credentials[i_]),                                  \
     .max = sizeof((struct qt_watch_config *)0)->credentials[i_],                                  \
     .text = "",                                                                                   \
     .help = help_},                                                                               \
    {                                                                                              \
        .key = file_, .type = QT_CONFIG_TEXT,                                                      \
        .offset = offsetof(struct qt_watch_config, credentials_file[i_]),                          \
        .max = sizeof((struct qt_watch_config *)0)->credentials_file[i_], .text = "",              \
        .help = file_help_                                                                         \
    }

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
    KEY_OF(0, "credentials", "credentials_file",
           "entry of the vault with the watchman's own key; empty is the engine's",
           "or a file with {\"key\",\"secret\"}, mode 0600"),
    KEY_OF(1, "credentials_2", "credentials_file_2", "the same at venue_2", "or its file"),
    KEY_OF(2, "credentials_3", "credentials_file_3", "the same at venue_3", "or its file"),
    KEY_OF(3, "credentials_4", "credentials_file_4", "the same at venue_4", "or its file"),
    {0}};

const struct qt_config_section qt_watch_section = {
    .name = "watch",
    .help = "The watchman (qtrade watch), which acts when the engine is silent",
    .size = sizeof(struct qt_watch_config),
    .keys = keys,
};
