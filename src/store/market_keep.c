/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing market states. The engine fills slots of a ring (one producer, SLOTS of them; full: it
 * comes back the next cycle); the thread here deflates, seals and writes each, and gives the file
 * its name when the round is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "qtrade/base/text.h"
#include "qtrade/base/time.h"

#include "market_state_priv.h"

enum { SLOTS = 64, LEVEL = 1, PATH_BYTES = 640 };

struct slot {
    uint64_t segment; /* of the journal when it was taken: what comes later is there or behind */
    struct qt_market_symbol symbol;
};

struct qt_market_keeper {
    char folder[480], session[QT__MARKET_SESSION];
    char version[QT__MARKET_VERSION], source[QT__MARKET_SOURCE];
    struct qt_journal_key key;
    uint64_t shape;
    const struct qt_universe *universe; /* the caller's */
    const struct qt_journal *journal;   /* NULL: none */
    struct slot *slots;
    atomic_uint_fast64_t in;  /* release by the engine in put, acquire in the thread */
    atomic_uint_fast64_t out; /* release by the thread when a slot is done, acquire in slot */
    sem_t wake;
    pthread_t thread;
    bool is_started;
    atomic_bool stop, is_sick;
    atomic_uint_fast64_t kept;   /* number of the last whole one; release with kept_ns before it */
    atomic_int_fast64_t kept_ns; /* acquire by way of kept */
    /* the thread's own from here on */
    uint64_t number; /* of the next */
    int file;        /* -1: no round is being written */
    bool has_failed; /* the rest of this round is not written */
    struct qt__segment segment;
    uint64_t chunk, bytes, last_seq;
    uint32_t symbols;
    unsigned char plain[QT__CHUNK_MAX], sealed[QT__CHUNK_MAX + QT__CHUNK_EXTRA];
};
_Static_assert(sizeof(struct qt_market_symbol) + 1024 < QT__CHUNK_MAX, "a symbol fits a chunk");

static void
path_of(const struct qt_market_keeper *keeper, const char *suffix, char out[PATH_BYTES])
{
    char name[QT__MARKET_NAME];
    qt__market_name(keeper->number, name);
    snprintf(out, PATH_BYTES, "%s/%s%s", keeper->folder, name, suffix);
}

static bool
write_bytes(struct qt_market_keeper *keeper, const unsigned char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = pwrite(keeper->file, bytes, n, (off_t)keeper->bytes);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        bytes += done;
        n -= (size_t)done;
        keeper->bytes += (uint64_t)done;
    }
    return true;
}

/* n bytes of plain become the next chunk. */
static bool
write_chunk(struct qt_market_keeper *keeper, size_t n)
{
    size_t sealed =
        qt__chunk_seal(&keeper->segment, keeper->chunk++, keeper->plain, n, keeper->sealed);
    return write_bytes(keeper, keeper->sealed, sealed);
}

static bool
write_head(struct qt_market_keeper *keeper, uint64_t journal_segment)
{
    unsigned char *at = keeper->plain;
    memset(at, 0, QT__MARKET_HEAD_BYTES);
    *at++ = QT__MARKET_HEAD;
    memcpy(at, keeper->version, QT__MARKET_VERSION);
    at += QT__MARKET_VERSION;
    memcpy(at, keeper->session, QT__MARKET_SESSION);
    at += QT__MARKET_SESSION;
    memcpy(at, keeper->source, QT__MARKET_SOURCE);
    at += QT__MARKET_SOURCE;
    qt__put_le(at, journal_segment, 8);
    qt__put_le(at + 8, keeper->shape, 8);
    return write_chunk(keeper, QT__MARKET_HEAD_BYTES);
}

static bool
begin_file(struct qt_market_keeper *keeper, uint64_t journal_segment)
{
    unsigned char head[QT__HEAD_BYTES];
    char path[PATH_BYTES];
    path_of(keeper, ".tmp", path);
    (void)unlink(path);
    keeper->file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    keeper->segment = (struct qt__segment){
        .is_state = true, .number = keeper->number, .created_ns = qt_now_utc_ns()};
    randombytes_buf(keeper->segment.session, sizeof keeper->segment.session);
    qt__segment_make(&keeper->segment, &keeper->key, head);
    keeper->chunk = keeper->bytes = keeper->last_seq = 0;
    keeper->symbols = 0;
    return keeper->file >= 0 && write_bytes(keeper, head, sizeof head) &&
           write_head(keeper, journal_segment);
}

