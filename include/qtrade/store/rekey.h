/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sealing every page of a store anew, after qt_store_key_renew gave it another key: by the store's
 * thread while an engine runs, in small steps with rests between, or by who has opened the store
 * and does nothing else.
 *
 *     the log is emptied into the database, so that nothing of the former key is in it; then the
 * pages, some at a time (vfs_renew.c); an entry of the audit; the vault; and store.key without the
 * former key (K1 of key.h)
 *
 * Wherever that is interrupted, it goes on at the next opening: nothing has to be remembered, since
 * what has the new key already is passed over.
 */
#ifndef QTRADE_STORE_REKEY_H
#define QTRADE_STORE_REKEY_H

#include "qtrade/store/store.h"

/** How far it is. */
struct qt_rekey_stats {
    bool is_renewing;
    uint32_t pages, done; /* of the database; 0 of 0 until it has begun */
    uint64_t failures;    /* steps that failed; each is tried again */
    char last_error[200]; /* of the last failure since it was opened; "": none */
};
/** Any thread. */
void qt_rekey_stats(struct qt_store *store, struct qt_rekey_stats *out);

/**
 * The key that another process gave the pages (qt_store_key_hand_over): from now on the store's
 * thread seals with it. False: it is for another store, or not the one that is in use already
 * (QT_E_LOCKED). Any thread.
 */
QT_CHECKED bool qt_rekey_hand_over(struct qt_store *store,
                                   const unsigned char sealed[QT_KEY_HANDOVER],
                                   struct qt_error *err);

/**
 * All of it at once, on a store that was opened with such keys and not started. tell (may be NULL)
 * hears of each step. False: err; what was done stays done, and it goes on when it is called again
 * or the store is opened again: the disk is full, a reader holds on to the log for longer than a
 * minute (QT_E_FAILED), a page is damaged (QT_E_VERIFY), store.key.next is gone (QT_E_LOCKED).
 */
QT_CHECKED bool qt_rekey_finish(struct qt_store *store,
                                void (*tell)(void *self, const struct qt_rekey_stats *stats),
                                void *self, struct qt_error *err);

#endif
