/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What opens the keys of a state folder, looked for in this order: the key file of the config, the
 * systemd credential qtrade-store, local.key in the folder; or the passphrase, typed at the
 * terminal, where store.key asks for one. Never an argument, never the environment.
 */
#ifndef QTRADE_CLI_UNLOCK_PRIV_H
#define QTRADE_CLI_UNLOCK_PRIV_H

#include "qtrade/store/key.h"

#include "settings_priv.h"

/** The folder's keys. NULL: QT_E_LOCKED: there is no store.key, or nothing at hand opens it. */
struct qt_store_key *qt__unlock(const struct qt_settings *settings, const char *folder,
                                struct qt_error *err);
/** The same; where there is no store.key, new keys, for which local.key is made when no other is
 * configured, and a line on stderr says what that protects. */
struct qt_store_key *qt__unlock_or_make(const struct qt_settings *settings, const char *folder,
                                        struct qt_error *err);
/** The same; new keys are founded with a store at once, so that they are there next time. */
struct qt_store_key *qt__unlock_or_found(const struct qt_settings *settings, const char *folder,
                                         struct qt_error *err);
/**
 * The keys of a folder into which the backup path is restored: those of its store.key, or where it
 * has none those in the backup. key_file (NULL: what is configured) or a passphrase opens them.
 */
struct qt_store_key *qt__unlock_backup(const struct qt_settings *settings, const char *folder,
                                       const char *path, const char *key_file,
                                       struct qt_error *err);
/** The keys in a backup that an earlier key of the folder's pages made: key_file (NULL: what is
 * configured) opens them, or a passphrase, which is asked for. NULL: err. */
struct qt_store_key *qt__unlock_maker(const struct qt_settings *settings, const char *folder,
                                      const char *path, const char *key_file, struct qt_error *err);
/** From now on a passphrase opens them, asked for twice; renews: and the pages get another key
 * (qt_store_key_renew). */
QT_CHECKED bool qt__unlock_by_passphrase(struct qt_store_key *key, const char *folder, bool renews,
                                         struct qt_error *err);
/** From now on a key file does; it is made when it is not there. */
QT_CHECKED bool qt__unlock_by_file(struct qt_store_key *key, const char *folder, const char *file,
                                   bool renews, struct qt_error *err);
/** Whether what is at hand opens the keys, or would be made; a passphrase is not asked for. */
QT_CHECKED bool qt__unlock_check(const struct qt_settings *settings, const char *folder,
                                 struct qt_error *err);
/** In words, for 'store info': "passphrase", "key file /x", "credential", "local.key". */
void qt__unlock_name(const struct qt_settings *settings, enum qt_key_kind kind, char *out,
                     size_t capacity);

#endif
