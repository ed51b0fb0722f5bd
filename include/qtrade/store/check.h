/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looking at a store from outside: what it is, and whether it is sound. Only reads, and may do so
 * while an engine writes.
 */
#ifndef QTRADE_STORE_CHECK_H
#define QTRADE_STORE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/error.h"
#include "qtrade/store/key.h"

enum { QT_STORE_FINDINGS = 20, QT_STORE_TABLES = 32 };

/** What a store is. */
struct qt_store_info {
    char id[33]; /* hex */
    int schema;
    int64_t bytes, log_bytes; /* of store.db, and of what waits in store.db-wal */
    uint32_t tables;
    struct {
        char name[24];
        int64_t rows;
        int64_t bytes; /* of its pages and its indexes'; qt_store_info only */
    } table[QT_STORE_TABLES];
};
QT_CHECKED bool qt_store_info(const char *folder, const struct qt_store_key *key,
                              struct qt_store_info *out, struct qt_error *err);

/** What a check looks at; a finding is one line of text. */
struct qt_store_check {
    const char *name, *help;
    const char *sql; /* a row a finding */
};
/** The checks, name NULL ends. */
extern const struct qt_store_check qt_store_checks[];

/** What all checks found; at most QT_STORE_FINDINGS of each check are counted. */
struct qt_store_report {
    uint32_t findings;
    struct {
        const char *check;
        char text[160];
    } finding[QT_STORE_FINDINGS];
};
/** Runs all checks. False: err; the store cannot be read (QT_E_VERIFY: damaged, with the page). */
QT_CHECKED bool qt_store_check(const char *folder, const struct qt_store_key *key,
                               struct qt_store_report *out, struct qt_error *err);

#endif
