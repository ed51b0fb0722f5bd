/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef QTRADE_STORE_BAN_PRIV_H
#define QTRADE_STORE_BAN_PRIV_H

#include "store_priv.h"

/** False: err; the disk. */
QT_CHECKED bool qt__ban_keep(sqlite3 *db, unsigned venue, int64_t until_ns, struct qt_error *err);

#endif
