/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing the journal. The engine puts records into a ring (one producer, RING of them; full: see
 * wait_for_room); the thread here codes, seals and writes them. A chunk whose write fails stays
 * what it is and is written again, from where the last whole one ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "qtrade/base/file.h"
#include "qtrade/base/ring.h"
#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "journal_chunk_priv.h"
#include "journal_fields_priv.h"
#include "journal_recover_priv.h"
#include "market_state_priv.h"

/* The thread looks every BATCH_MS, and is woken when a ring that fills quickly is half full. */
enum { RING = 16384, LOOK = 1024, BATCH_MS = 5, RETRY_MS = 200, GIVE_UP_MS = 3000 };
/* So long the engine waits for a thread that does not move, and sleeps between two looks. */
#define PATIENCE_NS (250 * QT_NS_PER_MS)
#define NAP_NS (200 * QT_NS_PER_US)
#define SLOWEST_NS QT_NS_PER_S /* between two syncs on a disk that takes its time for one */
#define SEGMENT_BYTES (UINT64_C(64) << 20)

struct message {
    bool is_event;
    union {
        struct qt_event event;
        struct qt_decision decision;
    };
};

struct qt_journal {
    char folder[480], session[40];
    struct qt_journal_key key;
    enum qt_journal_sync sync;
    uint64_t segment_bytes, keep_bytes;
    bool waits;
    struct qt_spsc *ring;
    pthread_t thread;
    bool is_started;
    sem_t wake;
    unsigned pushed; /* the engine's: since it last looked how full the ring is */
    atomic_bool stop, is_sick, is_lost;
    struct qt_part *part; /* on the board; NULL: not watched */
    /* the thread's own from here on */
    int file;
    struct qt__segment segment;
    uint64_t chunk, good; /* chunks and bytes of the segment that are surely there */
    struct qt__journal_base base;
    uint64_t last_seq;
    int64_t synced_ns, sync_took_ns; /* monotonic end of the last one */
    bool is_unsynced;
    size_t plain_n;
    unsigned char plain[QT__CHUNK_MAX], sealed[QT__CHUNK_MAX + QT__CHUNK_EXTRA];
    atomic_uint_fast64_t records, bytes, chunks, segments, syncs, failures;
};

const char *
qt_journal_ending_name(enum qt_journal_ending ending)
{
    static const char *const names[] = {"closed", "recovered", "lost", "cut"};
    return (unsigned)ending < QT_COUNT_OF(names) ? names[ending] : "?";
}

static void
count(atomic_uint_fast64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* Segments */

static bool
open_segment(struct qt_journal *journal, struct qt_error *err)
{
    unsigned char head[QT__HEAD_BYTES];
    char name[QT__SEGMENT_NAME], path[560];
    journal->segment.number++;
    journal->segment.created_ns = qt_now_utc_ns();
    qt__segment_make(&journal->segment, &journal->key, head);
    if (!journal->session[0])
        qt__session_name(&journal->segment, journal->segment.created_ns, journal->session);
    qt__segment_name(journal->session, journal->segment.number, name);
    snprintf(path, sizeof path, "%s/%s", journal->folder, name);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0 || pwrite(file, head, sizeof head, 0) != (ssize_t)sizeof head) {
        qt_fail_errno(err, QT_E_IO, "%s: making a segment", path);
        if (file >= 0) {
            close(file);
            unlink(path);
        }
        journal->segment.number--;
        return false;
    }
    if (journal->file >= 0)
        close(journal->file);
    journal->file = file;
    journal->good = QT__HEAD_BYTES;
    journal->chunk = 0;
    count(&journal->segments, 1);
    return true;
}

/* Chunks */

/*
 * Every BATCH_MS. A disk that needs longer than that would be synced after every chunk, just when
 * the ring fills: while there is more to write, it writes at least as long as it syncs. What waits
 * in the ring is as much at risk as what is written and not synced.
 */
