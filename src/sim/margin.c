/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wallets, positions and where the money goes; what they are worth is in margin_worth.c. */
#include "margin_priv.h"

#include <stdlib.h>

#include "qtrade/base/error.h"

struct qt_margin *
qt_margin_create(const struct qt_universe *universe)
{
    struct qt_margin *margin = calloc(1, sizeof *margin);
    uint32_t n = qt_universe_count(universe);
    if (!margin)
        return NULL;
    margin->universe = universe;
    margin->n = n;
    margin->positions = calloc((size_t)n * QT_OWNERS_MAX + 1, sizeof *margin->positions);
    margin->marks = calloc((size_t)n + 1, sizeof *margin->marks);
    margin->outside_qty = calloc((size_t)n + 1, sizeof *margin->outside_qty);
    if (!margin->positions || !margin->marks || !margin->outside_qty) {
        qt_margin_destroy(margin);
        return NULL;
    }
    for (size_t i = 0; i < (size_t)n * QT_OWNERS_MAX; i++)
        margin->positions[i].leverage = QT_MARGIN_LEVERAGE;
    for (uint32_t i = 0; i < n; i++)
        margin->marks[i] = QT_PX_NONE;
    return margin;
}

void
qt_margin_destroy(struct qt_margin *margin)
{
    if (!margin)
        return;
    free(margin->positions);
    free(margin->marks);
    free(margin->outside_qty);
    free(margin);
}

bool
qt_margin_deposit(struct qt_margin *margin, uint32_t owner, qt_money amount)
{
    qt_money after;
    qt_assert(owner < QT_OWNERS_MAX);
    if (!qt_money_add(margin->wallets[owner], amount, &after) || after.v < 0)
        return false;
    margin->wallets[owner] = after;
    margin->deposited += amount.v;
    return true;
}

bool
qt_margin_endow(struct qt_margin *margin, qt_money amount)
{
    if (!qt_money_add(margin->insurance, amount, &margin->insurance))
        return false;
    margin->deposited += amount.v;
    return true;
}

bool
qt_margin_deposit_coin(struct qt_margin *margin, uint32_t owner, qt_money amount)
{
    qt_money after;
    qt_assert(owner < QT_OWNERS_MAX);
    if (!qt_money_add(margin->coins[owner], amount, &after) || after.v < 0)
        return false;
    margin->coins[owner] = after;
    margin->coins_deposited += amount.v;
    return true;
}

void
qt_margin_charge_coin(struct qt_margin *margin, uint32_t owner, qt_money amount)
{
    qt_assert(amount.v >= 0 && amount.v <= qt_margin_coin(margin, owner).v);
    margin->coins[owner].v -= amount.v;
    margin->coin_fees.v += amount.v;
}

qt_money
qt_margin_coin(const struct qt_margin *margin, uint32_t owner)
{
    qt_assert(owner < QT_OWNERS_MAX);
    return margin->coins[owner];
}

qt_money
qt_margin_coin_fees(const struct qt_margin *margin)
{
    return margin->coin_fees;
}

qt_money
qt_margin_wallet(const struct qt_margin *margin, uint32_t owner)
{
    qt_assert(owner < QT_OWNERS_MAX);
    return margin->wallets[owner];
}

qt_money
qt_margin_insurance(const struct qt_margin *margin)
{
    return margin->insurance;
}

struct qt_margin_position *
qt__margin_at(const struct qt_margin *margin, uint32_t owner, uint32_t instrument)
{
    qt_assert(owner < QT_OWNERS_MAX && instrument < margin->n);
    return &margin->positions[(size_t)owner * margin->n + instrument];
}

const struct qt_margin_position *
qt_margin_position(const struct qt_margin *margin, uint32_t owner, uint32_t instrument)
{
    return qt__margin_at(margin, owner, instrument);
}

void
qt_margin_set_mark(struct qt_margin *margin, uint32_t instrument, qt_px mark)
{
    qt_assert(instrument < margin->n);
    margin->marks[instrument] = mark;
}

qt_px
qt_margin_mark(const struct qt_margin *margin, uint32_t instrument)
{
    qt_assert(instrument < margin->n);
    return margin->marks[instrument];
}

void
qt_margin_open_add(struct qt_margin *margin, uint32_t owner, uint32_t instrument, enum qt_side side,
                   qt_money change)
{
    qt_money *open = &qt__margin_at(margin, owner, instrument)->open[side];
    bool fits = qt_money_add(*open, change, open);
    qt_assert(fits && open->v >= 0);
}

/* a x part / whole, part of whole >= 0. */
static int64_t
part_of(int64_t a, int64_t part, int64_t whole)
{
    return part == whole ? a : (int64_t)((wide)a * part / whole);
}

/* The position grows by qty (signed) for quote (signed). */
static void
grow(struct qt_margin_position *position, int64_t qty, int64_t quote)
{
    position->qty.v += qty;
    position->cost.v += quote;
    if (position->is_isolated)
        position->isolated.v += (llabs(quote) + position->leverage - 1) / position->leverage;
}

