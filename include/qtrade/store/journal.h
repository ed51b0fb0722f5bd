/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The journal: every input of a session and every decision it led to, in segments of encrypted,
 * authenticated chunks, written behind by a thread of its own. qtrade-journal(5) describes the
 * bytes.
 *
 * J1: the engine waits for a busy thread, and not for a disk that hangs: a quarter of a second
 * without progress, or some seconds while no position and no order is out; then it pauses, and the
 * journal says that its end is lost. J2: a chunk is
 * whole or it is not there: a torn tail is found and cut when the next session starts. J3: a
 * session that ended in order says so in its last record.
 */
#ifndef QTRADE_STORE_JOURNAL_H
#define QTRADE_STORE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/error.h"
#include "qtrade/engine/board.h"
#include "qtrade/engine/journal.h"
#include "qtrade/engine/record.h"
#include "qtrade/market/instrument.h"

#define QT_JOURNAL_CONFIG_MAX 32768 /* bytes of the config's JSON */

struct qt_journal_key {
    unsigned char bytes[32];
};

/**
 * The key in a file of 32 bytes. With makes, one is made of random bytes where there is none.
 * False: QT_E_LOCKED: missing, another size, readable by others, not a plain file of ours.
 */
QT_CHECKED bool qt_journal_key_load(const char *path, bool makes, struct qt_journal_key *out,
                                    struct qt_error *err);
void qt_journal_key_wipe(struct qt_journal_key *key);

enum qt_journal_sync {
    QT_JOURNAL_SYNC_OFF,   /* the system writes when it likes: a power cut may lose seconds */
    QT_JOURNAL_SYNC_BATCH, /* at most 5 ms of input are at risk, or what a slower disk is behind */
    QT_JOURNAL_SYNC_EVERY  /* after every chunk */
};

/** How a session's journal ends. */
enum qt_journal_ending {
    QT_JOURNAL_CLOSED,    /* in order */
    QT_JOURNAL_RECOVERED, /* killed; the next session found the end and cut what was torn */
    QT_JOURNAL_LOST,      /* the disk did not keep up: events after the last are missing */
    QT_JOURNAL_CUT        /* no end: killed and not recovered yet, or cut since */
};
const char *qt_journal_ending_name(enum qt_journal_ending ending); /* "closed" ... */

/** A market state (market_state.h) that a session begins with. */
struct qt_market_ref {
    uint64_t number; /* 0: none */
    char hash[65];   /* BLAKE2b-256 of its file, in hex */
};

struct qt_journal_options {
    const char *folder; /* made when it is not there */
    const struct qt_journal_key *key;
    const char *version, *run_kind;
    const char *config; /* JSON, below QT_JOURNAL_CONFIG_MAX bytes */
    const struct qt_universe *universe;
    const struct qt_restore *restore; /* what the engine starts from; NULL: nothing */
    const struct qt_market_ref *market; /* of this folder; NULL: none */
    int64_t base_period_ns;
    bool is_recorded;
    enum qt_journal_sync sync;
    uint64_t segment_bytes; /* a new segment after so many; 0: 64 MiB */
    uint64_t keep_bytes;    /* the oldest go while all together are larger; 0: none goes */
    struct qt_part *part;   /* its place on the board; NULL: nobody looks */
    bool waits;             /* a full ring makes the engine wait for ever (no market waits either) */
};

struct qt_journal;

/**
 * Recovers what the last session left, starts a new one with everything that its replay needs, and
 * the thread. Borrows nothing after the call. NULL: err.
 */
struct qt_journal *qt_journal_create(const struct qt_journal_options *options,
                                     struct qt_error *err);
/** Writes what is waiting and the end; false: it could not be written. Frees either way. */
QT_CHECKED bool qt_journal_close(struct qt_journal *journal, struct qt_error *err);
/** Number of the segment that is being written: what the engine gives from now on is there or
 * behind. Any thread. */
uint64_t qt_journal_segment(const struct qt_journal *journal);
const char *qt_journal_session(const struct qt_journal *journal); /* its name */
/** The engine's side. */
struct qt_journal_port qt_journal_port(struct qt_journal *journal);

struct qt_journal_stats {
    uint64_t records, bytes, chunks, segments, syncs, failures;
    uint64_t waiting; /* in the ring */
};
void qt_journal_stats(const struct qt_journal *journal, struct qt_journal_stats *out);

/* Reading */

struct qt_journal_reader;

/** What a session began with. */
struct qt_journal_head {
    char session[40]; /* "20261121T044500123Z-3f2a91bc" */
    char version[24], run_kind[12];
    int64_t created_ns, base_period_ns;
    bool is_recorded;
    const char *config;               /* JSON */
    struct qt_universe *universe;     /* the reader's */
    const struct qt_restore *restore; /* is_found false: a fresh start */
    struct qt_market_ref market;
};

/** A session of a folder. */
struct qt_journal_listing {
    char session[40];
    uint32_t segments;
    uint64_t bytes;
};
/** The sessions of a folder, oldest first; at most max. Returns how many there are; -1: err. */
int qt_journal_list(const char *folder, struct qt_journal_listing *out, unsigned max,
                    struct qt_error *err);

/** Opens a session (NULL: the last one) and reads its head. NULL: err (QT_E_LOCKED: the key does
 * not fit; QT_E_VERIFY: damaged; QT_E_DATA: no such journal). */
struct qt_journal_reader *qt_journal_open(const char *folder, const char *session,
                                          const struct qt_journal_key *key, struct qt_error *err);
/** Goes on with the first record of that segment (1: after the head). False: err, as of
 * qt_journal_open. */
QT_CHECKED bool qt_journal_reader_seek(struct qt_journal_reader *reader, uint64_t segment,
                                       struct qt_error *err);
void qt_journal_reader_close(struct qt_journal_reader *reader); /* NULL is fine */
const struct qt_journal_head *qt_journal_reader_head(const struct qt_journal_reader *reader);

enum qt_journal_item {
    QT_JOURNAL_EVENT,
    QT_JOURNAL_DECISION,
    QT_JOURNAL_END,   /* nothing more; qt_journal_reader_ending says how it ends */
    QT_JOURNAL_FAILED /* err names segment, chunk and byte */
};
/** The next event or decision; the pointer is valid until the next call. */
enum qt_journal_item qt_journal_next(struct qt_journal_reader *reader,
                                     const struct qt_event **out_event,
                                     const struct qt_decision **out_decision, struct qt_error *err);
enum qt_journal_ending qt_journal_reader_ending(const struct qt_journal_reader *reader);
uint64_t qt_journal_reader_bytes(const struct qt_journal_reader *reader); /* read so far */
uint64_t qt_journal_reader_size(const struct qt_journal_reader *reader);  /* of the session */

/** Room for one record as JSON. */
#define QT_JOURNAL_JSON_MAX 8192
void qt_journal_event_json(const struct qt_event *event, const struct qt_universe *universe,
                           char out[QT_JOURNAL_JSON_MAX]);
void qt_journal_decision_json(const struct qt_decision *decision,
                              const struct qt_universe *universe, char out[QT_JOURNAL_JSON_MAX]);

#endif
