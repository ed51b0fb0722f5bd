/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parts by the usual volume of the time of day: until the end of a part as much shall be filled as
 * the market usually has traded of the life's volume by then. Without a profile, equal parts.
 */
#include "algo_priv.h"

enum { MILLION = 1000000 };

/* The curve at x of the life, 0..1, in millionths. */
static int64_t
share_at(const struct qt_algo_state *state, double x)
{
    double at = x * QT_CURVE;
    int i = at >= QT_CURVE ? QT_CURVE - 1 : (int)at;
    double before = i > 0 ? (double)state->curve[i - 1] : 0;
    double share = before + ((double)state->curve[i] - before) * (at - i);
    return share >= 1 ? MILLION : (int64_t)(share * MILLION);
}

static void
step(const struct qt_execution_config *config, const struct qt_parent *parent,
     const struct qt_algo_market *market, struct qt_algo_step *out)
{
    int64_t slices = config->slices, part = qt__algo_part(parent, market->now_ns, slices);
    qt_qty due = qt__algo_due(parent, part, slices);
    if (parent->algo.has_curve && part < slices)
        due = qt__algo_due(parent, share_at(&parent->algo, (double)part / (double)slices), MILLION);
    if (qt_qty_sign(due) == 0)
        qt__algo_wait("the next part's time", out);
    else
        qt__algo_take(config, parent, market, due, out);
}

const struct qt_algo_class qt_algo_vwap = {
    .name = "vwap", .title = "parts by the usual volume of the time of day", .step = step};
