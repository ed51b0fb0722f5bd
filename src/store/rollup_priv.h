/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is old becomes one row a month: decisions by symbol and kind, samples of the equity. Orders,
 * fills, positions, ledger, trades, modes and the audit stay as they are for ever.
 *
 * U1: only whole months (UTC) that ended so many months before the newest row began; a month that a
 * later row of it adds to is added to. U2: rows are summed up and removed in one transaction, some
 * hundred at a time, so that what is to be written waits for milliseconds. U3: the newest decision
 * stays, since numbers go on behind it. U4: no clock: the newest row says what time it is, so a
 * recorded market of long ago is not old.
 */
#ifndef QTRADE_STORE_ROLLUP_PRIV_H
#define QTRADE_STORE_ROLLUP_PRIV_H

#include "qtrade/store/store_config.h"

#include "store_priv.h"

enum { QT__ROLLUP_ROWS = 500 };

/** One transaction; *out_more: there is more to do. False: err, and nothing was changed. */
QT_CHECKED bool qt__rollup_step(sqlite3 *db, const struct qt_store_config *config, bool *out_more,
                                struct qt_error *err);
/** The first ns of the month, UTC, that is so many months before the one of t_ns. */
int64_t qt__month_before(int64_t t_ns, int64_t months);

#endif