static int64_t
sync_period(const struct qt_journal *journal)
{
    bool is_behind = qt_spsc_count(journal->ring) > LOOK;
    int64_t least = is_behind ? QT_MIN(journal->sync_took_ns, SLOWEST_NS) : 0;
    return QT_MAX(least, BATCH_MS * QT_NS_PER_MS);
}

static bool
sync_file(struct qt_journal *journal, bool is_last)
{
    int64_t now = qt_now_mono_ns();
    bool is_due = is_last || journal->sync == QT_JOURNAL_SYNC_EVERY ||
                  now - journal->synced_ns >= sync_period(journal);
    if (!journal->is_unsynced || journal->sync == QT_JOURNAL_SYNC_OFF || !is_due)
        return true;
    if (fdatasync(journal->file) != 0)
        return false;
    journal->is_unsynced = false;
    journal->synced_ns = qt_now_mono_ns();
    journal->sync_took_ns = journal->synced_ns - now;
    count(&journal->syncs, 1);
    return true;
}

static bool
write_all(int file, const unsigned char *bytes, size_t n, uint64_t at)
{
    while (n > 0) {
        ssize_t done = pwrite(file, bytes, n, (off_t)at);
        if (done <= 0)
            return false;
        bytes += done;
        n -= (size_t)done;
        at += (uint64_t)done;
    }
    return true;
}

/* What was kept longest makes room; that it could not is seen when the disk is full. */
static bool
next_segment(struct qt_journal *journal, struct qt_error *err)
{
    struct qt_error ignored = {0};
    if (!open_segment(journal, err))
        return false;
    if (!qt__journal_retain(journal->folder, journal->keep_bytes, journal->session, &ignored))
        count(&journal->failures, 1);
    return true;
}

/* What is in the buffer becomes a chunk; it stays in the buffer when it cannot be written (J2). */
static bool
write_chunk(struct qt_journal *journal)
{
    struct qt_error err = {0};
    if (journal->plain_n == 0)
        return true;
    if (journal->good >= journal->segment_bytes && !next_segment(journal, &err))
        return false;
    size_t n = qt__chunk_seal(&journal->segment, journal->chunk, journal->plain, journal->plain_n,
                              journal->sealed);
    if (!write_all(journal->file, journal->sealed, n, journal->good)) {
        if (ftruncate(journal->file, (off_t)journal->good) != 0)
            count(&journal->failures, 1); /* the next write goes over it */
        return false;
    }
    journal->good += n;
    journal->chunk++;
    journal->plain_n = 0;
    journal->base = (struct qt__journal_base){0};
    journal->is_unsynced = true;
    count(&journal->bytes, n);
    count(&journal->chunks, 1);
    return sync_file(journal, false);
}

static void
add(struct qt_journal *journal, unsigned kind, const void *thing)
{
    journal->plain_n +=
        qt__entry_put(kind, thing, &journal->base, journal->plain + journal->plain_n);
    count(&journal->records, 1);
}

/* From the ring into the buffer, up to a chunk. */
static void
fill(struct qt_journal *journal)
{
    struct message message;
    while (journal->plain_n < QT__CHUNK_PLAIN && qt_spsc_pop(journal->ring, &message)) {
        if (message.is_event) {
            add(journal, QT__ENTRY_EVENT + message.event.kind, &message.event);
            journal->last_seq = message.event.seq;
        } else {
            add(journal, QT__ENTRY_DECISION + message.decision.kind, &message.decision);
        }
    }
}

/* Until BATCH_MS have passed or the ring fills. */
static void
rest(struct qt_journal *journal)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += BATCH_MS * (long)QT_NS_PER_MS;
    if (at.tv_nsec >= (long)QT_NS_PER_S) {
        at.tv_sec++;
        at.tv_nsec -= (long)QT_NS_PER_S;
    }
    (void)sem_clockwait(&journal->wake, CLOCK_MONOTONIC, &at);
}

