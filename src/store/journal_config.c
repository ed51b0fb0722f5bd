/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>
#include <string.h>

#include "qtrade/store/journal_config.h"

#define AT(field) offsetof(struct qt_journal_config, field)

static const struct qt_config_key keys[] = {
    {.key = "enabled",
     .type = QT_CONFIG_BOOL,
     .offset = AT(enabled),
     .def = 1,
     .help = "run keeps a journal in the state folder: every input and every decision"},
    {.key = "sync",
     .type = QT_CONFIG_TEXT,
     .offset = AT(sync),
     .max = sizeof(((struct qt_journal_config *)NULL)->sync),
     .text = "batch",
     .choices = "off|batch|every",
     .help = "when the disk must have it: batch is at most 5 ms after it came, every after each "
             "chunk, off when the system likes"},
    {.key = "segment_mb",
     .type = QT_CONFIG_INT,
     .offset = AT(segment_mb),
     .def = 64,
     .min = 1,
     .max = 1000,
     .unit = "MiB",
     .help = "size at which a new file is begun"},
    {.key = "keep_mb",
     .type = QT_CONFIG_INT,
     .offset = AT(keep_mb),
     .def = 4096,
     .min = 0,
     .max = 1 << 30,
     .unit = "MiB",
     .help = "the oldest sessions go while all together are larger, then the running one's oldest "
             "segments; 0 keeps all"},
    {0}};

const struct qt_config_section qt_journal_section = {
    .name = "journal",
    .help = "the record of every input and decision, from which a session can be replayed",
    .size = sizeof(struct qt_journal_config),
    .keys = keys,
};

enum qt_journal_sync
qt_journal_sync_of(const struct qt_journal_config *config)
{
    static const char *const names[] = {[QT_JOURNAL_SYNC_OFF] = "off",
                                        [QT_JOURNAL_SYNC_BATCH] = "batch",
                                        [QT_JOURNAL_SYNC_EVERY] = "every"};
    for (unsigned i = 0; i < QT_COUNT_OF(names); i++)
        if (strcmp(config->sync, names[i]) == 0)
            return (enum qt_journal_sync)i;
    return QT_JOURNAL_SYNC_BATCH;
}