static bool
write_symbol(struct qt_market_keeper *keeper, const struct qt_market_symbol *symbol)
{
    const struct qt_instrument *ins = qt_universe_at(keeper->universe, symbol->instrument);
    unsigned char *at = keeper->plain;
    uLongf n = sizeof keeper->plain - QT__MARKET_SYMBOL_BYTES;
    memset(at, 0, QT__MARKET_SYMBOL_BYTES);
    at[0] = QT__MARKET_SYMBOL;
    at[1] = (unsigned char)ins->px_scale;
    at[2] = (unsigned char)ins->qty_scale;
    memcpy(at + 4, ins->symbol, sizeof ins->symbol);
    if (compress2(at + QT__MARKET_SYMBOL_BYTES, &n, (const Bytef *)symbol, sizeof *symbol, LEVEL) !=
        Z_OK)
        return false;
    qt__put_le(at + 4 + QT_SYMBOL_SIZE, n, 4);
    keeper->symbols++;
    keeper->last_seq = QT_MAX(keeper->last_seq, symbol->seq);
    return write_chunk(keeper, QT__MARKET_SYMBOL_BYTES + n);
}

static bool
write_end(struct qt_market_keeper *keeper, int64_t t_ns)
{
    unsigned char *at = keeper->plain;
    *at++ = QT__MARKET_END;
    qt__put_le(at, keeper->symbols, 4);
    qt__put_le(at + 4, keeper->last_seq, 8);
    qt__put_le(at + 12, (uint64_t)t_ns, 8);
    return write_chunk(keeper, QT__MARKET_END_BYTES);
}

/* The file gets its name, and the folder knows it (K1). */
static bool
name_file(struct qt_market_keeper *keeper)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    path_of(keeper, ".tmp", from);
    path_of(keeper, "", to);
    if (fsync(keeper->file) != 0 || rename(from, to) != 0)
        return false;
    int folder = open(keeper->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_good = folder >= 0 && fsync(folder) == 0;
    if (folder >= 0)
        close(folder);
    return is_good;
}

static void
close_file(struct qt_market_keeper *keeper)
{
    char path[PATH_BYTES];
    if (keeper->file < 0)
        return;
    close(keeper->file);
    keeper->file = -1;
    path_of(keeper, ".tmp", path);
    (void)unlink(path); /* not there any more when it was named */
}

static void
end_round(struct qt_market_keeper *keeper, const struct qt_market_symbol *last)
{
    bool is_whole = last->seq > 0 && keeper->file >= 0 && !keeper->has_failed;
    if (is_whole && !(write_end(keeper, last->t_ns) && name_file(keeper)))
        keeper->has_failed = true;
    close_file(keeper);
    if (is_whole && !keeper->has_failed) {
        qt__market_tidy(keeper->folder);
        atomic_store_explicit(&keeper->kept_ns, last->t_ns, memory_order_relaxed);
        atomic_store_explicit(&keeper->kept, keeper->number++, memory_order_release);
    }
    if (is_whole || keeper->has_failed)
        atomic_store(&keeper->is_sick, keeper->has_failed);
    keeper->has_failed = false;
}

static void
take(struct qt_market_keeper *keeper, const struct slot *slot)
{
    if (slot->symbol.instrument == QT_NO_INSTRUMENT) {
        end_round(keeper, &slot->symbol);
        return;
    }
    if (keeper->file < 0 && !keeper->has_failed)
        keeper->has_failed = !begin_file(keeper, slot->segment);
    if (!keeper->has_failed)
        keeper->has_failed = !write_symbol(keeper, &slot->symbol);
}

