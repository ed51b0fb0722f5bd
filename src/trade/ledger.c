/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ledger: balances by (asset, account) in one array. A transaction is checked whole before any
 * of it is posted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtrade/base/map.h"
#include "qtrade/base/text.h"
#include "qtrade/trade/ledger.h"

struct asset {
    char name[QT_ASSET_SIZE];
    int scale;
    qt_money balance[QT_ACCOUNTS];
};

struct qt_ledger {
    uint32_t max_assets, assets;
    struct asset *asset;
    struct qt_textmap *by_name; /* "BTC@5" */
    uint64_t transactions;
};

const char *
qt_account_name(enum qt_account account)
{
    static const char *const names[QT_ACCOUNTS] = {"cash", "market", "fees", "capital", "adjust",
                                                    "income"};
    return (unsigned)account < QT_ACCOUNTS ? names[account] : "?";
}

struct qt_ledger *
qt_ledger_create(uint32_t max_assets)
{
    qt_assert(max_assets >= 1);
    struct qt_ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        return NULL;
    ledger->max_assets = max_assets;
    ledger->asset = calloc(max_assets, sizeof *ledger->asset);
    ledger->by_name = qt_textmap_create(max_assets);
    if (ledger->asset && ledger->by_name)
        return ledger;
    qt_ledger_destroy(ledger);
    return NULL;
}

void
qt_ledger_destroy(struct qt_ledger *ledger)
{
    if (!ledger)
        return;
    free(ledger->asset);
    qt_textmap_destroy(ledger->by_name);
    free(ledger);
}

uint32_t
qt_ledger_asset(struct qt_ledger *ledger, const char *name, int scale)
{
    char key[QT_ASSET_SIZE + 8];
    size_t length = strnlen(name, QT_ASSET_SIZE);
    if (length == 0 || length == QT_ASSET_SIZE || scale < 0 || scale > QT_SCALE_MAX)
        return QT_NO_ASSET;
    int key_length = snprintf(key, sizeof key, "%s@%d", name, scale);
    uint64_t id;
    if (qt_textmap_get(ledger->by_name, key, (size_t)key_length, &id))
        return (uint32_t)id;
    if (ledger->assets == ledger->max_assets ||
        !qt_textmap_put(ledger->by_name, key, (size_t)key_length, ledger->assets))
        return QT_NO_ASSET;
    struct asset *asset = &ledger->asset[ledger->assets];
    qt_copy(asset->name, sizeof asset->name, name);
    asset->scale = scale;
    return ledger->assets++;
}

uint32_t
qt_ledger_assets(const struct qt_ledger *ledger)
{
    return ledger->assets;
}

const char *
qt_ledger_asset_name(const struct qt_ledger *ledger, uint32_t asset)
{
    qt_assert(asset < ledger->assets);
    return ledger->asset[asset].name;
}

int
qt_ledger_asset_scale(const struct qt_ledger *ledger, uint32_t asset)
{
    qt_assert(asset < ledger->assets);
    return ledger->asset[asset].scale;
}

static bool
legs_are_valid(const struct qt_ledger *ledger, const struct qt_transaction *t)
{
    if (t->legs == 0 || t->legs > QT_LEDGER_LEGS)
        return false;
    for (uint32_t i = 0; i < t->legs; i++)
        if (t->leg[i].account >= QT_ACCOUNTS || t->leg[i].asset >= ledger->assets)
            return false;
    return true;
}

/* Do the legs of every asset sum to zero? */
static bool
is_balanced(const struct qt_transaction *t)
{
    for (uint32_t i = 0; i < t->legs; i++) {
        qt_money sum = QT_MONEY_ZERO;
        for (uint32_t j = 0; j < t->legs; j++)
            if (t->leg[j].asset == t->leg[i].asset && !qt_money_add(sum, t->leg[j].amount, &sum))
                return false;
        if (qt_money_sign(sum) != 0)
            return false;
    }
    return true;
}

/* Adds n legs to the balances; takes them back on overflow. */
static bool
add_legs(struct qt_ledger *ledger, const struct qt_transaction *t)
{
    for (uint32_t i = 0; i < t->legs; i++) {
        const struct qt_posting *leg = &t->leg[i];
        qt_money *balance = &ledger->asset[leg->asset].balance[leg->account];
        if (qt_money_add(*balance, leg->amount, balance))
            continue;
        while (i-- > 0) {
            balance = &ledger->asset[t->leg[i].asset].balance[t->leg[i].account];
            bool undone = qt_money_sub(*balance, t->leg[i].amount, balance);
            qt_assert(undone);
        }
        return false;
    }
    return true;
}

bool
qt_ledger_post(struct qt_ledger *ledger, struct qt_transaction *transaction)
{
    if (!legs_are_valid(ledger, transaction) || !is_balanced(transaction) ||
        !add_legs(ledger, transaction))
        return false;
    transaction->number = ++ledger->transactions;
    return true;
}

