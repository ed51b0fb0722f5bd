/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/trade/parent.h"

#include "qtrade/base/time.h"

#define BPS 1e4

const char *
qt_parent_state_name(enum qt_parent_state state)
{
    static const char *const names[QT_PARENT_STATES] = {"none", "working", "stopping", "done"};
    return (unsigned)state < QT_PARENT_STATES ? names[state] : "?";
}

bool
qt_parent_is_active(const struct qt_parent *parent)
{
    return parent->state == QT_PARENT_WORKING || parent->state == QT_PARENT_STOPPING;
}

qt_qty
qt_parent_rest(const struct qt_parent *parent)
{
    qt_qty rest;
    if (!qt_qty_sub(parent->qty, parent->filled, &rest) || qt_qty_sign(rest) < 0)
        return QT_QTY_ZERO;
    return rest;
}

bool
qt_parent_holds(const struct qt_parent *parent, qt_qty open, qt_qty add)
{
    qt_qty sum;
    return qt_qty_add(parent->filled, open, &sum) && qt_qty_add(sum, add, &sum) &&
           qt_qty_cmp(sum, parent->qty) <= 0;
}

/* The fee in quote: one in base is worth its fill's price. */
static bool
fee_of(const struct qt_parent *parent, const struct qt_fill *fill, qt_money *out)
{
    if (!fill->fee_in_base) {
        *out = fill->fee;
        return true;
    }
    return qt_notional(fill->px, parent->px_scale, qt_qty_of_money(fill->fee), parent->qty_scale,
                       QT_MONEY_SCALE, out);
}

bool
qt_parent_fill(struct qt_parent *parent, const struct qt_fill *fill)
{
    struct qt_parent after = *parent;
    qt_money fee;
    if (!fee_of(parent, fill, &fee) || !qt_qty_add(parent->filled, fill->qty, &after.filled) ||
        !qt_money_add(parent->quote, fill->quote, &after.quote) ||
        !qt_money_add(after.quote, fill->correction, &after.quote) ||
        !qt_money_add(parent->fees, fee, &after.fees))
        return false;
    *parent = after;
    return true;
}

static void
add_averages(const struct qt_parent *parent, double filled, double sign, struct qt_parent_cost *out)
{
    out->has_average = filled > 0;
    if (!out->has_average)
        return;
    out->average = qt_money_to_double(parent->quote, QT_MONEY_SCALE) / filled;
    if (parent->arrival > 0)
        out->arrival_bps = sign * (out->average - parent->arrival) / parent->arrival * BPS;
    out->has_vwap =
        parent->state == QT_PARENT_DONE && parent->tape_qty > 0 && parent->tape_quote > 0;
    if (!out->has_vwap)
        return;
    out->vwap = parent->tape_quote / parent->tape_qty;
    out->vwap_bps = sign * (out->average - out->vwap) / out->vwap * BPS;
}

void
qt_parent_cost(const struct qt_parent *parent, struct qt_parent_cost *out)
{
    double sign = parent->side == QT_BUY ? 1 : -1;
    double filled = qt_qty_to_double(parent->filled, parent->qty_scale);
    double left = qt_qty_to_double(qt_parent_rest(parent), parent->qty_scale);
    double first = parent->first_mid > 0 ? parent->first_mid : parent->arrival;
    *out = (struct qt_parent_cost){0};
    add_averages(parent, filled, sign, out);
    if (!(parent->arrival > 0) || (left > 0 && !(parent->end_mid > 0)))
        return;
    out->is_known = true;
    out->notional = parent->arrival * qt_qty_to_double(parent->qty, parent->qty_scale);
    out->delay = sign * (first - parent->arrival) * filled;
    out->trading = sign * (qt_money_to_double(parent->quote, QT_MONEY_SCALE) - first * filled);
    out->fees = qt_money_to_double(parent->fees, QT_MONEY_SCALE);
    out->opportunity = left > 0 ? sign * (parent->end_mid - parent->arrival) * left : 0;
    out->shortfall = out->delay + out->trading + out->fees + out->opportunity;
    out->shortfall_bps = out->notional > 0 ? out->shortfall / out->notional * BPS : 0;
}

void
qt_cost_total_add(struct qt_cost_total *total, const struct qt_parent *parent, int sign)
{
    struct qt_parent_cost cost;
    qt_parent_cost(parent, &cost);
    total->parents += (uint64_t)(int64_t)sign;
    total->children += (uint64_t)((int64_t)sign * parent->children);
    if (!cost.is_known) {
        total->unknown += (uint64_t)(int64_t)sign;
        return;
    }
    total->notional += sign * cost.notional;
    total->filled += sign * parent->arrival * qt_qty_to_double(parent->filled, parent->qty_scale);
    total->delay += sign * cost.delay;
    total->trading += sign * cost.trading;
    total->fees += sign * cost.fees;
    total->opportunity += sign * cost.opportunity;
    total->shortfall += sign * cost.shortfall;
}

void
qt_cost_total_merge(struct qt_cost_total *total, const struct qt_cost_total *from)
{
    total->parents += from->parents;
    total->children += from->children;
    total->unknown += from->unknown;
    total->notional += from->notional;
    total->filled += from->filled;
    total->delay += from->delay;
    total->trading += from->trading;
    total->fees += from->fees;
    total->opportunity += from->opportunity;
    total->shortfall += from->shortfall;
}

double
qt_cost_total_bps(const struct qt_cost_total *total)
{
    return total->notional > 0 ? total->shortfall / total->notional * BPS : 0;
}
