/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The section "audit" of the config. */
#ifndef QTRADE_STORE_AUDIT_CONFIG_H
#define QTRADE_STORE_AUDIT_CONFIG_H

#include "qtrade/base/config.h"

struct qt_audit_config {
    int64_t head_entries, head_seconds;
    char hook[256]; /* absolute path; "": none */
};

extern const struct qt_config_section qt_audit_section;

#endif
