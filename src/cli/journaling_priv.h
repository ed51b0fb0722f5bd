/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session's journal: where it lies, its key, and what it begins with.
 */
#ifndef QTRADE_CLI_JOURNALING_PRIV_H
#define QTRADE_CLI_JOURNALING_PRIV_H

#include "qtrade/store/journal.h"

#include "settings_priv.h"

/** The key's file of a journal folder: DIR/journal.key, or file when it is not NULL. */
QT_CHECKED bool qt__journaling_key(const char *folder, const char *file, bool makes,
                                   struct qt_journal_key *out, struct qt_error *err);

struct qt__journaling {
    const char *folder;                 /* made, and its key too, where there is none */
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
