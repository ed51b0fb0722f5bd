/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which way of each key of the config loosens what is allowed: one table, for seals and reloads. */
#ifndef QTRADE_CLI_LIMITS_PRIV_H
#define QTRADE_CLI_LIMITS_PRIV_H

#include "settings_priv.h"

enum qt__change { QT__SAME, QT__TIGHTER, QT__LOOSER, QT__NEUTRAL, QT__CHANGES };

/** What it means that a key goes from the value in one section's struct to that in another. */
enum qt__change qt__limit_change(const struct qt_config_section *section,
                                 const struct qt_config_key *key, const void *from, const void *to);
const char *qt__change_name(enum qt__change change); /* "tighter" ... */
/** The value of a key as JSON into out; false: cut. */
bool qt__limit_value(const struct qt_config_key *key, const void *values, char *out,
                     size_t capacity);

#endif
