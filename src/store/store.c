/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "qtrade/base/log.h"
#include "qtrade/base/ring.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"
#include "qtrade/store/store.h"

#include "ban_priv.h"
#include "restore_priv.h"
#include "seal_priv.h"
#include "rollup_priv.h"
#include "store_open_priv.h"

enum { RETRY_MS = 500, CLOSE_MS = 5000, ROLLUP_S = 3600 };

struct qt_store *
qt_store_open(const char *folder, struct qt_store_key *key, struct qt_error *err)
{
    struct qt_store *store = calloc(1, sizeof *store);
    if (!store) {
        qt_fail(err, QT_E_MEMORY, "no memory for the store");
        return NULL;
    }
    store->lock = -1;
    atomic_init(&store->is_healthy, true);
    pthread_mutex_init(&store->mutex, NULL);
    pthread_cond_init(&store->put_or_stop, NULL);
    pthread_cond_init(&store->written_more, NULL);
    if (!qt_copy(store->folder, sizeof store->folder, folder))
        qt_fail(err, QT_E_USAGE, "the state folder's name is too long");
    else if (qt__store_file_lock(folder, &store->lock, err) &&
             qt__store_file_open(&store->file, folder, key, err) &&
             qt__restore_tag(store->file.db, &store->tag, err) &&
             qt__chain_load(store->file.db, &store->writer.chain, err) &&
             qt__audit_out_open(store, key, err) && qt__rekey_open(store, key, err))
        return store;
    qt_store_close(store);
    return NULL;
}

void
qt_store_configure(struct qt_store *store, const struct qt_store_config *config)
{
    store->config = *config;
}

uint32_t
qt_store_tag(const struct qt_store *store)
{
    return store->tag;
}

bool
qt_store_keep_seal(struct qt_store *store, const struct qt_seal *seal, struct qt_error *err)
{
    if (!store->is_started)
        return qt__seal_keep(store->file.db, seal->number, seal->hash, err);
    pthread_mutex_lock(&store->mutex);
    store->has_seal = true;
    store->seal.number = seal->number;
    memcpy(store->seal.hash, seal->hash, sizeof store->seal.hash);
    pthread_cond_signal(&store->put_or_stop);
    pthread_mutex_unlock(&store->mutex);
    return true;
}

bool
qt_store_keep_intents(struct qt_store *store, const struct qt_store_key *key, struct qt_error *err)
{
    store->intents = qt__intents_open(store->folder, key, err);
    return store->intents != NULL;
}

void
qt_store_intents(const struct qt_store *store, struct qt_intents_view *out)
{
    *out = store->intents ? store->intents->found : (struct qt_intents_view){0};
}

bool
qt_store_restore(struct qt_store *store, const struct qt_universe *universe, struct qt_restore *out,
                 uint32_t *out_unknown, struct qt_error *err)
{
    char text[64];
    uint32_t fills = 0;
    if (!qt__restore_complete(store->file.db, universe, &fills, err))
        return false;
    snprintf(text, sizeof text, "%u fills of before the end were not in the ledger", fills);
    return (fills == 0 || qt_audit_append(store, "start", "book.complete", text, err)) &&
           qt__restore_read(store->file.db, universe, out, out_unknown, err) &&
           (!store->intents || qt__intents_restore(store->intents, store->file.db, universe, out,
                                                   out_unknown, err));
}

static void
note_failure(struct qt_store *store)
{
    const char *damage = qt__vfs_damage(store->file.db);
    const char *why = damage ? damage : sqlite3_errmsg(store->file.db);
    atomic_fetch_add(&store->failures, 1);
    pthread_mutex_lock(&store->mutex);
    qt_copy(store->last_error, sizeof store->last_error, why); /* there before it is asked for */
    pthread_mutex_unlock(&store->mutex);
    if (atomic_exchange(&store->is_healthy, false)) {
        qt_part_failed(store->part, "%s", why);
        qt_part_set(store->part, QT_PART_DEGRADED);
    }
    if (!sqlite3_get_autocommit(store->file.db))
        (void)sqlite3_exec(store->file.db, "ROLLBACK", NULL, NULL, NULL);
}

