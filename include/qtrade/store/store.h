/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The local store: encrypted SQLite in the state folder, written behind the engine by a thread of its own.
 * The engine puts records into a ring and goes on; the thread writes what is there in one
 * transaction (WAL, synchronous=FULL: what was acknowledged survives a power cut).
 *
 *     engine --put--> ring (8192 records; full: put says false, the engine pauses) --> thread -->
 * store.db
 *
 * T1: one process writes: the folder's lock file is held with flock for as long as the store is
 * open. T2: a batch that could not be written (disk full, I/O error) is kept and tried again; until
 * it is on disk the store is not healthy, and nothing behind it is lost while the ring has room. T3:
 * what lies between two marks of the engine is written in one transaction, so a crash never leaves a
 * fill without its position. T4: an order's intent is in the file intents before the order leaves.
 */
#ifndef QTRADE_STORE_STORE_H
#define QTRADE_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/error.h"
#include "qtrade/engine/board.h"
#include "qtrade/engine/ports.h"
#include "qtrade/engine/record.h"
#include "qtrade/market/instrument.h"
#include "qtrade/store/key.h"
#include "qtrade/store/store_config.h"

struct qt_store;

/**
 * Opens (creates, migrates, encrypts a plain one of before) the store of a state folder and takes its
 * lock. key is borrowed for the call. Refuses: another process holds the lock (its pid is named), a
 * newer schema than this program knows (QT_E_CONFIG), a file that is no store (QT_E_DATA), a store
 * whose store.key is missing (QT_E_LOCKED), and one that is damaged, cut, or has lost its database or
 * its log (QT_E_VERIFY).
 */
struct qt_store *qt_store_open(const char *folder, struct qt_store_key *key, struct qt_error *err);
/** Writes what is left (waits at most 5 s) and closes. NULL is fine. */
void qt_store_close(struct qt_store *store);

/**
 * Reads what a restart needs: mode, open orders, positions, ledger sums, the highest number. A fill
 * of which a kill let only some records get here is made whole first, and audited. Rows
 * of symbols that universe does not have are counted in *out_unknown. Before qt_store_start.
 */
QT_CHECKED bool qt_store_restore(struct qt_store *store, const struct qt_universe *universe,
                                 struct qt_restore *out, uint32_t *out_unknown,
                                 struct qt_error *err);

/** What a start found in the intents. */
struct qt_intents_view {
    uint32_t orders;  /* that only an intent knew of; the venue is asked for them */
    uint32_t older;   /* more of them, which are not asked for */
    uint32_t damaged; /* slots that do not open */
    bool is_torn;     /* the last one was not written whole: its order did not leave */
};
/**
 * From now on orders are kept before they leave (a venue outside of this process), in the file
 * intents of the folder, made where there is none; and qt_store_restore takes back what only they
 * know. Before qt_store_restore. False: QT_E_LOCKED: a link, a FIFO, a file that others may read;
 * QT_E_IO.
 */
QT_CHECKED bool qt_store_keep_intents(struct qt_store *store, const struct qt_store_key *key,
                                      struct qt_error *err);
void qt_store_intents(const struct qt_store *store, struct qt_intents_view *out);

#define QT_STORE_VENUES 4

/**
 * Until when (UTC) a venue (0..QT_STORE_VENUES - 1, in the config's order) wants no request; 0: it
 * never said so. And keeping it: on disk when this returns, or, after qt_store_start, with the store's
 * thread, in its next turn. The first before qt_store_start, the second on any thread.
 */
QT_CHECKED bool qt_store_ban(struct qt_store *store, unsigned venue, int64_t *out_until_ns,
                             struct qt_error *err);
QT_CHECKED bool qt_store_keep_ban(struct qt_store *store, unsigned venue, int64_t until_ns,
                                  struct qt_error *err);

/** How long rows stay as they are (store_config.h), copied; without it, for ever. Before
 * qt_store_start. */
void qt_store_configure(struct qt_store *store, const struct qt_store_config *config);

/** Starts the writing thread; universe (borrowed until close) names the instruments of the records;
 * part (NULL: nobody looks) is its place on the board. */
QT_CHECKED bool qt_store_start(struct qt_store *store, const struct qt_universe *universe,
                               struct qt_part *part, struct qt_error *err);
/** The port for the engine; after qt_store_start. */
struct qt_store_port qt_store_port(struct qt_store *store);

/** A number of 32 bits drawn when the store was made: tells the orders of two stores on one account
 * apart. */
uint32_t qt_store_tag(const struct qt_store *store);

/** What the store did so far. Any thread. */
struct qt_store_stats {
    uint64_t written, transactions, failures;
    uint64_t waiting; /* records in the ring */
    uint64_t intents, unkept; /* orders kept before they left; that could not be kept */
    char last_error[200];
};
void qt_store_stats(struct qt_store *store, struct qt_store_stats *out);

#endif
