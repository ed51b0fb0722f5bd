/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keys of a state folder. Store and journal have random keys of their own; both lie in
 * store.key, wrapped by a key that is made of a passphrase (Argon2id) or of a key file's 32 bytes.
 * So another passphrase is another wrapping, and no page is written anew.
 *
 *     store.key   0 "QTKEY" and 3 zeros  8 version u32  12 kind u32  16 operations u64
 *                 24 memory u64 (Argon2id's; 0 of a key file)  32 salt (16)  48 store id (16)
 *                 64 XChaCha20-Poly1305 of keys of 32 bytes each, nonce (24), tag (16)
 *
 *     version     1  the store's, the journal's
 *                 2  the seal's seed, the journal's, the pages'
 *                 3  the same, the former key of the pages, the hash of store.key.next
 *
 * K1: The pages get another key in three steps, each one rename: store.key.next is written, which is
 * store.key as it is to be at the end (version 2); store.key is written with both keys (version 3);
 * and when every page is sealed anew, store.key.next becomes store.key. At each moment what is on
 * disk is sealed by keys that are in store.key, and whoever has the store open can end it without
 * what opens the keys.
 */
#ifndef QTRADE_STORE_KEY_H
#define QTRADE_STORE_KEY_H

#include <stddef.h>

#include "qtrade/base/error.h"
#include "qtrade/store/journal.h"

#define QT_PASSPHRASE_MAX 1024 /* bytes */

enum qt_key_kind {
    QT_KEY_NONE,      /* there is no store.key */
    QT_KEY_FILE,      /* 32 bytes of a key file or a credential open it */
    QT_KEY_PASSPHRASE /* a passphrase does */
};

/** What opens the keys; borrowed for a call. */
struct qt_unlock {
    enum qt_key_kind kind;
    const unsigned char *bytes;
    size_t n; /* QT_KEY_FILE: 32; QT_KEY_PASSPHRASE: 1 to QT_PASSPHRASE_MAX */
};

/** The keys, unlocked, in locked memory that no core file shows. */
struct qt_store_key;

/** Which kind of key the folder's store.key asks for. False: it cannot be read (QT_E_LOCKED). */
QT_CHECKED bool qt_store_key_kind(const char *folder, enum qt_key_kind *out, struct qt_error *err);
/**
 * New random keys, which qt_store_open writes to the folder with the store that it makes; unlock
 * opens them later. NULL for unlock: keys for one run, written nowhere.
 */
struct qt_store_key *qt_store_key_make(const struct qt_unlock *unlock, struct qt_error *err);
/** The folder's keys. NULL: QT_E_LOCKED: what opens them is something else, or store.key is
 * damaged. */
struct qt_store_key *qt_store_key_open(const char *folder, const struct qt_unlock *unlock,
                                       struct qt_error *err);
/** From now on unlock opens them, and what did no longer does. Old or new, whatever happens. Refused
 * (QT_E_FAILED) while pages are being sealed anew. */
QT_CHECKED bool qt_store_key_change(struct qt_store_key *key, const char *folder,
                                    const struct qt_unlock *unlock, struct qt_error *err);
/**
 * Gives the pages a new random key, and from now on unlock opens the keys. The former one goes when
 * every page is sealed anew: whoever opens the store to write sees to it (store.h). Where that is
 * unfinished already, the keys stay and only unlock is new. False: as it was, or begun: old or new
 * opens.
 */
QT_CHECKED bool qt_store_key_renew(struct qt_store_key *key, const char *folder,
                                   const struct qt_unlock *unlock, struct qt_error *err);
/** Whether pages are being sealed anew, as far as key knows. */
bool qt_store_key_is_renewing(const struct qt_store_key *key);
/** Whether they are, as the folder's store.key says by its head. False: it cannot be read. */
QT_CHECKED bool qt_store_key_look_renewing(const char *folder, bool *out, struct qt_error *err);
/** Whether that can be ended with what is in the folder; false: err; ask for it again. */
QT_CHECKED bool qt_store_key_can_finish(const struct qt_store_key *key, const char *folder,
                                        struct qt_error *err);

enum { QT_KEY_HANDOVER = 104 }; /* bytes */
/** The pages' new key for the process that has the store open, sealed by the former one. False: they
 * are not being sealed anew, or no memory. */
QT_CHECKED bool qt_store_key_hand_over(const struct qt_store_key *key,
                                       unsigned char out[QT_KEY_HANDOVER], struct qt_error *err);
/** The key of the folder's journal. */
void qt_store_key_journal(const struct qt_store_key *key, struct qt_journal_key *out);
void qt_store_key_close(struct qt_store_key *key); /* wipes; NULL is fine */

#endif
