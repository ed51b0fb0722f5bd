/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accounts of a venue of perpetuals that settle in one asset (USDT): a wallet an owner, one
 * position an owner and symbol (one-way mode), cross or isolated, its leverage, what the insurance
 * fund holds, and of the coin that fees may be paid in a balance an owner. Every amount has scale
 * QT_MONEY_SCALE. Prices are marks; who knows them sets them.
 *
 * A position is its signed quantity and its cost: what was paid for a long, minus what was received
 * for a short. A fill that makes it smaller takes the same part of the cost with it; the difference
 * to what the fill brought is realised into the wallet.
 *
 * P1: the sum over owners of wallet - cost, fees, insurance and outside is what was deposited, to
 * the unit, after every call; outside is what the market around holds against the owners. P2: the
 * quantities of all owners and of the outside are zero together, symbol by symbol. P3: the coins of
 * all owners and those taken as fees are what was deposited of them.
 *
 *     notional          |quantity| x mark
 *     initial margin    notional / leverage; isolated: what was put aside when it was opened
 *     maintenance       notional x rate of its tier - the tier's amount (so that it has no steps)
 *     unrealised        quantity x mark - cost
 *     open orders       max(|p + bids|, |p - asks|) - |p|, over leverage; p: signed notional
 *     available         cross wallet + unrealised of cross positions - their initial margin - that
 *                       of open orders, at least 0
 *
 * Source: Binance, USD-M futures: leverage and margin; how to calculate cost required to open a
 * position, 2024. One thread at a time; a call allocates nothing.
 */
#ifndef QTRADE_SIM_MARGIN_H
#define QTRADE_SIM_MARGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/fixed.h"
#include "qtrade/market/event.h"
#include "qtrade/market/instrument.h"
#include "qtrade/sim/account.h"

#define QT_MARGIN_LEVERAGE 20 /* of a position that nobody has set one for */
#define QT_MARGIN_LEVERAGE_MAX 125

/** So much notional may be held at so much leverage. The same tiers for every symbol. */
struct qt_margin_tier {
    qt_money floor, cap; /* notional */
    int leverage;        /* the greatest */
    int maintenance_ppm;
    qt_money amount; /* off the maintenance margin */
};
/** The tiers, smallest first. */
const struct qt_margin_tier *qt_margin_tiers(size_t *out_n);
/** The greatest notional of a position with that leverage. */
qt_money qt_margin_cap(int leverage);

struct qt_margin_position {
    qt_qty qty;        /* < 0: short */
    qt_money cost;     /* of the sign of qty */
    qt_money isolated; /* put aside for it; 0 in cross */
    qt_money realised; /* in this symbol so far, before fees */
    qt_money open[2];  /* notional of open orders by enum qt_side */
    int leverage;
    bool is_isolated;
    int64_t update_ns;
};

/** An owner as the marks see him. */
struct qt_margin_state {
    qt_money wallet, cross_wallet; /* the second without what is isolated */
    qt_money unrealised, cross_unrealised;
    qt_money position_initial, open_initial, maintenance;
    qt_money cross_maintenance;
    qt_money available; /* for new orders, >= 0 */
};

/** What a fill brought. */
struct qt_margin_result {
    qt_money realised, fee; /* fee negative: a rebate */
};

struct qt_margin;
/** universe is borrowed. NULL: no memory. */
struct qt_margin *qt_margin_create(const struct qt_universe *universe);
void qt_margin_destroy(struct qt_margin *margin); /* NULL is fine */

/** Money comes into a wallet (or goes out, negative). False: the wallet would be below 0, overflow.
 */
