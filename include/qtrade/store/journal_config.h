/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The journal's own section of the config.
 */
#ifndef QTRADE_STORE_JOURNAL_CONFIG_H
#define QTRADE_STORE_JOURNAL_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/config.h"
#include "qtrade/store/journal.h"

struct qt_journal_config {
    bool enabled;
    char sync[8]; /* "off", "batch", "every" */
    int64_t segment_mb, keep_mb;
};

extern const struct qt_config_section qt_journal_section;

/** The policy of config->sync. */
enum qt_journal_sync qt_journal_sync_of(const struct qt_journal_config *config);

#endif
