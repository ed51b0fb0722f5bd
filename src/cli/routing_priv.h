/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several venues behind one session: the further ones opened beside the first, and the router over
 * all of them. Without a further venue nothing is opened and the ports are the first venue's.
 */
#ifndef QTRADE_CLI_ROUTING_PRIV_H
#define QTRADE_CLI_ROUTING_PRIV_H

#include "qtrade/store/audit.h"
#include "qtrade/venue/binance.h"
#include "qtrade/venue/router.h"

#include "banning_priv.h"
#include "credentials_priv.h"
#include "settings_priv.h"

/** Credentials of the further venues; in locked memory until the venues have them. */
struct qt__routing_keys {
    struct qt__credentials *more[QT_MORE_VENUES];
};

struct qt__routing {
    struct qt_binance *venue[QT_MORE_VENUES];
    struct qt_universe *universe[QT_MORE_VENUES];
    double *volume[QT_MORE_VENUES + 1];
    struct qt_router *router; /* NULL: one venue */
};

/** "venue", "venue_2" ...; i: 0..QT_MORE_VENUES. */
const char *qt__routing_name(unsigned i);
/** The config has that venue; it always has the first. */
bool qt__routing_has(const struct qt_settings *settings, unsigned i);
/** The settings as if that venue were the only one; the caller frees it. NULL: no memory. */
struct qt_settings *qt__routing_alone(const struct qt_settings *settings, unsigned i);
/** How many further venues the config has. */
unsigned qt__routing_count(const struct qt_settings *settings);
/** Their credentials. False: one has none, as qt__credentials_open says. */
QT_CHECKED bool qt__routing_keys_open(struct qt__routing_keys *keys,
                                      const struct qt_settings *settings, const char *folder,
                                      const struct qt_store_key *key, struct qt_error *err);
/** An audit entry for each that is of the vault. */
QT_CHECKED bool qt__routing_note_keys(const struct qt__routing_keys *keys, struct qt_store *store,
                                      struct qt_error *err);
void qt__routing_keys_close(struct qt__routing_keys *keys);
/**
 * Connects the further venues (blocking, as the first) and opens the router. first: open, universe
 * loaded; like: its options; banning: of all of them. False: err names the venue.
 */
QT_CHECKED bool qt__routing_open(struct qt__routing *routing, const struct qt_settings *settings,
                                 const struct qt__routing_keys *keys, struct qt_binance *first,
                                 const struct qt_universe *universe,
                                 const struct qt_binance_options *like,
                                 struct qt__banning *banning, struct qt_error *err);
/** Before the first venue is closed. */
void qt__routing_close(struct qt__routing *routing);
struct qt_feed_port qt__routing_feed(const struct qt__routing *routing, struct qt_binance *first);
struct qt_venue_port qt__routing_venue(const struct qt__routing *routing, struct qt_binance *first);

#endif
