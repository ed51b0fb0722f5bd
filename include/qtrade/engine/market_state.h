/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What bars have left behind in each symbol, as plain data that can be kept and taken back: the
 * forming bars, the scan's and the strategy's indicators, the candles of the screen. Money, orders
 * and positions are not in it (they are the store's), nor are quotes: a symbol that was taken back
 * is stale until its feed speaks.
 *
 * M1: a symbol's state is a function of its BAR events alone, so each carries its own number: after
 * it, only bars of higher numbers are fed. M2: taking states changes no decision and no number. M3:
 * what is taken back is part of what a session begins with, and its journal names it.
 */
#ifndef QTRADE_ENGINE_MARKET_STATE_H
#define QTRADE_ENGINE_MARKET_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/error.h"
#include "qtrade/engine/snapshot.h"
#include "qtrade/market/bars.h"
#include "qtrade/market/instrument.h"
#include "qtrade/scan/symbol.h"
#include "qtrade/strategy/symbol.h"

/** One symbol at one number. */
struct qt_market_symbol {
    uint64_t seq; /* every event up to it is in here */
    int64_t t_ns; /* engine time then */
    uint32_t instrument;
    uint32_t candles; /* ever added */
    int64_t first_base_ns;
    qt_px last; /* QT_PX_NONE: none */
    struct qt_bars bars;
    struct qt_scan_symbol scan;
    struct qt_strategy_symbol strategy;
    struct qt_candle candle[QT_VIEW_CANDLES];
};

/** What such states depend on beside bars. Borrowed. */
struct qt_market_shape {
    const struct qt_scan_config *scan;
    const struct qt_strategy_config *strategy;
    int64_t base_period_ns;
};
/** A hash of it, of the layout of the structs and of the indicators in them: a state of another one
 * is of no use. */
uint64_t qt_market_shape_hash(const struct qt_market_shape *shape);

/** Opening of the first base bar that is not in the state: its feed goes on there. */
int64_t qt_market_symbol_end_ns(const struct qt_market_symbol *symbol,
                                const struct qt_market_shape *shape);
/** Whether a state that may come from outside can be one of ins: every count, place, time and
 * number in its bounds (fault A3). */
bool qt_market_symbol_is_sound(const struct qt_market_symbol *symbol,
                               const struct qt_market_shape *shape,
                               const struct qt_instrument *ins);

/**
 * Who keeps them. All on the engine thread. A round is the symbols in any order, one slot each,
 * then a slot with instrument QT_NO_INSTRUMENT: with seq > 0 the round is whole, with seq 0 it is
 * given up.
 */
struct qt_market_port {
    void *self;
    /** Room for one more; NULL: the writer is behind, try again later. slot NULL: nothing is kept.
     */
    struct qt_market_symbol *(*slot)(void *self);
    void (*put)(void *self); /* the slot is filled */
    /** number, t_ns, is_sick of the last one; NULL: not known. */
    void (*look)(void *self, struct qt_market_view *out);
};

/** What a session begins with; borrowed until qt_engine_create has returned. */
struct qt_market_restore {
    uint64_t number; /* of the state */
    /** By instrument id; NULL: that symbol begins empty. */
    const struct qt_market_symbol *const *symbol;
};

#endif
