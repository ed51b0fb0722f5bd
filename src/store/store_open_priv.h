/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An open store, as the files that write to it see it: the connection, the thread, what waits. */
#ifndef QTRADE_STORE_STORE_OPEN_PRIV_H
#define QTRADE_STORE_STORE_OPEN_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "qtrade/base/ring.h"
#include "qtrade/store/store.h"

#include "store_file_priv.h"

enum {
    QT__STORE_BATCH = 2048,
    QT__STORE_ASIDE = 64 /* audit entries that wait, of threads that are not the engine's */
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
    pthread_mutex_t mutex; /* guards the six below; never held while writing */
    pthread_cond_t put_or_stop, written_more;
    bool stop;
    bool is_asleep;
    char last_error[200];
    unsigned aside_n;
    struct qt_record aside[QT__STORE_ASIDE];
    atomic_bool is_healthy;
    struct qt_part *part; /* on the board; NULL: not watched */
    atomic_uint_fast64_t put, written, transactions, failures;
    struct qt_record batch[QT__STORE_BATCH]; /* store thread: not yet on disk */
    size_t batch_n;
};

/* audit.c: what qt_audit_append left aside. */

/** Moves it into the batch, as far as that has room. */
void qt__aside_take(struct qt_store *store) QT_ON(store);
bool qt__aside_waits(struct qt_store *store);

#endif
