/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a symbol keeps of its parent orders: the one that opens and the one that closes, what the
 * market traded, and what execution has cost so far.
 */
#ifndef QTRADE_ENGINE_WORK_PRIV_H
#define QTRADE_ENGINE_WORK_PRIV_H

#include "qtrade/trade/algo.h"
#include "qtrade/trade/parent.h"

enum qt_place { QT_PLACE_ENTRY, QT_PLACE_EXIT, QT_PLACES };

/** What the market traded since the start: closed bars of the base period, and the trades since
 * the last one. */
struct qt_tape {
    double qty, quote;           /* of bars */
    double live_qty, live_quote; /* of trades since */
};

struct qt_work {
    struct qt_parent parent[QT_PLACES];
    struct qt_tape tape;
    struct qt_volume_profile profile;
    struct qt_cost_total cost[QT_ALGORITHMS]; /* of parents that ended */
    bool is_breached;                         /* P1 was broken (trade/parent.h) */
    bool is_breach_told;
};

#endif