QT_CHECKED bool qt_margin_deposit(struct qt_margin *margin, uint32_t owner, qt_money amount);
/** The same of the insurance fund. */
QT_CHECKED bool qt_margin_endow(struct qt_margin *margin, qt_money amount);
/** The same of the coin that fees may be paid in; it is no margin. */
QT_CHECKED bool qt_margin_deposit_coin(struct qt_margin *margin, uint32_t owner, qt_money amount);
/** Takes a fee in the coin: 0 <= amount <= what there is (asserted). */
void qt_margin_charge_coin(struct qt_margin *margin, uint32_t owner, qt_money amount);
qt_money qt_margin_coin(const struct qt_margin *margin, uint32_t owner);
qt_money qt_margin_coin_fees(const struct qt_margin *margin);
qt_money qt_margin_wallet(const struct qt_margin *margin, uint32_t owner);
qt_money qt_margin_insurance(const struct qt_margin *margin);
const struct qt_margin_position *qt_margin_position(const struct qt_margin *margin, uint32_t owner,
                                                    uint32_t instrument);

/** The price that what is held is valued at from now on. */
void qt_margin_set_mark(struct qt_margin *margin, uint32_t instrument, qt_px mark);
qt_px qt_margin_mark(const struct qt_margin *margin,
                     uint32_t instrument); /* QT_PX_NONE: none yet */
/** qty at the mark, with its sign; 0 while there is no mark. */
qt_money qt_margin_notional(const struct qt_margin *margin, uint32_t instrument, qt_qty qty);
qt_money qt_margin_unrealised(const struct qt_margin *margin, uint32_t owner, uint32_t instrument);
qt_money qt_margin_initial(const struct qt_margin *margin, uint32_t owner, uint32_t instrument);
qt_money qt_margin_maintenance(const struct qt_margin *margin, uint32_t owner, uint32_t instrument);
/** Initial margin of open orders with those notionals beside the position. */
qt_money qt_margin_open_initial(const struct qt_margin *margin, uint32_t owner, uint32_t instrument,
                                const qt_money open[2]);
struct qt_margin_state qt_margin_state(const struct qt_margin *margin, uint32_t owner);
/** The mark at which the position would be closed by the exchange, all other marks standing still;
 * QT_PX_NONE: none above 0. */
qt_px qt_margin_liquidation_px(const struct qt_margin *margin, uint32_t owner, uint32_t instrument);

/** Open orders of a side hold more or less notional. */
void qt_margin_open_add(struct qt_margin *margin, uint32_t owner, uint32_t instrument,
                        enum qt_side side, qt_money change);
/** One side of a trade; external: the other side is not an owner. */
struct qt_margin_result qt_margin_fill(struct qt_margin *margin, uint32_t owner,
                                       uint32_t instrument, enum qt_side side, qt_qty qty,
                                       qt_money quote, int fee_ppm, bool is_external);
/** Funding at rate (1e-8 of the notional): longs pay shorts. What the owner received; negative:
 * paid. */
qt_money qt_margin_fund(struct qt_margin *margin, uint32_t owner, uint32_t instrument,
                        int64_t rate);
/** From the owner's wallet to the insurance fund; negative: from the fund. */
void qt_margin_insure(struct qt_margin *margin, uint32_t owner, qt_money amount);
/** Of a flat symbol, or higher leverage; what is isolated stays as it is. */
void qt_margin_set_leverage(struct qt_margin *margin, uint32_t owner, uint32_t instrument,
                            int leverage);
/** Only of a flat symbol. */
void qt_margin_set_isolated(struct qt_margin *margin, uint32_t owner, uint32_t instrument,
                            bool is_isolated);
/** Puts more aside for an isolated position, or less (negative). False: not isolated, flat, not
 * that much available or there, or it would be below its initial margin. */
QT_CHECKED bool qt_margin_shift(struct qt_margin *margin, uint32_t owner, uint32_t instrument,
                                qt_money amount);
/** Something has changed in it at that time. */
void qt_margin_touch(struct qt_margin *margin, uint32_t owner, uint32_t instrument, int64_t now_ns);

/** P1, P2 and P3. */
bool qt_margin_is_conserved(const struct qt_margin *margin);

#endif
