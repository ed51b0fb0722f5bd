/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the session says of its venue, fitted; and what the simulation runs on: what was given, else
 * what was found, else what paper trading assumes.
 */
#include "compare_priv.h"

#define ASSUMED_MS 100 /* as the exchange inside the program has it */
#define ASSUMED_BPS 10

bool
qt__compare_fit(struct qt__compare *compare, uint64_t seed, struct qt_error *err)
{
    const struct qt__compare_seen *seen = &compare->seen;
    struct qt__compare_found *found = &compare->found;
    for (int i = 0; i < QT__TIMES; i++)
        found->time_ms[i] = qt_fit_lognormal(seen->time_ms[i].of, seen->time_ms[i].n);
    found->maker_bps = qt_fit_mean(seen->maker_bps.of, seen->maker_bps.n);
    found->taker_bps = qt_fit_mean(seen->taker_bps.of, seen->taker_bps.n);
    found->fill_at_touch = qt_fit_proportion(seen->touched_filled, seen->touched);
    return qt_fit_spans(seen->ahead.of, seen->ahead.n, seed, &found->queue_ahead) ||
           qt_fail(err, QT_E_MEMORY, "no memory for the queue's estimate");
}

static void
settle(struct qt__compare_parameter *parameter, const struct qt_estimate *found, double assumed)
{
    if (parameter->origin == QT__ORIGIN_GIVEN)
        return;
    *parameter = found->is_known ? (struct qt__compare_parameter){found->value, QT__ORIGIN_FOUND}
                                 : (struct qt__compare_parameter){assumed, QT__ORIGIN_ASSUMED};
}

void
qt__compare_settle(struct qt__compare *compare)
{
    const struct qt__compare_found *found = &compare->found;
    struct qt__compare_parameters *use = &compare->parameters;
    const struct qt_lognormal_fit *order = &found->time_ms[QT__TIME_ORDER_WORD];
    const struct qt_lognormal_fit *cancel = &found->time_ms[QT__TIME_CANCEL_WORD];
    settle(&use->order_ms, &order->median, ASSUMED_MS);
    settle(&use->order_sigma, &order->sigma, 0);
    settle(&use->cancel_ms, &cancel->median, use->order_ms.value);
    settle(&use->cancel_sigma, &cancel->sigma, use->order_sigma.value);
    settle(&use->queue_ahead, &found->queue_ahead, 1);
    settle(&use->maker_bps, &found->maker_bps, ASSUMED_BPS);
    settle(&use->taker_bps, &found->taker_bps, ASSUMED_BPS);
}
