/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What positions are worth at the marks, and what margin they need.
 */
#include "margin_priv.h"

#include <stdlib.h>

#include "qtrade/base/error.h"

#define PPM 1000000
#define UNITS(n)                                                                                   \
    {                                                                                              \
        INT64_C(n) * 100000000                                                                     \
    }

/*
 * One table for every symbol. How to add a tier: a row whose amount is that of the row above plus
 * the row's floor x (its rate - the rate above); tests/sim/test_margin judges it.
 */
static const struct qt_margin_tier tiers[] = {
    {UNITS(0), UNITS(50000), 125, 4000, UNITS(0)},
    {UNITS(50000), UNITS(250000), 100, 5000, UNITS(50)},
    {UNITS(250000), UNITS(3000000), 50, 10000, UNITS(1300)},
    {UNITS(3000000), UNITS(15000000), 20, 25000, UNITS(46300)},
    {UNITS(15000000), UNITS(30000000), 10, 50000, UNITS(421300)},
    {UNITS(30000000), UNITS(80000000), 5, 100000, UNITS(1921300)},
    {UNITS(80000000), UNITS(300000000), 2, 250000, UNITS(13921300)},
    {UNITS(300000000), UNITS(1000000000), 1, 500000, UNITS(88921300)},
};

const struct qt_margin_tier *
qt_margin_tiers(size_t *out_n)
{
    *out_n = QT_COUNT_OF(tiers);
    return tiers;
}

qt_money
qt_margin_cap(int leverage)
{
    size_t i = QT_COUNT_OF(tiers) - 1;
    while (i > 0 && tiers[i].leverage < leverage)
        i--;
    return tiers[i].cap;
}

static const struct qt_margin_tier *
tier_of(int64_t notional)
{
    size_t i = 0;
    while (i + 1 < QT_COUNT_OF(tiers) && notional > tiers[i].cap.v)
        i++;
    return &tiers[i];
}

static int64_t
clip(wide value)
{
    return value > INT64_MAX ? INT64_MAX : value < -INT64_MAX ? -INT64_MAX : (int64_t)value;
}

qt_money
qt_margin_notional(const struct qt_margin *margin, uint32_t instrument, qt_qty qty)
{
    const struct qt_instrument *ins = qt_universe_at(margin->universe, instrument);
    qt_px mark = qt_margin_mark(margin, instrument);
    qt_money out = QT_MONEY_ZERO;
    if (!qt_px_is_none(mark) && qty.v != 0 && !qt_instrument_notional(ins, mark, qty, &out))
        out.v = qty.v > 0 ? INT64_MAX : -INT64_MAX;
    return out;
}

qt_money
qt_margin_unrealised(const struct qt_margin *margin, uint32_t owner, uint32_t instrument)
{
    const struct qt_margin_position *position = qt__margin_at(margin, owner, instrument);
    if (position->qty.v == 0 || qt_px_is_none(qt_margin_mark(margin, instrument)))
        return QT_MONEY_ZERO;
    qt_money notional = qt_margin_notional(margin, instrument, position->qty);
    return (qt_money){clip((wide)notional.v - position->cost.v)};
}

qt_money
qt_margin_initial(const struct qt_margin *margin, uint32_t owner, uint32_t instrument)
{
    const struct qt_margin_position *position = qt__margin_at(margin, owner, instrument);
    int64_t notional = llabs(qt_margin_notional(margin, instrument, position->qty).v);
    return (qt_money){notional / position->leverage + (notional % position->leverage > 0)};
}

qt_money
qt_margin_maintenance(const struct qt_margin *margin, uint32_t owner, uint32_t instrument)
{
    const struct qt_margin_position *position = qt__margin_at(margin, owner, instrument);
    int64_t notional = llabs(qt_margin_notional(margin, instrument, position->qty).v);
    const struct qt_margin_tier *tier = tier_of(notional);
    return (qt_money){clip((wide)notional * tier->maintenance_ppm / PPM - tier->amount.v)};
}

