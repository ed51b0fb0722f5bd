/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The config's section "venue", and the credentials, which stand in a file of their own.
 */
#ifndef QTRADE_VENUE_CONFIG_H
#define QTRADE_VENUE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/config.h"
#include "qtrade/base/error.h"

#define QT_VENUE_URL 256
#define QT_VENUE_SYMBOLS 8192 /* bytes of the symbols list */

struct qt_venue_config {
    char name[24];
    char rest_url[QT_VENUE_URL], ws_url[QT_VENUE_URL], ws_api_url[QT_VENUE_URL];
    char backup_ws_url[QT_VENUE_URL];
    char credentials_file[1024];
    char credentials[33];  /* name of an entry of the vault; "": the only one of the venue */
    int64_t key_max_days;  /* a key older than that is warned of */
    char quote_asset[16];
    char symbols[QT_VENUE_SYMBOLS];
    int64_t max_symbols;
    int64_t recv_window_ms;
    int64_t history_1h_bars, history_15m_bars, history_1m_bars;
    int64_t stale_ms;     /* a market connection without data for so long is stale and made anew */
    int64_t reconcile_ms; /* the account is read again so often */
};

extern const struct qt_config_section qt_venue_config_section;

#define QT_VENUE_KEY 129
#define QT_VENUE_SECRET 129

/** Key and secret of an account; wiped by _wipe. Never printed. */
struct qt_venue_credentials {
    char key[QT_VENUE_KEY], secret[QT_VENUE_SECRET];
};

/**
 * Reads {"key":"..","secret":".."}. The file must be a plain file of ours (owner: the effective
 * user) that nobody else may read or write (mode 0600 or less); links, FIFOs and devices are
 * refused before they are opened for reading (fault K5). Key and secret: 1..128 printable
 * characters. False: err says what to do; *out is wiped. Any thread.
 */
QT_CHECKED bool qt_venue_credentials_load(const char *path, struct qt_venue_credentials *out,
                                          struct qt_error *err);
void qt_venue_credentials_wipe(struct qt_venue_credentials *credentials);

#endif
