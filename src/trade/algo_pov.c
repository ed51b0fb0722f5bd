/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Participation: a share of what the market traded since the decision. A market that does not trade
 * gets nothing; what is left at the deadline is left.
 */
#include "algo_priv.h"

enum { MILLION = 1000000 };

static void
step(const struct qt_execution_config *config, const struct qt_parent *parent,
     const struct qt_algo_market *market, struct qt_algo_step *out)
{
    double whole = qt_qty_to_double(parent->qty, parent->qty_scale);
    double share = config->participation * market->volume / whole;
    qt_qty due = qt__algo_due(parent, share >= 1 ? MILLION : (int64_t)(share * MILLION), MILLION);
    if (!(share > 0) || qt_qty_sign(due) == 0)
        qt__algo_wait("the market's volume", out);
    else
        qt__algo_take(config, parent, market, due, out);
}

const struct qt_algo_class qt_algo_pov = {
    .name = "pov", .title = "a share of what the market trades", .step = step};
