/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading back what a restart needs. */
#ifndef QTRADE_STORE_RESTORE_PRIV_H
#define QTRADE_STORE_RESTORE_PRIV_H

#include "store_priv.h"

/** The highest number of an event in db. */
QT_CHECKED bool qt__restore_newest(sqlite3 *db, int64_t *out, struct qt_error *err);
QT_CHECKED bool qt__restore_tag(sqlite3 *db, uint32_t *out, struct qt_error *err);
/** Makes what a kill cut in two whole (restore_book.c), in one transaction; *out_fills: how many
 * fills the ledger did not have. Before anything is read back or written. */
QT_CHECKED bool qt__restore_complete(sqlite3 *db, const struct qt_universe *universe,
                                     uint32_t *out_fills, struct qt_error *err);
QT_CHECKED bool qt__restore_read(sqlite3 *db, const struct qt_universe *universe,
                                 struct qt_restore *out, uint32_t *out_unknown,
                                 struct qt_error *err);

#endif
