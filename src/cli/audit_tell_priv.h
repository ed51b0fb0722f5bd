/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries of the audit by subcommands: in the folder's store, or through the engine that has it. */
#ifndef QTRADE_CLI_AUDIT_TELL_PRIV_H
#define QTRADE_CLI_AUDIT_TELL_PRIV_H

#include "qtrade/store/key.h"

/**
 * Appends an entry of the operator to the audit of a folder's store, which key opens: by writing
 * it, or where an engine runs on the folder by asking that. What was done is done: when it cannot
 * be written, that is said on stderr, and the result is false.
 */
bool qt__audit_tell(const char *folder, struct qt_store_key *key, const char *action,
                    const char *detail);

#endif
