/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "qtrade/base/log.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/store/audit.h"
#include "qtrade/store/vault.h"

#include "store_open_priv.h"

enum {
    PAGES_A_STEP = 32, /* beside an engine */
    REST = 9,          /* times as long as the step took, at least */
    YIELD_S = 1,       /* to what waits to be written, at most */
    LEAST_REST_MS = 2,
    AGAIN_MS = 100,
    BUSY_MS = 20,
    READER_S = 60
};

bool
qt__rekey_open(struct qt_store *store, const struct qt_store_key *key, struct qt_error *err)
{
    char path[QT__STORE_PATH];
    store->rekey.key = qt__store_key_copy(key, err);
    if (!store->rekey.key)
        return false;
    bool is_renewing = qt_store_key_is_renewing(key);
    store->rekey.step = is_renewing ? QT__REKEY_EMPTY_LOG : QT__REKEY_NONE;
    store->rekey.shown.is_renewing = is_renewing;
    store->rekey.begun_ns = qt_now_mono_ns();
    snprintf(path, sizeof path, "%.500s/store.db-rekey", store->folder);
    if (!is_renewing)
        (void)unlink(path); /* of one that was interrupted after its end */
    return true;
}

void
qt__rekey_close(struct qt_store *store)
{
    qt_store_key_close(store->rekey.key);
    store->rekey.key = NULL;
}

bool
qt__rekey_keys(struct qt_store *store, struct qt_store_key *out)
{
    pthread_mutex_lock(&store->mutex);
    const struct qt_store_key *key = store->rekey.key;
    bool is_other =
        key->version != out->version || memcmp(key->keys, out->keys, sizeof key->keys) != 0;
    memcpy(out->keys, key->keys, sizeof out->keys);
    out->version = key->version;
    pthread_mutex_unlock(&store->mutex);
    return is_other;
}

void
qt_rekey_stats(struct qt_store *store, struct qt_rekey_stats *out)
{
    pthread_mutex_lock(&store->mutex);
    *out = store->rekey.shown;
    pthread_mutex_unlock(&store->mutex);
}

bool
qt_rekey_hand_over(struct qt_store *store, const unsigned char sealed[QT_KEY_HANDOVER],
                   struct qt_error *err)
{
    pthread_mutex_lock(&store->mutex);
    bool was_renewing = qt_store_key_is_renewing(store->rekey.key);
    bool is_taken = qt__store_key_take_over(store->rekey.key, sealed, err);
    if (is_taken) {
        store->rekey.is_handed_over |= !was_renewing;
        store->rekey.shown.is_renewing = true;
        pthread_cond_signal(&store->put_or_stop);
    }
    pthread_mutex_unlock(&store->mutex);
    return is_taken;
}

/* Steps. False: err, and it is tried again. */

/* The new key is in use from here on. */
static void
begin(struct qt_store *store)
{
    pthread_mutex_lock(&store->mutex);
    if (store->rekey.is_handed_over) {
        qt__vfs_rekey(store->file.vfs, qt__store_key_pages(store->rekey.key));
        store->rekey.step = QT__REKEY_EMPTY_LOG;
        store->rekey.begun_ns = qt_now_mono_ns();
        store->rekey.next_ns = 0;
    }
    store->rekey.is_handed_over = false;
    pthread_mutex_unlock(&store->mutex);
}

