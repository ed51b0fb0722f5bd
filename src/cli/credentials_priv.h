/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The credentials that live trading uses, from the vault or from the configured file, and what is
 * to be said of them. */
#ifndef QTRADE_CLI_CREDENTIALS_PRIV_H
#define QTRADE_CLI_CREDENTIALS_PRIV_H

#include "qtrade/store/vault.h"
#include "qtrade/venue/config.h"

#include "settings_priv.h"

enum { QT__KEY_WARNINGS = 3 };

/** What is to be said of an entry: its age, what it may do at the venue. Returns how many lines. */
unsigned qt__key_warnings(const struct qt_vault_entry *entry, const struct qt_settings *settings,
                          int64_t now_ns, char out[QT__KEY_WARNINGS][160]);
/** "read, trade, bound to addresses", "not asked yet". */
const char *qt__key_scope(const struct qt_vault_entry *entry, char out[64]);

/** In locked memory; qt__credentials_close wipes it. */
struct qt__credentials {
    struct qt_venue_credentials pair;
    struct qt_vault_entry entry; /* of the vault; name "": from the file */
};

/**
 * The credentials of settings->venue. NULL: QT_E_CONFIG: there are none, or they are both in the
 * vault and in a file, or the vault has several and none is named; QT_E_LOCKED: the vault.
 */
struct qt__credentials *qt__credentials_open(const struct qt_settings *settings, const char *folder,
                                             const struct qt_store_key *key, struct qt_error *err);
struct qt_binance_rights;
/**
 * Judges what the venue says of the key: the vault keeps it, a key that works from anywhere is
 * warned of on stderr. False: QT_E_CONFIG: it may withdraw, or may not trade. name: of the vault's
 * entry; NULL: it is of a file.
 */
QT_CHECKED bool qt__credentials_judge(const struct qt_binance_rights *rights, const char *folder,
                                      const struct qt_store_key *key, const char *name,
                                      int64_t now_ns, struct qt_error *err);
void qt__credentials_close(struct qt__credentials *credentials); /* wipes; NULL is fine */

#endif
