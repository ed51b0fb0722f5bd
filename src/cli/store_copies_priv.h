/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What 'store backup' and 'store restore' do. */
#ifndef QTRADE_CLI_STORE_COPIES_PRIV_H
#define QTRADE_CLI_STORE_COPIES_PRIV_H

#include "qtrade/store/key.h"

#include "args_priv.h"
#include "settings_priv.h"

/** Backs the folder's store, which key opens, up to the second operand. */
QT_CHECKED bool qt__store_backup(const char *folder, struct qt_store_key *key,
                                 const struct qt_args *args, struct qt_error *err);
/** Restores the second operand into the folder. */
QT_CHECKED bool qt__store_restore(const char *folder, const struct qt_settings *settings,
                                  const struct qt_args *args, struct qt_error *err);

#endif