/* Two legs: amount from one account to another. */
static void
move(struct qt_transaction *t, uint32_t asset, enum qt_account from, enum qt_account to,
     qt_money amount)
{
    if (qt_money_sign(amount) == 0)
        return;
    t->leg[t->legs++] = (struct qt_posting){
        .account = (uint8_t)from, .asset = asset, .amount = qt_money_neg(amount)};
    t->leg[t->legs++] =
        (struct qt_posting){.account = (uint8_t)to, .asset = asset, .amount = amount};
}

static bool
post_out(struct qt_ledger *ledger, struct qt_transaction *t, struct qt_transaction *out)
{
    if (!qt_ledger_post(ledger, t))
        return false;
    if (out)
        *out = *t;
    return true;
}

bool
qt_ledger_fill(struct qt_ledger *ledger, const struct qt_instrument *ins,
               const struct qt_fill *fill, struct qt_transaction *out)
{
    uint32_t base = qt_ledger_asset(ledger, ins->base, ins->qty_scale);
    uint32_t quote = qt_ledger_asset(ledger, ins->quote, QT_MONEY_SCALE);
    if (base == QT_NO_ASSET || quote == QT_NO_ASSET)
        return false;
    bool is_buy = fill->side == QT_BUY;
    enum qt_account giver = is_buy ? QT_ACCOUNT_MARKET : QT_ACCOUNT_CASH;
    enum qt_account taker = is_buy ? QT_ACCOUNT_CASH : QT_ACCOUNT_MARKET;
    struct qt_transaction t = {0};
    qt_money paid;
    if (!qt_money_add(fill->quote, fill->correction, &paid))
        return false;
    move(&t, base, giver, taker, qt_money_of_qty(fill->qty));
    move(&t, quote, taker, giver, paid);
    move(&t, fill->fee_in_base ? base : quote, QT_ACCOUNT_CASH, QT_ACCOUNT_FEES, fill->fee);
    if (t.legs == 0) { /* a fee of nothing for a part that was booked: nothing to post */
        if (out)
            *out = t;
        return true;
    }
    return post_out(ledger, &t, out);
}

bool
qt_ledger_deposit(struct qt_ledger *ledger, uint32_t asset, qt_money amount,
                  struct qt_transaction *out)
{
    struct qt_transaction t = {0};
    move(&t, asset, QT_ACCOUNT_CAPITAL, QT_ACCOUNT_CASH, amount);
    return post_out(ledger, &t, out);
}

bool
qt_ledger_adjust(struct qt_ledger *ledger, uint32_t asset, qt_money difference,
                 struct qt_transaction *out)
{
    struct qt_transaction t = {0};
    move(&t, asset, QT_ACCOUNT_ADJUST, QT_ACCOUNT_CASH, difference);
    return post_out(ledger, &t, out);
}

bool
qt_ledger_income(struct qt_ledger *ledger, uint32_t asset, qt_money amount,
                 struct qt_transaction *out)
{
    struct qt_transaction t = {0};
    move(&t, asset, QT_ACCOUNT_INCOME, QT_ACCOUNT_CASH, amount);
    return post_out(ledger, &t, out);
}

bool
qt_ledger_restore(struct qt_ledger *ledger, enum qt_account account, uint32_t asset,
                  qt_money balance)
{
    if ((unsigned)account >= QT_ACCOUNTS || asset >= ledger->assets)
        return false;
    ledger->asset[asset].balance[account] = balance;
    return true;
}

uint64_t
qt_ledger_transactions(const struct qt_ledger *ledger)
{
    return ledger->transactions;
}

void
qt_ledger_number_from(struct qt_ledger *ledger, uint64_t number)
{
    ledger->transactions = QT_MAX(ledger->transactions, number);
}

qt_money
qt_ledger_balance(const struct qt_ledger *ledger, enum qt_account account, uint32_t asset)
{
    qt_assert((unsigned)account < QT_ACCOUNTS && asset < ledger->assets);
    return ledger->asset[asset].balance[account];
}

bool
qt_ledger_check(const struct qt_ledger *ledger, struct qt_error *err)
{
    for (uint32_t i = 0; i < ledger->assets; i++) {
        const struct asset *asset = &ledger->asset[i];
        qt_money sum = QT_MONEY_ZERO;
        for (int account = 0; account < QT_ACCOUNTS; account++)
            if (!qt_money_add(sum, asset->balance[account], &sum))
                return qt_fail(err, QT_E_VERIFY, "ledger: the balances of %s do not fit",
                               asset->name);
        char text[QT_DECIMAL_TEXT];
        if (qt_money_sign(sum) != 0)
            return qt_fail(err, QT_E_VERIFY,
                           "ledger: %s is off by %s: postings are missing or wrong", asset->name,
                           qt_decimal_format(qt_money_units(sum), asset->scale, text));
    }
    return true;
}
