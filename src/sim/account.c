/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Funds are a table of owners by assets. What is not an owner's and not a fee stands with the
 * outside, whose balance may be negative: the external market owes what it sold.
 */
#include "qtrade/sim/account.h"

#include <stdlib.h>
#include <string.h>

#include "qtrade/base/error.h"
#include "qtrade/base/map.h"
#include "qtrade/base/text.h"

__extension__ typedef __int128 wide;

#define PPM 1000000

struct asset {
    char name[QT_ASSET_SIZE];
    qt_money fees;
    wide outside, deposited;
};

struct qt_accounts {
    enum qt_fee_mode mode;
    uint32_t n_assets;
    size_t max_assets;
    struct qt_textmap *by_name;
    struct asset *assets;
    struct qt_funds *funds; /* [owner * max_assets + asset] */
};

struct qt_accounts *
qt_accounts_create(size_t max_assets, enum qt_fee_mode mode)
{
    struct qt_accounts *accounts = calloc(1, sizeof *accounts);
    if (!accounts)
        return NULL;
    accounts->mode = mode;
    accounts->max_assets = max_assets;
    accounts->by_name = qt_textmap_create(max_assets);
    accounts->assets = calloc(max_assets, sizeof *accounts->assets);
    accounts->funds = calloc(max_assets * QT_OWNERS_MAX, sizeof *accounts->funds);
    if (accounts->by_name && accounts->assets && accounts->funds)
        return accounts;
    qt_accounts_destroy(accounts);
    return NULL;
}

void
qt_accounts_destroy(struct qt_accounts *accounts)
{
    if (!accounts)
        return;
    qt_textmap_destroy(accounts->by_name);
    free(accounts->assets);
    free(accounts->funds);
    free(accounts);
}

uint32_t
qt_accounts_find(const struct qt_accounts *accounts, const char *name)
{
    uint64_t index;
    return qt_textmap_get(accounts->by_name, name, strnlen(name, QT_ASSET_SIZE), &index)
               ? (uint32_t)index
               : QT_NO_ASSET;
}

uint32_t
qt_accounts_asset(struct qt_accounts *accounts, const char *name)
{
    uint32_t index = qt_accounts_find(accounts, name);
    if (index != QT_NO_ASSET)
        return index;
    size_t length = strnlen(name, QT_ASSET_SIZE);
    if (length == QT_ASSET_SIZE || accounts->n_assets == accounts->max_assets ||
        !qt_textmap_put(accounts->by_name, name, length, accounts->n_assets))
        return QT_NO_ASSET;
    (void)qt_copy(accounts->assets[accounts->n_assets].name, QT_ASSET_SIZE, name);
    return accounts->n_assets++;
}

uint32_t
qt_accounts_assets(const struct qt_accounts *accounts)
{
    return accounts->n_assets;
}

const char *
qt_accounts_name(const struct qt_accounts *accounts, uint32_t asset)
{
    qt_assert(asset < accounts->n_assets);
    return accounts->assets[asset].name;
}

static struct qt_funds *
funds_of(const struct qt_accounts *accounts, uint32_t owner, uint32_t asset)
{
    qt_assert(owner < QT_OWNERS_MAX && asset < accounts->n_assets);
    return &accounts->funds[owner * accounts->max_assets + asset];
}

bool
qt_accounts_deposit(struct qt_accounts *accounts, uint32_t owner, uint32_t asset, qt_money amount)
{
    struct qt_funds *funds = funds_of(accounts, owner, asset);
    qt_money after;
    if (!qt_money_add(funds->free, amount, &after) || after.v < 0)
        return false;
    funds->free = after;
    accounts->assets[asset].deposited += amount.v;
    return true;
}

struct qt_funds
qt_accounts_funds(const struct qt_accounts *accounts, uint32_t owner, uint32_t asset)
{
    return *funds_of(accounts, owner, asset);
}

bool
qt_accounts_lock(struct qt_accounts *accounts, uint32_t owner, uint32_t asset, qt_money amount)
{
    struct qt_funds *funds = funds_of(accounts, owner, asset);
    qt_money locked;
    if (amount.v < 0 || amount.v > funds->free.v || !qt_money_add(funds->locked, amount, &locked))
        return false;
    funds->free.v -= amount.v;
    funds->locked = locked;
    return true;
}

void
qt_accounts_unlock(struct qt_accounts *accounts, uint32_t owner, uint32_t asset, qt_money amount)
{
    struct qt_funds *funds = funds_of(accounts, owner, asset);
    qt_assert(amount.v >= 0 && amount.v <= funds->locked.v);
    bool fits = qt_money_add(funds->free, amount, &funds->free);
    qt_assert(fits);
    funds->locked.v -= amount.v;
}

