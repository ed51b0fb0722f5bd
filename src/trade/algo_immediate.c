/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole at once: the one child goes out with the decision itself, and what it did not get is
 * left.
 */
#include "algo_priv.h"

static void
step(const struct qt_execution_config *config, const struct qt_parent *parent,
     const struct qt_algo_market *market, struct qt_algo_step *out)
{
    (void)config;
    (void)parent;
    qt__algo_wait("its one order", out);
    if (market->child == QT_ALGO_NO_CHILD)
        out->action = QT_ALGO_END;
}

const struct qt_algo_class qt_algo_immediate = {
    .name = "immediate", .title = "the whole at once", .step = step};
