/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the start of a session does with the sessions before it.
 */
#ifndef QTRADE_STORE_JOURNAL_RECOVER_PRIV_H
#define QTRADE_STORE_JOURNAL_RECOVER_PRIV_H

#include "qtrade/store/journal.h"

/** The last session, if it has no end: cuts what is torn after its last whole chunk and writes an
 * end (J2). A session that is damaged elsewhere is left as it is. */
QT_CHECKED bool qt__journal_recover(const char *folder, const struct qt_journal_key *key,
                                    struct qt_error *err);
/**
 * Removes sessions, the oldest first, while all are larger than keep_bytes; 0: none. When nothing
 * else is left, the running one ("": none is) loses its oldest segments but the first: it can not
 * be replayed any more, and the disk does not fill.
 */
QT_CHECKED bool qt__journal_retain(const char *folder, uint64_t keep_bytes, const char *running,
                                   struct qt_error *err);

#endif
