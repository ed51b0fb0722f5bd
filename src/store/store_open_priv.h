/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An open store, as the files that write to it see it: the connection, the thread, what waits. */
#ifndef QTRADE_STORE_STORE_OPEN_PRIV_H
#define QTRADE_STORE_STORE_OPEN_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "qtrade/base/ring.h"
#include "qtrade/store/store.h"

#include "audit_hook_priv.h"
#include "heads_priv.h"
#include "rekey_priv.h"
#include "intents_priv.h"
#include "seal_priv.h"
#include "store_file_priv.h"

enum {
    QT__STORE_RING = 8192,
    QT__STORE_ASIDE = 64, /* audit entries that wait, of threads that are not the engine's */
    QT__STORE_BATCH = QT__STORE_RING + QT__STORE_ASIDE, /* all that lies between two marks (T3) */
    QT__STORE_BUSY_MS = 2000 /* that SQLite waits for a lock */
};

/** Where the audit's heads go; the store thread's while that runs. */
struct qt__audit_out {
    struct qt__heads heads;
    struct qt_audit_options options;
    struct qt__hook *hook;  /* NULL: none */
    int64_t waits_since_ns; /* monotonic: an entry has no head yet, or the last try; 0: all have */
    struct qt_audit_stats shown; /* guarded by the store's mutex */
};

struct qt_store {
    char folder[480];
    int lock;
    struct qt__store_file file;
    uint32_t tag;
    struct qt_writer writer; /* its chain: from qt_store_open on */
    struct qt_spsc *ring;    /* producer: the engine thread; consumer: the store thread */
    pthread_t thread;
    bool is_started;
    pthread_mutex_t
        mutex; /* guards the eleven below, of audit and rekey what they say; never held while writing */
    pthread_cond_t put_or_stop, written_more;
    bool stop;
    bool is_asleep;
    bool has_seal;             /* to be kept, by the store thread */
    struct qt_seal_known seal; /* its number and hash */
    int64_t ban_ns[QT_STORE_VENUES]; /* to be kept, by the store thread; 0: nothing is */
    bool has_ban;                    /* one of them is */
    char last_error[200];
    unsigned aside_n;
    struct qt_record aside[QT__STORE_ASIDE];
    struct qt__audit_out audit;
    atomic_bool is_healthy;
    struct qt_part *part; /* on the board; NULL: not watched */
    atomic_uint_fast64_t put, written, transactions, failures;
    atomic_uint_fast64_t pushed; /* of put, into the ring */
    atomic_uint_fast64_t whole;  /* of pushed, up to the last mark: release by the engine's thread,
                                    acquire by the store's, which takes so many */
    uint64_t taken;              /* of pushed; store thread */
    atomic_uint_fast64_t stored; /* of taken, on disk */
    struct qt__intents *intents; /* NULL: orders are not kept */
    atomic_int_fast64_t busy_ns; /* monotonic: since when the store's thread is in an operation that
                                    a disk may hold; 0: it is not */
    struct qt__trail trail; /* store thread: as it was when the transaction began */
    struct qt_record batch[QT__STORE_BATCH]; /* store thread: not yet on disk */
    size_t batch_n;
    struct qt_store_config config;
    struct qt__rekey rekey;
    int64_t rollup_ns; /* store thread: when it looks for old rows next, monotonic */
};

/* audit.c: what qt_audit_append left aside. */

/** Moves it into the batch, as far as that has room. */
void qt__aside_take(struct qt_store *store) QT_ON(store);
bool qt__aside_waits(struct qt_store *store);

/* audit_out.c: heads of what is on disk. */

QT_CHECKED bool qt__audit_out_open(struct qt_store *store, const struct qt_store_key *key,
                                   struct qt_error *err);
/** After a look at the ring: signs a head when one is due. */
void qt__audit_out_work(struct qt_store *store);
/** Signs the last head. */
void qt__audit_out_close(struct qt_store *store);

#endif