static void
pause_ms(int ms)
{
    const struct timespec time = {.tv_nsec = ms * QT_NS_PER_MS};
    nanosleep(&time, NULL);
}

/* A failing disk is tried again until it works, or, when the session ends, for a while. */
static bool
write_surely(struct qt_journal *journal)
{
    int64_t give_up = INT64_MAX;
    while (!write_chunk(journal) || !sync_file(journal, false)) {
        if (!atomic_exchange(&journal->is_sick, true)) {
            qt_part_failed(journal->part, "%s", strerror(errno));
            qt_part_set(journal->part, QT_PART_DEGRADED);
        }
        qt_part_beat(journal->part);
        count(&journal->failures, 1);
        if (atomic_load(&journal->stop) && give_up == INT64_MAX)
            give_up = qt_now_mono_ns() + GIVE_UP_MS * QT_NS_PER_MS;
        if (qt_now_mono_ns() > give_up)
            return false;
        pause_ms(RETRY_MS);
    }
    if (atomic_exchange(&journal->is_sick, false))
        qt_part_set(journal->part, QT_PART_RUNNING);
    return true;
}

static void
end(struct qt_journal *journal)
{
    bool is_lost = atomic_load(&journal->is_lost);
    const struct qt__journal_end last = {.reason = is_lost ? QT_JOURNAL_LOST : QT_JOURNAL_CLOSED,
                                         .seq = journal->last_seq};
    add(journal, QT__ENTRY_END, &last);
    if (write_surely(journal) && !sync_file(journal, true))
        atomic_store(&journal->is_sick, true);
}

static void *
run(void *argument)
{
    struct qt_journal *journal = argument;
    for (;;) {
        qt_part_beat(journal->part);
        bool is_ending = atomic_load(&journal->stop); /* before the last look into the ring */
        fill(journal);
        bool is_idle = journal->plain_n == 0;
        if (!write_surely(journal))
            return NULL;
        if (is_ending && is_idle)
            break;
        if (!is_ending && qt_spsc_count(journal->ring) == 0)
            rest(journal);
    }
    end(journal);
    return NULL;
}

/* The head: everything that a replay starts from */

static bool
put_head(struct qt_journal *journal, unsigned kind, const void *thing, struct qt_error *err)
{
    add(journal, kind, thing);
    return journal->plain_n < QT__CHUNK_PLAIN || write_chunk(journal) ||
           qt_fail_errno(err, QT_E_IO, "%s: writing the journal", journal->folder);
}

static bool
put_config(struct qt_journal *journal, const char *config, struct qt_error *err)
{
    for (size_t n = strlen(config); n > 0;) {
        struct qt__journal_text text;
        size_t part = QT_MIN(n, sizeof text.bytes - 1);
        qt_copy_n(text.bytes, sizeof text.bytes, config, part);
        if (!put_head(journal, QT__ENTRY_CONFIG, &text, err))
            return false;
        config += part;
        n -= part;
    }
    return true;
}

static bool
put_restore(struct qt_journal *journal, const struct qt_restore *restore, struct qt_error *err)
{
    bool is_good = put_head(journal, QT__ENTRY_STATE, restore, err);
    for (uint32_t i = 0; is_good && i < restore->orders; i++)
        is_good = put_head(journal, QT__ENTRY_ORDER, &restore->order[i], err);
    for (uint32_t i = 0; is_good && i < restore->plans; i++)
        is_good = put_head(journal, QT__ENTRY_PLAN, &restore->plan[i], err);
    for (uint32_t i = 0; is_good && i < restore->positions; i++)
        is_good = put_head(journal, QT__ENTRY_POSITION, &restore->position[i], err);
    for (uint32_t i = 0; is_good && i < restore->balances; i++)
        is_good = put_head(journal, QT__ENTRY_BALANCE, &restore->balance[i], err);
    return is_good;
}

