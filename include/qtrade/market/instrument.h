/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Instruments: what a venue trades, with the scales and filters that its orders must keep. An instrument's
 * id is its index in the universe of this run; ids are dense, start at 0 and never change while running.
 */
#ifndef QTRADE_MARKET_INSTRUMENT_H
#define QTRADE_MARKET_INSTRUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "qtrade/base/error.h"
#include "qtrade/base/fixed.h"

#define QT_SYMBOL_SIZE 32 /* bytes of a symbol with its NUL */
#define QT_ASSET_SIZE 16  /* bytes of an asset's name with its NUL */
#define QT_INSTRUMENTS_MAX 8192
#define QT_NO_INSTRUMENT UINT32_MAX

enum qt_instrument_status {
    QT_INSTRUMENT_TRADING,
    QT_INSTRUMENT_HALTED,
    QT_INSTRUMENT_GONE,   /* not listed any more: nothing can be traded */
    QT_INSTRUMENT_CHANGED /* it trades by other steps than those here: positions are left, none begun */
};

struct qt_instrument {
    uint32_t id;
    enum qt_instrument_status status;
    char symbol[QT_SYMBOL_SIZE]; /* the venue's name, "BTCUSDT" */
    char base[QT_ASSET_SIZE], quote[QT_ASSET_SIZE];
    int px_scale, qty_scale; /* decimals of prices and quantities here: 0..QT_SCALE_MAX */
    qt_px tick;              /* > 0: prices are multiples of it */
    qt_px min_px, max_px;    /* venue's PRICE_FILTER; max 0: no limit */
    qt_qty lot;              /* > 0: quantities are multiples of it */
    qt_qty min_qty, max_qty; /* venue's LOT_SIZE; max 0: no limit */
    qt_money min_notional;   /* scale QT_MONEY_SCALE; 0: none */
    /* of market orders, beside lot, min_qty and max_qty (venue's MARKET_LOT_SIZE); 0: no more than those */
    qt_qty market_lot, market_min_qty, market_max_qty;
    uint32_t order_types; /* bits 1 << enum qt_order_type that it takes; 0: not told, all of the venue's */
};

/** The instruments of this run, by id and by symbol. */
struct qt_universe;
struct qt_universe *qt_universe_create(void); /* NULL: no memory */
void qt_universe_destroy(struct qt_universe *universe);
/**
 * Adds a copy of ins; its id is set to the next index (also in *ins). Fails on a doubled symbol, a scale, tick
 * or lot out of range, or when QT_INSTRUMENTS_MAX is reached. Before threads start, or on the engine thread.
 */
QT_CHECKED bool qt_universe_add(struct qt_universe *universe, struct qt_instrument *ins,
                                struct qt_error *err);
uint32_t qt_universe_count(const struct qt_universe *universe);
/** The instrument with that id (< count); valid as long as the universe. */
const struct qt_instrument *qt_universe_at(const struct qt_universe *universe, uint32_t id);
/** QT_NO_INSTRUMENT when the symbol is not there. symbol[0..length) need not end with NUL. */
uint32_t qt_universe_find(const struct qt_universe *universe, const char *symbol, size_t length);

static inline void
qt_universe_auto(struct qt_universe **p)
{
    qt_universe_destroy(*p);
}

/** px x qty as quote money (scale QT_MONEY_SCALE), toward zero. False: overflow. */
QT_CHECKED bool qt_instrument_notional(const struct qt_instrument *ins, qt_px px, qt_qty qty,
                                       qt_money *out);
/** What an order's price and quantity break: the first filter in the venue's order. */
enum qt_filter_verdict {
    QT_FILTER_OK,
    QT_FILTER_PRICE,     /* not a multiple of tick, or outside min_px..max_px */
    QT_FILTER_LOT,       /* not a multiple of lot, or outside min_qty..max_qty; of a market order also market_... */
    QT_FILTER_NOTIONAL,  /* px x qty below min_notional */
    QT_FILTER_VERDICTS
};
/** The most of qty that one market order may have: in lots, at most the venue's limits; 0: none. */
qt_qty qt_instrument_market_qty(const struct qt_instrument *ins, qt_qty qty);
/** px QT_PX_NONE: a market order, notional then tested at reference (which may be QT_PX_NONE: not tested). */
enum qt_filter_verdict qt_instrument_check(const struct qt_instrument *ins, qt_px px, qt_qty qty,
                                           qt_px reference);

#endif
