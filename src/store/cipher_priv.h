/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every encrypted block of the store is made of: XChaCha20-Poly1305, with its place bound to
 * it.
 *
 *     sealed block   n bytes of cipher text, 24 of nonce, 16 of tag
 *
 * The place (what kind of block, its number, an id of what it belongs to) and the store's id are
 * associated data: a block that is put elsewhere, into another file or another store does not open.
 * A nonce is 16 random bytes drawn when the cipher is made and a count: none is used twice.
 */
#ifndef QTRADE_STORE_CIPHER_PRIV_H
#define QTRADE_STORE_CIPHER_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"

#include "journal_chunk_priv.h" /* whole numbers on disk */

enum {
    QT__KEY_BYTES = 32,
    QT__ID_BYTES = 16,
    QT__NONCE_BYTES = 24,
    QT__TAG_BYTES = 16,
    QT__SEAL_BYTES = QT__NONCE_BYTES + QT__TAG_BYTES /* a sealed block is so much longer */
};

/** What a block is; the values are part of the format. */
enum qt__kind {
    QT__KIND_PAGE = 1,  /* of the database, in its file or in the write-ahead log; number: page */
    QT__KIND_LEAF,      /* tags of pages; number: leaf */
    QT__KIND_ROOT,      /* tags of leaves; number: how many */
    QT__KIND_LOG,       /* head of the write-ahead log */
    QT__KIND_FRAME,     /* head of a frame; number: frame; id: of the log */
    QT__KIND_TOP,       /* how far the log was acknowledged; number: slot; id: of the log */
    QT__KIND_JOURNAL,   /* block of a rollback journal; id: generation of the database */
    QT__KIND_TEMPORARY, /* block of a temporary file */
    QT__KIND_WRAP,      /* the keys themselves, in store.key */
    QT__KIND_VAULT,     /* number 0: the vault's key; 1: its entries */
    QT__KIND_RENEWAL,   /* which pages are being sealed anew; number: how many */
    QT__KIND_HANDOVER,  /* keys on their way to the process that has the store open */
    QT__KIND_INTENT     /* an order about to leave; number: slot */
};

/** Where a block belongs. */
struct qt__place {
    enum qt__kind kind;
    uint64_t number;
    unsigned char id[QT__ID_BYTES];
};

/** Belongs to one thread at a time. Lives in locked memory that no core file shows. */
struct qt__cipher {
    unsigned char key[QT__KEY_BYTES];
    unsigned char store[QT__ID_BYTES];
    unsigned char nonce[QT__NONCE_BYTES]; /* of the next block */
    bool has_former; /* what an earlier key sealed opens too: pages are being sealed anew */
    unsigned char former[QT__KEY_BYTES];
    struct evp_cipher_ctx_st *seals, *opens; /* libcrypto's; without a key between two blocks */
};

/** A cipher of key (NULL: a random one, for one run) and store. NULL: no memory, no libsodium. */
struct qt__cipher *qt__cipher_create(const unsigned char *key,
                                     const unsigned char store[QT__ID_BYTES]);
void qt__cipher_destroy(struct qt__cipher *cipher); /* wipes; NULL is fine */
/** What former sealed opens too; sealed is with the cipher's own key only. */
void qt__cipher_former(struct qt__cipher *cipher, const unsigned char former[QT__KEY_BYTES]);
/** From now on key seals, and the one that did is the former. */
void qt__cipher_rekey(struct qt__cipher *cipher, const unsigned char key[QT__KEY_BYTES]);
/** The former one opens nothing any more. */
void qt__cipher_drop_former(struct qt__cipher *cipher); /* wipes */

/** Seals n bytes into out (n + QT__SEAL_BYTES); plain and out may be the same. */
void qt__seal(struct qt__cipher *cipher, const struct qt__place *place, const unsigned char *plain,
              size_t n, unsigned char *out);
/** Opens a sealed block of n bytes of plain text; in and plain may be the same. False: it is not
 * what was sealed for that place; plain is undefined. */
QT_CHECKED bool qt__unseal(const struct qt__cipher *cipher, const struct qt__place *place,
                           const unsigned char *in, size_t n, unsigned char *plain);
/** The same, and false for what the former key sealed. in and plain must not be the same. */
QT_CHECKED bool qt__unseal_own(const struct qt__cipher *cipher, const struct qt__place *place,
                               const unsigned char *in, size_t n, unsigned char *plain);
/** The tag of a sealed block of n bytes of plain text: tells it from all others. */
static inline const unsigned char *
qt__tag_of(const unsigned char *sealed, size_t n)
{
    return sealed + n + QT__NONCE_BYTES;
}

#endif