static bool
begin(struct qt_journal *journal, const struct qt_journal_options *options, struct qt_error *err)
{
    struct qt__journal_start start = {.created_ns = journal->segment.created_ns,
                                      .base_period_ns = options->base_period_ns,
                                      .is_recorded = options->is_recorded};
    qt_copy(start.version, sizeof start.version, options->version);
    qt_copy(start.run_kind, sizeof start.run_kind, options->run_kind);
    bool is_good =
        put_head(journal, QT__ENTRY_HEAD, &start, err) && put_config(journal, options->config, err);
    for (uint32_t i = 0; is_good && i < qt_universe_count(options->universe); i++)
        is_good =
            put_head(journal, QT__ENTRY_INSTRUMENT, qt_universe_at(options->universe, i), err);
    if (is_good && options->restore && options->restore->is_found)
        is_good = put_restore(journal, options->restore, err);
    if (is_good && options->market && options->market->number > 0)
        is_good = put_head(journal, QT__ENTRY_MARKET, options->market, err) &&
                  qt__market_lend(journal->folder, options->market->number, journal->session, err);
    if (!is_good || !put_head(journal, QT__ENTRY_BEGIN, &start, err))
        return false;
    return (write_chunk(journal) && sync_file(journal, true)) ||
           qt_fail_errno(err, QT_E_IO, "%s: writing the journal", journal->folder);
}

/* Life */

static bool
start(struct qt_journal *journal, const struct qt_journal_options *options, struct qt_error *err)
{
    if (!qt_copy(journal->folder, sizeof journal->folder, options->folder))
        return qt_fail(err, QT_E_USAGE, "the journal folder's name is too long");
    if (!qt_dir_make(journal->folder, err) ||
        !qt__journal_recover(journal->folder, options->key, err) ||
        !qt__journal_retain(journal->folder, options->keep_bytes, "", err))
        return qt_error_add(err, "opening the journal");
    randombytes_buf(journal->segment.session, sizeof journal->segment.session);
    if (!open_segment(journal, err) || !begin(journal, options, err))
        return false;
    qt_part_set(journal->part, QT_PART_RUNNING);
    int failed = pthread_create(&journal->thread, NULL, run, journal);
    journal->is_started = failed == 0;
    return journal->is_started ||
           qt_fail(err, QT_E_FAILED, "the journal's thread could not start: %s", strerror(failed));
}

struct qt_journal *
qt_journal_create(const struct qt_journal_options *options, struct qt_error *err)
{
    struct qt_journal *journal = calloc(1, sizeof *journal);
    if (journal)
        journal->ring = qt_spsc_create(sizeof(struct message), RING);
    if (!journal || !journal->ring) {
        free(journal);
        qt_fail(err, QT_E_MEMORY, "no memory for the journal");
        return NULL;
    }
    sem_init(&journal->wake, 0, 0);
    journal->file = -1;
    journal->key = *options->key;
    journal->sync = options->sync;
    journal->waits = options->waits;
    journal->part = options->part;
    journal->keep_bytes = options->keep_bytes;
    journal->segment_bytes = options->segment_bytes ? options->segment_bytes : SEGMENT_BYTES;
    if (start(journal, options, err))
        return journal;
    struct qt_error ignored = {0};
    bool was_good = qt_journal_close(journal, &ignored);
    (void)was_good; /* err says what failed first */
    return NULL;
}

bool
qt_journal_close(struct qt_journal *journal, struct qt_error *err)
{
    if (!journal)
        return true;
    if (journal->is_started) {
        atomic_store(&journal->stop, true);
        sem_post(&journal->wake);
        pthread_join(journal->thread, NULL);
        qt_part_set(journal->part, QT_PART_STOPPED);
    }
    bool is_good = !atomic_load(&journal->is_sick);
    if (journal->file >= 0)
        close(journal->file);
    if (!is_good)
        qt_fail(err, QT_E_IO, "%s: the journal's end could not be written", journal->folder);
    qt_spsc_destroy(journal->ring);
    sem_destroy(&journal->wake);
    qt_journal_key_wipe(&journal->key);
    sodium_memzero(journal, sizeof *journal);
    free(journal);
    return is_good;
}

