/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The config's section "router", and "venue_2" to "venue_4": further accounts of the first venue's
 * kind.
 */
#ifndef QTRADE_VENUE_ROUTER_CONFIG_H
#define QTRADE_VENUE_ROUTER_CONFIG_H

#include "qtrade/venue/config.h"

#define QT_MORE_VENUES 3

struct qt_router_config {
    double taker_fee_bps, maker_fee_bps; /* of the section "venue" */
    double impact;
    int64_t failures;
    int64_t cool_s;
};

struct qt_more_venue_config {
    char rest_url[QT_VENUE_URL], ws_url[QT_VENUE_URL],
        ws_api_url[QT_VENUE_URL]; /* rest_url "": there is none */
    char credentials_file[1024];
    char credentials[33];
    double taker_fee_bps, maker_fee_bps;
};

extern const struct qt_config_section qt_router_section;
extern const struct qt_config_section qt_more_venue_section[QT_MORE_VENUES];

/** What a further venue does not say it has of the first: symbols, times, limits. Addresses,
 * credentials and the backup stream are its own. */
void qt_more_venue_fill(const struct qt_more_venue_config *more,
                        const struct qt_venue_config *first, struct qt_venue_config *out);

#endif
