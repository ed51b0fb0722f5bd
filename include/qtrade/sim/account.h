/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Accounts of the simulated exchange: free and locked per owner and asset. Every amount has scale
 * QT_MONEY_SCALE. A1: neither free nor locked is ever negative. A2: per asset, owners + fees +
 * outside is what was deposited, to the unit, after every call; outside is what the external market
 * holds against the owners.
 *
 * Fees are never understated (rounded up to a unit). QT_FEE_QUOTE takes them in the quote asset on
 * both sides, so that positions stay whole lots (a buy locks its greatest fee too); QT_FEE_RECEIVED
 * takes them from what is received, base for a buy and quote for a sell, as Binance spot does. One
 * thread at a time.
 */
#ifndef QTRADE_SIM_ACCOUNT_H
#define QTRADE_SIM_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/fixed.h"
#include "qtrade/market/event.h"
#include "qtrade/market/instrument.h"

#define QT_OWNERS_MAX 64
#define QT_NO_ASSET UINT32_MAX

enum qt_fee_mode { QT_FEE_QUOTE, QT_FEE_RECEIVED };

struct qt_funds {
    qt_money free, locked;
};

/** One side of a trade as its owner's account sees it. */
struct qt_account_fill {
    uint32_t owner, base, quote; /* assets */
    enum qt_side side;
    qt_money base_amount, quote_amount;
    qt_money release; /* what the order had locked for this fill (quote of a buy, base of a sell) */
    int fee_ppm;      /* 1/100 bps; negative: a rebate */
};

struct qt_accounts;
/** Room for max_assets assets. NULL: no memory. */
struct qt_accounts *qt_accounts_create(size_t max_assets, enum qt_fee_mode mode);
void qt_accounts_destroy(struct qt_accounts *accounts); /* NULL is fine */
/** The asset's index, added when it is new; QT_NO_ASSET: the room is used up. */
uint32_t qt_accounts_asset(struct qt_accounts *accounts, const char *name);
uint32_t qt_accounts_find(const struct qt_accounts *accounts, const char *name); /* QT_NO_ASSET */
uint32_t qt_accounts_assets(const struct qt_accounts *accounts);
const char *qt_accounts_name(const struct qt_accounts *accounts, uint32_t asset);

/** Money comes in (or goes out, negative) from the world. False: free would be negative or
 * overflow. */
QT_CHECKED bool qt_accounts_deposit(struct qt_accounts *accounts, uint32_t owner, uint32_t asset,
                                    qt_money amount);
struct qt_funds qt_accounts_funds(const struct qt_accounts *accounts, uint32_t owner,
                                  uint32_t asset);
/** Free to locked; false: not enough free. */
QT_CHECKED bool qt_accounts_lock(struct qt_accounts *accounts, uint32_t owner, uint32_t asset,
                                 qt_money amount);
/** Locked to free; amount <= locked (asserted). */
void qt_accounts_unlock(struct qt_accounts *accounts, uint32_t owner, uint32_t asset,
                        qt_money amount);
/**
 * Settles one side of a trade against the outside (two owners who trade with one another settle
 * twice): releases, moves both amounts, takes the fee. *out_fee, *out_fee_asset: what was taken,
 * and of which asset. False: it cannot be paid; nothing changed.
 */
QT_CHECKED bool qt_accounts_settle(struct qt_accounts *accounts, const struct qt_account_fill *fill,
                                   qt_money *out_fee, uint32_t *out_fee_asset);
/** Takes a fee that stands apart from a fill; amount <= free (asserted). */
void qt_accounts_charge(struct qt_accounts *accounts, uint32_t owner, uint32_t asset,
                        qt_money amount);
/** The fee of an amount, rounded up; of a negative rate the rebate, rounded down, as a negative fee. */
qt_money qt_accounts_fee(qt_money amount, int fee_ppm);
qt_money qt_accounts_fees(const struct qt_accounts *accounts, uint32_t asset); /* taken so far */
/** A2 for every asset. */
bool qt_accounts_is_conserved(const struct qt_accounts *accounts);

#endif
