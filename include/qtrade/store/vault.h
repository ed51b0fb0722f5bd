/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The vault: credentials of venues, each with a name. They lie in the file vault of the state
 * folder, encrypted under a key of their own, drawn anew at every change and wrapped by a key that
 * is derived from the store's. Unlocked they are in locked memory that no core file shows.
 *
 *     vault   0 "QTVAULT" and a zero  8 version u32  12 zero u32  16 the vault's key, sealed (72)
 *             88 all QT_VAULT_MAX entries, sealed: the file's size does not say how many there are
 *
 * V1: the file is written whole or not at all, mode 0600; a link, a FIFO, a file that others may
 * read or that is not of this user is refused (fault K5). V2: a key or a secret leaves the vault
 * only into memory of its caller, never into a text for people.
 */
#ifndef QTRADE_STORE_VAULT_H
#define QTRADE_STORE_VAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/store/key.h"

enum { QT_VAULT_MAX = 16, QT_VAULT_NAME = 33, QT_VAULT_VENUE = 24, QT_VAULT_SECRET = 129 };

/** What the venue said a key may do; bits. */
enum qt_vault_scope {
    QT_SCOPE_KNOWN = 1, /* the venue was asked at scope_ns; 0: never */
    QT_SCOPE_READ = 2,
    QT_SCOPE_TRADE = 4,
    QT_SCOPE_WITHDRAW = 8,
    QT_SCOPE_IP_BOUND = 16 /* only from listed addresses */
};

/** What may be shown of an entry. Times UTC. */
struct qt_vault_entry {
    char name[QT_VAULT_NAME];               /* [A-Za-z0-9._-], at most 32 */
    char venue[QT_VAULT_VENUE];             /* "binance" */
    uint32_t scope;                         /* enum qt_vault_scope */
    int64_t added_ns, rotated_ns, scope_ns; /* rotated_ns: added_ns until the first rotation */
};

struct qt_vault;

/**
 * The folder's vault, an empty one where there is none; key is borrowed for the call. writes: no
 * other process changes it until it is closed. NULL: QT_E_LOCKED: refused (V1), damaged, cut, or of
 * another store.
 */
struct qt_vault *qt_vault_open(const char *folder, const struct qt_store_key *key, bool writes,
                               struct qt_error *err);
void qt_vault_close(struct qt_vault *vault); /* wipes; NULL is fine */

unsigned qt_vault_count(const struct qt_vault *vault);
/** The i-th entry by name, from 0. */
const struct qt_vault_entry *qt_vault_at(const struct qt_vault *vault, unsigned i);
/** Where name is; -1: nowhere. */
int qt_vault_find(const struct qt_vault *vault, const char *name);
/** Copies key and secret of the i-th entry into out buffers of QT_VAULT_SECRET bytes, which the
 * caller wipes. */
void qt_vault_reveal(const struct qt_vault *vault, unsigned i, char *out_key, char *out_secret);

/* Changes are in memory until qt_vault_save. key and secret: 1 to 128 printable characters. */

/** False: QT_E_USAGE: the name is taken, or is none; a bad key or secret; the vault is full. */
QT_CHECKED bool qt_vault_add(struct qt_vault *vault, const char *name, const char *venue,
                             const char *key, const char *secret, int64_t now_ns,
                             struct qt_error *err);
/** Another key and secret for an entry; what the venue said of the old one is forgotten. */
QT_CHECKED bool qt_vault_rotate(struct qt_vault *vault, unsigned i, const char *key,
                                const char *secret, int64_t now_ns, struct qt_error *err);
void qt_vault_remove(struct qt_vault *vault, unsigned i);
void qt_vault_set_scope(struct qt_vault *vault, unsigned i, uint32_t scope, int64_t now_ns);
/** Writes the file; the vault was opened to write. False: err; the old file stands. */
QT_CHECKED bool qt_vault_save(struct qt_vault *vault, const struct qt_store_key *key,
                              struct qt_error *err);

#endif