/* It shrinks by qty (signed, against it) for quote (signed); what that realises. */
static int64_t
shrink(struct qt_margin_position *position, int64_t qty, int64_t quote)
{
    int64_t before = llabs(position->qty.v), part = llabs(qty);
    int64_t cost = part_of(position->cost.v, part, before);
    position->qty.v += qty;
    position->cost.v -= cost;
    position->isolated.v -= part_of(position->isolated.v, part, before);
    return -quote - cost;
}

struct qt_margin_result
qt_margin_fill(struct qt_margin *margin, uint32_t owner, uint32_t instrument, enum qt_side side,
               qt_qty qty, qt_money quote, int fee_ppm, bool is_external)
{
    struct qt_margin_position *position = qt__margin_at(margin, owner, instrument);
    struct qt_margin_result result = {.fee = qt_accounts_fee(quote, fee_ppm)};
    int64_t signed_qty = side == QT_BUY ? qty.v : -qty.v;
    int64_t signed_quote = side == QT_BUY ? quote.v : -quote.v;
    int64_t held = position->qty.v, closed = 0, closed_quote = 0;
    if (held != 0 && (held > 0) != (signed_qty > 0)) {
        closed = llabs(signed_qty) <= llabs(held) ? signed_qty : -held;
        closed_quote = part_of(signed_quote, llabs(closed), llabs(signed_qty));
        result.realised.v = shrink(position, closed, closed_quote);
        position->realised.v += result.realised.v;
    }
    if (closed != signed_qty)
        grow(position, signed_qty - closed, signed_quote - closed_quote);
    margin->wallets[owner].v += result.realised.v - result.fee.v;
    margin->fees.v += result.fee.v;
    if (is_external) {
        margin->outside += signed_quote;
        margin->outside_qty[instrument] -= signed_qty;
    }
    return result;
}

qt_money
qt_margin_fund(struct qt_margin *margin, uint32_t owner, uint32_t instrument, int64_t rate)
{
    const struct qt_margin_position *position = qt__margin_at(margin, owner, instrument);
    qt_money notional = qt_margin_notional(margin, instrument, position->qty), paid;
    bool fits = qt_money_mul_div(notional, rate, QT__RATE_ONE, &paid);
    qt_assert(fits);
    margin->wallets[owner].v -= paid.v;
    margin->outside += paid.v;
    return qt_money_neg(paid);
}

void
qt_margin_insure(struct qt_margin *margin, uint32_t owner, qt_money amount)
{
    qt_assert(owner < QT_OWNERS_MAX);
    margin->wallets[owner].v -= amount.v;
    margin->insurance.v += amount.v;
}

void
qt_margin_set_leverage(struct qt_margin *margin, uint32_t owner, uint32_t instrument, int leverage)
{
    qt_assert(leverage >= 1 && leverage <= QT_MARGIN_LEVERAGE_MAX);
    qt__margin_at(margin, owner, instrument)->leverage = leverage;
}

void
qt_margin_set_isolated(struct qt_margin *margin, uint32_t owner, uint32_t instrument,
                       bool is_isolated)
{
    struct qt_margin_position *position = qt__margin_at(margin, owner, instrument);
    qt_assert(position->qty.v == 0 && position->isolated.v == 0);
    position->is_isolated = is_isolated;
}

bool
qt_margin_shift(struct qt_margin *margin, uint32_t owner, uint32_t instrument, qt_money amount)
{
    struct qt_margin_position *position = qt__margin_at(margin, owner, instrument);
    struct qt_margin_state state = qt_margin_state(margin, owner);
    if (!position->is_isolated || position->qty.v == 0 || amount.v > state.available.v)
        return false;
    if (amount.v < 0) {
        qt_money notional = qt_margin_notional(margin, instrument, position->qty);
        qt_money unrealised = qt_margin_unrealised(margin, owner, instrument);
        wide left = (wide)position->isolated.v + amount.v + QT_MIN(unrealised.v, 0);
        if (left < llabs(notional.v) / position->leverage)
            return false;
    }
    return qt_money_add(position->isolated, amount, &position->isolated);
}

void
qt_margin_touch(struct qt_margin *margin, uint32_t owner, uint32_t instrument, int64_t now_ns)
{
    qt__margin_at(margin, owner, instrument)->update_ns = now_ns;
}

bool
qt_margin_is_conserved(const struct qt_margin *margin)
{
    wide sum = margin->outside + margin->fees.v + margin->insurance.v;
    wide coins = margin->coin_fees.v;
    for (uint32_t owner = 0; owner < QT_OWNERS_MAX; owner++) {
        sum += margin->wallets[owner].v;
        coins += margin->coins[owner].v;
    }
    for (uint32_t i = 0; i < margin->n; i++) {
        wide qty = margin->outside_qty[i];
        for (uint32_t owner = 0; owner < QT_OWNERS_MAX; owner++) {
            const struct qt_margin_position *position = qt__margin_at(margin, owner, i);
            sum -= position->cost.v;
            qty += position->qty.v;
            if (position->qty.v == 0 && (position->cost.v != 0 || position->isolated.v != 0))
                return false;
        }
        if (qty != 0)
            return false;
    }
    return sum == margin->deposited && coins == margin->coins_deposited;
}