/* The batch in one transaction; it stays the batch when that fails (T2). */
static bool
write_batch(struct qt_store *store)
{
    const struct qt__chain chain = store->writer.chain;
    store->trail = store->writer.trail;
    bool is_good = sqlite3_exec(store->file.db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
    for (size_t i = 0; is_good && i < store->batch_n; i++)
        is_good = qt__writer_put(&store->writer, &store->batch[i]);
    is_good = is_good && sqlite3_exec(store->file.db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (!is_good) {
        store->writer.chain = chain;
        store->writer.trail = store->trail;
        note_failure(store);
        return false;
    }
    pthread_mutex_lock(&store->mutex);
    atomic_fetch_add(&store->written, store->batch_n);
    atomic_store(&store->stored, store->taken);
    atomic_fetch_add(&store->transactions, 1);
    pthread_cond_broadcast(&store->written_more);
    pthread_mutex_unlock(&store->mutex);
    store->batch_n = 0;
    if (!atomic_exchange(&store->is_healthy, true))
        qt_part_set(store->part, QT_PART_RUNNING);
    return true;
}

static struct timespec
in_ms(int ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* Something is there that may be written (T3). */
static bool
has_whole(struct qt_store *store)
{
    return atomic_load(&store->whole) > store->taken;
}

/* Sleeps until something was put, stop was asked, or ms have passed. Returns whether stop was
 * asked. */
static bool
wait_for_work(struct qt_store *store, int ms)
{
    struct timespec at = in_ms(ms);
    pthread_mutex_lock(&store->mutex);
    store->is_asleep = true;
    bool has_work = has_whole(store) || store->aside_n > 0 || store->has_ban;
    if (!store->stop && (!has_work || !atomic_load(&store->is_healthy)))
        pthread_cond_clockwait(&store->put_or_stop, &store->mutex, CLOCK_MONOTONIC, &at);
    store->is_asleep = false;
    bool stop = store->stop;
    pthread_mutex_unlock(&store->mutex);
    return stop;
}

/* With nothing to write: some of what is old becomes months. Failing is no harm: the rows stay. */
static void
roll_up(struct qt_store *store)
{
    struct qt_error ignored = {0};
    bool has_more = false;
    int64_t now = qt_now_mono_ns();
    if (now < store->rollup_ns || !atomic_load(&store->is_healthy))
        return;
    bool is_good = qt__rollup_step(store->file.db, &store->config, &has_more, &ignored);
    store->rollup_ns = is_good && has_more ? now : now + ROLLUP_S * QT_NS_PER_S;
}

/* A seal that a reload brought; one that cannot be written is tried again. */
static void
keep_seal(struct qt_store *store)
{
    struct qt_error err = {0};
    pthread_mutex_lock(&store->mutex);
    bool has_seal = store->has_seal;
    struct qt_seal_known seal = store->seal;
    store->has_seal = false;
    pthread_mutex_unlock(&store->mutex);
    if (!has_seal || qt__seal_keep(store->file.db, seal.number, seal.hash, &err) || err.code == QT_E_VERIFY)
        return;
    note_failure(store);
    pthread_mutex_lock(&store->mutex);
    store->has_seal = true;
    pthread_mutex_unlock(&store->mutex);
}

/* Those that cannot be written are tried again, unless the venue has said another since. */
static void
keep_bans(struct qt_store *store)
{
    int64_t ban_ns[QT_STORE_VENUES];
    pthread_mutex_lock(&store->mutex);
    bool has_ban = store->has_ban;
    memcpy(ban_ns, store->ban_ns, sizeof ban_ns);
    memset(store->ban_ns, 0, sizeof store->ban_ns);
    store->has_ban = false;
    pthread_mutex_unlock(&store->mutex);
    for (unsigned i = 0; has_ban && i < QT_STORE_VENUES; i++) {
        struct qt_error err = {0};
        if (ban_ns[i] == 0 || qt__ban_keep(store->file.db, i, ban_ns[i], &err))
            continue;
        note_failure(store);
        pthread_mutex_lock(&store->mutex);
        store->ban_ns[i] = store->ban_ns[i] ? store->ban_ns[i] : ban_ns[i];
        store->has_ban = true;
        pthread_mutex_unlock(&store->mutex);
    }
}

/* Up to the last mark; a batch that waits is written first. */
static void
take_batch(struct qt_store *store)
{
    uint64_t whole = atomic_load(&store->whole);
    if (store->batch_n > 0)
        return;
    while (store->taken < whole && qt_spsc_pop(store->ring, &store->batch[store->batch_n])) {
        store->batch_n++;
        store->taken++;
    }
}

static void
sync_intents(struct qt_store *store)
{
    bool was_good = !store->intents || atomic_load(&store->intents->is_good);
    if (!store->intents)
        return;
    bool is_good = qt__intents_work(store->intents);
    if (was_good && !is_good) {
        qt_part_failed(store->part, "intents: %s", strerror(atomic_load(&store->intents->why)));
        qt_part_set(store->part, QT_PART_DEGRADED);
    } else if (!was_good && is_good && atomic_load(&store->is_healthy)) {
        qt_part_set(store->part, QT_PART_RUNNING);
    }
}

static void *
run(void *argument)
{
    struct qt_store *store = argument;
    int64_t give_up = INT64_MAX;
    for (bool stop = false;;) {
        qt_part_beat(store->part);
        atomic_store(&store->busy_ns, qt_now_mono_ns());
        sync_intents(store);
        keep_seal(store);
        keep_bans(store);
        take_batch(store);
        qt__aside_take(store);
        bool is_written = store->batch_n == 0 || write_batch(store);
        atomic_store(&store->busy_ns, 0);
        if (is_written)
            qt__audit_out_work(store);
        bool is_idle = !has_whole(store) && !qt__aside_waits(store);
        if (stop && ((is_written && is_idle) || qt_now_mono_ns() > give_up))
            return NULL;
        if (!stop)
            qt__rekey_work(store, is_written && is_idle);
        if (is_written && !is_idle)
            continue;
        if (!stop)
            roll_up(store);
        stop = wait_for_work(store, qt__rekey_wait_ms(store, RETRY_MS)) || stop;
        if (stop && give_up == INT64_MAX)
            give_up = qt_now_mono_ns() + CLOSE_MS * QT_NS_PER_MS;
    }
}

bool
qt_store_start(struct qt_store *store, const struct qt_universe *universe, struct qt_part *part,
               struct qt_error *err)
{
    store->part = part;
    store->ring = qt_spsc_create(sizeof(struct qt_record), QT__STORE_RING);
    if (!store->ring)
        return qt_fail(err, QT_E_MEMORY, "no memory for the store's ring");
    if (!qt__writer_init(&store->writer, store->file.db, universe, err))
        return false;
    qt_part_set(part, QT_PART_RUNNING);
    int failed = pthread_create(&store->thread, NULL, run, store);
    if (failed)
        return qt_fail(err, QT_E_FAILED, "the store's thread could not start: %s",
                       strerror(failed));
    store->is_started = true;
    return true;
}

static void
wake(struct qt_store *store, bool stop)
{
    pthread_mutex_lock(&store->mutex);
    store->stop |= stop;
    pthread_cond_signal(&store->put_or_stop);
    pthread_mutex_unlock(&store->mutex);
}

static void
end_trail(struct qt_store *store)
{
    struct qt_error err = {0};
    if (!qt__writer_end(&store->writer, &err))
        qt_log_event(store->audit.options.log, QT_LOG_ERROR, "audit.end", "why=\"%s\"", err.text);
}

/* Wakes the thread where it had nothing to do; it also looks by itself every RETRY_MS. */
static void
port_mark(void *self)
{
    struct qt_store *store = self;
    uint64_t pushed = atomic_load(&store->pushed);
    if (pushed == atomic_load(&store->whole))
        return;
    atomic_store(&store->whole, pushed);
    if (pthread_mutex_trylock(&store->mutex) == 0) {
        pthread_cond_signal(&store->put_or_stop);
        pthread_mutex_unlock(&store->mutex);
    }
}

/* What does not fit into the ring between two marks cannot be written as one. */
static bool
port_put(void *self, const struct qt_record *record)
{
    struct qt_store *store = self;
    bool is_in = qt_spsc_push(store->ring, record);
    if (!is_in) {
        port_mark(store);
        return false;
    }
    atomic_fetch_add(&store->put, 1);
    atomic_fetch_add(&store->pushed, 1);
    return true;
}

void
qt_store_close(struct qt_store *store)
{
    if (!store)
        return;
    if (store->is_started) {
        port_mark(store);
        wake(store, true);
        pthread_join(store->thread, NULL);
        qt_part_set(store->part, QT_PART_STOPPED);
    }
    if (store->is_started && atomic_load(&store->is_healthy))
        end_trail(store);
    qt__writer_finish(&store->writer);
    qt__audit_out_close(store);
    qt__rekey_close(store);
    qt__intents_close(store->intents);
    qt__store_file_close(&store->file);
    qt_spsc_destroy(store->ring);
    if (store->lock >= 0)
        close(store->lock);
    pthread_cond_destroy(&store->put_or_stop);
    pthread_cond_destroy(&store->written_more);
    pthread_mutex_destroy(&store->mutex);
    free(store);
}

static bool
port_intend(void *self, const struct qt_intent *intent, const char **out_why)
{
    struct qt_store *store = self;
    const struct qt_instrument *ins =
        qt_universe_at(store->writer.universe, intent->request.instrument);
    return qt__intents_keep(store->intents, intent, ins, atomic_load(&store->pushed),
                            atomic_load(&store->stored), atomic_load(&store->busy_ns), out_why);
}

static bool
port_flush(void *self, int timeout_ms)
{
    struct qt_store *store = self;
    uint64_t goal = atomic_load(&store->put);
    struct timespec at = in_ms(timeout_ms);
    port_mark(store);
    wake(store, false);
    pthread_mutex_lock(&store->mutex);
    while (atomic_load(&store->written) < goal)
        if (pthread_cond_clockwait(&store->written_more, &store->mutex, CLOCK_MONOTONIC, &at) == ETIMEDOUT)
            break;
    pthread_mutex_unlock(&store->mutex);
    return atomic_load(&store->written) >= goal;
}

static uint64_t
port_count(void *self)
{
    return atomic_load(&((struct qt_store *)self)->put);
}

static bool
port_has(void *self, uint64_t count)
{
    return atomic_load(&((struct qt_store *)self)->written) >= count;
}

static bool
port_is_healthy(void *self)
{
    struct qt_store *store = self;
    return atomic_load(&store->is_healthy) &&
           (!store->intents || atomic_load(&store->intents->is_good));
}

struct qt_store_port
qt_store_port(struct qt_store *store)
{
    return (struct qt_store_port){.self = store,
                                  .put = port_put,
                                  .mark = port_mark,
                                  .intend = store->intents ? port_intend : NULL,
                                  .flush = port_flush,
                                  .count = port_count,
                                  .has = port_has,
                                  .is_healthy = port_is_healthy};
}

void
qt_store_stats(struct qt_store *store, struct qt_store_stats *out)
{
    *out = (struct qt_store_stats){.written = atomic_load(&store->written),
                                   .transactions = atomic_load(&store->transactions),
                                   .failures = atomic_load(&store->failures),
                                   .waiting = store->ring ? qt_spsc_count(store->ring) : 0};
    if (store->intents) {
        out->intents = atomic_load(&store->intents->kept);
        out->unkept = atomic_load(&store->intents->unkept);
    }
    pthread_mutex_lock(&store->mutex);
    memcpy(out->last_error, store->last_error, sizeof out->last_error);
    pthread_mutex_unlock(&store->mutex);
}
