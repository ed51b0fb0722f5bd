/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the audit beside a process that may write. */
#include <stdio.h>

#include "heads_priv.h"
#include "walk_priv.h"

struct taker {
    bool (*take)(void *self, const struct qt_audit_row *row);
    void *self;
};

static bool
take_row(void *self, sqlite3_stmt *row)
{
    const struct taker *taker = self;
    bool has_hash = sqlite3_column_bytes(row, 6) == QT__CHAIN_HASH;
    const struct qt_audit_row found = {.id = sqlite3_column_int64(row, 0),
                                       .t_ns = sqlite3_column_int64(row, 1),
                                       .seq = sqlite3_column_int64(row, 2),
                                       .actor = qt__walk_text(row, 3),
                                       .action = qt__walk_text(row, 4),
                                       .detail = qt__walk_text(row, 5),
                                       .hash = has_hash ? sqlite3_column_blob(row, 6) : NULL};
    return taker->take(taker->self, &found);
}

bool
qt_audit_walk(const char *folder, const struct qt_store_key *key,
              const struct qt_audit_filter *filter,
              bool (*take)(void *self, const struct qt_audit_row *row), void *self,
              struct qt_error *err)
{
    const struct qt__walk walk = {
        .select = "SELECT id, t_ns, seq, actor, action, detail, hash FROM audit",
        .matches = "action = ?3",
        .what = "the audit",
        .from_ns = filter->from_ns,
        .to_ns = filter->to_ns,
        .last = filter->last,
        .name = filter->action};
    struct taker taker = {take, self};
    return qt__walk(folder, key, &walk, take_row, &taker, err);
}

bool
qt_audit_heads(const char *folder, bool (*take)(void *self, const char *line), void *self,
               struct qt_error *err)
{
    struct qt__head_list list;
    char path[640];
    snprintf(path, sizeof path, "%.600s/" QT_AUDIT_HEADS_NAME, folder);
    if (!qt__heads_read(path, false, &list, err))
        return false;
    bool goes_on = true;
    for (size_t i = 0; i < list.n && goes_on; i++) {
        char line[QT_AUDIT_HEAD];
        qt__head_print(&list.head[i], line);
        goes_on = take(self, line);
    }
    qt__heads_free(&list);
    return true;
}
