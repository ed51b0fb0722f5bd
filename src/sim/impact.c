/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qtrade/sim/impact.h"

#include <math.h>

#include "qtrade/base/num.h"

#define LN2 0.69314718055994530942

/* What is left of q at now_ns. */
static double
left(const struct qt_impact_model *model, const struct qt_impact *impact, int64_t now_ns)
{
    int64_t passed = now_ns - impact->t_ns;
    if (impact->taken == 0 || passed <= 0)
        return impact->taken;
    return impact->taken * qt_exp(-LN2 * (double)passed / (double)model->half_life_ns);
}

void
qt_impact_take(const struct qt_impact_model *model, struct qt_impact *impact, int64_t now_ns,
               enum qt_side side, double quantity)
{
    impact->taken = left(model, impact, now_ns) + (side == QT_BUY ? quantity : -quantity);
    impact->t_ns = now_ns;
}

double
qt_impact_of(const struct qt_impact_model *model, const struct qt_impact *impact, int64_t now_ns,
             double day_volume, double day_sigma)
{
    double taken = left(model, impact, now_ns);
    if (taken == 0 || !(day_volume > 0) || !(day_sigma > 0))
        return 0;
    double size = model->coefficient * day_sigma * sqrt(fabs(taken) / day_volume);
    return copysign(QT_MIN(size, QT_IMPACT_MOST), taken);
}

/* So many ticks of the instrument. */
static int64_t
ticks_of(const struct qt_instrument *ins, qt_px px, double displacement)
{
    return (int64_t)llround((double)px.v * displacement / (double)ins->tick.v);
}

static qt_px
moved(const struct qt_instrument *ins, qt_px px, int64_t ticks)
{
    qt_px after = {px.v + ticks * ins->tick.v};
    return after.v < ins->tick.v ? ins->tick : after;
}

qt_px
qt_impact_px(const struct qt_instrument *ins, qt_px px, double displacement)
{
    return moved(ins, px, ticks_of(ins, px, displacement));
}

void
qt_impact_ladder(const struct qt_instrument *ins, qt_px ref, double displacement,
                 struct qt_ladder *ladder)
{
    int64_t ticks = ticks_of(ins, ref, displacement);
    qt_px lowest = ladder->n_bids > 0 ? ladder->bids[ladder->n_bids - 1].px : ref;
    if (lowest.v + ticks * ins->tick.v < ins->tick.v) /* levels must stay apart */
        ticks = (ins->tick.v - lowest.v) / ins->tick.v;
    for (size_t i = 0; i < ladder->n_bids; i++)
        ladder->bids[i].px = moved(ins, ladder->bids[i].px, ticks);
    for (size_t i = 0; i < ladder->n_asks; i++)
        ladder->asks[i].px = moved(ins, ladder->asks[i].px, ticks);
}
