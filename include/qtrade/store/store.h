/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The local store: encrypted SQLite in the state folder, written behind the engine by a thread of its own.
 * The engine puts records into a ring and goes on; the thread writes what is there in one
 * transaction (WAL, synchronous=FULL: what was acknowledged survives a power cut).
 *
 *     engine --put--> ring (32,768 records; full: put says false, the engine pauses) --> thread -->
 * store.db
 *
 * T1: one process writes: the folder's lock file is held with flock for as long as the store is
 * open. T2: a batch that could not be written (disk full, I/O error) is kept and tried again; until
 * it is on disk the store is not healthy, and nothing behind it is lost while the ring has room.
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
    char last_error[200];
};
void qt_store_stats(struct qt_store *store, struct qt_store_stats *out);

#endif
