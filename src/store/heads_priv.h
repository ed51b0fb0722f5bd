/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signed heads of the audit, in a file beside the store that is only appended to (audit.h draws a
 * line).
 */
#ifndef QTRADE_STORE_HEADS_PRIV_H
#define QTRADE_STORE_HEADS_PRIV_H

#include <sodium.h>

#include "qtrade/store/audit.h"

#include "chain_priv.h"
#include "key_priv.h"

/** What a head says of those before it; the names are part of the format. */
enum qt__head_kind {
    QT__HEAD_CHAIN,   /* they hold */
    QT__HEAD_RESTORE, /* its entry was put on a backup: those at or behind that entry are over */
    QT__HEAD_ACCEPT,  /* an operator has looked: none of them is held against the store */
    QT__HEAD_KINDS
};

struct qt__head {
    enum qt__head_kind kind;
    char store[33];
    int64_t number, id, t_ms;
    unsigned char hash[QT__CHAIN_HASH];
    unsigned char signature[crypto_sign_BYTES];
};

/** The pair that signs; in locked memory. */
struct qt__signer {
    unsigned char public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
    char store[33];
};

/** The store's, made of its keys. NULL: no memory. */
struct qt__signer *qt__signer_create(const struct qt_store_key *key);
void qt__signer_destroy(struct qt__signer *signer); /* wipes; NULL is fine */

/** Signs head; and its line, without a newline. */
void qt__head_write(const struct qt__signer *signer, struct qt__head *head,
                    char out[QT_AUDIT_HEAD]);
/** The line of a signed head. */
void qt__head_print(const struct qt__head *head, char out[QT_AUDIT_HEAD]);
/** What a line of n bytes says, unproven. */
QT_CHECKED bool qt__head_parse(const char *line, size_t n, struct qt__head *out);
/** Whether the key of public signed it. */
bool qt__head_is_signed(const struct qt__head *head, const unsigned char *public);

/** All heads of a file, in its order. */
struct qt__head_list {
    struct qt__head *head;
    size_t n, torn; /* lines that are no heads: of a crash, when no number is missing */
};
/** No file: an empty list. Only the last lines of it with ends_only. False: it cannot be read. */
QT_CHECKED bool qt__heads_read(const char *path, bool ends_only, struct qt__head_list *out,
                               struct qt_error *err);
void qt__heads_free(struct qt__head_list *list);

/** How many heads the database knows of. */
QT_CHECKED bool qt__heads_known(sqlite3 *db, int64_t *out, struct qt_error *err);
QT_CHECKED bool qt__heads_note(sqlite3 *db, int64_t number, struct qt_error *err);

/** Who writes heads. */
struct qt__heads {
    char path[640];
    struct qt__signer *signer;
    int64_t number, id; /* of the newest head in the file; 0: none */
    int64_t noted;      /* as the database knows */
    char line[QT_AUDIT_HEAD];
    char finding[QT_AUDIT_FINDING]; /* why no head is signed any more; "": all is well */
};

/** Looks whether the end of the file and the end of the chain fit (finding), without writing. */
QT_CHECKED bool qt__heads_open(struct qt__heads *heads, const char *folder,
                               const struct qt_store_key *key, sqlite3 *db,
                               const struct qt__chain *chain, struct qt_error *err);
void qt__heads_close(struct qt__heads *heads);
/** Appends a head of chain to the file; on disk when it returns. False: err, nothing is there. */
QT_CHECKED bool qt__heads_put(struct qt__heads *heads, enum qt__head_kind kind,
                              const struct qt__chain *chain, struct qt_error *err);
/** A head of chain behind those in the folder's file, whatever they say, and those that the
 * database knows of. */
QT_CHECKED bool qt__heads_put_once(const char *folder, const struct qt_store_key *key,
                                   enum qt__head_kind kind, const struct qt__chain *chain,
                                   int64_t known, struct qt_error *err);

#endif
