/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hash chain of the audit table (audit.h draws it). */
#ifndef QTRADE_STORE_CHAIN_PRIV_H
#define QTRADE_STORE_CHAIN_PRIV_H

#include <sqlite3.h>
#include <stdint.h>

#include "qtrade/base/error.h"

enum { QT__CHAIN_HASH = 32 };

/** The newest entry: its id, 0 when there is none, and its hash. */
struct qt__chain {
    int64_t id;
    unsigned char hash[QT__CHAIN_HASH];
};

/** What an entry says. Texts are borrowed. */
struct qt__entry {
    int64_t id, t_ns, seq;
    const char *actor, *action, *detail;
};

/** The hash of entry behind one whose hash is before; out may be before. */
void qt__chain_hash(const unsigned char before[QT__CHAIN_HASH], const struct qt__entry *entry,
                    unsigned char out[QT__CHAIN_HASH]);
/** The newest entry of the table. */
QT_CHECKED bool qt__chain_load(sqlite3 *db, struct qt__chain *out, struct qt_error *err);

#define QT__CHAIN_INSERT                                                                           \
    "INSERT INTO audit (id, t_ns, seq, actor, action, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?)"

/**
 * Appends entry, whose id is given here and whose texts are cleaned and cut as audit.h says, by a
 * statement of QT__CHAIN_INSERT; inside the caller's transaction. False: sqlite3_errmsg says why,
 * chain is as it was.
 */
QT_CHECKED bool qt__chain_put(struct qt__chain *chain, sqlite3_stmt *insert,
                              const struct qt__entry *entry);
/** The same in a transaction of its own. */
QT_CHECKED bool qt__chain_append(sqlite3 *db, struct qt__chain *chain,
                                 const struct qt__entry *entry, struct qt_error *err);
/** The step of a migration that chains the entries of before; inside its transaction. */
QT_CHECKED bool qt__chain_begin(sqlite3 *db, struct qt_error *err);

#endif
