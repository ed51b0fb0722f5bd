/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The config's section "watch": the watchman, a process of its own beside the engine. */
#ifndef QTRADE_CLI_WATCHING_PRIV_H
#define QTRADE_CLI_WATCHING_PRIV_H

#include "qtrade/base/config.h"
#include "qtrade/venue/router_config.h"

/** Of each venue, the first and the further ones. */
struct qt_watch_config {
    int64_t silent_s;                                /* of the engine until the watchman acts */
    char credentials[QT_MORE_VENUES + 1][33];        /* the vault's entry of a key of its own; "":
                                                        the engine's */
    char credentials_file[QT_MORE_VENUES + 1][1024]; /* or its file */
};

extern const struct qt_config_section qt_watch_section;

#endif
