/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Intents: orders that are about to leave, each in the file "intents" of the state folder before
 * its first byte goes to the venue. The store itself is written behind; what it had no time for is
 * found here by the next run.
 *
 *     intents   QT__INTENT_SLOTS sealed slots, a ring: number N lies in slot N % QT__INTENT_SLOTS;
 *               zeros: never used
 *     slot        0 number u64, from 1     8 client id u64    16 event time i64
 *                24 price i64  32 stop price i64  40 quantity i64
 *                48 side, type, time in force, reduces, purpose, has a plan, scales of price and
 *                   quantity, a byte each
 *                56 symbol (32)
 *                88 plan: side u64  96 stop  104 trail  112 targets (3)  136 their shares u32 (3)
 *                   zeros until 216, then nonce and tag
 *
 * N1: one write(2) of a slot into blocks that are there already, by the engine's thread, after the
 * order's record was put: so it survives the process, which costs some microseconds; the store's
 * thread syncs it behind, so that it survives a power cut from then on. N2: a slot is used again
 * when the store has what it told of. N3: after a failed write or sync nothing is assumed of the
 * file: it is written anew as a whole from memory and synced, by the store's thread, and until that
 * has worked no intent is kept. N4: nothing is written here while another operation of the store's
 * thread does not come back: the engine's thread must not hang in the same disk. N5: a slot that
 * does not open is named and otherwise ignored; behind the newest number it is a torn write of an
 * order that did not leave.
 */
#ifndef QTRADE_STORE_INTENTS_PRIV_H
#define QTRADE_STORE_INTENTS_PRIV_H

#include <stdatomic.h>

#include "qtrade/engine/ports.h"
#include "qtrade/store/store.h"

#include "cipher_priv.h"
#include "store_priv.h"

enum {
    QT__INTENT_SLOTS = 4096,
    QT__INTENT_PLAIN = 216,
    QT__INTENT_BYTES = QT__INTENT_PLAIN + QT__SEAL_BYTES,
    QT__INTENT_ASKED = 128 /* that a restart takes back at most; the newest */
};

/** A slot, opened. */
struct qt__intent {
    uint64_t number;
    struct qt_intent intent; /* but the instrument */
    uint8_t px_scale, qty_scale;
    char symbol[QT_SYMBOL_SIZE];
};

struct qt__intents {
    int file;
    char path[544];
    struct qt__cipher *cipher; /* who opens them, then the engine's thread */
    unsigned char *image;      /* the file as it should be; the engine's thread, N3 the store's */
    uint64_t number;           /* of the last; the engine's thread, as the next two */
    uint64_t put_at[QT__INTENT_SLOTS]; /* records put when the slot was written (N2) */
    struct qt_intents_view found;      /* at the start */
    atomic_bool is_good;               /* cleared by either thread, set by the store's (N3) */
    atomic_bool is_writing;            /* the engine's thread is in a write; seq_cst with is_good */
    atomic_bool is_slow;               /* its last write took too long; cleared by a sync */
    atomic_int why;                    /* errno of the last failure */
    atomic_uint_fast64_t kept, unkept; /* written; not, since there was a reason */
    uint64_t synced;                   /* of kept; the store's thread */
};

/** The folder's intents, made where there are none. NULL: err (QT_E_LOCKED: a link, a FIFO, or a
 * file that others may read or write). */
struct qt__intents *qt__intents_open(const char *folder, const struct qt_store_key *key,
                                     struct qt_error *err);
void qt__intents_close(struct qt__intents *intents); /* syncs; NULL is fine */
/**
 * Keeps an intent of an instrument. put: records that the store was given so far, written: of them
 * on disk; busy_since_ns (monotonic): of an operation that the store's thread is in, 0: none.
 * False: *out_why. Engine thread; allocates nothing, waits for nothing but one write.
 */
QT_CHECKED bool qt__intents_keep(struct qt__intents *intents, const struct qt_intent *intent,
                                 const struct qt_instrument *ins, uint64_t put, uint64_t written,
                                 int64_t busy_since_ns, const char **out_why);
/** Syncs what is new; heals what failed (N3). False: it is not good now. Store thread. */
bool qt__intents_work(struct qt__intents *intents);
/** Opens a slot of image; false: it is damaged, torn or (*out_empty) was never used. */
QT_CHECKED bool qt__intent_read(struct qt__cipher *cipher, const unsigned char *image,
                                unsigned slot, struct qt__intent *out, bool *out_empty);

/** What only intents know of goes into out: orders without a row, plans of entries that are not
 * final, numbers. Before the engine starts. */
QT_CHECKED bool qt__intents_restore(struct qt__intents *intents, sqlite3 *db,
                                    const struct qt_universe *universe, struct qt_restore *out,
                                    uint32_t *out_unknown, struct qt_error *err);
/** Names up to max damaged slots of a folder's file, read beside an engine. How many there are; -1:
 * err. */
int qt__intents_check(const char *folder, const struct qt_store_key *key, unsigned *out_slots,
                      unsigned max, struct qt_error *err);

#endif
