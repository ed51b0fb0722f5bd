/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the algorithms share: prices and sizes of children.
 */
#ifndef QTRADE_TRADE_ALGO_PRIV_H
#define QTRADE_TRADE_ALGO_PRIV_H

#include "qtrade/trade/algo.h"

extern const struct qt_algo_class qt_algo_immediate, qt_algo_chase, qt_algo_twap, qt_algo_vwap,
    qt_algo_pov, qt_algo_iceberg;

/** Does nothing, and says why. */
void qt__algo_wait(const char *why, struct qt_algo_step *out);
/** A child that takes up to wanted of the other side, at most the chunk; waits where the budget or
 * a size forbids. */
void qt__algo_take(const struct qt_execution_config *config, const struct qt_parent *parent,
                   const struct qt_algo_market *market, qt_qty wanted, struct qt_algo_step *out);
/** A child of up to wanted that rests at the best price of its own side; the one that rests
 * already is cancelled once that price is reprice_bps away. */
void qt__algo_rest(const struct qt_execution_config *config, const struct qt_parent *parent,
                   const struct qt_algo_market *market, qt_qty wanted, struct qt_algo_step *out);
/** Which of the parts is under way, 1..slices. */
int64_t qt__algo_part(const struct qt_parent *parent, int64_t now_ns, int64_t slices);
/** What is missing until part of whole shall be filled; 0: nothing. */
qt_qty qt__algo_due(const struct qt_parent *parent, int64_t part, int64_t whole);

#endif
