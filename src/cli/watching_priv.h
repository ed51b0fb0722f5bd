/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The config's section "watch": the watchman, a process of its own beside the engine. */
#ifndef QTRADE_CLI_WATCHING_PRIV_H
#define QTRADE_CLI_WATCHING_PRIV_H

#include "qtrade/base/config.h"

struct qt_watch_config {
    int64_t silent_s;            /* of the engine until the watchman acts */
    char credentials[33];        /* the vault's entry of a key of its own; "": the engine's */
    char credentials_file[1024]; /* or its file */
};

extern const struct qt_config_section qt_watch_section;

#endif
