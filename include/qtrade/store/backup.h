/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A copy of a store in one encrypted file, made while an engine writes, and the way back.
 *
 *     head (256)   0 "QTBACKUP"  8 version u32  12 schema u32  16 store id (16)  32 time u64
 *                  40 bytes of the image u64  48 rows u64  56 zeros (8)
 *                  64 the wrapped keys, as store.key has them (168)
 *                  232 head of the secret stream (24)
 *                  version 2, of a store whose pages have a key of their own: 64 the wrapped keys and
 *                  zeros (264)  328 head of the secret stream; 352 bytes
 *     chunks       65,536 bytes of the image each, the last may be shorter, and 17 of the stream
 *
 * The stream is libsodium's crypto_secretstream_xchacha20poly1305 under a key that is made of the
 * store's; the head is associated data of every chunk, the last chunk has TAG_FINAL. The image is
 * the store's own encrypted file. What opens the store opens the backup, on any machine.
 *
 * B1: a backup has its name when it is whole and on disk. B2: a store is replaced by one that is
 * whole, checked and on disk, in one step; whenever that is interrupted, the old or the new is
 * there.
 */
#ifndef QTRADE_STORE_BACKUP_H
#define QTRADE_STORE_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/error.h"
#include "qtrade/store/key.h"

/** What a backup says about itself. */
struct qt_backup {
    char id[33]; /* of its store, hex */
    enum qt_key_kind opened_by;
    int schema;
    int64_t time_ns; /* when it was begun, UTC */
    int64_t bytes;   /* of the backup's file */
    int64_t rows;    /* of all tables */
    char kept[560];  /* by a restore: where the store that was there is now; "": none was */
};

/**
 * Writes all that the folder's store holds at one moment to path, for which a file that is there is
 * only taken with replaces. Reads beside a process that writes, and waits for nothing. Takes a few
 * MiB of memory, and twice the store's size on the disk of path until it is done. False: err, and
 * nothing is left at path but what was there: the store is damaged (QT_E_VERIFY), the disk full.
 */
QT_CHECKED bool qt_backup_write(const char *folder, const struct qt_store_key *key,
                                const char *path, bool replaces, struct qt_backup *out,
                                struct qt_error *err);
/** Reads the head, which is not proven yet. False: no backup (QT_E_DATA), or it cannot be read. */
QT_CHECKED bool qt_backup_look(const char *path, struct qt_backup *out, struct qt_error *err);
/** The keys in a backup. NULL: QT_E_LOCKED: unlock does not open them. */
struct qt_store_key *qt_backup_unlock(const char *path, const struct qt_unlock *unlock,
                                      struct qt_error *err);
/** Whether neither the pages' present nor their former key made the backup, which is of this store: it
 * is from before, or its first bytes were changed. */
bool qt_backup_is_older(const char *path, const struct qt_store_key *key);
/**
 * Puts the backup in the place of the folder's store; key is the folder's, or where it has none the
 * backup's, which is then written there. A store that would trade is PAUSED then, and numbers on
 * behind all that may have been given since the backup. The store that was there is kept as
 * store.db.before-restore; one that is kept already is only given up with replaces. False: err, and
 * the folder is as it was: an engine runs on it (QT_E_FAILED), the backup is cut, changed, of
 * another store or fails a check (QT_E_VERIFY), is of a newer schema (QT_E_CONFIG), the disk is
 * full.
 */
QT_CHECKED bool qt_backup_restore(const char *folder, struct qt_store_key *key, const char *path,
                                  bool replaces, struct qt_backup *out, struct qt_error *err);
/** The same of a backup from before the pages got another key: made_by are its keys
 * (qt_backup_unlock), and its pages get the folder's key. */
QT_CHECKED bool qt_backup_restore_older(const char *folder, struct qt_store_key *key,
                                        const struct qt_store_key *made_by, const char *path,
                                        bool replaces, struct qt_backup *out, struct qt_error *err);

#endif