qt_money
qt_accounts_fee(qt_money amount, int fee_ppm)
{
    qt_money fee;
    bool fits = fee_ppm >= 0 ? qt_money_mul_div_up(amount, fee_ppm, PPM, &fee)
                             : qt_money_mul_div(amount, fee_ppm, PPM, &fee);
    qt_assert(fits && fee_ppm >= -PPM && fee_ppm <= PPM);
    return fee;
}

void
qt_accounts_charge(struct qt_accounts *accounts, uint32_t owner, uint32_t asset, qt_money amount)
{
    struct qt_funds *funds = funds_of(accounts, owner, asset);
    qt_assert(amount.v >= 0 && amount.v <= funds->free.v);
    funds->free.v -= amount.v;
    accounts->assets[asset].fees.v += amount.v;
}

/* A buy: quote goes out of what was locked, base comes in. */
static bool
settle_buy(struct qt_accounts *accounts, const struct qt_account_fill *fill, qt_money *out_fee,
           uint32_t *out_fee_asset)
{
    struct qt_funds *base = funds_of(accounts, fill->owner, fill->base);
    struct qt_funds *quote = funds_of(accounts, fill->owner, fill->quote);
    bool in_quote = accounts->mode == QT_FEE_QUOTE;
    qt_money fee =
        qt_accounts_fee(in_quote ? fill->quote_amount : fill->base_amount, fill->fee_ppm);
    qt_money room = {in_quote ? fill->release.v - fill->quote_amount.v : fill->base_amount.v};
    qt_money spent = fill->quote_amount, received = fill->base_amount, free_base;
    if (fill->release.v > quote->locked.v || fill->quote_amount.v > fill->release.v)
        return false;
    fee.v = QT_MIN(fee.v, room.v);
    if (in_quote)
        spent.v += fee.v;
    else
        received.v -= fee.v;
    if (!qt_money_add(base->free, received, &free_base))
        return false;
    base->free = free_base;
    quote->locked.v -= fill->release.v;
    quote->free.v += fill->release.v - spent.v;
    accounts->assets[fill->base].outside -= fill->base_amount.v;
    accounts->assets[fill->quote].outside += fill->quote_amount.v;
    *out_fee = fee;
    *out_fee_asset = in_quote ? fill->quote : fill->base;
    accounts->assets[*out_fee_asset].fees.v += fee.v;
    return true;
}

/* A sell: locked base goes out, quote less the fee comes in. */
static bool
settle_sell(struct qt_accounts *accounts, const struct qt_account_fill *fill, qt_money *out_fee,
            uint32_t *out_fee_asset)
{
    struct qt_funds *base = funds_of(accounts, fill->owner, fill->base);
    struct qt_funds *quote = funds_of(accounts, fill->owner, fill->quote);
    qt_money fee = qt_accounts_fee(fill->quote_amount, fill->fee_ppm), free_quote;
    if (fill->release.v > base->locked.v || fill->base_amount.v != fill->release.v)
        return false;
    qt_money received = {fill->quote_amount.v - fee.v};
    if (!qt_money_add(quote->free, received, &free_quote))
        return false;
    base->locked.v -= fill->release.v;
    quote->free = free_quote;
    accounts->assets[fill->base].outside += fill->base_amount.v;
    accounts->assets[fill->quote].outside -= fill->quote_amount.v;
    accounts->assets[fill->quote].fees.v += fee.v;
    *out_fee = fee;
    *out_fee_asset = fill->quote;
    return true;
}

bool
qt_accounts_settle(struct qt_accounts *accounts, const struct qt_account_fill *fill,
                   qt_money *out_fee, uint32_t *out_fee_asset)
{
    qt_assert(fill->base_amount.v >= 0 && fill->quote_amount.v >= 0 && fill->base != fill->quote);
    return fill->side == QT_BUY ? settle_buy(accounts, fill, out_fee, out_fee_asset)
                                : settle_sell(accounts, fill, out_fee, out_fee_asset);
}

qt_money
qt_accounts_fees(const struct qt_accounts *accounts, uint32_t asset)
{
    qt_assert(asset < accounts->n_assets);
    return accounts->assets[asset].fees;
}

bool
qt_accounts_is_conserved(const struct qt_accounts *accounts)
{
    for (uint32_t asset = 0; asset < accounts->n_assets; asset++) {
        wide sum = accounts->assets[asset].outside + accounts->assets[asset].fees.v;
        for (uint32_t owner = 0; owner < QT_OWNERS_MAX; owner++) {
            const struct qt_funds *funds = funds_of(accounts, owner, asset);
            if (funds->free.v < 0 || funds->locked.v < 0)
                return false;
            sum += (wide)funds->free.v + funds->locked.v;
        }
        if (sum != accounts->assets[asset].deposited)
            return false;
    }
    return true;
}
