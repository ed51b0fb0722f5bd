/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * USD-M's account in terms of spot (rule B7). One answer has wallet and positions of one moment:
 *
 *     base asset  = the position's amount
 *     quote asset = wallet balance - sum over positions of amount x entry price
 *
 * A buy moves the second by its notional and the fee, as on spot: the wallet loses the fee, the
 * positions' cost grows by the notional. So does a sale: the wallet has the profit, which is the
 * proceeds less the cost of what was sold. Prices that move change neither; funding changes the
 * wallet alone, and comes as an INCOME event.
 *
 * What is traded with: one position a symbol, none of them short, leverage 1, margin shared by all
 * positions. The start sets what can be set and refuses the rest.
 */
#include "session_priv.h"

#include <stdlib.h>

#include "qtrade/base/time.h"

#define ROUNDING_LEAST                                                                             \
    100 /* each fill's profit is rounded to a unit in the wallet: of a hundred fills */
#define SET_NS (15 * QT_NS_PER_S) /* for one setting; a first start has one of every symbol */
#define ALREADY_SO_SIDES (-4059)
#define ALREADY_SO_MARGIN (-4046)

/* The position of row i. False: malformed, or not what is traded with; *why says which. */
static bool
read_position(const json_t *row, struct qt__bn_position *out, const char **why)
{
    *why = "a position that cannot be read";
    if (!qt__bn_decode_position(row, out))
        return false;
    *why = "the venue shows a short position: close it there";
    if (qt_money_sign(out->amount) < 0)
        return false;
    *why = "the venue shows a position in hedge mode: close it there";
    return !out->is_hedged || qt_money_sign(out->amount) == 0;
}

/* Cash of the quote asset in terms of spot. */
static bool
read_cash(const struct qt_binance *self, const json_t *account, struct qt_balance *out,
          const char **why)
{
    size_t i;
    json_t *row;
    const json_t *positions = json_object_get(account, "positions");
    *out = (struct qt_balance){.rounding = {ROUNDING_LEAST}};
    *why = "an answer without positions or without the quote asset's wallet";
    if (!json_is_array(positions) || !qt_copy(out->asset, sizeof out->asset, self->quote_asset) ||
        !qt__bn_decode_wallet(account, self->quote_asset, &out->free))
        return false;
    json_array_foreach(positions, i, row)
    {
        struct qt__bn_position position;
        if (!read_position(row, &position, why))
            return false;
        if (!qt_ends_with(position.symbol, self->quote_asset)) /* its margin is another asset */
            continue;
        *why = "positions beyond all bounds";
        if (!qt_money_sub(out->free, position.cost, &out->free) ||
            !qt_money_add(out->rounding, position.rounding, &out->rounding))
            return false;
    }
    return true;
}

bool
qt__bn_usdm_check(const struct qt_binance *self, const json_t *account, const char **why)
{
    struct qt_balance cash;
    return read_cash(self, account, &cash, why);
}

static void
push_balance(struct qt_binance *self, const struct qt_balance *balance)
{
    int64_t now = qt__bn_utc(self);
    struct qt_event event = {.t_venue_ns = now,
                             .t_recv_ns = now,
                             .instrument = QT_NO_INSTRUMENT,
                             .kind = QT_EVENT_BALANCE,
                             .balance = *balance};
    qt__bn_push(self, &event);
}

bool
qt__bn_usdm_push(struct qt_binance *self, const json_t *account, const char **why)
{
    struct qt_balance cash;
    size_t i;
    json_t *row;
    if (!read_cash(self, account, &cash, why))
        return false;
    push_balance(self, &cash);
    json_array_foreach(json_object_get(account, "positions"), i, row)
    {
        struct qt__bn_position position;
        const char *ignored;
        if (!read_position(row, &position, &ignored) || qt_money_sign(position.amount) == 0)
            continue;
        uint32_t id = qt_universe_find(self->universe, position.symbol, strlen(position.symbol));
        struct qt_balance holding = {.free = position.amount};
        if (id == QT_NO_INSTRUMENT ||
            !qt_copy(holding.asset, sizeof holding.asset, qt_universe_at(self->universe, id)->base))
            self->stats.misfits++;
        else
            push_balance(self, &holding);
    }
    return true;
}

