/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Double-entry ledger. Every transaction is a set of postings whose sum is zero in each asset; so
 * is the sum of all accounts at any time, to the last unit. Base assets are kept at their
 * instrument's qty_scale, quote at QT_MONEY_SCALE. An asset is its name and its scale. Engine
 * thread only.
 *
 *   buy 2 at 10, fee 0.02:   CASH base +2  MARKET base -2   CASH quote -20  MARKET quote +20   CASH
 * -0.02  FEES +0.02
 */
#ifndef QTRADE_TRADE_LEDGER_H
#define QTRADE_TRADE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/error.h"
#include "qtrade/market/instrument.h"
#include "qtrade/trade/order.h"

enum qt_account {
    QT_ACCOUNT_CASH,   /* the wallet at the venue */
    QT_ACCOUNT_MARKET, /* whoever traded with us */
    QT_ACCOUNT_FEES,
    QT_ACCOUNT_CAPITAL, /* what was paid in */
    QT_ACCOUNT_ADJUST,  /* differences found by reconciliation */
    QT_ACCOUNT_INCOME,  /* what the venue paid or took by no fill: funding of perpetuals */
    QT_ACCOUNTS
};
const char *qt_account_name(enum qt_account account); /* "cash" ... */

#define QT_LEDGER_LEGS 6
#define QT_NO_ASSET UINT32_MAX

struct qt_posting {
    uint8_t account; /* enum qt_account */
    uint32_t asset;  /* qt_ledger_asset */
    qt_money amount; /* units of 10^-scale of the asset */
};
struct qt_transaction {
    uint64_t number; /* 1, 2, 3 ... */
    uint32_t legs;
    struct qt_posting leg[QT_LEDGER_LEGS];
};

struct qt_ledger;
struct qt_ledger *qt_ledger_create(uint32_t max_assets); /* NULL: no memory */
void qt_ledger_destroy(struct qt_ledger *ledger);        /* NULL is fine */
static inline void
qt_ledger_auto(struct qt_ledger **p)
{
    qt_ledger_destroy(*p);
}

/** The asset of that name and scale, added when new. QT_NO_ASSET: max_assets reached, or a bad name
 * or scale. */
uint32_t qt_ledger_asset(struct qt_ledger *ledger, const char *name, int scale);
uint32_t qt_ledger_assets(const struct qt_ledger *ledger); /* ids 0..n-1 */
const char *qt_ledger_asset_name(const struct qt_ledger *ledger, uint32_t asset);
int qt_ledger_asset_scale(const struct qt_ledger *ledger, uint32_t asset);

/** Posts a fill; out (may be NULL) has the transaction. False: overflow or no room for an asset;
 * nothing is posted. */
QT_CHECKED bool qt_ledger_fill(struct qt_ledger *ledger, const struct qt_instrument *ins,
                               const struct qt_fill *fill, struct qt_transaction *out);
/** CASH +amount, CAPITAL -amount (a withdrawal is negative). */
QT_CHECKED bool qt_ledger_deposit(struct qt_ledger *ledger, uint32_t asset, qt_money amount,
                                  struct qt_transaction *out);
/** CASH +difference, ADJUST -difference: what the venue says minus what we had. */
QT_CHECKED bool qt_ledger_adjust(struct qt_ledger *ledger, uint32_t asset, qt_money difference,
                                 struct qt_transaction *out);
/** CASH +amount, INCOME -amount. */
QT_CHECKED bool qt_ledger_income(struct qt_ledger *ledger, uint32_t asset, qt_money amount,
                                 struct qt_transaction *out);
/** Any transaction; its number is set. False: postings do not sum to zero per asset, bad account or
 * asset, overflow. */
QT_CHECKED bool qt_ledger_post(struct qt_ledger *ledger, struct qt_transaction *transaction);
/** Takes over a balance of an earlier run; qt_ledger_check tells whether the whole is right after
 * the last one. */
QT_CHECKED bool qt_ledger_restore(struct qt_ledger *ledger, enum qt_account account, uint32_t asset,
                                  qt_money balance);
/** Transactions posted so far, and going on above a number of an earlier run. */
uint64_t qt_ledger_transactions(const struct qt_ledger *ledger);
void qt_ledger_number_from(struct qt_ledger *ledger, uint64_t number);

qt_money qt_ledger_balance(const struct qt_ledger *ledger, enum qt_account account, uint32_t asset);
/** Every asset sums to zero over all accounts. False: QT_E_VERIFY, err names asset and difference
 * (an incident). */
QT_CHECKED bool qt_ledger_check(const struct qt_ledger *ledger, struct qt_error *err);

#endif
