/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Positions by average cost. A fill is one or two legs (the trade; the sale that pays a fee in
 * base, or the purchase that a rebate in base is); a leg is split at zero into a closing and an
 * opening part. Everything is worked out on a copy and taken over when all of it fitted.
 */
#include "qtrade/base/time.h"
#include "qtrade/trade/position.h"

/* A signed quantity with its quote, >= 0. */
struct leg {
    bool is_buy;
    qt_qty qty;
    qt_money quote;
};

void
qt_position_init(struct qt_position *position, const struct qt_instrument *ins)
{
    *position = (struct qt_position){.instrument = ins->id,
                                     .px_scale = ins->px_scale,
                                     .qty_scale = ins->qty_scale,
                                     .opened_ns = QT_TIME_NONE,
                                     .closed_ns = QT_TIME_NONE};
}

/* sum += v, or -= with is_minus. */
static bool
money_step(qt_money *sum, qt_money v, bool is_minus)
{
    return is_minus ? qt_money_sub(*sum, v, sum) : qt_money_add(*sum, v, sum);
}

static bool
qty_step(qt_qty *sum, qt_qty v, bool is_minus)
{
    return is_minus ? qt_qty_sub(*sum, v, sum) : qt_qty_add(*sum, v, sum);
}

/* Takes qty (<= |position|) out at its average cost and realises quote against it. */
static bool
close_part(struct qt_position *p, qt_qty qty, qt_money quote, qt_money *realised)
{
    bool is_short = qt_qty_sign(p->qty) < 0;
    qt_money removed = QT_MONEY_ZERO, gain = QT_MONEY_ZERO;
    if (!qt_money_share(p->cost, qty, qt_qty_abs(p->qty), &removed))
        return false;
    /* long: + quote - cost; short: - quote + |cost|, and its cost is negative */
    gain = is_short ? qt_money_neg(quote) : quote;
    return money_step(&gain, removed, true) && money_step(realised, gain, false) &&
           money_step(&p->realised, gain, false) && money_step(&p->cost, removed, true) &&
           qty_step(&p->qty, qty, !is_short);
}

static bool
open_part(struct qt_position *p, bool is_buy, qt_qty qty, qt_money quote)
{
    return money_step(&p->cost, quote, !is_buy) && qty_step(&p->qty, qty, !is_buy);
}

/* Applies a leg; the split goes to out when it is not NULL. */
static bool
take_leg(struct qt_position *p, const struct leg *leg, qt_money *realised,
         struct qt_position_change *out)
{
    int direction = leg->is_buy ? 1 : -1;
    qt_qty closed = QT_QTY_ZERO, opened = leg->qty;
    qt_money closed_quote = QT_MONEY_ZERO, opened_quote = leg->quote;
    if (qt_qty_sign(p->qty) == -direction) {
        closed = qt_qty_min(leg->qty, qt_qty_abs(p->qty));
        if (!qt_qty_sub(leg->qty, closed, &opened) ||
            !qt_money_share(leg->quote, closed, leg->qty, &closed_quote) ||
            !qt_money_sub(leg->quote, closed_quote, &opened_quote) ||
            !close_part(p, closed, closed_quote, realised))
            return false;
    }
    if (qt_qty_sign(opened) > 0 && !open_part(p, leg->is_buy, opened, opened_quote))
        return false;
    if (out) {
        out->closed_qty = closed;
        out->opened_qty = opened;
        out->closed_quote = closed_quote;
        out->opened_quote = opened_quote;
    }
    return true;
}

/* The fee: quote is taken as it is; base is sold at the fill's price to pay for itself, and a rebate
 * in base is bought at it. */
static bool
take_fee(struct qt_position *p, const struct qt_fill *fill, struct qt_position_change *change)
{
    if (!fill->fee_in_base) {
        change->fee = fill->fee;
        return money_step(&p->fees, fill->fee, false);
    }
    bool is_rebate = qt_money_sign(fill->fee) < 0;
    struct leg leg = {.is_buy = is_rebate, .qty = qt_qty_abs(qt_qty_of_money(fill->fee))};
    if (qt_qty_sign(leg.qty) == 0)
        return true;
    if (!qt_notional(fill->px, p->px_scale, leg.qty, p->qty_scale, QT_MONEY_SCALE, &leg.quote) ||
        !take_leg(p, &leg, &change->realised, NULL))
        return false;
    change->fee = is_rebate ? qt_money_neg(leg.quote) : leg.quote;
    return money_step(&p->fees, change->fee, false) && money_step(&p->base_fees, change->fee, false);
}

/* What an estimate was off by: of what the position stands on it is cost, of what is gone it is
 * gain or loss. */
static bool
take_correction(struct qt_position *p, const struct qt_fill *fill, struct qt_position_change *change)
{
    bool is_buy = fill->side == QT_BUY;
    if (qt_qty_sign(p->qty) == (is_buy ? 1 : -1))
        return money_step(&p->cost, fill->correction, !is_buy);
    return money_step(&p->realised, fill->correction, is_buy) &&
           money_step(&change->realised, fill->correction, is_buy);
}

/* Opening and closing times, from the sign before and after. */
static void
note_times(struct qt_position *p, int before, int64_t t_ns, struct qt_position_change *change)
{
    int after = qt_qty_sign(p->qty);
    change->is_opened = before == 0 && after != 0;
    change->is_closed = before != 0 && after != before;
    if (change->is_closed)
        p->closed_ns = t_ns;
    if (after != 0 && after != before)
        p->opened_ns = t_ns;
}

bool
qt_position_fill(struct qt_position *position, const struct qt_fill *fill,
                 struct qt_position_change *out)
{
    if (fill->instrument != position->instrument || qt_qty_sign(fill->qty) < 0 ||
        qt_money_sign(fill->quote) < 0)
        return false;
    struct qt_position p = *position;
    struct qt_position_change change = {0};
    struct leg leg = {fill->side == QT_BUY, fill->qty, fill->quote};
    int before = qt_qty_sign(p.qty);
    if (qt_qty_sign(leg.qty) > 0 && !take_leg(&p, &leg, &change.realised, &change))
        return false;
    if (!take_correction(&p, fill, &change) || !take_fee(&p, fill, &change))
        return false;
    note_times(&p, before, fill->t_ns, &change);
    *position = p;
    if (out)
        *out = change;
    return true;
}

bool
qt_position_value(const struct qt_position *position, qt_px mark, qt_money *out)
{
    if (qt_position_is_flat(position)) {
        *out = QT_MONEY_ZERO;
        return true;
    }
    return !qt_px_is_none(mark) && qt_notional(mark, position->px_scale, position->qty,
                                               position->qty_scale, QT_MONEY_SCALE, out);
}

bool
qt_position_unrealised(const struct qt_position *position, qt_px mark, qt_money *out)
{
    qt_money value = QT_MONEY_ZERO;
    return qt_position_value(position, mark, &value) && qt_money_sub(value, position->cost, out);
}

qt_px
qt_position_entry(const struct qt_position *position)
{
    qt_px entry = QT_PX_NONE;
    if (qt_position_is_flat(position) ||
        !qt_px_of_quote(position->cost, QT_MONEY_SCALE, position->qty, position->qty_scale,
                        position->px_scale, &entry))
        return QT_PX_NONE;
    return entry;
}
