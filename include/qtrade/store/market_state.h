/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Market states on disk, beside the journal and under its key: numbered files that a restart begins
 * with instead of asking the venue for everything. qtrade-journal(5) describes the bytes.
 *
 * K1: a file is whole or it is not there: written aside, synced, renamed. K2: the two newest stay,
 * and the one that a session began with as long as that session's journal. K3: what is read is
 * believed in nothing: cut, changed, from another config, version or venue, or made by someone who
 * has the key, it is named and not used (fault A3).
 */
#ifndef QTRADE_STORE_MARKET_STATE_H
#define QTRADE_STORE_MARKET_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/error.h"
#include "qtrade/engine/market_state.h"
#include "qtrade/market/event.h"
#include "qtrade/market/instrument.h"
#include "qtrade/store/journal.h"

/** What a state is of; borrowed during the call that takes it, but journal. */
struct qt_market_place {
    const char *folder; /* the journal's; there already */
    const struct qt_journal_key *key;
    const char *version, *source; /* of the program and of the market; below 24 and 160 bytes */
    const struct qt_market_shape *shape;
    const struct qt_universe *universe;
};

/* Keeping */

struct qt_market_keeper;
/** Starts the thread that packs, seals and writes. journal is borrowed until the close: each state
 * says from which segment its tail goes on. NULL: err. */
struct qt_market_keeper *qt_market_keeper_create(const struct qt_market_place *place,
                                                 const struct qt_journal *journal,
                                                 struct qt_error *err);
/** Writes what was put; a round that is not whole leaves nothing. NULL is fine. */
void qt_market_keeper_close(struct qt_market_keeper *keeper);
/** The engine's side. */
struct qt_market_port qt_market_keeper_port(struct qt_market_keeper *keeper);

/* Going on from one */

struct qt_kept_market;
typedef void (*qt_market_ignored_fn)(void *context, const char *file, const char *why);

/**
 * The newest state that fits the place and is at most max_age_ns older than now_ns. Each that does
 * not is told to ignored with the reason. NULL: there is none; never an error.
 */
struct qt_kept_market *qt_kept_market_find(const struct qt_market_place *place, int64_t now_ns,
                                           int64_t max_age_ns, qt_market_ignored_fn ignored,
                                           void *context);
/**
 * The state that a session began with, for its replay; place's version and source may be NULL.
 * NULL: err (QT_E_DATA: it is missing, or of another layout; QT_E_VERIFY: it is not the one, or
 * damaged).
 */
struct qt_kept_market *qt_kept_market_open(const struct qt_market_place *place, const char *session,
                                           const struct qt_market_ref *ref, struct qt_error *err);
void qt_kept_market_destroy(struct qt_kept_market *state); /* NULL is fine */
const struct qt_market_ref *qt_kept_market_ref(const struct qt_kept_market *state);
/** For the engine; valid as long as the state. */
const struct qt_market_restore *qt_kept_market_restore(const struct qt_kept_market *state);
uint32_t qt_kept_market_symbols(const struct qt_kept_market *state); /* that it has */
int64_t qt_kept_market_time_ns(const struct qt_kept_market *state);  /* engine time of its end */

/* What came after it */

struct qt_market_tail;
/**
 * The bars that journals of the folder hold beyond the state, for the symbols that it has: of the
 * session that wrote it, or of the newest that began with it. Before the next session's journal is
 * begun. state and universe are borrowed. NULL: there are none; err->code is set when they cannot
 * be read.
 */
struct qt_market_tail *qt_market_tail_open(const struct qt_market_place *place,
                                           const struct qt_kept_market *state,
                                           struct qt_error *err);
/** The next bar, an event with flag HISTORY and ids of the place's universe. False: the end, or
 * err->code is set and what follows cannot be read. */
bool qt_market_tail_next(struct qt_market_tail *tail, struct qt_event *out, struct qt_error *err);
void qt_market_tail_close(struct qt_market_tail *tail); /* NULL is fine */

#endif
