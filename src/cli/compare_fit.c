/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the session says of its venue, fitted; and what the simulation runs on: what was given, else
 * what was found, else the middle of what little was seen, else what the session's config has.
 */
#include "qtrade/base/num.h"

#include "compare_priv.h"

#define FIRST_MOST 0.05 /* of the answers, that those behind a word may be told without them */

/* Of those behind a word the quick ones are missing where many came before it. */
static bool
fit_time(const struct qt__compare_seen *seen, int which, struct qt_lognormal_fit *out)
{
    size_t n = seen->time_ms[which].n, first = seen->first[which];
    if (!qt_fit_lognormal(seen->time_ms[which].of, n, out))
        return false;
    if ((double)first > FIRST_MOST * (double)(n + first))
        out->median.is_known = out->sigma.is_known = false;
    return true;
}

/* The law speaks of parts of the price as it would be without what the session has taken, the market
 * has moved from the price at the arrival: the second fit knows what lies between the two. */
static bool
fit_impact(struct qt__compare_seen *seen, struct qt_slope_fit *out)
{
    if (!qt_fit_slope(seen->impact.of, seen->impact.n, out))
        return false;
    for (size_t i = 0; i < seen->impact.n && out->slope.is_known; i++)
        seen->impact.of[i].y *= 1 + out->slope.value * seen->impact_before.of[i];
    return qt_fit_slope(seen->impact.of, seen->impact.n, out);
}

bool
qt__compare_fit(struct qt__compare *compare, uint64_t seed, struct qt_error *err)
{
    struct qt__compare_seen *seen = &compare->seen;
    struct qt__compare_found *found = &compare->found;
    bool is_good = true;
    for (int i = 0; i < QT__TIMES && is_good; i++)
        is_good = fit_time(seen, i, &found->time_ms[i]);
    found->maker_bps = qt_fit_mean(seen->maker_bps.of, seen->maker_bps.n);
    found->taker_bps = qt_fit_mean(seen->taker_bps.of, seen->taker_bps.n);
    found->fill_at_touch = qt_fit_proportion(seen->touched_filled, seen->touched);
    is_good = is_good && fit_impact(seen, &found->impact) &&
              qt_fit_spans(seen->ahead.of, seen->ahead.n, seed, &found->queue_ahead);
    return is_good || qt_fail(err, QT_E_MEMORY, "no memory for the estimates");
}

/* few: sorted observations that a parameter may be taken from when they are too few for an
 * estimate; NULL: it may not. */
static void
settle(struct qt__compare_parameter *parameter, const struct qt_estimate *found,
       const struct qt__samples *few, double assumed)
{
    if (parameter->origin == QT__ORIGIN_GIVEN)
        return;
    if (found->is_known)
        *parameter = (struct qt__compare_parameter){found->value, QT__ORIGIN_FOUND};
    else if (few && few->n > 0)
        *parameter = (struct qt__compare_parameter){qt_quantile_sorted(few->of, few->n, 0.5),
                                                    QT__ORIGIN_FEW};
    else
        *parameter = (struct qt__compare_parameter){assumed, QT__ORIGIN_ASSUMED};
}

void
qt__compare_settle(struct qt__compare *compare)
{
    struct qt__compare_seen *seen = &compare->seen;
    const struct qt__compare_found *found = &compare->found;
    struct qt__compare_parameters *use = &compare->parameters;
    const struct qt_lognormal_fit *order = &found->time_ms[QT__TIME_ORDER_WORD];
    const struct qt_lognormal_fit *cancel = &found->time_ms[QT__TIME_CANCEL_WORD];
    const struct qt_simulation_config *usual = &compare->settings.simulation;
    bool is_perpetual = qt_settings_trades_perpetuals(&compare->settings);
    struct qt__samples *few[] = {&seen->time_ms[QT__TIME_ORDER_WORD],
                                 &seen->time_ms[QT__TIME_CANCEL_WORD], &seen->maker_bps,
                                 &seen->taker_bps};
    for (size_t i = 0; i < QT_COUNT_OF(few); i++)
        if (few[i]->n > 1)
            qt_sort_doubles(few[i]->of, few[i]->n);
    settle(&use->order_ms, &order->median, few[0], usual->order_ms);
    settle(&use->order_sigma, &order->sigma, NULL, usual->order_sigma);
    settle(&use->cancel_ms, &cancel->median, few[1], use->order_ms.value);
    settle(&use->cancel_sigma, &cancel->sigma, NULL, use->order_sigma.value);
    settle(&use->queue_ahead, &found->queue_ahead, NULL, usual->queue_ahead);
    settle(&use->maker_bps, &found->maker_bps, few[2],
           is_perpetual ? usual->perpetual_maker_bps : usual->maker_bps);
    settle(&use->taker_bps, &found->taker_bps, few[3],
           is_perpetual ? usual->perpetual_taker_bps : usual->taker_bps);
}
