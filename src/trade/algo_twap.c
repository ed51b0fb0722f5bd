/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Equal parts over the time. A part that was not filled is due with the next one; the last part is
 * the whole rest, and begins one part's time before the deadline.
 */
#include "algo_priv.h"

static void
step(const struct qt_execution_config *config, const struct qt_parent *parent,
     const struct qt_algo_market *market, struct qt_algo_step *out)
{
    int64_t part = qt__algo_part(parent, market->now_ns, config->slices);
    qt_qty due = qt__algo_due(parent, part, config->slices);
    if (qt_qty_sign(due) == 0)
        qt__algo_wait("the next part's time", out);
    else
        qt__algo_take(config, parent, market, due, out);
}

const struct qt_algo_class qt_algo_twap = {
    .name = "twap", .title = "equal parts over the time", .step = step};
