/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sealed config in use: what is in force now, whether the config file is what was sealed, and
 * the next seal.
 *
 * C1: in force is the sealed value of a key, or while it is held the one of before, which is the
 * tighter of the two. C2: a value is held from the time of the seal, or of the newest row of the
 * store where the clock stands before that, for the cool-down that is in force.
 */
#ifndef QTRADE_CLI_SEALING_PRIV_H
#define QTRADE_CLI_SEALING_PRIV_H

#include "qtrade/store/seal.h"

#include "limits_priv.h"

struct qt__sealed {
    struct qt_seal seal;
    struct qt_seal_known known;
    bool is_found;
    struct qt_settings target;   /* what was sealed */
    struct qt_settings in_force; /* of it, at the time that was given */
    int64_t over_ns; /* the newest end of a cool-down that counts as over; 0: there was none */
};

/** Reads and verifies the folder's seal, and what the store knows. A seal that cannot be used is an
 * error (QT_E_VERIFY). NULL: err. */
struct qt__sealed *qt__sealed_open(const char *folder, const struct qt_store_key *key,
                                   int64_t now_ns, struct qt_error *err);
/** The same, when it is known already what the store knows: beside an engine of this process. */
struct qt__sealed *qt__sealed_follow(const char *folder, const struct qt_store_key *key,
                                     const struct qt_seal_known *known, int64_t now_ns,
                                     struct qt_error *err);
void qt__sealed_close(struct qt__sealed *sealed); /* NULL is fine */
/** That sealed may be traded with, and that settings are what was sealed; settings become what is
 * in force. False: QT_E_VERIFY. */
QT_CHECKED bool qt__sealed_enforce(const struct qt__sealed *sealed, const struct qt_store_key *key,
                                   int64_t now_ns, struct qt_settings *settings,
                                   struct qt_error *err);
/** False: QT_E_VERIFY: by the venue's clock a cool-down is not over that is by this machine's. */
QT_CHECKED bool qt__sealed_agrees(const struct qt__sealed *sealed, int64_t venue_ns,
                                  struct qt_error *err);
/** Seals settings; *out is the new seal, to be cleared. A line on stderr says what is odd about it.
 */
QT_CHECKED bool qt__sealed_make(const char *folder, const struct qt_store_key *key,
                                const struct qt_settings *settings, int64_t now_ns,
                                struct qt_seal *out, struct qt_error *err);
/** The held value of section.key; NULL: it is not held at now_ns. */
const struct qt_seal_held *qt__sealed_held(const struct qt_seal *seal, const char *section,
                                           const char *key, int64_t now_ns);
/** Settings as text on the heap. NULL: no memory. */
char *qt__settings_text(const struct qt_settings *settings);

#endif
