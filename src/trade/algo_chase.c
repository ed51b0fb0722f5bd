/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passive, then aggressive: rests at the best price of its own side and follows it, in children no
 * larger than the chunk; after passive_s what is left takes, a chunk a step.
 */
#include "algo_priv.h"
#include "qtrade/base/time.h"

static void
step(const struct qt_execution_config *config, const struct qt_parent *parent,
     const struct qt_algo_market *market, struct qt_algo_step *out)
{
    qt_qty rest = qt_parent_rest(parent);
    if (market->now_ns - parent->decided_ns < config->passive_s * QT_NS_PER_S)
        qt__algo_rest(config, parent, market, rest, out);
    else
        qt__algo_take(config, parent, market, rest, out);
}

const struct qt_algo_class qt_algo_chase = {
    .name = "chase", .title = "rests, follows, then takes", .rests = true, .step = step};