qt_money
qt_margin_open_initial(const struct qt_margin *margin, uint32_t owner, uint32_t instrument,
                       const qt_money open[2])
{
    const struct qt_margin_position *position = qt__margin_at(margin, owner, instrument);
    wide held = qt_margin_notional(margin, instrument, position->qty).v;
    wide size = held < 0 ? -held : held, up = held + open[QT_BUY].v, down = held - open[QT_SELL].v;
    up = up < 0 ? -up : up;
    down = down < 0 ? -down : down;
    wide more = QT_MAX(up, down) - size;
    return (qt_money){more <= 0 ? 0 : clip((more + position->leverage - 1) / position->leverage)};
}

/* Whether there is anything in the symbol. */
static bool
is_idle(const struct qt_margin_position *position)
{
    return position->qty.v == 0 && position->open[QT_BUY].v == 0 && position->open[QT_SELL].v == 0;
}

struct qt_margin_state
qt_margin_state(const struct qt_margin *margin, uint32_t owner)
{
    struct qt_margin_state state = {.wallet = qt_margin_wallet(margin, owner)};
    wide isolated = 0, unrealised = 0, cross = 0, initial = 0, crossed = 0, open = 0;
    wide maintenance = 0, cross_maintenance = 0;
    for (uint32_t i = 0; i < margin->n; i++) {
        const struct qt_margin_position *position = qt__margin_at(margin, owner, i);
        if (is_idle(position))
            continue;
        int64_t gain = qt_margin_unrealised(margin, owner, i).v;
        int64_t need = qt_margin_maintenance(margin, owner, i).v;
        int64_t first = qt_margin_initial(margin, owner, i).v;
        open += qt_margin_open_initial(margin, owner, i, position->open).v;
        unrealised += gain;
        maintenance += need;
        initial += first;
        isolated += position->isolated.v;
        cross += position->is_isolated ? 0 : gain;
        crossed += position->is_isolated ? 0 : first;
        cross_maintenance += position->is_isolated ? 0 : need;
    }
    state.cross_wallet.v = clip((wide)state.wallet.v - isolated);
    state.unrealised.v = clip(unrealised);
    state.cross_unrealised.v = clip(cross);
    state.position_initial.v = clip(initial);
    state.open_initial.v = clip(open);
    state.maintenance.v = clip(maintenance);
    state.cross_maintenance.v = clip(cross_maintenance);
    wide available = (wide)state.cross_wallet.v + cross - crossed - open;
    state.available.v = available > 0 ? clip(available) : 0;
    return state;
}

/* Balance that stands against the position, and maintenance that others need of it. */
static wide
balance_for(const struct qt_margin *margin, uint32_t owner, uint32_t instrument)
{
    const struct qt_margin_position *position = qt__margin_at(margin, owner, instrument);
    if (position->is_isolated)
        return position->isolated.v;
    struct qt_margin_state state = qt_margin_state(margin, owner);
    return (wide)state.cross_wallet.v + state.cross_unrealised.v -
           qt_margin_unrealised(margin, owner, instrument).v - state.cross_maintenance.v +
           qt_margin_maintenance(margin, owner, instrument).v;
}

/*
 * balance + q x p - cost = |q| x p x rate - amount, solved for p with the rate of the tier that the
 * notional is in now.
 */
qt_px
qt_margin_liquidation_px(const struct qt_margin *margin, uint32_t owner, uint32_t instrument)
{
    const struct qt_margin_position *position = qt__margin_at(margin, owner, instrument);
    const struct qt_instrument *ins = qt_universe_at(margin->universe, instrument);
    if (position->qty.v == 0 || qt_px_is_none(qt_margin_mark(margin, instrument)))
        return QT_PX_NONE;
    int64_t notional = llabs(qt_margin_notional(margin, instrument, position->qty).v);
    const struct qt_margin_tier *tier = tier_of(notional);
    wide owed = (wide)position->cost.v - balance_for(margin, owner, instrument) - tier->amount.v;
    double rate = (double)tier->maintenance_ppm / PPM;
    double qty = qt_qty_to_double(position->qty, ins->qty_scale), size = qty < 0 ? -qty : qty;
    double px = (double)owed / (double)qt_pow10(QT_MONEY_SCALE) / (qty - size * rate);
    qt_px out;
    return px > 0 && qt_px_of_double(px, ins->px_scale, &out) ? out : QT_PX_NONE;
}