static bool
empty_log(struct qt_store *store, struct qt_error *err)
{
    sqlite3_busy_timeout(store->file.db, 0);
    int rc =
        sqlite3_wal_checkpoint_v2(store->file.db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_busy_timeout(store->file.db, QT__STORE_BUSY_MS);
    if (rc == SQLITE_OK)
        store->rekey.step = QT__REKEY_PAGES;
    if (rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY)
        return true; /* somebody reads */
    return qt__store_file_fail(&store->file, err, "store.db");
}

static bool
renew_pages(struct qt_store *store, uint32_t most, struct qt_error *err)
{
    struct qt__renewed how = {0};
    int rc = qt__vfs_renew(store->file.vfs, most, &how);
    if (rc != SQLITE_OK) {
        if (store->file.vfs->damage[0])
            return qt__store_file_fail(&store->file, err, "store.db");
        return qt_fail(err, QT_E_IO, "store.db-rekey: %s", sqlite3_errstr(rc));
    }
    pthread_mutex_lock(&store->mutex);
    store->rekey.shown.pages = how.pages;
    store->rekey.shown.done = how.done;
    pthread_mutex_unlock(&store->mutex);
    store->rekey.pages = how.pages;
    if (how.is_done)
        store->rekey.step = QT__REKEY_TELL;
    return true;
}

static bool
tell(struct qt_store *store, struct qt_error *err)
{
    char detail[QT_AUDIT_DETAIL];
    snprintf(detail, sizeof detail, "%" PRIu32 " pages have the new key, the former one is dropped",
             store->rekey.pages);
    if (!qt_audit_append(store, "store", "store.rekey.done", detail, err))
        return false;
    store->rekey.step = QT__REKEY_END;
    return true;
}

/* The vault's key is made of the pages' one. */
static bool
renew_vault(const struct qt_store *store, const struct qt_store_key *key, struct qt_error *err)
{
    char path[QT__STORE_PATH];
    struct stat st;
    snprintf(path, sizeof path, "%.500s/vault", store->folder);
    if (lstat(path, &st) != 0)
        return true;
    struct qt_vault *vault = qt_vault_open(store->folder, key, true, err);
    bool is_renewed = vault && qt_vault_save(vault, key, err);
    qt_vault_close(vault);
    return is_renewed || qt_error_add(err, "the vault has to get the new key");
}

static bool
end(struct qt_store *store, struct qt_error *err)
{
    pthread_mutex_lock(&store->mutex);
    struct qt_store_key *key = qt__store_key_copy(store->rekey.key, err);
    pthread_mutex_unlock(&store->mutex);
    bool is_ended =
        key && renew_vault(store, key, err) && qt__store_key_finish(key, store->folder, err);
    if (is_ended) {
        qt__vfs_settle(store->file.vfs);
        pthread_mutex_lock(&store->mutex);
        *store->rekey.key = *key;
        store->rekey.shown.is_renewing = false;
        pthread_mutex_unlock(&store->mutex);
        store->rekey.step = QT__REKEY_NONE;
        qt_log_event(store->audit.options.log, QT_LOG_INFO, "store.rekey.done",
                     "pages=%" PRIu32 " seconds=%.1f", store->rekey.pages,
                     (double)(qt_now_mono_ns() - store->rekey.begun_ns) / (double)QT_NS_PER_S);
    }
    qt_store_key_close(key);
    return is_ended;
}

static bool
take_step(struct qt_store *store, uint32_t most, struct qt_error *err)
{
    switch (store->rekey.step) {
    case QT__REKEY_NONE:
        return true;
    case QT__REKEY_EMPTY_LOG:
        return empty_log(store, err);
    case QT__REKEY_PAGES:
        return renew_pages(store, most, err);
    case QT__REKEY_TELL:
        return tell(store, err);
    case QT__REKEY_END:
        return end(store, err);
    }
    return true;
}

static void
note_failure(struct qt_store *store, const struct qt_error *err)
{
    struct qt_rekey_stats *shown = &store->rekey.shown;
    pthread_mutex_lock(&store->mutex);
    bool is_new = strncmp(shown->last_error, err->text, sizeof shown->last_error - 1) != 0;
    shown->failures++;
    qt_copy_n(shown->last_error, sizeof shown->last_error, err->text,
              QT_MIN(strlen(err->text), sizeof shown->last_error - 1));
    pthread_mutex_unlock(&store->mutex);
    if (is_new)
        qt_log_event(store->audit.options.log, QT_LOG_ERROR, "store.rekey.failed", "why=\"%s\"",
                     err->text);
}

void
qt__rekey_work(struct qt_store *store, bool is_idle)
{
    struct qt_error err = {0};
    begin(store);
    int64_t begun = qt_now_mono_ns();
    enum qt__rekey_step before = store->rekey.step;
    int64_t due = store->rekey.next_ns + (is_idle ? 0 : YIELD_S * QT_NS_PER_S);
    if (before == QT__REKEY_NONE || begun < due || (before == QT__REKEY_END && !is_idle))
        return;
    bool is_good = take_step(store, PAGES_A_STEP, &err);
    int64_t now = qt_now_mono_ns();
    int64_t rest = QT_MAX(REST * (now - begun), LEAST_REST_MS * QT_NS_PER_MS);
    if (!is_good)
        note_failure(store, &err);
    if (!is_good)
        rest = AGAIN_MS * QT_NS_PER_MS;
    else if (store->rekey.step == QT__REKEY_EMPTY_LOG)
        rest = BUSY_MS * QT_NS_PER_MS;
    store->rekey.next_ns = now + rest;
}

int
qt__rekey_wait_ms(const struct qt_store *store, int ms)
{
    if (store->rekey.step == QT__REKEY_NONE)
        return ms;
    int64_t wait_ns = QT_MAX(store->rekey.next_ns - qt_now_mono_ns(), INT64_C(0));
    return (int)QT_MIN((int64_t)ms, wait_ns / QT_NS_PER_MS + 1);
}

bool
qt_rekey_finish(struct qt_store *store,
                void (*heard)(void *self, const struct qt_rekey_stats *stats), void *self,
                struct qt_error *err)
{
    static const struct timespec rest = {0, BUSY_MS * 1000000};
    int64_t give_up = qt_now_mono_ns() + READER_S * QT_NS_PER_S;
    while (store->rekey.step != QT__REKEY_NONE) {
        if (!take_step(store, QT__RENEW_PAGES, err))
            return qt_error_add(err, "the rekey is not finished");
        if (store->rekey.step == QT__REKEY_EMPTY_LOG && qt_now_mono_ns() > give_up)
            return qt_fail(err, QT_E_FAILED,
                           "%s: a program reads the store all the time: the rekey waits for it",
                           store->folder);
        if (store->rekey.step == QT__REKEY_EMPTY_LOG)
            (void)nanosleep(&rest, NULL);
        if (heard)
            heard(self, &store->rekey.shown);
    }
    return true;
}
