/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qtrade store rekey: another opener, and another key for the pages. */
#ifndef QTRADE_CLI_REKEYING_PRIV_H
#define QTRADE_CLI_REKEYING_PRIV_H

#include "qtrade/store/key.h"

#include "args_priv.h"

/** The job; key is the folder's. The new passphrase is asked for, or made of --key-file; with
 * --pages every page gets another key, by the running engine or here. */
QT_CHECKED bool qt__store_rekey(const char *folder, struct qt_store_key *key,
                                const struct qt_args *args, struct qt_error *err);

#endif
