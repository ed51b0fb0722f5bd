/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries of the audit that no event caused: of subcommands, which write them at once, and of
 * threads beside a running engine, which leave them with the store's thread.
 */
#include "qtrade/store/audit.h"

#include <string.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "store_open_priv.h"

static bool
leave_aside(struct qt_store *store, const struct qt_record *record, struct qt_error *err)
{
    pthread_mutex_lock(&store->mutex);
    bool has_room = store->aside_n < QT__STORE_ASIDE;
    if (has_room) {
        store->aside[store->aside_n++] = *record;
        atomic_fetch_add(&store->put, 1);
        pthread_cond_signal(&store->put_or_stop);
    }
    pthread_mutex_unlock(&store->mutex);
    return has_room || qt_fail(err, QT_E_FAILED,
                               "%d entries of the audit wait for the store, which does not write",
                               (int)QT__STORE_ASIDE);
}

bool
qt_audit_append(struct qt_store *store, const char *actor, const char *action, const char *detail,
                struct qt_error *err)
{
    struct qt_record record = {.kind = QT_RECORD_AUDIT, .t_ns = qt_now_utc_ns()};
    qt_copy(record.audit.actor, sizeof record.audit.actor, actor);
    qt_copy(record.audit.action, sizeof record.audit.action, action);
    qt_copy(record.audit.detail, sizeof record.audit.detail, detail);
    if (store->is_started)
        return leave_aside(store, &record, err);
    const struct qt__entry entry = {.t_ns = record.t_ns,
                                    .actor = record.audit.actor,
                                    .action = record.audit.action,
                                    .detail = record.audit.detail};
    return qt__chain_append(store->file.db, &store->writer.chain, &entry, err);
}

void
qt__aside_take(struct qt_store *store)
{
    pthread_mutex_lock(&store->mutex);
    size_t n = QT_MIN((size_t)store->aside_n, QT__STORE_BATCH - store->batch_n);
    memcpy(&store->batch[store->batch_n], store->aside, n * sizeof store->aside[0]);
    store->batch_n += n;
    store->aside_n -= (unsigned)n;
    memmove(store->aside, store->aside + n, store->aside_n * sizeof store->aside[0]);
    pthread_mutex_unlock(&store->mutex);
}

bool
qt__aside_waits(struct qt_store *store)
{
    pthread_mutex_lock(&store->mutex);
    bool waits = store->aside_n > 0;
    pthread_mutex_unlock(&store->mutex);
    return waits;
}
