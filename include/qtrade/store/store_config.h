/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sections "store" and "seal" of the config. */
#ifndef QTRADE_STORE_STORE_CONFIG_H
#define QTRADE_STORE_STORE_CONFIG_H

#include "qtrade/base/config.h"

struct qt_store_config {
    char key_file[256]; /* 32 bytes that open store.key; "": a credential, or the folder's local.key
                         */
    int64_t decisions_months, equity_months; /* so many stay as they are; 0: all */
    char locked_memory[8]; /* "warn", "require" */
};

struct qt_seal_config {
    int64_t cooldown_h; /* until a looser limit takes effect */
};

extern const struct qt_config_section qt_store_section;
extern const struct qt_config_section qt_seal_section;

#endif
