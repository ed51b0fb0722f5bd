/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What differed between us and the venue, as the store keeps it.
 */
#ifndef QTRADE_STORE_DIFFERENCES_H
#define QTRADE_STORE_DIFFERENCES_H

#include "qtrade/store/key.h"

/** A line as it is kept; texts are borrowed for the call. */
struct qt_difference_row {
    int64_t id, t_ns, seq,
        read; /* read: number of the account's read in its run; 0: before the first */
    const char *symbol, *asset; /* "": none */
    const char *what, *rule;    /* "order", "corrected" ... (engine/record.h) */
    const char *ours, *venue, *why;
    uint64_t client_id, venue_id, trade_id; /* 0: none */
};

/** Which lines; 0 of a field: no such limit. */
struct qt_difference_filter {
    int64_t from_ns, to_ns; /* from <= time < to */
    int64_t last;           /* so many, the newest */
    const char *symbol;     /* of that symbol or asset; NULL: all */
};

/**
 * Hands the lines of a folder's store to take, oldest first, until that returns false. Reads as of
 * one moment beside a process that may write. False: err; the store cannot be read.
 */
QT_CHECKED bool qt_differences_walk(const char *folder, const struct qt_store_key *key,
                                    const struct qt_difference_filter *filter,
                                    bool (*take)(void *self, const struct qt_difference_row *row),
                                    void *self, struct qt_error *err);

#endif
