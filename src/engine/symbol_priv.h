/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One symbol inside the engine: its tick state, bars, scan and strategy state, position and the
 * plan of its exit. Owned by the shard that owns its partition; by the engine thread while all
 * shards have met.
 */
#ifndef QTRADE_ENGINE_SYMBOL_PRIV_H
#define QTRADE_ENGINE_SYMBOL_PRIV_H

#include "qtrade/engine/snapshot.h"
#include "qtrade/market/bars.h"
#include "qtrade/market/event.h"
#include "qtrade/market/instrument.h"
#include "qtrade/market/quality.h"
#include "qtrade/market/sources.h"
#include "qtrade/scan/scan.h"
#include "qtrade/strategy/exit.h"
#include "qtrade/strategy/signal.h"
#include "qtrade/trade/position.h"

#include "work_priv.h"

/** The protective stop at the venue, and the exit that waits until it is gone (guard.c). */
struct qt_guard {
    uint64_t order;      /* client id of the one alive; 0: none */
    int64_t placed_ns;   /* the last one */
    int64_t retry_ns;    /* no new one before this */
    int64_t bare_ns;     /* since when the position has none; QT_TIME_NONE: it has, or needs none */
    unsigned failures;   /* refused or lost ones in a row */
    bool is_told;        /* that it has been without one for too long */
    bool has_sold;       /* the last one was filled, at least in part */
    bool has_exit;       /* one waits, for exit_bps of the initial quantity */
    bool makes_way;      /* for a child of the exit at work */
    uint8_t exit_purpose; /* enum qt_order_purpose */
    int32_t exit_bps;
    struct qt_exit_plan before; /* the plan as it was before that exit was decided */
};

struct qt_symbol {
    /* what a tick touches */
    const struct qt_instrument *ins;
    struct qt_quote quote;            /* QT_PX_NONE sides until the first */
    qt_px last;                       /* QT_PX_NONE until the first trade or bar */
    int64_t feed_ns;                  /* engine time of the last market event; QT_TIME_NONE: none */
    bool has_plan;                    /* plan protects the position */
    bool is_halted;                   /* the venue does not trade it now, or by other steps */
    bool is_worked;                   /* a parent order is worked over some time */
    bool is_left;                     /* by other steps: the position is closed */
    uint8_t exit_refusals;            /* by the venue, in a row */
    int32_t exit_code;                /* the venue's, of the last one; 0: none */
    qt_qty lot;                       /* of the venue now, the instrument's or a larger one */
    uint64_t exit_order, entry_order; /* client ids under way; 0: none */
    int64_t exit_retry_ns;            /* no new exit order before this */
    struct qt_quality quality;        /* of its market data */
    struct qt_sources *sources;       /* its streams; NULL: there is one */
    struct qt_exit_plan plan;
    struct qt_position position;
    qt_qty initial_qty; /* what the entry has bought so far */
    struct qt_guard guard;
    /* what a bar touches */
    int64_t first_base_ns; /* opening of the first bar of the base period; QT_TIME_NONE: none */
    struct qt_bars bars;
    struct qt_scan_symbol *scan;
    struct qt_strategy_symbol *strategy;
    struct qt_candle *candle; /* ring of QT_VIEW_CANDLES, strategy interval */
    uint32_t candles;         /* closed ones ever added */
    /* what a cycle touches */
    struct qt_signal entry_signal; /* the signal behind entry_order */
    int64_t traded_ns;             /* last entry or exit; QT_TIME_NONE: never */
    uint32_t same_base;            /* next symbol on the same asset; QT_NO_INSTRUMENT: none */
    qt_qty venue_qty;              /* of the base asset at the account read number venue_read */
    uint32_t venue_read;           /* 0: never */
    qt_qty foreign_qty;            /* of it, what was there and not ours at the first quiet read */
    bool has_foreign, is_short_at_venue;
    uint64_t doubted_order; /* the last stop that was cancelled as less than ours was held; 0: none */
    qt_qty doubted_qty;     /* what was held then */
    qt_qty foreign_at[QT_VIEW_VENUES]; /* of it, what lies at each of several venues (spread.c) */
    qt_qty extra_qty; /* at the venue beyond ours and foreign_qty, at the last quiet read (surplus.c) */
    uint32_t extra_read; /* the first that showed so much */
    double signal, confidence;
    bool has_signal;
    char why[96];
    struct qt_work work;
};

/** Position above dust: at least one lot and the venue's minimum notional at the last price. */
bool qt__symbol_is_open(const struct qt_symbol *symbol);
/** Quantity that could be sold or bought back as it is: whole lots, above the venue's minimum. */
bool qt__symbol_can_trade(const struct qt_symbol *symbol, qt_qty qty);
/** The price at which the position could be closed now: bid of a long, ask of a short; last without
 * a quote. */
qt_px qt__symbol_exit_px(const struct qt_symbol *symbol);
/** Mid of the quote as double, or last, or 0 when nothing is known. */
double qt__symbol_mark(const struct qt_symbol *symbol);
/** Mark as a price for the ledger and the screen: bid for a long, else last; QT_PX_NONE: unknown.
 */
qt_px qt__symbol_mark_px(const struct qt_symbol *symbol);
double
qt__symbol_spread_bps(const struct qt_symbol *symbol); /* QT_SPREAD_UNKNOWN: no two-sided quote */

#endif
