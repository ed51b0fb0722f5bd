/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store's database as a file and a connection. */
#ifndef QTRADE_STORE_STORE_FILE_PRIV_H
#define QTRADE_STORE_STORE_FILE_PRIV_H

#include "key_priv.h"
#include "store_priv.h"
#include "vfs_priv.h"

enum { QT__STORE_PATH = 544 }; /* of a file of the folder */

/** What a file is, by its first bytes. */
enum qt__store_what { QT__STORE_NOTHING, QT__STORE_ENCRYPTED, QT__STORE_PLAIN, QT__STORE_OTHER };
enum qt__store_what qt__store_file_look(const char *path);

/** Makes the folder where there is none and takes its lock, held until *out is closed. False: err;
 * *out is -1 or the caller's to close. */
QT_CHECKED bool qt__store_file_lock(const char *folder, int *out, struct qt_error *err);
QT_CHECKED bool qt__sync_folder(const char *folder, struct qt_error *err);

struct qt__store_file {
    struct qt__vfs *vfs;
    sqlite3 *db;
    unsigned char key_head[QT__WRAP_HEAD]; /* of store.key as it was then: no two are the same */
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
/** A VFS of the keys; creates as of qt__vfs_create. NULL: no memory. */
struct qt__vfs *qt__store_file_vfs(const struct qt_store_key *key, bool creates);
/** A connection to path, SQLite's flags; made with SQLITE_OPEN_CREATE. False: err; close either way. */
QT_CHECKED bool qt__store_file_connect(struct qt__store_file *file, const struct qt_store_key *key,
                                       const char *path, int flags, struct qt_error *err);
/** All that from holds at one moment, as a new database at path, which nothing has opened. */
QT_CHECKED bool qt__store_file_copy(sqlite3 *from, const char *path, const struct qt__vfs *to,
                                    struct qt_error *err);
void qt__store_file_close(struct qt__store_file *file);
/** err from what was found damaged (QT_E_VERIFY), or from SQLite's last message. Returns false. */
bool qt__store_file_fail(const struct qt__store_file *file, struct qt_error *err, const char *path);

#endif
