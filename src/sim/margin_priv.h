/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of the margin accounts: margin.c moves money, margin_worth.c values it. */
#ifndef QTRADE_SIM_MARGIN_PRIV_H
#define QTRADE_SIM_MARGIN_PRIV_H

#include "qtrade/sim/margin.h"

__extension__ typedef __int128 wide;

#define QT__RATE_ONE 100000000 /* rates are in 1e-8 */

struct qt_margin {
    const struct qt_universe *universe;
    uint32_t n;
    qt_money wallets[QT_OWNERS_MAX];
    struct qt_margin_position *positions; /* [owner * n + instrument] */
    qt_px *marks;
    qt_money fees, insurance;
    qt_money coins[QT_OWNERS_MAX], coin_fees; /* of the coin that fees may be paid in */
    wide outside, deposited, coins_deposited;
    wide *outside_qty; /* by instrument */
};

struct qt_margin_position *qt__margin_at(const struct qt_margin *margin, uint32_t owner,
                                         uint32_t instrument);

#endif
