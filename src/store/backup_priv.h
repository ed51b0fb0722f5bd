/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The format of a backup (backup.h draws it), and its files. */
#ifndef QTRADE_STORE_BACKUP_PRIV_H
#define QTRADE_STORE_BACKUP_PRIV_H

#include <sodium.h>
#include <stdatomic.h>

#include "qtrade/store/backup.h"

#include "check_priv.h"

enum {
    QT__BACKUP_VERSION = 2, /* the newest; 1: of keys of which the pages have none of their own */
    QT__BACKUP_WRAPPED_AT = 64,
    QT__BACKUP_STREAM_AT = QT__BACKUP_WRAPPED_AT + QT__WRAP_FIRST, /* of version 1 */
    QT__BACKUP_HEAD = QT__BACKUP_STREAM_AT + crypto_secretstream_xchacha20poly1305_HEADERBYTES,
    QT__BACKUP_HEAD_MAX = QT__BACKUP_HEAD + QT__WRAP_BYTES - QT__WRAP_FIRST,
    QT__BACKUP_CHUNK = 65536,
    QT__BACKUP_SEAL = crypto_secretstream_xchacha20poly1305_ABYTES
};

/** Bytes of a head of such a version. */
static inline size_t
qt__backup_head_bytes(const unsigned char *head)
{
    return qt__get_le(head + 8, 4) == 1 ? QT__BACKUP_HEAD : QT__BACKUP_HEAD_MAX;
}

/** The head of the stream, the last bytes of a head. */
static inline unsigned char *
qt__backup_stream_of(unsigned char *head)
{
    return head + qt__backup_head_bytes(head) - crypto_secretstream_xchacha20poly1305_HEADERBYTES;
}

/** The key of backups, of the store's. */
void qt__backup_key(const struct qt_store_key *key,
                    unsigned char out[crypto_secretstream_xchacha20poly1305_KEYBYTES]);
/** The same of a key of the pages of a store. */
void qt__backup_key_of(const unsigned char pages[QT__KEY_BYTES], const unsigned char id[QT__ID_BYTES],
                       unsigned char out[crypto_secretstream_xchacha20poly1305_KEYBYTES]);
/** Reads the head of file and what it says. */
QT_CHECKED bool qt__backup_read_head(int file, const char *path,
                                     unsigned char head[QT__BACKUP_HEAD_MAX], struct qt_backup *out,
                                     struct qt_error *err);
/** Which of the keys' pages' keys made the backup that file is at the end of the head of; it is there
 * again afterwards. NULL: none, or its first bytes were changed. */
const unsigned char *qt__backup_find_key(int file, unsigned char head[QT__BACKUP_HEAD_MAX],
                                         const struct qt_store_key *key);
/** A backup's file, to read; -1: err. */
int qt__backup_open(const char *path, struct qt_error *err);
/** As qt_backup_write, in the process that has the store open; stop gives it up. Any thread. */
QT_CHECKED bool qt__backup_write_beside(const char *folder, const struct qt_store_key *key,
                                        const char *path, const atomic_bool *stop,
                                        struct qt_backup *out, struct qt_error *err);
/** Removes the folder PATH.part-XXXXXX that a backup to PATH leaves when it is killed. */
void qt__backup_remove_left(const char *folder);
/** Bytes read, less than n at the end only; -1: errno says why. */
int64_t qt__read_full(int file, void *out, size_t n);
QT_CHECKED bool qt__write_full(int file, const void *bytes, size_t n);

/** A restore that was killed between the new store's name and the end of the old log: ends it. The
 * folder's lock is held. */
QT_CHECKED bool qt__restore_finish(const char *folder, struct qt_error *err);

#endif