/* The start */

/* A change of the account's settings. True also where it is so already. */
static bool
set(struct qt_binance *self, enum qt__bn_what what, const char *query, int32_t already,
    struct qt_error *err)
{
    struct qt__bn_fetch fetch;
    bool is_good = qt__bn_fetch(self, what, query, qt_now_mono_ns() + SET_NS, &fetch, err);
    free(fetch.body);
    if (!is_good && already && fetch.answer.code == already) {
        *err = (struct qt_error){0};
        return true;
    }
    return is_good;
}

/* One position a symbol. */
static bool
prepare_sides(struct qt_binance *self, int64_t until_mono_ns, struct qt_error *err)
{
    struct qt__bn_fetch fetch;
    json_error_t error;
    if (!qt__bn_fetch(self, QT__BN_SIDES, NULL, until_mono_ns, &fetch, err))
        return qt_error_add(err, "asking for the position mode");
    json_t *root = json_loadb(fetch.body, fetch.answer.length, 0, &error);
    const json_t *dual = json_object_get(root, "dualSidePosition");
    bool is_known = json_is_boolean(dual), is_dual = json_is_true(dual);
    json_decref(root);
    free(fetch.body);
    if (!is_known)
        return qt_fail(err, QT_E_DATA,
                       "the venue does not say which position mode the account has");
    if (!is_dual)
        return true;
    if (self->is_account_only)
        return qt_fail(err, QT_E_CONFIG, "the account is in hedge mode: set one-way mode");
    return set(self, QT__BN_SET_SIDES, "dualSidePosition=false", ALREADY_SO_SIDES, err) ||
           qt_error_add(err, "the account is in hedge mode, and one-way mode cannot be set (close "
                             "its positions and orders at the venue)");
}

/* Leverage 1, margin shared by all positions. */
static bool
prepare_symbol(struct qt_binance *self, const struct qt__bn_position *position,
               struct qt_error *err)
{
    char buffer[96];
    struct qt_text query;
    qt_text_init(&query, buffer, sizeof buffer);
    qt_text_addf(&query, "symbol=%s&leverage=1", position->symbol);
    if (position->leverage != 1 && !set(self, QT__BN_SET_LEVERAGE, buffer, 0, err))
        return qt_error_add(err, "setting leverage 1 for %s", position->symbol);
    qt_text_init(&query, buffer, sizeof buffer);
    qt_text_addf(&query, "symbol=%s&marginType=CROSSED", position->symbol);
    if (position->is_isolated && !set(self, QT__BN_SET_MARGIN, buffer, ALREADY_SO_MARGIN, err))
        return qt_error_add(err, "setting cross margin for %s", position->symbol);
    return true;
}

bool
qt__bn_usdm_prepare(struct qt_binance *self, const json_t *account, int64_t until_mono_ns,
                    struct qt_error *err)
{
    size_t i;
    json_t *row;
    struct qt_balance cash;
    const char *why;
    if (!prepare_sides(self, until_mono_ns, err))
        return false;
    if (!read_cash(self, account, &cash, &why))
        return qt_fail(err, QT_E_CONFIG, "this account cannot be traded with: %s", why);
    json_array_foreach(json_object_get(account, "positions"), i, row)
    {
        struct qt__bn_position position;
        if (self->is_account_only || !read_position(row, &position, &why) ||
            qt_universe_find(self->universe, position.symbol, strlen(position.symbol)) ==
                QT_NO_INSTRUMENT)
            continue;
        if (!prepare_symbol(self, &position, err))
            return false;
    }
    return true;
}
