/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keys of a state folder. Store and journal have random keys of their own; both lie in
 * store.key, wrapped by a key that is made of a passphrase (Argon2id) or of a key file's 32 bytes.
 * So another passphrase is another wrapping, and no page is written anew.
 *
 *     store.key   0 "QTKEY" and 3 zeros  8 version u32  12 kind u32  16 operations u64
 *                 24 memory u64 (Argon2id's; 0 of a key file)  32 salt (16)  48 store id (16)
 *                 64 XChaCha20-Poly1305 of the two keys: 64 bytes, nonce (24), tag (16)
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
/** From now on unlock opens them, and what did no longer does. Old or new, whatever happens. */
QT_CHECKED bool qt_store_key_change(struct qt_store_key *key, const char *folder,
                                    const struct qt_unlock *unlock, struct qt_error *err);
/** The key of the folder's journal. */
void qt_store_key_journal(const struct qt_store_key *key, struct qt_journal_key *out);
void qt_store_key_close(struct qt_store_key *key); /* wipes; NULL is fine */

#endif
