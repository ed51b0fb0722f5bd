/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What trading perpetuals costs: the tier of the last 30 days, and the coin with the discount. */
#include "perp_priv.h"

#include <string.h>

#include "qtrade/base/error.h"

const struct qt_perp_options qt_perp_usual = {.maker_ppm = 200,
                                              .taker_ppm = 500,
                                              .insurance = {INT64_C(1000000) * 100000000},
                                              .clearance_ppm = 12500};
_Static_assert(QT_MONEY_SCALE == 8, "the fund is a million");

/* The perpetual that prices the discount's coin. */
static uint32_t
coin_of(const struct qt_perp *perp)
{
    for (uint32_t i = 0; i < qt_universe_count(perp->universe); i++)
        if (strcmp(qt_universe_at(perp->universe, i)->base, perp->schedule.discount_asset) == 0)
            return i;
    return QT_NO_INSTRUMENT;
}

bool
qt__perp_take_schedule(struct qt_perp *perp, const struct qt_perp_options *options)
{
    struct qt_fee_schedule *schedule = &perp->schedule;
    if (options->schedule)
        *schedule = *options->schedule;
    if (schedule->n == 0) {
        schedule->tiers[0] =
            (struct qt_fee_tier){.maker_ppm = options->maker_ppm, .taker_ppm = options->taker_ppm};
        schedule->n = 1;
    }
    perp->options.schedule = NULL; /* the caller's may be gone */
    perp->coin = schedule->discount_asset[0] ? coin_of(perp) : QT_NO_INSTRUMENT;
    return !schedule->discount_asset[0] || perp->coin != QT_NO_INSTRUMENT;
}

const struct qt_fee_schedule *
qt_perp_schedule(const struct qt_perp *perp)
{
    return &perp->schedule;
}

qt_money
qt_perp_volume(const struct qt_perp *perp, uint32_t owner)
{
    qt_assert(owner < QT_OWNERS_MAX);
    return qt_fee_volume_sum(&perp->volumes[owner], perp->now_ns);
}

const struct qt_fee_tier *
qt_perp_fees(const struct qt_perp *perp, uint32_t owner)
{
    return perp->schedule.n == 1 ? &perp->schedule.tiers[0]
                                 : qt_fee_tier_of(&perp->schedule, qt_perp_volume(perp, owner));
}

void
qt_perp_set_burn(struct qt_perp *perp, uint32_t owner, bool burns)
{
    qt_assert(owner < QT_OWNERS_MAX);
    perp->refuses_burn[owner] = !burns;
}

bool
qt_perp_burns(const struct qt_perp *perp, uint32_t owner)
{
    qt_assert(owner < QT_OWNERS_MAX);
    return perp->coin != QT_NO_INSTRUMENT && !perp->refuses_burn[owner];
}

int
qt__perp_fee_ppm(struct qt_perp *perp, const struct qt_perp_order *order, qt_money quote,
                 bool is_maker, qt_money *out_coins, bool *out_in_coin)
{
    uint32_t owner = order->owner;
    *out_in_coin = false;
    if (order->origin != QT_PERP_BY_OWNER)
        return 0;
    const struct qt_fee_tier *tier = qt_perp_fees(perp, owner);
    int ppm = is_maker ? tier->maker_ppm : tier->taker_ppm;
    qt_fee_volume_add(&perp->volumes[owner], perp->now_ns, quote);
    *out_in_coin =
        qt_perp_burns(perp, owner) &&
        qt_fee_in_coin(&perp->schedule, quote, ppm, qt_margin_mark(perp->margin, perp->coin),
                       qt_universe_at(perp->universe, perp->coin)->px_scale, out_coins) &&
        qt_money_cmp(*out_coins, qt_margin_coin(perp->margin, owner)) <= 0;
    return *out_in_coin ? 0 : ppm;
}
