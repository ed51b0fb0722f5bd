/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys and their file, between the two files that know them. */
#ifndef QTRADE_STORE_KEY_WRAP_PRIV_H
#define QTRADE_STORE_KEY_WRAP_PRIV_H

#include "key_priv.h"

/** Wraps the keys that key's version has; unlock opens them later. */
QT_CHECKED bool qt__store_key_wrap(struct qt_store_key *key, const struct qt_unlock *unlock,
                                   struct qt_error *err);
/** The bytes of the folder's store.key, zeros behind; *out_n 0: there is none. */
QT_CHECKED bool qt__store_key_read(const char *folder, unsigned char out[QT__WRAP_BYTES],
                                   size_t *out_n, struct qt_error *err);

#endif