/* The engine's side */

/* Changes whenever the thread got on: a record, a chunk, a sync. */
static uint64_t
moves(const struct qt_journal *journal)
{
    return atomic_load_explicit(&journal->records, memory_order_relaxed) +
           atomic_load_explicit(&journal->chunks, memory_order_relaxed) +
           atomic_load_explicit(&journal->syncs, memory_order_relaxed);
}

/*
 * The ring is full. A burst on a busy machine: the thread is at work, and the engine gives it time,
 * and the core. A disk that hangs: nothing moves for PATIENCE_NS; what then becomes of the record
 * is the engine's to say (J1).
 */
static bool
wait_for_room(struct qt_journal *journal, const struct message *message)
{
    const struct timespec nap = {.tv_nsec = NAP_NS};
    uint64_t seen = moves(journal);
    int64_t until = qt_now_mono_ns() + PATIENCE_NS;
    sem_post(&journal->wake);
    while (!qt_spsc_push(journal->ring, message)) {
        uint64_t now_seen = moves(journal);
        int64_t now = qt_now_mono_ns();
        if (now_seen != seen)
            until = now + PATIENCE_NS;
        seen = now_seen;
        if (!journal->waits && now >= until)
            return false;
        nanosleep(&nap, NULL);
    }
    return true;
}

static bool
push(struct qt_journal *journal, const struct message *message)
{
    if (!qt_spsc_push(journal->ring, message))
        return wait_for_room(journal, message);
    if (++journal->pushed % LOOK == 0 && qt_spsc_count(journal->ring) > RING / 2)
        sem_post(&journal->wake);
    return true;
}

static bool
port_event(void *self, const struct qt_event *event)
{
    struct message message = {.is_event = true, .event = *event};
    return push(self, &message);
}

static bool
port_decision(void *self, const struct qt_decision *decision)
{
    struct message message = {.decision = *decision};
    return push(self, &message);
}

static void
port_lost(void *self)
{
    struct qt_journal *journal = self;
    atomic_store(&journal->is_lost, true);
}

static bool
port_is_healthy(void *self)
{
    const struct qt_journal *journal = self;
    return !atomic_load(&journal->is_sick);
}

static void
port_look(void *self, uint64_t *out_bytes, uint64_t *out_waiting)
{
    const struct qt_journal *journal = self;
    *out_bytes = atomic_load_explicit(&journal->bytes, memory_order_relaxed);
    *out_waiting = qt_spsc_count(journal->ring);
}

struct qt_journal_port
qt_journal_port(struct qt_journal *journal)
{
    return (struct qt_journal_port){.self = journal,
                                    .event = port_event,
                                    .decision = port_decision,
                                    .lost = port_lost,
                                    .is_healthy = port_is_healthy,
                                    .look = port_look};
}

uint64_t
qt_journal_segment(const struct qt_journal *journal)
{
    return atomic_load_explicit(&journal->segments, memory_order_acquire);
}

const char *
qt_journal_session(const struct qt_journal *journal)
{
    return journal->session;
}

void
qt_journal_stats(const struct qt_journal *journal, struct qt_journal_stats *out)
{
    *out = (struct qt_journal_stats){.records = atomic_load(&journal->records),
                                     .bytes = atomic_load(&journal->bytes),
                                     .chunks = atomic_load(&journal->chunks),
                                     .segments = atomic_load(&journal->segments),
                                     .syncs = atomic_load(&journal->syncs),
                                     .failures = atomic_load(&journal->failures),
                                     .waiting = qt_spsc_count(journal->ring)};
}
