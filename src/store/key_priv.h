/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef QTRADE_STORE_KEY_PRIV_H
#define QTRADE_STORE_KEY_PRIV_H

#include "qtrade/store/key.h"

#include "cipher_priv.h"

/* Keys of 32 bytes, in the order in which store.key has them. */
enum {
    QT__SLOT_ROOT, /* version 1: of the pages, the vault and the seal; later: the seed of the seal */
    QT__SLOT_JOURNAL,
    QT__SLOT_PAGES,  /* from version 2 on, of the vault too */
    QT__SLOT_FORMER, /* version 3: what opens pages that are not sealed anew yet */
    QT__SLOT_NEXT,   /* version 3: the hash of store.key.next */
    QT__SLOTS
};

enum {
    QT__WRAP_HEAD = 64,
    QT__WRAP_FIRST = QT__WRAP_HEAD + 2 * QT__KEY_BYTES + QT__SEAL_BYTES, /* of version 1 */
    QT__WRAP_BYTES = QT__WRAP_HEAD + QT__SLOTS * QT__KEY_BYTES + QT__SEAL_BYTES /* at most */
};

struct qt_store_key {
    unsigned char keys[QT__SLOTS][QT__KEY_BYTES];
    unsigned version; /* 1 to 3: which of them there are */
    unsigned char id[QT__ID_BYTES];
    unsigned char wrapped[QT__WRAP_BYTES]; /* as store.key has them, or will; zeros behind */
    size_t wrapped_n;
    bool is_new;                           /* there is no store.key yet */
    bool is_for_one_run;                   /* and never will be */
};

/** The same keys. NULL: no memory. */
struct qt_store_key *qt__store_key_copy(const struct qt_store_key *key, struct qt_error *err);
/** Takes the wrapping that the folder's store.key has now: what opens it may have been changed by
 * another process. False: it is damaged, or of another store (QT_E_LOCKED). */
QT_CHECKED bool qt__store_key_reread(struct qt_store_key *key, const char *folder,
                                     struct qt_error *err);
/** What seals pages. */
const unsigned char *qt__store_key_pages(const struct qt_store_key *key);
/** What opens pages that are not sealed anew yet; NULL: all are. */
const unsigned char *qt__store_key_former(const struct qt_store_key *key);
/** The cipher of the vault's key, which opens what the former pages' key made too. NULL: no memory. */
struct qt__cipher *qt__store_key_vault(const struct qt_store_key *key);
/** The seed of the pair that signs a seal; it stays when the pages get another key. */
void qt__store_key_seal(const struct qt_store_key *key, unsigned char out[QT__KEY_BYTES]);
/** What seals intents: of the journal's key, so that it stays when the pages get another one. */
void qt__store_key_intents(const struct qt_store_key *key, unsigned char out[QT__KEY_BYTES]);
/** All pages are sealed anew: store.key is the one without the former key, at once. */
QT_CHECKED bool qt__store_key_finish(struct qt_store_key *key, const char *folder,
                                     struct qt_error *err);
/** What qt_store_key_hand_over made. False: it is of another store or of other keys. */
QT_CHECKED bool qt__store_key_take_over(struct qt_store_key *key,
                                        const unsigned char sealed[QT_KEY_HANDOVER],
                                        struct qt_error *err);
/** Writes store.key, whole or not at all. */
QT_CHECKED bool qt__store_key_save(struct qt_store_key *key, const char *folder,
                                   struct qt_error *err);
/** Whether wrapped, n bytes and maybe zeros behind, found in the file path, can be the keys of a
 * store. */
QT_CHECKED bool qt__store_key_look(const unsigned char *wrapped, size_t n, const char *path,
                                   struct qt_error *err);
/** The keys in wrapped, as above; store.key is yet to be written. NULL: QT_E_LOCKED, as
 * qt_store_key_open. */
struct qt_store_key *qt__store_key_unwrap(const unsigned char *wrapped, size_t n, const char *path,
                                          const struct qt_unlock *unlock, struct qt_error *err);

#endif
