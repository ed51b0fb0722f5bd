/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store's database as a file and a connection. */
#ifndef QTRADE_STORE_STORE_FILE_PRIV_H
#define QTRADE_STORE_STORE_FILE_PRIV_H

#include "key_priv.h"
#include "store_priv.h"
#include "vfs_priv.h"

struct qt__store_file {
    struct qt__vfs *vfs;
    sqlite3 *db;
};

/**
 * Opens the folder's store to write (the folder's lock is held); makes it, or makes it of a plain
 * one, where there is none. False: err; close either way.
 */
QT_CHECKED bool qt__store_file_open(struct qt__store_file *file, const char *folder,
                                    struct qt_store_key *key, struct qt_error *err);
/** Opens it to read, beside a process that may write. */
QT_CHECKED bool qt__store_file_read(struct qt__store_file *file, const char *folder,
                                    const struct qt_store_key *key, struct qt_error *err);
void qt__store_file_close(struct qt__store_file *file);
/** err from what was found damaged (QT_E_VERIFY), or from SQLite's last message. Returns false. */
bool qt__store_file_fail(const struct qt__store_file *file, struct qt_error *err, const char *path);

#endif