static void *
run(void *argument)
{
    struct qt_market_keeper *keeper = argument;
    for (;;) {
        bool is_ending = atomic_load(&keeper->stop); /* before the last look into the ring */
        uint64_t out = atomic_load_explicit(&keeper->out, memory_order_relaxed);
        if (atomic_load_explicit(&keeper->in, memory_order_acquire) != out) {
            take(keeper, &keeper->slots[out % SLOTS]);
            atomic_store_explicit(&keeper->out, out + 1, memory_order_release);
        } else if (is_ending) {
            break;
        } else {
            (void)sem_wait(&keeper->wake);
        }
    }
    close_file(keeper);
    return NULL;
}

/* The engine's side */

static struct qt_market_symbol *
port_slot(void *self)
{
    struct qt_market_keeper *keeper = self;
    uint64_t in = atomic_load_explicit(&keeper->in, memory_order_relaxed);
    if (in - atomic_load_explicit(&keeper->out, memory_order_acquire) == SLOTS)
        return NULL;
    struct slot *slot = &keeper->slots[in % SLOTS];
    slot->segment = keeper->journal ? qt_journal_segment(keeper->journal) : 0;
    return &slot->symbol;
}

static void
port_put(void *self)
{
    struct qt_market_keeper *keeper = self;
    atomic_fetch_add_explicit(&keeper->in, 1, memory_order_release);
    sem_post(&keeper->wake);
}

static void
port_look(void *self, struct qt_market_view *out)
{
    const struct qt_market_keeper *keeper = self;
    out->number = atomic_load_explicit(&keeper->kept, memory_order_acquire);
    out->t_ns = atomic_load_explicit(&keeper->kept_ns, memory_order_relaxed);
    out->is_sick = atomic_load(&keeper->is_sick);
}

struct qt_market_port
qt_market_keeper_port(struct qt_market_keeper *keeper)
{
    return (struct qt_market_port){
        .self = keeper, .slot = port_slot, .put = port_put, .look = port_look};
}

/* Life */

static bool
start(struct qt_market_keeper *keeper, const struct qt_market_place *place, struct qt_error *err)
{
    uint64_t newest = 0;
    if (!qt_copy(keeper->folder, sizeof keeper->folder, place->folder) ||
        !qt_copy(keeper->version, sizeof keeper->version, place->version) ||
        !qt_copy(keeper->source, sizeof keeper->source, place->source))
        return qt_fail(err, QT_E_USAGE, "a market state's folder, version or source is too long");
    if (keeper->journal)
        qt_copy(keeper->session, sizeof keeper->session, qt_journal_session(keeper->journal));
    qt__market_tidy(keeper->folder);
    (void)qt__market_numbers(keeper->folder, &newest, 1);
    keeper->number = newest + 1;
    int failed = pthread_create(&keeper->thread, NULL, run, keeper);
    keeper->is_started = failed == 0;
    return keeper->is_started ||
           qt_fail(err, QT_E_FAILED, "the market state's thread could not start: %s",
                   strerror(failed));
}

struct qt_market_keeper *
qt_market_keeper_create(const struct qt_market_place *place, const struct qt_journal *journal,
                        struct qt_error *err)
{
    struct qt_market_keeper *keeper = calloc(1, sizeof *keeper);
    if (keeper)
        keeper->slots = calloc(SLOTS, sizeof *keeper->slots);
    if (!keeper || !keeper->slots) {
        free(keeper);
        qt_fail(err, QT_E_MEMORY, "no memory to keep market states");
        return NULL;
    }
    sem_init(&keeper->wake, 0, 0);
    keeper->file = -1;
    keeper->key = *place->key;
    keeper->shape = qt_market_shape_hash(place->shape);
    keeper->universe = place->universe;
    keeper->journal = journal;
    atomic_init(&keeper->kept_ns, QT_TIME_NONE);
    if (start(keeper, place, err))
        return keeper;
    qt_market_keeper_close(keeper);
    return NULL;
}

void
qt_market_keeper_close(struct qt_market_keeper *keeper)
{
    if (!keeper)
        return;
    if (keeper->is_started) {
        atomic_store(&keeper->stop, true);
        sem_post(&keeper->wake);
        pthread_join(keeper->thread, NULL);
    }
    sem_destroy(&keeper->wake);
    free(keeper->slots);
    sodium_memzero(keeper, sizeof *keeper);
    free(keeper);
}
