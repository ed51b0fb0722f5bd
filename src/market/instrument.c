/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The universe is one array taken at birth (untouched pages cost nothing), so that what
 * qt_universe_at gives never moves; symbols are found through a hash map.
 */
#include "qtrade/market/instrument.h"

#include <stdlib.h>
#include <string.h>

#include "qtrade/base/attr.h"
#include "qtrade/base/map.h"

struct qt_universe {
    uint32_t n;
    struct qt_textmap *by_symbol;
    struct qt_instrument rows[QT_INSTRUMENTS_MAX];
};

struct qt_universe *
qt_universe_create(void)
{
    struct qt_universe *universe = calloc(1, sizeof *universe);
    if (!universe)
        return NULL;
    universe->by_symbol = qt_textmap_create(QT_INSTRUMENTS_MAX);
    if (universe->by_symbol)
        return universe;
    free(universe);
    return NULL;
}

void
qt_universe_destroy(struct qt_universe *universe)
{
    if (!universe)
        return;
    qt_textmap_destroy(universe->by_symbol);
    free(universe);
}

static bool
is_in_scale(int scale)
{
    return scale >= 0 && scale <= QT_SCALE_MAX;
}

/* True when an instrument's figures make sense together; err says what does not. */
static bool
is_sound(const struct qt_instrument *ins, struct qt_error *err)
{
    if (ins->symbol[0] == '\0' || !memchr(ins->symbol, '\0', sizeof ins->symbol))
        return qt_fail(err, QT_E_DATA, "an instrument without a symbol");
    if (!is_in_scale(ins->px_scale) || !is_in_scale(ins->qty_scale))
        return qt_fail(err, QT_E_DATA, "%s: scales %d and %d: must be 0 to %d", ins->symbol,
                       ins->px_scale, ins->qty_scale, QT_SCALE_MAX);
    if (ins->tick.v <= 0 || ins->lot.v <= 0)
        return qt_fail(err, QT_E_DATA, "%s: tick and lot must be above 0", ins->symbol);
    if (ins->min_px.v < 0 || ins->max_px.v < 0 || ins->min_qty.v < 0 || ins->max_qty.v < 0 ||
        ins->min_notional.v < 0 || ins->market_lot.v < 0 || ins->market_min_qty.v < 0 ||
        ins->market_max_qty.v < 0)
        return qt_fail(err, QT_E_DATA, "%s: a filter is negative", ins->symbol);
    return true;
}

bool
qt_universe_add(struct qt_universe *universe, struct qt_instrument *ins, struct qt_error *err)
{
    if (!is_sound(ins, err))
        return false;
    size_t length = strlen(ins->symbol);
    if (qt_universe_find(universe, ins->symbol, length) != QT_NO_INSTRUMENT)
        return qt_fail(err, QT_E_DATA, "%s: this symbol is there already", ins->symbol);
    if (universe->n == QT_INSTRUMENTS_MAX)
        return qt_fail(err, QT_E_DATA, "%s: more than %d instruments", ins->symbol,
                       QT_INSTRUMENTS_MAX);
    if (!qt_textmap_put(universe->by_symbol, ins->symbol, length, universe->n))
        return qt_fail(err, QT_E_MEMORY, "%s: no room in the map of symbols", ins->symbol);
    ins->id = universe->n++;
    universe->rows[ins->id] = *ins;
    return true;
}

uint32_t
qt_universe_count(const struct qt_universe *universe)
{
    return universe->n;
}

const struct qt_instrument *
qt_universe_at(const struct qt_universe *universe, uint32_t id)
{
    qt_assert(id < universe->n);
    return &universe->rows[id];
}

uint32_t
qt_universe_find(const struct qt_universe *universe, const char *symbol, size_t length)
{
    uint64_t id;
    if (length >= QT_SYMBOL_SIZE || !qt_textmap_get(universe->by_symbol, symbol, length, &id))
        return QT_NO_INSTRUMENT;
    return (uint32_t)id;
}

bool
qt_instrument_notional(const struct qt_instrument *ins, qt_px px, qt_qty qty, qt_money *out)
{
    return qt_notional(px, ins->px_scale, qty, ins->qty_scale, QT_MONEY_SCALE, out);
}

static bool
is_price_kept(const struct qt_instrument *ins, qt_px px)
{
    return px.v > 0 && px.v % ins->tick.v == 0 && px.v >= ins->min_px.v &&
           (ins->max_px.v == 0 || px.v <= ins->max_px.v);
}

static bool
is_lot_kept(const struct qt_instrument *ins, qt_qty qty)
{
    return qty.v > 0 && qty.v % ins->lot.v == 0 && qty.v >= ins->min_qty.v &&
           (ins->max_qty.v == 0 || qty.v <= ins->max_qty.v);
}

static bool
is_market_lot_kept(const struct qt_instrument *ins, qt_qty qty)
{
    return (ins->market_lot.v == 0 || qty.v % ins->market_lot.v == 0) &&
           qty.v >= ins->market_min_qty.v &&
           (ins->market_max_qty.v == 0 || qty.v <= ins->market_max_qty.v);
}

qt_qty
qt_instrument_market_qty(const struct qt_instrument *ins, qt_qty qty)
{
    if (ins->max_qty.v > 0)
        qty = qt_qty_min(qty, ins->max_qty);
    if (ins->market_max_qty.v > 0)
        qty = qt_qty_min(qty, ins->market_max_qty);
    qty = qt_qty_floor(qty, ins->lot);
    if (ins->market_lot.v > 0)
        qty = qt_qty_floor(qty, ins->market_lot);
    return is_lot_kept(ins, qty) && is_market_lot_kept(ins, qty) ? qty : QT_QTY_ZERO;
}

enum qt_filter_verdict
qt_instrument_check(const struct qt_instrument *ins, qt_px px, qt_qty qty, qt_px reference)
{
    if (!qt_px_is_none(px) && !is_price_kept(ins, px))
        return QT_FILTER_PRICE;
    if (!is_lot_kept(ins, qty) || (qt_px_is_none(px) && !is_market_lot_kept(ins, qty)))
        return QT_FILTER_LOT;
    qt_px at = qt_px_is_none(px) ? reference : px;
    qt_money notional;
    if (qt_px_is_none(at))
        return QT_FILTER_OK;
    if (!qt_instrument_notional(ins, at, qty, &notional) || notional.v < ins->min_notional.v)
        return QT_FILTER_NOTIONAL;
    return QT_FILTER_OK;
}
