/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef QTRADE_STORE_SEAL_PRIV_H
#define QTRADE_STORE_SEAL_PRIV_H

#include <sqlite3.h>

#include "qtrade/store/seal.h"

/** The connection's store knows this seal from now on; false: an older one (QT_E_VERIFY), or the
 * disk. */
QT_CHECKED bool qt__seal_keep(sqlite3 *db, uint64_t number, const char *hash,
                              struct qt_error *err);

#endif
