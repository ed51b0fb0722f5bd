/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sealed config: the file config.seal in the state folder, two lines. The first is one JSON
 * document with the whole config, its hash, a number that only grows, the time, the machine, the
 * hash of the seal before, and the values that are still held because a limit was loosened. The
 * second is an Ed25519 signature of the first in hex, by a key that is derived from the store's.
 *
 * S1: a seal is valid on the store and the machine that it was made on. S2: the store remembers the
 * newest seal that was traded on; an older one, or another of the same number, is refused. S3: a
 * seal whose chain is broken (the one before it is gone or damaged, and the store knows of one) is
 * not valid until its cool-down is over.
 */
#ifndef QTRADE_STORE_SEAL_H
#define QTRADE_STORE_SEAL_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/error.h"
#include "qtrade/store/key.h"

struct qt_store;

enum { QT_SEAL_HELD = 256, QT_SEAL_KEY = 64, QT_SEAL_HASH = 65 };

/** A value of before that is in force until a time. */
struct qt_seal_held {
    char key[QT_SEAL_KEY]; /* "risk.max_heat" */
    char *value;           /* JSON */
    int64_t until_ns;
};

struct qt_seal {
    uint64_t number;             /* from 1 */
    int64_t sealed_ns, from_ns;  /* from_ns: not valid before (S3) */
    char hash[QT_SEAL_HASH];     /* of the file's first line */
    char previous[QT_SEAL_HASH]; /* of the seal before; "": there was none */
    char machine[QT_SEAL_HASH];  /* hash of the machine's id and the store's */
    char *config;                /* JSON, as qt_config_write gives it */
    unsigned n_held;
    struct qt_seal_held held[QT_SEAL_HELD];
};

/** What the store knows of seals and of time. */
struct qt_seal_known {
    uint64_t number; /* of the newest seal that was traded on; 0: none */
    char hash[QT_SEAL_HASH];
    int64_t newest_ns; /* UTC of the newest row; 0: none */
};

/** Frees what it holds; zeroed afterwards. */
void qt_seal_clear(struct qt_seal *seal);
/**
 * Reads and verifies the folder's seal; *out_found false: there is none. False: QT_E_VERIFY: cut,
 * changed, or of another store; QT_E_LOCKED: a link, a FIFO, a file that others may write;
 * QT_E_MEMORY: it is ours, and cannot be taken in.
 */
QT_CHECKED bool qt_seal_read(const char *folder, const struct qt_store_key *key,
                             struct qt_seal *out, bool *out_found, struct qt_error *err);
/** Signs and writes it, whole or not at all; fills hash and machine. */
QT_CHECKED bool qt_seal_write(const char *folder, const struct qt_store_key *key,
                              struct qt_seal *seal, struct qt_error *err);
/** Whether seal was made on this machine. */
bool qt_seal_is_of_here(const struct qt_seal *seal, const struct qt_store_key *key);

/** What the folder's store knows; nothing where there is no store. Reads beside an engine. */
QT_CHECKED bool qt_seal_known(const char *folder, const struct qt_store_key *key,
                              struct qt_seal_known *out, struct qt_error *err);
/** False: QT_E_VERIFY: seal is older than what known has, or another of that number (S2). */
QT_CHECKED bool qt_seal_is_newest(const struct qt_seal *seal, const struct qt_seal_known *known,
                                  struct qt_error *err);
/** From now on the store knows seal: on disk when this returns, or, after qt_store_start, with the
 * store's thread, which writes it in its next turn. False: it cannot be written, or is an older one. */
QT_CHECKED bool qt_store_keep_seal(struct qt_store *store, const struct qt_seal *seal,
                                   struct qt_error *err);

#endif
