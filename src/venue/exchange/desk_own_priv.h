/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of the desk: the exchange of the room sim with its one account, moved by a source.
 * desk.c (it opens, and the market moves), desk_orders.c (orders and the account).
 *
 * Fees are taken from what is received, as on Binance's spot market: a buy leaves fractions of a
 * lot, which the adapter and the engine book to the last of eight decimals.
 */
#ifndef QTRADE_VENUE_EXCHANGE_DESK_OWN_PRIV_H
#define QTRADE_VENUE_EXCHANGE_DESK_OWN_PRIV_H

#include "qtrade/market/reader.h"
#include "qtrade/sim/source.h"

#include "desk_priv.h"

enum { QT__DESK_OWNER = 1 };

struct qt__desk {
    struct qt__desk_listener listener;
    struct qt_dataset data; /* of a recording */
    struct qt_universe *universe;
    struct qt_source *source;
    struct qt_exchange *exchange;
    struct qt_impact_model impact_model;
    struct qt_impact *impacts; /* by symbol; NULL: own trades move nothing */
    const char *cancel_id;     /* of the cancel under way; NULL: none */
    const char *changed[4];
    unsigned n_changed; /* assets whose balance has moved since it was last told */
    bool has_ended;
};

/** What has moved since it was last told. */
void qt__desk_tell_balances(struct qt__desk *desk);

#endif
