/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rekey of an open store, which its thread goes on with. */
#ifndef QTRADE_STORE_REKEY_PRIV_H
#define QTRADE_STORE_REKEY_PRIV_H

#include "qtrade/store/rekey.h"

#include "key_priv.h"

enum qt__rekey_step {
    QT__REKEY_NONE,
    QT__REKEY_EMPTY_LOG,
    QT__REKEY_PAGES,
    QT__REKEY_TELL, /* the audit */
    QT__REKEY_END   /* vault and store.key */
};

struct qt__rekey {
    struct qt_store_key *key; /* of the store; guarded by the store's mutex */
    bool is_handed_over;      /* key is new to the store's thread; guarded by the store's mutex */
    struct qt_rekey_stats shown; /* guarded by the store's mutex */
    enum qt__rekey_step step;    /* store thread from here on */
    uint32_t pages;
    int64_t begun_ns, next_ns; /* monotonic; when the next step is due */
};

/** With the keys that the store was opened with. */
QT_CHECKED bool qt__rekey_open(struct qt_store *store, const struct qt_store_key *key,
                               struct qt_error *err);
/** One step, when one is due; what waits to be written goes first, for a while. is_idle: nothing does,
 * and what was told the audit is on disk. Store thread, between two transactions. */
void qt__rekey_work(struct qt_store *store, bool is_idle);
/** How long the store's thread may sleep, at most ms. */
int qt__rekey_wait_ms(const struct qt_store *store, int ms);
void qt__rekey_close(struct qt_store *store);
/** The keys as they are now, to out. Returns whether they are others than out's were. Any thread.
 */
bool qt__rekey_keys(struct qt_store *store, struct qt_store_key *out);

#endif
