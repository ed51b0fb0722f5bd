/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef QTRADE_STORE_KEY_PRIV_H
#define QTRADE_STORE_KEY_PRIV_H

#include "qtrade/store/key.h"

#include "cipher_priv.h"

enum { QT__WRAP_HEAD = 64, QT__WRAP_BYTES = QT__WRAP_HEAD + 2 * QT__KEY_BYTES + QT__SEAL_BYTES };

struct qt_store_key {
    unsigned char keys[2 * QT__KEY_BYTES]; /* the store's, the journal's */
    unsigned char id[QT__ID_BYTES];
    unsigned char wrapped[QT__WRAP_BYTES]; /* as store.key has them, or will */
    bool is_new;                           /* there is no store.key yet */
    bool is_for_one_run;                   /* and never will be */
};

/** The same keys. NULL: no memory. */
struct qt_store_key *qt__store_key_copy(const struct qt_store_key *key, struct qt_error *err);
/** Takes the wrapping that the folder's store.key has now: what opens it may have been changed by
 * another process. False: it is damaged, or of another store (QT_E_LOCKED). */
QT_CHECKED bool qt__store_key_reread(struct qt_store_key *key, const char *folder,
                                     struct qt_error *err);
/** A key for one use, named by 8 letters, that says nothing of the store's. */
void qt__store_key_derive(const struct qt_store_key *key, const char use[8],
                          unsigned char out[QT__KEY_BYTES]);
/** Writes store.key, whole or not at all. */
QT_CHECKED bool qt__store_key_save(struct qt_store_key *key, const char *folder,
                                   struct qt_error *err);
/** Whether wrapped, found in the file path, can be the keys of a store. */
QT_CHECKED bool qt__store_key_look(const unsigned char wrapped[QT__WRAP_BYTES], const char *path,
                                   struct qt_error *err);
/** The keys in wrapped; store.key is yet to be written. NULL: QT_E_LOCKED, as qt_store_key_open. */
struct qt_store_key *qt__store_key_unwrap(const unsigned char wrapped[QT__WRAP_BYTES],
                                          const char *path, const struct qt_unlock *unlock,
                                          struct qt_error *err);

#endif
