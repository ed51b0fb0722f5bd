/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rests at the best price of its own side and shows a part of the whole; the next part is shown
 * when that one is filled. It follows the best price and never takes.
 */
#include "algo_priv.h"

enum { MILLION = 1000000 };

static void
step(const struct qt_execution_config *config, const struct qt_parent *parent,
     const struct qt_algo_market *market, struct qt_algo_step *out)
{
    qt_money part;
    qt_qty shown = parent->qty;
    if (qt_money_mul_div(qt_money_of_qty(parent->qty), (int64_t)(config->display * MILLION),
                         MILLION, &part))
        shown = qt_qty_of_money(part);
    qt__algo_rest(config, parent, market, shown, out);
}

const struct qt_algo_class qt_algo_iceberg = {
    .name = "iceberg", .title = "rests, and shows a part", .rests = true, .step = step};
