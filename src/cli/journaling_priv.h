/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session's journal: where it lies, its key, and what it begins with.
 */
#ifndef QTRADE_CLI_JOURNALING_PRIV_H
#define QTRADE_CLI_JOURNALING_PRIV_H

#include "qtrade/store/journal.h"
#include "qtrade/store/key.h"

#include "settings_priv.h"

/**
 * The key to read a journal folder with: file; without it DIR/journal.key; without that the key of the
 * store beside the folder (DIR/../store.key), opened as the config says.
 * False: err; QT_E_DATA: there is no such folder.
 */
QT_CHECKED bool qt__journaling_key(const char *folder, const char *file, const struct qt_args *args,
                                   struct qt_journal_key *out, struct qt_error *err);

/** The key to write a journal folder with (it is made): DIR/journal.key when it is there, else key's;
 * key NULL: a journal.key is made. */
QT_CHECKED bool qt__journaling_own_key(const char *folder, const struct qt_store_key *key,
                                       struct qt_journal_key *out, struct qt_error *err);

struct qt__journaling {
    const char *folder;             /* made where there is none */
    const struct qt_store_key *key; /* the store's, unless there is a journal.key; NULL: that is made */
    const struct qt_settings *settings; /* as the engine runs on them */
    const char *run_kind;
    const struct qt_universe *universe;
    const struct qt_restore *restore; /* NULL: a fresh start */
    const struct qt_market_ref *market; /* that it begins with; NULL: none */
    struct qt_part *part;               /* its place on the board; NULL: nobody looks */
    int64_t base_period_ns;
    bool is_recorded;
};

/** Begins a session's journal. NULL: err. */
struct qt_journal *qt__journaling_begin(const struct qt__journaling *what, struct qt_error *err);

#endif
