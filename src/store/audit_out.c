/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How heads of the audit get out of the database: a head is signed when enough entries or enough
 * time have passed and what it knows is on disk; it goes into the file, the log, the status and to
 * the hook. While the chain does not fit to what is outside, none is signed.
 */
#include <stdio.h>
#include <string.h>

#include "qtrade/base/log.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "store_open_priv.h"

enum { HEAD_ENTRIES = 1000, HEAD_SECONDS = 300, AGAIN_S = 30 };

/* What stats say, of the store thread's own. */
static void
show(struct qt_store *store)
{
    struct qt_audit_stats *shown = &store->audit.shown;
    pthread_mutex_lock(&store->mutex);
    shown->entries = store->writer.chain.id;
    shown->heads = store->audit.heads.number;
    qt_copy(shown->head, sizeof shown->head, store->audit.heads.line);
    qt_copy(shown->finding, sizeof shown->finding, store->audit.heads.finding);
    pthread_mutex_unlock(&store->mutex);
}

bool
qt__audit_out_open(struct qt_store *store, const struct qt_store_key *key, struct qt_error *err)
{
    store->audit.options =
        (struct qt_audit_options){.head_entries = HEAD_ENTRIES, .head_seconds = HEAD_SECONDS};
    if (!qt__heads_open(&store->audit.heads, store->folder, key, store->file.db,
                        &store->writer.chain, err))
        return false;
    show(store);
    return true;
}

bool
qt_audit_configure(struct qt_store *store, const struct qt_audit_options *options,
                   struct qt_error *err)
{
    store->audit.options = *options;
    if (!options->hook || !options->hook[0])
        return true;
    if (!qt__hook_check(options->hook, err))
        return false;
    store->audit.hook = qt__hook_create(options->hook, err);
    return store->audit.hook != NULL;
}

static void
note_head_failure(struct qt_store *store, const struct qt_error *err)
{
    pthread_mutex_lock(&store->mutex);
    store->audit.shown.head_failures++;
    qt_copy(store->audit.shown.last_error, sizeof store->audit.shown.last_error, err->text);
    pthread_mutex_unlock(&store->mutex);
    qt_log_event(store->audit.options.log, QT_LOG_ERROR, "audit.head_failed", "why=\"%s\"",
                 err->text);
}

/* A head of all that is on disk. */
static bool
put_head(struct qt_store *store, enum qt__head_kind kind, struct qt_error *err)
{
    struct qt__heads *heads = &store->audit.heads;
    if (!qt__heads_put(heads, kind, &store->writer.chain, err))
        return false;
    qt_log_event(store->audit.options.log, QT_LOG_INFO, "audit.head", "head=\"%s\"", heads->line);
    qt__hook_put(store->audit.hook, heads->line);
    if (!qt__heads_note(store->file.db, heads->number, err))
        return false;
    heads->noted = heads->number;
    return true;
}

static void
try_head(struct qt_store *store)
{
    struct qt_error err = {0};
    if (!put_head(store, QT__HEAD_CHAIN, &err))
        note_head_failure(store, &err);
}

void
qt__audit_out_work(struct qt_store *store)
{
    struct qt__audit_out *out = &store->audit;
    int64_t waits = store->writer.chain.id - out->heads.id, now_ns = qt_now_mono_ns();
    if (out->shown.entries != store->writer.chain.id)
        show(store);
    if (waits == 0 || out->heads.finding[0]) {
        out->waits_since_ns = 0;
        return;
    }
    if (out->waits_since_ns == 0)
        out->waits_since_ns = now_ns;
    int64_t waited_ns = now_ns - out->waits_since_ns;
    bool has_failed = out->shown.head_failures > 0 && waited_ns < AGAIN_S * QT_NS_PER_S;
    if (waited_ns < out->options.head_seconds * QT_NS_PER_S &&
        (waits < out->options.head_entries || has_failed))
        return;
    out->waits_since_ns = now_ns;
    try_head(store);
    show(store);
}

void
qt__audit_out_close(struct qt_store *store)
{
    struct qt__audit_out *out = &store->audit;
    if (out->heads.signer && !out->heads.finding[0] && out->heads.id != store->writer.chain.id &&
        sqlite3_get_autocommit(store->file.db))
        try_head(store);
    qt__hook_destroy(out->hook);
    out->hook = NULL;
    qt__heads_close(&out->heads);
}

const char *
qt_audit_finding(const struct qt_store *store)
{
    return store->audit.heads.finding;
}

bool
qt_audit_accept(struct qt_store *store, const char *reason, struct qt_error *err)
{
    struct qt__heads *heads = &store->audit.heads;
    char finding[QT_AUDIT_FINDING];
    if (!heads->finding[0])
        return qt_fail(err, QT_E_FAILED, "the audit and its heads fit: there is nothing to accept");
    qt_copy(finding, sizeof finding, heads->finding);
    if (!qt_audit_append(store, "operator", "audit.finding", finding, err) ||
        !qt_audit_append(store, "operator", "audit.accept", reason, err) ||
        !put_head(store, QT__HEAD_ACCEPT, err))
        return false;
    heads->finding[0] = '\0';
    show(store);
    return true;
}

void
qt_audit_stats(struct qt_store *store, struct qt_audit_stats *out)
{
    char why[160] = "";
    pthread_mutex_lock(&store->mutex);
    *out = store->audit.shown;
    pthread_mutex_unlock(&store->mutex);
    if (store->audit.hook)
        qt__hook_stats(store->audit.hook, &out->hook_runs, &out->hook_failures, why);
    if (why[0])
        snprintf(out->last_error, sizeof out->last_error, "audit.hook: %.140s", why);
}
